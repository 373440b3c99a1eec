import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.errors import EstimationError
from evalkit.inference import clopper_pearson
from evalkit.models.survival import (
    cumulative_incidence,
    kaplan_meier,
    leaving_times,
    log_rank,
    log_rank_permutation,
    log_rank_statistics,
    retention_bounds,
)

# Remission in weeks of 42 children with leukaemia: 6-mercaptopurine against placebo. Freireich et al. (1963), Blood 21,
# 699–716; printed in Cox & Oakes (1984), Analysis of Survival Data, table 1.1.
MP_TIME = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP_LEFT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

# Acute myelogenous leukaemia, maintained and not (Miller 1997, Survival Analysis, p. 49; R survival::aml).
AML_TIME = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161, 5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
AML_LEFT = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]

# Fourteen units, six sessions. The seven with the trait all stay; of the seven without, three left after session 2 and
# two after session 3. The exact p and Boschloo's only need that all five leavers lack the trait. Firth's also needs the
# opportunities to leave (after sessions 1 to 5) that the leavers used up: 2 + 2 + 2 + 3 + 3 = 12. Every pattern with
# that sum, such as 1 + 2 + 3 + 3 + 3, gives .0041; others give .0008 to .0219.
LEAVE_TIME = [3, 3, 3, 4, 4] + [6] * 9
LEFT = [True] * 5 + [False] * 9
TRAIT = [False] * 7 + [True] * 7

SPELLS = st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=16)


def values(table, column: str, times: list[int]) -> list[float]:
    return table.set_index("time").loc[times, column].tolist()


def test_kaplan_meier_equals_r_on_leukaemia() -> None:
    # R: summary(survfit(Surv(mp, me) ~ 1), times = c(6, 7, 10, 23))$surv (tests/oracles/survival.R)
    curve = kaplan_meier(MP_TIME, MP_LEFT)
    expected = [0.8571428571, 0.8067226891, 0.7529411765, 0.4481792717]
    assert values(curve.table, "survival", [6, 7, 10, 23]) == pytest.approx(expected, abs=1e-9)
    assert (curve.median, kaplan_meier(PLACEBO, [1] * 21).median) == (23, 8)
    assert (curve.n, curve.n_left) == (21, 9)
    assert curve.table.loc[curve.table["time"] == 10, ["at_risk", "left", "censored"]].values.tolist() == [[15, 1, 1]]


def test_log_rank_equals_r() -> None:
    # R: survdiff(...)$chisq: 16.79294099 and 3.396388699
    result = log_rank(MP_TIME + PLACEBO, MP_LEFT + [1] * 21, [True] * 21 + [False] * 21)
    assert result.statistic == pytest.approx(16.79294099, abs=1e-7)
    assert result.p_value == pytest.approx(stats.chi2.sf(16.79294099, 1), rel=1e-6)
    assert (result.observed, result.expected) == (9, pytest.approx(19.2505, abs=1e-4))
    aml = log_rank(AML_TIME, AML_LEFT, [True] * 11 + [False] * 12)
    assert aml.statistic == pytest.approx(3.396388699, abs=1e-8)


def test_medians_equal_r_on_aml() -> None:
    # R: summary(survfit(Surv(time, status) ~ x, data = aml))$table[, "median"]
    assert kaplan_meier(AML_TIME[:11], AML_LEFT[:11]).median == 31
    assert kaplan_meier(AML_TIME[11:], AML_LEFT[11:]).median == 23


def test_beta_product_limits_equal_bpcp() -> None:
    # R: bpcp 1.4.2, method of moments, censoring half a step after the time (tests/oracles/survival.R)
    expected = {
        1: (0.83890238478, 1.0),
        6: (0.63657601298, 0.9695110324),
        7: (0.57230435064, 0.9448213549),
        9: (0.57230435064, 0.9448213549),
        10: (0.50688350785, 0.9150308339),
        16: (0.36436286508, 0.8384169336),
        22: (0.24813979096, 0.7864651649),
        23: (0.17619681090, 0.7260637383),
        32: (0.15704474991, 0.7260637383),
        35: (0.02337605833, 0.7260637383),
    }
    table = kaplan_meier(MP_TIME, MP_LEFT, grid=list(expected)).table
    assert table["ci_low"].tolist() == pytest.approx([low for low, _ in expected.values()], abs=1e-8)
    assert table["ci_high"].tolist() == pytest.approx([high for _, high in expected.values()], abs=1e-8)


