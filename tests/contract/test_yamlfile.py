"""Study files: read into dataclasses, every fault with its file and line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from uptake.contract.errors import Fault
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar, read_yaml


@dataclass(frozen=True, slots=True)
class Fruit:
    name: Text
    rule: Scalar
    place: Place
    kind: Literal["apple", "pear"] = "apple"
    count: int = 0
    share: Decimal | None = None
    ripe: bool = False


@dataclass(frozen=True, slots=True)
class Basket:
    id: str
    fruits: tuple[Fruit, ...]
    notes: Mapping[str, str]


def read(tmp_path: Path, text: str) -> tuple[Basket | None, list[str]]:
    (tmp_path / "basket.yaml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    made = read_yaml(tmp_path / "basket.yaml", Basket, root=tmp_path, faults=faults)
    return made, [str(fault) for fault in faults]


def test_scalars_stay_the_text_that_was_written(tmp_path: Path) -> None:
    made, faults = read(
        tmp_path,
        "id: 0110\nnotes: {a: no, b: 2026-01-01}\nfruits:\n"
        "  - name: {zh: 苹果, en: Apple}\n    rule: yes\n    count: 3\n    share: 0.10\n    ripe: yes\n",
    )
    assert faults == []
    assert made == Basket(
        "0110",
        (Fruit(Text.of(zh="苹果", en="Apple"), Scalar("yes", Place("basket.yaml", 5)), Place("basket.yaml", 4),
               "apple", 3, Decimal("0.10"), True),),
        {"a": "no", "b": "2026-01-01"},
    )  # fmt: skip


def test_every_fault_is_listed_with_its_line(tmp_path: Path) -> None:
    made, faults = read(
        tmp_path,
        "id: b\nid: c\nnotez: {}\nfruits:\n  - name: {zh: 苹果}\n    rule: x\n    kind: appel\n"
        "  - name: {zh: 梨, en: Pear}\n    rule: [x]\n    count: three\n    ripe: maybe\n",
    )
    assert made is None
    assert faults == [
        'basket.yaml:2: the key "id" was given on line 1 already; one of the two would be lost. Keep one.',
        'basket.yaml:3: a basket has no key "notez". Did you mean "notes"? Known: id, fruits, notes.',
        "basket.yaml:5: the text lacks en; every text is written in zh and en. Add it.",
        'basket.yaml:7: "appel" is not one of apple, pear. Did you mean "apple"?',
        "basket.yaml:9: one value was expected here, not a list.",
        'basket.yaml:10: "three" is not a whole number. Write digits such as 400.',
        'basket.yaml:11: "maybe" is not true or false. Write true or false.',
        'basket.yaml:1: this basket lacks "notes". Add the key.',
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "basket.yaml: the file is empty. Write its keys, or delete it if the study does not use it."),
        (b"a: [1", "basket.yaml:1: not valid YAML"),
        (
            "id: 名".encode("gb18030"),
            "basket.yaml: the file is GB18030/GBK (byte 4 is not UTF-8), so the file cannot be read. Save it as UTF-8.",
        ),
        (b"id: \xff\xff", "basket.yaml: byte 4 is not UTF-8, so the file cannot be read. Save it as UTF-8."),
        (
            "id: 名".encode("utf-16"),
            "basket.yaml: the file is UTF-16, so the file cannot be read. Save it as UTF-8.",
        ),
        (
            b"#" * 5_000_001,
            "basket.yaml: the file has 5,000,001 bytes; files of a study have at most 5,000,000."
            " Move what is not part of the definition elsewhere.",
        ),
        (
            b"id: a\nfruits:\n\t- b",
            "basket.yaml:3: a tab stands where YAML wants blanks, so nothing of the file could be read."
            " Indent with blanks; most editors can turn tabs into them.",
        ),
        (
            b"id: a\n---\nid: b",
            "basket.yaml:2: a second document begins here (`---`), which would be lost."
            " A file is one document: remove the line, or make two files.",
        ),
        (
            b"id: *other",
            "basket.yaml:1: found undefined alias 'other': no anchor of that name stands before it."
            " Write the value out.",
        ),
        (
            b"[" * 45 + b"]" * 45,
            "basket.yaml:1: the file is nested more than 40 levels deep, which no study file is."
            " Check its brackets and indent.",
        ),
        (
            b"[" * 100_000,
            "basket.yaml: the file is nested more than 40 levels deep, which no study file is."
            " Check its brackets and indent.",
        ),
        (
            b"id: &a\n  - *a",
            "basket.yaml:1: an alias (`*name`) inside this value means the value itself, so it never ends."
            " Write it out.",
        ),
        (
            b"a0: &a0 [1]\n"
            + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)),
            "basket.yaml: the file stands for more than 500,000 values once its aliases (`*name`) are written out."
            " Use fewer aliases; `choice_lists` holds what several questions share.",
        ),
        (
            b"a: &a {b: c}\nd:\n  <<: *a",
            "basket.yaml:3: merge keys (`<<`) are not read, because a reader could not see what holds where."
            " Write the keys out; `choice_lists` holds what several questions share.",
        ),
        (
            b"id: !!python/object/apply:os.system [ls]",
            'basket.yaml:1: the tag "tag:yaml.org,2002:python/object/apply:os.system" means nothing here, and a program'
            " that obeyed it could be misled. Remove it (`!...`).",
        ),
        (b"- a", "basket.yaml:1: a basket was expected here: `key: value` lines, not a list."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "basket.yaml").write_bytes(content)
    faults: list[Fault] = []
    assert read_yaml(tmp_path / "basket.yaml", Basket, root=tmp_path, faults=faults) is None
    assert str(faults[0]).startswith(sentence)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "basket.yaml").write_bytes(b"\xef\xbb\xbfid: b\nfruits: []\nnotes: {}\n")
    faults: list[Fault] = []
    assert read_yaml(tmp_path / "basket.yaml", Basket, root=tmp_path, faults=faults) == Basket("b", (), {})


def test_a_folder_in_the_place_of_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "basket.yaml").mkdir()
    faults: list[Fault] = []
    assert read_yaml(tmp_path / "basket.yaml", Basket, root=tmp_path, faults=faults) is None
    assert [str(fault) for fault in faults] == [
        "basket.yaml: the file cannot be opened (Is a directory). Check what it is and who may read it."
    ]


def test_a_key_in_the_wrong_place_is_sent_to_its_own(tmp_path: Path) -> None:
    made, faults = read(tmp_path, "id: b\nripe: yes\nfruits: []\nnotes: {}\n")
    assert made is None
    assert faults == ['basket.yaml:2: a basket has no key "ripe". It belongs in a fruit. Known: id, fruits, notes.']


def test_a_comma_that_splits_a_text_is_explained(tmp_path: Path) -> None:
    made, faults = read(tmp_path, "id: b\nfruits:\n  - {name: {zh: 苹果, 梨, en: Apple}, rule: x}\nnotes: {}\n")
    assert made is None
    assert faults == [
        'basket.yaml:3: "梨" is no language. Where it belongs to the words before it, a half-width comma split them:'
        " put the text in quotation marks."
    ]


def test_control_signs_of_a_file_never_reach_a_terminal(tmp_path: Path) -> None:
    made, faults = read(tmp_path, 'id: b\nfruits: []\n"\\e[2J\\u202e<script>": {}\nnotes: {}\n')
    assert made is None
    assert faults == ['basket.yaml:3: a basket has no key "\\x1b[2J\\u202e<script>". Known: id, fruits, notes.']


def test_every_language_of_a_text_knows_its_line(tmp_path: Path) -> None:
    made, _ = read(
        tmp_path, "id: b\nfruits:\n  - name:\n      zh: 苹果\n      en: |-\n        Apple\n    rule: x\nnotes: {}"
    )
    assert made is not None
    name = made.fruits[0].name
    assert (name.line("zh"), name.line("en"), name.line("fr")) == (4, 5, 0)
    assert name == Text.of(zh="苹果", en="Apple")


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert read_yaml(tmp_path / "none.yaml", Basket, root=tmp_path, faults=faults) is None
    assert [str(fault) for fault in faults] == [
        "none.yaml: the file is missing. A study needs it; `uptake init` shows a complete one."
    ]
