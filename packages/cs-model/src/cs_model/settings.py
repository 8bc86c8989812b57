"""What this package stores with a model: the section `cs_model` of its config.json."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from cs_data.cleaning import Cleaning
from cs_model.errors import ModelError


@dataclass(frozen=True)
class ModelSettings:
    """Settings of a model that transformers has no place for.

    The defaults are those of models that were saved before the setting existed, and of models that
    were not saved by this package.
    """

    temperature: float = 1.0
    """What logits are divided by before the softmax."""
    text_columns: tuple[str, ...] = ("subject", "body")
    """Columns of a table that were joined by a line break to make a text."""
    label_column: str = "priority"
    """Column of that table that the model learned to predict."""
    attention: str | None = None
    """Name of the attention kernel that the model was trained with."""
    cleaning: Cleaning | None = None
    """How texts are cleaned before the tokenizer reads them; None leaves them as they are."""

    @classmethod
    def read(cls, folder: Path) -> ModelSettings | None:
        """Read the settings in a model folder, None if another program saved the model."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        stored = config.get("cs_model")
        if stored in (None, {}):
            return None
        _check(folder / "config.json", stored)
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        if "text_columns" in known:
            known["text_columns"] = tuple(known["text_columns"])
        if known.get("cleaning") is not None:
            known["cleaning"] = Cleaning(**known["cleaning"])
        return cls(**known)


def _check(path: Path, stored: object) -> None:
    """Check what stands in the section `cs_model` of a model's configuration."""
    if not isinstance(stored, dict):
        raise ModelError(f"{path}: cs_model must be an object, got {stored!r}")
    temperature = stored.get("temperature", 1.0)
    is_number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not is_number or not 0 < temperature < math.inf:
        raise ModelError(f"{path}: cs_model.temperature must be above 0, got {temperature!r}")
    columns = stored.get("text_columns", ["text"])
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise ModelError(f"{path}: cs_model.text_columns must be a list of names, got {columns!r}")
    cleaning = stored.get("cleaning")
    names = {field.name for field in fields(Cleaning)}
    if cleaning is not None and not (
        isinstance(cleaning, dict)
        and cleaning.keys() <= names
        and all(isinstance(value, bool) for value in cleaning.values())
    ):
        raise ModelError(
            f"{path}: cs_model.cleaning must be null or give true or false for "
            f"{' and '.join(sorted(names))}, got {cleaning!r}"
        )
