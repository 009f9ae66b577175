"""`uptake check --prove`: the shipped instruments are sound, a fault ends with exit code 3, and z3 is asked for kindly."""

from __future__ import annotations

import builtins
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
    assert text.count("relevant:") >= 1
    first = text.index("relevant:")
    line = text[first : text.index("\n", first)]
    path.write_text(text.replace(line, line.rstrip('"') + ' and 1 = 2"', 1), encoding="utf-8")
    for other in ("agency.yaml", "enterprise.yaml"):
        study.joinpath("questionnaires", other).touch()
    return study


def test_a_question_that_nobody_reaches_is_a_fault_with_its_line(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from forms import source
    from forms.proof import prove
    from uptake.contract.yamlfile import read_yaml

    study = load_study(broken)
    written = read_yaml(broken / "questionnaires" / "agency_short.yaml", source.Questionnaire, root=broken, faults=[])
    assert written is not None
    proof = prove(study.questionnaires["agency_short"], written)
    assert proof.of("fault")[0].kind == "unreachable"
    assert proof.of("fault")[0].where.startswith("questionnaires/agency_short.yaml:")


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