def test_beta_product_limits_equal_bpcp_with_ties_in_sessions() -> None:
    time_, left = [1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6], [1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0]
    table = kaplan_meier(time_, left, grid=range(1, 7)).table
    low = [0.61520383485, 0.42814153812, 0.32487862308, 0.21604309942, 0.19142100746, 0.05563088244]
    high = [0.9978924068, 0.9451393555, 0.8982264434, 0.8373920713, 0.8373920713, 0.7492685634]
    assert table["ci_low"].tolist() == pytest.approx(low, abs=1e-8)
    assert table["ci_high"].tolist() == pytest.approx(high, abs=1e-8)


def test_method_of_moments_is_close_to_the_exact_product() -> None:
    # The product is exp(−sum of exponentials with different rates): its distribution is a polynomial with rational
    # coefficients. Here both limits of the 6-MP arm at week 23 are put back into it.
    at_risk = [21, 20, 19, 17, 15, 12, 11, 7, 6]
    row = kaplan_meier(MP_TIME, MP_LEFT, grid=[23]).table.iloc[0]

    def below(w: float, rates: list[int]) -> float:
        total = Fraction(0)
        for i in rates:
            others = math.prod((Fraction(j, j - i) for j in rates if j != i), start=Fraction(1))
            total += others * Fraction(w) ** i
        return float(total)

    assert below(row["ci_low"], [*at_risk, 5]) == pytest.approx(0.025, abs=0.004)
    assert 1 - below(row["ci_high"], at_risk) == pytest.approx(0.025, abs=0.004)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=20), st.sampled_from([0.8, 0.95]))
def test_without_censoring_before_the_end_the_limits_are_clopper_pearson(times: list[int], level: float) -> None:
    left = [t <= 6 for t in times]
    table = kaplan_meier(np.minimum(times, 6), left, grid=range(7), level=level).table
    for session, low, high in table[["time", "ci_low", "ci_high"]].itertuples(index=False):
        stayed = sum(t > session for t in times)
        exact = clopper_pearson(stayed, len(times), level=level)
        assert (low, high) == pytest.approx((exact.ci_low, exact.ci_high), abs=1e-9)


def test_completion_of_nine_in_fourteen() -> None:
    last = kaplan_meier(LEAVE_TIME, LEFT, grid=range(7)).table.iloc[-1]
    assert (round(last["ci_low"], 3), round(last["ci_high"], 3)) == (0.351, 0.872)


@given(SPELLS)
def test_curves_fall_inside_their_limits(spells: list[tuple[int, bool]]) -> None:
    table = kaplan_meier([t for t, _ in spells], [e for _, e in spells]).table
    assert (table[["survival", "ci_low", "ci_high"]].diff().iloc[1:] <= 1e-12).all(axis=None)
    assert (table["ci_low"] <= table["survival"] + 1e-12).all()
    assert (table["survival"] <= table["ci_high"] + 1e-12).all()


@given(SPELLS)
def test_kaplan_meier_equals_statsmodels(spells: list[tuple[int, bool]]) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    times, left = np.array([t for t, _ in spells]), np.array([e for _, e in spells], dtype=int)
    peer = SurvfuncRight(times, left) if left.any() else None
    if peer is not None:
        ours = kaplan_meier(times, left, grid=peer.surv_times).table["survival"]
        assert ours.tolist() == pytest.approx(list(peer.surv_prob))


