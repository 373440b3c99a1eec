"""What people judged, kept with the text they saw → the same in the text as it is now.

The store keeps each judgement on the text that was read. Where a transcript was corrected or a pseudonym decided on
since, the judgements follow by `anchors`; what has no certain place is listed for a person and is not in the tables.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from evalkit.coding.anchors import CarriedOver, carry_over, carry_readings, in_new_segments
from evalkit.coding.store import CodingStore
from evalkit.tables import empty_table, schema_columns

__all__ = ["Kept", "place_people"]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What people judged, where it stands now.

    Attributes
    ----------
    codings : pandas.DataFrame
        Table `people_codings`.
    readings : pandas.DataFrame
        Table `readings`.
    unplaced : pandas.DataFrame
        Table `unplaced`: judgements without a certain place.
    """

    codings: pd.DataFrame
    readings: pd.DataFrame
    unplaced: pd.DataFrame


def place_people(store: CodingStore, documents: pd.DataFrame, segments: pd.DataFrame) -> Kept:
    """Place codings and readings in the text as it is now.

    Parameters
    ----------
    store : CodingStore
        An open store; not changed.
    documents : pandas.DataFrame
        Table `documents`.
    segments : pandas.DataFrame
        Table `segments`, of these documents.

    Returns
    -------
    Kept
        Every judgement once: placed, or listed as unplaced.
    """
    codings = _joined(
        in_new_segments(carry_over(rows, old, documents), segments) for rows, old in _by_text(store, "codings")
    )
    readings = _joined(
        carry_readings(rows, old, documents, _as_segments(rows, old), segments)
        for rows, old in _by_text(store, "readings")
    )
    return Kept(
        codings=_codings(codings, segments),
        readings=_readings(readings, codings),
        unplaced=_unplaced({"coding": codings, "reading": readings}),
    )


def _by_text(store: CodingStore, kind: str) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Yield the records made on one text of a document, with that text as a table of documents."""
    records = store.records(kind).rename(columns={"id": "record_id"})
    for (document_id, digest), rows in records.groupby(["document_id", "text_sha256"], sort=False):
        old = pd.DataFrame({"document_id": [document_id], "text": [store.text(str(digest))]})
        # What was read is named by its record: the segments of then are not kept.
        yield rows.assign(segment_id=rows["record_id"]), old


def _as_segments(rows: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return what was read as segments of the old text; each reading names its own."""
    text = old["text"].iloc[0]
    read = rows[["document_id", "start", "end"]].assign(segment_id=rows["record_id"])
    return read.assign(text=[text[start:end] for start, end in zip(read["start"], read["end"], strict=True)])


def _joined(parts: Iterator[CarriedOver]) -> pd.DataFrame:
    tables = [part.table for part in parts]
    return pd.concat(tables) if tables else pd.DataFrame({"segment_id": []})


def _codings(carried: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    placed = carried[carried["segment_id"].notna()].reset_index(drop=True)
    if placed.empty:
        return empty_table("people_codings")
    home = segments.set_index("segment_id").loc[placed["segment_id"]].reset_index()
    columns = schema_columns("people_codings")
    table = placed.assign(
        coding_id=placed["record_id"],
        rule=None,
        unit=placed["unit"].where(placed["unit"].notna(), home["unit"]),
        about_session=placed["about_session"].where(placed["about_session"].notna(), home["about_session"]),
        created_at=_times(placed["created_at"]),
    )
    return table[list(columns)].astype(columns)


def _readings(carried: pd.DataFrame, codings: pd.DataFrame) -> pd.DataFrame:
    placed = carried[carried["segment_id"].notna()]
    if placed.empty:
        return empty_table("readings")
    columns = schema_columns("readings")
    # Read before and again after a correction: the first reading is the one without knowledge.
    table = placed.assign(read_at=_times(placed["created_at"])).sort_values("created_at")
    table = table.drop_duplicates(["segment_id", "coder", "sample"])
    # Who took over a suggestion of the rules in a segment no longer judges that segment on their own.
    taken = codings[(codings["origin"] == "suggestion") & codings["segment_id"].notna()] if len(codings) else codings
    told = set(zip(taken["segment_id"], taken["coder"], strict=True)) if len(taken) else set()
    pairs = zip(table["segment_id"], table["coder"], strict=True)
    own = [bool(alone) and pair not in told for alone, pair in zip(table["independent"], pairs, strict=True)]
    return table.assign(independent=own)[list(columns)].astype(columns).reset_index(drop=True)


def _unplaced(carried: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [
        {
            "record_id": row["record_id"],
            "kind": kind,
            "document_id": row["document_id"],
            "start": row["old_start"],
            "end": row["old_end"],
            "coder": row["coder"],
            "code": row.get("code"),
            "status": row["status"],
            "reason": row["reason"],
            "candidates": json.dumps([list(map(int, place)) for place in row["candidates"]]),
        }
        for kind, table in carried.items()
        for row in cast("list[dict[str, Any]]", table[table["segment_id"].isna()].to_dict("records"))
    ]
    if not rows:
        return empty_table("unplaced")
    columns = schema_columns("unplaced")
    return pd.DataFrame(rows)[list(columns)].astype(columns)


def _times(texts: "pd.Series[str]") -> "pd.Series[Any]":
    return pd.to_datetime(texts, format="%Y-%m-%dT%H:%M:%S.%fZ").astype("datetime64[us]")
