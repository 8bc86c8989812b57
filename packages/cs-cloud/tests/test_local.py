"""Jobs run here: in real processes, where a script that records what it was given is the container.

Docker itself cannot run in every place that tests do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from cs_cloud import CloudError, Settings
from cs_cloud.google.vertex import CustomJobSpec
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.local.local_run import run_local
from fake_google_cloud import FakeCloud

VALUE = "planted-where-nobody-may-see-it"
REFERENCE = "sm://projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"
IMAGE = "europe-west1-docker.pkg.dev/my-project-1/images/train:latest"
OF_GOOGLE = ("AIP_MODEL_DIR", "AIP_CHECKPOINT_DIR", "AIP_TENSORBOARD_LOG_DIR")

ENGINE = f"""\
#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__)
if sys.argv[1] == "info":
    sys.exit((here.parent / "trouble").read_text() if (here.parent / "trouble").exists() else 0)
given = {{"argv": sys.argv[1:], "env": dict(os.environ)}}
(here.parent / f"{{here.name}}.json").write_text(json.dumps(given))
sys.exit(int(os.environ.get("ENGINE_STATUS", "0")))
"""

SHOW_ENVIRONMENT = [
    sys.executable,
    "-c",
    "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))",
]


@pytest.fixture
def job(write_yaml: Callable[[str], Path], a_job: str, settings: Settings) -> CustomJobSpec:
    return read_job_file(write_yaml(a_job), settings)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that commands are looked for in, the scripts of this Python apart."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "WANDB_API_KEY", *OF_GOOGLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    return folder


@pytest.fixture
def cloud(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    with FakeCloud.ready(settings, secret=VALUE) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        yield cloud


def install(programs: Path, name: str, text: str = ENGINE) -> None:
    (programs / name).write_text(text)
    (programs / name).chmod(0o755)


def given(programs: Path, name: str = "docker") -> tuple[list[str], dict[str, str]]:
    """What an engine was given to run: its words, and its environment."""
    recorded = json.loads((programs / f"{name}.json").read_text())
    return recorded["argv"], recorded["env"]


def options(words: list[str], name: str) -> list[str]:
    return [words[index + 1] for index, word in enumerate(words) if word == name]


def test_docker_runs_the_jobs_own_image_and_words(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")

    status = run_local(job, tmp_path / "run", print)

    words, _ = given(programs)
    assert status == 0
    assert words[:3] == ["run", "--rm", "--init"]
    assert words[-2:] == [IMAGE, "experiment=best"]
    assert options(words, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert options(words, "--mount") == [f"type=bind,source={tmp_path}/run,target=/job"]
    assert (tmp_path / "run").is_dir()
    assert not {"--gpus", "--entrypoint"} & {*words}


def test_the_container_has_the_jobs_variables_and_those_of_vertex_ai(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")

    run_local(job, tmp_path, print)

    assert options(given(programs)[0], "--env") == [
        "HOME=/tmp",
        "CS_NEEDS_GPU=",  # nvidia-smi is not there, so an image for GPUs must do without
        "AIP_MODEL_DIR=/job/model/",
        "AIP_CHECKPOINT_DIR=/job/checkpoints/",  # pragma: allowlist secret
        "AIP_TENSORBOARD_LOG_DIR=/job/logs/",
        "TOKENIZERS_PARALLELISM=false",
        "WANDB_API_KEY",
    ]


def test_a_secret_reaches_the_container_and_no_command_line(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")

    run_local(job, tmp_path, print)

    words, environ = given(programs)
    assert environ["WANDB_API_KEY"] == VALUE
    assert VALUE not in " ".join(words)


def test_a_command_of_the_job_goes_before_the_images_entrypoint(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")
    job.worker_pool_specs[0].container_spec.command = ["python", "-m", "trainer"]

    run_local(job, tmp_path, print)

    words, _ = given(programs)
    assert options(words, "--entrypoint") == ["python"]
    assert words[-4:] == [IMAGE, "-m", "trainer", "experiment=best"]


@pytest.mark.parametrize(
    ("engine", "words"), [("docker", "--gpus all"), ("podman", "--device nvidia.com/gpu=all")]
)
def test_a_job_with_an_accelerator_gets_the_gpus_that_are_here(
    engine: str, words: str, job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, engine)
    install(programs, "nvidia-smi")
    reported = []

    run_local(job, tmp_path, reported.append)

    assert words in " ".join(given(programs, engine)[0])
    assert reported == []


def test_what_differs_from_the_cloud_is_reported(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")
    reported = []

    run_local(job, tmp_path, reported.append)

    assert reported == [
        "the job asks for a GPU, and there is none here (no nvidia-smi): it runs on the CPU",
    ]


def test_the_persons_credentials_are_lent_to_the_container(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")
    credentials = tmp_path / "gcloud" / "application_default_credentials.json"
    credentials.parent.mkdir()
    credentials.write_text("{}")

    run_local(job, tmp_path, print)

    words, _ = given(programs)
    mount = f"type=bind,source={credentials},target=/credentials.json,readonly"
    assert options(words, "--mount")[1:] == [mount]
    assert "GOOGLE_APPLICATION_CREDENTIALS=/credentials.json" in options(words, "--env")


def test_a_person_without_a_home_folder_has_no_credentials_to_lend(
    job: CustomJobSpec,
    programs: Path,
    cloud: FakeCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    install(programs, "docker")
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container that has no such user

    run_local(job, tmp_path, print)

    assert len(options(given(programs)[0], "--mount")) == 1


def test_a_comma_in_the_folders_name_is_no_end_of_it(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")

    run_local(job, tmp_path / "a,b", print)

    assert options(given(programs)[0], "--mount") == [
        f'type=bind,"source={tmp_path}/a,b",target=/job'
    ]


def test_the_status_is_the_containers_and_a_pull_that_is_refused_is_explained(
    job: CustomJobSpec,
    programs: Path,
    cloud: FakeCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    install(programs, "docker")
    monkeypatch.setenv("ENGINE_STATUS", "125")
    reported = []

    assert run_local(job, tmp_path, reported.append) == 125
    assert reported[-1].endswith("run: gcloud auth configure-docker europe-west1-docker.pkg.dev")


def test_podman_runs_what_a_docker_without_an_engine_cannot(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker", f"#!{sys.executable}\nraise SystemExit('Is it running?')\n")
    install(programs, "podman")
    reported = []

    run_local(job, tmp_path, reported.append)

    assert given(programs, "podman")[0][0] == "run"
    assert "docker is skipped, because it does not work: Is it running?" in reported


def test_without_an_engine_the_command_runs_by_itself_with_the_same_variables(
    job: CustomJobSpec, programs: Path, cloud: FakeCloud, tmp_path: Path
):
    install(programs, "docker")
    (programs / "trouble").write_text("Is it running?")
    seen = tmp_path / "seen.json"
    container = job.worker_pool_specs[0].container_spec
    container.command, container.args = SHOW_ENVIRONMENT, [str(seen)]

    assert run_local(job, tmp_path / "run", print) == 0

    environ = json.loads(seen.read_text())
    run = tmp_path / "run"
    assert environ["WANDB_API_KEY"] == VALUE
    assert environ["TOKENIZERS_PARALLELISM"] == "false"
    assert [environ[name] for name in OF_GOOGLE] == [
        f"{run}/model/",
        f"{run}/checkpoints/",
        f"{run}/logs/",
    ]
    assert not (programs / "docker.json").exists()


@pytest.mark.parametrize("trouble", ["Is it running?", "not installed"])
def test_an_engine_that_is_asked_for_must_be_there_and_work(
    trouble: str, job: CustomJobSpec, programs: Path, tmp_path: Path
):
    if trouble != "not installed":
        install(programs, "docker")
        (programs / "trouble").write_text(trouble)

    with pytest.raises(CloudError, match="docker cannot run a container") as caught:
        run_local(job, tmp_path / "run", print, container="docker")

    assert trouble in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_a_missing_cs_train_is_one_line(
    job: CustomJobSpec,
    programs: Path,
    cloud: FakeCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(programs))

    with pytest.raises(CloudError, match="cs-train is not installed beside cs-cloud"):
        run_local(job, tmp_path / "run", print, container="none")

    assert not (tmp_path / "run").exists()


def test_a_key_of_the_persons_own_goes_before_the_jobs_secret(
    job: CustomJobSpec,
    programs: Path,
    cloud: FakeCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    install(programs, "docker")
    monkeypatch.setenv("WANDB_API_KEY", "my-own")

    run_local(job, tmp_path, print)

    words, environ = given(programs)
    assert environ["WANDB_API_KEY"] == "my-own"  # pragma: allowlist secret
    assert "WANDB_API_KEY" in options(words, "--env")
    assert not cloud.requests


def test_without_credentials_and_key_the_job_runs_without_the_secret(
    job: CustomJobSpec, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    seen = tmp_path / "seen.json"
    container = job.worker_pool_specs[0].container_spec
    container.command, container.args = SHOW_ENVIRONMENT, [str(seen)]
    reported = []

    assert run_local(job, tmp_path / "run", reported.append, container="none") == 0

    assert "WANDB_API_KEY" not in json.loads(seen.read_text())
    assert [line for line in reported if "WANDB_API_KEY" in line] == [
        "WANDB_API_KEY is not set, for there are no credentials to read the secret with; set it,"
        " or run: gcloud auth application-default login"
    ]


HERE = """\
import sys
from pathlib import Path
from cs_cloud import load_settings
from cs_cloud.jobs.job_file import read_job_file
from cs_cloud.local.local_run import run_local
job = read_job_file(Path(sys.argv[1]), load_settings(Path(sys.argv[2])))
container = job.worker_pool_specs[0].container_spec
container.command, container.args = sys.argv[4:], []
report = lambda line: print(line, file=sys.stderr)
sys.exit(run_local(job, Path(sys.argv[3]), report, container="none"))
"""


@pytest.fixture
def here(
    write_yaml: Callable[[str], Path],
    write_settings: Callable[..., Path],
    a_job: str,
    programs: Path,
    tmp_path: Path,
) -> list[str]:
    """A process of its own that runs a job here; the job's command is to follow."""
    files = [write_yaml(a_job), write_settings(), tmp_path / "run"]
    return [sys.executable, "-c", HERE, *map(str, files)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_arrive_once_at_the_job_and_its_status_comes_back(number: int, here: list[str]):
    count = (
        "import signal\n"
        f"numbers = {{{int(number)}}}\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, numbers)\n"
        "print('ready', flush=True)\n"
        "signal.sigwait(numbers)\n"
        "raise SystemExit(41 if signal.sigtimedwait(numbers, 0.5) is None else 42)"
    )
    with subprocess.Popen(
        [*here, sys.executable, "-c", count],
        env=os.environ | {"WANDB_API_KEY": "my-own"},  # pragma: allowlist secret
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        child.stdout.readline()
        os.killpg(child.pid, number)  # as a terminal does

    assert child.returncode == 41


def test_a_job_that_a_signal_ends_has_the_status_that_shells_give_it(here: list[str]):
    with subprocess.Popen(
        [*here, sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"],
        env=os.environ | {"WANDB_API_KEY": "my-own"},  # pragma: allowlist secret
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        child.stdout.readline()
        child.terminate()

    assert child.returncode == 128 + signal.SIGTERM


@pytest.mark.slow
@pytest.mark.skipif(find_spec("cs_train") is None, reason="cs-train is not installed")
def test_cs_train_itself_trains_here(
    job: CustomJobSpec, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WANDB_API_KEY", "not-used")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    states = [("fine", "low"), ("down", "high")] * 40
    rows = [f"printer {i},it is {state},{label}" for i, (state, label) in enumerate(states)]
    Path("tickets.csv").write_text("\n".join(["subject,body,priority", *rows]))
    words = (
        "dataset=custom dataset.path=tickets.csv dataset.near_duplicates=0 model.num_layers=1"
        " model.hidden_size=16 model.num_heads=2 model.vocab_size=300 training.num_epochs=1"
        " wandb.mode=disabled"
    )
    job.worker_pool_specs[0].container_spec.args = words.split()

    status = run_local(job, tmp_path / "run", print, container="none")

    assert status == 0
    assert (tmp_path / "run" / "model" / "config.json").is_file()
