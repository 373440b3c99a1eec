"""What a step writes: codings, readings and places, with what each must be to be written at all."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from evalkit.coding.store.log import Row, Step
from evalkit.coding.store.schema import RECORDS, TEXTS
from evalkit.errors import StoreError
from evalkit.tables.schemas import POLARITIES

__all__ = [
    "ORIGINS",
    "add_coding",
    "check_code",
    "check_date",
    "check_memo",
    "check_polarity",
    "keep_place",
    "live_record",
    "mark_read",
    "set_record",
]

ORIGINS = ("own", "suggestion", "sheet", "import")
"""Where a coding comes from: made by hand, an accepted suggestion of the rules, a coding sheet, another program."""


def add_coding(
    step: Step,
    *,
    document_id: str,
    text: str,
    start: int,
    end: int,
    code: str,
    polarity: str = "+",
    unit: str | None = None,
    about_session: int | None = None,
    origin: str = "own",
    codebook_version: str = "",
) -> str:
    """Code a passage as a part of a step (see `CodingStore.add_coding`).

    Parameters
    ----------
    step : Step
        The step.
    document_id, text, start, end, code, polarity, unit, about_session, origin, codebook_version
        As in `CodingStore.add_coding`.

    Returns
    -------
    str
        The coding's id.

    Raises
    ------
    StoreError
        If the passage lies outside the text or a value is not allowed.
    """
    check_polarity(polarity)
    _check_origin(origin)
    check_code(code)
    place = keep_place(step, document_id, text, start, end)
    values = {
        "quote": text[start:end],
        "code": code,
        "polarity": polarity,
        "unit": unit,
        "about_session": about_session,
        "origin": origin,
        "codebook_version": codebook_version,
    }
    return step.add("codings", place | values)


def mark_read(
    step: Step,
    *,
    document_id: str,
    text: str,
    start: int,
    end: int,
    independent: bool,
    sample: str | None = None,
    segment_id: str | None = None,
    stratum: str | None = None,
    probability: float | None = None,
    origin: str = "own",
) -> str:
    """Note that a coder has read a segment and judged all of it; read again, it is the same reading.

    A segment that was drawn into two samples has a reading for each. Who has once read a segment with the rules' or
    somebody else's codings in view never reads it independently again.

    Parameters
    ----------
    step : Step
        The step; its coder has read.
    document_id, text, start, end
        The segment, as in `CodingStore.add_coding`.
    independent : bool
        Whether the coder saw neither the rules' codings nor anybody else's.
    sample, segment_id, stratum, probability
        The audit sample that the segment was drawn into, if any, and what the segment is called there. By that, a
        reading is known again when it has been moved to a corrected text; its place stays the one it was moved to.
    origin : {"own", "suggestion", "sheet", "import"}, default "own"
        Where the reading comes from.

    Returns
    -------
    str
        The reading's id.

    Raises
    ------
    StoreError
        If the segment lies outside the text or the origin is not known.
    """
    _check_origin(origin)
    place = keep_place(step, document_id, text, start, end)
    mine = place | {"coder": step.coder}
    known: Row = {"independent": independent and not _has_seen(step, mine), "origin": origin}
    known |= {name: value for name, value in (("stratum", stratum), ("probability", probability)) if value is not None}
    keys: list[Row] = [place | {"sample": sample}]
    if segment_id is not None:
        # Known by the sample's segment whatever the text is now; or read before it was known to be of the sample.
        keys = [{"sample": sample, "segment_id": segment_id}, place | {"sample": None, "segment_id": None}]
        known |= {"sample": sample, "segment_id": segment_id}
    for key in keys:
        found = _find(step, "readings", key | {"coder": step.coder})
        if found is not None:
            known["independent"] = known["independent"] and step.get("readings", found)["independent"]
            step.change("readings", found, known)
            return found
    empty = {"sample": sample, "stratum": None, "probability": None, "segment_id": segment_id}
    return step.add("readings", mine | empty | known)


def _has_seen(step: Step, mine: Row) -> bool:
    return _find(step, "readings", mine | {"independent": False}) is not None


def set_record(step: Step, kind: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Change the record with this key, or add it."""
    found = _find(step, kind, key)
    if found is None:
        empty = {column.name: None for column in RECORDS[kind].columns if column.nullable}
        return step.add(kind, empty | dict(key) | dict(values))
    step.change(kind, found, values)
    return found


def _find(step: Step, kind: str, key: Mapping[str, Any]) -> str | None:
    """Return the id of the record with this key that stands, if there is one."""
    table = RECORDS[kind]
    where = (table.c[name] == value for name, value in key.items())
    found = step.connection.execute(sa.select(table.c.id).where(table.c.removed.is_(False), *where)).scalar()
    return None if found is None else str(found)


def keep_place(step: Step, document_id: str, text: str, start: int, end: int) -> Row:
    """Return a place in a text as the records have it, and keep the text as it is now.

    Parameters
    ----------
    step : Step
        The step that will add a record with this place.
    document_id : str
        The document.
    text : str
        All of its text.
    start, end : int
        The place in code points, end exclusive.

    Returns
    -------
    dict
        document_id, text_sha256, start, end.

    Raises
    ------
    StoreError
        If the place lies outside the text.
    """
    if not 0 <= start < end <= len(text):
        raise StoreError(
            f"{document_id}: {start}–{end} is no passage of a text of {len(text)} signs; mark at least one sign"
        )
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    known = step.connection.execute(sa.select(TEXTS.c.text_sha256).where(TEXTS.c.text_sha256 == digest)).scalar()
    if known is None:
        step.connection.execute(TEXTS.insert(), {"text_sha256": digest, "text": text})
    return {"document_id": document_id, "text_sha256": digest, "start": start, "end": end}


def live_record(step: Step, kind: str, id: str) -> Row:
    """Return a record that stands; refuse one that was removed."""
    row = step.get(kind, id)
    if row["removed"]:
        raise StoreError(f"{kind}: record '{id}' has been removed; take that back first")
    return row


def _check_origin(origin: str) -> None:
    if origin not in ORIGINS:
        raise StoreError(f"the store: origin '{origin}' is not known; it is one of {', '.join(ORIGINS)}")


def check_code(code: str) -> None:
    """Refuse a coding without a code."""
    if not code:
        raise StoreError("codings: a coding needs a code")


def check_memo(text: str) -> None:
    """Refuse an empty memo."""
    if not text.strip():
        raise StoreError("memos: the memo is empty; write something")


def check_date(day: str | None) -> None:
    """Refuse what is no date."""
    try:
        if day is not None:
            dt.date.fromisoformat(day)
    except ValueError:
        raise StoreError(f"scores: '{day}' is no date; write it as 2017-03-14") from None


def check_polarity(polarity: str) -> None:
    """Refuse a polarity that does not exist."""
    if polarity not in POLARITIES:
        raise StoreError(f"codings: polarity '{polarity}' is not known; it is one of {' '.join(POLARITIES)}")
