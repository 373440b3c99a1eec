"""Nothing acknowledged is lost: processes that write side by side, processes killed in mid-write, trouble with disks.

Run with -s, the tests print their counts as JSON lines.
"""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import stat
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.coding.store import CodingStore, schema
from evalkit.coding.store.schema import RECORDS
from evalkit.errors import StoreError
from tests.coding.store.conftest import TEXT

FORK = multiprocessing.get_context("fork")
PROCESSES, EACH = 4, 500


def say(counts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(counts) + "\n")


def database_name(address: str) -> str:
    return "postgresql" if "://" in address else "sqlite"


def write_codings(address: str, coder: str, count: int, acknowledged: Connection) -> None:
    """Write codings and tell of each only when the store has said that it is there."""
    with CodingStore(address) as store:
        for number in range(count):
            start = number % 40
            id = store.add_coding(
                coder=coder, document_id=f"d{number % 7}", text=TEXT, start=start, end=start + 5, code="driv"
            )
            acknowledged.send(id)
            if number % 10 == 9:
                store.undo(coder)
                store.redo(coder)
    acknowledged.send(None)


def start_writer(address: str, coder: str, count: int) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    receive, send = FORK.Pipe(duplex=False)
    process = FORK.Process(target=write_codings, args=(address, coder, count, send))
    process.start()
    send.close()
    return process, receive


def acknowledged_ids(receive: Connection) -> list[str]:
    ids: list[str] = []
    while True:
        try:
            id = receive.recv()
        except (EOFError, ConnectionResetError):
            return ids
        if id is None:
            return ids
        ids.append(id)


def test_four_processes_write_side_by_side_and_nothing_is_lost(address: str) -> None:
    CodingStore(address).close()
    begun = time.perf_counter()
    writers = [start_writer(address, f"coder {number}", EACH) for number in range(PROCESSES)]
    told = [acknowledged_ids(receive) for _, receive in writers]
    for process, _ in writers:
        process.join(60)
        assert process.exitcode == 0
    with CodingStore(address) as store:
        stored = store.records("codings").groupby("coder")["id"].agg(list)
        lost = sum(len(set(ids) - set(stored[f"coder {number}"])) for number, ids in enumerate(told))
        assert store.verify() == []
        numbers = store.log()["audit_id"]
    say(
        {
            "case": "side by side",
            "database": database_name(address),
            "processes": PROCESSES,
            "acknowledged": sum(map(len, told)),
            "lost": lost,
            "codings_per_second": round(PROCESSES * EACH / (time.perf_counter() - begun)),
        }
    )
    assert sum(map(len, told)) == PROCESSES * EACH == sum(map(len, stored))
    assert lost == 0
    assert numbers.is_monotonic_increasing


@pytest.mark.parametrize("kills", [pytest.param(5, id="5"), pytest.param(50, id="50", marks=pytest.mark.slow)])
def test_killed_in_mid_write_nothing_acknowledged_is_lost(address: str, kills: int) -> None:
    CodingStore(address).close()
    rng = random.Random(kills)
    told: list[str] = []
    for number in range(kills):
        process, receive = start_writer(address, f"coder {number}", 100_000)
        assert process.pid is not None
        assert receive.poll(60)  # it is writing
        time.sleep(0.15 * rng.random())
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
        told += acknowledged_ids(receive)
        with CodingStore(address) as store:
            assert store.verify() == []
    with CodingStore(address) as store:
        stored = store.records("codings", removed=True).set_index("id")
    lost = set(told) - set(stored.index)
    say(
        {
            "case": "kill -9",
            "database": database_name(address),
            "kills": kills,
            "acknowledged": len(told),
            "stored": len(stored),
            "lost": len(lost),
        }
    )
    assert len(told) >= kills
    assert not lost
    # A coding that was killed between the disk and the acknowledgement is there too: at most one a kill.
    assert len(stored) - len(told) <= kills


def test_the_file_is_written_through_to_the_disk(tmp_path: Path) -> None:
    with CodingStore(tmp_path / "codings.sqlite") as store, store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_locked_store_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "codings.sqlite"
    with CodingStore(path, seconds=0.2) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"^StoreError: codings.sqlite: another program holds it\. Close") as error:
            store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
        assert "\n" not in str(error.value)
        assert TEXT[:5] not in str(error.value)
        other.execute("ROLLBACK")
        other.close()
        assert store.last_audit_id() == 0


