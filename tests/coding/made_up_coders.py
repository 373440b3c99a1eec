"""Made-up codings, readings and segments: by hand, word for word, and drawn from a known truth."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evalkit.tables import schema_columns

WORDS = ("alfa", "beta", "gamma", "delta", "epsilon", "zeta")
TEXT = " ".join(WORDS)


def table(name: str, rows: Iterable[dict]) -> pd.DataFrame:
    columns = schema_columns(name)
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


def segments_of(sizes: Iterable[int], *, text: str = TEXT) -> pd.DataFrame:
    """As many documents as sizes, each with that many segments of the same words, one blank line between them."""
    rows = [
        {
            "segment_id": f"d{d:03}#{s:04}", "document_id": f"d{d:03}", "start": s * (len(text) + 2),
            "end": s * (len(text) + 2) + len(text), "role": "informant", "text": text,
        }
        for d, size in enumerate(sizes)
        for s in range(size)
    ]  # fmt: skip
    return table("segments", rows)


def readings_of(segments: pd.DataFrame, coders: Iterable[str], *, independent: bool = True) -> pd.DataFrame:
    rows = [
        {"segment_id": segment, "document_id": document, "coder": coder, "independent": independent}
        for coder in coders
        for segment, document in segments[["segment_id", "document_id"]].itertuples(index=False)
    ]
    return table("readings", rows)


def codings_of(said: Iterable[tuple], segments: pd.DataFrame) -> pd.DataFrame:
    """Each (coder, segment, code[, polarity]) as a coding of the whole segment."""
    where = segments.set_index("segment_id")
    rows = []
    for number, (coder, segment, code, *polarity) in enumerate(said):
        home = where.loc[segment]
        rows.append(
            {
                "coding_id": f"c{number:05}", "document_id": home["document_id"], "segment_id": segment,
                "start": home["start"], "end": home["end"], "code": code, "polarity": (*polarity, "+")[0],
                "quote": home["text"], "coder": coder, "rule": None, "codebook_version": "1",
            }
        )  # fmt: skip
    return table("codings", rows)


def drawn(marks: np.ndarray, read: np.ndarray, sizes: Iterable[int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make tables of ``marks`` (coders × segments × codes) and ``read`` (coders × segments), both true or false."""
    segments = segments_of(sizes)
    ids, homes = segments["segment_id"].to_numpy(), segments["document_id"].to_numpy()
    coder, place = np.nonzero(read)
    readings = pd.DataFrame(
        {"segment_id": ids[place], "document_id": homes[place], "coder": [f"k{c}" for c in coder], "independent": True}
    )
    columns = schema_columns("readings")
    readings = readings.reindex(columns=list(columns)).astype(columns)
    coder, place, code = np.nonzero(marks & read[..., None])
    codings = pd.DataFrame(
        {
            "coding_id": [f"c{number:06}" for number in range(len(coder))],
            "document_id": homes[place],
            "segment_id": ids[place],
            "start": segments["start"].to_numpy()[place],
            "end": segments["end"].to_numpy()[place],
            "code": [f"kod{c:02}" for c in code],
            "polarity": "+",
            "quote": "alfa",
            "coder": [f"k{c}" for c in coder],
            "codebook_version": "1",
        }
    )
    columns = schema_columns("codings")
    return codings.reindex(columns=list(columns)).astype(columns), readings, segments
