"""One whole run: tickets to splits, splits to a trained model, and what is left of it on disk."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from cs_data import Splits
from cs_data.atomic_files import atomic_write_text
from cs_model import Classifier, ScratchSize
from cs_model.calibration import calibrated_softmax
from cs_train.checkpoints import Checkpoints
from cs_train.config import Config
from cs_train.delivery import Delivery
from cs_train.labelled_texts import LabelledTexts, label_texts
from cs_train.loop import Outcome, fit, steps_per_epoch
from cs_train.model_card import write_card
from cs_train.provenance import Facts, gather_facts
from cs_train.recording import Recorder, recording
from cs_train.report import Report, write_report
from cs_train.scores import Scores, largest_groups, majority_guess, score, score_by
from cs_train.splits import caveat
from cs_train.suggestion import Suggestion, suggest
from cs_train.summary import print_summary
from cs_train.tracking import Tracker

_log = logging.getLogger(__name__)
# Above this, a pretrained encoder forgets what it knows within a few steps.
_HIGHEST_FINE_TUNING_RATE = 3e-4
_MOST_LANGUAGES = 30  # are scored apart: dataset.language_column may name anything


@dataclass(frozen=True)
class TestResults:
    """How the best model does on the test split, which nothing was chosen by."""

    texts: list[str]
    languages: list[str]
    targets: NDArray[np.int64]  # class numbers, [rows]
    probabilities: NDArray[np.float64]  # [rows, labels]
    scores: Scores
    majority: Scores
    by_language: dict[str, Scores]


def run(
    config: Config,
    splits: Splits,
    folder: Path,
    console: Console,
    delivery: Delivery | None = None,
) -> None:
    """Train, score, save and report.

    Args:
        config: what to do.
        splits: the tickets.
        folder: where everything is written; it exists.
        console: for the progress bar.
        delivery: the place that a job has for what it made, if it has one.

    Raises:
        ConfigError: if training cannot go on with this configuration, or what it made cannot be
            delivered.
        DataError: if the tickets cannot be read.
        ModelError: if the base model cannot be used.

    """
    _make_repeatable(config)
    tracker = Tracker(
        config.wandb,
        name=f"{config.name} {folder.parent.name} {folder.name}",
        settings={
            **dataclasses.asdict(config),
            "raw_md5": splits.manifest.raw.md5,
            "raw_generation": splits.tracked and splits.tracked.generation,
            "manifest_sha256": splits.manifest.digest(),
        },
        folder=folder,
    )
    try:
        _train_and_keep(config, splits, folder, tracker, console, delivery)
    except BaseException:
        tracker.finish(exit_code=1)
        raise
    tracker.finish(exit_code=0)


def _train_and_keep(
    config: Config,
    splits: Splits,
    folder: Path,
    tracker: Tracker,
    console: Console,
    delivery: Delivery | None,
) -> None:
    classifier, train_set, validation_set = _encode(config, splits)
    total_steps = config.training.num_epochs * steps_per_epoch(len(train_set), config.training)
    _warn_of_doubtful_settings(config, total_steps)

    checkpoints = Checkpoints(folder / "checkpoints", config.training.keep_best)
    with recording(folder / "history.jsonl", tracker, total_steps, console) as recorder:
        outcome = fit(
            classifier,
            train_set,
            validation_set,
            config.training,
            seed=config.seed,
            checkpoints=checkpoints,
            observer=recorder,
        )
    assert checkpoints.best is not None
    best = Classifier.load(
        checkpoints.best, accelerator=config.accelerator, precision=config.precision
    )
    results = _test(best, splits, train_set)
    facts = gather_facts(config, splits, best, outcome)
    right = results.probabilities.argmax(axis=1) == results.targets
    suggestion = suggest(best, folder / "model", results.texts, right)
    _keep(config, folder, best, results, facts, outcome, train_set, recorder, suggestion)
    if config.training.keep_best == 1:
        shutil.rmtree(folder / "checkpoints")  # the one it holds is the model
    tracker.conclude(
        results.scores,
        results.targets,
        results.probabilities.argmax(axis=1),
        best.labels,
        folder / "model",
    )
    delivered = None
    try:
        if delivery is not None:
            delivery.deliver(folder)
            delivered = delivery.model
    finally:  # a job's own folder ends with the job: what was printed is all that is left of it
        print_summary(
            Console(),
            scores=results.scores,
            majority=results.majority,
            by_language=results.by_language,
            caveat=caveat(config.dataset),
            folder=folder,
            suggestion=suggestion,
            delivered=delivered,
        )


def _encode(config: Config, splits: Splits) -> tuple[Classifier, LabelledTexts, LabelledTexts]:
    """Return what is trained, and the two splits that training needs; no text is kept."""
    train = splits.read("train")
    texts = train["text"].to_pylist()
    classifier = _make_classifier(config, splits, texts)
    classifier.text_columns = tuple(splits.manifest.text_columns)
    classifier.label_column = config.dataset.label_column
    train_set = label_texts(classifier, texts, train["label"].to_pylist())
    held_out = splits.read("validation")
    validation_set = label_texts(
        classifier, held_out["text"].to_pylist(), held_out["label"].to_pylist()
    )
    return classifier, train_set, validation_set


def _make_classifier(config: Config, splits: Splits, train_texts: list[str]) -> Classifier:
    labels, model = splits.manifest.labels, config.model
    if model.name is None:
        size = ScratchSize(
            num_layers=model.layers,
            hidden_size=model.width,
            num_heads=model.heads,
            local_attention=model.window,
            dropout=model.dropout,
            vocab_size=model.vocabulary,
            max_length=model.max_length,
        )
        classifier = Classifier.from_scratch(
            train_texts,
            labels=labels,
            size=size,
            accelerator=config.accelerator,
            precision=config.precision,
        )
    else:
        _log.info("model: reading %s", model.name)
        classifier = Classifier.from_pretrained(
            model.name,
            labels=labels,
            max_length=model.max_length,
            revision=model.revision,
            accelerator=config.accelerator,
            precision=config.precision,
        )
    _log.info(
        "model: %s with %s parameters, %s on %s, for %s",
        model.name or "made from the training texts",
        f"{sum(p.numel() for p in classifier.model.parameters()):,}",
        classifier.precision,
        classifier.device.type,
        ", ".join(labels),
    )
    return classifier


def _test(best: Classifier, splits: Splits, train_set: LabelledTexts) -> TestResults:
    table = splits.read("test")
    texts = table["text"].to_pylist()
    languages = largest_groups(table["language"].to_pylist(), _MOST_LANGUAGES)
    test_set = label_texts(best, texts, table["label"].to_pylist())
    probabilities = calibrated_softmax(best.logits(test_set.encoded), best.temperature)
    return TestResults(
        texts,
        languages,
        test_set.targets,
        probabilities,
        score(test_set.targets, probabilities, best.labels),
        majority_guess(train_set.targets, test_set.targets, best.labels),
        score_by(languages, test_set.targets, probabilities, best.labels),
    )


def _keep(
    config: Config,
    folder: Path,
    best: Classifier,
    results: TestResults,
    facts: Facts,
    outcome: Outcome,
    train_set: LabelledTexts,
    recorder: Recorder,
    suggestion: Suggestion,
) -> None:
    """Write the model first, then everything that tells about it; the report may fail."""
    label_column = config.dataset.label_column
    title = f"{config.name}: {label_column} of support tickets"
    card = write_card(
        title=title,
        labels=best.labels,
        scores=results.scores,
        majority=results.majority,
        by_language=results.by_language,
        facts=facts,
        settings=dataclasses.asdict(config),
        caveat=caveat(config.dataset),
    )
    best.save(folder / "model", card=card)
    metrics = {
        "test": results.scores.to_dict(),
        "majority_guess": results.majority.to_dict(),
        "test_by_language": {name: one.to_dict() for name, one in results.by_language.items()},
        "training": {**dataclasses.asdict(outcome), "best_epoch": recorder.best_epoch},
        "facts": facts,
    }
    figures = json.dumps(metrics, indent=2, ensure_ascii=False) + "\n"
    atomic_write_text(folder / "metrics.json", figures)
    report = Report(
        title=title,
        label_column=label_column,
        labels=best.labels,
        steps=recorder.steps,
        epochs=recorder.epochs,
        monitor=config.training.monitor,
        train_targets=train_set.targets,
        texts=results.texts,
        languages=results.languages,
        targets=results.targets,
        probabilities=results.probabilities,
        facts=facts,
        suggestion=suggestion,
        caveat=caveat(config.dataset),
    )
    try:
        write_report(folder / "report.html", report)
    except Exception:  # drawing is not worth a trained model, which is still to be delivered
        _log.exception("report.html cannot be drawn; the model and metrics.json are complete")


def _make_repeatable(config: Config) -> None:
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(mode=config.training.deterministic)
    if config.training.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS needs it for this
        torch.backends.cudnn.benchmark = False


def _warn_of_doubtful_settings(config: Config, total_steps: int) -> None:
    training = config.training
    if training.warmup_steps >= total_steps:
        _log.warning(
            "training.warmup_steps=%d is not less than the %d steps of this run: the learning rate "
            "never reaches training.learning_rate; try training.warmup_steps=%d",
            training.warmup_steps,
            total_steps,
            total_steps // 10,
        )
    if config.model.name and training.learning_rate > _HIGHEST_FINE_TUNING_RATE:
        _log.warning(
            "training.learning_rate=%g is made for an encoder without pretraining: %s will forget "
            "what it knows; try training=baseline, or training.learning_rate=1e-4",
            training.learning_rate,
            config.model.name,
        )
