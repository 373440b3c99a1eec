"""Figures of the calibration: how often intervals cover, claims are wrong, and what is true is claimed."""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.calibrate import Calibration, Power
from evalkit.calibrate.calibration import label_of
from evalkit.figures.grids import frame_grid
from evalkit.figures.style import BLUE, EMPTY, INK, SHADES, SKY, VERMILION, cell, figure_axes, note, use_style
from evalkit.wording import Language, number, percent, pick

__all__ = ["alt_calibration", "alt_power", "plot_calibration", "plot_power"]

ROW = 0.275  # inches for an estimator: its name on two lines
GRID_ROW = 0.31  # the same in the grid of power
BAND = 0.66  # of them for its marks, one cell below the other
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
    heights = [HEAD + ROW * max(rows["estimator"].nunique(), 1) for rows in panels]
    ax, own = figure_axes(ax, height=sum(heights) + 0.45)
    ax.set_axis_off()
    top = 1.0
    for rows, height, coverage in zip(panels, heights, (True, False), strict=True):
        whole = height / sum(heights)
        room = whole * (height - HEAD) / height
        panel = ax.inset_axes((0.36, top - room, 0.62, room))
        _draw_panel(panel, rows, calibration, coverage=coverage, lang=lang)
        top -= whole
    text = pick(
        lang,
        sv="En punkt per slags program eller material, ± ett Monte Carlo-fel, den sämsta överst; ljus där färre är "
        "simulerade. Streck: målet. Röd romb: missat; ring: under målet, men inte mer än slumpen kan göra. Inom "
        "parentes: hur många som når målet. Den sämsta missen är namngiven; τ: störningar som alla enheter delar, ρ: "
        "hur mycket dokument skiljer sig.",
        en="One mark per kind of programme or corpus, ± one Monte Carlo error, the worst on top; pale where fewer are "
        "simulated. Dash: the goal. Red diamond: missed; ring: short of the goal, but within chance. In parentheses: "
        "how many meet the goal. The worst miss is named; τ: shocks that all units share, ρ: how much documents "
        "differ.",
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


@use_style()
def plot_power(power: Power, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw method × kind of programme with the per cent of programmes in which what is true was claimed.

    Parameters
    ----------
    power : Power
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
    table = power.table
    methods, shown = list(dict.fromkeys(table["estimator"])), set(table["cell"])
    kinds = [kind.id for kind in power.calibration.cells if kind.id in shown]
    ax, own = figure_axes(ax, height=GRID_ROW * max(len(methods), 1) + 2.9)
    for x in range(len(kinds)):
        for y in range(len(methods)):
            cell(ax, x, y, colour=EMPTY, text="", gid="")
    for row in table.to_dict("records"):
        place = kinds.index(row["cell"]), methods.index(row["estimator"])
        text = number(100 * row["rate"], lang=lang)
        cell(ax, *place, colour=SHADES(0.75 * row["rate"]), text=text, gid=f"power:{row['row_id']}")
    names = ["\n".join(textwrap.wrap(label_of(name, lang), 36)) for name in methods]
    frame_grid(ax, rows=names, columns=[power.calibration.cell(kind).short_label(lang) for kind in kinds])
    ax.tick_params("x", labelrotation=90)
    for label in ax.get_xticklabels():
        label.set(ha="center", rotation_mode="default")
    text = pick(
        lang,
        sv="Procent av de program där metoden svarar i vilka det som är sant också påstås. Tom ruta: det är inte sant "
        "där, eller så vägrar metoden alltid. τ: störningar som alla enheter delar.",
        en="Per cent of the programmes where the method answers in which what is true was also claimed. Empty: it is "
        "not true there, or the method always refuses. τ: shocks that all units share.",
    )
    note(ax, text, own=own)
    return ax


def alt_power(power: Power, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_power`.

    Parameters
    ----------
    power : Power
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The range of each method.
    """
    start = pick(
        lang,
        sv="Rutnät metod × slags program, med procent av programmen. ",
        en="Grid method × kind of programme, with per cent of the programmes. ",
    )
    return start + power.sentence(lang)


def _asked(calibration: Calibration, kinds: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of these kinds that have a goal, with what is held against it."""
    table = calibration.table
    rows = table[table["kind"].isin(kinds) & table["goal"].notna()]
    covers = rows["kind"].isin(["approximate", "exact"])
    return rows.assign(
        value=rows["coverage"].where(covers, rows["rate"]), error=rows["coverage_mcse"].where(covers, rows["rate_mcse"])
    )


def _draw_panel(panel: Axes, rows: pd.DataFrame, calibration: Calibration, *, coverage: bool, lang: Language) -> None:
    ends = [(rows["value"] - rows["error"]).min(), (rows["value"] + rows["error"]).max()] if len(rows) else [0.0, 1.0]
    limits = (max(0.0, min(0.85, ends[0] - 0.02)), 1.005) if coverage else (-0.004, max(0.12, ends[1] * 1.04))
    panel.set_xlim(*limits)
    names = []
    most = rows["programmes"].max()
    for place, (name, part) in enumerate(rows.groupby("estimator", sort=False)):
        ordered = part.sort_values("value", ascending=coverage, kind="stable").to_dict("records")
        for y, row in zip(_heights(place, len(ordered)), ordered, strict=True):
            _mark(panel, row, y, pale=row["programmes"] < most)
        missed = [row for row in ordered if row["clear"]]
        if missed:
            worst = max(missed, key=lambda row: abs(row["value"] - row["goal"]))
            _name(panel, calibration.cell(worst["cell"]).short_label(lang), place, coverage=coverage)
        met = f"({int(part['met'].astype(bool).sum())}\u00a0{pick(lang, sv='av', en='of')}\u00a0{len(part)})"
        names.append("\n".join(textwrap.wrap(f"{label_of(str(name), lang)} {met}", 36)))
        panel.axhline(place + 0.5, color="#DDDDDD", linewidth=0.6)
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(max(len(names), 1) - 0.5, -0.5)
    panel.tick_params(left=False)
    panel.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    panel.set_xlabel(
        pick(lang, sv="Täckning: andel intervall som innehåller sanningen", en="Coverage: intervals holding the truth")
        if coverage
        else pick(lang, sv="Felrisk: andel program där något påstås som inte är så", en="Error rate: false claims")
    )


def _heights(place: int, count: int) -> list[float]:
    """Return where an estimator's marks stand, one cell below the other within its row."""
    if count == 1:
        return [float(place)]
    return [place + BAND * (k / (count - 1) - 0.5) for k in range(count)]


def _mark(panel: Axes, row: dict[Any, Any], y: float, *, pale: bool) -> None:
    clear, met = bool(row["clear"]), bool(row["met"])
    colour = VERMILION if clear else SKY if pale else BLUE
    panel.plot([row["goal"]] * 2, [y - 0.04, y + 0.04], color=INK, linewidth=0.9, zorder=1.5)
    ends = [row["value"] - row["error"], row["value"] + row["error"]]
    panel.plot(ends, [y, y], color=colour, linewidth=0.5, solid_capstyle="butt", zorder=2)
    panel.plot(
        row["value"],
        y,
        "D" if clear else "o",
        color=colour,
        markersize=3.2 if clear else 2.6,
        markerfacecolor=colour if met or clear else "white",
        markeredgewidth=0.7,
        zorder=4 if clear else 3,
        clip_on=False,
        gid=f"calibration:{row['row_id']}",
    )


def _name(panel: Axes, cell: str, place: int, *, coverage: bool) -> None:
    """Name the cell of the worst miss in the corner of its row where no marks are."""
    x, ha = (0.008, "left") if coverage else (0.992, "right")
    panel.text(x, place + 0.46, cell, ha=ha, va="bottom", transform=panel.get_yaxis_transform(), zorder=1.9)


def _count_met(rows: pd.DataFrame, lang: Language) -> str:
    met = int(rows["met"].astype(bool).sum())
    return pick(lang, sv=f"{met} av {len(rows)} når målet", en=f"{met} of {len(rows)} meet the goal")
