"""Files of a return: encodings, quoting, names of columns, hostile content; and how large they may be."""

from __future__ import annotations

import datetime
import json
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.returns import Ledger, Return, ReturnFileError, load_returns, read_bytes, read_file, receive
from uptake.contract.codes import uscc_check_character

SENT = datetime.datetime(2026, 11, 8, 9)
UNIT = "11110000000000001" + uscc_check_character("11110000000000001")
HEADER = "unit,period,metric,items,assisted,automatic,incidents,reason\n"
ROW = f"{UNIT},2026-10,M-04,100,40,5,,\n"


@pytest.fixture(scope="module")
def metrics() -> Return:
    return load_returns(Path(str(files("uptake.studies") / "aiplus")), faults=[])["agency_metrics"]


def taken(definition: Return, content: bytes, *, is_json: bool = False) -> list[str]:
    found = read_bytes(definition, content, is_json=is_json)
    _, report = receive(definition, Ledger(), found.records, sent=SENT)
    return [outcome.status for outcome in report.outcomes]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ((HEADER + ROW).encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + (HEADER + ROW).encode(), "UTF-8"),
        ((HEADER + ROW.replace(",\n", ",迁址\n")).encode("gb18030"), "GB18030"),
        ((HEADER + ROW).replace("\n", "\r\n").encode(), "UTF-8"),
        ((HEADER.replace("unit,period,metric", "统一社会信用代码,报告期,指标") + ROW).encode("gb18030"), "GB18030"),
        ((HEADER.upper() + ROW).encode(), "UTF-8"),
        ((HEADER.strip() + ",,\n" + ROW.strip() + ",,\n\n,,,,\n").encode(), "UTF-8"),
    ],
    ids=["utf-8", "bom", "gb18030", "crlf", "chinese names", "capitals", "empty columns and rows"],
)
def test_a_file_is_read_in_its_encoding_which_is_told(metrics: Return, content: bytes, encoding: str) -> None:
    assert read_bytes(metrics, content).encoding == encoding
    assert taken(metrics, content) == ["accepted"]


def test_a_quoted_cell_may_hold_line_breaks_and_rows_keep_their_line(metrics: Return) -> None:
    second = f"{UNIT},2026-10,M-07,,,,0,\n"
    content = HEADER + ROW.replace(",\n", ',"first, ""line""\nsecond line"\n') + second
    found = read_bytes(metrics, content.encode())
    assert [line for line, _ in found.records] == [2, 4]
    ledger, _ = receive(metrics, Ledger(), found.records, sent=SENT)
    assert [row.reason for row in ledger.rows(metrics)] == ['first, "line"\nsecond line', ""]


