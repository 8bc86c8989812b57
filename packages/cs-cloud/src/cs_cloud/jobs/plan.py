"""Describe a job that is about to be sent, for the person who decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cs_cloud.durations import format_duration
from cs_cloud.google.vertex import CustomJob
from cs_cloud.images.image import Image
from cs_cloud.jobs.description import machines_of
from cs_cloud.jobs.experiment import Experiment
from cs_cloud.jobs.needs import needs_of_job
from cs_cloud.jobs.prices import estimate
from cs_cloud.working_tree import WorkingTree


def plan_rows(
    job: CustomJob,
    experiment: Experiment,
    image: Image,
    tree: WorkingTree,
    md5: str | None,
    regions: Sequence[str],
    now: datetime,
) -> Iterator[tuple[str, str]]:
    """Yield rows of a name and its value; a row without a name adds to the one before it.

    The regions are those where the job is tried, in this order; `md5` is that of its raw data, None
    if that is not versioned.
    """
    spec = job.job_spec
    yield "job", job.display_name
    yield "region", ", then ".join(regions)
    yield "machine", machines_of(spec.worker_pool_specs[0])
    if spec.scheduling.strategy.name == "SPOT":
        yield "machines are", "SPOT: cheaper, and may be taken away; the job is then restarted"
    yield "image", image.uri
    yield "", f"{', '.join(image.tags) or 'no tag'}; {format_duration(now - image.uploaded)} old"
    yield "git commit", _commit(tree)
    if tree.commit and not any(len(tag) >= 7 and tree.commit.startswith(tag) for tag in image.tags):
        yield "", "not what the image was built from, if its tags are right: nox -s build makes one"
    yield "experiment", experiment.name
    for key, before, after in experiment.changes:
        yield "", f"{key}={after} instead of {before}"
    for warning in experiment.warnings:
        yield "warning", warning
    yield "data set", experiment.dataset + (f" (md5 {md5})" if md5 else "")
    for name, reference in needs_of_job(spec).secrets.items():
        yield "secret", f"{name}, from {reference}"
    yield "runs as", spec.service_account
    yield "output", spec.base_output_directory.output_uri_prefix
    yield "stopped after", format_duration(spec.scheduling.timeout)
    price = estimate(spec, regions[0], spec.scheduling.timeout.total_seconds() / 3600)
    yield (
        "price",
        f"about {price.usd_per_hour:.2f} USD an hour, at most {price.usd:.2f} USD until it is"
        f" stopped (list prices of {price.as_of})"
        if price
        else f"not known for these machines in {regions[0]}",
    )


def _commit(tree: WorkingTree) -> str:
    if not tree.commit:
        return "none: this is no git checkout"
    changed = f", {tree.changed} files changed since" if tree.changed else ""
    return tree.commit + changed
