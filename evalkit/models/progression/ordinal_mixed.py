"""A cumulative-logit model with a random intercept per unit, on any table of ordered answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evalkit.errors import TableError
from evalkit.measures.placement import row_ids
from evalkit.models.levels import merge_rows
from evalkit.models.ordinal import OrdinalFit, fit_cumulative_logit
from evalkit.wording import Language, interval, join, number, percent, pick

__all__ = ["OrdinalMixed", "fit_ordinal_mixed"]


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
    effects : pandas.DataFrame
        Per unit: unit, effect (conditional mode of its intercept, logits), se (conditional).
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
    effects: pd.DataFrame
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
            names, units = join(list(self.unit_terms), lang=lang), number(self.n_units, lang=lang)
            parts.append(
                pick(
                    lang,
                    sv=f"{names} skiljer sig bara mellan enheter: de intervallen är vidgade efter enheternas antal, "
                    f"{units}.",
                    en=f"{names} differ between units only: those intervals are widened for the number of units, "
                    f"{units}.",
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


def fit_ordinal_mixed(
    table: pd.DataFrame,
    *,
    outcome: str,
    fixed: Sequence[str],
    unit: str,
    nodes: int = 10,
    level: float = 0.95,
    profile: bool = False,
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
        Level of the intervals; those of terms that differ between units only are widened for few units.
    profile : bool, default False
        Whether the terms' intervals are found by profiling the likelihood: slower, and not symmetric where the
        likelihood is not. A separated term always has one.

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
    wanted = list(x.columns) if profile else []
    fit = fit_cumulative_logit(table[outcome], x, table[unit], nodes=nodes, level=level, profile=wanted)
    within = x - x.groupby(table[unit]).transform("first")
    constant = [str(term) for term in x.columns if not within[term].any()]
    coefficients = fit.coefficients.copy()
    keys = merge_rows(table["rests_on"]) if "rests_on" in table else ()
    coefficients["rests_on"] = [keys] * len(coefficients)
    coefficients["row_id"] = row_ids(coefficients, ["term"])
    return OrdinalMixed(
        coefficients=coefficients,
        thresholds=fit.thresholds,
        effects=fit.effects,
        sd=fit.sd,
        loglik=fit.loglik,
        n=fit.n,
        n_units=fit.n_units,
        level=level,
        unit_terms=tuple(constant),
        fit=fit,
        method=fit.method,
    )


def _terms(column: "pd.Series[Any]") -> pd.DataFrame:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype("float64").to_frame()
    values = list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else sorted(column.unique())
    return pd.DataFrame({f"{column.name}[{value}]": (column == value).astype("float64") for value in values[1:]})
