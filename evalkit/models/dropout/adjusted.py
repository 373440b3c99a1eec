"""Several predictors tried at once: p adjusted for having looked at them all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError
from evalkit.inference import all_labellings
from evalkit.measures.placement import Labels
from evalkit.models.dropout.exact_tests import ALPHA
from evalkit.models.dropout.predictor import Predictor, judgement_name, not_acquitted
from evalkit.models.levels import merge_rows
from evalkit.models.survival import log_rank_statistics
from evalkit.wording import Language, count_noun, join, number, p_value, pick

MOST_LABELLINGS = 200_000

__all__ = ["AdjustedPredictors", "adjust_predictors", "westfall_young"]


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedPredictors:
    """Predictors of leaving with p adjusted for their number.

    Attributes
    ----------
    table : pandas.DataFrame
        Per predictor, the smallest p first: what, statistic (log-rank chi-square), p (exact where all
        labellings can be listed), p_adjusted (Westfall–Young, step-down), rests_on and row_id.
    untested : tuple of str
        Predictors without a test, which cannot be adjusted.
    n, n_left, n_arrangements : int
        Units judged in all of them, leavers among these, and permutations.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    untested: tuple[str, ...]
    n: int
    n_left: int
    n_arrangements: int
    labels: Labels

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the table rests on."""
        units, count = self.labels.count(self.n, "unit", lang), number(self.n_arrangements, lang=lang)
        one, many = pick(lang, sv="bedömning", en="judgement"), pick(lang, sv="bedömningar", en="judgements")
        tried = count_noun(len(self.table), one, many, lang=lang)
        if len(self.table) == 1:
            return pick(
                lang,
                sv=f"{tried} prövad ({count} permutationer). n = {units}, {self.n_left} lämnade.",
                en=f"{tried} tried ({count} permutations). n = {units}, {self.n_left} left.",
            )
        return pick(
            lang,
            sv=f"{tried} prövade tillsammans (Westfall–Young, {count} permutationer). n = {units}, "
            f"{self.n_left} lämnade.",
            en=f"{tried} tried together (Westfall–Young, {count} permutations). n = {units}, {self.n_left} left.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say what is left after the adjustment and what it cannot say."""
        said = "; ".join(
            f"{judgement_name(str(row['what']), lang)} {p_value(row['p_adjusted'], lang=lang)}"
            for row in self.table.to_dict("records")
        )
        intro = pick(lang, sv="Justerat för att alla prövats", en="Adjusted for all being tried")
        if len(self.table) == 1:
            intro = pick(
                lang, sv="En enda kunde prövas, så p är ojusterat", en="Only one could be tried, so p is as it is"
            )
        parts = [f"{intro}: {said}."]
        if self.untested:
            names = join([judgement_name(what, lang) for what in self.untested], lang=lang)
            parts.append(pick(lang, sv=f"Utan test: {names}.", en=f"Without a test: {names}."))
        if self.table["p_adjusted"].min() > ALPHA:
            parts.append(not_acquitted(lang))
        parts.append(
            pick(
                lang,
                sv="Bedömningar som övervägts och lagts undan är inte medräknade.",
                en="Judgements that were considered and put aside are not counted.",
            )
        )
        return " ".join(parts)


