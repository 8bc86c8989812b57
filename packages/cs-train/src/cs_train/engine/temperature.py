"""Fits the one temperature that calibrates probabilities, on held-out tickets."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def fit_temperature(logits: NDArray[np.float32], targets: NDArray[np.int64]) -> float:
    """Return the temperature that minimises the negative log-likelihood.

    Dividing the logits by it changes no predicted class (Guo et al. 2017, On Calibration of Modern
    Neural Networks, section 4.2).

    Args:
        logits: shape [rows, labels], of tickets that were not trained on.
        targets: class numbers, shape [rows].
    """
    scores = torch.tensor(logits, dtype=torch.float64)
    truth = torch.tensor(targets)
    # Its logarithm is fitted: that keeps it positive, and the loss is smooth in it.
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(scores / log_temperature.exp(), truth)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    # A perfect validation split would ask for 0, and a useless one for infinity.
    return log_temperature.detach().exp().clamp(0.05, 20.0).item()
