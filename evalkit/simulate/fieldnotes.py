"""The field note of a session as the template has it: registers in plain text, one record a line."""

import datetime as dt
from collections.abc import Iterator

import pandas as pd

from evalkit.errors import UsageError
from evalkit.simulate.programme import Programme

__all__ = ["field_note_lines"]

STATUS = {"held": "genomförd", "dropped": "inställd", "swapped": "bytt", "added": "tillagd"}
PHASE = {"in": "in", "out": "ut"}


def field_note_lines(programme: Programme, session: int) -> Iterator[tuple[bool, str]]:
    """Write what the registers say about a session on the template.

    Parameters
    ----------
    programme : Programme
        With attendance, activities, contacts and positions.
    session : int
        The session.

    Yields
    ------
    tuple of bool and str
        Whether it is a heading, and the lines under it, one record each.

    Raises
    ------
    UsageError
        If the programme belongs to no study.
    """
    if programme.truth.study is None:
        raise UsageError("a field note needs a study for its wording; simulate from default_truth(study)")
    registers = programme.registers
    days = registers["activities"].query("session == @session")
    for day, rows in days.groupby("day"):
        yield True, "Program" if day == 1 else f"Program, dag {day}"
        yield False, "\n".join(_activities(rows))
    for title, lines in (
        ("Närvaro", _attendance(registers["attendance"], session)),
        ("Kort", _positions(registers["positions"], session)),
        ("Kontakter sedan sist", _contacts(programme, session)),
        ("Händelser", _events(programme, session)),
    ):
        if lines:
            yield True, title
            yield False, "\n".join(lines)
    yield True, "Iakttagelser"


def _activities(rows: pd.DataFrame) -> list[str]:
    return [
        f"{row['start']}{_until(row['end'])} | {row['activity']} | {_shown(row['presenter'])} | "
        f"{_shown(row['tool_demonstrated'])} | {STATUS[row['status']]}"
        + ("" if pd.isna(row["reason"]) else f", {row['reason']}")
        for row in rows.to_dict("records")
    ]


def _attendance(table: pd.DataFrame, session: int) -> list[str]:
    rows = table[table["session"] == session].to_dict("records")
    return [f"{row['unit']}: {row['n_present']}, grupp {row['group']}, {row['supervisor']}" for row in rows]


def _positions(table: pd.DataFrame, session: int) -> list[str]:
    """Count per zone, also where participants are known: a note names nobody."""
    rows = table[table["session"] == session]
    lines = []
    for (statement, phase), cards in rows.groupby(["statement", "phase"], sort=False):
        counts = cards["n"].fillna(1).groupby(cards["zone"], sort=False).sum()
        zones = ", ".join(f"{zone}: {count}" for zone, count in counts.items())
        lines.append(f"{statement} | {PHASE[str(phase)]} | {zones}")
    return lines


def _contacts(programme: Programme, session: int) -> list[str]:
    rows = _between(programme, programme.registers["contacts"], session).to_dict("records")
    return [f"{r['date'].date()}, {r['unit']}, {r['supervisor']}, {r['mode']}, {r['initiative']}" for r in rows]


def _events(programme: Programme, session: int) -> list[str]:
    study = programme.truth.study
    named = {event.id: event.name.sv or event.id for event in study.events} if study else {}
    rows = _between(programme, programme.registers["events"], session).to_dict("records")
    return [f"{named.get(row['event'], row['event'])}, {row['date'].date()}" for row in rows]


def _between(programme: Programme, table: pd.DataFrame, session: int) -> pd.DataFrame:
    """Keep what is dated after the session before and up to the last day of this one."""
    sessions = programme.truth.sessions
    after = sessions[session - 2][-1] if session > 1 else dt.date(1900, 1, 1)
    first, last = pd.Timestamp(after), pd.Timestamp(sessions[session - 1][-1])
    return table[table["date"].gt(first) & table["date"].le(last)]


def _until(end: object) -> str:
    return f"–{end}" if isinstance(end, str) else ""


def _shown(value: object) -> str:
    return str(value) if isinstance(value, str) else "–"
