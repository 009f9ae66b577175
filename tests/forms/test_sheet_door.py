"""The spreadsheet door: what a group fills in comes back as typed, and every cell that cannot be read is named."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from forms.answer_workbook import CODES, DEFINITION, HELP, answer_workbook
from forms.csvfiles import open_csv
from forms.leaves import Answer, Given
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.packages import Limits
from forms.sheets import ReadSheet, read_workbook
from uptake.contract.errors import Fault, InputError

EVERYTHING = Path(__file__).with_name("everything.yaml")
UNITS = ["U1", "U2", "U3"]
CODE = "91350100M000100Y43"
Book = openpyxl.Workbook


@pytest.fixture(scope="module")
def everything() -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(EVERYTHING, root=EVERYTHING.parent, faults=faults)
    assert made is not None, faults
    return made


def answered(value: object) -> Answer:
    return Answer(value, "answered")  # type: ignore[arg-type]


GIVEN = {
    "U1": Given(prefilled={"x01": answered(CODE), "x02_region": answered("440000"), "x03_staff": answered(7)}),
    "U2": Given(prefilled={"x10_rd": answered("routine"), "x14_name.2": answered("=1+1"), "x14_users.2": answered(5),
                           "x14_cost.2": answered(Decimal("12.50")), "x14_since.2": answered(datetime.date(2026, 1, 2)),
                           "x14_tools.2": answered("model other")}),
    "U3": Given(),
}  # fmt: skip


def filled(questionnaire: Questionnaire, fill: Callable[[Book], object]) -> bytes:
    """Fill the workbook in as a person would, with another program."""
    book = openpyxl.load_workbook(io.BytesIO(answer_workbook(questionnaire, UNITS, GIVEN)))
    fill(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def put(book: Book, name: str, unit: str, value: object) -> None:
    sheet = book["everything"]
    column = next(cell.column for cell in sheet[1] if cell.value == name)
    row = next(cell.row for cell in sheet["A"] if cell.value == unit)
    sheet.cell(row, column).value = value


def read(questionnaire: Questionnaire, content: bytes, lang: str = "en") -> ReadSheet:
    return read_workbook(questionnaire, content, GIVEN, lang=lang)


def known(read: ReadSheet, unit: str) -> dict[str, Answer]:
    return {name: answer for name, answer in read.rows[unit].answers.items() if answer.state != "blank"}


def test_an_untouched_workbook_says_what_was_prefilled(everything: Questionnaire) -> None:
    made = read(everything, answer_workbook(everything, UNITS, GIVEN))
    assert made.errors == () and made.notes == () and list(made.rows) == UNITS
    assert known(made, "U1") == {"x01": answered(CODE), "x02_region": answered("440000")}  # staff is shown, not filled
    assert known(made, "U2") == dict(GIVEN["U2"].prefilled)
    assert known(made, "U3") == {}


def test_the_workbook_is_safe_and_guides(everything: Questionnaire) -> None:
    book = openpyxl.load_workbook(io.BytesIO(answer_workbook(everything, UNITS, GIVEN)))
    assert book.sheetnames == [HELP, "everything", CODES, "x14", DEFINITION]
    assert book[CODES].sheet_state == book[DEFINITION].sheet_state == "veryHidden"
    sheet = book["everything"]
    assert sheet.protection.sheet and sheet["A1"].protection.locked and not sheet["C3"].protection.locked
    assert [cell.value for cell in sheet[1]][:4] == ["unit_id", "x01", "x02_address", "x02_region"]
    assert "统一社会信用代码" in sheet["B2"].value and "Unified social credit code" in sheet["B2"].value
    assert sheet["D3"].value == "440000 广东" and len(sheet.data_validations.dataValidation) >= 4
    help_ = book[HELP]
    assert help_.protection.sheet and help_["A1"].value == "\n".join(everything.title[lang] for lang in ("zh", "en"))
    assert "Write 0 where there is none" in help_["A3"].value and "数字没有请填 0" in help_["A3"].value
    assert (sheet.freeze_panes, book["x14"].freeze_panes) == ("B3", "C3") and book["x14"].protection.sheet
    assert book[DEFINITION]["A1"].value == "questionnaire" and book[DEFINITION]["B1"].value == "everything"
    columns = {cell.value: cell.column_letter for cell in sheet[1]}
    formats = {name: sheet[f"{columns[name]}3"].number_format for name in ("x03_staff", "x05_all", "x07", "x09", "x16")}
    assert formats == {"x03_staff": "General", "x05_all": "General", "x07": "General", "x09": "yyyy-mm-dd", "x16": "@"}
    offered = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    assert set(offered) == {f"{columns[name]}3:{columns[name]}10001" for name, leaf in everything.fields.items()
                            if name in columns and leaf.choices and leaf.kind != "selN" and not leaf.fixed}  # fmt: skip
    place = offered[f"{columns['x04']}3:{columns['x04']}10001"].replace("$", "").partition("!")[2]
    lines = [f"{choice.code} {choice.label['zh']}" for choice in everything.fields["x04"].choices]
    assert [cell.value for (cell,) in book[CODES][place]] == lines
    row = book["x14"]
    assert [row[f"{letter}3"].value for letter in "ABC"] == ["U2", 2, "=1+1"]
    assert [row.cell(3, at).data_type for at in range(1, 9) if row.cell(3, at).value is not None].count("n") == 3
    assert "model other" in [cell.value for cell in row[3]]
    name = book["x14"]["C3"]
    assert (name.value, name.data_type) == ("=1+1", "s")


def test_what_people_write_is_read_as_on_a_page(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        for name, value in {
            "x03_staff": "1.2万", "x03_rd": "不清楚", "x04": "yes 是", "x05_all": "1，200.5", "x05_software": 1000.5,
            "x05_staff": "200", "x07": "33.3%", "x08": 0.1 + 0.2, "x09": datetime.date(2026, 6, 30),
            "x13": "units、records", "x12": 3, "x11_t1_all": "dont_know", "x16": 'a"b\n甲', "x17": "是",
            "x10_rd": "常规", "x02_address": 12,
        }.items():  # fmt: skip
            put(book, name, "U3", value)
        sheet = book["x14"]
        for row, values in enumerate([["U3", None, "甲", "试点"], ["U3", 9, "乙", "routine 常规"]], start=4):
            for column, value in enumerate(values, start=1):
                sheet.cell(row, column).value = value

    made = read(everything, filled(everything, fill))
    assert made.errors == ()
    assert known(made, "U3") == {
        "x03_staff": answered(12000), "x03_rd": Answer(None, "dont_know"), "x04": answered("yes"),
        "x05_all": answered(Decimal("1200.50")), "x05_software": answered(Decimal("1000.50")),
        "x05_staff": answered(Decimal("200.00")), "x07": answered(Decimal("33.3")), "x08": answered(Decimal("0.300")),
        "x09": answered(datetime.date(2026, 6, 30)), "x13": answered("records units"), "x12": answered(3),
        "x11_t1_all": Answer(None, "dont_know"), "x16": answered('a"b\n甲'), "x17": answered(True),
        "x10_rd": answered("routine"), "x02_address": answered("12"), "x14_name.1": answered("甲"),
        "x14_stage.1": answered("pilot"), "x14_name.9": answered("乙"), "x14_stage.9": answered("routine"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x03_staff", "1e5", "“1e5” cannot be read as a number"),
        ("x03_staff", 12.5, "“12.5” is not a whole number"),
        ("x03_staff", True, "“TRUE” cannot be read as a number"),
        ("x03_staff", datetime.date(2026, 1, 1), "“2026-01-01” cannot be read as a number"),
        ("x03_staff", -1, "is below 0"),
        ("x05_staff", "不清楚", "“不清楚” cannot be read as a number"),
        ("x05_all", 1.005, "has too many decimal places"),
        ("x04", "perhaps", "“perhaps” is not one of the choices"),
        ("x13", "nothing units", "cannot be chosen together"),
        ("x13", "records units other", "3"),
        ("x09", "soon", "“soon” is not a date"),
        ("x09", datetime.datetime(2026, 6, 30, 8, 30), "is not a date"),
        ("x17", "maybe", "“maybe” cannot be read here. Write “yes” to confirm"),
        ("x16", 1234567890123456789, "has more than 15 digits"),
        ("x16", "#REF!", "holds the error “#REF!”"),
        ("x16", "a\u202eb", "invisible control character (U+202E)"),
        ("x01", "91110000100000000U", "“91110000100000000U”"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_is_named(everything: Questionnaire, name: str, value: object, message: str) -> None:
    content = filled(everything, lambda book: put(book, name, "U2", value))
    made = read(everything, content)
    assert len(made.errors) == 1, made.errors
    error = made.errors[0]
    assert (error.sheet, error.unit, error.name, error.cell[-1]) == ("everything", "U2", name, "4")
    assert message in error.message and name not in known(made, "U2")
    zh = read(everything, content, "zh").errors[0].message
    assert zh != error.message and zh.endswith("。")


def test_days_may_be_numbers(everything: Questionnaire) -> None:
    for value in (46203, 20260630, "20260630", "2026年6月30日", datetime.datetime(2026, 6, 30)):
        made = read(everything, filled(everything, lambda book, value=value: put(book, "x09", "U1", value)))
        assert made.errors == () and made.rows["U1"].answers["x09"] == answered(datetime.date(2026, 6, 30)), value


def test_findings_are_those_of_a_page(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        put(book, "x03_staff", "U1", 5)
        put(book, "x03_rd", "U1", 9)

    made = read(everything, filled(everything, fill))
    ids = [finding.check_id for finding in made.rows["U1"].findings]
    assert "rd_within_staff" in ids and "required_x04" in ids and "required_x03_staff" not in ids


def test_changed_headers_units_and_rows_are_told(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        sheet = book["everything"]
        sheet["E1"], sheet["F1"], sheet["G1"], sheet["H1"] = "x03_staf", "x03_share", "x04", "x04"
        sheet["A3"], sheet["A4"] = "U9", "U3"
        sheet["B6"] = "orphan"
        cases = book["x14"]
        for row, values in enumerate([["U3", 0], ["U3", 2], ["U3", 2]], start=4):
            cases.cell(row, 1).value, cases.cell(row, 2).value, cases.cell(row, 3).value = *values, "x"
        cases.merge_cells("D8:E9")

    made = read(everything, filled(everything, fill))
    told = {(error.sheet, error.cell): error.message for error in made.errors}
    assert (
        "nothing called “x03_staf”, so this column was not read. Did you mean “x03_staff”?" in told["everything", "E"]
    )
    assert "“x03_share” is computed" in told["everything", "F"]
    assert "stands there twice" in told["everything", "G"] and ("everything", "H") in told
    assert "There is no unit “U9”" in told["everything", "A3"]
    assert "stands in rows 4, 5" in told["everything", "A5"]
    assert "no unit_id" in told["everything", "A6"]
    assert "from 1 to 2000" in told["x14", "B4"] and "Row 2 of the unit “U3”" in told["x14", "B6"]
    assert "The cells D8:E9 are merged" in told["x14", "D8"]
    assert len(told) == len(made.errors) == 10


def test_a_table_on_two_sheets_is_read_from_neither(everything: Questionnaire) -> None:
    def copy(book: Book, name: str) -> None:
        put(book, "x16", "U1", "first")
        book["x14"]["A3"], book["x14"]["B3"], book["x14"]["C3"] = "U1", 1, "first"
        book.copy_worksheet(book[name]).title = f"{name} (2)"
        book[f"{name} (2)"]["C3"] = "stale"

    for name, gone in (("everything", "x16"), ("x14", "x14_name.1")):
        made = read(everything, filled(everything, lambda book, name=name: copy(book, name)))
        assert [(error.sheet, error.cell) for error in made.errors] == [(name, "A1"), (f"{name} (2)", "A1")]
        assert f"The sheet “{name} (2)” holds the same table as another sheet" in made.errors[1].message
        assert gone not in known(made, "U1") and len(known(made, "U1")) > 0


def test_what_is_merged_is_told_and_not_read(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        sheet = book["everything"]
        put(book, "x16", "U1", "for whom?")
        put(book, "x03_staff", "U1", 3)
        column = next(cell.column_letter for cell in sheet[1] if cell.value == "x16")
        sheet.merge_cells(f"{column}3:{column}4")
        sheet.merge_cells("A4:A5")

    made = read(everything, filled(everything, fill))
    assert sorted(error.cell[-1] for error in made.errors) == ["3", "4"]
    assert "x16" not in made.rows["U1"].answers and set(known(made, "U2")) == {
        name for name in GIVEN["U2"].prefilled if name.startswith("x14")
    }
    assert made.rows["U1"].answers["x03_staff"] == answered(3)


def table(questionnaire: Questionnaire, text: str) -> tuple[dict[str, Answer], list[tuple[str, str]]]:
    """Read a CSV about the unit U3; returns what is not blank, and the errors by cell."""
    made = read(questionnaire, text.encode())
    answers = known(made, "U3") if "U3" in made.rows else {}
    return answers, [(error.cell, error.message) for error in made.errors]


def test_rows_of_a_roster_have_their_numbers_or_the_next(everything: Questionnaire) -> None:
    answers, errors = table(everything, "unit_id,x14_name\nU3,a\nU3,b\nU3,c\nU1,d\n")
    assert list(answers) == ["x14_name.1", "x14_name.2", "x14_name.3"] and errors == []
    answers, errors = table(everything, "unit_id, row ,x14_name\nU3,7,a\nU3,,b\nU3,3,c\nU3,,d\n")
    assert {name: answer.value for name, answer in answers.items()} == {
        "x14_name.7": "a", "x14_name.8": "b", "x14_name.3": "c", "x14_name.9": "d",
    } and errors == []  # fmt: skip
    for wrong in ("0", "-1", "2001", "1.5", "１", "x", "0000000015", "99999999999999"):
        answers, errors = table(everything, f"unit_id,row,x14_name\nU3,{wrong},a\n")
        assert answers == {} and [cell for cell, _ in errors] == ["B2"], wrong
        assert f"“{wrong}” must be a whole number from 1 to 2000" in errors[0][1]
    answers, errors = table(everything, "unit_id,row,x14_name\nU3,2000,a\nU3,,b\n")
    assert list(answers) == ["x14_name.2000"]
    assert errors == [("B3", "The unit “U3” has more than 2000 rows; this one was not read. Give fewer.")]


def test_a_row_number_is_no_item_of_the_units(everything: Questionnaire) -> None:
    answers, errors = table(everything, "unit_id,row,x16\nU3,1,a\n")
    assert list(answers) == ["x16"] and errors[0][0] == "B" and "nothing called “row”" in errors[0][1]


def test_many_strangers_are_told_in_good_time(everything: Questionnaire) -> None:
    units = {f"UNIT-{number}": Given() for number in range(300)}
    text = "unit_id,x16\n" + "".join(f"UNIT-{number},a\n" for number in range(3_000, 5_000))
    made = read_workbook(everything, text.encode(), units, lang="en")
    assert len(made.errors) == 2_000 and sum("Did you mean" in error.message for error in made.errors) == 100
    made = read_workbook(everything, b'unit_id,x16\n"U""1x",a\n', {'U"1': Given()}, lang="en")
    assert '“U"1x”, so this row was not read. Did you mean “U"1”?' in made.errors[0].message
    columns = ",".join(f"x03_stafff{number}" for number in range(16_000))
    assert len(read(everything, f"unit_id,{columns}\nU3,a\n".encode()).errors) == 16_000


def test_ticks_errors_and_don_t_know_in_their_many_spellings(everything: Questionnaire) -> None:
    for text in ("TRUE", "true", "1", "yes", "Yes", "是", "我确认", "✓", "√", "x", "X", "yes 是", " 是 "):
        assert table(everything, f"unit_id,x17\nU3,{text}\n") == ({"x17": answered(True)}, [])
    for text in ("FALSE", "0", "no", "NO", "否", "  "):
        assert table(everything, f"unit_id,x17\nU3,{text}\n") == ({}, [])
    for text in ("不清楚", "dont_know", "DONT_KNOW", "Don't know", "don’t know", "dont_know 不清楚", " 不清楚 "):
        assert table(everything, f"unit_id,x03_rd\nU3,{text}\n") == ({"x03_rd": Answer(None, "dont_know")}, []), text
    for text in ("#REF!", " #N/A ", "#DIV/0!"):
        (error,) = table(everything, f"unit_id,x16\nU3,{text}\n")[1]
        assert f"holds the error “{text.strip()}”" in error[1]
    assert table(everything, "unit_id,x16\nU3,#hash\n")[1] == []


def test_a_bare_number_in_a_cell_without_a_format_is_a_day_too(everything: Questionnaire) -> None:
    def fill(book: Book, value: object, epoch: datetime.datetime) -> None:
        put(book, "x09", "U1", value)
        book.epoch = epoch
        for cell in book["everything"][3]:
            cell.number_format = "General"

    epochs = openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH
    for value, epoch in ((46203, 0), (46203 - 1462, 1), (20260630, 0), (20260630, 1), ("2026-06-30", 1)):
        content = filled(everything, lambda book, v=value, e=epoch: fill(book, v, epochs[e]))
        assert read(everything, content).rows["U1"].answers["x09"] == answered(datetime.date(2026, 6, 30)), value
    for value in (46203.5, 0, 10**9):
        (error,) = read(everything, filled(everything, lambda book, v=value: fill(book, v, epochs[0]))).errors
        assert error.name == "x09" and "“" in error.message, value


def test_a_number_of_many_digits_is_too_large_and_nothing_was_lost(everything: Questionnaire) -> None:
    made = read(everything, filled(everything, lambda book: put(book, "x03_staff", "U1", 10**17)))
    assert "above 1,000,000" in made.errors[0].message and len(made.errors) == 1


def test_days_count_from_1904_where_the_workbook_says_so(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        book.epoch = openpyxl.utils.datetime.MAC_EPOCH
        put(book, "x09", "U1", 46203 - 1462)

    made = read(everything, filled(everything, fill))
    assert made.errors == () and made.rows["U1"].answers["x09"] == answered(datetime.date(2026, 6, 30))


def test_a_csv_file_has_its_limits_and_its_rows_their_numbers() -> None:
    content = b"unit_id\nU1\nU2\n"
    for fits in (Limits(size=len(content)), Limits(cells=3)):
        assert len(open_csv(content, fits)[0].rows) == 3
    for less in (Limits(size=len(content) - 1), Limits(cells=2)):
        with pytest.raises(InputError):
            open_csv(content, less)
    for encoding, name in (("utf-8", "utf-8"), ("utf-16", "utf-16"), ("gb18030", "gb18030")):
        sheet, told = open_csv("unit_id,中\n\n , \nU1,\u3000\n".encode(encoding), Limits())
        assert (told, sheet.name) == (name, "CSV")
        assert [(row.number, row.values) for row in sheet.rows] == [(1, ("unit_id", "中")), (4, ("U1", None))]


def test_hidden_rows_are_read_and_told(everything: Questionnaire) -> None:
    def fill(book: Book) -> None:
        put(book, "x16", "U2", "hidden")
        for row in (4, 5):
            book["everything"].row_dimensions[row].hidden = True
        book["everything"].column_dimensions["B"].hidden = True
        book["x14"].sheet_state = "hidden"
        book.create_sheet("mine")["B2"] = "notes"

    made = read(everything, filled(everything, fill))
    assert made.rows["U2"].answers["x16"] == answered("hidden")
    assert made.notes == (
        "In the sheet “everything”, rows 4, 5 are hidden; they were read too.",
        "In the sheet “everything”, columns B are hidden; they were read too.",
        "The sheet “x14” is hidden; it was read too.",
        "The sheet “mine” has no unit_id column and was not read.",
    )


def refused(questionnaire: Questionnaire, content: bytes | Path) -> str:
    with pytest.raises(InputError) as caught:
        read_workbook(questionnaire, content)
    assert caught.value.text["zh"].endswith("。")
    return str(caught.value)


def test_another_definition_and_none_are_refused(everything: Questionnaire, tmp_path: Path) -> None:
    def older(book: Book) -> None:
        book[DEFINITION]["B2"] = "0" * 64

    assert "made from another version of the questionnaire (000000000000, now" in refused(
        everything, filled(everything, older)
    )
    assert "not made by the system" in refused(
        everything, filled(everything, lambda book: book.remove(book[DEFINITION]))
    )
    assert "is not there" in refused(everything, tmp_path / "none.xlsx")
    assert "is a formula" in refused(everything, filled(everything, lambda book: put(book, "x03_staff", "U1", "=1+1")))


CSV = 'unit_id,x03_staff,x04,x16\nU1,"1,200",是,"=1+1"\nU2,不清楚,,"a\nb"\n'


def test_csv_in_the_encodings_of_china(everything: Questionnaire) -> None:
    for encoding, notes in (("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 0), ("gb18030", 1)):
        made = read(everything, CSV.encode(encoding))
        assert len(made.notes) == notes, encoding
        added = {"x03_staff": answered(1200), "x04": answered("yes"), "x16": answered("=1+1")}
        assert known(made, "U1") == {"x01": answered(CODE)} | added
        assert known(made, "U2") == {"x16": answered("a\nb")}
        assert [(error.cell, error.name) for error in made.errors] == [("B3", "x03_staff")]
    assert known(read(everything, CSV.replace(",", ";").replace('"1;200"', "1200").encode()), "U1")["x16"]
    roster = read(everything, "unit_id\trow\tx14_name\nU3\t\t甲\nU3\t\t乙\n".encode())
    assert set(known(roster, "U3")) == {"x14_name.1", "x14_name.2"}


def test_words_that_are_utf_8_by_chance_are_read_as_chinese(everything: Questionnaire) -> None:
    content = "unit_id,x16\nU3,迁址\n".encode("gb18030")
    assert content.decode() == "unit_id,x16\nU3,Ǩַ\n"
    made = read(everything, content)
    assert known(made, "U3") == {"x16": answered("迁址")} and len(made.notes) == 1
    for text, encoding in (
        ("café", "utf-8"),
        ("Ǩַ 迁址", "utf-8"),
        ("±5", "utf-8"),
        ("Ǩַ", "utf-8-sig"),
        ("é", "utf-8-sig"),
    ):
        made = read(everything, f"unit_id,x16\nU3,{text}\n".encode(encoding))
        assert known(made, "U3") == {"x16": answered(text)} and made.notes == ()


def test_bad_csv_is_refused_in_words(everything: Questionnaire, tmp_path: Path) -> None:
    assert "neither in UTF-8 nor in GB18030 (byte 9)" in refused(everything, b"unit_id,\xff\xff\xff\n")
    assert "No header was found" in refused(everything, "名称,人数\n甲,3\n".encode())
    assert "faulty in line" in refused(everything, b'unit_id,x16\nU1,"open\n')
    assert "faulty in line" in refused(everything, b"unit_id,x16\nU1," + b"a" * 140_000)
    assert "is empty" in refused(everything, b" \n")
    assert "More than 100,000 cells" in refused(everything, b"unit_id\n" + b"U\n" * 100_001)
    assert "at most 20 MB" in refused(everything, b"x" * 20_000_001)
    path = tmp_path / "answers.csv"
    path.write_text(CSV, encoding="utf-8")
    assert set(read_workbook(everything, path).rows) == {"U1", "U2"}
