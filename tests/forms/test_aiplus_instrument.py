"""Form A: its 38 questions, its words in both languages, its routes and every one of its edits, at their boundaries."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from forms import Given, load_questionnaires, parse_page, render_page, route, run_checks
from forms.lint import lint_file
from forms.model import Answer, Questionnaire
from uptake.contract.codes import INDUSTRY_DIVISIONS, section_of_division, uscc_check_character
from uptake.contract.errors import Fault

GATES = ["E-06", "E-08", "E-09", "E-17"]
CORE = [f"E-{number:02}" for number in (*range(1, 6), 6, 8, 9, 17, 7, 10, 11, 12, 13, 18, 29, 36, 37, 38)]
USCC = "91110099000000001"
TODAY = datetime.date(2027, 1, 8)
DK = "DK"
Changes = Mapping[str, object]


@pytest.fixture(scope="module")
def enterprise() -> Questionnaire:
    faults: list[Fault] = []
    loaded = load_questionnaires(Path(str(files("uptake.studies") / "aiplus")), faults=faults)
    assert faults == []
    return loaded["enterprise"]


def said(values: Changes) -> dict[str, Answer]:
    """Answers by name; DK stands for don't know, None for a blank, a float for an amount."""
    states = {DK: Answer(None, "dont_know"), None: Answer(None, "blank")}
    made = {}
    for name, value in values.items():
        plain = Decimal(str(value)) if isinstance(value, float) else value
        made[name] = states.get(plain) or Answer(plain, "answered")  # type: ignore[call-overload, arg-type]
    return made


TERMINALS = {f"e18_n_{row}_{column}": 0 for row in [*(f"t{i}" for i in range(1, 11)), "byod"]
             for column in ("all", "ai")}  # fmt: skip
FUNCTIONS = {f"e07_use_{row}": "none" for row in ("rd", "core", "supply", "sales", "service", "finance", "hr",
                                                  "office", "it", "decision")}  # fmt: skip
STAGES = {f"e25_stages_{row}": "none" for row in ("hypothesis", "design", "simulation", "experiment", "analysis",
                                                  "literature")}  # fmt: skip
# A software house that uses everything, has the annual module and breaks no rule; every test below changes a little.
USER: dict[str, object] = {
    "e01": USCC + uscc_check_character(USCC), "e02_name": "北京示例甲云软件有限公司", "e02_address": "示例路1号",
    "e02_region": "110000", "e03_division": "65", "e03_class": "6513", "e03_registration": "150", "e04_staff": 120,
    "e04_rd": 40, "e05_revenue": 12000.0, "e05_assets": 15000.0, "e05_cost": 8000.0, "e05_estimated": "cost",
    "e06": "yes", "e08": "yes", "e09": "yes", "e17": "yes",
    **FUNCTIONS, "e07_use_core": "routine", "e07_use_office": "pilot", "e07_results": "yes", "e07_since": "2024",
    "e10_agents": 6, "e10_points": 10, "e10_kinds": "service", "e10_since": "2025",
    "e11_built": 1, "e11_bought": 2, "e11_platform": 3,
    "e12_autonomous": 2, "e12_stoppable": 6, "e13_tasks": 9000, "e13_basis": "records",
    "e14": "service documents", "e15": "oa", "e16": "closed_domestic",
    **TERMINALS, "e18_n_t3_all": 120, "e18_n_t3_ai": 30, "e18_n_t9_all": 20, "e18_n_t9_ai": 20, "e18_since": "2023",
    "e19_opening": 40, "e19_added": 15, "e19_retired": 5,
    "e20": "yes", "e21_class.1": "t9", "e21_output.1": 1000, "e21_sold.1": 900, "e21_value.1": 72.0,
    "e22_revenue": 3000.0, "e22_exports": 100.0, "e22_estimated": "none", "e22_class": "03", "e23": "no",
    "e24_name.1": "智能客服", "e24_function.1": "core", "e24_area.1": "industry", "e24_kind.1": "agent",
    "e24_stage.1": "routine", "e24_start.1": datetime.date(2025, 3, 1), "e24_users.1": 60,
    "e24_effect.1": "efficiency", "e24_percent.1": 20.0, "e24_evidence.1": "台账3号",
    "e24_name.2": "公文起草", "e24_function.2": "office", "e24_area.2": "industry", "e24_kind.2": "application",
    "e24_stage.2": "pilot", "e24_start.2": DK, "e24_users.2": 5, "e24_effect.2": "none",
    **STAGES, "e25_stages_design": "used", "e25_stages_analysis": "main", "e25_model": "apply",
    "e26_platforms": 2, "e26_upgraded": 1, "e26_projects": 3, "e26_crossing": 1,
    "e27_datasets": 4, "e27_open": 1, "e27_volume": 10.5, "e27_joint": "yes", "e27_evidence": "https://example.cn/d",
    "e28_software": 20.0, "e28_model": 10.0, "e28_compute": 30.0, "e28_equipment": 40.0, "e28_data": 5.0,
    "e28_staff": 90.0, "e28_rest": 5.0, "e28_total": 200.0, "e28_fixed": 40.0, "e28_rd": 60.0,
    "e28_estimated": "staff", "e28_accelerators": 8, "e29": 80, "e30": 60,
    "e31_created": 1, "e31_redesigned": 4, "e31_removed": 0, "e32_measures": "rules", "e32_incidents": 0,
    "e33_projects": 1, "e33_standards": 0, "e33_releases": 2, "e33_evidence": "示例项目", "e34": "cost data",
    "e35": "compute", "e36": "records", "e37_minutes": 45, "e38_principal": "示例甲", "e38_statistician": "示例乙",
    "e38_filler": "示例丙", "e38_phone": "010-12345678", "e38_date": TODAY, "e38_confirm": True,
}  # fmt: skip
NOT_ASKED_OF_NONUSERS = {"e06": "no", "e09": "no", "e17": "no"}
NO_INTELLIGENT_TERMINAL = {name: None for name in TERMINALS if name.endswith("_ai")} | {"e18_since": None}
PREFILLED = {"e01": USER["e01"], "e02_region": "110000", "e03_division": "65", "e03_class": "6513", "e04_staff": 117}
SAMPLE = {"annual": "yes", "register_section": "I", "register_revenue": Decimal(11000)}


