"""What the committed table says stands in the results' own sentences: no figure there is older than the table."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from evalkit.calibrate import CELLS, Calibration, read_calibration
from evalkit.calibrate.estimators import QUANTITIES
from evalkit.coding.agreement import coder_agreement
from evalkit.coding.agreement.result import COVERAGE
from evalkit.models.dropout import adjust_predictors
from evalkit.models.measured import MEASURED, measured
from evalkit.models.progression import fit_contrasts
from evalkit.simulate.actual import draw_actual
from evalkit.wording import LANGUAGES, percent
from tests.coding.made_up_coders import drawn
from tests.models.test_dropout import LEFT, judged, predictor
from tests.models.test_progression import paths

ROUNDING = 0.0051  # a figure in whole per cent


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return read_calibration()


def values(calibration: Calibration, *estimators: str) -> pd.DataFrame:
    """The rows of some estimators, with what is measured of them and whether all units share shocks."""
    table = calibration.table[calibration.table["estimator"].isin(estimators)]
    shocks = {cell.id: getattr(cell, "shock_sd", 0.0) > 0 for cell in calibration.cells}
    return table.assign(value=table["coverage"].fillna(table["rate"]), shocks=table["cell"].map(shocks))


def figures(calibration: Calibration) -> dict[str, "pd.Series[float]"]:
    """What each figure of `MEASURED` is about, from the table."""
    changes = ("slope", "half_difference", "slope_completed", "half_completed")
    contrasts = values(calibration, *changes)
    shocked = values(calibration, *changes, "sign_flip").query("shocks and met == False")
    tests = values(calibration, "log_rank", "boschloo", "firth", "westfall_young")
    core = {cell.id for cell in calibration.cells if cell.core}
    dropout = {cell.id: getattr(cell, "dropout", "none") for cell in calibration.cells}
    level_off = {cell.id for cell in calibration.cells if getattr(cell, "growth", "") == "plateau"}
    no_chance = level_off | {cell for cell, why in dropout.items() if why in ("stance", "level")}
    return {
        "contrasts": contrasts[~contrasts["shocks"] & contrasts["cell"].isin(no_chance)]["value"],
        "contrasts under shared shocks": shocked["rate"].fillna(1 - shocked["coverage"]),
        "power of predictors": tests[(tests["kind"] == "power") & tests["cell"].isin(core)]["value"],
        "left with": pd.Series([left_with_and_without()[0]]),
        "left without": pd.Series([left_with_and_without()[1]]),
    }


@cache
def left_with_and_without() -> tuple[float, float]:
    """Share of very many simulated units judged with and without a stance that leave, where leaving depends on it."""
    truth = next(cell.truth() for cell in CELLS if cell.core and cell.dropout == "stance")
    many = draw_actual(replace(truth, units=tuple(f"U{k}" for k in range(200_000))), seed=1)
    judged = many.stance ^ (np.random.default_rng(1).random(200_000) < truth.judgement_error)
    return float(many.left[judged].mean()), float(many.left[~judged].mean())


@pytest.mark.parametrize("what", MEASURED)
def test_a_figure_in_a_sentence_is_that_of_the_table(calibration, what) -> None:
    found = figures(calibration)[what]
    assert len(found) > 0
    assert MEASURED[what] == pytest.approx((found.min(), found.max()), abs=ROUNDING)


def test_where_growth_levels_off_and_some_leave_the_slope_is_too_steep_as_the_sentence_says(calibration) -> None:
    slopes = values(calibration, "slope")
    cells = {cell.id for cell in calibration.cells if getattr(cell, "growth", "") == "plateau"}
    some_leave = {cell.id for cell in calibration.cells if getattr(cell, "dropout", "none") != "none"}
    steep = slopes[slopes["cell"].isin(cells & some_leave)]
    assert len(steep) > 0
    assert (steep["bias"] > 10 * steep["bias_mcse"]).all()
    assert "för brant" in contrasts_said("sv")
    assert "too steep" in contrasts_said("en")


def test_what_is_said_of_agreement_holds_the_table(calibration) -> None:
    for group, name in (("two", "two"), ("more", "three")):
        found = values(calibration, f"f1_{name}", f"alpha_{name}")["value"]
        low, high = COVERAGE[group]
        assert low - ROUNDING <= found.min()
        assert found.max() <= high


def contrasts_said(lang: str) -> str:
    return fit_contrasts(paths()).sentence(lang)


def agreement_said(lang: str) -> str:
    marks = np.random.default_rng(2).random((2, 120, 1)) < 0.3
    codings, readings, segments = drawn(marks, np.ones((2, 120), dtype=bool), [20] * 6)
    return coder_agreement(codings, readings, segments).sentence(lang)


SAID: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "slope": (contrasts_said, lambda lang: measured("contrasts under shared shocks", lang)),
    "half_difference": (contrasts_said, lambda lang: measured("contrasts", lang)),
    "slope_completed": (contrasts_said, lambda lang: measured("contrasts under shared shocks", lang)),
    "half_completed": (contrasts_said, lambda lang: measured("contrasts", lang)),
    "sign_flip": (contrasts_said, lambda lang: measured("contrasts under shared shocks", lang)),
    "f1_two": (agreement_said, lambda lang: percent(COVERAGE["two"][0], lang=lang)),
    "alpha_two": (agreement_said, lambda lang: percent(COVERAGE["two"][0], lang=lang)),
}
"""Whose sentence says that an estimator falls short, and the figure in it."""


def test_every_clear_miss_has_a_sentence_that_says_it(calibration) -> None:
    missed = calibration.missed
    assert set(missed.loc[missed["clear"].astype(bool), "estimator"]) <= set(SAID)
    assert set(SAID) <= {quantity.id for quantity in QUANTITIES.values() if quantity.said}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_appendix_lists_every_miss_and_where_it_is_said(calibration, lang) -> None:
    listed = calibration.misses(lang)
    assert len(listed) == len(calibration.missed)
    assert listed["rests_on"].tolist() == calibration.missed["rests_on"].tolist()
    clear = calibration.missed["clear"].astype(bool).to_numpy()
    assert (listed.loc[clear, "said_in"] != "").all()
    assert len(set(listed["method"] + listed["where"])) == len(listed)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("estimator", SAID)
def test_the_sentence_has_the_figure(estimator, lang) -> None:
    sentence, figure = SAID[estimator]
    assert figure(lang) in sentence(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_large_p_is_said_not_to_acquit(lang) -> None:
    found = measured("power of predictors", lang)
    assert found not in predictor().sentence(lang)  # p is small there
    alike = ["ja", "nej"] * 7
    weak = predictor(values=alike)
    assert found in weak.sentence(lang)
    assert found in adjust_predictors([weak]).sentence(lang)
    assert judged(alike)["value"].tolist() == alike
    assert len(LEFT) == 14
