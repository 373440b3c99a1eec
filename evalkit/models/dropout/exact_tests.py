"""The three tests of one judgement against leaving, on bare spells, and how many units a finding hangs on."""

import itertools
import math
import warnings
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from evalkit.errors import EstimationError
from evalkit.models.survival import log_rank_permutation

__all__ = [
    "ALPHA",
    "MOST_FLIPS",
    "TESTS",
    "Spell",
    "flipped",
    "flips_needed",
    "is_separated",
    "log_rank_p",
    "run_test",
    "sorted_spells",
]

ALPHA = 0.05
MOST_FLIPS = 3
TESTS = ("log_rank", "boschloo", "firth")

Spell = tuple[float, bool, bool]
"""Time, whether the unit left, and what was judged of it."""


def sorted_spells(spells: list[Spell]) -> tuple[Spell, ...]:
    """Return the spells in one order, so that the same ones are the same key.

    Parameters
    ----------
    spells : list of Spell
        One per unit.

    Returns
    -------
    tuple of Spell
        Sorted.
    """
    return tuple(sorted(spells))


@lru_cache(maxsize=4096)
def log_rank_p(spells: tuple[Spell, ...]) -> float:
    """Return the exact log-rank p; 1 where one group is empty or nobody left, since then nothing is found.

    Parameters
    ----------
    spells : tuple of Spell
        From `sorted_spells`.

    Returns
    -------
    float
        Between 0 and 1.
    """
    times, left, group = (np.array(part) for part in zip(*spells, strict=True))
    if group.all() or not group.any() or not left.any():
        return 1.0
    return log_rank_permutation(times, left, group, n_random=9_999).p_value


def flipped(spells: list[Spell], places: list[int] | tuple[int, ...]) -> list[Spell]:
    """Return the spells with some units judged otherwise.

    Parameters
    ----------
    spells : list of Spell
        One per unit.
    places : list or tuple of int
        Which units.

    Returns
    -------
    list of Spell
        In the same order.
    """
    return [(t, e, g != (place in places)) for place, (t, e, g) in enumerate(spells)]


def flips_needed(spells: list[Spell]) -> int | None:
    """Return the fewest units that must be judged otherwise for p to change sides of ALPHA.

    Parameters
    ----------
    spells : list of Spell
        One per unit.

    Returns
    -------
    int or None
        None if more than MOST_FLIPS.
    """
    found = log_rank_p(sorted_spells(spells)) <= ALPHA
    for count in range(1, min(MOST_FLIPS, len(spells)) + 1):
        # Units alike in time, leaving and judgement are interchangeable: each pattern is tried once.
        patterns = {
            sorted_spells(flipped(spells, places)) for places in itertools.combinations(range(len(spells)), count)
        }
        if any((log_rank_p(pattern) <= ALPHA) != found for pattern in patterns):
            return count
    return None


def run_test(name: str, spells: tuple[Spell, ...], level: float) -> dict[str, float]:
    """Run one test.

    Parameters
    ----------
    name : {"log_rank", "boschloo", "firth"}
        Which one.
    spells : tuple of Spell
        From `sorted_spells`.
    level : float
        Level of the odds ratio's interval.

    Returns
    -------
    dict of str to float
        estimate, ci_low, ci_high, p; p is 1 where one group is empty.

    Raises
    ------
    EstimationError
        If Firth's logit does not settle.
    """
    group = [g for _, _, g in spells]
    if all(group) or not any(group):
        return {"estimate": math.nan, "ci_low": math.nan, "ci_high": math.nan, "p": 1.0}
    if name == "log_rank":
        times, left, marked = (np.array(part) for part in zip(*spells, strict=True))
        result = log_rank_permutation(times, left, marked)
        return {"estimate": result.estimate, "ci_low": math.nan, "ci_high": math.nan, "p": result.p_value}
    return _boschloo(spells) if name == "boschloo" else _firth(spells, level)


def _boschloo(spells: tuple[Spell, ...]) -> dict[str, float]:
    counts = tuple(
        tuple(sum(e == left and g == value for _, e, g in spells) for value in (False, True)) for left in (True, False)
    )
    return {"estimate": math.nan, "ci_low": math.nan, "ci_high": math.nan, "p": _boschloo_p(counts)}


@lru_cache(maxsize=4096)
def _boschloo_p(counts: tuple[tuple[int, ...], ...]) -> float:
    from scipy.stats import boschloo_exact

    return float(boschloo_exact(counts).pvalue)


def _opportunities(spells: Iterable[Spell]) -> list[tuple[bool, bool]]:
    """Return the judgement and whether it left, for each unit and each session after which it could have left."""
    units = list(spells)
    # Nobody can leave after the last session; before the first one only where somebody did.
    first = 0 if any(e and t == 1 for t, e, _ in units) else 1
    return [(g, e and k == int(t) - 1) for t, e, g in units for k in range(first, int(t))]


def is_separated(spells: Iterable[Spell]) -> bool:
    """Tell whether either group never left when it could, or always did.

    Parameters
    ----------
    spells : iterable of Spell
        One per unit.

    Returns
    -------
    bool
        True where an ordinary odds ratio would be zero or infinite.
    """
    rows = _opportunities(spells)
    return any(len({e for g, e in rows if g == value}) < 2 for value in (True, False))


def _firth(spells: tuple[Spell, ...], level: float) -> dict[str, float]:
    """Fit leaving on the judgement, one row per unit and opportunity to leave."""
    from firthmodels import FirthLogisticRegression

    rows = _opportunities(spells)
    x, y = np.array([[float(g)] for g, _ in rows]), np.array([int(e) for _, e in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model = FirthLogisticRegression(backend="numpy", max_iter=200).fit(x, y)
            model.lrt()
            low, high = model.conf_int(alpha=1 - level, method="pl", max_iter=200)[0]
        except Warning as warning:
            raise EstimationError(
                f"predictor: Firth's logit did not settle on {len(rows)} rows; show the table and the exact p.",
                sv=f"prediktor: Firths logit kom inte till ro på {len(rows)} rader; visa tabellen och exakta p.",
            ) from warning
    return {
        "estimate": math.exp(float(model.coef_[0])),
        "ci_low": math.exp(float(low)),
        "ci_high": math.exp(float(high)),
        "p": float(model.lrt_pvalues_[0]),
    }
