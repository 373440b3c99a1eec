"""Turns → segments: the pieces of text that are coded, each with whose it is and what it is about.

A segment is one speaker's turn or one paragraph of it. Unit and session come from the speaker's declaration, a
heading or a tag; a document's own unit is used for its informants only when the document is declared to be that
unit's. Nothing is read out of the words.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import pandas as pd

from evalkit.corpus.turns import Role, Turn, find_labels, read_turns
from evalkit.errors import Finding
from evalkit.study import Study
from evalkit.tables import empty_table, schema_columns, validate_table

__all__ = ["segment_documents"]

_BLANK = re.compile(r"\n[ \t]*\n")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
_ITEM = re.compile(r"\n(?=[ \t]*(?:[-*•–]|\d{1,2}[.)])[ \t]+\S)")
_SPOKEN = ("intervju", "gruppsamtal", "hemuppgift", "skriftligt")
_OWN = ("intervju", "hemuppgift", "skriftligt", "motesanteckning")
_PARTY_OF_ROLE = {"informant": "participant", "handledare": "host", "intervjuare": "evaluator"}


@dataclass(frozen=True, slots=True)
class _Context:
    """What the headings above a paragraph say."""

    unit: str | None = None
    session: int | None = None
    level: int = 7


def segment_documents(
    documents: pd.DataFrame,
    speakers: pd.DataFrame,
    study: Study,
    *,
    people: pd.DataFrame | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Cut documents into segments.

    Parameters
    ----------
    documents : pandas.DataFrame
        Pseudonymised documents (schema `documents`).
    speakers : pandas.DataFrame
        Labels declared per document (schema `speakers`).
    study : Study
        Wording of unit and session, for headings and tags.
    people : pandas.DataFrame, optional
        The people register (schema `people`): a label that is a person's pseudonym brings that person's unit and role.
    progress : callable, optional
        Called with 1 after each document.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        Segments (schema `segments`) in the order of the documents; a notice for every document whose speakers had to
        be inferred.
    """
    declared = dict(tuple(speakers.groupby("document_id")))
    registered = _registered_speakers(people)
    rows: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for document in cast("list[dict[str, Any]]", documents.to_dict("records")):
        known = pd.concat([declared.get(document["document_id"], speakers.iloc[:0]), registered])
        known = known.drop_duplicates("label")
        cut, inferred = _segment_document(document, known, study)
        rows += cut
        if inferred:
            findings.append(_inferred_notice(document, cut))
        if progress:
            progress(1)
    if not rows:
        return empty_table("segments"), findings
    return validate_table("segments", pd.DataFrame(rows).astype(schema_columns("segments"))), findings


def _registered_speakers(people: pd.DataFrame | None) -> pd.DataFrame:
    """Turn the people register into speakers: who belongs to a unit informs, who supervises is a supervisor."""
    columns = schema_columns("speakers")
    if people is None or people.empty:
        return empty_table("speakers")
    supervises = people["role_project"].fillna("").str.casefold().str.contains("handledare|supervisor")
    known = people[supervises | people["unit"].notna()]
    role = supervises[known.index].map({True: "handledare", False: "informant"})
    rows = pd.DataFrame({"label": "[" + known["person_id"] + "]", "role": role, "unit": known["unit"]})
    return rows.reindex(columns=list(columns)).astype(columns).fillna({"document_id": ""})


def _segment_document(
    document: Mapping[str, Any], known: pd.DataFrame, study: Study
) -> tuple[list[dict[str, Any]], bool]:
    text: str = document["text"]
    declared: dict[str, Role] = dict(zip(known["label"], known["role"], strict=True))
    roles, inferred = find_labels(text, declared)
    who = {row["label"]: row for row in cast("list[dict[str, Any]]", known.to_dict("records"))}
    unit = None if pd.isna(document["unit"]) else document["unit"]
    context, question = _Context(), None
    rows: list[dict[str, Any]] = []
    for turn in read_turns(text, roles):
        role = turn.role or _silent_role(document["kind"], has_turns=bool(roles))
        said = who.get(turn.label or "")
        for start, end in _paragraphs(text, turn):
            paragraph = text[start:end]
            heading = _HEADING.fullmatch(paragraph)
            if heading:
                context = _under_heading(context, heading, study)
                continue
            segment = {
                "segment_id": f"{document['document_id']}#{len(rows) + 1:04d}",
                "document_id": document["document_id"],
                "start": start,
                "end": end,
                "speaker": turn.label,
                "role": role,
                "unit": _unit(said, role, unit, context, document["kind"]),
                "party": _party(said, role, document["kind"]),
                "about_session": _tagged_session(paragraph, study) or context.session,
                "t_start": turn.t_start,
                "question": question if role == "informant" else None,
                "text": paragraph,
            }
            rows.append(segment)
            if role == "intervjuare":
                question = segment["segment_id"]
    return rows, inferred


