"""The API's door: strict types, every error with its place and sentence, the findings of a page."""

from __future__ import annotations

import datetime
import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from forms.checks import run_checks
from forms.document import ReadDocument, read_document
from forms.leaves import Answer, Given
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.strict_json import MOST_BYTES, NotJson, read_json
from uptake.contract.errors import Fault

EVERYTHING = Path(__file__).with_name("everything.yaml")


@pytest.fixture(scope="module")
def everything() -> Questionnaire:
    faults: list[Fault] = []
    made = load_questionnaire(EVERYTHING, root=EVERYTHING.parent, faults=faults)
    assert made is not None, faults
    return made


def read(questionnaire: Questionnaire, text: str | bytes, lang: str = "en") -> ReadDocument:
    content = text if isinstance(text, bytes) else text.encode()
    return read_document(questionnaire, content, lang=lang)


def errors(questionnaire: Questionnaire, text: str | bytes, lang: str = "en") -> list[tuple[str, str]]:
    return [(error.pointer, error.message) for error in read(questionnaire, text, lang).errors]


GOOD = """{
  "x02_region": "440000", "x03_staff": 120, "x03_rd": {"value": null, "state": "dont_know"},
  "x04": {"value": "yes", "state": "answered"}, "x05_all": "12.50", "x05_software": 2.5, "x05_staff": 10,
  "x07": 33.3, "x08": -1.125, "x09": "2026-06-30", "x13": ["units", "records"], "x16": null, "x17": true,
  "x14": [{"x14_name": "甲", "x14_users": 5}, {"row": 7, "x14_name": "乙", "x14_tools": ["other"]}], "x14_rows": 2,
  "x11_t1_all": {"state": "not_applicable"}
}"""


def test_a_document_says_what_a_page_would(everything: Questionnaire) -> None:
    made = read(everything, GOOD)
    assert made.errors == ()
    assert made.answers == {
        "x02_region": Answer("440000", "answered"), "x03_staff": Answer(120, "answered"),
        "x03_rd": Answer(None, "dont_know"), "x04": Answer("yes", "answered"),
        "x05_all": Answer(Decimal("12.50"), "answered"), "x05_software": Answer(Decimal("2.50"), "answered"),
        "x05_staff": Answer(Decimal("10.00"), "answered"), "x07": Answer(Decimal("33.3"), "answered"),
        "x08": Answer(Decimal("-1.125"), "answered"), "x09": Answer(datetime.date(2026, 6, 30), "answered"),
        "x13": Answer("records units", "answered"), "x16": Answer(None, "blank"), "x17": Answer(True, "answered"),
        "x14_name.1": Answer("甲", "answered"), "x14_users.1": Answer(5, "answered"),
        "x14_name.7": Answer("乙", "answered"), "x14_tools.7": Answer("other", "answered"),
    }  # fmt: skip
    assert made.findings == run_checks(everything, made.answers)
    assert read_document(everything, json.loads(GOOD), lang="en").answers == made.answers


