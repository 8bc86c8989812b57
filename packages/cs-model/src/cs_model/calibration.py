"""Turn logits into calibrated probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def calibrated_softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return softmax(logits / temperature) along the last axis, in double precision."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    exponentials = np.exp(scaled)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities
