"""Tables of codings and readings, carried over to corrected documents and their new segments."""

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from evalkit.coding.anchors import REASONS, carry_over, carry_readings, in_new_segments
from evalkit.corpus import segment_documents
from evalkit.errors import TableError
from evalkit.tables import empty_table, schema_columns

FIRST = (
    "I: Hur började det för er?\n\n"
    "R: Vi fick ett tydligt mandat av nämnden redan i mars. Det räckte för hela året.\n\n"
    "I: Vad hände sedan?\n\n"
    "R: Förvaltningen bytte chef i augusti och då stannade hela arbetet av en tid.\n\n"
    "Sedan tog vi ny fart efter jul.\n\n"
)
SECOND = "I: Vad tar ni med er?\n\nR: Att någon i ledningen måste fråga efter resultatet, annars händer ingenting.\n\n"


def documents(**texts):
    rows = [
        {
            "document_id": id, "kind": "intervju", "unit": "K01", "session": 1, "date": None, "verbatim": "yes",
            "consent": "quote", "path": f"{id}.txt", "encoding": "utf-8", "source_sha256": "", "text": text,
            "text_sha256": "",
        }
        for id, text in texts.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype(schema_columns("documents"))


def segments(table, study):
    return segment_documents(table, empty_table("speakers"), study)[0]


def coding(number, document, quote, text):
    start = text.index(quote)
    return {
        "coding_id": f"c{number}", "document_id": document, "segment_id": f"{document}#0099", "start": start,
        "end": start + len(quote), "code": "mandat", "polarity": "+", "quote": quote, "coder": "anna",
    }  # fmt: skip


@pytest.fixture
def codings():
    return pd.DataFrame(
        [
            coding(1, "d2", "måste fråga efter resultatet", SECOND),
            coding(2, "d1", "ett tydligt mandat av nämnden", FIRST),
            coding(3, "d1", "stannade hela arbetet av", FIRST),
        ],
        index=[7, 3, 5],
    )


CORRECTED = "I: Får jag spela in?\n\nR: Javisst.\n\n" + FIRST.replace("tydligt mandat", "tydligt  mandat")


def test_each_coding_follows_its_own_document(codings):
    before = codings.copy()
    carried = carry_over(codings, documents(d1=FIRST, d2=SECOND), documents(d2=SECOND, d1=CORRECTED))
    assert_frame_equal(codings, before)
    table = carried.table
    assert table.index.tolist() == [7, 3, 5]
    assert table["status"].tolist() == ["same", "edited", "moved"]
    assert table["old_start"].tolist() == codings["start"].tolist()
    assert table["rests_on"].tolist() == [("c1",), ("c2",), ("c3",)]
    assert table["code"].tolist() == ["mandat"] * 3
    assert CORRECTED[table.loc[3, "start"] : table.loc[3, "end"]] == table.loc[3, "quote"]
    assert carried.caption("sv") == "n = 3: 1 oförändrade, 1 flyttade, 1 ändrade, 0 osäkra, 0 borta."
    assert carried.sentence("en") == "3 of 3 followed the text."


def test_a_document_that_was_split_loses_its_codings_with_the_reason(codings):
    carried = carry_over(codings, documents(d1=FIRST, d2=SECOND), documents(d2=SECOND, d1a=FIRST[:90], d1b=FIRST[90:]))
    assert carried.table["status"].tolist() == ["same", "lost", "lost"]
    assert set(carried.to_decide["reason"]) == {"no document"}
    assert carried.placed["coding_id"].tolist() == ["c1"]
    assert carried.sentence("en").endswith(f"2 need a decision: {REASONS['no document'][1]} (2).")
    assert "2 behöver ett beslut" in carried.sentence("sv")


def test_no_codings_give_no_rows(codings):
    carried = carry_over(codings.iloc[:0], documents(d1=FIRST), documents(d1=FIRST))
    assert len(carried.table) == 0
    assert carried.caption("en").startswith("n = 0")


def test_tables_that_do_not_fit_are_refused(codings):
    both = documents(d1=FIRST, d2=SECOND)
    with pytest.raises(TableError, match="2 rows are of documents that the old table does not have"):
        carry_over(codings, documents(d2=SECOND), both)
    with pytest.raises(TableError, match="new documents: 1 document ids stand more than once"):
        carry_over(codings, both, pd.concat([both, both.iloc[:1]]))
    with pytest.raises(TableError, match="column 'start' is missing"):
        carry_over(codings.drop(columns="start"), both, both)
    with pytest.raises(TableError, match="old documents: column 'text' is missing"):
        carry_over(codings, both.drop(columns="text"), both)


def test_a_paragraph_put_in_shifts_the_numbers_and_codings_get_the_new_ones(codings, study):
    old, new = documents(d1=FIRST, d2=SECOND), documents(d1=CORRECTED, d2=SECOND)
    cut = segments(new, study)
    table = in_new_segments(carry_over(codings, old, new), cut).table
    texts = cut.set_index("segment_id")["text"]
    assert table["segment_id"].tolist() == ["d2#0002", "d1#0004", "d1#0006"]
    for row in table.itertuples():
        assert row.quote in texts[row.segment_id]


def test_a_coding_over_two_segments_belongs_to_the_one_with_most_of_its_words(study):
    quote = "av en tid.\n\nSedan tog vi ny fart"
    old = documents(d1=FIRST)
    carried = carry_over(pd.DataFrame([coding(1, "d1", quote, FIRST)]), old, old)
    assert in_new_segments(carried, segments(old, study)).table["segment_id"].tolist() == ["d1#0005"]


def test_a_coding_outside_every_segment_is_uncertain_with_its_place(study):
    old = documents(d1=FIRST)
    carried = carry_over(pd.DataFrame([coding(1, "d1", "Vad hände sedan", FIRST)]), old, old)
    cut = segments(old, study)
    row = in_new_segments(carried, cut[cut["segment_id"] != "d1#0003"]).table.iloc[0]
    assert (row["status"], row["reason"]) == ("uncertain", "no segment")
    assert pd.isna(row["start"])
    assert pd.isna(row["segment_id"])
    assert row["candidates"] == ((FIRST.index("Vad hände sedan"), FIRST.index("Vad hände sedan") + 15),)


def readings(cut, *, coder="anna"):
    table = cut[["segment_id", "document_id"]].assign(
        coder=coder, independent=True, sample=None, stratum=None, probability=None, read_at=pd.NaT
    )
    return table.astype(schema_columns("readings"))


def carried_readings(new_text, study):
    old, new = documents(d1=FIRST), documents(d1=new_text)
    before, after = segments(old, study), segments(new, study)
    return carry_readings(readings(before), old, new, before, after).table, after


def test_readings_follow_their_segments(study):
    table, after = carried_readings(CORRECTED, study)
    assert table["old_segment_id"].tolist() == [f"d1#{n:04d}" for n in range(1, 6)]
    assert table["segment_id"].tolist() == [f"d1#{n:04d}" for n in range(3, 8)]
    assert set(table["segment_id"]) <= set(after["segment_id"])
    assert table["independent"].all()


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        ("redan i mars", "redan i april", True),
        ("hela året.", "hela året sedan.", True),
        ("hela året.", "hela året, och mer än så behövde ingen av oss i gruppen.", False),
        ("mars. Det", "mars.\n\nR: Det", False),
        ("av nämnden redan i mars", "från styrelsen långt senare under hösten", False),
    ],
)
def test_a_reading_holds_while_few_words_changed_and_the_segment_is_one(before, after, holds, study):
    table, _ = carried_readings(FIRST.replace(before, after), study)
    row = table.set_index("old_segment_id").loc["d1#0002"]
    assert (row["segment_id"] == "d1#0002") is holds
    assert (row["status"] == "uncertain") is not holds
    others = table[table["old_segment_id"] != "d1#0002"]
    assert others["segment_id"].notna().all()


def test_segments_that_were_joined_do_not_share_a_reading(study):
    table, _ = carried_readings(FIRST.replace("tid.\n\nSedan", "tid. Sedan"), study)
    joined = table.set_index("old_segment_id").loc[["d1#0004", "d1#0005"]]
    assert joined["reason"].tolist() == ["other segment"] * 2
    assert joined["segment_id"].isna().all()
    assert joined["candidates"].str.len().tolist() == [1, 1]


def test_readings_of_unknown_segments_are_refused(study):
    old = documents(d1=FIRST)
    cut = segments(old, study)
    with pytest.raises(TableError, match="readings: 1 rows are of segments that the old table does not have"):
        carry_readings(readings(cut), old, old, cut.iloc[1:], cut)
