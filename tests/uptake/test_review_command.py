"""`uptake review`: the rules over a wave or a file of one's own, written as a table and told in a few lines."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.forms.wave_answers import TODAY, judged, rows_of_wave, tables_of
from uptake.cli import main
from uptake.contract.errors import TableError
from uptake.contract.tables import FINDINGS, read_table
from uptake.example import make_study
from uptake.reviewing import review
from uptake.stages import Run
from uptake.study import Study, load_study

COUNT = 60


def judge(study: Study, path: Path) -> None:
    """Review a file of one's own; a study is loaded once, because its questionnaires are large."""
    review(Run(study, study.wave().id, True), responses=path)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("review") / "study"
    make_study(folder)
    return load_study(folder)


@pytest.fixture
def study(loaded: Study) -> Study:
    shutil.rmtree(loaded.folder / "waves", ignore_errors=True)
    return loaded


def written(study: Study, folder: Path, suffix: str) -> tuple[Path, set[tuple[Any, ...]]]:
    """Write random answers as files of one's own; returns where, and what Python finds in them."""
    rows = [(answers, {}) for answers, _ in rows_of_wave(study.questionnaire, 3, COUNT)]
    for name, table in tables_of(study.questionnaire, [(a, dict.fromkeys(_needed(study))) for a, _ in rows]).items():
        if not name:
            table = table.append_column("submitted_at", pa.array([TODAY.isoformat()] * COUNT))
        path = folder / f"{'_'.join(filter(None, ('answers', name)))}{suffix}"
        if suffix == ".csv":
            path.write_text(as_csv(table), encoding="utf-8", newline="")
        else:
            pq.write_table(table, path)
    expected = set()
    for unit, (answers, _) in enumerate(rows):
        for check, severity, fields, row in judged(study.questionnaire, answers, {})[1]:
            expected.add((str(unit), check, severity, " ".join(fields), row))
    return folder / f"answers{suffix}", expected


def _needed(study: Study) -> list[str]:
    from tests.forms.wave_answers import given_names

    return given_names(study.questionnaire)


def as_csv(table: pa.Table) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows([["" if value is None else value for value in row.values()] for row in table.to_pylist()])
    return stream.getvalue()


