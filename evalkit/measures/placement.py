"""Where a segment belongs (unit, session, kind of document) and how many words it holds.

Every count in this folder stands on these rows, so that numerators and denominators are placed alike.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.errors import TableError
from evalkit.study import Noun, Study, Text
from evalkit.tables.schemas import KINDS
from evalkit.wording import Language, number

__all__ = [
    "Key",
    "Labels",
    "When",
    "count_words",
    "group_values",
    "grouping_keys",
    "labels_of",
    "place_segments",
    "row_ids",
]

Key = Literal["kind", "unit", "session", "document"]
When = Literal["said", "about"]
KEYS: tuple[Key, ...] = ("kind", "unit", "session", "document")

_KIND_NAMES = {
    "intervju": Text(sv="Intervju", en="Interview"),
    "gruppsamtal": Text(sv="Gruppsamtal", en="Group conversation"),
    "motesanteckning": Text(sv="Mötesanteckning", en="Meeting notes"),
    "faltanteckning": Text(sv="Fältanteckning", en="Field notes"),
    "hemuppgift": Text(sv="Hemuppgift", en="Homework"),
    "skriftligt": Text(sv="Skriftligt", en="Written"),
    "okant": Text(sv="Okänd sort", en="Unknown kind"),
}
_KIND = Noun(one=Text(sv="dokumentsort", en="kind of document"), many=Text(sv="dokumentsorter", en="kinds of document"))
_DOCUMENT = Noun(one=Text(sv="dokument", en="document"), many=Text(sv="dokument", en="documents"))
_UNIT = Noun(one=Text(sv="enhet", en="unit"), many=Text(sv="enheter", en="units"))
_SESSION = Noun(one=Text(sv="träff", en="session"), many=Text(sv="träffar", en="sessions"), short=Text(sv="T", en="S"))


@dataclass(frozen=True, slots=True)
class Labels:
    """What a reader calls the units, sessions and codes of a result.

    Attributes
    ----------
    unit, session : Noun
        The study's words for what takes part and for its meetings.
    codes : dict of str to Text
        Names of the codes; a code that is not there is shown by its id.
    """

    unit: Noun = _UNIT
    session: Noun = _SESSION
    codes: dict[str, Text] = field(default_factory=dict)

    def code(self, code: str, lang: Language) -> str:
        """Return the name of a code."""
        return self.codes[code](lang) if code in self.codes else code

    def noun(self, key: Key, lang: Language, *, many: bool = False) -> str:
        """Return the study's word for a grouping, in singular or plural."""
        noun = {"kind": _KIND, "unit": self.unit, "session": self.session, "document": _DOCUMENT}[key]
        return noun.many(lang) if many else noun.one(lang)

    def count(self, count: int, key: Key, lang: Language) -> str:
        """Return a count with the study's word for it, such as "14 kommuner"."""
        return f"{number(count, lang=lang)} {self.noun(key, lang, many=count != 1)}"

    def group(self, key: Key, value: Any, lang: Language) -> str:
        """Return the label of one group, for axes; a missing one says what is missing."""
        if pd.isna(value):
            return f"{'utan' if lang == 'sv' else 'no'} {self.noun(key, lang)}"
        if key == "session":
            return f"{self.session.short(lang)}{int(value)}"
        return _KIND_NAMES[value](lang) if key == "kind" and value in _KIND_NAMES else str(value)


def labels_of(study: Study | None, codebook: Codebook | None = None) -> Labels:
    """Collect the words of a study and its codebook.

    Parameters
    ----------
    study : Study or None
        The study; without one the words are general ("enhet", "träff").
    codebook : Codebook, optional
        For the names of the codes.

    Returns
    -------
    Labels
        In both languages.
    """
    codes = {} if codebook is None else {code.id: code.name for code in codebook.codes}
    if study is None:
        return Labels(codes=codes)
    return Labels(unit=study.study.unit, session=study.study.session, codes=codes)


