"""Exports as forty help desks, trackers and databases write them.

Each is the same every time, but for the time of writing that a workbook holds.

Only their documented forms are imitated: column names, values, separators, encodings and what
stands around the table. The texts are those of the embedded sample.
"""

from __future__ import annotations

from functools import cache
from inspect import getmembers, isfunction
from types import ModuleType

from cs_data_tests.helpdesks import (
    customer_service,
    databases,
    other_languages,
    service_desks,
    trackers,
)
from cs_data_tests.helpdesks.export import Export

_MODULES = (customer_service, service_desks, other_languages, trackers, databases)


def _functions(module: ModuleType) -> dict[str, object]:
    return {
        name: function
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    }


_MAKERS = {name: make for module in _MODULES for name, make in _functions(module).items()}
HELPDESKS = tuple(_MAKERS)
"""Names of the exports."""


@cache
def make_export(name: str) -> Export:
    """Return the export of this name."""
    return _MAKERS[name]()
