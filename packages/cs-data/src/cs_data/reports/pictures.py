"""How every picture looks, and how it is written: whole, and the same for the same data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cs_data.errors import DataError

_SUFFIXES = (".png", ".svg", ".pdf")
INK, MUTED, GRID = "#1f2933", "#6b7785", "#e4e8ec"
# Okabe and Ito's palette, told apart by people with any colour vision.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "ytick.left": False,
    "xtick.bottom": False,
    "text.parse_math": False,  # a label may hold dollar signs
    "svg.hashsalt": "cs-data",
}


def check_picture(path: Path) -> None:
    """Refuse a file name that no picture can be written to.

    Raises:
        DataError: the ending is unknown, or there is no such folder.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise DataError(f"{path}: a picture's name ends in {', '.join(_SUFFIXES)}")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}")


def draw_picture(path: Path, size: tuple[float, float], fill: Callable[[Figure], None]) -> None:
    """Let `fill` draw on a figure of so many inches, and write it."""
    with mpl.rc_context(_STYLE):
        figure = Figure(
            figsize=size, dpi=150, layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
        )
        fill(figure)
        partial = path.with_name(f".{path.name}.part")
        try:
            # Without a date the same data give the same bytes.
            metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
            kind = path.suffix.lower()
            figure.savefig(partial, format=kind[1:], metadata=metadata.get(kind))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def title(figure: Figure, text: str) -> None:
    """Put a title at the top left."""
    figure.suptitle(text, x=0.012, ha="left", fontsize=14, fontweight="bold")
