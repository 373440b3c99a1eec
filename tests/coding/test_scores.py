"""Scores given in the store join those typed into the register."""

from pathlib import Path

import pandas as pd

from evalkit.coding.scores import join_scores, read_scores
from evalkit.coding.store import CodingStore
from evalkit.tables import validate_table
from tests.coding.texts import as_table


def register(*raters: str) -> pd.DataFrame:
    row = {"unit": "K01", "session": 2, "tool": "eor", "level": 1, "source_file": "assessments.csv"}
    rows = [row | {"rater": rater, "source_row": number} for number, rater in enumerate(raters, start=2)]
    return as_table("assessments", rows)


def test_the_store_s_score_stands_where_a_rater_scored_twice(tmp_path: Path) -> None:
    with CodingStore(tmp_path / "codings.sqlite") as store:
        given = {"unit": "K01", "session": 2, "tool": "eor", "rated_on": "2017-05-11", "blind": True}
        store.score(coder="A", level=3, **given)
        store.score(coder="C", level=None, **given)
        scores = read_scores(store)
    joined, findings = join_scores(register("A", "B"), scores)
    validate_table("assessments", joined)
    assert joined[["rater", "level"]].to_numpy().tolist() == [["B", 1], ["A", 3], ["C", pd.NA]]
    assert joined["source_file"].tolist() == ["assessments.csv", "codings.sqlite", "codings.sqlite"]
    assert joined["rated_on"].dt.strftime("%Y-%m-%d").tolist()[1] == "2017-05-11"
    assert [(finding.severity, finding.row) for finding in findings] == [("notice", 2)]


def test_an_empty_store_or_register_changes_nothing(tmp_path: Path) -> None:
    with CodingStore(tmp_path / "codings.sqlite") as store:
        none = read_scores(store)
    joined, findings = join_scores(register("A"), none)
    pd.testing.assert_frame_equal(joined, register("A"))
    assert findings == []
    assert join_scores(register(), none)[0].empty
