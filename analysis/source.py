"""Where the rows are: one place that turns a frame, a file or a DuckDB relation into something SQL can run over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from analysis.databases import DatabaseTable
from analysis.files import Files, are_paths, found_files, header, refuse_different_columns, refuse_names
from uptake.contract.errors import DesignError, EstimationError, TableError, did_you_mean

INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "BOOLEAN",
)
_PLACE = "survey_rows"


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a Python value as an SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return f"CAST({float(value)!r} AS DOUBLE)"
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that SQL runs over: `run` executes a text over the table `survey_rows`, `text` derives columns from it.

    SQL does not tell `n_h` from `N_h`: such twins get another name inside, and `renamed` remembers which.
    """

    run: Callable[[str], Any]
    text: str
    types: dict[str, str]
    renamed: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """Return a column of the data as an SQL identifier."""
        return quoted(self.renamed.get(name, name))

    def derive(self, select: str, where: str = "") -> Source:
        """Return the same rows with more columns (`select`) or fewer rows (`where`); nothing is computed yet."""
        clause = f" WHERE {where}" if where else ""
        return described(replace(self, text=f"SELECT {select} FROM ({self.text}) AS r{clause}"))

    def columns(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """Run a SELECT and return its columns as numpy arrays (masked where NULL)."""
        try:
            return dict(self.run(sql).fetchnumpy())
        except duckdb.BinderException as fault:
            raise EstimationError(_first_line(fault), code="COLUMN_NOT_FOUND") from fault
        except (duckdb.ParserException, duckdb.CatalogException) as fault:
            raise EstimationError(_first_line(fault), code="EXPRESSION_SYNTAX") from fault
        except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException) as fault:
            raise EstimationError(_first_line(fault), code="EXPRESSION_VALUE") from fault
        except duckdb.IOException as fault:
            raise TableError(str(fault).splitlines()[0]) from fault

    def expression_types(self, expressions: dict[str, str]) -> dict[str, str]:
        """Return the SQL type of each expression over the rows."""
        if not expressions:
            return {}
        select = ", ".join(f"({sql}) AS {quoted(name)}" for name, sql in expressions.items())
        described = self.columns(f"DESCRIBE SELECT {select} FROM ({self.text}) AS r")
        return {str(n): str(t) for n, t in zip(described["column_name"], described["column_type"], strict=True)}

    def require(self, names: Iterable[str], what: str, *, estimating: bool = False) -> None:
        """Refuse a column that the data do not have, naming the nearest one."""
        for name in names:
            if name not in self.types:
                twin = [known for known in self.types if known.lower() == name.lower()]
                hint = f' Did you mean "{twin[0]}"?' if twin else did_you_mean(name, self.types)
                message = f'{what} names the column "{name}", which the data do not have.{hint}'
                kind = EstimationError if estimating else DesignError
                raise kind(message, code="COLUMN_NOT_FOUND")


def first_row(source: Source, column: str, condition: str) -> tuple[int, object] | None:
    """Return the number (from 1) of the first row for which a condition holds, and its value of a column."""
    found = source.columns(
        f"SELECT up__row, CAST({source.column(column)} AS VARCHAR) AS value FROM "
        f"(SELECT *, ROW_NUMBER() OVER () AS up__row FROM ({source.text}) AS r) AS r "
        f"WHERE {condition} ORDER BY up__row LIMIT 1"
    )
    return (int(found["up__row"][0]), found["value"][0]) if len(found["up__row"]) else None


def require_numbers(source: Source, names: Iterable[str], what: str, *, code: str) -> None:
    """Refuse a column of text where numbers are needed, naming the first row that holds no number."""
    for name in names:
        if is_numeric(source.types[name]):
            continue
        column = source.column(name)
        found = first_row(source, name, f"{column} IS NOT NULL AND TRY_CAST({column} AS DOUBLE) IS NULL")
        found = found or first_row(source, name, f"{column} IS NOT NULL")  # numbers written as codes, such as 007
        says = f'row {found[0]} holds "{found[1]}", which is no {what}' if found else f"every row is without {what}"
        raise DesignError(
            f'column "{name}": {says} - write {what}s as plain numbers, or name another column.', code=code
        )


