"""Figures of how the sessions were held: the days as strips, and the share of the time that explained."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MultipleLocator

from evalkit.figures.grids import CHARACTER, Filling, swatch_key
from evalkit.figures.pages import page_height
from evalkit.figures.style import BLUE, SKY, figure_axes, ink_on, note, say, use_style
from evalkit.measures.programme_time import ExplanatoryShare, SessionTimeline
from evalkit.wording import Language, number, percent, pick

__all__ = [
    "alt_explanatory_share",
    "alt_session_timeline",
    "plot_explanatory_share",
    "plot_session_timeline",
]

_REST = "#E3E3E3"
_STATUS_SIGN = {"held": "", "swapped": "↔", "added": "+", "dropped": "×"}
_NO_ACTIVITIES: dict[Language, str] = {"sv": "Inga aktiviteter antecknade", "en": "No activities recorded"}
_NO_TIME: dict[Language, str] = {"sv": "Ingen hållen tid antecknad", "en": "No held time recorded"}


@use_style()
def plot_explanatory_share(share: ExplanatoryShare, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each session's held minutes as a bar: what explained, what was held in the model's form, and the rest.

    Parameters
    ----------
    share : ExplanatoryShare
        The minutes.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = share.table
    ax, own = figure_axes(ax, height=page_height(max(len(table), 2), row=0.3, around=1.1))
    if not table["minutes"].any():
        return say(ax, _NO_TIME[lang], own=own)
    rest = table["minutes"] - table["explaining"] - table["in_form"]
    left = 0 * rest
    for part, width, (colour, hatch, _) in zip(
        ("explaining", "in_form", "rest"), (table["explaining"], table["in_form"], rest), _fillings(lang), strict=True
    ):
        bars = ax.barh(table.index, width, left=left, color=colour, hatch=hatch, height=0.72, linewidth=0)
        for bar, row in zip(bars, table["row_id"], strict=True):
            bar.set_gid(f"explanatory_share:{row}:{part}")
        left = left + width
    for y, row in enumerate(table.to_dict("records")):
        ax.text(row["minutes"], y, " " + _share_label(row, lang), va="center")
    ax.set_yticks(table.index, [share.labels.group("session", session, lang) for session in table["session"]])
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlim(0, 1.9 * table["minutes"].max())
    ax.set_xlabel(pick(lang, sv="Hållna minuter", en="Held minutes"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, lang=lang)))
    ax.tick_params(left=False)
    swatch_key(ax, _fillings(lang))
    note(ax, share.caption(lang), own=own)
    return ax


def alt_explanatory_share(share: ExplanatoryShare, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_explanatory_share`.

    Parameters
    ----------
    share : ExplanatoryShare
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Every bar with its numbers.
    """
    if not share.table["minutes"].any():
        return _empty(_NO_TIME[lang], lang)
    bars = "; ".join(
        f"{share.labels.group('session', row['session'], lang)} {_share_label(row, lang)}"
        for row in share.table.to_dict("records")
    )
    return pick(
        lang,
        sv=f"Stapeldiagram över andelen hållna minuter som förklarar: {bars}.",
        en=f"Bar chart of the share of held minutes that explain: {bars}.",
    )


