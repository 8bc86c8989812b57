"""Makes a small encoder and its WordPiece tokenizer from texts alone, without a checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import ModernBertConfig, PreTrainedTokenizerFast

from cs_model.errors import ModelError

_PAD, _UNKNOWN, _FIRST, _LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
_INNER = "##"  # marks a piece that does not begin a word


@dataclass(frozen=True)
class ScratchSize:
    """How large an encoder without pretrained weights is made."""

    layers: int = 2
    width: int = 128  # length of a token's vector
    heads: int = 4
    window: int = 8  # tokens around it that a token attends to
    dropout: float = 0.2  # in each layer and before the head; half as much of the embeddings
    vocabulary: int = 4096  # WordPieces at most
    max_length: int = 256  # tokens of a text that are read

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "window", "vocabulary", "max_length"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"dropout must be 0 or more and less than 1, not {self.dropout}")
        if self.width % (2 * self.heads):
            # Rotary positions turn the halves of each head's vector against each other.
            raise ModelError(
                f"width {self.width} must be a multiple of twice the heads ({self.heads}): "
                f"try {2 * self.heads * max(1, round(self.width / (2 * self.heads)))}"
            )


def train_tokenizer(texts: Iterable[str], size: ScratchSize) -> PreTrainedTokenizerFast:
    """Train a WordPiece tokenizer that ignores case and accents; same texts, same tokenizer."""
    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    normalized = [normalizer.normalize_str(text) for text in texts]
    special = [_PAD, _UNKNOWN, _FIRST, _LAST]
    # The trainer numbers characters inside words in an order that changes from run to run, and
    # breaks ties between pieces by these numbers. Named beforehand, they have a fixed order.
    inner = [_INNER + character for character in _alphabet(normalized, size.vocabulary // 4)]
    draft = Tokenizer(models.WordPiece(unk_token=_UNKNOWN))
    draft.pre_tokenizer = pre_tokenizer
    draft.train_from_iterator(
        normalized,
        trainers.WordPieceTrainer(
            vocab_size=size.vocabulary,
            special_tokens=special + inner,
            limit_alphabet=len(inner),
            show_progress=False,
        ),
    )

    tokenizer = Tokenizer(models.WordPiece(draft.get_vocab(), unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.WordPiece(prefix=_INNER)
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_FIRST} $A {_LAST}",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (_FIRST, _LAST)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=_PAD,
        unk_token=_UNKNOWN,
        cls_token=_FIRST,
        sep_token=_LAST,
        model_max_length=size.max_length,
    )


def encoder_config(tokenizer: PreTrainedTokenizerFast, size: ScratchSize) -> ModernBertConfig:
    """Describe a small ModernBERT that reads phrases and adds them up.

    Each token attends to its neighbours only, and the mean of all tokens is classified: without
    pretraining, this learns what a phrase means from a few thousand texts, where attention over
    the whole text learns the texts by heart.
    """
    return ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.width,
        intermediate_size=2 * size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        max_position_embeddings=size.max_length,
        layer_types=["sliding_attention"] * size.layers,
        local_attention=size.window,
        classifier_pooling="mean",
        embedding_dropout=size.dropout / 2,
        mlp_dropout=size.dropout,
        classifier_dropout=size.dropout,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
    )


def _alphabet(texts: Iterable[str], limit: int) -> list[str]:
    """Return the characters that occur most, at most `limit`, in a fixed order."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [character for character, _ in ranked[:limit] if not character.isspace()]
