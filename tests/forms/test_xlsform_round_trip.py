"""XLSForms written by hand from the specification, one a feature: read, written and read again they stay the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from forms.xlsform import Imported, export_xlsform, import_xlsform
from forms.xlsform.opening import open_xlsform
from forms.xlsform.reference import converted
from forms.xlsform.sheets import Book
from uptake.contract.errors import Fault

from .xlsform_tables import save, tables

FOLDER = Path(__file__).parent / "xlsforms"
FORMS = sorted(FOLDER.glob("*.md"))
XFORMS = "{http://www.w3.org/2002/xforms}"


def imported(path: Path) -> Imported:
    faults: list[Fault] = []
    made = import_xlsform(path, faults=faults)
    assert made is not None, [str(fault) for fault in faults]
    return made


def xform(book: Book) -> ElementTree.Element:
    faults: list[Fault] = []
    made = converted(book, faults)
    assert made is not None, [str(fault) for fault in faults]
    return ElementTree.fromstring(made.xml)


def at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        tree = tree[int(step)] if step.isdigit() else tree.get(step)
    return tree


def test_there_are_enough_forms() -> None:
    assert len(FORMS) >= 60


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_form(form: Path, tmp_path: Path) -> None:
    sheets = tables(form.read_text(encoding="utf-8"))
    first = imported(save(sheets, tmp_path / f"{form.stem}.xlsx"))
    tree = yaml.safe_load(first.text)
    assert "&id" not in first.text, "a text stands once where it is used, not as an alias"
    for path, expected in (row[:2] for row in sheets["expect"][1:]):
        if path == "notes":
            assert any(expected in note for note in first.notes), (expected, first.notes)
        else:
            assert str(at(tree, path)) == expected, path
    target = tmp_path / "again" / f"{form.stem}.xlsx"
    target.parent.mkdir()
    exported = export_xlsform(first.written, first.questionnaire, target)
    again = imported(target)
    assert again.questionnaire.sha256 == first.questionnaire.sha256
    assert again.notes == () and again.copied == ()
    languages = {element.get("lang") for element in xform(exported.book).iter(f"{XFORMS}translation")}
    assert {"中文 (zh)", "English (en)"} <= languages
    read = open_xlsform(target, [])
    assert read is not None and {sheet.name: sheet.rows for sheet in read} == {
        sheet.name: sheet.rows for sheet in exported.book
    }
