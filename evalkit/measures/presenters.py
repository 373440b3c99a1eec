"""Who held the sessions: minutes per presenter, how evenly they were shared, and who was new."""

from dataclasses import dataclass
from math import nan

import pandas as pd

from evalkit.measures.placement import Labels, row_ids
from evalkit.measures.programme_time import session_timeline, split_presenters
from evalkit.measures.register_rows import gather
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, percent, pick

__all__ = ["Presenters", "presenters"]


@dataclass(frozen=True, slots=True, eq=False)
class Presenters:
    """Minutes per session and presenter.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per session and presenter that held anything: session, presenter, minutes (held; those who present
        together each get them all), explaining (minutes of these that explain), activities, tools (demonstrated,
        different ones), new (whether the presenter held nothing in an earlier session), rests_on (rows of the
        register) and row_id.
    sessions : pandas.DataFrame
        One row per session with presenters: session, presenters, effective (1 / Σ p² of their shares of the minutes:
        the number of equally busy presenters that would be as diverse; missing without minutes), new, rests_on and
        row_id.
    without : int
        Held activities without a presenter.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    sessions: pd.DataFrame
    without: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        minutes, who = number(self.table["minutes"].sum(), lang=lang), self.table["presenter"].nunique()
        text = pick(
            lang,
            sv=f"n = {minutes} minuter av {count_noun(who, 'presentatör', 'presentatörer')}; den som håller i något "
            "med andra får alla minuterna.",
            en=f"n = {minutes} minutes by {count_noun(who, 'presenter', 'presenters', lang='en')}; those who present "
            "together each get all the minutes.",
        )
        if not self.without:
            return text
        return text + pick(
            lang,
            sv=f" {count_noun(self.without, 'aktivitet', 'aktiviteter')} utan antecknad presentatör är inte med.",
            en=f" {count_noun(self.without, 'activity', 'activities', lang='en')} without a presenter left out.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the presenting was shared and what that cannot say."""
        known = self.sessions.dropna(subset="effective")
        if self.table.empty:
            return pick(lang, sv="Ingen presentatör är antecknad.", en="No presenter has been recorded.")
        if known.empty:
            who = self.table["presenter"].nunique()
            return pick(
                lang,
                sv=f"{count_noun(who, 'presentatör', 'presentatörer')} höll i något, men tiden är inte antecknad: hur "
                "de delade på den kan inte sägas.",
                en=f"{count_noun(who, 'presenter', 'presenters', lang='en')} held something, but the time is not "
                "noted: how they shared it cannot be said.",
            )
        ends = [
            f"{number(row['presenters'], lang=lang)} ({self.labels.group('session', row['session'], lang)}; "
            + pick(lang, sv="motsvarar ", en="equals ")
            + number(row["effective"], 1, lang=lang)
            + pick(lang, sv=" jämnt delande)", en=" sharing evenly)")
            for row in known.iloc[[0, -1]].to_dict("records")
        ]
        by_person = self.table.groupby("presenter")["minutes"].sum()
        most = percent(by_person.max() / by_person.sum(), lang=lang)
        course = pick(
            lang,
            sv=f"Antalet som höll i något gick från {ends[0]} till {ends[1]}.",
            en=f"The number of presenters went from {ends[0]} to {ends[1]}.",
        )
        if len(known) == 1:
            course = pick(lang, sv=f"Antal som höll i något: {ends[0]}.", en=f"Number of presenters: {ends[0]}.")
        return course + pick(
            lang,
            sv=f" Den som höll i mest hade {most} av alla presentatörers minuter. Fler som håller i säger att ansvaret "
            "spreds, inte hur väl det gjordes.",
            en=f" The busiest had {most} of all presenters' minutes. More presenters tell that the task was shared, "
            "not how well it was done.",
        )


def presenters(activities: pd.DataFrame, *, study: Study | None = None) -> Presenters:
    """Measure who held the sessions, and how diverse the presenters were.

    Parameters
    ----------
    activities : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; several presenters of one activity are parted by a comma, semicolon, slash, & or
        +. What was dropped was not held.
    study : Study, optional
        For names.

    Returns
    -------
    Presenters
        In the order of the sessions.

    Raises
    ------
    TableError
        If a time cannot be read or an activity ends before it begins.

    References
    ----------
    Jost, L. (2006). Entropy and diversity. Oikos 113, 363–375.
    """
    timeline = session_timeline(activities, study=study)
    held = timeline.table[timeline.table["status"] != "dropped"]
    each = split_presenters(held)
    each = each.assign(told=each["minutes"].where(each["explains"], 0.0))
    keys = ["session", "presenter"]
    table = each.groupby(keys, as_index=False).agg(
        minutes=("minutes", "sum"),
        explaining=("told", "sum"),
        activities=("row_id", "size"),
        tools=("tool_demonstrated", "nunique"),
        rests_on=("rests_on", gather),
    )
    first = table.groupby("presenter")["session"].transform("min")
    table.insert(6, "new", table["session"] == first)
    table["row_id"] = row_ids(table, keys)
    return Presenters(
        table=table,
        sessions=_sessions(table),
        without=len(held) - each["row_id"].nunique(),
        labels=timeline.labels,
    )


def _sessions(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for session, part in table.groupby("session"):
        total = part["minutes"].sum()
        shares = part["minutes"] / total if total else part["minutes"]
        rows.append(
            {
                "session": session,
                "presenters": len(part),
                "effective": 1 / float((shares**2).sum()) if total else nan,
                "new": int(part["new"].sum()),
                "rests_on": gather(part["rests_on"]),
            }
        )
    sessions = pd.DataFrame(rows, columns=["session", "presenters", "effective", "new", "rests_on"])
    sessions = sessions.astype({"session": "Int64", "effective": "float64"})
    sessions["row_id"] = row_ids(sessions, ["session"])
    return sessions
