"""What people have read → numbers to learn from: the words, what the codebook finds, and the codes people gave."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from evalkit.coding.apply import apply_codebook
from evalkit.coding.codes import Codebook
from evalkit.coding.learned.examples import sentences
from evalkit.coding.learned.features import Features, Kinds, fit_features
from evalkit.coding.vectors import Vectors
from evalkit.corpus.tokens import tokenise
from evalkit.errors import EstimationError, TableError

__all__ = [
    "LEAST_DOCUMENTS",
    "LEAST_OF_CODE",
    "LEAST_SEGMENTS",
    "NEEDED",
    "Material",
    "check_columns",
    "known",
    "read",
    "words",
]

BoolArray = npt.NDArray[np.bool_]

LEAST_SEGMENTS, LEAST_DOCUMENTS, LEAST_OF_CODE = 30, 3, 5
NEEDED = ("segment_id", "document_id", "start", "role", "unit", "about_session", "text")
LEAST_WORDS = 4
FOUND = 1.5
"""How much a code that the codebook finds weighs against the words; the best of .4 to 3 on the example's curve."""


@dataclass(frozen=True, eq=False)
class Material:
    """What was read.

    Attributes
    ----------
    segments : pandas.DataFrame
        Segments that people have read, without the interviewer's.
    codes : list of str
        Codes with enough segments to learn from.
    left_out : tuple of str
        Codes with some, but too few.
    coded : numpy.ndarray of bool, shape (n_segments, n_codes)
        Who has which.
    fresh : numpy.ndarray of bool, shape (n_segments,)
        Whether no sentence of it stands among the examples that the codebook's learned coder has learned from. What
        that coder finds in the others says nothing of how good it is.
    """

    segments: pd.DataFrame
    codes: list[str]
    left_out: tuple[str, ...]
    coded: BoolArray
    fresh: BoolArray

    @property
    def documents(self) -> npt.NDArray[np.object_]:
        """Document of each segment."""
        return self.segments["document_id"].to_numpy(dtype=object)


def read(segments: pd.DataFrame, codings: pd.DataFrame, readings: pd.DataFrame, codebook: Codebook) -> Material:
    """Collect what people have read and coded.

    Parameters
    ----------
    segments : pandas.DataFrame
        Table `segments`.
    codings : pandas.DataFrame
        Table `codings`; those of rules are passed over.
    readings : pandas.DataFrame
        Table `readings`.
    codebook : Codebook
        Whose codes.

    Returns
    -------
    Material
        In the order of documents and segments.

    Raises
    ------
    TableError
        If a column is missing.
    EstimationError
        If there is too little to learn from; says what is missing.
    """
    check_columns("segments", segments, NEEDED)
    check_columns("codings", codings, ("coding_id", "segment_id", "code", "rule"))
    check_columns("readings", readings, ("segment_id",))
    kept = segments[segments["segment_id"].isin(readings["segment_id"]) & (segments["role"] != "intervjuare")]
    kept = kept.sort_values(["document_id", "segment_id"], ignore_index=True)
    n, n_documents = len(kept), kept["document_id"].nunique()
    if n < LEAST_SEGMENTS or n_documents < LEAST_DOCUMENTS:
        raise EstimationError(
            f"suggestions: {n} segments in {n_documents} documents have been read by people; at least {LEAST_SEGMENTS} "
            f"in {LEAST_DOCUMENTS} are needed. Code more segments",
            sv=f"förslag: människor har läst {n} segment i {n_documents} dokument; det behövs minst {LEAST_SEGMENTS} "
            f"i {LEAST_DOCUMENTS}. Koda fler segment",
        )
    people = codings[codings["rule"].isna()]
    having = {code: set(people.loc[people["code"] == code, "segment_id"]) for code in codebook.ids}
    coded = {code: kept["segment_id"].isin(having[code]).to_numpy() for code in codebook.ids}
    codes = [code for code in codebook.ids if coded[code].sum() >= LEAST_OF_CODE]
    if not codes:
        raise EstimationError(
            f"suggestions: no code stands in {LEAST_OF_CODE} of the {n} segments read. Code more segments",
            sv=f"förslag: ingen kod finns i {LEAST_OF_CODE} av de {n} lästa segmenten. Koda fler segment",
        )
    left_out = tuple(code for code in codebook.ids if coded[code].any() and code not in codes)
    fresh = _shares_no_sentence(kept["text"].tolist(), codebook)
    return Material(kept, codes, left_out, np.column_stack([coded[code] for code in codes]), fresh)


def _shares_no_sentence(texts: Sequence[str], codebook: Codebook) -> BoolArray:
    examples = codebook.learned.examples if codebook.learned is not None else ()
    known = {said for example in examples for said in _sentences(example.text)}
    return np.array([known.isdisjoint(_sentences(text)) for text in texts], dtype=bool)


def _sentences(text: str) -> set[str]:
    """Return the words of a text and of its sentences, but for the shortest, which anybody says."""
    parts = {" ".join(text[start:end].casefold().split()) for start, end in [(0, len(text)), *sentences(text)]}
    return {part for part in parts if part.count(" ") >= LEAST_WORDS - 1}


def words(texts: Sequence[str], features: Features | Codebook) -> tuple[Features, sparse.csr_matrix]:
    """Return the features of the words of some texts.

    Parameters
    ----------
    texts : sequence of str
        One row each.
    features : Features or Codebook
        Those that were learned from; or the codebook whose lists are kinds of words, to learn from these texts.

    Returns
    -------
    tuple of Features and scipy.sparse.csr_matrix
        What each column is, and the rows.
    """
    tokens = tokenise(texts)
    if isinstance(features, Codebook):
        features = fit_features(tokens, tokens.texts, tokens.n_texts, Kinds(features.lists))
    return features, features.matrix(tokens, tokens.texts, tokens.n_texts)


def known(segments: pd.DataFrame, codebook: Codebook, vectors: Vectors | None) -> sparse.csr_matrix:
    """Return what is known of segments beside their words: the codes that the codebook finds, and word vectors.

    Parameters
    ----------
    segments : pandas.DataFrame
        Table `segments`.
    codebook : Codebook
        Its rules and its learned coder are asked.
    vectors : Vectors or None
        Pretrained word vectors.

    Returns
    -------
    scipy.sparse.csr_matrix
        One row per segment.
    """
    codings = apply_codebook(segments, codebook)
    row = pd.Index(segments["segment_id"]).get_indexer(pd.Index(codings["segment_id"]))
    column = pd.Index(codebook.ids).get_indexer(pd.Index(codings["code"]))
    shape = (len(segments), len(codebook.ids))
    found = sparse.csr_matrix((np.full(len(row), FOUND), (row, column)), shape=shape)
    if vectors is None:
        return found
    means = sparse.csr_matrix(vectors.of_texts(tokenise(segments["text"].tolist())))
    return sparse.csr_matrix(sparse.hstack([found, means], format="csr"))


def check_columns(name: str, table: pd.DataFrame, needed: Sequence[str]) -> None:
    """Refuse a table that lacks a column.

    Parameters
    ----------
    name : str
        Of the table.
    table : pandas.DataFrame
        The table.
    needed : sequence of str
        Its columns.

    Raises
    ------
    TableError
        If one is missing.
    """
    missing = [column for column in needed if column not in table]
    if missing:
        raise TableError(f"{name}: column '{missing[0]}' is missing; the columns needed are {', '.join(needed)}")
