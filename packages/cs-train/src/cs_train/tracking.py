"""Sends a run to Weights & Biases without failing with it, and waits for it at the end only.

Everything that talks to W&B happens on one thread of its own, in order. What it raises is logged in
one line and ends the tracking, never the run; what hangs is abandoned when time is up.
"""

from __future__ import annotations

import logging
import netrc
import os
import queue
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from cs_train.config import ConfigError, WandbConfig
from cs_train.engine.metrics import EpochMetrics, StepMetrics

if TYPE_CHECKING:
    import wandb

    from cs_train.outputs.result import RunResult

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_CLOUD = "https://api.wandb.ai"
_STEP_FIGURES: tuple[str, ...] = ("loss", "learning_rate", "gradient_norm", "tickets_per_second")
_EPOCH_FIGURES: tuple[str, ...] = ("loss", "accuracy", "macro_f1")
# The values of WANDB_MODE, with W&B's older names, and what each means here: `shared` is online
# for several processes that write one run, and a run of this package has one.
_MODES = {
    "online": "online",
    "run": "online",
    "shared": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "disabled",
}
# As `wandb.env.strtobool` reads them; W&B takes long to import.
_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")
_abandoned = threading.Event()


def has_abandoned_thread() -> bool:
    """Return whether W&B still hangs in a thread, and would hold up the end of the process."""
    return _abandoned.is_set()


class Tracker:
    """One run of W&B, and an observer of the training loop; nothing where tracking is disabled."""

    def __init__(
        self, config: WandbConfig, *, name: str, settings: Mapping[str, Any], folder: Path
    ) -> None:
        """Begin a run in the background.

        Args:
            config: where to, and whether at all.
            name: of the run, for people.
            settings: the configuration of the training, shown beside the run.
            folder: where W&B keeps its own files, below `wandb/`.
        """
        self._config = config
        self._jobs: queue.SimpleQueue[Callable[[wandb.Run], None] | None] = queue.SimpleQueue()
        self._failed = self._concluded = False
        self._exit_code = 0
        self.mode = _choose_mode(config.mode)
        if self.mode == "disabled":
            return
        start = partial(self._start, name, settings, folder)
        self._thread = threading.Thread(target=self._work, args=[start], name="wandb", daemon=True)
        self._thread.start()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.finish(exit_code=0 if kind is None else 1)

    def __call__(self, metrics: StepMetrics | EpochMetrics) -> None:
        """Log the metrics of a step or an epoch."""
        is_step = isinstance(metrics, StepMetrics)
        split, names = ("train", _STEP_FIGURES) if is_step else ("validation", _EPOCH_FIGURES)
        figures = {f"{split}/{name}": getattr(metrics, name) for name in names}
        self.log({**figures, "epoch": metrics.epoch}, metrics.step)

    def log(self, figures: Mapping[str, float], step: int) -> None:
        """Log figures of an optimizer step."""
        self._put(lambda run: run.log(dict(figures), step=step))

    def conclude(self, result: RunResult) -> None:
        """Log the test scores, the confusion matrix and, with `wandb.log_model`, the model."""
        test = result.test

        def conclude(run: wandb.Run) -> None:
            import wandb

            for key in ("accuracy", "macro_f1", "loss", "calibration_error"):
                run.summary[f"test/{key}"] = getattr(test.scores, key)
            matrix = wandb.plot.confusion_matrix(
                y_true=test.targets.tolist(),
                preds=test.predictions.tolist(),
                class_names=list(result.labels),
            )
            run.log({"test/confusion_matrix": matrix})
            if self._config.log_model:
                artifact = wandb.Artifact(f"model-{run.id}", type="model")
                artifact.add_dir(str(result.model))
                run.log_artifact(artifact)

        self._put(conclude)
        self._concluded = True

    def finish(self, exit_code: int) -> None:
        """End the run, or abandon it when W&B does not finish in time."""
        if self.mode == "disabled":
            return
        self._exit_code = exit_code
        self._jobs.put(None)
        # After a failure nobody wants to wait for W&B, unless it is being sent what may be the last
        # copy of a model.
        timeout = self._config.timeout
        if exit_code and not self._concluded:
            timeout = min(timeout, 10)
        self._thread.join(timeout)
        if self._thread.is_alive():
            _log.warning(
                "W&B does not answer: abandoned after %g s (wandb.timeout); what it has is in the "
                "run's folder wandb/, and `wandb sync` sends it later",
                timeout,
            )
        if self._thread.is_alive() or self._failed:  # W&B itself would wait when the process ends
            _abandoned.set()

    def _put(self, job: Callable[[wandb.Run], None]) -> None:
        if self.mode != "disabled":
            self._jobs.put(job)

    def _work(self, start: Callable[[], wandb.Run]) -> None:
        run = self._attempt(start)
        for job in iter(self._jobs.get, None):
            if run is not None and not self._failed:
                self._attempt(partial(job, run))
        if run is not None:  # after a failure too: what was sent before it is kept
            self._attempt(partial(run.finish, exit_code=self._exit_code))

    def _attempt(self, job: Callable[[], _T]) -> _T | None:
        try:
            return job()
        except Exception as error:  # whatever W&B raises, the run goes on
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            if not self._failed:
                _log.warning("W&B failed, so this run is not tracked any further: %s", reason)
            self._failed = True
            return None

    def _start(self, name: str, settings: Mapping[str, Any], folder: Path) -> wandb.Run:
        import wandb

        wandb.setup(settings=wandb.Settings(silent=True))  # artifacts ask this one, not the run's
        entity, project = self._config.resolve_project()
        run = wandb.init(
            entity=entity,
            project=project,
            name=name,
            config=dict(settings),
            dir=folder,
            mode="online" if self.mode == "online" else "offline",
            settings=wandb.Settings(
                silent=True,
                console="off",
                disable_git=True,  # the address of a remote may hold a token
                save_code=False,
                init_timeout=self._config.timeout,
            ),
        )
        if self.mode == "online":
            _log.info("W&B: %s", run.url)
        return run


