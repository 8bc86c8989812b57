"""The pipelines of Cloud Build and of GitHub do the same, and their steps run."""

from __future__ import annotations

import copy
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from cs_cloud import load_settings
from cs_cloud.cli import main
from cs_cloud.images.image_recipe import IMAGES as BUILT
from fake_google_cloud import FakeCloud
from fake_google_cloud.substitutions import substitute as substituted

ROOT = Path(__file__).parents[3]
if not (ROOT / ".gcp").is_dir():
    pytest.skip("the tests do not lie in the repository", allow_module_level=True)


def load(path: str):
    # BaseLoader: a workflow's `on` is no truth, and a Python version no number
    return yaml.load((ROOT / path).read_text(), Loader=yaml.BaseLoader)  # noqa: S506


CLOUD, GITHUB = load(".gcp/cloudbuild_test.yaml"), load(".github/workflows/tests.yaml")
IMAGES, GITHUB_IMAGES = load(".gcp/cloudbuild.yaml"), load(".github/workflows/images.yaml")
TRIGGER = load(".gcp/trigger_test.yaml")
IMAGE_TRIGGERS = [
    yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    for text in (ROOT / ".gcp" / "trigger_images.yaml").read_text().split("\n---\n")
]


def scripts(pipeline) -> list[str]:
    """Return the shell of a pipeline: of Cloud Build's steps, or of GitHub's mirror."""
    steps = pipeline["steps"] if "steps" in pipeline else pipeline["jobs"]["mirror"]["steps"]
    return [text for step in steps if (text := step.get("script") or step.get("run"))]


def substitute(build):
    """Return a build as Cloud Build reads it."""
    return substituted(build, {"PROJECT_ID": "my-project-1"})


def sessions(pipeline) -> list[str]:
    lines = [line.strip() for text in scripts(pipeline) for line in text.splitlines()]
    return [found[1] for line in lines if (found := re.fullmatch(r"\S*\bnox (-s .*)", line))]


def installs(pipeline) -> list[str]:
    text = "\n".join(scripts(pipeline))
    return re.findall(r"-m (pip install .*)", text)


def pythons(pipeline) -> set[str]:
    if "steps" in pipeline:
        return {re.match(r"python:([\d.]+)-", step["name"])[1] for step in pipeline["steps"]}
    steps = pipeline["jobs"]["mirror"]["steps"]
    return {step["with"]["python-version"] for step in steps if "setup-python" in str(step)}


def differences(cloud, github) -> list[str]:
    """Return in what the two test pipelines differ."""
    same = {"sessions": sessions, "installs": installs, "pythons": pythons}
    return [name for name, of in same.items() if not of(cloud) or of(cloud) != of(github)]


def test_both_test_pipelines_run_the_same_sessions_on_the_same_python():
    assert differences(CLOUD, GITHUB) == []
    assert sessions(CLOUD) == ["-s lint", "-s test"]


@pytest.mark.parametrize(
    ("side", "old", "new", "found"),
    [
        ("github", "nox -s lint", "nox -s lint -- --fix", "sessions"),
        ("github", "nox -s test", "true", "sessions"),
        ("cloud", "nox -s test", "nox -s test -- cs-model", "sessions"),
        ("cloud", "nox -s lint", "nox -s wheels", "sessions"),
        ("github", "constraint=constraints/cpu.txt nox", "upgrade nox", "installs"),
        ("github", "3.12", "3.13", "pythons"),
        ("cloud", "python:3.12-", "python:3.11-", "pythons"),
    ],
)
def test_a_drift_between_them_is_found(side, old, new, found):
    pipelines = {"cloud": CLOUD, "github": GITHUB}
    text = yaml.safe_dump(pipelines[side], width=1000)
    assert old in text
    pipelines[side] = yaml.load(text.replace(old, new), Loader=yaml.BaseLoader)  # noqa: S506

    assert differences(**pipelines) == [found]


def test_a_step_that_only_one_of_them_has_is_found():
    longer = copy.deepcopy(CLOUD)
    longer["steps"].append({"name": "python:3.12-bookworm", "script": ".venv/bin/nox -s wheels"})

    assert differences(longer, GITHUB) == ["sessions"]


def test_the_tests_run_on_each_system_and_python():
    matrix = GITHUB["jobs"]["elsewhere"]["strategy"]["matrix"]
    systems = {name.partition("-")[0] for name in matrix["os"]}
    pairs = {(name, python) for name in matrix["os"] for python in matrix["python"]}
    left_out = {(pair["os"], pair["python"]) for pair in matrix["exclude"]}

    assert systems == {"ubuntu", "macos", "windows"}
    assert set(matrix["python"]) == {"3.11", "3.12", "3.13"}
    # what is left out is what the mirror runs
    assert left_out == {(GITHUB["jobs"]["mirror"]["runs-on"], *pythons(GITHUB))}
    assert left_out < pairs


