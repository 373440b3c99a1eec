import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evalkit.errors import EstimationError
from evalkit.inference import all_labellings, cluster_bootstrap, permute_groups, permute_labels, sign_flip

# Darwin's maize, crossed minus self-fertilised, in eighths of an inch (Fisher 1935, The Design of Experiments, §17).
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
SMALL = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=8)


def mean_difference(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    return labels @ values / labels.sum(axis=1) - ~labels @ values / (~labels).sum(axis=1)


def test_sign_flip_equals_fishers_count() -> None:
    # Fisher (1935, §21): 863 of the 32 768 sign vectors reach 314 or more; R's exactRankTests agrees.
    assert sign_flip(MAIZE, alternative="greater").p_value == 863 / 32768
    result = sign_flip(MAIZE)
    assert result.p_value == 1726 / 32768
    assert (result.estimate, result.n, result.n_arrangements, result.exact) == (314 / 15, 15, 32768, True)


@given(SMALL, st.sampled_from(["two-sided", "greater", "less"]))
def test_sign_flip_equals_brute_force(values: list[float], alternative: str) -> None:
    signs = np.array(list(itertools.product([1, -1], repeat=len(values))))
    sums, observed = signs @ np.array(values), sum(values)
    hits = {
        "greater": sums >= observed,
        "less": sums <= observed,
        "two-sided": np.abs(sums) >= abs(observed),
    }[alternative]
    assert sign_flip(values, alternative=alternative).p_value == pytest.approx(hits.mean())


@given(SMALL)
def test_zeros_do_not_move_the_p_value(values: list[float]) -> None:
    assert sign_flip([*values, 0.0, 0.0]).p_value == pytest.approx(sign_flip(values).p_value)


@given(st.lists(st.floats(-5, 5).map(lambda v: round(v, 2)), min_size=6, max_size=9), st.floats(-6, 6))
def test_the_interval_holds_what_the_test_does_not_reject(values: list[float], null: float) -> None:
    result = sign_flip(values, null=null)
    if min(abs(null - result.ci_low), abs(null - result.ci_high)) > 1e-6:
        assert (result.p_value > 0.05) == (result.ci_low < null < result.ci_high)


def test_sign_flip_intervals_at_the_smallest_n() -> None:
    assert sign_flip([1, 2, 3, 4, 5]).ci_low == -math.inf
    result = sign_flip([1, 2, 3, 4, 5, 6])
    assert (result.ci_low, result.ci_high) == (1, 6)
    assert sign_flip([1, 2, 3, 4, 5], alternative="greater").ci_low == 1
    assert sign_flip([1, 2, 3, 4, 5], alternative="greater").ci_high == math.inf


def test_sign_flip_of_nothing_but_zeros_says_nothing() -> None:
    result = sign_flip([0.0] * 7)
    assert (result.p_value, result.ci_low, result.ci_high) == (1.0, 0.0, 0.0)


def test_random_sign_flips_come_close_to_all_of_them_and_follow_their_seed() -> None:
    values = np.random.default_rng(1).normal(0.4, 1, 24)
    first, again = sign_flip(values, seed=3), sign_flip(values, seed=3)
    assert first == again
    assert not first.exact
    assert first.n_arrangements == 100_000
    exact_t = stats.ttest_1samp(values, 0)
    assert first.p_value == pytest.approx(exact_t.pvalue, abs=0.02)
    assert first.ci_low == pytest.approx(exact_t.confidence_interval().low, abs=0.05)
    assert sign_flip(np.full(30, 1.0)).p_value == pytest.approx(2 / 100_000)


def test_permute_groups_equals_r() -> None:
    # R: perm.test(a, b, alternative = "greater", exact = TRUE) of exactRankTests (tests/oracles/resampling.R)
    a, b = [12, 15, 9, 20, 17, 14], [8, 11, 10, 7, 13]
    assert permute_groups(a, b, alternative="greater").p_value == pytest.approx(0.02597402597)


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
    st.lists(st.integers(0, 9), min_size=2, max_size=4),
    st.sampled_from(["two-sided", "greater", "less"]),
)
def test_permute_groups_equals_scipy(a: list[int], b: list[int], alternative: str) -> None:
    expected = stats.permutation_test(
        (a, b), lambda x, y: np.mean(x) - np.mean(y), alternative=alternative, n_resamples=np.inf, vectorized=False
    )
    assert permute_groups(a, b, alternative=alternative).p_value == pytest.approx(expected.pvalue)


def test_permute_groups_interval_is_the_inverted_test() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(1, 1, 7), rng.normal(0, 1, 6)
    result = permute_groups(a, b)
    for end, inwards in ((result.ci_low, 1e-6), (result.ci_high, -1e-6)):
        assert permute_groups(a, b, null=end + inwards).p_value > 0.05
        assert permute_groups(a, b, null=end - inwards).p_value <= 0.05


