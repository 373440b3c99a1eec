"""Linear models from few examples: support vector machines with squared hinge loss, and logistic regression.

Both are scikit-learn's. For targets y = ±1 the first minimises ½‖w‖² + Σ cᵢ max(0, 1 − yᵢ wᵀxᵢ)², with
cᵢ = C·n/(2·number of examples of i's class) when the classes are balanced; the intercept is the weight of a feature
that is always 1. At the minimum each example counts for 2cᵢ max(0, 1 − yᵢ wᵀxᵢ), and w is the sum of the examples, each
times its count. Most count for nothing.

References
----------
Hsieh, C.-J. et al. (2008). A dual coordinate descent method for large-scale linear SVM. ICML.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["fit_linear", "fit_logistic"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

MOST_PASSES = 2000


def fit_linear(
    features: sparse.csr_matrix,
    positive: BoolArray,
    *,
    strength: float = 0.3,
    balanced: bool = True,
    tolerance: float = 1e-3,
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
    tolerance : float, default 1e-3
        When to stop; see scikit-learn's LinearSVC.

    Returns
    -------
    numpy.ndarray of float, shape (n_examples, n_models)
        Counts, positive for positive examples and negative for others: ``features.T @ counts`` are the weights and
        ``counts.sum(axis=0)`` the intercepts. A model without positive or without other examples has only zeros.
    """
    from sklearn.svm import LinearSVC  # takes a second to load, and only learning needs it

    counts = np.zeros(positive.shape)
    model = LinearSVC(
        C=strength,
        class_weight="balanced" if balanced else None,
        tol=tolerance,
        dual=True,
        max_iter=MOST_PASSES,
        random_state=0,
    )
    for column, own in enumerate(positive.T):
        n_positive = int(own.sum())
        if 0 < n_positive < len(own):
            signs = np.where(own, 1.0, -1.0)
            weight = len(own) / (2.0 * np.where(own, n_positive, len(own) - n_positive)) if balanced else 1.0
            short = np.maximum(0, 1 - signs * model.fit(features, own).decision_function(features))
            counts[:, column] = signs * 2 * strength * weight * short
    return counts


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
        Coefficients, then the intercept. Where there is only one class, nothing but the intercept: the odds of the
        class with half an example added to each.
    """
    from sklearn.linear_model import LogisticRegression

    yes, n = int(np.sum(positive)), len(positive)
    if yes in (0, n):
        return np.append(np.zeros(features.shape[1]), np.log((yes + 0.5) / (n - yes + 0.5)))
    model = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-9).fit(features, positive)
    return np.append(model.coef_.ravel(), model.intercept_)
