"""Workbooks from strangers: refused in a sentence or carried sign by sign; never a traceback, never run or followed."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from forms import source
from forms.loader import load_questionnaire
from forms.render import render_page
from forms.xlsform import export_xlsform, import_xlsform
from forms.xlsform.refused import COLUMNS, TYPES
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

from .xlsform_tables import save, tables

FOLDER = Path(__file__).parent / "xlsforms"
HEADERS = ("type", "name", "label::中文 (zh)", "label::English (en)")
FORM = "| survey | type | name | label::中文 (zh) | label::English (en) |\n| | text | a | 甲 | A |"


def faults_of(path: Path) -> list[str]:
    faults: list[Fault] = []
    assert import_xlsform(path, faults=faults) is None
    return [str(fault) for fault in faults]


def workbook(**sheets: list[tuple[object, ...]]) -> Any:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    return made


def saved(made: Any, folder: Path) -> Path:
    made.save(folder / "form.xlsx")
    return folder / "form.xlsx"


def repacked(path: Path, **parts: bytes) -> Path:
    """Put further parts into a workbook's container, or others in the place of its own."""
    names = {name.replace("__", "/"): content for name, content in parts.items()}
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in (kept | names).items():
            new.writestr(name, content)
    return path


def plain(folder: Path) -> Path:
    return save(tables(FORM), folder / "form.xlsx")


def test_macros_are_refused_by_name_and_by_content(tmp_path: Path) -> None:
    path = plain(tmp_path)
    (tmp_path / "form.xlsm").write_bytes(path.read_bytes())
    assert "only .xlsx is read" in faults_of(tmp_path / "form.xlsm")[0]
    assert "contains macros" in faults_of(repacked(path, **{"xl__vbaProject.bin": b"x"}))[0]


@pytest.mark.parametrize("ending", [".xls", ".csv", ".ods", ".txt", ""])
def test_other_endings_are_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"form{ending}"
    path.write_bytes(plain(tmp_path).read_bytes())
    assert "only .xlsx is read" in faults_of(path)[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"type,name,label\ntext,a,A\n",
        "类型,名称\ntext,甲\n".encode("gb18030"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest",
        b"PK\x03\x04 broken",
        b"\0" * 1000,
        b"<html><script>alert(1)</script></html>",
    ],
)
def test_files_that_only_look_like_workbooks_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    (said,) = faults_of(path)
    assert said.startswith("form.xlsx: ") and said.endswith(".")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "is not there or cannot be opened" in faults_of(tmp_path / "none.xlsx")[0]


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").mkdir()
    assert faults_of(tmp_path / "form.xlsx")


def test_formulas_are_refused(tmp_path: Path) -> None:
    made = workbook(survey=[HEADERS, ("text", "a", "甲", '=HYPERLINK("http://x","A")')])
    assert "D2 is a formula" in faults_of(saved(made, tmp_path))[0]


def test_external_links_are_refused(tmp_path: Path) -> None:
    assert (
        "links to other files"
        in faults_of(repacked(plain(tmp_path), **{"xl__externalLinks__externalLink1.xml": b"<x/>"}))[0]
    )


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    assert "too large" in faults_of(repacked(plain(tmp_path), **{"xl__media__x.bin": b"\0" * 60_000_000}))[0]


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    path = repacked(plain(tmp_path), **{"xl__worksheets__sheet1.xml": bomb})
    assert "declarations that are not allowed" in faults_of(path)[0]


def test_many_cells_are_refused(tmp_path: Path) -> None:
    rows = [HEADERS, *((f"note {at}", "b", "c", "d") for at in range(26_000))]
    made = Workbook(write_only=True)
    page = made.create_sheet("survey")
    for row in rows:
        page.append(row)
    assert "More than 100,000 cells" in faults_of(saved(made, tmp_path))[0]


def test_hidden_sheets_rows_and_columns_are_refused(tmp_path: Path) -> None:
    for hide in ("sheet", "row", "column"):
        made = workbook(survey=[HEADERS, ("text", "a", "甲", "A")], notes=[("x",)])
        page = made["survey"]
        if hide == "sheet":
            page.sheet_state = "veryHidden"
        elif hide == "row":
            page.row_dimensions[2].hidden = True
        else:
            page.column_dimensions["D"].hidden = True
        assert "form.xlsx: sheet survey: it has hidden parts" in faults_of(saved(made, tmp_path))[0], hide


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    made = workbook(survey=[HEADERS, ("text", "a", "甲", "A")])
    made["survey"].merge_cells("C2:C3")
    assert "the cells C2:C3 are merged" in faults_of(saved(made, tmp_path))[0]


def test_two_columns_with_one_header_are_refused(tmp_path: Path) -> None:
    made = workbook(survey=[(*HEADERS, "Label::English (en)"), ("text", "a", "甲", "A", "B")])
    assert "the columns D and E have the same header" in faults_of(saved(made, tmp_path))[0]


def test_two_sheets_with_one_name_are_refused(tmp_path: Path) -> None:
    made = workbook(survey=[HEADERS, ("text", "a", "甲", "A")], Survey_=[HEADERS, ("text", "b", "乙", "B")])
    made["Survey_"].title = "survey "
    assert "a sheet of this name stands in the file already" in faults_of(saved(made, tmp_path))[0]


def test_a_cell_without_a_header_is_refused(tmp_path: Path) -> None:
    made = workbook(survey=[HEADERS, ("text", "a", "甲", "A", None, "stray")])
    assert faults_of(saved(made, tmp_path))[0].startswith(
        "form.xlsx: sheet survey, row 2, column F: there is no header"
    )


@pytest.mark.parametrize("sign", ["\u0085", "\u0090", "\u009f"])
def test_invisible_signs_are_refused(sign: str, tmp_path: Path) -> None:
    made = workbook(survey=[HEADERS, ("text", "a", f"甲{sign}乙", "A")])
    said = faults_of(saved(made, tmp_path))[0]
    assert f"sheet survey, row 2, column label::中文 (zh): the text holds the sign U+{ord(sign):04X}" in said


def test_a_text_of_100000_characters_is_refused(tmp_path: Path) -> None:
    path = save(tables(FORM), tmp_path / "form.xlsx")
    with zipfile.ZipFile(path) as package:
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert sheet.count(b"<t>A</t>") == 1
    long = sheet.replace(b"<t>A</t>", b"<t>" + b"A" * 100_000 + b"</t>")
    said = faults_of(repacked(path, **{"xl__worksheets__sheet1.xml": long}))
    assert said == [
        "form.xlsx: sheet survey, row 2, column label::English (en): the text has 100000 characters, and a cell"
        " holds 32767. Shorten it."
    ]


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ config }}",
    "{% raw %}",
    "javascript:alert(1)",
    "' OR 1=1 --",
    "\u202eevil",
    "=cmd|'/C calc'!A0",
    "../../../etc/passwd",
    "!!python/object/apply:os.system [ls]",
    "&lol;",
    "]]><x/>",
    "%00",
    "$(reboot)",
    "`id`",
    "*anchor",
    "<<: x",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_texts_are_carried_sign_by_sign_and_shown_as_text(payload: str, tmp_path: Path) -> None:
    path = save(tables(FORM), tmp_path / "form.xlsx")
    made = workbook(survey=[HEADERS, ("text", "a", f"甲{payload}", payload)])
    for row in made["survey"].iter_rows():
        for cell in row:
            cell.data_type = "s"
    faults: list[Fault] = []
    got = import_xlsform(saved(made, tmp_path), faults=faults)
    assert path.exists() and got is not None, [str(fault) for fault in faults]
    assert got.questionnaire.pages[0].questions[0].text["en"] == payload
    html = render_page(got.questionnaire, "main", "en")
    assert "<script>alert" not in html and "<img src=x" not in html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_every_other_cell_end_in_sentences(payload: str, tmp_path: Path) -> None:
    columns = (
        "type",
        "name",
        "relevant",
        "constraint",
        "required",
        "calculation",
        "appearance",
        "repeat_count",
        "default",
        "choice_filter",
        "parameters",
        "bind::uptake:kind",
        "bind::uptake:x",
    )
    for column in columns:
        row = {"type": "text", "name": "a", "label::中文 (zh)": "甲", "label::English (en)": "A"} | {column: payload}
        made = workbook(survey=[tuple(row), tuple(row.values())])
        for cell in made["survey"][2]:
            cell.data_type = "s"
        faults: list[Fault] = []
        import_xlsform(saved(made, tmp_path), faults=faults)
        assert all(str(fault).endswith((".", "?", '"')) for fault in faults), (column, faults)


