"""Transcripts that somebody corrects, with the truth kept: every token has an identity that the corrections respect.

A token replaced by another keeps its identity, one taken out loses it, one put in or copied gets a new one. A word is
never put in where one is taken out: that is a replacement, and no reader of the two texts could say otherwise.
"""

from dataclasses import dataclass, field
from itertools import count

import numpy as np
import pandas as pd

NAMES = ["Anna", "Berit", "Cesar", "Dagny Ek", "Eskil"]
PHRASES = [["ja", "precis"], ["vi", "gjorde", "det"], ["nej"], ["det", "är", "det"]]
SIGNS = set(".?,!\n")


@dataclass
class Token:
    """A word or sign, who it is, and the passage that it was last moved with (0: none)."""

    string: str
    identity: int
    passage: int = 0


Sentence = list[Token]


@dataclass
class Transcript:
    """Turns of sentences of tokens."""

    turns: list[list[Sentence]]
    rng: np.random.Generator
    words: list[str]
    weights: np.ndarray
    numbers: count = field(default_factory=count)
    passages: count = field(default_factory=lambda: count(1))

    @classmethod
    def spoken(cls, rng: np.random.Generator, *, turns: int, vocabulary: int) -> "Transcript":
        weights = 1 / np.arange(1, vocabulary + 1)
        words = [_word(number) for number in range(vocabulary)]
        self = cls([], rng, words, weights / weights.sum())
        for _ in range(turns):
            self.turns.append(self.turn())
        return self

    def token(self, string: str) -> Token:
        return Token(string, next(self.numbers))

    def word(self) -> str:
        return str(self.rng.choice(self.words, p=self.weights))

    def sentence(self) -> Sentence:
        if self.rng.random() < 0.15:
            strings = list(PHRASES[self.rng.integers(len(PHRASES))])
        else:
            strings = [self.word() for _ in range(self.rng.integers(2, 14))]
            if self.rng.random() < 0.25:
                strings[self.rng.integers(len(strings))] = str(self.rng.choice(NAMES))
        strings = [part for string in strings for part in string.split()]
        return [self.token(string) for string in (*strings, str(self.rng.choice([".", ".", ".", "?"])))]

    def turn(self) -> list[Sentence]:
        label = [self.token(str(self.rng.choice(["I", "R1", "R2"]))), self.token(":")]
        sentences = [self.sentence() for _ in range(self.rng.integers(1, 7))]
        return [label + sentences[0], *sentences[1:]]

    def tokens(self) -> list[Token]:
        """All tokens in order, a line break after every turn."""
        return [token for turn in self.turns for sentence in turn for token in sentence]

    def render(self) -> tuple[str, dict[int, tuple[int, int]]]:
        """Return the text, and where each identity stands in it."""
        text, places = "", {}
        for turn in self.turns:
            for token in (token for sentence in turn for token in sentence):
                if text and not text.endswith("\n") and token.string not in ".?,!:":
                    text += " "
                places[token.identity] = (len(text), len(text) + len(token.string))
                text += token.string
            text += "\n\n"
        return text, places

    # -- corrections, in place

    def correct_words(self, rate: float) -> None:
        """Replace, take out, put in and respell words at random."""
        for turn in self.turns:
            for number, sentence in enumerate(turn):
                turn[number] = self._corrected(sentence, rate)

    def _corrected(self, sentence: Sentence, rate: float) -> Sentence:
        new: Sentence = []
        gap = True  # nothing was taken out just before
        for place, token in enumerate(sentence):
            if token.string in ".?!:" or (place + 1 < len(sentence) and sentence[place + 1].string == ":"):
                new.append(token)
                gap = True
                continue
            chance = self.rng.random()
            if chance < rate * 0.35:
                token.string = self.word()
            elif chance < rate * 0.5:
                token.string = _respelt(token.string)
            elif chance < rate * 0.75:
                gap = False
                continue
            elif chance < rate and gap:
                new.append(self.token(self.word()))
            new.append(token)
            gap = True
        return new

    def pseudonymise(self) -> None:
        """Replace a name everywhere."""
        name = str(self.rng.choice(NAMES)).split()
        for turn in self.turns:
            for sentence in turn:
                for place, token in enumerate(sentence):
                    if [t.string for t in sentence[place : place + len(name)]] == name:
                        token.string = "[P03]"
                        del sentence[place + 1 : place + len(name)]

    def move_sentence(self) -> None:
        source = self._any_sentence()
        if source is None:
            return
        turn, number = source
        moved = self.turns[turn].pop(number)
        self._travels([moved])
        self._put(moved)

    def copy_sentence(self) -> None:
        source = self._any_sentence()
        if source is not None:
            turn, number = source
            self._put([self.token(token.string) for token in self.turns[turn][number]])

    def drop_sentence(self) -> None:
        source = self._any_sentence()
        if source is not None:
            del self.turns[source[0]][source[1]]

    def add_sentence(self) -> None:
        self._put(self.sentence())

    def move_turn(self) -> None:
        turn = self.turns.pop(self.rng.integers(len(self.turns)))
        self._travels(turn)
        self.turns.insert(self.rng.integers(len(self.turns) + 1), turn)

    def copy_turn(self) -> None:
        turn = self.turns[self.rng.integers(len(self.turns))]
        copy = [[self.token(token.string) for token in sentence] for sentence in turn]
        self.turns.insert(self.rng.integers(len(self.turns) + 1), copy)

    def drop_turn(self) -> None:
        if len(self.turns) > 2:
            del self.turns[self.rng.integers(len(self.turns))]

    def add_turn(self) -> None:
        self.turns.insert(self.rng.integers(len(self.turns) + 1), self.turn())

    def rename_speaker(self) -> None:
        for turn in self.turns:
            if turn[0][0].string == "R1":
                turn[0][0].string = "Rektor"

    def _any_sentence(self) -> tuple[int, int] | None:
        """A sentence that does not carry the speaker's label."""
        several = [(t, n) for t, turn in enumerate(self.turns) for n in range(1, len(turn))]
        return several[self.rng.integers(len(several))] if several else None

    def _put(self, sentence: Sentence) -> None:
        turn = self.turns[self.rng.integers(len(self.turns))]
        turn.insert(self.rng.integers(1, len(turn) + 1), sentence)

    def _travels(self, turn: list[Sentence]) -> None:
        passage = next(self.passages)
        for sentence in turn:
            for token in sentence:
                token.passage = passage


