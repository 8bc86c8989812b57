"""The sizes of an encoder trained from scratch: defaults and checks. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from cs_model.errors import ModelError

_MINIMA = {
    "num_layers": 1,
    "hidden_size": 1,
    "num_heads": 1,
    "local_attention": 1,
    "vocab_size": 64,
    "max_length": 8,
}


@dataclass(frozen=True)
class SmallEncoderSize:
    """How large an encoder without pretrained weights is.

    Raises:
        ModelError: if a value is out of its range; the message begins with the field's name.
    """

    num_layers: int = 2
    """Number of layers."""
    hidden_size: int = 128
    """Length of a token's vector: a multiple of twice num_heads."""
    num_heads: int = 4
    """Attention heads of each layer."""
    local_attention: int = 8
    """Tokens around a token that it attends to."""
    dropout: float = 0.2
    """Dropout rate of each layer and of the head, 0 to less than 1; the embeddings have half."""
    vocab_size: int = 4096
    """Largest number of WordPieces in the vocabulary, at least 64."""
    max_length: int = 256
    """Tokens of a text that are read, at least 8; the rest is cut off."""

    def __post_init__(self) -> None:
        for name, minimum in _MINIMA.items():
            if getattr(self, name) < minimum:
                raise ModelError(f"{name} must be at least {minimum}, got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"dropout must be at least 0 and less than 1, got {self.dropout}")
        # Rotary positions rotate the halves of each head's vector against each other.
        step = 2 * self.num_heads
        if self.hidden_size % step:
            raise ModelError(
                f"hidden_size must be a multiple of twice num_heads ({self.num_heads}), got "
                f"{self.hidden_size}: try {step * max(1, round(self.hidden_size / step))}"
            )
