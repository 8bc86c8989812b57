"""Every key of the configuration with its type, meaning, choices and place: what --help shows.

The dataclasses of `schema` own all of it; the descriptions are the texts below their fields.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hydra.core.config_store import ConfigStore

from cs_train.config import schema
from cs_train.config.datasets import GROUP

# What people write who know other programs, or older versions of this one.
_OTHER_NAMES = {
    "lr": "training.learning_rate",
    "wd": "training.weight_decay",
    "decay": "training.weight_decay",
    "bs": "training.batch_size",
    "batch": "training.batch_size",
    "epoch": "training.num_epochs",
    "epochs": "training.num_epochs",
    "max_epochs": "training.num_epochs",
    "num_train_epochs": "training.num_epochs",
    "accumulate": "training.gradient_accumulation_steps",
    "clip": "training.gradient_clip",
    "warmup": "training.warmup_steps",
    "warmup_ratio": "training.warmup_steps",
    "early_stopping": "training.patience",
    "layers": "model.num_layers",
    "depth": "model.num_layers",
    "width": "model.hidden_size",
    "heads": "model.num_heads",
    "window": "model.local_attention",
    "vocabulary": "model.vocab_size",
    "max_seq_length": "model.max_length",
    "encoder": "model.name",
    "pretrained": "model.name",
    "file": "dataset.path",
    "csv": "dataset.path",
    "data": "dataset.path",
    "column": "dataset.label_column",
    "label": "dataset.label_column",
    "target": "dataset.label_column",
    "text": "dataset.text_columns",
    "text_column": "dataset.text_columns",
    "device": "accelerator",
    "gpus": "accelerator",
    "fp16": "precision",
    "bf16": "precision",
    "output": "hydra.run.dir",
    "output_dir": "hydra.run.dir",
}
_TYPES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    list[str]: "a list of texts",
    Any: "a list, a mapping or null",
    type(None): "null",
}


@dataclass(frozen=True)
class Key:
    """A key of the configuration, as a person reads of it."""

    name: str
    """Its full name: `training.batch_size`."""
    hint: Any
    """The type of its value."""
    choices: tuple[str, ...]
    """The values that it takes, if they are few."""
    description: str

    @property
    def type(self) -> str:
        """What its value is, in words: "a whole number or null"."""
        parts = [self.hint] if self.hint in _TYPES else get_args(self.hint)
        return " or ".join(dict.fromkeys(_TYPES[part] for part in parts))

    @property
    def section(self) -> str:
        """The part of the configuration that it belongs to; "" for the keys beside the sections."""
        return self.name.rpartition(".")[0]


@cache
def all_keys() -> tuple[Key, ...]:
    """Return every key: those of the top level first."""
    source = Path(schema.__file__).read_text(encoding="utf-8")
    classes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    keys = _keys_of(schema.Config, classes)
    return tuple(sorted(keys, key=lambda key: key.section != ""))


@cache
def section_summaries() -> dict[str, str]:
    """Return what each section is about, by name."""
    hints = get_type_hints(schema.Config)
    return {
        name: (hint.__doc__ or "").partition("\n")[0]
        for name, hint in hints.items()
        if is_dataclass(hint)
    }


def known_keys() -> list[str]:
    """Return the names of all keys."""
    return [key.name for key in all_keys()]


def group_choices(config_dir: Path | None = None) -> dict[str, list[str]]:
    """Return the choices of each group: data sets, and the files of `conf/` and another folder."""
    found: dict[str, list[str]] = {}
    ours = Path(__file__).parents[1] / "conf"
    for folder in (ours, config_dir):
        for file in sorted(folder.glob("*/*.yaml")) if folder else ():
            found.setdefault(file.parent.name, []).append(file.stem)
    registered = (name.removesuffix(".yaml") for name in ConfigStore.instance().repo.get(GROUP, {}))
    found[GROUP] = sorted({*found[GROUP], *registered})
    return found


def nearest_key(key: str) -> str | None:
    """Return the key or group that was probably meant, None if there is none like it."""
    known = known_keys()
    last = key.rpartition(".")[2]
    # `batch_size` alone is meant as `training.batch_size`.
    by_ending = {name.rpartition(".")[2]: name for name in reversed(known)}
    for name in (key, last):
        if found := by_ending.get(name) or _OTHER_NAMES.get(name):
            return found
    if near := get_close_matches(key, [*known, *group_choices()], n=1, cutoff=0.7):
        return near[0]
    if near := get_close_matches(last, by_ending, n=1, cutoff=0.6):
        return by_ending[near[0]]
    near = get_close_matches(key, [*known, *group_choices()], n=1, cutoff=0.5)
    return near[0] if near else None


def _keys_of(section: Any, classes: dict[str, ast.ClassDef], prefix: str = "") -> Iterator[Key]:  # noqa: ANN401 a class
    hints, texts = get_type_hints(section), _descriptions(classes[section.__name__])
    for each in fields(section):
        hint, name = hints[each.name], prefix + each.name
        if is_dataclass(hint):
            yield from _keys_of(hint, classes, f"{name}.")
        else:
            yield Key(name, hint, schema.CHOICES.get(name, ()), texts.get(each.name, ""))


def _descriptions(node: ast.ClassDef) -> dict[str, str]:
    """Return the text below each field of a class."""
    found = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = getattr(below, "value", None)
            if isinstance(below, ast.Expr) and isinstance(value, ast.Constant):
                found[field.target.id] = " ".join(str(value.value).split())
    return found
