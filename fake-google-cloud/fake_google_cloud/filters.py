"""The filter language of lists and logs (AIP-160): comparisons joined by AND, OR, NOT, brackets.

As in Google's own, OR binds closer than AND, and AND may be left out. A term without a comparison,
which searches all fields, is refused: nothing here needs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from google.protobuf.message import Message

from fake_google_cloud.errors import ApiError, invalid
from fake_google_cloud.filter_fields import compare

Predicate = Callable[[Message], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<operator><=|>=|!=|=~|!~|=|<|>|:)
      | (?P<bracket>[()])
      | (?P<word>(?:[^\s()<>=!:"~]|(?<=\.)"(?:[^"\\]|\\.)*")+)
    )""",
    re.VERBOSE,
)


def parse_filter(text: str) -> Predicate:
    """Return what tells whether a message passes the filter; an empty filter passes all.

    Raises:
        ApiError: the text is no filter.
    """
    parser = _Parser(text)
    if not parser.tokens:
        return lambda message: True
    predicate = parser.conjunction()
    if parser.tokens:
        raise parser.error()
    return predicate


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            found = _TOKEN.match(text, position)
            if not found:
                raise self.error()
            self.tokens.append((str(found.lastgroup), found[found.lastgroup or 0]))
            position = found.end()

    def error(self) -> ApiError:
        return invalid(f"Invalid filter: could not parse {self._text!r}.")

    def conjunction(self) -> Predicate:
        parts = [self._disjunction()]
        while self.tokens and self.tokens[0] != ("bracket", ")"):
            if self._next_is("AND"):
                self._take()
            parts.append(self._disjunction())
        return lambda message: all(part(message) for part in parts)

    def _disjunction(self) -> Predicate:
        parts = [self._term()]
        while self._next_is("OR"):
            self._take()
            parts.append(self._term())
        return lambda message: any(part(message) for part in parts)

    def _term(self) -> Predicate:
        if self._next_is("NOT"):
            self._take()
            negated = self._term()
            return lambda message: not negated(message)
        first = self._take()
        if first == ("bracket", "("):
            inner = self.conjunction()
            if self._take() != ("bracket", ")"):
                raise self.error()
            return inner
        operator = self._take()
        value = self._take()
        if first[0] != "word" or operator[0] != "operator" or value[0] not in ("word", "text"):
            raise self.error()
        path, literal = _split_path(first[1]), _unquote(value[1])
        return lambda message: compare(message, path, operator[1], literal)

    def _next_is(self, keyword: str) -> bool:
        return bool(self.tokens) and self.tokens[0] == ("word", keyword)

    def _take(self) -> tuple[str, str]:
        if not self.tokens:
            raise self.error()
        return self.tokens.pop(0)


def _split_path(token: str) -> tuple[str, ...]:
    parts = re.findall(r'"(?:[^"\\]|\\.)*"|[^."]+', token)
    return tuple(_unquote(part) for part in parts)


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise invalid(f"Invalid filter: {text} is not a string.") from error
