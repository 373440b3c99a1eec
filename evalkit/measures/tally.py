"""What every count of codings shares: what is counted, per how many words, by whom, and what it cannot say."""

from typing import Any, Literal

import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.errors import TableError
from evalkit.study import Text
from evalkit.wording import Language, count_noun, number, pick

__all__ = [
    "COUNTS",
    "RATES",
    "CountKind",
    "all_codes",
    "count_kind",
    "extent",
    "limits",
    "place_codings",
    "unchecked",
    "with_counts",
    "with_rates",
]

CountKind = Literal["machine", "people", "mixed"]
"""Who coded: the machine (the codebook's rules, and its learned coder by a rule of its own per code), or people."""

COUNTS = ("segments", "codings", "plus", "minus", "unclear")
RATES = {"segments": "per_1000", "plus": "plus_per_1000", "minus": "minus_per_1000", "unclear": "unclear_per_1000"}
_POLARITY = {"plus": "+", "minus": "-", "unclear": "?"}
_WHO: dict[CountKind, Text] = {
    "machine": Text(sv="maskinkodningar, ej kontrollerade", en="machine codings, not checked"),
    "people": Text(sv="kodningar gjorda av människor", en="codings made by people"),
    "mixed": Text(
        sv="maskinkodningar, ej kontrollerade, tillsammans med människors kodningar",
        en="machine codings, not checked, together with people's codings",
    ),
}


def count_kind(codings: pd.DataFrame) -> CountKind:
    """Tell whether codings were made by the machine, by people or by both.

    Parameters
    ----------
    codings : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.

    Returns
    -------
    {"machine", "people", "mixed"}
        No codings at all count as the machine's.
    """
    by_machine = codings["rule"].notna()
    if by_machine.all():
        return "machine"
    return "mixed" if by_machine.any() else "people"


def place_codings(codings: pd.DataFrame, spoken: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Place codings where their segments are.

    Parameters
    ----------
    codings : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    spoken : pandas.DataFrame
        The segments that count, with segment_id and what else each coding is to carry.
    segments : pandas.DataFrame
        All segments.

    Returns
    -------
    pandas.DataFrame
        coding_id, segment_id, code, polarity and the columns of `spoken`; codings of other segments fall away.

    Raises
    ------
    TableError
        If a coding's segment is not in `segments`.
    """
    lost = ~codings["segment_id"].isin(segments["segment_id"])
    if lost.any():
        raise TableError(
            f"codings: {int(lost.sum())} codings belong to segments that are not in segments "
            f"(first: {codings.loc[lost, 'coding_id'].iloc[0]}). Code the segments again: evalkit code"
        )
    return codings[["coding_id", "segment_id", "code", "polarity"]].merge(spoken, on="segment_id", how="inner")


def all_codes(codings: pd.DataFrame, codebook: Codebook | None) -> list[str]:
    """List the codes to count.

    Parameters
    ----------
    codings : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    codebook : Codebook or None
        Its codes come first, in its order.

    Returns
    -------
    list of str
        Codes that stand outside the codebook come last.
    """
    declared = list(codebook.ids) if codebook else []
    return [*declared, *sorted(set(codings["code"]) - set(declared))]


def with_counts(table: pd.DataFrame, coded: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Add what was coded to each row.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows, with `keys` among their columns.
    coded : pandas.DataFrame
        From `place_codings`.
    keys : list of str
        What rows and codings are matched by.

    Returns
    -------
    pandas.DataFrame
        `table` with the columns of `COUNTS` (zeros where nothing was coded) and rests_on (coding ids).
    """
    marked = coded.assign(**{name: (coded["polarity"] == sign).astype("int64") for name, sign in _POLARITY.items()})
    summary: dict[str, tuple[str, Any]] = {
        "segments": ("segment_id", "nunique"),
        "codings": ("coding_id", "count"),
        **{name: (name, "sum") for name in _POLARITY},
        "rests_on": ("coding_id", lambda ids: tuple(sorted(ids))),
    }
    counted = table.merge(marked.groupby(keys).agg(**summary).reset_index(), on=keys, how="left")
    counted[list(COUNTS)] = counted[list(COUNTS)].fillna(0).astype("int64")
    counted["rests_on"] = [ids if isinstance(ids, tuple) else () for ids in counted["rests_on"]]
    return counted


def with_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Add what the counts are per 1 000 words.

    Parameters
    ----------
    table : pandas.DataFrame
        With words and the columns of `COUNTS`.

    Returns
    -------
    pandas.DataFrame
        With the columns named in `RATES`, missing where there are no words.
    """
    words = table["words"].where(table["words"] > 0).astype("float64")
    return table.assign(**{rate: 1000 * table[count] / words for count, rate in RATES.items()})


def unchecked(kind: CountKind, lang: Language) -> str:
    """Return the words that follow every count: who coded, and whether that was checked.

    Parameters
    ----------
    kind : {"machine", "people", "mixed"}
        Who coded.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Without a capital or full stop.
    """
    return _WHO[kind](lang)


def extent(*, codings: int, coded: int, segments: int, words: int, lang: Language) -> str:
    """Write how much was coded, out of how much.

    Parameters
    ----------
    codings, coded, segments, words : int
        Codings, segments with at least one of them, all segments and their words.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Without a capital or full stop.
    """
    some, of, size = (number(count, lang=lang) for count in (coded, segments, words))
    return pick(
        lang,
        sv=f"{count_noun(codings, 'kodning', 'kodningar')} i {some} av {of} segment ({size} ord, intervjuarens ej "
        f"räknade)",
        en=f"{count_noun(codings, 'coding', 'codings', lang='en')} in {some} of {of} segments "
        f"({size} words, the interviewer's not counted)",
    )


def limits(kind: CountKind, lang: Language) -> str:
    """Say what counts of codings cannot say.

    Parameters
    ----------
    kind : {"machine", "people", "mixed"}
        Who coded.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One sentence.
    """
    who = unchecked(kind, lang)
    if kind == "people":
        return pick(
            lang,
            sv=f"Talen är {who}: de säger hur ofta något togs upp, inte hur många som tycker så.",
            en=f"The counts are {who}: they tell how often something came up, not how many think so.",
        )
    return pick(
        lang,
        sv=f"Talen är {who}: de visar var maskinen kodar, inte hur ofta något menades.",
        en=f"The counts are {who}: they show where the machine codes, not how often something was meant.",
    )
