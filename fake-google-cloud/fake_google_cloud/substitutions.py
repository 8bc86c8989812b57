"""Cloud Build's substitutions, `$_NAME` and `${_NAME}`, as strict as the API is about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fake_google_cloud.errors import invalid

_REFERENCE = re.compile(r"\$(?:\$|\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))")
# A step's script is not touched, a source is no template.
_NOT_TEMPLATES = {"script", "source", "substitutions"}


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
