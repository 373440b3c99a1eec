"""Two token sequences → which tokens are certainly the same ones.

Between two versions of a text there are many ways of editing one into the other. A token counts as kept only if
*every* way with the fewest edits keeps it, and keeps it as the same new token, and if no way with up to `SLACK` edits
more makes it another token of the same word, or another token of the old text into the one that it became.

One shortest way comes from rapidfuzz. The others can differ from it only around its edits; how far is seen from
*pins*: runs of `PIN` tokens that are matched and occur once in each text. Around each edit, out to two pins on either
side, all ways are compared by dynamic programming forwards and backwards: the cheapest way through a pair of tokens
costs the edits before it and after it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

from evalkit.coding.anchors.words import IntArray

__all__ = ["PIN", "SLACK", "Alignment", "align", "gram_hashes"]

SLACK = 2
"""Edits above the fewest at which another token of the same word is still believed to be the one."""
PIN = 8
"""Tokens in a run that is looked for as a whole."""
_MOST_CELLS = 9_000_000  # of one window: 3 000 × 3 000 tokens, beyond which nothing in it is certain
_CELLS_AT_ONCE = 2_000_000

_Window = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Alignment:
    """Which old token became which new one; -1 where none did.

    Attributes
    ----------
    best : numpy.ndarray of int, shape (n_old,)
        In one of the shortest ways of editing.
    certain : numpy.ndarray of int, shape (n_old,)
        On every way that is believed.
    """

    best: IntArray
    certain: IntArray


def align(old: IntArray, new: IntArray) -> Alignment:
    """Align two token sequences.

    Parameters
    ----------
    old, new : numpy.ndarray of int
        Tokens in one numbering.

    Returns
    -------
    Alignment
        The best alignment and the certain part of it.
    """
    best = np.full(len(old), -1, dtype=np.int64)
    edits: list[_Window] = []
    for code in Levenshtein.opcodes(old.tolist(), new.tolist()):
        window = (code.src_start, code.src_end, code.dest_start, code.dest_end)
        if code.tag == "equal":
            best[code.src_start : code.src_end] = np.arange(code.dest_start, code.dest_end)
        else:
            edits.append(window)
    certain = best.copy()
    windows = list(_windows(edits, _pins(old, new, best), len(old), len(new)))
    for i1, i2, _, _ in windows:
        certain[i1:i2] = -1
    for (i1, i2, j1, _), kept in _kept(old, new, windows):
        certain[i1:i2] = np.where(kept >= 0, kept + j1, -1)
    return Alignment(best, certain)


def gram_hashes(ids: IntArray, size: int) -> npt.NDArray[np.uint64]:
    """Return a hash of every run of tokens of a size.

    Parameters
    ----------
    ids : numpy.ndarray of int, shape (n,)
        Tokens.
    size : int
        Tokens in a run.

    Returns
    -------
    numpy.ndarray of uint64, shape (max(n - size + 1, 0),)
        By the run's first token.
    """
    count = max(len(ids) - size + 1, 0)
    # Numbers are spread over 64 bits first (Fibonacci hashing), so that sums of small ones do not collide.
    spread = (ids.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    spread ^= spread >> np.uint64(29)
    total = np.zeros(count, dtype=np.uint64)
    for place in range(size):
        total = total * np.uint64(0xD6E8FEB86659FD93) + spread[place : place + count]
    return total


def _pins(old: IntArray, new: IntArray, best: IntArray) -> IntArray:
    """Return the old places at which a pin begins, in order."""
    ours, theirs = gram_hashes(old, PIN), gram_hashes(new, PIN)
    if not len(ours) or not len(theirs):
        return np.empty(0, dtype=np.int64)
    run = (np.diff(best) == 1) & (best[:-1] >= 0)
    whole = np.lib.stride_tricks.sliding_window_view(run, PIN - 1).all(axis=1)
    once = np.flatnonzero(whole & _occurs_once(ours))
    return once[_occurs_once(theirs)[best[once]]]


def _occurs_once(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] == 1)


def _windows(edits: list[_Window], pins: IntArray, n_old: int, n_new: int) -> Iterator[_Window]:
    """Widen every edit to the pin before and after it, and join those that have not two pins between them."""
    if not edits:
        return
    # Left of an edit: the last pin that ends at it or before; right of it: the first that begins at it or after.
    lefts = np.searchsorted(pins, [i1 - PIN for i1, _, _, _ in edits], side="right") - 1
    rights = np.searchsorted(pins, [i2 for _, i2, _, _ in edits])
    first = 0
    for number in range(len(edits)):
        last = number == len(edits) - 1
        if not last:
            right, left = rights[number], lefts[number + 1]
            if right >= len(pins) or left < 0 or pins[right] + PIN > pins[left]:
                continue
        i1, _, j1, _ = edits[first]
        _, i2, _, j2 = edits[number]
        before = i1 - pins[lefts[first]] if lefts[first] >= 0 else None
        after = pins[rights[number]] + PIN - i2 if rights[number] < len(pins) else None
        yield (
            0 if before is None else int(i1 - before),
            n_old if after is None else int(i2 + after),
            0 if before is None else int(j1 - before),
            n_new if after is None else int(j2 + after),
        )
        first = number + 1


def _kept(old: IntArray, new: IntArray, windows: list[_Window]) -> Iterator[tuple[_Window, IntArray]]:
    """Yield, per window, the new token that each old one certainly became, counted within the window."""
    alike: dict[tuple[int, int], list[_Window]] = defaultdict(list)
    for window in windows:
        i1, i2, j1, j2 = window
        if (i2 - i1 + 1) * (j2 - j1 + 1) <= _MOST_CELLS:
            alike[_size(i2 - i1), _size(j2 - j1)].append(window)
    for (rows, columns), group in alike.items():
        at_once = max(_CELLS_AT_ONCE // ((rows + 1) * (columns + 1)), 1)
        for first in range(0, len(group), at_once):
            part = group[first : first + at_once]
            pairs = [(old[i1:i2], new[j1:j2]) for i1, i2, j1, j2 in part]
            before = _distances(pairs)
            after = _distances([(a[::-1], b[::-1]) for a, b in pairs])
            for window, (a, b), forth, back in zip(part, pairs, before, after, strict=True):
                shape = np.s_[: len(a) + 1, : len(b) + 1]
                yield window, _kept_in_all(a, b, forth[shape], back[shape][::-1, ::-1])


def _size(length: int) -> int:
    """Round up to four sizes per doubling, so that windows of about one size are worked on together."""
    step: int = 1 << max(int(log2(max(length, 1))) - 2, 2)
    return -(-length // step) * step


def _distances(pairs: Sequence[tuple[IntArray, IntArray]]) -> npt.NDArray[np.int32]:
    """Return the edit distances between all beginnings of the two sequences of every pair (Wagner and Fischer)."""
    if max(len(a) for a, _ in pairs) > max(len(b) for _, b in pairs):  # one step per token of the shorter side
        return _distances([(b, a) for a, b in pairs]).transpose(0, 2, 1)
    ours = _padded([a for a, _ in pairs], filler=-1)
    theirs = _padded([b for _, b in pairs], filler=-2)
    steps = np.arange(theirs.shape[1] + 1, dtype=np.int32)
    table = np.empty((len(pairs), ours.shape[1] + 1, len(steps)), dtype=np.int32)
    table[:, 0] = steps
    for place in range(ours.shape[1]):
        above, row = table[:, place], table[:, place + 1]
        row[:, 0] = place + 1
        np.minimum(above[:, 1:] + 1, above[:, :-1] + (ours[:, place, None] != theirs), out=row[:, 1:])
        row -= steps  # an insertion costs one step to the right: the least so far, wherever it was reached
        np.minimum.accumulate(row, axis=1, out=row)
        row += steps
    return table


def _padded(sequences: list[IntArray], *, filler: int) -> IntArray:
    table = np.full((len(sequences), max(map(len, sequences))), filler, dtype=np.int64)
    for row, sequence in zip(table, sequences, strict=True):
        row[: len(sequence)] = sequence
    return table


def _kept_in_all(old: IntArray, new: IntArray, before: npt.NDArray[np.int32], after: npt.NDArray[np.int32]) -> IntArray:
    """Return the new token that each old one is matched with on every way that is believed, or -1."""
    if not len(old) or not len(new):
        return np.full(len(old), -1, dtype=np.int64)
    fewest = int(before[-1, -1])
    same = old[:, None] == new
    cost = before[:-1, :-1] + ~same + after[1:, 1:]
    paired = cost <= fewest
    dropped = (before[:-1] + 1 + after[1:] <= fewest).any(axis=1)
    only = paired.argmax(axis=1)
    kept = ~dropped & (paired.sum(axis=1) == 1) & same[np.arange(len(old)), only]
    rival = same & (cost <= fewest + SLACK)
    kept &= (rival.sum(axis=1) == 1) & (rival.sum(axis=0)[only] == 1)
    return np.where(kept, only, -1)
