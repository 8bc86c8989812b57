"""What a person changes of a job file by flags, for one job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cs_cloud.durations import parse_duration
from cs_cloud.errors import CloudError, nearest
from cs_cloud.google.vertex import AcceleratorType, CustomJobSpec, EnvVar, MachineSpec, Scheduling
from cs_cloud.jobs.machines import find_machine

_ACCELERATORS = AcceleratorType.__members__


@dataclass(frozen=True)
class JobChanges:
    """Flags of `cs-cloud submit`; None where one was not given."""

    spot: bool = False
    machine: str | None = None
    accelerator: str | None = None
    """A type, or the end of its name, and how many: `T4`, `NVIDIA_TESLA_V100:2`; or `none`."""
    timeout: str | None = None
    """A number and its unit: `90m`, `6h`."""
    env: Sequence[str] = ()
    """NAME=VALUE."""

    def apply(self, spec: CustomJobSpec) -> None:
        """Change a job.

        Raises:
            CloudError: a flag cannot be read.
        """
        for flag in ("machine", "accelerator", "timeout"):
            if getattr(self, flag) == "":
                raise CloudError(f"--{flag} is empty; give it a value, or leave it out")
        [pool] = spec.worker_pool_specs
        if self.machine:
            _set_machine(pool.machine_spec, self.machine)
        if self.accelerator:
            _set_accelerator(pool.machine_spec, self.accelerator)
        given: set[str] = set()
        for text in self.env:
            name, equals, value = text.partition("=")
            if not equals:  # it is not repeated: somebody may have given the secret alone
                raise CloudError("--env: give NAME=VALUE")
            if name in given:
                raise CloudError(f"--env: {name} is given twice; keep one of them")
            given.add(name)
            kept = [one for one in pool.container_spec.env if one.name != name]
            pool.container_spec.env = [*kept, EnvVar(name=name, value=value)]
        if self.timeout:
            spec.scheduling.timeout = parse_duration(self.timeout)
        if self.spot:
            spec.scheduling.strategy = Scheduling.Strategy(Scheduling.Strategy.SPOT)
            spec.scheduling.restart_job_on_worker_restart = True


def _set_machine(wanted: MachineSpec, name: str) -> None:
    machine = find_machine(name)
    if machine and machine.built_in:
        [(kind, [count])] = machine.accelerators.items()
        wanted.accelerator_type, wanted.accelerator_count = _ACCELERATORS[kind], count
    wanted.machine_type = name


def _set_accelerator(wanted: MachineSpec, text: str) -> None:
    name, _, count = text.partition(":")
    if name.lower() == "none":
        wanted.accelerator_type, wanted.accelerator_count = AcceleratorType(0), 0
        return
    if count and not count.isdecimal():
        raise CloudError(f"--accelerator {text}: write TYPE or TYPE:COUNT, such as T4:2")
    kinds = [name for name, kind in _ACCELERATORS.items() if kind]
    upper = name.upper()
    ending = [kind for kind in kinds if kind == upper or kind.endswith(f"_{upper}")]
    if not ending:
        short = [kind.removeprefix("NVIDIA_").removeprefix("TESLA_") for kind in kinds]
        hint = nearest(name, [*kinds, *short], f"there are {', '.join(short)}")
        raise CloudError(f"--accelerator {text}: there is no such type; {hint}")
    wanted.accelerator_type = _ACCELERATORS[ending[0]]
    wanted.accelerator_count = int(count or 1)
