"""The loaders of design.yaml, indicators.yaml and targets.yaml read the documented examples and list every fault."""

from pathlib import Path

from analysis.indicators import definitions, load_indicators
from analysis.plan import load_plan
from analysis.targets import load_targets, wave_time
from uptake.contract.errors import Fault

DRAWN = """\
unit_id: unit_id
strata: [province, size]
drawing:
  n: 4000
  min_n_h: 5
  allocation: {rule: power, power: 0.5}
  take_all: {column: size, values: ["1"]}
  implicit_order: [industry]
  seed: aiplus-2026
weighting:
  respondents: [complete]
  nonresponse: {classes: [size, province], min_respondents: 10}
  poststratify: {by: [industry], min_respondents: 20}
domains: [size, province, industry]
"""
OWN = """\
unit_id: DOEID
weights: NWEIGHT
replicate_weights: {prefix: BRRWT, type: fay, rho: 0.5, mse: true}
domains: [REGIONC, DIVISION]
"""
INDICATORS = """\
indicators:
  - id: PEN-01
    version: "1.0"
    type: proportion
    questionnaire: enterprise
    name: {zh: 普及率, en: Penetration}
    definition: {zh: 占比, en: Share}
    numerator: "${e06} = 'yes' or ${e09} = 'yes'"
    variants:
      - {id: dk_out, dont_know: out, name: {zh: 不计不清楚, en: Without don't know}}
      - {id: dk_yes, dont_know: yes, name: {zh: 上界, en: Upper bound}}
"""
TARGETS = """\
targets:
  - id: T2027
    indicator: PEN-01
    value: 0.70
    deciding_wave: 2027Q4
    name: {zh: 目标, en: Target}
    wording: {zh: 超70%, en: exceed 70%}
    source: {zh: 国发, en: State Council}
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path, name: str, text: str) -> list[str]:
    faults: list[Fault] = []
    loader = {"design.yaml": load_plan, "indicators.yaml": load_indicators, "targets.yaml": load_targets}[name]
    assert not loader(write(folder, name, text), faults=faults)
    return [str(fault) for fault in faults]


def test_a_drawn_study_and_an_own_data_study_are_read(tmp_path: Path) -> None:
    faults: list[Fault] = []
    plan = load_plan(write(tmp_path, "design.yaml", DRAWN), faults=faults)
    assert not faults and plan is not None and plan.drawing is not None and plan.weighting is not None
    assert plan.drawing.take_all is not None and plan.drawing.take_all.values == ("1",)
    assert plan.weighting.poststratify is not None and plan.weighting.poststratify.by == ("industry",)
    assert not plan.own_data and plan.release.min_respondents == 10 and plan.conf_level == 0.95
    own = load_plan(write(tmp_path, "design.yaml", OWN), faults=faults)
    assert not faults and own is not None and own.own_data and own.replicate_weights is not None
    assert (own.replicate_weights.prefix, own.replicate_weights.rho) == ("BRRWT", 0.5)


def test_an_indicator_and_its_variants_become_definitions(tmp_path: Path) -> None:
    faults: list[Fault] = []
    (indicator,) = load_indicators(write(tmp_path, "indicators.yaml", INDICATORS), faults=faults)
    made = definitions(indicator)
    assert not faults
    assert [(item.id, item.dont_know) for item in made] == [
        ("headline", "in_base"),
        ("dk_out", "out"),
        ("dk_yes", "yes"),
    ]
    assert {item.numerator.value for item in made} == {"${e06} = 'yes' or ${e09} = 'yes'"}


def test_a_study_without_targets_has_none(tmp_path: Path) -> None:
    faults: list[Fault] = []
    assert load_targets(tmp_path, faults=faults) == () and not faults
    (target,) = load_targets(write(tmp_path, "targets.yaml", TARGETS), faults=faults)
    assert (target.value, target.deciding_wave, target.scope) == (0.7, "2027Q4", ())


def test_every_fault_of_a_design_is_listed_with_its_line(tmp_path: Path) -> None:
    text = DRAWN.replace("n: 4000", "n: 0").replace("min_n_h: 5", "min_n_h: 1") + "conf_level: 95\nci_method: wald\n"
    text = text.replace("{rule: power, power: 0.5}", "{rule: neyman}")
    assert faults_of(tmp_path, "design.yaml", text) == [
        "design.yaml:1: conf_level 95.0 is not a confidence level. Write a share such as 0.95.",
        'design.yaml:1: ci_method "wald" is not known. Known: korn-graubard, beta, logit, wilson, likelihood, asin,'
        " mean, clopper-pearson, jeffreys.",
        "design.yaml:4: n is 0, so nobody would be asked. Write the sample size.",
        "design.yaml:4: min_n_h is 1; with fewer than 2 units a stratum has no variance. Write 2 or more.",
        'design.yaml:6: the Neyman rule needs planning proportions: "column" and "p" (a proportion by value of that'
        ' column). Add both, or write "rule: power".',
    ]


def test_a_design_that_is_neither_drawn_nor_own_data_is_refused(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "design.yaml", "domains: [size]\n") == [
        'design.yaml:1: neither "weights" (own data) nor "drawing" with "strata" (a sample to draw) is given, so no'
        " estimate can be made. Add one of them."
    ]
    assert faults_of(tmp_path, "design.yaml", DRAWN + "weights: w\n") == [
        'design.yaml:1: "weights" says that the data bring their weights, "drawing" or "weighting" that the study makes'
        " them; only one can be. Delete one of the two."
    ]


def test_every_fault_of_the_indicators_is_listed_with_its_line(tmp_path: Path) -> None:
    text = INDICATORS.replace("id: dk_yes", "id: dk_out").replace("= 'yes' or", "= 'yes' oor")
    text += INDICATORS.removeprefix("indicators:\n").replace("type: proportion", "type: ratio")
    found = faults_of(tmp_path, "indicators.yaml", text)
    assert found[0] == (
        'indicators.yaml:12: the indicator "PEN-01" stands on line 2 already, so its estimates could not be told apart.'
        " Give one of them another id."
    )
    assert found[1] == (
        'indicators.yaml:11: the reading "dk_out" stands on line 10 already, so its estimates could not be told apart.'
        " Give one of them another id."
    )
    assert found[2].startswith("indicators.yaml:8: in the expression `${e06} = 'yes' oor")
    assert found[3] == 'indicators.yaml:12: the ratio "PEN-01" has no denominator. Add "denominator: ...".'
    assert len(found) == 4


def test_every_fault_of_the_targets_is_listed_with_its_line(tmp_path: Path) -> None:
    text = TARGETS.replace("0.70", "70").replace("2027Q4", "2027Q5")
    assert faults_of(tmp_path, "targets.yaml", text) == [
        'targets.yaml:2: the deciding wave "2027Q5" is not a period, so nobody could say whether it is due. Write 2027,'
        " 2027H2, 2027Q4 or 2027-12.",
        "targets.yaml:2: the value 70 is not a share between 0 and 1. Write 0.70 for 70 %.",
    ]


def test_waves_are_periods_that_can_be_ordered() -> None:
    assert wave_time("2026Q4") == 2027.0 == wave_time("2026") == wave_time("2026H2") == wave_time("2026-12")
    assert [wave_time(name) for name in ("2026Q0", "2026H3", "26Q1", "pilot", "", "2026-13", "2026W1")] == [None] * 7


def test_experiments_are_read_and_their_faults_listed(tmp_path: Path) -> None:
    faults: list[Fault] = []
    good = "experiments:\n  - {id: w2026, column: wording, arms: {a: 0.5, b: 0.5}}\n"
    plan = load_plan(write(tmp_path, "design.yaml", DRAWN + good), faults=faults)
    assert not faults and plan is not None and plan.experiments[0].arms == {"a": 0.5, "b": 0.5}
    bad = good + "  - {id: w2026, column: other, arms: {a: 0.5, b: 0.4}}\n  - {id: one, column: one, arms: {a: 1}}\n"
    assert faults_of(tmp_path, "design.yaml", DRAWN + bad) == [
        'design.yaml:17: the experiment "w2026" or its column "other" stands in the list already, and one of the two'
        " would be lost. Give each its own id and column.",
        'design.yaml:17: the shares of the experiment "w2026" must each be above 0 and add up to 1; they add up to 0.9.'
        " Correct them.",
        'design.yaml:18: the experiment "one" has fewer than two arms, so there is nothing to compare. Write two, as'
        ' "arms: {a: 0.5, b: 0.5}".',
    ]
    assert faults_of(tmp_path, "design.yaml", OWN + good) == [
        'design.yaml:1: "experiments" gives drawn units their arms, and own data are not drawn. Delete it.'
    ]
