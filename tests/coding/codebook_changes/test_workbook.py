"""A codebook goes to a workbook and back and is the same; what is wrong in a workbook is told by sheet and row."""

import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from evalkit.coding.codebook import parse_codebook, read_codebook
from evalkit.coding.codebook_changes import codebook_from_xlsx, codebook_to_xlsx
from evalkit.errors import CodebookError
from evalkit.shipped import codebook_path
from tests.coding.codebook_changes.books import BOOK, COMMENTS, codebooks, content, parsed


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "kodbok.xlsx"
    path.write_bytes(codebook_to_xlsx(parse_codebook(BOOK)))
    return path


@pytest.fixture
def toml(tmp_path):
    path = tmp_path / "codebook.toml"
    path.write_text(BOOK, encoding="utf-8")
    return path


def change(path: Path, *edits) -> None:
    """Change cells as (sheet, cell, value); None for the cell takes the sheet away."""
    book = openpyxl.load_workbook(path)
    for sheet, cell, value in edits:
        if cell is None:
            del book[sheet]
        else:
            book[sheet][cell] = value
    book.save(path)


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(book=codebooks())
def test_any_codebook_comes_back_the_same(book, tmp_path):
    path = tmp_path / "kodbok.xlsx"
    path.write_bytes(codebook_to_xlsx(book))
    source = codebook_from_xlsx(path)
    back = parse_codebook(source)
    assert content(back) == content(book)
    assert codebook_to_xlsx(back) == path.read_bytes()


def test_the_shipped_codebook_comes_back_the_same(tmp_path):
    book = read_codebook(codebook_path())
    path = tmp_path / "kodbok.xlsx"
    path.write_bytes(codebook_to_xlsx(book))
    assert parsed(codebook_from_xlsx(path)) == content(book)
    kept = codebook_from_xlsx(path, keep_rules_of=codebook_path())
    assert kept == codebook_path().read_text(encoding="utf-8")


def test_no_cell_is_a_formula_and_every_cell_is_text(path):
    change(path, ("codes", "A1", "id"))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["codes", "rules", "groupings", "codebook"]
    cells = [cell for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}


def test_one_row_per_code_with_both_languages(path):
    sheet = openpyxl.load_workbook(path)["codes"]
    titles, first, *rest = sheet.iter_rows(values_only=True)
    assert titles[:4] == ("id", "name_sv", "name_en", "definition_sv")
    assert first[:5] == ("mandat", "Mandat", "Mandate", "Rätt att bestämma.", "Rätt att bestämma.")
    assert [row[0] for row in rest] == ["stod", "nara", "driv"]
    rules = list(openpyxl.load_workbook(path)["rules"].iter_rows(min_row=2, values_only=True))
    assert rules[0][:3] == ("mandat", None, "mandat|befogenhet")
    assert rules[1][3:5] == ("få\nuppdrag", "2")
    assert rules[3][1] == "stod.egen"


def test_texts_changed_in_the_workbook_go_into_the_file_and_nothing_else_does(path, toml):
    change(
        path,
        ("codes", "D2", "Rätten."),
        ("codes", "E2", "The right."),
        ("codes", "B4", "Intill"),
        ("codes", "C4", None),
    )
    source = codebook_from_xlsx(path, keep_rules_of=toml)
    lines = zip(BOOK.splitlines(), source.splitlines(), strict=True)
    assert [new for old, new in lines if old != new] == [
        'definition = { sv = "Rätten.", en = "The right." }',
        'name = "Intill"',
    ]


def test_codes_added_taken_away_and_moved_keep_the_rules_of_the_others(path, toml):
    book = openpyxl.load_workbook(path)
    sheet = book["codes"]
    sheet.insert_rows(2)
    for cell, value in (("A2", "ny"), ("B2", "Ny"), ("L2", "driv")):
        sheet[cell] = value
    del book["groupings"]
    book.save(path)
    source = codebook_from_xlsx(path, keep_rules_of=toml)
    after, before = parse_codebook(source), parse_codebook(BOOK)
    assert after.ids == ("ny", "mandat", "stod", "nara", "driv")
    assert after.label("ny", "en") == "Ny"
    assert after.groupings == before.groupings
    assert [after.code(id) for id in before.ids] == list(before.codes)
    assert [comment for comment in COMMENTS if comment not in source] == []
    book["codes"].delete_rows(2)
    book["codes"].delete_rows(4)  # nara, which a grouping holds
    book.save(path)
    with pytest.raises(CodebookError, match="grouping 'varv': code 'nara' is not in the codebook"):
        codebook_from_xlsx(path, keep_rules_of=toml)


def test_a_list_of_codes_alone_is_a_codebook(tmp_path):
    path = tmp_path / "koder.xlsx"
    book = openpyxl.Workbook()
    for row in (["ID", "name", "Definition", "parent"], ["a", "A", "Allt.", None], [None] * 4, ["b", "B", None, "a"]):
        book.active.append(row)
    book.save(path)
    codes = parse_codebook(codebook_from_xlsx(path))
    assert (codes.version, codes.ids, codes.ancestors("b")) == ("1.0", ("a", "b"), ("a",))
    assert (codes.label("a", "en"), codes.code("a").definition.en, codes.code("a").rules) == ("A", "Allt.", ())


