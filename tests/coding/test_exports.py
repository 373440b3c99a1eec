"""Exports: one row a coding, a matrix of 0 and 1, quotes that may be shown."""

import pandas as pd
import pytest

from evalkit.coding.codes import Code, Codebook
from evalkit.coding.exports import code_matrix, quote_table, tidy_codings
from evalkit.errors import TableError
from evalkit.study import Text
from tests.coding.texts import as_table, coding, documents_and_segments

BOOK = Codebook("1", "sv", (Code("mandat", Text(sv="Mandat", en="Mandate")), Code("driv", Text(sv="Driv", en="Drive"))))
DOCUMENTS, SEGMENTS = documents_and_segments(
    {"d1": ["Vi fick mandat av nämnden.", "Ingenting hände."], "d2": ["Alla ville framåt, med fart."]},
    unit="K01",
    session=2,
)
CODINGS = as_table(
    "codings",
    [
        coding(SEGMENTS, "d1#0001", "fick mandat", "mandat"),
        coding(SEGMENTS, "d1#0001", "mandat", "mandat", coder="B", polarity="-"),
        coding(SEGMENTS, "d2#0001", "ville framåt", "driv"),
        coding(SEGMENTS, "d2#0001", "med fart", "eget", coder="B"),
    ],
)
READ = [("d1#0001", "A"), ("d1#0001", "B"), ("d1#0002", "B"), ("d2#0001", "A")]


def test_one_row_a_coding_says_where_it_stands() -> None:
    table = tidy_codings(CODINGS, SEGMENTS, DOCUMENTS, BOOK)
    assert table["coding_id"].tolist() == CODINGS["coding_id"].tolist()
    assert table["code_name"].tolist() == ["Mandat", "Mandat", "Driv", "eget"]
    assert table["kind"].tolist() == ["intervju"] * 4
    assert table["session"].tolist() == [2] * 4
    assert tidy_codings(CODINGS, SEGMENTS, DOCUMENTS, BOOK, lang="en")["code_name"][0] == "Mandate"


def test_the_matrix_has_every_segment_and_every_code() -> None:
    matrix = code_matrix(CODINGS, SEGMENTS, BOOK)
    assert list(matrix.columns[-3:]) == ["mandat", "driv", "eget"]
    assert matrix[["segment_id", "coder"]].fillna("").to_numpy().tolist() == [
        ["d1#0001", "A"], ["d1#0001", "B"], ["d1#0002", ""], ["d2#0001", "A"], ["d2#0001", "B"],
    ]  # fmt: skip
    assert matrix[["mandat", "driv", "eget"]].to_numpy().tolist() == [
        [1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1],
    ]  # fmt: skip


def test_who_read_and_gave_no_code_has_a_row_of_zeros() -> None:
    read = [{"segment_id": id, "document_id": id[:2], "coder": c, "independent": True} for id, c in READ]
    matrix = code_matrix(CODINGS, SEGMENTS, BOOK, readings=as_table("readings", read))
    rows = matrix[["segment_id", "coder", "mandat"]].fillna("").to_numpy().tolist()
    assert ["d1#0002", "B", 0] in rows
    assert ["d1#0002", "", 0] not in rows
    assert ["d1#0001", "A", 1] in rows
    assert len(rows) == 5


def test_the_words_of_people_who_consented_to_nothing_stay_at_home() -> None:
    silent = DOCUMENTS.assign(consent=["none", "internal"])
    table = tidy_codings(CODINGS, SEGMENTS, silent, BOOK)
    assert table["quote"].isna().tolist() == [True, True, False, False]
    assert table["consent"].tolist() == ["none", "none", "internal", "internal"]
    assert quote_table(CODINGS, SEGMENTS, silent, BOOK).empty
    assert set(quote_table(CODINGS, SEGMENTS, silent, BOOK, internal=True)["document_id"]) == {"d2"}


def test_quotes_are_only_those_that_may_be_shown() -> None:
    quotes = quote_table(CODINGS, SEGMENTS, DOCUMENTS, BOOK)
    assert quotes["code"].tolist() == ["mandat", "driv", "eget"]
    assert quotes["quote"][0] == "Vi fick mandat av nämnden."
    silent = DOCUMENTS.assign(consent=["none", "quote"])
    assert quote_table(CODINGS, SEGMENTS, silent, BOOK)["document_id"].unique().tolist() == ["d2"]
    notes = DOCUMENTS.assign(verbatim="notes")
    assert quote_table(CODINGS, SEGMENTS, notes, BOOK).empty


def test_no_codings_give_tables_with_their_columns() -> None:
    none = CODINGS.iloc[:0]
    assert tidy_codings(none, SEGMENTS, DOCUMENTS, BOOK).empty
    assert "quote" in quote_table(none, SEGMENTS, DOCUMENTS, BOOK)
    matrix = code_matrix(none, SEGMENTS, BOOK)
    assert matrix[["mandat", "driv"]].to_numpy().sum() == 0
    assert len(matrix) == 3


def test_codings_of_other_texts_are_refused_and_the_input_is_left_alone() -> None:
    kept = CODINGS.copy()
    with pytest.raises(TableError, match="codings: 2 rows are of texts that are not in the tables"):
        tidy_codings(CODINGS, SEGMENTS.iloc[:1], DOCUMENTS, BOOK)
    with pytest.raises(TableError, match="codings: 2 rows"):
        tidy_codings(CODINGS, SEGMENTS, DOCUMENTS.iloc[:1], BOOK)
    pd.testing.assert_frame_equal(CODINGS, kept)
