"""The store of what people judge: codings, readings, memos, decisions, scores, samples and versions of the codebook.

Everything is on the disk when a call returns. Nothing is ever deleted: a removed record is marked, every change is
an entry of an append-only log, and undo and redo are entries too.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pandas as pd
import sqlalchemy as sa

from evalkit.coding.store import log
from evalkit.coding.store.database import LOCK_SECONDS, Database
from evalkit.coding.store.log import Step
from evalkit.coding.store.records import (
    add_coding,
    check_code,
    check_date,
    check_memo,
    check_polarity,
    keep_place,
    live_record,
    set_record,
)
from evalkit.coding.store.schema import LOG, RECORDS, TEXTS
from evalkit.errors import StoreError

__all__ = ["CodingStore"]

_ABOUT = ("coding", "code", "unit", "document", "segment")
_DECIDED = ("suggestion", "pseudonym", "placement")


class CodingStore:
    """An open store.

    Parameters
    ----------
    address : path or str
        A file (SQLite), or an SQLAlchemy address such as ``postgresql+psycopg://user@host/database``.
    seconds : float, default 30
        How long to wait for another writer before giving up.

    Raises
    ------
    StoreError
        If it cannot be opened, is damaged, or was written by a newer evalkit.
    """

    def __init__(self, address: Path | str, *, seconds: float = LOCK_SECONDS) -> None:
        text = str(address)
        if "://" in text:
            url, where = text, _without_password(text)
        else:
            url, where = f"sqlite:///{Path(text).absolute().as_posix()}", Path(text).name
        self.where = where
        self._database = Database(url, where=where, seconds=seconds)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the database."""
        self.close()

    # ---- writing
    @contextmanager
    def step(self, coder: str) -> Iterator[Step]:
        """Open a step of work: what is changed in it is written together and taken back together.

        Parameters
        ----------
        coder : str
            Whose work it is.

        Yields
        ------
        Step
            Takes the changes; nothing is written if the block raises.

        Raises
        ------
        StoreError
            If the coder has no name, or the database refuses.
        """
        with self._database.writing() as connection:
            step = Step(connection, _name(coder))
            yield step
            step.finish()

    def add_coding(
        self,
        *,
        coder: str,
        document_id: str,
        text: str,
        start: int,
        end: int,
        code: str,
        polarity: str = "+",
        unit: str | None = None,
        about_session: int | None = None,
        origin: str = "own",
        codebook_version: str = "",
    ) -> str:
        """Code a passage.

        Parameters
        ----------
        coder : str
            Who codes.
        document_id : str
            The document.
        text : str
            All of its text, as the coder saw it.
        start, end : int
            The passage in code points, end exclusive.
        code : str
            Id of the code.
        polarity : {"+", "-", "?"}, default "+"
            Affirmed, denied or wished for.
        unit : str, optional
            Set where the passage is about another unit than its segment's.
        about_session : int, optional
            Set where it is about another session.
        origin : {"own", "suggestion", "sheet", "import"}, default "own"
            Where the coding comes from.
        codebook_version : str, default ""
            Version of the codebook that was used.

        Returns
        -------
        str
            The coding's id; it is on the disk.

        Raises
        ------
        StoreError
            If the passage lies outside the text or a value is not allowed; nothing is written then.
        """
        with self.step(coder) as step:
            return add_coding(
                step,
                document_id=document_id,
                text=text,
                start=start,
                end=end,
                code=code,
                polarity=polarity,
                unit=unit,
                about_session=about_session,
                origin=origin,
                codebook_version=codebook_version,
            )

    def change_coding(self, id: str, *, coder: str, **values: Any) -> None:
        """Change a coding's code, polarity, unit or session.

        Parameters
        ----------
        id : str
            The coding.
        coder : str
            Who changes it.
        **values : object
            New values of code, polarity, unit, about_session.

        Raises
        ------
        StoreError
            If there is no such coding or a value is not allowed.
        """
        unknown = set(values) - {"code", "polarity", "unit", "about_session"}
        if unknown:
            raise StoreError(f"codings: '{min(unknown)}' cannot be changed; remove the coding and make another")
        check_polarity(values.get("polarity", "+"))
        check_code(values.get("code", "-"))
        with self.step(coder) as step:
            live_record(step, "codings", id)
            step.change("codings", id, values)

    def move(self, kind: str, id: str, *, text: str, start: int, end: int, coder: str) -> None:
        """Give a coding or a reading its place in a corrected text.

        Parameters
        ----------
        kind : {"codings", "readings"}
            Which kind of record.
        id : str
            The record.
        text : str
            All of the document's text as it is now.
        start, end : int
            The place in it, in code points, end exclusive.
        coder : str
            Who decides that.

        Raises
        ------
        StoreError
            If there is no such record, or the place lies outside the text.
        """
        if kind not in ("codings", "readings"):
            raise StoreError(f"{kind}: such records have no place in a text")
        with self.step(coder) as step:
            row = live_record(step, kind, id)
            place = keep_place(step, row["document_id"], text, start, end)
            step.change(kind, id, place | ({"quote": text[start:end]} if kind == "codings" else {}))

    def remove(self, kind: str, id: str, *, coder: str) -> None:
        """Mark a record as removed.

        Parameters
        ----------
        kind : str
            "codings", "memos", "readings", "scores", "decisions".
        id : str
            The record.
        coder : str
            Who removes it.

        Raises
        ------
        StoreError
            If there is no such record.
        """
        if kind in ("samples", "codebooks"):
            raise StoreError(f"{kind}: what was drawn or kept as a version stays")
        with self.step(coder) as step:
            live_record(step, _kind(kind), id)
            step.change(kind, id, {"removed": True})

    def add_memo(self, about: str, subject: str, text: str, *, coder: str) -> str:
        """Write a memo on a coding, a code, a unit, a document or a segment.

        Parameters
        ----------
        about : {"coding", "code", "unit", "document", "segment"}
            What it is on.
        subject : str
            Its id.
        text : str
            The memo.
        coder : str
            Who writes.

        Returns
        -------
        str
            The memo's id.

        Raises
        ------
        StoreError
            If memos are not written on such things, or the memo is empty.
        """
        if about not in _ABOUT:
            raise StoreError(f"memos: '{about}' has no memos; they are on {', '.join(_ABOUT)}")
        check_memo(text)
        with self.step(coder) as step:
            return step.add("memos", {"about": about, "subject": subject, "text": text})

    def change_memo(self, id: str, text: str, *, coder: str) -> None:
        """Write a memo anew.

        Parameters
        ----------
        id : str
            The memo.
        text : str
            All of its new text.
        coder : str
            Who changes it.

        Raises
        ------
        StoreError
            If there is no such memo.
        """
        check_memo(text)
        with self.step(coder) as step:
            live_record(step, "memos", id)
            step.change("memos", id, {"text": text})

    def decide(self, about: str, decisions: Mapping[str, str], *, coder: str) -> int:
        """Decide on suggestions, pseudonyms or places; a second decision of the same coder replaces the first.

        Parameters
        ----------
        about : {"suggestion", "pseudonym", "placement"}
            What is decided on.
        decisions : mapping of str to str
            Per id (never a name) the decision, such as "accept" or "reject"; all of them are one step.
        coder : str
            Who decides.

        Returns
        -------
        int
            How many are new or different.

        Raises
        ------
        StoreError
            If nothing is decided on such things.
        """
        if about not in _DECIDED:
            raise StoreError(f"decisions: nothing is decided on '{about}'; decisions are on {', '.join(_DECIDED)}")
        with self.step(coder) as step:
            for subject, decision in decisions.items():
                set_record(
                    step, "decisions", {"about": about, "subject": subject, "coder": coder}, {"decision": decision}
                )
            return step.size

    def score(
        self,
        *,
        coder: str,
        unit: str,
        session: int,
        tool: str,
        level: int | None,
        basis: str | None = None,
        rated_on: str | None = None,
        blind: bool | None = None,
        evidence: str | None = None,
    ) -> str:
        """Rate what a unit can do with a tool; a second score of the same rater replaces the first.

        Parameters
        ----------
        coder : str
            The rater.
        unit : str
            The unit.
        session : int
            The session.
        tool : str
            The tool.
        level : int or None
            The rubric's step; None for "cannot judge".
        basis : str, optional
            What the score is built on.
        rated_on : str, optional
            Date as YYYY-MM-DD.
        blind : bool, optional
            Whether the rater knew neither session nor earlier scores.
        evidence : str, optional
            What shows it.

        Returns
        -------
        str
            The score's id.

        Raises
        ------
        StoreError
            If the level is negative or the date is none.
        """
        if not pd.isna(level) and level < 0:
            raise StoreError(f"scores: level {level} is on no rubric; levels begin at 0, None is 'cannot judge'")
        check_date(rated_on)
        key = {"unit": unit, "session": session, "tool": tool, "coder": coder}
        values = {"level": level, "basis": basis, "rated_on": rated_on, "blind": blind, "evidence": evidence}
        with self.step(coder) as step:
            return set_record(step, "scores", key, values)

    def undo(self, coder: str) -> str | None:
        """Take back the coder's latest step.

        Parameters
        ----------
        coder : str
            Whose.

        Returns
        -------
        str or None
            Id of the step that takes it back; None if there is nothing to take back.

        Raises
        ------
        StoreError
            If somebody has changed the same record since.
        """
        return self._reverse(coder, "undo")

    def redo(self, coder: str) -> str | None:
        """Do again what the coder took back last.

        Parameters
        ----------
        coder : str
            Whose.

        Returns
        -------
        str or None
            Id of the step that does it again; None if there is nothing to do again.

        Raises
        ------
        StoreError
            If somebody has changed the same record since.
        """
        return self._reverse(coder, "redo")

    def _reverse(self, coder: str, action: Literal["undo", "redo"]) -> str | None:
        coder = _name(coder)
        with self._database.writing() as connection:
            known = connection.execute(sa.select(LOG.c.coder).distinct()).scalars().all()
            if coder not in known:
                raise StoreError(
                    f"'{coder}' has changed nothing here; those who have: {', '.join(sorted(known)) or 'none'}"
                )
            find = log.step_to_undo if action == "undo" else log.step_to_redo
            step = find(connection, coder)
            return log.reverse(connection, step, coder, action) if step else None

    # ---- reading
    def state(self, *kinds: str) -> str:
        """Return what tells this state of the store from every other.

        Parameters
        ----------
        *kinds : str
            Only changes of these kinds of records; all if none is named.

        Returns
        -------
        str
            Number of the latest change and its step, so that a restored copy is another state; "0" in an empty store.
        """
        latest = sa.select(LOG.c.audit_id, LOG.c.step).order_by(LOG.c.audit_id.desc()).limit(1)
        if kinds:
            latest = latest.where(LOG.c.kind.in_(kinds))
        with self._database.reading() as connection:
            row = connection.execute(latest).first()
        return "0" if row is None else f"{row.audit_id} {row.step}"

    def last_audit_id(self, *kinds: str) -> int:
        """Return the number of the latest change; it grows with every change and with nothing else.

        Parameters
        ----------
        *kinds : str
            Only changes of these kinds of records; all if none is named.

        Returns
        -------
        int
            0 in an empty store.
        """
        latest = sa.select(sa.func.max(LOG.c.audit_id))
        if kinds:
            latest = latest.where(LOG.c.kind.in_(kinds))
        with self._database.reading() as connection:
            return int(connection.execute(latest).scalar() or 0)

    def records(self, kind: str, *, removed: bool = False) -> pd.DataFrame:
        """Return the records of a kind.

        Parameters
        ----------
        kind : str
            "codings", "readings", "memos", "decisions", "scores", "samples", "sheets", "codebooks".
        removed : bool, default False
            With those that have been removed.

        Returns
        -------
        pandas.DataFrame
            One row per record, in the order in which they were made.
        """
        table = RECORDS[_kind(kind)]
        rows = sa.select(table).order_by(table.c.created_at, table.c.id)
        if not removed:
            rows = rows.where(table.c.removed.is_(False))
        with self._database.reading() as connection:
            found = connection.execute(rows).mappings().all()
        return pd.DataFrame([dict(row) for row in found], columns=list(table.c.keys())).astype(_types(table))

    def text(self, text_sha256: str) -> str:
        """Return a text as it was when somebody coded it.

        Parameters
        ----------
        text_sha256 : str
            Its hash, as in the records.

        Returns
        -------
        str
            The text.

        Raises
        ------
        StoreError
            If no record is on such a text.
        """
        with self._database.reading() as connection:
            text = connection.execute(sa.select(TEXTS.c.text).where(TEXTS.c.text_sha256 == text_sha256)).scalar()
        if text is None:
            raise StoreError(f"{self.where}: holds no text with the hash '{text_sha256[:12]}…'")
        return str(text)

    def log(self) -> pd.DataFrame:
        """Return every change ever made.

        Returns
        -------
        pandas.DataFrame
            Columns audit_id, step, action, of_step, coder, at, kind, record, before, after (JSON); in order.
        """
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(LOG).order_by(LOG.c.audit_id)).mappings().all()
        return pd.DataFrame([dict(row) for row in rows], columns=list(LOG.c.keys()))

    def verify(self) -> list[str]:
        """Hold the records against the log.

        Returns
        -------
        list of str
            What does not agree; empty in a store that is whole.
        """
        with self._database.reading() as connection:
            return log.replay(connection)

    def backup(self, path: Path) -> None:
        """Copy a store that is a file, while others may be writing in it.

        Parameters
        ----------
        path : pathlib.Path
            A file that does not exist.

        Raises
        ------
        StoreError
            If the file exists, or the store is on a server (whose own tools make its backups).
        """
        if not self._database.sqlite:
            raise StoreError(f"{self.where}: is on a server; use pg_dump")
        if path.exists():
            raise StoreError(f"{path.name}: exists already; give another name")
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.unlink(missing_ok=True)
        try:
            with self._database.reading() as connection, sqlite3.connect(temporary) as copy:
                connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.close()
            temporary.replace(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path.name}: cannot be written ({type(error).__name__}). Is there room?") from error
        finally:
            temporary.unlink(missing_ok=True)


def _name(coder: str) -> str:
    if not coder.strip():
        raise StoreError("a change needs the name of the coder who makes it; give --coder")
    return coder.strip()


def _kind(kind: str) -> str:
    if kind not in RECORDS:
        raise StoreError(f"the store keeps no {kind}; it keeps {', '.join(RECORDS)}")
    return kind


def _types(table: sa.Table) -> dict[str, str]:
    names = {sa.Integer: "Int64", sa.Float: "float64", sa.Boolean: "boolean"}
    return {column.name: names.get(type(column.type), "str") for column in table.columns}


def _without_password(url: str) -> str:
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "the store's address cannot be read; write it as postgresql+psycopg://user@host/database"
        ) from None
