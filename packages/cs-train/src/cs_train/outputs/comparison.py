"""Compares finished runs: what differs in the configuration and the data, and their scores.

Everything is read from what a run leaves behind: `.hydra/config.yaml` and `metrics.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cs_data.reports.tables import console, new_table
from cs_train.config.written_lists import written
from cs_train.errors import ConfigError
from cs_train.evaluation.intervals import accuracy_interval
from cs_train.evaluation.scores import SCORE_NAMES, Scores
from cs_train.outputs.run_folder import shortest_path

_FACTS = ("raw file", "md5 of the raw file", "SHA-256 of the manifest", "tickets", "label")
_MAX_LABELS = 40


@dataclass(frozen=True)
class FinishedRun:
    """What a finished run left behind about itself."""

    folder: Path
    settings: Mapping[str, object]
    """Value by key."""
    test: Scores
    validation: Scores | None
    """None for a run of a version that did not save them."""
    data: Mapping[str, str]
    """Facts about its data."""

    @classmethod
    def load(cls, folder: Path) -> FinishedRun:
        """Read a run's folder; that of its model inside stands for it.

        Raises:
            ConfigError: it holds no finished run.
        """
        folder = folder.parent if folder.name == "model" and folder.is_dir() else folder
        metrics, config = folder / "metrics.json", folder / ".hydra" / "config.yaml"
        if not folder.is_dir():
            raise ConfigError(f"{folder}: there is no such folder: name the folder of a run")
        if absent := [path for path in (metrics, config) if not path.is_file()]:
            inner = sorted(path.parent.name for path in folder.glob("*/metrics.json"))
            hint = f"it holds the runs {', '.join(inner)}" if inner else "it may have failed"
            name = absent[0].relative_to(folder)
            raise ConfigError(f"{folder} is no finished run, for it has no {name}: {hint}")
        try:
            figures: dict[str, Any] = json.loads(metrics.read_text(encoding="utf-8"))
            validation = figures.get("validation")
            return cls(
                folder=folder,
                settings=dict(_flat(OmegaConf.to_container(OmegaConf.load(config)))),
                test=Scores.from_dict(figures["test"]),
                validation=Scores.from_dict(validation) if validation else None,
                data={name: figures["facts"]["Data"][name] for name in _FACTS},
            )
        except Exception as error:  # whatever stands in the files instead
            raise ConfigError(
                f"{folder} is no finished run that can be read "
                f"({type(error).__name__}: {' '.join(str(error).split())})"
            ) from error


def print_comparison(arguments: Sequence[str]) -> None:
    """Print how runs differ, and their scores side by side.

    Args:
        arguments: folders of at least two finished runs.

    Raises:
        ConfigError: a folder holds no finished run, or there are fewer than two.
    """
    usage = "cs-train compare RUN RUN [RUN ...], each the folder of a finished run"
    terminal = console()
    if {"-h", "--help"} & set(arguments):
        terminal.print(f"Compare finished runs: {usage}", soft_wrap=True)
        return
    if unknown := [word for word in arguments if word.startswith("-")]:
        raise ConfigError(f"compare has no flag {unknown[0]}: {usage}")
    if len(arguments) < 2:
        raise ConfigError(f"compare needs at least two runs, got {len(arguments)}: {usage}")
    runs = [FinishedRun.load(Path(word)) for word in arguments]
    for letter, run in zip(_letters(runs), runs, strict=True):
        terminal.print(f"{letter}: {shortest_path(run.folder)}", soft_wrap=True)
    _print_settings(terminal, runs)
    for line in comparability(runs):
        terminal.print(line, soft_wrap=True)
    terminal.print(_scores_table(runs))
    terminal.print(_margin(runs), soft_wrap=True)


def comparability(runs: Sequence[FinishedRun]) -> Iterator[str]:
    """Yield whether the runs were tested on the same tickets, so that their scores compare."""
    first = runs[0].data
    manifests = {run.data["SHA-256 of the manifest"] for run in runs}
    if len(manifests) == 1:
        yield f"data: the same tickets in the same splits, of {first['raw file']}"
        return
    different_file = len({run.data["md5 of the raw file"] for run in runs}) > 1
    what = "different files" if different_file else f"other splits of {first['raw file']}"
    yield (
        f"data: {what}: the scores are not comparable, for the runs were tested on different "
        "tickets"
    )
    for letter, run in zip(_letters(runs), runs, strict=True):
        data = run.data
        yield f"  {letter}: {data['raw file']}, {data['tickets']}, label {data['label']}"


def _print_settings(terminal: Console, runs: Sequence[FinishedRun]) -> None:
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    changed = {
        key: values
        for key in keys
        if len(set(values := [written(run.settings.get(key, "")) for run in runs])) > 1
    }
    if not changed:
        terminal.print("configuration: the same")
        return
    table = new_table("what differs in the configuration", "key", *_letters(runs))
    for key, values in changed.items():
        table.add_row(Text(key), *map(Text, values))
    terminal.print(table)


def _scores_table(runs: Sequence[FinishedRun]) -> Table:
    table = new_table("scores", "", *_letters(runs))
    for key, name in SCORE_NAMES.items():
        figures = [f"{getattr(r.validation, key):.3f}" if r.validation else "" for r in runs]
        table.add_row(f"validation {name}", *figures)
    table.add_section()
    for key, name in {**SCORE_NAMES, "calibration_error": "calibration error"}.items():
        table.add_row(f"test {name}", *(f"{getattr(run.test, key):.3f}" for run in runs))
    table.add_row("test tickets", *(f"{run.test.rows:,}" for run in runs))
    table.add_section()
    scores = [{each.label: each.f1 for each in run.test.classes} for run in runs]
    labels = list(dict.fromkeys(label for each in scores for label in each))
    for label in labels[:_MAX_LABELS]:
        figures = [f"{each[label]:.3f}" if label in each else "" for each in scores]
        table.add_row(Text(f"test F1 of {label}"), *figures)
    if len(labels) > _MAX_LABELS:
        table.add_row(f"… and {len(labels) - _MAX_LABELS:,} more labels")
    return table


def _margin(runs: Sequence[FinishedRun]) -> str:
    intervals = [
        "{} {:.3f} to {:.3f}".format(letter, *accuracy_interval(run.test))
        for letter, run in zip(_letters(runs), runs, strict=True)
    ]
    return (
        f"95% intervals of the test accuracy: {', '.join(intervals)}; where they overlap widely, "
        "the difference may be chance. Choose a run by its validation scores: a test score that "
        "was used to choose is too high for new tickets."
    )


def _letters(runs: Sequence[FinishedRun]) -> list[str]:
    return [chr(ord("A") + n) if n < 26 else str(n + 1) for n in range(len(runs))]


def _flat(values: Any, prefix: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401 of YAML
    for key, value in values.items():
        if isinstance(value, dict) and not prefix:
            yield from _flat(value, f"{key}.")
        else:
            yield f"{prefix}{key}", value
