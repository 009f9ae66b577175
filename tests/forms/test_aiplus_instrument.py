"""The instrument of the example study: its questions, its words in both languages, its routes and all its edits."""

from __future__ import annotations

import datetime
import re
from importlib.resources import files
from pathlib import Path

import pytest

from forms import load_questionnaires, parse_page, route, run_checks
from forms.model import Answer, Given, Questionnaire
from uptake.contract.codes import uscc_check_character
from uptake.contract.errors import Fault

CORE = [f"E-{number:02}" for number in (1, 2, 3, 4, 6, 8, 9, 17, 7, 10, 11, 12, 13, 18, 29, 36, 37, 38)]
GATES = ["E-06", "E-08", "E-09", "E-17"]
USCC = "91110099000000001"


@pytest.fixture(scope="module")
def enterprise() -> Questionnaire:
    faults: list[Fault] = []
    loaded = load_questionnaires(Path(str(files("uptake.studies") / "aiplus")), faults=faults)
    assert faults == []
    return loaded["enterprise"]


def said(**values: object) -> dict[str, Answer]:
    """Answers by field; DK stands for don't know, None for a blank."""
    states = {"DK": Answer(None, "dont_know"), None: Answer(None, "blank")}
    return {name: states.get(value) or Answer(value, "answered") for name, value in values.items()}


TERMINALS = {
    f"e18_n_{row}_{column}": 0 for row in [*(f"t{i}" for i in range(1, 11)), "byod"] for column in ("all", "ai")
}
FUNCTIONS = {
    f"e07_use_{row}": "none"
    for row in ("rd", "core", "supply", "sales", "service", "finance", "hr", "office", "it", "decision")
}
# A unit that uses everything and breaks no rule; every test below changes one thing of it.
USER: dict[str, object] = {
    "e01": USCC + uscc_check_character(USCC), "e02_name": "北京示例甲云软件有限公司", "e02_address": "示例路1号",
    "e02_region": "110000", "e03_class": "6513", "e03_registration": "150", "e04_staff": 120, "e04_rd": 40,
    "e06": "yes", "e08": "yes", "e09": "yes", "e17": "yes",
    **FUNCTIONS, "e07_use_core": "routine", "e07_use_office": "pilot", "e07_results": "yes",
    "e10_agents": 6, "e10_points": 10, "e11_built": 1, "e11_bought": 2, "e11_platform": 3,
    "e12_autonomous": 2, "e12_stoppable": 6, "e13_tasks": 9000, "e13_basis": "records",
    **TERMINALS, "e18_n_t3_all": 120, "e18_n_t3_ai": 30, "e18_n_t9_all": 20, "e18_n_t9_ai": 20,
    "e29": 80, "e36": "records", "e37_minutes": 15, "e38_principal": "示例甲", "e38_statistician": "示例乙",
    "e38_filler": "示例丙", "e38_phone": "010-12345678", "e38_date": datetime.date(2027, 1, 8), "e38_confirm": True,
}  # fmt: skip
PREFILLED = said(e01=USER["e01"], e02_region="110000", e03_class="6513", e04_staff=118)


def findings(questionnaire: Questionnaire, **changes: object) -> list[tuple[str, str]]:
    found = run_checks(questionnaire, said(**USER | changes), given=Given(PREFILLED))
    return [(finding.check_id, finding.severity) for finding in found]


def test_it_asks_the_eighteen_core_questions_in_order(enterprise: Questionnaire) -> None:
    assert [question.id for page in enterprise.pages for question in page.questions] == CORE
    assert list(enterprise.definitions) == ["DEF-1", "DEF-2", "DEF-3", "DEF-4", "DEF-5"]
    assert enterprise.header.table_number == "AI+E101"
    assert enterprise.header.illustrative


def test_a_complete_user_and_a_complete_nonuser_pass_every_edit(enterprise: Questionnaire) -> None:
    assert findings(enterprise) == []
    assert findings(enterprise, e06="no", e09="no", e17="no") == []


def test_each_gate_is_asked_of_every_unit_whatever_it_answers(enterprise: Questionnaire) -> None:
    for answers in (said(), said(e06="no", e09="no", e17="no"), said(e06="DK", e09="DK", e17="DK")):
        asked = route(enterprise, answers).questions
        assert [question for question in GATES if question in asked] == GATES


@pytest.mark.parametrize(
    ("gates", "pages"),
    [
        (("no", "no", "no"), ["unit", "use", "signoff"]),
        (("DK", "DK", "DK"), ["unit", "use", "signoff"]),
        (("yes", "no", "no"), ["unit", "use", "functions", "people", "signoff"]),
        (("DK", "yes", "no"), ["unit", "use", "agents", "people", "signoff"]),
        (("no", "no", "yes"), ["unit", "use", "terminals", "people", "signoff"]),
        (("yes", "yes", "yes"), ["unit", "use", "functions", "agents", "terminals", "people", "signoff"]),
    ],
)
def test_the_gates_lead_to_their_pages(
    enterprise: Questionnaire, gates: tuple[str, str, str], pages: list[str]
) -> None:
    e06, e09, e17 = gates
    assert list(route(enterprise, said(e06=e06, e09=e09, e17=e17, e08="no")).pages) == pages


