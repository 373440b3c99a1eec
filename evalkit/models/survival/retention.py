"""The Kaplan–Meier curve with beta-product intervals, and its bounds where leaving is an interval."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.models.survival.times import Floats, checked_spells, leaving_times, reporting_points

__all__ = ["RetentionBounds", "SurvivalCurve", "kaplan_meier", "retention_bounds"]


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan–Meier curve.

    Parameters
    ----------
    table : pandas.DataFrame
        Per time: time, at_risk, left, censored, survival, ci_low, ci_high.
    median : float
        First time at which at most half remain; infinite when more than half still do at the end.
    median_low, median_high : float
        Times at which the pointwise interval still holds one half.
    n, n_left : int
        Units and leavers.
    level : float
        Level of each pointwise interval.
    method : str
        Name of the interval.
    """

    table: pd.DataFrame
    median: float
    median_low: float
    median_high: float
    n: int
    n_left: int
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class RetentionBounds:
    """Retention when some leavings are known only as an interval of sessions.

    Parameters
    ----------
    table : pandas.DataFrame
        Per session: session, retained_low and retained_high (every leaving as early, as late as it can have been),
        ci_low of the former and ci_high of the latter.
    earliest, latest : SurvivalCurve
        The two curves.
    n, n_left, n_uncertain : int
        Units, leavers, and leavers whose session is not known exactly.
    level : float
        Level of each pointwise interval.
    method : str
        Name of the interval.
    """

    table: pd.DataFrame
    earliest: SurvivalCurve
    latest: SurvivalCurve
    n: int
    n_left: int
    n_uncertain: int
    level: float
    method: str


def kaplan_meier(
    times: ArrayLike, left: ArrayLike, *, grid: ArrayLike | None = None, level: float = 0.95
) -> SurvivalCurve:
    """Compute the Kaplan–Meier curve with beta-product intervals.

    Without censoring before a time its interval is Clopper–Pearson's, exactly.

    Parameters
    ----------
    times : array_like of float
        Time of leaving or of censoring, positive.
    left : array_like of bool
        Whether the unit left.
    grid : array_like of float, optional
        Times to report, as a rule the sessions; 0 and the observed times when left out.
    level : float, default 0.95
        Level of each pointwise interval.

    Returns
    -------
    SurvivalCurve
        One row per time.

    Raises
    ------
    EstimationError
        If there are no units, or a time is missing, infinite or not positive.

    References
    ----------
    Kaplan, E. L. & Meier, P. (1958). Nonparametric estimation from incomplete observations. JASA 53, 457–481.

    Fay, M. P., Brittain, E. H. & Proschan, M. A. (2013). Pointwise confidence intervals for a survival distribution
    with small samples or heavy censoring. Biostatistics 14, 723–736. Limits by the method of moments; ties as in Fay,
    M. P. & Brittain, E. H. (2016), Statistics in Medicine 35, 2726–2740.
    """
    time, event = checked_spells(times, left)
    points, reported = reporting_points(time, grid)
    at_risk = (time[:, None] >= points).sum(axis=0)
    n_left = ((time[:, None] == points) & event[:, None]).sum(axis=0)
    low, high = _beta_product(at_risk, n_left, level)
    table = pd.DataFrame(
        {
            "time": points,
            "at_risk": at_risk,
            "left": n_left,
            "censored": ((time[:, None] == points) & ~event[:, None]).sum(axis=0),
            "survival": np.cumprod(1 - n_left / np.maximum(at_risk, 1)),
            "ci_low": low,
            "ci_high": high,
        }
    )[reported].reset_index(drop=True)
    return SurvivalCurve(
        table=table,
        median=_first_time(table["time"], table["survival"] <= 0.5 + 1e-12),
        median_low=_first_time(table["time"], table["ci_low"] <= 0.5),
        median_high=_first_time(table["time"], table["ci_high"] < 0.5),
        n=time.size,
        n_left=int(event.sum()),
        level=level,
        method="beta product (Fay, Brittain & Proschan)",
    )


def retention_bounds(
    left_after: ArrayLike, left_by: ArrayLike, *, n_sessions: int, level: float = 0.95
) -> RetentionBounds:
    """Compute the share of units still in at each session, with bounds where a leaving is only known as an interval.

    Parameters
    ----------
    left_after, left_by : array_like of float
        See `leaving_times`.
    n_sessions : int
        Sessions held.
    level : float, default 0.95
        Level of each pointwise interval.

    Returns
    -------
    RetentionBounds
        One row per session from 0; the two curves agree where every leaving is known exactly.

    Raises
    ------
    EstimationError
        If an interval is impossible.
    """
    first = leaving_times(left_after, left_by, n_sessions=n_sessions, bound="earliest")
    last = leaving_times(left_after, left_by, n_sessions=n_sessions, bound="latest")
    sessions = np.arange(n_sessions + 1)
    earliest = kaplan_meier(*first, grid=sessions, level=level)
    latest = kaplan_meier(*last, grid=sessions, level=level)
    table = pd.DataFrame(
        {
            "session": sessions,
            "retained_low": earliest.table["survival"],
            "retained_high": latest.table["survival"],
            "ci_low": earliest.table["ci_low"],
            "ci_high": latest.table["ci_high"],
        }
    )
    uncertain = int(((first[0] != last[0]) | (first[1] != last[1])).sum())
    n_left = int(first[1].sum())
    return RetentionBounds(table, earliest, latest, earliest.n, n_left, uncertain, level, earliest.method)


def _beta_product(at_risk: NDArray[np.int64], n_left: NDArray[np.int64], level: float) -> tuple[Floats, Floats]:
    """Return the limits: quantiles of a product of independent betas, each leaving contributing one factor.

    The upper limit uses the product over the leavings so far, the lower one a further Beta(still in, 1) for the
    leaving that might come next. The product is taken as the beta with its first two moments, which in the sparse
    end of a curve moves a tail of .025 by up to .003.
    """
    tail = (1 - level) / 2
    left, still = n_left.astype(float), (at_risk - n_left).astype(float)
    mean = np.log((still + 1) / (still + 1 + left)).cumsum()
    # log E[X²] − 2 log E[X] of Beta(a, b) is log(1 + b / (a (a + b + 1))).
    spread = np.log1p(left / ((still + 1) * (still + left + 2))).cumsum()
    high = _beta_quantile(1 - tail, mean, spread, empty=1.0)
    some = np.maximum(still, 1)
    low = _beta_quantile(tail, mean + np.log(some / (some + 1)), spread + np.log1p(1 / (some * (some + 2))), empty=1.0)
    low[still == 0] = 0.0
    return np.minimum.accumulate(low), np.minimum.accumulate(high)


def _beta_quantile(q: float, log_mean: Floats, log_spread: Floats, *, empty: float) -> Floats:
    """Return the quantile of the beta with this mean and this ratio of second moment to squared mean (both logs)."""
    from scipy.special import betaincinv

    mean = np.exp(log_mean)
    out = np.full(mean.shape, empty)
    spread = log_spread > 0
    m = mean[spread]
    size = m * (1 - m) / (m**2 * np.expm1(log_spread[spread])) - 1
    out[spread] = betaincinv(m * size, (1 - m) * size, q)
    return out


def _first_time(times: pd.Series, reached: pd.Series) -> float:
    return float(times[reached].iloc[0]) if reached.any() else math.inf
