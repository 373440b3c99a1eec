"""Spans of one text → the same spans in a corrected version of it, or a list for a person to decide.

**When a place is certain.** A span is placed by its two ends, and an end only if

1. the token at it was kept: every way of editing the old text into the new with the fewest edits matches it with the
   same token, no way with up to two edits more matches it with another of the same word (`alignment`), and what
   surrounds it was kept as well (`kept`); or
2. the token was changed, but lies between two such tokens and nothing else can have taken its place: it was replaced
   by one token of its kind, renamed (a name and its bracketed pseudonym), spelt, joined or parted otherwise, or taken
   out with nothing in its place. What was changed together with it must lie on the same side of the end.

A span in a passage that was moved is placed if its tokens, alone or with the eight before or after it, are at least
`PIN` and six words, occur exactly once in each text, and neither the old place nor the new has another partner or a
rival.

A placed span whose text is the same is "same" or "moved". One whose text changed is "edited" if few of its words
changed: more than `max_changed` of them make it "uncertain", since it may no longer say what was coded. Words renamed
or spelt otherwise do not count as changed; words put in beside the span stay outside it.

**What that promises.** If the text was corrected word by word (replaced, put in, taken out) in no more steps than
necessary, every span placed is exactly right: it goes from what became of its first word to what became of its last.
Passages that were moved, copied, put in or taken out meanwhile do not make a span go astray; that is shown by trial,
not proved. No program can see corrections that undo each other: the same words taken out and put in again beside
their place were not changed, and a word put in where one was taken out has replaced it. Spans that are not certain
are "uncertain", with the reason and up to three places to choose from, or "lost" when their words are gone; none is
guessed.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz.distance import Levenshtein

from evalkit.coding.anchors.alignment import PIN, Alignment, align, gram_hashes
from evalkit.coding.anchors.kept import RUN, kept_words
from evalkit.coding.anchors.words import IntArray, Words, read_words, same_words
from evalkit.errors import TableError

__all__ = ["MAX_CHANGED", "REASONS", "Placed", "carry_spans"]

Status = Literal["same", "moved", "edited", "uncertain", "lost"]

MAX_CHANGED = 0.3
"""Share of a span's words that may have changed before a person must look."""
REASONS: dict[str, tuple[str, str]] = {
    "": ("", ""),
    "empty": ("området är tomt eller saknar ord", "the span is empty or has no word"),
    "other quote": ("citatet är inte det som står på platsen", "the quote is not what stands at its place"),
    "no document": ("dokumentet finns inte längre", "the document is no longer there"),
    "repeated": ("orden finns på flera ställen intill en ändring", "the words occur several times beside a change"),
    "surroundings": ("det mesta runt om är ändrat", "most of what surrounds it changed"),
    "edge": ("ändringen går över gränsen för citatet", "the change crosses the edge of the quote"),
    "inside a word": ("gränsen går inne i ett ändrat ord", "the edge lies inside a changed word"),
    "rewritten": ("många av orden är ändrade", "many of the words changed"),
    "moved and changed": ("texten är flyttad och ändrad", "the text was moved and changed"),
    "gone": ("orden finns inte kvar", "the words are gone"),
    "no segment": ("inget segment har texten", "no segment holds the text"),
    "other segment": ("segmentet är delat, sammanslaget eller ändrat", "the segment was split, joined or changed"),
}
"""What each reason means, in Swedish and English."""

