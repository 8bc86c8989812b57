from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest
import yaml
from cs_data_tests.tickets import contents_of, unlike_texts

from cs_data import DataError, PrepareOptions, fetch
from cs_data.cli import main
from cs_data.tracked_file import TrackedFile

ENVIRONMENT = {**os.environ, "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false", "NO_GCE_CHECK": "true"}


@pytest.fixture
def export(tickets_csv):
    """Make the bytes of a CSV file."""

    def make(more: str = "") -> bytes:
        return tickets_csv(more).read_bytes()

    return make


def data_of(raw: Path) -> Path:
    return raw.parents[1]


def left_behind(raw: Path) -> list[str]:
    return sorted(p.name for p in raw.parent.iterdir() if not p.name.endswith((".dvc", ".lock")))


def test_only_the_data_set_that_is_named_is_fetched_and_only_once(checkout, storage, export):
    raw = checkout("small", export())
    checkout("full", export("a,b,low,en\n"))
    splits = fetch("small", data_dir=data_of(raw))
    bytes_sent = dict(storage.sent)
    requests = len(storage.requests)
    again = fetch("small", data_dir=data_of(raw))

    assert raw.read_bytes() == export()
    assert bytes_sent == {"data/raw/small.csv": len(export())}
    assert splits.manifest.rows == 60
    assert splits.tracked == TrackedFile.beside(raw)
    assert again == splits
    assert len(storage.requests) == requests
    assert left_behind(raw) == ["small.csv"]
    assert not [request for request in storage.requests if "full" in request.path]


def test_ranges_make_up_the_complete_file(checkout, monkeypatch):
    monkeypatch.setattr("cs_data.remote.store._RANGE", 1000)
    rows = "".join(f"s,text number {at} of many,low,en\n" for at in range(2000))
    content = ("subject,body,priority,language\n" + rows + "s,x,high,en\n" * 9).encode()
    raw = checkout("small", content)
    with pytest.raises(DataError, match="only the label"):  # high is a duplicate but once
        fetch("small", data_dir=data_of(raw), jobs=3)

    assert raw.read_bytes() == content


def test_the_second_time_nothing_of_dvc_is_loaded(checkout, export):
    raw = checkout("small", export())
    fetch("small", data_dir=data_of(raw))
    code = (
        "import sys, cs_data; cs_data.fetch('small', data_dir=sys.argv[1]);"
        "sys.exit('dvc' in sys.modules or 'gcsfs' in sys.modules)"
    )

    assert (
        subprocess.run([sys.executable, "-c", code, str(data_of(raw))], check=False).returncode == 0
    )


def test_what_is_in_the_cache_is_not_fetched_again(checkout, storage, export):
    raw = checkout("small", export())
    fetch("small", data_dir=data_of(raw))
    raw.unlink()
    storage.fault = 403

    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60
    assert raw.read_bytes() == export()


def test_a_damaged_cache_is_repaired(checkout, export):
    raw = checkout("small", export())
    fetch("small", data_dir=data_of(raw))
    [cached] = data_of(raw).parent.glob(".dvc/cache/files/md5/*/*")
    cached.chmod(0o644)
    cached.write_bytes(export()[:-3])
    raw.unlink()
    fetch("small", data_dir=data_of(raw))

    assert raw.read_bytes() == cached.read_bytes() == export()


def test_versions_are_exchanged_when_the_dvc_file_changes(checkout, export):
    raw = checkout("small", export())
    older = raw.with_name("small.csv.dvc").read_text()
    fetch("small", data_dir=data_of(raw))
    checkout("small", export("a,b,low,en\n"))
    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 61
    shutil.rmtree(data_of(raw).parent / ".dvc" / "cache")
    raw.unlink()
    raw.with_name("small.csv.dvc").write_text(older)

    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60


