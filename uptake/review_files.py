"""The files that a review reads, as tables of a database, with what was known of each unit before it answered."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.contract import tables
from uptake.contract.errors import TableError, did_you_mean, visible
from uptake.stages import Run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from forms import Field, Questionnaire

WAVE = "wave"
_JUDGED = ("complete", "partial")


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a review reads: the answers, the rows of rosters, the sample, and the answers of last time."""

    run: Run
    questionnaire: Questionnaire
    responses: Path

    def roster(self, roster: str, responses: Path | None = None) -> Path:
        """Return where the rows of a roster stand: beside the answers, under their name and its own."""
        beside = responses or self.responses
        return beside.with_name(f"{beside.stem}_{roster}{beside.suffix}")

    @property
    def sample(self) -> Path:
        """Where the sample lies."""
        return self.run.path(tables.SAMPLE)

    @property
    def last(self) -> Path:
        """Where the answers of the wave before lie; where this is the first one, nowhere."""
        waves = [wave.id for wave in self.run.study.settings.waves]
        before = waves[: waves.index(self.run.wave)][-1:]
        return self.run.study.table(before[0] if before else "none", tables.RESPONSES.name)

    def all(self) -> list[Path]:
        """Return every file that is there."""
        rosters = [self.roster(roster, each) for roster in self.questionnaire.rosters for each in (None, self.last)]
        return [path for path in (self.responses, self.sample, self.last, *rosters) if path.exists()]


