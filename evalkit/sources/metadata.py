"""What a document is: from the header in the file, else documents.csv, else the file's name."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.errors import Finding
from evalkit.sources.header import UNKNOWN_KEY, Header, SpeakerLine
from evalkit.study import STUDY_FILE, Study

__all__ = ["FIELDS", "Metadata", "metadata_from"]

FIELDS = ("kind", "unit", "session", "date", "verbatim", "consent")

_SYNONYMS: dict[str, dict[str, tuple[str, ...]]] = {
    "kind": {
        "intervju": ("interview", "telefonintervju", "djupintervju"),
        "gruppsamtal": ("gruppintervju", "fokusgrupp", "group conversation", "group interview", "focus group"),
        "motesanteckning": (
            "mötesanteckning",
            "mötesanteckningar",
            "motesanteckningar",
            "minnesanteckning",
            "minnesanteckningar",
            "protokoll",
            "meeting notes",
            "meeting note",
            "minutes",
        ),
        "faltanteckning": (
            "fältanteckning",
            "fältanteckningar",
            "faltanteckningar",
            "observation",
            "field note",
            "field notes",
            "fieldnote",
            "fieldnotes",
        ),
        "hemuppgift": ("hemuppgifter", "homework", "läxa"),
        "skriftligt": ("skriftlig", "dokument", "document", "written", "rapport", "report"),
        "okant": ("okänt", "okänd", "unknown"),
    },
    "verbatim": {
        "yes": ("ja", "ordagrant", "ordagrann", "true"),
        "asr": ("auto", "automatisk", "automatiskt", "maskin"),
        "notes": ("anteckning", "anteckningar", "no", "nej", "false"),
    },
    "consent": {
        "none": ("nej", "no", "inget", "ingen"),
        "internal": ("intern", "internt"),
        "quote": ("citat", "citera", "quotes"),
    },
    "role": {
        "informant": ("respondent", "deltagare", "interviewee", "participant"),
        "intervjuare": ("interviewer", "utvärderare", "utvarderare", "moderator"),
        "handledare": ("supervisor", "processledare"),
        "anteckning": ("note", "notes", "anteckningar"),
    },
    "party": {
        "host": ("värd", "vard", "värdorganisation"),
        "participant": ("deltagare",),
        "funder": ("finansiär", "finansiar"),
        "evaluator": ("utvärderare", "utvarderare"),
    },
}
_MISSING = frozenset({"", "-", "–", "na", "n/a", "saknas", "okänt", "okänd", "unknown", "flera", "several"})


@dataclass
class Metadata:
    """What is known about one document, as the evaluator declared it.

    Attributes
    ----------
    values : dict of str to object
        Value per field of `FIELDS` that some source told.
    speakers : dict of str to tuple
        Label → role, unit, party.
    findings : list of Finding
        What was declared but cannot be used.
    """

    values: dict[str, Any] = field(default_factory=dict)
    speakers: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def metadata_from(
    study: Study,
    *,
    file: str,
    header: Header,
    listed: dict[str, Any] | None = None,
    named_as: str = "",
) -> Metadata:
    """Gather what is declared about a document; the header wins over the list, the list over the file's name.

    Parameters
    ----------
    study : Study
        The study, which knows the units, sessions, speakers and the pattern of file names.
    file : str
        The document relative to the study's folder, for findings.
    header : Header
        From `read_header`.
    listed : dict, optional
        The document's row in documents.csv.
    named_as : str, default ""
        The path that the pattern is matched against.

    Returns
    -------
    Metadata
        Values that hold, and a finding for each that does not.
    """
    metadata = Metadata()
    for field_name in FIELDS:
        for place, row, text in _declared(study, field_name, file, header, listed, named_as, metadata):
            if text.strip().casefold() in _MISSING - ({"okänt", "okänd", "unknown"} if field_name == "kind" else set()):
                continue
            value, fault = _READERS[field_name](text, study)
            if fault is None:
                metadata.values[field_name] = value
            else:
                metadata.findings.append(Finding("problem", place, row, f"{field_name}{fault[0]}", fault[1]))
            break
    metadata.speakers |= {s.label: (s.role, s.unit, s.party) for s in study.speakers}
    for line in header.speakers:
        _declare_speaker(line, study, file, metadata)
    for number, what, advice in header.faults:
        # Front matter of other programs is not used; a key that is nearly ours would have meant something.
        severity: Literal["problem", "notice"] = "notice" if what == UNKNOWN_KEY else "problem"
        metadata.findings.append(Finding(severity, file, number, what, advice))
    return metadata


def _declared(
    study: Study,
    name: str,
    file: str,
    header: Header,
    listed: dict[str, Any] | None,
    named_as: str,
    metadata: Metadata,
) -> Iterator[tuple[str, int | None, str]]:
    """Yield what each source says about a field, best source first: file, row, text."""
    if name in header.entries:
        line, text = header.entries[name]
        yield file, line, text
    if listed is not None and listed.get(name):
        yield str(listed["source_file"]), int(listed["source_row"]), str(listed[name])
    if study.files.pattern:
        try:
            found = re.search(study.files.pattern, named_as)
        except re.error as error:
            if name == FIELDS[0]:
                what = f"files.pattern is not a regular expression ({error.msg})"
                metadata.findings.append(Finding("problem", STUDY_FILE, None, what, "Correct it"))
            return
        if found and found.groupdict().get(name):
            yield file, None, found[name].replace("_", " ") if name == "kind" else found[name]


def _declare_speaker(line: SpeakerLine, study: Study, file: str, metadata: Metadata) -> None:
    words = [*line.parts, "", ""][:3]
    role = _among("role", words[0])
    unit, fault = (None, None) if words[1].casefold() in _MISSING else _read_unit(words[1], study)
    party = None if words[2].casefold() in _MISSING else _among("party", words[2])
    advice = "Write: label = role, unit, party"
    what = None
    if not line.label or role is None:
        what = "a speaker's role is not known; roles are informant, intervjuare, handledare, anteckning"
    elif fault is not None:
        what, advice = f"a speaker's unit{fault[0]}", fault[1]
    elif words[2] and party is None and words[2].casefold() not in _MISSING:
        what = "a speaker's party is not known; parties are host, participant, funder, evaluator"
    if what is not None or role is None:
        metadata.findings.append(Finding("problem", file, line.line, str(what), advice))
    else:
        metadata.speakers[line.label] = (role, unit, party)


_Read = tuple[Any, tuple[str, str] | None]  # the value, or what is wrong with it and what to do


def _among(name: str, text: str) -> str | None:
    wanted = " ".join(text.strip().casefold().split())
    for value, others in _SYNONYMS[name].items():
        if wanted == value or wanted in others:
            return value
    return None


def _reader_among(name: str) -> Callable[[str, Study], _Read]:
    def read(text: str, _study: Study) -> _Read:
        value = _among(name, text)
        known = ", ".join(_SYNONYMS[name])
        return value, None if value else (" is not one of the values known", f"Use one of {known}")

    return read


def _read_unit(text: str, study: Study) -> _Read:
    wanted = text.strip().casefold()
    for unit in study.units:
        if wanted in {name.casefold() for name in (unit.id, unit.name, *unit.aliases) if name}:
            return unit.id, None
    # An id is safe to show; anything longer might be a name.
    shown = f" '{text.strip()}'" if re.fullmatch(r"[A-Za-zÅÄÖåäö]{0,3}\d{1,4}", text.strip()) else ""
    return None, (f"{shown} is not declared in study.toml", "Declare it under [[units]] or correct it")


def _read_session(text: str, study: Study) -> _Read:
    found = re.fullmatch(r"\D{0,20}?(\d{1,3})", text.strip())
    if found is None:
        return None, (" cannot be read as a number", "Write the number of the session")
    number = int(found[1])
    if number not in {0, *study.session_ids}:
        return None, (f" {number} is not declared in study.toml", "Declare it under [[sessions]] or correct it")
    return number, None


def _read_date(text: str, _study: Study) -> _Read:
    found = re.fullmatch(r"(\d{4})([-_.]?)(\d{2})\2(\d{2})(?:[ T]00:00:00)?", text.strip())
    try:
        return dt.date(int(found[1]), int(found[3]), int(found[4])), None  # type: ignore[index]
    except (TypeError, ValueError):
        return None, (" cannot be read", "Write it as 2017-03-14")


_READERS: dict[str, Callable[[str, Study], _Read]] = {
    "kind": _reader_among("kind"),
    "unit": _read_unit,
    "session": _read_session,
    "date": _read_date,
    "verbatim": _reader_among("verbatim"),
    "consent": _reader_among("consent"),
}
