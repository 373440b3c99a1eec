"""Figures of the codes: how often, where and with which polarity."""

from math import ceil
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.errors import TableError
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import (
    EMPTY,
    NO_CODINGS,
    NO_FIGURE,
    POLARITY,
    SHADES,
    cell,
    figure_axes,
    note,
    polarity_key,
    rate,
    say,
    use_style,
)
from evalkit.measures.code_counts import CodeCounts
from evalkit.measures.tally import unchecked
from evalkit.wording import Language, number, pick

__all__ = [
    "alt_code_frequency",
    "alt_code_heatmap",
    "alt_codes_over_sessions",
    "plot_code_frequency",
    "plot_code_heatmap",
    "plot_codes_over_sessions",
]


NUMBERED = 14
"""Most columns whose cells have room for a number."""
LABELLED = 40
"""Most columns that have room for a label."""


@use_style()
def plot_code_frequency(counts: CodeCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the codings of each code as a bar split by polarity, the most used first.

    Parameters
    ----------
    counts : CodeCounts
        Of the whole corpus (by=()).
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TableError
        If the counts are grouped.
    """
    if counts.by:
        raise TableError(
            f"plot_code_frequency draws the whole corpus; these counts are by {', '.join(counts.by)}. Use by=()"
        )
    every = counts.table.sort_values("codings", ascending=False, kind="stable", ignore_index=True)
    table = that_fit(every, ax, around=1.5, by="code", choice="most")
    ax, own = figure_axes(ax, height=page_height(max(len(table), 3), row=0.19, around=1.1))
    if not table["codings"].any():
        return say(ax, _nothing(counts, lang), own=own)
    left = pd.Series(0, index=table.index)
    for name, (colour, hatch, _) in POLARITY.items():
        bars = ax.barh(table.index, table[name], left=left, color=colour, hatch=hatch, height=0.74, linewidth=0)
        for bar, row in zip(bars, table["row_id"], strict=True):
            bar.set_gid(f"code_frequency:{row}:{name}")
        left = left + table[name]
    for y, row in enumerate(table.to_dict("records")):
        ax.text(row["codings"], y, f" {_split(row, lang)}", va="center")
    ax.set_yticks(table.index, [counts.labels.code(code, lang) for code in table["code"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.6 * table["codings"].max())
    ax.set_xlabel(pick(lang, sv="Kodningar", en="Codings"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.tick_params(left=False)
    polarity_key(ax, lang)
    note(ax, _who(counts, lang) + _codes_left_out(every, table, counts, lang), own=own)
    return ax


def alt_code_frequency(counts: CodeCounts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_code_frequency`.

    Parameters
    ----------
    counts : CodeCounts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every bar with its numbers.
    """
    if not counts.table["codings"].any():
        return NO_FIGURE[lang]
    table = counts.table.sort_values("codings", ascending=False, kind="stable")
    bars = "; ".join(f"{counts.labels.code(row['code'], lang)} {_split(row, lang)}" for row in table.to_dict("records"))
    return pick(
        lang,
        sv=f"Stapeldiagram över kodningar per kod ({_who(counts, lang)[:-1]}): {bars}.",
        en=f"Bar chart of codings per code ({_who(counts, lang)[:-1]}): {bars}.",
    )


@use_style()
def plot_code_heatmap(counts: CodeCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw code × group, coded segments per 1 000 words.

    Parameters
    ----------
    counts : CodeCounts
        With one key, such as the unit or the session.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TableError
        If the counts have not exactly one key.
    """
    key = _one_key(counts, "plot_code_heatmap")
    table = that_fit(counts.table, ax, around=1.8, by="code", choice="most")
    codes, groups = list(dict.fromkeys(table["code"])), table.drop_duplicates(key)
    ax, own = figure_axes(ax, height=page_height(max(len(codes), 3), row=0.19, around=1.3))
    if not table["codings"].any():
        return say(ax, _nothing(counts, lang), own=own)
    values, numbered = groups[key].tolist(), len(groups) <= NUMBERED
    # Shades compare groups with enough words only: one coding in a thin group would outshine everything.
    top = float(table.loc[~table["small"], "per_1000"].max())
    for row in table.to_dict("records"):
        x, y, share = values.index(row[key]), codes.index(row["code"]), row["per_1000"]
        known = not pd.isna(share)
        text = (rate(share, lang) if share else "·") if known and numbered else ""
        colour = EMPTY if row["small"] or not known else SHADES(0.9 * (share / (top or 1)) ** 0.7)
        mark = cell(
            ax, x, y, colour=colour, text=text, gid=f"code_heatmap:{row['row_id']}", hatch="" if known else "xx"
        )
        mark.set_linewidth(0.8 if len(values) <= LABELLED else 0.2)
    ax.set_yticks(range(len(codes)), [counts.labels.code(code, lang) for code in codes])
    labels = _starred(counts, groups, lang) if len(values) <= LABELLED else [""] * len(values)
    ax.set_xticks(range(len(values)), labels, rotation=90 if max(map(len, labels)) > 5 or not numbered else 0)
    if len(values) > LABELLED:
        ax.set_title(counts.labels.count(len(values), key, lang), fontsize=8)
    ax.set_xlim(-0.5, len(values) - 0.5)
    ax.set_ylim(len(codes) - 0.5, -0.5)
    ax.tick_params(left=False, bottom=False, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    if not numbered and top > 0:
        _shade_bar(ax, top, lang)
    note(ax, _heatmap_note(counts, groups, lang) + _codes_left_out(counts.table, table, counts, lang), own=own)
    return ax


def alt_code_heatmap(counts: CodeCounts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_code_heatmap`.

    Parameters
    ----------
    counts : CodeCounts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The size of the grid and its five highest cells.
    """
    if not counts.table["codings"].any():
        return _empty_figure(counts, lang)
    key = counts.by[0]
    top = counts.table.sort_values("per_1000", ascending=False, kind="stable").head(5)
    cells = "; ".join(
        f"{counts.labels.code(row['code'], lang)}, {counts.labels.group(key, row[key], lang)}"
        f"{'*' if row['small'] else ''}: {number(row['per_1000'], 1, lang=lang)}"
        for row in top[top["segments"] > 0].to_dict("records")
    )
    codes, groups = counts.table["code"].nunique(), counts.labels.count(counts.table[key].nunique(), key, lang)
    return pick(
        lang,
        sv=f"Rutnät med {number(codes)} koder och {groups}, kodade segment per 1 000 ord ({_who(counts, lang)[:-1]}). "
        f"Högst: {cells}.",
        en=f"Grid of {number(codes, lang='en')} codes and {groups}, coded segments per 1,000 words "
        f"({_who(counts, lang)[:-1]}). Highest: {cells}.",
    )


@use_style()
def plot_codes_over_sessions(counts: CodeCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw a small panel per code: codings per 1 000 words in each session, denied ones below the line.

    Parameters
    ----------
    counts : CodeCounts
        With one key, the session; `most_used` picks the codes.
    ax : matplotlib.axes.Axes, optional
        To draw the panels inside; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes that hold the panels (`child_axes`, one per code).

    Raises
    ------
    TableError
        If the counts have not exactly one key.
    """
    key = _one_key(counts, "plot_codes_over_sessions")
    table = counts.table
    codes, groups = list(dict.fromkeys(table["code"])), table.drop_duplicates(key)
    across, down = min(3, max(len(codes), 1)), max(ceil(len(codes) / 3), 1)
    ax, own = figure_axes(ax, height=0.8 + 1.05 * down)
    if not table["codings"].any():
        return say(ax, _nothing(counts, lang), own=own)
    ax.set_axis_off()
    for place, code in enumerate(codes):
        x, y = place % across, place // across
        panel = ax.inset_axes((x / across + 0.045, 1 - (y + 0.84) / down, 1 / across - 0.06, 0.6 / down))
        _draw_panel(panel, table[table["code"] == code].reset_index(drop=True), lang)
        panel.set_title(counts.labels.code(code, lang), loc="left", fontsize=8, pad=3)
        bottom = place + across >= len(codes)
        labels = _starred(counts, groups, lang) if bottom else []
        panel.set_xticks(range(len(groups)) if bottom else [], labels, rotation=90 if len(groups) > 5 else 0)
    polarity_key(ax, lang)
    note(ax, _over_note(counts, groups, lang), own=own)
    return ax


def alt_codes_over_sessions(counts: CodeCounts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_codes_over_sessions`.

    Parameters
    ----------
    counts : CodeCounts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Each code's numbers in order.
    """
    if not counts.table["codings"].any():
        return _empty_figure(counts, lang)
    key = counts.by[0]
    groups = ", ".join(_starred(counts, counts.table.drop_duplicates(key), lang))
    paths = "; ".join(
        f"{counts.labels.code(str(code), lang)} " + ", ".join(number(value, 1, lang=lang) for value in rows["per_1000"])
        for code, rows in counts.table.groupby("code", sort=False)
    )
    return pick(
        lang,
        sv=f"En liten panel per kod med kodade segment per 1 000 ord ({_who(counts, lang)[:-1]}), i ordning "
        f"{groups}: {paths}.",
        en=f"A small panel per code with coded segments per 1,000 words ({_who(counts, lang)[:-1]}), in order "
        f"{groups}: {paths}.",
    )


def _draw_panel(panel: Axes, table: pd.DataFrame, lang: Language) -> None:
    """Draw one code: there and imagined upwards, denied downwards, a cross where there are no words."""
    above = table["plus_per_1000"]
    parts = {
        "plus": (above, 0 * above),
        "minus": (-table["minus_per_1000"], 0 * above),
        "unclear": (table["unclear_per_1000"], above),
    }
    for name, (height, bottom) in parts.items():
        colour, hatch, _ = POLARITY[name]
        bars = panel.bar(table.index, height.fillna(0), bottom=bottom.fillna(0), color=colour, hatch=hatch, linewidth=0)
        for bar, row in zip(bars, table["row_id"], strict=True):
            bar.set_gid(f"codes_over_sessions:{row}:{name}")
    silent = table.index[table["words"] == 0]
    if len(silent):
        panel.plot(silent, [0] * len(silent), linestyle="", marker="x", color="#777777", markersize=4, clip_on=False)
    panel.axhline(0, color="#888888", linewidth=0.6)
    panel.set_xlim(-0.6, len(table) - 0.4)
    # A bar over very few words may run out of its panel rather than flatten all the others.
    scaled = table if table["small"].all() else table[~table["small"]]
    low, up = scaled["minus_per_1000"].max(), (scaled["plus_per_1000"] + scaled["unclear_per_1000"]).max()
    panel.set_ylim(-1.1 * low if low > 0 else 0, 1.1 * up if up > 0 else 0.1)
    panel.yaxis.set_major_locator(MaxNLocator(2))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: rate(abs(value), lang)))
    panel.tick_params(bottom=False)
    panel.spines["bottom"].set_visible(False)


def _shade_bar(ax: Axes, top: float, lang: Language) -> None:
    """Show the scale of the shades where the cells are too small for numbers."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return
    scale = ScalarMappable(norm=Normalize(0, 1), cmap=SHADES)
    bar = figure.colorbar(scale, ax=ax, shrink=0.4, aspect=30, pad=0.02, boundaries=[i / 100 for i in range(91)])
    ticks = [0, 0.25, 0.5, 1]
    bar.set_ticks([0.9 * tick**0.7 for tick in ticks], labels=[number(top * tick, 1, lang=lang) for tick in ticks])


def _one_key(counts: CodeCounts, figure: str) -> Any:
    if len(counts.by) != 1:
        raise TableError(f"{figure} draws one grouping; these counts have {len(counts.by)}. Choose one: by=")
    return counts.by[0]


def _starred(counts: CodeCounts, groups: pd.DataFrame, lang: Language) -> list[str]:
    """Label the groups, with a star where there are too few words."""
    key = counts.by[0]
    return [
        counts.labels.group(key, value, lang) + ("*" if small else "")
        for value, small in zip(groups[key], groups["small"], strict=True)
    ]


def _split(row: dict[Any, Any], lang: Language) -> str:
    """Write the codings with their polarities, those that occur."""
    signs = {"plus": "+", "minus": "−", "unclear": "?"}
    parts = [f"{number(row[name], lang=lang)}{sign}" for name, sign in signs.items() if row[name]]
    total = number(row["codings"], lang=lang)
    return f"{total} ({' '.join(parts)})" if parts else total


def _codes_left_out(every: pd.DataFrame, table: pd.DataFrame, counts: CodeCounts, lang: Language) -> str:
    what = pick(lang, sv="koder", en="codes")
    return left_out(every, table, counts.labels, lang, by="code", choice="most", what=what)


def _who(counts: CodeCounts, lang: Language) -> str:
    who = unchecked(counts.count_kind, lang)
    return who[0].upper() + who[1:] + "."


def _heatmap_note(counts: CodeCounts, groups: pd.DataFrame, lang: Language) -> str:
    text = pick(
        lang,
        sv="Kodade segment per 1 000 ord (intervjuarens ord ej räknade); punkt: inga.",
        en="Coded segments per 1,000 words (the interviewer's words not counted); dot: none.",
    )
    if (groups["words"] == 0).any():
        text += pick(lang, sv=" Korsat: inget material.", en=" Crossed: no material.")
    if groups["small"].any():
        limit = number(counts.small_below, lang=lang)
        text += pick(
            lang,
            sv=f" * Färre än {limit} ord, därför inte färgat.",
            en=f" * Fewer than {limit} words, therefore not shaded.",
        )
    return f"{text} {_who(counts, lang)}"


def _over_note(counts: CodeCounts, groups: pd.DataFrame, lang: Language) -> str:
    text = pick(
        lang,
        sv="Kodningar per 1 000 ord (intervjuarens ord ej räknade). Varje ruta har sin egen skala.",
        en="Codings per 1,000 words (the interviewer's words not counted). Each panel has its own scale.",
    )
    if (groups["words"] == 0).any():
        text += pick(lang, sv=" Kryss: inget material.", en=" Cross: no material.")
    if groups["small"].any():
        limit = number(counts.small_below, lang=lang)
        text += pick(
            lang,
            sv=f" * Färre än {limit} ord: stapeln kan gå utanför.",
            en=f" * Fewer than {limit} words: the bar may run out of the panel.",
        )
    return f"{text} {_who(counts, lang)}"


def _nothing(counts: CodeCounts, lang: Language) -> str:
    """Say that there are no codings, or none that belong to a group."""
    if not counts.codings or not counts.by:
        return NO_CODINGS[lang]
    noun = counts.labels.noun(counts.by[0], lang)
    return pick(lang, sv=f"Inga kodningar kan läggas på {noun}", en=f"No codings can be placed by {noun}")


def _empty_figure(counts: CodeCounts, lang: Language) -> str:
    reason = _nothing(counts, lang)
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
