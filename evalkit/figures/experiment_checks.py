"""Figures of how much the experiment's verdict hangs on: single units, groups, blind raters, leavers, the session."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.experiment import VERDICT_LOOK
from evalkit.figures.pages import LEAST_ROW, TALLEST, page_height
from evalkit.figures.style import BLUE, GREY, INK, SKY, VERMILION, figure_axes, note, use_style
from evalkit.models.experiment import PlaceboBreaks, Sensitivity, TippingPoint
from evalkit.models.experiment.limits import VERDICTS
from evalkit.wording import Language, interval, number, percent, pick

__all__ = [
    "alt_placebo_breaks",
    "alt_sensitivity",
    "alt_tipping_point",
    "plot_placebo_breaks",
    "plot_sensitivity",
    "plot_tipping_point",
]


@use_style()
def plot_sensitivity(sensitivity: Sensitivity, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the mean difference with its limits, computed in several ways, against what the verdict needs.

    Parameters
    ----------
    sensitivity : Sensitivity
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
    shown = _ways_that_fit(sensitivity, ax)
    rows = shown.to_dict("records")
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 4), row=0.22, around=1.2))
    seen = [row[end] for row in rows for end in ("ci_low", "ci_high") if row["kind"] != "blind"]
    seen = [value for value in seen if math.isfinite(value)]
    lines = _thresholds(sensitivity)
    low, high = min([*seen, *lines.values()]) - 0.25, max([*seen, *lines.values()]) + 0.25
    for y, row in enumerate(rows):
        colour = BLUE if row["kind"] == "main" else "#777777"
        if not math.isfinite(row["ci_low"]):
            ax.text(low + 0.05, y, pick(lang, sv="går inte", en="not possible"), va="center", color="#777777")
            continue
        ends = max(row["ci_low"], low), min(row["ci_high"], high)
        ax.plot(ends, [y, y], color=colour, linewidth=2 if row["kind"] == "main" else 1.2, solid_capstyle="butt")
        for end, limit, marker in ((ends[0], row["ci_low"], "<"), (ends[1], row["ci_high"], ">")):
            if end != limit:
                ax.plot(end, y, marker, color=colour, markersize=5, clip_on=False)
        ax.plot(row["mean_difference"], y, "D" if row["kind"] == "main" else "o", color=colour, markersize=5,
                gid=f"sensitivity:{row['row_id']}")  # fmt: skip
    for kind, at in lines.items():
        ax.axvline(
            at, color=VERMILION if kind == "harm" else INK, linewidth=1, linestyle="-." if kind == "harm" else "--"
        )
    ax.set_yticks(range(len(rows)), [_way(row["kind"], row["what"], row["n"], lang) for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(low, high)
    ax.tick_params(left=False)
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    ax.set_xlabel(pick(lang, sv="Medelskillnad efter minus före, steg", en="Mean difference after minus before, steps"))
    text = _sensitivity_note(sensitivity, lang)
    if len(shown) < len(sensitivity.table):
        drawn, every = (number((part["kind"] == "without").sum(), lang=lang) for part in (shown, sensitivity.table))
        text += pick(
            lang,
            sv=f" Ritade är de {drawn} av {every} som ändrar mest om de tas bort.",
            en=f" Drawn are the {drawn} of {every} that change most when left out.",
        )
    note(ax, text, own=own)
    return ax


def _ways_that_fit(sensitivity: Sensitivity, ax: Axes | None) -> pd.DataFrame:
    """Keep every way but the units left out that change least, where a page has no room for all."""
    table = sensitivity.table
    left_out = table["kind"] == "without"
    most = int((TALLEST - 1.6) / LEAST_ROW) - int((~left_out).sum())
    if ax is not None or left_out.sum() <= most:
        return table
    main = float(table.loc[table["kind"] == "main", "mean_difference"].iloc[0])
    change = (table.loc[left_out, "mean_difference"] - main).abs()
    return table[~left_out | table.index.isin(change.nlargest(most).index)]


def _thresholds(sensitivity: Sensitivity) -> dict[str, float]:
    """Return where the lower limit must lie above, and the upper one below, for a verdict."""
    lines = {"harm": -sensitivity.margin}
    if sensitivity.gain_max is not None:
        lines["none"] = sensitivity.gain_max - sensitivity.margin
    return lines


def _way(kind: str, what: str, n: int, lang: Language) -> str:
    words = {
        "main": pick(lang, sv="huvudresultat", en="main result"),
        "groups": pick(lang, sv="grupper som enheter", en="groups as units"),
        "without": pick(lang, sv=f"utan {what}", en=f"without {what}"),
        "blind": pick(lang, sv="bara blinda bedömningar", en="blind ratings alone"),
    }[kind]
    return words if kind == "without" else f"{words} (n = {n})"


def _sensitivity_note(sensitivity: Sensitivity, lang: Language) -> str:
    share, margin = percent(sensitivity.level, lang=lang), number(sensitivity.margin, 2, lang=lang)
    tau = number(sensitivity.tau, 2, lang=lang)
    text = pick(
        lang,
        sv=f"Ensidiga {share}-gränser, τ = {tau}. Ligger hela strecket till vänster om den streckprickade linjen är "
        f"skada över {margin} steg visad",
        en=f"One-sided {share} limits, τ = {tau}. A bar wholly left of the dash-dotted line shows harm above {margin} "
        "steps",
    )
    if sensitivity.gain_max is not None:
        text += pick(
            lang,
            sv=", till höger om den streckade är den utesluten vid den största väntade ökningen",
            en=", one right of the dashed line rules it out at the largest gain expected",
        )
    return f"{text}."


def alt_sensitivity(sensitivity: Sensitivity, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_sensitivity`.

    Parameters
    ----------
    sensitivity : Sensitivity
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every way with its limits.
    """
    said = "; ".join(
        f"{_way(row['kind'], row['what'], row['n'], lang)}: "
        + (
            f"{number(row['mean_difference'], 2, lang=lang)} ({interval(row['ci_low'], row['ci_high'], lang=lang)})"
            if math.isfinite(row["ci_low"])
            else "–"
        )
        for row in sensitivity.table.to_dict("records")
    )
    return pick(lang, sv=f"Medelskillnad på flera sätt. {said}. ", en=f"Mean difference in several ways. {said}. ") + (
        _sensitivity_note(sensitivity, lang)
    )


