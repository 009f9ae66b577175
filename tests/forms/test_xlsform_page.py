"""The page about XLSForm says what the code refuses, and the examples of its docstrings are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

import forms.xlsform

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_those_of_the_code() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from xlsform_page import PAGE, page
    finally:
        sys.path.remove(str(ROOT / "tools"))
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "run: python tools/xlsform_page.py"


def test_the_page_counts_the_forms() -> None:
    count = len(list((Path(__file__).parent / "xlsforms").glob("*.md")))
    assert f"{count} hand-written XLSForms" in (ROOT / "docs" / "xlsform.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(forms.xlsform.__path__)])
def test_examples_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"forms.xlsform.{module}")).failed == 0
