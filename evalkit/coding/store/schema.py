"""What the store keeps: one table per kind of record, one append-only log, and how an older store becomes a newer one.

Every record has an id, who made it and when, and whether it has been removed: nothing is ever deleted. Times are
ISO 8601 in UTC with microseconds, so that they sort as text on every database.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from evalkit.errors import StoreError

__all__ = ["LOG", "META", "RECORDS", "SCHEMA_VERSION", "TEXTS", "create", "migrate", "stored_version"]

SCHEMA_VERSION = 1

MIGRATIONS: dict[int, Sequence[str]] = {}
"""SQL that turns version n into n + 1, in one transaction; a new column must have a default or be empty."""

_METADATA = sa.MetaData()


def _records(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(
        name,
        _METADATA,
        sa.Column("id", sa.String(40), primary_key=True),
        *columns,
        sa.Column("coder", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
    )


def _place() -> tuple[sa.Column[object], ...]:
    """Return the columns of a place in a text: stand-off, in code points of the text that was read."""
    return (
        sa.Column("document_id", sa.Text, nullable=False, index=True),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
    )


META = sa.Table(
    "meta", _METADATA, sa.Column("key", sa.String(40), primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

TEXTS = sa.Table(
    "texts",
    _METADATA,
    sa.Column("text_sha256", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
)
"""Every text that somebody coded, as it was then: by it, codings find their place in a corrected one."""

RECORDS: dict[str, sa.Table] = {
    table.name: table
    for table in (
        _records(
            "codings",
            *_place(),
            sa.Column("quote", sa.Text, nullable=False),
            sa.Column("code", sa.Text, nullable=False),
            sa.Column("polarity", sa.String(1), nullable=False),
            sa.Column("unit", sa.Text),
            sa.Column("about_session", sa.Integer),
            sa.Column("origin", sa.String(20), nullable=False),
            sa.Column("codebook_version", sa.Text, nullable=False),
        ),
        _records(
            "readings",
            *_place(),
            sa.Column("sample", sa.Text),
            sa.Column("segment_id", sa.Text),  # the sample's own, whatever text the reading has been moved to
            sa.Column("stratum", sa.Text),
            sa.Column("probability", sa.Float),
            sa.Column("independent", sa.Boolean, nullable=False),
            sa.Column("origin", sa.String(20), nullable=False),
        ),
        _records(
            "memos",
            sa.Column("about", sa.String(20), nullable=False),
            sa.Column("subject", sa.Text, nullable=False),
            sa.Column("text", sa.Text, nullable=False),
        ),
        _records(
            "decisions",
            sa.Column("about", sa.String(20), nullable=False),
            sa.Column("subject", sa.Text, nullable=False),
            sa.Column("decision", sa.Text, nullable=False),
        ),
        _records(
            "scores",
            sa.Column("unit", sa.Text, nullable=False),
            sa.Column("session", sa.Integer, nullable=False),
            sa.Column("tool", sa.Text, nullable=False),
            sa.Column("level", sa.Integer),
            sa.Column("basis", sa.Text),
            sa.Column("rated_on", sa.String(10)),
            sa.Column("blind", sa.Boolean),
            sa.Column("evidence", sa.Text),
        ),
        _records(
            "samples",
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("design", sa.Text, nullable=False),
            sa.Column("segments", sa.Text, nullable=False),
        ),
        _records(
            "sheets",
            sa.Column("sample", sa.Text, nullable=False),
            sa.Column("places", sa.Text, nullable=False),  # of the segments whose text was another than any sent before
        ),
        _records(
            "codebooks",
            sa.Column("version", sa.Text, nullable=False),
            sa.Column("digest", sa.String(64), nullable=False),
            sa.Column("change", sa.Text, nullable=False),
            sa.Column("source", sa.Text, nullable=False),
        ),
    )
}

LOG = sa.Table(
    "log",
    _METADATA,
    sa.Column("audit_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("step", sa.String(40), nullable=False),
    sa.Column("action", sa.String(10), nullable=False),
    sa.Column("of_step", sa.String(40)),
    sa.Column("coder", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("record", sa.String(40), nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Every change ever made; the tables of records are what it adds up to."""


def _append_only() -> None:
    for change in ("UPDATE", "DELETE"):
        sa.event.listen(
            LOG,
            "after_create",
            sa.DDL(
                f"CREATE TRIGGER log_no_{change.lower()} BEFORE {change} ON log "
                "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
            ).execute_if(dialect="sqlite"),
        )
    sa.event.listen(
        LOG,
        "after_create",
        sa.DDL(
            "CREATE OR REPLACE FUNCTION evalkit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$; "
            "CREATE TRIGGER log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log "
            "EXECUTE FUNCTION evalkit_append_only()"
        ).execute_if(dialect="postgresql"),
    )


_append_only()


def stored_version(connection: sa.Connection) -> int | None:
    """Return the schema's version in a database.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        An open connection.

    Returns
    -------
    int or None
        None in a database that holds no store.
    """
    if not sa.inspect(connection).has_table(META.name):
        return None
    value = connection.execute(sa.select(META.c.value).where(META.c.key == "schema_version")).scalar()
    if value is None or not str(value).isdecimal():
        raise StoreError(
            "this is no store of evalkit, or a damaged one. Put back the latest copy, or give another file"
        )
    return int(value)


def create(connection: sa.Connection) -> None:
    """Make the tables of an empty store.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction that may write.

    Raises
    ------
    StoreError
        If the database is in use for something else.
    """
    there = set(sa.inspect(connection).get_table_names())
    # A server's database may hold more than the store; a file is the store's own.
    taken = there if connection.dialect.name == "sqlite" else there & set(_METADATA.tables)
    if taken:
        raise StoreError(f"this database holds something else (a table '{min(taken)}'). Give another file or address")
    _METADATA.create_all(connection)
    connection.execute(META.insert(), {"key": "schema_version", "value": str(SCHEMA_VERSION)})


def migrate(connection: sa.Connection, found: int) -> None:
    """Bring an older store to the schema of this version: all of it or nothing.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction that may write.
    found : int
        The version found.

    Raises
    ------
    StoreError
        If the store is newer than this evalkit, or there is no way from its version to this one.
    """
    if found > SCHEMA_VERSION:
        raise StoreError(
            f"the store has version {found}, and this evalkit knows versions up to {SCHEMA_VERSION}. Update evalkit; "
            "nothing was changed"
        )
    for version in range(found, SCHEMA_VERSION):
        if version not in MIGRATIONS:
            raise StoreError(f"the store has version {found}, which this evalkit cannot read. Update it step by step")
        for statement in MIGRATIONS[version]:
            connection.execute(sa.text(statement))
    connection.execute(META.update().where(META.c.key == "schema_version"), {"value": str(SCHEMA_VERSION)})
