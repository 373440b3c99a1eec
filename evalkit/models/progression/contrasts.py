"""One contrast per unit, on which everything about growth rests, and its mean over units."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.inference import mean_t, sign_flip
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.levels import merge_rows
from evalkit.models.measured import measured
from evalkit.models.progression.paths import CONTRASTS, GROUPS, LearningPaths, leaving_unknown
from evalkit.wording import Language, interval, number, p_value, percent, pick

__all__ = ["Contrasts", "fit_contrasts"]


@dataclass(frozen=True, slots=True, eq=False)
class Contrasts:
    """One contrast per unit, and its mean over units.

    Attributes
    ----------
    table : pandas.DataFrame
        contrast ("slope", "half_difference"), who ("unit", "enrolled" or "completed"), unit (for "unit" rows),
        completed, n, estimate, sd, ci_low, ci_high, p_sign_flip, exact (whether all sign vectors were used), rests_on
        and row_id. In "unit" rows the interval is that of the unit's own slope (see `LearningPaths.units`) and p is
        missing; both are missing where fewer than two units have the contrast.
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
        parts = [*(self._about(who, lang) for who in GROUPS), self._risen(lang)]
        session = self.labels.noun("session", lang)
        covered, wrong = (measured(what, lang) for what in ("contrasts", "contrasts under shared shocks"))
        parts.append(
            pick(
                lang,
                sv="Avgör annat än slumpen vilka som lämnar, eller planar utvecklingen ut, har intervallen i "
                f"simuleringar täckt {covered} i stället för 95\u00a0%; planar den ut blir lutningen dessutom för "
                "brant, eftersom den som gått tidigt bara har det branta. En störning som drabbar alla i samma "
                f"{session} syns inte i intervallet: då har felrisken varit {wrong} i stället för 5\u00a0% (störningar "
                "på 0,15 steg). Utan "
                "jämförelsegrupp säger lutningen inte vad som orsakade den.",
                en="Where something other than chance decides who leaves, or growth levels off, the intervals covered "
                f"{covered} in simulations instead of 95%; where it levels off the slope is too steep as well, since "
                "those who left early have only its steep part. A shock shared by all in one "
                f"{session} is not in the interval: the risk of error has then been {wrong} instead of 5% "
                "(shocks of 0.15 steps). Without a "
                "comparison group the slope does not say what caused it.",
            )
        )
        if not self.leaving_known:
            parts.append(leaving_unknown(lang))
        return " ".join(parts)

    def _risen(self, lang: Language) -> str:
        """Say how many units' own intervals lie above zero."""
        units = self.table[(self.table["who"] == "unit") & (self.table["contrast"] == "slope")]
        known = units.dropna(subset="ci_low")
        if known.empty:
            return pick(
                lang,
                sv="Ingen enskild lutning har ett intervall: det kräver tre bedömda tillfällen.",
                en="No single slope has an interval: that takes three rated sessions.",
            )
        above, of = number((known["ci_low"] > 0).sum(), lang=lang), self.labels.count(len(known), "unit", lang)
        return pick(
            lang,
            sv=f"Hos {above} av {of} ligger hela det egna intervallet över noll; det räknar med att spridningen runt "
            "den egna linjen är lika stor hos alla.",
            en=f"In {above} of {of} the whole of the own interval lies above zero; it takes the scatter about the own "
            "line to be the same in all.",
        )

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
        raise EstimationError(
            "contrasts: levels were assessed in one session only; a change needs at least two.",
            sv="kontraster: nivåer är bedömda vid en enda träff; en förändring kräver minst två.",
        )
    having = int(paths.units["slope"].notna().sum())
    if having < 2:
        raise EstimationError(
            f"contrasts: units with levels in two sessions or more: {having}; at least 2 are needed. Show the paths.",
            sv=f"kontraster: enheter med nivåer vid två träffar eller fler: {having}; minst 2 behövs. Visa banorna.",
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
        row |= {"estimate": unit[contrast], "sd": np.nan, "p_sign_flip": np.nan, "exact": True}
        ends = (unit["slope_low"], unit["slope_high"]) if contrast == "slope" else (np.nan, np.nan)
        rows.append(row | {"ci_low": ends[0], "ci_high": ends[1], "rests_on": unit["rests_on"]})
    return rows


def _signed(value: float, lang: Language) -> str:
    return ("+" if value > 0 else "") + number(value, 2, lang=lang)
