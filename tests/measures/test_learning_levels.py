from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import learning_levels, rater_reliability
from evalkit.models.levels import tool_levels
from tests.measures.programmes import made, nothing, study
from tests.measures.registers import register

SMALL = study(2, 3)
ROWS = [
    {"unit": "K01", "session": 1, "tool": "falten", "rater": "A", "level": 1},
    {"unit": "K01", "session": 1, "tool": "falten", "rater": "B", "level": 2, "blind": True},
    {"unit": "K01", "session": 1, "tool": "ringen", "rater": "A", "level": None},
    {"unit": "K01", "session": 3, "tool": "falten", "rater": "A", "level": 4},
    {"unit": "K01", "session": 3, "tool": "falten", "rater": "B", "level": None},
    {"unit": "K02", "session": 1, "tool": "stod", "rater": "A", "level": 0},
]


def levels(rows=ROWS, **how):
    return learning_levels(register("assessments", rows), SMALL, **how)


def test_cells_counted_by_hand():
    result = levels()
    cells = result.table.set_index(["unit", "session", "tool"])
    assert len(cells) == 2 * (4 + 7 + 8) + 1  # tools introduced by sessions 1, 2, 3; one judged before its time
    first = cells.loc[("K01", 1, "falten")]
    assert (first["level"], first["raters"], first["n_raters"]) == (1.5, ("A", "B"), 2)
    assert first["rests_on"] == ("assessments.csv:2", "assessments.csv:3")
    assert cells.loc[("K01", 1, "ringen"), ["state", "cannot_judge"]].tolist() == ["cannot judge", 1]
    assert pd.isna(cells.loc[("K01", 1, "ringen"), "level"])
    assert cells.loc[("K01", 3, "falten"), ["level", "n_raters", "cannot_judge"]].tolist() == [4.0, 1, 1]
    assert cells.loc[("K02", 2, "falten"), "state"] == "gap"
    assert not cells.loc[("K02", 1, "stod"), "introduced"]
    assert cells["row_id"].is_unique


def test_session_mean_is_over_tools_introduced_by_then():
    sessions = levels().sessions.set_index(["unit", "session"])
    assert sessions.loc[("K01", 1), ["level", "n_tools", "n_introduced"]].tolist() == [1.5, 1, 4]
    assert pd.isna(sessions.loc[("K02", 1), "level"])  # its only level is of a tool not yet taught
    assert sessions.loc[("K01", 1), "rests_on"] == ("assessments.csv:2", "assessments.csv:3", "assessments.csv:4")


def test_latest_keeps_the_last_judged_level():
    table = levels().latest().table.set_index(["unit", "tool"])
    assert table.loc[("K01", "falten"), ["level", "session"]].tolist() == [4.0, 3]
    assert table.loc[("K01", "ringen"), "state"] == "cannot judge"
    assert table.loc[("K02", "falten"), "state"] == "gap"
    assert len(table) == 2 * 8


def test_leaving_is_not_a_gap():
    enrolled = register("enrolment", [{"unit": "K01"}, {"unit": "K02", "left_after_session": 1, "left_by_session": 3}])
    result = levels(enrolment=enrolled)
    states = result.table.set_index(["unit", "session", "tool"])["state"]
    assert [states["K02", session, "falten"] for session in (1, 2, 3)] == ["gap", "may have left", "left"]
    assert result.left == ("K02",)


def test_until_leaves_later_sessions_out():
    result = levels(until=2)
    assert result.table["session"].max() == 2
    assert result.latest().table.set_index(["unit", "tool"]).loc[("K01", "falten"), "level"] == 1.5


def test_one_rater_or_too_few_is_unknown_and_no_number():
    alone = levels([row for row in ROWS if row["rater"] == "A"])
    assert "Reliabiliteten är okänd" in alone.sentence("sv")
    assert alone.reliability.table["icc"].isna().all()
    few = levels()
    assert "Reliability unknown: the same two raters share only 1" in few.sentence("en")
    assert "ICC" not in few.sentence("en")
    assert few.reliability.table[["icc", "alpha", "ci_low"]].isna().all(axis=None)
    assert (few.reliability.cells, few.reliability.blind) == (1, 1)


