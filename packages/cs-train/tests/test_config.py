from __future__ import annotations

import subprocess
import sys
from importlib import resources

import pytest
from cs_train_tests.commands import cs_train

from cs_train.config import Config, ConfigError, compose, compose_sweep, warnings_of

EXPERIMENTS = ("quickstart", "baseline", "best", "production")
MULTILINGUAL = "distilbert-base-multilingual-cased"


def test_the_default_needs_nothing():
    config = compose()
    assert config.name == "quickstart"
    assert config.dataset.name == "sample"
    assert config.model.name is None
    assert config == compose(["experiment=quickstart"])


def test_the_files_offer_what_is_documented():
    root = resources.files("cs_train.conf")
    offered = {
        group: {path.name.removesuffix(".yaml") for path in root.joinpath(group).iterdir()}
        for group in ("dataset", "model", "training", "experiment")
    }
    assert offered["dataset"] == {"sample", "custom"}
    for name in ("small", "medium", "full"):  # known without a file
        assert compose([f"dataset={name}"]).dataset.name == name
    assert offered["model"] == {"tiny", "distilbert"}
    assert offered["training"] == {"quickstart", "baseline", "best_sweep", "production"}
    assert offered["experiment"] == set(EXPERIMENTS)


def test_baseline_is_the_known_one():
    config = compose(["experiment=baseline"])
    training = config.training
    assert (config.dataset.name, config.model.name) == ("small", MULTILINGUAL)
    assert (training.batch_size, training.learning_rate) == (64, 1e-4)
    assert (training.weight_decay, training.num_epochs, training.patience) == (0.01, 5, 3)
    assert (training.gradient_accumulation_steps, training.gradient_clip) == (1, None)


def test_best_is_the_winner_of_the_sweep():
    config = compose(["experiment=best"])
    training = config.training
    assert (config.dataset.name, config.model.name) == ("full", MULTILINGUAL)
    assert (training.batch_size, training.gradient_accumulation_steps) == (64, 4)
    assert training.learning_rate == 6.994404691067017e-05
    assert training.weight_decay == 0.0177522213390101
    assert (training.gradient_clip, training.warmup_steps) == (1, 200)
    assert (training.num_epochs, training.patience) == (5, 3)


def test_production_is_long_and_repeatable():
    config = compose(["experiment=production"])
    training = config.training
    assert (config.dataset.name, config.model.name) == ("full", MULTILINGUAL)
    assert (training.batch_size, training.gradient_accumulation_steps) == (32, 2)
    assert (training.learning_rate, training.schedule) == (5e-5, "cosine")
    assert (training.warmup_steps, training.gradient_clip) == (100, 1)
    assert (training.num_epochs, training.patience) == (10, 5)
    assert (training.deterministic, training.keep_best) == (True, 3)


def test_the_wandb_project_is_that_of_the_configuration_else_of_the_environment(monkeypatch):
    monkeypatch.delenv("WANDB_ENTITY", raising=False)
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    assert compose().wandb.resolve_project() == (None, "support-tickets")

    monkeypatch.setenv("WANDB_ENTITY", "others")
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    assert compose().wandb.resolve_project() == ("others", "theirs")

    own = compose(["wandb.entity=mine", "wandb.project=own"])
    assert own.wandb.resolve_project() == ("mine", "own")


def test_overrides_reach_every_level():
    config = compose(
        ["training.num_epochs=10", "training.batch_size=32", "seed=7", "accelerator=cpu"]
    )
    assert (config.training.num_epochs, config.training.batch_size) == (10, 32)
    assert (config.seed, config.accelerator) == (7, "cpu")


def test_an_override_wins_over_the_experiment():
    config = compose(["experiment=best", "dataset=custom", "dataset.path=my tickets.csv"])
    assert (config.dataset.name, config.dataset.path) == ("custom", "my tickets.csv")
    assert config.training == compose(["experiment=best"]).training
    long = compose(["training=production"])
    assert long.training == compose(["experiment=production"]).training


def test_labels_can_be_a_list_or_a_mapping():
    assert compose(["dataset.labels=[P1,P2]"]).dataset.labels == ["P1", "P2"]
    mapping = compose(["dataset.labels={P1:high,P2:low}"]).dataset.labels
    assert mapping == {"P1": "high", "P2": "low"}


def test_a_sweep_has_one_configuration_for_each_combination():
    configs = compose_sweep(["training.batch_size=16,32", "seed=range(3)"])
    assert sorted((c.training.batch_size, c.seed) for c in configs) == [
        (size, seed) for size in (16, 32) for seed in range(3)
    ]


