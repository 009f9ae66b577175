"""Find (or with --fix mend) ASCII punctuation in Chinese text: 「，：；？！（）」 stand beside hanzi, not `,:;?!()`.

Looks at string literals of Python files, scalars of YAML files, and the text of HTML templates and Chinese pages.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("forms", "collector", "analysis", "reports", "uptake")
WIDE = str.maketrans(",:;?!()", "，：；？！（）")
HAN = "\u3400-\u9fff"
_BESIDE = re.compile(
    rf"(?<=[{HAN}”’）》】])[,:;?!](?!//)|[,;?!](?=[{HAN}“‘（《])"  # after hanzi, before hanzi
    rf"|(?<=[{HAN}”])\(|\((?=[{HAN}])|(?<=[{HAN}”》])\)|\)(?=[{HAN}])"  # brackets
)
_HTML_CODE = re.compile(r"<[^>]*>|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.S)
_MARKDOWN_CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|```.*?```", re.S)

Span = tuple[int, int]


def mended(text: str) -> str:
    """Return Chinese text with full-width punctuation beside hanzi; text without hanzi stays as it is."""
    if not re.search(f"[{HAN}]", text):
        return text
    return _BESIDE.sub(lambda found: found[0].translate(WIDE), text)


def python_spans(text: str) -> Iterator[Span]:
    """Yield where the string literals of a Python file stand."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        # Docstrings show YAML, whose commas are syntax; raw strings are patterns.
        if token.type == tokenize.STRING and '"""' not in token.string and token.string[0] != "r":
            yield starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]


def yaml_spans(text: str) -> Iterator[Span]:
    """Yield where the scalars of a YAML file stand."""
    stack = [node for node in [yaml.compose(text, Loader=yaml.SafeLoader)] if node is not None]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.ScalarNode):
            yield node.start_mark.index, node.end_mark.index
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        else:
            stack.extend(part for pair in node.value for part in pair)


def text_spans(text: str, code: re.Pattern[str]) -> Iterator[Span]:
    """Yield what stands between pieces of code."""
    last = 0
    for found in code.finditer(text):
        yield last, found.start()
        last = found.end()
    yield last, len(text)


def spans(path: Path, text: str) -> list[Span]:
    """Return the parts of a file that hold words."""
    if path.suffix == ".py":
        return list(python_spans(text))
    if path.suffix in {".yaml", ".yml"}:
        return list(yaml_spans(text))
    return list(text_spans(text, _HTML_CODE if path.suffix == ".html" else _MARKDOWN_CODE))


def files() -> Iterator[Path]:
    """Yield every file of the product that may hold Chinese text."""
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".yaml", ".html"})
    yield from ROOT.glob("*.zh.md")
    yield from (ROOT / "docs").rglob("*.zh.md")


def main(fix: bool) -> int:
    """Print every line that has such punctuation, or mend them; return how many there were."""
    count = 0
    for path in sorted(files()):
        text = path.read_text(encoding="utf-8")
        pieces, last = [], 0
        for start, end in sorted(spans(path, text)):
            new = mended(text[start:end])
            if new != text[start:end]:
                count += 1
                sys.stdout.write(
                    f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, start) + 1}: {text[start:end][:90]!r}\n"
                )
            pieces += [text[last:start], new]
            last = end
        if fix:
            path.write_text("".join([*pieces, text[last:]]), encoding="utf-8")
    return count


if __name__ == "__main__":
    sys.exit(1 if main("--fix" in sys.argv) and "--fix" not in sys.argv else 0)
