"""Tells what can be known of a model before it is loaded: whether it is there, what it reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cs_model.errors import ModelError

DEFAULT_TEXT_COLUMNS = ("subject", "body")
# Never read: these are pickles, which can carry any code.
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_HUB_NAME = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*", re.ASCII)


def text_columns_of(source: str, revision: str | None) -> tuple[str, ...]:
    """Return the columns that a model was trained on, as its configuration says.

    Raises:
        ModelError: if it is on the hub, and cannot be read there.

    """
    config = Path(source, "config.json")
    if config.is_file():
        settings = json.loads(config.read_text(encoding="utf-8")).get("cs_model") or {}
    else:
        from cs_model.loading import read_config, settings_of

        settings = settings_of(read_config(source, revision))
    return tuple(settings.get("text_columns", DEFAULT_TEXT_COLUMNS))


def check_source(source: str) -> None:
    """Raise ModelError if a source can be neither a readable model folder nor a hub name."""
    folder = Path(source)
    if not folder.is_dir():
        if folder.is_file():
            raise ModelError(f"{source} is a file: name the folder that holds the model")
        if not _HUB_NAME.fullmatch(source):
            raise ModelError(f"there is no model folder {source}")
        return
    config = folder / "config.json"
    if not config.is_file():
        raise ModelError(f"{source} is not a model folder: it has no config.json")
    try:
        json.loads(config.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{config} is not valid JSON: {error}") from error
    if not any(folder.glob("model*.safetensors")):
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        found = (
            f"{pickles[0]} is a pickle, which can run code when it is read"
            if pickles
            else "it has no weights"
        )
        raise ModelError(f"{source} has no model.safetensors ({found}): only safetensors is read")
