"""The folder of a run: it belongs to one run alone, and is removed if that run fails early."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from cs_train.errors import ConfigError

_CONFIGURATION = ".hydra"
LOG = "train.log"


@contextmanager
def run_folder(composed: DictConfig) -> Iterator[Path]:
    """Claim the folder that Hydra made, save the configuration there, and yield it.

    Hydra, left to itself, would write the configuration over that of the run whose folder it is.

    Args:
        composed: the complete configuration.

    Raises:
        ConfigError: if it is another run's folder.

    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    configuration = folder / _CONFIGURATION
    try:
        configuration.mkdir()
    except FileExistsError:
        raise ConfigError(
            f"{folder} is another run's folder: name one with hydra.run.dir"
        ) from None
    try:
        OmegaConf.save(composed, configuration / "config.yaml", resolve=True)
        OmegaConf.save(hydra.overrides.task, configuration / "overrides.yaml")
        OmegaConf.save(HydraConfig.instance().cfg, configuration / "hydra.yaml")
        yield folder
    except BaseException:
        if {path.name for path in folder.iterdir()} <= {_CONFIGURATION, LOG}:
            _remove(folder, hydra)
        raise


def _remove(folder: Path, hydra: HydraConf) -> None:
    shutil.rmtree(folder / _CONFIGURATION)
    (folder / LOG).unlink(missing_ok=True)
    if any("hydra.run.dir=" in override for override in hydra.overrides.hydra):
        return  # a person named it, and may have made it
    with suppress(OSError):  # the folder of the date holds other runs
        folder.rmdir()
        folder.parent.rmdir()
