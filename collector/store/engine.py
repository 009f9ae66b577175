"""SQLite the way the store needs it: fixed version, write-ahead log, full synchronisation, immediate transactions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: SQLite 3.7.0 to 3.51.2 can corrupt a write-ahead log when two connections write and checkpoint at once.
LEAST_SQLITE = (3, 51, 3)


def check_sqlite(version: tuple[int, ...]) -> None:
    """Refuse a SQLite with the write-ahead log fault."""
    if version < LEAST_SQLITE:
        found = ".".join(map(str, version))
        raise StoreError(
            f"SQLite {found} can damage a database that several connections write (fixed in 3.51.3): answers could be "
            "lost. Install pysqlite3 0.6.1 or later, which brings its own SQLite."
        )


def make_engine(database: Path, *, writes: bool) -> Engine:
    """Make an engine whose connections are safe for one writer thread and many readers."""
    from pysqlite3 import dbapi2
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    check_sqlite(dbapi2.sqlite_version_info)
    mode = "rwc" if writes else "ro"
    engine = create_engine(
        f"sqlite:///file:{database}?mode={mode}&uri=true",
        module=dbapi2,
        poolclass=QueuePool,
        pool_size=1 if writes else 16,
        max_overflow=0 if writes else 48,
        connect_args={"check_same_thread": False, "timeout": 30},
        hide_parameters=True,  # or its errors would quote answers
    )
    event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if writes else _begin)
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    _prepare_reader(connection, _record)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _prepare_reader(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: it would begin them deferred, and a deferred transaction
    # that reads before it writes fails at once when another one has written.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
