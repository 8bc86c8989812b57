"""Cloud Build's substitutions, `$_NAME` and `${_NAME}`, as strict as the API is about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from fake_google_cloud.errors import invalid

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<braced>[A-Z_][A-Z0-9_]*)\}|(?P<bare>[A-Z_][A-Z0-9_]*))"
)
_Json: TypeAlias = Any  # what json.loads gives

_USER_KEY = re.compile(r"_[A-Z0-9_]+")
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
    options = build.get("options", {})
    loose = options.get("substitutionOption") == "ALLOW_LOOSE"
    replacer = _Replacer(build.get("substitutions", {}), built_in, loose=loose)
    if options.get("dynamicSubstitutions"):
        replacer.expand_values()
    replaced = {
        key: value if key in _NOT_TEMPLATES else replacer.replace(value)
        for key, value in build.items()
    }
    mapped = options.get("automapSubstitutions") or any(
        step.get("automapSubstitutions") for step in build.get("steps", [])
    )
    if not (loose or mapped):
        replacer.check_all_used()
    return replaced


class _Replacer:
    def __init__(
        self, given: Mapping[str, str], built_in: Mapping[str, str], *, loose: bool
    ) -> None:
        for key in given:
            if not _USER_KEY.fullmatch(key) and key not in built_in:
                raise invalid(
                    f'invalid substitution key "{key}": a key begins with `_` and holds'
                    " upper-case letters, digits and `_`"
                )
        self._given = set(given)
        self._values = {**built_in, **given}
        self._loose = loose
        self._used: set[str] = set()

    def expand_values(self) -> None:
        for key in self._given:
            self._values[key] = self.replace(self._values[key])

    def replace(self, value: _Json) -> _Json:
        if isinstance(value, str):
            return _REFERENCE.sub(self._look_up, value)
        if isinstance(value, list):
            return [self.replace(item) for item in value]
        if isinstance(value, dict):
            return {
                key: item if key in _NOT_TEMPLATES else self.replace(item)
                for key, item in value.items()
            }
        return value

    def check_all_used(self) -> None:
        for key in sorted(self._given - self._used):
            raise invalid(f'key "{key}" in the substitution data is not matched in the template')

    def _look_up(self, found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        key = found["braced"] or found["bare"]
        self._used.add(key)
        if key not in self._values and not self._loose:
            if key.startswith("_"):
                raise invalid(
                    f'key in the template "{key}" is not matched in the substitution data'
                )
            raise invalid(f'key in the template "{key}" is not a valid built-in substitution')
        return self._values.get(key, "")
