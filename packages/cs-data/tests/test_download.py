from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from cs_data import fetch
from cs_data.cli import main
from cs_data.dataset_names import PUBLIC
from cs_data.remote.download import REPOSITORY

COMMIT = "0123456789abcdef0123456789abcdef01234567"  # pragma: allowlist secret


class _HubHandler(BaseHTTPRequestHandler):
    """The part of the Hugging Face hub's protocol that gives a file of a data set."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        content = self.answer()
        if content is not None:
            self.wfile.write(content[: self.server.sends])
            self.close_connection = True

    def answer(self) -> bytes | None:
        server = self.server
        server.requests.append((self.command, self.path))
        prefix, _, rest = unquote(self.path).partition("/resolve/")
        revision, _, file = rest.partition("/")
        content = server.files.get(file)
        if server.status:
            self.refuse(server.status)
        elif prefix != f"/datasets/{REPOSITORY}":
            self.refuse(404, "RepoNotFound")
        elif revision not in ("main", COMMIT):
            self.refuse(404, "RevisionNotFound")
        elif content is None:
            self.refuse(404, "EntryNotFound")
        else:
            self.send_response(200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{server.sha256 or hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content
        return None

    def refuse(self, status: int, code: str = "") -> None:
        body = json.dumps({"error": code}).encode()
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tickets_csv, tmp_path, monkeypatch):
    """Serve `small` as the hub does, and stand in an empty folder."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), _HubHandler)
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    server.files = {PUBLIC["small"]: tickets_csv().read_bytes()}
    server.requests, server.status, server.sha256, server.sends = [], 0, None, None
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    no_wait = SimpleNamespace(sleep=lambda _: None, time=time.time)
    for module in ("utils._http", "file_download"):
        monkeypatch.setattr(f"huggingface_hub.{module}.time", no_wait)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def refusal(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert main(["download", "small", "--accept-licence", *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    line = err.splitlines()[-1]
    assert line.startswith("cs-data: ")
    return line


def test_a_public_data_set_is_downloaded_once_and_then_prepared(hub, capsys):
    assert main(["download", "small", "--accept-licence"]) == 0
    printed = capsys.readouterr().out
    raw = Path("data/raw/small.csv")

    assert raw.read_bytes() == hub.files[PUBLIC["small"]]
    assert f"data/raw/small.csv: {REPOSITORY} at commit {COMMIT}" in printed
    assert "CC BY-NC 4.0" in printed
    assert "next: cs-data pull small" in printed
    assert fetch("small").manifest.rows == 60

    raw.unlink()
    before = [kind for kind, _ in hub.requests].count("GET")
    assert main(["download", "small", "--accept-licence"]) == 0
    assert raw.exists()
    assert [kind for kind, _ in hub.requests].count("GET") == before


def test_the_hub_that_the_environment_names_is_asked(hub, tmp_path):
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    command = [Path(sys.executable).with_name("cs-data"), "download", "small", "--accept-licence"]
    subprocess.run([*command, "-o", "mine.csv"], check=True, env=environment, timeout=120)

    assert Path("mine.csv").read_bytes() == hub.files[PUBLIC["small"]]
    assert not Path("data").exists()


def test_without_agreement_to_the_licence_nothing_is_asked_for(hub, capsys):
    assert main(["download", "small"]) == 2
    assert "CC BY-NC 4.0" in capsys.readouterr().err
    assert hub.requests == []


def test_bytes_that_the_dvc_file_does_not_name_are_not_put_in_its_place(hub, capsys):
    raw = Path("data/raw/small.csv")
    raw.parent.mkdir(parents=True)
    named = f"outs:\n- {{md5: {'a' * 32}, size: 1, path: small.csv}}\n"
    raw.with_name("small.csv.dvc").write_text(named)
    line = refusal(capsys)

    assert f"data/raw/small.csv.dvc names {'a' * 32}" in line
    assert "--output" in line
    assert not raw.exists()
    assert main(["download", "small", "--accept-licence", "-o", "mine.csv"]) == 0


def test_a_file_that_is_there_is_not_replaced(hub, capsys):
    Path("mine.csv").write_text("mine")

    assert "mine.csv holds something else" in refusal(capsys, "-o", "mine.csv")
    assert Path("mine.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "value", "printed"),
    [
        ("files", {}, "is not there"),
        ("status", 401, "hf auth login"),
        ("status", 403, "hf auth login"),
        ("status", 503, "the hub answered 503"),
        ("sha256", "f" * 64, "came with other bytes than the hub says"),
        ("sends", 100, "cannot be downloaded ("),
    ],
)
def test_what_is_wrong_with_the_hub_is_reported_in_one_line(hub, capsys, name, value, printed):
    good = getattr(hub, name)
    setattr(hub, name, value)
    line = refusal(capsys)

    assert line.startswith(f"cs-data: {REPOSITORY}/{PUBLIC['small']}")
    assert printed in line
    assert not Path("data").exists()
    setattr(hub, name, good)
    assert main(["download", "small", "--accept-licence"]) == 0


def test_a_revision_that_is_not_there_is_reported(hub, capsys):
    assert "has no revision 'v9'" in refusal(capsys, "--revision", "v9")


def test_a_hub_that_cannot_be_reached_is_reported(hub, capsys):
    hub.shutdown()
    hub.server_close()

    assert "check the network, and HF_ENDPOINT" in refusal(capsys)


def test_progress_is_reported_while_it_comes_slowly(hub, capsys, monkeypatch):
    monkeypatch.setattr("cs_data.progress.Progress.__init__.__defaults__", (0.0,))
    assert main(["download", "small", "--accept-licence"]) == 0

    assert f"downloading {PUBLIC['small']}: 100%" in capsys.readouterr().err
