"""Find the header of an export among its first records, and the columns that it names."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cs_data.cleaning import clean_value
from cs_data.errors import DataError
from cs_data.wording import shortened

Needed = Sequence[Sequence[str]]
"""Alternatives, each a list of column names."""
HowToChoose = Callable[[str], str]
"""Given the name of an absent column, says how to name another one; ends the error message."""

_MAX_COLUMNS_LISTED = 50
_MAX_LINES_ABOVE = 20  # such as the title and the filters of a report
_RECORDS_TRIED = _MAX_LINES_ABOVE + 5


@dataclass(frozen=True)
class Header:
    """A record of an export that may name its columns, or does."""

    path: Path
    names: list[str]
    """As the file has them, on one line each."""
    part: str = ""
    """What the record was found with or in: a separator, a sheet, a list of a JSON document."""
    line: int = 1
    end_line: int = 1
    """Its first and last line (or row), from 1."""
    above: int = 0
    """Number of records above it that are not blank."""
    widest_above: int = 0
    """The largest number of cells filled in any of these."""
    likeness: int = 1
    """How many of the records tried have as many fields."""

    @classmethod
    def among(
        cls, path: Path, part: str, records: Iterable[tuple[int, int, list[str]]]
    ) -> Iterator[Header]:
        """Yield those of the first records, each with its first and last line, that may be one."""
        tried = [
            (line, end_line, [clean_value(field) for field in fields])
            for line, end_line, fields in islice(records, _RECORDS_TRIED)
        ]
        filled = [record for record in tried if any(record[2])]
        widths = Counter(len(names) for _, _, names in filled)
        widest = 0
        for above, (line, end_line, names) in enumerate(filled[: _MAX_LINES_ABOVE + 1]):
            yield cls(path, names, part, line, end_line, above, widest, widths[len(names)])
            widest = max(widest, sum(map(bool, names)))

    @staticmethod
    def find(headers: Sequence[Header], needed: Needed) -> Header | None:
        """Return the first record that has all columns of an alternative, None if there is none."""
        for alternative in needed:
            for header in sorted(headers, key=lambda header: header.above):
                if not header.absent(alternative) and header._is_below_titles(len(alternative)):
                    return header
        return None

    @staticmethod
    def choose(
        path: Path, headers: Sequence[Header], needed: Needed, how_to_choose: HowToChoose
    ) -> Header:
        """Return the first record that has all columns of an alternative.

        Raises:
            DataError: there is none.
        """
        found = Header.find(headers, needed)
        if found:
            return found
        if not any(header._filled for header in headers):
            raise DataError(f"{path} holds no header: its first line must name the columns")
        raise DataError(Header._likeliest(headers)._explain_absence(needed, how_to_choose))

    @staticmethod
    def _likeliest(headers: Sequence[Header]) -> Header:
        weights = [len(header.names) * header.likeness for header in headers]
        likely = [header for header, n in zip(headers, weights, strict=True) if n == max(weights)]
        # A title above the header has text in few of its cells.
        half = max(header._filled for header in likely) / 2
        return next(header for header in likely if header._filled > half)

    def _is_below_titles(self, names_needed: int) -> bool:
        # A title fills few cells; a row that holds the word looked for is no header.
        return self._filled > self.widest_above or (
            self._filled == self.widest_above and names_needed > 1
        )

    @property
    def _filled(self) -> int:
        return sum(map(bool, self.names))

    def notes(self, unit: str) -> list[str]:
        """Return what is worth saying about where the header is, in lines or rows."""
        if not self.above:
            return []
        units = f"{self.above} {unit}s above it are" if self.above > 1 else f"1 {unit} above it is"
        return [f"the header is on {unit} {self.line}: the {units} skipped"]

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

    def _explain_absence(self, needed: Needed, how_to_choose: HowToChoose) -> str:
        missing = [self.absent(alternative)[0] for alternative in needed]
        # Some programs repeat a column (labels, comments) as often as one ticket needs it.
        names = list(dict.fromkeys(filter(None, self.names)))
        columns = ", ".join(repr(shortened(name)) for name in names[:_MAX_COLUMNS_LISTED])
        if len(names) > _MAX_COLUMNS_LISTED:
            columns += f" and {len(names) - _MAX_COLUMNS_LISTED} more"
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
