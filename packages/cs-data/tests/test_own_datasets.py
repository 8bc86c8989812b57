from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from cs_data_tests.tickets import unlike_texts

from cs_data import DataError, PrepareOptions, fetch
from cs_data.cli import main
from cs_data.dataset_names import find_raw, names_in, place_export
from cs_data.tracked_file import TrackedFile

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # in DVC

FLAGS = ("--text-columns", "Betreff,Text", "--label-column", "Queue")


@pytest.fixture
def root(checkout, monkeypatch):
    """Stand in a folder with `.dvc/config`, in which nothing is published."""
    monkeypatch.setenv("DVC_NO_ANALYTICS", "true")
    raw = checkout("nothing", b"")
    raw.with_name("nothing.csv.dvc").unlink()
    monkeypatch.chdir(raw.parents[2])
    return raw.parents[2]


@pytest.fixture
def export(write_csv):
    """Write a help desk's export with columns of its own, 30 tickets for each of two queues."""

    def write(more: str = "", name: str = "export.csv") -> Path:
        queues = ("No", "Abrechnung")
        rows = [f"b,{text},{queues[at % 2]}\n" for at, text in enumerate(unlike_texts(60))]
        return write_csv("Betreff,Text,Queue\n" + "".join(rows) + more, name)

    return write


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    return status, *capsys.readouterr()


def copied(root: Path, folder: Path) -> Path:
    """Copy what git has of a checkout to an empty folder."""
    for path in (root / ".dvc" / "config", *(root / "data" / "raw").glob("*.dvc")):
        copy = folder / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    return folder


def test_an_export_is_published_under_a_new_name_and_pulled_in_an_empty_folder(
    root, export, tmp_path, capsys, monkeypatch
):
    labels = ("--labels", "No=other,Abrechnung=billing")
    status, printed, _ = run(capsys, "publish", "support", export(), *FLAGS, *labels)
    assert status == 0
    assert "git add data/raw/support.csv.dvc" in printed
    assert "label_column='Queue'" in printed

    monkeypatch.chdir(copied(root, tmp_path / "elsewhere"))
    status, printed, _ = run(capsys, "pull", "support")
    assert status == 0
    assert "prepared: data/prepared/support\n" in printed
    splits = fetch("support")
    assert splits.manifest.labels == ("other", "billing")
    assert splits.manifest.options == PrepareOptions(
        text_columns=("Betreff", "Text"),
        label_column="Queue",
        labels={"No": "other", "Abrechnung": "billing"},
    )
    assert splits.folder == Path("data/prepared/support")
    assert splits.tracked.generation


def test_options_are_given_once_and_a_flag_changes_one_of_them(root, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS, "--near-duplicates", "0")
    newer = export("b,neu,Abrechnung\n", name="newer.csv")
    assert run(capsys, "publish", "support", newer, "--near-duplicates", "0.8")[0] == 0
    tracked = TrackedFile.beside(Path("data/raw/support.csv"))

    assert tracked.options == {"text_columns": ["Betreff", "Text"], "label_column": "Queue"}
    assert fetch("support").manifest.rows == 61
    other = PrepareOptions(text_columns=("Text",), label_column="Queue")
    assert fetch("support", options=other).folder.name == f"support-{other.fingerprint()}"
    for command in (("inspect", "data/raw/support.csv"), ("diff", "support", newer)):
        assert run(capsys, *command)[0] == 0


def test_new_options_for_the_same_bytes_are_kept_without_a_transfer(root, storage, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS)
    requests = len(storage.requests)
    _, unchanged, _ = run(capsys, "publish", "support")
    status, printed, _ = run(capsys, "publish", "support", "--seed", "7")

    assert "nothing was done" in unchanged
    assert (status, "commit it: git add" in printed) == (0, True)
    assert fetch("support").manifest.options.seed == 7
    assert len(storage.requests) == requests


def test_a_switch_is_remembered_until_the_options_are_reset(root, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS, "--strip-quoted-mail", "--keep-html")
    options = fetch("support").manifest.options
    assert (options.strip_quoted_mail, options.strip_html) == (True, False)

    assert run(capsys, "publish", "support", "--reset-options", *FLAGS)[0] == 0
    options = fetch("support").manifest.options
    assert (options.strip_quoted_mail, options.strip_html) == (False, True)
    assert options.label_column == "Queue"


