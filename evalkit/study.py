"""study.toml → `Study`: what the programme is, so that the library needs to know no programme.

A study is a folder with ``data/raw/study.toml``. Everything that belongs to one programme (how many units and
sessions, their names, the tools taught, the scales, what happened along the way) is declared there.
"""

import datetime as dt
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass as pydantic_dataclass

from evalkit.errors import Finding, StudyError
from evalkit.wording import Language, pick

__all__ = ["Event", "Scale", "Session", "Speaker", "Study", "Text", "Tool", "Unit", "find_study", "load_study"]

STUDY_FILE = "data/raw/study.toml"

Role = Literal["informant", "intervjuare", "handledare", "anteckning"]
Party = Literal["host", "participant", "funder", "evaluator"]
Consent = Literal["none", "internal", "quote"]


class _Model(BaseModel):
    """A part of study.toml: unknown keys are refused, so that a misspelt one is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Model):
    """A text in Swedish and English; a plain string in study.toml stands for both."""

    sv: str
    en: str

    def __call__(self, lang: Language) -> str:
        """Return the text in one language."""
        return pick(lang, sv=self.sv, en=self.en)


def _both(value: Any) -> Any:
    return {"sv": value, "en": value} if isinstance(value, str) else value


Words = Annotated[Text, BeforeValidator(_both)]


class Noun(_Model):
    """What the programme calls a unit or a session: one, many, and a short label for axes."""

    one: Words
    many: Words
    short: Words = Text(sv="", en="")


class Unit(_Model):
    """What takes part: a municipality, a school, a team."""

    id: str = Field(min_length=1)
    name: str = ""
    aliases: tuple[str, ...] = ()
    consent: Consent = "internal"


class Session(_Model):
    """One meeting of the programme; number 0 is the time before the first."""

    id: int = Field(ge=1)
    name: Words = Text(sv="", en="")
    dates: tuple[dt.date, ...] = ()
    place: str = ""


class Event(_Model):
    """Something that happened to the programme and may have changed it."""

    id: str = Field(min_length=1)
    name: Words = Text(sv="", en="")
    date: dt.date | None = None
    date_precision: Literal["day", "month", "season", "unknown"] = "unknown"
    after_session: int | None = Field(default=None, ge=0)
    kind: str = ""
    source: str = ""


class Tool(_Model):
    """Something that the programme teaches, with the session that introduced it."""

    id: str = Field(min_length=1)
    name: Words
    introduced: int = Field(ge=0)


class Scale(_Model):
    """An ordinal scale with a label per step, from `minimum` upwards."""

    minimum: int = 0
    labels: tuple[Words, ...] = ()
    competence: int | None = None

    @property
    def maximum(self) -> int:
        """The highest step."""
        return self.minimum + len(self.labels) - 1


class PositionScale(_Model):
    """How check-in and check-out positions are read: zones in order, or a distance, and which way is agreement."""

    zones: tuple[str, ...] = ()
    unit: Literal["zones", "cm"] = "zones"
    near_is: Literal["agree", "disagree"] = "agree"


class Scales(_Model):
    """The scales of the study."""

    level: Scale = Scale(
        labels=(
            Text(sv="inget spår", en="no trace"),
            Text(sv="ytförståelse, kan återge", en="surface understanding, can retell"),
            Text(sv="använder med stöd", en="applies with support"),
            Text(sv="använder på egen hand", en="applies on its own"),
            Text(sv="anpassar och utvecklar", en="adapts and develops"),
        ),
        competence=3,
    )
    position: PositionScale = PositionScale()


class Goal(_Model):
    """A goal of the programme, at which level it lies and who owns it."""

    id: str = Field(min_length=1)
    text: Words
    level: Literal["activity", "output", "learning", "implementation", "effect"]
    owner: str = ""


class Question(_Model):
    """An evaluation question that the report answers."""

    id: str = Field(min_length=1)
    text: Words


class Funnel(_Model):
    """A step on the way from hearing of the programme to completing it."""

    step: Words
    count: int = Field(ge=0)
    approximate: bool = False
    source: str = ""


class Funding(_Model):
    """What the programme cost, in one currency."""

    total: float = Field(ge=0)
    evaluation: float = Field(default=0, ge=0)
    currency: str = "kr"
    source: str = ""


class Experiment(_Model):
    """What the before/after study must be told: the event, the margins and the largest gain one could have expected."""

    event: str = ""
    margins: tuple[float, ...] = (0.25, 0.5, 1.0)
    gain_max: float | None = Field(default=None, ge=0)
    control: tuple[str, ...] = ()  # units that the event did not strike
    leavers: tuple[str, ...] = ()  # persons who left at the event; from the register of people where left out
    codes: tuple[str, ...] = ()  # codes that the event may have moved


class Completion(_Model):
    """When a unit counts as having completed."""

    rule: Words = Text(sv="har inte lämnat", en="has not left")
    last_session: bool = False
    minimum_sessions: int = Field(default=0, ge=0)


class Privacy(_Model):
    """Which report is made and how many persons a cell about persons must rest on."""

    profile: Literal["internal", "public"] = "internal"
    minimum_persons: int = Field(default=5, ge=1)


class Files(_Model):
    """How file names tell what a document is: a regular expression with named groups kind, unit, session, date."""

    pattern: str = ""


class Store(_Model):
    """Where people's codings are kept: a file unless an address of a database is given (a password never is)."""

    url: str = ""


