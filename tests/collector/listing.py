"""The survey of use cases: its study folder, its sample, and how a person fills in the rows of the list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from flask import Flask

from collector import Assignment, Config, Store, access_code, create_app, find_assignments, start_wave
from forms import Questionnaire, load_questionnaires
from tests.collector.people import CODE_KEY, WAVE, Browser, sample_of

CASES = Path(__file__).parent / "cases"


def questionnaire() -> Questionnaire:
    faults: list[object] = []
    loaded = load_questionnaires(CASES, faults=faults)  # type: ignore[arg-type]
    assert faults == []
    return loaded["cases"]


UNITS = (("W1", "王记机械厂", 100), ("C1", "陈氏纺织", 40))


def sample(
    wave: str = WAVE, *, arm: str = "a", annual: str = "yes", units: tuple[tuple[str, str, int], ...] = UNITS
) -> pd.DataFrame:
    return sample_of(*units, wave=wave).assign(annual_module=annual, wording_2026=arm)


def started(store: Store, wave: str = WAVE, **how: Any) -> dict[str, Assignment]:
    """Start a wave and return who is asked, by unit."""
    cases = questionnaire()
    start_wave(store, sample(wave, **how), cases, wave=wave, code_key=CODE_KEY)
    return find_assignments(store, cases, wave=wave)


def app_of(store: Store, folder: Path, wave: str = WAVE) -> Flask:
    config = Config(CASES, wave, folder / "answers.sqlite", "a secret that only the tests know, long", CODE_KEY)
    app = create_app(config, store=store)
    app.config["TESTING"], app.config["PROPAGATE_EXCEPTIONS"] = True, False
    return app


def code_of(unit: str, wave: str = WAVE) -> str:
    return access_code(CODE_KEY, wave=wave, questionnaire="cases", unit_id=unit)


def enter(app: Flask, unit: str, wave: str = WAVE) -> Browser:
    return Browser(app.test_client()).enter(code_of(unit, wave))


def to_the_list(person: Browser) -> Browser:
    """Answer the pages before the list."""
    person.send(u02_staff="100", u02_rd="5", u03_all="12.50", u03_software="10", u03_cloud="2.5", u04="30")
    return person.send(u05="yes")


def row(number: int, **instead: object) -> dict[str, object]:
    """What a person types in one row."""
    typed = {"name": f"场景{number}", "kind": "make", "users": str(number), "cost": "20", **instead}
    return {f"u06_{column}.{number}": text for column, text in typed.items()}


def rows(first: int, last: int) -> dict[str, object]:
    return {name: text for number in range(first, last + 1) for name, text in row(number).items()}
