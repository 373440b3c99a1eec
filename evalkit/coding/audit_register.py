"""The register `audit_codings` → codings and readings: people's codings that were kept as a table, found in the text.

A row says which document, which turn, which words and which code; a row without a code says that the segment was
read and got none. The words decide the place. The turn is asked only where they stand in several segments; what can
still not be told apart is a finding, not a guess.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, cast

import pandas as pd

from evalkit.errors import Finding
from evalkit.tables import empty_table, schema_columns

__all__ = ["place_audit_codings"]

SAMPLE = "audit_codings"
"""Name of the sample that the register's segments were drawn into."""


def place_audit_codings(
    register: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame, *, codes: tuple[str, ...] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """Find the register's codings in the segments.

    Parameters
    ----------
    register : pandas.DataFrame
        Table `audit_codings`.
    documents : pandas.DataFrame
        Table `documents`.
    segments : pandas.DataFrame
        Table `segments`.
    codes : tuple of str, optional
        Ids of the codebook's codes; without them codes are not checked.

    Returns
    -------
    tuple of pandas.DataFrame, pandas.DataFrame and list of Finding
        Table `codings` (coder = the person), table `readings`, and a problem for every row that cannot be placed or
        used.
    """
    path = documents.set_index("path")["document_id"]
    per_document: dict[str, list[dict[str, Any]]] = {}
    for one in cast("list[dict[str, Any]]", segments.to_dict("records")):
        per_document.setdefault(one["document_id"], []).append(one)
    codings: dict[str, dict[str, Any]] = {}
    readings: dict[tuple[str, str], dict[str, Any]] = {}
    findings: list[Finding] = []
    unsure: set[tuple[str, str]] = set()
    for row in cast("list[dict[str, Any]]", register.to_dict("records")):
        document_id = path.get(row["document"])
        known = None if document_id is None else per_document.get(document_id, [])
        segment, span, fault = _find(row, known)
        coding = None
        if segment is not None and pd.notna(row["code"]):
            coding = _coding(row, segment, span)
            fault = _wrong_code(row, codes, codings.get(coding["coding_id"]))
        if fault or segment is None:
            findings.append(Finding("problem", row["source_file"], int(row["source_row"]), *fault))
            if segment is not None:  # what was found here is not all that the coder said of it
                unsure.add((segment["segment_id"], row["coder"]))
            continue
        reading = readings.setdefault((segment["segment_id"], row["coder"]), _reading(row, segment))
        reading["independent"] &= _blind(row)
        if coding is not None:
            codings[coding["coding_id"]] = coding
    read = [reading for key, reading in readings.items() if key not in unsure]
    return _table("codings", list(codings.values())), _table("readings", read), findings


Span = tuple[int, int]
Fault = tuple[str, str] | tuple[()]


def _find(row: dict[str, Any], segments: list[dict[str, Any]] | None) -> tuple[dict[str, Any] | None, Span, Fault]:
    """Return the segment that holds the words, and where in the document they stand."""
    if segments is None:
        return None, (0, 0), ("the document is not among the documents", "Correct its path, or remove the row")
    found = [
        (number, segment, span)
        for number, segment in enumerate(segments, start=1)
        for span in _places(segment["text"], row["quote"])
    ]
    if not found:
        return None, (0, 0), ("the quote does not stand in the document", "Copy it from the text as it is now")
    if len({segment["segment_id"] for _, segment, _ in found}) > 1:
        at_turn = [one for one in found if one[0] == row["turn"]]
        if not at_turn:
            return None, (0, 0), ("the quote stands in several turns", "Quote more words, or correct the turn")
        found = at_turn
    _, segment, (start, end) = found[0]
    return segment, (segment["start"] + start, segment["start"] + end), ()


def _places(text: str, quote: str) -> Iterator[Span]:
    """Find the words of a quote, whatever white space stands between them."""
    if quote in text:
        start = text.index(quote)
        yield start, start + len(quote)
        return
    pattern = r"\s+".join(map(re.escape, quote.split()))
    yield from (match.span() for match in re.finditer(pattern, text)) if pattern else ()


def _wrong_code(row: dict[str, Any], codes: tuple[str, ...] | None, same: dict[str, Any] | None) -> Fault:
    if codes is not None and row["code"] not in codes:
        return f"code '{row['code']}' is not in the codebook", "Correct the code, or add it to the codebook"
    if pd.isna(row["polarity"]):
        return "the code has no polarity", "Write +, - or ?"
    if same is not None and same["polarity"] != row["polarity"]:
        return "the same words have the code with another polarity in a row above", "Keep one of the rows"
    return ()


def _blind(row: dict[str, Any]) -> bool:
    """Not said to be blind is not blind: such codings may not measure the rules' error."""
    return bool(row["blind"]) if pd.notna(row["blind"]) else False


def _reading(row: dict[str, Any], segment: dict[str, Any]) -> dict[str, Any]:
    return {
        "segment_id": segment["segment_id"],
        "document_id": segment["document_id"],
        "coder": row["coder"],
        "independent": _blind(row),
        "sample": SAMPLE,
        "stratum": None if pd.isna(row["session"]) else f"session {row['session']}",
        "probability": row["probability"],
        "read_at": pd.NaT,
    }


def _coding(row: dict[str, Any], segment: dict[str, Any], span: Span) -> dict[str, Any]:
    start, end = span
    key = "\x1f".join(map(str, (segment["segment_id"], start, end, row["coder"], row["code"])))
    return {
        "coding_id": hashlib.sha256(key.encode()).hexdigest()[:16],
        "document_id": segment["document_id"],
        "segment_id": segment["segment_id"],
        "start": start,
        "end": end,
        "code": row["code"],
        "polarity": row["polarity"],
        "quote": segment["text"][start - segment["start"] : end - segment["start"]],
        "coder": row["coder"],
        "rule": None,
        "unit": segment["unit"],
        "about_session": segment["about_session"],
        "codebook_version": "",
        "created_at": pd.NaT,
    }


def _table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    if not rows:
        return empty_table(name)
    return pd.DataFrame(rows).reindex(columns=list(schema_columns(name))).astype(schema_columns(name))
