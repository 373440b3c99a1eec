import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import TableError
from evalkit.measures import (
    adherence,
    explanatory_share,
    position_pairs,
    position_zones,
    session_timeline,
)
from evalkit.study import PositionScale, Scales
from tests.measures.programmes import made, nothing, study
from tests.measures.registers import register

SMALL = study(2, 2)
DAY = [
    {"session": 1, "start": "9:00", "end": "09.30", "activity": "Förklaring: ringen", "presenter": "T1, T2"},
    {
        "session": 1,
        "start": "09:30",
        "end": "10:30",
        "activity": "övning",
        "presenter": "T1",
        "tool_demonstrated": "mal",
    },
    {"session": 1, "start": "10:30", "activity": "förklaring", "presenter": "T3"},
    {"session": 1, "start": "11:00", "activity": "övning", "status": "dropped", "reason": "tiden"},
    {"session": 1, "start": "11:10", "end": "11:40", "activity": "samtal", "status": "added", "planned_minutes": None},
]


def test_share_counted_by_hand():
    row = explanatory_share(register("activities", DAY), study=SMALL).table.iloc[0]
    assert row[["minutes", "explaining", "in_form", "activities", "without_minutes"]].tolist() == [120, 30, 60, 4, 1]
    assert (row["share"], row["form_share"]) == (0.25, 0.5)
    assert row["presenters"] == 3
    assert row["presenter_share"] == 90 / 120  # T1 has 30 + 60, T2 30, T3's minutes are not known
    assert row["rests_on"] == tuple(f"activities.csv:{n}" for n in (2, 3, 4, 6))


def test_a_session_without_activities_has_no_share():
    result = explanatory_share(register("activities", DAY), study=SMALL)
    assert pd.isna(result.table["share"].iloc[1])
    assert "1 aktivitet är tiden inte antecknad" in result.sentence("sv")


def test_what_explains_is_declared():
    activities = register("activities", DAY)
    assert explanatory_share(activities, explains=["ÖVNING"]).table["share"].iloc[0] == 0.5
    none = explanatory_share(activities, explains=["saknas"])
    assert "ange vilka" in none.sentence("sv")


def test_a_recorded_change_is_a_change_not_a_fault():
    row = adherence(register("activities", DAY)).table.iloc[0]
    counts = ["activities", "as_planned", "swapped", "added", "dropped", "changed", "without_reason"]
    assert row[counts].tolist() == [5, 3, 0, 1, 1, 1, 1]
    assert row["accounted"] == 0.8
    assert row["planned_minutes"] == 120
    assert pd.isna(row["held_minutes"])  # one activity has no end
    assert "inte ett fel" in adherence(register("activities", DAY)).sentence("sv")


def test_timeline_is_in_order_of_the_clock():
    table = session_timeline(register("activities", DAY[::-1])).table
    assert table["begin"].tolist() == [540, 570, 630, 660, 670]
    assert table["stop"].tolist() == [570, 630, 660, 690, 700]
    assert table["explains"].tolist() == [True, False, True, False, False]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"start": "nio"}, "start in row 2 is not a time of day"), ({"end": "08:00"}, "row 2 ends before it begins")],
)
def test_refuses_times_it_cannot_read(change, message):
    with pytest.raises(TableError, match=message):
        session_timeline(register("activities", [DAY[0] | change]))


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 60), st.sampled_from(["förklaring", "övning"]), st.booleans()),
        max_size=20,
    )
)
def test_shares_stay_between_0_and_1_and_minutes_add_up(rows):
    activities = register(
        "activities",
        [
            {"session": s, "start": f"{8 + i // 2:02}:{30 * (i % 2):02}", "activity": what, "status": status}
            | {"end": f"{8 + (30 * i + m) // 60:02}:{(30 * i + m) % 60:02}"}
            for i, (s, m, what, held) in enumerate(rows)
            for status in ["held" if held else "dropped"]
        ],
    )
    table = explanatory_share(activities).table
    assert table["share"].dropna().between(0, 1).all()
    assert table["minutes"].sum() == sum(minutes for _, minutes, _, held in rows if held)
    assert (table["explaining"] + table["in_form"] <= table["minutes"]).all()
    assert adherence(activities).table["activities"].sum() == len(rows)


# ---------------------------------------------------------------- positions
PLACES = [
    {"session": 1, "phase": "in", "statement": "s1", "zone": "nära", "n": 3},
    {"session": 1, "phase": "in", "statement": "s1", "zone": "mitten", "n": 1},
    {"session": 1, "phase": "out", "statement": "s1", "zone": "nära", "n": 4},
    {"session": 1, "phase": "in", "statement": "s2", "zone": "nära", "n": 4},
    {"session": 2, "phase": "in", "statement": "s1", "zone": "långt bort", "participant": "P1", "unit": "K01"},
    {"session": 2, "phase": "out", "statement": "s1", "zone": "nära", "participant": "P1", "unit": "K01"},
    {"session": 2, "phase": "in", "statement": "s1", "zone": "nära", "participant": "P2"},
    {"session": 2, "phase": "out", "statement": "s1", "zone": "mitten", "participant": "P2"},
    {"session": 2, "phase": "in", "statement": "s1", "zone": "mitten", "participant": "P3"},
]


