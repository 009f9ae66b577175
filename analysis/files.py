"""Files of rows seen as one table: a path, several paths, a pattern or a folder of Parquet or CSV files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeGuard

from uptake.contract.errors import TableError, did_you_mean

PARQUET = (".parquet", ".pq")
_WILD = frozenset("*?[")

RESERVED = "up__"


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one table, in the order of their names, all Parquet or all CSV."""

    paths: tuple[Path, ...]
    parquet: bool

    @property
    def table(self) -> str:
        """Return the SQL that reads them all as one table."""
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self.paths)
        several = ", union_by_name=true" if len(self.paths) > 1 else ""
        if self.parquet:
            return f"read_parquet([{names}], hive_partitioning=false{several})"
        # Types are declared: left to itself the reader would turn a column of Yes/No into truth values.
        kinds = "auto_type_candidates=['BIGINT', 'DOUBLE', 'VARCHAR']"
        return f"read_csv([{names}], sample_size=-1, hive_partitioning=false, {kinds}{several})"


def are_paths(data: object) -> TypeGuard[str | Path | Sequence[str | Path]]:
    """Whether data are named by where they lie."""
    if isinstance(data, str | Path):
        return True
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(one, str | Path) for one in data)


def found_files(data: str | Path | Sequence[str | Path]) -> Files:
    """Return the files that a path, several paths, a pattern (`wave1/*.parquet`) or a folder stand for."""
    named = [data] if isinstance(data, str | Path) else list(data)
    paths = sorted(path for one in named for path in _expanded(Path(one)))
    twice = next((a for a, b in pairwise(paths) if a == b), None)
    if twice is not None:
        raise TableError(f"{twice}: the file is named twice - its rows would count twice; name it once.")
    kinds = {path.suffix.lower() in PARQUET for path in paths}
    if len(kinds) > 1:
        odd = next(path for path in paths if path.suffix.lower() not in PARQUET)
        raise TableError(f"{odd}: the other files are Parquet and this one is not - give files of one kind.")
    return Files(tuple(paths), kinds.pop())


def header(path: Path) -> list[str]:
    """Return the column names of a CSV file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except UnicodeDecodeError as fault:
        raise TableError(
            f"{path}: the names of the columns are not written in UTF-8 - the words in it would be read wrongly; save "
            "it as UTF-8 (a spreadsheet calls it CSV UTF-8)."
        ) from fault


def refuse_names(own: Sequence[str], inside: Sequence[str] | None = None) -> None:
    """Refuse column names that stand twice, that the engine keeps for itself, or of which a line has more or fewer.

    own: the names as the data have them; inside: as the engine read them.
    """
    twice = next((name for i, name in enumerate(own) if name in own[:i]), None)
    if twice is not None:
        raise TableError(f'two columns are called "{twice}" - nobody can tell which is meant; rename one of them.')
    kept = next((name for name in own if name.lower().startswith(RESERVED)), None)
    if kept is not None:
        raise TableError(
            f'a column is called "{kept}" - names that begin with "{RESERVED}" are those of the engine\'s own columns; '
            "rename it."
        )
    if inside is not None and len(own) != len(inside):
        raise TableError(
            f"the first line names {len(own)} columns and the rows have {len(inside)} - values would stand under the "
            "wrong names; correct the file."
        )


def refuse_different_columns(columns: dict[Path, list[str]]) -> None:
    """Refuse files whose columns are not the same: a missing one would be read as missing answers."""
    first, names = next(iter(columns.items()))
    twins = [name for name in names if sum(name.lower() == other.lower() for other in names) > 1]
    if twins and len(columns) > 1:
        raise TableError(
            f'{first}: the columns "{twins[0]}" and "{twins[1]}" differ in capital letters only - several files are '
            "put together by names that SQL can tell apart; rename one of them."
        )
    for path, own in columns.items():
        lost = [name for name in names if name not in own]
        more = [name for name in own if name not in names]
        if lost or more:
            lacking, other, column = (path, first, lost[0]) if lost else (first, path, more[0])
            hint = did_you_mean(column, columns[lacking])
            raise TableError(
                f'{lacking}: the column "{column}" is missing, which {other} has - its rows would be read as without '
                f"answer; give files of one form.{hint}"
            )


def _expanded(path: Path) -> list[Path]:
    if path.is_dir():
        inside = [p for p in path.rglob("*") if p.suffix.lower() in PARQUET]
        if not inside:
            raise TableError(f"{path}: the folder holds no Parquet file - name the files, or another folder.")
        return inside
    if path.exists():
        return [path]
    if _WILD & set(str(path)):
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        found = [p for p in anchor.glob(str(path.relative_to(anchor))) if p.is_file()]
        if found:
            return found
        raise TableError(f"{path}: no file is named so - correct the pattern, or name the files.")
    raise TableError(f"{path}: there is no such file - name an existing Parquet or CSV file.")
