"""Reads and writes lists and mappings as people write them: `[A,B]`, `{P1:high,"P 2":low}`.

Nothing is converted: `1.10` stays `1.10`, and every character may stand in a name.
"""

from __future__ import annotations

import re

from cs_train.errors import ConfigError

_OPENING, _CLOSING = "([{", ")]}"
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_REFERENCE = re.compile(r"(\\*)\$\{")
_LONE_COLON = re.compile(r"(?<!:):(?!:)")  # not that of Parent::Child


def escape_references(text: str) -> str:
    """Return the text that omegaconf, which resolves `${...}`, resolves to this one."""
    return _REFERENCE.sub(lambda found: found[1] * 2 + r"\${", text)


def split(text: str) -> list[str]:
    """Split at the commas outside of quotes and brackets; blanks around the parts are removed."""
    parts: list[str] = []
    start = depth = position = 0
    while position < len(text):
        opening = None if text[start:position].strip() else _QUOTED.match(text, position)
        if opening:
            position = opening.end()
            continue
        character = text[position]
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    if depth:  # a bracket that is never closed, as in `:(`
        return [part.strip() for part in text.split(",")]
    return [part.strip() for part in (*parts, text[start:])]


def unquoted(part: str) -> str:
    """Return the text without a pair of quotes around all of it."""
    if not _QUOTED.fullmatch(part):
        return part
    return re.sub(r"""\\(["'\\])""", r"\1", part[1:-1])


def quoted(text: str) -> str:
    """Return the text in quotes, as `unquoted` reads them."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def written(value: object) -> str:
    """Return a value as people write it: `null`, `true`, `[A,B]`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)


def is_list(text: str) -> bool:
    """Return whether the text is written as a list."""
    return len(text) > 1 and text[0] == "[" and text[-1] == "]"


def is_mapping(text: str) -> bool:
    """Return whether the text is written as a mapping."""
    return len(text) > 1 and text[0] == "{" and text[-1] == "}"


def read_list(text: str) -> list[str]:
    """Return the names in `[A,"B, C"]`, each as it is written."""
    inner = text[1:-1].strip()
    return [unquoted(part) for part in split(inner)] if inner else []


def read_mapping(text: str) -> list[tuple[str, str]]:
    """Return the pairs in `{P1:high,"a:b":"c, d"}`; the second of each with its quotes, if any.

    Raises:
        ConfigError: a pair has no colon, or several.
    """
    inner = text[1:-1].strip()
    return [_pair(part) for part in split(inner)] if inner else []


def _pair(part: str) -> tuple[str, str]:
    found = _QUOTED.match(part)
    rest = part[found.end() :].lstrip() if found else ""
    if found and rest.startswith(":"):
        return unquoted(found[0]), rest[1:].strip()
    pieces = _LONE_COLON.split(part)
    if len(pieces) != 2:
        raise ConfigError(
            f"cannot read {part!r} as VALUE:LABEL: write both in quotes, as in "
            '{"a: b":"c"}, or use --labels VALUE=LABEL,…'
        )
    return pieces[0].strip(), pieces[1].strip()
