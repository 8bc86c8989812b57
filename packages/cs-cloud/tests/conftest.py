from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture(autouse=True)
def _outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the repository that it lies in, or those of whoever runs it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for key in (line.partition(":")[0] for line in COMPLETE.splitlines()):
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
