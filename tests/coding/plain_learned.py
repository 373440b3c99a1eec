"""The learned coder once more, slowly and plainly: dictionaries of features, one text at a time."""

import math
from collections import Counter

import numpy as np

from evalkit.coding.learned.examples import SIGNS, instances, passages, sentences
from evalkit.coding.learned.features import (
    GRAMS,
    KIND,
    LEAST_GRAM,
    LEAST_PAIR,
    MOST_LETTERS,
    PAIR,
    PAIR_GAP,
    SHORTEST_HEAD,
)
from evalkit.coding.learned.file import Learned
from evalkit.coding.learned.learning import ASKS
from evalkit.corpus.tokens import lemmatise, tokenise


def words_of(text: str) -> list[tuple[str, str]]:
    """Form and lemma of each word."""
    tokens = tokenise([text])
    said = [(tokens.vocabulary[word], tokens.lemmas[word]) for word in tokens.words]
    return [(form, lemma) for form, lemma in said if any(sign.isalnum() for sign in form)]


def grams_of(form: str) -> set[str]:
    edged = f"<{form[:MOST_LETTERS]}>"
    return {edged[at : at + size] for size in GRAMS for at in range(len(edged) - size + 1)}


class PlainFeatures:
    def __init__(self, texts: list[str], lists: dict[str, tuple[str, ...]]) -> None:
        self.kind_of: dict[str, set[str]] = {}
        for kind, words in lists.items():
            for word in words:
                if not set("*=|@ ") & set(word):
                    for form in (word, lemmatise(word)):
                        self.kind_of.setdefault(form, set()).add(kind)
        said = [words_of(text) for text in texts]
        self.n = len(texts)
        self.documents = Counter(lemma for words in said for lemma in {lemma for _, lemma in words})
        types = {form for words in said for form, _ in words}
        self.n_types = len(types)
        self.in_types = Counter(gram for form in types for gram in grams_of(form))
        self.pairs = Counter(pair for words in said for pair in self.pairs_of(words))

    def kinds(self, lemma: str) -> set[str]:
        for cut in (0, *range(2, len(lemma) - SHORTEST_HEAD + 1)):
            if lemma[cut:] in self.kind_of:
                return self.kind_of[lemma[cut:]]
        return set()

    def pairs_of(self, words: list[tuple[str, str]]) -> set[tuple[str, str]]:
        lemmas = [lemma for _, lemma in words]
        return {(a, b) for at, a in enumerate(lemmas) for b in lemmas[at + 1 : at + 1 + PAIR_GAP]}

    def rarity(self, count: int, of: int) -> float:
        return math.log((1 + of) / (1 + count)) + 1

    def of(self, text: str) -> dict[tuple[str, ...], float]:
        words = words_of(text)
        found: Counter[tuple[str, ...]] = Counter()
        squares = 0.0
        for form, lemma in set(words):
            weight = self.rarity(self.documents[lemma], self.n)
            squares += weight**2
            known = [gram for gram in grams_of(form) if self.in_types[gram] >= LEAST_GRAM]
            letters = {gram: self.rarity(self.in_types[gram], self.n_types) for gram in known}
            length = math.sqrt(sum(value**2 for value in letters.values())) or 1
            for gram, value in letters.items():
                found["gram", gram] += weight * value / length
            if self.documents[lemma]:
                found["lemma", lemma] += weight
            for kind in self.kinds(lemma):
                found["kind", kind] += KIND
        for pair in self.pairs_of(words):
            if self.pairs[pair] >= LEAST_PAIR:
                found["pair", *pair] += PAIR * self.rarity(self.pairs[pair], self.n)
        return {name: value / math.sqrt(squares) for name, value in found.items()} if words else {}


def dot(a: dict[tuple[str, ...], float], b: dict[tuple[str, ...], float]) -> float:
    return sum(value * b.get(name, 0.0) for name, value in a.items())


