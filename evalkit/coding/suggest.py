"""Suggestions that learn from the evaluator's own codings.

A linear model per code over the features of `features` (the same as the learned coder's), with pretrained word vectors
beside them where the user has some. Every probability and every precision comes from models that had not seen the
document: the documents are dealt into folds, each fold is judged by models of the others, and a logistic regression of
those scores gives the probability. A code's threshold is the lowest probability from which its suggestions would, on
documents not seen, have been right as often as asked for; where no threshold does that, the code is not suggested.

What is shown first is what the model learns most from: segments where some code is nearest to as likely as not.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import expit

from evalkit.coding.codes import Codebook
from evalkit.coding.features import Features, Kinds, fit_features
from evalkit.coding.linear import fit_linear, fit_logistic
from evalkit.coding.vectors import Vectors
from evalkit.corpus.tokens import tokenise
from evalkit.errors import EstimationError, TableError
from evalkit.wording import Language, number, percent, pick

__all__ = ["LearningCurve", "Suggester", "fit_suggester", "learning_curve"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LEAST_SEGMENTS, LEAST_DOCUMENTS, LEAST_OF_CODE = 30, 3, 5
FOLDS = 5
STRENGTH = 0.3
PRECISION = 0.7
"""The precision that a code's suggestions must have had on unseen documents, unless another is asked for."""


