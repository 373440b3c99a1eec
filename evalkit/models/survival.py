"""Staying and leaving in discrete sessions: Kaplan–Meier, log-rank, cumulative incidence.

Time is the number of the first session a unit was no longer in; a unit that never left is censored at the last
session it was seen in. Someone seen in session k counts as at risk up to and including k.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError
from evalkit.inference import Randomisation, clopper_pearson, permute_labels

__all__ = [
    "Incidence",
    "LogRank",
    "RetentionBounds",
    "SurvivalCurve",
    "cumulative_incidence",
    "kaplan_meier",
    "leaving_times",
    "log_rank",
    "log_rank_permutation",
    "log_rank_statistics",
    "retention_bounds",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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


@dataclass(frozen=True, slots=True)
class LogRank:
    """A log-rank comparison of two groups.

    Parameters
    ----------
    statistic : float
        Chi-square on one degree of freedom.
    p_value : float
        Its asymptotic p-value; with few leavers use `log_rank_permutation`.
    observed, expected : float
        Leavers in the marked group, and how many there would be without a difference.
    variance : float
        Hypergeometric variance of observed − expected.
    n, n_group, n_left : int
        Units, units in the marked group, leavers.
    """

    statistic: float
    p_value: float
    observed: float
    expected: float
    variance: float
    n: int
    n_group: int
    n_left: int


@dataclass(frozen=True, slots=True)
class Incidence:
    """Cumulative incidence of an event that leaving can forestall.

    Parameters
    ----------
    table : pandas.DataFrame
        Per time: time, at_risk, events, competing, censored, incidence, ci_low, ci_high, competing_incidence,
        event_free. The three shares sum to 1.
    n, n_events, n_competing : int
        Units, units with the event, units with the competing event.
    level : float
        Level of each pointwise interval.
    method : str
        Name of the interval.
    """

    table: pd.DataFrame
    n: int
    n_events: int
    n_competing: int
    level: float
    method: str


def leaving_times(
    left_after: ArrayLike,
    left_by: ArrayLike,
    *,
    n_sessions: int,
    bound: Literal["earliest", "latest"] = "latest",
) -> tuple[Floats, Flags]:
    """Turn the interval in which each unit left into a time and whether it left.

    Parameters
    ----------
    left_after : array_like of float
        Last session the unit is known to have been in; missing when it did not leave or this is unknown.
    left_by : array_like of float
        First session by which it is known to have left; missing when it did not leave or this is unknown. Equal to
        `left_after` it says that the unit left right after that session.
    n_sessions : int
        Sessions held.
    bound : {"earliest", "latest"}, default "latest"
        End of the interval to use where it is wider than one session.

    Returns
    -------
    times : numpy.ndarray of float
        First session the unit was no longer in, or the last session where it did not leave.
    left : numpy.ndarray of bool
        Whether the unit left before the last session was over.

    Raises
    ------
    EstimationError
        If an interval ends before it begins or lies outside the sessions.
    """
    after, by = (pd.to_numeric(pd.Series(np.asarray(c, dtype=object)), errors="raise") for c in (left_after, left_by))
    after_, by_ = after.to_numpy(dtype=float, na_value=np.nan), by.to_numpy(dtype=float, na_value=np.nan)
    if after_.shape != by_.shape or after_.size == 0:
        raise EstimationError("leaving: needs left_after and left_by for each of at least one unit.")
    wrong = (by_ < after_) | (after_ < 0) | (by_ < 0) | (after_ > n_sessions) | (by_ > n_sessions + 1)
    if wrong.any():
        raise EstimationError(
            f"leaving: {int(wrong.sum())} units with an interval that ends before it begins or lies outside sessions "
            f"0–{n_sessions} (first: position {int(np.argmax(wrong))}); correct left_after_session and left_by_session."
        )
    stayed = np.isnan(after_) & np.isnan(by_)
    earliest = np.where(np.isnan(after_), 0, after_) + 1
    latest = np.fmax(np.where(np.isnan(by_), n_sessions, by_), earliest)
    # A leaving that is only known to have begun after session k may have come as late as the last session; it is
    # still a leaving, so it is not put off beyond the end unless it came after the last session itself.
    times = earliest if bound == "earliest" else latest
    left = ~stayed & (times <= n_sessions)
    return np.where(left, times, n_sessions), left


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
    time, event = _checked(times, left)
    points, reported = _points(time, grid)
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


def log_rank(times: ArrayLike, left: ArrayLike, group: ArrayLike) -> LogRank:
    """Compare the leaving of two groups by the log-rank statistic.

    Parameters
    ----------
    times : array_like of float
        Time of leaving or of censoring, positive.
    left : array_like of bool
        Whether the unit left.
    group : array_like of bool
        Whether the unit belongs to the marked group.

    Returns
    -------
    LogRank
        Statistic with the counts behind it.

    Raises
    ------
    EstimationError
        If a group is empty, nobody left, or a time is missing, infinite or not positive.

    References
    ----------
    Mantel, N. (1966). Evaluation of survival data and two new rank order statistics arising in its consideration.
    Cancer Chemotherapy Reports 50, 163–170.
    """
    from scipy.special import chdtrc

    time, event, marked = _checked_groups(times, left, group)
    observed, expected, variance = (float(part[0]) for part in _log_rank_parts(time, event, marked[np.newaxis]))
    statistic = float(_chi_square(*(np.array([part]) for part in (observed, expected, variance)))[0])
    return LogRank(
        statistic=statistic,
        p_value=float(chdtrc(1, statistic)),
        observed=observed,
        expected=expected,
        variance=variance,
        n=time.size,
        n_group=int(marked.sum()),
        n_left=int(event.sum()),
    )


def log_rank_statistics(times: ArrayLike, left: ArrayLike, labellings: ArrayLike) -> Floats:
    """Compute the log-rank chi-square of many labellings at once.

    Parameters
    ----------
    times : array_like of float
        Time of leaving or of censoring, positive.
    left : array_like of bool
        Whether the unit left.
    labellings : array_like of bool
        Shape (labellings, units): who belongs to the marked group.

    Returns
    -------
    numpy.ndarray of float
        One statistic per labelling; 0 where a group is empty at every leaving.

    Raises
    ------
    EstimationError
        If a time is missing, infinite or not positive, or the shapes differ.
    """
    time, event = _checked(times, left)
    table = np.asarray(labellings, dtype=bool)
    if table.ndim != 2 or table.shape[1] != time.size:
        raise EstimationError(f"log_rank: labellings must have one column for each of the {time.size} units.")
    return _chi_square(*_log_rank_parts(time, event, table))


def log_rank_permutation(
    times: ArrayLike,
    left: ArrayLike,
    group: ArrayLike,
    *,
    max_exact: int = 200_000,
    n_random: int = 99_999,
    seed: int = 0,
) -> Randomisation:
    """Test the log-rank statistic against all labellings of the units.

    Exact when the groups do not differ in how they are censored, as when everybody is followed to the last session.

    Parameters
    ----------
    times : array_like of float
        Time of leaving or of censoring, positive.
    left : array_like of bool
        Whether the unit left.
    group : array_like of bool
        Whether the unit belongs to the marked group.
    max_exact : int, default 200000
        All labellings are used up to this number, random ones beyond.
    n_random : int, default 99999
        Random labellings otherwise.
    seed : int, default 0
        Seed of the random labellings.

    Returns
    -------
    Randomisation
        The chi-square and the share of labellings with one at least as large.

    Raises
    ------
    EstimationError
        If a group is empty, nobody left, or a time is missing, infinite or not positive.

    Examples
    --------
    Five of fourteen left after sessions 2 and 3, all of them without the trait.

    >>> times, left = [3, 3, 3, 4, 4] + [6] * 9, [True] * 5 + [False] * 9
    >>> round(log_rank_permutation(times, left, [False] * 7 + [True] * 7).p_value, 3)
    0.021
    """
    time, event, marked = _checked_groups(times, left, group)

    def statistic(labellings: Flags) -> Floats:
        return _chi_square(*_log_rank_parts(time, event, labellings))

    return permute_labels(marked, statistic, max_exact=max_exact, n_random=n_random, seed=seed)


def cumulative_incidence(
    times: ArrayLike, event: ArrayLike, competing: ArrayLike, *, grid: ArrayLike | None = None, level: float = 0.95
) -> Incidence:
    """Compute how many have had an event by each time when leaving can come first.

    The interval is Clopper–Pearson's at the n that gives the Aalen–Johansen variance; without censoring that is the
    exact interval of the share of all enrolled.

    Parameters
    ----------
    times : array_like of float
        Time of whatever came first, or of censoring; positive.
    event, competing : array_like of bool
        Whether the unit's time is that of the event, or of the competing event.
    grid : array_like of float, optional
        Times to report; 0 and the observed times when left out.
    level : float, default 0.95
        Level of each pointwise interval.

    Returns
    -------
    Incidence
        One row per time.

    Raises
    ------
    EstimationError
        If there are no units, a unit has both events, or a time is missing, infinite or not positive.

    References
    ----------
    Aalen, O. O. & Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains based on
    censored observations. Scandinavian Journal of Statistics 5, 141–150.

    Marubini, E. & Valsecchi, M. G. (1995). Analysing Survival Data from Clinical Trials and Observational Studies,
    section 10.3. Wiley.
    """
    time, first = _checked(times, event)
    _, other = _checked(times, competing)
    if (first & other).any():
        raise EstimationError(
            f"cumulative_incidence: {int((first & other).sum())} units have both events; say which came first."
        )
    points, reported = _points(time, grid)
    now = time[:, None] == points
    at_risk = (time[:, None] >= points).sum(axis=0)
    events, leavings = (now & first[:, None]).sum(axis=0), (now & other[:, None]).sum(axis=0)
    shares = np.column_stack([events, leavings]) / np.maximum(at_risk, 1)[:, None]
    event_free = np.cumprod(1 - shares.sum(axis=1))
    before = np.concatenate([[1.0], event_free[:-1]])
    incidence, rival = np.cumsum(before[:, None] * shares, axis=0).T
    variance = _incidence_variance(at_risk, events, leavings, before, incidence)
    censored = (now & ~(first | other)[:, None]).sum(axis=0)
    known = time.size - (np.cumsum(censored) - censored)
    ends = [
        _effective_interval(share, spread, still=int(still), known=int(seen), level=level)
        for share, spread, still, seen in zip(incidence, variance, at_risk - events - leavings, known, strict=True)
    ]
    table = pd.DataFrame(
        {
            "time": points,
            "at_risk": at_risk,
            "events": events,
            "competing": leavings,
            "censored": censored,
            "incidence": incidence,
            "ci_low": [low for low, _ in ends],
            "ci_high": [high for _, high in ends],
            "competing_incidence": rival,
            "event_free": event_free,
        }
    )[reported].reset_index(drop=True)
    method = "Aalen–Johansen; Clopper–Pearson at the effective n"
    return Incidence(table, time.size, int(first.sum()), int(other.sum()), level, method)


def _points(time: Floats, grid: ArrayLike | None) -> tuple[Floats, Flags]:
    """Return every time to compute at, and which of them to report."""
    observed = np.unique(np.concatenate([[0.0], time]))
    if grid is None:
        return observed, np.ones(observed.size, dtype=bool)
    asked = np.unique(np.asarray(grid, dtype=float))
    if asked.size == 0 or not np.isfinite(asked).all() or asked[0] < 0:
        raise EstimationError("survival: the grid needs at least one time, none missing or before 0.")
    points = np.union1d(observed, asked)
    return points, np.isin(points, asked)


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


def _log_rank_parts(time: Floats, event: Flags, labellings: Flags) -> tuple[Floats, Floats, Floats]:
    """Return observed, expected and variance of the marked group's leavings, per labelling."""
    moments = np.unique(time[event])
    risk = (time[:, None] >= moments).astype(float)
    gone = ((time[:, None] == moments) & event[:, None]).sum(axis=0).astype(float)
    n = risk.sum(axis=0)
    marked = labellings.astype(float)
    share = marked @ risk / n
    spread = gone * (n - gone) / np.maximum(n - 1, 1)
    return marked @ event.astype(float), share @ gone, (share * (1 - share)) @ spread


