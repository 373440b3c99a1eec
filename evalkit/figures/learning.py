"""Figures of learning: the latest levels, what is introduced at home, and coded depth."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from evalkit.figures.grids import CHARACTER, frame_grid
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import EMPTY, SHADES, cell, figure_axes, note, say, use_style
from evalkit.measures.coded_depth import CodedDepth
from evalkit.measures.implementation import Implementation
from evalkit.measures.learning_levels import LatestLevels
from evalkit.measures.register_rows import name_of
from evalkit.measures.tally import unchecked
from evalkit.tables.schemas import EVIDENCE
from evalkit.wording import Language, number, percent, pick

__all__ = [
    "alt_coded_depth",
    "alt_implementation",
    "alt_latest_levels",
    "plot_coded_depth",
    "plot_implementation",
    "plot_latest_levels",
]

# Light to dark as the evidence grows stronger, each with a sign that needs no colour.
_EVIDENCE_SHADE = {"said": 0.12, "shown": 0.42, "observed": 0.8}
_EVIDENCE_SIGN = {"said": "○", "shown": "◐", "observed": "●"}
_WITH_SESSION = 9
"""Most columns whose cells have room for the session."""


@use_style()
def plot_latest_levels(latest: LatestLevels, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × tool with the last level that each was given, and when.

    Parameters
    ----------
    latest : LatestLevels
        From `LearningLevels.latest`.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table, scale = that_fit(latest.table, ax, around=1.9), latest.scale
    units = table.drop_duplicates("unit")
    tools = list(dict.fromkeys(table["tool"]))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=1.9))
    if not (table["state"] == "judged").any():
        return say(ax, _NO_LEVELS[lang], own=own)
    rows = units["unit"].tolist()
    for row in table.to_dict("records"):
        colour, text = EMPTY, "?" if row["state"] == "cannot judge" else "–"
        if row["state"] == "judged":
            share = (row["level"] - scale.minimum) / max(scale.maximum - scale.minimum, 1)
            colour, text = SHADES(0.06 + 0.84 * share), _level(row["level"], lang)
            if len(tools) <= _WITH_SESSION:
                text += " " + latest.labels.group("session", row["session"], lang)
        gid = f"latest_levels:{row['row_id']}"
        cell(ax, tools.index(row["tool"]), rows.index(row["unit"]), colour=colour, text=text, gid=gid)
    labels = [unit + ("*" if left else "") for unit, left in zip(rows, units["left"], strict=True)]
    frame_grid(ax, rows=labels, columns=[name_of(latest.tools, tool, lang) for tool in tools])
    note(ax, _levels_note(latest, lang) + left_out(latest.table, table, latest.labels, lang), own=own)
    return ax


def alt_latest_levels(latest: LatestLevels, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_latest_levels`.

    Parameters
    ----------
    latest : LatestLevels
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The range of the levels in each tool.
    """
    judged = latest.table.dropna(subset="level")
    if judged.empty:
        return _empty(_NO_LEVELS[lang], lang)
    tools = "; ".join(
        f"{name_of(latest.tools, str(tool), lang)} {_level(levels.min(), lang)}–{_level(levels.max(), lang)} "
        f"({latest.labels.count(len(levels), 'unit', lang)})"
        for tool, levels in judged.groupby("tool", sort=False)["level"]
    )
    noun = latest.labels.noun("unit", lang)
    return pick(
        lang,
        sv=f"Rutnät {noun} × verktyg med senaste bedömda nivå, lägst till högst: {tools}.",
        en=f"Grid {noun} × tool with the latest rated level, lowest to highest: {tools}.",
    )


@use_style()
def plot_implementation(status: Implementation, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × tool with the latest record of what is introduced at home, darker the stronger its evidence.

    Parameters
    ----------
    status : Implementation
        The records.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(status.table, ax, around=2.0)
    units, tools = (list(dict.fromkeys(table[key])) for key in ("unit", "tool"))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=2.0))
    if not table["records"].any():
        return say(ax, _NO_RECORDS[lang], own=own)
    room = int(4.9 / len(tools) / CHARACTER) - 2
    words = {word: status.status_name(word, lang) for word in status.statuses}
    whole = max(map(len, words.values())) <= room
    short = {word: words[word] if whole else chr(ord("a") + place) for place, word in enumerate(words)}
    for row in table.to_dict("records"):
        known = not pd.isna(row["status"])
        cell(
            ax,
            tools.index(row["tool"]),
            units.index(row["unit"]),
            colour=SHADES(_EVIDENCE_SHADE[row["evidence"]]) if known else EMPTY,
            text=f"{_EVIDENCE_SIGN[row['evidence']]} {short[row['status']]}" if known else "–",
            gid=f"implementation:{row['row_id']}",
        )
    frame_grid(ax, rows=units, columns=[name_of(status.tools, tool, lang) for tool in tools])
    signs = ", ".join(f"{_EVIDENCE_SIGN[kind]} {_EVIDENCE[kind][lang]}" for kind in EVIDENCE)
    text = pick(
        lang,
        sv=f"Senaste uppgift och vad den bygger på: {signs} (mörkare: starkare). – Ingen uppgift, vilket inte är samma "
        "sak som inte infört.",
        en=f"Latest record and what it rests on: {signs} (darker: stronger). – No record, which is not the same as not "
        "introduced.",
    )
    if not whole:
        text += " " + ", ".join(f"{letter}: {words[word]}" for word, letter in short.items()) + "."
    note(ax, text + left_out(status.table, table, status.labels, lang), own=own)
    return ax


def alt_implementation(status: Implementation, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_implementation`.

    Parameters
    ----------
    status : Implementation
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many cells have each status, by which evidence.
    """
    known = status.table.dropna(subset="status")
    if known.empty:
        return _empty(_NO_RECORDS[lang], lang)
    cells = "; ".join(
        f"{status.status_name(word, lang)} ({_EVIDENCE[kind][lang]}) {number(count, lang=lang)}"
        for word in status.statuses
        for kind in EVIDENCE
        if (count := int(((known["status"] == word) & (known["evidence"] == kind)).sum()))
    )
    noun, without = status.labels.noun("unit", lang), number(len(status.table) - len(known), lang=lang)
    return pick(
        lang,
        sv=f"Rutnät {noun} × verktyg med senaste uppgift om införande: {cells}; utan uppgift {without}.",
        en=f"Grid {noun} × tool with the latest record of what is introduced: {cells}; without a record {without}.",
    )


@use_style()
def plot_coded_depth(depth: CodedDepth, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × session with the share of depth among segments coded with depth or surface.

    Parameters
    ----------
    depth : CodedDepth
        The counts.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(depth.table, ax, around=1.5)
    units, sessions = (list(dict.fromkeys(table[key])) for key in ("unit", "session"))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=1.5))
    if not table[["deep", "surface"]].to_numpy().any():
        return say(ax, _NO_DEPTH[lang], own=own)
    for row in table.to_dict("records"):
        coded = row["deep"] + row["surface"]
        cell(
            ax,
            sessions.index(row["session"]),
            units.index(row["unit"]),
            colour=SHADES(0.06 + 0.84 * row["share"]) if coded else EMPTY,
            text=f"{row['deep']}/{coded}" if coded else "·" if row["words"] else "",
            gid=f"coded_depth:{row['row_id']}",
            hatch="" if row["words"] else "xx",
        )
    frame_grid(ax, rows=units, columns=[depth.labels.group("session", session, lang) for session in sessions])
    who = unchecked(depth.count_kind, lang)
    text = pick(
        lang,
        sv=f"Segment kodade som djup av alla kodade som djup eller yta; mörkare: större andel djup. Punkt: inget av "
        f"dem. Korsat: inget material. {who[0].upper()}{who[1:]}.",
        en=f"Segments coded as depth out of all coded as depth or surface; darker: larger share of depth. Dot: "
        f"neither. Crossed: no material. {who[0].upper()}{who[1:]}.",
    )
    note(ax, text + left_out(depth.table, table, depth.labels, lang), own=own)
    return ax


def alt_coded_depth(depth: CodedDepth, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_coded_depth`.

    Parameters
    ----------
    depth : CodedDepth
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The share of each session.
    """
    sessions = depth.table.groupby("session")[["deep", "surface"]].sum()
    coded = sessions[sessions.sum(axis=1) > 0]
    if coded.empty:
        return _empty(_NO_DEPTH[lang], lang)
    shares = "; ".join(
        f"{depth.labels.group('session', session, lang)} {percent(deep / (deep + surface), lang=lang)} "
        f"({number(deep, lang=lang)}/{number(deep + surface, lang=lang)})"
        for session, deep, surface in coded.itertuples(name=None)
    )
    noun, one = (depth.labels.noun(key, lang) for key in _UNIT_SESSION)
    who = unchecked(depth.count_kind, lang)
    return pick(
        lang,
        sv=f"Rutnät {noun} × {one} med andel djup bland segment kodade som djup eller yta ({who}): {shares}.",
        en=f"Grid {noun} × {one} with the share of depth among segments coded as depth or surface ({who}): {shares}.",
    )


_UNIT_SESSION: tuple[Any, Any] = ("unit", "session")
_NO_LEVELS: dict[Language, str] = {"sv": "Inga bedömda nivåer", "en": "No rated levels"}
_NO_RECORDS: dict[Language, str] = {"sv": "Inga uppgifter om införande", "en": "No records of what is introduced"}
_NO_DEPTH: dict[Language, str] = {"sv": "Varken djup eller yta är kodad", "en": "Neither depth nor surface is coded"}
_EVIDENCE: dict[str, dict[Language, str]] = {
    "said": {"sv": "sagt", "en": "said"},
    "shown": {"sv": "visat", "en": "shown"},
    "observed": {"sv": "observerat", "en": "observed"},
}


def _level(level: float, lang: Language) -> str:
    return number(level, int(level % 1 > 0), lang=lang)


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."


def _levels_note(latest: LatestLevels, lang: Language) -> str:
    scale, table = latest.scale, latest.table
    steps = "; ".join(f"{scale.minimum + place} {label(lang)}" for place, label in enumerate(scale.labels))
    text = pick(lang, sv=f"Senaste nivå: {steps}.", en=f"Latest level: {steps}.")
    if (table["state"] == "gap").any():
        text += pick(lang, sv=" – Aldrig bedömd.", en=" – Never rated.")
    if (table["state"] == "cannot judge").any():
        text += pick(lang, sv=" ? Kunde inte bedömas.", en=" ? Could not be judged.")
    if table["left"].any():
        left = latest.labels.count(table.loc[table["left"], "unit"].nunique(), "unit", lang)
        text += pick(lang, sv=f" * Har lämnat ({left}).", en=f" * Has left ({left}).")
    if not latest.reliability.known:
        text += " " + latest.reliability.sentence(lang)
    return text
