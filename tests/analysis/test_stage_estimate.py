"""Stage 5: readings by hand, variances by an independent computation, no row that vanishes, verdicts, no bias."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.drawing import draw
from analysis.indicators import Indicator, Variant
from analysis.plan import DesignPlan, Drawing, Nonresponse, Poststratify, Weighting
from analysis.stages import EstimateTables, estimate
from analysis.targets import Target
from analysis.weighting import Weighed, weigh
from uptake.contract.errors import DesignError, EstimationError, StudyError, TableError
from uptake.contract.tables import ASSESSMENTS, ESTIMATES, ESTIMATES_VCOV, QUALITY, check_table
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar

PLACE = Place("design.yaml", 1)
WORDS = Text.of(zh="字", en="word")
CLASSES = Nonresponse(place=PLACE, classes=("size",), min_respondents=1)
PLAN = DesignPlan(place=PLACE, strata=("size",), drawing=Drawing(place=PLACE, n=8, seed="s"),
                  weighting=Weighting(place=PLACE, nonresponse=CLASSES), domains=("size", "industry"))  # fmt: skip


def said(text: str) -> Scalar:
    return Scalar(text, Place("indicators.yaml", 9))


def indicator(numerator: str, **changes: object) -> Indicator:
    first = Indicator(place=PLACE, id="PEN-01", version="1.0", type="proportion", name=WORDS, definition=WORDS,
                      numerator=said(numerator))  # fmt: skip
    return replace(first, **changes)


DK = tuple(Variant(place=PLACE, id=f"dk_{rule}", name=WORDS, dont_know=rule) for rule in ("out", "yes"))
ANY = indicator("${e06} = 'yes' or ${e09} = 'yes'", variants=DK)

# stratum 2: N_h = 30, 5 drawn, 4 answer -> weight 7.5; stratum 3: N_h = 40, 4 drawn, 4 answer -> weight 10
# unit size industry disposition staff e06 e09           any of the two: in_base / out / yes
TABLE = """
a1 2 A complete  10 yes no                               # 1 1 1
a2 2 A complete  20 no  no                               # 0 0 0
a3 2 B complete  30 -   yes                              # 1 1 1  (unknown or true is true)
a4 2 B complete  40 -   no                               # 0 - 1  (unknown or false is unknown)
a5 2 C refused   -  -   -
b1 3 A complete  5  yes yes                              # 1 1 1
b2 3 A complete  5  no  no                               # 0 0 0
b3 3 B complete  5  no  no                               # 0 0 0
b4 3 B complete  5  yes -                                # 1 1 1
"""


def small_wave() -> tuple[Weighed, pd.DataFrame]:
    rows = [line.split("#")[0].split() for line in TABLE.strip().splitlines()]
    names = ["unit_id", "size", "industry", "disposition", "e04_staff", "e06", "e09"]
    units = pd.DataFrame(rows, columns=names).replace("-", None).assign(wave="w", name="x")
    units["stratum"], units["selection"] = units["size"], "sampled"
    units["N_h"], units["n_h"] = units["size"].map({"2": 30, "3": 40}), units["size"].map({"2": 5, "3": 4})
    units["base_weight"] = units["N_h"] / units["n_h"]
    responses = units[["wave", "unit_id", "disposition"]].assign(
        e04_staff=pd.to_numeric(units["e04_staff"]).astype("Int64"), e06=units["e06"], e09=units["e09"]
    )
    for field in ("e06", "e09"):
        answered = responses[field].notna()
        states = answered.map({True: "answered", False: "dont_know"})
        responses[f"{field}_state"] = states.where(units["disposition"] == "complete")
    sample = units.drop(columns=["disposition", "e04_staff", "e06", "e09"])
    return weigh(sample, responses, PLAN, wave="w"), responses


def estimated(*indicators: Indicator, plan: DesignPlan = PLAN, **more: object) -> EstimateTables:
    weighed, responses = small_wave()
    return estimate(responses, weighed.weights, plan, indicators, wave="w", quality=weighed.quality, **more)  # type: ignore[arg-type]


def row(tables: EstimateTables, *, by: str = "all", key: str = "all", definition: str = "headline") -> pd.Series:
    table = tables.estimates
    found = table[(table["domain_by"] == by) & (table["domain_key"] == key) & (table["definition"] == definition)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_reading_of_dont_know_by_hand() -> None:
    made = estimated(ANY)
    # in_base: (7.5 x 2 + 10 x 2) / 70; out: (15 + 20) / 62.5; yes: (7.5 x 3 + 20) / 70
    assert row(made)["estimate"] == pytest.approx(35 / 70)
    assert row(made, definition="dk_out")["estimate"] == pytest.approx(35 / 62.5)
    assert row(made, definition="dk_yes")["estimate"] == pytest.approx(42.5 / 70)
    assert [row(made, definition=name)["n"] for name in ("headline", "dk_out", "dk_yes")] == [8, 7, 8]
    assert row(made)["n_population"] == pytest.approx(70) and row(made, by="size", key="2")["estimate"] == 0.5


def test_the_standard_error_by_hand() -> None:
    made = row(estimated(ANY))
    # Both strata have s^2 = 1/3 (two of four): V = sum N_h^2 (1 - n_h/N_h) s^2 / n_h / 70^2 with n_h = 4 respondents
    variance = (30**2 * (1 - 4 / 30) + 40**2 * (1 - 4 / 40)) * (1 / 3) / 4 / 70**2
    assert made["se"] == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert made["df"] == 6 and made["ci_method"] == "korn-graubard" and made["ci_low"] < 0.5 < made["ci_high"]


def test_a_rate_weighted_by_size_by_hand() -> None:
    made = row(estimated(replace(ANY, size=said("e04_staff"), variants=())))
    # users: 7.5 x (10 + 30) + 10 x (5 + 5) = 400; all: 7.5 x 100 + 10 x 20 = 950
    assert made["estimate"] == pytest.approx(400 / 950) and made["ci_method"] == "korn-graubard"


def test_totals_means_and_ratios_by_hand() -> None:
    staff = indicator("${e04_staff}", type="total", id="TOT")
    users = indicator("${e06} = 'yes'", type="total", id="USERS")
    mean = indicator("${e04_staff}", type="mean", id="MEAN", where=said("${e06} = 'yes'"))
    ratio = indicator("${e06} = 'yes'", type="ratio", id="RATIO", denominator=said("${e04_staff}"))
    made = estimated(staff, users, mean, ratio).estimates
    whole = made[made["domain_by"] == "all"].set_index("indicator")
    assert whole["estimate"][["TOT", "USERS"]].tolist() == pytest.approx([950.0, 27.5])
    # e06 = yes: a1 (7.5, staff 10), b1 and b4 (10, staff 5): (75 + 50 + 50) / 27.5
    assert whole["estimate"]["MEAN"] == pytest.approx(175 / 27.5)
    # users per person where e06 is known: 27.5 / (7.5 x 30 + 10 x 20)
    assert whole["estimate"]["RATIO"] == pytest.approx(27.5 / 425)
    assert whole.loc["TOT", "ci_method"] == "t" and whole.loc["MEAN", "n"] == 3


def test_no_domain_vanishes() -> None:
    made = estimated(ANY, domain_keys={"industry": ["A", "B", "C", "D"]})
    assert made.estimates.loc[made.estimates["domain_by"] == "industry", "domain_key"].tolist() == list("ABCD") * 3
    for key in ("C", "D"):  # C was drawn and refused, D is on the code list only
        empty = row(made, by="industry", key=key)
        assert (empty["n"], empty["status"], empty["reason"]) == (0, "suppress", "no_respondents")
        assert math.isnan(empty["estimate"])


def test_crossed_domains_have_joined_keys() -> None:
    made = estimated(ANY, plan=replace(PLAN, domains=("size+industry",)))
    keys = made.estimates.loc[made.estimates["definition"] == "headline", "domain_key"].tolist()
    assert keys == ["all", "2+A", "2+B", "2+C", "3+A", "3+B"]
    assert row(made, by="size+industry", key="2+A")["estimate"] == 0.5


def test_the_covariance_has_the_variances_and_the_difference_of_two_readings() -> None:
    made = estimated(ANY)
    table, vcov = made.estimates, made.estimates_vcov
    value = {(int(r), int(c)): v for r, c, v in vcov[["row", "column", "covariance"]].to_numpy()}
    for i in range(len(table)):
        if table["se"][i] > 0:
            assert value[i, i] == pytest.approx(table["se"][i] ** 2, rel=1e-9)
    at = {name: row(made, definition=name).name for name in ("headline", "dk_yes")}
    low, high = sorted(at.values())
    # dk_yes - in_base is the rate of "only a4": one of four in stratum 2
    variance = value[low, low] + value[high, high] - 2 * value[low, high]
    assert variance == pytest.approx(30**2 * (1 - 4 / 30) * 0.25 / 4 / 70**2, rel=1e-9)


def test_the_tables_keep_their_contracts() -> None:
    target = goal(definition_range=("PEN-01",))
    weighed, responses = small_wave()
    made = estimate(responses, weighed.weights, PLAN, (ANY,), (target,), wave="w", quality=weighed.quality)
    contracts = (ESTIMATES, ESTIMATES_VCOV, ASSESSMENTS, QUALITY)
    for table, contract in zip(
        (made.estimates, made.estimates_vcov, made.assessments, made.quality), contracts, strict=True
    ):
        check_table(table, contract)
    quality = made.quality.set_index(["item", "domain_by", "domain_key"])["value"]
    assert quality["item_dk_rate:e06", "all", "all"] == 0.25 and quality["n_sample", "all", "all"] == 9


def drawn_study(seed: int, *, secret: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, DesignPlan]:
    """Make a frame with known answers, draw from it, and let response depend on the stratum."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"unit_id": [f"{i:05d}" for i in range(1500)], "name": "x",
                          "size": rng.choice(list("234"), 1500, p=[0.1, 0.3, 0.6]),
                          "industry": rng.choice(list("AB"), 1500)})  # fmt: skip
    level = frame["size"].map({"2": 0.9, "3": 0.6, "4": 0.4}) + frame["industry"].map({"A": 0.08, "B": -0.08})
    frame["e06"] = np.where(rng.random(1500) < level, "yes", "no")
    classes = Nonresponse(place=PLACE, classes=("size",), min_respondents=5)
    cells = Poststratify(place=PLACE, by=("industry",))
    weighting = Weighting(place=PLACE, nonresponse=classes, poststratify=cells)
    plan = DesignPlan(place=PLACE, strata=("size",), weighting=weighting, drawing=Drawing(place=PLACE, n=300, seed="s"))
    sample = draw(frame.drop(columns="e06"), plan, wave="w", secret=secret)
    answers = np.random.default_rng([seed, int(secret or 0)]).random(len(sample))
    responded = answers < sample["size"].map({"2": 0.5, "3": 0.65, "4": 0.8}).to_numpy()
    responses = sample[["wave", "unit_id"]].assign(disposition=np.where(responded, "complete", "refused"))
    responses = responses.merge(frame[["unit_id", "e06"]], on="unit_id")
    responses["e06"] = responses["e06"].where(responded)
    return frame, sample, responses, plan


