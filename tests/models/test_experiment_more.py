"""Controls, several events, sensitivity, tipping point, placebo breaks and other outcomes."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evalkit.errors import EstimationError
from evalkit.models.experiment import (
    attendance_outcome,
    before_after,
    code_outcome,
    contact_outcome,
    gain_line,
    harm_verdicts,
    other_outcomes,
    placebo_breaks,
    presenter_outcomes,
    sensitivity,
    tipping_point,
)
from evalkit.models.experiment.limits import bounded_limits, difference_limits, harm_verdict, smallest_detectable_harm
from evalkit.study import Event, Experiment, Text, Unit
from evalkit.tables import schema_columns
from tests.models.plain_registers import assessments, day, enrolment, register, study
from tests.models.test_differential import shown
from tests.models.test_experiment import NINE, plain

NAN = math.nan
FOUR = {f"t{k + 1}": 1 for k in range(4)}


# ---------------------------------------------------------------- controls
def with_control(differences, control, *, n_known=None, **how):
    """Put control units without the event after the struck ones; only the latter are enrolled."""
    before_levels = [*differences, *control]
    n, of = len(before_levels), len(differences)
    tools = {f"t{k + 1}": 1 for k in range(4)}
    after = np.array([[2 + math.floor(x) + (k < round(4 * (x % 1))) for k in range(4)] for x in before_levels])
    levels = np.stack([np.full((n, 4), 2.0)] * 3 + [after] * 3, axis=1)
    where = study(n_units=n, event_after=3, introduced=tools, **how)
    names = tuple(f"U{k + 1:02}" for k in range(of, n))
    where = replace(where, experiment=where.experiment.model_copy(update={"control": names}))
    return before_after(assessments(levels), enrolment([None] * of), study=where), where


def test_with_controls_the_limits_are_welchs() -> None:
    control = [1.0, 0.5, 1.25, 0.75]
    before, where = with_control(NINE, control, gain_max=1.0)
    assert before.control["difference"].tolist() == pytest.approx(control)
    low, high = difference_limits(NINE, tau=0, k_post=3, control=control)
    peer = stats.ttest_ind(NINE, control, equal_var=False)
    expected = peer.confidence_interval(0.90)  # two-sided 90 % ends are the one-sided 95 % limits
    assert (low.ci_low, high.ci_high) == pytest.approx((expected.low, expected.high))
    result = harm_verdicts(before, study=where)
    assert result.gain_max == 0  # parallel paths: the declared gain does not enter
    row = result.table.iloc[0]
    assert row["mean_difference"] == pytest.approx(np.mean(NINE) - np.mean(control))
    assert (row["verdict"] == "non-inferior") == (-row["ci_low"] < row["margin"])


def test_with_controls_the_sentence_is_another() -> None:
    before, where = with_control(NINE, [1.0, 0.5, 1.25, 0.75], gain_max=1.0)
    text = harm_verdicts(before, study=where).sentence("sv")
    assert "4 enheter utan händelsen" in text
    assert "Utan jämförelsegrupp" not in text
    assert "jämförelseenheterna" in text
    assert "Skillnaden mellan banorna" in before.sentence("sv")
    line = gain_line(before, study=where)
    assert set(line.table["kind"]) == {"grid", "parallel", "linear"}
    assert "parallel" in line.sentence("en")
    plain_before, plain_where = plain(NINE, gain_max=1.0)
    assert "Utan jämförelsegrupp" in harm_verdicts(plain_before, study=plain_where).sentence("sv")


def test_a_single_control_counts_as_known_and_that_is_said() -> None:
    before, _ = with_control(NINE, [0.5])
    low, _high = difference_limits(NINE, tau=0, k_post=3, control=[0.5])
    alone, _ = difference_limits(np.array(NINE) - 0.5, tau=0, k_post=3)
    assert low.ci_low == pytest.approx(alone.ci_low)
    assert "En enda jämförelse" in before.sentence("sv")


def test_controls_without_levels_on_both_sides_are_refused() -> None:
    _, where = plain(NINE)
    experiment = where.experiment.model_copy(update={"control": ("X",)})
    where = replace(where, units=(*where.units, Unit(id="X")), experiment=experiment)
    with pytest.raises(EstimationError, match="none of the 1 control units"):
        before_after(_levels_of(NINE), enrolment([None] * 9), study=where)


@pytest.mark.slow
def test_with_controls_growth_is_no_longer_harm() -> None:
    # Both series grow as they please, alike; the struck ones lose half a step. Without controls the gain is unknown.
    rng, rounds, shown_, false = np.random.default_rng(3), 2000, 0, 0
    for _ in range(rounds):
        d, c = rng.normal(0.7, 0.3, 9), rng.normal(0.7, 0.4, 6)
        low, high = difference_limits(d - 0.75, tau=0, k_post=3, control=c)
        shown_ += harm_verdict(low.ci_low, high.ci_high, margin=0, gain_max=0) == "inferior"
        low, high = difference_limits(d, tau=0, k_post=3, control=c)
        false += harm_verdict(low.ci_low, high.ci_high, margin=0, gain_max=0) == "inferior"
    assert false / rounds <= 0.063
    assert shown_ / rounds >= 0.9


# ---------------------------------------------------------------- several events, any number of sessions
def test_any_event_of_the_study_can_be_asked_for_and_bounded_by_the_next() -> None:
    other = Event(id="later", name=Text(sv="Senare", en="Later"), after_session=9)
    where = study(n_units=3, n_sessions=12, event_after=5, others=(other,))
    levels = np.add.outer(np.array([0, 1, 0]), np.linspace(0, 3, 12).round())[:, :, None].repeat(2, axis=2)
    table, people = assessments(levels), enrolment([None] * 3)
    first = before_after(table, people, study=where, until=9)
    second = before_after(table, people, study=where, event="later")
    assert first.post_sessions == (6, 7, 8, 9)
    assert (second.event_id, second.pre_session, second.post_sessions) == ("later", 9, (10, 11, 12))
    assert "”Skiftet”" in second.co_event_words("sv")
    with pytest.raises(EstimationError, match="no event has the id 'never'"):
        before_after(table, people, study=where, event="never")


# ---------------------------------------------------------------- sensitivity
def test_sensitivity_rows_are_the_method_on_what_they_name() -> None:
    before, where = plain(NINE, gain_max=0.5)
    people = enrolment([None] * 9).assign(supervisor=["A", "A", "A", "B", "B", "C", "C", "C", None])
    table = _levels_of(NINE)
    result = sensitivity(before, table, people, study=where, tau=0.0)
    d = np.array(NINE)
    groups = [d[:3].mean(), d[3:5].mean(), d[5:8].mean()]
    row = result.row("groups")
    low, high = difference_limits(groups, tau=0, k_post=3)
    assert (row["n"], row["ci_low"], row["ci_high"]) == (3, pytest.approx(low.ci_low), pytest.approx(high.ci_high))
    assert result.n_without_group == 1
    without = result.table[result.table["kind"] == "without"].set_index("what")
    low, _ = difference_limits(d[1:], tau=0, k_post=3)
    assert without.loc["U01", "gain_star"] == pytest.approx(0.5 + low.ci_low)
    assert result.row("main")["smallest_harm"] == pytest.approx(smallest_detectable_harm(NINE))
    blind = result.row("blind")
    assert blind["n"] == 0
    assert blind["refused_en"] == "no rating is marked as blind."
    assert "ingen bedömning är märkt som blind" in result.sentence("sv")


def _levels_of(differences, *, blind=None):
    d = np.asarray(differences, dtype=float)
    up = np.array([[k < round(4 * (x - math.floor(x))) for k in range(4)] for x in d])
    after = 2 + np.floor(d)[:, None] + up
    table = assessments(np.stack([np.full_like(after, 2)] * 3 + [after] * 3, axis=1))
    return table if blind is None else table.assign(blind=pd.Series(blind(table), dtype="boolean"))


def test_blind_ratings_are_used_alone() -> None:
    before, where = plain(NINE, gain_max=0.5)
    first = {f"U{k:02}" for k in range(1, 5)}
    table = _levels_of(NINE, blind=lambda t: t["unit"].isin(first))
    row = sensitivity(before, table, enrolment([None] * 9), study=where).row("blind")
    assert (row["n"], row["mean_difference"]) == (4, pytest.approx(np.mean(NINE[:4])))


def test_a_verdict_that_hangs_on_one_unit_is_said_to() -> None:
    before, where = plain([0.5, 0.5, 0.5, 0.5, 0.25, 0.5, 0.5, -1.5], gain_max=0.5)
    result = sensitivity(before, _levels_of([0.5] * 8), enrolment([None] * 8), study=where, tau=0.0)
    assert "utan U08 blir det ett annat" in result.sentence("sv")
    before, where = plain(NINE)
    text = sensitivity(before, _levels_of(NINE), enrolment([None] * 9), study=where).sentence("sv")
    assert "G* mellan" in text  # no gain declared: no verdict to change


@pytest.mark.slow
def test_groups_as_units_hold_where_a_group_shares_its_shocks() -> None:
    # METHODS: error .075 by unit against .049 by group. Three groups of three, a shock of .3 per group.
    rng, rounds, errors = np.random.default_rng(8), 4000, {"unit": 0, "group": 0}
    for _ in range(rounds):
        d = (rng.normal(0, 0.3, 3)[:, None] + rng.normal(0, 0.4, (3, 3))).ravel()
        for what, values in (("unit", d), ("group", d.reshape(3, 3).mean(axis=1))):
            errors[what] += difference_limits(values, tau=0, k_post=3)[1].ci_high < 0
    assert errors["unit"] / rounds > 0.063
    assert errors["group"] / rounds <= 0.05 + 2.58 * math.sqrt(0.05 * 0.95 / rounds)


# ---------------------------------------------------------------- tipping point
def with_leavers(differences=NINE, *, left=(None,) * 9 + (4, 5), gain_max=0.5):
    """Nine that stay; one that left before any level after the event, one after the first."""
    d = [*differences, 0.0, 0.0]
    where = study(n_units=11, event_after=3, introduced={f"t{k + 1}": 1 for k in range(4)}, gain_max=gain_max)
    up = np.array([[k < round(4 * (x % 1)) for k in range(4)] for x in d])
    after = 2 + np.floor(d)[:, None] + up
    levels = np.stack([np.full_like(after, 2)] * 3 + [after] * 3, axis=1)
    levels[9, 3:] = NAN
    levels[10, 5:] = NAN
    by = [None if a is None else a + (0 if a == 4 else 1) for a in left]
    after_session = [3 if a == 4 else a for a in left]
    return before_after(assessments(levels), enrolment(after_session, by), study=where), where


def test_the_tipping_point_is_where_the_verdict_changes() -> None:
    before, where = with_leavers()
    result = tipping_point(before, study=where, tau=0.0)
    # U10 is unseen in all of three sessions, U11 in one of three.
    assert (result.leavers, result.n) == (("U10", "U11"), 11)
    assert result.share_unseen == pytest.approx((1 + 1 / 3) / 11)
    d = before.differences["difference"].to_numpy()
    low, high = difference_limits(d, tau=0, k_post=3)
    for row in result.tips.to_dict("records"):
        verdict = harm_verdict(low.ci_low, high.ci_high, margin=row["margin"], gain_max=0.5)
        assert row["verdict"] == verdict
        if math.isfinite(row["tips_at"]):
            for shift, same in ((0.999, True), (1.001, False)):
                moved = shift * row["tips_at"] * result.share_unseen
                new = harm_verdict(low.ci_low - moved, high.ci_high - moved, margin=row["margin"], gain_max=0.5)
                assert (new == verdict) == same
    for margin, rows in result.table.groupby("margin"):
        assert rows["delta_low"].iloc[0] == -4, margin
        assert rows["delta_high"].iloc[-1] == 4
        assert rows["delta_low"].tolist()[1:] == rows["delta_high"].tolist()[:-1]
        assert harm_verdict(low.ci_low, high.ci_high, margin=margin, gain_max=0.5) in set(
            rows.loc[(rows["delta_low"] <= 0) & (rows["delta_high"] >= 0), "verdict"]
        )
    assert "U10 och U11 lämnade vid eller efter händelsen" in result.sentence("sv")


@settings(max_examples=25)
@given(st.floats(0.0, 2.0))
def test_what_leavers_lost_never_acquits(loss: float) -> None:
    order = ["non-inferior", "inconclusive", "inferior"]
    before, where = with_leavers()
    table = tipping_point(before, study=where).table
    for _, rows in table.groupby("margin"):
        at = [rows[(rows["delta_low"] <= x) & (x <= rows["delta_high"])]["verdict"].iloc[0] for x in (0.0, loss)]
        assert order.index(at[0]) <= order.index(at[1])


def test_no_leavers_or_no_declared_gain_is_refused() -> None:
    before, where = plain(NINE, gain_max=0.5)
    with pytest.raises(EstimationError, match="none of the 9 units"):
        tipping_point(before, study=where)
    before, where = with_leavers(gain_max=None)
    with pytest.raises(EstimationError, match="give gain_max") as refusal:
        tipping_point(before, study=where)
    assert "ange gain_max" in refusal.value.text("sv")


# ---------------------------------------------------------------- placebo breaks
def test_placebo_breaks_never_count_across_the_event() -> None:
    where = study(n_units=4, event_after=3)
    rng = np.random.default_rng(2)
    levels = rng.integers(0, 3, (4, 6, 2)).astype(float)
    table, people = assessments(levels), enrolment([None] * 4)
    before = before_after(table, people, study=where)
    result = placebo_breaks(before, table, people, study=where).table.set_index("after_session")
    means = levels.mean(axis=2)
    assert result.loc[3, "mean_difference"] == pytest.approx((means[:, 3:].mean(axis=1) - means[:, 2]).mean())
    assert result.loc[1, "mean_difference"] == pytest.approx((means[:, 1:3].mean(axis=1) - means[:, 0]).mean())
    assert result.loc[2, "mean_difference"] == pytest.approx((means[:, 2] - means[:, 1]).mean())
    assert result.loc[4, "mean_difference"] == pytest.approx((means[:, 4:].mean(axis=1) - means[:, 3]).mean())
    assert result["event"].tolist() == [False, False, True, False, False]
    text = placebo_breaks(before, table, people, study=where).sentence("sv")
    assert "inget test" in text
    assert "p = " not in text


# ---------------------------------------------------------------- other outcomes
def test_attendance_and_contacts_by_hand() -> None:
    where = study(n_units=3, n_sessions=4, event_after=2)
    people = enrolment([None, None, 3])
    before = before_after(assessments(np.random.default_rng(0).integers(0, 4, (3, 4, 2))), people, study=where)
    there = {1: [2, 0, 1, 1], 2: [1, None, 0, 1], 3: [1, 1, 1]}
    rows = [(f"U0{u}", s + 1, n) for u, counts in there.items() for s, n in enumerate(counts) if n is not None]
    attendance = register("attendance", ({"unit": u, "session": s, "n_present": n} for u, s, n in rows))
    sides = attendance_outcome(attendance, people, before, study=where).sides
    assert sides["before"].tolist() == [0.5, 1, 1]
    assert sides["after"].tolist() == [1, 0.5, 0.5]  # U03 left after session 3: absent at 4
    dates = [(1, 10), (1, 40), (2, 130), (3, 61)]
    contacts = register(
        "contacts",
        (
            {"date": pd.Timestamp(day(1)) + pd.Timedelta(days=after), "unit": f"U0{u}", "supervisor": "P"}
            for u, after in dates
        ),
    )
    sides = contact_outcome(contacts, before, study=where).sides
    # Sessions lie 60 days apart: two months before the event, four after; day 61 comes after it.
    assert sides["before"].tolist() == pytest.approx([2 / 2, 0, 0])
    assert sides["after"].tolist() == pytest.approx([0, 1 / 4, 1 / 4])
    with pytest.raises(EstimationError, match="no contacts"):
        contact_outcome(contacts.iloc[:0], before, study=where)


def table_of(name, rows):
    return pd.DataFrame(
        {c: pd.Series([row.get(c) for row in rows], dtype=dtype) for c, dtype in schema_columns(name).items()}
    )


def coded(hits):
    """Two units, interviews at sessions 1 and 3 and a note at 1 only; `hits` are coded segments."""
    documents, segments = [], []
    for unit in ("U01", "U02"):
        for kind, session in (("intervju", 1), ("intervju", 3), ("motesanteckning", 1)):
            name = f"{kind}{unit}{session}"
            documents.append({"document_id": name, "kind": kind, "unit": unit, "session": session})
            segments += [
                {"segment_id": f"{name}:{k}", "document_id": name, "unit": unit, "role": "informant", "text": "ord"}
                for k in range(4)
            ]
    codings = [
        {"coding_id": f"c{k}", "segment_id": segment, "code": code, "polarity": sign, "rule": "r"}
        for k, (segment, code, sign) in enumerate(hits)
    ]
    return table_of("codings", codings), table_of("segments", segments), table_of("documents", documents)


def test_a_code_is_compared_in_the_same_kind_of_document() -> None:
    where = study(n_units=2, n_sessions=4, event_after=2)
    before = before_after(
        assessments(np.random.default_rng(1).integers(0, 4, (2, 4, 2))), enrolment([None] * 2), study=where
    )
    tables = coded(
        [("intervjuU011:0", "x", "+"), ("intervjuU013:0", "x", "+"), ("intervjuU013:1", "x", "+"),
         ("motesanteckningU011:0", "x", "+"), ("intervjuU021:0", "x", "-"), ("intervjuU021:1", "y", "+")]
    )  # fmt: skip
    outcome = code_outcome(*tables, before, code="x", study=where)
    assert outcome.sides["before"].tolist() == [0.25, 0]
    assert outcome.sides["after"].tolist() == [0.5, 0]
    assert outcome.sides["rests_on"].iloc[0] == ("c0", "c1", "c2")
    assert "kontrollerade" in outcome.note.sv
    with pytest.raises(EstimationError, match="both sides"):
        code_outcome(tables[0], tables[1].iloc[:0], tables[2], before, code="x", study=where)


def test_presenters_are_described_without_an_interval() -> None:
    where = study(n_units=2, n_sessions=4, event_after=2)
    before = before_after(
        assessments(np.random.default_rng(1).integers(0, 4, (2, 4, 2))), enrolment([None] * 2), study=where
    )
    activities = shown([(1, "P", "t1"), (1, "Q", "t1"), (2, "P", "t1"), (3, "R", "t1"), (4, "R", "t1")])
    result = other_outcomes(presenter_outcomes(activities, before, study=where), before)
    table = result.table.set_index("outcome")
    assert (table.loc["presenters", "before"], table.loc["presenters", "after"]) == (1.5, 1)
    assert table.loc["presenter_share", "before"] == pytest.approx(0.75)
    assert table["said"].tolist() == ["described"] * 2
    assert table["ci_low"].isna().all()
    assert "inget intervall" in result.sentence("sv")
    with pytest.raises(EstimationError, match="both sides"):
        presenter_outcomes(activities[activities["session"] < 3], before, study=where)
    with pytest.raises(EstimationError, match="no register"):
        other_outcomes([], before)


def test_the_change_has_the_limits_of_the_level() -> None:
    from evalkit.models.experiment import Outcome

    before, _ = plain(NINE)
    start, end = np.linspace(0.4, 0.6, 9), np.linspace(0.4, 0.6, 9) - np.array(NINE)
    sides = pd.DataFrame({"unit": [f"U{k}" for k in range(9)], "before": start, "after": end, "rests_on": [("a",)] * 9})
    name = Text(sv="Något", en="Something")
    result = other_outcomes([Outcome("x", name, name, sides)], before)
    row = result.table.iloc[0]
    low, high = difference_limits(-np.array(NINE), tau=0, k_post=1)
    assert (row["ci_low"], row["ci_high"], row["said"]) == (
        pytest.approx(low.ci_low),
        pytest.approx(high.ci_high),
        "fell",
    )
    # What leaps when a unit leaves has the wider limits, within what is possible.
    leaping = other_outcomes([Outcome("x", name, name, sides, bounds=(-1, 1))], before).table.iloc[0]
    low, high = bounded_limits(-np.array(NINE), bounds=(-1, 1))
    assert (leaping["ci_low"], leaping["ci_high"]) == (low.ci_low, high.ci_high)
    assert -1 <= leaping["ci_low"] < row["ci_low"]
    assert row["ci_high"] < leaping["ci_high"] <= 1
    wider = (leaping["ci_high"] - leaping["change"]) / (row["ci_high"] - row["change"])
    assert leaping["smallest_change"] == pytest.approx(wider * row["smallest_change"])
    equal = other_outcomes([Outcome("x", name, name, sides.assign(after=start + 1))], before)
    assert "are equal" in equal.table["refused_en"].iloc[0]
    assert "lika" in equal.sentence("sv")


def test_inputs_are_not_changed() -> None:
    where = study(n_units=9, event_after=3, introduced={f"t{k + 1}": 1 for k in range(4)}, gain_max=0.5)
    table, people = _levels_of(NINE), enrolment([None] * 9)
    kept = table.copy(), people.copy()
    before = before_after(table, people, study=where)
    units = before.units.copy()
    sensitivity(before, table, people, study=where)
    placebo_breaks(before, table, people, study=where)
    pd.testing.assert_frame_equal(table, kept[0])
    pd.testing.assert_frame_equal(people, kept[1])
    pd.testing.assert_frame_equal(before.units, units)


def test_a_control_that_is_no_unit_of_the_study_is_refused_by_study_toml() -> None:
    from evalkit.study import Study

    where = study(n_units=3, event_after=3)
    with pytest.raises(ValueError, match=r"experiment\.control: unit 'X'"):
        Study(root=where.root, study=where.study, units=where.units, sessions=where.sessions, events=where.events,
              tools=where.tools, experiment=Experiment(event="shift", control=("X",)))  # fmt: skip


# ---------------------------------------------------------------- bad input
def test_one_unit_is_no_experiment_and_says_so_in_both_languages() -> None:
    with pytest.raises(EstimationError, match="1 of 1 units enrolled") as refusal:
        before_after(_levels_of([0.5]), enrolment([None]), study=study(n_units=1, event_after=3, introduced=FOUR))
    assert "minst 2 behövs" in refusal.value.text("sv")
    assert "at least 2 are needed" in refusal.value.text("en")


def test_everybody_gone_before_the_event_is_refused() -> None:
    left = enrolment([1] * 9)
    with pytest.raises(EstimationError, match=r"0 units enrolled at the event|half of the 0 units"):
        before_after(_levels_of(NINE), left, study=study(n_units=9, event_after=3, introduced=FOUR))


def test_no_assessments_at_all_are_refused() -> None:
    where = study(n_units=9, event_after=3, introduced=FOUR)
    with pytest.raises(EstimationError, match="nothing to compare"):
        before_after(_levels_of(NINE).iloc[:0], enrolment([None] * 9), study=where)


def test_no_margins_are_refused_and_no_declared_gain_is_said_everywhere() -> None:
    before, where = plain(NINE)
    bare = replace(where, experiment=where.experiment.model_copy(update={"margins": ()}))
    with pytest.raises(EstimationError, match="no margins are declared") as refusal:
        harm_verdicts(before, study=bare)
    assert "inga marginaler" in refusal.value.text("sv")
    table = sensitivity(before, _levels_of(NINE), enrolment([None] * 9), study=where).table
    assert table["verdict"].isna().all()


def test_missing_levels_never_become_numbers() -> None:
    before, _ = plain(NINE)
    with pytest.raises(EstimationError, match="missing or infinite"):
        difference_limits([*NINE, NAN], tau=0, k_post=3)
    sparse = _levels_of(NINE)
    sparse["level"] = sparse["level"].mask(sparse["unit"] == "U09")
    where = study(n_units=9, event_after=3, introduced=FOUR)
    again = before_after(sparse, enrolment([None] * 9), study=where)
    assert again.n == before.n - 1
    assert again.units.set_index("unit").loc["U09", "reason"] == "no_pre"
    assert "Utan nivå före: U09" in again.sentence("sv")