def test_perfect_separation_has_the_exact_p_of_methods() -> None:
    result = log_rank_permutation(LEAVE_TIME, LEFT, TRAIT)
    # All five in one group or all five in the other: 2 · C(9, 2) of 3 432 labellings.
    assert result.p_value == pytest.approx(2 * math.comb(9, 2) / 3432)
    assert round(result.p_value, 3) == 0.021
    assert (result.n_arrangements, result.exact) == (3432, True)


def test_one_counterexample_takes_the_finding_away() -> None:
    swapped = [True] + [False] * 7 + [True] * 6  # one of the first to leave had the trait after all
    assert round(log_rank_permutation(LEAVE_TIME, LEFT, swapped).p_value, 2) == 0.27


def test_boschloo_and_firth_say_what_methods_says_of_the_same_units() -> None:
    from firthmodels import FirthLogisticRegression

    trait = np.array(TRAIT)
    left = np.array(LEFT)
    counts = [[int((left & g).sum()) for g in (~trait, trait)], [int((~left & g).sum()) for g in (~trait, trait)]]
    assert counts == [[5, 0], [2, 7]]
    assert round(stats.boschloo_exact(counts).pvalue, 4) == 0.0070
    # One row per unit and opportunity: after sessions 1 to 5, as long as it is in.
    spells = [(g, t - 1, gone) for g, t, gone in zip(TRAIT, LEAVE_TIME, LEFT, strict=True)]
    rows = [(float(g), gone and k == last) for g, last, gone in spells for k in range(1, last + 1)]
    assert len(rows) == sum(t - 1 for t in LEAVE_TIME)
    model = FirthLogisticRegression(backend="numpy").fit(
        np.array([[g] for g, _ in rows]), np.array([e for _, e in rows], dtype=int)
    )
    model.lrt()
    assert model.lrt_pvalues_[0] == pytest.approx(0.0041, abs=5e-5)


@given(SPELLS.filter(lambda spells: any(e for _, e in spells)), st.integers(0, 2**16 - 1))
def test_many_log_ranks_at_once_equal_one_at_a_time(spells: list[tuple[int, bool]], bits: int) -> None:
    times, left = [t for t, _ in spells], [e for _, e in spells]
    group = np.array([bits >> k & 1 for k in range(len(times))], dtype=bool)
    many = log_rank_statistics(times, left, np.vstack([group, ~group]))
    assert many[0] == pytest.approx(many[1])
    if group.any() and not group.all():
        assert log_rank(times, left, group).statistic == pytest.approx(many[0])


def test_the_permutation_agrees_with_a_plain_loop() -> None:
    times, left = [1, 2, 2, 4, 5, 5, 6, 6], [1, 1, 0, 1, 1, 0, 0, 1]
    group = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=bool)
    seen = log_rank(times, left, group).statistic
    loop = [
        log_rank(times, left, np.isin(np.arange(8), chosen)).statistic >= seen - 1e-9
        for chosen in itertools.combinations(range(8), 4)
    ]
    assert log_rank_permutation(times, left, group).p_value == pytest.approx(np.mean(loop))


def test_leaving_known_only_as_an_interval_gives_bounds() -> None:
    nan = math.nan
    # Stayed; left right after session 1; between 2 and 5; some time after 3; by session 2; after the last one.
    after, by = [nan, 1, 2, 3, nan, 6], [nan, 1, 5, nan, 2, nan]
    early, gone_early = leaving_times(after, by, n_sessions=6, bound="earliest")
    late, gone_late = leaving_times(after, by, n_sessions=6, bound="latest")
    assert early.tolist() == [6, 2, 3, 4, 1, 6]
    assert late.tolist() == [6, 2, 5, 6, 2, 6]
    assert gone_early.tolist() == gone_late.tolist() == [False, True, True, True, True, False]
    bounds = retention_bounds(after, by, n_sessions=6)
    assert bounds.table["retained_low"].tolist() == pytest.approx([1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 2 / 6, 2 / 6])
    assert bounds.table["retained_high"].tolist() == pytest.approx([1, 1, 4 / 6, 4 / 6, 4 / 6, 3 / 6, 2 / 6])
    assert (bounds.n, bounds.n_left, bounds.n_uncertain) == (6, 4, 3)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)) | st.none(), min_size=1, max_size=14))
