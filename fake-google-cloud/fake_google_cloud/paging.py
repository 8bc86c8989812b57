"""Cuts a list into pages whose tokens hold while the list grows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fake_google_cloud.errors import invalid


def page_of(
    field: str, items: Sequence[dict[str, Any]], request: dict[str, Any], *, key: str = "name"
) -> dict[str, Any]:
    """Return the page of a list that a request asks for, at most 1000 items.

    Args:
        field: what the answer calls the items.
        items: the complete list, in its order.
        request: the request, whose `pageToken` is good for the same filter and order only.
        key: field that tells an item from all others.

    Raises:
        ApiError: the size is negative, or the token is not one of this list.
    """
    size, token = int(request.get("pageSize", 0)), request.get("pageToken", "")
    if size < 0:
        raise invalid("page_size must not be negative.")
    query = f"{request.get('filter')}\n{request.get('orderBy')}"
    tokens = [hashlib.sha256(f"{query}\n{item[key]}".encode()).hexdigest() for item in items]
    if token and token not in tokens:
        raise invalid("Page token is invalid.")
    start = tokens.index(token) + 1 if token else 0
    end = start + min(size or 100, 1000)
    answer: dict[str, Any] = {field: items[start:end]}
    return answer | ({"nextPageToken": tokens[end - 1]} if end < len(items) else {})
