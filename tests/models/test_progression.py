import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError, TableError
from evalkit.inference import clopper_pearson
from evalkit.models.measured import measured
from evalkit.models.progression import (
    competence_incidence,
    fit_contrasts,
    fit_ordinal_mixed,
    fit_tool_difficulty,
    learning_paths,
    path_trends,
)
from tests.models.plain_registers import assessments, enrolment, register, study
from tests.models.test_ordinal import wine as wine_numbers

NAN = math.nan

# Five units, six sessions, two tools. U04 left after session 3, U05 was never assessed.
LEVELS = np.array(
    [
        [[0, 0], [0, 1], [1, 1], [2, 2], [3, 3], [3, 4]],
        [[1, 0], [1, 1], [1, 2], [NAN, NAN], [2, 2], [2, 3]],
        [[0, 0], [1, 0], [1, 1], [1, 2], [2, 2], [3, 2]],
        [[1, 1], [2, 2], [3, 3], [NAN, NAN], [NAN, NAN], [NAN, NAN]],
        [[NAN, NAN]] * 6,
    ]
)
LEFT = [None, None, None, 3, None]


def paths(levels=LEVELS, left=LEFT, **how):
    return learning_paths(assessments(levels), enrolment(left), study=study(n_units=len(left), **how))


def test_a_path_is_the_mean_over_tools_introduced_by_then() -> None:
    result = paths(introduced={"t1": 1, "t2": 3})
    first = result.table[result.table["unit"] == "U01"]
    assert first["level"].tolist() == [0, 0, 1, 2, 3, 3.5]
    assert first["n_tools"].tolist() == [1, 1, 2, 2, 2, 2]
    assert first["rests_on"].iloc[1] == ("assessments.csv:4",)
    assert [tool.sv for tool in result.later_tools] == ["t2"]
    assert "t2" in result.sentence("sv")


def test_raters_are_averaged_and_cannot_judge_is_left_out() -> None:
    rows = [("A", 1, 2), ("B", 1, 3), ("A", 2, 3), ("B", 2, None)]
    table = register(
        "assessments", ({"unit": "U01", "session": s, "tool": "t1", "rater": r, "level": v} for r, s, v in rows)
    )
    result = learning_paths(table, enrolment([None]), study=study(n_units=1))
    assert result.table["level"].tolist()[:2] == [2.5, 3]
    assert (result.n_raters, result.n_assessments) == (2, 3)


def test_contrasts_by_hand() -> None:
    units = paths().units.set_index("unit")
    assert units.loc["U01", "slope"] == pytest.approx(np.polyfit(range(1, 7), [0, 0.5, 1, 2, 3, 3.5], 1)[0])
    assert units.loc["U02", "slope"] == pytest.approx(np.polyfit([1, 2, 3, 5, 6], [0.5, 1, 1.5, 2, 2.5], 1)[0])
    assert units.loc["U01", "half_difference"] == pytest.approx((2 + 3 + 3.5) / 3 - 0.5)
    assert units["half_difference"].isna().tolist() == [False, False, False, True, True]
    assert units.loc["U05", "n_sessions"] == 0


def test_the_middle_session_of_an_odd_number_belongs_to_no_half() -> None:
    levels = np.array([[[0], [1], [4], [1], [2]]])
    result = learning_paths(
        assessments(levels), enrolment([None]), study=study(n_units=1, n_sessions=5, introduced={"t1": 1})
    )
    assert result.units["half_difference"].iloc[0] == pytest.approx(1.5 - 0.5)


def test_all_enrolled_and_those_who_completed_both_stand() -> None:
    result = fit_contrasts(paths())
    everybody, completed = result.group("slope", "enrolled"), result.group("slope", "completed")
    assert (everybody["n"], completed["n"]) == (4, 3)  # U05 has no slope
    assert everybody["estimate"] > completed["estimate"]  # the leaver rose fastest
    for lang, words in (("sv", ("Alla anmälda", "De som fullföljde")), ("en", ("All enrolled", "Those who completed"))):
        assert all(word in result.sentence(lang) for word in words)
    assert measured("contrasts under shared shocks", "sv") in result.sentence("sv")


