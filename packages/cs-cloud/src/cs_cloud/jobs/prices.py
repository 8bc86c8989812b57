"""What a training job will cost, as far as list prices tell; the table itself is prices.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cs_cloud.jobs.machines import Machine, find_machine

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec

# Spot and queued machines have prices of their own, which change by the day.
_ON_DEMAND = ("STRATEGY_UNSPECIFIED", "ON_DEMAND", "STANDARD")


@dataclass(frozen=True)
class Price:
    """An estimate: list prices of machines and accelerators, without disks, traffic and taxes."""

    usd: float
    """For all of the hours."""
    usd_per_hour: float
    as_of: str
    """The month that the list prices are of."""


def estimate(spec: CustomJobSpec, region: str, hours: float) -> Price | None:
    """Estimate what a job costs that runs for so many hours, None where a price is unknown."""
    if spec.scheduling.strategy.name not in _ON_DEMAND:
        return None
    per_hour = 0.0
    for pool in spec.worker_pool_specs:
        wanted = pool.machine_spec
        one = price_per_hour(
            wanted.machine_type, wanted.accelerator_type.name, wanted.accelerator_count, region
        )
        if one is None:
            return None
        per_hour += one * pool.replica_count
    return Price(per_hour * hours, per_hour, _prices()["as_of"])


def price_per_hour(
    machine_type: str, accelerator_type: str, accelerator_count: int, region: str
) -> float | None:
    """Return the list price in USD of one machine on demand, None where it is unknown."""
    machine, table = find_machine(machine_type), _prices().get(region)
    if machine is None or not isinstance(table, dict):
        return None
    if machine.built_in:
        price: float | None = table.get("machines", {}).get(machine_type)
        return price
    base = _of_series(machine, table)
    each = table["accelerators"].get(accelerator_type) if accelerator_count else 0.0
    if base is None or each is None:
        return None
    return base + float(each) * accelerator_count


def _of_series(machine: Machine, table: dict[str, Any]) -> float | None:
    rates = table["series"].get(machine.name.partition("-")[0])
    if rates is None:
        return None
    return float(machine.vcpus * rates["vcpu"] + machine.memory_gb * rates["gb"])


@cache
def _prices() -> dict[str, Any]:
    return tomllib.loads(files("cs_cloud.jobs").joinpath("prices.toml").read_text("utf-8"))
