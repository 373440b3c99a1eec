"""Hold the data drawn in one report against another's."""

from pathlib import Path

import numpy as np
import pandas as pd

RTOL = 1e-6


def compare_saved(expected: Path, actual: Path) -> list[str]:
    """List every figure and table whose data differ, by column; numbers to a relative tolerance."""
    said = []
    for folder in ("figures", "tables"):
        names = {path.name for base in (expected, actual) for path in (base / folder).glob("*.csv")}
        for name in sorted(names):
            first, second = (base / folder / name for base in (expected, actual))
            lost = [str(path.name) for path in (first, second) if not path.is_file()]
            said += [f"{path} is missing" for path in lost] or _differences(first, second)
    return said


def _differences(first: Path, second: Path) -> list[str]:
    one, two = (pd.read_csv(path, encoding="utf-8-sig") for path in (first, second))
    if list(one.columns) != list(two.columns) or len(one) != len(two):
        return [f"{first.name}: {one.shape} rows and columns became {two.shape}"]
    return [f"{first.name}: column {column} differs" for column in one if not _same(one[column], two[column])]


def _same(one: "pd.Series", two: "pd.Series") -> bool:
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(two):
        return bool(np.allclose(one.astype(float), two.astype(float), rtol=RTOL, equal_nan=True))
    return one.fillna("").astype(str).tolist() == two.fillna("").astype(str).tolist()
