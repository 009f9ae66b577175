"""The one writer thread: it gathers what is waiting, commits it together, and answers only after the commit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import OperationalError

from uptake.contract.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
Job = Callable[["Connection"], Any]

MOST_IN_A_BATCH = 64
MOST_WAITING = 2_000
PATIENCE_SECONDS = 30.0


class StoreBusyError(StoreError):
    """What was sent could not be written now; the sender may try again."""


@dataclass(frozen=True, slots=True)
class Item:
    """One job and the promise of its result."""

    job: Job
    result: Future[Any]


class Writer:
    """Runs jobs one after another in one thread; jobs that wait together share one commit.

    Each job has its own SAVEPOINT, so a job that fails takes nothing of its neighbours with it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.Queue[Item | None] = queue.Queue(MOST_WAITING)
        self._open = True
        self._thread = threading.Thread(target=self._run, name="uptake-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Return whether jobs are still being taken."""
        return self._open and self._thread.is_alive()

    def write(self, job: Callable[[Connection], T]) -> T:
        """Run the job inside a transaction and return its result once it is safely on the disk."""
        if not self.alive:
            raise StoreError("The answer store is closed: nothing can be written any more. Start the collector again.")
        item = Item(job, Future())
        try:
            self._waiting.put(item, timeout=PATIENCE_SECONDS)
            result: T = item.result.result(timeout=PATIENCE_SECONDS)
        except (queue.Full, Late) as error:
            raise StoreBusyError(
                f"The answer store did not answer within {PATIENCE_SECONDS:.0f} seconds: what was sent may not be "
                "stored. Send it again; nothing is stored twice."
            ) from error
        except OperationalError as error:  # the disk is full, or gone
            raise StoreBusyError(
                f"The answer store could not be written ({error.orig}): what was sent is not stored. Make room on "
                "the disk and send it again; nothing is stored twice."
            ) from error
        return result

    def close(self) -> None:
        """Write what is waiting and stop."""
        if self._open:
            self._open = False
            self._waiting.put(None)
            self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (batch := self._next_batch()) is not None:
                _commit_together(connection, batch)

    def _next_batch(self) -> list[Item] | None:
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < MOST_IN_A_BATCH:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if item is None:  # the mark of the end: put it back for the next look
                self._waiting.put(None)
                break
            batch.append(item)
        return batch


def _commit_together(connection: Connection, batch: list[Item]) -> None:
    """Run a batch in one transaction; the promises are kept, or broken, only after the commit is known."""
    outcomes: list[tuple[Item, object, BaseException | None]] = []
    try:
        with connection.begin():
            outcomes = [_run_item(connection, item) for item in batch]
    except BaseException as error:  # the commit itself failed: nobody may believe anything was stored
        for item in batch:
            item.result.set_exception(error)
        return
    for item, value, failure in outcomes:
        if failure is None:
            item.result.set_result(value)
        else:
            item.result.set_exception(failure)


def _run_item(connection: Connection, item: Item) -> tuple[Item, object, BaseException | None]:
    connection.exec_driver_sql("SAVEPOINT item")
    try:
        value = item.job(connection)
    except Exception as error:  # handed to whoever sent the job
        connection.exec_driver_sql("ROLLBACK TO item")
        connection.exec_driver_sql("RELEASE item")
        return item, None, error
    connection.exec_driver_sql("RELEASE item")
    return item, value, None
