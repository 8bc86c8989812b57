from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import CONFIG_MAPPING, AutoModel, PreTrainedTokenizerFast

from cs_model import Classifier, ModelError
from cs_model.backends.torch_backend import forward

TEXTS = ["abc def " * 40, "", "ab", "hello world"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
SIZES = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "embedding_size"), 32),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "d_ff", "encoder_ffn_dim"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layers", "n_layer", "num_layers"), 1),
    **dict.fromkeys(("encoder_layers", "decoder_layers"), 1),
    **dict.fromkeys(("num_attention_heads", "n_heads", "n_head", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), 80),
    **{"d_kv": 8, "decoder_ffn_dim": 32, "num_key_value_heads": 2, "head_dim": 8},
}
T5 = {"decoder_start_token_id": 0, "eos_token_id": 3}


def save_tokenizer(folder, **special):
    backend = Tokenizer(
        models.WordPiece({token: i for i, token in enumerate(VOCABULARY)}, unk_token="[UNK]")  # noqa: S106
    )
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if "eos_token" not in special:  # GPT-2's puts nothing around a text
        backend.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, **{"unk_token": "[UNK]", "pad_token": "[PAD]", **special}
    )
    tokenizer.save_pretrained(folder)
    return tokenizer


@pytest.fixture
def make_encoder(tmp_path):
    """Save a tiny, untrained encoder of any architecture, as a hub has it."""

    def make(kind, *, tokenizer=(), **values):
        known = CONFIG_MAPPING[kind]()
        sizes = {name: size for name, size in SIZES.items() if hasattr(known, name)}
        config = CONFIG_MAPPING[kind](
            **{"vocab_size": len(VOCABULARY), "pad_token_id": 0, **sizes, **values}
        )
        torch.manual_seed(0)
        AutoModel.from_config(config).save_pretrained(tmp_path / kind)
        save_tokenizer(tmp_path / kind, **dict(tokenizer))
        return tmp_path / kind

    return make


def new_classifier(folder):
    return Classifier.from_pretrained(
        folder, labels=["x", "y", "z"], accelerator="cpu", precision="fp32"
    )


def train_a_step(classifier):
    encoded = classifier.encode(TEXTS)
    classifier.model.train()
    inputs = encoded.batch(np.arange(len(TEXTS)))
    logits = forward(classifier.model, inputs, classifier.device, classifier.precision)
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0])).backward()
    torch.optim.SGD(classifier.model.parameters(), lr=0.1).step()
    classifier.model.eval()


