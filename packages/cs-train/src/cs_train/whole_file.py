"""Writes a text file so that it is there whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text with plain line feeds, replacing what is there only when all is written.

    Raises:
        OSError: if it cannot be written; nothing is left of it then.

    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
