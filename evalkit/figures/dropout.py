"""Figures of who left: the funnel, retention, completion by rule, one predictor with its fragility."""

import textwrap

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from evalkit.figures.pages import page_height
from evalkit.figures.style import BLUE, EMPTY, GREY, INK, ORANGE, figure_axes, note, use_style
from evalkit.models.dropout import Completion, Predictor, ProgrammeFunnel, Retention
from evalkit.wording import Language, interval, number, p_value, percent, pick

__all__ = [
    "alt_completion",
    "alt_funnel",
    "alt_predictor",
    "alt_retention",
    "plot_completion",
    "plot_funnel",
    "plot_predictor",
    "plot_retention",
]

PER_LINE = 5  # names side by side in a field of the 2 × 2 picture


@use_style()
def plot_funnel(funnel: ProgrammeFunnel, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the steps from information to completion as bars.

    Parameters
    ----------
    funnel : ProgrammeFunnel
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
    rows = funnel.table.to_dict("records")
    ax, own = figure_axes(ax, height=0.8 + 0.36 * max(len(rows), 3))
    for y, row in enumerate(rows):
        declared = row["origin"] == "declared"
        ax.barh(
            y,
            row["count"],
            height=0.7,
            color=GREY if declared else BLUE,
            hatch="////" if row["approximate"] else "",
            edgecolor="white",
            linewidth=0,
        )[0].set_gid(f"funnel:{row['row_id']}")
        ax.text(row["count"], y, f" {_approximately(row, lang)}", va="center")
    ax.set_yticks(range(len(rows)), ["\n".join(textwrap.wrap(str(row[f"step_{lang}"]), 34)) for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 1.2 * max([row["count"] for row in rows] + [1]))
    ax.set_xticks([])
    ax.tick_params(left=False)
    ax.spines["bottom"].set_visible(False)
    text = pick(
        lang,
        sv="Grå: enligt study.toml; blå: räknat ur registren. Streckad: ungefärligt antal.",
        en="Grey: by study.toml; blue: counted from the registers. Hatched: approximate count.",
    )
    note(ax, text, own=own)
    return ax


def alt_funnel(funnel: ProgrammeFunnel, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_funnel`.

    Parameters
    ----------
    funnel : ProgrammeFunnel
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every step with its count.
    """
    steps = "; ".join(f"{row[f'step_{lang}']}: {_approximately(row, lang)}" for row in funnel.table.to_dict("records"))
    return pick(lang, sv=f"Staplar för varje steg: {steps}.", en=f"Bars for each step: {steps}.")


@use_style()
def plot_retention(retention: Retention, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the share of units still in, with both bounds and the interval.

    Parameters
    ----------
    retention : Retention
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
    table = retention.table
    ax, own = figure_axes(ax, height=2.9)
    x = [*table["session"], table["session"].iloc[-1] + 1]
    drawn = {name: [*table[name], table[name].iloc[-1]] for name in table.columns if name[:2] in ("re", "ci")}
    ax.fill_between(x, drawn["ci_low"], drawn["ci_high"], step="post", color=BLUE, alpha=0.18, linewidth=0)
    if retention.n_uncertain:
        between = drawn["retained_low"], drawn["retained_high"]
        ax.fill_between(x, *between, step="post", facecolor="none", edgecolor=BLUE, hatch="////", linewidth=0)
        ax.step(x, drawn["retained_low"], where="post", color=BLUE, linewidth=1, linestyle="--")
    ax.step(x, drawn["retained_high"], where="post", color=BLUE, linewidth=1.8)
    for row in table.to_dict("records"):
        ax.plot(row["session"], row["retained_high"], "o", color=BLUE, markersize=4, gid=f"retention:{row['row_id']}")
    last = table.iloc[-1]
    ax.text(x[-1], last["retained_high"], f" {last['n_high']}/{retention.n}", color=BLUE, va="center")
    names = [
        retention.labels.group("session", session, lang) if session else pick(lang, sv="anmälda", en="enrolled")
        for session in table["session"]
    ]
    ax.set_xticks(table["session"], names, rotation=90 if len(names) > 13 else 0)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(0, 1.03)
    ax.set_ylabel(pick(lang, sv="Andel kvar", en="Share still in"))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    share = percent(retention.level, lang=lang)
    text = pick(lang, sv=f"Yta: {share} intervall.", en=f"Area: {share} interval.")
    if retention.n_uncertain:
        text += pick(
            lang,
            sv=" Heldragen: alla lämnade så sent som det kan ha varit; streckad: så tidigt.",
            en=" Solid: all left as late as it can have been; dashed: as early.",
        )
    note(ax, text, own=own)
    return ax


def alt_retention(retention: Retention, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_retention`.

    Parameters
    ----------
    retention : Retention
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every session's share with its interval.
    """
    said = []
    for row in retention.table.to_dict("records"):
        same = row["n_low"] == row["n_high"]
        n = str(row["n_high"]) if same else f"{row['n_low']}–{row['n_high']}"
        limits = interval(100 * row["ci_low"], 100 * row["ci_high"], 0, lang=lang)
        name = retention.labels.group("session", row["session"], lang)
        said.append(f"{name} {n} ({limits} %)" if lang == "sv" else f"{name} {n} ({limits}%)")
    return pick(
        lang,
        sv=f"Trappkurva över antal kvar av {retention.n}, med intervall: {'; '.join(said)}.",
        en=f"Step curve of how many of {retention.n} are still in, with intervals: {'; '.join(said)}.",
    )


@use_style()
def plot_completion(completion: Completion, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the share that completed by each rule, with its interval.

    Parameters
    ----------
    completion : Completion
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
    rows = completion.table.to_dict("records")
    ax, own = figure_axes(ax, height=page_height(max(len(rows), 3), row=0.34, around=1.1))
    for y, row in enumerate(rows):
        colour = BLUE if row["declared"] else "#777777"
        ax.plot([row["ci_low"], row["ci_high"]], [y, y], color=colour, linewidth=1.8, solid_capstyle="butt")
        ax.plot(
            row["share"],
            y,
            "D" if row["declared"] else "o",
            color=colour,
            markersize=6,
            gid=f"completion:{row['row_id']}",
        )
        ax.text(1.03, y, f"{row['completed']}/{row['n']}", va="center")
    ax.set_yticks(range(len(rows)), ["\n".join(textwrap.wrap(str(row[f"rule_{lang}"]), 34)) for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, lang=lang)))
    ax.tick_params(left=False)
    share = percent(completion.level, lang=lang)
    text = pick(
        lang,
        sv=f"Andel av de anmälda med {share} Clopper–Pearson-intervall. Romb: den regel som studien anger.",
        en=f"Share of the enrolled with {share} Clopper–Pearson intervals. Diamond: the rule that the study declares.",
    )
    note(ax, text, own=own)
    return ax


def alt_completion(completion: Completion, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_completion`.

    Parameters
    ----------
    completion : Completion
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every rule with its share and interval.
    """
    said = "; ".join(
        f"{row[f'rule_{lang}']}: {row['completed']}/{row['n']} "
        f"({interval(100 * row['ci_low'], 100 * row['ci_high'], 0, lang=lang)})"
        for row in completion.table.to_dict("records")
    )
    return pick(lang, sv=f"Andel fullföljda per regel: {said}.", en=f"Share completed by rule: {said}.")


@use_style()
def plot_predictor(predictor: Predictor, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw who left and who stayed, with and without what was judged, each unit by name.

    A unit that by itself would move the exact p to the other side of .05, had it been judged otherwise, has a frame.

    Parameters
    ----------
    predictor : Predictor
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
    table = predictor.table[predictor.table["value"].notna()]
    fields = {
        (value, left): table[(table["value"] == value) & (table["left"] == left)].to_dict("records")
        for value in (True, False)
        for left in (True, False)
    }
    deep = {
        left: max([-(-len(fields[value, left]) // PER_LINE) for value in (True, False)] + [1]) for left in (True, False)
    }
    ax, own = figure_axes(ax, height=page_height(deep[True] + deep[False], row=0.3, around=1.5))
    top = {True: 0.0, False: deep[True] + 0.9}
    for (value, left), units in fields.items():
        x0 = 0.0 if value else PER_LINE + 0.4
        box = Rectangle((x0, top[left]), PER_LINE, deep[left] + 0.7, facecolor=EMPTY, edgecolor="white", zorder=0)
        ax.add_patch(box)
        ax.text(
            x0 + PER_LINE - 0.1, top[left] + 0.3, str(len(units)), ha="right", va="center", fontsize=9, weight="bold"
        )
        for place, row in enumerate(units):
            x, y = x0 + place % PER_LINE + 0.5, top[left] + 0.9 + place // PER_LINE
            _name_unit(ax, x, y, row, predictor, left=left)
    words = {
        True: pick(lang, sv=f"med {predictor.named('sv')}", en=f"with {predictor.named('en')}"),
        False: pick(lang, sv=f"utan {predictor.named('sv')}", en=f"without {predictor.named('en')}"),
    }
    for value, word in words.items():
        ax.text((0 if value else PER_LINE + 0.4) + PER_LINE / 2, -0.2, word, ha="center", va="bottom", fontsize=9)
    for left, word in ((True, pick(lang, sv="lämnade", en="left")), (False, pick(lang, sv="stannade", en="stayed"))):
        ax.text(-0.15, top[left] + (deep[left] + 0.7) / 2, word, ha="right", va="center", fontsize=9)
    ax.set_xlim(-1.6, 2 * PER_LINE + 0.5)
    ax.set_ylim(top[False] + deep[False] + 0.8, -0.8)
    ax.set_axis_off()
    note(ax, _predictor_note(predictor, lang), own=own)
    return ax


def _name_unit(ax: Axes, x: float, y: float, row: dict, predictor: Predictor, *, left: bool) -> None:  # type: ignore[type-arg]
    """Write one unit's name on a disc, framed where the finding hangs on it."""
    colour = ORANGE if left else "#9CCBE8"
    pivotal = predictor.tested and (row["p_otherwise"] <= 0.05) != predictor.significant
    ax.text(
        x,
        y,
        f"{row['unit']}{'' if row['agreed'] else '?'}",
        ha="center",
        va="center",
        gid=f"predictor:{row['row_id']}",
        bbox={
            "boxstyle": "round,pad=0.25",
            "facecolor": colour,
            "edgecolor": INK if pivotal else colour,
            "linewidth": 1.4,
        },
    )


def _predictor_note(predictor: Predictor, lang: Language) -> str:
    if not predictor.tested:
        return pick(
            lang,
            sv="Inget test: bedömningen är inte gjord före utfallet, eller skiljer inte enheterna åt.",
            en="No test: the judgement was not made before the outcome, or does not tell the units apart.",
        )
    row = predictor.test("log_rank")
    p = p_value(row["p"], lang=lang)
    if row["p_high"] - row["p_low"] >= 5e-4:
        ends = [p_value(row[end], lang=lang).removeprefix("p = ") for end in ("p_low", "p_high")]
        p = pick(lang, sv=f"p mellan {ends[0]} och {ends[1]}", en=f"p between {ends[0]} and {ends[1]}")
    if predictor.flips is None:
        flips = pick(lang, sv=f"fler än {predictor.most_flips}", en=f"more than {predictor.most_flips}")
    else:
        flips = number(predictor.flips, lang=lang)
    text = pick(
        lang,
        sv=f"Exakt log-rank {p}. Så många hade behövt bedömas annorlunda för att p skulle byta sida om 0,05: {flips}. "
        "Ram: räcker ensam.",
        en=f"Exact log-rank {p}. So many would have to be judged otherwise for p to change sides of 0.05: {flips}. "
        "Frame: enough by itself.",
    )
    if predictor.n_doubted:
        text += pick(lang, sv=" ?: bedömarna oense.", en=" ?: raters differ.")
    return text


def alt_predictor(predictor: Predictor, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_predictor`.

    Parameters
    ----------
    predictor : Predictor
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every field with its units, and the note.
    """
    table = predictor.table[predictor.table["value"].notna()]
    said = []
    for value, has in ((True, pick(lang, sv="med", en="with")), (False, pick(lang, sv="utan", en="without"))):
        for left, word in (
            (True, pick(lang, sv="lämnade", en="left")),
            (False, pick(lang, sv="stannade", en="stayed")),
        ):
            units = table.loc[(table["value"] == value) & (table["left"] == left), "unit"].tolist()
            names = f" ({', '.join(units)})" if units else ""
            said.append(f"{has}, {word}: {len(units)}{names}")
    return pick(
        lang,
        sv=f"Fyra fält för {predictor.named('sv')}. {'; '.join(said)}. {_predictor_note(predictor, lang)}",
        en=f"Four fields for {predictor.named('en')}. {'; '.join(said)}. {_predictor_note(predictor, lang)}",
    )


def _approximately(row: dict, lang: Language) -> str:  # type: ignore[type-arg]
    count = number(row["count"], lang=lang)
    return f"{pick(lang, sv='cirka ', en='about ')}{count}" if row["approximate"] else count
