"""Figures of check-in and check-out: persons per zone, and known persons' moves."""

import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.grids import swatch_key
from evalkit.figures.pages import TALLEST, page_height
from evalkit.figures.style import BLUE, GREY, SHADES, VERMILION, figure_axes, ink_on, note, say, use_style
from evalkit.measures.positions import PositionPairs, PositionZones
from evalkit.wording import Language, number, pick

__all__ = ["alt_position_pairs", "alt_position_zones", "plot_position_pairs", "plot_position_zones"]

_NO_ZONES: dict[Language, str] = {
    "sv": "Inget påstående ställt både in och ut",
    "en": "No statement put both at check-in and check-out",
}
_NO_PAIRS: dict[Language, str] = {"sv": "Inga kända par", "en": "No known pairs"}
_PHASE: dict[str, dict[Language, str]] = {"in": {"sv": "in", "en": "in"}, "out": {"sv": "ut", "en": "out"}}


@use_style()
def plot_position_zones(positions: PositionZones, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each statement as two bars, in and out, split by zone.

    Parameters
    ----------
    positions : PositionZones
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
    table = positions.table
    statements = list(dict.fromkeys(table[["session", "statement"]].itertuples(index=False, name=None)))
    ax, own = figure_axes(ax, height=page_height(max(len(statements), 2), row=0.4, around=0.9))
    if table.empty:
        return say(ax, _NO_ZONES[lang], own=own)
    colours = [SHADES(0.08 + 0.8 * step / max(len(positions.zones) - 1, 1)) for step in range(len(positions.zones))]
    ends: dict[tuple[int, str], float] = {}
    for row in table.to_dict("records"):
        place = statements.index((row["session"], row["statement"]))
        y, left = place + (-0.2 if row["phase"] == "in" else 0.2), ends.get((place, row["phase"]), 0.0)
        share = row["share"] if row["n"] else 0.0
        (bar,) = ax.barh(y, share, left=left, height=0.36, color=colours[row["agreement"]], edgecolor="#888888")
        bar.set_linewidth(0.3)
        bar.set_gid(f"position_zones:{row['row_id']}")
        if share > 0.05:
            ink = ink_on(colours[row["agreement"]])
            ax.text(left + share / 2, y, number(row["n"], lang=lang), ha="center", va="center_baseline", color=ink)
        ends[place, row["phase"]] = left + share
    counts = table.groupby(["session", "statement", "phase"])["n"].sum()
    for place, statement in enumerate(statements):
        for phase, y in (("in", place - 0.2), ("out", place + 0.2)):
            ax.text(1.01, y, f"{_PHASE[phase][lang]} {number(counts[(*statement, phase)], lang=lang)}", va="center")
    _label_statements(ax, positions, statements, lang)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    swatch_key(ax, [(colour, "", zone) for colour, zone in zip(colours, positions.zones, strict=True)])
    text = pick(
        lang,
        sv="Personer per zon; övre stapeln vid incheckning, nedre vid utcheckning. Mörkare: mer instämmande.",
        en="Persons per zone; upper bar at check-in, lower at check-out. Darker: more agreement.",
    )
    note(ax, text, own=own)
    return ax


def alt_position_zones(positions: PositionZones, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_position_zones`.

    Parameters
    ----------
    positions : PositionZones
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many persons stood in each zone of each statement.
    """
    if positions.table.empty:
        return _empty(_NO_ZONES[lang], lang)
    parts = []
    for (session, statement), rows in positions.table.groupby(["session", "statement"], sort=False):
        counts = [
            f"{_PHASE[phase][lang]} " + "/".join(str(n) for n in rows.loc[rows["phase"] == phase, "n"])
            for phase in ("in", "out")
        ]
        parts.append(f"{positions.labels.group('session', session, lang)} {statement}: {', '.join(counts)}")
    zones = "/".join(positions.zones)
    return pick(
        lang,
        sv=f"Staplar över personer per zon ({zones}) vid in- och utcheckning. {'; '.join(parts)}.",
        en=f"Bars of persons per zone ({zones}) at check-in and check-out. {'; '.join(parts)}.",
    )


@use_style()
def plot_position_pairs(positions: PositionPairs, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each known person as a line from check-in to check-out, the statements under one another.

    Parameters
    ----------
    positions : PositionPairs
        The pairs.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    told = positions.statements[positions.statements["pairs"] > 0]
    pairs, statements = len(positions.table), told[["session", "statement"]].itertuples(index=False, name=None)
    ax, own = figure_axes(ax, height=min(1.2 + 0.09 * pairs + 0.2 * len(told), TALLEST))
    if not pairs:
        return say(ax, _NO_PAIRS[lang], own=own)
    y, centres = 0.0, []
    ordered = positions.table.sort_values(["before", "after"], kind="stable")
    for place, row in zip(statements, told.to_dict("records"), strict=True):
        rows = ordered[(ordered["session"] == place[0]) & (ordered["statement"] == place[1])]
        centres.append((place, y + (len(rows) - 1) / 2))
        for pair in rows.to_dict("records"):
            _draw_pair(ax, pair, y)
            y += 1
        moved = [f"→ {number(row['towards'], lang=lang)}", f"= {number(row['same'], lang=lang)}"]
        ax.text(
            1.02,
            centres[-1][1],
            "  ".join([*moved, f"← {number(row['away'], lang=lang)}"]),
            va="center",
            transform=ax.get_yaxis_transform(),
        )
        y += 1.5
        ax.axhline(y - 1.25, color="#DDDDDD", linewidth=0.6)
    _label_statements(ax, positions, [place for place, _ in centres], lang, at=[centre for _, centre in centres])
    ax.set_ylim(y - 1.0, -1.0)
    ax.margins(x=0.06)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=positions.unit == "zones"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.set_xlabel(_agreement(positions, lang))
    text = pick(
        lang,
        sv="En rad per person: öppen ring vid incheckning, fylld markering vid utcheckning. → mot instämmande, = kvar, "
        "← bort.",
        en="A row per person: open ring at check-in, filled mark at check-out. → towards agreement, = stayed, ← away.",
    )
    note(ax, text, own=own)
    return ax


def alt_position_pairs(positions: PositionPairs, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_position_pairs`.

    Parameters
    ----------
    positions : PositionPairs
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many moved which way on each statement.
    """
    if positions.table.empty:
        return _empty(_NO_PAIRS[lang], lang)
    parts = []
    for row in positions.statements[positions.statements["pairs"] > 0].to_dict("records"):
        towards, same, away = (number(row[c], lang=lang) for c in ("towards", "same", "away"))
        where = f"{positions.labels.group('session', row['session'], lang)} {row['statement']}"
        parts.append(
            pick(
                lang,
                sv=f"{where}: {towards} mot instämmande, {same} kvar, {away} bort",
                en=f"{where}: {towards} towards agreement, {same} stayed, {away} away",
            )
        )
    return pick(
        lang,
        sv=f"Kända personers flyttning från in- till utcheckning. {'; '.join(parts)}.",
        en=f"Known persons' moves from check-in to check-out. {'; '.join(parts)}.",
    )


def _draw_pair(ax: Axes, pair: dict[Any, Any], y: float) -> None:
    colour, marker = (BLUE, ">") if pair["change"] > 0 else (VERMILION, "<") if pair["change"] < 0 else (GREY, "o")
    (line,) = ax.plot([pair["before"], pair["after"]], [y, y], color=colour, linewidth=1.2, zorder=1)
    line.set_gid(f"position_pairs:{pair['row_id']}")
    ax.plot(pair["before"], y, marker="o", color="white", markeredgecolor=colour, markersize=4, zorder=2)
    ax.plot(pair["after"], y, marker=marker, color=colour, markersize=4, zorder=3)


def _label_statements(
    ax: Axes, positions: PositionZones | PositionPairs, statements: list[Any], lang: Language, *, at: Any = None
) -> None:
    """Write the statements beside their rows, in two lines at most."""
    labels = [
        "\n".join(textwrap.wrap(f"{positions.labels.group('session', session, lang)} {text}", 30, max_lines=2))
        for session, text in statements
    ]
    places = at if at is not None else list(range(len(statements)))
    ax.set_yticks(places, labels)
    ax.tick_params(left=False)
    if at is None:
        ax.set_ylim(len(statements) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)


def _agreement(positions: PositionPairs, lang: Language) -> str:
    if positions.unit == "cm":
        return pick(lang, sv="Instämmande (cm, åt höger mer)", en="Agreement (cm, more to the right)")
    return pick(lang, sv="Instämmande (zoner, åt höger mer)", en="Agreement (zones, more to the right)")


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
