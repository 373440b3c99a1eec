"""How many segments blinded coders would give a code, from the rules' hits and an audited sample of hits and misses.

T = N₊ · PPV + N₋ · FOR, where N₊ segments were hit by the rules and N₋ were not, PPV is the share of hits that coders
agree with and FOR the share of the others that they would code all the same. Each share has a Korn–Graubard interval
(Kish's effective size, finite population), and MOVER joins them. Error rates of one period say nothing about another,
so a count over several periods is the sum of the periods' own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalkit.inference.intervals import Interval, korn_graubard, mover_sum

__all__ = ["FEWEST_AUDITED", "FEWEST_HITS", "Audited", "Corrected", "correct_count"]

FEWEST_AUDITED = 50
"""Audited segments that a margin needs for an interval."""
FEWEST_HITS = 5
"""Audited rule hits that it needs, unless all hits were audited."""

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """One period's part of a margin.

    Parameters
    ----------
    hits, misses : int
        Segments that the rules hit and did not hit.
    hit : numpy.ndarray of bool, shape (n,)
        Whether the rules hit each audited segment.
    true : numpy.ndarray of bool, shape (n,)
        Whether the coder gave it the code.
    weight : numpy.ndarray of float, shape (n,)
        One over its probability of being drawn.
    """

    hits: int
    misses: int
    hit: BoolArray
    true: BoolArray
    weight: FloatArray

    @property
    def n(self) -> int:
        """Audited segments."""
        return len(self.hit)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrected count.

    Attributes
    ----------
    total : Interval or None
        Segments that blinded coders would give the code; None if it was not checked.
    precision : float
        Share of the rules' hits that coders agree with; NaN where there are no audited hits.
    recall : float
        Share of what coders would code that the rules hit; NaN where it is not known.
    refused : str
        Why it was not checked: "", "few audited", "few hits audited", "part not audited".
    """

    total: Interval | None
    precision: float
    recall: float
    refused: str


def correct_count(parts: Sequence[Audited], *, level: float = 0.95) -> Corrected:
    """Correct the count of a margin.

    Parameters
    ----------
    parts : sequence of Audited
        The margin's part in each period; its error rates are never pooled over them.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Corrected
        With an interval if the margin was audited enough: at least 50 segments, among them at least 5 hits of the
        rules or all of them, and something of every period and side that has more than a handful of segments.

    References
    ----------
    Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193–201.

    Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
    Statistics in Medicine 27, 1693–1702.
    """
    precision = _precision(parts)
    refused = _refusal(parts)
    if refused:
        return Corrected(None, precision, float("nan"), refused)
    shares: list[Interval] = []
    sizes: list[float] = []
    agreed = 0.0
    for part in parts:
        for side, size in ((True, part.hits), (False, part.misses)):
            if not size:
                continue
            chosen = part.hit == side
            if chosen.any():
                share = korn_graubard(part.true[chosen], part.weight[chosen], population=size, level=level)
            else:
                share = Interval(0.5, 0.0, 1.0, level, 0, "anything from none to all")
            shares.append(share)
            sizes.append(size)
            agreed += size * share.estimate if side else 0.0
    total = mover_sum(shares, weights=sizes)
    return Corrected(total, precision, agreed / total.estimate if total.estimate else float("nan"), "")


def _refusal(parts: Sequence[Audited]) -> str:
    audited_hits, hits = sum(int(part.hit.sum()) for part in parts), sum(part.hits for part in parts)
    if sum(part.n for part in parts) < FEWEST_AUDITED:
        return "few audited"
    if audited_hits < min(FEWEST_HITS, hits):
        return "few hits audited"
    # A handful that nobody looked at may be anything and widens the interval; more than that is not an estimate.
    unseen = sum(part.hits * (not part.hit.any()) + part.misses * bool(part.hit.all()) for part in parts)
    return "part not audited" if unseen >= FEWEST_HITS else ""


def _precision(parts: Sequence[Audited]) -> float:
    true = np.concatenate([part.true[part.hit] for part in parts]) if parts else np.empty(0)
    weight = np.concatenate([part.weight[part.hit] for part in parts]) if parts else np.empty(0)
    return float(np.average(true, weights=weight)) if len(true) else float("nan")