def cells(draw: random.Random) -> dict[str, str]:
    words = (
        "a",
        "b",
        "g",
        "yn",
        "${a}",
        "${g}",
        "${",
        "'",
        "or",
        "(",
        ")",
        "=",
        "!=",
        "1",
        "yes",
        "",
        "true()",
        "甲",
        "\u202e",
        "bind::uptake:kind",
        "page",
        "question",
        "matrix",
        "roster",
        "check",
        "{}",
        "[1]",
        "null",
        "~",
    )
    types = (
        *TYPES,
        "text",
        "integer",
        "select_one yn",
        "select_multiple yn or_other",
        "note",
        "calculate",
        "begin_group",
        "end_group",
        "begin_repeat",
        "end_repeat",
        "begin group",
        "select_one",
        "range",
        "acknowledge",
        "hidden",
    )
    columns = (
        *COLUMNS,
        "relevant",
        "constraint",
        "required",
        "appearance",
        "repeat_count",
        "hint",
        "label",
        "parameters",
        "bind::uptake:kind",
        "bind::uptake:type",
        "bind::uptake:id",
        "bind::uptake:hard",
        "bind::uptake:soft",
        "bind::uptake:prefill",
        "bind::uptake:choices",
        "bind::uptake:max_rows",
        "bind::uptake:place",
        "bind::uptake:unit_zh",
        "bind::uptake:rows",
        "bind::uptake:value",
        "bind::uptake:relevant",
    )
    kinds = (
        "page",
        "question",
        "part",
        "row",
        "cell",
        "column",
        "check",
        "checks",
        "intro",
        "notice",
        "sample",
        "given",
        "band",
        "number",
        "other",
        "dont_know",
        "x",
    )
    made = {
        "type": draw.choice(types),
        "name": draw.choice("abcdefgh") + draw.choice(("", "1", " ", ".")),
        "label::中文 (zh)": draw.choice(("甲", "乙", "")),
        "label::English (en)": draw.choice(("A", "B", "")),
    }
    for _ in range(draw.randrange(4)):
        made[draw.choice(columns)] = " ".join(draw.choice(words) for _ in range(draw.randint(1, 4)))
    if draw.random() < 0.4:
        made["bind::uptake:kind"] = draw.choice(kinds)
    if draw.random() < 0.2:
        made["bind::uptake:type"] = draw.choice(("matrix", "roster", "parts", "int_or_band", "computed", "money", "x"))
    return {key: value for key, value in made.items() if value}


def heap(draw: random.Random, path: Path) -> None:
    """Write a workbook of rows that fit together by chance alone."""
    rows = [cells(draw) for _ in range(draw.randint(1, 9))]
    headers = list(dict.fromkeys(key for row in rows for key in row))
    listed = [["list_name", "name", "label::中文 (zh)", "label::English (en)", "uptake_inline", "uptake_of"]]
    listed += [
        ["yn", draw.choice(("yes", "no", "a b", "")), "是", "Yes", draw.choice(("", "yes")), draw.choice(("", "x"))]
        for _ in range(draw.randrange(3))
    ]
    settings = [
        ["form_id", "version", "uptake:title_zh", "uptake:sample"],
        [draw.choice(("f", "../x", "")), "1", draw.choice(("", "题")), draw.choice(("", "[1]", "{}"))],
    ]
    sheets = {"survey": [headers, *([row.get(key, "") for key in headers] for row in rows)], "choices": listed}
    save(sheets | ({"settings": settings} if draw.random() < 0.5 else {}), path)


