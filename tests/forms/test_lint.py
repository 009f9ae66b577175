"""Lint: every rule has a failing sample, found with its code, its line and its whole sentence; the base has none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from forms.lint import lint_file, rules
from forms.lint.languages import numbers, spoken

SAMPLES = Path(__file__).parent / "lint_samples"
BASE = (SAMPLES / "base.yaml").read_text(encoding="utf-8")
CODES = [rule.code for rule in rules()]
EXAMPLES = sorted((SAMPLES.parents[2] / "uptake" / "studies" / "aiplus" / "questionnaires").glob("*.yaml"))


@dataclass(frozen=True)
class Sample:
    """A change of the base, and what must be said of it: the text of the line and the sentence."""

    text: str
    at: str
    says: str
    nth: int = 0  # which of the lines with this text, where there are several

    @property
    def line(self) -> int:
        lines = [number for number, line in enumerate(self.text.splitlines(), start=1) if line.strip() == self.at]
        assert len(lines) == 1 or self.nth, (self.at, lines)
        return lines[max(self.nth, 1) - 1]


def sample(code: str) -> Sample:
    said = yaml.safe_load((SAMPLES / f"{code}.yaml").read_text(encoding="utf-8"))
    text = BASE
    for change in said["change"]:
        assert text.count(change["old"]) == 1, (code, change["old"])
        text = text.replace(change["old"], change["new"])
    return Sample(text, said["at"], said["says"], said.get("nth", 0))


def found(folder: Path, text: str) -> list[tuple[str, str, str, str]]:
    path = folder / "base.yaml"
    path.write_text(text, encoding="utf-8")
    return [(advice.code, advice.severity, advice.where, advice.message) for advice in lint_file(path, root=folder)]


def test_the_base_has_no_mistake(tmp_path: Path) -> None:
    assert found(tmp_path, BASE) == []


@pytest.mark.parametrize("code", CODES)
def test_every_rule_finds_its_sample_and_nothing_else_does(tmp_path: Path, code: str) -> None:
    changed = sample(code)
    weight = next(rule.severity for rule in rules() if rule.code == code)
    assert found(tmp_path, changed.text) == [(code, weight, f"base.yaml:{changed.line}", changed.says)]


def test_codes_are_unique_and_say_what_they_look_for() -> None:
    assert len(set(CODES)) == len(CODES) >= 95
    assert len({rule.looks_for for rule in rules()}) == len(CODES)
    assert all(code == code.lower() and " " not in code for code in CODES)


def test_a_file_that_does_not_load_is_left_to_the_loader(tmp_path: Path) -> None:
    assert found(tmp_path, BASE.replace("type: uscc", "type: usc")) == []


def test_advice_names_its_code_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "base.yaml"
    path.write_text(sample("choice-other").text, encoding="utf-8")
    (advice,) = lint_file(path, root=tmp_path)
    assert str(advice).startswith("base.yaml:") and str(advice).endswith(" [choice-other]")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("超过10万次、3 个", {100_000, 3}),
        ("GB/T 4754-2017，4位", {4754, 2017, 4}),
        ("1,234,567.50 元", {1234567.5}),
        ("e04_staff 与 ${e04_rd}", set()),
        ("1.5亿", {150_000_000}),
    ],
)
def test_numbers_of_a_text(text: str, values: set[float]) -> None:
    assert {float(value) for value in numbers(text)} == values


def test_spoken_numbers() -> None:
    assert {float(value) for value in spoken("In March, twice the three")} == {2, 3}
    assert {float(value) for value in spoken("三项中的两项")} == {2, 3}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_example_questionnaires_are_free_of_advice(path: Path) -> None:
    assert [str(advice) for advice in lint_file(path, root=path.parent)] == []
