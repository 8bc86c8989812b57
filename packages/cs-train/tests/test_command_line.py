"""The arguments of the command: files, flags, text as it is typed, help, and every mistake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cs_train_tests.commands import cs_train

from cs_data import PrepareOptions
from cs_train.arguments import read_arguments
from cs_train.command_help import keys_as_markdown
from cs_train.config import DatasetConfig, compose, compose_sweep
from cs_train.config.key_reference import all_keys
from cs_train.config.typed_text import literal, take_as_typed

WRONG = [
    # keys
    (["epochs=3"], "there is no key epochs; did you mean training.num_epochs?"),
    (["lr=0.1"], "did you mean training.learning_rate?"),
    (["model.width=64"], "did you mean model.hidden_size?"),
    (["model.vocabulary=64"], "did you mean model.vocab_size?"),
    (["layers=2"], "did you mean model.num_layers?"),
    (["num_epochs=null"], "did you mean training.num_epochs?"),
    (["label_column=Priorität"], "did you mean dataset.label_column?"),
    (["+epochs=3"], "did you mean training.num_epochs?"),
    (["++foo.bar=3"], "there is no key foo; cs-train --help shows all keys"),
    (["~foo"], "there is no key foo"),
    (["training..batch_size=3"], "did you mean training.batch_size?"),
    (["training.x.y=3"], "there is no key training.x"),
    (["/training=baseline"], "did you mean training?"),
    (["dataset@x=small"], "did you mean dataset?"),
    (["a b=3"], "there is no key a b"),
    (["é=3"], "there is no key é"),
    (["=3"], "cannot read '=3'"),
    (["hydra=1"], "cannot read 'hydra=1'"),
    (["."], "is a folder"),
    # words that are neither a file nor an override
    (["foo"], "it is no file, so write key=value"),
    (["-"], "it is no file, so write key=value"),
    (["{"], "it is no file, so write key=value"),
    (["training.batch_size:3"], "it is no file, so write key=value"),
    (["nowhere.csv"], "nowhere.csv"),
    (["nowhere.xlsx"], "nowhere.xlsx"),
    (["no/where.jsonl.gz"], "where.jsonl.gz"),
    (["a.csv", "b.csv"], "a.csv and b.csv: a run reads one file"),
    (["a.csv", "dataset.path=b.csv"], "name the file of the tickets once"),
    (["--labels", "a,b", "dataset.labels=a"], "dataset.labels=a is also given by a flag"),
    (["--label-column", "x", "++dataset.label_column=y"], "is also given by a flag: give it once"),
    (["a.csv", "dataset=small"], "dataset.path=a.csv goes with dataset=custom"),
    # values
    (["training.num_epochs=null"], "training.num_epochs must be a whole number, got null"),
    (["training.num_epochs=3 4"], "training.num_epochs must be a whole number, got '3 4'"),
    (["training.num_epochs=1e3"], "training.num_epochs must be a whole number, got '1000.0'"),
    (["training.batch_size=true"], "training.batch_size must be a whole number, got 'True'"),
    (["training.batch_size=0x10"], "training.batch_size must be a whole number, got '0x10'"),
    (["training.batch_size={a:1}"], "training.batch_size must be a whole number, got"),
    (["training.batch_size.x=3"], "training.batch_size must be a whole number"),
    (["training.batch_size=foo(1)"], "'foo(1)' is no value of training.batch_size"),
    (["training.batch_size=(3"], "'(3' is no value of training.batch_size"),
    (["training.batch_size=glob(*)"], "is ambiguous: give one value, or add -m"),
    (["training.learning_rate=0,001"], "is ambiguous: give one value, or add -m"),
    (["training.learning_rate=1e"], "training.learning_rate must be a number, got '1e'"),
    (["training.gradient_clip=[1]"], "training.gradient_clip must be a number or null"),
    (["training.warmup_steps=1.5"], "training.warmup_steps must be a whole number of steps"),
    (["training.warmup_steps=x"], "training.warmup_steps must be a number, got 'x'"),
    (["training.deterministic=maybe"], "training.deterministic must be true or false"),
    (["training={batch_size:x}"], "training.batch_size must be a whole number, got 'x'"),
    (["seed=[1]"], "seed must be a whole number, got '[1]'"),
    (["seed=???"], "seed is ???, which stands for a value still to be given: set seed=VALUE"),
    (["seed=99999999999999999999"], "seed must be from 0 to 4294967295"),
    (["seed=${nowhere}"], "seed refers to what cannot be found"),
    (["seed=${seed}"], "seed refers to what cannot be found"),
    (["seed=${training}"], "seed refers to what cannot be found"),
    (["seed=${oc.env:NO_SUCH_VARIABLE}"], "seed refers to what cannot be found"),
    (["seed=${oc.nothing:x}"], "seed refers to what cannot be found"),
    (["wandb=null"], "wandb is a section, not a key"),
    (["~training.batch_size"], "training.batch_size cannot be removed"),
    # the tickets
    (["dataset.text_columns={a:1}"], "dataset.text_columns must be a list of texts"),
    (["dataset.text_columns=null"], "dataset.text_columns must be a list of texts, got null"),
    (["dataset.label_column=null"], "dataset.label_column must be a text, got null"),
    (["dataset.labels={a:b:c:d}"], "cannot read 'a:b:c:d' as VALUE:LABEL"),
    (["dataset.labels={a:b"], "the bracket is not closed"),
    (["dataset.labels=a=b,c"], "dataset.labels: 'c' has no label: write c=LABEL"),
    (["dataset.labels={a:b,a:c}"], "dataset.labels: 'a' is mapped twice"),
    (["dataset.labels=[a,a]"], "a label is named twice"),
    (["dataset.labels=[]"], "at least two are needed"),
    (["dataset.labels.x=3"], "there is no key dataset.labels.x"),
    (["dataset.seed=-1"], "dataset.seed must be a whole number from 0"),
    # groups
    (["dataset=3"], "dataset=3 must name one of"),
    (["training=null"], "training=null must name one of"),
    (["experiment=../../x"], "there is no such experiment; choose baseline, best"),
    (["+experiment=best"], "experiment is chosen twice: write experiment=NAME without a +"),
    (["hydra/launcher=joblib"], "there is no such hydra/launcher; choose basic"),
    (["hydra.searchpath=[nowhere]"], "path=nowhere is not available"),
    (["hydra.searchpath=x"], "hydra.searchpath must be a list"),
    (["hydra.mode=FOO"], "hydra.mode is not valid"),
    (["hydra.run.dir=null"], "hydra.run.dir is not valid"),
    (["hydra.run.dir=${nowhere}"], "hydra.run.dir refers to what cannot be found"),
    # flags
    (["--epochs", "3"], "did you mean training.num_epochs=…?"),
    (["--batch-size=3"], "did you mean training.batch_size=…?"),
    (["--labels-column", "Queue"], "did you mean --label-column?"),
    (["--strip-html"], "did you mean dataset.strip_html=…?"),
    (["--label-column"], "expected one argument"),
    (["--label-column", "-x"], "expected one argument"),
    (["--labels", "only"], "at least two are needed"),
    (["--labels", "a=b,c"], "'c' has no label"),
    (["--near-duplicates", "x"], "invalid float value: 'x'"),
    (["--max-rejected", "2"], "max_rejected must be a share from 0 to 1"),
    (["--cfg", "nothing"], "invalid choice: 'nothing'"),
    (["--cfg", "job", "-m"], "--multirun and --cfg cannot be used together"),
    (["--package", "training"], "--resolve and --package are for --cfg job"),
    (["--config-dir", "nowhere"], "--config-dir nowhere: there is no such folder"),
    (["--config-name", "nowhere"], "Cannot find primary config 'nowhere'"),
    (["--help", "trainig"], "did you mean training?"),
    # sweeps
    (["-m", "seed=1,x"], "seed must be a whole number, got 'x'"),
    (["-m", "training=baseline,nothing"], "training=nothing: there is no such training"),
    (["-m", "epochs=1,2"], "did you mean training.num_epochs?"),
    (["-m", "seed=1", "hydra.sweep.dir=${nowhere}"], "hydra.sweep.dir refers to what"),
    (["-m", "seed=interval(1,2)"], "name those to try, separated by commas"),
    (["-m", "seed=range(3,1)"], "no value is left to run"),
    (["-m", "hydra/sweeper=optuna", "seed=1"], "there is no such hydra/sweeper; choose basic"),
    # what Hydra answers
    (["--experimental-rerun", "nowhere"], "--experimental-rerun nowhere: there is no such file"),
    (["--experimental-rerun", __file__], "must be the config.pickle of a run"),
    (["--shell-completion", "nothing"], "Expecting one subcommand"),
    ([""], "an argument is empty"),
    (["--config-dir", ""], "an argument is empty"),
    (["--config-path", "/nowhere"], "Check that the config directory '/nowhere' exists"),
    (["hydra.job.env_copy=[NO_SUCH_VARIABLE]"], "there is no 'NO_SUCH_VARIABLE'"),
    (["hydra.run.dir=/proc/nowhere"], "/proc/nowhere: No such file"),
    # comparisons
    (["compare"], "compare needs at least two runs, got 0"),
    (["compare", "a", "--b"], "compare has no flag --b"),
    (["compare", "nowhere", "."], "nowhere: there is no such folder"),
    (["compare", ".", "."], "is no finished run, for it has no metrics.json"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG]
)
def test_a_mistake_is_one_line_in_plain_words_and_leaves_nothing(arguments, message, tmp_path):
    ended = cs_train(tmp_path, *arguments)
    *_, line = ended.err.splitlines()
    assert (ended.code, ended.out) == (2, "")
    assert line.startswith("cs-train: ")
    assert message in line
    assert len(ended.err.splitlines()) == 1
    assert not [word for word in ("Traceback", "Error:", "full_key") if word in line]
    assert list(tmp_path.iterdir()) == []


ODD = [
    "Priorität",
    "erhöht",
    "Dringlichkeit (Text)",
    "Parent::Child",
    "CORP\\network",
    "ends with \\",
    "it's",
    'say "so"',
    "\\'both\\\"",
    "a=b",
    "[x]",
    "{x:y}",
    "${x}",
    "\\${x}",
    "%s $HOME",
    "1.10",
    "007",
    "true",
    "1e5",
    "~",
    "#1",
    "a:b",
    "Größe ß 中文 🙂",
]


@pytest.mark.parametrize("text", ODD)
def test_a_flag_takes_any_text_as_it_is_in_a_run_and_in_a_sweep(text):
    given = ["t.csv", f"--label-column={text}", f"--text-columns={text}s", f"--label={text} =hi"]
    overrides = read_arguments([*given, "--label", "b=lo", "seed=1"]).overrides
    [swept] = compose_sweep(overrides)
    for dataset in (compose(overrides).dataset, swept.dataset):
        assert (dataset.name, dataset.path) == ("custom", "t.csv")
        assert dataset.label_column == text
        assert dataset.text_columns == [f"{text}s"]
        assert dataset.labels == {text: "hi", "b": "lo"}


@pytest.mark.parametrize("text", [each for each in ODD if "${" not in each])
def test_the_value_of_a_text_key_is_taken_as_typed(text):
    [written] = take_as_typed([f"dataset.label_column={text}"])
    assert compose([f"dataset.label_column={text}"]).dataset.label_column == text
    assert take_as_typed([written]) == [written]
    assert compose([literal("dataset.label_column", text)]).dataset.label_column == text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Subject", ["Subject"]),
        ("Betreff,Text", ["Betreff", "Text"]),
        ("[Betreff, Text (lang)]", ["Betreff", "Text (lang)"]),
        ('[Betreff,"Text, lang"]', ["Betreff", "Text, lang"]),
        ("['Betreff','Text, lang']", ["Betreff", "Text, lang"]),
        ('"Text, lang"', ["Text, lang"]),
        ("[1.10,007]", ["1.10", "007"]),
        (":(,b", [":(", "b"]),
    ],
)
def test_columns_are_a_name_or_a_list(typed, read):
    assert compose([f"dataset.text_columns={typed}"]).dataset.text_columns == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("[1.10,1.1]", ["1.10", "1.1"]),
        ("[true,false]", ["true", "false"]),
        ("[01,1]", ["01", "1"]),
        ("niedrig,erhöht", ["niedrig", "erhöht"]),
        ('["a","b"]', ["a", "b"]),
        ("hoch=high,erhöht=high,normal=low", {"hoch": "high", "erhöht": "high", "normal": "low"}),
        ("{erhöht:high,normal:low}", {"erhöht": "high", "normal": "low"}),
        ("{Parent::Child:a, Other::Child:b}", {"Parent::Child": "a", "Other::Child": "b"}),
        ('{"a, b": "c: d", e: f}', {"a, b": "c: d", "e": "f"}),
        ("{Spam:null,Bug:a,Wish:b}", {"Spam": None, "Bug": "a", "Wish": "b"}),
        ('{Spam:"null",Bug:a}', {"Spam": "null", "Bug": "a"}),
        ("{1.10:true,1.1:false}", {"1.10": "true", "1.1": "false"}),
    ],
)
def test_labels_stay_as_they_are_written(typed, read):
    assert compose([f"dataset.labels={typed}"]).dataset.labels == read


def test_a_label_that_is_null_leaves_its_value_out():
    options = compose(["dataset.labels={Spam:null}"]).dataset.options()
    assert options.labels == {"Spam": ""}
    assert "None" not in str(options.labels)


def test_with_m_commas_outside_of_brackets_separate_runs():
    columns = [
        config.dataset.label_column
        for config in compose_sweep(["dataset.label_column=Priorität,Queue (alt)"])
    ]
    assert columns == ["Priorität", "Queue (alt)"]
    texts = compose_sweep(["dataset.text_columns=[Betreff,Text],Betreff"])
    assert [c.dataset.text_columns for c in texts] == [["Betreff", "Text"], ["Betreff"]]
    [two] = compose_sweep(["dataset.labels=[1.10,1.1]"])
    assert two.dataset.labels == ["1.10", "1.1"]
    functions = compose_sweep(["dataset.label_column=choice(a,b)"])
    assert [c.dataset.label_column for c in functions] == ["a", "b"]


def test_a_path_implies_a_data_set_of_ones_own():
    assert compose(["dataset.path=a=b, c.csv"]).dataset.path == "a=b, c.csv"
    config = compose(["experiment=baseline", "dataset.path=tickets.csv"])
    assert (config.dataset.name, config.training.batch_size) == ("custom", 64)
    assert compose(["dataset.path=null"]).dataset.name == "sample"


def test_null_references_and_quotes_keep_their_meaning(monkeypatch):
    monkeypatch.setenv("FOLDER", "exports")
    assert compose(["model.name=null"]).model.name is None
    assert compose(["dataset.path=${oc.env:FOLDER}/t.csv"]).dataset.path == "exports/t.csv"
    assert compose(["dataset.label_column='Priorität'"]).dataset.label_column == "Priorität"
    assert compose(['dataset.label_column="Priorität"']).dataset.label_column == "Priorität"


def test_what_is_a_file_is_the_data_set_wherever_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("tickets", "a=b.csv", "export.CSV", "seed=1"):
        (tmp_path / name).write_text("subject,priority\n")
    for given in (["tickets"], ["a=b.csv"], ["seed=2", "-m", "export.CSV", "seed=1,2"]):
        [name] = [word for word in given if word in ("tickets", "a=b.csv", "export.CSV")]
        arguments = read_arguments(given)
        assert arguments.overrides[:2] == ["dataset=custom", f"dataset.path='{name}'"]
        assert arguments.overrides[2:] == [w for w in given if w not in (name, "-m")]
    assert read_arguments(["seed=1"]).overrides == ["seed=1"]


def test_every_option_of_cs_data_is_a_key_and_every_flag_of_it_a_flag():
    options = PrepareOptions.__dataclass_fields__
    assert set(options) <= set(DatasetConfig.__dataclass_fields__)
    for name, option in options.items():
        if option.type.startswith("str"):
            flag = f"--{name.replace('_', '-')}"
            assert read_arguments([flag, "latin-1"]).overrides == [f"dataset.{name}='latin-1'"]


def test_a_flag_that_is_given_counts_even_if_it_is_the_default():
    assert read_arguments(["--label-column", "priority", "--seed", "42"]).overrides == [
        "dataset.label_column='priority'",
        "dataset.seed=42",
    ]


def test_the_table_of_keys_is_the_one_of_the_schema():
    file = Path(__file__).parents[3] / "docs" / "keys.md"
    write = "from cs_train.command_help import keys_as_markdown as k; print(k(), end='')"
    assert file.read_text(encoding="utf-8") == keys_as_markdown(), (
        f'write it anew: python -c "{write}" > docs/keys.md'
    )


def test_help_shows_every_key_with_its_meaning_choices_and_value(tmp_path):
    (tmp_path / "training").mkdir()  # no file of tickets, but a name here
    ended = cs_train(tmp_path, "--help")
    assert (ended.code, ended.err) == (0, "")
    for key in all_keys():
        assert key.description.endswith(".")
        assert f"  {key.name}=" in ended.out
    assert "training.schedule=linear   (constant | linear | cosine)" in ended.out
    assert "--label-column NAME" in ended.out
    assert "experiment=baseline | best | production | quickstart" in ended.out

    section = cs_train(tmp_path, "--help", "training", "experiment=best").out
    assert (
        "training.batch_size=64   (a whole number)\n      Number of tickets per batch." in section
    )
    assert "model." not in section
    assert cs_train(tmp_path, "-h", "seed").out.startswith("  seed=42   (a whole number)\n")
    assert cs_train(tmp_path, "-h", "experiment").out == (
        "experiment=baseline | best | production | quickstart\n"
    )


def test_the_version_is_that_of_this_package(tmp_path):
    ended = cs_train(tmp_path, "--version")
    assert (ended.code, ended.out.split()[0]) == (0, "cs-train")
    assert "Hydra" not in ended.out


def test_help_loads_nothing_that_takes_seconds(tmp_path):
    heavy = ("torch", "transformers", "pyarrow", "matplotlib", "torchmetrics", "wandb", "dvc")
    code = (
        "import sys\nfrom cs_train import cli\nsys.argv = ['cs-train', '--help']\n"
        f"try: cli.main()\nfinally: assert not set({heavy}) & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=tmp_path, env=os.environ
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_package_that_hydra_cannot_show_ends_as_every_mistake(tmp_path):
    ended = cs_train(tmp_path, "--cfg", "job", "--package", "nothing")

    assert (ended.code, ended.err) == (2, "package 'nothing' not found in config\n")
