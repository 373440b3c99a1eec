"""Where the patterns of `rules` match in tokens: what they mean stands there, how it is computed here.

A word pattern is asked of the vocabulary, once per word type; its positions are then read from an index of tokens by
type. A sequence is computed from its last part to its first: for each token that matches a part, the nearest token from
which the rest can be completed. Sentences, clauses and what blocks a gap are computed once per corpus. Positions are
indices into the tokens; a match is its first and its last token.
"""

from bisect import bisect_left
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
from evalkit.corpus.tokens import Tokens, lemmatise

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
    sentence_end : numpy.ndarray of int
        Last token of its sentence.
    clause_start, clause_end : numpy.ndarray of int
        First and last token of its clause.
    next_block : numpy.ndarray of int
        Nearest later token that no gap may contain (punctuation, conjunction).
    question : numpy.ndarray of bool
        Whether its sentence has a question mark.
    """

    sentence: IntArray
    sentence_end: IntArray
    clause_start: IntArray
    clause_end: IntArray
    next_block: IntArray
    question: BoolArray


class Matcher:
    """Patterns on the tokens of one corpus; what has been asked once is remembered.

    Parameters
    ----------
    tokens : Tokens
        The corpus.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self._vocabulary = _Vocabulary(tokens)
        self._by_type = np.argsort(tokens.words, kind="stable")
        counts = np.bincount(tokens.words, minlength=len(tokens.vocabulary))
        self._ends = np.cumsum(counts)
        self._begins = self._ends - counts
        self._types: dict[Alternatives, IntArray] = {}
        self._positions: dict[Alternatives, IntArray] = {}
        self._sentences: dict[tuple[Phrase, ...], BoolArray] = {}

    @cached_property
    def bounds(self) -> Bounds:
        """Sentences, clauses and blocks."""
        return _bounds(self.tokens)

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
        if alternatives not in self._positions:
            found = [self._by_type[self._begins[t] : self._ends[t]] for t in self._types_of(alternatives)]
            self._positions[alternatives] = np.sort(np.concatenate(found)) if found else NONE
        return self._positions[alternatives]

    def among(self, places: IntArray, parts: tuple[Alternatives, ...]) -> IntArray:
        """Return those of some tokens that match any of some parts.

        Parameters
        ----------
        places : numpy.ndarray of int
            Tokens.
        parts : tuple of tuple of WordPattern
            Parts of a pattern.

        Returns
        -------
        numpy.ndarray of int
            In the order given.
        """
        types = np.concatenate([self._types_of(part) for part in parts])
        return places[np.isin(self.tokens.words[places], types)]

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
        orders: Iterable[Sequence[Alternatives]] = (
            permutations(pattern.parts) if pattern.any_order else (pattern.parts,)
        )
        return _shortest([self._chain(order, gaps, across=pattern.across) for order in orders])

    def find_phrase(self, phrase: Phrase) -> Matches:
        """Return the matches of a phrase.

        Parameters
        ----------
        phrase : Phrase
            From `with`, `not` or the cues.

        Returns
        -------
        Matches
            From each token the shortest.
        """
        return self._chain(phrase.parts, phrase.gaps, across=False)

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

    def _types_of(self, alternatives: Alternatives) -> IntArray:
        if alternatives not in self._types:
            types = sorted(set().union(*map(self._vocabulary.types, alternatives)))
            self._types[alternatives] = np.array(types, dtype=np.int64)
        return self._types[alternatives]

    def _in_sentence_with(self, matches: Matches, phrases: tuple[Phrase, ...]) -> BoolArray:
        sentence = self.bounds.sentence
        if phrases not in self._sentences:
            having = np.zeros(int(sentence[-1]) + 1, dtype=bool)
            for phrase in phrases:
                having[sentence[self.find_phrase(phrase).first]] = True
            self._sentences[phrases] = having
        return self._sentences[phrases][sentence[matches.first]]

    def _chain(self, parts: Sequence[Alternatives], gaps: Sequence[int], *, across: bool) -> Matches:
        at = self.positions(parts[-1])
        ends = at
        for part, gap in zip(reversed(parts[:-1]), reversed(gaps), strict=True):
            # From a token, the nearest next part is also the one that ends first: of two tokens that match the same
            # part, the earlier never ends later.
            here = self.positions(part)
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
    """Polarity cues of one corpus, and what they do to a match.

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
        exempt = np.zeros(len(matcher.tokens) + 1, dtype=np.int64)
        for phrase in cues.exempt:
            matches = matcher.find_phrase(phrase)
            np.add.at(exempt, matches.first, 1)
            np.add.at(exempt, matches.last + 1, -1)
        self._exempt = np.cumsum(exempt)[:-1] > 0
        self._negation = self._places(cues.negation)
        self._ahead = self._places(cues.negation_ahead)
        self._hypothetical = self._places(cues.hypothetical)

    def polarity(self, rule: Rule, matches: Matches) -> npt.NDArray[np.str_]:
        """Return the polarity of each match of a rule.

        Parameters
        ----------
        rule : Rule
            The rule.
        matches : Matches
            Its matches.

        Returns
        -------
        numpy.ndarray of str
            "+", "-" or "?".
        """
        own = np.full(len(matches), rule.polarity, dtype="<U1")
        if not rule.negatable or not len(matches):
            return own
        bounds = self._matcher.bounds
        start, end = bounds.clause_start[matches.first], bounds.clause_end[matches.last]
        back = np.maximum(start, matches.first - self._cues.window)
        turns = self._negation.between(back, matches.last) + self._ahead.between(matches.last + 1, end)
        turns -= self._asked_for(self._negation, rule, matches)
        turned = np.where(turns % 2 == 1, _TURNED[rule.polarity], own)
        unsure = self._hypothetical.between(start, end) - self._asked_for(self._hypothetical, rule, matches)
        if self._cues.question:
            unsure += bounds.question[matches.first]
        return np.where(unsure > 0, "?", turned)

    def _places(self, phrases: tuple[Phrase, ...]) -> "_Places":
        """Return where cues stand: at their last word, each place once."""
        found = [self._matcher.find_phrase(phrase).last for phrase in phrases]
        places = np.unique(np.concatenate(found)) if found else NONE
        return _Places(places[~self._exempt[places]], len(self._exempt))

    def _asked_for(self, cues: "_Places", rule: Rule, matches: Matches) -> IntArray:
        """Count the cues inside each match that are words which the rule itself asks for."""
        own = self._matcher.among(cues.places, rule.pattern.parts)
        return np.searchsorted(own, matches.last, side="right") - np.searchsorted(own, matches.first, side="left")


class _Places:
    """Some tokens, counted quickly between any two."""

    def __init__(self, places: IntArray, n_tokens: int) -> None:
        self.places = places
        self._before = np.zeros(n_tokens + 1, dtype=np.int64)
        self._before[places + 1] = 1
        self._before = np.cumsum(self._before)

    def between(self, start: IntArray, end: IntArray) -> IntArray:
        """Count the places from start to end, both included."""
        return self._before[end + 1] - self._before[start]


_TURNED = {"+": "-", "-": "+", "?": "?"}


def _shortest(found: list[Matches]) -> Matches:
    """Return, per first token, the shortest of the matches."""
    first = np.concatenate([matches.first for matches in found])
    last = np.concatenate([matches.last for matches in found])
    order = np.lexsort((last, first))
    first, last = first[order], last[order]
    kept = np.concatenate(([True], first[1:] != first[:-1]))[: len(first)]
    return Matches(first[kept], last[kept])


class _Vocabulary:
    """Word types by form and by lemma, in both directions, so that a pattern is a search and not a scan."""

    def __init__(self, tokens: Tokens) -> None:
        self._entries = (_Entries(tokens.vocabulary), _Entries(tokens.lemmas))

    def types(self, pattern: WordPattern) -> set[int]:
        forms, lemmas = self._entries
        text = pattern.text
        if pattern.kind == "form":
            return forms.equal(text)
        if pattern.kind == "lemma":
            return forms.equal(text) | lemmas.equal(lemmatise(text))
        if pattern.kind == "prefix":
            return forms.beginning(text) | lemmas.beginning(text)
        if pattern.kind == "suffix":
            return forms.ending(text) | lemmas.ending(text)
        return forms.containing(text) | lemmas.containing(text)


class _Entries:
    """One string per word type, sorted."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = strings
        self._sorted, self._numbers = _sorted(strings)
        self._reversed, self._reversed_numbers = _sorted([string[::-1] for string in strings])

    def equal(self, text: str) -> set[int]:
        begin = bisect_left(self._sorted, text)
        end = bisect_left(self._sorted, text + "\0", begin)
        return set(self._numbers[begin:end])

    def beginning(self, text: str) -> set[int]:
        return _with_prefix(self._sorted, self._numbers, text)

    def ending(self, text: str) -> set[int]:
        return _with_prefix(self._reversed, self._reversed_numbers, text[::-1])

    def containing(self, text: str) -> set[int]:
        return {number for number, string in enumerate(self._strings) if text in string}


