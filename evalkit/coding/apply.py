"""Segments + codebook → codings: every rule on every segment, one coding per segment and code.

Where the codebook has a learned coder (see `learned`), it codes what no rule of the code has found in the segment; its
codings carry the rule "<code>~learned". Where both find a code, the rule gives the place; a "+" that no cue has turned
gives way to the learned polarity, since much is denied without a word of negation.

Rules never code the interviewer's words. A match codes its own code and the codes above it. Where several matches of
a code lie in a segment, the first gives the coding its place, rule and polarity; when the matches disagree on the
polarity, the majority decides, and on a tie the match that comes later in the text.

The codings of the same segments with the same codebook are the same bytes: ids derive from content.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.coding.learned import LearnedCodings, learned_codings
from evalkit.coding.matcher import Cues, Matcher
from evalkit.coding.rules import ROLES
from evalkit.corpus.tokens import Tokens, tokenise
from evalkit.errors import TableError
from evalkit.tables import empty_table, schema_columns

__all__ = ["RULES", "apply_codebook", "rule_matches"]

RULES = "rules"
"""Who codes, in the column `coder`, when rules do."""

IntArray = npt.NDArray[np.int64]

_SIGNS = np.array(["+", "-", "?"])
_NEEDED = ("segment_id", "document_id", "start", "role", "unit", "about_session", "text")


def apply_codebook(
    segments: pd.DataFrame,
    codebook: Codebook,
    *,
    tokens: Tokens | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Code segments by the rules of a codebook.

    Parameters
    ----------
    segments : pandas.DataFrame
        One row per segment (see `evalkit.tables.SCHEMAS`).
    codebook : Codebook
        From `read_codebook`; a codebook without rules gives no codings.
    tokens : Tokens, optional
        ``tokenise(list(segments["text"]))``, when it is at hand: coding again after an edit of the codebook is then
        many times faster.
    progress : callable, optional
        Called with the number of rules done and of all rules.

    Returns
    -------
    pandas.DataFrame
        Table `codings`, ordered by document, start and code; one row per segment and code, `coder` "rules".

    Raises
    ------
    TableError
        If a column is missing, a segment stands twice, or the tokens are not those of the segments.
    """
    tokens = _tokens(segments, tokens)
    found = _find(segments, codebook, tokens, progress)
    found = _with_learned(found, segments, codebook, tokens)
    merged = _merge(_with_ancestors(found, codebook), len(codebook.codes))
    if not len(merged.row):
        return empty_table("codings")
    chosen = segments.iloc[merged.row].reset_index(drop=True)
    shift = chosen["start"].to_numpy(dtype=np.int64)
    codings = pd.DataFrame(
        {
            "document_id": chosen["document_id"],
            "segment_id": chosen["segment_id"],
            "start": shift + merged.start,
            "end": shift + merged.end,
            "code": np.array(codebook.ids, dtype=object)[merged.code],
            "polarity": _SIGNS[merged.sign],
            "quote": [text[a:b] for text, a, b in zip(chosen["text"], merged.start, merged.end, strict=True)],
            "coder": RULES,
            "rule": _rule_ids(codebook)[merged.order],
            "unit": chosen["unit"],
            "about_session": chosen["about_session"],
            "codebook_version": codebook.codebook_version,
            "created_at": pd.NaT,
        }
    )
    codings["coding_id"] = _coding_ids(codings)
    codings = codings.sort_values(["document_id", "start", "code", "segment_id"], ignore_index=True)
    columns = schema_columns("codings")
    return codings[list(columns)].astype(columns)


