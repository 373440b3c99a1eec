"""The estimators of progression."""

import math

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.estimators.case import ALPHA, Case, Estimator, Promise, Quantity, Row, approximate, record
from evalkit.models.progression import competence_incidence, fit_contrasts, fit_tool_difficulty, learning_paths
from evalkit.study import Text

__all__ = ["PROGRESSION", "competence", "contrasts", "tool_difficulty"]


def contrasts(case: Case) -> list[Row]:
    """Estimate the mean slope and the mean difference of halves over all enrolled, and test the slope by sign flips.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        slope, half_difference, sign_flip.
    """
    paths = learning_paths(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    found = fit_contrasts(paths)
    slope, half = found.group("slope", "enrolled"), found.group("half_difference", "enrolled")
    return [
        Row("slope", case.targets.slope, slope["estimate"], slope["ci_low"], slope["ci_high"]),
        Row(
            "half_difference",
            case.targets.half_difference,
            half["estimate"],
            half["ci_low"],
            half["ci_high"],
            refused=math.isnan(half["ci_low"]),
        ),
        Row("sign_flip", claimed=slope["p_sign_flip"] <= ALPHA),
    ]


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


PROGRESSION: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity("slope", Text(sv="lutning, t-intervall", en="slope, t interval"), approximate),
            Quantity(
                "half_difference",
                Text(sv="andra minus första halvan, t-intervall", en="second minus first half, t interval"),
                approximate,
            ),
            Quantity("sign_flip", Text(sv="lutning, exakt teckenbyte", en="slope, exact sign flip"), _sign_flip),
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
                "competence",
                Text(sv="andel som nått kompetens, kumulativ andel", en="reached competence, cumulative incidence"),
                approximate,
            ),
        ),
        competence,
    ),
)
