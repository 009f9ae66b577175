"""`uptake check --prove`: the shipped instruments are sound, a fault has its line, and a lacking z3 is told of."""

from __future__ import annotations

import builtins
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from uptake.cli import main
from uptake.proving import prove_study
from uptake.study import load_study

pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")
AIPLUS = Path(__file__).resolve().parents[2] / "uptake" / "studies" / "aiplus"


def test_every_instrument_that_is_shipped_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    main_code = run("check", str(AIPLUS), "--prove")
    lines = [line for line in capsys.readouterr().out.splitlines() if "proved in" in line]
    assert main_code == 0
    assert len(lines) == len(load_study(AIPLUS).questionnaires) >= 3
    assert all(line.endswith("0 faults, 0 advice, 0 not proved") for line in lines), lines


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The short form, with a condition that no answer meets."""
    study = tmp_path / "study"
    shutil.copytree(AIPLUS, study)
    path = study / "questionnaires" / "agency_short.yaml"
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(r'relevant: "(.*)"', r'relevant: "(\1) and 1 = 2"', text, count=1)
    assert times == 1
    path.write_text(changed, encoding="utf-8")
    return path


def test_a_question_that_nobody_reaches_is_a_fault_with_its_line(broken: Path) -> None:
    from forms import source
    from forms.loader import load_questionnaire
    from forms.proof import prove
    from uptake.contract.yamlfile import read_yaml

    root = broken.parents[1]
    made = load_questionnaire(broken, root=root, faults=[])
    written = read_yaml(broken, source.Questionnaire, root=root, faults=[])
    assert made is not None and written is not None
    (found, *_) = prove(made, written).of("fault")
    assert found.kind == "unreachable" and found.where.startswith("questionnaires/agency_short.yaml:")
    assert "its condition can never be true" in found.sentence


def test_without_z3_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from uptake.contract.errors import SystemPartError

    real = builtins.__import__

    def without_z3(name: str, *rest: Any, **more: Any) -> Any:
        if name == "z3":
            raise ImportError(name)
        return real(name, *rest, **more)

    study = load_study(AIPLUS)
    monkeypatch.setattr(builtins, "__import__", without_z3)
    with pytest.raises(SystemPartError, match=r"uptake\[proof\]"):
        prove_study(study)
