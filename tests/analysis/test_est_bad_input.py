"""Bad input to every public estimator: a sentence, or a right answer with a reason; never a traceback or a lost row."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import analysis as a
from analysis import Survey, SurveyDesign
from uptake.contract.errors import DesignError, EstimationError, TableError, UptakeError

N = 24
GOOD = pd.DataFrame(
    {
        "h": np.repeat(["a", "b", "c"], 8), "psu": np.tile(np.repeat(range(4), 2), 3), "N": np.repeat([40, 60, 80], 8),
        "w": np.tile([2.0, 3.5, 5.0, 4.0], 6), "y": np.tile([1, 0, 1, 1, 0, 0], 4), "x": np.arange(1.0, N + 1) ** 1.3,
        "z": np.tile([2.0, 1.0, 4.0], 8), "d": np.tile(["u", "v"], 12), "g": np.tile(["p", "p", "q"], 8),
    }
)  # fmt: skip
DESIGN = SurveyDesign(weights="w", strata="h", psu="psu")

ESTIMATORS: dict[str, Callable[[Survey], Any]] = {
    "proportion": lambda s: a.proportion(s, "y", by=[(), ("d",)]),
    "mean": lambda s: a.mean(s, ["x", "y"], by=[(), ("d",)]),
    "total": lambda s: a.total(s, "x", by="d"),
    "ratio": lambda s: a.ratio(s, "x", "z", by="d"),
    "counts": lambda s: a.counts(s, "g", by="d"),
    "proportions": lambda s: a.proportions(s, "g", by="d"),
    "quantile": lambda s: a.quantile(s, "x", [0.5], by="d"),
    "variance": lambda s: a.variance(s, "x", by="d"),
    "penetration": lambda s: a.penetration(s, "y", size="z", by="d"),
    "bounds": lambda s: a.penetration(s, "y", missing="bounds", by="d"),
    "jointly": lambda s: a.mean(s, "x", by="d").contrast({"change": ("difference", "u", "v")}),
    "independence": lambda s: a.independence_test(s, "g", "d"),
    "glm": lambda s: a.glm(s, "y ~ x", "binomial"),
    "calibrate": lambda s: a.total(s.calibrate(TOTALS, method="linear"), "x"),
    "raking": lambda s: a.mean(s.calibrate(LEVELS, method="raking"), "x"),
    "poststratify": lambda s: a.mean(s.poststratify(LEVELS.rename(columns={"level": "g"}), by="g"), "x"),
    "trim": lambda s: a.mean(s.trim_weights(upper=4.5), "x"),
    "nonresponse": lambda s: a.mean(s.adjust_nonresponse(respondent="y", classes="g"), "x"),
    "jackknife": lambda s: a.mean(s.replicate(method="jkn"), "x", by="d"),
    "bootstrap": lambda s: a.mean(s.replicate(method="rao-wu", replicates=20, seed=1), "x"),
    "check": lambda s: s.check(),
}
TOTALS = pd.DataFrame({"variable": ["(intercept)", "z"], "level": [None, None], "total": [90.0, 210.0]})
LEVELS = pd.DataFrame({"variable": ["g", "g"], "level": ["p", "q"], "total": [60.0, 30.0]})


def with_value(column: str, value: object, row: int = 4) -> pd.DataFrame:
    rows = GOOD.copy()
    rows[column] = rows[column].astype(object)
    rows.loc[row, column] = value
    return rows.convert_dtypes() if value is None else rows


def text(column: str) -> pd.DataFrame:
    return GOOD.assign(**{column: GOOD[column].astype(str).where(GOOD.index != 4, "twelve")})


DATA: dict[str, Callable[[], Any]] = {
    "as it is": lambda: GOOD,
    "null y": lambda: with_value("y", None),
    "null x": lambda: with_value("x", None),
    "all y null": lambda: GOOD.assign(y=None),
    "all y nan": lambda: GOOD.assign(y=np.nan, x=np.nan),
    "null weight": lambda: with_value("w", None),
    "null stratum": lambda: with_value("h", None),
    "null psu": lambda: with_value("psu", None),
    "null domain": lambda: with_value("d", None),
    "null category": lambda: with_value("g", None),
    "text y": lambda: text("y"),
    "text x": lambda: text("x"),
    "text weight": lambda: text("w"),
    "infinite x": lambda: GOOD.assign(x=GOOD.x.where(GOOD.index != 4, math.inf)),
    "infinite weight": lambda: GOOD.assign(w=GOOD.w.where(GOOD.index != 4, math.inf)),
    "one row": lambda: GOOD[:1],
    "no row": lambda: GOOD[:0],
    "two rows of a stratum": lambda: GOOD[:2],
    "all yes": lambda: GOOD.assign(y=1),
    "all no": lambda: GOOD.assign(y=0),
    "x does not vary": lambda: GOOD.assign(x=3.0),
    "x is zero": lambda: GOOD.assign(x=0.0, z=0.0),
    "negative weight": lambda: GOOD.assign(w=GOOD.w.where(GOOD.index != 4, -2.0)),
    "zero weight": lambda: GOOD.assign(w=GOOD.w.where(GOOD.index != 4, 0.0)),
    "all weights zero": lambda: GOOD.assign(w=0.0),
    "weights of 1e12": lambda: GOOD.assign(w=GOOD.w * 1e12),
    "weights of 1e-12": lambda: GOOD.assign(w=GOOD.w * 1e-12),
    "weights of 1e12 and 1e-12": lambda: GOOD.assign(w=np.where(GOOD.index % 2, 1e12, 1e-12)),
    "amounts of 1e300": lambda: GOOD.assign(x=GOOD.x * 1e300),
    "amounts of 1e-300": lambda: GOOD.assign(x=GOOD.x * 1e-300),
    "categorical": lambda: GOOD.astype({"h": "category", "d": "category", "g": "category"}),
    "nullable": lambda: GOOD.convert_dtypes(),
    "truth values": lambda: GOOD.assign(y=GOOD.y.astype(bool), d=GOOD.d == "u"),
    "dates as strata": lambda: GOOD.assign(h=pd.to_datetime("2026-01-01") + pd.to_timedelta(GOOD.index // 8, unit="D")),
    "dates as domains": lambda: GOOD.assign(d=pd.to_datetime("2026-01-01") + pd.to_timedelta(GOOD.index % 2, unit="D")),
    "objects": lambda: GOOD.astype(object),
    "numbers and text in one column": lambda: GOOD.assign(d=[1, "u"] * 12),
    "arrow dictionaries": lambda: pa.table(GOOD).set_column(8, "g", pa.array(GOOD["g"].tolist()).dictionary_encode()),
    "decimals": lambda: pa.table(GOOD).set_column(3, "w", pa.array(GOOD.w.tolist()).cast(pa.decimal128(12, 4))),
    "narrow numbers": lambda: pa.table(GOOD.astype({"w": "float32", "x": "float32", "y": "int8", "N": "int16"})),
    "unsigned numbers": lambda: pa.table(GOOD.astype({"y": "uint8", "N": "uint64"})),
    "twin columns": lambda: pd.concat([GOOD, GOOD[["x"]]], axis=1),
    "an index of its own": lambda: GOOD.set_index(pd.Index(range(100, 100 + N), name="w2")),
    "many levels in the index": lambda: GOOD.set_index(["h", "psu"], drop=False),
    "internal names": lambda: GOOD.assign(up__w=1.0, up__k=2, up__in=False, up__u0=9, r="r", survey_rows=1),
    "a number as a column's name": lambda: GOOD.assign(**{"0": 1}).rename(columns={"0": 0}),
}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_answer_or_a_sentence(name: str, estimator: str) -> None:
    try:
        found = ESTIMATORS[estimator](Survey(DATA[name](), DESIGN))
    except UptakeError as refusal:
        assert len(str(refusal)) > 30
        assert str(refusal).endswith((".", "?"))
        return
    frame = getattr(found, "frame", found)
    if "se" not in frame or "n" not in frame:
        return
    for row in frame.itertuples():
        width = row.ci_high - row.ci_low
        assert width != 0 or row.se == 0, row
        assert not math.isnan(width) or row.reason, row
        assert row.n <= N


# What R or a hand would say of the awkward inputs that are answered: the same as of the plain ones.
SAME: dict[str, Callable[[], Any]] = {
    name: DATA[name]
    for name in ("categorical", "nullable", "objects", "arrow dictionaries", "decimals", "an index of its own",
                 "many levels in the index", "unsigned numbers", "dates as strata", "truth values")
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("estimator", ["proportion", "mean", "ratio", "quantile", "raking", "jackknife"])
def test_the_type_of_a_column_changes_no_number(name: str, estimator: str) -> None:
    plain, other = (ESTIMATORS[estimator](Survey(rows, DESIGN)).frame for rows in (GOOD, SAME[name]()))
    keys = ["u" if key == "True" else "v" if key == "False" else key for key in other["domain_key"]]
    other = other.assign(key=keys).set_index(["name", "key"])
    for row in plain.itertuples():
        again = other.loc[(row.name, row.domain_key)]
        assert [again.estimate, again.se, again.n] == pytest.approx([row.estimate, row.se, row.n], rel=1e-9)


def renamed() -> tuple[pd.DataFrame, SurveyDesign, dict[str, str]]:
    strange = ['h "q"', "p s u", "人口", "权数 w", "y'y", "🙂", "z;DROP TABLE x", "d--", "SELECT"]
    names = dict(zip(["h", "psu", "N", "w", "y", "x", "z", "d", "g"], strange, strict=True))
    return GOOD.rename(columns=names), SurveyDesign(weights=names["w"], strata=names["h"], psu=names["psu"]), names


def test_names_of_columns_may_hold_anything() -> None:
    rows, design, names = renamed()
    strange, plain = Survey(rows, design), Survey(GOOD, DESIGN)
    for ask in (
        lambda s, n: a.mean(s, n["x"], by=n["d"]),
        lambda s, n: a.quantile(s, n["x"], [0.5], by=n["d"]),
        lambda s, n: a.variance(s, n["x"], by=n["d"]),
        lambda s, n: a.penetration(s, n["y"], size=n["z"]),
        lambda s, n: a.mean(s.poststratify(LEVELS.rename(columns={"level": n["g"]}), by=n["g"]), n["x"]),
        lambda s, n: a.mean(s.calibrate(LEVELS.assign(variable=n["g"])), n["x"]),
        lambda s, n: a.mean(s.adjust_nonresponse(respondent=n["y"], classes=n["g"]), n["x"]),
        lambda s, n: a.mean(s.replicate(method="jkn"), n["x"]),
    ):
        found, wanted = ask(strange, names).frame, ask(plain, {name: name for name in names}).frame
        assert found["estimate"].tolist() == wanted["estimate"].tolist()
        assert found["se"].tolist() == wanted["se"].tolist()


REFUSALS: dict[str, tuple[Callable[[], Any], str]] = {
    "twins": (
        lambda: Survey(DATA["twin columns"](), DESIGN),
        'two columns are called "x" - nobody can tell which is meant; rename one of them.',
    ),
    "twins of Arrow": (
        lambda: Survey(pa.table([[1.0], [2.0], [3.0]], names=["w", "x", "x"]), SurveyDesign(weights="w")),
        'two columns are called "x" - nobody can tell which is meant; rename one of them.',
    ),
    "internal names": (
        lambda: Survey(DATA["internal names"](), DESIGN),
        'a column is called "up__w" - names that begin with "up__" are those of the engine\'s own columns; rename it.',
    ),
    "weights that do not fit": (
        lambda: a.mean(Survey(DATA["weights of 1e12 and 1e-12"](), DESIGN), "x"),
        'column "w": weights run from 1e-12 to 1e+12 over 24 rows - their exact sums need 180 bits and there are 126; '
        "correct the largest or the smallest weight.",
    ),
    "text for weights": (
        lambda: a.mean(Survey(text("w"), DESIGN), "x"),
        'column "w": row 5 holds "twelve", which is no weight - write weights as plain numbers, or name another '
        "column.",
    ),
    "text for an amount": (
        lambda: a.mean(Survey(text("x"), DESIGN), "x"),
        "\"x\" is text, not a number - name a numeric column or a condition such as column = 'value'.",
    ),
    "an infinite amount": (
        lambda: a.mean(Survey(DATA["infinite x"](), DESIGN), "x"),
        '"x" holds a value that is not a finite number - set it to missing or correct it.',
    ),
    "an infinite weight": (
        lambda: a.mean(Survey(DATA["infinite weight"](), DESIGN), "x"),
        'column "w": a weight is not finite (row 5) - correct it.',
    ),
    "one row": (
        lambda: a.mean(Survey(GOOD[:1], DESIGN), "x"),
        "the design: the whole sample is one PSU - no variance can be estimated from it; name the unit really drawn as "
        "psu.",
    ),
    "no row": (
        lambda: a.mean(Survey(GOOD[:0], DESIGN), "x"),
        "no row of the sample is in the domain - check the condition and its codes.",
    ),
    "tiny amounts": (
        lambda: a.mean(Survey(DATA["amounts of 1e-300"](), DESIGN), "x"),
        '"x" holds nothing larger than 2.95e-298 with its weight - its squares are too small to compute with; give it '
        "in a larger unit.",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_the_sentence_of_bad_input_is_whole(name: str) -> None:
    ask, sentence = REFUSALS[name]
    with pytest.raises((DesignError, EstimationError, TableError)) as refusal:
        ask()
    assert str(refusal.value) == sentence


def test_files_that_are_no_tables_are_refused_in_words(tmp_path: Path) -> None:
    GOOD.rename(columns={"d": "域"}).to_csv(tmp_path / "gb.csv", index=False, encoding="gb18030")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "ragged.csv").write_text("h,psu,w,x\na,1,2,3\na,2,2\nb,1,2,3,4\n", encoding="utf-8")
    for name in ("gb.csv", "empty.csv", "ragged.csv"):
        with pytest.raises(TableError, match=" - "):
            a.mean(Survey(tmp_path / name, DESIGN), "x")
    GOOD.to_csv(tmp_path / "bom.csv", index=False, encoding="utf-8-sig")
    assert a.mean(Survey(tmp_path / "bom.csv", DESIGN), "x").frame.n[0] == N
    pq.write_table(pa.table(GOOD[:0]), tmp_path / "none.parquet")
    with pytest.raises(EstimationError, match="no row of the sample"):
        a.mean(Survey(tmp_path / "none.parquet", DESIGN), "x")


def test_all_yes_and_all_no_have_an_interval_with_a_width() -> None:
    for y, ends in ((1, (None, 1.0)), (0, (0.0, None))):
        row = a.proportion(Survey(GOOD.assign(y=y), DESIGN), "y").frame.iloc[0]
        assert row.estimate == y
        assert row.ci_high - row.ci_low > 0.1
        assert ends[0] is None or row.ci_low == ends[0]
        assert ends[1] is None or row.ci_high == ends[1]


def test_ten_thousand_domains_are_answered_each() -> None:
    rows = pd.DataFrame({"w": 2.0, "y": np.tile([1, 0, 1], 20_000), "d": np.arange(60_000) % 10_000})
    frame = a.proportion(Survey(rows, SurveyDesign(weights="w")), "y", by="d").frame
    assert len(frame) == 10_000
    assert frame["n"].sum() == 60_000
    assert frame["estimate"].tolist() == [pytest.approx(2 / 3)] * 10_000
    assert frame["ci_low"].notna().all()


def test_a_certainty_stratum_adds_nothing_and_says_so_by_its_error() -> None:
    whole = a.mean(Survey(GOOD.assign(N=4), SurveyDesign(weights="w", strata="h", psu="psu", fpc="N")), "x").frame.iloc[
        0
    ]
    assert whole.se == 0
    assert whole.reason or math.isnan(whole.ci_low) or whole.ci_low == whole.ci_high == whole.estimate
