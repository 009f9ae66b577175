"""A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Names in the order of preference: a server refuses to run as root.
ACCOUNTS = ("postgres", "nobody")


def _binaries() -> Path | None:
    """The folder with initdb and postgres: on the path, or where Debian keeps them, the newest version first."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = Path("/usr/lib/postgresql")
    folders = [folder / "bin" for folder in versions.glob("*") if (folder / "bin" / "initdb").is_file()]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


def _account() -> list[str]:
    """The words before a command that run it as somebody other than root, or nothing where we are not root."""
    if os.geteuid() != 0:
        return []
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ACCOUNTS:
        if name in known and shutil.which("runuser"):
            return ["runuser", "-u", name, "--"]
    pytest.skip("PostgreSQL does not run as root, and there is no runuser with an account postgres or nobody")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The connection string of an empty database, or a skip that names what is missing."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra [postgres])")
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    as_somebody = _account()
    # Not pytest's folder: only root may enter that, and a socket's path may not be longer than 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="uptake-pg-"))
    data = folder / "data"
    try:
        if as_somebody:
            shutil.chown(folder, as_somebody[2])
        settings = f"-k {folder} -F -c listen_addresses='' -c shared_buffers=32MB -c jit=off"
        _run([*as_somebody, f"{binaries}/initdb", "-D", f"{data}", "-U", "uptake", "--auth=trust", "--no-sync",
              "-E", "UTF8", "--locale=C"])  # fmt: skip
        control = [*as_somebody, f"{binaries}/pg_ctl", "-D", f"{data}", "-w", "-t", "60"]
        _run([*control, "-o", settings, "-l", f"{folder}/log", "start"])
        try:
            yield f"host={folder} user=uptake dbname=postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"
