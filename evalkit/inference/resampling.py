"""Randomisation tests with their intervals, and the cluster bootstrap.

Both intervals by inversion rest on Hartigan's *typical values*: a hypothesised effect is rejected by as many
rearrangements as have a typical value beyond it, so the limits are order statistics and nothing is searched for.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError
from evalkit.inference.intervals import Alternative, Interval, finite_vector

__all__ = ["Randomisation", "all_labellings", "cluster_bootstrap", "permute_groups", "permute_labels", "sign_flip"]

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

EXACT_SIGNS = 20  # 2^20 sign vectors take a tenth of a second
BLOCK = 20_000  # rearrangements held in memory at a time


@dataclass(frozen=True, slots=True)
class Randomisation:
    """A randomisation test.

    Parameters
    ----------
    estimate : float
        The observed statistic.
    p_value : float
        Share of the rearrangements at least as extreme; a Monte Carlo share counts the observed one too.
    ci_low, ci_high : float
        Interval by inversion of the test; infinite where the rearrangements are too few for a limit, missing where
        the statistic has no shift to invert.
    level : float
        Confidence level of the interval.
    n : int
        Observations.
    n_arrangements : int
        Rearrangements looked at.
    exact : bool
        Whether they were all there are.
    alternative : {"two-sided", "greater", "less"}
        What counted as extreme.
    method : str
        Name of the method.
    """

    estimate: float
    p_value: float
    ci_low: float
    ci_high: float
    level: float
    n: int
    n_arrangements: int
    exact: bool
    alternative: Alternative
    method: str


def sign_flip(
    values: ArrayLike,
    *,
    null: float = 0.0,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    n_random: int = 99_999,
    seed: int = 0,
) -> Randomisation:
    """Test whether values lie symmetrically about a number, by flipping their signs.

    All 2^n sign vectors are used up to n = 20, random ones beyond. Zeros are kept: flipping them changes nothing, so
    they do not move the p-value, but they do belong in the mean and its interval.

    Parameters
    ----------
    values : array_like of float
        One difference, slope or contrast per unit.
    null : float, default 0
        Hypothesised centre.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        Side of the alternative; two-sided p is twice the smaller one-sided p, at most 1.
    level : float, default 0.95
        Level of the interval of the mean.
    n_random : int, default 99999
        Random sign vectors beyond n = 20.
    seed : int, default 0
        Seed of the random sign vectors.

    Returns
    -------
    Randomisation
        The mean with its interval by inversion. With few units no limit exists at the level and it is infinite (at
        level .95, two-sided, below n = 6).

    Raises
    ------
    EstimationError
        If there are no values, or one is missing or infinite.

    References
    ----------
    Fisher, R. A. (1935). The Design of Experiments, section 21.

    Hartigan, J. A. (1969). Using subsample values as typical values. JASA 64, 1303–1317.

    Examples
    --------
    >>> sign_flip([1, 2, 3, 4, 5, 6]).p_value
    0.03125
    """
    x = finite_vector(values, "sign_flip", minimum=1)
    exact = x.size <= EXACT_SIGNS
    typical = _subset_means(x) if exact else _random_subset_means(x, n_random, np.random.default_rng(seed))
    p_value, low, high = _invert(typical, x, null=null, alternative=alternative, level=level)
    how = "all" if exact else "random"
    return Randomisation(
        estimate=float(x.mean()),
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        level=level,
        n=x.size,
        n_arrangements=typical.size + 1,
        exact=exact,
        alternative=alternative,
        method=f"sign flip, {how} {typical.size + 1} sign vectors",
    )


def permute_groups(
    first: ArrayLike,
    second: ArrayLike,
    *,
    null: float = 0.0,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
    max_exact: int = 200_000,
    n_random: int = 99_999,
    seed: int = 0,
) -> Randomisation:
    """Test the difference of two groups' means by permuting who belongs to which.

    Parameters
    ----------
    first, second : array_like of float
        Values of the two groups; the difference is first minus second.
    null : float, default 0
        Hypothesised difference.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        Side of the alternative; two-sided p is twice the smaller one-sided p, at most 1.
    level : float, default 0.95
        Level of the interval, which assumes that the groups differ by a shift.
    max_exact : int, default 200000
        All labellings are used up to this number, random ones beyond.
    n_random : int, default 99999
        Random labellings otherwise.
    seed : int, default 0
        Seed of the random labellings.

    Returns
    -------
    Randomisation
        The difference of the means with its interval by inversion.

    Raises
    ------
    EstimationError
        If a group is empty, or a value is missing or infinite.

    References
    ----------
    Pitman, E. J. G. (1937). Significance tests which may be applied to samples from any populations. Supplement to
    the Journal of the Royal Statistical Society 4, 119–130.
    """
    a, b = (finite_vector(group, "permute_groups", minimum=1) for group in (first, second))
    pooled = np.concatenate([a, b])
    observed = np.arange(pooled.size) < a.size
    exact = math.comb(pooled.size, a.size) <= max_exact
    typical = np.concatenate([_exchange(pooled, block, a.size) for block in _blocks(observed, exact, n_random, seed)])
    # A labelling that exchanges nobody is the observed one: it is counted by the 1 in (b + 1)/(m + 1).
    repeats = int(np.isnan(typical).sum()) - exact
    typical = typical[~np.isnan(typical)]
    p_value, low, high = _invert(typical, pooled, null=null, alternative=alternative, level=level, repeats=repeats)
    total = typical.size + repeats + 1
    return Randomisation(
        estimate=float(a.mean() - b.mean()),
        p_value=p_value,
        ci_low=low,
        ci_high=high,
        level=level,
        n=pooled.size,
        n_arrangements=total,
        exact=exact,
        alternative=alternative,
        method=f"permutation of group labels, {'all' if exact else 'random'} {total} labellings",
    )


def permute_labels(
    labels: ArrayLike,
    statistic: Callable[[Labels], Floats],
    *,
    alternative: Alternative = "greater",
    level: float = 0.95,
    max_exact: int = 200_000,
    n_random: int = 99_999,
    seed: int = 0,
) -> Randomisation:
    """Test any statistic of a two-group labelling by permuting the labels.

    Parameters
    ----------
    labels : array_like of bool
        Which observations belong to the first group.
    statistic : callable
        Takes labellings of shape (m, n) and returns their m statistics.
    alternative : {"two-sided", "greater", "less"}, default "greater"
        Side of the alternative. Two-sided counts absolute values, so the statistic should be centred on 0.
    level : float, default 0.95
        Carried in the result; a general statistic has no interval by inversion and its limits are missing.
    max_exact : int, default 200000
        All labellings are used up to this number, random ones beyond.
    n_random : int, default 99999
        Random labellings otherwise, with p = (b + 1)/(m + 1).
    seed : int, default 0
        Seed of the random labellings.

    Returns
    -------
    Randomisation
        The observed statistic and its p-value.

    Raises
    ------
    EstimationError
        If one of the two groups is empty, or the statistic is not a number for some labelling.

    References
    ----------
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical Applications in Genetics
    and Molecular Biology 9, article 39.
    """
    observed = np.array(labels, dtype=bool)
    if observed.ndim != 1 or observed.all() or not observed.any():
        raise EstimationError(
            "permute_labels: both groups must have members; there is nothing to permute.",
            sv="permutationstest: båda grupperna måste ha medlemmar; det finns inget att kasta om.",
        )
    exact = math.comb(observed.size, int(observed.sum())) <= max_exact
    estimate = float(np.asarray(statistic(observed[np.newaxis]), dtype=float)[0])
    others = np.concatenate(
        [np.asarray(statistic(block), dtype=float) for block in _blocks(observed, exact, n_random, seed)]
    )
    if not np.isfinite(others).all() or not math.isfinite(estimate):
        raise EstimationError(
            "permute_labels: the statistic is undefined for some labelling; define it there.",
            sv="permutationstest: måttet är odefinierat för någon indelning; definiera det där.",
        )
    extreme = _at_least_as_extreme(others, estimate, alternative)
    total = others.size + (0 if exact else 1)
    return Randomisation(
        estimate=estimate,
        p_value=(extreme + (0 if exact else 1)) / total,
        ci_low=math.nan,
        ci_high=math.nan,
        level=level,
        n=observed.size,
        n_arrangements=total,
        exact=exact,
        alternative=alternative,
        method=f"permutation of labels, {'all' if exact else 'random'} {total} labellings",
    )


def cluster_bootstrap(
    data: pd.DataFrame | NDArray[Any],
    clusters: ArrayLike,
    statistic: Callable[[Any], float],
    *,
    min_clusters: int = 20,
    n_resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Compute a percentile interval by resampling whole clusters.

    Parameters
    ----------
    data : pandas.DataFrame or numpy.ndarray
        Observations in rows.
    clusters : array_like
        Cluster of each row; rows of one cluster are drawn together.
    statistic : callable
        Takes data of the same kind and returns a number.
    min_clusters : int, default 20
        Fewest clusters accepted: percentile intervals of fewer cover less than they say.
    n_resamples : int, default 2000
        Bootstrap samples.
    level : float, default 0.95
        Confidence level.
    seed : int, default 0
        Seed of the resampling.

    Returns
    -------
    Interval
        The statistic of the data with its limits; n is the number of clusters.

    Raises
    ------
    EstimationError
        If there are too few clusters, or the statistic is undefined in the data or a resample.

    References
    ----------
    Davison, A. C. & Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 3.8. Cambridge.
    """
    codes, names = pd.factorize(np.asarray(clusters))
    if len(codes) != len(data) or (codes < 0).any():
        raise EstimationError(
            "cluster_bootstrap: every row needs a cluster; correct the cluster column.",
            sv="klusterbootstrap: varje rad behöver ett kluster; rätta den kolumnen.",
        )
    if len(names) < min_clusters:
        raise EstimationError(
            f"cluster_bootstrap: {len(names)} clusters, at least {min_clusters} are needed; use t over units.",
            sv=f"klusterbootstrap: {len(names)} kluster, minst {min_clusters} behövs; använd t över enheter.",
        )
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(names), size=(n_resamples, len(names)))
    take = data.iloc.__getitem__ if isinstance(data, pd.DataFrame) else data.__getitem__
    estimate = float(statistic(data))
    values = np.array([float(statistic(take(np.concatenate([members[c] for c in draw])))) for draw in draws])
    undefined = int((~np.isfinite(values)).sum())
    if undefined or not math.isfinite(estimate):
        raise EstimationError(
            f"cluster_bootstrap: the statistic is undefined in {undefined} of {n_resamples} resamples.",
            sv=f"klusterbootstrap: måttet är odefinierat i {undefined} av {n_resamples} omdragningar.",
        )
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    method = f"percentile bootstrap of {len(names)} clusters, {n_resamples} resamples"
    return Interval(estimate, float(low), float(high), level, len(names), method)


