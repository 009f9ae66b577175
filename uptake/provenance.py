"""What a result was made from: a digest of its inputs and one of the program, kept with each output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from uptake.contract.errors import ConflictError
from uptake.contract.tables import read_metadata

if TYPE_CHECKING:
    from pandas import DataFrame

INPUTS, PROGRAM = "inputs", "program"
_HOME = Path(__file__).resolve().parents[1]
_PACKAGES = ("forms", "collector", "analysis", "reports", "uptake")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@cache
def program_digest() -> str:
    """Return one digest of the program's own code, templates and styles: a result names the code that made it."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((_HOME / package).rglob("*")):
            if path.suffix in {".py", ".html", ".css", ".yaml", ".lark"}:
                digest.update(f"{path.relative_to(_HOME).as_posix()} {file_digest(path)}\n".encode())
    return digest.hexdigest()


def inputs_digest(files: Iterable[Path], facts: Mapping[str, str] | None = None) -> str:
    """Return one digest of files (names and bytes) and of facts such as the wave."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.name} {file_digest(path)}\n".encode())
    for name, value in sorted((facts or {}).items()):
        digest.update(f"{name}={value}\n".encode())
    return digest.hexdigest()


def frame_digest(frame: DataFrame) -> str:
    """Return a digest of a table's columns and values, whatever file it will stand in."""
    import pandas as pd

    digest = hashlib.sha256("|".join(str(name) for name in frame.columns).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def origin(inputs: str) -> dict[str, str]:
    """Return the facts that an output keeps about where it came from."""
    return {INPUTS: inputs, PROGRAM: program_digest()}


def made_before(outputs: Iterable[Path], inputs: str, *, replace: bool) -> bool:
    """Say whether all outputs stand already, made from these inputs by this program.

    Raises ConflictError where they stand but were made otherwise and `replace` was not given.
    """
    paths = list(outputs)
    standing = [path for path in paths if path.exists()]
    if len(standing) == len(paths) and all(_same_origin(path, inputs) for path in paths):
        return True
    if standing and not replace:
        cause = "by another version of the program" if _same_inputs(standing[0], inputs) else "from other inputs"
        raise ConflictError(
            f"{standing[0]} was made {cause}; running the stage again would overwrite it."
            " Give --replace to do so, or keep it and use another wave."
        )
    return False


def _same_inputs(path: Path, inputs: str) -> bool:
    return read_metadata(path).get(INPUTS) == inputs


def _same_origin(path: Path, inputs: str) -> bool:
    return origin(inputs).items() <= read_metadata(path).items()
