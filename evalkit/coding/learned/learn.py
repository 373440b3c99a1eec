"""Coded examples → codebook.learned.json: run once, when the examples or the lists of the codebook have changed.

Each code gets a linear support vector model (squared hinge, the classes balanced, C = 0.3) that tells its instances
from all others. What a score, or a rule's match, is worth is learned from *judged* examples, each by models that had
seen neither it nor anything else of the same hand: with scores of examples learned from, every score would be a good
one. Judged are the examples marked blind, since rules were written with the others in sight; where they are fewer than
`LEAST_JUDGED`, all are, in five random folds. Where rules match in fewer than `LEAST_MATCHES` of them, nobody can say
what a match is worth, and rules keep deciding alone. The precision and recall that this gives per code, at the
threshold, is kept in the file. Polarity has one model over all codes, and what each code adds to it, as in multi-task
learning by an augmented space.

References
----------
Platt, J. (1999). Probabilistic outputs for support vector machines.
Daumé III, H. (2007). Frustratingly easy domain adaptation.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from evalkit.coding.apply import rule_matches
from evalkit.coding.codebook import Codebook, read_codebook
from evalkit.coding.learned.evidence import best_sentences, evidence, sign_evidence
from evalkit.coding.learned.examples import SIGNS, Example, read_examples, sentences, with_new_ids
from evalkit.coding.learned.file import FORMAT, companions, content_hash, write_counts
from evalkit.coding.learned.learning import Learning, asking, learn_from, polarity_weights
from evalkit.coding.learned.linear import fit_linear, fit_logistic
from evalkit.coding.rules import ROLES
from evalkit.corpus.tokens import tokenise
from evalkit.errors import CodebookError

__all__ = ["learn_codebook"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

STRENGTH = 0.3
THRESHOLD, HOLD = 0.5, 0.3
"""From which probability a segment is coded, without a rule's match and with one: rules are there to be relied upon."""
FOLDS = 5
LEAST_EXAMPLES = 20
LEAST_JUDGED = 300
LEAST_MATCHES = 50


def learn_codebook(codebook: Path | str) -> Path:
    """Learn from the examples beside a codebook, and write what was learned beside them.

    Parameters
    ----------
    codebook : path
        A codebook.toml with codebook.examples.jsonl beside it.

    Returns
    -------
    pathlib.Path
        The written codebook.learned.json: the same bytes for the same examples, rules and lists.

    Raises
    ------
    CodebookError
        If a file cannot be read, or no code has `LEAST_EXAMPLES` examples.
    """
    codebook = Path(codebook)
    book = read_codebook(codebook, learned=False)
    source, target = companions(codebook)
    was = {old: code.id for code in book.codes for old in code.was if old not in book.ids}
    examples = with_new_ids(read_examples(source), was)
    shown = [shown.code for example in examples for shown in example.codes]
    codes = [code for code in book.ids if shown.count(code) >= LEAST_EXAMPLES]
    if not codes:
        raise CodebookError(f"{source.name}: no code has {LEAST_EXAMPLES} examples; code more segments")
    said = _learn(learn_from(examples, codes, book.lists), examples, codes, book)
    about = {"format": FORMAT, "examples": content_hash(source.read_bytes()), "was": was}
    about |= {"lists": dict(sorted(book.lists.items()))}
    target.write_text(_lines(about | said), encoding="utf-8", newline="\n")
    return target


