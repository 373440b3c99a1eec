"""What an estimator meets and what it answers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from evalkit.calibrate.cells import Cell
from evalkit.calibrate.coding_cells import CodingCell
from evalkit.calibrate.targets import Targets
from evalkit.study import Study, Text

__all__ = ["ALPHA", "REGISTERS", "YES", "Case", "Estimator", "Promise", "Quantity", "Row", "approximate", "record"]

REGISTERS = ("enrolment", "judgements", "assessments", "activities", "attendance", "contacts")
"""Registers that are simulated."""

ALPHA = 0.05

YES = ("ja", "yes", "1", "true", "sant")
"""Values of a judgement that count as having what was judged."""

Kind = Literal["approximate", "exact", "error", "power"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is counted of an estimate in a cell.

    Parameters
    ----------
    kind : {"approximate", "exact", "error", "power"}
        How often an approximate or exact 95 % interval covers the truth, how often something is claimed that is not
        so, or how often something is claimed that is so.
    least : float or None
        Power that is promised.
    asked : bool, default True
        Whether there is a goal; not where an estimate cannot go wrong.
    """

    kind: Kind
    least: float | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that is estimated or claimed.

    Parameters
    ----------
    id : str
        Its name in the table.
    label : Text
        Its name for a reader.
    promise : callable
        From a cell to the promise.
    said : Text or None, default None
        The result whose own sentence says where it keeps less than it promises.
    """

    id: str
    label: Text
    promise: Callable[[Any], Promise]
    said: Text | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One simulated programme as an estimator meets it, with what it is held against.

    Parameters
    ----------
    cell : Cell
        Its kind.
    study : Study
        What the evaluator declared; the largest gain is the true one.
    registers : mapping of str to pandas.DataFrame
        Those that `simulate_programme` was asked for (see `REGISTERS`).
    targets : Targets
        What is true.
    seed : int
        The programme's own.
    """

    cell: Cell
    study: Study
    registers: Mapping[str, pd.DataFrame]
    targets: Targets
    seed: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one method said in one programme.

    Parameters
    ----------
    quantity : str
        What it is about.
    truth, estimate, ci_low, ci_high : float
        Missing for a claim.
    claimed : bool, default False
        Whether the null was rejected or the verdict given.
    refused : bool, default False
        Whether the method refused.
    """

    quantity: str
    truth: float = math.nan
    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    claimed: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Estimator:
    """A method, with all that one run of it says.

    Parameters
    ----------
    quantities : tuple of Quantity
        What its rows are about, in order; if it refuses, all of them are refused.
    run : callable
        From a case to its rows. An `EstimationError` is a refusal, any other exception an error.
    cells : type, default Cell
        The kind of cell that it is tried in: `Cell` (its case is a `Case`) or `CodingCell` (a `CodingCase`).
    """

    quantities: tuple[Quantity, ...]
    run: Callable[[Any], list[Row]]
    cells: type[Cell] | type[CodingCell] = Cell


def record(table: pd.DataFrame, column: str, value: Any) -> dict[str, Any]:
    """Return the first row with a value.

    Parameters
    ----------
    table : pandas.DataFrame
        A result's.
    column : str
        Where to look.
    value : Any
        What for.

    Returns
    -------
    dict
        Column to field.
    """
    return {str(key): field for key, field in table[table[column] == value].iloc[0].to_dict().items()}


def approximate(cell: Any) -> Promise:
    """Promise the coverage of an approximate interval.

    Parameters
    ----------
    cell : Cell or CodingCell
        Any.

    Returns
    -------
    Promise
        Asked everywhere.
    """
    return Promise("approximate")
