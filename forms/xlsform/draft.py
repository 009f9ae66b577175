"""The workbook of an export while it is written: its rows, the names and lists it has used, and what is to be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.model import Field
from forms.xlsform.custom import Tree, encode
from forms.xlsform.sheets import OURS, text_column
from forms.xlsform.writing import UnwritableError
from forms.xlsform.xpath import Asked, XPath
from uptake.contract.expressions import ExpressionError, parse
from uptake.contract.expressions.tree import Call, Node

Cells = dict[str, str]
_SLOT = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}")
_RESERVED = ("meta", "data", "instanceid", "instancename")


@dataclass(slots=True)
class Draft:
    """Rows of the sheets in order; `given` are names that rules read and nobody is asked: e04_staff_prefilled."""

    fields: Mapping[str, Field]
    asked: dict[str, Asked] = field(default_factory=dict)
    survey: list[Cells] = field(default_factory=list)
    choices: list[Cells] = field(default_factory=list)
    definitions: list[Cells] = field(default_factory=list)
    settings: Cells = field(default_factory=dict)
    choice_lists: Mapping[str, list[Tree]] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)
    list_names: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: set(_RESERVED))
    given: dict[str, None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def take(self, wanted: str) -> str:
        """Return a name for a row that no other row has, near the one wanted."""
        name, count = wanted, 1
        while name.lower() in self.names:
            count += 1
            name = f"{wanted}_{count}"
        self.names.add(name.lower())
        return name

    def row(self, kind: str, standard: Cells, custom: Mapping[str, Any] | None = None) -> None:
        """Add a row to the survey: standard columns, and our keys in custom ones."""
        cells = {key: value for key, value in standard.items() if value != ""}
        self.survey.append(cells | {f"{OURS}kind": kind} | encode(custom or {}, OURS))

    def end(self, word: str) -> None:
        """Close a group or repeat."""
        self.survey.append({"type": f"end_{word}"})

    def parsed(self, text: str, this: str | None) -> Node:
        """Return the tree of one of our expressions, and remember what it reads that no question asks."""
        expression = parse(text, this=this)
        self.given |= dict.fromkeys(name for name in sorted(expression.fields) if name not in self.fields)
        return expression.node

    def condition(self, text: str, *, this: str | None = None, unknown: bool, where: str) -> str:
        """Return one of our rules as XPath; empty, with a note, where XPath has no words for it."""
        return self._printed(self.parsed(text, this), this, unknown, where)

    def violated(self, text: str, *, this: str | None = None, where: str) -> str:
        """Return the XPath condition under which a rule of ours is broken."""
        node = self.parsed(text, this)
        return self._printed(Call("not", (node,)), None, False, where) or "false()"

    def _printed(self, node: Node, this: str | None, unknown: bool, where: str) -> str:
        try:
            return XPath(self.asked, this).condition(node, unknown=unknown)
        except UnwritableError as error:
            self.notes.append(f"{where}: standard tools do not see this rule, since XLSForm has no {error}; it"
                              " stands in the custom columns and comes back on import.")  # fmt: skip
            return ""

    def remember_slots(self, text: Mapping[str, str]) -> None:
        """Remember what a message shows, so that every ${name} in it is a row."""
        for words in text.values():
            self.given |= dict.fromkeys(name for name in _SLOT.findall(words) if name not in self.fields)


def texts(base: str, text: Mapping[str, str] | None) -> Cells:
    """Return a text as one column a language; nothing where there is none."""
    return {text_column(base, language): words for language, words in (text or {}).items()}


def same_rule(printed: str, text: str, this: str | None) -> bool:
    """Say whether an XPath condition is our own rule letter by letter and would be read back as it."""
    from forms.xlsform.expressions import ForeignExpressionError, Names

    if printed != text:
        return False
    try:
        names = sorted(parse(text, this=this).fields)
        return Names({name: name for name in names}).rule(printed, this=this or "") == text
    except (ForeignExpressionError, ExpressionError):
        return False


__all__ = ["Cells", "Draft", "Tree", "same_rule", "texts"]
