"""Pretrained word vectors that the user has, for suggestions: never needed, and never fetched.

Either a file in word2vec's or fastText's text format (a word and its numbers on each line, with or without a first line
of counts) or the name of an installed spaCy package with vectors. A text is the mean of its words' vectors, each of
length one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evalkit.corpus.tokens import Tokens, fold
from evalkit.errors import SourceError

__all__ = ["Vectors", "read_vectors"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Vectors:
    """Word vectors.

    Attributes
    ----------
    name : str
        Where they come from.
    numbers : mapping of str to int
        Row of each word, in lower case.
    rows : numpy.ndarray of float, shape (n_words, n_dimensions)
        One vector per word, of length one.
    """

    name: str
    numbers: Mapping[str, int]
    rows: FloatArray

    def of_texts(self, tokens: Tokens) -> FloatArray:
        """Return the mean vector of each text.

        Parameters
        ----------
        tokens : Tokens
            The words.

        Returns
        -------
        numpy.ndarray of float, shape (n_texts, n_dimensions)
            Zeros where no word is known.
        """
        known = np.array([self.numbers.get(word, -1) for word in tokens.vocabulary], dtype=np.int64)
        rows = known[tokens.words] if len(tokens) else np.empty(0, dtype=np.int64)
        texts, rows = tokens.texts[rows >= 0], rows[rows >= 0]
        sums = np.zeros((tokens.n_texts, self.rows.shape[1]))
        np.add.at(sums, texts, self.rows[rows])
        return sums / np.maximum(np.bincount(texts, minlength=tokens.n_texts), 1)[:, None]


def read_vectors(source: Path | str) -> Vectors:
    """Read word vectors from a file, or from an installed spaCy package.

    Parameters
    ----------
    source : path or str
        A text file of vectors, or the name of a package such as "sv_core_news_md".

    Returns
    -------
    Vectors
        Words in lower case; of two that differ in case the first is kept.

    Raises
    ------
    SourceError
        If the file cannot be read or has a line of another length, or the package is not installed or has no vectors.
    """
    path = Path(source)
    if path.is_file():
        return _from_file(path)
    return _from_package(str(source))


def _from_file(path: Path) -> Vectors:
    numbers: dict[str, int] = {}
    rows: list[FloatArray] = []
    length = 0
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for number, line in enumerate(lines, start=1):
                word, *values = line.rstrip().split(" ")
                if number == 1 and len(values) == 1:
                    continue  # how many words and dimensions
                length = length or len(values)
                if len(values) != length or not length:
                    raise SourceError(
                        f"{path.name}, line {number}: {len(values)} numbers, {length} before; mend the file"
                    )
                if (known := fold(word)) not in numbers:
                    numbers[known] = len(rows)
                    rows.append(np.array(values, dtype=np.float64))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SourceError(f"{path.name}: is not a text file of word vectors ({type(error).__name__})") from None
    if not rows:
        raise SourceError(f"{path.name}: has no word vectors; give a file in word2vec's or fastText's text format")
    return Vectors(path.name, numbers, _of_length_one(np.vstack(rows)))


def _from_package(name: str) -> Vectors:
    import spacy

    try:
        vectors = spacy.load(name, exclude=["tagger", "parser", "ner", "lemmatizer", "attribute_ruler"]).vocab
    except (OSError, ValueError):
        raise SourceError(
            f"vectors '{name}': neither a file nor an installed spaCy package; give one of the two"
        ) from None
    numbers: dict[str, int] = {}
    rows: list[FloatArray] = []
    for key in vectors.vectors:
        if (known := fold(vectors.strings[key])) not in numbers:
            numbers[known] = len(rows)
            rows.append(np.asarray(vectors.vectors[key], dtype=np.float64))
    if not rows:
        raise SourceError(f"vectors '{name}': the package has no vectors; install one with (such as a 'md' package)")
    return Vectors(name, numbers, _of_length_one(np.vstack(rows)))


def _of_length_one(rows: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0))
