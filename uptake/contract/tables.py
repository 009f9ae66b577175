"""The tables between the stages: one contract each, one reader that refuses a table that breaks it, one writer.

In memory a table is a pandas DataFrame; on disk it is Parquet (CSV is accepted). docs/tables.md describes every column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uptake.contract.columns import (
    ASSESSMENTS,
    CODEBOOK,
    ESTIMATES,
    ESTIMATES_VCOV,
    FINDINGS,
    FRAME,
    LABELS,
    QUALITY,
    RESPONSES,
    ROSTER_RESPONSES,
    SAMPLE,
    TABLES,
    WEIGHTS,
    Column,
    TableContract,
)
from uptake.contract.errors import TableError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

__all__ = [
    "ASSESSMENTS",
    "CODEBOOK",
    "ESTIMATES",
    "ESTIMATES_VCOV",
    "FINDINGS",
    "FRAME",
    "LABELS",
    "QUALITY",
    "RESPONSES",
    "ROSTER_RESPONSES",
    "SAMPLE",
    "TABLES",
    "WEIGHTS",
    "Column",
    "TableContract",
    "check_table",
    "read_metadata",
    "read_table",
    "roster_contract",
    "write_table",
]

_DTYPES: dict[str, str] = {"text": "str", "int": "Int64", "float": "float64", "bool": "boolean",
                           "timestamp": "datetime64[us, UTC]"}  # fmt: skip
_WORDS = {"text": "text", "int": "whole numbers", "float": "numbers", "bool": "true or false", "timestamp": "times"}
_TRUTH: dict[object, bool] = {"true": True, "false": False, "1": True, "0": False}
_METADATA_KEY = b"uptake"


@dataclass(frozen=True, slots=True)
class _Source:
    """The table being checked and what it is called in a message."""

    contract: TableContract
    where: str

    def refuse(self, message: str) -> TableError:
        return TableError(f"{self.where}: {message} (table `{self.contract.name}`, docs/tables.md)")


def read_table(path: Path, contract: TableContract) -> DataFrame:
    """Read a Parquet or CSV file as a table and refuse it in words where it breaks the contract.

    Raises TableError naming the file, the column and the first offending rows.
    """
    source = _Source(contract, path.name)
    if not path.exists():
        raise source.refuse(f"the file {path} is missing. Run the stage that writes it ({contract.writer})")
    if path.suffix == ".csv":
        return _coerced(_read_csv(path, source), source)
    return _coerced(_read_parquet(path, source), source)


def _read_csv(path: Path, source: _Source) -> DataFrame:
    import pandas as pd

    try:
        # Text first: a sniffer would make 0110 a number and "no" a boolean; the contract decides the types.
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise source.refuse(f"not a readable UTF-8 CSV file ({_first(error)}). Save it as UTF-8 CSV") from error


def _read_parquet(path: Path, source: _Source) -> DataFrame:
    import pandas as pd
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise source.refuse(f"not a readable Parquet file ({str(error).splitlines()[0]}). Write it again") from error


def roster_contract(roster: str) -> TableContract:
    """Return the contract of the long table of one roster, such as `responses_e24`."""
    return replace(ROSTER_RESPONSES, name=f"responses_{roster}")


def check_table(frame: DataFrame, contract: TableContract, *, where: str = "") -> DataFrame:
    """Return `frame` with the contract's types and column order; raise TableError where it breaks the contract."""
    return _coerced(frame, _Source(contract, where or contract.name))


def _coerced(frame: DataFrame, source: _Source) -> DataFrame:
    names = [column.name for column in source.contract.columns]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        near = did_you_mean(missing[0], [str(name) for name in frame.columns])
        raise source.refuse(f'the column "{missing[0]}" is missing.{near}')
    extra = [str(name) for name in frame.columns if name not in names]
    if extra and not source.contract.open:
        raise source.refuse(
            f'the column "{extra[0]}" is not part of the table.{did_you_mean(extra[0], names)} Remove it'
        )
    typed = {column.name: _column(frame[column.name], column, source) for column in source.contract.columns}
    return frame.assign(**typed)[[*names, *extra]]


def _column(values: Series, column: Column, source: _Source) -> Series:
    try:
        typed = _typed(values, column)
    except (ValueError, TypeError) as error:
        raise source.refuse(f'the column "{column.name}" must hold {_WORDS[column.type]}: {_first(error)}') from error
    if not column.nullable and typed.isna().any():
        row = int(typed.isna().to_numpy().argmax()) + 1
        raise source.refuse(f'the column "{column.name}" is empty in row {row} and must not be. Fill it')
    if column.codes:
        unknown = typed[typed.notna() & ~typed.isin(column.codes)]
        if len(unknown):
            word = str(unknown.iloc[0])
            raise source.refuse(f'the column "{column.name}" holds "{word}", which is not one of '
                                f"{', '.join(column.codes)}.{did_you_mean(word, column.codes)}")  # fmt: skip
    return typed


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]


def _typed(values: Series, column: Column) -> Series:
    import pandas as pd

    if column.type == "timestamp":
        return pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
    if column.type == "bool" and not pd.api.types.is_bool_dtype(values):
        words = values.astype("str").str.lower().map(_TRUTH)
        return _without_loss(words, values).astype("boolean")
    if column.type in ("int", "float") and values.dtype.kind not in "iufb":
        values = _without_loss(pd.to_numeric(values, errors="coerce"), values)
    dtype: Any = _DTYPES[column.type]
    return values.astype(dtype)


def _without_loss(made: Series, given: Series) -> Series:
    lost = made.isna() & given.notna()
    if lost.any():
        row = int(lost.to_numpy().argmax())
        raise ValueError(f'row {row + 1} holds "{given.iloc[row]}"')
    return made


def write_table(
    frame: DataFrame, path: Path, contract: TableContract, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a table (Parquet, or CSV by suffix) after checking it; the file appears whole or not at all.

    metadata: facts that travel with a Parquet table, such as the digest of its inputs or the scale of its weights.
    """
    checked = check_table(frame, contract, where=path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    if path.suffix == ".csv":
        checked.to_csv(unfinished, index=False, lineterminator="\n")
    else:
        _write_parquet(checked, unfinished, dict(metadata or {}))
    unfinished.replace(path)


def _write_parquet(frame: DataFrame, path: Path, metadata: dict[str, str]) -> None:
    import msgspec
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False)
    facts = {**(table.schema.metadata or {}), _METADATA_KEY: msgspec.json.encode(metadata, order="sorted")}
    # Snappy, not zstd: the grouped pass reads it twice as fast for a few percent more bytes.
    pq.write_table(table.replace_schema_metadata(facts), path, compression="snappy")


def read_metadata(path: Path) -> dict[str, str]:
    """Return the facts stored with a Parquet table, or an empty mapping."""
    import msgspec
    import pyarrow.parquet as pq

    if path.suffix != ".parquet" or not path.exists():
        return {}
    stored = (pq.read_schema(path).metadata or {}).get(_METADATA_KEY, b"{}")
    return msgspec.json.decode(stored, type=dict[str, str])
