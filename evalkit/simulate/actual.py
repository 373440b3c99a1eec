"""A truth and a seed → what actually happens: who leaves when, who is there, and every unit's level in every tool."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.simulate.chance import stream
from evalkit.simulate.truth import Growth, Truth

__all__ = ["Actual", "draw_actual", "growth_form"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Wholes = NDArray[np.int64]

MOTIVES = ("forandra", "nyfikenhet", "symbol")
LATE_STEEPNESS = 7.0
PLATEAU_RATE = 4.0


@dataclass(frozen=True, slots=True)
class Actual:
    """What happens in one programme; the first axis of every array is the unit.

    Attributes
    ----------
    levels : numpy.ndarray, shape (units, sessions, tools)
        True levels, also of units that have left; NaN before a tool is introduced.
    levels_without_event : numpy.ndarray, shape (units, sessions, tools)
        The same had the event not happened.
    shocks : numpy.ndarray, shape (sessions,)
        What all units share.
    stance, mandate, politicised : numpy.ndarray of bool, shape (units,)
        What is true of the unit when it enrols; politicised: the programme is contested at home.
    motive : numpy.ndarray of int, shape (units,)
        Index into "forandra", "nyfikenhet", "symbol".
    left : numpy.ndarray of bool, shape (units,)
        Whether the unit leaves.
    last_session : numpy.ndarray of int, shape (units,)
        The session after which it leaves; the last of all for those who stay.
    left_after, left_by : numpy.ndarray of int, shape (units,)
        The interval in which leaving is known to lie: after the one session and by the other; 0 for those who stay.
    present : numpy.ndarray of bool, shape (units, sessions)
        Whether it is there.
    group : numpy.ndarray of int, shape (units,)
        Its group, from 0.
    rater_bias : numpy.ndarray, shape (raters,)
        What each rater adds to every score.
    """

    levels: Floats
    levels_without_event: Floats
    shocks: Floats
    stance: Bools
    mandate: Bools
    politicised: Bools
    motive: Wholes
    left: Bools
    last_session: Wholes
    left_after: Wholes
    left_by: Wholes
    present: Bools
    group: Wholes
    rater_bias: Floats

    def level_table(self, truth: Truth) -> pd.DataFrame:
        """List the true levels.

        Parameters
        ----------
        truth : Truth
            What they were drawn from.

        Returns
        -------
        pandas.DataFrame
            unit, session, tool, level, level_without_event, takes_part; from each tool's introduction on.
        """
        unit, session, tool = (axis.ravel() for axis in np.indices(self.levels.shape))
        table = pd.DataFrame(
            {
                "unit": np.array(truth.units, dtype=object)[unit],
                "session": session + 1,
                "tool": np.array([tool.id for tool in truth.tools], dtype=object)[tool],
                "level": self.levels.ravel(),
                "level_without_event": self.levels_without_event.ravel(),
                "takes_part": session + 1 <= self.last_session[unit],
            }
        )
        return table.dropna(subset="level").reset_index(drop=True)

    def unit_table(self, truth: Truth) -> pd.DataFrame:
        """List what is true of the units.

        Parameters
        ----------
        truth : Truth
            What they were drawn from.

        Returns
        -------
        pandas.DataFrame
            unit, stance, mandate, motive, politicised, left, last_session, group, n_present.
        """
        return pd.DataFrame(
            {
                "unit": list(truth.units),
                "stance": self.stance,
                "mandate": self.mandate,
                "motive": [MOTIVES[motive] for motive in self.motive],
                "politicised": self.politicised,
                "left": self.left,
                "last_session": self.last_session,
                "group": self.group + 1,
                "n_present": self.present.sum(axis=1),
            }
        )


def growth_form(x: Floats, form: Growth) -> Floats:
    """Return how much of the gain is reached.

    Parameters
    ----------
    x : numpy.ndarray
        Time since the introduction as a share of the programme, 0 to 1.
    form : {"linear", "plateau", "late", "none"}
        Form of growth.

    Returns
    -------
    numpy.ndarray
        From 0 at x = 0 to 1 at x = 1, never falling; all 0 without growth.
    """
    if form == "linear":
        return x
    if form == "plateau":
        return np.asarray(np.expm1(-PLATEAU_RATE * x) / np.expm1(-PLATEAU_RATE))
    if form == "late":
        low = 1 / (1 + np.exp(LATE_STEEPNESS / 2))
        return np.asarray((1 / (1 + np.exp(-LATE_STEEPNESS * (x - 0.5))) - low) / (1 - 2 * low))
    return np.zeros_like(x)


def draw_actual(truth: Truth, *, seed: int) -> Actual:
    """Draw what happens.

    Parameters
    ----------
    truth : Truth
        What to draw from.
    seed : int
        The programme's seed.

    Returns
    -------
    Actual
        The same for the same truth and seed.
    """
    n = truth.n_units
    rng = stream(seed, "units")
    base, slope = rng.normal(0, truth.unit_sd, n), rng.normal(0, truth.slope_sd, n)
    stance, mandate = rng.random(n) < truth.stance_share, rng.random(n) < truth.mandate_share
    motive = np.where(stance, 0, 1 + (rng.random(n) < 0.4)).astype(np.int64)
    politicised = rng.random(n) < np.where(stance & mandate, 0.1, 0.3)
    levels, without, shocks = _draw_levels(truth, base, slope, stream(seed, "levels"))
    left, last = _draw_leaving(truth, base + slope, stance & mandate, stream(seed, "leaving"))
    present, after, by = _draw_presence(truth, left, last, stream(seed, "presence"))
    return Actual(
        levels=levels,
        levels_without_event=without,
        shocks=shocks,
        stance=stance,
        mandate=mandate,
        politicised=politicised,
        motive=motive,
        left=left,
        last_session=last,
        left_after=after,
        left_by=by,
        present=present,
        group=_groups(n),
        rater_bias=stream(seed, "raters").normal(0, truth.rater_bias, len(truth.raters)),
    )


def _draw_levels(truth: Truth, base: Floats, slope: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    sessions = np.arange(1, truth.n_sessions + 1)[:, None]
    introduced = np.array([tool.introduced for tool in truth.tools])[None, :]
    difficulty = np.array([tool.difficulty for tool in truth.tools])
    x = np.clip((sessions - introduced) / max(truth.n_sessions - 1, 1), 0, 1)
    grown = growth_form(x, truth.growth)
    gain = truth.gain + (slope if truth.growth != "none" else np.zeros_like(slope))
    shocks = rng.normal(0, truth.shock_sd, truth.n_sessions)
    occasions = rng.normal(0, truth.occasion_sd, (truth.n_units, truth.n_sessions))
    without = truth.start + base[:, None, None] + gain[:, None, None] * grown[None] - difficulty
    without = without + (shocks + occasions)[:, :, None]
    harm = np.zeros((truth.n_units, truth.n_sessions, len(truth.tools)))
    if truth.event_after is not None:
        struck = np.arange(truth.n_units) < truth.n_units - truth.controls
        # The first group is the leading person's who leaves.
        supervised = truth.harm_supervised * (_groups(truth.n_units) == 0)
        carried = truth.harm_carried * np.array([tool.carried for tool in truth.tools])
        harm[:, truth.event_after :] = (struck[:, None] * (truth.harm + supervised[:, None] + carried))[:, None]
    taught = np.where(sessions >= introduced, 1.0, np.nan)
    low, high = truth.scale
    return np.clip(without - harm, low, high) * taught, np.clip(without, low, high) * taught, shocks


def _draw_leaving(truth: Truth, ability: Floats, steady: Bools, rng: np.random.Generator) -> tuple[Bools, Wholes]:
    """Draw who leaves by the mechanism, and after which session."""
    n, last = truth.n_units, np.full(truth.n_units, truth.n_sessions)
    left = np.zeros(n, dtype=np.bool_)
    if truth.dropout != "none":
        risk = truth.dropout_strength * _risk(truth, ability, steady)
        noise = rng.logistic(size=n)
        if truth.leavers is None:
            left = noise < risk + _intercept(risk, truth.leaving)
        else:
            left[np.argsort(-(risk - noise), kind="stable")[: truth.leavers]] = True
    steps = np.maximum(rng.geometric(truth.leave_early, n), 1)
    last = np.where(left, np.minimum(steps, truth.n_sessions - 1), last)
    return left, last.astype(np.int64)


def _draw_presence(truth: Truth, left: Bools, last: Wholes, rng: np.random.Generator) -> tuple[Bools, Wholes, Wholes]:
    """Draw who is there, and how closely the time of leaving is known."""
    n, units = truth.n_units, np.arange(truth.n_units)
    sessions = np.arange(1, truth.n_sessions + 1)
    present = (rng.random((n, truth.n_sessions)) < truth.attendance) & (sessions <= last[:, None])
    present[units, last - 1] = True
    after, by = np.where(left, last, 0), np.where(left, last + 1, 0)
    uncertain = left & (rng.random(n) < truth.leaving_uncertain)
    # Not seen at the last session before leaving, or not asked until the session after next.
    unseen = uncertain & (last >= 2) & (rng.random(n) < 0.5)
    present[units[unseen], last[unseen] - 1] = False
    present[units[unseen], last[unseen] - 2] = True
    unasked = uncertain & ~unseen & (last + 2 <= truth.n_sessions)
    present[:, 0] = True  # enrolling means coming to the first session
    return present, (after - unseen).astype(np.int64), (by + unasked).astype(np.int64)


def _risk(truth: Truth, ability: Floats, steady: Bools) -> Floats:
    if truth.dropout == "stance":
        return np.where(steady, -0.5, 0.5)
    if truth.dropout == "level":
        spread = float(np.hypot(truth.unit_sd, truth.slope_sd))
        return -ability / spread if spread else np.zeros_like(ability)
    return np.zeros(truth.n_units)


def _intercept(risk: Floats, share: float) -> float:
    """Find the log-odds at which the expected share of leavers is the one asked for."""
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        if np.mean(1 / (1 + np.exp(-(risk + middle)))) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _groups(n: int) -> Wholes:
    """Form groups of two or three, in the order of the units."""
    return np.arange(n) * -(-n // 3) // max(n, 1)
