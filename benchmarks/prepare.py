"""Times `cs_data.prepare` on rows made here, beside pandas doing the same cleaning and split.

The last contender is what most fine-tuning scripts do instead: pandas and datasets, every ticket
tokenised and padded to the longest one, and the token ids kept. Each contender runs in a process
of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

COLUMNS = ["subject", "body", "answer", "type", "queue", "priority", "language"]
COLUMNS += [f"tag_{number}" for number in range(1, 9)]
IDENTICAL = 0.05
NEAR_DUPLICATES = 0.05
GREETINGS = {
    "en": ("Dear Customer Support Team,", "Thank you for your prompt assistance."),
    "de": ("Sehr geehrtes Support-Team,", "Vielen Dank für Ihre schnelle Hilfe."),
    "es": ("Estimado equipo de atención,", "Gracias por su pronta ayuda."),
    "fr": ("Chère équipe d'assistance,", "Merci pour votre aide rapide."),
    "pt": ("Prezada equipe de suporte,", "Obrigado pela rápida atenção."),
}
VOCABULARY = 20_000
TOKENIZER = "tokenizer.json"


def make_rows(path: Path, rows: int, seed: int, identical: float) -> None:
    """Write tickets about as long as real ones (1 KB a row); some repeated, some nearly so."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    words = _vocabulary(draw)
    # Few words are frequent and most are rare, as in any language (Zipf).
    weights = [1 / (rank + 3) for rank in range(VOCABULARY)]
    stock = iter(_endless(draw, words, weights))

    def text(length: int) -> list[str]:
        return [next(stock) for _ in range(length)]

    bodies: list[tuple[str, list[str], str, str]] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for _ in range(rows):
            chance = draw.random()
            if bodies and chance < identical + NEAR_DUPLICATES:
                subject, body, priority, language = draw.choice(bodies)
                if chance >= identical:  # one word of some ninety differs
                    body = body.copy()
                    body[draw.randrange(len(body))] = next(stock)
            else:
                language = draw.choice(list(GREETINGS))
                subject = " ".join(text(draw.randint(3, 8))) if draw.random() < 0.9 else ""
                body = text(max(12, int(draw.gauss(80, 30))))
                priority = draw.choices(["low", "medium", "high"], [2, 4, 4])[0]
                if len(bodies) < 10_000:
                    bodies.append((subject, body, priority, language))
            greeting, thanks = GREETINGS[language]
            half = len(body) // 2
            sentences = f"{' '.join(body[:half])}.\\n{' '.join(body[half:])}."
            writer.writerow(
                [
                    subject,
                    f"{greeting}\\n\\n{sentences}\\n{thanks}",
                    " ".join(text(draw.randint(20, 60))),
                    draw.choice(["Incident", "Request", "Problem", "Change"]),
                    draw.choice(["Technical Support", "Billing and Payments", "IT Support"]),
                    priority,
                    language,
                    *draw.choices(words[:300], k=5),
                    "",
                    "",
                    "",
                ]
            )


def copy_whole_rows(path: Path, copy: Path) -> int:
    """Copy a CSV file without the rows that pandas cannot read; give the number of rows."""
    with (
        path.open(encoding="utf-8", newline="") as file,
        copy.open("w", encoding="utf-8", newline="") as copied,
    ):
        header, *rows = csv.reader(file)
        whole = [row for row in rows if len(row) == len(header)]
        csv.writer(copied).writerows([header, *whole])
    return len(whole)


def _vocabulary(draw: random.Random) -> list[str]:
    starts = ("b", "d", "f", "g", "k", "l", "m", "n", "pr", "r", "s", "st", "t", "tr", "v", "sch")
    middles = ("a", "e", "i", "o", "u", "ä", "é", "ã", "ei", "ou", "an", "en", "er", "ing", "ation")
    return [
        "".join(draw.choice(part) for _ in range(draw.randint(1, 3)) for part in (starts, middles))
        for _ in range(VOCABULARY)
    ]


def _endless(draw: random.Random, words: list[str], weights: list[float]) -> Iterator[str]:
    from itertools import accumulate

    cumulative = list(accumulate(weights))
    while True:
        yield from draw.choices(words, cum_weights=cumulative, k=100_000)


def run_prepare(source: Path, output: Path) -> None:
    """Prepare without grouping near duplicates."""
    from cs_data import PrepareOptions, prepare

    prepare(source, output, PrepareOptions(near_duplicates=0))


def run_prepare_grouped(source: Path, output: Path) -> None:
    """Prepare as it is done by default."""
    from cs_data import prepare

    prepare(source, output)


