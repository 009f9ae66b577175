"""Three and more stages of sampling, strata at any of them, counts and fractions: by hand, against R, by property."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, mean, ratio, total
from uptake.contract.errors import DesignError

SLICE = settings(max_examples=8, deadline=None, derandomize=True)
FULL = settings(max_examples=100, deadline=None, derandomize=True)


def made() -> pd.DataFrame:
    """3 strata x 4 PSUs x 2 strata of SSUs x 3 SSUs x 2-4 units, all by arithmetic."""
    rows = []
    for h, i, s, j in product(range(3), range(4), range(2), range(3)):
        m = 2 + (h + i + s + j) % 3
        place = (f"h{h}", f"p{i}", "ab"[s], f"u{j}")
        sizes = (m, (12, 9, 4)[h], (7, 5)[s], m + j + 1)
        for k in range(m):
            c = len(rows)
            answers = (10 + 3 * (h == 1) + c * c % 17 * 0.5, 5 + c * 7 % 23, "uv"[c * c % 5 % 2])
            rows.append((*place, f"t{k}", *sizes, *answers))
    frame = pd.DataFrame(rows, columns=["h", "psu", "s2", "ssu", "tsu", "m", "N1", "N2", "N3", "y", "x", "d"])
    return frame.assign(u2=frame.s2 + frame.ssu, N2u=12, w=frame.N1 / 4 * frame.N2 / 3 * frame.N3 / frame.m)


ROWS = made()
# svydesign(ids=~psu+ssu+tsu, strata=~h+s2, fpc=~N1+N2+N3, nest=TRUE) and the like, R survey 4.1.1:
# SE of mean y, mean x, total y, ratio y/x, mean y in domain u; df of the domain
R_NUMBERS: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "three stages": (
        {"strata": ("h", "s2"), "psu": ("psu", "ssu", "tsu"), "fpc": ("N1", "N2", "N3")},
        (0.1406800953776, 0.2894891455419, 451.5465256797, 0.01735559143757, 0.1918592552521, 9),
    ),
    "two stages of three": (
        {"weights": "w", "strata": ("h", "s2"), "psu": "psu", "ssu": "ssu", "fpc": ("N1", "N2")},
        (0.1306635451207, 0.2402195350214, 444.7234293654, 0.01411185823842, 0.1718136836525, 9),
    ),
    "strata at the first stage only": (
        {"weights": "w", "strata": "h", "psu": "psu", "ssu": ("u2", "tsu"), "fpc": ("N1", "N2u", "N3")},
        (0.1498324822049, 0.2766979010926, 509.2329204826, 0.01694635916014, 0.1990186419188, 9),
    ),
    "no strata": (
        {"weights": "w", "psu": ("hp", "u2", "tsu"), "fpc": ("N", "N2u", "N3")},
        (0.4352634586901, 0.2451919273917, 2321.80539267, 0.02929021438668, 0.5071668363458, 11),
    ),
    "no population counts": (
        {"weights": "w", "strata": "h", "psu": "psu", "ssu": ("u2", "tsu")},
        (0.07392982820718, 0.1467714292526, 110.8947423108, 0.008272531600701, 0.1197984883575, 9),
    ),
    "second stage whole": (
        {"weights": "w", "strata": "h", "psu": ("psu", "u2", "tsu"), "fpc": ("N1", "N2c", "N3")},
        (0.09343855492222, 0.2525151376457, 140.1578323833, 0.01559131759407, 0.1501182362453, 9),
    ),
}


@pytest.mark.parametrize("name", R_NUMBERS)
def test_r_gives_the_same_numbers(name: str) -> None:
    design, expected = R_NUMBERS[name]
    survey = Survey(ROWS.assign(N2c=6, N=40, hp=ROWS.h + ROWS.psu), SurveyDesign(**design))
    means, inside = mean(survey, ["y", "x"]).frame, mean(survey, "y", where="d = 'u'").frame
    rest = total(survey, "y").frame.se[0], ratio(survey, "y", "x").frame.se[0], inside.se[0], inside.df[0]
    assert (*means.se, *rest) == pytest.approx(expected, rel=1e-9)


def test_three_stages_by_hand() -> None:
    # 2 PSUs of 4, 2 SSUs of 3 in each, 2 units of 5 in each; w = 4/2 * 3/2 * 5/2 = 7.5; z = w y
    #   PSU A: SSU 1: y 1 3   SSU 2: y 2 6      PSU B: SSU 1: y 5 5   SSU 2: y 0 8
    # stage 1: sums 12 and 18: (1 - 1/2) 2/1 * 2 * 3^2 = 18
    # stage 2: A sums 4, 8: 8; B sums 10, 8: 2: 1/2 (1 - 2/3) 2 (8 + 2) = 10/3
    # stage 3: squares about the mean 2, 8, 0, 32: 1/2 * 2/3 (1 - 2/5) 2 * 42 = 16.8; times w^2
    rows = pd.DataFrame({
        "p": list("AAAABBBB"), "s": [1, 1, 2, 2] * 2, "t": [1, 2] * 4, "y": [1.0, 3, 2, 6, 5, 5, 0, 8],
        "P": 4, "S": 3, "T": 5, "fP": 0.5, "fS": 2 / 3, "fT": 0.4,
    })  # fmt: skip
    right = 7.5**2 * (18 + 10 / 3 + 16.8)
    counted = SurveyDesign(psu=("p", "s", "t"), fpc=("P", "S", "T"))
    shares = SurveyDesign(psu="p", ssu=("s", "t"), fpc=("fP", "S", "fT"))
    for design in (counted, shares):
        found = total(Survey(rows, design), "y")
        assert found.frame.estimate[0] == pytest.approx(225, rel=1e-9)
        assert found.vcov[0, 0] == pytest.approx(right, rel=1e-9)
    # A first stage taken whole leaves the later ones as they are, with f_1 = 1 in front.
    whole = total(Survey(rows.assign(P=2), SurveyDesign(psu=("p", "s", "t"), fpc=("P", "S", "T"), weights="fP")), "y")
    assert whole.vcov[0, 0] == pytest.approx(0.25 * (2 * 10 / 3 + 2 * 16.8), rel=1e-9)


def test_stages_after_the_last_population_count_are_not_used() -> None:
    both = SurveyDesign(weights="w", strata="h", psu="psu", ssu=("u2", "tsu"))
    for design in (both, SurveyDesign(weights="w", strata="h", psu="psu")):
        assert total(Survey(ROWS, design), "y").vcov[0, 0] == pytest.approx(
            total(Survey(ROWS, both), "y").vcov[0, 0], rel=1e-12
        )
    first = SurveyDesign(weights="w", strata="h", psu="psu", ssu="u2", fpc="N1")
    only = SurveyDesign(weights="w", strata="h", psu="psu", fpc="N1")
    assert (total(Survey(ROWS, first), "y").vcov == total(Survey(ROWS, only), "y").vcov).all()


@st.composite
def clustered(draw: st.DrawFn) -> pd.DataFrame:
    """2-3 strata of 2-4 PSUs of 2-3 SSUs of 1-3 rows."""
    rows = []
    for h in range(draw(st.integers(2, 3))):
        for i in range(draw(st.integers(2, 4))):
            for j in range(draw(st.integers(2, 3))):
                for _ in range(draw(st.integers(1, 3))):
                    y = round(draw(st.floats(-50, 50)), 2)
                    rows.append((f"h{h}", f"p{i}", f"s{j}", draw(st.floats(1, 40)), y, draw(st.sampled_from("uv"))))
    return pd.DataFrame(rows, columns=["h", "p", "s", "w", "y", "d"]).assign(N=9, M=7)


TWO = SurveyDesign(weights="w", strata="h", psu="p", ssu="s", fpc=("N", "M"))


def check_what_must_hold(rows: pd.DataFrame, random: Any) -> None:
    right = mean(Survey(rows, TWO), "y", by=[(), ("d",)])
    order = list(rows.index)
    random.shuffle(order)
    again = mean(Survey(rows.loc[order], TWO), "y", by=[(), ("d",)])
    pd.testing.assert_frame_equal(again.frame, right.frame, check_exact=True)
    assert (again.vcov == right.vcov).all()
    named = rows.assign(
        h=rows.h.map(lambda n: "z" + n[::-1]), p=rows.p + "x", s=rows.s.map({"s0": 9, "s1": 3, "s2": 5})
    )
    assert mean(Survey(named, TWO), "y", by=[(), ("d",)]).vcov == pytest.approx(right.vcov, rel=1e-9, abs=1e-12)
    # Second stages taken whole: what is left is the first.
    sizes = rows.groupby(["h", "p"]).s.transform("nunique")
    whole = mean(Survey(rows.assign(M=sizes), TWO), "y").vcov
    first = mean(Survey(rows, SurveyDesign(weights="w", strata="h", psu="p", fpc="N")), "y").vcov
    assert whole == pytest.approx(first, rel=1e-9, abs=1e-12)
    # A third stage of one unit taken of one adds nothing, and neither does a stratum that is all of a stage.
    single = SurveyDesign(weights="w", strata=("h", "one"), psu=("p", "s", "row"), fpc=("N", "M", "K"))
    kept = rows.groupby(["h", "p", "s"], as_index=False).first()
    deep = mean(Survey(kept.assign(row=range(len(kept)), K=1, one=1), single), "y").vcov
    assert deep == pytest.approx(mean(Survey(kept, TWO), "y").vcov, rel=1e-9, abs=1e-12)
    scaled = mean(Survey(rows.assign(w=rows.w * 1e3), TWO), "y").vcov
    assert scaled[0, 0] == pytest.approx(right.vcov[0, 0], rel=1e-8, abs=1e-12)


@SLICE
@given(clustered(), st.randoms(use_true_random=False))
def test_order_names_whole_stages_and_units_of_weight(rows: pd.DataFrame, random: Any) -> None:
    check_what_must_hold(rows, random)


@pytest.mark.proof
@FULL
@given(clustered(), st.randoms(use_true_random=False))
def test_order_names_whole_stages_and_units_of_weight_in_full(rows: pd.DataFrame, random: Any) -> None:
    check_what_must_hold(rows, random)


def refused(**design: Any) -> tuple[str, str]:
    with pytest.raises(DesignError) as caught:
        total(Survey(ROWS, SurveyDesign(**design)), "y")
    return str(caught.value.code), str(caught.value)


def test_a_design_whose_stages_do_not_fit_is_refused() -> None:
    assert refused(weights="w", strata=("h", "s2")) == (
        "STRATA_STAGES",
        "strata names 2 stages but the design names 1 - a tuple holds one column a stage; cross the columns to one, or "
        "name the ids of the later stages.",
    )
    assert refused(weights="w", psu="psu", ssu="u2", fpc=("N1", "N2u", "N3"))[0] == "FPC_STAGES"
    assert refused(weights="w", ssu="u2") == (
        "SSU_WITHOUT_PSU", "ssu is named without psu - a second stage needs a first one."
    )  # fmt: skip


def test_faults_of_a_later_stage_name_where_they_are() -> None:
    few = ROWS.assign(N3=2)
    with pytest.raises(DesignError) as caught:
        total(
            Survey(few, SurveyDesign(weights="w", strata="h", psu=("psu", "u2", "tsu"), fpc=("N1", "N2u", "N3"))), "y"
        )
    assert caught.value.code == "FPC_TOO_SMALL"
    assert str(caught.value).splitlines()[0].startswith('stratum "h0 / p0 / a')
    lost = ROWS.assign(tsu=ROWS.tsu.where(ROWS.index != 4))
    with pytest.raises(DesignError) as caught:
        total(
            Survey(lost, SurveyDesign(weights="w", strata="h", psu=("psu", "u2", "tsu"), fpc=("N1", "N2u", "N3"))), "y"
        )
    assert (caught.value.code, str(caught.value)) == (
        "UNIT_MISSING",
        'column "tsu": 1 row has no unit id - without it the row belongs to no part of the design; fill it in.',
    )
    gap = ROWS.assign(s2=ROWS.s2.where(ROWS.index != 4))
    with pytest.raises(DesignError) as caught:
        total(Survey(gap, SurveyDesign(weights="w", strata=("h", "s2"), psu=("psu", "ssu"), fpc=("N1", "N2"))), "y")
    assert caught.value.code == "STRATUM_MISSING"


def test_degrees_of_freedom_by_three_rules() -> None:
    # Domain a lies in strata 1 and 2 of three; its rows are in 3 of their 5 PSUs.
    rows = pd.DataFrame({"h": [1, 1, 1, 2, 2, 3, 3], "p": range(7), "w": 2.0, "y": [1.0, 2, 3, 4, 5, 6, 7],
                         "d": ["a", "a", "b", "a", "b", "b", "b"]})  # fmt: skip
    found = {}
    for rule in ("domain", "strata", "design"):
        survey = Survey(rows, SurveyDesign(weights="w", strata="h", psu="p", degrees=rule))  # type: ignore[arg-type]
        found[rule] = mean(survey, "y", by="d").frame
    assert {rule: frame.df.tolist() for rule, frame in found.items()} == {
        "domain": [1.0, 1.0], "strata": [3.0, 4.0], "design": [4.0, 4.0]
    }  # fmt: skip
    assert found["strata"].se.tolist() == found["domain"].se.tolist()
    assert found["design"].ci_low[0] > found["domain"].ci_low[0]
    whole = Survey(rows, SurveyDesign(weights="w", strata="h", psu="p", degrees="design"))
    empty = mean(whole, "y", by="d", where="d = 'a'").frame
    assert empty.n.tolist() == [3, 0]
    assert empty.df.tolist() == [4.0, 0.0]  # a domain without rows has no degrees of freedom to lend
    with pytest.raises(DesignError) as caught:
        SurveyDesign(weights="w", degrees="stata")  # type: ignore[arg-type]
    assert str(caught.value) == 'degrees is "stata" - choose one of domain, strata, design.'


def test_psu_as_columns_of_every_kind_of_name() -> None:
    weird = ROWS.rename(columns={"psu": 'the "unit"', "u2": "单位"})
    there = SurveyDesign(weights="w", strata="h", psu='the "unit"', ssu="单位", fpc=("N1", "N2u"))
    here = SurveyDesign(weights="w", strata="h", psu="psu", ssu="u2", fpc=("N1", "N2u"))
    assert np.array_equal(mean(Survey(weird, there), "y").vcov, mean(Survey(ROWS, here), "y").vcov)
