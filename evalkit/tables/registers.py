"""What people typed into a register → a table of the schema's types, with a finding for each cell that is not.

A register is read as text (see `evalkit.sources.registers`); nothing is dropped or guessed without a finding.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, cast

import pandas as pd
import pandera.pandas as pa

from evalkit.errors import Finding
from evalkit.tables.schemas import SCHEMAS, schema_columns

__all__ = ["as_register", "empty_table"]

MISSING = frozenset({"", "-", "–", "na", "n/a", "nan", "null", "saknas", "okänt", "okänd"})
CANNOT_JUDGE = frozenset({"cannot judge", "kan ej bedöma", "kan inte bedöma", "kan ej bedömas", "?"})
_TRUE, _FALSE = frozenset({"1", "true", "yes", "ja", "x"}), frozenset({"0", "false", "no", "nej"})
_DEFAULTS = {("people", "consent"): "none", ("activities", "status"): "held", ("events", "date_precision"): "unknown"}


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with the columns and dtypes of its schema.

    Parameters
    ----------
    name : str
        Name of the table.

    Returns
    -------
    pandas.DataFrame
        No rows.
    """
    return pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in schema_columns(name).items()})


def as_register(name: str, raw: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Turn a register as it was typed into a table.

    Parameters
    ----------
    name : str
        Name of the register, one of `REGISTERS`.
    raw : pandas.DataFrame
        All cells as text, with `source_file` and `source_row`.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        The rows that hold, and a finding for every row, cell or column that does not. A row with a problem is left
        out, so that the rest can be used when the evaluator says so.
    """
    file = str(raw["source_file"].iloc[0]) if len(raw) else f"data/raw/registers/{name}.csv"
    findings = list(_column_findings(name, raw, file))
    columns: dict[str, pd.Series[Any]] = {}
    bad = pd.Series(False, index=raw.index)
    for column, dtype in schema_columns(name).items():
        if column == "source_row":
            columns[column] = raw[column].astype("Int64")
            continue
        texts = raw[column].astype("str") if column in raw else pd.Series("", index=raw.index, dtype="str")
        values, unread = _read_column(texts, dtype, name=name, column=column)
        columns[column] = values
        bad |= unread
        findings += [
            Finding(
                "problem",
                file,
                _row(raw, row),
                f"{name}: {column} cannot be read as {_KIND[dtype]}",
                "Correct the cell",
            )
            for row in raw.index[unread]
        ]
    table = pd.DataFrame(columns, index=raw.index)
    broken = list(_schema_findings(name, table[~bad], file))
    findings += [finding for _, finding in broken]
    bad[[row for row, _ in broken if row is not None]] = True
    return table[~bad].reset_index(drop=True), findings


def _column_findings(name: str, raw: pd.DataFrame, file: str) -> Iterable[Finding]:
    schema = SCHEMAS[name]
    for column, spec in schema.columns.items():
        optional = spec.nullable or (name, column) in _DEFAULTS or column.startswith("source_")
        if len(raw) and column not in raw and not optional:
            yield Finding("problem", file, 1, f"{name}: the column '{column}' is missing", "Add it to the header")
    extra = [c for c in raw.columns if c not in schema.columns and not (name == "people" and c in ("name", "also"))]
    for column in extra:
        yield Finding("notice", file, 1, f"{name}: the column '{column}' is not used", "Rename or ignore it")


def _schema_findings(name: str, table: pd.DataFrame, file: str) -> Iterable[tuple[Any, Finding]]:
    """Translate pandera's failure cases; duplicates name the rows, never the cells."""
    schema = SCHEMAS[name]
    keys = list(schema.unique or [])
    twice = table.duplicated(keys, keep="first")
    for row in table.index[twice]:
        key = ", ".join(f"{k}={_shown(table.loc[row, k])}" for k in keys)
        yield (
            row,
            Finding("problem", file, _row(table, row), f"{name}: the key ({key}) stands twice", "Keep one of the rows"),
        )
    try:
        schema.validate(table[~twice], lazy=True)
    except pa.errors.SchemaErrors as errors:
        for case in errors.failure_cases.to_dict("records"):
            row = case["index"]
            if row is None or pd.isna(row):
                continue
            what = "is empty" if case["check"] == "not_nullable" else f"is outside {_allowed(str(case['check']))}"
            yield (
                row,
                Finding("problem", file, _row(table, row), f"{name}: {case['column']} {what}", "Correct the cell"),
            )


def _row(table: pd.DataFrame, index: Any) -> int:
    return int(cast(int, table.loc[index, "source_row"]))


def _allowed(check: str) -> str:
    return check.replace("isin(", "the allowed values (").replace(
        "greater_than_or_equal_to(", "the allowed range (at least "
    )


def _shown(value: Any) -> str:
    if value is None or pd.isna(value):
        return "–"
    return str(value.date()) if isinstance(value, dt.datetime) else str(value)


def _read_column(
    texts: "pd.Series[str]", dtype: str, *, name: str, column: str
) -> "tuple[pd.Series[Any], pd.Series[bool]]":
    texts = texts.fillna("").str.strip()
    missing = texts.str.casefold().isin(MISSING)
    if column == "polarity":
        # A dash is a value here, and spreadsheets like to make it longer.
        texts = texts.replace(["–", "−", "—"], "-")
        missing &= texts != "-"
    if (name, column) == ("assessments", "level"):
        missing |= texts.str.casefold().isin(CANNOT_JUDGE)
    default = _DEFAULTS.get((name, column))
    if default is not None:
        texts, missing = texts.mask(missing, default), pd.Series(False, index=texts.index)
    values = _READERS[dtype](texts.mask(missing, None))
    return values, values.isna() & ~missing


def _read_text(texts: "pd.Series[str]") -> "pd.Series[Any]":
    return texts.astype("str")


def _read_whole(texts: "pd.Series[str]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(texts.str.replace(r"\.0+$", "", regex=True), errors="coerce").astype("Float64")
    return numbers.mask(numbers % 1 != 0).astype("Int64")


def _read_real(texts: "pd.Series[str]") -> "pd.Series[Any]":
    plain = texts.str.replace("\u00a0", "").str.replace(" ", "").str.replace(",", ".").str.replace("−", "-")
    return pd.to_numeric(plain, errors="coerce").astype("float64")


def _read_date(texts: "pd.Series[str]") -> "pd.Series[Any]":
    # Only year-month-day: "03/04/2017" is two different days in two offices, so it is reported, not guessed.
    days = texts.str.replace(r"[ T]00:00:00(\.0+)?$", "", regex=True)
    return pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _read_truth(texts: "pd.Series[str]") -> "pd.Series[Any]":
    lower = texts.str.casefold()
    values = pd.Series(pd.NA, index=texts.index, dtype="boolean")
    return values.mask(lower.isin(_TRUE), True).mask(lower.isin(_FALSE), False)


_READERS: dict[str, Callable[["pd.Series[str]"], "pd.Series[Any]"]] = {
    "str": _read_text,
    "Int64": _read_whole,
    "float64": _read_real,
    "datetime64[us]": _read_date,
    "boolean": _read_truth,
}
_KIND = {
    "str": "text",
    "Int64": "a whole number",
    "float64": "a number",
    "datetime64[us]": "a date (write 2017-03-14)",
    "boolean": "yes or no",
}
