"""Figure of what suggestions are worth after more and more coding."""

from matplotlib.axes import Axes

from evalkit.coding.suggest import LearningCurve
from evalkit.figures.style import BLUE, GREY, ORANGE, figure_axes, note, use_style
from evalkit.wording import Language, number, pick

__all__ = ["alt_learning_curve", "plot_learning_curve"]


@use_style()
def plot_learning_curve(curve: LearningCurve, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw F1, precision and recall of suggestions against the number of segments read.

    Parameters
    ----------
    curve : LearningCurve
        What is drawn.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    ax, own = figure_axes(ax, height=2.8)
    means = curve.means
    ax.scatter(curve.table["segments"], curve.table["f1"], s=9, color=GREY, linewidths=0, gid="learning-curve:repeats")
    lines = {
        "f1": ("F1", BLUE, "-", "o"),
        "precision": (pick(lang, sv="precision", en="precision"), ORANGE, "--", "s"),
        "recall": (pick(lang, sv="täckning", en="recall"), "#444444", ":", "^"),
    }
    for column, (name, colour, style, marker) in lines.items():
        values = means.dropna(subset=column)
        ax.plot(values["segments"], values[column], style, color=colour, marker=marker, markersize=4, label=name)
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=0)
    ax.set_xlabel(pick(lang, sv="Lästa segment", en="Segments read"))
    ax.grid(axis="y")
    ax.yaxis.set_major_formatter(lambda value, _: number(value, 1, lang=lang))
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    note(ax, _note(curve, lang), own=own)
    return ax


def alt_learning_curve(curve: LearningCurve, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_learning_curve`.

    Parameters
    ----------
    curve : LearningCurve
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        F1 at every number of segments.
    """
    points = "; ".join(
        f"{number(row['segments'], lang=lang)}: {number(row['f1'], 2, lang=lang)}"
        for row in curve.means.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Linjediagram över förslagens F1 efter antal lästa segment. {points}.",
        en=f"Line chart of the suggestions' F1 by number of segments read. {points}.",
    )


def _note(curve: LearningCurve, lang: Language) -> str:
    asked = number(curve.precision, 2, lang=lang)
    return pick(
        lang,
        sv=f"Linjer: medel över slumpade ordningar; grå prickar: F1 i var och en. Trösklar för precision {asked}.",
        en=f"Lines: means over random orders; grey dots: F1 in each. Thresholds set for precision {asked}.",
    )
