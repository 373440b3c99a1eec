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
    register: pd.DataFrame, documents: pd.DataFrame, segments: pd.DataFrame, *, codes: tuple[str, ...]
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
    codes : tuple of str
        Ids of the codebook's codes.

    Returns
    -------
    tuple of pandas.DataFrame, pandas.DataFrame and list of Finding
        Table `codings` (coder = the person), table `readings`, and a problem for every row that cannot be placed or
        used.
    """
    path = documents.set_index("path")["document_id"]
    per_document: dict[str, list[dict[str, Any]]] = {}
    for known_segment in cast("list[dict[str, Any]]", segments.to_dict("records")):
        per_document.setdefault(known_segment["document_id"], []).append(known_segment)
    codings: list[dict[str, Any]] = []
    readings: dict[tuple[str, str], dict[str, Any]] = {}
    findings: list[Finding] = []
    for row in cast("list[dict[str, Any]]", register.to_dict("records")):
        document_id = path.get(row["document"])
        known = None if document_id is None else per_document.get(document_id, [])
        segment, span, fault = _find(row, known)
        if not fault and pd.notna(row["code"]):
            fault = _wrong_code(row, codes)
        if fault or segment is None:
            findings.append(Finding("problem", row["source_file"], int(row["source_row"]), *fault))
            continue
        key = (segment["segment_id"], row["coder"])
        readings.setdefault(key, _reading(row, segment))
        if pd.notna(row["code"]):
            codings.append(_coding(row, segment, span))
    return _table("codings", codings), _table("readings", list(readings.values())), findings


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


def _wrong_code(row: dict[str, Any], codes: tuple[str, ...]) -> Fault:
    if row["code"] not in codes:
        return f"code '{row['code']}' is not in the codebook", "Correct the code, or add it to the codebook"
    if pd.isna(row["polarity"]):
        return "the code has no polarity", "Write +, - or ?"
    return ()


def _reading(row: dict[str, Any], segment: dict[str, Any]) -> dict[str, Any]:
    return {
        "segment_id": segment["segment_id"],
        "document_id": segment["document_id"],
        "coder": row["coder"],
        # Not said to be blind is not blind: such codings may not measure the rules' error.
        "independent": bool(row["blind"]) if pd.notna(row["blind"]) else False,
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
    table = pd.DataFrame(rows).reindex(columns=list(schema_columns(name))).astype(schema_columns(name))
    return table.drop_duplicates("coding_id" if name == "codings" else ["segment_id", "coder"], ignore_index=True)
