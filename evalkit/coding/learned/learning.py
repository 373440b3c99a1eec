"""Coded examples → numbers to learn from: features of every text, which codes it shows, and with what polarity.

Both `learn`, which finds how much each example counts, and `coder`, which turns those counts into weights again,
start from here, so that the same examples and lists always give the same numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evalkit.coding.learned.examples import SIGNS, Example, Instance, instances, sentences
from evalkit.coding.learned.features import Features, Kinds, fit_features
from evalkit.corpus.tokens import tokenise

__all__ = ["ASKS", "Learning", "asking", "learn_from", "polarity_weights", "positive_instances"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

ASKS = 2.0
"""How much a question mark in the text counts for its polarity."""


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
        Features of the sentence of each shown code, whether it asks, and 1 (for what a code mostly is).
    shown : numpy.ndarray of int
        Code of each.
    signs : numpy.ndarray of int
        Polarity of each, as a position in `SIGNS`.
    n_shown : numpy.ndarray of int
        How many codes each example shows.
    """

    instances: list[Instance]
    features: Features
    matrix: sparse.csr_matrix
    positive: BoolArray
    polarity_features: sparse.csr_matrix
    shown: IntArray
    signs: IntArray
    n_shown: IntArray


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
    asks = sparse.csr_matrix(asking([text for *_, text in shown]))
    return Learning(
        instances=texts,
        features=features,
        matrix=features.matrix(tokens, tokens.texts, tokens.n_texts),
        positive=positive_instances(texts, codes),
        polarity_features=sparse.csr_matrix(
            sparse.hstack([features.matrix(said, said.texts, said.n_texts), asks], format="csr")
        ),
        shown=np.array([code for code, *_ in shown], dtype=np.int64),
        signs=np.array([sign for _, sign, _ in shown], dtype=np.int64),
        n_shown=np.array([sum(s.code in number for s in e.codes) for e in examples], dtype=np.int64),
    )


def asking(texts: Sequence[str]) -> FloatArray:
    """Return what a text's polarity is read from beside its words.

    Parameters
    ----------
    texts : sequence of str
        The texts.

    Returns
    -------
    numpy.ndarray of float, shape (n_texts, 2)
        Whether the text asks, and 1.
    """
    return np.array([[ASKS * ("?" in text), 1.0] for text in texts], dtype=np.float64).reshape(-1, 2)


def polarity_weights(learning: Learning, counts: FloatArray, n_codes: int) -> FloatArray:
    """Return the weights of the polarity model that follow from how much each shown code counts.

    Parameters
    ----------
    learning : Learning
        The examples.
    counts : numpy.ndarray of float, shape (n_shown, 3)
        How much each shown code counts for each polarity; 0 leaves it out.
    n_codes : int
        Number of codes.

    Returns
    -------
    numpy.ndarray of float, shape (n_features + 2, n_codes, 3)
        Of each code: what all codes share and what it adds itself.
    """
    shared = learning.polarity_features.T @ counts
    weights = np.repeat(shared[:, None], n_codes, axis=1)
    for code in range(n_codes):
        own = learning.shown == code
        weights[:, code] += learning.polarity_features[own].T @ counts[own]
    return np.asarray(weights)


def positive_instances(texts: Sequence[Instance], codes: Sequence[str]) -> BoolArray:
    """Return which codes each instance shows.

    Parameters
    ----------
    texts : sequence of Instance
        From `instances`.
    codes : sequence of str
        The codes.

    Returns
    -------
    numpy.ndarray of bool, shape (n_instances, n_codes + 1)
        The codes and, last, none at all.
    """
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
