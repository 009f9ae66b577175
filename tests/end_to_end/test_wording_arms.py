"""Wording arms from the draw to the table of answers: dealt with the sample, shown in both languages, exported."""

from __future__ import annotations

import html
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from flask import Flask

from analysis import draw
from analysis.plan import load_plan
from collector import Config, Store, access_code, create_app, export_wave, find_assignments, open_store, start_wave
from forms import Questionnaire, load_questionnaires
from tests.collector.people import CODE_KEY, Browser
from uptake.contract.errors import Fault
from uptake.contract.tables import CODEBOOK, RESPONSES, SAMPLE, read_table, write_table

WAVE = "2026Q4"
CASES = Path(__file__).resolve().parents[1] / "collector" / "cases" / "questionnaires"
DESIGN = """\
unit_id: unit_id
strata: [region]
drawing: {n: 24, min_n_h: 2, seed: arms}
experiments:
  - {id: w2026, column: wording_2026, arms: {a: 0.5, b: 0.5}}
"""
UNIT = {"u02_staff": "100", "u02_rd": "5", "u03_all": "12.50", "u03_software": "10", "u03_cloud": "2.5", "u04": "30"}
SEEN = {
    "a": {"zh": "本季度是否使用了人工智能？", "en": "Was AI used in this quarter?"},
    "b": {
        "zh": "本季度是否用过人工智能（含免费工具）？",
        "en": "Did you use any AI in this quarter (free tools included)?",
    },
}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    shutil.copytree(CASES, tmp_path / "questionnaires")
    (tmp_path / "design.yaml").write_text(DESIGN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def cases(study: Path) -> Questionnaire:
    return load_questionnaires(study, faults=[])["cases"]


@pytest.fixture
def drawn(study: Path) -> pd.DataFrame:
    """The sample as the draw writes it and the collector reads it."""
    faults: list[Fault] = []
    plan = load_plan(study, faults=faults)
    assert plan is not None and faults == []
    frame = pd.DataFrame({
        "unit_id": [f"U{at:03}" for at in range(96)], "name": [f"单位{at}" for at in range(96)],
        "region": ["110000", "120000"] * 48, "staff": [100] * 96, "annual_module": ["no"] * 96,
    })  # fmt: skip
    write_table(draw(frame, plan, wave=WAVE), study / "sample.parquet", SAMPLE)
    return read_table(study / "sample.parquet", SAMPLE)


@pytest.fixture
def store(study: Path, drawn: pd.DataFrame, cases: Questionnaire) -> Iterator[Store]:
    with open_store(study / "answers.sqlite") as store:
        assert start_wave(store, drawn, cases, wave=WAVE, code_key=CODE_KEY) == 24
        yield store


@pytest.fixture
def app(study: Path, store: Store) -> Flask:
    config = Config(study, WAVE, study / "answers.sqlite", "a secret that only the tests know, long", CODE_KEY)
    app = create_app(config, store=store)
    app.config["TESTING"] = True
    return app


def answered(app: Flask, unit: str, lang: str) -> str:
    """Enter, answer in a language to the end, and return the question as it was read on the way."""
    code = access_code(CODE_KEY, wave=WAVE, questionnaire="cases", unit_id=unit)
    person = Browser(app.test_client())
    person.get(f"/?lang={lang}")
    person.enter(code).send(**UNIT)
    assert person.path == "/respond/page/use", person.text
    asked = html.unescape(person.text.split("U-05</span> ")[1].split("<")[0]).strip()
    person.send(u05="no").send(u07="王一")
    assert person.path == "/respond/check" and asked in html.unescape(person.text)
    person.submit()
    assert person.path == "/respond/receipt"
    return asked


def test_an_arm_is_dealt_shown_in_both_languages_and_exported(
    app: Flask, store: Store, drawn: pd.DataFrame, cases: Questionnaire, study: Path
) -> None:
    dealt = drawn.groupby("wording_2026")["unit_id"].apply(list)
    assert {arm: len(units) for arm, units in dealt.items()} == {"a": 12, "b": 12}
    assert {unit.given.arms["w2026"] for unit in find_assignments(store, cases, wave=WAVE).values()} == {"a", "b"}
    for arm, words in SEEN.items():
        for at, lang in enumerate(("zh", "en")):
            assert answered(app, dealt[arm][at], lang) == words[lang]
    made = export_wave(store, cases, wave=WAVE)
    write_table(made.responses, study / "responses.parquet", RESPONSES)
    write_table(made.codebook, study / "codebook.parquet", CODEBOOK)
    responses = read_table(study / "responses.parquet", RESPONSES).set_index("unit_id")
    assert responses["arm_w2026"].to_dict() == drawn.set_index("unit_id")["wording_2026"].to_dict()
    complete = responses[responses["disposition"] == "complete"]
    assert complete.groupby(["arm_w2026", "language"]).size().to_dict() == {
        ("a", "en"): 1, ("a", "zh"): 1, ("b", "en"): 1, ("b", "zh"): 1,
    }  # fmt: skip
    row = read_table(study / "codebook.parquet", CODEBOOK).set_index("field").loc["arm_w2026"]
    assert row["question"] == "U-05" and [code["code"] for code in json.loads(row["codes"])] == ["a", "b"]


def test_a_unit_that_the_frame_gave_no_arm_sees_the_questions_own_words(
    study: Path, cases: Questionnaire, drawn: pd.DataFrame, tmp_path: Path
) -> None:
    with open_store(tmp_path / "other.sqlite") as store:
        start_wave(store, drawn.assign(wording_2026=None), cases, wave=WAVE, code_key=CODE_KEY)
        assert all(not unit.given.arms for unit in find_assignments(store, cases, wave=WAVE).values())
        assert export_wave(store, cases, wave=WAVE).responses["arm_w2026"].isna().all()


def test_a_field_cannot_take_the_name_of_an_arms_column(study: Path) -> None:
    path = study / "questionnaires" / "cases.yaml"
    path.write_text(path.read_text("utf-8").replace("id: U-07", "id: arm_w2026"), encoding="utf-8")
    faults: list[Fault] = []
    load_questionnaires(study, faults=faults)
    assert any('the field name "arm_w2026" is kept for the program' in str(fault) for fault in faults)
