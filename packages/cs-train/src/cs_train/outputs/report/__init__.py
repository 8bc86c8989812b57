"""The report of a run: one HTML page for people who do not know the code."""

from __future__ import annotations

from cs_train.outputs.report.page import write_report

__all__ = ["write_report"]
