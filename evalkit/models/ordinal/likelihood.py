"""The likelihood of ordered answers with its derivatives, the units' intercepts integrated out.

An answer in level j says "not above j" and "above j − 1", so its log likelihood is that of two Bernoulli answers plus a
term that only knows the gap between the two thresholds:

    log P(j) = log F(θ_j − η) + log F(η − θ_{j−1}) + log(1 − exp(θ_{j−1} − θ_j)).

Everything works on those *pieces*: rows of a logistic regression with a sign.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pieces", "Point", "evaluate", "pieces_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pieces:
    """The data as signed logistic rows, sorted by unit.

    Attributes
    ----------
    design : numpy.ndarray, shape (pieces, parameters)
        The thresholds' indicators, then minus the terms.
    sign : numpy.ndarray, shape (pieces,)
        1 for "not above", −1 for "above".
    unit, starts : numpy.ndarray of int
        Unit of each piece, and where each unit's pieces begin.
    gaps : numpy.ndarray
        Answers in each inner level.
    x, log_w : numpy.ndarray
        Quadrature nodes, and their log weights with the x² that adaptive quadrature adds.
    """

    design: Floats
    sign: Floats
    unit: NDArray[np.intp]
    starts: NDArray[np.intp]
    gaps: Floats
    x: Floats
    log_w: Floats

    @property
    def n_thresholds(self) -> int:
        """How many thresholds there are."""
        return self.gaps.size + 1


@dataclass(frozen=True, slots=True)
class Point:
    """Log likelihood and derivatives at a parameter vector.

    Attributes
    ----------
    value : numpy.ndarray, shape (parameters,)
        Thresholds, coefficients, standard deviation of the units' intercepts.
    loglik : float
        Log likelihood there.
    gradient, hessian : numpy.ndarray
        Its derivatives.
    modes, scale : numpy.ndarray, shape (units,)
        Each unit's most likely b, and the scale of its peak.
    """

    value: Floats
    loglik: float
    gradient: Floats
    hessian: Floats
    modes: Floats
    scale: Floats


def pieces_of(codes: NDArray[np.intp], matrix: Floats, units: NDArray[np.intp], n_levels: int, *, nodes: int) -> Pieces:
    """Split each answer into "not above its level" and "above the one below", where there are such levels.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (answers,)
        Level of each answer, from 0.
    matrix : numpy.ndarray, shape (answers, terms)
        The terms.
    units : numpy.ndarray of int, shape (answers,)
        Unit of each answer, from 0.
    n_levels : int
        How many levels are in use.
    nodes : int
        Quadrature points.

    Returns
    -------
    Pieces
        At most two per answer.
    """
    k = n_levels - 1
    upper, lower = np.flatnonzero(codes < k), np.flatnonzero(codes > 0)
    rows = np.concatenate([upper, lower])
    threshold = np.concatenate([codes[upper], codes[lower] - 1])
    sign = np.concatenate([np.ones(upper.size), -np.ones(lower.size)])
    order = np.argsort(units[rows], kind="stable")
    rows, threshold, sign = rows[order], threshold[order], sign[order]
    unit = units[rows]
    x, w = np.polynomial.hermite.hermgauss(nodes)
    return Pieces(
        design=np.column_stack([np.eye(k)[threshold], -matrix[rows]]),
        sign=sign,
        unit=unit,
        starts=np.flatnonzero(np.diff(unit, prepend=-1)),
        gaps=np.bincount(codes, minlength=n_levels)[1:-1].astype(float),
        x=x,
        log_w=np.log(w) + x**2,
    )


def evaluate(pieces: Pieces, value: Floats, modes: Floats) -> Point | None:
    """Compute the log likelihood with derivatives.

    Parameters
    ----------
    pieces : Pieces
        The data.
    value : numpy.ndarray, shape (parameters,)
        Thresholds, coefficients, standard deviation.
    modes : numpy.ndarray, shape (units,)
        Where to start looking for each unit's most likely b.

    Returns
    -------
    Point or None
        None where the thresholds are out of order.
    """
    from scipy.special import expit, log_expit, logsumexp

    theta, sd = value[: pieces.n_thresholds], value[-1]
    if (np.diff(theta) <= 0).any():
        return None
    fixed = pieces.design @ value[:-1]
    modes, scale = _conditional_modes(pieces, fixed, sd, modes)
    b = modes[:, None] + math.sqrt(2) * scale[:, None] * pieces.x
    b_piece, sign = b[pieces.unit], pieces.sign[:, None]
    margin = sign * (fixed[:, None] - sd * b_piece)
    joint = np.add.reduceat(log_expit(margin), pieces.starts, axis=0) - b**2 / 2 + pieces.log_w
    units = logsumexp(joint, axis=1)
    weight = np.exp(joint - units[:, None])
    miss = expit(-margin)
    score = _unit_scores(pieces, sign * miss, b_piece)
    gap, gap_gradient, gap_hessian = _gap_term(pieces, theta, value.size)
    mean = np.einsum("gk,gkp->gp", weight, score)
    flat = score.reshape(-1, value.size)
    # Louis: the information is what complete data would hold minus what not knowing b costs.
    spread = (flat * weight.reshape(-1, 1)).T @ flat - mean.T @ mean
    return Point(
        value=value,
        loglik=float(units.sum() + np.log(scale).sum() - scale.size * math.log(math.pi) / 2 + gap),
        gradient=mean.sum(axis=0) + gap_gradient,
        hessian=_complete_hessian(pieces, weight[pieces.unit] * miss * (1 - miss), b_piece) + spread + gap_hessian,
        modes=modes,
        scale=scale,
    )


def _conditional_modes(pieces: Pieces, fixed: Floats, sd: float, start: Floats) -> tuple[Floats, Floats]:
    """Return each unit's most likely b and the scale of its peak; the function is concave in b."""
    from scipy.special import expit

    b = start
    for _ in range(100):
        miss = expit(-pieces.sign * (fixed - sd * b[pieces.unit]))
        slope = -sd * np.add.reduceat(pieces.sign * miss, pieces.starts) - b
        curvature = 1 + sd**2 * np.add.reduceat(miss * (1 - miss), pieces.starts)
        step = np.clip(slope / curvature, -2, 2)
        b = b + step
        if np.abs(step).max() < 1e-10:
            break
    return b, 1 / np.sqrt(curvature)


