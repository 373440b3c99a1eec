"""Absence before leaving, and what could have been done otherwise."""

import math
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import EstimationError, UsageError
from evalkit.models.dropout import Scenario, early_warning, requirement, what_if
from evalkit.study import Funding, Text
from tests.models.plain_registers import enrolment, register, study
from tests.models.test_dropout import LEFT, TRAIT, judged, predictor

NAME = Text(sv="Något", en="Something")
NOTHING = (0.0, 0.0)


def there(rows):
    """Write attendance as a string per unit: 1 there, 0 absent, a blank without a record."""
    return register(
        "attendance",
        (
            {"unit": f"U{u + 1:02}", "session": s + 1, "n_present": int(mark)}
            for u, marks in enumerate(rows)
            for s, mark in enumerate(marks)
            if mark != " "
        ),
    )


# U01 left after 3, U02 between 2 and 4, U03 after 1; U04–U06 stayed.
SEEN = there(["100", "1100", "1", "101111", "111011", "1 1111"])
GONE = enrolment([3, 2, 1, None, None, None], [4, 4, 2, None, None, None])


def test_absence_counts_only_while_the_unit_was_in() -> None:
    result = early_warning(SEEN, GONE, study=study(n_units=6))
    units = result.units.set_index("unit")
    assert units["absent"].tolist() == [2, 0, 0, 1, 0, 0]  # U02's absence at 3 may be leaving itself
    assert units["seen"].tolist() == [3, 2, 1, 3, 3, 2]
    assert result.until == 3
    assert (result.count(left=True), result.count(left=False)) == ((1, 3), (1, 3))
    own = result.table[result.table["unit"] == "U01"]
    assert own["to_leaving"].tolist() == [3, 2, 1]
    assert own["state"].tolist() == ["present", "absent", "absent"]
    assert result.table[result.table["unit"] == "U06"]["state"].tolist() == ["present", "unknown", "present"]
    assert units.loc["U01", "rests_on"] == (
        "attendance.csv:2",
        "attendance.csv:3",
        "attendance.csv:4",
        "enrolment.csv:2",
    )
    assert "pekat ut 2, varav 1 lämnade" in result.sentence("sv")
    assert "tried nowhere else" in result.sentence("en")


def test_the_threshold_is_an_argument() -> None:
    result = early_warning(SEEN, GONE, study=study(n_units=6), absences=2)
    assert (result.count(left=True), result.count(left=False)) == ((1, 3), (0, 3))


@pytest.mark.parametrize(
    ("attendance", "left", "message"),
    [
        (SEEN.iloc[:0], GONE, "no rows"),
        (SEEN, enrolment([None] * 6), "none of the 6"),
        (SEEN, enrolment([1, 2, 3, 4, 5, 2]), "all of the 6"),
        (SEEN, GONE.iloc[:0], "no rows"),
    ],
)
def test_early_warning_refuses(attendance, left, message: str) -> None:
    with pytest.raises(EstimationError, match=message) as refusal:
        early_warning(attendance, left, study=study(n_units=6))
    assert refusal.value.text("sv").startswith("tidigt tecken")


def test_a_leaver_without_a_record_is_said_to_be_unseen() -> None:
    result = early_warning(SEEN[SEEN["unit"] != "U03"], GONE, study=study(n_units=6))
    assert result.n_unseen == 1
    assert result.count(left=True) == (1, 2)
    assert "ingen närvaro antecknad" in result.sentence("sv")


def tried(*scenarios, total=140.0, **how):
    where = study()
    where = where if total is None else replace(where, funding=Funding(total=total))
    return what_if(enrolment(LEFT), scenarios, study=where, **how)


def test_nothing_assumed_is_what_happened() -> None:
    table = tried(Scenario("same", NAME, NOTHING, NOTHING)).table
    for row in table.to_dict("records"):
        assert (row["enrolled_low"], row["enrolled_high"]) == (14, 14)
        assert (row["completed_low"], row["completed_high"]) == (9, 9)
        assert row["share_low"] == pytest.approx(9 / 14)
        assert row["cost_high"] == pytest.approx(140 / 9)
    assert table["rests_on"].iloc[0][0] == "enrolment.csv:10"


def test_a_fee_by_hand() -> None:
    fee = Scenario("fee", NAME, (0.0, 1 / 3), (0.2, 0.6), retained=(0.0, 0.5), fee=(2.0, 2.0))
    row = tried(fee).table.iloc[1]
    # Completers 9 to 6; the others 4 to 2, of whom none or half complete.
    assert (row["enrolled_low"], row["enrolled_high"]) == (pytest.approx(8), pytest.approx(13))
    assert (row["completed_low"], row["completed_high"]) == (pytest.approx(6), pytest.approx(11))
    assert (row["share_low"], row["share_high"]) == (pytest.approx(6 / 10), pytest.approx(10 / 11))
    assert row["cost_low"] == pytest.approx((140 - 2 * 13) / 11)
    assert row["cost_high"] == pytest.approx((140 - 2 * 8) / 6)


