"""Who was there: attendance per unit and session, with leaving and gaps kept apart, and the dose of each unit."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import (
    gather,
    leaving,
    presence,
    session_list,
    source_rows,
    unit_list,
    unit_session_grid,
)
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["Participation", "completing_units", "participation"]


@dataclass(frozen=True, slots=True, eq=False)
class Participation:
    """Attendance per unit and session, and what it adds up to.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and session: unit, session, n_present (missing without a row in the register), state
        ("present", "absent", "unknown", "may have left", "left"), rests_on (rows of the registers) and row_id.
    units : pandas.DataFrame
        One row per unit: unit, attended, absent, unknown, left (sessions in each state; "may have left" counts as
        unknown), days (of the sessions attended; a session without declared days counts one), persons (present, summed
        over sessions), dose_low and dose_high (share of the held sessions attended, with the unknown ones as missed
        and as attended), rests_on and row_id.
    sessions : pandas.DataFrame
        One row per session: session, held (whether the register has any row of it), units (present), persons, groups,
        supervisors, rests_on and row_id.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    sessions: pd.DataFrame
    labels: Labels

    @property
    def held(self) -> int:
        """Sessions of which the register has any row."""
        return int(self.sessions["held"].sum())

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units = self.labels.count(len(self.units), "unit", lang)
        sessions = self.labels.count(self.held, "session", lang)
        unknown = self._unknown()
        return pick(
            lang,
            sv=f"n = {units}, {sessions}; {count_noun(unknown, 'ruta', 'rutor')} utan uppgift om närvaro.",
            en=f"n = {units}, {sessions}; {count_noun(unknown, 'cell', 'cells', lang='en')} without a record of "
            "attendance.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say who came and what attendance cannot say."""
        if not self.held:
            return pick(lang, sv="Ingen närvaro är antecknad.", en="No attendance has been recorded.")
        held = self.sessions[self.sessions["held"]]
        first, last = (
            f"{self.labels.count(int(units), 'unit', lang)} ({self.labels.group('session', session, lang)})"
            for session, units in held[["session", "units"]].iloc[[0, -1]].itertuples(index=False, name=None)
        )
        full, of = number((self.units["attended"] == self.held).sum(), lang=lang), number(len(self.units), lang=lang)
        gone = number((self.units["left"] > 0).sum(), lang=lang)
        all_sessions = self.labels.count(self.held, "session", lang)
        parts = [pick(lang, sv=f"Närvarande: {first}.", en=f"Present: {first}.")]
        if self.held > 1:
            parts = [
                pick(
                    lang,
                    sv=f"Närvarande: från {first} till {last}. {full} av {of} var med på alla {all_sessions}; {gone} "
                    "hade lämnat före den sista.",
                    en=f"Present: from {first} to {last}. {full} of {of} came to all {all_sessions}; {gone} had left "
                    "before the last.",
                )
            ]
        if unknown := self._unknown():
            parts.append(
                pick(
                    lang,
                    sv=f"{count_noun(unknown, 'ruta', 'rutor')} saknar uppgift och räknas varken som närvaro eller "
                    "frånvaro.",
                    en=f"{count_noun(unknown, 'cell', 'cells', lang='en')} without a record, counted neither as "
                    "presence nor as absence.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Närvaro säger att någon var där, inte vad de gjorde eller lärde.",
                en="Attendance tells that somebody was there, not what they did or learned.",
            )
        )
        return " ".join(parts)

    def _unknown(self) -> int:
        held = set(self.sessions.loc[self.sessions["held"], "session"])
        known = self.table["session"].isin(held)
        return int((known & self.table["state"].isin(["unknown", "may have left"])).sum())


def participation(
    attendance: pd.DataFrame, *, enrolment: pd.DataFrame | None = None, study: Study | None = None
) -> Participation:
    """Tell which unit was at which session, and how much of the programme each unit got.

    Parameters
    ----------
    attendance : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; no persons present is an absence, no row at all is not.
    enrolment : pandas.DataFrame, optional
        Tells when units left.
    study : Study, optional
        Its units and sessions are there even without a row; the days of its sessions are counted.

    Returns
    -------
    Participation
        A session without any row in the register is not counted as held.
    """
    left = leaving(enrolment)
    enrolled = [] if enrolment is None else [enrolment["unit"]]
    sessions = session_list(study, attendance["session"])
    table = unit_session_grid(unit_list(study, attendance["unit"], *enrolled), sessions)
    given = attendance[["unit", "session", "n_present"]].assign(source=source_rows(attendance))
    table = table.merge(given, on=["unit", "session"], how="left")
    table["state"] = [
        _state(unit, int(session), n_present, left)
        for unit, session, n_present in table[["unit", "session", "n_present"]].itertuples(index=False, name=None)
    ]
    told = {} if enrolment is None else dict(zip(enrolment["unit"], source_rows(enrolment), strict=True))
    table["rests_on"] = [
        (source,) if isinstance(source, str) else (told[unit],) if "left" in state else ()
        for unit, source, state in table[["unit", "source", "state"]].itertuples(index=False, name=None)
    ]
    table["row_id"] = row_ids(table, ["unit", "session"])
    per_session = _sessions(attendance, sessions)
    return Participation(
        table=table[["unit", "session", "n_present", "state", "rests_on", "row_id"]],
        units=_units(table, per_session, study),
        sessions=per_session,
        labels=labels_of(study),
    )


def completing_units(
    enrolment: pd.DataFrame, study: Study, *, attendance: pd.DataFrame | None = None
) -> "pd.Series[bool]":
    """Tell which enrolled units completed, by the rule that the study declares.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its sessions and its rule of completion.
    attendance : pandas.DataFrame, optional
        Needed for the parts of the rule that ask for presence; without it a unit completes that has not left.

    Returns
    -------
    pandas.Series of bool
        By unit, in the order of the register. A unit that may have left has not completed.
    """
    left, last = leaving(enrolment), max(study.session_ids, default=0)
    stayed = pd.Series({unit: presence(unit, last, left) == "in" for unit in enrolment["unit"]}, dtype="bool")
    if attendance is None or attendance.empty:
        return stayed
    came = attendance[attendance["n_present"] > 0]
    enough = came.groupby("unit")["session"].nunique().reindex(stayed.index, fill_value=0)
    stayed &= enough >= study.completion.minimum_sessions
    if study.completion.last_session:
        stayed &= stayed.index.isin(came.loc[came["session"] == last, "unit"])
    return stayed


def _state(unit: str, session: int, n_present: Any, left: dict[str, tuple[int, int | None]]) -> str:
    if not pd.isna(n_present) and n_present > 0:
        return "present"
    there = presence(unit, session, left)
    if there == "left":
        return "left"
    if not pd.isna(n_present):
        return "absent"
    return "unknown" if there == "in" else there


def _units(table: pd.DataFrame, sessions: pd.DataFrame, study: Study | None) -> pd.DataFrame:
    days = {session.id: max(len(session.dates), 1) for session in study.sessions} if study else {}
    held = table[table["session"].isin(sessions.loc[sessions["held"], "session"])]
    state = held["state"]
    counted = held.assign(
        attended=(state == "present").astype("int64"),
        absent=(state == "absent").astype("int64"),
        unknown=state.isin(["unknown", "may have left"]).astype("int64"),
        left=(state == "left").astype("int64"),
        days=[days.get(s, 1) if at == "present" else 0 for s, at in zip(held["session"], state, strict=True)],
        persons=held["n_present"].fillna(0).astype("int64"),
    )
    numbers = ["attended", "absent", "unknown", "left", "days", "persons"]
    units = counted.groupby("unit", sort=False)[numbers].sum()
    units = units.reindex(table["unit"].drop_duplicates(), fill_value=0).reset_index()
    n_held = float(sessions["held"].sum()) or float("nan")
    units["dose_low"] = units["attended"] / n_held
    units["dose_high"] = (units["attended"] + units["unknown"]) / n_held
    sources = held.groupby("unit")["rests_on"].agg(gather)
    units["rests_on"] = [sources.get(unit, ()) for unit in units["unit"]]
    units["row_id"] = row_ids(units, ["unit"])
    return units


def _sessions(attendance: pd.DataFrame, sessions: list[int]) -> pd.DataFrame:
    came = attendance[attendance["n_present"] > 0]
    counts = came.groupby("session").agg(
        units=("unit", "nunique"),
        persons=("n_present", "sum"),
        groups=("group", "nunique"),
        supervisors=("supervisor", "nunique"),
    )
    sources = source_rows(attendance).groupby(attendance["session"]).agg(tuple)
    table = counts.reindex(pd.Index(sessions, dtype="Int64", name="session")).fillna(0).astype("int64").reset_index()
    table.insert(1, "held", table["session"].isin(attendance["session"]))
    table["rests_on"] = [sources.get(session, ()) for session in table["session"]]
    table["row_id"] = row_ids(table, ["session"])
    return table
