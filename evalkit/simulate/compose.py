"""A programme → its documents: interviews, group conversations, notes and homework."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import UsageError
from evalkit.simulate.bank import read_bank
from evalkit.simulate.chance import stream
from evalkit.simulate.documents import Document, Paragraph
from evalkit.simulate.fieldnotes import field_note_lines
from evalkit.simulate.people import Person, supervisor_of
from evalkit.simulate.programme import Programme
from evalkit.simulate.sayings import Said, Sayings, Situation, fill_slots, join_sayings, situation_of
from evalkit.simulate.truth import example
from evalkit.study import Study

__all__ = ["compose_documents"]

FOLDERS = {
    "intervju": "transcripts",
    "gruppsamtal": "transcripts",
    "motesanteckning": "notes",
    "faltanteckning": "notes",
    "hemuppgift": "homework",
}
SPOKEN_FORMATS = ("txt", "docx", "txt", "vtt", "md", "odt", "txt", "docx", "rtf")
WRITTEN_FORMATS = ("md", "docx", "txt", "odt", "docx", "rtf")
INTERVIEW_ANSWERS = (20, 30)  # at least and at most
GROUP_TURNS = (44, 62)


def compose_documents(programme: Programme, *, bank: pd.DataFrame | None = None, scale: int = 1) -> Iterator[Document]:
    """Compose the documents of a programme.

    Parameters
    ----------
    programme : Programme
        It must have been simulated from a study, whose names and wording the documents use.
    bank : pandas.DataFrame, optional
        Sentences; default those that evalkit ships.
    scale : int, default 1
        How many times as many documents, for trying large corpora.

    Yields
    ------
    Document
        In the order of the sessions.

    Raises
    ------
    UsageError
        If the programme belongs to no study, or the scale is below 1.
    """
    if programme.truth.study is None:
        raise UsageError("documents need a study for their names; simulate from default_truth(study)")
    if scale < 1:
        raise UsageError(f"scale {scale} is below 1; give 1 or more")
    composer = _Composer(programme, programme.truth.study, read_bank() if bank is None else bank)
    for number in range(scale):
        yield from composer.compose_all(number)


class _Composer:
    """Composes one programme's documents; remembers which sentences were used."""

    def __init__(self, programme: Programme, study: Study, bank: pd.DataFrame) -> None:
        self.programme, self.study = programme, study
        self.rng = stream(programme.seed, "documents")
        self.sayings = Sayings(bank, self.rng)
        self.talk = example()["talk"]
        self.count = {"spoken": 0, "written": 0}
        self.names = {unit.id: unit.name or unit.id for unit in study.units}

    def compose_all(self, number: int) -> Iterator[Document]:
        truth, actual = self.programme.truth, self.programme.actual
        last = truth.n_sessions
        middle = truth.event_after if truth.event_after is not None else last // 2
        for unit in truth.units:
            yield self.interview(unit, 0, number)
        for session in range(1, last + 1):
            staying = [unit for place, unit in enumerate(truth.units) if actual.last_session[place] >= session]
            gone = [
                unit
                for place, unit in enumerate(truth.units)
                if actual.left[place] and actual.left_by[place] == session
            ]
            several = staying if session in (middle, last) else self._some(staying, 3)
            yield self.field_note(session, number)
            yield from (self.interview(unit, session, number) for unit in several)
            yield from (self.interview(unit, session, number, left=True) for unit in gone)
            yield self.group_conversation(session, self._some(staying, 4), number)
            yield self.meeting_note(session, number)
            yield from (self.homework(unit, session, number) for unit in self._handed_in(session))
            if session in (middle, last):
                yield self.team_conversation(session, number)

    def interview(self, unit: str, session: int, number: int, *, left: bool = False) -> Document:
        """Let one person of a unit talk with the evaluator."""
        self.sayings.begin_document()
        person = self._person(unit, session)
        situation = situation_of(self.programme, unit, session, left=left)
        paragraphs = [
            self._question(str(self.rng.choice(self.talk["greetings"]))),
            self._small(str(self.rng.choice(self.talk["presentations"])), "R", person, session),
        ]
        answers = int(self.rng.integers(*INTERVIEW_ANSWERS)) - (8 if session == 0 else 0)
        for question in self._questions(answers, situation, session, person):
            paragraphs.append(self._question(question))
            if self.rng.random() < 0.08:
                paragraphs.append(self._small(str(self.rng.choice(self.talk["small"])), "R", person, session))
            else:
                paragraphs.append(self._turn("R", "informant", "intervju", situation, session, person))
        paragraphs.append(self._question("Var det något mer du ville säga?"))
        paragraphs.append(self._small(str(self.rng.choice(self.talk["closing"])), "R", person, session))
        return self._document("intervju", unit, session, number, paragraphs)

    def group_conversation(self, session: int, units: list[str], number: int) -> Document:
        """Let several units talk; a unit's id is its label, and the header says so."""
        self.sayings.begin_document()
        situations = {unit: situation_of(self.programme, unit, session) for unit in units}
        speakers = {unit: self._person(unit, session) for unit in units}
        supervisor = self._team_member(session, units[0])
        paragraphs = [self._question(str(self.rng.choice(self.talk["team_questions"])))]
        for _ in range(int(self.rng.integers(*GROUP_TURNS))):
            chance = self.rng.random()
            if chance < 0.15 and paragraphs[-1].role != "intervjuare":
                paragraphs.append(self._question(str(self.rng.choice(self.talk["questions"]))))
            elif chance < 0.27:
                paragraphs.append(
                    self._turn(
                        "H",
                        "handledare",
                        "gruppsamtal",
                        situation_of(self.programme, None, session),
                        session,
                        supervisor,
                    )
                )
            else:
                unit = str(self.rng.choice(units))
                paragraphs.append(
                    self._turn(unit, "informant", "gruppsamtal", situations[unit], session, speakers[unit])
                )
        labels = [f"{unit} = informant, {unit}, participant" for unit in units]
        spoken = [paragraph for paragraph in paragraphs if paragraph.text]
        return self._document("gruppsamtal", None, session, number, spoken, speakers=labels)

    def team_conversation(self, session: int, number: int) -> Document:
        """Let the team talk with the evaluator."""
        self.sayings.begin_document()
        situation = situation_of(self.programme, None, session)
        team = [p for p in self.programme.people if p.person_id.startswith("T") and not self._away(p, session)][:3]
        paragraphs = []
        for question in self.talk["team_questions"]:
            paragraphs.append(self._question(question))
            for _ in range(8):
                place = int(self.rng.integers(len(team)))
                paragraphs.append(
                    self._turn(f"T{place + 1}", "handledare", "gruppsamtal", situation, session, team[place])
                )
        labels = [f"T{place + 1} = handledare, , host" for place in range(len(team))]
        spoken = [paragraph for paragraph in paragraphs if paragraph.text]
        return self._document("gruppsamtal", None, session, number, spoken, speakers=labels, suffix="team")

    def meeting_note(self, session: int, number: int) -> Document:
        """Write the notes of the team's meeting after a session."""
        self.sayings.begin_document()
        words = example()["written"]
        team = [p for p in self.programme.people if p.person_id.startswith("T") and not self._away(p, session)]
        present = self._some(team, 5)
        contact = present[0]
        mail = f"{contact.first_name.lower()}@{words['mail_domain']}".translate(str.maketrans("åäöé", "aaoe"))
        phone = f"070-1740{words['phone_first'] + int(self.rng.integers(0, 95))}"
        named = words["meeting_present"].format(names=", ".join(p.name for p in present))
        paragraphs = [
            Paragraph(
                "heading", None, f"{self.rng.choice(words['meeting_titles'])}, {self.study.session_label(session)}", ""
            ),
            Paragraph("paragraph", None, named, "anteckning"),
        ]
        situation = situation_of(self.programme, None, session)
        for _ in range(10):
            paragraphs.append(self._note("motesanteckning", situation, session, contact))
        meeting = words["meeting_contact"].format(jag=contact.name, mail=mail, phone=phone)
        paragraphs.append(Paragraph("paragraph", None, meeting, "anteckning"))
        return self._document("motesanteckning", None, session, number, [p for p in paragraphs if p.text])

    def field_note(self, session: int, number: int) -> Document:
        """Write the evaluator's note: registers in plain text as the template has them, then what was seen."""
        self.sayings.begin_document()
        situation = situation_of(self.programme, None, session)
        paragraphs = [
            Paragraph("heading" if heading else "record", None, text, "anteckning")
            for heading, text in field_note_lines(self.programme, session)
        ]
        evaluator = self.programme.people[-1]
        seen = [self._note("faltanteckning", situation, session, evaluator) for _ in range(16)]
        return self._document("faltanteckning", None, session, number, [*paragraphs, *(p for p in seen if p.text)])

    def homework(self, unit: str, session: int, number: int) -> Document:
        """Write what a unit handed in after a session, a heading per tool."""
        self.sayings.begin_document()
        words = example()["written"]
        person = self._person(unit, session)
        title = str(self.rng.choice(words["homework_titles"]))
        lead = str(self.rng.choice(words["homework_leads"]))
        paragraphs = [
            Paragraph("heading", None, f"{title}, {self.study.session_label(session)}", ""),
            self._small(lead, None, person, session),
        ]
        assessed = self.programme.registers["assessments"]
        tools = assessed.loc[(assessed["unit"] == unit) & (assessed["session"] == session), "tool"].unique()
        situation = situation_of(self.programme, unit, session)
        named = {tool.id: tool.name.sv for tool in self.study.tools}
        for tool in tools:
            paragraphs.append(Paragraph("heading", None, named.get(tool, tool), ""))
            count = int(self.rng.integers(1, 3))
            texts = [self._turn(None, "informant", "hemuppgift", situation, session, person) for _ in range(count)]
            paragraphs += [paragraph for paragraph in texts if paragraph.text]
        return self._document("hemuppgift", unit, session, number, paragraphs)

    def _turn(
        self, label: str | None, role: str, kind: str, situation: Situation, session: int, speaker: Person
    ) -> Paragraph:
        spoken = kind in ("intervju", "gruppsamtal")
        count = int(self.rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))
        picked = self.sayings.pick(count, role=role, kind=kind, situation=situation)
        said = tuple(fill_slots(one, self._words(one, situation.unit, session, speaker)) for one in picked)
        text = join_sayings(said, self.rng, spoken=spoken) if said else ("Mm." if kind == "intervju" else "")
        return Paragraph("paragraph", label, text, role, situation.unit, said)

    def _note(self, kind: str, situation: Situation, session: int, writer: Person) -> Paragraph:
        return self._turn(None, "anteckning", kind, situation, session, writer)

    def _question(self, text: str) -> Paragraph:
        return Paragraph("paragraph", "I", text, "intervjuare")

    def _small(self, text: str, label: str | None, person: Person, session: int) -> Paragraph:
        said = fill_slots(
            Said("", text), self._words(Said("", text), person.unit, session, person) | {"jag": person.name}
        )
        return Paragraph("paragraph", label, said.text, "informant", person.unit, (said,))

    def _questions(self, count: int, situation: Situation, session: int, speaker: Person) -> list[str]:
        special: list[str] = []
        if situation.phase == "enrolment":
            special = self.talk["questions_first"]
        elif situation.phase == "left":
            special = self.talk["questions_left"]
        elif situation.after_event:
            special = self.talk["questions_event"]
        of_bank = self.sayings.pick(count // 2, role="intervjuare", kind="intervju", situation=situation)
        texts = [fill_slots(one, self._words(one, situation.unit, session, speaker)).text for one in of_bank]
        usual = self.rng.permutation([*texts, *self.talk["questions"], *texts]).tolist()
        return [*special, *dict.fromkeys(usual)][:count]

    def _words(self, said: Said, unit: str | None, session: int, speaker: Person) -> dict[str, str]:
        """Draw what stands in the slots: another person of the unit, its name, its supervisor, a figure."""
        people = self.programme.people
        others = [p for p in people if p is not speaker and not self._away(p, session)]
        own = [p for p in others if p.unit == unit] or others
        chosen = own[int(self.rng.integers(len(own)))]
        chief = next((p for p in own if p.role_home.endswith("chef")), own[0])
        place = self.programme.truth.units.index(unit) if unit else int(self.rng.integers(self.programme.truth.n_units))
        supervisor = supervisor_of(self.programme.truth, int(self.programme.actual.group[place]), max(session, 1))
        guide = next(p for p in people if p.person_id == supervisor)
        return {
            "person": chosen.name if self.rng.random() < 0.25 else chosen.first_name,
            "chef": chief.first_name,
            "handledare": guide.first_name,
            "kommun": self.names[self.programme.truth.units[place]],
            "siffra": str(int(self.rng.integers(11, 61))),
        }

    def _person(self, unit: str, session: int) -> Person:
        """Draw one of the unit's two foremost persons that are still there, or who was there last."""
        persons = [person for person in self.programme.people if person.unit == unit and person.first]
        here = [person for person in persons if not self._away(person, session)][:2]
        last = max(persons, key=lambda person: person.last or dt.date.max)
        return here[int(self.rng.integers(len(here)))] if here else last

    def _team_member(self, session: int, unit: str) -> Person:
        place = self.programme.truth.units.index(unit)
        wanted = supervisor_of(self.programme.truth, int(self.programme.actual.group[place]), session)
        return next(person for person in self.programme.people if person.person_id == wanted)

    def _away(self, person: Person, session: int) -> bool:
        day = self.programme.truth.sessions[max(session, 1) - 1][0]
        return (person.first is not None and person.first > day) or (person.last is not None and person.last < day)

    def _handed_in(self, session: int) -> list[str]:
        assessed = self.programme.registers["assessments"]
        return [str(unit) for unit in assessed.loc[assessed["session"] == session, "unit"].unique()]

    def _some(self, things: Sequence[Any], count: int) -> list[Any]:
        places = self.rng.choice(len(things), min(count, len(things)), replace=False)
        return [things[place] for place in np.sort(places)]

    def _document(
        self,
        kind: str,
        unit: str | None,
        session: int,
        number: int,
        paragraphs: Sequence[Paragraph],
        *,
        speakers: Sequence[str] = (),
        suffix: str = "",
    ) -> Document:
        spoken = kind in ("intervju", "gruppsamtal")
        tally = "spoken" if spoken else "written"
        formats = SPOKEN_FORMATS if spoken else WRITTEN_FORMATS
        chosen = formats[self.count[tally] % len(formats)]
        if spoken and self.count[tally] == 0:
            chosen = "cp1252"  # the one file from an old computer
        if kind == "faltanteckning" or (speakers and chosen == "vtt"):
            chosen = "txt"
        self.count[tally] += 1
        date = self._date(kind, session)
        short = self.study.study.session.short.sv
        parts = [kind, unit, f"{short}{session}", suffix, str(number + 1) if number else ""]
        header = [f"kind: {kind}", f"unit: {unit}" if unit else "", f"session: {session}", f"date: {date}"]
        if unit:
            header.append(f"consent: {next(u.consent for u in self.study.units if u.id == unit)}")
        if speakers:
            header += ["speakers:", *(f"  {line}" for line in speakers)]
        named_only = chosen in ("vtt", "rtf", "odt") and not speakers
        return Document(
            name="_".join(part for part in parts if part),
            folder=FOLDERS[kind],
            kind=kind,
            unit=unit,
            session=session,
            date=date,
            format=chosen,
            header=() if named_only else tuple(line for line in header if line),
            paragraphs=tuple(paragraphs),
        )

    def _date(self, kind: str, session: int) -> dt.date:
        days = self.programme.truth.sessions
        if session == 0:
            return days[0][0] - dt.timedelta(days=int(self.rng.integers(7, 20)))
        after = {"faltanteckning": 0, "gruppsamtal": 0, "motesanteckning": 1}.get(kind)
        return days[session - 1][-1] + dt.timedelta(days=after if after is not None else int(self.rng.integers(5, 30)))
