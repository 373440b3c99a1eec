"""What is true in a simulated programme: how units learn, why they leave, how well it is seen."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from evalkit.errors import StudyError, UsageError
from evalkit.study import Study

__all__ = ["EXAMPLE_SEED", "Dropout", "Growth", "TrueTool", "Truth", "default_truth", "example", "plain_truth"]

EXAMPLE_SEED = 2734444
"""With it the example study comes out as published and as its hand-written documents tell it."""

Growth = Literal["linear", "plateau", "late", "none"]
Dropout = Literal["none", "random", "stance", "level"]


@dataclass(frozen=True, slots=True)
class TrueTool:
    """A tool that is taught.

    Attributes
    ----------
    id : str
        As in study.toml.
    introduced : int, default 1
        The session from which its time counts.
    difficulty : float, default 0
        Rubric steps by which it lies below a tool of ordinary difficulty.
    carried : bool, default False
        Whether the persons who leave at the event presented it until then.
    """

    id: str
    introduced: int = 1
    difficulty: float = 0.0
    carried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything that a simulated programme is drawn from.

    Levels are rubric steps. A unit's level in a tool is ``start + unit + (gain + slope) · f(x) − difficulty`` plus the
    shock that all units share in a session plus the unit's own day, minus the harm in the sessions after the event; x
    runs from 0 at the tool's introduction to 1 after all sessions, and f is the form of growth, from 0 to 1. A level
    stays within the scale.

    Attributes
    ----------
    units : tuple of str
        Ids.
    sessions : tuple of tuple of datetime.date
        The days of each session, in order; the first session is number 1.
    tools : tuple of TrueTool
        What is taught.
    scale : tuple of int, default (0, 4)
        Lowest and highest level.
    growth : {"linear", "plateau", "late", "none"}, default "linear"
        Form of growth.
    start, gain : float
        Level at the introduction and what is gained by f = 1.
    unit_sd, slope_sd, occasion_sd, shock_sd : float
        Spread of units at the start, of their gains, of a unit's days, and of shocks that all units share.
    event_after : int or None, default None
        Last session before the event.
    harm : float, default 0
        Steps lost after the event, in all tools.
    harm_carried : float, default 0
        Further steps lost in the tools that the leaving persons carried.
    harm_supervised : float, default 0
        Further steps lost, in all tools, by the units that a leaving person supervised.
    controls : int, default 0
        How many units, the last ones, the event does not strike.
    dropout : {"none", "random", "stance", "level"}, default "random"
        What leaving depends on: nothing, lack of stance or mandate, or a low level.
    leaving : float, default 0.3
        Expected share of units that leave.
    leavers : int or None, default None
        Exact number that leave, where it is a known fact.
    dropout_strength : float, default 2
        Log-odds per unit of the risk that the mechanism names (a standard deviation, or having against lacking).
    leave_early : float, default 0.5
        Share of the remaining leavers that leaves after each session, from the first onwards.
    leaving_uncertain : float, default 0.4
        Probability that the time of leaving is known as an interval only.
    stance_share, mandate_share : float
        Probability that a unit has a stance, a mandate.
    judgement_error : float, default 0.08
        Probability that a judgement of either is wrong.
    attendance : float, default 0.93
        Probability that a unit still taking part comes to a session.
    assessed : float, default 1
        Probability that a level is scored, given that the unit was there and the tool was introduced.
    rated_twice : float, default 0.2
        Probability that a second rater scores it too.
    cannot_judge : float, default 0
        Probability that a rater cannot judge.
    raters : tuple of str
        Main rater first.
    rater_error, rater_bias : float
        Standard deviations, in steps: of a single score, and between raters.
    position_shift : float, default 0.6
        Zones that a participant moves towards agreement during a session.
    explaining : tuple of float
        Share of the working minutes that explain, per session; the last value goes on.
    contacts : float, default 1.2
        Contacts per unit with its supervisor between two sessions.
    coder_miss, coder_add, polarity_error : float
        Probabilities: of missing a true code, of adding a wrong one to a segment, of a wrong polarity.
    study : Study or None, default None
        The study that the programme belongs to; documents need it.
    """

    units: tuple[str, ...]
    sessions: tuple[tuple[dt.date, ...], ...]
    tools: tuple[TrueTool, ...]
    scale: tuple[int, int] = (0, 4)
    growth: Growth = "linear"
    start: float = 0.9
    gain: float = 2.0
    unit_sd: float = 0.3
    slope_sd: float = 0.3
    occasion_sd: float = 0.2
    shock_sd: float = 0.0
    event_after: int | None = None
    harm: float = 0.0
    harm_carried: float = 0.0
    harm_supervised: float = 0.0
    controls: int = 0
    dropout: Dropout = "random"
    leaving: float = 0.3
    leavers: int | None = None
    dropout_strength: float = 2.0
    leave_early: float = 0.5
    leaving_uncertain: float = 0.4
    stance_share: float = 0.6
    mandate_share: float = 0.6
    judgement_error: float = 0.08
    attendance: float = 0.93
    assessed: float = 1.0
    rated_twice: float = 0.2
    cannot_judge: float = 0.0
    raters: tuple[str, ...] = ("A", "B")
    rater_error: float = 0.35
    rater_bias: float = 0.15
    position_shift: float = 0.6
    explaining: tuple[float, ...] = (0.5, 0.45, 0.25, 0.2, 0.1, 0.15)
    contacts: float = 1.2
    coder_miss: float = 0.08
    coder_add: float = 0.03
    polarity_error: float = 0.04
    study: Study | None = None

    def __post_init__(self) -> None:
        if self.n_sessions < 2 or not self.units or not self.tools:
            raise UsageError("a programme needs a unit, a tool and at least two sessions; add what is missing")
        if self.leavers is not None and not 0 <= self.leavers <= self.n_units:
            raise UsageError(
                f"{self.leavers} of {self.n_units} units cannot leave; give a number from 0 to {self.n_units}"
            )

    @property
    def n_units(self) -> int:
        """How many units enrol."""
        return len(self.units)

    @property
    def n_sessions(self) -> int:
        """How many sessions there are."""
        return len(self.sessions)


