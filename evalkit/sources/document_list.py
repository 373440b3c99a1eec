"""documents.csv: what the evaluator knows about files that cannot say it themselves."""

import unicodedata
from pathlib import Path

import pandas as pd

from evalkit.errors import Finding
from evalkit.sources.header import field_of
from evalkit.sources.metadata import FIELDS
from evalkit.sources.registers import read_register, relative_to_study
from evalkit.study import Study

__all__ = ["FOLDERS", "LIST_NAMES", "read_document_list"]

FOLDERS = ("transcripts", "notes", "homework")
LIST_NAMES = ("documents.csv", "documents.xlsx")
_COLUMNS = ("path", *FIELDS, "encoding", "source_file", "source_row")
_PATH_NAMES = ("path", "file", "fil", "sökväg", "filnamn", "document", "dokument")


def read_document_list(study: Study) -> tuple[pd.DataFrame | None, list[Finding]]:
    """Read the optional list of documents.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    tuple of pandas.DataFrame or None and list of Finding
        One row per listed file: `path` relative to the study's folder, the fields as they were typed (kind, unit,
        session, date, verbatim, consent, encoding; empty where nothing is said), `source_file` and `source_row`.
        None if there is no list. A row whose file is not there is a problem: what it says about consent, for
        instance, would silently bind nobody.
    """
    folders = [study.raw, *(study.raw / name for name in FOLDERS)]
    paths = [folder / name for folder in folders for name in LIST_NAMES if (folder / name).is_file()]
    findings: list[Finding] = []
    tables = [_read_list(path, study, findings) for path in paths]
    if not tables:
        return None, findings
    listed = pd.concat(tables, ignore_index=True)
    twice = listed.duplicated("path", keep="first")
    for row in listed[twice].itertuples():
        what = f"the file of row {row.source_row} is listed more than once"
        findings.append(
            Finding("problem", str(row.source_file), int(str(row.source_row)), what, "Keep one of the rows")
        )
    return listed[~twice].reset_index(drop=True), findings


def _read_list(path: Path, study: Study, findings: list[Finding]) -> pd.DataFrame:
    raw, faults = read_register(path, root=study.root)
    findings += faults
    file = relative_to_study(path, study.root)
    names = {"path" if column in _PATH_NAMES else field_of(column) or column: column for column in raw.columns}
    table = pd.DataFrame(
        {
            column: raw[names[column]] if column in names else pd.Series("", index=raw.index, dtype="str")
            for column in _COLUMNS
        }
    )
    if len(raw) and "path" not in names:
        findings.append(Finding("problem", file, 1, "the column 'path' is missing", "Add it to the header"))
        return table.iloc[:0]
    for unused in sorted(set(names) - set(_COLUMNS)):
        findings.append(Finding("notice", file, 1, f"the column '{unused}' is not used", "Rename or ignore it"))
    found = [_resolve(text, path.parent, study) for text in table["path"]]
    lost = [place is None for place in found]
    for row in table.loc[lost, "source_row"]:
        findings.append(Finding("problem", file, int(row), "lists a file that is not there", "Correct its path"))
    table["path"] = pd.Series([place or "" for place in found], index=table.index, dtype="str")
    return table[[not gone for gone in lost]]


def _resolve(text: str, folder: Path, study: Study) -> str | None:
    """Find the file that a listed path means: beside the list, in data/raw or in the study's folder."""
    written = text.strip().replace("\\", "/")
    if not written:
        return None
    for base in (folder, study.raw, study.root):
        # Some systems spell å in two characters on disk; a list typed by hand has one.
        for form in (written, unicodedata.normalize("NFC", written), unicodedata.normalize("NFD", written)):
            path = base / form
            if path.is_file() and path.resolve().is_relative_to(study.root.resolve()):
                return unicodedata.normalize("NFC", relative_to_study(path, study.root))
    return None
