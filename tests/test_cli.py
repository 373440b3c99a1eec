"""The command line: exit status, one line per error, and nothing half-written."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from evalkit.cli import run
from evalkit.study import load_study
from evalkit.tables import read_table

Captured = pytest.CaptureFixture[str]


def transcript(folder: Path, name: str, content: bytes | str) -> None:
    data = content.encode() if isinstance(content, str) else content
    (folder / "data" / "raw" / "transcripts" / name).write_bytes(data)


def register(folder: Path, name: str, text: str) -> None:
    (folder / "data" / "raw" / "registers" / f"{name}.csv").write_text(text, encoding="utf-8")


def errors(capsys: Captured) -> list[str]:
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said.strip().split("\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tom.txt", "", "tom.txt"),
        ("trasig.docx", b"PK\x03\x04 not a real archive", "trasig.docx"),
        ("trasig.pdf", b"%PDF-1.4 nothing", "trasig.pdf"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_stops_the_run(
    study_folder: Path, capsys: Captured, name: str, content: bytes | str, message: str
) -> None:
    transcript(study_folder, name, content)
    assert run(["run", str(study_folder)]) == 1
    lines = errors(capsys)
    assert lines[0].startswith("problem  data/raw/transcripts/")
    assert message in lines[0]
    assert (
        lines[-1]
        == "ProblemsError: 1 problem in the raw data; correct, or leave out what has them with --allow-problems"
    )
    assert len(lines) == 2
    assert not (study_folder / "reports").exists()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "attendance",
            "unit,session,n_present\nK01,9,2\n",
            "attendance.csv, row 2: attendance: session 9 does not exist",
        ),
        (
            "attendance",
            "unit,session,n_present\nK01,1,2\nK01,1,3\n",
            "row 3: attendance: the key (unit=K01, session=1)",
        ),
        (
            "assessments",
            "unit,session,tool,rater,level\nK01,1,eor,A,7\n",
            "level 7 (unit='K01', session=1, tool='eor')",
        ),
        ("assessments", "unit,session,tool,rater,level\nK01,1,hammare,A,1\n", "tool 'hammare' is not declared"),
        ("enrolment", "unit,enrolled_on\nK99,2017-01-01\n", "unit 'K99' is not declared"),
    ],
)
def test_a_register_row_that_contradicts_is_named(
    study_folder: Path, capsys: Captured, name: str, text: str, message: str
) -> None:
    register(study_folder, name, text)
    assert run(["check", str(study_folder), "-q"]) == 1
    lines = errors(capsys)
    assert len(lines) == 1
    assert message in lines[0]


def test_an_unknown_code_in_the_rules_is_named(study_folder: Path, capsys: Captured) -> None:
    codebook = """
