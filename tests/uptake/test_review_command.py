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
    path.write_text("unit_id,e04_staff,confirmed_staff_far_from_register\nU1,10,true\nU2,1000,\n", encoding="utf-8")
    judge(study, path)
    table = read_table(study.table(wave, "findings"), FINDINGS)
    soft = table[table["check_id"] == "staff_far_from_register"]
    assert list(zip(soft["unit_id"], soft["confirmed"], strict=True)) == [("U1", True), ("U2", False)]
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
    ],
)
def test_faults_of_the_file_are_told(
    study: Study, tmp_path: Path, name: str, content: str | None, message: str
) -> None:  # fmt: skip
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="gb18030")
    with pytest.raises(TableError, match=re.escape(message)):
        judge(study, path)
    assert not study.table(study.wave().id, "findings").exists()


def test_the_rows_of_a_roster_need_their_keys(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("unit_id,e06\nU1,yes\n", encoding="utf-8")
    (tmp_path / "a_e24.csv").write_text("unit_id,e24_name\nU1,x\n", encoding="utf-8")
    with pytest.raises(TableError, match='the column "row" is missing'):
        judge(study, tmp_path / "a.csv")


def test_the_command(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["review", str(study.folder), "--responses", str(tmp_path / "none.csv")])
    assert end.value.code == 4 and "the file is missing" in capsys.readouterr().err
