"""What happens at the sessions → the registers about them: activities, positions, events, feedback, hours."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evalkit.simulate.actual import Actual
from evalkit.simulate.chance import stream
from evalkit.simulate.people import LEADERS, Person, event_day, team_of
from evalkit.simulate.truth import TrueTool, Truth, example

__all__ = ["draw_activities", "draw_hours", "draw_positions", "list_events", "list_interventions"]

Columns = Mapping[str, Any]
HALVES = ((9 * 60 + 30, 12 * 60), (13 * 60, 15 * 60 + 30))  # the working time of a day, in minutes after midnight
CHECK_IN, CHECK_OUT = (9 * 60, 9 * 60 + 30), (15 * 60 + 30, 16 * 60)
SLOT = 5  # minutes to which a programme is planned
KNOWN_PARTICIPANTS_FROM = 0.75  # share of the sessions after which positions are noted per participant


def draw_activities(truth: Truth, *, seed: int) -> Columns:
    """Draw the programme of each day as it was held.

    Parameters
    ----------
    truth : Truth
        The programme.
    seed : int
        Its seed.

    Returns
    -------
    mapping
        Columns of the register. A tool stands with what explains it and with what is held in its form.
    """
    rng = stream(seed, "activities")
    rows: list[dict[str, Any]] = []
    for session, days in enumerate(truth.sessions, start=1):
        for day in range(1, len(days) + 1):
            for row in _day(truth, session, rng):
                rows.append({"session": session, "day": day} | row)
    return {name: [row[name] for row in rows] for name in rows[0]}


def _day(truth: Truth, session: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    words = example()["activities"]
    form = _form_tool(truth)
    share = truth.explaining[min(session, len(truth.explaining)) - 1] if truth.explaining else 0.0
    share = float(np.clip(share + rng.normal(0, 0.03), 0, 1))
    team = _team_at(truth, session)
    yield _block(*CHECK_IN, words["check_in"], str(rng.choice(team)), form, rng)
    for half, (begin, end) in enumerate(HALVES):
        explained = round(share * (end - begin) / SLOT) * SLOT
        passes = max(1, round(explained / 25)) if session <= 2 else 1
        now = begin
        for part in range(passes if explained else 0):
            until = begin + round(explained * (part + 1) / passes / SLOT) * SLOT
            if until > now:
                tool = _explained_tool(truth, session, rng)
                yield _block(now, until, words["explain"], _presenter(truth, tool, session, rng), tool.id, rng)
                now = until
        middle = now + round((end - now) / 2 / SLOT) * SLOT
        for start, stop, what in (
            (now, middle, words["exercise"]),
            (middle, end, words["group" if half == 0 else "plenum"]),
        ):
            if stop > start:
                shown = form if what == words["group"] or rng.random() < 0.1 * session else None
                yield _block(start, stop, what, str(rng.choice(team)), shown, rng)
    yield _block(*CHECK_OUT, words["check_out"], str(rng.choice(team)), form, rng)


def _block(
    start: int, end: int, activity: str, presenter: str, tool: str | None, rng: np.random.Generator
) -> dict[str, Any]:
    status = str(rng.choice(("held", "swapped", "added", "dropped"), p=[0.88, 0.05, 0.04, 0.03]))
    reasons = example()["activities"]["reasons"]
    planned = float(max(end - start + SLOT * int(rng.integers(-2, 3)), SLOT))
    return {
        "start": _clock(start),
        "end": None if status == "dropped" else _clock(end),
        "planned_minutes": None if status == "added" else planned,
        "activity": activity,
        "presenter": None if status == "dropped" else presenter,
        "tool_demonstrated": None if status == "dropped" else tool,
        "status": status,
        "reason": None if status == "held" else str(rng.choice(reasons)),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _form_tool(truth: Truth) -> str | None:
    """Find the tool in whose form meetings are held, where the programme teaches one."""
    known = example()["tools"]
    return next((tool.id for tool in truth.tools if known.get(tool.id, {}).get("form")), None)


def _team_at(truth: Truth, session: int) -> list[str]:
    team = team_of(truth)
    return team[LEADERS:] if truth.event_after is not None and session > truth.event_after else team


def _explained_tool(truth: Truth, session: int, rng: np.random.Generator) -> TrueTool:
    """Draw a tool, one that is new at the session more often than one known from before."""
    taught = [tool for tool in truth.tools if tool.introduced <= session] or list(truth.tools)
    weights = np.array([3.0 if tool.introduced == session else 1.0 for tool in taught])
    return taught[int(rng.choice(len(taught), p=weights / weights.sum()))]


def _presenter(truth: Truth, tool: TrueTool, session: int, rng: np.random.Generator) -> str:
    team = _team_at(truth, session)
    leaders = [person for person in team_of(truth)[:LEADERS] if person in team]
    if tool.carried and leaders:
        return str(rng.choice(leaders))
    return str(rng.choice([person for person in team if person not in leaders]))


def draw_positions(truth: Truth, people: list[Person], attendance: Columns, *, seed: int) -> Columns:
    """Draw where participants stood at check-in and check-out.

    Parameters
    ----------
    truth : Truth
        The programme.
    people : list of Person
        Who could take part.
    attendance : mapping
        Columns of that register: how many of each unit were there.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register: counts per zone, and towards the end one row per participant.
    """
    rng = stream(seed, "positions")
    zones = _zones(truth)
    rows: list[dict[str, Any]] = []
    for session in range(1, truth.n_sessions + 1):
        persons = _persons_at(truth, people, attendance, session)
        named = session > KNOWN_PARTICIPANTS_FROM * truth.n_sessions
        count = len(persons) if named else sum(_counts_at(attendance, session).values())
        for statement in _statements(session):
            before = rng.normal(0.35 * (len(zones) - 1), 0.8, count)
            after = before + rng.normal(truth.position_shift, 0.5, count)
            for phase, agreement in (("in", before), ("out", after)):
                steps = np.clip(np.rint(agreement), 0, len(zones) - 1).astype(int)
                place = {"session": session, "phase": phase, "statement": statement}
                rows += [place | row for row in _placed(steps, zones, persons if named else None)]
    names = ("session", "phase", "statement", "zone", "participant", "unit", "distance_cm", "n")
    return {name: [row.get(name) for row in rows] for name in names}


def _counts_at(attendance: Columns, session: int) -> dict[str, int]:
    rows = zip(attendance["unit"], attendance["session"], attendance["n_present"], strict=True)
    return {unit: int(count) for unit, at, count in rows if at == session}


def _persons_at(truth: Truth, people: list[Person], attendance: Columns, session: int) -> list[Person]:
    """As many of each unit's persons as were counted, those in the programme first."""
    day = truth.sessions[session - 1][0]
    found: list[Person] = []
    for unit, count in _counts_at(attendance, session).items():
        of_unit = [p for p in people if p.unit == unit and p.first and p.first <= day and not (p.last and p.last < day)]
        found += of_unit[:count]
    return found