USE = indicator("${e06} = 'yes'")


def test_the_poststratified_variance_agrees_with_an_independent_computation() -> None:
    frame, sample, responses, plan = drawn_study(1, secret="")
    weighed = weigh(sample, responses, plan, wave="w", frame=frame)
    made = estimate(responses, weighed.weights, plan, (USE,), wave="w").estimates.iloc[0]
    data = sample.merge(responses, on="unit_id")
    data = data[data["disposition"] == "complete"].assign(y=lambda t: (t["e06"] == "yes").astype(float))
    r_h = data.groupby("size")["unit_id"].transform("size")
    data["d"] = data["N_h"] / r_h
    totals = data["industry"].map(frame["industry"].value_counts())
    data["g"] = totals / data.groupby("industry")["d"].transform("sum")
    w = data["d"] * data["g"]
    p = float((w * data["y"]).sum() / w.sum())
    u = (data["y"] - p) / w.sum()
    cell_mean = (data["d"] * u).groupby(data["industry"]).transform("sum") / data.groupby("industry")["d"].transform(
        "sum"
    )
    z = w * (u - cell_mean)
    parts = [
        (1 - len(part) / N) * len(part) * part.var(ddof=1)
        for N, part in ((data.loc[i, "N_h"].iloc[0], z.loc[i]) for i in data.groupby("size").groups.values())
    ]
    assert made["estimate"] == pytest.approx(p, rel=1e-10)
    assert made["se"] == pytest.approx(math.sqrt(sum(parts)), rel=1e-8)


