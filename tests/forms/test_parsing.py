"""Posted pages: what each type reads, and the sentence with which it refuses, in both languages."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
import wtforms
from werkzeug.datastructures import MultiDict

from forms.answers import shown_value
from forms.build import build_form, parse_page
from forms.model import BLANK, Answer, Given, Questionnaire
from forms.paper import say_condition
from uptake.contract.expressions import parse

READ = [
    ("q02_region", ["440000"], Answer("440000", "answered")),
    ("q02_address", ["  北京路 1 号  "], Answer("北京路 1 号", "answered")),
    ("q03_staff", ["１，２００"], Answer(1200, "answered")),
    ("q03_staff", ["0"], Answer(0, "answered")),
    ("q03_staff", [""], BLANK),
    ("q03_staff", ["   "], BLANK),
    ("q04", ["yes"], Answer("yes", "answered")),
    ("q04", ["dont_know"], Answer(None, "dont_know")),
    ("q05", ["1234.5"], Answer(Decimal("1234.50"), "answered")),
    ("q05", ["500万"], Answer(Decimal("500.00"), "answered")),
    ("q05", ["3亿元"], Answer(Decimal("30000.00"), "answered")),
    ("q05", ["12345元"], Answer(Decimal("1.2345"), "refused")),
    ("q06", ["-1.25"], Answer(Decimal("-1.250"), "answered")),
    ("q07", ["2026/3/5"], Answer(datetime.date(2026, 3, 5), "answered")),
    ("q07", ["２０２６年３月５日"], Answer(datetime.date(2026, 3, 5), "answered")),
    ("q07", ["20260305"], Answer(datetime.date(2026, 3, 5), "answered")),
    ("q08_rd", ["routine"], Answer("routine", "answered")),
    ("q09_t2_ai", ["7"], Answer(7, "answered")),
    ("q10_band", ["b1"], Answer("b1", "answered")),
    ("q11", ["units", "records"], Answer("records units", "answered")),
    ("q11", ["nothing"], Answer("nothing", "answered")),
    ("q12", ["第一行\r\n第二行"], Answer("第一行\n第二行", "answered")),
    ("q13", ["1"], Answer(True, "answered")),
    ("q13", [], BLANK),
]


@pytest.mark.parametrize(("name", "texts", "answer"), [case for case in READ if case[2].state != "refused"])
def test_what_is_typed_is_read(every_type: Questionnaire, name: str, texts: list[str], answer: Answer) -> None:
    page = every_type.fields[name].page
    for posted in ({name: texts}, MultiDict([(name, text) for text in texts])):
        parsed = parse_page(every_type, page, "zh", posted)
        assert parsed.errors == {}
        assert parsed.answers[name] == answer


REFUSED = [
    ("q03_staff", ["1e5"], "“1e5”读不成一个数。请只用数字填写，如 1200 或 1.2万；没有请填 0。",
     "“1e5” cannot be read as a number. Use digits only, such as 1200; write 0 if there is none."),
    ("q03_staff", ["12\u202e3"], "“12[U+202E]3”读不成一个数。请只用数字填写，如 1200 或 1.2万；没有请填 0。",
     "“12[U+202E]3” cannot be read as a number. Use digits only, such as 1200; write 0 if there is none."),
    ("q03_staff", ["12.5"], "“12.5”不是整数。请填整数，如 1200；没有请填 0。",
     "“12.5” is not a whole number. Write a whole number such as 1200; write 0 if there is none."),
    ("q03_staff", ["-1"], "“-1”小于可填的最小值 0。请填 0 或更大的数。",
     "“-1” is below 0, the least that can be given. Write 0 or more."),
    ("q03_staff", ["200万"], "“200万”大于可填的最大值 1,000,000。请核对单位，填 1,000,000 或更小的数。",
     "“200万” is above 1,000,000, the most that can be given. Check the unit, and write 1,000,000 or less."),
    ("q03_staff", ["1", "2"], "这里只能选一项，收到的是“1, 2”。请只选一项。",
     "Only one can be chosen here, but “1, 2” was received. Choose one."),
    ("q05", ["12345元"], "“12345元”的小数位过多。最多保留 2 位小数，如 12.00。",
     "“12345元” has too many decimal places. Write at most 2, such as 12.00."),
    ("q07", ["31/12/2026"], "“31/12/2026”不是有效日期。请按“年-月-日”填写，如 2026-12-31。",
     "“31/12/2026” is not a date. Write year-month-day, such as 2026-12-31."),
    ("q07", ["2026-02-30"], "“2026-02-30”不是有效日期。请按“年-月-日”填写，如 2026-12-31。",
     "“2026-02-30” is not a date. Write year-month-day, such as 2026-12-31."),
    ("q07", ["2027-01-01"], "“2027-01-01”晚于可填的最晚日期 2026-12-31。请填 2026-12-31 或以前的日期。",
     "“2027-01-01” is after 2026-12-31, the last date that can be given. Write 2026-12-31 or earlier."),
    ("q07", ["2025-12-31"], "“2025-12-31”早于可填的最早日期 2026-01-01。请填 2026-01-01 或以后的日期。",
     "“2025-12-31” is before 2026-01-01, the first date that can be given. Write 2026-01-01 or later."),
    ("q04", ["maybe"], "“maybe”不在可选项中。请从列出的选项中选一项。",
     "“maybe” is not one of the choices. Choose one from the list."),
    ("q11", ["records", "nothing"], "“都没有”不能与其他选项同时选。请只保留它，或取消它。",
     "“None of these” cannot be chosen together with others. Keep it alone, or remove it."),
    ("q11", ["records", "units", "other"], "选了 3 项，最多可选 2 项。请取消 1 项。",
     "You chose 3, and at most 2 can be chosen. Remove 1."),
    ("q02_address", ["a\x00b"], "“a[U+0000]b”含有看不见的控制字符（U+0000），无法保存。请删去后重新填写。",
     "“a[U+0000]b” contains an invisible control character (U+0000), which cannot be stored. Remove it"
     " and write the text"
     " again."),
    ("q02_address", ["文\u202e件"], "“文[U+202E]件”含有看不见的控制字符（U+202E），无法保存。请删去后重新填写。",
     "“文[U+202E]件” contains an invisible control character (U+202E), which cannot be stored. Remove it and write the"
     " text again."),
    ("q02_address", ["两\n行"], "“两[U+000A]行”含有看不见的控制字符（U+000A），无法保存。请删去后重新填写。",
     "“两[U+000A]行” contains an invisible control character (U+000A), which cannot be stored. Remove it and write the"
     " text again."),
    ("q02_address", ["长" * 61], "“" + "长" * 40 + "…”共 61 个字符，最多 60 个。请缩短 1 个字符。",
     "“" + "长" * 40 + "…” has 61 characters, and at most 60 fit. Shorten it by 1."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "texts", "zh", "en"), REFUSED)
def test_what_cannot_be_read_is_refused_in_the_language_of_the_page(
    every_type: Questionnaire, name: str, texts: list[str], zh: str, en: str
) -> None:
    page = every_type.fields[name].page
    for lang, sentence in (("zh", zh), ("en", en)):
        parsed = parse_page(every_type, page, lang, {name: texts})
        assert parsed.errors == {name: sentence}
        assert name not in parsed.answers
        assert parsed.typed[name] == texts


def test_a_social_credit_code_is_checked(load) -> None:  # type: ignore[no-untyped-def]
    questionnaire = load(
        """\
        pages:
          - id: p
            title: {zh: 页, en: Page}
            questions: [{id: Q-1, text: {zh: 代码, en: Code}, type: uscc}]
        """
    )

    def outcome(typed: str) -> object:
        parsed = parse_page(questionnaire, "p", "zh", {"q1": [typed]})
        return parsed.errors.get("q1") or parsed.answers["q1"].value

    assert outcome("91350100m000100y43") == "91350100M000100Y43"
    assert outcome(" ９１３５０１００ M000100Y43 ") == "91350100M000100Y43"
    assert outcome("91350100M000100Y44") == (
        "“91350100M000100Y44”的校验位不符，可能有一位写错。请对照营业执照逐位核对。"
    )
    assert outcome("9135") == (
        "“9135”不是 18 位。请填营业执照上 18 位的统一社会信用代码（数字和大写字母，不含 I、O、S、V、Z）。"
    )


def test_dont_know_beside_a_number(every_type: Questionnaire) -> None:
    parsed = parse_page(every_type, "unit", "zh", {"q03_rd__dk": ["1"]})
    assert parsed.answers["q03_rd"] == Answer(None, "dont_know")
    parsed = parse_page(every_type, "unit", "zh", {"q03_rd": ["4"], "q03_rd__dk": ["1"]})
    assert parsed.errors == {"q03_rd": "既填了“4”，又选了“不清楚”。请只保留一个。"}


def test_dont_know_cannot_be_posted_where_it_is_not_offered(every_type: Questionnaire) -> None:
    parsed = parse_page(every_type, "unit", "zh", {"q03_staff__dk": ["1"]})
    assert parsed.answers["q03_staff"] == BLANK


def test_what_the_sample_fixes_cannot_be_posted(every_type: Questionnaire) -> None:
    fixed = {"q01": Answer("91350100M000100Y43", "answered")}
    parsed = parse_page(every_type, "unit", "zh", {"q01": ["91350100M000100Y44"]}, given=Given(fixed))
    assert parsed.answers["q01"] == fixed["q01"]
    assert "q01" not in parse_page(every_type, "unit", "zh", {"q01": ["91350100M000100Y43"]}).answers


def test_the_reading_of_wan_and_yi_is_shown_back(every_type: Questionnaire) -> None:
    assert parse_page(every_type, "unit", "zh", {"q03_staff": ["1.2万"]}).readings == {
        "q03_staff": "“1.2万”已读作 12,000 人"
    }
    assert parse_page(every_type, "use", "en", {"q05": ["3亿元"]}).readings == {
        "q05": "“3亿元” was read as 30,000.00 ten thousand yuan"
    }
    assert parse_page(every_type, "use", "en", {"q05": ["30000"]}).readings == {}


def test_reasons_are_read_and_strangers_ignored(every_type: Questionnaire) -> None:
    parsed = parse_page(
        every_type, "unit", "zh", {"reason__many_rd": [" 研究所 "], "csrf_token": ["x"], "q04": ["yes"]}
    )
    assert parsed.reasons == {"many_rd": "研究所"}
    assert parsed.typed == {"reason__many_rd": [" 研究所 "]}


def test_forms_are_plain_wtforms_classes_made_once(every_type: Questionnaire) -> None:
    made = build_form(every_type, "use", "zh")
    assert issubclass(made, wtforms.Form)
    assert build_form(every_type, "use", "zh") is made
    assert build_form(every_type, "use", "en") is not made
    form = made(MultiDict({"q04": "yes", "q05": "x"}))
    assert not form.validate()
    assert form.q04.data == Answer("yes", "answered")
    assert list(form.errors) == ["q05"]


@pytest.mark.parametrize(
    "text",
    ["\x00", "\ud800", "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE x; --",
     "\u202e", "A" * 100_000, "９" * 5000,
     "%s%n", "../../etc/passwd", "𝕿𝖍𝖊", "\ufeff", "\r\n\r\n", "ﷺ" * 100, "1" * 100_000, "。，、", "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_naughty_text_is_read_exactly_or_refused(every_type: Questionnaire, text: str) -> None:
    for page in every_type.pages:
        names = [leaf.name for leaf in page.fields] + [f"{leaf.name}__dk" for leaf in page.fields]
        parsed = parse_page(every_type, page.id, "en", {name: [text] for name in names})
        for name, answer in parsed.answers.items():
            if every_type.fields[name].kind == "text" and answer.value is not None:
                assert answer.value == text.replace("\r\n", "\n").strip()
        assert all(sentence.strip() for sentence in parsed.errors.values())


def test_a_year_has_no_commas(load: Callable[[str], Questionnaire]) -> None:
    asked = load("""
        pages:
          - id: one
            title: {zh: 一, en: One}
            questions:
              - {id: Q-1, text: {zh: 哪一年, en: Which year}, type: int, min: "1950", max: "2026",
                 unit: {zh: 年, en: year}}
              - {id: Q-2, text: {zh: 几年, en: How many years}, type: int, unit: {zh: 年, en: years}}
        """)
    parsed = parse_page(asked, "one", "zh", {"q1": ["2019"], "q2": ["2019"]})
    shown = [shown_value(asked.fields[name], parsed.answers[name], "zh") for name in ("q1", "q2")]
    assert shown == ["2019 年", "2,019 年"]
    assert "1950 或更大" in parse_page(asked, "one", "zh", {"q1": ["1900"]}).errors["q1"]
    assert say_condition(asked, parse("${q1} >= 2010 and ${q2} >= 2010"), "zh") == "Q-1 ≥ 2010，且Q-2 ≥ 2,010"


def test_a_region_is_chosen_by_its_code(load: Callable[[str], Questionnaire]) -> None:
    asked = load("""
        pages:
          - id: one
            title: {zh: 一, en: One}
            questions:
              - {id: Q-1, text: {zh: 所在地, en: Where}, type: code, codes: regions}
        """)
    parsed = parse_page(asked, "one", "zh", {"q1": ["110105"]})
    assert shown_value(asked.fields["q1"], parsed.answers["q1"], "zh") == "北京市朝阳区"
    assert "110199" in parse_page(asked, "one", "zh", {"q1": ["110199"]}).errors["q1"]
