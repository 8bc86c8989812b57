"""Scores the best model on the test split, once, and beside it what needs no transformer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cs_model import Classifier
from cs_model.calibration import calibrated_softmax
from cs_train.evaluation.scores import Scores, largest_groups, score, score_by
from cs_train.splits import label_texts

MAJORITY_GUESS = "majority guess"
_MAX_LANGUAGES = 30  # that are scored apart: dataset.language_column may name any column


@dataclass(frozen=True)
class EvaluationResult:
    """A model's answers on a split that nothing was chosen by, and their scores."""

    texts: Sequence[str]
    """The tickets of the split; the next three fields have as many rows."""
    languages: Sequence[str]
    targets: NDArray[np.int64]
    """Class numbers, [rows]."""
    probabilities: NDArray[np.float64]
    """[rows, labels], each row summing to 1."""
    scores: Scores
    by_language: Mapping[str, Scores]
    """The largest language first."""
    baselines: Mapping[str, Scores]
    """Scores of simpler answers to the same tickets, by name."""

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The most probable class of each ticket, [rows]."""
        winners: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return winners

    @property
    def is_correct(self) -> NDArray[np.bool_]:
        """Whether that is the true one, [rows]."""
        return np.equal(self.predictions, self.targets)


def evaluate(
    classifier: Classifier, split: pa.Table, train_targets: NDArray[np.int64]
) -> EvaluationResult:
    """Classify a split, which has the columns text, label and language, and score the answers.

    The class numbers of the training split, `train_targets`, are for the baseline.
    """
    texts = split["text"].to_pylist()
    labelled = label_texts(classifier, texts, split["label"].to_pylist())
    return score_answers(
        texts,
        largest_groups(split["language"].to_pylist(), _MAX_LANGUAGES),
        labelled.targets,
        calibrated_softmax(classifier.logits(labelled.encoded), classifier.temperature),
        labels=classifier.labels,
        train_targets=train_targets,
    )


def score_answers(
    texts: Sequence[str],
    languages: Sequence[str],
    targets: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    labels: Sequence[str],
    train_targets: NDArray[np.int64],
) -> EvaluationResult:
    """Score answers in all, by language, and beside the baseline.

    Raises:
        ValueError: If the texts, languages, targets and probabilities are not equally many, or do
            not fit the labels.
    """
    if not len(texts) == len(languages) == len(targets):
        raise ValueError(
            f"{len(texts)} texts and {len(languages)} languages for {len(targets)} rows"
        )
    return EvaluationResult(
        texts,
        languages,
        targets,
        probabilities,
        score(targets, probabilities, labels),
        score_by(languages, targets, probabilities, labels),
        {MAJORITY_GUESS: majority_guess(train_targets, targets, labels)},
    )


def majority_guess(train_targets: np.ndarray, targets: np.ndarray, labels: Sequence[str]) -> Scores:
    """Return the scores of the training split's most common label as the answer to every ticket.

    As probabilities it gives every row the shares of the labels in the training split. If two
    labels are equally common, the first is guessed.

    `train_targets` and `targets` are class numbers of two splits, each of a length of its own.

    Raises:
        ValueError: If either split is empty, or a class number does not fit the labels.
    """
    if len(train_targets) == 0:
        raise ValueError("there are no training rows to find the most common label of")
    counts = np.bincount(train_targets, minlength=len(labels))
    shares = counts / counts.sum()
    return score(targets, np.tile(shares, (len(targets), 1)), labels)
