"""Levels before and after the event: one difference per unit, and what growth one might have expected."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.levels import enrolled_units, merge_rows, session_levels, tool_levels
from evalkit.study import Event, Scale, Study, Text
from evalkit.wording import Language, join, number, pick

__all__ = ["BeforeAfter", "CoEvent", "before_after", "session_before"]

CONTROL_COLUMNS = ["unit", "difference", "used", "pre", "slope", "reason", "left_after_event", "latest", "rests_on"]


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
        ""), left_after_event, latest (first session it can have been gone), rests_on.
    means : pandas.DataFrame
        Per session: session, level (mean over the units with a difference), n.
    changes : pandas.DataFrame
        Per unit, session after the event and tool: unit, session, tool, pre (level at `pre_session`), change, rests_on.
    tool_slopes : pandas.DataFrame
        Per unit and tool assessed at least twice before the event: unit, tool, slope (steps per session).
    control : pandas.DataFrame
        As `units`, of the units without the event that have a difference; no rows where none are declared.
    control_means : pandas.DataFrame
        As `means`, of the control units.
    event : Text
        Name of the event.
    event_id : str
        Its id.
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
        stopped, or had reached the top of the scale. With controls: the mean gain beyond theirs, if the lead in growth
        had gone on or had been none; the top of the scale is then no benchmark.
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
    changes: pd.DataFrame
    tool_slopes: pd.DataFrame
    means: pd.DataFrame
    control: pd.DataFrame
    control_means: pd.DataFrame
    event: Text
    event_id: str
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

    @property
    def controlled(self) -> bool:
        """Whether there are units without the event to compare with."""
        return len(self.control) > 0

    @property
    def rests_on(self) -> tuple[str, ...]:
        """Register rows behind the differences, those of the controls among them."""
        return merge_rows([*self.differences["rests_on"], *self.control["rests_on"]])  # type: ignore[no-any-return]

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
                sv=f"Från {pre} till medelvärdet av de {len(self.post_sessions)} som följde efter ”{self.event(lang)}” "
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
        if self.controlled:
            parts.append(self._compared(lang))
        if self.co_events:
            parts.append(
                pick(
                    lang,
                    sv=f"Annat som hände: {self.co_event_words(lang)}.",
                    en=f"What else happened: {self.co_event_words(lang)}.",
                )
            )
        if not self.controlled:
            parts.append(
                pick(
                    lang,
                    sv="Ändringen säger i sig inget om skada: det beror på vilken utveckling som varit att vänta utan "
                    "händelsen, och det vet ingen.",
                    en="The change says nothing of harm by itself: that depends on the growth to be expected without "
                    "the event, which nobody knows.",
                )
            )
        return " ".join(parts)

    def _compared(self, lang: Language) -> str:
        change = float(self.control["difference"].mean())
        words = ("+" if change > 0 else "") + number(change, 2, lang=lang)
        units = self.labels.count(len(self.control), "unit", lang)
        text = pick(
            lang,
            sv=f"Hos {units} utan händelsen ändrades den {words} steg. Skillnaden mellan banorna är händelsens bara om "
            "de annars hade utvecklats lika.",
            en=f"Among {units} without the event it changed by {words} steps. The difference of the paths is the "
            "event's only if they would otherwise have grown alike.",
        )
        if len(self.control) == 1:
            text += pick(
                lang,
                sv=" En enda jämförelse: dess egen slump syns inte i intervallet.",
                en=" A single control: its own chance variation is not in the interval.",
            )
        return text

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
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    *,
    study: Study,
    events: pd.DataFrame | None = None,
    event: str | None = None,
    until: int | None = None,
) -> BeforeAfter:
    """Compute one difference per unit: its mean level after the event minus its last level before.

    Only units enrolled at the event count: those that left earlier cannot be harmed by it. Only tools assessed on both
    sides count, so that a tool that is new or was not assessed does not move the difference.

    Parameters
    ----------
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; several raters of one level are averaged.
    study : Study
        Its event (`experiment.event`), units without it (`experiment.control`), sessions, tools and scale.
    events : pandas.DataFrame, optional
        Further events, to be named beside those of study.toml.
    event : str, optional
        Another event of study.toml.
    until : int, optional
        Last session that counts as after the event, where another event follows.

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
    chosen, after_session = _placed_event(study, study.experiment.event if event is None else event)
    enrolled = enrolled_units(enrolment, study=study).table
    struck = enrolled[~enrolled["unit"].isin(study.experiment.control)]
    there = struck[~(struck["earliest"] <= after_session)]
    cells = tool_levels(assessments, study=study)
    cells = cells[(cells["session"] >= 1) & (cells["session"] <= (until or max(study.session_ids)))]
    own = cells[cells["unit"].isin(there["unit"])]
    pre_session = _pre_session(own, len(there), after_session)
    tools = own.loc[own["introduced"] <= pre_session, "tool"].unique()
    cells, own = cells[cells["tool"].isin(tools)], own[own["tool"].isin(tools)]
    changes = _changes(own, pre_session, after_session)
    units = _unit_differences(there, own, changes, pre_session, after_session)
    if units["used"].sum() < 2:
        raise EstimationError(
            f"experiment: {int(units['used'].sum())} of {len(units)} units enrolled at event '{chosen.id}' have a "
            "level in the same tools before and after it; at least 2 are needed. Show the paths.",
            sv=f"experimentet: {int(units['used'].sum())} av {len(units)} enheter som var anmälda vid händelsen "
            f"”{chosen.id}” har en nivå i samma verktyg före och efter den; minst 2 behövs. Visa banorna.",
        )
    used = units[units["used"]]
    post_sessions = tuple(sorted({int(s) for s in own.loc[own["session"] > after_session, "session"]}))
    distance = float(np.mean(post_sessions)) - pre_session
    control, control_means = _controls(study, cells, pre_session, after_session)
    growth = float(used["slope"].mean()) - (0.0 if control.empty else float(control["slope"].mean()))
    judged = assessments[assessments["level"].notna() & assessments["unit"].isin(there["unit"])]
    table = _paths(units, own, study, after_session)
    seen = table[table["used"] & table["level"].notna()]
    return BeforeAfter(
        table=table,
        units=units,
        changes=changes,
        tool_slopes=_tool_slopes(own[own["session"] <= after_session]),
        means=seen.groupby("session", as_index=False).agg(level=("level", "mean"), n=("unit", "size")),
        control=control,
        control_means=control_means,
        event=_named(chosen),
        event_id=chosen.id,
        after_session=after_session,
        pre_session=pre_session,
        post_sessions=post_sessions,
        co_events=_co_events(study, chosen, events),
        linear_gain=growth * distance,
        plateau_gain=0.0,
        ceiling_gain=float(study.scales.level.maximum - used["pre"].mean()) if control.empty else np.nan,
        n_enrolled=len(struck),
        n_left_before=len(struck) - len(there),
        n_raters=judged["rater"].nunique(),
        scale=study.scales.level,
        labels=labels_of(study),
    )


