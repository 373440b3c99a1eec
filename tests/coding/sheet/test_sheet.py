"""The coding sheet: blind and harmless when it leaves, read whole or refused whole when it comes back."""

import random
import shutil
import subprocess
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.coding.audit_sample import AuditSample
from evalkit.coding.codes import Code
from evalkit.coding.sheet import coding_sheet, read_coding_sheet, write_coding_sheet
from evalkit.coding.sheet.layout import CODES_PER_ROW, headings, row_key
from evalkit.errors import StoreError, TableError
from evalkit.study import Text
from tests.coding.sheet.conftest import BOOK, NAMES, SEGMENTS, Sheet, draw, present, row_of, sheet_of

LABELS = {"mandat": "Mandat", "driv": "Driv (driv)", "koherens": "Koherens: helhet", "driv_2": "driv (driv_2)"}
SAMPLE = replace(draw(), name="våren", secret="0f" * 16)
CONTENT = coding_sheet(present(SAMPLE), SEGMENTS, BOOK, coder="B", title="Ett litet projekt")


# ----------------------------------------------------------------------------------------------------- what leaves
def test_the_sheet_tells_nothing_that_a_blind_coder_must_not_know(tmp_path: Path) -> None:
    (tmp_path / "b.xlsx").write_bytes(CONTENT)
    with zipfile.ZipFile(tmp_path / "b.xlsx") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for secret in ("d1#0002", "first", "stratum", "rules", "probability", *SAMPLE.table["stratum"].unique()):
        assert secret not in everything
    assert "Vi hade inte mandat alls" in everything


def test_a_rows_id_tells_its_segment_to_nobody_who_has_the_sheet_only() -> None:
    """Segment ids can be guessed and the sample's digest is in the sheet; what makes the ids is in neither."""
    sheet = Sheet(CONTENT)
    cells = {str(cell.value) for tab in sheet.book.worksheets for row in tab.iter_rows() for cell in row}
    assert not any(SAMPLE.secret in cell for cell in cells)
    facts = {str(line[0]): str(line[1]) for line in sheet.book["evalkit"].iter_rows(values_only=True) if line[0]}
    keys = {sheet.tab.cell(row, 1).value for row in range(2, 12)}
    assert keys == {row_key(SAMPLE.secret, "B", id) for id in SAMPLE.table["segment_id"]}
    for known in ("", *facts.values()):
        assert keys.isdisjoint(row_key(known, "B", id) for id in SEGMENTS["segment_id"])


def test_no_cell_is_a_formula_and_texts_are_as_they_were() -> None:
    book = Sheet(CONTENT).book
    for tab in book.worksheets:
        assert {cell.data_type for row in tab.iter_rows() for cell in row} <= {"s", "n"}
    texts = [book["Kodning"].cell(row, 4).value for row in range(2, 12)]
    assert texts == SAMPLE.table["text"].tolist()
    assert any(text.startswith("=1+1") for text in texts)
    assert any(text.startswith("+46") for text in texts)


def test_only_the_answers_can_be_written_in() -> None:
    sheet = Sheet(CONTENT)
    assert sheet.tab.protection.sheet
    assert not sheet.tab.protection.password
    open_columns = {name for name, column in sheet.columns.items() if not sheet.tab.cell(2, column).protection.locked}
    assert open_columns == set(headings()) - {"key", "number", "question", "text"}
    assert sheet.tab.column_dimensions["A"].hidden
    assert sheet.book["evalkit"].sheet_state == "veryHidden"
    assert sheet.tab.freeze_panes == "E2"
    assert (sheet.tab.page_setup.orientation, sheet.tab.page_setup.paperSize) == ("landscape", 9)


def test_answers_are_chosen_from_lists() -> None:
    sheet = Sheet(CONTENT)
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.tab.data_validations.dataValidation}
    assert lists["E2:E11"] == "'Kodbok'!$A$2:$A$5"
    assert lists["F2:F11"] == '"+,-,?"'
    assert len(lists) == 2 * CODES_PER_ROW + 1
    assert [sheet.book["Kodbok"].cell(row, 1).value for row in range(2, 6)] == list(LABELS.values())


