"""Descriptions of trend that assume no scale: overlap of the earlier and the later levels, and Page's statistic."""

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.progression.paths import LearningPaths
from evalkit.wording import Language, number, pick

__all__ = ["PathTrends", "nonoverlap", "path_trends"]


@dataclass(frozen=True, slots=True, eq=False)
class PathTrends:
    """How each unit's levels are ordered in time.

    Attributes
    ----------
    table : pandas.DataFrame
        Per enrolled unit: unit, completed, n_first, n_second (sessions with a level in each phase), nap (share of pairs
        of a later and an earlier session in which the later level is higher, ties ½; missing without both), tau
        (2 nap − 1), rho (Spearman's correlation of level and session; missing under three sessions or without
        variation), rests_on and row_id.
    split : int
        Last session of the first phase.
    page : float
        Page's L over the units with a level in every assessed session; missing where fewer than two are so, or fewer
        than three sessions were assessed.
    page_expected, page_most : float
        Its value without any trend, and if all units rose without a tie.
    n_page, n_sessions : int
        Those units and sessions.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    split: int
    page: float
    page_expected: float
    page_most: float
    n_page: int
    n_sessions: int
    labels: Labels

    @property
    def n(self) -> int:
        """Units with a level in both phases."""
        return int(self.table["nap"].notna().sum())

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units, of = self.labels.count(self.n, "unit", lang), number(len(self.table), lang=lang)
        last = self.labels.group("session", self.split, lang)
        return pick(
            lang,
            sv=f"NAP: andel par av en senare och en tidigare nivå där den senare är högre (lika = ½); gränsen går "
            f"efter {last}. n = {units} av {of} anmälda.",
            en=f"NAP: share of pairs of a later and an earlier level in which the later is higher (tie = ½); parted "
            f"after {last}. n = {units} of {of} enrolled.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how the levels are ordered and what that cannot say."""
        known = self.table.dropna(subset="nap")
        one = number((known["nap"] == 1).sum(), lang=lang)
        low, of = number((known["nap"] <= 0.5).sum(), lang=lang), self.labels.count(len(known), "unit", lang)
        without = number(len(self.table) - len(known), lang=lang)
        parts = [
            pick(
                lang,
                sv=f"Hos {one} av {of} är varje senare nivå högre än varje tidigare; hos {low} är de inte högre alls. "
                f"{without} har inte nivåer i båda faserna.",
                en=f"In {one} of {of} every later level is above every earlier one; in {low} they are no higher at "
                f"all. {without} have no levels in both phases.",
            ),
            self._page(lang),
            pick(
                lang,
                sv="Måtten beskriver ordningen och prövas inte: nivåer som följer på varandra är beroende, och Pages "
                "test förkastar då 9–16 % i stället för 5 %. De säger inte hur stort steget är.",
                en="The measures describe the order and are not tested: levels that follow one another depend on each "
                "other, and Page's test then rejects 9–16% instead of 5%. They do not tell how large the step is.",
            ),
        ]
        return " ".join(parts)

    def _page(self, lang: Language) -> str:
        if np.isnan(self.page):
            return pick(
                lang,
                sv="Pages L går inte att räkna: det kräver två som bedömts vid alla av minst tre tillfällen.",
                en="Page's L cannot be computed: it takes two units rated at all of at least three sessions.",
            )
        value, none, most = (number(value, 1, lang=lang) for value in (self.page, self.page_expected, self.page_most))
        units = self.labels.count(self.n_page, "unit", lang)
        return pick(
            lang,
            sv=f"Pages L är {value} för de {units} som bedömts varje gång (utan trend {none}, som mest {most}).",
            en=f"Page's L is {value} for the {units} rated every time (without a trend {none}, at most {most}).",
        )


