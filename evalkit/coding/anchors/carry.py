"""Codings and readings of documents → the same for the corrected documents, each with what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from evalkit.coding.anchors.spans import MAX_CHANGED, REASONS, carry_spans
from evalkit.coding.anchors.words import read_words
from evalkit.errors import TableError
from evalkit.wording import Language, join, number, pick

__all__ = ["CarriedOver", "carry_over", "carry_readings", "in_new_segments"]

_PLACED = ("same", "moved", "edited")
_FOUND = ["start", "end", "quote", "status", "reason", "changed", "candidates"]
_DTYPES = {"start": "Int64", "end": "Int64", "quote": "str", "status": "str", "reason": "str", "changed": "float64"}


@dataclass(frozen=True, slots=True, eq=False)
class CarriedOver:
    """What became of codings, or of readings, when their documents were corrected.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per coding (or reading) in the order given, with its own columns; start, end and quote are those in the
        new text and missing unless the place is certain. Further columns: old_start, old_end, status ("same",
        "moved", "edited", "uncertain" or "lost"), reason (a key of `REASONS`, "" where certain), changed (share of its
        words), candidates (up to three places, tuples of start and end) and rests_on (the coding's own id).
    """

    table: pd.DataFrame

    @property
    def placed(self) -> pd.DataFrame:
        """The rows whose place is certain."""
        return self.table[self.table["status"].isin(_PLACED)]

    @property
    def to_decide(self) -> pd.DataFrame:
        """The rows that a person must decide on: uncertain or lost."""
        return self.table[~self.table["status"].isin(_PLACED)]

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts by status."""
        count = self.table["status"].value_counts()
        parts = {
            "same": pick(lang, sv="oförändrade", en="unchanged"),
            "moved": pick(lang, sv="flyttade", en="moved"),
            "edited": pick(lang, sv="ändrade", en="edited"),
            "uncertain": pick(lang, sv="osäkra", en="uncertain"),
            "lost": pick(lang, sv="borta", en="lost"),
        }
        told = [f"{number(int(count.get(status, 0)), lang=lang)} {word}" for status, word in parts.items()]
        return f"n = {number(len(self.table), lang=lang)}: {', '.join(told)}."

    def sentence(self, lang: Language = "sv") -> str:
        """Say how many followed the text, and why the others wait for a person."""
        waiting = self.to_decide
        followed = number(len(self.placed), lang=lang)
        all_of_them = number(len(self.table), lang=lang)
        text = pick(
            lang,
            sv=f"{followed} av {all_of_them} följde med texten.",
            en=f"{followed} of {all_of_them} followed the text.",
        )
        if waiting.empty:
            return text
        why = [
            f"{pick(lang, sv=REASONS[str(reason)][0], en=REASONS[str(reason)][1])} ({number(int(count), lang=lang)})"
            for reason, count in waiting["reason"].value_counts().items()
        ]
        return text + pick(
            lang,
            sv=f" {number(len(waiting), lang=lang)} behöver ett beslut: {join(why, lang=lang)}.",
            en=f" {number(len(waiting), lang=lang)} need a decision: {join(why, lang=lang)}.",
        )


def carry_over(
    codings: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame, *, max_changed: float = MAX_CHANGED
) -> CarriedOver:
    """Carry codings over from documents to the same documents, corrected.

    What makes a place certain is said in `evalkit.coding.anchors.spans`; what is not certain is listed, not guessed.

    Parameters
    ----------
    codings : pandas.DataFrame
        Columns document_id, start, end and, where known, quote and coding_id (see `evalkit.tables.SCHEMAS`).
    old, new : pandas.DataFrame
        Documents before and after, with document_id and text. A document that was split, joined or renamed has
        another id: its codings are lost, with that reason.
    max_changed : float, default 0.3
        Share of a coding's words above which a change needs a person.

    Returns
    -------
    CarriedOver
        One row per coding. The ids of its segments are still the old ones; see `in_new_segments`.

    Raises
    ------
    TableError
        If a column is missing, or a coding's document is not among the old ones or stands twice.
    """
    before, after = _texts(old, "old documents"), _texts(new, "new documents")
    missing = [column for column in ("document_id", "start", "end") if column not in codings]
    if missing:
        raise TableError(f"codings: column '{missing[0]}' is missing; document_id, start and end are needed")
    unknown = int((~codings["document_id"].isin(list(before))).sum())
    if unknown:
        raise TableError(f"codings: {unknown} rows are of documents that the old table does not have; give both tables")
    rows = codings.reset_index(drop=True)
    parts = [
        carry_spans(before[id], after[id], spans, max_changed=max_changed) if id in after else _gone(spans.index)
        for id, spans in cast("Iterable[tuple[str, pd.DataFrame]]", rows.groupby("document_id", sort=False))
    ]
    found = pd.concat([_gone(rows.index[:0]), *parts]).reindex(rows.index)
    table = rows.assign(old_start=rows["start"], old_end=rows["end"], **{name: found[name] for name in _FOUND})
    ids = rows["coding_id"] if "coding_id" in rows else pd.Series(rows.index, dtype="object")
    table["rests_on"] = pd.Series([(id,) for id in ids], index=table.index, dtype="object")
    return CarriedOver(table.set_axis(codings.index))


def in_new_segments(carried: CarriedOver, segments: pd.DataFrame) -> CarriedOver:
    """Give carried codings the ids of the segments they now lie in.

    Parameters
    ----------
    carried : CarriedOver
        From `carry_over`.
    segments : pandas.DataFrame
        Segments of the new documents (schema `segments`).

    Returns
    -------
    CarriedOver
        With segment_id: the segment that holds most of the coding's words, the first of equals; missing where the
        place is not certain. A coding of which no word lies in a segment is uncertain.
    """
    table = carried.table.assign(segment_id=pd.Series(pd.NA, index=carried.table.index, dtype="str"))
    cut = _Segments(segments)
    for index, row in carried.placed.iterrows():
        held = cut.words_in(str(row["document_id"]), int(row["start"]), str(row["quote"]))
        if held:
            table.loc[index, "segment_id"] = max(held, key=lambda id: held[id])
        else:
            _unplace(table, index, "no segment")
    return CarriedOver(table)


def carry_readings(
    readings: pd.DataFrame,
    old: pd.DataFrame,
    new: pd.DataFrame,
    old_segments: pd.DataFrame,
    new_segments: pd.DataFrame,
    *,
    max_words: int = 3,
) -> CarriedOver:
    """Carry readings, judgements about whole segments, over to corrected documents.

    A segment whose text stood once in the old document and is exactly one segment of the new one is that segment,
    whatever changed around it. Otherwise a reading holds for a new segment only if that is the old one with at most a
    few words changed: put in, taken out or replaced, within it or at its ends.

    Parameters
    ----------
    readings : pandas.DataFrame
        Table `readings`.
    old, new : pandas.DataFrame
        Documents before and after.
    old_segments, new_segments : pandas.DataFrame
        Their segments.
    max_words : int, default 3
        Most words that may have changed.

    Returns
    -------
    CarriedOver
        One row per reading; segment_id is the new one, old_segment_id the old. Uncertain where the segment was split,
        joined or changed in more words, or where a coder's readings of two segments would fall into one.

    Raises
    ------
    TableError
        If a reading's segment is not among the old ones, or a column is missing.
    """
    places = old_segments.set_index("segment_id")
    unknown = int((~readings["segment_id"].isin(places.index)).sum())
    if unknown:
        raise TableError(f"readings: {unknown} rows are of segments that the old table does not have; give both tables")
    where = places.loc[readings["segment_id"], ["document_id", "start", "end", "text"]].reset_index(drop=True)
    spans = where.rename(columns={"text": "quote"}).set_axis(readings.index)
    carried = carry_over(spans, old, new, max_changed=1.0).table
    ids = pd.Series(pd.NA, index=readings.index, dtype="str")
    table = readings.assign(old_segment_id=readings["segment_id"], segment_id=ids)
    table = table.assign(**{name: carried[name] for name in ["old_start", "old_end", *_FOUND]})
    table["rests_on"] = pd.Series([(id,) for id in readings["segment_id"]], index=table.index, dtype="object")
    _keep_whole(table, where.set_axis(readings.index), _texts(old, "old documents"), new_segments)
    cut = _Segments(new_segments)
    quotes = dict(spans["quote"].items())
    for index, row in table[table["status"].isin(_PLACED) & table["segment_id"].isna()].iterrows():
        held = cut.words_in(str(row["document_id"]), int(row["start"]), str(row["quote"]))
        changed = float(row["changed"]) * _n_words(quotes[index])
        changed += sum(cut.n_words[id] - count for id, count in held.items())
        if len(held) == 1 and round(changed) <= max_words:
            table.loc[index, "segment_id"] = next(iter(held))
        else:
            _unplace(table, index, "other segment")
    for index in _held_twice(table):
        _unplace(table, index, "other segment")
    return CarriedOver(table)


def _held_twice(table: pd.DataFrame) -> pd.Index:
    """Return the placed readings of a coder that are of several old segments and of one new one."""
    new = ["segment_id", "coder"]
    placed = table[table["segment_id"].notna()]
    old = placed.drop_duplicates([*new, "old_start", "old_end"])  # read twice, as in two samples, it is one segment
    several = old[old.duplicated(new)].set_index(new).index
    return placed.index[placed.set_index(new).index.isin(several)]


def _keep_whole(table: pd.DataFrame, read: pd.DataFrame, old: dict[str, str], segments: pd.DataFrame) -> None:
    """Place the readings whose segment is there word for word, and whose text has no double before or after."""
    now = segments.groupby(["document_id", "text"])["segment_id"].agg(["first", "size"])
    once = now[now["size"] == 1]["first"]
    starts = segments.set_index("segment_id")["start"]
    for index, row in read.iterrows():
        document, text = str(row["document_id"]), str(row["text"])
        if (document, text) not in once.index or old[document].count(text) != 1:
            continue
        id = once[document, text]
        start = int(starts[id])
        found = {
            "segment_id": id,
            "start": start,
            "end": start + len(text),
            "quote": text,
            "reason": "",
            "changed": 0.0,
        }
        found["status"] = "same" if start == row["start"] else "moved"
        for column, value in found.items():
            table.at[cast("int", index), column] = value  # noqa: PD008 - one cell, of the column's own type


class _Segments:
    """The words of the segments of documents, by place."""

    def __init__(self, segments: pd.DataFrame) -> None:
        ordered = segments.sort_values(["document_id", "start"])
        self.of = {
            str(id): (part["start"].to_numpy("int64"), part["end"].to_numpy("int64"), part["segment_id"].tolist())
            for id, part in ordered.groupby("document_id")
        }
        self.n_words = {id: _n_words(text) for id, text in zip(segments["segment_id"], segments["text"], strict=True)}

    def words_in(self, document: str, start: int, quote: str) -> dict[str, int]:
        """Return how many words of a quote lie in each segment, in the order of the text."""
        if document not in self.of:
            return {}
        starts, ends, ids = self.of[document]
        words = read_words(quote, {})
        places = start + words.starts[words.spoken]
        number = np.searchsorted(starts, places, side="right") - 1
        inside = (number >= 0) & (places < ends[number])
        found, counts = np.unique(number[inside], return_counts=True)
        return {ids[segment]: int(count) for segment, count in zip(found, counts, strict=True)}


def _texts(documents: pd.DataFrame, which: str) -> dict[str, str]:
    missing = [column for column in ("document_id", "text") if column not in documents]
    if missing:
        raise TableError(f"{which}: column '{missing[0]}' is missing; document_id and text are needed")
    twice = int(documents["document_id"].duplicated().sum())
    if twice:
        raise TableError(f"{which}: {twice} document ids stand more than once; give each document its own")
    return dict(zip(documents["document_id"].astype(str), documents["text"].astype(str), strict=True))


def _gone(index: pd.Index) -> pd.DataFrame:
    """Return rows for spans whose document is no longer there."""
    table = pd.DataFrame(index=index, columns=_FOUND)
    filled = table.assign(status="lost", reason="no document", changed=1.0).astype(_DTYPES)
    return filled.assign(candidates=pd.Series([()] * len(index), index=index, dtype="object"))


def _unplace(table: pd.DataFrame, index: Any, reason: str) -> None:
    """Make a placed row uncertain, with its place as the candidate."""
    row = cast("dict[str, Any]", table.loc[index].to_dict())
    table.loc[[index], "candidates"] = pd.Series([((row["start"], row["end"]),)], index=[index], dtype="object")
    table.loc[index, ["start", "end", "quote", "segment_id"]] = pd.NA
    table.loc[index, ["status", "reason"]] = ["uncertain", reason]


def _n_words(text: str) -> int:
    return int(read_words(text, {}).spoken.sum())
