"""Cumulative-logit models of ordered levels, with or without a random intercept per unit.

P(level ≤ j) = logistic(threshold_j − xβ − σb) with b standard normal per unit. `answers` checks what is given,
`likelihood` says how likely it is, `maximum` where that is highest, `reach` how far an interval goes, `profiles` walks
there, and `fit` puts it together.
"""

from evalkit.models.ordinal.fit import OrdinalFit, fit_cumulative_logit

__all__ = ["OrdinalFit", "fit_cumulative_logit"]