_MOVED_WORDS = 6
_N_CANDIDATES = 3
_RIVAL, _LIKELY = 0.2, 0.15  # shares of a passage's runs that make another place a rival, and a candidate
_BESIDE = 4
_STOPS = ".?!…"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a span went.

    Attributes
    ----------
    start, end : int or None
        Code points in the new text; None unless the place is certain.
    status : {"same", "moved", "edited", "uncertain", "lost"}
        What became of it.
    reason : str
        Why it is not certain, a key of `REASONS`; "" when it is.
    changed : float
        Share of its words that changed; 1 where that is not known.
    candidates : tuple of tuple of int
        Places to choose from when uncertain, the likeliest first.
    """

    start: int | None
    end: int | None
    status: Status
    reason: str = ""
    changed: float = 0.0
    candidates: tuple[tuple[int, int], ...] = ()


def carry_spans(old_text: str, new_text: str, spans: pd.DataFrame, *, max_changed: float = MAX_CHANGED) -> pd.DataFrame:
    """Find the spans of a text in a corrected version of it.

    Parameters
    ----------
    old_text, new_text : str
        The text before and after, normalised as at ingest.
    spans : pandas.DataFrame
        Columns start and end (code points in the old text, end exclusive) and, where it is known, quote.
    max_changed : float, default 0.3
        Share of a span's words above which a change needs a person.

    Returns
    -------
    pandas.DataFrame
        With the index of `spans`: start and end (Int64, missing unless certain), quote (the new text; missing as
        well), status, reason (a key of `REASONS`), changed (share of words) and candidates (tuples of start, end).

    Raises
    ------
    TableError
        If a column is missing or `max_changed` is not a proportion.

    References
    ----------
    Wagner, R. A. & Fischer, M. J. (1974). The string-to-string correction problem. Journal of the ACM, 21, 168–173.

    Examples
    --------
    >>> import pandas as pd
    >>> old = "Vi fick mandat av nämnden. Anna sa att det räckte för oss alla i huset."
    >>> new = "Ja. Vi fick mandat av nämnden. [P03] sa att det räckte för oss alla i huset."
    >>> carry_spans(old, new, pd.DataFrame({"start": [3, 27], "end": [14, 49]}))[["quote", "status"]]
                         quote  status
    0              fick mandat   moved
    1  [P03] sa att det räckte  edited
    """
    missing = [column for column in ("start", "end") if column not in spans]
    if missing:
        raise TableError(f"spans: column '{missing[0]}' is missing; start and end are needed")
    if not 0 <= max_changed <= 1:
        raise TableError(f"carry_spans: max_changed is {max_changed}; give a share between 0 and 1")
    carrier = _Carrier(old_text, new_text, max_changed)
    quotes = spans["quote"].tolist() if "quote" in spans else [None] * len(spans)
    placed = [
        carrier.place(int(start), int(end), quote)
        for start, end, quote in zip(spans["start"], spans["end"], quotes, strict=True)
    ]
    table = pd.DataFrame(
        {
            "start": [p.start for p in placed],
            "end": [p.end for p in placed],
            "quote": [None if p.start is None else new_text[p.start : p.end] for p in placed],
            "status": [p.status for p in placed],
            "reason": [p.reason for p in placed],
            "changed": [p.changed for p in placed],
            "candidates": pd.Series([p.candidates for p in placed], dtype="object"),
        }
    )
    dtypes = {"start": "Int64", "end": "Int64", "quote": "str", "status": "str", "reason": "str", "changed": "float64"}
    return table.astype(dtypes).set_axis(spans.index)


class _Carrier:
    """Two texts, aligned, and where a span of the first is in the second."""

    def __init__(self, old_text: str, new_text: str, max_changed: float) -> None:
        numbers: dict[str, int] = {}
        self.old, self.new = read_words(old_text, numbers), read_words(new_text, numbers)
        self.max_changed = max_changed
        self.alignment: Alignment = align(self.old.ids, self.new.ids)
        self.certain = self.alignment.certain
        self.partner = kept_words(self.old, self.new, self.certain)
        held = np.flatnonzero(self.partner >= 0)
        places = np.arange(len(self.old))
        # The kept token before (or at) each token and after (or at) it: -1 and the length stand for the text's ends.
        at = np.searchsorted(held, places, side="right") - 1
        ends = np.concatenate((held, [len(self.old)]))
        self.before = np.where(at >= 0, ends[at], -1)
        self.after = ends[np.searchsorted(held, places)]
        self.claimed = np.full(len(self.new), -1, dtype=np.int64)
        self.claimed[self.partner[held]] = held
        self.arrived = np.ones(len(self.new), dtype=bool)  # not in the old text, on the shortest way
        self.arrived[self.alignment.best[self.alignment.best >= 0]] = False
        self.grams: dict[tuple[str, int], tuple[npt.NDArray[np.uint64], IntArray]] = {}

    def place(self, start: int, end: int, quote: object) -> Placed:
        """Place a span."""
        old, new = self.old, self.new
        if not 0 <= start < end <= len(old.text):
            return Placed(None, None, "uncertain", "empty", 1.0)
        if isinstance(quote, str) and quote != old.text[start:end]:
            return Placed(None, None, "uncertain", "other quote", 1.0)
        first = int(np.searchsorted(old.ends, start, side="right"))
        last = int(np.searchsorted(old.starts, end)) - 1
        if not old.spoken[first : last + 1].any():
            return Placed(None, None, "uncertain", "empty", 1.0)
        begin, why_begin = self._first(first, last)
        finish, why_finish = self._last(first, last)
        if begin is not None and finish is not None:
            begin, finish = self._inside_breaks(first, last, begin, finish)
        if begin is not None and finish is not None and begin <= finish:
            ends = (
                self._offset(start, first, begin, new.starts, old.starts),
                self._offset(end, last, finish, new.ends, old.ends),
            )
            if ends[0] is None or ends[1] is None:
                whole = int(new.starts[begin]), int(new.ends[finish])
                return Placed(None, None, "uncertain", "inside a word", 1.0, (whole,))
            return self._judged(start, end, first, last, ends[0], ends[1])
        moved = self._moved(first, last)
        if moved is not None:
            shift = moved - first
            a = self._offset(start, first, moved, new.starts, old.starts)
            b = self._offset(end, last, last + shift, new.ends, old.ends)
            if a is not None and b is not None:
                same = new.text[a:b] == old.text[start:end]
                return Placed(a, b, "moved" if same else "edited")
        return self._unplaced(first, last, why_begin or why_finish or "edge")

    def _block(self, token: int) -> tuple[int, int, int, int]:
        """Return the stretch without kept tokens around a token, in the old text and in the new, ends exclusive."""
        before, after = int(self.before[token]), int(self.after[token])
        a = -1 if before < 0 else int(self.partner[before])
        b = len(self.new) if after == len(self.old) else int(self.partner[after])
        return before + 1, after, a + 1, b

    def _first(self, first: int, last: int) -> tuple[int | None, str]:
        """Return the new token that the span begins with, or why it is not certain."""
        if self.partner[first] >= 0:
            return self._with_word(first, outside=int(self.old.owners[first]) < first)
        i1, i2, j1, j2 = self._block(first)
        while i1 < first and self.old.owners[i1] != i1 and self.certain[i1] == j1 < j2:
            i1, j1 = i1 + 1, j1 + 1  # a speaker's label or sign before the span, whose word changed
        if i1 == first and i2 <= last + 1 and self._one_for_one(i1, i2, j1, j2):
            return j1, ""
        return None, self._why(first)

    def _last(self, first: int, last: int) -> tuple[int | None, str]:
        """Return the new token that the span ends with, or why it is not certain."""
        if self.partner[last] >= 0:
            return self._with_word(last, outside=int(self.old.owners[last]) > last)
        i1, i2, j1, j2 = self._block(last)
        while i2 - 1 > last and self.old.owners[i2 - 1] != i2 - 1 and self.certain[i2 - 1] == j2 - 1 >= j1:
            i2, j2 = i2 - 1, j2 - 1
        if i2 == last + 1 and i1 >= first and self._one_for_one(i1, i2, j1, j2):
            return j2 - 1, ""
        return None, self._why(last)

    def _with_word(self, token: int, *, outside: bool) -> tuple[int | None, str]:
        """Return a kept token's partner; a sign that ends a span but goes with a word outside it needs that word."""
        place, word = int(self.partner[token]), int(self.old.owners[token])
        if outside and (word < 0 or place - int(self.partner[word]) != token - word or self.partner[word] < 0):
            return None, "edge"
        return place, ""

    def _inside_breaks(self, first: int, last: int, begin: int, finish: int) -> tuple[int, int]:
        """Leave out a paragraph's break that comes to stand at an end because the words beyond it were taken out."""
        while begin <= finish and self._is_break(self.new, begin) and not self._is_break(self.old, first):
            begin += 1
        while begin <= finish and self._is_break(self.new, finish) and not self._is_break(self.old, last):
            finish -= 1
        return begin, finish

    @staticmethod
    def _is_break(words: Words, token: int) -> bool:
        return words.text[words.starts[token]] == "\n"

    def _one_for_one(self, i1: int, i2: int, j1: int, j2: int) -> bool:
        """Return whether what stands at old tokens i1 to i2 can only have become new tokens j1 to j2."""
        if j1 == j2:
            return True
        if (i2 - i1, j2 - j1) == (1, 1) and self.old.spoken[i1] == self.new.spoken[j1]:
            return True
        return i2 - i1 <= PIN and j2 - j1 <= PIN and same_words(self.old.strings(i1, i2), self.new.strings(j1, j2))

    def _why(self, token: int) -> str:
        if self.certain[token] >= 0:
            return "surroundings"
        return "repeated" if self.alignment.best[token] >= 0 else "edge"

    def _offset(self, offset: int, old: int, new: int, theirs: IntArray, ours: IntArray) -> int | None:
        """Return where an end of a span lies, given its token: at the token's own end, beside or inside it."""
        shift = offset - int(ours[old])
        if shift == 0:
            return int(theirs[new])
        if int(self.old.starts[old]) < offset < int(self.old.ends[old]):
            same = self.old.strings(old, old + 1) == self.new.strings(new, new + 1)
            return int(theirs[new]) + shift if same else None
        # White space at the ends of a span stays with it where the new text has the same.
        edge = int(theirs[new])
        low, high = sorted((offset, int(ours[old])))
        here = sorted((edge, edge + shift))
        same = here[0] >= 0 and self.old.text[low:high] == self.new.text[here[0] : here[1]]
        return edge + shift if same else edge

    def _judged(self, start: int, end: int, first: int, last: int, a: int, b: int) -> Placed:
        """Say what became of a span whose place is certain."""
        if self.old.text[start:end] == self.new.text[a:b]:
            return Placed(a, b, "same" if a == start else "moved")
        changed = self._changed(first, last, a, b)
        if changed > self.max_changed or a >= b:
            return Placed(None, None, "uncertain", "rewritten", changed, ((a, b),) if a < b else ())
        return Placed(a, b, "edited", "", changed)

    def _changed(self, first: int, last: int, a: int, b: int) -> float:
        """Return the share of a span's words that were replaced, put in or taken out."""
        new_first = int(np.searchsorted(self.new.ends, a, side="right"))
        new_last = int(np.searchsorted(self.new.starts, b))
        kept = [token for token in range(first, last + 1) if self.partner[token] >= 0]
        edges = [(first - 1, new_first - 1), *((t, int(self.partner[t])) for t in kept), (last + 1, new_last)]
        count = 0
        for (i1, j1), (i2, j2) in pairwise(edges):
            if i2 - i1 == 1 and j2 - j1 == 1:
                continue
            ours, theirs = self.old.strings(i1 + 1, i2), self.new.strings(j1 + 1, j2)
            if ours and theirs and max(len(ours), len(theirs)) <= PIN and same_words(ours, theirs):
                continue
            if self._went_elsewhere(i1 + 1, i2 - 1):
                return 1.0  # it was not taken out but moved
            count += Levenshtein.distance(
                self.old.ids[i1 + 1 : i2][self.old.spoken[i1 + 1 : i2]].tolist(),
                self.new.ids[j1 + 1 : j2][self.new.spoken[j1 + 1 : j2]].tolist(),
            )
        words = int(self.old.spoken[first : last + 1].sum())
        return min(count / words, 1.0) if words else 1.0

    def _moved(self, first: int, last: int) -> int | None:
        """Return the new token that a moved span begins with, if it is the same passage beyond doubt."""
        here = np.arange(first, last + 1)
        if (self.partner[first : last + 1] >= 0).any() or 4 * (self.certain[first : last + 1] >= 0).sum() > len(here):
            return None  # where the alignment holds some of the span, it knows better
        for before, after in ((0, 0), (PIN, 0), (0, PIN), (PIN, PIN)):
            low, high = max(first - before, 0), min(last + after, len(self.old) - 1)
            passage = self.old.ids[low : high + 1]
            if len(passage) < PIN or self.old.spoken[low : high + 1].sum() < _MOVED_WORDS:
                continue
            theirs = self._occurrences("new", passage)
            if len(theirs) != 1 or len(self._occurrences("old", passage)) != 1:
                continue
            place = theirs[0] + first - low
            there = self.claimed[place : place + len(here)]
            near = np.arange(max(first - PIN, 0), min(last + 1 + PIN, len(self.old)))
            best = self.alignment.best[near]
            elsewhere = (best >= 0) & (best != near - first + place)
            free = not ((there >= 0) & (there != here)).any()
            # What is held at that very place was not moved, and what makes the rest of it doubtful is beside it.
            free = free and 2 * elsewhere.sum() < len(near) and not (self.certain[near] == near - first + place).any()
            if (
                free
                and self._ends_alike(first, last, place)
                and not self._rivals(low, high, range(theirs[0], theirs[0] + 1))
            ):
                return place
        return None

    def _ends_alike(self, first: int, last: int, place: int) -> bool:
        """Return whether a moved span ends where sentences do, or in the midst of what moved with it."""
        old, new = self.old, self.new
        shift = place - first
        around = PIN // 2
        a, b = first - around, last + 1 + around
        opened = old.spoken[first] and all(
            token == 0 or not words.spoken[token - 1] for words, token in ((old, first), (new, place))
        )
        closed = old.text[old.starts[last]] in _STOPS and old.spoken[last - 1]
        inside = a >= 0 and a + shift >= 0 and np.array_equal(old.ids[a:first], new.ids[a + shift : place])
        within = b <= len(old) and np.array_equal(old.ids[last + 1 : b], new.ids[last + 1 + shift : b + shift])
        edges = [(first, first + _MOVED_WORDS), (last + 1 - _MOVED_WORDS, last + 1)]
        edges += [] if opened else [(first - 2, first + 3)]
        edges += [] if closed else [(last - 2, last + 3)]
        if any(self._held_elsewhere(max(low, 0), high, shift) for low, high in edges):
            return False
        once = all(len(self._occurrences("new", old.ids[max(low, 0) : high])) <= 1 for low, high in edges)
        return bool((opened or inside) and (closed or within) and once)

    def _held_elsewhere(self, low: int, high: int, shift: int) -> bool:
        certain = self.certain[low:high]
        return int(((certain >= 0) & (certain != np.arange(low, low + len(certain)) + shift)).sum()) >= RUN

    def _occurrences(self, side: Literal["old", "new"], passage: IntArray) -> list[int]:
        """Return where a passage stands, token by token the same."""
        size = min(len(passage), PIN)
        ids = self.old.ids if side == "old" else self.new.ids
        return [
            place
            for place in self._places(side, size, gram_hashes(passage[:size], size)).tolist()
            if np.array_equal(ids[place : place + len(passage)], passage)
        ]

    def _places(self, side: Literal["old", "new"], size: int, hashes: npt.NDArray[np.uint64]) -> IntArray:
        """Return where the runs of tokens with the hashes begin, in the order of the hashes."""
        if (side, size) not in self.grams:
            found = gram_hashes(self.old.ids if side == "old" else self.new.ids, size)
            order = np.argsort(found, kind="stable")
            self.grams[side, size] = found[order], order
        ordered, order = self.grams[side, size]
        low, high = np.searchsorted(ordered, hashes), np.searchsorted(ordered, hashes, side="right")
        return np.concatenate([np.empty(0, np.int64), *(order[a:b] for a, b in zip(low, high, strict=True))])

    def _unplaced(self, first: int, last: int, why: str) -> Placed:
        """List a span for a person, with the places where its words are found."""
        candidates = self._candidates(first, last)
        span = slice(first, last + 1)
        words = self.old.spoken[span]
        kept = (self.alignment.best[span] >= 0) & words
        if not candidates and 3 * kept.sum() < words.sum():
            return Placed(None, None, "lost", "gone", 1.0)
        return Placed(None, None, "uncertain", why, 1.0, candidates)

    def _votes(self, first: int, last: int) -> tuple[Counter[int], int]:
        """Count, per new token a passage could begin with, its runs of three tokens found there; and all its runs."""
        length = min(RUN, last - first + 1)
        hashes = gram_hashes(self.old.ids[first : last + 1], length)
        votes: Counter[int] = Counter()
        for shift, run in enumerate(hashes):
            votes.update((self._places("new", length, np.array([run])) - shift).tolist())
        return votes, len(hashes)

    def _went_elsewhere(self, first: int, last: int) -> bool:
        """Return whether a run of words that was taken out, or a short sentence, was put in somewhere else."""
        removed = first + np.flatnonzero(self.alignment.best[first : last + 1] < 0)
        for run in np.split(removed, np.flatnonzero(np.diff(removed) > 1) + 1):
            if len(run) < RUN and (len(run) < 2 or self.old.spoken[run].all()):
                continue
            size = min(RUN, len(run))
            places = self._places("new", size, gram_hashes(self.old.ids[run], size))
            if any(self.arrived[place : place + size].all() for place in places.tolist()):
                return True
        return False

    def _rivals(self, first: int, last: int, here: range) -> bool:
        """Return whether much of a passage begins anywhere else in the new text, word for word or corrected."""
        votes, runs = self._votes(first, last)
        near: Counter[int] = Counter()
        for begin, count in votes.items():
            if begin not in here:
                near[begin // PIN] += count
        return any(count + near[block + 1] >= _RIVAL * runs for block, count in list(near.items()))

    def _candidates(self, first: int, last: int) -> tuple[tuple[int, int], ...]:
        """Return up to three places: where the neighbours say, then where runs of the same words are, nearest first."""
        size = last - first + 1
        span = self.alignment.best[first : last + 1]
        found = span[span >= 0]
        places: list[tuple[int, int]] = []
        if 2 * len(found) >= size:
            ahead = int((span >= 0).argmax())
            behind = int((span[::-1] >= 0).argmax())
            places.append((int(found[0]) - ahead, int(found[-1]) + behind))
        votes, runs = self._votes(first, last)
        i1, _, j1, _ = self._block(first)
        expected = j1 + first - i1
        likely = sorted(votes, key=lambda place: (-votes[place], abs(place - expected)))
        enough = max(_LIKELY * runs, 1)
        places += [(place, place + size - 1) for place in likely if votes[place] >= enough]
        kept: list[tuple[int, int]] = []
        for a, b in places:
            a, b = max(a, 0), min(b, len(self.new) - 1)
            if a <= b and all(b < c or d < a for c, d in kept):
                kept.append((a, b))
        return tuple((int(self.new.starts[a]), int(self.new.ends[b])) for a, b in kept[:_N_CANDIDATES])
