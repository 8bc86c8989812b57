"""Compute with torch: device, precision, and the forward pass of inference and of training."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from cs_model.encoding import EncodedTexts, token_batches
from cs_model.errors import ModelError
from cs_model.threads import compute_in_forked_processes

_BATCH_TOKENS = {"cpu": 2048, "cuda": 32768, "mps": 8192}
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_AMPERE = (8, 0)  # the first CUDA compute capability with bf16 in its matrix units

compute_in_forked_processes()


class TorchBackend:
    """A transformers model on a device, ready for inference.

    Args:
        model: the model, whose weights stay in fp32.
        accelerator: `auto`, `cpu`, `gpu` (CUDA or ROCm) or `mps` (Apple).
        precision: `fp32`, `bf16` or `fp16`: what matrix products run in. `auto` takes the fastest
            that trains well on the device: bf16 where the matrix units have it (AVX512-BF16 or AMX
            on a CPU, Ampere and later on a GPU), fp16 on older GPUs (training then needs a gradient
            scaler), fp32 elsewhere.

    Attributes:
        model: the model on the device. It is in eval mode from the start, and no method changes
            that: whoever trains it switches to train mode and back.
        device: the torch device.
        precision: `fp32`, `bf16` or `fp16`.

    Raises:
        ModelError: if the accelerator or the precision is unknown, or the machine does not have the
            accelerator.
    """

    def __init__(
        self, model: PreTrainedModel, *, accelerator: str = "auto", precision: str = "auto"
    ) -> None:
        self.device = _choose_device(accelerator)
        self.precision = _choose_precision(precision, self.device)
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
        with torch.inference_mode(), _autocast(self.device, self.precision):
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
    with _autocast(device, precision):
        logits: torch.Tensor = model(**tensors).logits
    return logits.float()


def _autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    return torch.autocast(device.type, _DTYPES[precision], enabled=precision != "fp32")


def _choose_device(accelerator: str) -> torch.device:
    if accelerator == "cpu":
        return torch.device("cpu")
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if accelerator == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if accelerator not in ("gpu", "mps"):
        raise ModelError(f"accelerator must be auto, cpu, gpu or mps, got {accelerator!r}")
    if not (cuda if accelerator == "gpu" else mps):
        raise ModelError(
            f"accelerator={accelerator} needs hardware of which torch {torch.__version__} finds "
            "none on this machine: use accelerator=cpu or auto"
        )
    return torch.device("cuda" if accelerator == "gpu" else "mps")


def _choose_precision(precision: str, device: torch.device) -> str:
    if precision in _DTYPES:
        return precision
    if precision != "auto":
        raise ModelError(f"precision must be auto, fp32, bf16 or fp16, got {precision!r}")
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= _AMPERE else "fp16"
    if device.type == "cpu":
        # torch has no public function for this; a build without the private ones gets fp32.
        checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if any(getattr(torch.cpu, check, bool)() for check in checks):
            return "bf16"
    return "fp32"
