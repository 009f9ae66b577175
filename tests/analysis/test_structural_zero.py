"""A field that was not asked counts 0 where the indicator says so; a field that was not answered never does."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis import estimate
from analysis.indicators import Indicator, load_indicators
from analysis.plan import DesignPlan, load_plan
from uptake.contract.errors import EstimationError, Fault, TableError

#   unit  uses  spending            staff  rule
#   a     yes   10                     10  written
#   b     yes   30                     30  none
#   c     no    not asked              60  not asked
#   d     yes   does not know         100  does not know
DATA = pd.DataFrame({
    "unit_id": list("abcd"), "w": [1.0] * 4, "uses": ["yes", "yes", "no", "yes"],
    "spending": [10.0, 30.0, None, None],
    "spending_state": ["answered", "answered", "not_applicable", "dont_know"],
    "staff": [10, 30, 60, 100],
    "rule": ["written", "none", None, None], "rule_state": ["answered", "answered", "not_applicable", "dont_know"],
})  # fmt: skip


def plan(folder: Path) -> DesignPlan:
    text = "unit_id: unit_id\nweights: w\ndomains: []\nlonely_psu: fail\nconf_level: 0.95\nci_method: korn-graubard\n"
    (folder / "design.yaml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    made = load_plan(folder, faults=faults)
    assert faults == []
    assert made is not None
    return made


def indicators(folder: Path, lines: str, zeros: str) -> tuple[Indicator, ...]:
    text = 'indicators:\n  - id: X\n    version: "1"\n    name: {zh: 甲, en: A}\n    definition: {zh: 甲, en: A}\n'
    text += "".join(f"    {line}\n" for line in (lines + zeros).splitlines())
    (folder / "indicators.yaml").write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    made = load_indicators(folder, faults=faults)
    assert faults == []
    return made


def value(folder: Path, lines: str, field: str = "", data: pd.DataFrame = DATA) -> float:
    zeros = f"\nstructural_zero: {{{field}: {{zh: 无, en: none}}}}" if field else ""
    made = estimate(data, None, plan(folder), indicators(folder, lines, zeros), wave="w")
    return float(made.estimates["estimate"].iloc[0])


MEAN = 'type: mean\nnumerator: "${spending}"'
RATIO = 'type: ratio\nnumerator: "${spending}"\ndenominator: "${staff}"'
SIZED = "type: proportion\nnumerator: \"${uses} = 'yes'\"\nsize: spending"
SHARE = "type: proportion\ndont_know: out\nnumerator: \"${rule} = 'written'\""


@pytest.mark.parametrize(
    ("lines", "field", "without", "declared"),
    [
        (MEAN, "spending", 40 / 2, 40 / 3),  # c joins the base with 0, d stays out
        (RATIO, "spending", 40 / 40, 40 / 100),  # c adds its 60 persons below
        (SHARE, "rule", 1 / 2, 1 / 3),  # c has no written rule, d stays out
        ('type: mean\nnumerator: "${spending} * 2"', "spending", 80 / 2, 80 / 3),
        ('type: total\ndont_know: out\nnumerator: "${spending}"', "spending", 40, 40),
        (SIZED, "spending", 1.0, 1.0),
    ],
)
def test_a_structural_zero_joins_the_base_as_zero(
    tmp_path: Path, lines: str, field: str, without: float, declared: float
) -> None:
    assert value(tmp_path, lines) == pytest.approx(without, abs=1e-9)
    assert value(tmp_path, lines, field) == pytest.approx(declared, abs=1e-9)


def test_a_blank_is_never_a_structural_zero(tmp_path: Path) -> None:
    blank = DATA.assign(spending_state=["answered", "answered", "blank", "dont_know"])
    assert value(tmp_path, MEAN, "spending", blank) == pytest.approx(20, abs=1e-9)


def test_a_condition_that_was_not_asked_is_false_and_a_column_that_nobody_was_asked_is_zero(tmp_path: Path) -> None:
    data = DATA.assign(on=pd.array([True, False, None, None], dtype="boolean"), on_state=DATA["rule_state"])
    assert value(tmp_path, 'type: proportion\ndont_know: out\nnumerator: "${on}"', "on", data) == pytest.approx(1 / 3)
    nobody = DATA.assign(spending=[None] * 4, spending_state=["not_applicable"] * 4)
    assert value(tmp_path, MEAN, "spending", nobody) == 0


def test_data_without_states_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EstimationError) as refusal:
        value(tmp_path, MEAN, "spending", DATA.drop(columns="spending_state"))
    assert str(refusal.value) == (
        'indicators.yaml:2: indicator "X" declares "spending" a structural zero, but the data have no column'
        ' "spending_state". Did you mean "spending"? It needs the field and its state.'
    )


def test_answers_to_two_questionnaires_are_never_pooled() -> None:
    from analysis.prepared import _refuse_pooling

    with pytest.raises(TableError) as refusal:
        _refuse_pooling(pd.DataFrame({"questionnaire": ["agency", "enterprise", None]}))
    assert str(refusal.value) == (
        'responses: the wave holds answers to "agency" and to "enterprise", and the units of two questionnaires are'
        " never pooled. Give each questionnaire a wave of its own."
    )
