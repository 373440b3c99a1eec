"""Profile intervals: where the likelihood, maximised over everything else, has fallen too far."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalkit.models.ordinal.likelihood import Point
from evalkit.models.ordinal.maximum import Best, maximise

__all__ = ["profile_limits"]

Floats = NDArray[np.float64]

FAR = 40.0  # a profile that has not fallen this far out on the logit scale has no limit on that side


def profile_limits(best: Best, place: int, root: float, max_iterations: int) -> tuple[float, float]:
    """Find where the deviance, maximised over everything else, has risen to the square of a root.

    Parameters
    ----------
    best : Best
        The maximum.
    place : int
        The parameter.
    root : float
        Of the deviance: that of the chi-square quantile, or larger.
    max_iterations : int
        Newton steps before a point of the profile is given up.

    Returns
    -------
    tuple of float
        Lower and upper limit, infinite where the profile never falls so far.

    Raises
    ------
    EstimationError
        If no maximum over the others is found.
    """
    pieces, point, held = best.pieces, best.point, best.held
    kept = held.copy()
    kept[place] = True
    floor = 0.0 if place == held.size - 1 else -math.inf
    centre = abs(point.value[place]) if floor == 0.0 else point.value[place]
    step, slope = _profile_direction(point, held, place)
    warm = point.value.copy()

    def excess(at: float) -> float:
        nonlocal warm
        # The others move along with the held one; thresholds must stay in order on the way.
        start = warm + slope * (at - warm[place])
        if (np.diff(start[: pieces.n_thresholds]) <= 0).any():
            start = warm.copy()
        start[place] = at
        there = maximise(pieces, start, kept, max_iterations)
        warm = there.value
        # The signed root of the deviance is close to a straight line, so few steps find where it crosses.
        return math.sqrt(max(2 * (point.loglik - there.loglik), 0.0)) - root

    low = _crossing(excess, centre, -root * step, floor=floor)
    warm = point.value.copy()
    return low, _crossing(excess, centre, root * step, floor=-math.inf)


def _profile_direction(point: Point, held: NDArray[np.bool_], place: int) -> tuple[float, Floats]:
    """Return a first step a little past one standard error, and how the others move per unit of this one."""
    slope = np.zeros(point.value.size)
    free = np.flatnonzero(~held)
    variance = np.linalg.pinv(-point.hessian[np.ix_(free, free)], rcond=1e-14, hermitian=True)
    column = variance[:, np.flatnonzero(free == place)[0]]
    spread = float(column[free == place][0])
    if not 0 < spread < FAR:
        return 1.0, slope
    slope[free] = column / spread
    return 1.1 * math.sqrt(spread), slope


def _crossing(excess: Callable[[float], float], centre: float, step: float, *, floor: float) -> float:
    """Walk away from the centre until the deviance is passed, then find where; infinite if it never is."""
    from scipy.optimize import brentq

    inside, outside = centre, max(centre + step, floor)
    while excess(outside) < 0:
        if outside == floor:
            return floor
        if abs(outside - centre) > FAR:
            return math.copysign(math.inf, step)
        inside, outside = outside, max(centre + 2 * (outside - centre), floor)
    if excess(inside) >= 0:
        return inside
    return float(brentq(excess, inside, outside, xtol=1e-7, rtol=1e-10))
