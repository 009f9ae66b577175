"""Stage 5 on data of one's own: the design comes from columns, and a design that cannot carry an estimate says so."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from analysis.indicators import Indicator
from analysis.plan import DesignPlan, Replicates
from analysis.stages import EstimateTables, estimate
from uptake.contract.errors import UptakeError
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place, Scalar

PLACE = Place("design.yaml", 1)
LINE = Place("indicators.yaml", 4)
WORDS = Text.of(zh="字", en="word")
RATE = Indicator(place=PLACE, id="RATE", version="1", type="proportion", name=WORDS, definition=WORDS,
                 numerator=Scalar("${y} = 1", LINE))  # fmt: skip
PLAN = DesignPlan(place=PLACE, weights="w", strata=("h",), psu="c", fpc="N", domains=("r",))
DATA = pd.DataFrame(
    {
        "y": [1, 0, 1, 0, 1, 1],
        "w": [2.0, 2.0, 2.0, 3.0, 3.0, 3.0],
        "h": list("aaabbb"),
        "c": [1, 2, 3, 4, 5, 6],
        "N": [6, 6, 6, 9, 9, 9],
        "r": list("ppqqqp"),
    }
)


def made(data: pd.DataFrame = DATA, plan: DesignPlan = PLAN, indicator: Indicator = RATE) -> EstimateTables:
    return estimate(data, None, plan, (indicator,), wave="2015")


def refused(data: pd.DataFrame = DATA, plan: DesignPlan = PLAN, indicator: Indicator = RATE) -> str:
    with pytest.raises(UptakeError) as caught:
        made(data, plan, indicator)
    return str(caught.value)


def test_the_design_of_the_file_is_used_by_hand() -> None:
    whole = made().estimates.iloc[0]
    # p = (2 x 2 + 2 x 3) / 15; both strata have two of three, s^2 = 1/3; f = 3/6 and 3/9
    variance = (6**2 * (1 - 3 / 6) + 9**2 * (1 - 3 / 9)) * (1 / 3) / 3 / 15**2
    assert whole["estimate"] == pytest.approx(10 / 15) and whole["se"] == pytest.approx(math.sqrt(variance))
    quality = made().quality.set_index("item")["value"]
    assert quality["n_respondents"] == 6 and quality["n_weighted"] == 15
    assert quality["kish_deff"] == pytest.approx(6 * (3 * 4 + 3 * 9) / 15**2)


def test_replicate_weights_of_the_file_are_used_by_hand() -> None:
    # Two replicates that drop one half each: R = 2, rho = 0.5 -> V = ((p1 - p)^2 + (p2 - p)^2) / (2 x 0.25)
    data = DATA.assign(rep1=[3.0, 3.0, 3.0, 1.5, 1.5, 1.5], rep2=[1.0, 1.0, 1.0, 4.5, 4.5, 4.5], rep_note="x")
    fay = Replicates(place=PLACE, prefix="rep", type="fay", rho=0.5)
    whole = made(data, DesignPlan(place=PLACE, weights="w", replicate_weights=fay)).estimates.iloc[0]
    p, p1, p2 = 10 / 15, (6 + 3) / 13.5, (2 + 9) / 16.5
    assert whole["se"] == pytest.approx(math.sqrt(((p1 - p) ** 2 + (p2 - p) ** 2) / 0.5))


def test_codes_that_became_numbers_stay_codes_and_gaps_make_no_domain() -> None:
    table = made(DATA.assign(r=[1, 2, 1, None, 2, 1])).estimates
    assert table["domain_key"].tolist() == ["all", "1", "2"] and table["n"].tolist() == [6, 3, 2]


def test_a_weights_table_is_joined_by_unit() -> None:
    plan = replace(PLAN, unit_id="id")
    answers = DATA.assign(id=list("uvwxyz"))
    weights = answers[["id", "w"]].sample(frac=1, random_state=1)
    joined = estimate(answers.drop(columns="w"), weights, plan, (RATE,), wave="2015").estimates
    pd.testing.assert_frame_equal(joined, made().estimates)


def test_a_weight_of_zero_is_told() -> None:
    (warning,) = made(DATA.assign(w=[0.0, 2, 2, 3, 3, 3])).warnings
    assert warning.startswith('WEIGHT_ZERO: column "w": 1 row has weight zero')


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"h": list("aaabbc")}, ('stratum "c"', "only one PSU was sampled", "merge the stratum")),
        ({"w": [None, 2, 2, 3, 3, 3]}, ('column "w"', "1 row has no weight", "fill it in")),
        ({"w": [-1.0, 2, 2, 3, 3, 3]}, ('column "w"', "below zero", "correct the weights")),
        ({"w": [0.0] * 6}, ('column "w"', "every weight is zero", "name the right weight column")),
        ({"w": list("abcdef")}, ('column "w"', 'row 1 holds "a"', "name another column")),
        ({"N": [2, 2, 2, 9, 9, 9]}, ('stratum "a"', "2 units but 3 were sampled", "correct the population count")),
        ({"c": [1, 2, 3, 1, 5, 6]}, ('PSU "1"', 'the strata "a", "b"', "nest")),
        ({"h": ["a", "a", None, "b", "b", "b"]}, ('column "h"', "1 row has no stratum", "fill it in")),
    ],
)
def test_a_design_that_cannot_carry_an_estimate_says_where_and_what_to_change(
    changes: dict[str, list[object]], words: tuple[str, ...]
) -> None:
    message = refused(DATA.assign(**changes))
    assert all(word in message for word in words), message


def test_numbering_psus_anew_in_each_stratum_can_be_declared() -> None:
    again = DATA.assign(c=[1, 2, 3, 1, 2, 3])
    pd.testing.assert_frame_equal(made(again, replace(PLAN, nest=True)).estimates, made().estimates)


def test_columns_and_values_that_do_not_exist_are_named() -> None:
    assert refused(plan=replace(PLAN, weights="ww")).startswith('the design names the column "ww", which the data do')
    assert refused(plan=replace(PLAN, domains=("rr",))) == (
        'design.yaml: domains names the column "rr", which the data do not have. Did you mean "r"? Name one of their'
        " columns."
    )
    assert refused(indicator=replace(RATE, where=Scalar("${r} = 'z'", LINE))) == (
        "indicators.yaml:4: the base of indicator \"RATE\", ${r} = 'z', holds no respondent, so nothing can be"
        " estimated. Check its codes; if it is right, leave the indicator out of this wave."
    )
    assert refused(indicator=replace(RATE, type="total", numerator=Scalar("${r}", LINE))) == (
        'indicators.yaml:4: indicator "RATE" reads "r" as a number, but row 1 holds "p". Correct the value, or count'
        " units by a word, as in ${r} = 'p'."
    )
    assert refused(DATA.assign(id=list("uuwxyz")), replace(PLAN, unit_id="id")) == (
        'responses: unit "u" stands in more than one row, so it would count twice. Keep one row a unit (`id`).'
    )
