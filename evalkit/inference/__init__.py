"""Exact and resampling inference: intervals and tests that hold at the sizes evaluations have.

`intervals` holds proportions, means and their sums and differences; `resampling` sign flips, permutations of labels
and the cluster bootstrap. Every result is frozen, unrounded and carries its level, its n and the name of its method.
"""

from evalkit.inference.intervals import (
    Interval,
    clopper_pearson,
    hypergeometric,
    korn_graubard,
    mean_t,
    mover_difference,
    mover_sum,
    wilson,
)
from evalkit.inference.resampling import (
    Randomisation,
    all_labellings,
    cluster_bootstrap,
    permute_groups,
    permute_labels,
    sign_flip,
)

__all__ = [
    "Interval",
    "Randomisation",
    "all_labellings",
    "clopper_pearson",
    "cluster_bootstrap",
    "hypergeometric",
    "korn_graubard",
    "mean_t",
    "mover_difference",
    "mover_sum",
    "permute_groups",
    "permute_labels",
    "sign_flip",
    "wilson",
]
