"""The main job on the repository's own study, and what is left to do when nothing, or little, has changed."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from evalkit.cli import run
from evalkit.errors import TableError
from evalkit.pipeline import check_study, run_study
from evalkit.pipeline.check import ProblemsError
from evalkit.report import read_saved, save_figure, save_table
from evalkit.study import Study, load_study
from evalkit.tables import read_table
from tests.conftest import ROOT
from tests.pipeline.compare import compare_saved
from tests.pipeline.conftest import figures, run_again


def test_it_makes_a_report_with_all_figures(own_study: Study) -> None:
    page = (own_study.reports / "report.html").read_text(encoding="utf-8")
    items = [item for item in read_saved(own_study) if item.kind == "figure"]
    assert len(items) >= 14
    assert page.count("<figure") == sum(item.rows > 0 for item in items)
    for item in items:
        assert f'id="{item.name}"' in page
        assert item.alt
        assert "n = " in item.caption
    assert 'lang="sv"' in page
    assert not re.search(r'(src|href)="(https?:|file:|/)', page)


def test_suggestions_come_with_their_measured_precision(
    own_study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "suggestions.csv"
    assert run(["suggest", str(own_study.root), "--shown", "3", "--out", str(out), "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["1", "2", "3"]
    assert "suggestions were right" in lines[4]
    table = pd.read_csv(out, sep=None, engine="python", encoding="utf-8-sig", decimal=",")
    read = set(read_table(own_study, "readings")["segment_id"])
    assert not set(table["segment_id"]) & read
    assert table.loc[table["consent"] == "none", "text"].isna().all()
    for wrong, said in (
        (["--precision", "3"], "--precision 3: give a share"),
        (["--coders", "Q"], "coder 'Q' has read nothing"),
        (["--out", "x.pdf"], "--out x.pdf: the ending"),
    ):
        assert run(["suggest", str(own_study.root), *wrong]) > 0
        assert said in capsys.readouterr().err


def test_what_is_committed_is_what_the_code_makes(own_study: Study) -> None:
    assert compare_saved(ROOT / "reports", own_study.reports) == []


def test_a_changed_number_and_a_missing_figure_are_seen(own_study: Study, tmp_path: Path) -> None:
    changed = tmp_path / "reports"
    shutil.copytree(own_study.reports, changed)
    path = changed / "figures" / "02_code_frequency.csv"
    table = pd.read_csv(path, encoding="utf-8-sig")
    table.loc[0, "codings"] += 1
    table.to_csv(path, index=False, encoding="utf-8-sig")
    (changed / "figures" / "01_kinds.csv").unlink()
    said = compare_saved(own_study.reports, changed)
    assert len(said) == 2
    assert "01_kinds.csv is missing" in said[0]
    assert "02_code_frequency.csv: column codings" in said[1]


def test_nothing_runs_when_nothing_changed(own_study: Study) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_study.reports.rglob("*") if path.is_file()}
    assert run_again(own_study).ran == ()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_only_what_hangs_on_a_change_runs(own_study: Study, tmp_path: Path) -> None:
    shutil.copytree(own_study.root, tmp_path / "copy")
    copy = load_study(tmp_path / "copy")
    run_study(copy, until="tables")
    note = next(copy.raw.glob("notes/*.md"))
    note.write_text(note.read_text(encoding="utf-8") + "\n\nStolarna ställdes undan.\n", encoding="utf-8", newline="\n")
    ran = run_study(copy, until="tables").ran
    assert sum(step.startswith("document:") for step in ran) == 1
    assert "registers" not in ran
    register = copy.raw / "registers" / "hours.csv"
    register.write_text("party,session,kind,hours\nteamet,1,session,8\n", encoding="utf-8")
    ran = run_study(copy, until="tables").ran
    assert ran == ("registers",)


def test_no_name_reaches_the_processed_tables_or_the_report(own_study: Study) -> None:
    people = pd.read_csv(own_study.raw / "registers" / "people.csv", keep_default_na=False)
    texts = "\n".join(read_table(own_study, "documents")["text"])
    page = (own_study.reports / "report.html").read_text(encoding="utf-8")
    full = [name for name in people["name"] if name]
    towns = [unit.name for unit in own_study.units if unit.name]
    assert full
    for name in [*full, *towns]:
        assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", texts)
        assert name not in page


def test_every_row_of_data_names_what_it_rests_on(own_study: Study) -> None:
    known = set(read_table(own_study, "codings")["coding_id"])
    for path in sorted(own_study.reports.glob("figures/02_code*.csv")):
        table = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
        ids = {one for cell in table["rests_on"] for one in cell.split()}
        assert ids
        assert ids <= known


def test_the_interviewer_is_never_coded(own_study: Study) -> None:
    segments, codings = read_table(own_study, "segments"), read_table(own_study, "codings")
    asked = segments.loc[segments["role"] == "intervjuare", "segment_id"]
    assert len(asked) > 20
    assert len(codings) > 20
    assert not codings["segment_id"].isin(asked).any()


def test_a_quote_is_where_its_offsets_say(own_study: Study) -> None:
    documents = read_table(own_study, "documents").set_index("document_id")["text"]
    for row in read_table(own_study, "codings").itertuples():
        assert documents[row.document_id][row.start : row.end] == row.quote


def test_a_rebuilt_report_is_the_same_to_the_byte(own_study: Study, tmp_path: Path) -> None:
    shutil.copytree(own_study.root, tmp_path / "copy", ignore=shutil.ignore_patterns("reports", "processed", "private"))
    copy = load_study(tmp_path / "copy")
    run_study(copy)
    for path in figures(own_study):
        assert (copy.reports / "figures" / path.name).read_bytes() == path.read_bytes(), path.name
    date = re.compile(r"Byggd \d{4}-\d\d-\d\d")
    first, second = ((s.reports / "report.html").read_text(encoding="utf-8") for s in (own_study, copy))
    assert date.sub("", first) == date.sub("", second)


def test_english(own_study: Study) -> None:
    english = load_study(own_study.root, lang="en")
    run_study(english)
    page = (own_study.root / "reports" / "en" / "report.html").read_text(encoding="utf-8")
    assert 'lang="en"' in page
    assert ">Summary<" in page
    assert ">Sammanfattning<" not in page
    assert (own_study.reports / "report.html").is_file()


def test_the_evaluators_own_text_is_used_and_left_alone(own_study: Study) -> None:
    own = own_study.reports / "text" / "slutsatser.md"
    own.parent.mkdir(exist_ok=True)
    own.write_text("Vi drar *inga* slutsatser än.\n\n## Varför\n\nFör lite material.", encoding="utf-8")
    before = own.read_bytes()
    try:
        assert run_again(own_study).ran == ("report",)
        page = (own_study.reports / "report.html").read_text(encoding="utf-8")
        assert own.read_bytes() == before
    finally:
        own.unlink()
        run_again(own_study)
    assert "Vi drar <em>inga</em> slutsatser än." in page


def test_problems_stop_the_run_before_anything_is_written(study: Study) -> None:
    (study.raw / "registers" / "attendance.csv").write_text(
        "unit,session,n_present\nK99,1,2\nK01,9,2\n", encoding="utf-8"
    )
    with pytest.raises(ProblemsError) as caught:
        run_study(study)
    assert [finding.row for finding in caught.value.problems] == [2, 3]
    assert not study.reports.exists()
    run = run_study(study, allow_problems=True, until="tables")
    assert sum(finding.severity == "problem" for finding in run.findings) == 2
    assert read_table(study, "attendance").empty


def test_check_says_what_can_be_got(study: Study) -> None:
    text = "---\nkind: intervju\nunit: K01\nsession: 1\n---\nI: Hur?\n\nR: Bra.\n"
    (study.raw / "transcripts" / "a.txt").write_text(text, encoding="utf-8")
    result = check_study(study)
    assert result.problems == ()
    assert result.counts["documents"] == 1
    possible = [part.sentence("en") for part in result.possibilities if not part.missing]
    assert any("codes per unit" in sentence for sentence in possible)
    assert not study.reports.exists()


def test_a_vanished_document_leaves_nothing_behind(study: Study) -> None:
    path = study.raw / "transcripts" / "a.txt"
    path.write_text("R: Något.\n\nI: Vad?\n\nR: Mer.", encoding="utf-8")
    check_study(study)
    assert len(read_table(study, "documents")) == 1
    path.unlink()
    check_study(load_study(study.root))
    assert read_table(study, "documents").empty
    assert not list(study.processed.glob("parts/*"))


class Shown:
    """The least that a result must have to be saved."""

    table = pd.DataFrame({"code": ["a"], "n": [1], "rests_on": [("c1",)]})

    def caption(self, lang: str) -> str:
        return "n = 1"

    def sentence(self, lang: str) -> str:
        return "En."


def test_the_door_into_reports_refuses_what_cannot_be_traced(own_study: Study) -> None:
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    common = {"study": own_study, "result": Shown(), "title": "t", "section": "coding", "reads": ["codings"]}
    with pytest.raises(TableError, match="no alternative text"):
        save_figure(ax, "02_x", alt=" ", **common)
    with pytest.raises(TableError, match="cannot be a name"):
        save_figure(ax, "../x", alt="a", **common)
    with pytest.raises(TableError, match="which is no table"):
        save_figure(ax, "02_x", alt="a", **common | {"reads": ["nothing"]})
    bare = Shown.table.drop(columns="rests_on")
    with pytest.raises(TableError, match="no column rests_on"):
        save_table(bare, "02_x", study=own_study, title="t", caption="c", section="coding", reads=["codings"])
    plt.close("all")
    assert not list(own_study.reports.glob("*/02_x*"))


def test_a_saved_table_holds_no_live_formula(own_study: Study, tmp_path: Path) -> None:
    shutil.copytree(own_study.root, tmp_path / "copy")
    copy = load_study(tmp_path / "copy")
    table = pd.DataFrame({"polarity": ["+", "-"], "quote": ["=HYPERLINK(1)", "@sum"], "rests_on": [("a",), ("b",)]})
    path = save_table(table, "02_x", study=copy, title="t", caption="c", section="coding", reads=["codings"])
    text = path.read_text(encoding="utf-8-sig")
    assert "+,'=HYPERLINK(1),a" in text
    assert "-,'@sum,b" in text
    provenance = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert len(provenance["reads"]["codings"]) == 64
