"""evalkit codebook and evalkit sample, as a user types them."""

import json
from pathlib import Path

import openpyxl
import pytest

from evalkit.cli import run
from evalkit.coding import read_codebook
from evalkit.coding.store import add_coding, open_store
from evalkit.pipeline import ingest_study, run_study
from evalkit.study import Study, load_study
from evalkit.tables import read_table

Captured = pytest.CaptureFixture[str]

CODEBOOK = """# kommentaren står kvar
version = "1.0"

[[codes]]
id = "mandat"
name = { sv = "Mandat", en = "Mandate" }
definition = "Rätt att ändra."
rules = [ { words = ["mandat"] }, { words = ["delegation"] } ]

[[codes]]
id = "driv"
name = { sv = "Driv", en = "Drive" }
rules = [ { words = ["driv", "fart"] }, { words = ["fart"] } ]

[[codes]]
id = "kultur"
name = "Kultur"
"""
HEADER = "---\nkind: intervju\nunit: K01\nsession: 2\nspeakers:\n  I = intervjuare\n  R = informant\n---\n"
TURNS = [
    f"R: Vi fick mandat nummer {n}.\n\nR: Sedan blev det fart i gruppen {n}.\n\nR: Vädret var så där {n}."
    for n in range(6)
]


@pytest.fixture
def coded(study_folder: Path) -> Study:
    """A study with one interview and a small codebook; A has coded a passage."""
    (study_folder / "data" / "raw" / "codebook.toml").write_text(CODEBOOK, encoding="utf-8")
    transcript = study_folder / "data" / "raw" / "transcripts" / "intervju.txt"
    transcript.write_text(HEADER + "\n\n".join(TURNS), encoding="utf-8")
    study = load_study(study_folder)
    ingest_study(study)
    document = read_table(study, "documents").iloc[0]
    with open_store(study) as store, store.step("A") as step:
        start = document["text"].index("mandat nummer 0")
        place = {"document_id": document["document_id"], "text": document["text"]}
        add_coding(step, **place, start=start, end=start + 15, code="mandat")
    return study


def people_codes(study: Study) -> list[str]:
    run_study(study, until="tables")
    return read_table(study, "people_codings")["code"].tolist()


