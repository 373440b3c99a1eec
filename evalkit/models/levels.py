"""What the models start from: who enrolled and completed, and how far each unit had come in each tool and session."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.participation import completing_units
from evalkit.measures.rated_cells import rated_cells
from evalkit.measures.register_rows import as_tuples, source_rows
from evalkit.models.survival import leaving_times
from evalkit.study import Study

__all__ = ["Enrolled", "enrolled_units", "merge_rows", "session_levels", "tool_levels"]


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """The units that enrolled.

    Attributes
    ----------
    table : pandas.DataFrame
        Per unit: unit, left_after, left_by (missing if it did not leave), earliest and latest (first session it can
        have been gone), left, completed (by the declared rule) and rests_on (its row of the register, if any).
    known : bool
        Whether there is a register; without one every declared unit counts as enrolled and none as having left.
    """

    table: pd.DataFrame
    known: bool


def merge_rows(rows: "Iterable[tuple[str, ...]]") -> Any:
    """Join the register rows behind several rows.

    Parameters
    ----------
    rows : iterable of tuple of str
        What each rests on.

    Returns
    -------
    tuple of str
        Sorted, each once.
    """
    return tuple(sorted(set().union(*rows)))


def enrolled_units(enrolment: pd.DataFrame, *, study: Study, attendance: pd.DataFrame | None = None) -> Enrolled:
    """List who enrolled, when they can have left, and who completed by the declared rule.

    Parameters
    ----------
    enrolment : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`; without rows the declared units are taken.
    study : Study
        Its sessions, units and completion rule.
    attendance : pandas.DataFrame, optional
        For the parts of the rule that ask for it; without rows they are not applied.

    Returns
    -------
    Enrolled
        One row per unit, in the register's order.

    Raises
    ------
    EstimationError
        If there are no units or no sessions, or an interval of leaving is impossible.
    """
    known = len(enrolment) > 0
    units = enrolment["unit"].tolist() if known else list(study.unit_ids)
    if not units or not study.session_ids:
        raise EstimationError(
            "enrolment: no units or no sessions; declare them in study.toml.",
            sv="anmälan: inga enheter eller inga träffar; ange dem i study.toml.",
        )
    missing = pd.Series(pd.NA, index=range(len(units)), dtype="Int64")
    after = enrolment["left_after_session"].reset_index(drop=True) if known else missing
    by = enrolment["left_by_session"].reset_index(drop=True) if known else missing
    last = max(study.session_ids)
    earliest, gone_early = leaving_times(after, by, n_sessions=last, bound="earliest")
    latest, gone = leaving_times(after, by, n_sessions=last, bound="latest")
    table = pd.DataFrame(
        {
            "unit": pd.Series(units, dtype="str"),
            "left_after": after,
            "left_by": by,
            "earliest": np.where(gone_early, earliest, np.nan),
            "latest": np.where(gone, latest, np.nan),
            "left": gone,
            "rests_on": [(row,) for row in source_rows(enrolment)] if known else [()] * len(units),
        }
    )
    done = completing_units(enrolment, study, attendance=attendance)
    table["completed"] = table["unit"].map(done).astype("bool") if known else True
    return Enrolled(table, known)


def tool_levels(assessments: pd.DataFrame, *, study: Study) -> pd.DataFrame:
    """Compute the level per unit, session and tool: the mean over raters.

    "Cannot judge" and levels of a tool that no session had introduced yet are left out.

    Parameters
    ----------
    assessments : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study
        Its tools, scale and sessions.

    Returns
    -------
    pandas.DataFrame
        unit, session, tool, introduced, level, n_raters and rests_on (rows of the register).

    Raises
    ------
    TableError
        If a level is outside the scale or a tool is not declared.
    """
    cells = rated_cells(assessments, study).drop(columns="raters")
    taught = cells[cells["introduced"] <= cells["session"]].reset_index(drop=True)
    return taught.assign(rests_on=as_tuples(tuple(sorted(rows)) for rows in taught["rests_on"]))


def session_levels(cells: pd.DataFrame) -> pd.DataFrame:
    """Compute the mean level per unit and session over the tools introduced by then.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `tool_levels`.

    Returns
    -------
    pandas.DataFrame
        unit, session, level, n_tools and rests_on.
    """
    return cells.groupby(["unit", "session"], as_index=False).agg(
        level=("level", "mean"), n_tools=("tool", "size"), rests_on=("rests_on", merge_rows)
    )
