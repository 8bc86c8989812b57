"""Compose the configuration that a job's arguments mean, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from cs_cloud.errors import CloudError
from cs_cloud.secret_patterns import holds_key

_EXPERIMENT = "experiment="


@dataclass(frozen=True)
class Experiment:
    """What a job is going to train."""

    arguments: tuple[str, ...]
    """Arguments of the command `cs-train`."""
    name: str
    """The experiment's."""
    dataset: str
    changes: tuple[tuple[str, str, str], ...]
    """Keys that are not as the experiment has them: key, the experiment's value, the job's."""
    warnings: tuple[str, ...] = ()
    """Settings that are valid and yet doubtful, a sentence for each."""


def compose_experiment(
    file_arguments: Sequence[str], name: str | None, overrides: Sequence[str]
) -> Experiment:
    """Compose a job file's arguments and a person's overrides, which win over them.

    A `name` of an experiment replaces that of the job file.

    Raises:
        CloudError: there is no such configuration; the message names the key and the nearest one.
    """
    try:
        from cs_train import config as training
    except ImportError as error:
        raise CloudError(
            "cs-train is not installed, which knows what can be configured:"
            " pip install 'cs-cloud[train]'"
        ) from error
    named = [text for text in overrides if text.startswith(_EXPERIMENT)]
    if name is not None and named:
        raise CloudError(f"{named[0]}: the experiment is {name} already; give only one")
    given = [text for text in (*file_arguments, *overrides) if text.startswith(_EXPERIMENT)]
    chosen = [f"{_EXPERIMENT}{name}"] if name is not None else given[-1:]
    others = [text for text in (*file_arguments, *overrides) if text not in given]
    arguments = (*chosen, *others)
    for text in arguments:
        if text.startswith("-"):
            raise CloudError(f"{text}: a job takes settings as key=value, and no flag of cs-train")
        if holds_key(text):
            raise CloudError(
                f"{text.partition('=')[0]}: holds what looks like a key, which whoever sees the job"
                " could read; put it into Secret Manager, and its name into the job file's env"
            )
    try:
        plain = training.compose(chosen)
        config = training.compose(arguments) if others else plain
    except training.ConfigError as error:
        raise CloudError(str(error)) from error
    if config.dataset.path:
        raise CloudError(
            f"dataset.path={config.dataset.path}: a job cannot read a file of this machine;"
            " publish it with cs-data publish, and name the data set"
        )
    before = dict(_flat(plain))
    changes = tuple(
        (key, str(before[key]), str(value))
        for key, value in _flat(config)
        if value != before[key] and key != "name"
    )
    label = chosen[0].removeprefix(_EXPERIMENT) if chosen else config.name
    warnings = tuple(training.warnings_of(config))
    return Experiment(arguments, label, config.dataset.name, changes, warnings)


def _flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  any dataclass
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from _flat(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value
