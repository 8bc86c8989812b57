"""The encodings of text files, by the names that people and standards use for them."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from cs_data.errors import DataError

# The name of a standard, and the codec of its superset that programs write under that name
# (https://encoding.spec.whatwg.org/#names-and-labels).
_SUPERSETS = {
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "iso8859-1": "cp1252",
    "ascii": "utf-8",
}
_NAMES = {"cp932": "shift_jis", "cp949": "euc_kr", "mac_roman": "mac-roman"}
_OF_HOST_NAMES = ("idna", "punycode")


class Encoding(NamedTuple):
    """How the bytes of a file become text."""

    name: str
    """As people call it; `--encoding` takes it."""
    codec: str
    origin: str
    """`assumed` UTF-8, `named` by a person, by a `mark` in the file, or `guessed`."""
    mark: int = 0
    """Length of the byte-order mark, which is no text."""


def named_encoding(name: str) -> Encoding:
    """Return an encoding by any of its names.

    Raises:
        DataError: there is none of this name.
    """
    try:
        info = codecs.lookup("" if name.strip().lower() in _OF_HOST_NAMES else name.strip())
        "".encode(info.name)  # a codec of bytes, such as base64, is none
    except (LookupError, ValueError):
        raise DataError(
            f"encoding must be one that Python knows, such as utf-8, windows-1252, windows-1251, "
            f"shift_jis or gb18030, got {name!r}"
        ) from None
    codec = _SUPERSETS.get(info.name, info.name)
    return Encoding(encoding_name(codec), codec, "named")


def encoding_name(codec: str) -> str:
    """Return the usual name of a codec; `named_encoding` takes it."""
    usual = re.sub(r"^iso8859[_-]", "iso-8859-", re.sub(r"^cp(125\d)$", r"windows-\1", codec))
    return _NAMES.get(codec, usual)