def given(last: Changes | None = None, **sample: object) -> Given:
    return Given(prefilled=said(PREFILLED), last=said(last or {}), sample=SAMPLE | sample, arms={})  # type: ignore[arg-type]


def findings(
    questionnaire: Questionnaire,
    changes: Changes,
    known: Given | None = None,
) -> list[tuple[str, str]]:
    found = run_checks(questionnaire, said(USER | dict(changes)), given=known or given())
    return [(finding.check_id, finding.severity) for finding in found]


def test_it_asks_thirty_eight_questions_in_the_order_of_the_plan(enterprise: Questionnaire) -> None:
    order = [question.id for page in enterprise.pages for question in page.questions]
    assert sorted(order) == [f"E-{number:02}" for number in range(1, 39)]
    assert [question for question in order if question not in ("E-08", "E-09", "E-17")] == [
        question for question in sorted(order) if question not in ("E-08", "E-09", "E-17")
    ]
    assert list(enterprise.definitions) == [f"DEF-{number}" for number in range(1, 8)]
    assert enterprise.header.table_number == "AI+E101"
    assert enterprise.header.illustrative


def test_the_core_is_what_a_unit_without_the_annual_module_is_asked(enterprise: Questionnaire) -> None:
    asked = route(enterprise, said(USER), given=given(annual="no")).questions
    assert list(asked) == CORE
    everything = route(enterprise, said(USER), given=given()).questions
    assert len(everything) == 38
    titles = {page.id: page.title for page in enterprise.pages}
    for page in enterprise.pages:
        annual = not {question.id for question in page.questions} & set(CORE)
        assert titles[page.id]["zh"].startswith("年度附加部分：") == annual, page.id
        assert titles[page.id]["en"].startswith("Annual module: ") == annual, page.id


@pytest.mark.parametrize(
    "changes",
    [
        {},
        NOT_ASKED_OF_NONUSERS | NO_INTELLIGENT_TERMINAL,
        {"e06": DK, "e09": DK, "e17": DK} | NO_INTELLIGENT_TERMINAL,
        {"e05_revenue": DK, "e05_assets": DK, "e05_cost": DK, "e05_estimated": "none"},
        {"e20": "no"},
        {"e04_rd": 0},
    ],
)
@pytest.mark.parametrize("annual", ["yes", "no"])
def test_complete_units_pass_every_edit(enterprise: Questionnaire, changes: Changes, annual: str) -> None:
    assert findings(enterprise, changes, given(annual=annual)) == []
    assert findings(enterprise, changes, given(last=USER, annual=annual)) == []  # the same answers as last time


def test_each_gate_is_asked_of_every_unit_whatever_it_answers(enterprise: Questionnaire) -> None:
    for gates in ({}, NOT_ASKED_OF_NONUSERS, {"e06": DK, "e09": DK, "e17": DK}):
        for annual in ("yes", "no", None):
            asked = route(enterprise, said(gates), given=given(annual=annual)).questions
            assert [question for question in GATES if question in asked] == GATES


# Use of one kind alone: each opens the pages for users.
ONE_KIND: list[Changes] = [NOT_ASKED_OF_NONUSERS | {gate: "yes"} for gate in ("e06", "e09", "e17")]
# Every page that is not asked of every unit: changes of USER with which it is asked, and with which it is not.
ROUTES: dict[str, tuple[list[Changes], list[Changes]]] = {
    "functions": ([{}], [{"e06": "no"}, {"e06": DK}]),
    "agents": ([{}, {"e06": "no"}], [{"e09": "no"}, {"e09": DK}]),
    "agent-uses": ([{}, {"e06": DK}], [{"e09": "no"}, {"e09": DK}, {"annual": "no"}]),
    "models": ([{}], [{"e06": "no"}, {"e06": DK}, {"annual": "no"}]),
    "terminals": ([{}, {"annual": "no"}, {"e17": "no"}, {"e17": DK}], [{"e17": "no", "annual": "no"}]),
    "terminal-change": ([{}], [{"e17": "no"}, {"e17": DK}, {"annual": "no"}]),
    "products": ([{}, NOT_ASKED_OF_NONUSERS], [{"annual": "no"}]),
    "produced": (
        [{}, *({"e20": "no", "e03_division": str(division)} for division in range(34, 40))],
        [{"e20": "no"}, {"e20": DK}, {"e20": "no", "e03_division": "33"}, {"e20": "no", "e03_division": "40"},
         {"annual": "no"}],
    ),
    "income": ([{}, NOT_ASKED_OF_NONUSERS], [{"annual": "no"}]),
    "cases": (
        [{}, *ONE_KIND, {"e06": "no", "e09": DK}, {"e09": "no", "e17": "no"}, {"e06": DK, "e17": DK}],
        [NOT_ASKED_OF_NONUSERS, {"annual": "no"}],
    ),
    "research": ([{}, NOT_ASKED_OF_NONUSERS, {"e04_rd": 1}], [{"e04_rd": 0}, {"annual": "no"}]),
    "spending": ([{}, *ONE_KIND, {"e06": "no", "e17": "no"}], [NOT_ASKED_OF_NONUSERS, {"annual": "no"}]),
    "people": ([{}, *ONE_KIND, {"annual": "no"}, {"e06": DK, "e09": "no"}], [NOT_ASKED_OF_NONUSERS]),
    "training": ([{}, NOT_ASKED_OF_NONUSERS], [{"annual": "no"}]),
    "posts": ([{}, *ONE_KIND, {"e06": "no", "e09": "no"}], [NOT_ASKED_OF_NONUSERS, {"annual": "no"}]),
    "governance": ([{}, *ONE_KIND, {"e09": DK, "e17": "no"}], [NOT_ASKED_OF_NONUSERS, {"annual": "no"}]),
    "cooperation": ([{}, NOT_ASKED_OF_NONUSERS], [{"annual": "no"}]),
    "barriers": ([{}, NOT_ASKED_OF_NONUSERS], [{"annual": "no"}]),
}  # fmt: skip


