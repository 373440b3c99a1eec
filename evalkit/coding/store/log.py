"""A step of work as entries of the log: written whole, taken back, done again, and replayed to check the store.

A step is what one undo takes back. Undo and redo are steps themselves, so that the log tells everything that
happened and the state after a restart is the state before it. A coder takes back only their own steps, and only
while nobody else has changed the same record since.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

import pandas as pd
import sqlalchemy as sa

from evalkit.coding.store.schema import LOG, RECORDS
from evalkit.errors import StoreError

__all__ = ["Action", "Row", "Step", "now", "replay", "reverse", "step_to_redo", "step_to_undo"]

Row = dict[str, Any]
Action = Literal["do", "undo", "redo"]


def now() -> str:
    """Return the time as the store writes it.

    Returns
    -------
    str
        UTC with microseconds.
    """
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Step:
    """Changes that belong together; they are written when the step is finished.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a writing transaction.
    coder : str
        Whose step it is.
    action : {"do", "undo", "redo"}, default "do"
        Whether it is new work.
    of_step : str, optional
        The step that it takes back or does again.
    """

    connection: sa.Connection
    coder: str
    action: Action = "do"
    of_step: str | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    _changes: list[tuple[str, Row | None, Row]] = field(default_factory=list)
    _current: dict[tuple[str, str], Row] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many changes it holds."""
        return len(self._changes)

    def add(self, kind: str, values: Mapping[str, Any]) -> str:
        """Add a record.

        Parameters
        ----------
        kind : str
            Which table of records.
        values : mapping
            Its columns but those that every record has.

        Returns
        -------
        str
            Its id.
        """
        row = {"id": uuid4().hex, "coder": self.coder, "created_at": now(), "removed": False} | dict(values)
        self.put(kind, None, row)
        return str(row["id"])

    def change(self, kind: str, id: str, values: Mapping[str, Any]) -> None:
        """Change a record; the same values as before are no change.

        Parameters
        ----------
        kind : str
            Which table of records.
        id : str
            Which record.
        values : mapping
            Columns with their new values.

        Raises
        ------
        StoreError
            If there is no such record.
        """
        before = self.get(kind, id)
        after = before | dict(values)
        if after != before:
            self.put(kind, before, after)

    def get(self, kind: str, id: str) -> Row:
        """Return a record as it stands in this step.

        Parameters
        ----------
        kind : str
            Which table of records.
        id : str
            Which record.

        Returns
        -------
        dict
            All its columns.

        Raises
        ------
        StoreError
            If there is no such record.
        """
        if (kind, id) in self._current:
            return self._current[kind, id]
        table = RECORDS[kind]
        found = self.connection.execute(sa.select(table).where(table.c.id == id)).mappings().first()
        if found is None:
            raise StoreError(f"{kind}: no record has the id '{id}'")
        return dict(found)

    def put(self, kind: str, before: Row | None, after: Row) -> None:
        """Note a change as it is.

        Parameters
        ----------
        kind : str
            Which table of records.
        before : dict or None
            The record before; None if it is new.
        after : dict
            The record after.

        Raises
        ------
        StoreError
            If a value is none that a database can hold.
        """
        after = {column: _plain(kind, column, value) for column, value in after.items()}
        self._changes.append((kind, before, after))
        self._current[kind, after["id"]] = after

    def finish(self) -> str | None:
        """Write the records and the log.

        Returns
        -------
        str or None
            The step's id; None if nothing changed.
        """
        if not self._changes:
            return None
        for kind, table in RECORDS.items():
            new = [after for which, before, after in self._changes if which == kind and before is None]
            if new:
                self.connection.execute(table.insert(), new)
            for which, before, after in self._changes:
                if which == kind and before is not None:
                    self.connection.execute(table.update().where(table.c.id == after["id"]).values(after))
        at = now()
        entries = [
            {
                "step": self.id,
                "action": self.action,
                "of_step": self.of_step,
                "coder": self.coder,
                "at": at,
                "kind": kind,
                "record": after["id"],
                "before": None if before is None else _as_json(before),
                "after": _as_json(after),
            }
            for kind, before, after in self._changes
        ]
        self.connection.execute(LOG.insert(), entries)
        return self.id


def step_to_undo(connection: sa.Connection, coder: str) -> str | None:
    """Return the coder's latest step that stands.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        An open connection.
    coder : str
        Whose.

    Returns
    -------
    str or None
        None if there is nothing to take back.
    """
    done, _ = _stacks(connection, coder)
    return done[-1] if done else None