def test_both_start_on_the_same_changes():
    on = GITHUB_IMAGES["on"]
    shared = {name for name in on["push"]["paths"] if not name.startswith(".github/")}

    assert on["push"]["paths"] == on["pull_request"]["paths"]
    assert re.fullmatch(TRIGGER["github"]["push"]["branch"], "main")
    for trigger in IMAGE_TRIGGERS:
        assert {*trigger["includedFiles"]} - {".gcp/cloudbuild.yaml"} == shared
        assert trigger["github"]["push"]["branch"] == f"^{on['push']['branches'][0]}$"


def test_every_input_of_the_images_is_there():
    paths = GITHUB_IMAGES["on"]["push"]["paths"]

    assert [path for path in paths if not any(ROOT.glob(path))] == []


@pytest.mark.parametrize("trigger", IMAGE_TRIGGERS, ids=lambda trigger: trigger["name"])
def test_a_trigger_builds_what_the_command_builds(trigger):
    used = IMAGES["substitutions"] | trigger.get("substitutions", {})
    device = trigger["name"].removeprefix("image-")

    assert trigger["filename"] == ".gcp/cloudbuild.yaml"
    name, dockerfile = BUILT[device]
    assert used["_DEVICE"] == device
    assert (used["_IMAGE_NAME"], used["_DOCKERFILE"]) == (f"{name}:latest", dockerfile)


def test_github_builds_the_same_images():
    jobs = GITHUB_IMAGES["jobs"]
    build, push = (jobs[name]["strategy"]["matrix"]["include"] for name in ("build", "push"))

    assert build == push
    assert {(each["image"], each["dockerfile"]) for each in build} == {*BUILT.values()}


def test_no_pull_request_can_push_an_image_or_get_a_token():
    jobs = GITHUB_IMAGES["jobs"]
    asked = {name: job["permissions"].get("id-token") for name, job in jobs.items()}

    assert asked == {"build": None, "push": "write"}
    assert "github.event_name == 'push'" in jobs["push"]["if"]


def test_pre_commit_has_the_checks_of_lint():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    checks = [(check["run"], check.get("files")) for check in pyproject["tool"]["lint"]["checks"]]
    (local,) = load(".pre-commit-config.yaml")["repos"]
    hooks = [(hook["entry"], hook.get("files")) for hook in local["hooks"]]

    assert hooks == checks
    # a hook is given files exactly where lint gives some
    assert all(("files" in hook) != ("pass_filenames" in hook) for hook in local["hooks"])


@pytest.fixture
def run_step(tmp_path):
    """Runs the shell of a build's step as Cloud Build does, with stubs of programs."""
    if sys.platform == "win32":
        pytest.skip("Cloud Build runs on Linux")
    (tmp_path / "bin").mkdir()

    def run(script: str, *stubs: str, cwd=ROOT, **variables: str) -> tuple[int, list[str]]:
        for stub in stubs:
            path = (cwd if "/" in stub else tmp_path / "bin") / stub
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'#!/bin/sh\necho {stub} "$@" >> {tmp_path}/called\n$FAILS\n')
            path.chmod(0o755)
        step = tmp_path / "step"
        # without a line that names an interpreter, Cloud Build takes the shell
        step.write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}")
        step.chmod(0o755)
        path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
        done = subprocess.run([step], cwd=cwd, env={"PATH": path} | variables, check=False)
        called = tmp_path / "called"
        return done.returncode, called.read_text().splitlines() if called.exists() else []

    return run


REGISTRY = "europe-west1-docker.pkg.dev/my-project-1/g41-registry"
IMAGE = f"{REGISTRY}/train-cpu"


@pytest.fixture
def build_step(run_step):
    (step,) = IMAGES["steps"]

    def run(**variables: str):
        given = {"PROJECT_ID": "my-project-1", "FAILS": ""} | IMAGES["substitutions"] | variables
        return run_step(step["script"], "docker", **given)

    return run


@pytest.mark.parametrize("commit", [{"COMMIT_SHA": "c0ffee"}, {"_COMMIT": "c0ffee"}])
def test_an_image_is_built_from_the_last_one_and_tagged_with_its_commit(build_step, commit):
    status, called = build_step(**commit)

    assert status == 0
    assert called == [
        "docker build . --file=dockerfiles/train_cpu.dockerfile --build-arg=COMMIT=c0ffee"
        f" --build-arg=VERSION=0.1.0 --build-arg=BUILDKIT_INLINE_CACHE=1"
        f" --cache-from={IMAGE}:latest --tag={IMAGE}:latest",
        f"docker tag {IMAGE}:latest {IMAGE}:c0ffee",
        f"docker push {IMAGE}:c0ffee",
    ]


def test_an_image_of_no_known_commit_is_only_the_latest(build_step):
    status, called = build_step(COMMIT_SHA="")

    assert status == 0
    assert len(called) == 1
    assert "--build-arg=COMMIT=unknown" in called[0]


def test_a_build_that_fails_pushes_nothing(build_step):
    status, called = build_step(COMMIT_SHA="c0ffee", FAILS="exit 3")

    assert status == 3
    assert len(called) == 1


