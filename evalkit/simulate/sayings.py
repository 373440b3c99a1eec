"""The sentence bank → what somebody says: which sentences fit the truth about a unit, and how they come out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.simulate.actual import MOTIVES
from evalkit.simulate.programme import Programme
from evalkit.simulate.truth import example

__all__ = ["Said", "Sayings", "Situation", "fill_slots", "join_sayings", "situation_of"]

UNLIKELY = 0.04  # weight of a sentence that contradicts the truth: people do say such things
SAID_IN_UNIT = 0.02  # weight of what the unit has said before
UNCODED = 0.5  # weight of a sentence without codes
WRITTEN = ("hemuppgift", "motesanteckning", "faltanteckning", "skriftligt")
_SLOT = re.compile(r"\{(\w+)\}")
_PHASE_WEIGHTS = {
    "enrolment": {"enrolment": 6.0, "any": 1.0, "early": 0.2},
    "early": {"early": 3.0, "any": 1.0, "enrolment": 0.05},
    "late": {"late": 3.0, "any": 1.0, "early": 0.1},
    "left": {"left": 8.0, "any": 1.0, "early": 0.2, "late": 0.1},
}


@dataclass(frozen=True, slots=True)
class Situation:
    """Who speaks and when: what the choice of sentences rests on.

    Attributes
    ----------
    unit : str or None
        Whose sentences; None for the team and for notes about all.
    phase : str
        "enrolment", "early", "late" or "left".
    level : float
        True mean level over the tools introduced.
    after_event : bool
        Whether the event has happened.
    facts : mapping of str to object
        stance, mandate, motive, politicised, left; empty where there is no unit.
    """

    unit: str | None
    phase: str
    level: float
    after_event: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the bank as somebody says it.

    Attributes
    ----------
    item : str
        Its id in the bank; empty for what stands in no bank and carries no code.
    text : str
        Its words, without slots.
    codes : tuple of tuple of str
        Code and polarity.
    quote : str
        A piece of the text that holds no name, to find it by; empty where none is long enough.
    """

    item: str
    text: str
    codes: tuple[tuple[str, str], ...] = ()
    quote: str = ""


def situation_of(programme: Programme, unit: str | None, session: int, *, left: bool = False) -> Situation:
    """Describe a unit at a session.

    Parameters
    ----------
    programme : Programme
        With its truth.
    unit : str or None
        The unit, or None for all of them.
    session : int
        The session, 0 for enrolment.
    left : bool, default False
        Whether the unit has left by then.

    Returns
    -------
    Situation
        What is true of it.
    """
    truth, actual = programme.truth, programme.actual
    places = [truth.units.index(unit)] if unit else list(range(truth.n_units))
    level = float(np.nanmean(actual.levels[places, session - 1])) if session else float(truth.scale[0])
    facts: dict[str, Any] = {}
    if unit:
        place = places[0]
        facts = {
            "stance": bool(actual.stance[place]),
            "mandate": bool(actual.mandate[place]),
            "politicised": bool(actual.politicised[place]),
            "motive": MOTIVES[actual.motive[place]],
            "left": bool(actual.left[place]),
        }
    middle = truth.event_after if truth.event_after is not None else truth.n_sessions // 2
    phase = "left" if left else "enrolment" if session == 0 else "early" if session <= middle else "late"
    after = truth.event_after is not None and session > truth.event_after
    return Situation(unit, phase, level, after, facts)


class Sayings:
    """Sentences to choose from; remembers what has been said.

    Parameters
    ----------
    bank : pandas.DataFrame
        From `read_bank`.
    rng : numpy.random.Generator
        Chance.
    """

    def __init__(self, bank: pd.DataFrame, rng: np.random.Generator) -> None:
        self._rng = rng
        self._texts: list[str] = bank["text"].tolist()
        self._ids: list[str] = bank["id"].tolist()
        self._codes = [tuple((str(code), str(polarity)) for code, polarity in codes) for codes in bank["codes"]]
        self._phases: list[str] = bank["phase"].tolist()
        self._roles = bank["role"].to_numpy(dtype=object)
        self._genres: list[str] = bank["genre"].tolist()
        self._uses = np.zeros(len(bank))
        self._said_in_unit: dict[str | None, NDArray[np.float64]] = {}
        self._said_here = np.ones(len(bank))
        self._weights: dict[tuple[Any, ...], NDArray[np.float64]] = {}

    def begin_document(self) -> None:
        """Forget what was said in the document before: within one, nothing is said twice."""
        self._said_here = np.ones(len(self._ids))

    def pick(
        self, count: int, *, role: str, kind: str, situation: Situation, apart_from: Collection[str] = ()
    ) -> list[Said]:
        """Choose sentences for one turn or paragraph.

        Parameters
        ----------
        count : int
            How many at most.
        role : str
            Whose they are.
        kind : str
            Kind of the document.
        situation : Situation
            What is true.
        apart_from : collection of str
            Codes that must not come up.

        Returns
        -------
        list of Said
            Fewer where the bank has no more to say; no code stands in two of them.
        """
        weights = self._weigh(role, kind, situation)
        unit = self._said_in_unit.setdefault(situation.unit, np.ones(len(self._ids)))
        taken, chosen = set(apart_from), []
        for _ in range(count):
            odds = weights * unit * self._said_here / (1 + self._uses) ** 2
            free = [not any(code in taken for code, _ in codes) for codes in self._codes]
            odds = np.where(free, odds, 0.0)
            total = odds.sum()
            if total <= 0:
                break
            place = int(self._rng.choice(len(odds), p=odds / total))
            self._uses[place] += 1
            self._said_here[place] = 0.0
            unit[place] *= SAID_IN_UNIT
            taken |= {code for code, _ in self._codes[place]}
            chosen.append(Said(self._ids[place], self._texts[place], self._codes[place]))
        return chosen

    def _weigh(self, role: str, kind: str, situation: Situation) -> NDArray[np.float64]:
        facts = tuple(sorted(situation.facts.items()))
        key = (role, kind, situation.phase, round(situation.level, 3), situation.after_event, facts)
        if key not in self._weights:
            phases = _PHASE_WEIGHTS[situation.phase]
            weights = [
                phases.get(phase, 0.0) * _genre_weight(genre, kind) * _truth_weight(codes, situation)
                for phase, genre, codes in zip(self._phases, self._genres, self._codes, strict=True)
            ]
            self._weights[key] = np.where(self._roles == role, weights, 0.0)
        return self._weights[key]


