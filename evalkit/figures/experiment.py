"""Figures of the natural experiment: paths before and after, the G line, the grid of verdicts."""

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.style import BLUE, INK, ORANGE, SKY, VERMILION, cell, figure_axes, note, use_style
from evalkit.models.experiment import BeforeAfter, GainLine, Verdicts
from evalkit.wording import Language, interval, number, percent, pick

__all__ = [
    "VERDICT_LOOK",
    "alt_before_after",
    "alt_gain_line",
    "alt_verdicts",
    "plot_before_after",
    "plot_gain_line",
    "plot_verdicts",
]

# Colour, hatch and short words of each verdict: the hatch tells them apart without colour.
VERDICT_LOOK: dict[str, tuple[str, str, dict[Language, str]]] = {
    "non-inferior": ("#9CCBE8", "", {"sv": "ingen skada\növer marginalen", "en": "no harm\nabove margin"}),
    "inferior": (VERMILION, "////", {"sv": "skada\növer marginalen", "en": "harm\nabove margin"}),
    "inconclusive": ("#E8E8E8", "", {"sv": "går inte\natt avgöra", "en": "inconclusive"}),
}
_MARKS: dict[str, dict[Language, str]] = {
    "plateau": {"sv": "stannar av", "en": "plateau"},
    "parallel": {"sv": "följs åt", "en": "parallel"},
    "linear": {"sv": "fortsätter rakt", "en": "straight on"},
    "ceiling": {"sv": "skalans topp", "en": "top of scale"},
    "declared": {"sv": "största väntade", "en": "largest expected"},
}


