"""A drawn sample whose frame or tables were edited by hand: each fault is one sentence that names unit or stratum."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from uptake.cli import main

WAVE = "2026Q4"
STUDY = """id: small
name: {zh: 小调查, en: Small survey}
publisher: {zh: 某局, en: An office}
source: {zh: 某局, en: An office}
frame: {file: frame.csv}
waves:
  - {id: "2026Q4", reference_period: {zh: 2026年, en: "2026"}, opens: "2026-10-01", closes: "2026-12-31"}
domains:
  - {column: size, name: {zh: 规模, en: Size}, codes: size_classes}
"""
DESIGN = """strata: [size]
drawing: {n: 30, min_n_h: 4, seed: s, take_all: {column: size, values: ["1"]}, implicit_order: [staff]}
weighting: {nonresponse: {classes: [size], min_respondents: 2}, poststratify: {by: [size], min_respondents: 2}}
domains: [size]
"""
INDICATORS = """indicators:
  - id: RATE
    version: "1"
    type: proportion
    name: {zh: 率, en: Rate}
    definition: {zh: 率, en: Rate}
    numerator: "${y} = 1"
"""
FRAME = pd.DataFrame(
    {
        "unit_id": [f"U{i:03d}" for i in range(60)],
        "name": "单位",
        "size": ["1" if i < 6 else str(2 + i % 3) for i in range(60)],
        "staff": [3 * i for i in range(60)],
    }
)
Edit = Callable[[pd.DataFrame], pd.DataFrame]


def folder(home: Path, frame: pd.DataFrame = FRAME, design: str = DESIGN) -> Path:
    (home / "briefs").mkdir()
    files = {"study.yaml": STUDY, "design.yaml": design, "indicators.yaml": INDICATORS}
    for name, text in files.items():
        (home / name).write_text(text, encoding="utf-8")
    frame.to_csv(home / "frame.csv", index=False)
    return home


def run(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def table(home: Path, name: str) -> Path:
    return home / "waves" / WAVE / f"{name}.parquet"


def answer(home: Path) -> None:
    """Every fifth unit refuses, the others answer yes and no in turn."""
    units = pd.read_parquet(table(home, "sample"))["unit_id"]
    number = np.arange(len(units))
    asked = pd.DataFrame({"wave": WAVE, "unit_id": units, "disposition": np.where(number % 5, "complete", "refused")})
    for column in ("questionnaire", "definition_version", "definition_sha256", "language"):
        asked[column] = None
    asked = asked.assign(started_at=pd.NaT, submitted_at=pd.NaT, y=np.where(number % 5, number % 2, np.nan))
    asked["y_state"] = np.where(number % 5, "answered", None)
    asked.to_parquet(table(home, "responses"), index=False)


def with_first(**values: object) -> Edit:
    """Write other values into the first row."""

    def edit(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{name: [value, *rows[name].tolist()[1:]] for name, value in values.items()})

    return edit


DRAWS = [
    ("stratum missing", FRAME.assign(size=FRAME["size"].where(FRAME.index != 7)), DESIGN, 5,
     'frame: the strata column "size" is empty for unit "U007"; a unit outside all strata cannot be drawn. Fill the'
     " column."),
    ("unit twice", pd.concat([FRAME, FRAME.head(2)]), DESIGN, 5, 'frame: unit "U000" (and 1 more) stands in more than'
     " one row, so it could be drawn twice. Keep one row a unit."),
    ("unit without id", FRAME.assign(unit_id=FRAME["unit_id"].where(FRAME.index != 7)), DESIGN, 4, 'frame.csv: the'
     ' column "unit_id" is empty in row 8 and must not be. Fill it (table `frame`, docs/tables.md)'),
    ("nobody", FRAME[:0], DESIGN, 5, "frame: it has no units, so there is no sample to draw. Give the list of all"
     " units."),
    ("strata unknown", FRAME, DESIGN.replace("strata: [size]", "strata: [sise]"), 5, 'design.yaml: the frame has no'
     ' column "sise". Did you mean "size"? It has: unit_id, name, size, staff.'),
    ("order unknown", FRAME, DESIGN.replace("[staff]", "[staf]"), 5, 'design.yaml: the frame has no column "staf". Did'
     ' you mean "staff"? It has: unit_id, name, size, staff.'),
    ("take-all code unknown", FRAME, DESIGN.replace('["1"]', '["7"]'), 5, 'design.yaml:2: take_all names size "7",'
     " which no unit of the frame has. It has: 1, 2, 3, 4."),
    ("n above the frame", FRAME, DESIGN.replace("n: 30", "n: 300"), 5, "design.yaml: a sample of n = 300 is larger than"
     " the frame, which has 60 units. Lower n."),
    ("key unknown", FRAME, DESIGN.replace("min_n_h", "min_nh"), 3, "1 fault in the study:\n  design.yaml:2: a drawing"
     ' has no key "min_nh". Did you mean "min_n_h"? Known: n, seed, min_n_h, allocation, take_all, implicit_order.'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "frame", "design", "code", "message"), DRAWS, ids=[case[0] for case in DRAWS])
def test_a_frame_that_cannot_be_drawn_from(
    name: str, frame: pd.DataFrame, design: str, code: int, message: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    home = folder(tmp_path, frame, design)
    assert run("draw", home) == code
    assert capsys.readouterr().err == f"uptake: {message}\n"
    assert not table(home, "sample").exists()


AGAIN = "Draw again instead of editing the sample."
UNFIT = 'weights and responses of wave "2026Q4" do not fit each other: '
ON_THESE = "Run `uptake weigh` on these responses."
EDITS: list[tuple[str, str, Edit, int, str]] = [
    ("row missing", "responses", lambda rows: rows[1:], 4, 'responses: unit "U000" of the sample has no row;'
     " nonrespondents count too. Export again: every assigned unit gets a row with its disposition."),
    ("row too many", "responses", lambda rows: pd.concat([rows, rows[:1].assign(unit_id="Z")]), 4,
     'responses: unit "Z" is not in the sample, so it has no weight. Give the sample that was asked.'),
    ("row twice", "responses", lambda rows: pd.concat([rows, rows[:1]]), 4, 'responses: unit "U000" stands in more than'
     " one row, so it would count twice. Keep one row a unit (`unit_id`)."),
    ("disposition unknown", "responses", with_first(disposition="completed"), 4, 'responses.parquet: the column'
     ' "disposition" holds "completed", which is not one of complete, partial, refused, not_contacted, ineligible,'
     ' unknown. Did you mean "complete"? (table `responses`, docs/tables.md)'),
    ("disposition missing", "responses", with_first(disposition=None), 4, 'responses.parquet: the column "disposition"'
     " is empty in row 1 and must not be. Fill it (table `responses`, docs/tables.md)"),
    ("other wave", "responses", lambda rows: rows.assign(wave="2025"), 4, 'responses: no row belongs to wave "2026Q4".'
     " Give the table of that wave, or another --wave."),
    ("nobody answered", "responses", lambda rows: rows.assign(disposition="refused"), 5, "no unit of the sample of 30"
     " responded, so there is nothing to weigh. Wait for answers, or check the dispositions."),
    ("base weight zero", "sample", with_first(base_weight=0.0), 4, 'sample: unit "U000" has the base weight 0; it must'
     f" be a number above zero. {AGAIN}"),
    ("base weight infinite", "sample", with_first(base_weight=np.inf), 4, 'sample: unit "U000" has the base weight inf;'
     f" it must be a number above zero. {AGAIN}"),
    ("base weight large", "sample", with_first(base_weight=1e12), 4, 'sample: in stratum "1" the base weights add up to'
     f" 1e+12, but N_h is 6. {AGAIN}"),
    ("N_h varies", "sample", with_first(N_h=9), 4, 'sample: in stratum "1" N_h runs from 6 to 9, but it is one count a'
     f" stratum. {AGAIN}"),
    ("stratum changed", "sample", with_first(stratum="X"), 4, 'sample: in stratum "1" n_h says that 6 units were drawn,'
     f" but 5 rows stand there. {AGAIN}"),
    ("class missing", "sample", with_first(size=None), 5, 'column "size" is empty for unit "U000"; a unit without class'
     " cannot be weighted. Fill it in the frame."),
    ("weight row missing", "weights", lambda rows: rows[1:], 4, f'{UNFIT}unit "U000" is in the responses but not in the'
     f" weights. {ON_THESE}"),
    ("weights of others", "weights", lambda rows: rows.assign(unit_id="Z" + rows["unit_id"]), 4, f'{UNFIT}unit "ZU000"'
     f" (and 29 more) is in the weights but not in the responses. {ON_THESE}"),
    ("weight row twice", "weights", lambda rows: pd.concat([rows, rows[1:2]]), 4, 'weights: unit "U001" stands in more'
     " than one row, so it would count twice. Keep one row a unit (`unit_id`)."),
    ("one weight below zero", "weights",
     lambda rows: rows.assign(weight=rows["weight"].where(rows.index != 1, -1.0)), 4,
     'weights: the weight of unit "U001" is not its weight_units divided by the scale of the table, so one of the two'
     " was changed. Run `uptake weigh` again."),
    ("all weights raised", "weights", lambda rows: rows.assign(weight=rows["weight"] * 1.1), 4, 'weights: the weight of'
     ' unit "U001" (and 23 more) is not its weight_units divided by the scale of the table, so one of the two was'
     " changed. Run `uptake weigh` again."),
    ("N_h below n", "weights", lambda rows: rows.assign(N_h=1), 4, 'weights: in stratum "1" N_h is 1, but 4 units have'
     " a weight. Run `uptake weigh` again instead of editing its table."),
    ("lonely stratum", "weights", lambda rows: rows.assign(stratum=rows["stratum"].where(rows.index != 1, "L")), 5,
     'stratum "L": only one unit was sampled - its variance cannot be estimated; merge the stratum with a neighbour, or'
     " declare lonely_psu as certainty, adjust or average."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "which", "edit", "code", "message"), EDITS, ids=[case[0] for case in EDITS])
def test_a_table_that_was_edited_by_hand(
    name: str, which: str, edit: Edit, code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folder(tmp_path)
    assert run("draw", home) == 0
    answer(home)
    stage = "weigh"
    if which == "weights":
        assert run("weigh", home) == 0
        stage = "estimate"
    edit(pd.read_parquet(table(home, which))).to_parquet(table(home, which), index=False)
    capsys.readouterr()
    assert run(stage, home) == code
    assert capsys.readouterr().err == f"uptake: {message}\n"


def test_the_same_tables_untouched_give_the_estimate(tmp_path: Path) -> None:
    home = folder(tmp_path)
    assert run("draw", home) == 0
    answer(home)
    assert [run("weigh", home), run("estimate", home)] == [0, 0]
    weights = pd.read_parquet(table(home, "weights"))
    kept = weights[weights["respondent"]].merge(
        pd.read_parquet(table(home, "responses"))[["unit_id", "y"]], on="unit_id"
    )
    made = pd.read_parquet(table(home, "estimates")).iloc[0]
    assert made["estimate"] == pytest.approx((kept["weight"] * kept["y"]).sum() / 60) and made["n"] == len(kept) == 24
    # Post-strata and strata are one here, so the variance is that of stratified sampling with n of N in each.
    variance = sum(
        (1 - len(rows) / rows["N_h"].iloc[0]) * rows["N_h"].iloc[0] ** 2 * rows["y"].var() / len(rows)
        for _, rows in kept.groupby("stratum")
    )
    assert made["se"] == pytest.approx(variance**0.5 / 60, rel=1e-9)
