import pytest

from evalkit.coding.rules import Phrase, WordPattern, ends_clause, parse_alternatives, parse_phrase


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("Mandat", "lemma", "mandat"),
        ("=Mandatet", "form", "mandatet"),
        ("stöd*", "prefix", "stöd"),
        ("*fråga", "suffix", "fråga"),
        ("*ställning*", "infix", "ställning"),
        ("na\u0308mnd*", "prefix", "nämnd"),
        ("it-stöd", "lemma", "it-stöd"),
    ],
)
def test_the_marks_tell_the_kind(written, kind, text):
    assert parse_alternatives(written) == (WordPattern(kind, text),)


def test_alternatives_may_be_of_different_kinds():
    assert [word.kind for word in parse_alternatives("=få|ha|nämnd*|*chef")] == ["form", "lemma", "prefix", "suffix"]


@pytest.mark.parametrize("written", ["", " ", "a|", "|a", "*", "**", "=", "st*öd", "=stöd*", "tagit ställning", "a=b"])
def test_patterns_that_mean_nothing_are_refused(written):
    with pytest.raises(ValueError, match=r"word|exclude"):
        parse_alternatives(written)


def test_a_phrase_is_contiguous_unless_it_has_dots():
    assert parse_phrase("inte längre bara").gaps == (0, 0)
    assert parse_phrase("ta ... ställning till").gaps == (5, 0)
    assert parse_phrase("mandat") == Phrase((parse_alternatives("mandat"),), ())


@pytest.mark.parametrize("written", ["", "...", "ta ...", "... ställning", "ta ... ... ställning"])
def test_a_gap_stands_between_two_words(written):
    with pytest.raises(ValueError, match=r"\.\.\."):
        parse_phrase(written)


def test_what_ends_a_clause():
    assert all(map(ends_clause, [".", "!", "?", ";", ":", ",", "–", "...", "…", "!!"]))
    assert not any(map(ends_clause, ["", "att", "-", "kl.", '"']))
