import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import expit

from evalkit.errors import EstimationError
from evalkit.models.ordinal import OrdinalFit, fit_cumulative_logit
from evalkit.models.ordinal.answers import levels_of, units_of
from evalkit.models.ordinal.likelihood import evaluate, pieces_of
from evalkit.models.ordinal.reach import reach_of

# Bitterness of wine, nine judges (rows) × eight bottles: cold without contact twice, cold with, warm
# without, warm with. Randall (1989), Biometrical Journal 31, 781–793; R ordinal::wine.
WINE = ["23344455", "12132354", "23325544", "32323253", "23433333", "32322454", "11222323", "22233334", "12323244"]


def wine() -> tuple[pd.Series, pd.DataFrame, pd.Series]:
    rating = pd.Series([int(r) for judge in WINE for r in judge])
    terms = pd.DataFrame({"warm": [0, 0, 0, 0, 1, 1, 1, 1] * 9, "contact": [0, 0, 1, 1, 0, 0, 1, 1] * 9})
    return rating, terms, pd.Series(np.repeat([f"judge {k}" for k in range(1, 10)], 8))


def simulated(rng, *, units=12, sessions=6, tools=5, sd=1.0, slope=0.5, cuts=(-1.0, 0.5, 2.0, 3.5)):
    unit, session, tool = (a.ravel() for a in np.meshgrid(*map(range, (units, sessions, tools)), indexing="ij"))
    eta = slope * session - 0.3 * tool + sd * rng.normal(size=units)[unit]
    y = np.digitize(eta + rng.logistic(size=unit.size), cuts)
    terms = {f"tool{k}": (tool == k).astype(int) for k in range(1, tools)} | {"session": session}
    return y, pd.DataFrame(terms), unit


def coefficient(fit: OrdinalFit, term: str) -> pd.Series:
    return fit.coefficients.set_index("term").loc[term]


def test_the_data_here_are_the_shared_oracle(shared) -> None:
    path = shared / "oracles" / "wine_ordinal.csv"
    if not path.exists():
        pytest.skip("the wine data are not in the shared folder")
    frame = pd.read_csv(path)
    rating, terms, _ = wine()
    assert frame["rating"].tolist() == rating.tolist()
    assert (frame["temp"] == "warm").astype(int).tolist() == terms["warm"].tolist()
    assert (frame["contact"] == "yes").astype(int).tolist() == terms["contact"].tolist()


def test_without_random_effect_equals_clm() -> None:
    # R: clm(rating ~ temp + contact, data = wine) and its confint (tests/oracles/ordinal.R)
    rating, terms, _ = wine()
    fit = fit_cumulative_logit(rating, terms, profile=["warm", "contact"])
    table = fit.coefficients
    assert table["estimate"].tolist() == pytest.approx([2.503102008, 1.527797658], abs=1e-6)
    assert table["se"].tolist() == pytest.approx([0.5286801008, 0.4766226296], abs=1e-6)
    cuts = [-1.344383411, 1.250808798, 3.466886926, 5.006404204]
    assert fit.thresholds["estimate"].tolist() == pytest.approx(cuts, abs=1e-6)
    assert fit.thresholds["se"].tolist() == pytest.approx(
        [0.5171020453, 0.4378802030, 0.5977604246, 0.7309063437], abs=1e-6
    )
    assert fit.loglik == pytest.approx(-86.49192337, abs=1e-7)
    # R interpolates its profile, so its own limits are good to four decimals.
    assert table["ci_low"].tolist() == pytest.approx([1.5097627, 0.6157925], abs=5e-5)
    assert table["ci_high"].tolist() == pytest.approx([3.5952252, 2.4924038], abs=5e-5)
    assert math.isnan(fit.sd)
    assert fit.effects.empty


