"""Registers held against the study and each other: units, sessions, tools, levels, and who had left when.

`as_register` sees one register at a time; what contradicts study.toml or another register is found here.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from evalkit.errors import Finding
from evalkit.study import Study

__all__ = ["check_register"]

Row = Mapping[Any, Any]
Said = tuple[str, str]
Check = Callable[[Row], Iterator[Said]]
_STUDY = "study.toml"


def check_register(
    name: str, table: pd.DataFrame, study: Study, *, enrolment: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Hold a register against study.toml and the enrolment register.

    Parameters
    ----------
    name : str
        Name of the register.
    table : pandas.DataFrame
        Its rows, of the schema's types.
    study : Study
        The study.
    enrolment : pandas.DataFrame
        The enrolment register, which tells when a unit left; may have no rows.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        The rows that hold, and a problem for every row that does not, with the row as a person counts it.
    """
    kept, findings = [], []
    left: dict[str, Any] = dict(zip(enrolment["unit"], _first_gone(enrolment), strict=True))
    checks = _checks(name, study, left)
    for index, row in zip(table.index, table.to_dict("records"), strict=True):
        said = [
            Finding("problem", str(row["source_file"]), int(row["source_row"]), f"{name}: {what}", advice)
            for check in checks
            for what, advice in check(row)
        ]
        findings += said
        if not said:
            kept.append(index)
    return table.loc[kept].reset_index(drop=True), findings


def _first_gone(enrolment: pd.DataFrame) -> "pd.Series[Any]":
    """Return the first session in which a unit had certainly left; missing if it did not leave.

    Left after 2 and by 3: gone from 3. Left after 2 and by 2 (right after it), or after 2 alone: gone from 3.
    """
    after, by = enrolment["left_after_session"], enrolment["left_by_session"]
    return by.where((by > after) | after.isna(), after + 1).fillna(after + 1)


def _checks(name: str, study: Study, left: dict[str, Any]) -> list[Check]:
    """Gather what is asked of each row of a register."""
    special: dict[str, Check] = {
        "assessments": partial(_level_on_scale, study=study),
        "attendance": partial(_still_there, left=left),
        "enrolment": _left_in_order,
        "positions": _zone_or_participant,
    }
    checks = [
        partial(_known_unit, study=study),
        partial(_known_session, study=study),
        partial(_known_tool, study=study),
    ]
    return [*checks, special[name]] if name in special else [*checks]


def _known_unit(row: Row, *, study: Study) -> Iterator[Said]:
    if not _missing(row.get("unit")) and row["unit"] not in study.unit_ids:
        yield f"unit '{row['unit']}' is not declared", f"Correct the row, or declare it in {_STUDY} under [[units]]"


def _known_session(row: Row, *, study: Study) -> Iterator[Said]:
    for column in ("session", "after_session", "left_after_session", "left_by_session"):
        value = row.get(column)
        if not _missing(value) and value != 0 and value not in study.session_ids:
            yield (
                f"{column} {value} does not exist (declared: {_range(study.session_ids)})",
                f"Correct the row, or declare it in {_STUDY} under [[sessions]]",
            )


def _known_tool(row: Row, *, study: Study) -> Iterator[Said]:
    for column in ("tool", "tool_demonstrated"):
        if not _missing(row.get(column)) and row[column] not in study.tool_ids:
            what = f"{column} '{row[column]}' is not declared"
            yield what, f"Correct the row, or declare it in {_STUDY} under [[tools]]"


def _level_on_scale(row: Row, *, study: Study) -> Iterator[Said]:
    scale, level = study.scales.level, row["level"]
    if not _missing(level) and not scale.minimum <= level <= scale.maximum:
        yield (
            f"level {level} (unit='{row['unit']}', session={row['session']}, tool='{row['tool']}'); "
            f"levels are {scale.minimum}–{scale.maximum}",
            f"Correct the row, or declare the scale in {_STUDY}",
        )


def _still_there(row: Row, *, left: dict[str, Any]) -> Iterator[Said]:
    gone = left.get(row["unit"])
    if not _missing(gone) and not _missing(row["session"]) and row["session"] >= gone:
        what = f"unit '{row['unit']}' is present in session {row['session']} but had left by session {gone}"
        yield what, "Correct this row or the enrolment register"


def _left_in_order(row: Row) -> Iterator[Said]:
    after, by = row["left_after_session"], row["left_by_session"]
    if not _missing(after) and not _missing(by) and by < after:
        yield f"unit '{row['unit']}' left by session {by}, before it left after session {after}", "Correct the row"


def _zone_or_participant(row: Row) -> Iterator[Said]:
    if _missing(row["zone"]) and _missing(row["participant"]):
        yield "neither zone nor participant is given", "Give one of them"


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _range(sessions: tuple[int, ...]) -> str:
    if not sessions:
        return "none"
    whole = sessions == tuple(range(sessions[0], sessions[-1] + 1))
    return f"{sessions[0]}–{sessions[-1]}" if whole and len(sessions) > 1 else ", ".join(map(str, sessions))
