from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from cs_cloud import CloudError, Settings, load_settings
from cs_cloud.settings import KEYS, resolve_settings

Write = Callable[..., Path]
REPOSITORY = Path(__file__).parents[3]


def refusal(**given) -> str:
    with pytest.raises(CloudError) as caught:
        load_settings(**{"environ": {}, **given})
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_file_gives_every_setting(write_settings: Write):
    write_settings()

    assert load_settings(environ={}) == Settings(
        project="my-project-1",
        region="europe-west1",
        registry="images",
        data_bucket="gs://tickets/",
        output_bucket="gs://models/jobs/",
        service_account="trainer@my-project-1.iam.gserviceaccount.com",
        wandb_entity="team",
        wandb_project="support",
        wandb_secret="WANDB_API_KEY",  # noqa: S106 # pragma: allowlist secret
    )


def test_the_repositorys_own_file_is_complete_and_well_formed():
    settings = load_settings(REPOSITORY / ".gcp/settings.yaml", environ={})

    assert settings.data_bucket.startswith("gs://")


def test_settings_cannot_be_changed_once_loaded(write_settings: Write):
    write_settings()
    settings = load_settings(environ={})

    with pytest.raises(FrozenInstanceError):
        settings.region = "us-central1"  # type: ignore[misc]


def test_the_file_is_found_in_the_nearest_folder_above(
    write_settings: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_settings()
    deep = tmp_path / "work" / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    assert load_settings(environ={}).registry == "images"


def test_a_flag_goes_before_the_environment_and_that_before_the_file(write_settings: Write):
    path = write_settings()
    environ = {"CS_REGION": "us-east1", "CS_PROJECT": "other-project", "CS_TICKETS": "/anything"}

    resolved = resolve_settings(environ=environ, overrides={"region": "asia-east1"})

    origins = {setting.key: (setting.value, setting.origin) for setting in resolved}
    assert tuple(origins) == KEYS
    assert origins["region"] == ("asia-east1", "--region")
    assert origins["project"] == ("other-project", "CS_PROJECT")
    assert origins["data_bucket"] == ("gs://tickets/", f"{path}:4")


def test_without_a_file_the_environment_alone_is_enough(complete: str):
    pairs = (line.partition(" #")[0].split(": ") for line in complete.splitlines())

    settings = load_settings(environ={f"CS_{key.upper()}": text for key, text in pairs})

    assert settings.project == "my-project-1"


def test_without_a_file_the_message_says_which_was_looked_for_and_what_to_do(tmp_path: Path):
    message = refusal()

    assert f"no .gcp/settings.yaml in {tmp_path / 'work'}" in message
    assert "--settings" in message
    assert "CS_PROJECT" in message


def test_a_file_that_was_named_but_is_not_there_is_reported(tmp_path: Path):
    path = tmp_path / "gone.yaml"

    assert refusal(path=path) == f"{path}: cannot be read: No such file or directory"


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path):
    assert refusal(path=tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def test_missing_settings_are_named(write_settings: Write):
    path = write_settings("project: my-project-1\nregion: europe-west1\nregistry: images\n")

    message = refusal()

    assert message.startswith(f"{path}: does not hold data_bucket, output_bucket, service_account")
    assert "CS_DATA_BUCKET" in message


def test_an_empty_file_misses_everything(write_settings: Write):
    path = write_settings("# nothing yet\n")

    assert refusal().startswith(f"{path}: does not hold project, region")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("data-bucket", "data_bucket"),
        ("Region", "region"),
        ("entity", "wandb_entity"),
        ("data_buckets", "data_bucket"),
        ("projectt", "project"),
    ],
)
def test_an_unknown_key_is_reported_with_its_line_and_the_nearest_right_name(
    write_settings: Write, complete: str, wrong: str, right: str
):
    path = write_settings(complete + f"{wrong}: x\n")

    assert refusal() == f"{path}:10: unknown setting `{wrong}`; did you mean `{right}`?"


def test_an_unknown_key_near_to_nothing_gets_the_list(write_settings: Write, complete: str):
    write_settings(complete + "colour: x\n")

    assert refusal().endswith(f"the settings are {', '.join(KEYS)}")


