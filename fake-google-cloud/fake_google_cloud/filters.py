"""The filter language of lists and logs (AIP-160): comparisons joined by AND, OR, NOT, brackets.

As in Google's own, OR binds closer than AND, and AND may be left out. A term without a comparison,
which searches all fields, and regular expressions are refused: nothing here needs them.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pool import Default

from fake_google_cloud.errors import ApiError, invalid

Predicate: TypeAlias = Callable[[dict[str, Any]], bool]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|<=|>=|!=|=|<|>|:|[()]|[^\s()<>=!:"]+)')
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ":": lambda value, wanted: wanted == "*" or str(wanted).lower() in str(value).lower(),
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "!=": operator.ne,
}


def parse_filter(text: str, message: str) -> Predicate:
    """Return a function that takes a resource's JSON and returns whether it passes.

    Args:
        text: the filter; an empty one passes all.
        message: full name of the message that the resources are.

    Raises:
        ApiError: the text is no filter. The function raises it where the message has no such field.
    """
    parser = _Parser(text, Default().FindMessageTypeByName(message))
    predicate = parser.conjunction() if parser.tokens else lambda resource: True
    if parser.tokens or _TOKEN.sub("", text).strip():
        raise parser.error()
    return predicate


class _Parser:
    def __init__(self, text: str, descriptor: Descriptor) -> None:
        self._text = text
        self._descriptor = descriptor
        self.tokens: list[str] = _TOKEN.findall(text)

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
        path, sign, value = [*self.tokens, "", "", ""][:3]
        del self.tokens[:3]
        if sign not in _OPERATORS or not re.match(r'[^()<>=!:"]', path) or not value:
            raise self.error()
        literal = json.loads(value) if value.startswith('"') else value
        return lambda resource: _compare(resource, self._descriptor, path, sign, literal)

    def _skip(self, token: str) -> bool:
        return self.tokens[:1] == [token] and bool(self.tokens.pop(0))


def _compare(resource: Any, descriptor: Descriptor, path: str, sign: str, literal: str) -> bool:  # noqa: ANN401
    """Return whether a comparison holds; a field that is not set passes only `!=`."""
    value, field, rest = resource, None, path
    while rest and descriptor:
        if descriptor.full_name == "google.protobuf.Struct" or descriptor.GetOptions().map_entry:
            value, field, rest = (value or {}).get(rest), None, ""  # a label's name may hold dots
            break
        part, _, rest = rest.partition(".")
        field = next((f for f in descriptor.fields if part in (f.name, f.camelcase_name)), None)
        if not field:
            raise invalid(f"Invalid filter: field not found: '{path}'.")
        value = (value or {}).get(field.json_name)
        descriptor = field.message_type
    try:
        wanted = _comparable(literal, field) if sign != ":" else literal
        values = value if isinstance(value, list) else [] if value is None else [value]
        found = any(_OPERATORS[sign](_comparable(each, field), wanted) for each in values)
    except (ValueError, KeyError) as error:
        raise invalid(f"Invalid filter: '{literal}' is not a value of this field.") from error
    return found or (sign == "!=" and not values)


def _comparable(value: Any, field: FieldDescriptor | None) -> Any:  # noqa: ANN401
    if field and field.message_type and field.message_type.name == "Timestamp":
        return datetime.fromisoformat(value)
    if field and field.enum_type:
        return field.enum_type.values_by_name[value].number
    numeric = field and field.cpp_type < FieldDescriptor.CPPTYPE_BOOL
    return float(value) if numeric else str(value)
