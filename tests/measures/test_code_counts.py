from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import code_counts
from evalkit.study import About, Study, Text, Unit
from tests.measures.hand_tables import codings, documents, segments, small_corpus, table


@pytest.fixture
def corpus():
    return small_corpus()


def counts(corpus, **how):
    return code_counts(corpus.codings, corpus.segments, documents=corpus.documents, codebook=corpus.codebook, **how)


def test_the_whole_corpus_counted_by_hand(corpus):
    result = counts(corpus)
    rows = result.table.set_index("code")
    assert rows["segments"].to_dict() == {"mandat": 3, "tid": 1, "mal": 1, "motstand": 1, "tyst": 0}
    assert rows.loc["mandat", ["codings", "plus", "minus", "unclear", "words"]].tolist() == [3, 2, 1, 0, 15]
    assert rows.loc["mandat", "rests_on"] == ("c0", "c2", "c5")
    assert rows.loc["mandat", "per_1000"] == 200.0
    assert rows.loc["mandat", "minus_per_1000"] == 1000 / 15
    assert rows.loc["tyst", "per_1000"] == 0
    assert (result.codings, result.coded_segments, result.segments, result.words) == (6, 4, 4, 15)
    assert result.interviewer == 1  # the question that names the mandate


def test_by_unit_the_segment_decides_and_zeros_are_there(corpus):
    result = counts(corpus, by="unit")
    rows = result.table.set_index(["unit", "code"])
    assert len(rows) == 2 * 5
    assert rows.loc[("A", "mandat"), ["segments", "plus", "minus", "words"]].tolist() == [2, 1, 1, 8]
    assert rows.loc[("B", "mandat"), "segments"] == 0
    assert rows.loc[("B", "mandat"), "rests_on"] == ()
    assert rows.loc[("B", "mal"), "per_1000"] == 250.0
    assert result.left_out == 1
    assert rows["row_id"].tolist()[:2] == ["mandat:A", "tid:A"]


def test_said_in_and_about_differ(corpus):
    said = counts(corpus, by="session").table.set_index(["session", "code"])
    about = counts(corpus, by="session", when="about").table.set_index(["session", "code"])
    assert said.loc[(1, "mandat"), "plus"] == 1
    assert said.loc[(2, "mandat"), "minus"] == 1
    assert about.loc[(1, "mandat"), "minus"] == 1
    assert about.loc[(2, "mandat"), "plus"] == 1


def test_a_group_without_words_has_no_rate_and_is_small(corpus):
    study = Study(root=Path("x"), study=About(title=Text(sv="x", en="x")), units=(Unit(id="C"), Unit(id="A")))
    result = counts(corpus, by=["unit", "session"], study=study, small_below=4)
    empty = result.table[result.table["unit"] == "C"]
    assert result.table["unit"].unique().tolist() == ["C", "A", "B"]
    assert empty["words"].eq(0).all()
    assert empty["per_1000"].isna().all()
    small = result.table.drop_duplicates(["unit", "session"]).set_index(["unit", "session"])["small"]
    assert small.to_dict() == {
        ("C", 1): True,
        ("C", 2): True,
        ("A", 1): False,
        ("A", 2): True,
        ("B", 1): True,
        ("B", 2): False,
    }


def test_a_segment_coded_twice_with_a_code_is_one_segment(corpus):
    twice = codings(("s2", "mandat", "+"), ("s2", "mandat", "-"))
    row = code_counts(twice, corpus.segments, documents=corpus.documents).table.iloc[0]
    assert row[["segments", "codings", "plus", "minus"]].tolist() == [1, 2, 1, 1]


def test_who_coded_is_said(corpus):
    assert counts(corpus).count_kind == "machine"
    assert "maskinkodningar, ej kontrollerade" in counts(corpus).sentence("sv")
    assert "machine codings, not checked" in counts(corpus).caption("en")
    people = corpus.codings.assign(rule=pd.Series(None, index=corpus.codings.index, dtype="str"), coder="A")
    by_people = code_counts(people, corpus.segments, documents=corpus.documents)
    assert by_people.count_kind == "people"
    assert "ej kontrollerade" not in by_people.sentence("sv")
    mixed = pd.concat([corpus.codings, people.assign(coding_id="p" + people["coding_id"])], ignore_index=True)
    assert code_counts(mixed, corpus.segments, documents=corpus.documents).count_kind == "mixed"


def test_sentence_is_built_from_the_numbers(corpus):
    sentence = counts(corpus, by="unit", small_below=5).sentence("sv")
    assert "6 kodningar i 4 av 4 segment (15 ord" in counts(corpus).sentence("sv")
    assert "Vanligast är Mandat (2 segment)" in sentence
    assert "1 av 2 grupper har färre än 5 ord" in sentence
    assert "1 kodning utan enhet är inte med" in sentence
    english = counts(corpus, by="unit", small_below=5).sentence("en")
    assert "1 of 2 groups" in english
    assert "1 coding without unit left out" in english


def test_no_codings_gives_zeros(corpus):
    none = code_counts(
        table("codings", []), corpus.segments, documents=corpus.documents, codebook=corpus.codebook, by="unit"
    )
    assert len(none.table) == 10
    assert none.table["codings"].sum() == 0
    assert none.sentence("en") == "There are no codings."
    assert code_counts(table("codings", []), corpus.segments, documents=corpus.documents).table.empty


def test_most_used_keeps_order_and_rows(corpus):
    kept = counts(corpus, by="unit").most_used(2)
    assert kept.table["code"].tolist() == ["mandat", "tid"] * 2
    assert kept.codings == 6


def test_refuses_codings_without_their_segment(corpus):
    with pytest.raises(TableError, match=r"2 codings belong to segments that are not in segments \(first: c3\)"):
        code_counts(corpus.codings, corpus.segments[corpus.segments["segment_id"] != "s4"], documents=corpus.documents)


def test_input_is_unchanged(corpus):
    before = corpus.codings.copy(), corpus.segments.copy(), corpus.documents.copy()
    counts(corpus, by=["unit", "session"])
    for now, then in zip((corpus.codings, corpus.segments, corpus.documents), before, strict=True):
        pd.testing.assert_frame_equal(now, then)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["a", "b", "c"]), st.sampled_from("+-?")), max_size=30),
    st.lists(st.sampled_from(["informant", "intervjuare"]), min_size=8, max_size=8),
)
def test_groups_and_polarities_add_up(marks, roles):
    docs = documents(*({"document_id": f"d{i}", "unit": "ABCD"[i], "session": 1 + i % 2} for i in range(4)))
    segs = segments(
        *({"segment_id": f"s{i}", "document_id": f"d{i % 4}", "role": role} for i, role in enumerate(roles))
    )
    coded = codings(*((f"s{i}", code, sign) for i, code, sign in marks))
    whole = code_counts(coded, segs, documents=docs)
    assert whole.codings + whole.interviewer == len(coded)
    for by in ("unit", "session", "document", ["unit", "session"]):
        result = code_counts(coded, segs, documents=docs, by=by)
        parts = result.table
        assert (parts["plus"] + parts["minus"] + parts["unclear"] == parts["codings"]).all()
        assert parts["codings"].sum() + result.left_out == result.codings == whole.codings
        assert parts.groupby("code")["segments"].sum().to_dict() == whole.table.set_index("code")["segments"].to_dict()
        assert (parts["rests_on"].map(len) == parts["codings"]).all()
        assert parts["row_id"].is_unique
