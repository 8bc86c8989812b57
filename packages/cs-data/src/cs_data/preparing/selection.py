"""Decide which tickets are kept, under which label, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cs_data.cleaning import shortened
from cs_data.preparing.grouping import LabelCounts, Rows, first_of_equals, last_of_equals
from cs_data.preparing.label_mapping import LabelColumn, LabelSet
from cs_data.preparing.splitting import MIN_GROUPS
from cs_data.preparing.tickets import Tickets
from cs_data.reading import Rejected

_REASONS = ("kept", "unknown_label", "duplicate_id", "rare_label")
_KEPT, _UNKNOWN, _DUPLICATE_ID, _RARE = range(len(_REASONS))


@dataclass(frozen=True)
class Selection:
    """Which tickets of the store are kept."""

    names: tuple[str, ...]
    """The labels that are left, in order."""
    lost_labels: tuple[str, ...]
    """The labels that had tickets, but too few different ones, in order."""
    kept: npt.NDArray[np.bool_]
    """Which tickets of the store are kept; the arrays below are about those alone."""
    labels: npt.NDArray[np.int32]
    """Index into `names`."""
    texts: Rows
    """The first kept ticket with the same text."""
    groups: Rows
    """The first kept ticket of each one's group: of the same text, and of near duplicates."""
    rejected: Iterator[Rejected]
    """The tickets that are not kept, in file order, once."""


def select(
    tickets: Tickets,
    column: LabelColumn,
    find_groups: Callable[[npt.NDArray[np.bool_]], Rows],
) -> Selection:
    """Reject unknown labels, older versions of tickets, and labels too rare for every split.

    Args:
        tickets: result of the first pass.
        column: what the label column holds.
        find_groups: returns the groups of near duplicates among the tickets of a mask, in which no
            two have the same text.
    """
    label_set = column.resolve()
    labels = label_set.of_value[tickets.values]
    reasons = np.where(labels < 0, _UNKNOWN, _KEPT).astype(np.int8)
    rows = np.arange(len(labels))
    versions = last_of_equals(tickets.ticket_ids, (labels >= 0) & tickets.ticket_ids.any(axis=1))
    reasons[versions != rows] = _DUPLICATE_ID
    texts = first_of_equals(tickets.ids, reasons == _KEPT)
    groups = find_groups((reasons == _KEPT) & (texts == rows))[texts]
    rare = _rare_labels(groups, labels, reasons == _KEPT, len(label_set.names))
    reasons[(reasons == _KEPT) & rare[labels]] = _RARE

    kept = reasons == _KEPT
    left = np.bincount(labels[kept], minlength=len(label_set.names)) > 0
    lost = np.bincount(labels[reasons == _RARE], minlength=len(label_set.names)) > 0
    return Selection(
        names=_chosen(label_set.names, left),
        lost_labels=_chosen(label_set.names, lost),
        kept=kept,
        labels=(np.cumsum(left) - 1).astype(np.int32)[labels[kept]],
        texts=_within(texts[kept]),
        groups=_within(groups[kept]),
        rejected=_rejections(tickets, column, label_set, reasons, versions),
    )


def _chosen(names: Sequence[str], there: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, is_there in zip(names, there, strict=True) if is_there)


def _within(groups: Rows) -> Rows:
    """Return the first of the given rows that is in the same group, for each of them."""
    _, firsts, members = np.unique(groups, return_index=True, return_inverse=True)
    return firsts[members]


def _rare_labels(
    groups: Rows, labels: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_], label_count: int
) -> npt.NDArray[np.bool_]:
    """Return for each label whether it is in too few groups for every split to get one."""
    counts = LabelCounts.of(groups[kept], labels[kept])
    return np.bincount(counts.labels, minlength=label_count) < MIN_GROUPS


def _rejections(
    tickets: Tickets,
    column: LabelColumn,
    label_set: LabelSet,
    reasons: npt.NDArray[np.int8],
    versions: Rows,
) -> Iterator[Rejected]:
    """Yield the rejections one by one, so that a million of them need no memory."""

    def label(row: int) -> str:
        return repr(label_set.names[label_set.of_value[tickets.values[row]]])

    for row in np.flatnonzero(reasons).tolist():
        reason = reasons[row]
        if reason == _UNKNOWN:
            value = shortened(column.values[tickets.values[row]])
            detail = f"{value!r} is none of {', '.join(label_set.names)}"
        elif reason == _RARE:
            detail = f"{label(row)} has too few groups of tickets to be in every split"
        else:
            detail = f"line {tickets.lines[versions[row]]} is a later version of the same ticket"
        lines = int(tickets.lines[row]), int(tickets.end_lines[row])
        yield Rejected(*lines, _REASONS[reason], detail)