def count_words(texts: "pd.Series[str]") -> "pd.Series[int]":
    """Count the words of each text: chunks between white space that contain a letter or a digit.

    Parameters
    ----------
    texts : pandas.Series of str
        The texts.

    Returns
    -------
    pandas.Series of int
        On the same index.

    Examples
    --------
    >>> count_words(pd.Series(["– Ja , det var 2017 …"])).tolist()
    [4]
    """
    counts = [sum(any(map(str.isalnum, chunk)) for chunk in text.split()) for text in texts]
    return pd.Series(counts, index=texts.index, dtype="int64")


def grouping_keys(by: Key | Sequence[Key]) -> tuple[Key, ...]:
    """Check what to group by.

    Parameters
    ----------
    by : str or sequence of str
        Any of "kind", "unit", "session" and "document", each once; empty for the whole corpus.

    Returns
    -------
    tuple of str
        The keys.

    Raises
    ------
    TableError
        If a key is unknown or stands twice.
    """
    keys: tuple[Key, ...] = (by,) if isinstance(by, str) else tuple(by)
    wrong = [str(key) for key in keys if key not in KEYS or keys.count(key) > 1]
    if wrong:
        raise TableError(
            f"counts: by='{wrong[0]}' is unknown or stands twice; choose among {', '.join(KEYS)}, each once."
        )
    return keys


def place_segments(segments: pd.DataFrame, documents: pd.DataFrame, *, when: When = "said") -> pd.DataFrame:
    """Give each segment its kind, unit, session and number of words.

    Parameters
    ----------
    segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    when : {"said", "about"}, default "said"
        Whether a segment belongs to the session of its document or to the session it speaks about. A segment that
        does not say which session it speaks about belongs to none under "about".

    Returns
    -------
    pandas.DataFrame
        One row per segment: segment_id, document, kind, unit (the segment's own, else its document's), session,
        words, informant (False for the interviewer's own words).

    Raises
    ------
    TableError
        If a segment's document is not among the documents, or `when` is unknown.
    """
    if when not in ("said", "about"):
        raise TableError(f"counts: when='{when}' is not known; choose said or about.")
    homeless = ~segments["document_id"].isin(documents["document_id"])
    if homeless.any():
        raise TableError(
            f"segments: {int(homeless.sum())} segments belong to documents that are not in documents "
            f"(first: {segments.loc[homeless, 'segment_id'].iloc[0]}). Build both tables again: evalkit run"
        )
    home = documents.set_index("document_id")[["kind", "unit", "session"]].reindex(segments["document_id"])
    home.index = segments.index
    return pd.DataFrame(
        {
            "segment_id": segments["segment_id"],
            "document": segments["document_id"],
            "kind": home["kind"],
            "unit": segments["unit"].where(segments["unit"].notna(), home["unit"]),
            "session": home["session"] if when == "said" else segments["about_session"],
            "words": count_words(segments["text"]),
            "informant": segments["role"] != "intervjuare",
        }
    )


def group_values(key: Key, placed: pd.DataFrame, study: Study | None) -> list[Any]:
    """List the groups of a key in the order in which a reader expects them.

    Parameters
    ----------
    key : {"kind", "unit", "session", "document"}
        The grouping.
    placed : pandas.DataFrame
        From `place_segments`.
    study : Study or None
        Its units and sessions come first and are there even when nothing was said.

    Returns
    -------
    list
        Without the missing value.
    """
    found = set(placed[key].dropna())
    if key == "kind":
        return [kind for kind in KINDS if kind in found]
    if key == "session":
        return sorted({int(session) for session in found} | set(study.session_ids if study else ()))
    declared: tuple[str, ...] = study.unit_ids if study and key == "unit" else ()
    return [*declared, *sorted(found - set(declared))]


def row_ids(table: pd.DataFrame, columns: Sequence[Hashable]) -> "pd.Series[str]":
    """Name each row by its key, so that a mark in a figure can be followed to it.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows.
    columns : sequence of str
        Their key.

    Returns
    -------
    pandas.Series of str
        The values joined by ":" and safe in an XML id; a missing value is left empty.
    """
    parts = table[list(columns)].itertuples(index=False, name=None)
    names = [":".join("" if pd.isna(value) else quote(str(value), safe="") for value in row) for row in parts]
    return pd.Series(names, index=table.index, dtype="str")
