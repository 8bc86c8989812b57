"""Makes the checks of jobs before they are sent: which, in which order, and what hangs on what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cs_cloud.checks.access import (
    check_account,
    check_apis,
    check_credentials,
    check_permissions,
    check_project,
)
from cs_cloud.checks.asking import Asking
from cs_cloud.checks.bucket import check_bucket
from cs_cloud.checks.check import Check, Probe, run_checks
from cs_cloud.checks.image import check_image
from cs_cloud.checks.quota import check_quota
from cs_cloud.checks.secret import check_secret
from cs_cloud.google.api_errors import LOGIN
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

    Args:
        clients: the clients.
        settings: the deployment.
        jobs: the jobs, as `read_job_file` gives them; what they have in common is checked once.
        regions: where they will run: in the first, or in a later one if there is no room.
        deadline: seconds that each check may take; all are made at once.
    """
    probes = list(_probes(Asking(clients, deadline), needs_of(jobs, settings), regions))
    [credentials] = run_checks([("credentials", partial(check_credentials, clients))], deadline)
    if credentials.outcome != "ok":  # be it that their server was not reached: nothing can be seen
        failed = replace(credentials, outcome="failed")
        return failed, *(Check(name, "not checked", _NO_CREDENTIALS) for name, _ in probes)
    for client in _CLIENTS:
        getattr(clients, client)
    return _blame(credentials, *run_checks(probes, deadline))


def _probes(asking: Asking, needs: Needs, regions: Sequence[str]) -> Iterator[tuple[str, Probe]]:
    yield f"project {asking.project}", partial(check_project, asking)
    yield "APIs", partial(check_apis, asking)
    yield "creating jobs", partial(check_permissions, asking)
    for uri, target in needs.images.items():
        yield f"image {uri.rpartition('/')[2]}", partial(check_image, asking, uri, target)
    for version, account in needs.secrets:
        name = version.split("/")[3]
        yield f"secret {name}", partial(check_secret, asking, version, account)
    for (bucket, account), use in needs.buckets.items():
        probe = partial(check_bucket, asking, bucket, account, use, regions[0])
        yield f"bucket {bucket}", probe
    for quota, needed in needs.quotas.items():
        what = quota.removeprefix("CustomModelTraining").removesuffix("PerProjectPerRegion")
        yield f"quota {what}", partial(check_quota, asking, quota, needed, regions)
    for account in needs.accounts:
        yield "service account", partial(check_account, asking, account)


def _blame(credentials: Check, project: Check, *others: Check) -> tuple[Check, ...]:
    """Tell a cause once, and not its consequences in all the other checks."""
    checks = (project, *others)
    if any(check.fix == LOGIN for check in checks):
        refused = next(check for check in checks if check.fix == LOGIN)
        credentials = Check(credentials.name, "failed", refused.detail, LOGIN)
        return credentials, *(_without(check, _NO_CREDENTIALS) for check in checks)
    if project.outcome == "failed":
        return credentials, project, *(_without(one, "not without the project") for one in others)
    return credentials, *checks


def _without(check: Check, why: str) -> Check:
    if check.outcome != "not checked":
        return check
    return replace(check, detail=why, fix="")
