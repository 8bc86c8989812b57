"""Read the lists of objects in a JSON document, an object at a time, however long they are."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from cs_data.errors import DataError
from cs_data.reading.records import Rejected
from cs_data.reading.text_lines import TextLines
from cs_data.reading.values import flatten

LONGEST_VALUE = 1 << 24
_NO_BLANK = re.compile(r"[^\s\ufeff]")
_LITERALS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_ESCAPE_LENGTH = len("\\ud83d")

# Numbers stay as they are written: a version 1.10 is not 1.1.
DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=lambda _: None, strict=False
)

Item = tuple[str, int, dict[str, str] | Rejected]
"""The name of the list that an object stands in, its number there, and its columns or problem."""


class _CutOffError(Exception):
    """The document ends before its end."""


class JsonDocument:
    """A document that is a list of objects, or an object that holds such lists at any depth.

    Raises:
        DataError: the document is no valid JSON; behind the mistake nothing could be trusted.
    """

    def __init__(self, lines: TextLines) -> None:
        self._lines = lines
        self._path = lines.path
        self.empty_lists: list[str] = []
        """Names of the lists without any element, as far as the document was read."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def items(self) -> Iterator[Item]:
        """Yield every element of every list that is not in another list, from the beginning."""
        self._blocks = self._lines.blocks()
        self._text, self._at, self._ended = "", 0, False
        self._list, self._count, total = "", 0, 0
        self.empty_lists.clear()
        self._decoder.reset()
        try:
            for item in self._value(""):
                total += 1
                yield item
            if self._peek():
                raise self._invalid("text goes on behind the end; write one object a line instead")
        except _CutOffError:
            number = self._count + 1
            detail = "the file ends in this record"
            yield self._list, number, Rejected(number, number, "cut_off", detail)
        except RecursionError:
            raise self._invalid("it is nested too deeply") from None
        self._lines.lines_read = total

    def _value(self, name: str) -> Iterator[Item]:
        opening = self._peek()
        if opening == "[":
            yield from self._elements(name)
        elif opening == "{":
            self._at += 1
            while self._peek() != "}":
                key = self._decoded()
                self._expect(":")
                yield from self._value(f"{name}.{key}" if name else str(key))
                if self._peek() != "}":
                    self._expect(",")
            self._at += 1
        else:
            self._decoded()

    def _elements(self, name: str) -> Iterator[Item]:
        self._at += 1
        self._list, self._count = name, 0
        while self._peek() != "]":
            value = self._decoded()
            self._count += 1
            if isinstance(value, dict):
                yield name, self._count, flatten(value)
            else:
                detail = "not an object, which {…} would be"
                yield (
                    name,
                    self._count,
                    Rejected(self._count, self._count, "broken_json", detail),
                )
            if self._peek() != "]":
                self._expect(",")
        self._at += 1
        if not self._count:
            self.empty_lists.append(name)

    def _peek(self) -> str:
        """Return the next character that is no blank, without taking it; empty at the end."""
        while True:
            if found := _NO_BLANK.search(self._text, self._at):
                self._at = found.start()
                return found[0]
            self._at = len(self._text)
            if self._ended:
                return ""
            self._read()

    def _expect(self, character: str) -> None:
        found = self._peek()
        if not found:
            raise _CutOffError
        if found != character:
            raise self._invalid(f"expecting {character!r}, found {found!r}")
        self._at += 1

    def _decoded(self) -> Any:  # noqa: ANN401 - whatever the document holds
        if not self._peek():
            raise _CutOffError
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._may_go_on(error):
                    raise self._invalid(error.msg) from None
                if self._ended:
                    raise _CutOffError from None
            else:
                if end < len(self._text) or self._ended:  # or a number could go on
                    self._at = end
                    return value
            if len(self._text) - self._at > LONGEST_VALUE:
                raise self._invalid(f"a value is longer than {LONGEST_VALUE >> 20} MiB")
            self._read()

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Say whether the text read so far ends within a value, rather than being broken."""
        rest = self._text[error.pos :]
        if error.msg.startswith("Invalid \\u"):
            return len(rest) < _ESCAPE_LENGTH
        unfinished = any(literal.startswith(rest) for literal in _LITERALS)
        return unfinished or error.msg.startswith("Unterminated")

    def _read(self) -> None:
        block = next(self._blocks, b"")
        self._ended = not block
        self._text = self._text[self._at :] + self._decoder.decode(block, final=not block)
        self._at = 0

    def _invalid(self, problem: str) -> DataError:
        place = f"behind item {self._count} of its list" if self._count else "at its beginning"
        return DataError(
            f"{self._path} is not valid JSON {place}: {problem[:1].lower()}{problem[1:]}; export "
            "it again"
        )