def test_publishing_keeps_what_others_wrote_into_the_dvc_file(root, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS)
    file = Path("data/raw/support.csv.dvc")
    file.write_text(f"# ours\n{file.read_text()}  owner: No\ndesc: tickets\n")
    run(capsys, "publish", "support", export("b,neu,No\n"), "--seed", "7")
    text = file.read_text()

    assert text.startswith("# ours\n")
    assert "  owner: No\n" in text
    assert "desc: tickets\n" in text
    assert fetch("support").manifest.options.seed == 7
    plain = ("--text-columns", "subject,body", "--label-column", "priority", "--seed", "42")
    Path("plain.csv").write_text(
        export().read_text().replace("Betreff,Text,Queue", "subject,body,priority")
    )
    assert run(capsys, "publish", "support", "plain.csv", *plain)[0] == 0
    assert "prepare" not in file.read_text()


def test_dvc_itself_keeps_the_options(root, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS, "--labels", "No=other,Abrechnung=billing")
    file = Path("data/raw/support.csv.dvc")
    before = TrackedFile.beside(file.with_suffix("")).options
    Path("data/raw/support.csv").write_bytes(export("b,neu,No\n").read_bytes())
    from dvc.repo import Repo

    with Repo(str(root)) as repo:
        repo.add("data/raw/support.csv")

    assert "No\n" in file.read_text()  # without quotes, which YAML 1.1 reads as a boolean
    assert TrackedFile.beside(file.with_suffix("")).options == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../up", "must be 1 to 63 lower-case letters, digits, - and _, beginning with a letter"),
        ("Support", "must be 1 to 63 lower-case letters"),
        ("a.b", "must be 1 to 63 lower-case letters"),
        ("a" * 64, "must be 1 to 63 lower-case letters"),
        ("", "must be 1 to 63 lower-case letters"),
        ("sample", "'sample' cannot be the name of a data set of your own"),
        ("custom", "'custom' cannot be the name of a data set of your own"),
        ("null", "'null' cannot be the name of a data set of your own"),
    ],
)
def test_a_name_that_is_none_is_refused_before_the_export_is_read(root, capsys, name, words):
    status, printed, error = run(capsys, "publish", name, "gone.csv")

    assert (status, printed) == (2, "")
    assert words in error
    assert error.count("\n") == 1


def test_a_name_without_a_file_is_reported_with_those_that_there_are(root, export, capsys):
    run(capsys, "publish", "support", export(), *FLAGS)
    status, _, error = run(capsys, "pull", "suport")

    assert status == 2
    assert "there is no data set 'suport': did you mean 'support'? choose from" in error
    assert "choose from sample, support, or make it one with cs-data publish suport FILE" in error


def test_publishing_a_new_name_without_an_export_asks_for_one(root, capsys):
    status, _, error = run(capsys, "publish", "fresh")

    assert status == 2
    assert error.startswith("cs-data: there is no file of data set 'fresh' at data/raw/fresh.csv: ")
    assert error.endswith("as in cs-data publish fresh FILE\n")


def test_publishing_names_the_reasons_for_rejected_rows(root, export, capsys):
    csv = export("b,lost,Spam\nb,,No\n")
    flags = (*FLAGS[:1], "Text", *FLAGS[2:], "--labels", "No=other,Abrechnung=billing")
    _, printed, _ = run(capsys, "publish", "support", csv, *flags)

    assert ": 60 usable tickets, 2 rows rejected (" in printed
    assert "unknown_label 1" in printed
    assert "empty_text 1" in printed

    _, printed, _ = run(capsys, "publish", "support", export("b,lost,Spam\n"), *flags)
    assert ": 60 usable tickets, 1 row rejected (unknown_label 1)\n" in printed


def test_a_file_in_the_raw_folder_needs_no_dvc_to_be_a_data_set(tmp_path, tickets_csv):
    raw = tmp_path / "raw"
    raw.mkdir()
    shutil.copy(tickets_csv(), raw / "mine.csv")

    assert names_in(tmp_path) == ["mine"]
    splits = fetch("mine", data_dir=tmp_path)
    assert splits.manifest.rows == 60
    assert splits.tracked is None


