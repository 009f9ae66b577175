"""The engine: one grouped SQL text, exact sums in any row order, the same answer from every kind of source."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from analysis import Expr, ReplicateWeights, Survey, SurveyDesign, proportion, ratio, total
from analysis.covariance import stage_covariance
from analysis.fixedpoint import LIMB, Limbs, outcome_exponent, weight_exponent
from analysis.products import crossed
from uptake.contract.errors import DesignError, TableError


def sample(n: int = 400, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 8, n)
    return pd.DataFrame(
        {
            "h": [f"s{i}" for i in stratum],
            "psu": rng.integers(0, 5, n),
            "N": 400 + 10 * stratum,
            "w": np.round(rng.uniform(0.7, 40, n), 4),
            "y": rng.integers(0, 2, n),
            "x": rng.lognormal(3, 1, n),
            "code": [f"{i:02d}" for i in rng.integers(0, 6, n)],
        }
    )


DESIGN = SurveyDesign(weights="w", strata="h", fpc="N")


def test_the_request_is_one_grouped_text_over_all_rows() -> None:
    sql = proportion(Survey(sample(), DESIGN), "y", by="code", where="x > 10").meta.sql
    assert sql.count("GROUP BY") == 1
    assert " WHERE " not in sql  # a condition is a value, never a filter: strata without members must stay


def test_any_row_order_gives_the_same_digits() -> None:
    rows = sample()
    clustered = SurveyDesign(weights="w", strata="h", psu="psu")
    for design in (DESIGN, clustered):
        first = ratio(Survey(rows, design), ["y", "x"], ["x", "y"], by=[(), ("code",)])
        for seed in range(3):
            again = ratio(
                Survey(rows.sample(frac=1, random_state=seed), design), ["y", "x"], ["x", "y"], by=[(), ("code",)]
            )
            assert again.meta.totals_digest == first.meta.totals_digest
            pd.testing.assert_frame_equal(again.frame, first.frame, check_exact=True)
            assert np.array_equal(again.vcov, first.vcov)


def test_every_source_gives_the_same_digits(tmp_path: Path) -> None:
    rows = sample()
    rows.to_parquet(tmp_path / "rows.parquet")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    connection = duckdb.connect()
    connection.register("frame", rows)
    sources = [
        rows,
        pa.Table.from_pandas(rows),
        tmp_path / "rows.parquet",
        str(tmp_path / "rows.parquet"),
        connection.sql("SELECT * FROM frame"),
    ]
    found = [proportion(Survey(source, DESIGN), ["y", Expr("big", "x > 20")], by="code") for source in sources]
    for other in found[1:]:
        pd.testing.assert_frame_equal(other.frame, found[0].frame, check_exact=True)
    of_csv = proportion(Survey(tmp_path / "rows.csv", DESIGN), "y")
    assert of_csv.frame.se[0] == proportion(Survey(rows, DESIGN), "y").frame.se[0]


def test_twin_columns_of_a_parquet_file_keep_their_meaning(tmp_path: Path) -> None:
    rows = sample().assign(n=20)
    rows[["n", "N", "w", "h", "y"]].to_parquet(tmp_path / "twins.parquet")
    rows[["n", "N", "w", "h", "y"]].to_csv(tmp_path / "twins.csv", index=False)
    wanted = proportion(Survey(sample(), DESIGN), "y").frame.se[0]
    assert proportion(Survey(tmp_path / "twins.parquet", DESIGN), "y").frame.se[0] == wanted
    assert proportion(Survey(tmp_path / "twins.csv", DESIGN), "y").frame.se[0] == wanted


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"rows\.parquet: there is no such file"):
        Survey(tmp_path / "rows.parquet", DESIGN)


def test_weights_keep_eleven_digits_and_sums_are_integers() -> None:
    for smallest in (1e-6, 0.37, 1.0, 5e4):
        scale = 2.0 ** weight_exponent(smallest)
        assert abs(round(smallest * scale) / scale - smallest) <= 1e-11 * smallest
        assert scale / 2 * smallest * 2e-11 < 1  # and no finer than that needs


def test_limbs_add_up_exactly() -> None:
    values = [3 * LIMB + 5, -(2**100) - 1, 2**90 + 12345, 7]
    # SQL truncates towards zero: both limbs carry the sign.
    high = [abs(v) // LIMB * (1 if v > 0 else -1) for v in values]
    low = [abs(v) % LIMB * (1 if v > 0 else -1) for v in values]
    limbs = Limbs(np.array(high, dtype=np.int64), np.array(low, dtype=np.int64))
    assert [limbs.at(i) for i in range(4)] == values
    assert limbs.sums(np.array([0, 1, 0, -1]), 2) == [values[0] + values[2], values[1]]


def test_outcomes_get_as_many_bits_as_the_sums_leave() -> None:
    assert 1000 * 2 ** outcome_exponent(1000, 10, squares=False) <= 2**53
    many = outcome_exponent(1000, 2**30, squares=True)
    assert 2 * (many + 10) + 31 <= 126


def test_a_range_of_weights_that_does_not_fit_is_refused_in_words() -> None:
    rows = pd.DataFrame({"w": [1e-9, 1.0, 1e9], "y": [0, 1, 1]})
    with pytest.raises(DesignError) as refusal:
        proportion(Survey(rows, SurveyDesign(weights="w")), "y")
    assert refusal.value.code == "FIXED_POINT_RANGE"
    assert str(refusal.value) == (
        'column "w": weights run from 1e-09 to 1e+09 over 3 rows - their exact sums need 194 bits and there are 126; '
        "correct the largest or the smallest weight."
    )


def test_money_adds_up_to_the_cent_over_many_rows() -> None:
    rng = np.random.default_rng(3)
    cents = rng.integers(1, 10**9, 20_000)
    rows = pd.DataFrame({"w": np.ones(20_000), "money": cents / 100})
    found = total(Survey(rows, SurveyDesign(weights="w")), "money").frame.estimate[0]
    assert round(found, 2) == int(cents.sum()) / 100


def test_poststratified_integer_weights_keep_their_scale() -> None:
    rows = sample().assign(units=lambda r: (r.w * 2**20).round().astype("int64"))
    design = SurveyDesign(weights="units", strata="h", weight_scale=2**20)
    totals = pd.DataFrame({"code": sorted(rows.code.unique()), "total": 100.0})
    fitted = Survey(rows, design).poststratify(totals, by="code")
    assert total(fitted, Expr("one", "1"), by="code").frame.estimate.tolist() == pytest.approx([100.0] * 6, rel=1e-9)


def test_replicates_in_any_row_order_give_the_same_digits() -> None:
    rng = np.random.default_rng(5)
    rows = sample()
    rows = rows.join(pd.DataFrame({f"r{i}": rows.w * rng.choice([0.5, 1.5], len(rows)) for i in range(1, 9)}))
    design = SurveyDesign(weights="w", replicates=ReplicateWeights("Fay", prefix="r", rho=0.5))
    first = proportion(Survey(rows, design), "y", by="code")
    again = proportion(Survey(rows.iloc[::-1], design), "y", by="code")
    assert first.frame.se.tolist() == again.frame.se.tolist()


def test_provinces_leave_out_the_zeros_of_one_another() -> None:
    # Six indicators by 31 domains would else cost more than twice one: the product grows with the square of both.
    rng = np.random.default_rng(8)
    rows, parent = np.zeros((300, 60)), np.repeat(np.arange(60), 5)
    for unit in range(300):
        rows[unit, parent[unit] // 2 * 2 : parent[unit] // 2 * 2 + 2] = rng.normal(size=2)
    assert crossed(rows, parent) == pytest.approx(rows.T @ rows, rel=1e-12, abs=1e-14)
    assert crossed(rng.normal(size=(9, 4)), np.arange(9)).shape == (4, 4)
    rows[0, 0] = np.nan
    assert np.isnan(crossed(rows, parent)[0]).all()
    assert stage_covariance.__globals__["crossed"] is crossed
    assert "crossed" in stage_covariance.__code__.co_names
