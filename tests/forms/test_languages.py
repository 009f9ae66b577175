"""More languages than two: in every text or in none, and never another language in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forms.lint import lint_file
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.render import render_page
from uptake.contract.errors import Fault

BASE = (Path(__file__).parent / "lint_samples" / "base.yaml").read_text(encoding="utf-8")


def load(folder: Path, text: str) -> Questionnaire:
    path = folder / "base.yaml"
    path.write_text(text, encoding="utf-8")
    faults: list[Fault] = []
    made = load_questionnaire(path, root=folder, faults=faults)
    assert made is not None, [str(fault) for fault in faults]
    return made


def third(text: str) -> str:
    """The base with a third language in every text, blocks and braces alike; messages keep their slots."""

    def block(found: re.Match[str]) -> str:
        slots = " ".join(re.findall(r"[$][{][^}]*[}]", found[2]))
        return f"{found[1]}ug: بارمۇ {slots}".rstrip() + f"\n{found[0]}"

    blocks = re.sub(r"^( +)zh: (.*\n)", block, text, flags=re.M)
    return re.sub(r"\{zh: ", "{ug: بارمۇ, zh: ", blocks)


def test_a_third_language_in_every_text_is_no_mistake(tmp_path: Path) -> None:
    made = load(tmp_path, third(BASE))
    assert set(made.title) == {"zh", "en", "ug"}
    assert [str(found) for found in lint_file(tmp_path / "base.yaml", root=tmp_path)] == []


def test_a_third_language_in_some_texts_is_a_fault_with_count_and_places(tmp_path: Path) -> None:
    load(tmp_path, BASE.replace("title: {zh: 支出,", "title: {fr: Dépenses, zh: 支出,"))
    (found,) = lint_file(tmp_path / "base.yaml", root=tmp_path)
    assert (found.code, found.severity) == ("language-missing", "fault")
    assert re.match(
        r"\d+ of \d+ texts lack the language \"fr\", which other texts have \(lines 2, 7, 7, …\)", found.message
    )


@pytest.mark.parametrize("lang", ["fr", "ug"])
def test_a_page_is_never_shown_in_another_language_in_silence(tmp_path: Path, lang: str) -> None:
    made = load(tmp_path, third(BASE))
    with pytest.raises(KeyError, match=lang):
        render_page(made, "gates", lang)
