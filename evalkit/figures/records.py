"""Figures of what registers hold: homework, indicators, the evaluator's advice, hours and costs."""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.grids import Filling, frame_grid, swatch_key
from evalkit.figures.pages import LEAST_ROW, left_out, page_height, that_fit
from evalkit.figures.style import (
    BLUE,
    EMPTY,
    GREY,
    ORANGE,
    SHADES,
    SKY,
    VERMILION,
    cell,
    figure_axes,
    note,
    say,
    use_style,
)
from evalkit.measures.costs import PARTY_NAMES, SpentHours, UnitCosts
from evalkit.measures.homework import Homework
from evalkit.measures.indicators import Indicators
from evalkit.measures.interventions import Interventions
from evalkit.tables.schemas import HOURS_KINDS
from evalkit.wording import Language, number, percent, pick

__all__ = [
    "alt_homework",
    "alt_indicators",
    "alt_interventions",
    "alt_spent_hours",
    "alt_unit_costs",
    "plot_homework",
    "plot_indicators",
    "plot_interventions",
    "plot_spent_hours",
    "plot_unit_costs",
]

_NO_HOMEWORK: dict[Language, str] = {"sv": "Ingen hemuppgift i materialet", "en": "No homework in the material"}
_NO_INDICATORS: dict[Language, str] = {"sv": "Inga indikatorer antecknade", "en": "No indicators recorded"}
_NO_ADVICE: dict[Language, str] = {"sv": "Inga råd antecknade", "en": "No advice recorded"}
_NO_HOURS: dict[Language, str] = {"sv": "Inga timmar antecknade", "en": "No hours recorded"}
_NO_COSTS: dict[Language, str] = {"sv": "Ingen anmäld", "en": "Nobody enrolled"}
_STATES: dict[str, tuple[Any, str, str]] = {
    "nothing": ("white", "○", ""),
    "may have left": ("#D9D9D9", "?", "////"),
    "left": ("#D9D9D9", "", "////"),
}


@use_style()
def plot_homework(handed: Homework, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × session with what was handed in; nothing and leaving look different.

    Parameters
    ----------
    handed : Homework
        The homework.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(handed.table, ax, around=1.3)
    units, sessions = (list(dict.fromkeys(table[key])) for key in ("unit", "session"))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=1.3))
    if not table["documents"].any():
        return say(ax, _NO_HOMEWORK[lang], own=own)
    most = table["documents"].max()
    for row in table.to_dict("records"):
        x, y = sessions.index(row["session"]), units.index(row["unit"])
        colour, text, hatch = _STATES.get(row["state"], (EMPTY, "", ""))
        if row["state"] == "handed in":
            colour, text = SHADES(0.3 + 0.4 * row["documents"] / most), "●" * min(row["documents"], 3)
        mark = cell(ax, x, y, colour=colour, text=text, gid=f"homework:{row['row_id']}", hatch=hatch)
        if row["state"] == "nothing":
            mark.set_edgecolor(ORANGE)
            mark.set_linewidth(1.2)
            mark.set_bounds(x - 0.47, y - 0.43, 0.94, 0.86)
    frame_grid(ax, rows=units, columns=[handed.labels.group("session", s, lang) for s in sessions])
    text = pick(
        lang,
        sv="● Inlämnad (en prick per hemuppgift). ○ i ram: inget i materialet. Streckat: hade lämnat (?: kanske).",
        en="● Handed in (a dot per piece). ○ in a frame: nothing in the material. Hatched: had left (? may have left).",
    )
    note(ax, text + left_out(handed.table, table, handed.labels, lang), own=own)
    return ax


