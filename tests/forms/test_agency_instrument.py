"""The agency questionnaires of the example study: questions, words in both languages, routes, and all their edits."""

from __future__ import annotations

import datetime
import re
from importlib.resources import files
from pathlib import Path

import pytest

from forms import load_questionnaires, route, run_checks
from forms.lint import lint_file
from forms.model import Answer, Given, Questionnaire, Value
from uptake.contract.codes import uscc_check_character
from uptake.contract.errors import Fault

FULL = [1, 2, 4, 5, 7, 8, 15, 13, 6, 10, 9, 21, 22, 23, 24, 16, 17, 3, 28, 14, 18, 19, 27, 20, 26, 11, 12, 25, 29, 30,
        31, 32]  # fmt: skip
SHORT = [1, 2, 5, 7, 8, 15, 13, 16, 24, 32]
GATES = ["G-05", "G-07", "G-08", "G-15"]
CORE_PAGES = ["unit", "use", "source", "signoff"]
ANNUAL_PAGES = ["terminals", "spending", "service", "cooperation"]
USCC = "11110000000000001"
TODAY = datetime.date(2027, 1, 15)
CLASSES = [*(f"t{number}" for number in range(1, 11)), "byod"]
SCENARIOS = ["qa", "assist", "reach", "monitor", "enforce", "market", "draft", "search", "dispatch", "warning",
             "emergency", "evaluate", "review"]  # fmt: skip
Answers = dict[str, object]


@pytest.fixture(scope="module")
def loaded() -> dict[str, Questionnaire]:
    faults: list[Fault] = []
    found = load_questionnaires(Path(str(files("uptake.studies") / "aiplus")), faults=faults)
    assert faults == []
    return found


@pytest.fixture(scope="module")
def agency(loaded: dict[str, Questionnaire]) -> Questionnaire:
    return loaded["agency"]


@pytest.fixture(scope="module")
def short(loaded: dict[str, Questionnaire]) -> Questionnaire:
    return loaded["agency_short"]


def said(values: Answers) -> dict[str, Answer]:
    """Answers by field; DK stands for don't know, None for a blank."""
    states = {"DK": Answer(None, "dont_know"), None: Answer(None, "blank")}
    return {name: states.get(value) or Answer(value, "answered") for name, value in values.items()}  # type: ignore[arg-type]


TERMINALS: Answers = {f"g16_n_{row}_{column}": 0 for row in CLASSES for column in ("all", "ai")}
CASE: Answers = {"name": "智能问答", "scene": "qa", "area": "governance", "model": "upper", "stage": "routine",
                 "start": "2025-06", "audience": "public", "items": 400, "review": "some",
                 "evidence": None}  # fmt: skip


def case(row: int, **changes: object) -> Answers:
    return {f"g11_{name}.{row}": value for name, value in (CASE | changes).items()}


