"""`evalkit suggest`: what to read next, with codes suggested by what people have coded so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evalkit.coding import read_codebook, study_codebook
from evalkit.coding.suggest import Suggester, fit_suggester
from evalkit.coding.vectors import read_vectors
from evalkit.errors import TableError, UsageError
from evalkit.pipeline.agree import with_texts
from evalkit.pipeline.engine import Progress
from evalkit.pipeline.run import ingest_study
from evalkit.study import Study
from evalkit.tables import as_csv, as_xlsx, read_table, write_whole

__all__ = ["Suggested", "suggest_codes"]


@dataclass(frozen=True, slots=True, eq=False)
class Suggested:
    """What was learned and what follows.

    Attributes
    ----------
    suggester : Suggester
        What was learned, with the measured precision of each code.
    suggestions : pandas.DataFrame
        See `Suggester.suggest`: the most informative segment first.
    """

    suggester: Suggester
    suggestions: pd.DataFrame


def suggest_codes(
    study: Study,
    *,
    coders: Sequence[str] | None = None,
    precision: float = 0.7,
    vectors: str | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> Suggested:
    """Learn from people's codings and suggest codes for the segments that nobody has read.

    Parameters
    ----------
    study : Study
        The study.
    coders : sequence of str, optional
        Whose codings to learn from; default everybody's.
    precision : float, default 0.7
        What is asked of a code's suggestions (see `fit_suggester`).
    vectors : str, optional
        A file of pretrained word vectors, or an installed spaCy package that has some.
    out : pathlib.Path, optional
        A .csv or .xlsx file for the suggestions, with the segments' pseudonymised texts, but for those of people who
        consented to nothing.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    Suggested
        What was learned, and the suggestions.

    Raises
    ------
    UsageError
        If the ending of the file is not known, or the precision is not between 0 and 1.
    TableError
        If a coder is not known.
    EstimationError
        If there is too little to learn from.
    """
    if out is not None and out.suffix not in (".csv", ".xlsx"):
        raise UsageError(f"--out {out.name}: the ending is not known; use .csv or .xlsx")
    if not 0 < precision < 1:
        raise UsageError(f"--precision {precision:g}: give a share between 0 and 1, such as 0.7")
    own = None if vectors is None else read_vectors(vectors)
    ingest_study(study, progress=progress)
    segments, codings, readings = (read_table(study, name) for name in ("segments", "people_codings", "readings"))
    everybody = set(readings["segment_id"])
    if coders is not None:
        known = sorted(readings["coder"].unique())
        if unknown := sorted(set(coders) - set(known)):
            raise TableError(f"coder '{unknown[0]}' has read nothing; those who have are {', '.join(known) or 'none'}")
        codings, readings = (table[table["coder"].isin(coders)] for table in (codings, readings))
    suggester = fit_suggester(
        segments, codings, readings, read_codebook(study_codebook(study)), precision=precision, vectors=own
    )
    unread = segments[~segments["segment_id"].isin(everybody)]
    suggestions = suggester.suggest(unread)
    if out is not None:
        table = with_texts(suggestions, segments, read_table(study, "documents"))
        write_whole(out, as_csv(table) if out.suffix == ".csv" else as_xlsx({"suggestions": table}))
    return Suggested(suggester, suggestions)