def adjust_predictors(predictors: Sequence[Predictor], *, n_random: int = 9_999, seed: int = 0) -> AdjustedPredictors:
    """Adjust the p of several predictors for having tried them all.

    The units' leaving is permuted as a whole, so that what the predictors share stays as it is.

    Parameters
    ----------
    predictors : sequence of Predictor
        From `dropout_predictor`, of the same units; those without a test are named and left out.
    n_random : int, default 9999
        Random permutations.
    seed : int, default 0
        Seed of the permutations.

    Returns
    -------
    AdjustedPredictors
        One row per predictor with a test.

    Raises
    ------
    EstimationError
        If no predictor has a test, or hardly any unit is judged in all of them.

    References
    ----------
    Westfall, P. H. & Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley. Algorithm 2.8 (step-down minP).
    """
    tested = [predictor for predictor in predictors if predictor.tested]
    if not tested:
        raise EstimationError(
            "predictors: none of them has a test; there is nothing to adjust.",
            sv="prediktorer: ingen av dem har något test; det finns inget att justera.",
        )
    judged = [p.table[p.table["value"].notna()].set_index("unit") for p in tested]
    units = [unit for unit in judged[0].index if all(unit in table.index for table in judged)]
    judged = [table.loc[units] for table in judged]
    times, left = judged[0]["time"].to_numpy(dtype=float), judged[0]["left"].to_numpy(dtype=bool)
    values = [table["value"].to_numpy(dtype=bool) for table in judged]
    if not left.any() or left.all() or any(value.all() or not value.any() for value in values):
        raise EstimationError(
            f"predictors: among the {len(units)} units judged in all of them some group is empty; adjust fewer at "
            "once.",
            sv=f"prediktorer: bland de {len(units)} enheter som bedömts i alla är någon grupp tom; justera färre åt "
            "gången.",
        )
    statistics, p, adjusted = westfall_young(times, left, values, n_random=n_random, seed=seed)
    table = pd.DataFrame(
        {
            "what": pd.Series([predictor.what for predictor in tested], dtype="str"),
            "statistic": statistics,
            "p": p,
            "p_adjusted": adjusted,
            "rests_on": [merge_rows(rows["rests_on"]) for rows in judged],
        }
    ).sort_values("p", kind="stable", ignore_index=True)
    table["row_id"] = table["what"]
    return AdjustedPredictors(
        table=table,
        untested=tuple(predictor.what for predictor in predictors if not predictor.tested),
        n=len(units),
        n_left=int(left.sum()),
        n_arrangements=n_random + 1,
        labels=tested[0].labels,
    )


def westfall_young(
    times: ArrayLike, left: ArrayLike, values: Sequence[NDArray[np.bool_]], *, n_random: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute log-rank statistics, their permutation p and the adjusted p of several judgements of the same units.

    Parameters
    ----------
    times, left : array_like
        When each unit left or was last seen, and whether it left.
    values : sequence of numpy.ndarray of bool
        Per judgement, which units have it.
    n_random : int
        Random permutations.
    seed : int
        Seed of the permutations.

    Returns
    -------
    tuple of numpy.ndarray
        Statistics, p and adjusted p, one of each per judgement.
    """
    rng, n = np.random.default_rng(seed), len(values[0])
    orders = np.vstack([np.arange(n), rng.permuted(np.tile(np.arange(n), (n_random, 1)), axis=1)])
    statistics = np.column_stack([log_rank_statistics(times, left, value[orders]) for value in values])
    p = np.column_stack([_permutation_p(statistics[:, k], times, left, value) for k, value in enumerate(values)])
    return statistics[0], p[0], _step_down(p)


def _permutation_p(
    statistics: NDArray[np.float64], times: ArrayLike, left: ArrayLike, value: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return, per permutation, the share of labellings with a statistic at least as large.

    All labellings are used where that is possible: p of two judgements that are equal must not differ by chance, since
    the adjustment compares them.
    """
    known = statistics
    if math.comb(value.size, int(value.sum())) <= MOST_LABELLINGS:
        known = log_rank_statistics(times, left, all_labellings(value.size, int(value.sum())))
    ordered = np.sort(np.round(known, 9))  # equal statistics must stay equal whatever the order they were summed in
    return 1 - np.searchsorted(ordered, np.round(statistics, 9), side="left") / ordered.size


def _step_down(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return adjusted p: the share of permutations whose smallest p, over this and all larger ones, is as small."""
    order = np.argsort(p[0], kind="stable")
    adjusted = np.empty(order.size)
    highest = 0.0
    for place, k in enumerate(order):
        smallest = p[:, order[place:]].min(axis=1)
        # Never below the p itself, which is exact where the permutations are a random few.
        highest = max(highest, float(p[0, k]), float((smallest <= p[0, k] + 1e-12).mean()))
        adjusted[k] = highest
    return adjusted
