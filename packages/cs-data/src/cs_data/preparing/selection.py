"""Decide which tickets are kept, under which label, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cs_data.preparing.grouping import Rows
from cs_data.preparing.label_mapping import LabelColumn, LabelSet, shortened
from cs_data.preparing.splitting import MIN_GROUPS, label_of_group
from cs_data.preparing.tickets import Tickets
from cs_data.reading import Rejected

_REASONS = ("kept", "unknown_label", "duplicate", "duplicate_other_label", "rare_label")
_KEPT, _UNKNOWN, _DUPLICATE, _OTHER_LABEL, _RARE = range(len(_REASONS))


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
    groups: Rows
    """The first kept ticket of each one's group of near duplicates."""
    rejected: Iterator[Rejected]
    """The tickets that are not kept, in file order, once."""


def select(
    tickets: Tickets,
    column: LabelColumn,
    find_groups: Callable[[npt.NDArray[np.bool_]], Rows],
) -> Selection:
    """Reject unknown labels, exact duplicates, and labels too rare to be in every split.

    Args:
        tickets: result of the first pass.
        column: what the label column holds.
        find_groups: returns the groups of near duplicates among the tickets of a mask.
    """
    label_set = column.resolve()
    labels = label_set.of_value[tickets.values]
    reasons = np.where(labels < 0, _UNKNOWN, _KEPT).astype(np.int8)
    originals = _first_of_equals(tickets.ids, labels >= 0)
    repeated = originals != np.arange(len(originals))
    reasons[repeated] = _DUPLICATE
    reasons[repeated & (labels != labels[originals])] = _OTHER_LABEL
    groups = find_groups(reasons == _KEPT)
    rare = _rare_labels(groups, labels, reasons == _KEPT, len(label_set.names))
    reasons[(reasons == _KEPT) & rare[labels]] = _RARE

    kept = reasons == _KEPT
    left = np.bincount(labels[kept], minlength=len(label_set.names)) > 0
    lost = np.bincount(labels[reasons == _RARE], minlength=len(label_set.names)) > 0
    _, firsts, members = np.unique(groups[kept], return_index=True, return_inverse=True)
    return Selection(
        names=_chosen(label_set.names, left),
        lost_labels=_chosen(label_set.names, lost),
        kept=kept,
        labels=(np.cumsum(left) - 1).astype(np.int32)[labels[kept]],
        groups=firsts[members],
        rejected=_rejections(tickets, column, label_set, reasons, originals),
    )


def _chosen(names: Sequence[str], there: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(name for name, is_there in zip(names, there, strict=True) if is_there)


def _first_of_equals(ids: npt.NDArray[np.uint64], wanted: npt.NDArray[np.bool_]) -> Rows:
    """Return for each ticket the first wanted one with the same id; unwanted ones stay alone."""
    first = np.arange(len(ids))
    rows = np.flatnonzero(wanted)
    rows = rows[np.lexsort((ids[rows, 1], ids[rows, 0]))]  # stable, so in file order among equals
    starts = np.append(True, (ids[rows[1:]] != ids[rows[:-1]]).any(axis=1))[: len(rows)]
    first[rows] = rows[starts][np.cumsum(starts) - 1]
    return first


def _rare_labels(
    groups: Rows, labels: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_], label_count: int
) -> npt.NDArray[np.bool_]:
    """Return for each label whether it has too few groups for every split to get one."""
    rows = np.flatnonzero(kept)
    if not len(rows):
        return np.zeros(label_count, bool)
    firsts = np.flatnonzero(groups[rows] == rows)
    owners = label_of_group(groups[rows], labels[rows], label_count)
    return np.bincount(owners[firsts], minlength=label_count) < MIN_GROUPS


def _rejections(
    tickets: Tickets,
    column: LabelColumn,
    label_set: LabelSet,
    reasons: npt.NDArray[np.int8],
    originals: Rows,
) -> Iterator[Rejected]:
    """Yield the rejections one by one, so that a million of them need no memory."""

    def label(row: int) -> str:
        return repr(label_set.names[label_set.of_value[tickets.values[row]]])

    for row in np.flatnonzero(reasons).tolist():
        reason, original = reasons[row], originals[row]
        same = f"the same text as line {tickets.lines[original]}"
        if reason == _UNKNOWN:
            value = shortened(column.values[tickets.values[row]])
            detail = f"{value!r} is none of {', '.join(label_set.names)}"
        elif reason == _RARE:
            detail = f"{label(row)} has too few groups of tickets to be in every split"
        elif reason == _DUPLICATE:
            detail = same
        else:
            detail = f"{same}, which is {label(original)} where this is {label(row)}"
        lines = int(tickets.lines[row]), int(tickets.end_lines[row])
        yield Rejected(*lines, _REASONS[reason], detail)
