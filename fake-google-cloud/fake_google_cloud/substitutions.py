"""Cloud Build's substitutions, `$_NAME` and `${_NAME}`, as strict as the API is about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from fake_google_cloud.errors import invalid

_Json: TypeAlias = Any  # what json.loads gives

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<braced>[A-Z_][A-Z0-9_]*)\}|(?P<bare>[A-Z_][A-Z0-9_]*))"
)
# A step's script is not touched, a source is no template.
_NOT_TEMPLATES = {"script", "source", "substitutions"}


def substitute(build: dict[str, Any], built_in: Mapping[str, str]) -> dict[str, Any]:
    """Return a build's JSON with every reference replaced.

    Args:
        build: the build as JSON, with its `substitutions`.
        built_in: values that Cloud Build itself knows.

    Raises:
        ApiError: a key is malformed, or stands on one side only and the build does not allow that.
    """
    options, given = build.get("options", {}), build.get("substitutions", {})
    for key in given:
        if not re.fullmatch(r"_[A-Z0-9_]+", key) and key not in built_in:
            raise invalid(
                f'invalid substitution key "{key}": a key begins with `_` and holds'
                " upper-case letters, digits and `_`"
            )
    loose = options.get("substitutionOption") == "ALLOW_LOOSE"
    values: dict[str, str] = {**built_in, **given}
    used: set[str] = set()

    def look_up(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        key = found["braced"] or found["bare"]
        used.add(key)
        if key in values or loose:
            return values.get(key, "")
        if key.startswith("_"):
            raise invalid(f'key in the template "{key}" is not matched in the substitution data')
        raise invalid(f'key in the template "{key}" is not a valid built-in substitution')

    def replaced(value: _Json) -> _Json:
        if isinstance(value, str):
            return _REFERENCE.sub(look_up, value)
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if isinstance(value, dict):
            return {
                key: item if key in _NOT_TEMPLATES else replaced(item)
                for key, item in value.items()
            }
        return value

    if options.get("dynamicSubstitutions"):
        values |= {key: replaced(values[key]) for key in given}
    result: dict[str, Any] = replaced(build)
    parts = [options, *build.get("steps", [])]
    mapped = any(part.get("automapSubstitutions") for part in parts)
    for key in sorted(set(given) - used):
        if not (loose or mapped):
            raise invalid(f'key "{key}" in the substitution data is not matched in the template')
    return result
