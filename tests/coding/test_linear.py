"""The linear models: that they stand at the minimum, and what they refuse to learn."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from evalkit.coding.learned.linear import fit_linear, fit_logistic


def made_up(n=120, n_features=6, seed=3):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, n_features))
    truth = np.array([2.0, -1.0, 0.5, 0, 0, 0])[:n_features]
    return rows, rows @ truth + random.normal(size=n) > 0.8


@pytest.mark.parametrize("balanced", [True, False])
def test_the_weights_are_those_of_a_general_minimiser(balanced):
    rows, positive = made_up()
    strength, n = 0.3, len(rows)
    counts = fit_linear(
        sparse.csr_matrix(rows), positive[:, None], strength=strength, balanced=balanced, tolerance=1e-6
    )
    weights = np.append(rows.T @ counts[:, 0], counts.sum())
    own = np.where(positive, positive.sum(), n - positive.sum())
    costs = strength * n / (2 * own) if balanced else np.full(n, strength)
    signs, whole = np.where(positive, 1, -1), np.column_stack([rows, np.ones(n)])

    def loss(w):
        return 0.5 * w @ w + costs @ np.maximum(0, 1 - signs * (whole @ w)) ** 2

    best = minimize(loss, np.zeros(rows.shape[1] + 1), tol=1e-12)
    assert weights == pytest.approx(best.x, abs=1e-3)
    assert loss(weights) <= best.fun + 1e-6


def test_counts_have_the_signs_of_the_examples_and_most_far_ones_are_zero():
    rows, positive = made_up()
    counts = fit_linear(sparse.csr_matrix(rows), np.column_stack([positive, ~positive]))
    assert np.all(counts[positive, 0] >= 0)
    assert np.all(counts[~positive, 0] <= 0)
    assert 0.05 < np.mean(counts == 0) < 0.95
    assert rows.T @ counts[:, 0] == pytest.approx(-(rows.T @ counts[:, 1]), abs=0.1)


def test_a_model_without_both_kinds_of_examples_has_only_zeros():
    rows, positive = made_up()
    counts = fit_linear(sparse.csr_matrix(rows), np.column_stack([positive, np.zeros_like(positive), positive | True]))
    assert not counts[:, 1:].any()
    assert counts[:, 0].any()


def test_logistic_regression_stands_at_the_minimum_and_is_calibrated():
    rows, positive = made_up(n=400)
    coefficients = fit_logistic(rows, positive, penalty=0.5)
    probable = 1 / (1 + np.exp(-(rows @ coefficients[:-1] + coefficients[-1])))
    assert rows.T @ (positive - probable) == pytest.approx(0.5 * coefficients[:-1], abs=1e-6)
    assert probable.mean() == pytest.approx(positive.mean(), abs=1e-6)
    assert np.sign(coefficients[:3]).tolist() == [1, -1, 1]


def test_logistic_regression_of_one_class_has_the_odds_of_that_class():
    rows, _ = made_up(n=20)
    coefficients = fit_logistic(rows, np.zeros(20, dtype=bool))
    assert not coefficients[:-1].any()
    assert coefficients[-1] == pytest.approx(np.log(0.5 / 20.5))
