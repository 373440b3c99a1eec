"""The units' learning paths, and the contrasts that sum up each of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.levels import enrolled_units, merge_rows, session_levels, tool_levels
from evalkit.study import Scale, Study, Text
from evalkit.wording import Language, join, number, percent, pick

__all__ = ["CONTRASTS", "GROUPS", "LearningPaths", "learning_paths", "leaving_unknown"]

CONTRASTS = ("slope", "half_difference")
GROUPS = ("enrolled", "completed")


@dataclass(frozen=True, slots=True, eq=False)
class LearningPaths:
    """Mean level per unit and session.

    Attributes
    ----------
    table : pandas.DataFrame
        Per enrolled unit and session: unit, session, level (mean over the tools introduced by then; missing where
        nothing was assessed), n_tools, here (False once the unit had certainly left), completed, slope, slope_low,
        slope_high and half_difference (of the unit, repeated), rests_on and row_id.
    units : pandas.DataFrame
        Per enrolled unit: unit, completed, n_sessions (with a level), slope (least squares, steps per session),
        slope_low and slope_high (its interval: t with the scatter about the units' own lines pooled over all units, as
        one unit has too few sessions to tell it; missing where no unit has three sessions), half_difference (mean of
        the second half of the sessions minus that of the first; the middle one of an odd number belongs to neither)
        and rests_on.
    means : pandas.DataFrame
        Per group ("enrolled": all with what they contributed; "completed") and session: mean level and n.
    n_enrolled, n_completed, n_raters, n_assessments : int
        Units, raters and assessments used.
    leaving_known : bool
        Whether there is an enrolment register.
    later_tools : tuple of Text
        Names of the tools introduced after the first assessed session.
    share_assessed : float
        Share of the tools introduced by then that a level is known of, over units still there.
    scale : Scale
        The scale of the levels.
    labels : Labels
        Words for a reader.
    level : float
        Level of the units' intervals.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    means: pd.DataFrame
    n_enrolled: int
    n_completed: int
    n_raters: int
    n_assessments: int
    leaving_known: bool
    later_tools: tuple[Text, ...]
    share_assessed: float
    scale: Scale
    labels: Labels
    level: float

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units = self.labels.count(self.n_enrolled, "unit", lang)
        return pick(
            lang,
            sv=f"Medelnivå per {self.labels.noun('session', lang)} över de verktyg som införts dittills. "
            f"n = {units}, varav {self.n_completed} fullföljde; {number(self.n_assessments, lang=lang)} bedömningar.",
            en=f"Mean level per {self.labels.noun('session', lang)} over the tools introduced by then. "
            f"n = {units}, of whom {self.n_completed} completed; {number(self.n_assessments, lang=lang)} assessments.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the paths run and what they cannot say."""
        parts = [_moved(self, lang)]
        without = int((self.units["n_sessions"] == 0).sum())
        if without:
            units = self.labels.count(without, "unit", lang)
            parts.append(pick(lang, sv=f"{units} har ingen bedömning.", en=f"{units} have no assessment."))
        if self.later_tools:
            tools = join([name(lang) for name in self.later_tools], lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Nya verktyg ({tools}) kom in senare och håller tillbaka medelvärdet när de införs.",
                    en=f"New tools ({tools}) came in later and hold the mean back when they are introduced.",
                )
            )
        if self.share_assessed < 0.9:
            share = percent(self.share_assessed, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"Bara {share} av de införda verktygen är bedömda: vilka det råkar vara färgar medelvärdet.",
                    en=f"Only {share} of the tools introduced are assessed: which ones they happen to be colours the "
                    "mean.",
                )
            )
        if self.n_raters < 2:
            parts.append(
                pick(lang, sv="En enda bedömare: reliabiliteten är okänd.", en="One rater only: reliability unknown.")
            )
        if not self.leaving_known:
            parts.append(leaving_unknown(lang))
        parts.append(
            pick(
                lang,
                sv="Kurvorna beskriver bedömd kompetens; de säger inte vad som införts på hemmaplan eller vad som "
                "orsakade förändringen.",
                en="The paths describe assessed competence; they do not say what was introduced at home or what "
                "caused the change.",
            )
        )
        return " ".join(parts)