REFUSED = {
    "The file is empty. Its first line names the columns: unit, period, metric and the measures.": b" \n",
    "The file is a workbook (.xlsx) or archive, not a text file. Save it as CSV in UTF-8.": b"PK\x03\x04rest",
    "The file is in UTF-16. Save it as CSV in UTF-8.": (HEADER + ROW).encode("utf-16"),
    "The file is in neither UTF-8 nor GB18030. Save it as CSV in UTF-8.": b"\xff\xff\xff",
    "The file holds NUL characters, so it is not a text file. Save it as CSV in UTF-8.": (HEADER + "\x00").encode(),
    "The columns are separated by semicolons or tabs. Save the file with commas.": HEADER.replace(",", ";").encode(),
    "The column “metric” is missing. Name it in the first line.": b"unit,period\n",
    "The column “items” stands twice, so nobody could tell which one is meant. Keep one.": (
        b"unit,period,metric,items,items\n"
    ),
    "Line 2 is not readable as CSV (unexpected end of data). Check the quotes.": (HEADER + '"x').encode(),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_words(metrics: Return, sentence: str) -> None:
    with pytest.raises(ReturnFileError) as refusal:
        read_bytes(metrics, REFUSED[sentence])
    assert str(refusal.value) == sentence
    assert any("\u4e00" <= sign <= "\u9fff" for sign in refusal.value.text["zh"])


def test_an_unknown_column_is_refused_with_the_nearest_name(metrics: Return) -> None:
    with pytest.raises(ReturnFileError) as refusal:
        read_bytes(metrics, HEADER.replace("assisted", "asisted").encode())
    message = str(refusal.value)
    assert message.startswith("No column is called “asisted”, and its numbers would be lost. Columns are: unit,")
    assert message.endswith('Did you mean "assisted"?')


def test_a_row_with_too_many_cells_is_refused_and_the_others_are_taken(metrics: Return) -> None:
    content = HEADER + ROW.strip() + "1,2,3\n" + ROW
    found = read_bytes(metrics, content.encode())
    assert [(line, problem.message["en"]) for line, problem in found.broken] == [
        (2, "This row has 10 cells and the first line 8 columns. Check commas and quotes.")]  # fmt: skip
    assert [line for line, _ in found.records] == [3]


@pytest.mark.parametrize(
    "cell", ["=1+1", "=HYPERLINK(1)", "+1+1", "@SUM(1)", "-2+3", "<script>1</script>", "{{7*7}}", "1;2"]
)
def test_formulas_and_scripts_are_text_and_never_numbers(metrics: Return, cell: str) -> None:
    assert taken(metrics, (HEADER + ROW.replace(",100,", f",{cell},")).encode()) == ["refused"]


def test_json_is_a_list_of_records_or_rows(metrics: Return) -> None:
    record = {"unit": UNIT, "period": "2026-10", "metric": "M-04", "items": 100, "assisted": "40", "automatic": 5}
    for content in ([record], {"rows": [record]}):
        assert taken(metrics, json.dumps(content).encode(), is_json=True) == ["accepted"]
    assert taken(metrics, json.dumps([{**record, "items": None}]).encode(), is_json=True) == ["refused"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[{]", "The file is not readable as JSON (Expecting property name enclosed in double quotes: line 1 column 3"
                " (char 2)). Check brackets and commas."),
        ("3", "A list of records was expected, or an object with “rows”. See the guide."),
        ('[{"items": NaN}]', "NaN is not a number. Leave the key out where a number is not known."),
        ('[{"items": 1, "items": 2}]',
         "The column “items” stands twice, so nobody could tell which one is meant. Keep one."),
    ],
)  # fmt: skip
def test_json_that_cannot_be_read_is_refused_in_words(metrics: Return, content: str, sentence: str) -> None:
    with pytest.raises(ReturnFileError) as refusal:
        read_bytes(metrics, content.encode(), is_json=True)
    assert str(refusal.value) == sentence
    assert any("\u4e00" <= sign <= "\u9fff" for sign in refusal.value.text["zh"])


def test_deep_json_and_huge_numbers_are_refused_too(metrics: Return) -> None:
    with pytest.raises(ReturnFileError, match="is not readable as JSON"):
        read_bytes(metrics, b"[" * 200_000, is_json=True)
    rows = f'[{{"unit": "{UNIT}", "period": "2026-10", "metric": "M-07", "incidents": {"9" * 9000}}}]'
    assert taken(metrics, rows.encode(), is_json=True) == ["refused"]


@pytest.mark.parametrize("number", ["1e999999999999999999999", "0e999999999999999999999", "1e999999", "1e-999999"])
def test_exponents_beyond_measure_are_no_numbers(metrics: Return, number: str) -> None:
    row = f'[{{"unit": "{UNIT}", "period": "2026-10", "metric": "M-07", "incidents": {number}}}]'
    assert taken(metrics, row.encode(), is_json=True) == ["refused"]


def test_names_from_a_file_are_shown_safely(metrics: Return) -> None:
    with pytest.raises(ReturnFileError) as refusal:
        read_bytes(metrics, b'[{"a\\u202eb": 1, "a\\u202eb": 2}]', is_json=True)
    assert "“a[U+202E]b” stands twice" in str(refusal.value)
    with pytest.raises(ReturnFileError) as refusal:
        read_bytes(metrics, f'[{{"{"k" * 9000}": 1, "{"k" * 9000}": 2}}]'.encode(), is_json=True)
    assert len(str(refusal.value)) < 200


def test_a_file_of_something_else_is_told_in_good_time(metrics: Return) -> None:
    keys = ", ".join(f'"incidents{number}": 1' for number in range(50_000))
    for content in (f"[{{{keys}}}]", "[" + ", ".join(['{"incidentz": 1}'] * 50_000) + "]", f"[{'1, ' * 50_000}1]"):
        with pytest.raises(ReturnFileError, match=r"More than 1,000 places are no records of this return"):
            read_bytes(metrics, content.encode(), is_json=True)
    with pytest.raises(ReturnFileError, match=r"More than 1,000 places"):
        read_bytes(metrics, (HEADER + (ROW.strip() + "1,2\n") * 1_001).encode())
    assert len(read_bytes(metrics, (HEADER + (ROW.strip() + "1,2\n") * 1_000 + ROW).encode()).broken) == 1_000
    with pytest.raises(ReturnFileError, match="“incidents49999” stands twice"):
        read_bytes(metrics, f'[{{{keys}, "incidents49999": 2}}]'.encode(), is_json=True)


def test_json_rows_that_are_no_records_are_told(metrics: Return) -> None:
    found = read_bytes(metrics, b'[1, {"unit": []}, {"asisted": 1}]', is_json=True)
    assert [(line, problem.message["en"][:40]) for line, problem in found.broken] == [
        (1, "This is not a record of column names and"),
        (2, "This is not a record of column names and"),
        (3, "No column is called “asisted”, and its n"),
    ]


def test_a_missing_file_is_told(metrics: Return, tmp_path: Path) -> None:
    with pytest.raises(ReturnFileError, match=r"october\.csv: cannot be read \(No such file or directory\)\."):
        read_file(metrics, tmp_path / "october.csv")
    with pytest.raises(ReturnFileError, match="cannot be read"):
        read_file(metrics, tmp_path)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused_in_words(metrics: Return, content: bytes, is_json: bool) -> None:
    for data in (content, HEADER.encode() + content):
        try:
            found = read_bytes(metrics, data, is_json=is_json)
        except ReturnFileError as refusal:
            assert str(refusal).endswith((".", "?"))
        else:
            receive(metrics, Ledger(), found.records, sent=SENT)


def received_twice(definition: Return, units: int) -> None:
    first = [f"1111{number:013}" for number in range(units)]
    lines = [f"{code}{uscc_check_character(code)},{period},M-04,{n % 900 + 100},40,5,," for n, code in enumerate(first)
             for period in ("2026-07", "2026-08", "2026-09", "2026-10")]  # fmt: skip
    found = read_bytes(definition, (HEADER + "\n".join(lines)).encode())
    ledger, report = receive(definition, Ledger(), found.records, sent=SENT)
    assert report.counts["accepted"] == len(report.outcomes) == units * 4
    again, second = receive(definition, ledger, found.records, sent=SENT)
    assert second.counts["unchanged"] == units * 4
    assert again == ledger


def test_ten_thousand_rows_are_received_and_again_change_nothing(metrics: Return) -> None:
    received_twice(metrics, 2_500)


@pytest.mark.proof
def test_a_hundred_thousand_rows_are_received_and_again_change_nothing(metrics: Return) -> None:
    received_twice(metrics, 25_000)
