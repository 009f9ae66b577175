"""`uptake return check`: the report a sender reads before sending, in both languages, and the exit code."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from forms.returns import load_returns
from forms.returns.published import publish_return, published_return_faults
from uptake.cli import main
from uptake.contract.codes import uscc_check_character
from uptake.contract.errors import Fault
from uptake.study import load_study

AIPLUS = Path(str(files("uptake.studies") / "aiplus"))
UNIT = "11110000000000001" + uscc_check_character("11110000000000001")
HEADER = "unit,period,metric,items,assisted,automatic\n"


def check(*arguments: object) -> int:
    try:
        main(["return", "check", *map(str, arguments)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def october(tmp_path: Path) -> Path:
    path = tmp_path / "october.csv"
    path.write_text(f"{HEADER}{UNIT},2026-10,M-04,100,40,5\n", encoding="utf-8")
    return path


def test_the_study_knows_its_return() -> None:
    assert list(load_study(AIPLUS).returns) == ["agency_metrics"]


def test_a_good_file(october: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(october, AIPLUS, "--sent", "2026-11-08") == 0
    assert capsys.readouterr().out == (
        "AI+G202 Regular return of AI monitoring metrics in agencies (october.csv, UTF-8)\nIn all: accepted 1.\n"
    )


def test_a_file_with_a_wrong_row_in_chinese(october: Path, capsys: pytest.CaptureFixture[str]) -> None:
    october.write_bytes(f"{HEADER}{UNIT},2026-10,M-04,100,40%,5\n{UNIT},2026-10,M-04,1,1,1,9,9\n".encode("gb18030"))
    assert check(october, AIPLUS, "--sent", "2026-11-20", "--lang", "zh") == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "AI+G202 政府机关人工智能应用监测指标定期报表 (october.csv, UTF-8)",
        "  第 3 行 [未接收] 这一行有 8 格，首行只有 6 列。请检查逗号和引号。",
        "  第 2 行 assisted [未接收] “40%”是百分比。本表只收合计数和个数，请填分子和分母各自的数。",
        "合计：未接收 2。没有任何变化。",
    ]
    assert shown.err == f"uptake: {october}: 2 rows were not taken. Correct them and check the file again.\n"


def test_a_file_sent_before_is_replaced_or_unchanged(
    october: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mended = tmp_path / "mended.csv"
    mended.write_text(f"{HEADER}{UNIT},2026-10,M-04,110,40,5\n", encoding="utf-8")
    assert check(mended, AIPLUS, "--before", october, "--sent", "2026-11-08") == 0
    assert check(october, AIPLUS, "--before", october, "--sent", "2026-11-08T16:30") == 0
    printed = capsys.readouterr().out.splitlines()
    assert (printed[1], printed[3]) == ("In all: replaced 1.", "In all: unchanged 1. Nothing changes.")


def test_what_a_stranger_wrote_is_printed_safely(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.json"
    path.write_text('[{"\\ud800": 1, "a\\u202eb": 2, "' + "k" * 5000 + '": 3}]', encoding="ascii")
    assert check(path, AIPLUS) == 1
    lines = capsys.readouterr().out.encode().decode().splitlines()
    assert [line.split(" [refused]")[0] for line in lines[1:4]] == [
        "  row 1 [U+D800]", "  row 1 a[U+202E]b", f"  row 1 {'k' * 40}…",
    ]  # fmt: skip


def test_a_long_report_is_cut_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "many.csv"
    path.write_text(HEADER + "x,2026-10,M-04,1,1,1\n" * 250, encoding="utf-8")
    assert check(path, AIPLUS) == 1
    assert "… and 50 more" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--return", "agency"],
            'name one of the returns with --return: agency_metrics. Did you mean "agency_metrics"?',
        ),
        (["--sent", "yesterday"], '"yesterday" is not a time. Write 2026-11-08 or 2026-11-08T16:30.'),
    ],
)
def test_wrong_options_are_refused_in_words(
    october: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert check(october, AIPLUS, *arguments) == 1
    assert capsys.readouterr().err == f"uptake: {sentence}\n"


def test_a_study_without_returns_says_so(october: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(october, tmp_path) == 1
    assert "the study has no returns, so nothing can be sent. Write one in returns/." in capsys.readouterr().err


def test_a_faulty_return_is_listed_with_its_line(
    october: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "monthly.yaml").write_text("id: monthly\n", encoding="utf-8")
    assert check(october, tmp_path) == 3
    assert 'returns/monthly.yaml:1: this return lacks "title". Add the key.' in capsys.readouterr().err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study folder with its return alone."""
    shutil.copytree(AIPLUS / "returns", tmp_path / "study" / "returns")
    return tmp_path / "study"


def faults(folder: Path) -> list[str]:
    found: list[Fault] = []
    returns = load_returns(folder, faults=found)
    return [str(fault) for fault in (*found, *published_return_faults(folder, returns.values()))]


def test_a_published_return_cannot_change_under_its_versions(folder: Path) -> None:
    (definition,) = load_returns(folder, faults=[]).values()
    record = publish_return(folder, definition)
    assert record == folder / "published" / "returns" / "agency_metrics-1.0-1.json"
    assert publish_return(folder, definition) is None
    path = folder / "returns" / "agency_metrics.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# a remark\n{text}", encoding="utf-8")
    assert faults(folder) == []
    changed = text.replace("due_day: 10", "due_day: 12")
    path.write_text(changed, encoding="utf-8")
    assert faults(folder) == [
        "returns/agency_metrics.yaml:5: agency_metrics differs from what was published as 1.0 (text 1), and rows sent"
        " under the two could not be told apart: due_day was 10, is 12. Raise a version."
    ]
    path.write_text(changed.replace('"1.0"', '"1.1"', 1), encoding="utf-8")
    assert faults(folder) == []


def test_a_record_of_a_return_that_was_changed_is_told(folder: Path) -> None:
    (definition,) = load_returns(folder, faults=[]).values()
    record = publish_return(folder, definition)
    assert record is not None
    record.write_bytes(record.read_bytes().replace(b'"due_day":10', b'"due_day":11'))
    assert faults(folder) == [
        "published/returns/agency_metrics-1.0-1.json: the record is damaged or was changed after it was published, so"
        " nothing can be held against it. Restore it from where it was published."
    ]


def test_publishing_a_study_publishes_its_returns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(AIPLUS, tmp_path / "study")
    with pytest.raises(SystemExit) as end:
        main(["publish", str(tmp_path / "study")])
    assert end.value.code == 0
    assert "published/returns/agency_metrics-1.0-1.json (SHA-256" in capsys.readouterr().out
