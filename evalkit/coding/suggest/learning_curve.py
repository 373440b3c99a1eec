"""What suggestions would have been worth after fewer documents."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from evalkit.coding.codes import Codebook
from evalkit.coding.suggest.material import Material, known, read, words
from evalkit.coding.suggest.precision import judge_unseen, weights
from evalkit.coding.suggest.suggester import PRECISION
from evalkit.coding.vectors import Vectors
from evalkit.errors import EstimationError, UsageError
from evalkit.wording import Language, number, pick

__all__ = ["LearningCurve", "learning_curve"]

BoolArray = npt.NDArray[np.bool_]


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
            sv=f"n = upp till {most} dokument att lära av, i {repeats} slumpade ordningar. F1 mätt på andra dokument, "
            "som hållits undan.",
            en=f"n = up to {most} documents to learn from, in {repeats} random orders. F1 measured on other documents, "
            "held out.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Return whether more coding still helps."""
        means = self.means
        first, last = means.iloc[0], means.iloc[-1]
        begin, end = number(first["f1"], 2, lang=lang), number(last["f1"], 2, lang=lang)
        few, many = number(first["segments"], lang=lang), number(last["segments"], lang=lang)
        if len(means) == 1:
            return pick(
                lang,
                sv=f"F1 var {end} efter {many} lästa segment; det är för få dokument för att säga om fler hjälper.",
                en=f"F1 was {end} after {many} segments read; the documents are too few to tell whether more help.",
            )
        grows = bool(last["f1"] - means.iloc[-2]["f1"] > 0.02)
        return pick(
            lang,
            sv=f"F1 var {begin} efter {few} lästa segment och {end} efter {many}; "
            + ("fler kodade segment hjälper fortfarande." if grows else "det sista steget hjälpte föga."),
            en=f"F1 was {begin} after {few} segments read and {end} after {many}; "
            + ("more coded segments still help." if grows else "the last step helped little."),
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
    thresholds among those, and suggest for the documents held out. Segments that the codebook's learned coder has
    learned from are neither held out nor set thresholds.

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
    UsageError
        If a step is no part.
    EstimationError
        If there is too little to learn from at every point.
    """
    if not all(0 < part <= 1 for part in steps):
        raise UsageError("learning curve: steps are parts of the documents, over 0 and at most 1")
    material = read(segments, codings, readings, codebook)
    found, of = known(material.segments, codebook, vectors), material.documents
    names = np.unique(of)
    random = np.random.default_rng(seed)
    rows = []
    for repeat in range(repeats):
        order = random.permutation(names)
        held, rest = order[: max(len(names) // 3, 1)], order[max(len(names) // 3, 1) :]
        for n_documents in sorted({max(int(np.ceil(part * len(rest))), 2) for part in steps}):
            own, test = rest[:n_documents], np.isin(of, held) & material.fresh
            point = _held_out(material, np.isin(of, own), test, found, codebook, precision)
            if point is not None:
                rows.append({"documents": len(own), "repeat": repeat, **point, "rests_on": tuple(own)})
    if not rows:
        raise EstimationError(
            "learning curve: no part of the documents has enough codings; code more segments",
            sv="inlärningskurva: ingen del av dokumenten har tillräckligt många kodningar; koda fler segment",
        )
    return LearningCurve(pd.DataFrame(rows), precision)


def _held_out(
    material: Material,
    train: BoolArray,
    test: BoolArray,
    found: sparse.csr_matrix,
    codebook: Codebook,
    precision: float,
) -> dict[str, float] | None:
    """Learn from some segments and suggest for others; None where nothing can be learned."""
    enough = material.coded[train].sum(axis=0) >= 2
    if not enough.any() or len(np.unique(material.documents[train])) < 2:
        return None
    texts = material.segments["text"]
    features, said = words(texts[train].tolist(), codebook)
    matrix = sparse.csr_matrix(sparse.hstack([said, found[train]], format="csr"))
    judged = sparse.hstack([words(texts[test].tolist(), features)[1], found[test]], format="csr")
    own, there = material.coded[train][:, enough], material.coded[test]
    unseen = judge_unseen(matrix, own, material.documents[train], material.fresh[train], precision)
    of_words, intercepts = weights(matrix, own)
    over = unseen.probabilities(judged @ of_words + intercepts) >= unseen.thresholds
    suggested, right, coded = int(over.sum()), int((over & there[:, enough]).sum()), int(there.sum())
    return {
        "segments": int(train.sum()),
        "suggested": suggested,
        "right": right,
        "coded": coded,
        "precision": right / suggested if suggested else np.nan,
        "recall": right / coded if coded else np.nan,
        "f1": 2 * right / (suggested + coded) if suggested + coded else np.nan,
    }
