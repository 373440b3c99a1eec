from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError, TableError
from evalkit.measures import (
    coded_depth,
    completing_units,
    implementation_status,
    participation,
    spent_hours,
    supervision_contacts,
    unit_costs,
)
from evalkit.study import Completion, Funding
from tests.measures.hand_tables import codings, small_corpus
from tests.measures.programmes import made, nothing, study
from tests.measures.registers import register

SMALL = study(3, 3)
CAME = [
    {"unit": "K01", "session": 1, "n_present": 2, "group": "G1", "supervisor": "T1"},
    {"unit": "K01", "session": 2, "n_present": 1, "group": "G1", "supervisor": "T2"},
    {"unit": "K01", "session": 3, "n_present": 3, "group": "G1", "supervisor": "T2"},
    {"unit": "K02", "session": 1, "n_present": 2, "group": "G2", "supervisor": "T1"},
    {"unit": "K02", "session": 2, "n_present": 0},
    {"unit": "K03", "session": 1, "n_present": 1},
]
ENROLLED = [
    {"unit": "K01"},
    {"unit": "K02"},
    {"unit": "K03", "left_after_session": 1, "left_by_session": 3},
]


def test_attendance_states_and_dose_by_hand():
    result = participation(register("attendance", CAME), enrolment=register("enrolment", ENROLLED), study=SMALL)
    states = result.table.set_index(["unit", "session"])
    assert states["state"].tolist() == [
        *["present"] * 3,
        *["present", "absent", "unknown"],
        *["present", "may have left", "left"],
    ]
    assert states.loc[("K03", 3), "rests_on"] == ("enrolment.csv:4",)
    assert states.loc[("K02", 3), "rests_on"] == ()
    units = result.units.set_index("unit")
    assert units.loc["K01", ["attended", "days", "persons", "dose_low", "dose_high"]].tolist() == [3, 4, 6, 1, 1]
    assert units.loc["K02", ["attended", "absent", "unknown"]].tolist() == [1, 1, 1]
    assert units.loc["K02", ["dose_low", "dose_high"]].tolist() == [1 / 3, 2 / 3]
    assert units.loc["K03", ["unknown", "left"]].tolist() == [1, 1]
    first = result.sessions.iloc[0]
    assert first[["held", "units", "persons", "groups", "supervisors"]].tolist() == [True, 3, 5, 2, 1]


def test_a_session_without_any_row_was_not_held():
    result = participation(register("attendance", CAME[:1]), study=SMALL)
    assert result.held == 1
    assert result.units["dose_high"].tolist() == [1.0, 1.0, 1.0]
    assert result.units["dose_low"].tolist() == [1.0, 0.0, 0.0]


def test_completion_follows_the_declared_rule():
    enrolled, came = register("enrolment", ENROLLED), register("attendance", CAME)
    assert completing_units(enrolled, SMALL).to_dict() == {"K01": True, "K02": True, "K03": False}
    last = replace(SMALL, completion=Completion(last_session=True))
    assert completing_units(enrolled, last, attendance=came).to_dict() == {"K01": True, "K02": False, "K03": False}
    often = replace(SMALL, completion=Completion(minimum_sessions=2))
    assert completing_units(enrolled, often, attendance=came)["K02"] == False  # noqa: E712  numpy bool


def test_costs_by_hand():
    costed = replace(SMALL, funding=Funding(total=900.0, evaluation=300.0))
    result = unit_costs(register("enrolment", ENROLLED), costed)
    assert result.table["per_unit"].tolist() == [300.0, 450.0, 200.0, 300.0]
    assert result.table["rests_on"].tolist()[1] == ("enrolment.csv:2", "enrolment.csv:3")
    assert "300 kr per anmäld och 450 kr per kommun som fullföljde (300 kr utan utvärderingen)" in result.sentence("sv")
    nobody = unit_costs(register("enrolment", []), costed)
    assert nobody.table["per_unit"].isna().all()
    assert nobody.sentence("en") == "Nobody is in the enrolment register."


def test_costs_refuse_without_funding():
    with pytest.raises(EstimationError, match="declares no funding"):
        unit_costs(register("enrolment", ENROLLED), replace(SMALL, funding=None))
    with pytest.raises(TableError, match="more than the total"):
        unit_costs(register("enrolment", ENROLLED), replace(SMALL, funding=Funding(total=1, evaluation=2)))


