"""Presenters, groups and who speaks of whom: counted by hand, on any input, and without rows."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.measures import (
    adherence,
    coded_depth,
    explanatory_share,
    homework,
    indicators,
    learning_levels,
    plan_rerating,
    position_pairs,
    presenters,
    session_groups,
    triangulate_learning,
    unit_mentions,
)
from evalkit.study import Unit
from tests.measures.hand_tables import codings, documents, segments
from tests.measures.programmes import made, nothing, study
from tests.measures.registers import register

DAY = [
    {"session": 1, "start": "09:00", "end": "10:00", "activity": "förklaring: x", "presenter": "T1"},
    {"session": 1, "start": "10:00", "end": "10:20", "activity": "övning", "presenter": "T1, T2"},
    {"session": 1, "start": "10:20", "end": "10:40", "activity": "övning", "presenter": None},
    {"session": 1, "start": "10:40", "end": "11:00", "activity": "övning", "presenter": "T3", "status": "dropped"},
    {"session": 2, "start": "09:00", "end": "09:30", "activity": "övning", "presenter": "T2", "tool_demonstrated": "t"},
    {"session": 2, "start": "09:30", "end": "10:00", "activity": "övning", "presenter": "T3 & T1"},
]


def test_presenters_counted_by_hand():
    result = presenters(register("activities", DAY))
    rows = result.table.set_index(["session", "presenter"])
    assert rows["minutes"].to_dict() == {(1, "T1"): 80, (1, "T2"): 20, (2, "T1"): 30, (2, "T2"): 30, (2, "T3"): 30}
    assert rows.loc[(1, "T1"), ["explaining", "activities", "tools"]].tolist() == [60, 2, 0]
    assert rows["new"].to_dict() == {(1, "T1"): True, (1, "T2"): True, (2, "T1"): False} | {
        (2, "T2"): False,
        (2, "T3"): True,
    }
    sessions = result.sessions.set_index("session")
    assert sessions["effective"].tolist() == pytest.approx([1 / (0.8**2 + 0.2**2), 3])
    assert sessions["new"].tolist() == [2, 1]
    assert result.without == 1
    assert rows.loc[(1, "T2"), "rests_on"] == ("activities.csv:3",)
    assert "från 2 (T1; motsvarar 1,5 jämnt delande) till 3" in result.sentence("sv")


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["A", "B", "A,B"]), st.integers(1, 60)), max_size=12))
def test_effective_presenters_lie_between_one_and_all(rows):
    given_rows = [
        {"session": s, "day": i + 1, "start": "09:00", "end": f"{9 + m // 60:02}:{m % 60:02}", "activity": "övning"}
        | {"presenter": who}
        for i, (s, who, m) in enumerate(rows)
    ]
    sessions = presenters(register("activities", given_rows)).sessions
    assert (sessions["effective"] >= 1 - 1e-12).all()
    assert (sessions["effective"] <= sessions["presenters"] + 1e-12).all()


def test_coherence_is_said_and_changes_are_listed_with_their_reason():
    share = explanatory_share(register("activities", DAY))
    assert "% hölls i en form som hör till" in share.sentence("sv")
    changes = adherence(register("activities", [*DAY[:3], DAY[3] | {"reason": "tiden tog slut"}])).changes
    assert changes[["session", "activity", "status", "reason"]].to_numpy().tolist() == [
        [1, "övning", "dropped", "tiden tog slut"]
    ]


SAT = [
    {"unit": "K01", "session": 1, "n_present": 2, "group": "G1", "supervisor": "H1"},
    {"unit": "K02", "session": 1, "n_present": 1, "group": "G1", "supervisor": "H1"},
    {"unit": "K03", "session": 1, "n_present": 3, "group": "G2", "supervisor": "H2"},
    {"unit": "K01", "session": 2, "n_present": 0, "group": "G1"},
    {"unit": "K02", "session": 2, "n_present": 1, "group": "G2", "supervisor": "H2"},
    {"unit": "K03", "session": 2, "n_present": 1, "group": "G2", "supervisor": "H1"},
    {"unit": "K01", "session": 3, "n_present": 1},
]


def test_groups_counted_by_hand():
    result = session_groups(register("attendance", SAT), study=study(3, 3))
    groups = result.groups.set_index(["session", "group"])
    assert groups[["units", "persons"]].to_numpy().tolist() == [[2, 3], [1, 3], [2, 2]]
    assert groups.loc[(2, "G2"), "supervisors"] == ("H1", "H2")
    assert result.table["moved"].tolist() == [False, False, False, True, False, False]
    assert result.table["new_supervisor"].tolist() == [False, False, False, True, True, False]
    assert result.met[["first", "second", "sessions"]].to_numpy().tolist() == [["K01", "K02", 1], ["K02", "K03", 1]]
    assert result.met["rests_on"].iloc[0] == ("attendance.csv:2", "attendance.csv:3")
    assert sorted(result.graph().edges(data="sessions")) == [("K01", "K02", 1), ("K02", "K03", 1)]
    assert "67\xa0% av alla par av kommuner" in result.sentence("sv")
    assert "6 av 6" not in result.caption("sv")  # one group is not noted


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.sampled_from(["G1", "G2", None])), unique_by=lambda r: r[:2]
    )
)
def test_every_unit_in_a_group_is_counted_once_and_pairs_meet_at_most_every_session(rows):
    attendance = register(
        "attendance", [{"session": s, "unit": f"K{u:02}", "n_present": 1, "group": g} for s, u, g in rows]
    )
    result = session_groups(attendance)
    assert result.groups["units"].sum() == sum(g is not None for *_, g in rows)
    assert result.met.empty or result.met["sessions"].max() <= 3
    assert (result.met["first"] != result.met["second"]).all()


def said(*rows):
    """Write turns as (unit, text, role)."""
    return segments(
        *(
            {"segment_id": f"s{i}", "document_id": "d1", "unit": unit, "text": text, "role": role}
            for i, (unit, text, role) in enumerate(rows)
        )
    )


def test_mentions_counted_by_hand():
    named = replace(study(3, 1), units=(Unit(id="K01"), Unit(id="K02", name="Älvhamn"), Unit(id="K03")))
    turns = said(
        ("K01", "vi lånade [K02]s tavla och Älvhamns klocka", "informant"),
        ("K01", "vi i K01 gjorde så", "informant"),
        ("K03", "som K01 och K02", "informant"),
        ("K03", "K022 är något annat", "informant"),
        ("K01", "K02 kan berätta", "handledare"),
    )
    result = unit_mentions(turns, documents({"document_id": "d1", "session": 2}), named)
    assert result.table[["session", "unit", "about", "turns"]].to_numpy().tolist() == [
        [2, "K01", "K02", 1],
        [2, "K03", "K01", 1],
        [2, "K03", "K02", 1],
    ]
    assert result.turns.set_index("unit")[["turns", "about_others"]].to_numpy().tolist() == [[2, 1], [2, 1]]
    assert result.table["rests_on"].iloc[0] == ("s0",)
    assert "Bara den som nämns vid namn" in result.sentence("sv")


@settings(max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(["K01", "K02"]), st.sampled_from(["K01", "K02", "K03", "ingen"]))))
def test_a_unit_never_speaks_of_itself_as_another(rows):
    turns = said(*((unit, f"det gjorde {about}", "informant") for unit, about in rows))
    result = unit_mentions(turns, documents({"document_id": "d1"}), study(3, 1))
    assert (result.table["unit"] != result.table["about"]).all()
    assert result.table["turns"].sum() == sum(unit != about and about != "ingen" for unit, about in rows)


def test_inputs_are_unchanged_and_may_be_empty():
    programme = made()
    before = {name: programme[name].copy() for name in ("activities", "attendance")}
    presenters(programme["activities"], study=programme.study)
    session_groups(programme["attendance"], study=programme.study)
    for name, table in before.items():
        pd.testing.assert_frame_equal(programme[name], table)
    empty = nothing()
    for result in (
        presenters(empty["activities"]),
        session_groups(empty["attendance"]),
        unit_mentions(segments(), documents(), study(2, 1)),
    ):
        assert result.table.empty
        assert result.sentence("sv")
        assert result.sentence("en")
        assert result.caption("en")


@pytest.mark.parametrize(("units", "sessions"), [(3, 12), (200, 4)])
def test_any_number_of_units_and_sessions(units, sessions):
    programme = made(units, sessions)
    registers, declared = programme.registers, programme.study
    shown = presenters(registers["activities"], study=declared)
    assert shown.sessions["session"].tolist() == list(range(1, sessions + 1))
    groups = session_groups(registers["attendance"], study=declared)
    assert groups.table["unit"].nunique() <= units
    levels = learning_levels(registers["assessments"], declared, enrolment=registers["enrolment"])
    assert levels.latest().table["unit"].nunique() == units
    handed = homework(documents(), enrolment=registers["enrolment"], study=declared)
    assert handed.table.empty
    depth = coded_depth(codings(), segments(), documents=documents(), deep=["a"], surface=["b"], study=declared)
    found = triangulate_learning(levels, depth, position_pairs(registers["positions"], declared), n_orders=99)
    assert len(found.table) == 3 * units
    assert len(indicators(registers["indicators"], study=declared).table) > 0
    assert plan_rerating(registers["assessments"], declared, cells=12).table["session"].nunique() == min(sessions, 12)
