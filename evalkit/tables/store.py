"""The only reader and writer of data/processed: Parquet files, written whole or not at all.

A table may be built in parts (one per document), so that a changed transcript costs its own part only.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from evalkit.errors import TableError
from evalkit.study import Study
from evalkit.tables.schemas import SCHEMAS, schema_columns, validate_table

__all__ = ["join_parts", "read_table", "table_hash", "table_path", "write_table", "write_whole"]


def table_path(study: Study, name: str, *, part: str | None = None) -> Path:
    """Return where a table, or a part of it, lies.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table.
    part : str, optional
        Name of the part.

    Returns
    -------
    pathlib.Path
        In data/processed; need not exist.
    """
    return study.processed / (f"{name}.parquet" if part is None else f"parts/{name}-{part}.parquet")


def write_table(study: Study, name: str, table: pd.DataFrame, *, part: str | None = None) -> Path:
    """Write a table, or a part of it, after checking it against its schema.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table.
    table : pandas.DataFrame
        Its rows.
    part : str, optional
        Name of the part.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    TableError
        If the rows break the schema; nothing is written then.
    """
    path = table_path(study, name, part=part)
    write_whole(path, validate_table(name, table).reset_index(drop=True).to_parquet(index=False))
    return path


def read_table(study: Study, name: str) -> pd.DataFrame:
    """Read a table that the pipeline has built.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table.

    Returns
    -------
    pandas.DataFrame
        Its rows, with the dtypes of the schema.

    Raises
    ------
    TableError
        If no table has that name, or it has not been built.
    """
    if name not in SCHEMAS:
        raise TableError(f"no table is called '{name}'; the tables are {', '.join(SCHEMAS)}")
    path = table_path(study, name)
    if not path.is_file():
        raise TableError(f"{name}: not built yet ({path.name} is missing). Run: evalkit run")
    return pd.read_parquet(path)


def join_parts(study: Study, name: str, parts: Iterable[str]) -> pd.DataFrame:
    """Put the parts of a table together.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table.
    parts : iterable of str
        Names of the parts, in the order wanted.

    Returns
    -------
    pandas.DataFrame
        All rows; a table without parts has no rows but its columns.
    """
    tables = [pd.read_parquet(table_path(study, name, part=part)) for part in parts]
    filled = [table for table in tables if len(table)]
    dtypes = schema_columns(name)
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in dtypes.items()})
    return pd.concat(filled, ignore_index=True).astype(dtypes)


def table_hash(study: Study, name: str) -> str:
    """Return the SHA-256 of a built table.

    Parameters
    ----------
    study : Study
        The study.
    name : str
        Name of the table.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(table_path(study, name).read_bytes()).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never half of it.

    Parameters
    ----------
    path : pathlib.Path
        Where to; folders are made.
    content : bytes
        All of the file.

    Raises
    ------
    OSError
        If the disk is full or the file may not be written; the old file stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # A write that fails names no file; the reader of the message wants to know which.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
