"""What a study has, and what it can get from that: the sentences of `evalkit check` and of the report's limits."""

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.study import Text
from evalkit.wording import Language, pick

__all__ = ["Possibility", "possibilities"]


@dataclass(frozen=True, slots=True)
class Possibility:
    """One part of an evaluation and whether the study's data reach for it.

    Parameters
    ----------
    gives : Text
        What can be got.
    needs : tuple of Text
        What it takes, in words.
    missing : tuple of Text
        What of that the study has not got; empty if it can be had.
    """

    gives: Text
    needs: tuple[Text, ...]
    missing: tuple[Text, ...]

    def sentence(self, lang: Language) -> str:
        """Say it as "you have … → you can get …" or what is missing.

        Parameters
        ----------
        lang : {"sv", "en"}
            Language of the reader.

        Returns
        -------
        str
            One line.
        """
        if self.missing:
            lacking = ", ".join(what(lang) for what in self.missing)
            return pick(lang, sv=f"{self.gives.sv}: saknar {lacking}", en=f"{self.gives.en}: needs {lacking}")
        have = ", ".join(what(lang) for what in self.needs)
        return pick(
            lang, sv=f"ni har {have} → ni kan få {self.gives.sv}", en=f"you have {have} → you can get {self.gives.en}"
        )


_NAMES = {
    "documents": Text(sv="dokument", en="documents"),
    "units": Text(sv="enheter i study.toml", en="units in study.toml"),
    "sessions": Text(sv="träffar i study.toml", en="sessions in study.toml"),
    "tools": Text(sv="verktyg i study.toml", en="tools in study.toml"),
    "document_units": Text(sv="dokument med känd enhet", en="documents with a known unit"),
    "document_sessions": Text(sv="dokument med känd träff", en="documents with a known session"),
    "enrolment": Text(sv="registret enrolment", en="the enrolment register"),
    "attendance": Text(sv="registret attendance", en="the attendance register"),
    "assessments": Text(sv="registret assessments", en="the assessments register"),
    "positions": Text(sv="registret positions", en="the positions register"),
    "activities": Text(sv="registret activities", en="the activities register"),
    "contacts": Text(sv="registret contacts", en="the contacts register"),
    "judgements": Text(sv="registret judgements", en="the judgements register"),
    "implementation": Text(sv="registret implementation", en="the implementation register"),
    "indicators": Text(sv="registret indicators", en="the indicators register"),
    "hours": Text(sv="registret hours", en="the hours register"),
    "events": Text(sv="händelser i study.toml", en="events in study.toml"),
}
_PARTS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text(sv="kodningar, citat och samförekomst", en="codings, quotes and co-occurrence"), ("documents",)),
    (Text(sv="koder per enhet", en="codes per unit"), ("documents", "units", "document_units")),
    (Text(sv="koder per träff", en="codes per session"), ("documents", "sessions", "document_sessions")),
    (Text(sv="lärandenivåer och lärandebanor", en="learning levels and paths"), ("assessments", "tools", "sessions")),
    (Text(sv="närvaro", en="attendance"), ("attendance",)),
    (Text(sv="bortfall med exakta intervall", en="dropout with exact intervals"), ("enrolment",)),
    (Text(sv="prediktorer för bortfall", en="predictors of dropout"), ("enrolment", "judgements")),
    (Text(sv="det naturliga experimentet", en="the natural experiment"), ("assessments", "enrolment", "events")),
    (Text(sv="förskjutning från incheckning till utcheckning", en="shift from check-in to check-out"), ("positions",)),
    (Text(sv="andelen förklarande tid", en="the share of explaining time"), ("activities",)),
    (Text(sv="kontaktnät", en="the network of contacts"), ("contacts",)),
    (Text(sv="införande hemma", en="implementation at home"), ("implementation",)),
    (Text(sv="indikatorer mot mål", en="indicators against targets"), ("indicators",)),
    (Text(sv="teamets timmar", en="the team's hours"), ("hours",)),
)


def possibilities(counts: Mapping[str, int]) -> list[Possibility]:
    """Tell for every part of an evaluation whether the data reach for it.

    Parameters
    ----------
    counts : mapping of str to int
        Rows per table, and units, sessions, tools, document_units and document_sessions; what is not named counts 0.

    Returns
    -------
    list of Possibility
        In the order of the report.
    """
    return [
        Possibility(
            gives,
            tuple(_NAMES[need] for need in needs),
            tuple(_NAMES[need] for need in needs if not counts.get(need)),
        )
        for gives, needs in _PARTS
    ]
