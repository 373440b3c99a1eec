"""The estimators of progression."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.estimators.case import ALPHA, YES, Case, Estimator, Promise, Quantity, Row, approximate, record
from evalkit.models.progression import (
    LearningPaths,
    competence_incidence,
    fit_contrasts,
    fit_ordinal_mixed,
    fit_tool_difficulty,
    learning_paths,
)
from evalkit.simulate.actual import draw_actual
from evalkit.study import Text

__all__ = ["PROGRESSION", "competence", "contrasts", "tool_difficulty", "unit_covariate"]


def contrasts(case: Case) -> list[Row]:
    """Estimate the mean slope and the mean difference of halves over all enrolled, and test the slope by sign flips.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        slope, half_difference, sign_flip, slope_completed and half_completed (of those who completed), unit_slope (of
        one unit, over the sessions in which it was assessed).
    """
    paths = learning_paths(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    found = fit_contrasts(paths)
    return [
        _mean("slope", case.targets.slope, found.group("slope", "enrolled")),
        _mean("half_difference", case.targets.half_difference, found.group("half_difference", "enrolled")),
        Row("sign_flip", claimed=found.group("slope", "enrolled")["p_sign_flip"] <= ALPHA),
        _mean("slope_completed", case.targets.slope_completed, found.group("slope", "completed")),
        _mean("half_completed", case.targets.half_completed, found.group("half_difference", "completed")),
        _unit_slope(case, paths),
    ]


def _mean(quantity: str, truth: float, row: Mapping[str, Any]) -> Row:
    if math.isnan(row["ci_low"]):
        return Row(quantity, refused=True)
    return Row(quantity, truth, row["estimate"], row["ci_low"], row["ci_high"])


def _unit_slope(case: Case, paths: LearningPaths) -> Row:
    """Hold the interval of the first unit that has one against its true line meanwhile, good and bad days left out."""
    known = paths.units[paths.units["slope_low"].notna()]
    if known.empty:
        return Row("unit_slope", refused=True)
    unit = {str(key): value for key, value in known.iloc[0].to_dict().items()}
    seen = paths.table[(paths.table["unit"] == unit["unit"]) & paths.table["level"].notna()]
    session = seen["session"].to_numpy(dtype=int)
    truth = replace(case.cell.truth(), occasion_sd=0.0, shock_sd=0.0)
    levels = draw_actual(truth, seed=case.seed).levels[truth.units.index(unit["unit"])].mean(axis=1)
    slope = float(np.polyfit(session, levels[session - 1], 1)[0])
    return Row("unit_slope", slope, unit["slope"], unit["slope_low"], unit["slope_high"])


def tool_difficulty(case: Case) -> list[Row]:
    """Estimate how much harder than the mean tool the hardest one is.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        tool_difficulty.
    """
    fit = fit_tool_difficulty(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    row = record(fit.table, "tool", case.targets.hardest)
    return [Row("tool_difficulty", case.targets.difficulty, row["difficulty"], row["ci_low"], row["ci_high"])]


def unit_covariate(case: Case) -> list[Row]:
    """Estimate what a stance, as judged at enrolment, does to the level in the ordinal model; it does nothing.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        unit_covariate.
    """
    judged = case.registers["judgements"]
    stance = judged[judged["what"] == "stance"].drop_duplicates("unit").set_index("unit")["value"].isin(YES)
    answers = case.registers["assessments"].drop_duplicates(["unit", "session", "tool"])
    answers = answers[answers["unit"].isin(stance.index) & answers["level"].notna()]
    answers = answers.assign(stance=answers["unit"].map(stance).astype("bool"))
    if answers["stance"].nunique() < 2:
        return [Row("unit_covariate", refused=True)]
    fit = fit_ordinal_mixed(answers, outcome="level", fixed=["session", "tool", "stance"], unit="unit")
    row = record(fit.coefficients, "term", "stance")
    return [Row("unit_covariate", 0.0, row["estimate"], row["ci_low"], row["ci_high"])]


def competence(case: Case) -> list[Row]:
    """Estimate the share of all enrolled that reach competence and keep it by the last session.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        competence.
    """
    table = competence_incidence(case.registers["assessments"], case.registers["enrolment"], study=case.study).table
    row = record(table, "session", max(case.study.session_ids))
    return [Row("competence", case.targets.competence, row["incidence"], row["ci_low"], row["ci_high"])]


def _sign_flip(cell: Cell) -> Promise:
    return Promise("error" if cell.growth == "none" and not cell.harmed else "power")


_CONTRASTS = Text(sv="förändring per enhet", en="change per unit")

PROGRESSION: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity("slope", Text(sv="lutning, t-intervall", en="slope, t interval"), approximate, _CONTRASTS),
            Quantity(
                "half_difference",
                Text(sv="andra minus första halvan, t-intervall", en="second minus first half, t interval"),
                approximate,
                _CONTRASTS,
            ),
            Quantity(
                "sign_flip", Text(sv="lutning, exakt teckenbyte", en="slope, exact sign flip"), _sign_flip, _CONTRASTS
            ),
            Quantity(
                "slope_completed",
                Text(sv="lutning, de som fullföljt", en="slope, those who completed"),
                approximate,
                _CONTRASTS,
            ),
            Quantity(
                "half_completed",
                Text(sv="andra minus första halvan, de som fullföljt", en="second minus first half, completers"),
                approximate,
                _CONTRASTS,
            ),
            Quantity("unit_slope", Text(sv="en enhets egen lutning", en="a unit's own slope"), approximate),
        ),
        contrasts,
    ),
    Estimator(
        (
            Quantity(
                "tool_difficulty",
                Text(sv="verktygs svårighet, ordinal modell", en="tool difficulty, ordinal model"),
                approximate,
            ),
        ),
        tool_difficulty,
    ),
    Estimator(
        (
            Quantity(
                "unit_covariate",
                Text(sv="enheters kännetecken, ordinal modell", en="covariate of units, ordinal model"),
                approximate,
            ),
        ),
        unit_covariate,
    ),
    Estimator(
        (
            Quantity(
                "competence",
                Text(sv="andel som nått kompetens, kumulativ andel", en="reached competence, cumulative incidence"),
                approximate,
            ),
        ),
        competence,
    ),
)
