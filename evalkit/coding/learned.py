"""The learned coder: what people say without the textbook word, learned from coded examples.

Beside codebook.toml lie `codebook.examples.jsonl` (segments that people have coded) and `codebook.learned.json` (what
was learned from them, by `learn`). For each code a linear model over the features of `features` gives every passage a
score, and one more model scores whether it is about nothing in the codebook at all (lunch, trains, presentations). The
scores in the passage and its length then give a probability by logistic regression, fitted to scores of examples that
the models had not seen. A passage whose probability reaches the threshold
is coded, at the sentence that scores highest, with the polarity that a second model reads from that sentence. The
interviewer's words never are; where a rule has coded, the rule's place stands.

The file keeps no weights of words but how much each example counts (the dual of the model): the weights follow from
the examples, exactly, so that the model is small, and every coding can be led back to sentences that people wrote.
Counts are written as one letter of `LETTERS` each, on a scale of square roots, as a share of the largest count of the
code's own examples, or of the others.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit

from evalkit.coding.examples import (
    SIGNS,
    Example,
    Instance,
    Span,
    instances,
    passages,
    read_examples,
    sentences,
    units_of,
)
from evalkit.coding.features import Features, Kinds, TypeFeatures, fit_features
from evalkit.corpus.tokens import Tokens, tokenise
from evalkit.errors import CodebookError

__all__ = ["Learned", "LearnedCodings", "companions", "learned_codings", "read_learned"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

FORMAT = 1
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
BLOCK = 1024
ASKS = 2.0
"""How much a question mark in the sentence counts for its polarity."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What codebook.learned.json and the examples say.

    Attributes
    ----------
    codes : tuple of str
        Codes that were learned.
    examples : tuple of Example
        What they were learned from.
    lists : dict of str to tuple of str
        Words by kind, from the codebook.
    counts, polarity_counts : numpy.ndarray of float
        How much each instance counts for each code and, last, for no code at all; each shown code for each polarity.
    intercepts, polarity_intercepts : numpy.ndarray of float
        One per column of the counts.
    decision : numpy.ndarray of float
        Coefficients of `evidence`, then the intercept.
    threshold : float
        The probability from which a passage is coded.
    digest : str
        Hash of both files.
    """

    codes: tuple[str, ...]
    examples: tuple[Example, ...]
    lists: dict[str, tuple[str, ...]]
    counts: FloatArray
    intercepts: FloatArray
    polarity_counts: FloatArray
    polarity_intercepts: FloatArray
    decision: FloatArray
    threshold: float
    digest: str

    def __eq__(self, other: object) -> bool:
        """Return whether two were learned from the same content."""
        return isinstance(other, Learned) and self.digest == other.digest

    def __hash__(self) -> int:
        """Return the hash of the content."""
        return hash(self.digest)


@dataclass(frozen=True, eq=False)
class LearnedCodings:
    """What the learned coder finds in some texts, one entry per text and code.

    Attributes
    ----------
    row : numpy.ndarray of int
        The text.
    code : numpy.ndarray of int
        Position in `Learned.codes`.
    start, end : numpy.ndarray of int
        The sentence, in its text.
    polarity : numpy.ndarray of str
        "+", "-" or "?".
    probability : numpy.ndarray of float
        Of the passage.
    """

    row: IntArray
    code: IntArray
    start: IntArray
    end: IntArray
    polarity: npt.NDArray[np.str_]
    probability: FloatArray


def companions(codebook: Path) -> tuple[Path, Path]:
    """Return where a codebook's examples and what was learned from them lie.

    Parameters
    ----------
    codebook : path
        A codebook.toml.

    Returns
    -------
    tuple of pathlib.Path
        The examples and the learned file; they need not exist.
    """
    return codebook.with_name(f"{codebook.stem}.examples.jsonl"), codebook.with_name(f"{codebook.stem}.learned.json")


def read_learned(codebook: Path, lists: Mapping[str, Sequence[str]]) -> Learned | None:
    """Read what was learned beside a codebook.

    Parameters
    ----------
    codebook : path
        The codebook.toml.
    lists : mapping of str to sequence of str
        Its lists of words.

    Returns
    -------
    Learned or None
        None where there is no learned file.

    Raises
    ------
    CodebookError
        If a file cannot be read, is of another format, or was learned from other examples.
    """
    at, path = companions(codebook)
    if not path.is_file():
        return None
    again = "learn again: evalkit.coding.learn_codebook, or remove the file to code by rules alone"
    try:
        source = path.read_bytes()
        said: dict[str, Any] = json.loads(source)
        version = said["format"]
    except OSError as error:
        raise CodebookError(f"{path.name}: cannot be read ({error.strerror}); {again}") from None
    except (ValueError, KeyError, TypeError):
        raise CodebookError(f"{path.name}: is not a learned codebook; {again}") from None
    if version != FORMAT:
        raise CodebookError(f"{path.name}: has format {version}, this evalkit reads {FORMAT}; {again}")
    examples = read_examples(at)
    written = at.read_bytes()
    if said.get("examples") != _digest(written):
        raise CodebookError(f"{path.name}: was learned from other examples than {at.name}; {again}")
    try:
        return _learned(said, examples, lists, hashlib.sha256(written + source).hexdigest())
    except (ValueError, KeyError, TypeError, IndexError):
        raise CodebookError(f"{path.name}: is broken; {again}") from None


def learned_codings(texts: Sequence[str], tokens: Tokens, learned: Learned, *, may_code: BoolArray) -> LearnedCodings:
    """Code texts by what was learned.

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
        Ordered by text and code.
    """
    coder = _coder(learned)
    types = coder.features.types(tokens)
    rows, spans = _cut(texts, np.flatnonzero(may_code))
    n_words = [len(texts[row][a:b].split()) for row, (a, b) in zip(rows.tolist(), spans, strict=True)]
    probabilities = coder.probabilities(types, rows, spans, n_words)
    best = _best_passage(probabilities, rows, learned.threshold)
    return coder.at_sentences(texts, types, best, rows, spans)


def evidence(scores: FloatArray, n_words: FloatArray) -> FloatArray:
    """Return what the probability of each code in each passage is computed from.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n_passages, n_codes + 1)
        Scores of the codes and, last, of no code at all.
    n_words : numpy.ndarray of float, shape (n_passages,)
        Length of the passages.

    Returns
    -------
    numpy.ndarray of float, shape (n_passages, n_codes, 10)
        Own score, its negative part, lead over the best other code, whether it is first and whether second, length, the
        score times the length, how many codes are near or over their boundary, the third best score, and the score of
        no code at all.
    """
    scores, nothing = scores[:, :-1], scores[:, -1:]
    ranked = -np.sort(-scores, axis=1)
    best, second, third = (ranked[:, min(place, ranked.shape[1] - 1)][:, None] for place in range(3))
    other = np.where(scores >= best, second, best)
    rank = (scores[:, :, None] < scores[:, None, :]).sum(axis=2)
    length = np.log1p(n_words)[:, None]
    whole = np.ones_like(scores)
    near = (scores > -0.3).sum(axis=1)[:, None]
    columns = [scores, np.minimum(scores, 0), scores - other, rank == 0, rank == 1, length * whole, scores * length]
    return np.stack([*columns, near * whole, third * whole, nothing * whole], axis=-1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class _Coder:
    """Weights of the features, as they follow from the examples: for the codes, for none, then for the polarities."""

    learned: Learned
    features: Features
    weights: FloatArray
    asking: FloatArray

    def probabilities(self, types: TypeFeatures, rows: IntArray, spans: list[Span], n_words: list[int]) -> FloatArray:
        own = self.weights[:, : len(self.learned.codes) + 1]
        scores = self.features.project(types, units_of(types.tokens, rows, spans), len(spans), own)
        scores, decision = scores + self.learned.intercepts, self.learned.decision
        length = np.array(n_words, dtype=np.float64)
        probabilities = np.empty((len(spans), len(self.learned.codes)))
        # The evidence takes ten times the memory of the scores.
        for start in range(0, len(spans), BLOCK):
            some = slice(start, start + BLOCK)
            probabilities[some] = expit(evidence(scores[some], length[some]) @ decision[:-1] + decision[-1])
        return probabilities

    def at_sentences(
        self, texts: Sequence[str], types: TypeFeatures, best: "_Best", rows: IntArray, spans: list[Span]
    ) -> LearnedCodings:
        """Return the sentence and polarity of each coding."""
        chosen = np.unique(best.passage)
        parts = [(number, span) for number in chosen for span in _within(texts[rows[number]], spans[number])]
        at = np.array([number for number, _ in parts], dtype=np.int64)
        inner = [span for _, span in parts]
        n_codes = len(self.learned.codes)
        said = self.features.project(types, units_of(types.tokens, rows[at], inner), len(inner), self.weights)
        asks = np.array([ASKS * ("?" in texts[rows[number]][a:b]) for number, (a, b) in parts])
        firsts = np.searchsorted(at, best.passage, side="left")
        lasts = np.searchsorted(at, best.passage, side="right")
        sentence = np.array(
            [
                first + int(np.argmax(said[first:last, code]))
                for first, last, code in zip(firsts, lasts, best.code, strict=True)
            ],
            dtype=np.int64,
        )
        polarity = said[sentence, n_codes + 1 :].reshape(len(sentence), n_codes + 1, len(SIGNS))
        every = np.arange(len(sentence))
        signs = polarity[every, 0] + polarity[every, 1 + best.code] + self.learned.polarity_intercepts
        signs = signs + asks[sentence][:, None] * (self.asking[0] + self.asking[1 + best.code])
        return LearnedCodings(
            row=best.row,
            code=best.code,
            start=np.array([inner[place][0] for place in sentence], dtype=np.int64),
            end=np.array([inner[place][1] for place in sentence], dtype=np.int64),
            polarity=np.array(list(SIGNS))[signs.argmax(axis=1)] if len(sentence) else np.array([], dtype="<U1"),
            probability=best.probability,
        )


@dataclass(frozen=True, eq=False)
class _Best:
    """The passage that speaks most for each code of each text, where it reaches the threshold."""

    row: IntArray
    code: IntArray
    passage: IntArray
    probability: FloatArray


def _best_passage(probabilities: FloatArray, rows: IntArray, threshold: float) -> _Best:
    passage, code = np.nonzero(probabilities >= threshold)
    probability = probabilities[passage, code]
    order = np.lexsort((passage, -probability, code, rows[passage]))
    passage, code, probability = passage[order], code[order], probability[order]
    key = rows[passage] * max(probabilities.shape[1], 1) + code
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return _Best(rows[passage[first]], code[first], passage[first], probability[first])


def _cut(texts: Sequence[str], rows: IntArray) -> tuple[IntArray, list[Span]]:
    found = [(row, span) for row in rows.tolist() for span in passages(texts[row])]
    return np.array([row for row, _ in found], dtype=np.int64), [span for _, span in found]


def _within(text: str, span: Span) -> list[Span]:
    start, end = span
    return [(start + a, start + b) for a, b in sentences(text[start:end])]


@lru_cache(maxsize=2)
def _coder(learned: Learned) -> _Coder:
    """Return the weights that follow from the examples; computed once per content."""
    learning = learn_from(learned.examples, learned.codes, learned.lists)
    polarity = learning.polarity_features
    n = len(learning.features)
    weights = np.zeros((polarity.shape[1], len(learned.codes) + 1, len(SIGNS)))
    weights[:, 0] = polarity.T @ learned.polarity_counts
    for code in range(len(learned.codes)):
        own = learning.shown == code
        weights[:, 1 + code] = polarity[own].T @ learned.polarity_counts[own]
    return _Coder(
        learned=learned,
        features=learning.features,
        weights=np.hstack([learning.matrix.T @ learned.counts, weights[:n].reshape(n, -1)]),
        asking=weights[n],
    )


@dataclass(frozen=True, eq=False)
class Learning:
    """The examples as numbers.

    Attributes
    ----------
    instances : list of Instance
        Texts to learn from.
    features : Features
        What was seen in them.
    matrix : scipy.sparse.csr_matrix
        Their features.
    positive : numpy.ndarray of bool, shape (n_instances, n_codes + 1)
        Codes that they show and, last, whether they show none at all.
    polarity_features : scipy.sparse.csr_matrix
        Features of the sentence of each shown code, and whether it asks.
    shown : numpy.ndarray of int
        Code of each.
    signs : numpy.ndarray of int
        Polarity of each, as a position in `SIGNS`.
    """

    instances: list[Instance]
    features: Features
    matrix: sparse.csr_matrix
    positive: BoolArray
    polarity_features: sparse.csr_matrix
    shown: IntArray
    signs: IntArray


def learn_from(examples: Sequence[Example], codes: Sequence[str], lists: Mapping[str, Sequence[str]]) -> Learning:
    """Turn examples into numbers.

    Parameters
    ----------
    examples : sequence of Example
        Coded segments.
    codes : sequence of str
        Codes to learn; others are passed over.
    lists : mapping of str to sequence of str
        Words by kind.

    Returns
    -------
    Learning
        The same examples and lists always give the same.
    """
    texts = instances(examples)
    tokens = tokenise([instance.text for instance in texts])
    features = fit_features(tokens, tokens.texts, tokens.n_texts, Kinds(lists))
    number = {code: place for place, code in enumerate(codes)}
    shown = [
        (number[s.code], SIGNS.index(s.polarity), _said(e, s.quote))
        for e in examples
        for s in e.codes
        if s.code in number
    ]
    said = tokenise([text for *_, text in shown])
    asks = sparse.csr_matrix([[ASKS * ("?" in text)] for *_, text in shown] or np.empty((0, 1)))
    return Learning(
        instances=texts,
        features=features,
        matrix=features.matrix(tokens, tokens.texts, tokens.n_texts),
        positive=_positive(texts, codes),
        polarity_features=sparse.csr_matrix(
            sparse.hstack([features.matrix(said, said.texts, said.n_texts), asks], format="csr")
        ),
        shown=np.array([code for code, *_ in shown], dtype=np.int64),
        signs=np.array([sign for _, sign, _ in shown], dtype=np.int64),
    )


def _positive(texts: Sequence[Instance], codes: Sequence[str]) -> BoolArray:
    number = {code: place for place, code in enumerate(codes)}
    positive = np.zeros((len(texts), len(codes) + 1), dtype=bool)
    for row, instance in enumerate(texts):
        positive[row, [number[code] for code in instance.codes if code in number]] = True
        positive[row, -1] = not instance.codes
    return positive


def _said(example: Example, quote: str) -> str:
    """Return the sentence that a quote begins in, or the quote where it is longer than that."""
    start = example.text.find(quote)
    found = next((text[a:b] for text in [example.text] for a, b in sentences(text) if a <= start < b), quote)
    return found if len(found) >= len(quote) else quote


def write_counts(counts: FloatArray, positive: BoolArray) -> tuple[list[str], list[list[float]]]:
    """Write counts as letters.

    Parameters
    ----------
    counts : numpy.ndarray of float, shape (n_rows, n_columns)
        How much each row counts: not negative where it is positive, not positive elsewhere.
    positive : numpy.ndarray of bool, shape (n_rows, n_columns)
        The sign of each count.

    Returns
    -------
    tuple of list
        One string per row, and the largest counts per column: of the positive and of the others.
    """
    largest = [np.where(positive, np.abs(counts), 0).max(axis=0), np.where(positive, 0, np.abs(counts)).max(axis=0)]
    largest = [np.array([float(f"{value:.5g}") for value in row]) for row in largest]
    scale = np.where(positive, largest[0], largest[1])
    share = np.sqrt(np.divide(np.abs(counts), scale, out=np.zeros_like(counts), where=scale > 0))
    levels = np.minimum(np.rint(share * (len(LETTERS) - 1)), len(LETTERS) - 1).astype(int)
    return ["".join(LETTERS[level] for level in row) for row in levels], [row.tolist() for row in largest]


def read_counts(written: Sequence[str], largest: Sequence[Sequence[float]], positive: BoolArray) -> FloatArray:
    """Read what `write_counts` wrote.

    Parameters
    ----------
    written : sequence of str
        One string per row.
    largest : sequence of sequence of float
        The largest counts per column: of the positive and of the others.
    positive : numpy.ndarray of bool, shape (n_rows, n_columns)
        The sign of each count.

    Returns
    -------
    numpy.ndarray of float
        Counts, shaped as `positive`.

    Raises
    ------
    ValueError
        If the letters are not as many as the counts, or unknown.
    """
    levels = np.array([[LETTERS.index(letter) for letter in row] for row in written], dtype=np.float64)
    levels = levels.reshape(-1, positive.shape[1])
    if levels.shape != positive.shape:
        raise ValueError("the counts are not as many as the instances")
    own, others = (np.array(row, dtype=np.float64) for row in largest)
    size = (levels / (len(LETTERS) - 1)) ** 2
    return np.asarray(np.where(positive, own * size, -others * size))


def _learned(said: dict[str, Any], examples: list[Example], lists: Mapping[str, Sequence[str]], digest: str) -> Learned:
    codes = tuple(said["codes"])
    number = {code: place for place, code in enumerate(codes)}
    texts = instances(examples)
    signs = [shown.polarity for example in examples for shown in example.codes if shown.code in number]
    is_sign = np.array([[sign == other for other in SIGNS] for sign in signs], dtype=bool)
    return Learned(
        codes=codes,
        examples=tuple(examples),
        lists={name: tuple(words) for name, words in lists.items()},
        counts=read_counts(said["counts"], said["largest"], _positive(texts, codes)),
        intercepts=np.array(said["intercepts"], dtype=np.float64),
        polarity_counts=read_counts(said["polarity_counts"], said["polarity_largest"], is_sign.reshape(-1, len(SIGNS))),
        polarity_intercepts=np.array(said["polarity_intercepts"], dtype=np.float64),
        decision=np.array(said["decision"], dtype=np.float64),
        threshold=float(said["threshold"]),
        digest=hashlib.sha256(digest.encode() + repr(sorted(lists.items())).encode()).hexdigest(),
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
