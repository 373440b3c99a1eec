"""A cumulative-logit model of ordered levels, with or without a random intercept per unit."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.models.ordinal.answers import levels_of, terms_matrix, units_of
from evalkit.models.ordinal.likelihood import Point
from evalkit.models.ordinal.maximum import SUSPECT, Best, highest_point, separated_terms, standard_errors
from evalkit.models.ordinal.profiles import profile_limits
from evalkit.models.ordinal.reach import Reach, reach_of

__all__ = ["OrdinalFit", "fit_cumulative_logit"]

Floats = NDArray[np.float64]

ZERO_SD = 1e-3


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """A fitted cumulative-logit model.

    Parameters
    ----------
    coefficients : pandas.DataFrame
        Per term: term, estimate, se, ci_low, ci_high, interval ("Wald" or "profile", with "t on … df" for terms that
        differ between units only), separated. A positive estimate means higher levels. A separated term has an
        infinite estimate, or a missing one where not even its sign is known, no standard error, and a profile interval
        with at most one finite end.
    thresholds : pandas.DataFrame
        Per pair of neighbouring levels in use: threshold ("2|3"), estimate, se, ci_low, ci_high, separated.
    sd : float
        Standard deviation of the units' intercepts; missing without units.
    sd_se, sd_low, sd_high : float
        Its standard error, missing at 0, and its profile interval where asked for.
    effects : pandas.DataFrame
        Per unit: unit, effect (conditional mode), se (conditional).
    loglik : float
        Maximised log likelihood.
    n, n_units : int
        Answers and units (0 without units).
    nodes : int
        Quadrature points (0 without units).
    level : float
        Confidence level of the intervals.
    separated : tuple of str
        Terms and thresholds without a finite estimate.
    unused : tuple of str
        Declared levels that nobody has; the thresholds around them are merged.
    sd_at_zero : bool
        Whether the units differ no more than chance: the fit is then that of the model without units.
    method : str
        Name of the method.
    """

    coefficients: pd.DataFrame
    thresholds: pd.DataFrame
    sd: float
    sd_se: float
    sd_low: float
    sd_high: float
    effects: pd.DataFrame
    loglik: float
    n: int
    n_units: int
    nodes: int
    level: float
    separated: tuple[str, ...]
    unused: tuple[str, ...]
    sd_at_zero: bool
    method: str


def fit_cumulative_logit(
    y: ArrayLike | pd.Series,
    x: pd.DataFrame,
    groups: ArrayLike | pd.Series | None = None,
    *,
    categories: Sequence[Any] | None = None,
    nodes: int = 10,
    level: float = 0.95,
    profile: Sequence[str] = (),
    max_iterations: int = 100,
) -> OrdinalFit:
    """Fit a cumulative-logit model by maximum likelihood.

    The units' intercepts are integrated out by adaptive Gauss–Hermite quadrature, the maximum is found by Newton's
    method on analytic derivatives, and standard errors come from the observed information. Intervals of terms that
    differ between units only are widened for few units (see `evalkit.models.ordinal.reach`).

    Parameters
    ----------
    y : array_like
        Level of each answer.
    x : pandas.DataFrame
        One numeric column per term, without a constant: the thresholds hold it. May have no columns.
    groups : array_like, optional
        Unit of each answer; without it there is no random intercept.
    categories : sequence, optional
        All levels in order, also those nobody has. When left out: those of an ordered categorical, else the sorted
        levels of `y`.
    nodes : int, default 10
        Quadrature points, at least 5.
    level : float, default 0.95
        Confidence level.
    profile : sequence of str, default ()
        Terms whose interval is found by profiling the likelihood, slower and better than ± standard errors; "sd" asks
        for that of the standard deviation.
    max_iterations : int, default 100
        Newton steps before the fit is given up.

    Returns
    -------
    OrdinalFit
        Coefficients, thresholds, units' effects and what to know about them.

    Raises
    ------
    EstimationError
        If fewer than two levels are used or fewer than two units are given, a value is missing, terms are collinear,
        terms that differ between units only leave no degree of freedom, or the fit does not converge.

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. JRSS B 42, 109–142.

    Hedeker, D. & Gibbons, R. D. (2006). Longitudinal Data Analysis, chapter 10. Wiley.

    Pinheiro, J. C. & Bates, D. M. (1995). Approximations to the log-likelihood function in the nonlinear mixed-effects
    model. Journal of Computational and Graphical Statistics 4, 12–35.

    Louis, T. A. (1982). Finding the observed information matrix when using the EM algorithm. JRSS B 44, 226–233.
    """
    _check_settings(x, groups, nodes=nodes, level=level, profile=profile)
    codes, used, unused = levels_of(y, categories)
    terms = [str(name) for name in x.columns]
    matrix = terms_matrix(x, codes.size)
    units, names = units_of(groups, codes.size)
    reach = reach_of(matrix, units, names.size, level=level)
    best = highest_point(
        codes, matrix, units, len(used), nodes=nodes if names.size else 0, max_iterations=max_iterations
    )
    infinite = separated_terms(best.pieces, best.point)
    at_zero = bool(names.size) and abs(best.point.value[-1]) < ZERO_SD
    se = standard_errors(best.point, best.held | np.append(np.zeros(best.held.size - 1, dtype=bool), at_zero))
    labels = [f"{low}|{high}" for low, high in itertools.pairwise(used)]
    arms, normal = np.where(reach.between, reach.wald, reach.normal), np.full(len(labels), reach.normal)
    coefficients = _estimates("term", terms, best.point, se, infinite, len(labels), arms)
    coefficients.insert(5, "interval", [reach.method(place, "Wald") for place in range(len(terms))])
    fit = OrdinalFit(
        coefficients=coefficients,
        thresholds=_estimates("threshold", labels, best.point, se, infinite, 0, normal),
        sd=abs(float(best.point.value[-1])) if names.size else math.nan,
        sd_se=float(se[-1]),
        sd_low=math.nan,
        sd_high=math.nan,
        effects=_unit_effects(best.point, names),
        loglik=best.point.loglik,
        n=codes.size,
        n_units=names.size,
        nodes=nodes if names.size else 0,
        level=level,
        separated=tuple(np.array(labels + terms, dtype=object)[infinite]),
        unused=unused,
        sd_at_zero=at_zero,
        method=f"cumulative logit, random intercept, {nodes} adaptive nodes" if names.size else "cumulative logit",
    )
    wanted = [*profile, *(term for term in terms if term in fit.separated and term not in profile)]
    return _with_profiles(fit, wanted, best, reach, max_iterations)


def _check_settings(
    x: pd.DataFrame, groups: ArrayLike | pd.Series | None, *, nodes: int, level: float, profile: Sequence[str]
) -> None:
    if nodes < 5:
        raise ValueError("nodes must be at least 5: fewer do not support the standard errors")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    unknown = [name for name in profile if name not in x.columns and not (name == "sd" and groups is not None)]
    if unknown:
        raise ValueError(f"profile asks for {unknown}, which the model does not have")


def _unit_effects(point: Point, names: NDArray[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": names,
            "effect": (point.value[-1] * point.modes)[: names.size],
            "se": (abs(point.value[-1]) * point.scale)[: names.size],
        }
    )


def _estimates(
    kind: str, names: list[str], point: Point, se: Floats, infinite: NDArray[np.bool_], first: int, arms: Floats
) -> pd.DataFrame:
    here = slice(first, first + len(names))
    estimate, error, lost = point.value[here], se[here], infinite[here]
    # A separated estimate that has not gone far out is held back by others that have: its sign says nothing.
    gone = np.where(np.abs(estimate) > SUSPECT, np.sign(estimate) * np.inf, np.nan)
    estimate, error = np.where(lost, gone, estimate), np.where(lost, np.nan, error)
    return pd.DataFrame(
        {
            kind: pd.Series(names, dtype="str"),
            "estimate": estimate,
            "se": error,
            "ci_low": np.where(lost, np.nan, estimate - arms * error),
            "ci_high": np.where(lost, np.nan, estimate + arms * error),
            "separated": lost,
        }
    )


def _with_profiles(fit: OrdinalFit, wanted: list[str], best: Best, reach: Reach, max_iterations: int) -> OrdinalFit:
    """Put profile intervals in the place of the Wald ones for the terms wanted."""
    if not wanted:
        return fit
    table = fit.coefficients.set_index("term")
    for name in wanted:
        if name == "sd":
            low, high = profile_limits(best, best.held.size - 1, reach.normal, max_iterations)
            fit = replace(fit, sd_low=low, sd_high=high)
            continue
        term = list(table.index).index(name)
        root = reach.root if reach.between[term] else reach.normal
        low, high = profile_limits(best, best.pieces.n_thresholds + term, root, max_iterations)
        table.loc[name, ["ci_low", "ci_high"]] = low, high
        table.loc[name, "interval"] = reach.method(term, "profile")
    return replace(fit, coefficients=table.reset_index())