def _sorted(strings: Sequence[str]) -> tuple[list[str], list[int]]:
    numbers = sorted(range(len(strings)), key=strings.__getitem__)
    return [strings[number] for number in numbers], numbers


def _with_prefix(ordered: list[str], numbers: list[int], prefix: str) -> set[int]:
    begin = end = bisect_left(ordered, prefix)
    while end < len(ordered) and ordered[end].startswith(prefix):
        end += 1
    return set(numbers[begin:end])


def _bounds(tokens: Tokens) -> Bounds:
    words, n = tokens.words, len(tokens)
    per_type = _TypeFlags.of(tokens.vocabulary)
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
    sentence = np.cumsum(sentence_starts) - 1
    blocks = np.flatnonzero((per_type.punctuation[words] & ~joins) | per_type.conjunction[words])
    questions = np.bincount(sentence, weights=per_type.question[words])
    clause_start, clause_end = _extent(clause_starts)
    return Bounds(
        sentence=sentence,
        sentence_end=_extent(sentence_starts)[1],
        clause_start=clause_start,
        clause_end=clause_end,
        next_block=np.append(blocks, n)[np.searchsorted(blocks, np.arange(n), side="right")],
        question=(questions > 0)[sentence],
    )


def _extent(starts: BoolArray) -> tuple[IntArray, IntArray]:
    """Return, per token, the first and the last token of the stretch that it is in."""
    firsts = np.flatnonzero(starts)
    lengths = np.diff(np.append(firsts, len(starts)))
    return np.repeat(firsts, lengths), np.repeat(firsts + lengths - 1, lengths)


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
    def of(cls, vocabulary: Sequence[str]) -> "_TypeFlags":
        def flags(answers: Iterable[bool]) -> BoolArray:
            return np.fromiter(answers, dtype=bool, count=len(vocabulary))

        return cls(
            sentence=flags(word in SENTENCE_ENDS for word in vocabulary),
            clause=flags(map(ends_clause, vocabulary)),
            question=flags(word == "?" for word in vocabulary),
            dash=flags(word in DASHES for word in vocabulary),
            punctuation=flags(not any(map(str.isalnum, word)) for word in vocabulary),
            starter=flags(word in CLAUSE_STARTERS for word in vocabulary),
            conjunction=flags(word in CONJUNCTIONS for word in vocabulary),
        )