@use_style()
def plot_session_timeline(timeline: SessionTimeline, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw each day as a strip of its activities by the clock; what was changed carries a sign.

    Parameters
    ----------
    timeline : SessionTimeline
        The activities.
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
    days = list(dict.fromkeys(table[["session", "day"]].itertuples(index=False, name=None)))
    ax, own = figure_axes(ax, height=page_height(max(len(days), 2), row=0.34, around=1.2))
    if table.empty:
        return say(ax, _NO_ACTIVITIES[lang], own=own)
    first, last = table["begin"].min(), max(table["stop"].max(), table["begin"].max() + 15)
    room = 5.0 / (last - first)
    for row in table.to_dict("records"):
        y = days.index((row["session"], row["day"]))
        # Without an end or a planned length only the beginning is known: a thin mark.
        length = 3 if pd.isna(row["stop"]) else row["stop"] - row["begin"]
        _draw_activity(ax, row, y, length, room)
    ax.set_yticks(range(len(days)), _day_labels(timeline, days, lang))
    ax.set_ylim(len(days) - 0.4, -0.6)
    ax.set_xlim(first - 5, last + 5)
    ax.xaxis.set_major_locator(MultipleLocator(60))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value // 60)}"))
    ax.set_xlabel(pick(lang, sv="Klockslag", en="Time of day"))
    ax.tick_params(left=False)
    swatch_key(ax, _fillings(lang))
    note(ax, _timeline_note(set(table["status"]), lang), own=own)
    return ax


def alt_session_timeline(timeline: SessionTimeline, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_session_timeline`.

    Parameters
    ----------
    timeline : SessionTimeline
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many activities each day had, from when to when, and how many were changed.
    """
    if timeline.table.empty:
        return _empty(_NO_ACTIVITIES[lang], lang)
    parts = []
    by_day = timeline.table.groupby(["session", "day"], sort=False)
    labels = _day_labels(timeline, list(by_day.groups), lang)
    for label, (_, rows) in zip(labels, by_day, strict=True):
        span = f"{_clock(rows['begin'].min())}–{_clock(rows['stop'].max())}"
        count, changed = number(len(rows), lang=lang), number((rows["status"] != "held").sum(), lang=lang)
        parts.append(
            pick(
                lang,
                sv=f"{label} {span}, {count} aktiviteter, {changed} ändrade",
                en=f"{label} {span}, {count} activities, {changed} changed",
            )
        )
    days = "; ".join(parts)
    return pick(lang, sv=f"Dagarna som remsor av aktiviteter: {days}.", en=f"The days as strips of activities: {days}.")


def _fillings(lang: Language) -> tuple[Filling, Filling, Filling]:
    return (
        (BLUE, "", pick(lang, sv="förklarar", en="explains")),
        (SKY, "....", pick(lang, sv="i modellens form", en="in the model's form")),
        (_REST, "", pick(lang, sv="annat", en="other")),
    )


def _share_label(row: dict[Any, Any], lang: Language) -> str:
    if not row["minutes"]:
        return pick(lang, sv="ingen hållen tid antecknad", en="no held time recorded")
    part, minutes, presenters = (number(row[c], lang=lang) for c in ("explaining", "minutes", "presenters"))
    share = percent(row["share"], lang=lang)
    return pick(
        lang,
        sv=f"{share} ({part} av {minutes} min), {presenters} höll i",
        en=f"{share} ({part} of {minutes} min), {presenters} presented",
    )


def _draw_activity(ax: Axes, row: dict[Any, Any], y: int, length: float, room: float) -> None:
    dropped = row["status"] == "dropped"
    shown = 0 if row["explains"] else 1 if not pd.isna(row["tool_demonstrated"]) else 2
    colour, hatch, _ = _fillings("sv")[shown]
    box = Rectangle(
        (row["begin"], y - 0.36),
        length,
        0.72,
        facecolor="white" if dropped else colour,
        hatch="" if dropped else hatch,
        edgecolor="#777777" if dropped else "white",
        linestyle="--" if dropped else "-",
        linewidth=0.9,
        gid=f"session_timeline:{row['row_id']}",
    )
    ax.add_patch(box)
    text = f"{_STATUS_SIGN[row['status']]} {row['category']}".strip()
    if len(text) * CHARACTER > length * room:
        text = _STATUS_SIGN[row["status"]]
    if text:
        back = (
            {"boxstyle": "round,pad=0.1", "facecolor": colour, "edgecolor": "none"} if hatch and not dropped else None
        )
        ink = ink_on("white" if dropped else colour)
        ax.text(row["begin"] + length / 2, y, text, ha="center", va="center", color=ink, bbox=back)


def _day_labels(timeline: SessionTimeline, days: list[Any], lang: Language) -> list[str]:
    several = {session for session, day in days if day > 1}
    word = pick(lang, sv="dag", en="day")
    return [
        timeline.labels.group("session", session, lang) + (f" {word} {day}" if session in several else "")
        for session, day in days
    ]


def _timeline_note(statuses: set[str], lang: Language) -> str:
    words: dict[str, dict[Language, str]] = {
        "swapped": {"sv": "↔ bytt", "en": "↔ swapped"},
        "added": {"sv": "+ tillagd", "en": "+ added"},
        "dropped": {"sv": "× och streckad ram: struken", "en": "× and dashed frame: dropped"},
    }
    changes = ", ".join(text[lang] for status, text in words.items() if status in statuses)
    named = pick(lang, sv="Aktiviteter har namn där det får plats.", en="Activities are named where there is room.")
    if not changes:
        return named + pick(lang, sv=" Allt hölls som planerat.", en=" All was held as planned.")
    return named + pick(lang, sv=f" Ändringar: {changes}.", en=f" Changes: {changes}.")


def _clock(minutes: float) -> str:
    return "–" if pd.isna(minutes) else f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}"


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