def test_the_question_stands_apart_from_the_answer() -> None:
    sheet = Sheet(CONTENT)
    row = row_of(SAMPLE, "d1#0002")
    assert sheet.tab.cell(row, 3).value == "Hur gick det hemma?"
    assert sheet.tab.cell(row, 3).font.italic
    assert [sheet.tab.cell(other, 3).value for other in range(2, 12) if other != row] == [""] * 9


def test_english_has_english_words() -> None:
    sheet = sheet_of(SAMPLE, lang="en")
    assert sheet.book.sheetnames == ["Read me", "Coding", "Codebook", "evalkit"]
    assert [cell.value for cell in sheet.tab[1]][:6] == [
        "Row id", "No.", "The question before (not coded)", "Text", "Code 1", "± 1",
    ]  # fmt: skip


def test_the_same_sample_gives_the_same_bytes_and_leaves_its_tables_alone() -> None:
    before = SAMPLE.table.copy(), SEGMENTS.copy()
    assert coding_sheet(present(SAMPLE), SEGMENTS, BOOK, coder="B", title="Ett litet projekt") == CONTENT
    pd.testing.assert_frame_equal(SAMPLE.table, before[0])
    pd.testing.assert_frame_equal(SEGMENTS, before[1])


def test_somebodys_work_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    write_coding_sheet(path, present(SAMPLE), SEGMENTS, BOOK, coder="B", title="x")
    with pytest.raises(StoreError, match=r"b.xlsx: exists already"):
        write_coding_sheet(path, present(SAMPLE), SEGMENTS, BOOK, coder="B", title="x")


@pytest.mark.parametrize(
    ("sample", "book", "coder", "message"),
    [
        (draw(), BOOK, "B", "store it first"),
        (replace(draw(), name="våren"), BOOK, "B", "store it first"),
        (SAMPLE, BOOK, " ", "the coder a name"),
        (SAMPLE, replace(BOOK, codes=()), "B", "the codebook has no codes"),
        (replace(SAMPLE, table=SAMPLE.table.assign(text="o" * 40_000)), BOOK, "B", "longer than the 32767 signs"),
    ],
)
def test_a_sheet_that_could_not_be_coded_is_not_made(sample: AuditSample, book: Any, coder: str, message: str) -> None:
    with pytest.raises((StoreError, TableError), match=message):
        coding_sheet(present(sample), SEGMENTS, book, coder=coder, title="x")


# -------------------------------------------------------------------------------------------------- what comes back
def pieces(text: str) -> st.SearchStrategy[str]:
    """Whole words of a text, or nothing."""
    words = text.split()
    starts = st.integers(0, len(words) - 1)
    spans = starts.flatmap(lambda a: st.integers(a + 1, len(words)).map(lambda b: " ".join(words[a:b])))
    return st.just("") | spans


