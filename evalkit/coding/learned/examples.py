"""Coded examples beside a codebook: what the learned coder learns from, and how texts are cut for it.

`codebook.examples.jsonl` has one segment a line: id, speaker (the role), text, and codes with polarity and, where it is
not the whole text, the quote that shows the code. A line may say ``"blind": true``: nobody who wrote rules had seen
the segment, so that it shows what rules are worth. What stands before the hyphen of an id tells whose hand coded it.
An example gives one *instance* per text: the whole segment, and each
quote on its own, since the words of the quote are those that carry the code.

A text is judged in *passages*: whole sentences, at most `PASSAGE` words where it can be cut, so that what somebody says
in one breath is not drowned by all else in a long turn.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evalkit.corpus.tokens import Tokens
from evalkit.errors import CodebookError

__all__ = [
    "Example",
    "Instance",
    "Shown",
    "instances",
    "passages",
    "read_examples",
    "sentences",
    "units_of",
    "with_new_ids",
]

IntArray = npt.NDArray[np.int64]
Span = tuple[int, int]

PASSAGE = 45
SIGNS = "+-?"

# A sentence ends at . ! ? … (and what closes a quotation) before white space.
_END = re.compile(r"[.!?…]+[\"”’')\]]*\s+|\n+")


@dataclass(frozen=True, slots=True)
class Shown:
    """A code in an example.

    Attributes
    ----------
    code, polarity, quote : str
        The quote is the whole text where the file gives none.
    """

    code: str
    polarity: str
    quote: str


@dataclass(frozen=True, slots=True)
class Example:
    """A coded segment.

    Attributes
    ----------
    id, speaker, text : str
        As in the file.
    codes : tuple of Shown
        May be empty: that nothing is said is also an example.
    blind : bool
        Whether it was unseen by those who wrote the rules.
    """

    id: str
    speaker: str
    text: str
    codes: tuple[Shown, ...]
    blind: bool = False

    @property
    def hand(self) -> str:
        """Who wrote and coded it: what stands before the hyphen in its id."""
        return self.id.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Instance:
    """A text to learn from.

    Attributes
    ----------
    example : int
        Number of the example that it comes from.
    text : str
        The segment or a quote.
    codes : tuple of str
        Codes that it shows.
    """

    example: int
    text: str
    codes: tuple[str, ...]


def read_examples(path: Path) -> list[Example]:
    """Read coded examples.

    Parameters
    ----------
    path : path
        JSON lines.

    Returns
    -------
    list of Example
        In the order of the file.

    Raises
    ------
    CodebookError
        If the file or a line cannot be read; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise CodebookError(f"{path.name}: cannot be read ({error.strerror}). Put it beside the codebook") from None
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name}: is not UTF-8 (byte {error.start}). Save it as UTF-8") from None
    return [_example(path.name, number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def instances(examples: Sequence[Example]) -> list[Instance]:
    """Return the texts to learn from.

    Parameters
    ----------
    examples : sequence of Example
        Coded segments.

    Returns
    -------
    list of Instance
        Every segment, then every quote that is not a whole segment.
    """
    whole = [
        Instance(number, example.text, tuple(dict.fromkeys(shown.code for shown in example.codes)))
        for number, example in enumerate(examples)
    ]
    quotes = [
        Instance(number, shown.quote, (shown.code,))
        for number, example in enumerate(examples)
        for shown in example.codes
        if shown.quote != example.text
    ]
    return whole + quotes


def with_new_ids(examples: Sequence[Example], was: Mapping[str, str]) -> list[Example]:
    """Return examples with the codes' ids of today.

    Parameters
    ----------
    examples : sequence of Example
        As they are written.
    was : mapping of str to str
        From former ids to those of today.

    Returns
    -------
    list of Example
        The same order.
    """
    return [
        replace(example, codes=tuple(replace(shown, code=was.get(shown.code, shown.code)) for shown in example.codes))
        for example in examples
    ]


def sentences(text: str) -> list[Span]:
    """Cut a text into sentences.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of tuple of int
        Start and end of each, without white space at its ends; what has no letter or figure is no sentence.
    """
    cuts = [0, *(found.end() for found in _END.finditer(text)), len(text)]
    return [span for start, end in pairwise(cuts) if (span := _trimmed(text, start, end))]


def passages(text: str) -> list[Span]:
    """Cut a text into passages of whole sentences.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of tuple of int
        Start and end of each; one passage for a text of at most `PASSAGE` words.
    """
    return list(_packed(text, sentences(text)))


def units_of(tokens: Tokens, texts: IntArray, spans: Sequence[Span]) -> IntArray:
    """Return in which span each token lies.

    Parameters
    ----------
    tokens : Tokens
        The words.
    texts : numpy.ndarray of int, shape (n_spans,)
        The text of each span, in order.
    spans : sequence of tuple of int
        Start and end of each span, in order within its text, not overlapping.

    Returns
    -------
    numpy.ndarray of int, shape (n_tokens,)
        Number of the span, -1 for a token that is in none.
    """
    if not len(spans) or not len(tokens):
        return np.full(len(tokens), -1, dtype=np.int64)
    reach = int(tokens.ends.max()) + 1
    starts = texts * reach + np.array([start for start, _ in spans], dtype=np.int64)
    ends = texts * reach + np.array([end for _, end in spans], dtype=np.int64)
    places = tokens.texts * reach + tokens.starts
    span = np.searchsorted(starts, places, side="right") - 1
    return np.where((span >= 0) & (places < ends[span]), span, -1)


def _packed(text: str, spans: list[Span]) -> Iterator[Span]:
    start, end, words = -1, -1, 0
    for first, last in spans:
        length = len(text[first:last].split())
        if start >= 0 and words + length > PASSAGE:
            yield start, end
            start, words = -1, 0
        start, end, words = (first if start < 0 else start), last, words + length
    if start >= 0:
        yield start, end


def _trimmed(text: str, start: int, end: int) -> Span | None:
    part = text[start:end]
    core = part.strip()
    if not any(map(str.isalnum, core)):
        return None
    start += len(part) - len(part.lstrip())
    return start, start + len(core)


def _example(name: str, number: int, line: str) -> Example:
    where = f"{name}, line {number}"
    try:
        said: dict[str, Any] = json.loads(line)
        text = str(said["text"])
        shown = tuple(Shown(str(c["code"]), str(c["polarity"]), str(c.get("quote", text))) for c in said["codes"])
        example = Example(str(said["id"]), str(said["speaker"]), text, shown, said.get("blind") is True)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise CodebookError(f"{where}: needs id, speaker, text and codes (each with code and polarity)") from None
    if any(code.quote not in text or not code.quote.strip() for code in shown):
        raise CodebookError(f"{where}: a quote is not in its text; copy it from there")
    if any(code.polarity not in SIGNS for code in shown):
        raise CodebookError(f"{where}: polarity must be one of {', '.join(SIGNS)}")
    return example