def doubly(levels_by_session):
    """Write pairs of levels as two raters' assessments, one unit per pair."""
    return register(
        "assessments",
        [
            {"unit": f"K{place:02}", "session": session, "tool": "falten", "rater": rater, "level": level}
            for session, pairs in levels_by_session.items()
            for place, pair in enumerate(pairs)
            for rater, level in zip("AB", pair, strict=True)
        ],
    )


def test_shrout_and_fleiss_two_of_the_judges():
    # Shrout & Fleiss (1979), table 2, judges 1 and 4. With two judges ICC(2,1) follows from their mean squares:
    # targets 7.4833, judges 3.0, error 1.2 → (7.4833 − 1.2) / (7.4833 + 1.2 + 2 (3.0 − 1.2) / 6).
    first, fourth = [9, 6, 8, 7, 10, 6], [8, 6, 5, 6, 9, 7]
    wide = np.array([first, fourth], dtype=float).T
    grand = wide.mean()
    targets = 2 * ((wide.mean(axis=1) - grand) ** 2).sum() / 5
    judges = 6 * ((wide.mean(axis=0) - grand) ** 2).sum()
    error = (((wide - grand) ** 2).sum() - 5 * targets - judges) / 5
    expected = (targets - error) / (targets + error + 2 * (judges - error) / 6)
    result = rater_reliability(doubly({1: list(zip(first, fourth, strict=True))}), min_cells=6)
    row = result.table.iloc[0]
    assert row["icc"] == pytest.approx(expected, abs=1e-12)
    assert row["ci_low"] < expected < row["ci_high"]
    assert round(row["ci_low"], 2) != row["ci_low"]  # not rounded


def test_alpha_is_krippendorffs_ordinal():
    # Krippendorff (2011): 4 observers × 12 units, ordinal alpha .815 with the values that are missing there.
    data = {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    }
    rows = [
        {"unit": f"K{unit}", "session": 1, "tool": "falten", "rater": rater, "level": level}
        for rater, values in data.items()
        for unit, level in enumerate(values)
    ]
    table = rater_reliability(register("assessments", rows), min_cells=5).table
    assert table["alpha"].iloc[0] == pytest.approx(0.815, abs=0.0005)
    assert table.loc[0, ["cells", "raters"]].tolist() == [11, 4]


def test_growth_alone_does_not_make_raters_agree():
    rng = np.random.default_rng(1)
    sessions = {
        session: [tuple(np.clip(rng.integers(0, 2, 2) + session, 0, 9)) for _ in range(40)] for session in range(1, 7)
    }
    table = rater_reliability(doubly(sessions)).table
    pooled = table.iloc[-1]
    assert pd.isna(pooled["session"])
    assert abs(pooled["icc"]) < 0.2  # within sessions there is nothing but chance
    flat = doubly({1: [pair for pairs in sessions.values() for pair in pairs]})
    assert rater_reliability(flat).table.iloc[-1]["icc"] > 0.8


def test_perfect_agreement_and_no_variation():
    same = rater_reliability(doubly({1: [(level, level) for level in (0, 1, 2, 3) * 4]})).table.iloc[0]
    assert same["icc"] == 1.0
    assert same["alpha"] == 1.0
    constant = rater_reliability(doubly({1: [(2, 2)] * 12}))
    assert constant.table["why"].tolist() == ["no variation", "no variation"]
    assert not constant.known


def test_refuses_levels_outside_the_scale_and_unknown_tools():
    with pytest.raises(
        TableError, match=r"assessments: level 7 in row 2 \(unit='K01', session=1, tool='falten'\); lev"
    ):
        levels([replace_row(ROWS[0], level=7)])
    with pytest.raises(TableError, match=r"tool='okand'\); the tool is not declared"):
        levels([replace_row(ROWS[0], tool="okand")])


