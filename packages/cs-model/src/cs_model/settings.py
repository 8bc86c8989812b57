"""What this package stores with a model: the section `cs_model` of its config.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


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

    @classmethod
    def read(cls, folder: Path) -> ModelSettings | None:
        """Read the settings in a model folder, None if another program saved the model."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        stored = config.get("cs_model")
        if not stored:
            return None
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        if "text_columns" in known:
            known["text_columns"] = tuple(known["text_columns"])
        return cls(**known)