@lru_cache(maxsize=16)
def all_labellings(n: int, size: int) -> Labels:
    """List every way to choose the first group's members.

    Parameters
    ----------
    n : int
        Observations.
    size : int
        Members of the first group.

    Returns
    -------
    numpy.ndarray of bool
        Read-only, one labelling per row, in lexicographic order.

    Examples
    --------
    >>> all_labellings(14, 7).shape
    (3432, 14)
    """
    count = math.comb(n, size)
    chosen = np.fromiter(itertools.chain.from_iterable(itertools.combinations(range(n), size)), np.intp, count * size)
    table = np.zeros((count, n), dtype=bool)
    table[np.repeat(np.arange(count), size), chosen] = True
    table.flags.writeable = False
    return table


def _blocks(observed: Labels, exact: bool, n_random: int, seed: int) -> list[Labels]:
    if exact:
        table = all_labellings(observed.size, int(observed.sum()))
        return [table[start : start + BLOCK] for start in range(0, len(table), BLOCK)]
    rng = np.random.default_rng(seed)
    sizes = [min(BLOCK, n_random - start) for start in range(0, n_random, BLOCK)]
    return [rng.permuted(np.tile(observed, (size, 1)), axis=1) for size in sizes]


def _subset_means(x: Floats) -> Floats:
    """Return the mean of every non-empty subset."""
    sums, counts = np.zeros(1), np.zeros(1)
    for value in x:
        sums, counts = np.concatenate([sums, sums + value]), np.concatenate([counts, counts + 1])
    return np.asarray(sums[1:] / counts[1:])


