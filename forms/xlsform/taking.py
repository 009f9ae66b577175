"""What every reader of rows shares: texts in all languages, the row that each mapping came from, faults and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from forms.xlsform.custom import CustomColumnError, Tree, decode
from forms.xlsform.expressions import ForeignExpressionError, Names
from forms.xlsform.refused import STRUCTURES
from forms.xlsform.sheets import OURS, Row
from uptake.contract.errors import Fault

LANGUAGES = ("zh", "en")
_NO_KEYS = frozenset({"kind", "type", "check", "hard", "soft", "place"})


@dataclass(slots=True)
class Taking:
    """One import: what was found wrong, what is to be told, and the row that each mapping came from."""

    single: str = ""
    default_language: str = ""
    names: Names = field(default_factory=lambda: Names({}))
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    origins: dict[int, Row] = field(default_factory=dict)
    kept: list[Tree] = field(default_factory=list)

    def tree(self, row: Row, **keys: object) -> Tree:
        """Return a mapping that remembers its row, without the keys that are empty; an id is always there."""
        made = Tree((key, value) for key, value in keys.items() if key == "id" or value not in ("", None, [], {}))
        self.origins[id(made)] = row
        self.kept.append(made)  # an id is that of the mapping only as long as the mapping lives
        return made

    def fault(self, row: Row, message: str, column: str = "") -> None:
        """Note one thing that is wrong."""
        self.faults.append(row.fault(message, column))

    def note(self, row: Row, message: str, column: str = "") -> None:
        """Note one thing that is to be told."""
        self.notes.append(f"{row.where(column)}: {message}")

    def refuse(self, row: Row, structure: str, column: str = "") -> None:
        """Refuse a structure of refused.STRUCTURES."""
        reason = STRUCTURES[structure]
        self.fault(row, f"{structure}: not imported, because {reason.why}. {reason.instead}", column)

    def text(self, row: Row, base: str, *, message: bool = False) -> dict[str, str]:
        """Return a text in every language; empty where none is written, and a fault where one language is missing.

        message: whether the text may show answers, as messages of checks do.
        """
        found = row.texts(base)
        if not found:
            return {}
        if "" in found:
            plain = found.pop("")
            found.setdefault(self.default_language or self.single, plain)
        if not message and any("${" in words for words in found.values()):
            self.refuse(row, "reference in a text", base)
        for language in LANGUAGES:
            if language not in found:
                self._fill(row, base, language, found)
        others = [language for language in found if language not in LANGUAGES and language]
        return {language: found[language] for language in (*LANGUAGES, *others)}

    def _fill(self, row: Row, base: str, language: str, found: dict[str, str]) -> None:
        words = found.get(self.single, "")
        if self.single and words:
            found[language] = words
            self.copied.append(f"{row.where(base)}: {language} is a copy of {self.single}: {words[:40]}")
        else:
            known = ", ".join(sorted(name for name in found if name)) or "a language that is not named"
            self.fault(row, f"the text stands in {known} and lacks {language}, and both zh and en are asked"
                       f" for. Write it under {base}::{'中文 (zh)' if language == 'zh' else 'English (en)'}, or"
                       " import with --single.",
                       base)  # fmt: skip
            found[language] = "?"

    def rule(self, row: Row, column: str, text: str, *, this: str = "", keep_dot: bool = True) -> str:
        """Return an XLSForm expression as ours; a fault and an empty text where that cannot be."""
        try:
            return self.names.rule(text, this=this, keep_dot=keep_dot)
        except ForeignExpressionError as error:
            self.fault(row, str(error), column)
            return ""

    def keys(self, row: Row, model: type, prefix: str = OURS, *, also_not: frozenset[str] = frozenset()) -> Tree:
        """Return what the custom columns of a row say."""
        cells = {
            header.removeprefix(prefix): value
            for header, value in row.cells.items()
            if header.startswith(prefix) and header.removeprefix(prefix) not in _NO_KEYS | also_not
        }
        return self.decoded(row, cells, model)

    def decoded(self, row: Row, cells: Mapping[str, str], model: type) -> Tree:
        """Return custom cells as keys; what cannot be read is a fault."""
        made = Tree()
        for column, value in cells.items():
            with self._told(row, column):
                for key, said in decode({column: value}, model).items():
                    made[key] = (
                        {**made.get(key, {}), **said} if isinstance(said, dict) and _is_part(key, column) else said
                    )
        return made

    @contextmanager
    def _told(self, row: Row, column: str) -> Iterator[None]:
        try:
            yield
        except CustomColumnError as error:
            self.fault(row, str(error), column)


def _is_part(key: str, column: str) -> bool:
    return column != key


def plain_id(name: str) -> str:
    """Return a name as the id of a page: small letters, digits, _ and -.

    >>> plain_id("Section A.1")
    'section_a_1'
    """
    made = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_-")
    return (made if made[:1].isalpha() else f"p_{made}")[:31].rstrip("_-")
