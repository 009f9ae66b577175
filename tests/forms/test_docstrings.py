"""The examples in the docstrings of forms are run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import forms

MODULES = [f"forms.{module.name}" for module in pkgutil.iter_modules(forms.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_some_examples_were_run() -> None:
    tried = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert tried >= 8


def test_every_public_name_is_there() -> None:
    assert [name for name in forms.__all__ if not callable(getattr(forms, name))] == []
    with pytest.raises(AttributeError, match="module 'forms' has no attribute 'render_pages'"):
        _ = forms.render_pages
