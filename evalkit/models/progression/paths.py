"""The units' learning paths, and the one contrast per unit on which everything about growth rests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.inference import mean_t, sign_flip
from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples
from evalkit.models.levels import enrolled_units, merge_rows, session_levels, tool_levels
from evalkit.study import Scale, Study, Text
from evalkit.wording import Language, interval, join, number, p_value, percent, pick

__all__ = ["Contrasts", "LearningPaths", "fit_contrasts", "learning_paths"]

CONTRASTS = ("slope", "half_difference")
GROUPS = ("enrolled", "completed")


@dataclass(frozen=True, slots=True, eq=False)
class LearningPaths:
    """Mean level per unit and session.

    Attributes
    ----------
    table : pandas.DataFrame
        Per enrolled unit and session: unit, session, level (mean over the tools introduced by then; missing where
        nothing was assessed), n_tools, here (False once the unit had certainly left), completed, slope and
        half_difference (of the unit, repeated), rests_on and row_id.
    units : pandas.DataFrame
        Per enrolled unit: unit, completed, n_sessions (with a level), slope (least squares, steps per session),
        half_difference (mean of the second half of the sessions minus that of the first; the middle one of an odd
        number belongs to neither), rests_on.
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
            parts.append(_leaving_unknown(lang))
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


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """One contrast per unit, and its mean over units.

    Attributes
    ----------
    table : pandas.DataFrame
        contrast ("slope", "half_difference"), who ("unit", "enrolled" or "completed"), unit (for "unit" rows),
        completed, n, estimate, sd, ci_low, ci_high, p_sign_flip, exact (whether all sign vectors were used), rests_on
        and row_id. Intervals and p are missing in "unit" rows and where fewer than two units have the contrast.
    n_enrolled, n_completed : int
        Units.
    level : float
        Level of the intervals.
    method : str
        Name of the method.
    leaving_known : bool
        Whether there is an enrolment register.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    n_enrolled: int
    n_completed: int
    level: float
    method: str
    leaving_known: bool
    labels: Labels

    def group(self, contrast: str, who: str) -> dict[str, Any]:
        """Return the row of a group."""
        rows = self.table[(self.table["contrast"] == contrast) & (self.table["who"] == who)]
        return {str(key): value for key, value in rows.iloc[0].to_dict().items()}

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        row = self.group("slope", "enrolled")
        units = self.labels.count(self.n_enrolled, "unit", lang)
        share = percent(self.level, lang=lang)
        return pick(
            lang,
            sv=f"Ett kontrastvärde per {self.labels.noun('unit', lang)}; streck: medelvärde med {share} t-intervall "
            f"över dem. n = {units} anmälda, {row['n']} med lutning; {self.n_completed} fullföljde.",
            en=f"One contrast per {self.labels.noun('unit', lang)}; bars: mean with {share} t interval over them. "
            f"n = {units} enrolled, {row['n']} with a slope; {self.n_completed} completed.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how much the units changed and what that cannot say."""
        parts = [self._about(who, lang) for who in GROUPS]
        parts.append(
            pick(
                lang,
                sv="En störning som drabbar alla i samma "
                f"{self.labels.noun('session', lang)} syns inte i intervallet: då kan felrisken vara 13–31 % i stället "
                "för 5 %. Utan jämförelsegrupp säger lutningen inte vad som orsakade den.",
                en=f"A shock shared by all in one {self.labels.noun('session', lang)} is not in the interval: the risk "
                "of error can then be 13–31% instead of 5%. Without a comparison group the slope does not say what "
                "caused it.",
            )
        )
        if not self.leaving_known:
            parts.append(_leaving_unknown(lang))
        return " ".join(parts)

    def _about(self, who: str, lang: Language) -> str:
        row, half = self.group("slope", who), self.group("half_difference", who)
        group = {
            "enrolled": pick(lang, sv="Alla anmälda", en="All enrolled"),
            "completed": pick(lang, sv="De som fullföljde", en="Those who completed"),
        }[who]
        if row["n"] < 2:
            return pick(
                lang,
                sv=f"{group}: {row['n']} med lutning, för få för ett intervall.",
                en=f"{group}: {row['n']} with a slope, too few for an interval.",
            )
        session = self.labels.noun("session", lang)
        slope, limits = _signed(row["estimate"], lang), interval(row["ci_low"], row["ci_high"], lang=lang)
        share, p = percent(self.level, lang=lang), p_value(row["p_sign_flip"], lang=lang)
        text = pick(
            lang,
            sv=f"{group} (n = {row['n']}): i medeltal {slope} steg per {session} ({share} intervall {limits}; "
            f"teckenbyte {p})",
            en=f"{group} (n = {row['n']}): on average {slope} steps per {session} ({share} interval {limits}; sign "
            f"flip {p})",
        )
        if half["n"] >= 2:
            difference, limits = _signed(half["estimate"], lang), interval(half["ci_low"], half["ci_high"], lang=lang)
            text += pick(
                lang,
                sv=f", andra halvan minus första {difference} ({limits}; n = {half['n']})",
                en=f", second minus first half {difference} ({limits}; n = {half['n']})",
            )
        return f"{text}."


