"""Which segment a coding counts for: the one that holds most of its words."""

from typing import Any, cast

import numpy as np
import pandas as pd

from evalkit.corpus.tokens import tokenise
from evalkit.errors import TableError

__all__ = ["need_columns", "segments_of_spans"]


def need_columns(name: str, table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Refuse a table without the columns that are read.

    Parameters
    ----------
    name : str
        Name of the table, for the message.
    table : pandas.DataFrame
        The rows.
    columns : tuple of str
        What is read of it.

    Raises
    ------
    TableError
        If a column is missing.
    """
    missing = [column for column in columns if column not in table]
    if missing:
        raise TableError(f"{name}: column '{missing[0]}' is missing; the columns needed are {', '.join(columns)}.")


def segments_of_spans(codings: pd.DataFrame, segments: pd.DataFrame) -> "pd.Series[str]":
    """Return the segment that holds most of the tokens of each coding.

    A person who marks text does not stop where a segment ends. Tokens are those of `evalkit.corpus.tokenise`; one
    that is marked in part counts as marked. On a tie the segment that comes first in the document is taken. A coding
    that holds no token of any segment keeps the segment it names.

    Parameters
    ----------
    codings : pandas.DataFrame
        With coding_id, document_id, segment_id, start and end (see `evalkit.tables.SCHEMAS`).
    segments : pandas.DataFrame
        With segment_id, document_id, start, end and text.

    Returns
    -------
    pandas.Series of str
        Segment ids, on the index of the codings.

    Raises
    ------
    TableError
        If a column or a coding's segment is missing, or a segment stands twice.
    """
    need_columns("codings", codings, ("coding_id", "document_id", "segment_id", "start", "end"))
    need_columns("segments", segments, ("segment_id", "document_id", "start", "end", "text"))
    _check_ids(codings, segments)
    named = segments.set_index("segment_id")[["start", "end"]].astype("int64").reindex(codings["segment_id"])
    inside = (codings["start"].to_numpy() >= named["start"].to_numpy()) & (
        codings["end"].to_numpy() <= named["end"].to_numpy()
    )
    placed = codings["segment_id"].copy()
    crossing = codings[~inside]
    if crossing.empty:
        return placed
    homes = {document: part.sort_values("start") for document, part in segments.groupby("document_id")}
    for index, row in zip(crossing.index, cast("list[dict[str, Any]]", crossing.to_dict("records")), strict=True):
        placed.loc[index] = _fullest(row, homes.get(row["document_id"], segments.iloc[:0]))
    return placed


def _check_ids(codings: pd.DataFrame, segments: pd.DataFrame) -> None:
    twice = int(segments["segment_id"].duplicated().sum())
    if twice:
        raise TableError(f"segments: {twice} segment ids stand more than once; give each segment its own.")
    lost = ~codings["segment_id"].isin(segments["segment_id"])
    if lost.any():
        raise TableError(
            f"codings: {int(lost.sum())} codings belong to segments that are not in segments "
            f"(first: {codings.loc[lost, 'coding_id'].iloc[0]}). Build the segments again: evalkit run"
        )


def _fullest(coding: dict[str, Any], segments: pd.DataFrame) -> str:
    """Return the segment of a document that holds most tokens of a span."""
    touched = segments[(segments["start"] < coding["end"]) & (segments["end"] > coding["start"])]
    if touched.empty:
        return str(coding["segment_id"])
    tokens = tokenise(touched["text"].tolist())
    shift = touched["start"].to_numpy(dtype=np.int64)[tokens.texts]
    marked = (tokens.starts + shift < coding["end"]) & (tokens.ends + shift > coding["start"])
    held = np.bincount(tokens.texts[marked], minlength=len(touched))
    return str(touched["segment_id"].iloc[int(held.argmax())] if held.any() else coding["segment_id"])