def _placed(steps: Any, zones: list[str], persons: list[Person] | None) -> Iterator[dict[str, Any]]:
    """`zones` are ordered from least to most agreement."""
    if persons is None:
        for step, zone in enumerate(zones):
            yield {"zone": zone, "n": int((steps == step).sum())}
        return
    for person, step in zip(persons, steps, strict=True):
        yield {"zone": zones[step], "participant": person.person_id, "unit": person.unit}


def _zones(truth: Truth) -> list[str]:
    declared = truth.study.scales.position if truth.study else None
    if declared is None or not declared.zones:
        return ["1", "2", "3", "4"]
    return list(declared.zones[::-1] if declared.near_is == "agree" else declared.zones)


def _statements(session: int) -> list[str]:
    known: list[list[str]] = example()["positions"]["statements"]
    return known[(session - 1) % len(known)]


def list_events(truth: Truth) -> Columns:
    """List what happened along the way.

    Parameters
    ----------
    truth : Truth
        The programme; its study declares the events.

    Returns
    -------
    mapping
        Columns of the register.
    """
    names = ("event", "date", "date_precision", "after_session", "kind", "source")
    if truth.study is not None:
        rows = [
            (e.id, e.date, e.date_precision, e.after_session, e.kind or None, e.source or None)
            for e in truth.study.events
        ]
    elif truth.event_after is not None:
        rows = [("event", event_day(truth), "month", truth.event_after, None, None)]
    else:
        rows = []
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def list_interventions(truth: Truth, *, seed: int) -> Columns:
    """List the evaluator's own feedback to the team.

    Parameters
    ----------
    truth : Truth
        The programme.
    seed : int
        Its seed.

    Returns
    -------
    mapping
        Columns of the register: one after each session but the last.
    """
    rng = stream(seed, "interventions")
    words = example()["interventions"]
    sessions = range(1, truth.n_sessions)
    return {
        "intervention": [f"aterforing{session}" for session in sessions],
        "date": [truth.sessions[session - 1][-1] + dt.timedelta(days=1) for session in sessions],
        "after_session": list(sessions),
        "advice": [words["advice"][(session - 1) % len(words["advice"])] for session in sessions],
        "uptake": [str(rng.choice(words["uptake"])) if rng.random() < 0.8 else None for _ in sessions],
    }


def draw_hours(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw the hours that the parties spent.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        Its seed.

    Returns
    -------
    mapping
        Columns of the register; the participants' are those of their days only.
    """
    rng = stream(seed, "hours")
    rows = []
    for session, days in enumerate(truth.sessions, start=1):
        team = len(_team_at(truth, session))
        present = int(actual.present[:, session - 1].sum())
        hours = {
            ("host", "preparation"): team * rng.uniform(5, 9),
            ("host", "session"): team * 8.0 * len(days),
            ("host", "between"): team * rng.uniform(3, 8),
            ("evaluator", "preparation"): rng.uniform(2, 5),
            ("evaluator", "session"): 9.0 * len(days),
            ("evaluator", "between"): rng.uniform(8, 16),
            ("participant", "session"): present * 2 * 7.0 * len(days),
        }
        rows += [(party, session, kind, round(value * 2) / 2) for (party, kind), value in hours.items()]
    return {name: [row[place] for row in rows] for place, name in enumerate(("party", "session", "kind", "hours"))}