class PlainCoder:
    """Every score is a sum over the examples: how much each counts, times how alike the two texts are."""

    def __init__(self, learned: Learned) -> None:
        self.learned = learned
        self.texts = instances(learned.examples)
        self.features = PlainFeatures([text.text for text in self.texts], learned.lists)
        self.known = [self.features.of(text.text) for text in self.texts]
        self.shown = [(e, s) for e in learned.examples for s in e.codes if s.code in learned.codes]
        self.said = [self.features.of(self.around(e.text, s.quote)) for e, s in self.shown]
        self.asked = [ASKS * ("?" in self.around(e.text, s.quote)) for e, s in self.shown]

    def around(self, text: str, quote: str) -> str:
        start = text.find(quote)
        for a, b in sentences(text):
            if a <= start < b:
                return text[a:b] if b - a >= len(quote) else quote
        return quote

    def scores(self, text: str) -> np.ndarray:
        here = self.features.of(text)
        alike = np.array([dot(here, known) for known in self.known])
        return alike @ self.learned.counts

    def signs(self, text: str, code: int) -> list[float]:
        here, asks = self.features.of(text), ASKS * ("?" in text)
        scores = np.array(self.learned.polarity_intercepts)
        for row, (_, shown) in enumerate(self.shown):
            alike = dot(here, self.said[row]) + asks * self.asked[row] + 1
            own = shown.code == self.learned.codes[code]
            scores = scores + (1 + own) * alike * self.learned.polarity_counts[row]
        return scores.tolist()

    def standing(self, text: str) -> list[list[float]]:
        """What the scores of a text say of each code."""
        *scores, nothing = (self.scores(text) + self.learned.intercepts).tolist()
        n_words = len(text.split())
        ranked = sorted(scores, reverse=True)
        second, third = (ranked[min(place, len(ranked) - 1)] for place in (1, 2))
        near = sum(score > -0.3 for score in scores)
        rows = []
        for score in scores:
            other = second if score >= ranked[0] else ranked[0]
            rank = sum(score < rival for rival in scores)
            length = math.log1p(n_words)
            first = [score, min(score, 0), score - other, rank == 0, rank == 1, length, score * length]
            rows.append([*first, near, third, nothing])
        return rows

    def code(self, text: str, rules: dict[str, str] | None = None) -> dict[str, tuple[int, int, str]]:
        """Start, end and polarity of each code found, where rules of some codes match with some polarity."""
        rules = rules or {}
        *weights, rule, intercept = self.learned.decision
        best: dict[int, tuple[float, tuple[int, int], tuple[int, int]]] = {}
        for a, b in passages(text):
            whole = self.standing(text[a:b])
            inner = [(a + start, a + end) for start, end in sentences(text[a:b])]
            parts = [self.standing(text[start:end]) for start, end in inner]
            for code, id in enumerate(self.learned.codes):
                at = max(range(len(inner)), key=lambda n: (parts[n][code][0], -n))
                part, several = parts[at][code], math.log(len(inner))
                more = [several, several * whole[code][0], several * part[0], several * part[2]]
                row = [*whole[code], *part, *more]
                weighed = sum(x * w for x, w in zip(row, weights, strict=True)) + intercept + rule * (id in rules)
                probable = 1 / (1 + math.exp(-weighed))
                least = self.learned.hold if id in rules else self.learned.threshold
                if probable >= least and probable > best.get(code, (0.0,))[0]:
                    best[code] = (probable, (a, b), inner[at])
        found = {}
        for code, (_, passage, where) in best.items():
            id = self.learned.codes[code]
            given = [rules.get(id) == sign for sign in SIGNS]
            row = [*self.signs(text[slice(*where)], code), *self.signs(text[slice(*passage)], code), *given, 1]
            signs = [sum(x * w for x, w in zip(row, column, strict=True)) for column in self.learned.signs.T]
            found[id] = (*where, SIGNS[signs.index(max(signs))])
        return found
