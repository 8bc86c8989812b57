"""Help desks that customers write to: Zendesk, Freshdesk, HubSpot and the like."""

from __future__ import annotations

import html
import json

from cs_data_tests.helpdesks.export import Export, Values, export, requests_with
from cs_data_tests.helpdesks.formats import delimited

_TEXT = ("--text-columns", "Subject,Description")
_LOW_TO_URGENT = {"low": {"Low": 66}, "medium": {"Medium": 54}}


def zendesk() -> Export:
    """Write the view of an agent, where a ticket without a priority has a hyphen."""
    values = Values(
        {"low": {"Low": 50}, "medium": {"Normal": 60}, "high": {"High": 38, "Urgent": 44}},
        empty={"-": 8},
    )
    requests = requests_with(values, seed=1)
    rows = [
        (one.number, one.subject, one.body, "Jo", "2026-03-01 09:12", one.value, "Open", one.queue)
        for one in requests
    ]
    columns = "ID Subject Description Requester Requested Priority Status Group".split()
    return export("views.csv", delimited(columns, rows), values, requests, steps=((), _TEXT))


def zendesk_incremental() -> Export:
    """Write the JSON document of the API, whose tickets hold objects, lists and nulls."""
    values = Values(
        {"low": {"low": 48}, "medium": {"normal": 64}, "high": {"high": 38, "urgent": 44}},
        empty={"": 6},
    )
    requests = requests_with(values, seed=2)
    tickets = [
        {
            "id": one.number,
            "url": f"https://example.zendesk.com/api/v2/tickets/{one.number}.json",
            "external_id": None,
            "via": {"channel": "email", "source": {"from": {"address": "jo@example.com"}}},
            "type": None,
            "subject": one.subject,
            "raw_subject": one.subject,
            "description": one.body,
            "priority": one.value or None,
            "status": "open",
            "tags": ["vip", one.queue.lower()],
            "custom_fields": [{"id": 360001, "value": None}, {"id": 360002, "value": "web"}],
            "satisfaction_rating": {"score": "unoffered"},
            "is_public": True,
        }
        for one in requests
    ]
    document = {"tickets": tickets, "count": len(tickets), "next_page": None, "end_of_stream": True}
    return export(
        "incremental.json", json.dumps(document).encode(), values, requests,
        steps=((), ("--text-columns", "subject,description")), separator="", unit="row",
    )  # fmt: skip


def freshdesk() -> Export:
    """Write the export of tickets, of which 22 % are urgent."""
    values = Values({**_LOW_TO_URGENT, "high": {"High": 36, "Urgent": 44}})
    requests = requests_with(values, seed=3)
    rows = [
        (one.number, one.subject, one.body, "Open", one.value, "Email", one.queue, "No Agent")
        for one in requests
    ]
    columns = ("Ticket ID", "Subject", "Description", "Status", "Priority", "Source", "Type")
    content = delimited([*columns, "Agent"], rows, line_end="\r\n")
    return export("tickets.csv", content, values, requests, steps=((), _TEXT))


def hubspot() -> Export:
    """Write tickets in capitals, 15 % of them without a priority."""
    values = Values(
        {"low": {"LOW": 50}, "medium": {"MEDIUM": 60}, "high": {"HIGH": 30, "URGENT": 30}},
        empty={"": 30},
    )
    requests = requests_with(values, seed=4)
    rows = [(one.number, one.subject, "Support Pipeline", one.value, one.body) for one in requests]
    columns = ("Ticket ID", "Ticket name", "Pipeline", "Priority", "Ticket description")
    text = ("--text-columns", "Ticket name,Ticket description")
    return export(
        "hubspot-crm-exports-all-tickets.csv", delimited(columns, rows, quote_all=True), values,
        requests, steps=((), text, (*text, "--max-rejected", "0.15")),
    )  # fmt: skip


def intercom() -> Export:
    """Write conversations, whose first message is HTML and whose team is the label."""
    teams = {"Billing & Payments": 60, "Tier 1 – Support": 80, "Tier 2 / Engineering": 60}  # noqa: RUF001
    values = Values({team: {team: rows} for team, rows in teams.items()})
    requests = requests_with(values, seed=5)
    rows = [
        (
            21500 + one.number,
            one.subject,
            f"<p>{html.escape(one.body).replace(chr(10), '<br>')}</p>",
            one.value,
        )
        for one in requests
    ]
    columns = ("Conversation ID", "Title", "First message", "Team assigned")
    options = ("--text-columns", "Title,First message", "--label-column", "Team assigned")
    return export(
        "conversations.csv", delimited(columns, rows), values, requests, steps=((), options),
        are_priorities=False,
    )  # fmt: skip


