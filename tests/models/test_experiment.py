import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EstimationError
from evalkit.models.experiment import before_after, gain_line, harm_verdicts
from evalkit.models.experiment.limits import difference_limits, harm_verdict, smallest_detectable_harm
from evalkit.study import Event, Text
from tests.models.plain_registers import assessments, enrolment, register, study

NAN = math.nan
T_95_ON_8 = 1.8595480375228424  # one-sided 95 % quantile of t on 8 df, table

# Four units, two tools, event after session 2. U03 left after session 1, U04 has no level afterwards.
LEVELS = np.array(
    [
        [[0, 1], [1, 1], [1, 2], [2, 3]],
        [[1, 1], [1, 2], [NAN, NAN], [3, 2]],
        [[1, 1], [NAN, NAN], [NAN, NAN], [NAN, NAN]],
        [[0, 0], [1, 1], [NAN, NAN], [NAN, NAN]],
    ]
)


def small(levels=LEVELS, left=(None, None, 1, 2), **how):
    where = study(n_units=len(left), n_sessions=4, event_after=2, **how)
    return before_after(assessments(levels), enrolment(list(left)), study=where), where


def plain(differences, k_post=3, **how):
    """Make a before/after with exactly these differences: whole steps in many tools."""
    d = np.asarray(differences, dtype=float)
    tools = {f"t{k + 1}": 1 for k in range(4)}
    up = np.array([[k < round(4 * (x - math.floor(x))) for k in range(4)] for x in d])
    after = 2 + np.floor(d)[:, None] + up
    levels = np.stack([np.full_like(after, 2)] * 3 + [after] * k_post, axis=1)
    where = study(n_units=d.size, n_sessions=3 + k_post, event_after=3, introduced=tools, **how)
    return before_after(assessments(levels), enrolment([None] * d.size), study=where), where


NINE = [0.5, 0.25, 0, 1, 0.75, 0.5, -0.25, 0.5, 0.75]


def test_differences_by_hand() -> None:
    result, _ = small()
    units = result.units.set_index("unit")
    assert units["difference"].tolist() == pytest.approx([((0.5) + (1.5)) / 2, (2 + 0) / 2, NAN], nan_ok=True)
    assert units["reason"].tolist() == ["", "", "no_post"]
    assert units["slope"].tolist() == pytest.approx([0.5, 0.5, 1])
    assert (result.n, result.n_left_before, result.pre_session, result.post_sessions) == (2, 1, 2, (3, 4))
    assert result.linear_gain == pytest.approx(0.5 * (3.5 - 2))
    assert result.ceiling_gain == pytest.approx(4 - (1 + 1.5) / 2)
    assert units.loc["U02", "rests_on"] == tuple(f"assessments.csv:{row}" for row in (12, 13, 14, 15))


def test_those_who_left_before_the_event_are_not_in_it() -> None:
    result, _ = small()
    assert "U03" not in set(result.table["unit"])
    assert "1 hade lämnat dessförinnan" in result.caption("sv")
    assert "Utan nivå efter i samma verktyg: U04" in result.sentence("sv")


def test_a_tool_that_is_new_or_not_seen_on_both_sides_does_not_move_the_difference() -> None:
    new = np.concatenate([LEVELS, np.where(np.arange(4) >= 2, 0.0, NAN)[None, :, None].repeat(4, axis=0)], axis=2)
    one, two = small()[0], small(new, introduced={"t1": 1, "t2": 1, "t3": 3})[0]
    assert two.units["difference"].tolist() == pytest.approx(one.units["difference"].tolist(), nan_ok=True)
    sparse = LEVELS.copy()
    sparse[0, 1, 1] = NAN  # tool 2 not assessed just before: only tool 1 compares
    assert small(sparse)[0].units["difference"].iloc[0] == pytest.approx((0 + 1) / 2)


def test_where_the_last_session_before_was_hardly_assessed_an_earlier_one_is_used() -> None:
    levels = LEVELS.copy()
    levels[[0, 3], 1] = NAN
    result, _ = small(levels)
    assert result.pre_session == 1
    assert "en tidigare" in result.sentence("sv")


