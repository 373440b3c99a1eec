"""What is tried: each method run as an evaluator would run it, on registers alone, and held against what is true.

To add a method: write one function from a `Case` to its rows in the room of its model (or a room of its own, such as
agreement and corrected counts would have), say what it promises in an `Estimator`, and add that to `ESTIMATORS`.
"""

from collections.abc import Mapping

from evalkit.calibrate.estimators.case import ALPHA, REGISTERS, Case, Estimator, Promise, Quantity, Row
from evalkit.calibrate.estimators.dropout import DROPOUT
from evalkit.calibrate.estimators.experiment import EXPERIMENT
from evalkit.calibrate.estimators.progression import PROGRESSION

__all__ = ["ALPHA", "ESTIMATORS", "QUANTITIES", "REGISTERS", "Case", "Estimator", "Promise", "Quantity", "Row"]

ESTIMATORS: tuple[Estimator, ...] = (*PROGRESSION, *DROPOUT, *EXPERIMENT)
"""What `calibrate_cells` tries."""

QUANTITIES: Mapping[str, Quantity] = {
    quantity.id: quantity for estimator in ESTIMATORS for quantity in estimator.quantities
}
