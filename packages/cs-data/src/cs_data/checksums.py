"""The md5 by which DVC and the manifest name a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cs_data.errors import DataError


def md5_of(path: Path) -> str | None:
    """Return the md5 of a file in hexadecimal digits, None if there is no such file.

    Raises:
        DataError: it is a folder.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: name the CSV file in it") from None
