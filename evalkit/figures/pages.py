"""What fits on a page: rows shrink as far as letters stay apart; where that is too many, a stated selection is drawn.

A selection of those with most records would be one of those that stayed. Units are therefore taken at even steps.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evalkit.measures.placement import Labels
from evalkit.wording import Language, number, pick

__all__ = ["LEAST_ROW", "TALLEST", "left_out", "page_height", "that_fit"]

TALLEST = 8.8
"""Inches of the tallest figure: an A4 page with margins of 2.5 cm, and room for a caption."""

Choice = Literal["even", "most"]

LEAST_ROW = 0.155
"""Inches between two rows of letters that do not touch."""


def page_height(rows: int, *, row: float, around: float) -> float:
    """Return the height of a figure with rows, which shrink rather than run off the page.

    Parameters
    ----------
    rows : int
        How many.
    row : float
        Inches of each where there is room.
    around : float
        Inches above and below them.

    Returns
    -------
    float
        Inches.
    """
    return around + min(row * rows, TALLEST - around)


def that_fit(
    table: pd.DataFrame,
    ax: Axes | None,
    *,
    around: float,
    by: str | Sequence[str] = "unit",
    choice: Choice = "even",
    row: float = LEAST_ROW,
    each: float = 1,
) -> pd.DataFrame:
    """Keep the rows that a page has room for.

    Parameters
    ----------
    table : pandas.DataFrame
        In the order in which it is drawn; with `rests_on`.
    ax : matplotlib.axes.Axes or None
        The caller's axes, whose size is the caller's; then all are kept.
    around : float
        Inches above and below the rows.
    by : str or sequence of str, default "unit"
        What is drawn as a row.
    choice : {"even", "most"}, default "even"
        Whether those are kept that stand at even steps in the order, or those with most records behind them.
    row : float, default `LEAST_ROW`
        Inches that a row needs.
    each : float, default 1
        Rows that a group needs.

    Returns
    -------
    pandas.DataFrame
        In the order of the table.
    """
    most = max(1, int((TALLEST - around) / (row * each)))
    keys = _keys(table, by)
    if ax is not None or len(set(keys)) <= most:
        return table
    names = list(dict.fromkeys(keys))
    if choice == "even":
        kept = {names[place] for place in np.linspace(0, len(names) - 1, most).round().astype(int)}
    else:
        sources: dict[Any, set[Any]] = {name: set() for name in names}
        for key, ids in zip(keys, table["rests_on"], strict=True):
            sources[key].update(ids)
        kept = set(sorted(names, key=lambda name: -len(sources[name]))[:most])
    return table[[key in kept for key in keys]].reset_index(drop=True)


def left_out(
    table: pd.DataFrame,
    shown: pd.DataFrame,
    labels: Labels,
    lang: Language,
    *,
    by: str | Sequence[str] = "unit",
    choice: Choice = "even",
    what: str = "",
) -> str:
    """Say which rows are drawn where a page has no room for all.

    Parameters
    ----------
    table, shown : pandas.DataFrame
        All rows, and those from `that_fit`.
    labels : Labels
        Names for a reader.
    lang : {"sv", "en"}
        Language of the reader.
    by : str or sequence of str, default "unit"
        What is drawn as a row.
    choice : {"even", "most"}, default "even"
        How they were chosen.
    what : str, default the study's word for units
        What the rows are.

    Returns
    -------
    str
        A sentence with a space before it, or nothing if all are drawn.
    """
    drawn, every = (len(set(_keys(part, by))) for part in (shown, table))
    if drawn == every:
        return ""
    many = what or labels.noun("unit", lang, many=True)
    few, all_of = number(drawn, lang=lang), number(every, lang=lang)
    how = {
        "even": pick(lang, sv="tagna med jämna steg i ordningen", en="taken at even steps in the order"),
        "most": pick(lang, sv="de med flest uppgifter bakom sig", en="those with most records behind them"),
    }[choice]
    return pick(
        lang,
        sv=f" Ritade är {few} av {all_of} {many}, {how}; alla finns i data bakom figuren.",
        en=f" Drawn are {few} of {all_of} {many}, {how}; all are in the data behind the figure.",
    )


def _keys(table: pd.DataFrame, by: str | Sequence[str]) -> list[Any]:
    names = [by] if isinstance(by, str) else list(by)
    keys = table[names].astype("object").where(table[names].notna(), None)
    return list(keys.itertuples(index=False, name=None))
