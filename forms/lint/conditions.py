"""Lint of expressions, whatever they decide: codes that do not exist, comparisons that never hold, missing answers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal

from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Judged
from forms.lint.trees import Compared, bare, compared, comparisons, nodes, written
from forms.model import DONT_KNOW, STATES, Field
from uptake.contract.errors import did_you_mean
from uptake.contract.expressions.tree import Arithmetic, Call, Comparison, Node, Number
from uptake.contract.expressions.tree import Field as Answer

_LISTED = frozenset({"sel1", "selN", "code"})
_ORDER = frozenset({"<", "<=", ">", ">="})


def _compared(draft: Draft) -> Iterator[tuple[Judged, Compared, Field]]:
    """Give every comparison of an answer with a written value."""
    for judged in draft.judged:
        for found in dict.fromkeys(comparisons(judged.expression)):
            leaf = None if found.state else draft.field(found.name)
            if leaf is not None:
                yield judged, found, leaf


def _codes(draft: Draft, *, routes: bool) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        known = [choice.code for choice in leaf.choices]
        strange = isinstance(found.value, str) and found.value not in known
        if leaf.kind in _LISTED and strange and found.value != DONT_KNOW and (judged.role == "relevant") is routes:
            yield judged.place, (f'{judged.noun} compares "{found.name}" with "{found.value}", which is none of its'
                                 f" choices, so it never holds.{did_you_mean(str(found.value), known)}")  # fmt: skip


def _route_codes(draft: Draft) -> Iterator[Hit]:
    return _codes(draft, routes=True)


def _rule_codes(draft: Draft) -> Iterator[Hit]:
    return _codes(draft, routes=False)


def _dont_know(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if leaf.dont_know and found.value == DONT_KNOW:
            yield judged.place, (f'{judged.noun} compares "{found.name}" with "{DONT_KNOW}", but "don\'t know" is a'
                                 f" missing answer and equals nothing. Write state(${{{found.name}}}) ="
                                 f" '{DONT_KNOW}'.")  # fmt: skip


def _states(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        for found in comparisons(judged.expression):
            if found.state and found.value not in STATES:
                yield judged.place, (f'{judged.noun} asks whether the state of "{found.name}" is "{found.value}",'
                                     f" which is no state, so it never holds.{did_you_mean(str(found.value), STATES)}"
                                     " Known:"
                                     f" {', '.join(STATES)}.")  # fmt: skip


def _several(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if leaf.kind == "selN" and found.sign in ("=", "!="):
            yield judged.place, (f'{judged.noun} compares "{found.name}" by {found.sign}, but several may be chosen,'
                                 f" and then it equals no single code. Write selected(${{{found.name}}},"
                                 f" '{found.value}').")  # fmt: skip


def _selected(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if found.sign == "selected" and leaf.kind not in ("selN",):
            yield judged.place, (f'{judged.noun} asks selected() of "{found.name}", where only one answer is given.'
                                 ' Write'
                                 f" ${{{found.name}}} = '{found.value}'.")  # fmt: skip


def _ordered_codes(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if leaf.kind in _LISTED and isinstance(found.value, Decimal):
            yield judged.place, (f'{judged.noun} compares the code "{found.name}" with the number {found.value}; codes'
                                 " are names, and those that are no numbers are unknown. Write"
                                 f" '{found.value}'.")  # fmt: skip


def _out_of_bounds(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if not isinstance(found.value, Decimal) or isinstance(leaf.min, datetime.date) or leaf.kind in _LISTED:
            continue
        low, high = leaf.min, leaf.max if not isinstance(leaf.max, datetime.date) else None
        if (low is not None and found.value < low) or (high is not None and found.value > high):
            span = f"from {low}" if high is None else f"up to {high}" if low is None else f"from {low} to {high}"
            yield judged.place, (f'{judged.noun} compares "{found.name}" with {found.value}, but its answers go'
                                 f" {span}, so the result is always the same. Change the number or the"
                                 " bounds.")  # fmt: skip


def _with_itself(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        for node in nodes(judged.expression):
            if (
                isinstance(node, Comparison)
                and isinstance(bare(node.left), Answer)
                and bare(node.left) == bare(node.right)
            ):
                name = bare(node.left).name  # type: ignore[union-attr]
                yield judged.place, (f'{judged.noun} compares "{name}" with itself, so the result is always the same.'
                                     " Name the other field.")  # fmt: skip


def _free_text(draft: Draft) -> Iterator[Hit]:
    for judged, found, leaf in _compared(draft):
        if leaf.kind == "text" and found.sign in ("=", "!=") and isinstance(found.value, str):
            yield judged.place, (f'{judged.noun} compares the free text "{found.name}" with "{found.value}", and'
                                 " people write the same thing in many ways. Ask it as a choice, or write contains() or"
                                 " regex().")  # fmt: skip


def _constant(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        if not judged.expression.fields and judged.role != "rule":
            yield judged.place, (f"{judged.noun} rests on `{judged.expression.text}`, which looks at no answer, so it"
                                 " is the same for everybody. Name a field, or remove it.")  # fmt: skip


def _divisions(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        for node in nodes(judged.expression):
            if not (isinstance(node, Arithmetic) and node.sign in ("div", "mod")) or judged.role == "value":
                continue
            below = bare(node.right)
            leaf = draft.field(below.name) if isinstance(below, Answer) else None
            if leaf is not None and not isinstance(leaf.min, datetime.date) and (leaf.min is None or leaf.min <= 0):
                yield judged.place, (f'{judged.noun} divides by "{leaf.name}", which may be 0; it is then unknown and'
                                     " says nothing. Multiply the other side instead.")  # fmt: skip


def _today(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        days = sum(_is_today(node) for node in nodes(judged.expression))
        settled = sum(_settled(node) for node in nodes(judged.expression))
        if days > settled:
            yield judged.place, (f"{judged.noun} looks at today(), so the same answers are judged otherwise on another"
                                 " day, and again when the wave is reviewed. Write the day, as"
                                 " date('2026-12-31').")  # fmt: skip


def _is_today(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "today"


def _settled(node: Node) -> bool:
    """Whether a comparison with today holds for good once it holds: what is not ahead today will not be tomorrow."""
    if not isinstance(node, Comparison):
        return False
    late = node.right if node.sign in ("<", "<=") else node.left if node.sign in (">", ">=") else None
    return late is not None and _is_today(bare(late))


def _fractions(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        for node in nodes(judged.expression):
            found = compared(node)
            leaf = draft.field(found.name) if found is not None and not found.state else None
            if (
                leaf is None
                or found is None
                or found.sign not in ("=", "!=")
                or leaf.kind not in ("int", "dec", "money", "pct")
            ):
                continue
            if isinstance(found.value, Decimal) and found.value != round(found.value, leaf.decimals):
                yield judged.place, (f'{judged.noun} compares "{found.name}" with {found.value}, but its answers have'
                                     f" {leaf.decimals} decimals, so they are never equal. Round the"
                                     " number.")  # fmt: skip


def _written_only(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        for node in nodes(judged.expression):
            if isinstance(node, Comparison) and None not in (written(bare(node.left)), written(bare(node.right))):
                yield judged.place, (f"{judged.noun} compares two written values in `{judged.expression.text}`, so the"
                                     " result is always the same. One of them should be a field.")  # fmt: skip


def _summed_unknowns(draft: Draft) -> Iterator[Hit]:
    from forms.lint.trees import addends

    for judged in draft.judged:
        for node in nodes(judged.expression) if judged.role == "rule" else ():
            if not isinstance(node, Comparison) or node.sign not in ("<", "<=", ">", ">="):
                continue
            small = bare(node.left if node.sign in ("<", "<=") else node.right)
            parts = [draft.field(part.name) for part in addends(small) if isinstance(part, Answer)]
            unsure = [leaf for leaf in parts if leaf is not None and leaf.dont_know]
            if len(parts) > 1 and unsure and not isinstance(small, Number):
                yield judged.place, (f'{judged.noun} adds up "{unsure[0].name}", where "don\'t know" may stand; it'
                                     " then says nothing even when the other parts alone are too much. Write"
                                     f" coalesce(${{{unsure[0].name}}}, 0).")  # fmt: skip


RULES = (
    Rule("route-code-unknown", "a condition that compares with a code that is no choice", _route_codes, "fault"),
    Rule("rule-code-unknown", "a check that compares with a code that is no choice", _rule_codes, "fault"),
    Rule("compares-dont-know", "comparing an answer with dont_know, which is a state", _dont_know, "fault"),
    Rule("state-unknown", "comparing a state with a word that is no state", _states, "fault"),
    Rule("several-compared", "= on a question where several may be chosen", _several, "fault"),
    Rule("selected-of-one", "selected() of a question with one answer", _selected),
    Rule("code-compared-as-number", "a code compared with a number", _ordered_codes),
    Rule("compared-out-of-bounds", "a comparison with a number that cannot be answered", _out_of_bounds),
    Rule("compared-with-itself", "a field compared with itself", _with_itself, "fault"),
    Rule("compared-written", "two written values compared with one another", _written_only),
    Rule("compared-never-equal", "equality with more decimals than the answer has", _fractions),
    Rule("text-compared", "free text compared with written words", _free_text),
    Rule("condition-constant", "a condition that looks at no answer", _constant),
    Rule("division-by-zero", "a division by an answer that may be 0", _divisions),
    Rule("today-in-rule", "a condition that changes with the day", _today),
    Rule("sum-of-unknowns", "a sum with a part that may be unknown, held against a limit", _summed_unknowns),
)
