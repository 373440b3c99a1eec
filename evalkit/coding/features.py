"""Tokens → numbers that a linear model can learn from: parts of words, words, kinds of words, and pairs of words.

A *unit* is what is judged: a segment, a passage or a sentence. Its features are

- the letters of each of its words (all stretches of 2 to 5 letters, the edges of the word included), so that an
  inflection or compound that was never seen still resembles what was;
- the lemmas of its words;
- the kinds of its words: the lists of the codebook ("tid", "timme" and "kalender" are of one kind), also by the last
  part of a compound;
- ordered pairs of lemmas at most `PAIR_GAP` words apart: what idioms are made of.

A word counts once per unit and weighs as much as its lemma is rare (inverse document frequency). Everything is divided
by the length of the unit, as the root of the sum of its squared word weights. Because the features of words add up,
a linear model is one row of weights per word *type*: `Features.project` multiplies a corpus by weights without ever
making the corpus's own features, and gives exactly what `Features.matrix` times the weights gives.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evalkit.corpus.tokens import Tokens, lemmatise

__all__ = ["Features", "Kinds", "fit_features"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GRAMS = range(2, 6)
PAIR_GAP = 4
MOST_LETTERS = 30
SHORTEST_HEAD = 4
LEAST_GRAM, LEAST_PAIR = 2, 2
KIND, PAIR = 2.8, 0.7
"""How much a kind of word and a pair of words weigh against a word; chosen by cross-validation."""


class Kinds:
    """Which kinds a word is of, from lists of words.

    Parameters
    ----------
    lists : mapping of str to sequence of str
        Words by kind; entries that are patterns ("stöd*", "=chef", "a|b") are passed over.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(sorted(lists))
        of: dict[str, set[int]] = {}
        for number, name in enumerate(self.names):
            for word in lists[name]:
                if not set("*=|@ ") & set(word):
                    of.setdefault(word, set()).add(number)
                    of.setdefault(lemmatise(word), set()).add(number)
        self._of = {word: tuple(sorted(numbers)) for word, numbers in of.items()}
        self._found: dict[str, tuple[int, ...]] = {}

    def of(self, lemma: str) -> tuple[int, ...]:
        """Return the kinds of a lemma: its own, or those of the longest word in the lists that it ends with.

        Parameters
        ----------
        lemma : str
            A lemma.

        Returns
        -------
        tuple of int
            Positions in `names`; empty for most words.
        """
        if lemma not in self._found:
            heads = (lemma[cut:] for cut in (0, *range(2, len(lemma) - SHORTEST_HEAD + 1)))
            self._found[lemma] = next((self._of[head] for head in heads if head in self._of), ())
        return self._found[lemma]


