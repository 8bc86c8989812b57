"""Estimate what a training job costs, from the list prices in prices.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cs_cloud.jobs.machines import find_machine

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
    """The month of the list prices."""


def estimate(spec: CustomJobSpec, region: str, hours: float) -> Price | None:
    """Estimate the price of a job that runs for so many hours, None where a price is unknown."""
    [pool] = spec.worker_pool_specs
    wanted = pool.machine_spec
    accelerator, count = wanted.accelerator_type.name, wanted.accelerator_count
    one = price_per_hour(wanted.machine_type, accelerator, count, region)
    if one is None or spec.scheduling.strategy.name not in _ON_DEMAND:
        return None
    per_hour = one * pool.replica_count
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
    rates = table["series"].get(machine_type.partition("-")[0])
    each = table["accelerators"].get(accelerator_type) if accelerator_count else 0.0
    if rates is None or each is None:
        return None
    base = machine.vcpus * rates["vcpu"] + machine.memory_gb * rates["gb"]
    return float(base + each * accelerator_count)


@cache
def _prices() -> dict[str, Any]:
    return tomllib.loads(files("cs_cloud.jobs").joinpath("prices.toml").read_text("utf-8"))
