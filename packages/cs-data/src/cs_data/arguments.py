"""Command-line arguments that several commands of `cs-data` have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cs_data.errors import DataError
from cs_data.preparing.options import PrepareOptions
from cs_data.remote.pull import JOBS

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_DEFAULTS = PrepareOptions()


class OneLineParser(argparse.ArgumentParser):
    """Report a wrong argument in one line, as every other mistake."""

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print the help at once, not at exit, where a closed pipe could not be handled."""
        super().print_help(file)
        sys.stdout.flush()

    def error(self, message: str) -> NoReturn:
        """Print the message and leave with exit code 2."""
        self.exit(2, f"cs-data: {message}; see {self.prog} --help\n")


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
        "--labels", metavar="LABELS",
        help="labels in order: low,medium,high; or the label of each value: P1=high,P2=high,P3=low "
        "(default: low, medium, high for a column priority that holds no other frequent value, "
        "else the values found)",
    )  # fmt: skip
    parser.add_argument(
        "--near-duplicates", type=float, metavar="S", default=_DEFAULTS.near_duplicates,
        help=f"similarity from which tickets stay in one split, 0 for off {default}",
    )  # fmt: skip
    text = f"random seed that assigns tickets to splits {default}"
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help=text)


def prepare_options(chosen: argparse.Namespace) -> PrepareOptions:
    """Return the options that were chosen.

    Raises:
        DataError: an option has a value that cannot work.
    """
    return PrepareOptions(
        text_columns=tuple(name.strip() for name in chosen.text_columns.split(",")),
        label_column=chosen.label_column,
        language_column=chosen.language_column,
        labels=None if chosen.labels is None else read_labels(chosen.labels),
        near_duplicates=chosen.near_duplicates,
        seed=chosen.seed,
    )


def read_labels(text: str) -> tuple[str, ...] | dict[str, str]:
    """Read `low,medium,high` or `P1=high,P2=low`.

    Raises:
        DataError: a value has no label, or two.
    """
    parts = text.split(",")
    pairs = [part.partition("=") for part in parts]
    if not any(equals for _, equals, _ in pairs):
        return tuple(parts)
    labels: dict[str, str] = {}
    for part, equals, label in pairs:
        value = part.strip()
        if not equals:
            raise DataError(f"--labels: {part!r} has no label: write {part}=LABEL")
        if value in labels:
            raise DataError(f"--labels: {value!r} is mapped twice")
        labels[value] = label
    return labels
