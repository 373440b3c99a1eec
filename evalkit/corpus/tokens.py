"""Texts → integer-coded tokens: spaCy's Swedish tokens, computed once per distinct chunk instead of once per word.

spaCy's tokeniser works on one whitespace-delimited chunk at a time, so its tokens of a whole corpus can be assembled
from its tokens of each *distinct* chunk. A word then is a number: what a codebook asks about words (inflection,
prefix, suffix) is asked once per word type, and what it asks about order is asked of positions.

Words are compared in lower case and Unicode NFC. Lemmas come from simplemma (greedy), once per word type; the few
words that it gets wrong and that Swedish interviews are full of are corrected in `LEMMAS`. Offsets are Unicode code
points into each text, end exclusive. Tokens that are nothing but white space are left out.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

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
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).lower())


@lru_cache(maxsize=1 << 18)
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
    import simplemma

    form = fold(word)
    if form in LEMMAS:
        return LEMMAS[form]
    # Numbers and signs have no lemma, and simplemma is slow on very long strings that are no words.
    if len(form) > 60 or not any(map(str.isalpha, form)):
        return form
    if abbreviation := _INFLECTED.fullmatch(form):
        return abbreviation[1]
    return fold(simplemma.lemmatize(form, lang="sv", greedy=True))


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
    within = np.arange(per_chunk.sum()) - np.repeat(np.cumsum(per_chunk) - per_chunk, per_chunk)
    piece = np.repeat(pieces.firsts[ids], per_chunk) + within
    starts = np.repeat(chunk_starts, per_chunk) + pieces.offsets[piece]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    text_starts = np.cumsum(lengths + 1) - (lengths + 1)
    index = np.searchsorted(text_starts, starts, side="right") - 1
    starts = starts - text_starts[index]
    return Tokens(
        words=pieces.words[piece],
        starts=starts,
        ends=starts + pieces.lengths[piece],
        texts=index,
        splits=np.searchsorted(index, np.arange(len(texts) + 1)),
        vocabulary=pieces.vocabulary,
        lemmas=tuple(lemmatise(word) for word in pieces.vocabulary),
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
    blank = np.isin(points, _white_space())
    starts = np.flatnonzero(~blank & np.concatenate(([True], blank[:-1]))[: len(blank)])
    return encoded.decode("utf-32-le").split(), starts.astype(np.int64)


def _number(chunks: list[str]) -> tuple[IntArray, list[str]]:
    numbers: dict[str, int] = {}
    ids = np.fromiter((numbers.setdefault(chunk, len(numbers)) for chunk in chunks), dtype=np.int64, count=len(chunks))
    return ids, list(numbers)


def _tokenise_chunks(chunks: list[str]) -> _Pieces:
    tokeniser = _tokeniser()
    numbers: dict[str, int] = {}
    counts, words, offsets, lengths = [], [], [], []
    for chunk in chunks:
        tokens = tokeniser(chunk)
        counts.append(len(tokens))
        for text, offset in tokens:
            words.append(numbers.setdefault(fold(text), len(numbers)))
            offsets.append(offset)
            lengths.append(len(text))
    sizes = np.array(counts, dtype=np.int64)
    return _Pieces(
        firsts=np.cumsum(sizes) - sizes,
        counts=sizes,
        words=np.array(words, dtype=np.int64),
        offsets=np.array(offsets, dtype=np.int64),
        lengths=np.array(lengths, dtype=np.int64),
        vocabulary=tuple(numbers),
    )


@cache
def _white_space() -> npt.NDArray[np.uint32]:
    """Every character at which str.split, and spaCy, part two chunks."""
    return np.array([point for point in range(0x3001) if chr(point).isspace()], dtype=np.uint32)


@cache
def _tokeniser() -> Callable[[str], list[tuple[str, int]]]:
    import spacy

    tokenizer = spacy.blank("sv").tokenizer

    def tokens(chunk: str) -> list[tuple[str, int]]:
        return [(token.text, token.idx) for token in tokenizer(chunk)]

    return tokens
