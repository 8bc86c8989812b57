"""Tickets out of databases, data frames and reports."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime

from cs_data_tests.helpdesks.export import Export, Values, export, requests_with
from cs_data_tests.helpdesks.formats import backslashed, delimited, json_lines, parquet, zipped

_PRIORITIES = Values({"low": {"low": 60}, "medium": {"medium": 80}, "high": {"high": 60}})


def mysql() -> Export:
    r"""Write `SELECT … INTO OUTFILE`: quotes are `\"`, line breaks escaped, NULL is `\N`."""
    values = Values({"low": {"low": 60}, "medium": {"medium": 74}, "high": {"high": 60}}, {"": 6})
    requests = requests_with(values, seed=61)
    requests = [
        replace(one, body=f'He said "down, again", twice. {one.body}')
        if one.number % 3 == 0
        else one
        for one in requests
    ]
    rows = [(str(one.number), one.subject, one.body, one.value or None) for one in requests]
    return export(
        "tickets.csv", backslashed(("id", "subject", "body", "priority"), rows), values, requests,
        notes=("quotes and separators are escaped by backslashes",),
    )  # fmt: skip


def power_bi() -> Export:
    """Write what Excel calls Unicode text: UTF-16 with a mark, separated by tabs."""
    requests = requests_with(_PRIORITIES, seed=62)
    rows = [(one.number, one.subject, one.body, one.value) for one in requests]
    content = "\ufeff".encode("utf-16-le") + delimited(
        ("Id", "Subject", "Body", "Priority"), rows, separator="\t", encoding="utf-16-le",
        line_end="\r\n",
    )  # fmt: skip
    return export(
        "report.txt", content, _PRIORITIES, requests, encoding="utf-16-le", separator="\t"
    )


def access() -> Export:
    """Write a table of Access in German: Windows-1252, semicolons, text in quotes."""
    values = Values(
        {"low": {"gering": 60}, "medium": {"normal": 80}, "high": {"hoch": 40, "sofort": 20}}
    )
    requests = requests_with(values, language="de", seed=63)
    rows = [(one.number, one.subject, one.body, one.value) for one in requests]
    columns = ("ID", "Betreff", "Text", "Dringlichkeit")
    content = delimited(
        columns, rows, separator=";", encoding="cp1252", line_end="\r\n", quote_all=True
    )
    options = ("--text-columns", "Betreff,Text", "--label-column", "Dringlichkeit")
    return export(
        "tblTickets.txt", content, values, requests, lossy="cp1252", steps=((), options),
        encoding="windows-1252", separator=";", notes=("read as windows-1252, guessed",),
    )  # fmt: skip


def pandas_lines() -> Export:
    """Write a data frame as packed JSON lines, with slashes and umlauts escaped."""
    values = Values({"low": {"low": 60}, "medium": {"medium": 74}, "high": {"high": 60}}, {"": 6})
    requests = requests_with(values, seed=64)
    rows = [
        {
            "id": one.number,
            "created": 1772356320000 + one.number,
            "subject": one.subject,
            "body": one.body,
            "priority": one.value or None,
            "language": one.language,
            "hours": None if one.number % 2 else 1.5,
        }
        for one in requests
    ]
    content = gzip.compress(json_lines(rows, escape=True), mtime=0)
    return export("tickets.jsonl.gz", content, values, requests, separator="")


def bigquery() -> Export:
    """Write a table with times, a record and a repeated field as Parquet."""
    values = Values(
        {"low": {"P4": 60}, "medium": {"P3": 80}, "high": {"P2": 40, "P1": 14}}, empty={"": 6}
    )
    requests = requests_with(values, seed=65)
    rows = [
        {
            "ticket_id": one.number,
            "created_at": datetime(2026, 3, 1, 9, 12, tzinfo=UTC),
            "subject": one.subject,
            "body": one.body,
            "triage": {"priority": one.value or None, "score": 0.5},
            "tags": ["a", "b"],
            "language": one.language,
        }
        for one in requests
    ]
    return export(
        "bq-results.parquet", parquet(rows), values, requests,
        steps=((), ("--label-column", "triage.priority")), encoding="", separator="", unit="row",
    )  # fmt: skip


def archive() -> Export:
    """Write a CSV file in a zip archive of macOS."""
    requests = requests_with(_PRIORITIES, seed=66)
    rows = [(one.subject, one.body, one.value, one.language) for one in requests]
    content = zipped(
        {
            "Export/tickets.csv": delimited(("subject", "body", "priority", "language"), rows),
            "__MACOSX/Export/._tickets.csv": b"\x00\x05\x16\x07",
        }
    )
    return export("Export.zip", content, _PRIORITIES, requests)
