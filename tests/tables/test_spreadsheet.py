"""Tables for Excel hold no live formula, whatever was said or typed."""

import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from evalkit.errors import TableError
from evalkit.tables import as_csv, as_xlsx

LIVE = ['=HYPERLINK("http://x")', "+46 70", "-ja precis", "@sum", "\t=1+1"]


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quote": [*LIVE, "-", "åäö"],
            "n": pd.array([1, 2, None, 4, 5, 6, 7], dtype="Int64"),
            "when": pd.to_datetime(["2017-03-14", None, *["2018-01-01"] * 5]),
            "rests_on": [("a", "b"), *[()] * 6],
        }
    )


def test_a_csv_for_excel_has_a_mark_and_no_formula() -> None:
    content = as_csv(table())
    assert content.startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(io.BytesIO(content), encoding="utf-8-sig", keep_default_na=False)
    assert read["quote"].tolist() == [*("'" + text for text in LIVE), "-", "åäö"]
    assert read["rests_on"][0] == "a b"


def test_a_workbook_holds_texts_as_texts() -> None:
    content = as_xlsx({"Citat": table()})
    assert content == as_xlsx({"Citat": table()})
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Citat"]
    assert [sheet.cell(row, 1).value for row in range(2, 9)] == [*LIVE, "-", "åäö"]
    assert {sheet.cell(row, 1).data_type for row in range(2, 9)} == {"s"}
    assert [sheet.cell(row, 2).value for row in range(2, 5)] == [1, 2, None]
    assert sheet.cell(2, 3).value == "2017-03-14"
    assert sheet.freeze_panes == "A2"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_times_tuples_and_the_unending_are_written_as_they_are() -> None:
    odd = pd.DataFrame(
        {"at": pd.to_datetime(["2017-03-14 09:30:00"]), "who": [("A", "B")], "n": [float("inf")], "c": ["x"]}
    ).astype({"c": "category"})
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx({"x": odd})))["x"]
    assert [cell.value for cell in sheet[2]] == ["2017-03-14 09:30:00", "A B", "inf", "x"]
    live = pd.DataFrame({"c": pd.Categorical(["=1+1"]), "s": pd.array(["\n=1+1"], dtype="string"), "t": [("=1", "x")]})
    read = pd.read_csv(io.BytesIO(as_csv(live)), encoding="utf-8-sig")
    assert read.iloc[0].tolist() == ["'=1+1", "'\n=1+1", "'=1 x"]


def test_a_text_that_no_cell_can_hold_is_refused() -> None:
    with pytest.raises(TableError, match="row 1 has a text of 40000 signs"):
        as_xlsx({"x": pd.DataFrame({"text": ["a" * 40_000]})})


@pytest.mark.parametrize("rows", [0, 1])
def test_small_tables_are_tables_too(rows: int) -> None:
    small = table().iloc[:rows]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx({"x": small})))["x"]
    assert sheet.max_row == 1 + rows
    assert as_csv(small).count(b"\n") == 1 + rows


def test_the_table_is_left_as_it_was() -> None:
    given, kept = table(), table()
    as_csv(given)
    as_xlsx({"x": given})
    pd.testing.assert_frame_equal(given, kept)
