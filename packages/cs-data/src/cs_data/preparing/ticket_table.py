"""An export with the columns that the options name: text, label, language and id."""

from __future__ import annotations

from pathlib import Path

from cs_data.errors import DataError
from cs_data.preparing.options import PrepareOptions
from cs_data.reading import ExportTable
from cs_data.wording import option


class TicketTable(ExportTable):
    """An export that has the columns for text and label, and for the id if one is named.

    Raises:
        DataError: it has not, or one column would be both text and label.
    """

    def __init__(self, path: Path, options: PrepareOptions) -> None:
        def how_to_choose(column: str) -> str:
            setting = "text_columns" if column in options.text_columns else "label_column"
            if column == options.id_column:
                setting = "id_column"
            return f"name the right one with {option(setting)}"

        names = (*options.text_columns, options.label_column)
        if options.id_column is not None:
            names = (*names, options.id_column)
        super().__init__(path, [names], how_to_choose, options.encoding)
        self.text_at = [self.column(name) for name in options.text_columns]
        self.label_at = self.column(options.label_column)
        self.id_at = None if options.id_column is None else self.column(options.id_column)
        self._refuse_same_columns(options)
        language = options.language_column
        self.language_at = self.column(language) if self.has(language) else None

    def _refuse_same_columns(self, options: PrepareOptions) -> None:
        # Two names in another case may be one column, which the options alone cannot know.
        if self.label_at in self.text_at:
            raise DataError(
                f"{self.path}: {options.text_columns[self.text_at.index(self.label_at)]!r} and "
                f"{options.label_column!r} are one column, named both as text and as label: the "
                "text would give the answer away; leave it out of text_columns"
            )
        if self.id_at in (*self.text_at, self.label_at):
            raise DataError(
                f"{self.path}: id_column is {options.id_column!r}, which is named as text or label "
                "too: name the column of the ticket's id, or leave id_column out"
            )
        if len(set(self.text_at)) < len(self.text_at):
            raise DataError(
                f"{self.path}: text_columns is {list(options.text_columns)}, and two of these are "
                "one column: name it once"
            )