@dataclass(frozen=True, eq=False)
class Features:
    """What was seen while learning, and the features that follow from it.

    Attributes
    ----------
    grams, lemmas : dict of str to int
        Number of each stretch of letters and each lemma.
    gram_weights, lemma_weights : numpy.ndarray of float
        Inverse document frequency of each.
    unseen : float
        Weight of a lemma that was never seen.
    pairs : numpy.ndarray of int
        Keys of the pairs, sorted: number of the first × number of lemmas + number of the second.
    pair_weights : numpy.ndarray of float
        Inverse document frequency of each.
    kinds : Kinds
        Kinds of words.
    """

    grams: dict[str, int]
    gram_weights: FloatArray
    lemmas: dict[str, int]
    lemma_weights: FloatArray
    unseen: float
    pairs: IntArray
    pair_weights: FloatArray
    kinds: Kinds

    def __len__(self) -> int:
        """Return the number of features."""
        return self._of_types + len(self.pairs)

    @cached_property
    def _of_types(self) -> int:
        return len(self.grams) + len(self.lemmas) + len(self.kinds.names)

    def matrix(self, tokens: Tokens, units: IntArray, n_units: int) -> sparse.csr_matrix:
        """Return the features of some units.

        Parameters
        ----------
        tokens : Tokens
            The words.
        units : numpy.ndarray of int, shape (n_tokens,)
            Which unit each token is in; -1 = none.
        n_units : int
            Number of units.

        Returns
        -------
        scipy.sparse.csr_matrix, shape (n_units, len(self))
            One row per unit.
        """
        words, shares = self._words(tokens, units, n_units)
        parts = [words @ self._types(tokens), self._pairs(tokens, units, n_units)]
        return sparse.csr_matrix(sparse.diags_array(shares) @ sparse.hstack(parts, format="csr"))

    def project(self, tokens: Tokens, units: IntArray, n_units: int, weights: FloatArray) -> FloatArray:
        """Return ``matrix(...) @ weights`` without making the matrix.

        Parameters
        ----------
        tokens : Tokens
            The words.
        units : numpy.ndarray of int, shape (n_tokens,)
            Which unit each token is in; -1 = none.
        n_units : int
            Number of units.
        weights : numpy.ndarray of float, shape (len(self), n_outputs)
            Weights of the features.

        Returns
        -------
        numpy.ndarray of float, shape (n_units, n_outputs)
            One row per unit.
        """
        words, shares = self._words(tokens, units, n_units)
        scores = words @ (self._types(tokens) @ weights[: self._of_types])
        scores += self._pairs(tokens, units, n_units) @ weights[self._of_types :]
        return np.asarray(shares[:, None] * scores)

    def _words(self, tokens: Tokens, units: IntArray, n_units: int) -> tuple[sparse.csr_matrix, FloatArray]:
        """Return which word types stand in each unit, and by how much a unit's features are multiplied."""
        n_types = len(tokens.vocabulary)
        types, at = _said(tokens, units)
        cells = _distinct(at * n_types + types)
        rows, columns = np.divmod(cells, max(n_types, 1))
        words = sparse.csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(n_units, n_types))
        length = np.sqrt(np.asarray(words @ self._type_weights(tokens) ** 2))
        return words, np.divide(1.0, length, out=np.zeros(n_units), where=length > 0)

    def _type_weights(self, tokens: Tokens) -> FloatArray:
        known = self.lemmas
        weights = [self.lemma_weights[known[lemma]] if lemma in known else self.unseen for lemma in tokens.lemmas]
        return np.array(weights, dtype=np.float64)

    def _types(self, tokens: Tokens) -> sparse.csr_matrix:
        """Return the features of each word type."""
        weights = self._type_weights(tokens)
        rows: list[IntArray] = []
        columns: list[IntArray] = []
        values: list[FloatArray] = []
        first_lemma, first_kind = len(self.grams), len(self.grams) + len(self.lemmas)
        for number, (form, lemma) in enumerate(zip(tokens.vocabulary, tokens.lemmas, strict=True)):
            grams = np.array([self.grams[gram] for gram in _grams(form) if gram in self.grams], dtype=np.int64)
            letters = self.gram_weights[grams]
            letters = letters * (weights[number] / np.sqrt(np.sum(letters**2))) if len(grams) else letters
            own = [first_lemma + self.lemmas[lemma]] if lemma in self.lemmas else []
            kinds = [first_kind + kind for kind in self.kinds.of(lemma)]
            columns.append(np.concatenate([grams, np.array(own + kinds, dtype=np.int64)]))
            values.append(np.concatenate([letters, [weights[number]] * len(own), [KIND] * len(kinds)]))
            rows.append(np.full(len(columns[-1]), number))
        if not rows:
            return sparse.csr_matrix((0, self._of_types))
        cells = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sparse.csr_matrix(cells, shape=(len(tokens.vocabulary), self._of_types))

    def _pairs(self, tokens: Tokens, units: IntArray, n_units: int) -> sparse.csr_matrix:
        types, at = _said(tokens, units)
        lemmas = np.array([self.lemmas.get(lemma, -1) for lemma in tokens.lemmas], dtype=np.int64)
        found = [
            _known(at, keys, self.pairs)
            for at, keys in _lemma_pairs(lemmas[types] if len(types) else types, at, max(len(self.lemmas), 1))
        ]
        return _counted(found, PAIR * self.pair_weights, n_units)