def test_the_image_that_is_built_is_the_one_that_is_pushed_and_that_the_settings_name():
    settings = load_settings(ROOT / ".gcp" / "settings.yaml", environ={})
    values = IMAGES["substitutions"] | {"PROJECT_ID": settings.project}
    (pushed,) = IMAGES["images"]
    pushed = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], pushed)
    host = f"{settings.region}-docker.pkg.dev"

    assert pushed == f"{host}/{settings.project}/{settings.registry}/train-cpu:latest"


@pytest.mark.parametrize("device", ["cu128", "gpu", "cpu"])
@pytest.mark.parametrize(
    ("name", "tag"), [("train-x", "latest"), ("train-x:latest", "latest"), ("train-x:v1", "v1")]
)
def test_an_image_name_with_or_without_a_tag_is_built_and_pushed(build_step, device, name, tag):
    status, called = build_step(_DEVICE=device, _IMAGE_NAME=name, _COMMIT="c0ffee")
    build, *others = called
    named = IMAGES["substitutions"] | {"_IMAGE_NAME": name}
    (pushed,) = substitute(IMAGES | {"substitutions": named})["images"]

    assert status == 0
    assert build.endswith(f" --cache-from={REGISTRY}/train-x:latest --tag={REGISTRY}/train-x:{tag}")
    assert others == [
        f"docker tag {REGISTRY}/train-x:{tag} {REGISTRY}/train-x:c0ffee",
        f"docker push {REGISTRY}/train-x:c0ffee",
    ]
    # a name without a tag stands for `latest`, as in `docker push`
    assert pushed.removesuffix(":latest") == f"{REGISTRY}/train-x:{tag}".removesuffix(":latest")


COMMANDS = """
gcloud builds submit . --config=.gcp/cloudbuild.yaml --substitutions=_DEVICE=cu128,_IMAGE_NAME=train-cu128:latest,_DOCKERFILE=dockerfiles/train_cu128.dockerfile
gcloud builds submit . --config=.gcp/cloudbuild.yaml --substitutions=_DEVICE=cpu,_IMAGE_NAME=train-cpu:latest,_DOCKERFILE=dockerfiles/train_cpu.dockerfile
gcloud builds submit . --config=.gcp/vertex_ai_train.yaml --substitutions=_VERTEX_TRAIN_CONFIG=.gcp/config_gpu.yaml
gcloud builds submit . --config=.gcp/vertex_ai_train.yaml --substitutions=_VERTEX_TRAIN_CONFIG=.gcp/config_cpu.yaml
""".strip().splitlines()  # noqa: E501  as they are typed


@pytest.mark.parametrize("command", COMMANDS)
def test_docs_hold_each_command_as_it_is_typed(command):
    assert command in (ROOT / "docs" / "cloud.md").read_text().splitlines()


def submitted(command: str):
    """Return the build that a command submits, and the values of its substitutions."""
    *_, source, config, substitutions = command.split()
    given = dict(pair.split("=") for pair in substitutions.split("=", 1)[1].split(","))
    build = load(config.removeprefix("--config="))
    assert source == "."
    assert given.keys() <= build["substitutions"].keys()
    return build | {"substitutions": build["substitutions"] | given}


@pytest.mark.parametrize("command", [text for text in COMMANDS if "cloudbuild.yaml" in text])
def test_the_documented_builds_tag_and_push_one_valid_name(build_step, command):
    build = submitted(command)
    given = build["substitutions"]
    image = f"{REGISTRY}/{given['_IMAGE_NAME']}"

    status, called = build_step(**given)

    assert status == 0
    assert len(called) == 1
    assert f" --file={given['_DOCKERFILE']} " in called[0]
    assert called[0].endswith(f" --tag={image}")
    assert substitute(build)["images"] == [image]
    assert (given["_IMAGE_NAME"].removesuffix(":latest"), given["_DOCKERFILE"]) in BUILT.values()


@pytest.mark.parametrize("command", [text for text in COMMANDS if "vertex_ai" in text])
def test_the_documented_submissions_start_the_job_of_their_file(command, monkeypatch, capsys):
    build = submitted(command)
    (step,) = substitute(build)["steps"]
    target = re.search(r"config_(\w+)", command)[1]
    monkeypatch.chdir(ROOT)
    with FakeCloud.ready(load_settings(environ={})) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        status = main(step["args"])
        made = [request.method for request in cloud.requests].count("CreateCustomJob")

    assert step["entrypoint"] == "cs-cloud"
    assert (status, made) == (0, 1), capsys.readouterr().err
    assert f"-{target}-" in capsys.readouterr().err


@pytest.mark.parametrize("step", CLOUD["steps"], ids=lambda step: step["id"])
def test_a_step_of_the_tests_runs_and_fails_with_what_it_calls(run_step, tmp_path, step):
    folder = tmp_path / "uploaded"  # without git
    folder.mkdir()
    stubs = (".venv/bin/python", ".venv/bin/nox", "python")
    status, called = run_step(step["script"], *stubs, cwd=folder, FAILS="")

    assert status == 0
    assert called

    status, _ = run_step(step["script"], *stubs, cwd=folder, FAILS="exit 4")

    assert status == 4
