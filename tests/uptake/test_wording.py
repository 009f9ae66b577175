"""The file of words in a further language: written empty, listed by `uptake check` until it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import yaml

from collector.words import program_words as collectors
from forms.vocabulary import program_words
from tests.forms.third_language import LANG, forgotten, write_words
from uptake.cli import main
from uptake.contract.errors import StudyError, UptakeError
from uptake.paper import print_form
from uptake.stages import Run
from uptake.study import load_study
from uptake.wording import write_template


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with as_file(files("uptake") / "studies" / "aiplus") as source:
        shutil.copytree(source, tmp_path / "study")
    with forgotten():
        yield tmp_path / "study"


def test_the_command_writes_every_key_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["words", str(folder), "--lang", LANG])
    assert not left.value.code
    path = folder / "words" / f"{LANG}.yaml"
    assert str(path) in capsys.readouterr().out
    written = yaml.safe_load(path.read_text("utf-8"))["words"]
    assert set(written) == {*program_words(), *collectors()} and set(written.values()) == {""}
    with pytest.raises(StudyError) as refused:
        load_study(folder)
    said = [str(fault) for fault in refused.value.faults]
    assert all(key in said[0] for key in program_words())
    with pytest.raises(UptakeError, match="stands already, and its words would be lost"):
        write_template(folder, LANG)


@pytest.mark.parametrize("lang", ["zh", "en", "French!", "../x", ""])
def test_other_names_are_refused(folder: Path, lang: str) -> None:
    with pytest.raises(UptakeError, match="is no further language"):
        write_template(folder, lang)
    assert not (folder / "words").exists()


def test_check_names_questionnaires_and_pages_that_lack_the_language(folder: Path) -> None:
    write_words(folder, without=("collector.submit",))
    with pytest.raises(StudyError) as refused:
        load_study(folder)
    said = "\n".join(str(fault) for fault in refused.value.faults)
    assert "questionnaires/enterprise.yaml:1" in said and f'Write its texts in "{LANG}" too' in said
    assert f"words/{LANG}.yaml:1: the words of the collector's pages: missing: collector.submit. Correct them." in said


def test_what_is_not_written_in_a_language_is_not_printed_in_it(folder: Path) -> None:
    study = load_study(folder)
    write_words(folder)
    with pytest.raises(StudyError):
        load_study(folder)  # it learns the words, and refuses the questionnaires
    run = Run(study, study.settings.waves[-1].id)
    with pytest.raises(UptakeError, match=f'"agency_metrics" is not written in "{LANG}"'):
        print_form(run, study.returns["agency_metrics"], LANG)
