"""The values of formats that have types, as the text that a person sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, time

_EXACT = 1e16  # above, floats are not all the whole numbers


def text_of(value: object) -> str:
    """Return a value as text: 3 for 3.0, a date without a midnight, nothing for what is missing.

    A list is joined by commas.
    """
    match value:
        case str():
            text = value
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case float() if math.isnan(value):
            text = ""
        case float() if value.is_integer() and abs(value) < _EXACT:
            text = str(int(value))
        case datetime():
            midnight = value.time() == time() and value.tzinfo is None
            text = value.date().isoformat() if midnight else value.isoformat(" ")
        case bytes():
            text = value.decode(errors="replace")
        case list():
            text = ", ".join(filter(None, map(text_of, value)))
        case _:
            text = str(value)
    return text


def flatten(record: Mapping[str, object]) -> dict[str, str]:
    """Return the values of an object by column.

    An object inside becomes columns such as `requester.name`. The values of a list are joined by
    commas; those of a list of objects by line breaks, in columns such as `comments.body`.
    """
    columns: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, str):
            columns[key] = value
        elif isinstance(value, Mapping):
            for name, text in flatten(value).items():
                columns[f"{key}.{name}"] = text
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            items = [item if isinstance(item, Mapping) else {"": item} for item in value]
            flat = [flatten(item) for item in items]
            for name in dict.fromkeys(name for item in flat for name in item):
                texts = filter(None, (item.get(name, "") for item in flat))
                columns[f"{key}.{name}" if name else key] = "\n".join(texts)
        else:
            columns[key] = text_of(value)
    return columns