def run_pandas(source: Path, output: Path) -> None:
    """Clean and split by text with pandas: no line numbers, no near duplicates."""
    import numpy as np
    import pandas as pd

    output.mkdir()
    table = pd.read_csv(
        source, usecols=["subject", "body", "priority", "language"], keep_default_na=False
    )
    for column in ("subject", "body"):
        text = table[column].str.replace("\\r\\n", "\n", regex=False)
        text = text.str.replace("\\n", "\n", regex=False).str.replace("\\t", "\t", regex=False)
        text = text.str.replace("\r\n", "\n", regex=False).str.normalize("NFC")
        text = text.str.replace(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]", "", regex=True)
        text = text.str.replace(r"[ \t]+\n", "\n", regex=True)
        text = text.str.replace(r"\n{3,}", "\n\n", regex=True)
        table[column] = text.str.strip()
    table["text"] = (table["subject"] + "\n" + table["body"]).str.strip()
    priorities = {"very_low": "low", "low": "low", "medium": "medium"}
    priorities |= {"high": "high", "critical": "high"}
    table["label"] = table["priority"].str.lower().map(priorities)
    table = table[(table["text"] != "") & table["label"].notna()]
    table["id"] = pd.util.hash_pandas_object(table["text"], index=False).astype(str)
    table = table[["text", "label", "language", "id"]]
    texts, _ = pd.factorize(table["id"])
    draw = pd.Series(np.random.default_rng(42).random(len(table))[texts], index=table.index)
    rank = draw.groupby(table["label"]).rank(pct=True)
    for split, low, high in (("test", 0, 0.1), ("validation", 0.1, 0.2), ("train", 0.2, 1)):
        part = table[(rank > low) & (rank <= high)]
        part.to_parquet(output / f"{split}.parquet", compression="zstd", index=False)


def run_datasets(source: Path, output: Path) -> None:
    """Tokenise with datasets, pad to the longest ticket (512 tokens at most), split and save."""
    import pandas as pd
    from datasets import Dataset, disable_progress_bars
    from transformers import PreTrainedTokenizerFast

    disable_progress_bars()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(source.with_name(TOKENIZER)),
        pad_token="[PAD]",  # noqa: S106 - a token of text
        model_max_length=512,
    )
    table = pd.read_csv(source, usecols=["subject", "body", "priority"], keep_default_na=False)
    table["text"] = (table["subject"] + "\n" + table["body"]).str.strip()
    table["label"] = table["priority"].map({"low": 0, "medium": 1, "high": 2})
    table = table[(table["text"] != "") & table["label"].notna()]
    data = Dataset.from_pandas(table[["text", "label"]], preserve_index=False)
    data = data.map(lambda some: tokenizer(some["text"], truncation=True), batched=True)
    longest = max(map(len, data["input_ids"]))
    data = data.map(
        lambda some: tokenizer.pad(
            {key: some[key] for key in ("input_ids", "attention_mask")},
            padding="max_length", max_length=longest,
        ),
        batched=True,
    )  # fmt: skip
    data.train_test_split(0.2, seed=42).save_to_disk(output)


def train_tokenizer(source: Path) -> None:
    """Make the tokenizer that the last contender uses, which is not part of its time."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    with source.open(encoding="utf-8", newline="") as file:
        bodies = [row["body"] for row, _ in zip(csv.DictReader(file), range(20_000), strict=False)]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 - a token of text
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=30_000, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(bodies, trainer)
    tokenizer.save(str(source.with_name(TOKENIZER)))


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "cs_data": run_prepare,
    "cs_data, near duplicates grouped": run_prepare_grouped,
    "pandas": run_pandas,
    "pandas and datasets, token ids": run_datasets,
}


def measure(contender: str, source: Path) -> dict[str, float]:
    """Run one contender in a process of its own; give seconds and peak MiB."""
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        output = Path(folder) / "out"
        command = [sys.executable, __file__, "--contender", contender]
        done = subprocess.run(  # noqa: S603 - this very script
            [*command, str(source), str(output)], check=True, stdout=subprocess.PIPE, text=True
        )
    return json.loads(done.stdout)


def run_contender(contender: str, source: Path, output: Path) -> None:
    """Be that process: print the figures as JSON."""
    start = time.perf_counter()
    CONTENDERS[contender](source, output)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mib = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)  # bytes there, KiB here
    sys.stdout.write(json.dumps({"seconds": seconds, "peak_mib": peak_mib}))


def main() -> None:
    """Make the rows, run the contenders, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="default: %(default)s")
    parser.add_argument("--csv", type=Path, help="real tickets instead: subject, body, priority")
    parser.add_argument("--seed", type=int, default=42, help="default: %(default)s")
    text = "share of rows with the text of an earlier one, default: %(default)s"
    parser.add_argument("--identical", type=float, default=IDENTICAL, metavar="SHARE", help=text)
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("paths", nargs="*", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        run_contender(arguments.contender, *arguments.paths)
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "tickets.csv"
        if arguments.csv:
            rows = copy_whole_rows(arguments.csv, source)
        else:
            rows = arguments.rows
            make_rows(source, rows, arguments.seed, arguments.identical)
        train_tokenizer(source)
        size = source.stat().st_size / (1 << 20)
        sys.stdout.write(f"{rows:,} rows, {size:,.0f} MiB of CSV\n\n")
        figures = {contender: measure(contender, source) for contender in CONTENDERS}
    base = figures["pandas"]
    sys.stdout.write(
        f"{'':34}{'seconds':>9}{'rows/s':>10}{'peak MiB':>10}{'time':>8}{'memory':>8}\n"
    )
    for contender, figure in figures.items():
        sys.stdout.write(
            f"{contender:34}{figure['seconds']:9.1f}{rows / figure['seconds']:10,.0f}"
            f"{figure['peak_mib']:10,.0f}{figure['seconds'] / base['seconds']:7.2f}x"
            f"{figure['peak_mib'] / base['peak_mib']:7.2f}x\n"
        )
    sys.stdout.write("\ntime and memory: relative to pandas\n")


if __name__ == "__main__":
    main()