def fill(store: CodingStore, kept: list[str]) -> None:
    while True:
        kept.append(store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv"))


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    with CodingStore(tmp_path / "codings.sqlite") as store:
        kept = [store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv") for _ in range(3)]
        # SQLite's own ceiling gives the very error of a disk without room.
        sa.event.listen(
            store._database._engine,
            "begin",
            lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 40"),
        )
        with pytest.raises(StoreError, match=r"the disk is full\. Free some space") as error:
            fill(store, kept)
        assert TEXT[:5] not in str(error.value)
        assert store.records("codings")["id"].tolist() == kept
        assert store.verify() == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file rights as on POSIX")
def test_a_store_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "codings.sqlite"
    with CodingStore(path) as store:
        store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
    path.chmod(stat.S_IREAD)
    receive, send = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_try_without_rights, args=(path, send))
    process.start()
    said = receive.recv()
    process.join(30)
    assert "codings.sqlite: cannot be written. Give yourself the right to write it" in said


def _try_without_rights(path: Path, send: Connection) -> None:
    if os.geteuid() == 0:  # root may write everything
        for folder in (path.parent, *path.parent.parents[:2]):
            folder.chmod(0o777 if folder == path.parent else folder.stat().st_mode | 0o005)
        path.chmod(0o444)
        os.seteuid(65534)
    try:
        with CodingStore(path) as store:
            store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
        send.send("written")
    except StoreError as error:
        send.send(str(error))


def test_a_damaged_file_and_another_database_are_told_apart_from_a_store(tmp_path: Path) -> None:
    path = tmp_path / "codings.sqlite"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError, match="is damaged or no store of evalkit"):
        CodingStore(path)
    with pytest.raises(StoreError, match="cannot be opened"):
        CodingStore(path / "codings.sqlite")


def test_a_server_that_does_not_answer_is_one_line_without_the_password() -> None:
    with pytest.raises(StoreError, match="no server answers") as error:
        CodingStore("postgresql+psycopg://eva:hemligt@127.0.0.1:1/evalkit", seconds=1)
    assert "hemligt" not in str(error.value)
    with pytest.raises(StoreError, match="address cannot be read"):
        CodingStore("postgresql+psycopg://eva:hemligt@127.0.0.1:port/evalkit")


def test_a_newer_store_is_refused_and_left_alone(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with CodingStore(address) as store:
        store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION - 1)
    with pytest.raises(StoreError, match=r"has version 1, and this evalkit knows versions up to 0\. Update evalkit"):
        CodingStore(address)


def test_an_older_store_is_brought_up_to_date_or_left_as_it_was(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with CodingStore(address) as store:
        id = store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
    newer = schema.SCHEMA_VERSION + 1
    monkeypatch.setattr(schema, "SCHEMA_VERSION", newer)
    with pytest.raises(StoreError, match="which this evalkit cannot read"):
        CodingStore(address)
    # The next version's codings have a column that the log of this one knows nothing of.
    codings = RECORDS["codings"].to_metadata(sa.MetaData())
    codings.append_column(sa.Column("note", sa.Text))
    broken = ("ALTER TABLE codings ADD COLUMN note TEXT", "ALTER TABLE nowhere ADD COLUMN note TEXT")
    monkeypatch.setitem(schema.MIGRATIONS, newer - 1, broken)
    with pytest.raises(StoreError, match="could not be written"):
        CodingStore(address)
    right = ("ALTER TABLE codings ADD COLUMN note TEXT",)
    monkeypatch.setitem(schema.MIGRATIONS, newer - 1, right)
    monkeypatch.setitem(RECORDS, "codings", codings)
    with CodingStore(address) as store:
        assert store.records("codings")["id"].tolist() == [id]
        assert store.verify() == []
        assert store.undo("A")
        assert store.redo("A")
        store.change_coding(id, coder="A", polarity="?")
        assert store.undo("A")
        assert store.verify() == []
        with store._database.reading() as connection:
            assert schema.stored_version(connection) == newer


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE birds (name TEXT)")
    other.close()
    with pytest.raises(StoreError, match=r"other.sqlite: this database holds something else \(a table 'birds'\)"):
        CodingStore(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("birds",)]
        other.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        other.execute("INSERT INTO meta VALUES ('schema_version', '1.2')")
    other.close()
    with pytest.raises(StoreError, match="no store of evalkit, or a damaged one"):
        CodingStore(path)


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    with CodingStore(tmp_path / "codings.sqlite") as store:
        id = store.add_coding(coder="A", document_id="d", text=TEXT, start=0, end=3, code="driv")
        store.backup(tmp_path / "copy.sqlite")
        with pytest.raises(StoreError, match="exists already"):
            store.backup(tmp_path / "copy.sqlite")
        with pytest.raises(StoreError, match="cannot be written"):
            store.backup(tmp_path / "nowhere" / "copy.sqlite")
    with CodingStore(tmp_path / "copy.sqlite") as copy:
        assert copy.records("codings")["id"].tolist() == [id]
        assert copy.verify() == []