def test_the_true_curve_lies_between_the_bounds(intervals: list[tuple[int, int] | None]) -> None:
    after = [math.nan if i is None else min(i) for i in intervals]
    by = [math.nan if i is None else max(i) for i in intervals]
    table = retention_bounds(after, by, n_sessions=6).table
    assert (table["ci_low"] <= table["retained_low"] + 1e-12).all()
    assert (table["retained_low"] <= table["retained_high"] + 1e-12).all()
    assert (table["retained_high"] <= table["ci_high"] + 1e-12).all()


def test_nullable_registers_are_read_as_they_are() -> None:
    import pandas as pd

    after = pd.Series([pd.NA, 3], dtype="Int64")
    times, left = leaving_times(after, pd.Series([pd.NA, 4], dtype="Int64"), n_sessions=6)
    assert (times.tolist(), left.tolist()) == ([6, 4], [False, True])


def test_cumulative_incidence_equals_r() -> None:
    # R: timepoints(cmprsk::cuminc(time, cause), 2:5)$est (tests/oracles/survival.R)
    cause = np.array([1, 1, 2, 1, 2, 0, 0, 0, 1, 0])
    table = cumulative_incidence([2, 3, 3, 4, 5, 6, 6, 2, 3, 4], cause == 1, cause == 2, grid=[2, 3, 4, 5]).table
    assert table["incidence"].tolist() == pytest.approx([0.1, 0.325, 0.4375, 0.4375])
    assert table["competing_incidence"].tolist() == pytest.approx([0, 0.1125, 0.1125, 0.2625])
    assert (table["incidence"] + table["competing_incidence"] + table["event_free"]).tolist() == pytest.approx([1] * 4)


def test_incidence_without_censoring_is_the_exact_share_of_all_enrolled() -> None:
    times = [2, 2, 3, 4, 4, 4, 5, 2, 3, 3, 1, 6, 6, 6]
    event = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    competing = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0]
    result = cumulative_incidence(times, event, competing, grid=range(7))
    for session, share, low, high in result.table[["time", "incidence", "ci_low", "ci_high"]].itertuples(index=False):
        had = sum(e and t <= session for t, e in zip(times, event, strict=True))
        exact = clopper_pearson(had, 14)
        assert (share, low, high) == pytest.approx((had / 14, exact.ci_low, exact.ci_high), abs=1e-9)
    assert (result.n, result.n_events, result.n_competing) == (14, 7, 4)


def test_incidence_variance_under_censoring_equals_statsmodels() -> None:
    from statsmodels.duration.survfunc import CumIncidenceRight

    times = np.array([1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 6, 6, 2, 3])
    cause = np.array([0, 1, 2, 1, 1, 0, 2, 0, 1, 0, 0, 0, 1, 2, 1, 0])
    peer = CumIncidenceRight(times, cause)
    table = cumulative_incidence(times, cause == 1, cause == 2, grid=peer.times).table
    assert table["incidence"].tolist() == pytest.approx(peer.cinc[0].tolist())
    share, spread = peer.cinc[0][3], peer.cinc_se[0][3] ** 2
    exact = clopper_pearson(share * share * (1 - share) / spread, share * (1 - share) / spread)
    assert (table["ci_low"].iloc[3], table["ci_high"].iloc[3]) == pytest.approx((exact.ci_low, exact.ci_high), rel=1e-9)


