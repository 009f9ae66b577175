"""The rules of collecting, without a browser: saving, merging, confirming, submitting, exporting."""

from __future__ import annotations

import hashlib
import json
import threading

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from collector import (
    Assignment,
    SavedPage,
    Store,
    confirm,
    export_responses,
    find_assignments,
    record_disposition,
    save_page,
    start_wave,
    submit,
)
from collector.services.answers import Standing, standing
from collector.services.confirmations import ReasonError
from collector.services.dispositions import DispositionError
from collector.services.pages import AlreadySubmittedError
from collector.services.submissions import Submitted, look_over
from forms import Questionnaire
from tests.collector.people import CODE_KEY, WAVE, Clock, sample_of
from uptake.contract.errors import ConflictError, StoreError, TableError

UNIT = {"r02_staff": ["100"], "r02_night": ["12"]}
COMPLETE = [
    ("unit", UNIT),
    ("use", {"r03": ["yes"], "r04": ["没有说明"]}),
    ("count", {"r05": ["3"], "r06": ["weld", "move"]}),
    ("end", {"r07": ["王女士"]}),
]


def save(
    store: Store, who: Assignment, page: str, typed: dict[str, list[str]], base: int = 0, key: str = ""
) -> SavedPage:
    return save_page(store, who, page, "zh", typed, base_seq=base, client_key=key)


def fill_in(store: Store, who: Assignment) -> int:
    seq = 0
    for page, typed in COMPLETE:
        saved = save(store, who, page, typed, seq, f"{who.unit_id}-{page}")
        assert saved.clean, (page, saved)
        seq = saved.seq
    return seq


def events(store: Store) -> list[tuple[str, str | None, str]]:
    with store.read() as connection:
        rows = connection.execute(text("SELECT field, value, state FROM answer_event ORDER BY seq"))
        return [(row.field, row.value, row.state) for row in rows]


def value(store: Store, who: Assignment, field: str) -> object:
    return standing(store, who).answers[field].value


# Starting a wave --------------------------------------------------------------------------------------------------


def test_starting_again_adds_nothing(store: Store, sample: pd.DataFrame, robots: Questionnaire) -> None:
    assert start_wave(store, sample, robots, wave=WAVE, code_key=CODE_KEY) == 3
    assert start_wave(store, sample, robots, wave=WAVE, code_key=CODE_KEY) == 0


def test_another_sample_is_refused(store: Store, people: object, sample: pd.DataFrame, robots: Questionnaire) -> None:
    with pytest.raises(ConflictError, match='already asks the unit "W1", which the sample no longer has'):
        start_wave(store, sample[1:], robots, wave=WAVE, code_key=CODE_KEY)
    with pytest.raises(ConflictError, match="base weight 5; the sample now says 110000-3 and 6"):
        start_wave(store, sample.assign(base_weight=6.0), robots, wave=WAVE, code_key=CODE_KEY)


def test_a_unit_twice_and_a_wave_without_units_are_refused(
    store: Store, sample: pd.DataFrame, robots: Questionnaire
) -> None:
    with pytest.raises(TableError, match='the unit "W1" stands twice in the wave "2026Q4"'):
        start_wave(store, pd.concat([sample, sample[:1]]), robots, wave=WAVE, code_key=CODE_KEY)
    with pytest.raises(TableError, match='no unit is drawn for the wave "2027Q1"'):
        start_wave(store, sample, robots, wave="2027Q1", code_key=CODE_KEY)


# Saving a page ----------------------------------------------------------------------------------------------------


def test_answers_are_stored_with_their_states(store: Store, wang: Assignment) -> None:
    save(store, wang, "unit", {"r02_staff": ["1,200"], "r02_night__dk": ["1"]})
    assert events(store) == [
        ("r01", "王记机械厂", "answered"),
        ("r02_staff", "1200", "answered"),
        ("r02_night", None, "dont_know"),
    ]