@dataclass(frozen=True, eq=False)
class Suggester:
    """What was learned from one evaluator's or team's codings.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per code with enough codings: code, segments (coded with it), documents (those segments' documents),
        threshold (missing where none is precise enough), suggested and right (segments of unseen documents over the
        threshold, and those of them that have the code), precision, recall, and rests_on (coding ids).
    n_segments, n_documents : int
        What was read.
    precision : float
        What was asked for.
    left_out : tuple of str
        Codes with fewer than `LEAST_OF_CODE` coded segments.
    """

    table: pd.DataFrame
    n_segments: int
    n_documents: int
    precision: float
    left_out: tuple[str, ...]
    _features: Features
    _vectors: Vectors | None
    _weights: FloatArray
    _intercepts: FloatArray
    _slopes: FloatArray
    _read: frozenset[str]

    def suggest(self, segments: pd.DataFrame, *, unread_only: bool = True) -> pd.DataFrame:
        """Suggest codes for segments, the most informative segment first.

        Parameters
        ----------
        segments : pandas.DataFrame
            Table `segments`; the interviewer's are passed over.
        unread_only : bool, default True
            Whether to pass over the segments that were learned from.

        Returns
        -------
        pandas.DataFrame
            One row per suggestion: segment_id, document_id, code, probability, precision (of the code's suggestions on
            unseen documents), informative (0 to 1, the same for all of a segment's rows) and rank (of the segment, from
            1). A segment without a suggestion has one row without code, so that it can still be shown.

        Raises
        ------
        TableError
            If a column is missing.
        """
        _check_columns("segments", segments, ("segment_id", "document_id", "role", "text"))
        rows = segments[segments["role"] != "intervjuare"]
        if unread_only:
            rows = rows[~rows["segment_id"].isin(self._read)]
        probability = self.probabilities(rows["text"].tolist())
        informative = 1 - np.abs(2 * probability - 1).min(axis=1, initial=1)
        order = np.lexsort((rows["segment_id"].to_numpy(), -informative))
        codes, threshold = self.table["code"].tolist(), self.table["threshold"].to_numpy(dtype=float)
        over = probability >= np.where(np.isnan(threshold), np.inf, threshold)
        found = []
        for rank, row in enumerate(order.tolist(), start=1):
            own = np.flatnonzero(over[row])
            shown = own[np.argsort(-probability[row, own], kind="stable")].tolist() or [None]
            found += [(rank, row, code) for code in shown]
        return _suggestions(rows.reset_index(drop=True), found, codes, probability, informative, self.table)

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Return the probability of each code in each text.

        Parameters
        ----------
        texts : sequence of str
            Texts of any length.

        Returns
        -------
        numpy.ndarray of float, shape (n_texts, n_codes)
            Columns in the order of `table`.
        """
        scores = _matrix(texts, self._features, self._vectors) @ self._weights + self._intercepts
        return np.asarray(expit(scores * self._slopes[0] + self._slopes[1]))

    def caption(self, lang: Language = "sv") -> str:
        """Return what was learned from."""
        segments, documents = number(self.n_segments, lang=lang), number(self.n_documents, lang=lang)
        return pick(
            lang,
            sv=f"Förslag som lärt av {segments} lästa segment i {documents} dokument; precision mätt på dokument som "
            "modellen inte sett.",
            en=f"Suggestions learned from {segments} segments read in {documents} documents; precision measured on "
            "documents not seen.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Return how much the suggestions are worth."""
        shown = self.table.dropna(subset="threshold")
        if shown.empty:
            return pick(
                lang,
                sv="Ingen kod kan ännu föreslås med den precision som krävs; koda fler segment.",
                en="No code can yet be suggested with the precision asked for; code more segments.",
            )
        right, suggested = int(shown["right"].sum()), int(shown["suggested"].sum())
        codes = f"{number(len(shown), lang=lang)} {pick(lang, sv='av', en='of')} {number(len(self.table), lang=lang)}"
        share = percent(right / max(suggested, 1), lang=lang)
        return pick(
            lang,
            sv=f"{codes} koder kan föreslås; på dokument som modellen inte sett var {share} av {suggested} förslag "
            "rätt.",
            en=f"{codes} codes can be suggested; on documents not seen, {share} of {suggested} suggestions were right.",
        )


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """How good suggestions were after more and more documents.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per number of documents and repeat: documents and segments (learned from), repeat, suggested, right,
        coded (in the documents held out), precision, recall, f1, and rests_on (ids of the documents learned from).
    precision : float
        What was asked of the suggestions.
    """

    table: pd.DataFrame
    precision: float

    @cached_property
    def means(self) -> pd.DataFrame:
        """Mean and range per number of documents: documents, segments, f1, f1_low, f1_high, precision, recall."""
        grouped = self.table.groupby("documents", as_index=False)
        return grouped.agg(
            segments=("segments", "mean"),
            f1=("f1", "mean"),
            f1_low=("f1", "min"),
            f1_high=("f1", "max"),
            precision=("precision", "mean"),
            recall=("recall", "mean"),
        )

    def caption(self, lang: Language = "sv") -> str:
        """Return what the curve rests on."""
        repeats, most = int(self.table["repeat"].nunique()), int(self.table["documents"].max())
        return pick(
            lang,
            sv=f"Förslagens F1 på dokument som hållits undan, efter upp till {most} dokument; {repeats} slumpade "
            "ordningar.",
            en=f"F1 of the suggestions on documents held out, after up to {most} documents; {repeats} random orders.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Return whether more coding still helps."""
        means = self.means
        first, last = means.iloc[0], means.iloc[-1]
        gain = last["f1"] - means.iloc[-2]["f1"] if len(means) > 1 else np.nan
        grows = bool(gain > 0.02)
        begin, end = number(first["f1"], 2, lang=lang), number(last["f1"], 2, lang=lang)
        few, many = number(first["segments"], lang=lang), number(last["segments"], lang=lang)
        return pick(
            lang,
            sv=f"F1 var {begin} efter {few} lästa segment och {end} efter {many}; "
            + ("fler kodade segment hjälper fortfarande." if grows else "det sista steget hjälpte föga."),
            en=f"F1 was {begin} after {few} segments read and {end} after {many}; "
            + ("more coded segments still help." if grows else "the last step helped little."),
        )


def fit_suggester(
    segments: pd.DataFrame,
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    codebook: Codebook,
    *,
    precision: float = PRECISION,
    vectors: Vectors | None = None,
) -> Suggester:
    """Learn from the segments that people have read.

    Parameters
    ----------
    segments : pandas.DataFrame
        Table `segments`.
    codings : pandas.DataFrame
        Table `codings`; those of rules are passed over.
    readings : pandas.DataFrame
        Table `readings`: a segment that was read and has no coding of a code is an example without it.
    codebook : Codebook
        Its codes can be suggested, and its lists are kinds of words.
    precision : float, default 0.7
        What a code's suggestions must have reached on documents not seen.
    vectors : Vectors, optional
        Pretrained word vectors (see `vectors`).

    Returns
    -------
    Suggester
        The models and how good they were.

    Raises
    ------
    TableError
        If a column is missing.
    EstimationError
        If there is too little to learn from; says what is missing.
    """
    read, coded, codes, left_out = _examples(segments, codings, readings, codebook)
    documents = read["document_id"].to_numpy()
    features, matrix = _learn_features(read["text"].tolist(), codebook, vectors)
    scores = _unseen_scores(matrix, coded, documents)
    slopes = np.column_stack([_slope(scores[:, k], coded[:, k]) for k in range(len(codes))])
    probability = expit(scores * slopes[0] + slopes[1])
    counts = fit_linear(matrix, coded, strength=STRENGTH)
    people = codings[codings["rule"].isna()]
    rows = []
    for k, code in enumerate(codes):
        threshold = _threshold(probability[:, k], coded[:, k], precision)
        over = probability[:, k] >= threshold if threshold is not None else np.zeros(len(read), dtype=bool)
        right = int(np.sum(over & coded[:, k]))
        own = people[(people["code"] == code) & people["segment_id"].isin(read["segment_id"])]
        rows.append(
            {
                "code": code,
                "segments": int(coded[:, k].sum()),
                "documents": len(set(documents[coded[:, k]])),
                "threshold": np.nan if threshold is None else threshold,
                "suggested": int(over.sum()),
                "right": right,
                "precision": right / over.sum() if over.any() else np.nan,
                "recall": right / int(coded[:, k].sum()),
                "rests_on": tuple(own["coding_id"]),
            }
        )
    return Suggester(
        table=pd.DataFrame(rows),
        n_segments=len(read),
        n_documents=len(set(documents)),
        precision=precision,
        left_out=left_out,
        _features=features,
        _vectors=vectors,
        _weights=np.asarray(matrix.T @ counts),
        _intercepts=counts.sum(axis=0),
        _slopes=slopes,
        _read=frozenset(read["segment_id"]),
    )


def learning_curve(
    segments: pd.DataFrame,
    codings: pd.DataFrame,
    readings: pd.DataFrame,
    codebook: Codebook,
    *,
    steps: Collection[float] = (0.25, 0.5, 0.75, 1.0),
    repeats: int = 5,
    seed: int = 1,
    precision: float = PRECISION,
    vectors: Vectors | None = None,
) -> LearningCurve:
    """Measure what suggestions would have been worth after fewer documents.

    In each repeat a third of the documents is held out; models learn from growing parts of the others, set their
    thresholds among those, and suggest for the documents held out.

    Parameters
    ----------
    segments, codings, readings : pandas.DataFrame
        As for `fit_suggester`.
    codebook : Codebook
        As for `fit_suggester`.
    steps : collection of float, default (0.25, 0.5, 0.75, 1.0)
        Parts of the documents that are not held out.
    repeats : int, default 5
        Random orders of the documents.
    seed : int, default 1
        Another seed gives other orders.
    precision : float, default 0.7
        As for `fit_suggester`.
    vectors : Vectors, optional
        As for `fit_suggester`.

    Returns
    -------
    LearningCurve
        Points with too little to learn from are left out.

    Raises
    ------
    EstimationError
        If there is too little to learn from at every point.
    """
    read, coded, _, _ = _examples(segments, codings, readings, codebook)
    names = sorted(set(read["document_id"]))
    of = read["document_id"].to_numpy()
    random = np.random.default_rng(seed)
    rows = []
    for repeat in range(repeats):
        order = random.permutation(names)
        held, rest = order[: max(len(names) // 3, 1)], order[max(len(names) // 3, 1) :]
        test = np.isin(of, held)
        for part in sorted(set(steps)):
            known = rest[: max(int(np.ceil(part * len(rest))), 2)]
            train = np.isin(of, known)
            found = _held_out(read["text"].tolist(), coded, of, train, test, codebook, precision, vectors)
            if found is not None:
                suggested, right, present = found
                rows.append(
                    {
                        "documents": len(known),
                        "segments": int(train.sum()),
                        "repeat": repeat,
                        "suggested": suggested,
                        "right": right,
                        "coded": present,
                        "precision": right / suggested if suggested else np.nan,
                        "recall": right / present if present else np.nan,
                        "f1": 2 * right / (suggested + present) if suggested + present else np.nan,
                        "rests_on": tuple(known),
                    }
                )
    if not rows:
        raise EstimationError("learning curve: no part of the documents has enough codings; code more segments")
    return LearningCurve(pd.DataFrame(rows), precision)


def _held_out(
    texts: list[str],
    coded: BoolArray,
    of: npt.NDArray[np.object_],
    train: BoolArray,
    test: BoolArray,
    codebook: Codebook,
    precision: float,
    vectors: Vectors | None,
) -> tuple[int, int, int] | None:
    """Return suggestions, right ones and codings in the documents held out; None where nothing can be learned."""
    enough = coded[train].sum(axis=0) >= 2
    if not enough.any() or len(set(of[train])) < 2:
        return None
    features, matrix = _learn_features([text for text, own in zip(texts, train, strict=True) if own], codebook, vectors)
    own, there = coded[train][:, enough], coded[test][:, enough]
    scores = _unseen_scores(matrix, own, of[train])
    slopes = np.column_stack([_slope(scores[:, k], own[:, k]) for k in range(own.shape[1])])
    counts = fit_linear(matrix, own, strength=STRENGTH)
    judged = _matrix([text for text, held in zip(texts, test, strict=True) if held], features, vectors)
    probability = expit((judged @ (matrix.T @ counts) + counts.sum(axis=0)) * slopes[0] + slopes[1])
    unseen = expit(scores * slopes[0] + slopes[1])
    thresholds = [_threshold(unseen[:, k], own[:, k], precision) for k in range(own.shape[1])]
    over = probability >= np.array([np.inf if t is None else t for t in thresholds])
    return int(over.sum()), int((over & there).sum()), int(coded[test].sum())


def _examples(
    segments: pd.DataFrame, codings: pd.DataFrame, readings: pd.DataFrame, codebook: Codebook
) -> tuple[pd.DataFrame, BoolArray, list[str], tuple[str, ...]]:
    """Return the segments read, which codes each has, the codes with enough, and those with too few."""
    _check_columns("segments", segments, ("segment_id", "document_id", "role", "text"))
    _check_columns("codings", codings, ("coding_id", "segment_id", "code", "rule"))
    _check_columns("readings", readings, ("segment_id",))
    read = segments[segments["segment_id"].isin(readings["segment_id"]) & (segments["role"] != "intervjuare")]
    read = read.sort_values(["document_id", "segment_id"], ignore_index=True)
    n, n_documents = len(read), read["document_id"].nunique()
    if n < LEAST_SEGMENTS or n_documents < LEAST_DOCUMENTS:
        raise EstimationError(
            f"suggestions: {n} segments in {n_documents} documents have been read by people; at least {LEAST_SEGMENTS} "
            f"in {LEAST_DOCUMENTS} are needed. Code more segments"
        )
    people = codings[codings["rule"].isna()]
    having = {code: set(people.loc[people["code"] == code, "segment_id"]) for code in codebook.ids}
    coded = {code: read["segment_id"].isin(having[code]).to_numpy() for code in codebook.ids}
    codes = [code for code in codebook.ids if coded[code].sum() >= LEAST_OF_CODE]
    if not codes:
        raise EstimationError(
            f"suggestions: no code stands in {LEAST_OF_CODE} of the {n} segments read. Code more segments"
        )
    left_out = tuple(code for code in codebook.ids if coded[code].any() and code not in codes)
    return read, np.column_stack([coded[code] for code in codes]), codes, left_out


def _learn_features(
    texts: list[str], codebook: Codebook, vectors: Vectors | None
) -> tuple[Features, sparse.csr_matrix]:
    tokens = tokenise(texts)
    features = fit_features(tokens, tokens.texts, tokens.n_texts, Kinds(codebook.lists))
    return features, _matrix(texts, features, vectors)


def _matrix(texts: Sequence[str], features: Features, vectors: Vectors | None) -> sparse.csr_matrix:
    tokens = tokenise(texts)
    own = features.matrix(tokens, tokens.texts, tokens.n_texts)
    if vectors is None:
        return own
    return sparse.csr_matrix(sparse.hstack([own, sparse.csr_matrix(vectors.of_texts(tokens))], format="csr"))


def _unseen_scores(matrix: sparse.csr_matrix, coded: BoolArray, documents: npt.NDArray[np.object_]) -> FloatArray:
    """Return scores of every segment by models that saw no segment of its document."""
    names = sorted(set(documents))
    # Documents are dealt out by length, so that no fold is much larger than another.
    names.sort(key=lambda name: (-int(np.sum(documents == name)), name))
    fold_of = {name: place % FOLDS for place, name in enumerate(names)}
    fold = np.array([fold_of[name] for name in documents])
    scores = np.full(coded.shape, -1.0)
    for held in sorted(set(fold.tolist())):
        seen, rest = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        if len(seen):
            counts = fit_linear(matrix[seen], coded[seen], strength=STRENGTH)
            scores[rest] = matrix[rest] @ (matrix[seen].T @ counts) + counts.sum(axis=0)
    return scores


def _slope(scores: FloatArray, coded: BoolArray) -> FloatArray:
    """Return slope and intercept that turn scores into probabilities; never a falling one."""
    slope, intercept = fit_logistic(scores[:, None], coded)
    if slope <= 0:
        share = float(coded.mean())
        return np.array([0.0, np.log(share / (1 - share)) if 0 < share < 1 else 0.0])
    return np.array([slope, intercept])


def _threshold(probability: FloatArray, coded: BoolArray, precision: float) -> float | None:
    """Return the lowest probability from which enough suggestions are right, or None."""
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    right = np.cumsum(coded[order])
    # A threshold lies between two different probabilities, and rests on at least two right suggestions.
    ends = np.append(ranked[1:] < ranked[:-1], True)
    good = np.flatnonzero(ends & (right >= 2) & (right / np.arange(1, len(order) + 1) >= precision))
    return float(ranked[good[-1]]) if len(good) else None


def _suggestions(
    rows: pd.DataFrame,
    found: list[tuple[int, int, int | None]],
    codes: list[str],
    probability: FloatArray,
    informative: FloatArray,
    table: pd.DataFrame,
) -> pd.DataFrame:
    at = [row for _, row, _ in found]
    precision = table["precision"].to_numpy(dtype=float)
    suggestions = pd.DataFrame(
        {
            "segment_id": rows["segment_id"].iloc[at].to_numpy(),
            "document_id": rows["document_id"].iloc[at].to_numpy(),
            "code": pd.array([None if code is None else codes[code] for *_, code in found], dtype="str"),
            "probability": [np.nan if code is None else probability[row, code] for _, row, code in found],
            "precision": [np.nan if code is None else precision[code] for *_, code in found],
            "informative": informative[at],
            "rank": pd.array([rank for rank, *_ in found], dtype="Int64"),
        }
    )
    return suggestions.astype({"segment_id": "str", "document_id": "str", "probability": float, "precision": float})


def _check_columns(name: str, table: pd.DataFrame, needed: Sequence[str]) -> None:
    missing = [column for column in needed if column not in table]
    if missing:
        raise TableError(f"{name}: column '{missing[0]}' is missing; the columns needed are {', '.join(needed)}")