def test_with_random_intercept_equals_clmm() -> None:
    # R: clmm(rating ~ temp + contact + (1 | judge), data = wine, nAGQ = 10)
    rating, terms, judge = wine()
    fit = fit_cumulative_logit(rating, terms, judge)
    table = fit.coefficients
    assert table["estimate"].tolist() == pytest.approx([3.061890993, 1.833433365], abs=2e-5)
    assert table["se"].tolist() == pytest.approx([0.5950763341, 0.5121712435], abs=2e-5)
    assert fit.thresholds["estimate"].tolist() == pytest.approx(
        [-1.623487452, 1.512796039, 4.227053455, 6.086152280], abs=2e-5
    )
    assert fit.thresholds["se"].tolist() == pytest.approx(
        [0.6833862582, 0.6044373530, 0.8089782154, 0.9719398347], abs=2e-5
    )
    assert fit.thresholds["threshold"].tolist() == ["1|2", "2|3", "3|4", "4|5"]
    assert fit.loglik == pytest.approx(-81.53246071, abs=1e-7)
    assert fit.sd == pytest.approx(1.134783298, abs=2e-5)
    modes = [1.698464, -0.566575, 0.970524, -0.059389, 0.231107, 0.477951, -1.913607, -0.273032, -0.555170]
    assert fit.effects["effect"].tolist() == pytest.approx(modes, abs=2e-5)
    variances = [0.307163, 0.378609, 0.355087, 0.365786, 0.357160, 0.349070, 0.344121, 0.305461, 0.318799]
    assert (fit.effects["se"] ** 2).tolist() == pytest.approx(variances, abs=2e-5)
    assert (fit.n, fit.n_units, fit.nodes) == (72, 9, 10)


def test_profile_limits_equal_clmm_with_offset() -> None:
    # R: clmm(rating ~ offset(b * warm) + contact + (1 | judge)), b where the log likelihood has fallen by 1.92
    rating, terms, judge = wine()
    table = fit_cumulative_logit(rating, terms, judge, profile=["warm", "contact"]).coefficients
    assert table["ci_low"].tolist() == pytest.approx([1.957248193, 0.8627280789], abs=1e-5)
    assert table["ci_high"].tolist() == pytest.approx([4.306489051, 2.881824917], abs=1e-5)
    assert table["interval"].tolist() == ["profile", "profile"]


def test_the_gradient_is_that_of_the_likelihood() -> None:
    rating, terms, judge = wine()
    codes, used, _ = levels_of(rating, None)
    units, _ = units_of(judge, 72)
    pieces = pieces_of(codes, terms.to_numpy(dtype=float), units, len(used), nodes=20)
    value = np.array([-1.5, 1.2, 3.9, 6.3, 2.5, 1.1, 1.4])

    def at(where):
        return evaluate(pieces, where, np.zeros(9))

    here = at(value)
    np.testing.assert_allclose(here.gradient, approx_fprime(value, lambda v: at(v).loglik, 1e-6), atol=2e-4)
    rows = [(at(value + e).gradient - at(value - e).gradient) / 2e-5 for e in np.eye(7) * 1e-5]
    np.testing.assert_allclose(here.hessian, np.array(rows), atol=2e-4)


def test_the_likelihood_of_one_unit_equals_a_plain_integral() -> None:
    y, x, sd, beta, cuts = np.array([0, 2, 1]), np.array([[0.0], [1.0], [2.0]]), 1.3, 0.7, np.array([-0.5, 1.0])
    pieces = pieces_of(y, x, np.zeros(3, dtype=np.intp), 3, nodes=15)
    ours = evaluate(pieces, np.array([*cuts, beta, sd]), np.zeros(1)).loglik
    b = np.linspace(-9, 9, 20001)
    eta = beta * x[:, 0][:, None] + sd * b
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    each = expit(ends[y + 1][:, None] - eta) - expit(ends[y][:, None] - eta)
    plain = np.trapezoid(each.prod(axis=0) * np.exp(-(b**2) / 2) / math.sqrt(2 * math.pi), b)
    assert ours == pytest.approx(math.log(plain), abs=1e-6)


