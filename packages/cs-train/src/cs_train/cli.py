"""The command `cs-train`: one training run, or one for each combination of values with -m."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from cs_data import DataError
from cs_model import ModelError
from cs_model.threads import limit_openmp_spin
from cs_train.config import ConfigError, checked
from cs_train.config.arguments import configurations
from cs_train.outputs.logs import log_to
from cs_train.outputs.run_folder import run_folder
from cs_train.splits import fetch_splits
from cs_train.tracking import has_abandoned_thread, resolve_mode
from cs_train.upload import upload_of_job

_failures: list[int] = []
"""Exit codes of the runs of a sweep that came to nothing."""


def main() -> NoReturn:
    """Check the arguments, run, and exit: 0, 2 where a person can mend it, 130 when interrupted."""
    code: int | str | None = 0
    _failures.clear()
    limit_openmp_spin()
    try:
        wanted = configurations(sys.argv[1:])  # to check them all before the first is run
        if len(wanted) > 1:
            upload_of_job(one_run=False)
        for config in wanted:
            resolve_mode(config.wandb.mode)
        _run_from_hydra()
        code = max(_failures, default=0)
    except ConfigError as error:
        code = tell(error)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SystemExit as request:
        code = request.code
    except KeyboardInterrupt:
        code = 130
    if has_abandoned_thread():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)  # only W&B's own threads are left to wait
    sys.exit(code)


@hydra.main(version_base="1.3", config_path="pkg://cs_train.conf", config_name="config")
def _run_from_hydra(composed: DictConfig) -> None:
    # Hydra would print a traceback of whatever is raised here, and exit with 1.
    try:
        config = checked(composed)
        with run_folder(composed) as folder, log_to(folder) as console:
            resolve_mode(config.wandb.mode)  # once more for files of the person's own
            upload = upload_of_job(one_run=HydraConfig.get().mode != RunMode.MULTIRUN)
            if upload is not None:
                upload.check()
            splits = fetch_splits(config.dataset)
            # This imports torch, which takes seconds: not before all else is known to be good.
            from cs_train.run import run

            run(config, splits, folder, console, upload)
    except (ConfigError, DataError, ModelError, OSError) as error:
        hydra = HydraConfig.get()
        if hydra.mode != RunMode.MULTIRUN:
            sys.exit(tell(error))
        # the other runs of a sweep go on
        _failures.append(tell(error, f"run {hydra.job.num} ({hydra.job.override_dirname}): "))


def tell(error: Exception, about: str = "") -> int:
    """Print one line for a person, or the whole traceback where CS_TRACEBACK=1 asks for it.

    Args:
        error: what was raised.
        about: what the line begins with.
    """
    if os.environ.get("CS_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    what = str(error)
    if isinstance(error, OSError) and error.filename:
        what = f"{error.filename}: {error.strerror}"
    print(f"cs-train: {about}{what}", file=sys.stderr)
    return 2