def test_a_page_sent_twice_is_stored_once(store: Store, wang: Assignment) -> None:
    first = save(store, wang, "unit", UNIT, key="k")
    again = save(store, wang, "unit", UNIT, key="k")
    assert (again.stored, again.seq, again.conflicts) == ((), first.seq, ())
    assert len(events(store)) == 3


def test_back_and_correct_is_no_conflict_with_oneself(store: Store, wang: Assignment) -> None:
    save(store, wang, "use", {"r03": ["yes"]}, key="k")
    again = save(store, wang, "use", {"r03": ["no"]}, base=0, key="k")
    assert again.conflicts == ()
    assert value(store, wang, "r03") == "no"


def test_what_cannot_be_read_is_kept_and_the_rest_is_stored(store: Store, wang: Assignment) -> None:
    saved = save(store, wang, "unit", {"r02_staff": ["100"], "r02_night": ["十二"]})
    assert "十二" in saved.errors["r02_night"]
    assert value(store, wang, "r02_staff") == 100
    state = standing(store, wang)
    assert "r02_night" not in state.answers
    assert state.drafts["unit"]["r02_night"] == ["十二"]
    save(store, wang, "unit", UNIT, saved.seq)
    assert standing(store, wang).drafts == {}


def test_two_tabs_that_change_different_answers_are_merged(store: Store, wang: Assignment) -> None:
    base = save(store, wang, "unit", UNIT, key="start").seq
    save(store, wang, "unit", {"r02_staff": ["120"], "r02_night": ["12"]}, base, "tab one")
    second = save(store, wang, "unit", {"r02_staff": ["100"], "r02_night": ["15"]}, base, "tab two")
    assert second.conflicts == ()
    assert (value(store, wang, "r02_staff"), value(store, wang, "r02_night")) == (120, 15)


def test_two_tabs_that_change_one_answer_see_both(store: Store, wang: Assignment) -> None:
    base = save(store, wang, "unit", UNIT, key="start").seq
    save(store, wang, "unit", {"r02_staff": ["120"], "r02_night": ["12"]}, base, "tab one")
    second = save(store, wang, "unit", {"r02_staff": ["130"], "r02_night": ["13"]}, base, "tab two")
    (conflict,) = second.conflicts
    assert (conflict.field, conflict.mine.value, conflict.theirs.value) == ("r02_staff", 130, 120)
    assert (value(store, wang, "r02_staff"), value(store, wang, "r02_night")) == (120, 13)
    decided = save(store, wang, "unit", {"r02_staff": ["130"], "r02_night": ["13"]}, second.seq, "tab two again")
    assert decided.clean and value(store, wang, "r02_staff") == 130


def test_what_the_sample_said_and_a_tab_left_alone_is_no_conflict(store: Store, wang: Assignment) -> None:
    save(store, wang, "unit", {"r02_staff": ["120"], "r02_night": ["12"]}, 0, "tab one")
    second = save(store, wang, "unit", {"r02_staff": ["100"], "r02_night": ["12"]}, 0, "tab two")  # 100 is the sample's
    assert (second.conflicts, second.theirs, value(store, wang, "r02_staff")) == ((), ("r02_staff",), 120)


def test_an_old_page_sent_again_by_the_browser_undoes_nothing(store: Store, wang: Assignment) -> None:
    base = save(store, wang, "use", {"r03": ["yes"]}, key="one").seq
    save(store, wang, "use", {"r03": ["no"]}, base, "two")
    replay = save(store, wang, "use", {"r03": ["yes"]}, 0, "one")
    assert [conflict.field for conflict in replay.conflicts] == ["r03"]
    assert value(store, wang, "r03") == "no"


def test_fifty_people_on_one_page_lose_nothing(store: Store, wang: Assignment) -> None:
    base = save(store, wang, "use", {"r03": ["yes"], "r04": ["start"]}, key="start").seq
    outcomes: list[SavedPage] = []

    def change(number: int) -> None:
        outcomes.append(save(store, wang, "use", {"r03": ["yes"], "r04": [f"text {number}"]}, base, f"tab {number}"))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [one for one in outcomes if not one.conflicts]
    assert len(outcomes) == 50 and len(stored) == 1  # every other one was shown the first, and decides
    assert {one.conflicts[0].theirs.value for one in outcomes if one.conflicts} == {value(store, wang, "r04")}


