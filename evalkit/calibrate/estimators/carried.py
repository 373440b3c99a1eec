"""The estimators of differential harm: what the leavers carried against the rest."""

from dataclasses import replace

from evalkit.calibrate.cells import MARGIN, Cell
from evalkit.calibrate.estimators.case import ALPHA, Case, Estimator, Promise, Quantity, Row, approximate
from evalkit.calibrate.estimators.experiment import TWO_SIDED, before_of
from evalkit.models.experiment import carried_by_leavers, differential_harm
from evalkit.study import Text

__all__ = ["CARRIED", "carried"]


def carried(case: Case) -> list[Row]:
    """Compare tools that the leavers carried, and units that they supervised, with the others.

    Parameters
    ----------
    case : Case
        A programme.

    Returns
    -------
    list of Row
        carried_harm (one-sided limits of 97.5 %), carried_shown, carried_labels (exact p over labellings of tools),
        carried_non_inferior; supervised_harm, supervised_shown, supervised_non_inferior of units.

    Raises
    ------
    EstimationError
        If the leavers carried none or all of the tools, or too few units have both kinds.
    """
    before = before_of(case)
    what = carried_by_leavers(
        case.registers["activities"],
        case.registers["enrolment"],
        before,
        leavers=case.study.experiment.leavers,
        study=case.study,
    )
    one_sided, two_sided = (
        differential_harm(before, what, margin=MARGIN, level=level) for level in (1 - ALPHA, TWO_SIDED)
    )
    rows = []
    for kind, name, truth in (
        ("tools", "carried", case.targets.carried_harm),
        ("units", "supervised", case.targets.supervised_harm),
    ):
        found, wide = one_sided.estimate(kind), two_sided.estimate(kind)
        if found is None or wide is None:
            rows += [Row(f"{name}_{part}", refused=True) for part in ("harm", "shown", "non_inferior")]
            continue
        rows += [
            Row(f"{name}_harm", truth, wide["harm"], wide["ci_low"], wide["ci_high"]),
            Row(f"{name}_shown", claimed=found["ci_low"] > 0),
            Row(f"{name}_non_inferior", claimed=found["verdict"] == "non-inferior"),
        ]
        if kind == "tools":
            rows.append(Row("carried_labels", claimed=found["p"] <= ALPHA))
    return rows


def _shown(cell: Cell) -> Promise:
    """Count power at half a step; without a goal, since carriers must be found in the registers first."""
    return Promise("power" if cell.harm_carried else "error")


def _non_inferior(cell: Cell) -> Promise:
    return Promise("error" if cell.harm_carried >= MARGIN else "power")


def _exact(cell: Cell) -> Promise:
    return replace(approximate(cell), kind="exact")


CARRIED: tuple[Estimator, ...] = (
    Estimator(
        (
            Quantity(
                "carried_harm",
                Text(sv="skillnad i skada mellan verktyg, t-gränser", en="differential harm of tools, t limits"),
                approximate,
            ),
            Quantity(
                "carried_shown",
                Text(sv="utslaget ”det burna skadades mer”", en="verdict “what was carried was harmed more”"),
                _shown,
            ),
            Quantity(
                "carried_non_inferior",
                Text(sv="ingen särskild skada i det burna över 0,5", en="no particular harm in the carried above 0.5"),
                _non_inferior,
            ),
            Quantity(
                "carried_labels",
                Text(sv="det burna skadades mer, p över verktyg", en="the carried was harmed more, p over tools"),
                _shown,
            ),
            Quantity(
                "supervised_harm",
                Text(sv="skillnad i skada mellan enheter, permutation", en="differential harm of units, permutation"),
                _exact,
            ),
            Quantity(
                "supervised_shown",
                Text(sv="utslaget ”deras enheter skadades mer”", en="verdict “their units were harmed more”"),
                _shown,
            ),
            Quantity(
                "supervised_non_inferior",
                Text(sv="ingen särskild skada hos enheter över 0,5", en="no particular harm of units above 0.5"),
                _non_inferior,
            ),
        ),
        carried,
    ),
)
