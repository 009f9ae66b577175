"""A small survey of three units, its store, its app, and Wang signed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from flask import Flask

from collector import Assignment, Config, Store, create_app, find_assignments, open_store, start_wave
from forms import Questionnaire, load_questionnaires
from tests.collector.people import CODE_KEY, STUDY, WAVE, Browser, Clock, code_of, sample_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def robots() -> Questionnaire:
    faults: list[object] = []
    loaded = load_questionnaires(STUDY, faults=faults)  # type: ignore[arg-type]
    assert faults == []
    return loaded["robots"]


@pytest.fixture
def sample() -> pd.DataFrame:
    return sample_of(("W1", "王记机械厂", 100), ("C1", "陈氏纺织", 40), ("Z1", "从未回复公司", 7))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as the migrations make it; each test gets a copy, which is quicker than migrating."""
    path = tmp_path_factory.mktemp("empty") / "answers.sqlite"
    open_store(path).close()
    return path


@pytest.fixture
def store(tmp_path: Path, clock: Clock, empty_database: Path) -> Iterator[Store]:
    path = tmp_path / "answers.sqlite"
    shutil.copy(empty_database, path)
    with open_store(path, clock=clock) as opened:
        yield opened


@pytest.fixture
def people(store: Store, sample: pd.DataFrame, robots: Questionnaire) -> dict[str, Assignment]:
    start_wave(store, sample, robots, wave=WAVE, code_key=CODE_KEY)
    return find_assignments(store, robots, wave=WAVE)


@pytest.fixture
def wang(people: dict[str, Assignment]) -> Assignment:
    return people["W1"]


@pytest.fixture
def chen(people: dict[str, Assignment]) -> Assignment:
    return people["C1"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(STUDY, WAVE, tmp_path / "answers.sqlite", "a secret that only the tests know, long", CODE_KEY)


@pytest.fixture
def app(config: Config, store: Store, people: dict[str, Assignment]) -> Flask:
    app = create_app(config, store=store)
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def wang_at_home(app: Flask) -> Browser:
    """Wang, signed in, in Chinese, before the first page."""
    return Browser(app.test_client()).enter(code_of("W1"))
