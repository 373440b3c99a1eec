"""Transcripts that somebody corrects, with the truth kept: every token has an identity that the corrections respect.

A token replaced by another keeps its identity, one taken out loses it, one put in or copied gets a new one. A word is
never put in where one is taken out: that is a replacement, and no reader of the two texts could say otherwise.
"""

from dataclasses import dataclass, field
from itertools import combinations, count, pairwise

import numpy as np
import pandas as pd

NAMES = ["Anna", "Berit", "Cesar", "Dagny Ek", "Eskil"]
PHRASES = [["ja", "precis"], ["vi", "gjorde", "det"], ["nej"], ["det", "är", "det"]]
SIGNS = set(".?,!:\n")


@dataclass
class Token:
    """A word or sign, and who it is."""

    string: str
    identity: int


Sentence = list[Token]


@dataclass
class Transcript:
    """Turns of sentences of tokens."""

    turns: list[list[Sentence]]
    rng: np.random.Generator
    words: list[str]
    weights: np.ndarray
    numbers: count = field(default_factory=count)
    copied: set[int] = field(default_factory=set)

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
        strings = [token.string for token in sentence]
        gap = True  # nothing was taken out just before
        for place, token in enumerate(sentence):
            if token.string in ".?!:" or (place + 1 < len(sentence) and sentence[place + 1].string == ":"):
                new.append(token)
                gap = True
                continue
            chance = self.rng.random()
            if chance < rate * 0.35:
                token.string = self._other(strings, place)
            elif chance < rate * 0.5:
                token.string = _respelt(token.string)
            elif chance < rate * 0.75:
                gap = False
                continue
            elif chance < rate and gap:
                new.append(self.token(self._other(strings, place)))
            new.append(token)
            gap = True
        return new

    def _other(self, strings: list[str], place: int) -> str:
        """A word that did not stand just there: put back beside where it was taken out, it would never have gone."""
        near = {string.casefold() for string in strings[max(place - 3, 0) : place + 4]}
        while (word := self.word()) in near:
            pass
        return word

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
        if self._copied(self.turns[turn][number]):
            return
        moved = self.turns[turn].pop(number)
        self._put(moved)

    def copy_sentence(self) -> None:
        source = self._any_sentence()
        if source is not None:
            turn, number = source
            self._put(self._copy(self.turns[turn][number]))

    def drop_sentence(self) -> None:
        source = self._any_sentence()
        if source is not None and not self._copied(self.turns[source[0]][source[1]]):
            del self.turns[source[0]][source[1]]

    def add_sentence(self) -> None:
        self._put(self.sentence())

    def move_turn(self) -> None:
        number = self.rng.integers(len(self.turns))
        if any(self._copied(sentence) for sentence in self.turns[number]):
            return
        turn = self.turns.pop(number)
        self.turns.insert(self.rng.integers(len(self.turns) + 1), turn)

    def copy_turn(self) -> None:
        turn = self.turns[self.rng.integers(len(self.turns))]
        copy = [self._copy(sentence) for sentence in turn]
        self.turns.insert(self.rng.integers(len(self.turns) + 1), copy)

    def drop_turn(self) -> None:
        number = self.rng.integers(len(self.turns))
        if len(self.turns) > 2 and not any(self._copied(sentence) for sentence in self.turns[number]):
            del self.turns[number]

    def add_turn(self) -> None:
        self.turns.insert(self.rng.integers(len(self.turns) + 1), self.turn())

    def rename_speaker(self) -> None:
        for turn in self.turns:
            if turn[0][0].string == "R1":
                turn[0][0].string = "Rektor"

    def _copy(self, sentence: Sentence) -> Sentence:
        self.copied |= {token.identity for token in sentence}
        return [self.token(token.string) for token in sentence]

    def _copied(self, sentence: Sentence) -> bool:
        """Whether a copy was made: if the first went away now, the copy would take its place."""
        return any(token.identity in self.copied for token in sentence)

    def _any_sentence(self) -> tuple[int, int] | None:
        """A sentence that does not carry the speaker's label."""
        several = [(t, n) for t, turn in enumerate(self.turns) for n in range(1, len(turn))]
        return several[self.rng.integers(len(several))] if several else None

    def _put(self, sentence: Sentence) -> None:
        turn = self.turns[self.rng.integers(len(self.turns))]
        turn.insert(self.rng.integers(1, len(turn) + 1), sentence)


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


