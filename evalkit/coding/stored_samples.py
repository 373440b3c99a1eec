"""Audit samples in the store: kept once under a name, read again as they were drawn, and how far their coders are.

A sample's name is used once. What was drawn stays known even when the step that stored it is taken back, so that
nobody draws again until a sample pleases.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa

from evalkit.coding.audit_sample import AuditSample
from evalkit.coding.store import CodingStore, keep_place
from evalkit.coding.store.schema import RECORDS
from evalkit.errors import StoreError

__all__ = ["read_sample", "sample_names", "sample_places", "sample_status", "save_sample"]

_COLUMNS = ["segment_id", "document_id", "start", "end", "text", "period", "stratum", "probability", "position"]
_DESIGN = ("n", "population", "asked", "seed", "codebook_version", "codings_sha256", "secret")


def save_sample(
    store: CodingStore, sample: AuditSample, documents: pd.DataFrame, *, name: str, coder: str
) -> AuditSample:
    """Keep a sample in the store.

    Parameters
    ----------
    store : CodingStore
        The store.
    sample : AuditSample
        From `draw_audit_sample`.
    documents : pandas.DataFrame
        The documents that it was drawn from: their texts are kept with it.
    name : str
        What it is called.
    coder : str
        Who drew it.

    Returns
    -------
    AuditSample
        The same sample with its name. Storing it a second time under the same name changes nothing.

    Raises
    ------
    StoreError
        If it has no name, another sample has the name, or a segment is not in the documents as it was drawn.
    """
    name = " ".join(name.split())
    if not name:
        raise StoreError("samples: a sample needs a name; give --name")
    texts = documents.set_index("document_id")["text"].to_dict()
    with store.step(coder) as step:
        table = RECORDS["samples"]
        before = step.connection.execute(sa.select(table.c.design).where(table.c.name == name)).scalar()
        if before is not None:
            kept = json.loads(before)
            if kept["digest"] != sample.digest:
                raise StoreError(f"samples: '{name}' has been drawn already and stays as it is; give another name")
            return replace(sample, name=name, secret=kept["secret"])
        named = replace(sample, name=name, secret=secrets.token_hex(16))
        rows = [_stored(row, texts.get(row["document_id"]), step) for row in _records(sample.table[_COLUMNS])]
        design = {field: getattr(named, field) for field in _DESIGN} | {
            "digest": sample.digest,
            "strata": _records(sample.strata),
            "margins": _records(sample.margins),
        }
        step.add("samples", {"name": name, "design": _json(design), "segments": _json(rows)})
    return named


def read_sample(store: CodingStore, name: str) -> AuditSample:
    """Read a sample as it was drawn.

    Parameters
    ----------
    store : CodingStore
        The store.
    name : str
        Its name.

    Returns
    -------
    AuditSample
        With its name.

    Raises
    ------
    StoreError
        If there is no such sample.
    """
    design, places = _stored_sample(store, name)
    texts = {digest: store.text(digest) for digest in places["text_sha256"].unique()}
    passages = [
        texts[digest][start:end]
        for digest, start, end in places[["text_sha256", "start", "end"]].itertuples(index=False, name=None)
    ]
    table = places.assign(text=pd.Series(passages, index=places.index, dtype="str"))[_COLUMNS]
    table["rests_on"] = [(segment_id,) for segment_id in table["segment_id"]]
    frames = {part: pd.DataFrame(design[part]) for part in ("strata", "margins")}
    types = {"strata": ("stratum", "period", "code"), "margins": ("margin", "value")}
    frames = {part: frame.astype(dict.fromkeys(types[part], "str")) for part, frame in frames.items()}
    return AuditSample(
        table=table,
        strata=frames["strata"],
        margins=frames["margins"],
        name=name,
        **{field: design[field] for field in _DESIGN},
    )


def sample_places(store: CodingStore, name: str) -> pd.DataFrame:
    """Return where the segments of a sample stand in the texts that it was drawn from.

    Parameters
    ----------
    store : CodingStore
        The store.
    name : str
        The sample's name.

    Returns
    -------
    pandas.DataFrame
        segment_id, document_id, text_sha256, start, end, period, stratum, probability, position.

    Raises
    ------
    StoreError
        If there is no such sample.
    """
    return _stored_sample(store, name)[1]


def sample_names(store: CodingStore) -> list[str]:
    """List the samples that were drawn.

    Parameters
    ----------
    store : CodingStore
        The store.

    Returns
    -------
    list of str
        In the order in which they were stored.
    """
    return [str(name) for name in store.records("samples", removed=True)["name"]]


def sample_status(store: CodingStore, name: str, coders: Sequence[str] = ()) -> pd.DataFrame:
    """Count how many of a sample's segments each coder has read, and how many are left.

    Parameters
    ----------
    store : CodingStore
        The store.
    name : str
        The sample's name.
    coders : sequence of str, default ()
        Coders who are shown even if they have read nothing; others who have read follow them.

    Returns
    -------
    pandas.DataFrame
        One row per coder: coder, segments, read, independent (of those read: without having seen the rules' codings
        or anybody else's), left, last_read_at.

    Raises
    ------
    StoreError
        If there is no such sample.
    """
    places = sample_places(store, name)
    n = len(places)
    readings = store.records("readings")
    readings = _with_segment_ids(readings[readings["sample"] == name], places)
    segments = readings.groupby(["coder", "segment_id"]).agg({"independent": "all", "created_at": "max"}).reset_index()
    counts = segments.groupby("coder").agg(
        read=("segment_id", "size"), independent=("independent", "sum"), last_read_at=("created_at", "max")
    )
    order = [*dict.fromkeys(coders), *sorted(set(counts.index) - set(coders))]
    table = counts.reindex(pd.Index(order, name="coder", dtype="str")).reset_index()
    table[["read", "independent"]] = table[["read", "independent"]].fillna(0).astype("int64")
    table["segments"], table["left"] = n, n - table["read"]
    columns = ["coder", "segments", "read", "independent", "left", "last_read_at"]
    return table[columns].astype({"last_read_at": "str"})


def _with_segment_ids(readings: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that are of the sample's segments, those that do not name theirs by the place drawn."""
    place = ["document_id", "text_sha256", "start", "end"]
    there = readings[["id", *place]].merge(places[["segment_id", *place]], on=place).set_index("id")["segment_id"]
    named = readings.assign(segment_id=readings["segment_id"].fillna(readings["id"].map(there)))
    return named[named["segment_id"].isin(places["segment_id"])]


def _stored(row: dict[str, Any], text: str | None, step: Any) -> dict[str, Any]:
    """Return a segment as it is kept, after a look at whether it still stands where it was drawn."""
    if text is None or text[row["start"] : row["end"]] != row["text"]:
        raise StoreError(
            f"samples: segment '{row['segment_id']}' is not in its document as it was drawn. Draw from the tables as "
            "they are now"
        )
    kept = {key: value for key, value in row.items() if key != "text"}
    return kept | keep_place(step, row["document_id"], text, row["start"], row["end"])


def _stored_sample(store: CodingStore, name: str) -> tuple[dict[str, Any], pd.DataFrame]:
    stored = store.records("samples", removed=True)
    found = stored[stored["name"] == name]
    if found.empty:
        known = ", ".join(stored["name"]) or "none"
        raise StoreError(f"samples: there is no sample '{name}' (there: {known}). Draw one first: evalkit sample draw")
    places = pd.DataFrame(json.loads(found["segments"].iloc[0]))
    texts = ["segment_id", "document_id", "text_sha256", "period", "stratum"]
    whole = ["start", "end", "position"]
    types = dict.fromkeys(texts, "str") | dict.fromkeys(whole, "Int64") | {"probability": "float64"}
    columns = ["segment_id", "document_id", "text_sha256", "start", "end", "period", "stratum", "probability"]
    return json.loads(found["design"].iloc[0]), places[[*columns, "position"]].astype(types)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", table.to_dict("records"))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
