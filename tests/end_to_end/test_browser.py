"""Wang fills in the form in a real browser, in Chinese, with and without JavaScript; all she typed comes out."""

from __future__ import annotations

import datetime
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.end_to_end.wang import TYPED, code_of, fill_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("demo")

# What must then stand in `responses`: typed values, read as numbers where the field is one.
EXPECTED: dict[str, Any] = {
    name: int(value) if value.isascii() and value.isdigit() else value
    for name, value in TYPED.items()
    if not name.startswith(("e37_remarks", "e38_p", "e38_s", "e38_f", "e38_c", "e08"))
} | {"e04_rd": 3, "e10_points": 1200, "e13_tasks": 15000, "e38_date": datetime.date(2026, 12, 31), "e38_confirm": True,
     "e05_revenue": 8000, "e05_assets": 10_000, "e05_cost": Decimal("6000.5")}  # fmt: skip
IDENTITY = (
    "e01",
    "e02_name",
    "e02_address",
    "e37_remarks",
    "e38_principal",
    "e38_statistician",
    "e38_filler",
    "e38_phone",
)


@dataclass(frozen=True, slots=True)
class Filled:
    """A study after two units answered in the browser, and its tables before and after."""

    folder: Path
    units: list[str]
    receipts: list[str]
    before: dict[str, pd.DataFrame]
    after: dict[str, pd.DataFrame]


def tables_of(folder: Path) -> dict[str, pd.DataFrame]:
    names = ("sample", "responses", "weights", "estimates")
    return {name: pd.read_parquet(folder / "waves/2026Q4" / f"{name}.parquet") for name in names}


def waiting_units(folder: Path) -> pd.DataFrame:
    """Sampled units nobody has answered for, of middling size, so that the numbers above fit them."""
    sample = pd.read_parquet(folder / "waves/2026Q4/sample.parquet")
    responses = pd.read_parquet(folder / "waves/2026Q4/responses.parquet")
    silent = responses.loc[responses["disposition"].isin(["unknown", "not_contacted"]), "unit_id"]
    fitting = sample[
        sample["unit_id"].isin(silent)
        & sample["staff"].between(40, 250)
        & (sample["selection"] == "sampled")
        & (sample["annual_module"] == "no")
    ]
    return fitting.sort_values("unit_id").reset_index(drop=True)


@pytest.fixture(scope="module")
def filled(
    browser: Browser, demo: Any, serve: Callable[[Path], Any], command: Any, tmp_path_factory: pytest.TempPathFactory
) -> Filled:
    """Two units answered in the browser, with and without JavaScript, and the stages run again."""
    folder = tmp_path_factory.mktemp("browser") / "study"
    shutil.copytree(demo.folder, folder)
    units, before = waiting_units(folder)["unit_id"].tolist()[:2], tables_of(folder)
    server = serve(folder)
    receipts = []
    for unit, with_javascript in zip(units, (True, False), strict=True):
        context = browser.new_context(java_script_enabled=with_javascript, locale="zh-CN")
        receipts.append(fill_in(context.new_page(), server.address, code_of(folder, unit)))
        context.close()
    for verb in ("export", "weigh", "estimate"):
        command(verb, folder, "--replace")
    return Filled(folder, units, receipts, before, tables_of(folder))


def test_the_receipt_names_the_unit_and_the_digest(filled: Filled) -> None:
    names = filled.after["sample"].set_index("unit_id")["name"]
    for unit, receipt in zip(filled.units, filled.receipts, strict=True):
        assert names[unit] in receipt
        assert "2026Q4" in receipt
        assert re.search(r"[0-9a-f]{64}", receipt)


def test_the_export_holds_exactly_what_was_typed(filled: Filled) -> None:
    responses, sample = (filled.after[name].set_index("unit_id") for name in ("responses", "sample"))
    for unit in filled.units:
        row = responses.loc[unit]
        assert row["disposition"] == "complete"
        assert row["language"] == "zh"
        stored = {name: row[name] for name in EXPECTED}
        stored["e38_date"] = pd.Timestamp(stored["e38_date"]).date()
        assert stored == EXPECTED
        assert {row[f"{name}_state"] for name in EXPECTED} == {"answered"}
        assert (row["e08_state"], pd.isna(row["e08"])) == ("dont_know", True)
        assert row["e04_staff"] == sample.loc[unit, "staff"]  # prefilled and left as it was
    assert [name for name in IDENTITY if name in responses.columns] == []


def test_nothing_else_in_the_export_changed(filled: Filled) -> None:
    before, after = (tables["responses"].set_index("unit_id") for tables in (filled.before, filled.after))
    others = before.index.difference(filled.units)
    pd.testing.assert_frame_equal(after.loc[others], before.loc[others])
    assert len(after) == len(before)