def put_back(before: list[tuple[int, str]], corrected: Transcript, *, reach: int = 4) -> bool:
    """Return whether a word was put in beside the place where the same word was taken out.

    That leaves no trace: the two texts show a word that was kept, or that changed its place.
    `before` holds the identities and strings of the old tokens, in order.
    """
    rank = {identity: number for number, (identity, _) in enumerate(before)}
    tokens = corrected.tokens()
    strings = {token.identity: token.string.casefold() for token in tokens}
    gone = [None if strings.get(identity) == string.casefold() else string.casefold() for identity, string in before]
    at = [rank.get(token.identity) for token in tokens]
    earlier, later = list(at), list(at)
    for number in range(1, len(at)):
        earlier[number] = at[number] if at[number] is not None else earlier[number - 1]
        later[-1 - number] = at[-1 - number] if at[-1 - number] is not None else later[-number]
    for number, token in enumerate(tokens):
        came = at[number] is None or gone[at[number]] is not None
        if came and token.string not in SIGNS:
            for place in (earlier[number], later[number]):
                if place is not None and token.string.casefold() in gone[max(place - reach, 0) : place + reach + 1]:
                    return True
    return _refilled(before, at, tokens)


def _refilled(before: list[tuple[int, str]], at: list[int | None], tokens: list[Token], *, run: int = 3) -> bool:
    """Return whether a copy stands where a passage was that was moved away: the two texts show the copy elsewhere."""
    bounds = [-1, *(number for number, rank in enumerate(at) if rank is not None), len(at)]
    for left, right in pairwise(bounds):
        came = [token.string.casefold() for token in tokens[left + 1 : right]][:run]
        last = [token.string.casefold() for token in tokens[left + 1 : right]][-run:]
        was = -1 if left < 0 else at[left]
        will = len(before) if right == len(at) else at[right]
        if not came or was is None or will is None or will == was + 1:
            continue
        followed = [string.casefold() for _, string in before[was + 1 : was + 1 + len(came)]]
        preceded = [string.casefold() for _, string in before[max(will - len(last), 0) : will]]
        if came == followed or last == preceded:
            return True
    return False


def true_places(
    spans: list[list[int]], corrected: Transcript, *, known: int, most_lost: float = 0.3
) -> list[set[tuple[int, int]]]:
    """Return where each span is now; several answers for a span that was torn apart, none for one that is gone.

    Its words that are left stand in one piece or, when passages were moved, in several. Where the span is: from the
    first word to the last of pieces that stand in their old order and hold all but `most_lost` of the
    words left.
    What was put in between takes no piece apart. `known` is the number of identities before the corrections.
    """
    _, places = corrected.render()
    order = [token.identity for token in corrected.tokens() if token.identity < known]
    rank = {identity: number for number, identity in enumerate(order)}
    strings = {token.identity: token.string for token in corrected.tokens()}

    def words(piece: list[int]) -> int:
        return sum(strings[order[number]] not in SIGNS for number in piece)

    truth: list[set[tuple[int, int]]] = []
    for span in spans:
        left = [rank[identity] for identity in span if identity in rank]
        cuts = [n for n in range(1, len(left)) if left[n] != left[n - 1] + 1]
        pieces = [left[a:b] for a, b in pairwise([0, *cuts, len(left)])] if left else []
        answers = set()
        for size in range(1, len(pieces) + 1):
            for chosen in combinations(pieces, size):
                in_order = all(a[-1] < b[0] for a, b in pairwise(chosen))
                if in_order and sum(map(words, chosen)) >= (1 - most_lost) * words(left):
                    answers.add((places[order[chosen[0][0]]][0], places[order[chosen[-1][-1]]][1]))
        truth.append(answers)
    return truth


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
