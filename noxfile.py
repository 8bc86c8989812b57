# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.5.1"]
# ///
"""Each session makes an environment and calls a package's own command in it.

Arguments after `--` belong to the session: `nox -s lint -- -h` lists those that it takes.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import re
import runpy
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from zipfile import ZipFile

import nox
from nox.command import CommandFailed

requirements = runpy.run_path("dockerfiles/requirements.py")["requirements"]

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = []  # `nox` alone lists the sessions

PACKAGES = ("cs-data", "cs-model", "cs-train", "cs-cloud")
TRAINING = ("cs-data", "cs-model", "cs-train")
PYPROJECT = Path("pyproject.toml")
CONSTRAINTS = Path("constraints/cpu.txt")
TORCH = {
    "cpu": "torch==2.13.0",
    "cu128": "torch==2.11.*",  # no later release has wheels for CUDA 12.8
}
FAKE_CLOUD = Path("fake-google-cloud")
# One worker a core and one thread a worker: OpenMP threads of several workers hinder each other.
PARALLEL = ("--numprocesses=logical", "--dist=loadfile")
# Byte code is kept: what a test starts would else compile torch and transformers, for seconds.
FOR_TESTS = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
NO_BYTECODE = "--no-compile"  # a quarter of it is ever imported: `compile_imported` does that
IMPORTED = {
    "cs-data": ("cs_data.cli", "cs_data.preparing.preparation", "cs_data.reports.inspection"),
    "cs-model": (
        *("cs_model.cli", "cs_model.loading", "cs_model.small_encoder"),
        "transformers.models.modernbert.modeling_modernbert",
    ),
    "cs-train": ("cs_train.cli", "cs_train.training_run"),
    "cs-cloud": ("cs_cloud.cli",),
}
TORCH_CPU_WHEELS = "https://download.pytorch.org/whl/cpu"


@nox.session
def train(session: nox.Session) -> None:
    """Train a model on a sample, or on your tickets [-- FILE --label-column NAME KEY=VALUE]."""
    install(session, TRAINING, editable=True)
    with session.chdir(session.invoked_from):  # a path means what it means where it was typed
        session.run("cs-train", *session.posargs, interrupt_timeout=30)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests on the installed packages [-- PACKAGE... PYTEST-OPTION...]."""
    packages, options = test_arguments(session, "Run the tests on the installed packages.")
    install(session, PACKAGES, "test")
    session.run("pytest", *folders_of_tests(packages), *PARALLEL, *options, env=FOR_TESTS)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests and report which lines they reached [-- PACKAGE... PYTEST-OPTION...]."""
    packages, options = test_arguments(session, "Run the tests, measuring the lines they reach.")
    install(session, PACKAGES, "test")
    data = str(Path(session.virtualenv.location, "coverage").absolute())
    env = {**FOR_TESTS, "COVERAGE_FILE": data}
    session.run("coverage", "erase", env=env, log=False)
    tests = [*folders_of_tests(packages), *PARALLEL, *options]
    session.run("coverage", "run", "-m", "pytest", *tests, env=env)
    session.run("coverage", "combine", "--quiet", env=env, log=False)
    missed = ("coverage", "report", "--show-missing", "--skip-covered")
    every = f"--include={','.join(f'packages/{package}/*' for package in packages)}"
    session.run(*missed, every, env=env, log=False)
    for package in packages:
        total = ("coverage", "report", "--format=total", f"--include=packages/{package}/*")
        percent = session.run(*total, env=env, log=False, silent=True)
        session.log(f"{package:8} {str(percent).strip():>3} % of its lines were reached")


@nox.session(name="fake-cloud")
def fake_cloud(session: nox.Session) -> None:
    """Run a fake Google Cloud on this machine, to try commands on [-- OPTION...]."""
    install(session, PACKAGES, "test", editable=True)
    env = {"PYTHONPATH": str(FAKE_CLOUD.absolute())}
    with session.chdir(session.invoked_from):
        command = ("python", "-m", "fake_google_cloud", *session.posargs)
        session.run(*command, env=env, interrupt_timeout=30)


@nox.session
def submit(session: nox.Session) -> None:
    """Check, show and start a training job on Vertex AI [-- gpu best OVERRIDE... --dry-run]."""
    install(session, PACKAGES, editable=True)
    with session.chdir(session.invoked_from):
        session.run("cs-cloud", "submit", *session.posargs, interrupt_timeout=30)


@nox.session
def build(session: nox.Session) -> None:
    """Build a training image in Cloud Build and push it [-- cpu|gpu, --local, --dry-run]."""
    install(session, ("cs-cloud",), editable=True)
    with session.chdir(session.invoked_from):
        session.run("cs-cloud", "build", *session.posargs, interrupt_timeout=30)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, imports, spelling, YAML, dockerfiles, workflows, shell [-- --fix]."""
    parser = parser_of(session, "Run every check, quick ones first, then name those that failed.")
    parser.add_argument("--fix", action="store_true", help="fix what can be fixed")
    fix: bool = parser.parse_args(session.posargs).fix

    install(session, PACKAGES, "lint", editable=True)
    listed = git(session, "ls-files", "--cached", "--others", "--exclude-standard")
    files = [name for name in listed if Path(name).is_file()]
    failed = []
    for check in nox.project.load_toml(PYPROJECT)["tool"]["lint"]["checks"]:
        words = check.get("fix" if fix else "run", check["run"]).split()
        given = [name for name in files if "files" in check and re.search(check["files"], name)]
        if "files" in check and not given:
            continue
        session.log(" ".join([*words, *given])[:96])
        try:
            session.run(*words, *given, log=False)
        except CommandFailed:
            failed.append(words[0])
    if failed:
        session.error(f"failed: {', '.join(dict.fromkeys(failed))}")


