"""Read exports: the one reader of every command, whatever program wrote the file."""

from __future__ import annotations

from cs_data.reading.export_table import ExportTable
from cs_data.reading.records import Rejected, Row
from cs_data.reading.text_lines import REPAIRS

__all__ = ["REPAIRS", "ExportTable", "Rejected", "Row"]
