"""The examples in the collector's docstrings are true, and a broken study is told in words."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import collector
from collector import create_app
from collector.config import Config
from uptake.contract.errors import ConfigError, StudyError

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(collector.__path__, "collector.")
    if not name.startswith("collector.mig")
]


def test_the_examples_are_true() -> None:
    results = [doctest.testmod(importlib.import_module(name)) for name in MODULES]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) >= 6


def config_of(study: Path) -> Config:
    return Config(study, "2026Q4", study / "a.sqlite", "k" * 32, b"k" * 32)


def test_a_study_without_questionnaires_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing to ask"):
        create_app(config_of(tmp_path))
    assert not (tmp_path / "a.sqlite").exists()


def test_a_faulty_questionnaire_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "questionnaires").mkdir()
    (tmp_path / "questionnaires" / "bad.yaml").write_text("id: bad\ntitel: x\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"questionnaires/bad\.yaml:2"):
        create_app(config_of(tmp_path))
