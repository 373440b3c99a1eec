"""What is true in a cell: the value that each estimate is held against, from the simulator and never from an estimator.

Nearly everything follows from true levels and from the parameters of leaving. Tool difficulty is in logits, a scale
that only the model knows: its truth is the value that the model reaches in a programme of the same kind with very many
units. Competence is what raters see of it: its truth is the mean over very many programmes.
"""

import itertools
import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from evalkit.calibrate.cells import EVENT_AFTER, Cell
from evalkit.models.experiment.outcomes import MONTH
from evalkit.models.progression import competence_incidence, fit_tool_difficulty
from evalkit.simulate import Truth, simulate_programme
from evalkit.simulate.actual import Actual, draw_actual
from evalkit.study import Study

__all__ = ["MIDDLE", "Targets", "true_values"]

MIDDLE = 3
"""Session at which retention is checked."""

LEVEL_UNITS = 100_000
MODEL_UNITS = 2_000
REPEATS = 200
SEED = 1


@dataclass(frozen=True, slots=True)
class Targets:
    """True values of a cell.

    Attributes
    ----------
    slope, half_difference : float
        Of true levels, mean over all that enrol, also after they have left; steps per session, and steps.
    slope_completed, half_completed : float
        The same of those who do not leave.
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
    carried_harm, supervised_harm : float
        What the event takes from them in the tools that the leaving persons carried, beyond the other tools; and from
        the units that they supervised, beyond the other units.
    all_gain, all_harm, unseen : float
        Gain and harm of all not known to have left before the event, also after they have left; and by how many steps
        they fared worse where unseen than those seen.
    attendance : float
        By how much the share of sessions attended changes after the event, of those not known to have left before it;
        a unit that has left is absent.
    contacts : float
        By how much the contacts per month of the same units change.
    competence, competence_se : float
        Expected share of all enrolled seen to reach competence and keep it by the last session, and its error.
    """

    slope: float
    half_difference: float
    slope_completed: float
    half_completed: float
    hardest: str
    difficulty: float
    difficulty_se: float
    completion: float
    retention: float
    gain: float
    harm: float
    carried_harm: float
    supervised_harm: float
    all_gain: float
    all_harm: float
    unseen: float
    attendance: float
    contacts: float
    competence: float
    competence_se: float

    @property
    def errors(self) -> dict[str, float]:
        """The error of those that are themselves simulated, by quantity."""
        return {"tool_difficulty": self.difficulty_se, "competence": self.competence_se}


@lru_cache(maxsize=64)
def true_values(cell: Cell, *, difficulty: bool = True, competence: bool = True) -> Targets:
    """Compute what is true in a cell.

    Levels are averaged over a hundred thousand simulated units without shared shocks, so that the bounds of the scale
    are allowed for; its error is below a hundredth of a programme's own. Leaving has a closed form.

    Parameters
    ----------
    cell : Cell
        The kind of programme.
    difficulty : bool, default True
        Whether that of the hardest tool is needed; it takes most of the time and is missing otherwise.
    competence : bool, default True
        Whether the share that reaches competence is needed; it takes the rest and is missing otherwise.

    Returns
    -------
    Targets
        The same every time.
    """
    truth = cell.truth()
    actual = _many(truth)
    logits, se = _limit(truth, cell.study(gain_max=0.0)) if difficulty else (math.nan, math.nan)
    share, share_se = _competence(truth, cell.study(gain_max=0.0)) if competence else (math.nan, math.nan)
    leaving = 0.0 if truth.dropout == "none" else truth.leaving
    gone = 1 - (1 - truth.leave_early) ** (MIDDLE - 1)  # of the leavers, those whose last session was before the middle
    return Targets(
        **_growth(actual),
        hardest=truth.tools[-1].id,
        difficulty=logits,
        difficulty_se=se,
        completion=1 - leaving,
        retention=1 - leaving * gone,
        **_event(truth, actual),
        **_everybody(actual),
        **_other(truth, actual),
        competence=share,
        competence_se=share_se,
    )


def _many(truth: Truth) -> Actual:
    """Draw very many units, as large a share of them supervised by the leaving person as in one programme."""
    many = replace(truth, units=_names(LEVEL_UNITS), shock_sd=0.0, harm_supervised=0.0)
    share = float((draw_actual(truth, seed=SEED).group == 0).mean())
    supervised = np.arange(LEVEL_UNITS) < share * LEVEL_UNITS
    actual, struck = (
        draw_actual(replace(many, harm=truth.harm + more), seed=SEED) for more in (0.0, truth.harm_supervised)
    )
    levels = np.where(supervised[:, None, None], struck.levels, actual.levels)
    return replace(actual, levels=levels, group=np.where(supervised, 0, 1))


