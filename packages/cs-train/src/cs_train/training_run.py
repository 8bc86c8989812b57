"""One complete run: from prepared splits to a trained model and all that is written about it."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import shutil
from pathlib import Path

import torch
from rich.console import Console

from cs_data import Splits
from cs_data.atomic_files import atomic_write_text
from cs_model import Classifier
from cs_train.config import Config, warnings_of
from cs_train.engine.best_models import BestModels
from cs_train.engine.loop import fit, steps_per_epoch
from cs_train.engine.train_state import TrainState
from cs_train.evaluation.evaluate import evaluate
from cs_train.outputs.model_card import model_card
from cs_train.outputs.observers import History, TrainingProgress
from cs_train.outputs.provenance import gather_facts
from cs_train.outputs.report import write_report
from cs_train.outputs.result import RunResult
from cs_train.outputs.summary import print_summary, suggest
from cs_train.splits import LabelledTexts, label_texts
from cs_train.tracking import Tracker
from cs_train.upload import ModelUpload

_log = logging.getLogger(__name__)
_SAMPLE_CAVEAT = (
    "The tickets were made up by a program: this model shows that everything works, and is not for "
    "real use."
)


def run(
    config: Config,
    splits: Splits,
    folder: Path,
    console: Console,
    upload: ModelUpload | None = None,
) -> RunResult:
    """Train, score, save and report.

    Args:
        config: what to do.
        splits: the tickets.
        folder: where everything is written; it exists.
        console: for the progress bar.
        upload: of a job's model to the job's output folder.

    Raises:
        ConfigError: if training cannot go on with this configuration, or the model cannot be
            uploaded.
        DataError: if the tickets cannot be read.
        ModelError: if the base model cannot be used.
    """
    _make_repeatable(config)
    training = config.training
    with _track(config, splits, folder) as tracker:
        classifier, train_set, validation_set = _encode(config, splits)
        total_steps = training.num_epochs * steps_per_epoch(len(train_set), training)
        for warning in warnings_of(config, total_steps):
            _log.warning("%s", warning)
        best_models = BestModels(
            folder / "best_models", keep=training.keep_best, monitor=training.monitor
        )
        state = TrainState(classifier, training, total_steps, best_models)
        history = History(folder / "history.jsonl")
        progress = TrainingProgress(console, total_steps)
        with history, progress:
            stats = fit(
                state,
                train_set,
                validation_set,
                training,
                seed=config.seed,
                observers=(history, tracker, progress),
            )
        assert best_models.best is not None
        best = Classifier.load(best_models.best.folder, **_hardware(config))
        test = evaluate(best, splits.read("test"), train_set.targets)
        result = RunResult(
            config=config,
            folder=folder,
            labels=best.labels,
            train_labels=splits.manifest.splits["train"].labels,
            steps=history.steps,
            epochs=history.epochs,
            training=stats,
            validation=best_models.best.scores,
            test=test,
            facts=gather_facts(config, splits, best, stats),
            max_accuracy=splits.manifest.max_accuracy("test"),
            suggestion=suggest(best, folder / "model", test.texts, test.is_correct),
            caveat=_SAMPLE_CAVEAT if config.dataset.name == "sample" else None,
        )
        _save(result, best)
        if training.keep_best == 1:
            shutil.rmtree(best_models.folder)  # the one that it holds is the model
        tracker.conclude(result)
        try:
            if upload is not None:
                upload.upload(folder)
                result = dataclasses.replace(result, uploaded_to=upload.destination)
        finally:  # a job's own folder ends with the job: what was printed is all that is left of it
            print_summary(Console(), result)
    return result


def _track(config: Config, splits: Splits, folder: Path) -> Tracker:
    settings = {
        **dataclasses.asdict(config),
        "raw_md5": splits.manifest.raw.md5,
        "raw_generation": splits.tracked and splits.tracked.generation,
        "manifest_sha256": splits.manifest.digest(),
    }
    name = f"{config.name} {folder.parent.name} {folder.name}"
    return Tracker(config.wandb, name=name, settings=settings, folder=folder)


def _encode(config: Config, splits: Splits) -> tuple[Classifier, LabelledTexts, LabelledTexts]:
    """Return what is trained, and the two splits that training needs; no text is kept."""
    train = splits.read("train")
    texts = train["text"].to_pylist()
    classifier = _make_classifier(config, splits, texts)
    classifier.text_columns = tuple(splits.manifest.text_columns)
    classifier.label_column = config.dataset.label_column
    classifier.cleaning = splits.manifest.options.cleaning
    train_set = label_texts(classifier, texts, train["label"].to_pylist())
    held_out = splits.read("validation")
    validation_set = label_texts(
        classifier, held_out["text"].to_pylist(), held_out["label"].to_pylist()
    )
    return classifier, train_set, validation_set


def _make_classifier(config: Config, splits: Splits, train_texts: list[str]) -> Classifier:
    labels, model, hardware = splits.manifest.labels, config.model, _hardware(config)
    if model.name is None:
        size = model.small_encoder_size()
        classifier = Classifier.from_scratch(train_texts, labels=labels, size=size, **hardware)
    else:
        _log.info("model: reading %s", model.name)
        classifier = Classifier.from_pretrained(
            model.name,
            labels=labels,
            max_length=model.max_length,
            revision=model.revision,
            **hardware,
        )
    _log.info(
        "model: %s with %s parameters, %s on %s, for %s",
        model.name or "a new encoder",
        f"{sum(p.numel() for p in classifier.model.parameters()):,}",
        classifier.precision,
        classifier.device.type,
        ", ".join(labels),
    )
    return classifier


def _hardware(config: Config) -> dict[str, str]:
    return {"accelerator": config.accelerator, "precision": config.precision}


def _save(result: RunResult, best: Classifier) -> None:
    """Write the model first, then the files about it; the report may fail."""
    best.save(result.model, card=model_card(result))
    figures = json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
    atomic_write_text(result.metrics, figures)
    try:
        write_report(result)
    except Exception:  # drawing is not worth a trained model, which is still to be uploaded
        _log.exception("report.html cannot be drawn; the model and metrics.json are complete")


def _make_repeatable(config: Config) -> None:
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(mode=config.training.deterministic)
    if config.training.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS needs it for this
        torch.backends.cudnn.benchmark = False
