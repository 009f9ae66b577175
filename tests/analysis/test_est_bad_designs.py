"""The bad designs of the reference: those that must be refused are, with their code; those that must warn do."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from uptake.contract.errors import DesignError, EstimationError

NOT_BUILT: tuple[str, ...] = ()  # steps and estimators of later work
CASES = 37


def harness() -> ModuleType:
    name = "reference_harness"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def cases(shared: Path) -> list[dict[str, Any]]:
    found = json.loads((shared / "reference/expected/bad_designs.json").read_text(encoding="utf-8"))["cases"]
    return [
        case
        for case in found
        if case["estimator"] in harness().ESTIMATORS
        and not any(step["op"] in NOT_BUILT for step in case["design"].get("steps") or [])
    ]


def ask(case: dict[str, Any], shared: Path) -> Any:
    tool = harness()
    survey = tool.prepared(case, shared / "reference")
    return tool.ask(survey, case, tool.condition(case["domain"]))


def test_designs_that_must_be_refused_are_refused_with_their_code(shared: Path) -> None:
    wrong = {}
    chosen = [case for case in cases(shared) if case["expected"]["must"] == "reject"]
    for case in chosen:
        try:
            ask(case, shared)
        except (DesignError, EstimationError) as refusal:
            if refusal.code != case["expected"]["error_code"]:
                wrong[case["id"]] = (refusal.code, case["expected"]["error_code"])
            assert " - " in str(refusal) or "Did you mean" in str(refusal) or "do not have" in str(refusal)
        else:
            wrong[case["id"]] = ("no refusal", case["expected"]["error_code"])
    assert wrong == {}
    assert len(chosen) == CASES


def test_designs_that_must_warn_give_a_number_and_a_visible_warning(shared: Path) -> None:
    chosen = [case for case in cases(shared) if case["expected"]["must"] == "warn"]
    assert len(chosen) == 6
    for case in chosen:
        found = ask(case, shared)
        assert any(w.startswith(case["expected"]["error_code"]) for w in found.meta.warnings), case["id"]
        assert found.frame["se"].notna().all()
        expected = case["expected"]["r_result"]["estimate"][0]
        if expected is not None and case["estimator"] != "glm":  # separation: where it stops is the program's whim
            assert found.frame["estimate"][0] == pytest.approx(expected, rel=1e-9)
