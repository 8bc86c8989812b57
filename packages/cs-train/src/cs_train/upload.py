"""Uploads a finished run to the job's output folder, which AIP_MODEL_DIR names.

The model goes there; its report, metrics and logs go into the folder above: Vertex AI sets
AIP_MODEL_DIR to <baseOutputDirectory>/model/. A model that can be loaded there is complete, and so
is everything beside it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cs_data import DataError
from cs_data.atomic_files import atomic_folder
from cs_data.command_line import one_line
from cs_train.cloud_storage import CloudStorage
from cs_train.errors import ConfigError

_log = logging.getLogger(__name__)
_FILES_ABOUT_IT = (".hydra", "history.jsonl", "metrics.json", "report.html", "train.log")
# A model without it is refused by whatever loads models, so it is written last.
_LAST = "config.json"
# Seconds. With the attempts themselves about eleven minutes: the model took hours to train.
_PAUSES = (10, 30, 60, 120, 240)


class ModelUpload(ABC):
    """The upload of one finished run.

    Attributes:
        destination: where the model goes, for people.
    """

    destination: str

    @abstractmethod
    def check(self) -> None:
        """Check, before anything is trained, that the destination is empty and can be written.

        Raises:
            ConfigError: it holds a model, or cannot be written.
        """

    def upload(self, run: Path) -> None:
        """Upload the model of a run, and the files about it.

        Raises:
            ConfigError: it cannot be done; the run's own folder is unchanged.
        """
        _log.info("model: uploading to %s", self.destination)
        try:
            self._upload(run)
        except ConfigError as error:
            raise ConfigError(f"{error}; the model stays in {run / 'model'}") from error

    @abstractmethod
    def _upload(self, run: Path) -> None: ...


def upload_of_job(*, one_run: bool) -> ModelUpload | None:
    """Return the upload that the environment asks for, or None where it asks for none.

    Raises:
        ConfigError: AIP_MODEL_DIR cannot hold a model, or there is more than one run.
    """
    destination = os.environ.get("AIP_MODEL_DIR")
    if not destination:
        return None
    if not one_run:
        raise ConfigError(
            f"AIP_MODEL_DIR={destination} can hold one model, and -m trains several: start a job "
            "for each, or unset it"
        )
    if destination.startswith("gs://"):
        return BucketUpload(destination)
    if re.match(r"\w{2,}:/", destination):  # one letter is a drive of Windows
        raise ConfigError(
            f"AIP_MODEL_DIR must be gs://BUCKET/FOLDER/ or a local folder, got {destination}"
        )
    return FolderUpload(Path(destination))


class BucketUpload(ModelUpload):
    """Into a folder of a bucket, file by file.

    Args:
        url: gs://BUCKET/FOLDER of the model.
        pauses: seconds to wait before each further attempt after a retryable error.
    """

    def __init__(self, url: str, pauses: Sequence[float] = _PAUSES) -> None:
        self.destination = url.rstrip("/")
        self._base = self.destination.rpartition("/")[0]
        self._pauses = pauses
        if not re.match(r"gs://[^/]+", self._base):
            raise ConfigError(
                f"AIP_MODEL_DIR must be gs://BUCKET/FOLDER/, got {url}: name a folder"
            )
        self._storage = CloudStorage()

    def check(self) -> None:
        """Check, before anything is trained, that the destination is empty and can be written."""
        if self._storage.holds(f"{self.destination}/{_LAST}"):
            raise ConfigError(
                f"AIP_MODEL_DIR={self.destination} holds a model already: give each job a "
                "baseOutputDirectory of its own"
            )
        self._storage.check_writable(f"{self.destination}/.write-check")

    def _upload(self, run: Path) -> None:
        model, last = run / "model", run / "model" / _LAST
        for file in _files(model):
            if file != last:
                self._put(file, self.destination, model)
        for file in _files_about(run):
            self._put(file, self._base, run)
        self._put(last, self.destination, model)

    def _put(self, file: Path, url: str, root: Path) -> None:
        self._storage.put(file, f"{url}/{file.relative_to(root).as_posix()}", self._pauses)


class FolderUpload(ModelUpload):
    """Into a local folder, all at once."""

    def __init__(self, folder: Path) -> None:
        try:
            self._folder = folder.expanduser().resolve()
        except RuntimeError as error:  # of ~NAME
            raise ConfigError(f"AIP_MODEL_DIR={folder} cannot be used: {error}") from error
        self.destination = str(self._folder)

    def check(self) -> None:
        """Check, before anything is trained, that the destination is empty and can be written."""
        above = self._folder.parent
        for name in _FILES_ABOUT_IT:
            if (above / name).exists():
                raise ConfigError(
                    f"AIP_MODEL_DIR={self._folder} would overwrite {above / name}: name a folder "
                    "in a new one"
                )
        with self._empty_folder():
            pass

    def _upload(self, run: Path) -> None:
        with self._empty_folder() as folder:
            for file in _files_about(run):
                target = self._folder.parent / file.relative_to(run)
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(file, target)
            shutil.copytree(run / "model", folder, dirs_exist_ok=True)

    @contextmanager
    def _empty_folder(self) -> Iterator[Path]:
        """Yield a folder that takes the place of the destination when the block ends well."""
        try:
            with atomic_folder(self._folder, ours=frozenset()) as folder:
                yield folder
        except (DataError, OSError) as error:
            raise ConfigError(f"AIP_MODEL_DIR cannot be used: {one_line(error)}") from error


def _files_about(run: Path) -> list[Path]:
    return [file for name in _FILES_ABOUT_IT for file in _files(run / name)]


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
