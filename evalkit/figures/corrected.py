"""Figure of corrected counts: what the machine found beside what blinded coders would have coded."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.errors import TableError
from evalkit.figures.style import BLUE, GREY, INK, NO_CODINGS, NO_FIGURE, figure_axes, note, say, use_style
from evalkit.measures.corrected_counts import CorrectedCounts
from evalkit.measures.tally import unchecked
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["alt_corrected_counts", "plot_corrected_counts"]


@use_style()
def plot_corrected_counts(counts: CorrectedCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw per code the machine's count and the corrected one with its interval, the largest first.

    Parameters
    ----------
    counts : CorrectedCounts
        Of the whole corpus (by="all").
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
    table = _ordered(counts)
    ax, own = figure_axes(ax, height=1.3 + 0.19 * max(len(table), 3))
    if table.empty:
        return say(ax, NO_CODINGS[lang], own=own)
    for y, row in enumerate(table.to_dict("records")):
        gid = f"corrected:{row['row_id']}"
        ax.plot(row["rule_segments"], y, marker="o", mfc="white", mec=INK, ms=4, ls="none", gid=f"{gid}:rules")
        if not row["checked"]:
            words = pick(lang, sv=" ej kontrollerad", en=" not checked")
            ax.annotate(
                words, (row["rule_segments"], y), (4, 0), textcoords="offset points", va="center", color="#666666"
            )
            continue
        ax.plot([row["rule_segments"], row["estimate"]], [y, y], color=GREY, lw=0.8, zorder=1)
        ax.plot(
            [row["ci_low"], row["ci_high"]], [y, y], color=BLUE, lw=1.8, solid_capstyle="butt", gid=f"{gid}:interval"
        )
        ax.plot(row["estimate"], y, marker="s", color=BLUE, ms=4, ls="none", gid=f"{gid}:estimate")
    ax.set_yticks(range(len(table)), [counts.labels.code(code, lang) for code in table["code"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.08 * np.nanmax(table[["rule_segments", "ci_high"]].to_numpy(dtype=float)))
    ax.set_xlabel(pick(lang, sv="Segment", en="Segments"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.grid(axis="x")
    ax.tick_params(left=False)
    note(ax, _key(counts, lang), own=own)
    return ax


def alt_corrected_counts(counts: CorrectedCounts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_corrected_counts`.

    Parameters
    ----------
    counts : CorrectedCounts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every row with its numbers.
    """
    table = _ordered(counts)
    if table.empty:
        return NO_FIGURE[lang]
    rows = "; ".join(
        f"{counts.labels.code(row['code'], lang)} {_numbers(row, lang)}" for row in table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Punkter per kod: antal segment enligt maskinen och rättat efter kontroll. {rows}.",
        en=f"Points per code: number of segments by the machine and corrected by the audit. {rows}.",
    )


def _ordered(counts: CorrectedCounts) -> pd.DataFrame:
    if counts.by != "all":
        raise TableError(f"plot_corrected_counts draws the whole corpus; these counts are by {counts.by}. Use by='all'")
    size = counts.table["estimate"].fillna(counts.table["rule_segments"])
    return counts.table.assign(size=size).sort_values("size", ascending=False, kind="stable", ignore_index=True)


def _numbers(row: Mapping[Hashable, Any], lang: Language) -> str:
    rules = number(row["rule_segments"], lang=lang)
    if not row["checked"]:
        return f"{rules} ({unchecked('machine', lang)})"
    corrected = f"{number(row['estimate'], lang=lang)} ({interval(row['ci_low'], row['ci_high'], 0, lang=lang)})"
    return pick(lang, sv=f"{rules}, rättat {corrected}", en=f"{rules}, corrected {corrected}")


def _key(counts: CorrectedCounts, lang: Language) -> str:
    level, audited = percent(counts.level, lang=lang), number(counts.audited, lang=lang)
    return pick(
        lang,
        sv=f"Ring: maskinens antal. Fyrkant med streck: rättat antal med {level} intervall, efter {audited} segment "
        f"lästa blint av {counts.coder}. Utan fyrkant: {unchecked('machine', lang)}.",
        en=f"Ring: the machine's count. Square with line: corrected count with {level} interval, from {audited} "
        f"segments read blind by {counts.coder}. Without a square: {unchecked('machine', lang)}.",
    )
