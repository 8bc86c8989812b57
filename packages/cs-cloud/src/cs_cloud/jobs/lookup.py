"""Finds, lists and cancels training jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice

from google.api_core.exceptions import BadRequest, NotFound

from cs_cloud.errors import CloudError
from cs_cloud.google.api_errors import RETRY, TIMEOUT, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.vertex import CustomJob, JobState
from cs_cloud.settings import Settings

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"})
"""The states that a job stays in; a paused one may go on."""

STATES = tuple(name.removeprefix("JOB_STATE_") for name in JobState.__members__)
"""Every state, as people write it."""

_RESOURCE = re.compile(r"projects/([^/]+)/locations/([^/]+)/customJobs/(\d+)")
_MOST_CANDIDATES = 5
_SEARCHED = 2000
"""How many of the newest jobs are searched for a name that is not whole."""


def state_of(job: CustomJob) -> str:
    """Return the state of a job without what every state's name begins with."""
    return str(JobState(job.state).name).removeprefix("JOB_STATE_")


def id_of(job: CustomJob) -> str:
    """Return the number by which a job is known."""
    return str(job.name.rpartition("/")[2])


def region_of(name: str) -> str:
    """Return the region in the full name of a job."""
    return name.split("/")[3]


def job_argument(name: str, regions: Container[str] = ()) -> str:
    """Return what names a job to a command: its id, and its region if that must be given.

    Args:
        name: the job's full name.
        regions: those in which the command looks anyway.
    """
    region = region_of(name)
    return name.rpartition("/")[2] + ("" if region in regions else f" --region {region}")


def console_link(job: CustomJob) -> str:
    """Return the page of Google's console that shows a job."""
    _, project, _, region, _, identifier = job.name.split("/")
    return (
        f"https://console.cloud.google.com/ai/platform/locations/{region}/training/{identifier}"
        f"?project={project}"
    )


def list_jobs(
    clients: Clients,
    settings: Settings,
    *,
    state: str = "",
    labels: Mapping[str, str] | None = None,
    name: str = "",
    limit: int | None = None,
) -> list[CustomJob]:
    """Return the jobs of the settings' job regions, the newest first.

    Args:
        clients: the clients.
        settings: the deployment.
        state: only those in this one of STATES.
        labels: only those that bear these labels.
        name: only those of this display name.
        limit: at most so many.

    Raises:
        CloudError: they cannot be listed, or there is no such state.
    """
    wanted = [f"labels.{key}={json.dumps(value)}" for key, value in (labels or {}).items()]
    if state:
        wanted.append(f'state="JOB_STATE_{_known_state(state)}"')
    if name:
        wanted.append(f"display_name={json.dumps(name)}")
    jobs: list[CustomJob] = []
    for region in settings.job_regions:
        request = {
            "parent": f"projects/{settings.project}/locations/{region}",
            "filter": " AND ".join(wanted),
            "page_size": min(limit or 100, 100),
        }
        with explained(f"listing the jobs of {settings.project} in {region}"):
            pages = clients.jobs(region).list_custom_jobs(
                request=request, retry=RETRY, timeout=TIMEOUT
            )
            jobs += islice(pages, limit)
    return sorted(jobs, key=lambda job: job.create_time, reverse=True)[:limit]


def find_job(clients: Clients, settings: Settings, text: str) -> CustomJob:
    """Return the job that a person means.

    Args:
        clients: the clients.
        settings: the deployment.
        text: its id, full resource name or display name, or how one of them begins.

    Raises:
        CloudError: no job fits, or several do.
    """
    if not text:
        raise CloudError("a job's name is empty", "cs-cloud jobs")
    if _RESOURCE.fullmatch(text):
        with explained(f"reading {text}"):
            return _get(clients, text)
    for region in settings.job_regions if text.isdigit() else ():
        name = f"projects/{settings.project}/locations/{region}/customJobs/{text}"
        with explained(f"reading job {text} in {region}"):
            try:
                return _get(clients, name)
            except (NotFound, BadRequest):  # perhaps how an id or a name begins
                pass
    found = list_jobs(clients, settings, name=text, limit=_MOST_CANDIDATES + 1)
    if not found:
        newest = list_jobs(clients, settings, limit=_SEARCHED)
        found = [job for job in newest if text in (id_of(job), job.display_name)] or [
            job
            for job in newest
            if id_of(job).startswith(text) or job.display_name.startswith(text)
        ]
        if not found:
            raise CloudError(_no_job(text, newest, settings))
    if len(found) > 1:
        raise CloudError(_many_jobs(text, found))
    return found[0]


def find_jobs(clients: Clients, settings: Settings, texts: Sequence[str]) -> list[CustomJob]:
    """Return the jobs that a person means, each once; see `find_job`."""
    found = {job.name: job for job in (find_job(clients, settings, text) for text in texts)}
    return list(found.values())


def cancel_job(clients: Clients, name: str) -> bool:
    """Cancel a job by its full name; tell whether there was something to cancel.

    It is CANCELLING for a while, and then CANCELLED.

    Raises:
        CloudError: it cannot be cancelled.
    """
    with explained(f"cancelling job {name.rpartition('/')[2]}"):
        try:
            # cancelling twice does what cancelling once does
            clients.jobs(region_of(name)).cancel_custom_job(name=name, retry=RETRY, timeout=TIMEOUT)
        except BadRequest:  # REST does not tell FAILED_PRECONDITION from its other kinds
            if state_of(_get(clients, name)) in ENDED:
                return False
            raise
    return True


def _get(clients: Clients, name: str) -> CustomJob:
    return clients.jobs(region_of(name)).get_custom_job(name=name, retry=RETRY, timeout=TIMEOUT)


def _known_state(text: str) -> str:
    state = text.upper().removeprefix("JOB_STATE_")
    if state in STATES:
        return state
    near = get_close_matches(state, STATES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the states are {', '.join(STATES)}"
    raise CloudError(f"there is no state {text}; {hint}")


def _no_job(text: str, jobs: Sequence[CustomJob], settings: Settings) -> str:
    names = [job.display_name for job in jobs] + [id_of(job) for job in jobs]
    near = get_close_matches(text, names, n=1)
    hint = f"did you mean {near[0]}?" if near else "see those there are: cs-cloud jobs"
    where = f"{settings.project}, {' and '.join(settings.job_regions)}"
    return f"there is no job {text} in {where}; {hint}"


def _many_jobs(text: str, jobs: Sequence[CustomJob]) -> str:
    told = [f"{id_of(job)} ({job.display_name}, {state_of(job)})" for job in jobs]
    more = ", …" if len(told) > _MOST_CANDIDATES else ""
    return (
        f"{text} fits several jobs; name one by its id: {', '.join(told[:_MOST_CANDIDATES])}{more}"
    )
