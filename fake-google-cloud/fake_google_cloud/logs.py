"""Cloud Logging: the entries of jobs and builds, as their scripts say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fake_google_cloud.errors import invalid
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.paging import page_of
from fake_google_cloud.project import Json, Project
from fake_google_cloud.rpc import Service, rpc

_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}


class Logging(Service):
    """The entries that sources give when they are asked."""

    client = "google.cloud.logging_v2.services.logging_service_v2.LoggingServiceV2Client"
    paths = {"list_log_entries": "POST /v2/entries:list"}  # noqa: RUF012  as its base declares it

    def __init__(self, project: Project, *sources: Callable[[], Iterable[Json]]) -> None:
        super().__init__(project)
        self._sources = sources

    @rpc("logging.logEntries.list")
    def list_log_entries(self, request: Json) -> Json:
        """Return the entries that pass the filter, in order of time."""
        names, order = request.get("resourceNames"), request.get("orderBy", "")
        if not names:
            raise invalid("At least one resource name is required.")
        for name in names:
            self.project.check_project(name.removeprefix("projects/").partition("/")[0])
        if order not in _ORDERS:
            raise invalid(f"Invalid order_by: {order}")
        passes = parse_filter(request.get("filter", ""), "google.logging.v2.LogEntry")
        entries = [entry for source in self._sources for entry in source() if passes(entry)]
        entries.sort(
            key=lambda entry: (entry["timestamp"], entry["insertId"]), reverse=_ORDERS[order]
        )
        return page_of("entries", entries, {"pageSize": 50} | request, key="insertId")
