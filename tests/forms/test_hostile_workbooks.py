"""Workbooks from strangers: read exactly, or refused in words; never a traceback, never unpacked without measure."""

from __future__ import annotations

import datetime
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from forms.packages import Limits
from forms.workbooks import open_workbook
from uptake.contract.errors import InputError

Written = Callable[[xlsxwriter.Workbook], object]


def made(write: Written) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        write(book)
    return stream.getvalue()


def small(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("答复")
    sheet.write_row(0, 0, ["unit_id", "e04"])
    sheet.write_row(1, 0, ["U1", 12])


SMALL = made(small)


def changed(content: bytes, **parts: bytes | str | None) -> bytes:
    """Return a workbook with parts put in, replaced, or taken out; `__` in a name is a slash."""
    given = {name.replace("__", "/").replace("DOT", "."): value for name, value in parts.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in given:
                new.writestr(name, old.read(name))
        for name, value in given.items():
            if value is not None:
                new.writestr(name, value)
    return stream.getvalue()


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def edited(content: bytes, name: str, old: str, new: str) -> bytes:
    text = part(content, name)
    assert old in text
    return changed(content, **{name: text.replace(old, new, 1)})


SHEET = "xl/worksheets/sheet1.xml"
CELL = '<c r="B2"><v>12</v></c>'


def cell(new: str) -> bytes:
    return edited(SMALL, SHEET, CELL, new)


def refusal(content: bytes | Path, limits: Limits | None = None) -> str:
    with pytest.raises(InputError) as caught:
        open_workbook(content, limits) if limits else open_workbook(content)
    zh, en = caught.value.text["zh"], caught.value.text["en"]
    assert str(caught.value) == en and zh != en and "{" not in zh + en and en.endswith(".") and zh.endswith("。")
    return en


def test_values_come_out_as_written() -> None:
    def write(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("one")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": 'yyyy"年"m"月"d"日" hh:mm'})
        hours = book.add_format({"num_format": "[h]:mm"})
        sheet.write_row(0, 0, [12, 12.5, 0.1 + 0.2, "人工智能", True, "1e5", "=1+1", 1e15, -3])
        sheet.write_string(1, 0, "a\u0001b\r\nc")
        sheet.write_string(1, 1, "_x0041_")
        sheet.write_datetime(1, 2, datetime.datetime(2026, 12, 31), day)
        sheet.write_datetime(1, 3, datetime.datetime(2026, 12, 31, 8, 30), moment)
        sheet.write_number(1, 4, 1.5, hours)
        sheet.write_rich_string(1, 5, book.add_format({"bold": True}), "粗", "细")
        sheet.write_url(1, 6, "https://example.org/x", string="https://example.org/x")
        sheet.write_blank(1, 7, None, day)
        sheet.write(9, 1, "far")
        sheet.set_row(9, None, None, {"hidden": True})
        sheet.set_column("D:E", None, None, {"hidden": True})
        sheet.merge_range("A12:B13", "m")
        book.add_worksheet("two").hide()

    # xlsxwriter takes "=1+1" in write_row for a formula, so this book must not
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        write(book)
    read = open_workbook(stream.getvalue())
    one, two = read.sheets
    assert (one.name, one.hidden, two.name, two.hidden) == ("one", False, "two", True)
    assert one.rows[0].values == (12, Decimal("12.5"), Decimal("0.3"), "人工智能", True, "1e5", "=1+1", 10**15, -3)
    assert [type(value) for value in one.rows[0].values[:3]] == [int, Decimal, Decimal]
    second = one.rows[1].values
    assert second[:2] == ("a\u0001b\r\nc", "_x0041_")
    assert second[2:] == (datetime.date(2026, 12, 31), datetime.datetime(2026, 12, 31, 8, 30), Decimal("1.5"), "粗细",
                          "https://example.org/x")  # fmt: skip
    assert [(row.number, row.hidden) for row in one.rows] == [(1, False), (2, False), (10, True), (12, False)]
    assert one.merged == ("A12:B13",) and one.hidden_columns == ("D", "E")
    assert read.sheet("two") is two and read.sheet("three") is None


def test_it_reads_what_openpyxl_writes_too(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["unit_id", 1.25, datetime.date(2026, 1, 2), "中", None, False])
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    path = tmp_path / "表.xlsx"
    book.save(path)
    read = open_workbook(path)
    assert read.epoch_1904
    assert read.sheets[0].rows[0].values == ("unit_id", Decimal("1.25"), datetime.date(2026, 1, 2), "中", None, False)


@pytest.mark.parametrize(
    ("new", "value"),
    [
        ('<c r="B2" t="str"><v>words</v></c>', "words"),
        ('<c r="B2" t="inlineStr"><is><t>在</t><rPh sb="0" eb="1"><t>zai</t></rPh><r><t>线</t></r></is></c>', "在线"),
        ('<c r="B2" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="B2" t="d"><v>2026-12-31</v></c>', datetime.date(2026, 12, 31)),
        ('<c r="B2"><v>1.2E3</v></c>', 1200),
        ('<c r="B2"><v>12.50</v></c>', Decimal("12.5")),
        ('<c r="B2"><v>110108200001013333</v></c>', 110108200001013000),
        ("<c><v>7</v></c>", 7),
        ('<c r="B2" t="b"><v>0</v></c><c r="C2" t="inlineStr"><is><t></t></is></c>', False),
    ],
)
def test_rarer_cells_are_read(new: str, value: object) -> None:
    assert open_workbook(cell(new)).sheets[0].rows[1].values[1] == value


BROKEN_CELLS = [
    '<c r="B2"><v>NaN</v></c>', '<c r="B2"><v>1e999</v></c>', '<c r="B2" t="s"><v>99</v></c>',
    '<c r="B2" t="s"><v>-1</v></c>', '<c r="B2" t="b"><v>2</v></c>', '<c r="B2" t="d"><v>soon</v></c>',
    '<c r="B2" t="new"><v>1</v></c>', '<c r="XFE1"><v>1</v></c>', '<c r="B0"><v>1</v></c>', '<c r="1B"><v>1</v></c>',
    '<c r="B1048577"><v>1</v></c>', f'<c r="B2"><v>{"9" * 5000}</v></c>', '<c r="B2"><v>0x1f</v></c>',
    '<c r="B2" t="s"><v>１</v></c>',
]  # fmt: skip


@pytest.mark.parametrize("new", BROKEN_CELLS)
def test_cells_that_no_program_writes_are_refused(new: str) -> None:
    assert "The workbook is damaged (" in refusal(cell(new))


def test_macros_and_what_can_act_is_refused() -> None:
    assert "contains macros (xl/vbaProject.bin)" in refusal(changed(SMALL, xl__vbaProjectDOTbin=b"x"))
    types = "[Content_Types].xml"
    plain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert "contains macros" in refusal(edited(SMALL, types, plain, macro))
    assert "controls or embedded files" in refusal(changed(SMALL, **{"xl/activeX/activeX1.xml": "<a/>"}))
    assert "controls or embedded files" in refusal(changed(SMALL, **{"xl/embeddings/oleObject1.bin": "x"}))
    assert "links to other files" in refusal(changed(SMALL, **{"xl/externalLinks/externalLink1.xml": "<a/>"}))
    assert "links to other files" in refusal(changed(SMALL, **{"xl/connections.xml": "<a/>"}))


@pytest.mark.parametrize(
    ("name", "said"),
    [("xl/macrosheets/sheet1.xml", "contains macros"), ("xl/dialogsheets/sheet1.xml", "contains macros"),
     ("xl/ctrlProps/ctrlProp1.xml", "controls or embedded files"), ("xl/queryTables/q1.xml", "links to other files"),
     ("xl/webextensions/webextension1.xml", "controls or embedded files")],
)  # fmt: skip
def test_parts_that_can_act_are_known_by_their_names(name: str, said: str) -> None:
    assert said in refusal(changed(SMALL, **{name: "<a/>"}))


def test_the_limits_are_these_and_a_small_part_may_shrink_far() -> None:
    assert Limits() == Limits(size=20_000_000, unpacked=100_000_000, parts=2_000, cells=100_000, ratio=250)
    assert open_workbook(changed(SMALL, **{"xl/media/image1.png": b"\0" * 1_000_000})).sheets[0].rows[1].values[1] == 12
    assert "too large" in refusal(changed(SMALL, **{"xl/media/image1.png": b"\0" * 1_000_001}))


def test_days_in_the_formats_of_chinese_programs_are_days() -> None:
    styles = part(SMALL, "xl/styles.xml")
    for number, value in ((31, datetime.date(2026, 12, 31)), (57, datetime.date(2026, 12, 31)), (14, None), (1, 46387)):
        added = styles.replace("</cellXfs>", f'<xf numFmtId="{number}"/></cellXfs>')
        at = styles.partition("<cellXfs")[2].partition("</cellXfs>")[0].count("<xf ")
        content = changed(cell(f'<c r="B2" s="{at}"><v>46387</v></c>'), **{"xl/styles.xml": added})
        assert open_workbook(content).sheets[0].rows[1].values[1] == (value or datetime.date(2026, 12, 31))


def test_a_workbook_that_pulls_a_part_from_elsewhere_is_refused() -> None:
    rels = "xl/_rels/workbook.xml.rels"
    assert "links to other files or data (file:///etc/passwd)" in refusal(
        edited(SMALL, rels, 'Target="worksheets/sheet1.xml"', 'Target="file:///etc/passwd" TargetMode="External"')
    )
    assert "damaged" in refusal(edited(SMALL, rels, "worksheets/sheet1.xml", "../../../etc/passwd"))


def test_formulas_are_refused_with_their_place() -> None:
    def write(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("数据")
        sheet.write("B3", 4)
        sheet.write_formula("C3", "=B3*2", None, 8)
        sheet.write_formula("C4", '=HYPERLINK("http://x.example/","x")')

    assert refusal(made(write)) == (
        "In the sheet “数据”, C3 is a formula (formulas in all: 2). Its result may change, so the workbook was not"
        " read. Paste the values over the formulas and save it."
    )


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    sheet = part(SMALL, SHEET)
    filler = sheet.replace("</sheetData>", "<row/>" * 4_000_000 + "</sheetData>")
    assert "Unpacked, the workbook would be too large" in refusal(changed(SMALL, **{SHEET: filler}))
    assert "damaged" in refusal(changed(SMALL, **{SHEET: filler}), Limits(ratio=10**6))  # counted while it is read
    quiet = changed(SMALL, **{"xl/media/image1.png": b"\0" * 120_000_000})
    assert "xl/media/image1.png, about 120 MB" in refusal(quiet)


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    content = bytearray(changed(SMALL, **{SHEET: part(SMALL, SHEET) + " " * 50_000}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        real = archive.getinfo(SHEET).file_size
    at = content.rfind(struct.pack("<I", real))
    content[at : at + 4] = struct.pack("<I", 500)
    assert "damaged" in refusal(bytes(content))


def test_entities_and_dtds_are_refused() -> None:
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for trick in (laughs, outside, "<!DOCTYPE a>"):
        for name in (SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "xl/styles.xml"):
            text = part(SMALL, name)
            head, sign, rest = text.partition("?>")
            assert "declarations that are not allowed" in refusal(changed(SMALL, **{name: head + sign + trick + rest}))


def test_utf16_does_not_hide_a_dtd() -> None:
    text = part(SMALL, SHEET).partition("?>")[2]
    hidden = ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a>' + text).encode("utf-16")
    assert "declarations that are not allowed" in refusal(changed(SMALL, **{SHEET: hidden}))


def far_right(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("s")
    for row in range(200):
        sheet.write(row, 16_383, 1)


def test_too_much_is_refused() -> None:
    def wide(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        for row in range(101):
            sheet.write_row(row, 0, range(10))

    content = made(wide)
    assert open_workbook(content, Limits(cells=1010)).sheets[0].rows[100].values[9] == 9
    assert refusal(content, Limits(cells=1009)).startswith("More than 1,009 cells")
    assert refusal(content, Limits(size=1000)).startswith("The file has 1 MB")
    assert "parts, and at most 5 are read" in refusal(content, Limits(parts=5))
    far = "far from everything"
    lonely = made(far_right)
    assert "s”, XFD" in refusal(lonely, Limits(cells=10_000)) and far in refusal(lonely, Limits(cells=10_000))
    deep = part(SMALL, SHEET).replace(CELL, "<x>" * 150 + "</x>" * 150)
    assert "damaged" in refusal(changed(SMALL, **{SHEET: deep}))


def test_small_files_cannot_ask_for_endless_work() -> None:
    columns = "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 20_000 + "</cols><sheetData>"
    hidden = edited(SMALL, SHEET, "<sheetData>", columns)
    assert len(hidden) < 10_000 and "damaged (答复: cols)" in refusal(hidden)
    assert len(open_workbook(edited(SMALL, SHEET, "<sheetData>", columns[:43] + "</cols><sheetData>")).sheets) == 1
    name = "xl/workbook.xml"
    listed = re.findall("<sheet [^>]*/>", part(SMALL, name))[0]
    many = "".join(listed.replace("答复", f"s{number}") for number in range(10_000))
    assert "damaged (s1)" in refusal(edited(SMALL, name, listed, many))


def test_merged_ranges_are_addresses() -> None:
    for ref in ("B2:C4", "A1", "XFD1048576:A1"):
        book = open_workbook(edited(SMALL, SHEET, "</sheetData>", f'</sheetData><mergeCell ref="{ref}"/>'))
        assert book.sheets[0].merged == (ref,)
    for ref in ("", "B2:", ":C4", "B2:C4:D5", "<script>", "XFE1", "B2:C0", "甲1"):
        written = f'<mergeCell ref="{ref.replace("<", "&lt;")}"/>'
        told = refusal(edited(SMALL, SHEET, "</sheetData>", f"</sheetData>{written}"))
        assert f"damaged (答复: {ref})" in told


def test_one_cell_twice_and_parts_of_one_name_are_refused() -> None:
    assert "B2 stands twice" in refusal(cell(CELL + CELL))
    stream = io.BytesIO(SMALL)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, "<worksheet/>")
    assert "improper name" in refusal(stream.getvalue())
    assert "improper name" in refusal(changed(SMALL, **{"xl/../../evil.xml": "<a/>"}))
    assert "improper name" in refusal(changed(SMALL, **{"XL/WORKBOOK.XML": "<a/>"}))


def test_files_of_other_kinds_are_named() -> None:
    assert refusal(b"") == "The file is empty, so there is nothing to read. Save it again and send it again."
    assert "not an Excel workbook (.xlsx)" in refusal(b"a,b\n1,2\n")
    assert "old format (.xls) or has a password" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    for name, kind in (("content.xml", ".ods"), ("word/document.xml", ".docx"), ("xl/workbook.bin", ".xlsb")):
        assert f"This is a {kind} file" in refusal(changed(SMALL, **{name: "x"}))
    assert "not an Excel workbook" in refusal(changed(SMALL, **{"[Content_Types].xml": None}))
    assert "not an Excel workbook" in refusal(changed(SMALL, **{"[Content_Types].xml": "<Types/>"}))
    assert "damaged (xl/styles.xml)" in refusal(changed(SMALL, **{"xl/styles.xml": "<a"}))


def test_encrypted_parts_are_named() -> None:
    content = bytearray(SMALL)
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "is encrypted" in refusal(bytes(content))


@pytest.mark.parametrize("flag", [1 << bit for bit in range(16)])
def test_any_flag_of_a_part_is_obeyed_or_refused(flag: int) -> None:
    for sign, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for found in re.finditer(re.escape(sign), SMALL):
            content = bytearray(SMALL)
            before = int.from_bytes(content[found.start() + offset : found.start() + offset + 2], "little")
            content[found.start() + offset : found.start() + offset + 2] = (before ^ flag).to_bytes(2, "little")
            try:
                assert open_workbook(bytes(content)) == open_workbook(SMALL)
            except InputError as error:
                assert error.text["en"].endswith(".")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.xlsx").startswith("The file “nothing.xlsx” is not there")
    assert "is not there or cannot be opened" in refusal(tmp_path)


def _damaged(rounds: int, seed: int) -> int:
    """Damage bytes at random: read or refused, whatever comes. Returns how many were refused."""
    r, refused = random.Random(seed), 0
    for _ in range(rounds):
        content = bytearray(SMALL)
        for _ in range(r.randrange(1, 12)):
            content[r.randrange(len(content))] = r.randrange(256)
        if r.random() < 0.2:
            del content[r.randrange(len(content)) :]
        try:
            open_workbook(bytes(content))
        except InputError:
            refused += 1
    return refused


def _garbled(rounds: int, seed: int) -> int:
    """Swap pieces of the XML itself, so that the container stays whole."""
    r, refused = random.Random(seed), 0
    names = [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"]
    texts = {name: part(SMALL, name) for name in names}
    pieces = [
        "",
        "<",
        ">",
        "/",
        '"',
        "=",
        "1",
        "-1",
        "x",
        "<v>",
        "</v>",
        "<f>1</f>",
        "人",
        "\u202e",
        "t=",
        " s=",
        "9e9",
    ]
    for _ in range(rounds):
        name = r.choice(names)
        text = texts[name]
        at = r.randrange(len(text))
        try:
            open_workbook(changed(SMALL, **{name: text[:at] + r.choice(pieces) + text[at + r.randrange(4) :]}))
        except InputError:
            refused += 1
    return refused


def test_damage_never_ends_in_a_traceback() -> None:
    assert _damaged(600, 1) > 200
    assert _garbled(400, 2) > 100


@pytest.mark.proof
def test_much_damage_never_ends_in_a_traceback() -> None:
    assert _damaged(30_000, 3) > 10_000
    assert _garbled(20_000, 4) > 5_000