def rule_matches(
    segments: pd.DataFrame,
    codebook: Codebook,
    *,
    tokens: Tokens | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return every match of every rule, before matches of the same code in a segment become one coding.

    Parameters
    ----------
    segments : pandas.DataFrame
        One row per segment.
    codebook : Codebook
        From `read_codebook`.
    tokens : Tokens, optional
        Of the segments' texts, when at hand.
    progress : callable, optional
        Called with the number of rules done and of all rules.

    Returns
    -------
    pandas.DataFrame
        One row per match: row (position of the segment), segment_id, start and end (in the segment's text), code,
        rule, order (of the rule in the codebook), polarity.

    Raises
    ------
    TableError
        If a column is missing, a segment stands twice, or the tokens are not those of the segments.
    """
    found = _find(segments, codebook, _tokens(segments, tokens), progress)
    found = found.take(np.lexsort((found.order, found.end, found.start, found.row)))
    table = pd.DataFrame(
        {
            "row": found.row,
            "segment_id": segments["segment_id"].to_numpy()[found.row],
            "start": found.start,
            "end": found.end,
            "code": np.array(codebook.ids, dtype=object)[found.code],
            "rule": _rule_ids(codebook)[found.order],
            "order": found.order,
            "polarity": _SIGNS[found.sign],
        }
    )
    return table.astype(dict.fromkeys(("segment_id", "code", "rule", "polarity"), "str"))


@dataclass(frozen=True, eq=False)
class _Found:
    """Matches as numbers: segment, place, code and rule by position, polarity as an index into `_SIGNS`."""

    row: IntArray
    start: IntArray
    end: IntArray
    code: IntArray
    order: IntArray
    sign: IntArray

    def take(self, which: npt.NDArray[np.generic]) -> "_Found":
        return _Found(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def together(cls, parts: Sequence["_Found"]) -> "_Found":
        empty = np.empty(0, dtype=np.int64)
        return cls(*(np.concatenate([empty, *(getattr(part, f.name) for part in parts)]) for f in fields(cls)))


def _tokens(segments: pd.DataFrame, tokens: Tokens | None) -> Tokens:
    _check(segments)
    if tokens is None:
        return tokenise(segments["text"].tolist())
    if tokens.n_texts != len(segments):
        raise TableError(
            f"segments: {len(segments)} rows, but tokens of {tokens.n_texts} texts; give the tokens of these segments"
        )
    return tokens


def _with_learned(found: _Found, segments: pd.DataFrame, codebook: Codebook, tokens: Tokens) -> _Found:
    """Add what the learned coder finds where no rule does; where both do, it may turn what a rule took for granted."""
    if codebook.learned is None:
        return found
    said = learned_codings(
        segments["text"].tolist(), tokens, codebook.learned, may_code=segments["role"].isin(ROLES).to_numpy()
    )
    numbers = {id: number for number, id in enumerate(codebook.ids)}
    code = np.array([numbers.get(id, -1) for id in codebook.learned.codes], dtype=np.int64)[said.code]
    n_rules = sum(len(code.rules) for code in codebook.codes)
    learned = _Found(said.row, said.start, said.end, code, n_rules + code, np.searchsorted(_SIGNS, said.polarity))
    learned = learned.take((code >= 0) & ~_everyday(said, codebook, tokens))
    cells, own = (part.row * len(numbers) + part.code for part in (found, learned))
    sign = dict(zip(own.tolist(), learned.sign.tolist(), strict=True))
    negatable = np.array([rule.negatable for code in codebook.codes for rule in code.rules], dtype=bool)
    granted = negatable[found.order] & (_SIGNS[found.sign] == "+")
    heard = np.array([sign.get(cell, 0) for cell in cells.tolist()], dtype=np.int64)
    found = replace(found, sign=np.where(granted & np.isin(cells, own), heard, found.sign))
    return _Found.together([found, learned.take(~np.isin(own, cells))])


def _everyday(said: LearnedCodings, codebook: Codebook, tokens: Tokens) -> npt.NDArray[np.bool_]:
    """Return which learned codings stand in a sentence that the codebook keeps the learned coder from."""
    matcher = Matcher(tokens)
    found = [matcher.find_phrase(phrase).first for phrase in codebook.learned_not] if len(said.row) else []
    if not found:
        return np.zeros(len(said.row), dtype=bool)
    at = np.concatenate(found)
    reach = int(tokens.ends.max()) + 1
    places = np.sort(tokens.texts[at] * reach + tokens.starts[at])
    first, last = (np.searchsorted(places, said.row * reach + edge) for edge in (said.start, said.end))
    return np.asarray(last > first)


def _find(
    segments: pd.DataFrame, codebook: Codebook, tokens: Tokens, progress: Callable[[int, int], None] | None
) -> _Found:
    """Return every match of every rule, rule by rule."""
    matcher = Matcher(tokens)
    cues = Cues(codebook.polarity, matcher)
    may_code = {role: (segments["role"] == role).to_numpy() for role in ROLES}
    rules = [(number, rule) for number, code in enumerate(codebook.codes) for rule in code.rules]
    found: list[_Found] = []
    for order, (code, rule) in enumerate(rules):
        matches = matcher.rule_matches(rule)
        spoken = np.logical_or.reduce([may_code[role] for role in rule.roles])
        matches = matches.where(spoken[tokens.texts[matches.first]])
        found.append(
            _Found(
                row=tokens.texts[matches.first],
                start=tokens.starts[matches.first],
                end=tokens.ends[matches.last],
                code=np.full(len(matches), code),
                order=np.full(len(matches), order),
                sign=np.searchsorted(_SIGNS, cues.polarity(rule, matches)),
            )
        )
        if progress is not None:
            progress(order + 1, len(rules))
    return _Found.together(found)


def _check(segments: pd.DataFrame) -> None:
    missing = [column for column in _NEEDED if column not in segments]
    if missing:
        raise TableError(f"segments: column '{missing[0]}' is missing; the columns needed are {', '.join(_NEEDED)}")
    twice = int(segments["segment_id"].duplicated().sum())
    if twice:
        raise TableError(f"segments: {twice} segment ids stand more than once; give each segment its own")


def _with_ancestors(found: _Found, codebook: Codebook) -> _Found:
    """Add each match once more for every code above its own."""
    numbers = {id: number for number, id in enumerate(codebook.ids)}
    added = [found]
    for id, number in numbers.items():
        for above in codebook.ancestors(id):
            own = found.take(found.code == number)
            added.append(replace(own, code=np.full(len(own.code), numbers[above])))
    return _Found.together(added)


def _merge(found: _Found, n_codes: int) -> _Found:
    """Return one match per segment and code: the first, with the polarity that the matches agree on."""
    group = found.row * n_codes + found.code
    in_text = np.lexsort((found.order, found.end, found.start, group))
    found, group = found.take(in_text), group[in_text]
    first = np.flatnonzero(np.diff(group, prepend=-1))
    group = np.cumsum(np.diff(group, prepend=-1) != 0) - 1
    cell = group * len(_SIGNS) + found.sign
    shape = (len(first), len(_SIGNS))
    votes = np.bincount(cell, minlength=len(first) * len(_SIGNS)).reshape(shape)
    latest = np.full(len(first) * len(_SIGNS), -1)
    latest[cell] = np.arange(len(cell))  # in textual order, so that what is written last is the latest
    latest = np.where(votes == votes.max(axis=1, keepdims=True), latest.reshape(shape), -1)
    return replace(found.take(first), sign=latest.argmax(axis=1))


def _rule_ids(codebook: Codebook) -> npt.NDArray[np.object_]:
    rules = [rule.id for code in codebook.codes for rule in code.rules]
    return np.array([*rules, *(f"{id}~learned" for id in codebook.ids)], dtype=object)


def _coding_ids(codings: pd.DataFrame) -> list[str]:
    keys = codings[["segment_id", "code", "rule", "start", "end"]].itertuples(index=False, name=None)
    return [hashlib.sha256("\x1f".join(map(str, key)).encode()).hexdigest()[:16] for key in keys]
