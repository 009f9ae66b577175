"""Read data that others collected: a CSV or Parquet file of units with their weights, under its own column names."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from uptake.contract.errors import TableError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# What survey files write for "no value"; anything else stays what it is.
MISSING = ("", "NA")


def read_own_data(path: Path) -> DataFrame:
    """Read a CSV (plain or .gz) or Parquet file; a CSV column becomes numbers only if every value is written as one.

    Codes with leading zeros (`0110`) and words such as TRUE stay text, so that indicators can name them as they are.
    Raises TableError for a file that cannot be read, has no rows, or names a column twice.
    """
    if not path.exists():
        raise TableError(f"{path}: the file is missing, so nothing can be estimated. Check --responses and --weights.")
    data = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    if data.empty:
        raise TableError(f"{path}: the file has no rows, so nothing can be estimated. Give the file with the answers.")
    return data


def _read_parquet(path: Path) -> DataFrame:
    import pandas as pd
    import pyarrow as pa

    try:
        return pd.read_parquet(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{path}: not a readable Parquet file ({reason}). Write it again, or give a CSV.") from error


def _read_csv(path: Path) -> DataFrame:
    import pandas as pd

    try:
        _check_header(path)
        text = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=list(MISSING))
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path}: the file is not in UTF-8 (it holds the byte 0x{error.object[error.start]:02x}); Excel in China"
            " saves CSV in GB18030. Save it as UTF-8 CSV or Parquet."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError, csv.Error) as error:
        reason = str(error).splitlines()[0]
        raise TableError(
            f"{path}: not a readable UTF-8 CSV file ({reason}). Save it as UTF-8 CSV or Parquet."
        ) from error
    if not isinstance(text.index, pd.RangeIndex):
        raise TableError(
            f"{path}: the rows have more values than the header has names, so values would stand under a wrong name."
            " Name every column in the first line."
        )
    return pd.DataFrame({name: _numbers_where_written(text[name]) for name in text.columns})


def _check_header(path: Path) -> None:
    """Refuse a column that is named twice: the reader would call the second one by another name."""
    with _opened(path) as file:
        names = next(csv.reader(file), [])
    repeated = [name for i, name in enumerate(names) if name in names[:i]]
    if repeated:
        raise TableError(
            f'{path}: the column "{repeated[0]}" stands twice in the first line, so nobody could tell which one is'
            " meant. Rename or delete one of them."
        )


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")


def _numbers_where_written(values: Series) -> Series:
    import pandas as pd

    known = values.dropna()
    if known.empty or known.str.match(r"-?0\d").any():
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return values if numbers.isna().sum() > values.isna().sum() else numbers