def test_check_kwic_and_diff_say_what_the_rules_do_here(coded: Study, capsys: Captured, tmp_path: Path) -> None:
    folder = str(coded.root)
    assert run(["codebook", "check", folder, "-q"]) == 0
    said = capsys.readouterr().out
    assert "mandat.2: never matches" in said
    assert "driv.2: adds nothing to another" in said
    assert "kultur: has no rules" in said
    assert run(["codebook", "kwic", "driv", folder, "--width", "12"]) == 0
    said = capsys.readouterr().out
    assert "blev det [fart] i gruppen 0." in said
    assert "6 codings" in said
    assert run(["codebook", "kwic", "driv", folder, "--held-back"]) == 0
    assert capsys.readouterr().out.strip() == "held back: 0 codings"  # there is no learned coder here
    other = tmp_path / "other.toml"
    other.write_text(CODEBOOK.replace('{ words = ["mandat"] }, ', "").replace("Driv", "Drivkraft"), encoding="utf-8")
    assert run(["codebook", "diff", folder, "--before", str(other), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "Drivkraft" in said
    assert [line.split() for line in said.split("\n") if line.strip().startswith("mandat ")] == [
        ["mandat", "0", "6", "6", "0", "0"]
    ]


def test_codings_follow_a_renamed_and_a_merged_code(coded: Study, capsys: Captured) -> None:
    folder, path = str(coded.root), coded.raw / "codebook.toml"
    assert run(["codebook", "rename", folder, "--code", "mandat", "--to", "uppdrag", "--coder", "A"]) == 0
    assert "1 coding followed" in capsys.readouterr().out
    assert people_codes(coded) == ["uppdrag"]
    assert path.read_text(encoding="utf-8").startswith("# kommentaren står kvar")
    assert run(["codebook", "merge", folder, "--codes", "uppdrag,driv", "--into", "driv", "--coder", "A"]) == 0
    assert people_codes(coded) == ["driv"]
    assert read_codebook(path).ids == ("driv", "kultur")
    capsys.readouterr()
    assert run(["codebook", "versions", folder]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.strip().split("\n")[1:]] == ["start", "rename", "merge"]
    assert run(["codebook", "diff", folder, "--before", "1.0", "--lang", "en"]) == 0
    assert "mandat" in capsys.readouterr().out


def test_learning_anew_needs_examples_and_says_what_it_learned(coded: Study, capsys: Captured) -> None:
    assert run(["codebook", "learn", str(coded.root)]) == 1
    assert "codebook.examples.jsonl" in capsys.readouterr().err
    rows = [
        {"id": f"a-{n}", "speaker": "informant", "text": f"{text} {n}.", "codes": [{"code": code, "polarity": "+"}]}
        for n in range(25)
        for code, text in (("mandat", "Vi får bestämma själva i grupp"), ("driv", "Det var full fräs på alla"))
    ]
    examples = coded.root / "data" / "raw" / "codebook.examples.jsonl"
    examples.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert run(["codebook", "learn", str(coded.root)]) == 0
    assert "2 codes learned from 50 examples" in capsys.readouterr().out


def test_an_undo_leaves_file_and_codings_apart_until_it_is_settled(coded: Study, capsys: Captured) -> None:
    folder, path = str(coded.root), coded.raw / "codebook.toml"
    assert run(["codebook", "rename", folder, "--code", "mandat", "--to", "uppdrag", "--coder", "A"]) == 0
    assert run(["codings", "undo", folder, "--coder", "A"]) == 0
    assert run(["run", folder, "--until", "tables", "-q"]) == 1
    assert "the file is at version 1.1, the codings are at version 1.0" in capsys.readouterr().err
    assert run(["codebook", "settle", folder]) == 0
    assert path.read_text(encoding="utf-8") == CODEBOOK
    assert people_codes(coded) == ["mandat"]


def test_a_register_typed_before_a_rename_follows_it(coded: Study) -> None:
    register = coded.raw / "registers" / "audit_codings.csv"
    register.write_text(
        "document,turn,quote,session,coder,code,polarity,probability,blind\n"
        "data/raw/transcripts/intervju.txt,2,fart i gruppen 0,2,B,driv,+,1,ja\n",
        encoding="utf-8",
    )
    assert people_codes(coded) == ["driv", "mandat"]
    command = ["codebook", "rename", str(coded.root), "--code", "driv", "--to", "fart", "--coder", "A"]
    assert run(command) == 0
    assert people_codes(coded) == ["fart", "mandat"]


def test_split_and_retired_codes_leave_codings_to_decide_on(coded: Study, capsys: Captured) -> None:
    folder = str(coded.root)
    into = ["--into", "formellt=Formellt mandat", "--into", "informellt=Informellt mandat"]
    assert run(["codebook", "split", folder, "--code", "mandat", *into, "--coder", "A"]) == 0
    assert "1 codings wait for a decision" in capsys.readouterr().out
    assert run(["codebook", "undecided", folder]) == 0
    assert "1 coding to decide on" in capsys.readouterr().out
    assert read_codebook(coded.raw / "codebook.toml").code("formellt").parent == "mandat"
    quote = ["--quote", "det blev fart i gruppen", "--name", "Fart", "--definition", "Tempo."]
    assert run(["codebook", "new", folder, "--code", "fart", *quote, "--coder", "A"]) == 0
    assert run(["codebook", "retire", folder, "--code", "kultur", "--coder", "A"]) == 0
    book = read_codebook(coded.raw / "codebook.toml")
    assert book.code("fart").example.sv == "det blev fart i gruppen"
    assert "kultur" not in book.ids


def test_the_codebook_goes_to_a_workbook_and_back(coded: Study, tmp_path: Path, capsys: Captured) -> None:
    folder, sheet = str(coded.root), tmp_path / "kodbok.xlsx"
    before = read_codebook(coded.raw / "codebook.toml")
    assert run(["codebook", "export", folder, "--out", str(sheet)]) == 0
    book = openpyxl.load_workbook(sheet)
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "Rätt att ändra."]
    for cell in cells:
        cell.value = "Formell rätt att ändra."
    book.save(sheet)
    assert run(["codebook", "import", folder, "--sheet", str(sheet), "--coder", "A"]) == 0
    after = read_codebook(coded.raw / "codebook.toml")
    assert after.code("mandat").definition.sv == "Formell rätt att ändra."
    assert after.code("driv").rules == before.code("driv").rules
    assert run(["codebook", "print", folder, "--out", str(tmp_path / "kodbok.docx")]) == 0
    assert (tmp_path / "kodbok.docx").stat().st_size > 5000
    capsys.readouterr()


def test_a_sample_is_drawn_given_out_and_taken_in(coded: Study, tmp_path: Path, capsys: Captured) -> None:
    folder, sheet = str(coded.root), tmp_path / "B.xlsx"
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "9", "--seed", "3", "-q"]) == 0
    assert run(["sample", "export", folder, "--coder", "B", "--out", str(sheet)]) == 0
    book = openpyxl.load_workbook(sheet)
    tab = book["Kodning"]
    names = [cell.value for cell in tab[1]]
    header = 1 if any(str(name).startswith("Kod") for name in names) else 2
    columns = {str(cell.value): cell.column for cell in tab[header] if cell.value}
    code = next(column for name, column in columns.items() if name.startswith("Kod 1"))
    tab.cell(header + 1, code).value = "mandat"
    book.save(sheet)
    capsys.readouterr()
    assert run(["sample", "import", folder, "--coder", "B", "--sheet", str(sheet)]) == 0
    assert run(["sample", "status", folder]) == 0
    said = capsys.readouterr().out
    assert ["B", "9", "1", "1", "8"] in [line.split() for line in said.split("\n")]
    run_study(coded, until="tables")
    readings = read_table(coded, "readings")
    assert readings[["coder", "independent", "sample"]].to_numpy().tolist() == [["B", True, "stickprov"]]
    assert set(read_table(coded, "people_codings")["coder"]) == {"A", "B"}


