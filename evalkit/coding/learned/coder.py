"""The learned coder: what people say without the textbook word, learned from coded examples.

Beside codebook.toml lie `codebook.examples.jsonl` (segments that people have coded) and `codebook.learned.json` (what
was learned from them, by `learn`). For each code a linear model over the features of `features` gives every passage,
and every sentence in it, a score, and one more model scores whether it is about nothing in the codebook at all (lunch,
trains, presentations). From these scores (see `evidence`) and from whether a rule of the code matches in the segment,
a logistic regression gives a probability; it was fitted to examples that the models had not seen. Rules and learned
coder so decide together, in `join`: what is probable enough is coded. The polarity is decided in the same way,
from what a second model reads in the sentence and in the passage, and from the polarity that a rule gives.

Here is what the texts alone say: the part that does not change when rules are edited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from evalkit.coding.learned.evidence import best_sentences, evidence, sign_evidence
from evalkit.coding.learned.examples import SIGNS, Span, passages, sentences, units_of
from evalkit.coding.learned.features import Features, TypeFeatures
from evalkit.coding.learned.file import Learned
from evalkit.coding.learned.learning import asking, learn_from, polarity_weights
from evalkit.corpus.tokens import Tokens

__all__ = ["LearnedCodings", "learned_codings"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

AT_ONCE = 1024
"""How many passages are weighed at once: what speaks for or against their codes would else fill the memory."""


@dataclass(frozen=True, eq=False)
class LearnedCodings:
    """What the learned coder finds in some texts, one entry per text and code that could be coded.

    Attributes
    ----------
    row : numpy.ndarray of int
        The text.
    code : numpy.ndarray of int
        Position in `Learned.codes`.
    start, end : numpy.ndarray of int
        The sentence, in its text.
    logit : numpy.ndarray of float
        Logarithm of the odds of the code, before any rule has been asked: coded from `Learned.limit`, and where a rule
        matches from `Learned.limit_of_rules`.
    signs : numpy.ndarray of float, shape (n, 3)
        What speaks for each polarity; a rule's polarity adds its row of `Learned.rule_signs`.
    """

    row: IntArray
    code: IntArray
    start: IntArray
    end: IntArray
    logit: FloatArray
    signs: FloatArray


def learned_codings(texts: Sequence[str], tokens: Tokens, learned: Learned, *, may_code: BoolArray) -> LearnedCodings:
    """Return what was learned says of some texts.

    Parameters
    ----------
    texts : sequence of str
        The texts.
    tokens : Tokens
        ``tokenise(texts)``.
    learned : Learned
        From `read_learned`.
    may_code : numpy.ndarray of bool, shape (n_texts,)
        Texts that may be coded at all.

    Returns
    -------
    LearnedCodings
        Ordered by text and code: all that is probable enough with a rule's match, or without.
    """
    coder = _coder(learned)
    types = coder.features.types(tokens)
    cut = _cut(texts, np.flatnonzero(may_code))
    passages, sentences = coder.scores(types, cut)
    best = best_sentences(sentences[:, :-1], cut.first)
    logits = coder.logits(texts, cut, passages, sentences, best)
    chosen = _best_passages(logits, cut.rows, min(learned.limit, learned.limit_of_rules))
    sentence = best[chosen.passage, chosen.code]
    return LearnedCodings(
        row=chosen.row,
        code=chosen.code,
        start=cut.inner_starts[sentence],
        end=cut.inner_ends[sentence],
        logit=chosen.logit,
        signs=coder.signs(texts, types, cut, chosen.passage, sentence, chosen.code),
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    """Texts in passages and their sentences, all in order."""

    rows: IntArray
    spans: list[Span]
    first: IntArray
    inner_rows: IntArray
    inner: list[Span]

    @property
    def inner_starts(self) -> IntArray:
        return np.array([start for start, _ in self.inner], dtype=np.int64)

    @property
    def inner_ends(self) -> IntArray:
        return np.array([end for _, end in self.inner], dtype=np.int64)


def _cut(texts: Sequence[str], rows: IntArray) -> _Cut:
    found = [(row, span) for row in rows.tolist() for span in passages(texts[row])]
    within = [[(start + a, start + b) for a, b in sentences(texts[row][start:end])] for row, (start, end) in found]
    counts = np.array([len(inner) for inner in within], dtype=np.int64)
    at = np.array([row for row, _ in found], dtype=np.int64)
    return _Cut(
        rows=at,
        spans=[span for _, span in found],
        first=np.cumsum(counts) - counts,
        inner_rows=np.repeat(at, counts),
        inner=[span for inner in within for span in inner],
    )


def _lengths(texts: Sequence[str], rows: IntArray, spans: Sequence[Span]) -> FloatArray:
    lengths = [len(texts[row][start:end].split()) for row, (start, end) in zip(rows.tolist(), spans, strict=True)]
    return np.array(lengths, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Coder:
    """Weights of the features, as they follow from the examples."""

    learned: Learned
    features: Features
    weights: FloatArray
    polarity: FloatArray

    def scores(self, types: TypeFeatures, cut: _Cut) -> tuple[FloatArray, FloatArray]:
        """Return the scores of the passages and of the sentences; a passage of one sentence scores as that does."""
        sentences = self._project(types, cut.inner_rows, cut.inner, self.weights) + self.learned.intercepts
        passages = sentences[cut.first]
        several = np.flatnonzero(np.diff(np.append(cut.first, len(cut.inner))) > 1)
        spans = [cut.spans[number] for number in several]
        passages[several] = self._project(types, cut.rows[several], spans, self.weights) + self.learned.intercepts
        return passages, sentences

    def logits(
        self, texts: Sequence[str], cut: _Cut, passages: FloatArray, sentences: FloatArray, best: IntArray
    ) -> FloatArray:
        """Return the logarithm of the odds of each code in each passage, where no rule matches."""
        n_words = _lengths(texts, cut.rows, cut.spans)
        inner_words = _lengths(texts, cut.inner_rows, cut.inner)
        borders = np.append(cut.first, len(cut.inner))
        *weights, _, intercept = self.learned.decision
        found = [np.empty((0, len(self.learned.codes)))]
        for start in range(0, len(passages), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            low, high = borders[start], borders[min(start + AT_ONCE, len(passages))]
            seen = evidence(
                passages[part],
                n_words[part],
                sentences[low:high],
                inner_words[low:high],
                cut.first[part] - low,
                best[part] - low,
            )
            found.append(seen @ np.array(weights) + intercept)
        return np.concatenate(found)

    def signs(
        self,
        texts: Sequence[str],
        types: TypeFeatures,
        cut: _Cut,
        passage: IntArray,
        sentence: IntArray,
        code: IntArray,
    ) -> FloatArray:
        """Return what speaks for each polarity of a code, in a passage and in a sentence of it."""
        whole = self._signs(texts, types, cut.rows, cut.spans, passage, code)
        inner = self._signs(texts, types, cut.inner_rows, cut.inner, sentence, code)
        seen = sign_evidence(whole, inner, np.full(len(code), -1))
        return np.asarray(seen @ self.learned.signs[:-1] + self.learned.signs[-1])

    def _signs(
        self,
        texts: Sequence[str],
        types: TypeFeatures,
        rows: IntArray,
        spans: Sequence[Span],
        which: IntArray,
        code: IntArray,
    ) -> FloatArray:
        chosen, place = np.unique(which, return_inverse=True)
        own = [spans[number] for number in chosen]
        said = [texts[row][a:b] for row, (a, b) in zip(rows[chosen].tolist(), own, strict=True)]
        n = len(self.features)
        scores = self._project(types, rows[chosen], own, self.polarity[:n].reshape(n, -1))
        scores = scores + asking(said) @ self.polarity[n:].reshape(2, -1)
        scores = scores.reshape(len(own), len(self.learned.codes), len(SIGNS)) + self.learned.polarity_intercepts
        return np.asarray(scores[place, code])

    def _project(self, types: TypeFeatures, rows: IntArray, spans: Sequence[Span], weights: FloatArray) -> FloatArray:
        return self.features.project(types, units_of(types.tokens, rows, spans), len(spans), weights)


@dataclass(frozen=True, eq=False)
class _Best:
    """The passage that speaks most for each code of each text, where it reaches the limit."""

    row: IntArray
    code: IntArray
    passage: IntArray
    logit: FloatArray


def _best_passages(logits: FloatArray, rows: IntArray, limit: float) -> _Best:
    passage, code = np.nonzero(logits >= limit)
    logit = logits[passage, code]
    order = np.lexsort((passage, -logit, code, rows[passage]))
    passage, code, logit = passage[order], code[order], logit[order]
    key = rows[passage] * max(logits.shape[1], 1) + code
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return _Best(rows[passage[first]], code[first], passage[first], logit[first])


@lru_cache(maxsize=2)
def _coder(learned: Learned) -> _Coder:
    """Return the weights that follow from the examples; computed once per content."""
    learning = learn_from(learned.examples, learned.codes, learned.lists)
    return _Coder(
        learned=learned,
        features=learning.features,
        weights=np.asarray(learning.matrix.T @ learned.counts),
        polarity=polarity_weights(learning, learned.polarity_counts, len(learned.codes)),
    )
