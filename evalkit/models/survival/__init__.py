"""Staying and leaving in discrete sessions: Kaplan–Meier, log-rank, cumulative incidence.

Time is the number of the first session a unit was no longer in; a unit that never left is censored at the last
session it was seen in. Someone seen in session k counts as at risk up to and including k.
"""

from evalkit.models.survival.incidence import Incidence, cumulative_incidence
from evalkit.models.survival.log_rank import LogRank, log_rank, log_rank_permutation, log_rank_statistics
from evalkit.models.survival.retention import RetentionBounds, SurvivalCurve, kaplan_meier, retention_bounds
from evalkit.models.survival.times import leaving_times

__all__ = [
    "Incidence",
    "LogRank",
    "RetentionBounds",
    "SurvivalCurve",
    "cumulative_incidence",
    "kaplan_meier",
    "leaving_times",
    "log_rank",
    "log_rank_permutation",
    "log_rank_statistics",
    "retention_bounds",
]
