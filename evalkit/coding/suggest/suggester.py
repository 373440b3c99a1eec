"""What a model has learned from people's codings, and what it suggests.

A linear model per code over the features of `learned.features` (the same as the learned coder's) and over what the
codebook finds; with pretrained word vectors beside them where the user has some. What is shown first is what the model
learns most from: segments where some code is nearest to as likely as not.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from evalkit.coding.codes import Codebook
from evalkit.coding.learned.features import Features
from evalkit.coding.suggest.material import NEEDED, Material, check_columns, known, read, words
from evalkit.coding.suggest.precision import Judged, judge_unseen, weights
from evalkit.coding.vectors import Vectors
from evalkit.inference import wilson
from evalkit.wording import Language, number, percent, pick

__all__ = ["PRECISION", "Suggester", "fit_suggester"]

FloatArray = npt.NDArray[np.float64]

PRECISION = 0.7
"""The precision that a code's suggestions must have had on unseen documents, unless another is asked for."""


@dataclass(frozen=True, eq=False)
class Suggester:
    """What was learned from one evaluator's or team's codings.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per code with enough codings: code, segments (coded with it), documents (those segments' documents),
        threshold (missing where none is precise enough), suggested and right (segments of documents that neither models
        nor thresholds had seen, and those of them that have the code), precision with precision_low and precision_high
        (Wilson's interval), recall, rests_on (coding ids) and row_id.
    n_segments, n_documents : int
        What was read.
    n_fresh : int
        Segments that the precision is measured on: those of which no sentence stands among the examples that the
        codebook's learned coder has learned from.
    tried, right : int
        Suggestions of all codes, before codes that are not precise enough were left out, and those that were right.
    precision : float
        What was asked for.
    left_out : tuple of str
        Codes with fewer than `LEAST_OF_CODE` coded segments.
    """

    table: pd.DataFrame
    n_segments: int
    n_documents: int
    n_fresh: int
    tried: int
    right: int
    precision: float
    left_out: tuple[str, ...]
    _codebook: Codebook
    _vectors: Vectors | None
    _features: Features
    _weights: FloatArray
    _intercepts: FloatArray
    _judged: Judged
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
        check_columns("segments", segments, NEEDED)
        rows = segments[segments["role"] != "intervjuare"]
        if unread_only:
            rows = rows[~rows["segment_id"].isin(self._read)]
        probability = self.probabilities(rows)
        told = self._judged.slopes[0] > 0  # the others are as likely everywhere
        informative = 1 - np.abs(2 * probability[:, told] - 1).min(axis=1, initial=1)
        order = np.lexsort((rows["segment_id"].to_numpy(), -informative))
        codes, threshold = self.table["code"].tolist(), self.table["threshold"].to_numpy(dtype=float)
        over = probability >= np.where(np.isnan(threshold), np.inf, threshold)
        found = []
        for rank, row in enumerate(order.tolist(), start=1):
            own = np.flatnonzero(over[row])
            shown = own[np.argsort(-probability[row, own], kind="stable")].tolist() or [None]
            found += [(rank, row, code) for code in shown]
        return _suggestions(rows.reset_index(drop=True), found, codes, probability, informative, self.table)

    def probabilities(self, segments: pd.DataFrame) -> FloatArray:
        """Return the probability of each code in each segment.

        Parameters
        ----------
        segments : pandas.DataFrame
            Table `segments`.

        Returns
        -------
        numpy.ndarray of float, shape (n_segments, n_codes)
            Columns in the order of `table`.
        """
        said = words(segments["text"].tolist(), self._features)[1]
        matrix = sparse.hstack([said, known(segments, self._codebook, self._vectors)], format="csr")
        return self._judged.probabilities(np.asarray(matrix @ self._weights + self._intercepts))

    def code_name(self, code: str, lang: Language = "sv") -> str:
        """Return a code's name for a reader.

        Parameters
        ----------
        code : str
            Id of the code.
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        str
            As the codebook names it.
        """
        return self._codebook.label(code, lang)

    def caption(self, lang: Language = "sv") -> str:
        """Return what was learned from."""
        segments, documents = number(self.n_segments, lang=lang), number(self.n_documents, lang=lang)
        text = pick(
            lang,
            sv=f"n = {segments} lästa segment i {documents} dokument. Förslag som lärt av dem; precision mätt på "
            "dokument som modellen inte sett.",
            en=f"n = {segments} segments read in {documents} documents. Suggestions learned from them; precision "
            "measured on documents not seen.",
        )
        known = self.n_segments - self.n_fresh
        if not known:
            return text
        return text + pick(
            lang,
            sv=f" {known} segment delar en mening med kodbokens exempel och mäter därför inget.",
            en=f" {known} segments share a sentence with the codebook's examples and therefore measure nothing.",
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
        codes = f"{number(len(shown), lang=lang)} {pick(lang, sv='av', en='of')} {number(len(self.table), lang=lang)}"
        share = percent(self.right / max(self.tried, 1), lang=lang)
        return pick(
            lang,
            sv=f"{codes} koder kan föreslås. På dokument som modellerna inte hade sett, med gränser satta på andra, "
            f"var {share} av {self.tried} förslag rätt, de koder inräknade som sedan valdes bort. En kod med få "
            "förslag ser något bättre ut än den är.",
            en=f"{codes} codes can be suggested. On documents that the models had not seen, with thresholds set on "
            f"others, {share} of {self.tried} suggestions were right, those of codes that were then left out included. "
            "A code with few suggestions looks somewhat better than it is.",
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
        What is asked of a code's suggestions: it sets the thresholds, and a code whose suggestions were clearly less
        precise on documents not seen is left out.
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
    material = read(segments, codings, readings, codebook)
    features, said = words(material.segments["text"].tolist(), codebook)
    matrix = sparse.csr_matrix(sparse.hstack([said, known(material.segments, codebook, vectors)], format="csr"))
    judged = judge_unseen(matrix, material.coded, material.documents, material.fresh, precision)
    of_words, intercepts = weights(matrix, material.coded)
    people = codings[codings["rule"].isna() & codings["segment_id"].isin(material.segments["segment_id"])]
    return Suggester(
        table=pd.DataFrame(
            [
                _row(material, judged, place, tuple(people.loc[people["code"] == code, "coding_id"]))
                for place, code in enumerate(material.codes)
            ]
        ),
        n_segments=len(material.segments),
        n_documents=len(np.unique(material.documents)),
        n_fresh=int(material.fresh.sum()),
        tried=int(judged.tried.sum()),
        right=int((judged.tried & material.coded).sum()),
        precision=precision,
        left_out=material.left_out,
        _codebook=codebook,
        _vectors=vectors,
        _features=features,
        _weights=of_words,
        _intercepts=intercepts,
        _judged=judged,
        _read=frozenset(material.segments["segment_id"]),
    )


def _row(material: Material, judged: Judged, place: int, rests_on: tuple[str, ...]) -> dict[str, Any]:
    coded, over = material.coded[:, place], judged.suggested[:, place]
    measured_on = int((coded & material.fresh).sum())
    suggested, right = int(over.sum()), int((over & coded).sum())
    measured = wilson(right, suggested) if suggested else None
    return {
        "code": material.codes[place],
        "segments": int(coded.sum()),
        "documents": len(np.unique(material.documents[coded])),
        "threshold": judged.thresholds[place],
        "suggested": suggested,
        "right": right,
        "precision": measured.estimate if measured else np.nan,
        "precision_low": measured.ci_low if measured else np.nan,
        "precision_high": measured.ci_high if measured else np.nan,
        "recall": right / measured_on if measured_on else np.nan,
        "rests_on": rests_on,
        "row_id": material.codes[place],
    }


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