# An agency in charge of science that uses everything and breaks no rule; every test below changes one thing of it.
CORE: Answers = {
    "g01_code": USCC + uscc_check_character(USCC), "g01_name": "示例省科技厅", "g01_region": "110000",
    "g01_level": "province", "g01_function": "research", "g02_posts": 100, "g02_staff": 120, "g04": "yes",
    "g05": "yes", "g07": "yes", "g08": "yes", "g15": "yes", "g13": "upper service",
    "g06_service": "routine", "g06_governance": "none", "g06_office": "pilot", "g06_decision": "none",
    **{f"g10_use_{scene}": "none" for scene in SCENARIOS}, "g10_use_qa": "routine", "g10_use_market": "not_ours",
    "g09_agents": 6, "g09_points": 10, "g09_autonomous": 2, "g09_stoppable": 6,
    "g21": "all", "g22": "rules officer", "g23": 0, "g24": 80,
    "g32_basis": "records", "g32_minutes": 30, "g32_principal": "示例甲", "g32_statistician": "示例乙",
    "g32_filler": "示例丙", "g32_phone": "010-12345678", "g32_date": TODAY, "g32_confirm": True,
}  # fmt: skip
ANNUAL: Answers = {
    **TERMINALS, "g16_n_t3_all": 120, "g16_n_t3_ai": 30, "g16_n_t9_all": 20, "g16_n_t9_ai": 20, "g17": 12,
    "g03_it": 300, "g03_it_basis": "records", "g03_ai": 80, "g03_ai_basis": "estimate",
    "g28_contracts": 2, "g28_amount": 60, "g14_source": "own", "g14_pflops": 5,
    "g18_available": 10, "g18_annotated": 4, "g18_open": 3, "g19_items": 1000, "g19_assisted": 400,
    "g19_automatic": 50, "g27_source": "rating", "g27_score": 96,
    "g20_with_ai": 12, "g20_without_ai": 30, "g20_unit": "minutes", "g26": 2024,
    **case(1), **case(2, name="公文起草", scene="draft", stage="pilot", audience="internal", items=100),
    "g12_stages": "design simulation literature", "g12_main": 1, "g12_models": "apply", "g12_platforms": 4,
    "g12_upgraded": 2, "g12_projects": 10, "g12_cross": 3, "g12_datasets": 8, "g12_open": 5, "g12_size": 12,
    "g12_evidence": "https://data.example.cn", "g12_multimodal": "yes", "g25": 60, "g29": "both", "g30": 1, "g31":
        "data",
}  # fmt: skip
EVERYTHING = CORE | ANNUAL
LAST = {"g02_staff": 118, "g09_agents": 5, "g16_all": 130, "g26": 2024}
SAMPLE: dict[str, Value] = {"annual": "yes", "returned_items": 1000, "returned_assisted": 400}
GIVEN = Given(prefilled=said({"g01_level": "province", "g02_staff": 118}), last=said({**LAST}), sample=SAMPLE)
CORE_ONLY = Given(sample={"annual": "no"})


def findings(questionnaire: Questionnaire, answers: Answers, given: Given = GIVEN) -> set[tuple[str, str]]:
    found = run_checks(questionnaire, said(answers), given=given, today=TODAY)
    return {(finding.check_id, finding.severity) for finding in found}


# -- what is asked --------------------------------------------------------------------------------------------------


def test_form_b_has_32_questions_with_every_number_used(agency: Questionnaire) -> None:
    asked = [question.id for page in agency.pages for question in page.questions]
    assert asked == [f"G-{number:02}" for number in FULL]
    assert sorted(asked) == [f"G-{number:02}" for number in range(1, 33)]
    assert agency.header.table_number == "AI+G201"
    assert agency.header.illustrative


def test_the_short_form_has_at_most_ten_questions_that_the_full_form_has_too(
    agency: Questionnaire, short: Questionnaire
) -> None:
    asked = [question.id for page in short.pages for question in page.questions]
    assert asked == [f"G-{number:02}" for number in SHORT]
    assert len(asked) <= 10
    common = short.fields.keys() & agency.fields.keys()
    differ = {name for name in common if short.fields[name].type != agency.fields[name].type}
    assert differ == set()
    assert {"g05", "g08", "g15", "g13", "g24", "g16_all", "g16_ai", "g02_staff"} <= common


def test_the_matrix_has_thirteen_scenarios_and_the_roster_thirty_rows(agency: Questionnaire) -> None:
    matrix = next(part for part in agency.question("G-10").parts if part.type == "matrix")
    assert [row.id for row in matrix.rows] == SCENARIOS
    assert [choice.code for choice in matrix.fields[0].choices] == ["none", "pilot", "routine", "not_ours"]
    roster = agency.rosters["g11"]
    assert (roster.max_rows, len(roster.columns)) == (30, 10)


def test_headline_questions_cannot_be_reworded_within_a_series(loaded: dict[str, Questionnaire]) -> None:
    for name in ("agency", "agency_short"):
        headline = {question.id for page in loaded[name].pages for question in page.questions if question.headline}
        assert headline == {"G-05", "G-08", "G-15"}


