"""Where the patterns of `rules` match in tokens: what they mean stands there, how it is computed here.

A word pattern is asked of the vocabulary, once per word type; its positions are then read from an index of tokens by
type. A sequence is looked for where its rarest part stands: the parts before and after are asked of the tokens within
reach alone, from part to part. Then it is computed from its last part to its first: for each token that matches a part,
the nearest token from which the rest can be completed. A condition is asked of the sentences that have a match.
Sentences, clauses and what blocks a gap are computed once per corpus. Positions are indices into the tokens; a match is
its first and its last token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np
import numpy.typing as npt

from evalkit.coding.rules import (
    CLAUSE_STARTERS,
    CONJUNCTIONS,
    DASHES,
    SENTENCE_ENDS,
    Alternatives,
    Phrase,
    PolarityCues,
    Rule,
    WordPattern,
    Words,
    WordSequence,
    ends_clause,
)
from evalkit.coding.vocabulary import Vocabulary
from evalkit.corpus.tokens import Tokens

__all__ = ["Bounds", "Cues", "Matcher", "Matches"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NONE: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Matches:
    """Matches of one pattern, ordered by their first token.

    Attributes
    ----------
    first, last : numpy.ndarray of int
        First and last token of each match.
    """

    first: IntArray
    last: IntArray

    def __len__(self) -> int:
        """Return the number of matches."""
        return len(self.first)

    def where(self, kept: BoolArray) -> "Matches":
        """Return some of the matches.

        Parameters
        ----------
        kept : numpy.ndarray of bool
            One per match.

        Returns
        -------
        Matches
            Those that are kept.
        """
        return Matches(self.first[kept], self.last[kept])


@dataclass(frozen=True, eq=False)
class Bounds:
    """Sentences and clauses of every token.

    Attributes
    ----------
    sentence : numpy.ndarray of int
        Number of the sentence; no sentence goes beyond its text.
    sentence_starts : numpy.ndarray of int, shape (n_sentences + 1,)
        The tokens of sentence *i* are ``sentence_starts[i]:sentence_starts[i + 1]``.
    sentence_end : numpy.ndarray of int
        Last token of its sentence.
    clause_start, clause_end : numpy.ndarray of int
        First and last token of its clause.
    next_block : numpy.ndarray of int
        Nearest later token that no gap may contain (punctuation, conjunction).
    question : numpy.ndarray of bool, shape (n_sentences,)
        Whether a sentence has a question mark.
    """

    sentence: IntArray
    sentence_starts: IntArray
    sentence_end: IntArray
    clause_start: IntArray
    clause_end: IntArray
    next_block: IntArray
    question: BoolArray


class Matcher:
    """Patterns on the tokens of one corpus; where a word or phrase stands is remembered once it has been asked.

    Parameters
    ----------
    tokens : Tokens
        The corpus.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._vocabulary = Vocabulary(tokens)
        # Tokens by type, and in order within a type: sorting one number that holds both is what numpy does fastest.
        keys = tokens.words << 32
        keys |= np.arange(len(tokens))
        keys.sort()
        keys &= 0xFFFFFFFF
        self._by_type = keys
        self._counts = np.bincount(tokens.words, minlength=len(tokens.vocabulary))
        self._ends = np.cumsum(self._counts)
        self._positions: dict[Alternatives, IntArray] = {}
        self._phrases: dict[Phrase, Matches] = {}

    def forget(self) -> None:
        """Let go of what was found for patterns, so that many edits do not fill the memory."""
        self._positions, self._phrases = {}, {}
        self._vocabulary.forget()

    @cached_property
    def bounds(self) -> Bounds:
        """Sentences, clauses and blocks."""
        return _bounds(self.tokens, self._vocabulary)

    def positions(self, alternatives: Alternatives) -> IntArray:
        """Return the tokens that match any of some word patterns.

        Parameters
        ----------
        alternatives : tuple of WordPattern
            The patterns.

        Returns
        -------
        numpy.ndarray of int
            In order, each once.
        """
        found = self._positions.get(alternatives)
        if found is None:
            types = np.unique(self._vocabulary.types(alternatives))
            ends = self._ends[types].tolist()
            begins = (self._ends[types] - self._counts[types]).tolist()
            parts = [self._by_type[begin:end] for begin, end in zip(begins, ends, strict=True)]
            found = np.sort(np.concatenate(parts)) if parts else NONE
            self._positions[alternatives] = found
        return found

    def among(self, places: IntArray, parts: Iterable[Alternatives]) -> IntArray:
        """Return those of some tokens that match any of some parts.

        Parameters
        ----------
        places : numpy.ndarray of int
            Tokens.
        parts : iterable of tuple of WordPattern
            Parts of a pattern.

        Returns
        -------
        numpy.ndarray of int
            In the order given.
        """
        return self._of_types(places, list(map(self._vocabulary.types, parts)))

    def find(self, pattern: Words | WordSequence) -> Matches:
        """Return the matches of a rule's pattern, whatever its conditions.

        Parameters
        ----------
        pattern : Words or WordSequence
            The pattern.

        Returns
        -------
        Matches
            From each token the shortest; no match leaves its sentence.
        """
        if isinstance(pattern, Words):
            at = self.positions(pattern.alternatives)
            return Matches(at, at)
        gaps = [pattern.gap] * (len(pattern.parts) - 1)
        if not pattern.any_order:
            return self._chain(self._in_reach(pattern.parts, gaps), gaps, across=pattern.across)
        span = sum(gaps) + len(gaps)
        rarest = min(map(self.positions, pattern.parts), key=len)
        near = _stretches(rarest, -span, span, len(self.tokens))
        places = [self.among(near, (part,)) for part in pattern.parts]
        return _shortest([self._chain(order, gaps, across=pattern.across) for order in permutations(places)])

    def find_phrase(self, phrase: Phrase, *, within: IntArray | None = None) -> Matches:
        """Return the matches of a phrase.

        Parameters
        ----------
        phrase : Phrase
            From `with`, `not` or the cues.
        within : numpy.ndarray of int, optional
            Tokens of whole sentences, in order; all by default.

        Returns
        -------
        Matches
            From each token the shortest.
        """
        found = self._phrases.get(phrase) if within is None else None
        if found is None:
            found = self._chain(self._in_reach(phrase.parts, phrase.gaps, within), phrase.gaps, across=False)
            if within is None:
                self._phrases[phrase] = found
        return found

    def rule_matches(self, rule: Rule) -> Matches:
        """Return the matches of a rule whose conditions on the sentence hold.

        Parameters
        ----------
        rule : Rule
            The rule.

        Returns
        -------
        Matches
            Whoever speaks: roles are looked at by the caller.
        """
        matches = self.find(rule.pattern)
        if len(matches) and rule.requires:
            matches = matches.where(self._in_sentence_with(matches, rule.requires))
        if len(matches) and rule.excludes:
            matches = matches.where(~self._in_sentence_with(matches, rule.excludes))
        return matches

    def _of_types(self, places: IntArray, types: Sequence[IntArray]) -> IntArray:
        if not len(places):
            return NONE
        asked = np.zeros(len(self._counts), dtype=bool)
        for some in types:
            asked[some] = True
        return places[asked[self.tokens.words[places]]]

    def _in_reach(
        self, parts: Sequence[Alternatives], gaps: Sequence[int], within: IntArray | None = None
    ) -> list[IntArray]:
        """Return, per part, the tokens that match it and can be reached from the rarest part by way of the others."""
        types = [self._vocabulary.types(part) for part in parts]
        counts = [int(self._counts[some].sum()) for some in types]
        rarest, n = counts.index(min(counts)), len(self.tokens)
        places = [NONE] * len(parts)
        if not counts[rarest]:
            return places
        places[rarest] = self.positions(parts[rarest]) if within is None else self._of_types(within, [types[rarest]])
        for number in range(rarest + 1, len(parts)):
            near = _stretches(places[number - 1], 1, gaps[number - 1] + 1, n)
            places[number] = self._of_types(near, [types[number]])
        for number in reversed(range(rarest if len(places[-1]) else 0)):
            near = _stretches(places[number + 1], -gaps[number] - 1, -1, n)
            places[number] = self._of_types(near, [types[number]])
        return places

    def _in_sentence_with(self, matches: Matches, phrases: tuple[Phrase, ...]) -> BoolArray:
        """Return, per match, whether any of the phrases stands in its sentence."""
        sentence, starts = self.bounds.sentence, self.bounds.sentence_starts
        here = sentence[matches.first]
        distinct = here[np.concatenate(([True], here[1:] != here[:-1]))]
        within = _ranges(starts[distinct], starts[distinct + 1])
        found = [self.among(within, (phrase.parts[0] for phrase in phrases if len(phrase.parts) == 1))]
        found += [self.find_phrase(phrase, within=within).first for phrase in phrases if len(phrase.parts) > 1]
        having = np.sort(sentence[np.concatenate(found)])
        return np.searchsorted(having, here, side="right") > np.searchsorted(having, here, side="left")

    def _chain(self, places: Sequence[IntArray], gaps: Sequence[int], *, across: bool) -> Matches:
        if not all(map(len, places)):
            return Matches(NONE, NONE)
        at = ends = places[-1]
        for here, gap in zip(reversed(places[:-1]), reversed(gaps), strict=True):
            # From a token, the nearest next part is also the one that ends first: of two tokens that match the same
            # part, the earlier never ends later.
            nearest = np.searchsorted(at, here, side="right")
            here, nearest = here[nearest < len(at)], nearest[nearest < len(at)]
            within = at[nearest] <= self._limit(here, gap, across=across)
            at, ends = here[within], ends[nearest[within]]
        return Matches(at, ends)

    def _limit(self, here: IntArray, gap: int, *, across: bool) -> IntArray:
        """Return, per token, the last place where the next part may stand."""
        limit = np.minimum(here + gap + 1, self.bounds.sentence_end[here])
        # The next part may itself be what blocks a gap, so the block is within reach.
        return limit if across else np.minimum(limit, self.bounds.next_block[here])


