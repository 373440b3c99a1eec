"""Levels before and after the event: one difference per unit, and what growth one might have expected."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.levels import enrolled_units, merge_rows, session_levels, tool_levels
from evalkit.study import Event, Scale, Study, Text
from evalkit.wording import Language, join, number, pick

__all__ = ["BeforeAfter", "CoEvent", "before_after"]


@dataclass(frozen=True, slots=True)
class CoEvent:
    """Another event of the programme.

    Parameters
    ----------
    name : Text
        Its name.
    after_session : int or None
        Last session before it; None where only its season is known.
    """

    name: Text
    after_session: int | None


@dataclass(frozen=True, slots=True, eq=False)
class BeforeAfter:
    """Levels before and after an event, in the same tools.

    Attributes
    ----------
    table : pandas.DataFrame
        Per unit enrolled at the event and session: unit, session, level (mean over the tools introduced by
        `pre_session`; missing where nothing was assessed), after (the event), used (whether the unit has a
        difference), difference (of the unit, repeated), rests_on and row_id.
    units : pandas.DataFrame
        Per unit enrolled at the event: unit, used, pre (level at `pre_session`), difference (mean over post sessions
        of the mean change in the tools assessed both then and at `pre_session`), slope (steps per session before the
        event, within tools; missing without two sessions), reason (why it has no difference: "no_pre", "no_post" or
        ""), left_after_event, rests_on.
    means : pandas.DataFrame
        Per session: session, level (mean over the units with a difference), n.
    event : Text
        Name of the event.
    after_session : int
        Last session before it.
    pre_session : int
        Last session before it with levels of at least half of the units enrolled then.
    post_sessions : tuple of int
        Sessions after it with levels.
    co_events : tuple of CoEvent
        Everything else that happened.
    linear_gain, plateau_gain, ceiling_gain : float
        What the mean gain would be if the growth before had gone on in a straight line (missing without slopes), had
        stopped, or had reached the top of the scale.
    n_enrolled, n_left_before : int
        All that enrolled, and those that had left before the event.
    n_raters : int
        Raters.
    scale : Scale
        The scale of the levels.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    means: pd.DataFrame
    event: Text
    after_session: int
    pre_session: int
    post_sessions: tuple[int, ...]
    co_events: tuple[CoEvent, ...]
    linear_gain: float
    plateau_gain: float
    ceiling_gain: float
    n_enrolled: int
    n_left_before: int
    n_raters: int
    scale: Scale
    labels: Labels

    @property
    def differences(self) -> pd.DataFrame:
        """The units with a difference."""
        return self.units[self.units["used"]]

    @property
    def n(self) -> int:
        """How many units have a difference."""
        return int(self.units["used"].sum())

    def co_event_words(self, lang: Language) -> str:
        """Name the other events with their place; empty without any."""
        named = []
        for event in self.co_events:
            if event.after_session is None:
                place = pick(lang, sv="okänd tid", en="time unknown")
            else:
                session = self.labels.group("session", event.after_session, lang)
                place = pick(lang, sv=f"efter {session}", en=f"after {session}")
            named.append(pick(lang, sv=f"”{event.name.sv}” ({place})", en=f"“{event.name.en}” ({place})"))
        return join(named, lang=lang)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, event = self.labels.count(self.n, "unit", lang), self.event(lang)
        pre = self.labels.group("session", self.pre_session, lang)
        return pick(
            lang,
            sv=f"Medelnivå i de verktyg som införts till och med {pre}, före och efter ”{event}”. n = {units} med "
            f"nivå både vid {pre} och efteråt, av {len(self.units)} anmälda vid händelsen; {self.n_left_before} hade "
            "lämnat dessförinnan.",
            en=f"Mean level in the tools introduced by {pre}, before and after “{event}”. n = {units} with a level "
            f"both at {pre} and afterwards, of {len(self.units)} enrolled at the event; {self.n_left_before} had left "
            "before.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the levels changed over the event and what that cannot say."""
        mean = float(self.differences["difference"].mean())
        pre = self.labels.group("session", self.pre_session, lang)
        change = ("+" if mean > 0 else "") + number(mean, 2, lang=lang)
        parts = [
            pick(
                lang,
                sv=f"Från {pre} till medlet av de {len(self.post_sessions)} som följde efter ”{self.event(lang)}” "
                f"ändrades nivån {change} steg (n = {self.n}).",
                en=f"From {pre} to the mean of the {len(self.post_sessions)} that followed “{self.event(lang)}” the "
                f"level changed by {change} steps (n = {self.n}).",
            )
        ]
        if self.pre_session != self.after_session:
            parts.append(
                pick(
                    lang,
                    sv="Nivån närmast före händelsen är inte bedömd, så en tidigare har använts.",
                    en="The level just before the event was not assessed, so an earlier one is used.",
                )
            )
        parts += self._left_out(lang)
        if self.co_events:
            parts.append(
                pick(
                    lang,
                    sv=f"Annat som hände: {self.co_event_words(lang)}.",
                    en=f"What else happened: {self.co_event_words(lang)}.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Ändringen säger i sig inget om skada: det beror på vilken utveckling som varit att vänta utan "
                "händelsen, och det vet ingen.",
                en="The change says nothing of harm by itself: that depends on the growth to be expected without the "
                "event, which nobody knows.",
            )
        )
        return " ".join(parts)

    def _left_out(self, lang: Language) -> list[str]:
        parts = []
        for reason, sv, en in (
            ("no_pre", "Utan nivå före", "Without a level before"),
            ("no_post", "Utan nivå efter i samma verktyg", "Without a level after in the same tools"),
        ):
            units = self.units.loc[self.units["reason"] == reason, "unit"].tolist()
            if units:
                parts.append(f"{pick(lang, sv=sv, en=en)}: {join(units, lang=lang)}.")
        if self.n_raters < 2:
            parts.append(
                pick(lang, sv="En enda bedömare: reliabiliteten är okänd.", en="One rater only: reliability unknown.")
            )
        return parts


def before_after(
    assessments: pd.DataFrame, enrolment: pd.DataFrame, *, study: Study, events: pd.DataFrame | None = None
) -> BeforeAfter:
    """Compute one difference per unit: its mean level after the event minus its last level before.

    Only units enrolled at the event count: those that left earlier cannot be harmed by it. Only tools assessed on both
    sides count, so that a tool that is new or was not assessed does not move the difference.

    Parameters
    ----------
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; several raters of one level are averaged.
    study : Study
        Its event (`experiment.event`), sessions, tools and scale.
    events : pandas.DataFrame, optional
        Further events, to be named beside those of study.toml.

    Returns
    -------
    BeforeAfter
        Paths, differences and benchmarks of growth.

    Raises
    ------
    EstimationError
        If no event is declared or its place is unknown, it lies before the first or after the last session, or fewer
        than two units have a level on both sides.
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    event, after_session = _placed_event(study)
    enrolled = enrolled_units(enrolment, study=study).table
    there = enrolled[~(enrolled["earliest"] <= after_session)]
    cells = tool_levels(assessments, study=study)
    cells = cells[cells["unit"].isin(there["unit"]) & (cells["session"] >= 1)]
    pre_session = _pre_session(cells, len(there), after_session)
    tools = cells.loc[cells["introduced"] <= pre_session, "tool"].unique()
    cells = cells[cells["tool"].isin(tools)]
    post_sessions = tuple(sorted({int(s) for s in cells.loc[cells["session"] > after_session, "session"]}))
    units = pd.DataFrame(
        [
            _unit_difference(str(unit), cells[cells["unit"] == unit], pre_session, after_session)
            | {"left_after_event": bool(left)}
            for unit, left in there[["unit", "left"]].itertuples(index=False)
        ]
    )
    if units["used"].sum() < 2:
        raise EstimationError(
            f"experiment: {int(units['used'].sum())} of {len(units)} units enrolled at event '{event.id}' have a level "
            "in the same tools before and after it; at least 2 are needed. Show the paths."
        )
    used = units[units["used"]]
    distance = float(np.mean(post_sessions)) - pre_session
    judged = assessments[assessments["level"].notna() & assessments["unit"].isin(there["unit"])]
    table = _paths(units, cells, study, after_session)
    seen = table[table["used"] & table["level"].notna()]
    return BeforeAfter(
        table=table,
        units=units,
        means=seen.groupby("session", as_index=False).agg(level=("level", "mean"), n=("unit", "size")),
        event=_named(event),
        after_session=after_session,
        pre_session=pre_session,
        post_sessions=post_sessions,
        co_events=_co_events(study, event, events),
        linear_gain=float(used["slope"].mean()) * distance if used["slope"].notna().any() else np.nan,
        plateau_gain=0.0,
        ceiling_gain=float(study.scales.level.maximum - used["pre"].mean()),
        n_enrolled=len(enrolled),
        n_left_before=len(enrolled) - len(there),
        n_raters=judged["rater"].nunique(),
        scale=study.scales.level,
        labels=labels_of(study),
    )


def _placed_event(study: Study) -> tuple[Event, int]:
    """Return the event and the last session before it, or refuse."""
    event = next((event for event in study.events if event.id == study.experiment.event), None)
    if event is None:
        raise EstimationError("experiment: no event is declared; name it in study.toml under [experiment].")
    place = event.after_session
    if place is None and event.date is not None and event.date_precision == "day":
        dated = [session for session in study.sessions if session.dates]
        place = max((s.id for s in dated if max(s.dates) <= event.date), default=0) if dated else None
    if place is None:
        raise EstimationError(
            f"experiment: when event '{event.id}' took place is unknown; give its after_session in study.toml."
        )
    first, last = min(study.session_ids, default=0), max(study.session_ids, default=0)
    if not first <= place < last:
        where = "before the first" if place < first else "after the last"
        raise EstimationError(
            f"experiment: event '{event.id}' lies {where} session, so there is nothing to compare; choose another "
            "event or correct its after_session in study.toml."
        )
    return event, place


def _pre_session(cells: pd.DataFrame, n: int, after_session: int) -> int:
    """Return the last session before the event in which at least half of the units were assessed."""
    counts = cells[cells["session"] <= after_session].groupby("session")["unit"].nunique()
    enough = counts.index[counts >= n / 2]
    if not len(enough):
        raise EstimationError(
            f"experiment: in no session up to {after_session} were half of the {n} units enrolled at the event "
            "assessed; without levels before it there is nothing to compare."
        )
    return int(enough.max())


def _unit_difference(unit: str, cells: pd.DataFrame, pre_session: int, after_session: int) -> dict[str, Any]:
    before = cells[cells["session"] == pre_session].set_index("tool")["level"]
    later = cells[(cells["session"] > after_session) & cells["tool"].isin(before.index)]
    change = (later["level"] - later["tool"].map(before).astype("float64")).groupby(later["session"]).mean()
    used = len(change) > 0
    reason = "" if used else ("no_post" if len(before) else "no_pre")
    behind = cells[(cells["session"] == pre_session) | cells.index.isin(later.index)]
    return {
        "unit": unit,
        "used": used,
        "pre": float(before.mean()) if len(before) else np.nan,
        "difference": float(change.mean()) if used else np.nan,
        "slope": _slope_within_tools(cells[cells["session"] <= after_session]),
        "reason": reason,
        "rests_on": merge_rows(behind["rests_on"]),
    }


def _slope_within_tools(cells: pd.DataFrame) -> float:
    """Return steps per session, each tool compared with itself; missing where no tool was assessed twice."""
    groups = cells.groupby("tool")[["session", "level"]]
    centred = cells[["session", "level"]] - groups.transform("mean")
    spread = float((centred["session"] ** 2).sum())
    return float((centred["session"] * centred["level"]).sum() / spread) if spread > 0 else np.nan


def _paths(units: pd.DataFrame, cells: pd.DataFrame, study: Study, after_session: int) -> pd.DataFrame:
    grid = pd.MultiIndex.from_product([units["unit"], study.session_ids], names=["unit", "session"])
    table = grid.to_frame(index=False).merge(session_levels(cells), on=["unit", "session"], how="left")
    table = table.merge(units[["unit", "used", "difference"]], on="unit")
    table["after"] = table["session"] > after_session
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, ["unit", "session"])
    return table[["unit", "session", "level", "after", "used", "difference", "rests_on", "row_id"]]


def _named(event: Event) -> Text:
    return Text(sv=event.name.sv or event.id, en=event.name.en or event.id)


def _co_events(study: Study, event: Event, register: pd.DataFrame | None) -> tuple[CoEvent, ...]:
    """List the other events of study.toml and of the register, in their order."""
    others = [CoEvent(_named(other), other.after_session) for other in study.events if other.id != event.id]
    if register is not None:
        known = {other.id for other in study.events}
        for row in register[~register["event"].isin(list(known))].to_dict("records"):
            name, place = str(row["event"]), row["after_session"]
            others.append(CoEvent(Text(sv=name, en=name), None if pd.isna(place) else int(place)))
    return tuple(sorted(others, key=lambda other: (other.after_session is None, other.after_session or 0)))
