"""What standard tools find in an export, and what an edit of it says: the questionnaire that uses everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from forms import source
from forms.loader import load_questionnaire
from forms.xlsform import export_xlsform, import_xlsform
from forms.xlsform.exporting import save_book
from forms.xlsform.sheets import Book, Row, Sheet
from uptake.contract.errors import Fault, StudyError
from uptake.contract.yamlfile import read_yaml

EVERYTHING = Path(__file__).parent / "everything.yaml"
Edit = Callable[[str, Row], Row | None]


def exported(path: Path = EVERYTHING) -> Book:
    faults: list[Fault] = []
    written = read_yaml(path, source.Questionnaire, root=path.parent, faults=faults)
    made = load_questionnaire(path, root=path.parent, faults=faults)
    assert made is not None and written is not None, [str(fault) for fault in faults]
    return export_xlsform(written, made).book


def named(book: Book, name: str) -> Row:
    return next(row for row in book.rows("survey") if row["name"] == name)


def test_a_list_has_dont_know_only_where_it_is_offered() -> None:
    book = exported()
    listed = named(book, "x04")["type"].split()[1]
    assert [row["name"] for row in book.rows("choices") if row["list_name"] == listed] == ["yes", "no", "dont_know"]
    assert [row["name"] for row in book.rows("choices") if row["list_name"] == "yes_no"] == ["yes", "no"]


def test_a_hard_check_cannot_be_passed_and_a_soft_one_can() -> None:
    book = exported()
    hard, soft = named(book, "check_rd_within_staff"), named(book, "check_staff_jump")
    assert (hard["type"], hard["required"], soft["type"], soft["required"]) == ("note", "yes", "note", "")
    assert hard["relevant"] == "not(${x03_rd} = '' or ${x03_staff} = '' or ${x03_rd} <= ${x03_staff})"
    assert soft.ours("soft") == "${x03_staff} <= 2 * ${x03_staff_last}"


def test_limits_and_needs_are_those_of_standard_tools() -> None:
    book = exported()
    assert named(book, "x03_staff")["constraint"] == ". >= 0 and . <= 1000000"
    assert named(book, "x07")["constraint"] == ". >= 0 and . <= 100"
    assert named(book, "x07")["required"] == "not(selected(${x07_dont_know}, 'dont_know'))"
    assert named(book, "x05_staff")["required"] == "${x03_staff} > 10"
    assert named(book, "x09")["constraint"] == ". >= date('2026-01-01') and . <= date('2026-12-31')"
    assert "count-selected(.) <= 2" in named(book, "x13")["constraint"]
    assert named(book, "x13_other_text")["relevant"] == "selected(${x13}, 'other')"
    assert named(book, "x12_band")["required"] == "${x12} = ''"
    assert named(book, "detail")["relevant"] == "${x04} = 'yes'"
    assert named(book, "x03_share")["calculation"] == "100 * ${x03_rd} div ${x03_staff}"


def edited(folder: Path, edit: Edit) -> list[str]:
    """Apply an edit to every row of the export and give the faults of its import."""
    book = exported()
    sheets = {}
    for sheet in book:
        rows = (edit(sheet.name, row) for row in sheet.rows)
        sheets[sheet.name] = Sheet(sheet.name, sheet.headers, tuple(row for row in rows if row is not None))
    save_book(Book("edited.xlsx", sheets), folder / "edited.xlsx")
    faults: list[Fault] = []
    import_xlsform(folder / "edited.xlsx", faults=faults)
    return [str(fault) for fault in faults]


def change(sheet: str, row_name: str, **cells: str) -> Edit:
    def edit(where: str, row: Row) -> Row:
        if where != sheet or (row_name and row["name"] != row_name):
            return row
        return Row(row.book, row.sheet, row.number, {**row.cells, **cells})

    return edit


def drop(sheet: str, name: str, listed: str = "") -> Edit:
    def edit(where: str, row: Row) -> Row | None:
        gone = where == sheet and row["name"] == name and listed in ("", row["list_name"])
        return None if gone else row

    return edit


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (drop("survey", "x11_t2_all"), 'sheet survey: the row "x11_t2_all" of the export is not there any more'),
        (drop("survey", "x07_dont_know"), "could not"),
        (drop("choices", "no", "yes_no_or_dont_know"), 'sheet choices: the row "yes_no_or_dont_know no" of the export'),
        (drop("choices", "110000"), 'sheet choices: the row "provinces 110000" of the export is not there any more'),
        (change("settings", "", form_title="别的"), 'column form_title: here stands "别的"'),
        (
            change("survey", "x11_t1_all", **{"bind::uptake:kind": ""}),
            "a row without bind::uptake:kind cannot stand inside",
        ),
        (
            change("survey", "x10_rd", **{"bind::uptake:kind": ""}),
            "a row without bind::uptake:kind cannot stand inside",
        ),
        (change("survey", "x14_name", **{"bind::uptake:kind": "part"}), 'a row of the kind "part" cannot stand inside'),
        (
            change("survey", "check_cases_counted", **{"bind::uptake:kind": ""}),
            "a row without bind::uptake:kind cannot",
        ),
        (change("survey", "x08", **{"bind::uptake:kind": "cell"}), 'a row of the kind "cell" cannot stand here'),
        (change("survey", "unit", **{"bind::uptake:kind": "part"}), 'a row of the kind "part" cannot stand outside'),
        (change("survey", "x03_staff", constraint=". < 5"), 'column constraint: here stands ". < 5"'),
        (change("survey", "x11_t2_all", **{"label::English (en)": "Else"}), 'here stands "Else"'),
        (change("survey", "x06", **{"bind::uptake:id": "", "name": " "}), "the row has no name"),
        (change("survey", "x06", type="text"), 'column type: here stands "text"'),
    ],
)
def test_edits_that_would_be_lost_are_told(edit: Edit, said: str, tmp_path: Path) -> None:
    faults = edited(tmp_path, edit)
    assert any(said.lower() in fault.lower() for fault in faults), faults
    assert all(fault.startswith("edited.xlsx: ") for fault in faults)


def test_a_page_named_as_a_field_gets_another_name(tmp_path: Path) -> None:
    text = EVERYTHING.read_text(encoding="utf-8").replace("  - id: use\n", "  - id: x04\n")
    path = tmp_path / "everything.yaml"
    path.write_text(text, encoding="utf-8")
    book = exported(path)
    page = next(row for row in book.rows("survey") if row.ours("kind") == "page" and row.ours("id") == "x04")
    assert page["name"] == "x04_2" and named(book, "x04")["type"].startswith("select_one")
    save_book(book, tmp_path / "again.xlsx")
    faults: list[Fault] = []
    again = import_xlsform(tmp_path / "again.xlsx", faults=faults)
    assert again is not None and again.questionnaire.pages[1].id == "x04", [str(fault) for fault in faults]


def test_a_text_that_xlsform_would_read_as_a_reference_is_refused(tmp_path: Path) -> None:
    text = EVERYTHING.read_text(encoding="utf-8").replace("zh: 系数, en: Factor", 'zh: 系数, en: "Factor ${x06}"')
    path = tmp_path / "everything.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r'the text "Factor \$\{x06\}" under pages.questions.text.en has "\$\{" in it'):
        exported(path)


def test_a_text_longer_than_a_cell_is_refused(tmp_path: Path) -> None:
    text = EVERYTHING.read_text(encoding="utf-8").replace("zh: 系数, en: Factor", f'zh: 系数, en: "{"F" * 40_000}"')
    path = tmp_path / "everything.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match="has 40000 characters, and a cell holds 32767"):
        exported(path)
