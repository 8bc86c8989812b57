"""Cuts a list into pages whose tokens hold while the list grows."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from fake_google_cloud.errors import invalid

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Page(Generic[_Item]):
    """A page, and the token of the next one or nothing."""

    items: tuple[_Item, ...]
    next_token: str


def cut_page(
    items: Sequence[_Item],
    *,
    size: int,
    token: str,
    query: str,
    key: Callable[[_Item], str],
    default: int = 100,
    most: int = 1000,
) -> Page[_Item]:
    """Return a page of a list.

    Args:
        items: the whole list, in its order.
        size: how many items the caller wants; 0 for the default.
        token: the token of the page, or nothing for the first.
        query: what else the caller asked for, which must be the same from page to page.
        key: what tells an item from all others.
        default: how many items a page has if nothing is said.
        most: how many items a page has at most.

    Raises:
        ApiError: the size is negative, or the token is not one of this list.
    """
    if size < 0:
        raise invalid("page_size must not be negative.")
    start = 0
    if token:
        seen = {_token(query, key(item)): index for index, item in enumerate(items)}
        if token not in seen:
            raise invalid("Page token is invalid.")
        start = seen[token] + 1
    end = start + min(size or default, most)
    chosen = tuple(items[start:end])
    return Page(chosen, _token(query, key(chosen[-1])) if end < len(items) else "")


def _token(query: str, key: str) -> str:
    digest = hashlib.sha256(f"{query}\0{key}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
