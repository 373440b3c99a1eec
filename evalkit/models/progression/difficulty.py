"""How hard each tool was, by a cumulative-logit model with a random intercept per unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.errors import EstimationError, TableError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.models.levels import enrolled_units, merge_rows, tool_levels
from evalkit.models.ordinal import OrdinalFit, fit_cumulative_logit
from evalkit.study import Study, Text
from evalkit.wording import Language, interval, join, number, percent, pick

__all__ = ["OrdinalMixed", "ToolDifficulty", "fit_ordinal_mixed", "fit_tool_difficulty"]


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalMixed:
    """A cumulative-logit model with a random intercept per unit.

    Attributes
    ----------
    coefficients : pandas.DataFrame
        Per term: term, estimate (logits; positive means higher levels), se, ci_low, ci_high, interval, separated,
        rests_on and row_id.
    thresholds : pandas.DataFrame
        Per pair of neighbouring levels: threshold, estimate, se, ci_low, ci_high, separated.
    sd : float
        Standard deviation of the units' intercepts.
    loglik : float
        Maximised log likelihood.
    n, n_units : int
        Answers and units.
    level : float
        Level of the intervals.
    unit_terms : tuple of str
        Terms that are constant within every unit.
    fit : OrdinalFit
        All that the engine knows.
    method : str
        Name of the method.
    """

    coefficients: pd.DataFrame
    thresholds: pd.DataFrame
    sd: float
    loglik: float
    n: int
    n_units: int
    level: float
    unit_terms: tuple[str, ...]
    fit: OrdinalFit
    method: str

    @property
    def table(self) -> pd.DataFrame:
        """The coefficients."""
        return self.coefficients

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the coefficients rest on."""
        share, n, units = percent(self.level, lang=lang), number(self.n, lang=lang), number(self.n_units, lang=lang)
        return pick(
            lang,
            sv=f"Kumulativ logitmodell med slumpmässig nivå per enhet; {share} intervall. n = {n} svar av {units} "
            "enheter.",
            en=f"Cumulative-logit model with a random intercept per unit; {share} intervals. n = {n} answers by "
            f"{units} units.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what the coefficients are and what they cannot say."""
        terms = "; ".join(
            f"{row['term']} {number(row['estimate'], 2, lang=lang)} "
            f"({interval(row['ci_low'], row['ci_high'], lang=lang)})"
            for row in self.coefficients.to_dict("records")
        )
        parts = [pick(lang, sv=f"Logit per term: {terms}.", en=f"Logits per term: {terms}.")]
        if self.fit.separated:
            names = join(list(self.fit.separated), lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Separation: {names} saknar ändlig skattning; bara den ena gränsen är känd.",
                    en=f"Separation: {names} have no finite estimate; only one limit is known.",
                )
            )
        if self.unit_terms:
            names = join(list(self.unit_terms), lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"{names} skiljer sig bara mellan enheter: sådana intervall har i simuleringar täckt 86–91 % i "
                    "stället för 95 %.",
                    en=f"{names} differ between units only: such intervals covered 86–91% in simulations instead of "
                    "95%.",
                )
            )
        parts.append(
            pick(
                lang,
                sv="Modellen beskriver; för förändring över tid gäller kontrasten per enhet, inte modellens trend.",
                en="The model describes; for change over time the contrast per unit holds, not the model's trend.",
            )
        )
        return " ".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class ToolDifficulty:
    """How hard each tool was at the same time since its introduction.

    Attributes
    ----------
    table : pandas.DataFrame
        Per tool, the hardest first: tool, introduced, difficulty (logits above the mean tool; positive means lower
        levels), ci_low, ci_high, interval, separated, n, mean_level, rests_on and row_id.
    time : float
        Logits per session since a tool's introduction.
    n, n_units : int
        Assessments (one per unit, session and tool) and units.
    n_all : int
        Assessments before one rater per level was chosen.
    level : float
        Level of the intervals.
    names : dict of str to Text
        Names of the tools.
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
                named = [
                    f"{self.name(row['tool'], lang)} ({number(row['difficulty'], 1, lang=lang)}; "
                    f"{interval(row['ci_low'], row['ci_high'], 1, lang=lang)})"
                    for row in rows.to_dict("records")
                ]
                parts.append(f"{word}: {join(named, lang=lang)}.")
        if not parts:
            parts.append(
                pick(
                    lang,
                    sv="Inget verktyg kan sägas ha varit svårare eller lättare än medelverktyget.",
                    en="No tool can be said to have been harder or easier than the mean tool.",
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


def fit_ordinal_mixed(
    table: pd.DataFrame, *, outcome: str, fixed: Sequence[str], unit: str, nodes: int = 10, level: float = 0.95
) -> OrdinalMixed:
    """Fit a cumulative-logit model with a random intercept per unit.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per answer. A column `rests_on` of keys is carried into the result.
    outcome : str
        Column of the ordered levels.
    fixed : sequence of str
        Columns of the terms. Numbers and truth values enter as they are; texts and categories as one term per value
        but the first, named "column[value]".
    unit : str
        Column of the unit whose answers belong together.
    nodes : int, default 10
        Quadrature points.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    OrdinalMixed
        Coefficients, thresholds and what to know about them.

    Raises
    ------
    TableError
        If a column is missing.
    EstimationError
        If the data cannot carry the model.

    References
    ----------
    Hedeker, D. & Gibbons, R. D. (2006). Longitudinal Data Analysis, chapter 10. Wiley.
    """
    lacking = [name for name in (outcome, *fixed, unit) if name not in table]
    if lacking:
        raise TableError(f"ordinal model: the table has no column '{lacking[0]}'; give the names of its columns.")
    x = pd.DataFrame(index=table.index)
    for name in fixed:
        x = pd.concat([x, _terms(table[name])], axis=1)
    fit = fit_cumulative_logit(table[outcome], x, table[unit], nodes=nodes, level=level)
    within = x - x.groupby(table[unit]).transform("first")
    constant = [str(term) for term in x.columns if not within[term].any()]
    coefficients = fit.coefficients.copy()
    keys = merge_rows(table["rests_on"]) if "rests_on" in table else ()
    coefficients["rests_on"] = [keys] * len(coefficients)
    coefficients["row_id"] = row_ids(coefficients, ["term"])
    return OrdinalMixed(
        coefficients=coefficients,
        thresholds=fit.thresholds,
        sd=fit.sd,
        loglik=fit.loglik,
        n=fit.n,
        n_units=fit.n_units,
        level=level,
        unit_terms=tuple(constant),
        fit=fit,
        method=fit.method,
    )


def fit_tool_difficulty(
    assessments: pd.DataFrame, enrolment: pd.DataFrame, *, study: Study, nodes: int = 10, level: float = 0.95
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
        If fewer than two tools or two units were assessed, or the data cannot carry the model.
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    units = enrolled_units(enrolment, study=study).table["unit"]
    known = assessments[assessments["level"].notna() & assessments["unit"].isin(units)]
    if known.empty:
        raise EstimationError("tool difficulty: no level of an enrolled unit has been assessed; add assessments.")
    answers = _one_rater(known, study)
    tools = sorted(answers["tool"].unique(), key=list(answers["tool"]).index)
    if len(tools) < 2 or answers["unit"].nunique() < 2:
        raise EstimationError(
            f"tool difficulty: {len(tools)} tools of {answers['unit'].nunique()} units were assessed; at least 2 of "
            "both are needed. Show the mean levels."
        )
    columns = {f"tool{k}": tool for k, tool in enumerate(tools)}
    # Deviations from the mean tool leave one tool out; a second fit that leaves out another one gives its interval.
    fits = [
        fit_ordinal_mixed(
            _deviations(answers, columns, left_out), outcome="level", fixed=terms, unit="unit", nodes=nodes, level=level
        )
        for left_out in (list(columns)[-1], next(iter(columns)))
        for terms in [["time", *(name for name in columns if name != left_out)]]
    ]
    found = pd.concat([fit.coefficients for fit in fits]).drop_duplicates("term").set_index("term")
    seen = answers.groupby("tool").agg(
        introduced=("introduced", "first"),
        n=("level", "size"),
        mean_level=("level", "mean"),
        rests_on=("rests_on", merge_rows),
    )
    effect = found.loc[list(columns), ["estimate", "ci_low", "ci_high", "interval", "separated"]].set_index(
        pd.Index(tools)
    )
    table = pd.DataFrame(
        {
            "tool": pd.Series(tools, index=tools, dtype="str"),
            "introduced": seen["introduced"],
            "difficulty": -effect["estimate"],
            "ci_low": -effect["ci_high"],
            "ci_high": -effect["ci_low"],
            "interval": effect["interval"],
            "separated": effect["separated"],
            "n": seen["n"],
            "mean_level": seen["mean_level"],
            "rests_on": seen["rests_on"],
        }
    ).sort_values("difficulty", ascending=False, ignore_index=True)
    table["row_id"] = row_ids(table, ["tool"])
    return ToolDifficulty(
        table=table,
        time=float(found["estimate"]["time"]),
        n=len(answers),
        n_units=fits[0].n_units,
        n_all=len(known),
        level=level,
        names={tool.id: tool.name for tool in study.tools},
        model=fits[0],
        labels=labels_of(study),
    )


def _terms(column: "pd.Series[Any]") -> pd.DataFrame:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64").to_frame()
    values = list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else sorted(column.unique())
    return pd.DataFrame({f"{column.name}[{value}]": (column == value).astype("float64") for value in values[1:]})


def _one_rater(known: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Keep one assessment per unit, session and tool: that of the rater with the most."""
    order = known["rater"].map(known["rater"].value_counts())
    ranked = known.assign(order=-order).sort_values(["order", "rater"], kind="stable")
    single = ranked.drop_duplicates(["unit", "session", "tool"]).drop(columns="order").sort_index()
    cells = tool_levels(single, study=study)
    cells["level"] = cells["level"].astype("int64")
    cells["time"] = (cells["session"] - cells["introduced"]).astype("float64")
    return cells


def _deviations(answers: pd.DataFrame, columns: dict[str, str], left_out: str) -> pd.DataFrame:
    """Add a column per tool: 1 for it, −1 for the one left out."""
    table = answers[["unit", "level", "time", "rests_on"]].copy()
    last = (answers["tool"] == columns[left_out]).astype("float64")
    for name, tool in columns.items():
        if name != left_out:
            table[name] = (answers["tool"] == tool).astype("float64") - last
    return table
