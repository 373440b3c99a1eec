"""The estimators of the natural experiment."""

from typing import Any

from evalkit.calibrate.cells import MARGIN, Cell
from evalkit.calibrate.estimators.case import Case, Estimator, Promise, Quantity, Row, approximate, record
from evalkit.errors import EstimationError
from evalkit.models.experiment import (
    BeforeAfter,
    attendance_outcome,
    before_after,
    carried_by_leavers,
    differential_harm,
    harm_verdicts,
)
from evalkit.models.experiment.limits import difference_limits
from evalkit.models.experiment.outcomes import outcome_differences
from evalkit.study import Text

__all__ = ["EXPERIMENT", "experiment"]


def experiment(case: Case) -> list[Row]:
    """Estimate the harm with the gain known, and give the verdicts at the true size of shared shocks.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        harm (one-sided limits of 97.5 %, so 95 % between them), harm_shown, non_inferior, harm_groups (as harm, with
        supervisor groups as units), carried_harm (of the tools that the leavers carried beyond the others, likewise),
        carried_shown, supervised_shown (that units which the leavers supervised were harmed more), attendance (change
        of the share of sessions attended, t limits).
    """
    before = before_after(case.registers["assessments"], case.registers["enrolment"], study=case.study)
    tau = case.cell.shock_sd
    table = harm_verdicts(before, study=case.study, taus=(tau,)).table
    return [
        _harm("harm", case, before.differences["difference"], len(before.post_sessions)),
        Row("harm_shown", claimed=record(table, "margin", 0.0)["verdict"] == "inferior"),
        Row("non_inferior", claimed=record(table, "margin", MARGIN)["verdict"] == "non-inferior"),
        _by_group(case, before),
        *_carried(case, before),
        _attendance(case, before),
    ]


def _harm(quantity: str, case: Case, differences: Any, k_post: int) -> Row:
    low, high = difference_limits(differences, tau=case.cell.shock_sd, k_post=k_post, level=0.975)
    gain = case.targets.gain
    return Row(quantity, case.targets.harm, gain - low.estimate, gain - high.ci_high, gain - low.ci_low)


def _by_group(case: Case, before: BeforeAfter) -> Row:
    group = case.registers["enrolment"].set_index("unit")["supervisor"]
    d = before.differences.set_index("unit")["difference"]
    try:
        return _harm("harm_groups", case, d.groupby(group.reindex(d.index)).mean(), len(before.post_sessions))
    except EstimationError:
        return Row("harm_groups", refused=True)


def _carried(case: Case, before: BeforeAfter) -> list[Row]:
    names = ("carried_harm", "carried_shown", "supervised_shown")
    try:
        carried = carried_by_leavers(
            case.registers["activities"],
            case.registers["enrolment"],
            before,
            leavers=case.study.experiment.leavers,
            study=case.study,
        )
        found = differential_harm(before, carried, margin=MARGIN)
    except EstimationError:
        return [Row(name, refused=True) for name in names]
    low, high = difference_limits(found.table["difference"], tau=0.0, k_post=1, level=0.975)
    shown = (found.estimate("tools") or {})["ci_low"] > 0
    units = found.estimate("units")
    return [
        Row("carried_harm", case.targets.carried_harm, -low.estimate, -high.ci_high, -low.ci_low),
        Row("carried_shown", claimed=shown),
        Row("supervised_shown", claimed=units is not None and units["ci_low"] > 0, refused=units is None),
    ]


def _attendance(case: Case, before: BeforeAfter) -> Row:
    attendance, enrolment = case.registers["attendance"], case.registers["enrolment"]
    try:
        outcome = attendance_outcome(attendance, enrolment, before, study=case.study)
        low, high = difference_limits(outcome_differences(outcome), tau=0.0, k_post=1, level=0.975)
    except EstimationError:
        return Row("attendance", refused=True)
    return Row("attendance", case.targets.attendance, low.estimate, low.ci_low, high.ci_high)


def _harm_shown(cell: Cell) -> Promise:
    """Promise power where growth has levelled off, one step is lost and no shock is shared."""
    if not cell.harmed:
        return Promise("error")
    clear = cell.harm >= 1 and cell.growth == "plateau" and not cell.shock_sd
    return Promise("power", 0.95 if clear else None)


def _non_inferior(cell: Cell) -> Promise:
    if cell.harm >= MARGIN:
        return Promise("error")
    return Promise("power", None if cell.shock_sd or cell.harmed else 0.85)


def _error(cell: Cell) -> Promise:
    """Count errors: the simulated event spares no unit for who supervised it."""
    return Promise("error")


def _carried_shown(cell: Cell) -> Promise:
    """Count power at half a step; without a goal, since carriers must be found in the registers first."""
    return Promise("power") if cell.harm_carried else Promise("error")


EXPERIMENT: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity("harm", Text(sv="skada vid känd ökning, t-gränser", en="harm, gain known, t limits"), approximate),
            Quantity("harm_shown", Text(sv="utslaget ”skada visad”", en="verdict “harm shown”"), _harm_shown),
            Quantity(
                "non_inferior",
                Text(sv="utslaget ”ingen skada över 0,5”", en="verdict “no harm above 0.5”"),
                _non_inferior,
            ),
            Quantity(
                "harm_groups",
                Text(sv="skada vid känd ökning, grupper som enheter", en="harm, gain known, groups as units"),
                approximate,
            ),
            Quantity(
                "carried_harm",
                Text(sv="skillnad i skada mellan verktyg, t-gränser", en="differential harm of tools, t limits"),
                approximate,
            ),
            Quantity(
                "carried_shown",
                Text(sv="utslaget ”det burna skadades mer”", en="verdict “what was carried was harmed more”"),
                _carried_shown,
            ),
            Quantity(
                "supervised_shown",
                Text(sv="utslaget ”deras enheter skadades mer”", en="verdict “their units were harmed more”"),
                _error,
            ),
            Quantity(
                "attendance",
                Text(sv="närvarons ändring, t-gränser", en="change of attendance, t limits"),
                approximate,
                Text(sv="andra utfall", en="other outcomes"),
            ),
        ),
        experiment,
    ),
)
