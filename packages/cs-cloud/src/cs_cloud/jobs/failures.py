"""Says why a job failed, as far as its error and the end of its log tell, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import LogLine
from cs_cloud.google.permissions import find_permission, grant, role_with
from cs_cloud.google.resources import id_of
from cs_cloud.google.vertex import CustomJob
from cs_cloud.jobs.failure_patterns import LATER_PATTERNS, OWN_LINE, PATTERNS, Pattern
from cs_cloud.jobs.training_jobs import TrainingJobs, format_line, job_argument, state_of, title_of

_READ, _SHOWN = 300, 20  # lines of the log
_DENIED = re.compile(r"(?i)denied|does not have|needs the permission|PERMISSION_DENIED|forbidden")
_RESOURCE = re.compile(r"(?:resource ['\"]?|reading (?:\w+ )?)([\w/.-]+)")
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*")
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Failure:
    """Why a job did not succeed."""

    cause: str
    fix: str
    lines: tuple[LogLine, ...]
    """The end of the failing replica's log."""


def find_failure(clients: Clients, job: CustomJob) -> Failure:
    """Read the end of the log of a job that did not succeed, and explain why.

    Raises:
        CloudError: the log cannot be read.
    """
    replica = _failing_replica(job.error.message)
    log = TrainingJobs(clients, ()).log_of(job, _READ, replica)
    return explain_failure(job, log.all_lines(), clients.project)


def report_failure(clients: Clients, job: CustomJob) -> Iterator[str]:
    """Yield the lines that tell why a job did not succeed, what to do, and what it logged last.

    A log that cannot be read is told, and does without.
    """
    try:
        failure = find_failure(clients, job)
    except CloudError as error:
        yield str(error)
        failure = explain_failure(job, (), clients.project)
    if failure.lines:
        yield f"job {id_of(job)} logged last:"
        for line in failure.lines:
            yield indent(format_line(line, with_replica=True), "  ")
    yield f"{title_of(job)} {state_of(job)}: {failure.cause}"
    yield f"  what to do: {failure.fix}"


def explain_failure(job: CustomJob, lines: Sequence[LogLine], project: str) -> Failure:
    """Explain why a job did not succeed.

    Args:
        job: the job, which has ended.
        lines: the end of its log.
        project: its project's id.
    """
    replica = _failing_replica(job.error.message)
    lines = [line for line in lines if not replica or line.replica in ("", replica)]
    texts = [text for line in lines for text in line.message.splitlines()]
    about = {"account": job.job_spec.service_account, "project": project}
    cause, fix = next(_explanations(job, texts, about))
    return Failure(cause, fix, tuple(lines[-_SHOWN:]))


def _explanations(
    job: CustomJob, texts: Sequence[str], about: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what may have been the cause, and its fix, the surest first; always one at least."""
    error, state = " ".join(job.error.message.split()), state_of(job)
    again = f"read the log: cs-cloud logs {job_argument(job.name)}"
    if state == "EXPIRED":
        yield (
            "no machine was free for as long as it was to wait (scheduling.maxWaitDuration)",
            "submit it again later, in another --region, or for another machine",
        )
    if _ran_out_of_time(job):
        limit = format_duration(job.job_spec.scheduling.timeout)
        yield (
            f"it ran longer than scheduling.timeout allows, which is {limit}",
            "raise scheduling.timeout in the job file, or take a faster machine",
        )
    if state == "CANCELLED":
        yield from _of_table(PATTERNS, error, (), about)
        yield "it was cancelled", "submit it again, if it was not meant to be"
    yield from _of_table(PATTERNS, error, texts, about)
    yield from _denied([*texts, error], about)
    if re.search(r"status of 2\b", error) and (own := _last(OWN_LINE, texts)):
        yield own[0], "mend that, and submit it again"
    yield from _of_table(LATER_PATTERNS, error, texts, about)
    if any(_TRACEBACK in text for text in texts) and (raised := _last(_RAISED, texts)):
        yield f"the program failed: {raised[0]}", f"{again}, which has the whole traceback"
    yield error or f"it ended {state}, and nothing says why", again


def _of_table(
    table: Sequence[Pattern], error: str, texts: Sequence[str], about: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for pattern in table:
        searched = [*texts, error] if pattern.in_log else [error]
        if found := _last(pattern.said, searched):
            groups = {name: text or "" for name, text in found.groupdict().items()}
            words = {**about, **groups}
            yield pattern.cause.format_map(words), pattern.fix.format_map(words)


def _denied(texts: Sequence[str], about: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for text in reversed(texts):
        if _DENIED.search(text) and (permission := find_permission(text)):
            account = about["account"] or "Vertex AI's own service account"
            resource = _RESOURCE.search(text)
            on = f" on {resource[1]}" if resource else ""
            member = f"serviceAccount:{about['account'] or 'E-MAIL'}"
            yield (
                f"{account} has not the permission {permission}{on}",
                f"run: {grant(about['project'], member, role_with(permission))}",
            )


def _ran_out_of_time(job: CustomJob) -> bool:
    scheduling = job.job_spec.scheduling
    if "timeout" not in scheduling or not job.start_time or not job.end_time:
        return False
    return bool(job.end_time - job.start_time >= scheduling.timeout)


def _failing_replica(error: str) -> str:
    found = re.search(r"\breplica (workerpool\d+-\d+)", error)
    return found[1] if found else ""


def _last(pattern: re.Pattern[str], texts: Sequence[str]) -> re.Match[str] | None:
    matches = (pattern.search(text) for text in reversed(texts))
    return next((found for found in matches if found), None)
