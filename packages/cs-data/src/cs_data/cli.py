"""The command `cs-data`: everything that can be done to the tickets of a data set."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from inspect import getdoc
from pathlib import Path

from cs_data.arguments import (
    add_data_dir,
    add_plot,
    add_prepare_options,
    add_storage,
    prepare_options,
    published_options,
)
from cs_data.command_line import OneLineParser, run_command
from cs_data.dataset_names import CUSTOM, PUBLIC, SAMPLE, find_raw, place_export
from cs_data.errors import DataError
from cs_data.optional_dependencies import needs_extra
from cs_data.preparing.options import PrepareOptions


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 2 for a mistake to correct, 130 for Ctrl-C."""

    def run() -> None:
        chosen, left = _parser().parse_known_args(arguments)
        if left:  # argparse would refer to the help of cs-data, which lists no flag
            chosen.parser.error(f"unrecognized arguments: {' '.join(left)}")
        chosen.run(chosen)

    return run_command("cs-data", run, (DataError,))


def _parser() -> argparse.ArgumentParser:
    about = "Support tickets in, clean splits out."
    parser = OneLineParser(prog="cs-data", description=about, allow_abbrev=False)
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, parser_class=OneLineParser, title="commands"
    )

    def add(run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        name, about = run.__name__.removeprefix("_"), getdoc(run) or ""
        summary = about.partition(".\n")[0].removesuffix(".")
        command = commands.add_parser(
            name, help=summary[:1].lower() + summary[1:], description=about, allow_abbrev=False
        )
        command.set_defaults(run=run, parser=command)
        return command

    pull = add(_pull)
    pull.add_argument("name", metavar="NAME", help="a data set with a file in raw/, or sample")
    add_storage(pull)
    add_prepare_options(pull)

    download = add(_download)
    download.add_argument("name", metavar="NAME", choices=PUBLIC, help="small, medium or full")
    text = "a new CSV file (default: raw/NAME.csv in the data folder)"
    download.add_argument("-o", "--output", type=Path, metavar="FILE", help=text)
    add_data_dir(download)
    text = "branch, tag or commit on the hub (default: %(default)s)"
    download.add_argument("--revision", metavar="REV", default="main", help=text)
    text = "confirm that you have read the licence: CC BY-NC 4.0"
    download.add_argument("--accept-licence", action="store_true", help=text)

    publish = add(_publish)
    text = "a data set, or a new one: lower-case letters, digits, - and _"
    publish.add_argument("name", metavar="NAME", help=text)
    text = "the export (default: the file of the data set in data/raw/)"
    publish.add_argument("csv", type=Path, metavar="FILE", nargs="?", help=text)
    text = "start from the defaults, not from the options of the previous version"
    publish.add_argument("--reset-options", action="store_true", help=text)
    add_storage(publish)
    add_prepare_options(publish)

    prepare = add(_prepare)
    prepare.add_argument("csv", type=Path, metavar="FILE", help="the export")
    text = "a new folder, or one that this command wrote"
    prepare.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help=text)
    add_prepare_options(prepare)

    inspection = add(_inspect)
    inspection.add_argument("path", type=Path, metavar="FILE|DIR")
    add_plot(inspection)
    add_prepare_options(inspection)

    diff = add(_diff)
    diff.add_argument("old", metavar="OLD", help="the older version")
    diff.add_argument("new", metavar="NEW", help="the newer version")
    add_plot(diff)
    add_storage(diff)
    add_prepare_options(diff)

    sample = add(_sample)
    sample.add_argument("path", type=Path, metavar="FILE", help="a new CSV file")
    sample.add_argument("--rows", type=int, default=3000, help="default: %(default)s")
    sample.add_argument("--seed", type=int, default=42, help="default: %(default)s")
    return parser


def _pull(chosen: argparse.Namespace) -> None:
    """Fetch a data set by its name and prepare it.

    The version that data/raw/NAME.csv.dvc names is fetched from the DVC remote, checked, and
    prepared. What is already here is neither fetched nor prepared again.
    """
    if chosen.name == CUSTOM:
        raise DataError("custom is your own file, which is not fetched: use cs-data prepare")
    if chosen.name == SAMPLE:
        options = prepare_options(chosen)
    else:
        raw = find_raw(chosen.name, chosen.data_dir)
        options = prepare_options(chosen, published_options(raw))
    from cs_data.datasets import fetch
    from cs_data.reports.summary import print_summary

    print_summary(fetch(chosen.name, options=options, data_dir=chosen.data_dir, jobs=chosen.jobs))


