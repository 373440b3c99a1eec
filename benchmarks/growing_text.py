"""A Swedish text of any length in which new words keep coming, as they do in real prose.

A corpus made by repeating sentences flatters everything that remembers words. Here the sentences are those of the
sentence bank and of the example's transcripts and notes, but half of their content words are drawn from a Pitman–Yor
process: with probability (strength + discount · types) / (strength + tokens) the word is one that has not stood in the
text before, else one that has, in proportion to its count less the discount. The number of word types then grows as
tokens ** discount (Heaps' law), without end. Two new words in three are forms that a dictionary of
Swedish knows; the rest are what a dictionary never has: compounds made on the spot and inflected, names, numbers.

`growth` measures what came out: types by tokens, the Heaps exponent over the last tenfold and the share of types that
the dictionary lacks, to be held beside those of real prose (`REAL`).
"""

import re
from collections import Counter
from pathlib import Path

import numpy as np
from simplemma.strategies.dictionaries.dictionary_factory import DEFAULT_DICTIONARY_FACTORY

from evalkit.simulate.bank import read_bank

ROOT = Path(__file__).resolve().parents[1]
WORD = re.compile(r"[^\W\d_]+")
STRENGTH, DISCOUNT = 1000.0, 0.82
REPLACED = 0.7
"""Of the content words."""
SLOTS = {
    "person": "Ann-Britt",
    "kommun": "Sjöbacka",
    "chef": "Förvaltningschefen",
    "handledare": "Ruben",
    "siffra": "34",
}
INFLECTED = ("", "", "", "en", "et", "n", "er", "erna", "ar", "arna", "s", "ens", "ets")
SYLLABLES = ("an", "bel", "dor", "ek", "frid", "gran", "hed", "il", "kar", "lund", "mar", "od", "ros", "sten")
REAL = {"text": "Talbanken (UD, test)", "words": 18_042, "types": 4_640, "heaps_exponent": 0.8, "unknown_types": 0.11}
"""Written prose; interviews grow more slowly, so this is the harder case. Unknown types rise with length."""
ROLES = ("informant", "informant", "informant", "handledare", "anteckning", "intervjuare")


def growing_text(words: int, *, seed: int = 20180401) -> tuple[list[str], list[str]]:
    """Return segments of one to six sentences, with at least so many words in all, and the role of each."""
    rng = np.random.default_rng(seed)
    sentences = _sentences()
    counts = Counter(word.lower() for sentence in sentences for word in WORD.findall(sentence))
    common = {word for word, _ in counts.most_common(250)}
    stems = [word for word in counts if 4 <= len(word) <= 8 and word not in common]
    content = _PitmanYor(stems, rng)
    texts, roles, so_far = [], [], 0
    while so_far < words:
        drawn = [sentences[i] for i in rng.integers(len(sentences), size=rng.integers(1, 7))]
        text = " ".join(_renewed(sentence, content, common, rng) for sentence in drawn)
        texts.append(text)
        roles.append(ROLES[rng.integers(len(ROLES))])
        so_far += text.count(" ") + 1
    return texts, roles


def growth(words: np.ndarray, known: np.ndarray, at: list[int]) -> dict[str, object]:
    """Return types at some numbers of words, the Heaps exponent over the last tenfold, and the unknown among types."""
    first = np.sort(np.unique(words, return_index=True)[1])
    sizes = [*[size for size in at if size < len(words)], len(words)]
    types = np.searchsorted(first, [len(words) // 10, *sizes])
    return {
        "types_at_words": dict(zip(sizes, types[1:].tolist(), strict=True)),
        "heaps_exponent": round(float(np.log10(types[-1] / types[0])), 3),
        "unknown_types": round(float(1 - known[np.unique(words)].mean()), 3),
    }


def _sentences() -> list[str]:
    """Sentences of the bank, its slots filled, and of the example's plain-text documents."""
    parts = [re.sub(r"\{(\w+)\}", lambda slot: SLOTS[slot[1]], text) for text in read_bank()["text"]]
    for path in sorted((ROOT / "data" / "raw").rglob("*.txt")):
        text = path.read_bytes().decode("utf-8", errors="replace")
        if "\ufffd" not in text:
            parts += [re.sub(r"^\[?\w{1,12}\]?: ", "", line) for line in text.split("\n") if line.count(" ") > 3]
    split = [sentence for part in parts for sentence in re.split(r"(?<=[.!?]) (?=[A-ZÅÄÖ])", part)]
    return list(dict.fromkeys(sentence.strip() for sentence in split))


def _renewed(sentence: str, content: "_PitmanYor", common: set[str], rng: np.random.Generator) -> str:
    def renew(found: re.Match[str]) -> str:
        word = found[0]
        if len(word) < 4 or word.lower() in common or rng.random() >= REPLACED:
            return word
        new = content.draw()
        return new[0].upper() + new[1:] if word[0].isupper() else new

    return WORD.sub(renew, sentence)


class _PitmanYor:
    """Words drawn in proportion to how often they have been drawn, less a discount; else a new one."""

    def __init__(self, stems: list[str], rng: np.random.Generator) -> None:
        self._stems = stems
        self._rng = rng
        self._drawn: list[int] = []
        self._counts: list[int] = []
        self._words: list[str] = []
        self._known: set[str] = set()
        forms = sorted(w for w in DEFAULT_DICTIONARY_FACTORY.get_dictionary("sv") if w.isalpha() and 4 < len(w) < 16)
        self._dictionary = [forms[i] for i in rng.permutation(len(forms))[:200_000]]

    def draw(self) -> str:
        tokens, types = len(self._drawn), len(self._words)
        if self._rng.random() * (STRENGTH + tokens) < STRENGTH + DISCOUNT * types:
            number = types
            self._words.append(self._new())
            self._counts.append(0)
        else:
            number = self._old()
        self._drawn.append(number)
        self._counts[number] += 1
        return self._words[number]

    def _old(self) -> int:
        # A past token is a word in proportion to its count; kept with (count - discount) / count.
        while True:
            number = self._drawn[self._rng.integers(len(self._drawn))]
            if self._rng.random() * self._counts[number] < self._counts[number] - DISCOUNT:
                return number

    def _new(self) -> str:
        while True:
            word = self._made()
            if word not in self._known:
                self._known.add(word)
                return word

    def _made(self) -> str:
        kind = self._rng.random()
        if kind < 0.67:
            return self._dictionary.pop()
        if kind < 0.72:
            return str(self._rng.integers(10, 10_000_000))
        ending = INFLECTED[self._rng.integers(len(INFLECTED))]
        if kind < 0.8:
            name = "".join(SYLLABLES[i] for i in self._rng.integers(len(SYLLABLES), size=self._rng.integers(2, 5)))
            return name.capitalize() + ("s" if ending == "s" else "")
        return self._stem() + ("s" if kind > 0.92 else "") + self._stem() + ending

    def _stem(self) -> str:
        return self._stems[self._rng.integers(len(self._stems))]
