"""The command `cs-train`: one training run, or one for each combination of values with -m."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import hydra
from hydra import initialize_config_module
from hydra._internal.callbacks import Callbacks
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig

from cs_data import DataError
from cs_data.command_line import report_error, run_command
from cs_model import ModelError
from cs_model.threads import limit_openmp_spin
from cs_train.config import Config, ConfigError, checked, compose, compose_sweep
from cs_train.config.composition import (
    CONFIG_MODULE,
    CONFIG_NAME,
    HYDRA_VERSION,
    check_choices,
    hydra_errors,
)
from cs_train.config.datasets import register_datasets
from cs_train.outputs.run_folder import log_to, run_folder
from cs_train.splits import fetch_splits
from cs_train.tracking import has_abandoned_thread, resolve_mode
from cs_train.upload import upload_of_job

if TYPE_CHECKING:
    from cs_train.outputs.result import RunResult

_PROGRAM = "cs-train"


def main() -> NoReturn:
    """Run the command and exit: 0, 2 for what a person can correct, 130 when interrupted."""
    limit_openmp_spin()
    code: int | str | None
    try:
        code = run_command(_PROGRAM, lambda: _command(sys.argv[1:]), (ConfigError,))
    except SystemExit as request:  # of Hydra, after it has shown its help
        code = request.code
    if has_abandoned_thread():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)  # only W&B's own threads are left to wait
    sys.exit(code)


def _command(arguments: Sequence[str]) -> int:
    """Do what the arguments ask for, once all of them are known to be valid."""
    # Hydra, left to itself, would explain mistakes at length.
    parser = get_args_parser()
    parser.error = _refuse_argument  # type: ignore[method-assign]
    given = parser.parse_args(arguments)
    register_datasets(given.overrides)
    if (given.resolve or given.package) and not (given.cfg or given.help):
        raise ConfigError("--resolve and --package are for --cfg job: add it, or leave them out")
    is_help = given.help or given.hydra_help or given.shell_completion
    has_own_files = given.config_dir or given.config_path or given.config_name
    if is_help or has_own_files or given.experimental_rerun:
        return _run_by_hydra()
    if given.cfg or given.info:
        compose(given.overrides)
        return _run_by_hydra()
    if given.multirun or "hydra.mode=MULTIRUN" in given.overrides:
        for config in compose_sweep(given.overrides):
            resolve_mode(config.wandb.mode)
        upload_of_job(one_run=False)
        return _run_by_hydra()
    return _run_once(given.overrides)


def _refuse_argument(message: str) -> NoReturn:
    raise ConfigError(f"{message}; values are set as key=value, and cs-train --help shows the keys")


def _run_once(overrides: list[str]) -> int:
    """Compose, check and run; Hydra's own way would make the run's folder before the check."""
    check_choices(overrides)
    with hydra_errors(), initialize_config_module(CONFIG_MODULE, version_base=HYDRA_VERSION):
        composed = hydra.compose(CONFIG_NAME, overrides, return_hydra_config=True)
        composed.hydra.mode = RunMode.RUN
        config = checked(composed)
        resolve_mode(config.wandb.mode)
        callbacks = Callbacks(composed)
        done = run_job(
            lambda composed: _train(composed, config),
            composed,
            job_dir_key="hydra.run.dir",
            job_subdir_key=None,
            hydra_context=HydraContext(GlobalHydra.instance().config_loader(), callbacks),
        )
    return 0 if done.return_value else 2


def _run_by_hydra() -> int:
    """Let Hydra read the arguments; return 2 if a run of them failed."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # or it would print what it raises, and exit
    failures: list[bool] = []

    def run(composed: DictConfig) -> float | None:
        result = _train(composed, None)
        failures.append(result is None)
        return result.objective if result else None  # what a sweeper optimizes

    with hydra_errors():
        hydra.main(f"pkg://{CONFIG_MODULE}", CONFIG_NAME, HYDRA_VERSION)(run)()
    return 2 if any(failures) else 0


def _train(composed: DictConfig, config: Config | None) -> RunResult | None:
    """Train as composed, in the folder that Hydra made; report an error and return None.

    `config` is the same configuration, or None where it is still to be checked.
    """
    job, is_sweep = HydraConfig.get().job, HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        config = config or checked(composed)
        with run_folder(composed) as folder, log_to(folder) as console:
            resolve_mode(config.wandb.mode)
            upload = upload_of_job(one_run=not is_sweep)
            if upload is not None:
                upload.check()
            splits = fetch_splits(config.dataset)
            # This imports torch, which takes seconds: not before all else is known to be good.
            from cs_train.training_run import run

            return run(config, splits, folder, console, upload)
    except (ConfigError, DataError, ModelError, OSError) as error:
        # the other runs of a sweep go on
        context = f"run {job.num} ({job.override_dirname}): " if is_sweep else ""
        report_error(_PROGRAM, error, context)
        return None