@use_style()
def plot_tipping_point(tipping: TippingPoint, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the verdict per margin over what the leavers can have lost unseen.

    Parameters
    ----------
    tipping : TippingPoint
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
    margins = sorted(set(tipping.table["margin"]))
    ax, own = figure_axes(ax, height=1.5 + 0.45 * len(margins))
    for row in tipping.table.to_dict("records"):
        y, width = margins.index(row["margin"]), row["delta_high"] - row["delta_low"]
        colour, hatch, words = VERDICT_LOOK[row["verdict"]]
        ax.add_patch(
            Rectangle(
                (row["delta_low"], y - 0.42),
                width,
                0.84,
                facecolor=colour,
                edgecolor="white",
                linewidth=1.5,
                hatch=hatch,
                gid=f"tipping_point:{row['row_id']}",
            )
        )
        if width > 0.28 * 2 * tipping.span:
            ink = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
            ax.text(row["delta_low"] + width / 2, y, words[lang].replace("\n", " "), ha="center", va="center", bbox=ink,
                    color="white" if hatch else INK)  # fmt: skip
    ax.axvline(0, color=INK, linewidth=1, linestyle="--", zorder=1.5)
    ax.set_yticks(range(len(margins)), [_margin(margin, lang) for margin in margins])
    ax.set_xlim(-tipping.span, tipping.span)
    ax.set_ylim(len(margins) - 0.5, -0.5)
    ax.tick_params(left=False)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.set_xlabel(
        pick(
            lang,
            sv="Hur många steg sämre det gick för dem som lämnade än för de andra",
            en="How many steps worse those that left fared than the others",
        )
    )
    note(ax, _tipping_note(tipping, lang), own=own)
    return ax


def _margin(margin: float, lang: Language) -> str:
    if margin == 0:
        return pick(lang, sv="någon skada alls", en="any harm at all")
    return pick(lang, sv=f"{number(margin, 2)} steg", en=f"{number(margin, 2, lang='en')} steps")


def _tipping_note(tipping: TippingPoint, lang: Language) -> str:
    who, unseen = ", ".join(tipping.leavers), percent(tipping.share_unseen, lang=lang)
    return pick(
        lang,
        sv="Blå: ingen skada över marginalen; grå: går inte att avgöra; streckad: skada över marginalen. Rader: "
        f"marginal. Lämnade efter händelsen: {who} ({unseen} av alla anmäldas tid efteråt).",
        en="Blue: no harm above the margin; grey: inconclusive; hatched: harm above the margin. Rows: margin. Left "
        f"after the event: {who} ({unseen} of all enrolled units' time afterwards).",
    )


def alt_tipping_point(tipping: TippingPoint, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_tipping_point`.

    Parameters
    ----------
    tipping : TippingPoint
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every margin with its stretches.
    """
    said = "; ".join(
        f"{_margin(row['margin'], lang)}, {interval(row['delta_low'], row['delta_high'], lang=lang)}: "
        f"{VERDICTS[row['verdict']](lang)}"
        for row in tipping.table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Utslag över hur det gick för dem som lämnade. {said}. {_tipping_note(tipping, lang)}",
        en=f"Verdict over how those that left fared. {said}. {_tipping_note(tipping, lang)}",
    )


@use_style()
def plot_placebo_breaks(breaks: PlaceboBreaks, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the mean difference around every session, the event's own among them.

    Parameters
    ----------
    breaks : PlaceboBreaks
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
    ax, own = figure_axes(ax, height=2.6)
    rows = breaks.table.to_dict("records")
    for row in rows:
        if math.isnan(row["mean_difference"]):
            continue
        x, real = row["after_session"], bool(row["event"])
        ax.plot([x, x], [row["lowest"], row["highest"]], color=SKY if real else GREY, linewidth=5, alpha=0.6,
                solid_capstyle="butt")  # fmt: skip
        ax.plot(x, row["mean_difference"], "D" if real else "o", color=BLUE if real else "#777777", markersize=7,
                gid=f"placebo_breaks:{row['row_id']}")  # fmt: skip
        ax.text(x + 0.12, row["mean_difference"], number(row["mean_difference"], 2, lang=lang), va="center")
    ax.axhline(0, color=INK, linewidth=0.8)
    sessions = [row["after_session"] for row in rows]
    after = pick(lang, sv="efter", en="after")
    names = [f"{after} {breaks.labels.group('session', session, lang)}" for session in sessions]
    ax.set_xticks(sessions, names, rotation=90 if len(names) > 7 else 0)
    ax.set_xlim(min(sessions) - 0.5, max(sessions) + 0.7)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    ax.set_ylabel(pick(lang, sv="Efter minus före, steg", en="After minus before, steps"))
    note(ax, _placebo_note(lang), own=own)
    return ax


def _placebo_note(lang: Language) -> str:
    return pick(
        lang,
        sv="Romb: händelsen; punkter: samma räkning kring andra träffar; streck: från lägsta till högsta enhet. En "
        "bild, inget test.",
        en="Diamond: the event; dots: the same computed around other sessions; bars: from the lowest to the highest "
        "unit. A picture, no test.",
    )


def alt_placebo_breaks(breaks: PlaceboBreaks, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_placebo_breaks`.

    Parameters
    ----------
    breaks : PlaceboBreaks
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every break with its mean difference.
    """
    said = "; ".join(
        f"{breaks.labels.group('session', row['after_session'], lang)}"
        f"{pick(lang, sv=' (händelsen)', en=' (the event)') if row['event'] else ''} "
        f"{number(row['mean_difference'], 2, lang=lang)}"
        for row in breaks.table.to_dict("records")
    )
    return pick(
        lang, sv=f"Medelskillnad efter varje träff: {said}. ", en=f"Mean difference after each session: {said}. "
    ) + (_placebo_note(lang))
