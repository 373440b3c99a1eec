"""Registers written by hand, with every column of their schema and the row each would have in its file."""

from typing import Any

import pandas as pd

from evalkit.tables import schema_columns, validate_table

_PLAIN = {
    "activities": {"day": 1, "status": "held", "planned_minutes": 30},
    "implementation": {"status": "prövat", "evidence": "said"},
}


def register(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    given = [
        _PLAIN.get(name, {}) | row | {"source_file": f"{name}.csv", "source_row": place}
        for place, row in enumerate(rows, start=2)
    ]
    columns = {
        column: pd.Series([row.get(column) for row in given], dtype=dtype)
        for column, dtype in schema_columns(name).items()
    }
    return validate_table(name, pd.DataFrame(columns))
