"""What a unit said last time, its wording arm, its row of the sample: known when a wave starts, shown, exported."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from collector import Assignment, Store, export_responses, export_wave, find_assignments, save_page, start_wave, submit
from collector.services.previous import order_of
from tests.collector.listing import app_of, enter, questionnaire, row, rows, sample, started, to_the_list
from tests.collector.people import CODE_KEY, WAVE
from uptake.contract.tables import CODEBOOK, RESPONSES, check_table, read_table, roster_contract, write_table

UNIT = {"u02_staff": "100", "u02_rd": "5", "u03_all": "12.50", "u03_software": "10", "u03_cloud": "2.5", "u04": "30"}


def answer(store: Store, unit: Assignment, *, rd: str = "5", filled: int = 4) -> None:
    """Answer a whole wave by the services, and submit it."""
    pages: dict[str, dict[str, object]] = {
        "unit": {**UNIT, "u02_rd": rd},
        "use": {"u05": "yes"},
        "cases": rows(1, filled),
        "end": {"u07": "王一"},
    }
    for number, (page, typed) in enumerate(pages.items()):
        sent = {name: [str(text)] for name, text in typed.items()}
        saved = save_page(store, unit, page, "zh", sent, base_seq=10**9, client_key=f"{page}{number}")
        assert saved.clean, (page, saved.errors, saved.findings)
    assert submit(store, unit, "zh", client_key="s").receipt is not None


def test_the_wave_takes_the_latest_earlier_answers_that_were_submitted(store: Store) -> None:
    answer(store, started(store, "2026Q1")["W1"], rd="4")
    answer(store, started(store, "2026Q3")["W1"], rd="7")
    save_page(store, started(store, "2026Q2")["C1"], "unit", "zh", {"u02_rd": ["9"]}, base_seq=0, client_key="x")
    now = started(store, WAVE)
    assert now["W1"].given.last["u02_rd"].value == 7 and now["W1"].given.prefilled["u02_rd"].value == 7
    assert {name for name in now["W1"].given.prefilled if name.endswith(".4")} == {
        f"u06_{column}.4" for column in ("name", "kind", "users", "cost")
    }
    assert now["C1"].given.last == {}  # begun and never submitted
    assert started(store, "2026Q2")["W1"].given.last["u02_rd"].value == 4  # what was before it, not after


def test_a_wave_started_late_does_not_look_ahead(store: Store) -> None:
    answer(store, started(store, "2027Q1")["W1"])
    assert started(store, "2026Q4")["W1"].given.last == {}
    assert order_of("W9") < order_of("W10") and order_of("2026Q4") < order_of("2027Q1")


def test_last_answers_are_shown_compared_and_put_in_the_list(store: Store, tmp_path: Path) -> None:
    answer(store, started(store, "2026Q3")["W1"])
    started(store)
    wang = enter(app_of(store, tmp_path), "W1")
    assert "上期填报：5 人" in wang.text and 'name="u02_rd" value=""' in wang.text
    wang.send(**{**UNIT, "u02_rd": "11"})
    assert wang.status == 422 and "研发人员 11 人，是上期的两倍以上" in wang.text
    wang.send(**{**UNIT, "u02_rd": "9"}).send(u05="yes")
    assert wang.path == "/respond/page/cases" and 'name="u06_name.4" value="场景4"' in wang.text
    assert "已按上期填报预填" in wang.text and "第 1–5 行；已填 4 行" in wang.text
    wang.send(**rows(1, 2), **row(3, users="33"), **row(4), **{"u06.4__remove": "1"})
    assert wang.path == "/respond/page/end"
    again = wang.get("/respond/page/cases")
    assert 'value="场景4"' not in again.text and 'name="u06_users.3" value="33"' in again.text
    long = export_wave(store, questionnaire(), wave=WAVE).rosters["u06"]
    assert list(long["row"]) == [1, 2, 3] and list(long["u06_users"]) == [1, 2, 33]


def test_a_unit_that_is_not_asked_the_module_never_sees_its_rows(store: Store, tmp_path: Path) -> None:
    started(store, annual="no")
    wang = to_the_list(enter(app_of(store, tmp_path), "W1"))
    assert wang.path == "/respond/page/end" and wang.get("/respond/page/cases").path == "/respond/page/end"
    row_of = export_wave(store, questionnaire(), wave=WAVE).responses.set_index("unit_id").loc["W1"]
    assert row_of["u06_rows_state"] == "not_applicable" and pd.isna(row_of["u06_rows"])


@pytest.mark.parametrize(("arm", "seen"), [("a", "是否使用了人工智能"), ("b", "含免费工具")])
def test_every_unit_sees_the_words_of_its_arm(store: Store, tmp_path: Path, arm: str, seen: str) -> None:
    unit = started(store, arm=arm)["W1"]
    assert unit.given.arms == {"w2026": arm} and unit.given.sample == {"annual": "yes"}
    wang = enter(app_of(store, tmp_path), "W1").send(**UNIT)
    assert seen in wang.text and wang.path == "/respond/page/use"
    assert wang.send(u05="").status == 422 and seen in wang.text
    assert f"“{wang.text.split('U-05</span> ')[1].split('<')[0]}”还没有选择" in wang.text  # the sentence says the same
    assert seen in wang.get("/respond/check").text


def test_starting_again_changes_nothing_of_what_was_known(store: Store) -> None:
    before = started(store)["W1"]
    answer(store, started(store, "2026Q1")["W1"])
    assert start_wave(store, sample(), questionnaire(), wave=WAVE, code_key=CODE_KEY) == 0
    assert find_assignments(store, questionnaire(), wave=WAVE)["W1"].given == before.given


def test_a_roster_is_a_long_table_and_a_count(store: Store, tmp_path: Path) -> None:
    people = started(store)
    answer(store, people["W1"], filled=3)
    made = export_wave(store, questionnaire(), wave=WAVE)
    wang = made.responses.set_index("unit_id").loc["W1"]
    assert (wang["u06_rows"], wang["u06_rows_state"], wang["u02_share"], wang["u02_share_state"]) == (
        3, "answered", 5.0, "answered",
    )  # fmt: skip
    assert not [name for name in made.responses.columns if name.startswith("u06_") and "rows" not in name]
    assert pd.isna(made.responses.set_index("unit_id").loc["C1", "u06_rows_state"])  # Chen has not come so far
    long = made.rosters["u06"]
    assert list(long.columns[:3]) == ["wave", "unit_id", "row"] and len(long) == 3 and set(long["unit_id"]) == {"W1"}
    assert list(long["u06_each"]) == [20.0, 10.0, 6.67] and set(long["u06_cost_state"]) == {"answered"}
    assert set(long["u06_kind_other_text_state"]) == {"not_applicable"}
    for table, contract in (
        (made.responses, RESPONSES), (made.codebook, CODEBOOK), (long, roster_contract("u06")),
    ):  # fmt: skip
        for suffix in ("parquet", "csv"):
            path = tmp_path / f"{contract.name}.{suffix}"
            write_table(table, path, contract)
            again = read_table(path, contract)
            assert list(again.columns) == list(table.columns) and len(again) == len(table)
        pd.testing.assert_frame_equal(
            read_table(tmp_path / f"{contract.name}.parquet", contract), check_table(table, contract)
        )
    assert list(export_responses(store, questionnaire(), wave=WAVE)[0].columns) == list(made.responses.columns)


def test_a_wave_without_rows_has_an_empty_long_table_of_the_same_types(store: Store) -> None:
    started(store)
    long = export_wave(store, questionnaire(), wave=WAVE).rosters["u06"]
    check_table(long, roster_contract("u06"))
    assert len(long) == 0 and str(long["u06_users"].dtype) == "Int64" and str(long["u06_cost"].dtype) == "Float64"


def test_the_codebook_names_the_table_of_every_field_and_identity_never_leaves(store: Store) -> None:
    answer(store, started(store)["W1"])
    made = export_wave(store, questionnaire(), wave=WAVE)
    tables = dict(zip(made.codebook["field"], made.codebook["table"], strict=True))
    assert tables["u06_rows"] == "responses" and tables["u06_users"] == "responses_u06"
    states = {name.removesuffix("_state") for name in made.responses.columns if name.endswith("_state")}
    assert {name for name, table in tables.items() if table == "responses"} == states | {"arm_w2026"}
    assert "arm_w2026" in made.responses
    everything = made.responses.to_csv() + made.codebook.to_csv() + made.rosters["u06"].to_csv()
    assert "场景1" not in everything and "u06_name" not in everything and "王一" not in everything
    kinds = json.loads(made.codebook.set_index("field").loc["u06_kind", "codes"])
    assert kinds[0] == {"code": "make", "zh": "生产", "en": "Production"}
