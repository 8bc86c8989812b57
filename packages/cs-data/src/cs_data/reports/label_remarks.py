"""What is worth saying about how the values of the label column became labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cs_data.preparing.label_arguments import label_arguments
from cs_data.preparing.label_mapping import are_numbers
from cs_data.preparing.manifest import Manifest
from cs_data.preparing.priority_vocabulary import names_priority
from cs_data.wording import value_counts

_MANY_LABELS = 30
_MANY_NUMBERS = 10
_FEW_VALUES = 8


def priority_remark(manifest: Manifest) -> str | None:
    """Return which priorities became which label, unless each is called like its label."""
    values_of = {label: values for label, values in manifest.priorities.items() if values}
    if all(
        [value.casefold() for value in values] == [label] for label, values in values_of.items()
    ):
        return None
    parts = ", ".join(f"{_and(values)} → {label}" for label, values in values_of.items())
    values = [value for values in values_of.values() for value in values]
    return (
        f"{manifest.options.label_column}: {parts} (to keep them apart: {label_arguments(values)})"
    )


def label_warnings(manifest: Manifest) -> Iterator[str]:
    """Yield what a person may not want: values taken as empty, numbers, many classes."""
    labels, column = manifest.labels, manifest.options.label_column
    if manifest.empty_values:
        values = value_counts(manifest.empty_values, sum(manifest.empty_values.values()))
        yield f"values that stand for nothing (empty_label): {values} ({_how_to_keep(manifest)})"
    if manifest.options.names_labels:
        return
    if are_numbers(labels) and len(labels) > _MANY_NUMBERS:
        yield (
            f"{column}: {len(labels):,} different numbers are learned as classes, not as amounts: "
            "give ranges of them one label with --label VALUE=LABEL, or name another label column"
        )
    elif (count := len(labels) + len(manifest.lost_labels)) >= _MANY_LABELS:
        yield (
            f"{column}: {count:,} different values are many labels to learn: give several values "
            "one label with --label VALUE=LABEL, or name another label column"
        )
    elif are_numbers(labels) and names_priority(column):
        itil = {label: _itil(at, len(labels)) for at, label in enumerate(labels)}
        yield (
            f"{column}: the numbers are labels as they are, since 1 is the most urgent for some "
            "help desks and the least urgent for others (to give them a meaning: "
            f"{label_arguments(itil)}, or the reverse)"
        )


def _how_to_keep(manifest: Manifest) -> str:
    """Return the arguments that make a label of the most frequent value that is taken as empty."""
    named = manifest.options.labels
    if isinstance(named, Mapping) and manifest.options.names_labels:
        label_of = dict(named)
    elif priorities := manifest.priorities:
        label_of = {value: label for label in priorities for value in priorities[label]}
    else:
        label_of = {label: label for label in manifest.labels}
    if len(label_of) > _FEW_VALUES:
        return "to keep one, name each value with --label VALUE"
    empty = next(iter(manifest.empty_values))
    is_list = all(value == label for value, label in label_of.items())
    labels = [*label_of, empty] if is_list else {**label_of, empty: empty}
    return f"to keep one: {label_arguments(labels)}"


def _itil(at: int, count: int) -> str:
    """Return the label of a position among levels of which the first is the most urgent."""
    middle = (count - 1) / 2
    return "medium" if at == middle else "high" if at < middle else "low"


def _and(values: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(values[:-1]), values[-1])))