def _placed_event(study: Study, event_id: str) -> tuple[Event, int]:
    """Return the event and the last session before it, or refuse."""
    event = next((event for event in study.events if event.id == event_id), None)
    if event is None:
        raise EstimationError(
            "experiment: no event is declared; name it in study.toml under [experiment]."
            if not event_id
            else f"experiment: no event has the id '{event_id}'; declare it in study.toml under [[events]].",
            sv="experimentet: ingen händelse är angiven; ange den i study.toml under [experiment]."
            if not event_id
            else f"experimentet: ingen händelse har id ”{event_id}”; ange den i study.toml under [[events]].",
        )
    place = session_before(study, event)
    if place is None:
        raise EstimationError(
            f"experiment: when event '{event.id}' took place is unknown; give its after_session in study.toml.",
            sv=f"experimentet: när händelsen ”{event.id}” inträffade är okänt; ange after_session i study.toml.",
        )
    first, last = min(study.session_ids, default=0), max(study.session_ids, default=0)
    if not first <= place < last:
        where, var = ("before the first", "före den första") if place < first else ("after the last", "efter den sista")
        raise EstimationError(
            f"experiment: event '{event.id}' lies {where} session, so there is nothing to compare; choose another "
            "event or correct its after_session in study.toml.",
            sv=f"experimentet: händelsen ”{event.id}” ligger {var} av alla {study.study.session.many.sv}, så det "
            "finns inget att jämföra; välj en annan händelse eller rätta after_session i study.toml.",
        )
    return event, place


def session_before(study: Study, event: Event) -> int | None:
    """Tell the last session before an event, by what is declared or by its day.

    Parameters
    ----------
    study : Study
        Its sessions.
    event : Event
        One of its events.

    Returns
    -------
    int or None
        0 before the first session; None where its place is unknown.
    """
    if event.after_session is not None or event.date is None or event.date_precision != "day":
        return event.after_session
    dated = [session for session in study.sessions if session.dates]
    return max((s.id for s in dated if max(s.dates) <= event.date), default=0) if dated else None


def _pre_session(cells: pd.DataFrame, n: int, after_session: int) -> int:
    """Return the last session before the event in which at least half of the units were assessed."""
    counts = cells[cells["session"] <= after_session].groupby("session")["unit"].nunique()
    enough = counts.index[counts >= n / 2]
    if not len(enough):
        raise EstimationError(
            f"experiment: in no session up to {after_session} were half of the {n} units enrolled at the event "
            "assessed; without levels before it there is nothing to compare.",
            sv=f"experimentet: vid ingen träff till och med {after_session} var hälften av de {n} enheter som var "
            "anmälda vid händelsen bedömda; utan nivåer före den finns inget att jämföra.",
        )
    return int(enough.max())


