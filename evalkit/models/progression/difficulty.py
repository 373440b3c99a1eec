"""How hard each tool was, by a cumulative-logit model with a random intercept per unit."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.models.levels import enrolled_units, merge_rows, tool_levels
from evalkit.models.progression.ordinal_mixed import OrdinalMixed, fit_ordinal_mixed
from evalkit.study import Study, Text
from evalkit.wording import Language, interval, join, number, percent, pick

__all__ = ["ToolDifficulty", "fit_tool_difficulty"]


_BOTH = ("difficulty", "difficulty_completed")


@dataclass(frozen=True, slots=True, eq=False)
class ToolDifficulty:
    """How hard each tool was at the same time since its introduction.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tool, the hardest first: tool, introduced, difficulty (logits above the mean tool; positive means lower
        levels), ci_low, ci_high, interval, separated, n, mean_level, difficulty_completed (the same among the units
        that completed; missing where the model cannot be fitted to them), rests_on and row_id.
    time : float
        Logits per session since a tool's introduction; missing where all were rated at the same time.
    n, n_units : int
        Assessments (one per unit, session and tool) and units.
    n_all : int
        Assessments before one rater per level was chosen.
    level : float
        Level of the intervals.
    names : dict of str to Text
        Names of the tools.
    unrated : tuple of str
        Declared tools that no unit was rated on, of which nothing can be said.
    n_completed : int
        Units that completed, of those rated.
    model : OrdinalMixed
        The fitted model.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    time: float
    n: int
    n_units: int
    n_all: int
    level: float
    names: dict[str, Text]
    unrated: tuple[str, ...]
    n_completed: int
    model: OrdinalMixed
    labels: Labels

    def name(self, tool: str, lang: Language) -> str:
        """Return the name of a tool."""
        return self.names[tool](lang) if tool in self.names else tool

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, share = self.labels.count(self.n_units, "unit", lang), percent(self.level, lang=lang)
        session, n = self.labels.noun("session", lang), number(self.n, lang=lang)
        return pick(
            lang,
            sv=f"Svårighet i logit mot medelverktyget, vid samma tid sedan den {session} som införde verktyget, med "
            f"{share} intervall. n = {n} bedömningar av {units}.",
            en=f"Difficulty in logits against the mean tool, at the same time since the {session} that introduced it, "
            f"with {share} intervals. n = {n} assessments of {units}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say which tools were hardest and what that cannot say."""
        hard = self.table[self.table["ci_low"] > 0]
        easy = self.table[self.table["ci_high"] < 0]
        parts = []
        for rows, word in (
            (hard, pick(lang, sv="Svårare än medelverktyget", en="Harder than the mean tool")),
            (easy, pick(lang, sv="Lättare", en="Easier")),
        ):
            if len(rows):
                named = [f"{self.name(row['tool'], lang)} ({_extent(row, lang)})" for row in rows.to_dict("records")]
                parts.append(f"{word}: {join(named, lang=lang)}.")
        if not parts:
            parts.append(
                pick(
                    lang,
                    sv="Inget verktyg kan sägas ha varit svårare eller lättare än medelverktyget.",
                    en="No tool can be said to have been harder or easier than the mean tool.",
                )
            )
        parts.append(self._completers(lang))
        if self.unrated:
            names = join([self.name(tool, lang) for tool in self.unrated], lang=lang)
            parts.append(
                pick(
                    lang, sv=f"{names}: ingen är bedömd, inget kan sägas.", en=f"{names}: nobody rated, nothing known."
                )
            )
        if self.table["separated"].any():
            parts.append(
                pick(
                    lang,
                    sv="För minst ett verktyg saknas ändlig skattning; bara den ena gränsen är känd.",
                    en="At least one tool has no finite estimate; only one limit is known.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Intervallen gäller ett verktyg i taget. Skillnaden kan bero på verktyget, på hur det lärdes ut "
                "eller på vad som samlades in om det; modellen skiljer dem inte åt.",
                en="The intervals hold for one tool at a time. A difference may lie in the tool, in how it was taught "
                "or in what was collected about it; the model does not tell them apart.",
            )
        )
        return " ".join(parts)

    def _completers(self, lang: Language) -> str:
        """Say whether those who completed alone give the same order."""
        if self.table["difficulty"].isna().any():
            return pick(
                lang,
                sv="Vilket verktyg som var svårast går inte att säga: några kan inte skiljas åt.",
                en="Which tool was hardest cannot be said: some cannot be told apart.",
            )
        beside = self.table.dropna(subset="difficulty_completed")
        n = self.labels.count(self.n_completed, "unit", lang)
        if beside.empty:
            return pick(
                lang,
                sv=f"För de {n} som fullföljde går modellen inte att skatta för sig.",
                en=f"For the {n} that completed the model cannot be fitted on its own.",
            )
        hardest = [self.name(str(beside["tool"].iloc[int(beside[c].argmax())]), lang) for c in _BOTH]
        if hardest[0] == hardest[1]:
            return pick(
                lang,
                sv=f"Svårast är {hardest[0]}, både för alla anmälda och för de {n} som fullföljde.",
                en=f"The hardest is {hardest[0]}, both for all enrolled and for the {n} that completed.",
            )
        return pick(
            lang,
            sv=f"Svårast är {hardest[0]} för alla anmälda men {hardest[1]} för de {n} som fullföljde.",
            en=f"The hardest is {hardest[0]} for all enrolled but {hardest[1]} for the {n} that completed.",
        )


def _extent(row: dict[Any, Any], lang: Language) -> str:
    """Write an estimate with its interval, or the only limit that is known."""
    low, high, estimate = row["ci_low"], row["ci_high"], row["difficulty"]
    if not isfinite(low):
        return pick(lang, sv="högst ", en="at most ") + number(high, 1, lang=lang)
    if not isfinite(high):
        return pick(lang, sv="minst ", en="at least ") + number(low, 1, lang=lang)
    return f"{number(estimate, 1, lang=lang)}; {interval(low, high, 1, lang=lang)}"


def fit_tool_difficulty(
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    *,
    study: Study,
    attendance: pd.DataFrame | None = None,
    nodes: int = 10,
    level: float = 0.95,
) -> ToolDifficulty:
    """Estimate how hard each tool was, at the same time since the session that introduced it.

    Where several raters judged a level, the one with the most assessments is used: the others are not further answers
    of the unit.

    Parameters
    ----------
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; all enrolled units enter with what they contributed.
    study : Study
        Its tools and scale.
    attendance : pandas.DataFrame, optional
        For the completion rule.
    nodes : int, default 10
        Quadrature points.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    ToolDifficulty
        One row per assessed tool.

    Raises
    ------
    EstimationError
        If fewer than two tools or two units were assessed, each tool was rated at one time only and not all at the
        same, or the data cannot carry the model.
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    enrolled = enrolled_units(enrolment, study=study, attendance=attendance).table
    known = assessments[assessments["level"].notna() & assessments["unit"].isin(enrolled["unit"])]
    answers = _answers(known, study)
    tools = _in_order(answers)
    columns = {f"tool{k}": tool for k, tool in enumerate(tools)}
    timed = _timed(answers)
    # Deviations from the mean tool leave one tool out; a second fit that leaves out another one gives its interval.
    fits = [
        _fit(answers, columns, left_out, timed=timed, nodes=nodes, level=level)
        for left_out in (list(columns)[-1], next(iter(columns)))
    ]
    found = pd.concat([fit.coefficients for fit in fits]).drop_duplicates("term").set_index("term")
    effects = found.loc[list(columns)].set_index(pd.Index(tools))
    completed = _of_completers(answers, enrolled, timed=timed, nodes=nodes)
    return ToolDifficulty(
        table=_tool_table(answers, effects, completed),
        time=float(found["estimate"]["time"]) if timed else nan,
        n=len(answers),
        n_units=fits[0].n_units,
        n_all=len(known),
        level=level,
        names={tool.id: tool.name for tool in study.tools},
        unrated=tuple(tool.id for tool in study.tools if tool.id not in tools),
        n_completed=int(enrolled.loc[enrolled["unit"].isin(answers["unit"]), "completed"].sum()),
        model=fits[0],
        labels=labels_of(study),
    )


def _answers(known: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return one answer per unit, session and tool, or refuse where there are not two tools and two units."""
    if known.empty:
        raise EstimationError(
            "tool difficulty: no level of an enrolled unit has been assessed; add assessments.",
            sv="verktygens svårighet: ingen anmäld enhets nivå är bedömd; lägg till bedömningar.",
        )
    answers = _one_rater(known, study)
    tools, units = answers["tool"].nunique(), answers["unit"].nunique()
    if tools < 2 or units < 2:
        raise EstimationError(
            f"tool difficulty: assessed were tools: {tools}, units: {units}; at least 2 of both are needed. Show the "
            "mean levels.",
            sv=f"verktygens svårighet: bedömda verktyg: {tools}, enheter: {units}; minst 2 av båda behövs. Visa "
            "medelnivåerna.",
        )
    return answers


def _in_order(answers: pd.DataFrame) -> list[str]:
    """List the tools as they first come."""
    return [str(tool) for tool in answers["tool"].unique()]


def _tool_table(answers: pd.DataFrame, effects: pd.DataFrame, completed: "pd.Series[float] | float") -> pd.DataFrame:
    """Turn each tool's effect on the levels into its difficulty, the hardest first."""
    seen = answers.groupby("tool").agg(
        introduced=("introduced", "first"),
        n=("level", "size"),
        mean_level=("level", "mean"),
        rests_on=("rests_on", merge_rows),
    )
    table = pd.DataFrame(
        {
            "tool": pd.Series(effects.index, index=effects.index, dtype="str"),
            "introduced": seen["introduced"],
            "difficulty": -effects["estimate"],
            "ci_low": -effects["ci_high"],
            "ci_high": -effects["ci_low"],
            "interval": effects["interval"],
            "separated": effects["separated"],
            "n": seen["n"],
            "mean_level": seen["mean_level"],
            "difficulty_completed": completed,
            "rests_on": seen["rests_on"],
        }
    ).sort_values("difficulty", ascending=False, ignore_index=True)
    return table.assign(row_id=row_ids(table, ["tool"]))


def _one_rater(known: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Keep one assessment per unit, session and tool: that of the rater with the most."""
    order = known["rater"].map(known["rater"].value_counts())
    ranked = known.assign(order=-order).sort_values(["order", "rater"], kind="stable")
    single = ranked.drop_duplicates(["unit", "session", "tool"]).drop(columns="order").sort_index()
    cells = tool_levels(single, study=study)
    cells["level"] = cells["level"].astype("int64")
    cells["time"] = (cells["session"] - cells["introduced"]).astype("float64")
    return cells


def _timed(answers: pd.DataFrame) -> bool:
    """Tell whether time since introduction can be told from the tools; refuse where it cannot and matters."""
    if len(set(answers["time"])) == 1:
        return False
    if answers.groupby("tool")["time"].nunique().max() == 1:
        raise EstimationError(
            "tool difficulty: each tool was rated at one time since its introduction only, and not all at the same; "
            "tool and time cannot be told apart. Show the mean levels, or rate in more sessions.",
            sv="verktygens svårighet: varje verktyg är bedömt vid en enda tid sedan det infördes, och inte alla vid "
            "samma; verktyg och tid går inte att skilja åt. Visa medelnivåerna, eller bedöm vid fler träffar.",
        )
    return True


def _fit(
    answers: pd.DataFrame, columns: dict[str, str], left_out: str, *, timed: bool, nodes: int, level: float = 0.95
) -> OrdinalMixed:
    terms = [*(["time"] if timed else []), *(name for name in columns if name != left_out)]
    table = _deviations(answers, columns, left_out)
    return fit_ordinal_mixed(table, outcome="level", fixed=terms, unit="unit", nodes=nodes, level=level)


def _of_completers(
    answers: pd.DataFrame, enrolled: pd.DataFrame, *, timed: bool, nodes: int
) -> "pd.Series[float] | float":
    """Return each tool's difficulty among the units that completed, or nothing where the model cannot be fitted."""
    own = answers[answers["unit"].isin(enrolled.loc[enrolled["completed"], "unit"])]
    tools = _in_order(own)
    if len(tools) < 2 or own["unit"].nunique() < 2:
        return nan
    columns = {f"tool{k}": tool for k, tool in enumerate(tools)}
    last = list(columns)[-1]
    try:
        fit = _fit(own, columns, last, timed=timed and len(set(own["time"])) > 1, nodes=nodes)
    except EstimationError:
        return nan
    found = fit.coefficients.set_index("term")["estimate"]
    ease = {columns[name]: float(found[name]) for name in columns if name != last}
    return -pd.Series(ease | {columns[last]: -sum(ease.values())}, dtype="float64")


def _deviations(answers: pd.DataFrame, columns: dict[str, str], left_out: str) -> pd.DataFrame:
    """Add a column per tool: 1 for it, −1 for the one left out."""
    table = answers[["unit", "level", "time", "rests_on"]].copy()
    last = (answers["tool"] == columns[left_out]).astype("float64")
    for name, tool in columns.items():
        if name != left_out:
            table[name] = (answers["tool"] == tool).astype("float64") - last
    return table
