"""Figures of what came before leaving and of what could have been done otherwise."""

import math
import textwrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, GREY, INK, ORANGE, cell, figure_axes, note, use_style
from evalkit.models.dropout import EarlyWarning, WhatIf
from evalkit.models.dropout.early_warning import warned_units
from evalkit.wording import Language, number, percent, pick

__all__ = ["alt_early_warning", "alt_what_if", "plot_early_warning", "plot_what_if"]

_LOOK = {"present": ("#9CCBE8", ""), "absent": ("white", "////"), "unknown": (EMPTY, "")}


@use_style()
def plot_early_warning(warning: EarlyWarning, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw attendance of the leavers up to their leaving, and of the others at the same sessions.

    Parameters
    ----------
    warning : EarlyWarning
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
    everyone = warning.units.assign(last=warning.units["unit"].map(warning.table.groupby("unit")["session"].max()))
    ordered = everyone.sort_values(["left", "last"], ascending=[False, True], kind="stable")
    shown = that_fit(ordered, ax, around=1.7)
    units: list[dict[Any, Any]] = shown.to_dict("records")
    ax, own = figure_axes(ax, height=page_height(len(units) + 1, row=0.24, around=1.2))
    sessions = sorted({int(session) for session in warning.table["session"]})
    n_left = sum(bool(unit["left"]) for unit in units)
    places = {str(unit["unit"]): y + (y >= n_left) for y, unit in enumerate(units)}
    for row in warning.table[warning.table["unit"].isin(list(places))].to_dict("records"):
        x, y = sessions.index(int(row["session"])), places[str(row["unit"])]
        colour, hatch = _LOOK[row["state"]]
        mark = cell(ax, x, y, colour=colour, text="", gid=f"early_warning:{row['row_id']}", hatch=hatch)
        if row["state"] == "absent":
            mark.set_edgecolor(ORANGE)
            mark.set_linewidth(1.4)
            mark.set_bounds(x - 0.46, y - 0.42, 0.92, 0.84)
        elif row["state"] == "unknown":
            ax.text(x, y, "–", ha="center", va="center")
    for unit in units:
        y = places[str(unit["unit"])]
        if unit["left"]:
            last = float(unit["last"])
            gone = -0.5 if math.isnan(last) else sessions.index(int(last)) + 0.5
            ax.plot([gone] * 2, [y - 0.5, y + 0.5], color=INK, linewidth=3, solid_capstyle="butt")
        if unit["warned"]:
            ax.text(len(sessions) - 0.35, y, str(unit["absent"]), va="center", color="#A66B00", weight="bold")
    for at, text in (
        (-0.75, pick(lang, sv="lämnade", en="left")),
        (n_left + 0.25, pick(lang, sv="stannade", en="stayed")),
    ):
        ax.text(-0.5, at, text, va="center", fontsize=9, weight="bold")
    ax.set_yticks(list(places.values()), list(places))
    ax.set_xticks(range(len(sessions)), [warning.labels.group("session", s, lang) for s in sessions])
    ax.set_xlim(-0.55, len(sessions) + 0.1)
    ax.set_ylim(len(units) + 0.6, -1.1)
    ax.tick_params(left=False, bottom=False)
    ax.spines[:].set_visible(False)
    note(ax, _warning_note(warning, lang) + left_out(ordered, shown, warning.labels, lang), own=own)
    return ax


def _warning_note(warning: EarlyWarning, lang: Language) -> str:
    (warned, leavers), (false, stayers) = warning.count(left=True), warning.count(left=False)
    return pick(
        lang,
        sv="Blå: på plats; streckad: borta; –: ingen uppgift; streck: lämnade. Siffra: antal gånger borta. Borta minst "
        f"{warning.absences} gång: {warned} av {leavers} som lämnade, {false} av {stayers} som stannade.",
        en="Blue: there; hatched: absent; –: no record; bar: left. Figure: times absent. Absent at least "
        f"{warning.absences} time(s): {warned} of {leavers} that left, {false} of {stayers} that stayed.",
    )


def alt_early_warning(warning: EarlyWarning, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_early_warning`.

    Parameters
    ----------
    warning : EarlyWarning
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Which leavers and which of the others were absent.
    """
    gone, stayed = (warned_units(warning, lang, left=left) for left in (True, False))
    return pick(
        lang,
        sv=f"Rutnät över närvaro före avhopp. Borta innan de lämnade: {gone}. Borta vid samma träffar utan att lämna: "
        f"{stayed}. {_warning_note(warning, lang)}",
        en=f"Grid of attendance before leaving. Absent before they left: {gone}. Absent at the same sessions without "
        f"leaving: {stayed}. {_warning_note(warning, lang)}",
    )


@use_style()
def plot_what_if(scenarios: WhatIf, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw, per scenario, the range of enrolment, completion and cost that its assumptions give.

    Parameters
    ----------
    scenarios : WhatIf
        What to draw.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the panels (`child_axes`: enrolled, completing, share, cost).
    """
    rows = scenarios.table.to_dict("records")
    panels = _panels(scenarios, lang)
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 2), row=0.42, around=1.25))
    ax.set_axis_off()
    left, room = 0.2, 0.8 / len(panels)
    for place, (what, title, share) in enumerate(panels):
        panel = ax.inset_axes((left + place * room, 0.0, room * 0.82, 0.86))
        _draw_ranges(panel, rows, what, share=share, lang=lang)
        panel.set_title("\n".join(textwrap.wrap(title, 20)), fontsize=8, loc="left")
        names = ["\n".join(textwrap.wrap(str(row[f"name_{lang}"]), 18)) for row in rows]
        panel.set_yticks(range(len(rows)), names if place == 0 else [])
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.tick_params(left=False)
    note(ax, _what_if_note(lang), own=own)
    return ax


def _panels(scenarios: WhatIf, lang: Language) -> list[tuple[str, str, bool]]:
    panels = [
        ("enrolled", pick(lang, sv="Anmälda", en="Enrolled"), False),
        ("completed", pick(lang, sv="Fullföljer", en="Complete"), False),
        ("share", pick(lang, sv="Andel", en="Share"), True),
    ]
    if scenarios.funding is not None:
        unit = f"1000 {scenarios.funding.currency}"
        panels.append(("cost", pick(lang, sv=f"{unit} per fullföljd", en=f"{unit} per completing"), False))
    return panels


def _draw_ranges(panel: Axes, rows: list[dict[Any, Any]], what: str, *, share: bool, lang: Language) -> None:
    scale = 1000.0 if what == "cost" else 1.0
    finite = [row[f"{what}_{end}"] / scale for row in rows for end in ("low", "high")]
    top = 1.15 * max([value for value in finite if math.isfinite(value)] + [1e-9])
    top = 1.0 if share else top
    for y, row in enumerate(rows):
        low, high = (row[f"{what}_{end}"] / scale for end in ("low", "high"))
        if math.isnan(low):
            continue
        colour = GREY if y == 0 else BLUE
        end = min(high, top)
        if end - low > top * 1e-6:
            panel.plot([low, end], [y, y], color=colour, linewidth=5, solid_capstyle="butt", alpha=0.75)
        marker = "D" if y == 0 else "|"
        panel.plot([low, end], [y, y], marker, color=INK if y == 0 else BLUE, markersize=5 if y == 0 else 9,
                   linestyle="none", gid=f"what_if:{row['row_id']}:{what}")  # fmt: skip
        if math.isinf(high):
            panel.plot(top, y, ">", color=BLUE, markersize=6, clip_on=False)
    panel.axvline(rows[0][f"{what}_low"] / scale, color="#999999", linewidth=0.8, linestyle=":", zorder=0)
    panel.set_xlim(0, top)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: percent(value, lang=lang) if share else number(value, lang=lang))
    )


def _what_if_note(lang: Language) -> str:
    return pick(
        lang,
        sv="Romb och prickad linje: som det blev. Stapel: från det lägsta till det högsta som antagandena ger. "
        "Tankeförsök med antagandena i öppen dager, inga förutsägelser.",
        en="Diamond and dotted line: as it was. Bar: from the lowest to the highest that the assumptions give. Thought "
        "experiments with their assumptions in the open, no predictions.",
    )


def alt_what_if(scenarios: WhatIf, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_what_if`.

    Parameters
    ----------
    scenarios : WhatIf
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every scenario with its ranges.
    """
    return pick(
        lang,
        sv=f"Staplar per tankeförsök. {scenarios.sentence('sv')}",
        en=f"Bars per thought experiment. {scenarios.sentence('en')}",
    )