@pytest.mark.parametrize("page", ROUTES)
def test_each_route_leads_to_its_page_and_past_it(enterprise: Questionnaire, page: str) -> None:
    for asked, cases in zip((True, False), ROUTES[page], strict=True):
        for changes in cases:
            known = given(annual=changes.get("annual", "yes"))
            answers = said(USER | {name: value for name, value in changes.items() if name != "annual"})
            assert (page in route(enterprise, answers, given=known).pages) == asked, changes


def test_every_page_with_a_condition_is_tested_above(enterprise: Questionnaire) -> None:
    assert {page.id for page in enterprise.pages if page.relevant is not None} == set(ROUTES)
    assert not [question.id for page in enterprise.pages for question in page.questions if question.relevant]


def test_a_unit_whose_module_is_not_said_answers_the_core(enterprise: Questionnaire) -> None:
    known = Given(prefilled=said(PREFILLED), last={}, sample={}, arms={})
    assert list(route(enterprise, said(USER), given=known).questions) == CORE


@dataclasses.dataclass(frozen=True)
class Edit:
    """What fires one edit and what, as near to it as can be, does not."""

    severity: str
    fires: tuple[Changes, ...]
    quiet: tuple[Changes, ...] = ({},)
    also: tuple[tuple[str, str], ...] = ()  # what else fires with it, and should


def case(
    severity: str, fires: Changes | tuple[Changes, ...], quiet: Changes | tuple[Changes, ...] = (), **also: str
) -> Edit:
    """An edit; in changes, `last:x` is an answer of the last wave and `sample:x` the unit's row in the sample."""
    many = [(one,) if isinstance(one, Mapping) else one or ({},) for one in (fires, quiet)]
    return Edit(severity, many[0], many[1], tuple(also.items()))


def _agents(number: int) -> Changes:
    return {"e10_agents": number, "e10_points": max(number, 10), "e11_platform": number - 3, "e12_stoppable": number}


def _fleet(total: int, column: str) -> Changes:
    """The terminals of the last wave."""
    return {f"last:e18_{column}": total}


def _row(number: int, roster: str, **cells: object) -> Changes:
    return {f"{roster}_{column}.{number}": value for column, value in cells.items()}


LATER = datetime.date(2027, 4, 1)
NO_SPENDING = {f"e28_{part}": 0.0 for part in ("software", "model", "compute", "equipment", "data", "staff", "rest",
                                               "fixed", "rd")}  # fmt: skip
CONSULTANT = {"e03_division": "72", "e03_class": "7243", "sample:register_section": "L"}
# Bounds of the value of a device in yuan, by class.
PRICES = {"t1": (20_000, 2_000_000), "t2": (300, 20_000), "t3": (1000, 50_000), "t4": (10_000, 3_000_000),
          "t5": (1000, 1_000_000), "t6": (20, 50_000), "t7": (30, 20_000), "t8": (200, 500_000),
          "t9": (50, 100_000)}  # fmt: skip
