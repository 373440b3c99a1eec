from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import corpus_overview, documents_timeline
from evalkit.measures.placement import count_words
from evalkit.study import About, Session, Study, Text, Unit
from tests.measures.hand_tables import documents, segments, small_corpus


@pytest.fixture
def corpus():
    return small_corpus()


@pytest.fixture
def study() -> Study:
    sessions = (Session(id=2, dates=("2031-04-10",)), Session(id=1, dates=("2031-03-01", "2031-03-02")), Session(id=3))
    return Study(
        root=Path("x"),
        study=About(title=Text(sv="x", en="x")),
        units=(Unit(id="B"), Unit(id="A"), Unit(id="C")),
        sessions=sessions,
    )


def test_words_are_chunks_with_a_letter_or_a_digit():
    texts = pd.Series(["Ja , det är 3 – inte 4,5 !", "", "  \n ", "… – ?", "åäö\u00a0EU-projekt"])
    assert count_words(texts).tolist() == [6, 0, 0, 0, 2]


def test_counts_by_kind(corpus):
    overview = corpus_overview(corpus.documents, corpus.segments)
    rows = overview.table.set_index("kind")
    assert rows["words"].to_dict() == {"intervju": 8, "gruppsamtal": 7, "motesanteckning": 3}
    assert rows["informant_words"].to_dict() == {"intervju": 5, "gruppsamtal": 7, "motesanteckning": 3}
    assert rows["segments"].tolist() == [2, 2, 1]
    assert rows["rests_on"].tolist() == [("d1",), ("d2",), ("d3",)]
    assert (overview.documents, overview.words, overview.informant_words) == (3, 18, 15)


def test_a_segment_has_its_own_unit_before_its_documents(corpus):
    rows = corpus_overview(corpus.documents, corpus.segments, by="unit").table
    assert rows["unit"].fillna("none").tolist() == ["A", "B", "none"]
    assert rows["words"].tolist() == [11, 4, 3]
    assert rows["documents"].tolist() == [2, 1, 1]
    assert rows["row_id"].tolist() == ["A", "B", ""]


def test_declared_units_and_sessions_are_there_without_material_in_the_studys_order(corpus, study):
    table = corpus_overview(corpus.documents, corpus.segments, by=("unit", "session"), study=study).table
    known = table.dropna(subset=["unit", "session"])
    assert known["unit"].tolist() == ["B"] * 3 + ["A"] * 3 + ["C"] * 3
    assert known["session"].tolist() == [1, 2, 3] * 3
    assert known["words"].tolist() == [0, 4, 0, 8, 3, 0, 0, 0, 0]
    assert len(table) == 10  # and one row for the notes that belong to nothing
    assert table.iloc[-1]["words"] == 3


def test_said_and_about_are_two_different_sessions(corpus):
    said = corpus_overview(corpus.documents, corpus.segments, by="session").table
    about = corpus_overview(corpus.documents, corpus.segments, by="session", when="about").table
    assert said["informant_words"].tolist() == [5, 7, 3]
    assert about["informant_words"].tolist() == [3, 9, 3]


def test_a_document_without_segments_is_counted():
    only = documents({"document_id": "d1", "unit": "A"})
    overview = corpus_overview(only, segments(), by="unit")
    assert overview.table[["documents", "segments", "words"]].to_numpy().tolist() == [[1, 0, 0]]


def test_nothing_at_all():
    overview = corpus_overview(documents(), segments(), by=("unit", "session"))
    assert overview.table.empty
    assert overview.sentence("sv") == "Det finns inget material ännu."


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.none() | st.integers(0, 3), st.text("ab –.", max_size=12), st.booleans()),
        max_size=25,
    )
)
def test_groups_add_up_to_the_whole(rows):
    docs = documents(*({"document_id": f"d{i}", "unit": unit} for i, unit in enumerate("ABC")))
    segs = segments(
        *(
            {"segment_id": f"s{i}", "document_id": f"d{'ABC'.index(u)}", "about_session": about, "text": text or "."}
            | {"role": "intervjuare" if asked else "informant"}
            for i, (u, about, text, asked) in enumerate(rows)
        )
    )
    for by in ("unit", "session", ("unit", "session"), "kind", "document"):
        overview = corpus_overview(docs, segs, by=by, when="about")
        assert overview.table["words"].sum() == overview.words
        assert overview.table["informant_words"].sum() == overview.informant_words
        assert overview.table["segments"].sum() == len(segs)
        assert overview.table["row_id"].is_unique


def test_input_is_unchanged(corpus):
    before = corpus.documents.copy(), corpus.segments.copy()
    corpus_overview(corpus.documents, corpus.segments, by=("unit", "session"))
    documents_timeline(corpus.documents, corpus.segments)
    pd.testing.assert_frame_equal(corpus.documents, before[0])
    pd.testing.assert_frame_equal(corpus.segments, before[1])


def test_refuses_what_it_cannot_group_or_place(corpus):
    with pytest.raises(TableError, match="by='place' is unknown"):
        corpus_overview(corpus.documents, corpus.segments, by="place")
    with pytest.raises(TableError, match="stands twice"):
        corpus_overview(corpus.documents, corpus.segments, by=("unit", "unit"))
    with pytest.raises(TableError, match=r"2 segments belong to documents that are not in documents \(first: s1\)"):
        corpus_overview(corpus.documents.iloc[1:], corpus.segments)
    with pytest.raises(TableError, match="when='then'"):
        corpus_overview(corpus.documents, corpus.segments, when="then")


def test_timeline_orders_the_dated_and_counts_the_undated(corpus, study):
    timeline = documents_timeline(corpus.documents.iloc[::-1], corpus.segments, study=study)
    assert timeline.table["document"].tolist() == ["d1", "d2"]
    assert timeline.table["words"].tolist() == [8, 7]
    assert (timeline.documents, timeline.undated) == (3, 1)
    assert timeline.sessions["session"].tolist() == [1, 1, 2]
    assert "längsta uppehållet är 40 dagar. 1 dokument saknar datum" in timeline.sentence("sv")
    assert "the longest gap is 40 days" in timeline.sentence("en")


def test_sentence_and_caption_say_the_numbers(corpus, study):
    overview = corpus_overview(corpus.documents, corpus.segments, by=("unit", "session"), study=study)
    assert "6 av 9 grupper (enhet × träff) har inget material" in overview.sentence("sv")
    assert "without material: 6 of 9" in overview.sentence("en")
    assert overview.caption("sv") == "n = 3 dokument, 5 segment, 18 ord, varav 15 inte är intervjuarens."
    assert overview.caption("en") == "n = 3 documents, 5 segments, 18 words, of which 15 are not the interviewer's."