class Cues:
    """Polarity cues of one corpus, and what they do to matches.

    Parameters
    ----------
    cues : PolarityCues
        As the codebook declares them.
    matcher : Matcher
        The corpus.
    """

    def __init__(self, cues: PolarityCues, matcher: Matcher) -> None:
        self._cues = cues
        self._matcher = matcher
        exempt = [matcher.find_phrase(phrase) for phrase in cues.exempt]
        self._exempt_from = np.sort(np.concatenate([NONE, *(matches.first for matches in exempt)]))
        self._exempt_to = np.sort(np.concatenate([NONE, *(matches.last for matches in exempt)]))
        self._negation = self._places(cues.negation)
        self._ahead = self._places(cues.negation_ahead)
        self._hypothetical = self._places(cues.hypothetical)

    def polarity(self, rules: Sequence[Rule], found: Sequence[Matches]) -> npt.NDArray[np.str_]:
        """Return the polarity of the matches of some rules.

        Parameters
        ----------
        rules : sequence of Rule
            The rules.
        found : sequence of Matches
            Their matches, as many as there are rules.

        Returns
        -------
        numpy.ndarray of str
            "+", "-" or "?" for each match, one rule's after the other's.
        """
        counts = [len(matches) for matches in found]
        own = np.repeat(np.array([rule.polarity for rule in rules], dtype="<U1"), counts)
        if not len(own):
            return own
        turned = np.repeat(np.array([_TURNED[rule.polarity] for rule in rules], dtype="<U1"), counts)
        negatable = np.repeat([rule.negatable for rule in rules], counts)
        first = np.concatenate([matches.first for matches in found])
        last = np.concatenate([matches.last for matches in found])
        bounds = self._matcher.bounds
        start, end = bounds.clause_start[first], bounds.clause_end[last]
        back = np.maximum(start, first - self._cues.window)
        turns = _between(self._negation, back, last) + _between(self._ahead, last + 1, end)
        turns -= self._asked_for(self._negation, rules, found)
        unsure = _between(self._hypothetical, start, end) - self._asked_for(self._hypothetical, rules, found)
        if self._cues.question:
            unsure += bounds.question[bounds.sentence[first]]
        signs = np.where(unsure > 0, "?", np.where(turns % 2 == 1, turned, own))
        return np.where(negatable, signs, own)

    def _places(self, phrases: tuple[Phrase, ...]) -> IntArray:
        """Return where cues stand: at their last word, each place once."""
        places = np.unique(np.concatenate([NONE, *(self._matcher.find_phrase(phrase).last for phrase in phrases)]))
        begun: IntArray = np.searchsorted(self._exempt_from, places, side="right")
        over: IntArray = np.searchsorted(self._exempt_to, places, side="left")
        return np.extract(begun == over, places)

    def _asked_for(self, cues: IntArray, rules: Sequence[Rule], found: Sequence[Matches]) -> IntArray:
        """Count the cues inside each match that are words which the rule itself asks for."""
        first = np.concatenate([matches.first for matches in found])
        last = np.concatenate([matches.last for matches in found])
        rule_of = np.repeat(np.arange(len(rules)), [len(matches) for matches in found])
        inside = _between(cues, first, last)
        asked = np.zeros_like(inside)
        with_cues = np.flatnonzero(inside)
        for number in np.unique(rule_of[with_cues]):
            own = with_cues[rule_of[with_cues] == number]
            near = cues[np.searchsorted(cues, first[own[0]]) : np.searchsorted(cues, last[own].max(), side="right")]
            asked[own] = _between(self._matcher.among(near, rules[number].pattern.parts), first[own], last[own])
        return asked


