"""Rows that our own export wrote: pages, questions and checks are read back key by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forms import source
from forms.xlsform.asking import ASSUMED
from forms.xlsform.blocks import Block
from forms.xlsform.custom import Tree
from forms.xlsform.lists import Lists
from forms.xlsform.sheets import Row
from forms.xlsform.taking import Taking

_SILENT = frozenset({"other", "dont_know", "given"})  # rows that follow from others
_NO_ID = frozenset({"id"})
_INSIDE = {  # what may stand inside each block of ours
    "parts": frozenset({"part", "check"}), "matrix": frozenset({"row", "check"}),
    "roster": frozenset({"column", "check"}), "int_or_band": frozenset({"number", "band", "check"}),
}  # fmt: skip


@dataclass(slots=True)
class TakingOurs:
    """Reads rows that carry `bind::uptake:kind`."""

    taking: Taking
    lists: Lists

    def page(self, block: Block, foreign: Any) -> Tree:
        """Return a page; rows that others added to it are read by `foreign`."""
        row = block.row
        made = self.taking.tree(row, id=row.ours("id") or row["name"], title=self.taking.text(row, "label"))
        made |= self._relevant(row)
        questions: list[Tree] = []
        for inner in block.inside:
            if inner.kind == "intro":
                made["intro"] = self.taking.text(inner.row, "label")
            elif inner.kind == "question":
                questions.append(self.question(inner))
            elif inner.kind == "check" and questions:
                questions[-1].setdefault("checks", []).append(self.check(inner.row))
            elif not inner.kind:
                questions += foreign(inner)
            elif inner.kind not in _SILENT:
                self.taking.fault(inner.row, f'a row of the kind "{inner.kind}" cannot stand here. Put it back'
                                             " where the export had it.", "bind::uptake:kind")  # fmt: skip
        made |= self.taking.keys(row, source.Page, also_not=_NO_ID | {"relevant"})
        for question in questions:
            _in_place(question)
        made["questions"] = questions
        return made

    def refuse_strangers(self, block: Block, allowed: frozenset[str]) -> None:
        """Refuse rows that cannot stand inside a block of ours: they would be lost."""
        for inner in block.inside:
            if inner.kind not in allowed | _SILENT:
                what = f'a row of the kind "{inner.kind}"' if inner.kind else "a row without bind::uptake:kind"
                self.taking.fault(inner.row, f"{what} cannot stand inside this {block.kind}, and would be lost."
                                  " Move it out of the group, or put its kind back.", "bind::uptake:kind")  # fmt: skip

    def question(self, block: Block) -> Tree:
        """Return a question with its checks."""
        row = block.row
        if row.ours("type") == "parts":
            self.refuse_strangers(block, _INSIDE["parts"])
        made = self.taking.tree(row, id=row.ours("id") or row["name"], text=self.taking.text(row, "label"),
                                hint=self.taking.text(row, "hint"))  # fmt: skip
        made |= self._relevant(row)
        if row.ours("type") == "parts":
            made["parts"] = [self._part(inner) for inner in block.inside if inner.kind == "part"]
            made |= self.taking.keys(row, source.Question, also_not=_NO_ID | {"relevant"})
        else:
            made |= self._answered(block, source.Question)
        checks = [self._constraint(row)] if row.ours("hard") else []
        checks += [self.check(inner.row) for inner in block.inside if inner.kind == "check"]
        made |= {"checks": checks} if checks else {}
        return made

    def _part(self, block: Block, model: type = source.Part) -> Tree:
        row = block.row
        made = self.taking.tree(row, id=row.ours("id"), label=self.taking.text(row, "label"),
                                hint=self.taking.text(row, "hint"))  # fmt: skip
        made |= self._relevant(row) | self._answered(block, model)
        return made

    def _answered(self, block: Block, model: type) -> Tree:
        """Return the keys that say how a question or part is answered."""
        row = block.row
        made = Tree(type=row.ours("type") or self._assumed(row))
        self.refuse_strangers(block, _INSIDE.get(made["type"], frozenset()))
        if made["type"] == "matrix":
            made |= self._matrix(block)
        elif made["type"] == "int_or_band":
            bands = [inner.row for inner in block.inside if inner.kind == "band"]
            made |= self.lists.keys(bands[0]) if bands else {}
        elif made["type"] == "roster":
            made["columns"] = [self._part(inner, source.Column) for inner in block.inside if inner.kind == "column"]
        elif made["type"] in ("sel1", "selN", "code") and not row.ours("codes"):
            made |= self.lists.keys(row)
        elif made["type"] == "computed" and not row.ours("value"):
            made["value"] = self.taking.rule(row, "calculation", row["calculation"])
        made |= self.taking.keys(row, model, also_not=_NO_ID | {"relevant", "required_if"})
        return made | self._required(block, made)

    def _assumed(self, row: Row) -> str:
        word = row["type"].split()[0] if row["type"] else ""
        if word == "select_one":
            return "code" if "minimal" in row["appearance"] else "sel1"
        if word == "select_multiple":
            return "selN"
        if word not in ASSUMED:
            self.taking.fault(
                row,
                f'a row of the kind "{row.ours("kind")}" has the type "{row["type"][:40]}",'
                " which was not exported so. Put the type back, or delete the custom columns.",
                "type",
            )
        return ASSUMED.get(word, "text")

    def _required(self, block: Block, made: Tree) -> Tree:
        row = block.row
        if row.ours("required_if"):
            return {"required_if": row.ours("required_if")}
        if "required" in made or block.word != "row" or made["type"] == "computed":
            return {}
        said = row["required"].strip().lower()
        if said in ("yes", "true", "true()", ""):
            return {} if said else {"required": False}
        return {"required_if": self.taking.rule(row, "required", row["required"])}

    def _matrix(self, block: Block) -> Tree:
        rows = [inner for inner in block.inside if inner.kind == "row"]
        for inner in rows:
            self.refuse_strangers(inner, frozenset({"cell"}))
        made = Tree(rows=[self._line(inner.row) for inner in rows])
        cells = [inner.row for inner in rows[0].inside if inner.kind == "cell"] if rows else []
        if cells:
            return made | {"columns": [self._line(cell, source.Column) for cell in cells]}
        return made | (self.lists.keys(rows[0].row) if rows else {})

    def _line(self, row: Row, model: type = source.Row) -> Tree:
        line = self.taking.tree(row, id=row.ours("id"), label=self.taking.text(row, "label"))
        line |= self.taking.keys(row, model, also_not=_NO_ID)
        return line

    def check(self, row: Row) -> Tree:
        """Return a check that was written as a note."""
        severity = "hard" if row.ours("hard") else "soft"
        made = self.taking.tree(row, id=row.ours("id"), severity=severity, rule=row.ours(severity),
                                message=self.taking.text(row, "label", message=True))  # fmt: skip
        rest = self.taking.keys(row, source.Check, also_not=_NO_ID)
        made |= rest | ({"place": int(row.ours("place"))} if row.ours("place").isdigit() else {})
        return made

    def _constraint(self, row: Row) -> Tree:
        return self.taking.tree(
            row, id=row.ours("check") or f"{row['name']}_constraint", severity="hard", rule=row.ours("hard"),
            message=self.taking.text(row, "constraint_message", message=True), fields=[row["name"]],
        )  # fmt: skip

    def _relevant(self, row: Row) -> Tree:
        if row.ours("relevant"):
            return {"relevant": row.ours("relevant")}
        if not row["relevant"]:
            return {}
        return {"relevant": self.taking.rule(row, "relevant", row["relevant"])}


def _in_place(question: Tree) -> None:
    """Put the checks of a roster into their order: some stood inside the repeat, some behind it."""
    checks = question.get("checks", [])
    if any("place" in check for check in checks):
        checks.sort(key=lambda check: check.get("place", 0))
        for check in checks:
            check.pop("place", None)
