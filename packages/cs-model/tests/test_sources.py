from __future__ import annotations

import hashlib
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest

from cs_model import Classifier, ModelError
from cs_model.settings import ModelSettings
from cs_model.sources import resolve

COMMIT = "0123456789abcdef0123456789abcdef01234567"  # pragma: allowlist secret
NAME = "team/tickets"


class _HubHandler(BaseHTTPRequestHandler):
    """The part of the Hugging Face hub's protocol that serves one model."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server, path = self.server, unquote(urlsplit(self.path).path)
        server.requests.append((self.command, path))
        _, _, file = path.partition(f"/{NAME}/resolve/{COMMIT}/")
        if server.status:
            self.answer(server.status, b"{}", **server.headers)
        elif NAME not in path:
            self.answer(404, b"{}", **{"X-Error-Code": "RepoNotFound"})
        elif path.endswith(f"{NAME}/tree/{COMMIT}"):
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                for name, content in server.files.items()
            ]
            self.answer(200, json.dumps(tree).encode())
        elif path in (f"/api/models/{NAME}/revision/main", f"/api/models/{NAME}"):
            self.answer(200, json.dumps({"id": NAME, "sha": COMMIT}).encode())
        elif file in server.files:
            content = server.files[file]
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.answer(200, content, **{"X-Repo-Commit": COMMIT, "ETag": etag})
        else:
            self.answer(404, b"{}", **{"X-Error-Code": "RevisionNotFound"})

    do_HEAD = do_GET  # noqa: N815

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(model_folder, tmp_path, monkeypatch):
    """Serve a model as the hub does, beside a pickle and a program."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), _HubHandler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    server.files = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    server.files |= dict.fromkeys(("pytorch_model.bin", "modeling.py", "sub/a.json"), b"code")
    server.requests, server.status, server.headers = [], 0, {}
    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.chdir(tmp_path)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def refusal(name: str = NAME, revision: str | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        resolve(name, revision)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"cannot load the model {name}: ")
    return str(caught.value)


def test_a_folder_is_its_own_place_and_needs_no_hub(model_folder):
    assert resolve(model_folder) == resolve(str(model_folder), "any") == model_folder


def test_a_hub_model_is_downloaded_without_pickles_and_code(hub, classifier):
    folder = resolve(NAME)
    names = {path.name for path in folder.rglob("*")}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    texts = ["The server is down"]
    loaded = Classifier.load(NAME, accelerator="cpu")
    assert loaded.predict(texts) == classifier.predict(texts)


def test_a_model_is_downloaded_once_and_then_found_without_a_network(hub, monkeypatch):
    folder = resolve(NAME)
    hub.requests.clear()
    assert resolve(NAME) == folder
    assert not [path for _, path in hub.requests if "/resolve/" in path]
    hub.status = 503
    assert resolve(NAME) == folder
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    hub.requests.clear()
    assert resolve(NAME) == folder
    assert hub.requests == []


def test_a_commit_can_be_named(hub):
    assert resolve(NAME, COMMIT) == resolve(NAME)


def test_a_revision_that_is_not_there_is_one_line(hub):
    assert "the hub has no revision 'v9' of it" in refusal(revision="v9")


def test_a_model_that_the_hub_does_not_have_is_one_line(hub):
    assert "hub has no such model" in refusal("no-such-team/no-such-model")


def test_a_model_with_conditions_is_one_line(hub):
    hub.status, hub.headers = 403, {"X-Error-Code": "GatedRepo"}
    assert "accept its conditions on the hub" in refusal()


@pytest.mark.parametrize(
    ("status", "fix"), [(401, "log in"), (403, "log in"), (500, "try again later")]
)
def test_a_hub_that_refuses_is_one_line(hub, status, fix):
    hub.status = status
    assert fix in refusal()


def test_a_model_that_was_never_fetched_is_one_line_when_offline(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "hub cannot be reached" in refusal("no-such-team/no-such-model")


def test_a_network_that_is_not_there_is_one_line(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert "hub cannot be reached" in refusal()


def test_a_hub_model_with_nothing_but_pickles_is_refused(hub):
    del hub.files["model.safetensors"]
    with pytest.raises(ModelError, match="only safetensors is read"):
        resolve(NAME)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (5, "cs_model must be an object, got 5"),
        ({"temperature": None}, "cs_model.temperature must be above 0, got None"),
        ({"temperature": 0}, "cs_model.temperature must be above 0, got 0"),
        ({"temperature": "hot"}, "cs_model.temperature must be above 0, got 'hot'"),
        ({"text_columns": [1, 2]}, "cs_model.text_columns must be a list of names"),
        ({"cleaning": {"strip_html": 1}}, "cs_model.cleaning must be null or give true or false"),
        ({"cleaning": {"stem": True}}, "for strip_html and strip_quoted_mail, got {'stem': True}"),
    ],
)
def test_a_changed_setting_is_refused(tmp_path, stored, message):
    (tmp_path / "config.json").write_text(json.dumps({"cs_model": stored}))
    with pytest.raises(ModelError, match=re.escape(message)):
        ModelSettings.read(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="a user of Windows has a home folder")
def test_a_user_without_a_home_folder_is_asked_for_a_cache(hub, monkeypatch):
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container that has no such user
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", "~/.cache/huggingface")
    assert "set HF_HOME to a folder that can be written" in refusal()


def test_the_home_of_nobody_is_no_model_folder():
    with pytest.raises(ModelError, match="there is no model folder ~nosuch/model: no such user"):
        resolve("~nosuch/model")
