from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import normalizers
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)
from transformers.utils import logging as transformers_logging

from cs_data.cleaning import Cleaning
from cs_model import Classifier, ModelError, Prediction, SmallEncoderSize
from cs_model.calibration import calibrated_softmax
from cs_model.settings import ModelSettings

LABELS = ("low", "medium", "high")


def save_encoder(folder: Path, classifier: Classifier, model: torch.nn.Module) -> Path:
    """Save an untrained encoder of another architecture beside a tokenizer that fits it."""
    model.save_pretrained(folder)
    classifier.tokenizer.save_pretrained(folder)
    return folder


def test_predictions_come_in_the_order_of_the_texts(classifier):
    texts = ["a", "The server is down and nobody can work " * 9, "", "🚨🔥", "Please change " * 3]
    together = classifier.predict(texts)
    alone = [classifier.predict([text])[0] for text in texts]
    assert [one.label for one in together] == [one.label for one in alone]
    for left, right in zip(together, alone, strict=True):
        assert left.probability == pytest.approx(right.probability, abs=0.02)  # bf16 rounds


def test_a_prediction_names_every_label_and_its_probabilities_sum_to_one(classifier):
    [prediction] = classifier.predict(["Der Drucker druckt wieder"])
    assert tuple(prediction.probabilities) == LABELS
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.probability == max(prediction.probabilities.values())
    assert prediction == Prediction(
        prediction.label, prediction.probabilities[prediction.label], prediction.probabilities
    )


def test_no_texts_give_no_predictions(classifier):
    assert classifier.predict([]) == []
    assert classifier.predict_probabilities([]).shape == (0, 3)


def test_a_text_longer_than_the_model_reads_is_cut_off(classifier):
    long = "server " * 5000
    assert classifier.encode([long]).lengths.tolist() == [classifier.max_length]
    assert classifier.predict([long]) == classifier.predict([long + "down"])


def test_many_texts_are_classified_within_a_token_budget(classifier):
    encoded = classifier.encode(["server is down"] * 50 + ["please"] * 50)
    small = classifier.logits(encoded, batch_tokens=16)
    large = classifier.logits(encoded, batch_tokens=100_000)
    np.testing.assert_allclose(small, large, atol=0.02)


class Column:
    """Values with an index of their own, as a filtered pandas.Series: iterable, not a sequence."""

    def __init__(self, values):
        self.values = dict(zip(range(7, 7 + len(values)), values, strict=True))

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        return self.values[index]

    def __iter__(self):
        return iter(self.values.values())


@pytest.mark.parametrize(
    "make",
    [iter, lambda texts: (text for text in texts), tuple, np.array, Column, dict.fromkeys],
    ids=["iterator", "generator", "tuple", "numpy", "column", "keys"],
)
def test_any_iterable_of_texts_is_read_once_and_in_order(classifier, make):
    texts = ["The server is down", "", "Please change my address " * 9, "\ud800 down", "🚨"]
    assert classifier.predict(make(texts)) == classifier.predict(texts)
    np.testing.assert_array_equal(
        classifier.predict_probabilities(make(texts)), classifier.predict_probabilities(texts)
    )
    np.testing.assert_array_equal(classifier.encode(make(texts)).ids, classifier.encode(texts).ids)


def test_an_iterable_without_texts_gives_no_predictions(classifier):
    assert classifier.predict(iter([])) == classifier.predict(np.array([])) == []


@pytest.mark.parametrize("method", ["predict", "predict_probabilities", "encode"])
def test_one_string_instead_of_a_list_is_refused(classifier, method):
    with pytest.raises(ModelError, match=r"predict\(\[text\]\)"):
        getattr(classifier, method)("The server is down")


@pytest.mark.parametrize("method", ["predict", "predict_probabilities", "encode"])
@pytest.mark.parametrize("make", [list, iter, Column], ids=["list", "iterator", "column"])
def test_a_missing_value_among_the_texts_is_refused_with_its_place(classifier, method, make):
    with pytest.raises(ModelError, match="text 1 is NoneType"):
        getattr(classifier, method)(make(["fine", None]))


def test_half_a_surrogate_pair_is_read_as_a_question_mark(classifier):
    assert classifier.predict(["\ud800 down"]) == classifier.predict(["? down"])


