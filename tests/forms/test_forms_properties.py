"""What holds of any answers to any page: read, typed again, routed, judged and exported."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.answers import answers_from_json, answers_to_json, typed_from_answers
from forms.build import parse_page
from forms.checks import run_checks
from forms.exporting import computed_answers, exported_answers
from forms.given import given_from_json, given_to_json
from forms.leaves import Answer, Field, Given, cell_name, split_cell
from forms.model import Questionnaire
from forms.rosters import rows_of
from forms.routing import route

TODAY = datetime.date(2026, 6, 1)
ROWS = (1, 2, 3, 7)
STATES = ("dont_know", "blank", "refused", "not_applicable")
PROFILE = settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(PROFILE, max_examples=4_000)
WORDS = (
    "0 1 12 １２ 1,200 1.5 -1 1e5 3万 0.5亿 50% yes no routine pilot model other nothing records b1 none dont_know 甲"
)
TEXTS = st.one_of(
    st.sampled_from(["", " ", "440000", "2026-03-05", "2026年3月5日", "x" * 300]),
    st.sampled_from(tuple(WORDS.split())),
    st.text(max_size=12),
)


def value_of(leaf: Field) -> st.SearchStrategy[Any]:
    """A value that the field may store."""
    codes = [choice.code for choice in leaf.choices if choice.code != "dont_know"]
    if leaf.kind == "selN":
        return st.lists(st.sampled_from(codes), min_size=1, unique=True).map(" ".join)
    if codes:
        return st.sampled_from(codes)
    places = leaf.decimals
    made: dict[str, st.SearchStrategy[Any]] = {
        "int": st.sampled_from([0, 1, 3, 40, 400]),
        "dec": st.integers(0, 500).map(lambda value: Decimal(value).scaleb(-places)),
        "date": st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 12, 31)),
        "bool": st.just(True),
        "text": st.sampled_from(["甲", "乙", "a b"]),
    }
    return made[leaf.type]


def answer_to(leaf: Field) -> st.SearchStrategy[Answer]:
    states = [state for state in STATES if state != "dont_know" or leaf.dont_know]
    answered = value_of(leaf).map(lambda value: Answer(value, "answered"))
    return st.one_of(answered, answered, st.sampled_from(states).map(lambda state: Answer(None, state)))  # type: ignore[arg-type]


@st.composite
def answers_to(draw: st.DrawFn, questionnaire: Questionnaire) -> dict[str, Answer]:
    made: dict[str, Answer] = {}
    rows = draw(st.sets(st.sampled_from(ROWS)))
    for name, leaf in questionnaire.fields.items():
        if leaf.value is None and leaf.kind != "uscc":
            for cell in [cell_name(name, row) for row in sorted(rows)] if leaf.roster else [name]:
                if draw(st.integers(0, 5)):
                    made[cell] = draw(answer_to(leaf))
    return made


@st.composite
def known(draw: st.DrawFn, questionnaire: Questionnaire) -> Given:
    sample: dict[str, Any] = {"annual": draw(st.sampled_from(["yes", "yes", "no", None]))}
    last = draw(answers_to(questionnaire)) if draw(st.booleans()) else {}
    return Given(last=last, sample=sample | {"register_staff": 40}, arms={"w2026": draw(st.sampled_from("ab"))})


def run(test: Any, everything: Questionnaire, profile: settings, **strategies: Any) -> None:
    profile(given(**strategies)(test))()


def typed_stays(everything: Questionnaire, profile: settings) -> None:
    """What was read can be typed again and is read as the same, whatever was posted."""
    names = [name for name, leaf in everything.fields.items()]
    cells = [cell_name(name, row) for name in names for row in (1, 2) if everything.fields[name].roster]
    posted = st.dictionaries(
        st.one_of(
            st.sampled_from([*names, *cells, *(f"{name}__dk" for name in [*names, *cells])]), st.text(max_size=8)
        ),
        st.lists(TEXTS, max_size=2),
        max_size=25,
    )

    def test(posted: dict[str, list[str]]) -> None:
        for page in everything.pages:
            rows = (1, 2) if page.id == "cases" else None
            parsed = parse_page(everything, page.id, "zh", posted, rows=rows)
            assert parsed.answers.keys().isdisjoint(parsed.errors)
            assert all(typed for typed in parsed.typed.values())
            typed = typed_from_answers(everything, page.id, parsed.answers)
            again = parse_page(everything, page.id, "en", typed, rows=rows)
            assert again.errors == {}
            assert {name: again.answers[name] for name in parsed.answers} == parsed.answers
            assert answers_from_json(everything, answers_to_json(parsed.answers)) == parsed.answers
            for name, answer in parsed.answers.items():
                assert (answer.value is None) == (answer.state != "answered")
                said = any(text.strip() for text in posted.get(name, ()))
                assert (answer.state == "blank") == (not said and answer.state != "dont_know")

    run(test, everything, profile, posted=posted)


def routes_hold(everything: Questionnaire, profile: settings) -> None:
    """A page is decided by the pages before it: what comes later changes nothing, and more answers undo no decision."""
    order = [page.id for page in everything.pages]

    def test(answers: dict[str, Answer], told: Given) -> None:
        whole = route(everything, answers, given=told, today=TODAY)
        assert not set(whole.fields) & set(whole.away)
        assert list(whole.pages) == [page for page in order if page in whole.pages]
        asked_before: set[str] = set()
        away_before: set[str] = set()
        for at in range(len(order) + 1):
            first = {name: answer for name, answer in answers.items() if everything.leaf(name).page in order[:at]}
            part = route(everything, first, given=told, today=TODAY)
            here = {name for name, leaf in everything.fields.items() if leaf.page in order[: at + 1] and not leaf.needs}
            assert set(part.fields) & here == set(whole.fields) & here
            assert set(part.away) & here == set(whole.away) & here
            assert asked_before & here <= set(part.fields) and away_before & here <= set(part.away)
            asked_before, away_before = set(part.fields) & here, set(part.away) & here

    run(test, everything, profile, answers=answers_to(everything), told=known(everything))


def exports_hold(everything: Questionnaire, profile: settings) -> None:
    """What is asked is exported as it was given, what is routed away as not applicable, each row with all its cells."""

    def test(answers: dict[str, Answer], told: Given) -> None:
        way = route(everything, answers, given=told, today=TODAY)
        exported = exported_answers(everything, answers, given=told, today=TODAY)
        computed = computed_answers(everything, answers, given=told, today=TODAY)
        roster = everything.rosters["x14"]
        rows = rows_of(roster, answers) if "x14_name" in way.fields else ()
        cells = {name for name in exported if split_cell(name)[1]}
        assert cells == {cell_name(name, row) for name in roster.names for row in rows}
        for name in way.away:
            if not everything.fields[name].roster:
                assert exported[name] == Answer(None, "not_applicable")
        for name in way.fields:
            leaf = everything.fields[name]
            if leaf.value is not None and not leaf.roster:
                assert exported[name] == computed[name]
            elif name in answers and not leaf.group and not leaf.roster:
                assert exported[name] == answers[name]
        assert all(answer.value is None or answer.state == "answered" for answer in exported.values())
        assert exported.keys() <= {*everything.fields, roster.rows_name, *cells}

    run(test, everything, profile, answers=answers_to(everything), told=known(everything))


def findings_hold(everything: Questionnaire, profile: settings) -> None:
    """Findings are about what is asked, name answers there are, and lapse only with the values they looked at."""

    def test(answers: dict[str, Answer], told: Given) -> None:
        way = route(everything, answers, given=told, today=TODAY)
        found = run_checks(everything, answers, given=told, today=TODAY)
        assert len({(finding.check_id, finding.row, finding.fields) for finding in found}) == len(found)
        for finding in found:
            assert all(everything.leaf(name) for name in finding.fields)
            assert any(split_cell(name)[0] in way.fields for name in finding.fields)
            assert finding.message["zh"] and finding.message["en"] and "${" not in finding.message["en"]
        by_page = [run_checks(everything, answers, given=told, today=TODAY, page=page.id) for page in everything.pages]
        assert {finding.fingerprint for page in by_page for finding in page} == {each.fingerprint for each in found}
        for page, there in zip(everything.pages, by_page, strict=True):
            for finding in there:
                assert finding.page == page.id
                assert any(everything.leaf(name).page == page.id for name in finding.fields)
        soft = [finding.fingerprint for finding in found if finding.severity == "soft"]
        left = run_checks(everything, answers, given=told, today=TODAY, confirmed=soft)
        assert left == tuple(finding for finding in found if finding.severity == "hard")

    run(test, everything, profile, answers=answers_to(everything), told=known(everything))


def given_holds(everything: Questionnaire, profile: settings) -> None:
    """What is known before goes through JSON unchanged."""

    def test(told: Given) -> None:
        there = {name: value for name, value in told.sample.items() if value is not None}
        told = Given(told.prefilled, told.last, there, told.arms)
        assert given_from_json(everything, given_to_json(told)) == told

    run(test, everything, profile, told=known(everything))


LAWS = [typed_stays, routes_hold, exports_hold, findings_hold, given_holds]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds(everything: Questionnaire, law: Any) -> None:
    law(everything, PROFILE)


@pytest.mark.proof
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_law_holds_often(everything: Questionnaire, law: Any) -> None:
    law(everything, MANY)
