"""A questionnaire of 500 questions is proved whole; how long it takes is the benchmark's business."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from forms import source
from forms.loader import load_questionnaire
from forms.proof import prove
from uptake.contract.yamlfile import read_yaml

pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")
BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "prove.py"


def test_five_hundred_questions_are_proved(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("prove_benchmark", BENCHMARK)
    assert spec is not None and spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    path = tmp_path / "large.yaml"
    path.write_text(benchmark.large_questionnaire(), encoding="utf-8")
    made = load_questionnaire(path, root=tmp_path, faults=[])
    written = read_yaml(path, source.Questionnaire, root=tmp_path, faults=[])
    assert made is not None and written is not None
    proof = prove(made, written)
    assert len(proof.reached) == 500 and len(made.fields) == 1400
    assert proof.disagreements == () and not proof.of("fault") and not proof.of("not proved")
    # The random rules hold two that others see to and more that no allowed numbers can break.
    assert {found.kind for found in proof.of("advice")} <= {"unbreakable", "implied"}
