"""Figures of words and codes: do vocabularies converge, and when had all codes been met."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from evalkit.figures.style import BLUE, GREY, INK, VERMILION, figure_axes, note, say, use_style
from evalkit.measures.convergence import VocabularyConvergence
from evalkit.measures.saturation import Saturation
from evalkit.measures.tally import unchecked
from evalkit.wording import Language, interval, number, pick

__all__ = ["alt_convergence", "alt_saturation", "plot_convergence", "plot_saturation"]

_TOO_FEW: dict[Language, str] = {
    "sv": "För få av modellens ord att jämföra",
    "en": "Too few of the model's words to compare",
}
_NO_CODINGS: dict[Language, str] = {"sv": "Inga kodningar", "en": "No codings"}
_MARKERS = "osD^vPX<>*"


@use_style()
def plot_convergence(words: VocabularyConvergence, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the excess divergence of each pair over the sessions with its interval, and pale the naive divergence.

    Parameters
    ----------
    words : VocabularyConvergence
        The divergences.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    known = words.table[words.table["why"] == ""]
    ax, own = figure_axes(ax, height=3.1)
    if known.empty:
        return say(ax, _TOO_FEW[lang], own=own)
    pairs = list(dict.fromkeys(known["pair"]))
    for place, pair in enumerate(pairs):
        # Several pairs of one session stand beside one another.
        shift = (place - (len(pairs) - 1) / 2) * 0.5 / len(pairs)
        rows = known[known["pair"] == pair]
        colour = BLUE if place % 2 == 0 else VERMILION
        ax.plot(rows["session"] + shift, rows["excess"], color=colour, linewidth=0.8, alpha=0.6, zorder=2)
        ax.plot(rows["session"] + shift, rows["naive"], ":", color="#888888", linewidth=1, zorder=1)
        for row in rows.to_dict("records"):
            _draw(ax, row, row["session"] + shift, colour, _MARKERS[place % len(_MARKERS)])
        last = rows.iloc[-1]
        if words.compare == "presenters":
            ax.annotate(
                pair, (last["session"] + shift, last["excess"]), xytext=(5, 5), textcoords="offset points", color=colour
            )
    first = known.iloc[0]
    naive = pick(lang, sv="utan gallring", en="without rarefaction")
    place_of = (first["session"], first["naive"])
    ax.annotate(naive, place_of, xytext=(7, 3), textcoords="offset points", color="#555555")
    ax.axhline(0, color=INK, linewidth=0.8, zorder=0)
    sessions = sorted(set(known["session"]))
    ax.set_xticks(sessions, [words.labels.group("session", session, lang) for session in sessions])
    ax.set_xlim(min(sessions) - 0.5, max(sessions) + 0.7)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, lang=lang)))
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.set_ylabel(pick(lang, sv="Överskott (bitar)", en="Excess (bits)"))
    text = pick(
        lang,
        sv=f"Hur olika orden används, utöver vad lika talare ger vid {number(words.n)} ord; 0 = som en och samma "
        "talare. Prickat: samma jämförelse utan gallring, som faller när mer sägs.",
        en=f"How differently the words are used, beyond what like speakers give at {number(words.n, lang='en')} words; "
        "0 = as one and the same speaker. Dotted: the same without rarefaction, which falls as more is said.",
    )
    note(ax, text, own=own)
    return ax


def _draw(ax: Axes, row: dict[Any, Any], x: float, colour: str, marker: str) -> None:
    ax.plot([x, x], [row["ci_low"], row["ci_high"]], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=3)
    gid = f"convergence:{row['row_id']}"
    ax.plot(x, row["excess"], marker, color=colour, markersize=5, zorder=4, gid=gid)


def alt_convergence(words: VocabularyConvergence, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_convergence`.

    Parameters
    ----------
    words : VocabularyConvergence
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every excess with its interval.
    """
    known = words.table[words.table["why"] == ""]
    if known.empty:
        return _empty(_TOO_FEW[lang], lang)
    each = "; ".join(
        f"{words.pair(row['pair'], lang)} {words.labels.group('session', row['session'], lang)} "
        f"{number(row['excess'], 2, lang=lang)} ({interval(row['ci_low'], row['ci_high'], lang=lang)})"
        for row in known.to_dict("records")
    )
    return pick(
        lang, sv=f"Överskott i ordens olikhet per träff: {each}.", en=f"Excess divergence of words per session: {each}."
    )


@use_style()
def plot_saturation(saturation: Saturation, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw how many different codes had been found after each document, and what any order would give.

    Parameters
    ----------
    saturation : Saturation
        The counts.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = saturation.table
    ax, own = figure_axes(ax, height=2.8)
    if table.empty or not table["found"].iloc[-1]:
        return say(ax, _NO_CODINGS[lang], own=own)
    ax.fill_between(table["k"], table["ci_low"], table["ci_high"], color=GREY, alpha=0.4, linewidth=0, zorder=0)
    ax.plot(table["k"], table["expected"], color="#777777", linewidth=1, linestyle="--", zorder=1)
    ax.step(table["k"], table["found"], where="post", color=BLUE, linewidth=1.4, zorder=2)
    for row in table.to_dict("records"):
        size = 4 if row["new"] else 1.5
        ax.plot(row["k"], row["found"], "o", color=BLUE, markersize=size, zorder=3, gid=f"saturation:{row['row_id']}")
    ax.axhline(saturation.codes, color=INK, linewidth=0.8, linestyle=":", zorder=0)
    all_codes = pick(lang, sv="alla koder", en="all codes")
    ax.text(table["k"].iloc[-1], saturation.codes, f"{all_codes} ({number(saturation.codes)})", ha="right", va="bottom")
    ax.set_xlim(0, table["k"].iloc[-1] + 1)
    ax.set_ylim(0, saturation.codes * 1.15)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlabel(pick(lang, sv="Dokument i den ordning de samlades in", en="Documents in the order of collection"))
    ax.set_ylabel(pick(lang, sv="Olika koder", en="Different codes"))
    who = unchecked(saturation.count_kind, lang)
    text = pick(
        lang,
        sv=f"Blå: funna hittills; stor prick: dokumentet gav något nytt. Streckad linje och grått: medel och 95 % av "
        f"slumpade ordningar. {who[0].upper()}{who[1:]}.",
        en=f"Blue: found so far; large dot: the document brought something new. Dashed and grey: mean and 95% of "
        f"random orders. {who[0].upper()}{who[1:]}.",
    )
    note(ax, text, own=own)
    return ax


def alt_saturation(saturation: Saturation, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_saturation`.

    Parameters
    ----------
    saturation : Saturation
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many codes had been found after a quarter, half and all of the documents.
    """
    table = saturation.table
    if table.empty or not table["found"].iloc[-1]:
        return _empty(_NO_CODINGS[lang], lang)
    n = len(table)
    places = sorted({max(1, n // 4), max(1, n // 2), n})
    each = "; ".join(
        f"{number(k, lang=lang)} {pick(lang, sv='dokument', en='documents')}: "
        f"{number(table.loc[table['k'] == k, 'found'].iloc[0], lang=lang)}"
        for k in places
    )
    codes = number(saturation.codes, lang=lang)
    return pick(
        lang,
        sv=f"Kurva över antal funna koder av {codes}. {each}.",
        en=f"Curve of the number of codes found of {codes}. {each}.",
    )


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