def answer_first_row(sheet: Path, code: str) -> str:
    """Fill in the first code of the first row; return its text."""
    book = openpyxl.load_workbook(sheet)
    tab = book["Kodning"]
    columns = {str(cell.value): cell.column for cell in tab[1]}
    tab.cell(2, columns["Kod 1"]).value = code
    book.save(sheet)
    return str(tab.cell(2, columns["Text"]).value)


def sheet_texts(sheet: Path) -> list[str]:
    tab = openpyxl.load_workbook(sheet)["Kodning"]
    column = next(cell.column for cell in tab[1] if cell.value == "Text")
    return [str(tab.cell(row, column).value) for row in range(2, tab.max_row + 1)]


def test_a_name_replaced_after_the_draw_does_not_go_out(coded: Study, tmp_path: Path, capsys: Captured) -> None:
    """A sheet sent before the correction, one sent between two and one sent after them all come back to their text."""
    folder = str(coded.root)
    transcript = coded.raw / "transcripts" / "intervju.txt"
    written = transcript.read_text(encoding="utf-8").replace("Vädret var så där 3.", "Vädret var som hos Ravn då 3.")
    transcript.write_text(written, encoding="utf-8")
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "18", "-q"]) == 0
    corrections = [("Ravn", "Ravn"), ("Ravn", "[P01]"), ("fick mandat nummer 4", "[P02] fick mandat nummer 4")]
    for coder, (old, new) in zip("BCD", corrections, strict=True):
        transcript.write_text(transcript.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        sheet = tmp_path / f"{coder}.xlsx"
        assert run(["sample", "export", folder, "--coder", f" {coder} ", "--out", str(sheet)]) == 0
        texts = sheet_texts(sheet)
        assert len(texts) == 18
        assert any("Ravn" in text for text in texts) == (coder == "B")
        assert any("hos [P01] då 3" in text for text in texts) == (coder != "B")
        assert "left out" not in capsys.readouterr().out
    seen = {coder: answer_first_row(tmp_path / f"{coder}.xlsx", "mandat") for coder in "BCD"}
    for coder in "BCD":
        assert run(["sample", "import", folder, "--coder", coder, "--sheet", str(tmp_path / f"{coder}.xlsx")]) == 0
    run_study(coded, until="tables")
    with open_store(coded) as store:
        kept = store.records("codings").query("origin == 'sheet'").set_index("coder")["quote"].to_dict()
        assert kept == seen
        assert store.verify() == []
    readings = read_table(coded, "readings")
    assert sorted(readings["coder"]) == ["B", "C", "D"]
    assert readings["segment_id"].nunique() == 1


def test_what_is_corrected_beyond_recognition_is_left_out_and_said(
    coded: Study, tmp_path: Path, capsys: Captured
) -> None:
    folder, sheet = str(coded.root), tmp_path / "B.xlsx"
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "18", "-q"]) == 0
    transcript = coded.raw / "transcripts" / "intervju.txt"
    text = transcript.read_text(encoding="utf-8")
    transcript.write_text(
        text.replace("Vädret var så där 3.", "Något helt annat om en katt i trädet."), encoding="utf-8"
    )
    capsys.readouterr()
    assert run(["sample", "export", folder, "--coder", "B", "--out", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert "1 of 18 segments of the sample 'stickprov' have been corrected so much since it was drawn" in said
    assert "17 segments for B" in said
    assert len(sheet_texts(sheet)) == 17
    assert not any("katt" in text or "där 3" in text for text in sheet_texts(sheet))


def test_a_sheet_follows_a_code_renamed_while_it_was_away(coded: Study, tmp_path: Path) -> None:
    folder, sheet = str(coded.root), tmp_path / "B.xlsx"
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "9", "-q"]) == 0
    assert run(["sample", "export", folder, "--coder", "B", "--out", str(sheet)]) == 0
    answer_first_row(sheet, "Mandat")
    assert run(["codebook", "rename", folder, "--code", "mandat", "--to", "uppdrag", "--coder", "A"]) == 0
    assert run(["codebook", "merge", folder, "--codes", "uppdrag,driv", "--into", "driv", "--coder", "A"]) == 0
    assert run(["sample", "import", folder, "--coder", "B", "--sheet", str(sheet)]) == 0
    with open_store(coded) as store:
        assert set(store.records("codings")["code"]) == {"driv"}


