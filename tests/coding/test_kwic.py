import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from evalkit.coding.kwic import keyword_in_context, quotes_per_code
from evalkit.errors import TableError


def segment(number, text, *, document="d1", unit="K01", start=0):
    return {
        "segment_id": f"s{number}", "document_id": document, "start": start, "end": start + len(text),
        "speaker": "A", "unit": unit, "about_session": 1, "text": text,
    }  # fmt: skip


def coding(row, keyword, *, code="mandat"):
    start = row["start"] + row["text"].index(keyword)
    return {
        "coding_id": f"c-{row['segment_id']}-{keyword}", "document_id": row["document_id"],
        "segment_id": row["segment_id"], "start": start, "end": start + len(keyword), "code": code, "polarity": "+",
        "quote": keyword, "coder": "rules", "rule": "r", "unit": row["unit"], "about_session": 1,
    }  # fmt: skip


LONG = "Vi som arbetar med detta till vardags har till slut fått ett riktigt mandat av nämnden att ändra hela flödet."


def test_the_keyword_stands_between_whole_words():
    row = segment(1, LONG, start=500)
    table = keyword_in_context(pd.DataFrame([coding(row, "mandat")]), pd.DataFrame([row]), code="mandat", width=20)
    assert table[["before", "keyword", "after"]].to_numpy().tolist() == [
        ["fått ett riktigt", "mandat", "av nämnden att ändra"]
    ]
    assert table["coding_id"].tolist() == ["c-s1-mandat"]


def test_wide_context_is_the_whole_segment_on_one_line():
    row = segment(1, "Först\n detta.\nSedan mandat\toch slut.")
    table = keyword_in_context(pd.DataFrame([coding(row, "mandat")]), pd.DataFrame([row]), code="mandat")
    assert table[["before", "keyword", "after"]].to_numpy().tolist() == [["Först detta. Sedan", "mandat", "och slut."]]


@pytest.mark.parametrize("width", [0, 1, 7, 30])
def test_no_context_is_wider_than_asked(width):
    row = segment(1, LONG)
    table = keyword_in_context(pd.DataFrame([coding(row, "mandat")]), pd.DataFrame([row]), code="mandat", width=width)
    assert (table[["before", "after"]].map(len) <= width).all(axis=None)


def test_other_codes_are_left_out_and_a_code_without_codings_gives_no_rows():
    row = segment(1, LONG)
    codings = pd.DataFrame([coding(row, "mandat"), coding(row, "flödet", code="flode")])
    assert keyword_in_context(codings, pd.DataFrame([row]), code="flode")["keyword"].tolist() == ["flödet"]
    empty = keyword_in_context(codings, pd.DataFrame([row]), code="annat")
    assert len(empty) == 0
    assert "before" in empty


def test_codings_of_unknown_segments_are_refused():
    row = segment(1, LONG)
    with pytest.raises(TableError, match="1 rows are of segments that are not in the table"):
        keyword_in_context(pd.DataFrame([coding(row, "mandat")]), pd.DataFrame([segment(2, LONG)]), code="mandat")
    with pytest.raises(TableError, match="width is -1"):
        keyword_in_context(pd.DataFrame([coding(row, "mandat")]), pd.DataFrame([row]), code="mandat", width=-1)


@pytest.fixture
def programme():
    say = "Nu har vi äntligen ett mandat som alla i huset faktiskt känner till."
    segments = [
        segment(1, "Mandat, mandat finns.", document="d1", unit="K01"),
        segment(2, say, document="d1", unit="K01", start=100),
        segment(3, say, document="d2", unit="K01"),
        segment(4, say, document="d3", unit="K02"),
        segment(5, say, document="d4", unit="K03"),
        segment(6, say, document="d5", unit="K04"),
        segment(7, say, document="d6", unit=None),
    ]
    documents = pd.DataFrame(
        {
            "document_id": ["d1", "d2", "d3", "d4", "d5", "d6"],
            "verbatim": ["yes", "yes", "asr", "notes", "yes", "yes"],
            "consent": ["internal", "quote", "quote", "quote", "none", "internal"],
        }
    )
    return pd.DataFrame([coding(row, "mandat") for row in segments]), pd.DataFrame(segments), documents


def test_quotes_come_from_different_units_that_agreed_and_are_somebodys_words(programme):
    quotes = quotes_per_code(*programme, n=3)
    assert quotes["segment_id"].tolist() == ["s2", "s4", "s7"]
    assert quotes["rank"].tolist() == [1, 2, 3]
    assert quotes["consent"].tolist() == ["internal", "quote", "internal"]


def test_more_quotes_than_units_come_from_the_same_units_and_short_ones_last(programme):
    quotes = quotes_per_code(*programme, n=9)
    assert quotes["segment_id"].tolist() == ["s2", "s4", "s7", "s3", "s1"]


def test_the_same_segment_is_quoted_once_per_code(programme):
    codings, segments, documents = programme
    twice = pd.concat([codings, codings.assign(coding_id="x" + codings["coding_id"], coder="anna")])
    assert quotes_per_code(twice, segments, documents, n=9)["segment_id"].is_unique


def test_quotes_do_not_depend_on_the_order_of_the_rows_and_the_input_is_unchanged(programme):
    codings, segments, documents = programme
    before = codings.copy(deep=True)
    expected = quotes_per_code(codings, segments, documents)
    assert_frame_equal(codings, before)
    assert_frame_equal(quotes_per_code(codings.iloc[::-1], segments.iloc[::-1], documents.iloc[::-1]), expected)


def test_no_codings_give_no_quotes(programme):
    codings, segments, documents = programme
    assert list(quotes_per_code(codings.iloc[:0], segments, documents)) == list(
        quotes_per_code(codings, segments, documents)
    )


def test_codings_of_unknown_documents_are_refused(programme):
    codings, segments, documents = programme
    with pytest.raises(TableError, match="2 rows are of documents that are not in the table"):
        quotes_per_code(
            codings,
            segments,
            documents.iloc[2:].query("document_id != 'none'").assign(document_id=["d3", "d4", "d5", "d1"]),
        )