@pytest.mark.parametrize("choice", ["null", "5", "[best,baseline]", "best,baseline"])
@pytest.mark.parametrize("group", ["experiment", "model"])
def test_a_group_that_is_not_given_one_name_is_refused(group, choice):
    with pytest.raises(ConfigError, match=rf"^{group}=.* must name one of .* \(with -m, several, "):
        compose([f"{group}={choice}"])


@pytest.mark.parametrize(
    ("override", "message"),
    [("seed=range(3,1)", "no value is left to run"), ("seed=range(1,2,0)", "must not be zero")],
)
def test_a_sweep_over_no_value_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        compose_sweep([override])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.bacth_size=3", "no key training.bacth_size; did you mean training.batch_size?"),
        ("batch_size=3", "did you mean training.batch_size?"),
        ("modle=tiny", "no key modle; did you mean model?"),
        ("+training.batch_sizes=1", "did you mean training.batch_size?"),
        ("+anything=1", "no key anything"),
        ("training={bacth_size: 1}", "no key training.bacth_size"),
        ("experiment=bets", "no such experiment; did you mean best?"),
        ("model=gpt", "choose distilbert, tiny"),
        ("training.batch_size=abc", "training.batch_size must be a whole number, got 'abc'"),
        ("training.num_epochs=2.5", "training.num_epochs must be a whole number"),
        ("training.learning_rate=fast", "training.learning_rate must be a number"),
        ("training.batch_size=null", "training.batch_size must be a whole number, got null"),
        ("training.deterministic=maybe", "must be true or false, got 'maybe'"),
        ("~training.batch_size", "training.batch_size cannot be removed: set it"),
        ("dataset.text_columns={a:1}", "dataset.text_columns must be a list of texts"),
        ("model.name=", "model.name must be an encoder, or null for a small one, got ''"),
        (
            "model.revision=main",
            "model.revision goes with model.name, which is null",
        ),
        ("training.batch_size=0", "training.batch_size must be at least 1, got 0"),
        ("training.learning_rate=-1", "must be more than 0 and at most 1, got -1"),
        ("training.learning_rate=nan", "must be more than 0 and at most 1, got nan"),
        ("training.weight_decay=2", "training.weight_decay must be from 0 to 1, got 2"),
        ("training.warmup_steps=-1", "training.warmup_steps must be at least 0, got -1"),
        ("training.gradient_clip=0", "training.gradient_clip must be more than 0, or null, got 0"),
        ("training.patience=0", "training.patience must be at least 1, got 0"),
        ("training.schedule=linaer", "did you mean linear?"),
        ("training.monitor=f1", "training.monitor must be macro_f1, accuracy or loss, got f1"),
        ("model.hidden_size=100", "model.hidden_size must be a multiple of twice num_heads (4)"),
        ("model.dropout=1", "model.dropout must be at least 0 and less than 1, got 1"),
        ("model.max_length=1", "model.max_length must be at least 8, got 1"),
        ("model.vocab_size=1", "model.vocab_size must be at least 64, got 1"),
        ("seed=-1", "seed must be from 0 to 4294967295, got -1"),
        ("accelerator=tpu", "accelerator must be auto, cpu, gpu or mps, got tpu"),
        ("precision=bf61", "did you mean bf16?"),
        ("wandb.mode=onlin", "did you mean online?"),
        ("wandb.timeout=0", "wandb.timeout must be more than 0, got 0"),
        ("dataset=custom", "add dataset.path=tickets.csv"),
        (
            "dataset.name=other",
            "dataset=other: there is no such dataset; choose custom, full, medium, sample, small",
        ),
        ("dataset.max_rejected=5", "dataset.max_rejected must be a share from 0 to 1, got 5"),
        ("dataset.labels=3", "dataset.labels must be a list, or a mapping from value"),
        ("dataset.labels={P1: ???}", "names only ['???']: at least two are needed"),
        (
            "dataset.near_duplicates=0.1",
            "dataset.near_duplicates must be a similarity from 0.5",
        ),
        ("dataset.text_columns=[]", "dataset.text_columns must be a list of column names"),
        ("dataset.text_columns=[priority]", "dataset: column 'priority' is named both as text"),
        ("seed=${nowhere}", "seed refers to what cannot be found: Interpolation key 'nowhere'"),
        ("training=[1", "cannot read 'training=[1'"),
        ("training.batch_size", "write key=value"),
        ("training.batch_size=1,2", "add -m for a run per value"),
    ],
)
def test_a_wrong_override_is_one_line_that_names_what_works(override, message):
    with pytest.raises(ConfigError) as caught:
        compose([override])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_goes_with_no_data_set_that_has_a_name():
    message = r"dataset\.path=a\.csv goes with dataset=custom, not with dataset=small"
    with pytest.raises(ConfigError, match=message):
        compose(["dataset=small", "dataset.path=a.csv"])


