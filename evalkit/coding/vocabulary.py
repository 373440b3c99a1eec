"""Which word types a pattern means: asked of the vocabulary once, whatever the number of tokens and rules."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from itertools import count

import numpy as np
import numpy.typing as npt

from evalkit.coding.rules import Alternatives, WordPattern
from evalkit.corpus.tokens import Tokens, lemmatise

__all__ = ["Vocabulary"]

IntArray = npt.NDArray[np.int64]


class Vocabulary:
    """The word types of a corpus, found by form, lemma, beginning, end or middle; what was asked once is remembered.

    Parameters
    ----------
    tokens : Tokens
        The corpus.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._forms = dict(zip(tokens.vocabulary, range(len(tokens.vocabulary)), strict=True))
        self._lemmas: defaultdict[str, int] = defaultdict(count().__next__)
        lemma_of = np.fromiter(map(self._lemmas.__getitem__, tokens.lemmas), dtype=np.int64, count=len(tokens.lemmas))
        # Plain lists: a lemma has few types, and numbers in them cost nothing to collect.
        self._by_lemma: list[int] = np.argsort(lemma_of, kind="stable").tolist()
        self._begins: list[int] = np.cumsum([0, *np.bincount(lemma_of, minlength=len(self._lemmas))]).tolist()
        self._known: dict[WordPattern, list[int]] = {}
        self._of: dict[Alternatives, IntArray] = {}

    def forget(self) -> None:
        """Let go of what was found for patterns."""
        self._known, self._of = {}, {}

    def types(self, alternatives: Alternatives) -> IntArray:
        """Return the word types that match any of some patterns.

        Parameters
        ----------
        alternatives : tuple of WordPattern
            The patterns.

        Returns
        -------
        numpy.ndarray of int
            Indices into the vocabulary; a type that matches in several ways may stand as often.
        """
        types = self._of.get(alternatives)
        if types is None:
            found = [number for pattern in alternatives for number in self._matching(pattern)]
            types = self._of[alternatives] = np.array(found, dtype=np.int64)
        return types

    def _matching(self, pattern: WordPattern) -> list[int]:
        found = self._known.get(pattern)
        if found is None:
            found = self._known[pattern] = self._look_up(pattern)
        return found

    def _look_up(self, pattern: WordPattern) -> list[int]:
        text = pattern.text
        if pattern.kind == "form":
            return self._having([text], [])
        if pattern.kind == "lemma":
            return self._having([text], [lemmatise(text)])
        if pattern.kind == "prefix":
            size, begin = len(text), bisect_left(self._sorted, text)
            end = bisect_right(self._sorted, text, begin, key=lambda string: string[:size])
            near = self._sorted[begin:end]
        else:
            near = self._with_inside(text + "\n" if pattern.kind == "suffix" else text)
        return self._having(near, near)

    def _having(self, forms: Iterable[str], lemmas: Iterable[str]) -> list[int]:
        """Return the types that have one of some forms or of some lemmas."""
        types = [number for number in map(self._forms.get, forms) if number is not None]
        for number in map(self._lemmas.get, lemmas):
            if number is not None:
                types += self._by_lemma[self._begins[number] : self._begins[number + 1]]
        return types

    @cached_property
    def _sorted(self) -> list[str]:
        # In the order of the text, not of a set: strings that lie side by side in memory are sorted twice as fast.
        return sorted([*self._forms, *(lemma for lemma in self._lemmas if lemma not in self._forms)])

    def _with_inside(self, text: str) -> list[str]:
        """Return the strings that contain a text; a line feed is a string's end."""
        found, at = [], self._joined.find(text)
        while at >= 0:
            begin, end = self._joined.rfind("\n", 0, at) + 1, self._joined.index("\n", at)
            found.append(self._joined[begin:end])
            at = self._joined.find(text, end)
        return found

    @cached_property
    def _joined(self) -> str:
        return "\n".join([*self._sorted, ""])
