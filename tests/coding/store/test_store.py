"""The store: what is written can be read, taken back, done again and accounted for, on a file and on a server."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.coding.store import CodingStore, add_coding, mark_read
from evalkit.errors import StoreError
from tests.coding.store.conftest import TEXT

WORK = ["add", "change", "remove", "undo", "redo"]
WHERE = {"document_id": "intervju_K01", "text": TEXT}


def code(store: CodingStore, coder: str = "A", code: str = "mandat", start: int = 11, end: int = 22) -> str:
    return store.add_coding(coder=coder, **WHERE, start=start, end=end, code=code, polarity="-")


def take_back(store: CodingStore, coder: str, *, again: bool = False) -> str | None:
    """Undo or redo of somebody who may not have done anything yet."""
    if coder not in set(store.log()["coder"]):
        return None
    return store.redo(coder) if again else store.undo(coder)


def code_twice(store: CodingStore, *places: tuple[int, int]) -> None:
    with store.step("A") as step:
        for start, end in places:
            add_coding(step, **WHERE, start=start, end=end, code="driv")


def test_a_coding_is_there_when_the_store_is_opened_again(address: str) -> None:
    with CodingStore(address) as store:
        id = store.add_coding(
            coder="A", **WHERE, start=11, end=22, code="mandat", polarity="-", unit="K02", about_session=3
        )
    with CodingStore(address) as again:
        row = again.records("codings").iloc[0]
        assert row["id"] == id
        assert row["quote"] == "inte mandat"
        assert (row["code"], row["polarity"], row["unit"], row["about_session"]) == ("mandat", "-", "K02", 3)
        assert again.text(row["text_sha256"]) == TEXT
        assert again.verify() == []


def test_changes_removals_and_memos_are_entries_of_the_log(store: CodingStore) -> None:
    id = code(store)
    store.change_coding(id, coder="A", polarity="?")
    memo = store.add_memo("coding", id, "Osäker: menar hon nämnden?", coder="B")
    store.change_memo(memo, "Hon menar nämnden.", coder="B")
    store.remove("codings", id, coder="A")
    assert store.records("codings").empty
    assert store.records("codings", removed=True)["polarity"].tolist() == ["?"]
    assert store.records("memos")["text"].tolist() == ["Hon menar nämnden."]
    log = store.log()
    assert log["kind"].tolist() == ["codings", "codings", "memos", "memos", "codings"]
    assert json.loads(log["before"][1])["polarity"] == "-"
    assert store.last_audit_id() == log["audit_id"].iloc[-1]
    assert store.last_audit_id("memos") == log["audit_id"].iloc[3]
    assert store.verify() == []


def test_undo_and_redo_survive_a_restart(address: str) -> None:
    with CodingStore(address) as store:
        id = code(store)
        store.change_coding(id, coder="A", code="ledningsstod")
        code(store, code="resurser", start=0, end=2)
    with CodingStore(address) as store:
        assert store.undo("A")
        assert store.records("codings")["code"].tolist() == ["ledningsstod"]
        assert store.undo("A")
    with CodingStore(address) as store:
        assert store.records("codings")["code"].tolist() == ["mandat"]
        assert store.undo("A")
        assert store.records("codings").empty
        assert store.undo("A") is None
    with CodingStore(address) as store:
        for expected in (["mandat"], ["ledningsstod"], ["ledningsstod", "resurser"]):
            assert store.redo("A")
            assert store.records("codings")["code"].tolist() == expected
        assert store.redo("A") is None
        assert store.verify() == []


def test_new_work_ends_what_could_be_done_again(store: CodingStore) -> None:
    code(store)
    store.undo("A")
    code(store, code="resurser")
    assert store.redo("A") is None
    assert store.records("codings")["code"].tolist() == ["resurser"]


def test_coders_take_back_their_own_steps_only(store: CodingStore) -> None:
    first = code(store, coder="A")
    code(store, coder="B", code="resurser")
    assert store.undo("A")
    assert store.records("codings")["coder"].tolist() == ["B"]
    assert store.redo("A")
    store.change_coding(first, coder="B", polarity="+")
    with pytest.raises(StoreError, match=r"one of the codings has been changed since by 'B' on \d{4}-.*nothing was"):
        store.undo("A")
    assert store.records("codings")["polarity"].tolist() == ["+", "-"]


def test_a_step_of_many_changes_is_one_undo(store: CodingStore) -> None:
    with store.step("A") as step:
        for place in range(5):
            add_coding(step, **WHERE, start=place, end=place + 3, code="driv")
        mark_read(step, **WHERE, start=0, end=len(TEXT), independent=True)
    assert len(store.records("codings")) == 5
    store.undo("A")
    assert store.records("codings").empty
    assert store.records("readings").empty
    store.redo("A")
    assert len(store.records("codings")) == 5


def test_a_step_that_fails_writes_nothing(store: CodingStore) -> None:
    with pytest.raises(StoreError, match="no passage"):
        code_twice(store, (0, 3), (60, 600))
    assert store.records("codings").empty
    assert store.last_audit_id() == 0


def test_scores_decisions_and_readings_have_one_value_per_person(store: CodingStore) -> None:
    for level in (2, None, 3):
        store.score(coder="A", unit="K01", session=2, tool="eor", level=level, basis="hemuppgift", blind=True)
    store.score(coder="B", unit="K01", session=2, tool="eor", level=None)
    scores = store.records("scores")
    assert scores["level"].tolist() == [3, pd.NA]
    assert store.decide("suggestion", {"abc": "reject", "def": "accept"}, coder="A") == 2
    assert store.decide("suggestion", {"abc": "accept", "def": "accept"}, coder="A") == 1
    assert store.records("decisions").set_index("subject")["decision"].to_dict() == {"abc": "accept", "def": "accept"}
    with pytest.raises(StoreError, match="nothing is decided on 'weather'"):
        store.decide("weather", {"x": "accept"}, coder="A")
    for _ in range(2):
        with store.step("A") as step:
            mark_read(step, **WHERE, start=0, end=9, independent=True, sample="s1", stratum="x", probability=1 / 3)
    readings = store.records("readings")
    assert len(readings) == 1
    assert readings["probability"].tolist() == [1 / 3]
    assert store.verify() == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start": 5, "end": 5}, "5–5 is no passage of a text of 66 signs; mark at least one sign"),
        ({"end": 67}, "0–67 is no passage"),
        ({"polarity": "~"}, "polarity '~' is not known; it is one of"),
        ({"origin": "guess"}, "origin 'guess' is not known"),
        ({"code": ""}, "needs a code"),
        ({"coder": " "}, "needs the name of the coder"),
    ],
)
def test_values_that_mean_nothing_are_refused(store: CodingStore, wrong: dict[str, object], message: str) -> None:
    right: dict[str, object] = {"coder": "A", **WHERE, "start": 0, "end": 3, "code": "driv"}
    with pytest.raises(StoreError, match=message):
        store.add_coding(**(right | wrong))  # type: ignore[arg-type]
    assert store.last_audit_id() == 0


def test_what_is_not_there_is_named(store: CodingStore) -> None:
    with pytest.raises(StoreError, match="no record has the id 'x'"):
        store.change_coding("x", coder="A", code="driv")
    id = code(store)
    with pytest.raises(StoreError, match="'quote' cannot be changed"):
        store.change_coding(id, coder="A", quote="något annat")
    store.remove("codings", id, coder="A")
    with pytest.raises(StoreError, match="has been removed; take that back first"):
        store.change_coding(id, coder="A", code="driv")
    with pytest.raises(StoreError, match="keeps no thoughts; it keeps codings"):
        store.records("thoughts")
    with pytest.raises(StoreError, match="has no memos; they are on coding"):
        store.add_memo("weather", "x", "regn", coder="A")
    with pytest.raises(StoreError, match="the memo is empty"):
        store.add_memo("coding", id, " ", coder="A")


def test_a_coding_is_moved_to_its_place_in_a_corrected_text(store: CodingStore) -> None:
    id = code(store)
    corrected = "Rättat. " + TEXT
    store.move("codings", id, text=corrected, start=19, end=30, coder="B")
    moved = store.records("codings").iloc[0]
    assert (moved["start"], moved["quote"], moved["coder"]) == (19, "inte mandat", "A")
    assert store.text(moved["text_sha256"]) == corrected
    with pytest.raises(StoreError, match="900–911 is no passage"):
        store.move("codings", id, text=corrected, start=900, end=911, coder="B")
    store.undo("B")
    assert store.records("codings")["start"].tolist() == [11]
    assert store.verify() == []


def test_a_reading_keeps_its_sample_and_never_becomes_independent_again(store: CodingStore) -> None:
    segment = WHERE | {"start": 0, "end": 9}
    with store.step("A") as step:
        mark_read(step, **segment, independent=False, sample="s1", stratum="x", probability=0.2)
    for sample in ("s1", "s2", None):
        with store.step("A") as step:
            mark_read(step, **segment, independent=True, sample=sample)
    readings = store.records("readings").sort_values("sample", na_position="last")
    assert readings["sample"].tolist()[:2] == ["s1", "s2"]
    assert readings["probability"].tolist()[0] == 0.2
    assert readings["stratum"].tolist()[0] == "x"
    assert readings["independent"].tolist() == [False] * 3
    assert store.verify() == []


def test_values_of_other_libraries_are_stored_plainly(store: CodingStore) -> None:
    with store.step("A") as step:
        mark_read(
            step, **WHERE, start=np.int64(0), end=np.int64(9), independent=np.bool_(True), probability=float("nan")
        )
    assert store.records("readings")["probability"].isna().all()
    store.score(coder="A", unit="K01", session=np.int64(2), tool="eor", level=pd.NA)  # type: ignore[arg-type]
    assert store.verify() == []
    assert store.undo("A")
    with pytest.raises(StoreError, match="memos: text has a sign that is no character"):
        store.add_memo("code", "driv", "halv \ud800", coder="A")
    with pytest.raises(StoreError, match="scores: '5/1 2024' is no date"):
        store.score(coder="A", unit="K01", session=2, tool="eor", level=2, rated_on="5/1 2024")
    with pytest.raises(StoreError, match="scores: level -1 is on no rubric"):
        store.score(coder="A", unit="K01", session=2, tool="eor", level=-1)
    with pytest.raises(StoreError, match="samples: what was drawn or kept as a version stays"):
        store.remove("samples", "x", coder="A")


def test_undo_asks_for_somebody_who_has_done_something(store: CodingStore) -> None:
    code(store)
    with pytest.raises(StoreError, match="'B' has changed nothing here; those who have: A"):
        store.undo("B")
    with pytest.raises(StoreError, match="needs the name of the coder"):
        store.undo(" ")
    assert store.undo(" A ")


def test_the_state_of_a_store_is_its_own(tmp_path: Path) -> None:
    states = []
    for name in ("a", "b"):
        with CodingStore(tmp_path / f"{name}.sqlite") as store:
            assert store.state() == "0"
            code(store)
            states.append(store.state())
            store.add_memo("code", "driv", "Nej.", coder="A")
            assert store.state("codings") == states[-1] != store.state()
    assert states[0] != states[1]


def test_the_log_cannot_be_rewritten(address: str) -> None:
    with CodingStore(address) as store:
        code(store)
    url = address if "://" in address else f"sqlite:///{address}"
    engine = sa.create_engine(url)
    for statement in ("UPDATE log SET coder = 'X'", "DELETE FROM log"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(sa.text(statement))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE codings SET code = 'driv'"))
    engine.dispose()
    with CodingStore(address) as store:
        assert [problem.split(" ")[0] for problem in store.verify()] == ["codings"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(["add", "change", "remove", "undo", "redo"])), max_size=25
    )
)
def test_whatever_is_done_the_log_adds_up_and_undoing_all_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, work: list[tuple[str, str]]
) -> None:
    with CodingStore(tmp_path_factory.mktemp("s") / "codings.sqlite") as store:
        for coder, what in work:
            mine = store.records("codings").query("coder == @coder")["id"].tolist()
            if what == "add":
                code(store, coder)
            elif what == "change" and mine:
                store.change_coding(mine[-1], coder=coder, polarity="+")
            elif what == "remove" and mine:
                store.remove("codings", mine[0], coder=coder)
            elif what == "undo":
                take_back(store, coder)
            elif what == "redo":
                take_back(store, coder, again=True)
        assert store.verify() == []
        before = store.records("codings")
        steps = dict.fromkeys("AB", 0)
        for coder in "AB":
            while take_back(store, coder):
                steps[coder] += 1
        assert store.records("codings").empty
        for coder in "AB":
            for _ in range(steps[coder]):
                assert store.redo(coder)
        pd.testing.assert_frame_equal(store.records("codings"), before)
        assert store.verify() == []
