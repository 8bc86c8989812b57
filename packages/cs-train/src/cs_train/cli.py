"""The command `cs-train`: a training run, or one for each combination of values with -m."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import hydra
from hydra._internal.callbacks import Callbacks
from hydra._internal.utils import _run_hydra, get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import run_job
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig

from cs_data import DataError
from cs_data.command_line import one_line, report_error, run_command
from cs_model import ModelError
from cs_model.threads import limit_openmp_spin
from cs_train.arguments import Arguments, read_arguments
from cs_train.config import Config, ConfigError, ConfigFiles, checked, compose, compose_sweep
from cs_train.config.composition import CONFIG_MODULE, HYDRA_VERSION, hydra_with
from cs_train.config.composition import composed as compose_with
from cs_train.config.datasets import register_datasets
from cs_train.config.explanations import configuration_errors, hydra_errors
from cs_train.config.typed_text import literal, take_as_typed
from cs_train.tracking import has_abandoned_thread, resolve_mode
from cs_train.upload import upload_of_job

if TYPE_CHECKING:
    from cs_train.outputs.result import RunResult
    from cs_train.outputs.sweep_table import SweepTable

_PROGRAM = "cs-train"


def main() -> NoReturn:
    """Run the command and exit: 0, 2 for what a person can correct, 130 when interrupted."""
    limit_openmp_spin()
    code: int | str | None
    try:
        code = run_command(_PROGRAM, lambda: _command(sys.argv[1:]), (ConfigError, DataError))
    except SystemExit as request:  # of Hydra and argparse, after they have shown something
        code = request.code
    if has_abandoned_thread():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)  # only W&B's own threads are left to wait
    sys.exit(code)


def _command(given: Sequence[str]) -> int:
    """Do what the arguments ask for, once all of them are known to be valid."""
    if given[:1] == ["compare"]:
        from cs_train.outputs.comparison import print_comparison

        print_comparison(given[1:])
        return 0
    arguments = read_arguments(given)
    flags, files = arguments.flags, arguments.files
    if flags.help:
        from cs_train.command_help import help_text

        sys.stdout.write(help_text(arguments.words, files))
        return 0
    if rerun := flags.experimental_rerun:
        if not Path(rerun).is_file():
            raise ConfigError(f"--experimental-rerun {rerun}: there is no such file")
        if Path(rerun).suffix != ".pickle":
            raise ConfigError(
                f"--experimental-rerun must be the config.pickle of a run, got {rerun}"
            )
    if flags.experimental_rerun or flags.config_path:
        return _run_by_hydra()
    if flags.cfg or flags.info:
        compose(arguments.overrides, files=files)
    if flags.cfg or flags.info or flags.hydra_help or flags.shell_completion:
        return _show_by_hydra(arguments)
    if flags.multirun or "hydra.mode=MULTIRUN" in arguments.overrides:
        return _run_sweep(arguments.overrides, files)
    return _run_once(arguments.overrides, files)


def _show_by_hydra(arguments: Arguments) -> int:
    """Let Hydra show a configuration, its own help, or the completions of a word."""
    flags = arguments.flags
    register_datasets(flags.overrides)
    if not flags.shell_completion:
        flags.overrides = take_as_typed(flags.overrides)
    module = f"pkg://{CONFIG_MODULE}"
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # or it would print what it raises, and exit
    with configuration_errors(arguments.files.config_dir):
        try:
            _run_hydra(
                flags, get_args_parser(), lambda _: None, module, arguments.files.config_name
            )
        except SystemExit as request:  # once it has printed what is wrong
            return 2 if request.code else 0
    return 0


def _run_by_hydra() -> int:
    """Let Hydra read the arguments; return 2 if a run of them failed."""
    failures: list[bool] = []
    register_datasets()

    def run(composed: DictConfig) -> None:
        failures.append(_train(composed, None) is None)

    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    with hydra_errors():
        hydra.main(f"pkg://{CONFIG_MODULE}", ConfigFiles.config_name, HYDRA_VERSION)(run)()
    return 2 if any(failures) else 0


def _run_once(overrides: Sequence[str], files: ConfigFiles) -> int:
    """Compose, check and run; Hydra's own way would make the run's folder before the check."""
    with hydra_with(files) as hydra:
        composed = compose_with(hydra, overrides, files=files)
        if composed.hydra.mode != RunMode.MULTIRUN:
            composed.hydra.mode = RunMode.RUN
            config = checked(composed, files=files)
            resolve_mode(config.wandb.mode)
            with hydra_errors(files.config_dir):
                done = run_job(
                    lambda composed: _train(composed, config),
                    composed,
                    job_dir_key="hydra.run.dir",
                    job_subdir_key=None,
                    hydra_context=HydraContext(hydra.config_loader, Callbacks(composed)),
                )
            return 0 if done.return_value else 2
    return _run_sweep(overrides, files)  # which a file of one's own asks for


def _run_sweep(overrides: Sequence[str], files: ConfigFiles) -> int:
    """Check every run, do one after the other, and print their scores; return 2 if one failed."""
    from cs_train.outputs.run_folder import refuse_used_folder
    from cs_train.outputs.sweep_table import SweepTable, swept_keys

    configs = compose_sweep(overrides, files)
    for config in configs:
        resolve_mode(config.wandb.mode)
    upload_of_job(one_run=False)
    overrides = take_as_typed(overrides, sweep=True)
    with hydra_with(files) as hydra, hydra_errors(files.config_dir):
        folder = Path(
            compose_with(hydra, overrides, files=files, mode=RunMode.MULTIRUN).hydra.sweep.dir
        )
        refuse_used_folder(folder, "hydra.sweep.dir")
        table = SweepTable(swept_keys(overrides), len(configs))
        try:
            # the time in the folder's name is not to be read again
            own = [*overrides, "hydra.mode=MULTIRUN", literal("hydra.sweep.dir", str(folder))]
            hydra.multirun(files.config_name, lambda one: _train(one, None, table), own)
        finally:
            table.save(folder)
            table.show(folder)
    return 2 if table.has_failures else 0


def _train(
    composed: DictConfig, config: Config | None, table: SweepTable | None = None
) -> RunResult | None:
    """Train as composed, in the folder that Hydra made; report an error and return None.

    Args:
        composed: the configuration.
        config: the same, or None where it is still to be checked.
        table: of the sweep that this run belongs to.
    """
    from cs_train.outputs.run_folder import log_to, run_folder
    from cs_train.splits import fetch_splits

    result, context = None, ""
    if table is not None:
        hydra = HydraConfig.get()
        context = f"{table.begin(hydra.job.num, hydra.overrides.task)}: "
    try:
        config = config or checked(composed)
        with run_folder(composed) as folder, log_to(folder) as console:
            resolve_mode(config.wandb.mode)
            upload = upload_of_job(one_run=table is None)
            if upload is not None:
                upload.check()
            splits = fetch_splits(config.dataset)
            # This imports torch, which takes seconds: not before all else is known to be good.
            from cs_train.training_run import run

            result = run(config, splits, folder, console, upload)
    except (ConfigError, DataError, ModelError, OSError) as error:
        # the other runs of a sweep go on
        report_error(_PROGRAM, error, context)
        if table is not None:
            table.fail(one_line(error))
    if table is not None and result is not None:
        table.finish(result)
    return result