def replace_row(row, **changes):
    return row | changes


def test_input_is_unchanged():
    simulated = made()
    before = simulated["assessments"].copy(), simulated["enrolment"].copy()
    learning_levels(simulated["assessments"], simulated.study, enrolment=simulated["enrolment"]).latest()
    pd.testing.assert_frame_equal(simulated["assessments"], before[0])
    pd.testing.assert_frame_equal(simulated["enrolment"], before[1])


def test_a_simulated_programme_is_recovered_row_by_row():
    simulated = made()
    result = learning_levels(simulated["assessments"], simulated.study, enrolment=simulated["enrolment"])
    rested = [source for sources in result.table["rests_on"] for source in sources]
    assert len(rested) == len(set(rested)) == len(simulated["assessments"])
    assert result.reliability.known
    assert set(result.table["state"]) >= {"judged", "cannot judge", "gap", "left"}


def test_nothing_declared_gives_empty_tables():
    empty = nothing()
    result = learning_levels(empty["assessments"], replace(empty.study, tools=()))
    assert result.table.empty
    assert result.latest().table.empty
    assert result.sentence("en") == "No level has been rated."


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["K01", "K02"]),
            st.integers(1, 3),
            st.sampled_from(["falten", "ringen", "stod"]),
            st.sampled_from("AB"),
            st.one_of(st.none(), st.integers(0, 4)),
        ),
        max_size=25,
        unique_by=lambda row: row[:4],
    )
)
def test_nothing_is_lost_or_invented(rows):
    names = ("unit", "session", "tool", "rater", "level")
    result = levels([dict(zip(names, row, strict=True)) for row in rows])
    table = result.table
    assert table["n_raters"].sum() + table["cannot_judge"].sum() == len(rows)
    assert table["rests_on"].map(len).sum() == len(rows)
    assert (table["level"].notna() == (table["state"] == "judged")).all()
    assert table["level"].dropna().between(0, 4).all()
    latest = result.latest().table
    assert (latest["state"] == "judged").sum() == table.loc[
        table["state"] == "judged", ["unit", "tool"]
    ].drop_duplicates().shape[0]
    for lang in ("sv", "en"):
        assert result.sentence(lang)
        assert result.caption(lang)


def test_without_declared_tools_those_found_count_from_the_start():
    result = learning_levels(register("assessments", ROWS), replace(SMALL, tools=()))
    assert set(result.table["tool"]) == {"falten", "ringen", "stod"}
    assert result.table["introduced"].all()
    assert result.latest().table.set_index(["unit", "tool"]).loc[("K02", "stod"), "level"] == 0


def test_levels_of_measure_and_models_are_the_same():
    programme = made()
    measured = learning_levels(programme["assessments"], programme.study).table
    measured = measured[measured["introduced"] & measured["level"].notna()]
    modelled = tool_levels(programme["assessments"], study=programme.study)
    keys = ["unit", "session", "tool"]
    both = measured.merge(modelled, on=keys, suffixes=("", "_model"))
    assert len(both) == len(measured) == len(modelled)
    assert (both["level"] == both["level_model"]).all()
    assert (both["n_raters"] == both["n_raters_model"]).all()


def test_pairs_of_levels_are_those_of_the_two_raters_who_share_most():
    result = rater_reliability(register("assessments", ROWS))
    assert result.pairs.raters == ("A", "B")
    assert result.pairs.table[["first", "second", "cells"]].to_numpy().tolist() == [[1, 2, 1]]
    assert "ett steg isär i 1" in result.pairs.sentence("sv")
    assert result.pairs.table["rests_on"].iloc[0] == ("assessments.csv:2", "assessments.csv:3")
    alone = rater_reliability(register("assessments", ROWS[:1]))
    assert alone.pairs.raters == ()
    assert alone.pairs.table.empty
    assert alone.pairs.sentence("sv") == "Ingen nivå har två bedömare."
