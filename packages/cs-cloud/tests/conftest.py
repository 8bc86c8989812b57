from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cs_cloud import Settings, load_settings
from cs_cloud.settings import KEYS

COMPLETE = """\
project: my-project-1
region: europe-west1
registry: images
data_bucket: gs://tickets/
output_bucket: gs://models/jobs/
service_account: trainer@my-project-1.iam.gserviceaccount.com
wandb_entity: team
wandb_project: support
wandb_secret: WANDB_API_KEY # pragma: allowlist secret
"""


A_JOB = """\
workerPoolSpecs:
  - replicaCount: 1
    machineSpec:
      machineType: n1-standard-8
      acceleratorType: NVIDIA_TESLA_T4
      acceleratorCount: 1
    diskSpec:
      bootDiskType: pd-ssd
      bootDiskSizeGb: 100
    containerSpec:
      imageUri: ${region}-docker.pkg.dev/${project}/${registry}/train:latest
      args:
        - experiment=best
      env:
        - name: WANDB_API_KEY
          value: sm://projects/${project}/secrets/${wandb_secret}/versions/latest
        - name: TOKENIZERS_PARALLELISM
          value: "false"
scheduling:
  timeout: 3600s
  strategy: STANDARD
serviceAccount: ${service_account}
baseOutputDirectory:
  outputUriPrefix: ${output_bucket}
"""


@pytest.fixture(autouse=True, scope="session")
def _heed_signals() -> None:
    """Undo, for what tests start, what a shell does to whatever it runs in the background."""
    for name in ("SIGINT", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)  # Windows has only the first
        if number and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the repository that it lies in, or those of whoever runs it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for key in KEYS:
        monkeypatch.delenv(f"CS_{key.upper()}", raising=False)


@pytest.fixture
def write_settings(tmp_path: Path) -> Callable[..., Path]:
    """Writes `.gcp/settings.yaml` one folder above the working folder."""

    def write(text: str | bytes = COMPLETE) -> Path:
        path = tmp_path / ".gcp" / "settings.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def write_yaml(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file of YAML outside the working folder."""

    def write(text: str) -> Path:
        path = tmp_path / "file.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def complete() -> str:
    """A settings file with every key, one a line, in the order of the table."""
    return COMPLETE


@pytest.fixture
def a_job() -> str:
    """A job file without fault."""
    return A_JOB


@pytest.fixture
def settings(write_settings: Callable[..., Path]) -> Settings:
    """The settings of that file."""
    return load_settings(write_settings(), environ={})


@pytest.fixture
def cloud(settings: Settings):
    """A fake cloud, ready for the deployment of the complete settings."""
    from fake_google_cloud import FakeCloud

    with FakeCloud.ready(settings) as running:
        yield running


@pytest.fixture
def clients(cloud, settings: Settings):
    """This system's clients, which speak to the fake cloud."""
    from cs_cloud.google.clients import Clients

    return Clients(settings.project, cloud.environment)


@pytest.fixture
def no_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries of Google's clients follow each other at once."""
    monkeypatch.setattr("google.api_core.retry.retry_unary.time.sleep", lambda _: None)


@pytest.fixture
def jobs(clients, settings: Settings):
    """The training jobs in the fake cloud."""
    from cs_cloud.jobs.training_jobs import TrainingJobs

    return TrainingJobs(clients, settings.job_regions)


@pytest.fixture
def start_job(cloud, clients, settings: Settings):
    """Starts a job in the fake cloud, which goes as a script says, and returns it."""
    from cs_cloud.google.vertex import CustomJob, CustomJobSpec
    from fake_google_cloud import JobScript

    def start(
        name: str = "best-gpu",
        script: Any = None,
        *,
        labels: dict[str, str] | None = None,
        env: dict[str, str] | None = None,
        args: tuple[str, ...] = (),
        replicas: int = 1,
        region: str = settings.region,
        **spec: Any,
    ) -> CustomJob:
        cloud.script_jobs(script or JobScript())
        digest = cloud.add_image(settings.registry, "train")
        container = {
            "image_uri": f"europe-west1-docker.pkg.dev/{settings.project}/images/train@{digest}",
            "args": args,
            "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        }
        pool = {
            "replica_count": 1,
            "machine_spec": {"machine_type": "n1-standard-8"},
            "container_spec": container,
        }
        pools = [pool, {**pool, "replica_count": replicas - 1}][: min(replicas, 2)]
        return clients.jobs(region).create_custom_job(
            parent=f"projects/{settings.project}/locations/{region}",
            custom_job=CustomJob(
                display_name=name,
                labels=labels or {},
                job_spec=CustomJobSpec(worker_pool_specs=pools, **spec),
            ),
        )

    return start


@pytest.fixture
def call(cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs `cs-cloud` against the fake cloud; returns its status, and what it printed."""
    from cs_cloud import cli

    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(arguments)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def passing_time(cloud, monkeypatch: pytest.MonkeyPatch):
    """Lets time pass in the fake cloud wherever `Clients` would wait; counts it as `passed`."""
    from cs_cloud.google.clients import Clients

    class PassingTime:
        passed = 0.0

        def sleep(self, seconds: float) -> None:
            cloud.clock.advance(seconds)
            self.passed += seconds

    time = PassingTime()
    monkeypatch.setattr(Clients, "sleep", staticmethod(time.sleep))
    monkeypatch.setattr(Clients, "monotonic", staticmethod(lambda: time.passed))
    return time