def test_the_estimate_is_unbiased_and_its_interval_covers_the_truth() -> None:
    draws, inside, estimates, errors = 120, 0, [], []
    for secret in range(draws):
        frame, sample, responses, plan = drawn_study(5, secret=str(secret + 1))
        truth = float((frame["e06"] == "yes").mean())
        weighed = weigh(sample, responses, plan, wave="w", frame=frame)
        made = estimate(responses, weighed.weights, plan, (USE,), wave="w").estimates.iloc[0]
        estimates.append(made["estimate"])
        errors.append(made["se"])
        inside += made["ci_low"] <= truth <= made["ci_high"]
    # The mean of 120 has the standard error sd / 11; unweighted answers would be off by more than 4 points.
    assert abs(np.mean(estimates) - truth) < 4 * np.std(estimates, ddof=1) / math.sqrt(draws)
    assert np.mean(errors) == pytest.approx(np.std(estimates, ddof=1), rel=0.25)
    assert inside >= 107  # 95 % of 120 is 114, with standard deviation 2.4


def test_the_order_of_rows_changes_no_digit() -> None:
    frame, sample, responses, plan = drawn_study(2, secret="")
    plan = replace(plan, domains=("size",))
    weights = weigh(sample, responses, plan, wave="w", frame=frame).weights
    first = estimate(responses, weights, plan, (USE,), wave="w")
    again = estimate(
        responses.sample(frac=1, random_state=1), weights.sample(frac=1, random_state=2), plan, (USE,), wave="w"
    )
    pd.testing.assert_frame_equal(first.estimates, again.estimates, check_exact=True)
    pd.testing.assert_frame_equal(first.estimates_vcov, again.estimates_vcov, check_exact=True)


