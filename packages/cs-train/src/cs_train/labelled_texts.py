"""A split in the form that training takes: token ids and class numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cs_model import Classifier
from cs_model.encoding import EncodedTexts


@dataclass(frozen=True)
class LabelledTexts:
    """Texts with their true classes; every field has the length of the split."""

    encoded: EncodedTexts
    targets: NDArray[np.int64]  # class numbers, in the order of the classifier's labels

    def __len__(self) -> int:
        return len(self.targets)


def label_texts(
    classifier: Classifier, texts: Sequence[str], labels: Sequence[str]
) -> LabelledTexts:
    """Encode texts for a classifier and number their labels."""
    number = {label: index for index, label in enumerate(classifier.labels)}
    targets = np.array([number[label] for label in labels], dtype=np.int64)
    return LabelledTexts(classifier.encode(texts), targets)
