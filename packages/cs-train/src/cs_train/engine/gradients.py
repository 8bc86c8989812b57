"""Computes the gradient of one optimizer step, a micro-batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cs_model import Classifier
from cs_model.backends.torch_backend import forward
from cs_model.encoding import token_batches
from cs_train.splits import LabelledTexts

# Padded tokens of a micro-batch by device, where the configuration has no number. A CPU loses
# nothing by small ones, and pays for each pad; a GPU is idle without large ones.
MICRO_BATCH_TOKENS = {"cpu": 1024, "cuda": 16384, "mps": 8192}


def accumulate_gradients(
    classifier: Classifier,
    train: LabelledTexts,
    indices: NDArray[np.int64],
    micro_batch_tokens: int,
    weights: torch.Tensor | None,
    scaler: torch.GradScaler,
) -> float:
    """Add up the gradient of the mean loss over one step's tickets, and return that loss.

    The tickets are cut by length, so that little padding is computed; the gradient is the one that
    the entire batch at once would give, since each micro-batch adds its sum over the common total.

    Args:
        classifier: its model's gradients are added to.
        train: the training split.
        indices: the step's tickets in it, shape [tickets].
        micro_batch_tokens: padded tokens that are computed at once; bounds the memory.
        weights: of the classes, shape [labels]; None where all weigh the same.
        scaler: keeps small gradients from vanishing in fp16.
    """
    device = classifier.device
    targets = torch.from_numpy(train.targets[indices])
    total = float(len(indices) if weights is None else weights[targets].sum())
    on_device = None if weights is None else weights.to(device)
    loss_sum = torch.zeros((), device=device)
    for rows in token_batches(train.encoded.lengths[indices], micro_batch_tokens):
        inputs = train.encoded.batch(indices[rows])
        logits = forward(classifier.model, inputs, device, classifier.precision)
        loss = nn.functional.cross_entropy(
            logits, targets[rows].to(device), weight=on_device, reduction="sum"
        )
        scaler.scale(loss / total).backward()  # type: ignore[no-untyped-call]
        loss_sum += loss.detach()
    return float(loss_sum) / total


def class_weights(targets: NDArray[np.int64], labels: int) -> torch.Tensor:
    """Return n / (labels * n of the label): each class weighs the same in sum (King and Zeng 2001).

    Shape [labels]. A class without tickets gets the weight 0, which nothing will use.
    """
    counts = np.bincount(targets, minlength=labels)
    weights = np.where(counts > 0, len(targets) / (labels * np.maximum(counts, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)