@pytest.mark.parametrize(
    ("text", "pointer", "message"),
    [
        ('{"x03_staff": 2.6e-42}', "/x03_staff", "“2.6E-42” is not a whole number"),
        ('{"x08": 1e-13}', "/x08", "“1E-13” has too many decimal places"),
        ('{"x03_staff": 12.5}', "/x03_staff", "“12.5” is not a whole number"),
        ('{"x03_staff": 1e400000000000000000000}', "/x03_staff", "is not a number"),
        ('{"x03_staff": NaN}', "/x03_staff", "“NaN” is not a number"),
        ('{"x03_staff": -Infinity}', "/x03_staff", "“-Infinity” is not a number"),
        ('{"x03_staff": "1,200"}', "/x03_staff", "“1,200” is not a number. Write a number such as 1200"),
        ('{"x03_staff": "1e5"}', "/x03_staff", "“1e5” is not a number"),
        ('{"x03_staff": "１２"}', "/x03_staff", "“１２” is not a number"),
        ('{"x03_staff": ""}', "/x03_staff", "is not a number"),
        ('{"x03_staff": true}', "/x03_staff", "“true” is not a number"),
        ('{"x03_staff": [1]}', "/x03_staff", "“[…]” is not a number"),
        ('{"x03_staff": 99999999}', "/x03_staff", "is above 1,000,000"),
        ('{"x03_staff": -1}', "/x03_staff", "is below 0"),
        (f'{{"x03_staff": {"9" * 5000}}}', "/x03_staff", "is not a number"),
        ('{"x05_all": 1.005}', "/x05_all", "has too many decimal places"),
        ('{"x04": 1}', "/x04", "“1” must be a text in quotation marks"),
        ('{"x04": "maybe"}', "/x04", "“maybe” is not one of the choices"),
        ('{"x13": {"a": 1}}', "/x13/a", "nothing called “a”"),
        ('{"x13": [1]}', "/x13", 'must be a list of codes, such as ["records"]'),
        ('{"x13": ["nothing", "units"]}', "/x13", "cannot be chosen together"),
        ('{"x17": "yes"}', "/x17", "“yes” must be true or false"),
        ('{"x09": "2026-02-30"}', "/x09", "is not a date"),
        ('{"x02_address": 7}', "/x02_address", "must be a text"),
        ('{"x02_address": "a\\u202eb"}', "/x02_address", "invisible control character (U+202E)"),
        ('{"x02_address": "a\\u0000b"}', "/x02_address", "(U+0000)"),
        ('{"x02_address": "\\ud800"}', "/x02_address", "(U+D800)"),
        ('{"x03_staf": 1}', "/x03_staf", "nothing called “x03_staf”. Did you mean “x03_staff”?"),
        ('{"x14_name": "a"}', "/x14_name", "nothing called “x14_name”"),
        ('{"x14_name.1": "a"}', "/x14_name.1", "nothing called"),
        ('{"a/b~": 1}', "/a~1b~0", "nothing called “a/b~”"),
        ('{"x03_share": 1}', "/x03_share", "“x03_share” is computed"),
        ('{"x01": "91350100M000100Y43"}', "/x01", "comes from the register"),
        ('{"x03_staff": 1, "x03_staff": 2}', "/x03_staff", "“x03_staff” stands here twice"),
        ('{"x04": {"value": "yes", "state": "dont_know"}}', "/x04", "“dont_know” and the value given contradict"),
        ('{"x04": {"state": "answered"}}', "/x04", "“answered” and the value given contradict"),
        ('{"x04": {"state": "refused"}}', "/x04", "“refused” is not a state that can be reported"),
        ('{"x04": {"state": ["x"]}}', "/x04", "“[…]” is not a state"),
        ('{"x04": {"value": "yes", "state": "not_applicable"}}', "/x04", "“not_applicable” is not a state"),
        ('{"x04": {"value": "yes", "value": "no"}}', "/x04/value", "“value” stands here twice"),
        ('{"x04": {"value": "yes", "staet": "answered"}}', "/x04/staet", "Did you mean “state”?"),
        ('{"x14": [{"row": 2, "row": 3, "x14_name": "a"}]}', "/x14/0/row", "“row” stands here twice"),
        ('{"x14": [{"row": 2001}]}', "/x14/0/row", "“2001” must be a whole number from 1 to 2000"),
        ('{"x14": [{"row": 2.0}]}', "/x14/0/row", "“2.0” must be a whole number"),
        ('{"x03_staff": {"state": "dont_know"}}', "/x03_staff", "cannot be answered with don’t know"),
        ('{"x14": {}}', "/x14", "The roster “x14” is a list of objects"),
        ('{"x14": [7]}', "/x14/0", "An object was expected here"),
        ('{"x14": [{"x14_nam": "a"}]}', "/x14/0/x14_nam", "Did you mean “x14_name”?"),
        ('{"x14": [{"row": 0}]}', "/x14/0/row", "“0” must be a whole number from 1 to 2000"),
        ('{"x14": [{"row": true}]}', "/x14/0/row", "“true” must be a whole number"),
        ('{"x14": [{"row": 2}, {}]}', "/x14/1", "“row 2” stands here twice"),
        ('{"x14": [{"x14_users": -5}]}', "/x14/0/x14_users", "is below 0"),
        (f'{{"x14": [{",".join(["{}"] * 2001)}]}}', "/x14", "There are 2001 rows, and at most 2000 are taken"),
        ("[1]", "", "An object was expected here"),
        ("", "", "not valid JSON (line 1, column 1)"),
        ('{"x04": yes}', "", "not valid JSON (line 1, column 9)"),
        ("[" * 100_000, "", "nested deeper than 20 levels"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(everything: Questionnaire, text: str, pointer: str, message: str) -> None:
    found, answers = errors(everything, text), read(everything, text).answers
    assert answers == {}, "what cannot be read is left out"
    assert len(found) == 1 and found[0][0] == pointer and message in found[0][1], found
    (zh,) = errors(everything, text, "zh")
    assert zh[0] == pointer and zh[1] != found[0][1] and zh[1].endswith("。")


def test_brackets_in_texts_are_no_depth(everything: Questionnaire) -> None:
    assert errors(everything, json.dumps({"x16": '[{"\\' * 30})) == []


def test_other_encodings_and_sizes_are_told(everything: Questionnaire) -> None:
    assert errors(everything, '{"x16": "中"}'.encode("gb18030"))[0][1].startswith("The document is not in UTF-8 (byte ")
    assert "8,000,001 bytes" in errors(everything, b" " * (MOST_BYTES + 1))[0][1]
    assert errors(everything, '{"x16": "中"}'.encode("utf-8-sig")) == []
    assert errors(everything, b"{}" + b" " * (MOST_BYTES - 2)) == []


@pytest.mark.parametrize("open_", ["[", '{"a":'])
def test_twenty_levels_are_read_and_one_more_is_not(open_: str) -> None:
    close = "]" if open_ == "[" else "}"
    assert read_json((open_ * 20 + "1" + close * 20).encode())
    with pytest.raises(NotJson) as deep:
        read_json((open_ * 21 + "1" + close * 21).encode())
    assert (deep.value.key, deep.value.slots) == ("too_deep", {"most": 20})


def test_only_open_brackets_outside_texts_count_as_levels() -> None:
    texts = ['"[[[[[[[[[[[[[[[[[[[[[["', r'"\""', r'"\\"', '"]"', r'"\"[[[[[[[[[[[[[[[[[[[[[[["']
    for text in texts:
        assert read_json(f"[{text}, {text}]".encode()) == [json.loads(text)] * 2
    assert read_json(("[" + "[1]," * 50 + "{}]").encode())
    deep = "[" * 21
    for before in (r'"\\"', r'"\""', '"]"', '"a"'):
        with pytest.raises(NotJson, match="too_deep"):
            read_json(f"[{before}, {deep}".encode())


def test_errors_name_the_answer_where_it_is_one(everything: Questionnaire) -> None:
    text = '{"x03_staff": 1.5, "x04": 1, "x04": 2, "x99": 1, "x99": 1, "x14": [{}, {"x14_users": "a", "x14_nme": 1}]}'
    assert {(error.pointer, error.name) for error in read(everything, text).errors} == {
        ("/x03_staff", "x03_staff"), ("/x04", "x04"), ("/x99", ""), ("/x14/1/x14_users", "x14_users.2"),
        ("/x14/1/x14_nme", ""),
    }  # fmt: skip


def test_the_longest_roster_a_tick_taken_back_and_what_was_not_asked(everything: Questionnaire) -> None:
    made = read(everything, json.dumps({"x14": [{"x14_users": row} for row in range(2000)], "x17": False}))
    assert made.errors == () and made.answers["x17"] == Answer(None, "blank")
    assert made.answers["x14_users.2000"] == Answer(1999, "answered")
    assert read(everything, '{"x04": {"value": null, "state": "not_applicable"}}').answers == {}


def test_a_document_wrong_all_through_is_told_in_good_time(everything: Questionnaire) -> None:
    keys = ", ".join(f'"x03_stafff{number}": 1' for number in range(60_000))
    made = read(everything, f'{{{keys}, "x03_stafff7": 2}}')
    assert len(made.errors) == 1001 and made.errors[0].pointer == "/x03_stafff7"
    assert sum("Did you mean" in error.message for error in made.errors) == 99
    assert made.errors[-1].message.startswith("There are more than 1,000 errors, and the others are not listed.")
    rows = ", ".join('{"x14_users": "many"}' for _ in range(2000))
    assert len(read(everything, f'{{"x14": [{rows}]}}').errors) == 1001


def test_what_the_sample_fixes_is_kept(everything: Questionnaire) -> None:
    code = Answer("91350100M000100Y43", "answered")
    given = Given(prefilled={"x01": code})
    same = read_document(everything, {"x01": code.value}, given)
    assert same.answers == {"x01": code} and same.errors == ()
    other = read_document(everything, {"x01": "91110000100000000U"}, given, lang="en")
    assert other.answers == {"x01": code} and other.errors[0].pointer == "/x01"


def test_python_values_are_as_strict(everything: Questionnaire) -> None:
    loop: dict[str, Any] = {}
    loop["x14"] = loop
    found = read_document(everything, loop, lang="en")
    assert "nested deeper" in found.errors[0].message
    odd = {"x03_staff": float("nan"), "x09": datetime.date(2026, 1, 1), "x16": b"bytes", "x08": 0.1,
           "x03_rd": 10**5000, "x13": {"records"}, "x02_address": object()}  # fmt: skip
    made = read_document(everything, odd, lang="en")
    assert {error.pointer for error in made.errors} == {f"/{name}" for name in odd if name != "x08"}
    assert all(error.message.startswith("“") and len(error.message) < 300 for error in made.errors)
    assert made.answers["x08"] == Answer(Decimal("0.100"), "answered")


def _garbled(questionnaire: Questionnaire, rounds: int, seed: int) -> int:
    r, refused = random.Random(seed), 0
    pieces = [
        "",
        "{",
        "}",
        "[",
        "]",
        '"',
        ",",
        ":",
        "null",
        "1e9",
        "-",
        "\\u0000",
        "\\",
        "true",
        "\u202e",
        "0x1f",
        "甲",
    ]
    for _ in range(rounds):
        at = r.randrange(len(GOOD))
        text = GOOD[:at] + r.choice(pieces) + GOOD[at + r.randrange(3) :]
        made = read(questionnaire, text)
        refused += bool(made.errors)
        assert all(error.message and "\u202e" not in error.message for error in made.errors)
    return refused


def test_garbled_documents_never_end_in_a_traceback(everything: Questionnaire) -> None:
    assert _garbled(everything, 1_500, 1) > 700
