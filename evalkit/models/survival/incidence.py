"""Cumulative incidence of an event that leaving can forestall."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError
from evalkit.inference import clopper_pearson
from evalkit.models.survival.times import Floats, checked_spells, reporting_points

__all__ = ["Incidence", "cumulative_incidence"]


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
    time, first = checked_spells(times, event)
    _, other = checked_spells(times, competing)
    if (first & other).any():
        raise EstimationError(
            f"cumulative_incidence: {int((first & other).sum())} units have both events; say which came first.",
            sv=f"kumulativ andel: {int((first & other).sum())} enheter har båda händelserna; ange vilken som "
            "kom först.",
        )
    points, reported = reporting_points(time, grid)
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
