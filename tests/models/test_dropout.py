import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError
from evalkit.inference import clopper_pearson
from evalkit.models.dropout import adjust_predictors, completion, dropout_predictor, programme_funnel, retention
from evalkit.study import Completion, Funnel, Text
from tests.models.plain_registers import day, enrolment, register, study

# Three leave after session 2 and two after session 3, all five without the trait: the conditions under which Firth's p
# is .0041 (twelve opportunities used up) are written down in test_survival.
LEFT = [2, 2, 2, 3, 3, None, None, *[None] * 7]
TRAIT = ["nej"] * 7 + ["ja"] * 7
BEFORE = day(1) - dt.timedelta(days=7)


def judged(values, *, on=BEFORE, by="E1", what="mandate"):
    days = [on] * len(values) if isinstance(on, dt.date) else on
    return register(
        "judgements",
        (
            {"unit": f"U{i + 1:02}", "what": what, "judged_on": pd.Timestamp(d), "judged_by": by, "value": v}
            for i, (v, d) in enumerate(zip(values, days, strict=True))
            if v is not None
        ),
    )


def predictor(values=TRAIT, left=LEFT, **how):
    return dropout_predictor(enrolment(left), judged(values, **how), what="mandate", study=study(n_units=len(left)))


def test_perfect_separation_says_what_methods_says() -> None:
    result = predictor()
    assert round(result.test("log_rank")["p"], 3) == 0.021
    assert round(result.test("boschloo")["p"], 4) == 0.0070
    assert result.test("firth")["p"] == pytest.approx(0.0041, abs=5e-5)
    assert result.test("firth")["estimate"] < 1
    assert result.test("firth")["ci_high"] < 1
    assert result.separated
    assert "Separation" in result.sentence("sv")
    assert result.counts[["left", "stayed"]].to_numpy().tolist() == [[0, 7], [5, 2]]


def test_one_counterexample_takes_it_away() -> None:
    result = predictor()
    assert (result.significant, result.flips) == (True, 1)
    by_unit = result.table.set_index("unit")
    alone = predictor(["ja", *TRAIT[1:]]).test("log_rank")["p"]
    assert by_unit.loc["U01", "p_otherwise"] == pytest.approx(alone)
    assert alone > 0.05
    # One leaver that had it and one stayer that lacked it, so that the groups stay seven and seven.
    assert round(predictor(["ja", *["nej"] * 7, *["ja"] * 6]).test("log_rank")["p"], 2) == 0.27
    assert "1 enhet " in result.sentence("sv")


def test_leave_one_out_is_the_test_without_that_unit() -> None:
    by_unit = predictor().table.set_index("unit")
    without = predictor(TRAIT[1:], LEFT[1:])
    assert by_unit.loc["U01", "p_without"] == pytest.approx(without.test("log_rank")["p"])


def test_fragility_works_the_other_way_too() -> None:
    result = predictor(["ja", *["nej"] * 7, *["ja"] * 6])
    assert (result.significant, result.flips) == (False, 1)
    assert result.table.set_index("unit").loc["U01", "p_otherwise"] <= 0.05


def test_judged_after_leaving_there_is_a_truth_table_and_no_test() -> None:
    days = [day(3)] * 3 + [BEFORE] * 11  # the three were last in at session 2
    result = predictor(on=days)
    assert (result.tested, result.n_late, result.flips) == (False, 3, None)
    assert result.counts["left"].sum() == 5
    assert "Inget test" in result.sentence("sv")
    assert "p = " not in result.sentence("sv")
    assert predictor(on=[day(2)] * 3 + [BEFORE] * 11).tested


def test_stayers_judged_in_hindsight_are_too_late_as_well() -> None:
    result = predictor(on=[BEFORE] * 13 + [day(6) + dt.timedelta(days=12)])
    assert (result.tested, result.n_late) == (False, 1)


def test_a_judgement_in_time_counts_before_one_made_afterwards() -> None:
    late = judged(["ja"] * 14, on=day(6) + dt.timedelta(days=30))
    both = pd.concat([judged(TRAIT), late], ignore_index=True)
    result = dropout_predictor(enrolment(LEFT), both, what="mandate", study=study())
    assert result.test("log_rank")["p"] == predictor().test("log_rank")["p"]


def test_where_raters_differ_the_range_is_shown() -> None:
    other = judged(["ja", *[None] * 6, "nej", *[None] * 6], by="E2").assign(source_row=[3, 99])
    both = pd.concat([judged(TRAIT), other], ignore_index=True)
    result = dropout_predictor(enrolment(LEFT), both, what="mandate", study=study())
    row = result.test("log_rank")
    assert result.n_doubted == 2
    assert (round(row["p_low"], 3), round(row["p_high"], 2)) == (0.021, 0.27)
    assert "mellan 0,021 och 0,266" in result.sentence("sv")
    assert result.table["rests_on"].iloc[0] == ("enrolment.csv:2", "judgements.csv:2", "judgements.csv:3")


