"""Sends a job to Vertex AI so that one of it runs, in the first region that has room for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from google.api_core.exceptions import TooManyRequests

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import text_of
from cs_cloud.google.clients import Clients
from cs_cloud.google.resources import Started
from cs_cloud.google.vertex import CustomJob
from cs_cloud.jobs.job import SUBMISSION
from cs_cloud.jobs.training_jobs import TrainingJobs

_SECONDS = 60


def submit(
    clients: Clients,
    job: CustomJob,
    regions: Sequence[str],
    report: Callable[[str], None],
    *,
    searched: Sequence[str] = (),
) -> Started[CustomJob]:
    """Start a job in the first region that has room for it, unless it is live already.

    Args:
        clients: the clients.
        job: what `make_job` made.
        regions: where to try, in this order.
        report: is called with a line when something is tried again, or in another region.
        searched: where else it may be live already.

    Raises:
        CloudError: it was not started, and why.
    """
    jobs = TrainingJobs(clients, regions)

    def live(region: str) -> Sequence[CustomJob]:
        return jobs.live(region, f'labels.{SUBMISSION}="{job.labels[SUBMISSION]}"')

    def create(region: str) -> CustomJob:
        return clients.jobs(region).create_custom_job(
            parent=jobs.parent(region), custom_job=job, timeout=_SECONDS, retry=None
        )

    for region in dict.fromkeys((*regions, *searched)):
        if there := live(region):
            return Started(there[0], existed=True)
    for region, following in zip(regions, [*regions[1:], None], strict=True):
        try:
            made = jobs.create_once(
                lambda: create(region),  # noqa: B023  called before the next region is tried
                lambda: live(region),  # noqa: B023
                action=f"creating the job in {region}",
                report=report,
            )
        except CloudError as error:
            if not isinstance(error.__cause__, TooManyRequests):
                raise
            # somebody who submits the same at once may have got the last room for it
            if there := live(region):
                return Started(there[0], existed=True)
            reason = f"{region} has no room for the job ({text_of(error.__cause__)})"
            if following is None:
                raise CloudError(
                    f"{reason}: ask for more quota, or try another --region, or a smaller --machine"
                ) from error
            report(f"{reason}; trying {following}")
        else:
            # of two jobs that two people started at once, the older one stays
            oldest, name = (live(region) or [made.resource])[0], made.resource.name
            if oldest.name == name:
                return made
            report(f"{name} is {oldest.name} once more, so it is cancelled")
            jobs.cancel(name)
            return Started(oldest, existed=True)
    raise AssertionError("there is at least one region")
