"""Prints records as tables or JSON, messages as YAML, times as people read them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from cs_cloud.durations import format_duration

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)


def show(line: str) -> None:
    """Print a line at once, for whoever follows through a pipe."""
    print(line, flush=True)


def warn(*lines: str) -> None:
    """Print lines for a person to stderr: stdout holds the result alone."""
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def print_table(
    records: Sequence[Record],
    columns: Mapping[str, Callable[[Record], str]],
    *,
    as_json: bool,
    empty: str,
) -> None:
    """Print records as rows, or every field as JSON.

    Args:
        records: the records.
        columns: the text of each column, by its header.
        as_json: whether the output is for programs.
        empty: the line for no records.
    """
    if as_json:
        _print_json(records)
    elif not records:
        print(empty)
    else:
        rows = [tuple(columns), *(tuple(cell(one) for cell in columns.values()) for one in records)]
        widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
            print("  ".join(cells).rstrip())


def print_details(
    records: Sequence[Record],
    fields_of: Callable[[Record], Iterable[tuple[str, str]]],
    *,
    as_json: bool,
) -> None:
    """Print the fields of each record that have a value, a line each, or everything as JSON."""
    if as_json:
        _print_json(records)
        return
    for number, record in enumerate(records):
        if number:
            print()
        shown = [(name, value) for name, value in fields_of(record) if value]
        width = max(len(name) for name, _ in shown)
        for name, value in shown:
            print(f"{name:{width}}  {value}")


def print_message(message: Any) -> None:  # noqa: ANN401  of any API
    """Print an API's message as YAML, texts of several lines verbatim."""
    import yaml
    from google.protobuf.json_format import MessageToDict

    class Dumper(yaml.SafeDumper):
        def represent_text(self, text: str) -> yaml.ScalarNode:
            style = "|" if "\n" in text else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    Dumper.add_representer(str, Dumper.represent_text)
    fields = MessageToDict(type(message).pb(message))
    print(yaml.dump(fields, Dumper=Dumper, sort_keys=False, width=120), end="")


def span(duration: timedelta | None) -> str:
    """Return a duration, `-` where there is none yet."""
    return "-" if duration is None else format_duration(duration)


def local_time(moment: datetime | None) -> str:
    """Return a time, here, with its zone; "" for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}" if moment else ""


def _print_json(records: Sequence[Record]) -> None:
    """Print a list of objects: times in ISO 8601, durations in seconds."""
    document = [asdict(record) for record in records]
    print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:  # noqa: ANN401  what json does not know
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value)} is not JSON")
