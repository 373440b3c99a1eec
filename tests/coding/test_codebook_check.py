from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from evalkit.coding import apply_codebook, check_codebook, diff_codings, read_codebook
from evalkit.corpus.tokens import tokenise
from evalkit.errors import TableError
from evalkit.tables import empty_table
from tests.coding.test_matching import segments_of

CODEBOOK = """
version = "1"
[polarity]
negation = ["inte"]
[[codes]]
id = "mandat"
name = "Mandat"
rules = [
  { id = "ord", words = ["mandat*"] },
  { id = "bredare", words = ["mandat*", "befogenhet*"] },
  { id = "lika", words = ["mandat*", "befogenhet*"] },
  { id = "minus", words = ["mandat*"], polarity = "-" },
  { id = "aldrig", words = ["fullmakt*"] },
]
[[codes]]
id = "beslut"
name = "Beslut"
parent = "mandat"
rules = [{ id = "beslut", words = ["beslut*"] }, { id = "nämnd", sequence = ["nämnd*", "beslut*"] }]
[[codes]]
id = "tom"
name = "Tom"
"""
TEXTS = ["Vi har mandat och mandat.", "Inga befogenheter.", "Vi fick inte beslut.", "Nämnden tog ett beslut.", "Hej."]


def book_of(tmp_path, text=CODEBOOK):
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    return read_codebook(path)


@pytest.fixture
def book(tmp_path):
    return book_of(tmp_path)


def test_what_each_rule_does(book):
    check = check_codebook(segments_of(TEXTS), book)
    assert check.table.to_numpy().tolist() == [
        ["mandat", "ord", 2, 1, "bredare", 0, ("s00000",)],
        ["mandat", "bredare", 3, 2, "", 0, ("s00000", "s00001")],
        ["mandat", "lika", 3, 2, "bredare", 0, ("s00000", "s00001")],
        ["mandat", "minus", 2, 1, "", 0, ("s00000",)],
        ["mandat", "aldrig", 0, 0, "", 0, ()],
        ["beslut", "beslut", 2, 2, "", 0, ("s00002", "s00003")],
        ["beslut", "nämnd", 1, 1, "beslut", 0, ("s00003",)],
    ]
    assert (check.never, check.covered, check.without_rules) == (("aldrig",), ("ord", "lika", "nämnd"), ("tom",))


def test_what_each_code_does(book):
    codes = check_codebook(segments_of(TEXTS), book).codes
    assert list(codes.columns) == ["code", "rules", "never", "covered", "matches", "segments", "rests_on"]
    assert codes.to_numpy().tolist() == [
        ["mandat", 5, 1, 2, 10, 2, ("s00000", "s00001")],
        ["beslut", 2, 0, 1, 3, 2, ("s00002", "s00003")],
        ["tom", 0, 0, 0, 0, 0, ()],
    ]


def test_the_check_in_words(book):
    check = check_codebook(segments_of(TEXTS), book, tokens=tokenise(TEXTS))
    assert check.sentence() == (
        "Av 7 regler träffar 1 aldrig i de här texterna, och 3 kodar inget som inte en annan regel för samma kod också "
        "kodar. Utan regler: tom. En regel som inte behövs här kan behövas i andra texter, och en som träffar kan "
        "träffa fel."
    )
    assert check.sentence("en").startswith("Of 7 rules, 1 never match in these texts, and 3 code nothing")
    assert check.caption() == f"n = 5 segment; 7 regler för 3 koder; kodbok {book.codebook_version}."
    assert check.caption("en").startswith("n = 5 segments; 7 rules for 3 codes")


def test_no_segments_and_no_rules(book, tmp_path):
    check = check_codebook(segments_of([]), book)
    assert list(check.never) == ["ord", "bredare", "lika", "minus", "aldrig", "beslut", "nämnd"]
    assert (check.covered, check.segments) == ((), 0)
    bare = check_codebook(segments_of(TEXTS), book_of(tmp_path, 'version = "1"\n[[codes]]\nid = "a"\nname = "A"\n'))
    assert list(bare.table.columns) == list(check.table.columns)
    assert bare.table.empty
    assert bare.without_rules == ("a",)


WORDS = st.sampled_from(
    ["mandat", "mandatet", "befogenhet", "beslut", "nämnden", "inte", "nämnd", "fullmakt", ".", "?"]
)