def test_the_interval_is_the_t_interval_and_beside_it_the_exact_sign_flip() -> None:
    result = fit_contrasts(paths())
    row = result.group("slope", "enrolled")
    slopes = paths().units["slope"].dropna().to_numpy()
    arm = 3.182446305284263 * slopes.std(ddof=1) / 2  # t quantile .975 on 3 df, table
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((slopes.mean() - arm, slopes.mean() + arm))
    assert row["p_sign_flip"] == pytest.approx(2 / 16)  # all four positive: one sign vector in 2^4 on either side
    assert result.level == 0.95


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=2, max_size=6))
def test_the_group_mean_is_the_mean_of_the_units_own_slopes(levels: list[list[int]]) -> None:
    array = np.array(levels, dtype=float)[:, :, None]
    result = fit_contrasts(
        learning_paths(
            assessments(array),
            enrolment([None] * len(levels)),
            study=study(n_units=len(levels), n_sessions=4, introduced={"t1": 1}),
        )
    )
    expected = np.mean([np.polyfit(range(4), row, 1)[0] for row in levels])
    assert result.group("slope", "enrolled")["estimate"] == pytest.approx(expected, abs=1e-12)


def test_without_an_enrolment_register_it_says_so() -> None:
    result = learning_paths(assessments(LEVELS), enrolment([]), study=study(n_units=5))
    assert not result.leaving_known
    assert "inget anmälningsregister" in result.sentence("sv")


