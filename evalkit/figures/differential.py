"""Figures of what the leavers carried against the rest, and of other outcomes over the event."""

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, GREY, INK, ORANGE, SKY, figure_axes, note, use_style
from evalkit.models.experiment import DifferentialHarm, OtherOutcomes
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["alt_differential_harm", "alt_other_outcomes", "plot_differential_harm", "plot_other_outcomes"]

PER_ROW = 3


@use_style()
def plot_differential_harm(harm: DifferentialHarm, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each unit's change in what the leavers carried and in the rest, and the differential harm with its limits.

    Parameters
    ----------
    harm : DifferentialHarm
        What to draw.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the two panels (`child_axes`: units, estimates).
    """
    bottom = 0.3 * len(harm.estimates) + 0.75
    shown = that_fit(harm.table, ax, around=1.6 + bottom)
    rows = shown.to_dict("records")
    height = page_height(max(len(rows), 3), row=0.26, around=1.2 + bottom)
    top = height - bottom - 0.75
    ax, own = figure_axes(ax, height=height)
    ax.set_axis_off()
    room = top - 0.45  # inches of the upper panel: the rest is its title and axis
    upper = ax.inset_axes((0.24, 1 - room / (top + bottom), 0.74, room / (top + bottom)))
    lower = ax.inset_axes((0.24, 0.0, 0.74, 0.55 * bottom / (top + bottom)))
    for y, row in enumerate(rows):
        upper.plot([row["other"], row["carried"]], [y, y], color=GREY, linewidth=1.2, zorder=1)
        upper.plot(row["other"], y, "o", color=SKY, markersize=10)
        led = not pd.isna(row["supervised"]) and bool(row["supervised"])
        upper.plot(row["carried"], y, "D", color=ORANGE, markersize=6, markeredgecolor=INK if led else ORANGE,
                   gid=f"differential_harm:{row['row_id']}")  # fmt: skip
    _names(upper, [str(row["unit"]) for row in rows], lang)
    upper.set_title(pick(lang, sv="Ändring över händelsen, steg", en="Change over the event, steps"), loc="left")
    estimates = harm.estimates.to_dict("records")
    for y, row in enumerate(estimates):
        if np.isfinite([row["ci_low"], row["ci_high"]]).all():
            lower.plot([row["ci_low"], row["ci_high"]], [y, y], color=BLUE, linewidth=2, solid_capstyle="butt")
        lower.plot(row["harm"], y, "D", color=BLUE, markersize=6)
    lower.axvline(0, color=INK, linewidth=0.9)
    lower.axvline(harm.margin, color="#777777", linewidth=0.9, linestyle="--")
    _names(lower, [_kind(row["kind"], lang) for row in estimates], lang)
    title = pick(
        lang, sv="Skada i det burna utöver det andra, steg", en="Harm in what was carried beyond the rest, steps"
    )
    lower.set_title(title, loc="left")
    note(ax, _harm_note(harm, lang) + left_out(harm.table, shown, harm.labels, lang), own=own)
    return ax


def _names(panel: Axes, names: list[str], lang: Language) -> None:
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.margins(x=0.06)
    panel.tick_params(left=False)
    panel.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))


def _kind(kind: str, lang: Language) -> str:
    if kind == "tools":
        return pick(lang, sv="verktyg, inom enhet", en="tools, within unit")
    return pick(lang, sv="enheter", en="units")


def _harm_note(harm: DifferentialHarm, lang: Language) -> str:
    share, margin = percent(harm.level, lang=lang), number(harm.margin, 2, lang=lang)
    return pick(
        lang,
        sv="Gul romb: verktyg som de som slutade bar (svart kant: de var enhetens handledare); blå punkt: de andra. "
        f"Nederst ensidiga {share}-gränser; streckad linje: {margin} steg. Förutsätter att allt annars hade "
        "utvecklats lika.",
        en="Yellow diamond: tools that those who left carried (black edge: they supervised the unit); blue dot: the "
        f"rest. Below one-sided {share} limits; dashed line: {margin} steps. Assumes that all would otherwise have "
        "grown alike.",
    )


def alt_differential_harm(harm: DifferentialHarm, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_differential_harm`.

    Parameters
    ----------
    harm : DifferentialHarm
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every unit's two changes and the estimates.
    """
    units = "; ".join(
        f"{row['unit']} {number(row['carried'], 2, lang=lang)} / {number(row['other'], 2, lang=lang)}"
        for row in that_fit(harm.table, None, around=1.6).to_dict("records")
    )
    said = "; ".join(
        f"{_kind(row['kind'], lang)} {number(row['harm'], 2, lang=lang)} "
        f"({interval(row['ci_low'], row['ci_high'], lang=lang)})"
        for row in harm.estimates.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Ändring per enhet, buret / annat: {units}. Skada utöver det andra: {said}. {_harm_note(harm, lang)}",
        en=f"Change per unit, carried / rest: {units}. Harm beyond the rest: {said}. {_harm_note(harm, lang)}",
    )


@use_style()
def plot_other_outcomes(outcomes: OtherOutcomes, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each outcome before and after the event, a line per unit and one for the mean.

    Parameters
    ----------
    outcomes : OtherOutcomes
        What to draw.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold a panel per outcome (`child_axes`).
    """
    rows = outcomes.table.to_dict("records")
    deep = -(-len(rows) // PER_ROW)
    ax, own = figure_axes(ax, height=0.6 + 2.05 * deep)
    ax.set_axis_off()
    room, high = 1 / min(PER_ROW, max(len(rows), 1)), 1 / deep
    for place, row in enumerate(rows):
        x, y = place % PER_ROW * room, 1 - (place // PER_ROW + 1) * high
        panel = ax.inset_axes((x + 0.07, y + 0.13 * high, room - 0.1, 0.56 * high))
        own_values = outcomes.sides[outcomes.sides["outcome"] == row["outcome"]]
        _draw_outcome(panel, row, own_values, outcomes, lang)
    note(ax, _outcomes_note(outcomes, lang), own=own)
    return ax


def _draw_outcome(
    panel: Axes, row: dict[Any, Any], values: pd.DataFrame, outcomes: OtherOutcomes, lang: Language
) -> None:
    replicated = row["said"] != "described"
    for unit in values.to_dict("records"):
        if replicated:
            panel.plot([0, 1], [unit["before"], unit["after"]], "-", color=SKY, linewidth=0.9, zorder=1)
        else:
            panel.plot([0, 1], [unit["before"], unit["after"]], "o", color=SKY, markersize=4, zorder=1)
    panel.plot([0, 1], [row["before"], row["after"]], "-D", color=BLUE, linewidth=2, markersize=5, zorder=2,
               gid=f"other_outcomes:{row['row_id']}")  # fmt: skip
    panel.set_xticks([0, 1], [pick(lang, sv="före", en="before"), pick(lang, sv="efter", en="after")])
    panel.set_xlim(-0.25, 1.25)
    panel.set_ylim(bottom=0)
    panel.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    top = panel.get_ylim()[1]
    digits = 0 if top > 3 else 1 if top > 0.3 else 2 if top > 0.03 else 3
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, digits, lang=lang)))
    title = "\n".join(textwrap.wrap(str(row[f"name_{lang}"]), 26))
    measure = "\n".join(textwrap.wrap(str(row[f"measure_{lang}"]), 30))
    panel.set_title(f"{title}\n{measure}", loc="left", fontsize=8, x=-0.2)


def _outcomes_note(outcomes: OtherOutcomes, lang: Language) -> str:
    return pick(
        lang,
        sv="Tunna linjer: en per enhet; punkter: en per träff där programmet är en enda serie; romber: medel.",
        en="Thin lines: one per unit; dots: one per session where the programme is a single series; diamonds: means.",
    )


def alt_other_outcomes(outcomes: OtherOutcomes, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_other_outcomes`.

    Parameters
    ----------
    outcomes : OtherOutcomes
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every outcome before and after.
    """
    said = "; ".join(
        f"{row[f'name_{lang}']}: {number(row['before'], 2, lang=lang)}, {number(row['after'], 2, lang=lang)}"
        for row in outcomes.table.to_dict("records")
    )
    return pick(lang, sv=f"Före och efter. {said}. ", en=f"Before and after. {said}. ") + _outcomes_note(outcomes, lang)
