"""Join cells that are too small to their neighbours, by one rule fixed before any answer is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

Codes: TypeAlias = tuple[str, ...]
Group: TypeAlias = tuple[Codes, ...]


def collapse(cells: Iterable[Codes], *, is_short: Callable[[Group], bool]) -> dict[Codes, Group]:
    """Join short cells to neighbours until none is short, or all are one.

    Cells are sorted by their codes. First, among cells that differ in the last code only, a short group is carried to
    the next one, the last to the one before it; then the same among groups that differ in the last two codes, and so
    on. The rule sees only what `is_short` sees: counts, never answers.

    cells: the codes of each cell, all of one length; is_short: tells whether a group of cells is too small.
    Returns the group of every cell.

    >>> sizes = {("a", "1"): 1, ("a", "2"): 9, ("b", "1"): 9}
    >>> made = collapse(sizes, is_short=lambda group: sum(sizes[cell] for cell in group) < 5)
    >>> made["a", "1"], made["b", "1"]
    ((('a', '1'), ('a', '2')), (('b', '1'),))
    """
    groups: list[Group] = [(cell,) for cell in sorted(set(cells))]
    depth = len(groups[0][0]) if groups else 0
    for kept in range(depth - 1, -1, -1):
        groups = [group for family in _families(groups, kept) for group in _joined(family, is_short)]
    return {cell: group for group in groups for cell in group}


def _families(groups: list[Group], kept: int) -> list[list[Group]]:
    families: dict[Codes, list[Group]] = {}
    for group in groups:
        families.setdefault(group[0][:kept], []).append(group)
    return list(families.values())


def _joined(family: list[Group], is_short: Callable[[Group], bool]) -> list[Group]:
    done: list[Group] = []
    carried: Group = ()
    for group in family:
        carried = carried + group
        if not is_short(carried):
            done.append(carried)
            carried = ()
    if not carried:
        return done
    return [*done[:-1], done[-1] + carried] if done else [carried]


def label(group: Group, *, width: int | None = None) -> str:
    """Return the name of a group: the codes of its first cell, then how many more joined it (`110000-3+1`)."""
    first = "-".join(group[0][:width])
    return first if len(group) == 1 else f"{first}+{len(group) - 1}"


def joined_groups(groups: Mapping[Codes, Group], *, width: int | None = None) -> dict[str, list[str]]:
    """Return, for the record, the members of every group that was joined."""
    return {label(group, width=width): ["-".join(cell[:width]) for cell in group]
            for group in dict.fromkeys(groups.values()) if len(group) > 1}  # fmt: skip
