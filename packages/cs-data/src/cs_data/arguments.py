"""Command-line arguments that several commands of `cs-data` have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cs_data.dataset_names import find_raw, is_name
from cs_data.preparing.label_arguments import Labels, parse_label_pairs, parse_labels
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
    """Add the options of `PrepareOptions`, with its defaults; `prepare_options` reads them."""
    others = len(parser._actions)
    _add_with_defaults(parser)
    # An option that is not given leaves nothing behind: a data set may have been published with it.
    added = parser._actions[others:]
    parser.set_defaults(prepare_defaults={action.dest: action.default for action in added})
    for action in added:
        action.help = (action.help or "").replace("%(default)s", str(action.default))
        action.default = argparse.SUPPRESS


def _add_with_defaults(parser: argparse.ArgumentParser) -> None:
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
        help=f"similarity from which tickets stay in one split, 0: identical ones only {default}",
    )  # fmt: skip
    text = f"random seed that assigns tickets to splits {default}"
    parser.add_argument("--seed", type=int, default=_DEFAULTS.seed, help=text)
    parser.add_argument(
        "--keep-html", dest="strip_html", action="store_false",
        help="leave HTML in texts (default: texts that are plainly HTML become plain text)",
    )  # fmt: skip
    parser.add_argument(
        "--strip-quoted-mail", action="store_true",
        help="leave the mail that a mail answers, and signatures, out of texts",
    )  # fmt: skip
    text = "encoding of a text file, such as windows-1252 (default: UTF-8, else guessed)"
    parser.add_argument("--encoding", metavar="NAME", help=text)


def prepare_options(
    chosen: argparse.Namespace, usual: PrepareOptions = _DEFAULTS
) -> PrepareOptions:
    """Return the options that were chosen, and the usual ones where none was.

    Raises:
        DataError: an option has a value that cannot work.
    """
    given = vars(chosen)
    chosen = argparse.Namespace(**{**chosen.prepare_defaults, **given})
    values = dict(  # noqa: C408  the fields of PrepareOptions, as they are written there
        text_columns=tuple(chosen.text_columns.split(",")),
        label_column=chosen.label_column,
        language_column=chosen.language_column,
        id_column=chosen.id_column,
        labels=_labels(chosen.labels, chosen.label),
        max_rejected=chosen.max_rejected,
        near_duplicates=chosen.near_duplicates,
        seed=chosen.seed,
        strip_html=chosen.strip_html,
        strip_quoted_mail=chosen.strip_quoted_mail,
        encoding=chosen.encoding,
    )
    changed = {"labels" if key == "label" else key for key in given}
    return replace(usual, **{key: value for key, value in values.items() if key in changed})


def published_options(version: str | Path, data_dir: Path = _DATA_DIR) -> PrepareOptions:
    """Return the options that a file, NAME or NAME@REVISION was published with, or the defaults.

    Raises:
        DataError: the `.dvc` file holds none that can be used.
    """
    path, name = Path(version), str(version).partition("@")[0]
    raw = find_raw(name, data_dir) if is_name(name) and not path.exists() else path
    return PrepareOptions.published(None if raw.is_dir() else TrackedFile.beside(raw))


def _labels(labels: str | None, pairs: Sequence[str] | None) -> Labels | None:
    if pairs is not None:
        return parse_label_pairs(pairs)
    return None if labels is None else parse_labels(labels)
