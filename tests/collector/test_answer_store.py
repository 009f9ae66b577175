"""The answer store: what it opens, refuses, keeps and gives back."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, exc, inspect, text

from collector import Store, open_for_reading, open_store
from collector.store.engine import check_sqlite, make_engine
from collector.store.models import Model
from collector.store.open import migrate
from collector.store.writer import StoreBusyError, Writer
from uptake.contract.errors import StoreError

WRITTEN_ONCE = ("answer_event", "confirmation", "submission", "disposition_event")


def note(words: str):  # type: ignore[no-untyped-def]
    def job(connection: Connection) -> str:
        connection.execute(text("INSERT INTO notes VALUES (:words)"), {"words": words})
        return words

    return job


@pytest.fixture
def notes(store: Store) -> Store:
    store.write(lambda connection: connection.execute(text("CREATE TABLE notes (words TEXT UNIQUE)")) and None)
    return store


def all_notes(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(text("SELECT words FROM notes ORDER BY rowid")).scalars())


def test_the_migrations_make_exactly_the_models(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Model.metadata) == []


def test_the_migrations_go_down_and_up_again(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "a.sqlite", writes=True)
    migrate(engine)
    migrate(engine, "-1")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert set(Model.metadata.tables) < set(inspect(engine).get_table_names())
    engine.dispose()


def test_sqlite_is_set_for_safety(store: Store) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert store.write(pragmas) == ["wal", 2, 1]  # 2 is FULL: a commit is on the disk before it returns


def test_an_old_sqlite_is_refused() -> None:
    with pytest.raises(StoreError) as caught:
        check_sqlite((3, 51, 2))
    assert str(caught.value) == (
        "SQLite 3.51.2 can damage a database that several connections write (fixed in 3.51.3): answers could be lost. "
        "Install pysqlite3 0.6.1 or later, which brings its own SQLite."
    )
    check_sqlite((3, 51, 3))


def test_a_second_process_may_read_but_not_write(store: Store) -> None:
    script = (
        "import sys, pathlib; from collector import open_store, open_for_reading\n"
        "path = pathlib.Path(sys.argv[1]); open_for_reading(path).close()\n"
        "open_store(path)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(store.database)], capture_output=True, text=True, cwd=root, check=False
    )
    assert "is being written by another process" in done.stderr


def test_the_lock_goes_with_the_store(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path), pytest.raises(StoreError):
        open_store(path)
    with open_store(path) as again:
        assert again.writer is not None


def test_a_store_opened_for_reading_writes_nothing(store: Store) -> None:
    reading = open_for_reading(store.database)
    with pytest.raises(StoreError, match="opened for reading only"):
        reading.write(lambda connection: None)
    with reading.read() as connection, pytest.raises(exc.OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM wave"))
    reading.close()


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing has been collected yet"):
        open_for_reading(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("change", ["UPDATE {} SET assignment_id = 2", "DELETE FROM {}"])
def test_what_was_written_stays(store: Store, people: object, table: str, change: str) -> None:
    values = {
        "answer_event": "(assignment_id, field, state, actor, page, language, client_key, at) "
        "VALUES (1, 'r03', 'blank', 'respondent', 'use', 'zh', '', '')",
        "confirmation": "(assignment_id, check_id, fingerprint, reason, at) VALUES (1, 'c', 'f', 'r', '')",
        "submission": "(assignment_id, number, receipt_code, definition_sha256, language, document, document_sha256, "
        "head_seq, client_key, at) SELECT 1, 1, 'A', sha256, 'zh', '', '', 1, '', '' FROM definition",
        "disposition_event": "(assignment_id, disposition, note, at) VALUES (1, 'refused', '', '')",
    }[table]
    store.write(lambda connection: connection.execute(text(f"INSERT INTO {table} {values}")) and None)
    with pytest.raises(exc.IntegrityError, match="never changed and never removed"):
        store.write(lambda connection: connection.execute(text(change.format(table))) and None)


def test_the_current_answer_follows_the_events(store: Store, people: object) -> None:
    def give(value: str) -> None:
        event = text(
            "INSERT INTO answer_event (assignment_id, field, value, state, actor, page, language, client_key, at) "
            "VALUES (1, 'r05', :value, 'answered', 'respondent', 'count', 'zh', '', '')"
        )
        store.write(lambda connection: connection.execute(event, {"value": value}) and None)

    give("3")
    give("4")
    with store.read() as connection:
        assert connection.execute(text("SELECT field, value FROM answer_current")).all() == [("r05", "4")]
        assert connection.execute(text("SELECT count(*) FROM answer_event")).scalar() == 2


def test_a_job_that_fails_takes_nothing_of_its_neighbours(notes: Store) -> None:
    hold, held = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        held.set()
        hold.wait(10)

    jobs = [note("a"), note("b"), note("a"), note("c")]  # the third breaks the UNIQUE
    outcomes: list[object] = [None] * len(jobs)

    def send(at: int) -> None:
        try:
            outcomes[at] = notes.write(jobs[at])
        except exc.IntegrityError:
            outcomes[at] = "refused"

    first = threading.Thread(target=lambda: notes.write(slow))
    first.start()
    held.wait(10)  # now the others gather behind it and share one commit
    senders = [threading.Thread(target=send, args=(at,)) for at in range(len(jobs))]
    for sender in senders:
        sender.start()
        sender.join(0.05)
    hold.set()
    for thread in (first, *senders):
        thread.join(10)
    assert outcomes == ["a", "b", "refused", "c"]
    assert all_notes(notes) == ["a", "b", "c"]


def test_a_job_that_fails_half_way_leaves_nothing(notes: Store) -> None:
    def half(connection: Connection) -> None:
        note("half")(connection)
        raise ValueError("on the way")

    with pytest.raises(ValueError, match="on the way"):
        notes.write(half)
    assert all_notes(notes) == []


def test_a_commit_that_fails_is_told_to_everybody_in_it(notes: Store) -> None:
    def break_the_end(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # what a failing disk does to a transaction

    with pytest.raises(StoreBusyError, match="what was sent is not stored"):
        notes.write(break_the_end)
    assert notes.write(note("after")) == "after"
    assert all_notes(notes) == ["after"]


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    engine = make_engine(tmp_path / "a.sqlite", writes=True)
    writer = Writer(engine)
    writer.close()
    with pytest.raises(StoreError, match="is closed"):
        writer.write(lambda connection: None)
    engine.dispose()


def test_closing_writes_what_is_waiting(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(path) as store:
        store.write(lambda connection: connection.execute(text("CREATE TABLE notes (words TEXT UNIQUE)")) and None)
        threads = [threading.Thread(target=store.write, args=(note(str(number)),)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with open_store(path) as store:
        assert sorted(all_notes(store), key=int) == [str(number) for number in range(30)]
