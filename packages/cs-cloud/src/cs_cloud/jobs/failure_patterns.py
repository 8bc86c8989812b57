"""What failed jobs log, what that means, and how to fix it: one table.

A regular expression is searched line by line. Its named groups, and `project`, can be used in
braces in the cause and the fix.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    """A cause of failures, and the line that shows it."""

    regex: str
    cause: str
    fix: str
    in_log: bool = True
    """Whether it counts in the program's own log too, or only in Vertex AI's error."""


_QUOTAS = "https://console.cloud.google.com/iam-admin/quotas?project={project}"

PATTERNS = (
    Pattern(
        r"(?i)\bpreempted\b|\bpreemption\b|status of 143\b",
        "its machine was taken away, as SPOT machines are",
        "submit it again, and it starts over; or use a machine that stays: leave out --spot, or"
        " set scheduling.strategy to STANDARD in the job file",
        in_log=False,
    ),
    Pattern(
        r"quota metrics exceed quota limits: (?P<quota>\S+)",
        "the quota {quota} is used up",
        f"wait for other jobs to end, or ask for more: {_QUOTAS}",
    ),
    Pattern(
        r"(?i)resources are insufficient in region|ZONE_RESOURCE_POOL_EXHAUSTED|stockout"
        r"|insufficient capacity",
        "the region has no such machine free",
        "submit it again later, in another --region, or with another machineType or GPU",
        in_log=False,
    ),
    Pattern(
        r"(?i)quota.*exceeded|RESOURCE_EXHAUSTED",
        "a quota is used up",
        f"wait for other jobs to end, or ask for more: {_QUOTAS}",
        in_log=False,
    ),
    Pattern(
        r"CUDA out of memory|CUDA error: out of memory|torch\.(?:cuda\.)?OutOfMemoryError"
        r"|CUBLAS_STATUS_ALLOC_FAILED",
        "the memory of the GPU was not enough",
        "lower training.micro_batch_tokens (such as 2048), which changes no result,"
        " or take a larger GPU",
    ),
    Pattern(
        r"(?i)out[- ]of[- ]memory|status of 137\b|\bOOMKilled\b"
        r"|DefaultCPUAllocator: (?:can't|not enough)|^MemoryError",
        "the memory of the machine was not enough",
        "take a machineType with more memory (such as n1-highmem-8), or lower"
        " training.micro_batch_tokens (such as 2048), which changes no result",
    ),
    Pattern(
        r"artifactregistry\.repositories\.downloadArtifacts|(?i:pull access denied)",
        "the image may not be read by Vertex AI",
        "give Vertex AI's agent (gcp-sa-aiplatform-cc) the role roles/artifactregistry.reader in"
        " the image's project: https://cloud.google.com/vertex-ai/docs/general/access-control",
    ),
    Pattern(
        r"(?i)ErrImagePull|ImagePullBackOff|manifest unknown|failed to pull image"
        r"|image .*(?:not found|does not exist|could not be pulled)",
        "the image could not be pulled",
        "build it and push it again (nox -s build), and submit the job again",
        in_log=False,
    ),
    Pattern(
        r"(?i)(?:job|custom ?job|execution|training).*(?:timed out|timeout|maximum run)",
        "it ran longer than scheduling.timeout allows",
        "raise scheduling.timeout in the job file, or take a faster machine",
        in_log=False,
    ),
    Pattern(
        r"No space left on device|\[Errno 28\]",
        "the disk was full",
        "raise diskSpec.bootDiskSizeGb in the job file",
    ),
)
"""The first that matches is the cause."""

OWN_LINE = r"^(?:cs-train|cs-data|cs-model|cs-cloud): .+"
"""The line that the programs of a job print when they exit with 2: cause and fix in one."""

LATER_PATTERNS = (
    Pattern(
        r"^(?P<line>FileNotFoundError: .+)"
        r"|(?P<missing>NoSuchKey|No such object: \S+|specified (?:bucket|key) does not exist)",
        "something that it reads is not there: {line}{missing}",
        "check the data set's name and path (cs-train --cfg job), and that it was pushed",
    ),
    Pattern(
        r"^(?P<line>wandb(?:\.\w+)*\.(?:CommError|UsageError|AuthenticationError|Error)\b.*"
        r"|wandb: ERROR .+)",
        "Weights & Biases refused: {line}",
        "check the secret's key, and the entity and project in .gcp/settings.yaml;"
        " wandb.mode=offline does without",
    ),
)
"""Matched last: such lines are also in the logs of jobs that fail for other reasons."""
