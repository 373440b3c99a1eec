"""People's codings kept as a register: each row is found in the text, or said to be missing."""

from typing import Any

import pytest

from evalkit.coding.audit_register import place_audit_codings
from tests.coding.texts import as_table, documents_and_segments

DOCUMENTS, SEGMENTS = documents_and_segments(
    {"d1": ["Vi fick mandat\nav nämnden.", "Ja, precis.", "Ja, precis. Så var det."]}, unit="K01", session=2
)
ROW = {
    "document": "data/raw/transcripts/d1.txt",
    "turn": 1,
    "quote": "fick mandat av nämnden",
    "session": 2,
    "coder": "A",
    "code": "mandat",
    "polarity": "-",
    "probability": 0.25,
    "blind": True,
    "source_file": "data/raw/registers/audit_codings.csv",
}


def place(*rows: dict[str, Any]) -> Any:
    register = as_table(
        "audit_codings", [ROW | {"source_row": number} | row for number, row in enumerate(rows, start=2)]
    )
    return place_audit_codings(register, DOCUMENTS, SEGMENTS, codes=("mandat", "driv"))


def test_a_row_is_found_by_its_words_whatever_breaks_the_line() -> None:
    codings, readings, findings = place({})
    assert findings == []
    coding = codings.iloc[0]
    assert (coding["segment_id"], coding["start"], coding["end"]) == ("d1#0001", 3, 25)
    assert coding["quote"] == "fick mandat\nav nämnden"
    assert (coding["coder"], coding["polarity"], coding["unit"]) == ("A", "-", "K01")
    reading = readings.iloc[0]
    assert (reading["independent"], reading["probability"], reading["stratum"]) == (True, 0.25, "session 2")


def test_a_segment_read_without_a_code_is_a_reading() -> None:
    codings, readings, findings = place({"code": None, "polarity": None}, {"coder": "B"})
    assert findings == []
    assert codings["coder"].tolist() == ["B"]
    assert readings["coder"].tolist() == ["A", "B"]


def test_what_was_not_said_to_be_blind_is_not_independent() -> None:
    _, readings, _ = place({"blind": None}, {"blind": False, "coder": "B"})
    assert readings["independent"].tolist() == [False, False]


def test_one_row_that_is_not_blind_makes_the_reading_dependent() -> None:
    for blind in ([True, False], [False, True], [True, None]):
        rows = [{"blind": one, "code": code} for one, code in zip(blind, ("mandat", "driv"), strict=True)]
        codings, readings, _ = place(*rows)
        assert len(codings) == 2
        assert readings["independent"].tolist() == [False]


def test_the_turn_decides_between_the_same_words() -> None:
    codings, _, findings = place({"quote": "Ja, precis", "turn": 3})
    assert findings == []
    assert codings["segment_id"].tolist() == ["d1#0003"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quote": "fick inget mandat"}, "the quote does not stand in the document"),
        ({"quote": "Ja, precis", "turn": 9}, "the quote stands in several turns"),
        ({"document": "data/raw/transcripts/d9.txt"}, "the document is not among the documents"),
        ({"code": "okand"}, "code 'okand' is not in the codebook"),
        ({"polarity": None}, "the code has no polarity"),
        ({"coder": "B", "polarity": "+"}, "the same words have the code with another polarity in a row above"),
    ],
)
def test_what_cannot_be_placed_is_a_problem_with_its_row(wrong: dict[str, Any], message: str) -> None:
    codings, readings, findings = place({"coder": "B"}, wrong)
    assert len(codings) == 1
    # Who said something there that is lost has not been heard to the end.
    assert len(readings) == (0 if wrong.get("coder") == "B" else 1)
    assert [(finding.severity, finding.row) for finding in findings] == [("problem", 3)]
    assert findings[0].what == message
    assert "nämnden" not in str(findings[0])


def test_an_empty_register_gives_empty_tables() -> None:
    codings, readings, findings = place()
    assert codings.empty
    assert readings.empty
    assert findings == []