_TURNED = {"+": "-", "-": "+", "?": "?"}


def _between(places: IntArray, start: IntArray, end: IntArray) -> IntArray:
    """Count the places from start to end, both included."""
    return np.searchsorted(places, end, side="right") - np.searchsorted(places, start, side="left")


def _ranges(begins: IntArray, ends: IntArray) -> IntArray:
    """Return all numbers from each begin to before its end, one range after the other."""
    sizes = ends - begins
    so_far = np.cumsum(sizes)
    return np.repeat(ends - so_far, sizes) + np.arange(so_far[-1])


def _stretches(places: IntArray, low: int, high: int, n: int) -> IntArray:
    """Return the tokens that stand from `low` to `high` tokens after any of some places, in order, each once."""
    if not len(places):
        return NONE
    ends = np.minimum(np.maximum(places + high + 1, 0), n)
    begins = np.minimum(np.maximum(places + low, 0), ends)
    begins[1:] = np.minimum(np.maximum(begins[1:], ends[:-1]), ends[1:])
    return _ranges(begins, ends)


def _shortest(found: list[Matches]) -> Matches:
    """Return, per first token, the shortest of the matches."""
    first = np.concatenate([matches.first for matches in found])
    last = np.concatenate([matches.last for matches in found])
    order = np.lexsort((last, first))
    first, last = first[order], last[order]
    kept = np.concatenate(([True], first[1:] != first[:-1]))[: len(first)]
    return Matches(first[kept], last[kept])


