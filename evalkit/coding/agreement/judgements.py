"""Codings and readings → judgements: what each coder said of each segment that at least two of them read alone.

A judgement is a yes or no to "this code stands in this segment" (or "this code with this polarity"). A segment that
was read and got no code is a "no" to every code; only independent readings count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evalkit.coding.agreement.spans import need_columns, segments_of_spans
from evalkit.coding.codes import Codebook
from evalkit.errors import EstimationError, TableError
from evalkit.tables.schemas import POLARITIES

__all__ = ["BoolArray", "FloatArray", "Judgements", "Level", "Tally", "judge", "tally"]

Level = Literal["code", "polarity"]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_READINGS = ("segment_id", "coder", "independent")
_CODINGS = ("coding_id", "document_id", "segment_id", "start", "end", "code", "polarity", "coder", "rule")


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """Who said what of which segment.

    Attributes
    ----------
    segments : pandas.DataFrame
        The segments that at least two of the coders read on their own, by document: segment_id, document_id.
    starts : numpy.ndarray of int, shape (n_documents,)
        Position of each document's first segment.
    coders : tuple of str
        In alphabetical order, or as asked for.
    codes : tuple of str
        Codes judged.
    level : {"code", "polarity"}
        What a judgement is about.
    read : numpy.ndarray of bool, shape (n_coders, n_segments)
        Whether the coder read the segment.
    said : numpy.ndarray of bool, shape (n_coders, n_segments, n_codes, n_kinds)
        Whether the coder gave the segment the code; one kind at level "code", one for each polarity at "polarity".
    codings : pandas.DataFrame
        The codings behind the judgements: coding_id, segment, coder, code (positions) and polarity.
    left_out : int
        Codings by these coders without an independent reading of their segment.
    """

    segments: pd.DataFrame
    starts: npt.NDArray[np.intp]
    coders: tuple[str, ...]
    codes: tuple[str, ...]
    level: Level
    read: BoolArray
    said: BoolArray
    codings: pd.DataFrame
    left_out: int


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sums of a group of coders, one row per document, one column per code and a last one for all codes together.

    Attributes
    ----------
    ratings : numpy.ndarray, shape (n_documents, n_codes + 1)
        Judgements on segments that at least two of the group read.
    yes : numpy.ndarray
        Those that were a yes.
    agreeing : numpy.ndarray
        Yeses that met a yes: over each segment with k yeses of m readers, k (k − 1) / (m − 1).
    coded : numpy.ndarray
        Segments with at least one yes.
    """

    ratings: FloatArray
    yes: FloatArray
    agreeing: FloatArray
    coded: FloatArray


def judge(
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    coders: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    level: Level = "code",
    codebook: Codebook | None = None,
) -> Judgements:
    """Put codings and readings together.

    Parameters
    ----------
    codings, readings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; codings made by rules are left out.
    coders : sequence of str, optional
        Whom to compare; default everyone who read a segment that another read too.
    codes : sequence of str, optional
        Codes to judge; default the codebook's, then those that were used.
    level : {"code", "polarity"}, default "code"
        Whether the polarity belongs to the judgement.
    codebook : Codebook, optional
        For the order of the codes.

    Returns
    -------
    Judgements
        With the segments that at least two coders read.

    Raises
    ------
    TableError
        If a column, a segment or a coder asked for is missing, or a coder is asked for twice.
    EstimationError
        If no segment was read independently by two coders.
    """
    if level not in ("code", "polarity"):
        raise TableError(f"agreement: level='{level}' is not known; choose code or polarity.")
    need_columns("codings", codings, _CODINGS)
    need_columns("readings", readings, _READINGS)
    # A segment that was drawn into two samples has two readings.
    alone = readings.loc[readings["independent"].astype("bool"), ["segment_id", "coder"]].drop_duplicates()
    people = codings[codings["rule"].isna()]
    people = people.assign(segment_id=segments_of_spans(people, segments))
    names = _coders(alone, coders)
    alone = alone[alone["coder"].isin(names)]
    ordered = segments[["segment_id", "document_id"]].sort_values(["document_id", "segment_id"], ignore_index=True)
    read = _read(alone, ordered, names)
    shared = read.sum(axis=0) >= 2
    if not shared.any():
        raise EstimationError(
            f"agreement: no segment has been read independently by two coders (readers: {', '.join(names) or 'none'}). "
            "Let a second coder read some of the same segments, blind.",
            sv="överensstämmelse: inget segment har lästs oberoende av två kodare (läsare: "
            f"{', '.join(names) or 'inga'}). Låt en andra kodare läsa några av samma segment, blint.",
        )
    rows, left_out = _counted(people[people["coder"].isin(names)], ordered, names, read)
    kept = ordered[shared].reset_index(drop=True)
    rows = rows[shared[rows["segment"]]].assign(segment=lambda r: (np.cumsum(shared) - 1)[r["segment"]])
    chosen = _codes(rows, codes, codebook)
    rows = rows[rows["code"].isin(chosen)].reset_index(drop=True)
    rows["code"] = pd.Index(chosen).get_indexer(pd.Index(rows["code"]))
    return Judgements(
        segments=kept,
        starts=np.flatnonzero((kept["document_id"] != kept["document_id"].shift()).to_numpy()),
        coders=names,
        codes=chosen,
        level=level,
        read=read[:, shared],
        said=_said(rows, (len(names), len(kept), len(chosen)), level),
        codings=rows,
        left_out=left_out,
    )