def goal(**changes: object) -> Target:
    first = Target(
        place=Place("targets.yaml", 2),
        id="T2027",
        indicator="PEN-01",
        value=0.40,
        deciding_wave="2027Q4",
        name=WORDS,
        wording=WORDS,
        source=WORDS,
        definition_range=("PEN-01", "PEN-02"),
    )
    return replace(first, **changes)


def assessed(wave: str, *indicators: Indicator, target: Target) -> pd.DataFrame:
    frame, sample, responses, plan = drawn_study(3, secret="")
    sample, responses = sample.assign(wave=wave), responses.assign(wave=wave)
    plan = replace(plan, domains=("size",))
    weights = weigh(sample, responses, plan, wave=wave, frame=frame).weights
    return estimate(responses, weights, plan, indicators, (target,), wave=wave).assessments


def test_targets_are_assessed_nationally_and_by_one_rule() -> None:
    other = indicator("${e06} = 'yes' and ${size} = '4'", id="PEN-02")
    early = assessed("2026Q4", USE, other, target=goal())
    assert early[["target", "domain_by", "verdict"]].to_numpy().tolist() == [["T2027", "all", "not_due"]]
    assert early["range_low_definition"].tolist() == ["PEN-02/headline"]
    due = assessed("2027Q4", USE, other, target=goal())
    assert due["verdict"].tolist() == ["depends_on_definition"]
    alone = goal(definition_range=(), scope=("size",))
    by_size = assessed("2027Q4", USE, target=alone).set_index("domain_key")["verdict"].to_dict()
    # Size 2 has 15 respondents, too few to be released, and so no bound.
    assert by_size == {"all": "above", "2": "cannot_tell", "3": "above", "4": "cannot_tell"}
    assert assessed("2027Q4", USE, target=goal(value=0.9, definition_range=()))["verdict"].tolist() == ["below"]