@pytest.mark.parametrize(
    ("levels", "left", "message"),
    [
        (LEVELS[:, :1], LEFT, "one session only"),
        (LEVELS[:1], [None], "two sessions or more: 1; at least 2"),
        (np.full((2, 6, 2), NAN), [None, None], "has been assessed"),
    ],
)
def test_refusals(levels, left, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        fit_contrasts(paths(levels, left))


def test_a_level_off_the_scale_or_an_undeclared_tool_is_named() -> None:
    with pytest.raises(TableError, match=r"level 7 in row 2 \(unit='U01', session=1, tool='t1'\); levels are 0–4"):
        paths(np.where(LEVELS == 0, 7, LEVELS))
    with pytest.raises(TableError, match=r"tool='t2'\); the tool is not declared"):
        paths(introduced={"t1": 1})


def test_inputs_are_not_changed() -> None:
    table, enrolled = assessments(LEVELS), enrolment(LEFT)
    before = table.copy(), enrolled.copy()
    fit_contrasts(learning_paths(table, enrolled, study=study(n_units=5)))
    fit_tool_difficulty(table, enrolled, study=study(n_units=5))
    competence_incidence(table, enrolled, study=study(n_units=5))
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(enrolled, before[1])


def wine() -> pd.DataFrame:
    """Randall's nine judges × eight bottles, in the words of R's data."""
    rating, terms, judge = wine_numbers()
    return pd.DataFrame(
        {
            "rating": rating,
            "temp": terms["warm"].map({0: "cold", 1: "warm"}),
            "contact": terms["contact"].map({0: "no", 1: "yes"}),
            "judge": judge,
        }
    )


def test_the_mixed_model_equals_clmm_on_wine() -> None:
    # R: clmm(rating ~ temp + contact + (1 | judge), wine, nAGQ = 10), package ordinal (tests/oracles/ordinal.txt)
    result = fit_ordinal_mixed(wine(), outcome="rating", fixed=["temp", "contact"], unit="judge", nodes=10)
    assert result.coefficients["term"].tolist() == ["temp[warm]", "contact[yes]"]
    assert result.coefficients["estimate"].tolist() == pytest.approx([3.06189, 1.83343], abs=5e-5)
    assert result.coefficients["se"].tolist() == pytest.approx([0.59508, 0.51217], abs=5e-5)
    assert result.thresholds["estimate"].tolist() == pytest.approx([-1.6235, 1.5128, 4.2271, 6.0862], abs=1e-4)
    assert result.loglik == pytest.approx(-81.53246, abs=5e-5)
    assert result.effects["effect"].iloc[:3].tolist() == pytest.approx([1.69846, -0.56657, 0.97052], abs=5e-5)
    assert (result.coefficients["ci_low"] < result.coefficients["estimate"]).all()
    with pytest.raises(TableError, match="no column 'nonsense'"):
        fit_ordinal_mixed(wine(), outcome="rating", fixed=["nonsense"], unit="judge")


def test_profile_intervals_equal_clmm_with_offset() -> None:
    # R: tests/oracles/ordinal.R, the limits where the log likelihood has fallen by qchisq(.95, 1) / 2
    result = fit_ordinal_mixed(wine(), outcome="rating", fixed=["temp", "contact"], unit="judge", profile=True)
    assert result.coefficients["interval"].tolist() == ["profile", "profile"]
    assert result.coefficients["ci_low"].tolist() == pytest.approx([1.95725, 0.86273], abs=5e-5)
    assert result.coefficients["ci_high"].tolist() == pytest.approx([4.30649, 2.88182], abs=5e-5)


def test_the_units_own_slopes_have_the_intervals_of_a_line_per_unit_with_one_variance() -> None:
    import statsmodels.api as sm

    units = paths().units.set_index("unit")
    seen = paths().table.dropna(subset="level")
    names = sorted(seen["unit"].unique())
    indicator = np.array([[unit == name for name in names] for unit in seen["unit"]], dtype=float)
    design = np.hstack([indicator, indicator * seen["session"].to_numpy(dtype=float)[:, None]])
    limits = sm.OLS(seen["level"].to_numpy(), design).fit().conf_int()[len(names) :]
    assert units.loc[names, ["slope_low", "slope_high"]].to_numpy() == pytest.approx(limits)
    assert units.loc["U05", ["slope", "slope_low"]].isna().all()
    contrasts = fit_contrasts(paths())
    rows = contrasts.table[(contrasts.table["who"] == "unit") & (contrasts.table["contrast"] == "slope")]
    assert rows["ci_low"].tolist() == units.loc[names, "slope_low"].tolist()
    assert "Hos 4 av 4 enheter ligger hela det egna intervallet över noll" in contrasts.sentence("sv")


def test_without_three_sessions_no_slope_has_an_interval() -> None:
    result = fit_contrasts(paths(LEVELS[:, :2], LEFT))
    assert result.table["ci_low"].notna().sum() == 2  # the slopes of both groups
    assert "kräver tre bedömda tillfällen" in result.sentence("sv")


def test_intervals_of_unit_level_covariates_are_said_to_be_widened() -> None:
    table = pd.DataFrame({"unit": list("aabbccdd"), "big": [0, 0, 1, 1, 0, 0, 1, 1], "level": [0, 1, 1, 2, 0, 2, 2, 1]})
    result = fit_ordinal_mixed(table, outcome="level", fixed=["big"], unit="unit")
    assert result.unit_terms == ("big",)
    said = "big skiljer sig bara mellan enheter: de intervallen är vidgade efter enheternas antal, 4."
    assert said in result.sentence("sv")
    assert "widened for the number of units, 4." in result.sentence("en")
    assert result.table["interval"].tolist() == ["Wald, t on 2 df"]


def drawn(rng: np.random.Generator, difficulty: list[float], *, n: int = 14, sessions: int = 6) -> np.ndarray:
    """Draw answers from the model itself: thresholds 0, 1.5, 3, 4.5 and half a logit per session."""
    eta = rng.normal(0, 0.8, n)[:, None, None] + 0.5 * np.arange(sessions)[None, :, None] - np.array(difficulty)
    latent = eta + rng.logistic(size=(n, sessions, len(difficulty)))
    return np.searchsorted([0, 1.5, 3, 4.5], latent).astype(float)


def test_the_hardest_tool_stands_first() -> None:
    levels = drawn(np.random.default_rng(4), [-1.5, 0, 1.5])
    result = fit_tool_difficulty(
        assessments(levels), enrolment([None] * 14), study=study(introduced={"t1": 1, "t2": 1, "t3": 1})
    )
    assert result.table["tool"].tolist() == ["t3", "t2", "t1"]
    assert result.table["difficulty"].sum() == pytest.approx(0, abs=1e-6)
    assert result.table["ci_low"].iloc[0] > 0 > result.table["ci_high"].iloc[-1]
    assert "t3" in result.sentence("en")


def test_a_second_rater_is_no_further_answer() -> None:
    levels = drawn(np.random.default_rng(4), [-1, 1])
    table = assessments(levels)
    twice = pd.concat([table, table.head(20).assign(rater="B", level=0)], ignore_index=True)
    how = {"study": study(introduced={"t1": 1, "t2": 1})}
    one, two = (fit_tool_difficulty(t, enrolment([None] * 14), **how) for t in (table, twice))
    assert two.table["difficulty"].tolist() == one.table["difficulty"].tolist()
    assert (two.n, two.n_all) == (len(table), len(twice))


def test_tool_difficulty_needs_an_assessment() -> None:
    with pytest.raises(EstimationError, match="add assessments"):
        fit_tool_difficulty(assessments(np.full((2, 6, 2), NAN)), enrolment([None] * 2), study=study(n_units=2))


@pytest.mark.parametrize(("units", "tools"), [(1, 2), (3, 1)])
def test_tool_difficulty_needs_two_tools_and_two_units(units: int, tools: int) -> None:
    with pytest.raises(EstimationError, match="at least 2 of both"):
        fit_tool_difficulty(
            assessments(LEVELS[:units, :, :tools]), enrolment([None] * units), study=study(n_units=units)
        )


def test_a_tool_nobody_was_rated_on_is_named() -> None:
    levels = drawn(np.random.default_rng(4), [-1, 1])
    result = fit_tool_difficulty(
        assessments(levels), enrolment([None] * 14), study=study(introduced={"t1": 1, "t2": 1, "t3": 2})
    )
    assert result.unrated == ("t3",)
    assert "t3: ingen är bedömd" in result.sentence("sv")


def test_one_session_compares_tools_taught_at_once_and_refuses_others() -> None:
    levels = drawn(np.random.default_rng(4), [-1, 1])[:, :1]
    alike = study(n_sessions=1, introduced={"t1": 1, "t2": 1})
    result = fit_tool_difficulty(assessments(levels), enrolment([None] * 14), study=alike)
    assert math.isnan(result.time)
    assert result.table["tool"].tolist() == ["t2", "t1"]
    later = assessments(levels, sessions=[2])
    with pytest.raises(EstimationError, match="tool and time cannot be told apart"):
        fit_tool_difficulty(later, enrolment([None] * 14), study=study(introduced={"t1": 1, "t2": 2}))


def test_difficulty_stands_for_those_who_completed_too() -> None:
    levels = drawn(np.random.default_rng(4), [-1.5, 0, 1.5])
    left = [3] * 4 + [None] * 10
    levels[:4, 3:] = NAN
    how = {"study": study(introduced={"t1": 1, "t2": 1, "t3": 1})}
    result = fit_tool_difficulty(assessments(levels), enrolment(left), **how)
    ten = study(n_units=10, introduced={"t1": 1, "t2": 1, "t3": 1})
    alone = fit_tool_difficulty(assessments(levels[4:]), enrolment([None] * 10), study=ten)
    expected = alone.table.set_index("tool")["difficulty"]
    found = result.table.set_index("tool")["difficulty_completed"]
    assert found.to_dict() == pytest.approx(expected.to_dict(), abs=1e-6)
    assert "Svårast är t3, både för alla anmälda och för de 10 enheter som fullföljde." in result.sentence("sv")
    few = fit_tool_difficulty(assessments(levels), enrolment([1] * 13 + [None]), **how)
    assert few.table["difficulty_completed"].isna().all()
    assert "går modellen inte att skatta för sig" in few.sentence("sv")


@pytest.mark.parametrize(("n_units", "n_sessions"), [(3, 12), (200, 4)])
def test_any_number_of_units_and_sessions(n_units: int, n_sessions: int) -> None:
    levels = drawn(np.random.default_rng(8), [-1, 0, 1], n=n_units, sessions=n_sessions)
    left = [None if k % 3 else n_sessions // 2 for k in range(n_units)]
    levels[[after is not None for after in left], n_sessions // 2 :] = NAN
    declared = study(n_units=n_units, n_sessions=n_sessions, introduced={"t1": 1, "t2": 1, "t3": 2})
    table, enrolled = assessments(levels), enrolment(left)
    found = learning_paths(table, enrolled, study=declared)
    contrasts, trends = fit_contrasts(found), path_trends(found)
    assert len(found.table) == n_units * n_sessions
    assert contrasts.group("slope", "completed")["n"] == sum(after is None for after in left)
    assert trends.n_page == sum(after is None for after in left)
    assert fit_tool_difficulty(table, enrolled, study=declared).table["tool"].tolist() == ["t3", "t2", "t1"]
    assert competence_incidence(table, enrolled, study=declared).n == n_units


def test_competence_is_kept_and_leaving_competes() -> None:
    levels = np.array(
        [
            [[1], [3], [2], [3], [3], [4]],  # fell back after session 2, kept from session 4
            [[1], [2], [2], [2], [2], [3]],  # only at its last assessment
            [[3], [3], [NAN], [NAN], [NAN], [NAN]],  # kept from session 1, left after 2: the event came first
            [[0], [1], [NAN], [NAN], [NAN], [NAN]],  # left after 2 without it
            [[1], [1], [1], [1], [1], [1]],
        ]
    )
    result = competence_incidence(
        assessments(levels),
        enrolment([None, None, 2, 2, None]),
        study=study(n_units=5, introduced={"t1": 1}),
        tool="t1",
    )
    table = result.table.set_index("session")
    assert table["incidence"].tolist() == pytest.approx([0, 0.2, 0.2, 0.2, 0.4, 0.4, 0.6])
    assert table["left"].tolist() == pytest.approx([0, 0, 0, 0.2, 0.2, 0.2, 0.2])
    exact = clopper_pearson(3, 5)
    assert (table["ci_low"][6], table["ci_high"][6]) == pytest.approx((exact.ci_low, exact.ci_high))
    assert (result.n, result.n_reached, result.n_left, result.n_unconfirmed) == (5, 3, 1, 1)
    assert "3 av 5" in result.sentence("sv")
    assert table["rests_on"][1] == ("assessments.csv:14", "assessments.csv:15")


def test_half_of_the_tools_is_enough_when_no_tool_is_named() -> None:
    levels = np.array([[[3, 0, 0], [3, 3, 0]], [[0, 0, 0], [3, 0, 0]]])
    result = competence_incidence(
        assessments(levels),
        enrolment([None, None]),
        study=study(n_units=2, n_sessions=2, introduced={"t1": 1, "t2": 1, "t3": 1}),
    )
    assert result.units["reached"].tolist() == pytest.approx([2, NAN], nan_ok=True)


def test_nobody_competent_is_said_with_an_upper_limit() -> None:
    result = competence_incidence(assessments(np.ones((3, 6, 2))), enrolment([None] * 3), study=study(n_units=3))
    assert result.sentence("en").startswith("None of 3 units")
    with pytest.raises(EstimationError, match="not a step of the scale"):
        competence_incidence(assessments(np.ones((3, 6, 2))), enrolment([None] * 3), study=study(), threshold=9)


@pytest.mark.slow
def test_contrasts_recover_the_mean_slope_and_cover_it() -> None:
    # Random intercepts and slopes, a unit's own days, rounding to the rubric; true mean slope .4 steps per session.
    rng, rounds, n = np.random.default_rng(21), 200, 9
    estimates, covered = [], 0
    for _ in range(rounds):
        slope = 0.4 + rng.normal(0, 0.1, n)[:, None, None]
        latent = 0.9 + rng.normal(0, 0.3, n)[:, None, None] + slope * np.arange(6)[None, :, None]
        latent = latent + rng.normal(0, 0.2, (n, 6, 1)) + rng.normal(0, 0.35, (n, 6, 2))
        row = fit_contrasts(paths(np.clip(np.round(latent), 0, 4), [None] * n)).group("slope", "enrolled")
        estimates.append(row["estimate"])
        covered += row["ci_low"] <= 0.4 <= row["ci_high"]
    assert abs(np.mean(estimates) - 0.4) < 0.01 + 2.58 * np.std(estimates) / math.sqrt(rounds)  # .01: the scale's ends
    assert covered / rounds >= 0.95 - 2.58 * math.sqrt(0.05 * 0.95 / rounds)  # METHODS: .94–.96


GROWTH = {
    "linear": lambda x: x,
    "plateau": lambda x: 1 - np.exp(-3 * x),
    "late": lambda x: x**3,
    "none": lambda x: 0 * x,
}


@pytest.mark.slow
@pytest.mark.parametrize("growth", GROWTH)
def test_a_units_own_slope_is_covered_in_every_form_of_growth(growth: str) -> None:
    # True: the least-squares slope of the unit's own expected levels at the sessions it was seen in.
    rng, rounds, n, sessions = np.random.default_rng(23), 60, 14, np.arange(6)
    path = 2 * GROWTH[growth](sessions / 5)
    covered = []
    for _ in range(rounds):
        expected = 1 + rng.normal(0, 0.25, n)[:, None] + (1 + rng.normal(0, 0.2, n))[:, None] * path[None, :]
        noisy = expected + rng.normal(0, 0.2, (n, 6))
        levels = np.round(np.repeat(noisy[:, :, None], 4, axis=2) + rng.normal(0, 0.4, (n, 6, 4))).clip(0, 4)
        levels[rng.random((n, 6)) < 0.15] = NAN
        units = paths(levels, [None] * n, introduced=dict.fromkeys(("t1", "t2", "t3", "t4"), 1)).units
        for k, unit in enumerate(units.to_dict("records")):
            seen = ~np.isnan(levels[k, :, 0])
            if seen.sum() > 1:
                slope = np.polyfit(sessions[seen], expected[k, seen], 1)[0]
                covered.append(unit["slope_low"] <= slope <= unit["slope_high"])
    # The scale's ends and the scatter about a bent path make it wider, not narrower.
    assert np.mean(covered) >= 0.93


@pytest.mark.slow
def test_tool_difficulty_recovers_the_truth_and_covers_it() -> None:
    rng, rounds, truth = np.random.default_rng(22), 200, np.array([-1.0, 0.0, 1.0])
    estimates, covered = [], np.zeros(3)
    how = study(introduced={"t1": 1, "t2": 1, "t3": 1})
    for _ in range(rounds):
        table = fit_tool_difficulty(
            assessments(drawn(rng, list(truth))), enrolment([None] * 14), study=how
        ).table.sort_values("tool")
        estimates.append(table["difficulty"].to_numpy())
        covered += (table["ci_low"].to_numpy() <= truth) & (truth <= table["ci_high"].to_numpy())
    error = np.std(estimates, axis=0) / math.sqrt(rounds)
    assert (np.abs(np.mean(estimates, axis=0) - truth) < 0.02 + 2.58 * error).all()  # .02: maximum likelihood at n = 14
    assert (covered / rounds >= 0.95 - 2.58 * math.sqrt(0.05 * 0.95 / rounds)).all()


@settings(max_examples=30)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4), min_size=2, max_size=6),
    st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=6, max_size=6),
)
def test_the_share_with_competence_never_falls_and_leaves_room_for_those_who_left(
    levels: list[list[int]], left: list[int | None]
) -> None:
    array, gone = np.array(levels, dtype=float)[:, :, None], left[: len(levels)]
    for row, after in enumerate(gone):
        if after is not None:
            array[row, after:] = np.nan
    declared = study(n_units=len(levels), n_sessions=4, introduced={"t1": 1})
    result = competence_incidence(assessments(array), enrolment(gone), study=declared)
    table = result.table
    assert table["incidence"].is_monotonic_increasing
    assert table["left"].is_monotonic_increasing
    assert (table["incidence"] + table["left"] <= 1 + 1e-9).all()
    assert (table["ci_low"] <= table["incidence"] + 1e-9).all()
    assert (table["incidence"] <= table["ci_high"] + 1e-9).all()
    assert table["events"].sum() == result.n_reached
    assert table["incidence"].iloc[-1] == pytest.approx(result.n_reached / len(levels))
