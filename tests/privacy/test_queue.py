"""The review queue and what is remembered of it."""

from pathlib import Path

import pandas as pd
import pytest

from evalkit.errors import PrivacyError
from evalkit.privacy import (
    empty_queue,
    join_queues,
    name_list,
    pseudonymise_documents,
    pseudonymise_text,
    queue_findings,
    read_decisions,
    write_queue,
)
from evalkit.tables import empty_table
from tests.privacy.test_documents import documents
from tests.privacy.test_names import register, study

TEXT = "Där satt Vendla och Okändsson. Anna sa till Vendlas chef i Fjärranby att vi kan fråga Lasse och anna."


def queue_of(text, decisions=None, document="d1"):
    names = name_list(study(), register(), decisions)
    new, _, queue = pseudonymise_documents(documents((document, None, text)), empty_table("speakers"), names)
    return new["text"].iloc[0], queue


def decide(path: Path, **decisions):
    table = pd.read_csv(path, sep=";", dtype="str", keep_default_na=False, encoding="utf-8-sig")
    for word, decision in decisions.items():
        table.loc[table["word"] == word, "decision"] = decision
    path.write_text(table.to_csv(sep=";", index=False), encoding="utf-8-sig")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "private" / "names_to_review.csv"
    write_queue(path, queue_of(TEXT)[1], empty_queue())
    return path


def test_most_pressing_first_then_by_count(path):
    table = pd.read_csv(path, sep=";", encoding="utf-8-sig")
    assert table["word"].tolist() == ["Anna", "Vendla", "Fjärranby", "Okändsson", "anna"]
    assert table["count"].tolist() == [1, 2, 1, 1, 1]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_decisions_are_followed_remembered_and_merged(path):
    decide(path, Vendla="replace", Fjärranby="keep", Anna="P02", Okändsson="ersätt", anna="P02")
    decisions, findings = read_decisions(path)
    assert findings == []
    text, queue = queue_of(TEXT, decisions)
    assert text == (
        "Där satt [namn 1] och [namn 2]. [P02] sa till [namn 1]s chef i Fjärranby att vi kan fråga [P03] och [P02]."
    )
    assert queue.empty
    write_queue(path, join_queues([queue, queue_of("med Nyttnamn", decisions, "d2")[1]]), decisions)
    again, _ = read_decisions(path)
    pd.testing.assert_frame_equal(again, decisions)
    assert pd.read_csv(path, sep=";", encoding="utf-8-sig")["word"].tolist()[-1] == "Nyttnamn"
    write_queue(path, empty_queue(), again)
    pd.testing.assert_frame_equal(read_decisions(path)[0], decisions)


def test_numbers_of_pseudonyms_never_change(path):
    decide(path, Okändsson="replace")
    first, _ = read_decisions(path)
    assert first["pseudonym"].tolist() == ["[namn 1]"]
    write_queue(path, queue_of(TEXT, first)[1], first)
    decide(path, Vendla="replace", Fjärranby="namn 1")
    second = read_decisions(path)[0].set_index("word")["pseudonym"]
    assert second.to_dict() == {"Okändsson": "[namn 1]", "Vendla": "[namn 2]", "Fjärranby": "[namn 1]"}


def test_what_was_decided_while_a_run_went_on_is_kept(path):
    before, _ = read_decisions(path)
    decide(path, Vendla="keep")
    write_queue(path, queue_of(TEXT)[1], before)
    assert read_decisions(path)[0]["word"].tolist() == ["Vendla"]


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-8", ","), ("utf-8-sig", "\t")])
def test_what_spreadsheets_save_is_read(path, encoding, delimiter):
    decide(path, Fjärranby="behåll")
    table = pd.read_csv(path, sep=";", dtype="str", keep_default_na=False, encoding="utf-8-sig")
    path.write_text(table.to_csv(sep=delimiter, index=False), encoding=encoding)
    decisions, findings = read_decisions(path)
    assert findings == []
    assert decisions[["word", "decision"]].to_numpy().tolist() == [["Fjärranby", "keep"]]


def test_rows_that_cannot_be_used_are_named_without_words(path):
    decide(path, Vendla="keep")
    path.write_bytes(path.read_bytes() + "Vendla;påhittat;1;d1;keep;\r\n".encode())
    _, findings = read_decisions(path)
    assert [(finding.severity, finding.row) for finding in findings] == [("problem", 7)]
    assert "Vendla" not in str(findings[0])
    path.write_text("a;b\n", encoding="utf-8")
    assert "column word is missing" in str(read_decisions(path)[1][0])


def test_unknown_id_is_refused_without_the_word(path):
    decide(path, Vendla="P99")
    with pytest.raises(PrivacyError, match="1 decisions") as caught:
        name_list(study(), register(), read_decisions(path)[0])
    assert "Vendla" not in str(caught.value)


def test_cells_are_no_formulas(path):
    queue = queue_of(TEXT)[1].assign(documents="=cmd")
    write_queue(path, queue, empty_queue())
    assert b";'=cmd;" in path.read_bytes()
    decide(path, Vendla="keep")
    assert read_decisions(path)[0]["documents"].tolist() == ["=cmd"]


def test_findings(path):
    root = path.parents[1]
    assert [finding.severity for finding in queue_findings(path, root=root, people=False)] == ["notice", "notice"]
    (left,) = queue_findings(path, root=root, people=True)
    assert str(left).startswith("private/names_to_review.csv: 5 words may be names")
    assert queue_findings(root / "none.csv", root=root, people=True) == []
    assert read_decisions(root / "none.csv")[0].empty


def test_joining_does_not_depend_on_the_order():
    queues = [queue_of(TEXT, document="d1")[1], queue_of("sa Vendlas bror", document="d2")[1]]
    pd.testing.assert_frame_equal(join_queues(queues), join_queues(queues[::-1]))
    assert join_queues(queues).set_index("word").loc["Vendla", "documents"] == "d1;d2"
    assert join_queues([]).empty


def test_real_report_gives_a_short_queue():
    report = Path(__file__).resolve().parents[2] / "../shared/real/utvarderingsrapport_2018.txt"
    if not report.is_file():
        pytest.skip("the shared real documents are not here")
    result = pseudonymise_text(report.read_text(encoding="utf-8"), name_list(study([]), None))
    assert result.replacements.empty
    assert 15 <= len(result.candidates) <= 45
