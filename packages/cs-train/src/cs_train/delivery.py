"""Brings a finished run to the place that a job has for it, which AIP_MODEL_DIR names.

The model goes there. What tells about it goes beside it, into the folder above: Vertex AI sets
AIP_MODEL_DIR to <baseOutputDirectory>/model/. A model that can be loaded there is whole, and so is
everything beside it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cs_train.bucket import Bucket
from cs_train.errors import ConfigError

_log = logging.getLogger(__name__)
_BESIDE = (".hydra", "history.jsonl", "metrics.json", "report.html", "train.log")
# A model without it is refused by whatever loads models, so it is written last.
_LAST = "config.json"
# Eleven minutes with what each attempt takes: a model of hours is worth that.
_PAUSES = (10, 30, 60, 120, 240)


class Delivery(ABC):
    """A place for one finished run.

    Attributes:
        model: where the model goes, for people.

    """

    model: str

    @abstractmethod
    def prepare(self) -> None:
        """Find out, before anything is trained, that the place is free and can be written.

        Raises:
            ConfigError: it is not so.

        """

    def deliver(self, run: Path) -> None:
        """Bring the model of a run, and what tells about it.

        Raises:
            ConfigError: it cannot be done; the run's own folder is as it was.

        """
        _log.info("model: goes to %s", self.model)
        try:
            self._bring(run)
        except ConfigError as error:
            raise ConfigError(f"{error}; the model stays in {run / 'model'}") from error

    @abstractmethod
    def _bring(self, run: Path) -> None: ...


def delivery_of_job(*, one_run: bool) -> Delivery | None:
    """Return the place that the environment names, or None where it names none.

    Raises:
        ConfigError: it names something that is no place for a model, or there is more than one run.

    """
    place = os.environ.get("AIP_MODEL_DIR")
    if not place:
        return None
    if not one_run:
        raise ConfigError(
            f"AIP_MODEL_DIR={place} has room for one model, and -m makes several: start a job for "
            "each, or unset it"
        )
    if place.startswith("gs://"):
        return BucketDelivery(place)
    if "://" in place:
        raise ConfigError(
            f"AIP_MODEL_DIR={place} is neither gs://BUCKET/FOLDER/ nor a local folder"
        )
    return FolderDelivery(Path(place))


class BucketDelivery(Delivery):
    """A folder of a bucket, which a model enters file by file."""

    def __init__(self, url: str, pauses: Sequence[float] = _PAUSES) -> None:
        self.model = url.rstrip("/")
        self._base = self.model.rpartition("/")[0]
        self._pauses = pauses
        bucket = re.match(r"gs://[^/]+", self._base)
        if bucket is None:
            raise ConfigError(f"AIP_MODEL_DIR={url} names no folder: write gs://BUCKET/FOLDER/")
        self._bucket = Bucket(bucket.group())

    def prepare(self) -> None:
        """Find out, before anything is trained, that the place is free and can be written."""
        if self._bucket.holds(f"{self.model}/{_LAST}"):
            raise ConfigError(
                f"AIP_MODEL_DIR={self.model} holds a model already: give each job a "
                "baseOutputDirectory of its own"
            )
        self._bucket.try_writing(f"{self.model}/.may-be-written")

    def _bring(self, run: Path) -> None:
        model, last = run / "model", run / "model" / _LAST
        for file in _files(model):
            if file != last:
                self._put(file, self.model, model)
        for name in _BESIDE:
            for file in _files(run / name):
                self._put(file, self._base, run)
        self._put(last, self.model, model)

    def _put(self, file: Path, url: str, root: Path) -> None:
        self._bucket.put(file, f"{url}/{file.relative_to(root).as_posix()}", self._pauses)


class FolderDelivery(Delivery):
    """A local folder, which a model enters all at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().resolve()
        self.model = str(self._folder)

    def prepare(self) -> None:
        """Find out, before anything is trained, that the place is free and can be written."""
        self._place(Path.mkdir)

    def _bring(self, run: Path) -> None:
        def make(whole: Path) -> None:
            for file in (file for name in _BESIDE for file in _files(run / name)):
                target = self._folder.parent / file.relative_to(run)
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(file, target)
            shutil.copytree(run / "model", whole)

        self._place(make)

    def _place(self, make: Callable[[Path], object]) -> None:
        """Make a folder beside the place, and put it there if nothing is lost by it."""
        folder = self._folder
        try:
            if folder.is_dir() and any(folder.iterdir()):
                raise ConfigError(
                    f"AIP_MODEL_DIR={folder} holds something already: name another folder"
                )
            folder.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
                whole = Path(scratch, "whole")
                make(whole)
                if folder.exists():
                    folder.rmdir()
                whole.rename(folder)
        except OSError as error:
            raise ConfigError(
                f"AIP_MODEL_DIR={folder} cannot be written ({error}): name another folder"
            ) from error


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
