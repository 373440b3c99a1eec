"""`evalkit codebook`: what the rules do in this study, what an edit changes, and the edits that codings follow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from evalkit.coding import apply_codebook, keyword_in_context, learn_codebook, read_codebook, study_codebook
from evalkit.coding.codebook_changes import (
    CodebookDiff,
    CodebookEdit,
    RecordedChange,
    change_codebook,
    codebook_changes,
    codebook_from_xlsx,
    codebook_to_docx,
    codebook_to_xlsx,
    codebook_versions,
    diff_codebooks,
    own_codebook,
    read_version,
    replace_source,
    settle_codebook,
    undecided_codings,
)
from evalkit.coding.codebook_check import CodebookCheck, CodingsDiff, check_codebook, diff_codings
from evalkit.coding.codes import Codebook
from evalkit.coding.learned.file import Learned
from evalkit.coding.store import has_store, open_store
from evalkit.errors import CodebookError, UsageError
from evalkit.pipeline.engine import Progress
from evalkit.pipeline.people import existing_store
from evalkit.pipeline.run import ingest_study
from evalkit.study import Study
from evalkit.tables import read_table, write_whole

__all__ = [
    "ComparedCodebooks",
    "change_study_codebook",
    "check_study_codebook",
    "code_in_context",
    "compare_codebooks",
    "export_codebook",
    "import_codebook",
    "learn_study_codebook",
    "list_undecided",
    "list_versions",
    "print_codebook",
    "settle_study_codebook",
]


@dataclass(frozen=True, slots=True, eq=False)
class ComparedCodebooks:
    """Two codebooks, and what each codes in the study.

    Attributes
    ----------
    codebooks : CodebookDiff
        What is written otherwise.
    codings : CodingsDiff
        What is coded otherwise.
    """

    codebooks: CodebookDiff
    codings: CodingsDiff


def check_study_codebook(
    study: Study, *, codebook: Path | None = None, progress: Progress | None = None
) -> CodebookCheck:
    """Find rules that do nothing in the study's texts, and codes without rules.

    Parameters
    ----------
    study : Study
        The study.
    codebook : pathlib.Path, optional
        Default the study's own, else the one that evalkit ships.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    CodebookCheck
        Matches and segments per rule and code.
    """
    ingest_study(study, progress=progress)
    return check_codebook(read_table(study, "segments"), read_codebook(codebook or study_codebook(study)))


def code_in_context(
    study: Study,
    code: str,
    *,
    codebook: Path | None = None,
    width: int = 40,
    held_back: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Show where the rules of a code match.

    Parameters
    ----------
    study : Study
        The study.
    code : str
        Id of the code.
    codebook : pathlib.Path, optional
        Default the study's own, else the one that evalkit ships.
    width : int, default 40
        Most characters before and after.
    held_back : bool, default False
        Whether to show, instead of what is coded, what rules match and the learned coder holds back.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    pandas.DataFrame
        See `evalkit.coding.keyword_in_context`.

    Raises
    ------
    CodebookError
        If there is no such code.
    """
    book = read_codebook(codebook or study_codebook(study))
    book.code(code)
    ingest_study(study, progress=progress)
    segments = read_table(study, "segments")
    codings = apply_codebook(segments, book)
    if held_back:
        coded = codings.loc[codings["code"] == code, "segment_id"]
        codings = apply_codebook(segments, replace(book, learned=None))
        codings = codings[~codings["segment_id"].isin(coded)]
    return keyword_in_context(codings, segments, code=code, width=width)


def compare_codebooks(
    study: Study, before: str, after: str | None = None, *, progress: Progress | None = None
) -> ComparedCodebooks:
    """Compare two codebooks, and what they code in the study's texts.

    Parameters
    ----------
    study : Study
        The study.
    before : str
        A file, or a version that the store has.
    after : str, optional
        The same; default the study's codebook as it is.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    ComparedCodebooks
        Both comparisons.

    Raises
    ------
    UsageError
        If one of them is neither a file nor a version.
    """
    books = [_find_codebook(study, before), read_codebook(study_codebook(study)) if after is None else None]
    books[1] = books[1] or _find_codebook(study, str(after))
    first, second = (book for book in books if book is not None)
    ingest_study(study, progress=progress)
    segments = read_table(study, "segments")
    changes = []
    if has_store(study):
        with open_store(study) as store:
            known = set(codebook_versions(store)["codebook_version"])
            if first.codebook_version in known:
                changes = codebook_changes(store, after=first.codebook_version)
    coded = [apply_codebook(segments, book) for book in (first, second)]
    return ComparedCodebooks(diff_codebooks(first, second, changes=changes), diff_codings(*coded))