def _learn(learning: Learning, examples: Sequence[Example], codes: Sequence[str], book: Codebook) -> dict[str, Any]:
    counts = fit_linear(learning.matrix, learning.positive, strength=STRENGTH)
    polarity_counts = _fit_polarity(learning, np.ones(len(learning.shown), dtype=bool))
    judged = _judge(learning, examples, _rule_signs(examples, codes, book))
    decision = fit_logistic(judged.evidence.reshape(-1, judged.evidence.shape[-1]), judged.coded.ravel())
    least = np.where(judged.evidence[..., -1] > 0, HOLD, THRESHOLD)
    found = judged.evidence @ decision[:-1] + decision[-1] >= np.log(least / (1 - least))
    signs = [fit_logistic(judged.sign_evidence, judged.signs == sign) for sign in range(len(SIGNS))]
    written, largest = write_counts(counts, learning.positive)
    polarity_written, polarity_largest = write_counts(polarity_counts, _is_sign(learning))
    return {
        "codes": list(codes),
        "threshold": THRESHOLD,
        "hold": HOLD,
        "weighs_rules": int(judged.evidence[..., -1].sum()) >= LEAST_MATCHES,
        "decision": _rounded(decision),
        "signs": [_rounded(row) for row in np.column_stack(signs)],
        "intercepts": _rounded(counts.sum(axis=0)),
        "polarity_intercepts": _rounded(polarity_counts.sum(axis=0)),
        "largest": largest,
        "polarity_largest": polarity_largest,
        "measured_on": len(judged.coded),
        "measured": {code: _measured(found[:, k], judged.coded[:, k]) for k, code in enumerate(codes)},
        "counts": written,
        "polarity_counts": polarity_written,
    }


@dataclass(frozen=True, eq=False)
class _Judged:
    """Examples as models see them that had not seen them.

    `evidence` (n, n_codes, EVIDENCE + 1) has the rules' matches last and `coded` (n, n_codes) is what it should tell;
    `sign_evidence` and `signs` have a row per shown code.
    """

    evidence: FloatArray
    coded: BoolArray
    sign_evidence: FloatArray
    signs: IntArray


def _judge(learning: Learning, examples: Sequence[Example], rule_signs: IntArray) -> _Judged:
    parts = [_judge_fold(learning, examples, rule_signs, held) for held in _folds(examples)]
    fields = ("evidence", "coded", "sign_evidence", "signs")
    return _Judged(*(np.concatenate([getattr(part, field) for part in parts]) for field in fields))


def _folds(examples: Sequence[Example]) -> list[BoolArray]:
    """Return which examples are judged together, by models learned from all the others of other hands."""
    may = np.array([example.speaker in ROLES for example in examples], dtype=bool)
    hands = np.array([example.hand if example.blind else "" for example in examples])
    if np.sum(may & (hands != "")) >= LEAST_JUDGED:
        return [(hands == hand) & may for hand in np.unique(hands[may & (hands != "")])]
    fold = np.random.default_rng(1).integers(FOLDS, size=len(examples))
    return [held for number in range(FOLDS) if (held := (fold == number) & may).any()]


def _judge_fold(learning: Learning, examples: Sequence[Example], rule_signs: IntArray, held: BoolArray) -> _Judged:
    """Judge some examples by models that have seen none of them."""
    rows = np.flatnonzero(held)
    texts = [examples[row].text for row in rows.tolist()]
    n_codes = learning.positive.shape[1] - 1
    # The codes of an example stand in the order of the examples, as do those in `shown`.
    of_shown = np.repeat(np.arange(len(examples)), learning.n_shown)
    learned = np.flatnonzero(~held[[instance.example for instance in learning.instances]])
    counts = fit_linear(learning.matrix[learned], learning.positive[learned], strength=STRENGTH)
    weights, intercepts = learning.matrix[learned].T @ counts, counts.sum(axis=0)
    polarity_counts = _fit_polarity(learning, ~held[of_shown])
    polarity = polarity_weights(learning, polarity_counts, n_codes)
    parts = _sentences(texts)
    tokens = tokenise(parts.texts)
    inner = learning.features.matrix(tokens, tokens.texts, tokens.n_texts)
    whole = learning.matrix[rows]
    scores, inner_scores = whole @ weights + intercepts, inner @ weights + intercepts
    best = best_sentences(inner_scores[:, :-1], parts.first)
    lengths = np.array([len(text.split()) for text in texts], dtype=np.float64)
    seen = evidence(scores, lengths, inner_scores, parts.words, parts.first, best)
    matched = (rule_signs[rows] >= 0).astype(np.float64)
    shown = np.flatnonzero(held[of_shown])
    place, code = np.searchsorted(rows, of_shown[shown]), learning.shown[shown]
    by_text, by_sentence = (
        _sign_scores(matrix, texts, which, code, polarity, polarity_counts)
        for matrix, texts, which in (
            (whole, texts, place),
            (inner, parts.texts, best[place, code]),
        )
    )
    return _Judged(
        evidence=np.concatenate([seen, matched[..., None]], axis=-1),
        coded=learning.positive[rows, :-1],
        sign_evidence=sign_evidence(by_text, by_sentence, rule_signs[rows][place, code]),
        signs=learning.signs[shown],
    )


