"""The command `cs-data`: everything that can be done to the tickets of a data set."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cs_data.command_line import run_command
from cs_data.errors import DataError
from cs_data.preparing.options import MAX_REJECTED, PrepareOptions
from cs_data.remote.pull import JOBS
from cs_data.tracked_file import VERSIONED

_DEFAULTS = PrepareOptions()


class _Parser(argparse.ArgumentParser):
    """Tells a wrong argument in one line, as every other mistake is told."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"cs-data: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 2 for a mistake to put right, 130 for Ctrl-C."""
    chosen = _parser().parse_args(arguments)
    return run_command("cs-data", lambda: chosen.run(chosen), (DataError,))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="cs-data", description="Support tickets in, clean splits out.", allow_abbrev=False
    )
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, parser_class=_Parser, title="commands"
    )
    pull = commands.add_parser(
        "pull",
        help="fetch a data set by its name and prepare it",
        description="Fetch the version of a data set that data/raw/NAME.csv.dvc names from the DVC "
        "remote, check it, and prepare it; what is here already is neither fetched nor prepared "
        "again.",
        allow_abbrev=False,
    )
    pull.add_argument("name", metavar="NAME", help="small, medium or full")
    _add_storage(pull)
    _add_options(pull)
    pull.set_defaults(run=_pull)

    download = commands.add_parser(
        "download",
        help="get a public data set without a bucket",
        description="Download a public data set from the Hugging Face hub, for those who have no "
        "bucket to pull it from.",
        allow_abbrev=False,
    )
    download.add_argument("name", metavar="NAME", choices=VERSIONED, help="small, medium or full")
    download.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="a new CSV file (default: raw/NAME.csv in the data folder)",
    )  # fmt: skip
    _add_data_dir(download)
    download.add_argument(
        "--revision", metavar="REV", default="main",
        help="branch, tag or commit on the hub (default: %(default)s)",
    )  # fmt: skip
    download.add_argument(
        "--accept-licence", action="store_true", help="you have read the licence: CC BY-NC 4.0"
    )
    download.set_defaults(run=_download)

    publish = commands.add_parser(
        "publish",
        help="make an export the new version of a data set",
        description="Check an export, track it with DVC as the new version of a data set, push it "
        "to the remote, and say what to commit.",
        allow_abbrev=False,
    )
    publish.add_argument("name", metavar="NAME", choices=VERSIONED, help="small, medium or full")
    publish.add_argument(
        "csv", type=Path, metavar="CSV", nargs="?",
        help="the export (default: what lies at data/raw/NAME.csv)",
    )  # fmt: skip
    publish.add_argument(
        "--max-rejected", type=float, metavar="SHARE", default=MAX_REJECTED,
        help="share of rows that may be unusable, 0 to 1 (default: %(default)s)",
    )  # fmt: skip
    _add_storage(publish)
    _add_options(publish)
    publish.set_defaults(run=_publish)

    prepare = commands.add_parser(
        "prepare",
        help="turn a CSV file into train, validation and test splits",
        description="Turn a CSV file of tickets into train, validation and test splits (Parquet), "
        "with a manifest and a list of the rows that could not be used.",
        allow_abbrev=False,
    )
    prepare.add_argument("csv", type=Path, metavar="CSV", help="the export")
    prepare.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR",
        help="a new folder, or one that this command made",
    )  # fmt: skip
    _add_options(prepare)
    prepare.set_defaults(run=_prepare)

    inspect = commands.add_parser(
        "inspect",
        help="show labels, languages, lengths, duplicates and rejected rows",
        description="Show what is in a CSV file of tickets, or in a folder made by cs-data prepare "
        "(whose options are then those it was made with).",
        allow_abbrev=False,
    )
    inspect.add_argument("path", type=Path, metavar="CSV|DIR")
    _add_plot(inspect)
    _add_options(inspect)
    inspect.set_defaults(run=_inspect)

    diff = commands.add_parser(
        "diff",
        help="compare two versions of a data set",
        description="Compare two versions of a data set: which tickets were added, removed and "
        "relabelled, and whether labels and languages shifted more than by chance. A version is a "
        "CSV file, a folder made by cs-data prepare or its manifest.json, a NAME, or NAME@REVISION "
        "for what some commit of git names.",
        allow_abbrev=False,
    )
    diff.add_argument("old", metavar="OLD", help="the older version")
    diff.add_argument("new", metavar="NEW", help="the newer version")
    _add_plot(diff)
    _add_storage(diff)
    _add_options(diff)
    diff.set_defaults(run=_diff)

    sample = commands.add_parser(
        "sample",
        help="write a CSV file of made-up tickets to try things on",
        description="Write made-up tickets in five languages; the same seed gives the same bytes.",
        allow_abbrev=False,
    )
    sample.add_argument("path", type=Path, metavar="FILE", help="a new CSV file")
    sample.add_argument("--rows", type=int, default=3000, help="default: %(default)s")
    sample.add_argument("--seed", type=int, default=42, help="default: %(default)s")
    sample.set_defaults(run=_sample)
    return parser


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it too: .png, .svg or .pdf")


def _add_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir", type=Path, default=Path("data"), metavar="DIR",
        help="holds raw/ and prepared/ (default: %(default)s)",
    )  # fmt: skip


def _add_storage(parser: argparse.ArgumentParser) -> None:
    _add_data_dir(parser)
    parser.add_argument(
        "--jobs", type=_at_least_one, metavar="N", default=JOBS,
        help="parts of a file to transfer at once (default: %(default)s)",
    )  # fmt: skip


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number from 1 up")
    return int(text)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text-columns", metavar="A,B", default=",".join(_DEFAULTS.text_columns),
        help="columns that hold the text (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--label-column", metavar="NAME", default=_DEFAULTS.label_column,
        help="column that holds what is to be learned (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--language-column", metavar="NAME", default=_DEFAULTS.language_column,
        help="column that holds the language, if there is one (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--labels", metavar="LABELS",
        help="the labels in order: low,medium,high; or what values mean: P1=high,P2=high,P3=low "
        "(default: low, medium, high for a column priority that holds no other frequent value, "
        "else the values found)",
    )  # fmt: skip
    parser.add_argument(
        "--near-duplicates", type=float, metavar="S", default=_DEFAULTS.near_duplicates,
        help="similarity from which tickets stay in one split, 0 for off (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seed", type=int, default=_DEFAULTS.seed,
        help="decides which ticket goes into which split (default: %(default)s)",
    )  # fmt: skip


def _options(chosen: argparse.Namespace) -> PrepareOptions:
    return PrepareOptions(
        text_columns=tuple(name.strip() for name in chosen.text_columns.split(",")),
        label_column=chosen.label_column,
        language_column=chosen.language_column,
        labels=None if chosen.labels is None else _labels(chosen.labels),
        near_duplicates=chosen.near_duplicates,
        seed=chosen.seed,
    )


def _labels(text: str) -> tuple[str, ...] | dict[str, str]:
    """Read `low,medium,high` or `P1=high,P2=low`."""
    parts = text.split(",")
    pairs = [part.partition("=") for part in parts]
    if not any(equals for _, equals, _ in pairs):
        return tuple(parts)
    unmapped = [value for value, equals, _ in pairs if not equals]
    if unmapped:
        raise DataError(f"--labels: {unmapped[0]!r} has no label: write {unmapped[0]}=LABEL")
    values = [value.strip() for value, _, _ in pairs]
    twice = [value for at, value in enumerate(values) if value in values[:at]]
    if twice:
        raise DataError(f"--labels: {twice[0]!r} is mapped twice")
    return {value: label for value, _, label in pairs}


def _pull(chosen: argparse.Namespace) -> None:
    options = _options(chosen)
    if chosen.name == "custom":
        raise DataError("custom is a file of your own, which is not fetched: use cs-data prepare")
    from cs_data.datasets import fetch
    from cs_data.reports.summary import print_summary

    print_summary(fetch(chosen.name, options=options, data_dir=chosen.data_dir, jobs=chosen.jobs))


def _download(chosen: argparse.Namespace) -> None:
    from cs_data.remote.download import LICENCE, REPOSITORY, download

    if not chosen.accept_licence:
        raise DataError(f"{LICENCE}: if you agree, add --accept-licence")
    path = chosen.output or chosen.data_dir / "raw" / f"{chosen.name}.csv"
    commit = download(chosen.name, path, revision=chosen.revision)
    sys.stdout.write(f"{LICENCE}\n{path}: {REPOSITORY} at commit {commit}\n")
    following = f"inspect {path}" if chosen.output else f"pull {chosen.name}"
    sys.stdout.write(f"next: cs-data {following}\n")


def _publish(chosen: argparse.Namespace) -> None:
    options = _options(chosen)
    if not 0 <= chosen.max_rejected <= 1:
        raise DataError(f"--max-rejected is {chosen.max_rejected}: give a share from 0 to 1")
    from cs_data.remote.publish import publish

    raw = chosen.data_dir / "raw" / f"{chosen.name}.csv"
    made = publish(
        chosen.csv or raw, raw, options, most_rejected=chosen.max_rejected, jobs=chosen.jobs
    )
    rows, rejected = made.manifest.rows, sum(made.manifest.rejected.values())
    sys.stdout.write(f"{made.place}: {rows:,} usable tickets, {rejected:,} rows rejected\n")
    if made.new:
        file = made.tracked.dvc_file
        sys.stdout.write(f"commit it: git add {file} && git commit -m 'New {chosen.name}'\n")
    else:
        sys.stdout.write("these bytes are the published version already: nothing was done\n")


def _prepare(chosen: argparse.Namespace) -> None:
    options = _options(chosen)
    from cs_data.preparing.preparation import prepare
    from cs_data.reports.summary import print_summary

    print_summary(prepare(chosen.csv, chosen.output, options))


def _inspect(chosen: argparse.Namespace) -> None:
    options = _options(chosen)
    if chosen.plot:
        from cs_data.reports.inspection_picture import draw
        from cs_data.reports.pictures import check_picture

        check_picture(chosen.plot)
    from cs_data.reports.inspection import inspect
    from cs_data.reports.summary import print_inspection

    inspection = inspect(chosen.path, options)
    print_inspection(inspection)
    if chosen.plot:
        draw(inspection, chosen.plot)
        sys.stdout.write(f"drawn: {chosen.plot}\n")


def _diff(chosen: argparse.Namespace) -> None:
    options = _options(chosen)
    if chosen.plot:
        from cs_data.reports.pictures import check_picture

        check_picture(chosen.plot)
    from cs_data.reports.difference import compare
    from cs_data.reports.difference_tables import print_difference
    from cs_data.versions import open_version

    storage = {"data_dir": chosen.data_dir, "jobs": chosen.jobs}
    with (
        open_version(chosen.old, options, **storage) as old,
        open_version(chosen.new, options, **storage) as new,
    ):
        difference = compare(old, new)
    print_difference(difference, chosen.old, chosen.new)
    if chosen.plot:
        from cs_data.reports.difference_picture import draw_difference

        draw_difference(difference, chosen.old, chosen.new, chosen.plot)
        sys.stdout.write(f"drawn: {chosen.plot}\n")


def _sample(chosen: argparse.Namespace) -> None:
    from cs_data.sample import make_sample

    if chosen.rows < 1:
        raise DataError(f"--rows is {chosen.rows}: give a number from 1 up")
    if chosen.path.exists():
        raise DataError(f"{chosen.path} exists already: name a new file")
    if not chosen.path.parent.is_dir():
        raise DataError(f"{chosen.path}: there is no folder {chosen.path.parent}")
    make_sample(chosen.path, chosen.rows, chosen.seed)
    sys.stdout.write(f"{chosen.rows:,} tickets: {chosen.path}\n")
