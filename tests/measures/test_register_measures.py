"""Homework, indicators, the evaluator's interventions and the plan for blind ratings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError, TableError
from evalkit.measures import homework, indicators, interventions, plan_rerating
from tests.measures.hand_tables import documents
from tests.measures.programmes import made, nothing, study
from tests.measures.registers import register


def handed(*rows, **how):
    """Write homework as (unit, session)."""
    given_rows = [
        {"document_id": f"d{i}", "kind": "hemuppgift", "unit": unit, "session": session, "text": "två ord"}
        for i, (unit, session) in enumerate(rows)
    ]
    return homework(
        documents(*given_rows, {"document_id": "x", "kind": "intervju", "unit": "K01", "session": 3}), **how
    )


def test_homework_counted_by_hand():
    enrolled = register("enrolment", [{"unit": "K01"}, {"unit": "K02", "left_after_session": 1, "left_by_session": 2}])
    result = handed(("K01", 1), ("K01", 1), ("K02", 2), ("K01", None), enrolment=enrolled, study=study(3, 3))
    cells = result.table.set_index(["unit", "session"])
    assert cells["state"].to_dict() == {("K01", 1): "handed in", ("K01", 2): "nothing", ("K02", 1): "left"} | {
        ("K02", 2): "handed in",
        ("K03", 1): "nothing",
        ("K03", 2): "nothing",
    }
    assert cells.loc[("K01", 1), ["documents", "words"]].tolist() == [2, 4]
    assert cells.loc[("K01", 1), "rests_on"] == ("d0", "d1")
    assert result.unplaced == 1
    assert result.units.set_index("unit")["nothing"].to_dict() == {"K01": 1, "K02": 0, "K03": 2}
    assert "lämnade in 40\xa0% av hemuppgifterna" in result.sentence("sv")


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5))))
def test_all_homework_is_somewhere(rows):
    result = handed(*((f"K{u:02}", s) for u, s in rows), study=study(4, 5))
    assert result.table["documents"].sum() == len(rows)
    assert ((result.table["state"] == "handed in") == (result.table["documents"] > 0)).all()


VALUES = [
    {"unit": "K01", "indicator": "i", "date": "2031-01-01", "value": 10, "target": 20},
    {"unit": "K01", "indicator": "i", "date": "2031-06-01", "value": 25, "target": 20},
    {"unit": "K02", "indicator": "i", "date": "2031-06-01", "value": 8, "target": 4},  # fewer is better
    {"unit": "K02", "indicator": "i", "date": "2031-01-01", "value": 10, "target": 4},
    {"unit": "K01", "indicator": "j", "date": "2031-01-01", "value": 5},
    {"unit": "K02", "indicator": "j", "date": "2031-01-01", "value": 5, "target": 5},
]


def test_indicators_counted_by_hand():
    result = indicators(register("indicators", VALUES), study=study(2, 2))
    rows = result.table.set_index(["indicator", "unit"])
    assert rows["share"].tolist() == pytest.approx([1.5, 1 / 3, np.nan, np.nan], nan_ok=True)
    assert rows["reached"].tolist() == [True, False, pd.NA, True]
    assert rows.loc[("i", "K02"), ["first", "latest", "values"]].tolist() == [10, 8, 2]
    assert rows.loc[("i", "K02"), "rests_on"] == ("indicators.csv:5", "indicators.csv:4")
    assert "2 av 3 indikatorer med mål har nått det, 2 har rört sig" in result.sentence("sv")
    with pytest.raises(TableError, match="row 2 is not a finite number"):
        indicators(register("indicators", [VALUES[0] | {"value": np.inf}]))


@settings(max_examples=40)
@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-50, 50))
def test_turning_the_scale_changes_nothing(first, latest, target):
    def table(sign):
        values = ((first, "2031-01-01"), (latest, "2031-02-01"))
        rows = [
            {"unit": "K01", "indicator": "i", "date": on, "value": sign * v, "target": sign * target}
            for v, on in values
        ]
        return indicators(register("indicators", rows)).table.iloc[0]

    one, other = table(1), table(-1)
    assert one["share"] == pytest.approx(other["share"], nan_ok=True)
    if first != target:
        assert one["reached"] == other["reached"] == (one["share"] >= 1)


def test_interventions_stand_in_order_and_what_is_unknown_is_said():
    rows = [
        {"intervention": "b", "after_session": 2, "advice": "kortare pass", "uptake": "ja"},
        {"intervention": "c", "advice": "fler exempel"},
        {"intervention": "a", "after_session": 1, "advice": "börja senare", "uptake": "ja"},
    ]
    result = interventions(register("interventions", rows))
    assert result.table["intervention"].tolist() == ["a", "b", "c"]
    assert result.table["known"].tolist() == [True, True, False]
    assert result.uptakes == {"ja": 2}
    assert result.table["rests_on"].iloc[0] == ("interventions.csv:4",)
    assert "av 2 är det antecknat" in result.caption("sv")
    assert "Råden är en del av programmet" in result.sentence("sv")


@settings(max_examples=20)
@given(st.lists(st.tuples(st.none() | st.integers(0, 5), st.none() | st.sampled_from(["ja", "nej"]))))
def test_every_intervention_is_kept(rows):
    given_rows = [
        {"intervention": f"r{i}", "after_session": s, "advice": "x", "uptake": u} for i, (s, u) in enumerate(rows)
    ]
    result = interventions(register("interventions", given_rows))
    assert sorted(result.table["intervention"]) == sorted(row["intervention"] for row in given_rows)
    assert sum(result.uptakes.values()) == result.table["known"].sum()
    placed = result.table["after_session"].dropna()
    assert placed.is_monotonic_increasing


def test_reratings_are_spread_over_sessions_and_hide_the_first_level():
    programme = made()
    plan = plan_rerating(programme["assessments"], programme.study, cells=30, seed=1)
    assert plan.table["session"].value_counts().tolist() == [5] * 6
    assert "level" not in plan.table
    assert not plan.table["session"].is_monotonic_increasing
    again = plan_rerating(programme["assessments"], programme.study, cells=30, seed=1)
    pd.testing.assert_frame_equal(plan.table, again.table)
    other = plan_rerating(programme["assessments"], programme.study, cells=30, seed=2)
    assert plan.table["row_id"].tolist() != other.table["row_id"].tolist()
    with pytest.raises(EstimationError, match="nothing to rate again"):
        plan_rerating(nothing()["assessments"], programme.study)


@settings(max_examples=20)
@given(st.integers(1, 400), st.integers(0, 5))
def test_a_plan_names_only_cells_rated_once_and_each_once(cells, seed):
    programme = made()
    plan = plan_rerating(programme["assessments"], programme.study, cells=cells, seed=seed)
    assert len(plan.table) == min(cells, plan.rated_once)
    assert plan.table["row_id"].is_unique
    judged = programme["assessments"].dropna(subset="level")
    raters = judged.groupby(["unit", "session", "tool"])["rater"].nunique()
    assert all(raters[tuple(key)] == 1 for key in plan.table[["unit", "session", "tool"]].to_numpy())


def test_inputs_are_unchanged_and_may_be_empty():
    programme, empty = made(), nothing()
    for measure, name in ((indicators, "indicators"), (interventions, "interventions")):
        before = programme[name].copy()
        measure(programme[name], study=programme.study)
        pd.testing.assert_frame_equal(programme[name], before)
        result = measure(empty[name])
        assert result.table.empty
        assert result.sentence("sv")
        assert result.caption("en")
    bare = homework(documents())
    assert bare.table.empty
    assert bare.sentence("en") == "There is no homework in the material."
