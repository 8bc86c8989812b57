"""The command against a fake cloud on a real socket; as a process where it becomes one."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import google_crc32c
import pytest

from cs_cloud import CloudError, Settings
from cs_cloud.cli import main
from cs_cloud.secrets import resolve_secrets
from fake_google_cloud import FakeCloud

VALUE = "planted-where-nobody-may-see-it"
TRACES = (VALUE, base64.b64encode(VALUE.encode()).decode())
NAME = "projects/my-project-1/secrets/WANDB_API_KEY/versions/latest"
REFERENCE = f"sm://{NAME}"
WITH_SECRETS = [sys.executable, "-m", "cs_cloud", "with-secrets", "--"]
SHOW_KEY = [sys.executable, "-c", "import os; print(os.environ['WANDB_API_KEY'])"]

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def cloud(settings: Settings) -> Iterator[FakeCloud]:
    with FakeCloud.ready(settings, secret=VALUE) as cloud:
        yield cloud


@contextmanager
def answering(answer: Callable[[], bytes]) -> Iterator[dict[str, str]]:
    """Answers whatever is asked; gives the variables that lead there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answer()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield {"CS_CLOUD_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}"}
        server.shutdown()
        thread.join()


def payload(data: bytes, checksum: int | None = None) -> bytes:
    """What Secret Manager answers."""
    checksum = google_crc32c.value(data) if checksum is None else checksum
    sent = {"data": base64.b64encode(data).decode(), "dataCrc32c": str(checksum)}
    return json.dumps({"name": NAME, "payload": sent}).encode()


def environment(endpoint: dict[str, str], **variables: str) -> dict[str, str]:
    """With everything logged that Google's libraries can log."""
    logs = {"GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google"}
    return os.environ | endpoint | logs | {"WANDB_API_KEY": REFERENCE} | variables


def run(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WITH_SECRETS, *command],
        env=environ,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def value_in(endpoint: dict[str, str], **variables: str) -> str:
    """The key that a command would have in its environment."""
    named = endpoint | {"WANDB_API_KEY": REFERENCE} | variables
    return resolve_secrets(named)["WANDB_API_KEY"]


def test_the_command_gets_the_value(cloud: FakeCloud):
    done = run(SHOW_KEY, environment(cloud.environment))

    assert (done.returncode, done.stdout) == (0, f"{VALUE}\n")


def test_the_end_of_a_pasted_line_is_cut_off(cloud: FakeCloud):
    cloud.add_secret("WANDB_API_KEY", f"{VALUE}\r\n")

    assert value_in(cloud.environment) == VALUE


def test_everything_else_is_handed_on_as_it_is(cloud: FakeCloud):
    environ = environment(cloud.environment, PLAIN="as it is")
    command = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]

    got = json.loads(run(command, environ).stdout)

    assert got == environ | {"WANDB_API_KEY": VALUE}
    assert got["CS_CLOUD_ENDPOINT"] == cloud.url


def test_a_secret_of_another_project_is_read():
    with FakeCloud("another-project") as cloud:
        cloud.enable("secretmanager.googleapis.com")
        cloud.add_secret("KEY", VALUE)
        here = cloud.environment | {"GOOGLE_CLOUD_PROJECT": "my-project-1"}
        reference = "sm://projects/another-project/secrets/KEY/versions/1"

        assert value_in(here, WANDB_API_KEY=reference) == VALUE


def test_a_secret_that_two_variables_name_is_read_once(cloud: FakeCloud):
    value_in(cloud.environment, SAME=REFERENCE)

    assert [request.method for request in cloud.requests] == ["AccessSecretVersion"]


def test_secrets_are_read_all_at_once():
    together = threading.Barrier(3, timeout=30)

    def answer() -> bytes:
        together.wait()
        return payload(VALUE.encode())

    others = {name: f"sm://projects/p/secrets/{name}/versions/1" for name in ("B", "C")}
    with answering(answer) as endpoint:
        assert value_in(endpoint, **others) == VALUE


def test_a_fault_that_passes_is_tried_again(cloud: FakeCloud):
    cloud.fail("AccessSecretVersion", "unavailable", times=2)

    assert value_in(cloud.environment) == VALUE


