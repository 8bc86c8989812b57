"""Resolve the source of a model to a local folder. Imports neither torch nor transformers."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from threading import Lock

from cs_model.errors import ModelError, cannot_load
from cs_model.model_files import MODEL_FILES, check_model_files

_HUB_NAME = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*", re.ASCII)
_LOCK = Lock()  # the log level and the bars of the hub's client are those of the process


def resolve(source: str | os.PathLike[str], revision: str | None = None) -> Path:
    """Return the local folder of a model, which is downloaded if it is on the Hugging Face hub.

    Args:
        source: a folder, or the name of a model on the hub.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelError: if there is no such model, it cannot be downloaded, or the folder holds no
            configuration with weights in safetensors.
    """
    try:
        folder = Path(source).expanduser()
    except RuntimeError as error:
        raise ModelError(f"there is no model folder {source}: no such user") from error
    if folder.is_file():
        raise ModelError(f"{source} is a file: name the folder that holds the model")
    if not folder.is_dir():
        if not _HUB_NAME.fullmatch(str(source)):
            raise ModelError(f"there is no model folder {source}")
        folder = _download(str(source), revision)
    try:
        check_model_files(folder)
    except OSError as error:  # a file of somebody else, perhaps
        raise cannot_load(folder, error) from error
    return folder


def _download(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    logger = logging.getLogger("huggingface_hub")
    try:
        with _LOCK, disable_progress_bars():
            level = logger.level
            logger.setLevel(logging.ERROR)
            try:
                folder = snapshot_download(
                    name, revision=revision, allow_patterns=list(MODEL_FILES), ignore_patterns="*/*"
                )
            finally:
                logger.setLevel(level)
    except (PermissionError, RuntimeError) as error:  # RuntimeError: there is no home folder
        reason = f"{str(error).rstrip('.')}: set HF_HOME to a folder that can be written"
        raise cannot_load(name, error, reason) from error
    except Exception as error:  # whatever the client's HTTP library may raise
        raise cannot_load(name, error, _reason(error, revision)) from error
    return Path(folder)


def _reason(error: Exception, revision: str | None) -> str:
    """Return why the hub's client failed and what to do, or "" for what it does not report."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return "accept its conditions on the hub, and log in with `hf auth login`"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"the hub has no revision {revision!r} of it"
    no_folder = "it is no folder here, and the Hugging Face hub"
    if isinstance(error, errors.RepositoryNotFoundError):
        return f"{no_folder} has no such model, or only after `hf auth login`"
    not_cached = isinstance(error, errors.LocalEntryNotFoundError)
    cause = error.__cause__ if not_cached else error
    if isinstance(cause, errors.HfHubHTTPError):
        status = cause.response.status_code
        fix = "log in with `hf auth login`" if status in (401, 403) else "try again later"
        return f"the hub answered {status}: {fix}"
    if not_cached:
        return f"{no_folder} cannot be reached: check the network and HF_HUB_OFFLINE"
    return ""
