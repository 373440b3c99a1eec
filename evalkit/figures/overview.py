"""Figures of the material: how much, of which kind, from whom and when, with its gaps."""

import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from evalkit.errors import TableError
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, GREY, SHADES, cell, figure_axes, note, say, use_style
from evalkit.measures.corpus_overview import CorpusOverview, DocumentsTimeline
from evalkit.wording import Language, count_noun, number, pick

__all__ = [
    "alt_corpus_overview",
    "alt_coverage",
    "alt_documents_timeline",
    "plot_corpus_overview",
    "plot_coverage",
    "plot_documents_timeline",
]


@use_style()
def plot_corpus_overview(overview: CorpusOverview, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the words of each group as bars, the interviewer's own apart.

    Parameters
    ----------
    overview : CorpusOverview
        With one key, such as the kind of document.
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
        If the overview has not exactly one key.
    """
    if len(overview.by) != 1:
        raise TableError(
            f"plot_corpus_overview draws one grouping; this overview has {len(overview.by)}. Choose one: by="
        )
    key = overview.by[0]
    table = that_fit(overview.table, ax, around=1.1, by=key)
    ax, own = figure_axes(ax, height=page_height(max(len(table), 2), row=0.26, around=0.9))
    if table.empty:
        return say(ax, pick(lang, sv="Inget material", en="No material"), own=own)
    rest = table["words"] - table["informant_words"]
    marks = [
        *ax.barh(range(len(table)), table["informant_words"], color=BLUE, height=0.7),
        *ax.barh(range(len(table)), rest, left=table["informant_words"], color=GREY, height=0.7, hatch="////"),
    ]
    for mark, row in zip(marks, [*table["row_id"], *table["row_id"]], strict=True):
        mark.set_gid(f"corpus_overview:{row}{':interviewer' if mark.get_hatch() else ''}")
    for y, (words, documents) in enumerate(zip(table["words"], table["documents"], strict=True)):
        ax.text(words, y, f" {_amount(words, documents, lang)}", va="center")
    ax.set_yticks(range(len(table)), [overview.labels.group(key, value, lang) for value in table[key]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.45 * max(table["words"].max(), 1))
    ax.set_xlabel(pick(lang, sv="Ord", en="Words"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.tick_params(left=False)
    text = pick(lang, sv="Streckat: intervjuarens egna ord.", en="Hatched: the interviewer's own words.")
    what = overview.labels.noun(key, lang, many=True)
    text = (text if rest.any() else "") + left_out(overview.table, table, overview.labels, lang, by=key, what=what)
    if text:
        note(ax, text, own=own)
    return ax


def alt_corpus_overview(overview: CorpusOverview, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_corpus_overview`.

    Parameters
    ----------
    overview : CorpusOverview
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every bar with its number.
    """
    if overview.table.empty:
        return pick(lang, sv="Tom figur: inget material.", en="Empty figure: no material.")
    key = overview.by[0]
    bars = "; ".join(
        f"{overview.labels.group(key, value, lang)} {_amount(words, documents, lang)}"
        for value, words, documents in overview.table[[key, "words", "documents"]].itertuples(index=False)
    )
    return pick(lang, sv=f"Stapeldiagram över ord: {bars}.", en=f"Bar chart of words: {bars}.")


@use_style()
def plot_coverage(overview: CorpusOverview, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw a grid of which unit has material from which session, so that the gaps are seen.

    Parameters
    ----------
    overview : CorpusOverview
        With two keys: the first gives the rows, the second the columns.
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
        If the overview has not exactly two keys.
    """
    if len(overview.by) != 2:
        raise TableError(f"plot_coverage draws two groupings; this overview has {len(overview.by)}. Choose two: by=")
    down, across = overview.by
    table = that_fit(overview.table, ax, around=1.3, by=down)
    (at_y, rows), (at_x, columns) = (pd.factorize(table[key], use_na_sentinel=False) for key in (down, across))
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 2), row=0.27, around=1.1))
    if not overview.words:
        return say(ax, pick(lang, sv="Inget material", en="No material"), own=own)
    most = max(table["words"].max(), 1)
    for x, y, record in zip(at_x, at_y, table.to_dict("records"), strict=True):
        colour = SHADES(0.12 + 0.75 * (record["words"] / most) ** 0.5) if record["words"] else EMPTY
        text = number(record["words"], lang=lang) if record["words"] else "–"
        cell(
            ax,
            float(x),
            float(y),
            colour=colour,
            text=text if len(columns) <= 12 else "",
            gid=f"coverage:{record['row_id']}",
        )
    ax.set_yticks(range(len(rows)), [overview.labels.group(down, value, lang) for value in rows])
    ax.set_xticks(range(len(columns)), [overview.labels.group(across, value, lang) for value in columns])
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.tick_params(left=False, bottom=False, top=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    text = pick(lang, sv="Ord. Ljusgrått med streck: inget material.", en="Words. Light grey with a dash: no material.")
    what = overview.labels.noun(down, lang, many=True)
    note(ax, text + left_out(overview.table, table, overview.labels, lang, by=down, what=what), own=own)
    return ax


def alt_coverage(overview: CorpusOverview, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_coverage`.

    Parameters
    ----------
    overview : CorpusOverview
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many cells have material, and which rows have none.
    """
    if not overview.words:
        return pick(lang, sv="Tom figur: inget material.", en="Empty figure: no material.")
    down, across = overview.by
    known = overview.table.dropna(subset=[down, across])
    filled, cells = int((known["words"] > 0).sum()), len(known)
    totals = overview.table.groupby(down, dropna=False, sort=False)["words"].sum()
    bare = ", ".join(overview.labels.group(down, value, lang) for value in totals.index[totals == 0])
    grid = f"{overview.labels.noun(down, lang)} × {overview.labels.noun(across, lang)}"
    text = pick(
        lang,
        sv=f"Rutnät över ord, {grid}: {number(filled)} av {number(cells)} rutor har material.",
        en=f"Grid of words, {grid}: {number(filled, lang='en')} of {number(cells, lang='en')} cells have material.",
    )
    return text + (pick(lang, sv=f" Helt utan material: {bare}.", en=f" Without any material: {bare}.") if bare else "")


@use_style()
def plot_documents_timeline(timeline: DocumentsTimeline, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each dated document in time, by kind, larger the more words, with the days of the sessions.

    Parameters
    ----------
    timeline : DocumentsTimeline
        The documents.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = timeline.table
    kinds = list(dict.fromkeys(table["kind"]))
    ax, own = figure_axes(ax, height=1.2 + 0.34 * max(len(kinds), 2))
    if table.empty:
        return say(ax, pick(lang, sv="Inga daterade dokument", en="No dated documents"), own=own)
    for session, days in timeline.sessions.groupby("session"):
        for day in days["date"]:
            ax.axvline(_day(day), color="#999999", linewidth=0.8, linestyle=(0, (2, 2)), zorder=0)
        first = _day(days["date"].min())
        label = timeline.labels.group("session", session, lang)
        ax.text(first, 1.0, label, transform=ax.get_xaxis_transform(), ha="center", va="bottom")
    for document in table.to_dict("records"):
        mark = ax.scatter(
            _day(document["date"]),
            kinds.index(document["kind"]),
            s=10 + 110 * document["words"] / max(table["words"].max(), 1),
            color=BLUE,
            alpha=0.6,
            linewidth=0.5,
            edgecolor="white",
        )
        mark.set_gid(f"documents_timeline:{document['row_id']}")
    ax.set_yticks(range(len(kinds)), [timeline.labels.group("kind", kind, lang) for kind in kinds])
    ax.set_ylim(len(kinds) - 0.4, -0.6)
    ax.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=6))  # type: ignore[no-untyped-call]
    # Over a few weeks the month alone would stand on every tick.
    pattern = "%Y-%m" if (table["date"].iloc[-1] - table["date"].iloc[0]).days > 150 else "%Y-%m-%d"
    ax.xaxis.set_major_formatter(dates.DateFormatter(pattern))  # type: ignore[no-untyped-call]
    ax.grid(axis="y")
    ax.tick_params(left=False)
    note(ax, _timeline_note(timeline, lang), own=own)
    return ax


def alt_documents_timeline(timeline: DocumentsTimeline, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_documents_timeline`.

    Parameters
    ----------
    timeline : DocumentsTimeline
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many documents of each kind, and from when.
    """
    if timeline.table.empty:
        return pick(lang, sv="Tom figur: inga daterade dokument.", en="Empty figure: no dated documents.")
    kinds = "; ".join(
        f"{timeline.labels.group('kind', kind, lang)} {number(len(rows), lang=lang)}, "
        f"{rows['date'].min():%Y-%m-%d}–{rows['date'].max():%Y-%m-%d}"
        for kind, rows in timeline.table.groupby("kind", sort=False)
    )
    return pick(lang, sv=f"Tidslinje över dokument: {kinds}.", en=f"Timeline of documents: {kinds}.")


def _day(date: pd.Timestamp) -> float:
    return float(dates.date2num(date))  # type: ignore[no-untyped-call]


def _amount(words: int, documents: int, lang: Language) -> str:
    few = pick(lang, sv="dokument", en=count_noun(documents, "document", "documents", lang="en").split(" ", 1)[-1])
    return f"{number(words, lang=lang)} ({number(documents, lang=lang)} {few})"


def _timeline_note(timeline: DocumentsTimeline, lang: Language) -> str:
    text = pick(lang, sv="Större punkt: fler ord.", en="Larger dot: more words.")
    if len(timeline.sessions):
        many = timeline.labels.noun("session", lang, many=True)
        text += pick(lang, sv=f" Streckade linjer: {many}.", en=f" Dashed lines: {many}.")
    if timeline.undated:
        undated = number(timeline.undated, lang=lang)
        text += pick(lang, sv=f" {undated} dokument saknar datum.", en=f" Documents without a date: {undated}.")
    return text
