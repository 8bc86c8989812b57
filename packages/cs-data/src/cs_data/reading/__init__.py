"""Read CSV exports: the one reader of every command, whatever program wrote the file."""

from __future__ import annotations

from cs_data.reading.export_table import ExportTable, Rejected, Row

__all__ = ["ExportTable", "Rejected", "Row"]
