"""Figure of how far coders agree, code by code."""

import textwrap
from itertools import pairwise
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evalkit.coding.agreement import Agreement
from evalkit.figures.style import BLUE, INK, NO_CODINGS, figure_axes, note, say, use_style
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["alt_agreement", "plot_agreement"]

ALPHA, COUNTS = 1.13, (1.31, 1.49, 1.67)
"""Where the columns of numbers end, in the units of the scale from 0 to 1."""
MUTED = "#777777"


@use_style()
def plot_agreement(agreement: Agreement, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw F1 of each code with its interval, with alpha and the counts beside it.

    All codes together come first, then the codes with an interval from the highest F1 down, then those that rest on
    too little, and last those never used.

    Parameters
    ----------
    agreement : Agreement
        What to draw.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    rows = _ordered(agreement)
    ax, own = figure_axes(ax, height=1.35 + 0.195 * max(len(rows), 4))
    if not rows[0]["coded"]:
        return say(ax, NO_CODINGS[lang], own=own)
    places = _places(rows)
    for y, row in zip(places, rows, strict=True):
        _mark(ax, y, row, agreement, lang)
        _numbers(ax, y, row, lang)
    _headings(ax, -1.0, agreement, lang)
    names = [textwrap.shorten(agreement.code_name(row["code"], lang), 32, placeholder=" …") for row in rows]
    ax.set_yticks(places, names)
    ax.get_yticklabels()[0].set_fontweight("bold")
    ax.set_ylim(places[-1] + 0.7, -1.7)
    right = COUNTS[len(_counts_shown(rows[0])) - 1]
    ax.set_xlim(-0.02, right + 0.02)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], [number(x, 2, lang=lang) for x in (0, 0.25, 0.5, 0.75, 1)])
    for x in (0, 0.25, 0.5, 0.75, 1):
        ax.plot([x, x], [-0.6, places[-1] + 0.7], color="#DDDDDD", linewidth=0.5, zorder=0)
    ax.set_xlabel("F1", x=0.52 / (right + 0.04))
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(0, 1)
    note(ax, _note(agreement, lang), own=own)
    return ax


