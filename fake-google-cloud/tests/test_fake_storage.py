from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from fake_google_cloud.storage import StorageServer


@pytest.fixture
def client(cloud):
    made = storage.Client(
        project="my-project-1",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": cloud.url},
    )
    yield made
    made.close()


@pytest.fixture
def bucket(client):
    return client.bucket("tickets")


def test_an_object_is_written_read_listed_and_deleted(client, bucket):
    blob = bucket.blob("raw/täglich.csv")
    blob.metadata = {"source": "export"}
    blob.upload_from_string(b"id,text\n", content_type="text/csv")

    found = bucket.get_blob("raw/täglich.csv")

    assert found.download_as_bytes() == b"id,text\n"
    assert (found.content_type, found.metadata) == ("text/csv", {"source": "export"})
    assert [one.name for one in client.list_blobs("tickets", prefix="raw/")] == ["raw/täglich.csv"]
    found.delete()
    assert bucket.get_blob("raw/täglich.csv") is None


def test_a_large_object_goes_in_pieces(cloud, bucket):
    content = bytes(range(256)) * 4096
    blob = bucket.blob("large", chunk_size=256 * 1024)

    blob.upload_from_file(io.BytesIO(content), size=None)

    assert cloud.read_objects("tickets")["large"] == content
    pieces = [one for one in cloud.requests if "upload_id" in one.path]
    assert len(pieces) >= 4


def test_a_range_of_an_object_is_read(bucket):
    blob = bucket.blob("letters")
    blob.upload_from_string("abcdefgh")

    assert blob.download_as_bytes(start=2, end=4) == b"cde"
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=8)


def test_an_object_is_not_written_over_another_generation(bucket):
    bucket.blob("lock").upload_from_string("mine", if_generation_match=0)

    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("lock").upload_from_string("yours", if_generation_match=0)

    kept = bucket.get_blob("lock")
    kept.upload_from_string("mine again", if_generation_match=kept.generation)
    assert bucket.blob("lock").download_as_bytes() == b"mine again"


def test_content_that_does_not_match_its_checksum_is_refused(cloud):
    body = (
        "--b\r\nContent-Type: application/json\r\n\r\n"
        '{"name": "x", "crc32c": "AAAAAA=="}\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nchanged on the way\r\n--b--"
    )

    refused = requests.post(
        f"{cloud.url}/upload/storage/v1/b/tickets/o?uploadType=multipart",
        data=body,
        headers={"Content-Type": "multipart/related; boundary='b'"},
        timeout=5,
    )

    assert refused.status_code == 400
    assert "crc32c" in refused.json()["error"]["message"]
    assert cloud.read_objects("tickets") == {}


def test_folders_are_listed_by_delimiter_and_pages_hold_together(client, bucket):
    for name in ("a/1", "a/2", "b/1", "c"):
        bucket.blob(name).upload_from_string("x")

    listed = client.list_blobs("tickets", delimiter="/")
    names = [one.name for one in listed]
    paged = client.list_blobs("tickets", page_size=3)

    assert (names, listed.prefixes) == (["c"], {"a/", "b/"})
    assert [[one.name for one in page] for page in paged.pages] == [["a/1", "a/2", "b/1"], ["c"]]


def test_a_bucket_is_there_or_not(client):
    assert client.get_bucket("tickets").location == "EUROPE-WEST1"
    assert client.lookup_bucket("nowhere") is None
    client.create_bucket("more", location="EU")
    assert [bucket.name for bucket in client.list_buckets()] == ["models", "more", "tickets"]
    with pytest.raises(exceptions.Conflict):
        client.create_bucket("more")


def test_a_denied_permission_is_not_honoured(cloud, bucket):
    cloud.deny("storage.objects.create")

    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.create"):
        bucket.blob("x").upload_from_string("x", retry=None)


def test_writing_over_an_object_needs_the_permission_to_delete(cloud, bucket):
    bucket.blob("x").upload_from_string("first")
    cloud.deny("storage.objects.delete")

    bucket.blob("y").upload_from_string("another", retry=None)
    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.delete"):
        bucket.blob("x").upload_from_string("second", retry=None)


