"""Published definitions: the digest follows what is said and nothing else; a change under old versions is refused."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from forms import source
from forms.differences import differences
from forms.digest import definition_digest, definition_document, document_digest
from forms.loader import load_questionnaires
from forms.model import Questionnaire
from forms.published import publish, published_faults, record_path, version_rank
from uptake.contract.errors import Fault
from uptake.contract.yamlfile import read_yaml

BASE = (Path(__file__).parent / "lint_samples" / "base.yaml").read_text(encoding="utf-8")
Change = Callable[..., None]


def load(folder: Path) -> Questionnaire:
    faults: list[Fault] = []
    loaded = load_questionnaires(folder, faults=faults)
    assert faults == [], [str(fault) for fault in faults]
    return loaded["base"]


def written_as(folder: Path, text: str) -> source.Questionnaire:
    path = folder / "base.yaml"
    path.write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    written = read_yaml(path, source.Questionnaire, root=folder, faults=faults)
    assert written is not None, [str(fault) for fault in faults]
    return written


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "questionnaires").mkdir()
    (tmp_path / "questionnaires" / "base.yaml").write_text(BASE, encoding="utf-8")
    publish(tmp_path, load(tmp_path))
    return tmp_path


@pytest.fixture
def change(study: Path) -> Change:
    """Change the questionnaire: pairs of an old and a new piece of text."""

    def changed(*pairs: tuple[str, str]) -> None:
        path = study / "questionnaires" / "base.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    return changed


def said(study: Path) -> list[str]:
    return [str(fault) for fault in published_faults(study, [load(study)])]


def test_a_record_is_canonical_json_with_the_digest_of_the_questionnaire(study: Path) -> None:
    asked = load(study)
    path = record_path(study, asked)
    assert path == study / "published" / "base-1.0-1.json"
    record = json.loads(path.read_bytes())
    assert path.read_bytes() == rfc8785.dumps(record) + b"\n"
    assert record["sha256"] == asked.sha256 and set(record) == {"format", "sha256", "document"}
    assert publish(study, asked) is None, "a record stands for good"
    assert said(study) == []


def test_a_draft_may_change(study: Path, change: Change) -> None:
    record_path(study, load(study)).unlink()
    change(("en: Software}", "en: Programs}"))
    assert said(study) == []


WORDS = ("en: Software}", "en: Programs}")
STRUCTURE = ("max_rows: 200", "max_rows: 100")
DIFFERS = "base differs from what was published as 1.0 (text 1), and answers to the two could not be told apart: "


@pytest.mark.parametrize(
    ("pair", "line", "says"),
    [
        (WORDS, 5, 'pages.money.questions.T-20.parts.software.label.en was "Software", is "Programs". Raise'
                   ' text_version.'),
        (STRUCTURE, 4, 'pages.cases.questions.T-24.max_rows was 200, is 100. Raise definition_version.'),
        (('"2027-12-31"', '"2028-12-31"'), 5,
         'header.valid_until was "2027-12-31", is "2028-12-31". Raise text_version.'),
        (("（见定义1）", "（定义1）"), 4,
         'pages.gates.questions.T-06.text.zh was "本季度是否使用人工智能应用？（见定义1）", is'
         ' "本季度是否使用人工智能应用？（定义1）". Raise definition_version.'),
        (("zh: 本季度至少使用过一次。", "zh: 本季度使用过。"), 4,
         'definitions.DEF-2.text.zh was "本季度至少使用过一次。", is "本季度使用过。". Raise definition_version.'),
        (("Correct one of the two.\n            fields: [t03_rd]", "Correct one.\n            fields: [t03_rd]"), 5,
         'pages.unit.questions.T-03.checks.rd_within_staff.message.en was "…}). Correct one of the two.", is'
         ' "…}). Correct one.". Raise text_version.'),
        (("          - {code: units, label: {zh: 部门汇总, en: Departments}}\n", ""), 4,
         'pages.detail.questions.T-11.choices.units was {"code": "units", "label":'
         ' {"en": "Departments", "zh": "部门汇总…,'
         " is not there. Raise definition_version."),
        (("unit: {zh: 台, en: devices}", "unit: {zh: 千台, en: devices}"), 4,
         'pages.detail.questions.T-09.unit.zh was "台", is "千台". Raise definition_version.'),
        (("max_rows: 200", "max_rows: 200\n        rows_per_page: 20"), 5,
         'pages.cases.questions.T-24.rows_per_page was not there, is 20. Raise text_version.'),
        (("type: selN\n", "type: selN\n        required: false\n"), 4,
         'pages.detail.questions.T-11.required was not there, is false. Raise definition_version.'),
    ],
)  # fmt: skip
def test_a_change_under_the_same_versions_is_refused(
    study: Path, change: Change, pair: tuple[str, str], line: int, says: str
) -> None:
    change(pair)
    (fault,) = said(study)
    assert fault == f"questionnaires/base.yaml:{line}: {DIFFERS}{says}"


def test_the_first_differences_are_named_the_weightiest_first(study: Path, change: Change) -> None:
    change(WORDS, STRUCTURE, ("en: Sign-off}", "en: Signature}"), ("en: Research}", "en: R and D}"))
    (fault,) = said(study)
    assert fault.endswith("; and 1 more. Raise definition_version.")
    assert fault.index("max_rows") < fault.index("Programs") or "Programs" not in fault


def test_raising_the_text_version_is_enough_for_words_and_not_for_structure(study: Path, change: Change) -> None:
    change(WORDS, ('text_version: "1"', 'text_version: "2"'))
    assert said(study) == []
    assert publish(study, load(study)) is not None
    assert said(study) == []
    change(STRUCTURE, ('text_version: "2"', 'text_version: "3"'))
    assert said(study) == [
        "questionnaires/base.yaml:4: base changes more than words since 1.0 (text 2) was published:"
        " pages.cases.questions.T-24.max_rows was 200, is 100. Raise definition_version, which starts a new series."
    ]
    change(('definition_version: "1.0"', 'definition_version: "1.1"'))
    assert said(study) == []


def test_versions_never_go_back(study: Path, change: Change) -> None:
    change(('definition_version: "1.0"', 'definition_version: "0.9"'))
    assert said(study) == [
        "questionnaires/base.yaml:4: base is 0.9 (text 1), and 1.0 (text 1) was published already. Raise the versions"
        " above it."
    ]
    assert version_rank("1.10") > version_rank("1.9") > version_rank("1")


def test_an_older_published_definition_may_stand_in_the_folder_again(study: Path, change: Change) -> None:
    change(WORDS, ('text_version: "1"', 'text_version: "2"'))
    publish(study, load(study))
    change(tuple(reversed(WORDS)), ('text_version: "2"', 'text_version: "1"'))
    assert said(study) == [], "a wave in the field goes on with the words it began with"


def test_a_record_that_was_tampered_with_is_told(study: Path) -> None:
    path = record_path(study, load(study))
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"Software", b"Softwear", 1))
    (fault,) = said(study)
    assert fault.startswith(
        "published/base-1.0-1.json: the record was changed after it was published: its content has the"
    )
    assert fault.endswith("Restore it; a new definition gets new versions.")
    broken = "published/base-1.0-1.json: this is no published record (format, sha256, document), so nothing can be held"
    for content in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"document": {}, "sha256": 1}', b'{"a": NaN}',
                    kept.replace(b'"id":"base"', b'"id":["base"]', 1)):  # fmt: skip
        path.write_bytes(content)
        faults = said(study)
        assert len(faults) == 1 and (faults[0].startswith(broken) or "was changed after" in faults[0]), content
    path.write_bytes(kept)
    assert said(study) == []
    path.rename(path.with_name("base-2.0-1.json"))
    assert said(study) == [
        "published/base-2.0-1.json: the record is that of base-1.0-1, and its name says something else. Rename it"
        " base-1.0-1.json."
    ]


# The digest


def plain(text: str) -> Any:
    return yaml.load(text, Loader=yaml.BaseLoader)


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same data with its keys in another order, sharing equal parts so that aliases are written."""
    if isinstance(value, dict):
        keys = list(value)
        dice.shuffle(keys)
        return {key: shuffled(value[key], dice) for key in keys}
    return [shuffled(item, dice) for item in value] if isinstance(value, list) else value


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_layout_does_not_change_the_digest(
    before: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    dice, folder = random.Random(seed), tmp_path_factory.mktemp("layout")
    data = shuffled(DATA, dice)
    yes_no = data["choice_lists"]["yes_no"]
    data["choice_lists"] = {"yes_no": [yes_no[0], {**yes_no[1], "label": yes_no[1]["label"]}]}
    text = yaml.dump(data, allow_unicode=dice.random() < 0.5, sort_keys=False, width=dice.choice([40, 80, 1000]),
                     default_flow_style=dice.choice([None, False]), indent=dice.choice([2, 4]))  # fmt: skip
    commented = "# a comment\n" + text.replace("\nnotices:", "\n\n# another\nnotices:")
    assert definition_digest(written_as(folder, commented)) == document_digest(before)


def test_aliases_and_defaults_written_out_do_not_change_the_digest(tmp_path: Path) -> None:
    first = definition_digest(written_as(tmp_path, BASE))
    aliased = BASE.replace("unit: {zh: 人, en: persons}", "unit: &persons {zh: 人, en: persons}", 1)
    aliased = aliased.replace("unit: {zh: 人, en: persons}", "unit: *persons")
    assert aliased.count("*persons") > 2
    assert definition_digest(written_as(tmp_path, aliased)) == first
    said_out = BASE.replace("type: tick,", "type: tick, required: true,").replace(
        "type: selN\n", "type: selN\n        lines: 1\n"
    )
    assert definition_digest(written_as(tmp_path, said_out)) == first


OTHER = {"true": "false", "false": "true", "hard": "soft", "soft": "hard", "fixed": "editable", "editable": "fixed",
         "provinces": "size_classes", "wan": "yi", "dec": "int", "code": "text"}  # fmt: skip


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*path, key))
    else:
        yield path


