"""Explains why a job failed, as far as its error and the end of its log show, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import indent

from cs_cloud.durations import format_duration
from cs_cloud.errors import CloudError
from cs_cloud.google.log_reader import LogLine
from cs_cloud.google.permissions import find_permission, grant, role_with
from cs_cloud.google.vertex import CustomJob
from cs_cloud.jobs.failure_patterns import LATER_PATTERNS, OWN_LINE, PATTERNS, Pattern
from cs_cloud.jobs.training_jobs import TrainingJobs, format_line, job_argument, state_of, title_of

_READ, _SHOWN = 300, 20  # lines of the log
_DENIED = r"(?i)denied|does not have|needs the permission|PERMISSION_DENIED|forbidden"
_RESOURCE = r"(?:resource ['\"]?|reading (?:\w+ )?)([\w/.-]+)"
_RAISED = r"^[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit)\b.*"
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Failure:
    """Why a job did not succeed."""

    cause: str
    fix: str
    lines: tuple[LogLine, ...]
    """The end of the failing replica's log."""


def report_failure(jobs: TrainingJobs, job: CustomJob) -> Iterator[str]:
    """Yield lines with the cause of a failure, its fix, and the end of the log if readable."""
    lines: Sequence[LogLine] = ()
    try:
        replica = _failing_replica(job)
        lines = jobs.log_of(job, _READ, replica).all_lines()
    except CloudError as error:
        yield str(error)
    failure = explain_failure(job, lines, jobs.clients.project)
    if failure.lines:
        yield f"{title_of(job)} logged last:"
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
    replica = _failing_replica(job)
    lines = [line for line in lines if not replica or line.replica in ("", replica)]
    texts = [text for line in lines for text in line.message.splitlines()]
    cause, fix = next(_explanations(job, texts, project))
    return Failure(cause, fix, tuple(lines[-_SHOWN:]))


def _explanations(job: CustomJob, texts: Sequence[str], project: str) -> Iterator[tuple[str, str]]:
    """Yield possible causes and their fixes, the most certain first; always one at least."""
    error, state = " ".join(job.error.message.split()), state_of(job)
    read_log = f"read the log: cs-cloud logs {job_argument(job.name)}"
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
        yield from _match(PATTERNS, error, (), project)
        yield "it was cancelled", "submit it again, if it was not meant to be"
    yield from _match(PATTERNS, error, texts, project)
    yield from _denied([*texts, error], job.job_spec.service_account, project)
    if re.search(r"status of 2\b", error) and (own := _last(OWN_LINE, texts)):
        yield own[0], "fix that, and submit it again"
    yield from _match(LATER_PATTERNS, error, texts, project)
    if any(_TRACEBACK in text for text in texts) and (raised := _last(_RAISED, texts)):
        yield f"the program failed: {raised[0]}", f"{read_log}, which has the complete traceback"
    yield error or f"it ended {state}, and nothing shows why", read_log


def _match(
    table: Sequence[Pattern], error: str, texts: Sequence[str], project: str
) -> Iterator[tuple[str, str]]:
    for pattern in table:
        if found := _last(pattern.regex, [*texts, error] if pattern.in_log else [error]):
            groups = {name: text or "" for name, text in found.groupdict().items()}
            words = {"project": project, **groups}
            yield pattern.cause.format_map(words), pattern.fix.format_map(words)


def _denied(texts: Sequence[str], account: str, project: str) -> Iterator[tuple[str, str]]:
    for text in reversed(texts):
        if re.search(_DENIED, text) and (permission := find_permission(text)):
            resource = re.search(_RESOURCE, text)
            on = f" on {resource[1]}" if resource else ""
            member = f"serviceAccount:{account or 'E-MAIL'}"
            yield (
                f"{account or 'the service account of Vertex AI'} lacks the permission"
                f" {permission}{on}",
                f"run: {grant(project, member, role_with(permission))}",
            )


def _ran_out_of_time(job: CustomJob) -> bool:
    scheduling = job.job_spec.scheduling
    if "timeout" not in scheduling or not job.start_time or not job.end_time:
        return False
    return bool(job.end_time - job.start_time >= scheduling.timeout)


def _failing_replica(job: CustomJob) -> str:
    found = re.search(r"\breplica (workerpool\d+-\d+)", job.error.message)
    return found[1] if found else ""


def _last(pattern: str, texts: Sequence[str]) -> re.Match[str] | None:
    matches = (re.search(pattern, text) for text in reversed(texts))
    return next((found for found in matches if found), None)
