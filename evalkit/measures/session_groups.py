"""Which units sat in which group with which supervisor, session by session, and who has met whom."""

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, gather, source_rows, unit_list
from evalkit.study import Study
from evalkit.wording import Language, number, percent, pick

if TYPE_CHECKING:
    import networkx

__all__ = ["SessionGroups", "session_groups"]


@dataclass(frozen=True, slots=True, eq=False)
class SessionGroups:
    """Groups and supervisors at the sessions.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit present and session: unit, session, group, supervisor (missing where not noted), persons,
        moved (whether the group is another than at the unit's last session with a known group), new_supervisor (the
        same of the supervisor), rests_on (rows of the register) and row_id.
    groups : pandas.DataFrame
        One row per session and group: session, group, units, persons, supervisors (a tuple), rests_on and row_id.
    met : pandas.DataFrame
        One row per pair of units that ever sat in one group: first, second, sessions (together), rests_on and row_id.
    units : int
        Units ever present with a known group.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    met: pd.DataFrame
    units: int
    labels: Labels

    def graph(self) -> "networkx.Graph[Any]":
        """Return who has sat with whom as a network.

        Returns
        -------
        networkx.Graph
            A node per unit, an edge per pair with the number of sessions together.
        """
        import networkx

        network: networkx.Graph[Any] = networkx.Graph()
        network.add_nodes_from(self.table["unit"].unique())
        network.add_weighted_edges_from(
            self.met[["first", "second", "sessions"]].itertuples(index=False, name=None), weight="sessions"
        )
        return network

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units = self.labels.count(self.table["unit"].nunique(), "unit", lang)
        sessions = self.labels.count(self.table["session"].nunique(), "session", lang)
        known = number(self.table["group"].notna().sum(), lang=lang)
        return pick(
            lang,
            sv=f"n = {units} på {sessions}; gruppen är känd i {known} av {number(len(self.table))} närvaror.",
            en=f"n = {units} at {sessions}; the group is known of {known} of {number(len(self.table), lang='en')} "
            "attendances.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the groups were made up and what that cannot say."""
        if self.groups.empty:
            return pick(lang, sv="Inga grupper är antecknade.", en="No groups have been recorded.")
        sizes = self.groups["units"]
        per_session = self.groups.groupby("session").size()
        possible = self.units * (self.units - 1) // 2
        moved = number(self.table["moved"].sum(), lang=lang)
        others = number(self.table["new_supervisor"].sum(), lang=lang)
        supervisors = number(self.table["supervisor"].nunique(), lang=lang)
        many, large = (_span(values.min(), values.max(), lang) for values in (per_session, sizes))
        noun, one = self.labels.noun("unit", lang, many=True), sizes.max() == 1
        each = self.labels.noun("unit", lang, many=not one)
        parts = [
            pick(
                lang,
                sv=f"Grupper åt gången: {many}, med {large} {each} i varje; {supervisors} handledare i allt. {moved} "
                f"byten av grupp och {others} av handledare.",
                en=f"Groups at a time: {many}, with {large} {each} in each; supervisors in all: {supervisors}. {moved} "
                f"changes of group and {others} of supervisor.",
            )
        ]
        if possible:
            share = percent(len(self.met) / possible, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"{share} av alla par av {noun} har någon gång suttit i samma grupp. Att ha suttit tillsammans "
                    "är ett tillfälle att lära av varandra, inte ett belägg för att man gjorde det.",
                    en=f"{share} of all pairs of {noun} have ever sat in one group. Having sat together is an "
                    "opportunity to learn from one another, no evidence that one did.",
                )
            )
        return " ".join(parts)


def session_groups(attendance: pd.DataFrame, *, study: Study | None = None) -> SessionGroups:
    """Tell who sat in which group at each session.

    Parameters
    ----------
    attendance : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; only units with anybody present count.
    study : Study, optional
        For names and the order of the units.

    Returns
    -------
    SessionGroups
        A unit without a noted group is there, but in none.
    """
    came = attendance[attendance["n_present"] > 0]
    place = {unit: number for number, unit in enumerate(unit_list(study, attendance["unit"]))}
    table = came[["unit", "session", "group", "supervisor"]].assign(
        persons=came["n_present"].astype("int64"), source=source_rows(came)
    )
    table = table.sort_values(["session", "unit"], key=lambda c: c.map(place) if c.name == "unit" else c)
    known = table[table["group"].notna()]
    changes = {"moved": _changed(table, "group"), "new_supervisor": _changed(table, "supervisor")}
    table = table.assign(
        **changes, rests_on=as_tuples(zip(table["source"], strict=True)).set_axis(table.index)
    ).reset_index(drop=True)
    table["row_id"] = row_ids(table, ["unit", "session"])
    groups = known.groupby(["session", "group"], as_index=False).agg(
        units=("unit", "nunique"),
        persons=("persons", "sum"),
        supervisors=("supervisor", lambda names: tuple(sorted(set(names.dropna())))),
        rests_on=("source", tuple),
    )
    groups["row_id"] = row_ids(groups, ["session", "group"])
    columns = ["unit", "session", "group", "supervisor", "persons", *changes, "rests_on", "row_id"]
    return SessionGroups(table[columns], groups, _met(known), known["unit"].nunique(), labels_of(study))


def _changed(table: pd.DataFrame, column: str) -> "pd.Series[bool]":
    """Tell where a unit has another value than the last one known of it."""
    known = table.loc[table[column].notna(), ["unit", column]]
    before = known.groupby("unit")[column].shift()
    return (before.notna() & (before != known[column])).reindex(table.index, fill_value=False)


def _span(low: int, high: int, lang: Language) -> str:
    ends = number(low, lang=lang), number(high, lang=lang)
    return ends[0] if low == high else "–".join(ends)


def _met(known: pd.DataFrame) -> pd.DataFrame:
    """Count the sessions that each pair of units sat in one group."""
    pairs: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for _, part in known.groupby(["session", "group"]):
        rows = part[["unit", "source"]].itertuples(index=False, name=None)
        for (first, one), (second, other) in combinations(rows, 2):
            pairs.setdefault((first, second), []).append((one, other))
    met = pd.DataFrame(
        {
            "first": pd.Series([first for first, _ in pairs], dtype="str"),
            "second": pd.Series([second for _, second in pairs], dtype="str"),
            "sessions": pd.Series([len(rows) for rows in pairs.values()], dtype="int64"),
            "rests_on": as_tuples(gather(rows) for rows in pairs.values()),
        }
    )
    met["row_id"] = row_ids(met, ["first", "second"])
    return met
