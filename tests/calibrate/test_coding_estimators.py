"""The estimators of codings say what the functions that an evaluator calls say of the same corpus."""

import numpy as np
import pandas as pd
import pytest

from evalkit.calibrate import CODING_CELLS, CodingCase, CodingCell
from evalkit.calibrate.estimators.coding import agreement, corrected
from evalkit.coding.agreement import coder_agreement
from evalkit.measures.corrected_counts import corrected_counts
from evalkit.simulate.chance import stream
from tests.coding.made_up_coders import drawn
from tests.coding.texts import as_table, coding, documents_and_segments


def audited_corpus(case: CodingCase) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Make the tables of a simulated corpus: one document a period, one word a segment."""
    periods = case.cell.rules().draw(stream(case.seed, "rules"))
    documents, segments = documents_and_segments(
        {f"d{number}": ["Ord."] * len(period.true) for number, period in enumerate(periods)}, unit="K01"
    )
    true, hit, read, weight = (
        np.concatenate([getattr(period, name) for period in periods]) for name in ("true", "hit", "drawn", "weight")
    )
    ids = segments["segment_id"].to_numpy()
    readings = [
        {"segment_id": id, "document_id": id[:2], "coder": "A", "independent": True, "probability": p, "sample": "s"}
        for id, p in zip(ids[read], 1 / weight[read], strict=True)
    ]
    tables = {
        "codings": as_table("codings", [coding(segments, id, "Ord", "x", coder="rules", rule="r") for id in ids[hit]]),
        "people_codings": as_table("people_codings", [coding(segments, id, "Ord", "x") for id in ids[true & read]]),
        "readings": as_table("readings", readings),
        "segments": segments,
        "documents": documents,
    }
    return tables, segments.set_index("segment_id")["document_id"]


@pytest.mark.parametrize("seed", [1, 2])
def test_corrected_counts_are_those_of_the_tables(seed) -> None:
    case = CodingCase(CODING_CELLS[-1], seed)
    tables, periods = audited_corpus(case)
    whole, by_period = (corrected_counts(**tables, by=by, periods=periods) for by in ("all", "period"))
    change = by_period.contrasts("d0", "d1").iloc[0]
    expected = [
        whole.table.loc[0, ["estimate", "ci_low", "ci_high"]].tolist(),
        by_period.table.set_index("period").loc["d1", ["estimate", "ci_low", "ci_high"]].tolist(),
        change[["difference", "ci_low", "ci_high"]].tolist(),
    ]
    rows = corrected(case)
    assert [row.quantity for row in rows] == ["corrected_total", "corrected_period", "corrected_change"]
    for row, values in zip(rows, expected, strict=True):
        assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(values)
        assert row.ci_low < row.truth < row.ci_high


@pytest.mark.parametrize(("count", "name"), [(2, "two"), (3, "three")])
def test_agreement_is_that_of_the_tables(count, name) -> None:
    case = CodingCase(CODING_CELLS[0], 3)
    ratings, yes, met, coded = (part[0] for part in case.cell.coders(count).draw(stream(3, f"{name} coders"), 1))
    sizes = ratings // count
    marks = np.zeros((count, int(sizes.sum()), 1), dtype=bool)
    start = 0
    for size, ones, meeting, either in zip(sizes, yes, met, coded, strict=True):
        for place, said in enumerate(yeses(count, int(ones), float(meeting), int(either))):
            marks[:said, start + place, 0] = True
        start += int(size)
    codings, readings, segments = drawn(marks, np.ones(marks.shape[:2], dtype=bool), sizes.tolist())
    table = coder_agreement(codings, readings, segments).table.set_index("code").loc["kod00"]
    rows = {row.quantity: row for row in agreement(case)}
    for measure in ("f1", "alpha"):
        row = rows[f"{measure}_{name}"]
        ends = [table[measure], table[f"{measure}_ci_low"], table[f"{measure}_ci_high"]]
        assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(ends)


def yeses(coders: int, ones: int, meeting: float, coded: int) -> list[int]:
    """Return how many coders said yes of each coded segment, from a document's sums."""
    if coders == 2:
        twice = round(meeting / 2)
        return [2] * twice + [1] * (coded - twice)
    # x segments with three yeses, y with two, z with one: x + y + z, 3x + 2y + z and 3x + y are known.
    twice_or_more = ones - coded  # 2x + y
    thrice = round(meeting) - twice_or_more
    twice = twice_or_more - 2 * thrice
    return [3] * thrice + [2] * twice + [1] * (coded - thrice - twice)


def test_too_little_is_refused() -> None:
    few = CodingCase(CodingCell(3, 10, 0.05, 0.0, 0.8, (0.5, 0.5), (0.9, 0.9)), 1)
    assert all(row.refused for row in [*corrected(few), *agreement(few)])