def test_a_bucket_tells_who_has_which_role_on_it(cloud, bucket):
    cloud.add_bucket("tickets", grants={"roles/storage.admin": ["user:me@example.com"]})
    cloud.grant(
        "roles/storage.objectViewer",
        "allUsers",
        bucket="tickets",
        condition="request.time.getHours() < 9",
    )

    whole = bucket.get_iam_policy(requested_policy_version=3)
    first = bucket.get_iam_policy()

    admin, viewer = whole.bindings
    assert (admin["role"], admin["members"]) == ("roles/storage.admin", {"user:me@example.com"})
    assert viewer["condition"]["expression"] == "request.time.getHours() < 9"
    assert (whole.version, first.version) == (3, 1)
    assert first.bindings[1]["role"].startswith("roles/storage.objectViewer_withcond_")
    assert "condition" not in first.bindings[1]
    with pytest.raises(exceptions.BadRequest):
        bucket.get_iam_policy(requested_policy_version=2)
    cloud.deny("storage.buckets.getIamPolicy")
    with pytest.raises(exceptions.Forbidden, match=r"storage\.buckets\.getIamPolicy"):
        bucket.get_iam_policy()


@pytest.mark.parametrize("query", ["maxResults=many", "maxResults=-1"])
def test_a_number_that_is_none_is_refused(cloud, query):
    refused = requests.get(f"{cloud.url}/storage/v1/b/tickets/o?{query}", timeout=5)

    assert refused.status_code == 400
    assert "maxResults" in refused.json()["error"]["message"]


@pytest.fixture(scope="module")
def server():
    with StorageServer("alone") as running:
        yield running


def test_the_storage_alone_loads_none_of_googles_clients():
    # a client library may leave its namespace in every interpreter, by a .pth file
    code = (
        "import sys; before = {*sys.modules}; import fake_google_cloud.storage;"
        "heavy = ('google.cloud', 'google.api', 'grpc');"
        "sys.exit(any(name.startswith(heavy) for name in {*sys.modules} - before))"
    )
    path = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}

    assert subprocess.run([sys.executable, "-c", code], check=False, env=path).returncode == 0


def test_every_generation_can_be_read_and_what_was_sent_is_counted(server):
    server.clear()
    first, second = server.put("a", b"one"), server.put("a", b"second")
    url = f"{server.url}/download/storage/v1/b/alone/o/a?alt=media"

    assert requests.get(f"{url}&generation={first}", timeout=5).content == b"one"
    assert requests.get(url, timeout=5, headers={"Range": "bytes=2-3"}).content == b"co"
    listed = requests.get(f"{server.url}/storage/v1/b/alone/o?versions=true", timeout=5).json()
    assert [item["generation"] for item in listed["items"]] == [first, second]
    assert server.sent == {"a": 5}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (403, (403, b"planted")),
        (lambda content: content[:3], (200, b"abc")),
        (lambda content: content.replace(b"b", b"B"), (200, b"aBcdef")),
        ("drip", (200, b"abcdef")),
        ("reset", (0, b"")),
    ],
)
def test_a_download_goes_wrong_once_or_as_long_as_it_is_said(server, monkeypatch, fault, outcome):
    monkeypatch.setattr("fake_google_cloud.storage.server._SECONDS", 0.01)
    server.clear()
    server.put("a", b"abcdef")

    def download():
        url = f"{server.url}/storage/v1/b/alone/o/a?alt=media"
        try:
            answered = requests.get(url, timeout=5)
        except requests.RequestException:
            return 0, b""
        planted = b"planted" in answered.content
        return answered.status_code, b"planted" if planted else answered.content

    server.faults = [fault]
    assert [download(), download()] == [outcome, (200, b"abcdef")]
    server.fault = fault
    assert [download(), download()] == [outcome, outcome]
    about = requests.get(f"{server.url}/storage/v1/b/alone/o/a", timeout=5)
    assert (about.status_code, about.json()["size"]) == (200, "6")
