from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import cooccurrence
from tests.measures.hand_tables import codings, segments, small_corpus, table

MARKS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("abcd")), max_size=25)


@pytest.fixture
def corpus():
    return small_corpus()


def test_pairs_counted_by_hand(corpus):
    pairs = cooccurrence(corpus.codings, corpus.segments, codebook=corpus.codebook)
    rows = pairs.table.set_index(["code_a", "code_b"])
    assert len(rows) == 10
    assert rows.loc[("mandat", "tid"), ["both", "only_a", "only_b"]].tolist() == [1, 2, 0]
    assert rows.loc[("mandat", "tid"), "jaccard"] == 1 / 3
    assert rows.loc[("mandat", "tid"), "rests_on"] == ("s2",)
    assert rows.loc[("mal", "motstand"), "jaccard"] == 1
    assert rows.loc[("mandat", "tyst"), "jaccard"] == 0
    assert pairs.codes["segments"].tolist() == [3, 1, 1, 1, 0]
    assert (pairs.coded_segments, pairs.segments) == (4, 4)


def test_two_codes_that_never_stand_have_no_jaccard():
    segs = segments({"segment_id": "s0", "document_id": "d", "role": "intervjuare"})
    pairs = cooccurrence(codings(("s0", "a", "+"), ("s0", "b", "+")), segs)
    assert pairs.table["both"].tolist() == [0]
    assert pairs.table["jaccard"].isna().all()


def test_most_used_comes_first_and_leaves_out_the_silent(corpus):
    kept = cooccurrence(corpus.codings, corpus.segments, codebook=corpus.codebook).most_used(2)
    assert kept.codes["code"].tolist() == ["mandat", "tid"]
    assert kept.table[["code_a", "code_b", "both"]].to_numpy().tolist() == [["mandat", "tid", 1]]


def test_sentence_names_the_pair_and_the_limits(corpus):
    pairs = cooccurrence(corpus.codings, corpus.segments, codebook=corpus.codebook)
    assert "Av 10 par av koder står 2 någon gång i samma segment, oftast Mandat och Tid" in pairs.sentence("sv")
    assert "säger inte att det ena leder till det andra" in pairs.sentence("sv")
    assert "not checked" in pairs.sentence("en")
    nothing = cooccurrence(table("codings", []), corpus.segments)
    assert nothing.sentence("sv").startswith("Inga koder står i samma segment")


def test_refuses_lost_segments_and_leaves_the_input(corpus):
    before = corpus.codings.copy()
    cooccurrence(corpus.codings, corpus.segments)
    pd.testing.assert_frame_equal(corpus.codings, before)
    with pytest.raises(TableError, match="7 codings"):
        cooccurrence(corpus.codings, corpus.segments.iloc[:0])


@settings(max_examples=25)
@given(MARKS)
def test_symmetric_and_bounded(marks):
    segs = segments(*({"segment_id": f"s{i}", "document_id": "d"} for i in range(7)))
    coded = codings(*((f"s{i}", code, "+") for i, code in marks))
    square = cooccurrence(coded, segs).matrix()
    pd.testing.assert_frame_equal(square, square.T)
    swap = dict(zip("abcd", "dcba", strict=True))
    turned = cooccurrence(coded.assign(code=coded["code"].map(swap)), segs).matrix()
    for a, b in combinations(square.index, 2):
        assert square.loc[a, b] == turned.loc[swap[a], swap[b]]
        assert square.loc[a, b] <= min(square.loc[a, a], square.loc[b, b])
