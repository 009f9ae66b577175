"""The JSON Schema of questionnaires: current, true for every good file, and false for files of the wrong shape."""

from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from forms.lint import rules
from forms.schema import questionnaire_schema
from forms.schema_words import WORDS

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "lint_samples"
BASE = (SAMPLES / "base.yaml").read_text(encoding="utf-8")
EXAMPLES = sorted((ROOT / "uptake" / "studies" / "aiplus" / "questionnaires").glob("*.yaml"))
VALIDATOR = Draft202012Validator(questionnaire_schema())
STRUCTURAL = [
    "key-unknown", "key-missing", "list-expected", "mapping-expected", "value-expected", "value-unknown", "value-shape",
    "text-language-missing", "text-split", "text-empty", "id-shape", "check-id-shape", "date-shape", "page-empty",
    "question-without-type", "part-without-id", "type-takes-no", "required-twice", "prefill-shape", "money-unit",
    "decimals-range", "matrix-column", "code-shape", "roster-place", "roster-columns", "roster-max-rows",
    "roster-rows-per-page", "roster-column-type", "computed-shape", "experiment-arms", "wording-empty", "size-none",
    "version-shape",
]  # fmt: skip


def as_json(text: str) -> Any:
    """Read YAML as an editor does: days are texts."""
    return json.loads(json.dumps(yaml.safe_load(text), default=_day))


def _day(value: object) -> str:
    assert isinstance(value, datetime.date)
    return value.isoformat()


def sample(code: str) -> str:
    said = yaml.safe_load((SAMPLES / f"{code}.yaml").read_text(encoding="utf-8"))
    text = BASE
    for change in said["change"]:
        text = text.replace(change["old"], change["new"])
    return text


def wrong(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(as_json(text))]


def test_the_files_are_current() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from schema_file import FILES, text
    finally:
        sys.path.remove(str(ROOT / "tools"))
    assert all(path.read_text(encoding="utf-8") == text() for path in FILES), "run: python tools/schema_file.py"


def test_it_is_a_schema_and_every_key_is_described() -> None:
    schema = questionnaire_schema()
    Draft202012Validator.check_schema(schema)
    shapes = [schema, *(shape for name, shape in schema["$defs"].items() if name != "text")]
    keys = [described for shape in shapes for described in shape["properties"].values()]
    assert len(keys) > 100
    assert all(described["description"].endswith((".", "…")) for described in keys)
    used = {described["description"] for described in keys}
    assert {words for words in WORDS.values() if words not in used} == set(), "words for keys that are gone"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_example_questionnaires_are_valid_and_name_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert wrong(text) == []
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../questionnaire.schema.json"
    assert (path.parent / ".." / "questionnaire.schema.json").exists()


def test_every_questionnaire_that_loads_is_valid() -> None:
    assert wrong(BASE) == []
    loading = [rule.code for rule in rules() if rule.code not in STRUCTURAL]
    assert {code: errors for code in loading if (errors := wrong(sample(code)))} == {}


@pytest.mark.parametrize("code", STRUCTURAL)
def test_a_file_of_the_wrong_shape_is_not(code: str) -> None:
    assert wrong(sample(code)) != []