class Speaker(_Model):
    """Whom a label before a colon stands for."""

    label: str = Field(min_length=1)
    role: Role
    unit: str | None = None
    party: Party | None = None


class About(_Model):
    """Title, language and wording."""

    title: Words
    language: Language = "sv"
    unit: Noun = Noun(one=Text(sv="enhet", en="unit"), many=Text(sv="enheter", en="units"), short=Text(sv="E", en="U"))
    session: Noun = Noun(
        one=Text(sv="träff", en="session"), many=Text(sv="träffar", en="sessions"), short=Text(sv="T", en="S")
    )


@pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Study:
    """A programme and its evaluation, as declared in study.toml, with the folders of the study.

    Attributes
    ----------
    root : pathlib.Path
        The study's folder.
    lang : {"sv", "en"}
        Language of the report being made.
    """

    root: Path
    study: About
    units: tuple[Unit, ...] = ()
    sessions: tuple[Session, ...] = ()
    events: tuple[Event, ...] = ()
    tools: tuple[Tool, ...] = ()
    goals: tuple[Goal, ...] = ()
    questions: tuple[Question, ...] = ()
    funnel: tuple[Funnel, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    scales: Scales = Scales()
    experiment: Experiment = Experiment()
    completion: Completion = Completion()
    privacy: Privacy = Privacy()
    files: Files = Files()
    store: Store = Store()
    funding: Funding | None = None
    coders: tuple[str, ...] = ()
    lang: Language = "sv"

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        for what, ids in self._ids().items():
            twice = [str(key) for key, count in Counter(ids).items() if count > 1]
            if twice:
                raise ValueError(f"{what}: id {', '.join(twice)} stands more than once; give each its own")
        return self

    @model_validator(mode="after")
    def _sessions_exist(self) -> Self:
        known = {0, *self.session_ids}
        asked = [(f"tool '{t.id}' is introduced in", t.introduced) for t in self.tools]
        asked += [(f"event '{e.id}' comes after", e.after_session) for e in self.events if e.after_session is not None]
        for what, session in asked:
            if session not in known:
                raise ValueError(f"{what} session {session}, which is not declared; declare it under [[sessions]]")
        if self.experiment.event and self.experiment.event not in {event.id for event in self.events}:
            raise ValueError(
                f"experiment.event: no event has the id '{self.experiment.event}'; declare it under [[events]]"
            )
        strangers = sorted(set(self.experiment.control) - set(self.unit_ids))
        if strangers:
            raise ValueError(f"experiment.control: unit '{strangers[0]}' is not declared; declare it under [[units]]")
        unknown = sorted({s.unit for s in self.speakers if s.unit} - set(self.unit_ids))
        if unknown:
            raise ValueError(f"speakers: unit '{unknown[0]}' is not declared; declare it under [[units]]")
        return self

    def _ids(self) -> dict[str, list[str | int]]:
        return {
            name: [item.id for item in getattr(self, name)]
            for name in ("units", "sessions", "events", "tools", "goals", "questions")
        } | {"speakers": [speaker.label for speaker in self.speakers]}

    @property
    def raw(self) -> Path:
        """Folder of everything that people gave or wrote."""
        return self.root / "data" / "raw"

    @property
    def processed(self) -> Path:
        """Folder of derived tables, rebuilt at will."""
        return self.root / "data" / "processed"

    @property
    def store_address(self) -> Path | str:
        """Where people's codings are kept: EVALKIT_STORE, else study.toml's [store], else data/codings.sqlite."""
        return os.environ.get("EVALKIT_STORE") or self.store.url or self.root / "data" / "codings.sqlite"

    @property
    def reports(self) -> Path:
        """Folder of figures, tables and the report, one per language."""
        override = os.environ.get("EVALKIT_REPORTS")
        base = Path(override) if override else self.root / "reports"
        return base if self.lang == self.study.language else base / self.lang

    @property
    def private(self) -> Path:
        """Folder of names to decide on and of the encrypted key; never published, never committed."""
        return self.root / "private"

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """Ids of the units, in the order of study.toml."""
        return tuple(unit.id for unit in self.units)

    @property
    def session_ids(self) -> tuple[int, ...]:
        """Numbers of the sessions, in order."""
        return tuple(sorted(session.id for session in self.sessions))

    @property
    def tool_ids(self) -> tuple[str, ...]:
        """Ids of the tools, in the order of study.toml."""
        return tuple(tool.id for tool in self.tools)

    def session_label(self, session: int) -> str:
        """Return the short label of a session, such as "LT3".

        Parameters
        ----------
        session : int
            Its number.

        Returns
        -------
        str
            For axes and table headings.
        """
        return f"{self.study.session.short(self.lang)}{session}"


def find_study(start: Path | str = ".") -> Path:
    """Find the study that a folder belongs to.

    Parameters
    ----------
    start : path, default "."
        The study's folder or any folder inside it (a notebook's, for instance).

    Returns
    -------
    pathlib.Path
        The study's folder.

    Raises
    ------
    StudyError
        If neither the folder nor one above it has data/raw/study.toml.
    """
    folder = Path(start).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / STUDY_FILE).is_file():
            return candidate
    raise StudyError(
        f"no {STUDY_FILE} in '{Path(start)}' or a folder above it; "
        "give the study's folder, or make one with: evalkit new DIR"
    )


