"""Command-line arguments that several commands of `cs-data` have."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from cs_data.dataset_names import find_raw, is_name
from cs_data.preparing.label_arguments import parse_label_pairs, parse_labels
from cs_data.preparing.options import PrepareOptions
from cs_data.remote.pull import JOBS
from cs_data.tracked_file import TrackedFile

_DEFAULTS = PrepareOptions()
_DATA_DIR = Path("data")


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Add the file to draw a picture in."""
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it too: .png, .svg or .pdf")


def add_data_dir(parser: argparse.ArgumentParser) -> None:
    """Add the folder of the data sets that have a name."""
    text = "folder with raw/ and prepared/ (default: %(default)s)"
    parser.add_argument("--data-dir", type=Path, default=_DATA_DIR, metavar="DIR", help=text)


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
    """Add the options of `PrepareOptions`; `chosen_options` and `prepare_options` read them."""
    # An option that is not given leaves nothing behind: a data set may have been published with it.
    add = partial(parser.add_argument, default=argparse.SUPPRESS)
    text = f"columns that hold the text (default: {','.join(_DEFAULTS.text_columns)})"
    add("--text-columns", type=_split, metavar="A,B", help=text)
    text = f"column that holds the label (default: {_DEFAULTS.label_column})"
    add("--label-column", metavar="NAME", help=text)
    text = f"column that holds the language, if there is one (default: {_DEFAULTS.language_column})"
    add("--language-column", metavar="NAME", help=text)
    add(
        "--id-column", metavar="NAME",
        help="column that holds the ticket's id: only the last of several rows with one id is used "
        "(default: every row is used)",
    )  # fmt: skip
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument(
        "--labels", type=parse_labels, metavar="LABELS", default=argparse.SUPPRESS,
        help="labels in order: low,medium,high; or the label of each value: P1=high,P2=high,P3=low "
        "(default: low, medium, high for a column of known priorities, else the values found)",
    )  # fmt: skip
    labels.add_argument(
        "--label", metavar="VALUE[=LABEL]", action="append", default=argparse.SUPPRESS,
        help="one label, or the label of one value, which may hold commas; can be repeated. The "
        "last = counts; nothing behind it leaves the value out",
    )  # fmt: skip
    add(
        "--max-rejected", type=float, metavar="SHARE",
        help="largest share of rows that may be lost for any one reason, 0 to 1 "
        f"(default: {_DEFAULTS.max_rejected})",
    )  # fmt: skip
    add(
        "--near-duplicates", type=float, metavar="S",
        help="similarity from which tickets stay in one split, 0: identical ones only "
        f"(default: {_DEFAULTS.near_duplicates})",
    )  # fmt: skip
    text = f"random seed that assigns tickets to splits (default: {_DEFAULTS.seed})"
    add("--seed", type=int, help=text)
    add(
        "--keep-html", dest="strip_html", action="store_false",
        help="leave HTML in texts (default: texts that are plainly HTML become plain text)",
    )  # fmt: skip
    add(
        "--strip-quoted-mail", action="store_true",
        help="leave the mail that a mail answers, and signatures, out of texts",
    )  # fmt: skip
    text = "encoding of a text file, such as windows-1252 (default: UTF-8, else guessed)"
    add("--encoding", metavar="NAME", help=text)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def chosen_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options that were given, by the name of their field.

    Raises:
        DataError: a value has two labels.
    """
    given = vars(chosen)
    values = {each.name: given[each.name] for each in fields(_DEFAULTS) if each.name in given}
    return values | ({"labels": parse_label_pairs(given["label"])} if "label" in given else {})


def prepare_options(
    chosen: argparse.Namespace, usual: PrepareOptions = _DEFAULTS
) -> PrepareOptions:
    """Return the options that were chosen, and the usual ones where none was.

    Raises:
        DataError: an option has a value that cannot work.
    """
    return replace(usual, **chosen_options(chosen))


def published_options(version: str | Path, data_dir: Path = _DATA_DIR) -> PrepareOptions:
    """Return the options that a file, NAME or NAME@REVISION was published with, or the defaults.

    Raises:
        DataError: the `.dvc` file holds none that can be used.
    """
    path, name = Path(version), str(version).partition("@")[0]
    raw = find_raw(name, data_dir) if is_name(name) and not path.exists() else path
    return PrepareOptions.published(None if raw.is_dir() else TrackedFile.beside(raw))