def test_a_suppressed_headline_gives_no_number_away() -> None:
    target = goal(definition_range=())
    weighed, responses = small_wave()  # 8 respondents: fewer than 10
    made = estimate(responses, weighed.weights, PLAN, (ANY,), (target,), wave="w").assessments.iloc[0]
    assert made["verdict"] == "not_due"
    numbers = [
        "estimate",
        "lower_bound",
        "upper_bound",
        "p_value",
        "definition_low",
        "units_lacking",
        "required_per_year",
    ]
    assert made[numbers].isna().all() and made["range_low_definition"] is None


def test_refusals_name_what_is_wrong_and_what_to_change() -> None:
    weighed, responses = small_wave()
    with pytest.raises(EstimationError) as unknown:
        estimated(indicator("${e6} = 'yes'"))
    assert str(unknown.value) == (
        'indicators.yaml:9: indicator "PEN-01" counts "e6", which the data do not have. Did you mean "e06"? Name a'
        " field of the questionnaire or a column of the data."
    )
    with pytest.raises(TableError) as absent:
        estimate(responses.iloc[1:], weighed.weights, PLAN, (ANY,), wave="w")
    assert str(absent.value) == (
        'weights and responses of wave "w" do not fit each other: unit "a1" is in the weights but not in the responses.'
        " Run `uptake weigh` on these responses."
    )
    with pytest.raises(StudyError) as target:
        estimate(responses, weighed.weights, PLAN, (ANY,), (goal(definition_range=("PEN-1",)),), wave="w")
    assert str(target.value) == (
        '1 fault in the study:\n  targets.yaml:2: target "T2027" names "PEN-1", which indicators.yaml does not have.'
        ' Did you mean "PEN-01"? Name one of its indicators.'
    )


def test_a_rate_weighted_by_size_lacks_no_number_of_units() -> None:
    sized = replace(USE, size=said("staff"))
    frame, sample, responses, plan = drawn_study(3, secret="")
    weights = weigh(sample.assign(staff=5), responses, plan, wave="w", frame=frame).weights
    made = estimate(responses, weights, plan, (sized,), (goal(value=0.9, definition_range=()),), wave="w").assessments
    assert made["units_lacking"].isna().all() and made["lower_bound"].notna().all()


def test_only_gaps_that_no_rule_foresees_are_warned_of() -> None:
    weighed, responses = small_wave()
    assert estimated(ANY).warnings == ()
    responses.loc[responses["unit_id"] == "a1", "e04_staff"] = None
    sized = replace(ANY, size=said("e04_staff"), variants=())
    made = estimate(responses, weighed.weights, PLAN, (sized,), wave="w")
    assert len(made.warnings) == 1 and made.warnings[0].startswith('OUTCOME_MISSING: "PEN-01 headline')


def test_names_that_a_query_could_mistake_are_refused() -> None:
    weighed, responses = small_wave()
    with pytest.raises(DesignError) as field:
        estimate(responses.rename(columns={"e06": "industry", "e06_state": "industry_state"}), weighed.weights, PLAN,
                 (indicator("${e09} = 'yes'"),), wave="w")  # fmt: skip
    assert str(field.value) == (
        'the field "industry" of the questionnaire has the name of a column of the frame or of the weights, so an'
        ' indicator could not tell them apart. Rename the field, for example to "q_industry".'
    )
    with pytest.raises(DesignError) as case:
        estimate(responses.assign(E06="yes"), weighed.weights, PLAN, (indicator("${e09} = 'yes'"),), wave="w")
    assert str(case.value) == (
        'the columns "e06" and "E06" differ in capital letters only, so a query cannot tell them apart. Rename one of'
        " them."
    )
