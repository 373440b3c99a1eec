"""Figures of raters and of the order of levels: what two raters gave to the same, and overlap in time."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from evalkit.figures.grids import frame_grid
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, SHADES, VERMILION, cell, figure_axes, note, say, use_style
from evalkit.measures.rater_reliability import RaterPairs
from evalkit.models.progression import PathTrends
from evalkit.study import Scale
from evalkit.wording import Language, number, pick

__all__ = ["alt_path_trends", "alt_rater_pairs", "plot_path_trends", "plot_rater_pairs"]

_ONE_RATER: dict[Language, str] = {"sv": "Ingen nivå har två bedömare", "en": "No level has two raters"}


@use_style()
def plot_rater_pairs(pairs: RaterPairs, *, scale: Scale, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw how often one rater's level met each level of the other; full agreement lies on the diagonal.

    Parameters
    ----------
    pairs : RaterPairs
        The levels.
    scale : Scale
        Of the levels.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = pairs.table
    steps = list(range(scale.minimum, scale.maximum + 1))
    ax, own = figure_axes(ax, height=1.5 + 0.3 * len(steps))
    if table.empty:
        return say(ax, _ONE_RATER[lang], own=own)
    for x in range(len(steps)):
        for y in range(len(steps)):
            cell(ax, x, y, colour=EMPTY, text="", gid="")
    for row in table.to_dict("records"):
        x, y = (steps.index(int(row[end])) for end in ("second", "first"))
        colour = SHADES(0.12 + 0.7 * row["cells"] / table["cells"].max())
        mark = cell(ax, x, y, colour=colour, text=number(row["cells"], lang=lang), gid=f"rater_pairs:{row['row_id']}")
        if x == y:
            mark.set_edgecolor("#222222")
            mark.set_linewidth(1.2)
            mark.set_bounds(x - 0.48, y - 0.46, 0.96, 0.92)
    names = [f"{step} {label(lang)}" for step, label in zip(steps, scale.labels, strict=True)]
    frame_grid(ax, rows=names, columns=[str(step) for step in steps])
    first, second = pairs.raters
    ax.set_ylabel(pick(lang, sv=f"Bedömare {first}", en=f"Rater {first}"))
    ax.set_xlabel(pick(lang, sv=f"Bedömare {second}", en=f"Rater {second}"))
    text = pick(
        lang,
        sv="Antal rutor som båda bedömt; svart ram: samma nivå. Att alla växer drar paren längs diagonalen: läs "
        "samstämmigheten inom träffar, inte här.",
        en="Cells that both rated; black frame: the same level. Growth alone draws the pairs along the diagonal: read "
        "the agreement within sessions, not here.",
    )
    note(ax, text, own=own)
    return ax


def alt_rater_pairs(pairs: RaterPairs, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_rater_pairs`.

    Parameters
    ----------
    pairs : RaterPairs
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many pairs agree fully, differ by one step and by more.
    """
    table = pairs.table
    if table.empty:
        reason = _ONE_RATER[lang]
        return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
    apart = (table["first"] - table["second"]).abs()
    same, one, more = (
        number(table.loc[part, "cells"].sum(), lang=lang) for part in (apart == 0, apart == 1, apart > 1)
    )
    return pick(
        lang,
        sv=f"Rutnät över två bedömares nivåer: {same} lika, {one} skiljer ett steg, {more} mer.",
        en=f"Grid of two raters' levels: {same} alike, {one} one step apart, {more} more.",
    )


@use_style()
def plot_path_trends(trends: PathTrends, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each unit's nonoverlap of all pairs as a dot.

    Parameters
    ----------
    trends : PathTrends
        The measures.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    every = _in_order(trends)
    known = that_fit(every, ax, around=1.2)
    ax, own = figure_axes(ax, height=page_height(max(len(known), 2), row=0.2, around=1.2))
    if known.empty:
        words = pick(lang, sv="Ingen har nivåer i båda faserna", en="Nobody has levels in both phases")
        return say(ax, words, own=own)
    for y, row in enumerate(known.to_dict("records")):
        colour = BLUE if row["completed"] else VERMILION
        ax.plot([0.5, row["nap"]], [y, y], color="#CCCCCC", linewidth=1, zorder=0)
        fill = colour if row["completed"] else "white"
        gid = f"path_trends:{row['row_id']}"
        ax.plot(row["nap"], y, "o", color=colour, markerfacecolor=fill, markersize=5, clip_on=False, gid=gid)
        ax.text(1.03, y, f"{row['n_first']} + {row['n_second']}", va="center")
    ax.axvline(0.5, color="#888888", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(known)), known["unit"].tolist())
    ax.set_ylim(len(known) - 0.4, -0.6)
    ax.set_xlim(0, 1.15)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2, lang=lang)))
    ax.tick_params(left=False)
    ax.set_xlabel(pick(lang, sv="← senare lägre    NAP    senare högre →", en="← later lower    NAP    later higher →"))
    text = pick(
        lang,
        sv="Linje: 0,5 = ingen skillnad i ordning. Fylld: fullföljde; ring: fullföljde inte. Till höger: tidigare + "
        "senare tillfällen.",
        en="Line: 0.5 = no difference in order. Filled: completed; ring: did not. To the right: earlier + later "
        "sessions.",
    )
    note(ax, text + left_out(every, known, trends.labels, lang), own=own)
    return ax


def alt_path_trends(trends: PathTrends, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_path_trends`.

    Parameters
    ----------
    trends : PathTrends
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every unit's value.
    """
    every = _in_order(trends)
    shown = that_fit(every, None, around=1.2)
    each = "; ".join(f"{row['unit']} {number(row['nap'], 2, lang=lang)}" for row in shown.to_dict("records"))
    each += left_out(every, shown, trends.labels, lang).rstrip(".")
    return pick(lang, sv=f"NAP per enhet med båda faser: {each}.", en=f"NAP per unit with both phases: {each}.")


def _in_order(trends: PathTrends) -> pd.DataFrame:
    return trends.table.dropna(subset="nap").sort_values("nap", ascending=False, kind="stable")