def test_random_labellings_come_close_to_all_of_them() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.8, 1, 8), rng.normal(0, 1, 8)
    every, some = permute_groups(a, b), permute_groups(a, b, max_exact=100, n_random=49_999)
    assert (every.n_arrangements, some.n_arrangements) == (12870, 50_000)
    assert some.p_value == pytest.approx(every.p_value, abs=0.01)
    assert some.ci_low == pytest.approx(every.ci_low, abs=0.05)


def test_permute_labels_agrees_with_permute_groups() -> None:
    a, b = [12.0, 15, 9, 20, 17, 14], [8.0, 11, 10, 7, 13]
    values, labels = np.array(a + b), np.arange(11) < 6
    result = permute_labels(labels, lambda table: mean_difference(table, values))
    assert result.p_value == pytest.approx(permute_groups(a, b, alternative="greater").p_value)
    assert result.n_arrangements == math.comb(11, 6)
    assert math.isnan(result.ci_low)
    some = permute_labels(labels, lambda table: mean_difference(table, values), max_exact=10, n_random=9_999)
    assert not some.exact
    assert some.p_value == pytest.approx(result.p_value, abs=0.01)


def test_a_random_p_value_is_never_zero() -> None:
    labels = np.arange(40) < 20
    result = permute_labels(labels, lambda table: table[:, :20].sum(axis=1).astype(float), n_random=999)
    assert result.p_value == 1 / 1000


def test_all_labellings_are_different_and_cannot_be_changed() -> None:
    table = all_labellings(8, 3)
    assert len(np.unique(table, axis=0)) == math.comb(8, 3)
    assert (table.sum(axis=1) == 3).all()
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = False


def test_twenty_values_are_still_all_flipped() -> None:
    result = sign_flip(np.arange(1, 21.0))
    assert (result.exact, result.n_arrangements) == (True, 2**20)
    assert result.p_value == 2 / 2**20


def test_cluster_bootstrap_of_a_mean_knows_its_clusters() -> None:
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(30), 10)
    values = np.repeat(rng.normal(size=30), 10) + rng.normal(size=300) * 0.1
    by_cluster = cluster_bootstrap(values, clusters, np.mean)
    by_row = cluster_bootstrap(values, np.arange(300), np.mean)
    # The 30 cluster means say how uncertain the mean is; the rows pretend to be 300.
    expected = 1.96 * np.std([values[clusters == c].mean() for c in range(30)]) / math.sqrt(30)
    assert (by_cluster.ci_high - by_cluster.ci_low) / 2 == pytest.approx(expected, rel=0.1)
    assert (by_row.ci_high - by_row.ci_low) < 0.5 * (by_cluster.ci_high - by_cluster.ci_low)
    assert by_cluster.n == 30


def test_cluster_bootstrap_takes_frames_and_leaves_them_alone() -> None:
    frame = pd.DataFrame({"document": np.repeat([f"d{k}" for k in range(25)], 4), "hit": [1, 0, 0, 1] * 25})
    before = frame.copy()
    result = cluster_bootstrap(frame, frame["document"], lambda rows: rows["hit"].mean(), n_resamples=200)
    assert (result.estimate, result.ci_low, result.ci_high) == (0.5, 0.5, 0.5)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sign_flip([]), "0 values"),
        (lambda: sign_flip([1, math.inf]), "infinite"),
        (lambda: permute_groups([1], []), "0 values"),
        (lambda: permute_labels([True, True], lambda t: t.sum(axis=1)), "nothing to permute"),
        (lambda: permute_labels([True, False], lambda t: np.full(len(t), np.nan)), "undefined"),
        (lambda: cluster_bootstrap(np.arange(9.0), np.arange(9), np.mean), "9 clusters"),
        (lambda: cluster_bootstrap(np.arange(3.0), [1, 2, None], np.mean, min_clusters=2), "needs a cluster"),
        (lambda: cluster_bootstrap(np.arange(30.0), np.arange(30), lambda x: math.nan, n_resamples=5), "undefined"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        call()


@pytest.mark.slow
def test_sign_flip_keeps_its_promise_on_skew_free_data() -> None:
    rng = np.random.default_rng(6)
    rounds, covered, rejected = 2000, 0, 0
    for _ in range(rounds):
        result = sign_flip(rng.laplace(0.7, 1, 9), null=0.7)
        covered += result.ci_low <= 0.7 <= result.ci_high
        rejected += result.p_value <= 0.05
    margin = 2.58 * math.sqrt(0.05 * 0.95 / rounds)
    assert covered / rounds >= 0.95 - margin
    assert 0.03 < rejected / rounds <= 0.05 + margin
