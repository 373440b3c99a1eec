"""One style for every figure: A4 column width, Okabe–Ito colours that stay apart in grey, the same bytes every time."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.patches import Rectangle

from evalkit.wording import Language, number

__all__ = [
    "BLUE",
    "EMPTY",
    "GREY",
    "INK",
    "NO_CODINGS",
    "NO_FIGURE",
    "POLARITY",
    "SHADES",
    "STYLE",
    "WIDTH",
    "cell",
    "figure_axes",
    "ink_on",
    "note",
    "polarity_key",
    "rate",
    "say",
    "use_style",
]

WIDTH = 6.3
"""Inches: the text column of an A4 page with margins of 2.5 cm."""

BLUE, SKY, ORANGE, VERMILION, GREY, INK = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#BBBBBB", "#222222"
EMPTY = "#F2F2F2"

# Light to dark in one hue: the order survives a grey printer.
SHADES: Colormap = LinearSegmentedColormap.from_list("evalkit", ["#FFFFFF", "#9CCBE8", BLUE, "#00324F"])

# Colour, hatch and words of each polarity: the hatch tells them apart without colour.
POLARITY: dict[str, tuple[str, str, dict[Language, str]]] = {
    "plus": (BLUE, "", {"sv": "+ finns", "en": "+ present"}),
    "minus": (ORANGE, "////", {"sv": "− saknas eller förnekas", "en": "− absent or denied"}),
    "unclear": ("#DDDDDD", "....", {"sv": "? oklart", "en": "? unclear"}),
}

NO_CODINGS: dict[Language, str] = {"sv": "Inga kodningar", "en": "No codings"}
NO_FIGURE: dict[Language, str] = {"sv": "Tom figur: inga kodningar.", "en": "Empty figure: no codings."}

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.labelsize": 8,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "figure.facecolor": "white",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "hatch.color": INK,
    # Letters as outlines: the same picture where the font is missing; a fixed salt: the same bytes.
    "svg.fonttype": "path",
    "svg.hashsalt": "evalkit",
}


@contextmanager
def use_style() -> Iterator[None]:
    """Draw, or save, in the style of evalkit; also a decorator.

    Yields
    ------
    None
        The settings of the style go back to what they were afterwards.
    """
    # Only our own settings: drawing the first figure loads the backend, which in a notebook turns matplotlib
    # interactive. Put back as well (as plt.rc_context does), that would leave every later cell without its picture.
    before = {name: plt.rcParams[name] for name in STYLE}
    plt.rcParams.update(STYLE)
    try:
        yield
    finally:
        plt.rcParams.update(before)


def figure_axes(ax: Axes | None, *, height: float) -> tuple[Axes, bool]:
    """Return the axes to draw on.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        The caller's, if there are any.
    height : float
        Inches of a new figure.

    Returns
    -------
    tuple of Axes and bool
        The axes, and whether they stand alone in a figure made here (which then carries the note).
    """
    if ax is not None:
        return ax, False
    _, made = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    return made, True


def note(ax: Axes, text: str, *, own: bool) -> None:
    """Write what the marks mean under a figure made here.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its axes.
    text : str
        Broken into lines to fit.
    own : bool
        From `figure_axes`; a caller's figure is left alone.
    """
    if own and (figure := ax.get_figure(root=True)) is not None:
        figure.supxlabel("\n".join(textwrap.wrap(text, 100)), x=0.01, ha="left", color="#555555")


def say(ax: Axes, text: str, *, own: bool) -> Axes:
    """Say plainly that there is nothing to draw.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        To write on.
    text : str
        What is missing.
    own : bool
        From `figure_axes`; a figure made here becomes as low as its one line.

    Returns
    -------
    matplotlib.axes.Axes
        The same.
    """
    if own and (figure := ax.get_figure(root=True)) is not None:
        figure.set_figheight(1)
    ax.set_axis_off()
    ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes, fontsize=10, wrap=True)
    return ax


def ink_on(colour: Any) -> str:
    """Return the colour of letters that can be read on a colour.

    Parameters
    ----------
    colour : colour
        As matplotlib takes it.

    Returns
    -------
    str
        White or nearly black.
    """
    red, green, blue = to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK


def rate(value: float, lang: Language) -> str:
    """Format a rate so that it fits a small cell.

    Parameters
    ----------
    value : float
        Not negative.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One decimal under ten, none from there; a plain 0 for none.
    """
    return number(value, 1 if 0 < value < 9.95 else 0, lang=lang)


def cell(ax: Axes, x: float, y: float, *, colour: Any, text: str, gid: str, hatch: str = "") -> Rectangle:
    """Draw one cell of a grid, centred on whole numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        To draw on.
    x, y : float
        Column and row.
    colour : colour
        Of the cell.
    text : str
        Written in it; may be empty.
    gid : str
        Names the row of the table.
    hatch : str, default ""
        Of the cell.

    Returns
    -------
    matplotlib.patches.Rectangle
        The cell.
    """
    box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.8, hatch=hatch, gid=gid)
    ax.add_patch(box)
    if text:
        ax.text(x, y, text, ha="center", va="center", color=ink_on(colour))
    return box


def polarity_key(ax: Axes, lang: Language) -> None:
    """Write what the three fillings mean, each in its own filling, above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        To write on.
    lang : {"sv", "en"}
        Language of the reader.
    """
    swatches = [
        Rectangle((0, 0), 1, 1, facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0)
        for colour, hatch, _ in POLARITY.values()
    ]
    words = [text[lang] for _, _, text in POLARITY.values()]
    ax.legend(
        swatches,
        words,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
        frameon=False,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.4,
    )
