"""How many segments of depth and of surface people would have coded, by period, session and unit."""

from collections.abc import Collection
from typing import Any

import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.measures.coded_depth import check_sides
from evalkit.measures.corrected_counts import corrected_counts
from evalkit.measures.corrected_counts.counts import Margin
from evalkit.measures.placement import When

__all__ = ["corrected_depth"]

_MARGINS: tuple[Margin, ...] = ("period", "session", "unit")


def corrected_depth(
    codings: pd.DataFrame,
    people_codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    documents: pd.DataFrame,
    deep: Collection[str],
    surface: Collection[str],
    periods: "pd.Series[Any]",
    codebook: Codebook | None = None,
    when: When = "said",
    level: float = 0.95,
) -> pd.DataFrame:
    """Correct the counts of depth and of surface by an audited random sample, for `coded_depth`.

    The codes of a side are counted as one: a segment has depth if any of them is present (polarity "+"). A code that
    people gave below one of them counts too.

    Parameters
    ----------
    codings : pandas.DataFrame
        Rule codings (table `codings`).
    people_codings, readings : pandas.DataFrame
        What people coded, and which segments they read (tables `people_codings` and `readings`).
    segments, documents : pandas.DataFrame
        The texts.
    deep, surface : collection of str
        Ids of the codes that stand for depth and for surface.
    periods : pandas.Series
        Period of each segment, by segment_id (see `evalkit.coding.audit_sample.study_periods`).
    codebook : Codebook, optional
        Tells which codes lie under which.
    when : {"said", "about"}, default "said"
        Which session a segment counts in.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row per margin (by: "period", "session", "unit"), group and side: by, group (as text), side ("deep" or
        "surface"), segments (in the group), hits (that the rules gave the side), audited, total, ci_low, ci_high (what
        people would have coded; missing where too little was audited) and rests_on (segment ids).

    Raises
    ------
    TableError
        If no code is given, one stands on both sides or is not in the codebook.
    EstimationError
        If there are no independent readings with known probabilities.
    """
    sides = {"deep": set(deep), "surface": set(surface)}
    check_sides(sides, codebook)
    rules, people = _sided(codings, sides, None), _sided(people_codings, sides, codebook)
    parts = []
    for by in _MARGINS:
        corrected = corrected_counts(
            rules, people, readings, segments, documents=documents, by=by, periods=periods, when=when, level=level
        )
        parts.append(corrected.table.assign(by=by, group=corrected.table[by].astype("str")))
    names = {"code": "side", "rule_segments": "hits", "estimate": "total"}
    columns = ["by", "group", "side", "segments", "hits", "audited", "total", "ci_low", "ci_high", "rests_on"]
    return pd.concat(parts, ignore_index=True).rename(columns=names)[columns]


def _sided(codings: pd.DataFrame, sides: dict[str, set[str]], codebook: Codebook | None) -> pd.DataFrame:
    """Write the side instead of the code, for codings that say that it is there."""
    there = codings[codings["polarity"] == "+"]
    parts = []
    for side, codes in sides.items():
        below = {code for code in codebook.ids if codes & set(codebook.ancestors(code))} if codebook else set()
        parts.append(there[there["code"].isin(codes | below)].assign(code=side))
    return pd.concat(parts, ignore_index=True)
