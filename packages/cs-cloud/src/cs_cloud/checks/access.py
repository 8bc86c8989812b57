"""Check who asks and what they may do: credentials, project, APIs, permissions, account."""

from __future__ import annotations

import os

from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request

from cs_cloud.checks.result import CheckContext, CheckFailedError
from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import LOGIN
from cs_cloud.google.permissions import grant

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


def check_credentials(context: CheckContext) -> str:
    """Check that there are credentials, and that they still work."""
    variable = "GOOGLE_APPLICATION_CREDENTIALS"  # goes before what a person logs in with
    login = f"unset {variable}; {LOGIN}" if os.environ.get(variable) else LOGIN
    try:
        credentials = context.clients.credentials
        if isinstance(credentials, AnonymousCredentials):
            return "none, and none are needed for a server on this machine"
        if not credentials.valid:
            credentials.refresh(Request())
    except CloudError as error:
        raise CheckFailedError(error.message, login) from error
    except RefreshError as error:
        message = " ".join(str(error.args[0]).split())
        raise CheckFailedError(f"expired or revoked: {message}", login) from error
    email = getattr(credentials, "service_account_email", None)
    return f"valid, those of {email}" if email else "valid"


def check_project(context: CheckContext) -> str:
    """Check that the project is there."""
    project = context.project
    try:
        found = context.clients.projects.get(f"projects/{project}", **context.limits)
    except (Forbidden, NotFound) as error:
        if getattr(error, "reason", None) == "SERVICE_DISABLED":
            raise
        raise CheckFailedError(
            "is not there, or you may not see it; put one of yours into .gcp/settings.yaml",
            "gcloud projects list",
        ) from error
    if found["state"] != "ACTIVE":
        raise CheckFailedError(
            f"is being deleted (its state is {found['state']})",
            f"gcloud projects undelete {project}",
        )
    return f"is there, with the number {found['name'].rpartition('/')[2]}"


def check_apis(context: CheckContext) -> str:
    """Check that every API is enabled that jobs and builds use."""
    parent = f"projects/{context.project}"
    query = {"names": [f"{parent}/services/{api}" for api in _APIS]}
    answer = context.clients.services.get(f"{parent}/services:batchGet", query, **context.limits)
    enabled = {
        one["name"].rpartition("/")[2] for one in answer["services"] if one["state"] == "ENABLED"
    }
    if missing := [api for api in _APIS if api not in enabled]:
        raise CheckFailedError(
            f"not enabled: {', '.join(missing)}",
            f"gcloud services enable {' '.join(missing)} --project={context.project}",
        )
    return f"all {len(_APIS)} are enabled"


def check_permissions(context: CheckContext) -> str:
    """Check that the caller may create jobs."""
    call = f"projects/{context.project}:testIamPermissions"
    answer = context.clients.projects.post(call, {"permissions": [_CREATE]}, **context.limits)
    if _CREATE not in answer.get("permissions", ()):
        fix = grant(context.project, context.member, _CREATOR)
        raise CheckFailedError(f"you may not ({_CREATE})", fix)
    return "you may"


def check_account(context: CheckContext, email: str) -> str:
    """Check that a service account is enabled, and that the caller may let jobs run as it.

    Its own permissions are checked where they are needed.
    """
    name, _, host = email.partition("@")
    of_project = f"--project={host.partition('.')[0]}"
    gcloud = "gcloud iam service-accounts"
    accounts, path = context.clients.accounts, f"projects/-/serviceAccounts/{email}"
    try:
        account = accounts.get(path, **context.limits)
    except NotFound as error:
        fix = f"{gcloud} create {name} {of_project}"
        raise CheckFailedError(f"there is no {email}", fix) from error
    if account.get("disabled"):
        raise CheckFailedError(f"{email} is disabled", f"{gcloud} enable {email} {of_project}")
    wanted = {"permissions": [_ACT_AS]}
    answer = accounts.post(f"{path}:testIamPermissions", wanted, **context.limits)
    if _ACT_AS not in answer.get("permissions", ()):
        raise CheckFailedError(
            f"you may not let a job run as {email} ({_ACT_AS})",
            f"{gcloud} add-iam-policy-binding {email} --member={context.member} --role={_ACTOR}"
            f" {of_project}",
        )
    return f"{email} is enabled, and you may let a job run as it"
