from __future__ import annotations

import logging
import os

import pytest

from cs_model import Classifier
from cs_train.config import ConfigError
from cs_train.upload import BucketUpload, FolderUpload, upload_of_job

MODEL_URL = "gs://models/job-7/model/"
BESIDE = [".hydra/config.yaml", "history.jsonl", "metrics.json", "report.html", "train.log"]


def below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_model_in_a_bucket_is_complete_and_can_be_loaded(storage, finished_run, tmp_path):
    upload = BucketUpload(MODEL_URL)
    upload.check()
    upload.upload(finished_run)
    model = [f"model/{name}" for name in below(finished_run / "model")]
    assert sorted(storage.names) == sorted(f"job-7/{name}" for name in (*BESIDE, *model))
    for name in storage.names:
        content = storage.read(name)
        assert content == (finished_run / name.removeprefix("job-7/")).read_bytes()
        target = tmp_path / "downloaded" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    loaded = Classifier.load(tmp_path / "downloaded" / "job-7" / "model")
    [prediction] = loaded.predict(["the server is down"])
    assert prediction.label in ("low", "high")


def test_what_makes_a_model_loadable_is_written_last(storage, finished_run):
    BucketUpload(MODEL_URL).upload(finished_run)
    assert storage.names[-1] == "job-7/model/config.json"


def test_a_retryable_error_is_logged_and_retried(storage, finished_run, caplog):
    storage.faults = [503, 503]
    BucketUpload(MODEL_URL).upload(finished_run)
    assert storage.names[-1] == "job-7/model/config.json"
    logged = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert logged == ["gs://models/job-7/model/README.md: planted, 503; trying again"]


def test_damaged_bytes_are_found_and_sent_again(storage, finished_run, caplog):
    def damage(body):
        return body.replace(b"# A card", b"# A curd")

    storage.faults = [damage]
    BucketUpload(MODEL_URL, pauses=(0,)).upload(finished_run)
    assert storage.read("job-7/model/README.md") == b"# A card"
    [logged] = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert logged.startswith("gs://models/job-7/model/README.md: MD5")
    assert logged.endswith("trying again in 0 s")

    storage.clear()
    storage.fault = damage
    with pytest.raises(ConfigError, match=r"was tried again and again .*MD5.*; the model stays in"):
        BucketUpload(MODEL_URL, pauses=(0, 0)).upload(finished_run)
    assert "job-7/model/config.json" not in storage.names


def test_a_refusal_on_the_way_leaves_the_model_where_it_is(storage, finished_run):
    before = below(finished_run)
    storage.faults = [None, None]
    storage.fault = 403
    with pytest.raises(ConfigError) as caught:
        BucketUpload(MODEL_URL).upload(finished_run)
    refused = f"{MODEL_URL}{below(finished_run / 'model')[3]}"
    assert str(caught.value) == (
        f"{refused} may not be written with these credentials (planted): give their account the "
        "role Storage Object User on the bucket gs://models; the model stays in "
        f"{finished_run / 'model'}"
    )
    assert below(finished_run) == before
    assert "job-7/model/config.json" not in storage.names


@pytest.mark.parametrize(
    ("destination", "status", "message"),
    [
        (MODEL_URL, 403, "with these credentials (planted): give their account the role Storage"),
        (
            MODEL_URL,
            401,
            "storage.objects access, 401): run gcloud auth application-default login",
        ),
        ("gs://nowhere/model/", None, "there is no bucket gs://nowhere: create it"),
    ],
)
def test_a_bucket_that_cannot_be_written_is_found_beforehand(storage, destination, status, message):
    storage.fault = status
    with pytest.raises(ConfigError) as caught:
        BucketUpload(destination).check()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bucket_is_as_it_was_after_it_was_tried(storage):
    BucketUpload(MODEL_URL).check()
    assert storage.names == []


