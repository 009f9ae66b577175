"""Questionnaires with random slips in them: each loads and works, or is refused with a line; none raises."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from forms.build import parse_page
from forms.checks import run_checks
from forms.exporting import exported_answers
from forms.loader import load_questionnaire
from uptake.contract.errors import Fault

LINES = (Path(__file__).parent / "everything.yaml").read_text(encoding="utf-8").splitlines()
SLIPS = [
    *[
        "${x14_users}",
        "${x03_staff}",
        "${x03_share}",
        "${gone}",
        "roster",
        "computed",
        "matrix",
        "int",
        "money",
        "text",
        "sel1",
        "true",
        "no",
        "[]",
        "{}",
        "null",
    ],
    *[
        "-1",
        "0",
        "9999999",
        "1e5",
        "NaN",
        "x",
        "'",
        "sum(",
        "\t",
        "&a",
        "*a",
        "<<",
        "!!python/object:os.system",
        "<script>",
    ],
    *('"${x03_staff} >"', '""', "{zh: 甲, en: a}", "[a, b]", "{last_wave: true, mode: shown}"),
]


def with_slips(r: random.Random) -> str:
    """Return the file with one to three slips: a line lost, doubled or moved, a word replaced by another."""
    lines = list(LINES)
    for _ in range(r.choice([1, 1, 2, 3])):
        at, other, kind = r.randrange(len(lines)), r.randrange(len(lines)), r.random()
        if kind < 0.2:
            del lines[at]
        elif kind < 0.35:
            lines.insert(at, lines[other])
        elif kind < 0.5:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            words = re.findall(r"[\w.${}\"-]+" if kind < 0.75 else r": ([^,}\]]+)", lines[at])
            lines[at] = lines[at].replace(r.choice(words), r.choice(SLIPS), 1) if words else lines[at]
    return "\n".join(lines) + "\n"


def try_some(folder: Path, seed: int, count: int) -> tuple[int, int]:
    """Load so many broken files; returns how many were refused and how many still loaded."""
    r, refused = random.Random(seed), 0
    path = folder / "everything.yaml"
    for _ in range(count):
        path.write_text(text := with_slips(r), encoding="utf-8")
        faults: list[Fault] = []
        made = load_questionnaire(path, root=folder, faults=faults)
        assert (made is None) == bool(faults), text
        refused += made is None
        for fault in faults:
            assert re.fullmatch(r"everything\.yaml(:\d+)?", fault.where) and str(fault).rstrip("?\"'`").strip(), str(
                fault
            )
            assert str(fault)[-1] in ".?…", str(fault)
        if made is not None:
            for page in made.pages:
                parse_page(made, page.id, "zh", {"x14_name.1": ["a"], "x03_staff": ["4"]})
            run_checks(made, {})
            exported_answers(made, {})
    return refused, count - refused


def test_a_total_of_fields_without_names_is_refused(tmp_path: Path) -> None:
    """The program writes the rule of a total itself; names that cannot stand in a rule must not stop it."""
    faults: list[Fault] = []
    path = tmp_path / "everything.yaml"
    path.write_text("\n".join(LINES).replace("id: X-14", 'id: "999"') + "\n", encoding="utf-8")
    assert load_questionnaire(path, root=tmp_path, faults=faults) is None
    assert any('the question id "999" must begin with a letter' in str(fault) for fault in faults)


def test_a_broken_definition_is_refused_in_words_or_works(tmp_path: Path) -> None:
    refused, loaded = try_some(tmp_path, 1, 200)
    assert refused > 100 and loaded > 5


@pytest.mark.proof
def test_many_broken_definitions(tmp_path: Path) -> None:
    refused, loaded = try_some(tmp_path, 2, 4_000)
    assert refused > 2_000 and loaded > 100