def test_the_unadjusted_total_moves_by_exactly_the_base_weights(filled: Filled) -> None:
    weights = filled.after["sample"].set_index("unit_id")["base_weight"]
    totals = []
    for tables in (filled.before, filled.after):
        responses = tables["responses"]
        using = responses[(responses["disposition"] == "complete") & (responses["e06"] == "yes")]
        totals.append([Fraction(weights[unit]) for unit in using["unit_id"]])
    assert sum(totals[1]) - sum(totals[0]) == sum(Fraction(weights[unit]) for unit in filled.units)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_adjusted_estimate_equals_an_independent_recomputation(filled: Filled, moment: str) -> None:
    tables: dict[str, pd.DataFrame] = getattr(filled, moment)
    frame = pd.read_parquet(filled.folder / "frame.parquet")
    recomputed = recompute(tables, frame)
    row = tables["estimates"].query("indicator == 'PEN-01' and definition == 'headline' and domain_by == 'all'").iloc[0]
    assert row["n"] == recomputed["n"]
    assert row["estimate"] == pytest.approx(recomputed["estimate"], rel=1e-10)
    assert row["se"] == pytest.approx(recomputed["se"], rel=1e-8)


def test_the_two_new_responses_moved_the_estimate(filled: Filled) -> None:
    counts = [int(tables["weights"]["respondent"].sum()) for tables in (filled.before, filled.after)]
    assert counts[1] - counts[0] == 2
    first, second = (tables["estimates"]["estimate"].iloc[0] for tables in (filled.before, filled.after))
    assert first != second


def recompute(tables: dict[str, pd.DataFrame], frame: pd.DataFrame) -> dict[str, float]:
    """PEN-01 by plain arithmetic from sample, answers and frame; only the names of classes come from `weights`."""
    names = ["unit_id", "stratum", "sample_stratum", "nonresponse_class", "calibration_cell"]
    units = tables["weights"][names].merge(tables["responses"].drop(columns=["wave"]), on="unit_id")
    units = units.merge(tables["sample"][["unit_id", "base_weight", "N_h", "size", "industry"]], on="unit_id")
    base = response_weights(units)
    cell = units["calibration_cell"]
    weight = base * cell.map(cell_counts(units, frame)) / base.groupby(cell).transform("sum")
    answered = (units["disposition"] == "complete") & (weight > 0)
    confirmed_no = units["confirmed_ai_no_stands"].fillna(False).astype(bool)
    y = (units[["e06", "e09", "e17"]] == "yes").any(axis=1) & ~confirmed_no
    total = weight[answered].sum()
    mean = float((weight * y)[answered].sum() / total)
    z = (weight * (y - mean) / total).where(answered, 0.0)
    # Residual from the post-strata: z w0/w summed over the cell, divided by the weights before calibration.
    fitted = (z * base / weight).groupby(cell).transform("sum") / base.groupby(cell).transform("sum")
    e = (z - weight * fitted)[weight > 0]
    strata = units["stratum"][weight > 0]
    population = units.drop_duplicates("sample_stratum").groupby("stratum")["N_h"].sum()
    n = e.groupby(strata).size()
    variance = (n * e.groupby(strata).var(ddof=1) * (1 - n / population.reindex(n.index))).sum()
    return {"n": float(answered.sum()), "estimate": mean, "se": math.sqrt(variance)}


def response_weights(units: pd.DataFrame) -> pd.Series:
    """Base weights after the weighting-class adjustment; 0 for units that carry no answer."""
    d, by = units["base_weight"], units["nonresponse_class"]
    answered, ineligible = units["disposition"] == "complete", units["disposition"] == "ineligible"
    known = units["disposition"].isin(["complete", "partial", "refused", "ineligible"])
    everyone = d.groupby(by).transform("sum")
    of_known = (d * known).groupby(by).transform("sum")
    eligible = (d * (known & ~ineligible)).groupby(by).transform("sum")
    of_answers = (d * answered).groupby(by).transform("sum")
    factor = (everyone / of_known * eligible / of_answers).where(answered, 0.0)
    return d * factor.where(~ineligible, everyone / of_known)


def cell_counts(units: pd.DataFrame, frame: pd.DataFrame) -> pd.Series:
    """Units of the frame in each post-stratum; a joined cell holds every size x industry of its sampled units."""
    pairs = frame.groupby(["size", "industry"]).size()
    cell_of = units.drop_duplicates(["size", "industry"]).set_index(["size", "industry"])["calibration_cell"]
    return pairs.groupby(cell_of.reindex(pairs.index)).sum()
