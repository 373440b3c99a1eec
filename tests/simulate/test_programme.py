"""What is drawn is what the truth says: sparsity, mechanisms, forms of growth, harm, and the same seed twice."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.errors import UsageError
from evalkit.simulate import EXAMPLE_SEED, default_truth, plain_truth, simulate_programme
from evalkit.simulate.actual import draw_actual, growth_form
from evalkit.simulate.programme import SIMULATED
from evalkit.simulate.truth import example
from evalkit.study import load_study
from evalkit.tables import validate_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def case():
    return simulate_programme(default_truth(load_study(ROOT)), seed=EXAMPLE_SEED)


def test_every_register_is_valid(case):
    assert set(case.registers) == set(SIMULATED)
    for name, table in case.registers.items():
        assert len(validate_table(name, table)) > 0


def test_the_case_comes_out_as_published(case):
    enrolment = case.registers["enrolment"].set_index("unit")
    left = enrolment["left_by_session"].notna()
    assert (len(enrolment), int(left.sum())) == (14, 5)
    units = case.actual.unit_table(case.truth).set_index("unit")
    assert units.loc[units["left"], "last_session"].max() <= 3
    steady = units["stance"] & units["mandate"]
    assert (~steady[units["left"]]).sum() == 4
    assert (~steady[~units["left"]]).mean() < 0.5
    # The hand-written documents of the example let these five stay and Lillånger leave in the autumn.
    assert not left[["K01", "K02", "K03", "K04", "K05"]].any()
    assert enrolment.loc["K06", ["left_after_session", "left_by_session"]].tolist() == [3, 4]
    assert (units.loc[~units["left"], "n_present"] >= 3).all()


def test_five_leave_and_nine_stay_with_any_seed_of_the_case():
    truth = default_truth(load_study(ROOT))
    for seed in range(40):
        assert int(draw_actual(truth, seed=seed).left.sum()) == 5


def test_leaving_is_an_interval_that_holds_the_truth():
    truth = plain_truth(n_units=400, leaving=0.6, leaving_uncertain=0.5)
    actual = draw_actual(truth, seed=3)
    left = actual.left
    assert (actual.left_after[left] <= actual.last_session[left]).all()
    assert (actual.left_by[left] >= actual.last_session[left] + 1).all()
    width = actual.left_by[left] - actual.left_after[left]
    assert set(width.tolist()) == {1, 2}
    assert (actual.left_by[~left] == 0).all()


def test_nobody_is_there_after_leaving(case):
    attendance = case.registers["attendance"].merge(case.registers["enrolment"], on="unit")
    gone = attendance["session"] >= attendance["left_by_session"].fillna(99)
    assert not gone.any()


def test_registers_are_as_sparse_as_life(case):
    assessments = case.registers["assessments"]
    per_level = assessments.groupby(["unit", "session", "tool"]).size()
    assert 0.12 < (per_level == 2).mean() < 0.28
    assert 0 < assessments["level"].isna().mean() < 0.1
    known = case.actual.level_table(case.truth).query("takes_part")
    assert 0.3 < len(per_level) / len(known) < 0.6
    evidence = case.registers["implementation"]["evidence"].value_counts(normalize=True)
    assert evidence["said"] > 0.5
    assert case.registers["judgements"].query("what == 'politicised'")["judged_on"].min() > pd.Timestamp("2018-03-14")
    enrolled = case.registers["judgements"].query("what in ('stance', 'mandate')")
    assert enrolled["judged_on"].max() < pd.Timestamp("2017-03-14")


def test_explaining_fills_more_of_the_first_two_sessions(case):
    activities = case.registers["activities"].query("status != 'dropped'")
    start, end = (pd.to_datetime(activities[column], format="%H:%M") for column in ("start", "end"))
    minutes = (end - start).dt.total_seconds() / 60
    explains = activities["activity"] == example()["activities"]["explain"]
    share = (minutes * explains).groupby(activities["session"]).sum() / minutes.groupby(activities["session"]).sum()
    assert share[[1, 2]].min() > share[[3, 4, 5, 6]].max()


def test_leaders_do_nothing_after_they_have_left(case):
    activities = case.registers["activities"]
    assert set(activities.query("session <= 3")["presenter"].dropna()) >= {"T1", "T2"}
    assert not activities.query("session > 3")["presenter"].isin(["T1", "T2"]).any()
    contacts = case.registers["contacts"]
    assert not (contacts["supervisor"].eq("T1") & contacts["date"].ge("2017-10-02")).any()
    carried = [tool.id for tool in case.truth.tools if tool.carried]
    explained = activities.query("session <= 3 and activity == 'förklaring'")
    of_leaders = explained[explained["presenter"].isin(["T1", "T2"])]
    assert set(of_leaders["tool_demonstrated"]) <= set(carried)


def test_the_same_seed_gives_the_same_programme_and_another_gives_another():
    truth = plain_truth()
    one, same, other = (simulate_programme(truth, seed=seed) for seed in (4, 4, 5))
    for name in SIMULATED:
        pd.testing.assert_frame_equal(one.registers[name], same.registers[name])
    assert not one.registers["assessments"].equals(other.registers["assessments"])


def test_asking_for_fewer_registers_changes_no_number():
    truth = plain_truth()
    whole = simulate_programme(truth, seed=4)
    few = simulate_programme(truth, seed=4, registers=["assessments", "positions"])
    assert set(few.registers) == {"assessments", "positions"}
    for name, table in few.registers.items():
        pd.testing.assert_frame_equal(table, whole.registers[name])


def test_a_small_programme_is_fast():
    truth = plain_truth()
    simulate_programme(truth, seed=0, registers=["assessments", "enrolment"])
    start = time.process_time()
    for seed in range(20):
        simulate_programme(truth, seed=seed, registers=["assessments", "enrolment"])
    assert time.process_time() - start < 20 * 0.05


@pytest.mark.parametrize("growth", ["linear", "plateau", "late", "none"])
def test_mean_gain_is_recovered(growth):
    truth = plain_truth(
        n_units=3000, growth=growth, gain=1.8, start=1.2, dropout="none", attendance=1, rater_bias=0, rated_twice=0
    )
    table = simulate_programme(truth, seed=1, registers=["assessments"]).registers["assessments"]
    means = table.query("tool == 'tool1'").groupby("session")["level"].mean()
    expected = 1.2 + 1.8 * growth_form(np.linspace(0, 1, 6), growth)
    np.testing.assert_allclose(means, expected, atol=0.06)


def test_growth_forms_rise_from_0_to_1():
    x = np.linspace(0, 1, 101)
    for growth in ("linear", "plateau", "late"):
        grown = growth_form(x, growth)
        assert grown[0] == pytest.approx(0)
        assert grown[-1] == pytest.approx(1)
        assert (np.diff(grown) > 0).all()
    assert growth_form(x, "plateau")[50] > 0.8 > 0.55 > growth_form(x, "late")[50]


def test_harm_falls_after_the_event_and_only_there():
    truth = plain_truth(n_units=500, event_after=3, harm=0.5, harm_carried=0.3, start=1.5, gain=1)
    levels = draw_actual(truth, seed=2).level_table(truth)
    lost = (levels["level_without_event"] - levels["level"]).groupby([levels["session"] > 3, levels["tool"]]).mean()
    assert (lost[False] == 0).all()
    assert lost[True]["tool1"] == pytest.approx(0.8, abs=0.02)
    assert lost[True]["tool6"] == pytest.approx(0.5, abs=0.02)


def test_the_event_spares_controls_and_strikes_units_of_a_leaving_person_harder():
    truth = plain_truth(n_units=9, event_after=3, harm=0.5, harm_supervised=0.3, controls=4, start=1.5, gain=1)
    actual = draw_actual(truth, seed=2)
    lost = actual.levels_without_event - actual.levels
    assert (lost[:, :3] == 0).all()
    assert (lost[5:] == 0).all()
    assert (actual.group[:3] == 0).all()
    assert lost[:3, 3:].mean() == pytest.approx(0.8, abs=0.05)
    assert lost[3:5, 3:].mean() == pytest.approx(0.5, abs=0.05)
    plain = draw_actual(plain_truth(n_units=9, event_after=3, start=1.5, gain=1), seed=2)
    assert (plain.levels_without_event == actual.levels_without_event).all()  # chance is the same


def test_harder_tools_lie_lower_and_a_tool_has_no_level_before_it_is_introduced(case):
    means = case.actual.level_table(case.truth).query("session == 6").groupby("tool")["level"].mean()
    assert set(means.nsmallest(2).index) == {"eor", "produktionsapparat"}
    introduced = {tool.id: tool.introduced for tool in case.truth.tools}
    assessments = case.registers["assessments"]
    assert (assessments["session"] >= assessments["tool"].map(introduced)).all()


def test_raters_differ_by_their_bias():
    truth = plain_truth(n_units=2000, rated_twice=1, rater_bias=0.4, start=2, gain=0.5, growth="linear")
    programme = simulate_programme(truth, seed=6, registers=["assessments"])
    means = programme.registers["assessments"].groupby("rater")["level"].mean()
    bias = programme.actual.rater_bias
    assert means["B"] - means["A"] == pytest.approx(bias[1] - bias[0], abs=0.03)


def test_dropout_follows_its_mechanism():
    def left(mechanism):
        truth = plain_truth(n_units=4000, dropout=mechanism, leaving=0.35)
        actual = draw_actual(truth, seed=8)
        steady = actual.stance & actual.mandate
        ability = np.nanmean(actual.levels, axis=(1, 2))
        by_stance = actual.left[~steady].mean() - actual.left[steady].mean()
        by_level = np.cov(actual.left, ability)[0, 1] / 0.35 / 0.65
        return actual.left.mean(), by_stance, by_level

    share, by_stance, by_level = left("random")
    assert share == pytest.approx(0.35, abs=0.03)
    assert abs(by_stance) < 0.05
    assert abs(by_level) < 0.05
    share, by_stance, by_level = left("stance")
    assert share == pytest.approx(0.35, abs=0.03)
    assert by_stance > 0.3
    share, by_stance, by_level = left("level")
    assert share == pytest.approx(0.35, abs=0.03)
    assert by_level < -0.2
    assert left("none")[0] == 0


def test_positions_move_by_the_shift():
    truth = plain_truth(n_units=600, position_shift=0.5, dropout="none", n_sessions=4)
    positions = simulate_programme(truth, seed=1, registers=["positions"]).registers["positions"].query("session == 1")
    step = positions["zone"].astype("int64") * positions["n"].astype("int64")
    mean = step.groupby(positions["phase"]).sum() / positions["n"].groupby(positions["phase"]).sum()
    assert mean["out"] - mean["in"] == pytest.approx(0.5, abs=0.06)


def test_counted_participants_are_those_that_came(case):
    positions, attendance = case.registers["positions"], case.registers["attendance"]
    counted = positions.dropna(subset="n").groupby(["session", "phase", "statement"])["n"].sum()
    came = attendance.groupby("session")["n_present"].sum()
    for (session, _, _), n in counted.items():
        assert n == came[session]


@settings(max_examples=25)
@given(
    n_units=st.integers(1, 15),
    n_sessions=st.integers(2, 8),
    n_tools=st.integers(1, 5),
    dropout=st.sampled_from(["none", "random", "stance", "level"]),
    growth=st.sampled_from(["linear", "plateau", "late", "none"]),
    seed=st.integers(0, 2**32),
)
def test_any_programme_is_valid(n_units, n_sessions, n_tools, dropout, growth, seed):
    truth = plain_truth(
        n_units=n_units, n_sessions=n_sessions, n_tools=n_tools, dropout=dropout, growth=growth, event_after=1
    )
    programme = simulate_programme(truth, seed=seed)
    for name, table in programme.registers.items():
        validate_table(name, table)
    levels = programme.actual.level_table(truth)["level"]
    assert levels.between(*truth.scale).all()
    assert (programme.actual.last_session <= n_sessions).all()


def test_names_are_of_nobody(case):
    real = set((Path(__file__).parent / "municipalities.txt").read_text(encoding="utf-8").replace("-", " ").split())
    assert len(real) > 280
    names = [unit.name for unit in case.truth.study.units]
    assert not real & set(names)
    full = [person.name for person in case.people]
    assert len(full) == len(set(full))
    common = {"Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson", "Svensson"}
    assert not {name.split()[-1] for name in full} & common


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(UsageError, match="negative"):
        simulate_programme(plain_truth(), seed=-1)
    with pytest.raises(UsageError, match="no register is called 'attendence'"):
        simulate_programme(plain_truth(), seed=1, registers=["attendence"])
    with pytest.raises(UsageError, match="at least two sessions"):
        plain_truth(n_sessions=1)
    with pytest.raises(UsageError, match="cannot leave"):
        replace(plain_truth(), leavers=10)
