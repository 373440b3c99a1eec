"""Figures of three sources on the same learning: all units at once, and a page for one."""

from math import isnan

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, GREY, INK, ORANGE, VERMILION, figure_axes, note, say, use_style
from evalkit.measures.triangulation import SOURCES, LearningTriangulation, UnitLearning
from evalkit.wording import Language, number, percent, pick

__all__ = ["alt_triangulation", "alt_unit_learning", "plot_triangulation", "plot_unit_learning"]

_LOOK = {"rubric": ("o", BLUE), "depth": ("D", ORANGE), "positions": ("^", INK)}
_NOTHING: dict[Language, str] = {"sv": "Inget underlag från någon källa", "en": "No material from any source"}
_ROW = 0.2
"""Inches that three marks of a unit need."""
_WITH_COUNTS = 8
"""Most sessions whose counts have room in a unit's panel."""


@use_style()
def plot_triangulation(found: LearningTriangulation, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw every unit's place in each source's ranking; where sources point in different directions the line is red.

    Parameters
    ----------
    found : LearningTriangulation
        What the sources say.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    shown = that_fit(found.table, ax, around=1.5, row=_ROW)
    known, units = shown.dropna(subset="change"), list(dict.fromkeys(shown["unit"]))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.26, around=1.5))
    if known.empty:
        return say(ax, _NOTHING[lang], own=own)
    kinds = found.contradictions.groupby("unit")["kind"].agg(set)
    lifts = {"rubric": -0.16, "depth": 0.0, "positions": 0.16}
    for y, unit in enumerate(units):
        rows = known[known["unit"] == unit]
        turned = "direction" in kinds.get(unit, set())
        if len(rows) > 1:
            ends = [0.5 if isnan(place) else place for place in rows["place"]]
            colour, width = (VERMILION, 2) if turned else (GREY, 1.2)
            ax.plot([min(ends), max(ends)], [y, y], color=colour, linewidth=width, zorder=1, solid_capstyle="butt")
        for row in rows.to_dict("records"):
            marker, colour = _LOOK[row["source"]]
            x = 0.5 if isnan(row["place"]) else row["place"]
            fill = colour if row["change"] > 0 else "white"
            gid = f"triangulation:{row['row_id']}"
            at = y + lifts[row["source"]]
            ax.plot(x, at, marker, color=colour, markerfacecolor=fill, markersize=6, zorder=3, gid=gid)
        signs = {"direction": " ≠", "place": " ↔"}
        said = "".join(sign for kind, sign in signs.items() if kind in kinds.get(unit, set()))
        if said or rows.empty:
            ax.text(1.06, y, said or "–", va="center", color=VERMILION if turned else "#555555")
    ax.set_yticks(range(len(units)), units)
    ax.set_ylim(len(units) - 0.4, -0.6)
    ax.set_xlim(-0.06, 1.15)
    ax.set_xticks([0, 0.5, 1], [pick(lang, sv="minst", en="least"), "", pick(lang, sv="mest", en="most")])
    ax.set_xlabel(pick(lang, sv="Plats i varje källas rangordning av förändring", en="Place in each source's ranking"))
    ax.tick_params(left=False)
    handles = [ax.plot([], [], marker, color=colour, linestyle="none")[0] for marker, colour in _LOOK.values()]
    names = [name(lang) for name in SOURCES.values()]
    ax.legend(handles, names, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderaxespad=0.2)
    text = pick(
        lang,
        sv="Fyllt: förändring uppåt; ofyllt: ingen eller nedåt. ≠ och röd linje: källor pekar åt olika håll; ↔ minst "
        "halva rangordningen isär; – inget underlag.",
        en="Filled: a change upwards; hollow: none or downwards. ≠ and red line: sources point in different "
        "directions; ↔ at least half the ranking apart; – no material.",
    )
    note(ax, text + left_out(found.table, shown, found.labels, lang), own=own)
    return ax


