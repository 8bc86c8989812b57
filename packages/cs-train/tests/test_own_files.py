"""Configuration files of one's own under --config-dir: what they can do, and mistakes in them."""

from __future__ import annotations

import pytest
from cs_train_tests.commands import SMALL, cs_train

from cs_train.config import ConfigError, ConfigFiles, compose, compose_sweep

GLOBAL = "# @package _global_\n"
EXPERIMENT, TRAINING, DATASET = "experiment/mine.yaml", "training/mine.yaml", "dataset/mine.yaml"
NO_PACKAGE = "its first line must be `# @package _global_`"

WRONG = [
    ("a bracket", EXPERIMENT, GLOBAL + "seed: [1\nname: x\n", "line 3: expected ',' or ']'"),
    ("a tab", EXPERIMENT, GLOBAL + "training:\n\tbatch_size: 3\n", "line 3: a tab cannot indent"),
    ("a key twice", EXPERIMENT, GLOBAL + "seed: 1\nseed: 2\n", "line 3: found duplicate key seed"),
    ("an alias", TRAINING, "batch_size: *x\n", "line 1: found undefined alias"),
    ("a tag", TRAINING, "batch_size: !!python/object:os.x 3\n", "line 1: could not determine"),
    ("two documents", TRAINING, "seed: 3\n---\nseed: 4\n", "line 2: but found another document"),
    ("a null byte", TRAINING, "\0batch_size: 3\n", "special characters are not allowed"),
    (
        "an unknown key",
        EXPERIMENT,
        GLOBAL + "training:\n  bacth_size: 3\n",
        "line 3: there is no key training.bacth_size; did you mean training.batch_size?",
    ),
    (
        "an unknown key above",
        EXPERIMENT,
        GLOBAL + "epochs: 3\n",
        "did you mean training.num_epochs?",
    ),
    ("a number as key", TRAINING, "1: 3\n", "line 1: there is no key training.1"),
    (
        "a text as number",
        EXPERIMENT,
        GLOBAL + "training:\n  batch_size: many\n",
        "line 3: training.batch_size must be a whole number, got 'many'",
    ),
    ("no value", TRAINING, "batch_size:\n", "line 1: training.batch_size must be a whole number"),
    ("out of range", TRAINING, "batch_size: 0\n", "line 1: training.batch_size must be at least 1"),
    ("no choice", TRAINING, "schedule: 2024-01-01\n", "line 1: training.schedule must be constant"),
    (
        "one column",
        DATASET,
        "name: custom\npath: a.csv\ntext_columns: Betreff\n",
        "line 3: dataset.text_columns must be a list of texts",
    ),
    (
        "labels that YAML changes",
        DATASET,
        "name: custom\npath: a.csv\nlabels: [1.10, 1.1]\n",
        "line 3: dataset.labels is (1.1, 1.1): 1.1 is no label, write it in quotes",
    ),
    (
        "truth values as labels",
        DATASET,
        "name: custom\npath: a.csv\nlabels: {yes: a, no: b}\n",
        "line 3: dataset.labels is {True: 'a', False: 'b'}: True is no label, write it in quotes",
    ),
    ("no package", EXPERIMENT, "training:\n  batch_size: 3\n", NO_PACKAGE),
    ("a package misspelt", EXPERIMENT, "# @package _globl_\nseed: 3\n", NO_PACKAGE),
    ("a package left out", EXPERIMENT, "# @package\nseed: 3\n", "Expected header format"),
    ("a list", EXPERIMENT, "- 1\n- 2\n", NO_PACKAGE),
    ("a text", EXPERIMENT, "hello\n", NO_PACKAGE),
    (
        "an unknown choice",
        EXPERIMENT,
        GLOBAL + "defaults:\n  - override /model: gpt\n",
        "model=gpt",
    ),
    (
        "no override",
        EXPERIMENT,
        GLOBAL + "defaults:\n  - /model: distilbert\n",
        "- override /model: NAME",
    ),
    (
        "no slash",
        EXPERIMENT,
        GLOBAL + "defaults:\n  - override model: distilbert\n",
        "needs a slash: override /model",
    ),
    (
        "an unknown group",
        EXPERIMENT,
        GLOBAL + "defaults:\n  - override /modle: tiny\n",
        "there is no key modle; did you mean model?",
    ),
    ("defaults as a text", EXPERIMENT, GLOBAL + "defaults: best\n", "defaults must be a list"),
    (
        "defaults as a mapping",
        EXPERIMENT,
        GLOBAL + "defaults:\n  a: b\n",
        "defaults must be a list",
    ),
    ("a number in defaults", EXPERIMENT, GLOBAL + "defaults:\n  - 3\n", "Unsupported type"),
    ("itself in defaults", EXPERIMENT, GLOBAL + "defaults:\n  - mine\n", "names it in turn"),
    ("a reference", EXPERIMENT, GLOBAL + "name: ${nope}\n", "line 2: name refers to what cannot"),
    ("an open reference", EXPERIMENT, GLOBAL + "name: ${nope\n", "name refers to what cannot"),
    ("another folder", "trainings/mine.yaml", "batch_size: 3\n", "there is no such training"),
    ("another suffix", "training/mine.yml", "batch_size: 3\n", "there is no such training"),
]


