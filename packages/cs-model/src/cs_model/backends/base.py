"""The interface of the engines that compute for a classifier. Imports no engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cs_model.encoding import EncodedTexts


class Backend(Protocol):
    """A model ready for inference on one device, in one precision."""

    @property
    def description(self) -> str:
        """Engine, device and precision, for people: `torch on cpu in fp32`."""
        ...

    def logits(
        self, encoded: EncodedTexts, *, batch_tokens: int | None = None
    ) -> NDArray[np.float32]:
        """Return the logits, shape [texts, labels], in the order of the texts.

        Must be safe to call from several threads at once, and leave the model as it is.

        Args:
            encoded: the texts.
            batch_tokens: padded tokens that are computed at once, which bounds the memory; None
                for what suits the device.
        """
        ...
