"""Checks who asks and what they may do: credentials, project, APIs, permissions, account."""

from __future__ import annotations

import os

from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request

from cs_cloud.checks.asking import Asking
from cs_cloud.checks.check import CheckFailedError
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import LOGIN, explained
from cs_cloud.google.clients import Clients

# What jobs, their logs and data, and the builds of their images use.
_APIS = (
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "logging.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
)
_CREATE, _CREATOR = "aiplatform.customJobs.create", "roles/aiplatform.user"
_ACT_AS, _ACTOR = "iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"


def check_credentials(clients: Clients) -> str:
    """See that there are credentials, and that they are still good for something."""
    try:
        credentials = clients.credentials
    except CloudError as error:
        raise CheckFailedError(error.message, _login()) from error
    if isinstance(credentials, AnonymousCredentials):
        return "none, and none are needed for a server on this machine"
    if not credentials.valid:
        with explained("getting a token for the credentials"):
            try:
                credentials.refresh(Request())
            except RefreshError as error:
                told = " ".join(str(error.args[0]).split())
                raise CheckFailedError(f"expired or revoked: {told}", _login()) from error
    email = getattr(credentials, "service_account_email", None)
    return f"valid, those of {email}" if email else "valid"


def check_project(asking: Asking) -> str:
    """See that the project is there."""
    project = asking.project
    with explained(f"looking at the project {project}"):
        try:
            found = asking.clients.projects.get_project(name=f"projects/{project}", **asking.limits)
        except (Forbidden, NotFound) as error:
            if getattr(error, "reason", None) == "SERVICE_DISABLED":
                raise
            raise CheckFailedError(
                "is not there, or you may not see it; put one of yours into .gcp/settings.yaml",
                "gcloud projects list",
            ) from error
    if found.state.name != "ACTIVE":
        raise CheckFailedError(
            f"is being deleted (its state is {found.state.name})",
            f"gcloud projects undelete {project}",
        )
    return f"is there, with the number {found.name.rpartition('/')[2]}"


def check_apis(asking: Asking) -> str:
    """See that every API is enabled that jobs and builds use."""
    from google.cloud.service_usage_v1.types import State

    parent = f"projects/{asking.project}"
    names = [f"{parent}/services/{api}" for api in _APIS]
    with explained("asking which APIs are enabled"):
        answer = asking.clients.services.batch_get_services(
            request={"parent": parent, "names": names}, **asking.limits
        )
    enabled = {one.name.rpartition("/")[2] for one in answer.services if one.state == State.ENABLED}
    if missing := [api for api in _APIS if api not in enabled]:
        raise CheckFailedError(
            f"not enabled: {', '.join(missing)}",
            f"gcloud services enable {' '.join(missing)} --project={asking.project}",
        )
    return f"all {len(_APIS)} are enabled"


def check_permissions(asking: Asking) -> str:
    """See that the caller may create jobs."""
    with explained("asking what you may do in the project"):
        answer = asking.clients.projects.test_iam_permissions(
            resource=f"projects/{asking.project}", permissions=[_CREATE], **asking.limits
        )
    if _CREATE not in answer.permissions:
        raise CheckFailedError(
            f"you may not ({_CREATE})",
            f"gcloud projects add-iam-policy-binding {asking.project}"
            f" --member={asking.member} --role={_CREATOR}",
        )
    return "you may"


def check_account(asking: Asking, email: str) -> str:
    """See that a service account is there and enabled, and that the caller may let jobs run as it.

    Its own permissions are looked at where they are needed.
    """
    name, _, host = email.partition("@")
    project = host.partition(".")[0]
    accounts = asking.clients.accounts
    with explained(f"looking at the service account {email}"):
        try:
            disabled = accounts.is_disabled(email, **asking.limits)
        except NotFound as error:
            raise CheckFailedError(
                f"there is no {email}",
                f"gcloud iam service-accounts create {name} --project={project}",
            ) from error
        if disabled:
            raise CheckFailedError(
                f"{email} is disabled",
                f"gcloud iam service-accounts enable {email} --project={project}",
            )
        granted = accounts.granted_permissions(email, [_ACT_AS], **asking.limits)
    if _ACT_AS not in granted:
        raise CheckFailedError(
            f"you may not let a job run as {email} ({_ACT_AS})",
            f"gcloud iam service-accounts add-iam-policy-binding {email}"
            f" --member={asking.member} --role={_ACTOR} --project={project}",
        )
    return f"{email} is enabled, and you may let a job run as it"


def _login() -> str:
    variable = "GOOGLE_APPLICATION_CREDENTIALS"  # goes before what a person logs in with
    return f"unset {variable}; {LOGIN}" if os.environ.get(variable) else LOGIN
