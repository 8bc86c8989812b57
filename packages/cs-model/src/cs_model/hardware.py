"""Choose the device and the floating-point precision that suit the machine at hand."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from cs_model.errors import ModelError

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_AMPERE = (8, 0)  # the first CUDA compute capability with bf16 in its matrix units


def choose_device(accelerator: str = "auto") -> torch.device:
    """Return the device for `auto`, `cpu`, `gpu` (CUDA or ROCm) or `mps` (Apple).

    Raises ModelError if the named one is not there.
    """
    if accelerator == "cpu":
        return torch.device("cpu")
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if accelerator == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if accelerator == "gpu" and cuda:
        return torch.device("cuda")
    if accelerator == "mps" and mps:
        return torch.device("mps")
    if accelerator in ("gpu", "mps"):
        raise ModelError(
            f"accelerator={accelerator} needs hardware of which torch {torch.__version__} finds "
            "none on this machine: use accelerator=cpu or auto"
        )
    raise ModelError(f"accelerator must be auto, cpu, gpu or mps, got {accelerator!r}")


def choose_precision(precision: str, device: torch.device) -> str:
    """Return `fp32`, `bf16` or `fp16`; `auto` takes the fastest that trains well on the device.

    bf16 where the matrix units have it (AVX512-BF16 or AMX on a CPU, Ampere and later on a GPU),
    fp16 on older GPUs (training then needs a gradient scaler), fp32 elsewhere.
    """
    if precision in _DTYPES:
        return precision
    if precision != "auto":
        raise ModelError(f"precision must be auto, fp32, bf16 or fp16, got {precision!r}")
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= _AMPERE else "fp16"
    if device.type == "cpu" and _cpu_has_fast_bf16():
        return "bf16"
    return "fp32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[None]:
    """Return a context in which matrix products run in the given precision."""
    return torch.autocast(device.type, _DTYPES[precision], enabled=precision != "fp32")


def _cpu_has_fast_bf16() -> bool:
    # torch has no public function for this; a build without the private one gets the safe fp32.
    cpu = torch.cpu
    has_avx512 = getattr(cpu, "_is_avx512_bf16_supported", lambda: False)()
    return bool(has_avx512 or getattr(cpu, "_is_amx_tile_supported", lambda: False)())
