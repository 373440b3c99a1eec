"""Where the likelihood of an ordinal model is highest, how sharply, and along which terms it has no highest point."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import EstimationError
from evalkit.models.ordinal.likelihood import Pieces, Point, evaluate, pieces_of

__all__ = ["SUSPECT", "Best", "highest_point", "maximise", "separated_terms", "standard_errors"]

Floats = NDArray[np.float64]

DECREMENT = 1e-11  # squared Newton step in the metric of the information: far below any reported digit

SUSPECT = 9.0
"""Fitted logits beyond this are looked at for separation."""


@dataclass(frozen=True, slots=True)
class Best:
    """Where the likelihood is highest.

    Attributes
    ----------
    point : Point
        There.
    pieces : Pieces
        The data it was found on.
    held : numpy.ndarray of bool, shape (parameters,)
        Which parameters were not free.
    """

    point: Point
    pieces: Pieces
    held: NDArray[np.bool_]


def highest_point(
    codes: NDArray[np.intp],
    matrix: Floats,
    units: NDArray[np.intp],
    n_levels: int,
    *,
    nodes: int,
    max_iterations: int,
) -> Best:
    """Maximise without units, and from there with them where there are nodes to integrate over.

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
        Quadrature points; 0 for no random intercept.
    max_iterations : int
        Newton steps before it is given up.

    Returns
    -------
    Best
        The maximum.

    Raises
    ------
    EstimationError
        If none is found.
    """
    plain = pieces_of(codes, matrix, np.zeros(codes.size, dtype=np.intp), n_levels, nodes=1)
    held = np.zeros(plain.design.shape[1] + 1, dtype=bool)
    held[-1] = True
    start = np.concatenate([_start_thresholds(codes, n_levels), np.zeros(matrix.shape[1] + 1)])
    point = maximise(plain, start, held, max_iterations)
    if not nodes:
        return Best(point, plain, held)
    pieces = pieces_of(codes, matrix, units, n_levels, nodes=nodes)
    free = np.zeros_like(held)
    return Best(maximise(pieces, np.append(point.value[:-1], 1.0), free, max_iterations), pieces, free)


def _start_thresholds(codes: NDArray[np.intp], n_levels: int) -> Floats:
    below = np.cumsum(np.bincount(codes, minlength=n_levels))[:-1] / codes.size
    return np.asarray(np.log(below / (1 - below)))


def maximise(pieces: Pieces, start: Floats, held: NDArray[np.bool_], max_iterations: int) -> Point:
    """Climb by Newton steps, halved until they do not lose.

    Parameters
    ----------
    pieces : Pieces
        The data.
    start : numpy.ndarray, shape (parameters,)
        Where to begin.
    held : numpy.ndarray of bool, shape (parameters,)
        Which parameters keep their value.
    max_iterations : int
        Newton steps before it is given up.

    Returns
    -------
    Point
        The maximum.

    Raises
    ------
    EstimationError
        If none is found.
    """
    free = ~held
    point = evaluate(pieces, start, np.zeros(pieces.starts.size))
    for _ in range(max_iterations):
        if point is None or not math.isfinite(point.loglik):
            break
        step = np.zeros(start.size)
        step[free] = _uphill(-point.hessian[np.ix_(free, free)], point.gradient[free])
        if float(point.gradient @ step) < DECREMENT:
            return point
        point = _halved(pieces, point, step)
    raise EstimationError(
        f"ordinal model: no maximum found in {max_iterations} steps: a term or the units may tell the "
        "levels apart completely; use fewer terms or none per unit, or join levels.",
        sv=f"ordinalmodellen: inget maximum funnet på {max_iterations} steg: en term eller enheterna kan skilja "
        "nivåerna helt åt; använd färre termer eller ingen per enhet, eller slå ihop nivåer.",
    )


def _uphill(information: Floats, gradient: Floats) -> Floats:
    """Return the Newton step, with directions of wrong or no curvature turned uphill and kept short."""
    values, vectors = np.linalg.eigh(information)
    safe = np.maximum(np.abs(values), 1e-12 * max(float(np.abs(values).max()), 1e-12))
    step = vectors @ ((vectors.T @ gradient) / safe)
    return np.asarray(step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300)))


def _halved(pieces: Pieces, point: Point, step: Floats) -> Point | None:
    # Near the maximum the quadrature's own error (about 1e-8) may outweigh the gain of a step.
    for halving in range(40):
        there = evaluate(pieces, point.value + step / 2**halving, point.modes)
        if there is not None and there.loglik >= point.loglik - 1e-7:
            return there
    return None


def standard_errors(point: Point, without: NDArray[np.bool_]) -> Floats:
    """Compute standard errors from the observed information.

    Parameters
    ----------
    point : Point
        The maximum.
    without : numpy.ndarray of bool, shape (parameters,)
        Which parameters have none.

    Returns
    -------
    numpy.ndarray, shape (parameters,)
        Missing where there is none.
    """
    free = ~without
    se = np.full(point.value.size, np.nan)
    # A separated direction has next to no information; the pseudo-inverse leaves the other terms theirs.
    variance = np.diag(np.linalg.pinv(-point.hessian[np.ix_(free, free)], rcond=1e-14, hermitian=True))
    se[free] = np.sqrt(np.where(variance > 0, variance, np.nan))
    return se


def separated_terms(pieces: Pieces, point: Point) -> NDArray[np.bool_]:
    """Tell which thresholds and coefficients have no finite maximum-likelihood estimate.

    They have none if some direction never makes a piece or a gap less likely and makes at least one more likely: a
    linear programme, solved only if the fit went far out.

    Parameters
    ----------
    pieces : Pieces
        The data.
    point : Point
        Where the search for the maximum ended.

    Returns
    -------
    numpy.ndarray of bool, shape (thresholds and terms,)
        True where there is none.

    Raises
    ------
    EstimationError
        If the linear programme is not solved.

    References
    ----------
    Albert, A. & Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic regression models.
    Biometrika 71, 1–10.
    """
    from scipy.optimize import linprog

    p, k = pieces.design.shape[1], pieces.n_thresholds
    signed = pieces.design * pieces.sign[:, None]
    if not signed.size or (np.abs(signed @ point.value[:-1]) < SUSPECT).all():
        return np.zeros(p, dtype=bool)
    gaps = np.diff(np.eye(k, p), axis=0)
    rows = np.unique(np.vstack([signed, gaps]), axis=0)
    gain = np.eye(len(rows))
    solution = linprog(
        np.concatenate([np.zeros(p), -np.ones(len(rows))]),
        A_ub=np.hstack([-rows, gain]),
        b_ub=np.zeros(len(rows)),
        bounds=[(None, None)] * p + [(0, 1)] * len(rows),
        method="highs",
    )
    if solution.x is None:
        raise EstimationError(
            "ordinal model: could not tell whether the terms separate the levels; use fewer terms.",
            sv="ordinalmodellen: det gick inte att avgöra om termerna skiljer nivåerna helt åt; använd färre termer.",
        )
    return np.asarray(np.abs(solution.x[:p]) > 1e-7)
