"""Compose the configuration that a job's arguments mean, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cs_cloud.errors import CloudError
from cs_cloud.jobs.dataset_version import DatasetVersion
from cs_cloud.secret_patterns import holds_key

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec

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
    version: DatasetVersion | None = None
    """Of the data set, None if it is not tracked where the job is submitted."""
    accelerator: str = "auto"
    """What it is to be trained on: auto, cpu, gpu or mps."""
    encoder: str | None = None
    """Name of the encoder to fine-tune, None for one trained from scratch."""


def compose_experiment(
    file_arguments: Sequence[str],
    name: str | None,
    overrides: Sequence[str],
    root: Path = Path(),
) -> Experiment:
    """Compose a job file's arguments and a person's overrides, which win over them.

    A `name` of an experiment replaces that of the job file. Data sets are those in `root`.

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
        plain = training.compose(chosen, root)
        config = training.compose(arguments, root) if others else plain
        tracked = training.tracked_file(config.dataset.name, root / config.dataset.data_dir)
    except training.ConfigError as error:
        raise CloudError(str(error)) from error
    if config.dataset.path:
        raise CloudError(
            f"dataset.path={config.dataset.path}: a job cannot read a file of this machine;"
            " publish it with cs-data publish, and name the data set"
        )
    dataset, version = config.dataset.name, None
    if tracked is not None:
        content = tracked.dvc_file.read_text(encoding="utf-8")
        file, generation = tracked.dvc_file.name, tracked.generation
        version = DatasetVersion(file, content, tracked.md5, tracked.size, generation)
    elif dataset not in training.EVERYWHERE:
        raise CloudError(
            f"dataset={dataset}: its file is on this machine alone, where a job cannot read it",
            f"cs-data publish {dataset}",
        )
    before = dict(_flat(plain))
    changes = tuple(
        (key, str(before[key]), str(value))
        for key, value in _flat(config)
        if value != before[key] and key != "name"
    )
    label = chosen[0].removeprefix(_EXPERIMENT) if chosen else config.name
    warnings = tuple(training.warnings_of(config))
    return Experiment(
        arguments,
        label,
        dataset,
        changes,
        warnings,
        version,
        accelerator=config.accelerator,
        encoder=config.model.name,
    )


def check_suits(experiment: Experiment, spec: CustomJobSpec) -> None:
    """Check that a machine of Vertex AI can train an experiment.

    Raises:
        CloudError: it asks for an accelerator that the machine has not, or a folder of this one.
    """
    [pool] = spec.worker_pool_specs
    wanted, machine = experiment.accelerator, pool.machine_spec
    if wanted == "mps" or (wanted == "gpu" and not machine.accelerator_type):
        raise CloudError(
            f"accelerator={wanted}: {machine.machine_type} has none; submit gpu, or add"
            " --accelerator T4, or leave it out"
        )
    encoder = experiment.encoder
    if encoder and (encoder.startswith(("/", "~", ".")) or Path(encoder).exists()):
        raise CloudError(
            f"model.name={encoder}: a job cannot read a folder of this machine; name an encoder of"
            " the Hugging Face hub"
        )


def _flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  any dataclass
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from _flat(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value
