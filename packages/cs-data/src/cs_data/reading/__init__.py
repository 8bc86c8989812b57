"""Read CSV exports: the one reader of every command, whatever program wrote the file."""

from __future__ import annotations

from cs_data.reading.export_table import ExportTable, Rejected, Row
from cs_data.reading.text_lines import REPAIRED

__all__ = ["REPAIRED", "ExportTable", "Rejected", "Row"]
