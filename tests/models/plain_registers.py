"""Registers written by hand or from an array of levels, with every column of their schema, and a study."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.study import About, Completion, Event, Experiment, Session, Study, Text, Tool, Unit
from evalkit.tables import schema_columns, validate_table

FIRST = dt.date(2031, 3, 14)


def register(name: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    given = list(rows)
    origin = {"source_file": f"{name}.csv"}
    table = pd.DataFrame(
        {
            column: pd.Series(
                [
                    row.get(column, place + 2 if column == "source_row" else origin.get(column))
                    for place, row in enumerate(given)
                ],
                dtype=dtype,
            )
            for column, dtype in schema_columns(name).items()
        }
    )
    return validate_table(name, table)


def assessments(levels: Any, *, tools: list[str] | None = None, sessions: list[int] | None = None) -> pd.DataFrame:
    """Write an array unit × session × tool; a missing level has no row."""
    array = np.asarray(levels, dtype=float)
    names = tools or [f"t{k + 1}" for k in range(array.shape[2])]
    numbers = sessions or list(range(1, array.shape[1] + 1))
    unit, session, tool = np.nonzero(~np.isnan(array))
    table = {
        "unit": [f"U{i + 1:02}" for i in unit],
        "session": [numbers[s] for s in session],
        "tool": [names[t] for t in tool],
        "rater": ["A"] * unit.size,
        "level": array[unit, session, tool].astype(int),
        "source_file": ["assessments.csv"] * unit.size,
        "source_row": np.arange(unit.size) + 2,
    }
    return pd.DataFrame(
        {
            column: pd.Series(table.get(column, [None] * unit.size), dtype=dtype)
            for column, dtype in schema_columns("assessments").items()
        }
    )


def enrolment(left_after: list[int | None], left_by: list[int | None] | None = None) -> pd.DataFrame:
    """Enrol units; a number is the last session a unit was in, and it left right after unless `left_by` says more."""
    by = left_by or [None if after is None else after + 1 for after in left_after]
    return register(
        "enrolment",
        (
            {"unit": f"U{i + 1:02}", "left_after_session": a, "left_by_session": b}
            for i, (a, b) in enumerate(zip(left_after, by, strict=True))
        ),
    )


def day(session: int) -> dt.date:
    return FIRST + dt.timedelta(days=60 * (session - 1))


def study(
    *,
    n_units: int = 14,
    n_sessions: int = 6,
    introduced: dict[str, int] | None = None,
    event_after: int | None = None,
    gain_max: float | None = None,
    margins: tuple[float, ...] = (0.25, 0.5, 1.0),
    others: tuple[Event, ...] = (),
    completion: Completion | None = None,
) -> Study:
    event = Event(id="shift", name=Text(sv="Skiftet", en="The shift"), after_session=event_after)
    tools = {"t1": 1, "t2": 1} if introduced is None else introduced
    return Study(
        root=Path("made-up"),
        study=About(title=Text(sv="Påhittat", en="Made up")),
        units=tuple(Unit(id=f"U{i + 1:02}") for i in range(n_units)),
        sessions=tuple(Session(id=s, dates=(day(s),)) for s in range(1, n_sessions + 1)),
        tools=tuple(Tool(id=t, name=Text(sv=t, en=t), introduced=s) for t, s in tools.items()),
        events=() if event_after is None else (event, *others),
        experiment=Experiment(event="" if event_after is None else "shift", margins=margins, gain_max=gain_max),
        completion=completion or Completion(),
    )