def alt_homework(handed: Homework, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_homework`.

    Parameters
    ----------
    handed : Homework
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many handed in after each session, of those still there.
    """
    if not handed.table["documents"].any():
        return _empty(_NO_HOMEWORK[lang], lang)
    there = handed.table[handed.table["state"].isin(["handed in", "nothing"])]
    done = (there["state"] == "handed in").groupby(there["session"]).agg(["sum", "size"])
    each = "; ".join(
        f"{handed.labels.group('session', session, lang)} {number(some, lang=lang)}/{number(of, lang=lang)}"
        for session, some, of in done.itertuples(name=None)
    )
    return pick(
        lang,
        sv=f"Rutnät över inlämnade hemuppgifter, antal av dem som var kvar: {each}.",
        en=f"Grid of homework handed in, of those still taking part: {each}.",
    )


@use_style()
def plot_indicators(found: Indicators, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw how much of the way from first value to target each unit has gone, under the name of each indicator.

    Parameters
    ----------
    found : Indicators
        The values.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = _indicators_that_fit(found, ax)
    groups = list(dict.fromkeys(table["indicator"]))
    ax, own = figure_axes(ax, height=page_height(len(table) + len(groups), row=0.22, around=1.3))
    if table.empty:
        return say(ax, _NO_INDICATORS[lang], own=own)
    shares = table["share"].dropna()
    low, high = min(-0.1, shares.min() if len(shares) else 0), max(1.1, shares.max() if len(shares) else 1)
    y, places, names = 0, [], []
    for indicator in groups:
        ax.text(low, y, indicator, fontweight="bold", va="center")
        y += 1
        for row in table[table["indicator"] == indicator].to_dict("records"):
            _draw_indicator(ax, row, y, high, lang)
            places.append(y)
            names.append(row["unit"])
            y += 1
    ax.set_yticks(places, names)
    ax.set_ylim(y - 0.4, -0.7)
    ax.set_xlim(low - 0.06 * (high - low), high + 0.5 * (high - low))
    for at in (0, 1):
        ax.axvline(at, color="#888888", linewidth=0.8, linestyle="-" if at else ":", zorder=0)
    ticks = [tick for tick in (-1, -0.5, 0, 0.5, 1, 1.5, 2) if low <= tick <= high]
    ax.set_xticks(ticks)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    ax.tick_params(left=False)
    ax.set_xlabel(pick(lang, sv="Andel av vägen från första värdet till målet", en="Share of the way to the target"))
    text = pick(
        lang,
        sv="Prickad linje: första värdet; heldragen: målet. Fylld: målet nått; ring: inte nått. Till höger: första → "
        "senaste (mål).",
        en="Dotted line: the first value; solid: the target. Filled: reached; ring: not. To the right: first → latest "
        "(target).",
    )
    note(ax, text + left_out(found.table, table, found.labels, lang), own=own)
    return ax


def _indicators_that_fit(found: Indicators, ax: Axes | None) -> pd.DataFrame:
    kinds = found.table["indicator"].nunique()
    return that_fit(found.table, ax, around=1.3 + LEAST_ROW * kinds, each=max(kinds, 1))


def _draw_indicator(ax: Axes, row: dict[Any, Any], y: int, high: float, lang: Language) -> None:
    values = [number(row[value], int(row[value] % 1 > 0), lang=lang) for value in ("first", "latest", "target")]
    known = not pd.isna(row["share"])
    ending = f" ({values[2]})" if not pd.isna(row["target"]) else pick(lang, sv=" (inget mål)", en=" (no target)")
    gid = f"indicators:{row['row_id']}"
    words = ax.text(high + 0.05 * (high + 1), y, f"{values[0]} → {values[1]}{ending}", va="center")
    if not known:
        words.set_gid(gid)
        return
    reached = bool(row["reached"])
    colour = BLUE if row["share"] > 0 else VERMILION
    ax.plot([0, row["share"]], [y, y], color=colour, linewidth=1.2, zorder=1)
    ax.plot(row["share"], y, "o", color=colour, markerfacecolor=colour if reached else "white", markersize=5, gid=gid)


def alt_indicators(found: Indicators, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_indicators`.

    Parameters
    ----------
    found : Indicators
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every indicator's first and latest value with its target.
    """
    if found.table.empty:
        return _empty(_NO_INDICATORS[lang], lang)
    goal, table = pick(lang, sv="mål", en="target"), _indicators_that_fit(found, None)
    each = "; ".join(
        f"{row['indicator']} {row['unit']} {number(row['first'], 1, lang=lang)} → "
        f"{number(row['latest'], 1, lang=lang)} ({goal} {number(row['target'], 1, lang=lang)})"
        for row in table.to_dict("records")
    ) + left_out(found.table, table, found.labels, lang).rstrip(".")
    return pick(lang, sv=f"Indikatorer mot mål: {each}.", en=f"Indicators against targets: {each}.")


@use_style()
def plot_interventions(advice: Interventions, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the evaluator's advice in order, with what is noted of its uptake.

    Parameters
    ----------
    advice : Interventions
        The advice.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(advice.table, ax, around=1.3, by="row_id")
    rows = table.to_dict("records")
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 1), row=0.4, around=0.9))
    if not rows:
        return say(ax, _NO_ADVICE[lang], own=own)
    lines = 2 if len(rows) <= 20 else 1
    for y, row in enumerate(rows):
        known = bool(row["known"])
        ax.plot([0, 0], [y - 0.5, y + 0.5], color=GREY, linewidth=1, zorder=0)
        (mark,) = ax.plot(0, y, "o", color=BLUE, markerfacecolor=BLUE if known else "white", markersize=6)
        mark.set_gid(f"interventions:{row['row_id']}")
        ax.text(0.03, y, _wrapped(row["advice"], 46, lines), va="center")
        uptake = row["uptake"] if known else pick(lang, sv="inget antecknat", en="nothing noted")
        ax.text(0.66, y, _wrapped(f"→ {uptake}", 28, lines), va="center", color="#222222" if known else "#777777")
    ax.set_yticks(range(len(rows)), [advice.labels.group("session", row["after_session"], lang) for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(-0.03, 1.03)
    ax.set_xticks([])
    ax.tick_params(left=False)
    ax.spines[:].set_visible(False)
    text = pick(
        lang,
        sv="Råd efter vilken träff, och vad utvärderaren antecknat att det ledde till. Ring: inget antecknat.",
        en="Advice after which session, and what the evaluator noted it led to. Ring: nothing noted.",
    )
    what = pick(lang, sv="råd", en="pieces of advice")
    note(ax, text + left_out(advice.table, table, advice.labels, lang, by="row_id", what=what), own=own)
    return ax


def _wrapped(text: str, width: int, lines: int) -> str:
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …"))


def alt_interventions(advice: Interventions, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_interventions`.

    Parameters
    ----------
    advice : Interventions
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every piece of advice with its uptake.
    """
    if advice.table.empty:
        return _empty(_NO_ADVICE[lang], lang)
    unknown = pick(lang, sv="inget antecknat", en="nothing noted")
    each = "; ".join(
        f"{advice.labels.group('session', row['after_session'], lang)}: {row['advice']} → "
        f"{row['uptake'] if row['known'] else unknown}"
        for row in advice.table.to_dict("records")
    )
    return pick(lang, sv=f"Utvärderarens råd och upptag. {each}.", en=f"The evaluator's advice and uptake. {each}.")


@use_style()
def plot_spent_hours(hours: SpentHours, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each party's hours as a bar, split by kind.

    Parameters
    ----------
    hours : SpentHours
        The hours.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = hours.table
    ax, own = figure_axes(ax, height=1.2 + 0.34 * max(len(table), 2))
    if table.empty:
        return say(ax, _NO_HOURS[lang], own=own)
    left = 0 * table["hours"]
    for kind, (colour, hatch, _) in zip(HOURS_KINDS, _hours_fillings(lang), strict=True):
        bars = ax.barh(table.index, table[kind], left=left, color=colour, hatch=hatch, height=0.7, linewidth=0)
        for bar, row in zip(bars, table["row_id"], strict=True):
            bar.set_gid(f"spent_hours:{row}:{kind}")
        left = left + table[kind]
    for y, total in enumerate(table["hours"]):
        ax.text(total, y, " " + number(total, lang=lang), va="center")
    ax.set_yticks(table.index, [PARTY_NAMES[party](lang) for party in table["party"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.15 * max(table["hours"].max(), 1))
    ax.xaxis.set_major_locator(MaxNLocator(6))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.set_xlabel(pick(lang, sv="Antecknade timmar", en="Recorded hours"))
    ax.tick_params(left=False)
    swatch_key(ax, _hours_fillings(lang))
    note(ax, hours.caption(lang), own=own)
    return ax


def alt_spent_hours(hours: SpentHours, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_spent_hours`.

    Parameters
    ----------
    hours : SpentHours
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every party's hours by kind.
    """
    if hours.table.empty:
        return _empty(_NO_HOURS[lang], lang)
    each = "; ".join(
        f"{PARTY_NAMES[row['party']](lang)} " + "/".join(number(row[kind], lang=lang) for kind in HOURS_KINDS)
        for row in hours.table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Staplar över timmar, förberedelse/träff/däremellan: {each}.",
        en=f"Bars of hours, preparation/session/between: {each}.",
    )


def _hours_fillings(lang: Language) -> tuple[Filling, Filling, Filling]:
    return (
        (SKY, "....", pick(lang, sv="förberedelse", en="preparation")),
        (BLUE, "", pick(lang, sv="på träffen", en="at the session")),
        ("#E3E3E3", "", pick(lang, sv="däremellan", en="between")),
    )


@use_style()
def plot_unit_costs(costs: UnitCosts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the cost per enrolled and per completing unit, with and without the evaluation.

    Parameters
    ----------
    costs : UnitCosts
        The costs.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = costs.table
    ax, own = figure_axes(ax, height=1.0 + 0.3 * len(table))
    if not table["units"].any():
        return say(ax, _NO_COSTS[lang], own=own)
    names = []
    for y, row in enumerate(table.to_dict("records")):
        whole = row["amount"] == "all"
        value = 0.0 if pd.isna(row["per_unit"]) else row["per_unit"]
        (bar,) = ax.barh(y, value, height=0.7, color=BLUE if whole else SKY, hatch="" if whole else "....", linewidth=0)
        bar.set_gid(f"unit_costs:{row['row_id']}")
        ax.text(value, y, f" {number(row['per_unit'], lang=lang)} (n = {number(row['units'], lang=lang)})", va="center")
        names.append(f"{_BASE[row['base']][lang]}{'' if whole else _WITHOUT[lang]}")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, 1.35 * table["per_unit"].max())
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    noun = costs.labels.noun("unit", lang)
    ax.set_xlabel(f"{costs.funding.currency} per {noun}")
    ax.tick_params(left=False)
    note(ax, costs.caption(lang), own=own)
    return ax


def alt_unit_costs(costs: UnitCosts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_unit_costs`.

    Parameters
    ----------
    costs : UnitCosts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every amount.
    """
    if not costs.table["units"].any():
        return _empty(_NO_COSTS[lang], lang)
    each = "; ".join(
        f"{_BASE[row['base']][lang]}{'' if row['amount'] == 'all' else _WITHOUT[lang]} "
        f"{number(row['per_unit'], lang=lang)} {costs.funding.currency}"
        for row in costs.table.to_dict("records")
    )
    return pick(lang, sv=f"Staplar över kostnad: {each}.", en=f"Bars of cost: {each}.")


_BASE: dict[str, dict[Language, str]] = {
    "enrolled": {"sv": "per anmäld", "en": "per enrolled"},
    "completed": {"sv": "per fullföljande", "en": "per completing"},
}
_WITHOUT: dict[Language, str] = {"sv": ", utan utvärderingen", "en": ", without the evaluation"}


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