@st.composite
def answers(draw_: Any, text: str) -> dict[str, str]:
    if draw_(st.booleans()):
        return draw_(st.sampled_from([{}, {"none": "ja"}, {"comment": "=2+2, eller?"}, {"none": "ja", "comment": "-"}]))
    codes = draw_(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=CODES_PER_ROW, unique=True))
    places = draw_(st.permutations(range(1, CODES_PER_ROW + 1)))
    filled = {}
    for n, code in zip(places, codes, strict=False):
        filled |= {f"code{n}": code, f"polarity{n}": draw_(st.sampled_from(["+", "-", "?", ""]))}
        filled[f"words{n}"] = draw_(pieces(text))
    return filled


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_filled_in_is_what_is_read(data: st.DataObject, tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    filled = {row.Index: data.draw(answers(row.text)) for row in SAMPLE.table.itertuples()}
    filled[0] = {"code3": "mandat", "polarity3": "", "words3": ""}  # at least one answer
    shown = data.draw(st.sampled_from([LABELS, {id: id for id in NAMES}]))
    for row, answer in filled.items():
        sheet.fill(row + 2, **{k: shown[v] if k.startswith("code") else v for k, v in answer.items() if v})
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert read.findings == ()
    expected = set()
    for row, answer in filled.items():
        for n in range(1, CODES_PER_ROW + 1):
            if code := answer.get(f"code{n}"):
                words = answer[f"words{n}"]
                expected.add((SAMPLE.table["segment_id"][row], code, answer[f"polarity{n}"] or "+", words))
    texts = SAMPLE.table.set_index("segment_id")["text"]
    found = set()
    for c in read.codings.itertuples():
        assert c.quote == texts[c.segment_id][c.start : c.end]
        words = "" if c.quote == texts[c.segment_id] else " ".join(c.quote.split())
        found.add((c.segment_id, c.code, c.polarity, words))
    whole = {id: " ".join(text.split()) for id, text in texts.items()}
    assert found == {(id, code, sign, "" if words == whole[id] else words) for id, code, sign, words in expected}
    done = {row for row, answer in filled.items() if "none" in answer or any(k.startswith("code") for k in answer)}
    assert {SAMPLE.table["segment_id"][row] for row in done} == set(read.readings["segment_id"])
    assert len(read.readings) + len(read.left) == SAMPLE.n
    comments = {SAMPLE.table["segment_id"][row]: a["comment"] for row, a in filled.items() if "comment" in a}
    assert dict(read.comments[["segment_id", "comment"]].to_numpy().tolist()) == comments


def test_what_programs_do_to_a_sheet_changes_nothing(tmp_path: Path) -> None:
    """Rows sorted, columns moved, blanks around, other signs, upper case, line breaks changed, empty rows below."""
    sheet = Sheet(CONTENT)
    row = row_of(SAMPLE, "d1#0002")
    sheet.fill(row, code1="  MANDAT ", polarity1="−", words1="»INTE mandat alls, men«", code2="koherens:  HELHET")
    sheet.fill(row, text="Vi hade inte mandat alls,\r\nmen chefen stod bakom oss. ")
    sheet.fill(row_of(SAMPLE, "d2#0001"), none=" Ja ")
    rows = [[cell.value for cell in line] for line in sheet.tab.iter_rows()]
    body = rows[1:]
    random.Random(3).shuffle(body)
    order = random.Random(4).sample(range(len(rows[0])), len(rows[0]))
    moved = openpyxl.Workbook()
    moved.active.title = "Blad 1"
    for number, line in enumerate([rows[0], *body, ["   "] * len(rows[0])], start=1):
        for column, place in enumerate(order, start=1):
            moved.active.cell(number, column, line[place]).data_type = "n" if isinstance(line[place], int) else "s"
    meta = moved.create_sheet("Evalkit")
    for line in sheet.book["evalkit"].iter_rows(values_only=True):
        meta.append(line)
    moved.save(tmp_path / "b.xlsx")
    read = read_coding_sheet(tmp_path / "b.xlsx", SAMPLE, BOOK)
    assert read.findings == ()
    codings = read.codings[["segment_id", "code", "polarity", "quote"]].to_numpy().tolist()
    assert codings == [
        ["d1#0002", "mandat", "-", "inte mandat alls,\nmen"],
        ["d1#0002", "koherens", "+", SAMPLE.table.set_index("segment_id")["text"]["d1#0002"]],
    ]
    assert read.assumed == 1
    assert sorted(read.readings["segment_id"]) == ["d1#0002", "d2#0001"]
    assert read.sentence() == (
        "B har kodat 1 text, läst 1 utan att koda och har 8 kvar. Koder utan tecken, räknade som +: 1."
    )


def test_words_typed_with_loose_marks_are_found(tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    row = row_of(SAMPLE, "d3#0002")
    sheet.fill(row, code1="Mandat", words1=unicodedata.normalize("NFD", "sa nämnden"))
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert read.findings == ()
    assert read.codings["quote"].tolist() == ["sa nämnden"]


FAULTS: list[tuple[dict[str, str], str]] = [
    ({"text": "Vi hade mandat."}, "the text is not the one that was sent"),
    ({"code1": "Påhittad"}, "what stands under 'Kod 1' is no code of the codebook"),
    ({"code1": "Mandat", "polarity1": "ja"}, "what stands under '± 1' is none of + - ?"),
    ({"code1": "Mandat", "polarity1": "+", "code2": "mandat", "polarity2": "-"}, "'mandat' has two signs, '+' and '-'"),
    ({"code1": "Mandat", "none": "ja"}, "has a code and is marked as having none"),
    ({"none": "kanske"}, "'Läst, ingen kod' is neither empty nor 'ja'"),
    ({"polarity4": "+"}, "'± 4' is filled in and its code is not"),
    ({"words2": "mandat"}, "'Ord som visar kod 2 (frivilligt)' is filled in and its code is not"),
    ({"code1": "Mandat", "words1": "hemligt ord"}, "'Ord som visar kod 1 (frivilligt)' is not in the text"),
    ({"key": "r0123456789ab"}, "belongs to another sample or coder, or has lost its id"),
    ({"key": "", "code1": "Mandat"}, "belongs to another sample or coder, or has lost its id"),
]


@pytest.mark.parametrize(("wrong", "message"), FAULTS)
def test_a_fault_is_one_line_with_its_tab_and_row_and_nothing_is_read(
    tmp_path: Path, wrong: dict[str, str], message: str
) -> None:
    sheet = Sheet(CONTENT)
    row = row_of(SAMPLE, "d1#0002")
    sheet.fill(row_of(SAMPLE, "d2#0001"), none="ja")
    sheet.fill(row, **wrong)
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert [(problem.file, problem.row) for problem in read.problems] == [("b.xlsx, tab Kodning", row)]
    assert message in read.problems[0].what
    assert str(read.problems[0]).startswith(f"b.xlsx, tab Kodning, row {row}: ")
    assert "hemligt" not in str(read.problems[0])
    assert read.codings.empty
    assert read.readings.empty
    assert read.left == ()


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    sheet.fill(3, code1="Påhittad", polarity2="+", none="ja")
    sheet.fill(5, code1="Mandat", none="ja")
    sheet.fill(7, **{"text": "Något annat."})
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert [problem.row for problem in read.problems] == [3, 3, 5, 7]
    assert read.sentence("en") == "b.xlsx: 4 problems; not imported."


def test_the_same_text_in_two_rows_is_a_fault(tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    sheet.fill(2, none="ja")
    sheet.fill(12, **{name: sheet.tab.cell(2, column).value for name, column in sheet.columns.items()})
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert [(p.row, p.what) for p in read.problems] == [(12, "is the same text as row 2")]


def test_a_row_of_another_coders_sheet_is_a_fault(tmp_path: Path) -> None:
    sheet, other = Sheet(CONTENT), sheet_of(SAMPLE, coder="C")
    other.fill(4, code1="Mandat")
    sheet.fill(4, **{name: other.tab.cell(4, column).value for name, column in other.columns.items()})
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert [p.row for p in read.problems] == [4]
    assert "another sample or coder" in read.problems[0].what


@pytest.mark.slow
def test_a_sheet_that_went_through_another_program(tmp_path: Path) -> None:
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("no LibreOffice here (Debian: apt-get install libreoffice-calc)")
    sheet = Sheet(CONTENT)
    sheet.fill(row_of(SAMPLE, "d1#0002"), code2="Mandat", polarity2="-", words2="inte  mandat", comment="=1+1")
    sheet.fill(row_of(SAMPLE, "d1#0003"), none="ja")
    path = sheet.save(tmp_path / "b.xlsx")
    once = read_coding_sheet(path, SAMPLE, BOOK)
    command = [program, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    subprocess.run([*command, "ods", "--outdir", tmp_path, path], check=True, capture_output=True)
    subprocess.run([*command, "xlsx", "--outdir", tmp_path, tmp_path / "b.ods"], check=True, capture_output=True)
    again = read_coding_sheet(path, SAMPLE, BOOK)
    assert again.findings == once.findings == ()
    for part in ("codings", "readings", "comments"):
        pd.testing.assert_frame_equal(getattr(again, part), getattr(once, part))


def test_a_row_that_was_removed_is_a_notice_and_stays_out(tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    sheet.fill(2, none="ja")
    sheet.tab.delete_rows(5)
    read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), SAMPLE, BOOK)
    assert [(f.severity, f.what) for f in read.findings] == [("notice", "1 of 10 texts have no row")]
    assert (len(read.left), read.missing, len(read.readings)) == (8, 1, 1)


def test_what_is_wrong_with_the_whole_sheet(tmp_path: Path) -> None:
    def told(change: Any, sample: AuditSample = SAMPLE) -> str:
        sheet = Sheet(CONTENT)
        sheet.fill(2, none="ja")
        change(sheet)
        read = read_coding_sheet(sheet.save(tmp_path / "b.xlsx"), sample, BOOK)
        assert read.readings.empty
        return " | ".join(map(str, read.problems))

    assert "nothing is filled in" in told(lambda sheet: sheet.fill(2, none=""))
    assert "has no rows" in told(lambda sheet: sheet.tab.delete_rows(2, 20))
    assert "the columns 'Kod 3' are missing" in told(lambda sheet: sheet.tab.delete_cols(sheet.columns["code3"]))
    assert "the columns 'Text' are missing" in told(lambda sheet: sheet.tab.delete_cols(sheet.columns["text"]))
    assert "has no tab with the texts" in told(lambda sheet: sheet.book.remove(sheet.tab))
    assert "more than once" in told(lambda sheet: sheet.book.copy_worksheet(sheet.tab))
    assert "is no coding sheet" in told(lambda sheet: sheet.book.remove(sheet.book["evalkit"]))
    assert "is not for the sample 'hösten'" in told(lambda sheet: None, replace(SAMPLE, name="hösten"))
    assert "is not for the sample 'våren'" in told(lambda sheet: None, replace(draw(seed=2), name="våren"))
    assert "1 merged cells" in told(lambda sheet: sheet.tab.merge_cells("E3:E4"))
    assert "formulas without a saved result" in told(lambda sheet: sheet.tab.cell(3, 6, "=1+1"))


@pytest.mark.parametrize("content", [b"", b"Kod;Text\n", b"PK\x03\x04nonsense", bytes.fromhex("d0cf11e0a1b11ae1")])
def test_what_is_no_workbook_is_one_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.xlsx").write_bytes(content)
    read = read_coding_sheet(tmp_path / "b.xlsx", SAMPLE, BOOK)
    assert len(read.problems) == 1
    assert read.problems[0].file == "b.xlsx"
    missing = read_coding_sheet(tmp_path / "c.xlsx", SAMPLE, BOOK)
    assert missing.problems[0].what == "cannot be read (No such file or directory)"


def test_another_version_of_the_codebook_is_a_notice_while_the_codes_are_there(tmp_path: Path) -> None:
    sheet = Sheet(CONTENT)
    sheet.fill(2, code1="Mandat", polarity1="+")
    path = sheet.save(tmp_path / "b.xlsx")
    renamed = tuple(replace(code, name=Text(sv=f"Ny {code.id}", en=f"New {code.id}")) for code in BOOK.codes)
    read = read_coding_sheet(path, SAMPLE, replace(BOOK, codes=renamed, version="1.1"))
    assert [finding.severity for finding in read.findings] == ["notice"]
    assert "another version of the codebook" in read.findings[0].what
    assert read.codings["code"].tolist() == ["mandat"]
    assert read.codebook_version == BOOK.codebook_version
    without = replace(BOOK, codes=(Code("driv", Text(sv="Mandat", en="Mandat")),), version="1.1")
    assert "code 'mandat' is no longer in the codebook" in read_coding_sheet(path, SAMPLE, without).problems[0].what
