"""The rules of the questionnaire over a whole wave, or over answers from elsewhere: what is wrong, how often, where."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import say, tell
from uptake.contract import tables
from uptake.contract.errors import TableError, did_you_mean
from uptake.provenance import inputs_digest
from uptake.stages import Run, require

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pandas import DataFrame

    from forms import Field, Questionnaire
    from forms.batch import WaveSql

WAVE, SHOWN = "wave", 30
_JUDGED = ("complete", "partial")


def review(run: Run, *, responses: Path | None = None) -> None:
    """Judge every response of a wave by the questionnaire's rules and write the table `findings`.

    responses: a file of answers (CSV or Parquet) instead of the wave's table; the rows of a roster stand beside it in
    files of their own, `NAME_e24.parquet` beside `NAME.parquet`. Findings stop nothing: the command ends well.
    """
    source = responses or require(run, tables.RESPONSES)
    files = _Files(run, run.study.questionnaire, source)
    inputs = inputs_digest(files.all(), {"wave": run.wave, "questionnaire": files.questionnaire.sha256})
    if run.up_to_date(3, (tables.FINDINGS,), inputs):
        return
    with _opened() as connection:
        made = _judged(connection, files)
        findings = _findings(connection, files, made)
        count = _one(connection, f"SELECT count(*) FROM {WAVE}")
    run.write(tables.FINDINGS, findings, inputs)
    _print(findings, made, count)


@dataclass(frozen=True, slots=True)
class _Files:
    """The files that a review reads: the answers, the rows of rosters, the sample, and the answers of last time."""

    run: Run
    questionnaire: Questionnaire
    responses: Path

    def roster(self, roster: str, responses: Path | None = None) -> Path:
        beside = responses or self.responses
        return beside.with_name(f"{beside.stem}_{roster}{beside.suffix}")

    @property
    def sample(self) -> Path:
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


def _opened() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"enable_external_access": True, "autoinstall_known_extensions": False})


def _one(connection: DuckDBPyConnection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


# Files to tables


def _judged(connection: DuckDBPyConnection, files: _Files) -> WaveSql:
    """Load the files and run the statements of the batch; returns what they were."""
    from forms.batch import wave_sql

    columns = {WAVE: _load_units(connection, files)}
    for roster in files.questionnaire.rosters:
        columns[f"{WAVE}_{roster}"] = _load_rows(connection, files, roster)
    made = wave_sql(files.questionnaire, "duckdb", table=WAVE, columns=columns, today=_today(connection))
    for statement in made.statements:
        connection.execute(f"CREATE TEMP TABLE {statement.table} AS {statement.query}")
    return made


def _read(connection: DuckDBPyConnection, path: Path, name: str) -> list[str]:
    """Load a file as it is, a CSV as text, and return its columns."""
    import duckdb

    if not path.exists():
        raise TableError(f"{path}: the file is missing, so nothing can be reviewed. Check --responses.")
    reader = "read_csv(?, all_varchar = true, header = true, strict_mode = true)"
    if path.suffix != ".csv":
        reader = "read_parquet(?)"
    try:
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM {reader}", [str(path)])
    except duckdb.Error as error:
        kind = "CSV file in UTF-8" if path.suffix == ".csv" else "Parquet file"
        reason = str(error).splitlines()[0]
        raise TableError(f"{path}: not a readable {kind} ({reason}). Write it again.") from None
    return [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]


def _load_units(connection: DuckDBPyConnection, files: _Files) -> list[str]:
    """Load the units that answered, with what was known of them before; returns the columns."""
    there = _read(connection, files.responses, "arrived")
    _refuse_strangers(files, there)
    leaves = [leaf for leaf in files.questionnaire.fields.values() if leaf.value is None and not leaf.roster]
    leaves += [one.nothing for one in files.questionnaire.rosters.values() if one.nothing is not None]
    made = ['CAST("unit_id" AS VARCHAR) AS unit_id', *_typed(leaves, there)]
    which = f"WHERE disposition IN {_JUDGED}" if "disposition" in there else ""
    connection.execute(f"CREATE TEMP TABLE {WAVE} AS SELECT {', '.join(made)} FROM arrived {which}")
    _refuse_twice(connection, files.responses, "unit_id")
    _add_before(connection, files)
    return [row[0] for row in connection.execute(f"DESCRIBE {WAVE}").fetchall()]


def _load_rows(connection: DuckDBPyConnection, files: _Files, roster: str) -> list[str]:
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
    _refuse_twice(connection, path, 'unit_id, "row"', table)
    last = files.roster(roster, files.last)
    if last.exists():
        earlier = _read(connection, last, f"last_{roster}")
        columns = [f'{_value(leaf, "last")} AS "{leaf.name}_last"' for leaf in leaves if leaf.name in earlier]
        _join(connection, table, f"last_{roster}", columns, ("unit_id", '"row"'))
    return [row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()]


def _refuse_strangers(files: _Files, there: list[str]) -> None:
    if "unit_id" not in there:
        raise TableError(f'{files.responses}: the column "unit_id" is missing, so nobody could tell whose answers these'
                         f" are.{did_you_mean('unit_id', there)}")  # fmt: skip
    fields = files.questionnaire.fields
    if not fields.keys() & set(there):
        raise TableError(
            f'{files.responses}: no column is a field of the questionnaire "{files.questionnaire.id}", so no rule can'
            f" be judged.{did_you_mean(there[-1], fields)} Name the columns after the fields (codebook.parquet)."
        )


def _refuse_twice(connection: DuckDBPyConnection, path: Path, key: str, table: str = WAVE) -> None:
    query = f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    found = connection.execute(query).fetchone()
    if found is not None:
        shown = ", row ".join(str(part) for part in found)
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
    """Return the SQL that reads a column as its field's type; NULL where it cannot be, and nothing is rounded."""
    column = f'{table}."{leaf.name}"' if table else f'"{leaf.name}"'
    text = f"NULLIF(CAST({column} AS VARCHAR), '')"
    number = f"TRY_CAST({text} AS DECIMAL(38, 9))"
    if leaf.type == "int":
        return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"
    if leaf.type == "dec":
        return f"CASE WHEN {number} = round({number}, 6) THEN TRY_CAST({number} AS DECIMAL(24, 6)) END"
    if leaf.type == "date":
        return f"TRY_CAST(left({text}, 10) AS DATE)"
    return f"TRY_CAST({text} AS BOOLEAN)" if leaf.type == "bool" else text


