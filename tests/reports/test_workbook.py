"""tables.xlsx and the CSV files: one table a sheet, words where a cell is suppressed, the same bytes each time."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from reports import write_assessments_csv, write_estimates_csv, write_quality_csv, write_workbook
from reports.brief import Brief, BriefContext, BriefTables
from uptake.contract.tables import ESTIMATES, read_table


@pytest.fixture(scope="module")
def book(
    tmp_path_factory: pytest.TempPathFactory,
    national: BriefTables,
    national_brief: Brief,
    release_context: BriefContext,
) -> Path:
    out = tmp_path_factory.mktemp("book") / "tables.xlsx"
    return write_workbook(national, national_brief, out=out, context=release_context)


def rows(book: Path, sheet: str) -> list[dict[str, object]]:
    page = openpyxl.load_workbook(book)[sheet]
    head, *body = page.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_the_workbook_begins_with_cover_contents_and_notes(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == ["cover", "contents", "notes", "national", "by_province", "by_size", "by_industry",
                                 "assessments", "quality"]  # fmt: skip
    listed = {row["工作表 Sheet"]: row["行数 Rows"] for row in rows(book, "contents")}
    assert listed == {name: opened[name].max_row - 1 for name in opened.sheetnames[3:]}
    assert all(not page.merged_cells.ranges for page in opened)
    assert "示例数据 Illustrative" in [row["项目 Item"] for row in rows(book, "cover")]


def test_every_sheet_has_one_header_row_without_gap(book: Path) -> None:
    for page in openpyxl.load_workbook(book):
        head = [cell.value for cell in page[1]]
        assert all(head), page.title
        assert len(set(head)) == len(head)


def test_suppressed_cells_are_marks_never_zero_and_never_empty(book: Path) -> None:
    found = {row["Domain name"]: row for row in rows(book, "by_province")}
    assert [found["Xizang"][column] for column in ("estimate", "se", "ci_low", "ci_high")] == ["[x]"] * 4
    assert found["Xizang"]["n"] == 24
    closed = next(row for row in rows(book, "by_industry") if row["标记 Mark"] == "[c]")
    assert [closed[column] for column in ("estimate", "ci_high", "n", "n_eff")] == ["[c]"] * 4
    assert {row["标记 Mark"] for row in rows(book, "by_province")} == {None, "[u]", "[x]"}


def test_a_value_that_may_be_shown_is_unrounded(book: Path, national: BriefTables) -> None:
    assert rows(book, "national")[0]["estimate"] == 0.4642
    beijing = next(row for row in rows(book, "by_province") if row["域 Domain"] == "110000")
    kept = national.estimates[national.estimates["domain_key"] == "110000"].iloc[0]
    assert beijing["estimate"] == pytest.approx(kept["estimate"], rel=1e-14)


def test_no_suppressed_number_is_in_any_part_of_the_file(book: Path) -> None:
    with zipfile.ZipFile(book) as parts:
        whole = b"".join(parts.read(name) for name in parts.namelist())
    for secret in (b"0.8765", b"0.9765", b"0.7765"):
        assert secret not in whole


def test_the_same_tables_give_the_same_bytes(
    book: Path, tmp_path: Path, national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    again = write_workbook(national, national_brief, out=tmp_path / "again.xlsx", context=release_context)
    assert again.read_bytes() == book.read_bytes()


def test_a_text_that_looks_like_a_formula_stays_text(
    tmp_path: Path, national: BriefTables, national_brief: Brief, release_context: BriefContext
) -> None:
    labels = national.labels.copy()
    labels.loc[labels["key"] == "PEN-01", "en"] = '=HYPERLINK("http://x")'
    out = write_workbook(
        replace(national, labels=labels), national_brief, out=tmp_path / "x.xlsx", context=release_context
    )
    cell = openpyxl.load_workbook(out)["national"]["C2"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x")', "s")


def test_the_released_csv_still_keeps_the_contract(tmp_path: Path, national: BriefTables) -> None:
    path = write_estimates_csv(national, tmp_path / "estimates.csv")
    plain = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert list(plain.columns) == [column.name for column in ESTIMATES.columns]
    assert len(plain) == len(national.estimates)
    open_rows = plain[plain["disclosure"] == ""]
    open_rows.to_csv(tmp_path / "open.csv", index=False)
    assert len(read_table(tmp_path / "open.csv", ESTIMATES)) == len(plain) - 1


def test_a_suppressed_headline_empties_its_assessment(tmp_path: Path, national: BriefTables) -> None:
    estimates = national.estimates.copy()
    estimates.loc[0, "status"] = "suppress"
    path = write_assessments_csv(replace(national, estimates=estimates), tmp_path / "assessments.csv")
    told = pd.read_csv(path, encoding="utf-8-sig").iloc[0]
    assert told[["estimate", "lower_bound", "upper_bound", "units_lacking", "required_per_year"]].isna().all()
    assert told["target_value"] == 0.7


@pytest.mark.parametrize(("named", "closed"), [("PEN-04", True), ("PEN-04/headline", True), ("PEN-03", False)])
def test_the_end_of_a_range_that_is_a_suppressed_reading_is_empty(
    tmp_path: Path, national: BriefTables, named: str, closed: bool
) -> None:
    estimates = national.estimates.copy()
    estimates.loc[estimates["indicator"] == "PEN-04", "status"] = "suppress"
    assessments = national.assessments.assign(range_low_definition=named)
    tables = replace(national, estimates=estimates, assessments=assessments)
    told = pd.read_csv(write_assessments_csv(tables, tmp_path / "a.csv"), encoding="utf-8-sig")
    assert told["definition_low"].isna().all() == closed
    assert told["estimate"].notna().all()


def test_quality_of_a_confidential_domain_is_empty(tmp_path: Path, national: BriefTables) -> None:
    closed = national.estimates[national.estimates["disclosure"].notna()].iloc[0]
    extra = pd.DataFrame([{"wave": "2026Q4", "item": "n_sample", "domain_by": closed["domain_by"],
                           "domain_key": closed["domain_key"], "value": 2.0}])  # fmt: skip
    tables = replace(national, quality=pd.concat([national.quality, extra], ignore_index=True))
    told = pd.read_csv(write_quality_csv(tables, tmp_path / "q.csv"), encoding="utf-8-sig")
    assert told["value"].isna().tolist() == [False] * len(national.quality) + [True]