@settings(max_examples=60)
@given(texts=st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=6))
def test_without_the_idle_rules_every_segment_keeps_its_codes(tmp_path_factory, texts):
    book = book_of(tmp_path_factory.mktemp("book"))
    segments = segments_of(texts)
    check = check_codebook(segments, book)
    idle = {*check.never, *check.covered}
    codes = tuple(replace(c, rules=tuple(r for r in c.rules if r.id not in idle)) for c in book.codes)
    kept, all_of_it = (apply_codebook(segments, b) for b in (replace(book, codes=codes), book))
    coded = [set(zip(table["segment_id"], table["code"], strict=True)) for table in (kept, all_of_it)]
    assert coded[0] == coded[1]
    assert check_codebook(segments, replace(book, codes=codes)).covered == ()
    assert dict(zip(check.table["rule"], check.table["matches"], strict=True)).keys() >= idle


def test_what_an_edit_changes(book, tmp_path):
    segments = segments_of(TEXTS)
    after_book = book_of(
        tmp_path,
        CODEBOOK.replace('words = ["beslut*"]', 'words = ["beslut*"], negatable = false').replace(
            '"befogenhet*"', '"hej"'
        ),
    )
    before, after = apply_codebook(segments, book), apply_codebook(segments, after_book)
    diff = diff_codings(before, after)
    changes = diff.codings[["code", "change", "segment_id", "polarity_before", "polarity_after"]]
    assert changes.astype(object).where(changes.notna(), None).to_numpy().tolist() == [
        ["beslut", "polarity", "s00002", "-", "+"],
        ["mandat", "gained", "s00004", None, "+"],
        ["mandat", "lost", "s00001", "+", None],
        ["mandat", "polarity", "s00002", "-", "+"],
    ]
    assert diff.table.drop(columns="rests_on").to_numpy().tolist() == [
        ["beslut", 2, 2, 0, 0, 1],
        ["mandat", 4, 4, 1, 1, 1],
    ]
    known = {*before["coding_id"], *after["coding_id"]}
    assert [len(ids) for ids in diff.table["rests_on"]] == [1, 3]
    assert all(set(ids) <= known for ids in diff.table["rests_on"])
    assert diff.codings["quote"].tolist() == ["beslut", "Hej", "befogenheter", "beslut"]
    assert diff.sentence() == (
        "Ändringen ger 1 nya kodningar, tar bort 1 och ger 2 en annan polaritet; mest ändras mandat (3). Om det blev "
        "bättre avgörs av hur människor kodar."
    )
    assert diff.sentence("en").startswith("The change adds 1 codings, removes 1 and gives 2 another polarity; mandat")
    assert diff.caption("en") == "n = 6 codings before, 6 after."


def test_before_and_after_change_places(book, tmp_path):
    segments = segments_of(TEXTS)
    narrow = book_of(tmp_path, CODEBOOK.replace('"befogenhet*"', '"hej"'))
    before, after = apply_codebook(segments, book), apply_codebook(segments, narrow)
    one, other = diff_codings(before, after), diff_codings(after, before)
    assert (one.count("gained"), one.count("lost")) == (other.count("lost"), other.count("gained")) == (1, 1)
    same = diff_codings(before, before)
    assert same.codings.empty
    assert same.sentence("en") == "The codings are the same."
    assert same.table[["before", "after"]].to_numpy().tolist() == [[2, 2], [4, 4]]


def test_nothing_coded_before_or_after(book):
    codings, nothing = apply_codebook(segments_of(TEXTS), book), empty_table("codings")
    assert diff_codings(nothing, codings).count("gained") == len(codings) == 6
    assert diff_codings(codings, nothing).count("lost") == len(codings)
    assert diff_codings(nothing, nothing).table.empty


def test_the_input_is_unchanged(book):
    segments = segments_of(TEXTS)
    codings = apply_codebook(segments, book)
    kept = segments.copy(deep=True), codings.copy(deep=True)
    check_codebook(segments, book)
    diff_codings(codings, codings.iloc[1:])
    assert_frame_equal(segments, kept[0])
    assert_frame_equal(codings, kept[1])


def test_codings_of_several_coders_are_refused(book):
    codings = apply_codebook(segments_of(TEXTS), book)
    several = pd.concat([codings, codings.assign(coder="A")])
    with pytest.raises(TableError, match="before: 6 rows have a segment and a code that stand in an earlier row"):
        diff_codings(several, codings)
    with pytest.raises(TableError, match="after: column 'rule' is missing"):
        diff_codings(codings, codings.drop(columns="rule"))