# -- routes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gates", "annual", "function", "pages"),
    [
        (("no", "no", "no"), "no", "research", ["unit", "use", "source", "signoff"]),
        (("DK", "DK", "DK"), "no", "economy", ["unit", "use", "source", "signoff"]),
        (("yes", "no", "no"), "no", "research",
         ["unit", "use", "source", "functions", "scenarios", "governance", "people", "signoff"]),
        (("DK", "yes", "no"), "no", "economy",
         ["unit", "use", "source", "agents", "governance", "people", "signoff"]),
        (("no", "no", "yes"), "no", "economy", ["unit", "use", "source", "governance", "people", "signoff"]),
        (("no", "no", "no"), "yes", "economy",
         ["unit", "use", "source", "terminals", "spending", "service", "cooperation", "signoff"]),
        (("no", "no", "no"), "yes", "research",
         ["unit", "use", "source", "terminals", "spending", "service", "research", "cooperation", "signoff"]),
        (("no", "no", "yes"), "yes", "economy",
         ["unit", "use", "source", "governance", "people", "terminals", "public_terminals", "spending", "service",
          "effects", "use_cases", "cooperation", "signoff"]),
        (("yes", "yes", "yes"), "yes", "research",
         ["unit", "use", "source", "functions", "scenarios", "agents", "governance", "people", "terminals",
          "public_terminals", "spending", "service", "effects", "use_cases", "research", "cooperation", "signoff"]),
    ],
)  # fmt: skip
def test_the_gates_the_module_and_the_function_lead_to_their_pages(
    agency: Questionnaire, gates: tuple[str, str, str], annual: str, function: str, pages: list[str]
) -> None:
    g05, g08, g15 = gates
    answers = said({"g05": g05, "g08": g08, "g15": g15, "g07": "no", "g01_function": function})
    assert list(route(agency, answers, given=Given(sample={"annual": annual})).pages) == pages


def test_a_unit_without_a_word_in_the_sample_gets_the_core_alone(agency: Questionnaire) -> None:
    assert list(route(agency, said({"g05": "no", "g08": "no", "g15": "no"})).pages) == CORE_PAGES


@pytest.mark.parametrize("gate", ["yes", "no", "DK"])
def test_every_denominator_is_asked_of_every_unit(agency: Questionnaire, short: Questionnaire, gate: str) -> None:
    gates = said({"g05": gate, "g08": gate, "g15": gate})
    core = set(route(agency, gates, given=CORE_ONLY).questions)
    annual = set(route(agency, gates, given=GIVEN).questions)
    assert {*GATES, "G-02", "G-13"} <= core
    assert {"G-16", "G-19", "G-25", "G-31", "G-03"} <= annual
    assert {*GATES, "G-02", "G-13", "G-16"} <= set(route(short, gates).questions)


@pytest.mark.parametrize(("gates", "people"), [(("no", "no", "no"), False), (("no", "yes", "no"), True)])
def test_the_short_form_asks_for_users_only_where_there_is_use(
    short: Questionnaire, gates: tuple[str, str, str], people: bool
) -> None:
    g05, g08, g15 = gates
    assert ("people" in route(short, said({"g05": g05, "g08": g08, "g15": g15})).pages) == people


# -- edits ----------------------------------------------------------------------------------------------------------


def test_complete_answers_pass_every_edit(agency: Questionnaire) -> None:
    assert findings(agency, EVERYTHING) == set()
    assert findings(agency, CORE, CORE_ONLY) == set()
    nobody = EVERYTHING | {"g05": "no", "g08": "no", "g15": "no", "g13": "none", **TERMINALS, "g16_n_t3_all": 120}
    assert findings(agency, nobody) == set()


def test_without_new_terminals_the_second_column_may_stay_empty(agency: Questionnaire) -> None:
    without = {name: None for name in TERMINALS if name.endswith("_ai")}
    assert findings(agency, EVERYTHING | without | {"g15": "no", "g17": None}) == set()
    asked = findings(agency, EVERYTHING | without)
    assert ("required_g16_n_t1_ai", "hard") in asked


