"""What Cloud Build asks of a build before it takes it."""

from __future__ import annotations

import re

from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions

from fake_google_cloud.errors import invalid

_MOST_STEPS = 300
_LOGS_ELSEWHERE = (
    BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY,
    BuildOptions.LoggingMode.STACKDRIVER_ONLY,
    BuildOptions.LoggingMode.NONE,
)


def keeps_log_file(build: Build) -> bool:
    """Tell whether the build's log is written into a bucket."""
    return build.options.logging not in _LOGS_ELSEWHERE


def check_build(build: Build) -> None:
    """Refuse a build that Cloud Build would refuse.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    if not 1 <= len(build.steps) <= _MOST_STEPS:
        raise invalid(f"invalid build: a build has 1 to {_MOST_STEPS} build steps")
    seen: set[str] = set()
    for index, step in enumerate(build.steps):
        if not step.name:
            raise invalid(f"invalid build: invalid build step {index}: build step must have a name")
        for awaited in step.wait_for:
            if awaited not in seen | {"-"}:
                raise invalid(
                    f"invalid build: invalid build step {index}: waits for `{awaited}`,"
                    " which is no step before it"
                )
        if step.id in seen:
            raise invalid(f"invalid build: build step id `{step.id}` is not unique")
        if step.id:
            seen.add(step.id)
    for image in build.images:
        if not re.fullmatch(r"[a-z0-9.-]+/[\w./${}-]+(?::[\w.${}-]+)?(?:@\S+)?", image):
            raise invalid(f"invalid build: invalid image name `{image}`")
    has_bucket = build.logs_bucket or build.options.default_logs_bucket_behavior
    if build.service_account and keeps_log_file(build) and not has_bucket:
        raise invalid(
            "if 'build.service_account' is specified, the build must either (a) specify"
            " 'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET"
            " build.options.default_logs_bucket_behavior option, or (c) use either"
            " CLOUD_LOGGING_ONLY / NONE logging options"
        )
