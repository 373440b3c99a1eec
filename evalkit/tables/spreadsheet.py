"""Tables for Excel and its kin: UTF-8 with a byte order mark, and never a live formula."""

import datetime as dt
import io
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["as_csv", "as_xlsx", "write_sheet"]

_LIVE = re.compile(r"^[=+\-@\t\r]")
_LONGEST_CELL = 32_767
_WIDEST = 60
_MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same table gives the same bytes


def as_csv(table: pd.DataFrame) -> bytes:
    """Write a table as comma-separated values.

    Parameters
    ----------
    table : pandas.DataFrame
        Any; a column `rests_on` holds tuples of ids, which are joined by spaces.

    Returns
    -------
    bytes
        UTF-8 with a byte order mark; a text that Excel would take for a formula gets an apostrophe before it.
    """
    plain = table.copy()
    for column in plain.columns:
        if column == "rests_on":
            plain[column] = plain[column].map(lambda ids: " ".join(map(str, ids)))
        elif plain[column].dtype in ("object", "str"):
            plain[column] = plain[column].map(_harmless, na_action="ignore")
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
            if isinstance(value, str):
                sheet.write_string(row, column, value[:_LONGEST_CELL], body)
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
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value


def _harmless(value: Any) -> Any:
    live = isinstance(value, str) and len(value) > 1 and _LIVE.match(value)
    return f"'{value}" if live else value
