"""Write the tickets the way a help desk exports them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from random import Random

from cs_data.atomic_files import atomic_open
from cs_data.sample.tickets import Ticket, draw_ticket

COLUMNS = ("subject", "body", "type", "queue", "priority", "language")
ROWS_PER_DUPLICATE = 600
ROWS_PER_EMPTY_BODY = 1500


def make_sample(path: Path, rows: int = 3000, seed: int = 42) -> None:
    """Write `rows` tickets to a CSV file; the same seed gives the same bytes everywhere.

    Takes well under a second for 3,000 rows. Raises OSError if the file cannot be written, and
    then leaves nothing behind.
    """
    tickets = draw_tickets(rows, seed)
    with atomic_open(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(ticket, column) for column in COLUMNS] for ticket in tickets)


def draw_tickets(rows: int, seed: int) -> list[Ticket]:
    """Return the tickets of an export, a few of them sent twice and a few without a body."""
    random = Random(seed)  # noqa: S311 - nothing secret depends on it
    tickets = [draw_ticket(random) for _ in range(rows)]
    for _ in range(rows // ROWS_PER_EMPTY_BODY):
        at = int(random.random() * rows)
        tickets[at] = replace(tickets[at], body="")
    for _ in range(rows // ROWS_PER_DUPLICATE):
        first, second = sorted((int(random.random() * rows), int(random.random() * rows)))
        tickets[second] = tickets[first]
    return tickets