@pytest.fixture
def own(tmp_path):
    """Write a file of one's own; return the folder, and the override that chooses it."""

    def write(path, text, encoding="utf-8"):
        file = tmp_path / "conf" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding=encoding)
        return ConfigFiles(tmp_path / "conf"), f"{file.parent.name.removesuffix('s')}=mine"

    return write


@pytest.mark.parametrize(
    ("path", "text", "message"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_a_mistake_in_a_file_is_one_line_that_names_it(own, path, text, message):
    files, chosen = own(path, text)
    with pytest.raises(ConfigError) as caught:
        compose([chosen], files=files)
    line = str(caught.value)
    assert message in line
    assert "\n" not in line
    assert "composing" not in line


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_named(own, encoding):
    files, chosen = own(EXPERIMENT, GLOBAL + "name: Priorität\n", encoding)
    with pytest.raises(ConfigError, match=r"experiment/mine\.yaml is not encoded in UTF-8"):
        compose([chosen], files=files)


def test_an_override_of_a_wrong_value_in_a_file_is_not_blamed_on_the_file(own):
    files, chosen = own(TRAINING, "batch_size: 3\n")
    with pytest.raises(ConfigError, match=r"^training\.batch_size must be at least 1, got 0$"):
        compose([chosen, "training.batch_size=0"], files=files)


def test_an_experiment_of_ones_own_is_chosen_like_ours(own):
    files, chosen = own(
        EXPERIMENT,
        GLOBAL + "defaults:\n  - override /training: baseline\nname: mine\n"
        "dataset:\n  labels: {erhöht: high, Parent::Child: low}\ntraining:\n  batch_size: 8\n",
    )
    config = compose([chosen, "seed=3"], files=files)
    assert (config.name, config.seed, config.training.batch_size) == ("mine", 3, 8)
    assert config.training.learning_rate == 1e-4
    assert config.dataset.labels == {"erhöht": "high", "Parent::Child": "low"}
    runs = compose_sweep([chosen, "seed=1,2"], files=files)
    assert [(run.name, run.seed) for run in runs] == [("mine", 1), ("mine", 2)]


def test_the_command_reads_files_of_ones_own(own, tmp_path):
    own(TRAINING, "batch_size: 8\nnum_epochs: 1\n")
    given = ("--config-dir", "conf", "training=mine")
    shown = cs_train(tmp_path, *given, "--cfg", "job", "--package", "training")
    assert (shown.code, "batch_size: 8\n" in shown.out) == (0, True)
    assert (
        "training=baseline | best_sweep | production | quickstart | mine\n"
        in cs_train(tmp_path, *given[:2], "--help", "training").out
    )
    wrong = cs_train(tmp_path, *given, "dataset.path=nowhere.csv", *SMALL)
    assert (wrong.code, wrong.err) == (2, "cs-train: nowhere.csv: there is no such file\n")
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_a_file_of_ones_own_can_ask_for_a_sweep(own, tmp_path):
    files, choice = own(EXPERIMENT, GLOBAL + "hydra:\n  mode: MULTIRUN\n")
    given = "--config-dir", files.config_dir, choice, "nowhere.csv"
    ended = cs_train(tmp_path, *given, *SMALL)

    assert ended.code == 2
    assert "nowhere.csv: there is no such file" in ended.err
    assert "sweep.csv" in ended.out + ended.err