def _genre_weight(genre: str, kind: str) -> float:
    if genre == kind:
        return 4.0
    return 1.0 if (genre in WRITTEN) == (kind in WRITTEN) else 0.05


def _truth_weight(codes: Sequence[tuple[str, str]], situation: Situation) -> float:
    """How likely a sentence is: its least likely code decides."""
    return min((_code_weight(code, polarity, situation) for code, polarity in codes), default=UNCODED)


def _code_weight(code: str, polarity: str, situation: Situation) -> float:
    leaning = example()["codes"].get(code)
    if leaning is None:
        return 1.0
    on = leaning["on"]
    if on == "event":
        return float(leaning["after"] if situation.after_event else leaning["before"])
    if on == "level":
        holds = situation.level < leaning["below"] if "below" in leaning else situation.level >= leaning["from"]
    elif on not in situation.facts:
        return 1.0
    else:
        holds = situation.facts[on] == leaning.get("value", True)
    if polarity == "?":
        return 0.5
    fits = holds == (polarity == "+")
    return float(leaning.get("weight", 1.0) if fits and holds else 1.0 if fits else UNLIKELY)


def fill_slots(said: Said, words: Mapping[str, str]) -> Said:
    """Put names and figures where the bank has slots.

    Parameters
    ----------
    said : Said
        With slots such as "{person}".
    words : mapping of str to str
        What stands in each slot.

    Returns
    -------
    Said
        Without slots, with its quote.
    """
    text = _SLOT.sub(lambda slot: words.get(slot[1], slot[1]), said.text)
    pieces = [piece.strip() for piece in re.split(r"\{\w+\}|[,:;–]", said.text)]
    # The first word may come out stammered or with a small letter.
    pieces[0] = pieces[0].partition(" ")[2]
    quote = max(pieces, key=len).rstrip(".?! ")
    return replace(said, text=text, quote=quote if len(quote) >= 12 and quote in text else "")


def join_sayings(said: Sequence[Said], rng: np.random.Generator, *, spoken: bool) -> str:
    """Join sentences as they are spoken, with hesitation, or as they are written.

    Parameters
    ----------
    said : sequence of Said
        Without slots.
    rng : numpy.random.Generator
        Chance.
    spoken : bool
        Whether they are heard.

    Returns
    -------
    str
        One paragraph.
    """
    if not spoken:
        return " ".join(one.text for one in said)
    talk = example()["talk"]
    text = ""
    for place, one in enumerate(said):
        words = _hesitate(one.text, rng)
        lead = ""
        if place:
            lead = str(rng.choice(talk["links"]))
        elif rng.random() < 0.4:
            lead = str(rng.choice(talk["openers"]))
        elif rng.random() < 0.3:
            lead = str(rng.choice(talk["starters"]))
        if lead.rstrip().endswith((",", "och")):
            if _opens_commonly(words):
                words = words[0].lower() + words[1:]
            else:
                lead = " " if place else ""
        text += lead + words
    tag = str(rng.choice(talk["tags"])) if rng.random() < 0.25 else ""
    return text + tag[:1] + tag[1:2].upper() + tag[2:]


def _hesitate(text: str, rng: np.random.Generator) -> str:
    """Stammer now and then, at a comma or on the first word, so that two sayings of a sentence differ."""
    chance = rng.random()
    if chance < 0.2 and ", " in text:
        return text.replace(", ", str(rng.choice([", öh, ", ", alltså, ", ", ja, ", " … ", ", hm, "])), 1)
    first, space, rest = text.partition(" ")
    if chance > 0.9 and space and first.isalpha() and len(first) <= 4:
        return f"{first}, {first.lower()} {rest}"
    return text


def _opens_commonly(text: str) -> bool:
    """Whether a sentence begins with a short common word, no name, and so can stand after a comma."""
    first = text.partition(" ")[0].strip(",.").lower()
    return first in example()["talk"]["common_openings"]
