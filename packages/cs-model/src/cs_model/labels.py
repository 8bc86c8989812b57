"""Check and store the ordered names of the classes that a model distinguishes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs_model.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

# What transformers writes where nobody named the classes.
_PLACEHOLDER = re.compile(r"LABEL_\d+")


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels as a tuple, or raise ModelError if they cannot name a model's classes."""
    if isinstance(labels, str):
        raise ModelError(f"labels must be a list of names, got the one string {labels!r}")
    names = tuple(labels)
    if len(names) < 2:
        raise ModelError(f"labels must name at least two classes, got {len(names)}: {list(names)}")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise ModelError(f"every label must be non-empty text, got {name!r}")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ModelError(f"label {repeated[0]!r} is given twice: each class needs its own name")
    return names


def labels_of_config(
    id2label: Mapping[Any, Any] | None, folder: Path, *, own: bool
) -> tuple[str, ...]:
    """Read the class names from a model configuration's `id2label`, in the order of the logits.

    A model that this package saved (`own`) keeps its labels even if they look like placeholders.
    """
    names = [name for _, name in sorted((id2label or {}).items())]
    placeholders = all(_PLACEHOLDER.fullmatch(str(name)) for name in names)
    if not names or (placeholders and not own):
        raise ModelError(
            f"the model in {folder} has no label names ({', '.join(map(str, names)) or 'none'}): "
            "it was not saved by a trained classifier; to train a new head on it, "
            "use Classifier.from_pretrained(name, labels=[...])"
        )
    return check_labels(names)


def read_labels(folder: Path) -> tuple[str, ...]:
    """Read the class names of a model folder, without its weights, in the order of the logits.

    Raises:
        ModelError: they have no names.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = {int(number): name for number, name in (config.get("id2label") or {}).items()}
    return labels_of_config(names, folder, own=bool(config.get("cs_model")))


def name_classes(config: PreTrainedConfig, labels: Sequence[str]) -> PreTrainedConfig:
    """Store class names in a model configuration, in the order of the logits; return it."""
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: index for index, label in enumerate(labels)}
    config.problem_type = "single_label_classification"
    return config