def _chi_square(observed: Floats, expected: Floats, variance: Floats) -> Floats:
    some = variance > 1e-12
    return np.where(some, (observed - expected) ** 2 / np.where(some, variance, 1.0), 0.0)


def _incidence_variance(
    at_risk: NDArray[np.int64],
    events: NDArray[np.int64],
    leavings: NDArray[np.int64],
    before: Floats,
    incidence: Floats,
) -> Floats:
    """Return the delta-method variance of the Aalen–Johansen estimate at each time."""
    n, d, either = (np.asarray(c, dtype=float) for c in (at_risk, events, events + leavings))
    n = np.maximum(n, 1)
    # Where everybody at risk has an event nothing grows afterwards, so the first term's weight is 0.
    hazard = np.where(n > either, either / (n * np.maximum(n - either, 1)), 0.0)
    gain = incidence[:, None] - incidence[None, :]
    terms = gain**2 * hazard + before**2 * (n - d) * d / n**3 - 2 * gain * before * d / n**2
    return np.asarray(np.tril(terms).sum(axis=1))


def _effective_interval(share: float, variance: float, *, still: int, known: int, level: float) -> tuple[float, float]:
    """Return Clopper–Pearson limits at the n that would give this variance.

    Never fewer than those still at risk. A share of 0 or 1 has no variance: there the units followed so far count.
    """
    effective = max(share * (1 - share) / variance, still, 1.0) if variance > 1e-12 else max(known, 1.0)
    limits = clopper_pearson(min(share, 1.0) * effective, effective, level=level)
    return limits.ci_low, limits.ci_high


def _first_time(times: pd.Series, reached: pd.Series) -> float:
    return float(times[reached].iloc[0]) if reached.any() else math.inf


def _checked(times: ArrayLike, left: ArrayLike) -> tuple[Floats, Flags]:
    time, event = np.array(times, dtype=float), np.array(left, dtype=bool)
    if time.ndim != 1 or time.size == 0 or time.shape != event.shape:
        raise EstimationError("survival: needs one time and one status for each of at least one unit.")
    if not (np.isfinite(time) & (time > 0)).all():
        bad = int((~(np.isfinite(time) & (time > 0))).sum())
        raise EstimationError(
            f"survival: {bad} of {time.size} times are missing, infinite or not positive; correct them."
        )
    return time, event


def _checked_groups(times: ArrayLike, left: ArrayLike, group: ArrayLike) -> tuple[Floats, Flags, Flags]:
    time, event = _checked(times, left)
    marked = np.array(group, dtype=bool)
    if marked.shape != time.shape or marked.all() or not marked.any():
        raise EstimationError("log_rank: needs two groups that both have units.")
    if not event.any():
        raise EstimationError("log_rank: nobody left; there is nothing to compare.")
    return time, event, marked