def test_hours_by_hand():
    rows = [("host", 1, "session", 16.0), ("host", 1, "between", 4.5), ("evaluator", 2, "session", 8.0)]
    names = ("party", "session", "kind", "hours")
    result = spent_hours(register("hours", [dict(zip(names, row, strict=True)) for row in rows]))
    assert result.table.set_index("party")["hours"].to_dict() == {"host": 20.5, "evaluator": 8.0}
    assert result.table.loc[0, ["preparation", "session", "between", "sessions"]].tolist() == [0, 16, 4.5, 1]
    assert "Utan uppgift: deltagarna, finansiären" in result.sentence("sv")
    with pytest.raises(TableError, match="party in row 2"):
        spent_hours(register("hours", [{"party": "okänd", "session": 1, "kind": "session", "hours": 1.0}]))


TALKS = [
    ("2031-03-01", "K02", "T1", "K"),
    ("2031-03-02", "K01", "T2", "team"),
    ("2031-04-02", "K01", "T2", None),
    ("2031-05-02", "K01", "T1", "team"),
]


def contacts(rows=TALKS):
    names = ("date", "unit", "supervisor", "initiative")
    return register("contacts", [dict(zip(names, row, strict=True)) for row in rows])


def test_contacts_by_hand():
    result = supervision_contacts(contacts(), study=SMALL)
    assert result.table[["unit", "supervisor", "contacts"]].to_numpy().tolist() == [
        ["K01", "T1", 1],
        ["K01", "T2", 2],
        ["K02", "T1", 1],
    ]
    assert result.table.loc[1, "rests_on"] == ("contacts.csv:3", "contacts.csv:4")
    assert result.units["contacts"].tolist() == [3, 1, 0]
    assert result.supervisors[["contacts", "units"]].to_numpy().tolist() == [[2, 2], [2, 1]]
    assert result.initiatives == {"team": 2, "K": 1, "": 1}
    assert "1–3 kontakter per kommun (median 2)" in result.sentence("sv")


def test_the_network_has_an_edge_per_pair():
    graph = supervision_contacts(contacts(), study=SMALL).graph()
    assert graph.number_of_nodes() == 5
    assert graph.edges[("unit", "K01"), ("supervisor", "T2")]["contacts"] == 2
    assert graph.degree(("unit", "K03")) == 0


@settings(max_examples=25)
@given(
    st.sets(st.tuples(st.integers(1, 28), st.sampled_from(["K01", "K02", "K09"]), st.sampled_from("TUV")), max_size=30)
)
def test_contacts_add_up(rows):
    result = supervision_contacts(contacts([(f"2031-03-{d:02}", u, s, None) for d, u, s in sorted(rows)]), study=SMALL)
    assert result.contacts == result.units["contacts"].sum() == result.supervisors["contacts"].sum() == len(rows)
    assert sum(c for *_, c in result.graph().edges(data="contacts")) == len(rows)
    assert result.sentence("en")


def test_implementation_by_hand_latest_wins_strongest_is_kept():
    rows = [
        {"unit": "K01", "tool": "mal", "date": "2031-05-01", "status": "prövat", "evidence": "said"},
        {"unit": "K01", "tool": "mal", "date": "2031-04-01", "status": "planerat", "evidence": "observed"},
        {"unit": "K02", "tool": "teser", "date": "2031-04-02", "status": "infört", "evidence": "shown"},
    ]
    result = implementation_status(register("implementation", rows), SMALL)
    cells = result.table.set_index(["unit", "tool"])
    assert cells.loc[("K01", "mal"), ["status", "evidence", "strongest", "records"]].tolist() == [
        "prövat",
        "said",
        "observed",
        2,
    ]
    assert cells.loc[("K01", "mal"), "rests_on"] == ("implementation.csv:3", "implementation.csv:2")
    assert pd.isna(cells.loc[("K03", "mal"), "status"])
    assert result.statuses == ("planerat", "infört", "prövat")
    assert "1 är bara sagt, 1 visat och 0 observerat; 22 rutor saknar uppgift" in result.sentence("sv")
    assert "Latest record of 2 cells: planned 0, introduced 1, tried 1." in result.sentence("en")
    own = implementation_status(register("implementation", [rows[0] | {"status": "vilar"}]), SMALL)
    assert "vilar 1." in own.sentence("en")
    with pytest.raises(TableError, match="tool 'x' in row 2 is not declared"):
        implementation_status(register("implementation", [rows[0] | {"tool": "x"}]), SMALL)


# ---------------------------------------------------------------- coded depth
def depth(corpus, marks=None, **how):
    coded = corpus.codings if marks is None else codings(*marks)
    sides = {"deep": ["mandat"], "surface": ["tid", "mal"]} | how
    return coded_depth(coded, corpus.segments, documents=corpus.documents, codebook=corpus.codebook, **sides)


