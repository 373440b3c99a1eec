"""Outcomes other than the level, each as a before and an after per unit of those enrolled at the event."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.coding import Codebook
from evalkit.errors import EstimationError
from evalkit.inference import Interval
from evalkit.measures import participation, session_timeline
from evalkit.measures.placement import labels_of, place_segments
from evalkit.measures.register_rows import as_tuples, source_rows
from evalkit.measures.tally import count_kind, unchecked
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.experiment.limits import bounded_limits, difference_limits
from evalkit.models.levels import merge_rows
from evalkit.study import Study, Text

__all__ = ["Outcome", "attendance_outcome", "code_outcome", "contact_outcome", "presenter_outcomes"]

NO_NOTE = Text(sv="", en="")

MONTH = 30.0
"""Days that a rate of contacts is counted per."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One outcome before and after the event.

    Attributes
    ----------
    id : str
        Its name in tables and marks.
    name, measure : Text
        What it is, and what its numbers count.
    sides : pandas.DataFrame
        Per unit enrolled at the event, or per session where the programme has one series only: unit or session, before,
        after (missing where nothing is known), rests_on.
    replicated : bool
        Whether there is one value per unit; a single series has no interval.
    note : Text
        What its numbers cannot say; may be empty.
    bounds : tuple of float or None
        Lowest and highest difference of a unit that leaves; None where leaving makes no such leap.
    """

    id: str
    name: Text
    measure: Text
    sides: pd.DataFrame
    replicated: bool = True
    note: Text = NO_NOTE
    bounds: tuple[float, float] | None = None


def attendance_outcome(
    attendance: pd.DataFrame, enrolment: pd.DataFrame, before: BeforeAfter, *, study: Study
) -> Outcome:
    """Compute each unit's share of sessions attended before and after the event.

    Parameters
    ----------
    attendance, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event, the sessions after it and the units enrolled at it.
    study : Study
        For names.

    Returns
    -------
    Outcome
        A unit that has left is absent; a session without a record is left out.

    Raises
    ------
    EstimationError
        If no attendance is recorded on either side.
    """
    table = participation(attendance, enrolment=enrolment, study=study).table
    held = set(attendance["session"])
    last = max(before.post_sessions)
    known = table[
        table["unit"].isin(before.units["unit"])
        & table["session"].isin(held)
        & (table["session"] <= last)
        & table["state"].isin(["present", "absent", "left"])
    ]
    values = known.assign(
        value=(known["state"] == "present").astype("float64"), after=known["session"] > before.after_session
    )
    return Outcome(
        "attendance",
        Text(sv="Närvaro", en="Attendance"),
        Text(
            sv=f"andel av {study.study.session.many.sv} med någon på plats",
            en=f"share of {study.study.session.many.en} with somebody there",
        ),
        _two_sides(values, before, "närvaro", "attendance"),
        note=Text(
            sv="Den som lämnat räknas som frånvarande. Eftersom ett avhopp är sällsynt och stort är närvarons gränser "
            "vidgade.",
            en="A unit that has left counts as absent. Since leaving is rare and a leap, the limits of attendance are "
            "widened.",
        ),
        bounds=(-1.0, 1.0),
    )


def contact_outcome(contacts: pd.DataFrame, before: BeforeAfter, *, study: Study) -> Outcome:
    """Compute each unit's contacts with supervisors per month before and after the event.

    Parameters
    ----------
    contacts : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event and the units enrolled at it.
    study : Study
        Its sessions with their days, and the day of the event where it is known.

    Returns
    -------
    Outcome
        From the first day of the first session to the last day of the last one; a unit without a contact has none.

    Raises
    ------
    EstimationError
        If no contacts are recorded, or the days that part before from after are not known.
    """
    days = {session.id: session.dates for session in study.sessions if session.dates}
    first, last = min(study.session_ids), max(before.post_sessions)
    event = next(event for event in study.events if event.id == before.event_id)
    when = event.date if event.date_precision == "day" else None
    if when is None and before.after_session in days:
        when = max(days[before.after_session])
    if contacts.empty or when is None or first not in days or last not in days:
        raise EstimationError(
            "contacts: no contacts are recorded, or the sessions around the event have no days.",
            sv="kontakter: inga kontakter är antecknade, eller träffarna kring händelsen saknar dagar.",
        )
    start, split, stop = pd.Timestamp(min(days[first])), pd.Timestamp(when), pd.Timestamp(max(days[last]))
    own = contacts[contacts["unit"].isin(before.units["unit"]) & contacts["date"].between(start, stop)]
    after = own["date"] > split
    months = {True: (stop - split).days / MONTH, False: (split - start).days / MONTH}
    if min(months.values()) <= 0:
        raise EstimationError(
            "contacts: the event leaves no days before or after it.",
            sv="kontakter: händelsen lämnar inga dagar före eller efter sig.",
        )
    units = before.units["unit"]
    counts = {side: own[after == side].groupby("unit").size().reindex(units, fill_value=0) for side in (False, True)}
    sources = source_rows(own).groupby(own["unit"]).agg(tuple)
    values = pd.DataFrame(
        {
            "unit": units.to_numpy(),
            "before": counts[False].to_numpy() / months[False],
            "after": counts[True].to_numpy() / months[True],
            "rests_on": as_tuples(sources.get(unit, ()) for unit in units),
        }
    )
    return Outcome(
        "contacts",
        Text(sv="Kontakter med handledare", en="Contacts with supervisors"),
        Text(sv="antecknade kontakter per 30 dagar", en="recorded contacts per 30 days"),
        values,
        note=Text(sv="Bara antecknade kontakter räknas.", en="Only recorded contacts count."),
    )


def code_outcome(
    codings: pd.DataFrame,
    segments: pd.DataFrame,
    documents: pd.DataFrame,
    before: BeforeAfter,
    *,
    code: str,
    study: Study,
    polarity: str = "+",
    codebook: Codebook | None = None,
) -> Outcome:
    """Compute the share of each unit's segments with a code before and after the event, in the same kinds of document.

    Parameters
    ----------
    codings, segments, documents : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event and the units enrolled at it.
    code : str
        The code.
    study : Study
        For names.
    polarity : {"+", "-", "?"}, default "+"
        The polarity that counts.
    codebook : Codebook, optional
        For the code's name.

    Returns
    -------
    Outcome
        Kinds of document that a unit has on one side only are left out, so that interviews are not held against notes.

    Raises
    ------
    EstimationError
        If no unit has segments of one kind on both sides.
    """
    placed = place_segments(segments, documents)
    placed = placed[placed["informant"] & placed["unit"].isin(before.units["unit"]) & placed["session"].notna()]
    placed = placed[placed["session"] <= max(before.post_sessions)]
    placed = placed.assign(after=placed["session"] > before.after_session)
    sides = placed.groupby(["unit", "kind"])["after"].transform("nunique")
    placed = placed[sides == 2]
    hits = codings[(codings["code"] == code) & (codings["polarity"] == polarity)]
    own = hits.groupby("segment_id")["coding_id"].agg(tuple)
    values = placed.assign(
        value=placed["segment_id"].isin(own.index).astype("float64"),
        rests_on=as_tuples(own.get(segment, ()) for segment in placed["segment_id"]).to_numpy(),
    )
    kind = count_kind(hits)
    name = labels_of(study, codebook)
    return Outcome(
        f"code:{code}",
        Text(sv=f"{name.code(code, 'sv')} ({polarity})", en=f"{name.code(code, 'en')} ({polarity})"),
        Text(sv="andel av segmenten med koden", en="share of segments with the code"),
        _two_sides(values, before, f"koden {code}", f"code {code}"),
        note=Text(
            sv=f"{unchecked(kind, 'sv').capitalize()}: att maskinen kodar oftare kan bero på hur det sägs; om det "
            f"sades "
            "oftare avgörs av rättade antal.",
            en=f"{unchecked(kind, 'en').capitalize()}: that the machine codes more often may lie in how things are "
            "said; whether they were said more often is for corrected counts to tell.",
        )
        if kind != "people"
        else NO_NOTE,
    )


def presenter_outcomes(activities: pd.DataFrame, before: BeforeAfter, *, study: Study) -> list[Outcome]:
    """Compute who presents: how many at each session, and the share of the one that presents most.

    Parameters
    ----------
    activities : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event.
    study : Study
        For names.

    Returns
    -------
    list of Outcome
        Two, with one value per session: the programme has one team, so neither has an interval.

    Raises
    ------
    EstimationError
        If no presenter is recorded on either side.
    TableError
        If a time of an activity cannot be read.
    """
    shown = session_timeline(activities, study=study).table
    shown = shown[shown["presenter"].notna() & (shown["minutes"] > 0)]
    minutes = shown.groupby(["session", "presenter"])["minutes"].sum().groupby("session")
    sources = shown.groupby("session")["rests_on"].agg(merge_rows)
    found = []
    for key, name, measure, values in (
        (
            "presenters",
            Text(sv="Hur många som presenterar", en="How many present"),
            Text(sv="personer per träff", en="persons per session"),
            minutes.size().astype("float64"),
        ),
        (
            "presenter_share",
            Text(sv="Den som presenterar mest", en="The one that presents most"),
            Text(sv="andel av tiden med känd presentatör", en="share of the time with a known presenter"),
            minutes.max() / minutes.sum(),
        ),
    ):
        after = values.index > before.after_session
        table = pd.DataFrame(
            {
                "session": values.index.to_numpy(),
                "before": values.where(~after).to_numpy(dtype=float),
                "after": values.where(after).to_numpy(dtype=float),
                "rests_on": as_tuples(sources[session] for session in values.index),
            }
        )
        _check_sides(table, "presentatörer", "presenters")
        found.append(Outcome(key, name, measure, table, replicated=False))
    return found


def _two_sides(values: pd.DataFrame, before: BeforeAfter, sv: str, en: str) -> pd.DataFrame:
    """Average each unit's values on either side."""
    means = values.pivot_table(index="unit", columns="after", values="value", aggfunc="mean")
    means = means.reindex(index=before.units["unit"], columns=[False, True])
    sources = values.groupby("unit")["rests_on"].agg(merge_rows)
    table = pd.DataFrame(
        {
            "unit": before.units["unit"].to_numpy(),
            "before": means[False].to_numpy(dtype=float),
            "after": means[True].to_numpy(dtype=float),
            "rests_on": as_tuples(sources.get(unit, ()) for unit in before.units["unit"]),
        }
    )
    _check_sides(table[table[["before", "after"]].notna().all(axis=1)], sv, en)
    return table


