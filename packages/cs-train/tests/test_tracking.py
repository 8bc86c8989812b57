from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import get_args

import cs_train_tests
import pytest
from cs_train_tests.results import make_result

from cs_train import cli, splits
from cs_train.config import ConfigError, WandbConfig
from cs_train.tracking import _MODES, Tracker, _choose_mode

KEY = "0123456789" * 4  # as long as a real one
CHOICES = "online, run, shared, offline, dryrun or disabled"
SUPPORT = Path(cs_train_tests.__file__).parent.parent


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    """Nobody is logged in, whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def track(config, folder, *, with_model=True):
    """Track a short run in a process of its own, as W&B starts one service for a process."""
    (folder / "model").mkdir(parents=True)
    if with_model:
        (folder / "model" / "config.json").write_text("{}")
    else:
        (folder / "model").rmdir()
    code = (
        "import logging, sys, time\n"
        "from pathlib import Path\n"
        "from cs_train.config import WandbConfig\n"
        "from cs_train.tracking import Tracker, has_abandoned_thread\n"
        "from cs_train_tests.results import make_result\n"
        "logging.basicConfig(level=logging.INFO, format='%(message)s', stream=sys.stdout)\n"
        f"tracker = Tracker(WandbConfig(**{config!r}), name='test', settings={{'seed': 1}},"
        f" folder=Path({str(folder)!r}))\n"
        "for step in range(1, 4): tracker.log({'train/loss': 1 / step}, step)\n"
        f"tracker.conclude(make_result(Path({str(folder)!r}), rows=4))\n"
        "started = time.monotonic()\n"
        "tracker.finish(exit_code=0)\n"
        "print('finished', has_abandoned_thread(), round(time.monotonic() - started), flush=True)\n"
        "wandb = sys.modules.get('wandb'); print('still open:', wandb and wandb.run, flush=True)\n"
        "import os; os._exit(7)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SUPPORT)},
    )


@pytest.fixture(scope="module")
def offline_run(tmp_path_factory):
    """One offline run of somebody who has a key: the folder around it, and how it ended."""
    around = tmp_path_factory.mktemp("offline")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [name for name in os.environ if name.startswith("WANDB_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
        return around, track({"mode": "offline"}, around / "run")


@pytest.mark.slow
def test_an_offline_run_holds_figures_configuration_and_model(offline_run):
    around, done = offline_run
    assert "finished False" in done.stdout, done
    assert "artifact" not in done.stderr
    [run] = (around / "run" / "wandb").glob("offline-run-*")
    [record] = run.glob("*.wandb")
    content = record.read_bytes()
    for expected in (b"train/loss", b"test/macro_f1", b"confusion", b"support-tickets"):
        assert expected in content
    assert b"model-" in content


@pytest.mark.slow
def test_the_key_is_written_nowhere(offline_run):
    around, done = offline_run
    assert "finished False" in done.stdout, done
    assert KEY not in done.stdout + done.stderr
    written = [path for path in around.rglob("*") if path.is_file()]
    assert any(path.suffix == ".wandb" for path in written)
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_a_server_that_refuses_ends_the_tracking_not_the_run(tmp_path, monkeypatch):
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(401)
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_):
            pass

    monkeypatch.setenv("WANDB_API_KEY", KEY)
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        done = track({"mode": "online", "timeout": 60.0}, tmp_path / "run")
        server.shutdown()
    assert done.returncode == 7, done
    assert done.stdout.count("W&B failed, so this run is not tracked any further") == 1
    assert "finished True" in done.stdout
    assert KEY not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_server_that_never_answers_is_abandoned_in_time(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("WANDB_API_KEY", KEY)
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        done = track({"mode": "online", "timeout": 2.0}, tmp_path / "run")
    assert done.returncode == 7, done
    finished = [line.split() for line in done.stdout.splitlines() if line.startswith("finished")]
    assert int(finished[0][2]) <= 5
    assert "W&B" in done.stdout


@pytest.mark.slow
def test_a_run_is_finished_even_if_its_model_cannot_be_sent(tmp_path):
    done = track({"mode": "offline"}, tmp_path / "run", with_model=False)
    assert done.stdout.count("W&B failed, so this run is not tracked any further") == 1
    assert "finished True" in done.stdout
    assert "still open: None" in done.stdout, done


def test_a_disabled_tracker_starts_nothing(tmp_path):
    before = threading.active_count()
    tracker = Tracker(WandbConfig(mode="disabled"), name="x", settings={}, folder=tmp_path)
    tracker.log({"loss": 1.0}, 1)
    tracker.conclude(make_result(tmp_path))
    tracker.finish(exit_code=0)
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "mode", "expected"),
    [
        ({}, "offline", "offline, since there is no key"),
        ({"WANDB_API_KEY": KEY}, "online", "online, since there is a key"),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": KEY}, "disabled", "as WANDB_MODE says"),
        ({"WANDB_MODE": "offline"}, "offline", "as WANDB_MODE says"),
        ({"WANDB_MODE": "dryrun", "WANDB_API_KEY": KEY}, "offline", "as WANDB_MODE says"),
        ({"WANDB_MODE": "run"}, "online", "as WANDB_MODE says"),
        ({"WANDB_DISABLED": "true", "WANDB_API_KEY": KEY}, "disabled", "as WANDB_DISABLED says"),
        ({"WANDB_DISABLED": "1", "WANDB_MODE": "online"}, "disabled", "as WANDB_DISABLED says"),
        ({"WANDB_DISABLED": "false", "WANDB_API_KEY": KEY}, "online", "since there is a key"),
        ({"WANDB_DISABLED": "", "WANDB_MODE": "offline"}, "offline", "as WANDB_MODE says"),
    ],
)
def test_auto_logs_in_one_line_what_it_chose(environment, mode, expected, monkeypatch, caplog):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.INFO):
        assert _choose_mode("auto") == mode
    [line] = caplog.messages
    assert expected in line
    assert KEY not in line


def test_a_login_on_this_machine_is_a_key(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text(f"machine api.wandb.ai\n  login user\n  password {KEY}\n")
    (tmp_path / "netrc").chmod(0o644)  # as a mounted secret: W&B takes it all the same
    assert _choose_mode("auto") == "online"
    monkeypatch.setenv("WANDB_BASE_URL", "https://wandb.example.org:8080")
    assert _choose_mode("auto") == "offline"
    (tmp_path / "netrc").write_text(f"machine wandb.example.org:8080\nlogin u\npassword {KEY}\n")
    assert _choose_mode("auto") == "online"


@pytest.mark.skipif(sys.platform == "win32", reason="a user of Windows has a home folder")
def test_a_user_without_a_home_folder_has_no_login(monkeypatch):
    monkeypatch.delenv("NETRC")
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)  # as in a container that has no such user
    assert _choose_mode("auto") == "offline"


@pytest.mark.parametrize("mode", ["online", "offline", "disabled"])
def test_a_chosen_mode_is_kept_whatever_the_environment_says(mode, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert _choose_mode(mode) == mode
    monkeypatch.setenv("WANDB_MODE", "dryrun")
    monkeypatch.setenv("WANDB_DISABLED", "true")
    assert _choose_mode(mode) == mode


def test_the_modes_of_the_environment_are_those_that_wandb_reads():
    import wandb

    assert set(_MODES) == set(get_args(wandb.Settings.model_fields["mode"].annotation))
    for alias, mode in _MODES.items():
        settings = wandb.Settings(mode=alias)
        assert (settings._offline, settings._noop) == (mode == "offline", mode == "disabled")


@pytest.mark.parametrize(
    "value", ["y", "yes", "t", "TRUE", "True", "on", "1", "n", "No", "f", "false", "OFF", "0"]
)
def test_wandb_disabled_is_read_as_wandb_reads_truth(value, monkeypatch):
    from wandb.env import strtobool

    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_DISABLED", value)
    assert _choose_mode("auto") == ("disabled" if strtobool(value) else "online")


@pytest.mark.parametrize("mode", ["auto", "online", "offline"])
@pytest.mark.parametrize("value", ["dry-run", "OFFLINE", " offline", ""])
def test_an_unknown_mode_is_refused_and_never_online(mode, value, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_MODE", value)
    message = f"WANDB_MODE must be {CHOICES}, got {value!r}: correct it in the environment"
    with pytest.raises(ConfigError, match=re.escape(message)):
        _choose_mode(mode)
    assert _choose_mode("disabled") == "disabled"  # W&B is not asked


@pytest.mark.parametrize("value", ["disabled", "tru", "2"])
def test_an_unclear_wish_to_disable_is_refused_and_never_online(value, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_DISABLED", value)
    with pytest.raises(ConfigError, match=f"WANDB_DISABLED must be true or false, got '{value}'"):
        _choose_mode("auto")
    assert _choose_mode("online") == "online"


@pytest.mark.parametrize(
    "arguments",
    [[], ["-m", "seed=1,2"], ["-m", "wandb.mode=disabled,auto"], ["--config-dir=."]],
    ids=["run", "sweep", "sweep-of-modes", "own-files"],
)
@pytest.mark.parametrize("variable", ["WANDB_MODE", "WANDB_DISABLED"])
def test_the_command_refuses_the_environment_before_anything_is_made(
    arguments, variable, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv(variable, "of")
    monkeypatch.setattr(sys, "argv", ["cs-train", *arguments])
    monkeypatch.setattr(cli, "limit_openmp_spin", lambda: None)  # changes the environment for good
    monkeypatch.setattr(splits, "fetch_splits", lambda _: pytest.fail("prepared the data"))
    with pytest.raises(SystemExit) as request:
        cli.main()
    assert request.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"cs-train: {variable} must be ")
    assert not [path for path in tmp_path.rglob("*") if path.name != "outputs"]