def tally(judgements: Judgements, group: Sequence[int]) -> Tally:
    """Sum the judgements of some of the coders by document and code.

    Parameters
    ----------
    judgements : Judgements
        From `judge`.
    group : sequence of int
        Positions of the coders.

    Returns
    -------
    Tally
        Segments that fewer than two of them read count for nothing.
    """
    readers = judgements.read[list(group)].sum(axis=0)
    enough = readers >= 2
    said = judgements.said[list(group)] & enough[:, None, None]
    yes = said.sum(axis=0, dtype=np.int16)
    others = np.maximum(readers - 1, 1)[:, None]
    agreeing = (yes * (yes - 1)).sum(axis=-1) / others
    ratings = np.repeat((readers * enough)[:, None] * yes.shape[-1], yes.shape[1], axis=1)

    def by_document(values: npt.NDArray[np.generic]) -> FloatArray:
        sums = np.add.reduceat(values.astype(np.float64), judgements.starts, axis=0)
        return np.column_stack([sums, sums.sum(axis=1)])

    return Tally(
        ratings=by_document(ratings),
        yes=by_document(yes.sum(axis=-1)),
        agreeing=by_document(agreeing),
        coded=by_document(yes.any(axis=-1)),
    )


def _coders(alone: pd.DataFrame, asked: Sequence[str] | None) -> tuple[str, ...]:
    known = sorted(set(alone["coder"]))
    if asked is None:
        readers = alone.groupby("segment_id")["coder"].transform("nunique")
        return tuple(sorted(set(alone.loc[readers > 1, "coder"]))) or tuple(known)
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise TableError(
            f"agreement: coder '{unknown[0]}' has no independent readings; those who have: "
            f"{', '.join(known) or 'none'}."
        )
    if len(set(asked)) < len(asked) or len(asked) < 2:
        raise TableError("agreement: name at least two coders, each once.")
    return tuple(asked)


def _read(alone: pd.DataFrame, ordered: pd.DataFrame, names: tuple[str, ...]) -> BoolArray:
    at = pd.Index(ordered["segment_id"]).get_indexer(pd.Index(alone["segment_id"]))
    if (at < 0).any():
        raise TableError(
            f"readings: {int((at < 0).sum())} readings belong to segments that are not in segments (first: "
            f"{alone['segment_id'].iloc[int((at < 0).argmax())]}). Build the segments again: evalkit run"
        )
    read = np.zeros((len(names), len(ordered)), dtype=bool)
    read[pd.Index(names).get_indexer(pd.Index(alone["coder"])), at] = True
    return read


def _counted(
    people: pd.DataFrame, ordered: pd.DataFrame, names: tuple[str, ...], read: BoolArray
) -> tuple[pd.DataFrame, int]:
    """Return the codings whose segment their coder read alone, by position, and how many others there are."""
    rows = pd.DataFrame(
        {
            "coding_id": people["coding_id"],
            "segment": pd.Index(ordered["segment_id"]).get_indexer(pd.Index(people["segment_id"])),
            "coder": pd.Index(names).get_indexer(pd.Index(people["coder"])),
            "code": people["code"],
            "polarity": people["polarity"],
        }
    )
    counts = read[rows["coder"].to_numpy(), rows["segment"].to_numpy()]
    return rows[counts], int((~counts).sum())


def _codes(rows: pd.DataFrame, asked: Sequence[str] | None, codebook: Codebook | None) -> tuple[str, ...]:
    if asked is not None:
        return tuple(dict.fromkeys(asked))
    declared = codebook.ids if codebook else ()
    return (*declared, *sorted(set(rows["code"]) - set(declared)))


def _said(rows: pd.DataFrame, shape: tuple[int, int, int], level: Level) -> BoolArray:
    kinds = len(POLARITIES) if level == "polarity" else 1
    said = np.zeros((*shape, kinds), dtype=bool)
    kind = pd.Index(POLARITIES).get_indexer(pd.Index(rows["polarity"])) if level == "polarity" else 0
    said[rows["coder"].to_numpy(), rows["segment"].to_numpy(), rows["code"].to_numpy(), kind] = True
    return said