WORDS = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(staff=WORDS, night=WORDS, remark=WORDS)
def test_nothing_that_is_typed_is_ever_lost(
    store: Store, wang: Assignment, staff: str, night: str, remark: str
) -> None:
    """Whatever is typed stands afterwards in an answer or, to the sign, in the draft of the page."""
    seq = standing(store, wang).seq
    for page, typed in (("unit", {"r02_staff": [staff], "r02_night": [night]}), ("use", {"r04": [remark]})):
        saved = save(store, wang, page, typed, seq, "hypothesis")
        state = standing(store, wang)
        for field in typed:
            if field in saved.errors:
                assert state.drafts[page][field] == typed[field]
            else:
                assert state.answers[field] == saved.answers[field]
        seq = saved.seq


# Soft checks ------------------------------------------------------------------------------------------------------


def test_a_reason_settles_a_soft_finding_until_the_answer_changes(store: Store, wang: Assignment) -> None:
    saved = save(store, wang, "unit", {"r02_staff": ["900"], "r02_night": ["12"]})
    assert [finding.check_id for finding in saved.findings] == ["staff_as_before"]
    assert confirm(store, wang, "staff_as_before", "并购了一家工厂")
    same = save(store, wang, "unit", {"r02_staff": ["900"], "r02_night": ["12"]}, saved.seq)
    assert same.clean
    other = save(store, wang, "unit", {"r02_staff": ["901"], "r02_night": ["12"]}, saved.seq)
    assert [finding.check_id for finding in other.findings] == ["staff_as_before"]


def test_a_reason_may_come_with_the_page(store: Store, wang: Assignment) -> None:
    typed = {"r02_staff": ["900"], "r02_night": ["12"], "reason__staff_as_before": ["并购"]}
    assert save(store, wang, "unit", typed).clean
    assert save(store, wang, "unit", typed).clean
    with store.read() as connection:
        assert connection.execute(text("SELECT check_id, reason FROM confirmation")).all() == [
            ("staff_as_before", "并购")
        ]


def test_hard_checks_and_empty_reasons_confirm_nothing(store: Store, wang: Assignment) -> None:
    save(store, wang, "unit", {"r02_staff": ["10"], "r02_night": ["12"], "reason__night_within_staff": ["so it is"]})
    for check, reason in (
        ("night_within_staff", "so it is"),
        ("staff_as_before", "  "),
        ("staff_as_before", "x" * 501),
    ):
        with pytest.raises(ReasonError):
            confirm(store, wang, check, reason)
    assert not confirm(store, wang, "staff_as_before", "nobody asked")  # it does not fire
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM confirmation")).scalar() == 0


def test_a_reason_settles_the_soft_finding_beside_a_hard_one_and_not_the_hard_one(
    store: Store, wang: Assignment
) -> None:
    typed = {"r02_staff": ["900"], "r02_night": ["1000"]}
    reasons = {"reason__staff_as_before": ["并购"], "reason__night_within_staff": ["so it is"]}
    saved = save(store, wang, "unit", {**typed, **reasons})
    assert [finding.check_id for finding in saved.findings] == ["night_within_staff"]
    again = save(store, wang, "unit", typed, saved.seq)
    assert [finding.check_id for finding in again.findings] == ["night_within_staff"]


# Submitting -------------------------------------------------------------------------------------------------------


def test_an_unfinished_response_is_not_submitted(store: Store, wang: Assignment) -> None:
    save(store, wang, "unit", {"r02_staff": ["10"], "r02_night": ["12"]})
    outcome = submit(store, wang, "zh", client_key="k")
    assert outcome.receipt is None
    assert [finding.check_id for finding in outcome.findings] == ["required_r03", "required_r07", "night_within_staff"]


