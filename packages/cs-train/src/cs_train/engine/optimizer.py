"""The optimizer and the schedule of its learning rate."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LRScheduler
from transformers import get_scheduler

from cs_train.config import TrainingConfig

_SCHEDULES = {"constant": "constant_with_warmup"}  # the others bear transformers' own names


def make_optimizer(model: nn.Module, config: TrainingConfig) -> AdamW:
    """Return AdamW that decays matrices, but neither biases nor the weights of normalisation.

    Both are vectors, so the number of dimensions distinguishes them from matrices in every
    architecture, whatever it calls its layers.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=config.learning_rate, fused=_can_fuse(parameters))


def make_schedule(optimizer: AdamW, config: TrainingConfig, total_steps: int) -> LRScheduler:
    """Return the schedule: a linear warm-up, then constant, or linear or cosine down to 0."""
    schedule: LRScheduler = get_scheduler(
        _SCHEDULES.get(config.schedule, config.schedule),
        optimizer,
        num_warmup_steps=config.warmup_of(total_steps),
        num_training_steps=total_steps,
    )
    return schedule


def _can_fuse(parameters: list[nn.Parameter]) -> bool:
    """Return whether one kernel can update all parameters: about twice as fast on a CPU."""
    return all(p.device.type in ("cpu", "cuda") and p.dtype == torch.float32 for p in parameters)
