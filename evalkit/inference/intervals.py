"""Intervals for proportions and means, and for their sums and differences."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evalkit.errors import EstimationError

__all__ = [
    "Alternative",
    "Interval",
    "clopper_pearson",
    "hypergeometric",
    "korn_graubard",
    "mean_t",
    "mover_difference",
    "mover_sum",
    "wilson",
]

Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval.

    Parameters
    ----------
    estimate : float
        The point estimate.
    ci_low, ci_high : float
        Ends of the interval; infinite where a one-sided interval has none.
    level : float
        Confidence level, such as .95.
    n : float
        Observations it rests on; an effective number where the method works with one.
    method : str
        Name of the method, as a methods section would write it.
    """

    estimate: float
    ci_low: float
    ci_high: float
    level: float
    n: float
    method: str


def clopper_pearson(successes: float, n: float, *, level: float = 0.95) -> Interval:
    """Compute the exact interval of a proportion.

    It never covers less than its level, whatever the true proportion; the price is width.

    Parameters
    ----------
    successes, n : float
        Successes among n trials. Whole numbers give the exact interval; an effective n and its share of successes
        are accepted too (see `korn_graubard`).
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Interval
        Proportion with its limits.

    Raises
    ------
    EstimationError
        If there are no trials, or not 0 ≤ successes ≤ n.

    References
    ----------
    Clopper, C. J. & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. Biometrika 26, 404–413.

    Examples
    --------
    >>> completed = clopper_pearson(9, 14)
    >>> round(completed.ci_low, 3), round(completed.ci_high, 3)
    (0.351, 0.872)
    """
    _check_level(level)
    _check_counts(successes, n)
    low, high = _beta_limits(successes, n, level)
    return Interval(successes / n, low, high, level, n, "Clopper–Pearson")


def wilson(successes: float, n: float, *, level: float = 0.95, df: float | None = None) -> Interval:
    """Compute the score interval of a proportion.

    Parameters
    ----------
    successes, n : float
        Successes among n trials; both may be effective numbers, such as a count divided by its design effect.
    level : float, default 0.95
        Confidence level.
    df : float, optional
        Degrees of freedom: with few clusters the t quantile takes the place of the normal one.

    Returns
    -------
    Interval
        Proportion with its limits.

    Raises
    ------
    EstimationError
        If there are no trials, or not 0 ≤ successes ≤ n, or df is not positive.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.
    """
    from scipy.special import ndtri, stdtrit

    _check_level(level)
    _check_counts(successes, n)
    if df is not None and not df > 0:
        raise EstimationError(
            f"wilson: {df} degrees of freedom; at least two clusters are needed.",
            sv=f"Wilsons intervall: {df} frihetsgrader; minst två kluster behövs.",
        )
    upper = (1 + level) / 2
    z2 = float(ndtri(upper) if df is None else stdtrit(df, upper)) ** 2
    p = successes / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # At 0 and n the limit equals the estimate; rounding must not push it past.
    low, high = min(max(centre - half, 0.0), p), max(min(centre + half, 1.0), p)
    return Interval(p, low, high, level, n, "Wilson" if df is None else f"Wilson with t on {df:g} df")


def hypergeometric(successes: int, n: int, population: int, *, level: float = 0.95) -> Interval:
    """Compute the exact interval of a proportion of a finite population, from a simple random sample of it.

    Parameters
    ----------
    successes, n : int
        Successes in the sample, and its size.
    population : int
        Size of the population the sample was drawn from without replacement.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Interval
        Proportion of the population with its limits; a census has no uncertainty.

    Raises
    ------
    EstimationError
        If the sample is empty or larger than the population, or not 0 ≤ successes ≤ n.

    References
    ----------
    Buonaccorsi, J. P. (1987). A note on confidence intervals for proportions in finite populations. The American
    Statistician 41, 215–218.
    """
    from scipy.stats import hypergeom

    _check_level(level)
    _check_counts(successes, n)
    if n > population:
        raise EstimationError(
            f"hypergeometric: sample of {n} from a population of {population}; correct the counts.",
            sv=f"hypergeometriskt intervall: {n} dragna ur {population}; rätta antalen.",
        )
    tail = (1 - level) / 2 * (1 + 1e-9)  # a total rejected at exactly the level stays rejected whatever the rounding
    totals = range(successes, population - n + successes + 1)
    # Both tail probabilities are monotone in the population's total: the limits are where they cross the tail.
    first = bisect.bisect_right(totals, tail, key=lambda total: hypergeom.sf(successes - 1, population, total, n))
    past = bisect.bisect_left(totals, -tail, key=lambda total: -hypergeom.cdf(successes, population, total, n))
    low, high = totals[first] / population, totals[past - 1] / population
    return Interval(successes / n, low, high, level, n, "exact hypergeometric")


