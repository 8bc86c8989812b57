"""The style of every picture, and how one is written: atomically, the same bytes for equal data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from cs_data.atomic_files import atomic_file
from cs_data.errors import DataError

_SUFFIXES = (".png", ".svg", ".pdf")
MAX_LABELS = 20
INK, MUTED, GRID = "#1f2933", "#6b7785", "#e4e8ec"
# Okabe and Ito's palette, distinguishable with any colour vision.
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, GREY = COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999",
)  # fmt: skip
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
    "legend.frameon": False,
    "legend.handlelength": 0.9,
    "legend.handleheight": 0.9,
    "legend.columnspacing": 1.4,
    "legend.borderaxespad": 0.2,
    "text.parse_math": False,  # a label may hold dollar signs
    "svg.hashsalt": "cs-data",
}


def check_picture(path: Path) -> None:
    """Refuse a file name that no picture can be written to.

    Raises:
        DataError: the suffix is unknown, or there is no such folder.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise DataError(f"{path}: a picture's name ends in {', '.join(_SUFFIXES)}")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}")


def draw(path: Path, title: str, size: tuple[float, float], fill: Callable[[Figure], None]) -> None:
    """Let `fill` draw on a figure with a title, `size` in inches, and write it."""
    with mpl.rc_context(_STYLE), atomic_file(path) as partial:
        layout = ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)
        figure = Figure(figsize=size, dpi=150, layout=layout)
        figure.suptitle(title, x=0.012, ha="left", fontsize=14, fontweight="bold")
        fill(figure)
        # Without a date the same data give the same bytes.
        metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        suffix = path.suffix.lower()
        figure.savefig(partial, format=suffix[1:], metadata=metadata.get(suffix))


def finish_bars(axes: Axes, title: str, width: float, legend_columns: int = 0) -> None:
    """Set how horizontal bars that carry their numbers look: no x axis, the first bar on top."""
    axes.set_title(title)
    axes.set_xlim(0, width)
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    if legend_columns:
        axes.legend(ncols=legend_columns, loc="lower right", bbox_to_anchor=(1, 1))
