"""Lint at its borders: what is just right says nothing, and further shapes of a mistake are found as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from forms.lint import lint_file

BASE = (Path(__file__).parent / "lint_samples" / "base.yaml").read_text(encoding="utf-8")
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰"
Changes = list[tuple[str, str]]

T07 = "        type: sel1\n        choice_list: yes_no\n  - id: detail"
RULE = 'rule: "${t24_users} <= ${t03_staff}"'
ROUTE = "relevant: \"${t06} = 'yes'\"\n    questions:\n      - id: T-08"
T38 = "        text: {zh: 填报人, en: Completed by}\n"
CONFIRM = "          - {id: confirm, type: tick"
BANDS = BASE[BASE.index("          - {code: b0") : BASE.index("      - id: T-11")]
UNITS = "          - {code: units, label: {zh: 部门汇总, en: Departments}}\n"
STAFF = 'unit: {zh: 人, en: persons}, max: "1000000"}\n          - {id: rd'


def listed(count: int, stem: str = "u") -> str:
    return "".join(
        f"          - {{code: {stem}{at}, label: {{zh: {sign}部门, en: Department {chr(at + 65)}}}}}\n"
        for at, sign in zip(range(count), STEMS, strict=False)
    )


def bands(*labels: tuple[str, str]) -> Changes:
    lines = [f'          - {{code: b{at}, label: {{zh: "{zh}", en: "{en}"}}}}\n' for at, (zh, en) in enumerate(labels)]
    return [(BANDS, "".join(lines))]


def route(condition: str) -> Changes:
    return [(ROUTE, ROUTE.replace("${t06} = 'yes'", condition))]


def questions(count: int) -> Changes:
    made = "".join(
        f"      - {{id: T-{at}, text: {{zh: 项目{STEMS[at - 40]}, en: Item {chr(at + 25)}}}, type: tick}}\n"
        for at in range(40, 40 + count)
    )
    return [("    questions:\n      - id: T-38\n", f"    questions:\n{made}      - id: T-38\n")]


FINE: dict[str, Changes] = {
    "fifteen choices": [(UNITS, listed(12))],
    "seven choices in a select box": [(T07, f"        type: code\n        choices:\n{listed(7)}  - id: detail")],
    "a roster of three rows": [("max_rows: 200", "max_rows: 3")],
    "two hundred boxes on a page": [
        ("max_rows: 200", "max_rows: 200\n        rows_per_page: 50"),
        ("          - {id: built,", "          - {id: own, type: sel1, choice_list: yes_no, label: {zh: 自有,"
         " en: Own}}\n"
         "          - {id: built,"),
    ],
    "fifteen questions on a page": questions(14),
    "what holds without a last wave": route("coalesce(${t07_last}, ${t07}) = 'yes'"),
    "what holds where nobody knows": route("${t06} != 'no' or state(${t06}) = 'dont_know'"),
    "a condition at the only question of a page": [(T38, f"{T38}        relevant: \"${{t07}} = 'yes'\"\n")],
    "ranges in ten thousands": bands(("不到5万", "under 50,000"), ("5万–99999", "50,000–99,999"),
                                     ("10万以上", "100,000 or more")),
    "ranges with a common border": bands(("不到5%", "under 5 %"), ("5%至20%", "5 to 20 %"), ("超过20%", "over 20 %")),
    "two ranges are no series": bands(("1–9", "1–9"), ("20–29", "20–29"), ("不一定", "It varies")),
    "thirty words": [("en: Name of the case}", f"en: {' '.join(['Word', 'after'] * 15)}}}")],
    "a numbered list": [("en: Are cloud services bought}", 'en: "Are these bought: a) cloud services"}')],
    "a name that is the same in all languages": [("{zh: 软件, en: Software}", "{zh: Linux, en: Linux}")],
    "a name and a word": [("{zh: 软件, en: Software}", "{zh: Linux, en: Linux system}")],
    "dates in a long text": [("label: {zh: 场景名称, en: Name of the case}",
                              "lines: 3, label: {zh: 各项日期, en: All dates}")],
    "lines that fit": [("identity: true, max_length: 40", "identity: true, lines: 2, max_length: 40")],
    "a short text": [("identity: true, max_length: 40", "identity: true, max_length: 4")],
    "a unit that is asked": [
        (CONFIRM, "          - {id: hours, type: dec, max: \"9\", label: {zh: 时长, en: Time}}\n"
                  "          - {id: unit, type: sel1, choice_list: yes_no, label: {zh: 计量方式, en:"
                  " Measured}}\n" + CONFIRM)],
    "a comparison with the bound itself": [('rule: "${t03_staff} <= 500000"', 'rule: "${t03_staff} < 1000000"'),
                                           ("超过50万", "太多"), (", more than 500,000", ", too many")],
    "a division by what is never 0": [
        (STAFF, STAFF.replace("max:", 'min: "1", max:')),
        ("        hint: {zh: 没有研发人员的，请填“0”。, en: Type 0 where there are no R&D staff.}\n", ""),
        (RULE, 'rule: "${t24_users} div ${t03_staff} <= 1"')],
    "a day that is not ahead": [(RULE, 'rule: "${t24_users} <= ${t03_staff} or ${t03_since} <= today()"')],
    "today on the left": [(RULE, 'rule: "${t24_users} <= ${t03_staff} or today() >= ${t03_since}"')],
    "cells of a table that add up": [
        ("        max: \"100000\"\n", "        max: \"100000\"\n        checks:\n          - {id: adds, severity:"
                                      " hard, rule:"
         " \"${t09_car_ai} + ${t09_phone_ai} = ${t09_car_all}\", message: {zh: \"请改正 ${t09_car_all}。\","
         " en: \"Correct"
         " ${t09_car_all}.\"}}\n")],
    "two parts that are equal": [
        ('            value: "100 * ${t20_software} div ${t20_all}"\n',
         '            value: "100 * ${t20_software} div ${t20_all}"\n        checks:\n          - {id: same, severity:'
         ' hard, rule:'
         ' "${t20_software} = ${t20_staff}", message: {zh: "请改正 ${t20_staff}。", en: "Correct ${t20_staff}."}}\n')],
    "a form that lapses in the year of its approval": [('"2027-12-31"', '"2026-12-31"')],
    "a table number of digits": [("AI+T101", "101")],
}  # fmt: skip
FOUND: dict[str, tuple[str, Changes]] = {
    "sixteen questions": ("page-long", questions(15)),
    "sixteen choices": ("choices-many", [(UNITS, listed(13))]),
    "single choice said of several": (
        "says-how-many", [("{zh: 数据来自哪里, en:", "{zh: 数据来自哪里（只选一项）, en:")]),
    "a unit asked as text": ("unit-missing", [
        (CONFIRM, "          - {id: hours, type: dec, max: \"9\", label: {zh: 时长, en: Time}}\n"
                  "          - {id: unit, type: text, label: {zh: 计量方式, en: Measured}}\n" + CONFIRM)]),
    "a percent sign in the label": ("unit-twice", [("{zh: 电费占全部支出的比重,", "{zh: 电费占全部支出的比重（%）,")]),
    "万元 in the label of money": ("unit-twice", [("{zh: 软件, en: Software}", "{zh: 软件（万元）, en: Software}")]),
    "a number only in English": ("text-numbers-differ", [("，超过50万", "，太多")]),
    "a number only in Chinese": ("text-numbers-differ", [(", more than 500,000", ", too many")]),
    "a table number without digits": ("table-number-shape", [("AI+T101", "AI+T")]),
    "a gap after an open range": ("bands-gap", bands(("不到5", "under 5"), ("6–9", "6–9"), ("10以上", "10 or more"))),
    "ranges that both hold the border": ("bands-overlap", bands(("1–5", "1–5"), ("5–9", "5–9"), ("10以上", "10 or"
                                                                                                         " more"))),
    "a day ahead of today": ("today-in-rule", [(RULE, 'rule: "${t24_users} <= ${t03_staff} or ${t03_since} >='
                                                      ' today()"')]),
    "not() of an answer that may be unknown": ("route-negates-unknown", route("not(${t06} = 'no')")),
    "a number on the left": ("check-is-bound", [
        ("id: staff_many\n            severity: soft", "id: staff_many\n            severity: hard"),
        ('rule: "${t03_staff} <= 500000"', 'rule: "500000 >= ${t03_staff}"')]),
    "a comparison below the bound": ("compared-out-of-bounds", [(RULE, 'rule: "${t24_users} <= ${t03_staff} or'
                                                                       ' ${t24_users} < -1"')]),
}  # fmt: skip


def codes(folder: Path, changes: Changes) -> list[str]:
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "base.yaml"
    path.write_text(text, encoding="utf-8")
    from forms.loader import load_questionnaire
    from uptake.contract.errors import Fault

    faults: list[Fault] = []
    assert load_questionnaire(path, root=folder, faults=faults) is not None, [str(fault) for fault in faults]
    return [str(advice) for advice in lint_file(path, root=folder)]


@pytest.mark.parametrize("name", FINE)
def test_what_is_right_says_nothing(tmp_path: Path, name: str) -> None:
    assert codes(tmp_path, FINE[name]) == []


@pytest.mark.parametrize("name", FOUND)
def test_further_shapes_are_found(tmp_path: Path, name: str) -> None:
    code, changes = FOUND[name]
    found = codes(tmp_path, changes)
    assert len(found) == 1 and found[0].endswith(f"[{code}]"), found
