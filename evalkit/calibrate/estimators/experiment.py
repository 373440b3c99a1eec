"""The estimators of the natural experiment: harm and its verdicts, by unit, by group, with leavers, with controls."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from evalkit.calibrate.cells import MARGIN, Cell
from evalkit.calibrate.estimators.case import Case, Estimator, Promise, Quantity, Row, approximate, record
from evalkit.errors import EstimationError
from evalkit.models.experiment import BeforeAfter, before_after, harm_verdicts, tipping_point
from evalkit.models.experiment.limits import difference_limits
from evalkit.simulate import simulate_programme
from evalkit.study import Text, Unit

__all__ = ["EXPERIMENT", "TWO_SIDED", "before_of", "controlled", "experiment"]

TWO_SIDED = 0.975
"""Level of each one-sided limit where 95 % shall lie between the two."""


@lru_cache(maxsize=2)
def before_of(case: Case) -> BeforeAfter:
    """Compute each unit's difference over the event, once per programme.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    BeforeAfter
        What the estimators of the experiment rest on.

    Raises
    ------
    EstimationError
        If fewer than two units have a level on both sides.
    """
    return before_after(case.registers["assessments"], case.registers["enrolment"], study=case.study)


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
        supervisor groups as units), tipped_harm (of all enrolled at the event, also where they had left, at the true
        delta).
    """
    before = before_of(case)
    table = harm_verdicts(before, study=case.study, taus=(case.cell.shock_sd,)).table
    return [
        _harm("harm", case, before.differences["difference"], len(before.post_sessions)),
        *_verdicts(("harm_shown", "non_inferior"), table),
        _by_group(case, before),
        _tipped(case, before),
    ]


def controlled(case: Case) -> list[Row]:
    """Estimate the harm beyond as many units without the event, which share the shocks and not the harm.

    Parameters
    ----------
    case : Case
        A programme; the one with controls is drawn anew from the same truth.

    Returns
    -------
    list of Row
        control_harm, control_shown, control_non_inferior; no gain need be known, and τ is 0.
    """
    truth, n = case.cell.truth(), case.cell.n_units
    names = tuple(f"U{number:02d}" for number in range(1, 2 * n + 1))
    made = simulate_programme(
        replace(truth, units=names, controls=n), seed=case.seed, registers=("enrolment", "assessments")
    ).registers
    study = replace(
        case.study,
        units=tuple(Unit(id=name) for name in names),
        experiment=case.study.experiment.model_copy(update={"control": names[n:]}),
    )
    before = before_after(made["assessments"], made["enrolment"], study=study)
    d, control = before.differences["difference"], before.control["difference"]
    how: dict[str, Any] = {"tau": 0.0, "k_post": len(before.post_sessions), "level": TWO_SIDED}
    low, high = difference_limits(d, control=control, **how)
    return [
        Row("control_harm", case.targets.harm, -low.estimate, -high.ci_high, -low.ci_low),
        *_verdicts(("control_shown", "control_non_inferior"), harm_verdicts(before, study=study, taus=(0.0,)).table),
    ]


def _harm(quantity: str, case: Case, differences: Any, k_post: int) -> Row:
    low, high = difference_limits(differences, tau=case.cell.shock_sd, k_post=k_post, level=TWO_SIDED)
    gain = case.targets.gain
    return Row(quantity, case.targets.harm, gain - low.estimate, gain - high.ci_high, gain - low.ci_low)


def _verdicts(names: Sequence[str], table: Any) -> list[Row]:
    """Tell whether harm was shown at all, and whether harm above the margin was ruled out."""
    return [
        Row(names[0], claimed=record(table, "margin", 0.0)["verdict"] == "inferior"),
        Row(names[1], claimed=record(table, "margin", MARGIN)["verdict"] == "non-inferior"),
    ]


def _by_group(case: Case, before: BeforeAfter) -> Row:
    group = case.registers["enrolment"].set_index("unit")["supervisor"]
    d = before.differences.set_index("unit")["difference"]
    try:
        return _harm("harm_groups", case, d.groupby(group.reindex(d.index)).mean(), len(before.post_sessions))
    except EstimationError:
        return Row("harm_groups", refused=True)


def _tipped(case: Case, before: BeforeAfter) -> Row:
    """Hold the limits that the tipping point moves against the harm of all, at the delta that is true."""
    try:
        found = tipping_point(before, study=case.study, tau=case.cell.shock_sd)
    except EstimationError:
        return Row("tipped_harm", refused=True)
    row = _harm("tipped_harm", case, before.differences["difference"], len(before.post_sessions))
    shift = case.targets.all_gain - case.targets.gain + case.targets.unseen * found.share_unseen
    ends = {name: getattr(row, name) + shift for name in ("estimate", "ci_low", "ci_high")}
    return replace(row, truth=case.targets.all_harm, **ends)


def _shown(cell: Cell) -> Promise:
    """Promise power where growth has levelled off, one step is lost and no shock is shared."""
    if not cell.harmed:
        return Promise("error")
    clear = cell.harm >= 1 and cell.growth == "plateau" and not cell.shock_sd
    return Promise("power", 0.95 if clear else None)


def _non_inferior(cell: Cell) -> Promise:
    if cell.harm >= MARGIN:
        return Promise("error")
    return Promise("power", None if cell.shock_sd or cell.harmed else 0.85)


def _beyond_controls(cell: Cell) -> Promise:
    return Promise("power" if cell.harmed else "error")


def _no_worse_than_controls(cell: Cell) -> Promise:
    return Promise("error" if cell.harm >= MARGIN else "power")


EXPERIMENT: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity("harm", Text(sv="skada vid känd ökning, t-gränser", en="harm, gain known, t limits"), approximate),
            Quantity("harm_shown", Text(sv="utslaget ”skada visad”", en="verdict “harm shown”"), _shown),
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
                "tipped_harm",
                Text(sv="skada med dem som lämnat, vid sant delta", en="harm, leavers included, at the true delta"),
                approximate,
            ),
        ),
        experiment,
    ),
    Estimator(
        (
            Quantity(
                "control_harm",
                Text(sv="skada utöver jämförelseenheter, Welch", en="harm beyond controls, Welch"),
                approximate,
            ),
            Quantity(
                "control_shown",
                Text(sv="skada visad, med jämförelseenheter", en="harm shown, with controls"),
                _beyond_controls,
            ),
            Quantity(
                "control_non_inferior",
                Text(sv="ingen skada över 0,5, med jämförelseenheter", en="no harm above 0.5, with controls"),
                _no_worse_than_controls,
            ),
        ),
        controlled,
    ),
)
