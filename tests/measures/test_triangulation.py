"""Three sources side by side: by hand, on any ranks, and where they contradict each other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from evalkit.errors import EstimationError
from evalkit.measures import coded_depth, learning_levels, position_pairs, triangulate_learning
from evalkit.measures.triangulation import _chance
from tests.measures.hand_tables import documents, segments, table
from tests.measures.programmes import made, study
from tests.measures.registers import register

ZONES = ("nära", "halvnära", "mitten", "långt bort")


def sources(levels: dict, coded: dict, moves: dict, *, units: int = 4, sessions: int = 4):
    """Write levels and (deep, surface) codings as unit → sessions, and moves as unit → zones in and out."""
    programme = replace(study(units, sessions), tools=study(units, sessions).tools[:1])
    rows = [
        {"unit": unit, "session": s, "tool": "falten", "rater": "A", "level": level}
        for unit, path in levels.items()
        for s, level in enumerate(path, start=1)
        if level is not None
    ]
    docs, turns, codings = [], [], []
    for unit, path in coded.items():
        for s, counts in enumerate(path, start=1):
            docs.append({"document_id": f"{unit}{s}", "unit": unit, "session": s})
            for code, count in zip(("deep", "surface"), counts, strict=True):
                for k in range(count):
                    name = f"{unit}{s}{code}{k}"
                    turns.append({"segment_id": name, "document_id": f"{unit}{s}"})
                    codings.append({"coding_id": name, "segment_id": name, "code": code})
    places = [
        {"session": 1, "phase": phase, "statement": "p", "participant": f"{unit}-1", "unit": unit, "zone": zone}
        for unit, pair in moves.items()
        for phase, zone in zip(("in", "out"), pair, strict=True)
    ]
    depth = coded_depth(
        table("codings", codings),
        segments(*turns),
        documents=documents(*docs),
        deep=["deep"],
        surface=["surface"],
        study=programme,
    )
    rated = learning_levels(register("assessments", rows), programme)
    return rated, depth, position_pairs(register("positions", places), programme)


BY_HAND = (
    {"K01": [0, 1, 2, 3], "K02": [1, 1, 1, 2], "K03": [0, None, 3, 4], "K04": [2, None, None, None]},
    {"K01": [(1, 3), (1, 3), (3, 1), (3, 1)], "K02": [(3, 1), (0, 0), (0, 0), (1, 3)], "K03": [(1, 1), (2, 0)]},
    {"K01": ("mitten", "nära"), "K02": ("nära", "mitten"), "K03": ("mitten", "halvnära")},
)


def test_changes_by_hand():
    result = triangulate_learning(*sources(*BY_HAND))
    rows = result.table.set_index(["unit", "source"])
    assert rows.loc["K01", "change"].tolist() == [2.0, 0.5, 2.0]
    assert rows.loc["K02", "change"].tolist() == [0.5, -0.5, -2.0]
    assert rows.loc[("K03", "rubric"), ["early", "late", "n"]].tolist() == [0, 4, 3]  # the middle one in neither half
    assert pd.isna(rows.loc[("K03", "depth"), "change"])  # two coded segments in each half
    assert rows.loc[("K04"), "change"].isna().all()
    assert rows.loc[("K03", "rubric"), "place"] == 1
    assert {"positions.csv:2", "positions.csv:3"} <= set(rows.loc[("K01", "positions"), "rests_on"])


def test_contradictions_by_hand():
    result = triangulate_learning(*sources(*BY_HAND))
    found = result.contradictions[["unit", "first", "second", "kind"]].to_numpy().tolist()
    assert found == [["K02", "rubric", "depth", "direction"], ["K02", "rubric", "positions", "direction"]]
    assert "Källorna pekar åt olika håll för K02" in result.sentence("sv")
    page = result.unit("K02")
    assert page.contradictions["unit"].tolist() == ["K02", "K02"]
    assert "Bedömd nivå och kodat djup pekar åt olika håll." in page.sentence("sv")
    assert "rated level +0.50; coded depth −0.50; positions −2.00" in page.sentence("en")
    with pytest.raises(EstimationError, match="no unit 'K09'"):
        result.unit("K09")


def test_far_apart_in_the_ranking_counts_from_four_units():
    levels = {f"K0{k}": [0, k - 1] for k in range(1, 5)}
    moves = {"K01": ("mitten", "nära")} | {f"K0{k}": ("mitten", "mitten") for k in range(2, 5)}
    result = triangulate_learning(*sources(levels, {}, moves, sessions=2))
    found = result.contradictions[["unit", "kind"]].to_numpy().tolist()
    assert found == [["K01", "place"], ["K04", "place"]]
    three = triangulate_learning(*sources(dict(list(levels.items())[:3]), {}, moves, sessions=2))
    assert three.contradictions.empty


def test_too_few_units_are_not_ranked():
    result = triangulate_learning(*sources(*BY_HAND))
    assert result.agreement["n"].tolist() == [2, 3, 2]
    assert result.agreement["tau"].isna().all()
    assert "3 kommuner har båda, för få för att jämföra ordningen" in result.sentence("sv")


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(ZONES)), min_size=4, max_size=9))
def test_rank_agreement_is_kendalls(rows):
    names = [f"K{k + 1:02}" for k in range(len(rows))]
    levels = {name: [0, level] for name, (level, _) in zip(names, rows, strict=True)}
    moves = {name: ("mitten", zone) for name, (_, zone) in zip(names, rows, strict=True)}
    result = triangulate_learning(*sources(levels, {}, moves, units=len(rows), sessions=2), n_orders=99)
    expected = kendalltau([level for level, _ in rows], [-ZONES.index(zone) for _, zone in rows]).statistic
    found = result.agreement.set_index(["first", "second"]).loc[("rubric", "positions")]
    assert found["tau"] == pytest.approx(expected, nan_ok=True)
    assert result.table["place"].dropna().between(0, 1).all()


def test_chance_is_that_of_all_orders():
    # n = 4 without ties: |tau| over the 24 orders is 1 twice and 2/3 six times; 95 % stay within 1.
    assert _chance(np.arange(4.0), np.arange(4.0), 9999, np.random.default_rng(1)) == 1
    ten = _chance(np.arange(10.0), np.arange(10.0), 9999, np.random.default_rng(1))
    assert ten == pytest.approx(0.511, abs=0.05)  # Kendall's table: .511 at two-sided 5 %
    assert _chance(np.arange(200.0), np.arange(200.0), 9, np.random.default_rng(1)) == pytest.approx(0.093, abs=1e-3)


def test_everything_is_as_it_was_and_sources_may_be_empty():
    programme = made()
    levels = learning_levels(programme["assessments"], programme.study)
    pairs = position_pairs(programme["positions"], programme.study)
    depth = coded_depth(
        table("codings", []), segments(), documents=documents(), deep=["a"], surface=["b"], study=programme.study
    )
    before = levels.table.copy(), pairs.table.copy()
    result = triangulate_learning(levels, depth, pairs)
    pd.testing.assert_frame_equal(levels.table, before[0])
    pd.testing.assert_frame_equal(pairs.table, before[1])
    assert result.table.loc[result.table["source"] == "depth", "change"].isna().all()
    again = triangulate_learning(levels, depth, pairs)
    pd.testing.assert_frame_equal(result.agreement, again.agreement)
    assert result.caption("sv")