BROKEN: dict[tuple[str, str], dict[str, object]] = {
    ("region_changed", "soft"): {"e02_region": "440000"},
    ("class_has_four_digits", "hard"): {"e03_class": "65a3"},
    ("class_changed", "soft"): {"e03_class": "6511"},
    ("rd_within_staff", "hard"): {"e04_rd": 121},
    ("staff_far_from_register", "soft"): {"e04_staff": 400},
    ("ai_no_stands", "soft"): {"e06": "no"},
    ("some_function", "hard"): {"e07_use_core": "none", "e07_use_office": "none", "e07_results": "not_applicable"},
    ("results_fit_core", "hard"): {"e07_results": "not_applicable"},
    ("points_cover_agents", "hard"): {"e10_points": 5},
    ("agents_many_for_staff", "soft"): {
        "e10_agents": 130, "e10_points": 130, "e11_platform": 127, "e12_stoppable": 130
    },
    ("origins_add_up", "hard"): {"e11_built": 2},
    ("autonomous_within_agents", "hard"): {"e12_autonomous": 7},
    ("stoppable_within_agents", "hard"): {"e12_stoppable": 7},
    ("nobody_can_stop", "soft"): {"e12_stoppable": 0},
    ("tasks_have_a_basis", "hard"): {"e13_basis": None},
    ("tasks_many_for_agents", "soft"): {"e13_tasks": 600_001},
    ("some_terminal", "hard"): {"e18_n_t3_ai": 0, "e18_n_t9_ai": 0, "e18_n_byod_all": 3, "e18_n_byod_ai": 3},
    ("phones_and_pcs_many", "soft"): {"e18_n_t2_all": 300},
    ("users_within_staff", "hard"): {"e29": 121},
    ("minutes_many", "soft"): {"e37_minutes": 241},
    ("phone_is_a_number", "hard"): {"e38_phone": "办公室"},
    **{(f"{row}_part_of_all", "hard"): {f"e18_n_{row}_all": 1, f"e18_n_{row}_ai": 2, "e18_n_t9_all": 30}
       for row in [*(f"t{i}" for i in range(1, 9)), "t10", "byod"]},
    ("t9_part_of_all", "hard"): {"e18_n_t9_ai": 21},
}  # fmt: skip


@pytest.mark.parametrize("check", BROKEN, ids=lambda check: check[0])
def test_each_edit_fires_alone_when_it_is_broken(enterprise: Questionnaire, check: tuple[str, str]) -> None:
    assert findings(enterprise, **BROKEN[check]) == [check]


def test_every_edit_of_the_file_is_tested_above(enterprise: Questionnaire) -> None:
    assert {(check.id, check.severity) for check in enterprise.checks} == set(BROKEN)


@pytest.mark.parametrize("name", ["e10_agents", "e10_points", "e11_built", "e12_autonomous", "e13_tasks"])
def test_dont_know_to_a_count_breaks_nothing(enterprise: Questionnaire, name: str) -> None:
    assert findings(enterprise, **{name: "DK"}) == []


def test_a_no_contradicted_by_a_terminal_is_asked_about_once_and_may_stand(enterprise: Questionnaire) -> None:
    answers = said(**USER | {"e06": "no", "e09": "no"})
    (finding,) = run_checks(enterprise, answers, given=Given(PREFILLED))
    assert (finding.check_id, finding.page, finding.fields) == ("ai_no_stands", "use", ("e06",))
    assert run_checks(enterprise, answers, given=Given(PREFILLED), confirmed=["ai_no_stands"]) == ()


def test_dont_know_is_offered_on_every_question_of_fact_and_never_on_identity(enterprise: Questionnaire) -> None:
    offered = {name for name, leaf in enterprise.fields.items() if leaf.dont_know}
    assert {"e06", "e08", "e09", "e17", "e07_results", "e10_agents", "e13_tasks", "e29_band"} <= offered
    assert not any(leaf.identity for name, leaf in enterprise.fields.items() if name in offered)


def test_who_signs_and_where_the_unit_is_are_never_exported(enterprise: Questionnaire) -> None:
    hidden = {name for name, leaf in enterprise.fields.items() if leaf.identity}
    signed = {f"e38_{part}" for part in ("principal", "statistician", "filler", "phone")}
    assert hidden == {"e01", "e02_name", "e02_address", "e37_remarks"} | signed


def test_zero_must_be_typed(enterprise: Questionnaire) -> None:
    parsed = parse_page(enterprise, "terminals", "zh", {"e18_n_t1_all": [""], "e18_n_t1_ai": ["0"]})
    assert parsed.answers["e18_n_t1_all"].state == "blank"
    assert parsed.answers["e18_n_t1_ai"] == Answer(0, "answered")
    missing = run_checks(enterprise, said(e06="no", e09="no", e17="yes", e08="no"), page="terminals")
    assert "required_e18_n_t1_all" in {finding.check_id for finding in missing}


@pytest.mark.parametrize("date", ["2026-09-30", "2027-03-01"])
def test_the_date_of_return_lies_within_the_window(enterprise: Questionnaire, date: str) -> None:
    assert "e38_date" in parse_page(enterprise, "signoff", "en", {"e38_date": [date]}).errors


def _texts() -> list[tuple[int, str, str]]:
    """Every zh and en text of the file with its line, without the list of examples that are figures."""
    path = Path(str(files("uptake.studies") / "aiplus" / "questionnaires" / "enterprise.yaml"))
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for lang, text in re.findall(r'\b(zh|en): "([^"]*)"', line):
            found.append((number, lang, text))
        plain = re.match(r"\s+(zh|en): ([^\"|{].*)$", line)
        if plain:
            found.append((number, plain[1], plain[2]))
    return found


def test_chinese_uses_chinese_punctuation_and_english_has_no_chinese() -> None:
    texts = _texts()
    assert len(texts) > 150
    bad_zh = [(n, t) for n, lang, t in texts if lang == "zh" and re.search(r"[\u4e00-\u9fff][,;:?!()](?!\d)", t)]
    bad_en = [(n, t) for n, lang, t in texts if lang == "en" and re.search(r"[\u3000-\u9fff\uff00-\uffef]", t)]
    assert bad_zh == []
    assert bad_en == []
