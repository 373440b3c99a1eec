"""How much material there is, of which kind, from whom and from when."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pandas as pd

from evalkit.measures.placement import (
    Key,
    Labels,
    When,
    count_words,
    group_values,
    grouping_keys,
    labels_of,
    place_segments,
    row_ids,
)
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, percent, pick

__all__ = ["CorpusOverview", "DocumentsTimeline", "corpus_overview", "documents_timeline"]


@dataclass(frozen=True, slots=True, eq=False)
class CorpusOverview:
    """Documents, segments and words per group.

    Attributes
    ----------
    table : pandas.DataFrame
        The keys of `by`, documents, segments, words, informant_words (all but the interviewer's), rests_on
        (document ids) and row_id. A key is missing in the row of material that belongs to no such group; declared
        units and sessions without material have zeros.
    by : tuple of str
        What the rows are grouped by.
    when : {"said", "about"}
        Which session a segment was counted in.
    documents, segments, words, informant_words : int
        Of the whole corpus.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    by: tuple[Key, ...]
    when: When
    documents: int
    segments: int
    words: int
    informant_words: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        documents = count_noun(self.documents, *_DOCUMENT[lang], lang=lang)
        return pick(
            lang,
            sv=f"n = {documents}, {number(self.segments)} segment, {number(self.words)} ord, varav "
            f"{number(self.informant_words)} inte är intervjuarens.",
            en=f"n = {documents}, {count_noun(self.segments, 'segment', 'segments', lang='en')}, "
            f"{number(self.words, lang='en')} words, of which {number(self.informant_words, lang='en')} are not the "
            "interviewer's.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the material is and what its size cannot say."""
        if not self.documents:
            return pick(lang, sv="Det finns inget material ännu.", en="There is no material yet.")
        documents = count_noun(self.documents, *_DOCUMENT[lang], lang=lang)
        words, share = number(self.words, lang=lang), percent(self.informant_words / max(self.words, 1), lang=lang)
        said = [
            pick(
                lang,
                sv=f"Materialet är {documents} med {words} ord; {share} av orden är andras än intervjuarens.",
                en=f"The material is {documents} with {words} words; {share} of the words are not the interviewer's.",
            )
        ]
        empty = self._empty_groups()
        if self.by and empty:
            groups = len(self.table.dropna(subset=list(self.by)))
            what = " × ".join(self.labels.noun(key, lang) for key in self.by)
            said.append(
                pick(
                    lang,
                    sv=f"{number(empty)} av {number(groups)} grupper ({what}) har inget material.",
                    en=f"Groups ({what}) without material: {number(empty, lang='en')} of {number(groups, lang='en')}.",
                )
            )
        said.append(
            pick(
                lang,
                sv="Mängden text säger hur mycket som skrevs ned, inte hur viktigt det är; där material saknas går det "
                "inte att veta vad som hade sagts.",
                en="The amount of text tells how much was written down, not how much it matters; where there is no "
                "material, what would have been said is not known.",
            )
        )
        return " ".join(said)

    def _empty_groups(self) -> int:
        return int((self.table.dropna(subset=list(self.by))["words"] == 0).sum()) if self.by else 0


@dataclass(frozen=True, slots=True, eq=False)
class DocumentsTimeline:
    """When the documents were made.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per dated document, in order of date: document, kind, unit, session, date, words, rests_on and row_id.
    documents, undated : int
        All documents, and those without a date, which the table leaves out.
    sessions : pandas.DataFrame
        The declared days of the sessions: session, date.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    documents: int
    undated: int
    sessions: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        dated = number(self.documents - self.undated, lang=lang)
        total = number(self.documents, lang=lang)
        undated = number(self.undated, lang=lang)
        return pick(
            lang,
            sv=f"n = {dated} av {total} dokument; {undated} saknar datum.",
            en=f"n = {dated} of {total} documents; {undated} without a date.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say which time the documents cover and what that cannot say."""
        if self.table.empty:
            return pick(lang, sv="Inget dokument har ett datum.", en="No document has a date.")
        first, last = (f"{day:%Y-%m-%d}" for day in (self.table["date"].iloc[0], self.table["date"].iloc[-1]))
        gap = self.table["date"].diff().max()
        days = 0 if pd.isna(gap) else gap.days
        dated, undated = number(len(self.table), lang=lang), self._undated(lang)
        longest = pick(lang, sv=count_noun(days, "dag", "dagar"), en=count_noun(days, "day", "days", lang="en"))
        return pick(
            lang,
            sv=f"De {dated} daterade dokumenten är från {first} till {last}; längsta uppehållet är {longest}. "
            f"{undated}Dagen är när dokumentet gjordes, inte när det som berättas hände.",
            en=f"The {dated} dated documents are from {first} to {last}; the longest gap is {longest}. {undated}"
            "The day is when the document was made, not when what it tells of happened.",
        )

    def _undated(self, lang: Language) -> str:
        if not self.undated:
            return ""
        return pick(
            lang,
            sv=f"{number(self.undated)} dokument saknar datum och syns inte. ",
            en=f"{count_noun(self.undated, 'document is', 'documents are', lang='en')} without a date and not shown. ",
        )


_DOCUMENT: dict[Language, tuple[str, str]] = {"sv": ("dokument", "dokument"), "en": ("document", "documents")}


def corpus_overview(
    documents: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    by: Key | Sequence[Key] = "kind",
    when: When = "said",
    study: Study | None = None,
) -> CorpusOverview:
    """Count documents, segments and words per group.

    A word is a chunk between white space that contains a letter or a digit.

    Parameters
    ----------
    documents, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    by : str or sequence of str, default "kind"
        Any of "kind", "unit", "session" and "document".
    when : {"said", "about"}, default "said"
        Whether a segment counts in the session of its document or in the session it speaks about.
    study : Study, optional
        Its units and sessions are shown even without material, in its order.

    Returns
    -------
    CorpusOverview
        A document whose segments belong to several groups is counted in each of them.

    Raises
    ------
    TableError
        If `by` is unknown or a segment's document is missing.
    """
    keys = grouping_keys(by)
    placed = _with_empty_documents(place_segments(segments, documents, when=when), documents)
    placed["informant_words"] = placed["words"].where(placed["informant"], 0)
    groups = _groups(placed, keys, study)
    summary: dict[str, tuple[str, Any]] = {
        "documents": ("document", "nunique"),
        "segments": ("segment_id", "count"),
        "words": ("words", "sum"),
        "informant_words": ("informant_words", "sum"),
        "rests_on": ("document", lambda ids: tuple(sorted(set(ids)))),
    }
    if keys:
        # A grouping key may itself be "document", so the summaries are named apart and joined on the keys.
        counted = placed.assign(**{f"_{key}": placed[key] for key in keys})
        found = counted.groupby([f"_{key}" for key in keys], dropna=False).agg(**summary).reset_index()
        found = found.rename(columns={f"_{key}": key for key in keys})
        table = groups.merge(found, on=list(keys), how="left")
        outside = table[list(keys)].isna().any(axis=1)
        table = table[~outside | table["documents"].notna()].reset_index(drop=True)
    else:
        table = placed.assign(_all=0).groupby("_all").agg(**summary).reset_index(drop=True)
    numbers = ["documents", "segments", "words", "informant_words"]
    table[numbers] = table[numbers].fillna(0).astype("int64")
    table["rests_on"] = [ids if isinstance(ids, tuple) else () for ids in table["rests_on"]]
    table["row_id"] = row_ids(table, keys)
    return CorpusOverview(
        table=table,
        by=keys,
        when=when,
        documents=len(documents),
        segments=len(segments),
        words=int(placed["words"].sum()),
        informant_words=int(placed["informant_words"].sum()),
        labels=labels_of(study),
    )


def documents_timeline(
    documents: pd.DataFrame, segments: pd.DataFrame, *, study: Study | None = None
) -> DocumentsTimeline:
    """Order the dated documents in time.

    Parameters
    ----------
    documents, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study, optional
        For the days of the sessions.

    Returns
    -------
    DocumentsTimeline
        With the number of documents that have no date.
    """
    words = count_words(segments["text"]).groupby(segments["document_id"]).sum()
    table = documents.loc[documents["date"].notna(), ["document_id", "kind", "unit", "session", "date"]]
    table = table.rename(columns={"document_id": "document"}).sort_values(["date", "document"], ignore_index=True)
    table["words"] = table["document"].map(words).fillna(0).astype("int64")
    table["rests_on"] = [(document,) for document in table["document"]]
    table["row_id"] = row_ids(table, ["document"])
    days = [(session.id, day) for session in (study.sessions if study else ()) for day in session.dates]
    sessions = pd.DataFrame(days, columns=["session", "date"]).astype({"session": "Int64", "date": "datetime64[us]"})
    return DocumentsTimeline(
        table=table,
        documents=len(documents),
        undated=len(documents) - len(table),
        sessions=sessions.sort_values(["date", "session"], ignore_index=True),
        labels=labels_of(study),
    )


def _with_empty_documents(placed: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Add a row without words for each document that has no segment, so that it is counted."""
    empty = documents.loc[
        ~documents["document_id"].isin(placed["document"]), ["document_id", "kind", "unit", "session"]
    ]
    rows = empty.rename(columns={"document_id": "document"}).assign(segment_id=None, words=0, informant=False)
    if rows.empty:
        return placed.copy()
    rows = rows[placed.columns].astype(placed.dtypes.to_dict())
    return rows.reset_index(drop=True) if placed.empty else pd.concat([placed, rows], ignore_index=True)


def _groups(placed: pd.DataFrame, keys: tuple[Key, ...], study: Study | None) -> pd.DataFrame:
    """Return every combination of groups, with the missing value last where some material has none."""
    values = [group_values(key, placed, study) + ([None] if placed[key].isna().any() else []) for key in keys]
    return pd.DataFrame(list(product(*values)), columns=list(keys)).astype({key: placed[key].dtype for key in keys})
