"""What every measure of a register shares: the rows it rests on, the grid it fills and who had left when."""

from collections.abc import Iterable
from itertools import product
from typing import Any, Literal

import pandas as pd

from evalkit.errors import TableError
from evalkit.study import Study, Text

__all__ = [
    "Presence",
    "as_tuples",
    "declared_first",
    "gather",
    "leaving",
    "name_of",
    "presence",
    "session_list",
    "source_rows",
    "tool_names",
    "unit_list",
    "unit_session_grid",
]

Presence = Literal["in", "may have left", "left"]


def source_rows(register: pd.DataFrame) -> "pd.Series[str]":
    """Name each row of a register by its file and row, as a person counts it.

    Parameters
    ----------
    register : pandas.DataFrame
        With source_file and source_row.

    Returns
    -------
    pandas.Series of str
        Such as "data/raw/registers/attendance.csv:12", on the same index; a space in a file name is written %20.
    """
    pairs = zip(register["source_file"], register["source_row"], strict=True)
    return pd.Series(
        [f"{str(file).replace(' ', '%20')}:{row}" for file, row in pairs], index=register.index, dtype="str"
    )


def as_tuples(ids: "Iterable[Any]") -> "pd.Series[Any]":
    """Return what each row rests on, with the empty tuple where it rests on nothing.

    Parameters
    ----------
    ids : iterable
        Tuples, or missing values.

    Returns
    -------
    pandas.Series of tuple
        On a fresh index.
    """
    return pd.Series([each if isinstance(each, tuple) else () for each in ids], dtype="object")


def gather(parts: "Iterable[tuple[str, ...]]") -> Any:
    """Join what several rows rest on.

    Parameters
    ----------
    parts : iterable of tuple of str
        From each row.

    Returns
    -------
    tuple of str
        Each id once, in order.
    """
    return tuple(dict.fromkeys(source for part in parts for source in part))


def declared_first(declared: Iterable[Any], found: "Iterable[pd.Series[Any]]") -> list[Any]:
    """List the values of a key: the declared ones in their order, then what else was found.

    Parameters
    ----------
    declared : iterable
        From the study.
    found : iterable of pandas.Series
        Columns that hold the key; missing values do not count.

    Returns
    -------
    list
        Each value once.
    """
    known = list(dict.fromkeys(declared))
    others = {value for column in found for value in column.dropna()}
    return [*known, *sorted(others - set(known))]


def unit_list(study: Study | None, *found: "pd.Series[str]") -> list[str]:
    """List the units, the study's first.

    Parameters
    ----------
    study : Study or None
        The study.
    *found : pandas.Series of str
        Columns that hold units.

    Returns
    -------
    list of str
        Each unit once.
    """
    return declared_first(study.unit_ids if study else (), found)


def session_list(study: Study | None, *found: "pd.Series[int]") -> list[int]:
    """List the sessions in order.

    Parameters
    ----------
    study : Study or None
        The study.
    *found : pandas.Series of int
        Columns that hold sessions.

    Returns
    -------
    list of int
        Declared and found.
    """
    return sorted(map(int, declared_first(study.session_ids if study else (), found)))


def unit_session_grid(units: list[str], sessions: list[int]) -> pd.DataFrame:
    """Return one row per unit and session.

    Parameters
    ----------
    units : list of str
        The units.
    sessions : list of int
        The sessions.

    Returns
    -------
    pandas.DataFrame
        unit, session.
    """
    return pd.DataFrame(list(product(units, sessions)), columns=["unit", "session"]).astype(
        {"unit": "str", "session": "Int64"}
    )


def tool_names(study: Study | None) -> dict[str, Text]:
    """Return the names of the tools.

    Parameters
    ----------
    study : Study or None
        The study.

    Returns
    -------
    dict of str to Text
        By id.
    """
    return {tool.id: tool.name for tool in study.tools} if study else {}


def name_of(names: dict[str, Text], key: str, lang: Literal["sv", "en"]) -> str:
    """Return the name of something, or its id where it has none.

    Parameters
    ----------
    names : dict of str to Text
        Names by id.
    key : str
        The id.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        For a reader.
    """
    return names[key](lang) if key in names else key


def leaving(enrolment: pd.DataFrame | None) -> dict[str, tuple[int, int | None]]:
    """Tell, for each unit that left, the last session it is known to have been in and the first it was gone.

    Parameters
    ----------
    enrolment : pandas.DataFrame or None
        See `evalkit.tables.SCHEMAS`.

    Returns
    -------
    dict of str to tuple
        Unit to (last session known in, first session known gone); the second is None where it is not known. Units
        that did not leave are not there.

    Raises
    ------
    TableError
        If a unit left by a session before the one it left after.
    """
    if enrolment is None:
        return {}
    left: dict[str, tuple[int, int | None]] = {}
    for row in enrolment[["unit", "left_after_session", "left_by_session"]].itertuples(index=False, name=None):
        unit, after, by = row[0], *(None if pd.isna(value) else int(value) for value in row[1:])
        if after is None and by is None:
            continue
        if after is not None and by is not None and by < after:
            raise TableError(
                f"enrolment: unit '{unit}' left by session {by}, before it left after session {after}. Correct the row."
            )
        last_in = 0 if after is None else after
        left[unit] = (last_in, None if by is None else max(by, last_in + 1))
    return left


def presence(unit: str, session: int, left: dict[str, tuple[int, int | None]]) -> Presence:
    """Tell whether a unit still took part when a session was held.

    Parameters
    ----------
    unit : str
        The unit.
    session : int
        The session.
    left : dict
        From `leaving`.

    Returns
    -------
    {"in", "may have left", "left"}
        The second where only an interval is known.
    """
    if unit not in left or session <= left[unit][0]:
        return "in"
    gone = left[unit][1]
    return "left" if gone is not None and session >= gone else "may have left"
