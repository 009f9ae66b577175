"""Read data that others collected: a CSV or Parquet file of units with their weights, under its own column names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from uptake.contract.errors import TableError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# What survey files write for "no value"; anything else stays what it is.
MISSING = ("", "NA")


def read_own_data(path: Path) -> DataFrame:
    """Read a CSV (plain or .gz) or Parquet file; a CSV column becomes numbers only if every value is written as one.

    Codes with leading zeros (`0110`) and words such as TRUE stay text, so that indicators can name them as they are.
    Raises TableError for a file that cannot be read.
    """
    import pandas as pd

    if not path.exists():
        raise TableError(f"{path}: the file is missing, so nothing can be estimated. Check --responses and --weights.")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=list(MISSING))
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise TableError(
            f"{path}: not a readable UTF-8 CSV file ({reason}). Save it as UTF-8 CSV or Parquet."
        ) from error
    return pd.DataFrame({name: _numbers_where_written(text[name]) for name in text.columns})


def _numbers_where_written(values: Series) -> Series:
    import pandas as pd

    known = values.dropna()
    if known.empty or known.str.match(r"-?0\d").any():
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return values if numbers.isna().sum() > values.isna().sum() else numbers
