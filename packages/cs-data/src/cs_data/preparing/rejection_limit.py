"""Refuse a data set of which too many rows were lost for one reason, and say what to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from cs_data.errors import DataError
from cs_data.preparing.label_arguments import label_arguments
from cs_data.preparing.manifest import Manifest
from cs_data.preparing.options import PrepareOptions
from cs_data.preparing.splitting import MIN_GROUPS
from cs_data.reading.records import UNREADABLE
from cs_data.wording import listed, option, value_counts

# Duplicates and values left out by choice are not lost, so they have no place here.
_REMEDIES = {
    **dict.fromkeys(sorted(UNREADABLE), "export the file again"),
    "empty_text": f"name the columns that hold the text with {option('text_columns')}",
    "empty_label": f"name another column with {option('label_column')}",
    "rare_label": "give several values one label with --label VALUE=LABEL (cs-data and cs-train)",
}
_MAX_SUGGESTED = 12
_MAX_NAMED = 5
_NO_VALUE = {*UNREADABLE, "empty_text", "empty_label", "left_out"}


def refuse_many_rejected(path: Path, manifest: Manifest, max_share: float) -> None:
    """Refuse a prepared data set that lost more than a share of the file's rows for one reason.

    Rows without a label count too: a model would learn nothing of them, which may be most of the
    file.

    Args:
        path: of the file, for the message.
        manifest: of the data set.
        max_share: the largest share of the rows, 0 to 1, that may be lost for any one reason.

    Raises:
        DataError: more are lost.
    """
    if not manifest.options.names_labels:
        _refuse_many_unknown(path, manifest, max_share)
    total = manifest.rows + sum(manifest.rejected.values())
    for reason, remedy in _REMEDIES.items():
        rows, lost = manifest.rejected.get(reason, 0), manifest.lost_lines.get(reason, 0)
        # Lines that were swallowed held as many rows as the others, as far as anyone knows.
        lost_share = lost / manifest.raw.lines if lost else 0
        share = lost_share + (1 - lost_share) * rows / total
        if share > max_share:
            counts, what_to_do = f"{reason} {rows:,}", remedy
            if lost:
                counts += f", with {lost:,} lines behind them"
            if reason == "rare_label":
                what_to_do = f"{why_rare(manifest.lost_labels, manifest.options)}; {remedy}"
            if reason == "empty_label" and manifest.empty_values:
                values = value_counts(manifest.empty_values, sum(manifest.empty_values.values()))
                what_to_do += f"; or name all labels, if there are some among {values}"
            raise DataError(
                f"{path}: {share:.1%} of its rows cannot be used ({counts}), and {max_share:.1%} "
                f"is allowed: see cs-data inspect {path}; {what_to_do}{_or_allow(share)}"
            )


def why_rare(labels: Sequence[str], options: PrepareOptions) -> str:
    """Return why labels are too rare to be in every split."""
    names = listed([*map(repr, labels)], _MAX_NAMED)
    cause = f"each label needs {MIN_GROUPS} different tickets, and {names} had fewer"
    if not options.near_duplicates:
        return cause
    return (
        f"{cause}, where near duplicates count as one ticket (--near-duplicates 0 counts each: "
        "a ticket may then be tested that resembles one learned from)"
    )


def _refuse_many_unknown(path: Path, manifest: Manifest, max_share: float) -> None:
    """Refuse to leave out many rows whose values nobody has chosen to leave out."""
    rejected = manifest.rejected
    rows = rejected.get("unknown_label", 0)
    with_value = manifest.rows + sum(
        count for reason, count in rejected.items() if reason not in _NO_VALUE
    )
    if rows > max_share * with_value:
        values = value_counts(dict(list(manifest.unknown_values.items())[:5]), rows)
        raise DataError(
            f"{path}, column {manifest.options.label_column!r}: the values of {rows:,} of "
            f"{with_value:,} rows ({rows / with_value:.1%}) are no labels, and {max_share:.1%} is "
            f"allowed ({values}; labels: {', '.join(manifest.labels)}): name each value to keep "
            "and its label, with cs-data as --labels VALUE=LABEL,… and with cs-train as "
            "'dataset.labels={VALUE:LABEL,…}'"
            f"{_or_keep_all(manifest)}{_or_allow(rows / with_value)}"
        )


def _or_keep_all(manifest: Manifest) -> str:
    known = [value for values in manifest.priorities.values() for value in values]
    values = [*known, *manifest.unknown_values]
    if not known or len(values) > _MAX_SUGGESTED or any(value.endswith("…") for value in values):
        return ""
    return f"; or keep all values as they are: {label_arguments(values)}"


def _or_allow(share: float) -> str:
    needed = f"{min(math.ceil(share * 100) / 100, 1):g}"
    return f"; or leave these rows out with {option('max_rejected', needed)}"
