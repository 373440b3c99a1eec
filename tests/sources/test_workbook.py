"""All sheets of a workbook, each looked at before it is read."""

from pathlib import Path

import openpyxl
import pytest

from evalkit.errors import SourceError
from evalkit.sources.guarded import run_guarded
from evalkit.sources.workbook import read_sheets, read_workbook


def book(path: Path) -> Path:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Ett & två"
    workbook.active.append(["a", 1])
    hidden = workbook.create_sheet("Gömd")
    hidden.sheet_state = "veryHidden"
    hidden["B3"] = "längst ned"
    hidden["A4"] = "=1+1"
    workbook.create_sheet("Tom")
    workbook.save(path)
    return path


def test_every_sheet_is_read_with_its_own_rows_and_losses(tmp_path: Path) -> None:
    sheets = run_guarded("evalkit.sources.workbook:read_sheets", book(tmp_path / "b.xlsx"))
    assert [sheet["name"] for sheet in sheets] == ["Ett & två", "Gömd", "Tom"]
    assert [sheet["rows"] for sheet in sheets] == [[[1, ["a", "1"]]], [[3, ["", "längst ned"]]], []]
    assert [len(sheet["losses"]) for sheet in sheets] == [0, 1, 0]
    assert "formulas without a saved result (A4)" in sheets[1]["losses"][0][1]


def test_the_first_sheet_alone_is_what_it_was(tmp_path: Path) -> None:
    first = read_workbook(book(tmp_path / "b.xlsx"))
    assert first == {"rows": [[1, ["a", "1"]]], "losses": [], "sheets": 3}


def test_a_cell_far_away_is_found_on_any_sheet(tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(book(tmp_path / "b.xlsx"))
    workbook["Tom"].cell(100_001, 1, "x")
    workbook.save(tmp_path / "b.xlsx")
    with pytest.raises(SourceError, match="a cell far away"):
        read_sheets(tmp_path / "b.xlsx")
    assert read_workbook(tmp_path / "b.xlsx")["sheets"] == 3
