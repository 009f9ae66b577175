"""Open an answer store: take the lock, bring the tables up to date, start the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from collector.store import times
from collector.store.engine import make_engine
from collector.store.lock import WriterLock, take_lock
from collector.store.writer import Writer
from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent.parent / "migrations"


@dataclass(frozen=True, slots=True)
class Store:
    """An open answer store; reading and writing never share a connection."""

    database: Path
    reader: Engine
    clock: Callable[[], datetime] = times.now
    writer: Writer | None = None
    _writing_engine: Engine | None = field(default=None, repr=False)
    _lock: WriterLock | None = field(default=None, repr=False)

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in the writer thread and return its result after the commit."""
        if self.writer is None:
            raise StoreError(
                f"The answer store {self.database} was opened for reading only: nothing can be written to it. Open it "
                "in the one writing process."
            )
        return self.writer.write(job)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one unchanging state of the store."""
        with self.reader.connect() as connection:
            yield connection

    def now(self) -> str:
        """Return this moment as the store writes it."""
        return times.to_text(self.clock())

    def close(self) -> None:
        """Write what is waiting, close the files and let another process write."""
        if self.writer is not None:
            self.writer.close()
        self.reader.dispose()
        if self._writing_engine is not None:
            self._writing_engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(database: Path, *, clock: Callable[[], datetime] = times.now) -> Store:
    """Open a store for writing, making it when it does not exist yet."""
    database = database.absolute()
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = take_lock(database)
    # Readable by this account alone; SQLite gives the files it puts beside it the same rights.
    database.touch(mode=0o600)
    try:
        engine = make_engine(database, writes=True)
        migrate(engine)
    except BaseException:
        lock.release()
        raise
    return Store(database, make_engine(database, writes=False), clock, Writer(engine), engine, lock)


def open_for_reading(database: Path, *, clock: Callable[[], datetime] = times.now) -> Store:
    """Open a store another process may be writing; nothing can be changed through it."""
    database = database.absolute()
    if not database.is_file():
        raise StoreError(
            f"There is no answer store at {database}: nothing has been collected yet. Draw a sample and start the wave "
            "(`uptake serve`), or correct UPTAKE_DATABASE."
        )
    return Store(database, make_engine(database, writes=False), clock)


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the tables to the state of this release."""
    from alembic import command
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if target == "head" or not target.startswith("-"):
            command.upgrade(config, target)
        else:
            command.downgrade(config, target)
