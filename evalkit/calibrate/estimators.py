"""What is tried: each method run as an evaluator would run it, on registers alone, and held against what is true."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from evalkit.calibrate.cells import MARGIN, Cell
from evalkit.calibrate.competence import competence_row, true_competence
from evalkit.calibrate.targets import MIDDLE, Targets
from evalkit.errors import EstimationError
from evalkit.models.dropout import completion, retention
from evalkit.models.dropout.judged import judged_units
from evalkit.models.experiment import before_after, harm_verdicts
from evalkit.models.levels import enrolled_units
from evalkit.models.progression import competence_incidence, fit_contrasts, fit_tool_difficulty, learning_paths
from evalkit.models.survival import log_rank_permutation
from evalkit.study import Study, Text

__all__ = ["ALPHA", "ESTIMATORS", "QUANTITIES", "Case", "Estimator", "Promise", "Quantity", "Row"]

ALPHA = 0.05

Kind = Literal["approximate", "exact", "error", "power"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is counted of an estimate in a cell.

    Parameters
    ----------
    kind : {"approximate", "exact", "error", "power"}
        How often an approximate or exact 95 % interval covers the truth, how often something is claimed that is not
        so, or how often something is claimed that is so.
    least : float or None
        Power that is promised.
    asked : bool, default True
        Whether there is a goal; not where an estimate cannot go wrong.
    """

    kind: Kind
    least: float | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that is estimated or claimed.

    Parameters
    ----------
    id : str
        Its name in the table.
    label : Text
        Its name for a reader.
    promise : callable
        From a cell to the promise.
    """

    id: str
    label: Text
    promise: Callable[[Cell], Promise]


@dataclass(frozen=True, slots=True)
class Case:
    """One simulated programme as an estimator meets it, with what it is held against.

    Parameters
    ----------
    cell : Cell
        Its kind.
    study : Study
        What the evaluator declared; the largest gain is the true one.
    registers : mapping of str to pandas.DataFrame
        Enrolment, judgements and assessments.
    targets : Targets
        What is true.
    """

    cell: Cell
    study: Study
    registers: Mapping[str, pd.DataFrame]
    targets: Targets


@dataclass(frozen=True, slots=True)
class Row:
    """What one method said in one programme.

    Parameters
    ----------
    quantity : str
        What it is about.
    truth, estimate, ci_low, ci_high : float
        Missing for a claim.
    claimed : bool, default False
        Whether the null was rejected or the verdict given.
    refused : bool, default False
        Whether the method refused.
    """

    quantity: str
    truth: float = math.nan
    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    claimed: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Estimator:
    """A method, with all that one run of it says.

    Parameters
    ----------
    quantities : tuple of Quantity
        What its rows are about, in order; if it refuses, all of them are refused.
    run : callable
        From a case to its rows. An `EstimationError` is a refusal, any other exception an error.
    """

    quantities: tuple[Quantity, ...]
    run: Callable[[Case], list[Row]]


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
    row = _record(fit.table, "tool", case.targets.hardest)
    return [Row("tool_difficulty", case.targets.difficulty, row["difficulty"], row["ci_low"], row["ci_high"])]


def competence(case: Case) -> list[Row]:
    """Estimate the share of all enrolled that is seen to reach and keep competence in at least half of the tools.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        competence.
    """
    found = competence_incidence(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    return [Row("competence", true_competence(case.cell), *competence_row(found))]


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
    row = _record(completion(case.registers["enrolment"], study=case.study).table, "rule", "declared")
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
    row = _record(table, "session", MIDDLE)
    middle = (row["retained_low"] + row["retained_high"]) / 2
    return [Row("retention", case.targets.retention, middle, row["ci_low"], row["ci_high"])]


def stance_log_rank(case: Case) -> list[Row]:
    """Test whether stance, as judged at enrolment, tells leavers from stayers.

    Only the p of `dropout_predictor` is computed: its other tests and its fragility would take a hundred times as long.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        log_rank.

    Raises
    ------
    EstimationError
        If nobody or everybody left, or all were judged alike.
    """
    units = enrolled_units(case.registers["enrolment"], study=case.study).table
    judged = judged_units(
        case.registers["judgements"], units, what="stance", having=("ja", "yes", "1", "true", "sant"), study=case.study
    )
    value, left = judged["value"].to_numpy(dtype=bool), judged["left"].to_numpy(dtype=bool)
    if value.all() or not value.any() or left.all() or not left.any():
        raise EstimationError("predictor: one group is empty; there is nobody to compare with.")
    times = judged["latest"].fillna(max(case.study.session_ids)).to_numpy(dtype=float)
    return [Row("log_rank", claimed=log_rank_permutation(times, left, value).p_value <= ALPHA)]


def experiment(case: Case) -> list[Row]:
    """Estimate the harm with the gain known, and give both verdicts at the true size of shared shocks.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        harm (one-sided limits of 97.5 %, so 95 % between them), harm_shown, non_inferior.
    """
    before = before_after(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    tau, gain = case.cell.shock_sd, case.targets.gain
    table = harm_verdicts(before, study=case.study, taus=(tau,)).table
    both = _record(harm_verdicts(before, study=case.study, taus=(tau,), level=0.975).table, "margin", MARGIN)
    mean, low, high = (float(both[name]) for name in ("mean_difference", "ci_low", "ci_high"))
    return [
        Row("harm", case.targets.harm, gain - mean, gain - high, gain - low),
        Row("harm_shown", claimed=_record(table, "margin", 0.0)["verdict"] == "inferior"),
        Row("non_inferior", claimed=_record(table, "margin", MARGIN)["verdict"] == "non-inferior"),
    ]


def _record(table: pd.DataFrame, column: str, value: Any) -> dict[str, Any]:
    """Return the first row with a value."""
    return {str(key): field for key, field in table[table[column] == value].iloc[0].to_dict().items()}


def _approximate(cell: Cell) -> Promise:
    return Promise("approximate")


def _exact(cell: Cell) -> Promise:
    """Ask for coverage where anybody can leave; otherwise all programmes are alike."""
    return Promise("exact", asked=cell.dropout != "none")


def _sign_flip(cell: Cell) -> Promise:
    return Promise("error" if cell.growth == "none" and not cell.harm else "power")


def _log_rank(cell: Cell) -> Promise:
    return Promise("power" if cell.dropout == "stance" else "error")


def _harm_shown(cell: Cell) -> Promise:
    """Promise power where growth has levelled off, one step is lost and no shock is shared."""
    if not cell.harm:
        return Promise("error")
    clear = cell.harm >= 1 and cell.growth == "plateau" and not cell.shock_sd
    return Promise("power", 0.95 if clear else None)


def _non_inferior(cell: Cell) -> Promise:
    if cell.harm >= MARGIN:
        return Promise("error")
    return Promise("power", None if cell.shock_sd or cell.harm else 0.85)


ESTIMATORS: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity("slope", Text(sv="lutning, t-intervall", en="slope, t interval"), _approximate),
            Quantity(
                "half_difference",
                Text(sv="andra minus första halvan, t-intervall", en="second minus first half, t interval"),
                _approximate,
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
                _approximate,
            ),
        ),
        tool_difficulty,
    ),
    Estimator(
        (
            Quantity(
                "competence",
                Text(sv="andel som nått kompetens, exakt", en="share that reached competence, exact"),
                lambda cell: Promise("exact"),
            ),
        ),
        competence,
    ),
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
                _log_rank,
            ),
        ),
        stance_log_rank,
    ),
    Estimator(
        (
            Quantity(
                "harm", Text(sv="skada vid känd ökning, t-gränser", en="harm, gain known, t limits"), _approximate
            ),
            Quantity("harm_shown", Text(sv="utslaget ”skada visad”", en="verdict “harm shown”"), _harm_shown),
            Quantity(
                "non_inferior",
                Text(sv="utslaget ”ingen skada över 0,5”", en="verdict “no harm above 0.5”"),
                _non_inferior,
            ),
        ),
        experiment,
    ),
)
"""What `calibrate_cells` tries."""

QUANTITIES: Mapping[str, Quantity] = {
    quantity.id: quantity for estimator in ESTIMATORS for quantity in estimator.quantities
}