def test_a_workbook_edited_in_a_spreadsheet_program_is_read(path):
    change(path, ("rules", "I3", False), ("rules", "E3", 4), ("codebook", "B2", 1.5), ("rules", "H2", "−"))
    book = parse_codebook(codebook_from_xlsx(path))
    assert book.version == "1.5"
    first, second = book.code("mandat").rules
    assert (first.polarity, second.negatable, second.pattern.gap) == ("-", False, 4)


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([("codes", "A3", "mandat")], "sheet codes, row 3: id 'mandat' stands in row 2 too; give each its own"),
        ([("codes", "A3", "st öd"), ("rules", None, None)], "sheet codes, row 3: code 'st öd': id has a sign"),
        ([("codes", "A3", None)], "sheet codes, row 3: id is empty; fill it in, or empty the whole row"),
        ([("codes", "L4", "okänd")], "sheet codes, row 4: code 'nara': parent 'okänd' is not a code"),
        ([("codes", "L3", "nara")], r"sheet codes, row 3: code 'stod': parents go in a circle \(stod → nara → stod\)"),
        ([("codes", "M2", "blå")], "sheet codes, row 2: code 'mandat': colour is 'blå'"),
        ([("codes", "B1", "namn")], "sheet codes: column 'namn' is not known; allowed are id, name_sv"),
        ([("codes", "B1", "name_en")], "sheet codes: column 'name_en' stands more than once"),
        ([("codes", "A1", None)], "sheet codes: column 'id' is missing"),
        ([("codes", None, None)], "has no sheet called 'codes'"),
        ([("rules", "A3", "x")], "sheet rules, row 3: code 'x' is not in the sheet codes"),
        ([("rules", "C2", "två ord")], "sheet rules, row 2: code 'mandat', rule 'mandat.1': words, pattern 1"),
        ([("rules", "C2", None)], "sheet rules, row 2: code 'mandat', rule 'mandat.1': has no 'words' or 'sequence'"),
        ([("rules", "C2", "a, b")], r"sheet rules, row 2: words has ',' or ';' after a word; write one pattern a line"),
        ([("rules", "E3", "nära")], "sheet rules, row 3: gap must be a whole number"),
        ([("rules", "E3", "99")], "sheet rules, row 3: code 'mandat', rule 'mandat.2': gap is 99; allowed are 0 to 50"),
        ([("rules", "I3", "kanske")], "sheet rules, row 3: negatable must be true or false"),
        ([("rules", "H3", "minus")], "sheet rules, row 3: code 'mandat', rule 'mandat.2': polarity must be one of"),
        ([("rules", "B4", "stod.egen")], "sheet rules, row 5: id 'stod.egen' stands in row 4 too"),
        ([("groupings", "L2", "x")], "sheet groupings, row 2: code 'x' is not in the sheet codes"),
        ([("groupings", "B2", "ruta")], "sheet groupings, row 2: kind must be matrix or cycle"),
        ([("groupings", "F3", "1")], "sheet groupings, row 3: the matrix has two codes in row 1, column 1"),
        ([("groupings", "I3", "2")], "sheet groupings, row 3: the matrix 'fyra' has no code in row 1, column 2"),
        ([("groupings", "E4", "mitten")], "sheet groupings, row 4: place must be step, hub or between"),
        ([("groupings", "E4", "hub")], "sheet groupings, row 6: a cycle has one hub"),
        ([("groupings", "E4", "between")], "sheet groupings, row 6: the cycle 'varv' needs at least two steps"),
        ([("codebook", "A2", "versoin")], "sheet codebook, row 2: key 'versoin' is not known; allowed are version"),
        ([("codebook", "B3", "de")], 'language must be one of "sv"'),
        ([("codes", "D2", "=1+1")], "sheet codes: 1 formulas without a saved result"),
    ],
)
def test_what_is_wrong_is_told_by_sheet_and_row(path, edits, message):
    change(path, *edits)
    with pytest.raises(CodebookError, match=message) as caught:
        codebook_from_xlsx(path)
    assert str(caught.value).startswith("CodebookError: kodbok.xlsx")
    assert "\n" not in str(caught.value)


def test_merged_cells_are_told(path):
    book = openpyxl.load_workbook(path)
    book["codes"].merge_cells("B2:B3")
    book.save(path)
    with pytest.raises(CodebookError, match=r"sheet codes: 1 merged cells \(B2:B3\).*Unmerge"):
        codebook_from_xlsx(path)


def test_files_that_are_no_workbooks(tmp_path):
    with pytest.raises(CodebookError, match=r"nej.xlsx: is no file"):
        codebook_from_xlsx(tmp_path / "nej.xlsx")
    path = tmp_path / "text.xlsx"
    path.write_bytes(b"id;name")
    with pytest.raises(CodebookError, match=r"text\.xlsx: ") as caught:
        codebook_from_xlsx(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "message"), [("a\x07", r"has the sign U\+0007"), ("å" * 40_000, "has 40000 signs")])
def test_what_no_cell_holds_is_refused_and_not_cut(text, message):
    escaped = text.replace("\x07", "\\u0007")
    book = parse_codebook(BOOK.replace("Rätt att bestämma.", escaped))
    with pytest.raises(CodebookError, match=rf"sheet codes, definition_sv of 'mandat': {message}"):
        codebook_to_xlsx(book)


def test_the_bytes_are_a_workbook_of_the_same_bytes():
    book = parse_codebook(BOOK)
    assert codebook_to_xlsx(book) == codebook_to_xlsx(book)
    assert openpyxl.load_workbook(io.BytesIO(codebook_to_xlsx(book)))["codes"].freeze_panes == "B2"
