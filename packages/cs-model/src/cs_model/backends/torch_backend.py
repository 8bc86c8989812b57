"""Compute with torch: the forward pass of inference and of training."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from cs_model.encoding import EncodedTexts, token_batches
from cs_model.hardware import autocast, choose_device, choose_precision

_BATCH_TOKENS = {"cpu": 2048, "cuda": 32768, "mps": 8192}


class TorchBackend:
    """A transformers model on a device, ready for inference.

    Attributes:
        model: the model, with its weights in fp32. It is in eval mode from the start, and no method
            changes that: whoever trains it switches to train mode and back.
        device: the torch device.
        precision: `fp32`, `bf16` or `fp16`: what matrix products run in.
    """

    def __init__(
        self, model: PreTrainedModel, *, accelerator: str = "auto", precision: str = "auto"
    ) -> None:
        self.device = choose_device(accelerator)
        self.precision = choose_precision(precision, self.device)
        self.model: PreTrainedModel = model.to(self.device).eval()  # type: ignore[arg-type]

    @property
    def description(self) -> str:
        """Engine, device and precision, for people."""
        return f"torch on {self.device.type} in {self.precision}"

    def logits(
        self, encoded: EncodedTexts, *, batch_tokens: int | None = None
    ) -> NDArray[np.float32]:
        """Return the logits, shape [texts, labels], in the order of the texts."""
        labels = int(self.model.config.num_labels or 0)
        scores = np.zeros((len(encoded), labels), dtype=np.float32)
        budget = batch_tokens or _BATCH_TOKENS[self.device.type]
        # The outer autocast keeps the weights that it has cast from one batch to the next.
        with torch.inference_mode(), autocast(self.device, self.precision):
            for indices in token_batches(encoded.lengths, budget):
                inputs = encoded.batch(indices)
                output = forward(self.model, inputs, self.device, self.precision)
                scores[indices] = output.cpu().numpy()
        return scores


def forward(
    model: torch.nn.Module,
    inputs: dict[str, NDArray[np.int64]],
    device: torch.device,
    precision: str,
) -> torch.Tensor:
    """Return the logits of one batch on the device, shape [texts, labels], in fp32.

    Args:
        model: a transformers model for sequence classification, on the device.
        inputs: what `EncodedTexts.batch` returns.
        device: where to compute.
        precision: `fp32`, `bf16` or `fp16`: what matrix products run in.
    """
    tensors = {name: torch.from_numpy(values).to(device) for name, values in inputs.items()}
    with autocast(device, precision):
        logits: torch.Tensor = model(**tensors).logits
    return logits.float()