def _bounds(tokens: Tokens, vocabulary: Vocabulary) -> Bounds:
    words, n = tokens.words, len(tokens)
    per_type = _TypeFlags.of(tokens.vocabulary, vocabulary)
    before, after = _touches(tokens)
    joins = per_type.dash[words] & (before | after)
    text_starts = np.zeros(n + 1, dtype=bool)
    text_starts[tokens.splits[:-1]] = True
    text_starts = text_starts[:n]
    stop = per_type.sentence[words]
    # "?!" is one end of a sentence, not two.
    after_stop = np.concatenate(([False], stop[:-1]))[:n] & ~stop
    sentence_starts = text_starts | after_stop
    clause_stop = (per_type.clause[words] | per_type.dash[words]) & ~joins
    after_clause = np.concatenate(([False], clause_stop[:-1]))[:n]
    clause_starts = sentence_starts | after_clause | per_type.starter[words]
    blocks = np.flatnonzero((per_type.punctuation[words] & ~joins) | per_type.conjunction[words])
    sentence, first_of_sentence, sentence_end = _stretch_of(sentence_starts)
    clause, first_of_clause, clause_end = _stretch_of(clause_starts)
    question = np.zeros(len(first_of_sentence) - 1, dtype=bool)
    question[sentence[per_type.question[words]]] = True
    return Bounds(
        sentence=sentence,
        sentence_starts=first_of_sentence,
        sentence_end=sentence_end,
        clause_start=first_of_clause[clause],
        clause_end=clause_end,
        next_block=np.repeat(np.append(blocks, n), np.diff(blocks, prepend=0, append=n)),
        question=question,
    )


def _stretch_of(starts: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return each token's stretch, the first token of each stretch (and one beyond), and the last of each token's."""
    firsts = np.append(np.flatnonzero(starts), len(starts))
    sizes = np.diff(firsts)
    return np.repeat(np.arange(len(sizes)), sizes), firsts, np.repeat(firsts[1:] - 1, sizes)


def _touches(tokens: Tokens) -> tuple[BoolArray, BoolArray]:
    """Return whether each token touches the one before and the one after, without white space between."""
    joined = (tokens.texts[1:] == tokens.texts[:-1]) & (tokens.starts[1:] == tokens.ends[:-1])
    n = len(tokens)
    return np.concatenate(([False], joined))[:n], np.concatenate((joined, [False]))[:n]


@dataclass(frozen=True, eq=False)
class _TypeFlags:
    """What each word type is for sentences, clauses and gaps."""

    sentence: BoolArray
    clause: BoolArray
    question: BoolArray
    dash: BoolArray
    punctuation: BoolArray
    starter: BoolArray
    conjunction: BoolArray

    @classmethod
    def of(cls, forms: Sequence[str], vocabulary: Vocabulary) -> "_TypeFlags":
        signs = [number for number, word in enumerate(forms) if not word.isalnum()]
        signs = [number for number in signs if not any(map(str.isalnum, forms[number]))]

        def flags(numbers: Iterable[int]) -> BoolArray:
            flagged = np.zeros(len(forms), dtype=bool)
            flagged[list(numbers)] = True
            return flagged

        def among(words: frozenset[str]) -> BoolArray:
            return flags(vocabulary.types(tuple(WordPattern("form", word) for word in sorted(words))))

        return cls(
            sentence=among(SENTENCE_ENDS),
            clause=flags(number for number in signs if ends_clause(forms[number])),
            question=among(frozenset("?")),
            dash=among(DASHES),
            punctuation=flags(signs),
            starter=among(CLAUSE_STARTERS),
            conjunction=among(CONJUNCTIONS),
        )
