import re

import pandas as pd
import pytest

from evalkit.errors import Finding
from evalkit.study import Study
from evalkit.tables import REGISTERS, SCHEMAS, as_register, check_register, empty_table, schema_columns, validate_table


def typed(rows: list[dict[str, str]], file: str = "data/raw/registers/x.csv") -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype="str")
    return frame.assign(source_file=file, source_row=range(2, len(frame) + 2))


def rows_of(findings: list[Finding]) -> list[int | None]:
    return [finding.row for finding in findings]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_an_empty_table_holds_its_schema(name: str) -> None:
    assert validate_table(name, empty_table(name)).empty


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_without_rows_is_no_problem(name: str) -> None:
    raw = pd.DataFrame(columns=[*schema_columns(name)], dtype="str")
    table, findings = as_register(name, raw)
    assert table.empty
    assert findings == []
    assert dict(table.dtypes.astype(str)) == schema_columns(name)


ASSESSMENT = {"unit": "K01", "session": "1", "tool": "eor", "rater": "A", "level": "2", "blind": "ja"}


def test_cells_are_read_as_their_types() -> None:
    table, findings = as_register(
        "assessments", typed([ASSESSMENT, ASSESSMENT | {"session": "2", "level": "kan ej bedöma"}])
    )
    assert findings == []
    assert table["level"].tolist() == [2, pd.NA]
    assert table["blind"].tolist() == [True, True]
    assert table["source_row"].tolist() == [2, 3]


def test_a_dash_is_a_polarity_and_nothing_elsewhere() -> None:
    row = {"document": "d.txt", "turn": "1", "quote": "ord", "coder": "A", "probability": "0,5", "session": "-"}
    codes = [("mandat", "-"), ("driv", "–"), ("kultur", "+"), ("-", "")]
    table, findings = as_register("audit_codings", typed([row | {"code": c, "polarity": p} for c, p in codes]))
    assert findings == []
    assert table["polarity"].tolist()[:3] == ["-", "-", "+"]
    assert table["polarity"].isna().tolist() == [False, False, False, True]
    assert table["code"].isna().tolist() == [False, False, False, True]
    assert table["session"].isna().all()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ({"session": "två"}, "session cannot be read as a whole number"),
        ({"level": "1,5"}, "level cannot be read as a whole number"),
        ({"rated_on": "14/3/2017"}, "rated_on cannot be read as a date"),
        ({"blind": "kanske"}, "blind cannot be read as yes or no"),
        ({"rater": ""}, "rater is empty"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_its_row_left_out(cell: dict[str, str], message: str) -> None:
    rows = [ASSESSMENT | {"rated_on": ""}, ASSESSMENT | {"session": "2", "rated_on": ""} | cell]
    table, findings = as_register("assessments", typed(rows))
    assert len(table) == 1
    assert rows_of(findings) == [3]
    assert message in findings[0].what
    assert findings[0].severity == "problem"


def test_a_key_that_stands_twice_names_row_and_key() -> None:
    table, findings = as_register("assessments", typed([ASSESSMENT, ASSESSMENT | {"level": "3"}]))
    assert len(table) == 1
    assert "(unit=K01, session=1, tool=eor, rater=A) stands twice" in findings[0].what
    assert findings[0].row == 3


def test_a_missing_column_is_a_problem_and_an_unknown_one_a_notice() -> None:
    row = {"unit": "K01", "session": "1", "antal": "3"}
    _, findings = as_register("attendance", typed([row]))
    assert {(f.severity, f.what) for f in findings} >= {
        ("problem", "attendance: the column 'n_present' is missing"),
        ("notice", "attendance: the column 'antal' is not used"),
    }


def test_swedish_numbers_are_read() -> None:
    row = {"unit": "K01", "indicator": "hushåll", "date": "2017-03-01", "value": "1 412,5", "target": "−3"}
    table, findings = as_register("indicators", typed([row]))
    assert findings == []
    assert table["value"].tolist() == [1412.5]
    assert table["target"].tolist() == [-3.0]


def test_the_input_is_unchanged() -> None:
    raw = typed([ASSESSMENT])
    before = raw.copy(deep=True)
    as_register("assessments", raw)
    pd.testing.assert_frame_equal(raw, before)


def enrolment(**cells: str) -> pd.DataFrame:
    return as_register("enrolment", typed([{"unit": "K01", **cells}]))[0]


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("assessments", ASSESSMENT | {"level": "7"}, r"level 7 \(unit='K01', session=1, tool='eor'\); levels are 0–4"),
        ("assessments", ASSESSMENT | {"tool": "hammare"}, "tool 'hammare' is not declared"),
        ("assessments", ASSESSMENT | {"unit": "K99"}, "unit 'K99' is not declared"),
        (
            "attendance",
            {"unit": "K02", "session": "9", "n_present": "2"},
            r"session 9 does not exist \(declared: 1–3\)",
        ),
        ("attendance", {"unit": "K01", "session": "2", "n_present": "2"}, "had left by session 2"),
        ("events", {"event": "brand", "after_session": "8"}, "after_session 8 does not exist"),
        ("enrolment", {"unit": "K02", "left_after_session": "2", "left_by_session": "1"}, "left by session 1, before"),
        ("positions", {"session": "1", "phase": "in", "statement": "s"}, "neither zone nor participant"),
    ],
)
def test_contradictions_with_the_study_are_named(study: Study, name: str, row: dict[str, str], message: str) -> None:
    table, findings = as_register(name, typed([row]))
    assert findings == []
    kept, findings = check_register(
        name, table, study, enrolment=enrolment(left_after_session="1", left_by_session="2")
    )
    assert kept.empty
    assert len(findings) == 1
    assert re.search(message, findings[0].what)
    assert findings[0].row == 2


def test_what_holds_is_kept(study: Study) -> None:
    table, _ = as_register("attendance", typed([{"unit": "K01", "session": "2", "n_present": "3"}]))
    kept, findings = check_register("attendance", table, study, enrolment=enrolment(left_after_session="2"))
    assert findings == []
    pd.testing.assert_frame_equal(kept, table)


@pytest.mark.parametrize(
    ("left", "last"),
    [
        ({"left_after_session": "2"}, 2),
        ({"left_after_session": "2", "left_by_session": "2"}, 2),
        ({"left_after_session": "1", "left_by_session": "3"}, 2),
        ({"left_by_session": "3"}, 2),
        ({}, 3),
    ],
)
def test_presence_ends_where_leaving_is_certain(study: Study, left: dict[str, str], last: int) -> None:
    rows = [{"unit": "K01", "session": str(session), "n_present": "1"} for session in (1, 2, 3)]
    table, _ = as_register("attendance", typed(rows))
    kept, _ = check_register("attendance", table, study, enrolment=enrolment(**left))
    assert kept["session"].max() == last
