"""What Cloud Build asks of a build, and of its substitutions `$_NAME` and `${_NAME}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_google_cloud.errors import invalid

_REFERENCE = re.compile(r"\$(?:\$|\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))")
# A step's script is not touched, a source is no template.
_NOT_TEMPLATES = {"script", "source", "substitutions"}
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


def substitute(build: dict[str, Any], built_in: Mapping[str, str]) -> dict[str, Any]:
    """Return a build's JSON with every reference to one of its `substitutions` replaced.

    Raises:
        ApiError: a key is malformed, or stands on one side only and the build does not allow that.
    """
    options, given = build.get("options", {}), build.get("substitutions", {})
    for key in given:
        if not re.fullmatch(r"_[A-Z0-9_]+", key) and key not in built_in:
            raise invalid(f'invalid substitution key "{key}": it is not like `_A_NAME`')
    loose = options.get("substitutionOption") == "ALLOW_LOOSE"
    values: dict[str, str] = {**built_in, **given}
    used: set[str] = set()

    def look_up(found: re.Match[str]) -> str:
        key = found[1] or found[2]
        if not key:
            return "$"
        used.add(key)
        if key not in values and not loose:
            kind = "matched in the substitution data" if key[0] == "_" else "a valid built-in"
            raise invalid(f'key in the template "{key}" is not {kind}')
        return values.get(key, "")

    def replaced(value: Any) -> Any:  # noqa: ANN401  JSON
        if isinstance(value, str):
            return _REFERENCE.sub(look_up, value)
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if isinstance(value, dict):
            items = value.items()
            return {key: item if key in _NOT_TEMPLATES else replaced(item) for key, item in items}
        return value

    result: dict[str, Any] = replaced(build)
    mapped = any(each.get("automapSubstitutions") for each in [options, *build.get("steps", [])])
    if (unused := set(given) - used) and not (loose or mapped):
        raise invalid(f'key "{min(unused)}" in the substitution data is not matched')
    return result
