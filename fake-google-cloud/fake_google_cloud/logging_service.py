"""Cloud Logging: the entries of jobs and builds, as their scripts say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from google.cloud.logging_v2.types import (
    ListLogEntriesRequest,
    ListLogEntriesResponse,
    LogEntry,
)

from fake_google_cloud.errors import invalid
from fake_google_cloud.filters import parse_filter
from fake_google_cloud.messages import to_protobuf
from fake_google_cloud.paging import cut_page
from fake_google_cloud.project import Project
from fake_google_cloud.rpc import Service, rpc

_ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}


class Logging(Service):
    """The entries that sources give when they are asked."""

    service = "google.logging.v2.LoggingServiceV2"
    api = "logging.googleapis.com"

    def __init__(self, project: Project, *sources: Callable[[], Iterable[LogEntry]]) -> None:
        self._project = project
        self._sources = sources

    @rpc("logging.logEntries.list", "POST /v2/entries:list", body="*")
    def list_log_entries(self, request: ListLogEntriesRequest) -> ListLogEntriesResponse:
        """List the entries that pass the filter, in order of time."""
        if not request.resource_names:
            raise invalid("At least one resource name is required.")
        for name in request.resource_names:
            self._project.check_project(name.removeprefix("projects/").partition("/")[0])
        if request.order_by not in _ORDERS:
            raise invalid(f"Invalid order_by: {request.order_by}")
        passes = parse_filter(request.filter)
        entries = [entry for source in self._sources for entry in source()]
        entries = [entry for entry in entries if passes(to_protobuf(entry))]
        entries.sort(
            key=lambda entry: (entry.timestamp, entry.insert_id),
            reverse=_ORDERS[request.order_by],
        )
        page = cut_page(
            entries,
            size=request.page_size,
            token=request.page_token,
            query=f"{request.filter}\n{request.order_by}",
            key=lambda entry: str(entry.insert_id),
            default=50,
        )
        return ListLogEntriesResponse(entries=page.items, next_page_token=page.next_token)
