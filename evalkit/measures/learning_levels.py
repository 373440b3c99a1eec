"""How far each unit has come in each tool at each session, by the levels that raters gave."""

from dataclasses import dataclass

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.rated_cells import introductions, rated_cells
from evalkit.measures.rater_reliability import RaterReliability, rater_reliability
from evalkit.measures.register_rows import (
    as_tuples,
    gather,
    leaving,
    name_of,
    presence,
    session_list,
    source_rows,
    tool_names,
    unit_list,
)
from evalkit.study import Scale, Study, Text
from evalkit.wording import Language, count_noun, number, pick

__all__ = ["LatestLevels", "LearningLevels", "learning_levels"]

_CELL = ["unit", "session", "tool"]


@dataclass(frozen=True, slots=True, eq=False)
class LatestLevels:
    """The last level that each unit was given in each tool.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit and tool: unit, tool, level (mean over raters; missing where never judged), session (of that
        level), state ("judged"; "cannot judge" where raters tried; else "gap"), left (whether the unit has left),
        rests_on (rows of the register) and row_id.
    scale : Scale
        Of the levels.
    tools : dict of str to Text
        Names of the tools.
    reliability : RaterReliability
        Of the levels of all sessions.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    scale: Scale
    tools: dict[str, Text]
    reliability: RaterReliability
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        judged, cells = ((self.table["state"] == "judged").sum(), len(self.table))
        raters = self.reliability.raters
        return pick(
            lang,
            sv=f"n = {number(judged)} av {number(cells)} rutor bedömda, av {number(raters)} bedömare.",
            en=f"n = {number(judged, lang='en')} of {number(cells, lang='en')} cells rated; "
            f"raters: {number(raters, lang='en')}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how far the units came and what that cannot say."""
        judged = self.table.dropna(subset="level")
        if judged.empty:
            return pick(lang, sv="Ingen nivå är bedömd.", en="No level has been rated.")
        parts = [*self._competent(judged, lang), self._lowest(judged, lang), self.reliability.sentence(lang)]
        parts.append(
            pick(
                lang,
                sv="Senaste nivån är olika gammal från ruta till ruta, och den som lämnat har kvar sin sista; nivån är "
                "bedömd kompetens, inte vad som införts på hemmaplan.",
                en="The latest level is not equally old in all cells, and those that left keep their last; the level "
                "is rated competence, not what has been introduced at home.",
            )
        )
        return " ".join(part for part in parts if part)

    def _competent(self, judged: pd.DataFrame, lang: Language) -> list[str]:
        goal = self.scale.competence
        if goal is None:
            return []
        reached, of = (number(n, lang=lang) for n in ((judged["level"] >= goal).sum(), len(judged)))
        label = self.scale.labels[goal - self.scale.minimum](lang)
        return [
            pick(
                lang,
                sv=f"I {reached} av {of} bedömda rutor är den senaste nivån minst {number(goal)} ({label}).",
                en=f"In {reached} of {of} rated cells the latest level is at least {number(goal, lang='en')} "
                f"({label}).",
            )
        ]

    def _lowest(self, judged: pd.DataFrame, lang: Language) -> str:
        means = judged.groupby("tool", sort=False)["level"].agg(["mean", "count"])
        if len(means) < 2:
            return ""
        tool = str(means["mean"].idxmin())
        name, mean = name_of(self.tools, tool, lang), number(means["mean"].min(), 1, lang=lang)
        units = self.labels.count(int(means["count"][tool]), "unit", lang)
        return pick(lang, sv=f"Lägst är {name} ({mean}; {units}).", en=f"Lowest is {name} ({mean}; {units}).")