def korn_graubard(
    hits: ArrayLike, weights: ArrayLike, *, population: float | None = None, level: float = 0.95
) -> Interval:
    """Compute the interval of a proportion from a sample drawn with unequal probabilities.

    The Clopper–Pearson limits at Kish's effective sample size, which is divided by the finite population correction
    when the size of the population is known.

    Parameters
    ----------
    hits : array_like of bool
        Whether each sampled item has the property.
    weights : array_like of float
        Weight of each item, as a rule one over its probability of being drawn.
    population : float, optional
        Size of the population; without it no correction is made.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Interval
        Weighted proportion with its limits; n is the effective sample size, infinite for a census.

    Raises
    ------
    EstimationError
        If there are no items, weights are not positive, or the sample is larger than the population.

    References
    ----------
    Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193–201.

    Kish, L. (1965). Survey Sampling. Wiley.
    """
    _check_level(level)
    hit, weight = np.asarray(hits, dtype=float), np.asarray(weights, dtype=float)
    if hit.ndim != 1 or hit.shape != weight.shape or hit.size == 0:
        raise EstimationError(
            "korn_graubard: needs one weight for each of at least one sampled item.",
            sv="Korn–Graubards intervall: kräver minst en dragen enhet och en vikt för var och en.",
        )
    if not np.isin(hit, (0.0, 1.0)).all() or not (np.isfinite(weight) & (weight > 0)).all():
        raise EstimationError(
            "korn_graubard: hits must be true or false and weights positive; correct the sample.",
            sv="Korn–Graubards intervall: träffar ska vara sanna eller falska och vikter positiva; rätta stickprovet.",
        )
    if population is not None and population < hit.size:
        raise EstimationError(
            f"korn_graubard: {hit.size} items from a population of {population:g}; correct it.",
            sv=f"Korn–Graubards intervall: {hit.size} dragna ur {population:g}; rätta antalet.",
        )
    share = float(np.average(hit, weights=weight))
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    method = "Korn–Graubard (Kish effective n)"
    if population is not None:
        method = "Korn–Graubard (Kish effective n, finite population)"
        if population == hit.size:
            return Interval(share, share, share, level, math.inf, method)
        effective *= (population - 1) / (population - hit.size)
    low, high = _beta_limits(share * effective, effective, level)
    return Interval(share, low, high, level, effective, method)


def mean_t(
    values: ArrayLike,
    *,
    level: float = 0.95,
    alternative: Alternative = "two-sided",
    extra_variance: float = 0.0,
) -> Interval:
    """Compute the t interval of a mean over units.

    Parameters
    ----------
    values : array_like of float
        One value per unit.
    level : float, default 0.95
        Confidence level.
    alternative : {"two-sided", "greater", "less"}, default "two-sided"
        "greater" gives a lower limit only, "less" an upper one.
    extra_variance : float, default 0
        Variance of the mean from what all units share and more units do not average away, added to s²/n.

    Returns
    -------
    Interval
        Mean with its limits.

    Raises
    ------
    EstimationError
        If there are fewer than two values, or one is missing or infinite.
    """
    from scipy.special import stdtrit

    _check_level(level)
    x = finite_vector(values, "mean_t")
    if extra_variance < 0:
        raise ValueError("extra_variance must not be negative")
    tail = (1 - level) / (2 if alternative == "two-sided" else 1)
    mean = float(x.mean())
    arm = float(stdtrit(x.size - 1, 1 - tail)) * math.sqrt(float(x.var(ddof=1)) / x.size + extra_variance)
    low = -math.inf if alternative == "less" else mean - arm
    high = math.inf if alternative == "greater" else mean + arm
    return Interval(mean, low, high, level, x.size, f"t on {x.size - 1} df")