def _changes(cells: pd.DataFrame, pre_session: int, after_session: int) -> pd.DataFrame:
    """Compute the change of each unit in each tool at each session after the event, where both levels are known."""
    before = cells.loc[cells["session"] == pre_session, ["unit", "tool", "level", "rests_on"]]
    later = cells.loc[cells["session"] > after_session, ["unit", "session", "tool", "level", "rests_on"]]
    both = later.merge(before.rename(columns={"level": "pre"}), on=["unit", "tool"], suffixes=("", "_pre"))
    both["change"] = both["level"] - both["pre"]
    both["rests_on"] = [(*now, *then) for now, then in zip(both["rests_on"], both["rests_on_pre"], strict=True)]
    return both[["unit", "session", "tool", "pre", "change", "rests_on"]]


def _unit_differences(
    there: pd.DataFrame, cells: pd.DataFrame, changes: pd.DataFrame, pre_session: int, after_session: int
) -> pd.DataFrame:
    # First over tools, then over sessions, so that a session with more assessed tools does not weigh more.
    by_session = changes.groupby(["unit", "session"])["change"].mean()
    before = cells[cells["session"] == pre_session].groupby("unit")
    pre = before["level"].mean()
    moments = _slope_moments(cells[cells["session"] <= after_session]).groupby("unit")[["xx", "xy"]].sum()
    slopes = (moments["xy"] / moments["xx"])[moments["xx"] > 0]
    behind: dict[str, set[str]] = {str(unit): set() for unit in there["unit"]}
    for rows in (changes, cells[cells["session"] == pre_session]):
        for unit, ids in zip(rows["unit"], rows["rests_on"], strict=True):
            behind[unit].update(ids)
    units = pd.DataFrame({"unit": there["unit"].astype("str").to_numpy()})
    units["difference"] = units["unit"].map(by_session.groupby("unit").mean())
    units["used"] = units["difference"].notna()
    units["pre"] = units["unit"].map(pre)
    units["slope"] = units["unit"].map(slopes)
    units["reason"] = np.select([units["used"], units["pre"].notna()], ["", "no_post"], "no_pre")
    units["left_after_event"] = there["left"].to_numpy()
    units["latest"] = there["latest"].to_numpy()
    units["rests_on"] = as_tuples(tuple(sorted(behind[unit])) for unit in units["unit"])
    return units


def _slope_moments(cells: pd.DataFrame) -> pd.DataFrame:
    """Return, per unit and tool, the sums whose ratio is the slope: each tool is compared with itself."""
    part = cells[["unit", "session", "level"]].astype({"session": "float64"})
    groups = part.groupby([cells["unit"], cells["tool"]])[["session", "level"]]
    centred = part[["session", "level"]] - groups.transform("mean")
    sums = pd.DataFrame({"xx": centred["session"] ** 2, "xy": centred["session"] * centred["level"]})
    return sums.groupby([cells["unit"], cells["tool"]])[["xx", "xy"]].sum().reset_index()


def _tool_slopes(cells: pd.DataFrame) -> pd.DataFrame:
    moments = _slope_moments(cells)
    moments = moments[moments["xx"] > 0]
    return moments[["unit", "tool"]].assign(slope=moments["xy"] / moments["xx"])


def _controls(
    study: Study, cells: pd.DataFrame, pre_session: int, after_session: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute the differences of the units without the event, in the same tools and sessions, and their mean path."""
    if not study.experiment.control:
        return pd.DataFrame(columns=CONTROL_COLUMNS), pd.DataFrame(columns=["session", "level", "n"])
    own = cells[cells["unit"].isin(study.experiment.control)]
    changes = _changes(own, pre_session, after_session)
    listed = pd.DataFrame({"unit": own["unit"].unique(), "left": False, "latest": np.nan})
    units = _unit_differences(listed, own, changes, pre_session, after_session)
    if not units["used"].any():
        raise EstimationError(
            f"experiment: none of the {len(study.experiment.control)} control units has a level in the same tools at "
            f"session {pre_session} and after {after_session}; add assessments, or take control out of study.toml.",
            sv=f"experimentet: ingen av de {len(study.experiment.control)} jämförelseenheterna har en nivå i samma "
            f"verktyg vid träff {pre_session} och efter {after_session}; lägg till bedömningar, eller ta bort control "
            "ur study.toml.",
        )
    units = units[units["used"]].reset_index(drop=True)
    levels = session_levels(own[own["unit"].isin(units["unit"])])
    means = levels.groupby("session", as_index=False).agg(level=("level", "mean"), n=("unit", "size"))
    return units, means


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
    others = [CoEvent(_named(other), session_before(study, other)) for other in study.events if other.id != event.id]
    if register is not None:
        known = {other.id for other in study.events}
        for row in register[~register["event"].isin(list(known))].to_dict("records"):
            name, place = str(row["event"]), row["after_session"]
            others.append(CoEvent(Text(sv=name, en=name), None if pd.isna(place) else int(place)))
    return tuple(sorted(others, key=lambda other: (other.after_session is None, other.after_session or 0)))