# For each edit: what breaks it, and the nearest answers that do not.
EDITS: dict[tuple[str, str], tuple[Answers, Answers]] = {
    ("level_changed", "soft"): ({"g01_level": "city"}, {"g01_level": "province"}),
    ("staff_far_from_last", "soft"): ({"g02_staff": 237, "g24": 1}, {"g02_staff": 236}),
    ("ai_no_stands", "soft"): ({"g05": "no", "g13": "none"}, {"g05": "DK"}),
    ("source_of_use", "soft"): ({"g13": "none"}, {"g13": "own"}),
    ("some_area", "hard"): ({"g06_service": "none", "g06_office": "none"}, {"g06_service": "none"}),
    ("many_not_ours", "soft"): ({f"g10_use_{scene}": "not_ours" for scene in SCENARIOS[2:]},
                                {f"g10_use_{scene}": "not_ours" for scene in SCENARIOS[3:]}),
    ("points_cover_agents", "hard"): ({"g09_points": 5}, {"g09_points": 6}),
    ("agents_many_for_staff", "soft"): ({"g02_staff": 59, "g02_posts": 9, "g09_agents": 60, "g09_points": 60, "g24": 1,
        "g25": 1},
                                        {"g09_agents": 25, "g09_points": 60}),
    ("agents_far_from_last", "soft"): ({"g09_agents": 26, "g09_points": 60}, {"g09_agents": 25, "g09_points": 60}),
    ("autonomous_within_agents", "hard"): ({"g09_autonomous": 7}, {"g09_autonomous": 6}),
    ("stoppable_within_agents", "hard"): ({"g09_stoppable": 7}, {"g09_stoppable": 5}),
    ("nobody_can_stop", "soft"): ({"g09_stoppable": 0}, {"g09_stoppable": 0, "g09_autonomous": 0}),
    ("users_within_staff", "hard"): ({"g24": 121}, {"g24": 120}),
    **{(f"{row}_part_of_all", "hard"): ({f"g16_n_{row}_all": 1, f"g16_n_{row}_ai": 2}, {f"g16_n_{row}_all": 2,
        f"g16_n_{row}_ai": 2})
       for row in CLASSES if row not in ("t3", "t9")},
    ("t3_part_of_all", "hard"): ({"g16_n_t3_ai": 121}, {"g16_n_t3_ai": 120}),
    ("t9_part_of_all", "hard"): ({"g16_n_t9_ai": 21}, {"g16_n_t9_all": 21}),
    ("terminals_fit_gate", "hard"): ({"g16_n_t3_ai": 0, "g16_n_t9_ai": 0, "g16_n_byod_all": 3, "g16_n_byod_ai": 3,
        "g17": 0},
                                     {"g16_n_t3_ai": 0, "g16_n_t9_ai": 1, "g17": 0}),
    ("phones_and_pcs_many", "soft"): ({"g16_n_t2_all": 241}, {"g16_n_t2_all": 240}),
    ("terminals_far_from_last", "soft"): ({"g16_n_t9_all": 531}, {"g16_n_t9_all": 530}),
    ("public_within_terminals", "hard"): ({"g17": 51}, {"g17": 50}),
    ("ai_within_it", "hard"): ({"g03_ai": 301}, {"g03_ai": 300}),
    ("no_spending_though_used", "soft"): ({"g03_ai": 0, "g28_contracts": 0, "g28_amount": 0}, {"g03_ai": "DK"}),
    ("amount_has_a_contract", "hard"): ({"g28_contracts": 0}, {"g28_contracts": 0, "g28_amount": 0}),
    ("amount_above_spending", "soft"): ({"g28_amount": 81}, {"g28_amount": 80}),
    ("compute_large", "soft"): ({"g14_pflops": 1001}, {"g14_pflops": 1000}),
    ("compute_has_a_source", "hard"): ({"g14_source": "none"}, {"g14_source": "none", "g14_pflops": 0}),
    ("annotated_within_datasets", "hard"): ({"g18_annotated": 11}, {"g18_annotated": 10}),
    ("open_within_datasets", "hard"): ({"g18_open": 11}, {"g18_open": 10}),
    ("assisted_within_items", "hard"): ({"g19_items": 399, "g11_items.1": 1}, {"g19_assisted": "DK"}),
    ("automatic_within_assisted", "hard"): ({"g19_automatic": 401}, {"g19_automatic": 400}),
    ("items_match_returns", "soft"): ({"g19_items": 1021}, {"g19_items": 1020}),
    ("assisted_match_returns", "soft"): ({"g19_assisted": 409}, {"g19_assisted": 408}),
    ("score_has_a_source", "hard"): ({"g27_source": "none"}, {"g27_source": "none", "g27_score": None}),
    ("times_far_apart", "soft"): ({"g20_with_ai": 61}, {"g20_with_ai": 60}),
    ("first_year_early", "soft"): ({"g26": 2009}, {"g26": "DK"}),
    ("first_year_changed", "soft"): ({"g26": 2023}, {"g26": 2024}),
    ("start_is_a_month", "hard"): ({"g11_start.2": "2025-13"}, {"g11_start.2": "2025-12"}),
    ("start_not_ahead", "hard"): ({"g11_start.1": "2027-02"}, {"g11_start.1": "2027-01"}),
    ("names_differ", "soft"): ({"g11_name.2": "智能问答"}, {"g11_name.2": "智能问答2"}),
    ("cases_within_items", "soft"): ({"g11_items.2": 601}, {"g11_items.2": 600}),
    ("cases_cover_routine", "soft"): (
        {"g10_use_draft": "routine", "g10_use_search": "routine"}, {"g10_use_draft": "routine"}),
    ("main_within_stages", "hard"): ({"g12_main": 3}, {"g12_main": 2}),
    ("upgraded_within_platforms", "hard"): ({"g12_upgraded": 5}, {"g12_upgraded": 4}),
    ("cross_within_projects", "hard"): ({"g12_cross": 11}, {"g12_cross": 10}),
    ("shared_within_datasets", "hard"): ({"g12_open": 9}, {"g12_open": 8}),
    ("size_without_shared", "hard"): ({"g12_open": 0, "g12_evidence": None}, {"g12_open": 0, "g12_size": 0}),
    ("sharing_has_evidence", "soft"): ({"g12_evidence": None}, {"g12_evidence": None, "g12_open": 0, "g12_size": 0}),
    ("trained_far_above_staff", "hard"): ({"g25": 241}, {"g25": "DK"}),
    ("trained_above_staff", "soft"): ({"g25": 121}, {"g25": 120}),
    ("minutes_many", "soft"): ({"g32_minutes": 241}, {"g32_minutes": 240}),
    ("phone_is_a_number", "hard"): ({"g32_phone": "办公室"}, {"g32_phone": "+86 (10) 1234-5678"}),
}  # fmt: skip
ALSO = {
    "agents_many_for_staff": {"staff_far_from_last", "agents_far_from_last"},
    "assisted_within_items": {"items_match_returns"},
    "first_year_early": {"first_year_changed"},
}


