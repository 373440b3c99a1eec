"""What happens to the units → the registers about them, as sparse and as wrong as registers are."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from evalkit.simulate.actual import MOTIVES, Actual
from evalkit.simulate.chance import stream
from evalkit.simulate.people import Person, event_day, supervisor_of
from evalkit.simulate.truth import Truth, example

__all__ = [
    "draw_assessments",
    "draw_attendance",
    "draw_contacts",
    "draw_enrolment",
    "draw_implementation",
    "draw_indicators",
    "draw_judgements",
    "list_people",
]

Columns = Mapping[str, Any]
CONTACT_MODES = ("telefon", "mejl", "videomöte", "besök")
INDICATOR_EVERY = 91  # days


def list_people(people: list[Person]) -> Columns:
    """List the persons, without their names.

    Parameters
    ----------
    people : list of Person
        From `draw_people`.

    Returns
    -------
    mapping
        Columns of the register.
    """
    return {
        "person_id": [person.person_id for person in people],
        "unit": [person.unit for person in people],
        "role_home": [person.role_home for person in people],
        "role_project": [person.role_project for person in people],
        "from": [person.first for person in people],
        "to": [person.last for person in people],
        "consent": [person.consent for person in people],
    }


def draw_enrolment(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw when the units enrolled; leaving is an interval.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register.
    """
    days = stream(seed, "enrolment").integers(10, 40, truth.n_units)
    return {
        "unit": list(truth.units),
        "enrolled_on": [truth.sessions[0][0] - dt.timedelta(days=int(day)) for day in days],
        "left_after_session": [int(after) if by else None for after, by in _pairs(actual.left_after, actual.left_by)],
        "left_by_session": [int(by) if by else None for by in actual.left_by],
        "group": [f"G{group + 1}" for group in actual.group],
        "supervisor": [supervisor_of(truth, int(group), 1) for group in actual.group],
    }


