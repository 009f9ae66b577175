"""The habits of the house: sizes, first lines, no leftover files, no forbidden words, light imports."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("forms", "collector", "analysis", "reports", "uptake")
MODULE_WALL, BODY_WALL, BODY_MEDIAN, POSITIONAL_WALL = 400, 40, 8, 5
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "base.py", "manager.py"}
# Functions that *are* one algorithm and may be longer, each with its reason.
LONG_BODIES: dict[str, str] = {}


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def name_of(path: Path, node: ast.AST | None = None) -> str:
    place = path.relative_to(ROOT).as_posix()
    return place if node is None else f"{place}:{getattr(node, 'lineno', 0)} {getattr(node, 'name', '')}"


def test_no_module_passes_the_wall() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > MODULE_WALL} == {}


def test_no_function_passes_the_wall_and_most_are_short() -> None:
    sizes = {name_of(path, node): body_lines(node) for path, node in functions()}
    assert {name: size for name, size in sizes.items() if size > BODY_WALL and name not in LONG_BODIES} == {}
    assert statistics.median(sizes.values()) < BODY_MEDIAN


def test_at_most_five_positional_arguments() -> None:
    many = {}
    for path, node in functions():
        named = [
            argument.arg
            for argument in (*node.args.posonlyargs, *node.args.args)
            if argument.arg not in ("self", "cls")
        ]
        if len(named) > POSITIONAL_WALL:
            many[name_of(path, node)] = named
    assert many == {}


def test_every_module_says_what_it_is_in_its_first_line() -> None:
    silent = [name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_every_public_function_of_analysis_and_forms_has_a_docstring() -> None:
    bare = [
        name_of(path, node)
        for path, node in functions()
        if path.relative_to(ROOT).parts[0] in ("analysis", "forms")
        and not node.name.startswith("_")
        and isinstance(node, ast.FunctionDef)
        and node in ast.parse("").body + _top_level(path, node)
        and not ast.get_docstring(node)
    ]
    assert bare == []


def _top_level(path: Path, node: ast.AST) -> list[ast.stmt]:
    top = {statement.lineno for statement in ast.parse(path.read_text(encoding="utf-8")).body}
    return [node] if getattr(node, "lineno", 0) in top else []  # type: ignore[list-item]


def test_names_that_say_nothing_are_not_used() -> None:
    assert [name_of(path) for path in modules() if path.name in FORBIDDEN_NAMES] == []


def test_tests_have_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("package", ["forms", "collector", "analysis", "reports", "uptake", "uptake.cli"])
def test_heavy_libraries_are_imported_where_they_are_used(package: str) -> None:
    heavy = ("statsmodels", "scipy", "pandas", "flask", "weasyprint", "matplotlib")
    code = f"import sys, {package}; print(','.join(name for name in {heavy!r} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == ""


def test_help_is_light() -> None:
    code = (
        "import sys; from uptake.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('pandas', 'scipy', 'flask', 'weasyprint', 'statsmodels', 'duckdb') if n in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip().splitlines()[-1] == "[]"


def tracked_files() -> list[Path]:
    found = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if found.returncode != 0:
        return [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    return [ROOT / name for name in found.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_holds_an_index_address_or_a_machine_path() -> None:
    marks = (
        "--index" + "-url",
        "--extra-" + "index",
        "--find" + "-links",
        "/ro" + "ot/",
        "/home/" + "runner",
        "pypi" + ".org",
    )
    found = {}
    for path in tracked_files():
        if path.suffix in {".png", ".parquet", ".gz", ".xlsx", ".pdf", ".ico"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if held := [mark for mark in marks if mark in text]:
            found[path.relative_to(ROOT).as_posix()] = held
    assert found == {}


def test_pins_have_hashes_and_no_address() -> None:
    for name in ("base.txt", "dev.txt", "build.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins, name
        assert text.count("--hash=sha256:") >= len(pins), name
        assert "://" not in text, name
