"""The words that may be names: a table in the study's private folder, on which the evaluator decides once."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from evalkit.errors import Finding
from evalkit.privacy.matching import (
    AMBIGUOUS,
    CAPITAL,
    COMPOUND,
    HYPHENATED,
    LOWER_CASE,
    ORDINARY,
    UNKNOWN,
)
from evalkit.tables import write_whole

__all__ = ["QUEUE_COLUMNS", "empty_queue", "join_queues", "queue_findings", "read_decisions", "write_queue"]

QUEUE_COLUMNS = ("word", "reason", "count", "documents", "decision", "pseudonym")

_REASONS = (AMBIGUOUS, ORDINARY, HYPHENATED, COMPOUND, UNKNOWN, LOWER_CASE, CAPITAL)
_NUMBERED = re.compile(r"\[?namn (\d+)\]?")
_LIVE = ("=", "+", "-", "@", "\t", "\r")
# Decisions people write in Swedish, too.
_WORDS = {"keep": "keep", "behåll": "keep", "replace": "replace", "ersätt": "replace"}


def empty_queue() -> pd.DataFrame:
    """Return a queue without rows.

    Returns
    -------
    pandas.DataFrame
        With the columns of `QUEUE_COLUMNS`.
    """
    return pd.DataFrame({column: pd.Series(dtype="int64" if column == "count" else "str") for column in QUEUE_COLUMNS})


def join_queues(queues: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the words of several documents on one list.

    Parameters
    ----------
    queues : sequence of pandas.DataFrame
        Queues of single documents.

    Returns
    -------
    pandas.DataFrame
        One row per word and reason; what matters most first, then by count. A genitive counts with its word.
    """
    if not queues:
        return empty_queue()
    rows = pd.concat(list(queues), ignore_index=True)
    known = set(zip(rows["word"], rows["reason"], strict=True))
    rows["word"] = [
        word[:-1] if word.endswith("s") and (word[:-1], reason) in known else word
        for word, reason in zip(rows["word"], rows["reason"], strict=True)
    ]
    joined = rows.groupby(["word", "reason"], as_index=False).agg({"count": "sum", "documents": _all_documents})
    rank = joined["reason"].map({reason: number for number, reason in enumerate(_REASONS)})
    order = joined.assign(rank=rank, less=-joined["count"]).sort_values(["rank", "less", "word"]).index
    return joined.loc[order].assign(decision="", pseudonym="").reset_index(drop=True).astype(_types())


def read_decisions(path: Path) -> tuple[pd.DataFrame, list[Finding]]:
    """Read what the evaluator has decided.

    Parameters
    ----------
    path : pathlib.Path
        The review queue, as it was written or as a spreadsheet program saved it; need not exist.

    Returns
    -------
    tuple of pandas.DataFrame and list of Finding
        The decided rows, those with the decision "replace" numbered in the order decided, and a problem for every row
        that cannot be used. Findings name rows, never words.
    """
    rows, findings = _read_rows(path)
    decided: dict[tuple[str, str], dict[str, str]] = {}
    for number, row in rows:
        decision = row["decision"].strip()
        if not decision:
            continue
        row["decision"] = _WORDS.get(decision.casefold(), decision.strip("[]"))
        key = (row["word"], row["reason"])
        if not row["word"] or row["reason"] not in _REASONS:
            findings.append(
                _problem(path, number, "the word or the reason has been changed", "Restore it, or remove the row")
            )
        elif key in decided and decided[key]["decision"] != row["decision"]:
            findings.append(_problem(path, number, "the same word stands with another decision above", "Keep one row"))
        else:
            decided.setdefault(key, row)
    return _numbered(pd.DataFrame(list(decided.values()), columns=list(QUEUE_COLUMNS))), findings