def count_of(connection: DuckDBPyConnection, query: str) -> int:
    """Return the number that a query gives."""
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _read(connection: DuckDBPyConnection, path: Path, name: str) -> list[str]:
    """Load a file as it is, a CSV as text, and return its columns."""
    import duckdb

    if not path.exists():
        raise TableError(f"{path}: the file is missing, so nothing can be reviewed. Check --responses.")
    is_csv = path.suffix.lower() == ".csv"
    reader = "read_parquet(?, hive_partitioning = false)"
    if is_csv:
        reader = "read_csv(?, all_varchar = true, header = true, strict_mode = true, hive_partitioning = false)"
    literal = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))  # a path is no pattern
    try:
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {reader}", [literal])
    except duckdb.Error as error:
        kind = "CSV file in UTF-8" if is_csv else "Parquet file"
        reason = visible(str(error).splitlines()[0])
        raise TableError(f"{path}: not a readable {kind} ({reason}). Write it again.") from None
    there = [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
    if is_csv:
        _refuse_columns_twice(path, there)
    return there


def _refuse_columns_twice(path: Path, there: list[str]) -> None:
    """DuckDB gives the second of two columns with one name another name, and its values would be passed over."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.readline()
    names = next(csv.reader([head], delimiter=max(",;\t|", key=head.count)), [])
    again = next((name for name in names if [other.lower() for other in names].count(name.lower()) > 1), None)
    if len(names) == len(there) and again is not None:
        raise TableError(f'{path}: the column "{visible(again)}" stands there twice, and nobody could tell which one is'
                         " meant. Keep one.")  # fmt: skip


def load_units(connection: DuckDBPyConnection, files: Files) -> list[str]:
    """Load the units that answered, with what was known of them before; returns the columns."""
    there = _read(connection, files.responses, "arrived")
    _refuse_strangers(files, there)
    leaves = [leaf for leaf in files.questionnaire.fields.values() if leaf.value is None and not leaf.roster]
    leaves += [one.nothing for one in files.questionnaire.rosters.values() if one.nothing is not None]
    made = ['CAST("unit_id" AS VARCHAR) AS unit_id', *_typed(leaves, there)]
    which = f"WHERE disposition IN {_JUDGED}" if "disposition" in there else ""
    connection.execute(f"CREATE TEMP TABLE {WAVE} AS SELECT {', '.join(made)} FROM arrived {which}")
    _refuse_nameless(connection, files.responses, WAVE)
    _refuse_twice(connection, files.responses, "unit_id")
    _add_before(connection, files)
    return [row[0] for row in connection.execute(f"DESCRIBE {WAVE}").fetchall()]


def load_rows(connection: DuckDBPyConnection, files: Files, roster: str) -> list[str]:
    """Load the rows of a roster, with the same rows of last time; a roster without a file is not judged."""
    path = files.roster(roster)
    if not path.exists():
        return []
    there = _read(connection, path, f"arrived_{roster}")
    for key in ("unit_id", "row"):
        if key not in there:
            raise TableError(f'{path}: the column "{key}" is missing, so nobody could tell whose rows these are.'
                             f"{did_you_mean(key, there)}")  # fmt: skip
    leaves = [leaf for leaf in files.questionnaire.rosters[roster].columns if leaf.value is None]
    made = ['CAST("unit_id" AS VARCHAR) AS unit_id', 'TRY_CAST("row" AS BIGINT) AS "row"', *_typed(leaves, there)]
    table = f"{WAVE}_{roster}"
    connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {', '.join(made)} FROM arrived_{roster}")
    _refuse_nameless(connection, path, table)
    most = files.questionnaire.rosters[roster].max_rows
    found = connection.execute(
        f'SELECT unit_id, arrived."row" FROM arrived_{roster} AS arrived'
        f" WHERE (regexp_full_match(CAST(\"row\" AS VARCHAR), '[0-9]{{1,7}}(\\.0+)?')"
        f' AND TRY_CAST("row" AS BIGINT) BETWEEN 1 AND {most}) IS NOT TRUE LIMIT 1'
    ).fetchone()
    if found is not None:
        raise TableError(f'{path}: the unit "{visible(str(found[0]))}" has the row "{visible(str(found[1]))}"; rows are'
                         f" whole numbers from 1 to {most:,}. Correct it.")  # fmt: skip
    _refuse_twice(connection, path, 'unit_id, "row"', table)
    last = files.roster(roster, files.last)
    if last.exists():
        earlier = _read(connection, last, f"last_{roster}")
        columns = [f'{_value(leaf, "last")} AS "{leaf.name}_last"' for leaf in leaves if leaf.name in earlier]
        _join(connection, table, f"last_{roster}", columns, ("unit_id", '"row"'))
    return [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]


def _refuse_strangers(files: Files, there: list[str]) -> None:
    if "unit_id" not in there:
        raise TableError(f'{files.responses}: the column "unit_id" is missing, so nobody could tell whose answers these'
                         f" are.{did_you_mean('unit_id', there)}")  # fmt: skip
    fields = files.questionnaire.fields
    if not fields.keys() & set(there):
        raise TableError(
            f'{files.responses}: no column is a field of the questionnaire "{files.questionnaire.id}", so no rule can'
            f" be judged.{did_you_mean(there[-1], fields)} Name the columns after the fields (codebook.parquet)."
        )


def _refuse_nameless(connection: DuckDBPyConnection, path: Path, table: str) -> None:
    nameless = count_of(connection, f"SELECT count(*) FROM {table} WHERE trim(COALESCE(unit_id, '')) = ''")
    if nameless:
        raise TableError(f"{path}: {nameless:,} rows have no unit_id, so nobody could tell whose answers they are. Fill"
                         " it in, or remove them.")  # fmt: skip


def _refuse_twice(connection: DuckDBPyConnection, path: Path, key: str, table: str = WAVE) -> None:
    query = f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    found = connection.execute(query).fetchone()
    if found is not None:
        shown = visible(", row ".join(str(part) for part in found))
        raise TableError(f'{path}: the unit "{shown}" stands there twice, and nobody could tell which one is meant.'
                         " Keep one.")  # fmt: skip


def _typed(leaves: list[Field], there: list[str]) -> Iterator[str]:
    """Give the columns of answers in the types that the rules ask for; what does not fit is left for them to refuse."""
    for leaf in leaves:
        if leaf.name not in there:
            continue
        value, state = _value(leaf), f"{leaf.name}_state"
        said = f'"{state}"' if state in there else "NULL"
        yield f'{value} AS "{leaf.name}"'
        yield (
            f"CASE WHEN NULLIF(CAST(arrived_value AS VARCHAR), '') IS NOT NULL AND {value} IS NULL THEN 'answered'"
            f" WHEN NULLIF({said}, '') IS NULL THEN CASE WHEN {value} IS NULL THEN 'blank' ELSE 'answered' END"
            f' ELSE {said} END AS "{state}"'
        ).replace("arrived_value", f'"{leaf.name}"')


def _value(leaf: Field, table: str = "") -> str:
    """Return the SQL that reads a column as its field's type; NULL where it cannot be.

    Nothing is rounded but what lies behind nine decimal places, which is the noise of binary numbers.
    """
    column = f'{table}."{leaf.name}"' if table else f'"{leaf.name}"'
    text = f"NULLIF(CAST({column} AS VARCHAR), '')"
    number = f"TRY_CAST(replace({text}, '_', '?') AS DECIMAL(38, 9))"  # 1_000 is a number of programs
    if leaf.type == "int":
        return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
    if leaf.type == "dec":
        return f"CASE WHEN {number} = round({number}, 6) THEN TRY_CAST({number} AS DECIMAL(24, 6)) END"
    if leaf.type == "date":
        day = r"'[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]00:00:00(\.0+)?(\+00)?)?'"
        return (
            f"CASE WHEN regexp_full_match({text}, {day}) THEN TRY_CAST(regexp_extract({text}, '^[0-9-]+') AS DATE) END"
        )
    return f"TRY_CAST({text} AS BOOLEAN)" if leaf.type == "bool" else text


def _add_before(connection: DuckDBPyConnection, files: Files) -> None:
    """Put beside the answers what the sample said of a unit, and what it answered last time."""
    fields = [leaf for leaf in files.questionnaire.fields.values() if not leaf.roster and leaf.value is None]
    last: list[str] = []
    if files.last.exists():
        there = _read(connection, files.last, "last")
        _refuse_twice(connection, files.last, "unit_id", "last")
        known = [leaf for leaf in fields if leaf.name in there]
        last = [f'{_value(leaf, "last")} AS "{leaf.name}_last"' for leaf in known]
        last += [f'{_value(leaf, "last")} AS "{leaf.name}_prefilled"' for leaf in known
                 if leaf.prefill and leaf.prefill.last_wave]  # fmt: skip
        _join(connection, WAVE, "last", last, ("unit_id",))
    if files.sample.exists():
        _join(connection, WAVE, "sample", list(_of_sample(connection, files, fields)), ("unit_id",))


def _of_sample(connection: DuckDBPyConnection, files: Files, fields: list[Field]) -> Iterator[str]:
    there = _read(connection, files.sample, "sample")
    _refuse_twice(connection, files.sample, "unit_id", "sample")
    for leaf in fields:
        if leaf.prefill is not None and leaf.prefill.column in there:
            yield f'{_value(leaf, "sample")} AS "{leaf.name}_prefilled"'.replace(
                f'sample."{leaf.name}"', f'sample."{leaf.prefill.column}"'
            )
    types: Mapping[str, str] = {"int": "BIGINT", "dec": "DECIMAL(24, 6)", "date": "DATE", "bool": "BOOLEAN"}
    for column in files.questionnaire.sample.values():
        if column.column in there:
            kind = types.get(column.type, "VARCHAR")
            yield f'TRY_CAST(NULLIF(CAST(sample."{column.column}" AS VARCHAR), \'\') AS {kind}) AS "{column.id}"'


def _join(connection: DuckDBPyConnection, table: str, other: str, columns: list[str], keys: tuple[str, ...]) -> None:
    if not columns:
        return
    on = " AND ".join(f"CAST({other}.{key} AS VARCHAR) = CAST(here.{key} AS VARCHAR)" for key in keys)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT here.*, {', '.join(columns)} FROM {table} AS here"
        f" LEFT JOIN {other} ON {on}"
    )