def _silent_role(kind: str, *, has_turns: bool) -> Role:
    """Role of a text without a speaker's label: a whole homework is its writers', a note is the note-taker's."""
    return "informant" if kind in _SPOKEN and not has_turns else "anteckning"


def _paragraphs(text: str, turn: Turn) -> Iterator[tuple[int, int]]:
    """Cut at blank lines, headings and list items; white space at the ends is left out."""
    cuts = {turn.start, turn.end}
    part = text[turn.start : turn.end]
    cuts |= {turn.start + match.end() for match in _BLANK.finditer(part)}
    cuts |= {turn.start + match.end() for match in _ITEM.finditer(part)}
    for match in re.finditer(r"^#{1,6}[ \t].*$", part, re.MULTILINE):
        cuts |= {turn.start + match.start(), turn.start + match.end()}
    if turn.label is None and "\n" in part.strip() and not _BLANK.search(part.strip()) and _line_is_paragraph(part):
        cuts |= {turn.start + match.end() for match in re.finditer(r"\n", part)}
    places = sorted(cuts)
    for start, end in pairwise(places):
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if any(letter.isalnum() for letter in text[start:end]):
            yield start, end


def _line_is_paragraph(part: str) -> bool:
    """Whether the lines of a text without blank lines are whole, not wrapped by a margin."""
    lines = [line.strip() for line in part.strip().split("\n") if line.strip()]
    wrapped = sum(
        after[0].islower() or (55 <= len(line) <= 110 and line[-1] not in '.!?:;"”') for line, after in pairwise(lines)
    )
    return wrapped < 0.5 * max(len(lines) - 1, 1)


def _under_heading(context: _Context, heading: re.Match[str], study: Study) -> _Context:
    level, title = len(heading[1]), heading[2].strip()
    if level <= context.level:
        context = _Context(level=level)
    unit = title.strip("[]")
    session = _session_named(title, study)
    return _Context(
        unit=unit if unit in study.unit_ids else context.unit,
        session=session if session is not None else context.session,
        level=min(level, context.level),
    )


def _session_named(title: str, study: Study) -> int | None:
    noun = study.study.session
    words = {w for w in (noun.one.sv, noun.one.en, noun.short.sv, noun.short.en) if w}
    pattern = (
        rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})[ \u00a0]?(\d{{1,3}})(?!\d)"
    )
    match = re.search(pattern, title)
    return int(match[1]) if match and int(match[1]) in study.session_ids else None


def _tagged_session(paragraph: str, study: Study) -> int | None:
    """Read a tag at the end or beginning of a paragraph: "[LT3] …" or "… #LT3"."""
    for tag in re.findall(r"^\[([^\[\]\n]{1,20})\]|#(\w+)\s*$", paragraph):
        session = _session_named(tag[0] or tag[1], study)
        if session is not None:
            return session
    return None


def _unit(said: dict[str, Any] | None, role: str, unit: str | None, context: _Context, kind: str) -> str | None:
    if said is not None and not pd.isna(said["unit"]):
        return str(said["unit"])
    if context.unit:
        return context.unit
    return unit if role == "informant" or (role == "anteckning" and kind in _OWN) else None


def _party(said: dict[str, Any] | None, role: str, kind: str) -> str | None:
    if said is not None and not pd.isna(said["party"]):
        return str(said["party"])
    if role == "anteckning" and kind == "faltanteckning":
        return "evaluator"
    return _PARTY_OF_ROLE.get(role)


def _inferred_notice(document: Mapping[str, Any], rows: list[dict[str, Any]]) -> Finding:
    interviewers = len({row["speaker"] for row in rows if row["role"] == "intervjuare"})
    speakers = len({row["speaker"] for row in rows if row["speaker"]})
    return Finding(
        "notice",
        document["path"],
        None,
        f"{speakers} speakers were inferred from labels that return, {interviewers} as interviewer by asking most",
        "Declare them: [[speakers]] in study.toml or 'speakers:' in the file's header",
    )
