"""The log-rank statistic: asymptotic, of many labellings at once, and exact by permuting labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evalkit.errors import EstimationError
from evalkit.inference import Randomisation, permute_labels
from evalkit.models.survival.times import Flags, Floats, checked_spells

__all__ = ["LogRank", "log_rank", "log_rank_permutation", "log_rank_statistics"]


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
    time, event = checked_spells(times, left)
    table = np.asarray(labellings, dtype=bool)
    if table.ndim != 2 or table.shape[1] != time.size:
        raise EstimationError(
            f"log_rank: labellings must have one column for each of the {time.size} units.",
            sv=f"log-rank: indelningarna ska ha en kolumn för var och en av de {time.size} enheterna.",
        )
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


def _checked_groups(times: ArrayLike, left: ArrayLike, group: ArrayLike) -> tuple[Floats, Flags, Flags]:
    time, event = checked_spells(times, left)
    marked = np.array(group, dtype=bool)
    if marked.shape != time.shape or marked.all() or not marked.any():
        raise EstimationError(
            "log_rank: needs two groups that both have units.", sv="log-rank: två grupper behövs, båda med enheter."
        )
    if not event.any():
        raise EstimationError(
            "log_rank: nobody left; there is nothing to compare.",
            sv="log-rank: ingen lämnade; det finns inget att jämföra.",
        )
    return time, event, marked