def test_two_levels_are_logistic_regression() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = (x + rng.logistic(size=200) > 0).astype(int)
    peer = sm.Logit(y, sm.add_constant(x)).fit(disp=False)
    fit = fit_cumulative_logit(y, pd.DataFrame({"x": x}))
    assert coefficient(fit, "x")[["estimate", "se"]].tolist() == pytest.approx([peer.params[1], peer.bse[1]], abs=1e-6)
    assert fit.thresholds["estimate"].tolist() == pytest.approx([-peer.params[0]], abs=1e-6)


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_turning_the_scale_turns_the_signs(seed: int) -> None:
    y, terms, unit = simulated(np.random.default_rng(seed), units=8, sessions=4, tools=3)
    there, back = (fit_cumulative_logit(v, terms, unit) for v in (y, -y))
    assert there.loglik == pytest.approx(back.loglik, abs=1e-6)
    np.testing.assert_allclose(there.coefficients["estimate"], -back.coefficients["estimate"], atol=1e-4)
    np.testing.assert_allclose(there.thresholds["estimate"], -back.thresholds["estimate"][::-1], atol=1e-4)
    assert there.thresholds["estimate"].is_monotonic_increasing


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_and_the_names_of_units_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, terms, unit = simulated(rng, units=8, sessions=4, tools=3)
    mixed = rng.permutation(len(y))
    first = fit_cumulative_logit(y, terms, unit)
    second = fit_cumulative_logit(y[mixed], terms.iloc[mixed], [f"K{u}" for u in unit[mixed]])
    assert first.loglik == pytest.approx(second.loglik, abs=1e-7)
    np.testing.assert_allclose(first.coefficients["estimate"], second.coefficients["estimate"], atol=1e-5)


def test_a_tool_nobody_gets_off_the_ground_is_announced() -> None:
    rng = np.random.default_rng(3)
    y, terms, unit = simulated(rng, units=9)
    stuck = terms["tool3"].to_numpy() == 1
    y = np.where(stuck, 0, y)
    fit = fit_cumulative_logit(y, terms, unit)
    assert fit.separated == ("tool3",)
    row = coefficient(fit, "tool3")
    assert (row["estimate"], row["ci_low"]) == (-math.inf, -math.inf)
    assert math.isnan(row["se"])
    # The profile still has one end: where the tool would be this hard, its zeros would be a surprise.
    assert -8 < row["ci_high"] < -2
    # Everything else is what the other tools say.
    others = fit_cumulative_logit(y[~stuck], terms.loc[~stuck].drop(columns="tool3"), unit[~stuck])
    kept = fit.coefficients[fit.coefficients["term"] != "tool3"]
    np.testing.assert_allclose(kept["estimate"], others.coefficients["estimate"], atol=1e-4)
    np.testing.assert_allclose(kept["se"], others.coefficients["se"], atol=1e-4)
    assert fit.sd == pytest.approx(others.sd, abs=1e-4)


def test_a_separated_reference_takes_everything_measured_against_it_along() -> None:
    rng = np.random.default_rng(3)
    y, terms, _ = simulated(rng, units=9)
    y = np.where((terms[["tool1", "tool2", "tool3", "tool4"]] == 0).all(axis=1), 0, y)
    fit = fit_cumulative_logit(y, terms)
    assert set(fit.separated) == {"0|1", "1|2", "2|3", "3|4", "tool1", "tool2", "tool3", "tool4"}
    assert not coefficient(fit, "session")["separated"]


def test_levels_nobody_has_are_named_and_their_thresholds_joined() -> None:
    y, terms, unit = simulated(np.random.default_rng(4))
    y = np.where(y == 2, 3, y)
    fit = fit_cumulative_logit(y, terms, unit, categories=range(6))
    assert fit.unused == ("2", "5")
    assert fit.thresholds["threshold"].tolist() == ["0|1", "1|3", "3|4"]
    words = pd.Series(pd.Categorical.from_codes(y, list("abcdef"), ordered=True))
    assert fit_cumulative_logit(words, terms, unit).unused == ("c", "f")


def test_units_that_do_not_differ_have_no_spread() -> None:
    y, terms, unit = simulated(np.random.default_rng(5), sd=0.0)
    dealt = np.tile(np.arange(12), 30)  # each "unit" gets an even share of all real ones
    fit, plain = fit_cumulative_logit(y, terms, dealt, profile=["sd"]), fit_cumulative_logit(y, terms)
    assert fit.sd_at_zero
    assert fit.loglik == pytest.approx(plain.loglik, abs=1e-5)
    np.testing.assert_allclose(fit.coefficients["se"], plain.coefficients["se"], atol=1e-5)
    assert math.isnan(fit.sd_se)
    assert fit.sd_low == 0
    assert 0 < fit.sd_high < 1
    assert fit_cumulative_logit(y, terms, unit).loglik >= plain.loglik - 1e-6


