"""What is tried: each method run as an evaluator would run it, on registers alone, and held against what is true.

To add a method: write one function from a `Case` (or, in the room `coding`, a `CodingCase`) to its rows in the room of
its model, say in an `Estimator` what it promises and in which cells it is tried, and add that to `ESTIMATORS`.
"""

from collections.abc import Mapping

from evalkit.calibrate.estimators.carried import CARRIED
from evalkit.calibrate.estimators.case import ALPHA, REGISTERS, Case, Estimator, Promise, Quantity, Row
from evalkit.calibrate.estimators.coding import CODING, CodingCase
from evalkit.calibrate.estimators.dropout import DROPOUT
from evalkit.calibrate.estimators.experiment import EXPERIMENT
from evalkit.calibrate.estimators.outcomes import OUTCOMES
from evalkit.calibrate.estimators.progression import PROGRESSION

__all__ = [
    "ALPHA",
    "ESTIMATORS",
    "MODELS",
    "QUANTITIES",
    "REGISTERS",
    "Case",
    "CodingCase",
    "Estimator",
    "Promise",
    "Quantity",
    "Row",
]

MODELS: Mapping[str, tuple[Estimator, ...]] = {
    "progression": PROGRESSION,
    "dropout": DROPOUT,
    "experiment": (*EXPERIMENT, *CARRIED, *OUTCOMES),
    "coding": CODING,
}
"""The estimators of each model, and of codings."""

ESTIMATORS: tuple[Estimator, ...] = tuple(estimator for model in MODELS.values() for estimator in model)
"""What `calibrate_cells` tries."""

QUANTITIES: Mapping[str, Quantity] = {
    quantity.id: quantity for estimator in ESTIMATORS for quantity in estimator.quantities
}
