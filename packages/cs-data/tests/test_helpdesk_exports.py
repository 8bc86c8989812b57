"""Exports of forty help desks: what comes out of each, and whether the way to it is shown."""

from __future__ import annotations

from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

import pytest
from cs_data_tests.helpdesks import HELPDESKS, make_export
from cs_data_tests.helpdesks.export import Export
from cs_data_tests.tickets import tickets_of

from cs_data import Splits
from cs_data.cleaning import clean_value, ticket_text
from cs_data.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What was printed, with single blanks."""
        return [" ".join(line.split()) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Prepared:
    """An export, and what each step of preparing it ended with."""

    export: Export
    path: Path
    ended: list[Ended]
    folder: Path

    @property
    def splits(self) -> Splits:
        """Return what the last step prepared."""
        assert self.ended[-1].code == 0, self.ended[-1].err
        return Splits.load(self.folder)


def cs_data(*arguments: object) -> Ended:
    out, err = StringIO(), StringIO()
    with (
        mock.patch.dict("os.environ", COLUMNS="200"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
    return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module", params=HELPDESKS)
def prepared(request, tmp_path_factory) -> Prepared:
    """Take every step to the splits of an export, as a person does who reads what is printed."""
    export = make_export(request.param)
    folder = tmp_path_factory.mktemp(request.param)
    path = folder / export.file
    path.write_bytes(export.content)
    output = folder / "prepared"
    ended = [cs_data("prepare", path, "-o", output, *arguments) for arguments in export.steps]
    return Prepared(export, path, ended, output)


def labels_of(splits: Splits) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for split in splits.manifest.splits.values():
        counts.update(split.labels)
    return {label: counts[label] for label in splits.manifest.labels}


def flat(text: str) -> str:
    """Return a text on one line, since formats write line breaks differently."""
    return " ".join(text.split())


def test_every_refusal_names_what_to_write_next(prepared):
    steps = [dict(zip(one[::2], one[1::2], strict=True)) for one in prepared.export.steps]
    for ended, step, next_step in zip(prepared.ended, steps, steps[1:], strict=False):
        assert ended.code == 2
        assert ended.err.count("\n") == 1
        new = {option: value for option, value in next_step.items() if option not in step}
        columns = [*new.get("--text-columns", "").split(","), new.get("--label-column", "")]
        for column in filter(None, columns):
            assert f"{column!r}" in ended.err
        if "--max-rejected" in new:
            assert f"--max-rejected {new['--max-rejected']} " in ended.err


def test_the_last_step_keeps_every_ticket_with_its_text_and_label(prepared):
    export = prepared.export
    expected = Counter((flat(ticket_text(fields)), label) for fields, label in export.tickets)

    found = Counter((flat(row["text"]), row["label"]) for row in tickets_of(prepared.splits))

    assert found == expected
    assert labels_of(prepared.splits) == {
        label: sum(values.values()) for label, values in export.values.labels.items()
    }


def test_every_row_that_is_left_out_is_counted_by_reason(prepared):
    export, manifest = prepared.export, prepared.splits.manifest

    assert manifest.rejected == dict(sorted(export.rejected.items()))
    assert manifest.rows + sum(manifest.rejected.values()) == export.rows
    assert manifest.unknown_values == {}
    assert manifest.lost_labels == ()
    assert manifest.empty_values == {
        value: rows for value, rows in export.values.empty.items() if value
    }


def test_encoding_and_separator_are_found(prepared):
    export, manifest = prepared.export, prepared.splits.manifest

    assert (manifest.raw.encoding, manifest.raw.separator) == (export.encoding, export.separator)
    assert manifest.raw.unit == export.unit
    assert manifest.repaired == {}
    assert len(manifest.raw.notes) == len(export.notes)
    for note in export.notes:
        assert note in prepared.ended[-1].out


def test_known_priorities_are_shown_with_what_they_become_and_other_labels_keep_their_names(
    prepared,
):
    export, manifest = prepared.export, prepared.splits.manifest
    found = {label: set(values) for label, values in manifest.priorities.items()}
    labels = export.values.labels.items()
    if not export.are_priorities:
        assert found == {}
        assert "→" not in prepared.ended[-1].out
        return

    assert found == {label: set(map(clean_value, values)) for label, values in labels}
    line = next((one for one in prepared.ended[-1].lines if "→" in one), "")
    renamed = {value for label, values in labels for value in values if value.lower() != label}
    assert bool(line) == bool(renamed)
    assert all(value in line for value in renamed)


def test_inspect_shows_the_same_as_prepare(prepared):
    export, manifest = prepared.export, prepared.splits.manifest
    ended = cs_data("inspect", prepared.path, *export.steps[-1])

    assert (ended.code, ended.err) == (0, "")
    assert f"{manifest.rows:,} usable tickets by label and language" in ended.lines
    shares = {label: f"{rows:,} {rows / manifest.rows:.1%}" for label, rows in
              labels_of(prepared.splits).items()}  # fmt: skip
    for label, share in shares.items():
        assert any(line.startswith(f"{label} ") and share in line for line in ended.lines)
    remarks = [
        line for line in prepared.ended[-1].lines if line.startswith(f"{manifest.raw.file}:")
    ]
    rejections = [f"{reason}: {rows:,} (" for reason, rows in export.rejected.items()]
    for remark in [*remarks, *rejections]:
        assert any(line.startswith(remark) for line in ended.lines)


def test_the_exports_are_the_same_every_time():
    for name in HELPDESKS:
        once, again = make_export(name), make_export.__wrapped__(name)
        assert again.tickets == once.tickets
        # A workbook holds the time at which it was written.
        assert again.content == once.content or once.file.endswith(".xlsx")