def nonoverlap(first: ArrayLike, second: ArrayLike) -> tuple[float, float]:
    """Compute the nonoverlap of all pairs of a first and a second phase, and Tau.

    Parameters
    ----------
    first, second : array_like of float
        Values of each phase.

    Returns
    -------
    tuple of float
        NAP, the share of pairs in which the second phase's value is higher, ties counting ½; and Tau = 2 NAP − 1.

    Raises
    ------
    EstimationError
        If a phase has no values, or a value is missing.

    References
    ----------
    Parker, R. I. & Vannest, K. (2009). An improved effect size for single-case research: nonoverlap of all pairs.
    Behavior Therapy 40, 357–367.

    Examples
    --------
    >>> nap, tau = nonoverlap([20, 20, 26, 25, 22, 23], [28, 25, 24, 27, 30, 30, 29])
    >>> round(nap, 4)
    0.9167
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if not a.size or not b.size or np.isnan(a).any() or np.isnan(b).any():
        raise EstimationError(
            f"nonoverlap: {a.size} and {b.size} values; both phases need values, none missing.",
            sv=f"NAP: {a.size} och {b.size} värden; båda faserna behöver värden, inget får saknas.",
        )
    signs = np.sign(b[None, :] - a[:, None])
    return float((signs.mean() + 1) / 2), float(signs.mean())


def path_trends(paths: LearningPaths, *, split: int | None = None) -> PathTrends:
    """Describe how each unit's levels are ordered in time.

    Parameters
    ----------
    paths : LearningPaths
        From `learning_paths`.
    split : int, optional
        Last session of the first phase; default half of the assessed sessions, the middle one of an odd number in the
        first.

    Returns
    -------
    PathTrends
        One row per enrolled unit.

    Raises
    ------
    EstimationError
        If levels were assessed in one session only, or no assessed session lies on one side of the split.

    References
    ----------
    Parker, R. I. & Vannest, K. (2009). An improved effect size for single-case research: nonoverlap of all pairs.
    Behavior Therapy 40, 357–367.

    Page, E. B. (1963). Ordered hypotheses for multiple treatments: a significance test for linear ranks. JASA 58,
    216–230.
    """
    seen = paths.table[paths.table["level"].notna()]
    sessions = sorted(int(session) for session in set(seen["session"]))
    if len(sessions) < 2:
        raise EstimationError(
            "trends: levels were assessed in one session only; an order needs at least two.",
            sv="ordning: nivåer är bedömda vid en enda träff; en ordning kräver minst två.",
        )
    last = sessions[(len(sessions) - 1) // 2] if split is None else split
    if not sessions[0] <= last < sessions[-1]:
        raise EstimationError(
            f"trends: no assessed session on one side of session {last}; choose one from {sessions[0]} to "
            f"{sessions[-2]}.",
            sv=f"ordning: ingen bedömd träff på ena sidan om träff {last}; välj en från {sessions[0]} till "
            f"{sessions[-2]}.",
        )
    by_unit = dict(iter(seen.groupby("unit")))
    rows = [_row(unit, by_unit.get(unit["unit"], seen.iloc[:0]), last) for unit in paths.units.to_dict("records")]
    table = pd.DataFrame(rows)
    table["row_id"] = row_ids(table, ["unit"])
    return PathTrends(table=table, split=last, labels=paths.labels, n_sessions=len(sessions), **_page(seen, sessions))


def _row(unit: dict[Any, Any], seen: pd.DataFrame, last: int) -> dict[str, Any]:
    early = seen["session"] <= last
    first, second = seen.loc[early, "level"], seen.loc[~early, "level"]
    nap, tau = nonoverlap(first, second) if len(first) and len(second) else (nan, nan)
    varies = len(seen) > 2 and len(set(seen["level"])) > 1
    rho = float(seen["session"].astype("float64").rank().corr(seen["level"].rank())) if varies else nan
    return {
        "unit": unit["unit"],
        "completed": unit["completed"],
        "n_first": len(first),
        "n_second": len(second),
        "nap": nap,
        "tau": tau,
        "rho": rho,
        "rests_on": unit["rests_on"],
    }


def _page(seen: pd.DataFrame, sessions: list[int]) -> dict[str, Any]:
    """Return Page's L of the units with a level in every assessed session."""
    from scipy.stats import page_trend_test

    wide = seen.pivot_table(index="unit", columns="session", values="level")[sessions].dropna()
    m, k = wide.shape
    missing = {"page": nan, "page_expected": nan, "page_most": nan, "n_page": m}
    if m < 2 or k < 3:
        return missing
    statistic = float(page_trend_test(wide.to_numpy(dtype=float), method="asymptotic").statistic)
    expected, most = m * k * (k + 1) ** 2 / 4, m * k * (k + 1) * (2 * k + 1) / 6
    return {"page": statistic, "page_expected": expected, "page_most": most, "n_page": m}
