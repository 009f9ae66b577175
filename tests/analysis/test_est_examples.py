"""The examples in the docstrings of the estimators are run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ["estimators", "intervals", "independence", "models", "imputation", "rubin", "smallarea"]


@pytest.mark.parametrize("module", [f"analysis.{name}" for name in MODULES])
def test_the_examples_of_the_docstrings_hold(module: str) -> None:
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0
    assert found.failed == 0
