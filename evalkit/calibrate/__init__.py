"""How well each estimator does on programmes whose truth is known: bias, coverage, errors, power, refusals.

`cells` names the programmes and `coding_cells` the corpora, `targets` computes what is true in a programme,
`estimators` runs what an evaluator would run, `runs` counts (and `parts` keeps what is done, should it be interrupted),
`calibration` is the result, `power` how often what is true was claimed, and `store` keeps the table. The committed one
is read with `read_calibration()`; notebooks and the report never compute it again.
"""

from evalkit.calibrate.calibration import Calibration
from evalkit.calibrate.cells import CELLS, Cell, core_cells
from evalkit.calibrate.coding_cells import CODING_CELLS, CodingCell
from evalkit.calibrate.estimators import ESTIMATORS, Case, CodingCase, Estimator, Quantity, Row
from evalkit.calibrate.power import Power, power_of
from evalkit.calibrate.runs import calibrate_cells
from evalkit.calibrate.store import read_calibration, write_calibration

__all__ = [
    "CELLS",
    "CODING_CELLS",
    "ESTIMATORS",
    "Calibration",
    "Case",
    "Cell",
    "CodingCase",
    "CodingCell",
    "Estimator",
    "Power",
    "Quantity",
    "Row",
    "calibrate_cells",
    "core_cells",
    "power_of",
    "read_calibration",
    "write_calibration",
]