def write_queue(path: Path, queue: pd.DataFrame, decisions: pd.DataFrame) -> None:
    """Write the review queue: what is decided stays, what is new is added, what has vanished undecided goes.

    Parameters
    ----------
    path : pathlib.Path
        Where to. What was decided there since `decisions` was read is kept as well.
    queue : pandas.DataFrame
        The words found now, see `join_queues`.
    decisions : pandas.DataFrame
        Decided rows, see `read_decisions`.
    """
    decided = _records(decisions)
    seen = {(row["word"], row["reason"]) for row in decided}
    for _, row in _read_rows(path)[0]:
        if row["decision"].strip() and (row["word"], row["reason"]) not in seen:
            decided.append(row)
            seen.add((row["word"], row["reason"]))
    open_rows = [row for row in _records(queue) if (row["word"], row["reason"]) not in seen]
    buffer = io.StringIO()
    # With semicolons, as a Swedish Excel expects.
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(QUEUE_COLUMNS)
    writer.writerows([_dead(row[column]) for column in QUEUE_COLUMNS] for row in [*decided, *open_rows])
    write_whole(path, buffer.getvalue().encode("utf-8-sig"))


def count_undecided(path: Path) -> int:
    """Count the words that wait for a decision.

    Parameters
    ----------
    path : pathlib.Path
        The review queue; need not exist.

    Returns
    -------
    int
        Rows without a decision.
    """
    return sum(not row["decision"].strip() for _, row in _read_rows(path)[0])


def queue_findings(path: Path, *, root: Path, people: bool) -> list[Finding]:
    """Say what is left to do about names.

    Parameters
    ----------
    path : pathlib.Path
        The review queue.
    root : pathlib.Path
        The study's folder.
    people : bool
        Whether there is a people register.

    Returns
    -------
    list of Finding
        Notices.
    """
    findings = []
    if not people:
        findings.append(
            Finding(
                "notice",
                "data/raw/registers/people.csv",
                None,
                "no people register: only units and shapes (personal numbers, phone, e-mail) were pseudonymised",
                "Add the register with person_id, unit and name",
            )
        )
    to_decide = count_undecided(path)
    if to_decide:
        file = path.relative_to(root).as_posix() if path.is_relative_to(root) else _shown(path)
        what = f"{to_decide} word may be a name" if to_decide == 1 else f"{to_decide} words may be names"
        advice = "Write keep, replace, a person_id or a unit id in the column decision, and run again"
        findings.append(Finding("notice", file, None, what, advice))
    return findings


def _records(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {column: "" if pd.isna(row[column]) else str(row[column]) for column in QUEUE_COLUMNS}
        for row in table.to_dict("records")
    ]


def _types() -> dict[str, str]:
    return {column: "int64" if column == "count" else "str" for column in QUEUE_COLUMNS}


def _all_documents(documents: "pd.Series[str]") -> str:
    return ";".join(sorted({document for cell in documents for document in cell.split(";") if document}))


def _numbered(decided: pd.DataFrame) -> pd.DataFrame:
    """Give "replace" its number once; it is stored with the decision and never changes."""
    same = decided["decision"].str.fullmatch(_NUMBERED.pattern)
    pseudonyms = decided["pseudonym"].where(~same, "[" + decided["decision"].str.strip("[]") + "]")
    taken = [int(number) for number in pseudonyms.str.extract(_NUMBERED.pattern)[0].dropna()]
    following = max(taken, default=0)
    new = (decided["decision"] == "replace") & ~pseudonyms.str.fullmatch(_NUMBERED.pattern)
    numbers = following + new.cumsum()
    pseudonyms = pseudonyms.where(~new, "[namn " + numbers.astype("str") + "]")
    count = pd.to_numeric(decided["count"], errors="coerce").fillna(0)
    return decided.assign(pseudonym=pseudonyms, count=count).astype(_types())


def _read_rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], list[Finding]]:
    if not path.is_file():
        return [], []
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")  # an older Excel's "CSV"
    header = text.partition("\n")[0]
    delimiter = max(";,\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [column.strip().casefold() for column in next(reader, [])]
    missing = [column for column in ("word", "reason", "decision") if column not in columns]
    if missing:
        return [], [_problem(path, 1, f"the column {missing[0]} is missing", "Restore the header, or remove the file")]
    rows = []
    for number, cells in enumerate(reader, start=2):
        row = dict(zip(columns, map(_alive, cells), strict=False))
        if any(row.values()):
            rows.append((number, {column: row.get(column, "") for column in QUEUE_COLUMNS}))
    return rows, []


def _dead(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_LIVE) else cell


def _alive(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_LIVE) else cell


def _problem(path: Path, row: int, what: str, advice: str) -> Finding:
    return Finding("problem", _shown(path), row, what, advice)


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
