"""A known truth → the registers that an evaluation would have, with the truth kept apart."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import UsageError
from evalkit.simulate import session_registers, unit_registers
from evalkit.simulate.actual import Actual, draw_actual
from evalkit.simulate.people import Person, draw_people
from evalkit.simulate.truth import Truth
from evalkit.tables import REGISTERS, schema_columns

__all__ = ["Programme", "simulate_programme"]


# The audit is drawn from the documents, once they are written (see `audit`).
SIMULATED: tuple[str, ...] = tuple(name for name in REGISTERS if name != "audit_codings")


@dataclass(frozen=True, slots=True)
class Programme:
    """A simulated programme.

    Attributes
    ----------
    truth : Truth
        What it was drawn from.
    seed : int
        With which seed.
    registers : mapping of str to pandas.DataFrame
        What an evaluation would have, by the schemas of `evalkit.tables`.
    actual : Actual
        What really happened; no estimator sees it.
    people : tuple of Person
        The persons with their names.
    """

    truth: Truth
    seed: int
    registers: Mapping[str, pd.DataFrame]
    actual: Actual = field(repr=False)
    people: tuple[Person, ...] = field(repr=False)


def simulate_programme(truth: Truth, *, seed: int, registers: Collection[str] = SIMULATED) -> Programme:
    """Draw a programme.

    Parameters
    ----------
    truth : Truth
        What to draw it from (see `default_truth` and `plain_truth`).
    seed : int
        The same seed gives the same programme.
    registers : collection of str, default all
        Which registers to make; the others' numbers do not change by it, so calibration can ask for the few it needs.

    Returns
    -------
    Programme
        Registers and, kept apart, the truth. Documents are composed on demand (see `compose_documents`).

    Raises
    ------
    UsageError
        If the seed is negative or a register is not known.
    """
    if seed < 0:
        raise UsageError(f"seed {seed} is negative; give 0 or more")
    unknown = sorted(set(registers) - set(SIMULATED))
    if unknown:
        raise UsageError(f"no register is called '{unknown[0]}'; the registers are {', '.join(SIMULATED)}")
    actual = draw_actual(truth, seed=seed)
    needs_people = not {"people", "positions"}.isdisjoint(registers)
    people = draw_people(truth, seed=seed) if needs_people or truth.study is not None else []
    tables = {
        name: _table(name, draw(truth, actual, people, seed)) for name, draw in _DRAWN.items() if name in registers
    }
    return Programme(truth, seed, MappingProxyType(tables), actual, tuple(people))


_Draw = Callable[[Truth, Actual, list[Person], int], Mapping[str, Any]]
_DRAWN: dict[str, _Draw] = {
    "people": lambda truth, actual, people, seed: unit_registers.list_people(people),
    "enrolment": lambda truth, actual, people, seed: unit_registers.draw_enrolment(truth, actual, seed=seed),
    "judgements": lambda truth, actual, people, seed: unit_registers.draw_judgements(truth, actual, seed=seed),
    "attendance": lambda truth, actual, people, seed: unit_registers.draw_attendance(truth, actual, seed=seed),
    "assessments": lambda truth, actual, people, seed: unit_registers.draw_assessments(truth, actual, seed=seed),
    "implementation": lambda truth, actual, people, seed: unit_registers.draw_implementation(truth, actual, seed=seed),
    "positions": lambda truth, actual, people, seed: session_registers.draw_positions(
        truth, people, unit_registers.draw_attendance(truth, actual, seed=seed), seed=seed
    ),
    "activities": lambda truth, actual, people, seed: session_registers.draw_activities(truth, seed=seed),
    "contacts": lambda truth, actual, people, seed: unit_registers.draw_contacts(truth, actual, seed=seed),
    "events": lambda truth, actual, people, seed: session_registers.list_events(truth),
    "interventions": lambda truth, actual, people, seed: session_registers.list_interventions(truth, seed=seed),
    "indicators": lambda truth, actual, people, seed: unit_registers.draw_indicators(truth, actual, seed=seed),
    "hours": lambda truth, actual, people, seed: session_registers.draw_hours(truth, actual, seed=seed),
}


def _table(name: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    origin = {"source_file": [f"data/raw/registers/{name}.csv"] * count, "source_row": np.arange(2, count + 2)}
    whole: dict[str, Any] = {**columns, **origin}
    return pd.DataFrame({c: _series(whole[c], dtype) for c, dtype in schema_columns(name).items()})


def _series(values: Any, dtype: str) -> "pd.Series[Any]":
    if dtype == "datetime64[us]":
        return pd.Series(np.array(values, dtype="datetime64[D]").astype(dtype))
    return pd.Series(values, dtype=dtype)