@nox.session
def wheels(session: nox.Session) -> None:
    """Build the wheels into dist/, the same commit to the same bytes, and prove each alone."""
    parser_of(session, "Build the four wheels, install and try each.").parse_args(session.posargs)
    install(session, (), "build")
    for old in Path("dist").glob("cs_*.whl"):
        old.unlink()
    env = {"SOURCE_DATE_EPOCH": git(session, "log", "-1", "--format=%ct")[0]}
    build = ("python", "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist")
    for package in PACKAGES:
        session.run(*build, f"packages/{package}", env=env, silent=True)
        source = f"--src-dir=packages/{package}/src"
        session.run("check-wheel-contents", source, *built(package))
        names = {Path(name).name for name in ZipFile(built(package)[0]).namelist()}
        if absent := {"LICENSE", "py.typed"} - names:
            session.error(f"{package}: the wheel has no {' and no '.join(sorted(absent))}")
        session.notify(f"wheel({package})")


@nox.session
@nox.parametrize("package", [nox.param(package, id=package) for package in PACKAGES])
def wheel(session: nox.Session, package: str) -> None:
    """Install one wheel from dist/ and prove that it works; `wheels` does so with each."""
    ours = ours_in(package)
    needed = [path for each in (package, *ours) for path in built(each)]
    if len(needed) != len(ours) + 1:
        session.error("dist/ does not hold it and what it needs: run `nox -s wheels`")
    with step(session, "wheel", [CONSTRAINTS, *map(Path, needed)]) as changed:
        if changed:
            metadata = [f"packages/{each}/pyproject.toml" for each in (package, *ours)]
            install_torch(session, requirements(metadata))
            session.install(NO_BYTECODE, "-c", str(CONSTRAINTS), *needed)
            session.install("--no-deps", "--force-reinstall", *needed)
    proof = Path(f"packages/{package}/tests/wheel_alone.py").absolute()
    with session.chdir(session.create_tmp()):
        session.run("python", "-I", str(proof))


@nox.session
def images(session: nox.Session) -> None:
    """Build the images with buildah, look into them and train in them [-- cpu|cu128]."""
    parser = parser_of(session, "Build the images from this folder, and try all that they do.")
    parser.add_argument("device", nargs="?", choices=sorted(TORCH), help="default: both")
    chosen, options = parser.parse_known_args(session.posargs)
    if absent := [name for name in ("buildah", "debootstrap") if not shutil.which(name)]:
        session.skip(f"there is no {' and no '.join(absent)} here: Debian's packages are named so")
    if os.geteuid():
        session.skip("only root can build without Docker's or Podman's own helpers")
    install(session, ("cs-data", "cs-cloud"), "test", "lock", editable=True)
    if session.venv_backend == "uv":
        session.install("pip")  # it knows where packages are to be had here
    storage = f"--storage={session.cache_dir / 'images'}"
    device = [f"--device={chosen.device}"] if chosen.device else []
    timeout = "--timeout=1800"  # the first test waits for the images to be built
    session.run("pytest", timeout, "dockerfiles/tests", storage, *device, *options)