def test_a_model_of_another_job_is_not_replaced(storage, finished_run):
    BucketUpload(MODEL_URL).upload(finished_run)
    with pytest.raises(ConfigError, match="holds a model already: give each job"):
        BucketUpload(MODEL_URL).check()


def test_what_a_job_left_half_done_is_replaced(storage, finished_run):
    storage.faults = [None, None, 403]
    with pytest.raises(ConfigError):
        BucketUpload(MODEL_URL).upload(finished_run)
    BucketUpload(MODEL_URL).check()
    BucketUpload(MODEL_URL).upload(finished_run)
    assert storage.names[-1] == "job-7/model/config.json"


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # of gcsfs, by aiohttp
def test_a_large_file_is_sent_in_parts(storage, finished_run):
    content = os.urandom(6 << 20)
    (finished_run / "model" / "model-2.safetensors").write_bytes(content)
    BucketUpload(MODEL_URL).upload(finished_run)
    assert storage.read("job-7/model/model-2.safetensors") == content


@pytest.mark.parametrize("there", [False, True])
def test_a_local_folder_takes_the_model_and_the_files_about_it(finished_run, tmp_path, there):
    base = tmp_path / "base"
    if there:  # an empty one, as a job may get it
        (base / "model").mkdir(parents=True)
    upload = FolderUpload(base / "model")
    upload.check()
    assert list((base / "model").iterdir()) == []
    upload.upload(finished_run)
    model = [f"model/{name}" for name in below(finished_run / "model")]
    assert below(base) == sorted([*BESIDE, *model])
    assert sorted(path.name for path in base.glob(".*")) == [".hydra"]
    assert Classifier.load(base / "model").labels == ("low", "high")


def test_a_local_folder_that_holds_something_is_left_alone(finished_run, tmp_path):
    destination = tmp_path / "base" / "model"
    destination.mkdir(parents=True)
    (destination / "precious.txt").write_text("precious")
    upload = FolderUpload(destination)
    with pytest.raises(ConfigError, match=r"AIP_MODEL_DIR cannot be used: .*holds other files"):
        upload.check()
    with pytest.raises(ConfigError, match=r"holds other files.*; the model stays in"):
        upload.upload(finished_run)
    assert below(tmp_path / "base") == ["model/precious.txt"]


def test_files_beside_a_local_folder_are_not_overwritten(tmp_path):
    (tmp_path / "metrics.json").write_text("mine")

    with pytest.raises(ConfigError, match=r"would overwrite .*metrics\.json: name a folder"):
        FolderUpload(tmp_path / "model").check()

    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


@pytest.mark.parametrize("destination", ["file", "file/model"])
def test_a_local_folder_that_cannot_be_made_is_found_beforehand(tmp_path, destination):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(
        ConfigError, match=r"AIP_MODEL_DIR cannot be used: .*file.* is a file(: name a folder)?$"
    ):
        FolderUpload(tmp_path / destination).check()
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("gs://models/", "must be gs://BUCKET/FOLDER/"),
        ("gs://", "must be gs://BUCKET/FOLDER/"),
        ("s3://models/model", "must be gs://BUCKET/FOLDER/ or a local folder"),
        ("gs:/models/model", "must be gs://BUCKET/FOLDER/ or a local folder"),
    ],
)
def test_an_address_that_can_hold_no_model_is_refused(destination, message, monkeypatch):
    monkeypatch.setenv("AIP_MODEL_DIR", destination)
    with pytest.raises(ConfigError) as caught:
        upload_of_job(one_run=True)
    assert str(caught.value).startswith("AIP_MODEL_DIR ")
    assert f"got {destination}" in str(caught.value)
    assert message in str(caught.value)


def test_without_an_output_folder_nothing_is_uploaded(monkeypatch):
    monkeypatch.delenv("AIP_MODEL_DIR", raising=False)
    assert upload_of_job(one_run=False) is None
    monkeypatch.setenv("AIP_MODEL_DIR", "")
    assert upload_of_job(one_run=True) is None