def test_text_that_could_not_be_read_stands_in_the_way(store: Store, wang: Assignment) -> None:
    seq = fill_in(store, wang)
    save(store, wang, "count", {"r05": ["three"], "r06": ["weld"]}, seq)
    outcome = submit(store, wang, "zh", client_key="k")
    assert (outcome.receipt, outcome.drafts) == (None, ("count",))


def test_submitting_twice_gives_the_same_receipt(store: Store, wang: Assignment) -> None:
    fill_in(store, wang)
    receipts = []
    threads = [
        threading.Thread(target=lambda n=n: receipts.append(submit(store, wang, "zh", client_key=str(n)).receipt))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receipts) == 8 and len(set(receipts)) == 1 and receipts[0] is not None
    with store.read() as connection:
        (document,) = connection.execute(text("SELECT document FROM submission")).scalars().all()
    assert hashlib.sha256(document.encode()).hexdigest() == receipts[0].sha256
    assert json.loads(document)["answers"]["r06"] == {"state": "answered", "value": "weld move"}


def test_answers_added_after_the_last_look_stop_the_submission(store: Store, wang: Assignment) -> None:
    seen = fill_in(store, wang)
    save(store, wang, "count", {"r05": ["4"], "r06": ["weld"]}, seen)
    outcome = submit(store, wang, "zh", client_key="k", seen_seq=seen)
    assert outcome.changed and outcome.receipt is None


