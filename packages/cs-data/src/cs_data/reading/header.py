"""Find the header of a CSV export, its separator, and the columns that it names."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cs_data.cleaning import clean_value
from cs_data.errors import DataError
from cs_data.reading.text_lines import TextLines

_SEPARATORS = ",;\t|"
# Excel writes a first line such as `sep=;` to say what separates the fields.
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
_MAX_COLUMNS_LISTED = 25


@dataclass(frozen=True)
class Header:
    """The line of an export that names its columns."""

    path: Path
    separator: str
    names: list[str]
    """As the file has them, on one line each."""
    end_line: int
    """Number of the last line of the header, from 1; 0 if there is none."""

    @classmethod
    def find(
        cls, path: Path, needed: Sequence[Sequence[str]], how_to_choose: Callable[[str], str]
    ) -> Header:
        """Choose the separator with which the header has all columns of an alternative.

        Raises:
            DataError: there is no header, or it has none of the alternatives.
        """
        declared = _SEPARATOR_LINE.fullmatch(next(iter(TextLines(path)), ""))
        separators = declared[1] if declared else _SEPARATORS
        headers = [cls._read(path, separator, 1 if declared else 0) for separator in separators]
        for alternative in needed:
            for header in headers:
                if not header.absent(alternative):
                    return header
        widest = max(headers, key=lambda header: len(header.names))
        if not widest.names:
            raise DataError(f"{path} holds no header: its first line must name the columns")
        raise DataError(widest._explain_absence(needed, how_to_choose))

    @classmethod
    def _read(cls, path: Path, separator: str, skipped: int) -> Header:
        """Read the first record that is not blank."""
        reader = csv.reader(TextLines(path), delimiter=separator)
        try:
            for fields in reader:
                names = [clean_value(field) for field in fields]
                if reader.line_num > skipped and any(names):
                    return cls(path, separator, names, reader.line_num)
        except csv.Error:
            pass
        return cls(path, separator, [], 0)

    def absent(self, names: Sequence[str]) -> list[str]:
        """Return those names that no column has."""
        return [name for name in names if not self._positions(name)]

    def column(self, name: str) -> int:
        """Return the index of a column, by its exact name or else by its name in any case.

        Raises:
            DataError: there is no such column, or more than one.
        """
        found = self._positions(name)
        if not found:
            raise DataError(self._explain_absence([[name]], lambda _: "name the right one"))
        if len(found) > 1:
            raise DataError(
                f"{self.path}: {len(found)} columns are called {name!r} (columns "
                f"{', '.join(str(at + 1) for at in found)}): rename all but one"
            )
        return found[0]

    def _positions(self, wanted: str) -> list[int]:
        exact = [at for at, name in enumerate(self.names) if name == wanted]
        folded = clean_value(wanted).casefold()
        return exact or [at for at, name in enumerate(self.names) if name.casefold() == folded]

    def _explain_absence(
        self, needed: Sequence[Sequence[str]], how_to_choose: Callable[[str], str]
    ) -> str:
        missing = [self.absent(alternative)[0] for alternative in needed]
        columns = ", ".join(repr(name) for name in self.names[:_MAX_COLUMNS_LISTED])
        if len(self.names) > _MAX_COLUMNS_LISTED:
            columns += f" and {len(self.names) - _MAX_COLUMNS_LISTED} more"
        lower = {name.casefold(): name for name in self.names}
        near = difflib.get_close_matches(missing[0].casefold(), lower, n=1)
        guess = f"did you mean {lower[near[0]]!r}? " if near else ""
        return (
            f"{self.path} has no column {' or '.join(map(repr, missing))}: its columns are "
            f"{columns}; {guess}{how_to_choose(missing[0])}"
        )


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which no two are the same: `tag (2)`, and `column_4` for an empty one."""
    columns: list[str] = []
    for at, name in enumerate(names, start=1):
        base = column = name or f"column_{at}"
        count = 1
        while column in columns or (column != name and column in names):
            count += 1
            column = f"{base} ({count})"
        columns.append(column)
    return tuple(columns)
