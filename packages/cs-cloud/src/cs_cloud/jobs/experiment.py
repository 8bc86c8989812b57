"""Composes the configuration that a job's arguments mean, before anything is sent."""

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
    """What the command `cs-train` is given."""
    name: str
    """The experiment's."""
    dataset: str
    changes: tuple[tuple[str, str, str], ...]
    """Keys that are not as the experiment has them: key, the experiment's value, the job's."""


def compose_experiment(
    file_arguments: Sequence[str], name: str | None, overrides: Sequence[str]
) -> Experiment:
    """Compose and check what a job file's arguments and a person's own ones mean together.

    Args:
        file_arguments: those of the job file.
        name: the experiment, in place of the job file's.
        overrides: a person's own, which go before the job file's.

    Raises:
        CloudError: the configuration cannot be had so; the line names the key and the nearest.
    """
    try:
        from cs_train.config import ConfigError, compose
    except ImportError as error:
        raise CloudError(
            "cs-train is not installed, which knows what can be configured:"
            " pip install 'cs-cloud[train]'"
        ) from error
    own = [text for text in overrides if not text.startswith(_EXPERIMENT)]
    named = [text for text in overrides if text.startswith(_EXPERIMENT)]
    if name is not None and named:
        raise CloudError(f"{named[0]}: the experiment is {name} already; give only one")
    from_file = [text for text in file_arguments if not text.startswith(_EXPERIMENT)]
    if name is not None:
        chosen = [f"{_EXPERIMENT}{name}"]
    else:
        given = [text for text in file_arguments if text.startswith(_EXPERIMENT)]
        chosen = (named or given)[-1:]
    arguments = (*chosen, *from_file, *own)
    for text in arguments:
        if text.startswith("-"):
            raise CloudError(f"{text}: a job takes settings as key=value, and no flag of cs-train")
        if holds_key(text):
            raise CloudError(
                f"{text.partition('=')[0]}: holds what looks like a key, which whoever sees the job"
                " could read; put it into Secret Manager, and its name into the job file's env"
            )
    try:
        plain, config = compose(chosen), compose(arguments)
    except ConfigError as error:
        raise CloudError(str(error)) from error
    if config.dataset.path:
        raise CloudError(
            f"dataset.path={config.dataset.path}: a job cannot read a file of this machine;"
            " publish it with cs-data publish, and name the data set"
        )
    before, after = dict(_flat(plain)), dict(_flat(config))
    changes = tuple(
        (key, str(before[key]), str(value))
        for key, value in after.items()
        if value != before[key] and key != "name"
    )
    label = chosen[0].removeprefix(_EXPERIMENT) if chosen else config.name
    return Experiment(arguments, label, config.dataset.name, changes)


def _flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  any dataclass
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from _flat(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value