def test_limits_are_t_with_what_shared_shocks_add() -> None:
    d = np.array(NINE)
    for tau in (0.0, 0.15, 0.25):
        low, high = difference_limits(d, tau=tau, k_post=3)
        arm = T_95_ON_8 * math.sqrt(d.var(ddof=1) / 9 + tau**2 * (1 + 1 / 3))
        assert (low.ci_low, high.ci_high) == pytest.approx((d.mean() - arm, d.mean() + arm))


def test_verdicts_headline_and_gain_star_by_the_formula() -> None:
    before, where = plain(NINE, gain_max=0.5)
    assert before.units["difference"].tolist() == pytest.approx(NINE)
    result = harm_verdicts(before, study=where)
    assert len(result.table) == 3 * 4
    for row in result.table.to_dict("records"):
        low = difference_limits(NINE, tau=row["tau"], k_post=3)[0].ci_low
        assert row["gain_star"] == pytest.approx(row["margin"] + low)
        assert (row["verdict"] == "non-inferior") == (row["gain_star"] > 0.5)
    assert result.headline is not None
    assert (result.headline["margin"], result.headline["tau"]) == (0.5, 0.15)
    star = f"{result.headline['gain_star']:.2f}"
    assert f"more than {star} steps (τ = 0.15" in result.sentence("en")
    assert result.sentence("sv").startswith("Ingen skada över 0,50 steg, om de inte annars skulle ha ökat mer än")
    assert (
        "Att ”Skiftet” gjorde mer än 0,50 stegs skada kan uteslutas (ensidig 95\u00a0%-gräns), om de utan händelsen "
        "hade ökat högst 0,50"
    ) in result.sentence("sv")
    assert "Det gäller de 9 som bedömts både före och efter, av 9 anmälda vid händelsen." in result.sentence("sv")


def test_harm_is_shown_only_against_no_growth_at_all() -> None:
    before, where = plain([-1, -0.75, -1.25, -1, -1, -0.5, -1.5, -1, -1], gain_max=0.5)
    result = harm_verdicts(before, study=where)
    verdicts = result.table.set_index(["tau", "margin"])["verdict"]
    assert verdicts[0.0, 0.0] == verdicts[0.0, 0.5] == "inferior"
    assert verdicts[0.0, 1.0] == "inconclusive"
    assert "Skada är visad även om utvecklingen annars stannat av" in result.sentence("sv")


def test_without_a_declared_gain_there_is_a_grid_and_no_headline() -> None:
    before, where = plain(NINE)
    result = harm_verdicts(before, study=where)
    assert result.headline is None
    assert result.table["gain_max"].unique().tolist() == [0, 0.5, 1, 1.5, 2]
    assert result.sentence("en").startswith("No headline verdict")
    assert "kan uteslutas (" not in result.sentence("sv")


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 1), st.floats(0, 2), st.floats(0, 1))
def test_a_verdict_never_gets_bolder_with_less_known(low, width, margin, gain, more) -> None:
    high = low + width
    verdict = harm_verdict(low, high, margin=margin, gain_max=gain)
    wider = harm_verdict(low - more, high + more, margin=margin, gain_max=gain + more)
    assert wider in (verdict, "inconclusive")
    if verdict == "non-inferior":
        assert gain <= margin + low + 1e-9
    if verdict == "inferior":
        assert high < -margin


def test_the_gain_line_is_gain_minus_mean_difference_with_its_benchmarks() -> None:
    before, where = plain(NINE, gain_max=0.5)
    line = gain_line(before, study=where)
    assert (line.table["gain"] - line.table["harm"]).tolist() == pytest.approx([np.mean(NINE)] * len(line.table))
    marks = line.table[line.table["tau"] == 0].set_index("kind")["gain"].drop("grid")
    assert marks.to_dict() == {"plateau": 0, "linear": 0, "ceiling": 2, "declared": 0.5}
    assert (line.table["harm_low"] <= line.table["harm"]).all()
    by_tau = line.table[line.table["kind"] == "plateau"]
    assert (by_tau["harm_high"] - by_tau["harm_low"]).is_monotonic_increasing


def test_smallest_detectable_harm_is_091_sd_at_nine() -> None:
    assert smallest_detectable_harm(NINE) / np.std(NINE, ddof=1) == pytest.approx(0.91, abs=0.005)


