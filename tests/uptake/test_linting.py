"""Lint of a whole study: its waves, languages and records, and what the commands check and publish say of it."""

from __future__ import annotations

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from forms.published import published_faults, record_path
from uptake.cli import main
from uptake.contract.errors import StudyError
from uptake.linting import RULES, study_advice
from uptake.publishing import publish_study
from uptake.study import load_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        shutil.copytree(source, tmp_path / "study")
    shutil.rmtree(tmp_path / "study" / "published", ignore_errors=True)
    return tmp_path / "study"


def change(folder: Path, name: str, old: str, new: str) -> int:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as refusal:
        load_study(folder)
    return [str(fault) for fault in refusal.value.faults]


def version(folder: Path) -> str:
    """The enterprise form as messages name it: `enterprise 2.0 (text 1)`."""
    text = (folder / "questionnaires" / "enterprise.yaml").read_text(encoding="utf-8")
    found = dict(re.findall(r'^(definition_version|text_version): "(.*)"$', text, flags=re.M))
    return f"enterprise {found['definition_version']} (text {found['text_version']})"


WAVE = "study.yaml:17: the wave 2026Q4"
OPENS, CLOSES = 'opens: "2027-01-01"', 'closes: "2027-01-31"'
SAMPLES = {
    "wave-day-shape": (OPENS, 'opens: "1 January"', f'{WAVE}: `opens` is "1 January", which is not a day, so nobody can'
                       " tell when it is. Write it as 2027-01-31."),
    "wave-days-crossed": (CLOSES, 'closes: "2026-12-31"', f"{WAVE}: `closes` (2026-12-31) is before `opens`"
                                                          " (2027-01-01), so"
                          " nobody could answer in time. Change one."),
    "wave-after-validity": (CLOSES, 'closes: "2028-01-31"', f"{WAVE} closes on 2028-01-31, after the form enterprise"
                                                            " lapsed"
                            " (2027-12-31); a lapsed form may be refused. Have it prolonged, or close earlier."),
}  # fmt: skip


@pytest.mark.parametrize("code", SAMPLES)
def test_faults_of_waves(folder: Path, code: str) -> None:
    old, new, says = SAMPLES[code]
    place = change(folder, "study.yaml", "  - id: 2026Q4", "  - id: 2026Q4")
    change(folder, "study.yaml", old, new)
    assert faults(folder) == [f"{says.replace('study.yaml:17', f'study.yaml:{place}')} [{code}]"]


def test_two_waves_with_one_id(folder: Path) -> None:
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    wave = text[text.index("  - id: 2026Q4") : text.index("domains:")]
    first = change(folder, "study.yaml", wave, wave + wave)
    (fault,) = faults(folder)
    assert fault == (
        f"study.yaml:{first + wave.count(chr(10))}: the wave 2026Q4 stands on line {first} already, and its tables"
        " would be"
        " overwritten. Give each wave its own id. [wave-twice]"
    )


def test_a_language_that_texts_and_program_lack(folder: Path) -> None:
    change(folder, "study.yaml", "languages: [zh, en]", "languages: [zh, en, fr]")
    found = faults(folder)
    first = next(fault for fault in found if " texts of enterprise lack" in fault)
    assert first.startswith("questionnaires/enterprise.yaml:") and first.endswith("[study-language-missing]")
    assert 'lack the language "fr", which study.yaml lists (first: questionnaires/enterprise.yaml:' in first
    assert any('own words (buttons, errors) are not written in "fr"' in fault for fault in found)


def test_lint_faults_of_a_questionnaire_stop_the_study(folder: Path) -> None:
    line = change(
        folder, "questionnaires/enterprise.yaml", '- {code: "no", label: {zh: "否"', '- {code: "no", label: {zh: "是"'
    )
    (fault,) = faults(folder)[:1]
    assert fault.startswith(
        f'questionnaires/enterprise.yaml:{line}: the choice list "yes_no": the code "no" has the label'
    )
    assert fault.endswith("[choice-reversed]")


def test_an_illustrative_form_in_a_real_study(folder: Path) -> None:
    change(folder, "study.yaml", "illustrative: true", "illustrative: false")
    found = [advice for advice in study_advice(load_study(folder)) if advice.code == "header-illustrative"]
    says = "has an illustrative header, and the study is not illustrative: nobody has to answer it. Write the approved"
    assert f"the form enterprise {says} values." in [advice.message for advice in found]


def test_check_prints_advice_and_strict_refuses_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["check", str(folder)])
    assert done.value.code == 0
    out = capsys.readouterr().out
    assert "of advice (docs/lint.md; --strict refuses them):" in out
    says = "is a draft: it was not published, so it may still change. Before the first answer: uptake publish."
    assert f"{version(folder)} {says} [questionnaire-draft]" in out
    with pytest.raises(SystemExit) as refused:
        main(["check", "--strict", str(folder)])
    assert refused.value.code == 3
    assert "[questionnaire-draft]" in capsys.readouterr().err


def test_publishing_twice_and_changing_afterwards(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = load_study(folder)
    record = record_path(folder, study.questionnaires["enterprise"]).relative_to(folder)
    publish_study(study)
    assert f"published {record} (SHA-256 " in capsys.readouterr().out
    publish_study(study)
    assert f"stands already: {record}" in capsys.readouterr().out
    assert [advice.code for advice in study_advice(load_study(folder)) if advice.code == "questionnaire-draft"] == []
    change(folder, "questionnaires/enterprise.yaml", 'en: "Persons employed', 'en: "People employed')
    (fault,) = faults(folder)
    assert f"enterprise differs from what was published as {version(folder).removeprefix('enterprise ')}" in fault
    assert "Persons employed" in fault and "People employed" in fault
    with pytest.raises(SystemExit) as refused:
        main(["draw", str(folder)])
    assert refused.value.code == 3


def test_codes_of_study_rules_are_their_own() -> None:
    from forms.lint import rules
    from forms.lint.refused import REFUSALS

    others = {rule.code for rule in rules()} | {refusal.code for refusal in REFUSALS}
    assert len({rule.code for rule in RULES} | others) == len(RULES) + len(others)


def test_the_records_of_the_example_are_those_of_its_questionnaires() -> None:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        study = load_study(source)
        wanted = {record_path(source, asked) for asked in study.questionnaires.values()}
        assert set((source / "published").glob("*.json")) == wanted, "run: make publish-example"
        assert published_faults(source, study.questionnaires.values()) == []
        assert [str(advice) for advice in study_advice(study)] == []