def test_an_unknown_override_is_refused(write_settings: Write):
    write_settings()

    message = refusal(overrides={"regionn": "europe-west1"})

    assert message == "--regionn: unknown setting `regionn`; did you mean `region`?"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("project: 12345678", '`project` is read as int, but must be text; write "12345678"'),
        ("project: yes", '`project` is read as bool, but must be text; write "yes"'),
        ("project: [a, b]", "`project` must be one piece of text, not a list or a mapping"),
        ("project: {id: a}", "`project` must be one piece of text, not a list or a mapping"),
        ("project: !!python/name:os.system x", "read as python/name:os.system, but must be text"),
        ("project:", "`project` is empty"),
        ("project: ''", "`project` is empty"),
        ("project: My-Project", "`project` is 'My-Project', but must be a project id"),
        ("project: abc", "`project` is 'abc', but must be a project id"),
        ("region: europe-west1-b", "a region such as europe-west1"),
        ("region: Europe", "a region such as europe-west1"),
        ("registry: g41_registry", "a repository's name"),
        ("data_bucket: my-bucket", "but must be a bucket: gs://"),
        ("data_bucket: s3://my-bucket", "but must be a bucket: gs://"),
        ("data_bucket: gs://", "but must be a bucket: gs://"),
        ("data_bucket: gs://My Bucket", "but must be a bucket: gs://"),
        ("output_bucket: gs://models", "but must be a folder: gs://"),
        ("output_bucket: gs://models/jobs", "and `/` at the end"),
        ("service_account: trainer", "but must be a service account's e-mail"),
        ("service_account: me@example.com", "but must be a service account's e-mail"),
        ("wandb_entity: team/project", "without spaces or slashes"),
        ("wandb_project: customer support", "without spaces or slashes"),
        ("wandb_secret: projects/1/secrets/x", "no path and no version"),
    ],
)
def test_a_value_of_the_wrong_kind_is_reported_with_its_line(
    write_settings: Write, complete: str, line: str, expected: str
):
    key = line.partition(":")[0]
    number = KEYS.index(key) + 1
    path = write_settings(re.sub(rf"^{key}:.*", line, complete, flags=re.MULTILINE))

    message = refusal()

    assert message.startswith(f"{path}:{number}: ")
    assert expected in message


@pytest.mark.parametrize(
    ("line", "regions"),
    [
        ("", ("europe-west1",)),
        ("fallback_regions:", ("europe-west1",)),
        ('fallback_regions: ""', ("europe-west1",)),
        ("fallback_regions: us-east1", ("europe-west1", "us-east1")),
        (
            "fallback_regions: us-east1, europe-west1,asia-east1",
            ("europe-west1", "us-east1", "asia-east1"),
        ),
    ],
)
def test_jobs_have_the_region_and_its_fallbacks(write_settings: Write, complete, line, regions):
    write_settings(f"{complete}{line}\n")

    assert load_settings(environ={}).job_regions == regions


@pytest.mark.parametrize("text", ["mars", "us-east1,", "us-east1 asia-east1", "us-east1,,us-west1"])
def test_a_list_of_fallbacks_with_a_fault_is_refused(write_settings: Write, text):
    write_settings()

    assert refusal(environ={"CS_FALLBACK_REGIONS": text}) == (
        f"CS_FALLBACK_REGIONS: `fallback_regions` is {text!r}, but must be regions such as"
        " europe-west4,us-central1 (commas between them)"
    )


def test_an_empty_variable_is_reported_by_its_name(write_settings: Write):
    write_settings()

    assert refusal(environ={"CS_REGION": ""}).startswith("CS_REGION: `region` is empty")


def test_a_key_that_stands_twice_is_reported_with_both_lines(write_settings: Write, complete: str):
    path = write_settings(complete + "region: us-east1\n")

    assert refusal() == f"{path}:10: `region` is already set in line 2; keep one of them"


@pytest.mark.parametrize("key", ["wandb_api_key", "password", "hf_token", "credentials"])
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    write_settings: Write, complete: str, key: str
):
    path = write_settings(complete + f"{key}: hunter2\n")

    message = refusal()

    assert message.startswith(f"{path}:10: `{key}` looks like a secret, and this file is committed")
    assert "hunter2" not in message


@pytest.mark.parametrize("value", ["0123456789" * 4, "wandb_v1_abcDEF", "AIza" + "x" * 35])
def test_a_key_in_place_of_its_name_is_refused_and_not_repeated(write_settings: Write, value: str):
    write_settings()

    message = refusal(environ={"CS_WANDB_SECRET": value})  # pragma: allowlist secret

    assert "`wandb_secret` holds what looks like a key itself" in message
    assert value not in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"project: a\nregion: [\n", ":3: is not YAML: "),
        (b"project: a\n\tregion: b\n", ":2: is not YAML: "),
        (b"project: a\n---\nproject: b\n", ":2: a second document begins here"),
        (b"project: \x07\n", ": is not YAML: "),
        (b"project: a\nregion: \xff\n", ":2: is not UTF-8 text"),
        (b"- project\n", ":1: expected lines of the form `key: value`"),
        (b"just words\n", ":1: expected lines of the form `key: value`"),
        (b"project: a\n? [x]\n: y\n", ":2: a key must be a plain name"),
    ],
)
def test_what_is_not_a_file_of_settings_is_reported_in_one_line(
    write_settings: Write, text: bytes, expected: str
):
    path = write_settings(text)

    assert refusal().startswith(f"{path}{expected}")


def test_a_byte_order_mark_does_no_harm(write_settings: Write, complete: str):
    write_settings(b"\xef\xbb\xbf" + complete.encode())

    assert load_settings(environ={}).project == "my-project-1"
