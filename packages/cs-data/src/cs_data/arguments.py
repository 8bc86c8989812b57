"""Command-line arguments that several commands of `cs-data` have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from cs_data.preparing.label_arguments import Labels, parse_label_pairs, parse_labels
from cs_data.preparing.options import PrepareOptions
from cs_data.remote.pull import JOBS

_DEFAULTS = PrepareOptions()


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Add the file to draw a picture in."""
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it too: .png, .svg or .pdf")


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the data sets that have a name."""
    text = "folder with raw/ and prepared/ (default: %(default)s)"
    parser.add_argument("--data-dir", type=Path, default=Path("data"), metavar="DIR", help=text)


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Add what is needed to reach the DVC remote."""
    add_data_dir(parser)
    text = "number of parts of a file to transfer at once (default: %(default)s)"
    parser.add_argument("--jobs", type=_at_least_one, metavar="N", default=JOBS, help=text)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of at least 1, got {text!r}")
    return int(text)


def add_prepare_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `PrepareOptions`, with its defaults."""
    default = "(default: %(default)s)"
    parser.add_argument(
        "--text-columns", metavar="A,B", default=",".join(_DEFAULTS.text_columns),
        help=f"columns that hold the text {default}",
    )  # fmt: skip
    parser.add_argument(
        "--label-column", metavar="NAME", default=_DEFAULTS.label_column,
        help=f"column that holds the label {default}",
    )  # fmt: skip
    parser.add_argument(
        "--language-column", metavar="NAME", default=_DEFAULTS.language_column,
        help=f"column that holds the language, if there is one {default}",
    )  # fmt: skip
    parser.add_argument(
        "--id-column", metavar="NAME", default=_DEFAULTS.id_column,
        help="column that holds the ticket's id: only the last of several rows with one id is used "
        "(default: every row is used)",
    )  # fmt: skip
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument(
        "--labels", metavar="LABELS",
        help="labels in order: low,medium,high; or the label of each value: P1=high,P2=high,P3=low "
        "(default: low, medium, high for a column of known priorities, else the values found)",
    )  # fmt: skip
    labels.add_argument(
        "--label", metavar="VALUE[=LABEL]", action="append",
        help="one label, or the label of one value, which may hold commas; can be repeated. The "
        "last = counts; nothing behind it leaves the value out",
    )  # fmt: skip
    parser.add_argument(
        "--max-rejected", type=float, metavar="SHARE", default=_DEFAULTS.max_rejected,
        help=f"largest share of rows that may be lost for any one reason, 0 to 1 {default}",
    )  # fmt: skip
    parser.add_argument(
        "--near-duplicates", type=float, metavar="S", default=_DEFAULTS.near_duplicates,
        help=f"similarity from which tickets stay in one split, 0 for off {default}",
    )  # fmt: skip
    text = f"random seed that assigns tickets to splits {default}"
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help=text)
    text = "encoding of a text file, such as windows-1252 (default: UTF-8, else guessed)"
    parser.add_argument("--encoding", metavar="NAME", help=text)


def prepare_options(chosen: argparse.Namespace) -> PrepareOptions:
    """Return the options that were chosen.

    Raises:
        DataError: an option has a value that cannot work.
    """
    return PrepareOptions(
        text_columns=tuple(chosen.text_columns.split(",")),
        label_column=chosen.label_column,
        language_column=chosen.language_column,
        id_column=chosen.id_column,
        labels=_labels(chosen.labels, chosen.label),
        max_rejected=chosen.max_rejected,
        near_duplicates=chosen.near_duplicates,
        seed=chosen.seed,
        encoding=chosen.encoding,
    )


def _labels(labels: str | None, pairs: Sequence[str] | None) -> Labels | None:
    if pairs is not None:
        return parse_label_pairs(pairs)
    return None if labels is None else parse_labels(labels)
