"""The estimators of dropout."""

from functools import lru_cache

import numpy as np
import pandas as pd

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.estimators.case import ALPHA, YES, Case, Estimator, Promise, Quantity, Row, record
from evalkit.calibrate.targets import MIDDLE
from evalkit.errors import EstimationError
from evalkit.models.dropout import completion, retention
from evalkit.models.dropout.adjusted import westfall_young
from evalkit.models.dropout.exact_tests import run_test, sorted_spells
from evalkit.models.dropout.judged import judged_units
from evalkit.models.levels import enrolled_units
from evalkit.study import Text

__all__ = ["DROPOUT", "adjusted_predictors", "completed", "retained", "stance_tests"]

TRIED = {"stance": YES, "mandate": YES, "motive": ("forandra",)}
"""Judgements made at enrolment, with the values that count as having each."""

PERMUTATIONS = 999  # of the adjustment: p in steps of .001


def completed(case: Case) -> list[Row]:
    """Estimate the share that completes.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        completion.
    """
    row = record(completion(case.registers["enrolment"], study=case.study).table, "rule", "declared")
    return [Row("completion", case.targets.completion, row["share"], row["ci_low"], row["ci_high"])]


def retained(case: Case) -> list[Row]:
    """Estimate the share still in at mid-programme; the estimate is the middle of its two bounds.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        retention.
    """
    table = retention(case.registers["enrolment"], study=case.study).table
    row = record(table, "session", MIDDLE)
    middle = (row["retained_low"] + row["retained_high"]) / 2
    return [Row("retention", case.targets.retention, middle, row["ci_low"], row["ci_high"])]


def stance_tests(case: Case) -> list[Row]:
    """Test whether stance, as judged at enrolment, tells leavers from stayers, in three ways.

    Only the p of `dropout_predictor` is computed: its fragility would take a hundred times as long.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        log_rank, boschloo, firth.

    Raises
    ------
    EstimationError
        If nobody or everybody left, or all were judged alike.
    """
    judged = _judged(case, "stance")
    last = max(case.study.session_ids)
    times = judged["latest"].fillna(last).to_numpy(dtype=float)
    spells = sorted_spells(
        [(float(t), bool(e), bool(g)) for t, e, g in zip(times, judged["left"], judged["value"], strict=True)]
    )
    return [Row(name, claimed=run_test(name, spells, 0.95)["p"] <= ALPHA) for name in ("log_rank", "boschloo", "firth")]


def adjusted_predictors(case: Case) -> list[Row]:
    """Try three judgements at once and claim the smallest adjusted p.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        westfall_young.

    Raises
    ------
    EstimationError
        If nobody or everybody left, or all were judged alike in one of them.
    """
    tables = [_judged(case, what).set_index("unit") for what in TRIED]
    units = [unit for unit in tables[0].index if all(unit in table.index for table in tables)]
    times = tables[0].loc[units, "latest"].fillna(max(case.study.session_ids)).to_numpy(dtype=float)
    left = tables[0].loc[units, "left"].to_numpy(dtype=bool)
    values = [table.loc[units, "value"].to_numpy(dtype=bool) for table in tables]
    if any(value.all() or not value.any() for value in values):
        raise _one_group()
    _, _, adjusted = westfall_young(times, left, values, n_random=PERMUTATIONS, seed=case.seed)
    return [Row("westfall_young", claimed=bool(np.min(adjusted) <= ALPHA))]


@lru_cache(maxsize=2)
def _units(case: Case) -> pd.DataFrame:
    return enrolled_units(case.registers["enrolment"], study=case.study).table


@lru_cache(maxsize=2 * len(TRIED))
def _judged(case: Case, what: str) -> pd.DataFrame:
    """Return the units judged in time with what was judged of them, or refuse where there is nothing to test."""
    units = _units(case)
    if units["left"].all() or not units["left"].any():
        raise EstimationError(
            "predictor: nobody or everybody left; there is nothing to compare.",
            sv="prediktor: ingen eller alla lämnade; det finns inget att jämföra.",
        )
    judged = judged_units(case.registers["judgements"], units, what=what, having=TRIED[what], study=case.study)
    judged = judged[judged["value"].notna()]
    value = judged["value"].astype(bool)
    if value.all() or not value.any():
        raise _one_group()
    return judged


def _one_group() -> EstimationError:
    return EstimationError(
        "predictor: one group is empty; there is nobody to compare with.",
        sv="prediktor: den ena gruppen är tom; det finns ingen att jämföra med.",
    )


def _exact(cell: Cell) -> Promise:
    """Ask for coverage where anybody can leave; otherwise all programmes are alike."""
    return Promise("exact", asked=cell.dropout != "none")


def _predicts(cell: Cell) -> Promise:
    return Promise("power" if cell.dropout == "stance" else "error")


DROPOUT: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity(
                "completion", Text(sv="andel som fullföljt, Clopper–Pearson", en="completion, Clopper–Pearson"), _exact
            ),
        ),
        completed,
    ),
    Estimator(
        (Quantity("retention", Text(sv="andel kvar halvvägs, betaprodukt", en="retention, beta product"), _exact),),
        retained,
    ),
    Estimator(
        (
            Quantity(
                "log_rank",
                Text(sv="hållning mot avhopp, exakt log-rank", en="stance against leaving, exact log-rank"),
                _predicts,
            ),
            Quantity(
                "boschloo", Text(sv="hållning mot avhopp, Boschloo", en="stance against leaving, Boschloo"), _predicts
            ),
            Quantity("firth", Text(sv="hållning mot avhopp, Firth", en="stance against leaving, Firth"), _predicts),
        ),
        stance_tests,
    ),
    Estimator(
        (
            Quantity(
                "westfall_young",
                Text(sv="tre bedömningar på en gång, Westfall–Young", en="three judgements at once, Westfall–Young"),
                _predicts,
            ),
        ),
        adjusted_predictors,
    ),
)
