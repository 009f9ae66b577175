"""A faulty study folder: every fault is listed with its file and line, and nothing runs."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from uptake.cli import main
from uptake.contract.errors import StudyError, UptakeError, did_you_mean
from uptake.study import load_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        shutil.copytree(source, tmp_path / "study")
    return tmp_path / "study"


def change(folder: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence of a piece of a study file and return its line."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as refusal:
        load_study(folder)
    return [str(fault) for fault in refusal.value.faults]


def test_the_example_study_has_no_fault(folder: Path) -> None:
    study = load_study(folder)
    assert [indicator.id for indicator in study.indicators] == [
        "PEN-01", "PEN-02", "PEN-03", "PEN-04", "PEN-05", "DEP-01"]  # fmt: skip
    assert sum(len(page.questions) for page in study.questionnaire.pages) == 38
    assert [(target.value, target.deciding_wave) for target in study.targets] == [(0.7, "2027Q4"), (0.9, "2030Q4")]


def test_an_indicator_of_a_question_that_does_not_exist(folder: Path) -> None:
    line = change(folder, "indicators.yaml", "${e09}", "${e09x}")
    (fault, *_) = faults_of(folder)
    assert fault.startswith(f"indicators.yaml:{line}: ")
    assert 'counts answers to "e09x", which no questionnaire has. Did you mean "e09' in fault


def test_a_base_that_was_routed_away_is_refused(folder: Path) -> None:
    line = change(folder, "indicators.yaml", "type: proportion", 'type: proportion\n    where: "${e10_agents} >= 1"')
    (fault, *_) = faults_of(folder)
    assert fault.startswith(f"indicators.yaml:{line + 1}: ")
    assert "the units that were not asked would drop out and the rate would be too high" in fault


def test_faults_of_many_files_are_listed_together(folder: Path) -> None:
    first = change(folder, "study.yaml", "languages: [zh, en]", "langauges: [zh, en]")
    second = change(folder, "design.yaml", "lonely_psu: fail", "lonely_psu: fial")
    third = change(folder, "targets.yaml", "value: 0.70", "value: seventy")
    faults = faults_of(folder)
    assert any(fault.startswith(f"study.yaml:{first}: ") and 'Did you mean "languages"?' in fault for fault in faults)
    assert any(fault.startswith(f"design.yaml:{second}: ") and 'Did you mean "fail"?' in fault for fault in faults)
    assert any(fault.startswith(f"targets.yaml:{third}: ") for fault in faults)


def test_references_between_files(folder: Path) -> None:
    change(folder, "targets.yaml", "indicator: PEN-01", "indicator: PEN-11")
    change(folder, "briefs/national.yaml", "readings: [PEN-01", "readings: [PEN-01, PEN-10")
    change(folder, "study.yaml", "questionnaire: enterprise", "questionnaire: enterprize")
    faults = "\n".join(faults_of(folder))
    assert 'names the indicator "PEN-11", which indicators.yaml does not have. Did you mean "PEN-01"?' in faults
    assert 'prints the indicator "PEN-10", which indicators.yaml does not have. Did you mean' in faults
    assert 'questionnaire "enterprize" is not in questionnaires/. Did you mean "enterprise"?' in faults


def test_a_domain_without_names(folder: Path) -> None:
    change(folder, "study.yaml", "column: province", "column: provinz")
    faults = "\n".join(faults_of(folder))
    assert 'the domain column "province" has no names in study.yaml (`domains`)' in faults
    assert (
        'prints a figure by "province", which study.yaml does not list in `domains`. Did you mean "provinz"?' in faults
    )


def test_a_wave_that_is_not_there(folder: Path) -> None:
    with pytest.raises(StudyError, match=r'study.yaml has no wave "2026Q3". Did you mean "2026Q4"\?'):
        load_study(folder).wave("2026Q3")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UptakeError, match="there is no such folder"):
        load_study(tmp_path / "none")


def test_the_command_prints_faults_and_exits_with_their_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "design.yaml", "lonely_psu: fail", "lonely_psu: fial")
    with pytest.raises(SystemExit) as end:
        main(["check", str(folder)])
    assert end.value.code == 3
    shown = capsys.readouterr().err
    assert shown.startswith("uptake: 1 fault in the study:\n  design.yaml:")
    assert "Traceback" not in shown


def test_a_study_without_its_frame_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["draw", str(folder)])
    assert end.value.code == 4
    assert (
        "frame.parquet: the sampling frame is missing, so no unit can be drawn or weighed." in capsys.readouterr().err
    )


def test_near_misses_do_not_mind_capitals() -> None:
    assert did_you_mean("PEN-01", ["pen-01", "other"]) == ' Did you mean "pen-01"?'
    assert did_you_mean("zzz", ["pen-01"]) == ""


def test_an_experiment_deals_the_arms_for_which_there_are_words(folder: Path) -> None:
    design = folder / "design.yaml"
    text = design.read_text(encoding="utf-8")
    line = text.count("\n") + 2
    dealt = "experiments:\n  - {id: w2026, column: %s, arms: {%s}}\n"
    design.write_text(text + dealt % ("wording_2026", "a: 0.5, b: 0.5"), encoding="utf-8")
    assert load_study(folder).plan.experiments[0].arms == {"a": 0.5, "b": 0.5}
    design.write_text(text + dealt % ("wording_2026", "a: 0.5, c: 0.5"), encoding="utf-8")
    assert faults_of(folder) == [
        f'design.yaml:{line}: the experiment "w2026" deals the arms a, c, but the questionnaire "enterprise" knows a, b'
        ' in the column "wording_2026". Write the same arms in both.'
    ]
    design.write_text(text + dealt % ("wording_2062", "a: 0.5, b: 0.5"), encoding="utf-8")
    assert faults_of(folder) == [
        f'design.yaml:{line}: the experiment "w2026" deals arms into the column "wording_2062", which the wordings of'
        ' no questionnaire read, so every unit sees the same words. Did you mean "wording_2026"?'
    ]