def change_study_codebook(study: Study, operation: Callable[[str], CodebookEdit], *, coder: str) -> RecordedChange:
    """Change the study's codebook; people's codings follow.

    Parameters
    ----------
    study : Study
        The study; it gets a codebook of its own if it has none.
    operation : callable
        Gets the file's text and gives the edit.
    coder : str
        Who changes it.

    Returns
    -------
    RecordedChange
        What was done, and what is left to decide.
    """
    with open_store(study) as store:
        return change_codebook(own_codebook(study), store, coder, operation)


def learn_study_codebook(study: Study) -> Learned:
    """Learn anew from the coded examples beside the study's codebook.

    Parameters
    ----------
    study : Study
        The study; it gets a codebook of its own, with examples, if it has none.

    Returns
    -------
    Learned
        What was learned.

    Raises
    ------
    CodebookError
        If there are no examples, or too few.
    """
    own = own_codebook(study)
    learn_codebook(own)
    learned = read_codebook(own).learned
    if learned is None:  # written a moment ago
        raise CodebookError(f"{own.name}: what was learned is gone; run the command again")
    return learned


def settle_study_codebook(study: Study) -> str | None:
    """Write the version of the codebook that the codings are at, after a crash or an undo.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    str or None
        The version written; None if nothing had to be.
    """
    with existing_store(study) as store:
        return settle_codebook(own_codebook(study), store)


def list_versions(study: Study) -> pd.DataFrame:
    """List the versions of the codebook that the store has.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pandas.DataFrame
        See `evalkit.coding.codebook_changes.codebook_versions`.
    """
    with existing_store(study) as store:
        return codebook_versions(store)


def list_undecided(study: Study) -> pd.DataFrame:
    """List people's codings whose code was split or retired, or is not in the codebook.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    pandas.DataFrame
        See `evalkit.coding.codebook_changes.undecided_codings`.
    """
    codebook = read_codebook(study_codebook(study))
    with existing_store(study) as store:
        return undecided_codings(store, codebook)


def export_codebook(study: Study, out: Path) -> None:
    """Write the codebook as a workbook to edit.

    Parameters
    ----------
    study : Study
        The study.
    out : pathlib.Path
        An .xlsx file.

    Raises
    ------
    UsageError
        If the ending is another.
    """
    if out.suffix != ".xlsx":
        raise UsageError(f"--out {out.name}: a codebook to edit is an .xlsx file")
    write_whole(out, codebook_to_xlsx(read_codebook(study_codebook(study))))


def import_codebook(study: Study, sheet: Path, *, coder: str) -> RecordedChange:
    """Take an edited workbook in as the study's codebook.

    Parameters
    ----------
    study : Study
        The study.
    sheet : pathlib.Path
        The workbook.
    coder : str
        Who edited it.

    Returns
    -------
    RecordedChange
        What was done, and what is left to decide.
    """
    own = own_codebook(study)
    source = codebook_from_xlsx(sheet, keep_rules_of=own)
    return change_study_codebook(study, lambda before: replace_source(before, source), coder=coder)


def print_codebook(study: Study, out: Path) -> None:
    """Write the codebook as a document to print, with the number of codings people made.

    Parameters
    ----------
    study : Study
        The study.
    out : pathlib.Path
        A .docx file.

    Raises
    ------
    UsageError
        If the ending is another.
    """
    if out.suffix != ".docx":
        raise UsageError(f"--out {out.name}: a codebook to print is a .docx file")
    counts = None
    if has_store(study):
        with open_store(study) as store:
            counts = {str(code): int(n) for code, n in store.records("codings")["code"].value_counts().items()}
    book = read_codebook(study_codebook(study))
    write_whole(out, codebook_to_docx(book, lang=study.lang, counts=counts or None))


def _find_codebook(study: Study, which: str) -> Codebook:
    path = Path(which)
    if path.suffix == ".toml":
        return read_codebook(path)
    with existing_store(study) as store:
        known = codebook_versions(store)
        if which not in {*known["version"], *known["codebook_version"]}:
            versions = ", ".join(known["version"]) or "none"
            raise UsageError(f"'{which}' is neither a .toml file nor a version; the versions are {versions}")
        return read_version(store, which)[1]
