"""Text in, label and probability out: a classifier of support tickets.

>>> from cs_model import Classifier
>>> classifier = Classifier.load("outputs/2026-01-31/09-30-00/model")  # doctest: +SKIP
>>> ticket = "Working is no longer possible. It cannot wait until next week."
>>> classifier.predict([ticket])[0].label  # doctest: +SKIP
'high'

Importing this package loads neither torch nor transformers.
"""

from __future__ import annotations

from cs_model.classifier import Classifier, Prediction
from cs_model.errors import ModelError
from cs_model.small_encoder_size import SmallEncoderSize

__all__ = ["Classifier", "ModelError", "Prediction", "SmallEncoderSize"]