def test_zones_counted_by_hand_never_across_statements():
    result = position_zones(register("positions", PLACES), SMALL)
    rows = result.table.set_index(["session", "phase", "zone"])
    assert result.zones == ("långt bort", "mitten", "halvnära", "nära")
    assert rows.loc[(1, "in"), "n"].to_dict() == {"långt bort": 0, "mitten": 1, "halvnära": 0, "nära": 3}
    assert rows.loc[(1, "in", "nära"), ["share", "agreement"]].tolist() == [0.75, 3]
    assert rows.loc[(2, "in"), "n"].sum() == 3  # participants count in zones too
    assert result.one_phase == 1
    assert "s2" not in set(result.table["statement"])
    assert "På 2 av 2 påståenden stod man i medeltal närmare" in result.sentence("sv")


def test_pairs_counted_by_hand():
    result = position_pairs(register("positions", PLACES), SMALL)
    assert result.table[["participant", "before", "after", "change"]].to_numpy().tolist() == [
        ["P1", 0.0, 3.0, 3.0],
        ["P2", 3.0, 1.0, -2.0],
    ]
    row = result.statements.iloc[0]
    assert row[["pairs", "towards", "same", "away", "unpaired"]].tolist() == [2, 1, 0, 1, 1]
    assert row["mean_change"] == 0.5
    assert result.table["rests_on"].tolist() == [
        ("positions.csv:6", "positions.csv:7"),
        ("positions.csv:8", "positions.csv:9"),
    ]


def scaled(**scale):
    from dataclasses import replace

    return replace(SMALL, scales=Scales(position=PositionScale(**scale)))


def test_direction_and_scale_are_the_studys():
    zones = SMALL.scales.position.zones
    turned = position_pairs(register("positions", PLACES), scaled(zones=zones, near_is="disagree"))
    assert turned.table["change"].tolist() == [-3.0, 2.0]
    rows = [
        {"session": 1, "phase": phase, "statement": "s", "participant": "P1", "distance_cm": cm}
        for phase, cm in (("in", 120.0), ("out", 40.0))
    ]
    nearer = position_pairs(register("positions", rows), scaled(unit="cm"))
    assert nearer.table["change"].tolist() == [80.0]
    assert (
        position_pairs(register("positions", rows), scaled(unit="cm", near_is="disagree")).table["change"].item() == -80
    )


def test_refuses_unknown_zones_and_double_places():
    wrong = register("positions", [PLACES[0] | {"zone": "okänd"}])
    with pytest.raises(TableError, match=r"the zone in row 2 is not declared"):
        position_zones(wrong, SMALL)
    twice = [PLACES[4], PLACES[5], PLACES[4] | {"zone": "nära"}]
    with pytest.raises(TableError, match="second place"):
        position_pairs(register("positions", twice), SMALL)


@settings(max_examples=25)
@given(st.dictionaries(st.integers(0, 8), st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_the_other_direction_turns_every_change(moves):
    zones = SMALL.scales.position.zones
    rows = [
        {"session": 1, "phase": phase, "statement": "s", "zone": zones[place], "participant": f"P{who}"}
        for who, pair in moves.items()
        for phase, place in zip(("in", "out"), pair, strict=True)
    ]
    positions = register("positions", rows)
    one, other = (position_pairs(positions, scaled(zones=zones, near_is=near)) for near in ("agree", "disagree"))
    assert (one.table["change"] == -other.table["change"]).all()
    assert one.statements["pairs"].sum() == len(moves)
    assert position_zones(positions, SMALL).table["n"].sum() == 2 * len(moves)


@pytest.mark.parametrize("measure", [explanatory_share, adherence, session_timeline])
def test_activities_are_unchanged_and_may_be_empty(measure):
    activities = made()["activities"]
    before = activities.copy()
    measure(activities, study=made().study)
    pd.testing.assert_frame_equal(activities, before)
    empty = measure(nothing()["activities"])
    assert empty.table.empty
    assert empty.sentence("sv")
    assert empty.caption("en")


@pytest.mark.parametrize("measure", [position_zones, position_pairs])
def test_positions_are_unchanged_and_may_be_empty(measure):
    positions = made()["positions"]
    before = positions.copy()
    measure(positions, made().study)
    pd.testing.assert_frame_equal(positions, before)
    empty = measure(nothing()["positions"], nothing().study)
    assert empty.table.empty
    assert empty.sentence("en")
    assert empty.caption("sv")


def test_simulated_people_move_towards_agreement():
    change = position_pairs(made()["positions"], made().study).table["change"]
    assert change.mean() > 0.3  # the truth is 0.6 zones, cut at the ends