def test_a_file_that_is_kept_nowhere_else_is_never_replaced(checkout, export):
    raw = checkout("small", export())
    raw.write_bytes(export("mine,mine,low,en\n"))
    with pytest.raises(DataError, match=r"is not the version that .*small.csv.dvc names"):
        fetch("small", data_dir=data_of(raw))

    assert raw.read_bytes() == export("mine,mine,low,en\n")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda content: content.replace(b"low", b"LOW"), "holds other bytes than .* says"),
        (lambda content: content[:700], "ends after 700 of [0-9,]+ bytes: it is damaged"),
        (401, "cannot be read without credentials .*gcloud auth application-default login"),
        (403, "may not be read with these credentials .* Storage Object Viewer"),
        (404, "small.csv#[0-9]+ is listed, but was not found when it was read: try again"),
    ],
    ids=["other bytes", "cut short", "401", "403", "404"],
)
def test_a_fault_that_stays_is_reported_and_leaves_nothing(checkout, storage, export, fault, words):
    raw = checkout("small", export())
    storage.fault = fault
    with pytest.raises(DataError, match=words) as printed:
        fetch("small", data_dir=data_of(raw))

    assert "gs://tickets/data/raw/small.csv" in str(printed.value)
    assert "\n" not in str(printed.value)
    assert left_behind(raw) == []
    assert not list(data_of(raw).glob("prepared/*"))
    storage.fault = None
    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60


def test_a_bucket_that_does_not_answer_yet_is_reported(checkout, storage, export, monkeypatch):
    lines: list[str] = []
    reported = Event()

    def report(line: str) -> None:
        lines.append(line)
        reported.set()

    monkeypatch.setattr("cs_data.remote.retries._QUIET_SECONDS", 0.05)
    monkeypatch.setattr("cs_data.remote.store._print", report)
    storage.fault = lambda content: content if reported.wait(60) else b""
    raw = checkout("small", export())

    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60
    assert re.match(r"gs://tickets/data/raw/small.csv#\d+: no answer after 0 s; still", lines[0])


@pytest.mark.usefixtures("no_backoff")
@pytest.mark.parametrize("faults", [[500, 503], [429], ["reset"]], ids=str)
def test_a_fault_that_passes_is_reported_and_tried_again(checkout, storage, export, faults, capsys):
    raw = checkout("small", export())
    storage.faults = [*faults]
    splits = fetch("small", data_dir=data_of(raw))
    printed = [line for line in capsys.readouterr().err.splitlines() if "trying again" in line]

    assert splits.manifest.rows == 60
    assert len(printed) == len(faults)
    assert all(line.startswith("gs://tickets/data/raw/small.csv#") for line in printed)


def test_slow_is_only_slow(checkout, storage, export):
    raw = checkout("small", export())
    storage.fail("storage.objects.download", "drip", seconds=0.5)

    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60


def test_a_generation_that_is_gone_is_reported_with_the_one_that_is_there(checkout, export):
    raw = checkout("small", export(), generation="1768392895231522")
    with pytest.raises(
        DataError, match=r"generation 1768392895231522 of gs://tickets/\S+ is gone; there is gen"
    ):
        fetch("small", data_dir=data_of(raw))


def test_a_bucket_that_is_not_there_is_reported(checkout, export):
    raw = checkout("small", export())
    config = data_of(raw).parent / ".dvc" / "config"
    config.write_text(config.read_text().replace("gs://tickets/", "gs://nobody/"))
    with pytest.raises(DataError, match="there is no bucket gs://nobody"):
        fetch("small", data_dir=data_of(raw))


def test_an_object_that_is_not_there_is_reported(checkout, storage, export):
    raw = checkout("small", export())
    storage.clear()
    with pytest.raises(DataError, match=r"gs://tickets/data/raw/small.csv is not there: publish"):
        fetch("small", data_dir=data_of(raw))


