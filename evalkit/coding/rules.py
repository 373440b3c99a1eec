"""What a coding rule means: patterns over words, sequences with gaps, conditions and polarity cues.

This module defines and parses; `matcher` executes. A pattern is written as in the codebook:

==============  =====================================================================================
``mandat``      any inflected form: the token's lemma is the pattern's, or its form is the pattern
``=mandat``     this form only
``stöd*``       the token's form or lemma begins so (``*fråga`` ends so, ``*ställning*`` contains it)
``få|ha|ge``    any of these
``inte bara``   one after the other (in `with`, `not` and cues)
``ta ... bort`` with up to five tokens between
==============  =====================================================================================

All is compared in lower case and NFC. A rule is either *words* (one token matches) or a *sequence* (one token per
part, in order, at most `gap` tokens between two parts). From each token where a sequence can begin, the shortest match
counts. Between two parts there may be no punctuation and no coordinating conjunction unless the rule says `across`;
no match ever leaves its sentence. ``order = "either"`` allows the parts in any order.

A sentence ends at ``. ! ?``. A clause ends at ``. ! ? ; : , – … ( )`` and before ``men fast eftersom därför medan``.
A hyphen or slash that touches a neighbour is part of a word, not punctuation.

Polarity. A rule's own polarity turns (+ ↔ −) when an odd number of negation cues stands within the clause, in the
`window` tokens before the match, inside it, or (`negation_ahead`) after it. A hypothetical cue anywhere in the
clause, or a sentence with a question mark, gives "?". A cue of several words stands where its last word stands. Words
inside an `exempt` sequence ("inte bara") are no cues, nor are words inside the match that the rule itself asks for.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from evalkit.corpus.tokens import fold

__all__ = [
    "CLAUSE_STARTERS",
    "CONJUNCTIONS",
    "DASHES",
    "ROLES",
    "SENTENCE_ENDS",
    "Alternatives",
    "Phrase",
    "PolarityCues",
    "Rule",
    "WordPattern",
    "WordSequence",
    "Words",
    "ends_clause",
    "parse_alternatives",
    "parse_phrase",
]

Kind = Literal["lemma", "form", "prefix", "suffix", "infix"]
Polarity = Literal["+", "-", "?"]

SENTENCE_ENDS = frozenset(".!?")
CLAUSE_ENDS = frozenset((*".!?;:,–—…()", "..."))
DASHES = frozenset("-‐‑/")
"""Signs that join words (it-stöd, och/eller) and are punctuation only when they stand free."""
CLAUSE_STARTERS = frozenset(("men", "fast", "eftersom", "därför", "medan"))
CONJUNCTIONS = frozenset(("och", "men", "eller", "för", "så"))
ROLES: tuple[str, ...] = ("informant", "handledare", "anteckning")
"""Roles that rules may code; the interviewer's words never are."""

GAP = 5
WINDOW = 6


class WordPattern(NamedTuple):
    """What one token must look like.

    Attributes
    ----------
    kind : {"lemma", "form", "prefix", "suffix", "infix"}
        What `text` is compared with.
    text : str
        In lower case, without the marks that tell the kind.
    """

    kind: Kind
    text: str


