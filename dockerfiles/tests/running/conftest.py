"""Runs the images that the fixtures of the folder above have built."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from cs_cloud import load_settings
from cs_data import make_sample
from fake_google_cloud import FakeCloud

SETTINGS = Path(__file__).parents[3] / ".gcp/settings.yaml"
BUILDAH_SAYS = re.compile(r"^(subprocess exited|Error: exit) .*\n", re.MULTILINE)
RUN_SECONDS = 240


def _of(device: str, request: pytest.FixtureRequest) -> Any:
    chosen = request.config.getoption("--device")
    if chosen and device not in chosen:
        pytest.skip(f"--device {device} was not asked for")
    return request.getfixturevalue("built")(device)


@pytest.fixture
def cpu_image(request: pytest.FixtureRequest) -> Any:
    return _of("cpu", request)


@pytest.fixture
def cu128_image(request: pytest.FixtureRequest) -> Any:
    return _of("cu128", request)


@dataclass(frozen=True)
class Ended:
    """How a container ended."""

    status: int
    printed: str
    seconds: float


@pytest.fixture
def run(buildah: Any) -> Callable[..., Ended]:
    """Run an image's entrypoint, as its user, in this machine's network."""

    def run(
        image: Any,
        *arguments: str,
        variables: Mapping[str, str] = {},
        volumes: Mapping[Path, str] = {},
    ) -> Ended:
        words: list[str] = []
        for name, value in {"TINI_SUBREAPER": "1", **variables}.items():
            words += ["--env", f"{name}={value}"]
        for path, inside in volumes.items():
            words += ["--volume", f"{path}:{inside}"]
        container = buildah("from", "--pull-never", image.id)
        command = ("run", *words, container, "--", *image.entrypoint, *arguments)
        started = time.monotonic()
        done = buildah.run(*command, seconds=RUN_SECONDS, stderr=subprocess.STDOUT)
        seconds = time.monotonic() - started
        buildah("rm", container)
        printed = BUILDAH_SAYS.sub("", done.stdout)
        return Ended(done.returncode, printed, seconds)

    return run


@dataclass
class Deployment:
    """A fake Google Cloud with a data set in its bucket and a secret."""

    cloud: FakeCloud
    volumes: dict[Path, str] = field(default_factory=dict)
    """What of this machine a container sees: which version of the data set the bucket holds."""

    @property
    def variables(self) -> dict[str, str]:
        key = f"sm://projects/{self.cloud.project}/secrets/WANDB_API_KEY/versions/latest"
        return {**self.cloud.environment, "NO_GCE_CHECK": "true", "WANDB_API_KEY": key}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Give the deployment of `.gcp/settings.yaml`, with made-up tickets as the data set small."""
    settings = load_settings(SETTINGS)
    bucket = settings.data_bucket.removeprefix("gs://").strip("/")
    raw = tmp_path / "small.csv"
    make_sample(raw, rows=1200)
    with FakeCloud.ready(settings) as cloud:
        cloud.write_object(bucket, "data/raw/small.csv", raw.read_bytes())
        file = tmp_path / "small.csv.dvc"
        file.write_text(dvc_file(cloud, bucket, raw))
        yield Deployment(cloud, {file: "/app/data/raw/small.csv.dvc:ro"})


def dvc_file(cloud: FakeCloud, bucket: str, raw: Path) -> str:
    """Write what `.dvc` files hold, for an object that is in a bucket."""
    about = f"{cloud.url}/storage/v1/b/{bucket}/o/data%2Fraw%2F{raw.name}"
    with urlopen(about, timeout=30) as answer:  # noqa: S310
        generation = json.load(answer)["generation"]
    md5 = hashlib.md5(raw.read_bytes(), usedforsecurity=False).hexdigest()
    return (
        f"outs:\n- md5: {md5}\n  size: {raw.stat().st_size}\n  hash: md5\n  path: {raw.name}\n"
        f"  cloud:\n    gcs:\n      version_id: '{generation}'\n"
    )
