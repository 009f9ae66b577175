"""Rosters for z3: one row that stands for any, how many rows there are, and what follows for their sums and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from forms.model import Field, Roster
from forms.proof.logic import Condition, as_z3, conj, disj, implies
from uptake.contract.expressions.proof import Term
from uptake.contract.expressions.tree import Call, Column, Number, walk

if TYPE_CHECKING:
    from forms.proof.encoding import Encoding

_COUNTS = ("count", "count-distinct")


def declare_rosters(made: Encoding) -> None:
    """Name the number of rows of each roster."""
    import z3

    for roster in made.questionnaire.rosters.values():
        rows = z3.Int(f"rows {roster.id}")
        made.rows[roster.id] = rows
        made.told[roster.id] = True if roster.nothing is None else z3.Or(rows >= 1, z3.Bool(f"nothing {roster.id}"))
        made.add("type", roster.id, conj((rows >= 0, rows <= roster.max_rows)))


def tie_rosters(made: Encoding) -> None:
    """A row is there when something in it was answered; one without any answer is no row."""
    for roster in made.questionnaire.rosters.values():
        asked = (conj((made.asked_of(leaf), made.slots[leaf.name].given)) for leaf in _posted(roster))
        made.add("type", roster.id, implies(made.rows[roster.id] >= 1, disj(asked)))
        made.add("type", roster.id, implies(made.rows[roster.id] >= 1, made.asked["question", roster.question]))


def require_rows(made: Encoding) -> None:
    """Ask for the rows that there must be."""
    for roster in made.questionnaire.rosters.values():
        asked = made.asked["question", roster.question]
        if roster.min_rows:
            made.add("required", roster.id, implies(asked, made.rows[roster.id] >= roster.min_rows))
        if roster.nothing is not None:
            made.add("required", roster.id, implies(asked, made.told[roster.id]))


def settle_aggregates(made: Encoding) -> Condition:
    """Tell z3 of functions over all rows what is always so; return the condition under which their results are exact.

    Exact: every roster is one row, repeated a few times; the functions then follow from the row. This finds examples,
    which the form judges; what is impossible is proved without it, from what is always so.
    """
    exact = [disj(made.rows[roster.id] == count for count in _counts(made, roster))
             for roster in made.questionnaire.rosters.values()]  # fmt: skip
    for node, term in made.answers.aggregates.items():
        cells = [_cell(made, part) for part in node.arguments]
        known = [cell for cell in cells if cell is not None]
        if len(known) < len(cells):
            continue
        _always(made, node, term)
        if node.name != "count-distinct" or len(cells) == 1:
            exact.append(_repeated(made, node, term, known))
    return conj(exact)


def _posted(roster: Roster) -> list[Field]:
    return [leaf for leaf in roster.columns if leaf.value is None]


def _counts(made: Encoding, roster: Roster) -> list[int]:
    """Return the numbers of rows that are tried: the smallest, the least and the most allowed, those rules write."""
    counts = {0, 1, 2, 3, roster.min_rows, roster.max_rows}
    for node in made.written:
        if any(isinstance(part, Column) for part, _ in walk(node)):
            numbers = [int(part.value) for part, _ in walk(node) if isinstance(part, Number)]
            counts |= {near for number in numbers for near in (number - 1, number, number + 1)}
    return sorted(count for count in counts if 0 <= count <= roster.max_rows)[:12]


Cell = tuple[Term, str]  # the value in a row, and its roster; empty for a value that is the same for all rows


def _cell(made: Encoding, part: Any) -> Cell | None:
    if not isinstance(part, Column):
        return made.answers.term(part, "any")[0], ""
    leaf = made.questionnaire.fields.get(part.name)
    if leaf is None or part.source not in (part.target, "any") or made.slots[leaf.name].term.choices is not None:
        return None  # rows of the last wave, or cells read as another kind
    return made.answers.terms[leaf.name], leaf.roster


def _always(made: Encoding, node: Call, term: Term) -> None:
    """What is so of a function of one column whatever the rows are."""
    part = node.arguments[0]
    if len(node.arguments) != 1 or not isinstance(part, Column):
        return
    leaf = made.questionnaire.fields[part.name]
    rows, cell = made.rows[leaf.roster], made.answers.terms[leaf.name]
    asked = conj((made.asked["question", leaf.question], made.told[leaf.roster]))
    one, value = _alike(cell, term)
    sure = leaf.required and leaf.required_if is None and not leaf.dont_know and leaf.needs is None
    if node.name == "count" and sure and leaf.value is None:  # complete rows have every cell of such a column
        made.add("required", leaf.name, implies(asked, term.value == rows))
    if node.name in _COUNTS:
        facts = [
            as_z3(term.known) == as_z3(asked),
            term.value <= rows,
            implies(cell.known, term.value >= 1),
            implies(rows == 0, term.value == 0),
        ]
    else:
        facts = [implies(term.known, conj((asked, implies(rows >= 1, cell.known))))]
        if node.name == "min":
            facts.append(implies(conj((term.known, rows >= 1)), value <= one))
        elif node.name == "max":
            facts.append(implies(conj((term.known, rows >= 1)), value >= one))
        else:
            facts.append(implies(rows == 0, conj((term.value == 0, as_z3(term.known) == as_z3(asked)))))
            if leaf.min is not None and leaf.type in ("int", "dec") and leaf.min >= 0:  # type: ignore[operator]
                facts.append(implies(term.known, conj((value >= 0, implies(rows >= 1, value >= one)))))
    made.add("type", leaf.name, conj(as_z3(fact) for fact in facts))


def _alike(one: Term, other: Term) -> tuple[Any, Any]:
    """Return two numbers in the same unit."""
    if one.whole == other.whole:
        return one.value, other.value
    return (one.value * 10**6 if one.whole else one.value), (other.value * 10**6 if other.whole else other.value)


def _repeated(made: Encoding, node: Call, term: Term, cells: Sequence[Cell]) -> Condition:
    """The result where every roster is one row repeated."""
    import z3

    times = [(cell, made.rows[roster] if roster else z3.IntVal(1)) for cell, roster in cells]
    asked = conj(
        conj((made.asked["question", made.questionnaire.rosters[roster].question], made.told[roster]))
        for _, roster in cells
        if roster
    )
    if node.name in _COUNTS:
        several = node.name == "count"
        held = [z3.If(z3.And(as_z3(cell.known), count >= 1), count if several else 1, 0) for cell, count in times]
        return conj((as_z3(term.known) == as_z3(asked), term.value == z3.Sum(held)))
    known = conj((asked, *(implies(count >= 1, cell.known) for cell, count in times)))
    if node.name != "sum":
        known = conj((known, disj(count >= 1 for _, count in times)))
    value = _FUNCTIONS[node.name](made, [(_millionths(cell), count) for cell, count in times])
    return conj((as_z3(term.known) == as_z3(known), implies(term.known, term.value == value)))


def _millionths(cell: Term) -> Any:
    return cell.value * 10**6 if cell.whole else cell.value


def _summed(made: Encoding, parts: list[tuple[Any, Any]]) -> Any:
    """Multiply by each number of rows that is tried: z3 is quicker with cases than with products of unknowns."""
    import z3

    tried = sorted({count for roster in made.questionnaire.rosters.values() for count in _counts(made, roster)} | {1})
    total = []
    for value, count in parts:
        made_of = z3.IntVal(0)
        for number in tried:
            made_of = z3.If(count == number, number * value, made_of)
        total.append(made_of)
    return z3.Sum(total)


def _best(first: bool) -> Callable[[Encoding, list[tuple[Any, Any]]], Any]:
    def chosen(made: Encoding, parts: list[tuple[Any, Any]]) -> Any:
        import z3

        best, there = parts[0][0], parts[0][1] >= 1
        for value, count in parts[1:]:
            better = z3.And(count >= 1, z3.Or(z3.Not(there), value < best if first else value > best))
            best, there = z3.If(better, value, best), z3.Or(there, count >= 1)
        return best

    return chosen


_FUNCTIONS: dict[str, Callable[[Encoding, list[tuple[Any, Any]]], Any]] = {
    "sum": _summed, "min": _best(True), "max": _best(False),
}  # fmt: skip
