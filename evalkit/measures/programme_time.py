"""How the time at the sessions was spent: explaining against the rest, who presented, and what changed on the way."""

from collections.abc import Collection
from dataclasses import dataclass
from math import nan

import pandas as pd

from evalkit.errors import TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, gather, session_list, source_rows, tool_names
from evalkit.study import Study, Text
from evalkit.wording import Language, count_noun, number, percent, pick

__all__ = ["EXPLAINS", "Adherence", "ExplanatoryShare", "SessionTimeline", "adherence", "explanatory_share"]
__all__ += ["session_timeline", "split_presenters"]

EXPLAINS = ("explanation", "föreläsning", "förklaring", "genomgång", "lecture", "presentation")
"""What an activity is called that explains, unless the study says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionTimeline:
    """The activities of each day.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per activity, in order: session, day, begin and stop (minutes after midnight; an activity without an
        end stops after its planned minutes, if those are given), minutes (held; missing where the end is not noted,
        0 where dropped), planned_minutes, activity, category (the activity's name before the first colon), explains,
        presenter, tool_demonstrated, status, reason, rests_on (rows of the register) and row_id.
    explains : tuple of str
        Categories that count as explaining.
    tools : dict of str to Text
        Names of the tools.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    explains: tuple[str, ...]
    tools: dict[str, Text]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        days = self.table[["session", "day"]].drop_duplicates()
        sessions = self.labels.count(days["session"].nunique(), "session", lang)
        return pick(
            lang,
            sv=f"n = {count_noun(len(self.table), 'aktivitet', 'aktiviteter')} på "
            f"{count_noun(len(days), 'dag', 'dagar')} ({sessions}).",
            en=f"n = {count_noun(len(self.table), 'activity', 'activities', lang='en')} on "
            f"{count_noun(len(days), 'day', 'days', lang='en')} ({sessions}).",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the days held and what the register cannot say."""
        if self.table.empty:
            return pick(lang, sv="Inga aktiviteter är antecknade.", en="No activities have been recorded.")
        unknown = int((self.table["minutes"].isna()).sum())
        text = ""
        if unknown:
            text = pick(
                lang,
                sv=f"För {count_noun(unknown, 'aktivitet', 'aktiviteter')} är sluttiden inte antecknad; de ritas som "
                "planerat. ",
                en=f"The end of {count_noun(unknown, 'activity', 'activities', lang='en')} is not noted; they are "
                "drawn as planned. ",
            )
        return text + pick(
            lang,
            sv="Registret säger vad som stod på programmet och hur länge, inte hur väl det gjordes.",
            en="The register tells what was on the programme and for how long, not how well it was done.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class ExplanatoryShare:
    """Share of the held minutes that explain, per session.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session: session, minutes (held), explaining, in_form (minutes that do not explain but are held in
        the form of a taught tool), share and form_share (of the held minutes; missing where there are none), activities
        (held), without_minutes (held, but the time is not noted), presenters (different ones), presenter_share (of the
        minutes with a presenter, those of the one who presented most), rests_on (rows of the register) and row_id.
    explains : tuple of str
        Categories that count as explaining.
    categories : tuple of str
        Those of the held activities, as they stand in the register.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    explains: tuple[str, ...]
    categories: tuple[str, ...]
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        minutes, activities = (number(self.table[c].sum(), lang=lang) for c in ("minutes", "activities"))
        explaining = ", ".join(self._explaining()) or "–"
        return pick(
            lang,
            sv=f"n = {minutes} hållna minuter i {activities} aktiviteter; som förklaring räknas: {explaining}.",
            en=f"n = {minutes} held minutes in {activities} activities; counted as explaining: {explaining}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the share went and what it cannot say."""
        held = self.table[self.table["minutes"] > 0]
        if held.empty:
            return pick(lang, sv="Ingen hållen tid är antecknad.", en="No held time has been recorded.")
        if not self._explaining():
            return pick(
                lang,
                sv="Ingen aktivitet har en kategori som räknas som förklaring; ange vilka som gör det.",
                en="No activity has a category that counts as explaining; say which do.",
            )
        total = percent(held["explaining"].sum() / held["minutes"].sum(), lang=lang)
        ends = [
            f"{percent(row['share'], lang=lang)} ({self.labels.group('session', row['session'], lang)})"
            for row in (held.iloc[0], held.iloc[-1])
        ]
        course = pick(lang, sv=f": {ends[0]} först och {ends[1]} sist", en=f": {ends[0]} first and {ends[1]} last")
        course = course if len(held) > 1 else ""
        parts = [
            pick(
                lang,
                sv=f"Förklaringar tog {total} av den hållna tiden{course}.",
                en=f"Explaining took {total} of the held time{course}.",
            )
        ]
        form = percent(held["in_form"].sum() / held["minutes"].sum(), lang=lang)
        parts.append(
            pick(
                lang,
                sv=f"{form} hölls i en form som hör till den modell som lärdes ut.",
                en=f"{form} was held in a form that belongs to the model taught.",
            )
        )
        if lacking := int(self.table["without_minutes"].sum()):
            parts.append(
                pick(
                    lang,
                    sv=f"För {count_noun(lacking, 'aktivitet', 'aktiviteter')} är tiden inte antecknad; de är "
                    "inte med.",
                    en=f"The time of {count_noun(lacking, 'activity', 'activities', lang='en')} is not noted; "
                    "left out.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Andelen säger vad tiden kallades i registret, inte om förklaringarna behövdes eller förstods.",
                en="The share tells what the time was called in the register, not whether the explaining was needed or "
                "understood.",
            )
        )
        return " ".join(parts)

    def _explaining(self) -> list[str]:
        return [category for category in self.categories if category.casefold() in self.explains]


@dataclass(frozen=True, slots=True, eq=False)
class Adherence:
    """What was held as planned and what was changed, per session.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session: session, activities, as_planned, swapped, added, dropped, changed (those three with a
        reason), without_reason (those three without), planned_minutes, held_minutes (missing where an end is not
        noted), accounted (share of the activities held as planned or changed for a recorded reason), rests_on (rows of
        the register) and row_id.
    changes : pandas.DataFrame
        One row per change: session, day, activity, status, reason (missing where not noted), rests_on and row_id.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the numbers rest on."""
        sessions = self.labels.count(len(self.table), "session", lang)
        total = int(self.table["activities"].sum())
        return pick(
            lang,
            sv=f"n = {count_noun(total, 'aktivitet', 'aktiviteter')} på {sessions}.",
            en=f"n = {count_noun(total, 'activity', 'activities', lang='en')} at {sessions}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how much was held as planned and what changed, and what that cannot say."""
        if self.table.empty:
            return pick(lang, sv="Inga aktiviteter är antecknade.", en="No activities have been recorded.")
        columns = ("activities", "as_planned", "changed", "without_reason")
        total, planned, changed, silent = (number(self.table[column].sum(), lang=lang) for column in columns)
        return pick(
            lang,
            sv=f"Av {total} aktiviteter hölls {planned} som planerat; {changed} byttes, lades till eller ströks av ett "
            f"antecknat skäl och {silent} utan. En antecknad ändring är en ändring, inte ett fel: siffran säger om "
            "programmet kan följas, inte om det blev bättre eller sämre.",
            en=f"Of {total} activities {planned} were held as planned; {changed} were swapped, added or dropped for a "
            f"recorded reason and {silent} without one. A recorded change is a change, not a fault: the number tells "
            "whether the programme can be followed, not whether it became better or worse.",
        )


def session_timeline(
    activities: pd.DataFrame, *, explains: Collection[str] = EXPLAINS, study: Study | None = None
) -> SessionTimeline:
    """Order the activities of each day in time.

    Parameters
    ----------
    activities : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; times as 9:00, 09:00 or 09.00.
    explains : collection of str, default `EXPLAINS`
        Categories that explain: the activity's name before the first colon, small or large letters.
    study : Study, optional
        For names.

    Returns
    -------
    SessionTimeline
        One row per activity.

    Raises
    ------
    TableError
        If a time cannot be read or an activity ends before it begins.
    """
    wanted = tuple(sorted({category.casefold().strip() for category in explains}))
    begin, end = (_minutes_of_day(activities, column) for column in ("start", "end"))
    backwards = end < begin
    if backwards.any():
        raise TableError(
            f"activities: row {activities.loc[backwards, 'source_row'].iloc[0]} ends before it begins. Correct the row."
        )
    dropped = activities["status"] == "dropped"
    category = activities["activity"].str.split(":", n=1).str[0].str.strip()
    table = activities[["session", "day"]].assign(
        begin=begin,
        stop=end.fillna(begin + activities["planned_minutes"]),
        minutes=(end - begin).mask(dropped, 0.0),
        planned_minutes=activities["planned_minutes"],
        activity=activities["activity"],
        category=category,
        explains=category.str.casefold().isin(wanted),
        **{column: activities[column] for column in ("presenter", "tool_demonstrated", "status", "reason")},
        rests_on=as_tuples(zip(source_rows(activities), strict=True)).set_axis(activities.index),
        row_id=row_ids(activities, ["session", "day", "start"]),
    )
    table = table.sort_values(["session", "day", "begin"], kind="stable", ignore_index=True)
    return SessionTimeline(table, wanted, tool_names(study), labels_of(study))


def explanatory_share(
    activities: pd.DataFrame, *, explains: Collection[str] = EXPLAINS, study: Study | None = None
) -> ExplanatoryShare:
    """Measure which share of the held programme minutes explains, and how many presented.

    Parameters
    ----------
    activities : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`. What was dropped was not held; what was swapped or added was.
    explains : collection of str, default `EXPLAINS`
        Categories that explain: the activity's name before the first colon, small or large letters.
    study : Study, optional
        Its sessions are there even without activities.

    Returns
    -------
    ExplanatoryShare
        One row per session.

    Raises
    ------
    TableError
        If a time cannot be read or an activity ends before it begins.
    """
    timeline = session_timeline(activities, explains=explains, study=study)
    held = timeline.table[timeline.table["status"] != "dropped"]
    rows = []
    for session in session_list(study, activities["session"]):
        part = held[held["session"] == session]
        minutes = part["minutes"].sum()
        explaining = part.loc[part["explains"], "minutes"].sum()
        in_form = part.loc[~part["explains"] & part["tool_demonstrated"].notna(), "minutes"].sum()
        presented = split_presenters(part).groupby("presenter")["minutes"].sum()
        rows.append(
            {
                "session": session,
                "minutes": minutes,
                "explaining": explaining,
                "in_form": in_form,
                "share": explaining / minutes if minutes else nan,
                "form_share": in_form / minutes if minutes else nan,
                "activities": len(part),
                "without_minutes": int(part["minutes"].isna().sum()),
                "presenters": len(presented),
                "presenter_share": presented.max() / presented.sum() if presented.sum() else nan,
                "rests_on": gather(part["rests_on"]),
            }
        )
    columns = ["session", "minutes", "explaining", "in_form", "share", "form_share", "activities", "without_minutes"]
    table = pd.DataFrame(rows, columns=[*columns, "presenters", "presenter_share", "rests_on"])
    table = table.astype({"session": "Int64"} | dict.fromkeys(columns[1:6], "float64"))
    table["row_id"] = row_ids(table, ["session"])
    categories = tuple(dict.fromkeys(held["category"]))
    return ExplanatoryShare(table, timeline.explains, categories, timeline.labels)


def adherence(activities: pd.DataFrame, *, study: Study | None = None) -> Adherence:
    """Count what was held as planned and what was changed, with and without a recorded reason.

    Parameters
    ----------
    activities : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study, optional
        For names.

    Returns
    -------
    Adherence
        One row per session that has activities.

    Raises
    ------
    TableError
        If a time cannot be read or an activity ends before it begins.
    """
    timeline = session_timeline(activities, study=study)
    status, reason = timeline.table["status"], timeline.table["reason"].notna()
    changed = status != "held"
    flags = {kind: (status == kind).astype("int64") for kind in ("swapped", "added", "dropped")}
    marked = timeline.table.assign(
        as_planned=(~changed).astype("int64"),
        **flags,
        changed=(changed & reason).astype("int64"),
        without_reason=(changed & ~reason).astype("int64"),
    )
    by_session = marked.groupby("session")
    counts = ["as_planned", "swapped", "added", "dropped", "changed", "without_reason"]
    table = by_session[counts].sum()
    table.insert(0, "activities", by_session.size())
    table["planned_minutes"] = by_session["planned_minutes"].sum()
    table["held_minutes"] = by_session["minutes"].agg(lambda minutes: minutes.sum(skipna=False))
    table["accounted"] = (table["as_planned"] + table["changed"]) / table["activities"]
    table["rests_on"] = by_session["rests_on"].agg(gather)
    table = table.reset_index()
    table["row_id"] = row_ids(table, ["session"])
    columns = ["session", "day", "activity", "status", "reason", "rests_on", "row_id"]
    changes = timeline.table.loc[changed, columns].reset_index(drop=True)
    return Adherence(table, changes, timeline.labels)


def _minutes_of_day(activities: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Read a clock time as minutes after midnight."""
    parts = activities[column].str.extract(r"^\s*(\d{1,2})[:.](\d{2})\s*$").astype("float64")
    minutes = 60 * parts[0] + parts[1]
    wrong = activities[column].notna() & ~((parts[0] < 24) & (parts[1] < 60))
    if wrong.any():
        raise TableError(
            f"activities: {column} in row {activities.loc[wrong, 'source_row'].iloc[0]} is not a time of day. "
            "Write it as 09:00."
        )
    return minutes


def split_presenters(held: pd.DataFrame) -> pd.DataFrame:
    """Give each presenter of an activity a row of their own.

    Parameters
    ----------
    held : pandas.DataFrame
        Activities with a column presenter, in which several are parted by a comma, semicolon, slash, & or +.

    Returns
    -------
    pandas.DataFrame
        One row per activity and presenter; activities without any are left out.
    """
    names = held["presenter"].str.split(r"[,;/&+]", regex=True)
    each = held.assign(presenter=names).explode("presenter").dropna(subset="presenter")
    each = each.assign(presenter=each["presenter"].astype("str").str.strip())
    return each[each["presenter"] != ""]