def fit_features(tokens: Tokens, units: IntArray, n_units: int, kinds: Kinds) -> Features:
    """Return the features that some units have often enough to learn from.

    Parameters
    ----------
    tokens : Tokens
        The words.
    units : numpy.ndarray of int, shape (n_tokens,)
        Which unit each token is in; -1 = none.
    n_units : int
        Number of units.
    kinds : Kinds
        Kinds of words.

    Returns
    -------
    Features
        Numbered in alphabetical order, so that the same texts give the same features.
    """
    types, at = _said(tokens, units)
    seen = sorted(
        {(int(unit), tokens.lemmas[type]) for unit, type in set(zip(at.tolist(), types.tolist(), strict=True))}
    )
    documents = Counter(lemma for _, lemma in seen)
    lemmas = {lemma: number for number, lemma in enumerate(sorted(documents))}
    said = sorted(set(types.tolist()))
    in_types = Counter(gram for type in said for gram in _grams(tokens.vocabulary[type]))
    grams = sorted(gram for gram, count in in_types.items() if count >= LEAST_GRAM)
    numbers = np.array([lemmas.get(lemma, -1) for lemma in tokens.lemmas], dtype=np.int64)
    of_lemmas = _lemma_pairs(numbers[types] if len(types) else types, at, max(len(lemmas), 1))
    pairs, pair_counts = _often(of_lemmas, LEAST_PAIR)
    return Features(
        grams={gram: number for number, gram in enumerate(grams)},
        gram_weights=_rarity(np.array([in_types[gram] for gram in grams]), len(said)),
        lemmas=lemmas,
        lemma_weights=_rarity(np.array([documents[lemma] for lemma in lemmas]), n_units),
        unseen=float(_rarity(np.zeros(1), n_units)[0]),
        pairs=pairs,
        pair_weights=_rarity(pair_counts, n_units),
        kinds=kinds,
    )


def _rarity(counts: npt.NDArray[np.generic], of: int) -> FloatArray:
    return np.log((1 + of) / (1 + counts.astype(np.float64))) + 1


def _grams(form: str) -> list[str]:
    """Return every stretch of letters of a word, each once, with '<' and '>' for its edges."""
    if not any(map(str.isalnum, form)):
        return []
    edged = f"<{form[:MOST_LETTERS]}>"
    return list(dict.fromkeys(edged[at : at + size] for size in GRAMS for at in range(len(edged) - size + 1)))


def _is_word(tokens: Tokens) -> npt.NDArray[np.bool_]:
    return np.fromiter(
        (any(map(str.isalnum, form)) for form in tokens.vocabulary), dtype=bool, count=len(tokens.vocabulary)
    )


def _said(tokens: Tokens, units: IntArray) -> tuple[IntArray, IntArray]:
    """Return the word type and the unit of each word, without punctuation and words that are in no unit."""
    said = _is_word(tokens)[tokens.words] & (units >= 0)
    return tokens.words[said], units[said]


Pairs = list[tuple[IntArray, IntArray]]


def _lemma_pairs(lemmas: IntArray, at: IntArray, n_lemmas: int) -> Pairs:
    """Return unit and key of each pair of known lemmas, one entry per distance."""
    found: Pairs = []
    for gap in range(1, PAIR_GAP + 1):
        first, second = lemmas[:-gap], lemmas[gap:]
        both = (at[:-gap] == at[gap:]) & (first >= 0) & (second >= 0)
        found.append((at[:-gap][both], first[both] * n_lemmas + second[both]))
    return found


def _often(found: Pairs, least: int) -> tuple[IntArray, IntArray]:
    """Return the keys that stand in at least so many units, sorted, and in how many."""
    empty = np.empty(0, dtype=np.int64)
    at = np.concatenate([empty, *(units for units, _ in found)])
    keys = np.concatenate([empty, *(keys for _, keys in found)])
    n_units = int(at.max(initial=-1)) + 1
    once = _distinct(keys * max(n_units, 1) + at) // max(n_units, 1)
    distinct, counts = np.unique(once, return_counts=True)
    return distinct[counts >= least], counts[counts >= least]


def _distinct(keys: IntArray) -> IntArray:
    """Return each key once, sorted; by sorting, which is many times faster than the hashing of numpy.unique."""
    ordered = np.sort(keys)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]]


def _known(at: IntArray, keys: IntArray, known: IntArray) -> tuple[IntArray, IntArray]:
    """Return unit and number of the keys that are known."""
    if not len(known):
        return at[:0], keys[:0]
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    hit = known[place] == keys
    return at[hit], place[hit]


def _counted(found: Iterable[tuple[IntArray, IntArray]], weights: FloatArray, n_units: int) -> sparse.csr_matrix:
    """Return a row per unit with the weight of every pair in it, however often it stands there."""
    parts = list(found)
    empty = np.empty(0, dtype=np.int64)
    at = np.concatenate([empty, *(units for units, _ in parts)])
    numbers = np.concatenate([empty, *(numbers for _, numbers in parts)])
    rows, columns = np.divmod(_distinct(at * max(len(weights), 1) + numbers), max(len(weights), 1))
    return sparse.csr_matrix((weights[columns], (rows, columns)), shape=(n_units, len(weights)))
