"""Metrics returns: what a row may say, which rows stand, and what a file would change."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.returns import Ledger, Report, Return, load_returns, read_row, receive, totals
from forms.returns.ledger import Receipt, with_receipts
from forms.returns.model import is_period, period_before, period_end
from forms.returns.rows import Row
from uptake.contract.codes import uscc_check_character
from uptake.contract.errors import Fault

AIPLUS = Path(str(files("uptake.studies") / "aiplus"))


def unit(number: int) -> str:
    first = f"1111000000000{number:04}"
    return first + uscc_check_character(first)


LI, WANG = unit(1), unit(2)
ON_TIME = datetime.datetime(2026, 11, 8, 9)


@pytest.fixture(scope="module")
def metrics() -> Return:
    faults: list[Fault] = []
    found = load_returns(AIPLUS, faults=faults)
    assert faults == []
    return found["agency_metrics"]


GOOD: dict[str, dict[str, object]] = {
    "M-01": {"dimension": "autonomous", "agents": 5, "stoppable": 5},
    "M-02": {"dimension": "t3", "terminals": 40, "intelligent": 12},
    "M-03": {"spending": "12.5"},
    "M-04": {"items": 1000, "assisted": 400, "automatic": 50},
    "M-05": {"outputs": 800, "reviewed": 700, "rejected": 30},
    "M-06": {"dimension": "with_ai", "minutes": "1250.5", "cases": 100},
    "M-07": {"incidents": 0},
    "M-08": {"calls": 90000, "tokens": "12.25"},
    "M-09": {"users": 80},
    "M-10": {"served": 5000},
    "M-11": {"card_hours": "720.5"},
    "M-12": {"datasets": 2},
}


def record(metric: str = "M-04", **changes: object) -> dict[str, object]:
    return {"unit": LI, "period": "2026-10", "metric": metric, **GOOD[metric], **changes}


def said(
    definition: Return, given: Mapping[str, object], *, lang: str = "en", sent: datetime.datetime = ON_TIME
) -> list[str]:
    _, problems = read_row(definition, given, sent=sent)
    return [f"{problem.column}: {problem.message[lang]}" for problem in problems]


def sent_rows(
    definition: Return, ledger: Ledger, *rows: Mapping[str, object], sent: datetime.datetime = ON_TIME
) -> tuple[Ledger, Report]:
    return receive(definition, ledger, list(enumerate(rows, start=2)), sent=sent)


def statuses(report: Report) -> list[str]:
    return [outcome.status for outcome in report.outcomes]


def sentences(report: Report, lang: str = "en") -> list[str]:
    return [item.message[lang] for outcome in report.outcomes for item in (*outcome.problems, *outcome.checks)]


# -- the definition -------------------------------------------------------------------------------------------------


def test_the_return_has_twelve_metrics_and_both_languages(metrics: Return) -> None:
    assert list(metrics.metrics) == [f"M-{number:02}" for number in range(1, 13)] == list(GOOD)
    assert (metrics.header.table_number, metrics.period, metrics.due_day, metrics.open_months) == (
        "AI+G202", "month", 10, 3)  # fmt: skip
    stocks = [metric.id for metric in metrics.metrics.values() if metric.kind == "stock"]
    assert stocks == ["M-01", "M-02"]
    by = {metric.id: metric.dimension.id for metric in metrics.metrics.values() if metric.dimension}
    assert by == {"M-01": "autonomy", "M-02": "terminal", "M-06": "handling"}
    assert len(metrics.sha256) == 64


def test_parts_and_sums_are_declared_and_nothing_is_a_percentage(metrics: Return) -> None:
    parts = {measure.id: measure.part_of for metric in metrics.metrics.values() for measure in metric.measures
             if measure.part_of}  # fmt: skip
    assert parts == {"stoppable": "agents", "intelligent": "terminals", "assisted": "items", "automatic": "assisted",
                     "reviewed": "outputs", "rejected": "reviewed"}  # fmt: skip
    assert metrics.metrics["M-06"].measure("minutes").counts == "cases"
    units = {measure.unit["zh"] for metric in metrics.metrics.values() for measure in metric.measures}
    assert units == {"个", "台", "万元", "件", "份", "分钟", "次", "百万个", "人", "卡时"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("id: agency_metrics", "id: agency", 'the id "agency" differs from the file name, by which others find'
                                             ' it. Write agency_metrics.'),
        ("- id: M-02", "- id: M-01", 'the metric "M-01" stands on line 52 already, and one of the two would be'
                                     ' lost. Give each its own id.'),
        ("- id: M-02", "- id: m02", 'the metric id "m02" must begin with a capital letter and have letters,'
                                    ' digits, _ or -. Change it.'),
        ("- id: terminal\n", "- id: autonomy\n", 'the dimension "autonomy" stands on line 27 already, and one of'
                                                 ' the two would be lost. Give each its own id.'),
        ("code: approved", "code: autonomous", 'the code "autonomous" stands on line 30 already, and one of the'
                                               ' two would be lost. Give each its own id.'),
        ("dimension: autonomy", "dimension: autonmy", 'no dimension is called "autonmy". Add it to dimensions.'
                                                      ' Did you mean "autonomy"?'),
        ("due_day: 10", "due_day: 40", "due_day is 40; it is a day of the month after the period. Write 1 to 31."),
        ("open_months: 3", "open_months: -1", "open_months is -1; so many months a row sent again replaces the"
                                              " one before. Write 0 to 24."),
        ("{least: 0.2, most: 5}", "{least: 2, most: 5}", "change is 2 to 5; no change at all is 1, so the bounds"
                                                         " lie on both sides of it. Write such as"
                                                         " {least: 0.2, most: 5}."),
        ("{least: 0.2, most: 5}", "{least: nan, most: 5}", '"nan" is not a number. Write digits such as 0.2.'),
        ("{id: agents, type: int,", "{id: unit, type: int,", 'the measure id "unit" is a column that every row'
                                                             ' has already. Change it.'),
        ("{id: agents, type: int,", "{id: Agents, type: int,", 'the measure id "Agents" must be a-z, 0-9 and _,'
                                                               ' because it names a column. Change it.'),
        ("{id: agents, type: int,", "{id: agents, type: dec,", 'the measure "agents" is of type dec with 0'
                                                               ' decimals. Write "type: int" without decimals, or'
                                                               ' "type: dec" with 1 to 6.'),
        ("part_of: agents", "part_of: agent", '"part_of" of the measure "stoppable" names "agent", which is no'
                                              ' other measure of the metric. Did you mean "agents"?'),
        ("counts: cases", "counts: minutes", '"counts" of the measure "minutes" names "minutes", which is no'
                                             ' other measure of the metric.'),
        ("en: \"Agents\"}, unit: {zh: \"个\", en: \"agents\"}", "en: \"Agents\"}, unit: {zh: \"%\", en: \"percent\"}",
            'the measure "agents" is a percentage or a mean, and neither can be added up over units or months.'
            ' Collect the part and the whole, or the sum and the count.'),
        ("en: \"Handling time, sum\"", "en: \"Mean handling time\"", 'the measure "minutes" is a percentage or a'
                                                                     ' mean, and neither can be added up over'
                                                                     ' units or months. Collect the part and the'
                                                                     ' whole, or the sum and the count.'),
        ("{id: items, type: int,", "{id: items, type: int, part_of: automatic,", 'the measure "items" is part of'
                                                                                 ' itself by way of others. Take'
                                                                                 ' out one "part_of".'),
        ("valid_until: \"2027-12-31\"", "valid_until: \"soon\"", '"soon" is not a date, so nobody can tell'
                                                                 ' whether the form has lapsed. Write it as'
                                                                 ' 2027-12-31.'),
    ],
)  # fmt: skip
def test_a_faulty_return_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = (AIPLUS / "returns" / "agency_metrics.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "agency_metrics.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    faults: list[Fault] = []
    assert load_returns(tmp_path, faults=faults) == {}
    assert sentence in [fault.message for fault in faults]
    line = text[: text.index(old)].count("\n") + 1
    near = [fault for fault in faults if fault.message == sentence]
    assert all(fault.where.startswith("returns/agency_metrics.yaml:") for fault in near)
    if "due_day" not in old and "open_months" not in old:
        assert abs(int(near[0].where.split(":")[1]) - line) <= 2


def test_the_digest_covers_words_and_numbers_but_not_layout(tmp_path: Path, metrics: Return) -> None:
    text = (AIPLUS / "returns" / "agency_metrics.yaml").read_text(encoding="utf-8")
    (tmp_path / "returns").mkdir()
    path = tmp_path / "returns" / "agency_metrics.yaml"
    digests = []
    for version in (
        f"# another remark\n{text}",
        text.replace("due_day: 10", "due_day: 11"),
        text.replace("办件量", "办件数"),
    ):
        path.write_text(version, encoding="utf-8")
        digests.append(load_returns(tmp_path, faults=[])["agency_metrics"].sha256)
    assert digests[0] == metrics.sha256
    assert len({*digests}) == 3


# -- one row --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", GOOD)
def test_a_good_row_of_each_metric_is_read(metrics: Return, metric: str) -> None:
    row, problems = read_row(metrics, record(metric), sent=ON_TIME)
    assert problems == ()
    assert row is not None
    assert row.cell == (LI, "2026-10", metric, GOOD[metric].get("dimension", ""))


REFUSED: dict[str, tuple[dict[str, object], list[str]]] = {
    "percent": ({"assisted": "40%"}, ["assisted: “40%” is a percentage. Only sums and counts are collected; send"
                                      " the part and the whole."]),
    "percent in full width": ({"assisted": "４０％"}, ["assisted: “40%” is a percentage. Only sums and counts are"
        " collected; send the part and the whole."]),
    "part": ({"assisted": 1001}, ["assisted: Items assisted by AI (1,001) exceeds Items completed (1,000)."
                                  " Correct one of the two."]),
    "part of part": ({"automatic": 401}, ["automatic: Items completed fully automatically (401) exceeds Items"
                                          " assisted by AI (400). Correct one of the two."]),
    "blank": ({"items": ""}, ["items: “Items completed” is empty. Write 0 if there is none; where it is not known"
                              " leave the whole row out and do not write 0."]),
    "negative": ({"automatic": "-1"}, ["automatic: “-1” is below 0. Sums and counts are never negative; correct it."]),
    "fraction": ({"automatic": "1.5"}, ["automatic: “1.5” is not a whole number. Items completed fully"
                                        " automatically is a count."]),
    "exponent": ({"automatic": "1e2"}, ["automatic: “1e2” cannot be read as a number. Use digits only, such as"
                                        " 1200; write 0 if there is none."]),
    "formula": ({"automatic": "=1+1"}, ["automatic: “=1+1” cannot be read as a number. Use digits only, such as"
                                        " 1200; write 0 if there is none."]),
    "true": ({"automatic": True}, ["automatic: “True” cannot be read as a number. Use digits only, such as 1200;"
                                   " write 0 if there is none."]),
    "nan": ({"automatic": Decimal("NaN")}, ["automatic: “NaN” cannot be read as a number. Use digits only, such"
                                            " as 1200; write 0 if there is none."]),
    "large": ({"items": 10**15}, ["items: “1000000000000000” is too large to be a number of this metric. Check"
                                  " the unit."]),
    "foreign": ({"users": 3}, ["users: Metric M-04 has no “users”, but this row says “3”. Leave it empty."]),
    "unit": ({"unit": LI[:-1] + "!"}, [f"unit: “{LI[:-1]}!” is not a unified social credit code (18 characters,"
                                       f" the last one checks). Compare it with the certificate."]),
    "reporter": ({"reporter": "平台"}, ["reporter: “平台” is not a unified social credit code (18 characters, the"
        " last one checks). Compare it with the certificate."]),
    "month": ({"period": "2026-13"}, ["period: “2026-13” is not a month. Write it as 2026-10."]),
    "quarter": ({"period": "2026Q4"}, ["period: “2026Q4” is not a month. Write it as 2026-10."]),
    "early": ({"period": "2026-11"}, ["period: 2026-11 ends on 2026-11-30 and could not be reported on"
                                      " 2026-11-08. Send it when the period is over."]),
    "metric": ({"metric": "M-99"}, ["metric: The return has no metric “M-99”. It has: " + ", ".join(GOOD) + "."]),
    "dimension extra": ({"dimension": "t1"}, ["dimension: Metric M-04 is not broken down, but this row says “t1”."
                                              " Leave it empty."]),
    "revision word": ({"revision": "first"}, ["revision: “first” is not a revision number. The first report is 0"
                                              " or empty, then come 1, 2, 3."]),
    "revision of an open period": ({"revision": "1", "reason": "x"}, ["revision: Until 2027-01-31 a row of"
                                                                      " 2026-10 that is sent again replaces the"
                                                                      " one before. Write revision 0."]),
    "flag": ({"flag": "p"}, ["flag: “p” is not a flag. Write e where the numbers are estimated or carried"
                             " forward, else nothing."]),
    "invisible": ({"reason": "a\u202eb"}, ["reason: “a[U+202E]b” contains an invisible control character, which"
                                           " cannot be stored. Remove it."]),
    "long": ({"reason": "a" * 501}, ["reason: This has 501 characters, and at most 500 fit. Shorten it."]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_row_is_refused_in_words(metrics: Return, case: str) -> None:
    changes, expected = REFUSED[case]
    assert said(metrics, record() | changes) == expected
    zh = said(metrics, record() | changes, lang="zh")
    assert len(zh) == len(expected)
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) for text in zh)


@pytest.mark.parametrize(
    ("metric", "changes", "sentence"),
    [
        ("M-01", {"dimension": ""}, "dimension: Metric M-01 has one row for each “Way of acting”, and this row"
                                    " names none. Write one of: autonomous, approved."),
        ("M-01", {"dimension": "self"}, "dimension: “self” is no “Way of acting”. Write one of: autonomous, approved."),
        ("M-03", {"spending": "1.234"}, "spending: “1.234” has more than 2 decimal places."),
        ("M-06", {"cases": 0}, "minutes: Handling time, sum is 1,250.5, but Cases is 0. Correct one of the two."),
    ],
)  # fmt: skip
def test_what_other_metrics_refuse(metrics: Return, metric: str, changes: dict[str, object], sentence: str) -> None:
    assert said(metrics, record(metric, **changes)) == [sentence]


def test_a_sum_over_no_cases_is_zero(metrics: Return) -> None:
    assert said(metrics, record("M-06", minutes=0, cases=0)) == []


def test_a_period_can_be_reported_from_the_day_after_it(metrics: Return) -> None:
    last_day = datetime.datetime(2026, 10, 31, 23, 59)
    assert said(metrics, record(), sent=last_day) == [
        "period: 2026-10 ends on 2026-10-31 and could not be reported on 2026-10-31. Send it when the period is"
        " over."]  # fmt: skip
    assert said(metrics, record(), sent=datetime.datetime(2026, 11, 1)) == []


def test_blank_is_not_zero_and_only_an_optional_measure_may_be_blank(metrics: Return) -> None:
    row, _ = read_row(metrics, record("M-08", tokens=""), sent=ON_TIME)
    zero, _ = read_row(metrics, record("M-08", tokens="0"), sent=ON_TIME)
    assert row is not None
    assert zero is not None
    assert (row.values, zero.values) == ((Decimal(90000), None), (Decimal(90000), Decimal(0)))
    assert row.content != zero.content


def test_numbers_are_read_as_people_type_them(metrics: Return) -> None:
    row, _ = read_row(metrics, record(items="１，２００", assisted="0.04万", automatic=" 50 "), sent=ON_TIME)
    assert row is not None
    assert row.values == (Decimal(1200), Decimal(400), Decimal(50))


def test_metrics_and_reasons_to_the_sign(metrics: Return) -> None:
    assert said(metrics, record() | {"metric": "m-04", "reason": "a" * 500}) == []


def test_a_revision_needs_a_reason(metrics: Return) -> None:
    later = datetime.datetime(2027, 2, 1, 8)
    assert said(metrics, record(revision=1), sent=later) == [
        "reason: Revision 1 gives no reason. Say in the column “reason” why the number changes."]  # fmt: skip
    assert said(metrics, record(revision=1, reason="recount"), sent=later) == []


# -- which rows stand -----------------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing_and_says_so(metrics: Return) -> None:
    rows = [record(metric) for metric in GOOD]
    once, first = sent_rows(metrics, Ledger(), *rows)
    twice, second = sent_rows(metrics, once, *rows)
    later, third = sent_rows(metrics, twice, *rows, sent=datetime.datetime(2026, 12, 1))
    assert statuses(first) == ["accepted"] * 12
    assert statuses(second) == statuses(third) == ["unchanged"] * 12
    assert (first.changed, second.changed, third.changed) == (True, False, False)
    assert once == twice
    assert list(once.rows(metrics)) == list(later.rows(metrics))


def test_while_the_period_is_open_a_row_sent_again_replaces_and_the_first_stays_on_record(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record(items=1000))
    ledger, report = sent_rows(metrics, ledger, record(items=1100), sent=datetime.datetime(2027, 1, 31, 23, 59))
    assert statuses(report) == ["replaced"]
    (row,) = ledger.rows(metrics)
    assert row.values[0] == 1100
    assert [receipt.row.values[0] for receipt in ledger.history(row.cell)] == [1000, 1100]


def test_a_row_sent_back_to_what_it_was_is_replaced_again(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record(items=1000))
    ledger, _ = sent_rows(metrics, ledger, record(items=1100), sent=datetime.datetime(2026, 11, 9))
    ledger, report = sent_rows(metrics, ledger, record(items=1000), sent=datetime.datetime(2026, 11, 10))
    assert statuses(report) == ["replaced"]
    assert next(ledger.rows(metrics)).values[0] == 1000


def test_an_older_file_that_arrives_late_does_not_replace_a_newer_one(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record(items=1100), sent=datetime.datetime(2026, 11, 9))
    ledger, report = sent_rows(metrics, ledger, record(items=1000))
    assert statuses(report) == ["superseded"]
    assert sentences(report) == ["Numbers that were sent later stand already; this row is kept for the record."]
    assert next(ledger.rows(metrics)).values[0] == 1100


def test_of_a_row_that_no_longer_stands_nothing_is_asked(metrics: Return) -> None:
    ledger, first = sent_rows(metrics, Ledger(), record(items=1100), sent=datetime.datetime(2026, 11, 20))
    assert len(first.outcomes[0].checks) == 1, "it came late"
    _, second = sent_rows(metrics, ledger, record(items=1000), sent=datetime.datetime(2026, 11, 15))
    assert (statuses(second), second.outcomes[0].checks) == (["superseded"], ())


def test_after_the_period_has_closed_a_numbered_revision_is_needed(metrics: Return) -> None:
    closed = datetime.datetime(2027, 2, 1)
    ledger, _ = sent_rows(metrics, Ledger(), record(items=1000))
    ledger, report = sent_rows(metrics, ledger, record(items=1100), sent=closed)
    assert statuses(report) == ["refused"]
    assert sentences(report) == ["2026-10 was closed on 2027-01-31 and cannot be replaced any more. Send it as"
                                 " revision 1 with a reason."]  # fmt: skip
    assert next(ledger.rows(metrics)).values[0] == 1000
    revised = record(items=1100, revision=1, reason="a branch was left out")
    ledger, report = sent_rows(metrics, ledger, revised, sent=closed)
    assert statuses(report) == ["accepted"]
    assert next(ledger.rows(metrics)).values[0] == 1100
    ledger, report = sent_rows(
        metrics, ledger, record(items=1200, revision=1, reason="again"), sent=closed.replace(day=2)
    )
    assert statuses(report) == ["refused"]
    assert sentences(report) == ["Revision 1 has been sent with other numbers already. Send this as revision 2."]
    assert statuses(sent_rows(metrics, ledger, revised, sent=closed.replace(day=3))[1]) == ["unchanged"]


def test_the_same_numbers_after_closing_are_no_change(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record())
    _, report = sent_rows(metrics, ledger, record(), sent=datetime.datetime(2027, 3, 1))
    assert statuses(report) == ["unchanged"]


def test_a_first_report_after_closing_is_taken_and_then_fixed(metrics: Return) -> None:
    ledger, report = sent_rows(metrics, Ledger(), record(), sent=datetime.datetime(2027, 2, 5))
    assert statuses(report) == ["accepted"]
    assert sentences(report) == ["Late: 2026-10 was due on 2026-11-10."]
    _, report = sent_rows(metrics, ledger, record(items=1100), sent=datetime.datetime(2027, 2, 6))
    assert statuses(report) == ["refused"]


def test_a_revision_waits_for_the_ones_before_it(metrics: Return) -> None:
    closed = datetime.datetime(2027, 2, 1)
    ledger, report = sent_rows(metrics, Ledger(), record(items=1300, revision=2, reason="b"), sent=closed)
    assert statuses(report) == ["waiting"]
    assert list(ledger.rows(metrics)) == []
    ledger, _ = sent_rows(metrics, ledger, record(items=1000))
    assert next(ledger.rows(metrics)).values[0] == 1000
    ledger, _ = sent_rows(metrics, ledger, record(items=1100, revision=1, reason="a"), sent=closed)
    assert next(ledger.rows(metrics)).values[0] == 1300


def test_two_rows_of_one_file_that_contradict_each_other_are_both_refused(metrics: Return) -> None:
    ledger, report = sent_rows(metrics, Ledger(), record(items=1000), record("M-07"), record(items=1001))
    assert statuses(report) == ["refused", "accepted", "refused"]
    assert sentences(report)[0] == (
        "Row 4 gives other numbers for the same unit, period, metric, dimension and revision; neither was taken."
        " Keep the right one."
    )
    assert [row.metric for row in ledger.rows(metrics)] == ["M-07"]


def test_a_row_that_stands_twice_in_a_file_counts_once(metrics: Return) -> None:
    ledger, report = sent_rows(metrics, Ledger(), record(items="1000"), record(items="1,000"))
    assert statuses(report) == ["accepted", "unchanged"]
    assert sentences(report) == ["The same as row 2."]
    assert len(ledger.receipts) == 1


# -- what is asked about --------------------------------------------------------------------------------------------


def test_late_is_the_day_after_the_tenth(metrics: Return) -> None:
    assert sentences(sent_rows(metrics, Ledger(), record(), sent=datetime.datetime(2026, 11, 10, 23, 59))[1]) == []
    late = sent_rows(metrics, Ledger(), record(), sent=datetime.datetime(2026, 11, 11))[1]
    assert sentences(late) == ["Late: 2026-10 was due on 2026-11-10."]
    assert statuses(late) == ["accepted"]


@pytest.mark.parametrize(("now", "asked"), [(200, False), (199, True), (5000, False), (5001, True), (0, True)])
def test_a_change_outside_a_fifth_and_five_times_is_asked_about(metrics: Return, now: int, asked: bool) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record(items=1000, assisted=0, automatic=0))
    november = record(items=now, assisted=0, automatic=0, period="2026-11")
    _, report = sent_rows(metrics, ledger, november, sent=datetime.datetime(2026, 12, 8))
    assert statuses(report) == ["accepted"]
    assert bool(sentences(report)) == asked


def test_what_is_said_of_a_change_and_that_a_reason_answers_it(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record("M-09", users=80))
    december = datetime.datetime(2026, 12, 8)
    report = sent_rows(metrics, ledger, record("M-09", users=8, period="2026-11"), sent=december)[1]
    assert sentences(report) == ["Users is 8 and was 80 in 2026-10: 0.10 times, outside 0.2 to 5. Check the unit;"
                                 " if it is right, say why in the column “reason”."]  # fmt: skip
    assert "使用人数为 8，上期（2026-10）为 80，是上期的 0.10 倍，超出 0.2～5 倍。" in sentences(report, "zh")[0]
    explained = record("M-09", users=8, period="2026-11", reason="half the office moved")
    assert sentences(sent_rows(metrics, ledger, explained, sent=december)[1]) == []


def test_a_metric_may_have_its_own_bounds(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record("M-03", spending="100"))
    report = sent_rows(
        metrics, ledger, record("M-03", spending="10", period="2026-11"), sent=datetime.datetime(2026, 12, 8)
    )[1]
    assert sentences(report) == []


def test_a_month_left_out_is_missing_and_is_said(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record())
    _, report = sent_rows(metrics, ledger, record(period="2026-12"), sent=datetime.datetime(2027, 1, 8))
    assert sentences(report) == [
        "Nothing was received for 2026-11; it counts as missing and nothing is carried forward."
    ]


def test_estimated_numbers_are_told(metrics: Return) -> None:
    assert sentences(sent_rows(metrics, Ledger(), record(flag="e"))[1]) == ["Flag e: estimated or carried forward."]


# -- totals ---------------------------------------------------------------------------------------------------------


def test_totals_tell_coverage_and_never_carry_forward_unasked(metrics: Return) -> None:
    ledger, _ = sent_rows(metrics, Ledger(), record("M-09", users=80), record("M-09", users=20, unit=WANG))
    ledger, _ = sent_rows(
        metrics, ledger, record("M-09", users=90, period="2026-11", flag="e"), sent=datetime.datetime(2026, 12, 8)
    )
    units = {LI, WANG, unit(3)}

    def users(**how: int) -> tuple[object, ...]:
        found = next(t for t in totals(metrics, ledger, period="2026-11", units=units, **how) if t.measure == "users")
        return found.value, found.units, found.reported, found.carried, found.estimated, found.flag

    # November: Li reports 90 (estimated), Wang reported 20 for October, the third never did.
    assert users() == (Decimal(90), 3, 1, 0, 1, "e")
    assert users(carry=1) == (Decimal(110), 3, 1, 1, 1, "e")
    october = [t for t in totals(metrics, ledger, period="2026-10", units=units) if t.measure == "users"]
    assert [(t.value, t.flag, t.coverage) for t in october] == [(Decimal(100), "", 2 / 3)]
    missing = next(t for t in totals(metrics, ledger, period="2026-10", units=units) if t.measure == "incidents")
    assert (missing.value, missing.reported, missing.estimated, missing.flag) == (None, 0, 0, "")
    december = [t for t in totals(metrics, ledger, period="2026-12", units=[WANG], carry=2) if t.measure == "users"]
    assert [(t.value, t.reported, t.carried, t.estimated, t.flag) for t in december] == [(Decimal(20), 0, 1, 0, "e")]
    nobody = totals(metrics, ledger, period="2026-12", units=[])
    assert all(str(total.coverage) == "nan" and total.value is None for total in nobody)
    assert len(totals(metrics, ledger, period="2026-10", units=units)) == 2 * 2 + 10 * 2 + 1 + 3 + 3 + 2 * 2 + 1 + 2 + 4


# -- what must always hold ------------------------------------------------------------------------------------------

MOMENTS = [datetime.datetime(2026, 11, 5) + datetime.timedelta(days=days) for days in (0, 1, 40, 87, 88, 120, 200)]
FILES = st.lists(
    st.tuples(
        st.sampled_from(MOMENTS),
        st.lists(
            st.builds(
                lambda metric, number, revision, who: record(
                    metric, **{next(iter(k for k in GOOD[metric] if k != "dimension")): number}, revision=revision,
                    reason="r" if revision else "", unit=who),
                st.sampled_from(["M-07", "M-12"]), st.integers(0, 3), st.integers(0, 3), st.sampled_from([LI, WANG]),
            ),
            max_size=4,
        ),
    ),
    max_size=5,
)  # fmt: skip


def ledger_of(definition: Return, sending: list[tuple[datetime.datetime, list[dict[str, object]]]]) -> Ledger:
    ledger = Ledger()
    for sent, rows in sending:
        ledger, _ = sent_rows(definition, ledger, *rows, sent=sent)
    return ledger


@settings(max_examples=150, deadline=None)
@given(FILES, st.randoms(use_true_random=False))
def test_files_in_any_order_and_any_number_of_times_give_the_same_ledger(
    metrics: Return, sending: list[tuple[datetime.datetime, list[dict[str, object]]]], random: object
) -> None:
    expected = ledger_of(metrics, sending)
    shuffled = [*sending, *sending]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ledger_of(metrics, shuffled) == expected
    assert list(ledger_of(metrics, shuffled).rows(metrics)) == list(expected.rows(metrics))


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_a_file_received_again_changes_nothing(
    metrics: Return, sending: list[tuple[datetime.datetime, list[dict[str, object]]]]
) -> None:
    ledger = ledger_of(metrics, sending)
    for sent, rows in sending:
        again, report = sent_rows(metrics, ledger, *rows, sent=sent)
        assert again == ledger
        assert not report.changed


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_the_report_says_of_each_file_what_then_stands(
    metrics: Return, sending: list[tuple[datetime.datetime, list[dict[str, object]]]]
) -> None:
    ledger = Ledger()
    for sent, rows in sending:
        before = {row.cell: row for row in ledger.rows(metrics)}
        ledger, report = sent_rows(metrics, ledger, *rows, sent=sent)
        after = {row.cell: row for row in ledger.rows(metrics)}
        assert report.changed or before == after
        for outcome in report.outcomes:
            if outcome.status in ("accepted", "replaced") and outcome.row is not None:
                held = ledger.standing(metrics, outcome.row.cell).by_revision[outcome.row.revision]
                assert held.content == outcome.row.content


def test_every_order_of_three_contrary_sendings_gives_one_ledger(metrics: Return) -> None:
    sendings = [
        (MOMENTS[0], [record("M-07", incidents=1)]),
        (MOMENTS[5], [record("M-07", incidents=2)]),
        (MOMENTS[5], [record("M-07", incidents=3, revision=1, reason="r")]),
        (MOMENTS[1], [record("M-07", incidents=4)]),
    ]
    ledgers = [ledger_of(metrics, list(order)) for order in itertools.permutations(sendings)]
    assert all(ledger == ledgers[0] for ledger in ledgers)
    assert {next(ledger.rows(metrics)).values[0] for ledger in ledgers} == {Decimal(3)}


@given(
    st.text(max_size=12),
    st.sampled_from(["unit", "period", "metric", "dimension", "revision", "flag", "items", "reason"]),
)
def test_any_text_in_any_cell_is_read_or_refused_in_words(metrics: Return, text: str, column: str) -> None:
    row, problems = read_row(metrics, record() | {column: text}, sent=ON_TIME)
    assert (row is None) == bool(problems)


@pytest.mark.parametrize(
    ("period", "end", "before"),
    [("2026-01", "2026-01-31", "2025-12"), ("2028-02", "2028-02-29", "2028-01"), ("2026-12", "2026-12-31", "2026-11"),
     ("2026Q1", "2026-03-31", "2025Q4"), ("2026Q4", "2026-12-31", "2026Q3")],
)  # fmt: skip
def test_periods(period: str, end: str, before: str) -> None:
    assert period_end(period).isoformat() == end
    assert period_before(period) == before


def test_a_period_is_of_one_kind() -> None:
    kinds = {text: [kind for kind in ("month", "quarter") if is_period(text, kind)] for text in
             ("2026-10", "2026Q4", "2026Q04", "2026-4", "1899-12", "9000Q4", "9001-01")}  # fmt: skip
    assert kinds == {"2026-10": ["month"], "2026Q4": ["quarter"], "2026Q04": [], "2026-4": [], "1899-12": [],
                     "9000Q4": ["quarter"], "9001-01": []}  # fmt: skip


@pytest.mark.parametrize("text", ["", "2026", "2026-1", "2026-00", "2026-13", "26-10", "2026/10", "2026Q5", "2026Q0",
    "２０２６-10", "2026-1０", "0000-01"])  # fmt: skip
def test_what_is_no_period(text: str) -> None:
    assert not is_period(text, "month")
    assert not is_period(text, "quarter")


def test_a_period_closes_three_months_after_its_end(metrics: Return) -> None:
    assert [metrics.closes(period).isoformat() for period in ("2026-10", "2026-11", "2026-12")] == [
        "2027-01-31", "2027-02-28", "2027-03-31"]  # fmt: skip
    assert metrics.due("2026-12").isoformat() == "2027-01-10"


def test_receipts_are_held_once(metrics: Return) -> None:
    row = Row(LI, "2026-10", "M-07", "", 0, (Decimal(1),))
    same = Row(LI, "2026-10", "M-07", "", 0, (Decimal("1.0"),))
    ledger = with_receipts(Ledger(), [Receipt.of(row, ON_TIME), Receipt.of(same, ON_TIME)])
    assert len(ledger.history(row.cell)) == 1
