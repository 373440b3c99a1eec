"""From which probability a code is suggested, and how often that is right on documents that were not seen.

The documents are dealt into folds, and each fold is scored by models of the others; a logistic regression of those
scores gives the probability. A code's threshold is the lowest probability from which its suggestions were right as
often as asked for. A threshold that was chosen where it is measured flatters itself, so the precision that is shown
comes from thresholds that were chosen on the other folds. A code is left out where that precision is clearly below what
is asked for, or could be had by chance. What remains has been picked by its own numbers, and codes with few suggestions
therefore look somewhat better than they are; the precision over all codes (`Judged.tried`) is counted before any is
left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from evalkit.coding.learned.linear import fit_linear, fit_logistic
from evalkit.inference import wilson

__all__ = ["Judged", "judge_unseen", "threshold", "weights"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FOLDS = 5
STRENGTH = 0.3
LEAST_RIGHT = 2
LEAST_PROBABILITY = 0.2
"""Nothing less likely is suggested, however right the code's other suggestions are."""


@dataclass(frozen=True, eq=False)
class Judged:
    """How codes do on documents that their models had not seen.

    Attributes
    ----------
    slopes : numpy.ndarray of float, shape (2, n_codes)
        Slope and intercept that turn a score into a probability.
    thresholds : numpy.ndarray of float, shape (n_codes,)
        Missing where none is precise enough.
    tried : numpy.ndarray of bool, shape (n_segments, n_codes)
        What would have been suggested, by thresholds from the other folds.
    suggested : numpy.ndarray of bool, shape (n_segments, n_codes)
        The same for the codes that are not left out.
    """

    slopes: FloatArray
    thresholds: FloatArray
    tried: BoolArray
    suggested: BoolArray

    def probabilities(self, scores: FloatArray) -> FloatArray:
        """Return the probabilities of scores."""
        return np.asarray(expit(scores * self.slopes[0] + self.slopes[1]))


def weights(matrix: sparse.csr_matrix, coded: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the weights and intercepts of one linear model per code."""
    counts = fit_linear(matrix, coded, strength=STRENGTH)
    return np.asarray(matrix.T @ counts), counts.sum(axis=0)


def judge_unseen(
    matrix: sparse.csr_matrix,
    coded: BoolArray,
    documents: npt.NDArray[np.object_],
    fresh: BoolArray,
    precision: float,
) -> Judged:
    """Learn from some documents and judge others, in turn.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix, shape (n_segments, n_features)
        Features.
    coded : numpy.ndarray of bool, shape (n_segments, n_codes)
        Codes that people gave.
    documents : numpy.ndarray of object, shape (n_segments,)
        A document lies in one fold.
    fresh : numpy.ndarray of bool, shape (n_segments,)
        Segments that may set thresholds and measure; the others are only learned from.
    precision : float
        What is asked of suggestions.

    Returns
    -------
    Judged
        Probabilities, thresholds and what would have been suggested.
    """
    fold = _folds(documents)
    scores = np.full(coded.shape, -1.0)
    for held in np.unique(fold).tolist():
        seen, rest = fold != held, fold == held
        if seen.any():
            of_words, intercepts = weights(matrix[seen], coded[seen])
            scores[rest] = matrix[rest] @ of_words + intercepts
    codes = range(coded.shape[1])
    slopes = np.column_stack([_slope(scores[fresh, k], coded[fresh, k]) for k in codes])
    probable = expit(scores * slopes[0] + slopes[1])
    tried = np.zeros(coded.shape, dtype=bool)
    for held in np.unique(fold).tolist():
        seen, rest = fresh & (fold != held), fresh & (fold == held)
        own = np.array([threshold(probable[seen, k], coded[seen, k], precision) for k in codes])
        tried[rest] = probable[rest] >= own  # never where the threshold is missing
    thresholds = np.array([threshold(probable[fresh, k], coded[fresh, k], precision) for k in codes])
    thresholds[_left_out(tried, coded & fresh[:, None], int(fresh.sum()), precision)] = np.nan
    return Judged(slopes, thresholds, tried, tried & ~np.isnan(thresholds))


def threshold(probability: FloatArray, coded: BoolArray, precision: float) -> float:
    """Return the lowest probability from which enough suggestions are right; missing if there is none.

    Parameters
    ----------
    probability : numpy.ndarray of float, shape (n_segments,)
        Of one code.
    coded : numpy.ndarray of bool, shape (n_segments,)
        Who has it.
    precision : float
        Share of right suggestions that is asked for; they must be at least `LEAST_RIGHT`.

    Returns
    -------
    float
        A probability that occurs, or nan.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    right = np.cumsum(coded[order])
    # A threshold lies between two different probabilities.
    ends = np.append(ranked[1:] < ranked[:-1], True)
    likely = ends & (ranked >= LEAST_PROBABILITY)
    good = np.flatnonzero(likely & (right >= LEAST_RIGHT) & (right / np.arange(1, len(order) + 1) >= precision))
    return float(ranked[good[-1]]) if len(good) else float("nan")


def _left_out(tried: BoolArray, coded: BoolArray, n: int, precision: float) -> BoolArray:
    """Return the codes whose suggestions were hardly ever right, less often than asked, or as often as by chance."""
    out = []
    for right, suggested, having in zip((tried & coded).sum(axis=0), tried.sum(axis=0), coded.sum(axis=0), strict=True):
        found = wilson(right, suggested) if right >= LEAST_RIGHT else None
        out.append(found is None or found.ci_high < precision or found.ci_low <= having / max(n, 1))
    return np.array(out, dtype=bool)


def _folds(documents: npt.NDArray[np.object_]) -> IntArray:
    """Deal the documents out by length, so that no fold is much larger than another."""
    names, of, size = np.unique(documents, return_inverse=True, return_counts=True)
    order = np.lexsort((names, -size))
    fold = np.empty(len(names), dtype=np.int64)
    fold[order] = np.arange(len(names)) % FOLDS
    return fold[of]


def _slope(scores: FloatArray, coded: BoolArray) -> FloatArray:
    """Return slope and intercept that turn scores into probabilities; never a falling one."""
    share = float(coded.mean()) if len(coded) else 0.0
    if not 0 < share < 1:
        return np.array([0.0, np.inf if share else -np.inf])
    slope, intercept = fit_logistic(scores[:, None], coded)
    return np.array([slope, intercept]) if slope > 0 else np.array([0.0, np.log(share / (1 - share))])