def test_smallest_detectable_harm_has_its_power() -> None:
    rng = np.random.default_rng(5)
    d = rng.normal(0, 1, (20_000, 9))
    d = d - 0.91
    arm = T_95_ON_8 * d.std(axis=1, ddof=1) / 3
    assert (d.mean(axis=1) + arm < 0).mean() == pytest.approx(0.80, abs=0.015)


def test_everything_else_that_happened_is_named() -> None:
    others = (Event(id="meeting", name=Text(sv="Mötet", en="The meeting"), after_session=3),)
    before, where = plain(NINE, gain_max=0.5, others=others)
    assert "”Mötet” (efter T3)" in harm_verdicts(before, study=where).sentence("sv")
    more = register("events", [{"event": "flood", "date_precision": "unknown"}])
    levels = np.full((9, 6, 4), 2.0)
    again = before_after(assessments(levels), enrolment([None] * 9), study=where, events=more)
    assert "“flood” (time unknown)" in again.sentence("en")


@pytest.mark.parametrize(
    ("after", "message"),
    [(None, "no event is declared"), (0, "before the first session"), (4, "after the last session")],
)
def test_an_event_that_splits_nothing_is_refused(after, message: str) -> None:
    where = study(n_units=4, n_sessions=4, event_after=after)
    with pytest.raises(EstimationError, match=message):
        before_after(assessments(LEVELS), enrolment([None] * 4), study=where)


def test_too_few_units_or_no_levels_before_are_refused() -> None:
    with pytest.raises(EstimationError, match="1 of 2 units"):
        small(LEVELS[[0, 3]], left=(None, None))
    late = LEVELS.copy()
    late[:, :2] = NAN
    with pytest.raises(EstimationError, match="nothing to compare"):
        small(late)
    before, where = plain([0.5] * 4, gain_max=0.5)
    for function in (harm_verdicts, gain_line):
        with pytest.raises(EstimationError, match="all 4 differences are equal"):
            function(before, study=where)
    before, where = plain(NINE, gain_max=0.5)
    with pytest.raises(EstimationError, match=re.escape("margin 0.3")):
        harm_verdicts(before, study=where, headline_margin=0.3)


def test_an_event_known_by_its_day_is_placed() -> None:
    from dataclasses import replace

    where = study(n_units=4, n_sessions=4, event_after=2)
    dated = Event(id="shift", date=where.sessions[1].dates[0], date_precision="day")
    result = before_after(assessments(LEVELS), enrolment([None, None, 1, 2]), study=replace(where, events=(dated,)))
    assert result.after_session == 2


def test_inputs_are_not_changed() -> None:
    levels = LEVELS.copy()
    levels[0, 3] = 4  # two equal differences would have no interval
    table, enrolled = assessments(levels), enrolment([None, None, 1, 2])
    before = table.copy(), enrolled.copy()
    result = before_after(table, enrolled, study=study(n_units=4, n_sessions=4, event_after=2))
    units = result.units.copy()
    harm_verdicts(result, study=study(gain_max=1.0))
    pd.testing.assert_frame_equal(table, before[0])
    pd.testing.assert_frame_equal(enrolled, before[1])
    pd.testing.assert_frame_equal(result.units, units)


# The promise of the method, in programmes of nine units, six tools and three sessions on either side. Every form is the
# mean growth at sessions 1–6; none falls.
FORMS = {
    "plateau": [0, 0.5, 1, 1, 1, 1],
    "linear": [0, 0.3, 0.6, 0.9, 1.2, 1.5],
    "saturating": [0, 0.8, 1.2, 1.4, 1.5, 1.5],
    "late": [0, 0, 0, 0.2, 0.6, 1.0],
    "step": [0, 0, 0.8, 0.8, 1.2, 1.2],
}
PROGRAMMES = 2000


def gain_of(form: str) -> float:
    growth = np.array(FORMS[form])
    return float(growth[3:].mean() - growth[2])


def programmes(form: str, *, harm: float, tau: float, seed: int, count: int = PROGRAMMES) -> np.ndarray:
    """Draw levels, programme × unit × session × tool, rounded to the rubric."""
    rng = np.random.default_rng(seed)
    growth = np.array(FORMS[form]) - harm * (np.arange(6) >= 3)
    unit = 1.2 + rng.normal(0, 0.3, (count, 9, 1, 1)) - 0.1 * np.arange(6)
    slope = 1 + rng.normal(0, 0.15, (count, 9, 1, 1))
    shared = rng.normal(0, tau, (count, 1, 6, 1)) + rng.normal(0, 0.2, (count, 9, 6, 1))
    latent = unit + slope * growth[:, None] + shared + rng.normal(0, 0.35, (count, 9, 6, 6))
    return np.clip(np.round(latent), 0, 4)