NO_FUNCTION = {"e07_use_core": "none", "e07_use_office": "none", "e07_results": "not_applicable"}
SMALLER = {"e29": 50, "e24_users.1": 5, "e30": 5, "e18_n_t3_all": 50}
FUNCTIONS_OF_LIST = {"e07_use_rd": "routine", "e07_use_supply": "routine"}
EDITS: dict[str, Edit] = {
    "region_changed": case("soft", {"e02_region": "440000"}),
    "class_has_four_digits": case("hard", ({"e03_class": "65a3"}, {"e03_class": "651"}), {"e03_class": "6540"}),
    "class_in_division": case("hard", {"e03_class": "6410"}, {"e03_class": "6410", "e03_division": "64"}),
    "section_changed": case(
        "soft", {"e03_division": "39", "e03_class": "3911"}, {"e03_division": "63", "e03_class": "6312"}
    ),
    "rd_within_staff": case("hard", {"e04_rd": 121}, {"e04_rd": 120}),
    "staff_far_from_register": case(
        "soft", ({"e04_staff": 240}, {"e04_staff": 55} | SMALLER),
        ({"e04_staff": 239}, {"e04_staff": 56} | SMALLER, {"e04_staff": 240, "last:e04_staff": 200}),
    ),
    "staff_changed": case(
        "soft", ({"e04_staff": 242, "last:e04_staff": 120}, {"last:e04_staff": 241}),
        ({"e04_staff": 240, "last:e04_staff": 120}, {"last:e04_staff": 240}, {"last:e04_staff": DK}),
    ),
    "revenue_per_person": case(
        "soft", ({"e05_revenue": 240_000.01}, {"e05_revenue": 359.99, "e22_revenue": 0.0, "e22_exports": 0.0}),
        ({"e05_revenue": 240_000.0}, {"e05_revenue": 360.0, "e22_revenue": 0.0, "e22_exports": 0.0}),
    ),
    "revenue_unit": case(
        "soft",
        ({"sample:register_revenue": Decimal("5.99")}, {"sample:register_revenue": Decimal(24_000_001)},
         {"last:e05_revenue": 5.0}),
        ({"sample:register_revenue": Decimal(6)}, {"sample:register_revenue": Decimal(24_000_000)},
         {"last:e05_revenue": 6.0, "sample:register_revenue": Decimal(1)}),
    ),
    "amounts_apart": case(
        "soft", {"e05_assets": 40_000_000.01}, ({"e05_assets": 40_000_000.0}, {"e05_assets": 0.0})
    ),
    "ai_no_stands": case(
        "soft", ({"e06": "no"}, {"e06": "no", "e09": "no"}, {"e06": "no", "e09": DK}),
        (NOT_ASKED_OF_NONUSERS | NO_INTELLIGENT_TERMINAL, {"e06": DK}),
    ),
    "some_function": case(
        "hard", NO_FUNCTION,
        tuple(NO_FUNCTION | {name: "pilot", "e07_results": "no" if name == "e07_use_core" else "not_applicable"}
              for name in FUNCTIONS),
    ),
    "results_fit_core": case(
        "hard", ({"e07_results": "not_applicable"}, {"e07_use_core": "none"}),
        ({"e07_results": "no"}, {"e07_use_core": "pilot"}, {"e07_results": DK}),
    ),
    "functions_since_not_future": case(
        "hard", {"e07_since": "2027"}, ({"e07_since": "2026"}, {"e07_since": "2027", "e38_date": LATER})
    ),
    "points_cover_agents": case("hard", {"e10_points": 5}, ({"e10_points": 6}, {"e10_points": DK})),
    "kinds_are_agents": case(
        "soft", ({"e10_kinds": "chat"}, {"e10_kinds": "chat script"}),
        ({"e10_kinds": "service chat"}, {"e10_kinds": "operations"}, {"e10_kinds": DK},
         {"e10_kinds": "other", "e10_kinds_other_text": "自行安排会议"}),
    ),
    "agents_grew": case("soft", {"last:e10_agents": 1}, _agents(5) | {"last:e10_agents": 1}),
    "points_grew": case("soft", {"last:e10_points": 1}, {"last:e10_points": 2}),
    "agents_many_for_staff": case("soft", _agents(121), _agents(120)),
    "agents_since_not_future": case(
        "hard", {"e10_since": "2027"}, ({"e10_since": "2026"}, {"e10_since": "2027", "e38_date": LATER})
    ),
    "origins_add_up": case("hard", {"e11_built": 2}, ({"e11_built": 2, "e11_bought": 1}, {"e11_built": DK})),
    "autonomous_within_agents": case("hard", {"e12_autonomous": 7}, {"e12_autonomous": 6}),
    "stoppable_within_agents": case("hard", {"e12_stoppable": 7}, {"e12_stoppable": 5}),
    "nobody_can_stop": case(
        "soft", {"e12_stoppable": 0}, ({"e12_stoppable": 1}, {"e12_stoppable": 0, "e12_autonomous": 0})
    ),
    "tasks_many_for_agents": case("soft", {"e13_tasks": 600_001}, {"e13_tasks": 600_000}),
    **{
        f"{row}_part_of_all": case(
            "hard", {f"e18_n_{row}_all": 1, f"e18_n_{row}_ai": 2}, {f"e18_n_{row}_all": 2, f"e18_n_{row}_ai": 2}
        )
        for row in [*(f"t{i}" for i in (1, 2, 4, 5, 6, 7, 8)), "byod"]
    },
    "t3_part_of_all": case("hard", {"e18_n_t3_all": 29}, {"e18_n_t3_all": 30}),
    "t9_part_of_all": case("hard", {"e18_n_t9_ai": 21}, {"e18_n_t9_ai": 19}),
    "t10_part_of_all": case(
        "hard", {"e18_n_t10_all": 1, "e18_n_t10_ai": 2, "e18_other": "示例"},
        {"e18_n_t10_all": 1, "e18_n_t10_ai": 1, "e18_other": "示例"},
    ),
    "some_terminal": case(
        "hard",
        {"e18_n_t3_ai": 0, "e18_n_t9_ai": 0, "e18_n_byod_all": 3, "e18_n_byod_ai": 3, "e19_added": DK},
        {"e18_n_t3_ai": 0, "e18_n_t9_ai": 1, "e19_added": DK},
    ),
    "no_terminal_means_none": case(
        "hard", ({"e17": "no"}, {"e17": "no"} | NO_INTELLIGENT_TERMINAL | {"e18_n_t9_ai": 1}),
        ({"e17": "no"} | NO_INTELLIGENT_TERMINAL, {"e17": "no", "e18_n_t3_ai": 0, "e18_n_t9_ai": 0}, {"e17": DK}),
    ),
    "all_changed": case(
        "soft", (_fleet(27, "all"), _fleet(701, "all")), (_fleet(28, "all"), _fleet(700, "all"), _fleet(0, "all"))
    ),
    "ai_changed": case(
        "soft", tuple(_fleet(n, "ai") | {"e19_added": DK, "e19_retired": DK} for n in (9, 251)),
        tuple(_fleet(n, "ai") | {"e19_added": DK, "e19_retired": DK} for n in (10, 250, 0)),
    ),
    "phones_and_pcs_many": case("soft", {"e18_n_t2_all": 241}, {"e18_n_t2_all": 240}),
    "terminals_since_not_future": case(
        "hard", {"e18_since": "2027"}, ({"e18_since": "2026"}, {"e18_since": "2027", "e38_date": LATER})
    ),
    "stock_identity": case(
        "soft", ({"e19_opening": 43}, {"e19_opening": 37}), ({"e19_opening": 42}, {"e19_opening": 38})
    ),
    "stock_since_last": case("soft", (_fleet(32, "ai"), _fleet(58, "ai")), (_fleet(33, "ai"), _fleet(57, "ai"))),
    "class_once": case(
        "hard", _row(2, "e21", **{"class": "t9", "output": 1, "sold": 0, "value": 0.0}),
        _row(2, "e21", **{"class": "t5", "output": 1, "sold": 1, "value": 5.0}),
    ),
    "sales_within_revenue": case(
        "hard",
        ({"e21_sold.1": 150_000, "e21_value.1": 12_000.01},
         {"e21_sold.1": 150_000, "e21_value.1": 11_000.0}
         | _row(2, "e21", **{"class": "t5", "output": 1, "sold": 100, "value": 1001.0})),
        {"e21_sold.1": 150_000, "e21_value.1": 12_000.0},
    ),
    "value_of_a_device": case(
        "soft",
        tuple({"e21_class.1": kind, "e21_sold.1": 10, "e21_value.1": value}
              for kind, (low, high) in PRICES.items() for value in (low / 1000 - 0.01, high / 1000 + 0.01)),
        (*({"e21_class.1": kind, "e21_sold.1": 10, "e21_value.1": value}
           for kind, (low, high) in PRICES.items() for value in (low / 1000, high / 1000)),
         {"e21_class.1": "t10", "e21_class_t10_text.1": "示例", "e21_sold.1": 1, "e21_value.1": 11_000.0}),
    ),
    "ai_revenue_within_revenue": case("hard", {"e22_revenue": 12_000.01}, {"e22_revenue": 12_000.0}),
    "exports_within_ai_revenue": case("hard", {"e22_exports": 3000.01}, {"e22_exports": 3000.0}),
    "ai_revenue_share": case(
        "soft", CONSULTANT | {"e22_revenue": 10_800.01},
        (CONSULTANT | {"e22_revenue": 10_800.0}, {"e22_revenue": 11_000.0},
         {"e03_division": "39", "e03_class": "3911", "sample:register_section": "C", "e22_revenue": 11_000.0}),
    ),
    "case_started": case("hard", {"e24_start.2": TODAY + datetime.timedelta(1)}, {"e24_start.2": TODAY}),
    "case_users_within_staff": case("hard", {"e24_users.2": 121}, ({"e24_users.2": 120}, {"e24_users.2": DK})),
    "case_percent": case(
        "soft", ({"e24_percent.1": -50.1}, {"e24_percent.1": 200.1}),
        ({"e24_percent.1": -50.0}, {"e24_percent.1": 200.0}),
    ),
    "case_named_twice": case("soft", {"e24_name.2": "智能客服"}, {"e24_name.2": "智能客服二"}),
    "cases_cover_routine": case(
        "soft", tuple({"e07_use_office": "routine", name: "routine"} for name in FUNCTIONS if name[8:] not in
                      ("core", "office")),
        (*({name: "routine"} for name in FUNCTIONS), {"e06": DK},
         FUNCTIONS_OF_LIST | {name: None for name in USER if "e24" in name}),
    ),
    "upgraded_within_platforms": case("hard", {"e26_upgraded": 3}, {"e26_upgraded": 2}),
    "crossing_within_projects": case("hard", {"e26_crossing": 4}, {"e26_crossing": 3}),
    "open_within_datasets": case("hard", {"e27_open": 5}, {"e27_open": 4}),
    "open_has_address": case("soft", {"e27_evidence": None}, {"e27_evidence": None, "e27_open": 0}),
    "total_e28_total": case(
        "hard", ({"e28_total": 200.01}, {"e28_rest": 5.01}), ({"e28_rest": DK}, {"e28_total": DK})
    ),
    "fixed_within_total": case("hard", {"e28_fixed": 200.01}, {"e28_fixed": 200.0}),
    "rd_within_total": case("hard", {"e28_rd": 200.01}, {"e28_rd": 200.0}),
    "spending_large": case(
        "soft", {"e28_staff": 2290.01, "e28_total": 2400.01}, {"e28_staff": 2290.0, "e28_total": 2400.0}
    ),
    "spending_zero": case(
        "soft", NO_SPENDING | {"e28_total": 0.0}, NO_SPENDING | {"e28_rest": 0.01, "e28_total": 0.01}
    ),
    "accelerators_many": case("soft", {"e28_accelerators": 12_001}, {"e28_accelerators": 12_000}),
    "users_within_staff": case("hard", {"e29": 121}, {"e29": 120}),
    "trained_within_twice_staff": case("hard", {"e30": 241}, {"e30": DK}, trained_within_staff="soft"),
    "trained_within_staff": case("soft", ({"e30": 121}, {"e30": 240}), {"e30": 120}),
    "posts_within_staff": case(
        "soft", tuple({f"e31_{name}": 121} for name in ("created", "redesigned", "removed")),
        ({"e31_created": 120, "e31_redesigned": 120, "e31_removed": 120}, {"e31_created": DK, "e31_removed": DK}),
    ),
    "cooperation_has_evidence": case(
        "soft", {"e33_evidence": None}, {"e33_evidence": None, "e33_projects": 0, "e33_releases": 0}
    ),
    "minutes_many": case("soft", {"e37_minutes": 241}, {"e37_minutes": 240}),
    "phone_is_a_number": case("hard", ({"e38_phone": "办公室"}, {"e38_phone": "123456"}), {"e38_phone": "1234567"}),
}  # fmt: skip


