"""Cloud Logging's client, without what it asks of the machine that it runs on."""

from __future__ import annotations

from typing import Any

from google.auth.credentials import Credentials
from google.cloud.logging import Client, Resource
from google.cloud.logging_v2.logger import Logger


class LoggingClient(Client):
    """A client that only reads, over REST.

    For each log that it finds entries of, Google's own makes a logger, and for each logger it asks
    a metadata server that only machines of Google Cloud have: elsewhere that waits for 10 seconds.
    """

    def __init__(
        self, project: str, credentials: Credentials, client_options: dict[str, str] | None
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            project=project,
            credentials=credentials,
            client_options=client_options,
            _use_grpc=False,
        )

    def logger(
        self,
        name: str,
        *,
        labels: dict[str, str] | None = None,
        resource: Any = None,  # noqa: ANN401  Logging has no types
    ) -> Logger:
        """Make a logger for the resource that stands for none."""
        nothing = Resource(type="global", labels={"project_id": self.project})
        return Logger(name, client=self, labels=labels, resource=resource or nothing)