@dataclass(frozen=True, eq=False)
class _Parts:
    """The sentences of some texts: `first` is the first of each text; a text without any is its own sentence."""

    texts: list[str]
    first: IntArray
    words: FloatArray


def _sentences(texts: Sequence[str]) -> _Parts:
    within = [[text[a:b] for a, b in sentences(text)] or [text] for text in texts]
    counts = np.array([len(inner) for inner in within], dtype=np.int64)
    every = [part for inner in within for part in inner]
    return _Parts(every, np.cumsum(counts) - counts, np.array([len(part.split()) for part in every], dtype=np.float64))


def _sign_scores(
    matrix: sparse.csr_matrix,
    texts: Sequence[str],
    which: IntArray,
    code: IntArray,
    polarity: FloatArray,
    counts: FloatArray,
) -> FloatArray:
    asks = sparse.csr_matrix(asking([texts[place] for place in which]))
    rows = sparse.csr_matrix(sparse.hstack([matrix[which], asks], format="csr"))
    scores = np.stack([rows @ polarity[:, :, sign] for sign in range(len(SIGNS))], axis=-1)
    return np.asarray(scores[np.arange(len(code)), code] + counts.sum(axis=0))


def _fit_polarity(learning: Learning, learned: BoolArray) -> FloatArray:
    """Return how much each shown code counts for each polarity, over all codes and within its own."""
    features, shown = learning.polarity_features[learned], learning.shown[learned]
    own = [sparse.diags_array((shown == code) * 1.0) @ features for code in range(learning.positive.shape[1] - 1)]
    both = sparse.csr_matrix(sparse.hstack([features, *own], format="csr"))
    counts = np.zeros((len(learned), len(SIGNS)))
    counts[learned] = fit_linear(both, _is_sign(learning)[learned], strength=STRENGTH, balanced=False)
    return counts


def _is_sign(learning: Learning) -> BoolArray:
    return np.eye(len(SIGNS), dtype=bool)[learning.signs]


def _rule_signs(examples: Sequence[Example], codes: Sequence[str], book: Codebook) -> IntArray:
    """Return the polarity that the first matching rule of each code gives each example; -1 = no rule matches."""
    n = len(examples)
    segments = pd.DataFrame(
        {
            "segment_id": [str(number) for number in range(n)],
            "document_id": "",
            "start": 0,
            "role": [example.speaker for example in examples],
            "unit": "",
            "about_session": 0,
            "text": [example.text for example in examples],
        }
    )
    found = rule_matches(segments, book).drop_duplicates(["row", "code"])
    found = found[found["code"].isin(codes)]
    signs = np.full((n, len(codes)), -1)
    number = {code: place for place, code in enumerate(codes)}
    signs[found["row"], found["code"].map(number)] = found["polarity"].map(SIGNS.index)
    return signs


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
        elif key == "lists":
            lines = [f"{json.dumps(name)}: {json.dumps(words, ensure_ascii=False)}" for name, words in value.items()]
            inner = ",\n".join(lines)
            rows.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            rows.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"