def test_depth_by_hand():
    result = depth(small_corpus())
    rows = result.table.set_index(["unit", "session"])
    assert rows.loc[("A", 1), ["deep", "surface", "share"]].tolist() == [1, 1, 0.5]
    assert rows.loc[("A", 2), ["deep", "surface", "words"]].tolist() == [0, 0, 3]  # denied: not there
    assert rows.loc[("B", 2), ["deep", "surface", "share"]].tolist() == [0, 1, 0.0]
    assert pd.isna(rows.loc[("B", 1), "share"])
    assert rows.loc[("A", 1), "rests_on"] == ("c0", "c1")
    assert result.left_out == 1  # notes of no unit
    assert "maskinkodningar, ej kontrollerade" in result.caption("sv")
    assert "machine codings, not checked" in result.sentence("en")


CORRECTED = pd.DataFrame(
    [
        ("session", "1", "deep", 2, 6.0, 3.0, 10.0),
        ("session", "1", "surface", 1, 12.0, 8.0, 20.0),
        ("session", "2", "deep", 0, 9.0, 6.0, 12.0),
        ("session", "2", "surface", 1, 3.0, 1.0, 6.0),
        ("unit", "A", "deep", 1, 5.0, 2.0, 9.0),
    ],
    columns=["by", "group", "side", "hits", "total", "ci_low", "ci_high"],
)


def test_corrected_counts_stand_beside_the_raw_ones_where_they_are_known():
    raw, result = depth(small_corpus()), depth(small_corpus(), corrected=CORRECTED)
    pd.testing.assert_frame_equal(raw.table, result.table)
    rows = result.margins.set_index(["by", "group"])
    # Beside a corrected count stands the rules' count of the same segments, those of no unit included.
    assert rows.loc[("session", "1"), ["deep", "surface", "share"]].tolist() == [2, 1, 2 / 3]
    assert raw.margins.set_index(["by", "group"]).loc[("session", "1"), ["deep", "surface"]].tolist() == [1, 1]
    corrected = rows.loc[("session", "1"), ["share_corrected", "share_low", "share_high"]].tolist()
    assert corrected == pytest.approx([6 / 18, 3 / 23, 10 / 18])
    assert rows.loc[("unit", "A"), "deep_total"] == 5
    assert rows.loc[("unit", "A"), ["share_corrected", "share_low"]].isna().all()  # surface was not audited
    assert raw.margins["share_corrected"].isna().all()
    assert "Rättat för felkodning står djupet" in result.sentence("sv")
    assert "inte rättad för felkodning" in raw.sentence("sv")
    assert "75\xa0% (50 till 92" in result.sentence("sv")


def test_a_segment_coded_twice_with_depth_is_one():
    result = depth(small_corpus(), [("s2", "mandat", "+"), ("s2", "mandat", "+")])
    assert result.table["deep"].sum() == 1


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ({"deep": []}, "deep= names no code"),
        ({"surface": ["mandat"]}, "both depth and surface"),
        ({"surface": ["okand"]}, "not in the codebook"),
    ],
)
def test_depth_refuses_codes_it_cannot_use(sides, message):
    with pytest.raises(TableError, match=message):
        depth(small_corpus(), **sides)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.sampled_from(["s2", "s3", "s4"]), st.sampled_from(["mandat", "tid"]), st.sampled_from("+-?")))
)
def test_only_what_is_present_counts(marks):
    result = depth(small_corpus(), marks)
    for code, side in (("mandat", "deep"), ("tid", "surface")):
        assert result.table[side].sum() == len({s for s, c, sign in marks if c == code and sign == "+"})
    assert result.table["share"].dropna().between(0, 1).all()


def test_registers_are_unchanged_and_may_be_empty():
    full, empty = made(), nothing()
    measures = {
        "attendance": lambda m: participation(m["attendance"], enrolment=m["enrolment"], study=m.study),
        "contacts": lambda m: supervision_contacts(m["contacts"], study=m.study),
        "enrolment": lambda m: unit_costs(m["enrolment"], m.study, attendance=m["attendance"]),
        "hours": lambda m: spent_hours(m["hours"], study=m.study),
        "implementation": lambda m: implementation_status(m["implementation"], m.study),
    }
    for name, measure in measures.items():
        before = full[name].copy()
        result = measure(full)
        pd.testing.assert_frame_equal(full[name], before)
        assert result.table["row_id"].is_unique
        without = measure(empty)
        for lang in ("sv", "en"):
            assert " nan" not in result.sentence(lang) + result.caption(lang)
            assert without.sentence(lang)
            assert without.caption(lang)


def test_every_attendance_row_is_rested_on_once():
    full = made()
    result = participation(full["attendance"], enrolment=full["enrolment"], study=full.study)
    rested = [source for sources in result.table["rests_on"] for source in sources if "attendance" in source]
    assert sorted(rested) == sorted(set(rested))
    assert len(rested) == len(full["attendance"])
