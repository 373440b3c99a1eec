"""Coded examples → codebook.learned.json: run once, when the examples or the lists of the codebook have changed.

Each code gets a linear support vector model (squared hinge, the classes balanced, C = 0.3) that tells its instances
from all others. The probabilities come from scores of examples that the models had not seen, in five folds; an example
and its quotes are in the same fold. What precision and recall that gives per code, at the threshold, is kept in the
file. Polarity has one model over all codes, and what each code adds to it, as in multi-task learning by an augmented
space.

References
----------
Platt, J. (1999). Probabilistic outputs for support vector machines.
Daumé III, H. (2007). Frustratingly easy domain adaptation.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from evalkit.coding.codebook import read_codebook
from evalkit.coding.examples import SIGNS, read_examples
from evalkit.coding.learned import FORMAT, Learning, companions, evidence, learn_from, write_counts
from evalkit.coding.linear import fit_linear, fit_logistic
from evalkit.errors import CodebookError

__all__ = ["learn_codebook"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

STRENGTH = 0.3
THRESHOLD = 0.55
FOLDS = 5
LEAST_EXAMPLES = 20


def learn_codebook(codebook: Path | str) -> Path:
    """Learn from the examples beside a codebook, and write what was learned beside them.

    Parameters
    ----------
    codebook : path
        A codebook.toml with codebook.examples.jsonl beside it.

    Returns
    -------
    pathlib.Path
        The written codebook.learned.json: the same bytes for the same examples and lists.

    Raises
    ------
    CodebookError
        If a file cannot be read, or no code has `LEAST_EXAMPLES` examples.
    """
    codebook = Path(codebook)
    book = read_codebook(codebook, learned=False)
    source, target = companions(codebook)
    examples = read_examples(source)
    shown = [shown.code for example in examples for shown in example.codes]
    codes = [code for code in book.ids if shown.count(code) >= LEAST_EXAMPLES]
    if not codes:
        raise CodebookError(f"{source.name}: no code has {LEAST_EXAMPLES} examples; code more segments")
    said = _learn(learn_from(examples, codes, book.lists), codes)
    content = {"examples": hashlib.sha256(source.read_bytes().replace(b"\r\n", b"\n")).hexdigest(), **said}
    target.write_text(_lines({"format": FORMAT, **content}), encoding="utf-8", newline="\n")
    return target


def _learn(learning: Learning, codes: Sequence[str]) -> dict[str, Any]:
    counts = fit_linear(learning.matrix, learning.positive, strength=STRENGTH)
    scores, of_segments = _unseen_scores(learning)
    seen = evidence(scores, np.array([len(i.text.split()) for i in learning.instances[: len(scores)]], dtype=float))
    decision = fit_logistic(seen.reshape(-1, seen.shape[-1]), of_segments.ravel())
    probable = 1 / (1 + np.exp(-(seen @ decision[:-1] + decision[-1]))) >= THRESHOLD
    polarity_counts = _fit_polarity(learning)
    signs = np.eye(len(SIGNS), dtype=bool)[learning.signs]
    written, largest = write_counts(counts, learning.positive)
    polarity_written, polarity_largest = write_counts(polarity_counts, signs)
    return {
        "codes": list(codes),
        "threshold": THRESHOLD,
        "decision": _rounded(decision),
        "intercepts": _rounded(counts.sum(axis=0)),
        "polarity_intercepts": _rounded(polarity_counts.sum(axis=0)),
        "largest": largest,
        "polarity_largest": polarity_largest,
        "measured": {code: _measured(probable[:, k], of_segments[:, k]) for k, code in enumerate(codes)},
        "counts": written,
        "polarity_counts": polarity_written,
    }


def _unseen_scores(learning: Learning) -> tuple[FloatArray, BoolArray]:
    """Return the scores of every whole segment by models that saw neither it nor its quotes."""
    example = np.array([instance.example for instance in learning.instances])
    n_segments = int(example.max()) + 1
    fold = np.random.default_rng(1).integers(FOLDS, size=n_segments)
    scores = np.zeros((n_segments, learning.positive.shape[1]))
    for held in range(FOLDS):
        seen = np.flatnonzero(fold[example] != held)
        counts = fit_linear(learning.matrix[seen], learning.positive[seen], strength=STRENGTH)
        rest = np.flatnonzero(fold == held)
        scores[rest] = learning.matrix[rest] @ (learning.matrix[seen].T @ counts) + counts.sum(axis=0)
    return scores, learning.positive[:n_segments, :-1]


def _fit_polarity(learning: Learning) -> FloatArray:
    """Return how much each shown code counts for each polarity, over all codes and within its own."""
    features = learning.polarity_features
    own = [
        sparse.diags_array((learning.shown == code) * 1.0) @ features for code in range(learning.positive.shape[1] - 1)
    ]
    both = sparse.csr_matrix(sparse.hstack([features, *own], format="csr"))
    signs = np.eye(len(SIGNS), dtype=bool)[learning.signs]
    return fit_linear(both, signs, strength=STRENGTH, balanced=False)


def _measured(found: BoolArray, coded: BoolArray) -> dict[str, float | int]:
    both = int(np.sum(found & coded))
    return {
        "precision": round(both / max(int(found.sum()), 1), 3),
        "recall": round(both / max(int(coded.sum()), 1), 3),
        "examples": int(coded.sum()),
    }


def _rounded(values: FloatArray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _lines(content: dict[str, Any]) -> str:
    """Return JSON with one entry a line, so that a difference between two files can be read."""
    rows = []
    for key, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], str) and key != "codes":
            inner = ",\n".join(json.dumps(part) for part in value)
            rows.append(f"{json.dumps(key)}: [\n{inner}\n]")
        else:
            rows.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"
