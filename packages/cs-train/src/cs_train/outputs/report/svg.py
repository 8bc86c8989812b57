"""Turns matplotlib figures into SVG that lives inside a page and takes the page's colours."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The light theme's colours. Each becomes a CSS variable of the same name in the SVG, so that the
# page decides and dark mode reaches the figures. Blue and orange are apart for every colour vision.
INK = "#1f2328"
MUTED = "#59636e"
LINE = "#d5dbe1"
BLUE = "#0072b2"
ORANGE = "#c65500"
_VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", BLUE: "blue", ORANGE: "orange"}

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: small, selectable, and in the page's own font
    "svg.hashsalt": "cs-train",  # ids depend on the content alone: same run, same bytes
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the layout is the same everywhere
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.loc": "lower left",  # of its own box, whose corner `figures` puts above the curves
    "legend.borderaxespad": 0.2,
    "legend.handlelength": 1.4,
    "legend.columnspacing": 1.2,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def page_style() -> AbstractContextManager[None]:
    """Let figures look as the page does, whatever style the user has set for matplotlib."""
    from matplotlib import style

    return style.context(_STYLE, after_reset=True)


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Draw a figure as an `<svg>` element to be put into a page as it is.

    Args:
        figure: Made inside `page_style()`, which must still be open.
        name: Prefix of every id, unique within the page.
        description: What the figure shows, for those who cannot see it; plain text.
    """
    from markupsafe import escape

    drawn = io.StringIO()
    nothing = {"Creator": None, "Date": None, "Format": None, "Type": None}
    figure.savefig(drawn, format="svg", metadata=nothing)
    body = drawn.getvalue()
    viewbox = re.search(r'viewBox="([^"]+)"', body)
    assert viewbox is not None
    body = body[body.index(">", viewbox.end()) + 1 :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'xlink:href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    body = body.replace("'DejaVu Sans'", "var(--font)")
    for colour, variable in _VARIABLES.items():
        body = body.replace(colour, f"var(--{variable})")
    return (
        f'<svg viewBox="{viewbox[1]}" role="img" aria-label="{escape(description)}">{body.strip()}'
    )
