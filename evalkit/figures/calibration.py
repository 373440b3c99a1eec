"""Figure of the calibration: how often intervals cover and how often claims are wrong, against their goals."""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.calibrate import Calibration
from evalkit.calibrate.calibration import label_of
from evalkit.figures.style import BLUE, INK, VERMILION, figure_axes, note, use_style
from evalkit.wording import Language, number, percent, pick

__all__ = ["alt_calibration", "plot_calibration"]

PITCH = 0.044  # inches from one mark to the next
GAP = 2.5  # marks' worth of room between estimators
LEAST = 7.5  # marks' worth of room that an estimator's name needs
HEAD = 0.62  # inches for a panel's axis


@use_style()
def plot_calibration(calibration: Calibration, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw every coverage and every error rate, with its Monte Carlo error and its goal.

    Parameters
    ----------
    calibration : Calibration
        What to draw; rows without a goal, and power, stand in the table only.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the two panels (`child_axes`: coverage, error rates).
    """
    panels = [_asked(calibration, kinds) for kinds in (("approximate", "exact"), ("error",))]
    heights = [HEAD + PITCH * sum(_rooms(rows)) for rows in panels]
    ax, own = figure_axes(ax, height=sum(heights) + 0.45)
    ax.set_axis_off()
    top = 1.0
    for rows, height, coverage in zip(panels, heights, (True, False), strict=True):
        whole = height / sum(heights)
        room = whole * (height - HEAD) / height
        panel = ax.inset_axes((0.3, top - room, 0.68, room))
        _draw_panel(panel, rows, calibration, coverage=coverage, lang=lang)
        top -= whole
    text = pick(
        lang,
        sv="En punkt per slags program, med ± ett Monte Carlo-fel. Prickad linje: målet. Röd romb: missat; ring: under "
        "målet, men inte mer än slumpen kan göra. Den sämsta missen är namngiven; "
        "τ: störningar som alla enheter delar.",
        en="One mark per kind of programme, ± one Monte Carlo error. Dotted line: the goal. Red diamond: missed; ring: "
        "short of the goal, but within chance. The worst miss is named; "
        "τ: shocks that all units share.",
    )
    note(ax, text, own=own)
    return ax


def alt_calibration(calibration: Calibration, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_calibration`.

    Parameters
    ----------
    calibration : Calibration
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Per estimator the range of what was measured and how many goals are met.
    """
    parts = []
    for kinds, sv, en in (
        (("approximate", "exact"), "täckning", "coverage"),
        (("error",), "felrisk", "error rate"),
    ):
        for name, rows in _asked(calibration, kinds).groupby("estimator", sort=False):
            low, high = (number(value, 2, lang=lang) for value in (rows["value"].min(), rows["value"].max()))
            parts.append(
                f"{label_of(str(name), lang)}: {pick(lang, sv=sv, en=en)} {low}–{high}, {_count_met(rows, lang)}"
            )
    intro = pick(
        lang,
        sv="Punkter för varje slags simulerat program mot målet. ",
        en="Marks for each kind of simulated programme against the goal. ",
    )
    return intro + "; ".join(parts) + "."


def _asked(calibration: Calibration, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of these kinds that have a goal, with what is held against it."""
    table = calibration.table
    rows = table[table["kind"].isin(kinds) & table["goal"].notna()]
    covers = rows["kind"].isin(["approximate", "exact"])
    return rows.assign(
        value=rows["coverage"].where(covers, rows["rate"]), error=rows["coverage_mcse"].where(covers, rows["rate_mcse"])
    )


def _rooms(rows: pd.DataFrame) -> list[float]:
    return [max(len(part), LEAST) + GAP for _, part in rows.groupby("estimator", sort=False)]


def _draw_panel(panel: Axes, rows: pd.DataFrame, calibration: Calibration, *, coverage: bool, lang: Language) -> None:
    ends = [(rows["value"] - rows["error"]).min(), (rows["value"] + rows["error"]).max()] if len(rows) else [0.0, 1.0]
    limits = (max(0.0, min(0.85, ends[0] - 0.02)), 1.005) if coverage else (-0.004, max(0.12, ends[1] * 1.04))
    panel.set_xlim(*limits)
    places, names, start = [], [], 0.0
    groups = list(rows.groupby("estimator", sort=False))
    for (name, part), room in zip(groups, _rooms(rows), strict=True):
        first = start + (room - len(part) + 1) / 2
        for place, row in enumerate(part.to_dict("records")):
            _mark(panel, row, first + place)
        _name_worst(panel, part, first, calibration, lang)
        places.append(start + room / 2)
        names.append("\n".join([*textwrap.wrap(label_of(str(name), lang), 25), _count_met(part, lang)]))
        start += room
        panel.axhline(start, color="#DDDDDD", linewidth=0.6)
    panel.set_yticks(places, names)
    panel.set_ylim(max(start, 1.0), 0)
    panel.tick_params(left=False)
    panel.xaxis.set_major_locator(MaxNLocator(6))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    panel.set_xlabel(
        pick(lang, sv="Täckning: andel intervall som innehåller sanningen", en="Coverage: intervals holding the truth")
        if coverage
        else pick(lang, sv="Felrisk: andel program där något påstås som inte är så", en="Error rate: false claims")
    )


def _mark(panel: Axes, row: dict[Any, Any], y: float) -> None:
    clear, met = bool(row["clear"]), bool(row["met"])
    colour = VERMILION if clear else BLUE
    panel.plot([row["goal"]] * 2, [y - 0.5, y + 0.5], ":", color=INK, linewidth=1)
    ends = [row["value"] - row["error"], row["value"] + row["error"]]
    panel.plot(ends, [y, y], color=colour, linewidth=0.7, solid_capstyle="butt", zorder=2)
    panel.plot(
        row["value"],
        y,
        "D" if clear else "o",
        color=colour,
        markersize=4 if clear else 3,
        markerfacecolor=colour if met or clear else "white",
        markeredgewidth=0.8,
        zorder=3,
        clip_on=False,
        gid=f"calibration:{row['row_id']}",
    )


def _name_worst(panel: Axes, part: pd.DataFrame, first: float, calibration: Calibration, lang: Language) -> None:
    missed = [(place, row) for place, row in enumerate(part.to_dict("records")) if row["clear"]]
    if not missed:
        return
    place, row = max(missed, key=lambda one: abs(one[1]["value"] - one[1]["goal"]))
    low, high = panel.get_xlim()
    left = (row["value"] - low) / (high - low) < 0.4
    name = calibration.cell(row["cell"]).short_label(lang).replace(" = ", "\u00a0=\u00a0")
    text = "\n".join(textwrap.wrap(name, 36))
    panel.annotate(
        text,
        (row["value"] - (1 if left else -1) * row["error"], first + place),
        xytext=(0, 4),
        textcoords="offset points",
        ha="left" if left else "right",
        va="bottom",
        zorder=1.9,
    )


def _count_met(rows: pd.DataFrame, lang: Language) -> str:
    met = int(rows["met"].astype(bool).sum())
    return pick(lang, sv=f"{met} av {len(rows)} når målet", en=f"{met} of {len(rows)} meet the goal")