def heaps(count: int, seed: int, path: Path) -> None:
    draw = random.Random(seed)
    for _ in range(count):
        heap(draw, path)
        ends_in_words(path)


def ends_in_words(path: Path) -> bool:
    faults: list[Fault] = []
    made = import_xlsform(path, faults=faults)
    assert (made is None) == bool(faults)
    assert all(fault.where.startswith("form.xlsx") and fault.message for fault in faults)
    return made is not None


def test_heaps_of_rows_end_in_sentences(tmp_path: Path) -> None:
    heaps(100, 1, tmp_path / "form.xlsx")


@pytest.mark.proof
def test_many_heaps_of_rows_end_in_sentences(tmp_path: Path) -> None:
    heaps(4_000, 2, tmp_path / "form.xlsx")


def mutants(count: int, seed: int, path: Path) -> int:
    """Sound forms with a few cells changed, swapped or emptied, and rows left out or doubled."""
    sound = [tables(form.read_text(encoding="utf-8")) for form in sorted(FOLDER.glob("*.md"))] + [everything()] * 15
    draw, read = random.Random(seed), 0
    for _ in range(count):
        sheets = {name: [list(row) for row in rows] for name, rows in draw.choice(sound).items() if name != "expect"}
        for _ in range(draw.randint(1, 4)):
            mutate(draw, draw.choice([rows for rows in sheets.values() if len(rows) > 1]))
        save(sheets, path)
        read += ends_in_words(path)
    return read


def mutate(draw: random.Random, rows: list[list[str]]) -> None:
    at = draw.randrange(1, len(rows))
    kind = draw.randrange(6)
    if kind == 0 and len(rows) > 2:
        del rows[at]
    elif kind == 1:
        rows.insert(at, list(rows[draw.randrange(1, len(rows))]))
    elif kind == 2:
        other = draw.randrange(1, len(rows))
        rows[at], rows[other] = rows[other], rows[at]
    elif rows[at]:
        column = draw.randrange(len(rows[at]))
        there = [row[column] for row in rows if column < len(row)]
        rows[at][column] = draw.choice((*there, *cells(draw).values(), ""))


def everything() -> dict[str, list[list[str]]]:
    """The questionnaire with everything, as the rows of its export."""
    path = FOLDER.parent / "everything.yaml"
    written = read_yaml(path, source.Questionnaire, root=path.parent, faults=[])
    loaded = load_questionnaire(path, root=path.parent, faults=[])
    assert written is not None and loaded is not None
    book = export_xlsform(written, loaded).book
    return {
        sheet.name: [list(sheet.headers), *([row[header] for header in sheet.headers] for row in sheet.rows)]
        for sheet in book
    }


def test_sound_forms_with_a_few_cells_changed_end_in_sentences(tmp_path: Path) -> None:
    assert mutants(120, 5, tmp_path / "form.xlsx") > 20


@pytest.mark.proof
def test_many_sound_forms_with_a_few_cells_changed_end_in_sentences(tmp_path: Path) -> None:
    assert mutants(4_000, 6, tmp_path / "form.xlsx") > 500


def test_damaged_containers_end_in_sentences(tmp_path: Path) -> None:
    whole, draw = plain(tmp_path).read_bytes(), random.Random(4)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        (tmp_path / "form.xlsx").write_bytes(broken[: draw.randint(1, len(broken))] if draw.random() < 0.3 else broken)
        faults: list[Fault] = []
        made = import_xlsform(tmp_path / "form.xlsx", faults=faults)
        assert (made is None) == bool(faults)


def test_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    before = io.BytesIO(plain(tmp_path).read_bytes()).getvalue()
    faults: list[Fault] = []
    import_xlsform(tmp_path / "form.xlsx", faults=faults)
    assert [path.name for path in tmp_path.iterdir()] == ["form.xlsx"]
    assert (tmp_path / "form.xlsx").read_bytes() == before