def open_source(data: object) -> Source:
    """Return the rows of a table (pandas, Arrow, polars), of Parquet or CSV files, or of a DuckDB relation."""
    data = data.read() if isinstance(data, DatabaseTable) else data
    if isinstance(data, duckdb.DuckDBPyRelation):
        return described(Source(run=lambda sql: data.query(_PLACE, sql), text=f"SELECT * FROM {_PLACE}", types={}))
    connection = _database().cursor()  # a cursor has views of its own and costs a hundredth of a database
    if are_paths(data):
        files = found_files(data)
        source = Source(run=connection.execute, text=f"SELECT * FROM {files.table}", types={})
        return _named(source, _columns_of(files, source))
    if hasattr(data, "iloc"):
        refuse_names([str(name) for name in _named_columns(data)])
    table = _scannable(data)
    _register(connection, table)
    own = [str(name) for name in _named_columns(table)]
    return _named(Source(run=connection.execute, text=f"SELECT * FROM {_PLACE}", types={}), own)


def _named(source: Source, own: list[str]) -> Source:
    """Remember the names of the columns as the data have them, before the engine tells twins apart."""
    inside = [str(name) for name in source.columns(f"DESCRIBE {source.text}")["column_name"]]
    refuse_names(own, inside)
    return described(replace(source, renamed={a: b for a, b in zip(own, inside, strict=True) if a != b}))


@lru_cache(maxsize=1)
def _database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def _register(connection: duckdb.DuckDBPyConnection, data: object) -> None:
    try:
        connection.register(_PLACE, data)
    except duckdb.InvalidInputException as fault:
        raise TableError(
            f"data is a {type(data).__name__} - give a pandas or Arrow table, the path of a Parquet or CSV file, or a "
            "DuckDB relation."
        ) from fault


def _scannable(data: Any) -> Any:
    """Return what the engine can scan more than once: frames as Arrow tables, a stream read to its end."""
    if hasattr(data, "iloc"):
        return _arrow(data)
    if hasattr(data, "read_all"):  # an Arrow stream is empty after its first reading
        return data.read_all()
    if type(data).__module__.partition(".")[0] == "polars":
        return (data.collect() if hasattr(data, "collect") else data).to_arrow()
    if hasattr(data, "__arrow_c_stream__") and not hasattr(data, "column_names"):
        import pyarrow as pa

        return pa.table(data)
    return data


def _arrow(frame: Any) -> object:
    """A pandas frame as an Arrow table: the engine cannot scan every memory layout of a frame (reversed views fail)."""
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowTypeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        raise TableError(f"{fault.args[-1]} - a column holds values of several kinds; give it one type.") from fault


def _columns_of(files: Files, source: Source) -> list[str]:
    """Return the columns of the files, refused where they are not the same in all."""
    columns = {path: _leaves(path, source) if files.parquet else header(path) for path in files.paths}
    refuse_different_columns(columns)
    return columns[files.paths[0]]


def _leaves(path: Path, source: Source) -> list[str]:
    schema = source.columns(f"SELECT name, num_children FROM parquet_schema({literal(str(path))})")
    leaves = np.ma.filled(np.ma.asarray(schema["num_children"]).astype(np.float64), 0.0) == 0
    return [str(name) for name in schema["name"][leaves]]


def _named_columns(data: object) -> list[object]:
    named = getattr(data, "column_names", None)  # Arrow; a pandas frame has columns
    return list(named if named is not None else getattr(data, "columns", ()))


def described(source: Source) -> Source:
    """Return the source with the names and types of its columns."""
    rows = source.columns(f"DESCRIBE {source.text}")
    names = zip(rows["column_name"], rows["column_type"], strict=True)
    types = {str(name): str(kind) for name, kind in names}
    twins = {own: types[inside] for own, inside in source.renamed.items() if inside in types}
    return replace(source, types=types | twins)


def is_numeric(kind: str) -> bool:
    """Whether an SQL type can be added up."""
    return kind in INTEGERS or kind in ("FLOAT", "DOUBLE", "UHUGEINT", '"NULL"') or kind.startswith("DECIMAL")


def _first_line(fault: Exception) -> str:
    return str(fault).splitlines()[0] + " - check the expression and the column names."