def draw_judgements(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw what was judged of the units: stance, mandate and motive at enrolment, contested afterwards.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register; a fifth of stance and mandate is judged twice.
    """
    rng = stream(seed, "judgements")
    early = truth.sessions[0][0] - dt.timedelta(days=7)
    late = truth.sessions[-1][-1] + dt.timedelta(days=12)
    rows: list[tuple[str, str, dt.date, str, str, str, str | None]] = []

    def judge(unit: str, what: str, day: dt.date, by: str, value: str, source: str, evidence: str | None) -> None:
        rows.append((unit, what, day, by, value, source, evidence))

    for place, unit in enumerate(truth.units):
        second = supervisor_of(truth, int(actual.group[place]), 1)
        enrolled = f"intervju_{unit}_LT0"
        for what, held in (("stance", actual.stance[place]), ("mandate", actual.mandate[place])):
            judge(unit, what, early, "E1", _seen(held, truth, rng), "intervju vid anmälan", enrolled)
            if rng.random() < truth.rated_twice:
                judge(
                    unit, what, early + dt.timedelta(days=3), second, _seen(held, truth, rng), "handledarens bild", None
                )
        motive = MOTIVES[actual.motive[place]]
        judge(unit, "motive", early, "E1", motive, "intervju vid anmälan", enrolled)
        contested = _seen(actual.politicised[place], truth, rng)
        judge(unit, "politicised", late, "E1", contested, "efterhandsbedömning", None)
    names = ("unit", "what", "judged_on", "judged_by", "value", "source", "evidence")
    return _columns(names, rows)


def draw_attendance(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw how many came.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register; 0 where a unit that still took part stayed away, no row once it had left.
    """
    numbers = stream(seed, "attendance").choice([1, 2, 3], actual.present.shape, p=[0.3, 0.55, 0.15])
    unit, session = np.nonzero(np.arange(1, truth.n_sessions + 1) <= actual.last_session[:, None])
    group = actual.group[unit]
    return {
        "unit": [truth.units[place] for place in unit],
        "session": session + 1,
        "n_present": np.where(actual.present, numbers, 0)[unit, session],
        "group": [f"G{number + 1}" for number in group],
        "supervisor": [supervisor_of(truth, int(g), int(s) + 1) for g, s in _pairs(group, session)],
    }


def draw_assessments(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw the levels as raters scored them from homework.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register: where a unit was there, the tool was introduced and homework was handed in; mostly by
        one rater, the second one blind.
    """
    rng = stream(seed, "assessments")
    shape = actual.levels.shape
    scored = (rng.random(shape) < truth.assessed) & actual.present[:, :, None] & ~np.isnan(actual.levels)
    second = (rng.random(shape) < truth.rated_twice) & scored if len(truth.raters) > 1 else np.zeros(shape, dtype=bool)
    unit, session, tool = (np.concatenate(axes) for axes in _pairs(np.nonzero(scored), np.nonzero(second)))
    rater = np.repeat([0, 1], [scored.sum(), second.sum()])
    order = np.lexsort((rater, tool, unit, session))
    unit, session, tool, rater = unit[order], session[order], tool[order], rater[order]
    error = rng.normal(0, truth.rater_error, len(unit))
    seen = actual.levels[unit, session, tool] + actual.rater_bias[rater] + error
    levels: Any = np.clip(np.rint(seen), *truth.scale).astype(object)
    levels[rng.random(len(unit)) < truth.cannot_judge] = None
    after = np.array([days[-1] for days in truth.sessions], dtype="datetime64[D]")
    unit_ids = np.array(truth.units, dtype=object)[unit]
    return {
        "unit": unit_ids,
        "session": session + 1,
        "tool": np.array([known.id for known in truth.tools], dtype=object)[tool],
        "rater": np.array(truth.raters, dtype=object)[rater],
        "level": levels,
        "basis": np.full(len(unit), "hemuppgift", dtype=object),
        "rated_on": after[session] + rng.integers(20, 45, len(unit)),
        "blind": rater == 1,
        "evidence": [f"hemuppgift_{u}_LT{s + 1}" for u, s in zip(unit_ids, session, strict=True)],
    }


def draw_implementation(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw what is known of tools being introduced at home, and by which kind of evidence.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register; most of it is only said.
    """
    rng = stream(seed, "implementation")
    low, high = truth.scale
    steps = low + (high - low) * np.array([0.3, 0.5, 0.7])
    taking_part = (np.arange(1, truth.n_sessions + 1) <= actual.last_session[:, None])[:, :, None]
    known = taking_part & (np.nan_to_num(actual.levels, nan=low) >= steps[0]) & (rng.random(actual.levels.shape) < 0.15)
    statuses, kinds = ("planerat", "prövat", "infört"), ("said", "shown", "observed")
    rows = []
    for unit, session, tool in zip(*np.nonzero(known), strict=True):
        status = int(np.searchsorted(steps, actual.levels[unit, session, tool], side="right")) - 1
        evidence = str(rng.choice(kinds, p=[0.75, 0.2, 0.05]))
        day = truth.sessions[session][-1] + dt.timedelta(days=int(rng.integers(3, 30)))
        rows.append((truth.units[unit], truth.tools[tool].id, day, statuses[status], evidence))
    return _columns(("unit", "tool", "date", "status", "evidence"), rows)


def draw_contacts(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw the contacts between units and supervisors.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register; only while a unit takes part, and fewer before it leaves.
    """
    rng = stream(seed, "contacts")
    left_on = event_day(truth)
    own = truth.study.study.unit.one.sv if truth.study else "unit"
    rows: dict[tuple[dt.date, str, str], tuple[str, str]] = {}
    for session in range(1, truth.n_sessions):
        gap = (truth.sessions[session][0] - truth.sessions[session - 1][-1]).days
        for place, unit in enumerate(truth.units):
            staying = actual.last_session[place] > session
            rate = truth.contacts * (1.0 if staying else 0.4) * (actual.last_session[place] >= session)
            for _ in range(rng.poisson(rate)):
                day = truth.sessions[session - 1][-1] + dt.timedelta(days=int(rng.integers(2, max(gap, 4))))
                after_event = left_on is not None and day >= left_on
                supervisor = supervisor_of(truth, int(actual.group[place]), session + after_event)
                mode = str(rng.choice(CONTACT_MODES, p=[0.4, 0.35, 0.15, 0.1]))
                rows[day, unit, supervisor] = (mode, str(rng.choice((own, "team"), p=[0.6, 0.4])))
    listed = [(*key, *rows[key]) for key in sorted(rows)]
    return _columns(("date", "unit", "supervisor", "mode", "initiative"), listed)


def draw_indicators(truth: Truth, actual: Actual, *, seed: int) -> Columns:
    """Draw a few figures that units reported themselves.

    Parameters
    ----------
    truth : Truth
        The programme.
    actual : Actual
        What happened.
    seed : int
        The programme's seed.

    Returns
    -------
    mapping
        Columns of the register: quarterly, from about half of those who stay, with gaps.
    """
    rng = stream(seed, "indicators")
    first, last = truth.sessions[0][0], truth.sessions[-1][-1]
    rows = []
    for place in np.nonzero(~actual.left & (rng.random(truth.n_units) < 0.6))[0]:
        for known in example()["indicators"]:
            value, target = known["mean"] * rng.uniform(0.6, 1.4), None
            if rng.random() < 0.6:
                target = float(round(value * known["ambition"]))
            for day in range(0, (last - first).days + 1, INDICATOR_EVERY):
                value = max(value + known["trend"] + rng.normal(0, known["noise"]), 0.0)
                if rng.random() < 0.8:
                    when = first + dt.timedelta(days=day)
                    shown = float(round(value))
                    rows.append((truth.units[place], known["id"], when, shown, target, "kommunens egen uppföljning"))
    return _columns(("unit", "indicator", "date", "value", "target", "source"), rows)


def _seen(held: bool | np.bool_, truth: Truth, rng: np.random.Generator) -> str:
    return "ja" if bool(held) != (rng.random() < truth.judgement_error) else "nej"


def _columns(names: tuple[str, ...], rows: list[Any]) -> Columns:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _pairs(one: Any, other: Any) -> Any:
    return zip(one, other, strict=True)