@dataclass(frozen=True, slots=True, eq=False)
class LearningLevels:
    """Levels per unit, session and tool.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per unit, session and tool introduced by then: unit, session, tool, level (mean over raters; missing
        where there is none), raters (who gave it, a tuple), n_raters, cannot_judge (raters who could not), introduced
        (False where a level was given before the tool was taught), state, rests_on (rows of the register) and row_id.
        The state is "judged", "cannot judge", "gap", "may have left" or "left".
    sessions : pandas.DataFrame
        One row per unit and session: unit, session, level (mean over the tools introduced by then that have one),
        n_tools (those tools), n_introduced, rests_on and row_id.
    reliability : RaterReliability
        Between raters, within sessions.
    scale : Scale
        Of the levels.
    tools : dict of str to Text
        Names of the tools.
    left : tuple of str
        Units that have left, or may have.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    sessions: pd.DataFrame
    reliability: RaterReliability
    scale: Scale
    tools: dict[str, Text]
    left: tuple[str, ...]
    labels: Labels

    def latest(self) -> LatestLevels:
        """Keep the last level of each unit and tool.

        Returns
        -------
        LatestLevels
            One row per unit and tool.
        """
        ordered = self.table.sort_values("session", kind="stable")
        last = ordered[ordered["state"] == "judged"].groupby(["unit", "tool"]).tail(1)
        tried = ordered[ordered["state"] == "cannot judge"].groupby(["unit", "tool"]).tail(1)
        found = pd.concat([last, tried]).drop_duplicates(["unit", "tool"])
        grid = self.table[["unit", "tool"]].drop_duplicates()
        table = grid.merge(found[["unit", "tool", "level", "session", "state", "rests_on"]], how="left")
        tools = list(self.tools)
        table = table.assign(
            session=table["session"].where(table["state"] == "judged"),
            state=table["state"].fillna("gap"),
            left=table["unit"].isin(self.left),
            rests_on=as_tuples(table["rests_on"]),
            _place=[tools.index(tool) for tool in table["tool"]],
            _unit=pd.factorize(table["unit"])[0],
        )
        table = table.sort_values(["_unit", "_place"], ignore_index=True).drop(columns=["_unit", "_place"])
        table["row_id"] = row_ids(table, ["unit", "tool"])
        columns = ["unit", "tool", "level", "session", "state", "left", "rests_on", "row_id"]
        return LatestLevels(table[columns], self.scale, self.tools, self.reliability, self.labels)

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the numbers rest on."""
        judged, gaps, cannot = (self._count(state) for state in ("judged", "gap", "cannot judge"))
        raters = number(self.reliability.raters, lang=lang)
        return pick(
            lang,
            sv=f"n = {count_noun(judged, 'bedömd ruta', 'bedömda rutor')} ({self._grid(lang)}) av {raters} bedömare; "
            f"{number(gaps)} saknas, {number(cannot)} kunde inte bedömas.",
            en=f"n = {count_noun(judged, 'rated cell', 'rated cells', lang='en')} ({self._grid(lang)}), raters: "
            f"{raters}; {number(gaps, lang='en')} missing, {number(cannot, lang='en')} could not be judged.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the levels lie and what they cannot say."""
        if not self._count("judged"):
            return pick(lang, sv="Ingen nivå är bedömd.", en="No level has been rated.")
        limit = pick(
            lang,
            sv="Nivån är bedömd kompetens; den säger inte vad som införts på hemmaplan.",
            en="The level is rated competence; it does not tell what has been introduced at home.",
        )
        return " ".join([*self._course(lang), self.reliability.sentence(lang), limit])

    def _course(self, lang: Language) -> list[str]:
        """Say the first and last session's mean, which is no measure of change."""
        means = self.sessions.dropna(subset="level").groupby("session")["level"].agg(["mean", "count"])
        if len(means) < 2:
            return []
        first, last = (
            f"{number(mean, 1, lang=lang)} ({self.labels.group('session', session, lang)}; "
            f"{self.labels.count(int(count), 'unit', lang)})"
            for session, mean, count in means.iloc[[0, -1]].itertuples(name=None)
        )
        return [
            pick(
                lang,
                sv=f"Medelnivån går från {first} till {last}, men kommer av olika verktyg och enheter och är därför "
                "ingen mätning av förändring.",
                en=f"The mean level goes from {first} to {last}, but comes from different tools and units and is "
                "therefore no measure of change.",
            )
        ]

    def _count(self, state: str) -> int:
        return int((self.table["state"] == state).sum())

    def _grid(self, lang: Language) -> str:
        tool = pick(lang, sv="verktyg", en="tool")
        return f"{self.labels.noun('unit', lang)} × {self.labels.noun('session', lang)} × {tool}"


def learning_levels(
    assessments: pd.DataFrame,
    study: Study,
    *,
    enrolment: pd.DataFrame | None = None,
    until: int | None = None,
    min_cells: int = 10,
) -> LearningLevels:
    """Put the levels that raters gave into a grid of units, sessions and tools.

    Parameters
    ----------
    assessments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its tools, with the session that introduced each, and the scale of the levels.
    enrolment : pandas.DataFrame, optional
        Tells when units left, so that a gap is not taken for one.
    until : int, optional
        Last session to count; default all declared.
    min_cells : int, default 10
        Doubly rated cells under which reliability is unknown.

    Returns
    -------
    LearningLevels
        A level that is not there is missing, never zero.

    Raises
    ------
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    given = assessments if until is None else assessments[assessments["session"] <= until]
    rated = rated_cells(given, study)
    left = leaving(enrolment)
    table = _with_levels(_grid(given, study, until), given, rated)
    table["state"] = [
        _state(unit, int(session), raters, cannot, left)
        for unit, session, raters, cannot in table[["unit", "session", "n_raters", "cannot_judge"]].itertuples(
            index=False, name=None
        )
    ]
    table["row_id"] = row_ids(table, _CELL)
    labels = labels_of(study)
    return LearningLevels(
        table=table[
            [*_CELL, "level", "raters", "n_raters", "cannot_judge", "introduced", "state", "rests_on", "row_id"]
        ],
        sessions=_means(table),
        reliability=rater_reliability(given, labels=labels, min_cells=min_cells),
        scale=study.scales.level,
        tools=tool_names(study) or {tool: Text(sv=tool, en=tool) for tool in introductions(given, study)},
        left=tuple(unit for unit in dict.fromkeys(table["unit"]) if unit in left),
        labels=labels,
    )


def _grid(assessments: pd.DataFrame, study: Study, until: int | None) -> pd.DataFrame:
    """List every cell in which a tool had been introduced, and those that were judged before that."""
    sessions = [s for s in session_list(study, assessments["session"]) if until is None or s <= until]
    tools = introductions(assessments, study)
    found = set(assessments[_CELL].itertuples(index=False, name=None))
    cells = [
        (unit, session, tool, introduced <= session)
        for unit in unit_list(study, assessments["unit"])
        for session in sessions
        for tool, introduced in tools.items()
        if introduced <= session or (unit, session, tool) in found
    ]
    types = {"unit": "str", "session": "Int64", "tool": "str", "introduced": "bool"}
    return pd.DataFrame(cells, columns=[*_CELL, "introduced"]).astype(types)


def _with_levels(grid: pd.DataFrame, assessments: pd.DataFrame, rated: pd.DataFrame) -> pd.DataFrame:
    """Add the levels, who could not judge, and every row of the register about the cell."""
    given = assessments[_CELL].assign(source=source_rows(assessments))
    unable = given[assessments["level"].isna()].groupby(_CELL, sort=False).size().rename("cannot_judge")
    sources = given.groupby(_CELL, sort=False)["source"].agg(tuple).rename("rests_on")
    table = grid.merge(rated[[*_CELL, "level", "raters", "n_raters"]], on=_CELL, how="left")
    for part in (unable, sources):
        table = table.merge(part.reset_index(), on=_CELL, how="left")
    table[["n_raters", "cannot_judge"]] = table[["n_raters", "cannot_judge"]].fillna(0).astype("int64")
    return table.assign(
        level=table["level"].astype("float64"), raters=as_tuples(table["raters"]), rests_on=as_tuples(table["rests_on"])
    )


def _state(unit: str, session: int, raters: int, cannot: int, left: dict[str, tuple[int, int | None]]) -> str:
    if raters:
        return "judged"
    if cannot:
        return "cannot judge"
    there = presence(unit, session, left)
    return "gap" if there == "in" else there


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Average over the tools introduced by then."""
    taught = table[table["introduced"]]
    keys = ["unit", "session"]
    means = taught.groupby(keys, sort=False).agg(
        level=("level", "mean"),
        n_tools=("level", "count"),
        n_introduced=("tool", "count"),
        rests_on=("rests_on", gather),
    )
    means = means.reset_index()
    means["row_id"] = row_ids(means, keys)
    return means
