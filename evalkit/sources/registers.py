"""Registers as they were typed → tables of text; what the cells mean is decided in `evalkit.tables.as_register`."""

import csv
import difflib
import io
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.errors import Finding, SourceError
from evalkit.sources.guarded import run_guarded
from evalkit.sources.text import decode_bytes, normalise_text, suspect_encoding
from evalkit.study import Study
from evalkit.tables import REGISTERS

__all__ = ["find_registers", "read_register", "relative_to_study"]

MAX_BYTES = 20 * 1024 * 1024
_EXTENSIONS = (".csv", ".xlsx")
_ORIGIN = ("source_file", "source_row")


def relative_to_study(path: Path, root: Path) -> str:
    """Return a path as findings and tables show it.

    Parameters
    ----------
    path : pathlib.Path
        A file of the study.
    root : pathlib.Path
        The study's folder.

    Returns
    -------
    str
        Relative to the study's folder where it lies in it, with "/" between the parts.
    """
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def find_registers(study: Study) -> tuple[dict[str, Path], list[Finding]]:
    """Find the registers of a study.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    tuple of dict of str to pathlib.Path and list of Finding
        File per register, in the order of `REGISTERS`; a register that is there twice is left out with a problem.
    """
    folder = study.raw / "registers"
    found: dict[str, list[Path]] = {}
    findings = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith((".", "~$")):
            continue
        name = path.stem.casefold()
        if path.is_file() and name in REGISTERS and path.suffix.casefold() in _EXTENSIONS:
            found.setdefault(name, []).append(path)
        else:
            findings.append(_unknown(path, relative_to_study(path, study.root)))
    for name, paths in found.items():
        if len(paths) > 1:
            others = ", ".join(path.name for path in paths[1:])
            file = relative_to_study(paths[0], study.root)
            findings.append(
                Finding("problem", file, None, f"{name} is there twice (also {others})", "Keep one of them")
            )
    return {name: found[name][0] for name in REGISTERS if len(found.get(name, [])) == 1}, findings


def _unknown(path: Path, file: str) -> Finding:
    if path.suffix.casefold() == ".xls":
        return Finding("problem", file, None, "is in the old Excel format", "Save it as .xlsx or .csv")
    near = difflib.get_close_matches(path.stem.casefold(), REGISTERS, n=1)
    advice = f"Did you mean {near[0]}.csv?" if near else "Registers are " + ", ".join(REGISTERS) + " (.csv or .xlsx)"
    return Finding("notice", file, None, "is no register that evalkit knows and is not used", advice)


def read_register(path: Path, *, root: Path) -> tuple[pd.DataFrame, list[Finding]]:
    """Read a register or another table as text.

    Parameters
    ----------
    path : pathlib.Path
        A .csv (comma, semicolon or tab) or .xlsx file (its first sheet).
    root : pathlib.Path
        The study's folder.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        Every cell as text, never missing; the header in lower case; `source_file` and `source_row` (as a person
        counts rows, the header being row 1). Without rows if the file cannot be read, with a problem that says why.
    """
    file = relative_to_study(path, root)
    findings: list[Finding] = []
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"is larger than {MAX_BYTES // 1048576} MB; a register is a table of some rows")
        if path.suffix.casefold() == ".xlsx":
            rows = _read_xlsx(path, file, findings)
        else:
            rows = _read_csv(path, file, findings)
    except SourceError as error:
        what, _, advice = str(error.args[0]).partition("; ")
        findings.append(Finding("problem", file, None, what, _sentence(advice)))
        rows = []
    except OSError as error:
        findings.append(Finding("problem", file, None, f"cannot be read ({error.strerror})", "Check the file"))
        rows = []
    return _as_table(rows, file, findings), findings


def _sentence(advice: str) -> str:
    return advice[:1].upper() + advice[1:] if advice else "Save it anew"


def _read_xlsx(path: Path, file: str, findings: list[Finding]) -> list[tuple[int, list[str]]]:
    book: dict[str, Any] = run_guarded("evalkit.sources.workbook:read_workbook", path)
    findings += [Finding("problem", file, row, what, advice) for row, what, advice in book["losses"]]
    if book["sheets"] > 1:
        what = f"has {book['sheets']} sheets; only the first is read"
        findings.append(Finding("notice", file, None, what, "Save other tables as files of their own"))
    return [(row, [_clean(cell) for cell in cells]) for row, cells in book["rows"]]


def _read_csv(path: Path, file: str, findings: list[Finding]) -> list[tuple[int, list[str]]]:
    text, encoding = decode_bytes(path.read_bytes())
    if suspect_encoding(text):
        what = f"looks as if it were not {encoding}: signs stand where letters should"
        findings.append(Finding("notice", file, None, what, "Save it as UTF-8"))
    skipped = 0
    first, _, rest = text.partition("\n")
    if first.strip().casefold() in ("sep=;", "sep=,", "sep=\t", "sep="):  # Excel's own hint, a row to whoever counts
        text, skipped = rest, 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows = []
    number = skipped
    try:
        for number, cells in enumerate(reader, start=1 + skipped):
            rows.append((number, [_clean(cell) for cell in cells]))
    except csv.Error:
        findings.append(
            Finding("problem", file, number + 1, "the quotes do not match; the rest is not read", "Correct it")
        )
    return [(number, cells) for number, cells in rows if any(cells)]


def _delimiter(text: str) -> str:
    """Choose what parts the header: column names hold no separators of their own."""
    header = next((line for line in text.split("\n") if line.strip()), "")
    counts = {sign: header.count(sign) for sign in (",", ";", "\t")}
    return max(counts, key=lambda sign: counts[sign])


def _clean(cell: str) -> str:
    return normalise_text(cell).text.strip()


def _as_table(rows: list[tuple[int, list[str]]], file: str, findings: list[Finding]) -> pd.DataFrame:
    if not rows:
        if not any(finding.severity == "problem" for finding in findings):
            findings.append(Finding("notice", file, None, "is empty", "Fill it in or remove it"))
        return _frame([], [], file)
    header_row, header = rows[0]
    names = [" ".join(name.casefold().split()) for name in header]
    while names and not names[-1]:
        names.pop()
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        what = f"the column '{name}' stands twice; only the first is read"
        findings.append(Finding("problem", file, header_row, what, "Rename one of them"))
    body = rows[1:]
    for number, cells in body:
        nameless = any(cells[len(names) :]) or any(cell for name, cell in zip(names, cells, strict=False) if not name)
        if nameless:
            findings.append(Finding("problem", file, number, "a cell has no column name above it", "Name the column"))
        elif len(cells) < len(names):
            what = f"has {len(cells)} cells where the header has {len(names)}"
            findings.append(Finding("notice", file, number, what, "Check that no separator is missing"))
    return _frame(names, body, file)


def _frame(names: list[str], body: list[tuple[int, list[str]]], file: str) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for place, name in enumerate(names):
        if name and name not in columns and name not in _ORIGIN:
            cells = [row[place] if place < len(row) else "" for _, row in body]
            columns[name] = pd.Series(cells, dtype="str")
    columns["source_file"] = pd.Series([file] * len(body), dtype="str")
    columns["source_row"] = pd.Series([number for number, _ in body], dtype="Int64")
    return pd.DataFrame(columns)