@pytest.mark.parametrize("check", EDITS, ids=lambda check: check[0])
def test_each_edit_fires_when_it_is_broken_and_only_then(agency: Questionnaire, check: tuple[str, str]) -> None:
    broken, kept = EDITS[check]
    also = ALSO.get(check[0], set())
    found = findings(agency, EVERYTHING | broken)
    assert check in found
    assert {name for name, _ in found} - {check[0]} <= also
    assert check not in findings(agency, EVERYTHING | kept)


def test_every_edit_of_the_file_is_tested_above(agency: Questionnaire) -> None:
    assert {(check.id, check.severity) for check in agency.checks} == set(EDITS)


def test_a_cross_wave_edit_says_nothing_without_a_last_wave(agency: Questionnaire) -> None:
    first = Given(prefilled=GIVEN.prefilled, sample=SAMPLE)
    for name in ("staff_far_from_last", "agents_far_from_last", "terminals_far_from_last", "first_year_changed"):
        assert (name, "soft") not in findings(agency, EVERYTHING | EDITS[name, "soft"][0], first)


def test_reconciling_with_the_returns_says_nothing_where_there_are_none(agency: Questionnaire) -> None:
    without = Given(prefilled=GIVEN.prefilled, last=GIVEN.last, sample={"annual": "yes"})
    assert findings(agency, EVERYTHING | {"g19_items": 5000}, without) == set()


SHORT_ANSWERS: Answers = {name: value for name, value in CORE.items() if not name.startswith(("g04", "g06", "g09",
    "g10"))} | {
    "g16_all": 140, "g16_ai": 50}  # fmt: skip
SHORT_EDITS: dict[tuple[str, str], tuple[Answers, Answers]] = {
    **{check: EDITS[check] for check in EDITS if check[0] in (
        "level_changed", "staff_far_from_last", "ai_no_stands", "source_of_use", "users_within_staff", "minutes_many",
        "phone_is_a_number")},
    ("ai_part_of_all", "hard"): ({"g16_ai": 141}, {"g16_ai": 140}),
    ("terminals_fit_gate", "hard"): ({"g16_ai": 0}, {"g16_ai": 0, "g15": "no"}),
}  # fmt: skip