@use_style()
def plot_before_after(before: BeforeAfter, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the units' paths over the event, with their mean and every other event named.

    Parameters
    ----------
    before : BeforeAfter
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
    ax, own = figure_axes(ax, height=3.6)
    for _, rows in before.table.groupby("unit", sort=False):
        seen = rows[rows["level"].notna()]
        used = bool(rows["used"].iloc[0])
        colour = SKY if used else "#BBBBBB"
        ax.plot(seen["session"], seen["level"], "-" if used else ":", color=colour, linewidth=0.9, zorder=1)
        for row in seen.to_dict("records"):
            ax.plot(
                row["session"], row["level"], "o", color=colour, markersize=3, zorder=1,
                gid=f"before_after:{row['row_id']}",
            )  # fmt: skip
    ax.plot(before.means["session"], before.means["level"], "-D", color=BLUE, linewidth=2.2, markersize=5, zorder=3)
    if before.controlled:
        ax.plot(before.control_means["session"], before.control_means["level"], "--s", color=ORANGE, linewidth=1.8,
                markersize=4, zorder=3)  # fmt: skip
    low, high = before.scale.minimum, before.scale.maximum
    at = before.after_session + 0.5
    ax.axvline(at, color=INK, linewidth=1.4, zorder=2)
    words = "\n".join(textwrap.wrap(before.event(lang), 30))
    ax.text(at, high + 0.28, words, ha="center", va="bottom", weight="bold")
    for place, event in enumerate(before.co_events):
        if event.after_session is not None:
            offset = event.after_session + 0.5
            ax.axvline(offset, color="#777777", linewidth=0.8, linestyle="--", zorder=0)
            ax.text(offset, high + 0.12, f" {place + 1} ", ha="left", va="center", color="#555555")
    sessions = sorted(set(before.table["session"]))
    names = [before.labels.group("session", session, lang) for session in sessions]
    ax.set_xticks(sessions, names, rotation=90 if len(names) > 13 else 0)
    ax.set_yticks(range(low, high + 1))
    ax.set_xlim(min(sessions) - 0.4, max(sessions) + 0.4)
    ax.set_ylim(low - 0.1, high + 0.25)
    ax.set_ylabel(pick(lang, sv="Medelnivå", en="Mean level"))
    note(ax, _before_note(before, lang), own=own)
    return ax


def _before_note(before: BeforeAfter, lang: Language) -> str:
    text = pick(
        lang,
        sv=f"Romber: medel av de {before.n} som jämförs; tunna linjer: var och en (prickade: jämförs inte).",
        en=f"Diamonds: mean of the {before.n} compared; thin lines: each of them (dotted: not compared).",
    )
    if before.controlled:
        text += pick(
            lang,
            sv=f" Gula fyrkanter: medel av {len(before.control)} utan händelsen.",
            en=f" Yellow squares: mean of {len(before.control)} without the event.",
        )
    for place, event in enumerate(before.co_events):
        when = "" if event.after_session is not None else pick(lang, sv=", okänd tid", en=", time unknown")
        text += f" {place + 1}: {event.name(lang)}{when}."
    return text


def alt_before_after(before: BeforeAfter, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_before_after`.

    Parameters
    ----------
    before : BeforeAfter
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The mean path, the event and every unit's difference.
    """
    means = ", ".join(
        f"{before.labels.group('session', row['session'], lang)} {number(row['level'], 1, lang=lang)}"
        for row in before.means.to_dict("records")
    )
    units = ", ".join(
        f"{row['unit']} {_signed(row['difference'], lang)}" for row in before.differences.to_dict("records")
    )
    after = before.labels.group("session", before.after_session, lang)
    return pick(
        lang,
        sv=f"Medelnivå före och efter ”{before.event(lang)}” (efter {after}): {means}. Skillnad per enhet: "
        f"{units}. {_before_note(before, lang)}",
        en=f"Mean level before and after “{before.event(lang)}” (after {after}): {means}. Difference per unit: "
        f"{units}. {_before_note(before, lang)}",
    )


@use_style()
def plot_gain_line(line: GainLine, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the mean harm against the gain assumed without the event, with a band per size of shared shocks.

    Parameters
    ----------
    line : GainLine
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
    ax, own = figure_axes(ax, height=3.5)
    table = line.table[line.table["kind"] == "grid"]
    taus = sorted(set(table["tau"]))
    styles = ["-", "--", ":", "-."]
    right = float(table["gain"].max())
    for place, tau in enumerate(taus):
        rows = table[table["tau"] == tau]
        ax.fill_between(rows["gain"], rows["harm_low"], rows["harm_high"], color=BLUE, alpha=0.1, linewidth=0)
        for end in ("harm_low", "harm_high"):
            ax.plot(rows["gain"], rows[end], color=BLUE, linewidth=0.8, linestyle=styles[place % len(styles)],
                    gid=f"gain_line:{tau:g}:{end}")  # fmt: skip
    middle = table[table["tau"] == taus[0]]
    ax.plot(middle["gain"], middle["harm"], color=BLUE, linewidth=2)
    ax.axhline(0, color=INK, linewidth=0.9)
    low, high = float(table["harm_low"].min()), float(table["harm_high"].max())
    marks = line.table[(line.table["kind"] != "grid") & (line.table["tau"] == taus[0])].sort_values("gain")
    for row in marks.to_dict("records"):
        declared = row["kind"] == "declared"
        ax.axvline(
            row["gain"], color=VERMILION if declared else "#777777", linewidth=1, linestyle="-." if declared else "--"
        )
        ax.plot(row["gain"], row["harm"], "o", color=BLUE, markersize=6, gid=f"gain_line:{row['row_id']}")
        # The band rises from the lower left to the upper right: the other two corners have room for words.
        left = row["gain"] < right / 2
        # Without a ceiling the two benchmarks may stand close: the second one's words go to its right.
        side = "left" if line.before.controlled and row["kind"] == "linear" else "right"
        ax.text(row["gain"], high if left else low, f"{_MARKS[row['kind']][lang]} ", rotation=90, ha=side,
                va="top" if left else "bottom", color=VERMILION if declared else "#555555")  # fmt: skip
    ax.set_xlim(min(0.0, float(table["gain"].min())) - 0.04 * right - 0.1, right + 0.05)
    ax.set_ylim(low - 0.1, high + 0.1)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    beyond = line.before.controlled
    ax.set_xlabel(
        pick(
            lang,
            sv=f"Medelökning man kunnat vänta utan händelsen{', utöver jämförelsens' if beyond else ''}, steg",
            en=f"Mean gain expected without the event{', beyond the controls' if beyond else ''}, steps",
        )
    )
    ax.set_ylabel(pick(lang, sv="Medelskada, steg", en="Mean harm, steps"))
    share = percent(line.level, lang=lang)
    kinds = dict(zip(styles, ("heldragen", "streckad", "prickad", "streckprickad") if lang == "sv" else
                     ("solid", "dashed", "dotted", "dash-dotted"), strict=True))  # fmt: skip
    sizes = ", ".join(f"τ = {number(tau, 2, lang=lang)} {kinds[styles[k % len(styles)]]}" for k, tau in enumerate(taus))
    text = pick(
        lang,
        sv=f"Bred linje: medelskadan under varje antagande; gränser: ensidiga {share} för gemensamma störningar, "
        f"{sizes}. Under noll: nivån steg mer än antaget.",
        en=f"Broad line: mean harm under each assumption; limits: one-sided {share} for shared shocks, {sizes}. Below "
        "zero: the level rose more than assumed.",
    )
    note(ax, text, own=own)
    return ax


def alt_gain_line(line: GainLine, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_gain_line`.

    Parameters
    ----------
    line : GainLine
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The harm at every benchmark with its limits for each size of shared shocks.
    """
    said = []
    marks = line.table[line.table["kind"] != "grid"]
    for kind, rows in marks.groupby("kind", sort=False):
        limits = "; ".join(
            f"τ {number(row['tau'], 2, lang=lang)}: {interval(row['harm_low'], row['harm_high'], lang=lang)}"
            for row in rows.to_dict("records")
        )
        first = rows.iloc[0]
        gain, harm = (number(first[name], 2, lang=lang) for name in ("gain", "harm"))
        said.append(
            pick(
                lang,
                sv=f"{_MARKS[str(kind)][lang]} (ökning {gain}): skada {harm} ({limits})",
                en=f"{_MARKS[str(kind)][lang]} (gain {gain}): harm {harm} ({limits})",
            )
        )
    return pick(
        lang,
        sv=f"Linje som stiger ett steg skada per steg väntad ökning. {'. '.join(said)}.",
        en=f"Line that rises one step of harm per step of expected gain. {'. '.join(said)}.",
    )


@use_style()
def plot_verdicts(verdicts: Verdicts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the verdict per margin and size of shared shocks.

    Parameters
    ----------
    verdicts : Verdicts
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
    table = verdicts.table
    margins = sorted(set(table["margin"]))
    lines = list(dict.fromkeys(zip(table["tau"], table["gain_max"], strict=True)))
    declared = verdicts.gain_max is not None
    ax, own = figure_axes(ax, height=1.3 + (0.52 if declared else 0.4) * len(lines))
    for row in table.to_dict("records"):
        x, y = margins.index(row["margin"]), lines.index((row["tau"], row["gain_max"]))
        colour, hatch, words = VERDICT_LOOK[row["verdict"]]
        box = cell(ax, x, y, colour=colour, text="", gid=f"verdicts:{row['row_id']}", hatch=hatch)
        box.set_linewidth(2)
        ink = {"facecolor": colour, "edgecolor": "none", "pad": 1.5} if hatch else None
        ax.text(x, y, words[lang], ha="center", va="center", bbox=ink, color=INK if not hatch else "white")
    ax.set_xticks(range(len(margins)), [_margin_words(margin, lang) for margin in margins])
    ax.set_yticks(range(len(lines)), [_line_words(tau, gain, lang, declared=declared) for tau, gain in lines])
    ax.set_xlim(-0.5, len(margins) - 0.5)
    ax.set_ylim(len(lines) - 0.5, -0.5)
    ax.tick_params(left=False, bottom=False, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    note(ax, _verdict_note(verdicts, lang), own=own)
    return ax


def _margin_words(margin: float, lang: Language) -> str:
    if margin == 0:
        return pick(lang, sv="någon skada alls", en="any harm at all")
    return pick(lang, sv=f"{number(margin, 2)} steg", en=f"{number(margin, 2, lang='en')} steps")


def _line_words(tau: float, gain: float, lang: Language, *, declared: bool) -> str:
    text = f"τ = {number(tau, 2, lang=lang)}"
    if declared:
        return text
    return text + pick(lang, sv=f", ökning ≤ {number(gain, 1)}", en=f", gain ≤ {number(gain, 1, lang='en')}")


def _verdict_note(verdicts: Verdicts, lang: Language) -> str:
    if verdicts.gain_max is None:
        start = pick(
            lang,
            sv="Största väntade ökning är inte angiven: inget huvudutslag.",
            en="The largest gain expected is not declared: no headline verdict.",
        )
    elif verdicts.before.controlled:
        start = pick(
            lang,
            sv="Om de annars hade utvecklats som jämförelseenheterna.",
            en="Had they otherwise grown like the control units.",
        )
    else:
        gain = number(verdicts.gain_max, 2, lang=lang)
        start = pick(
            lang,
            sv=f"Givet en ökning på högst {gain} steg utan händelsen.",
            en=f"Given a gain of at most {gain} steps without the event.",
        )
    return start + pick(
        lang,
        sv=f" Kolumner: marginal; rader: gemensamma störningar τ. n = {verdicts.n}.",
        en=f" Columns: margin; rows: shared shocks τ. n = {verdicts.n}.",
    )


def alt_verdicts(verdicts: Verdicts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_verdicts`.

    Parameters
    ----------
    verdicts : Verdicts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every cell with its verdict.
    """
    declared = verdicts.gain_max is not None
    said = "; ".join(
        f"{_line_words(row['tau'], row['gain_max'], lang, declared=declared)}, {_margin_words(row['margin'], lang)}: "
        + VERDICT_LOOK[row["verdict"]][2][lang].replace("\n", " ")
        for row in verdicts.table.to_dict("records")
    )
    return pick(lang, sv=f"Rutnät av utslag. {said}.", en=f"Grid of verdicts. {said}.") + (
        f" {_verdict_note(verdicts, lang)}"
    )


def _signed(value: float, lang: Language) -> str:
    return "–" if pd.isna(value) else ("+" if value > 0 else "") + number(value, 2, lang=lang)
