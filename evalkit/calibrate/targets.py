"""What is true in a cell: the value that each estimate is held against, from the simulator and never from an estimator.

Except for tool difficulty, everything follows from true levels and from the parameters of leaving. Tool difficulty is
in logits, a scale that only the model knows: its truth is the value that the model reaches in a programme of the same
kind with very many units.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from evalkit.calibrate.cells import EVENT_AFTER, Cell
from evalkit.models.progression import fit_tool_difficulty
from evalkit.simulate import Truth, simulate_programme
from evalkit.simulate.actual import draw_actual
from evalkit.study import Study

__all__ = ["MIDDLE", "MODEL_UNITS", "SEED", "Targets", "true_values", "unit_names"]

MIDDLE = 3
"""Session at which retention is checked."""

LEVEL_UNITS = 100_000
MODEL_UNITS = 2_000
SEED = 1


@dataclass(frozen=True, slots=True)
class Targets:
    """True values of a cell.

    Attributes
    ----------
    slope, half_difference : float
        Of true levels, mean over all that enrol, also after they have left; steps per session, and steps.
    hardest : str
        The tool whose difficulty is estimated.
    difficulty, difficulty_se : float
        Logits above the mean tool, and the error with which that is known.
    completion : float
        Probability of completing.
    retention : float
        Probability of being in at the session `MIDDLE`.
    gain, harm : float
        Of those who take part in the first session after the event: mean over the sessions after it of what they gain
        on the session before it had the event not happened, and of what the event takes from them.
    """

    slope: float
    half_difference: float
    hardest: str
    difficulty: float
    difficulty_se: float
    completion: float
    retention: float
    gain: float
    harm: float


@lru_cache(maxsize=64)
def true_values(cell: Cell, *, difficulty: bool = True) -> Targets:
    """Compute what is true in a cell.

    Levels are averaged over a hundred thousand simulated units without shared shocks, so that the bounds of the scale
    are allowed for; its error is below a hundredth of a programme's own. Leaving has a closed form.

    Parameters
    ----------
    cell : Cell
        The kind of programme.
    difficulty : bool, default True
        Whether that of the hardest tool is needed; it takes most of the time and is missing otherwise.

    Returns
    -------
    Targets
        The same every time.
    """
    truth = cell.truth()
    many = replace(truth, units=unit_names(LEVEL_UNITS), shock_sd=0.0)
    actual = draw_actual(many, seed=SEED)
    levels, without = actual.levels.mean(axis=2), actual.levels_without_event.mean(axis=2)  # a unit's mean over tools
    level = levels.mean(axis=0)
    session = np.arange(1, truth.n_sessions + 1) - (truth.n_sessions + 1) / 2
    half = truth.n_sessions // 2
    there = actual.last_session > EVENT_AFTER
    logits, se = _limit(truth, cell.study(gain_max=0.0)) if difficulty else (math.nan, math.nan)
    leaving = 0.0 if truth.dropout == "none" else truth.leaving
    gone = 1 - (1 - truth.leave_early) ** (MIDDLE - 1)  # of the leavers, those whose last session was before the middle
    return Targets(
        slope=float(session @ level / (session @ session)),
        half_difference=float(level[-half:].mean() - level[:half].mean()),
        hardest=truth.tools[-1].id,
        difficulty=logits,
        difficulty_se=se,
        completion=1 - leaving,
        retention=1 - leaving * gone,
        gain=float(without[there, EVENT_AFTER:].mean() - without[there, EVENT_AFTER - 1].mean()),
        harm=float((without - levels)[there, EVENT_AFTER:].mean()),
    )


def _limit(truth: Truth, study: Study) -> tuple[float, float]:
    """Return the difficulty of the last tool in a very large programme where nobody leaves, and its standard error."""
    hardest = truth.tools[-1]
    if len({tool.difficulty for tool in truth.tools}) == 1:
        return 0.0, 0.0  # all alike: no need to ask the model
    whole = replace(
        truth,
        units=unit_names(MODEL_UNITS),
        shock_sd=0.0,
        dropout="none",
        attendance=1.0,
        rated_twice=0.0,
        rater_bias=0.0,
    )
    registers = simulate_programme(whole, seed=SEED, registers=["enrolment", "assessments"]).registers
    fit = fit_tool_difficulty(registers["assessments"], registers["enrolment"], study=study)
    row = fit.table[fit.table["tool"] == hardest.id].iloc[0].to_dict()
    return float(row["difficulty"]), float(row["ci_high"] - row["ci_low"]) / (2 * 1.959964)


def unit_names(count: int) -> tuple[str, ...]:
    """Return that many names of units.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    tuple of str
        In order.
    """
    return tuple(f"U{number:05d}" for number in range(1, count + 1))
