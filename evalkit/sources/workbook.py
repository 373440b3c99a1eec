""".xlsx → rows of text, after a look at how large the sheet is and what of it would be lost."""

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl
from openpyxl.utils import column_index_from_string

from evalkit.errors import SourceError
from evalkit.sources.archives import open_archive, parse_member, refuse_doctypes

__all__ = ["read_sheets", "read_workbook"]

MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_AREA = 2_000_000
_SHOWN = 5
_NO_SHEET = "has no sheet of cells; put the table on the first sheet"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})


def read_workbook(path: Path) -> dict[str, Any]:
    """Read the first sheet of a workbook.

    Parameters
    ----------
    path : pathlib.Path
        An .xlsx file.

    Returns
    -------
    dict
        "rows": for each row that is not empty its number and its cells as text; "losses": for what a table cannot
        hold, its row, what it is and what to do; "sheets": the number of sheets.

    Raises
    ------
    SourceError
        If the file is refused, is not a workbook, or has a cell far away from the others.
    """
    surveys = _survey(path, first=True)
    with _opened(path) as book:
        sheet = _read_cells(book.worksheets[0], next(iter(surveys.values())))
        return {"rows": sheet["rows"], "losses": sheet["losses"], "sheets": len(book.worksheets)}


def read_sheets(path: Path) -> list[dict[str, Any]]:
    """Read all sheets of a workbook, hidden ones too.

    Parameters
    ----------
    path : pathlib.Path
        An .xlsx file.

    Returns
    -------
    list of dict
        In the order of the workbook, each with "name", "rows" and "losses" as from `read_workbook`.

    Raises
    ------
    SourceError
        If the file is refused, is not a workbook, or has a cell far away from the others.
    """
    surveys = _survey(path)
    with _opened(path) as book:
        return [{"name": name} | _read_cells(book[name], survey) for name, survey in surveys.items()]


def _survey(path: Path, *, first: bool = False) -> dict[str, "_Survey"]:
    """Look at how large the sheets are before anything is read."""
    with open_archive(path) as archive:
        refuse_doctypes(archive)
        parts = _sheet_parts(archive)
        surveys = {}
        for name, part in parts[:1] if first else parts:
            surveys[name] = _Survey()
            with archive.open(part) as sheet:
                surveys[name].read(sheet)
        return surveys


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        if not book.worksheets:
            raise SourceError(_NO_SHEET)
        yield book
    finally:
        book.close()


def _read_cells(sheet: Any, survey: "_Survey") -> dict[str, Any]:
    rows = []
    losses = survey.losses()
    cells = sheet.iter_rows(min_row=1, max_row=survey.row, max_col=survey.column, values_only=True)
    for number, values in enumerate(cells, start=1):
        texts = [_as_text(value) for value in values]
        if any(texts):
            rows.append([number, texts])
        wrong = [value for value in values if isinstance(value, str) and value in _ERRORS]
        if wrong:
            losses.append([number, f"{len(wrong)} cell(s) hold a spreadsheet error", "Correct the formula"])
    return {"rows": rows, "losses": losses}


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return the name of each sheet of cells and the part of the archive that holds it."""
    book = parse_member(archive, "xl/workbook.xml")
    relations = parse_member(archive, "xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        raise SourceError("is not a workbook; save it anew as .xlsx")
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = []
    for sheet in (element for element in book.iter() if element.tag.endswith("}sheet")):
        target = targets.get(sheet.get(_RELATION), "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        if "worksheets/" in part and part in archive.namelist():
            parts.append((sheet.get("name", ""), part))
    if not parts:
        raise SourceError(_NO_SHEET)
    return parts


class _Survey:
    """One pass over a sheet: the last cell, merged cells, and formulas whose result was never saved."""

    def __init__(self) -> None:
        self.row = self.column = 1
        self.merged: list[str] = []
        self.uncached: list[str] = []
        self._row = self._column = 0
        self._formula = self._value = self._inside = False

    def read(self, sheet: Any) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            while part := sheet.read(1 << 20):
                parser.Parse(part, False)
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise SourceError("is damaged; save it anew") from None
        if self.row * self.column > MAX_AREA:
            raise SourceError(f"spans {self.row} rows by {self.column} columns; delete what lies far from the table")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdigit() else self._row + 1
            self._column = 0
        elif name == "c":
            self._place(attributes.get("r", ""))
            self._formula = self._inside = False
            self._value = attributes.get("t") == "str"  # a text result, which may well be empty
        elif name == "f":
            self._formula = True
        elif name in ("v", "is"):
            self._inside = True
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", "?")[:20])

    def _place(self, reference: str) -> None:
        found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference)
        if found:
            self._column, self._row = column_index_from_string(found[1]), int(found[2])
        else:
            self._column += 1
        if self._row > MAX_ROWS or self._column > MAX_COLUMNS:
            raise SourceError(f"has a cell far away ({reference or 'unnamed'}); delete what lies far from the table")

    def _characters(self, _text: str) -> None:
        self._value = self._value or self._inside

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in ("v", "is"):
            self._inside = False
        if name != "c":
            return
        if self._formula and not self._value:
            self.uncached.append(f"{_letters(self._column)}{self._row}")
        if self._value or self._formula:
            # Cells that are only formatted hold nothing and do not widen the table.
            self.row, self.column = max(self.row, self._row), max(self.column, self._column)

    def losses(self) -> list[list[Any]]:
        found: list[list[Any]] = []
        if self.merged:
            what = f"{len(self.merged)} merged cells ({_few(self.merged)}); only the first of each has the value"
            found.append([None, what, "Unmerge them and fill each cell"])
        if self.uncached:
            what = f"{len(self.uncached)} formulas without a saved result ({_few(self.uncached)})"
            found.append([None, what, "Open the file in a spreadsheet program and save it, or paste values"])
        return found


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _few(cells: list[str]) -> str:
    return ", ".join(cells[:_SHOWN]) + (", …" if len(cells) > _SHOWN else "")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return str(value.date()) if value.time() == dt.time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if isinstance(value, dt.timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return str(value)