def found(study: Study) -> set[tuple[Any, ...]]:
    table = read_table(study.table(study.wave().id, "findings"), FINDINGS)
    rows = table[["unit_id", "check_id", "severity", "fields", "row"]].assign(row=table["row"].fillna(0).astype(int))
    return set(rows.itertuples(index=False, name=None))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_of_ones_own(study: Study, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    path, expected = written(study, tmp_path, suffix)
    judge(study, path)
    assert found(study) == expected
    shown = capsys.readouterr().out.splitlines()
    assert (
        shown[0].startswith(f"  3 collect   {COUNT} responses reviewed by ")
        and f"{len(expected):,} findings" in shown[0]
    )
    assert shown[1].split() == ["check", "severity", "count", "confirmed"] or "not judged" in shown[1]
    judge(study, path)
    assert "findings is up to date" in capsys.readouterr().out


def test_values_that_are_no_values_are_findings(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_text(
        "unit_id,e04_staff,e06,e12_autonomous\nU1,12.5,yes,\nU2,many,maybe,\nU3,0x1f,no,1e3\n", encoding="utf-8"
    )
    judge(study, path)
    table = read_table(study.table(study.wave().id, "findings"), FINDINGS)
    values = table[table["kind"] == "value"]
    assert set(zip(values["unit_id"], values["check_id"], strict=True)) == {
        ("U1", "value_e04_staff"), ("U2", "value_e04_staff"), ("U3", "value_e04_staff"), ("U2", "value_e06"),
    }  # fmt: skip


def test_confirmed_checks_and_the_sample(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wave = study.wave().id
    folder = study.table(wave, "x").parent
    folder.mkdir(parents=True)
    sample = pd.DataFrame({"unit_id": ["U1", "U2"], "staff": [1000, 10]})
    sample.to_parquet(folder / "sample.parquet")
    path = tmp_path / "own.csv"
    lines = ["unit_id,e04_staff,confirmed_staff_far_from_register", "U1,10,true", "U2,1000,", "U3,many,", ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    judge(study, path)
    table = read_table(study.table(wave, "findings"), FINDINGS)
    soft = table[table["check_id"] == "staff_far_from_register"]
    assert list(zip(soft["unit_id"], soft["confirmed"], strict=True)) == [("U1", True), ("U2", False)]
    assert "value_e04_staff" in set(table[table["unit_id"] == "U3"]["check_id"]), "which the sample does not have"
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["staff_far_from_register", "soft", "2", "1"] in lines


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "the file is missing, so nothing can be reviewed"),
        ("a.csv", "unit,e06\nU1,yes\n", 'the column "unit_id" is missing'),
        ("a.csv", "unit_id,e_06\nU1,yes\n", 'no column is a field of the questionnaire "enterprise"'),
        ("a.csv", "unit_id,e06\nU1,yes\nU1,no\n", 'the unit "U1" stands there twice'),
        ("a.csv", "unit_id,e06\nU1,是\n", "not a readable CSV file in UTF-8"),
        ("a.parquet", "no", "not a readable Parquet file"),
        ("a.csv", "unit_id,e06,e06\nU1,yes,no\n", 'the column "e06" stands there twice'),
        ("a.csv", "unit_id;e06;E06\nU1;yes;no\n", 'the column "e06" stands there twice'),
        ("a.csv", "unit_id,e06\n,yes\n ,no\nU1,no\n", "2 rows have no unit_id"),
        ("a.csv", "unit_id,e06\nU\u202e1,yes\nU\u202e1,no\n", 'the unit "U\\u202e1" stands there twice'),
    ],
)
def test_faults_of_the_file_are_told(
    study: Study, tmp_path: Path, name: str, content: str | None, message: str
) -> None:  # fmt: skip
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8" if "\u202e" in content else "gb18030")
    with pytest.raises(TableError, match=re.escape(message)):
        judge(study, path)
    assert not study.table(study.wave().id, "findings").exists()


def test_the_rows_of_a_roster_need_their_keys(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("unit_id,e06\nU1,yes\n", encoding="utf-8")
    (tmp_path / "a_e24.csv").write_text("unit_id,e24_name\nU1,x\n", encoding="utf-8")
    with pytest.raises(TableError, match='the column "row" is missing'):
        judge(study, tmp_path / "a.csv")


@pytest.mark.parametrize("row", ["", "0", "-1", "1.5", "x", "21", "１"])
def test_rows_of_a_roster_have_numbers_that_it_has_room_for(study: Study, tmp_path: Path, row: str) -> None:
    (tmp_path / "a.csv").write_text("unit_id,e06\nU1,yes\n", encoding="utf-8")
    (tmp_path / "a_e24.csv").write_text(f'unit_id,row,e24_name\nU1,1,x\nU1,"{row}",y\n', encoding="utf-8")
    with pytest.raises(TableError, match='the unit "U1" has the row "'):
        judge(study, tmp_path / "a.csv")
    (tmp_path / "a_e24.csv").write_text("unit_id,row,e24_name\nU1,20,x\nU1,1.0,y\n", encoding="utf-8")
    judge(study, tmp_path / "a.csv")
    (tmp_path / "a_e24.csv").write_text("unit_id,row,e24_name\nU1,7,x\nU1,7,y\n", encoding="utf-8")
    with pytest.raises(TableError, match='the unit "U1, row 7" stands there twice'):
        judge(study, tmp_path / "a.csv")


def test_a_path_is_no_pattern(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "e04_staff=7"  # a folder that DuckDB would take for a column
    folder.mkdir()
    (folder / "a1.csv").write_text("unit_id,e06\nX1,yes\nX2,yes\n", encoding="utf-8")
    for name in ("a[1].CSV", "a?.csv", "a*.csv"):
        (folder / name).write_text("unit_id,e06\nU1,maybe\n", encoding="utf-8")
        judge(study, folder / name)
        assert " 1 responses reviewed" in capsys.readouterr().out, name
        assert {unit for unit, *_ in found(study)} == {"U1"}
        assert not any("e04_staff" in check for _, check, *_ in found(study))
        shutil.rmtree(study.folder / "waves")


def test_days_and_numbers_are_read_as_strictly_as_on_a_page(study: Study, tmp_path: Path) -> None:
    days = {"2026-10-31": "", "2026-10-31 00:00:00": "", "2026-10-31T00:00:00.000": "", "2026-10-3": "",
            "2026-10-31xyz": "bad", "2026-10-311": "bad", "2026-02-30": "bad", "2026-10-31 08:30:00": "bad",
            "infinity": "bad", "epoch": "bad", "2026-10-31 (BC)": "bad"}  # fmt: skip
    numbers = {"12": "", "12.0": "", "1e3": "", " 12 ": "", "1_000": "bad", "0x1f": "bad", "NaN": "bad", "inf": "bad",
               "12.5": "bad", "1,000": "bad", "１２": "bad", "": "", "9" * 25: "bad", "9" * 60: "bad"}  # fmt: skip
    amounts = {
        "12.25": "",
        "12.255": "bad",
        "9" * 25: "bad",
        "9" * 60: "bad",
        "0.30000000000000004": "",
        "1.2万": "bad",
    }
    columns = {"e38_date": days, "e04_staff": numbers, "e05_revenue": amounts}
    lines, expected = ["unit_id," + ",".join(columns)], set()
    for place, (column, texts) in enumerate(columns.items()):
        for at, (text, bad) in enumerate(texts.items()):
            lines.append(f'{column}-{at}{"," * place},"{text}"{"," * (2 - place)}')
            expected |= {(f"{column}-{at}", f"value_{column}")} if bad else set()
    path = tmp_path / "own.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    judge(study, path)
    assert {(unit, check) for unit, check, *_ in found(study) if check.startswith("value_")} == expected


def test_a_sample_that_names_a_unit_twice_is_told(study: Study, tmp_path: Path) -> None:
    folder = study.table(study.wave().id, "x").parent
    folder.mkdir(parents=True)
    pd.DataFrame({"unit_id": ["U1", "U1"], "staff": [1, 2]}).to_parquet(folder / "sample.parquet")
    path = tmp_path / "own.csv"
    path.write_text("unit_id,e04_staff\nU1,10\n", encoding="utf-8")
    with pytest.raises(TableError, match=r'sample.parquet: the unit "U1" stands there twice'):
        judge(study, path)


def test_the_command(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["review", str(study.folder), "--responses", str(tmp_path / "none.csv")])
    assert end.value.code == 4 and "the file is missing" in capsys.readouterr().err
