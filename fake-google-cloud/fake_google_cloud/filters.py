"""The filter language of lists and logs (AIP-160): comparisons joined by AND, OR, NOT, brackets.

As in Google's own, OR binds closer than AND, and AND may be left out. A term without a comparison,
which searches all fields, is refused: nothing here needs it.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import Default

from fake_google_cloud.errors import ApiError, invalid

Predicate: TypeAlias = Callable[[dict[str, Any]], bool]

_TOKEN = re.compile(
    r"""\s*(
        "(?:[^"\\]|\\.)*"
      | <=|>=|!=|=~|!~|=|<|>|:
      | [()]
      | (?:[^\s()<>=!:"~]|(?<=\.)"(?:[^"\\]|\\.)*")+
    )""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ":": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS = (*_COMPARISONS, "!=", "=~", "!~")
_RESERVED = (*_OPERATORS, "(", ")")


def parse_filter(text: str, message: str) -> Predicate:
    """Return a function that takes a resource's JSON and returns whether it passes.

    Args:
        text: the filter; an empty one passes all.
        message: full name of the message that the resources are.

    Raises:
        ApiError: the text is no filter. The function raises it where the message has no such field.
    """
    parser = _Parser(text, Default().FindMessageTypeByName(message))
    if not parser.tokens:
        return lambda resource: True
    predicate = parser.conjunction()
    if parser.tokens:
        raise parser.error()
    return predicate


class _Parser:
    def __init__(self, text: str, descriptor: Descriptor) -> None:
        self._text = text
        self._descriptor = descriptor
        self.tokens: list[str] = _TOKEN.findall(text)
        if _TOKEN.sub("", text).strip():
            raise self.error()

    def error(self) -> ApiError:
        return invalid(f"Invalid filter: could not parse {self._text!r}.")

    def conjunction(self) -> Predicate:
        parts = [self._disjunction()]
        while self.tokens and self.tokens[0] != ")":
            self._skip("AND")
            parts.append(self._disjunction())
        return lambda resource: all(part(resource) for part in parts)

    def _disjunction(self) -> Predicate:
        parts = [self._term()]
        while self._skip("OR"):
            parts.append(self._term())
        return lambda resource: any(part(resource) for part in parts)

    def _term(self) -> Predicate:
        if self._skip("NOT"):
            negated = self._term()
            return lambda resource: not negated(resource)
        if self._skip("("):
            inner = self.conjunction()
            if not self._skip(")"):
                raise self.error()
            return inner
        if len(self.tokens) < 3:
            raise self.error()
        name, sign, value = (self.tokens.pop(0) for _ in range(3))
        if name in _RESERVED or name[0] == '"' or sign not in _OPERATORS or value in _RESERVED:
            raise self.error()
        path = [_unquote(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"|[^."]+', name)]
        literal = _unquote(value)
        return lambda resource: _compare(resource, self._descriptor, path, sign, literal)

    def _skip(self, token: str) -> bool:
        return self.tokens[:1] == [token] and bool(self.tokens.pop(0))


def _unquote(text: str) -> str:
    try:
        return str(json.loads(text)) if text.startswith('"') else text
    except ValueError as error:
        raise invalid(f"Invalid filter: {text} is not a string.") from error


def _compare(
    resource: dict[str, Any], descriptor: Descriptor, path: Sequence[str], sign: str, literal: str
) -> bool:
    """Return whether a comparison holds; a field that is not set passes only `!=` and `!~`."""
    value, field = _resolve(resource, descriptor, path)
    if sign in ("!=", "!~"):
        return not _holds(value, field, sign.replace("!=", "=").replace("!~", "=~"), literal)
    return _holds(value, field, sign, literal)


def _resolve(
    value: Any,  # noqa: ANN401  the JSON of a message, or of a field of one
    descriptor: Descriptor,
    path: Sequence[str],
) -> tuple[Any, FieldDescriptor | None]:
    field = None
    for index, part in enumerate(path):
        if descriptor.full_name == "google.protobuf.Struct" or descriptor.GetOptions().map_entry:
            # a label's name may itself hold dots
            return (value or {}).get(".".join(path[index:])), None
        field = next((f for f in descriptor.fields if part in (f.name, f.camelcase_name)), None)
        if not field:
            raise invalid(f"Invalid filter: field not found: '{'.'.join(path)}'.")
        value = (value or {}).get(field.json_name)
        if not field.message_type:
            default = "" if field.has_presence or field.is_repeated else field.default_value
            return default if value is None and not field.has_presence else value, field
        descriptor = field.message_type
    return value, field


def _holds(value: Any, field: FieldDescriptor | None, sign: str, literal: str) -> bool:  # noqa: ANN401
    if isinstance(value, list):
        return any(_holds(item, None, sign, literal) for item in value)
    if value is None:
        return False
    if sign == ":" and literal == "*":
        return bool(value)
    if sign == "=~":
        return bool(re.search(literal, str(value)))
    if sign == ":" and isinstance(value, str):
        return literal.lower() in value.lower()
    try:
        return _COMPARISONS[sign](_comparable(value, field), _comparable(literal, field))
    except (ValueError, KeyError) as error:
        raise invalid(f"Invalid filter: '{literal}' is not a value of this field.") from error


def _comparable(value: Any, field: FieldDescriptor | None) -> Any:  # noqa: ANN401
    if field and field.message_type and field.message_type.name == "Timestamp":
        return datetime.fromisoformat(value)
    if field and field.enum_type:
        return value if isinstance(value, int) else field.enum_type.values_by_name[value].number
    if field and field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return str(value).lower() == "true"
    if field and field.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        return float(value)
    return str(value)
