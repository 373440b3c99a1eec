"""What those who left at the event carried, frozen from presenters and supervisors before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures import session_timeline
from evalkit.measures.placement import Labels, labels_of
from evalkit.measures.register_rows import as_tuples, source_rows
from evalkit.models.experiment.before_after import BeforeAfter
from evalkit.models.levels import merge_rows
from evalkit.study import Study, Text
from evalkit.wording import Language, count_noun, join, number, percent, pick

__all__ = ["Carried", "carried_by_leavers", "event_leavers"]


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """Tools presented, and units supervised, by the persons who left at the event.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tool assessed on both sides of the event: tool, minutes (of demonstration before the event, with a known
        presenter), by_leavers, share (missing where nobody presented it), carried (True, False or missing), rests_on
        and row_id.
    units : pandas.DataFrame
        Per unit enrolled at the event: unit, supervisor (the last one before the event; missing where unknown), carried
        (True, False or missing) and rests_on.
    leavers : tuple of str
        Ids of the persons.
    share : float
        From which share of its minutes a tool counts as carried.
    tool_names : dict of str to Text
        Names of the tools.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    leavers: tuple[str, ...]
    share: float
    tool_names: dict[str, Text]
    labels: Labels

    def tools(self, *, carried: bool) -> list[str]:
        """Return the ids of the tools that the leavers carried, or of the others that somebody presented."""
        known = self.table[self.table["carried"].notna()]
        return [str(tool) for tool in known.loc[known["carried"].astype(bool) == carried, "tool"]]

    def named(self, tools: Sequence[str], lang: Language) -> str:
        """List tools by their names."""
        return join([self.tool_names[tool](lang) if tool in self.tool_names else tool for tool in tools], lang=lang)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the table rests on."""
        minutes, tools = number(self.table["minutes"].sum(), lang=lang), len(self.table)
        share = percent(self.share, lang=lang)
        return pick(
            lang,
            sv=f"n = {tools} verktyg, {minutes} minuters visning före händelsen. Buret: de som lämnade höll i mer än "
            f"{share}.",
            en=f"n = {tools} tools, {minutes} minutes of demonstration before the event. Carried: those who left held "
            f"more than {share}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what was carried and what that cannot say."""
        who = join(list(self.leavers), lang=lang)
        tools = self.named(self.tools(carried=True), lang) or pick(lang, sv="inga verktyg", en="no tools")
        units = int(self.units["carried"].fillna(value=False).astype(bool).sum())
        some = self.labels.count(units, "unit", lang)
        parts = [
            pick(
                lang,
                sv=f"De som lämnade ({who}) bar {tools} och var handledare för {some}.",
                en=f"Those who left ({who}) carried {tools} and supervised {some}.",
            )
        ]
        unknown = [str(tool) for tool in self.table.loc[self.table["carried"].isna(), "tool"]]
        if unknown:
            names = self.named(unknown, lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Vem som före händelsen visade {names} är inte känt; det står utanför jämförelsen.",
                    en=f"Who presented {names} before the event is not known; it is left out of the comparison.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Vem som höll i visningen är inte säkert den som bar kunskapen.",
                en="Who held the demonstration is not for certain who carried the knowledge.",
            )
        )
        return " ".join(parts)


def event_leavers(people: pd.DataFrame, before: BeforeAfter, *, study: Study) -> tuple[str, ...]:
    """Find the persons outside the units whose last day lies between the sessions around the event.

    Parameters
    ----------
    people : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event.
    study : Study
        Its sessions with their days, and the persons that it names (`experiment.leavers`), who go first.

    Returns
    -------
    tuple of str
        Ids.

    Raises
    ------
    EstimationError
        If nobody left then, or the sessions have no days.
    """
    if study.experiment.leavers and before.event_id == study.experiment.event:
        return study.experiment.leavers
    days = {session.id: session.dates for session in study.sessions if session.dates}
    later = [session for session in study.session_ids if session > before.after_session]
    next_session = later[0] if later else 0
    found = people.iloc[:0]
    if before.after_session in days and next_session in days:
        first = pd.Timestamp(max(days[before.after_session]))
        last = pd.Timestamp(min(days[next_session]))
        found = people[people["unit"].isna() & (people["to"] >= first) & (people["to"] <= last)]
    if found.empty:
        raise EstimationError(
            f"differential harm: the register of people has nobody outside the units who left between sessions "
            f"{before.after_session} and {next_session}; name them in study.toml as experiment.leavers.",
            sv="skillnad i skada: registret people har ingen utanför enheterna som slutade mellan träff "
            f"{before.after_session} och {next_session}; ange dem i study.toml som experiment.leavers.",
        )
    return tuple(sorted(str(person) for person in found["person_id"]))