def test_before_the_first_event_only_those_followed_so_far_count() -> None:
    # Two of six were last seen in session 1: in session 1 all six are known not to have had it, in session 2 four.
    table = cumulative_incidence([1, 1, 3, 3, 4, 4], [0, 0, 1, 0, 0, 0], [0] * 6, grid=[1, 2]).table
    assert table["ci_high"].tolist() == pytest.approx([clopper_pearson(0, n).ci_high for n in (6, 4)])


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=1, max_size=20))
def test_incidence_only_rises_and_lies_in_its_interval(spells: list[tuple[int, int]]) -> None:
    cause = np.array([c for _, c in spells])
    table = cumulative_incidence([t for t, _ in spells], cause == 1, cause == 2).table
    assert (table["incidence"].diff().iloc[1:] >= -1e-12).all()
    assert (table["ci_low"] <= table["incidence"] + 1e-9).all()
    assert (table["incidence"] <= table["ci_high"] + 1e-9).all()


def test_nothing_changes_its_input() -> None:
    times, left, group = np.array(LEAVE_TIME, dtype=float), np.array(LEFT), np.array(TRAIT)
    kept = times.copy(), left.copy(), group.copy()
    kaplan_meier(times, left)
    log_rank_permutation(times, left, group)
    cumulative_incidence(times, left, ~left)
    for now, before in zip((times, left, group), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([], []), "at least one unit"),
        (lambda: kaplan_meier([1, 2], [True]), "one status for each"),
        (lambda: kaplan_meier([0, 1], [1, 1]), "not positive"),
        (lambda: kaplan_meier([1, math.nan], [1, 1]), "missing"),
        (lambda: kaplan_meier([1, 2], [1, 1], grid=[-1]), "before 0"),
        (lambda: log_rank([1, 2], [1, 1], [1, 1]), "two groups"),
        (lambda: log_rank([1, 2], [0, 0], [1, 0]), "nobody left"),
        (lambda: log_rank_statistics([1, 2], [1, 1], [[1, 0, 0]]), "one column"),
        (lambda: leaving_times([4], [2], n_sessions=6), "ends before it begins"),
        (lambda: leaving_times([9], [math.nan], n_sessions=6), "outside sessions"),
        (lambda: cumulative_incidence([1], [1], [1]), "both events"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        call()


@pytest.mark.slow
def test_limits_cover_the_truth_under_censoring() -> None:
    rng = np.random.default_rng(11)
    rounds, n = 2000, 14
    covered = np.zeros(6)
    for _ in range(rounds):
        leaving, end = rng.geometric(0.12, n), rng.integers(2, 9, n)
        times, left = np.minimum(leaving, end), leaving <= end
        table = kaplan_meier(times, left, grid=range(1, 7)).table
        truth = 0.88 ** table["time"]
        covered += ((table["ci_low"] <= truth) & (truth <= table["ci_high"])).to_numpy()
    assert (covered / rounds >= 0.95 - 2.58 * math.sqrt(0.05 * 0.95 / rounds)).all()


@pytest.mark.slow
def test_incidence_limits_cover_the_truth_under_censoring() -> None:
    rng = np.random.default_rng(12)
    rounds, n = 1000, 14
    covered = np.zeros(5)
    for _ in range(rounds):
        first, end = rng.geometric(0.25, n), rng.integers(2, 9, n)
        event = rng.random(n) < 0.6
        seen = first <= end
        table = cumulative_incidence(np.minimum(first, end), seen & event, seen & ~event, grid=range(1, 6)).table
        truth = 0.6 * (1 - 0.75 ** table["time"])
        covered += ((table["ci_low"] <= truth) & (truth <= table["ci_high"])).to_numpy()
    assert (covered / rounds >= 0.93).all()


@pytest.mark.slow
def test_the_exact_log_rank_keeps_its_level() -> None:
    rng = np.random.default_rng(13)
    rounds, group, rejected, informative = 1000, np.array(TRAIT), 0, 0
    for _ in range(rounds):
        leaving = rng.geometric(0.1, 14)
        if (leaving <= 6).any():
            informative += 1
            rejected += log_rank_permutation(np.minimum(leaving, 6), leaving <= 6, group).p_value <= 0.05
    assert 0.01 < rejected / informative <= 0.05 + 2.58 * math.sqrt(0.05 * 0.95 / informative)
