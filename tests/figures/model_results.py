"""Every figure of a model with the result it draws, from made-up registers: 14 units × 6 sessions, and 3 × 12."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from evalkit import figures
from evalkit.models import dropout, experiment, progression
from evalkit.study import About, Completion, Event, Experiment, Funding, Funnel, Noun, Study, Text, Tool
from tests.models.plain_registers import assessments, day, enrolment, register, study

NAMES = ("Kartan", "Kompassen", "Bakåtplanering", "Samtalsordning", "Stödstruktur", "Eget mål", "Teserna", "Verkstaden")


@dataclass(frozen=True)
class Made:
    study: Study
    assessments: pd.DataFrame
    enrolment: pd.DataFrame
    judgements: pd.DataFrame
    attendance: pd.DataFrame
    activities: pd.DataFrame


@cache
def large() -> Made:
    """Fourteen units, six sessions, eight tools, gaps, five that left and raters who differ."""
    left = [None, None, None, 3, None, 1, None, None, 2, None, 1, None, None, 2]
    by = [None, None, None, 5, None, 2, None, None, 3, None, 2, None, None, 4]
    programme = _study(14, 6, NAMES, event_after=3, gain_max=1.0)
    table = _levels(programme, left, seed=7, missing=0.4)
    lacks = {3, 5, 8, 10, 4}
    said = [(f"U{i + 1:02}", "E1", "nej" if i in lacks else "ja") for i in range(14)] + [("U02", "E2", "nej")]
    people = enrolment(left, by).assign(supervisor=["P", "R", "S"] * 4 + ["P", None])
    blind = pd.Series(table["unit"].isin(["U01", "U02", "U03", "U05", "U07"]), dtype="boolean")
    return Made(
        programme, table.assign(blind=blind), people, _judgements(said), _attendance(programme, left), _activities(8)
    )


@cache
def long() -> Made:
    """Three units, twelve sessions, three tools, nothing declared about growth."""
    left = [None, 6, None]
    programme = _study(3, 12, NAMES[:3], event_after=5, gain_max=None)
    said = [("U01", "E1", "ja"), ("U02", "E1", "nej"), ("U03", "E1", "nej")]
    table = _levels(programme, left, seed=3, missing=0.1)
    people = enrolment(left).assign(supervisor=["P", "R", "S"])
    return Made(programme, table, people, _judgements(said), _attendance(programme, left), _activities(3))


def _study(n_units: int, n_sessions: int, names: tuple[str, ...], *, event_after: int, gain_max: float | None) -> Study:
    words = About(
        title=Text(sv="Påhittat", en="Made up"),
        unit=Noun(one=Text(sv="kommun", en="municipality"), many=Text(sv="kommuner", en="municipalities")),
        session=Noun(
            one=Text(sv="lärträff", en="session"),
            many=Text(sv="lärträffar", en="sessions"),
            short=Text(sv="LT", en="S"),
        ),
    )
    shift = Text(sv="Projektledaren byts ut", en="A new project manager")
    form = Text(sv="Ny form för träffarna", en="A new form of sessions")
    events = (
        Event(id="shift", name=shift, after_session=event_after),
        Event(id="form", name=form, after_session=event_after + 1),
        Event(id="press", name=Text(sv="Debatt i lokalpressen", en="Debate in the press")),
    )
    return replace(
        study(n_units=n_units, n_sessions=n_sessions),
        study=words,
        tools=tuple(Tool(id=f"t{k + 1}", name=Text(sv=n, en=n), introduced=1 + k // 3) for k, n in enumerate(names)),
        events=events,
        experiment=Experiment(event="shift", gain_max=gain_max),
        completion=Completion(minimum_sessions=3),
        funnel=(
            Funnel(step=Text(sv="på informationsmötet", en="at the information meeting"), count=10, approximate=True),
            Funnel(step=Text(sv="anmälda", en="enrolled"), count=n_units),
        ),
    )


def _levels(programme: Study, left: list[int | None], *, seed: int, missing: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sessions, tools = len(programme.sessions), len(programme.tools)
    time = np.arange(sessions)[None, :, None]
    hard = np.linspace(-0.7, 0.9, tools)
    latent = 0.8 + rng.normal(0, 0.3, (len(left), 1, 1)) + 2.4 * time / (sessions - 1) - hard
    levels = np.clip(np.round(latent + rng.normal(0, 0.4, (len(left), sessions, tools))), 0, 4)
    levels[rng.random(levels.shape) < missing] = np.nan
    for place, last in enumerate(left):
        if last is not None:
            levels[place, last:] = np.nan
    for k, tool in enumerate(programme.tools):
        levels[:, : tool.introduced - 1, k] = np.nan
    return assessments(levels)


def _judgements(said: list[tuple[str, str, str]]) -> pd.DataFrame:
    on = pd.Timestamp(day(1) - dt.timedelta(days=7))
    rows = ({"unit": u, "what": "mandat", "judged_on": on, "judged_by": by, "value": v} for u, by, v in said)
    return register("judgements", rows)


def _attendance(programme: Study, left: list[int | None]) -> pd.DataFrame:
    return register(
        "attendance",
        (
            {"unit": f"U{i + 1:02}", "session": s, "n_present": 0 if (i + s) % 9 == 0 else 2}
            for i, last in enumerate(left)
            for s in range(1, (last or len(programme.sessions)) + 1)
        ),
    )


def _activities(n_tools: int) -> pd.DataFrame:
    """Show every tool once by P or R and once afterwards by S; P leaves at the event."""
    rows = [(1 + k // 4, "P" if k % 3 == 0 else "R", f"t{k + 1}") for k in range(n_tools)] + [(6, "S", "t1")]
    return register(
        "activities",
        (
            {
                "session": session,
                "day": 1,
                "start": f"{8 + place}:00",
                "end": f"{9 + place}:00",
                "activity": "genomgång",
                "presenter": who,
                "tool_demonstrated": tool,
                "status": "held",
            }
            for place, (session, who, tool) in enumerate(rows)
        ),
    )


def _differential(made: Made) -> experiment.DifferentialHarm:
    before = _before(made)
    carried = experiment.carried_by_leavers(made.activities, made.enrolment, before, leavers=("P",), study=made.study)
    return experiment.differential_harm(before, carried, margin=0.5)


def _tipping(made: Made) -> experiment.TippingPoint:
    """Where no gain is declared a figure needs one, and where nobody left after the event somebody."""
    assumed = made.study.experiment.model_copy(update={"gain_max": 0.5})
    left = made.enrolment["left_after_session"].fillna(0).max()
    moved = tuple(replace_event(event, int(left) - 1) if event.id == "shift" else event for event in made.study.events)
    where = replace(made.study, experiment=assumed, events=moved)
    return experiment.tipping_point(experiment.before_after(made.assessments, made.enrolment, study=where), study=where)


def replace_event(event: Event, after: int) -> Event:
    return event.model_copy(update={"after_session": after})


def _others(made: Made) -> experiment.OtherOutcomes:
    before = _before(made)
    return experiment.other_outcomes(
        [
            experiment.attendance_outcome(made.attendance, made.enrolment, before, study=made.study),
            *experiment.presenter_outcomes(made.activities, before, study=made.study),
        ],
        before,
    )


def _what_if(made: Made) -> dropout.WhatIf:
    predictor = dropout.dropout_predictor(made.enrolment, made.judgements, what="mandat", study=made.study)
    fee = dropout.Scenario(
        "fee",
        Text(sv="En avgift vid anmälan", en="A fee at enrolment"),
        deterred_completers=(0.05, 0.2),
        deterred_leavers=(0.3, 1.0),
        retained=(0.0, 0.5),
        fee=(5_000, 20_000),
    )
    name = Text(sv="Krav på mandat", en="A mandate required")
    demand = dropout.requirement(predictor, id="demand", name=name, obtains=(0.0, 0.5))
    funded = replace(made.study, funding=None if len(made.enrolment) < 5 else Funding(total=900_000))
    return dropout.what_if(made.enrolment, [fee, demand], study=funded, attendance=made.attendance)


def _paths(made: Made) -> progression.LearningPaths:
    return progression.learning_paths(made.assessments, made.enrolment, study=made.study, attendance=made.attendance)


def _before(made: Made) -> experiment.BeforeAfter:
    return experiment.before_after(made.assessments, made.enrolment, study=made.study)


def _people(made: Made) -> dict[str, Any]:
    return {"study": made.study, "attendance": made.attendance}


Figure = tuple[Callable[..., Any], Callable[..., str], Callable[[Made], Any]]

FIGURES: dict[str, Figure] = {
    "learning_paths": (figures.plot_learning_paths, figures.alt_learning_paths, _paths),
    "contrasts": (figures.plot_contrasts, figures.alt_contrasts, lambda m: progression.fit_contrasts(_paths(m))),
    "tool_difficulty": (
        figures.plot_tool_difficulty,
        figures.alt_tool_difficulty,
        lambda m: progression.fit_tool_difficulty(m.assessments, m.enrolment, study=m.study),
    ),
    "competence": (
        figures.plot_competence,
        figures.alt_competence,
        lambda m: progression.competence_incidence(m.assessments, m.enrolment, study=m.study),
    ),
    "funnel": (figures.plot_funnel, figures.alt_funnel, lambda m: dropout.programme_funnel(m.enrolment, **_people(m))),
    "retention": (
        figures.plot_retention,
        figures.alt_retention,
        lambda m: dropout.retention(m.enrolment, study=m.study),
    ),
    "completion": (
        figures.plot_completion,
        figures.alt_completion,
        lambda m: dropout.completion(m.enrolment, **_people(m)),
    ),
    "predictor": (
        figures.plot_predictor,
        figures.alt_predictor,
        lambda m: dropout.dropout_predictor(m.enrolment, m.judgements, what="mandat", study=m.study),
    ),
    "before_after": (figures.plot_before_after, figures.alt_before_after, _before),
    "gain_line": (
        figures.plot_gain_line,
        figures.alt_gain_line,
        lambda m: experiment.gain_line(_before(m), study=m.study),
    ),
    "verdicts": (
        figures.plot_verdicts,
        figures.alt_verdicts,
        lambda m: experiment.harm_verdicts(_before(m), study=m.study),
    ),
    "early_warning": (
        figures.plot_early_warning,
        figures.alt_early_warning,
        lambda m: dropout.early_warning(m.attendance, m.enrolment, study=m.study),
    ),
    "what_if": (figures.plot_what_if, figures.alt_what_if, _what_if),
    "differential_harm": (figures.plot_differential_harm, figures.alt_differential_harm, _differential),
    "sensitivity": (
        figures.plot_sensitivity,
        figures.alt_sensitivity,
        lambda m: experiment.sensitivity(_before(m), m.assessments, m.enrolment, study=m.study),
    ),
    "tipping_point": (figures.plot_tipping_point, figures.alt_tipping_point, _tipping),
    "placebo_breaks": (
        figures.plot_placebo_breaks,
        figures.alt_placebo_breaks,
        lambda m: experiment.placebo_breaks(_before(m), m.assessments, m.enrolment, study=m.study),
    ),
    "other_outcomes": (figures.plot_other_outcomes, figures.alt_other_outcomes, _others),
}
