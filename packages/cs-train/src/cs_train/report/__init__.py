"""The report of a run: one HTML page for people who do not know the code."""

from cs_train.report.contents import EpochPoint, Report, StepPoint
from cs_train.report.page import write_report

__all__ = ["EpochPoint", "Report", "StepPoint", "write_report"]
