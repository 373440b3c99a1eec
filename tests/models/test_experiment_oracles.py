"""The experiment's limits, powers and permutations against base R (tests/oracles/experiment.R)."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalkit.inference import permute_groups
from evalkit.models.experiment.limits import bounded_limits, difference_limits, smallest_detectable_harm
from tests.models.test_experiment import NINE

CONTROL = [1.0, 0.5, 1.25, 0.75]


@pytest.mark.parametrize(
    ("tau", "low", "high"),
    [
        (0.0, 0.20216518274, 0.6867237061),
        (0.15, 0.04140994497, 0.8474789439),
        (0.25, -0.14450304838, 1.0333919373),
    ],
)
def test_one_sided_limits_equal_r(tau: float, low: float, high: float) -> None:
    found = difference_limits(NINE, tau=tau, k_post=3)
    assert (found[0].ci_low, found[1].ci_high) == pytest.approx((low, high), abs=1e-9)


def test_limits_with_controls_equal_welchs_in_r() -> None:
    low, high = difference_limits(NINE, tau=0, k_post=3, control=CONTROL)
    assert (low.ci_low, high.ci_high) == pytest.approx((-0.82299306186, -0.03811804925), abs=1e-9)
    assert low.method == "t on 7.061 df"


def test_the_smallest_detectable_harm_equals_power_t_test() -> None:
    assert smallest_detectable_harm(NINE) == pytest.approx(0.3552786216, abs=1e-7)


def test_the_smallest_detectable_harm_with_controls_is_that_of_the_noncentral_t() -> None:
    harm = smallest_detectable_harm(NINE, control=CONTROL)
    v = np.var(NINE, ddof=1) / 9 + np.var(CONTROL, ddof=1) / 4
    df = 7.06076955843  # R's Welch df
    power = stats.nct.sf(stats.t.ppf(0.95, df), df, harm / np.sqrt(v))
    assert power == pytest.approx(0.8, abs=1e-6)


def test_differential_limits_and_tools_permutation_equal_r() -> None:
    carried, other = np.array([0.5, 0, 1, 0.25, 0.75, 0, 0.5]), np.array([1, 0.5, 1, 1, 0.75, 0.5, 0.25])
    low, high = difference_limits(carried - other, tau=0, k_post=1)
    assert (-high.ci_high, -low.ci_low) == pytest.approx((0.0169319691, 0.5544966023), abs=1e-9)
    tools = permute_groups([0.2, 0.35], [0.9, 0.6, 0.75, 0.5], alternative="less")
    assert tools.p_value == pytest.approx(0.06666666667)


def test_limits_of_supervised_units_invert_the_permutation_test_as_in_r() -> None:
    theirs, others = [-0.5, -0.25, -0.6], [0, 0.1, 0.5, 0.25, -0.1, 0.4]
    both = permute_groups(theirs, others, level=0.9)
    assert (-both.ci_high, -both.ci_low) == pytest.approx((0.35, 1.0), abs=0.001)  # R's grid
    assert permute_groups(theirs, others, alternative="less").p_value == pytest.approx(0.0119047619)


def test_limits_with_a_tenth_of_a_unit_at_the_end_equal_r() -> None:
    low, high = bounded_limits([0, 0, -1, 0, 1 / 3, 0, -1 / 3, 0, 0], bounds=(-1, 1))
    assert (low.ci_low, high.ci_high) == pytest.approx((-0.3570801165, 0.1416254014), abs=1e-9)


def test_groups_as_units_equal_r() -> None:
    means = pd.Series(NINE).groupby([1, 1, 1, 2, 2, 2, 3, 3, 3]).mean()
    low, high = difference_limits(means, tau=0, k_post=3)
    assert (low.ci_low, high.ci_high) == pytest.approx((-0.007160879285, 0.896049768174), abs=1e-9)


def test_tipping_points_equal_the_formula_in_r() -> None:
    from dataclasses import replace

    from evalkit.models.experiment import before_after, tipping_point
    from tests.models.plain_registers import assessments, enrolment, study

    d = np.array([*NINE, 0.0, 0.0, 0.0])
    up = np.array([[k < round(4 * (x % 1)) for k in range(4)] for x in d])
    levels = np.stack([np.full((12, 4), 2.0)] * 3 + [2 + np.floor(d)[:, None] + up] * 3, axis=1)
    levels[9:, 3:] = np.nan
    where = study(
        n_units=12, event_after=3, introduced={f"t{k + 1}": 1 for k in range(4)}, gain_max=0.6, margins=(0.5,)
    )
    left = enrolment([None] * 9 + [3] * 3, [None] * 9 + [4] * 3)
    before = before_after(assessments(levels), left, study=where)
    wide = replace(
        before, scale=before.scale.model_copy(update={"labels": before.scale.labels * 3})
    )  # so that both points are on it
    rows = tipping_point(wide, study=where, tau=0.0).table
    rows = rows[rows["margin"] == 0.5]
    assert rows["delta_high"].tolist()[:2] == pytest.approx([0.408660731, 4.746894825], abs=1e-8)
