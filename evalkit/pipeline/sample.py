"""`evalkit sample`: draw an audit sample of a study, give it out as sheets, and take the answers in."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evalkit.coding import read_codebook, study_codebook
from evalkit.coding.apply import RULES
from evalkit.coding.audit_sample import AuditSample, draw_audit_sample, study_periods
from evalkit.coding.present_samples import PresentSample, keep_sent, sample_now
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
) -> tuple[AuditSample, Sequence[Finding]]:
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
    tuple of AuditSample and sequence of Finding
        The sample as it is kept, and what there is to notice.

    Raises
    ------
    StoreError
        If another sample has that name.
    TableError
        If there is nothing to draw from, or n is too small.
    """
    coder = coder.strip()
    run_study(study, until="tables", allow_problems=True, progress=progress)
    documents, segments, codings = (read_table(study, table) for table in ("documents", "segments", "codings"))
    codebook = read_codebook(study_codebook(study))
    periods = study_periods(study, segments, documents)
    sample = draw_audit_sample(segments, codings, codebook=codebook, periods=periods, n=n, seed=seed)
    with open_store(study) as store:
        return save_sample(store, sample, documents, name=name, coder=coder), _undeclared(study, coder)


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


def export_sheet(
    study: Study, out: Path, *, coder: str, name: str | None = None
) -> tuple[PresentSample, Sequence[Finding]]:
    """Write a coder's sheet, in the words of today: names replaced since the draw are replaced in it too.

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
    tuple of PresentSample and sequence of Finding
        What the sheet holds, and what there is to notice.

    Raises
    ------
    UsageError
        If the ending is not .xlsx, or there are several samples and none is named.
    StoreError
        If the file exists.
    """
    if out.suffix != ".xlsx":
        raise UsageError(f"--out {out.name}: a sheet is an .xlsx file")
    coder, codebook = coder.strip(), read_codebook(study_codebook(study))
    documents, segments = read_table(study, "documents"), read_table(study, "segments")
    title = study.study.title(study.lang)
    with existing_store(study) as store:
        present = sample_now(store, _the_sample(store, name), documents, segments)
        write_coding_sheet(out, present, segments, codebook, coder=coder, title=title, lang=study.lang)
        keep_sent(store, present, documents)
    return present, [*_undeclared(study, coder), *_left_out(present)]


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
    coder, codebook = coder.strip(), read_codebook(study_codebook(study))
    with existing_store(study) as store:
        sample = read_sample(store, _the_sample(store, name))
        answers = read_coding_sheet(sheet, sample, codebook, store=store)
        if answers.problems:
            raise ProblemsError(list(answers.problems), where=f"{sheet.name}; correct them, nothing was imported")
        taken = import_sheet(store, answers, coder=coder, suggestions=_suggestions(study, store, sample.name, coder))
    return taken, [*answers.findings, *_undeclared(study, coder)]


def _suggestions(study: Study, store: CodingStore, name: str, coder: str) -> pd.DataFrame | None:
    """Return the rules' codings with the sample's segments; the tables are read only if the coder has met any."""
    decisions = store.records("decisions", removed=True)
    if not ((decisions["about"] == "suggestion") & (decisions["coder"] == coder)).any():
        return None
    documents, segments, codings = (read_table(study, table) for table in ("documents", "segments", "codings"))
    present = sample_now(store, name, documents, segments).table.dropna(subset=["present_id"])
    drawn_as = present.set_index("present_id")["segment_id"]
    rules = codings.loc[codings["coder"] == RULES, ["coding_id", "segment_id"]]
    return rules.assign(segment_id=rules["segment_id"].map(drawn_as))


def _undeclared(study: Study, coder: str) -> list[Finding]:
    """Say that a coder is not one of the study's: a name typed in two ways would be two coders."""
    if coder in study.coders:
        return []
    what = f"'{coder}' is not among the coders" + (f" {', '.join(study.coders)}" if study.coders else "")
    return [Finding("notice", "study.toml", None, what, "Correct the name, or add it to coders")]


def _left_out(present: PresentSample) -> list[Finding]:
    if not present.left_out:
        return []
    n, of = len(present.left_out), present.sample.n
    what = (
        f"{n} of {of} segments of the sample '{present.sample.name}' have been corrected so much since it was drawn "
        "that no place is certainly theirs; they are not in the sheet"
    )
    return [Finding("notice", "data/codings.sqlite", None, what, "They count as not read; if they are many, draw anew")]


def _the_sample(store: CodingStore, name: str | None) -> str:
    names = sample_names(store)
    if name is None and len(names) != 1:
        known = f"there are {', '.join(names)}" if names else "draw one first: evalkit sample draw"
        raise UsageError(f"--name: say which sample; {known}")
    return names[0] if name is None else name
