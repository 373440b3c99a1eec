"""Figure of which codes stand in the same segments."""

from matplotlib.axes import Axes

from evalkit.figures.style import EMPTY, NO_CODINGS, NO_FIGURE, SHADES, cell, figure_axes, note, say, use_style
from evalkit.measures.cooccurrence import Cooccurrence
from evalkit.measures.tally import unchecked
from evalkit.wording import Language, number, pick

__all__ = ["alt_cooccurrence", "plot_cooccurrence"]


@use_style()
def plot_cooccurrence(pairs: Cooccurrence, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw which codes stand in the same segments, as a triangle.

    Parameters
    ----------
    pairs : Cooccurrence
        `most_used(15)` fits a page.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    codes, table = pairs.codes["code"].tolist(), pairs.table
    ax, own = figure_axes(ax, height=0.8 + 0.27 * max(len(codes), 4))
    if len(codes) < 2 or not table["both"].any():
        text = pick(lang, sv="Inga koder står i samma segment", en="No codes stand in the same segment")
        return say(ax, text if pairs.coded_segments else NO_CODINGS[lang], own=own)
    top = float(table["jaccard"].max())
    for row in table.to_dict("records"):
        x, y = sorted((codes.index(row["code_a"]), codes.index(row["code_b"])))
        colour = SHADES(0.1 + 0.8 * row["jaccard"] / top) if row["both"] else EMPTY
        text = number(row["both"], lang=lang) if row["both"] else ""
        cell(ax, x, y, colour=colour, text=text, gid=f"cooccurrence:{row['row_id']}")
    for place, (code, segments) in enumerate(pairs.codes[["code", "segments"]].itertuples(index=False)):
        name = f"{pairs.labels.code(code, lang)} ({number(segments, lang=lang)})"
        ax.text(place - 0.4, place, name, ha="left", va="center")
    ax.set_xlim(-0.5, len(codes) + 0.42 * len(codes))
    ax.set_ylim(len(codes) - 0.5, -0.5)
    ax.set_axis_off()
    note(ax, _pairs_note(pairs, top, lang), own=own)
    return ax


def alt_cooccurrence(pairs: Cooccurrence, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_cooccurrence`.

    Parameters
    ----------
    pairs : Cooccurrence
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        The five pairs that stand together most.
    """
    together = pairs.table[pairs.table["both"] > 0].sort_values("both", ascending=False, kind="stable").head(5)
    if together.empty:
        return NO_FIGURE[lang]
    named = "; ".join(
        f"{pairs.labels.code(row['code_a'], lang)} + {pairs.labels.code(row['code_b'], lang)} "
        f"{number(row['both'], lang=lang)}"
        for row in together.to_dict("records")
    )
    codes = number(len(pairs.codes), lang=lang)
    who = unchecked(pairs.count_kind, lang)
    return pick(
        lang,
        sv=f"Triangel med segment som har båda koderna, {codes} koder ({who}). Oftast tillsammans: {named}.",
        en=f"Triangle of segments with both codes, {codes} codes ({who}). Most often together: {named}.",
    )


def _pairs_note(pairs: Cooccurrence, top: float, lang: Language) -> str:
    who, highest = unchecked(pairs.count_kind, lang), number(top, 2, lang=lang)
    return pick(
        lang,
        sv="Tal: segment med båda koderna; inom parentes: segment med koden. Mörkare: större del av segmenten med "
        "någon "
        f"av dem (Jaccard, högst {highest}). {who[0].upper()}{who[1:]}.",
        en="Numbers: segments with both codes; in brackets: segments with the code. Darker: a larger part of the "
        "segments "
        f"with either (Jaccard, at most {highest}). {who[0].upper()}{who[1:]}.",
    )
