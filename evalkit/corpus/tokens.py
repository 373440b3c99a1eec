"""Texts → integer-coded tokens: spaCy's Swedish tokens, computed once per distinct chunk instead of once per word.

spaCy's tokeniser works on one whitespace-delimited chunk at a time, so its tokens of a whole corpus can be assembled
from its tokens of each *distinct* chunk. Most chunks need not even that. Letters alone are one token unless they stand
in spaCy's list of exceptions; of letters among signs ("(nämnden,") it sees the signs, the case of the last two letters
and that list, so one chunk tells how all of its kind are cut. (tests/corpus/test_tokens.py holds both against spaCy,
for every letter there is.) A word then is a number: what a codebook asks about words (inflection, prefix, suffix) is
asked once per word type, and what it asks about order is asked of positions.

Words are compared in lower case and Unicode NFC. Lemmas come from simplemma (greedy), once per word type; the few
words that it gets wrong and that Swedish interviews are full of are corrected in `LEMMAS`. Offsets are Unicode code
points into each text, end exclusive. Tokens that are nothing but white space are left out.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count, takewhile
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LEMMAS", "Tokens", "fold", "lemmatise", "tokenise"]

IntArray = npt.NDArray[np.int64]

# simplemma sends nouns to verbs (lärande → lära, brist → brista), verbs to nouns and adjectives (tränar → tränare,
# vågade → vågad), and a mood to its infinitive: "vore" to the lemma of "är", as if all that is were only wished for.
LEMMAS: dict[str, str] = {
    **dict.fromkeys(("lärande", "lärandet", "lärandets", "lärandes", "läranden"), "lärande"),
    **dict.fromkeys(("brist", "bristen", "bristens", "brister", "bristerna", "bristernas"), "brist"),
    **dict.fromkeys(("beslut", "beslutet", "beslutets", "besluten", "beslutens"), "beslut"),
    **dict.fromkeys(("nämnd", "nämnden", "nämndens", "nämnder", "nämnderna", "nämndernas"), "nämnd"),
    **dict.fromkeys(("driv", "drivet", "drivets"), "driv"),
    **dict.fromkeys(("vågade", "vågat", "vågats"), "våga"),
    **dict.fromkeys(("samlar", "samlade", "samlat", "samlats"), "samla"),
    **dict.fromkeys(("träna", "tränar"), "träna"),
    **dict.fromkeys(("lär", "lärde"), "lära"),
    "bytte": "byta",
    "skulle": "skulle",
    "vore": "vore",
    "borde": "borde",
}


# Abbreviations are inflected after a colon or hyphen: "vd:n", "EOR-et".
_INFLECTED = re.compile(r"(\w+)[:-](?:s|n|ns|t|en|ens|et|ets|ar|arna|er|erna|na)")


@dataclass(frozen=True, eq=False)
class Tokens:
    """The words of many texts as numbers.

    Attributes
    ----------
    words : numpy.ndarray of int, shape (n_tokens,)
        Word type of each token: an index into `vocabulary` and `lemmas`.
    starts, ends : numpy.ndarray of int, shape (n_tokens,)
        Code points in the token's own text, end exclusive.
    texts : numpy.ndarray of int, shape (n_tokens,)
        Which text each token stands in.
    splits : numpy.ndarray of int, shape (n_texts + 1,)
        The tokens of text *i* are ``splits[i]:splits[i + 1]``.
    vocabulary : tuple of str
        Lower-case NFC form of each word type.
    lemmas : tuple of str
        Lemma of each word type.
    """

    words: IntArray
    starts: IntArray
    ends: IntArray
    texts: IntArray
    splits: IntArray
    vocabulary: tuple[str, ...]
    lemmas: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.words)

    @property
    def n_texts(self) -> int:
        """Number of texts, those without a word included."""
        return len(self.splits) - 1


def fold(word: str) -> str:
    """Return a word in the form in which words are compared: lower case, Unicode NFC.

    Parameters
    ----------
    word : str
        As it stands in the text.

    Returns
    -------
    str
        As it stands in a vocabulary.
    """
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).lower())


def lemmatise(word: str) -> str:
    """Return the lemma of a Swedish word.

    Parameters
    ----------
    word : str
        A word in any form and case.

    Returns
    -------
    str
        Its lemma in lower case; the word itself when nothing better is known.

    Examples
    --------
    >>> lemmatise("Mandatens"), lemmatise("lärandet")
    ('mandat', 'lärande')
    >>> lemmatise("vd:n")
    'vd'
    """
    return _lemma(fold(word))


@lru_cache(maxsize=1 << 18)
def _lemma(form: str) -> str:
    if form in LEMMAS:
        return LEMMAS[form]
    if not form.isalpha():
        # Numbers and signs have no lemma.
        if not any(map(str.isalpha, form)):
            return form
        if len(form) <= 60 and (abbreviation := _INFLECTED.fullmatch(form)):
            return abbreviation[1]
    # simplemma is slow on very long strings that are no words.
    return form if len(form) > 60 else fold(_lemmatiser()(form))


def tokenise(texts: Sequence[str]) -> Tokens:
    """Tokenise texts as spaCy's blank Swedish pipeline does.

    Parameters
    ----------
    texts : sequence of str
        Texts of any length; empty ones keep their place.

    Returns
    -------
    Tokens
        The same tokens, in the same order, as spaCy gives on each text, without those of white space alone.
    """
    chunks, chunk_starts = _split("\n".join(texts))
    ids, distinct = _number(chunks)
    pieces = _tokenise_chunks(distinct)
    per_chunk = pieces.counts[ids]
    # The k-th token of a chunk is found at the chunk's first piece + k.
    skipped = pieces.firsts[ids] - (np.cumsum(per_chunk) - per_chunk)
    piece = np.repeat(skipped, per_chunk) + np.arange(per_chunk.sum())
    starts = np.repeat(chunk_starts, per_chunk) + pieces.offsets[piece]
    ends_of_texts = np.cumsum([0, *(len(text) + 1 for text in texts)])
    splits = np.searchsorted(starts, ends_of_texts)
    index = np.repeat(np.arange(len(texts)), np.diff(splits))
    starts -= ends_of_texts[index]
    return Tokens(
        words=pieces.words[piece],
        starts=starts,
        ends=starts + pieces.lengths[piece],
        texts=index,
        splits=splits,
        vocabulary=pieces.vocabulary,
        lemmas=tuple(map(_lemma, pieces.vocabulary)),
    )


@dataclass(frozen=True, eq=False)
class _Pieces:
    """The tokens of every distinct chunk, one after the other."""

    firsts: IntArray
    counts: IntArray
    words: IntArray
    offsets: IntArray
    lengths: IntArray
    vocabulary: tuple[str, ...]


def _split(text: str) -> tuple[list[str], IntArray]:
    # Half a surrogate pair is no character and spaCy refuses it; a question mark keeps every offset.
    encoded = text.encode("utf-32-le", "replace")
    points = np.frombuffer(encoded, dtype="<u4")
    blank = np.ones(len(points) + 1, dtype=bool)
    np.take(_white_space(), points, out=blank[1:], mode="clip")
    starts = np.flatnonzero(blank[:-1] & ~blank[1:])
    return encoded.decode("utf-32-le").split(), starts


def _number(chunks: list[str]) -> tuple[IntArray, list[str]]:
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    return np.fromiter(map(numbers.__getitem__, chunks), dtype=np.int64, count=len(chunks)), list(numbers)


# Letters among signs that are cut alike whatever the letters are. The apostrophe is not one of these signs: after s, x
# and z it belongs to the word.
_AMONG_SIGNS = re.compile(r"([(\[\"”“»«–]*)([A-Za-zÀ-ÖØ-öø-ÿ]{2,})([.,:;!?)\]\"”“»«…]*)")


def _tokenise_chunks(chunks: list[str]) -> _Pieces:
    tokeniser, exceptions = _tokeniser()
    like: dict[tuple[str, bool, bool, str], list[tuple[int, int]]] = {}
    counts, words, offsets = [1] * len(chunks), [], []
    for number, chunk in enumerate(chunks):
        if (chunk.isalpha() and chunk not in exceptions) or (chunk.isdigit() and chunk.isascii()):
            words.append(chunk)
            offsets.append(0)
            continue
        size = len(chunk)
        if (found := _AMONG_SIGNS.fullmatch(chunk)) and found[2] not in exceptions:
            before, word, after = found.groups()
            way = (before, word[-2].isupper(), word[-1].isupper(), after)
            if way not in like:
                like[way] = _from_nearest_end(tokeniser(chunk), len(before), size)
            spans = like[way]
        else:
            spans = tokeniser(chunk)
        counts[number] = len(spans)
        for start, end in spans:
            begin = start if start >= 0 else start + size
            words.append(chunk[begin : end if end > 0 else end + size])
            offsets.append(begin)
    numbers, vocabulary = _number(fold("\n".join(words)).split("\n") if words else [])
    sizes = np.array(counts, dtype=np.int64)
    return _Pieces(
        firsts=np.cumsum(sizes) - sizes,
        counts=sizes,
        words=numbers,
        offsets=np.array(offsets, dtype=np.int64),
        lengths=np.fromiter(map(len, words), dtype=np.int64, count=len(words)),
        vocabulary=tuple(vocabulary),
    )


def _from_nearest_end(spans: list[tuple[int, int]], before: int, size: int) -> list[tuple[int, int]]:
    """Count a boundary after the word from the chunk's end, as 0 or less, so that it holds for a word of any length."""
    return [(begin if begin <= before else begin - size, end if end <= before else end - size) for begin, end in spans]