def _found(questionnaire: Questionnaire, changes: Changes) -> list[tuple[str, str]]:
    last = {name.removeprefix("last:"): value for name, value in changes.items() if name.startswith("last:")}
    sample = {name.removeprefix("sample:"): value for name, value in changes.items() if name.startswith("sample:")}
    plain = {name: value for name, value in changes.items() if ":" not in name}
    return findings(questionnaire, plain, given(last, **sample))


@pytest.mark.parametrize("check", EDITS)
def test_each_edit_fires_alone_just_beyond_its_bound_and_not_at_it(enterprise: Questionnaire, check: str) -> None:
    edit = EDITS[check]
    for changes in edit.fires:
        assert sorted(set(_found(enterprise, changes))) == sorted({(check, edit.severity), *edit.also}), changes
    for changes in edit.quiet:
        assert check not in dict(_found(enterprise, changes)), changes


def test_every_edit_of_the_file_is_tested_above(enterprise: Questionnaire) -> None:
    assert {check.id: check.severity for check in enterprise.checks} == {
        check: edit.severity for check, edit in EDITS.items()
    }


def test_every_finding_is_a_sentence_in_both_languages_with_its_figures(enterprise: Questionnaire) -> None:
    for check, edit in EDITS.items():
        changes = {name: value for name, value in edit.fires[0].items() if ":" not in name}
        last = {name.removeprefix("last:"): value for name, value in edit.fires[0].items() if name.startswith("last:")}
        sample = {n.removeprefix("sample:"): v for n, v in edit.fires[0].items() if n.startswith("sample:")}
        found = run_checks(enterprise, said(USER | changes), given=given(last, **sample))
        (finding, *_) = [finding for finding in found if finding.check_id == check]
        assert finding.message["zh"].endswith("。"), check
        assert finding.message["en"].endswith("."), check
        assert "${" not in finding.message["zh"] + finding.message["en"], check
        assert not re.search(r"（ |\( |（\)| ,|  ", finding.message["zh"] + finding.message["en"]), finding.message
        assert not re.search(r"[\u3000-\u9fff]", finding.message["en"]), finding.message["en"]


