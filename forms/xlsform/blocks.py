"""The rows of a survey sheet as the tree of groups and repeats that they open and close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from forms.xlsform.sheets import Row
from uptake.contract.errors import Fault

Word = Literal["row", "group", "repeat"]
_DEEPEST = 20


@dataclass(slots=True)
class Block:
    """A row; of a group or repeat, with what stands inside."""

    row: Row
    word: Word = "row"
    inside: list[Block] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What our export called the row; empty for rows that others wrote."""
        return self.row.ours("kind")

    def all(self) -> Iterator[Block]:
        """Give the block and everything inside it, in order."""
        yield self
        for block in self.inside:
            yield from block.all()


def blocks_of(rows: tuple[Row, ...], faults: list[Fault]) -> list[Block]:
    """Return the outermost blocks; what is opened and not closed, or the other way round, is a fault."""
    found: list[Block] = []
    opened: list[Block] = []
    for row in rows:
        act, word = _act(row)
        if act == "end":
            _close(row, word, opened, faults)
            continue
        block = Block(row, word)
        (opened[-1].inside if opened else found).append(block)
        if act == "begin":
            opened.append(block)
            if len(opened) > _DEEPEST:
                faults.append(
                    row.fault(f"groups stand more than {_DEEPEST} deep in each other. Take some apart.", "type")
                )
                return []
    faults += [block.row.fault(f"this {block.word} is never closed, so it cannot be told what belongs to it. Add a row"
                               f" end_{block.word}.", "type") for block in opened]  # fmt: skip
    return found


def _act(row: Row) -> tuple[str, Word]:
    words = row["type"].lower().replace("_", " ").split()
    if len(words) == 2 and words[0] in ("begin", "end") and words[1] in ("group", "repeat"):
        return words[0], "group" if words[1] == "group" else "repeat"
    return "", "row"


def _close(row: Row, word: Word, opened: list[Block], faults: list[Fault]) -> None:
    if not opened:
        faults.append(
            row.fault(f"this closes a {word}, and none is open. Remove the row, or add the begin_{word}.", "type")
        )
    elif opened.pop().word != word:
        faults.append(row.fault(f"this closes a {word}, but what was opened last is something else. Put the"
                                " rows in order.",
                                "type"))  # fmt: skip
