"""When each unit left: spells checked, intervals of leaving turned into times."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError

__all__ = ["Flags", "Floats", "checked_spells", "leaving_times", "reporting_points"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
        raise EstimationError(
            "leaving: needs left_after and left_by for each of at least one unit.",
            sv="avhopp: left_after och left_by behövs för var och en av minst en enhet.",
        )
    wrong = (by_ < after_) | (after_ < 0) | (by_ < 0) | (after_ > n_sessions) | (by_ > n_sessions + 1)
    if wrong.any():
        raise EstimationError(
            f"leaving: {int(wrong.sum())} units with an interval that ends before it begins or lies outside sessions "
            f"0–{n_sessions} (first: position {int(np.argmax(wrong))}); correct left_after_session and "
            "left_by_session.",
            sv=f"avhopp: {int(wrong.sum())} enheter har ett intervall som slutar innan det börjar eller ligger utanför "
            f"träff 0–{n_sessions} (den första: plats {int(np.argmax(wrong))}); rätta left_after_session och "
            "left_by_session.",
        )
    stayed = np.isnan(after_) & np.isnan(by_)
    earliest = np.where(np.isnan(after_), 0, after_) + 1
    latest = np.fmax(np.where(np.isnan(by_), n_sessions, by_), earliest)
    # A leaving that is only known to have begun after session k may have come as late as the last session; it is
    # still a leaving, so it is not put off beyond the end unless it came after the last session itself.
    times = earliest if bound == "earliest" else latest
    left = ~stayed & (times <= n_sessions)
    return np.where(left, times, n_sessions), left


def checked_spells(times: ArrayLike, left: ArrayLike) -> tuple[Floats, Flags]:
    """Return times and statuses as arrays.

    Parameters
    ----------
    times : array_like of float
        Time of leaving or of censoring, positive.
    left : array_like of bool
        Whether the unit left.

    Returns
    -------
    tuple of numpy.ndarray
        Both, of one length.

    Raises
    ------
    EstimationError
        If there are no units, the lengths differ, or a time is missing, infinite or not positive.
    """
    time, event = np.array(times, dtype=float), np.array(left, dtype=bool)
    if time.ndim != 1 or time.size == 0 or time.shape != event.shape:
        raise EstimationError(
            "survival: needs one time and one status for each of at least one unit.",
            sv="avhopp: en tid och ett utfall behövs för var och en av minst en enhet.",
        )
    if not (np.isfinite(time) & (time > 0)).all():
        bad = int((~(np.isfinite(time) & (time > 0))).sum())
        raise EstimationError(
            f"survival: {bad} of {time.size} times are missing, infinite or not positive; correct them.",
            sv=f"avhopp: {bad} av {time.size} tider saknas, är oändliga eller inte positiva; rätta dem.",
        )
    return time, event


def reporting_points(time: Floats, grid: ArrayLike | None) -> tuple[Floats, Flags]:
    """Return every time to compute at, and which of them to report.

    Parameters
    ----------
    time : numpy.ndarray of float
        Observed times.
    grid : array_like of float or None
        Times to report; None for 0 and those observed.

    Returns
    -------
    tuple of numpy.ndarray
        Times in order, and a flag for each.

    Raises
    ------
    EstimationError
        If the grid is empty or a time in it is missing or before 0.
    """
    observed = np.unique(np.concatenate([[0.0], time]))
    if grid is None:
        return observed, np.ones(observed.size, dtype=bool)
    asked = np.unique(np.asarray(grid, dtype=float))
    if asked.size == 0 or not np.isfinite(asked).all() or asked[0] < 0:
        raise EstimationError(
            "survival: the grid needs at least one time, none missing or before 0.",
            sv="avhopp: minst en tid ska redovisas, ingen saknad eller före 0.",
        )
    points = np.union1d(observed, asked)
    return points, np.isin(points, asked)
