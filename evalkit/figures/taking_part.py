"""Figures of who took part: attendance with leaving visible, and contacts with supervisors."""

from dataclasses import replace

from matplotlib.axes import Axes

from evalkit.figures.grids import frame_grid
from evalkit.figures.pages import left_out, page_height, that_fit
from evalkit.figures.style import BLUE, EMPTY, ORANGE, SHADES, cell, figure_axes, ink_on, note, say, use_style
from evalkit.measures.participation import Participation
from evalkit.measures.supervision import SupervisionContacts
from evalkit.wording import Language, number, pick

__all__ = ["alt_attendance", "alt_contacts", "plot_attendance", "plot_contacts"]

_NO_ATTENDANCE: dict[Language, str] = {"sv": "Ingen närvaro antecknad", "en": "No attendance recorded"}
_NO_CONTACTS: dict[Language, str] = {"sv": "Inga kontakter antecknade", "en": "No contacts recorded"}
_GONE = "#D9D9D9"


@use_style()
def plot_attendance(taking_part: Participation, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw unit × session with how many came; absence, gaps and leaving look different.

    Parameters
    ----------
    taking_part : Participation
        The attendance.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    table = that_fit(taking_part.table, ax, around=1.3)
    units, sessions = (list(dict.fromkeys(table[key])) for key in ("unit", "session"))
    ax, own = figure_axes(ax, height=page_height(max(len(units), 2), row=0.24, around=1.3))
    if not taking_part.held:
        return say(ax, _NO_ATTENDANCE[lang], own=own)
    most = max(int(table["n_present"].max()), 1)
    for row in table.to_dict("records"):
        x, y, state = sessions.index(row["session"]), units.index(row["unit"]), row["state"]
        colour, text, hatch = _LOOK.get(state, (EMPTY, "–", ""))
        if state == "present":
            colour, text = SHADES(0.25 + 0.55 * row["n_present"] / most), number(row["n_present"], lang=lang)
        mark = cell(ax, x, y, colour=colour, text="", gid=f"attendance:{row['row_id']}", hatch=hatch)
        ax.text(x, y, text, ha="center", va="center", color=ink_on(colour), bbox=_ON_LINE if text == "?" else None)
        if state == "absent":
            mark.set_edgecolor(ORANGE)
            mark.set_linewidth(1.2)
            mark.set_bounds(x - 0.47, y - 0.43, 0.94, 0.86)
    frame_grid(ax, rows=units, columns=[taking_part.labels.group("session", session, lang) for session in sessions])
    text = _attendance_note(set(table["state"]), lang)
    note(ax, text + left_out(taking_part.table, table, taking_part.labels, lang), own=own)
    return ax


def alt_attendance(taking_part: Participation, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_attendance`.

    Parameters
    ----------
    taking_part : Participation
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        How many units and persons came to each session, and which units left.
    """
    if not taking_part.held:
        return _empty(_NO_ATTENDANCE[lang], lang)
    labels, held = taking_part.labels, taking_part.sessions[taking_part.sessions["held"]]
    sessions = "; ".join(
        f"{labels.group('session', session, lang)} {labels.count(units, 'unit', lang)} ({number(persons, lang=lang)} "
        + pick(lang, sv="personer)", en="persons)")
        for session, units, persons in held[["session", "units", "persons"]].itertuples(index=False, name=None)
    )
    gone = ", ".join(taking_part.units.loc[taking_part.units["left"] > 0, "unit"]) or "–"
    return pick(
        lang,
        sv=f"Rutnät över närvaro: {sessions}. Lämnade: {gone}.",
        en=f"Grid of attendance: {sessions}. Left: {gone}.",
    )


@use_style()
def plot_contacts(contacts: SupervisionContacts, *, ax: Axes | None = None, lang: Language = "sv") -> Axes:
    """Draw the network of units and supervisors; a thicker line is more contacts, with their number on it.

    Parameters
    ----------
    contacts : SupervisionContacts
        The contacts.
    ax : matplotlib.axes.Axes, optional
        To draw on; default a new figure.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.
    """
    every = contacts
    contacts = _contacts_that_fit(every, ax)
    units, supervisors = contacts.units, contacts.supervisors
    ax, own = figure_axes(ax, height=page_height(max(len(units), len(supervisors), 3), row=0.29, around=1.0))
    if not every.contacts:
        return say(ax, _NO_CONTACTS[lang], own=own)
    left, right = _places(contacts)
    most = contacts.table["contacts"].max()
    drawn: dict[str, int] = {}
    for row in contacts.table.to_dict("records"):
        ends = left[row["unit"]], right[row["supervisor"]]
        width = 0.8 + 4.2 * row["contacts"] / most
        (line,) = ax.plot([0, 1], ends, color=BLUE, alpha=0.45, linewidth=width, solid_capstyle="round", zorder=1)
        line.set_gid(f"contacts:{row['row_id']}")
        # The second and third line of a unit carry their numbers further out, so that none covers another.
        drawn[row["unit"]] = drawn.get(row["unit"], 0) + 1
        at = 0.1 * drawn[row["unit"]]
        number_at = ends[0] + at * (ends[1] - ends[0])
        text = number(row["contacts"], lang=lang)
        ax.text(at, number_at, text, ha="center", va="center", zorder=3, bbox=_ON_LINE)
    for x, places, table, kind in ((0, left, units, "unit"), (1, right, supervisors, "supervisor")):
        for name, count in table[[kind, "contacts"]].itertuples(index=False, name=None):
            colour = BLUE if count else "white"
            ax.plot(x, places[name], marker="o", color=colour, markeredgecolor=BLUE, markersize=6, zorder=2)
            text, away = f"{name} ({number(count, lang=lang)})", -0.03 if x == 0 else 0.03
            ax.text(x + away, places[name], text, ha="right" if x == 0 else "left", va="center")
    ax.set_xlim(-0.25, 1.3)
    ax.set_ylim(len(units) - 0.4, -0.6)
    ax.set_axis_off()
    many = contacts.labels.noun("unit", lang, many=True)
    text = pick(
        lang,
        sv=f"Antecknade kontakter mellan {many} (till vänster) och handledare (till höger); inom parentes alla. Tom "
        "ring: ingen antecknad kontakt.",
        en=f"Recorded contacts between {many} (left) and supervisors (right); all of them in brackets. Empty ring: no "
        "recorded contact.",
    )
    note(ax, text + left_out(every.units, units, contacts.labels, lang), own=own)
    return ax


def alt_contacts(contacts: SupervisionContacts, *, lang: Language = "sv") -> str:
    """Write the alternative text of `plot_contacts`.

    Parameters
    ----------
    contacts : SupervisionContacts
        What is drawn.
    lang : {"sv", "en"}, default "sv"
        Language of the reader.

    Returns
    -------
    str
        Each supervisor's contacts and units, and the units without any.
    """
    if not contacts.contacts:
        return _empty(_NO_CONTACTS[lang], lang)
    each = "; ".join(
        f"{name} {number(count, lang=lang)} ({contacts.labels.count(units, 'unit', lang)})"
        for name, count, units in contacts.supervisors[["supervisor", "contacts", "units"]].itertuples(
            index=False, name=None
        )
    )
    without = ", ".join(contacts.units.loc[contacts.units["contacts"] == 0, "unit"]) or "–"
    return pick(
        lang,
        sv=f"Nätverk av kontakter per handledare: {each}. Utan antecknad kontakt: {without}.",
        en=f"Network of contacts per supervisor: {each}. Without a recorded contact: {without}.",
    )


def _contacts_that_fit(contacts: SupervisionContacts, ax: Axes | None) -> SupervisionContacts:
    units = that_fit(contacts.units, ax, around=1.0)
    table = contacts.table[contacts.table["unit"].isin(units["unit"])]
    own = contacts.supervisors["supervisor"].isin(table["supervisor"])
    return replace(contacts, units=units, table=table, supervisors=contacts.supervisors[own])


_ON_LINE = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"}
_LOOK: dict[str, tuple[str, str, str]] = {
    "absent": ("white", "0", ""),
    "unknown": (EMPTY, "–", ""),
    "may have left": (EMPTY, "?", "////"),
    "left": (_GONE, "", "////"),
}


def _attendance_note(states: set[str], lang: Language) -> str:
    words: dict[str, dict[Language, str]] = {
        "absent": {"sv": "0 i ram: var inte där.", "en": "0 in a frame: was not there."},
        "unknown": {"sv": "–: ingen uppgift.", "en": "–: no record."},
        "may have left": {"sv": "? streckat: kan ha lämnat.", "en": "? hatched: may have left."},
        "left": {"sv": "Streckat: har lämnat.", "en": "Hatched: has left."},
    }
    said = [text[lang] for state, text in words.items() if state in states]
    return " ".join([pick(lang, sv="Antal närvarande.", en="Number present."), *said])


def _places(contacts: SupervisionContacts) -> tuple[dict[str, float], dict[str, float]]:
    """Put units with the same main supervisor together, and supervisors evenly beside them in the same order."""
    table = contacts.table.sort_values("contacts", ascending=False, kind="stable")
    main = dict(table.drop_duplicates("unit")[["unit", "supervisor"]].itertuples(index=False, name=None))
    order = {name: place for place, name in enumerate(contacts.supervisors["supervisor"])}
    units = sorted(contacts.units["unit"], key=lambda unit: order.get(main.get(unit, ""), len(order)))
    left = {unit: float(place) for place, unit in enumerate(units)}
    weight = (
        table.assign(at=table["unit"].map(left) * table["contacts"]).groupby("supervisor")[["at", "contacts"]].sum()
    )
    centre = (weight["at"] / weight["contacts"]).sort_values(kind="stable")
    step = len(units) / max(len(centre), 1)
    return left, {str(name): (place + 0.5) * step - 0.5 for place, name in enumerate(centre.index)}


def _empty(reason: str, lang: Language) -> str:
    return pick(lang, sv="Tom figur: ", en="Empty figure: ") + reason[0].lower() + reason[1:] + "."
