"""The rules of the questionnaire over a whole wave, or over answers from elsewhere: what is wrong, how often, where."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.console import say, tell
from uptake.contract import tables
from uptake.provenance import inputs_digest
from uptake.review_files import WAVE, Files, count_of, load_rows, load_units
from uptake.stages import Run, require

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pandas import DataFrame

    from forms.batch import WaveSql

SHOWN = 30


def review(run: Run, *, responses: Path | None = None) -> None:
    """Judge every response of a wave by the questionnaire's rules and write the table `findings`.

    responses: a file of answers (CSV or Parquet) instead of the wave's table; the rows of a roster stand beside it in
    files of their own, `NAME_e24.parquet` beside `NAME.parquet`. Findings stop nothing: the command ends well.
    """
    source = responses or require(run, tables.RESPONSES)
    files = Files(run, run.study.questionnaire, source)
    inputs = inputs_digest(files.all(), {"wave": run.wave, "questionnaire": files.questionnaire.sha256})
    if run.up_to_date(3, (tables.FINDINGS,), inputs):
        return
    with _opened() as connection:
        made = _judged(connection, files)
        findings = _findings(connection, files, made)
        count = count_of(connection, f"SELECT count(*) FROM {WAVE}")
    run.write(tables.FINDINGS, findings, inputs)
    _print(findings, made, count)


def _opened() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"enable_external_access": True, "autoinstall_known_extensions": False})


def _judged(connection: DuckDBPyConnection, files: Files) -> WaveSql:
    """Load the files and run the statements of the batch; returns what they were."""
    from forms.batch import wave_sql

    columns = {WAVE: load_units(connection, files)}
    for roster in files.questionnaire.rosters:
        columns[f"{WAVE}_{roster}"] = load_rows(connection, files, roster)
    made = wave_sql(files.questionnaire, "duckdb", table=WAVE, columns=columns, today=_today(connection))
    for statement in made.statements:
        connection.execute(f"CREATE TEMP TABLE {statement.table} AS {statement.query}")
    return made


def _today(connection: DuckDBPyConnection) -> datetime.date | None:
    """Return the day of the last submission: what was true on that day is not held against a unit later."""
    columns = [row[0] for row in connection.execute("DESCRIBE arrived").fetchall()]
    if "submitted_at" not in columns:
        return None
    found = connection.execute("SELECT max(TRY_CAST(submitted_at AS DATE)) FROM arrived").fetchone()
    day = found[0] if found else None
    return day if isinstance(day, datetime.date) else None


# Findings


def _findings(connection: DuckDBPyConnection, files: Files, made: WaveSql) -> DataFrame:
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


def _confirmed(connection: DuckDBPyConnection, files: Files) -> set[tuple[str, str]]:
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