def share(levels: np.ndarray, verdict: str, *, tau: float, margin: float, gain_max: float) -> float:
    means = levels.mean(axis=3)
    differences = means[:, :, 3:].mean(axis=2) - means[:, :, 2]
    found = 0
    for d in differences:
        low, high = difference_limits(d, tau=tau, k_post=3)
        found += harm_verdict(low.ci_low, high.ci_high, margin=margin, gain_max=gain_max) == verdict
    return found / len(differences)


def test_the_simulated_differences_are_those_of_the_model() -> None:
    levels = programmes("linear", harm=0.5, tau=0.15, seed=1, count=2)
    means = levels.mean(axis=3)
    where = study(n_units=9, event_after=3, introduced={f"t{k + 1}": 1 for k in range(6)})
    for table, mean in zip(levels, means, strict=True):
        result = before_after(assessments(table), enrolment([None] * 9), study=where)
        assert result.units["difference"].tolist() == pytest.approx((mean[:, 3:].mean(axis=1) - mean[:, 2]).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.15, 0.25])
@pytest.mark.parametrize("form", FORMS)
def test_harm_is_not_shown_where_there_is_none(form: str, tau: float) -> None:
    levels = programmes(form, harm=0, tau=tau, seed=41)
    assert share(levels, "inferior", tau=tau, margin=0, gain_max=1.0) <= 0.063


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.15, 0.25])
@pytest.mark.parametrize("form", FORMS)
def test_harm_at_the_margin_is_not_acquitted(form: str, tau: float) -> None:
    levels = programmes(form, harm=0.5, tau=tau, seed=42)
    assert share(levels, "non-inferior", tau=tau, margin=0.5, gain_max=gain_of(form)) <= 0.063


@pytest.mark.slow
def test_the_promise_is_not_hollow() -> None:
    for form in FORMS:
        levels = programmes(form, harm=0, tau=0, seed=43)
        assert share(levels, "non-inferior", tau=0, margin=0.5, gain_max=gain_of(form)) >= 0.85
    harmed = programmes("plateau", harm=1.0, tau=0, seed=44)
    assert share(harmed, "inferior", tau=0, margin=0, gain_max=1.0) >= 0.95


@pytest.mark.slow
def test_the_mean_harm_is_recovered_when_the_gain_is_known() -> None:
    levels = programmes("linear", harm=0.5, tau=0, seed=45, count=200)
    means = levels.mean(axis=3)
    theta = gain_of("linear") - (means[:, :, 3:].mean(axis=2) - means[:, :, 2]).mean(axis=1)
    assert abs(theta.mean() - 0.5) < 0.01 + 2.58 * theta.std() / math.sqrt(200)  # .01: rounding to the rubric


@pytest.mark.slow
def test_gaps_and_leaving_do_not_break_the_promise() -> None:
    # Half of the levels missing, half of the tools introduced late, two units gone after the first one that followed.
    rng = np.random.default_rng(46)
    introduced = {f"t{k + 1}": 1 + k // 3 for k in range(6)}
    where = study(n_units=9, event_after=3, introduced=introduced)
    left, shown, count = enrolment([None] * 7 + [4, 4]), 0, 200
    for levels in programmes("plateau", harm=0, tau=0, seed=47, count=count):
        sparse = np.where(rng.random(levels.shape) < 0.5, NAN, levels)
        sparse[[7, 8], 4:] = NAN
        for k, session in enumerate(introduced.values()):
            sparse[:, : session - 1, k] = NAN
        result = before_after(assessments(sparse), left, study=where)
        low, high = difference_limits(result.differences["difference"], tau=0, k_post=3)
        shown += harm_verdict(low.ci_low, high.ci_high, margin=0, gain_max=1.0) == "inferior"
    assert shown / count <= 0.05 + 2.58 * math.sqrt(0.05 * 0.95 / count)
