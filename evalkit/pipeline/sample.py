"""`evalkit sample`: draw an audit sample of a study, give it out as sheets, and take the answers in."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evalkit.coding import read_codebook, study_codebook
from evalkit.coding.audit_sample import AuditSample, draw_audit_sample, study_periods
from evalkit.coding.sheet import SheetImport, import_sheet, read_coding_sheet, write_coding_sheet
from evalkit.coding.store import CodingStore, open_store
from evalkit.coding.stored_samples import read_sample, sample_names, sample_status, save_sample
from evalkit.errors import Finding, UsageError
from evalkit.pipeline.check import ProblemsError
from evalkit.pipeline.engine import Progress
from evalkit.pipeline.people import existing_store
from evalkit.pipeline.run import run_study
from evalkit.study import Study
from evalkit.tables import read_table

__all__ = ["draw_sample", "export_sheet", "sample_counts", "take_in_sheet"]


def draw_sample(
    study: Study, *, name: str, n: int, seed: int, coder: str, progress: Progress | None = None
) -> AuditSample:
    """Draw an audit sample of the study as it is now, and keep it.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        What the sample is called.
    n : int
        Segments.
    seed : int
        The same seed on the same study draws the same segments.
    coder : str
        Who draws it.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    AuditSample
        As it is kept.

    Raises
    ------
    StoreError
        If another sample has that name.
    TableError
        If there is nothing to draw from, or n is too small.
    """
    run_study(study, until="tables", allow_problems=True, progress=progress)
    documents, segments, codings = (read_table(study, table) for table in ("documents", "segments", "codings"))
    codebook = read_codebook(study_codebook(study))
    periods = study_periods(study, segments, documents)
    sample = draw_audit_sample(segments, codings, codebook=codebook, periods=periods, n=n, seed=seed)
    with open_store(study) as store:
        return save_sample(store, sample, documents, name=name, coder=coder)


def sample_counts(study: Study, *, name: str | None = None) -> tuple[AuditSample, pd.DataFrame]:
    """Tell how far a sample has been read.

    Parameters
    ----------
    study : Study
        The study.
    name : str, optional
        The sample; need not be said if there is one only.

    Returns
    -------
    tuple of AuditSample and pandas.DataFrame
        The sample, and per coder how many segments are read and left.

    Raises
    ------
    UsageError
        If there are several samples and none is named.
    """
    with existing_store(study) as store:
        chosen = _the_sample(store, name)
        return read_sample(store, chosen), sample_status(store, chosen, study.coders)


def export_sheet(study: Study, out: Path, *, coder: str, name: str | None = None) -> AuditSample:
    """Write a coder's sheet.

    Parameters
    ----------
    study : Study
        A study whose tables are built.
    out : pathlib.Path
        An .xlsx file that does not exist.
    coder : str
        Who will fill it in.
    name : str, optional
        The sample; need not be said if there is one only.

    Returns
    -------
    AuditSample
        What the sheet holds.

    Raises
    ------
    UsageError
        If the ending is not .xlsx, or there are several samples and none is named.
    StoreError
        If the file exists.
    """
    if out.suffix != ".xlsx":
        raise UsageError(f"--out {out.name}: a sheet is an .xlsx file")
    codebook, segments = read_codebook(study_codebook(study)), read_table(study, "segments")
    with existing_store(study) as store:
        sample = read_sample(store, _the_sample(store, name))
    title = study.study.title(study.lang)
    write_coding_sheet(out, sample, segments, codebook, coder=coder, title=title, lang=study.lang)
    return sample


def take_in_sheet(
    study: Study, sheet: Path, *, coder: str, name: str | None = None
) -> tuple[SheetImport, Sequence[Finding]]:
    """Take a filled-in sheet into the store.

    Parameters
    ----------
    study : Study
        The study.
    sheet : pathlib.Path
        The workbook.
    coder : str
        Whose answers they are.
    name : str, optional
        The sample; need not be said if there is one only.

    Returns
    -------
    tuple of SheetImport and sequence of Finding
        What changed, and what there is to notice.

    Raises
    ------
    StudyError
        If the sheet has problems; all of them are told, and nothing is imported.
    StoreError
        If it is another coder's.
    """
    codebook = read_codebook(study_codebook(study))
    with existing_store(study) as store:
        sample = read_sample(store, _the_sample(store, name))
        answers = read_coding_sheet(sheet, sample, codebook)
        if answers.problems:
            raise ProblemsError(list(answers.problems), where=f"{sheet.name}; correct them, nothing was imported")
        return import_sheet(store, answers, coder=coder), answers.findings


def _the_sample(store: CodingStore, name: str | None) -> str:
    names = sample_names(store)
    if name is None and len(names) != 1:
        known = f"there are {', '.join(names)}" if names else "draw one first: evalkit sample draw"
        raise UsageError(f"--name: say which sample; {known}")
    return names[0] if name is None else name
