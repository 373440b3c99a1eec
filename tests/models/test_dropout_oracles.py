"""Exact tests of dropout against R written from the definitions (tests/oracles/dropout.R) and published data."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalkit.models.dropout.adjusted import westfall_young
from evalkit.models.dropout.exact_tests import run_test, sorted_spells
from evalkit.models.survival import log_rank_permutation

TIME, LEFT = [3, 3, 3, 4, 4] + [6] * 9, [1] * 5 + [0] * 9
SEPARATED, COUNTEREXAMPLE = [0] * 7 + [1] * 7, [1] + [0] * 7 + [1] * 6


def spells(group, time=TIME, left=LEFT):
    return sorted_spells([(float(t), bool(e), bool(g)) for t, e, g in zip(time, left, group, strict=True)])


@pytest.mark.parametrize(
    ("time", "left", "group", "statistic", "p", "labellings"),
    [
        (TIME, LEFT, SEPARATED, 7.313949620, 2.097902098e-02, 3432),
        (TIME, LEFT, COUNTEREXAMPLE, 2.3415674166, 0.2657342657, 3432),
        (
            [3] * 4 + [6] * 6,
            [1] * 4 + [0] * 6,
            [1, 0, 0, 0, 1, 1, 1, 1, 0, 0],
            1.5,
            0.5238095238,
            252,
        ),  # ties everywhere
    ],
)
def test_the_exact_log_rank_equals_survdiff_over_all_labellings(time, left, group, statistic, p, labellings) -> None:
    result = log_rank_permutation(time, left, group)
    assert (result.estimate, result.p_value) == pytest.approx((statistic, p), rel=1e-8)
    assert result.n_arrangements == labellings


@pytest.mark.parametrize(
    ("group", "estimate", "low", "high", "p"),
    [
        (SEPARATED, -3.105227159820, -8.003767523081, -0.840688065681, 0.004133545661),
        (COUNTEREXAMPLE, -1.4805469419, -3.8314841813, 0.2942819872, 0.1045040028),
    ],
)
def test_firths_person_period_logit_equals_its_definition(group, estimate, low, high, p) -> None:
    row = run_test("firth", spells(group), 0.95)
    found = [math.log(row[name]) for name in ("estimate", "ci_low", "ci_high")]
    assert found == pytest.approx([estimate, low, high], abs=2e-3)
    assert row["p"] == pytest.approx(p, abs=1e-5)


def test_boschloo_equals_its_definition() -> None:
    # Groups of 7 and 7 with 5 and 0, 4 and 1; of 9 and 5 with 2 and 3.
    cases = [(SEPARATED, 0.006958007812), (COUNTEREXAMPLE, 0.130420077010)]
    for group, expected in cases:
        assert run_test("boschloo", spells(group), 0.95)["p"] == pytest.approx(expected, abs=1e-5)
    uneven = spells([1] * 2 + [0] * 3 + [1] * 7 + [0] * 2)
    assert run_test("boschloo", uneven, 0.95)["p"] == pytest.approx(0.207276436453, abs=1e-5)


def test_the_packages_tests_give_their_published_examples() -> None:
    # scipy's documentation: Barnard (one-sided, Wald, not pooled), Boschloo and Fisher.
    assert stats.boschloo_exact([[74, 31], [43, 32]], alternative="greater").pvalue == pytest.approx(0.0355, abs=2e-4)
    assert stats.barnard_exact([[7, 12], [8, 3]], alternative="less").pvalue == pytest.approx(0.0341, abs=5e-5)
    assert stats.fisher_exact([[8, 2], [1, 5]]).pvalue == pytest.approx(0.0350, abs=5e-5)


def test_firth_gives_the_published_endometrial_values(shared) -> None:
    # Heinze & Schemper (2002): NV is separated, PI and EH are not.
    from firthmodels import FirthLogisticRegression

    data = pd.read_csv(shared / "oracles" / "endometrial.csv")
    model = FirthLogisticRegression(backend="numpy", max_iter=200).fit(
        data[["NV", "PI", "EH"]].to_numpy(dtype=float), data["HG"].to_numpy()
    )
    assert model.coef_.tolist() == pytest.approx([2.9293, -0.0348, -2.6042], abs=5e-5)
    limits = model.conf_int(alpha=0.05, method="pl", max_iter=200)
    assert limits[:3].ravel().tolist() == pytest.approx([0.610, 7.855, -0.1245, 0.0405, -4.3652, -1.2327], abs=6e-4)


def test_westfall_young_equals_all_permutations() -> None:
    times, left = [2, 2, 3, 4, 6, 6, 6], [1, 1, 1, 1, 0, 0, 0]
    values = [[0, 0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 1, 1, 0], [1, 0, 0, 1, 0, 1, 0]]
    _, p, adjusted = westfall_young(times, left, [np.array(v, dtype=bool) for v in values], n_random=19_999, seed=1)
    # R goes through all 5 040; ours draws 20 000 of them.
    assert p.tolist() == pytest.approx([0.05714285714, 0.7428571429, 0.9142857143], abs=0.012)
    assert adjusted.tolist() == pytest.approx([0.17142857143, 0.9428571429, 0.9428571429], abs=0.012)


@pytest.mark.slow
def test_trying_three_judgements_keeps_the_error_of_the_whole() -> None:
    rng, rounds, claimed, alone = np.random.default_rng(6), 600, 0, 0
    for _ in range(rounds):
        gone = rng.geometric(0.1, 14)
        left = gone <= 5
        if not left.any() or left.all():
            continue
        values = [rng.permutation([True] * 7 + [False] * 7) for _ in range(3)]
        _, p, adjusted = westfall_young(np.minimum(gone, 6), left, values, n_random=999, seed=int(rng.integers(1e6)))
        claimed, alone = claimed + (adjusted.min() <= 0.05), alone + (p.min() <= 0.05)
    assert claimed / rounds <= 0.05 + 2.58 * math.sqrt(0.05 * 0.95 / rounds)
    assert alone > 1.5 * claimed  # unadjusted, one of three is found far too often
