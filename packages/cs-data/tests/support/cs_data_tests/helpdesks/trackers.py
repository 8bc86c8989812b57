"""Trackers of issues: Jira, Redmine, GitHub, GitLab, Request Tracker."""

from __future__ import annotations

import json
from dataclasses import replace

from cs_data_tests.helpdesks.export import Export, Values, export, requests_with
from cs_data_tests.helpdesks.formats import delimited, json_lines

_TEXT = ("--text-columns", "Summary,Description")


def jira() -> Export:
    """Write a search with all fields: over fifty columns, of which several have one name."""
    values = Values(
        {
            "low": {"Lowest": 20, "Low": 40},
            "medium": {"Medium": 70},
            "high": {"High": 40, "Highest": 30},
        }
    )
    requests = requests_with(values, seed=41)
    before = (
        "Issue key,Issue id,Issue Type,Status,Project key,Project name,Project type,Project lead,"
        "Project lead id,Priority,Resolution,Assignee,Assignee Id,Reporter,Reporter Id,Creator,"
        "Creator Id,Created,Updated,Last Viewed,Resolved,Due date,Votes"
    ).split(",")
    columns = [
        "Summary", *before, *["Labels"] * 6, "Description", "Environment", *["Watchers"] * 8,
        *["Comment"] * 12,
    ]  # fmt: skip
    at = columns.index("Priority")
    rows = []
    for one in requests:
        row = [""] * len(columns)
        row[0], row[1], row[at] = one.subject, f"SUP-{one.number}", one.value
        row[columns.index("Labels")], row[columns.index("Description")] = "vpn", one.body
        row[columns.index("Comment")] = "03/Mar/26 9:12 AM;jo;Done"
        rows.append(row)
    content = delimited(columns, rows, line_end="\r\n")
    return export("Jira.csv", content, values, requests, steps=((), _TEXT))


def jira_before_2015() -> Export:
    """Write the former default priorities, from Blocker to Trivial."""
    values = Values(
        {
            "low": {"Trivial": 20, "Minor": 50},
            "medium": {"Major": 80},
            "high": {"Critical": 30, "Blocker": 20},
        }
    )
    requests = requests_with(values, seed=42)
    rows = [(one.subject, f"SUP-{one.number}", one.value, "a", "", one.body) for one in requests]
    columns = ("Summary", "Issue key", "Priority", "Labels", "Labels", "Description")
    return export("Jira.csv", delimited(columns, rows), values, requests, steps=((), _TEXT))


def jira_service_management() -> Export:
    """Write requests whose urgency is a field of one's own, with brackets in its name."""
    values = Values(
        {"low": {"Low": 60}, "medium": {"Medium": 70}, "high": {"High": 40, "Critical": 30}}
    )
    requests = requests_with(values, seed=43)
    rows = [
        (one.subject, f"IT-{one.number}", "Service Request", one.body, one.value)
        for one in requests
    ]
    urgency = "Custom field (Urgency)"
    columns = ("Summary", "Issue key", "Issue Type", "Description", urgency)
    options = (*_TEXT, "--label-column", urgency)
    return export("Jira.csv", delimited(columns, rows), values, requests, steps=((), options))


def jira_search() -> Export:
    """Write what the search of the API returns, whose fields are objects."""
    values = Values(
        {"low": {"Low": 60}, "medium": {"Medium": 70}, "high": {"High": 40, "Highest": 30}}
    )
    requests = requests_with(values, seed=44)
    issues = [
        {
            "id": str(one.number),
            "key": f"SUP-{one.number}",
            "fields": {
                "summary": one.subject,
                "description": one.body,
                "priority": {"id": "3", "name": one.value},
                "labels": ["vpn"],
                "assignee": None,
            },
        }
        for one in requests
    ]
    document = {"startAt": 0, "maxResults": 200, "total": len(issues), "issues": issues}
    options = ("--text-columns", "fields.summary,fields.description")
    return export(
        "search.json", json.dumps(document, indent=2).encode(), values, requests,
        steps=((), (*options, "--label-column", "fields.priority.name")), separator="", unit="row",
    )  # fmt: skip


def redmine() -> Export:
    """Write issues from Low to Immediate."""
    values = Values(
        {
            "low": {"Low": 50},
            "medium": {"Normal": 80},
            "high": {"High": 40, "Urgent": 20, "Immediate": 10},
        }
    )
    requests = requests_with(values, seed=45)
    rows = [(one.number, "Support", "New", one.value, one.subject, one.body) for one in requests]
    columns = ("#", "Tracker", "Status", "Priority", "Subject", "Description")
    text = ("--text-columns", "Subject,Description")
    return export("issues.csv", delimited(columns, rows), values, requests, steps=((), text))


def github() -> Export:
    """Write issues as the API returns them, one a line, whose labels are lists of objects."""
    values = Values(
        {"bug": {"bug": 80}, "enhancement": {"enhancement": 60}, "question": {"question": 60}}
    )
    requests = requests_with(values, seed=46)
    issues = [
        {
            "number": one.number,
            "title": one.subject,
            "body": one.body,
            "user": {"login": "jo", "id": 1},
            "labels": [{"id": 7, "name": one.value, "color": "d73a4a", "default": True}],
            "milestone": None,
        }
        for one in requests
    ]
    options = ("--text-columns", "title,body", "--label-column", "labels.name")
    return export(
        "issues.jsonl", json_lines(issues), values, requests, steps=((), options), separator="",
        are_priorities=False,
    )  # fmt: skip


def gitlab() -> Export:
    """Write issues with scoped labels, whose names hold two colons."""
    scopes = {"severity::1": 40, "severity::2": 60, "severity::3": 100}
    values = Values({scope: {scope: rows} for scope, rows in scopes.items()})
    requests = requests_with(values, seed=47)
    rows = [
        (one.number, "https://example.com/1", one.subject, "Open", one.body, "Jo", "No", one.value)
        for one in requests
    ]
    columns = "Issue ID,URL,Title,State,Description,Author,Confidential,Labels".split(",")
    options = ("--text-columns", "Title,Description", "--label-column", "Labels")
    return export(
        "issues.csv", delimited(columns, rows), values, requests, steps=((), options),
        are_priorities=False,
    )  # fmt: skip


def request_tracker() -> Export:
    """Write a spreadsheet separated by tabs, without quotes, whose priorities are numbers."""
    numbers = {"0": 50, "20": 60, "50": 50, "100": 40}
    values = Values({number: {number: rows} for number, rows in numbers.items()})
    requests = requests_with(values, seed=48, flat=True)
    requests = [
        replace(one, subject=one.subject.replace('"', "'"), body=one.body.replace('"', "'"))
        for one in requests
    ]
    rows = [(one.number, one.subject, "open", "helpdesk", one.value, one.body) for one in requests]
    columns = ("id", "Subject", "Status", "QueueName", "Priority", "CF.{Description}")
    content = delimited(columns, rows, separator="\t", quotes=False)
    return export(
        "Results.tsv", content, values, requests,
        steps=((), ("--text-columns", "Subject,CF.{Description}")), separator="\t",
        are_priorities=False,
    )  # fmt: skip