def step_to_redo(connection: sa.Connection, coder: str) -> str | None:
    """Return the undo that a redo would take back.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        An open connection.
    coder : str
        Whose.

    Returns
    -------
    str or None
        None if nothing was undone since the coder's last new step.
    """
    _, undone = _stacks(connection, coder)
    return undone[-1] if undone else None


def reverse(connection: sa.Connection, step: str, coder: str, action: Literal["undo", "redo"]) -> str | None:
    """Write a step that takes another one back.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a writing transaction.
    step : str
        The step to take back.
    coder : str
        Whose it is.
    action : {"undo", "redo"}
        What it is called in the log.

    Returns
    -------
    str or None
        Id of the new step.

    Raises
    ------
    StoreError
        If somebody has changed one of its records since; says who and when.
    """
    entries = connection.execute(sa.select(LOG).where(LOG.c.step == step).order_by(LOG.c.audit_id.desc())).mappings()
    back = Step(connection, coder, action=action, of_step=step)
    for entry in entries.all():
        now_stands, left = back.get(entry["kind"], entry["record"]), json.loads(entry["after"])
        # A column that a later version of the store added has no part in what was logged before.
        if {column: now_stands[column] for column in left} != left:
            raise StoreError(f"{action}: {_changed_since(connection, entry)}; nothing was changed")
        before = json.loads(entry["before"]) if entry["before"] else left | {"removed": True}
        back.put(entry["kind"], now_stands, now_stands | before)
    return back.finish()


def _changed_since(connection: sa.Connection, entry: Any) -> str:
    later = connection.execute(
        sa.select(LOG.c.coder, LOG.c.at)
        .where(LOG.c.kind == entry["kind"], LOG.c.record == entry["record"], LOG.c.audit_id > entry["audit_id"])
        .order_by(LOG.c.audit_id.desc())
    ).first()
    who = f" by '{later[0]}' on {later[1][:16].replace('T', ' ')} UTC" if later else ""
    return (
        f"one of the {entry['kind']} has been changed since{who}. Let that be taken back first, or change it by hand "
        f"(record {entry['record'][:8]})"
    )


def replay(connection: sa.Connection) -> list[str]:
    """Hold the records against what the log adds up to.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        An open connection.

    Returns
    -------
    list of str
        What does not agree, by kind and id; empty in a store that is whole.
    """
    state: dict[tuple[str, str], Row] = {}
    wrong: list[str] = []
    for entry in connection.execute(sa.select(LOG).order_by(LOG.c.audit_id)).mappings():
        key = (entry["kind"], entry["record"])
        before = json.loads(entry["before"]) if entry["before"] else None
        known = state.get(key)
        if before is None or known is None:
            follows = before is None and known is None
        else:
            follows = {column: before.get(column) for column in known} == known
        if not follows:
            wrong.append(f"log entry {entry['audit_id']} does not follow the one before it")
        state[key] = json.loads(entry["after"])
    for kind, table in RECORDS.items():
        stored = {row["id"]: dict(row) for row in connection.execute(sa.select(table)).mappings()}
        logged = {id: row for (which, id), row in state.items() if which == kind}
        for id, row in stored.items():
            said = logged.get(id)
            if said is None or {column: row.get(column) for column in said} != said:
                wrong.append(f"{kind} {id} is not as the log says")
        wrong += [f"{kind} {id} is in the log only" for id in logged if id not in stored]
    return wrong


def _stacks(connection: sa.Connection, coder: str) -> tuple[list[str], list[str]]:
    """Return the steps that stand and those undone, the latest last."""
    first = sa.func.min(LOG.c.audit_id)
    mine = sa.select(LOG.c.step, LOG.c.action).where(LOG.c.coder == coder)
    steps = connection.execute(mine.group_by(LOG.c.step, LOG.c.action).order_by(first)).all()
    done: list[str] = []
    undone: list[str] = []
    for step, action in steps:
        if action == "undo":
            done.pop()
            undone.append(step)
        elif action == "redo":
            undone.pop()
            done.append(step)
        else:
            done.append(step)
            undone.clear()
    return done, undone


def _plain(kind: str, column: str, value: Any) -> Any:
    """Return a value as every database takes it: no numpy, no NaN, no half of a surrogate pair."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise StoreError(f"{kind}: {column} has a sign that is no character; type it anew") from None
    if isinstance(value, (str, bool, int, float)):
        return value
    raise StoreError(f"{kind}: {column} cannot be a {type(value).__name__}; give a text, a number, true or false")


def _as_json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)
