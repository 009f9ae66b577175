"""Rows from one file, several, a pattern, a folder, a stream: the same digits; what cannot be one table is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis import Survey, SurveyDesign, mean
from uptake.contract.errors import TableError

DESIGN = SurveyDesign(weights="w", strata="h", fpc="N")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {"h": rng.integers(0, 4, 300), "w": rng.uniform(1, 9, 300), "y": rng.normal(5, 2, 300), "N": 200}
    )


@pytest.fixture(scope="module")
def folder(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("parts")
    shuffled = rows.sample(frac=1, random_state=2)
    (place / "csv").mkdir()
    for i in range(3):
        shuffled.iloc[i::3].to_parquet(place / f"part{i}.parquet")
        shuffled.iloc[i::3].to_csv(place / "csv" / f"part{i}.csv", index=False)
    return place


class Stream:
    """Any table that speaks Arrow's C stream, as polars' and others do."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.table.__arrow_c_stream__(requested_schema)


class Frame:
    """Stands in for a polars frame, which is not installed here: its module name and its way to Arrow."""

    def __init__(self, table: pa.Table) -> None:
        self.table, self.columns = table, table.column_names

    def to_arrow(self) -> pa.Table:
        return self.table


Frame.__module__ = "polars.dataframe.frame"


def test_every_way_to_give_rows_has_the_same_digits(rows: pd.DataFrame, folder: Path) -> None:
    right, table = mean(Survey(rows, DESIGN), "y"), pa.Table.from_pandas(rows)
    con = duckdb.connect()
    con.register("r", rows)
    ways = {
        "paths": [folder / f"part{i}.parquet" for i in (2, 0, 1)],
        "pattern": str(folder / "part*.parquet"),
        "folder": folder,
        "csv": [str(folder / "csv" / f"part{i}.csv") for i in (1, 2, 0)],
        "arrow": table,
        "record batches": table.to_reader(),
        "stream": Stream(table),
        "polars": Frame(table),
        "relation": con.sql("SELECT * FROM r"),
    }
    for name, data in ways.items():
        found = mean(Survey(data, DESIGN), "y")
        assert found.meta.totals_digest == right.meta.totals_digest, name
        assert found.frame.se[0] == right.frame.se[0], name
        assert found.frame.n[0] == 300, name


def refusal(data: object) -> str:
    with pytest.raises(TableError) as caught:
        Survey(data, DESIGN)
    return str(caught.value)


def test_files_that_are_no_one_table_are_refused(folder: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    one = folder / "part0.parquet"
    assert refusal([one, one]) == f"{one}: the file is named twice - its rows would count twice; name it once."
    text = folder / "csv" / "part0.csv"
    assert refusal([one, text]) == f"{text}: the other files are Parquet and this one is not - give files of one kind."
    none = folder / "wave*.parquet"
    assert refusal(str(none)) == f"{none}: no file is named so - correct the pattern, or name the files."
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refusal(empty) == f"{empty}: the folder holds no Parquet file - name the files, or another folder."
    lost = tmp_path / "lost.parquet"
    rows.drop(columns="y").to_parquet(lost)
    assert refusal([one, lost]) == (
        f'{lost}: the column "y" is missing, which {one} has - its rows would be read as without answer; '
        "give files of one form."
    )


def test_columns_that_differ_in_capitals_are_kept_apart_in_one_file_and_refused_in_several(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in (1, 2)]
    for path in paths:
        pd.DataFrame({"n_h": [1, 2], "N_h": [9, 9], "w": 1.0, "y": [1.0, 2.0]}).to_parquet(path)
    design = SurveyDesign(weights="w", fpc="N_h")
    assert mean(Survey(paths[0], design), "n_h").frame.estimate[0] == 1.5
    with pytest.raises(TableError) as caught:
        Survey(paths, design)
    assert str(caught.value) == (
        f'{paths[0]}: the columns "n_h" and "N_h" differ in capital letters only - several files are put together by '
        "names that SQL can tell apart; rename one of them."
    )


def test_a_column_of_whole_numbers_in_one_file_and_of_fractions_in_another_keeps_its_fractions(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in (1, 2)]
    pd.DataFrame({"w": [1.0, 1.0], "y": [1, 2]}).to_parquet(paths[0])
    pd.DataFrame({"y": [2.5, 0.25], "w": [1, 1]}).to_parquet(paths[1])  # and in another order
    assert mean(Survey(paths, SurveyDesign(weights="w")), "y").frame.estimate[0] == 5.75 / 4
