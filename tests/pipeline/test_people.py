"""People's codings in a run: they follow corrected transcripts, and what rests on them runs when they change."""

from pathlib import Path

import pandas as pd
import pytest

from evalkit.cli import run
from evalkit.coding.store import CodingStore, add_coding, mark_read, open_store
from evalkit.pipeline import ingest_study, run_study
from evalkit.study import Study, load_study
from evalkit.tables import read_table

HEADER = "---\nkind: intervju\nunit: K01\nsession: 2\nspeakers:\n  I = intervjuare\n  R = informant\n---\n"
SAID = (
    "I: Hur gick det till när ni bestämde er?\n\n"
    "R: Vi satt en hel kväll med nämnden och till sist fick vi mandat att ändra arbetssättet på riktigt.\n\n"
    "I: Och sedan?\n\n"
    "R: Sedan rann det ut i sanden under hösten, för ingen av oss hade tid att hålla i det.\n"
)
PLACE = ["codings", "place", "--candidate", "1", "--coder", "A", "--id"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def coded(study_folder: Path) -> Study:
    """A study with one interview, coded by A (mandat, a reading of it) and with one score."""
    transcript = study_folder / "data" / "raw" / "transcripts" / "intervju.txt"
    transcript.write_text(HEADER + SAID, encoding="utf-8")
    study = load_study(study_folder)
    ingest_study(study)
    with open_store(study) as store:
        code_words(store, study, "fick vi mandat", "mandat")
        store.score(coder="A", unit="K01", session=2, tool="eor", level=2)
    return study


def code_words(store: CodingStore, study: Study, words: str, code: str, coder: str = "A") -> None:
    document = read_table(study, "documents").iloc[0]
    segments = read_table(study, "segments")
    segment = segments[segments["text"].str.contains(words, regex=False)].iloc[0]
    place = {"document_id": document["document_id"], "text": document["text"]}
    start = document["text"].index(words)
    with store.step(coder) as step:
        add_coding(step, **place, start=start, end=start + len(words), code=code)
        mark_read(step, **place, start=int(segment["start"]), end=int(segment["end"]), independent=True)


def correct(study: Study, old: str, new: str) -> None:
    path = next(study.raw.glob("transcripts/*.txt"))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_codings_and_scores_reach_the_tables(coded: Study) -> None:
    run_study(coded, until="tables")
    codings = read_table(coded, "people_codings")
    assert codings[["quote", "coder", "unit"]].to_numpy().tolist() == [["fick vi mandat", "A", "K01"]]
    assert codings["rule"].isna().all()
    assert len(read_table(coded, "readings")) == 1
    assert read_table(coded, "assessments")[["rater", "level"]].to_numpy().tolist() == [["A", 2]]


def test_steps_run_when_somebody_has_judged_something_and_only_then(coded: Study) -> None:
    run_study(coded, until="tables")
    assert run_study(coded, until="tables").ran == ()
    with open_store(coded) as store:
        code_words(store, coded, "rann det ut i sanden", "fullfolja")
    assert run_study(coded, until="tables").ran == ("people",)
    with open_store(coded) as store:
        store.add_memo("code", "mandat", "Gränsen mot ledningsstöd?", coder="A")
    assert run_study(coded, until="tables").ran == ()
    with open_store(coded) as store:
        store.score(coder="B", unit="K01", session=2, tool="eor", level=None)
    assert run_study(coded, until="tables").ran[0] == "registers"
    with open_store(coded) as store:
        store.undo("A")  # the memo
        store.undo("A")  # the coding
    assert run_study(coded, until="tables").ran == ("people",)
    assert read_table(coded, "people_codings")["code"].tolist() == ["mandat"]


def test_a_corrected_transcript_takes_its_codings_along(coded: Study) -> None:
    correct(coded, "I: Hur gick", "I: Välkommen, ta för dig av kaffet.\n\nR: Tack, gärna.\n\nI: Hur gick")
    correct(coded, "rann det ut", "rann alltihop ut")
    run_study(coded, until="tables")
    codings, segments = read_table(coded, "people_codings"), read_table(coded, "segments")
    text = read_table(coded, "documents")["text"][0]
    row = codings.iloc[0]
    assert row["quote"] == "fick vi mandat" == text[row["start"] : row["end"]]
    assert "fick vi mandat" in segments.set_index("segment_id").loc[row["segment_id"], "text"]
    assert read_table(coded, "readings")["segment_id"].tolist() == [row["segment_id"]]
    assert read_table(coded, "unplaced").empty


def test_what_was_taken_out_waits_for_a_decision(coded: Study, capsys: Captured) -> None:
    correct(
        coded, "Vi satt en hel kväll med nämnden och till sist fick vi mandat att ändra arbetssättet på riktigt.", "Hm."
    )
    findings = ingest_study(coded)
    assert [f.severity for f in findings if "no certain place" in f.what] == ["notice"]
    assert read_table(coded, "people_codings").empty
    waiting = read_table(coded, "unplaced")
    assert set(waiting["kind"]) == {"coding", "reading"}
    folder = str(coded.root)
    assert run(["codings", "unplaced", folder]) == 0
    said = capsys.readouterr().out
    assert "2 places to decide on" in said
    assert "mandat" in said
    assert "fick vi" not in said
    for id in waiting["record_id"]:
        assert run(["codings", "place", folder, "--id", id[:8], "--candidate", "0", "--coder", "B"]) == 0
    capsys.readouterr()
    assert run(["codings", "unplaced", folder]) == 0
    assert "everything has its place" in capsys.readouterr().out
    with open_store(coded) as store:
        assert store.verify() == []
        store.undo("B")
    ingest_study(coded)
    assert len(read_table(coded, "unplaced")) == 1


def test_the_commands_on_the_store(coded: Study, capsys: Captured, tmp_path: Path) -> None:
    folder = str(coded.root)
    assert run(["codings", "log", folder]) == 0
    said = capsys.readouterr().out.strip().split("\n")
    assert len(said) == 3
    assert "added" in said[0]
    assert "mandat +" in said[0]
    assert "fick vi" not in "".join(said)
    assert run(["codings", "undo", folder, "--coder", "A"]) == 0
    assert run(["codings", "redo", folder, "--coder", "A"]) == 0
    assert run(["codings", "redo", folder, "--coder", "A"]) == 0
    assert run(["codings", "verify", folder]) == 0
    assert run(["codings", "backup", folder, "--out", str(tmp_path / "copy.sqlite")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "taken back: 1 scores\ndone again: 1 scores\nA has taken nothing back since the last new step"
    )
    assert "5 changes in the log" in said
    with CodingStore(tmp_path / "copy.sqlite") as copy:
        assert len(copy.records("codings")) == 1


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_exports(coded: Study, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"codings.{ending}"
    assert run(["codings", "export", str(coded.root), "--out", str(out), "--quiet"]) == 0
    table = pd.read_csv(out, encoding="utf-8-sig") if ending == "csv" else pd.read_excel(out)
    assert table["quote"].tolist() == ["fick vi mandat"]
    assert table["code_name"].tolist() == ["Mandat"]
    assert run(["codings", "export", str(coded.root), "--out", str(out), "--what", "matrix", "--who", "rules"]) == 0
    matrix = pd.read_csv(out, encoding="utf-8-sig") if ending == "csv" else pd.read_excel(out)
    assert matrix.loc[matrix["coder"].notna(), "mandat"].max() == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["codings", "export", "--out", "x.docx"], "UsageError: --out x.docx: the ending is not known"),
        (["codings", "export", "--out", "x.csv", "--what", "dreams"], "UsageError: --what dreams: not known"),
        (
            ["codings", "export", "--out", "x.csv", "--who", "Q"],
            "UsageError: coder 'Q' has coded nothing here; the coders are A",
        ),
        (
            ["codings", "place", "--id", "zz", "--candidate", "1", "--coder", "A"],
            "UsageError: --id zz: give at least six",
        ),
        (
            ["codings", "place", "--id", "zzzzzz", "--candidate", "1", "--coder", "A"],
            "UsageError: --id zzzzzz: 0 records",
        ),
        (["agree", "--level", "deep"], "UsageError: --level deep: not known"),
        (["agree"], "EstimationError: agreement"),
    ],
)
def test_wrong_usage_is_one_line(coded: Study, capsys: Captured, command: list[str], message: str) -> None:
    run_study(coded, until="tables")
    capsys.readouterr()
    assert run([*command, str(coded.root)]) in (1, 2)
    said = capsys.readouterr().err.strip().split("\n")
    assert len(said) == 1
    assert said[0].startswith(message)