Alternatives = tuple[WordPattern, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One or more tokens in a fixed order, as in `with`, `not` and the cues.

    Attributes
    ----------
    parts : tuple of tuple of WordPattern
        One set of alternatives per token.
    gaps : tuple of int
        Most tokens between part *i* and the next; 0 = directly after.
    """

    parts: tuple[Alternatives, ...]
    gaps: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """One token matches.

    Attributes
    ----------
    alternatives : tuple of WordPattern
        Any of these.
    """

    alternatives: Alternatives

    @property
    def parts(self) -> tuple[Alternatives, ...]:
        """The one part, so that words and sequences can be asked alike."""
        return (self.alternatives,)


@dataclass(frozen=True, slots=True)
class WordSequence:
    """Several tokens with gaps between them.

    Attributes
    ----------
    parts : tuple of tuple of WordPattern
        One set of alternatives per token.
    gap : int
        Most tokens between two parts.
    any_order : bool
        Whether the parts may come in another order than written.
    across : bool
        Whether a gap may contain punctuation and conjunctions.
    """

    parts: tuple[Alternatives, ...]
    gap: int = GAP
    any_order: bool = False
    across: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a code.

    Attributes
    ----------
    id : str
        Unique in the codebook.
    pattern : Words or WordSequence
        What must match.
    polarity : {"+", "-", "?"}
        The polarity of a match that no cue turns.
    negatable : bool
        Whether cues (negation, hypothetical, question) count.
    requires : tuple of Phrase
        If any: one of these must stand in the match's sentence.
    excludes : tuple of Phrase
        None of these may stand in the match's sentence.
    roles : tuple of str
        Whose words are coded.
    """

    id: str
    pattern: Words | WordSequence
    polarity: Polarity = "+"
    negatable: bool = True
    requires: tuple[Phrase, ...] = ()
    excludes: tuple[Phrase, ...] = ()
    roles: tuple[str, ...] = ROLES


@dataclass(frozen=True, slots=True)
class PolarityCues:
    """What turns a rule's polarity.

    Attributes
    ----------
    negation : tuple of Phrase
        Count before the match (within `window` tokens of its clause) and inside it.
    negation_ahead : tuple of Phrase
        Count after the match, to the end of its clause.
    exempt : tuple of Phrase
        Sequences whose words are no cues.
    hypothetical : tuple of Phrase
        Make a match in the same clause "?".
    question : bool
        Whether a match in a question is "?".
    window : int
        How many tokens are looked back.
    """

    negation: tuple[Phrase, ...] = ()
    negation_ahead: tuple[Phrase, ...] = ()
    exempt: tuple[Phrase, ...] = ()
    hypothetical: tuple[Phrase, ...] = ()
    question: bool = True
    window: int = WINDOW


def ends_clause(form: str) -> bool:
    """Return whether a token is punctuation after which a new clause begins.

    Parameters
    ----------
    form : str
        Lower-case form of the token.

    Returns
    -------
    bool
        True for ``. ! ? ; : , – — … ( )`` and any row of them ("...", "!!").
    """
    return form in CLAUSE_ENDS or (bool(form) and all(sign in CLAUSE_ENDS for sign in form))


@lru_cache(maxsize=1 << 14)
def parse_alternatives(written: str) -> Alternatives:
    """Parse a word pattern.

    Parameters
    ----------
    written : str
        As in the codebook, e.g. ``"nämnd*|=chef"``.

    Returns
    -------
    tuple of WordPattern
        One per alternative.

    Raises
    ------
    ValueError
        If it is empty, has a space, or a mark in the wrong place.

    Examples
    --------
    >>> parse_alternatives("nämnd*|=chef")
    (WordPattern(kind='prefix', text='nämnd'), WordPattern(kind='form', text='chef'))
    """
    return tuple(_parse_word(part) for part in written.split("|"))


@lru_cache(maxsize=1 << 14)
def parse_phrase(written: str) -> Phrase:
    """Parse one or several word patterns with spaces, or ``...``, between them.

    Parameters
    ----------
    written : str
        As in the codebook, e.g. ``"ta ... ställning"``.

    Returns
    -------
    Phrase
        One part per word.

    Raises
    ------
    ValueError
        If there is no word, or a gap is not between two words.
    """
    words = written.split()
    dots = {"...", "…"}
    if not words or words[0] in dots or words[-1] in dots:
        raise ValueError("needs a word, and '...' stands between two words")
    parts: list[Alternatives] = []
    gaps: list[int] = []
    for before, word in zip(["", *words], words, strict=False):
        if word in dots:
            if before in dots:
                raise ValueError("has two '...' in a row")
            continue
        if parts:
            gaps.append(GAP if before in dots else 0)
        parts.append(parse_alternatives(word))
    return Phrase(tuple(parts), tuple(gaps))


def _parse_word(written: str) -> WordPattern:
    text = fold(written.strip())
    exact = text.startswith("=")
    core = text.removeprefix("=")
    starts, ends = core.startswith("*"), core.endswith("*")
    core = core.strip("*")
    if not core or any(sign.isspace() or sign in "*=|" for sign in core):
        raise ValueError("a word is letters without spaces, with '=' before it or '*' at its ends")
    if exact and (starts or ends):
        raise ValueError("'=' and '*' exclude each other")
    return WordPattern(_kind(exact, starts, ends), core)


def _kind(exact: bool, starts: bool, ends: bool) -> Kind:
    if exact:
        return "form"
    if starts and ends:
        return "infix"
    if ends:
        return "prefix"
    return "suffix" if starts else "lemma"
