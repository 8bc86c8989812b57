"""The command `cs-model`: classify tickets with a trained model."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from cs_data.atomic_files import atomic_open
from cs_data.cleaning import Cleaning
from cs_data.command_line import OneLineParser, data_output, run_command
from cs_data.errors import DataError
from cs_model.bulk.predictions import Classified, classify, format_of, refuse_taken_columns, write
from cs_model.bulk.tickets import (
    TicketSource,
    given_texts,
    looks_like_a_file,
    read_export,
    read_lines,
)
from cs_model.classifier import Classifier
from cs_model.errors import ModelError
from cs_model.labels import read_labels
from cs_model.settings import ModelSettings
from cs_model.sources import resolve
from cs_model.threads import limit_openmp_spin


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, or 2 for an error that a person can correct."""
    limit_openmp_spin()
    return run_command(
        "cs-model", lambda: _predict(_parser().parse_args(arguments)), (ModelError, DataError)
    )


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="cs-model", description="Classify tickets with a trained model.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser(
        "predict",
        help="label tickets",
        description="Label tickets given as words on the command line, in an export (CSV, .xlsx, "
        ".jsonl, .json or .parquet; text also as .gz or .zip), or one a line on standard input.",
    )
    predict.add_argument(
        "model", metavar="MODEL", help="a model folder, or a name on the Hugging Face hub"
    )
    predict.add_argument(
        "tickets",
        nargs="*",
        metavar="TEXT|FILE|-",
        help="texts, or one export, or - for standard input (the default)",
    )
    predict.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write .csv, .jsonl or .parquet"
    )
    predict.add_argument(
        "--format",
        choices=("table", "csv", "jsonl"),
        default="table",
        help="what is written to standard output (default: %(default)s)",
    )
    predict.add_argument(
        "--text-columns",
        type=lambda value: value.split(","),
        metavar="A,B",
        help="columns of the export that hold the text (default: those the model was trained on)",
    )
    predict.add_argument(
        "--encoding",
        metavar="NAME",
        help="encoding of a text file, such as windows-1252 (default: UTF-8, else guessed)",
    )
    predict.add_argument("--revision", help="branch, tag or commit on the hub")
    predict.add_argument(
        "--accelerator",
        choices=("auto", "cpu", "gpu", "mps"),
        default="auto",
        help="device to compute on (default: auto, a GPU where there is one)",
    )
    predict.add_argument(
        "--precision",
        choices=("auto", "fp32", "bf16", "fp16"),
        default="auto",
        help="precision of matrix products (default: auto, by the hardware)",
    )
    return parser


def _predict(options: argparse.Namespace) -> None:
    # Mistakes are reported before torch and the model take their seconds to load.
    model = resolve(options.model, options.revision)
    kind = format_of(options.output) if options.output else options.format
    for argument in filter(os.path.isfile, options.tickets):
        _refuse_overwriting(options.output, Path(argument).stat())
    tickets, labels = _tickets(options, model), read_labels(model)
    if kind != "table":
        refuse_taken_columns(tickets.columns, labels)
    blocks = iter(tickets)
    with _open_output(options.output, kind) as stream:
        classified: Iterable[Classified] = ()
        if first := list(islice(blocks, 1)):
            classifier = Classifier.load(
                model, accelerator=options.accelerator, precision=options.precision
            )
            classified = classify(classifier, chain(first, blocks))
        else:
            print("the input holds no ticket: there is nothing to label", file=sys.stderr)
        write(classified, labels, kind, stream, tickets.columns)
    if options.output:
        print(f"written: {options.output}", file=sys.stderr)


def _open_output(path: Path | None, kind: str) -> AbstractContextManager[IO[Any]]:
    if path is None:
        return nullcontext(sys.stdout if kind == "table" else data_output())
    return atomic_open(path, "wb" if kind == "parquet" else "w")


def _refuse_overwriting(output: Path | None, given: os.stat_result) -> None:
    if output and output.exists() and os.path.samestat(output.stat(), given):
        raise ModelError(f"{output} is the input file: name another for --output")


def _tickets(options: argparse.Namespace, model: Path) -> TicketSource:
    arguments = options.tickets
    if not arguments or arguments == ["-"]:
        if sys.stdin is None or sys.stdin.isatty():
            raise ModelError("no ticket given: name texts, an export, or pipe one ticket a line")
        with suppress(io.UnsupportedOperation):  # a stream in memory
            _refuse_overwriting(options.output, os.fstat(sys.stdin.fileno()))
        return read_lines(sys.stdin, options.encoding)
    files = [argument for argument in arguments if looks_like_a_file(argument)]
    if not files:
        return TicketSource(("text",), [given_texts(arguments)])
    if len(arguments) > 1:
        raise ModelError(f"{files[0]} is a file: give one file alone, or texts alone")
    settings = ModelSettings.read(model) or ModelSettings()
    # Models saved before the setting existed were trained on texts in which HTML was left.
    cleaning = settings.cleaning or Cleaning(strip_html=False)
    columns = options.text_columns, settings.text_columns
    return read_export(Path(files[0]), *columns, cleaning=cleaning, encoding=options.encoding)