version = "1"
[[codes]]
id = "mandat"
name = { sv = "Mandat", en = "Mandate" }
definition = { sv = "x", en = "x" }
parent = "makt"
"""
    (study_folder / "data" / "raw" / "codebook.toml").write_text(codebook, encoding="utf-8")
    assert run(["run", str(study_folder), "-q"]) == 1
    lines = errors(capsys)
    assert "data/raw/codebook.toml" in lines[0]
    assert "mandat" in lines[0]
    assert "makt" in lines[0]


def test_a_codebook_that_is_no_toml_says_so_once(study_folder: Path, capsys: Captured) -> None:
    (study_folder / "data" / "raw" / "codebook.toml").write_text('version = "1"\nwords = [', encoding="utf-8")
    assert run(["check", str(study_folder), "-q"]) == 1
    line = errors(capsys)[0]
    assert line.startswith("problem  data/raw/codebook.toml: is not valid TOML")
    assert line.endswith("Correct that line")
    assert line.count("codebook.toml") == 1


def test_no_study_says_how_to_make_one(tmp_path: Path, capsys: Captured) -> None:
    assert run(["run", str(tmp_path)]) == 1
    assert errors(capsys) == [
        f"StudyError: no data/raw/study.toml in '{tmp_path}' or a folder above it; "
        "give the study's folder, or make one with: evalkit new DIR"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "does-not-exist"], "is no folder"),
        (["fly"], "No such command 'fly'"),
        (["run", "--jobs", "many"], "'--jobs'"),
        (["run", ".", "--lang", "fi"], "--lang fi is not known; use sv or en"),
    ],
)
def test_wrong_usage_is_exit_2_and_one_line(capsys: Captured, arguments: list[str], message: str) -> None:
    assert run(arguments) == 2
    lines = errors(capsys)
    assert len(lines) == 1
    assert message in lines[0]


def test_cp1252_simply_works_and_an_unknown_ending_is_a_notice(study_folder: Path, capsys: Captured) -> None:
    transcript(study_folder, "gammal.txt", "R: Det är svårt på hösten.\r\n\r\nI: Hur då?\r\n".encode("cp1252"))
    transcript(study_folder, "film.mp4", b"\x00\x00\x00\x18ftyp")
    assert run(["check", str(study_folder), "-q"]) == 0
    said = capsys.readouterr()
    assert "film.mp4" in said.out
    assert said.err == ""
    documents = read_table(load_study(study_folder), "documents")
    assert documents["encoding"].tolist() == ["cp1252"]
    assert "svårt på hösten" in documents["text"].iloc[0]


def test_new_makes_a_study_and_refuses_to_overwrite_it(tmp_path: Path, capsys: Captured) -> None:
    assert run(["new", str(tmp_path / "ny")]) == 0
    assert run(["check", str(tmp_path / "ny"), "-q"]) == 0
    assert len(list((tmp_path / "ny" / "notebooks").glob("*.ipynb"))) >= 2
    capsys.readouterr()
    assert run(["new", str(tmp_path / "ny")]) == 2
    assert "is not empty" in errors(capsys)[0]


SEGMENTS = [
    {"id": "a", "speaker": "informant", "text": "Vi har fått mandat av nämnden.", "genre": "ignored"},
    {"id": "b", "speaker": "intervjuare", "text": "Har ni fått mandat av nämnden?"},
    {"id": "c", "speaker": "anteckning", "text": "Kaffe kl 9."},
]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_segments_of_a_file_are_coded(tmp_path: Path, suffix: str) -> None:
    source, out = tmp_path / "s.jsonl", tmp_path / f"out{suffix}"
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in SEGMENTS), encoding="utf-8")
    assert run(["code", "--segments", str(source), "--out", str(out), "-q"]) == 0
    readers = {".jsonl": lambda p: pd.read_json(p, lines=True), ".csv": pd.read_csv, ".parquet": pd.read_parquet}
    codings = readers[suffix](out)
    assert list(codings.columns) == ["segment_id", "code", "polarity", "start", "end", "quote", "rule"]
    assert set(codings["segment_id"]) == {"a"}
    assert "mandat" in set(codings["code"])
    row = codings[codings["code"] == "mandat"].iloc[0]
    assert SEGMENTS[0]["text"][row["start"] : row["end"]] == row["quote"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not a JSON object"),
        ('{"id": "x", "text": "t"}', "line 2: no 'speaker'"),
        ('{"id": "x", "speaker": "rektor", "text": "t"}', "line 2 (id 'x'): speaker must be one of"),
        (json.dumps(SEGMENTS[0]), "id 'a' stands more than once"),
    ],
)
def test_a_bad_line_of_segments_is_named_and_nothing_written(
    tmp_path: Path, capsys: Captured, line: str, message: str
) -> None:
    source, out = tmp_path / "s.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(SEGMENTS[0]) + "\n" + line + "\n", encoding="utf-8")
    assert run(["code", "--segments", str(source), "--out", str(out)]) == 1
    assert message in errors(capsys)[0]
    assert not out.exists()


def test_an_unknown_ending_of_out_is_wrong_usage(tmp_path: Path, capsys: Captured) -> None:
    source = tmp_path / "s.jsonl"
    source.write_text("", encoding="utf-8")
    assert run(["code", "--segments", str(source), "--out", str(tmp_path / "x.docx")]) == 2
    assert "use .jsonl, .csv or .parquet" in errors(capsys)[0]


def test_pseudonymise_writes_the_key_only_with_a_passphrase(
    study_folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(study_folder, "people", "person_id,name,unit,consent\nP01,Berta Fiktesson,K01,internal\n")
    transcript(study_folder, "a.txt", "R: Berta Fiktesson i Granvik ringde Okänd igår.")
    monkeypatch.delenv("EVALKIT_PASSPHRASE", raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    key = study_folder / "private" / "pseudonym_key.enc"
    assert run(["pseudonymise", str(study_folder), "-q"]) == 0
    assert not key.exists()
    text = read_table(load_study(study_folder), "documents")["text"].iloc[0]
    assert text == "R: [P01] i [K01] ringde Okänd igår."
    monkeypatch.setenv("EVALKIT_PASSPHRASE", "hemligt nog")
    assert run(["pseudonymise", str(study_folder), "-q"]) == 0
    assert key.exists()
    assert b"Fiktesson" not in key.read_bytes()
    assert read_table(load_study(study_folder), "documents")["text"].iloc[0] == text


def test_simulate_makes_a_study_of_its_own(tmp_path: Path, capsys: Captured) -> None:
    assert run(["simulate", str(tmp_path / "a"), "--seed", "3", "-q"]) == 0
    assert (tmp_path / "a" / "truth" / "truth.json").is_file()
    assert run(["check", str(tmp_path / "a"), "-q"]) == 0
    assert "0 problems" in capsys.readouterr().out


def test_the_package_loads_nothing_heavy() -> None:
    heavy = ("pandas", "spacy", "matplotlib", "scipy")
    code = f"import sys, evalkit, evalkit.cli; print(*set({heavy}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_help_names_every_command(capsys: Captured) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    for name in ("run", "check", "code", "pseudonymise", "report", "new", "simulate", "lab"):
        assert f"\n  {name}" in said or f" {name} " in said


def test_a_study_with_units_alone_gives_a_report_that_says_what_it_lacks(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "bara"
    assert run(["new", str(folder)]) == 0
    declared = folder / "data" / "raw" / "study.toml"
    declared.write_text(declared.read_text(encoding="utf-8") + '\n[[units]]\nid = "A"\n', encoding="utf-8")
    assert run(["run", str(folder), "-q"]) == 0
    page = (folder / "reports" / "report.html").read_text(encoding="utf-8")
    assert "<figure" in page or "Underlag saknas för:" in page
    assert page.count("Underlag saknas för:") >= 4
    for part in ("lärandenivåer och lärandebanor: saknar", "närvaro: saknar", "det naturliga experimentet: saknar"):
        assert part in page
    assert "Traceback" not in capsys.readouterr().err


def test_a_full_disk_is_one_line_and_leaves_the_old_file(study_folder: Path, tmp_path: Path) -> None:
    segments = tmp_path / "segments.jsonl"
    lines = [
        json.dumps({"id": f"s{n}", "speaker": "informant", "text": "Vi fick mandat av nämnden. "}) for n in range(3000)
    ]
    segments.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "codings.jsonl"
    out.write_text("the old file", encoding="utf-8")
    # A ceiling on the size of files makes the system refuse the write as a disk without room does.
    program = (
        "import resource, signal, sys; from evalkit.cli import run; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "code", str(study_folder), "--segments", str(segments), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "OSError: codings.jsonl: File too large. Free some space and run again\n"
    assert out.read_text(encoding="utf-8") == "the old file"
    assert not list(tmp_path.glob(".*.tmp"))