def carried_by_leavers(
    activities: pd.DataFrame,
    enrolment: pd.DataFrame,
    before: BeforeAfter,
    *,
    leavers: Sequence[str],
    study: Study,
    attendance: pd.DataFrame | None = None,
    share: float = 0.5,
) -> Carried:
    """Tell which tools and units the leavers carried, by registers of what came before the event alone.

    Parameters
    ----------
    activities, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    before : BeforeAfter
        Tells the event, the tools assessed on both sides and the units enrolled at it.
    leavers : sequence of str
        Ids of the persons who left, as in activities and enrolment (see `event_leavers`).
    study : Study
        For names.
    attendance : pandas.DataFrame, optional
        Its last supervisor of a unit before the event goes before that of the enrolment register.
    share : float, default 0.5
        A tool is carried if they presented more than this share of its minutes.

    Returns
    -------
    Carried
        Tools and units.

    Raises
    ------
    EstimationError
        If no leaver is named.
    TableError
        If a time of an activity cannot be read.
    """
    if not leavers:
        raise EstimationError(
            "differential harm: nobody is named as having left; give leavers.",
            sv="skillnad i skada: ingen är angiven som den som slutade; ange leavers.",
        )
    shown = session_timeline(activities, study=study).table
    shown = shown[(shown["session"] <= before.after_session) & shown["presenter"].notna() & (shown["minutes"] > 0)]
    left = shown["presenter"].str.split(r"[,;/&]").map(lambda names: any(n.strip() in leavers for n in names or []))
    rows = []
    for tool in sorted(set(before.changes["tool"])):
        own = shown["tool_demonstrated"] == tool
        minutes, theirs = (float(shown.loc[which, "minutes"].sum()) for which in (own, own & left.astype(bool)))
        part = theirs / minutes if minutes else np.nan
        rows.append(
            {
                "tool": tool,
                "minutes": minutes,
                "by_leavers": theirs,
                "share": part,
                "carried": part > share if minutes else pd.NA,
                "rests_on": merge_rows(shown.loc[own, "rests_on"]),
                "row_id": tool,
            }
        )
    names = {tool.id: tool.name for tool in study.tools}
    units = _carried_units(enrolment, before, leavers, attendance)
    return Carried(pd.DataFrame(rows), units, tuple(leavers), share, names, labels_of(study))


def _carried_units(
    enrolment: pd.DataFrame, before: BeforeAfter, leavers: Sequence[str], attendance: pd.DataFrame | None
) -> pd.DataFrame:
    said = enrolment.assign(source=source_rows(enrolment)).set_index("unit")
    supervisor, source = said["supervisor"].to_dict(), said["source"].to_dict()
    if attendance is not None:
        seen = attendance[(attendance["session"] <= before.after_session) & attendance["supervisor"].notna()]
        last = seen.assign(source=source_rows(seen)).sort_values("session").drop_duplicates("unit", keep="last")
        supervisor |= dict(zip(last["unit"], last["supervisor"], strict=True))
        source |= dict(zip(last["unit"], last["source"], strict=True))
    units = before.units["unit"].tolist()
    by = pd.Series([supervisor.get(unit) for unit in units], dtype="str")
    return pd.DataFrame(
        {
            "unit": units,
            "supervisor": by,
            "carried": by.isin(list(leavers)).astype("boolean").mask(by.isna()),
            "rests_on": as_tuples((source[unit],) if unit in source else () for unit in units),
        }
    )


def without_carrier(carried: Carried, lang: Language) -> str:
    """Count the units without a known supervisor; empty where there are none.

    Parameters
    ----------
    carried : Carried
        From `carried_by_leavers`.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One sentence.
    """
    unknown = int(carried.units["carried"].isna().sum())
    if not unknown:
        return ""
    return pick(
        lang,
        sv=f"{count_noun(unknown, 'enhet', 'enheter')} saknar känd handledare.",
        en=f"{count_noun(unknown, 'unit', 'units', lang='en')} have no known supervisor.",
    )
