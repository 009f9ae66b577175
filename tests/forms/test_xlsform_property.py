"""Whatever our language can say comes back from an XLSForm: random questionnaires, and those of the example study."""

from __future__ import annotations

import random
from importlib.resources import as_file, files
from pathlib import Path
from xml.etree import ElementTree

import pytest

from forms import source
from forms.digest import plain
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.xlsform import export_xlsform, import_xlsform
from forms.xlsform.exporting import save_book
from forms.xlsform.opening import open_xlsform
from forms.xlsform.reference import converted
from forms.xlsform.sheets import Book, Row, Sheet
from forms.xlsform.yaml_text import yaml_text
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

from .xlsform_random import questionnaire

XFORMS = "{http://www.w3.org/2002/xforms}"
EVERYTHING = Path(__file__).parent / "everything.yaml"


def loaded(path: Path) -> tuple[source.Questionnaire, Questionnaire]:
    faults: list[Fault] = []
    written = read_yaml(path, source.Questionnaire, root=path.parent, faults=faults)
    made = load_questionnaire(path, root=path.parent, faults=faults)
    assert made is not None and written is not None, [str(fault) for fault in faults]
    return written, made


def comes_back(path: Path, folder: Path) -> None:
    written, made = loaded(path)
    target = folder / f"{path.stem}.xlsx"
    book = export_xlsform(written, made, target).book
    faults: list[Fault] = []
    assert in_both_languages(book, faults), [str(fault) for fault in faults]
    again = import_xlsform(target, faults=faults)
    assert again is not None, [str(fault) for fault in faults]
    assert plain(again.written) == plain(written)
    assert again.questionnaire.sha256 == made.sha256
    assert (again.notes, again.copied) == ((), ())


def in_both_languages(book: Book, faults: list[Fault]) -> bool:
    """Say whether pyxform makes a sound XForm of the sheets, and no label in it lacks a language."""
    xform = converted(book, faults)
    if xform is None:
        return False
    texts: dict[str, set[str]] = {}
    for translation in ElementTree.fromstring(xform.xml).iter(f"{XFORMS}translation"):
        texts[str(translation.get("lang"))] = {
            str(text.get("id"))
            for text in translation.iter(f"{XFORMS}text")
            if any(value.text != "-" for value in text.iter(f"{XFORMS}value"))
        }
    return set(texts) == {"中文 (zh)", "English (en)"} and len({frozenset(ids) for ids in texts.values()}) == 1


def rounds(count: int, seed: int, folder: Path) -> None:
    draw = random.Random(seed)
    for _ in range(count):
        path = folder / "random.yaml"
        path.write_text(yaml_text(questionnaire(draw)), encoding="utf-8")
        comes_back(path, folder)


def test_random_questionnaires_come_back(tmp_path: Path) -> None:
    rounds(15, 1, tmp_path)


@pytest.mark.proof
def test_many_random_questionnaires_come_back(tmp_path: Path) -> None:
    rounds(400, 2, tmp_path)


def test_the_questionnaire_with_everything_comes_back(tmp_path: Path) -> None:
    comes_back(EVERYTHING, tmp_path)


with as_file(files("uptake") / "studies" / "aiplus" / "questionnaires") as _folder:
    STUDY = sorted(_folder.glob("*.yaml"))


@pytest.mark.parametrize("path", STUDY, ids=lambda path: path.stem)
def test_the_example_study_comes_back(path: Path, tmp_path: Path) -> None:
    comes_back(path, tmp_path)


def test_nothing_but_the_rows_carries_the_definition(tmp_path: Path) -> None:
    """A label edited in the sheet is edited in the questionnaire: nothing hides a second copy of the whole."""
    written, made = loaded(EVERYTHING)
    book = export_xlsform(written, made, tmp_path / "everything.xlsx").book
    read = open_xlsform(tmp_path / "everything.xlsx", [])
    assert read is not None and converted(read, []) is not None
    assert max(len(text) for sheet in book for row in sheet.rows for text in row.cells.values()) < 500


def edits(count: int, seed: int, folder: Path) -> list[str]:
    """Change or empty single cells of an export; give those edits that had no effect and were not told either."""
    written, made = loaded(EVERYTHING)
    book = export_xlsform(written, made).book
    cells = [(sheet.name, row.number, header) for sheet in book for row in sheet.rows for header in row.cells]
    draw, silent = random.Random(seed), []
    for sheet, number, header in draw.sample(cells, min(count, len(cells))):
        for value in ("", "x1"):
            faults: list[Fault] = []
            save_book(_edited(book, sheet, number, (header, value)), folder / "edited.xlsx")
            again = import_xlsform(folder / "edited.xlsx", faults=faults)
            if again and again.questionnaire.sha256 == made.sha256 and not (again.notes or again.copied):
                silent.append(f"{sheet} {number} {header} -> {value!r}")
    return silent


def _edited(book: Book, sheet: str, number: int, change: tuple[str, str]) -> Book:
    rows = tuple(
        Row(row.book, sheet, row.number, {**row.cells, change[0]: change[1]} if row.number == number else row.cells)
        for row in book.rows(sheet)
    )
    return Book(book.name, {**book.sheets, sheet: Sheet(sheet, book.headers(sheet), rows)})


# Marks that other rows say as well: emptying one of them changes nothing.
_SAID_TWICE = ("uptake_inline", "uptake_list", "form_title -> ''", "default_language -> ''", "namespaces")


def unexplained(silent: list[str]) -> list[str]:
    return [edit for edit in silent if not any(mark in edit for mark in _SAID_TWICE)]


def test_no_edit_is_ignored_in_silence(tmp_path: Path) -> None:
    assert unexplained(edits(25, 3, tmp_path)) == []


@pytest.mark.proof
def test_no_edit_of_any_cell_is_ignored_in_silence(tmp_path: Path) -> None:
    assert unexplained(edits(2_000, 4, tmp_path)) == []


@pytest.mark.parametrize(("header", "value"), [("uptake:text_version", ""), ("default_language", "x1")])
def test_a_setting_that_is_not_taken_is_told(tmp_path: Path, header: str, value: str) -> None:
    written, made = loaded(EVERYTHING)
    book = export_xlsform(written, made).book
    (row,) = book.rows("settings")
    save_book(_edited(book, "settings", row.number, (header, value)), tmp_path / "edited.xlsx")
    again = import_xlsform(tmp_path / "edited.xlsx", faults=[])
    assert again is not None and any(header in note for note in again.notes)