def check_answers(folder, saved):
    """Train a step; the answers depend on no padding, and are the same after loading."""
    made = new_classifier(folder)
    train_a_step(made)
    together = made.predict_probabilities(TEXTS)
    alone = np.concatenate([made.predict_probabilities([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-3)
    made.save(saved)
    loaded = Classifier.load(saved, accelerator="cpu", precision="fp32")
    np.testing.assert_array_equal(loaded.predict_probabilities(TEXTS), together)
    return loaded


@pytest.mark.parametrize(
    ("kind", "values", "max_length"),
    [
        ("albert", {}, 80),
        ("bart", {"eos_token_id": 3}, 80),
        ("bert", {}, 80),
        ("deberta-v2", {}, 80),
        ("distilbert", {}, 80),
        ("electra", {}, 80),
        ("gpt2", {}, 80),
        ("modernbert", {}, 80),
        ("mpnet", {}, 78),
        ("mt5", T5, 8192),  # no limit
        ("qwen3", {}, 80),
        ("roberta", {"pad_token_id": 1}, 78),
        ("t5", T5, 8192),
        ("xlm-roberta", {"pad_token_id": 1}, 78),
    ],
)
def test_an_architecture_learns_predicts_and_is_loaded(
    make_encoder, tmp_path, kind, values, max_length
):
    loaded = check_answers(make_encoder(kind, **values), tmp_path / "saved")
    assert loaded.max_length == max_length


@pytest.mark.parametrize("kind", ["gpt2", "qwen3"])
@pytest.mark.parametrize(
    "special", [{}, {"pad_token": None, "eos_token": "z"}], ids=["pad_token", "eos_token"]
)
def test_a_decoder_without_a_padding_token_is_given_one(make_encoder, tmp_path, kind, special):
    folder = make_encoder(kind, tokenizer=special.items(), pad_token_id=None)
    loaded = check_answers(folder, tmp_path / "saved")
    assert loaded.model.config.pad_token_id == loaded.tokenizer.pad_token_id is not None


@pytest.mark.parametrize("kind", ["bert", "gpt2", "mt5", "xlm-roberta"])
def test_tokens_that_the_encoder_lacks_get_new_embeddings(make_encoder, tmp_path, caplog, kind):
    folder = make_encoder(kind, vocab_size=40, **(T5 if kind == "mt5" else {}))
    loaded = check_answers(folder, tmp_path / "saved")
    assert len(loaded.model.get_input_embeddings().weight) == len(VOCABULARY)
    assert f"the tokenizer has {len(VOCABULARY)} tokens, the encoder 40" in caplog.text


def test_a_trained_classifier_gets_no_random_embeddings(make_encoder, tmp_path):
    new_classifier(make_encoder("bert")).save(tmp_path / "saved")
    tokenizer = save_tokenizer(tmp_path / "saved")
    tokenizer.add_tokens(["<name>", "<phone>"])
    tokenizer.save_pretrained(tmp_path / "saved")
    with pytest.raises(ModelError, match=r"has 58 tokens, the model 56: use the tokenizer that"):
        Classifier.load(tmp_path / "saved")


@pytest.mark.parametrize("positions", [-1, 0])
@pytest.mark.parametrize(("tokens", "expected"), [(64, 64), (10**30, 8192), (0, 8192), (-1, 8192)])
def test_a_limit_that_is_none_is_no_limit(make_encoder, positions, tokens, expected):
    folder = make_encoder("modernbert", tokenizer={"model_max_length": tokens}.items())
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = positions
    (folder / "config.json").write_text(json.dumps(config))
    made = new_classifier(folder)
    assert made.max_length == expected
    assert len(made.predict(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("vit", {}, "transformers has no text classifier of the architecture 'vit'"),
        ("marian", {}, "no text classifier of the architecture 'marian'"),
        ("canine", {}, "cannot load the model"),
        ("xmod", {}, r"fails on a short text \(ValueError: Input language unknown.*choose another"),
        ("lilt", {"channel_shrink_ratio": 3}, r"fails on a short text \(RuntimeError:"),
    ],
)
def test_an_encoder_that_cannot_classify_a_text_is_one_line(make_encoder, kind, values, message):
    with pytest.raises(ModelError, match=message) as caught:
        new_classifier(make_encoder(kind, **values))
    assert "\n" not in str(caught.value)


class TestFilesThatAreNotWhatTheyShouldBe:
    @pytest.fixture
    def folder(self, make_encoder, tmp_path):
        new_classifier(make_encoder("bert")).save(tmp_path / "saved")
        return tmp_path / "saved"

    def refusal(self, folder, message):
        for load in (new_classifier, Classifier.load):
            with pytest.raises(ModelError, match=message) as caught:
                load(folder)
            assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
    def test_a_pointer_of_git_lfs(self, folder, name):
        (folder / name).write_text(
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 714290682\n"
        )
        self.refusal(folder, rf"{name} is a pointer of Git LFS.*run `git lfs pull`")

    @pytest.mark.parametrize("size", [0, 5, 100, 5000])
    def test_weights_that_are_cut_off(self, folder, size):
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:size])
        self.refusal(folder, f"model.safetensors is cut off after {size:,} bytes: copy or download")

    def test_weights_that_are_something_else(self, folder):
        (folder / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b"whatever" * 9)
        self.refusal(folder, "is not a safetensors file: copy or download it again")

    def test_a_part_of_the_weights_that_is_missing(self, folder):
        (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
        self.refusal(folder, r"has no model\.safetensors\.index\.json")
        names = {f"weight.{i}": f"model-0000{i}-of-00002.safetensors" for i in (1, 2)}
        index = json.dumps({"weight_map": names})
        (folder / "model.safetensors.index.json").write_text(index)
        self.refusal(folder, r"has no model-00002-of-00002\.safetensors, which model\.safe")

    def test_a_tokenizer_that_is_cut_off(self, folder):
        path = folder / "tokenizer.json"
        path.write_bytes(path.read_bytes()[:500])
        self.refusal(folder, "its tokenizer cannot be read, copy or download it again")

    def test_no_tokenizer(self, folder):
        (folder / "tokenizer.json").unlink()
        self.refusal(folder, "has no tokenizer.json: save the tokenizer beside the model")

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"auto_map": {"AutoConfig": "a.py--A"}, "model_type": "own"}, "needs code of its own"),
            ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "are quantized"),
            ({"hidden_size": "many"}, "'hidden_size' expected int, got str"),
            ({"vocab_size": 9}, re.escape("word_embeddings.weight is 56 x 32, not 9 x 32")),
        ],
    )
    def test_a_configuration_that_cannot_work(self, folder, values, message):
        config = json.loads((folder / "config.json").read_text())
        config |= {"id2label": {"0": "no", "1": "yes"}} | values
        (folder / "config.json").write_text(json.dumps(config))
        self.refusal(folder, message)
