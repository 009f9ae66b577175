"""Rows that stand in a database: a table of SQLite or PostgreSQL, read whole and given to the one engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uptake.contract.errors import TableError


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table or view of a database as the data of a survey; its rows are read once, when the survey is made.

    The grouped pass itself runs in DuckDB, so that sums are exact and the digits those of any other source of the same
    rows. It does not cover tables that are larger than memory: write those to Parquet.

    connection: path of an SQLite file, or an open connection: sqlite3, psycopg, an SQLAlchemy engine or connection;
    table: its name, with a schema as `schema.table`. Raises TableError: no such file or table, a column of several
    kinds. Agrees with the same rows given as a frame, digit by digit.

    >>> import sqlite3
    >>> from analysis import Survey, SurveyDesign, mean
    >>> database = sqlite3.connect(":memory:")
    >>> _ = database.execute("CREATE TABLE answers (y REAL, w REAL)")
    >>> _ = database.executemany("INSERT INTO answers VALUES (?, ?)", [(1, 2), (2, 2), (4, 2)])
    >>> survey = Survey(DatabaseTable(database, "answers"), SurveyDesign(weights="w"))
    >>> round(float(mean(survey, "y").frame.estimate[0]), 4)
    2.3333
    """

    connection: Any
    table: str

    def read(self) -> object:
        """Return the rows as an Arrow table."""
        import pyarrow as pa

        name = ".".join('"' + part.replace('"', '""') + '"' for part in self.table.split("."))
        with _opened(self.connection) as connection, closing(connection.cursor()) as cursor:
            try:
                cursor.execute(f"SELECT * FROM {name}")
            except Exception as fault:  # every driver has errors of its own
                says = str(fault).splitlines()[0]
                raise TableError(f"{self.table}: {says} - name a table or view of the database.") from fault
            names = [str(column[0]) for column in cursor.description]
            rows = cursor.fetchall()
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pa.table([self._column(n, c) for n, c in zip(names, columns, strict=True)], names=names)

    def _column(self, name: str, values: tuple[object, ...]) -> object:
        import pyarrow as pa

        try:
            return pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as fault:
            says = str(fault).splitlines()[0]
            raise TableError(
                f'{self.table}: column "{name}" holds values of several kinds ({says}) - give it one type.'
            ) from fault


@contextmanager
def _opened(connection: Any) -> Iterator[Any]:
    """Yield a connection that has a cursor; what was opened here is closed here."""
    if isinstance(connection, str | Path):
        path = Path(connection)
        if not path.is_file():
            raise TableError(f"{path}: there is no such file - name an existing SQLite file.")
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            yield opened
    elif hasattr(connection, "cursor"):
        yield connection
    elif hasattr(connection, "exec_driver_sql"):  # an SQLAlchemy connection
        yield connection.connection
    elif hasattr(connection, "raw_connection"):  # an SQLAlchemy engine
        with closing(connection.raw_connection()) as opened:
            yield opened
    else:
        raise TableError(
            f"connection is a {type(connection).__name__} - give the path of an SQLite file, or a connection of "
            "sqlite3, psycopg or SQLAlchemy."
        )