def test_without_a_dvc_folder_the_file_cannot_be_found(checkout, export):
    raw = checkout("small", export())
    shutil.rmtree(data_of(raw).parent / ".dvc")
    with pytest.raises(DataError, match=r"no folder above it holds .dvc/config"):
        fetch("small", data_dir=data_of(raw))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outs: [", "is no YAML"),
        ("outs: []\n", "does not say which file it stands for"),
        ("- a\n", "does not say which file it stands for"),
        ("outs:\n- md5: a\n  size: 1\n  path: other.csv\n", "stands for 'other.csv'"),
    ],
)
def test_a_dvc_file_that_says_nothing_is_reported(tmp_path, text, words):
    path = tmp_path / "small.csv"
    (tmp_path / "small.csv.dvc").write_text(text)
    with pytest.raises(DataError, match=words):
        TrackedFile.beside(path)


def test_a_remote_without_versions_works_too(checkout, export, tmp_path):
    raw = checkout("small", export())
    tracked = TrackedFile.beside(raw)
    kept = tmp_path / "shared" / "files" / "md5" / tracked.md5[:2] / tracked.md5[2:]
    kept.parent.mkdir(parents=True)
    kept.write_bytes(export())
    config = data_of(raw).parent / ".dvc" / "config"
    config.write_text(
        f"[core]\n    remote = gcs\n['remote \"gcs\"']\n    url = {tmp_path}/shared\n"
    )

    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60
    kept.unlink()
    raw.unlink()
    shutil.rmtree(data_of(raw).parent / ".dvc" / "cache")
    with pytest.raises(DataError, match="is not there: it was never pushed"):
        fetch("small", data_dir=data_of(raw))


@pytest.mark.skipif(sys.platform == "win32", reason="a user of Windows has a home folder")
def test_a_user_without_a_home_folder_is_asked_for_one(checkout, export, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container that has no such user
    with pytest.raises(DataError, match=r"^DVC needs a home folder: set HOME to one"):
        fetch("small", data_dir=data_of(checkout("small", export())))


@pytest.mark.skipif(shutil.which("mount") is None or os.name != "posix", reason="no mount here")
def test_a_full_disk_is_reported_and_leaves_nothing(checkout, export):
    raw = checkout("small", export())
    kept = raw.with_name("small.csv.dvc").read_text()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(raw.parent)], check=False
    )
    if mounted.returncode:
        pytest.skip("a small tmpfs can be mounted only by root")
    try:
        raw.with_name("small.csv.dvc").write_text(kept)
        with pytest.raises(DataError, match=r"no space is left for its [0-9,]+ bytes"):
            fetch("small", data_dir=data_of(raw))

        assert left_behind(raw) == []
    finally:
        subprocess.run(["umount", str(raw.parent)], check=True)
    assert fetch("small", data_dir=data_of(raw)).manifest.rows == 60


@pytest.mark.slow
def test_what_dvc_pushes_is_fetched_and_dvc_finds_it_in_order(checkout, export, tmp_path):
    raw = checkout("small", export())
    root = data_of(raw).parent
    raw.with_name("small.csv.dvc").unlink()
    raw.write_bytes(export("a,b,low,en\n"))

    def dvc(*words):
        command = [sys.executable, "-m", "dvc", *words]
        done = subprocess.run(
            command,
            check=False,
            cwd=root,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    dvc("add", "data/raw/small.csv")
    dvc("push")
    other = tmp_path / "container"
    (other / "data" / "raw").mkdir(parents=True)
    (other / ".dvc").mkdir()
    shutil.copy(root / ".dvc" / "config", other / ".dvc")
    shutil.copy(raw.with_name("small.csv.dvc"), other / "data" / "raw")
    root = other
    splits = fetch("small", data_dir=other / "data")

    assert (other / "data" / "raw" / "small.csv").read_bytes() == export("a,b,low,en\n")
    assert splits.tracked.generation
    assert "up to date" in dvc("status")
    assert "Everything is up to date" in dvc("pull")


@pytest.mark.slow
def test_processes_that_are_killed_while_they_fetch_leave_the_next_one_to_succeed(
    checkout, storage
):
    rows = [f",{text},{('low', 'high')[n % 2]},en\n" for n, text in enumerate(unlike_texts(3000))]
    content = ("subject,body,priority,language\n" + "".join(rows)).encode()
    raw = checkout("small", content)
    code = "import sys, cs_data; cs_data.fetch('small', data_dir=sys.argv[1])"
    command = [sys.executable, "-c", code, str(data_of(raw))]
    cache, prepared = data_of(raw).parent / ".dvc" / "cache", data_of(raw) / "prepared"
    for fault, moment in (
        ("drip", raw.with_name(".small.csv.lock").exists),
        ("drip", raw.with_name(".small.csv..part").exists),
        (None, cache.exists),
        (None, raw.exists),
        (None, prepared.exists),
        (None, lambda: any(prepared.glob(".*/*/shingles.u32"))),
    ):
        storage.fault = fault
        for path in (raw, raw.with_name(".small.csv.lock")):
            path.unlink(missing_ok=True)
        for folder in (prepared, cache):
            shutil.rmtree(folder, ignore_errors=True)
        both = [
            subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.DEVNULL) for _ in range(2)
        ]
        while not moment() and None in [process.poll() for process in both]:
            time.sleep(0.005)
        for process in both:
            process.kill()
            process.wait(timeout=60)
        storage.fault = None

        assert fetch("small", data_dir=data_of(raw)).manifest.rows == 3000
        assert raw.read_bytes() == content
        assert left_behind(raw) == ["small.csv"]


