"""What is not imported is refused in a sentence with sheet, row and column; nothing is skipped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.xlsform import Imported, import_xlsform
from forms.xlsform.refused import COLUMNS, LEFT_OUT, SETTINGS_LEFT_OUT, STRUCTURES, TYPES
from uptake.contract.errors import Fault
from uptake.contract.expressions.functions import ABSENT

from .xlsform_tables import save, tables

HEAD = "| survey | type | name | label::中文 (zh) | label::English (en) |"
CHOICES = "| choices | list_name | name | label::中文 (zh) | label::English (en) |\n| | yn | yes | 是 | Yes |"


def read(folder: Path, text: str, name: str = "form.xlsx", **wishes: str) -> tuple[Imported | None, list[str]]:
    faults: list[Fault] = []
    made = import_xlsform(save(tables(text), folder / name), faults=faults, **wishes)
    assert (made is None) == bool(faults)
    return made, [str(fault) for fault in faults]


def only(folder: Path, text: str) -> str:
    _, faults = read(folder, text)
    assert len(faults) == 1, faults
    return faults[0]


def one_row(row: str, further: str = "") -> str:
    """Return a form with one question before the row, and further columns."""
    return f"{HEAD} {further}\n| | text | a | 甲 | A |\n{row}\n{CHOICES}"


@pytest.mark.parametrize("word", TYPES)
def test_types(word: str, tmp_path: Path) -> None:
    said = only(tmp_path, one_row(f"| | {word} cities.csv | b | 乙 | B |"))
    reason = TYPES[word]
    assert said == (
        f"form.xlsx: sheet survey, row 3, column type: {word}: not imported, because {reason.why}. {reason.instead}"
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_columns(column: str, tmp_path: Path) -> None:
    header = f"{column}::odk:x" if column in ("bind", "body", "instance", "control", "media") else column
    said = only(tmp_path, one_row("| | select_one yn | b | 乙 | B | something |", f"{header} |"))
    reason = COLUMNS[column]
    assert said.startswith(
        f"form.xlsx: sheet survey, row 3, column {header}: {header}: not imported, because {reason.why}."
    )
    assert reason.instead in said


REPEAT = f"{HEAD} relevant | repeat_count | label::x |\n| | begin_repeat | r | 册 | Roster |\n| | text | a | 甲 | A |\n"
STRUCTURE_SAMPLES = {
    "nested repeat": f"{REPEAT}| | begin_repeat | s | 内 | Inner |\n| | text | b | 乙 | B |\n| | end_repeat |\n|"
    " | end_repeat |",
    "group in a repeat": f"{REPEAT}| | begin_group | s | 内 | Inner |\n| | text | b | 乙 | B |\n| | end_group"
    " |\n| | end_repeat |",
    "relevant in a repeat": f"{REPEAT}| | text | b | 乙 | B | ${{a}} = 'x' |\n| | end_repeat |",
    "note in a repeat": f"{REPEAT}| | note | b | 乙 | B |\n| | end_repeat |",
    "relevant of a note": f"{HEAD} relevant |\n| | text | a | 甲 | A |\n| | note | b | 乙 | B | ${{a}} = 'x' |",
    "reference in a text": f"{HEAD}\n| | text | a | 甲 | A |\n| | text | b | ${{a}}的乙 | B of ${{a}} |",
    "expression as repeat_count": f"{HEAD} relevant | repeat_count |\n| | integer | n | 数 | N |\n"
    "| | begin_repeat | r | 册 | R | | ${n} |\n| | text | a | 甲 | A |\n| | end_repeat |",
    "randomize": f"{HEAD} parameters |\n| | select_one yn | a | 甲 | A | randomize=true |\n{CHOICES}",
    "group without questions": f"{HEAD}\n| | text | a | 甲 | A |\n| | begin_group | g | 组 | G |\n| | note | b |"
    " 乙 | B |\n| | end_group |",
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_structures(structure: str, tmp_path: Path) -> None:
    _, faults = read(tmp_path, STRUCTURE_SAMPLES[structure].replace(" label::x |", ""))
    reason = STRUCTURES[structure]
    assert any(f": {structure}: not imported, because {reason.why}. {reason.instead}" in fault for fault in faults), (
        faults
    )
    assert all(fault.startswith("form.xlsx: sheet survey, row ") for fault in faults)


@pytest.mark.parametrize("function", sorted(ABSENT))
def test_functions(function: str, tmp_path: Path) -> None:
    said = only(tmp_path, one_row(f"| | text | b | 乙 | B | {function}(${{a}}) = 1 |", "relevant |"))
    assert said.startswith("form.xlsx: sheet survey, row 3, column relevant: ")
    assert ABSENT[function] in said


@pytest.mark.parametrize("word", LEFT_OUT)
def test_rows_that_are_left_out_are_told(word: str, tmp_path: Path) -> None:
    made, _ = read(tmp_path, one_row(f"| | {word} | {word if word == 'audit' else 'b'} | | |"))
    assert made is not None
    assert f"form.xlsx: sheet survey, row 3, column type: {word} is left out: {LEFT_OUT[word]}" in made.notes


@pytest.mark.parametrize("setting", [name for name, why in SETTINGS_LEFT_OUT.items() if why])
def test_settings_that_are_left_out_are_told(setting: str, tmp_path: Path) -> None:
    value = "no" if setting.startswith(("omit", "allow", "clean")) else "x"
    made, faults = read(
        tmp_path, f"{one_row('| | text | b | 乙 | B |')}\n| settings | form_id | {setting} |\n| | f | {value} |"
    )
    assert made is not None, faults
    assert (
        f"form.xlsx: sheet settings, row 2, column {setting}: the setting is left out: {SETTINGS_LEFT_OUT[setting]}"
        in made.notes
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            one_row("| | integr | b | 乙 | B |"),
            'form.xlsx: sheet survey, row 3, column type: "integr" is no type that is known here. Did you mean'
            ' "integer"?',
        ),
        (
            one_row("| | | b | 乙 | B |"),
            "form.xlsx: sheet survey, row 3, column type: the row has no type, so its meaning is not known. Add"
            " it, or empty the row.",
        ),
        (
            one_row("| | text | | 乙 | B |"),
            'form.xlsx: sheet survey, row 3, column name: the name "" must begin with a letter and have 1 to 31'
            " of a-z A-Z 0-9 _"
            " -, because it names a column of the results. Change it.",
        ),
        (
            one_row("| | text | A | 乙 | B |"),
            'form.xlsx: sheet survey, row 3, column name: the names "a" (row 2) and "A" give the same field,'
            " and one would be"
            " lost. Change one.",
        ),
        (
            one_row("| | text | b | | |"),
            "form.xlsx: sheet survey, row 3, column label: the row asks something and has no label, so nobody"
            " would know what. Add label.",
        ),
        (
            one_row("| | text | b | 乙 | |"),
            "form.xlsx: sheet survey, row 3, column label: the text stands in zh and lacks en, and both zh and"
            " en are asked for. Write it under label::English (en), or import with --single.",
        ),
        (
            one_row("| | select_one ny | b | 乙 | B |"),
            'form.xlsx: sheet survey, row 3, column type: no list in the sheet choices is called "ny", so there'
            " is nothing to"
            " choose from. Add it.",
        ),
        (
            one_row("| | text | b | 乙 | B | ${aa} = 'x' |", "relevant |"),
            'form.xlsx: sheet survey, row 3, column relevant: it looks at "aa", which no row that carries an'
            ' answer is called. Did you mean "a"?',
        ),
        (
            one_row("| | begin_group | b | 乙 | B |"),
            "form.xlsx: sheet survey, row 3, column type: this group is never closed, so it cannot be told what"
            " belongs to it. Add a row end_group.",
        ),
        (
            one_row("| | end_group |"),
            "form.xlsx: sheet survey, row 3, column type: this closes a group, and none is open. Remove the"
            " row, or add the begin_group.",
        ),
        (
            one_row("| | text | reason | 乙 | B |"),
            'form.xlsx: sheet survey, row 3: the field name "reason" is kept for the program (docs/tables.md,'
            " responses). Change"
            " the ids.",
        ),
        (
            f"{HEAD}\n| | select_one yn | a | 甲 | A |\n{CHOICES}\n| | yn | a-b | 甲 | A |",
            'form.xlsx: sheet choices, row 3: the code "a-b" must be 1 to 40 of a-z A-Z 0-9 _. Change it.',
        ),
        (
            f"{HEAD}\n| | select_one yn | a | 甲 | A |\n{CHOICES}\n| | yn | | 甲 | A |",
            "form.xlsx: sheet choices, row 3: a choice needs list_name and name, so that it can be chosen and"
            " stored. Add both.",
        ),
        (
            f"{HEAD}\n| | text | a | 甲 | A |\n| settings | form_id |\n| | ../../etc/passwd |",
            'form.xlsx: sheet settings, row 2, column form_id: the form_id "../../etc/passwd" cannot name a'
            " file: it must begin"
            " with a letter and have 1 to 51 of a-z A-Z 0-9 _ -. Change it, or give a name on the command line.",
        ),
        (CHOICES, "form.xlsx: there is no sheet survey with rows, so there is nothing to ask. Add it."),
        (
            f"{HEAD} bind::uptake:identity |\n| | text | a | 甲 | A | yes |",
            "form.xlsx: sheet survey, row 2, column bind::uptake:identity: a custom column has a value and"
            " bind::uptake:kind has none, so its meaning is not known. Fill bind::uptake:kind or empty the cell.",
        ),
        (
            f"{HEAD} bind::uptake:kind | bind::uptake:identty |\n| | begin_group | g | 组 | G | page |\n"
            "| | text | a | 甲 | A | question | yes |\n| | end_group |",
            'form.xlsx: sheet survey, row 3, column identty: a question has no key "identty". Did you mean "identity"?',
        ),
        (
            f"{HEAD} bind::uptake:kind | bind::uptake:identity |\n| | begin_group | g | 组 | G | page |\n"
            "| | text | a | 甲 | A | question | maybe |\n| | end_group |",
            'form.xlsx: sheet survey, row 3, column identity: "maybe" is neither yes nor no.',
        ),
        (
            f"{HEAD} bind::uptake:kind | bind::uptake:prefill |\n| | begin_group | g | 组 | G | page |\n"
            "| | text | a | 甲 | A | question | staff |\n| | end_group |",
            'form.xlsx: sheet survey, row 3, column prefill: it is not JSON, such as ["DEF-1"] or {"column": "staff"}.',
        ),
    ],
)
def test_sentences(text: str, said: str, tmp_path: Path) -> None:
    assert only(tmp_path, text) == said


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    _, faults = read(
        tmp_path, f"{HEAD}\n| | geopoint | a | 甲 | A |\n| | text | b | 乙 | |\n| | rank yn | c | 丙 | C |\n{CHOICES}"
    )
    assert [fault.split(", ")[1] for fault in faults] == ["row 2", "row 3", "row 4"]


def test_what_pyxform_refuses_is_told(tmp_path: Path) -> None:
    said = only(tmp_path, f"{HEAD}\n| | text | a | 甲 | A |\n| | note | b c | 乙 | B |")
    assert said.startswith("form.xlsx: pyxform, the reference reader of XLSForm, refuses it: ") and "[row : 3]" in said


def test_one_language_is_copied_only_when_asked_for(tmp_path: Path) -> None:
    text = "| survey | type | name | label |\n| | text | a | 甲 |"
    _, faults = read(tmp_path, text)
    assert len(faults) == 2 and "lacks zh" in faults[0] and "lacks en" in faults[1]
    made, _ = read(tmp_path, text, single="zh")
    assert made is not None
    assert made.questionnaire.pages[0].questions[0].text.as_dict() == {"zh": "甲", "en": "甲"}
    assert made.copied == ("form.xlsx: sheet survey, row 2, column label: en is a copy of zh: 甲",)


def test_the_other_language_is_copied_too(tmp_path: Path) -> None:
    made, _ = read(tmp_path, "| survey | type | name | label::English (en) |\n| | text | a | A |", single="en")
    assert made is not None and made.questionnaire.pages[0].questions[0].text["zh"] == "A"


def test_a_header_may_come_from_elsewhere(tmp_path: Path) -> None:
    header = {
        "table_number": "T9",
        "authority": {"zh": "某局", "en": "Bureau"},
        "approval_number": "9号",
        "approved_by": {"zh": "总局", "en": "Office"},
        "valid_until": "2031-01-01",
    }
    faults: list[Fault] = []
    path = save(tables(one_row("| | text | b | 乙 | B |")), tmp_path / "form.xlsx")
    made = import_xlsform(path, faults=faults, header=header, name="other")
    assert made is not None and made.questionnaire.header.table_number == "T9"
    assert made.questionnaire.id == "other" and not any("legal header" in note for note in made.notes)


def edited(folder: Path, edit: tuple[str, int, str, str]) -> list[str]:
    """Export a form, change one cell, import it again, and give what is said."""
    from forms.xlsform import export_xlsform
    from forms.xlsform.exporting import save_book
    from forms.xlsform.sheets import Book, Row, Sheet

    made, _ = read(
        folder,
        f"{HEAD} relevant | constraint |\n| | begin_group | g | 组 | G |\n| | select_one yn | a | 甲 | A |\n"
        f"| | end_group |\n| | begin_group | h | 组 | H |\n| | integer | n | 数 | N | ${{a}} != 'yes' | . < 9 |\n"
        f"| | end_group |\n{CHOICES}",
    )
    assert made is not None
    book = export_xlsform(made.written, made.questionnaire).book
    sheet, number, column, value = edit
    rows = tuple(
        Row(row.book, row.sheet, row.number, row.cells | {column: value} if row.number == number else row.cells)
        for row in book.rows(sheet)
    )
    sheets = dict(book.sheets) | {sheet: Sheet(sheet, book.headers(sheet), rows)}
    save_book(Book("edited.xlsx", sheets), folder / "edited.xlsx")
    faults: list[Fault] = []
    again = import_xlsform(folder / "edited.xlsx", faults=faults)
    return [str(fault) for fault in faults] if again is None else [again.questionnaire.pages[1].questions[0].text["en"]]


def test_an_edited_label_is_taken(tmp_path: Path) -> None:
    assert edited(tmp_path, ("survey", 6, "label::English (en)", "How many?")) == ["How many?"]


def test_an_edited_rule_that_disagrees_with_the_custom_column_is_refused(tmp_path: Path) -> None:
    assert edited(tmp_path, ("survey", 6, "relevant", "${a} = 'yes'")) == [
        "edited.xlsx: sheet survey, row 6, column relevant: here stands \"${a} = 'yes'\", but from the custom columns"
        " (bind::uptake:...) and the rows it belongs to follows \"${a} != '' and ${a} != 'yes'\", and one would"
        " be lost. Change both, or restore this cell."
    ]


def test_an_edited_limit_is_refused(tmp_path: Path) -> None:
    said = edited(tmp_path, ("survey", 6, "constraint", ". < 8"))
    assert len(said) == 1 and "column constraint" in said[0]


def test_a_group_closed_as_a_repeat_is_told(tmp_path: Path) -> None:
    said = only(tmp_path, f"{HEAD}\n| | begin_group | g | 组 | G |\n| | text | a | 甲 | A |\n| | end_repeat |")
    assert said == (
        "form.xlsx: sheet survey, row 4, column type: this closes a repeat, but what was opened last is something else."
        " Put the rows in order."
    )
