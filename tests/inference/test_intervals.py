import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.errors import EstimationError
from evalkit.inference import (
    Interval,
    clopper_pearson,
    hypergeometric,
    korn_graubard,
    mean_t,
    mover_difference,
    mover_sum,
    wilson,
)

COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def limits(interval: Interval) -> tuple[float, float]:
    return interval.ci_low, interval.ci_high


def test_clopper_pearson_equals_r() -> None:
    # R: binom.test(9, 14)$conf.int (tests/oracles/resampling.R)
    assert limits(clopper_pearson(9, 14)) == pytest.approx((0.3513801106, 0.8724015701), abs=1e-9)


def test_wilson_equals_r() -> None:
    # R: prop.test(9, 14, correct = FALSE)$conf.int
    assert limits(wilson(9, 14)) == pytest.approx((0.3876442310, 0.8365526825), abs=1e-9)


def test_clopper_pearson_at_the_ends_is_closed() -> None:
    assert limits(clopper_pearson(0, 14)) == pytest.approx((0, 1 - 0.025 ** (1 / 14)))
    assert limits(clopper_pearson(14, 14)) == pytest.approx((0.025 ** (1 / 14), 1))


@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_clopper_pearson_limits_have_the_tails_they_say(counts: tuple[int, int], level: float) -> None:
    x, n = counts
    low, high = limits(clopper_pearson(x, n, level=level))
    if x > 0:
        assert stats.binom.sf(x - 1, n, low) == pytest.approx((1 - level) / 2, rel=1e-6)
    if x < n:
        assert stats.binom.cdf(x, n, high) == pytest.approx((1 - level) / 2, rel=1e-6)


def test_clopper_pearson_never_covers_less_than_its_level() -> None:
    n = 14
    ends = np.array([limits(clopper_pearson(x, n)) for x in range(n + 1)])
    truth = np.linspace(0.01, 0.99, 99)
    inside = (ends[:, :1] <= truth) & (truth <= ends[:, 1:])
    coverage = (stats.binom.pmf(np.arange(n + 1)[:, None], n, truth) * inside).sum(axis=0)
    assert coverage.min() >= 0.95
    # METHODS: .955–.996 by construction, so it is not a trivially wide interval either.
    assert coverage[truth > 0.2].min() < 0.97


@given(COUNTS)
def test_wilson_holds_the_estimate_and_mirrors(counts: tuple[int, int]) -> None:
    x, n = counts
    here, mirrored = wilson(x, n), wilson(n - x, n)
    assert 0 <= here.ci_low <= here.estimate <= here.ci_high <= 1
    assert here.ci_low == pytest.approx(1 - mirrored.ci_high)


def test_wilson_with_few_clusters_is_wider() -> None:
    assert wilson(9, 14, df=4).ci_low < wilson(9, 14).ci_low
    assert wilson(9, 14, df=1e7).ci_low == pytest.approx(wilson(9, 14).ci_low, abs=1e-6)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 200))))
def test_hypergeometric_holds_what_it_does_not_reject(counts: tuple[int, int, int]) -> None:
    x, n, population = counts
    low, high = (round(end * population) for end in limits(hypergeometric(x, n, population)))
    totals = np.arange(x, population - n + x + 1)
    tail = 0.025 * (1 + 1e-9)
    kept = (stats.hypergeom.sf(x - 1, population, totals, n) > tail) & (
        stats.hypergeom.cdf(x, population, totals, n) > tail
    )
    assert (low, high) == (totals[kept].min(), totals[kept].max())


def test_hypergeometric_of_a_census_is_certain() -> None:
    assert limits(hypergeometric(5, 20, 20)) == (0.25, 0.25)


def test_hypergeometric_of_a_huge_population_is_clopper_pearson() -> None:
    assert limits(hypergeometric(9, 14, 1_000_000)) == pytest.approx(limits(clopper_pearson(9, 14)), abs=1e-5)


def test_korn_graubard_with_equal_weights_is_clopper_pearson() -> None:
    hits = np.arange(50) < 12
    assert limits(korn_graubard(hits, np.full(50, 8.0))) == pytest.approx(limits(clopper_pearson(12, 50)))


def test_korn_graubard_uses_kishs_n_and_the_finite_population() -> None:
    hits, weights = np.array([1, 0, 0, 1, 0, 0]), np.array([1, 1, 1, 5, 5, 5.0])
    plain = korn_graubard(hits, weights)
    assert plain.estimate == pytest.approx(6 / 18)
    assert plain.n == pytest.approx(18**2 / 78)
    finite = korn_graubard(hits, weights, population=18)
    assert finite.n == pytest.approx(18**2 / 78 * 17 / 12)
    assert finite.ci_high - finite.ci_low < plain.ci_high - plain.ci_low
    assert limits(korn_graubard(hits, weights, population=6)) == (finite.estimate, finite.estimate)


