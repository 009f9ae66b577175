"""Item imputation and Rubin's rules: by hand, by what must hold, by simulation with known truth, by refusal."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Survey, SurveyDesign, combine_imputations, impute, mean, proportion
from uptake.contract.errors import EstimationError

ROWS = pd.DataFrame(
    {
        "unit_id": ["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"],
        "size":    ["S",  "S",  "S",  "M",  "M",  "L",  "L",  "L"],
        "staff":   [4.0,  None, None, 20.0, None, None, 300., None],
        "staff_state": ["answered", "blank", "refused", "answered", "not_applicable", "blank", "answered", "dont_know"],
        "w":       [2.0,  1,    1,    1,    1,    1,    1,    1],
    }
)  # fmt: skip
BEFORE = pd.DataFrame({"unit_id": ["u1", "u2", "u4", "u6", "u7"], "staff": [5.0, 10.0, 10.0, 100.0, 200.0]})
DESIGN = SurveyDesign(weights="w")


def test_a_donor_of_the_cell_lends_its_answer() -> None:
    made = impute(ROWS, "staff", cells="size", seed=7)
    table = made.tables[0]
    # u2 and u3 have one donor, u1; u6 has u7; u5 was never asked and u8 did not know: both stay.
    assert table["staff"].fillna(-1).tolist() == [4, 4, 4, 20, -1, 300, 300, -1]
    assert table["staff_state"].tolist() == [
        "answered", "imputed", "imputed", "answered", "not_applicable", "imputed", "answered", "dont_know",
    ]  # fmt: skip
    assert table["staff_imputed"].tolist() == [False, True, True, False, False, True, False, False]
    assert made.donors[["unit_id", "donor_id", "cell"]].values.tolist() == [
        ["u2", "u1", "S"], ["u3", "u1", "S"], ["u6", "u7", "L"],
    ]  # fmt: skip
    assert made.report.values.tolist() == [[1, "staff", "size", 3, 2, 2]]
    assert made.warnings == ()
    assert list(table.columns) == [*ROWS.columns, "staff_imputed"]
    assert ROWS["staff_state"][1] == "blank"  # the table that was given is not touched


def test_cells_are_collapsed_from_the_last_and_told() -> None:
    rows = ROWS.assign(province=list("AAAABBBB"))
    made = impute(rows, "staff", cells=["province", "size"], seed=7, donor_uses=1)
    # A-S: u1 lends to one of u2, u3; the other waits for any donor of A, where u4 is left.
    assert sorted(made.tables[0]["staff"][[1, 2]]) == [4, 20]
    assert made.report.values.tolist() == [
        [1, "staff", "province x size", 2, 2, 1], [1, "staff", "province", 1, 1, 1],
    ]  # fmt: skip
    assert made.warnings == (
        'CELLS_COLLAPSED: "staff": 1 answer came from cells of province, as those of province x size had too few '
        "donors.",
    )
    kept = impute(rows, "staff", cells=["province", "size"], seed=7, donor_uses=1, keep_cells=2)
    assert kept.tables[0]["staff"].isna().sum() == 3
    assert kept.warnings == ('NO_DONOR: "staff": 1 answer found no donor and stays missing.',)
    assert "blank" in kept.tables[0]["staff_state"].tolist() or "refused" in kept.tables[0]["staff_state"].tolist()


def test_the_ratio_to_the_last_value() -> None:
    # S: R = 2*4 / (2*5) = 0.8, u2: 8 (u3 was not there before). L: R = 300/200 = 1.5, u6: 150.
    made = impute(ROWS, "staff", cells="size", seed=1, method="ratio", previous=BEFORE, weight="w", fewest=1)
    assert made.tables[0]["staff"].fillna(-1).tolist() == [4, 8, -1, 20, -1, 150, 300, -1]
    assert made.tables[0]["staff_state"][2] == "refused"
    assert made.warnings == ('NO_DONOR: "staff": 1 answer found no donor and stays missing.',)
    # With three units wanted in a cell they are all in one: R = (8 + 20 + 300)/(10 + 10 + 200).
    wide = impute(ROWS, "staff", cells="size", seed=1, method="ratio", previous=BEFORE, weight="w", fewest=3)
    assert wide.tables[0]["staff"][[1, 5]].tolist() == pytest.approx([10 * 328 / 220, 100 * 328 / 220])


def test_whole_numbers_stay_whole_and_text_is_lent_too() -> None:
    rows = ROWS.assign(staff=ROWS.staff.astype("Int64"), tool=["a", "b", None, "c", "d", "e", None, "f"])
    ratio = impute(rows, "staff", cells="size", seed=1, method="ratio", previous=BEFORE, fewest=3).tables[0]
    assert ratio["staff"].dtype == "Int64"
    made = impute(rows, ["tool"], cells="size", seed=1).tables[0]
    assert made["tool"][2] in ("a", "b") and made["tool"][6] in ("e", "f")
    assert made["tool_state"].tolist() == [
        "answered", "answered", "imputed", "answered", "answered", "answered", "imputed", "answered",
    ]  # fmt: skip


def test_fields_together_come_from_one_donor() -> None:
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"unit_id": [f"u{i:03}" for i in range(80)], "a": rng.integers(0, 50, 80).astype(float)})
    rows["b"] = rows.a * 2
    rows.loc[::4, "a"], rows.loc[::8, "b"] = None, None
    made = impute(rows, ["a", "b"], seed=3)
    both = made.donors[made.donors.unit_id.isin(made.donors[made.donors.field == "b"].unit_id)]
    assert (both.groupby("unit_id")["donor_id"].nunique() == 1).all()
    filled = made.tables[0].iloc[::8]
    assert (filled.b == filled.a * 2).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 3))
def test_what_must_hold(seed: int, uses: int, datasets: int) -> None:
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"unit_id": rng.permutation(60), "c": rng.choice(list("pqr"), 60),
                         "d": rng.choice(["x", "y"], 60), "y": rng.integers(0, 9, 60).astype(float)})  # fmt: skip
    rows.loc[rng.random(60) < 0.4, "y"] = None
    made = impute(rows, "y", cells=["c", "d"], seed=seed, donor_uses=uses, datasets=datasets)
    again = impute(rows.sample(frac=1, random_state=seed), "y", cells=["c", "d"], seed=seed, donor_uses=uses,
                   datasets=datasets)  # fmt: skip
    assert made.donors.equals(again.donors)
    known, value = rows["y"].notna(), rows.set_index("unit_id")["y"]
    used = made.donors.groupby(["dataset", "donor_id"]).size()
    assert used.empty or used.max() <= uses
    for number, table in enumerate(made.tables, start=1):
        assert (table.loc[known, "y"] == rows.loc[known, "y"]).all()
        assert (table["y_imputed"] == (table["y"].notna() & ~known)).all()
        mine = made.donors[made.donors.dataset == number]
        filled = table.set_index("unit_id")["y"]
        assert (filled[mine.unit_id].to_numpy() == value[mine.donor_id].to_numpy()).all()
        same = rows.set_index("unit_id")
        near = mine[mine.cells == "c x d"]
        assert (same.loc[near.unit_id, "c"].to_numpy() == same.loc[near.donor_id, "c"].to_numpy()).all()
        left = made.report[(made.report.dataset == number) & (made.report.cells == "none")]["imputed"].sum()
        assert table["y"].isna().sum() == left


# Rubin's rules.


def two(first: float, second: float) -> list[Any]:
    """Estimates of two imputed data sets that differ in one value."""
    return [
        mean(Survey(pd.DataFrame({"y": [1.0, 2.0, 4.0, last], "w": 1.0}), DESIGN), "y") for last in (first, second)
    ]  # fmt: skip


def test_rubins_rules_by_hand() -> None:
    # y = 1, 2, 4, 3: mean 2.5, s^2 = 5/3, V = 5/12;  y = 1, 2, 4, 5: mean 3, s^2 = 10/3, V = 10/12; nu = 3.
    # q = 2.75, U = 7.5/12 = .625, B = (.25^2 + .25^2)/1 = .125, T = .625 + 1.5*.125 = .8125.
    # r = .1875/.625 = .3; df_m = (1 + 1/.3)^2 = 18.7778; df_obs = 4/6*3*.625/.75 = 1.66667;
    # df = 1/(1/18.7778 + 1/1.66667) = 1.53080; missing = (.3 + 2/(df + 3))/1.3 = .57034.
    found = combine_imputations(two(3, 5))
    row = found.frame.iloc[0]
    assert [row.estimate, row.within, row["between"], row.se**2] == pytest.approx([2.75, 0.625, 0.125, 0.8125])
    df = 1 / (1 / (1 + 1 / 0.3) ** 2 + 6 / (4 * 3 * 0.625 / 0.75))
    assert [row.df, row.missing_information] == pytest.approx([df, (0.3 + 2 / (df + 3)) / 1.3])
    assert combine_imputations(two(3, 5), df="rubin").frame["df"][0] == pytest.approx((1 + 1 / 0.3) ** 2)
    assert row.deff_wr == pytest.approx(0.8125 / 0.625)
    assert row.n_eff == pytest.approx(4 * 0.625 / 0.8125)


def test_equal_imputations_are_told() -> None:
    found = combine_imputations(two(3, 3))
    assert found.frame["df"][0] == pytest.approx(4 / 6 * 3)
    assert found.meta.warnings == (
        "IMPUTATIONS_EQUAL: the imputed data sets give the same numbers - the uncertainty of the imputation is not in "
        "the standard errors; impute with different seeds.",
    )


def test_several_rows_have_a_covariance_and_proportions_another_interval() -> None:
    rng = np.random.default_rng(4)
    tables = [pd.DataFrame({"y": (rng.random(60) < 0.8).astype(int), "g": list("ab") * 30, "w": 1.0}) for _ in range(4)]
    single = [proportion(Survey(t, DESIGN), "y", by="g") for t in tables]
    found = combine_imputations(single, ci="korn-graubard")
    q = np.stack([one.frame["estimate"].to_numpy() for one in single])
    expected = np.mean([one.vcov for one in single], axis=0) + 1.25 * np.cov(q.T)
    assert found.vcov == pytest.approx(expected)
    assert (found.frame["ci_high"] < 1).all() and found.frame["ci_method"].tolist() == ["korn-graubard"] * 2


def test_rubin_refuses_what_cannot_be_averaged() -> None:
    one = two(3, 5)[0]
    other = mean(Survey(pd.DataFrame({"y": [1.0, 2.0, 4.0, 3.0], "g": list("aabb"), "w": 1.0}), DESIGN), "y", by="g")
    with pytest.raises(EstimationError) as refusal:
        combine_imputations([one])
    assert str(refusal.value) == (
        "1 set of estimates is given - the spread between imputations needs at least two; impute again with another "
        "seed."
    )
    with pytest.raises(EstimationError) as refusal:
        combine_imputations([one, other])
    assert str(refusal.value) == (
        "imputation 2 does not hold the estimates of the first in the same order - they cannot be averaged; ask every "
        "imputed data set the same question."
    )


# Simulation with known truth.


def simulated(rounds: int, datasets: int) -> tuple[float, float]:
    """Coverage and relative bias of a mean of answers missing at random within cells."""
    rng = np.random.default_rng(11)
    covered, away = 0, 0.0
    for number in range(rounds):
        cell = rng.choice(["S", "L"], 100)
        y = np.where(cell == "S", 2.0, 8.0) + rng.normal(size=100)
        rows = pd.DataFrame({"unit_id": np.arange(100), "cell": cell, "y": y, "w": 1.0})
        rows.loc[rng.random(100) < np.where(cell == "S", 0.15, 0.5), "y"] = None
        made = impute(rows, "y", cells="cell", seed=number, datasets=datasets)
        single = [mean(Survey(t, DESIGN), "y") for t in made.tables]
        found = (combine_imputations(single) if datasets > 1 else single[0]).frame.iloc[0]
        covered += bool(found.ci_low <= 5 <= found.ci_high)
        away += (found.estimate - 5) / rounds
    return covered / rounds, away / 5


def test_the_mean_is_unbiased_though_large_units_are_missing_more_often() -> None:
    _, bias = simulated(40, 1)
    assert abs(bias) < 0.03  # leaving the missing out would give 4.2: -16 %


@pytest.mark.proof
def test_several_data_sets_cover_the_truth() -> None:
    covered, bias = simulated(250, 5)
    assert covered >= 0.91
    assert abs(bias) < 0.01


@pytest.mark.parametrize(
    ("field", "options", "message"),
    [
        ("staf", {}, 'the imputation names the column "staf", which the responses do not have. Did you mean "staff"?'),
        ("staff", {"method": "ratio"},
         'method="ratio" multiplies the value of the last wave, and no `previous` table is given - give it, or use '
         'method="hot_deck".'),
        ("size", {"method": "ratio", "previous": BEFORE.assign(size="S")},
         '"size" is not a number - a ratio to its last value does not exist; use method="hot_deck".'),
        ("staff", {"unit_id": "size"},
         'unit "S" stands in several rows - a donor would be drawn twice as often; give one row a unit, of one wave.'),
        ("staff", {"datasets": 0}, "datasets is 0 - it must be at least 1."),
        ("staff", {"method": "ratio", "previous": BEFORE.drop(columns="staff")},
         'the previous wave has no column "staff" - the ratio to its value needs it; give the table of that wave\'s '
         "responses."),
    ],
)  # fmt: skip
def test_refusals(field: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(EstimationError) as refusal:
        impute(ROWS, field, seed=1, **options)
    assert str(refusal.value) == message


def test_nothing_is_invented_where_nobody_answered() -> None:
    rows = ROWS.assign(staff=math.nan, staff_state="blank")
    made = impute(rows, "staff", cells="size", seed=1)
    assert made.tables[0]["staff"].isna().all()
    assert made.warnings == ('NO_DONOR: "staff": 8 answers found no donor and stay missing.',)


def test_a_unit_without_cell_waits_for_wider_cells_and_few_donors_send_on() -> None:
    rows = pd.DataFrame({"unit_id": list("abcdef"), "c": ["p", "p", None, "q", "q", "q"],
                         "v": [1.0, None, 7.0, 5.0, 6.0, None]})  # fmt: skip
    rows.loc[2, "v"] = None
    made = impute(rows, "v", cells="c", seed=1)
    assert dict(zip(made.donors.unit_id, made.donors.cells, strict=True)) == {"b": "c", "c": "all", "f": "c"}
    two = impute(rows, "v", cells="c", seed=1, fewest=2)
    assert dict(zip(two.donors.unit_id, two.donors.cells, strict=True)) == {"b": "all", "c": "all", "f": "c"}


def test_ratios_are_rounded_where_numbers_are_whole() -> None:
    rows = pd.DataFrame({"unit_id": list("abc"), "v": pd.array([3, 3, None], dtype="Int64")})
    before = pd.DataFrame({"unit_id": list("abc"), "v": [2, 2, 5]})
    # 1.5 * 5 = 7.5, to the even number; 1.5 * 3 = 4.5 to 4, 1.5 * 11 = 16.5 to 16, 1.5 * 2.5 = 3.75 to 4.
    for last, expected in ((5.0, 8), (3.0, 4), (2.5, 4)):
        made = impute(rows, "v", seed=1, method="ratio", previous=before.assign(v=[2, 2, last]), fewest=1)
        assert made.tables[0]["v"][2] == expected


def test_several_data_sets_draw_the_donors_first_and_large_units_lend_their_ratio_more_often() -> None:
    # One donor of four is drawn for the pool, with replacement: all ten recipients share few donors in each data set.
    rows = pd.DataFrame({"unit_id": np.arange(44), "v": [*range(4), *[math.nan] * 40]})
    made = impute(rows, "v", seed=2, datasets=40, donor_uses=40)
    kinds = made.donors.groupby("dataset")["donor_id"].nunique()
    assert kinds.min() < 4 and kinds.mean() == pytest.approx(4 * (1 - 0.75**4), abs=0.35)  # 2.73 of four on average
    now = pd.DataFrame({"unit_id": np.arange(302), "v": [10.0, 900.0, *[math.nan] * 300]})
    before = pd.DataFrame({"unit_id": np.arange(302), "v": [10.0, 300.0, *[1.0] * 300]})
    drawn = impute(now, "v", seed=2, method="ratio", previous=before, datasets=8, fewest=1).donors
    both = drawn.groupby("dataset").filter(lambda t: t["donor_id"].nunique() == 2)
    assert len(both) > 0
    assert (both["donor_id"] == 1).mean() == pytest.approx(300 / 310, abs=0.03)
