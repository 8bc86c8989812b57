"""Warns about settings that are valid and yet doubtful. Imports no torch."""

from __future__ import annotations

from cs_train.config.schema import Config

# Above this, a pretrained encoder forgets what it has learned within a few steps.
_MAX_FINE_TUNING_RATE = 3e-4


def warnings_of(config: Config, total_steps: int | None = None) -> list[str]:
    """Return a sentence for each doubtful setting.

    `total_steps` is the number of optimizer steps of the run; None, where the data is not known
    yet, leaves out what depends on it.
    """
    training, warnings = config.training, []
    if total_steps is not None and training.warmup_of(total_steps) >= total_steps:
        warnings.append(
            f"training.warmup_steps={training.warmup_steps:g} is not less than the {total_steps} "
            "steps of this run: the learning rate never reaches training.learning_rate; try "
            f"training.warmup_steps={total_steps // 10}"
        )
    if config.model.name and training.learning_rate > _MAX_FINE_TUNING_RATE:
        warnings.append(
            f"training.learning_rate={training.learning_rate:g} is too high for a pretrained "
            f"encoder: {config.model.name} would forget what it has learned; try training=baseline,"
            " or training.learning_rate=1e-4"
        )
    return warnings
