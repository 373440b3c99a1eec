"""Figures of a codebook's own groupings: fields in rows and columns, and steps around a hub."""

import textwrap
from math import cos, pi, sin
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Arc, Circle, FancyArrowPatch, Rectangle

from evalkit.errors import TableError
from evalkit.figures.style import (
    EMPTY,
    INK,
    NO_CODINGS,
    POLARITY,
    SHADES,
    figure_axes,
    ink_on,
    note,
    polarity_key,
    rate,
    say,
    use_style,
)
from evalkit.measures.groupings import GroupingCounts
from evalkit.measures.tally import unchecked
from evalkit.wording import Language, number, pick

__all__ = ["alt_grouping", "plot_cycle_grouping", "plot_matrix_grouping"]


@use_style()
def plot_matrix_grouping(counts: GroupingCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the fields of a matrix, each with its code, coded segments and polarity.

    Parameters
    ----------
    counts : GroupingCounts
        Of a matrix.
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
        If the grouping is a cycle.
    """
    if counts.kind != "matrix":
        raise TableError(f"grouping '{counts.grouping}' is a {counts.kind}, not a matrix; use plot_cycle_grouping.")
    ax, own = figure_axes(ax, height=0.8 + 1.35 * len(counts.rows))
    if not counts.codings:
        return say(ax, NO_CODINGS[lang], own=own)
    top = counts.table["segments"].max()
    for row in counts.table.to_dict("records"):
        _draw_field(ax, row, counts, top=top, lang=lang)
    ax.set_xticks(range(len(counts.columns)), [text(lang) for text in counts.columns], fontsize=9)
    ax.set_yticks(range(len(counts.rows)), [text(lang) for text in counts.rows], fontsize=9, rotation=90, va="center")
    ax.set_xlim(-0.5, len(counts.columns) - 0.5)
    ax.set_ylim(len(counts.rows) - 0.5, -0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    polarity_key(ax, lang)
    note(ax, _matrix_note(counts, lang), own=own)
    return ax


@use_style()
def plot_cycle_grouping(counts: GroupingCounts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the steps of a cycle as a ring, its hub in the middle and what stands between the steps on the ring.

    Parameters
    ----------
    counts : GroupingCounts
        Of a cycle.
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
        If the grouping is a matrix.
    """
    if counts.kind != "cycle":
        raise TableError(f"grouping '{counts.grouping}' is a {counts.kind}, not a cycle; use plot_matrix_grouping.")
    ax, own = figure_axes(ax, height=5.2)
    if not counts.codings:
        return say(ax, NO_CODINGS[lang], own=own)
    steps = counts.table[counts.table["part"] == "step"].to_dict("records")
    nodes = counts.table[counts.table["part"].isin(["step", "hub"])]
    top, n = max(nodes["segments"].max(), 1), len(steps)
    radius = min(0.36, 0.85 * sin(pi / max(n, 2)) * 0.62)
    _draw_ring(ax, n, radius)
    for i, row in enumerate(steps):
        _draw_node(ax, *_on_ring(i, n), row, counts, radius=radius, top=top, lang=lang)
    for row in counts.table[counts.table["part"] == "hub"].to_dict("records"):
        _draw_node(ax, 0, 0, row, counts, radius=radius, top=top, lang=lang)
    gaps = counts.table[counts.table["part"] == "gap"]
    for i in range(n):
        _draw_gap(ax, *_on_ring(i + 0.5, n), gaps[gaps["position"] == i].to_dict("records"), counts, lang=lang)
    ax.set_xlim(-1.75, 1.75)
    ax.set_ylim(-1.42, 1.42)
    ax.set_aspect("equal")
    ax.set_axis_off()
    note(ax, _cycle_note(counts, lang), own=own)
    return ax


def alt_grouping(counts: GroupingCounts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_matrix_grouping` and `plot_cycle_grouping`.

    Parameters
    ----------
    counts : GroupingCounts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every field or step with its number.
    """
    name, who = counts.name(lang), unchecked(counts.count_kind, lang)
    if not counts.codings:
        return pick(lang, sv=f"Tom figur: inga kodningar i {name}.", en=f"Empty figure: no codings in {name}.")
    parts = "; ".join(_place(counts, row, lang) for row in counts.table.to_dict("records") if row["part"] != "between")
    return pick(
        lang,
        sv=f"{name} med kodade segment ({who}): {parts}.",
        en=f"{name} with coded segments ({who}): {parts}.",
    )


def _place(counts: GroupingCounts, row: dict[Any, Any], lang: Language) -> str:
    """Write one row as where it is, which code, and how many."""
    text = f"{counts.labels.code(row['code'], lang)} {number(row['segments'], lang=lang)}"
    if row["part"] == "cell":
        return f"{counts.rows[row['row']](lang)}/{counts.columns[row['column']](lang)}: {text}"
    if row["part"] == "gap":
        steps = counts.table.loc[counts.table["part"] == "step", "code"].tolist()
        ends = [steps[row["position"]], steps[(row["position"] + 1) % len(steps)]]
        named = "–".join(counts.labels.code(code, lang) for code in ends)
        return pick(lang, sv=f"mellan {named}: {text}", en=f"between {named}: {text}")
    return pick(lang, sv=f"i mitten: {text}", en=f"in the middle: {text}") if row["part"] == "hub" else text


def _draw_field(ax: Axes, row: dict[Any, Any], counts: GroupingCounts, *, top: int, lang: Language) -> None:
    x, y = float(row["column"]), float(row["row"])
    colour = SHADES(0.08 + 0.42 * row["segments"] / top) if row["segments"] else EMPTY
    box = Rectangle((x - 0.48, y - 0.47), 0.96, 0.94, facecolor=colour, edgecolor="#777777", linewidth=0.6)
    box.set_gid(f"matrix_grouping:{row['row_id']}")
    ax.add_patch(box)
    ink = ink_on(colour)
    name = "\n".join(textwrap.wrap(counts.labels.code(row["code"], lang), 28))
    ax.text(x, y - 0.4, name, ha="center", va="top", fontsize=10, fontweight="bold", color=ink)
    ax.text(x, y + 0.02, number(row["segments"], lang=lang), ha="center", va="center", fontsize=17, color=ink)
    per = (
        f"{rate(row['per_1000'], lang)} {pick(lang, sv='per 1 000 ord', en='per 1,000 words')}" if counts.words else ""
    )
    ax.text(x, y + 0.19, per, ha="center", va="center", color=ink)
    left, codings = x - 0.4, max(row["codings"], 1)
    for name, (fill, hatch, _) in POLARITY.items():
        width = 0.8 * row[name] / codings
        if not width:
            continue
        bar = Rectangle((left, y + 0.28), width, 0.12, facecolor=fill, hatch=hatch, edgecolor="white", linewidth=0.6)
        bar.set_gid(f"matrix_grouping:{row['row_id']}:{name}")
        ax.add_patch(bar)
        left += width


def _on_ring(step: float, n: int) -> tuple[float, float]:
    """Return where a step lies: the first at the top, then clockwise."""
    angle = pi / 2 - 2 * pi * step / max(n, 1)
    return cos(angle), sin(angle)


def _draw_ring(ax: Axes, n: int, radius: float) -> None:
    """Draw the ring with an arrow head into each step."""
    ax.add_patch(Arc((0, 0), 2, 2, color="#999999", linewidth=1.2, zorder=0))
    for i in range(n if n > 1 else 0):
        # The arrow ends where the ring meets the step's circle.
        reach = radius * n / (2 * pi)
        ax.add_patch(
            FancyArrowPatch(
                _on_ring(i + 1 - reach * 1.35, n),
                _on_ring(i + 1 - reach * 1.02, n),
                arrowstyle="-|>",
                mutation_scale=14,
                color="#777777",
                shrinkA=0,
                shrinkB=0,
                zorder=1,
            )
        )


def _draw_node(
    ax: Axes,
    x: float,
    y: float,
    row: dict[Any, Any],
    counts: GroupingCounts,
    *,
    radius: float,
    top: int,
    lang: Language,
) -> None:
    colour = SHADES(0.08 + 0.6 * row["segments"] / top) if row["segments"] else EMPTY
    style = "--" if row["part"] == "hub" else "-"
    circle = Circle((x, y), radius, facecolor=colour, edgecolor=INK, linewidth=0.8, linestyle=style, zorder=2)
    circle.set_gid(f"cycle_grouping:{row['row_id']}")
    ax.add_patch(circle)
    name = "\n".join(textwrap.wrap(counts.labels.code(row["code"], lang), 14))
    ink = ink_on(colour)
    ax.text(x, y + 0.02, name, ha="center", va="bottom", fontweight="bold", color=ink, zorder=3)
    ax.text(x, y - 0.02, number(row["segments"], lang=lang), ha="center", va="top", fontsize=12, color=ink, zorder=3)


def _draw_gap(
    ax: Axes, x: float, y: float, rows: list[dict[Any, Any]], counts: GroupingCounts, *, lang: Language
) -> None:
    """Draw what stands between two steps as a box on the ring, one per code."""
    for i, row in enumerate(rows):
        far = 1 + 0.2 * i
        box = Rectangle(
            (x * far - 0.14, y * far - 0.09),
            0.28,
            0.18,
            facecolor="white",
            edgecolor=INK,
            hatch="////",
            linewidth=0.6,
            zorder=2,
        )
        box.set_gid(f"cycle_grouping:{row['row_id']}")
        ax.add_patch(box)
        pad = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
        ax.text(x * far, y * far, number(row["segments"], lang=lang), ha="center", va="center", bbox=pad, zorder=3)
        name, side = counts.labels.code(row["code"], lang), 0 if abs(x) < 0.2 else (1 if x > 0 else -1)
        above = 0.0 if side else (0.16 if y > 0 else -0.16)
        align = {-1: "right", 0: "center", 1: "left"}[side]
        ax.text(x * far + 0.18 * side, y * far + above, name, ha=align, va="center", zorder=3)


def _matrix_note(counts: GroupingCounts, lang: Language) -> str:
    who = unchecked(counts.count_kind, lang)
    return pick(
        lang,
        sv=f"Stora tal: kodade segment; remsan: kodningarnas fördelning. {who[0].upper()}{who[1:]}.",
        en=f"Large numbers: coded segments; the strip: how the codings are divided. {who[0].upper()}{who[1:]}.",
    )


def _cycle_note(counts: GroupingCounts, lang: Language) -> str:
    who = unchecked(counts.count_kind, lang)
    text = pick(lang, sv="Tal: kodade segment.", en="Numbers: coded segments.")
    between = counts.table[counts.table["part"] == "between"]
    for code, segments in zip(between["code"], between["segments"], strict=True):
        name, count = counts.labels.code(code, lang), number(segments, lang=lang)
        text += pick(
            lang,
            sv=f" Streckade rutor: {name} i segment som också har steget före eller efter ({name} står i {count} "
            f"segment).",
            en=f" Hatched boxes: {name} in segments that also have the step before or after ({name} is in {count} "
            f"segments).",
        )
    return f"{text} {who[0].upper()}{who[1:]}."