@pytest.mark.parametrize(
    ("name", "wanted", "free"),
    [
        ("e13_basis", {}, {"e13_tasks": DK}),
        ("e18_other", {"e18_n_t10_all": 1}, {"e18_n_t10_all": 0}),
        ("e18_n_t3_ai", {}, {"e17": "no"} | NO_INTELLIGENT_TERMINAL),
        ("e18_since", {}, {"e17": "no"} | NO_INTELLIGENT_TERMINAL),
        ("e22_class", {}, {"e22_revenue": 0.0, "e22_exports": 0.0}),
        ("e24_percent.1", {"e24_effect.1": "cost"}, {"e24_effect.1": "quality"}),
    ],
)
def test_what_is_required_only_where_it_means_something(
    enterprise: Questionnaire, name: str, wanted: Changes, free: Changes
) -> None:
    assert findings(enterprise, {**wanted, name: None}) == [(f"required_{name}", "hard")]
    assert findings(enterprise, {**free, name: None}) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_dont_know_to_a_function_breaks_nothing(enterprise: Questionnaire, function: str) -> None:
    assert findings(enterprise, {function: DK}) == []
    assert findings(enterprise, {**NO_FUNCTION, function: DK, "e07_results": DK}) == []


@pytest.mark.parametrize("name", ["e10_agents", "e10_points", "e11_built", "e12_autonomous", "e13_tasks", "e19_added",
                                  "e22_revenue", "e26_platforms", "e27_open", "e28_total", "e30", "e31_created",
                                  "e32_incidents", "e33_projects", "e21_value.1", "e24_users.1"])  # fmt: skip
def test_dont_know_to_a_count_or_amount_breaks_nothing(enterprise: Questionnaire, name: str) -> None:
    assert findings(enterprise, {name: DK}) == []


def test_a_no_contradicted_by_a_terminal_is_asked_about_once_and_may_stand(enterprise: Questionnaire) -> None:
    answers = said(USER | {"e06": "no", "e09": "no"})
    (finding,) = run_checks(enterprise, answers, given=given())
    assert (finding.check_id, finding.page, finding.fields) == ("ai_no_stands", "use", ("e06",))
    assert run_checks(enterprise, answers, given=given(), confirmed=["ai_no_stands"]) == ()


def test_a_finding_of_a_roster_names_the_row(enterprise: Questionnaire) -> None:
    (finding,) = run_checks(enterprise, said(USER | {"e24_users.2": 121}), given=given())
    assert (finding.fields, finding.page) == (("e24_users.2",), "cases")


def test_use_cases_are_asked_for_once_there_is_use(enterprise: Questionnaire) -> None:
    without = {name: value for name, value in USER.items() if not name.startswith("e24_")}
    found = run_checks(enterprise, said(without), given=given())
    assert [finding.severity for finding in found if finding.page == "cases"][:1] == ["hard"]
    rosters = {roster.question: (roster.min_rows, roster.max_rows) for roster in enterprise.rosters.values()}
    assert rosters == {"E-21": (0, 10), "E-24": (1, 20)}


# The rule of 2017, written down apart: (first division, last), then the lower bounds of persons, revenue, assets.
X300 = (300, 100, 10)
SIZE_RULE: list[tuple[str, tuple[int, ...] | None, tuple[int, ...] | None, tuple[int, ...] | None]] = [
    ("01-05", None, (20000, 500, 50), None),
    ("06-46", (1000, 300, 20), (40000, 2000, 300), None),
    ("47-50", None, (80000, 6000, 300), (80000, 5000, 300)),
    ("51-51", (200, 20, 5), (40000, 5000, 1000), None),
    ("52-52", (300, 50, 10), (20000, 500, 100), None),
    ("54-58", (1000, 300, 20), (30000, 3000, 200), None),
    ("59-59", (200, 100, 20), (30000, 1000, 100), None),
    ("60-60", (1000, 300, 20), (30000, 2000, 100), None),
    ("61-62", X300, (10000, 2000, 100), None),
    ("63-64", (2000, 100, 10), (100000, 1000, 100), None),
    ("65-65", X300, (10000, 1000, 50), None),
    ("701-701", None, (200000, 1000, 100), (10000, 5000, 2000)),
    ("702-702", (1000, 300, 100), (5000, 1000, 500), None),
    ("703-709", X300, None, None),
    ("71-72", X300, None, (120000, 8000, 100)),
    *((f"{group}-{group}", X300, None, None) for group in ("53", "66", "73", "82", "83", "84", "85", "90", "97")),
]


@pytest.mark.parametrize("rule", SIZE_RULE, ids=lambda rule: rule[0])
def test_the_size_class_follows_the_rule_at_every_bound(enterprise: Questionnaire, rule) -> None:
    codes, *bounds = rule
    names = ("e04_staff", "e05_revenue", "e05_assets")
    for code in codes.split("-"):
        unit = {"e03_division": code[:2], "e03_class": code.ljust(4, "0")} | dict.fromkeys(names, 10**6)
        assert _size(enterprise, unit) == 1
        for name, levels in zip(names, bounds, strict=True):
            for size, bound in enumerate(levels or (), start=1):
                assert _size(enterprise, unit | {name: bound}) == size, (code, name, bound)
                assert _size(enterprise, unit | {name: bound - 1}) == size + 1, (code, name, bound)
            if levels is None:
                assert _size(enterprise, unit | {name: 1}) == 1  # a figure the rule does not look at


