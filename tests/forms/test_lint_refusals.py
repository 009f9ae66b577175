"""What is refused before lint looks: every class has a code and a failing sample, and no sentence lacks a code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from forms.lint import rules
from forms.lint.refused import REFUSALS, code_of
from forms.loader import load_questionnaire
from uptake.contract.errors import Fault

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = Path(__file__).parent / "lint_samples"
BASE = (SAMPLES / "base.yaml").read_text(encoding="utf-8")
# These are no change of a file's text, and stand in tests/contract/test_yamlfile.py.
ELSEWHERE = {"file-missing", "file-closed", "file-large", "file-empty", "yaml-alias-bomb"}
CODES = [refusal.code for refusal in REFUSALS if refusal.code not in ELSEWHERE]
LOADING = ("loader", "references", "checking", "fields", "choices", "maker", "rosters", "totals", "computed")
CONTRACT = ("yamlfile", "yamltext", "expressions/grammar", "expressions/kinds", "expressions/patterns")
SOURCES = [ROOT / "forms" / f"{name}.py" for name in LOADING]
SOURCES += [ROOT / "uptake" / "contract" / f"{name}.py" for name in CONTRACT]


def faults(folder: Path, text: str, encoding: str) -> list[Fault]:
    path = folder / "base.yaml"
    path.write_bytes(text.encode(encoding))
    found: list[Fault] = []
    assert load_questionnaire(path, root=folder, faults=found) is None
    return found


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_has_its_code_its_line_and_its_sentence(tmp_path: Path, code: str) -> None:
    said = yaml.safe_load((SAMPLES / f"{code}.yaml").read_text(encoding="utf-8"))
    text = BASE
    for change in said["change"] if said["change"] else ():
        assert text.count(change["old"]) == 1, change["old"]
        text = text.replace(change["old"], change["new"])
    (fault,) = faults(tmp_path, text, said.get("encoding", "utf-8"))
    assert (code_of(fault.message), fault.message) == (code, said["says"])
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip() == said.get("at")]
    where = f"base.yaml:{lines[said.get('nth', 1) - 1]}" if "at" in said else "base.yaml"
    assert fault.where == where


def test_codes_are_unique_and_every_sample_belongs_to_one() -> None:
    codes = [refusal.code for refusal in REFUSALS] + [rule.code for rule in rules()]
    assert len(set(codes)) == len(codes)
    samples = {path.stem for path in SAMPLES.glob("*.yaml")} - {"base"}
    assert samples == set(codes) - ELSEWHERE


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_sentence_lacks_a_code(path: Path) -> None:
    assert [sentence for sentence in sentences(path) if not code_of(sentence)] == []


def sentences(path: Path) -> Iterator[str]:
    """Give every sentence a module refuses something with, slots filled with a word."""
    wrap = "in the expression `x`, at character 1: {}" if path.parent.name == "expressions" else "{}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "fault", "Fault", "stop", "Misuse", "PatternError"):  # fmt: skip
            for text in (literal(argument) for argument in node.args):
                if text and " " in text:
                    yield wrap.format(text)


def literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)  # type: ignore[misc]
    return ""


def test_a_lint_fault_names_its_own_code() -> None:
    assert code_of("something is wrong. Change it. [choice-reversed]") == "choice-reversed"
    assert code_of("nothing that is known") == ""
