"""Makes the job that is sent from a job file, an experiment and an image."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime

from cs_cloud.google.vertex import CustomJob, CustomJobSpec, EnvVar
from cs_cloud.images.image import Image
from cs_cloud.jobs.experiment import Experiment
from cs_cloud.working_tree import WorkingTree

SUBMISSION = "submission"
"""The label whose value is a hash of all that is sent, except time and output folder."""
IMAGE, COMMIT = "CS_IMAGE", "CS_SUBMITTED_FROM"
"""Variables by which a run learns its image, and the commit that it was submitted from."""
NOT_KNOWN = "NOT-KNOWN"
"""What is in the place of a part of a name that only the image's digest decides."""
_LABEL_LENGTH = 63


def make_job(
    target: str,
    spec: CustomJobSpec,
    experiment: Experiment,
    image: Image | None,
    tree: WorkingTree,
    now: datetime,
) -> CustomJob:
    """Return a job: the image pinned by its digest, an output folder of its own, and labels.

    Args:
        target: the name of the job file.
        spec: the content of the job file.
        experiment: what to train.
        image: the image that the content names; None where it is not known. The job cannot be sent
            then: it is not pinned, and has no SUBMISSION.
        tree: the checkout that it is submitted from.
        now: the time in the names of the job and its output folder.
    """
    spec = CustomJobSpec(spec)  # a copy
    container = spec.worker_pool_specs[0].container_spec
    container.args = list(experiment.arguments)
    if image:
        container.image_uri = image.uri
        container.env.append(EnvVar(name=IMAGE, value=image.uri))
    if experiment.version:
        container.env.extend(experiment.version.variables)
    if tree.commit:
        dirty = "-dirty" if tree.changed else ""
        container.env.append(EnvVar(name=COMMIT, value=tree.commit + dirty))
    submission = _hash(spec) if image else ""
    name = f"{experiment.name}-{target}-{now:%Y%m%d-%H%M%S}"
    output = spec.base_output_directory
    output.output_uri_prefix = f"{output.output_uri_prefix}{name}-{submission[:6] or NOT_KNOWN}/"
    labels = {
        SUBMISSION: submission,
        "target": target,
        "experiment": experiment.name,
        "dataset": experiment.dataset,
        "commit": tree.commit[:12],
    }
    return CustomJob(
        display_name=name,
        job_spec=spec,
        labels={key: _label(value) for key, value in labels.items() if value},
    )


def _hash(spec: CustomJobSpec) -> str:
    text = json.dumps(CustomJobSpec.to_dict(spec), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _label(value: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", value.lower())[:_LABEL_LENGTH]
