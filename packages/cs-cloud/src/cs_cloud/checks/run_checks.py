"""Run the checks of jobs before they are sent: which, in which order, and what depends on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cs_cloud.checks import access
from cs_cloud.checks.bucket import check_bucket
from cs_cloud.checks.image import check_image
from cs_cloud.checks.quota import check_quota
from cs_cloud.checks.result import Check, CheckContext, Probe, run_checks
from cs_cloud.checks.secret import check_secret
from cs_cloud.google.api_errors import LOGIN, explained
from cs_cloud.google.clients import Clients
from cs_cloud.jobs.needs import Needs, needs_of
from cs_cloud.settings import Settings

if TYPE_CHECKING:
    from cs_cloud.google.vertex import CustomJobSpec

_NO_CREDENTIALS = "not without credentials"
# Made, and with that imported, before the time of the checks begins.
_CLIENTS = ("projects", "services", "images", "secrets", "storage", "quotas", "accounts")


def preflight(
    clients: Clients,
    settings: Settings,
    jobs: Sequence[CustomJobSpec],
    *regions: str,
    deadline: float = 10,
) -> tuple[Check, ...]:
    """Check everything in the cloud that jobs need; nothing is changed, no secret is read.

    What the jobs have in common is checked once.

    Args:
        clients: the clients.
        settings: the deployment.
        jobs: the jobs, as `read_job_file` gives them.
        regions: where they will run: in the first, or in a later one if there is no room.
        deadline: seconds that each check may take; all run at the same time.
    """
    context = CheckContext(clients, deadline)
    first, *others = (
        (name, _probe(context, doing, check, *arguments))
        for name, doing, check, *arguments in _table(context, needs_of(jobs, settings), regions)
    )
    [credentials] = run_checks([first], deadline)
    if credentials.outcome != "ok":  # be it that their server was not reached: nothing can be seen
        failed = replace(credentials, outcome="failed")
        return failed, *(Check(name, "not checked", _NO_CREDENTIALS) for name, _ in others)
    for client in _CLIENTS:
        getattr(clients, client)
    return _without_consequences(credentials, *run_checks(others, deadline))


def _probe(
    context: CheckContext, doing: str, check: Callable[..., str], *arguments: object
) -> Probe:
    def probe() -> str:
        with explained(doing):
            return check(context, *arguments)

    return probe


def _table(
    context: CheckContext, needs: Needs, regions: Sequence[str]
) -> Iterator[tuple[str, str, Callable[..., str], *tuple[object, ...]]]:
    """Yield the checks: name, what is being done, the function, and its arguments."""
    project = context.project
    yield "credentials", "getting a token for the credentials", access.check_credentials
    yield f"project {project}", f"looking at the project {project}", access.check_project
    yield "APIs", "asking which APIs are enabled", access.check_apis
    yield "creating jobs", "asking what you may do in the project", access.check_permissions
    for uri, device in needs.images.items():
        name = f"image {uri.rpartition('/')[2]}"
        yield name, f"looking for the image {uri}", check_image, uri, device
    for version, account in needs.secrets:
        name = f"secret {version.split('/')[3]}"
        yield name, f"looking at {version}", check_secret, version, account
    for (bucket, account), use in needs.buckets.items():
        doing = f"asking who may {use} gs://{bucket}"
        yield f"bucket {bucket}", doing, check_bucket, bucket, account, use, regions[0]
    for quota, needed in needs.quotas.items():
        what = quota.removeprefix("CustomModelTraining").removesuffix("PerProjectPerRegion")
        doing = f"asking for the quota {quota}"
        yield f"quota {what}", doing, check_quota, quota, needed, regions
    for account in needs.accounts:
        doing = f"looking at the service account {account}"
        yield "service account", doing, access.check_account, account


def _without_consequences(credentials: Check, project: Check, *others: Check) -> tuple[Check, ...]:
    """Show a cause once, and not its consequences in all the other checks."""
    checks = (project, *others)
    if refused := [check for check in checks if check.fix == LOGIN]:
        credentials = Check(credentials.name, "failed", refused[0].detail, LOGIN)
        return credentials, *(_because(check, _NO_CREDENTIALS) for check in checks)
    if project.outcome == "failed":
        return credentials, project, *(_because(one, "not without the project") for one in others)
    return credentials, *checks


def _because(check: Check, why: str) -> Check:
    if check.outcome != "not checked":
        return check
    return replace(check, detail=why, fix="")