def test_an_uncertain_session_of_leaving_widens_the_range() -> None:
    left_by = [None if a is None else (6 if a == 2 else a + 1) for a in LEFT]
    values = ["ja", *["nej"] * 7, *["ja"] * 6]
    result = dropout_predictor(enrolment(LEFT, left_by), judged(values), what="mandate", study=study())
    assert result.test("log_rank")["p_low"] < result.test("log_rank")["p_high"]
    assert result.test("boschloo")["p_low"] == result.test("boschloo")["p_high"]


@settings(max_examples=10)
@given(st.lists(st.tuples(st.sampled_from([None, 1, 2, 4]), st.booleans()), min_size=4, max_size=9))
def test_the_order_of_units_and_the_name_of_the_groups_do_not_matter(units) -> None:
    left, values = [u[0] for u in units], ["ja" if u[1] else "nej" for u in units]
    if len(set(values)) < 2 or all(a is None for a in left) or None not in left:
        return
    one = predictor(values, left)
    turned = predictor(values[::-1], left[::-1])
    swapped = predictor(["nej" if v == "ja" else "ja" for v in values], left)
    for other in (turned, swapped):
        assert other.tests["p"].tolist() == pytest.approx(one.tests["p"].tolist(), abs=1e-6)
        assert other.flips == one.flips


