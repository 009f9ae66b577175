"""What a brief is given besides tables: the method in words true of the design, and short names of questions."""

from __future__ import annotations

from pathlib import Path

import pytest

import uptake.studies
from analysis import load_plan
from uptake.labels import label_table
from uptake.method_words import methods
from uptake.study import load_study

AIPLUS = Path(uptake.studies.__file__).parent / "aiplus"
OWN = "weights: w\nstrata: [h]\ndomains: []\n"
FAY = "weights: w\nreplicate_weights: {prefix: r, type: fay, rho: 0.5}\ndomains: []\n"


def said(folder: Path, design: str, lang: str) -> str:
    (folder / "design.yaml").write_text(design, encoding="utf-8")
    faults: list = []
    plan = load_plan(folder, faults=faults)
    assert plan is not None, faults
    return " ".join(text[lang] for text in methods(plan))


@pytest.mark.parametrize("design", [OWN, OWN + "fpc: N\n", FAY])
def test_data_of_others_are_not_said_to_be_adjusted_for_nonresponse_by_us(tmp_path: Path, design: str) -> None:
    zh, en = (said(tmp_path, design, lang) for lang in ("zh", "en"))
    assert "加权类" not in zh
    assert "weighting class" not in en
    assert ("有限总体校正" in zh) == ("finite population correction" in en) == ("fpc" in design)
    assert ("BRR" in en or "balanced" in en) == ("Fay" in zh) == (design == FAY)


def test_a_drawn_sample_says_how_it_was_drawn_and_weighted() -> None:
    plan = load_plan(AIPLUS, faults=[])
    assert plan is not None
    text = " ".join(sentence["zh"] for sentence in methods(plan))
    assert all(words in text for words in ("等距抽取", "全部调查", "加权类", "事后分层", "有限总体校正"))


def test_a_question_is_named_by_the_clause_that_says_what_is_asked() -> None:
    labels = label_table(load_study(AIPLUS))
    fields = labels[labels["kind"] == "field"].set_index("key")
    assert fields.loc["e06", "zh"] == "E-06 本单位在任何业务环节是否使用了人工智能应用"
    assert fields.loc["e08", "en"] == "E-08 Does your enterprise expect to use AI applications"
    assert fields.loc["e13_tasks", "zh"] == "E-13 完成任务次数"