@cache
def _white_space() -> npt.NDArray[np.bool_]:
    """Whether a character is one at which str.split, and spaCy, part two chunks; the last stands for all after it."""
    return np.array([chr(point).isspace() for point in range(0x3002)])


@cache
def _tokeniser() -> tuple[Callable[[str], list[tuple[int, int]]], frozenset[str]]:
    """Return spaCy's tokeniser, as a function from a chunk to spans, and every row of letters in its exceptions."""
    import spacy

    tokenizer: Any = spacy.blank("sv").tokenizer
    exceptions = frozenset(run for exception in tokenizer.rules for run in re.findall(r"[^\W\d_]+", exception))

    def spans(chunk: str) -> list[tuple[int, int]]:
        return [(token.idx, token.idx + len(token)) for token in tokenizer(chunk)]

    return spans, exceptions


Lookup = Callable[[str], str | None]


@cache
def _lemmatiser() -> Callable[[str], str]:
    """Return simplemma's greedy lemmatiser for lower-case Swedish, without its detours for other languages."""
    from simplemma import strategies
    from simplemma.strategies.greedy_dictionary_lookup import greedy_min_length

    # One factory, so that the dictionary lies in memory once.
    factory = strategies.DefaultDictionaryFactory()
    dictionary = factory.get_dictionary("sv")
    entry = dictionary.get
    # Few of its words begin with a capital; those from A to Z stand first. It is asked for others of these in vain.
    capitals = frozenset(map(str.lower, takewhile(lambda key: key < "a", dictionary)))

    def capitalised(form: str) -> str | None:
        return entry(form.capitalize()) if form in capitals or not form[0].isascii() else None

    def known(form: str) -> str | None:
        found = entry(form)
        return capitalised(form) if found is None else found

    lookup = strategies.DictionaryLookupStrategy(factory)
    with_signs = (lookup.get_lemma, strategies.HyphenRemovalStrategy(lookup).get_lemma)
    by_rule = strategies.RulesStrategy().get_lemma
    decomposed = _decomposing(entry, known, capitalised)
    again, short = strategies.GreedyDictionaryLookupStrategy(factory).get_lemma, greedy_min_length("sv")

    def lemma(form: str) -> str:
        found = known(form)
        if not found and not form.isalpha():
            found = next(filter(None, (step(form, "sv") for step in with_signs)), None)
        if not found:
            found = by_rule(form, "sv") or (decomposed(form) if len(form) > short else None) or form
        # Most lemmas have themselves for a lemma.
        return found if len(found) <= short or entry(found) in (found, None) else again(found, "sv")

    return lemma


def _decomposing(entry: Lookup, known: Lookup, capitalised: Lookup) -> Lookup:
    """Return what simplemma's AffixDecompositionStrategy does with a Swedish word that no dictionary has."""
    from simplemma.strategies.affix_decomposition import AFFIXLEN, MINCOMPLEN

    def decomposed(form: str) -> str | None:
        size = len(form)
        for cut in range(size - 1, MINCOMPLEN - 1, -1):
            first = known(form[:cut])
            if first is not None:
                if size - cut <= AFFIXLEN:
                    return first
                second = known(form[cut:])
                if second is not None and len(second) < size - cut + AFFIXLEN:
                    return form[:cut] + second.lower()
        for cut in range(MINCOMPLEN, size - MINCOMPLEN + 1):
            last = form[cut:]
            found = capitalised(last)
            found = entry(last) if found is None else found
            if found is not None and len(found) <= size - cut:
                return form[:cut] + found.lower()
        return None

    return decomposed
