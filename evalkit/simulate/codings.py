"""A kind of corpus → what rules and people say of one code in it, with what is true kept apart.

Three things are drawn, each as bare counts and truth values so that thousands of corpora cost seconds: what coders say
who read the same segments independently (`TwiceCoded`), what rules hit of what a blinded coder would code, with a
stratified audit sample of it (`RuleCoded`), and how often a code stands in what units say at each session
(`UnitsCoded`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

__all__ = ["AuditedPeriod", "RuleCoded", "TwiceCoded", "UnitsCoded"]

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwiceCoded:
    """A kind of corpus read by several coders who see independently of each other given the document.

    Parameters
    ----------
    documents : int
        How many.
    size : int
        Segments of a document on average; documents differ in length as a geometric number does.
    common : float
        Share of segments in which the code stands.
    common_rho : float, default 0
        How much that differs between documents (intraclass correlation).
    seen : float
        How often a coder sees the code where it stands.
    seen_rho : float, default 0
        How much that differs between documents.
    coders : int, default 2
        How many read every segment.
    slip : float, default 0.002
        How often a coder puts the code where it does not stand.
    """

    documents: int
    size: int
    common: float
    common_rho: float = 0.0
    seen: float
    seen_rho: float = 0.0
    coders: int = 2
    slip: float = 0.002

    def agreement(self) -> tuple[float, float, float]:
        """Compute what infinitely many documents of the kind would show.

        Returns
        -------
        tuple of float
            F1, Krippendorff's nominal alpha and the share of judgements that are a yes.
        """
        seen_twice = self.seen**2 + self.seen_rho * self.seen * (1 - self.seen)
        both = self.common * seen_twice + (1 - self.common) * self.slip**2
        yes = self.common * self.seen + (1 - self.common) * self.slip
        return both / yes, 1 - (1 - both / yes) / (1 - yes), yes

    def draw(self, rng: np.random.Generator, times: int) -> tuple[Wholes, Wholes, Floats, Wholes]:
        """Draw corpora.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where chance comes from.
        times : int
            How many corpora.

        Returns
        -------
        tuple of numpy.ndarray, each of shape (times, documents)
            Judgements, yeses, yeses that met a yes, and segments with at least one yes.
        """
        shape = (times, self.documents)
        sizes = np.maximum(3, rng.negative_binomial(1.5, 1.5 / (1.5 + self.size), shape))
        common = _beta(rng, self.common, self.common_rho, shape)[..., None]
        seen = _beta(rng, self.seen, self.seen_rho, shape)[..., None]
        k, m = np.arange(self.coders + 1), self.coders
        ways = np.array([comb(m, n) for n in k])
        chances = ways * (
            common * seen**k * (1 - seen) ** (m - k) + (1 - common) * self.slip**k * (1 - self.slip) ** (m - k)
        )
        found = rng.multinomial(sizes, chances)
        return sizes * m, found @ k, found @ (k * (k - 1) / (m - 1)), found[..., 1:].sum(axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class AuditedPeriod:
    """One period of a corpus; every array has one value per segment.

    Attributes
    ----------
    true : numpy.ndarray of bool, shape (n,)
        Whether a blinded coder would give the code.
    hit : numpy.ndarray of bool, shape (n,)
        Whether the rules do.
    drawn : numpy.ndarray of bool, shape (n,)
        Whether the segment is in the audit sample.
    weight : numpy.ndarray of float, shape (n,)
        One over its probability of being drawn; 0 where it was not.
    """

    true: Bools
    hit: Bools
    drawn: Bools
    weight: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCoded:
    """A kind of corpus coded by rules whose error differs between periods, and audited by a stratified sample.

    Parameters
    ----------
    sizes : sequence of int
        Segments of each period.
    common : float
        Share of segments that a blinded coder would code.
    recall, precision : sequence of float
        Of the rules in each period.
    other : float, default 0.4
        Share of segments in which the rules hit another code.
    audited : tuple of int, default (20, 60, 60)
        Segments drawn in each period from those hit for this code, for another one, and for none; all if there are
        fewer.
    """

    sizes: Sequence[int]
    common: float
    recall: Sequence[float]
    precision: Sequence[float]
    other: float = 0.4
    audited: tuple[int, int, int] = (20, 60, 60)

    def draw(self, rng: np.random.Generator) -> list[AuditedPeriod]:
        """Draw a corpus and its audit sample.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where chance comes from.

        Returns
        -------
        list of AuditedPeriod
            One per period.
        """
        periods = [self._codings(rng, *of) for of in zip(self.sizes, self.recall, self.precision, strict=True)]
        return [AuditedPeriod(true, hit, *self._audit(rng, hit, other)) for true, hit, other in periods]

    def _codings(
        self, rng: np.random.Generator, size: int, recall: float, precision: float
    ) -> tuple[Bools, Bools, Bools]:
        """Return the truth, what the rules hit (for this code), and whether they hit another code."""
        true = rng.random(size) < self.common
        false_rate = self.common * recall * (1 - precision) / precision / (1 - self.common)
        hit = np.where(true, rng.random(size) < recall, rng.random(size) < false_rate)
        return true, hit, rng.random(size) < self.other

    def _audit(self, rng: np.random.Generator, hit: Bools, other: Bools) -> tuple[Bools, Floats]:
        """Draw from the strata "this code", "another code", "none"; return who was drawn and their weights."""
        stratum = np.where(hit, 0, np.where(other, 1, 2))
        drawn, weight = np.zeros(len(hit), dtype=np.bool_), np.zeros(len(hit))
        for number, size in enumerate(self.audited):
            inside = np.flatnonzero(stratum == number)
            chosen = rng.choice(inside, min(size, len(inside)), replace=False)
            drawn[chosen] = True
            weight[chosen] = len(inside) / max(len(chosen), 1)
        return drawn, weight


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCoded:
    """Conversations with units, one at each session, in which one code is followed.

    Parameters
    ----------
    size : int
        Segments of a conversation on average; they differ in length as a geometric number does.
    common : sequence of float
        Share of segments with the code at each session.
    rho : float, default 0
        How much that differs between conversations (intraclass correlation).
    """

    size: int
    common: Sequence[float]
    rho: float = 0.0

    def draw(self, rng: np.random.Generator, units: int) -> tuple[Wholes, Wholes]:
        """Draw the conversations.

        Parameters
        ----------
        rng : numpy.random.Generator
            Where chance comes from.
        units : int
            How many units.

        Returns
        -------
        tuple of numpy.ndarray, each of shape (units, sessions)
            Segments, and those with the code.
        """
        shape = (units, len(self.common))
        sizes = np.maximum(3, rng.negative_binomial(1.5, 1.5 / (1.5 + self.size), shape))
        shares = np.stack([_beta(rng, share, self.rho, (units,)) for share in self.common], axis=1)
        return sizes, rng.binomial(sizes, shares)


def _beta(rng: np.random.Generator, mean: float, rho: float, shape: tuple[int, ...]) -> Floats:
    if rho == 0:
        return np.full(shape, mean)
    return rng.beta(mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1), shape)
