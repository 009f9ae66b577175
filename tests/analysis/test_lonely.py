"""Strata with one sampled unit: what each rule adds, which neighbour is joined, what a domain leaves, what is told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, counts, mean, proportion, total
from analysis.lonely import _shared, _sorted
from uptake.contract.errors import DesignError

SLICE = settings(max_examples=8, deadline=None, derandomize=True)
FULL = settings(max_examples=40, deadline=None, derandomize=True)

# One row a PSU, w = 1, z = y:
#   stratum  n  N   y          1 - f
#   A        2  6   2 6        2/3
#   B        1  4   5          3/4   lonely
#   C        3  5   1 2 6      2/5
#   D        1  1   9          0     taken whole
#   E        1  3   4          2/3   lonely
SMALL = pd.DataFrame({
    "h": list("AABCCCDE"), "N": [6, 6, 4, 5, 5, 5, 1, 3], "y": [2.0, 6, 5, 1, 2, 6, 9, 4], "w": 1.0,
    "p": range(8), "d": list("uvuuvvuv"),
})  # fmt: skip
# A: 2/3 * 2/1 * (4 + 4) = 10.6667; C: 2/5 * 3/2 * (4 + 1 + 9) = 8.4; together 19.0667
USABLE = 2 / 3 * 2 * 8 + 2 / 5 * 1.5 * 14


def variance(rule: Any, rows: pd.DataFrame = SMALL, *, where: str | None = None, **more: Any) -> list[float]:
    """V of the total, of the design with every row a unit and of that with PSUs of one row: they must be one."""
    return [
        float(total(Survey(rows, SurveyDesign(weights="w", strata="h", fpc="N", lonely_psu=rule, psu=psu, **more)), "y",
                    where=where).vcov[0, 0])
        for psu in (None, "p")
    ]  # fmt: skip


def test_every_rule_by_hand() -> None:
    assert variance("certainty") == pytest.approx([USABLE] * 2)
    assert variance("remove") == pytest.approx([USABLE] * 2)
    # mean of all 8 PSUs 35/8: 3/4 (5 - 35/8)^2 + 2/3 (4 - 35/8)^2
    assert variance("adjust") == pytest.approx([USABLE + 0.75 * (5 / 8) ** 2 + 2 / 3 * (3 / 8) ** 2] * 2)
    # three of five strata are usable (D is whole, its variance 0 is known)
    assert variance("average") == pytest.approx([USABLE * 5 / 3] * 2)
    # B joins A: y 2 6 5, n/N = 3/10: 7/10 * 3/2 * (9 + 1/4*... ) about 13/3: sum of squares 65 - 169/3 = 26/3
    # E joins C (D is whole): y 1 2 6 4, n/N = 4/8: 1/2 * 4/3 * (57 - 169/4)
    assert variance("collapse") == pytest.approx([0.7 * 1.5 * 26 / 3 + 0.5 * 4 / 3 * (57 - 169 / 4)] * 2)
    with pytest.raises(DesignError) as caught:
        variance("fail")
    assert str(caught.value) == (
        'stratum "B": only one unit was sampled - its variance cannot be estimated; merge the stratum with a neighbour,'
        ' or declare lonely_psu as certainty, adjust or average.\nstratum "E": only one unit was sampled - its variance'
        " cannot be estimated; merge the stratum with a neighbour, or declare lonely_psu as certainty, adjust or "
        "average."
    )


def test_collapsing_is_told_and_counts_in_the_degrees_of_freedom() -> None:
    design = SurveyDesign(weights="w", strata="h", fpc="N", lonely_psu="collapse")
    found = total(Survey(SMALL, design), "y")
    assert found.meta.warnings == (
        'STRATA_COLLAPSED: strata "A" and "B" are taken together (n = 3 of 10): one unit alone shows no spread.',
        'STRATA_COLLAPSED: strata "C" and "E" are taken together (n = 4 of 8): one unit alone shows no spread.',
    )
    assert found.frame.df[0] == 8 - 3
    assert found.meta.df_design == 5
    assert counts(Survey(SMALL, design), "d").meta.warnings == found.meta.warnings
    # It is what merging by hand gives, for any estimate and any domain.
    merged = SMALL.assign(h=SMALL.h.replace({"B": "A", "E": "C"}), N=[10, 10, 10, 8, 8, 8, 1, 8])
    by_hand = Survey(merged, SurveyDesign(weights="w", strata="h", fpc="N"))
    for by in (None, "d"):
        one, other = mean(Survey(SMALL, design), "y", by=by), mean(by_hand, "y", by=by)
        assert one.vcov == pytest.approx(other.vcov, rel=1e-12)
        assert one.frame.df.tolist() == other.frame.df.tolist()
    no_counts = total(Survey(SMALL, SurveyDesign(weights="w", strata="h", lonely_psu="collapse")), "y")
    assert no_counts.meta.warnings[1] == (
        'STRATA_COLLAPSED: strata "C", "D" and "E" are taken together (n = 5): one unit alone shows no spread.'
    )


def joined(labels: dict[str, int], **more: Any) -> list[str]:
    """The sentences about strata of so many rows each."""
    rows = pd.DataFrame({"h": [h for h, n in labels.items() for _ in range(n)], "w": 1.0})
    rows = rows.assign(y=range(len(rows)), **more)
    found = total(Survey(rows, SurveyDesign(weights="w", strata="h", lonely_psu="collapse")), "y")
    return [w.split("strata ")[1].split(" are")[0] for w in found.meta.warnings]


def test_the_neighbour_is_the_stratum_before_unless_its_code_is_further_away() -> None:
    assert joined({"1": 2, "2": 1, "3": 2}) == ['"1" and "2"']
    assert joined({"1": 1, "2": 2, "3": 2}) == ['"1" and "2"']
    assert joined({"11-C": 2, "12-A": 1, "12-B": 2}) == ['"12-A" and "12-B"']
    assert joined({"11-C": 2, "12-A": 1, "13-B": 2}) == ['"11-C" and "12-A"']
    assert joined({"a/1": 2, "b/1": 1, "b/2": 1, "c/1": 2}) == ['"b/1" and "b/2"']
    assert joined({"9": 2, "10": 1, "2": 2}) == ['"9" and "10"']  # digits count as numbers: 2, 9, 10
    assert joined({"1": 1, "2": 1}) == ['"1" and "2"']
    # 11-B is the first and joins the next, which has no need to go on to a nearer one.
    assert joined({"11-B": 1, "12-A": 1, "12-B": 2}) == ['"11-B" and "12-A"']
    assert _shared("11-C-L", "11-C-M") == 2
    assert _sorted([0, 1, 2], ("b10", "b9", "a")) == [2, 1, 0]


def test_without_a_neighbour_collapsing_is_refused() -> None:
    whole = pd.DataFrame({"h": list("ABB"), "N": [4, 2, 2], "w": 1.0, "y": [1.0, 2, 3]})
    with pytest.raises(DesignError) as caught:
        total(Survey(whole, SurveyDesign(weights="w", strata="h", fpc="N", lonely_psu="collapse")), "y")
    assert (caught.value.code, str(caught.value)) == (
        "LONELY_PSU",
        'stratum "A": only one unit was sampled and there is no stratum beside it that is not sampled whole - there is '
        "nothing to collapse it with; declare lonely_psu as certainty, adjust or average.",
    )
    single = SurveyDesign(weights="w", psu="h", lonely_psu="collapse")
    with pytest.raises(DesignError) as caught:
        total(Survey(whole.assign(h="A"), single), "y")
    assert caught.value.code == "SINGLE_PSU_DESIGN"


def test_a_lonely_unit_of_a_later_stage_joins_a_stratum_of_its_own_psu_only() -> None:
    rows = pd.DataFrame({
        "p": [1] * 4 + [2] * 4, "g": list("aabb") + list("aaab"), "s": [1, 2, 1, 2, 1, 2, 3, 1],
        "P": 5, "S": 6, "w": 1.0, "y": [1.0, 4, 2, 8, 3, 5, 7, 6],
    })  # fmt: skip
    design = SurveyDesign(weights="w", strata=("one", "g"), psu="p", ssu="s", fpc=("P", "S"), lonely_psu="collapse")
    found = total(Survey(rows.assign(one=1), design), "y")
    assert found.meta.warnings == (
        'STRATA_COLLAPSED: strata "1 / 2 / a" and "1 / 2 / b" are taken together (n = 4 of 12): '
        "one unit alone shows no spread.",
    )
    # 1st: 3/5 * 2 * 2 * 3^2 = 21.6; 2nd: 2/5 [4/6 * 2 * (4.5 + 18) + 8/12 * 4/3 * (119 - 441/4)]
    right = 21.6 + 0.4 * (4 / 6 * 2 * 22.5 + 8 / 12 * 4 / 3 * (119 - 441 / 4))
    assert found.vcov[0, 0] == pytest.approx(right, rel=1e-9)
    one_stratum = rows.assign(one=1)[:5]  # PSU 2 keeps one SSU of one stratum; those of PSU 1 are none of its own
    with pytest.raises(DesignError) as caught:
        total(Survey(one_stratum, design), "y")
    assert str(caught.value).startswith('stratum "1 / 2 / a": only one SSU was sampled and there is no stratum beside')
    alone = SurveyDesign(weights="w", psu="p", ssu="s", fpc=("P", "S"), lonely_psu="collapse")
    with pytest.raises(DesignError) as caught:
        total(Survey(rows[:5], alone), "y")
    assert str(caught.value).startswith('stratum "the whole sample / 2": only one SSU was sampled and there is no')


def test_second_stages_take_the_fraction_of_the_joined_stratum() -> None:
    # A has 2 PSUs of 4, B 1 of 6: together f = 3/10, in front of the second stages of all three.
    rows = pd.DataFrame({"h": list("AAAABB"), "p": [1, 1, 2, 2, 3, 3], "s": [1, 2] * 3, "N": [4] * 4 + [6] * 2, "M": 4,
                         "w": 1.0, "y": [1.0, 3, 2, 6, 5, 0]})  # fmt: skip
    design = SurveyDesign(weights="w", strata="h", psu="p", ssu="s", fpc=("N", "M"), lonely_psu="collapse")
    # PSU sums 4, 8, 5: 7/10 * 3/2 * (105 - 289/3); within 3/10 * 2/4 * 2 * (2 + 8 + 12.5)
    right = 0.7 * 1.5 * (105 - 289 / 3) + 0.3 * 0.5 * 2 * 22.5
    assert total(Survey(rows, design), "y").vcov[0, 0] == pytest.approx(right, rel=1e-9)


def test_average_takes_the_strata_of_each_psu_by_themselves() -> None:
    # PSU 1: strata a (2 of 4) and b (1 of 4, lonely); PSU 2: a (3 of 6) and b (2 of 8). Two PSUs of five; z = y.
    rows = pd.DataFrame({
        "p": [1] * 3 + [2] * 5, "g": list("aab") + list("aaabb"), "s": [1, 2, 1, 1, 2, 3, 1, 2], "P": 5,
        "S": [4, 4, 4, 6, 6, 6, 8, 8], "w": 1.0, "one": 1, "y": [1.0, 5, 4, 2, 3, 7, 1, 2],
    })  # fmt: skip
    design = SurveyDesign(weights="w", strata=("one", "g"), psu=("p", "s"), fpc=("P", "S"), lonely_psu="average")
    # 1st: 3/5 * 2 * 2 * 2.5^2 = 15; 2nd: 2/5 [2 * (2/4 * 2 * 8) + 3/6 * 3/2 * 14 + 6/8 * 2 * 0.5]
    right = 15 + 0.4 * (2 * 8 + 0.75 * 14 + 0.75)
    assert total(Survey(rows, design), "y").vcov[0, 0] == pytest.approx(right, rel=1e-9)
    # Without a second stratum in PSU 1 nothing there can stand for the lonely unit.
    rest = total(Survey(rows[2:], design), "y").frame.iloc[0]
    assert math.isnan(rest.se)
    assert rest.reason.startswith("strata that are lonely have none beside them")


def test_rows_without_an_answer_do_not_make_a_stratum_one_that_is_estimated() -> None:
    # Stratum B has no answer at all, stratum C is lonely: of A and C, which have one, A is usable.
    rows = pd.DataFrame({"h": list("AABBC"), "w": 1.0, "y": [1.0, 4, None, None, 3], "p": range(5)})
    for psu in (None, "p"):
        design = SurveyDesign(weights="w", strata="h", psu=psu, lonely_psu="average")
        # A: 2/1 * (2.25 + 2.25) = 9, times 2/1
        assert total(Survey(rows, design), "y").vcov[0, 0] == pytest.approx(18, rel=1e-9)


def test_strata_that_a_domain_leaves_lonely_by_hand() -> None:
    # Domain v: A keeps y 6, C keeps 2 6, E keeps 4 (lonely), B and D nothing. Scores of the total in v:
    #   A 0 6   B 0   C 0 2 6   D 0   E 4       mean of all 8 PSUs 18/8 = 9/4
    usual = 2 / 3 * 2 * 18 + 2 / 5 * 1.5 * (40 - 64 / 3)
    where = "d = 'v'"
    lonely = 0.75 * (9 / 4) ** 2 + 2 / 3 * (4 - 9 / 4) ** 2
    assert variance("adjust", where=where) == pytest.approx([usual + lonely] * 2)
    # asked for: A has one PSU with rows of v left, measured from 9/4 as well: 2/3 * 2 * ((9/4)^2 + (6 - 9/4)^2)
    odd = 2 / 3 * 2 * ((9 / 4) ** 2 + (15 / 4) ** 2)
    asked = 2 / 5 * 1.5 * (40 - 64 / 3) + odd + lonely
    assert variance("adjust", where=where, adjust_domain_lonely=True) == pytest.approx([asked] * 2)
    # average: of A, C, E, which have rows of v, only C is usable when asked for, A and C otherwise
    assert variance("average", where=where) == pytest.approx([usual * 3 / 2] * 2)
    left = 2 / 5 * 1.5 * (40 - 64 / 3)
    assert variance("average", where=where, adjust_domain_lonely=True) == pytest.approx([left * 3] * 2)
    # Domain u: A keeps y 2, B keeps 5, C keeps 1, D keeps 9; D is whole, so it is usable although one unit is left:
    # four strata have rows of u, D alone is usable when asked for, and its variance is 0.
    assert variance("average", where="d = 'u'", adjust_domain_lonely=True) == pytest.approx([0.0] * 2)
    # the whole sample knows no domain: nothing changes
    assert variance("adjust", adjust_domain_lonely=True) == pytest.approx(variance("adjust"))


def test_domain_loneliness_changes_nothing_under_the_other_rules_and_says_so() -> None:
    design = SurveyDesign(weights="w", strata="h", fpc="N", lonely_psu="certainty", adjust_domain_lonely=True)
    found = total(Survey(SMALL, design), "y", where="d = 'v'")
    assert found.meta.warnings == ("DOMAIN_LONELY: adjust_domain_lonely changes nothing under the rule certainty.",)
    assert found.vcov[0, 0] == pytest.approx(variance("certainty", where="d = 'v'")[0])


def test_no_usable_stratum_is_no_variance_and_says_why() -> None:
    rows = pd.DataFrame({"h": list("AB"), "w": 1.0, "y": [1.0, 0.0]})
    design = SurveyDesign(weights="w", strata="h", lonely_psu="average")
    row = proportion(Survey(rows, design), "y").frame.iloc[0]
    assert row.estimate == 0.5
    assert math.isnan(row.se)
    assert math.isnan(row.ci_low)
    assert row.reason == (
        "strata that are lonely have none beside them that is not, so there is no average variance to take"
    )


def test_check_lists_every_lonely_stratum_and_an_estimate_five_of_them() -> None:
    rows = pd.DataFrame({"h": [f"s{i}" for i in range(8)] + ["t", "t"], "w": 1.0, "y": range(10)})
    survey = Survey(rows, SurveyDesign(weights="w", strata="h"))
    listed = survey.check()
    assert listed[listed.code == "LONELY_PSU"]["where"].tolist() == [f'stratum "s{i}"' for i in range(8)]
    with pytest.raises(DesignError) as caught:
        total(survey, "y")
    assert len(str(caught.value).splitlines()) == 5
    assert (
        str(caught.value).splitlines()[-1].startswith('stratum "s4": only one unit was sampled (and in 3 more strata)')
    )


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """Strata of one to four PSUs, some of them lonely, of one or two rows each."""
    rows = []
    for h in range(draw(st.integers(2, 5))):
        for i in range(draw(st.integers(1, 4))):
            for _ in range(draw(st.integers(1, 2))):
                y = round(draw(st.floats(-40, 40)), 1)
                rows.append((f"s{h}", f"p{h}{i}", 9, draw(st.floats(1, 9)), y, draw(st.sampled_from("uv"))))
    return pd.DataFrame(rows, columns=["h", "p", "N", "w", "y", "d"])


def check_rules(rows: pd.DataFrame, random: Any) -> None:
    order = list(rows.index)
    random.shuffle(order)
    for rule in ("certainty", "adjust", "average", "collapse"):
        for asked in (False, True):
            for psu in (None, "p"):
                design = SurveyDesign(
                    weights="w", strata="h", psu=psu, fpc="N", lonely_psu=rule, adjust_domain_lonely=asked
                )
                try:
                    first = total(Survey(rows, design), "y", by=[(), ("d",)])
                except DesignError as refusal:
                    assert rule == "collapse"
                    assert refusal.code in ("LONELY_PSU", "SINGLE_PSU_DESIGN")
                    continue
                again = total(Survey(rows.loc[order], design), "y", by=[(), ("d",)])
                assert np.array_equal(first.vcov, again.vcov, equal_nan=True)
                least = np.diag(first.vcov)
                assert (np.isnan(least) | (least >= 0)).all()
                if rule in ("certainty", "collapse"):
                    assert first.vcov[1:, 1:].sum() == pytest.approx(first.vcov[0, 0], rel=1e-7, abs=1e-6)


@SLICE
@given(samples(), st.randoms(use_true_random=False))
def test_every_rule_gives_a_variance_or_a_refusal_in_any_order(rows: pd.DataFrame, random: Any) -> None:
    check_rules(rows, random)


@pytest.mark.proof
@FULL
@given(samples(), st.randoms(use_true_random=False))
def test_every_rule_gives_a_variance_or_a_refusal_in_any_order_in_full(rows: pd.DataFrame, random: Any) -> None:
    check_rules(rows, random)
