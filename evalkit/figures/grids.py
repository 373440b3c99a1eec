"""What the grids share: the frame around their cells, and keys that show each filling beside its words."""

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

__all__ = ["CHARACTER", "Filling", "frame_grid", "swatch_key"]

Filling = tuple[Any, str, str]
"""Colour, hatch and words."""

CHARACTER = 0.075
"""Inches of a character in the smallest size."""


def frame_grid(ax: Axes, *, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Label rows and columns of a grid whose cells are centred on whole numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where the cells are.
    rows, columns : sequence of str
        The labels; column labels stand above, aslant where they do not fit.
    """
    ax.set_yticks(range(len(rows)), list(rows))
    fits = max(map(len, columns), default=0) * CHARACTER < 5.5 / max(len(columns), 1)
    slant: dict[str, Any] = {} if fits else {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
    ax.set_xticks(range(len(columns)), list(columns), **slant)
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(left=False, bottom=False, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)


def swatch_key(ax: Axes, fillings: Iterable[Filling]) -> None:
    """Write what fillings mean, each in its own filling, above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        To write on.
    fillings : iterable of (colour, hatch, words)
        In order.
    """
    shown = list(fillings)
    swatches = [
        Rectangle((0, 0), 1, 1, facecolor=colour, hatch=hatch, edgecolor="#888888", linewidth=0.4)
        for colour, hatch, _ in shown
    ]
    ax.legend(
        swatches,
        [words for _, _, words in shown],
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=len(shown),
        frameon=False,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.4,
    )
