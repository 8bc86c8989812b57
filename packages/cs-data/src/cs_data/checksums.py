"""The md5 by which DVC and the manifest name a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cs_data.errors import DataError


def md5_of(path: Path) -> str | None:
    """Return the md5 of a file in hexadecimal digits, None if there is no such file.

    Raises:
        DataError: it is a folder or a pipe.
    """
    refuse_pipe(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder: name the export in it") from None


def refuse_pipe(path: Path) -> None:
    """Refuse what can be read only once where a file is read again later.

    Raises:
        DataError: it is a pipe or a device.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(f"{path} is a pipe or a device, which can be read only once: save it first")
