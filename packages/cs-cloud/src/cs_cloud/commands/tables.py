"""Prints lines as they come, rows as tables, dataclasses as JSON, times as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cs_cloud.durations import format_duration

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def show(line: str) -> None:
    """Print a line at once, for whoever follows through a pipe."""
    print(line, flush=True)


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below a header, each column as wide as its widest value."""
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Print names and values, a line each, but those without a value."""
    shown = [(name, value) for name, value in fields if value]
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        print(f"{name:{width}}  {value}")


def print_json(values: DataclassInstance | Sequence[DataclassInstance]) -> None:
    """Print a dataclass, or a list of them: times in ISO 8601, spans in seconds."""
    document = asdict(values) if is_dataclass(values) else [asdict(value) for value in values]
    print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def age_of(moment: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    return format_duration(now - moment)


def span(duration: timedelta | None) -> str:
    """Return a duration, `-` where there is none yet."""
    return "-" if duration is None else format_duration(duration)


def local_time(moment: datetime | None) -> str:
    """Return a time, here, with its zone; "" for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}" if moment else ""


def _plain(value: Any) -> Any:  # noqa: ANN401  what json does not know
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value)} is not JSON")
