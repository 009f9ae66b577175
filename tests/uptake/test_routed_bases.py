"""A base that was routed away from part of its units is refused, unless the study says that not being asked means 0."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from analysis.indicators import load_indicators
from uptake.contract.errors import Fault, StudyError, UptakeError
from uptake.contract.expressions import parse
from uptake.crosscheck import cross_faults
from uptake.implied import follows, needs
from uptake.study import Study, load_study

DK = "dont_know: out"
AGENTS = "in_use"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        shutil.copytree(source, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(Path(str(files("uptake.studies") / "aiplus")))


def indicator(study: Study, folder: Path, lines: str, questionnaire: str = "enterprise") -> list[str]:
    """What is wrong with one indicator of these lines beside the questionnaires of the example study."""
    text = f'indicators:\n  - id: X-01\n    version: "1"\n    questionnaire: {questionnaire}\n'
    text += "    name: {zh: 甲, en: A}\n    definition: {zh: 甲, en: A}\n"
    text += "".join(f"    {line}\n" for line in lines.splitlines())
    (folder / "indicators.yaml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    made = load_indicators(folder, faults=faults)
    assert faults == []
    alone = replace(study, indicators=made, targets=(), briefs=(), catalogue=None)
    return [str(fault) for fault in cross_faults(alone)]


def sentence(part: str, name: str, question: str, route: str) -> str:
    return (
        f'the {part} of indicator "X-01" rests on "{name}", which is asked only where question {question} is reached'
        f" ({route}); the units that were not asked would drop out and the rate would be too high. Ask it of"
        f" every unit,"
        " use another base, or, where not being asked means 0, say so and why: structural_zero:"
        f" {{{name}: {{zh: …, en: …}}}}."
    )


ROUTE = ("e10_agents", "E-10", "${e09} = 'yes'")
REFUSED = {
    "base": ('type: proportion\nnumerator: "${e06} = \'yes\'"\nwhere: "${e10_agents} >= 1"', "base"),
    "denominator": ('type: ratio\nnumerator: "${e04_rd}"\ndenominator: "${e10_agents}"', "denominator"),
    "size": ("type: proportion\nnumerator: \"${e06} = 'yes'\"\nsize: e10_agents", "size"),
    "numerator of a ratio": ('type: ratio\nnumerator: "${e10_agents}"\ndenominator: "${e04_staff}"', "numerator"),
    "numerator of a mean": ('type: mean\nnumerator: "${e10_agents}"', "numerator"),
    "numerator of a total": ('type: total\nnumerator: "${e10_agents}"', "numerator"),
    "left out": (f'type: proportion\n{DK}\nnumerator: "${{e10_agents}} >= 5"', "numerator"),
    "counted as yes": ('type: proportion\ndont_know: "yes"\nnumerator: "${e10_agents} >= 5"', "numerator"),
    "a variant": (
        'type: proportion\nnumerator: "${e10_agents} >= 5"\nvariants:\n'
        "  - {id: out, dont_know: out, name: {zh: 乙, en: B}}",
        "numerator",
    ),
    "coalesce hides nothing": ('type: total\nnumerator: "coalesce(${e10_agents}, 0)"', "numerator"),
    "beside the other side of or": (
        "type: mean\nnumerator: \"if(${e09} = 'yes' or ${e10_agents} > 2, 1, 0)\"",
        "numerator",
    ),
    "the other branch of if": ("type: mean\nnumerator: \"if(${e09} = 'yes', 0, ${e10_agents})\"", "numerator"),
    "beside or": ("type: mean\nnumerator: \"if(${e17} = 'yes' or ${e10_agents} > 2, 1, 0)\"", "numerator"),
}
TAKEN = {
    "asked of every unit": 'type: mean\nnumerator: "${e04_staff}"',
    "not asked counts as no": 'type: proportion\nnumerator: "${e10_agents} >= 5"',
    "the base implies it": 'type: mean\nnumerator: "${e10_agents}"\nwhere: "${e09} = \'yes\'"',
    "the base implies it among others": (
        'type: mean\nnumerator: "${e10_agents}"\nwhere: "${e04_staff} > 9 and \'yes\' = ${e09}"'
    ),
    "the base guards itself": 'type: mean\nnumerator: "${e04_staff}"\nwhere: "${e09} = \'yes\' and ${e10_agents} >= 1"',
    "the expression guards it": (
        "type: proportion\ndont_know: out\nnumerator: \"${e09} = 'yes' and ${e10_agents} >= 5\""
    ),
    "if guards it": "type: mean\nnumerator: \"if(${e09} = 'yes', ${e10_agents}, 0)\"",
    "count needs no answer": 'type: mean\nnumerator: "count(${e10_agents})"',
    "one of several routes": 'type: mean\nnumerator: "${e29}"\nwhere: "${e17} = \'yes\'"',
    "every way of a base": "type: mean\nnumerator: \"${e29}\"\nwhere: \"${e17} = 'yes' or ${e09} = 'yes'\"",
    "declared": 'type: total\nnumerator: "${e10_agents}"\nstructural_zero: {e10_agents: {zh: 无, en: none}}',
    "size declared": (
        "type: proportion\nnumerator: \"${e06} = 'yes'\"\nsize: e10_agents\n"
        "structural_zero: {e10_agents: {zh: 无, en: none}}"
    ),
    "a column of the frame": "type: proportion\nnumerator: \"${e06} = 'yes'\"\nwhere: \"${industry} = 'A'\"",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_part_that_was_routed_away_is_refused(study: Study, tmp_path: Path, case: str) -> None:
    lines, part = REFUSED[case]
    (fault,) = indicator(study, tmp_path, lines)
    assert fault.startswith("indicators.yaml:")
    assert fault.split(": ", 1)[1] == sentence(part, *ROUTE)


@pytest.mark.parametrize("case", TAKEN)
def test_what_was_asked_of_the_whole_base_or_is_declared_is_taken(study: Study, tmp_path: Path, case: str) -> None:
    assert indicator(study, tmp_path, TAKEN[case]) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("structural_zero: {e10_agent: {zh: 无, en: none}}",
         'indicator "X-01" declares "e10_agent" a structural zero, which is no field of the questionnaire "enterprise".'
         ' Did you mean "e10_agents"?'),
        ("structural_zero: {e10_points: {zh: 无, en: none}}",
         'indicator "X-01" declares "e10_points" a structural zero, but does not use it. Delete the line.'),
        ("structural_zero: {e04_staff: {zh: 无, en: none}}",
         'indicator "X-01" declares "e04_staff" a structural zero, but it is asked of every unit, so a missing'
         ' answer is'
         " no zero. Delete the line."),
    ],
)  # fmt: skip
def test_a_zero_that_is_none_is_refused(study: Study, tmp_path: Path, lines: str, expected: str) -> None:
    (fault,) = indicator(study, tmp_path, f'type: mean\nnumerator: "${{e04_staff}}"\n{lines}')
    assert fault.split(": ", 1)[1] == expected


def test_the_annual_module_is_a_base_by_its_field_or_its_column(study: Study, tmp_path: Path) -> None:
    spending = 'type: mean\nnumerator: "${g03_it}"\n'
    route = ("g03_it", "G-03", "${annual} = 'yes'")
    assert indicator(study, tmp_path, spending, "agency")[0].split(": ", 1)[1] == sentence("numerator", *route)
    for base in ("${g32_annual}", "${annual_module} = 'yes'"):
        assert indicator(study, tmp_path, f'{spending}where: "{base}"', "agency") == []


def test_questionnaires_are_never_pooled(study: Study, tmp_path: Path) -> None:
    (fault,) = indicator(study, tmp_path, "type: proportion\nnumerator: \"${e06} = 'yes' or ${g05} = 'yes'\"")
    assert fault.split(": ", 1)[1] == (
        'indicator "X-01" counts answers to "g05", a field of the questionnaire "agency", while it counts those of'
        ' "enterprise"; the units of two questionnaires are never pooled.'
    )


def test_a_target_is_read_from_one_questionnaire(folder: Path) -> None:
    path = folder / "indicators.yaml"
    text = path.read_text(encoding="utf-8")
    agency = (
        '  - {id: GV-01, version: "1", type: proportion, questionnaire: agency, name: {zh: 甲, en: A},'
        " definition: {zh: 甲, en: A}, numerator: \"${g05} = 'yes'\"}\n"
    )
    path.write_text(text + agency, encoding="utf-8")
    targets = folder / "targets.yaml"
    targets.write_text(targets.read_text(encoding="utf-8").replace("PEN-05]", "PEN-05, GV-01]", 1), encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        load_study(folder)
    (fault,) = refusal.value.faults
    assert fault.message == (
        'target "T2027" is read from the questionnaire "enterprise", but its range of definitions names "GV-01" of'
        ' "agency"; the units of two questionnaires are never pooled. Take it out, or give it a target of its own.'
    )


def test_a_wave_may_ask_a_questionnaire_of_its_own(folder: Path) -> None:
    path = folder / "study.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  - id: 2026Q4", "  - id: 2026Q4\n    questionnaire: agency", 1), encoding="utf-8")
    study = load_study(folder)
    assert study.asked_in("2026Q4").id == study.questionnaire.id == "agency"
    path.write_text(text.replace("  - id: 2026Q4", "  - id: 2026Q4\n    questionnaire: agencies", 1), encoding="utf-8")
    with pytest.raises(UptakeError, match=r'questionnaire "agencies" is not in questionnaires/. Did you mean "agency"'):
        load_study(folder)


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        ("${a} = 'x'", "${a} = 'x'", True),
        ("${a} = 'x'", "${a} = 'y'", False),
        ("${a} = 'x'", "${a} != 'y'", True),
        ("${a} != 'y'", "${a} = 'x'", False),
        ("'x' = ${a}", "${a} = 'x'", True),
        ("${a} = 'x' and ${b} = 'y'", "${b} = 'y'", True),
        ("${a} = 'x' or ${b} = 'y'", "${b} = 'y'", False),
        ("${a} = 'x' or ${b} = 'y'", "${a} = 'x' or ${b} = 'y' or ${c} = 'z'", True),
        ("${a} = 'x'", "${a} = 'x' and ${b} = 'y'", False),
        ("${n} = 3", "${n} >= 3", True),
        ("${n} = 3", "${n} > 3", False),
        ("${n} = 3", "${n} < 4", True),
        ("${n} = 3", "${n} != 4", True),
        ("${n} > 3", "${n} >= 3", True),
        ("${n} >= 3", "${n} > 3", False),
        ("${n} >= 3", "${n} > 2", True),
        ("${n} >= 3", "${n} != 2", True),
        ("${n} > 3", "${n} < 5", False),
        ("${n} < 3", "${n} <= 3", True),
        ("${n} <= 3", "${n} < 3", False),
        ("${n} <= 3", "${n} < 4", True),
        ("${n} < 3", "${n} != 3", True),
        ("3 < ${n}", "${n} > 3", True),
        ("${n} != 3", "${n} != 3", True),
        ("${n} != 3", "${n} != 4", False),
        ("${m} = 3", "${n} = 3", False),
        ("not(${a} = 'x')", "${a} != 'x'", False),
    ],
)
def test_what_follows(given: str, wanted: str, expected: bool) -> None:
    assert follows(parse(given).node, parse(wanted).node) == expected


def test_which_answers_an_expression_needs() -> None:
    found = needs(parse("if(${a} = 'x', ${b} + -${c}, count(${d})) > 1 and state(${e}) = 'blank'").node)
    assert sorted({name for name, _ in found}) == ["a", "b", "c"]