def test_a_size_for_an_encoder_that_is_read_is_refused():
    message = r"model\.dropout=0\.5 is for an encoder trained from scratch \(model=tiny\): leave it"
    with pytest.raises(ConfigError, match=message):
        compose(["model=distilbert", "model.dropout=0.5"])
    assert compose(["model=tiny", "model.name=an/encoder"]).model.name == "an/encoder"


def test_a_learning_rate_too_high_for_a_pretrained_encoder_is_warned_of():
    high = ["training.learning_rate=0.01"]
    [warning] = warnings_of(compose(["experiment=best", *high]))
    assert "training.learning_rate=0.01 is too high for a pretrained encoder" in warning
    assert warnings_of(compose(["experiment=best"])) == []
    assert warnings_of(compose(high)) == []  # a small one trained from scratch needs it


def test_a_warm_up_longer_than_the_run_is_warned_of_where_the_steps_are_known():
    config = compose(["training.warmup_steps=100"])
    assert warnings_of(config) == warnings_of(config, total_steps=101) == []
    [warning] = warnings_of(config, total_steps=100)
    assert "training.warmup_steps=100 is not less than the 100 steps" in warning
    assert "try training.warmup_steps=10" in warning


def test_a_reader_who_has_seen_enough_of_the_help_gets_no_traceback():
    command = [sys.executable, "-m", "cs_train", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        printed = process.stderr.read()
    assert (process.returncode, printed) == (0, b"")


def test_a_wrong_value_in_a_sweep_is_found_before_the_first_run():
    with pytest.raises(ConfigError, match=r"training\.batch_size must be at least 1, got 0"):
        compose_sweep(["training.batch_size=32,0"])
    with pytest.raises(ConfigError, match="cannot read"):
        compose_sweep(["training.batch_size=[32"])


def test_every_key_has_a_description():
    source = resources.files("cs_train.config").joinpath("schema.py").read_text(encoding="utf-8")
    for key in ("batch_size", "learning_rate", "near_duplicates", "timeout", "precision"):
        declared = source.index(f"    {key}: ")
        assert source[declared:].splitlines()[1].strip().startswith('"""')
    assert Config.__doc__


def test_wrong_arguments_of_the_command_are_reported_before_torch_is_loaded(tmp_path):
    code = (
        "import os, sys\n"
        "from cs_train import cli\n"
        "sys.argv = ['cs-train', *sys.argv[1:]]\n"
        "try: cli.main()\n"
        "finally:\n"
        "    assert 'torch' not in sys.modules\n"
        "    assert os.environ.keys() & {'OMP_WAIT_POLICY', 'GOMP_SPINCOUNT'}\n"
    )
    for arguments, message in [
        (["training.bacth_size=3"], "did you mean training.batch_size?"),
        (["--epochs", "3"], "values are set as key=value"),
        (["-m", "seed=1,-1"], "seed must be from 0"),
    ]:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("cs-train: ")
        assert done.stderr.count("\n") == 1
        assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--help"], "learning_rate=0.003"),
        (["--cfg=job"], "learning_rate: 0.003"),
        (["--cfg", "job", "experiment=best", "--package", "training"], "warmup_steps: 200"),
        (["--cfg", "hydra"], "dir: outputs/"),
        (["--hydra-help"], "--shell-completion"),
        (["--info", "defaults"], "training"),
    ],
)
def test_help_and_configuration_are_shown_without_running(arguments, shown, tmp_path):
    ended = cs_train(tmp_path, *arguments)
    assert ended.code == 0
    assert shown in ended.out
    assert list(tmp_path.iterdir()) == []


def test_names_are_completed(tmp_path):
    line = {"COMP_LINE": "cs-train experiment=b", "COMP_POINT": "21"}
    ended = cs_train(tmp_path, "-sc", "query=bash", **line)
    assert ended.out.split() == ["experiment=baseline", "experiment=best"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cfg", "job", "training.batch_size=0"], "training.batch_size must be at least 1"),
        (["--resolve"], "--resolve and --package are for --cfg job"),
        (["--config-name", "nothing"], "Cannot find primary config 'nothing'"),
        (["-m", "seed=1,-1"], "seed must be from 0"),
        (["hydra.nothing=1"], "there is no key hydra.nothing"),
    ],
)
def test_wrong_arguments_are_one_line_and_leave_nothing(arguments, message, tmp_path):
    ended = cs_train(tmp_path, *arguments)
    [line] = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert line.startswith("cs-train: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []
