"""Figures of how the learning was carried: who presented, who sat with whom, who spoke of whom, what was changed."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from evalkit.figures.grids import Filling, frame_grid, swatch_key
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, ORANGE, SHADES, SKY, VERMILION, cell, figure_axes, note, say, use_style
from evalkit.measures.presenters import Presenters
from evalkit.measures.programme_time import Adherence
from evalkit.measures.session_groups import SessionGroups
from evalkit.measures.unit_mentions import UnitMentions
from evalkit.wording import Language, number, pick

__all__ = [
    "alt_adherence",
    "alt_presenters",
    "alt_session_groups",
    "alt_unit_mentions",
    "plot_adherence",
    "plot_presenters",
    "plot_session_groups",
    "plot_unit_mentions",
]

_PAIR = ["unit", "about"]
_NO_PRESENTERS: dict[Language, str] = {"sv": "Ingen presentatör antecknad", "en": "No presenter recorded"}
_NO_TIME: dict[Language, str] = {
    "sv": "Tiden för den som höll i är inte antecknad",
    "en": "No time recorded",
}
_NO_GROUPS: dict[Language, str] = {"sv": "Inga grupper antecknade", "en": "No groups recorded"}
_NO_MENTIONS: dict[Language, str] = {"sv": "Ingen nämner någon annan", "en": "Nobody names another"}
_NO_ACTIVITIES: dict[Language, str] = {"sv": "Inga aktiviteter antecknade", "en": "No activities recorded"}


@use_style()
def plot_presenters(shown: Presenters, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw presenter × session with the minutes each held, and under them how many that equals.

    Parameters
    ----------
    shown : Presenters
        The minutes.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(shown.table, ax, around=1.8, by="presenter", choice="most")
    names, sessions = (sorted(set(table[key])) for key in ("presenter", "session"))
    ax, own = figure_axes(ax, height=page_height(max(len(names), 2) + 1, row=0.26, around=1.6))
    if not table["minutes"].any():
        return say(ax, (_NO_PRESENTERS if shown.table.empty else _NO_TIME)[lang], own=own)
    for x in range(len(sessions)):
        for y in range(len(names)):
            cell(ax, x, y, colour=EMPTY, text="", gid="")
    most = table["minutes"].max()
    for row in table.to_dict("records"):
        x, y = sessions.index(row["session"]), names.index(row["presenter"])
        colour = SHADES(0.1 + 0.75 * row["minutes"] / most)
        text = number(row["minutes"], lang=lang) + ("*" if row["new"] else "")
        cell(ax, x, y, colour=colour, text=text, gid=f"presenters:{row['row_id']}")
    for row in shown.sessions.to_dict("records"):
        ax.text(
            sessions.index(row["session"]), len(names), number(row["effective"], 1, lang=lang), ha="center", va="center"
        )
    label = pick(lang, sv="motsvarar", en="equals")
    frame_grid(ax, rows=[*names, label], columns=[shown.labels.group("session", s, lang) for s in sessions])
    text = pick(
        lang,
        sv="Minuter som var och en höll i; * första gången. Nederst: hur många jämnt delande det motsvarar. "
        "Tom ruta: höll inte i något.",
        en="Minutes that each held; * for the first time. Below: how many sharing evenly that equals. "
        "Empty: held nothing.",
    )
    what = pick(lang, sv="som höll i", en="presenters")
    note(ax, text + left_out(shown.table, table, shown.labels, lang, by="presenter", choice="most", what=what), own=own)
    return ax


def alt_presenters(shown: Presenters, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_presenters`.

    Parameters
    ----------
    shown : Presenters
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many presented at each session.
    """
    if not shown.table["minutes"].any():
        return _empty((_NO_PRESENTERS if shown.table.empty else _NO_TIME)[lang], lang)
    sessions = "; ".join(
        f"{shown.labels.group('session', row['session'], lang)} {number(row['presenters'], lang=lang)} "
        f"({pick(lang, sv='motsvarar', en='equals')} {number(row['effective'], 1, lang=lang)})"
        for row in shown.sessions.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Rutnät presentatör × träff med minuter. Antal presentatörer: {sessions}.",
        en=f"Grid presenter × session with minutes. Number of presenters: {sessions}.",
    )


@use_style()
def plot_session_groups(groups: SessionGroups, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × session with the group and its supervisor; a change of group has a frame.

    Parameters
    ----------
    groups : SessionGroups
        The groups.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(groups.table, ax, around=1.4)
    units, sessions = list(dict.fromkeys(table["unit"])), sorted(set(table["session"]))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=1.4))
    if groups.groups.empty:
        return say(ax, _NO_GROUPS[lang], own=own)
    known = sorted(set(table["group"].dropna()))
    for row in table.to_dict("records"):
        grouped = not pd.isna(row["group"])
        share = known.index(row["group"]) / max(len(known) - 1, 1) if grouped else 0.0
        words = [row["group"] if grouped else "–", "" if pd.isna(row["supervisor"]) else row["supervisor"]]
        words[1] = f"▸{words[1]}" if row["new_supervisor"] else words[1]
        text = " · ".join(word for word in words if word)
        mark = cell(
            ax,
            sessions.index(row["session"]),
            units.index(row["unit"]),
            colour=SHADES(0.08 + 0.6 * share) if grouped else EMPTY,
            text=text if len(sessions) <= _WITH_SUPERVISOR else words[0],
            gid=f"session_groups:{row['row_id']}",
        )
        if row["moved"]:
            mark.set_edgecolor(VERMILION)
            mark.set_linewidth(1.6)
    frame_grid(ax, rows=units, columns=[groups.labels.group("session", s, lang) for s in sessions])
    moved = pick(lang, sv=" Röd ram: bytte grupp.", en=" Red frame: changed group.") if table["moved"].any() else ""
    if table["new_supervisor"].any() and len(sessions) <= _WITH_SUPERVISOR:
        moved += pick(lang, sv=" ▸ Ny handledare.", en=" ▸ New supervisor.")
    text = pick(
        lang,
        sv=f"Grupp och handledare för dem som var där.{moved} Tomt: inte där.",
        en=f"Group and supervisor of those present.{moved} Blank: not there.",
    )
    note(ax, text + left_out(groups.table, table, groups.labels, lang), own=own)
    return ax


_WITH_SUPERVISOR = 8
"""Most columns whose cells have room for the supervisor."""


def alt_session_groups(groups: SessionGroups, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_session_groups`.

    Parameters
    ----------
    groups : SessionGroups
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The groups of each session with their sizes.
    """
    if groups.groups.empty:
        return _empty(_NO_GROUPS[lang], lang)
    parts = []
    for session, rows in groups.groups.groupby("session"):
        each = ", ".join(f"{row['group']} {number(row['units'], lang=lang)}" for row in rows.to_dict("records"))
        parts.append(f"{groups.labels.group('session', session, lang)}: {each}")
    noun = groups.labels.noun("unit", lang)
    return pick(
        lang,
        sv=f"Rutnät {noun} × träff med grupp och handledare. Grupper och storlek: {'; '.join(parts)}.",
        en=f"Grid {noun} × session with group and supervisor. Groups and sizes: {'; '.join(parts)}.",
    )


@use_style()
def plot_unit_mentions(mentions: UnitMentions, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw who speaks of whom, session by session.

    Parameters
    ----------
    mentions : UnitMentions
        The turns.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(mentions.table, ax, around=1.4, by=_PAIR, choice="most")
    pairs = sorted(set(table[_PAIR].itertuples(index=False, name=None)))
    sessions = sorted({-1 if pd.isna(session) else int(session) for session in table["session"]})
    ax, own = figure_axes(ax, height=page_height(max(len(pairs), 2), row=0.24, around=1.4))
    if table.empty:
        return say(ax, _NO_MENTIONS[lang], own=own)
    for x in range(len(sessions)):
        for y in range(len(pairs)):
            cell(ax, x, y, colour=EMPTY, text="", gid="")
    for row in table.to_dict("records"):
        x = sessions.index(-1 if pd.isna(row["session"]) else int(row["session"]))
        colour = SHADES(0.2 + 0.6 * row["turns"] / table["turns"].max())
        y, gid = pairs.index((row["unit"], row["about"])), f"unit_mentions:{row['row_id']}"
        cell(ax, x, y, colour=colour, text=number(row["turns"], lang=lang), gid=gid)
    columns = [mentions.labels.group("session", pd.NA if s < 0 else s, lang) for s in sessions]
    frame_grid(ax, rows=[f"{unit} → {about}" for unit, about in pairs], columns=columns)
    noun = mentions.labels.noun("unit", lang)
    text = pick(
        lang,
        sv="Antal repliker i vilka den till vänster om pilen nämner den till höger vid namn.",
        en=f"Turns in which the {noun} to the left names the one to the right.",
    )
    what = pick(lang, sv="par", en="pairs")
    note(ax, text + left_out(mentions.table, table, mentions.labels, lang, by=_PAIR, choice="most", what=what), own=own)
    return ax


def alt_unit_mentions(mentions: UnitMentions, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_unit_mentions`.

    Parameters
    ----------
    mentions : UnitMentions
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every pair with its number of turns.
    """
    if mentions.table.empty:
        return _empty(_NO_MENTIONS[lang], lang)
    shown = that_fit(mentions.table, None, around=1.4, by=_PAIR, choice="most")
    pairs = shown.groupby(_PAIR, as_index=False)["turns"].sum()
    each = "; ".join(
        f"{unit} → {about} {number(n, lang=lang)}" for unit, about, n in pairs.itertuples(index=False, name=None)
    )
    what = pick(lang, sv="par", en="pairs")
    each += left_out(mentions.table, shown, mentions.labels, lang, by=_PAIR, choice="most", what=what).rstrip(".")
    return pick(lang, sv=f"Vem som nämner vem, antal repliker: {each}.", en=f"Who names whom, turns: {each}.")


@use_style()
def plot_adherence(adherence: Adherence, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each session's activities as a bar: as planned, changed for a recorded reason, and changed without one.

    Parameters
    ----------
    adherence : Adherence
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
    table = adherence.table
    ax, own = figure_axes(ax, height=page_height(max(len(table), 2), row=0.3, around=1.3))
    if table.empty:
        return say(ax, _NO_ACTIVITIES[lang], own=own)
    left = 0 * table["activities"]
    for part, (colour, hatch, _) in zip(_PARTS, _adherence_fillings(lang), strict=True):
        bars = ax.barh(table.index, table[part], left=left, color=colour, hatch=hatch, height=0.72, linewidth=0)
        for bar, row in zip(bars, table["row_id"], strict=True):
            bar.set_gid(f"adherence:{row}:{part}")
        left = left + table[part]
    for y, row in enumerate(table.to_dict("records")):
        ax.text(row["activities"], y, "  " + _changes(row, lang), va="center")
    ax.set_yticks(table.index, [adherence.labels.group("session", s, lang) for s in table["session"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.4 * table["activities"].max())
    ax.set_xlabel(pick(lang, sv="Aktiviteter", en="Activities"))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.tick_params(left=False)
    swatch_key(ax, _adherence_fillings(lang))
    text = pick(
        lang,
        sv="En antecknad ändring är en ändring, inte ett fel: ↔ bytt, + tillagd, × struken.",
        en="A recorded change is a change, not a fault: ↔ swapped, + added, × dropped.",
    )
    note(ax, text, own=own)
    return ax


def alt_adherence(adherence: Adherence, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_adherence`.

    Parameters
    ----------
    adherence : Adherence
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every session's counts.
    """
    if adherence.table.empty:
        return _empty(_NO_ACTIVITIES[lang], lang)
    each = "; ".join(
        f"{adherence.labels.group('session', row['session'], lang)} "
        + "/".join(number(row[part], lang=lang) for part in _PARTS)
        for row in adherence.table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Staplar över aktiviteter som planerat/ändrade med skäl/ändrade utan skäl: {each}.",
        en=f"Bars of activities as planned/changed for a reason/changed without one: {each}.",
    )


_PARTS = ("as_planned", "changed", "without_reason")


def _adherence_fillings(lang: Language) -> tuple[Filling, Filling, Filling]:
    return (
        (BLUE, "", pick(lang, sv="som planerat", en="as planned")),
        (SKY, "....", pick(lang, sv="ändrad, skäl antecknat", en="changed, reason recorded")),
        (ORANGE, "////", pick(lang, sv="ändrad utan skäl", en="changed without reason")),
    )


def _changes(row: dict[Any, Any], lang: Language) -> str:
    signs = {"swapped": "↔", "added": "+", "dropped": "×"}
    return "  ".join(f"{sign} {number(row[kind], lang=lang)}" for kind, sign in signs.items() if row[kind])


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