SHARE = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)).map(lambda pair: tuple(sorted(pair)))


@settings(max_examples=40)
@given(SHARE, SHARE, SHARE, SHARE, SHARE)
def test_no_value_between_the_ends_lies_outside_the_range(a, b, kept, lost, fee) -> None:
    whole = tried(Scenario("x", NAME, a, b, retained=kept, lost=lost, fee=fee)).table.iloc[1]
    for share in (0.25, 0.5):
        inner = [(low + share * (high - low),) * 2 for low, high in (a, b, kept, lost, fee)]
        row = tried(Scenario("x", NAME, *inner[:2], retained=inner[2], lost=inner[3], fee=inner[4])).table.iloc[1]
        for what in ("enrolled", "completed", "share", "cost"):
            assert whole[f"{what}_low"] - 1e-9 <= row[f"{what}_low"] <= whole[f"{what}_high"] + 1e-9


def test_a_demand_takes_away_those_who_were_judged_to_lack_it() -> None:
    # All five leavers lacked it, and two of the nine that completed.
    scenario = requirement(predictor(), id="mandate", name=NAME, obtains=(0.0, 0.5), retained=(0.0, 1.0))
    assert scenario.deterred_leavers == pytest.approx((0.5, 1.0))
    assert scenario.deterred_completers == pytest.approx((1 / 9, 2 / 9))
    row = tried(scenario).table.iloc[1]
    assert (row["enrolled_low"], row["enrolled_high"]) == (pytest.approx(7), pytest.approx(10.5))
    assert "7 of 14 were judged to lack" in scenario.why.en
    late = predictor(on=[pd.Timestamp("2035-01-01").date()] * 14)
    with pytest.raises(EstimationError, match="14 units were judged only after"):
        requirement(late, id="mandate", name=NAME, obtains=(0.0, 0.5))


def test_an_unjudged_unit_does_not_lack_it() -> None:
    scenario = requirement(predictor([None, *TRAIT[1:]]), id="mandate", name=NAME, obtains=NOTHING)
    assert scenario.deterred_leavers == pytest.approx((0.8, 0.8))
    assert judged([None, "ja"]).shape[0] == 1


def test_the_sentence_shows_every_assumption_and_calls_it_no_prediction() -> None:
    fee = Scenario("fee", Text(sv="Avgift", en="Fee"), (0.1, 0.3), (0.2, 0.8), retained=(0, 0.5), fee=(5.0, 10.0))
    text = tried(fee).sentence("en")
    for words in ("10 to 30%", "20 to 80%", "0 to 50%", "the fee is 5 to 10 kr", "no predictions"):
        assert words in text
    assert "tankeförsök, inga förutsägelser" in tried(fee).sentence("sv")
    assert "okänd: study.toml anger ingen finansiering" in tried(fee, total=None).sentence("sv")


def test_without_funding_cost_is_missing_and_where_nobody_may_complete_without_limit() -> None:
    nobody = Scenario("none", NAME, (0.0, 1.0), NOTHING)
    assert math.isnan(tried(nobody, total=None).table["cost_low"].iloc[1])
    row = tried(nobody).table.iloc[1]
    assert (row["completed_low"], row["cost_high"]) == (0, math.inf)
    assert "without limit" in tried(nobody).sentence("en")


@pytest.mark.parametrize("name", ["deterred_completers", "deterred_leavers", "retained", "lost", "fee", "extra_cost"])
def test_an_impossible_assumption_is_refused(name: str) -> None:
    start = {"deterred_completers": NOTHING, "deterred_leavers": NOTHING}
    for bad in (
        (0.5, 0.1),
        (-0.1, 0.5),
        (0.0, math.nan),
        *([(0.5, 1.5)] if name[-1] != "e" and "cost" not in name else []),
    ):
        with pytest.raises(UsageError, match=f"scenario 'x': {name}"):
            Scenario("x", NAME, **(start | {name: bad}))


def test_nobody_enrolled_is_refused_and_inputs_are_not_changed() -> None:
    with pytest.raises(EstimationError, match="no rows"):
        what_if(enrolment([]), [], study=study())
    people, seen = GONE.copy(), SEEN.copy()
    early_warning(seen, people, study=study(n_units=6))
    what_if(people, [], study=study(n_units=6), attendance=seen)
    pd.testing.assert_frame_equal(people, GONE)
    pd.testing.assert_frame_equal(seen, SEEN)
