"""The machine types that a training job can ask for; the table itself is machines.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Machine:
    """A machine type, and which accelerators go with it."""

    name: str
    vcpus: int
    memory_gb: float
    accelerators: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By the API's name of an accelerator, how many of it the machine can have."""
    built_in: bool = False
    """Whether it comes with its accelerators, and so cannot do without."""

    def choices(self, accelerator: str) -> str:
        """Return how many of an accelerator it can have, such as `1/2/4 NVIDIA_TESLA_T4`."""
        return f"{'/'.join(map(str, self.accelerators[accelerator]))} {accelerator}"


def find_machine(name: str) -> Machine | None:
    """Return a machine type by its name, None where it is not in the table."""
    return known_machines().get(name)


@cache
def known_machines() -> dict[str, Machine]:
    """Return the machine types of the table by their names."""
    table = tomllib.loads(files("cs_cloud.jobs").joinpath("machines.toml").read_text("utf-8"))
    machines = {}
    for family, row in table["families"].items():
        for vcpus in row["vcpus"]:
            attachable = _attachable(table["attach"], vcpus) if row.get("attach") else {}
            name = f"{family}-{vcpus}"
            machines[name] = Machine(name, vcpus, vcpus * row["gb_per_vcpu"], attachable)
    for name, row in table["built_in"].items():
        accelerators = {row["accelerator"]: (row["count"],)}
        machines[name] = Machine(name, row["vcpus"], row["gb"], accelerators, built_in=True)
    return machines


def _attachable(rows: list[dict[str, Any]], vcpus: int) -> dict[str, tuple[int, ...]]:
    row = next(row for row in rows if vcpus <= row["up_to_vcpus"])
    return {name: tuple(counts) for name, counts in row.items() if isinstance(counts, list)}
