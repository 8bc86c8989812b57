"""An export of a help desk, and what must come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from cs_data.sample.tickets import Ticket, draw_ticket
from cs_data.sample.urgency import urgency

_URGENCIES = ("low", "medium", "high")


@dataclass(frozen=True)
class Values:
    """The values of the label column, each with its number of rows."""

    labels: Mapping[str, Mapping[str, int]]
    """By the label that they must become, in the order of the labels."""
    empty: Mapping[str, int] = field(default_factory=dict)
    """Those that stand for nothing."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Those that are left out by choice."""

    def label_of_value(self) -> dict[str, str | None]:
        """Return the label that each value must become, None for those that must not be learned."""
        labels: dict[str, str | None] = {
            value: label for label, values in self.labels.items() for value in values
        }
        return {**labels, **dict.fromkeys([*self.empty, *self.left_out])}


@dataclass(frozen=True)
class Request:
    """A ticket as the help desk holds it."""

    number: int
    subject: str
    body: str
    language: str
    queue: str
    value: str
    """In the label column."""


@dataclass(frozen=True)
class Export:
    """A file as a help desk writes it, and what must come out of it."""

    file: str
    """Name of the file."""
    content: bytes
    values: Values
    tickets: Sequence[tuple[Sequence[str], str]]
    """Text fields and label of each ticket that must come out."""
    steps: Sequence[tuple[str, ...]] = ((),)
    """Arguments of `cs-data prepare` as a person finds them: all but the last are refused, with a
    message that names what the next one adds."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """Rows that must be rejected, by reason."""
    encoding: str = "utf-8"
    separator: str = ","
    unit: str = "line"
    notes: tuple[str, ...] = ()
    """What must be printed about how the file is read."""
    are_priorities: bool = True
    """Whether the built-in meaning of priorities applies."""

    @property
    def rows(self) -> int:
        """Rows of the file, the rejected ones among them."""
        return len(self.tickets) + sum(self.rejected.values())


def export(
    file: str,
    content: bytes,
    values: Values,
    requests: Sequence[Request],
    *,
    body: bool = True,
    lossy: str = "",
    rejected: Mapping[str, int] | None = None,
    **expected: object,
) -> Export:
    """Return an export of these requests.

    Args:
        file: its name.
        content: its bytes.
        values: of the label column.
        requests: its rows.
        body: whether the body is part of the text.
        lossy: the encoding, if it lacks some characters of the texts.
        rejected: rows beside those without a label, by reason.
        expected: further fields of `Export`.
    """
    labels = values.label_of_value()

    def written(text: str) -> str:
        return text.encode(lossy, "replace").decode(lossy) if lossy else text

    tickets = [
        (tuple(map(written, (one.subject, one.body) if body else (one.subject,))), label)
        for one in requests
        if (label := labels[one.value])
    ]
    lost = {
        "empty_label": sum(values.empty.values()),
        "left_out": sum(values.left_out.values()),
        **(rejected or {}),
    }
    lost = {reason: rows for reason, rows in lost.items() if rows}
    return Export(file, content, values, tickets, rejected=lost, **expected)  # type: ignore[arg-type]


def requests_with(
    values: Values, *, language: str | None = None, seed: int = 0, flat: bool = False
) -> list[Request]:
    """Draw as many tickets of the sample as there are values, the most urgent of the last label.

    Args:
        values: of the label column.
        language: of all tickets; None for a mixture of five.
        seed: of the texts.
        flat: whether texts are on one line, as exports without quotes have them.
    """
    random = Random(seed)  # noqa: S311 - nothing secret depends on it
    written = [
        value
        for counts in (values.empty, values.left_out, *values.labels.values())
        for value, rows in counts.items()
        for _ in range(rows)
    ]
    drawn: list[Ticket] = []
    while len(drawn) < len(written):
        ticket = draw_ticket(random)
        if language in (None, ticket.language):
            drawn.append(ticket)
    by_urgency = sorted(
        range(len(drawn)), key=lambda at: _URGENCIES.index(urgency(drawn[at].facts))
    )
    value_at = dict(zip(by_urgency, written, strict=True))
    return [_request(at, drawn[at], value_at[at], flat=flat) for at in range(len(drawn))]


def _request(at: int, ticket: Ticket, value: str, *, flat: bool) -> Request:
    # Some subjects of the sample are empty, which help desks rarely allow.
    subject, body = ticket.subject or " ".join(ticket.body.split()[:6]), ticket.body
    if flat:
        subject, body = (" ".join(text.split()) for text in (subject, body))
    return Request(at + 1, subject, body, ticket.language, ticket.queue, value)
