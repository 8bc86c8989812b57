"""A base model that is built into the image needs no model hub when a job runs."""

from __future__ import annotations

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest

NAME = "distilbert-base-multilingual-cased"
COMMIT = "0123456789abcdef0123456789abcdef01234567"  # pragma: allowlist secret
A_PICKLE = "pytorch_model.bin"
NOWHERE = "http://127.0.0.1:9"  # nothing listens there


class _HubHandler(BaseHTTPRequestHandler):
    """The part of the Hugging Face hub's protocol that gives a model."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.wfile.write(self.answer())

    def answer(self) -> bytes:
        files = self.server.files
        _, found, file = unquote(self.path).partition(f"/{NAME}/resolve/{COMMIT}/")
        if self.path.startswith(f"/api/models/{NAME}/revision/main"):
            siblings = [{"rfilename": name} for name in files]
            content = json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings}).encode()
        elif self.path.startswith(f"/api/models/{NAME}/tree/{COMMIT}"):
            content = json.dumps(
                [
                    {"type": "file", "path": name, "size": len(files[name]), "oid": COMMIT}
                    for name in files
                ]
            ).encode()
        elif found and file in files:
            content = files[file]
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(cpu_image, run, tmp_path):
    """Serve, under the name of the base model, a small one that the image itself has trained."""
    tmp_path.chmod(0o777)
    trained = run(
        cpu_image, "training.num_epochs=1", "wandb.mode=disabled", "dataset.near_duplicates=0",
        variables={"AIP_MODEL_DIR": "/job/model/"}, volumes={tmp_path: "/job"},
    )  # fmt: skip
    assert trained.status == 0, trained.printed
    server = ThreadingHTTPServer(("127.0.0.1", 0), _HubHandler)
    server.files = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    server.files[A_PICKLE] = b"not to be downloaded"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_base_model_in_the_image_needs_no_hub(hub, build, run, note):
    image = build("cpu", f"MODEL={NAME}", f"HF_ENDPOINT={hub}")
    ended = run(
        image, "model=distilbert", "training.num_epochs=1", "wandb.mode=disabled",
        variables={"HF_ENDPOINT": NOWHERE},
    )  # fmt: skip

    assert ended.status == 0, ended.printed
    assert f"model: reading {NAME}" in ended.printed
    assert not list(image.root.glob(f"opt/models/**/{A_PICKLE}"))
    note(f"train-cpu: with a base model built again in {image.seconds:.0f} s")