@nox.session
def lock(session: nox.Session) -> None:
    """Resolve constraints/ anew: the newest versions, the same for every platform and Python."""
    parser_of(session, "Resolve constraints/cpu.txt and cu128.txt.").parse_args(session.posargs)
    install(session, (), "lock")
    groups = nox.project.load_toml(PYPROJECT)["dependency-groups"]
    tools = nox.project.dependency_groups(nox.project.load_toml(PYPROJECT), *groups)
    folder = Path(session.create_tmp())
    ours = [f"--no-emit-package={package}" for package in PACKAGES]
    compile_ = ("uv", "pip", "compile", "--universal", "--python-version=3.11", "--upgrade")
    plain = ("--fork-strategy=fewest", "--no-annotate", "--no-header", "--quiet")
    for name, torch in TORCH.items():
        wanted = folder / f"{name}.in"
        wanted.write_text("\n".join([*(f"./packages/{p}" for p in PACKAGES), *tools, torch, ""]))
        resolved = folder / f"{name}.txt"
        session.run(*compile_, *plain, *ours, f"--output-file={resolved}", wanted)
        if heavy := re.findall(r"^(?:cuda|nvidia|triton)\S*", resolved.read_text(), re.MULTILINE):
            session.error(f"{', '.join(heavy)}: not asked for by torch as {PYPROJECT} states it")
        resolved.replace(CONSTRAINTS.with_name(resolved.name))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this beside what else there is [-- BENCHMARK OPTION...]; alone, list them."""
    scripts = {path.stem: path for path in sorted(Path("benchmarks").glob("*.py"))}
    about = {name: ast.get_docstring(ast.parse(path.read_text())) for name, path in scripts.items()}
    parser = parser_of(session, "Run a benchmark; what follows its name goes to it.")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    lines = [f"  {name:10} {(text or '').partition(chr(10))[0]}" for name, text in about.items()]
    parser.epilog = "\n".join(["benchmarks:", *lines])
    parser.add_argument("benchmark", nargs="?", choices=sorted(scripts))
    chosen = parser.parse_args(session.posargs[:1]).benchmark
    if chosen is None:
        parser.print_help()
        return
    install(session, TRAINING, "bench", editable=True)
    script, env = scripts[chosen].absolute(), {"PYTHONPATH": str(FAKE_CLOUD.absolute())}
    with session.chdir(session.invoked_from):
        session.run("python", str(script), *session.posargs[1:], env=env)


def parser_of(session: nox.Session, description: str) -> argparse.ArgumentParser:
    """Return a parser for the words after `--`."""
    return argparse.ArgumentParser(prog=f"nox -s {session.name} --", description=description)


def test_arguments(
    session: nox.Session, description: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the packages to test, all by default, and the options for pytest."""
    named = tuple(takewhile(PACKAGES.__contains__, session.posargs))
    options = tuple(session.posargs[len(named) :])
    parser = parser_of(session, description)
    parser.add_argument("package", nargs="*", help=f"{', '.join(PACKAGES)} (default: all)")
    parser.add_argument("pytest", nargs="*", help="options of pytest: -k WORD, -x, ...")
    parser.parse_args([option for option in options if option in ("-h", "--help")])
    return named or PACKAGES, options


def folders_of_tests(packages: Iterable[str]) -> list[str]:
    """Return the folders of the packages' tests; the fake cloud's own go with cs-cloud's."""
    folders = [f"packages/{package}/tests" for package in packages]
    fake = str(FAKE_CLOUD / "tests")
    return [*folders, fake] if "cs-cloud" in packages and Path(fake).is_dir() else folders