def _size(questionnaire: Questionnaire, unit: Changes) -> object:
    from forms.routing import route_values

    money = {name: float(str(value)) if name.startswith("e05") else value for name, value in unit.items()}
    return route_values(questionnaire, said(USER | money), given=given())[1]["e05_size"]


def test_the_section_follows_from_the_division(enterprise: Questionnaire) -> None:
    from forms.routing import route_values

    for division in INDUSTRY_DIVISIONS:
        values = route_values(enterprise, said({"e03_division": division.code}), given=given())[1]
        assert values["e03_section"] == section_of_division(division.code)


BANDS = {"A": (0.5, 500), "B": (5, 2000), "C": (5, 1500), "D": (10, 5000), "E": (3, 1500), "F": (3, 20_000),
         "G": (3, 2000), "H": (2, 200), "I": (3, 2000), "J": (5, 10_000), "K": (2, 5000), "L": (1, 2000),
         "T": (1, 2000)}  # fmt: skip


@pytest.mark.parametrize("section", BANDS)
def test_the_band_of_revenue_per_person_is_that_of_the_section(enterprise: Questionnaire, section: str) -> None:
    division = next(code.code for code in INDUSTRY_DIVISIONS if section_of_division(code.code) == section)
    low, high = BANDS[section]
    for revenue, outside in (
        (120 * low, False),
        (120 * high, False),
        (120 * low - 0.01, True),
        (120 * high + 0.01, True),
    ):
        unit = {"e03_division": division, "e05_revenue": float(revenue)}
        assert ("revenue_per_person" in dict(findings(enterprise, unit))) == outside, (section, revenue)


def test_denominators_are_asked_of_every_unit_they_are_published_for(enterprise: Questionnaire) -> None:
    """What rates and ratios divide by is asked of every unit, of the whole sample or of the whole annual module."""
    everyone = ["e04_staff", "e05_cost", "e05_revenue", "e06", "e08", "e09", "e17"]
    module = [*(f"e18_n_t{i}_all" for i in range(1, 11)), "e20", "e22_revenue", "e23", "e30", "e33_projects", "e34"]
    for gates in ({}, NOT_ASKED_OF_NONUSERS, {"e06": DK, "e09": DK, "e17": DK}):
        assert set(everyone) <= set(route(enterprise, said(USER | gates), given=given(annual="no")).fields)
        assert {*everyone, *module} <= set(route(enterprise, said(USER | gates), given=given()).fields)


def test_the_form_says_whether_the_annual_module_was_asked(enterprise: Questionnaire) -> None:
    from forms.routing import route_values

    for annual in ("yes", "no"):
        assert route_values(enterprise, said(USER), given=given(annual=annual))[1]["e37_annual"] == (annual == "yes")


def test_the_years_of_first_use_are_asked_on_the_page_of_each_kind(enterprise: Questionnaire) -> None:
    for name in ("e07_since", "e10_since", "e18_since"):
        leaf = enterprise.fields[name]
        assert [choice.code for choice in leaf.choices] == [*map(str, range(2027, 2019, -1)), "earlier", "dont_know"]


def test_the_wording_of_e06_has_two_arms_and_the_headline_is_the_own_one(enterprise: Questionnaire) -> None:
    from forms import wording_of

    question = enterprise.question("E-06")
    known = given()
    own = wording_of(question, known)
    assert own.text == question.text and "任何业务环节" in own.text["zh"]
    assert wording_of(question, dataclasses.replace(known, arms={"w2026": "a"})) == own
    other = wording_of(question, dataclasses.replace(known, arms={"w2026": "b"}))
    assert "生产产品或提供服务" in other.text["zh"] and "producing its goods" in other.text["en"]
    assert [q.id for page in enterprise.pages for q in page.questions if q.headline] == ["E-06", "E-09", "E-17"]


def test_money_says_its_unit_its_rules_and_what_is_estimated(enterprise: Questionnaire) -> None:
    money = {name: leaf for name, leaf in enterprise.fields.items() if leaf.kind == "money"}
    assert len(money) == 16
    assert {leaf.money_unit for leaf in money.values()} == {"wan"}
    assert all(leaf.dont_know and leaf.min == 0 for leaf in money.values())
    for question in {leaf.question for leaf in money.values()}:
        assert "DEF-6" in enterprise.question(question).definitions
        amounts = {n.split("_")[1] for n, leaf in money.items() if leaf.question == question}
        flags = enterprise.fields[f"e{question[2:]}_estimated"]
        if flags.kind == "selN":
            assert {choice.code for choice in flags.choices} == amounts | {"none"}
    text = enterprise.definitions["DEF-6"].text["zh"] + enterprise.definitions["DEF-7"].text["zh"]
    for rule in ("本法人单位", "不含增值税", "权责发生制", "捆绑", "不清楚", "估计数"):
        assert rule in text
    assert "DEF-7" in set(enterprise.question("E-22").definitions) & set(enterprise.question("E-28").definitions)


def test_terminal_classes_have_tests_that_anybody_can_make_and_own_devices_a_row(enterprise: Questionnaire) -> None:
    assert re.search(r"20\d\d年\d+月版", enterprise.definitions["DEF-3"].title["zh"])
    assert "断网时仍能运行本地模型" in enterprise.definitions["DEF-3"].text["zh"]
    assert {"e18_n_byod_all", "e18_n_byod_ai"} <= set(enterprise.fields)