def test_the_command_fetches_prepares_and_reports(checkout, export, monkeypatch, capsys):
    raw = checkout("small", export())
    monkeypatch.chdir(data_of(raw).parent)

    assert main(["pull", "small", "--jobs", "2"]) == 0
    assert "prepared: data/prepared/small" in capsys.readouterr().out
    for wrong, printed in [
        (["smal"], "there is no data set 'smal'"),
        (["custom"], "custom is your own file"),
    ]:
        assert main(["pull", *wrong]) == 2
        assert printed in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["pull", "small", "--jobs", "0"])
    assert "--jobs: must be a number of at least 1, got '0'" in capsys.readouterr().err


def test_the_repository_tracks_its_raw_files_and_prepares_them_as_the_package_does():
    root = Path(__file__).parents[3]
    tracked = {
        name: TrackedFile.beside(root / "data" / "raw" / f"{name}.csv")
        for name in ("small", "medium", "full")
    }
    params = yaml.safe_load((root / "params.yaml").read_text())["prepare"]
    stages = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]["prepare"]
    defaults = PrepareOptions().to_json()
    defaults["text_columns"] = ",".join(defaults["text_columns"])
    del defaults["labels"], defaults["id_column"], defaults["encoding"]  # not set for public data
    del defaults["strip_html"], defaults["strip_quoted_mail"]  # flags of the other choice only

    assert {name: (file.size, file.generation) for name, file in tracked.items()} == {
        "small": (6869541, "1768392895231522"),
        "medium": (18799808, "1768392895430735"),
        "full": (25967766, "1768392895507222"),
    }
    assert params == defaults
    assert stages["foreach"] == [*tracked]


@pytest.mark.slow
def test_dvc_prepares_what_fetch_would(tickets_csv, tmp_path):
    here, repository = tmp_path / "here", Path(__file__).parents[3]
    (here / "data" / "raw").mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(repository / name, here)
    tickets_csv().rename(here / "data" / "raw" / "small.csv")
    folder = str(Path(sys.executable).parent)
    environment = {**ENVIRONMENT, "PATH": folder + os.pathsep + os.environ["PATH"]}

    def dvc(*words):
        subprocess.run(
            [sys.executable, "-m", "dvc", *words],
            check=True, cwd=here, env=environment, capture_output=True, timeout=120,
        )  # fmt: skip

    dvc("init", "--no-scm")
    dvc("add", "data/raw/small.csv")
    dvc("repro", "prepare@small")
    by_dvc = contents_of(here / "data" / "prepared" / "small")
    shutil.rmtree(here / "data" / "prepared")
    fetch("small", data_dir=here / "data")

    assert contents_of(here / "data" / "prepared" / "small") == by_dvc