def help_scout() -> Export:
    r"""Write conversations by mailbox, some of whose names hold backslashes and commas."""
    names = {"CORP\\network": 55, "CORP\\tasks": 45, "Sales, EMEA": 60, "R&D <internal>": 40}
    values = Values({name: {name: names[name]} for name in sorted(names)})
    requests = requests_with(values, seed=6)
    rows = [(one.number, one.subject, one.body, one.value, "active") for one in requests]
    columns = ("Number", "Subject", "Preview", "Mailbox", "Status")
    options = ("--text-columns", "Subject,Preview", "--label-column", "Mailbox")
    return export(
        "conversations.csv", delimited(columns, rows), values, requests, steps=((), options),
        are_priorities=False,
    )  # fmt: skip


def front() -> Export:
    """Write conversations by inbox, whose names were typed or pasted with invisible characters."""
    values = Values(
        {
            "Billing": {"Billing": 50, "Billing\u200b": 20},
            "Returns": {"Returns": 40, "\u200eReturns": 10, "returns": 10},
            "Tech support": {"Tech support": 50, "Tech\u00a0support": 20},
        }
    )
    requests = requests_with(values, seed=7)
    rows = [(f"cnv_{one.number:x}", one.value, one.subject, one.body) for one in requests]
    columns = ("Conversation ID", "Inbox", "Subject", "Extract")
    options = ("--text-columns", "Subject,Extract", "--label-column", "Inbox")
    return export(
        "front.csv", delimited(columns, rows), values, requests, steps=((), options),
        are_priorities=False,
    )  # fmt: skip


def gorgias() -> Export:
    """Write tickets of shops, from low to critical."""
    values = Values(
        {"low": {"low": 40}, "medium": {"normal": 90}, "high": {"high": 40, "critical": 30}}
    )
    requests = requests_with(values, seed=8)
    rows = [(one.number, one.subject, one.body, "email", one.value) for one in requests]
    columns = ("Ticket id", "Subject", "Message", "Channel", "Priority")
    text = ("--text-columns", "Subject,Message")
    return export("gorgias.csv", delimited(columns, rows), values, requests, steps=((), text))


def salesforce() -> Export:
    """Write a report of cases in ISO 8859-1, with lines about itself below the last case."""
    values = Values(
        {"low": {"Low": 60}, "medium": {"Medium": 80}, "high": {"High": 40, "Critical": 20}}
    )
    requests = requests_with(values, language="fr", seed=9)
    rows = [(f"{one.number:08}", one.subject, one.body, one.value, "New") for one in requests]
    footer = (
        "", "", '"Cases by priority"', '"Copyright (c) 2000-2026 salesforce.com, inc."',
        '"Confidential Information - Do Not Distribute"', '"Generated By:  Jo Doe  3/1/2026 9:12"',
        '"Example Ltd"',
    )  # fmt: skip
    columns = ("Case Number", "Subject", "Description", "Priority", "Status")
    content = delimited(columns, rows, encoding="iso-8859-1", quote_all=True, below=footer)
    return export(
        "report1772356320000.csv", content, values, requests, lossy="iso-8859-1",
        steps=((), _TEXT), rejected={"wrong_field_count": 5}, encoding="windows-1252",
        notes=("read as windows-1252, guessed",),
    )  # fmt: skip


def zoho_desk() -> Export:
    """Write tickets whose unset picklists hold `-None-`."""
    values = Values(
        {"low": {"Low": 62}, "medium": {"Medium": 70}, "high": {"High": 60}}, empty={"-None-": 8}
    )
    requests = requests_with(values, seed=10)
    rows = [
        (4000 + one.number, one.subject, one.body, one.value, "-None-", "Web") for one in requests
    ]
    columns = ("Ticket Id", "Subject", "Description", "Priority (Ticket)", "Classification", "Mode")
    options = (*_TEXT, "--label-column", "Priority (Ticket)")
    content = delimited(columns, rows, encoding="utf-8-sig")
    return export("Cases.csv", content, values, requests, steps=((), options))


def liveagent() -> Export:
    """Write tickets by department, of which spam is left out by choice."""
    values = Values(
        {"Sales, EMEA": {"Sales, EMEA": 60}, "Support": {"Support": 80}, "IT": {"IT": 40}},
        left_out={"Spam": 20},
    )
    requests = requests_with(values, seed=11)
    rows = [(f"ABC-{one.number}", one.subject, one.body, one.value) for one in requests]
    columns = ("code", "subject", "message", "department")
    options = ("--text-columns", "subject,message", "--label-column", "department")
    labels = ("--label", "Sales, EMEA", "--label", "Support", "--label", "IT", "--label", "Spam=")
    return export(
        "liveagent.csv", delimited(columns, rows, separator=";"), values, requests,
        steps=((), (*options, *labels)), separator=";", are_priorities=False,
    )  # fmt: skip