def alt_agreement(agreement: Agreement, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_agreement`.

    Parameters
    ----------
    agreement : Agreement
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        F1 of all codes together and of each code with an interval, and how many have none.
    """
    rows = _ordered(agreement)
    if not rows[0]["coded"]:
        return pick(lang, sv="Tom figur: inga kodningar.", en="Empty figure: no codings.")
    told = "; ".join(
        f"{agreement.code_name(row['code'], lang)} {number(row['f1'], 2, lang=lang)}"
        + ("" if row["why"] else f" ({interval(row['f1_ci_low'], row['f1_ci_high'], lang=lang)})")
        for row in rows
        if pd.isna(row["code"]) or not row["why"]
    )
    without = sum(bool(row["why"]) for row in rows[1:])
    return pick(
        lang,
        sv=f"Punkter med intervall, F1 mellan kodare per kod: {told}. Koder utan intervall: {number(without)}.",
        en=f"Dots with intervals, F1 between coders by code: {told}. Codes without an interval: "
        f"{number(without, lang='en')}.",
    )


def _ordered(agreement: Agreement) -> list[dict[Any, Any]]:
    """Return all codes together, then the codes in the order in which they are drawn."""
    codes = agreement.table.iloc[:-1]
    group = codes["why"].map(lambda why: 2 if why in ("never coded", "not read") else int(bool(why)))
    codes = codes.assign(group=group, low=-codes["f1"]).sort_values(["group", "low"], kind="stable")
    return pd.concat([agreement.table.iloc[-1:], codes]).to_dict("records")


def _places(rows: list[dict[Any, Any]]) -> list[float]:
    """Return where each row stands: a little air after all codes together and before those without an interval."""
    places, y = [0.0], 0.0
    for before, row in pairwise(rows):
        y += 1.0 if bool(row["why"]) == bool(before["why"]) and before is not rows[0] else 1.5
        places.append(y)
    return places


def _mark(ax: Axes, y: float, row: dict[Any, Any], agreement: Agreement, lang: Language) -> None:
    gid = f"agreement:{row['row_id']}"
    if pd.isna(row["f1"]):
        words = agreement.why(row["why"], lang)
        ax.text(
            0.01, y, words, color=MUTED, va="center", gid=gid, bbox={"facecolor": "white", "linewidth": 0, "pad": 1}
        )
    elif row["why"]:
        ax.plot(row["f1"], y, "o", markersize=4.5, markerfacecolor="white", color=MUTED, clip_on=False, gid=gid)
    else:
        whole = pd.isna(row["code"])
        ends = [row["f1_ci_low"], row["f1_ci_high"]]
        ax.plot(ends, [y, y], color=INK if whole else BLUE, linewidth=1.8, solid_capstyle="butt", clip_on=False)
        marker, colour = ("D", INK) if whole else ("o", BLUE)
        ax.plot(row["f1"], y, marker, markersize=5, color=colour, clip_on=False, gid=gid)


def _numbers(ax: Axes, y: float, row: dict[Any, Any], lang: Language) -> None:
    colour = MUTED if row["why"] else INK
    ax.text(ALPHA, y, number(row["alpha"], 2, lang=lang), ha="right", va="center", color=colour)
    for x, name in zip(COUNTS, _counts_shown(row), strict=False):
        ax.text(x, y, number(row[name], lang=lang), ha="right", va="center", color=colour)


def _counts_shown(row: dict[Any, Any]) -> tuple[str, ...]:
    return ("coded", "both") if pd.isna(row["only_a"]) else ("both", "only_a", "only_b")


def _headings(ax: Axes, y: float, agreement: Agreement, lang: Language) -> None:
    words = {
        "both": pick(lang, sv="båda", en="both"),
        "only_a": pick(lang, sv="bara 1", en="only 1"),
        "only_b": pick(lang, sv="bara 2", en="only 2"),
    }
    shown = _counts_shown(agreement.table.iloc[-1].to_dict())
    if len(shown) == 2:
        words = {"coded": pick(lang, sv="någon", en="any"), "both": pick(lang, sv="alla", en="all")}
    ax.text(ALPHA, y, pick(lang, sv="alfa", en="alpha"), ha="right", va="center", color=MUTED)
    for x, name in zip(COUNTS, shown, strict=False):
        ax.text(x, y, words[name], ha="right", va="center", color=MUTED)


def _note(agreement: Agreement, lang: Language) -> str:
    level = percent(agreement.confidence, lang=lang)
    what = pick(lang, sv="segment", en="segments")
    if agreement.level == "polarity":
        what = pick(lang, sv="segment och polaritet", en="segments and polarities")
    if len(agreement.coders) == 2:
        first, second = agreement.coders
        counts = pick(
            lang,
            sv=f"Antal {what} som båda kodade, bara 1 ({first}) och bara 2 ({second}).",
            en=f"Numbers of {what} coded by both, only 1 ({first}) and only 2 ({second}).",
        )
    else:
        counts = pick(
            lang,
            sv=f"Antal {what} som någon av de {len(agreement.coders)} kodarna kodade, och som alla som läste kodade.",
            en=f"Numbers of {what} that any of the {len(agreement.coders)} coders coded, and that all who read coded.",
        )
    text = pick(
        lang,
        sv=f"Streck: {level}-intervall. {counts}",
        en=f"Lines: {level} interval. {counts}",
    )
    if agreement.table["why"].iloc[:-1].isin(["few segments", "few documents"]).any():
        text += pick(
            lang,
            sv=" Grå ring: för lite underlag för ett intervall.",
            en=" Grey ring: too little to go by for an interval.",
        )
    return text
