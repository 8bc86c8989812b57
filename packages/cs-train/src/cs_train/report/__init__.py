"""The report of a run: one HTML page for people who do not know the code."""

from __future__ import annotations

from cs_train.report.contents import Report
from cs_train.report.page import write_report

__all__ = ["Report", "write_report"]
