"""Linear models from few examples: support vector machines with squared hinge loss, and logistic regression.

For targets y = ±1 the first minimises ½‖w‖² + Σ cᵢ max(0, 1 − yᵢ wᵀxᵢ)², with cᵢ = C·n/(2·number of examples of i's
class) when the classes are balanced; the intercept is the weight of a feature that is always 1. The dual is solved by
coordinate descent, example by example and all models at once. Its solution says how much each example counts: w is the
sum of the examples, each times its count. Most count for nothing.

References
----------
Hsieh, C.-J. et al. (2008). A dual coordinate descent method for large-scale linear SVM. ICML.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

__all__ = ["fit_linear", "fit_logistic"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_PASSES = 200


def fit_linear(
    features: sparse.csr_matrix,
    positive: BoolArray,
    *,
    strength: float = 0.3,
    balanced: bool = True,
    tolerance: float = 0.1,
) -> FloatArray:
    """Fit one model per column and return how much each example counts in it.

    Parameters
    ----------
    features : scipy.sparse.csr_matrix, shape (n_examples, n_features)
        Features of the examples, without an intercept.
    positive : numpy.ndarray of bool, shape (n_examples, n_models)
        Which examples each model shall tell from the others.
    strength : float, default 0.3
        The C of the loss: the larger, the closer the examples are followed.
    balanced : bool, default True
        Whether the few and the many count alike.
    tolerance : float, default 0.1
        The largest slope of the dual at which to stop.

    Returns
    -------
    numpy.ndarray of float, shape (n_examples, n_models)
        Counts, positive for positive examples and negative for others: ``features.T @ counts`` are the weights and
        ``counts.sum(axis=0)`` the intercepts. A model without positive or without other examples has only zeros.
    """
    n, n_models = positive.shape
    signs = np.where(positive, 1.0, -1.0)
    n_positive = positive.sum(axis=0)
    costs = np.full(positive.shape, strength)
    if balanced:
        costs = strength * n / (2.0 * np.maximum(np.where(positive, n_positive, n - n_positive), 1))
    soft = 1 / (2 * costs)
    lengths = np.asarray(features.multiply(features).sum(axis=1)).ravel() + 1
    weights, intercepts = np.zeros((features.shape[1], n_models)), np.zeros(n_models)
    dual = np.zeros(positive.shape)
    rows = [slice(a, b) for a, b in zip(features.indptr, features.indptr[1:], strict=False)]
    random = np.random.default_rng(0)
    for _ in range(MOST_PASSES):
        steepest = 0.0
        for row in random.permutation(n).tolist():
            columns, values = features.indices[rows[row]], features.data[rows[row]]
            fitted = values @ weights[columns] + intercepts
            slope = signs[row] * fitted - 1 + soft[row] * dual[row]
            steepest = max(steepest, float(np.max(np.where(dual[row] > 0, np.abs(slope), -slope))))
            after = np.maximum(dual[row] - slope / (lengths[row] + soft[row]), 0)
            change = (after - dual[row]) * signs[row]
            dual[row] = after
            moved = np.flatnonzero(change)
            if len(moved):
                weights[columns[:, None], moved] += values[:, None] * change[moved]
                intercepts += change
        if steepest < tolerance:
            break
    return np.where((n_positive > 0) & (n_positive < n), dual * signs, 0.0)


def fit_logistic(features: FloatArray, positive: BoolArray, *, penalty: float = 1.0) -> FloatArray:
    """Fit a logistic regression with an L2 penalty on all but the intercept.

    Parameters
    ----------
    features : numpy.ndarray of float, shape (n, n_features)
        Features.
    positive : numpy.ndarray of bool, shape (n,)
        What to predict.
    penalty : float, default 1.0
        ``penalty / 2`` times the squared coefficients is added to the negative log-likelihood.

    Returns
    -------
    numpy.ndarray of float, shape (n_features + 1,)
        Coefficients, then the intercept.
    """
    rows = np.column_stack([features, np.ones(len(features))])
    ridge = np.append(np.full(features.shape[1], penalty), 1e-9)
    coefficients = np.zeros(rows.shape[1])
    for _ in range(100):
        probable = expit(rows @ coefficients)
        gradient = rows.T @ (probable - positive) + ridge * coefficients
        curvature = (rows * (probable * (1 - probable))[:, None]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        # A Newton step is taken in full once it is small; far off it is held back.
        coefficients = coefficients - step * min(1.0, 5.0 / max(float(np.linalg.norm(step)), 1e-12))
        if np.linalg.norm(step) < 1e-8:
            break
    return coefficients