def _download(chosen: argparse.Namespace) -> None:
    """Download a public data set from the Hugging Face hub, without a bucket."""
    from cs_data.remote.download import LICENCE, REPOSITORY, download

    if not chosen.accept_licence:
        raise DataError(f"{LICENCE}: if you agree, add --accept-licence")
    path = chosen.output or chosen.data_dir / "raw" / f"{chosen.name}.csv"
    commit = download(chosen.name, path, revision=chosen.revision)
    next_step = f"inspect {path}" if chosen.output else f"pull {chosen.name}"
    sys.stdout.write(
        f"{LICENCE}\n{path}: {REPOSITORY} at commit {commit}\nnext: cs-data {next_step}\n"
    )


def _publish(chosen: argparse.Namespace) -> None:
    """Make an export the new version of a data set.

    The export is checked, tracked with DVC, and pushed to the remote; then what to commit is
    printed.
    """
    raw = find_raw(chosen.name, chosen.data_dir)
    if chosen.csv:
        raw = place_export(chosen.name, chosen.data_dir, chosen.csv)
    usual = PrepareOptions() if chosen.reset_options else published_options(raw)
    options = prepare_options(chosen, usual)
    if not chosen.csv and not raw.exists():
        raise DataError(
            f"there is no file of data set {chosen.name!r} at {raw}: name the export, as in "
            f"cs-data publish {chosen.name} FILE"
        )
    from cs_data.remote.publish import publish

    published = publish(chosen.csv or raw, raw, options, jobs=chosen.jobs)
    if options.changes():
        sys.stdout.write(f"its own options, which need not be given again: {_shown(options)}\n")
    manifest = published.manifest
    rejected = sum(manifest.rejected.values())
    reasons = ", ".join(f"{reason} {rows:,}" for reason, rows in manifest.rejected.items() if rows)
    sys.stdout.write(
        f"{published.url}: {manifest.rows:,} usable tickets, {rejected:,} "
        f"{'row' if rejected == 1 else 'rows'} rejected{reasons and f' ({reasons})'}\n"
    )
    if published.new:
        file = published.tracked.dvc_file
        sys.stdout.write(f"commit it: git add {file} && git commit -m 'New {chosen.name}'\n")
    else:
        sys.stdout.write("these bytes are already the published version: nothing was done\n")


def _shown(options: PrepareOptions) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in options.changes().items())


def _prepare(chosen: argparse.Namespace) -> None:
    """Turn an export into train, validation and test splits.

    The splits are Parquet files, with a manifest and a list of the rows that could not be used.
    """
    options = prepare_options(chosen, published_options(chosen.csv))
    from cs_data.preparing.preparation import prepare
    from cs_data.reports.summary import print_summary

    print_summary(prepare(chosen.csv, chosen.output, options))


def _inspect(chosen: argparse.Namespace) -> None:
    """Show labels, languages, lengths, identical texts and rejected rows.

    Of an export, or of a folder written by cs-data prepare (with the options that it
    was prepared with).
    """
    options = prepare_options(chosen, published_options(chosen.path))
    _check_picture(chosen.plot)
    from cs_data.reports.inspection import inspect
    from cs_data.reports.inspection_tables import print_inspection

    inspection = inspect(chosen.path, options)
    print_inspection(inspection)
    if chosen.plot:
        from cs_data.reports.inspection_picture import draw_inspection

        draw_inspection(inspection, chosen.plot)
        sys.stdout.write(f"drawn: {chosen.plot}\n")


def _diff(chosen: argparse.Namespace) -> None:
    """Compare two versions of a data set.

    Which tickets were added, removed and relabelled, and whether labels and languages shifted more
    than by chance. A version is an export, a folder written by cs-data prepare or its
    manifest.json, a NAME, or NAME@REVISION for what a git commit names.
    """
    published = [published_options(each, chosen.data_dir) for each in (chosen.new, chosen.old)]
    usual = next((each for each in published if each.changes()), PrepareOptions())
    options = prepare_options(chosen, usual)
    _check_picture(chosen.plot)
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


def _check_picture(path: Path | None) -> None:
    """Refuse a picture that cannot be drawn before the work begins."""
    if path is not None:
        with needs_extra("plots", "--plot"):
            from cs_data.reports.pictures import check_picture
        check_picture(path)


def _sample(chosen: argparse.Namespace) -> None:
    """Write a CSV file of generated tickets to try things on.

    The tickets are in five languages; the same seed gives the same bytes.
    """
    from cs_data.sample import make_sample

    if chosen.rows < 1:
        raise DataError(f"--rows must be at least 1, got {chosen.rows}")
    if chosen.path.exists():
        raise DataError(f"{chosen.path} already exists: name a new file")
    if not chosen.path.parent.is_dir():
        raise DataError(f"{chosen.path}: there is no folder {chosen.path.parent}")
    make_sample(chosen.path, chosen.rows, chosen.seed)
    sys.stdout.write(f"{chosen.rows:,} tickets: {chosen.path}\n")
