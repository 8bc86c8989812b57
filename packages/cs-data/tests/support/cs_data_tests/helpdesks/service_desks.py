"""Service desks of IT departments: ServiceNow, OTRS, GLPI, TOPdesk and the like."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from cs_data_tests.helpdesks.export import Export, Values, export, requests_with
from cs_data_tests.helpdesks.formats import delimited
from cs_data_tests.workbooks import write_workbook

_OPENED = datetime(2026, 3, 1, 9, 12)
_TEXT = ("--text-columns", "Subject,Description")


def servicenow() -> Export:
    """Write a list of incidents as a workbook with a title, numbered priorities and dates."""
    values = Values(
        {
            "low": {"4 - Low": 60, "5 - Planning": 20},
            "medium": {"3 - Moderate": 60},
            "high": {"2 - High": 40, "1 - Critical": 20},
        }
    )
    requests = requests_with(values, seed=21)
    rows = [
        (
            f"INC{one.number:07}",
            _OPENED + timedelta(hours=one.number),
            one.subject,
            one.body,
            one.value,
            one.number % 5,
        )
        for one in requests
    ]
    columns = "Number,Opened,Short description,Description,Priority,Reassignment count".split(",")
    sheet = [["Incident report"], ["Created by", "Jo Doe"], [], columns, *rows]
    return export(
        "incident.xlsx", write_workbook([("Page 1", sheet)]), values, requests,
        steps=((), ("--text-columns", "Short description,Description")), encoding="", separator="",
        unit="row", notes=("the header is on row 4: the 2 rows above it are skipped",),
    )  # fmt: skip


def otrs() -> Export:
    """Write the tickets of a search, whose priorities are numbered from the least urgent."""
    values = Values(
        {
            "low": {"1 very low": 20, "2 low": 40},
            "medium": {"3 normal": 80},
            "high": {"4 high": 30, "5 very high": 30},
        }
    )
    requests = requests_with(values, seed=23)
    rows = [
        (20260000 + one.number, "5 d 2 h", one.subject, one.body, one.value, "Raw")
        for one in requests
    ]
    columns = ("Ticket Number", "Age", "Title", "Article", "Priority", "Queue")
    content = delimited(columns, rows, separator=";", quote_all=True)
    return export(
        "search.csv", content, values, requests, steps=((), ("--text-columns", "Title,Article")),
        separator=";",
    )  # fmt: skip


def otrs_queues() -> Export:
    """Write the same by queue, whose parents stand before two colons."""
    queues = {"Raw": 30, "Service::Mail": 60, "Service::VPN": 70, "Service::VPN::Remote": 40}
    values = Values({queue: {queue: rows} for queue, rows in queues.items()})
    requests = requests_with(values, seed=24)
    rows = [(20260000 + one.number, one.subject, one.body, one.value) for one in requests]
    columns = ("Ticket#", "Title", "Article", "Queue")
    content = delimited(columns, rows, separator=";", quote_all=True)
    options = ("--text-columns", "Title,Article", "--label-column", "Queue")
    return export(
        "search.csv", content, values, requests, steps=((), options), separator=";",
        are_priorities=False,
    )  # fmt: skip


def zammad() -> Export:
    """Write the download of a report: a workbook, priorities numbered from the least urgent."""
    values = Values({"low": {"1 low": 50}, "medium": {"2 normal": 100}, "high": {"3 high": 50}})
    requests = requests_with(values, seed=25)
    rows = [(10000 + one.number, one.subject, one.body, one.value, "open") for one in requests]
    sheet = [("#", "Title", "Article", "Priority", "State"), *rows]
    return export(
        "tickets.xlsx", write_workbook([("Tickets", sheet)]), values, requests,
        steps=((), ("--text-columns", "Title,Article")), encoding="", separator="", unit="row",
    )  # fmt: skip


def osticket() -> Export:
    """Write the export of a queue, which holds subjects alone, many of them the same."""
    values = Values(
        {"low": {"Low": 60}, "medium": {"Normal": 80}, "high": {"High": 40, "Emergency": 20}}
    )
    recurring = ("Printer jam", "Password reset", "VPN does not connect")
    drawn = requests_with(values, language="en", seed=26)
    requests = [
        replace(one, subject=recurring[one.number % 7]) if one.number % 7 < len(recurring) else one
        for one in drawn
    ]
    rows = [
        (f"{one.number:06}", "3/1/26 9:12 AM", one.subject, one.value, "Support", "Open")
        for one in requests
    ]
    columns = "Ticket Number,Date Created,Subject,Priority,Department,Current Status".split(",")
    content = delimited(columns, rows, encoding="utf-8-sig")
    return export(
        "tickets-20260301.csv", content, values, requests, body=False,
        steps=((), ("--text-columns", "Subject")),
    )  # fmt: skip


def bmc_remedy() -> Export:
    """Write incidents whose columns have signs in their names and whose urgencies have numbers."""
    values = Values(
        {
            "low": {"4-Low": 60},
            "medium": {"3-Medium": 70},
            "high": {"2-High": 40, "1-Critical": 30},
        }
    )
    requests = requests_with(values, seed=29)
    rows = [
        (f"INC{one.number:012}", one.subject, one.body, one.value, "Assigned") for one in requests
    ]
    columns = ("Incident ID*+", "Summary*", "Notes", "Urgency*", "Status*")
    options = ("--text-columns", "Summary*,Notes", "--label-column", "Urgency*")
    return export("incidents.csv", delimited(columns, rows), values, requests, steps=((), options))


def spiceworks() -> Export:
    """Write tickets with a short word for the middle."""
    values = Values({"low": {"Low": 60}, "medium": {"Med": 90}, "high": {"High": 50}})
    requests = requests_with(values, language="en", seed=30)
    rows = [(one.number, one.subject, one.body, one.value, "open") for one in requests]
    columns = ("Ticket #", "Summary", "Description", "Priority", "Status")
    text = ("--text-columns", "Summary,Description")
    content = delimited(columns, rows, line_end="\r\n")
    return export("spiceworks.csv", content, values, requests, steps=((), text))


def manageengine() -> Export:
    """Write a report with three lines about itself above the header."""
    values = Values(
        {"low": {"Low": 60}, "medium": {"Normal": 40, "Medium": 40}, "high": {"High": 60}}
    )
    requests = requests_with(values, seed=31)
    rows = [(one.number, one.subject, one.body, one.value, "Open") for one in requests]
    above = ("Report name : All requests", "Generated by : Jo Doe", "Total records : 200", "")
    columns = ("Request ID", "Subject", "Description", "Priority", "Status")
    return export(
        "AllRequests.csv", delimited(columns, rows, above=above), values, requests,
        steps=((), _TEXT), notes=("the header is on line 5: the 3 lines above it are skipped",),
    )  # fmt: skip


def kayako() -> Export:
    """Write tickets whose priorities are of six words."""
    values = Values(
        {
            "low": {"Low": 50},
            "medium": {"Medium": 50},
            "high": {"High": 40, "Urgent": 30, "Emergency": 15, "Critical": 15},
        }
    )
    requests = requests_with(values, seed=32)
    rows = [(f"KAY-{one.number}", one.subject, one.body, one.value) for one in requests]
    columns = ("Ticket ID", "Subject", "Contents", "Priority")
    text = ("--text-columns", "Subject,Contents")
    content = delimited(columns, rows, quote_all=True)
    return export("kayako.csv", content, values, requests, steps=((), text))


def dynamics() -> Export:
    """Write a view as a workbook, with columns and a sheet that nobody may change."""
    values = Values({"low": {"Low": 60}, "medium": {"Normal": 90}, "high": {"High": 50}})
    requests = requests_with(values, seed=35)
    rows = [
        (f"{one.number:032x}", "aGFzaA==", _OPENED, one.subject, one.body, one.value)
        for one in requests
    ]
    columns = (
        "(Do Not Modify) Case", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On",
        "Case Title", "Description", "Priority",
    )  # fmt: skip
    sheets = [("hiddenSheet", [["incident:aGFzaA==", "caseid", "title"]])]
    content = write_workbook([*sheets, ("Active Cases", [columns, *rows])])
    return export(
        "Active Cases.xlsx", content, values, requests,
        steps=((), ("--text-columns", "Case Title,Description")), encoding="", separator="",
        unit="row", notes=("of 2 sheets, 'Active Cases' is read",),
    )  # fmt: skip
