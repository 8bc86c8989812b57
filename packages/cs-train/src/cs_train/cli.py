"""The command `cs-train`: one training run, or one for each combination of values with -m."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from cs_data import DataError
from cs_model import ModelError
from cs_train.config import ConfigError, checked, compose, compose_sweep
from cs_train.delivery import delivery_of_job
from cs_train.logs import log_to
from cs_train.splits import fetch_splits


def main() -> NoReturn:
    """Check the arguments, run, and exit: 0, 2 where a person can mend it, 130 when interrupted."""
    code: int | str | None = 0
    try:
        _check_arguments(sys.argv[1:])
        _run_from_hydra()
    except ConfigError as error:
        code = _tell(error)
    except SystemExit as request:
        code = request.code
    except KeyboardInterrupt:
        code = 130
    tracking = sys.modules.get("cs_train.tracking")
    if tracking is not None and tracking.left_behind():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)  # only W&B's own threads are left to wait
    sys.exit(code)


def _check_arguments(arguments: list[str]) -> None:
    parser = get_args_parser()
    parser.error = _refuse_argument  # type: ignore[method-assign]
    given = parser.parse_args(arguments)
    if given.help or given.hydra_help or given.shell_completion:
        return
    if given.config_dir or given.config_path or given.config_name:
        return  # files of the person's own: `checked` sees what Hydra makes of them
    if given.multirun:
        compose_sweep(given.overrides)
    else:
        compose(given.overrides)


def _refuse_argument(message: str) -> NoReturn:
    raise ConfigError(f"{message}; values are set as key=value, and cs-train --help shows the keys")


@hydra.main(version_base="1.3", config_path="pkg://cs_train.conf", config_name="config")
def _run_from_hydra(composed: DictConfig) -> None:
    # Hydra would print a traceback of whatever is raised here, and exit with 1.
    try:
        config = checked(composed)
        hydra_config = HydraConfig.get()
        folder = Path(hydra_config.runtime.output_dir)
        delivery = delivery_of_job(one_run=hydra_config.mode != RunMode.MULTIRUN)
        with log_to(folder) as console:
            if delivery is not None:
                delivery.prepare()
            splits = fetch_splits(config.dataset)
            # This imports torch, which takes seconds: not before all else is known to be good.
            from cs_train.run import run

            run(config, splits, folder, console, delivery)
    except (ConfigError, DataError, ModelError, OSError) as error:
        sys.exit(_tell(error))


def _tell(error: Exception) -> int:
    """Print one line for a person, or the whole traceback where CS_TRACEBACK=1 asks for it."""
    if os.environ.get("CS_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    what = str(error)
    if isinstance(error, OSError) and error.filename:
        what = f"{error.filename}: {error.strerror}"
    print(f"cs-train: {what}", file=sys.stderr)
    return 2
