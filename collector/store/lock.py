"""One process writes an answer store: the operating system's lock says which."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from uptake.contract.errors import StoreError

PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class WriterLock:
    """The held lock; the operating system drops it when the process ends, however it ends."""

    file: IO[str]

    def release(self) -> None:
        """Let another process write."""
        self.file.close()


def take_lock(database: Path) -> WriterLock:
    """Take the lock beside the database file, or say who holds it."""
    path = database.with_name(database.name + ".lock")
    file = path.open("a+", encoding="utf-8")
    if not _locked(file):
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise StoreError(
            f"The answer store {database} is being written by another process (number {holder}): two writers could not "
            "keep the order of the answers. Stop that process, or open the store for reading only."
        )
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return WriterLock(file)


def _locked(file: IO[str]) -> bool:
    """Try for a moment: a process that was just killed holds its locks until the system has cleared it away."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