def mover_sum(intervals: Sequence[Interval], *, weights: Sequence[float] | None = None) -> Interval:
    """Join the intervals of independent estimates into the interval of their weighted sum (MOVER).

    Each limit lies as far from the sum as the root of the summed squares of the arms that point its way.

    Parameters
    ----------
    intervals : sequence of Interval
        Independent estimates, at one level.
    weights : sequence of float, optional
        Known factor of each estimate, 1 when left out; a negative one swaps that estimate's arms.

    Returns
    -------
    Interval
        The sum with its limits; n is the sum of the n.

    Raises
    ------
    EstimationError
        If there is no interval, or their levels differ.

    References
    ----------
    Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693–1702.
    """
    factors = [1.0] * len(intervals) if weights is None else list(weights)
    if not intervals or len(factors) != len(intervals):
        raise EstimationError(
            "mover_sum: needs at least one interval and one weight for each.",
            sv="MOVER: kräver minst ett intervall och en vikt för vart och ett.",
        )
    if len({part.level for part in intervals}) > 1:
        raise EstimationError(
            "mover_sum: the intervals have different levels; compute them at one level.",
            sv="MOVER: intervallen har olika nivåer; räkna dem på samma.",
        )
    total = sum(w * part.estimate for w, part in zip(factors, intervals, strict=True))
    down = up = 0.0
    for w, part in zip(factors, intervals, strict=True):
        if w == 0:
            continue
        below, above = w * (part.estimate - part.ci_low), w * (part.ci_high - part.estimate)
        down += below**2 if w > 0 else above**2
        up += above**2 if w > 0 else below**2
    methods = " and ".join(dict.fromkeys(part.method for part in intervals))
    n = sum(part.n for part in intervals)
    return Interval(total, total - math.sqrt(down), total + math.sqrt(up), intervals[0].level, n, f"MOVER of {methods}")


def mover_difference(first: Interval, second: Interval) -> Interval:
    """Compute the interval of the difference of two independent estimates (MOVER).

    With Wilson intervals this is Newcombe's interval for the difference of two proportions.

    Parameters
    ----------
    first, second : Interval
        Independent estimates at one level; the second is taken from the first.

    Returns
    -------
    Interval
        The difference with its limits.

    References
    ----------
    Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693–1702.

    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions. Statistics in
    Medicine 17, 873–890.
    """
    return mover_sum([first, second], weights=[1.0, -1.0])


def finite_vector(values: ArrayLike, where: str, *, minimum: int = 2) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the values as a vector of finite numbers, or refuse.

    Parameters
    ----------
    values : array_like of float
        The numbers.
    where : str
        Function that asks, for the message.
    minimum : int, default 2
        Fewest values accepted.

    Returns
    -------
    numpy.ndarray
        A float vector of its own.

    Raises
    ------
    EstimationError
        If there are too few values, or one is missing or infinite.
    """
    x = np.array(values, dtype=float)
    if x.ndim != 1 or x.size < minimum:
        raise EstimationError(
            f"{where}: {x.size} values; at least {minimum} are needed.",
            sv=f"{where}: {x.size} värden; minst {minimum} behövs.",
        )
    if not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise EstimationError(
            f"{where}: {bad} of {x.size} values are missing or infinite; leave them out by name.",
            sv=f"{where}: {bad} av {x.size} värden saknas eller är oändliga; utelämna dem uttryckligen.",
        )
    return x


def _beta_limits(successes: float, n: float, level: float) -> tuple[float, float]:
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")


def _check_counts(successes: float, n: float) -> None:
    if not (n > 0 and 0 <= successes <= n):
        raise EstimationError(
            f"proportion: {successes} of {n}; needs 0 ≤ successes ≤ n and n > 0. Correct the counts.",
            sv=f"andel: {successes} av {n}; kräver 0 ≤ antal ≤ n och n > 0. Rätta antalen.",
        )
