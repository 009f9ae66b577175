"""The documentation keeps up with the code: every command, setting, column, error, link and example."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from collector.config import SETTINGS
from uptake.cli import commands
from uptake.contract import errors
from uptake.contract.columns import TABLES
from uptake.contract.errors import UptakeError

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_command_is_documented_and_shows_an_example() -> None:
    page, readme = text("commands.md"), (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in commands.commands.items():
        assert f"`uptake {name}" in page, name
        assert f"uptake {name}" in readme, name
        assert f"Example: uptake {name}" in (command.help or ""), name


def test_every_option_is_documented() -> None:
    page = text("commands.md")
    options = {option for command in commands.commands.values() for parameter in command.params
               for option in parameter.opts if option.startswith("--")}  # fmt: skip
    assert [option for option in options if f"`{option}" not in page] == []


def test_every_setting_is_documented() -> None:
    pages = text("commands.md"), text("how-to/run-the-collector.md")
    assert [name for name in SETTINGS if not all(name in page for page in pages)] == []


def test_every_error_class_is_documented_with_its_exit_code() -> None:
    page = text("commands.md")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UptakeError)]
    assert len(kinds) >= 9
    for kind in kinds:
        assert f"| {kind.exit_code} | `{kind.__name__}` |" in page, kind.__name__


def test_every_narrower_error_is_named_too() -> None:
    for package in ("forms", "collector", "analysis", "reports", "uptake"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    page, known = text("commands.md"), [UptakeError]
    for kind in known:
        known.extend(kind.__subclasses__())
    assert len(known) > 12
    assert [kind.__name__ for kind in known if f"`{kind.__name__}`" not in page] == []


def test_exit_codes_tell_the_kinds_apart() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, UptakeError)]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)


def test_the_page_of_tables_is_what_the_contracts_say() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from tables_page import page
    finally:
        sys.path.remove(str(ROOT / "tools"))
    assert text("tables.md") == page(), "run: python tools/tables_page.py"
    assert len(TABLES) == 12


def test_the_page_of_lint_is_what_the_rules_say() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from lint_page import page
    finally:
        sys.path.remove(str(ROOT / "tools"))
    assert text("lint.md") == page(), "run: python tools/lint_page.py"


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")]), ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    dead = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert dead == []


def test_the_six_stages_have_the_same_numbers_and_words_everywhere() -> None:
    from uptake.console import STAGES

    readme, tour = (ROOT / "README.md").read_text(encoding="utf-8"), text("tour.md")
    for number, word in STAGES.items():
        assert f"| {number} | {word} |" in readme
        assert f"## {number} {word}" in tour
        assert f"{number} {word}" in (commands.help or "").replace("  ", " ")


def test_chinese_text_has_chinese_punctuation() -> None:
    found = subprocess.run([sys.executable, ROOT / "tools" / "punctuation.py"], capture_output=True, text=True)
    assert found.stdout == ""