def test_a_sheet_made_after_a_rename_means_the_code_of_that_name(coded: Study, tmp_path: Path) -> None:
    """An id that was given up and taken again: before, it is the renamed code; after, the new one."""
    folder = str(coded.root)
    quote = ["--quote", "det blev fart", "--name", "Mandat igen", "--definition", "Nytt."]
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "9", "-q"]) == 0
    assert run(["codebook", "new", folder, "--code", "fart", *quote[:3], "Fart", *quote[4:], "--coder", "A"]) == 0
    assert run(["sample", "export", folder, "--coder", "B", "--out", str(tmp_path / "B.xlsx")]) == 0
    assert run(["codebook", "rename", folder, "--code", "mandat", "--to", "uppdrag", "--coder", "A"]) == 0
    assert run(["codebook", "new", folder, "--code", "mandat", *quote, "--coder", "A"]) == 0
    assert run(["sample", "export", folder, "--coder", "C", "--out", str(tmp_path / "C.xlsx")]) == 0
    for coder, name in (("B", "Mandat"), ("C", "Mandat igen")):
        answer_first_row(tmp_path / f"{coder}.xlsx", name)
        assert run(["sample", "import", folder, "--coder", coder, "--sheet", str(tmp_path / f"{coder}.xlsx")]) == 0
    with open_store(coded) as store:
        codes = store.records("codings").set_index("coder")["code"]
    assert codes[["B", "C"]].tolist() == ["uppdrag", "mandat"]


