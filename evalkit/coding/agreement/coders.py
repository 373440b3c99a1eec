"""Agreement between coders, code by code: counts, F1, alpha, kappa, and intervals where there is enough to go by."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from math import nan
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from evalkit.coding.agreement.coefficients import cohen_kappa, gwet_ac1
from evalkit.coding.agreement.intervals import concord
from evalkit.coding.agreement.judgements import Judgements, Level, judge, tally
from evalkit.coding.agreement.result import Agreement
from evalkit.coding.codes import Codebook

__all__ = ["coder_agreement"]

_COUNTS = ("read", "documents", "coded", "both", "only_a", "only_b")


def coder_agreement(
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    coders: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    level: Level = "code",
    confidence: float = 0.95,
    codebook: Codebook | None = None,
) -> Agreement:
    """Compute how far people who coded the same segments independently agree.

    Only independent readings count, and only segments that at least two of the coders read; a segment read and not
    coded is a judgement too. A coding counts for the segment that holds most of its tokens. Segments with more readers
    do not weigh more per judgement, so that alpha is Krippendorff's for any overlap.

    Parameters
    ----------
    codings, readings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; codings made by rules are left out.
    coders : sequence of str, optional
        Whom to compare; default everyone who read a segment that another read too.
    codes : sequence of str, optional
        Codes to show, also those never used; default the codebook's and those used.
    level : {"code", "polarity"}, default "code"
        Whether two coders agree when they give the same code, or only with the same polarity. At "polarity" each of
        the three polarities is a yes or no of its own, so that + against − counts as two differences.
    confidence : float, default 0.95
        Level of the intervals.
    codebook : Codebook, optional
        For the names and the order of the codes.

    Returns
    -------
    Agreement
        By code, by pair of coders, and AC1 for an appendix.

    Raises
    ------
    TableError
        If a column, a segment or a coder asked for is missing, or `level` is unknown.
    EstimationError
        If no segment was read independently by two coders.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.

    Hripcsak, G. & Rothschild, A. S. (2005). Agreement, the F-measure, and reliability in information retrieval. JAMIA
    12, 296–298.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    judged = judge(codings, readings, segments, coders=coders, codes=codes, level=level, codebook=codebook)
    everyone = range(len(judged.coders))
    ids = _coding_ids(judged)
    table = _measure(judged, tuple(everyone), confidence).assign(rests_on=pd.Series(ids, dtype="object"))
    pairs = [
        _measure(judged, pair, confidence).assign(coder_a=judged.coders[pair[0]], coder_b=judged.coders[pair[1]])
        for pair in combinations(everyone, 2)
    ]
    together = pd.concat(pairs, ignore_index=True)
    leading = ["coder_a", "coder_b"]
    together = together[[*leading, *(column for column in together if column not in leading)]]
    return Agreement(
        table=_named(table, ["code"]),
        pairs=_named(together, [*leading, "code"]),
        appendix=_named(_appendix(judged).assign(rests_on=pd.Series(ids[:-1], dtype="object")), ["code"]),
        coders=judged.coders,
        level=level,
        confidence=confidence,
        segments=len(judged.segments),
        documents=len(judged.starts),
        left_out=judged.left_out,
        names={code.id: code.name for code in codebook.codes} if codebook else {},
    )


def _measure(judged: Judgements, group: tuple[int, ...], confidence: float) -> pd.DataFrame:
    """Return counts and measures of a group of coders, one row per code and one for all."""
    sums, counts = tally(judged, group), _counts(judged, group)
    columns = range(len(judged.codes) + 1)
    measured = pd.DataFrame([asdict(concord(sums, j, coders=len(group), confidence=confidence)) for j in columns])
    kappa = [nan] * len(columns)
    if len(group) == 2:
        ratings = sums.ratings.sum(axis=0) / 2
        kappa = [_kappa(*row) for row in zip(counts["both"], counts["only_a"], counts["only_b"], ratings, strict=True)]
    else:
        counts[["only_a", "only_b"]] = pd.NA
    measured.insert(6, "kappa", kappa)
    measured["why"] = measured["why"].astype("str")
    measured.insert(0, "code", pd.Series([*judged.codes, None], dtype="str"))
    counts["documents"] = (sums.coded > 0).sum(axis=0)
    counts["coded"] = sums.coded.sum(axis=0)
    counts["read"] = int((judged.read[list(group)].sum(axis=0) >= 2).sum())
    return pd.concat([measured[["code"]], counts[list(_COUNTS)].astype("Int64"), measured.drop(columns="code")], axis=1)


def _counts(judged: Judgements, group: tuple[int, ...]) -> pd.DataFrame:
    """Count the segments (by polarity, where that is judged) that all readers coded, or only one of two."""
    readers = judged.read[list(group)].sum(axis=0)
    enough = readers >= 2
    yes = judged.said[list(group)].sum(axis=0, dtype=np.int16)
    both = (yes == readers[:, None, None]) & enough[:, None, None]
    counted = {"both": both}
    for name, one, other in (("only_a", group[0], group[1]), ("only_b", group[1], group[0])):
        counted[name] = (judged.said[one] & ~judged.said[other]) & (judged.read[one] & judged.read[other])[
            :, None, None
        ]
    sums = {name: values.sum(axis=(0, 2)) for name, values in counted.items()}
    return pd.DataFrame({name: [*values, values.sum()] for name, values in sums.items()}, dtype="Int64")


def _kappa(both: Any, only_a: Any, only_b: Any, judged: float) -> float:
    neither = judged - both - only_a - only_b
    return cohen_kappa(np.array([[both, only_a], [only_b, neither]], dtype=np.float64)) if judged else nan


def _appendix(judged: Judgements) -> pd.DataFrame:
    readers = judged.read.sum(axis=0)
    yes = judged.said.sum(axis=0, dtype=np.int64)
    kinds = yes.shape[-1]
    rows = []
    for column, code in enumerate(judged.codes):
        said = yes[:, column].T.ravel()
        raters = np.tile(readers, kinds)
        share = float(said.sum() / raters.sum())
        same = (said * (said - 1) + (raters - said) * (raters - said - 1)) / (raters * (raters - 1))
        ac1 = gwet_ac1(np.column_stack([said, raters - said]))
        rows.append((code, len(readers), share, float(same.mean()), ac1, _independent(share)))
    names = ["code", "read", "prevalence", "agreement", "ac1", "ac1_by_chance"]
    return pd.DataFrame(rows, columns=names).astype({"code": "str", "read": "Int64"})


def _independent(share: float) -> float:
    """Return the AC1 that coders reach who say yes with a given probability, whatever they read."""
    differ = 2 * share * (1 - share)
    return (1 - 2 * differ) / (1 - differ)


def _coding_ids(judged: Judgements) -> list[tuple[str, ...]]:
    """Return the codings behind each code and, last, behind all."""
    ids = {place: tuple(sorted(group)) for place, group in judged.codings.groupby("code")["coding_id"]}
    return [*(ids.get(place, ()) for place in range(len(judged.codes))), tuple(sorted(judged.codings["coding_id"]))]


def _named(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Add row_id: the key, safe in an XML id; empty where the code is missing."""
    keys = table[columns].fillna("").to_numpy().tolist()
    ids = [":".join(quote(str(part), safe="") for part in key) for key in keys]
    return table.assign(row_id=pd.Series(ids, index=table.index, dtype="str"))
