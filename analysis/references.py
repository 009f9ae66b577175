"""Which row of an answer a name, a domain or both stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from analysis.fixedpoint import Floats
from uptake.contract.errors import EstimationError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

Reference: TypeAlias = str | int | float | tuple[str | int | float, ...]  # a name, a domain, or (name, domain)


def rows_named(frame: DataFrame, references: Sequence[object]) -> list[int]:
    """Return the row that each reference stands for: a name, a domain, "name:domain", or a tuple of such parts."""
    labels = _labels(frame)
    return [_row(labels, reference) for reference in references]


def difference_of(frame: DataFrame, first: Reference, second: Reference) -> tuple[str, Floats]:
    """Return the name and the coefficients of the difference of two estimates."""
    one, other = rows_named(frame, [first, second])
    unit = np.eye(len(frame))
    return f"{_text(first)} - {_text(second)}", unit[one] - unit[other]


def _labels(frame: DataFrame) -> list[tuple[str, ...]]:
    """The parts by which each row may be named: name, domain_by, domain_key, the reading of missing answers."""
    parts = ("name", "domain_by", "domain_key", "definition")
    columns = [frame[c].astype(str) if c in frame else [""] * len(frame) for c in parts]
    return list(zip(*columns, strict=True))


def _row(labels: list[tuple[str, ...]], reference: object) -> int:
    if isinstance(reference, tuple):
        wanted = [_text(part) for part in reference]
        found = [i for i, parts in enumerate(labels) if all(w in (*parts, *parts[2].split("*")) for w in wanted)]
        return _only(labels, reference, found)
    text = _text(reference)
    for reading in (
        [i for i, parts in enumerate(labels) if text == parts[0]],
        [i for i, parts in enumerate(labels) if text == parts[2]],
        [i for i, parts in enumerate(labels) if text in (f"{parts[0]}:{parts[2]}", f"{parts[1]}={parts[2]}")],
    ):
        if len(reading) == 1:
            return reading[0]
    return _only(labels, reference, [i for i, parts in enumerate(labels) if text in parts])


def _only(labels: list[tuple[str, ...]], reference: object, found: list[int]) -> int:
    if len(found) == 1:
        return found[0]
    shown = _text(reference)
    if found:
        first = ", ".join(f"({labels[i][0]}, {labels[i][2]})" for i in found[:3])
        raise EstimationError(
            f'"{shown}" stands for {len(found)} of the estimates, such as {first} - name both the estimate and its '
            "domain, as a tuple.",
            code="CONTRAST_AMBIGUOUS",
        )
    known = dict.fromkeys(part for parts in labels for part in (parts[0], parts[2]) if part != "all")
    raise EstimationError(
        f'no estimate is called "{shown}" - name one of {_some(list(known))}.{did_you_mean(shown, known)}',
        code="CONTRAST_UNKNOWN",
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _text(reference: object) -> str:
    if isinstance(reference, tuple):
        return ":".join(_text(part) for part in reference)
    return str(int(reference)) if isinstance(reference, float) and reference.is_integer() else str(reference)