def test_the_format_of_an_export_stays_in_the_name_of_its_raw_file(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    placed = {
        name: place_export("support", tmp_path, Path(name)).name
        for name in ("a.csv", "a.xlsx", "A.v2.JSONL.GZ", "a.txt", "a", "a.2026.csv", "a.parquet")
    }
    assert placed == {
        "a.csv": "support.csv",
        "a.xlsx": "support.xlsx",
        "A.v2.JSONL.GZ": "support.jsonl.gz",
        "a.txt": "support.csv",
        "a": "support.csv",
        "a.2026.csv": "support.csv",
        "a.parquet": "support.parquet",
    }

    (raw / "support.xlsx.dvc").touch()
    (raw / "support.csv").touch()
    assert find_raw("support", tmp_path) == raw / "support.xlsx"
    with pytest.raises(DataError, match=r"is support.xlsx, and a.csv would make it support.csv"):
        place_export("support", tmp_path, Path("a.csv"))
    (raw / "support.csv.dvc").touch()
    with pytest.raises(DataError, match=r"several raw files, .*support.csv and .*support.xlsx"):
        find_raw("support", tmp_path)


def test_an_export_of_another_format_is_published_as_it_is(root, tmp_path, capsys, monkeypatch):
    rows = [{"Text": text, "Queue": ("a", "b")[n % 2]} for n, text in enumerate(unlike_texts(60))]
    packed = tmp_path / "export.jsonl.gz"
    packed.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    flags = ("--text-columns", "Text", "--label-column", "Queue")
    status, printed, _ = run(capsys, "publish", "support", packed, *flags)

    assert (status, "git add data/raw/support.jsonl.gz.dvc" in printed) == (0, True)
    monkeypatch.chdir(copied(root, tmp_path / "elsewhere"))
    assert run(capsys, "pull", "support")[0] == 0
    assert Path("data/raw/support.jsonl.gz").read_bytes() == packed.read_bytes()
    assert run(capsys, "diff", "support", packed)[0] == 0


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ("{prepare: {near_duplicates: much}}", "near_duplicates must be a number, got 'much'"),
        ("{prepare: {labels: [one]}}", "labels names only"),
        ("{prepare: {label: Queue}}", "there is no option label"),
        ("{prepare: {text_columns: []}}", "text_columns must be a list of column names"),
        ("{prepare: [Queue]}", "does not say which file it stands for"),
    ],
)
def test_options_in_a_dvc_file_that_cannot_be_used_are_reported(checkout, export, meta, words):
    raw = checkout("support", export().read_bytes())
    file = raw.with_name("support.csv.dvc")
    file.write_text(f"{file.read_text()}meta: {meta}\n")

    with pytest.raises(DataError, match=words) as raised:
        fetch("support", data_dir=raw.parents[1])
    assert "support.csv.dvc" in str(raised.value)


def test_options_in_a_dvc_file_need_no_quotes(checkout, write_csv):
    texts = unlike_texts(60)
    rows = "".join(f"{text},{('1.10', 'No', 'on')[at % 3]}\n" for at, text in enumerate(texts))
    raw = checkout("support", f"Text,2024-01-31\n{rows}".encode())
    file = raw.with_name("support.csv.dvc")
    options = "{text_columns: [Text], label_column: 2024-01-31, labels: [1.10, No], seed: 7}"
    file.write_text(f"{file.read_text()}meta: {{prepare: {options}}}\n")
    manifest = fetch("support", data_dir=raw.parents[1]).manifest

    assert manifest.labels == ("1.10", "No")
    assert manifest.options.seed == 7


@pytest.mark.parametrize("meta", ["", "ours", "{owner: ours}"])
def test_what_else_stands_under_meta_is_left_alone(checkout, tickets_csv, meta):
    raw = checkout("support", tickets_csv().read_bytes())
    file = raw.with_name("support.csv.dvc")
    file.write_text(f"{file.read_text()}meta: {meta}\n")

    assert fetch("support", data_dir=raw.parents[1]).manifest.options == PrepareOptions()


def test_the_largest_share_of_lost_rows_is_remembered_too(root, export, capsys):
    lost = export(",,No\n" * 9)
    assert run(capsys, "publish", "support", lost, *FLAGS)[0] == 2
    assert run(capsys, "publish", "support", lost, *FLAGS, "--max-rejected", "0.2")[0] == 0

    shutil.rmtree("data/prepared", ignore_errors=True)
    assert run(capsys, "pull", "support")[0] == 0
    assert fetch("support").manifest.rejected == {"empty_text": 9}
    assert "nothing was done" in run(capsys, "publish", "support")[1]