def _check_sides(table: pd.DataFrame, sv: str, en: str) -> None:
    if not (np.isfinite(table["before"]).any() and np.isfinite(table["after"]).any()):
        raise EstimationError(
            f"{en}: nothing is recorded on both sides of the event.",
            sv=f"{sv}: inget är antecknat på båda sidor om händelsen.",
        )


def outcome_limits(outcome: Outcome, *, level: float) -> tuple[Interval, Interval]:
    """Compute the one-sided limits of an outcome's mean difference, after minus before.

    Parameters
    ----------
    outcome : Outcome
        With one value per unit.
    level : float
        Level of each limit.

    Returns
    -------
    tuple of Interval
        With the lower limit, and with the upper one.

    Raises
    ------
    EstimationError
        If fewer than two units are known on both sides, or all differences are equal.
    """
    d = outcome_differences(outcome)
    if outcome.bounds:
        return bounded_limits(d, bounds=outcome.bounds, level=level)
    return difference_limits(d, tau=0.0, k_post=1, level=level)


def outcome_differences(outcome: Outcome) -> Any:
    """Return the units' differences, after minus before.

    Parameters
    ----------
    outcome : Outcome
        With one value per unit.

    Returns
    -------
    pandas.Series of float
        Units known on both sides.
    """
    return (outcome.sides["after"] - outcome.sides["before"]).dropna()
