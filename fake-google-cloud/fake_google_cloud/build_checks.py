"""What Cloud Build asks of a build before it takes it."""

from __future__ import annotations

import re
from typing import Any

from fake_google_cloud.errors import invalid

_IMAGE = re.compile(r"[a-z0-9.-]+/[\w./-]+(?::[\w.-]+)?(?:@\S+)?")


def check_build(build: dict[str, Any]) -> bool:
    """Refuse a build that Cloud Build would refuse; return whether it writes a log file."""
    options, steps, seen = build.get("options", {}), build.get("steps", []), {"-"}
    if not 1 <= len(steps) <= 300:
        raise invalid("invalid build: a build has 1 to 300 build steps")
    for index, step in enumerate(steps):
        wrong = f"invalid build: invalid build step {index}:"
        if not step.get("name"):
            raise invalid(f"{wrong} build step must have a name")
        if not seen.issuperset(step.get("waitFor", [])):
            raise invalid(f"{wrong} it waits for what is no step before it")
        if step.get("id") in seen:
            raise invalid(f"{wrong} its id `{step['id']}` is not unique")
        seen.add(step.get("id", "-"))
    for image in build.get("images", []):
        if not _IMAGE.fullmatch(image):
            raise invalid(f"invalid build: invalid image name `{image}`")
    log_file = options.get("logging") not in ("CLOUD_LOGGING_ONLY", "STACKDRIVER_ONLY", "NONE")
    bucket = build.get("logsBucket") or options.get("defaultLogsBucketBehavior")
    if build.get("serviceAccount") and log_file and not bucket:
        raise invalid(
            "if 'build.service_account' is specified, the build must either (a) specify"
            " 'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET"
            " build.options.default_logs_bucket_behavior option, or (c) use either"
            " CLOUD_LOGGING_ONLY / NONE logging options"
        )
    return log_file
