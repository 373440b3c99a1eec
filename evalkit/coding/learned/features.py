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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evalkit.corpus.tokens import Tokens, lemmatise

__all__ = ["Features", "Kinds", "fit_features"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

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

    def types(self, tokens: Tokens) -> "TypeFeatures":
        """Return what the features of all units of a corpus are made of, computed once per word type.

        Parameters
        ----------
        tokens : Tokens
            The words.

        Returns
        -------
        TypeFeatures
            For `project`.
        """
        n, n_grams, is_word = len(tokens.vocabulary), len(self.grams), _is_word(tokens)
        lemmas, kinds = _numbers(tokens.lemmas, self.lemmas), list(map(self.kinds.of, tokens.lemmas))
        weights = np.append(self.lemma_weights, self.unseen)[lemmas]
        known = np.flatnonzero(lemmas >= 0)
        of_kinds = np.repeat(np.arange(n), np.fromiter(map(len, kinds), dtype=np.int64, count=n))
        cells = [
            *self._grams_of(tokens.vocabulary, is_word),
            known * self._of_types + n_grams + lemmas[known],
            of_kinds * self._of_types + n_grams + len(self.lemmas) + np.fromiter(chain(*kinds), dtype=np.int64),
        ]
        rows, columns = np.divmod(_distinct(np.concatenate(cells)), max(self._of_types, 1))
        values = np.concatenate([self.gram_weights, self.lemma_weights, np.full(len(self.kinds.names), KIND)])[columns]
        # The letters of a word weigh as much as the word.
        letters = columns < n_grams
        length = np.sqrt(np.bincount(rows[letters], values[letters] ** 2, minlength=n))
        values[letters] *= (weights / np.where(length > 0, length, 1))[rows[letters]]
        begins = np.searchsorted(rows, np.arange(n + 1))
        matrix = sparse.csr_matrix((values, columns, begins), shape=(n, self._of_types))
        return TypeFeatures(tokens, matrix, weights, lemmas, is_word)

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
        types = self.types(tokens)
        words, said, shares = self._words(types, units, n_units)
        parts = [words @ types.matrix[said], self._pairs(types, units, n_units)]
        return sparse.csr_matrix(sparse.diags_array(shares) @ sparse.hstack(parts, format="csr"))

    def project(self, types: "TypeFeatures", units: IntArray, n_units: int, weights: FloatArray) -> FloatArray:
        """Return ``matrix(...) @ weights`` without making the matrix.

        Parameters
        ----------
        types : TypeFeatures
            Of the words.
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
        words, said, shares = self._words(types, units, n_units)
        scores = words @ (types.matrix[said] @ weights[: self._of_types])
        scores += self._pairs(types, units, n_units) @ weights[self._of_types :]
        return np.asarray(shares[:, None] * scores)

    def _words(
        self, types: "TypeFeatures", units: IntArray, n_units: int
    ) -> tuple[sparse.csr_matrix, IntArray, FloatArray]:
        """Return which of the said word types stand in each unit, these types, and what a unit is multiplied by."""
        words, at = _said(types.tokens, types.is_word, units)
        said = np.flatnonzero(np.bincount(words, minlength=len(types.weights)))
        number = np.zeros(len(types.weights), dtype=np.int64)
        number[said] = np.arange(len(said))
        rows, columns = np.divmod(_distinct(at * len(said) + number[words]), max(len(said), 1))
        stand = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n_units, len(said)))
        length = np.sqrt(np.asarray(stand @ types.weights[said] ** 2))
        return stand, said, np.divide(1.0, length, out=np.zeros(n_units), where=length > 0)

    def _grams_of(self, vocabulary: Sequence[str], is_word: BoolArray) -> list[IntArray]:
        """Return the cells, in `TypeFeatures.matrix`, of each known stretch of letters of each word type.

        As in a trie: what a stretch is, its beginning and its last letter tell.
        """
        letters, following = self._trie
        words = np.flatnonzero(is_word)
        edged = [f"<{vocabulary[word][:MOST_LETTERS]}>\n" for word in words.tolist()]
        points = np.frombuffer("".join(edged).encode("utf-32-le"), dtype="<u4")
        row = np.repeat(words, np.fromiter(map(len, edged), dtype=np.int64, count=len(edged)))
        letter = np.take(letters, points, mode="clip")
        stretch: npt.NDArray[np.integer] = len(self.grams) + letter
        cells = []
        for more in range(1, GRAMS[-1]):
            stretch = following[stretch[:-1], letter[more:]]
            known = np.flatnonzero(stretch < len(self.grams))
            cells.append(row[known] * self._of_types + stretch[known])
        return cells

    @cached_property
    def _trie(self) -> tuple[IntArray, npt.NDArray[np.int32]]:
        """Return the number of each code point as a letter, and of each stretch with one more letter after it.

        A stretch is seen no more often than its beginning, so that the beginning of a known one is known. Behind the
        stretches are numbered the single letters; the last letter and stretch stand for all that are unknown.
        """
        signs = sorted({sign for gram in self.grams for sign in gram})
        letter = {sign: number for number, sign in enumerate(signs)}
        letters = np.full(max(map(ord, signs), default=0) + 2, len(signs))
        letters[list(map(ord, signs))] = range(len(signs))
        unknown = len(self.grams) + len(signs)
        following = np.full((unknown + 1, len(signs) + 1), unknown, dtype=np.int32)
        for gram, number in self.grams.items():
            begun = self.grams[gram[:-1]] if len(gram) > GRAMS[0] else len(self.grams) + letter[gram[0]]
            following[begun, letter[gram[-1]]] = number
        return letters, following

    def _pairs(self, types: "TypeFeatures", units: IntArray, n_units: int) -> sparse.csc_matrix:
        words, at = _said(types.tokens, types.is_word, units)
        pairs = _lemma_pairs(types.lemmas[words], at, max(len(self.lemmas), 1))
        return _counted(pairs, self.pairs, PAIR * self.pair_weights, n_units)


@dataclass(frozen=True, eq=False)
class TypeFeatures:
    """What the features of all units of a corpus are made of.

    Attributes
    ----------
    tokens : Tokens
        The words.
    matrix : scipy.sparse.csr_matrix, shape (n_types, n_features_of_types)
        Letters, lemma and kinds of each word type.
    weights : numpy.ndarray of float, shape (n_types,)
        Rarity of its lemma.
    lemmas : numpy.ndarray of int, shape (n_types,)
        Number of its lemma; -1 = never seen.
    is_word : numpy.ndarray of bool, shape (n_types,)
        Whether it has a letter or a figure.
    """

    tokens: Tokens
    matrix: sparse.csr_matrix
    weights: FloatArray
    lemmas: IntArray
    is_word: BoolArray


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
    types, at = _said(tokens, _is_word(tokens), units)
    seen = sorted(
        {(int(unit), tokens.lemmas[type]) for unit, type in set(zip(at.tolist(), types.tolist(), strict=True))}
    )
    documents = Counter(lemma for _, lemma in seen)
    lemmas = {lemma: number for number, lemma in enumerate(sorted(documents))}
    said = sorted(set(types.tolist()))
    in_types = Counter(gram for type in said for gram in _grams(tokens.vocabulary[type]))
    grams = sorted(gram for gram, count in in_types.items() if count >= LEAST_GRAM)
    of_lemmas = _lemma_pairs(_numbers(tokens.lemmas, lemmas)[types], at, max(len(lemmas), 1))
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
    if not _has_letter(form):
        return []
    edged = f"<{form[:MOST_LETTERS]}>"
    return list(dict.fromkeys(edged[at : at + size] for size in GRAMS for at in range(len(edged) - size + 1)))


def _has_letter(form: str) -> bool:
    return form.isalnum() or any(map(str.isalnum, form))


def _numbers(lemmas: Sequence[str], known: Mapping[str, int]) -> IntArray:
    """Return the number of each lemma, -1 where it is not known."""
    return np.fromiter((known.get(lemma, -1) for lemma in lemmas), dtype=np.int64, count=len(lemmas))


def _is_word(tokens: Tokens) -> BoolArray:
    return np.fromiter(map(_has_letter, tokens.vocabulary), dtype=bool, count=len(tokens.vocabulary))


def _said(tokens: Tokens, is_word: BoolArray, units: IntArray) -> tuple[IntArray, IntArray]:
    """Return the word type and the unit of each word, without punctuation and words that are in no unit."""
    said = is_word[tokens.words] & (units >= 0)
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
    n_units = max((int(at.max(initial=0)) + 1 for at, _ in found), default=1)
    distinct, counts = np.unique(_together(found, n_units) // n_units, return_counts=True)
    return distinct[counts >= least], counts[counts >= least]


def _counted(found: Pairs, known: IntArray, weights: FloatArray, n_units: int) -> sparse.csc_matrix:
    """Return a row per unit with the weight of every known pair in it, however often it stands there."""
    cells = _together(found, n_units)
    begins, ends = np.searchsorted(cells, known * n_units), np.searchsorted(cells, (known + 1) * n_units)
    sizes, upto = ends - begins, np.cumsum(ends - begins)
    inside = np.repeat(ends - upto, sizes) + np.arange(sizes.sum())
    columns = (np.repeat(weights, sizes), cells[inside] % max(n_units, 1), np.append(0, upto))
    return sparse.csc_matrix(columns, shape=(n_units, len(known)))


def _together(found: Pairs, n_units: int) -> IntArray:
    """Return key × number of units + unit of each pair, each once, sorted."""
    return _distinct(np.concatenate([np.empty(0, dtype=np.int64), *(keys * n_units + at for at, keys in found)]))


def _distinct(keys: IntArray) -> IntArray:
    """Return each key once, sorted; by sorting, which is many times faster than the hashing of numpy.unique."""
    ordered = np.sort(keys)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]]
