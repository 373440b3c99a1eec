"""Figures of the learning: paths per unit, contrasts, tool difficulty, when competence came."""

from math import ceil, isfinite, isnan
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, GREY, INK, VERMILION, WIDTH, figure_axes, note, use_style
from evalkit.models.progression import CompetenceIncidence, Contrasts, LearningPaths, ToolDifficulty
from evalkit.wording import Language, interval, number, percent, pick

__all__ = [
    "alt_competence",
    "alt_contrasts",
    "alt_learning_paths",
    "alt_tool_difficulty",
    "plot_competence",
    "plot_contrasts",
    "plot_learning_paths",
    "plot_tool_difficulty",
]

_GROUPS: dict[str, dict[Language, str]] = {
    "enrolled": {"sv": "alla anmälda", "en": "all enrolled"},
    "completed": {"sv": "de som fullföljde", "en": "those who completed"},
}


@use_style()
def plot_learning_paths(paths: LearningPaths, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw a small panel per unit: its mean level over the sessions, with its slope.

    Parameters
    ----------
    paths : LearningPaths
        What to draw.
    ax : matplotlib.axes.Axes, optional
        To draw the panels inside; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the panels (`child_axes`, one per unit).
    """
    shown, across = _panels_that_fit(paths, ax, lang)
    units = shown.to_dict("records")
    down = ceil(len(units) / across)
    ax, own = figure_axes(ax, height=0.7 + 1.15 * down)
    ax.set_axis_off()
    sessions = sorted(set(paths.table["session"]))
    names = [paths.labels.group("session", session, lang) for session in sessions]
    for place, unit in enumerate(units):
        x, y = place % across, place // across
        panel = ax.inset_axes((x / across + 0.035, 1 - (y + 0.86) / down, 1 / across - 0.05, 0.62 / down))
        rows = paths.table[paths.table["unit"] == unit["unit"]].reset_index(drop=True)
        _draw_path(panel, rows, paths, completed=unit["completed"])
        panel.set_title(_panel_title(unit, lang), loc="left", fontsize=8, pad=3)
        bottom, sparse = place + across >= len(units), max(1, ceil(len(sessions) / (3 if across >= 4 else 6)))
        panel.set_xticks(sessions, names if bottom else [""] * len(sessions))
        for number_, label in enumerate(panel.get_xticklabels()):
            label.set_visible(bottom and number_ % sparse == 0)
        low, high = paths.scale.minimum, paths.scale.maximum
        panel.set_yticks([low, (low + high) // 2, high], [str(v) for v in (low, (low + high) // 2, high)])
        panel.yaxis.set_tick_params(labelleft=x == 0)
    note(ax, _paths_note(paths, lang) + left_out(paths.units, shown, paths.labels, lang), own=own)
    return ax


def _panels_that_fit(paths: LearningPaths, ax: Axes | None, lang: Language) -> tuple[pd.DataFrame, int]:
    """Keep as many units as a page has room for in panels, and tell how many stand abreast with their titles apart."""
    units = paths.units.to_dict("records")
    longest = max(len(_panel_title(unit, lang)) for unit in units)
    room = int(WIDTH / ((longest + 1.5) * 0.074))
    across = max(1, min(5 if len(units) > 9 else 3, len(units), room))
    return that_fit(paths.units, ax, around=0.7, row=1.15, each=1 / across), across


def _panel_title(unit: dict[Any, Any], lang: Language) -> str:
    arm = unit["slope_high"] - unit["slope"]
    margin = "" if isnan(arm) else f" ±{number(arm, 2, lang=lang)}"
    return f"{unit['unit']} {_signed(unit['slope'], 2, lang)}{margin}"


def _draw_path(panel: Axes, rows: pd.DataFrame, paths: LearningPaths, *, completed: bool) -> None:
    """Draw one unit over the mean of all enrolled."""
    mean = paths.means[paths.means["group"] == "enrolled"]
    panel.plot(mean["session"], mean["level"], color=GREY, linewidth=2.5, solid_capstyle="round", zorder=1)
    if paths.scale.competence is not None:
        panel.axhline(paths.scale.competence, color="#999999", linewidth=0.6, linestyle=":", zorder=0)
    seen = rows[rows["level"].notna()]
    colour, style = (BLUE, "-") if completed else (VERMILION, "--")
    panel.plot(seen["session"], seen["level"], color=colour, linestyle=style, linewidth=1.2, zorder=2)
    for row in seen.to_dict("records"):
        panel.plot(
            row["session"],
            row["level"],
            "o",
            markersize=4,
            color=colour,
            markerfacecolor=colour if completed else "white",
            clip_on=False,
            zorder=3,
            gid=f"learning_paths:{row['row_id']}",
        )
    gone = rows.loc[~rows["here"], "session"]
    if len(gone):
        panel.axvspan(gone.min() - 0.5, rows["session"].max() + 0.4, color=EMPTY, linewidth=0, zorder=-1)
        panel.axvline(gone.min() - 0.5, color="#888888", linewidth=0.8)
    panel.set_xlim(rows["session"].min() - 0.4, rows["session"].max() + 0.4)
    panel.set_ylim(paths.scale.minimum - 0.15, paths.scale.maximum + 0.15)


def _paths_note(paths: LearningPaths, lang: Language) -> str:
    share = percent(paths.level, lang=lang)
    text = pick(
        lang,
        sv=f"Talet är lutningen, steg per {paths.labels.noun('session', lang)}, ± halva {share} intervallet. Blå "
        "heldragen: fullföljde; röd streckad med ring: fullföljde inte; grå yta: hade lämnat. Bred grå linje: medel av "
        "alla anmälda.",
        en=f"The number is the slope, steps per {paths.labels.noun('session', lang)}, ± half its {share} interval. "
        "Blue solid: completed; red dashed with rings: did not; grey area: had left. Broad grey line: mean of all "
        "enrolled.",
    )
    if paths.scale.competence is not None:
        text += pick(
            lang,
            sv=f" Prickad: nivå {paths.scale.competence}, kompetens.",
            en=f" Dotted: level {paths.scale.competence}, competence.",
        )
    return text


def alt_learning_paths(paths: LearningPaths, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_learning_paths`.

    Parameters
    ----------
    paths : LearningPaths
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every unit's levels in order with its slope.
    """
    said: list[str] = []
    shown, _ = _panels_that_fit(paths, None, lang)
    for unit, rows in paths.table[paths.table["unit"].isin(shown["unit"])].groupby("unit", sort=False):
        levels = " · ".join(number(level, 1, lang=lang) for level in rows["level"])
        ended = "" if rows["here"].all() else pick(lang, sv=", lämnade", en=", left")
        said.append(
            f"{unit}{ended}: {levels} ({pick(lang, sv='lutning', en='slope')} "
            f"{_signed(rows['slope'].iloc[0], 2, lang)})"
        )
    sessions = [paths.labels.group("session", session, lang) for session in sorted(set(paths.table["session"]))]
    intro = pick(
        lang,
        sv=f"En panel per {paths.labels.noun('unit', lang)} med medelnivå vid {', '.join(sessions)}. ",
        en=f"A panel per {paths.labels.noun('unit', lang)} with the mean level at {', '.join(sessions)}. ",
    )
    return intro + "; ".join(said) + "." + left_out(paths.units, shown, paths.labels, lang)


@use_style()
def plot_contrasts(
    contrasts: Contrasts, *, contrast: str = "slope", ax: Axes | None = None, lang: Language = "sv"
) -> Axes:
    """Draw each unit's contrast, and the mean over units with its interval for both groups.

    Parameters
    ----------
    contrasts : Contrasts
        What to draw.
    contrast : {"slope", "half_difference"}, default "slope"
        Which contrast.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = contrasts.table[contrasts.table["contrast"] == contrast]
    groups = table[table["who"] != "unit"].to_dict("records")
    every = _units_in_order(table)
    shown = that_fit(every, ax, around=1.7)
    units = shown.to_dict("records")
    ax, own = figure_axes(ax, height=page_height(len(units) + 3, row=0.19, around=1.1))
    names = []
    for y, row in enumerate(groups):
        names.append(f"{_GROUPS[row['who']][lang]} (n = {row['n']})")
        if row["n"] > 1:
            ax.plot([row["ci_low"], row["ci_high"]], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
        if row["n"]:
            ax.plot(row["estimate"], y, "D", color=INK, markersize=6, gid=f"contrasts:{row['row_id']}")
    first = len(groups) + 0.6
    for place, row in enumerate(units):
        names.append(str(row["unit"]))
        if isfinite(row["ci_low"]):
            at = [first + place, first + place]
            ax.plot([row["ci_low"], row["ci_high"]], at, color="#999999", linewidth=1, solid_capstyle="butt", zorder=1)
        ax.plot(
            row["estimate"],
            first + place,
            "o",
            color=BLUE if row["completed"] else VERMILION,
            markerfacecolor=BLUE if row["completed"] else "white",
            markersize=5,
            gid=f"contrasts:{row['row_id']}",
        )
    places = [*range(len(groups)), *(first + k for k in range(len(units)))]
    ax.set_yticks(places, names)
    ax.set_ylim(places[-1] + 0.7, -0.7)
    _forest(ax, lang)
    session = contrasts.labels.noun("session", lang)
    labels = {
        "slope": pick(lang, sv=f"Steg per {session}", en=f"Steps per {session}"),
        "half_difference": pick(lang, sv="Andra halvan minus första, steg", en="Second minus first half, steps"),
    }
    ax.set_xlabel(labels[contrast])
    share = percent(contrasts.level, lang=lang)
    text = pick(
        lang,
        sv=f"Romb och streck: medelvärde med {share} t-intervall; grått streck: enhetens eget. Fylld: fullföljde; "
        "ring: fullföljde inte.",
        en=f"Diamond and bar: mean with {share} t interval; grey bar: the unit's own. Filled: completed; ring: did "
        "not.",
    )
    note(ax, text + left_out(every, shown, contrasts.labels, lang), own=own)
    return ax


def alt_contrasts(contrasts: Contrasts, *, contrast: str = "slope", lang: Language = "sv") -> str:
    """Write the alternative text of `plot_contrasts`.

    Parameters
    ----------
    contrasts : Contrasts
        What is drawn.
    contrast : {"slope", "half_difference"}, default "slope"
        Which contrast.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Both means with their intervals and every unit's value.
    """
    table = contrasts.table[contrasts.table["contrast"] == contrast]
    every = _units_in_order(table)
    shown, said = that_fit(every, None, around=1.7), []
    for row in pd.concat([table[table["who"] != "unit"], shown]).to_dict("records"):
        value = _signed(row["estimate"], 2, lang)
        if row["who"] == "unit":
            said.append(f"{row['unit']} {value}")
        else:
            limits = f" ({interval(row['ci_low'], row['ci_high'], lang=lang)})" if row["n"] > 1 else ""
            said.append(f"{_GROUPS[row['who']][lang]} {value}{limits}, n = {row['n']}")
    left = left_out(every, shown, contrasts.labels, lang)
    return pick(lang, sv="Kontraster: ", en="Contrasts: ") + "; ".join(said) + "." + left


def _units_in_order(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["who"] == "unit"].sort_values("estimate", ascending=False, kind="stable")


@use_style()
def plot_tool_difficulty(difficulty: ToolDifficulty, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw how hard each tool was, with its interval, the hardest first.

    Parameters
    ----------
    difficulty : ToolDifficulty
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
    rows = difficulty.table.to_dict("records")
    ax, own = figure_axes(ax, height=1.2 + 0.24 * max(len(rows), 3))
    finite = [row[end] for row in rows for end in ("difficulty", "ci_low", "ci_high") if isfinite(row[end])]
    reach = 1.15 * max([abs(value) for value in finite] or [1.0])
    for y, row in enumerate(rows):
        ends = [max(row["ci_low"], -reach), min(row["ci_high"], reach)]
        ax.plot(
            ends, [y, y], color=BLUE, linewidth=1.6, solid_capstyle="butt", gid=f"tool_difficulty:{row['row_id']}:ci"
        )
        for end, edge, mark in ((row["ci_low"], -reach, "<"), (row["ci_high"], reach, ">")):
            if not isfinite(end):
                ax.plot(edge, y, mark, color=BLUE, markersize=6, clip_on=False)
        if isfinite(row["difficulty"]):
            ax.plot(row["difficulty"], y, "o", color=BLUE, markersize=6, gid=f"tool_difficulty:{row['row_id']}")
    names = [f"{difficulty.name(row['tool'], lang)} (n = {row['n']})" for row in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    _forest(ax, lang)
    ax.set_xlim(-reach, reach)
    ax.set_xlabel(pick(lang, sv="← lättare    logit mot medelverktyget    svårare →",
                       en="← easier    logits against the mean tool    harder →"))  # fmt: skip
    share = percent(difficulty.level, lang=lang)
    text = pick(
        lang,
        sv=f"Punkt och streck: skattning med {share} intervall, vid samma tid sedan verktyget infördes. "
        "n: bedömningar.",
        en=f"Dot and bar: estimate with {share} interval, at the same time since the tool was introduced. "
        "n: assessments.",
    )
    note(ax, text, own=own)
    return ax


def alt_tool_difficulty(difficulty: ToolDifficulty, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_tool_difficulty`.

    Parameters
    ----------
    difficulty : ToolDifficulty
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every tool with its interval.
    """
    said = "; ".join(
        f"{difficulty.name(row['tool'], lang)} {_signed(row['difficulty'], 1, lang)} "
        f"({_limits(row['ci_low'], row['ci_high'], lang)})"
        for row in difficulty.table.to_dict("records")
    )
    return pick(
        lang, sv="Verktyg från svårast till lättast, i logit: ", en="Tools from hardest to easiest, in logits: "
    ) + (f"{said}.")


@use_style()
def plot_competence(competence: CompetenceIncidence, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the share of all enrolled that have reached the level and kept it, and from above those that left before.

    Parameters
    ----------
    competence : CompetenceIncidence
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
    table = competence.table
    ax, own = figure_axes(ax, height=2.9)
    x = [*table["session"], table["session"].iloc[-1] + 1]

    def stretched(column: str) -> list[float]:
        return [*table[column], table[column].iloc[-1]]

    ax.fill_between(x, stretched("ci_low"), stretched("ci_high"), step="post", color=BLUE, alpha=0.2, linewidth=0)
    ax.step(x, stretched("incidence"), where="post", color=BLUE, linewidth=1.8)
    above = [1 - value for value in stretched("left")]
    ax.fill_between(x, above, 1, step="post", facecolor="none", edgecolor="#999999", hatch="////", linewidth=0)
    ax.step(x, above, where="post", color="#666666", linewidth=1, linestyle="--")
    for row in table.to_dict("records"):
        ax.plot(row["session"], row["incidence"], "o", color=BLUE, markersize=4, gid=f"competence:{row['row_id']}")
    last = table.iloc[-1]
    ax.text(x[-1], last["incidence"], f" {percent(last['incidence'], lang=lang)}", color=BLUE, va="center")
    if last["left"] > 0:
        ax.text(x[-1], 1 - last["left"] / 2, pick(lang, sv=" lämnade\n dessförinnan", en=" left\n before"), va="center")
    _session_axis(ax, table["session"].tolist(), competence.labels, lang)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(0, 1)
    ax.set_ylabel(pick(lang, sv="Andel av alla anmälda", en="Share of all enrolled"))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    share = percent(competence.level, lang=lang)
    what = competence.what(lang)
    text = pick(
        lang,
        sv=f"Blå linje: nått och behållit {what}, med {share} intervall. Streckat uppifrån: lämnade dessförinnan.",
        en=f"Blue line: reached and kept {what}, with {share} interval. Hatched from above: left before.",
    )
    note(ax, text, own=own)
    return ax


def alt_competence(competence: CompetenceIncidence, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_competence`.

    Parameters
    ----------
    competence : CompetenceIncidence
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every session's share with its interval.
    """
    said = "; ".join(
        f"{competence.labels.group('session', row['session'], lang)} {percent(row['incidence'], lang=lang)} "
        f"({interval(100 * row['ci_low'], 100 * row['ci_high'], 0, lang=lang)})"
        for row in competence.table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Trappkurva över andelen av alla anmälda som nått och behållit {competence.what(lang)}: {said}.",
        en=f"Step curve of the share of all enrolled that reached and kept {competence.what(lang)}: {said}.",
    )


def _session_axis(ax: Axes, sessions: list[int], labels: Any, lang: Language) -> None:
    names = [labels.group("session", session, lang) if session else "start" for session in sessions]
    ax.set_xticks(sessions, names, rotation=90 if len(sessions) > 13 else 0)


def _forest(ax: Axes, lang: Language) -> None:
    """Style an axis of estimates with a line at zero."""
    ax.axvline(0, color="#888888", linewidth=0.8, zorder=0)
    ax.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)


def _limits(low: float, high: float, lang: Language) -> str:
    if isfinite(low) and isfinite(high):
        return interval(low, high, 1, lang=lang)
    if isfinite(low):
        return pick(lang, sv="minst ", en="at least ") + number(low, 1, lang=lang)
    if isfinite(high):
        return pick(lang, sv="högst ", en="at most ") + number(high, 1, lang=lang)
    return pick(lang, sv="okänt", en="unknown")


def _signed(value: float, digits: int, lang: Language) -> str:
    if isnan(value):
        return "–"
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    return ("+" if value > 0 else "") + number(value, digits, lang=lang)