def plain_truth(*, n_units: int = 9, n_sessions: int = 6, n_tools: int = 6, **changes: Any) -> Truth:
    """Describe a programme that belongs to no study, for calibration.

    Parameters
    ----------
    n_units, n_sessions, n_tools : int
        How many there are.
    **changes : Any
        Other fields of `Truth`.

    Returns
    -------
    Truth
        Units U1, U2, …, a session every second month, tools that are all introduced at the first session and grow
        harder by a tenth of a step.
    """
    first = dt.date(2017, 3, 14)
    plain: dict[str, Any] = {
        "units": tuple(f"U{number:02d}" for number in range(1, n_units + 1)),
        "sessions": tuple((first + dt.timedelta(days=61 * number),) for number in range(n_sessions)),
        "tools": tuple(
            TrueTool(f"tool{number + 1}", difficulty=0.1 * number, carried=number < n_tools // 3)
            for number in range(n_tools)
        ),
    }
    return Truth(**(plain | changes))


def default_truth(study: Study) -> Truth:
    """Describe the programme of a study as its evaluation saw it.

    Parameters
    ----------
    study : Study
        Its units, sessions, tools, event and funnel are kept: as many units leave as the last two steps of the
        funnel say.

    Returns
    -------
    Truth
        Surface understanding comes at once and competence late, those without stance and mandate leave, the event
        does no harm.

    Raises
    ------
    StudyError
        If the study lacks units, sessions with dates, or tools.
    """
    if not study.units or not study.tools or not study.sessions or not all(session.dates for session in study.sessions):
        raise StudyError(
            "a programme to simulate needs units, tools and sessions with dates; declare them in study.toml"
        )
    known: Mapping[str, Any] = example()["tools"]
    event = next((event for event in study.events if event.id == study.experiment.event), None)
    return Truth(
        units=study.unit_ids,
        sessions=tuple(session.dates for session in sorted(study.sessions, key=lambda session: session.id)),
        tools=tuple(
            TrueTool(
                tool.id,
                introduced=max(tool.introduced, 1),
                difficulty=known.get(tool.id, {}).get("difficulty", 0.0),
                carried=known.get(tool.id, {}).get("carried", False),
            )
            for tool in study.tools
        ),
        scale=(study.scales.level.minimum, study.scales.level.maximum),
        growth="late",
        start=1.0,
        gain=2.7,
        shock_sd=0.08,
        event_after=event.after_session if event else None,
        dropout="stance",
        leaving=0.35,
        leavers=_leavers(study),
        dropout_strength=3.0,
        assessed=0.45,
        cannot_judge=0.04,
        raters=study.coders or ("A", "B"),
        study=study,
    )


@cache
def example() -> dict[str, Any]:
    """Return the Swedish words and facts of the example: names, questions, what a code depends on.

    Returns
    -------
    dict
        The content of example.toml beside this module.
    """
    return tomllib.loads(resources.files(__package__).joinpath("example.toml").read_text(encoding="utf-8"))


def _leavers(study: Study) -> int | None:
    if len(study.funnel) < 2 or study.funnel[-2].count != len(study.units):
        return None
    return study.funnel[-2].count - study.funnel[-1].count
