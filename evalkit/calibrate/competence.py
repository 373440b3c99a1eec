"""How often the interval of the share that reached competence covers what a very large programme would show."""

from dataclasses import replace
from functools import lru_cache

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.targets import MODEL_UNITS, SEED, unit_names
from evalkit.models.progression import CompetenceIncidence, competence_incidence
from evalkit.simulate import simulate_programme

__all__ = ["competence_row", "true_competence"]


@lru_cache(maxsize=64)
def true_competence(cell: Cell) -> float:
    """Compute the share of all enrolled that is seen to reach and keep competence in at least half of the tools.

    What is seen depends on raters' errors and on who was assessed, so the truth is the share in a programme of the same
    kind with very many units.

    Parameters
    ----------
    cell : Cell
        The kind of programme.

    Returns
    -------
    float
        The share at the last session.
    """
    many = replace(cell.truth(), units=unit_names(MODEL_UNITS), shock_sd=0.0)
    registers = simulate_programme(many, seed=SEED, registers=["enrolment", "assessments"]).registers
    found = competence_incidence(registers["assessments"], registers["enrolment"], study=cell.study(gain_max=0.0))
    return competence_row(found)[0]


def competence_row(found: CompetenceIncidence) -> tuple[float, float, float]:
    """Return the share at the last session with its limits.

    Parameters
    ----------
    found : CompetenceIncidence
        What the method said.

    Returns
    -------
    tuple of float
        incidence, ci_low, ci_high.
    """
    last = found.table.iloc[-1]
    return float(last["incidence"]), float(last["ci_low"]), float(last["ci_high"])
