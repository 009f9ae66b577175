"""Sizes and allocations: the reference's closed forms, arithmetic on paper, what must always hold, refusals."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Precision, allocate, inclusion_probabilities, sample_size_proportion
from uptake.contract.errors import DesignError

BETHEL = (Precision(0.02, p="p_any"), Precision(0.02, p="p_agent"), Precision(0.02, mean="mean_emp", sd="sd_emp"))


def case(shared: Path, name: str) -> dict[str, Any]:
    found = json.loads((shared / "reference/expected/allocation.json").read_text(encoding="utf-8"))["cases"]
    return next(c for c in found if c["id"] == name)


def strata(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "reference/data/a_alloc_strata.csv")


def agree(case: dict[str, Any], name: str, got: Any) -> None:
    tolerance = case["tolerance"]
    np.testing.assert_allclose(got, case["expected"][name], rtol=tolerance["rel"], atol=tolerance["abs"])


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("alloc-proportional", {}),
        ("alloc-neyman-p", {"method": "neyman", "p": "p_any", "cap": False}),
        ("alloc-neyman-spend-bounded", {"method": "neyman", "sd": "sd_spend", "min_n": 2}),
        ("alloc-optimal-cost", {"method": "optimal-cost", "p": "p_any", "cost": "cost", "cap": False}),
        ("alloc-power", {"method": "power", "mean": "mean_emp", "power": 0.5, "cap": False}),
    ],
)
def test_allocations_are_those_of_the_reference(shared: Path, name: str, asked: dict[str, Any]) -> None:
    expected, frame = case(shared, name), strata(shared)
    found = allocate(frame, n=600, **asked)
    agree(expected, "n_h", found.frame["n_real"])
    assert found.frame["n_h"].sum() == 600
    if "total_cost" in expected["expected"]:
        agree(expected, "total_cost", found.cost)
    if "variance_of_mean" in expected["expected"]:
        agree(expected, "variance_of_mean", found.precision["variance"][0] / frame["N"].sum() ** 2)
    if "variance_of_total" in expected["expected"]:
        agree(expected, "variance_of_total", found.precision["variance"][0])
        assert found.frame["take_all"].tolist() == expected["expected"]["take_all"]


@pytest.mark.parametrize("cv", [0.02, 0.05])
def test_bethel_is_that_of_the_reference(shared: Path, cv: float) -> None:
    expected = case(shared, f"alloc-bethel-cv{cv * 100:.0f}")
    demands = [Precision(cv, p=d.p, mean=d.mean, sd=d.sd) for d in BETHEL]
    found = allocate(strata(shared), method="bethel", precision=demands, cap=False)
    agree(expected, "n_h", found.frame["n_real"])
    agree(expected, "total_n", found.frame["n_real"].sum())
    agree(expected, "achieved_cv", found.precision["cv"])
    assert (found.frame["n_h"] >= found.frame["n_real"] - 1e-9).all()


@pytest.mark.parametrize("name", ["alloc-n-p0.5-e0.03", "alloc-n-p0.7-e0.02", "alloc-n-p0.9-e0.02"])
def test_sample_sizes_are_those_of_the_reference(shared: Path, name: str) -> None:
    expected = case(shared, name)
    i = expected["inputs"]
    found = sample_size_proportion(i["p"], i["half_width"], deff=i["deff"], N=i["N"], level=i["level"])
    agree(expected, "n_infinite", found.n_infinite)
    agree(expected, "n", found.n)
    assert found.n_ceiling == expected["expected"]["n_ceiling"]


@pytest.mark.parametrize("n", [36, 120])
def test_inclusion_probabilities_are_those_of_the_reference(shared: Path, n: int) -> None:
    expected = case(shared, f"alloc-inclusion-{n}")
    pi = inclusion_probabilities(pd.read_csv(shared / "reference/data/a_pps_frame.csv")["emp"], n)
    agree(expected, "pi", pi)
    assert (pi == 1).sum() == expected["expected"]["n_certainty"] and math.isclose(pi.sum(), n)


def test_bethel_takes_small_strata_whole_and_keeps_the_demand() -> None:
    # Total 15,000, allowed variance (0.05 x 15,000)^2 = 562,500. Taking the 5 whole leaves 1000^2 36 (1/n - 1/1000)
    # for the rest: 1/n = 0.015625 + 0.001, n = 60.15.
    frame = pd.DataFrame({"N": [5, 1000], "m": [1000.0, 10.0], "s": [900.0, 6.0]})
    demand = [Precision(0.05, mean="m", sd="s")]
    assert allocate(frame, method="bethel", precision=demand, cap=False).frame["n_real"][0] > 5
    found = allocate(frame, method="bethel", precision=demand)
    assert found.frame["n_real"].round(2).tolist() == [5, 60.15]
    assert found.frame["n_h"].tolist() == [5, 61] and found.frame["take_all"].tolist() == [True, False]
    assert math.isclose(found.precision["cv"][0], 0.05)


def test_response_is_planned_for() -> None:
    assert sample_size_proportion(0.5, 0.03, response_rate=0.5).n_ceiling == 2135  # 1067.07 / 0.5


STRATA = st.lists(
    st.tuples(st.integers(2, 5000), st.floats(0.01, 0.99), st.floats(0.5, 100)), min_size=1, max_size=12
).map(lambda rows: pd.DataFrame(rows, columns=["N", "p", "s"]).assign(m=lambda f: f.s * 2))


@settings(max_examples=60, deadline=None)
@given(frame=STRATA, share=st.floats(0.05, 1), method=st.sampled_from(["proportional", "neyman", "power"]))
def test_whole_units_add_up_and_stay_within_their_bounds(frame: pd.DataFrame, share: float, method: Any) -> None:
    least = np.minimum(2, frame["N"]).sum()
    n = max(int(share * frame["N"].sum()), int(least))
    found = allocate(frame, n=n, method=method, sd="s", min_n=2).frame
    assert found["n_h"].sum() == n and math.isclose(found["n_real"].sum(), n)
    assert (found["n_h"] <= found["N"]).all() and (found["n_real"] >= np.minimum(2, found["N"]) - 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(frame=STRATA, cv=st.floats(0.01, 0.2))
def test_bethel_meets_every_demand_and_no_cheaper_neighbour_does(frame: pd.DataFrame, cv: float) -> None:
    demands = [Precision(cv, p="p"), Precision(cv, mean="m", sd="s")]
    found = allocate(frame, method="bethel", precision=demands)
    assert (found.precision["cv"] <= cv * (1 + 1e-6)).all()
    free = ~found.frame["take_all"]
    if free.any():
        assert (found.precision["cv"] >= cv * (1 - 1e-6)).any()


@settings(max_examples=60, deadline=None)
@given(size=st.lists(st.floats(0.1, 1e4), min_size=1, max_size=40), data=st.data())
def test_inclusion_probabilities_add_up_and_follow_size(size: list[float], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(size)))
    pi = inclusion_probabilities(size, n)
    assert math.isclose(pi.sum(), n, rel_tol=1e-9) and (pi > 0).all() and (pi <= 1).all()
    free = pi < 1
    ratio = pi[free] / np.array(size)[free]
    assert not free.any() or np.allclose(ratio, ratio[0])
    assert (np.diff(pi[np.argsort(size)]) >= -1e-12).all()


FRAME = pd.DataFrame({"N": [10, 20], "p": [0.1, 0.5], "q": [1.5, 0.1], "z": [1.0, None]})
REFUSALS: list[tuple[Any, str, str]] = [
    (lambda: allocate(FRAME, n=10, method="nyman"), "ALLOCATION_METHOD",  # type: ignore[arg-type]
     'method "nyman" shares no sample - choose one of proportional, neyman, optimal-cost, power, bethel. Did you mean '
     '"neyman"?'),
    (lambda: allocate(FRAME, n=40), "N_OUT_OF_BOUNDS",
     "n is 40, the minima of the strata need 0 and all strata have 30 units - no allocation fits; change n or min_n."),
    (lambda: allocate(FRAME, n=3, min_n=2), "N_OUT_OF_BOUNDS",
     "n is 3, the minima of the strata need 4 and all strata have 30 units - no allocation fits; change n or min_n."),
    (lambda: allocate(FRAME, n=10, method="neyman"), "ALLOCATION_INPUT",
     "method neyman needs the spread of an outcome - name sd or p."),
    (lambda: allocate(FRAME, n=10, method="neyman", p="q"), "ALLOCATION_VALUE",
     'column "q" holds 1.5 - a share is at most 1; correct it.'),
    (lambda: allocate(FRAME, n=10, method="neyman", sd="z"), "ALLOCATION_VALUE",
     'column "z", row 2: nan - no stratum can be planned with it; correct the value.'),
    (lambda: allocate(FRAME, n=10, N="M"), "COLUMN_NOT_FOUND",
     'the frame of strata has no column "M". It has: N, p, q, z.'),
    (lambda: allocate(FRAME, method="bethel"), "ALLOCATION_INPUT",
     "method bethel was given n = None and 0 precisions - bethel finds n from precisions, the others share a given n; "
     "give what the method needs."),
    (lambda: Precision(0.0, p="p"), "PRECISION",
     "a precision has the cv 0.0 and p=p, mean=None, sd=None - it needs a cv above zero and either p or both mean and "
     "sd; correct it."),
    (lambda: sample_size_proportion(1.0, 0.1), "SAMPLE_SIZE_INPUT",
     "p 1.0, half_width 0.1, deff 1.0, level 0.95, response_rate 1.0 - shares lie between 0 and 1 and a design effect "
     "above 0; correct the one that does not."),
    (lambda: sample_size_proportion(0.5, 0.1, N=100, response_rate=0.3), "N_ABOVE_FRAME",
     "165 units would have to be drawn and there are 100 - this precision cannot be had at this response rate; widen "
     "half_width."),
    (lambda: inclusion_probabilities([1, 0, 2], 1), "SIZE_NOT_ABOVE_ZERO",
     "the size of unit 2 is 0 - it could never be drawn, and the frame would not be covered; give it a size above "
     "zero, or take it out on purpose."),
    (lambda: inclusion_probabilities([1, 2], 3), "N_ABOVE_FRAME",
     "n is 3 and the frame has 2 units - draw between 1 and all."),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "code", "message"), REFUSALS)
def test_refusals(ask: Any, code: str, message: str) -> None:
    with pytest.raises(DesignError) as refusal:
        ask()
    assert (refusal.value.code, str(refusal.value)) == (code, message)
