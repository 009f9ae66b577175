"""The released tables as CSV: the contract's columns in the contract's row order, without what is suppressed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.brief import BriefTables
from reports.tables import HEADLINE, is_confidential, is_suppressed, reading_keys

if TYPE_CHECKING:
    from pandas import DataFrame

# Numbers of an estimates row that tell its value, or let it be worked out, when the cell is suppressed.
TELLING = ("estimate", "se", "ci_low", "ci_high", "df", "n_eff", "deff", "cv", "n_population")
ASSESSED = ("estimate", "lower_bound", "upper_bound", "p_value", "definition_low", "definition_high",
            "units_lacking", "units_lacking_low", "units_lacking_high", "required_per_year")  # fmt: skip


def released_estimates(estimates: DataFrame) -> DataFrame:
    """Return `estimates` with the telling numbers of suppressed rows empty; n goes too where units are protected."""
    records = estimates.to_dict("records")
    hidden = [is_suppressed(dict(record)) for record in records]  # type: ignore[arg-type]
    closed = [is_confidential(dict(record)) for record in records]  # type: ignore[arg-type]
    released = estimates.reset_index(drop=True).copy()
    for column in TELLING:
        if column in released:
            released.loc[hidden, column] = None
    released["n"] = released["n"].astype("Int64")
    released.loc[closed, "n"] = None
    return released


def released_assessments(tables: BriefTables) -> DataFrame:
    """Return `assessments` with the telling numbers empty where the estimate they rest on is suppressed.

    The range over definitions stays only while no reading of the indicator in that domain is suppressed: its ends
    are values of single readings.
    """
    keys = ["indicator", "domain_by", "domain_key"]
    suppressed = [dict(record) for record in tables.estimates.to_dict("records") if is_suppressed(dict(record))]  # type: ignore[arg-type]
    closed = {tuple(str(r[key]) for key in keys) for r in suppressed if r["definition"] == HEADLINE}
    readings = {(str(r["domain_by"]), str(r["domain_key"]), key) for r in suppressed
                for key in reading_keys(str(r["indicator"]), str(r["definition"]))}  # fmt: skip
    released = tables.assessments.reset_index(drop=True).copy()
    records = released.to_dict("records")
    hidden = [tuple(str(record[key]) for key in keys) in closed for record in records]
    ranged = [_range_is_closed(dict(record), readings) for record in records]  # type: ignore[arg-type]
    for columns, rows in ((ASSESSED, hidden), (("definition_low", "definition_high"), ranged)):
        for column in columns:
            if column in released:
                released.loc[rows, column] = None
    return released


def _range_is_closed(record: Mapping[str, Any], readings: set[tuple[str, str, str]]) -> bool:
    """Tell whether an end of the range is the value of a suppressed reading of the same domain."""
    ends = (record.get("range_low_definition"), record.get("range_high_definition"))
    return any((str(record["domain_by"]), str(record["domain_key"]), str(end)) in readings for end in ends)


def released_quality(tables: BriefTables) -> DataFrame:
    """Return `quality` with the values of domains that hold a confidential cell empty."""
    closed = {
        (str(record["domain_by"]), str(record["domain_key"]))
        for record in tables.estimates.to_dict("records")
        if is_confidential(dict(record))  # type: ignore[arg-type]
    }
    released = tables.quality.reset_index(drop=True).copy()
    pairs = zip(released["domain_by"].astype(str), released["domain_key"].astype(str), strict=True)
    released.loc[[pair in closed for pair in pairs], "value"] = None
    return released


def _write(frame: DataFrame, out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    # The byte-order mark makes spreadsheet programs read the Chinese text as UTF-8.
    frame.to_csv(out, index=False, encoding="utf-8-sig", lineterminator="\n")
    return out


def write_estimates_csv(tables: BriefTables, out: Path) -> Path:
    """Write the released `estimates.csv`; row k is row k of the table, suppressed numbers are empty, never 0."""
    return _write(released_estimates(tables.estimates), out)


def write_assessments_csv(tables: BriefTables, out: Path) -> Path:
    """Write the released `assessments.csv`."""
    return _write(released_assessments(tables), out)


def write_quality_csv(tables: BriefTables, out: Path) -> Path:
    """Write the released `quality.csv`."""
    return _write(released_quality(tables), out)