def learning_paths(
    assessments: pd.DataFrame,
    enrolment: pd.DataFrame,
    *,
    study: Study,
    attendance: pd.DataFrame | None = None,
    level: float = 0.95,
) -> LearningPaths:
    """Compute each unit's path: its mean level per session over the tools introduced by then.

    Parameters
    ----------
    assessments, enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`. Several raters of one level are averaged.
    study : Study
        Its sessions, tools, scale and completion rule.
    attendance : pandas.DataFrame, optional
        For the completion rule.
    level : float, default 0.95
        Level of the intervals of the units' slopes.

    Returns
    -------
    LearningPaths
        All enrolled units with what they contributed, and who completed.

    Raises
    ------
    EstimationError
        If no level has been assessed.
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    enrolled = enrolled_units(enrolment, study=study, attendance=attendance)
    cells = tool_levels(assessments, study=study)
    cells = cells[cells["unit"].isin(enrolled.table["unit"])]
    if cells.empty:
        raise EstimationError(
            "learning paths: no level of an enrolled unit has been assessed; add assessments.",
            sv="lärandebanor: ingen anmäld enhets nivå är bedömd; lägg till bedömningar.",
        )
    sessions = sorted({*study.session_ids, *cells["session"]})
    grid = pd.MultiIndex.from_product([enrolled.table["unit"], sessions], names=["unit", "session"]).to_frame(
        index=False
    )
    table = grid.merge(session_levels(cells), on=["unit", "session"], how="left")
    table = table.merge(enrolled.table[["unit", "latest", "completed"]], on="unit")
    table["n_tools"] = table["n_tools"].fillna(0).astype("int64")
    table["here"] = ~(table["session"] >= table["latest"])
    table["rests_on"] = as_tuples(table["rests_on"])
    units = pd.DataFrame([_unit_contrasts(str(unit), rows, study) for unit, rows in table.groupby("unit", sort=False)])
    units = _with_slope_intervals(units, level)
    table = table.merge(units[["unit", *CONTRASTS, "slope_low", "slope_high"]], on="unit")
    table["row_id"] = row_ids(table, ["unit", "session"])
    columns = ["unit", "session", "level", "n_tools", "here", "completed", *CONTRASTS, "slope_low", "slope_high"]
    used = assessments[assessments["level"].notna() & assessments["unit"].isin(enrolled.table["unit"])]
    first = cells["session"].min()
    return LearningPaths(
        table=table[[*columns, "rests_on", "row_id"]],
        units=units,
        means=_means(table),
        n_enrolled=len(units),
        n_completed=int(units["completed"].sum()),
        n_raters=used["rater"].nunique(),
        n_assessments=int(cells["n_raters"].sum()),
        leaving_known=enrolled.known,
        later_tools=tuple(tool.name for tool in study.tools if tool.introduced > first),
        share_assessed=_share_assessed(table, study),
        scale=study.scales.level,
        labels=labels_of(study),
        level=level,
    )


def _unit_contrasts(unit: str, rows: pd.DataFrame, study: Study) -> dict[str, Any]:
    seen = rows[rows["level"].notna()]
    session, level = seen["session"].to_numpy(dtype=float), seen["level"].to_numpy(dtype=float)
    half = len(study.session_ids) // 2
    first, second = study.session_ids[:half], study.session_ids[len(study.session_ids) - half :]
    parts = [seen.loc[seen["session"].isin(half_), "level"] for half_ in (first, second)]
    both = all(len(part) for part in parts)
    centred = session - session.mean() if session.size else session
    slope = float(centred @ level / (centred @ centred)) if session.size > 1 else np.nan
    return {
        "unit": unit,
        "completed": bool(rows["completed"].iloc[0]),
        "n_sessions": len(seen),
        "slope": slope,
        "spread": float(centred @ centred),
        "residual": float(((level - level.mean() - slope * centred) ** 2).sum()) if session.size > 2 else 0.0,
        "half_difference": float(parts[1].mean() - parts[0].mean()) if both else np.nan,
        "rests_on": merge_rows(seen["rests_on"]),
    }


def _with_slope_intervals(units: pd.DataFrame, level: float) -> pd.DataFrame:
    """Add an interval to each slope, with one residual variance for all units."""
    from scipy.special import stdtrit

    df = int((units["n_sessions"] - 2).clip(lower=0).sum())
    arm = np.full(len(units), np.nan)
    if df and units["residual"].sum() > 0:
        error = np.sqrt(units["residual"].sum() / df / units["spread"].where(units["spread"] > 0))
        arm = float(stdtrit(df, (1 + level) / 2)) * error
    bounded = units.assign(slope_low=units["slope"] - arm, slope_high=units["slope"] + arm)
    columns = ["unit", "completed", "n_sessions", "slope", "slope_low", "slope_high", "half_difference", "rests_on"]
    return bounded[columns]


def _means(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean path of all enrolled and of those who completed."""
    seen = table[table["level"].notna()]
    parts = [
        rows.groupby("session", as_index=False).agg(level=("level", "mean"), n=("unit", "size")).assign(group=group)
        for group, rows in zip(GROUPS, (seen, seen[seen["completed"]]), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[["group", "session", "level", "n"]]


def _share_assessed(table: pd.DataFrame, study: Study) -> float:
    here = table[table["here"] & (table["session"] >= 1)]
    introduced = [sum(tool.introduced <= session for tool in study.tools) for session in here["session"]]
    return float(here["n_tools"].sum() / sum(introduced)) if sum(introduced) else 1.0


def _moved(paths: LearningPaths, lang: Language) -> str:
    """Say where both groups began and where they were last seen."""
    parts = []
    for group, name in zip(
        GROUPS,
        (
            pick(lang, sv="för alla anmälda", en="for all enrolled"),
            pick(lang, sv="för dem som fullföljde", en="for those who completed"),
        ),
        strict=True,
    ):
        rows = paths.means[paths.means["group"] == group]
        if rows.empty:
            parts.append(pick(lang, sv=f"{name}: inga nivåer", en=f"{name}: no levels"))
            continue
        start, end = rows.iloc[0], rows.iloc[-1]
        labels = [paths.labels.group("session", row["session"], lang) for row in (start, end)]
        values = [number(row["level"], 1, lang=lang) for row in (start, end)]
        counts = [f"n = {row['n']}" for row in (start, end)]
        if len(rows) == 1:
            at = pick(lang, sv="vid", en="at")
            parts.append(f"{name}{pick(lang, sv='', en=',')} {values[0]} {at} {labels[0]} ({counts[0]})")
            continue
        parts.append(
            pick(
                lang,
                sv=f"{name} från {values[0]} vid {labels[0]} ({counts[0]}) till {values[1]} vid {labels[1]} "
                f"({counts[1]})",
                en=f"{name}, from {values[0]} at {labels[0]} ({counts[0]}) to {values[1]} at {labels[1]} ({counts[1]})",
            )
        )
    once = len(set(paths.means["session"])) == 1
    began = pick(lang, sv="Medelnivån gick ", en="The mean level went, ")
    began = pick(lang, sv="Medelnivån var ", en="The mean level was, ") if once else began
    return began + "; ".join(parts) + "."


def leaving_unknown(lang: Language) -> str:
    """Say that nobody knows who left.

    Parameters
    ----------
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        One sentence.
    """
    return pick(
        lang,
        sv="Det finns inget anmälningsregister: vilka som lämnat är okänt, och alla räknas som fullföljande.",
        en="There is no enrolment register: who left is unknown, and all count as completing.",
    )
