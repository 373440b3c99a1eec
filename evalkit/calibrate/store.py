"""The calibration on disk: a table that anybody can open, and beside it what it was computed from."""

import io
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.calibrate.calibration import COLUMNS, Calibration, with_keys
from evalkit.calibrate.cells import Cell
from evalkit.calibrate.coding_cells import CodingCell
from evalkit.errors import TableError
from evalkit.tables import write_whole

__all__ = ["SHIPPED", "read_calibration", "write_calibration"]

SHIPPED = Path(__file__).with_name("calibration.csv")
"""The committed table."""


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration: the table as CSV, and cells, seed, programmes and version as JSON beside it.

    Parameters
    ----------
    path : pathlib.Path
        Of the CSV file; the other one ends in .json.
    calibration : Calibration
        The same calibration gives the same bytes.
    """
    text = calibration.table[list(COLUMNS)].to_csv(index=False, lineterminator="\n")
    about = {
        "cells": [asdict(cell) for cell in calibration.cells],
        "programmes": calibration.programmes,
        "seed": calibration.seed,
        "version": calibration.version,
    }
    write_whole(path, text.encode())
    write_whole(path.with_suffix(".json"), (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())


def read_calibration(path: Path = SHIPPED) -> Calibration:
    """Read a calibration; nothing is simulated again.

    Parameters
    ----------
    path : pathlib.Path, default the committed table
        Of the CSV file.

    Returns
    -------
    Calibration
        As it was written.

    Raises
    ------
    TableError
        If either file is missing, cannot be read, or the two do not belong together.
    """
    advice = "Make it again: evalkit calibrate."
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        cells = tuple(_cell(fields) for fields in about["cells"])
        # As text first: the word "none" is a name and an empty cell is missing, and float() gives every digit back.
        raw = pd.read_csv(io.StringIO(path.read_text(encoding="utf-8")), dtype="str", keep_default_na=False)
        table = pd.DataFrame({column: _column(raw[column], dtype) for column, dtype in COLUMNS.items()})
        calibration = Calibration(with_keys(table), cells, about["programmes"], about["seed"], about["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{path.name}: the calibration or the .json beside it cannot be read. {advice}") from error
    strangers = sorted(set(table["cell"]) - {cell.id for cell in cells})
    if strangers:
        raise TableError(f"{path.name}: cell '{strangers[0]}' is not described in the .json beside it. {advice}")
    return calibration


def _cell(fields: dict[str, Any]) -> Cell | CodingCell:
    """Make a cell of its fields; JSON knows no tuples."""
    if "growth" in fields:
        return Cell(**fields)
    return CodingCell(**(fields | {name: tuple(fields[name]) for name in ("recall", "precision")}))


def _column(text: "pd.Series[str]", dtype: str) -> "pd.Series[Any]":
    """Turn the text of a column into what it was before it was written."""
    if dtype == "float64":
        return pd.Series([float(cell) if cell else math.nan for cell in text], dtype=dtype)
    if dtype == "boolean":
        return pd.Series([{"True": True, "False": False, "": None}[cell] for cell in text], dtype=dtype)
    return pd.Series(text.tolist(), dtype=dtype) if dtype == "str" else pd.Series([int(cell) for cell in text])
