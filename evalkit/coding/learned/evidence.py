"""From scores to what decides whether a passage shows a code, and with what polarity.

A passage is judged whole and sentence by sentence. In a long turn two codes often stand in two sentences: each is
drowned in the whole, and plain in its own. So the evidence for a code is what its score says in the passage and, once
more, what it says in the sentence where it is highest.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["EVIDENCE", "best_sentences", "evidence", "sign_evidence"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EVIDENCE = 24
"""How many numbers speak for or against a code in a passage."""

NEAR = -0.3


def best_sentences(scores: FloatArray, first: IntArray) -> IntArray:
    """Return the sentence of each passage in which each code scores highest.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n_sentences, n_codes)
        Scores of the sentences, passage by passage.
    first : numpy.ndarray of int, shape (n_passages,)
        First sentence of each passage; every passage has one.

    Returns
    -------
    numpy.ndarray of int, shape (n_passages, n_codes)
        Rows of `scores`; of equals the first.
    """
    if not len(first):
        return np.empty((0, scores.shape[1]), dtype=np.int64)
    passage = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(scores))))
    highest = np.maximum.reduceat(scores, first, axis=0)[passage]
    rows = np.where(scores == highest, np.arange(len(scores))[:, None], len(scores))
    return np.asarray(np.minimum.reduceat(rows, first, axis=0), dtype=np.int64)


def evidence(
    scores: FloatArray,
    n_words: FloatArray,
    sentence_scores: FloatArray,
    sentence_words: FloatArray,
    first: IntArray,
    best: IntArray,
) -> FloatArray:
    """Return what the probability of each code in each passage is computed from.

    Parameters
    ----------
    scores : numpy.ndarray of float, shape (n_passages, n_codes + 1)
        Scores of the codes and, last, of no code at all.
    n_words : numpy.ndarray of float, shape (n_passages,)
        Length of the passages.
    sentence_scores : numpy.ndarray of float, shape (n_sentences, n_codes + 1)
        The same of their sentences, passage by passage.
    sentence_words : numpy.ndarray of float, shape (n_sentences,)
        Length of the sentences.
    first : numpy.ndarray of int, shape (n_passages,)
        First sentence of each passage.
    best : numpy.ndarray of int, shape (n_passages, n_codes)
        From `best_sentences`.

    Returns
    -------
    numpy.ndarray of float, shape (n_passages, n_codes, EVIDENCE)
        What `_standing` says of the passage and of the best sentence; the logarithm of the number of sentences, alone
        and times the score of the passage, the score of the sentence and its lead.
    """
    whole = _standing(scores, n_words)
    codes = np.arange(best.shape[1])
    part = _standing(sentence_scores, sentence_words)[best, codes]
    several = np.log(np.diff(np.append(first, len(sentence_scores))))[:, None, None] * np.ones((1, len(codes), 1))
    own, inner, lead = whole[..., :1], part[..., :1], part[..., 2:3]
    return np.concatenate([whole, part, several, several * own, several * inner, several * lead], axis=-1)


def sign_evidence(passage: FloatArray, sentence: FloatArray, rule: IntArray) -> FloatArray:
    """Return what the polarity of a coding is computed from.

    Parameters
    ----------
    passage, sentence : numpy.ndarray of float, shape (n, 3)
        Scores of the polarities in the passage and in the sentence.
    rule : numpy.ndarray of int, shape (n,)
        The polarity that a rule gives; -1 = no rule has matched.

    Returns
    -------
    numpy.ndarray of float, shape (n, 9)
        The scores of the sentence, those of the passage, and 1 for the rule's polarity.
    """
    given = (rule[:, None] == np.arange(passage.shape[1])).astype(np.float64)
    return np.concatenate([sentence, passage, given], axis=1)


def _standing(scores: FloatArray, n_words: FloatArray) -> FloatArray:
    """Return how each code stands in each text.

    Own score, its negative part, lead over the best other code, whether it is first and whether second, length, the
    score times the length, how many codes are near or over their boundary, the third best score, and the score of no
    code at all.
    """
    scores, nothing = scores[:, :-1], scores[:, -1:]
    ranked = -np.sort(-scores, axis=1)
    best, second, third = (ranked[:, min(place, ranked.shape[1] - 1)][:, None] for place in range(3))
    other = np.where(scores >= best, second, best)
    length = np.log1p(n_words)[:, None]
    whole = np.ones_like(scores)
    near = (scores > NEAR).sum(axis=1)[:, None]
    first = scores >= best
    columns = [
        scores,
        np.minimum(scores, 0),
        scores - other,
        first,
        ~first & (scores >= second),
        length * whole,
        scores * length,
    ]
    return np.stack([*columns, near * whole, third * whole, nothing * whole], axis=-1).astype(np.float64)
