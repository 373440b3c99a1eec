"""Coefficients of agreement, by the names the field gives them.

Krippendorff's alpha comes from the package krippendorff and Fleiss' kappa from statsmodels; intraclass correlations
are pingouin's (see `evalkit.measures.rater_reliability`).
"""

from math import nan
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.typing import ArrayLike

from evalkit.errors import EstimationError

__all__ = ["cohen_kappa", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha", "scott_pi"]


def krippendorff_alpha(ratings: pd.DataFrame, *, level: Literal["nominal", "ordinal", "interval"] = "nominal") -> float:
    """Compute Krippendorff's alpha.

    Parameters
    ----------
    ratings : pandas.DataFrame
        One row per rated unit, one column per coder, missing where the coder did not rate. Texts are nominal; numbers
        or ordered categories can be compared by order.
    level : {"nominal", "ordinal", "interval"}, default "nominal"
        How far apart two values lie.

    Returns
    -------
    float
        1 for agreement, 0 for what chance gives; missing where there is nothing to compare or nothing varies.

    Raises
    ------
    EstimationError
        If texts without an order are to be compared by order.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.

    Castro, S. (2017). Fast Krippendorff: fast computation of Krippendorff's alpha agreement measure (software).
    """
    import krippendorff

    values = _numbers(ratings, level)
    pairable = values[:, (~np.isnan(values)).sum(axis=0) >= 2]
    given = pairable[~np.isnan(pairable)]
    if given.size == 0 or given.min() == given.max():
        return nan
    return float(krippendorff.alpha(values, level_of_measurement=level))


def cohen_kappa(table: ArrayLike) -> float:
    """Compute Cohen's kappa of two coders.

    Parameters
    ----------
    table : array_like of float, shape (n_categories, n_categories)
        Units by the first coder's category (rows) and the second's (columns).

    Returns
    -------
    float
        Missing where both coders always chose the same single category.

    Raises
    ------
    EstimationError
        If the table is not square, or holds no units.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20,
    37–46.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]), 2)
    0.4
    """
    shares = _shares(table, "cohen_kappa")
    return _beyond(float(np.trace(shares)), float(shares.sum(axis=1) @ shares.sum(axis=0)))


def scott_pi(table: ArrayLike) -> float:
    """Compute Scott's pi of two coders: kappa with the chance of coders who share one distribution.

    Parameters
    ----------
    table : array_like of float, shape (n_categories, n_categories)
        Units by the first coder's category (rows) and the second's (columns).

    Returns
    -------
    float
        Missing where both coders always chose the same single category.

    Raises
    ------
    EstimationError
        If the table is not square, or holds no units.

    References
    ----------
    Scott, W. A. (1955). Reliability of content analysis: the case of nominal scale coding. Public Opinion Quarterly
    19, 321–325.
    """
    shares = _shares(table, "scott_pi")
    common = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    return _beyond(float(np.trace(shares)), float(common @ common))


def fleiss_kappa(counts: ArrayLike) -> float:
    """Compute Fleiss' kappa.

    Parameters
    ----------
    counts : array_like of int, shape (n_units, n_categories)
        How many coders put each unit into each category; as many coders for every unit, at least two.

    Returns
    -------
    float
        Missing where all coders always chose the same single category.

    Raises
    ------
    EstimationError
        If there are no units, or not as many coders for each.

    References
    ----------
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76, 378–382.
    """
    from statsmodels.stats.inter_rater import fleiss_kappa as of_statsmodels

    table = _counts(counts, "fleiss_kappa")
    raters = table.sum(axis=1)
    if raters.min() != raters.max() or raters.min() < 2:
        raise EstimationError(
            f"fleiss_kappa: from {raters.min():g} to {raters.max():g} coders a unit; it needs the same number, two or "
            "more, for every unit. Use krippendorff_alpha where some are missing.",
            sv=f"fleiss_kappa: från {raters.min():g} till {raters.max():g} kodare per enhet; den kräver lika många, "
            "minst två, för varje enhet. Använd krippendorff_alpha där några saknas.",
        )
    return nan if (table.sum(axis=0) > 0).sum() == 1 else float(of_statsmodels(table))


def gwet_ac1(counts: ArrayLike) -> float:
    """Compute Gwet's AC1.

    It calls agreement on a rare category's absence agreement: two coders who put a code with prevalence 2 % on
    segments independently of each other reach .96. It belongs in an appendix.

    Parameters
    ----------
    counts : array_like of int, shape (n_units, n_categories)
        How many coders put each unit into each category; units may have different numbers of coders. Categories that
        nobody used count too.

    Returns
    -------
    float
        Missing where no unit has two coders.

    Raises
    ------
    EstimationError
        If there are no units, or only one category.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British
    Journal of Mathematical and Statistical Psychology 61, 29–48.
    """
    table = _counts(counts, "gwet_ac1")
    table = table[table.sum(axis=1) > 0]
    raters = table.sum(axis=1)
    several = raters >= 2
    if table.shape[1] < 2:
        raise EstimationError(
            "gwet_ac1: one category; give a column for every category that could be chosen.",
            sv="gwet_ac1: en enda kategori; ange en kolumn för varje kategori som kunde ha valts.",
        )
    if not several.any():
        return nan
    met = (table * (table - 1)).sum(axis=1)[several] / (raters * (raters - 1))[several]
    share = (table / raters[:, None]).mean(axis=0)
    return _beyond(float(met.mean()), float((share * (1 - share)).sum()) / (table.shape[1] - 1))


def _numbers(ratings: pd.DataFrame, level: str) -> npt.NDArray[np.float64]:
    """Return coders × units as numbers, missing as NaN."""
    if all(pd.api.types.is_numeric_dtype(kind) for kind in ratings.dtypes):
        return ratings.to_numpy(dtype=np.float64, na_value=np.nan).T
    stacked = pd.concat([ratings[column] for column in ratings])
    categories = pd.Categorical(stacked)
    if level != "nominal" and not categories.ordered:
        raise EstimationError(
            f"krippendorff_alpha: level '{level}' needs numbers or one ordered categorical type in every column.",
            sv=f"krippendorff_alpha: skalnivån ”{level}” kräver tal eller samma ordnade kategorier i varje kolumn.",
        )
    codes = categories.codes.astype(np.float64)
    codes[codes < 0] = np.nan
    return codes.reshape(ratings.shape[1], len(ratings))


def _shares(table: ArrayLike, where: str) -> npt.NDArray[np.float64]:
    shares = np.array(table, dtype=np.float64)
    if shares.ndim != 2 or shares.shape[0] != shares.shape[1] or not shares.sum() > 0:
        raise EstimationError(
            f"{where}: needs a square table of counts with at least one unit.",
            sv=f"{where}: kräver en kvadratisk tabell med antal, med minst en enhet.",
        )
    shares /= shares.sum()
    return shares


def _counts(counts: ArrayLike, where: str) -> npt.NDArray[np.float64]:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or not table.sum() > 0:
        raise EstimationError(
            f"{where}: needs a table of units by categories with at least one unit.",
            sv=f"{where}: kräver en tabell med enheter mot kategorier, med minst en enhet.",
        )
    return table


def _beyond(observed: float, by_chance: float) -> float:
    """Return the agreement beyond chance, as a share of what was possible."""
    return nan if by_chance >= 1 else (observed - by_chance) / (1 - by_chance)
