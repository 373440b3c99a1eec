import re
import string
import sys
import unicodedata
from itertools import product

import numpy as np
import pytest
import simplemma
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simplemma.strategies.dictionaries.dictionary_factory import DEFAULT_DICTIONARY_FACTORY

from evalkit.corpus.tokens import _INFLECTED, LEMMAS, fold, lemmatise, tokenise

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


@settings(max_examples=400)
@given(st.lists(MIXED.map("".join), min_size=1, max_size=4))
@example(["t. ex.", "ex."])
def test_any_texts_have_the_tokens_of_spacy(texts):
    tokens = tokenise(texts)
    for row, text in enumerate(texts):
        assert our_tokens(tokens, row) == spacy_tokens(text)


def assert_cut_as_spacy_cuts(chunks):
    tokens = tokenise(chunks)
    for row, chunk in enumerate(chunks):
        assert our_tokens(tokens, row) == spacy_tokens(chunk), chunk


SIGNS_BEFORE = ["", *'(["”“»«–', "((", '("', "–("]
SIGNS_AFTER = ["", *".,:;!?)]\"”“»«…'%-/", "..", "...", ").", '",', ".)", "?!", "…)", "!!!", ":)", ".,", '."', ",-"]


@pytest.mark.parametrize("word", ["mandatet", "Mandatet", "MANDATET", "mandateT", "mandatES", "ås", "Ås", "ÅS", "åS"])
def test_a_word_among_signs_is_cut_as_spacy_cuts_it(word):
    # The first word of its kind tells how the next is cut, so there are two of every kind.
    others = [word, word[:-2] + "x" * 7 + word[-2:], word[:-1] + "s" if word[-1].islower() else word + "S"]
    assert_cut_as_spacy_cuts([a + w + b for a, b in product(SIGNS_BEFORE, SIGNS_AFTER) for w in others])


@settings(max_examples=100)
@given(st.lists(st.text(string.digits, min_size=1, max_size=30), max_size=8))
@example(["0", "2018", "09", "1" * 400])
@example(["²", "1²", "٣", "1٣", "½"])
def test_figures_alone_are_cut_as_spacy_cuts_them(figures):
    assert_cut_as_spacy_cuts(figures)


def test_every_exception_of_spacy_is_one_here():
    exceptions = [text for text in NLP.tokenizer.rules if not any(map(str.isspace, text))]
    assert len(exceptions) > 300
    runs = sorted({run for text in exceptions for run in re.findall(r"[^\W\d_]+", text)})
    assert_cut_as_spacy_cuts(
        [a + text + b for text in exceptions + runs for a, b in product(["", "("], ["", ".", ",", ")."])]
    )


LETTERS = [sign for sign in map(chr, range(sys.maxunicode + 1)) if sign.isalpha()]
LATIN = [sign for sign in LETTERS if sign <= "ÿ"]


def test_no_latin_letter_is_seen_by_spacy():
    words = [pattern.replace("_", letter) for letter in LATIN for pattern in ("_bc", "a_c", "ab_", "__", "AB_", "_B")]
    assert_cut_as_spacy_cuts([a + word + b for word in words for a, b in product(["", "("], ["", ".", ",", "…", '."'])])


@pytest.mark.slow
def test_no_letter_at_all_is_seen_by_spacy():
    assert len(LETTERS) > 100_000
    assert_cut_as_spacy_cuts([f"a{letter}b" for letter in LETTERS])
    assert_cut_as_spacy_cuts([letter * 2 for letter in LETTERS])


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


LATIN_WORDS = st.text(st.sampled_from("abdefgiklmnoprstuvyåäö"), min_size=1, max_size=8)
ENDINGS = st.sampled_from(["", "", "en", "arna", "ens", "ingarna", "heterna", "erande", "igaste", "-", "'s", "_x"])
KNOWN = st.sampled_from(["nämnd", "kommun", "stöd", "lärande", "gick", "bästa", "Stockholm", "utvärdering", "o'brien"])
MADE = st.lists(st.tuples(st.one_of(LATIN_WORDS, KNOWN), ENDINGS), min_size=1, max_size=3)


def lemma_of_simplemma(word):
    return fold(simplemma.lemmatize(fold(word), lang="sv", greedy=True))


@settings(max_examples=400)
@given(MADE.map(lambda parts: "".join(word + ending for word, ending in parts)))
@example("implementeringsfrågornas")
@example("skolpojksfantasierna")
@example("l’arbre's")
def test_lemmas_are_those_of_simplemma(word):
    form = fold(word)
    if form not in LEMMAS and len(form) <= 60 and not _INFLECTED.fullmatch(form) and any(map(str.isalpha, form)):
        assert lemmatise(word) == lemma_of_simplemma(word)


@settings(max_examples=200)
@given(st.text(min_size=1, max_size=20))
def test_whatever_is_no_word_has_a_lemma_too(text):
    lemma = lemmatise(text)
    assert lemma == unicodedata.normalize("NFC", lemma)
    assert fold(lemma) == lemma


@pytest.mark.parametrize(("mood", "plain"), [("vore", "är"), ("skulle", "ska"), ("borde", "bör")])
def test_a_wish_has_another_lemma_than_a_statement(mood, plain):
    assert lemmatise(mood) != lemmatise(plain)


def treebank_texts(shared):
    path = shared / "treebank" / "sv_talbanken-ud-test.conllu"
    if not path.is_file():
        pytest.skip("the treebank is not in the shared folder")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]


def test_real_prose_has_the_tokens_of_spacy_and_the_lemmas_of_simplemma(shared):
    texts = treebank_texts(shared)
    assert len(texts) > 1_000
    assert_cut_as_spacy_cuts(texts)
    vocabulary = tokenise(texts).vocabulary
    words = [w for w in vocabulary if any(map(str.isalpha, w)) and w not in LEMMAS and not _INFLECTED.fullmatch(w)]
    assert len(words) > 4_000
    assert [lemmatise(word) for word in words] == [lemma_of_simplemma(word) for word in words]


def test_the_words_of_the_dictionary_and_what_is_made_of_them_have_the_lemmas_of_simplemma():
    dictionary = DEFAULT_DICTIONARY_FACTORY.get_dictionary("sv")
    keys = [key for key in dictionary if fold(key).isalpha() and len(key) < 30]
    # Whatever the dictionary has in capitals is what the code takes for granted that it finds.
    named = [fold(key) for key in keys if key[0].isupper()]
    assert len(named) > 10_000
    random = np.random.default_rng(1)
    first, second = (random.permutation(keys)[:3_000].tolist() for _ in range(2))
    made = [fold(a + b) for a, b in zip(first, second, strict=True)]
    made += [fold(a[: len(a) // 2] + b) for a, b in zip(first, second, strict=True)]
    made += [fold(a + b) for a, b in zip(first, random.permutation(named).tolist(), strict=False)]
    words = [word for word in [*named, *made, *map(fold, first)] if word not in LEMMAS]
    assert [lemmatise(word) for word in words] == [lemma_of_simplemma(word) for word in words]


def test_real_documents_have_the_tokens_of_spacy(shared):
    paths = [*(shared / "real").glob("*.txt"), *(shared / "real").glob("*.csv"), *(shared / "real").glob("*.md")]
    if not paths:
        pytest.skip("no real documents in the shared folder")
    assert_cut_as_spacy_cuts([path.read_text(encoding="utf-8") for path in paths])