def test_a_study_that_nobody_has_coded_says_so(study_folder: Path, capsys: Captured) -> None:
    assert run(["codings", "undo", str(study_folder), "--coder", "A"]) == 1
    assert capsys.readouterr().err.startswith("StoreError: there are no codings by people yet")
    assert not (study_folder / "data" / "codings.sqlite").exists()


def test_decisions_on_names_are_noted_without_the_names(study_folder: Path, capsys: Captured) -> None:
    transcript = study_folder / "data" / "raw" / "transcripts" / "intervju.txt"
    transcript.write_text("R: Det var Zebulon som ringde, och sedan kom Zebulon hit.\n", encoding="utf-8")
    assert run(["pseudonymise", str(study_folder), "--coder", "A"]) == 0
    queue = study_folder / "private" / "names_to_review.csv"
    lines = queue.read_text(encoding="utf-8-sig").split("\n")
    header = lines[0].strip().split(";")
    row = next(line for line in lines if line.startswith("Zebulon")).strip().split(";")
    row[header.index("decision")] = "replace"
    queue.write_text("\n".join([lines[0].strip(), ";".join(row)]), encoding="utf-8")
    for _ in range(2):
        assert run(["pseudonymise", str(study_folder), "--coder", "A"]) == 0
    with open_store(load_study(study_folder)) as store:
        decisions = store.records("decisions")
        assert decisions[["about", "decision", "coder"]].to_numpy().tolist() == [["pseudonym", "replace", "A"]]
        assert "Zebulon" not in store.log().to_json()
