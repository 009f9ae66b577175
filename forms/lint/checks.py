"""Lint of checks: rules and messages that do not help the respondent put things right."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import SLOT, Draft, Judged
from forms.lint.trees import addends, bare, compared, conjuncts, nodes, plain
from forms.model import LAST, Field, Part, Question
from uptake.contract.expressions import Expression
from uptake.contract.expressions.tree import Call, Comparison, Node, String
from uptake.contract.expressions.tree import Field as Answer

_MANY = 4  # a message about more numbers than these may name them in words
_TYPED = frozenset({"int", "dec", "money", "pct", "date"})
_ZH_ACT = re.compile("请|应|改正|核对|填写|选择|说明|更正|修改|补充|删去|减少")
_EN_ACT = re.compile(r"\b(?:please|correct|check|enter|choose|select|write|say|change|remove|type|give|fill|tick"
                     r"|explain|add|answer|must|should|reduce|confirm|state|report|has|have|use)\b", re.I)  # fmt: skip


def _typed(draft: Draft, judged: Judged) -> list[Field]:
    found = (draft.field(name) for name in sorted(judged.expression.fields))
    return [leaf for leaf in found if leaf is not None and leaf.kind in _TYPED]


def _numbers(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        numbers = _typed(draft, judged)
        if 0 < len(numbers) <= _MANY and not any(SLOT.search(check.message[lang]) for lang in check.message):
            yield check.place, (f'the message of the check "{check.id.value}" does not repeat the numbers it judges,'
                                f" so a slip cannot be seen. Show them, as ${{{numbers[0].name}}}.")  # fmt: skip


def _what_to_do(draft: Draft) -> Iterator[Hit]:
    for check, _ in draft.checks():
        for lang, act in (("zh", _ZH_ACT), ("en", _EN_ACT)):
            if not act.search(check.message[lang]):
                line = check.message.line(lang) or check.place.line
                yield type(check.place)(check.place.path, line), (
                    f'the message of the check "{check.id.value}" ({lang}) does not say what to do. Say what to check'
                    " or change.")  # fmt: skip


def _other_slots(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        shown = {name for lang in check.message for name in SLOT.findall(check.message[lang])}
        for name in sorted(shown):
            leaf, seen = draft.field(name), {found.name for found in _seen(draft, judged)}
            if leaf is not None and leaf.name not in seen and leaf.value is None and not leaf.total_of:
                yield check.place, (f'the message of the check "{check.id.value}" shows "{name}", which its rule does'
                                    " not look at. Show a field of the rule.")  # fmt: skip


def _seen(draft: Draft, judged: Judged) -> Iterator[Field]:
    for name in judged.expression.fields:
        leaf = draft.field(name)
        if leaf is not None:
            yield leaf
            if leaf.value is not None:  # what a computed field is made of is looked at too
                yield from (part for inner in leaf.value.fields if (part := draft.field(inner)) is not None)


def _elsewhere(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        seen = {leaf.name for leaf in _seen(draft, judged)}
        for name in check.fields:
            if name.value not in seen:
                yield name.place, (f'the check "{check.id.value}" is shown beside "{name.value}", which its rule does'
                                   " not look at. Name a field of the rule.")  # fmt: skip


def _beside_fixed(draft: Draft) -> Iterator[Hit]:
    for check, _ in draft.checks():
        for name in check.fields:
            leaf = draft.asked.fields.get(name.value)
            if leaf is not None and not leaf.posted:
                yield name.place, (f'the check "{check.id.value}" is shown beside "{name.value}", where nothing can be'
                                   " typed. Name a field that can be changed.")  # fmt: skip


def _uncorrectable(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        leaves = list(_seen(draft, judged))
        if check.severity == "hard" and leaves and not any(leaf.posted for leaf in leaves):
            yield check.place, (f'the hard check "{check.id.value}" looks only at what nobody can change here, so a'
                                " unit that breaks it can never submit. Make it soft, or let a field be"
                                " edited.")  # fmt: skip


def _bound(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        found = compared(bare(judged.expression.node))
        leaf = draft.field(found.name) if found is not None and not found.state else None
        if leaf is None or found is None or check.severity != "hard" or leaf.kind not in ("int", "dec", "money", "pct"):
            continue
        if found.sign in ("<=", ">=", "<", ">") and found.name == leaf.name:
            key = "max" if found.sign in ("<=", "<") else "min"
            yield check.place, (f'the check "{check.id.value}" only bounds "{leaf.name}". Write {key}: "{found.value}"'
                                " at the input, which says so beside the box.")  # fmt: skip


def _required(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        found = compared(bare(judged.expression.node))
        if found is not None and found.state and (found.sign, found.value) in (("=", "answered"), ("!=", "blank")):
            yield check.place, (f'the check "{check.id.value}" only asks that "{found.name}" is answered. Write'
                                " required: true (the default) or `required_if` at the input.")  # fmt: skip


def _duplicates(draft: Draft) -> Iterator[Hit]:
    first: dict[Node, source.Check] = {}
    for check, judged in draft.checks():
        rule = plain(judged.expression.node)
        if rule in first:
            other = first[rule]
            yield check.place, (f'the check "{check.id.value}" has the same rule as "{other.id.value}" (line'
                                f" {other.place.line}), so the respondent is told twice. Remove one.")  # fmt: skip
        first.setdefault(rule, check)


def _apart(draft: Draft) -> Iterator[Hit]:
    """Two conditions exclude each other where they want different codes of one field."""
    for check, judged in draft.checks():
        wanted: dict[str, tuple[str, str]] = {}
        for leaf in sorted(_seen(draft, judged), key=lambda leaf: leaf.name):
            for gate, code in _codes_wanted(draft.routed.get(leaf.name, ())):
                name, other = wanted.setdefault(gate, (leaf.name, code))
                if other != code:
                    yield check.place, (f'the check "{check.id.value}" compares "{name}" with "{leaf.name}", which are'
                                        f' never asked together ({gate} = "{other}" and "{code}"). It can never be'
                                        ' judged:'
                                        " remove it, or look at other fields.")  # fmt: skip
                    break


def _codes_wanted(routes: tuple[Expression, ...]) -> Iterator[tuple[str, str]]:
    for route in routes:
        for part in conjuncts(route.node):
            found = compared(part)
            if found is not None and found.sign == "=" and isinstance(found.value, str):
                yield found.name, found.value


def _last(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        old = [
            name for name in sorted(judged.expression.fields) if name.endswith(LAST) and draft.field(name) is not None
        ]
        if check.severity == "hard" and old:
            yield check.place, (f'the hard check "{check.id.value}" holds "{old[0]}" against the answer, and a mistake'
                                " of the last wave could never be put right. Make it soft.")  # fmt: skip


def _totals(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        node = bare(judged.expression.node)
        if check.severity != "hard" or not isinstance(node, Comparison) or node.sign != "=":
            continue
        for whole, parts in ((node.left, addends(node.right)), (node.right, addends(node.left))):
            names = [part.name for part in (bare(whole), *parts) if isinstance(part, Answer)]
            leaves = [leaf for name in names if (leaf := draft.asked.fields.get(name)) is not None]
            same = len({leaf.question for leaf in leaves}) == 1 and not any(leaf.roster for leaf in leaves)
            if len(parts) > 1 and len(leaves) == len(parts) + 1 and same and _are_parts(draft, leaves):
                yield check.place, (f'the check "{check.id.value}" adds up parts of question {leaves[0].question}.'
                                    f' Write total_of at "{leaves[0].name}": the sum is then shown beside the'
                                    ' box.')  # fmt: skip


def _are_parts(draft: Draft, leaves: list[Field]) -> bool:
    """Whether every field is a part of its own, not a cell of a table."""
    question: Question = draft.asked.question(leaves[0].question)
    whole: list[Part] = [part for part in question.parts if len(part.fields) == 1]
    return {leaf.name for leaf in leaves} <= {part.fields[0].name for part in whole}


def _bare_equality(draft: Draft) -> Iterator[Hit]:
    """A soft check that demands one code leaves no room for any other answer."""
    for check, judged in draft.checks():
        found = compared(bare(judged.expression.node))
        leaf = draft.field(found.name) if found is not None and not found.state else None
        if leaf is None or found is None or check.severity != "hard":
            continue
        if leaf.kind in ("sel1", "code") and found.sign == "=" and found.name == leaf.name:
            yield check.place, (f'the hard check "{check.id.value}" alone decides which choice of "{leaf.name}" may be'
                                " taken. Offer only the choices that may be, or make it soft.")  # fmt: skip


def _patterns(draft: Draft) -> Iterator[Hit]:
    for check, judged in draft.checks():
        for node in nodes(judged.expression):
            if isinstance(node, Call) and node.name == "regex":
                field, pattern = (bare(part) for part in node.arguments)
                leaf = draft.field(field.name) if isinstance(field, Answer) else None
                if leaf is not None and isinstance(pattern, String) and leaf.choices:
                    yield check.place, (f'the check "{check.id.value}" matches "{leaf.name}" with a pattern, but its'
                                        " answers are the codes of a list. Compare codes instead.")  # fmt: skip


def _dates(draft: Draft) -> Iterator[Hit]:
    """Dates that a check bounds by a written day: the input can say so itself."""
    for check, judged in draft.checks():
        node = bare(judged.expression.node)
        if check.severity != "hard" or not isinstance(node, Comparison) or node.sign not in ("<", "<=", ">", ">="):
            continue
        sides = bare(node.left), bare(node.right)
        leaves = [draft.field(side.name) for side in sides if isinstance(side, Answer)]
        days = [side for side in sides if isinstance(side, Call) and side.name == "date" and side.arguments]
        if len(leaves) == 1 and leaves[0] is not None and days and leaves[0].type == "date":
            day = bare(days[0].arguments[0])
            if isinstance(day, String) and _is_day(day.value):
                yield check.place, (f'the check "{check.id.value}" only bounds the date "{leaves[0].name}". Write'
                                    f' `min` or `max` "{day.value}" at the input, which says so beside the'
                                    ' box.')  # fmt: skip


def _is_day(text: str) -> bool:
    try:
        return bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


RULES = (
    Rule("message-without-numbers", "a message that does not repeat the numbers", _numbers),
    Rule("message-without-advice", "a message that does not say what to do", _what_to_do),
    Rule("message-slot-foreign", "a message that shows a field its rule does not look at", _other_slots),
    Rule("check-elsewhere", "a check shown beside a field its rule does not look at", _elsewhere),
    Rule("check-beside-fixed", "a check shown where nothing can be typed", _beside_fixed),
    Rule("check-uncorrectable", "a hard check on what nobody can change", _uncorrectable, "fault"),
    Rule("check-is-bound", "a hard check that `min` or `max` could say", _bound),
    Rule("check-is-date-bound", "a hard check that bounds a date by a written day", _dates),
    Rule("check-is-required", "a check that `required` could say", _required),
    Rule("check-is-total", "a check that `total_of` could say", _totals),
    Rule("check-is-choice", "a hard check that leaves one choice", _bare_equality),
    Rule("check-twice", "two checks with the same rule", _duplicates),
    Rule("check-never-judged", "a check on fields that are never asked together", _apart),
    Rule("check-hard-on-last", "a hard check against the last wave", _last),
    Rule("pattern-on-codes", "a pattern on the codes of a list", _patterns),
)
