"""Groups that others wrote as our pages: one innermost group a page, split after a question that routes another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.model import field_name
from forms.xlsform.blocks import Block
from forms.xlsform.custom import Tree
from forms.xlsform.expressions import fields_of, joined
from forms.xlsform.refused import LEFT_OUT
from forms.xlsform.taking import Taking, plain_id
from forms.xlsform.taking_foreign import TakingForeign, is_table, type_words
from forms.xlsform.taking_ours import TakingOurs

_ELSEWHERE = frozenset({"notice", "sample", "given", "checks"})  # read by importing.py, wherever they stand


@dataclass(slots=True)
class _Open:
    """The page that questions are being added to."""

    block: Block | None
    tree: Tree
    fields: set[str] = field(default_factory=set)
    notes: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Paging:
    """Makes the pages of a questionnaire from blocks; pages of our own export are read as they are."""

    taking: Taking
    ours: TakingOurs
    foreign: TakingForeign
    title: dict[str, str]
    pages: list[Tree] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    open: _Open | None = None

    def take(self, blocks: Sequence[Block], path: tuple[Block, ...] = ()) -> None:
        """Add what stands in these blocks; `path` holds the groups around them, outermost first."""
        for block in blocks:
            if block.kind == "page":
                self._close()
                self.pages.append(self.ours.page(block, self._added))
                self.ids.add(self.pages[-1]["id"])
            elif block.kind in _ELSEWHERE:
                self.ours.refuse_strangers(block, frozenset({"check"}))
            elif block.kind:
                self.taking.fault(
                    block.row,
                    f'a row of the kind "{block.kind}" cannot stand outside the groups of'
                    " an export, and would be lost. Put it back where the export had it.",
                    "bind::uptake:kind",
                )
            elif block.word == "repeat":
                self._roster(block, path)
            elif block.word == "group" and not is_table(block):
                self._group(block, path)
            else:
                self._row(block, path)
        if not path:
            self._close()

    def _added(self, block: Block) -> list[Tree]:
        """Return the questions that others added to a page of ours."""
        if block.word != "row":
            self.taking.fault(block.row, "a group or repeat cannot stand inside a page. Put it before or after"
                              " the page's group.", "type")  # fmt: skip
            return []
        if type_words(block.row)[:1] == ["note"]:
            self.taking.fault(block.row, "a note inside a page that was exported has no place. Write it as hint of the"
                              " question that it belongs to.", "type")  # fmt: skip
            return []
        return [self.foreign.question(block)]

    def _group(self, block: Block, path: tuple[Block, ...]) -> None:
        self._close()
        before = len(self.pages)
        self.take(block.inside, (*path, block))
        self._close()
        if len(self.pages) == before:
            self.taking.refuse(block.row, "group without questions", "type")

    def _roster(self, block: Block, path: tuple[Block, ...]) -> None:
        self._close()
        question = self.foreign.roster(block)
        page = self._page(block, path, question["text"])
        if "relevant" in question:
            page["relevant"] = joined([rule for rule in (page.get("relevant", ""), question.pop("relevant")) if rule])
        page["questions"].append(question)
        self.pages.append(page)

    def _row(self, block: Block, path: tuple[Block, ...]) -> None:
        words = type_words(block.row)
        if words[:1] == ["note"]:
            self._note(block, path)
        elif words and words[0] in LEFT_OUT:
            self.taking.note(block.row, f"{words[0]} is left out: {LEFT_OUT[words[0]]}", "type")
        else:
            question = self.foreign.matrix(block) if block.word == "group" else self.foreign.question(block)
            self._question(block, question, path)

    def _note(self, block: Block, path: tuple[Block, ...]) -> None:
        if block.row["relevant"]:
            self.taking.refuse(block.row, "relevant of a note", "relevant")
        text = self.taking.text(block.row, "label")
        if text:
            self._on(block, path).notes.append(text)

    def _question(self, block: Block, question: Tree, path: tuple[Block, ...]) -> None:
        page = self._on(block, path)
        if page.fields & self._routing(question):
            page = self._split(block, path, question)
        if page.notes and page.tree["questions"]:
            question["hint"] = _together([*page.notes, question.get("hint", {})])
        elif page.notes:
            page.tree["intro"] = _together(page.notes)
        page.notes = []
        page.tree["questions"].append(question)
        page.fields |= _names(question)

    def _routing(self, question: Tree) -> frozenset[str]:
        return fields_of(question["relevant"]) if question.get("relevant") else frozenset()

    def _on(self, block: Block, path: tuple[Block, ...]) -> _Open:
        """Return the page for rows at this place, opening it where none is open."""
        inner = path[-1] if path else None
        if self.open is None or self.open.block is not inner:
            self._close()
            self.open = _Open(inner, self._page(inner or block, path, self._title(path)))
        return self.open

    def _split(self, block: Block, path: tuple[Block, ...], question: Tree) -> _Open:
        gates = ", ".join(sorted(self.open.fields & self._routing(question))) if self.open else ""
        self._close()
        page = self._on(block, path)
        self.taking.note(block.row, f'a new page "{page.tree["id"]}" begins here: the row depends on {gates}, and'
                                    " a page is sent as a whole before its answers are known", "relevant")  # fmt: skip
        return page

    def _page(self, block: Block, path: tuple[Block, ...], title: dict[str, str]) -> Tree:
        stem = plain_id(path[-1].row["name"] if path else block.row["name"] if block.word != "row" else "main")
        made, count = stem, 1
        while made in self.ids:
            count += 1
            made = f"{stem[:27]}_{count}"
        self.ids.add(made)
        rules = [
            self.taking.rule(group.row, "relevant", group.row["relevant"]) for group in path if group.row["relevant"]
        ]
        return self.taking.tree(block.row, id=made, title=title, relevant=joined([rule for rule in rules if rule])) | {
            "questions": []
        }

    def _title(self, path: tuple[Block, ...]) -> dict[str, str]:
        for group in reversed(path):
            if text := self.taking.text(group.row, "label"):
                return text
        return self.title

    def _close(self) -> None:
        page, self.open = self.open, None
        if page is None:
            return
        if not page.tree["questions"]:
            self._lost(page)
            return
        if page.notes:
            last: dict[str, Any] = page.tree["questions"][-1]
            last["hint"] = _together([last.get("hint", {}), *page.notes])
        self.pages.append(page.tree)

    def _lost(self, page: _Open) -> None:
        """Give the notes of a group without questions to the page before, so that no text is lost."""
        self.ids.discard(page.tree["id"])
        if page.notes and self.pages and self.pages[-1]["questions"]:
            last = self.pages[-1]["questions"][-1]
            last["hint"] = _together([last.get("hint", {}), *page.notes])
            row = self.taking.origins.get(id(last))
            if row is not None:
                self.taking.note(row, "the notes behind this question became a part of its hint")


def _names(question: Tree) -> set[str]:
    stem = field_name(question["id"])
    if question.get("type") == "matrix":
        return {field_name(question["id"], row["id"]) for row in question["rows"]}
    return {stem, f"{stem}_other_text"}


def _together(parts: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return texts as paragraphs of one text."""
    written = [part for part in parts if part]
    languages = dict.fromkeys(language for part in written for language in part)
    return {language: "\n\n".join(part[language] for part in written if language in part) for language in languages}
