"""Whatever stands in a register: nothing is lost, nothing counted twice, the order of rows does not matter."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.measures import adherence, implementation_status, participation, session_timeline, spent_hours, unit_costs
from evalkit.study import Funding
from evalkit.tables.schemas import EVIDENCE
from tests.measures.programmes import study
from tests.measures.registers import register

SMALL = study(3, 4)
UNITS, TOOLS = st.sampled_from(SMALL.unit_ids), st.sampled_from([tool.id for tool in SMALL.tools])
CALM = settings(max_examples=30)


@CALM
@given(
    st.dictionaries(st.tuples(UNITS, st.integers(1, 4)), st.integers(0, 5), max_size=12),
    st.dictionaries(UNITS, st.integers(1, 3), max_size=3),
)
def test_a_unit_is_in_one_state_at_every_session_and_its_dose_is_a_share(came, left):
    rows = [{"unit": unit, "session": session, "n_present": n} for (unit, session), n in came.items()]
    enrolled = [{"unit": unit, "left_after_session": left.get(unit)} for unit in SMALL.unit_ids]
    result = participation(register("attendance", rows), enrolment=register("enrolment", enrolled), study=SMALL)
    held = result.held
    assert held == len({session for _, session in came})
    units = result.units
    counts = units[["attended", "absent", "unknown", "left"]].sum(axis=1)
    assert (counts == held).all()
    assert units["attended"].sum() == sum(n > 0 for n in came.values())
    assert units["persons"].sum() == sum(came.values())
    if held:
        assert units["dose_low"].between(0, 1).all()
        assert (units["dose_low"] <= units["dose_high"]).all()
        assert units["dose_high"].le(1).all()


ACTIVITY = st.tuples(
    st.integers(1, 3), st.sampled_from(["held", "dropped", "swapped", "added"]), st.sampled_from([None, "tiden"])
)


@CALM
@given(st.lists(ACTIVITY, max_size=20), st.randoms())
def test_every_activity_is_as_planned_or_changed_with_or_without_a_reason(rows, random):
    given_ = [
        {"session": s, "status": status, "reason": reason, "start": f"{8 + k // 4:02}:{15 * (k % 4):02}"}
        | {"end": f"{8 + k // 4:02}:{15 * (k % 4) + 10:02}", "activity": "övning"}
        for k, (s, status, reason) in enumerate(rows)
    ]
    activities = register("activities", given_)
    result = adherence(activities)
    table = result.table
    assert table["activities"].sum() == len(rows)
    assert (table["as_planned"] + table["changed"] + table["without_reason"] == table["activities"]).all()
    assert (table["swapped"] + table["added"] + table["dropped"] == table["changed"] + table["without_reason"]).all()
    assert len(result.changes) == sum(status != "held" for _, status, _ in rows)
    assert sorted(row for rows_ in table["rests_on"] for row in rows_) == sorted(
        f"activities.csv:{k + 2}" for k in range(len(rows))
    )
    shuffled = activities.sample(frac=1, random_state=random.randrange(1000)).reset_index(drop=True)
    columns = ["session", "activities", "as_planned", "changed", "accounted"]
    pd.testing.assert_frame_equal(adherence(shuffled).table[columns], table[columns])
    assert session_timeline(activities).table["minutes"].sum() == 10 * sum(status != "dropped" for _, status, _ in rows)


RECORD = st.tuples(UNITS, TOOLS, st.integers(1, 28), st.sampled_from(["planerat", "infört"]), st.sampled_from(EVIDENCE))


@CALM
@given(st.lists(RECORD, max_size=15, unique_by=lambda row: row[:3]), st.randoms())
def test_the_latest_record_stands_and_the_strongest_evidence_is_no_weaker(rows, random):
    names = ("unit", "tool", "date", "status", "evidence")
    records = [dict(zip(names, (u, t, f"2031-05-{d:02}", s, e), strict=True)) for u, t, d, s, e in rows]
    result = implementation_status(register("implementation", records), SMALL)
    table = result.table.set_index(["unit", "tool"])
    assert len(table) == len(SMALL.unit_ids) * len(SMALL.tools)
    assert table["records"].sum() == len(rows)
    for unit, tool, day, status, evidence in rows:
        own = [row for row in rows if row[:2] == (unit, tool)]
        cell = table.loc[(unit, tool)]
        assert cell["strongest"] == max((row[4] for row in own), key=EVIDENCE.index)
        if day == max(row[2] for row in own):
            assert (cell["status"], cell["evidence"]) == (status, evidence)
    random.shuffle(records)
    again = implementation_status(register("implementation", records), SMALL).table
    columns = ["unit", "tool", "status", "evidence", "strongest", "records"]
    pd.testing.assert_frame_equal(again[columns], result.table[columns])


@CALM
@given(
    st.lists(st.one_of(st.none(), st.integers(1, 3)), min_size=1, max_size=3), st.integers(1, 10**7), st.floats(0, 1)
)
def test_a_cost_times_its_units_is_the_amount_and_completing_costs_no_less(left, total, share):
    enrolled = [{"unit": unit, "left_after_session": after} for unit, after in zip(SMALL.unit_ids, left, strict=False)]
    evaluation = int(share * total)
    declared = replace(SMALL, funding=Funding(total=total, evaluation=evaluation))
    table = unit_costs(register("enrolment", enrolled), declared).table
    known = table.dropna(subset="per_unit")
    assert (known["per_unit"] * known["units"]).tolist() == pytest.approx(known["cost"].tolist())
    assert table["per_unit"].isna().equals(table["units"] == 0)
    wide = table.pivot_table(index="amount", columns="base", values="per_unit")
    if "completed" in wide:
        assert (wide["completed"] >= wide["enrolled"] - 1e-9).all()
    assert set(table["cost"]) == {total, total - evaluation}


HOURS = st.tuples(
    st.sampled_from(["host", "participant", "evaluator"]),
    st.integers(0, 4),
    st.sampled_from(["preparation", "session", "between"]),
)


@CALM
@given(st.dictionaries(HOURS, st.integers(0, 80), max_size=15), st.randoms())
def test_hours_are_neither_lost_nor_counted_twice(hours, random):
    names = ("party", "session", "kind")
    rows = [dict(zip(names, key, strict=True)) | {"hours": n / 2} for key, n in hours.items()]
    result = spent_hours(register("hours", rows))
    kinds = result.table[["preparation", "session", "between"]].sum(axis=1)
    assert result.table["hours"].sum() == sum(hours.values()) / 2
    assert (kinds == result.table["hours"]).all()
    assert len(result.by_session) == len(rows)
    random.shuffle(rows)
    columns = ["party", "preparation", "session", "between", "hours", "sessions"]
    pd.testing.assert_frame_equal(spent_hours(register("hours", rows)).table[columns], result.table[columns])
