"""Opening the store: SQLite in WAL mode with full synchronisation, or PostgreSQL; errors in one line.

Whoever writes holds the only writing transaction: BEGIN IMMEDIATE in SQLite, an advisory lock in PostgreSQL. The
numbers of the log are therefore in the order in which changes became visible.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from evalkit.coding.store import schema
from evalkit.errors import StoreError

__all__ = ["Database"]

LOCK_SECONDS = 30.0
_ADVISORY_LOCK = 0x65766B  # "evk": one writer at a time, whichever tables it writes

_SAID: tuple[tuple[tuple[str, ...], str], ...] = (
    (("database is locked", "lock timeout"), "another program holds it. Close what has it open and try again"),
    (("readonly", "read-only", "permission denied"), "cannot be written. Give yourself the right to write it"),
    (("disk is full", "no space left"), "the disk is full. Free some space and do the last thing again"),
    (
        ("not a database", "malformed", "corrupt"),
        "is damaged or no store of evalkit. Put back the latest copy (evalkit codings backup makes one)",
    ),
    (
        ("unable to open", "no such file", "not a directory", "is a directory", "file exists"),
        "cannot be opened. Is the folder there, and may you write in it?",
    ),
    (("password", "authentication", "no pg_hba"), "the server refuses this user. Correct the user or the password"),
    (('database "', 'role "'), "the server has no such database or role. Make it, or correct the address"),
    (("connection", "could not translate", "resolve"), "no server answers. Start it, or correct the address"),
)


class Database:
    """One store, open.

    Parameters
    ----------
    url : str
        SQLAlchemy address: ``sqlite:///…`` or ``postgresql+psycopg://…``.
    where : str
        What messages call it; never has a password.
    seconds : float, default 30
        How long to wait for another writer.
    """

    def __init__(self, url: str, *, where: str, seconds: float = LOCK_SECONDS) -> None:
        self.where = where
        self._seconds = seconds
        with self._one_line("opened", OSError):
            parsed = sa.make_url(url)
            self.sqlite = parsed.get_backend_name() == "sqlite"
            if self.sqlite and parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            arguments = {"timeout": seconds} if self.sqlite else {"connect_timeout": max(2, int(seconds))}
            # Parameters are participants' words: they stay out of every message.
            self._engine = sa.create_engine(parsed, connect_args=arguments, hide_parameters=True)
            sa.event.listen(self._engine, "connect", self._prepare)
            sa.event.listen(self._engine, "begin", self._begin)
            try:
                self._make_ready()
            except BaseException:
                self.close()  # nobody else will: there is no store to close
                raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state of the store.

        Yields
        ------
        sqlalchemy.Connection
            For reading.
        """
        with self._one_line("read"), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open the only transaction that may write; what it wrote is on the disk when the block ends.

        Yields
        ------
        sqlalchemy.Connection
            For reading and writing.
        """
        writer = self._engine.execution_options(writes=True)
        with self._one_line("written"), writer.begin() as connection:
            yield connection

    def _prepare(self, connection: Any, _: object) -> None:
        if self.sqlite:
            connection.isolation_level = None  # the driver must not begin transactions on its own
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")

    def _begin(self, connection: sa.Connection) -> None:
        writes = bool(connection.get_execution_options().get("writes"))
        if self.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        elif not writes:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(self._seconds * 1000)}ms'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")

    def _make_ready(self) -> None:
        with self.reading() as connection:
            found = schema.stored_version(connection)
        if found == schema.SCHEMA_VERSION:
            return
        with self.writing() as connection:
            found = schema.stored_version(connection)  # another process may have been first
            try:
                schema.create(connection) if found is None else schema.migrate(connection, found)
            except StoreError as error:
                raise StoreError(f"{self.where}: {error.args[0]}") from None

    @contextmanager
    def _one_line(self, done: str, *also: type[Exception]) -> Iterator[None]:
        kinds: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError, *also)
        try:
            yield
        except kinds as error:
            raise self._told(error, done) from error

    def _told(self, error: Exception, done: str) -> StoreError:
        said = str(getattr(error, "orig", None) or error).casefold()
        for signs, what in _SAID:
            if any(sign in said for sign in signs):
                return StoreError(f"{self.where}: {what}; nothing of this was {done}")
        return StoreError(f"{self.where}: could not be {done} ({type(error).__name__}). Run with --debug to see more")