def test_an_answer_that_comes_while_submitting_is_in_the_document(
    store: Store, wang: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = fill_in(store, wang)
    looked = []

    def look_and_be_overtaken(assignment: Assignment, state: Standing) -> Submitted:
        looked.append(state.seq)
        if len(looked) == 1:
            save(store, wang, "count", {"r05": ["44"], "r06": ["weld"]}, seq)
        return look_over(assignment, state)

    monkeypatch.setattr("collector.services.submissions.look_over", look_and_be_overtaken)
    assert submit(store, wang, "zh", client_key="k").receipt is not None
    assert len(looked) == 2
    with store.read() as connection:
        (document,) = connection.execute(text("SELECT document FROM submission")).scalars().all()
    assert json.loads(document)["answers"]["r05"]["value"] == "44"


def test_nothing_is_stored_after_the_submission(store: Store, wang: Assignment) -> None:
    seq = fill_in(store, wang)
    submit(store, wang, "zh", client_key="k")
    before = events(store)
    with pytest.raises(AlreadySubmittedError):
        save(store, wang, "count", {"r05": ["4"], "r06": ["weld"]}, seq)
    assert events(store) == before


# Exporting --------------------------------------------------------------------------------------------------------


def test_the_export_has_every_unit_and_exactly_what_was_typed(
    store: Store, robots: Questionnaire, wang: Assignment, chen: Assignment, clock: Clock
) -> None:
    save(store, chen, "unit", {"r02_staff": ["90"], "r02_night__dk": ["1"], "reason__staff_as_before": ["新厂"]})
    clock.forward(minutes=5)
    fill_in(store, wang)
    clock.forward(minutes=20)
    submit(store, wang, "zh", client_key="k")
    responses, codebook = export_responses(store, robots, wave=WAVE)
    table = responses.set_index("unit_id")
    assert table["disposition"].to_dict() == {"W1": "complete", "C1": "partial", "Z1": "unknown"}
    wangs = table.loc["W1"]
    assert {name: wangs[name] for name in ("r02_staff", "r02_night", "r03", "r05", "r06")} == {
        "r02_staff": 100, "r02_night": 12, "r03": "yes", "r05": 3, "r06": "weld move",
    }  # fmt: skip
    assert (wangs["started_at"], wangs["submitted_at"]) == (
        pd.Timestamp("2026-12-01 08:05", tz="UTC"),
        pd.Timestamp("2026-12-01 08:25", tz="UTC"),
    )
    assert (wangs["language"], wangs["definition_sha256"]) == ("zh", robots.sha256)
    assert table["r02_night_state"].fillna("").to_dict() == {"W1": "answered", "C1": "dont_know", "Z1": ""}
    assert pd.isna(table.loc["C1", "r02_night"]) and pd.isna(table.loc["C1", "r03_state"])
    assert table["confirmed_staff_as_before"].fillna(False).to_dict() == {"W1": False, "C1": True, "Z1": False}
    assert list(codebook["field"]) == ["r02_staff", "r02_night", "r03", "r04", "r05", "r06"]


def test_identity_never_leaves_the_store_by_export(store: Store, robots: Questionnaire, wang: Assignment) -> None:
    fill_in(store, wang)
    submit(store, wang, "zh", client_key="k")
    responses, codebook = export_responses(store, robots, wave=WAVE)
    everything = responses.to_csv() + codebook.to_csv()
    assert "王女士" not in everything and "王记机械厂" not in everything
    assert not {"r01", "r07", "r01_state", "r07_state"} & set(responses.columns)


def test_what_is_routed_away_is_not_applicable_whatever_was_typed_before(
    store: Store, robots: Questionnaire, wang: Assignment
) -> None:
    seq = fill_in(store, wang)
    saved = save(store, wang, "use", {"r03": ["no"]}, seq)
    assert saved.clean
    assert submit(store, wang, "en", client_key="k").receipt is not None
    row = export_responses(store, robots, wave=WAVE)[0].set_index("unit_id").loc["W1"]
    assert (row["r05_state"], row["r06_state"]) == ("not_applicable", "not_applicable")
    assert pd.isna(row["r05"])
    assert ("r05", "3", "answered") in events(store)  # the answer itself is kept


def test_recorded_dispositions_hold_until_the_unit_answers(
    store: Store, robots: Questionnaire, wang: Assignment, chen: Assignment
) -> None:
    record_disposition(store, chen, "not_contacted")
    record_disposition(store, chen, "refused", note="by telephone")
    record_disposition(store, wang, "refused")
    fill_in(store, wang)
    submit(store, wang, "zh", client_key="k")
    table = export_responses(store, robots, wave=WAVE)[0].set_index("unit_id")
    assert table["disposition"].to_dict() == {"W1": "complete", "C1": "refused", "Z1": "unknown"}
    with pytest.raises(DispositionError, match='Did you mean "refused"'):
        record_disposition(store, chen, "refusd")


def test_a_wave_nobody_started_is_not_exported(store: Store, robots: Questionnaire) -> None:
    with pytest.raises(StoreError) as caught:
        export_responses(store, robots, wave="2026Q4")
    assert str(caught.value) == (
        'The answer store has no wave "2026Q4" of the questionnaire "robots": nothing was collected. Start the wave '
        "first, or correct its name."
    )


def test_the_export_of_many_is_written_and_read_as_it_is(
    store: Store, robots: Questionnaire, wang: Assignment, tmp_path: object
) -> None:
    from pathlib import Path

    from uptake.contract.tables import CODEBOOK, RESPONSES, read_table, write_table

    fill_in(store, wang)
    submit(store, wang, "zh", client_key="k")
    for table, contract in zip(export_responses(store, robots, wave=WAVE), (RESPONSES, CODEBOOK), strict=True):
        path = Path(str(tmp_path)) / f"{contract.name}.parquet"
        write_table(table, path, contract)
        pd.testing.assert_frame_equal(read_table(path, contract), table)


def test_a_bigger_sample_joins_the_running_wave(store: Store, people: object, robots: Questionnaire) -> None:
    bigger = sample_of(("W1", "王记机械厂", 100), ("C1", "陈氏纺织", 40), ("Z1", "从未回复公司", 7), ("N1", "新", 5))
    assert start_wave(store, bigger, robots, wave=WAVE, code_key=CODE_KEY) == 1
    assert set(find_assignments(store, robots, wave=WAVE)) == {"W1", "C1", "Z1", "N1"}
