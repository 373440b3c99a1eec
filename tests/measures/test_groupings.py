import pandas as pd
import pytest

from evalkit.errors import CodebookError, TableError
from evalkit.measures import grouping_counts
from tests.measures.hand_tables import codings, segments, small_corpus, table


@pytest.fixture
def corpus():
    return small_corpus()


def test_a_matrix_counts_each_field(corpus):
    fields = grouping_counts(corpus.codings, corpus.segments, corpus.codebook, "m")
    assert fields.kind == "matrix"
    assert fields.table[["row", "column", "code", "segments"]].to_numpy().tolist() == [
        [0, 0, "mandat", 3],
        [0, 1, "tid", 1],
        [1, 0, "mal", 1],
        [1, 1, "tyst", 0],
    ]
    assert fields.table["plus"].tolist() == [2, 1, 1, 0]
    assert fields.table["rests_on"].tolist() == [("c0", "c2", "c5"), ("c1",), ("c4",), ()]
    assert (fields.codings, fields.coded_segments, fields.words) == (5, 4, 15)


def test_a_cycle_counts_steps_hub_and_what_stands_between(corpus):
    ring = grouping_counts(corpus.codings, corpus.segments, corpus.codebook, "r")
    table = ring.table
    assert table["part"].tolist() == ["step"] * 3 + ["hub", "between"] + ["gap"] * 3
    assert table.loc[table["part"] == "step", "segments"].tolist() == [3, 1, 1]
    # Resistance stands with the third step only: in the gap before it (1) and the gap after it (2).
    assert table.loc[table["part"] == "gap", "segments"].tolist() == [0, 1, 1]
    assert table.loc[table["part"] == "gap", "rests_on"].tolist() == [(), ("c3",), ("c3",)]
    assert ring.between_alone == 0
    assert table["row_id"].is_unique


def test_resistance_without_a_step_is_counted_apart(corpus):
    alone = codings(("s2", "motstand", "+"), ("s3", "motstand", "-"), ("s3", "tid", "+"))
    ring = grouping_counts(alone, corpus.segments, corpus.codebook, "r")
    assert ring.between_alone == 1
    assert ring.table.loc[ring.table["part"] == "gap", "segments"].tolist() == [1, 1, 0]
    assert ring.table.loc[ring.table["part"] == "between", "segments"].tolist() == [2]
    assert "1 segment har inget steg" in ring.sentence("sv")


def test_sentence_caption_and_emptiness(corpus):
    fields = grouping_counts(corpus.codings, corpus.segments, corpus.codebook, "m")
    assert "Mandat 3, Tid 1, Mal 1, Tyst 0" in fields.sentence("sv")
    assert "maskinkodningar, ej kontrollerade" in fields.caption("sv")
    empty = grouping_counts(table("codings", []), segments(), corpus.codebook, "r")
    assert empty.sentence("en") == "x: no codings."
    assert empty.table["per_1000"].isna().all()


def test_refuses_unknown_groupings_and_lost_segments(corpus):
    with pytest.raises(CodebookError, match="grouping 'q' is not declared in the codebook; declared: m, r"):
        grouping_counts(corpus.codings, corpus.segments, corpus.codebook, "q")
    with pytest.raises(TableError, match="codings belong to segments"):
        grouping_counts(corpus.codings, corpus.segments.iloc[:2], corpus.codebook, "m")


def test_input_is_unchanged(corpus):
    before = corpus.codings.copy(), corpus.segments.copy()
    grouping_counts(corpus.codings, corpus.segments, corpus.codebook, "r")
    pd.testing.assert_frame_equal(corpus.codings, before[0])
    pd.testing.assert_frame_equal(corpus.segments, before[1])