def test_who_rejected_a_suggestion_is_not_independent(coded: Study, tmp_path: Path, capsys: Captured) -> None:
    folder, sheet = str(coded.root), tmp_path / "B.xlsx"
    assert run(["sample", "draw", folder, "--coder", "A", "--n", "18", "-q"]) == 0
    assert run(["sample", "export", folder, "--coder", "B", "--out", str(sheet)]) == 0
    book = openpyxl.load_workbook(sheet)
    tab = book["Kodning"]
    columns = {str(cell.value): cell.column for cell in tab[1]}
    for row in range(2, 20):
        tab.cell(row, columns["Läst, ingen kod"]).value = "ja"
    book.save(sheet)
    suggestion = read_table(coded, "codings").iloc[0]
    with open_store(coded) as store:
        store.decide("suggestion", {suggestion["coding_id"]: "reject", "0" * 12: "reject"}, coder="B")
    capsys.readouterr()
    assert run(["sample", "import", folder, "--coder", "B", "--sheet", str(sheet), "--lang", "en"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 suggestions that the coder decided on are no longer among the machine's codings" in said
    run_study(coded, until="tables")
    readings = read_table(coded, "readings").set_index("segment_id")["independent"]
    assert readings.index[~readings].tolist() == [suggestion["segment_id"]]


def test_a_coder_who_is_not_declared_is_noticed(coded: Study, tmp_path: Path, capsys: Captured) -> None:
    folder, sheet = str(coded.root), tmp_path / "B.xlsx"
    declared = ", ".join(coded.coders)
    assert run(["sample", "draw", folder, "--coder", " Q ", "--n", "9", "-q"]) == 0
    assert f"notice   study.toml: 'Q' is not among the coders {declared}".rstrip() in capsys.readouterr().out
    with open_store(coded) as store:
        assert store.records("samples")["coder"].tolist() == ["Q"]
    assert run(["sample", "export", folder, "--coder", "Q", "--out", str(sheet)]) == 0
    assert "'Q' is not among the coders" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["codebook", "rename", "--code", "x", "--to", "y", "--coder", "A"], "CodebookError: "),
        (["codebook", "rename", "--code", "driv", "--coder", "A"], "UsageError: codebook rename: give --to, --name"),
        (["codebook", "split", "--code", "driv", "--into", "x", "--coder", "A"], "UsageError: --into: write each"),
        (["codebook", "kwic", "x"], "CodebookError: no code has the id 'x'"),
        (["codebook", "diff", "--before", "9.9"], "UsageError: '9.9' is neither a .toml file nor a version"),
        (["codebook", "export", "--out", "x.csv"], "UsageError: --out x.csv: a codebook to edit is an .xlsx file"),
        (["codebook", "print", "--out", "x.pdf"], "UsageError: --out x.pdf: a codebook to print is a .docx file"),
        (["codebook", "import", "--sheet", "missing.xlsx", "--coder", "A"], "CodebookError: missing.xlsx: is no file"),
        (["sample", "status"], "UsageError: --name: say which sample; draw one first"),
        (["sample", "export", "--coder", "B", "--out", "x.csv"], "UsageError: --out x.csv: a sheet is an .xlsx file"),
        (["sample", "draw", "--coder", "A", "--n", "1"], "TableError: audit sample: n = 1 is fewer than"),
    ],
)
def test_wrong_usage_is_one_line(coded: Study, capsys: Captured, command: list[str], message: str) -> None:
    before = (coded.raw / "codebook.toml").read_bytes()
    assert run([*command, str(coded.root)]) in (1, 2)
    said = capsys.readouterr().err.strip().split("\n")
    assert len(said) == 1
    assert said[0].startswith(message)
    assert (coded.raw / "codebook.toml").read_bytes() == before