def load_study(start: Path | str | None = None, *, lang: Language | None = None) -> Study:
    """Read study.toml.

    Parameters
    ----------
    start : path, optional
        The study's folder or one inside it; default the environment's EVALKIT_STUDY, else the current folder.
    lang : {"sv", "en"}, optional
        Language of the report; default the environment's EVALKIT_LANG, else the study's own.

    Returns
    -------
    Study
        Validated; keys are unique and every session and unit referred to is declared.

    Raises
    ------
    StudyError
        If there is no study.toml, or it cannot be read or contradicts itself.
    """
    root = find_study(start if start is not None else os.environ.get("EVALKIT_STUDY", "."))
    study, findings = read_study(root)
    if study is None:
        more = f" ({len(findings) - 1} more; see: evalkit check)" if len(findings) > 1 else ""
        raise StudyError(f"{findings[0]}{more}")
    asked = lang or os.environ.get("EVALKIT_LANG") or study.study.language
    if asked not in ("sv", "en"):
        raise StudyError(f"language '{asked}' is not known; use sv or en")
    return replace(study, lang=cast(Language, asked))


def read_study(root: Path) -> tuple[Study | None, list[Finding]]:
    """Read study.toml and list all that is wrong with it.

    Parameters
    ----------
    root : pathlib.Path
        The study's folder.

    Returns
    -------
    tuple of Study or None, list of Finding
        The study if it is valid, and the problems if it is not.
    """
    path = root / STUDY_FILE
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        return None, [
            _problem(f"cannot be read ({error.strerror})", "Give the study's folder, or make one: evalkit new DIR")
        ]
    except UnicodeDecodeError as error:
        return None, [_problem(f"is not UTF-8 (byte {error.start})", "Save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return None, [_problem(f"is not valid TOML: {error}", "Correct that line")]
    try:
        return Study(root=root, **declared), []
    except ValidationError as error:
        return None, list(_findings(error))


def _findings(error: ValidationError) -> Iterator[Finding]:
    for detail in error.errors():
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        if detail["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            message = "is not a known key"
        elif detail["type"] == "missing":
            message = "is missing"
        what, _, advice = message.partition("; ")
        yield _problem(f"{place}: {what}" if place else what, advice[:1].upper() + advice[1:] or "Correct it")


def _problem(what: str, advice: str) -> Finding:
    return Finding("problem", STUDY_FILE, None, what, advice)