def mutated(old: str, key: Any) -> str:
    """Another value of the same shape; a type becomes another type."""
    if key == "type":
        return "date" if old != "date" else "int"
    return OTHER.get(old) or (str(int(old) + 1) if old.isdigit() else f"{old}甲")


DATA = plain(BASE)
LEAVES = list(leaves(DATA))


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of the base."""
    return definition_document(written_as(tmp_path_factory.mktemp("before"), BASE))


@settings(max_examples=30, deadline=None)
@given(at=st.integers(0, len(LEAVES) - 1))
def test_every_word_code_number_and_rule_changes_the_digest(
    before: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, at: int
) -> None:
    check_leaf(before, tmp_path_factory.mktemp("leaf"), LEAVES[at])


@pytest.mark.proof
def test_every_leaf_changes_the_digest(before: dict[str, Any], tmp_path: Path) -> None:
    for path in LEAVES:
        check_leaf(before, tmp_path, path)


def check_leaf(before: dict[str, Any], folder: Path, path: tuple[Any, ...]) -> None:
    data = copy.deepcopy(DATA)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = mutated(holder[path[-1]], path[-1])
    written = written_as(folder, yaml.dump(data, allow_unicode=True, sort_keys=False))
    assert definition_digest(written) != document_digest(before), path
    found = differences(before, definition_document(written))
    if path[0] in ("definition_version", "text_version"):
        assert found == ()
    else:
        assert found, path
        assert all(item.raises == "text_version" for item in found) == only_words(path), (path, found)


def only_words(path: tuple[Any, ...]) -> bool:
    """Whether a leaf is wording: a text outside definitions, units and headline questions, or the legal header."""
    if path[0] == "header":
        return True
    asked = DATA["pages"][path[1]]["questions"][path[3]] if path[0] == "pages" and path[2] == "questions" else {}
    headline = "headline" in asked
    is_text = path[-1] in ("zh", "en")
    return bool(is_text and path[0] != "definitions" and path[-2] != "unit" and not headline)


@pytest.mark.parametrize("path", [("pages",), ("notices",), ("definitions",), ("sample",), ("wordings",)])
def test_what_is_left_out_changes_the_digest(tmp_path: Path, path: tuple[str, ...]) -> None:
    before = written_as(tmp_path, BASE)
    data = plain(BASE)
    data[path[0]] = data[path[0]][1:]
    written = written_as(tmp_path, yaml.dump(data, allow_unicode=True, sort_keys=False))
    assert definition_digest(written) != definition_digest(before)
    assert differences(definition_document(before), definition_document(written))


def test_the_order_of_what_is_asked_matters(tmp_path: Path) -> None:
    before = written_as(tmp_path, BASE)
    data = plain(BASE)
    data["pages"][0]["questions"].reverse()
    written = written_as(tmp_path, yaml.dump(data, allow_unicode=True, sort_keys=False))
    (found,) = differences(definition_document(before), definition_document(written))
    assert (found.path, found.old, found.new, found.raises) == (
        "pages.unit.questions.(order)", "T-01, T-02, T-03", "T-03, T-02, T-01", "definition_version")  # fmt: skip