# What was known beforehand


def _add_before(connection: DuckDBPyConnection, files: _Files) -> None:
    """Put beside the answers what the sample said of a unit, and what it answered last time."""
    fields = [leaf for leaf in files.questionnaire.fields.values() if not leaf.roster and leaf.value is None]
    last: list[str] = []
    if files.last.exists():
        there = _read(connection, files.last, "last")
        known = [leaf for leaf in fields if leaf.name in there]
        last = [f'{_value(leaf, "last")} AS "{leaf.name}_last"' for leaf in known]
        last += [f'{_value(leaf, "last")} AS "{leaf.name}_prefilled"' for leaf in known
                 if leaf.prefill and leaf.prefill.last_wave]  # fmt: skip
        _join(connection, WAVE, "last", last, ("unit_id",))
    if files.sample.exists():
        _join(connection, WAVE, "sample", list(_of_sample(connection, files, fields)), ("unit_id",))


def _of_sample(connection: DuckDBPyConnection, files: _Files, fields: list[Field]) -> Iterator[str]:
    there = _read(connection, files.sample, "sample")
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


def _today(connection: DuckDBPyConnection) -> datetime.date | None:
    """Return the day of the last submission: what was true on that day is not held against a unit later."""
    columns = [row[0] for row in connection.execute("DESCRIBE arrived").fetchall()]
    if "submitted_at" not in columns:
        return None
    found = connection.execute("SELECT max(TRY_CAST(submitted_at AS DATE)) FROM arrived").fetchone()
    day = found[0] if found else None
    return day if isinstance(day, datetime.date) else None


# Findings


def _findings(connection: DuckDBPyConnection, files: _Files, made: WaveSql) -> DataFrame:
    """Return the table of findings, with whether a respondent confirmed the soft ones."""
    kinds = {rule.id: rule.kind for rule in made.rules}
    rows: DataFrame = connection.execute(f'SELECT * FROM ({made.findings}) ORDER BY unit_id, check_id, "row"').df()
    rows.insert(0, "wave", files.run.wave)
    rows["kind"] = rows["check_id"].map(kinds)
    rows["row"] = rows["row"].astype("Int64").where(rows["row"] > 0)
    confirmed = _confirmed(connection, files)
    soft = rows["severity"] == "soft"
    pairs = list(zip(rows["unit_id"], rows["check_id"], strict=True))
    rows["confirmed"] = [pair in confirmed for pair in pairs]
    rows["confirmed"] = rows["confirmed"].astype("boolean").where(soft)
    return rows[[column.name for column in tables.FINDINGS.columns]]


def _confirmed(connection: DuckDBPyConnection, files: _Files) -> set[tuple[str, str]]:
    there = [row[0] for row in connection.execute("DESCRIBE arrived").fetchall()]
    made = set()
    for check in files.questionnaire.soft_checks:
        column = f"confirmed_{check}"
        if column in there:
            query = f'SELECT CAST(unit_id AS VARCHAR) FROM arrived WHERE TRY_CAST("{column}" AS BOOLEAN)'
            made |= {(str(unit), check) for (unit,) in connection.execute(query).fetchall()}
    return made


def _print(findings: DataFrame, made: WaveSql, count: int) -> None:
    """Print one line a rule, the most frequent first."""
    units = findings["unit_id"].nunique()
    say(
        3, f"{count:,} responses reviewed by {len(made.rules)} rules: {len(findings):,} findings in {units:,} responses"
    )
    if made.left_out:
        say(3, f"not judged, for lack of a column: {', '.join(made.left_out[:10])}"
               f"{f' and {len(made.left_out) - 10} more' if len(made.left_out) > 10 else ''}")  # fmt: skip
    if findings.empty:
        return
    grouped = findings.assign(confirmed=findings["confirmed"].fillna(False)).groupby(["check_id", "severity"])
    counted = grouped.agg(count=("unit_id", "size"), confirmed=("confirmed", "sum")).reset_index()
    counted = counted.sort_values(["count", "check_id"], ascending=[False, True])
    width = max(len("check"), *(len(name) for name in counted["check_id"].head(SHOWN)))
    tell(f"    {'check':<{width}}  severity     count  confirmed")
    for check, severity, number, confirmed in counted.head(SHOWN).values.tolist():
        shown = f"{confirmed:>9,}" if severity == "soft" else ""
        tell(f"    {check:<{width}}  {severity:<8}  {number:>8,}  {shown}".rstrip())
    if len(counted) > SHOWN:
        tell(f"    and {len(counted) - SHOWN} more in findings.parquet")