def _unit_scores(pieces: Pieces, push: Floats, b_piece: Floats) -> Floats:
    """Return the score of each unit at each of its nodes, shape (units, nodes, parameters)."""
    by_node = [
        np.add.reduceat(np.column_stack([pieces.design * push[:, [k]], -b_piece[:, k] * push[:, k]]), pieces.starts)
        for k in range(push.shape[1])
    ]
    return np.stack(by_node, axis=1)


def _complete_hessian(pieces: Pieces, bend: Floats, b_piece: Floats) -> Floats:
    """Return the expected Hessian of the pieces, given b."""
    p = pieces.design.shape[1] + 1
    out = np.empty((p, p))
    out[:-1, :-1] = -(pieces.design * bend.sum(axis=1)[:, None]).T @ pieces.design
    out[:-1, -1] = out[-1, :-1] = pieces.design.T @ (bend * b_piece).sum(axis=1)
    out[-1, -1] = -(bend * b_piece**2).sum()
    return out


def _gap_term(pieces: Pieces, theta: Floats, size: int) -> tuple[float, Floats, Floats]:
    """Return Σ n log(1 − exp(−gap)) over the inner levels, with derivatives."""
    gap = np.diff(theta)
    slope = pieces.gaps / np.expm1(gap)
    bend = slope * np.exp(gap) / np.expm1(gap) if gap.size else slope
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    for j in range(gap.size):
        gradient[j] -= slope[j]
        gradient[j + 1] += slope[j]
        hessian[j : j + 2, j : j + 2] += bend[j] * np.array([[-1.0, 1.0], [1.0, -1.0]])
    return float((pieces.gaps * np.log(-np.expm1(-gap))).sum()), gradient, hessian
