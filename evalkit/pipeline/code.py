"""`evalkit code`: rule codings on their own, of a study or of a file of segments."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from evalkit.coding import apply_codebook, read_codebook, study_codebook
from evalkit.errors import StudyError, TableError, UsageError
from evalkit.pipeline.engine import Progress
from evalkit.pipeline.run import ingest_study
from evalkit.shipped import codebook_path
from evalkit.study import Study, find_study
from evalkit.tables import as_csv, empty_table, read_table, schema_columns, write_whole
from evalkit.tables.schemas import ROLES

__all__ = ["code_segments_file", "code_study", "read_segments_file", "write_codings"]

COLUMNS = ["segment_id", "code", "polarity", "start", "end", "quote", "rule"]


def code_study(study: Study, *, codebook: Path | None, progress: Progress | None = None) -> pd.DataFrame:
    """Make rule codings of a study's documents.

    Parameters
    ----------
    study : Study
        The study.
    codebook : path, optional
        Default the study's own, else the one that evalkit ships.
    progress : callable, optional
        Told about every step.

    Returns
    -------
    pandas.DataFrame
        Codings (schema `codings`).
    """
    ingest_study(study, progress=progress)
    return apply_codebook(read_table(study, "segments"), read_codebook(codebook or study_codebook(study)))


def code_segments_file(path: Path, *, codebook: Path | None, study: Path) -> pd.DataFrame:
    """Make rule codings of a file of segments.

    Parameters
    ----------
    path : path
        JSON lines with id, speaker (the role) and text.
    codebook : path, optional
        Default that of the study, else the one that evalkit ships.
    study : path
        A folder that may be or lie in a study.

    Returns
    -------
    pandas.DataFrame
        Codings (schema `codings`); offsets count from the start of each segment's text.

    Raises
    ------
    TableError
        If a line cannot be read; names the line.
    """
    segments = read_segments_file(path)
    if codebook is None:
        try:
            own = find_study(study) / "data" / "raw" / "codebook.toml"
        except StudyError:
            own = codebook_path()
        codebook = own if own.is_file() else codebook_path()
    return apply_codebook(segments, read_codebook(codebook))


def read_segments_file(path: Path) -> pd.DataFrame:
    """Read segments from JSON lines.

    Parameters
    ----------
    path : path
        One JSON object a line with id, speaker (informant, handledare, anteckning or intervjuare) and text.

    Returns
    -------
    pandas.DataFrame
        Segments (schema `segments`), each a document of its own.

    Raises
    ------
    TableError
        If the file or one of its lines cannot be read, a speaker is unknown or an id stands twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror}). Give a file of JSON lines") from None
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8") from None
    rows = [_segment(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        return empty_table("segments")
    table = pd.DataFrame(rows).reindex(columns=list(schema_columns("segments"))).astype(schema_columns("segments"))
    twice = table["segment_id"].duplicated()
    if twice.any():
        raise TableError(
            f"{path}: id '{table.loc[twice, 'segment_id'].iloc[0]}' stands more than once. Give each its own"
        )
    return table


def write_codings(codings: pd.DataFrame, out: Path | None) -> str:
    """Write codings as JSON lines, CSV or Parquet, chosen by the file's ending.

    Parameters
    ----------
    codings : pandas.DataFrame
        Codings (schema `codings`).
    out : path or None
        The file; None writes none.

    Returns
    -------
    str
        The JSON lines, when there is no file; else an empty string.

    Raises
    ------
    UsageError
        If the ending is unknown.
    """
    slim = codings[COLUMNS]
    suffix = ".jsonl" if out is None else out.suffix
    if suffix == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in slim.to_dict("records"))
        content = text.encode()
    elif suffix == ".csv":
        content = as_csv(slim)
    elif suffix == ".parquet":
        content = slim.to_parquet(index=False)
    else:
        raise UsageError(f"--out {out}: the ending is not known; use .jsonl, .csv or .parquet")
    if out is None:
        return content.decode()
    write_whole(out, content)
    return ""


def _segment(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
        identity, role, text = str(said["id"]), said["speaker"], said["text"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        what = f"no '{error.args[0]}'" if isinstance(error, KeyError) else "not a JSON object"
        raise TableError(f"{path}, line {number}: {what}; each line needs id, speaker and text") from None
    if role not in ROLES or not isinstance(text, str):
        raise TableError(
            f"{path}, line {number} (id '{identity}'): speaker must be one of {', '.join(ROLES)} and text a string"
        )
    return {"segment_id": identity, "document_id": identity, "start": 0, "end": len(text), "role": role, "text": text}
