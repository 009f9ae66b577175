"""XLSForms on the command line: what is written, what is told, what is refused."""

from __future__ import annotations

import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from uptake.cli import main

ROWS = (
    ("type", "name", "label", "relevant"),
    ("text", "town", "城镇", None),
    ("select_one yn", "uses", "是否使用？", None),
    ("text", "what", "用什么？", "${uses} = 'yes'"),
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    (folder / "questionnaires").mkdir(parents=True)
    with as_file(files("uptake") / "studies" / "aiplus" / "questionnaires" / "enterprise.yaml") as path:
        (folder / "questionnaires" / "enterprise.yaml").write_bytes(path.read_bytes())
    return folder


@pytest.fixture
def form(tmp_path: Path) -> Path:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in {
        "survey": ROWS,
        "choices": (("list_name", "name", "label"), ("yn", "yes", "是"), ("yn", "no", "否")),
    }.items():
        page = workbook.create_sheet(name)
        for row in rows:
            page.append(row)
    workbook.save(tmp_path / "towns.xlsx")
    return tmp_path / "towns.xlsx"


def failed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str]:
    with pytest.raises(SystemExit) as stop:
        main(["xlsform", *map(str, arguments)])
    return stop.value.code, capsys.readouterr().err


def done(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as stop:
        main(["xlsform", *map(str, arguments)])
    assert stop.value.code == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_a_form_in_one_language_is_read_when_asked(study: Path, form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = failed(capsys, "import", form, study)
    assert (
        code == 3
        and "towns.xlsx: sheet survey, row 2, column label: the text stands in a language that is not named" in said
    )
    assert not (study / "questionnaires" / "towns.yaml").exists()
    nested = study / "drafts" / "new" / "towns.yaml"
    assert f"{nested}: 2 pages" in done(capsys, "import", form, study, "--single", "zh", "--into", nested)
    out = done(capsys, "import", form, study, "--single", "zh", "--header", "enterprise")
    written = study / "questionnaires" / "towns.yaml"
    assert f"{written}: 2 pages, 3 fields, 0 checks" in out
    assert 'a new page "main_2" begins here' in out
    assert "Texts that were copied and need a translation (5):" in out
    assert "What lint says of the new file" in out
    text = written.read_text(encoding="utf-8")
    assert text.startswith("# Read from towns.xlsx\nid: towns\n") and "table_number: AI+E101" in text


def test_a_file_is_not_written_over_unasked(study: Path, form: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = study / "questionnaires" / "enterprise.yaml"
    before = target.read_bytes()
    code, said = failed(capsys, "import", form, study, "--single", "zh", "--into", target)
    assert code == 7 and "give --replace" in said and target.read_bytes() == before
    done(capsys, "import", form, study, "--single", "zh", "--into", target, "--replace")
    assert "id: enterprise" in target.read_text(encoding="utf-8")


def test_there_and_back(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, again = tmp_path / "enterprise.xlsx", study / "questionnaires" / "enterprise.yaml"
    out = done(capsys, "export", "enterprise", target, study)
    assert "What standard tools do not see" in out and "answers known before" in out
    assert load_workbook(target).sheetnames == ["survey", "choices", "settings", "uptake_definitions"]
    code, said = failed(capsys, "export", "enterprise", target, study)
    assert code == 7 and "is there already" in said
    out = done(capsys, "import", target, study, "--into", again, "--replace")
    assert "To look at" not in out and "copied" not in out


def test_what_is_not_there_is_told(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = failed(capsys, "export", "enterprse", tmp_path / "x.xlsx", study)
    assert code == 1 and 'Did you mean "enterprise"?' in said
    code, said = failed(capsys, "export", "enterprise", tmp_path / "x.csv", study)
    assert code == 1 and "Write .xlsx." in said
    code, said = failed(capsys, "import", tmp_path / "none.xlsx", study)
    assert code == 3 and "is not there or cannot be opened" in said


def test_without_pyxform_it_says_what_to_install(
    study: Path, form: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in [name for name in sys.modules if name.startswith("pyxform")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "pyxform", None)
    code, said = failed(capsys, "import", form, study, "--single", "zh")
    assert code == 8 and "pip install 'uptake[xlsform]'" in said
    assert "it was not tried" in done(capsys, "export", "enterprise", tmp_path / "x.xlsx", study)
