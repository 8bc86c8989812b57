"""The objects of a JSON document or of a file with one object a line, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cs_data.errors import DataError
from cs_data.reading.file_bytes import LINES_OF_JSON
from cs_data.reading.header import Header, HowToChoose, Needed
from cs_data.reading.json_document import DECODER, LONGEST_VALUE, Item, JsonDocument
from cs_data.reading.records import Rejected, Rejections, Row
from cs_data.reading.text_lines import TextLines
from cs_data.reading.values import flatten

_MAX_COLUMNS = 10_000
# What APIs of help desks call the list of tickets; without a name it is the document.
_LISTS = ("", "tickets", "issues", "result", "results", "data", "items", "records", "rows", "value")
_START = re.compile(r"\s*(\{|\[\s*[\[{\]])")


def looks_like_json(lines: TextLines) -> bool:
    """Say whether a text begins as objects, or a list of them, do."""
    head = next(lines.blocks(), b"")
    if not head.strip():
        return bool(LINES_OF_JSON.search(lines.path.name))
    return bool(_START.match(head[: 1 << 12].decode(errors="replace").lstrip("\ufeff")))


class JsonRecords:
    """Objects as rows: every key that any of them has is a column.

    Raises:
        DataError: there are no objects, or they have none of the alternatives.
    """

    separator = ""

    def __init__(self, lines: TextLines, needed: Needed, how_to_choose: HowToChoose) -> None:
        self.lines = lines
        self.notes: list[str] = []
        self._by_line = _has_an_object_a_line(lines)
        self._document = JsonDocument(lines)
        self.unit: Literal["line", "row"] = "line" if self._by_line else "row"
        headers = [
            Header(lines.path, names, part) for part, names in self._columns_of_lists().items()
        ]
        if not headers and self._is_empty:
            headers = [Header(lines.path, list(needed[0]))]
        if not headers:
            raise DataError(
                f"{lines.path} holds no list of objects{self._first_problem()}: a list of tickets "
                "is expected"
            )
        self.header = Header.choose(lines.path, headers, needed, how_to_choose)
        if len(headers) > 1:
            self.notes.append(f"of {len(headers)} lists, {self.header.part!r} is read")

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every object; pass what is none to `on_rejected`."""
        names = self.header.names
        for part, number, record in self._items():
            if part != self.header.part:
                continue
            if isinstance(record, Rejected):
                on_rejected(record)
            else:
                fields = [record.get(name, "") for name in names]
                yield Row(number, number, [_encodable(field) for field in fields])

    def _columns_of_lists(self) -> dict[str, list[str]]:
        """Return the keys of the objects in each list, in the order in which they appear."""
        lists: dict[str, dict[str, bool]] = {}
        for part, _, record in self._items():
            columns = lists.setdefault(part, {})
            if isinstance(record, Rejected):
                continue
            for name, text in record.items():
                if not columns.get(name):
                    columns[name] = text != ""
            if len(columns) > _MAX_COLUMNS:
                raise DataError(
                    f"{self.lines.path}: its objects have more than {_MAX_COLUMNS:,} different "
                    "keys: a list of tickets with the same keys is expected"
                )
        return {part: _without_nulls(columns) for part, columns in lists.items() if columns}

    def _first_problem(self) -> str:
        for _, number, record in self._items():
            if isinstance(record, Rejected):
                return f" ({self.unit} {number} is {record.detail})"
        return ""

    def _items(self) -> Iterator[Item]:
        return self._lines_as_items() if self._by_line else self._document.items()

    @property
    def _is_empty(self) -> bool:
        """Whether there is a list of tickets with none in it, once all was read."""
        if self._by_line:
            return not any(not line.isspace() for line in self.lines)
        return any(name.rpartition(".")[2] in _LISTS for name in self._document.empty_lists)

    def _lines_as_items(self) -> Iterator[Item]:
        for number, line in enumerate(self.lines, start=1):
            if not line.isspace():
                yield "", number, self._object_on(line, number)

    def _object_on(self, line: str, number: int) -> dict[str, str] | Rejected:
        try:
            value = DECODER.decode(line)
            if isinstance(value, dict):
                return flatten(value)
        except ValueError as error:
            reason = "cut_off" if self.lines.ends_mid_line else "broken_json"
            problem = getattr(error, "msg", "a number that is too long")
            column = getattr(error, "colno", 1)
            return Rejected(number, number, reason, f"not JSON: {problem} (column {column})")
        except RecursionError:
            return Rejected(number, number, "broken_json", "nested too deeply")
        return Rejected(number, number, "broken_json", "not an object, which {…} would be")


def _has_an_object_a_line(lines: TextLines) -> bool:
    """Say whether a text is JSON lines rather than one document."""
    start = b""
    for block in lines.blocks():
        start = (start + block).lstrip(b"\xef\xbb\xbf \r\n\t")
        if b"\n" in start.rstrip() or len(start) > LONGEST_VALUE:
            break
    first, _, more = start.decode(errors="replace").partition("\n")
    called_lines = bool(LINES_OF_JSON.search(lines.path.name))
    try:
        first_is_complete = isinstance(DECODER.decode(first), dict)
    except (ValueError, RecursionError):
        # A line that is broken, in a file that says what it is; a document is laid out.
        return called_lines and (not first or first[:1] == "{" != first.strip())
    return first_is_complete and (bool(more.strip()) or called_lines)


def _without_nulls(columns: dict[str, bool]) -> list[str]:
    """Return the names of columns but for those that are null where other rows hold an object."""
    inner = {name.rpartition(".")[0] for name in columns}
    return [name for name, filled in columns.items() if filled or name not in inner]


def _encodable(text: str) -> str:
    r"""Replace half an emoji, which JSON can write as `\ud83d` and UTF-8 cannot."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
