"""Sends a job to Vertex AI so that there is one of it, whatever becomes of the answers.

Vertex AI takes no request id, so a lost answer leaves open whether there is a job. The label
`submission` tells: before a create call is tried again, and after it, live jobs that bear the same
one are looked for. Where two were made after all, by two people at once say, the older one stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.api_core.exceptions import TooManyRequests
from google.protobuf.json_format import ParseError
from requests.exceptions import JSONDecodeError

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, explained, is_transient, text_of
from cs_cloud.google.clients import Clients
from cs_cloud.google.vertex import CustomJob, JobServiceClient
from cs_cloud.jobs.job import SUBMISSION
from cs_cloud.jobs.lookup import ENDED, state_of

_NOT_LIVE = ENDED | {"CANCELLING"}
_SECONDS = 60
_PAUSES = (1.0, 3.0, 9.0)
"""Seconds before a create call is tried again; a job made by it shows up in lists by then."""


@dataclass(frozen=True)
class Submitted:
    """A live job."""

    job: CustomJob
    region: str
    existed: bool
    """It was there before: nothing was started."""


class _NoRoomError(Exception):
    """A region's quota or capacity is used up."""


def submit(
    clients: Clients,
    job: CustomJob,
    regions: Sequence[str],
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    *,
    searched: Sequence[str] = (),
) -> Submitted:
    """Start a job in the first region that has room for it, unless it is live already.

    Args:
        clients: the clients.
        job: what `make_job` made.
        regions: where to try, in this order.
        tell: is told when something is tried again, or elsewhere.
        sleep: waits for so many seconds.
        searched: where else it may be live already.

    Raises:
        CloudError: it was not started, and why.
    """
    for region in dict.fromkeys((*regions, *searched)):
        if there := _live(clients.jobs(region), _parent(clients, region), job):
            return Submitted(there[0], region, existed=True)
    for region, following in zip(regions, [*regions[1:], None], strict=True):
        try:
            return _create(clients, region, job, tell, sleep)
        except _NoRoomError as error:
            # somebody who submits the same at once may have got the last room for it
            if there := _live(clients.jobs(region), _parent(clients, region), job):
                return Submitted(there[0], region, existed=True)
            if following is None:
                raise CloudError(
                    f"{region} has no room for the job ({error}): ask for more quota, or try"
                    " another --region, or a smaller --machine"
                ) from error
            tell(f"{region} has no room for it ({error}); trying {following}")
    raise AssertionError("there is at least one region")


def _create(
    clients: Clients,
    region: str,
    job: CustomJob,
    tell: Callable[[str], None],
    sleep: Callable[[float], None],
) -> Submitted:
    client, parent = clients.jobs(region), _parent(clients, region)
    for pause in (*_PAUSES, None):
        try:
            with explained(f"creating the job in {region}"):
                made = client.create_custom_job(
                    parent=parent, custom_job=job, timeout=_SECONDS, retry=None
                )
        except CloudError as error:
            cause = error.__cause__
            if isinstance(cause, TooManyRequests):
                raise _NoRoomError(text_of(cause)) from error
            if cause is None or pause is None or not _may_be_made(cause):
                raise
            tell(f"{error}; looking whether there is a job, and trying again")
            sleep(pause)
            if there := _live(client, parent, job):
                return Submitted(there[0], region, existed=False)
        else:
            return _oldest(client, parent, made, job, region)
    raise AssertionError("the last attempt raises")


def _may_be_made(error: BaseException) -> bool:
    """Tell an answer that was lost or cannot be read from a refusal."""
    return is_transient(error) or isinstance(error, (ParseError, JSONDecodeError))


def _oldest(
    client: JobServiceClient, parent: str, made: CustomJob, job: CustomJob, region: str
) -> Submitted:
    """Let the older of two jobs live that two people started at once."""
    oldest = _live(client, parent, job)[:1] or [made]
    if oldest[0].name == made.name:
        return Submitted(made, region, existed=False)
    with explained(f"cancelling {made.name}, which is {oldest[0].name} once more"):
        client.cancel_custom_job(name=made.name, timeout=_SECONDS, retry=RETRY)
    return Submitted(oldest[0], region, existed=True)


def _live(client: JobServiceClient, parent: str, job: CustomJob) -> list[CustomJob]:
    """Return live jobs of the same submission, the oldest first."""
    wanted = f'labels.{SUBMISSION}="{job.labels[SUBMISSION]}"'
    with explained(f"looking for the same job in {parent}"):
        found = client.list_custom_jobs(
            request={"parent": parent, "filter": wanted}, timeout=_SECONDS, retry=RETRY
        )
        live = [one for one in found if state_of(one) not in _NOT_LIVE]
    return sorted(live, key=lambda one: (one.create_time, one.name))


def _parent(clients: Clients, region: str) -> str:
    return f"projects/{clients.project}/locations/{region}"
