"""Certain pairs of tokens → those whose surroundings leave no doubt.

A word may be matched on every shortest way and yet be another one: it happens to stand in a passage written anew, or
in a copy of the passage that it stood in. So half of the words near it and around it must have been kept; a passage
that has a copy among words put in or taken out must have been kept together with what stands before and after it; and
a sign or speaker's label must have been kept with its word.
"""

import numpy as np
import numpy.typing as npt

from evalkit.coding.anchors.alignment import gram_hashes
from evalkit.coding.anchors.words import IntArray, Words

__all__ = ["RUN", "kept_words", "share_kept"]

NEAR, AROUND = 2, 8
"""Words on either side of which half must have been kept."""
RUN = 3
"""Tokens in a run by which a copy of a passage is known."""
_BREAK = 2  # most tokens put in or taken out between two that still count as kept together
_BESIDE = 4  # tokens beside a passage
_APART = 16  # tokens between two runs of one copied passage, where the copy was corrected too


def kept_words(old: Words, new: Words, certain: IntArray) -> IntArray:
    """Return the certain alignment without the tokens whose surroundings leave a doubt.

    Parameters
    ----------
    old, new : Words
        The tokens of the two texts.
    certain : numpy.ndarray of int, shape (n_old,)
        See `Alignment`.

    Returns
    -------
    numpy.ndarray of int, shape (n_old,)
        New token that each old one became; -1 where it was not kept or where there is a doubt.
    """
    held = np.flatnonzero(certain >= 0)
    theirs = certain[held]
    arrived = np.zeros(len(new), dtype=bool)
    arrived[theirs] = True
    fine = np.ones(len(held), dtype=bool)
    for reach in (NEAR, AROUND):
        fine &= share_kept(old, certain >= 0, reach)[held] >= 0.5
        fine &= share_kept(new, arrived, reach)[theirs] >= 0.5
    fine &= ~_rivalled(old, new, held, theirs)[held]
    partner = np.full(len(old), -1, dtype=np.int64)
    partner[held[fine]] = theirs[fine]
    partner[_strays(old, partner)] = -1
    return partner


def _strays(old: Words, partner: IntArray) -> IntArray:
    """Return the signs and speakers' labels that were not kept with their word; there are many of their kind.

    Where that changed or is no longer beside them, they must have been kept with the words on both sides of them.
    """
    places = np.arange(len(old))
    own = old.owners == places
    signs = places[(partner >= 0) & ~own]
    words = np.concatenate(([-1], places[(partner >= 0) & own], [-1]))
    shift = np.where(partner >= 0, partner - places, len(old) + partner.max(initial=0) + 1)
    owner = old.owners[signs]
    with_owner = (owner >= 0) & (shift[owner] == shift[signs])
    at = np.searchsorted(words[1:-1], signs)
    before, after = words[at], words[at + 1]
    drift = np.abs(shift[before] - shift[signs]), np.abs(shift[after] - shift[signs])
    with_both = (before >= 0) & (after >= 0) & (signs - before <= _BESIDE) & (after - signs <= _BESIDE)
    with_both &= (np.minimum(*drift) == 0) & (np.maximum(*drift) <= _BREAK)
    strays: IntArray = signs[~(with_owner | with_both)]
    return strays


def _rivalled(old: Words, new: Words, held: IntArray, theirs: IntArray) -> npt.NDArray[np.bool_]:
    """Return which old tokens stand in a passage that might just as well be another copy of it.

    A copy among words put in or taken out is a rival, unless the passage was kept together with what stands before
    and after it.
    """
    forth, origin = np.full(len(old), -1, dtype=np.int64), np.full(len(new), -1, dtype=np.int64)
    forth[held], origin[theirs] = theirs, held
    shared = np.zeros(len(old), dtype=bool)
    shared[_copied(old, new, origin)] = True
    back = np.zeros(len(new), dtype=bool)
    back[_copied(new, old, forth)] = True
    shared[held[back[theirs]]] = True
    places = np.flatnonzero(shared)
    if not len(places):
        return shared
    ours, there = np.r_[-1, held, len(old)], np.r_[-1, theirs, len(new)]
    broken = np.flatnonzero(np.maximum(np.diff(ours), np.diff(there)) - 1 > _BREAK)
    rivalled = np.zeros(len(old), dtype=bool)
    for passage in np.split(places, np.flatnonzero(np.diff(places) > _APART) + 1):
        low, high = passage[0] - _BESIDE, passage[-1] + 1 + _BESIDE
        if ((ours[broken + 1] >= low) & (ours[broken] < high)).any():
            rivalled[max(low, 0) : high] = True
    return rivalled


def share_kept(words: Words, kept: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.float64]:
    """Return, for every token, how many of the words around it were kept.

    Parameters
    ----------
    words : Words
        A text's tokens.
    kept : numpy.ndarray of bool, shape (n_tokens,)
        Which were kept.
    reach : int
        Words on either side, fewer at the ends of the text; the token itself does not count.

    Returns
    -------
    numpy.ndarray of float, shape (n_tokens,)
        Between 0 and 1; 1 where there is no word around.
    """
    total = np.concatenate(([0], np.cumsum(kept[words.spoken])))
    first = words.spoken_before[:-1]
    after = words.spoken_before[1:]  # the same as `first` for a sign
    low, high = np.maximum(first - reach, 0), np.minimum(after + reach, len(total) - 1)
    around = (first - low) + (high - after)
    held = total[first] - total[low] + total[high] - total[after]
    return np.where(around > 0, held / np.maximum(around, 1), 1.0)


def _copied(words: Words, others: Words, origin: IntArray) -> IntArray:
    """Return the tokens in runs that stand also, as another copy, among what was not kept of the other text.

    `origin` says which of `words` each of the others is, -1 for none.
    """
    if len(others) < RUN or len(words) < RUN:
        return np.empty(0, dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view
    spoken = windows(np.diff(others.spoken_before), RUN).sum(axis=1)
    loose = np.flatnonzero((windows(origin < 0, RUN).sum(axis=1) >= RUN - 1) & (spoken >= RUN - 1))
    runs, copies = np.unique(gram_hashes(others.ids, RUN)[loose], return_counts=True)
    ours = gram_hashes(words.ids, RUN)
    found = np.flatnonzero(np.isin(ours, runs))
    # A run of which one token was kept in its place is no copy of itself.
    parts = windows(origin, RUN)[loose]
    itself = np.where(parts >= 0, parts - np.arange(RUN), -1).max(axis=1)
    at = np.searchsorted(runs, ours[found])
    found = found[copies[at] - np.isin(found, itself) > 0]
    return np.unique((found[:, None] + np.arange(RUN)).ravel())