def _random_subset_means(x: Floats, n_random: int, rng: np.random.Generator) -> Floats:
    parts = []
    for start in range(0, n_random, BLOCK):
        flipped = rng.integers(0, 2, size=(min(BLOCK, n_random - start), x.size)).astype(float)
        counts = flipped.sum(axis=1)
        # Beyond 20 values an empty subset has a chance below one in a million; it is left out.
        parts.append((flipped @ x)[counts > 0] / counts[counts > 0])
    return np.concatenate(parts)


def _exchange(pooled: Floats, labellings: Labels, size: int) -> Floats:
    """Return by how much the exchanged members differ in mean, missing where nobody is exchanged."""
    out, into = ~labellings[:, :size], labellings[:, size:]
    k = out.sum(axis=1)
    difference = out @ pooled[:size] - into @ pooled[size:]
    return np.where(k > 0, difference / np.maximum(k, 1), np.nan)


def _invert(
    typical: Floats, x: Floats, *, null: float, alternative: Alternative, level: float, repeats: int = 0
) -> tuple[float, float, float]:
    """Return p and the limits: p(θ) = (1 + number of typical values at or beyond θ) / number of rearrangements."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    total = typical.size + repeats + 1
    tie = 1e-10 * (float(np.abs(x).max()) + abs(null))
    # Repeats of the observed arrangement are as extreme as itself, on either side and for any θ.
    greater = (1 + repeats + int((typical <= null + tie).sum())) / total
    less = (1 + repeats + int((typical >= null - tie).sum())) / total
    tail = (1 - level) / (2 if alternative == "two-sided" else 1)
    # The smallest θ with p(θ) > tail is the k-th smallest typical value; rounding must not lose a whole k.
    k = math.floor(total * tail + 1e-9) - repeats
    ends = (-math.inf, math.inf)
    if k > 0:
        ordered = np.partition(typical, sorted({k - 1, typical.size - k}))
        ends = (float(ordered[k - 1]), float(ordered[typical.size - k]))
    if alternative == "greater":
        return greater, ends[0], math.inf
    if alternative == "less":
        return less, -math.inf, ends[1]
    return min(1.0, 2 * min(greater, less)), *ends


def _at_least_as_extreme(others: Floats, observed: float, alternative: Alternative) -> int:
    if alternative == "two-sided":
        others, observed = np.abs(others), abs(observed)
    elif alternative == "less":
        others, observed = -others, -observed
    return int((others >= observed - 1e-10 * max(1.0, abs(observed))).sum())
