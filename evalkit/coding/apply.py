"""Segments + codebook → codings: every rule on every segment, one coding per segment and code.

Where the codebook has a learned coder (see `learned`), `learned.join` lets both decide.

Rules never code the interviewer's words. A match codes its own code and the codes above it. Where several matches of
a code lie in a segment, the first gives the coding its place, rule and polarity; when the matches disagree on the
polarity, the majority decides, and on a tie the match that comes later in the text.

The codings of the same segments with the same codebook are the same bytes: ids derive from content.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from evalkit.coding.codebook import Codebook
from evalkit.coding.found import SIGNS, Found
from evalkit.coding.learned.coder import LearnedCodings, learned_codings
from evalkit.coding.learned.file import Learned
from evalkit.coding.learned.join import join_learned
from evalkit.coding.matcher import NONE, Cues, Matcher, Matches
from evalkit.coding.rules import ROLES, Phrase, PolarityCues, Rule, Words, WordSequence
from evalkit.corpus.tokens import Tokens, tokenise
from evalkit.errors import TableError
from evalkit.tables import empty_table, schema_columns

__all__ = ["RULES", "RuleCoder", "apply_codebook", "rule_matches"]

RULES = "rules"
"""Who codes, in the column `coder`, when rules do."""

IntArray = npt.NDArray[np.int64]
Asked = tuple[Words | WordSequence, tuple[Phrase, ...], tuple[Phrase, ...], tuple[str, ...], str, bool]
"""All that decides what a rule codes: everything but its id."""

_NEEDED = ("segment_id", "document_id", "start", "role", "unit", "about_session", "text")


@dataclass(eq=False)
class _Remembered:
    """What a rule has coded: its matches, and their polarities until the cues change."""

    matches: Matches
    signs: IntArray | None = None


class RuleCoder:
    """Codes the same segments by one codebook after another, and computes only what an edit has changed.

    It keeps the tokens, what has been asked of the vocabulary, and the matches of the last codebooks. One thread at a
    time may use it; several need a coder each.

    Parameters
    ----------
    segments : pandas.DataFrame
        One row per segment (see `evalkit.tables.SCHEMAS`); must not change afterwards.
    tokens : Tokens, optional
        ``tokenise(list(segments["text"]))``, when it is at hand.

    Raises
    ------
    TableError
        If a column is missing, a segment stands twice, or the tokens are not those of the segments.
    """

    def __init__(self, segments: pd.DataFrame, *, tokens: Tokens | None = None) -> None:
        _check(segments)
        self._segments = segments
        self._texts: list[str] = segments["text"].tolist()
        self.tokens = tokenise(self._texts) if tokens is None else tokens
        if self.tokens.n_texts != len(segments):
            raise TableError(
                f"segments: {len(segments)} rows, but tokens of {self.tokens.n_texts} texts; "
                "give the tokens of these segments"
            )
        self._matcher = Matcher(self.tokens)
        self._may_code = {role: (segments["role"] == role).to_numpy(dtype=bool) for role in ROLES}
        self._starts = segments["start"].to_numpy(dtype=np.int64)
        self._ids: list[str] = segments["segment_id"].tolist()
        # Places in the order of the ids, so that codings are sorted by numbers.
        self._document_rank = segments["document_id"].rank(method="dense").to_numpy(dtype=np.int64)
        self._segment_rank = segments["segment_id"].rank(method="dense").to_numpy(dtype=np.int64)
        self._remembered: dict[Asked, _Remembered] = {}
        self._cues: tuple[PolarityCues, Cues] | None = None
        self._said: tuple[Learned, LearnedCodings] | None = None

    def apply(self, codebook: Codebook, *, progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
        """Code the segments by the rules of a codebook.

        Parameters
        ----------
        codebook : Codebook
            From `read_codebook`; a codebook without rules gives no codings.
        progress : callable, optional
            Called with the number of rules done and of all rules.

        Returns
        -------
        pandas.DataFrame
            Table `codings`, as `apply_codebook` gives it.
        """
        found = self._with_learned(self.found(codebook, progress), codebook)
        found = _merge(_with_ancestors(found, codebook), len(codebook.codes))
        if not len(found.row):
            return empty_table("codings")
        codes = np.array(codebook.ids, dtype=object)
        code_rank = np.argsort(np.argsort(codes))
        start = self._starts[found.row] + found.start
        order = np.lexsort(
            (self._segment_rank[found.row], code_rank[found.code], start, self._document_rank[found.row])
        )
        found, start = found.take(order), start[order]
        rows, begins, ends = found.row.tolist(), found.start.tolist(), found.end.tolist()
        code, rule = codes[found.code], _rule_ids(codebook)[found.order]
        own = ["document_id", "segment_id", "unit", "about_session"]
        codings = self._segments[own].take(found.row).reset_index(drop=True)
        codings["start"] = start
        codings["end"] = self._starts[found.row] + found.end
        codings["code"] = code
        codings["polarity"] = SIGNS[found.sign]
        codings["quote"] = [self._texts[row][a:b] for row, a, b in zip(rows, begins, ends, strict=True)]
        codings["coder"] = RULES
        codings["rule"] = rule
        codings["codebook_version"] = codebook.codebook_version
        codings["created_at"] = pd.NaT
        keys = zip(rows, code, rule, start.tolist(), codings["end"].tolist(), strict=True)
        codings["coding_id"] = [
            _digest(f"{self._ids[row]}\x1f{code}\x1f{rule}\x1f{start}\x1f{end}") for row, code, rule, start, end in keys
        ]
        columns = schema_columns("codings")
        return codings[list(columns)].astype(columns)

    def found(self, codebook: Codebook, progress: Callable[[int, int], None] | None = None) -> Found:
        """Return every match of every rule, rule by rule.

        Parameters
        ----------
        codebook : Codebook
            From `read_codebook`.
        progress : callable, optional
            Called with the number of rules done and of all rules.

        Returns
        -------
        Found
            The matches as numbers.
        """
        numbered = [(number, rule) for number, code in enumerate(codebook.codes) for rule in code.rules]
        rules = [rule for _, rule in numbered]
        known = self._of(rules, codebook.polarity, progress)
        counts = [len(one.matches) for one in known]
        first = np.concatenate([NONE, *(one.matches.first for one in known)])
        last = np.concatenate([NONE, *(one.matches.last for one in known)])
        return Found(
            row=self.tokens.texts[first],
            start=self.tokens.starts[first],
            end=self.tokens.ends[last],
            code=np.repeat(np.array([number for number, _ in numbered], dtype=np.int64), counts),
            order=np.repeat(np.arange(len(rules)), counts),
            sign=np.concatenate([NONE, *(one.signs for one in known if one.signs is not None)]),
        )

    def _with_learned(self, found: Found, codebook: Codebook) -> Found:
        """Add what the codebook's learned coder says; an edit of the rules leaves that as it is."""
        if codebook.learned is None:
            return found
        if self._said is None or self._said[0] != codebook.learned:
            spoken = self._segments["role"].isin(ROLES).to_numpy()
            said = learned_codings(self._texts, self.tokens, codebook.learned, may_code=spoken)
            self._said = codebook.learned, said
        return join_learned(found, self._said[1], codebook, self.tokens, self._matcher)

    def _of(
        self, rules: list[Rule], polarity: PolarityCues, progress: Callable[[int, int], None] | None
    ) -> list[_Remembered]:
        """Return what each rule codes: what is known of it, and what is not known yet."""
        if self._cues is None or self._cues[0] != polarity:
            self._cues = polarity, Cues(polarity, self._matcher)
            for one in self._remembered.values():
                one.signs = None
        known: list[_Remembered] = []
        for rule in rules:
            asked = (rule.pattern, rule.requires, rule.excludes, rule.roles, rule.polarity, rule.negatable)
            remembered = self._remembered.get(asked)
            if remembered is None:
                remembered = self._remembered[asked] = _Remembered(self._spoken(rule))
            known.append(remembered)
            if progress is not None:
                progress(len(known), len(rules))
        new = [(rule, one) for rule, one in zip(rules, known, strict=True) if one.signs is None]
        signs = np.searchsorted(SIGNS, self._cues[1].polarity([rule for rule, _ in new], [o.matches for _, o in new]))
        ends = np.cumsum([len(one.matches) for _, one in new])
        for (_, one), own in zip(new, np.split(signs, ends[:-1]), strict=False):
            one.signs = own
        if len(self._remembered) > 2 * len(rules) + 100:
            kept = set(map(id, known))
            self._remembered = {asked: one for asked, one in self._remembered.items() if id(one) in kept}
            self._matcher.forget()
        return known

    def _spoken(self, rule: Rule) -> Matches:
        """Return the matches of a rule in the words of those whom it codes."""
        matches = self._matcher.rule_matches(rule)
        rows = self.tokens.texts[matches.first]
        return matches.where(np.logical_or.reduce([self._may_code[role][rows] for role in rule.roles]))


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
        ``tokenise(list(segments["text"]))``, when it is at hand. To code again and again while a codebook is edited,
        keep a `RuleCoder`.
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
    return RuleCoder(segments, tokens=tokens).apply(codebook, progress=progress)


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
    found = RuleCoder(segments, tokens=tokens).found(codebook, progress)
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
            "polarity": SIGNS[found.sign],
        }
    )
    return table.astype(dict.fromkeys(("segment_id", "code", "rule", "polarity"), "str"))


