import string

import numpy as np
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evalkit.corpus.tokens import fold, lemmatise, tokenise

NLP = spacy.blank("sv")

HAND_MADE = [
    "",
    "   \n ",
    "Vi fick inte mandat, t.ex. från nämnden.",
    "T. ex. så: d v s, dvs., bl.a. och s.k. – kl. 10.30.",
    "hej\xa0du\u2003nu\r\nx\u2028y\x1c a\x85c\tslut ",
    'it-stöd och nämnd- och/eller chefs-frågor (EOR-mål) «så» "citat" ’s 4FP.',
    "Va?! Nej... ja… hm—nå; 1 245 000 kr, 50% 10°C. 3–4 kg.",
    "😀 bra👍jobbat :-) :) 8) ❤️ 👩‍👩‍👧",
    "www.exempel.se, namn@exempel.se http://exempel.se/a?b=c.",
    "e\u0301tt o\u0308ga \ufeffBOM ett\u200bord ÅÄÖ ẞ İ",
]


def spacy_tokens(text):
    return [(token.idx, token.idx + len(token.text), fold(token.text)) for token in NLP(text) if not token.is_space]


def our_tokens(tokens, row):
    part = slice(tokens.splits[row], tokens.splits[row + 1])
    assert (tokens.texts[part] == row).all()
    words = [tokens.vocabulary[word] for word in tokens.words[part]]
    return list(zip(tokens.starts[part].tolist(), tokens.ends[part].tolist(), words, strict=True))


def test_hand_made_texts_have_the_tokens_of_spacy():
    tokens = tokenise(HAND_MADE)
    assert tokens.n_texts == len(HAND_MADE)
    for row, text in enumerate(HAND_MADE):
        assert our_tokens(tokens, row) == spacy_tokens(text)


WORDS = st.sampled_from(
    [
        "inte",
        "mandat",
        "t.ex.",
        "t. ex.",
        "d.v.s.",
        "it-stöd",
        "och/eller",
        "EOR.",
        "?!",
        "...",
        "…",
        "–",
        "- ",
        "(så)",
        "kl. 10",
    ]
)
BLANKS = st.sampled_from([" ", "  ", "\n", "\r\n", "\t", "\xa0", "\u2003", "\u2028", "\x1f", ""])
MIXED = st.lists(st.one_of(WORDS, BLANKS, st.text(max_size=4), st.text(string.punctuation, max_size=3)), max_size=25)


@settings(max_examples=400, deadline=None)
@given(st.lists(MIXED.map("".join), min_size=1, max_size=4))
@example(["t. ex.", "ex."])
def test_any_texts_have_the_tokens_of_spacy(texts):
    tokens = tokenise(texts)
    for row, text in enumerate(texts):
        assert our_tokens(tokens, row) == spacy_tokens(text)


def test_words_are_numbered_once_and_in_lower_case_nfc():
    tokens = tokenise(["Mandat mandat MANDAT", "nämnden na\u0308mnden"])
    assert tokens.vocabulary == ("mandat", "nämnden")
    assert tokens.lemmas == ("mandat", "nämnd")
    assert tokens.words.tolist() == [0, 0, 0, 1, 1]


def test_offsets_count_code_points_of_the_text_as_it_is():
    text = "😀 na\u0308mnden"
    tokens = tokenise([text])
    assert [text[a:b] for a, b in zip(tokens.starts, tokens.ends, strict=True)] == ["😀", "na\u0308mnden"]


def test_no_texts_give_no_tokens():
    for texts in ([], ["", " "]):
        tokens = tokenise(texts)
        assert len(tokens) == 0
        assert tokens.splits.tolist() == [0] * (len(texts) + 1)
        assert tokens.words.dtype == np.int64


def test_half_a_surrogate_pair_keeps_every_offset():
    tokens = tokenise(["a \ud800 bc"])
    assert tokens.starts.tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("Mandatens", "mandat"),
        ("lärandet", "lärande"),
        ("lärande", "lärande"),
        ("brist", "brist"),
        ("beslutet", "beslut"),
        ("vågade", "våga"),
        ("implementeringsfrågan", "implementeringsfråga"),
        ("EOR:et", "eor"),
        ("EOR-ets", "eor"),
        ("it-stödet", "it-stöd"),
        ("2:a", "2:a"),
        ("42", "42"),
        ("–", "–"),
    ],
)
def test_lemmas(word, lemma):
    assert lemmatise(word) == lemma


@pytest.mark.parametrize(("mood", "plain"), [("vore", "är"), ("skulle", "ska"), ("borde", "bör")])
def test_a_wish_has_another_lemma_than_a_statement(mood, plain):
    assert lemmatise(mood) != lemmatise(plain)
