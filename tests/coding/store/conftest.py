"""Stores to test on: a file, and a PostgreSQL server of the test's own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.coding.store import CodingStore

TEXT = "R: Vi hade inte mandat alls, men chefen stod bakom oss hela vägen."


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders and (folders[-1] / "initdb").exists() else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a server that this test run starts and stops; PostgreSQL refuses to run as root."""
    programs = postgres_programs()
    if programs is None:
        if "postgres" in os.environ.get("EVALKIT_REQUIRE", ""):
            pytest.fail("EVALKIT_REQUIRE asks for PostgreSQL, and no initdb was found")
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    root = Path(tempfile.mkdtemp(prefix="evalkit-pg-"))
    user: dict[str, int] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid}
        os.chown(root, account.pw_uid, account.pw_gid)
    data, port = root / "data", _free_port()
    initdb = [programs / "initdb", "-D", data, "-U", "evalkit", "--auth=trust", "--no-sync", "--encoding=UTF8"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=root, **user)  # type: ignore[call-overload]
    server = subprocess.Popen(  # type: ignore[call-overload]
        [programs / "postgres", "-D", data, "-k", root, "-p", str(port), "-c", "listen_addresses=127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=root,
        **user,
    )
    try:
        address = f"postgresql+psycopg://evalkit@127.0.0.1:{port}/postgres"
        _wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty store."""
    if request.param == "sqlite":
        yield str(tmp_path / "codings.sqlite")
        return
    server = request.getfixturevalue("postgres_server")
    name = f"store_{abs(hash(request.node.nodeid)) % 10**12}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    engine.dispose()


@pytest.fixture
def store(address: str) -> Iterator[CodingStore]:
    """An empty store, open."""
    with CodingStore(address) as opened:
        yield opened


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str) -> None:
    engine = sa.create_engine(address)
    deadline = time.monotonic() + 30
    while True:
        try:
            with engine.connect():
                break
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    engine.dispose()