def resolve_mode(mode: str) -> tuple[str, str]:
    """Return online, offline or disabled, and the reason for it.

    Args:
        mode: `wandb.mode`; anything but `auto` comes before the environment.

    Raises:
        ConfigError: WANDB_MODE or WANDB_DISABLED has a value that W&B does not have.
    """
    if mode == "disabled":
        return mode, "as wandb.mode says"
    asked = os.environ.get("WANDB_MODE")
    # Whatever the run's mode is, W&B reads this one too, and fails on a value it does not know.
    if asked is not None and asked not in _MODES:
        *others, last = _MODES
        raise ConfigError(
            f"WANDB_MODE must be {', '.join(others)} or {last}, got {asked!r}: correct it in the "
            "environment or unset it"
        )
    if mode != "auto":
        return mode, "as wandb.mode says"
    if _is_disabled():
        return "disabled", "as WANDB_DISABLED says"
    if asked is not None:
        return _MODES[asked], "as WANDB_MODE says"
    if _has_key():
        return "online", "since there is a key (wandb.mode=offline keeps it here)"
    return "offline", "since there is no key (`wandb login`, or set WANDB_API_KEY)"


def _choose_mode(mode: str) -> str:
    """Return online, offline or disabled, and log what `auto` chose and why."""
    chosen, reason = resolve_mode(mode)
    if mode == "auto":
        _log.info("W&B: %s, %s", chosen, reason)
    return chosen


def _is_disabled() -> bool:
    value = os.environ.get("WANDB_DISABLED", "")
    if value.lower() in _TRUE:
        return True
    # W&B reads an unknown value as false, which would send what somebody wants to stay here.
    if value and value.lower() not in _FALSE:
        raise ConfigError(
            f"WANDB_DISABLED must be true or false, got {value!r}: correct it in the environment "
            "or unset it"
        )
    return False


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    # As W&B reads it: whoever else may read the file, and with the port of the server.
    host = urlsplit(os.environ.get("WANDB_BASE_URL", _CLOUD)).netloc
    try:
        file = os.environ.get("NETRC") or Path("~/.netrc").expanduser()
        return netrc.netrc(file).authenticators(host) is not None
    except (OSError, RuntimeError, netrc.NetrcParseError):  # RuntimeError: there is no home folder
        return False
