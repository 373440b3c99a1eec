"""A text as the words and signs that two versions of it are compared by.

A token is a word, a bracketed pseudonym or aside, a break between lines or paragraphs, or any other sign. Two tokens
are the same when they agree in lower case and Unicode NFC, so that corrected case and composed letters leave them
what they were.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein

__all__ = ["IntArray", "Words", "read_words", "same_words"]

IntArray = npt.NDArray[np.int64]

# "[K03-2]", "[K03-2]s", "[skratt]"; letters with their combining marks; line breaks; any other sign.
_TOKEN = re.compile(r"\[[^\[\]\n]{1,30}\](?:-?[^\W\d_]+)?|[\w\u0300-\u036f]+|\n(?:[ \t]*\n)*|\S")
_MARKS = "-\u00ad\u2010\u2011\n"
_CLOSING = frozenset(".,;?!…)]”»’%")
SPELT_ALIKE = 0.75
"""Similarity (1 − edits / longer word) from which two words count as two spellings of one."""
_LONGEST_NAME = 4


@dataclass(frozen=True, eq=False)
class Words:
    """The tokens of one text.

    Attributes
    ----------
    text : str
        The text.
    starts, ends : numpy.ndarray of int, shape (n_tokens,)
        Code points, end exclusive.
    ids : numpy.ndarray of int, shape (n_tokens,)
        Which token it is, in the numbering that the texts compared share.
    spoken : numpy.ndarray of bool, shape (n_tokens,)
        Whether it is a word or pseudonym, not a sign.
    """

    text: str
    starts: IntArray
    ends: IntArray
    ids: IntArray
    spoken: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.ids)

    @cached_property
    def spoken_before(self) -> IntArray:
        """Number of words before each token, and at last of all."""
        return np.concatenate(([0], np.cumsum(self.spoken)))

    @cached_property
    def owners(self) -> IntArray:
        """The word that each token belongs to: itself, or for a sign the word before it or after it, -1 for none.

        Stops and closing signs belong to the word before; line breaks, speakers' labels and other signs to the next.
        """
        places = np.arange(len(self))
        strings = self.strings(0, len(self))
        colon = np.array([string == ":" for string in strings], dtype=bool)
        opens = np.array([place == 0 or strings[place - 1][0] == "\n" for place in range(len(self))], dtype=bool)
        own = self.spoken & ~(opens & np.append(colon[1:], [False])[: len(self)])
        around = np.concatenate(([-1], np.flatnonzero(own), [-1]))
        after = np.searchsorted(around[1:-1], places)
        closing = np.array([string in _CLOSING for string in strings], dtype=bool)
        return np.where(own, places, np.where(closing, around[after], around[after + 1]))

    def strings(self, first: int, last: int) -> list[str]:
        """Return tokens `first` to `last` (exclusive) as they stand."""
        return [
            self.text[a:b]
            for a, b in zip(self.starts[first:last].tolist(), self.ends[first:last].tolist(), strict=True)
        ]


def read_words(text: str, numbers: dict[str, int]) -> Words:
    """Cut a text into tokens.

    Parameters
    ----------
    text : str
        Any text.
    numbers : dict of str to int
        The numbering so far, which grows by the tokens that are new; give the same one for texts to be compared.

    Returns
    -------
    Words
        Its tokens.
    """
    found = list(_TOKEN.finditer(text))
    strings = [match[0] for match in found]
    folded = {word: unicodedata.normalize("NFC", word).casefold() for word in set(strings)}
    known = {word: numbers.setdefault(form, len(numbers)) for word, form in sorted(folded.items())}
    spoken = {word: any(map(str.isalnum, word)) for word in folded}
    return Words(
        text,
        np.array([match.start() for match in found], dtype=np.int64),
        np.array([match.end() for match in found], dtype=np.int64),
        np.array([known[word] for word in strings], dtype=np.int64),
        np.array([spoken[word] for word in strings], dtype=bool),
    )


def same_words(old: list[str], new: list[str]) -> bool:
    """Return whether two short runs of tokens are the same words, spelt or named otherwise.

    Parameters
    ----------
    old, new : list of str
        Tokens as they stand, at least one on each side.

    Returns
    -------
    bool
        True for a name and its bracketed pseudonym, for words joined, parted or hyphenated, and for as many words on
        either side that are spelt alike one by one.

    Examples
    --------
    >>> same_words(["Anna", "Berg"], ["[P03]"]), same_words(["sam", "-", "arbetet"], ["samarbetet"])
    (True, True)
    >>> same_words(["nämden"], ["nämnden"]), same_words(["inte"], ["alltid"])
    (True, False)
    """
    if _is_renamed(old, new) or _is_renamed(new, old):
        return True
    left, right = (_letters(side) for side in (old, new))
    if left and left == right:
        return True
    return len(old) == len(new) and all(
        Levenshtein.normalized_similarity(_letters([a]), _letters([b])) >= SPELT_ALIKE if _letters([a]) else a == b
        for a, b in zip(old, new, strict=True)
    )


def _is_renamed(names: list[str], pseudonym: list[str]) -> bool:
    return (
        len(pseudonym) == 1
        and pseudonym[0][0] == "["
        and len(names) <= _LONGEST_NAME
        and all(name[0] == "[" or name[0].isupper() for name in (names[0], names[-1]))
        and all(any(map(str.isalnum, name)) or name in _MARKS for name in names)
        and not any(name[0] == "\n" for name in names)
    )


def _letters(tokens: list[str]) -> str:
    joined = unicodedata.normalize("NFC", "".join(tokens)).casefold()
    return "".join(letter for letter in joined if letter.isalnum())
