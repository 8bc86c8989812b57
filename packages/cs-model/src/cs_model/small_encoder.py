"""Make a small encoder and its WordPiece tokenizer from texts alone, without a checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    AutoModelForSequenceClassification,
    ModernBertConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from cs_model.labels import name_classes
from cs_model.small_encoder_size import SmallEncoderSize
from cs_model.tokenizer_cleaning import add_cleaning

_PAD, _UNKNOWN, _FIRST, _LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
_INNER = "##"  # marks a piece that does not begin a word


def make_encoder(
    texts: Iterable[str], labels: Sequence[str], size: SmallEncoderSize
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Return an untrained classifier of the given size, and a tokenizer trained on the texts.

    Weights are drawn from torch's global generator.
    """
    tokenizer = _train_tokenizer(texts, size)
    add_cleaning(tokenizer)
    config = name_classes(_encoder_config(tokenizer, size), labels)
    # For heads this small, plain matrix products train faster on a CPU than a fused kernel (in
    # bf16 by a quarter; in fp32, and for inference, there is little between them).
    model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
    return model, tokenizer


def _train_tokenizer(texts: Iterable[str], size: SmallEncoderSize) -> PreTrainedTokenizerFast:
    """Train a WordPiece tokenizer that ignores case and accents; same texts, same tokenizer."""
    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    normalized = [normalizer.normalize_str(text) for text in texts]
    special = [_PAD, _UNKNOWN, _FIRST, _LAST]
    # The trainer numbers characters inside words in an order that changes from run to run, and
    # breaks ties between pieces by these numbers. Named beforehand, they have a fixed order.
    counts = Counter(chain.from_iterable(normalized))
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    common = ranked[: size.vocab_size // 4]
    inner = [_INNER + character for character in common if not character.isspace()]
    draft = Tokenizer(models.WordPiece(unk_token=_UNKNOWN))
    draft.pre_tokenizer = pre_tokenizer
    draft.train_from_iterator(
        normalized,
        trainers.WordPieceTrainer(
            vocab_size=size.vocab_size,
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


def _encoder_config(tokenizer: PreTrainedTokenizerFast, size: SmallEncoderSize) -> ModernBertConfig:
    """Describe a small ModernBERT that reads phrases and adds them up.

    Each token attends to its neighbours only, and the mean of all tokens is classified: without
    pretraining, this learns what a phrase means from a few thousand texts, where attention over
    the entire text memorizes the texts.
    """
    return ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden_size,
        intermediate_size=2 * size.hidden_size,
        num_hidden_layers=size.num_layers,
        num_attention_heads=size.num_heads,
        max_position_embeddings=size.max_length,
        layer_types=["sliding_attention"] * size.num_layers,
        local_attention=size.local_attention,
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
