"""Stage 2: the draw keeps its design, whatever the order of the frame, and refuses in words what it cannot draw."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.drawing import draw
from analysis.experiments import Experiment, arms_of
from analysis.permanent import permanent_random
from analysis.plan import Allocation, DesignPlan, Drawing, TakeAll
from analysis.planning import Stratum, allocate
from uptake.contract.errors import DesignError
from uptake.contract.yamlfile import Place

PLACE = Place("design.yaml", 1)
DRAWING = Drawing(
    place=PLACE,
    n=30,
    seed="s",
    min_n_h=2,
    allocation=Allocation(place=PLACE, rule="power"),
    take_all=TakeAll(place=PLACE, column="size", values=("1",)),
    implicit_order=("industry",),
)
PLAN = DesignPlan(place=PLACE, strata=("province", "size"), drawing=DRAWING, domains=("size",))


def make_frame(units: int = 120) -> pd.DataFrame:
    i = np.arange(units)
    return pd.DataFrame({
        "unit_id": [f"U{k:04d}" for k in i], "name": [f"name {k}" for k in i],
        "province": np.where(i % 3 == 0, "110000", "120000"),
        "size": np.where(i % 20 == 0, "1", np.where(i % 2, "3", "4")),
        "industry": [f"{'ABC'[k % 3]}" for k in i // 7],
    })  # fmt: skip


FRAME = make_frame()


def with_drawing(**changes: object) -> DesignPlan:
    return replace(PLAN, drawing=replace(DRAWING, **changes))


def test_base_weights_add_up_to_the_frame_in_every_stratum() -> None:
    sample = draw(FRAME, PLAN, wave="2026Q4")
    assert len(sample) == 30
    counts = (FRAME["province"] + "-" + FRAME["size"]).value_counts()
    for stratum, units in sample.groupby("stratum"):
        n_h, N_h = int(units["n_h"].iloc[0]), int(units["N_h"].iloc[0])
        assert (len(units), N_h) == (n_h, counts[stratum])
        assert len(units) * Fraction(N_h, n_h) == counts[stratum]
        assert (units["base_weight"] == N_h / n_h).all()
    large = sample[sample["size"] == "1"]
    assert len(large) == 6 and (large["base_weight"] == 1.0).all() and (large["selection"] == "take_all").all()


def test_the_draw_forgets_the_order_of_the_frame() -> None:
    shuffled = FRAME.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(draw(FRAME, PLAN, wave="2026Q4"), draw(shuffled, PLAN, wave="2026Q4"))


def test_another_seed_or_a_secret_draws_another_sample() -> None:
    def drawn(plan: DesignPlan, secret: str = "") -> set[str]:
        return set(draw(FRAME, plan, wave="2026Q4", secret=secret)["unit_id"])

    assert drawn(PLAN) == drawn(PLAN) != drawn(PLAN, "k") != drawn(with_drawing(seed="t"))


def test_take_all_units_outside_the_strata_columns_get_their_own_stratum() -> None:
    plan = replace(PLAN, strata=("province",))
    sample = draw(FRAME, plan, wave="2026Q4")
    assert sorted(sample["stratum"].unique()) == ["110000", "110000-T", "120000", "120000-T"]
    assert (sample.loc[sample["size"] == "1", "base_weight"] == 1.0).all()
    assert sample["base_weight"].sum() == pytest.approx(120, rel=1e-12)


def test_every_unit_is_drawn_with_the_probability_its_weight_says() -> None:
    # 400 seeds; a stratum of 7 with n_h = 3 gives each unit 3/7: the count is binomial with sd 9.9, so 5 sd = 50.
    frame = pd.DataFrame({"unit_id": list("abcdefg"), "name": list("abcdefg"), "h": "x", "k": list("ppqqrrs")})
    plan = DesignPlan(place=PLACE, strata=("h",), drawing=Drawing(place=PLACE, n=3, seed="", implicit_order=("k",)))
    counts = dict.fromkeys("abcdefg", 0)
    for seed in range(400):
        sample = draw(frame, plan, wave="w", secret=str(seed))
        assert len(sample) == 3
        for unit in sample["unit_id"]:
            counts[unit] += 1
    assert all(abs(count - 400 * 3 / 7) < 50 for count in counts.values()), counts


def test_systematic_selection_spreads_over_the_implicit_order() -> None:
    # One stratum of 40 units in 4 industries of 10, n = 8: interval 5, so every industry gets exactly 2.
    frame = pd.DataFrame({"unit_id": [f"{i:02d}" for i in range(40)], "name": "x", "h": "x",
                          "industry": [f"{'DBCA'[i % 4]}" for i in range(40)]})  # fmt: skip
    plan = DesignPlan(
        place=PLACE, strata=("h",), drawing=Drawing(place=PLACE, n=8, seed="q", implicit_order=("industry",))
    )
    sample = draw(frame, plan, wave="w")
    assert sample["industry"].value_counts().to_dict() == {"A": 2, "B": 2, "C": 2, "D": 2}


def test_permanent_random_numbers_are_fixed_for_life() -> None:
    # The first 53 bits of the HMAC, read here from its hexadecimal form.
    import hashlib
    import hmac

    first = hmac.new(b"k", b"u", hashlib.sha256).hexdigest()[:14]
    assert permanent_random("k", "u") == (int(first, 16) >> 3) / 2**53
    values = [permanent_random("k", f"unit {i}") for i in range(2000)]
    assert 0 <= min(values) < 0.005 and 0.995 < max(values) < 1 and abs(np.mean(values) - 0.5) < 0.03


def test_allocation_by_hand() -> None:
    strata = [Stratum("a", (("size", "2"),), 400, False), Stratum("b", (("size", "3"),), 100, False),
              Stratum("t", (("size", "1"),), 10, True)]  # fmt: skip
    # 60 for a and b: proportional 48 : 12; power 1/2: 20 : 10 = 40 : 20;
    # Neyman with p .5 and .1: 200 : 30 = 52.17 : 7.83
    assert allocate(strata, None, n=70, min_n_h=2) == {"a": 48, "b": 12, "t": 10}
    power = Allocation(place=PLACE, rule="power", power=0.5)
    assert allocate(strata, power, n=70, min_n_h=2) == {"a": 40, "b": 20, "t": 10}
    neyman = Allocation(place=PLACE, rule="neyman", column="size", p={"1": 0.5, "2": 0.5, "3": 0.1})
    assert allocate(strata, neyman, n=70, min_n_h=2) == {"a": 52, "b": 8, "t": 10}
    assert allocate(strata, None, n=70, min_n_h=15) == {"a": 45, "b": 15, "t": 10}


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(2, 8), st.floats(0.0, 1.0), st.data())
def test_allocation_is_whole_within_bounds_and_adds_up(
    counts: list[int], min_n_h: int, power: float, data: st.DataObject
) -> None:
    strata = [Stratum(f"{i:02d}", (), count, False) for i, count in enumerate(counts)]
    needed = sum(min(count, min_n_h) for count in counts)
    n = data.draw(st.integers(needed, sum(counts)))
    made = allocate(strata, Allocation(place=PLACE, rule="power", power=power), n=n, min_n_h=min_n_h)
    assert sum(made.values()) == n
    assert all(min(min_n_h, stratum.N_h) <= made[stratum.key] <= stratum.N_h for stratum in strata)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(4, 200), st.data())
def test_any_sample_size_draws_exactly_n_distinct_units(units: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(2, units))
    frame = pd.DataFrame({"unit_id": [str(i) for i in range(units)], "name": "x", "h": "x"})
    plan = DesignPlan(
        place=PLACE, strata=("h",), drawing=Drawing(place=PLACE, n=n, seed=data.draw(st.text(max_size=5)))
    )
    sample = draw(frame, plan, wave="w")
    assert len(sample) == n == sample["unit_id"].nunique()


def refusal(frame: pd.DataFrame, plan: DesignPlan = PLAN) -> tuple[str, str]:
    with pytest.raises(DesignError) as caught:
        draw(frame, plan, wave="2026Q4")
    return caught.value.code, str(caught.value)


def test_refusals_name_what_is_wrong_and_what_to_change() -> None:
    assert refusal(FRAME.rename(columns={"province": "provinc"})) == (
        "unknown_column",
        'design.yaml: the frame has no column "province". Did you mean "provinc"? It has: unit_id, name, provinc, size,'
        " industry.",
    )
    assert refusal(pd.concat([FRAME, FRAME.head(2)])) == (
        "unit_id_repeated",
        'frame: unit "U0000" (and 1 more) stands in more than one row, so it could be drawn twice. Keep one row a'
        " unit.",
    )
    assert refusal(FRAME.assign(unit_id=FRAME["unit_id"].where(FRAME.index != 4))) == (
        "unit_id_missing",
        'frame, row 5: the unit id "unit_id" is empty, so the unit could not be found again. Give every unit an id.',
    )
    assert refusal(FRAME.assign(size=FRAME["size"].where(FRAME.index != 7))) == (
        "stratum_missing",
        'frame: the strata column "size" is empty for unit "U0007"; a unit outside all strata'
        " cannot be drawn. Fill the column.",
    )
    assert refusal(FRAME, with_drawing(n=10)) == (
        "n_below_minimum",
        "design.yaml: a sample of n = 10 is too small: 6 units are take-all and the minima of the other strata need 8"
        " more. Raise n to at least 14, lower min_n_h, or take fewer whole.",
    )
    assert refusal(FRAME, with_drawing(n=121)) == (
        "n_above_frame",
        "design.yaml: a sample of n = 121 is larger than the frame, which has 120 units. Lower n.",
    )
    assert refusal(FRAME, replace(PLAN, drawing=None, weights="w")) == (
        "no_drawing",
        'design.yaml: the study brings its own data ("weights"), so there is no sample to draw. Run `uptake estimate`.',
    )
    neyman = Allocation(place=PLACE, rule="neyman", column="size", p={"1": 0.9, "3": 0.5})
    assert refusal(FRAME, with_drawing(allocation=neyman)) == (
        "allocation_value",
        'design.yaml:1: no planning proportion is given for size "4" (stratum 110000-4). Add it under p.',
    )


HALVES = Experiment(place=PLACE, id="w2026", column="wording", arms={"a": 0.5, "b": 0.5})
THIRDS = Experiment(place=PLACE, id="hint", column="hinted", arms={"x": 0.2, "y": 0.3, "z": 0.5})


def test_arms_are_balanced_in_every_stratum_and_the_rest_of_the_sample_is_as_before() -> None:
    plan = replace(PLAN, experiments=(HALVES, THIRDS))
    sample = draw(FRAME, plan, wave="2026Q4")
    for experiment in (HALVES, THIRDS):
        for _, units in sample.groupby("stratum"):
            counts = units[experiment.column].value_counts()
            for arm, share in experiment.arms.items():
                assert abs(counts.get(arm, 0) - share * len(units)) < 1, (arm, len(units), counts)
    without = draw(FRAME, PLAN, wave="2026Q4")
    pd.testing.assert_frame_equal(sample.drop(columns=["wording", "hinted"]), without)


def test_arms_come_from_the_seed_and_not_from_the_order_of_the_frame() -> None:
    plan = replace(PLAN, experiments=(HALVES,))
    once = draw(FRAME, plan, wave="2026Q4")
    pd.testing.assert_frame_equal(once, draw(FRAME.sample(frac=1.0, random_state=5), plan, wave="2026Q4"))
    arms = dict(zip(once["unit_id"], once["wording"], strict=True))
    renamed = draw(FRAME, replace(PLAN, experiments=(replace(HALVES, id="other"),)), wave="2026Q4")
    assert arms != dict(zip(renamed["unit_id"], renamed["wording"], strict=True))
    secret = draw(FRAME, plan, wave="2026Q4", secret="s")
    both = [unit for unit in secret["unit_id"] if unit in arms]
    assert [arms[unit] for unit in both] != secret.set_index("unit_id").loc[both, "wording"].tolist()


def test_every_unit_gets_an_arm_with_its_share_as_probability_and_independently_of_the_draw() -> None:
    # 600 keys; the arm x has the share 0.2: 120 expected of 600, sd 9.8, so 5 sd = 49.
    units = list("abcdefg")
    counts = dict.fromkeys(units, 0)
    sizes = set()
    for key in range(600):
        made = arms_of(THIRDS, units, key=str(key), stratum="s")
        sizes.add(sum(arm == "x" for arm in made.values()))
        for unit, arm in made.items():
            counts[unit] += arm == "x"
    assert all(abs(count - 120) < 49 for count in counts.values()), counts
    assert sizes == {1, 2}  # 1.4 of 7 units: floor or ceiling, never another


def test_an_experiment_never_overwrites_a_column() -> None:
    plan = replace(PLAN, experiments=(replace(HALVES, column="industry"),))
    assert refusal(FRAME, plan) == (
        "experiment_column",
        'design.yaml:1: the experiment "w2026" would write the column "industry", which the sample has already. Give it'
        " a column of its own.",
    )
    assert refusal(FRAME, replace(PLAN, experiments=(replace(HALVES, column="base_weight"),)))[0] == "experiment_column"
    for empty in ("", None):  # a register may keep the column ready
        made = draw(FRAME.assign(wording=empty), replace(PLAN, experiments=(HALVES,)), wave="2026Q4")
        assert set(made["wording"]) == {"a", "b"}
