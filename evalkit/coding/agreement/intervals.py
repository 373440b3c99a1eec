"""F1 and Krippendorff's alpha of yes-or-no judgements from sums per document, with intervals that know of documents.

With yeses counted as in `Tally`, for any number of coders and any overlap::

    F1 = agreeing / yes
    J = F1 / (2 − F1)
    alpha = 1 − (1 − 1 / ratings) (1 − F1) / (1 − p),  where p = yes / ratings

The last is Krippendorff's nominal alpha exactly, not an approximation; the share p is taken as it is, so that an
interval of J is an interval of both.
"""

from dataclasses import dataclass
from math import nan

from evalkit.coding.agreement.judgements import FloatArray, Tally
from evalkit.inference import wilson

__all__ = ["MIN_CODED", "MIN_DOCUMENTS", "Concord", "alpha_of_f1", "concord"]

MIN_CODED, MIN_DOCUMENTS = 12, 5
"""Coded segments, and documents with the code, under which there is no interval."""


@dataclass(frozen=True, slots=True)
class Concord:
    """How far coders agree on one code.

    Attributes
    ----------
    f1, f1_ci_low, f1_ci_high : float
        Share of the yeses that meet a yes; missing where nobody used the code.
    alpha, alpha_ci_low, alpha_ci_high : float
        Krippendorff's nominal alpha.
    deff : float
        How many times fewer segments the coded ones are worth, since those of a document resemble each other.
    why : str
        Why there is no interval: "not read", "never coded", "few segments", "few documents", or "".
    """

    f1: float
    f1_ci_low: float
    f1_ci_high: float
    alpha: float
    alpha_ci_low: float
    alpha_ci_high: float
    deff: float
    why: str


def alpha_of_f1(f1: float, yes: float, ratings: float) -> float:
    """Return the nominal alpha of yes-or-no judgements that have a given F1.

    Parameters
    ----------
    f1 : float
        Share of the yeses that meet a yes.
    yes, ratings : float
        Yeses among all judgements.

    Returns
    -------
    float
        Missing where all judgements are the same.
    """
    if not 0 < yes < ratings:
        return nan
    return 1 - (1 - 1 / ratings) * (1 - f1) / (1 - yes / ratings)


def concord(tally: Tally, column: int, *, coders: int, confidence: float = 0.95) -> Concord:
    """Compute F1 and alpha of one code with their intervals.

    Two coders: Wilson's interval of the Jaccard index J = both / any, at n / deff, where deff ≥ 1 is the design
    effect of documents (linearised), with t on the documents that use the code. More coders: the same, with the
    variance of J from deleting one document at a time and t on the effective number of documents, which covers
    better where a few documents hold most of the codings.

    Parameters
    ----------
    tally : Tally
        Sums per document.
    column : int
        Which code.
    coders : int
        Coders in the group.
    confidence : float, default 0.95
        Level of the intervals.

    Returns
    -------
    Concord
        Without intervals under 12 coded segments in 5 documents.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209–212.

    Kish, L. (1965). Survey Sampling. Wiley.
    """
    ratings, yes = float(tally.ratings[:, column].sum()), float(tally.yes[:, column].sum())
    coded = float(tally.coded[:, column].sum())
    f1 = float(tally.agreeing[:, column].sum()) / yes if yes else nan
    alpha = alpha_of_f1(f1, yes, ratings)
    documents = int((tally.coded[:, column] > 0).sum())
    why = _refusal(ratings, coded, documents)
    if why:
        return Concord(f1, nan, nan, alpha, nan, nan, nan, why)
    both = tally.agreeing[:, column] / 2
    either = tally.yes[:, column] - both
    used = either > 0
    j = f1 / (2 - f1)
    variance, df = (_linearised if coders == 2 else _jackknifed)(both[used], either[used])
    chance = j * (1 - j) / coded
    # With J at 0 or 1 there is no disagreement, or agreement, whose clustering could be seen.
    deff = max(1.0, variance / chance) if chance > 0 else 1.0
    n = coded / deff
    limits = wilson(j * n, n, level=confidence, df=df)
    # Where J is an end of the scale, rounding must not put the limit past the estimate.
    low, high = (2 * end / (1 + end) for end in (min(limits.ci_low, j), max(limits.ci_high, j)))
    low, high = min(low, f1), max(high, f1)
    return Concord(f1, low, high, alpha, alpha_of_f1(low, yes, ratings), alpha_of_f1(high, yes, ratings), deff, "")


def _refusal(ratings: float, coded: float, documents: int) -> str:
    if not ratings:
        return "not read"
    if not coded:
        return "never coded"
    if coded < MIN_CODED:
        return "few segments"
    return "few documents" if documents < MIN_DOCUMENTS else ""


def _linearised(both: FloatArray, either: FloatArray) -> tuple[float, float]:
    """Return the variance of J as a ratio of sums over documents, and its degrees of freedom."""
    n = len(both)
    residual = both - both.sum() / either.sum() * either
    return float(n / (n - 1) * (residual**2).sum() / either.sum() ** 2), n - 1


def _jackknifed(both: FloatArray, either: FloatArray) -> tuple[float, float]:
    """Return the variance of J by deleting one document at a time, and Kish's documents minus one."""
    n = len(both)
    without = (both.sum() - both) / (either.sum() - either)
    effective = either.sum() ** 2 / (either**2).sum()
    return float((n - 1) / n * ((without - without.mean()) ** 2).sum()), max(float(effective) - 1, 1.0)
