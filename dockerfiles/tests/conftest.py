"""Builds the images with buildah, on bases that stand in for the real ones.

Needs root, buildah, debootstrap and uv. All that buildah keeps lies in the folder --storage, apart
from the images of whoever runs this: a base that only stands in must not be taken for a real one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
import uv

ROOT = Path(__file__).parents[2]
BASES = {
    "cpu": "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
    "cu128": "docker.io/nvidia/cuda:12.8.0-runtime-ubuntu24.04",
}
# No build of torch for CUDA can be had without its gigabytes, so the other one is in its place.
IN_PLACE_OF_CUDA = ["TORCH_BUILD=cpu", "CONSTRAINTS=constraints/cpu.txt"]
CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLANTED = "planted-as-if-it-were-a-key"
BUILD_SECONDS = 1500

Completed: TypeAlias = "subprocess.CompletedProcess[str]"
_STARTS, _DID_NOT_BEGIN = 5, "Close_Fd sealing memfd copy"
_lines: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", action="append", choices=sorted(BASES), help="default: each")
    parser.addoption("--storage", type=Path, required=True, help="where buildah keeps its images")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _lines:
        terminalreporter.write_line(line)


@pytest.fixture
def note() -> Callable[[str], None]:
    """Print a line when all tests are done."""
    return _lines.append


@dataclass(frozen=True)
class Buildah:
    """buildah, with a storage of its own."""

    storage: Path

    def __call__(self, *words: str | Path, seconds: float = BUILD_SECONDS) -> str:
        """Run a command of buildah, and return what it prints."""
        done = self.run(*words, seconds=seconds, stderr=subprocess.PIPE)
        assert done.returncode == 0, (
            f"buildah {words[0]}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        )
        return done.stdout.strip()

    def run(self, *words: str | Path, seconds: float, stderr: int) -> Completed:
        """Run a command of buildah; again if it did not come so far as to begin.

        It copies itself into memory when it starts, and under load finds that copy busy at times.
        """
        for _ in range(_STARTS):
            done = subprocess.run(
                self.command(*words),
                env=self.environment,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                timeout=seconds,
            )
            if not (done.stderr or done.stdout).startswith(_DID_NOT_BEGIN):
                break
        return done

    def command(self, *words: str | Path) -> list[str | Path]:
        kept = [f"--root={self.storage / 'root'}", f"--runroot={self.storage / 'run'}"]
        return ["buildah", "--storage-driver=overlay", *kept, *words]

    @property
    def environment(self) -> dict[str, str]:
        folder = self.storage / "tmp"  # of caches that builds mount, too
        folder.mkdir(parents=True, exist_ok=True)
        return {**os.environ, "TMPDIR": str(folder), "BUILDAH_ISOLATION": "chroot"}


@dataclass(frozen=True)
class Image:
    """A built image."""

    id: str
    root: Path
    """Where its files lie."""
    about: dict
    """What `buildah inspect` shows of it, as Docker does."""
    seconds: float
    """How long it took to build."""

    @property
    def entrypoint(self) -> list[str]:
        return self.about["config"]["Entrypoint"]

    @property
    def variables(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.about["config"]["Env"])


@pytest.fixture(scope="session")
def buildah(request: pytest.FixtureRequest) -> Buildah:
    return Buildah(request.config.getoption("--storage").absolute())


@pytest.fixture(scope="session")
def bases(buildah: Buildah, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make a small Debian with Python and uv, and commit it under the names of the real bases."""
    buildah("rm", "--all")  # what an earlier run may have left
    if BASES["cpu"] in buildah("images", "--format={{.Name}}:{{.Tag}}"):
        return
    root = tmp_path_factory.mktemp("bases") / "root"
    packages = "--include=ca-certificates,python3"
    subprocess.run(
        ["debootstrap", "--variant=minbase", packages, "bookworm", root],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=BUILD_SECONDS,
    )
    for archive in (root / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    shutil.copy(uv.find_uv_bin(), root / "usr/local/bin")
    if Path("/", CERTIFICATES).exists():  # a proxy may be known to this machine alone
        shutil.copy(Path("/", CERTIFICATES), root / CERTIFICATES)
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, root, "/")
    buildah("config", f"--env=PATH={SEARCH_PATH}", container)
    for name in BASES.values():
        buildah("commit", "--quiet", container, name)
    buildah("rm", container)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def package_index(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give the options of a build that take packages from where pip takes them here."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        check=True, stdout=subprocess.PIPE, text=True, timeout=60,
    ).stdout  # fmt: skip
    found = dict(re.findall(r"^[\w:]*\.?\.([\w-]+)='(.*)'$", listed, re.MULTILINE))
    lines, options = ["system-certs = true"], []
    links = found.get("find-links", "").split()
    for number, link in enumerate(links):
        if Path(link).is_dir():
            links[number] = f"/mnt/wheels-{number}"
            options.append(f"--volume={link}:{links[number]}:ro")
    lines += [f"index-url = {json.dumps(found['index-url'])}"] if "index-url" in found else []
    lines += [f"find-links = {json.dumps(links)}"] if links else []
    file = tmp_path_factory.mktemp("uv") / "uv.toml"
    file.write_text("\n".join([*lines, f"# {PLANTED}", ""]))
    return [
        *options,
        f"--secret=id=uv.toml,src={file}",
        *(["--build-arg=TORCH_INDEX="] * bool(links)),
    ]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the repository, as it is, and lay beside its files what must not get into an image."""
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    names = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    folder = tmp_path_factory.mktemp("checkout")
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in (
        ".env", ".git/config", "data/raw/small.csv", "dockerfiles/key.json", "outputs/model.json",
        "packages/cs-cloud/.env", "packages/cs-cloud/src/cs_cloud/credentials.json",
        "packages/cs-cloud/src/cs_cloud/signing.pem", "packages/cs-cloud/tests/test_key.py",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PLANTED)
    return folder


@pytest.fixture(scope="session")
def build(
    buildah: Buildah, bases: None, package_index: list[str], checkout: Path
) -> Callable[..., Image]:
    """Build the image for a device from the checkout as it is now, with arguments of its own."""

    def build(device: str, *more: str) -> Image:
        name = f"localhost/check/train-{device}"
        words = [
            *more,
            "COMMIT=0123abc",
            "VERSION=0.1.0",
            *(IN_PLACE_OF_CUDA if device == "cu128" else []),
        ]
        started = time.monotonic()
        buildah(
            "build", "--layers", "--pull-never", *package_index,
            *(f"--build-arg={word}" for word in words),
            f"--file={checkout / f'dockerfiles/train_{device}.dockerfile'}",
            f"--tag={name}", checkout,
        )  # fmt: skip
        seconds = time.monotonic() - started
        root = buildah("mount", buildah("from", "--pull-never", name))
        found = json.loads(buildah("inspect", "--type=image", name))
        return Image(found["FromImageID"], Path(root), found["OCIv1"], seconds)

    return build


@pytest.fixture(scope="session")
def built(buildah: Buildah, build: Callable[[str], Image]) -> Iterator[Callable[[str], Image]]:
    images: dict[str, Image] = {}

    def once(device: str) -> Image:
        if device not in images:
            images[device] = build(device)
        return images[device]

    yield once
    buildah("rm", "--all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "device" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--device") or list(BASES)
        metafunc.parametrize("device", chosen, scope="session")


@pytest.fixture
def image(device: str, built: Callable[[str], Image]) -> Image:
    return built(device)


@pytest.fixture
def planted() -> str:
    """Give what lies around in files that are no part of an image."""
    return PLANTED