def test_dont_know_is_offered_on_questions_of_fact_and_never_on_identity(enterprise: Questionnaire) -> None:
    leaves = dict(enterprise.fields)
    offered = {name for name, leaf in leaves.items() if leaf.dont_know}
    assert not any(leaves[name].identity for name in offered)
    typed = {
        name for name, leaf in leaves.items() if leaf.kind in ("int", "dec", "money", "pct") and not leaf.dont_know
    }
    # E-29 has it among its bands, E-18 takes estimates instead (22 boxes), E-04 is a denominator, E-37 is of the form.
    assert typed == {"e04_staff", "e04_rd", "e29", "e37_minutes", *TERMINALS}
    chosen = {name for name, leaf in leaves.items() if leaf.kind in ("sel1", "selN", "code") and not leaf.dont_know}
    # Identity and codes of the unit; which figures are estimates, and what they rest on; what a row is; opinions.
    assert chosen == {
        "e02_region", "e03_division", "e03_registration", "e05_estimated", "e13_basis", "e21_class", "e22_estimated",
        "e24_area", "e24_effect", "e24_function", "e24_kind", "e24_stage", "e28_estimated", "e34", "e35", "e36",
    }  # fmt: skip


def test_what_comes_back_from_the_last_return(enterprise: Questionnaire) -> None:
    back = {
        name: leaf.prefill.mode for name, leaf in enterprise.fields.items() if leaf.prefill and leaf.prefill.last_wave
    }
    cases = dict.fromkeys(enterprise.rosters["e24"].names, "editable")
    edited = ("e05_revenue", "e05_assets", "e05_cost", "e07_since", "e10_since", "e18_since")
    assert back == cases | dict.fromkeys(edited, "editable") | dict.fromkeys(
        ("e04_rd", "e10_agents", "e10_points"), "shown"
    )


def test_who_signs_and_what_could_name_a_unit_are_never_exported(enterprise: Questionnaire) -> None:
    hidden = {name for name, leaf in enterprise.fields.items() if leaf.identity}
    signed = {f"e38_{part}" for part in ("principal", "statistician", "filler", "phone")}
    named = {"e24_name", "e24_evidence", "e27_evidence", "e33_evidence"}
    assert hidden == {"e01", "e02_name", "e02_address", "e37_remarks"} | signed | named


def test_zero_must_be_typed(enterprise: Questionnaire) -> None:
    parsed = parse_page(enterprise, "terminals", "zh", {"e18_n_t1_all": [""], "e18_n_t1_ai": ["0"]})
    assert parsed.answers["e18_n_t1_all"].state == "blank"
    assert parsed.answers["e18_n_t1_ai"] == Answer(0, "answered")
    missing = run_checks(enterprise, said({"e06": "no", "e09": "no", "e17": "yes", "e08": "no"}), page="terminals")
    assert "required_e18_n_t1_all" in {finding.check_id for finding in missing}


@pytest.mark.parametrize("date", ["2026-09-30", "2028-01-01"])
def test_the_date_of_return_lies_within_the_validity_of_the_form(enterprise: Questionnaire, date: str) -> None:
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
    assert len(texts) > 600
    bad_zh = [(n, t) for n, lang, t in texts if lang == "zh" and re.search(r"[\u4e00-\u9fff][,;:?!()](?!\d)", t)]
    bad_en = [(n, t) for n, lang, t in texts if lang == "en" and re.search(r"[\u3000-\u9fff\uff00-\uffef]", t)]
    assert bad_zh == []
    assert bad_en == []


def test_the_documentation_names_every_edit_and_counts_them(enterprise: Questionnaire) -> None:
    page = (Path(__file__).parents[2] / "docs" / "instruments" / "enterprise.md").read_text(encoding="utf-8")
    hard = sum(check.severity == "hard" for check in enterprise.checks)
    counted = f"{len(enterprise.checks)} checks ({hard} hard, {len(enterprise.checks) - hard} soft)"
    assert counted in " ".join(page.split())
    named = {"t1_part_of_all", "t10_part_of_all"} | {
        check.id for check in enterprise.checks if not re.fullmatch(r"t\d+_part_of_all|.*_since_not_future", check.id)
    }
    assert [check for check in sorted(named) if f"`{check}`" not in page] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_long_lists_in_a_row_of_use_cases_are_select_boxes_with_labels(enterprise: Questionnaire, lang: str) -> None:
    typed = {"e24_function.1": ["core"], "e24_stage.1": ["pilot"]}
    html = render_page(enterprise, "cases", lang, rows=[1, 2], given=given(), typed=typed, errors={"e24_area.2": "?"})
    assert re.findall(r'<select id="([^"]*)"', html) == [
        f"e24_{column}.{row}" for row in (1, 2) for column in ("function", "area")
    ]
    assert '<option value="core" selected>' in html and '<option value="">' in html
    assert '<label class="part-label" for="e24_area.2">' in html and 'id="e24_area.2-error"' in html
    assert 'type="radio" id="e24_stage.1" name="e24_stage.1" value="pilot" checked' in html


def test_lint_has_nothing_to_say(enterprise: Questionnaire) -> None:
    study = Path(str(files("uptake.studies") / "aiplus"))
    assert lint_file(study / "questionnaires" / "enterprise.yaml", root=study) == []


def test_other_asks_for_words_and_none_of_these_stands_alone(enterprise: Questionnaire) -> None:
    words = {name for name, leaf in enterprise.fields.items() if leaf.needs is not None}
    assert words == {"e10_kinds_other_text", "e14_other_text", "e21_class_t10_text", "e35_other_text"}
    alone = {name: {choice.code for choice in leaf.choices if choice.exclusive}
             for name, leaf in enterprise.fields.items() if leaf.kind == "selN"}  # fmt: skip
    with_none = ("e05_estimated", "e22_estimated", "e28_estimated", "e15", "e32_measures", "e34", "e35")
    unsure = ("e10_kinds", "e14", "e15", "e16", "e32_measures")
    expected = {name: {"none"} if name in with_none else set() for name in alone}
    assert alone == {name: codes | ({"dont_know"} if name in unsure else set()) for name, codes in expected.items()}
    assert [name for name, leaf in enterprise.fields.items() if leaf.max_choices] == ["e34"]
    assert enterprise.fields["e34"].max_choices == 5
