"""An audit sample's segments as they read now, and every text in which they have been given out to coders.

A sample is kept as it was drawn. A name may have been replaced by a pseudonym since: what goes out to a coder is the
text as it is now, and a segment that is no longer certainly the one that was drawn does not go out at all. What comes
back is judged on the text that the coder saw; the store keeps those texts.
"""

import json
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from evalkit.coding.anchors import carry_readings
from evalkit.coding.audit_sample import AuditSample
from evalkit.coding.store import CodingStore, keep_place
from evalkit.coding.stored_samples import read_sample, sample_places

__all__ = ["PresentSample", "keep_sent", "sample_now", "sent_places"]

_PROGRAM = "evalkit"
"""Who notes what was sent: not the coder, whose next undo is to take back the coder's own work."""
_PLACE = ["segment_id", "document_id", "text_sha256", "start", "end"]


@dataclass(frozen=True, slots=True, eq=False)
class PresentSample:
    """An audit sample as its segments read now.

    Attributes
    ----------
    sample : AuditSample
        As it was drawn.
    table : pandas.DataFrame
        One row per segment whose place is certain, in the sample's order: segment_id (the sample's own), document_id,
        start, end, text, position and present_id (what the segment is called now; missing where the texts are cut
        otherwise since).
    left_out : tuple of str
        Segments that were corrected so much that no place is certainly theirs.
    """

    sample: AuditSample
    table: pd.DataFrame
    left_out: tuple[str, ...]


def sample_now(store: CodingStore, name: str, documents: pd.DataFrame, segments: pd.DataFrame) -> PresentSample:
    """Find a sample's segments in the documents as they are now.

    Parameters
    ----------
    store : CodingStore
        The store that the sample is kept in; not changed.
    name : str
        The sample's name.
    documents, segments : pandas.DataFrame
        The tables as they are now.

    Returns
    -------
    PresentSample
        Every segment of the sample once: with its present text, or as left out.

    Raises
    ------
    StoreError
        If there is no such sample.
    """
    sample, places = read_sample(store, name), sample_places(store, name)
    drawn_from = {
        str(id): store.text(digest)
        for id, digest in places[["document_id", "text_sha256"]].drop_duplicates().itertuples(index=False, name=None)
    }
    now = dict(documents[["document_id", "text"]].itertuples(index=False, name=None))
    drawn = sample.table[["segment_id", "document_id", "start", "end", "text", "position"]]
    same = drawn["document_id"].map(lambda id: now.get(id) == drawn_from[id]).astype(bool)
    cut = segments[["segment_id", "document_id", "start", "end"]].rename(columns={"segment_id": "present_id"})
    unchanged = drawn[same].merge(cut, on=["document_id", "start", "end"], how="left")
    carried = _carried(drawn[~same], drawn_from, documents, segments)
    table = pd.concat([part for part in (unchanged, carried) if len(part)] or [unchanged])
    table = table.sort_values("position", ignore_index=True)
    gone = drawn.loc[~drawn["segment_id"].isin(table["segment_id"]), "segment_id"]
    return PresentSample(sample, table, tuple(gone))


def _carried(
    drawn: pd.DataFrame, drawn_from: dict[str, str], documents: pd.DataFrame, segments: pd.DataFrame
) -> pd.DataFrame:
    """Return the segments of corrected documents that are certainly one segment of theirs now."""
    if drawn.empty:
        return drawn.assign(present_id=pd.Series(dtype="str"))
    ids = drawn["document_id"].unique()
    old = pd.DataFrame({"document_id": ids, "text": [drawn_from[id] for id in ids]})
    new = documents[documents["document_id"].isin(ids)]
    cut = segments[segments["document_id"].isin(ids)]
    read = drawn[["segment_id", "document_id"]].assign(coder="")
    found = carry_readings(read, old, new, drawn, cut).table
    held = found[["old_segment_id", "segment_id"]].dropna()
    held = held.rename(columns={"old_segment_id": "segment_id", "segment_id": "present_id"})
    places = cut[["segment_id", "start", "end", "text"]].rename(columns={"segment_id": "present_id"})
    kept = drawn[["segment_id", "document_id", "position"]].merge(held, on="segment_id")
    return kept.merge(places, on="present_id")


def keep_sent(store: CodingStore, present: PresentSample, documents: pd.DataFrame) -> None:
    """Note in which texts a sample is being given out, so that what comes back finds its place.

    Parameters
    ----------
    store : CodingStore
        The store; a text that was given out before is not noted again.
    present : PresentSample
        From `sample_now`.
    documents : pandas.DataFrame
        The documents that it was found in: their texts are kept.
    """
    sent = sent_places(store, present.sample.name)
    known = set(sent[["segment_id", "text"]].itertuples(index=False, name=None))
    texts = documents.set_index("document_id")["text"].to_dict()
    rows = cast("list[dict[str, Any]]", present.table.to_dict("records"))
    new = [row for row in rows if (row["segment_id"], row["text"]) not in known]
    if not new:
        return
    with store.step(_PROGRAM) as step:
        places = [
            {"segment_id": row["segment_id"]}
            | keep_place(step, row["document_id"], texts[row["document_id"]], int(row["start"]), int(row["end"]))
            for row in new
        ]
        step.add("sheets", {"sample": present.sample.name, "places": json.dumps(places, ensure_ascii=False)})


def sent_places(store: CodingStore, name: str) -> pd.DataFrame:
    """Return every text in which a sample's segments may have been given out, with their places in it.

    Parameters
    ----------
    store : CodingStore
        The store.
    name : str
        The sample's name.

    Returns
    -------
    pandas.DataFrame
        segment_id (the sample's own), document_id, text_sha256, start, end and text; first as drawn, then as sent.

    Raises
    ------
    StoreError
        If there is no such sample.
    """
    drawn = sample_places(store, name)[_PLACE]
    sheets = store.records("sheets", removed=True)  # what has gone out cannot be taken back
    later = [place for sent in sheets.loc[sheets["sample"] == name, "places"] for place in json.loads(sent)]
    places = pd.concat([drawn, pd.DataFrame(later, columns=_PLACE).astype(drawn.dtypes)], ignore_index=True)
    texts = {digest: store.text(digest) for digest in places["text_sha256"].unique()}
    where = places[["text_sha256", "start", "end"]].itertuples(index=False, name=None)
    passages = [texts[digest][start:end] for digest, start, end in where]
    return places.assign(text=pd.Series(passages, index=places.index, dtype="str"))
