import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.sources import find_registers, read_register
from evalkit.tables import as_register


def put(study, name, content):
    path = study.raw / "registers" / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def book(study, name="attendance.xlsx", *, rows=(("Unit ", "session"), ("K01", 1))):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    return workbook, study.raw / "registers" / name


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_however_it_was_saved(study, sign, encoding):
    rows = [
        ["Unit", " N_present ", "Group"],
        ["K01", "3", "Östra, a"],
        ["", "", ""],
        ["K02", "n/a", "rad\nbrytning; ja"],
    ]
    text = "\r\n".join(sign.join(f'"{cell}"' for cell in row) for row in rows)
    table, findings = read_register(put(study, "attendance.csv", text.encode(encoding)), root=study.root)
    assert findings == []
    assert list(table.columns) == ["unit", "n_present", "group", "source_file", "source_row"]
    assert list(table["group"]) == ["Östra, a", "rad\nbrytning; ja"]
    assert list(table["n_present"]) == ["3", "n/a"]
    assert list(table["source_row"]) == [2, 4]
    assert set(table["source_file"]) == {"data/raw/registers/attendance.csv"}
    assert table["unit"].dtype == "str"


CELLS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6))
def test_what_is_written_is_read(tmp_path_factory, rows):
    from evalkit.sources.text import normalise_text

    path = tmp_path_factory.mktemp("r") / "people.csv"
    pd.DataFrame(rows, columns=["a", "b"]).to_csv(path, index=False)
    table, _ = read_register(path, root=path.parent)
    kept = [[normalise_text(cell).text.strip() for cell in row] for row in rows]
    assert table[["a", "b"]].to_numpy().tolist() == [row for row in kept if any(row)]


@pytest.mark.parametrize(
    ("content", "row", "what"),
    [
        ("unit,unit\nK01,K02\n", 1, "stands twice"),
        ("unit,session\nK01,1,extra\n", 2, "no column name"),
        ('unit,session\nK01,"1\n', 2, "quotes"),
        (b"unit\n\x81\n", None, "byte 5"),
    ],
)
def test_a_csv_that_would_lose_something_is_a_problem(study, content, row, what):
    _, findings = read_register(put(study, "attendance.csv", content), root=study.root)
    assert [(f.severity, f.row) for f in findings] == [("problem", row)]
    assert what in findings[0].what


def test_short_rows_and_empty_files_are_notices(study):
    table, findings = read_register(put(study, "attendance.csv", "unit,session\nK01\n"), root=study.root)
    assert table.loc[0, "session"] == ""
    assert [(f.severity, f.row) for f in findings] == [("notice", 2)]
    table, findings = read_register(put(study, "hours.csv", ""), root=study.root)
    assert table.empty
    assert list(table.columns) == ["source_file", "source_row"]
    assert [f.severity for f in findings] == ["notice"]


def test_excels_hint_about_the_separator_is_a_row(study):
    table, _ = read_register(put(study, "attendance.csv", "sep=;\r\nunit;session\r\nK01;1\r\n"), root=study.root)
    assert table.loc[0, ["unit", "session", "source_row"]].tolist() == ["K01", "1", 3]


def test_a_workbook(study):
    rows = [
        ("Unit ", "Date", "start", "n", "share", "ok", "mode"),
        ("K01", dt.datetime.fromisoformat("2017-03-14"), dt.time(9, 30), 3.0, 0.25, True, "n/a"),
        (None,) * 7,
        ("K02", dt.datetime.fromisoformat("2017-03-15 09:30"), "09:30", 4, "1,5", False, None),
    ]
    workbook, path = book(study, rows=rows)
    workbook.active["G2"].font = openpyxl.styles.Font(bold=True)
    workbook.save(path)
    table, findings = read_register(path, root=study.root)
    assert findings == []
    assert table.iloc[0].tolist()[:7] == ["K01", "2017-03-14", "09:30", "3", "0.25", "true", "n/a"]
    assert table.iloc[1].tolist()[:7] == ["K02", "2017-03-15 09:30", "09:30", "4", "1,5", "false", ""]
    assert list(table["source_row"]) == [2, 4]


def test_merged_cells_formulas_and_other_sheets_are_told(study):
    workbook, path = book(study)
    workbook.active["A3"], workbook.active["B3"] = "K02", "=1+1"
    workbook.active.merge_cells("A3:A5")
    workbook.create_sheet("Mer")
    workbook.save(path)
    _, findings = read_register(path, root=study.root)
    told = {f.what.split(" (")[0]: f for f in findings}
    assert "A3:A5" in told["1 merged cells"].what
    assert "B3" in told["1 formulas without a saved result"].what
    assert [f.severity for f in findings] == ["problem", "problem", "notice"]


def test_a_far_cell_is_refused_at_once(study):
    workbook, path = book(study)
    workbook.active.cell(1_048_576, 16_384, "x")
    workbook.save(path)
    table, findings = read_register(path, root=study.root)
    assert table.empty
    assert [f.severity for f in findings] == ["problem"]
    assert "XFD1048576" in findings[0].what


def test_formatted_but_empty_cells_do_not_widen_a_sheet(study):
    workbook, path = book(study)
    workbook.active["Z900"].font = openpyxl.styles.Font(bold=True)
    workbook.save(path)
    table, findings = read_register(path, root=study.root)
    assert (len(table), findings) == (1, [])


def test_a_workbook_with_a_document_type_is_refused(study):
    workbook, path = book(study)
    workbook.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in parts:
        parts[name] = parts[name].replace(b"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet', 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    _, findings = read_register(path, root=study.root)
    assert "document type" in findings[0].what


def test_what_is_no_workbook_is_a_problem(study):
    _, findings = read_register(put(study, "hours.xlsx", b"not a zip"), root=study.root)
    assert [f.severity for f in findings] == ["problem"]
    _, findings = read_register(study.raw / "registers" / "gone.csv", root=study.root)
    assert [f.severity for f in findings] == ["problem"]


def test_registers_are_found_and_the_rest_is_told(study):
    for name in (
        "attendance.csv",
        "people.csv",
        "people.xlsx",
        "atendance.csv",
        "Hours.CSV",
        "hours.xls",
        "~$hours.xlsx",
    ):
        put(study, name, "unit\nK01\n")
    found, findings = find_registers(study)
    assert {name: path.name for name, path in found.items()} == {"attendance": "attendance.csv", "hours": "Hours.CSV"}
    told = {f.file.rpartition("/")[2]: (f.severity, str(f)) for f in findings}
    assert told["people.csv"][0] == "problem"
    assert "attendance.csv" in told["atendance.csv"][1]
    assert told["hours.xls"][0] == "problem"
    assert len(findings) == 3


def test_a_register_goes_on_into_its_table(study):
    raw, _ = read_register(put(study, "attendance.csv", "unit;session;n_present\nK01;1;3\n"), root=study.root)
    table, findings = as_register("attendance", raw)
    assert findings == []
    assert table.loc[0, "n_present"] == 3


def test_a_real_table(study, real):
    table, findings = read_register(put(study, "survey.csv", (real / "survey456.csv").read_bytes()), root=study.root)
    assert len(table) > 0
    assert not [f for f in findings if f.severity == "problem"]
