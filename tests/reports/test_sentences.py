"""Sentences come from rules: both languages carry the same slots, no digits of their own and no forbidden word."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from reports.rules import DEFINITIONS, METHODS, RULES
from reports.trace import Shown, Source
from reports.words import FORBIDDEN, Finding, forbidden_words, headline, plain, say, set_tight, verdict_word, wave_name
from uptake.contract.columns import VERDICTS

VALUE = Shown("46.4%", (Source("estimates", 0, "estimate"),))
SLOTS = {"value": VALUE, "interval": "", "target": Shown("70%", (Source("assessments", 0, "target_value"),))}


def slots(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name)


@pytest.mark.parametrize("key", RULES)
def test_both_languages_of_a_rule_have_the_same_slots(key: str) -> None:
    # A slot may be said twice in one language (about 95 % of ...), but never be left out of the other.
    assert set(slots(RULES[key]["zh"])) == set(slots(RULES[key]["en"]))


@pytest.mark.parametrize("table", [RULES, METHODS, DEFINITIONS], ids=["rules", "methods", "definitions"])
def test_no_template_holds_a_digit_or_a_forbidden_word(table: dict) -> None:
    for text in table.values():
        for lang in ("zh", "en"):
            assert not re.search(r"\d", text[lang])
            assert forbidden_words(text[lang], lang) == ()


@pytest.mark.parametrize(
    ("verdict", "zh", "en"),
    [
        ("above", "普及率估计为46.4%，高于70%的目标", "Rate: an estimated 46.4%, above the 70% target"),
        ("below", "普及率估计为46.4%，低于70%的目标", "Rate: an estimated 46.4%, below the 70% target"),
        ("cannot_tell", "普及率估计为46.4%，与70%的目标无法区分",
         "Rate: an estimated 46.4%, which cannot be distinguished from the 70% target"),
        ("depends_on_definition", "普及率估计为46.4%；高于还是低于70%的目标取决于口径",
         "Rate: an estimated 46.4%; above or below the 70% target depends on the definition"),
        ("not_due", "普及率估计为46.4%", "Rate: an estimated 46.4%"),
        ("none", "普及率估计为46.4%", "Rate: an estimated 46.4%"),
    ],
)  # fmt: skip
def test_each_verdict_has_its_one_sentence(verdict: str, zh: str, en: str) -> None:
    assert plain(headline(Finding("普及率", verdict, SLOTS), "zh")) == zh
    assert plain(headline(Finding("Rate", verdict, SLOTS), "en")) == en


def test_every_verdict_of_the_contract_has_a_word_and_no_two_share_one() -> None:
    for lang in ("zh", "en"):
        words = [plain(verdict_word(verdict, lang)) for verdict in VERDICTS]
        assert len(set(words)) == len(VERDICTS)
        assert all(not forbidden_words(word, lang) for word in words)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_forbidden_word_is_found(lang: str) -> None:
    for word in FORBIDDEN[lang]:
        assert word in forbidden_words(f"… {word} …", lang)


def test_a_forbidden_word_inside_another_word_is_none() -> None:
    assert forbidden_words("dismissed by the bestowed", "en") == ()


def test_the_gap_beside_a_number_is_a_class_not_a_space() -> None:
    sentence = say("headline.none", "zh", indicator="普及率", value=VALUE, interval="")
    assert 'class="num l"' in sentence
    assert plain(sentence) == "普及率估计为46.4%"


def test_marks_in_a_row_share_one_gap_outside_of_drawings() -> None:
    page = "<style>a</style><p>比重（见“注”）。</p><svg><text>（甲）。</text></svg>"
    assert set_tight(page) == (
        '<style>a</style><p>比重（见“注<span class="half">”</span><span class="half">）</span>。</p>'
        "<svg><text>（甲）。</text></svg>"
    )
    assert set_tight('<p class="name"><span>“甲”</span></p>').startswith('<p class="name"><span><span class="half">“')


def test_waves_are_named_in_words() -> None:
    assert [plain(wave_name("2027Q4", lang)) for lang in ("zh", "en")] == ["2027年第四季度", "Q4 2027"]
    assert [plain(wave_name("2015", lang)) for lang in ("zh", "en")] == ["2015年", "2015"]
    assert plain(wave_name("pilot-2", "zh")) == "pilot-2"


def test_a_text_from_outside_is_escaped() -> None:
    sentence = say("headline.none", "en", indicator="<b>x</b>", value=VALUE, interval="")
    assert "<b>" not in sentence
    assert "&lt;b&gt;" in sentence
