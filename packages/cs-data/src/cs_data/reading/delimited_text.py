"""The rows of a CSV export with their exact line numbers; broken ones are reported, not dropped."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from cs_data.reading.header import Header, HowToChoose, Needed
from cs_data.reading.records import Rejected, Rejections, Row
from cs_data.reading.text_lines import TextLines

if TYPE_CHECKING:
    import _csv

# Long enough for any pasted log, short enough that a missing quote does not swallow the file.
_MAX_FIELD = 1 << 20
# A record that swallowed this many lines before the file ended lacks a quote rather than an end.
_MANY_LINES = 30
_SEPARATORS = ",;\t|"
# Excel writes a first line such as `sep=;` to say what separates the fields.
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_NULL = "\\N"  # what MySQL writes for an empty field
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_BYTES_SEARCHED = 64 << 20
_BYTES_COMPARED = 1 << 18
_MAX_COMPARED = 8


class DelimitedText:
    """A text whose lines are records and whose fields stand between separators.

    Raises:
        DataError: the file holds no table, or none of the alternatives.
    """

    unit: Literal["line"] = "line"

    def __init__(self, lines: TextLines, needed: Needed, how_to_choose: HowToChoose) -> None:
        self.lines = lines
        declared = _SEPARATOR_LINE.fullmatch(next(iter(lines), ""))
        headers = [
            header
            for separator in (declared[1] if declared else _SEPARATORS)
            for header in Header.among(
                lines.path, separator, self._first_records(separator, 1 if declared else 0)
            )
        ]
        self.header = Header.choose(lines.path, headers, needed, how_to_choose)
        self.separator = self.header.part
        self.notes = self.header.notes(self.unit)
        self._escapes = False
        self._escapes = self._finds_escapes()
        if self._escapes:
            self.notes.append("quotes and separators are escaped by backslashes, as MySQL does")

    def _first_records(self, separator: str, skipped: int) -> Iterator[tuple[int, int, list[str]]]:
        reader = csv.reader(islice(self.lines, skipped, None), delimiter=separator)
        line = skipped + 1
        try:
            for fields in reader:
                yield line, skipped + reader.line_num, fields
                line = skipped + reader.line_num + 1
        except csv.Error:
            pass

    def _finds_escapes(self) -> bool:
        r"""Say whether more records are complete if `\"` is a quote in a field, as MySQL has it."""
        escape = re.compile(rb'\\["\n' + re.escape(self.separator.encode()) + rb"]")
        searched = compared = 0
        for block in self.lines.blocks():
            searched += len(block)
            if found := escape.search(block):
                start = block.rfind(b"\n", 0, max(0, found.start() - _BYTES_COMPARED // 4)) + 1
                text = block[start : start + _BYTES_COMPARED].decode(errors="replace")
                lines = list(io.StringIO(text, newline="\n"))[:-1]
                plain, escaped = (self._complete(lines, escaped=kind) for kind in (False, True))
                if plain != escaped:
                    return escaped > plain
                compared += 1
            if searched > _BYTES_SEARCHED or compared > _MAX_COMPARED:
                break
        return False

    def _complete(self, lines: list[str], *, escaped: bool) -> int:
        """Return how many records of the header's width there are in lines."""
        reader, complete = self._reader(lines, escaped=escaped), 0
        while True:
            try:
                complete += len(next(reader)) == len(self.header.names)
            except StopIteration:
                return complete
            except csv.Error:
                continue

    def rows(self, on_rejected: Rejections) -> Iterator[Row]:
        """Yield every complete record after the header; pass the others to `on_rejected`.

        A row has as many fields as there are columns: fields beyond are dropped if they are empty.
        Blank lines are no records.
        """
        width = len(self.header.names)
        source = iter(self.lines)
        before = end_line = self.header.end_line  # lines read by earlier readers, and in all
        for _ in range(end_line):
            next(source)
        reader = self._reader(source, escaped=self._escapes)
        limit_before = csv.field_size_limit(_MAX_FIELD)
        try:
            while True:
                line = end_line + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    end_line = before + reader.line_num
                    if self._is_stray_quote(error) and end_line == line:
                        again = chain([self._requoted(self.lines.latest)], source)
                        reader = self._reader(again, escaped=False)
                        before = end_line = line - 1  # the line is read once more
                    else:
                        on_rejected(self._unreadable(line, end_line, error))
                    continue
                end_line = before + reader.line_num
                if len(fields) >= width and not any(map(str.strip, fields[width:])):
                    del fields[width:]
                    if _NULL in fields:
                        fields = ["" if field == _NULL else field for field in fields]
                    yield Row(line, end_line, fields)
                elif len(fields) > 1 or "".join(fields).strip():
                    on_rejected(self._wrong_field_count(line, end_line, len(fields)))
        finally:
            csv.field_size_limit(limit_before)

    def _reader(self, lines: Iterable[str], *, escaped: bool) -> _csv.Reader:
        # Strict, or a missing quote would make one ticket of all up to the next quoted field.
        if not escaped:
            return csv.reader(lines, delimiter=self.separator, strict=True)
        meant = frozenset(('"', "\\", "\n", "\r", self.separator, ""))

        def keep(escape: re.Match[str]) -> str:  # what `clean_text` knows, such as \n
            return escape[0] if escape[1] in meant else f"\\{escape[0]}"

        lines = (_ESCAPE.sub(keep, line) if "\\" in line else line for line in lines)
        return csv.reader(lines, delimiter=self.separator, strict=True, escapechar="\\")

    def _is_stray_quote(self, error: csv.Error) -> bool:
        return (
            not self._escapes
            and "expected after" in str(error)
            and len(self.lines.latest) <= _MAX_FIELD
        )

    def _requoted(self, line: str) -> str:
        """Write a record's first line as it should have been; stray quotes stay in the text."""
        reader = csv.reader([line, ""], delimiter=self.separator)
        fields = ['"' + field.replace('"', '""') + '"' for field in next(reader)]
        text = self.separator.join(fields)
        # The reader asks for one more line only inside quotes, which are then to stay open.
        return text[:-1] if reader.line_num > 1 else text

    def _unreadable(self, line: int, end_line: int, error: csv.Error) -> Rejected:
        suspicion = f": a quote is probably missing on line {line}"
        # The reader asks for one more line only inside quotes: they were never closed.
        if self.lines.exhausted:
            reason, detail = "cut_off", "the file ends inside a quoted field"
            if end_line - line < _MANY_LINES:
                suspicion = ""
        elif "field limit" in str(error):
            reason, detail = "endless_field", f"a field of more than {_MAX_FIELD:,} characters"
        else:
            reason = "broken_quotes"
            detail = f"text goes on behind a closing quote on line {end_line}"
        return Rejected(line, end_line, reason, detail + suspicion)

    def _wrong_field_count(self, line: int, end_line: int, count: int) -> Rejected:
        width = len(self.header.names)
        detail = f"{count} fields where the header has {width}"
        if count < width and self.lines.ends_mid_line:
            return Rejected(line, end_line, "cut_off", f"the file ends in this record: {detail}")
        return Rejected(line, end_line, "wrong_field_count", detail)
