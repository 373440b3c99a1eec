"""Rubric scores kept in the store → rows of the register `assessments`."""

import pandas as pd

from evalkit.coding.store import CodingStore
from evalkit.errors import Finding
from evalkit.tables import schema_columns

__all__ = ["join_scores", "read_scores"]

_KEY = ["unit", "session", "tool", "rater"]


def read_scores(store: CodingStore) -> pd.DataFrame:
    """Return the store's scores as a register.

    Parameters
    ----------
    store : CodingStore
        An open store.

    Returns
    -------
    pandas.DataFrame
        Table `assessments`; source_file is the store's name, source_row counts the scores.
    """
    scores = store.records("scores").rename(columns={"coder": "rater"})
    scores = scores.assign(source_file=store.where, source_row=range(1, len(scores) + 1))
    scores["rated_on"] = pd.to_datetime(scores["rated_on"], format="%Y-%m-%d")
    columns = schema_columns("assessments")
    return scores.reindex(columns=list(columns)).astype(columns)


def join_scores(register: pd.DataFrame, scores: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Put the scores of a register and of the store together.

    Parameters
    ----------
    register, scores : pandas.DataFrame
        Table `assessments`.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        Both; where the same rater has scored the same thing in both, the store's stands, and a notice says so.
    """
    twice = register.merge(scores[_KEY], on=_KEY, how="left", indicator=True)["_merge"].eq("both").to_numpy()
    findings = [
        Finding(
            "notice",
            str(row["source_file"]),
            int(row["source_row"]),
            "the same rater has scored this in the store as well, and that score is used",
            "Remove the row, or the score in the store",
        )
        for row in register[twice].to_dict("records")
    ]
    kept = [table for table in (register[~twice], scores) if len(table)]
    joined = pd.concat(kept, ignore_index=True) if kept else register.iloc[:0]
    return joined.astype(schema_columns("assessments")), findings