def test_no_terms_at_all() -> None:
    y, _, unit = simulated(np.random.default_rng(6))
    fit = fit_cumulative_logit(y, pd.DataFrame(index=range(len(y))))
    below = np.array([(y <= k).mean() for k in range(4)])
    assert fit.thresholds["estimate"].tolist() == pytest.approx(np.log(below / (1 - below)).tolist(), abs=1e-6)
    assert fit_cumulative_logit(y, pd.DataFrame(index=range(len(y))), unit).sd > 0.3


def test_nothing_changes_its_input() -> None:
    rating, terms, judge = wine()
    before = rating.copy(), terms.copy(), judge.copy()
    fit_cumulative_logit(rating, terms, judge, profile=["warm"])
    pd.testing.assert_series_equal(rating, before[0])
    pd.testing.assert_frame_equal(terms, before[1])
    pd.testing.assert_series_equal(judge, before[2])


def _refused(**change):
    rating, terms, judge = wine()
    arguments = {"y": rating, "x": terms, "groups": judge} | change
    return lambda: fit_cumulative_logit(**arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (_refused(y=[1.0, math.nan] * 36), "36 of 72 levels are missing"),
        (_refused(y=[3] * 72), "same level"),
        (_refused(categories=[1, 2, 3]), "not declared"),
        (_refused(groups=["one"] * 72), "one unit only"),
        (_refused(groups=[None, "two"] * 36), "needs a unit"),
        (_refused(x=pd.DataFrame({"one": [1.0] * 72})), "'one' is constant"),
        (_refused(x=pd.DataFrame({"a": [0, 1] * 36, "b": [2, 0] * 36})), "'b' is constant or follows"),
        (_refused(x=pd.DataFrame({"a": [0, None] * 36})), "'a' has missing"),
        (_refused(x=pd.DataFrame({"a": [0, 1]})), "2 rows"),
        (_refused(max_iterations=2), "no maximum found in 2 steps"),
        # Every judge is of one mind: no spread of intercepts is wide enough.
        (_refused(y=np.repeat([1, 2, 3] * 3, 8)), "no maximum"),
    ],
)
def test_refusals(call, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        call()


@pytest.mark.parametrize("change", [{"nodes": 1}, {"level": 95}, {"profile": ["cold"]}])
def test_wrong_tuning_is_a_mistake(change: dict) -> None:
    with pytest.raises(ValueError, match=r"nodes|level|profile"):
        _refused(**change)()


def test_a_large_programme_is_fitted() -> None:
    y, terms, unit = simulated(np.random.default_rng(7), units=200, sessions=6, tools=8)
    fit = fit_cumulative_logit(y, terms, unit)
    assert (fit.n, fit.n_units) == (9600, 200)
    assert fit.sd == pytest.approx(1, abs=0.2)


def test_in_a_balanced_normal_model_the_reach_between_units_is_that_of_t() -> None:
    rng = np.random.default_rng(3)
    for n in (4, 9, 14, 60):
        z = rng.normal(size=n)  # one number per unit stands for what its answers say
        x = np.arange(n) % 2 * 1.0
        reach = reach_of(x[:, None], np.arange(n), n, level=0.95)
        assert reach.df == n - 2
        full = np.column_stack([np.ones(n), x])
        beta, rss = np.linalg.lstsq(full, z, rcond=None)[:2]
        se = math.sqrt(rss[0] / (n - 2) * np.linalg.inv(full.T @ full)[1, 1])
        end = beta[1] + stats.t.ppf(0.975, n - 2) * se  # the exact limit
        at_end = ((z - end * x - (z - end * x).mean()) ** 2).sum()
        assert math.sqrt(n * math.log(at_end / rss[0])) == pytest.approx(reach.root)  # the deviance at it
        ml = se * math.sqrt((n - 2) / n)  # what maximum likelihood takes for the standard error
        assert reach.wald * ml == pytest.approx(end - beta[1])
    assert reach.root == pytest.approx(1.96, abs=0.08)


def test_only_terms_that_are_constant_within_units_reach_further() -> None:
    rng = np.random.default_rng(5)
    y, terms, unit = simulated(rng, units=9)
    terms = terms.assign(big=(pd.Series(unit).to_numpy() % 2).astype(float))
    fit = fit_cumulative_logit(y, terms, unit, profile=["big", "tool4"])
    plain = fit_cumulative_logit(y, terms, unit)
    kinds = fit.coefficients.set_index("term")["interval"]
    assert (kinds["big"], kinds["tool4"]) == ("profile, t on 7 df", "profile")
    big, tool = coefficient(plain, "big"), coefficient(plain, "tool4")
    assert big["interval"] == "Wald, t on 7 df"
    assert big["ci_high"] - big["estimate"] == pytest.approx(2.364624 * math.sqrt(9 / 7) * big["se"], rel=1e-5)
    assert tool["ci_high"] - tool["estimate"] == pytest.approx(1.959964 * tool["se"], rel=1e-5)
    profiled = coefficient(fit, "big")
    assert profiled["ci_high"] - profiled["ci_low"] == pytest.approx(big["ci_high"] - big["ci_low"], rel=0.15)


def test_terms_between_units_that_leave_nothing_to_tell_their_spread_are_refused() -> None:
    y, terms, unit = simulated(np.random.default_rng(6), units=3)
    kind = pd.Series(unit).to_numpy()
    terms = terms.assign(first=(kind == 0).astype(float), second=(kind == 1).astype(float))
    with pytest.raises(EstimationError, match="3 units are too few for 2 terms") as refusal:
        fit_cumulative_logit(y, terms, unit)
    assert "3 enheter är för få" in refusal.value.text("sv")


@pytest.mark.slow
@pytest.mark.parametrize("units", [9, 14])
def test_intervals_of_terms_between_units_cover_the_truth(units: int) -> None:
    rng = np.random.default_rng(units)
    rounds, wald, profiled = 400, 0, 0
    for _ in range(rounds):
        y, terms, unit = simulated(rng, units=units)
        terms = terms.assign(big=(np.asarray(unit) < units // 3).astype(float))
        row = coefficient(fit_cumulative_logit(y, terms, unit), "big")
        wald += row["ci_low"] <= 0 <= row["ci_high"]
        row = coefficient(fit_cumulative_logit(y, terms, unit, profile=["big"]), "big")
        profiled += row["ci_low"] <= 0 <= row["ci_high"]
    margin = 2.58 * math.sqrt(0.05 * 0.95 / rounds)
    assert abs(wald / rounds - 0.95) <= margin
    assert abs(profiled / rounds - 0.95) <= margin


@pytest.mark.slow
def test_intervals_cover_the_truth() -> None:
    rng = np.random.default_rng(8)
    rounds, wald, profiled = 300, 0, 0
    for _ in range(rounds):
        y, terms, unit = simulated(rng, units=9)
        row = coefficient(fit_cumulative_logit(y, terms, unit, profile=["tool4"]), "tool4")
        wald += abs(row["estimate"] + 1.2) <= 1.96 * row["se"]
        profiled += row["ci_low"] <= -1.2 <= row["ci_high"]
    margin = 2.58 * math.sqrt(0.05 * 0.95 / rounds)
    assert abs(wald / rounds - 0.95) <= margin
    assert abs(profiled / rounds - 0.95) <= margin


@pytest.mark.slow
def test_a_large_sample_recovers_the_truth() -> None:
    y, terms, unit = simulated(np.random.default_rng(9), units=400, sd=1.2)
    fit = fit_cumulative_logit(y, terms, unit)
    assert fit.coefficients["estimate"].tolist() == pytest.approx([-0.3, -0.6, -0.9, -1.2, 0.5], abs=0.15)
    assert fit.thresholds["estimate"].tolist() == pytest.approx([-1.0, 0.5, 2.0, 3.5], abs=0.2)
    assert abs(fit.sd - 1.2) < 3 * fit.sd_se