def learning_paths(
    assessments: pd.DataFrame, enrolment: pd.DataFrame, *, study: Study, attendance: pd.DataFrame | None = None
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
        raise EstimationError("learning paths: no level of an enrolled unit has been assessed; add assessments.")
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
    table = table.merge(units[["unit", *CONTRASTS]], on="unit")
    table["row_id"] = row_ids(table, ["unit", "session"])
    columns = ["unit", "session", "level", "n_tools", "here", "completed", *CONTRASTS, "rests_on", "row_id"]
    used = assessments[assessments["level"].notna() & assessments["unit"].isin(enrolled.table["unit"])]
    first = cells["session"].min()
    return LearningPaths(
        table=table[columns],
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
    )


def fit_contrasts(paths: LearningPaths, *, level: float = 0.95) -> Contrasts:
    """Estimate the mean contrast over units, with a t interval and an exact sign flip beside it.

    One number per unit carries everything that the unit's repeated levels share, so the interval needs no model of
    their correlation.

    Parameters
    ----------
    paths : LearningPaths
        From `learning_paths`.
    level : float, default 0.95
        Level of the intervals.

    Returns
    -------
    Contrasts
        The slope and the difference of halves, for all enrolled and for those who completed.

    Raises
    ------
    EstimationError
        If levels were assessed in one session only, or fewer than two units have a slope.

    References
    ----------
    Matthews, J. N. S. et al. (1990). Analysis of serial measurements in medical research. BMJ 300, 230–235.
    """
    seen = paths.table.loc[paths.table["level"].notna(), "session"].nunique()
    if seen < 2:
        raise EstimationError("contrasts: levels were assessed in one session only; a change needs at least two.")
    having = int(paths.units["slope"].notna().sum())
    if having < 2:
        raise EstimationError(
            f"contrasts: {having} units have levels in two sessions or more; at least 2 are needed. Show the paths."
        )
    rows = [row for contrast in CONTRASTS for row in _contrast_rows(paths, contrast, level)]
    table = pd.DataFrame(rows)
    table["row_id"] = row_ids(table, ["contrast", "who", "unit"])
    return Contrasts(
        table=table,
        n_enrolled=paths.n_enrolled,
        n_completed=paths.n_completed,
        level=level,
        method="t over units' contrasts; sign flip",
        leaving_known=paths.leaving_known,
        labels=paths.labels,
    )


def _unit_contrasts(unit: str, rows: pd.DataFrame, study: Study) -> dict[str, Any]:
    seen = rows[rows["level"].notna()]
    session, level = seen["session"].to_numpy(dtype=float), seen["level"].to_numpy(dtype=float)
    half = len(study.session_ids) // 2
    first, second = study.session_ids[:half], study.session_ids[len(study.session_ids) - half :]
    parts = [seen.loc[seen["session"].isin(half_), "level"] for half_ in (first, second)]
    both = all(len(part) for part in parts)
    centred = session - session.mean() if session.size else session
    return {
        "unit": unit,
        "completed": bool(rows["completed"].iloc[0]),
        "n_sessions": len(seen),
        "slope": float(centred @ level / (centred @ centred)) if session.size > 1 else np.nan,
        "half_difference": float(parts[1].mean() - parts[0].mean()) if both else np.nan,
        "rests_on": merge_rows(seen["rests_on"]),
    }


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


def _contrast_rows(paths: LearningPaths, contrast: str, level: float) -> list[dict[str, Any]]:
    units = paths.units[paths.units[contrast].notna()]
    rows: list[dict[str, Any]] = []
    for who, members in zip(GROUPS, (units, units[units["completed"]]), strict=True):
        row = {"contrast": contrast, "who": who, "unit": "", "completed": who == "completed", "n": len(members)}
        row |= dict.fromkeys(("estimate", "sd", "ci_low", "ci_high", "p_sign_flip"), np.nan) | {"exact": True}
        if len(members):
            row["estimate"] = float(members[contrast].mean())
        if len(members) > 1:
            mean, flip = mean_t(members[contrast], level=level), sign_flip(members[contrast], level=level)
            row |= {"sd": float(members[contrast].std()), "ci_low": mean.ci_low, "ci_high": mean.ci_high}
            row |= {"p_sign_flip": flip.p_value, "exact": flip.exact}
        rows.append(row | {"rests_on": merge_rows(members["rests_on"])})
    for unit in units.to_dict("records"):
        row = {"contrast": contrast, "who": "unit", "unit": unit["unit"], "completed": unit["completed"], "n": 1}
        row |= {"estimate": unit[contrast], "sd": np.nan, "ci_low": np.nan, "ci_high": np.nan, "p_sign_flip": np.nan}
        rows.append(row | {"exact": True, "rests_on": unit["rests_on"]})
    return rows


def _moved(paths: LearningPaths, lang: Language) -> str:
    """Say where both groups began and where they were last seen."""
    parts = []
    for group, name in zip(
        GROUPS,
        (
            pick(lang, sv="alla anmälda", en="all enrolled"),
            pick(lang, sv="de som fullföljde", en="those who completed"),
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
        parts.append(
            pick(
                lang,
                sv=f"{name} från {values[0]} vid {labels[0]} ({counts[0]}) till {values[1]} vid {labels[1]} "
                f"({counts[1]})",
                en=f"{name} from {values[0]} at {labels[0]} ({counts[0]}) to {values[1]} at {labels[1]} ({counts[1]})",
            )
        )
    return pick(lang, sv="Medelnivån gick för ", en="The mean level went, for ") + "; ".join(parts) + "."


def _leaving_unknown(lang: Language) -> str:
    return pick(
        lang,
        sv="Det finns inget anmälningsregister: vilka som lämnat är okänt, och alla räknas som fullföljande.",
        en="There is no enrolment register: who left is unknown, and all count as completing.",
    )


def _signed(value: float, lang: Language) -> str:
    return ("+" if value > 0 else "") + number(value, 2, lang=lang)
