"""What an ordinal model is given → numbers, or a refusal that names what is wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evalkit.errors import EstimationError

__all__ = ["levels_of", "terms_matrix", "units_of"]

Floats = NDArray[np.float64]


def levels_of(
    y: ArrayLike | pd.Series, categories: Sequence[Any] | None
) -> tuple[NDArray[np.intp], list[Any], tuple[str, ...]]:
    """Place each answer among the levels in use.

    Parameters
    ----------
    y : array_like
        Level of each answer.
    categories : sequence or None
        All levels in order; None for those of an ordered categorical, else the sorted levels of `y`.

    Returns
    -------
    tuple of numpy.ndarray, list and tuple of str
        Each answer's place, the levels in use, and the declared ones nobody has.

    Raises
    ------
    EstimationError
        If there are no answers, a level is missing or not declared, or all are the same.
    """
    answers = pd.Series(np.asarray(y, dtype=object))
    if answers.empty:
        raise EstimationError("ordinal model: no answers.", sv="ordinalmodellen: inga svar.")
    if answers.isna().any():
        raise EstimationError(
            f"ordinal model: {int(answers.isna().sum())} of {len(answers)} levels are missing; drop them.",
            sv=f"ordinalmodellen: {int(answers.isna().sum())} av {len(answers)} nivåer saknas; ta bort dem.",
        )
    if categories is None and isinstance(y, pd.Series) and isinstance(y.dtype, pd.CategoricalDtype) and y.cat.ordered:
        categories = list(y.cat.categories)
    declared = sorted(answers.unique()) if categories is None else list(categories)
    strangers = ~answers.isin(declared)
    if strangers.any():
        raise EstimationError(
            f"ordinal model: {int(strangers.sum())} answers have a level that is not declared; correct it.",
            sv=f"ordinalmodellen: {int(strangers.sum())} svar har en nivå som inte är angiven; rätta den.",
        )
    used = [name for name in declared if (answers == name).any()]
    if len(used) < 2:
        raise EstimationError(
            "ordinal model: all answers have the same level; there is nothing to model.",
            sv="ordinalmodellen: alla svar har samma nivå; det finns inget att skatta.",
        )
    place = {name: k for k, name in enumerate(used)}
    unused = tuple(str(name) for name in declared if name not in place)
    return answers.map(place).to_numpy(dtype=np.intp), used, unused


def terms_matrix(x: pd.DataFrame, n: int) -> Floats:
    """Return the terms as numbers.

    Parameters
    ----------
    x : pandas.DataFrame
        One column per term.
    n : int
        How many answers there are.

    Returns
    -------
    numpy.ndarray, shape (n, terms)
        Finite and of full rank beside a constant.

    Raises
    ------
    EstimationError
        If the rows are not as many, or with the name of the first term that cannot be estimated.
    """
    if len(x) != n:
        raise EstimationError(
            f"ordinal model: {n} levels but {len(x)} rows of terms.",
            sv=f"ordinalmodellen: {n} nivåer men {len(x)} rader termer.",
        )
    matrix = x.to_numpy(dtype=float, na_value=np.nan) if x.shape[1] else np.empty((n, 0))
    for k, name in enumerate(x.columns):
        if not np.isfinite(matrix[:, k]).all():
            raise EstimationError(
                f"ordinal model: term {name!r} has missing or infinite values; drop those rows.",
                sv=f"ordinalmodellen: termen {name!r} saknar värden eller har oändliga; ta bort de raderna.",
            )
    full = np.column_stack([np.ones(n), matrix])
    scaled = full / np.maximum(np.abs(full).max(axis=0), 1e-300)
    for k in range(1, full.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : k + 1]) <= k:
            raise EstimationError(
                f"ordinal model: term {x.columns[k - 1]!r} is constant or follows from the terms before it; drop it.",
                sv=f"ordinalmodellen: termen {x.columns[k - 1]!r} är konstant eller följer av termerna före den; ta "
                "bort den.",
            )
    return matrix


def units_of(groups: ArrayLike | pd.Series | None, n: int) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Give each unit a number.

    Parameters
    ----------
    groups : array_like or None
        Unit of each answer.
    n : int
        How many answers there are.

    Returns
    -------
    tuple of numpy.ndarray
        Each answer's unit as a number, and the units' names; none without groups.

    Raises
    ------
    EstimationError
        If an answer has no unit, or there is one unit only.
    """
    if groups is None:
        return np.zeros(n, dtype=np.intp), np.array([])
    codes, names = pd.factorize(np.asarray(groups), sort=True)
    if len(codes) != n or (codes < 0).any():
        raise EstimationError(
            "ordinal model: every answer needs a unit.", sv="ordinalmodellen: varje svar behöver en enhet."
        )
    if len(names) < 2:
        raise EstimationError(
            "ordinal model: one unit only; a random intercept needs at least two, so leave it out.",
            sv="ordinalmodellen: bara en enhet; en slumpmässig nivå per enhet kräver minst två, så lämna den utanför.",
        )
    return codes.astype(np.intp), np.asarray(names)
