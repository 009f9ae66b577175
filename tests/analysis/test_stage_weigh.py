"""Stage 4: every factor by hand, exact weights, collapsing by rule, and refusals in words."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.collapsing import collapse, joined_groups
from analysis.drawing import draw
from analysis.plan import DesignPlan, Drawing, Nonresponse, Poststratify, Weighting
from analysis.weighting import weigh
from uptake.contract.errors import DesignError, TableError
from uptake.contract.tables import QUALITY, WEIGHTS, check_table
from uptake.contract.yamlfile import Place

PLACE = Place("design.yaml", 1)
WEIGHTING = Weighting(place=PLACE, nonresponse=Nonresponse(place=PLACE, classes=("size",), min_respondents=1))
PLAN = DesignPlan(place=PLACE, strata=("size",), drawing=Drawing(place=PLACE, n=10, seed="s"), weighting=WEIGHTING,
                  domains=("size", "industry"))  # fmt: skip

# stratum  N_h n_h d | units and dispositions
#   2       30   6 5 | complete x 3, refused, not_contacted, ineligible
#   3       40   4 10| complete x 2, refused x 2
TABLE = """
a1 2 A complete
a2 2 A complete
a3 2 B complete
a4 2 A refused
a5 2 B not_contacted
a6 2 B ineligible
b1 3 A complete
b2 3 B complete
b3 3 A refused
b4 3 B refused
"""


def poststratified(column: str) -> DesignPlan:
    rule = Poststratify(place=PLACE, by=(column,), min_respondents=1)
    return replace(PLAN, weighting=replace(WEIGHTING, poststratify=rule))


def small_wave() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [line.split() for line in TABLE.strip().splitlines()]
    units = pd.DataFrame(rows, columns=["unit_id", "size", "industry", "disposition"]).assign(wave="w", name="x")
    units["stratum"], units["selection"] = units["size"], "sampled"
    units["N_h"], units["n_h"] = units["size"].map({"2": 30, "3": 40}), units["size"].map({"2": 6, "3": 4})
    units["base_weight"] = units["N_h"] / units["n_h"]
    return units.drop(columns="disposition"), units[["wave", "unit_id", "disposition"]]


def test_factors_by_hand() -> None:
    weighed = weigh(*small_wave(), PLAN, wave="w")
    made = weighed.weights.set_index("unit_id")
    # Class 2, d = 5: D = 30, D_known = 25 (all but a5), E_known = 20, D_resp = 15:
    #   respondents 30/25 x 20/15 = 1.6 -> 8; ineligible 30/25 = 1.2 -> 6. Sum 3 x 8 + 6 = 30 = N_h.
    # Class 3, d = 10: D = D_known = E_known = 40, D_resp = 20 -> 2 -> 20. Sum 40 = N_h.
    assert made["nonresponse_factor"].dropna().to_dict() == pytest.approx(
        {"a1": 1.6, "a2": 1.6, "a3": 1.6, "a6": 1.2, "b1": 2.0, "b2": 2.0}
    )
    assert made["weight"].dropna().to_dict() == pytest.approx(
        {"a1": 8.0, "a2": 8.0, "a3": 8.0, "a6": 6.0, "b1": 20.0, "b2": 20.0}, rel=1e-11
    )
    assert made.loc["a6", ["respondent", "eligible"]].tolist() == [False, False]
    assert made.loc["a4", ["respondent", "eligible"]].tolist() == [False, True]
    # Variance strata: weighted units are 4 (with the ineligible one) and 2.
    assert made[["n_h", "N_h"]].drop_duplicates().to_numpy().tolist() == [[4, 30], [2, 40]]
    check_table(weighed.weights, WEIGHTS)
    check_table(weighed.quality, QUALITY)


def test_poststratification_meets_the_frame_to_the_last_unit() -> None:
    sample, responses = small_wave()
    plan = poststratified("industry")
    frame = pd.DataFrame({"unit_id": [str(i) for i in range(70)], "name": "x", "industry": ["A"] * 33 + ["B"] * 37})
    weighed = weigh(sample, responses, plan, wave="w", frame=frame)
    made = weighed.weights.set_index("unit_id")
    # Before: A = 8 + 8 + 20 = 36, B = 8 + 6 + 20 = 34. After: A x 33/36, B x 37/34.
    assert made.loc["b1", "calibration_factor"] == pytest.approx(33 / 36, rel=1e-12)
    assert made.loc["a6", "weight"] == pytest.approx(6 * 37 / 34, rel=1e-11)
    units = made.groupby("calibration_cell")["weight_units"].sum()
    assert {key: int(value) for key, value in units.items()} == {
        "A": 33 * weighed.weight_scale, "B": 37 * weighed.weight_scale}  # fmt: skip
    assert ((made["weight_units"] / weighed.weight_scale) == made["weight"])[made["weight"].notna()].all()


def test_poststrata_of_strata_columns_need_no_frame_and_others_do() -> None:
    sample, responses = small_wave()

    made = weigh(sample, responses, poststratified("size"), wave="w").weights
    assert made.groupby("calibration_cell")["weight"].sum().to_dict() == {"2": 30.0, "3": 40.0}
    with pytest.raises(DesignError) as caught:
        weigh(sample, responses, poststratified("industry"), wave="w")
    assert str(caught.value) == (
        "design.yaml:1: post-strata by industry need the counts of the frame, which was not given; the sample knows the"
        " counts of strata only. Give the frame."
    )


def test_quality_by_hand() -> None:
    quality = weigh(*small_wave(), PLAN, wave="w").quality
    value = quality.set_index(["item", "domain_by", "domain_key"])["value"]
    assert value["n_sample", "all", "all"] == 10 and value["n_frame", "all", "all"] == 70
    assert value["n_refused", "size", "3"] == 2
    # Unweighted: known 9 of which 8 eligible, 1 unknown: 5 / (8 + 8/9) = 0.5625
    assert value["response_rate_unweighted", "all", "all"] == pytest.approx(0.5625)
    # Weighted: known 25 + 40, eligible 20 + 40, unknown 5; respondents 15 + 20: 35 / (60 + 60/65 x 5)
    assert value["response_rate_weighted", "all", "all"] == pytest.approx(35 / (60 + 60 / 65 * 5))
    # Weights 8 8 8 20 20: 5 x (3 x 64 + 2 x 400) / 64^2 = 5 x 992 / 4096
    assert value["kish_deff", "all", "all"] == pytest.approx(5 * 992 / 4096)


def test_a_short_class_joins_its_neighbour_and_the_steps_say_so() -> None:
    sample, responses = small_wave()
    classes = Nonresponse(place=PLACE, classes=("size",), min_respondents=3)
    plan = replace(PLAN, weighting=replace(WEIGHTING, nonresponse=classes))
    weighed = weigh(sample, responses, plan, wave="w")
    assert set(weighed.weights["nonresponse_class"]) == {"2+1"}
    (step,) = [step for step in weighed.steps if step["step"] == "nonresponse"]
    assert step == {"step": "nonresponse", "classes": ["size"], "min_respondents": 3, "used": 1,
                    "joined": {"2+1": ["2", "3"]}}  # fmt: skip
    assert weighed.weights["weight"].sum() == pytest.approx(70, rel=1e-12)
    assert json.loads(weighed.metadata()["steps"])[1] == step


def test_a_stratum_with_one_respondent_is_joined_for_the_variance_but_a_census_of_one_is_not() -> None:
    sample, responses = small_wave()
    responses.loc[responses["unit_id"] == "b2", "disposition"] = "refused"  # stratum 3 keeps b1 alone
    lone = sample.head(1).assign(unit_id="c1", size="1", stratum="1", N_h=1, n_h=1, base_weight=1.0)
    sample = pd.concat([sample, lone], ignore_index=True)
    responses = pd.concat([responses, pd.DataFrame({"wave": ["w"], "unit_id": ["c1"], "disposition": ["complete"]})])
    made = weigh(sample, responses, PLAN, wave="w").weights.set_index("unit_id")
    assert made.loc["b1", ["stratum", "n_h", "N_h", "sample_stratum"]].tolist() == ["2+1", 5, 70, "3"]
    assert made.loc["c1", ["stratum", "n_h", "N_h"]].tolist() == ["1", 1, 1]


def test_a_complete_census_has_weights_of_exactly_one() -> None:
    sample, responses = small_wave()
    sample = sample.assign(N_h=sample["n_h"], base_weight=1.0)
    made = weigh(sample, responses.assign(disposition="complete"), PLAN, wave="w").weights
    assert (made["weight"] == 1.0).all() and (made["nonresponse_factor"] == 1.0).all()


def refusal(kind: type[Exception], sample: pd.DataFrame, responses: pd.DataFrame, plan: DesignPlan = PLAN) -> str:
    with pytest.raises(kind) as caught:
        weigh(sample, responses, plan, wave="w")
    return str(caught.value)


def test_refusals_name_what_is_wrong_and_what_to_change() -> None:
    sample, responses = small_wave()
    assert refusal(TableError, sample, responses.iloc[1:]) == (
        'responses: unit "a1" of the sample has no row; nonrespondents count too. Export again: every'
        " assigned unit gets a row with its disposition."
    )
    assert refusal(TableError, sample.iloc[2:], responses) == (
        'responses: unit "a1" (and 1 more) is not in the sample, so it has no weight. Give the sample that was asked.'
    )
    assert refusal(TableError, sample, pd.concat([responses, responses.head(1)])) == (
        'responses: unit "a1" stands in more than one row, so it would count twice. Keep one row a unit (`unit_id`).'
    )
    assert refusal(TableError, sample, responses.assign(wave="v")) == (
        'responses: no row belongs to wave "w". Give the table of that wave, or another --wave.'
    )
    assert refusal(DesignError, sample, responses.assign(disposition="refused")) == (
        "no unit of the sample of 10 responded, so there is nothing to weigh. Wait for answers, or check the"
        " dispositions."
    )
    unknown = replace(PLAN, weighting=replace(WEIGHTING, nonresponse=Nonresponse(place=PLACE, classes=("sise",))))
    assert refusal(DesignError, sample, responses, unknown) == (
        'design.yaml, weighting: nonresponse: there is no column "sise". Did you mean "size"? Name columns of the'
        " frame."
    )


def test_a_unit_without_class_is_named() -> None:
    sample, responses = small_wave()
    plan = replace(PLAN, weighting=replace(WEIGHTING, nonresponse=Nonresponse(place=PLACE, classes=("industry",))))
    assert refusal(
        DesignError, sample.assign(industry=sample["industry"].where(sample["unit_id"] != "a2")), responses, plan
    ) == ('column "industry" is empty for unit "a2"; a unit without class cannot be weighted. Fill it in the frame.')


def test_collapsing_by_hand() -> None:
    sizes = {("1", "a"): 1, ("1", "b"): 1, ("2", "a"): 2, ("2", "b"): 7, ("3", "a"): 9, ("3", "b"): 1}
    groups = collapse(sizes, is_short=lambda group: sum(sizes[cell] for cell in group) < 3)
    # In family 1 all is short (2), so it is carried to the first group of family 2; 2a (2) joins 2b; 3b joins 3a.
    assert joined_groups(groups) == {"1-a+3": ["1-a", "1-b", "2-a", "2-b"], "3-a+1": ["3-a", "3-b"]}


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from("123"), st.sampled_from("abcd")), st.integers(0, 9), min_size=1),
    st.integers(1, 12),
)
def test_collapsing_partitions_the_cells_and_leaves_none_short(sizes: dict[tuple[str, ...], int], least: int) -> None:
    def total(group: tuple[tuple[str, ...], ...]) -> int:
        return sum(sizes[cell] for cell in group)

    groups = collapse(sizes, is_short=lambda group: total(group) < least)
    distinct = set(groups.values())
    assert sorted(cell for group in distinct for cell in group) == sorted(sizes)
    assert all(total(group) >= least for group in distinct) or len(distinct) == 1


def simulated_wave(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, DesignPlan]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"unit_id": [f"{i:05d}" for i in range(3000)], "name": "x",
                          "size": rng.choice(list("1234"), 3000, p=[0.02, 0.1, 0.28, 0.6]),
                          "province": rng.choice(["11", "12", "13"], 3000),
                          "industry": rng.choice(list("AB"), 3000)})  # fmt: skip
    classes = Nonresponse(place=PLACE, classes=("size", "province"), min_respondents=5)
    cells = Poststratify(place=PLACE, by=("industry",))
    weighting = Weighting(place=PLACE, nonresponse=classes, poststratify=cells)
    plan = DesignPlan(place=PLACE, strata=("province", "size"), weighting=weighting,
                      drawing=Drawing(place=PLACE, n=400, seed=str(seed), min_n_h=5))  # fmt: skip
    sample = draw(frame, plan, wave="w")
    kinds = ["complete", "partial", "refused", "not_contacted", "ineligible", "unknown"]
    outcome = rng.choice(kinds, len(sample), p=[0.6, 0.03, 0.1, 0.2, 0.04, 0.03])
    return frame, sample, sample[["wave", "unit_id"]].assign(disposition=outcome), plan


@pytest.mark.parametrize("seed", range(5))
def test_weights_hold_their_invariants(seed: int) -> None:
    frame, sample, responses, plan = simulated_wave(seed)
    weighed = weigh(sample, responses, plan, wave="w", frame=frame)
    made = weighed.weights
    assert math.isclose(made["weight"].sum(), 3000, rel_tol=1e-12)
    assert int(made["weight_units"].sum()) == 3000 * weighed.weight_scale
    assert made["weight"].notna().equals(made["respondent"] | ~made["eligible"])
    product = made["base_weight"] * made["nonresponse_factor"] * made["calibration_factor"]
    assert (product / made["weight"] - 1).abs().max() < 1e-10
    assert (made["n_h"] >= 2).all() and (made["n_h"] <= made["N_h"]).all()
    assert made.drop_duplicates("stratum")["N_h"].sum() == 3000
    shuffled = weigh(sample.sample(frac=1, random_state=1), responses.sample(frac=1, random_state=2), plan, wave="w",
                     frame=frame.sample(frac=1, random_state=3))  # fmt: skip
    pd.testing.assert_frame_equal(shuffled.weights, made)
    pd.testing.assert_frame_equal(shuffled.quality, weighed.quality)
