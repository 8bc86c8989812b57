"""Makes a small encoder and its WordPiece tokenizer from texts alone, without a checkpoint."""

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


@dataclass(frozen=True)
class ScratchSize:
    """How large an encoder without pretrained weights is made."""

    layers: int = 3
    width: int = 192  # length of a token's vector
    heads: int = 6
    vocabulary: int = 4096  # WordPieces at most
    max_length: int = 256  # tokens of a text that are read

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "vocabulary", "max_length"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if self.width % (2 * self.heads):
            # Rotary positions turn the halves of each head's vector against each other.
            raise ModelError(
                f"width {self.width} must be a multiple of twice the heads ({self.heads}): "
                f"try {2 * self.heads * max(1, round(self.width / (2 * self.heads)))}"
            )


def train_tokenizer(texts: Iterable[str], size: ScratchSize) -> PreTrainedTokenizerFast:
    """Train a WordPiece tokenizer that ignores case and accents."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size.vocabulary,
        special_tokens=[_PAD, _UNKNOWN, _FIRST, _LAST],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
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
    """Describe a small ModernBERT: rotary positions, pre-norm, no dropout, mean pooling.

    Without pretraining, mean pooling learns in a few epochs what a first-token classifier
    needs many more for.
    """
    return ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.width,
        intermediate_size=2 * size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        max_position_embeddings=size.max_length,
        layer_types=["full_attention"] * size.layers,
        classifier_pooling="mean",
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
    )