def _check(segments: pd.DataFrame) -> None:
    missing = [column for column in _NEEDED if column not in segments]
    if missing:
        raise TableError(f"segments: column '{missing[0]}' is missing; the columns needed are {', '.join(_NEEDED)}")
    twice = int(segments["segment_id"].duplicated().sum())
    if twice:
        raise TableError(f"segments: {twice} segment ids stand more than once; give each segment its own")


def _with_ancestors(found: Found, codebook: Codebook) -> Found:
    """Add each match once more for every code above its own."""
    numbers = {id: number for number, id in enumerate(codebook.ids)}
    added = [found]
    for id, number in numbers.items():
        for above in codebook.ancestors(id):
            own = found.take(found.code == number)
            added.append(replace(own, code=np.full(len(own.code), numbers[above])))
    return Found.together(added)


def _merge(found: Found, n_codes: int) -> Found:
    """Return one match per segment and code: the first, with the polarity that the matches agree on."""
    group = found.row * n_codes + found.code
    in_text = np.lexsort((found.order, found.end, found.start, group))
    found, group = found.take(in_text), group[in_text]
    first = np.flatnonzero(np.diff(group, prepend=-1))
    group = np.cumsum(np.diff(group, prepend=-1) != 0) - 1
    cell = group * len(SIGNS) + found.sign
    shape = (len(first), len(SIGNS))
    votes = np.bincount(cell, minlength=len(first) * len(SIGNS)).reshape(shape)
    latest = np.full(len(first) * len(SIGNS), -1)
    latest[cell] = np.arange(len(cell))  # in textual order, so that what is written last is the latest
    latest = np.where(votes == votes.max(axis=1, keepdims=True), latest.reshape(shape), -1)
    return replace(found.take(first), sign=latest.argmax(axis=1))


def _rule_ids(codebook: Codebook) -> npt.NDArray[np.object_]:
    rules = [rule.id for code in codebook.codes for rule in code.rules]
    return np.array([*rules, *(f"{id}~learned" for id in codebook.ids)], dtype=object)


@lru_cache(maxsize=1 << 16)  # an edit leaves most codings as they are
def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
