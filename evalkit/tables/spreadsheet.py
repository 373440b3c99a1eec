"""Tables for Excel and its kin: UTF-8 with a byte order mark, and never a live formula."""

import datetime as dt
import io
import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from evalkit.errors import TableError

__all__ = ["as_csv", "as_xlsx", "write_sheet"]

_LIVE = re.compile(r"\s*[=+\-@]|[\t\r]")
_LONGEST_CELL = 32_767
_WIDEST = 60
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same table gives the same bytes


def as_csv(table: pd.DataFrame) -> bytes:
    """Write a table as comma-separated values.

    Parameters
    ----------
    table : pandas.DataFrame
        Any; tuples, such as the ids of `rests_on`, are joined by spaces.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark; a text that Excel would take for a formula gets an apostrophe before it.
    """
    plain = table.copy()
    for column in plain.columns:
        if not is_numeric_dtype(plain[column]) and not is_datetime64_any_dtype(plain[column]):
            plain[column] = plain[column].astype("object").map(_harmless, na_action="ignore")
    return b"\xef\xbb\xbf" + plain.to_csv(index=False, lineterminator="\n", float_format="%.10g").encode()


def as_xlsx(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write tables as the sheets of a workbook.

    Parameters
    ----------
    sheets : mapping of str to pandas.DataFrame
        Name of each sheet and its table.

    Returns
    -------
    bytes
        The workbook: header row bold and frozen, filters on, texts as texts.

    Raises
    ------
    TableError
        If a text is longer than a cell can hold.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"created": _MADE})
        for name, table in sheets.items():
            write_sheet(book, name, table)
    return buffer.getvalue()


def write_sheet(book: Any, name: str, table: pd.DataFrame) -> Any:
    """Add a sheet with a table to a workbook.

    Parameters
    ----------
    book : xlsxwriter.Workbook
        The workbook.
    name : str
        The sheet's name.
    table : pandas.DataFrame
        Its rows.

    Returns
    -------
    xlsxwriter.worksheet.Worksheet
        The sheet, for what else belongs on it.

    Raises
    ------
    TableError
        If a text is longer than a cell can hold.
    """
    sheet = book.add_worksheet(name)
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})
    for column, title in enumerate(table.columns):
        sheet.write_string(0, column, str(title), head)
        values = [_cell(value) for value in table[title]]
        longest = max([len(str(title)) + 2, *(len(str(value)) for value in values if value is not None)])
        sheet.set_column(column, column, min(longest + 1, _WIDEST), body)
        for row, value in enumerate(values, start=1):
            if isinstance(value, str) and len(value) > _LONGEST_CELL:
                raise TableError(
                    f"{name}: row {row} has a text of {len(value)} signs, and a cell of .xlsx holds {_LONGEST_CELL}. "
                    "Write a .csv file"
                )
            if isinstance(value, str):
                sheet.write_string(row, column, value, body)
            elif value is not None:
                sheet.write(row, column, value, body)
    sheet.freeze_panes(1, 0)
    if len(table.columns):
        sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)
    return sheet


def _cell(value: Any) -> Any:
    """Return what a cell can hold: text, number, truth, or nothing."""
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    if pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(value, dt.date):
        return value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    return str(plain) if isinstance(plain, float) and math.isinf(plain) else plain


def _harmless(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        value = " ".join(map(str, value))
    live = isinstance(value, str) and len(value) > 1 and _LIVE.match(value)
    return f"'{value}" if live else value
