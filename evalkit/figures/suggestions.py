"""Figures of what suggestions are worth: per code, and after more and more coding."""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evalkit.coding.suggest import LearningCurve, Suggester
from evalkit.figures.pages import LEAST_ROW, TALLEST, page_height
from evalkit.figures.style import BLUE, GREY, INK, ORANGE, figure_axes, note, use_style
from evalkit.wording import Language, interval, number, pick

__all__ = ["alt_learning_curve", "alt_suggestions", "plot_learning_curve", "plot_suggestions"]

MUTED = "#777777"
AROUND = 1.4
RIGHT = 1.22
"""Where the column of numbers ends, in the units of the scale from 0 to 1."""


@use_style()
def plot_suggestions(suggester: Suggester, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the precision of each code's suggestions with its interval, and their recall.

    Parameters
    ----------
    suggester : Suggester
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    rows = _from_the_best(suggester)
    every = len(rows)
    rows = rows if ax is not None else rows[: int((TALLEST - AROUND) / LEAST_ROW)]
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 4), row=0.195, around=AROUND))
    for y, row in enumerate(rows):
        _suggested(ax, y, row, lang)
    ax.plot([suggester.precision] * 2, [-0.6, len(rows) - 0.4], color=INK, linewidth=0.7, linestyle=":")
    ax.text(RIGHT, -1, pick(lang, sv="rätt av förslag", en="right of suggested"), ha="right", va="center", color=MUTED)
    names = [textwrap.shorten(suggester.code_name(row["code"], lang), 32, placeholder=" …") for row in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.4, -1.6)
    ax.set_xlim(-0.02, RIGHT + 0.02)
    ticks = (0, 0.25, 0.5, 0.75, 1)
    ax.set_xticks(ticks, [number(x, 2, lang=lang) for x in ticks])
    ax.set_xlabel(
        pick(lang, sv="Precision (punkt) och täckning (ring)", en="Precision (dot) and recall (ring)"), x=0.42
    )
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(0, 1)
    note(ax, _note_on_codes(suggester, len(rows), every, lang), own=own)
    return ax


def alt_suggestions(suggester: Suggester, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_suggestions`.

    Parameters
    ----------
    suggester : Suggester
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Precision and recall of every code, and which are not suggested.
    """
    rows = _from_the_best(suggester)
    told = "; ".join(
        f"{suggester.code_name(row['code'], lang)} {number(row['precision'], 2, lang=lang)} "
        f"({interval(row['precision_low'], row['precision_high'], lang=lang)}), {number(row['recall'], 2, lang=lang)}"
        for row in rows
        if row["suggested"]
    )
    none = ", ".join(suggester.code_name(row["code"], lang) for row in rows if not row["suggested"]) or "–"
    return pick(
        lang,
        sv=f"Punkter med intervall och ringar, förslagens precision och täckning per kod: {told}. Föreslås inte: "
        f"{none}.",
        en=f"Dots with intervals and rings, precision and recall of suggestions by code: {told}. Not suggested: "
        f"{none}.",
    )


def _from_the_best(suggester: Suggester) -> list[dict[Any, Any]]:
    table = suggester.table.sort_values(["precision", "recall", "code"], ascending=[False, False, True])
    return pd.DataFrame(table).to_dict("records")


def _suggested(ax: Axes, y: float, row: dict[Any, Any], lang: Language) -> None:
    gid = f"suggestions:{row['row_id']}"
    if not row["suggested"]:
        words = pick(
            lang, sv="föreslås inte: ingen gräns är precis nog", en="not suggested: no threshold is precise enough"
        )
        ax.text(0.01, y, words, color=MUTED, va="center", gid=gid)
        return
    ax.plot([row["precision_low"], row["precision_high"]], [y, y], color=BLUE, linewidth=1.8, solid_capstyle="butt")
    ax.plot(row["recall"], y, "o", markersize=6.5, markerfacecolor="white", color=MUTED, clip_on=False)
    ax.plot(row["precision"], y, "o", markersize=5, color=BLUE, clip_on=False, gid=gid)
    of = pick(lang, sv="av", en="of")
    ax.text(RIGHT, y, f"{row['right']} {of} {row['suggested']}", ha="right", va="center")


def _note_on_codes(suggester: Suggester, shown: int, every: int, lang: Language) -> str:
    asked = number(suggester.precision, 2, lang=lang)
    text = pick(
        lang,
        sv="Mätt på dokument som modellerna inte hade sett, med gränser satta på andra. Streck: 95 %-intervall för "
        f"precisionen, segment för segment. Prickad linje: den precision som begärts, {asked}.",
        en="Measured on documents that the models had not seen, with thresholds set on others. Lines: 95% interval of "
        f"the precision, segment by segment. Dotted line: the precision asked for, {asked}.",
    )
    if shown == every:
        return text
    return text + pick(
        lang,
        sv=f" Ritade är de {shown} bästa av {every} koder; alla finns i data bakom figuren.",
        en=f" Drawn are the best {shown} of {every} codes; all are in the data behind the figure.",
    )


@use_style()
def plot_learning_curve(curve: LearningCurve, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw F1, precision and recall of suggestions against the number of segments read.

    Parameters
    ----------
    curve : LearningCurve
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    ax, own = figure_axes(ax, height=2.8)
    means = curve.means
    ax.scatter(curve.table["segments"], curve.table["f1"], s=9, color=GREY, linewidths=0, gid="learning-curve:repeats")
    lines = {
        "f1": ("F1", BLUE, "-", "o"),
        "precision": (pick(lang, sv="precision", en="precision"), ORANGE, "--", "s"),
        "recall": (pick(lang, sv="täckning", en="recall"), "#444444", ":", "^"),
    }
    for column, (name, colour, style, marker) in lines.items():
        values = means.dropna(subset=column)
        ax.plot(values["segments"], values[column], style, color=colour, marker=marker, markersize=4, label=name)
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    ax.set_xlabel(pick(lang, sv="Lästa segment", en="Segments read"))
    ax.grid(axis="y")
    ax.yaxis.set_major_formatter(lambda value, _: number(value, 1, lang=lang))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    note(ax, _note(curve, lang), own=own)
    return ax


def alt_learning_curve(curve: LearningCurve, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_learning_curve`.

    Parameters
    ----------
    curve : LearningCurve
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        F1 at every number of segments.
    """
    points = "; ".join(
        f"{number(row['segments'], lang=lang)}: {number(row['f1'], 2, lang=lang)}"
        for row in curve.means.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Linjediagram över förslagens F1 efter antal lästa segment. {points}.",
        en=f"Line chart of the suggestions' F1 by number of segments read. {points}.",
    )


def _note(curve: LearningCurve, lang: Language) -> str:
    asked = number(curve.precision, 2, lang=lang)
    return pick(
        lang,
        sv=f"Linjer: medel över slumpade ordningar; grå prickar: F1 i var och en. Trösklar för precision {asked}.",
        en=f"Lines: means over random orders; grey dots: F1 in each. Thresholds set for precision {asked}.",
    )