@pytest.mark.parametrize("check", SHORT_EDITS, ids=lambda check: check[0])
def test_each_edit_of_the_short_form_fires_alone(short: Questionnaire, check: tuple[str, str]) -> None:
    broken, kept = SHORT_EDITS[check]
    assert findings(short, SHORT_ANSWERS) == set()
    assert findings(short, SHORT_ANSWERS | broken) == {check}
    assert check not in findings(short, SHORT_ANSWERS | kept)


def test_every_edit_of_the_short_form_is_tested_above(short: Questionnaire) -> None:
    assert {(check.id, check.severity) for check in short.checks} == set(SHORT_EDITS)


def test_messages_are_filled_in_both_languages(agency: Questionnaire) -> None:
    for (name, _), (broken, _) in EDITS.items():
        found = run_checks(agency, said(EVERYTHING | broken), given=GIVEN, today=TODAY)
        (finding,) = [item for item in found if item.check_id == name]
        for lang in ("zh", "en"):
            assert "${" not in finding.message[lang]
            assert "“”" not in finding.message[lang]


# -- what lint and the prover say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["agency", "agency_short"])
def test_lint_has_nothing_to_say(name: str) -> None:
    study = Path(str(files("uptake.studies") / "aiplus"))
    assert lint_file(study / "questionnaires" / f"{name}.yaml", root=study) == []


@pytest.mark.parametrize("name", [pytest.param("agency", marks=pytest.mark.proof), "agency_short"])
def test_it_is_proved_that_every_question_and_choice_can_be_finished(
    loaded: dict[str, Questionnaire], name: str
) -> None:
    pytest.importorskip("z3")
    from forms import source
    from forms.proof import prove
    from uptake.contract.yamlfile import read_yaml

    study = Path(str(files("uptake.studies") / "aiplus"))
    written = read_yaml(study / "questionnaires" / f"{name}.yaml", source.Questionnaire, root=study, faults=[])
    assert written is not None
    proof = prove(loaded[name], written)
    assert (proof.conclusions, proof.disagreements) == ((), ())
    assert set(proof.reached) >= {question.id for page in loaded[name].pages for question in page.questions}


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["agency", "agency_short"])
def test_dont_know_is_offered_on_facts_and_never_on_identity(loaded: dict[str, Questionnaire], name: str) -> None:
    offered = {field for field, leaf in loaded[name].fields.items() if leaf.dont_know}
    assert {"g05", "g07", "g08", "g15", "g13", "g24_band"} <= offered
    hidden = {field for field, leaf in loaded[name].fields.items() if leaf.identity}
    signed = {f"g32_{part}" for part in ("principal", "statistician", "filler", "phone", "remarks")}
    assert hidden == {"g01_code", "g01_name"} | signed
    assert not offered & hidden


def test_every_amount_shows_how_it_is_reported(agency: Questionnaire) -> None:
    for question in ("G-03", "G-28"):
        assert "DEF-6" in agency.question(question).definitions
    rule = agency.definitions["DEF-6"].text
    for word in ("不含下属单位", "权责发生制", "不含增值税", "分摊"):
        assert word in rule["zh"]
    for word in ("without subordinate bodies", "accrual", "without VAT", "bundled"):
        assert word in rule["en"]


@pytest.mark.parametrize("name", ["agency", "agency_short"])
def test_chinese_uses_chinese_punctuation_and_english_has_no_chinese(name: str) -> None:
    path = Path(str(files("uptake.studies") / "aiplus" / "questionnaires" / f"{name}.yaml"))
    zh, en = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        quoted = re.findall(r'\b(zh|en): "([^"]*)"', line)
        for lang, text in quoted + re.findall(r"^\s+(?:- )?(zh|en): ([^\"|{].*)$", line):
            (zh if lang == "zh" else en).append(text)
    assert len(zh) == len(en) > 80
    assert [text for text in zh if re.search(r"[\u4e00-\u9fff][,;:?!()](?!\d)", text)] == []
    assert [text for text in en if re.search(r"[\u3000-\u9fff\uff00-\uffef]", text)] == []