def _growth(actual: Actual) -> dict[str, float]:
    """Return slope and difference of halves, of all and of those who do not leave."""
    found = {}
    levels = actual.levels.mean(axis=2)
    n_sessions = levels.shape[1]
    session, half = np.arange(1, n_sessions + 1) - (n_sessions + 1) / 2, n_sessions // 2
    for slope, difference, who in (
        ("slope", "half_difference", np.ones(len(levels), dtype=np.bool_)),
        ("slope_completed", "half_completed", ~actual.left),
    ):
        level = levels[who].mean(axis=0)
        found[slope] = float(session @ level / (session @ session))
        found[difference] = float(level[-half:].mean() - level[:half].mean())
    return found


def _event(truth: Truth, actual: Actual) -> dict[str, float]:
    """Return gain, harm and where there was more of it, of those who take part in the first session after the event."""
    there = actual.last_session > EVENT_AFTER
    without = actual.levels_without_event[there].mean(axis=2)
    taken = (actual.levels_without_event - actual.levels)[there, EVENT_AFTER:].mean(axis=1)  # units × tools
    carried, supervised = np.array([tool.carried for tool in truth.tools]), actual.group[there] == 0
    return {
        "gain": float((without[:, EVENT_AFTER:].mean(axis=1) - without[:, EVENT_AFTER - 1]).mean()),
        "harm": float(taken.mean()),
        "carried_harm": float(taken[:, carried].mean() - taken[:, ~carried].mean()),
        "supervised_harm": float(taken[supervised].mean() - taken[~supervised].mean()),
    }


def _everybody(actual: Actual) -> dict[str, float]:
    """Return what holds of all not known to have left before the event, whether seen afterwards or not."""
    kept = ~actual.left | (actual.left_after >= EVENT_AFTER)
    with_event, without = (all_[kept].mean(axis=2) for all_ in (actual.levels, actual.levels_without_event))
    change = with_event[:, EVENT_AFTER:] - with_event[:, EVENT_AFTER - 1 : EVENT_AFTER]
    session = np.arange(EVENT_AFTER + 1, with_event.shape[1] + 1)
    seen = session <= actual.last_session[kept][:, None]
    known = seen.any(axis=1)
    of_seen = (np.where(seen, change, 0).sum(axis=1)[known] / seen.sum(axis=1)[known]).mean()
    by = np.where(actual.left[kept], actual.left_by[kept], with_event.shape[1] + 1)[:, None]
    unseen = np.where(known, (session >= by).mean(axis=1), 1.0).mean()
    return {
        "all_gain": float((without[:, EVENT_AFTER:].mean(axis=1) - without[:, EVENT_AFTER - 1]).mean()),
        "all_harm": float((without - with_event)[:, EVENT_AFTER:].mean()),
        "unseen": float((of_seen - change.mean()) / unseen) if unseen else 0.0,
    }


def _other(truth: Truth, actual: Actual) -> dict[str, float]:
    """Return how attendance and contacts change for those not known to have left before the event."""
    kept = ~actual.left | (actual.left_after >= EVENT_AFTER)
    present, last = actual.present[kept], actual.last_session[kept][:, None]
    gap = np.arange(1, truth.n_sessions)  # the time after each session but the last
    expected = (truth.contacts * np.where(last > gap, 1.0, 0.4) * (last >= gap)).mean(axis=0)
    ends = [pd.Timestamp(truth.sessions[place][-1]) for place in (0, EVENT_AFTER - 1, -1)]
    months = [(later - first).days / MONTH for first, later in itertools.pairwise(ends)]
    return {
        "attendance": float(present[:, EVENT_AFTER:].mean() - present[:, :EVENT_AFTER].mean()),
        "contacts": float(
            expected[EVENT_AFTER - 1 :].sum() / months[1] - expected[: EVENT_AFTER - 1].sum() / months[0]
        ),
    }


def _limit(truth: Truth, study: Study) -> tuple[float, float]:
    """Return the difficulty of the last tool in a very large programme where nobody leaves, and its standard error."""
    hardest = truth.tools[-1]
    if len({tool.difficulty for tool in truth.tools}) == 1:
        return 0.0, 0.0  # all alike: no need to ask the model
    whole = replace(
        truth,
        units=_names(MODEL_UNITS),
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


def _competence(truth: Truth, study: Study) -> tuple[float, float]:
    """Return the mean share seen to reach competence in many programmes of the same kind, and its standard error.

    What is seen depends on raters, gaps and leaving, which are drawn anew in each programme: no formula has it.
    """
    shares = []
    for seed in range(REPEATS):
        made = simulate_programme(truth, seed=seed, registers=["enrolment", "assessments"]).registers
        found = competence_incidence(made["assessments"], made["enrolment"], study=study)
        shares.append(float(found.table["incidence"].iloc[-1]))
    return float(np.mean(shares)), float(np.std(shares, ddof=1)) / math.sqrt(REPEATS)


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"U{number:05d}" for number in range(1, count + 1))
