import pandas as pd

from evalkit.measures import joint_display
from evalkit.study import Study
from evalkit.tables import as_register, empty_table


def register(name: str, rows: list[dict[str, str]]) -> pd.DataFrame:
    raw = pd.DataFrame(rows, dtype="str").assign(source_file=f"{name}.csv", source_row=range(2, len(rows) + 2))
    table, findings = as_register(name, raw)
    assert findings == []
    return table


def level(unit: str, session: str, value: str) -> dict[str, str]:
    return {"unit": unit, "session": session, "tool": "eor", "rater": "A", "level": value}


def test_each_source_stands_in_its_column_and_names_its_rows(study: Study) -> None:
    assessments = register("assessments", [level("K01", "1", "0"), level("K01", "3", "3"), level("K02", "1", "2")])
    contacts = register("contacts", [{"date": "2017-04-01", "unit": "K01", "supervisor": "H1"}])
    attendance = register("attendance", [{"unit": "K01", "session": s, "n_present": "2"} for s in "123"])
    before = assessments.copy(deep=True)
    result = joint_display(
        assessments, empty_table("enrolment"), attendance, contacts, empty_table("codings"), study=study
    )
    first, second = result.table.to_dict("records")
    assert (first["first_level"], first["last_level"], first["attended"], first["contacts"]) == (0, 3, 3, 1)
    assert (second["first_level"], second["last_level"], second["contacts"]) == (2, 2, 0)
    assert "contacts.csv:2" in first["rests_on"]
    assert second["rests_on"] == ("assessments.csv:4",)
    assert "högre sist än först hos 1 av 2 bedömda" in result.sentence("sv")
    assert "1 have no contact" in result.sentence("en")
    pd.testing.assert_frame_equal(assessments, before)


def test_what_was_never_recorded_is_missing_not_nothing(study: Study) -> None:
    names = ("assessments", "enrolment", "attendance", "contacts", "codings")
    table = joint_display(*(empty_table(name) for name in names), study=study).table
    assert table["unit"].tolist() == ["K01", "K02"]
    assert table[["first_level", "last_level", "attended", "contacts", "codings"]].isna().all(axis=None)