@pytest.mark.parametrize(
    ("left", "message"),
    [([None] * 5, "none of 5 units left"), ([1, 2, 2, 3], "all 4 units left"), ([2], "one unit only")],
)
def test_predictor_refuses(left, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        predictor(["ja"] * len(left), left)


def test_values_that_are_neither_yes_nor_no_must_be_declared() -> None:
    values = ["change", "symbol", "curious", *["change"] * 11]
    with pytest.raises(EstimationError, match="3 different values"):
        predictor(values)
    result = dropout_predictor(enrolment(LEFT), judged(values), what="mandate", study=study(), having=["change"])
    assert result.n == 14
    with pytest.raises(EstimationError, match="no enrolled unit has such"):
        dropout_predictor(enrolment(LEFT), judged(TRAIT), what="stance", study=study())


def test_everybody_judged_alike_is_no_comparison() -> None:
    result = predictor(["ja"] * 14)
    assert not result.tested
    assert "samma värde" in result.sentence("sv")


def test_unjudged_units_are_counted_not_guessed() -> None:
    result = predictor([*TRAIT[:-1], None])
    assert (result.n, result.n_missing) == (13, 1)
    assert "1 obedömda" in result.caption("sv")


def test_nine_of_fourteen_completed() -> None:
    result = completion(enrolment(LEFT), study=study())
    row = result.table.iloc[0]
    assert (row["completed"], row["n"]) == (9, 14)
    assert (round(row["ci_low"], 3), round(row["ci_high"], 3)) == (0.351, 0.872)
    assert "9 av 14" in result.sentence("sv")
    assert "Närvaro saknas" in result.sentence("sv")


def test_the_rule_of_completion_is_applied_and_varied() -> None:
    there = register(
        "attendance",
        (
            {"unit": f"U{u:02}", "session": s, "n_present": 0 if (u, s) in {(14, 6), (13, 6), (13, 5)} else 1}
            for u in range(1, 15)
            for s in range(1, 7)
        ),
    )
    rule = Completion(last_session=True, minimum_sessions=5)
    result = completion(enrolment(LEFT), study=study(completion=rule), attendance=there)
    counts = dict(zip(result.table["rule"], result.table["completed"], strict=True))
    expected = {"declared": 7, "not_left": 9, "last_session": 7, "minimum_3": 9, "minimum_5": 8, "minimum_6": 7}
    assert counts == expected
    assert "mellan 7 och 9" in result.sentence("sv")


def test_retention_is_clopper_pearson_without_uncertainty() -> None:
    result = retention(enrolment(LEFT), study=study())
    assert result.table["n_high"].tolist() == [14, 14, 14, 11, 9, 9, 9]
    for row in result.table.to_dict("records"):
        exact = clopper_pearson(row["n_high"], 14)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((exact.ci_low, exact.ci_high))
        assert row["retained_low"] == row["retained_high"]
    assert result.table["rests_on"].iloc[3] == ("enrolment.csv:2", "enrolment.csv:3", "enrolment.csv:4")


def test_both_bounds_of_an_uncertain_leaving_are_kept() -> None:
    result = retention(enrolment([1, None, None], [5, None, None]), study=study(n_units=3))
    assert result.table["n_low"].tolist() == [3, 3, 2, 2, 2, 2, 2]
    assert result.table["n_high"].tolist() == [3, 3, 3, 3, 3, 2, 2]
    assert result.n_uncertain == 1
    assert "båda gränserna" in result.caption("sv")


def test_nobody_everybody_and_one_are_said() -> None:
    assert retention(enrolment([None] * 5), study=study()).sentence("en").startswith("None of 5 units has left")
    everybody = retention(enrolment([1, 2, 2]), study=study())
    assert everybody.sentence("sv").startswith("Alla 3 enheter lämnade")
    assert everybody.table["ci_low"].iloc[-1] == 0
    assert "En enda" in retention(enrolment([None]), study=study()).sentence("sv")
    for function in (retention, completion):
        with pytest.raises(EstimationError, match="no rows"):
            function(enrolment([]), study=study())


def test_the_funnel_puts_declared_and_counted_side_by_side() -> None:
    steps = (
        Funnel(step=Text(sv="informerade", en="informed"), count=10, approximate=True),
        Funnel(step=Text(sv="anmälda", en="enrolled"), count=14),
    )
    from dataclasses import replace

    result = programme_funnel(enrolment(LEFT), study=replace(study(), funnel=steps))
    assert result.table["count"].tolist() == [10, 14, 14, 9]
    assert result.table["origin"].tolist() == ["declared", "declared", "register", "register"]
    assert "större än ett tidigare" in result.sentence("sv")
    with pytest.raises(EstimationError, match="add either"):
        programme_funnel(enrolment([]), study=study())


def several(*values):
    rows = [judged(v, what=f"w{k}").assign(source_row=100 * k + np.arange(14)) for k, v in enumerate(values)]
    said = pd.concat(rows, ignore_index=True)
    return [dropout_predictor(enrolment(LEFT), said, what=f"w{k}", study=study()) for k in range(len(values))]


def test_a_predictor_alone_keeps_its_p() -> None:
    result = adjust_predictors(several(TRAIT))
    row = result.table.iloc[0]
    assert row["p_adjusted"] == pytest.approx(row["p"], abs=0.005)  # the same by 9 999 permutations
    assert row["p"] == pytest.approx(72 / 3432)


def test_trying_more_raises_p_unless_they_say_the_same() -> None:
    noise = ["ja", "nej"] * 7
    other = ["ja", "ja", "nej", "nej", "ja", "nej", "ja", "nej", "ja", "nej", "ja", "ja", "nej", "nej"]
    result = adjust_predictors(several(noise, TRAIT, other))
    table = result.table.set_index("what")
    assert result.table["what"].iloc[0] == "w1"
    assert (table["p_adjusted"] >= table["p"]).all()
    assert (
        1.5 * table.loc["w1", "p"] < table.loc["w1", "p_adjusted"] <= 3.3 * table.loc["w1", "p"]
    )  # at most Bonferroni
    same = adjust_predictors(several(TRAIT, TRAIT)).table
    assert same["p_adjusted"].tolist() == pytest.approx(same["p"].tolist(), abs=0.005)


def test_what_has_no_test_is_named_not_adjusted() -> None:
    late = dropout_predictor(
        enrolment(LEFT), judged(TRAIT, on=day(6) + dt.timedelta(days=9)), what="mandate", study=study()
    )
    result = adjust_predictors([*several(TRAIT), late])
    assert result.untested == ("mandate",)
    assert "Utan test: mandat." in result.sentence("sv")
    with pytest.raises(EstimationError, match="none of them has a test"):
        adjust_predictors([late])


def test_inputs_are_not_changed() -> None:
    enrolled, said = enrolment(LEFT), judged(TRAIT)
    before = enrolled.copy(), said.copy()
    dropout_predictor(enrolled, said, what="mandate", study=study())
    retention(enrolled, study=study())
    pd.testing.assert_frame_equal(enrolled, before[0])
    pd.testing.assert_frame_equal(said, before[1])


@pytest.mark.slow
def test_firth_keeps_its_level_where_nothing_predicts() -> None:
    # METHODS: .038 in 797 null simulations.
    rng, rounds, rejected, exact, tried = np.random.default_rng(31), 300, 0, 0, 0
    for _ in range(rounds):
        gone = rng.geometric(0.08, 14)
        left = [int(k) if k <= 5 else None for k in gone]
        if all(k is None for k in left) or None not in left:
            continue
        values = rng.permutation(TRAIT).tolist()
        result = predictor(values, left)
        tried += 1
        rejected += result.test("firth")["p"] <= 0.05
        exact += result.significant
    margin = 2.58 * np.sqrt(0.05 * 0.95 / tried)
    assert tried > 250
    assert rejected / tried <= 0.05 + margin
    assert exact / tried <= 0.05 + margin
