"""codebook.learned.json: what was learned from coded examples, written by `learn` and executed by `coder`.

The file keeps no weights of words but how much each example counts (the dual of the model): the weights follow from
the examples, exactly, so that the model is small, and every coding can be led back to sentences that people wrote.
Counts are written as one letter of `LETTERS` each, on a scale of square roots, as a share of the largest count of the
code's own examples, or of the others. A hash tells when the examples are no longer those that were learned from; the
lists of words are kept as they were, so that editing the codebook's lists changes what rules find and nothing else.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.coding.learned.evidence import EVIDENCE
from evalkit.coding.learned.examples import SIGNS, Example, instances, read_examples, with_new_ids
from evalkit.coding.learned.learning import positive_instances
from evalkit.errors import CodebookError

__all__ = [
    "FORMAT",
    "Learned",
    "companions",
    "content_hash",
    "read_counts",
    "read_learned",
    "write_counts",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FORMAT = 2
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


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
        Words by kind, as they stood in the codebook when it was learned.
    counts, polarity_counts : numpy.ndarray of float
        How much each instance counts for each code and, last, for no code at all; each shown code for each polarity.
    intercepts, polarity_intercepts : numpy.ndarray of float
        One per column of the counts.
    decision : numpy.ndarray of float
        Coefficients of `evidence`, of a rule's match, then the intercept.
    signs : numpy.ndarray of float, shape (10, 3)
        Polarity: coefficients of the scores of the sentence, of the passage, of the polarity that a rule gives, and
        last the intercept; a column per polarity.
    weighs_rules : bool
        Whether a rule's match is evidence; else it decides alone.
    threshold, hold : float
        The probability from which a segment is coded, where no rule matches and where one does.
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
    signs: FloatArray
    weighs_rules: bool
    threshold: float
    hold: float
    digest: str

    def __eq__(self, other: object) -> bool:
        """Return whether two say the same: what was computed for one then holds for the other."""
        return self is other or (
            isinstance(other, Learned)
            and (self.digest, self.threshold, self.hold, self.weighs_rules)
            == (other.digest, other.threshold, other.hold, other.weighs_rules)
            and all(
                np.array_equal(getattr(self, name), getattr(other, name))
                for name in ("counts", "intercepts", "polarity_counts", "polarity_intercepts", "decision", "signs")
            )
        )

    def __hash__(self) -> int:
        """Return the hash of the content."""
        return hash(self.digest)

    @property
    def limit(self) -> float:
        """The logarithm of the odds from which a segment is coded where no rule matches."""
        return float(np.log(self.threshold / (1 - self.threshold)))

    @property
    def limit_of_rules(self) -> float:
        """The same where a rule matches, before its match has been added to the odds."""
        return float(np.log(self.hold / (1 - self.hold)) - self.decision[-2])

    @property
    def rule_signs(self) -> FloatArray:
        """What a rule's polarity (row) adds to what speaks for each polarity (column)."""
        return self.signs[-1 - len(SIGNS) : -1]


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


def read_learned(codebook: Path) -> Learned | None:
    """Read what was learned beside a codebook.

    Parameters
    ----------
    codebook : path
        The codebook.toml.

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
    again = "learn again with evalkit codebook learn, or remove the file to code by rules alone"
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
    if said.get("examples") != content_hash(written):
        raise CodebookError(f"{path.name}: was learned from other examples than {at.name}; {again}")
    try:
        return _learned(said, examples, hashlib.sha256(written + source).hexdigest())
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise CodebookError(f"{path.name}: is broken; {again}") from None


def content_hash(content: bytes) -> str:
    """Return the hash of a file, whatever its line ends.

    Parameters
    ----------
    content : bytes
        Of the file.

    Returns
    -------
    str
        SHA-256.
    """
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


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


def _learned(said: dict[str, Any], examples: list[Example], digest: str) -> Learned:
    codes = tuple(said["codes"])
    examples = with_new_ids(examples, said["was"])
    number = {code: place for place, code in enumerate(codes)}
    texts = instances(examples)
    signs = [shown.polarity for example in examples for shown in example.codes if shown.code in number]
    is_sign = np.array([[sign == other for other in SIGNS] for sign in signs], dtype=bool)
    return Learned(
        codes=codes,
        examples=tuple(examples),
        lists=_lists(said["lists"]),
        counts=read_counts(said["counts"], said["largest"], positive_instances(texts, codes)),
        intercepts=_of_shape(said["intercepts"], (len(codes) + 1,)),
        polarity_counts=read_counts(said["polarity_counts"], said["polarity_largest"], is_sign.reshape(-1, len(SIGNS))),
        polarity_intercepts=_of_shape(said["polarity_intercepts"], (len(SIGNS),)),
        decision=_of_shape(said["decision"], (EVIDENCE + 2,)),
        signs=_of_shape(said["signs"], (3 * len(SIGNS) + 1, len(SIGNS))),
        weighs_rules=said["weighs_rules"] is True,
        threshold=_probability(said["threshold"]),
        hold=_probability(said["hold"]),
        digest=digest,
    )


def _of_shape(values: Any, shape: tuple[int, ...]) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError("coefficients are missing")
    return array


def _probability(value: Any) -> float:
    if not 0 < float(value) < 1:
        raise ValueError("a threshold is no probability")
    return float(value)


def _lists(lists: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(lists, dict) or not all(isinstance(words, list) for words in lists.values()):
        raise TypeError("the lists are no lists of words")
    return {name: tuple(map(str, words)) for name, words in lists.items()}
