from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cs_cloud import Settings
from cs_cloud.checks.result import Check, CheckContext
from cs_cloud.checks.run_checks import preflight
from cs_cloud.google.clients import Clients
from cs_cloud.jobs.job_file import read_job_file


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without credentials, on a machine without a metadata server."""
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    return tmp_path


@pytest.fixture
def check(settings: Settings, a_job: str, write_yaml: Callable[[str], Path]):
    """Makes the checks with the credentials of whoever runs this, and no fake in between."""
    job = read_job_file(write_yaml(a_job), settings)

    def check(deadline: float = 10) -> tuple[Check, ...]:
        clients = Clients(settings.project, {})
        return preflight(clients, settings, [job], settings.region, deadline=deadline)

    return check


@pytest.mark.usefixtures("nobody")
def test_no_credentials_are_one_failure_without_waiting(check):
    began = time.monotonic()

    credentials, *others = check()

    assert time.monotonic() - began < 2
    assert credentials.outcome == "failed"
    assert credentials.detail.startswith("no credentials: ")
    assert credentials.fix == "gcloud auth application-default login"
    assert others[0].name == "project my-project-1"
    assert {(one.outcome, one.detail) for one in others} == {
        ("not checked", "not without credentials")
    }


def test_a_variable_that_leads_to_no_credentials_is_part_of_the_fix(
    nobody: Path, monkeypatch: pytest.MonkeyPatch, check
):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(nobody / "key.json"))

    credentials, *_ = check()

    assert "key.json was not found" in credentials.detail
    assert credentials.fix == (
        "unset GOOGLE_APPLICATION_CREDENTIALS; gcloud auth application-default login"
    )


class _Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}'
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def key_for(nobody: Path, monkeypatch: pytest.MonkeyPatch):
    """Gives the person the key of a service account, for a server at a port of this machine."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = nobody / "key.json"

    def key_for(port: int) -> None:
        account = {
            "type": "service_account",
            "client_email": "ci@my-project-1.iam.gserviceaccount.com",
            "private_key": key.decode(),
            "token_uri": f"http://127.0.0.1:{port}/token",
        }
        path.write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))

    return key_for


@pytest.fixture
def revoked_key(key_for: Callable[[int], None]):
    """A key that its server does not take any more."""
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        key_for(server.server_port)
        yield
        server.shutdown()


@pytest.mark.usefixtures("revoked_key")
def test_revoked_credentials_are_one_failure(check):
    credentials, *others = check()

    assert credentials.outcome == "failed"
    assert credentials.detail.startswith("expired or revoked: ")
    assert "Invalid JWT Signature." in credentials.detail
    assert {one.outcome for one in others} == {"not checked"}


def test_credentials_whose_server_is_out_of_reach_are_one_failure(
    check, key_for: Callable[[int], None]
):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    key_for(port)

    credentials, *others = check()

    assert credentials.outcome == "failed"
    assert "cannot be reached (Connection refused); check the network" in credentials.detail
    assert {one.outcome for one in others} == {"not checked"}


def test_credentials_whose_server_does_not_answer_are_one_failure(
    check, key_for: Callable[[int], None]
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key_for(silent.getsockname()[1])

        credentials, *others = check(deadline=0.5)

    assert (credentials.outcome, credentials.detail) == ("failed", "no answer within 0.5 s")
    assert {one.outcome for one in others} == {"not checked"}


@pytest.mark.usefixtures("revoked_key")
def test_a_service_account_that_asks_is_named_in_the_fix():
    context = CheckContext(Clients("my-project-1", {}), 1)

    assert context.member == "serviceAccount:ci@my-project-1.iam.gserviceaccount.com"