def test_a_fault_that_stays_is_not_tried_again(cloud: FakeCloud):
    cloud.deny("secretmanager.versions.access")

    with pytest.raises(CloudError):
        value_in(cloud.environment)

    assert len(cloud.requests) == 1


@linux_only
def test_the_value_is_in_no_command_line_and_no_log(cloud: FakeCloud, tmp_path: Path):
    start_logs = "from google.api_core import client_logging\nclient_logging.initialize_logging()\n"
    (tmp_path / "sitecustomize.py").write_text(start_logs)
    ask = "from cs_cloud.google.clients import Clients; Clients('').secrets.get({!r}, timeout=9)"
    code = f"{ask.format(NAME.partition('/versions')[0])}; print('ready', flush=True); input()"
    wait = [sys.executable, "-c", code]
    with subprocess.Popen(
        [*WITH_SECRETS, *wait],
        env=environment(cloud.environment, PYTHONPATH=str(tmp_path)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        ready = child.stdout.readline()
        assert VALUE.encode() in Path(f"/proc/{child.pid}/environ").read_bytes()
        command_lines = b"".join(map(_read, Path("/proc").glob("[0-9]*/cmdline")))
        out, err = child.communicate(b"\n")

    seen = (command_lines + ready + out + err).decode(errors="replace")
    assert "google.auth.transport.requests" in seen  # the logs are on
    assert not [trace for trace in TRACES if trace in seen]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # that process has ended
        return b""


FAULTS = {
    "no such secret": "is not there",  # pragma: allowlist secret
    "disabled version": "is in DISABLED state",
    "permission denied": "secretmanager.versions.access",
    "unauthenticated": "the credentials are refused",
    "garbage": "the answer is not one of Google",
    "half an answer": "the answer is not one of Google",
    "the value where it does not belong": "is empty",
    "damaged": "its checksum is wrong",
    "not UTF-8": "bytes that are no text",
    "NUL": "bytes that are no text",
    "empty": "is empty",
    "malformed": "not in the form sm://projects/PROJECT/secrets/NAME/versions/VERSION",
    "unavailable for ever": "unavailable",
    "slow": "imed out",
    "unreachable": "onnection",
}


@contextmanager
def gone_wrong(fault: str, cloud: FakeCloud) -> Iterator[dict[str, str]]:
    """Gives the environment in which a fault happens, however often it is asked."""
    data = VALUE.encode()
    ordered = {"unavailable for ever": "unavailable", "slow": "slow"}
    answers = {
        "half an answer": payload(data)[:-20],
        "the value where it does not belong": json.dumps({"payload": VALUE}).encode(),
        "damaged": payload(data, checksum=1),
        "not UTF-8": payload(data + b"\xff"),
        "NUL": payload(data + b"\0"),
        "empty": payload(b"\n"),
    }
    if fault in answers:
        with answering(lambda: answers[fault]) as endpoint:
            yield environment(endpoint)
    elif fault == "no such secret":
        yield environment(cloud.environment, WANDB_API_KEY=REFERENCE.replace("WANDB", "OTHER"))
    elif fault == "malformed":
        yield environment(cloud.environment, WANDB_API_KEY=f"sm://{VALUE}")
    elif fault == "unreachable":
        yield environment({"CS_CLOUD_ENDPOINT": "http://127.0.0.1:9"})
    elif fault == "disabled version":
        cloud.add_secret("WANDB_API_KEY", VALUE, enabled=False)
        yield environment(cloud.environment)
    elif fault == "permission denied":
        cloud.deny("secretmanager.versions.access")
        yield environment(cloud.environment)
    else:
        cloud.fail("AccessSecretVersion", ordered.get(fault, fault), times=1000, seconds=60)
        yield environment(cloud.environment)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch):
    """Runs `cs-cloud with-secrets -- COMMAND` in this process, in an environment of its own."""

    def call(command: list[str], environ: dict[str, str]) -> int:
        environ = environ | {"GOOGLE_SDK_PYTHON_LOGGING_SCOPE": ""}  # caplog has the logs
        monkeypatch.setattr(os, "environ", environ)
        return main(["with-secrets", "--", *command])

    return call


@pytest.mark.parametrize("fault", FAULTS)
def test_a_secret_that_cannot_be_read_stops_everything_and_shows_nothing(
    fault: str,
    cloud: FakeCloud,
    tmp_path: Path,
    call: Callable[[list[str], dict[str, str]], int],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    witness = tmp_path / "the command has run"
    command = [sys.executable, "-c", f"open({str(witness)!r}, 'w')"]
    quick = partial(resolve_secrets, timeout=0.3)
    monkeypatch.setattr("cs_cloud.commands.with_secrets.resolve_secrets", quick)
    with gone_wrong(fault, cloud) as environ:
        status = call(command, environ)
        out, err = capfd.readouterr()
        with pytest.raises(CloudError) as caught:
            call(command, environ | {"CS_TRACEBACK": "1"})
    everything = out + err + "".join(traceback.format_exception(caught.value))
    everything += "".join(capfd.readouterr()) + caplog.text

    assert (status, out) == (2, "")
    assert err.startswith("cs-cloud: ")
    assert err.count("\n") == 1
    assert "WANDB_API_KEY" in err.replace("OTHER", "WANDB")
    assert FAULTS[fault] in err
    assert "Traceback" in everything
    assert not [trace for trace in TRACES if trace in everything]
    assert not witness.exists()


def test_without_credentials_nothing_is_run(
    tmp_path: Path,
    call: Callable[[list[str], dict[str, str]], int],
    capfd: pytest.CaptureFixture[str],
):
    nowhere = {"CLOUDSDK_CONFIG": str(tmp_path), "HOME": str(tmp_path), "NO_GCE_CHECK": "true"}
    environ = environment(nowhere)
    environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)

    status = call(SHOW_KEY, environ)

    out, err = capfd.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("cs-cloud: no credentials: ")
    assert err.count("\n") == 1


def test_without_secrets_no_library_of_google_is_loaded():
    command = [sys.executable, "-X", "importtime", *WITH_SECRETS[1:], sys.executable, "--version"]

    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "cs_cloud.secrets" in loaded
    assert not {name for name in loaded if name.startswith(("google.", "grpc", "requests"))}


def test_the_exit_status_is_the_commands_own():
    assert run([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ)).returncode == 7


def test_what_is_behind_the_command_is_its_own_even_another_two_dashes():
    show = [sys.executable, "-c", "import sys; print(sys.argv[1:])", "--help", "--", "-x"]

    assert run(show, dict(os.environ)).stdout == "['--help', '--', '-x']\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_arrive_at_the_command(number: int, cloud: FakeCloud):
    show_signal = (
        "import signal, sys\n"
        f"signal.signal({number}, lambda number, _: sys.exit(number + 100))\n"
        "print('ready', flush=True)\n"
        "signal.pause()"
    )
    with subprocess.Popen(
        [*WITH_SECRETS, sys.executable, "-c", show_signal],
        env=environment(cloud.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        child.stdout.readline()
        child.send_signal(number)

    assert child.returncode == number + 100


def test_sigterm_ends_a_command_that_does_not_handle_it(cloud: FakeCloud):
    with subprocess.Popen(
        [*WITH_SECRETS, sys.executable, "-c", "print('ready', flush=True); input()"],
        env=environment(cloud.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        child.stdout.readline()
        child.terminate()

    assert child.returncode == -signal.SIGTERM  # which a shell calls 143


@linux_only
def test_no_signal_is_ignored_that_was_not_before():
    done = run(["grep", "SigIgn", "/proc/self/status"], dict(os.environ))

    assert int(done.stdout.split()[1], 16) == 0


def test_no_command_is_one_line():
    done = run([], dict(os.environ))

    assert done.returncode == 2
    assert done.stderr == (
        "cs-cloud: no command is given; write: cs-cloud with-secrets -- COMMAND ARGUMENT…\n"
    )


def test_an_unknown_command_is_one_line_and_127_and_no_secret_is_read(cloud: FakeCloud):
    done = run(["no-such-command", "--flag"], environment(cloud.environment))

    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == "cs-cloud: no-such-command: there is no such command\n"
    assert not cloud.requests


def test_a_command_that_cannot_be_run_is_one_line_and_126(tmp_path: Path):
    program = tmp_path / "broken"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)

    done = run([str(program)], dict(os.environ))

    assert done.returncode == 126
    assert done.stderr == f"cs-cloud: {program}: cannot be run: No such file or directory\n"
