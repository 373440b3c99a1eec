"""Where coders differ: the segments and codes to talk about."""

from collections.abc import Iterable, Sequence
from typing import cast

import pandas as pd

from evalkit.coding.agreement.judgements import judge
from evalkit.coding.codes import Codebook

__all__ = ["disagreements"]

_COLUMNS = ["segment_id", "document_id", "code", "differ", "coded_by", "polarities", "not_coded_by", "rests_on"]


def disagreements(
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    coders: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    codebook: Codebook | None = None,
) -> pd.DataFrame:
    """List the segments and codes on which coders who both read the segment independently differ.

    Parameters
    ----------
    codings, readings, segments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    coders : sequence of str, optional
        Whom to compare; default everyone who read a segment that another read too.
    codes : sequence of str, optional
        Codes to list; default all that were used.
    codebook : Codebook, optional
        For the order of the codes.

    Returns
    -------
    pandas.DataFrame
        One row per segment and code, by document, segment and code: segment_id, document_id, code, differ ("code":
        some gave it and some did not; "polarity": all who read gave it, not all with the same polarity; "code and
        polarity": some did not give it, and those who did not with the same polarity), coded_by
        (coders), polarities (theirs in the same order, such as "+" or "+-" for one who gave both), not_coded_by
        (coders who read and did not give it) and rests_on (coding ids). The texts are not in it; merge them from
        `segments`.

    Raises
    ------
    TableError
        If a column, a segment or a coder asked for is missing.
    EstimationError
        If no segment was read independently by two coders.
    """
    judged = judge(codings, readings, segments, coders=coders, codes=codes, level="polarity", codebook=codebook)
    signs = (
        judged.codings.groupby(["segment", "code", "coder"])
        .agg(polarity=("polarity", lambda given: "".join(sorted(set(given)))), ids=("coding_id", tuple))
        .reset_index()
    )
    rows = []
    groups = cast("Iterable[tuple[tuple[int, int], pd.DataFrame]]", signs.groupby(["segment", "code"]))
    for (segment, code), given in groups:
        said = given["coder"].to_numpy()
        silent = [name for place, name in enumerate(judged.coders) if judged.read[place, segment] and place not in said]
        unlike = len(set(given["polarity"])) > 1
        if not silent and not unlike:
            continue
        where = judged.segments.iloc[segment]
        rows.append(
            (
                where["segment_id"],
                where["document_id"],
                judged.codes[code],
                "code and polarity" if silent and unlike else "code" if silent else "polarity",
                tuple(judged.coders[place] for place in said),
                tuple(given["polarity"]),
                tuple(silent),
                tuple(sorted(id for ids in given["ids"] for id in ids)),
            )
        )
    texts = dict.fromkeys(_COLUMNS[:4], "str")
    return pd.DataFrame(rows, columns=_COLUMNS).astype(texts)
