"""How far an interval reaches: a normal quantile, or for terms that differ between units only, one for few units.

Maximum likelihood takes the units' spread to be known. For a term that is constant within every unit that is an error
that counts when units are few: with n units and k such terms, n − 1 − k degrees of freedom are left to estimate the
spread, and it comes out too small by (n − 1 − k)/n. In the balanced normal model the remedy is exact: the deviance at
a distance of t standard errors (with the unbiased spread) is n·log(1 + t²/(n − 1 − k)), so that is how far the profile
has to fall, and a Wald interval reaches t·√(n/(n − 1 − k)) of its standard errors. Here it is an approximation.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import EstimationError

__all__ = ["Reach", "reach_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the intervals reach.

    Attributes
    ----------
    between : numpy.ndarray of bool, shape (terms,)
        Whether a term differs between units only.
    df : int
        Degrees of freedom between units; without meaning where no term is of that kind.
    normal : float
        Standard errors of a Wald interval, and root of the deviance of a profile, for the others.
    wald, root : float
        The same for terms that differ between units only.
    """

    between: NDArray[np.bool_]
    df: int
    normal: float
    wald: float
    root: float

    def method(self, place: int, kind: str) -> str:
        """Name the interval of a term."""
        return f"{kind}, t on {self.df} df" if self.between[place] else kind


def reach_of(matrix: Floats, units: NDArray[np.intp], n_units: int, *, level: float) -> Reach:
    """Tell how far the interval of each term reaches.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (answers, terms)
        The terms.
    units : numpy.ndarray of int, shape (answers,)
        Unit of each answer.
    n_units : int
        How many units; 0 without a random intercept.
    level : float
        Level of the intervals.

    Returns
    -------
    Reach
        Normal for all terms without units.

    Raises
    ------
    EstimationError
        If terms that differ between units only leave no degree of freedom.

    References
    ----------
    Kackar, R. N. & Harville, D. A. (1984). Approximations for standard errors of estimators of fixed and random effects
    in mixed linear models. Journal of the American Statistical Association 79, 853–862.
    """
    from scipy.special import ndtri, stdtrit

    tail = (1 + level) / 2
    normal = float(ndtri(tail))
    between = np.zeros(matrix.shape[1], dtype=np.bool_)
    if n_units:
        first = np.zeros((n_units, matrix.shape[1]))
        first[units[::-1]] = matrix[::-1]
        between = (matrix == first[units]).all(axis=0)
    df = n_units - 1 - int(between.sum())
    if not between.any():
        return Reach(between, df, normal, normal, normal)
    if df < 1:
        raise EstimationError(
            f"ordinal model: {n_units} units are too few for {int(between.sum())} terms that differ between units "
            "only; use fewer such terms.",
            sv=f"ordinalmodellen: {n_units} enheter är för få för {int(between.sum())} termer som bara skiljer sig "
            "mellan enheter; använd färre sådana termer.",
        )
    t = float(stdtrit(df, tail))
    return Reach(between, df, normal, t * math.sqrt(n_units / df), math.sqrt(n_units * math.log1p(t * t / df)))