PASSAGES = (
    "move_sentence", "copy_sentence", "drop_sentence", "add_sentence", "move_turn", "copy_turn", "drop_turn",
    "add_turn", "rename_speaker", "pseudonymise",
)  # fmt: skip


def random_spans(transcript: Transcript, n: int, *, longest: int = 40) -> list[list[int]]:
    """Return runs of identities, as people code: a few words to several sentences."""
    tokens = transcript.tokens()
    rng = transcript.rng
    spans = []
    for _ in range(n):
        size = int(rng.integers(1, longest + 1))
        first = int(rng.integers(len(tokens)))
        spans.append([token.identity for token in tokens[first : first + size]])
    return spans


def as_table(spans: list[list[int]], text: str, places: dict[int, tuple[int, int]]) -> pd.DataFrame:
    """Return spans as offsets and quotes."""
    ends = [(places[span[0]][0], places[span[-1]][1]) for span in spans]
    return pd.DataFrame(
        {"start": [a for a, _ in ends], "end": [b for _, b in ends], "quote": [text[a:b] for a, b in ends]}
    )


def true_places(spans: list[list[int]], corrected: Transcript, *, known: int) -> list[tuple[int, int] | None]:
    """Return where each span's words are now; of a span that was torn apart, where the larger part is.

    `known` is the number of identities before the corrections. What was put or moved in between does not tear a span
    apart; words that stood outside it and stayed where they were do.
    """
    _, places = corrected.render()
    order = [token for token in corrected.tokens() if token.identity < known]
    rank = {token.identity: number for number, token in enumerate(order)}
    truth: list[tuple[int, int] | None] = []
    for span in spans:
        parts: list[list[int]] = []
        for number in (rank[identity] for identity in span if identity in rank):
            if parts and _together(order, parts[-1][-1], number):
                parts[-1].append(number)
            else:
                parts.append([number])
        stayed = [order[number].identity for number in max(parts, key=len, default=[])]
        truth.append((places[stayed[0]][0], places[stayed[-1]][1]) if stayed else None)
    return truth


def _together(order: list[Token], before: int, after: int) -> bool:
    home = order[before].passage
    between = order[before + 1 : after]
    return before < after and (
        not between or (order[after].passage == home and all(token.passage not in (0, home) for token in between))
    )


def _word(number: int) -> str:
    onsets, vowels = "bdfghjklmnprstv", "aeiouyåäö"
    word = ""
    number += 1
    while number:
        number, rest = divmod(number, len(onsets) * len(vowels))
        word += onsets[rest % len(onsets)] + vowels[rest // len(onsets)]
    return word + "n" * (len(word) < 4)


def _respelt(word: str) -> str:
    return word.upper() if len(word) < 4 else word[:2] + word[1] + word[2:]
