"""Tables of SQLite and PostgreSQL as the data of a survey: the same digits as the same rows in a frame."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy

from analysis import DatabaseTable, Survey, SurveyDesign, mean, proportion, quantile
from uptake.contract.errors import TableError

RNG = np.random.default_rng(4)
ROWS = pd.DataFrame(
    {
        "h": np.repeat(["a", "b", "c"], 40), "psu": np.tile(np.repeat(range(8), 5), 3), "w": RNG.uniform(1, 9, 120),
        "y": RNG.integers(0, 2, 120), "x": RNG.lognormal(3, 2, 120), "省": RNG.choice(["甲", "乙"], 120),
    }
)  # fmt: skip
ROWS.loc[7, "x"] = np.nan
DESIGN = SurveyDesign(weights="w", strata="h", psu="psu")


def filled(connection: Any, mark: str, real: str) -> None:
    cursor = connection.cursor()
    cursor.execute(f'CREATE TABLE answers (h text, psu integer, w {real}, y integer, x {real}, "省" text)')
    values = ROWS.astype(object).where(ROWS.notna(), None).to_numpy().tolist()
    cursor.executemany(f"INSERT INTO answers VALUES ({', '.join([mark] * 6)})", values)
    connection.commit()


def same_digits(data: object) -> None:
    for ask in (
        lambda s: proportion(s, "y", by=[(), ("省",)]),
        lambda s: mean(s, ["x", "y"], by="省"),
        lambda s: quantile(s, "x", [0.5], by="省"),
    ):
        mine, wanted = ask(Survey(data, DESIGN)), ask(Survey(ROWS, DESIGN))
        pd.testing.assert_frame_equal(mine.frame, wanted.frame, check_exact=True)
        assert mine.meta.totals_digest == wanted.meta.totals_digest


def test_sqlite_gives_the_same_digits(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    connection = sqlite3.connect(path)
    filled(connection, "?", "real")
    same_digits(DatabaseTable(connection, "answers"))
    connection.close()
    same_digits(DatabaseTable(path, "answers"))
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    same_digits(DatabaseTable(engine, "answers"))
    with engine.connect() as opened:
        same_digits(DatabaseTable(opened, "main.answers"))
    engine.dispose()


def test_postgresql_gives_the_same_digits(postgresql: str) -> None:
    import psycopg

    with psycopg.connect(postgresql) as connection:
        filled(connection, "%s", "double precision")
        same_digits(DatabaseTable(connection, "answers"))
        same_digits(DatabaseTable(connection, "public.answers"))


def test_what_is_no_table_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"none\.sqlite: there is no such file - name an existing SQLite file\."):
        Survey(DatabaseTable(tmp_path / "none.sqlite", "answers"), DESIGN)
    connection = sqlite3.connect(":memory:")
    with pytest.raises(TableError) as refusal:
        Survey(DatabaseTable(connection, "answers"), DESIGN)
    assert str(refusal.value) == "answers: no such table: answers - name a table or view of the database."
    connection.execute("CREATE TABLE answers (w)")
    connection.executemany("INSERT INTO answers VALUES (?)", [(1,), ("two",)])
    with pytest.raises(TableError, match='column "w" holds values of several kinds'):
        Survey(DatabaseTable(connection, "answers"), DESIGN)
    with pytest.raises(TableError, match="connection is a int - give the path of an SQLite file"):
        Survey(DatabaseTable(3, "answers"), DESIGN)
    connection.close()