def test_korn_graubard_leaves_its_input_alone() -> None:
    hits, weights = np.array([1, 0, 1]), np.array([1.0, 2.0, 3.0])
    korn_graubard(hits, weights, population=10)
    assert hits.tolist() == [1, 0, 1]
    assert weights.tolist() == [1, 2, 3]


@pytest.mark.slow
def test_korn_graubard_covers_under_unequal_sampling() -> None:
    rng = np.random.default_rng(7)
    n_population, covered, rounds = 400, 0, 2000
    rare = np.arange(n_population) < 60
    truth = np.where(rare, rng.random(n_population) < 0.5, rng.random(n_population) < 0.03)
    for _ in range(rounds):
        first = rng.choice(np.flatnonzero(rare), 30, replace=False)
        second = rng.choice(np.flatnonzero(~rare), 70, replace=False)
        weights = np.concatenate([np.full(30, 60 / 30), np.full(70, 340 / 70)])
        result = korn_graubard(truth[np.concatenate([first, second])], weights, population=n_population)
        covered += result.ci_low <= truth.mean() <= result.ci_high
    assert covered / rounds >= 0.93


def test_mean_t_equals_scipy() -> None:
    x = [0.3, 1.2, -0.4, 0.9, 0.1]
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    assert limits(mean_t(x, level=0.9)) == pytest.approx((expected.low, expected.high))
    one_sided = stats.ttest_1samp(x, 0, alternative="greater").confidence_interval(0.95)
    assert limits(mean_t(x, alternative="greater")) == pytest.approx((one_sided.low, math.inf))
    assert mean_t(x, alternative="less").ci_low == -math.inf


def test_mean_t_adds_the_variance_shared_by_all() -> None:
    x = np.array([0.3, 1.2, -0.4, 0.9, 0.1])
    arm = stats.t.ppf(0.975, 4) * math.sqrt(x.var(ddof=1) / 5 + 0.15**2 * (1 + 1 / 3))
    assert mean_t(x, extra_variance=0.15**2 * (1 + 1 / 3)).ci_low == pytest.approx(x.mean() - arm)


def test_mover_difference_of_wilsons_is_newcombes() -> None:
    # Newcombe (1998), table II, example (a), method 10: 56/70 against 48/80 gives .0524 to .3339.
    result = mover_difference(wilson(56, 70), wilson(48, 80))
    assert result.estimate == pytest.approx(0.2)
    assert limits(result) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.lists(COUNTS, min_size=1, max_size=4), st.floats(-5, 5))
def test_mover_of_one_scales_and_of_many_holds_the_sum(counts: list[tuple[int, int]], factor: float) -> None:
    parts = [wilson(*count) for count in counts]
    alone = mover_sum(parts[:1], weights=[factor])
    ends = sorted((factor * parts[0].ci_low, factor * parts[0].ci_high))
    assert limits(alone) == pytest.approx(tuple(ends), abs=1e-12)
    joined = mover_sum(parts)
    assert joined.estimate == pytest.approx(sum(part.estimate for part in parts))
    assert joined.ci_low >= sum(part.ci_low for part in parts) - 1e-12
    assert joined.ci_high <= sum(part.ci_high for part in parts) + 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clopper_pearson(5, 0), "n > 0"),
        (lambda: clopper_pearson(5, 4), "successes"),
        (lambda: wilson(-1, 4), "successes"),
        (lambda: wilson(1, 4, df=0), "two clusters"),
        (lambda: hypergeometric(1, 5, 4), "population of 4"),
        (lambda: korn_graubard([], []), "at least one"),
        (lambda: korn_graubard([1], [0.0]), "positive"),
        (lambda: korn_graubard([2], [1.0]), "true or false"),
        (lambda: korn_graubard([1, 0], [1, 1], population=1), "population of 1"),
        (lambda: mean_t([1.0]), "at least 2"),
        (lambda: mean_t([1.0, math.nan]), "missing"),
        (lambda: mover_sum([]), "at least one"),
        (lambda: mover_sum([wilson(1, 2), wilson(1, 2, level=0.9)]), "levels"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        call()


def test_a_level_outside_0_and_1_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="level"):
        clopper_pearson(1, 2, level=95)