def git(session: nox.Session, *words: str) -> list[str]:
    """Return the lines that a git command prints."""
    printed = session.run("git", *words, external=True, silent=True, log=False)
    return str(printed).splitlines()


def install(
    session: nox.Session, packages: tuple[str, ...], *groups: str, editable: bool = False
) -> None:
    """Install packages of ours and groups of tools, doing only what changed since the last time.

    A package that is not editable goes in as the wheel that it builds to.
    """
    if packages:
        groups = ("backend", *groups)
    tools = nox.project.dependency_groups(nox.project.load_toml(PYPROJECT), *groups)
    metadata = [Path(f"packages/{package}/pyproject.toml") for package in packages]
    asked = requirements(map(str, metadata), every_extra=True)
    wanted = {*tools, *(word for word in asked if not word.startswith(PACKAGES))}
    with step(session, "dependencies", [PYPROJECT, CONSTRAINTS, *metadata]) as changed:
        if changed:
            install_torch(session, wanted)
            session.install(NO_BYTECODE, "-c", str(CONSTRAINTS), *sorted(wanted))
    folders = [f"./packages/{package}" for package in packages]
    sources = [] if editable else [path for at in folders for path in Path(at, "src").rglob("*")]
    with step(session, "packages", [*metadata, *sources]) as changed:
        if changed and packages:
            words = [word for at in folders for word in (("-e", at) if editable else (at,))]
            session.install("--no-deps", "--no-build-isolation", "--force-reinstall", *words)
    with step(session, "bytecode", [PYPROJECT, CONSTRAINTS, *metadata]) as changed:
        if changed and packages:
            compile_imported(session, packages)


def compile_imported(session: nox.Session, packages: Iterable[str]) -> None:
    """Write the byte code of what the commands import, which takes seconds, not minutes.

    Where PYTHONDONTWRITEBYTECODE is set, as in many containers, every start would compile it anew:
    the first answer of `cs-model predict` took 22 seconds instead of 9.
    """
    modules = ", ".join(module for package in packages for module in IMPORTED[package])
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    session.run_install("python", "-c", f"import {modules}", env=env, silent=True)


def install_torch(session: nox.Session, wanted: Iterable[str]) -> None:
    """Install torch before anything that needs it can bring in the build for CUDA: gigabytes.

    Only Linux has this trouble. pip does it for uv too, which does not read pip's configuration:
    that may name the one place within reach that has the wheel.
    """
    if sys.platform != "linux" or not any(re.match(r"torch\b", word) for word in wanted):
        return
    if session.venv_backend == "uv":
        session.install("pip")
    index = ("--retries", "0", "--extra-index-url", TORCH_CPU_WHEELS)
    pip = ("python", "-m", "pip", "install", NO_BYTECODE, "--no-deps", *index)
    session.run_install(*pip, f"{TORCH['cpu']}+cpu", silent=True)


@contextmanager
def step(session: nox.Session, name: str, inputs: Iterable[Path]) -> Iterator[bool]:
    """Tell whether this environment saw other inputs when the step last came to its end."""
    digest = hashlib.sha256()
    for path in (Path(__file__), *sorted(inputs)):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(f"{path}\n".encode() + path.read_bytes())
    stamp = Path(session.virtualenv.location, f"{name}.sha256").absolute()
    changed = not stamp.exists() or stamp.read_text() != digest.hexdigest()
    if changed:
        stamp.unlink(missing_ok=True)
    yield changed
    if changed:  # by a command, which `nox -R` leaves out as it does those that install
        write = f"import pathlib; pathlib.Path({str(stamp)!r}).write_text({digest.hexdigest()!r})"
        session.run_install("python", "-c", write, log=False)


def ours_in(package: str) -> list[str]:
    """Return which packages of ours a package asks for."""
    words = nox.project.load_toml(f"packages/{package}/pyproject.toml")["project"]["dependencies"]
    return [other for other in PACKAGES for word in words if word.startswith(other)]


def built(package: str) -> list[str]:
    """Return the path of a package's wheel in dist/, none where it has not been built."""
    return [str(path) for path in Path("dist").glob(f"{package.replace('-', '_')}-*.whl")]


if __name__ == "__main__":
    nox.main()