def test_raw_exports_are_read_like_prepared_tickets(classifier):
    raw = ["Line one\\nLine two", "Line one\\r\\nLine two", "tre\u0300s grave", "one\\ttwo"]
    prepared = ["Line one\nLine two", "Line one\nLine two", "tr\u00e8s grave", "one\ttwo"]
    assert classifier.predict(raw) == classifier.predict(prepared)


def test_texts_are_cleaned_before_the_tokenizer_reads_them(classifier):
    raw = ["<p>Server&nbsp;down</p><p>since <b>Monday</b></p>", "Read C:\\new\\notes.txt\\nBob"]
    prepared = ["Server down\n\nsince Monday", "Read C:\\new\\notes.txt\nBob"]
    assert classifier.predict(raw) == classifier.predict(prepared)
    assert classifier.encode(raw).ids.tolist() == classifier.encode(prepared).ids.tolist()


def test_a_model_cleans_texts_as_its_training_data_was_cleaned(classifier, tmp_path):
    raw = "Help\n\nOn 5 May 2024 at 10:12, Ann <ann@example.com> wrote:\n> Did it work?\n<br>"
    settings = ModelSettings(cleaning=Cleaning(strip_html=False, strip_quoted_mail=True))
    made = Classifier(classifier.backend, classifier.tokenizer, LABELS, settings=settings)
    made.save(tmp_path / "model")
    loaded = Classifier.load(tmp_path / "model")
    assert loaded.cleaning == settings.cleaning
    assert loaded.encode([raw]).ids.tolist() == made.encode(["Help\n\n<br>"]).ids.tolist()
    assert classifier.encode([raw]).ids.tolist() != loaded.encode([raw]).ids.tolist()


