"""What every check of the cloud is given: the clients, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cs_cloud.google.api_errors import RETRY
from cs_cloud.google.clients import Clients


@dataclass(frozen=True)
class CheckContext:
    """The clients of a project, and for how many seconds one check may use them."""

    clients: Clients
    deadline: float

    @property
    def project(self) -> str:
        """The project's id."""
        return self.clients.project

    @property
    def limits(self) -> dict[str, Any]:
        """Arguments of every call: how long it may take, and what is retried until then."""
        return {"timeout": self.deadline, "retry": RETRY.with_timeout(self.deadline)}

    @property
    def member(self) -> str:
        """The caller, as a flag of gcloud names it."""
        email = getattr(self.clients.credentials, "service_account_email", None)
        return f"serviceAccount:{email}" if email else '"user:$(gcloud config get account)"'