def alt_triangulation(found: LearningTriangulation, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_triangulation`.

    Parameters
    ----------
    found : LearningTriangulation
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every unit's change by each source.
    """
    shown = that_fit(found.table, None, around=1.5, row=_ROW)
    known = shown.dropna(subset="change")
    if known.empty:
        return _empty(_NOTHING[lang], lang)
    parts = []
    for unit, rows in known.groupby("unit", sort=False):
        said_each = [
            f"{SOURCES[row['source']](lang)} {_signed(row['change'], lang)}" for row in rows.to_dict("records")
        ]
        each = ", ".join(said_each)
        parts.append(f"{unit}: {each}")
    said = "; ".join(parts) + left_out(found.table, shown, found.labels, lang).rstrip(".")
    return pick(lang, sv=f"Förändring enligt varje källa. {said}.", en=f"Change by each source. {said}.")


@use_style()
def plot_unit_learning(page: UnitLearning, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw one unit's levels, coded depth and positions, session by session, in three panels.

    Parameters
    ----------
    page : UnitLearning
        From `LearningTriangulation.unit`.
    ax : matplotlib.axes.Axes, optional
        To draw the panels inside; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the three panels (`child_axes`).
    """
    table = page.table
    ax, own = figure_axes(ax, height=2.5)
    if not (table["level"].notna() | (table["deep"] + table["surface"] > 0) | (table["pairs"] > 0)).any():
        return say(ax, f"{page.unit}: {_NOTHING[lang][0].lower()}{_NOTHING[lang][1:]}", own=own)
    ax.set_axis_off()
    names: dict[str, str] = {source: name(lang) for source, name in SOURCES.items()}
    for place, (source, draw) in enumerate(
        (("rubric", _draw_levels), ("depth", _draw_depth), ("positions", _draw_positions))
    ):
        panel = ax.inset_axes((0.045 + place * 0.335, 0.1, 0.275, 0.74))
        draw(panel, page, lang)
        change = page.changes.loc[page.changes["source"] == source, "change"]
        value = _signed(float(change.iloc[0]), lang) if len(change) else "–"
        panel.set_title(f"{names[source]}  {value}", loc="left", fontsize=8, pad=4)
        sessions = table["session"].tolist()
        sparse = max(1, -(-len(sessions) // 7))
        shown = sessions[::sparse]
        panel.set_xticks(shown, [page.labels.group("session", session, lang) for session in shown])
        panel.set_xlim(min(sessions) - 0.5, max(sessions) + 0.5)
    ax.set_title(page.unit, loc="left", fontweight="bold", pad=2)
    counts = (", med djup/alla kodade", ", with deep/all coded") if len(table) <= _WITH_COUNTS else ("", "")
    text = pick(
        lang,
        sv=f"Vänster: medelnivå (prickad: kompetens). Mitten: andel djup{counts[0]}. Höger: instämmande från "
        "incheckning (ring) till utcheckning (fylld), på samma skala för alla.",
        en=f"Left: mean level (dotted: competence). Middle: share of depth{counts[1]}. Right: agreement from check-in "
        "(ring) to check-out (filled), on one scale for all.",
    )
    note(ax, text, own=own)
    return ax


def _draw_levels(panel: Axes, page: UnitLearning, lang: Language) -> None:
    seen = page.table[page.table["level"].notna()]
    panel.plot(seen["session"], seen["level"], color=BLUE, linewidth=1.2)
    for row in seen.to_dict("records"):
        gid = f"unit_learning:{row['row_id']}:level"
        panel.plot(row["session"], row["level"], "o", color=BLUE, markersize=4, clip_on=False, gid=gid)
    if page.scale.competence is not None:
        panel.axhline(page.scale.competence, color="#999999", linewidth=0.6, linestyle=":", zorder=0)
    panel.set_ylim(page.scale.minimum - 0.1, page.scale.maximum + 0.1)
    panel.set_yticks(range(page.scale.minimum, page.scale.maximum + 1))


def _draw_depth(panel: Axes, page: UnitLearning, lang: Language) -> None:
    coded = page.table[page.table["deep"] + page.table["surface"] > 0]
    for row in coded.to_dict("records"):
        gid = f"unit_learning:{row['row_id']}:depth"
        panel.plot(row["session"], row["share"], "D", color=ORANGE, markersize=5, clip_on=False, gid=gid)
        label = f"{row['deep']}/{row['deep'] + row['surface']}" if len(page.table) <= _WITH_COUNTS else ""
        lift = 7 if row["share"] < 0.9 else -7
        panel.annotate(
            label,
            (row["session"], row["share"]),
            xytext=(0, lift),
            textcoords="offset points",
            ha="center",
            va="center",
        )
    panel.set_ylim(-0.04, 1.04)
    panel.set_yticks([0, 0.5, 1])
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))


def _draw_positions(panel: Axes, page: UnitLearning, lang: Language) -> None:
    moved = page.table[page.table["pairs"] > 0]
    for row in moved.to_dict("records"):
        x = row["session"]
        panel.plot([x, x], [row["before"], row["after"]], color=INK, linewidth=1.2, zorder=1)
        panel.plot(x, row["before"], "o", color=INK, markerfacecolor="white", markersize=4.5, zorder=2)
        gid = f"unit_learning:{row['row_id']}:positions"
        panel.plot(x, row["after"], "o", color=INK, markersize=4.5, zorder=3, gid=gid)
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    low, high = page.span
    if isnan(low):
        panel.set_yticks([])
        return
    margin = 0.06 * (high - low) or 0.5
    panel.set_ylim(low - margin, high + margin)
    panel.yaxis.set_major_locator(MaxNLocator(4))


def alt_unit_learning(page: UnitLearning, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_unit_learning`.

    Parameters
    ----------
    page : UnitLearning
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The levels, depth and positions of each session.
    """
    parts = []
    for row in page.table.to_dict("records"):
        words = []
        if not pd.isna(row["level"]):
            words.append(pick(lang, sv="nivå ", en="level ") + number(row["level"], 1, lang=lang))
        if row["deep"] + row["surface"]:
            words.append(pick(lang, sv="djup ", en="depth ") + f"{row['deep']}/{row['deep'] + row['surface']}")
        if row["pairs"]:
            ends = (number(row[end], 1, lang=lang) for end in ("before", "after"))
            words.append(pick(lang, sv="position ", en="position ") + " → ".join(ends))
        if words:
            parts.append(f"{page.labels.group('session', row['session'], lang)} {', '.join(words)}")
    if not parts:
        return _empty(f"{page.unit}: {_NOTHING[lang]}", lang)
    return f"{page.unit}. {'; '.join(parts)}."


def _signed(value: float, lang: Language) -> str:
    if isnan(value):
        return "–"
    return ("+" if value > 0 else "") + number(value, 2, lang=lang)


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
