"""Text in, label and probability out: a classifier of support tickets.

>>> from cs_model import Classifier
>>> classifier = Classifier.load("outputs/2026-01-31/09-30-00/model")  # doctest: +SKIP
>>> ticket = "Working is no longer possible. It cannot wait until next week."
>>> classifier.predict([ticket])[0].label  # doctest: +SKIP
'high'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cs_model.errors import ModelError

if TYPE_CHECKING:
    from cs_model.classifier import Classifier, Prediction
    from cs_model.scratch import ScratchSize

__all__ = ["Classifier", "ModelError", "Prediction", "ScratchSize"]


def __getattr__(name: str) -> object:  # torch takes seconds to load: only when it is used
    if name in ("Classifier", "Prediction"):
        from cs_model import classifier

        return getattr(classifier, name)
    if name == "ScratchSize":
        from cs_model.scratch import ScratchSize

        return ScratchSize
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
