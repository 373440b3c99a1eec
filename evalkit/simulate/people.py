"""Who takes part: persons of the units, of the team and the evaluator, with invented names."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalkit.simulate.chance import stream
from evalkit.simulate.truth import Truth, example

__all__ = ["Person", "draw_people", "event_day", "supervisor_of", "team_of"]

LEADERS = 2  # of the team; they are the ones who leave at the event


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the programme.

    Attributes
    ----------
    person_id : str
        Such as "K03-1" or "T2".
    name : str
        First name and surname; invented.
    unit : str or None
        The unit; None for the team and the evaluator.
    role_home, role_project : str
        What the person is at home and in the programme.
    first, last : datetime.date or None
        From when, if the person takes part, and until when, if that ended early.
    consent : str
        "none", "internal" or "quote".
    also : str, default ""
        What the person is called besides.
    """

    person_id: str
    name: str
    unit: str | None
    role_home: str
    role_project: str | None
    first: dt.date | None
    last: dt.date | None
    consent: str
    also: str = ""

    @property
    def first_name(self) -> str:
        """The name without the surname."""
        return self.name.split()[0]


def team_of(truth: Truth) -> list[str]:
    """Return the ids of the team: the leaders first, then one supervisor per group.

    Parameters
    ----------
    truth : Truth
        The programme.

    Returns
    -------
    list of str
        T1, T2, …
    """
    return [f"T{number + 1}" for number in range(LEADERS + -(-truth.n_units // 3))]


def supervisor_of(truth: Truth, group: int, session: int) -> str:
    """Return who supervises a group at a session.

    Parameters
    ----------
    truth : Truth
        The programme.
    group : int
        The group, from 0; the first is the first leader's until the event.
    session : int
        The session, from 1.

    Returns
    -------
    str
        Id in the team.
    """
    led = group == 0 and truth.event_after is not None and session <= truth.event_after
    return "T1" if led else team_of(truth)[LEADERS + group]


def draw_people(truth: Truth, *, seed: int) -> list[Person]:
    """Draw the persons.

    Parameters
    ----------
    truth : Truth
        The programme.
    seed : int
        Its seed.

    Returns
    -------
    list of Person
        Two or three per unit, the team and the evaluator; no full name stands twice, first names do. Where the
        example knows a unit's or the team's persons, these come first.
    """
    rng = stream(seed, "people")
    sizes = rng.integers(2, 4, truth.n_units)
    names = _names(int(sizes.sum()) + len(team_of(truth)) + 1, rng)
    known = _known_people(truth)
    people: list[Person] = []
    for unit, size in zip(truth.units, sizes, strict=True):
        people += _unit_people(truth, unit, int(size), known.get(unit, []), names, rng)
    return [*people, *_team_people(truth, known.get("", []), names), _evaluator(truth, names)]


def _unit_people(
    truth: Truth, unit: str, size: int, known: list[dict[str, Any]], names: Iterator[str], rng: np.random.Generator
) -> list[Person]:
    words = example()["people"]
    consents = {declared.id: declared.consent for declared in truth.study.units} if truth.study else {}
    consent = consents.get(unit, "internal")
    people = [_as_known(f"{unit}-{number}", unit, facts) for number, facts in enumerate(known, start=1)]
    for number in range(len(people), size):
        role = words["roles_home"][0] if number == 0 else str(rng.choice(words["roles_home"][1:]))
        project = words["roles_project"][0 if number == 0 else 1]
        own = consent if consent == "none" or rng.random() < 0.9 else "internal"
        people.append(Person(f"{unit}-{number + 1}", next(names), unit, role, project, _start(truth), None, own))
    return people


def _team_people(truth: Truth, known: list[dict[str, Any]], names: Iterator[str]) -> list[Person]:
    words = example()["people"]
    team = team_of(truth)
    later = [facts for facts in known if facts.get("later")]
    first = [facts for facts in known if not facts.get("later")]
    people = []
    for number, person in enumerate(team):
        leads = number < LEADERS
        home = words["roles_team"][min(number, len(words["roles_team"]) - 1)]
        name = first[number]["name"] if number < len(first) else next(names)
        until = event_day(truth) if leads else None
        project = words["roles_project"][2 if leads else 3]
        people.append(Person(person, name, None, home, project, _start(truth), until, "internal"))
    return people + [_as_known(f"T{len(team) + number}", None, facts) for number, facts in enumerate(later, start=1)]


def _evaluator(truth: Truth, names: Iterator[str]) -> Person:
    words = example()["people"]
    home, project = words["role_evaluator"], words["roles_project"][4]
    return Person("E1", next(names), None, home, project, _start(truth), None, "internal")


def _start(truth: Truth) -> dt.date:
    return truth.sessions[0][0] - dt.timedelta(days=30)


def _known_people(truth: Truth) -> dict[str, list[dict[str, Any]]]:
    """Persons that the example's own documents name, by unit ("" is the team), if the study has those units."""
    units = {unit.name: unit.id for unit in truth.study.units} if truth.study else {}
    found: dict[str, list[dict[str, Any]]] = {}
    for facts in example()["people"]["known"]:
        if facts["unit"] in units:
            found.setdefault(units[facts["unit"]], []).append(facts)
    if found:
        found[""] = [facts for facts in example()["people"]["known"] if not facts["unit"]]
    return found


def _as_known(person_id: str, unit: str | None, facts: dict[str, Any]) -> Person:
    return Person(
        person_id,
        facts["name"],
        unit,
        facts["home"],
        facts.get("project"),
        facts.get("from"),
        facts.get("to"),
        facts["consent"],
        facts.get("also", ""),
    )


def event_day(truth: Truth) -> dt.date | None:
    """Return the day of the event.

    Parameters
    ----------
    truth : Truth
        The programme.

    Returns
    -------
    datetime.date or None
        As the study declares it, else a fortnight after the session before it; None without an event.
    """
    if truth.event_after is None:
        return None
    declared = [e.date for e in truth.study.events if e.id == truth.study.experiment.event] if truth.study else []
    if declared and declared[0]:
        return declared[0]
    before = truth.sessions[truth.event_after - 1][-1] if truth.event_after else truth.sessions[0][0]
    return before + dt.timedelta(days=14)


def _names(count: int, rng: np.random.Generator) -> Iterator[str]:
    words = example()["people"]
    surnames = [begin + end for begin in words["surname_begins"] for end in words["surname_ends"]]
    first = rng.choice(words["first_names"], count)
    last = rng.choice(surnames, count, replace=count > len(surnames))
    return (f"{one} {two}" for one, two in zip(first.tolist(), last.tolist(), strict=True))
