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

_OTHER_CODE = "not what the image was built from, by its tags: nox -s build builds a new one"
_SAME_CODE = "not what the image was built from, but only data sets were changed since"


def plan_rows(
    job: CustomJob,
    experiment: Experiment,
    image: Image | None,
    tree: WorkingTree,
    regions: Sequence[str],
    now: datetime,
    *,
    same_code: bool = False,
) -> Iterator[tuple[str, str]]:
    """Yield rows of a name and its value; a row without a name adds to the one before it.

    The regions are those where the job is tried, in this order; `same_code` is whether nothing but
    data sets was changed since the image was built. `image` is None where the cloud was not asked.
    """
    spec = job.job_spec
    yield "job", job.display_name
    yield "region", ", then ".join(regions)
    yield "machine", machines_of(spec.worker_pool_specs[0])
    if spec.scheduling.strategy.name == "SPOT":
        yield "machines are", "SPOT: cheaper, and may be taken away; the job is then restarted"
    if image:
        yield "image", image.uri
        yield (
            "",
            f"{', '.join(image.tags) or 'no tag'}; {format_duration(now - image.uploaded)} old",
        )
    else:
        yield "image", spec.worker_pool_specs[0].container_spec.image_uri
        yield "", "not known: whether it is there, its digest, its age and its commit"
    yield "git commit", _commit(tree)
    if image and tree.commit and not image.is_built_from(tree.commit):
        yield "", _SAME_CODE if same_code else _OTHER_CODE
    yield "experiment", experiment.name
    for key, before, after in experiment.changes:
        yield "", f"{key}={after} instead of {before}"
    for warning in experiment.warnings:
        yield "warning", warning
    yield from _dataset(experiment)
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


def _dataset(experiment: Experiment) -> Iterator[tuple[str, str]]:
    version = experiment.version
    yield "data set", experiment.dataset + (f" (md5 {version.md5})" if version else "")
    if version:
        generation = f", generation {version.generation}" if version.generation else ""
        yield "", f"from {version.file}, sent with the job: {version.size:,} bytes{generation}"


def _commit(tree: WorkingTree) -> str:
    if not tree.commit:
        return "none: this is no git checkout"
    files = "file" if tree.changed == 1 else "files"
    return tree.commit + (f", {tree.changed} {files} changed since" if tree.changed else "")