def test_a_model_that_was_saved_before_texts_were_cleaned_reads_html_as_it_is(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    del config["cs_model"]["cleaning"]
    path.write_text(json.dumps(config))
    loaded = Classifier.load(tmp_path / "model")
    assert loaded.cleaning is None
    assert loaded.encode(["<p>a</p>"]).ids.tolist() != classifier.encode(["<p>a</p>"]).ids.tolist()


def test_a_model_is_loaded_with_the_cleaning_that_it_was_saved_with(tmp_path):
    encoder = tmp_path / "encoder"
    BertModel(BertConfig(vocab_size=6, **TINY)).save_pretrained(encoder)
    BertTokenizer(
        vocab={"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5}
    ).save_pretrained(encoder)
    made = Classifier.from_pretrained(encoder, labels=["x", "y"])
    # As an earlier version saved it: it knew nothing of the two characters of a tab.
    made.cleaning = None
    made.tokenizer.backend_tokenizer.normalizer = normalizers.Replace("\\n", "\n")
    made.save(tmp_path / "model")
    loaded = Classifier.load(tmp_path / "model")
    assert loaded.encode(["a\\nb"]).ids.tolist() == [2, 4, 5, 3]
    assert loaded.encode(["a\\tb"]).ids.tolist() == made.encode(["a\\tb"]).ids.tolist()
    assert loaded.encode(["A"]).ids.tolist() == made.encode(["A"]).ids.tolist()


def test_raw_exports_are_read_the_same_after_loading_any_tokenizer(classifier, tmp_path):
    tokenizer = BertTokenizer(
        vocab={"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5}
    )
    encoder = tmp_path / "encoder"
    BertModel(BertConfig(vocab_size=6, **TINY)).save_pretrained(encoder)
    tokenizer.save_pretrained(encoder)
    Classifier.from_pretrained(encoder, labels=["x", "y"]).save(tmp_path / "model")
    loaded = Classifier.load(tmp_path / "model")
    assert loaded.encode(["a\\nb"]).ids.tolist() == [2, 4, 5, 3]
    loaded.save(tmp_path / "again")
    assert Classifier.load(tmp_path / "again").encode(["a\\nb"]).ids.tolist() == [2, 4, 5, 3]


def test_a_model_in_the_home_folder_is_found(model_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(model_folder.parent))
    monkeypatch.setenv("USERPROFILE", str(model_folder.parent))
    assert Classifier.load("~/model").labels == LABELS
    assert Classifier.from_pretrained("~/model", labels=["x", "y"]).labels == ("x", "y")


def test_a_folder_of_another_project_is_not_taken_for_a_model(classifier, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="holds something else"):
        classifier.save(tmp_path)


def test_saving_and_loading_gives_the_same_predictions(classifier, model_folder):
    loaded = Classifier.load(model_folder, accelerator="cpu")
    texts = ["The server is down", "", "Quero saber"]
    assert loaded.predict(texts) == classifier.predict(texts)
    assert loaded.labels == LABELS
    assert loaded.max_length == classifier.max_length
    assert (model_folder / "README.md").read_text() == "# A card\n"


@pytest.mark.parametrize("labels", [("LABEL_0", "LABEL_1"), ("LABEL_2", "LABEL_1", "LABEL_0")])
def test_a_saved_model_keeps_labels_that_look_like_placeholders(small_size, tmp_path, labels):
    made = Classifier.from_scratch(["some text"], labels=labels, size=small_size)
    made.save(tmp_path / "model")
    assert Classifier.load(tmp_path / "model").labels == labels


def test_a_saved_model_holds_safetensors_and_nothing_pickled(model_folder):
    assert sorted(path.name for path in model_folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_temperature_and_columns_travel_with_the_model(classifier, tmp_path):
    folder = tmp_path / "model"
    copy = Classifier(
        classifier.backend,
        classifier.tokenizer,
        LABELS,
        max_length=classifier.max_length,
        settings=ModelSettings(
            temperature=2.5, text_columns=("title", "question"), label_column="queue"
        ),
    )
    copy.save(folder)
    loaded = Classifier.load(folder)
    assert loaded.temperature == 2.5
    assert loaded.text_columns == ("title", "question")
    assert loaded.label_column == "queue"
    plain, soft = classifier.predict(["server down"])[0], loaded.predict(["server down"])[0]
    assert soft.label == plain.label
    assert soft.probability < plain.probability


def test_a_model_saved_before_the_label_column_was_stored_predicts_priority(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    del config["cs_model"]["label_column"]
    path.write_text(json.dumps(config))
    assert Classifier.load(tmp_path / "model").label_column == "priority"


def test_a_model_is_asked_with_the_attention_that_it_was_trained_with(model_folder, tmp_path):
    loaded = Classifier.load(model_folder)
    assert loaded.model.config._attn_implementation == "eager"
    tuned = Classifier.from_pretrained(model_folder, labels=["x", "y"])
    tuned.save(tmp_path / "tuned")
    again = Classifier.load(tmp_path / "tuned")
    assert again.model.config._attn_implementation == tuned.model.config._attn_implementation


def test_an_attention_kernel_that_a_model_names_is_not_fetched(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    config = json.loads(path.read_text())
    config["cs_model"]["attention"] = "someone/kernel"
    path.write_text(json.dumps(config))
    assert Classifier.load(tmp_path / "model").model.config._attn_implementation == "sdpa"


def test_saving_replaces_an_older_model_and_leaves_nothing_else(classifier, tmp_path):
    folder = tmp_path / "model"
    classifier.save(folder)
    (folder / "leftover.txt").write_text("of the older model")
    classifier.save(folder)
    assert not (folder / "leftover.txt").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_saving_into_a_folder_with_something_else_is_refused(classifier, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="holds something else"):
        classifier.save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_save_that_fails_leaves_the_older_model(classifier, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    classifier.save(folder)
    before = (folder / "config.json").read_bytes()

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(classifier.tokenizer, "save_pretrained", fail)
    with pytest.raises(OSError, match="No space"):
        classifier.save(folder)
    assert (folder / "config.json").read_bytes() == before
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
@pytest.mark.parametrize("allowed", [0, 3000, 100_000])  # config.json has 1,600 bytes
def test_a_full_disk_is_one_line_and_leaves_no_model(tmp_path, allowed):
    import resource

    size = SmallEncoderSize(num_layers=1, hidden_size=64, num_heads=2, vocab_size=3000)
    large = Classifier.from_scratch(["some text"], labels=LABELS, size=size)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, before[1]))
    try:
        with pytest.raises((ModelError, OSError), match=r"File too large") as caught:
            large.save(tmp_path / "model")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(tmp_path / "model") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
def test_a_service_of_another_user_can_read_a_saved_model(classifier, tmp_path):
    before = os.umask(0o022)
    try:
        classifier.save(tmp_path / "model")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "model").iterdir()}
    assert modes == {0o644}


def test_scratch_models_of_one_seed_are_the_same(small_size):
    texts = [f"ticket {i} Zürich überall çà 🚨 {'please ' * (i % 5)}" for i in range(50)]
    made = []
    for _ in range(2):
        torch.manual_seed(3)
        made.append(Classifier.from_scratch(texts, labels=["x", "y"], size=small_size))
    assert made[0].tokenizer.get_vocab() == made[1].tokenizer.get_vocab()
    first, second = (one.model.state_dict() for one in made)
    assert all(torch.equal(first[name], second[name]) for name in first)


TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 34,
}


@pytest.mark.parametrize(
    "make",
    [
        lambda n: BertModel(BertConfig(vocab_size=n, **TINY)),
        lambda n: DistilBertModel(
            DistilBertConfig(vocab_size=n, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
        ),
        lambda n: RobertaModel(RobertaConfig(vocab_size=n, pad_token_id=0, **TINY)),
    ],
    ids=["bert", "distilbert", "roberta"],
)
def test_a_new_head_goes_on_any_encoder(make, classifier, tmp_path):
    encoder = make(len(classifier.tokenizer))
    folder = save_encoder(tmp_path / "encoder", classifier, encoder)
    made = Classifier.from_pretrained(folder, labels=["spam", "ham"])
    assert made.labels == ("spam", "ham")
    assert [one.label in made.labels for one in made.predict(["x " * 900, ""])] == [True, True]
    kept = dict(made.model.base_model.named_parameters())
    for name, weights in encoder.named_parameters():
        if "pooler" not in name:
            assert torch.equal(kept[name].cpu(), weights), name


def test_an_encoder_whose_weights_do_not_fit_its_configuration_is_refused(classifier, tmp_path):
    encoder = BertModel(BertConfig(vocab_size=len(classifier.tokenizer), **TINY))
    folder = save_encoder(tmp_path / "encoder", classifier, encoder)
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError) as caught:
        Classifier.from_pretrained(folder, labels=["spam", "ham"])
    assert "\n" not in str(caught.value)
    assert "1 of its weights" in str(caught.value)
    assert "position_embeddings.weight is 34 x 16, not 64 x 16" in str(caught.value)
    assert "config.json" in str(caught.value)


def test_roberta_loses_the_positions_that_it_counts_from_the_padding(classifier, tmp_path):
    config = RobertaConfig(vocab_size=len(classifier.tokenizer), pad_token_id=1, **TINY)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=classifier.tokenizer.backend_tokenizer,
        pad_token=classifier.tokenizer.pad_token,
    )
    folder = tmp_path / "encoder"
    RobertaModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    made = Classifier.from_pretrained(folder, labels=["spam", "ham"])
    assert made.max_length == 32
    assert len(made.predict(["word " * 100])) == 1


def test_the_head_of_another_task_is_not_kept(classifier, model_folder):
    torch.manual_seed(1)
    made = Classifier.from_pretrained(model_folder, labels=["x", "y", "z"])
    old, new = classifier.model.state_dict(), made.model.state_dict()
    assert torch.equal(
        new["model.embeddings.tok_embeddings.weight"], old["model.embeddings.tok_embeddings.weight"]
    )
    assert not torch.equal(new["classifier.weight"], old["classifier.weight"])
    assert not torch.equal(new["head.dense.weight"], old["head.dense.weight"])


def test_max_length_is_a_limit_that_is_saved(model_folder, tmp_path):
    made = Classifier.from_pretrained(model_folder, labels=["x", "y"], max_length=10)
    made.save(tmp_path / "model")
    assert Classifier.load(tmp_path / "model").max_length == 10
    longer = Classifier.from_pretrained(model_folder, labels=["x", "y"], max_length=4000)
    assert longer.max_length == 32


def test_precision_changes_no_answer_much(model_folder):
    texts = ["The server is down and nobody can work", "Please"]
    exact = Classifier.load(model_folder, accelerator="cpu", precision="fp32")
    rounded = Classifier.load(model_folder, accelerator="cpu", precision="bf16")
    np.testing.assert_allclose(
        exact.predict_probabilities(texts), rounded.predict_probabilities(texts), atol=0.02
    )


def test_half_precision_checkpoints_are_held_in_fp32(classifier, tmp_path):
    size = len(classifier.tokenizer)
    config = XLMRobertaConfig(vocab_size=size, pad_token_id=0, **TINY)
    config.id2label = {0: "no", 1: "yes"}
    folder = save_encoder(
        tmp_path / "half", classifier, XLMRobertaForSequenceClassification(config).half()
    )
    loaded = Classifier.load(folder)
    assert {weights.dtype for weights in loaded.model.parameters()} == {torch.float32}


def test_softmax_stays_finite_for_large_logits():
    probabilities = calibrated_softmax(np.array([[1e4, -1e4, 0.0]], dtype=np.float32), 0.5)
    np.testing.assert_allclose(probabilities, [[1, 0, 0]])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("low", "got the one string"),
        ([], "at least two classes, got 0"),
        (["only"], "at least two classes, got 1"),
        (["a", " "], "must be non-empty text"),
        (["a", 3], "must be non-empty text"),
        (["a", "b", "a"], "'a' is given twice"),
    ],
)
def test_labels_that_name_no_classes_are_refused(labels, message):
    with pytest.raises(ModelError, match=message):
        Classifier.from_scratch(["text"], labels=labels)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1, got 0"),
        ({"hidden_size": 10, "num_heads": 4}, "try 8"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"vocab_size": 63}, "vocab_size must be at least 64, got 63"),
        ({"max_length": 7}, "max_length must be at least 8, got 7"),
    ],
)
def test_sizes_that_make_no_encoder_are_refused(size, message):
    with pytest.raises(ModelError, match=message):
        SmallEncoderSize(**size)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accelerator": "tpu"}, "must be auto, cpu, gpu or mps, got 'tpu'"),
        ({"precision": "int4"}, "must be auto, fp32, bf16 or fp16, got 'int4'"),
    ],
)
def test_unknown_hardware_is_refused(model_folder, options, message):
    with pytest.raises(ModelError, match=message):
        Classifier.load(model_folder, **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_reported(model_folder):
    with pytest.raises(ModelError, match="finds none"):
        Classifier.load(model_folder, accelerator="gpu")


class TestFoldersThatAreNoModel:
    @pytest.fixture
    def broken(self, classifier, tmp_path):
        folder = tmp_path / "model"
        classifier.save(folder)
        return folder

    def refused(self, folder):
        with pytest.raises(ModelError) as caught:
            Classifier.load(folder)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_nothing_there(self, tmp_path):
        assert "there is no model folder" in self.refused(tmp_path / "nothing" / "here")

    def test_a_file(self, tmp_path):
        (tmp_path / "model.zip").write_bytes(b"PK")
        assert "is a file" in self.refused(tmp_path / "model.zip")

    def test_an_empty_folder(self, tmp_path):
        assert "no config.json" in self.refused(tmp_path)

    def test_a_configuration_that_is_not_json(self, broken):
        (broken / "config.json").write_text("{oops")
        assert "not valid JSON" in self.refused(broken)

    def test_a_configuration_that_is_no_object(self, broken):
        (broken / "config.json").write_text("[]")
        assert "must be a JSON object, got list" in self.refused(broken)

    def test_a_configuration_of_no_known_architecture(self, broken):
        (broken / "config.json").write_text('{"model_type": "perceptron"}')
        assert "cannot load the model" in self.refused(broken)

    def test_no_weights(self, broken):
        (broken / "model.safetensors").unlink()
        assert "it has no weights" in self.refused(broken)

    def test_pickled_weights(self, broken):
        (broken / "model.safetensors").rename(broken / "pytorch_model.bin")
        assert "pytorch_model.bin is a pickle" in self.refused(broken)

    def test_weights_cut_short(self, broken):
        whole = (broken / "model.safetensors").read_bytes()
        (broken / "model.safetensors").write_bytes(whole[: len(whole) // 2])
        assert "model.safetensors is cut off after" in self.refused(broken)

    def test_weights_of_another_size(self, broken):
        config = json.loads((broken / "config.json").read_text())
        config["hidden_size"] = 32
        (broken / "config.json").write_text(json.dumps(config))
        assert "classifier.weight is 3 x 16, not 3 x 32" in self.refused(broken)

    def test_an_encoder_without_a_head(self, broken):
        model = AutoModelForSequenceClassification.from_pretrained(broken)
        model.base_model.save_pretrained(broken)
        config = json.loads((broken / "config.json").read_text())
        config["id2label"] = {"0": "no", "1": "yes"}
        (broken / "config.json").write_text(json.dumps(config))
        assert "of its weights" in self.refused(broken)

    def test_classes_without_names(self, broken):
        config = json.loads((broken / "config.json").read_text())
        del config["id2label"], config["label2id"], config["cs_model"]
        config["num_labels"] = 3
        (broken / "config.json").write_text(json.dumps(config))
        message = self.refused(broken)
        assert "no label names (LABEL_0, LABEL_1" in message
        assert "from_pretrained" in message

    def test_two_classes_of_one_name(self, broken):
        config = json.loads((broken / "config.json").read_text())
        config["id2label"] = {"0": "no", "1": "no", "2": "yes"}
        (broken / "config.json").write_text(json.dumps(config))
        assert "'no' is given twice" in self.refused(broken)

    def test_no_tokenizer(self, broken):
        (broken / "tokenizer.json").unlink()
        (broken / "tokenizer_config.json").unlink()
        assert "has no tokenizer.json" in self.refused(broken)

    def test_a_tokenizer_without_padding(self, broken):
        config = json.loads((broken / "tokenizer_config.json").read_text())
        del config["pad_token"]
        (broken / "tokenizer_config.json").write_text(json.dumps(config))
        assert "no padding token" in self.refused(broken)


def test_weights_that_would_run_code_are_never_opened(classifier, tmp_path):
    folder = tmp_path / "model"
    classifier.save(folder)
    trap = tmp_path / "sprung"
    (folder / "model.safetensors").unlink()
    # A pickle that makes a file when it is opened.
    (folder / "pytorch_model.bin").write_bytes(
        b"cos\nsystem\n(S'touch " + os.fsencode(trap) + b"'\ntR."
    )
    for load in (
        lambda: Classifier.load(folder),
        lambda: Classifier.from_pretrained(folder, labels=["a", "b"]),
    ):
        with pytest.raises(ModelError):
            load()
    assert not trap.exists()


def test_threads_that_predict_at_once_get_the_answers_that_each_gets_alone(model_folder):
    loaded = Classifier.load(model_folder, accelerator="cpu", precision="fp32")
    texts = ["The server is down", "", "Quero saber o preço " * 9, "🚨"]
    expected = Classifier.load(model_folder, accelerator="cpu", precision="fp32").predict(texts)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: loaded.predict(texts), range(24)))
    assert answers == [expected] * 24


def test_threads_that_load_at_once_leave_the_log_level_and_the_bars_of_transformers(model_folder):
    before = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    with ThreadPoolExecutor(4) as threads:
        loaded = list(threads.map(lambda _: Classifier.load(model_folder), range(8)))
    assert {one.labels for one in loaded} == {LABELS}
    after = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    assert after == before


@pytest.mark.parametrize("training", [False, True])
def test_predicting_leaves_the_mode_of_the_model(model_folder, training):
    loaded = Classifier.load(model_folder, accelerator="cpu")
    assert not loaded.model.training
    loaded.model.train(training)
    loaded.predict(["The server is down"])
    assert loaded.model.training == training


def test_a_new_model_is_ready_to_be_asked(classifier):
    assert not classifier.model.training
    assert classifier.backend.description == f"torch on cpu in {classifier.precision}"
    assert classifier.predict(["The server is down"]) == classifier.predict(["The server is down"])


def test_only_a_model_computed_by_torch_is_saved(classifier, tmp_path):
    class OtherEngine:
        description = "another engine"

        def logits(self, encoded, *, batch_tokens=None):
            return np.tile(np.float32([0, 0, 1]), (len(encoded), 1))

    other = Classifier(OtherEngine(), classifier.tokenizer, LABELS, max_length=16)
    assert [one.label for one in other.predict(["a", "b"])] == ["high", "high"]
    with pytest.raises(ModelError, match="got another engine: load it with torch"):
        other.save(tmp_path / "model")
