"""Conditions as sentences: `${e06} = 'yes'` is printed as E-06选“是” or E-06 is “Yes”, never as code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from forms.model import LAST, PREFILLED, Check, Questionnaire
from forms.model import Field as Leaf
from forms.numbers import show_number
from forms.paper.items import item_numbers
from forms.paper.phrases import PHRASES, READABLE, SHORT
from uptake.contract.expressions import Expression
from uptake.contract.expressions.tree import (
    Arithmetic,
    Call,
    Cast,
    Column,
    Comparison,
    ComparisonSign,
    Field,
    Junction,
    Negative,
    Node,
    Number,
    State,
    String,
)

_SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_OPPOSITE: Mapping[ComparisonSign, ComparisonSign] = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TURNED: Mapping[ComparisonSign, ComparisonSign] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATORS = {"+": "+", "-": "−", "*": "×", "div": "÷"}
_TRANSPARENT = frozenset({"number", "string", "boolean", "round", "int", "date"})
_SLOT = re.compile(r"\$\{([^}]*)\}")
MANY = 3  # so many alike conditions or numbers of one question are said together
# How tightly a phrase holds together; a looser one inside a tighter one stands in brackets.
_OR, _AND, _SUM, _PRODUCT, _ATOM = range(5)


class _UnsayableError(Exception):
    """The expression has a form for which there are no words."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words, and how tightly they hold together."""

    words: str
    level: int = _ATOM


def say_condition(questionnaire: Questionnaire, expression: Expression, lang: str) -> str:
    """Return a condition as words in a language: question numbers and labels instead of names and codes.

    What cannot be said well is given as the questions it depends on; it is never printed as code.
    """
    speaker = _Speaker(questionnaire, lang, item_numbers(questionnaire))
    try:
        return speaker.say(expression.node).words
    except _UnsayableError:
        return speaker.depends(expression)


def say_check(questionnaire: Questionnaire, check: Check, lang: str) -> str:
    """Return what a check asks, in words; where its rule has none or too many, what it tells the respondent.

    The numbers that its message would repeat are given as the numbers of their boxes. The check of a total names the
    boxes alone, because its message shows what was typed.
    """
    speaker = _Speaker(questionnaire, lang, item_numbers(questionnaire))
    if check.total:
        parts = questionnaire.fields[check.total].total_of
        return f"{speaker.numbers[check.total]} = {' + '.join(speaker.numbers[part] for part in parts)}"
    try:
        said = speaker.say(check.rule.node).words
    except _UnsayableError:
        said = ""
    if 0 < len(said) <= READABLE[lang]:
        return said
    return _SLOT.sub(lambda match: speaker.slot(match[1]), check.message[lang])


@dataclass(frozen=True, slots=True)
class _Speaker:
    questionnaire: Questionnaire
    lang: str
    numbers: Mapping[str, str]

    def words(self, key: str, *slots: str) -> str:
        return PHRASES[self.lang][key].format(*slots)

    def slot(self, name: str) -> str:
        """Return what stands on paper for a number that a message repeats."""
        try:
            return self.reference(name)
        except _UnsayableError:
            return "…"

    def depends(self, expression: Expression) -> str:
        """Name the questions an expression looks at."""
        known = (self.leaf(name) for name in sorted(expression.fields))
        numbers = list(dict.fromkeys(leaf.question for leaf in known if leaf is not None))
        return self.words("depends", self.words("list").join(numbers)) if numbers else self.words("office")

    def say(self, node: Node) -> _Phrase:
        """Say any node; raise _UnsayableError where there are no words for it."""
        node = _bare(node)
        if isinstance(node, Number):
            return _Phrase(show_number(node.value))
        if isinstance(node, String):
            return _Phrase(self.words("text", node.value))
        if isinstance(node, Field):
            return _Phrase(self.reference(node.name))
        if isinstance(node, Negative):
            return _Phrase(f"−{self.inside(node.operand, _ATOM)}")
        if isinstance(node, Arithmetic):
            return self.arithmetic(node)
        if isinstance(node, Comparison):
            return self.comparison(node)
        if isinstance(node, Junction):
            return self.junction(node)
        if isinstance(node, Call):
            return self.call(node)
        raise _UnsayableError

    def inside(self, node: Node, level: int) -> str:
        """Say a part of a phrase, in brackets where it would fall apart."""
        phrase = self.say(node)
        if phrase.level >= level:
            return phrase.words
        return f"{self.words('open')}{phrase.words}{self.words('close')}"

    def leaf(self, name: str) -> Leaf | None:
        for ending in (PREFILLED, LAST):
            if name.endswith(ending) and name not in self.questionnaire.fields:
                name = name.removesuffix(ending)
        return self.questionnaire.fields.get(name)

    def reference(self, name: str) -> str:
        """Name a field as the paper does: by the number of its box, and its label where that is short and its own."""
        leaf = self.leaf(name)
        if leaf is None:
            return self.known_before(name)
        plain = self.numbers[leaf.name]
        if plain != leaf.question and plain[-1].isdigit() and len(leaf.label[self.lang]) <= SHORT[self.lang]:
            plain = self.words("label", plain, leaf.label[self.lang])
        if name == leaf.name:
            return plain
        return self.words("register" if name.endswith(PREFILLED) else "last", plain)

    def known_before(self, name: str) -> str:
        """Say a number that the office has of the unit; its other knowledge has no words."""
        column = self.questionnaire.sample.get(name)
        if column is None or column.type not in ("int", "dec"):
            raise _UnsayableError
        return self.words("known")

    def arithmetic(self, node: Arithmetic) -> _Phrase:
        if node.sign == "mod":
            return _Phrase(self.words("rest", self.inside(node.left, _ATOM), self.inside(node.right, _ATOM)))
        level = _SUM if node.sign in "+-" else _PRODUCT
        left, right = self.inside(node.left, level), self.inside(node.right, level + (node.sign in ("-", "div")))
        return _Phrase(f"{left} {_OPERATORS[node.sign]} {right}", level)

    def junction(self, node: Junction) -> _Phrase:
        together = self.one_of(node) or self.alike(node) or self.follows(node)
        if together is not None:
            return together
        level = _AND if node.word == "and" else _OR
        return _Phrase(self.words(node.word).join(self.inside(part, level + 1) for part in node.parts), level)

    def alike(self, node: Junction) -> _Phrase | None:
        """Say conditions that are one and the same on many items of a question together."""
        pairs = [_coded(_bare(part)) for part in node.parts]
        if len(pairs) < MANY or any(pair is None for pair in pairs):
            return None
        found = [(name, code, sign) for pair in pairs if pair is not None for name, code, sign in [pair]]
        leaves = [self.leaf(name) for name, _, _ in found]
        if len({(code, sign) for _, code, sign in found}) > 1 or len({leaf and leaf.question for leaf in leaves}) > 1:
            return None
        first = leaves[0]
        if first is None or found[0][0] != first.name:
            return None
        said = self.words("chose" if found[0][2] == "=" else "not_chose", self.label_of(first, found[0][1]))
        key = "every" if node.word == "and" else "some"
        return _Phrase(self.words(f"{key}{self.scope_ending(first, found)}", self.scope(first, found), said))

    def one_of(self, node: Junction) -> _Phrase | None:
        """Say that one of several choices of the same question was made."""
        pairs = [_coded(_bare(part)) for part in node.parts]
        found = [pair for pair in pairs if pair is not None and pair[2] == "="]
        leaf = self.leaf(found[0][0]) if found else None
        if node.word != "or" or len(found) < len(pairs) or len({name for name, _, _ in found}) > 1 or leaf is None:
            return None
        labels = self.words("list").join(self.words("text", self.label_of(leaf, code)) for _, code, _ in found)
        return _Phrase(self.words("one_of", self.reference(found[0][0]), labels))

    def follows(self, node: Junction) -> _Phrase | None:
        """Say `not(a) or b` as what follows from a."""
        first = _bare(node.parts[0])
        if node.word != "or" or len(node.parts) != 2 or not (isinstance(first, Call) and first.name == "not"):
            return None
        return _Phrase(self.words("then", self.say(first.arguments[0]).words, self.say(node.parts[1]).words), _OR)

    def whole(self, first: Leaf, names: Sequence[str]) -> bool:
        """Whether the names are all the fields of the part that the first one stands in."""
        parts = self.questionnaire.question(first.question).parts
        part = next(part for part in parts if any(leaf.name == first.name for leaf in part.fields))
        return {leaf.name for leaf in part.fields} == set(names)

    def scope_ending(self, first: Leaf, found: Sequence[tuple[str, str, str]]) -> str:
        return "" if self.whole(first, [name for name, _, _ in found]) else "_of"

    def scope(self, first: Leaf, found: Sequence[tuple[str, str, str]]) -> str:
        names = [name for name, _, _ in found]
        if self.whole(first, names):
            return self.numbers[first.name].rpartition(".")[0]
        return self.words("list").join(self.numbers[name] for name in names)

    def label_of(self, leaf: Leaf, code: str) -> str:
        for choice in leaf.choices:
            if choice.code == code:
                return choice.label[self.lang]
        raise _UnsayableError

    def comparison(self, node: Comparison) -> _Phrase:
        left, right = _bare(node.left), _bare(node.right)
        if isinstance(left, String | Number) and not isinstance(right, String | Number):
            return self.comparison(replace(node, sign=_turned(node.sign), left=right, right=left))
        if isinstance(left, State) and isinstance(right, String):
            return self.state(left, right, node.sign)
        if isinstance(left, Field) and isinstance(right, String):
            return self.chosen(left, right, node.sign)
        if any(isinstance(side, Comparison | Junction) for side in (left, right)):
            return self.both(node)
        sides = self.inside(left, _SUM), self.inside(right, _SUM)
        first = self.leaf(left.name) if isinstance(left, Field) else None
        if first is not None and first.is_year and isinstance(right, Number):
            sides = (sides[0], f"{right.value:f}")
        return _Phrase(f"{sides[0]} {_SIGNS[node.sign]} {sides[1]}")

    def both(self, node: Comparison) -> _Phrase:
        """Say that two conditions go together."""
        if node.sign != "=":
            raise _UnsayableError
        return _Phrase(self.words("both", self.inside(node.left, _ATOM), self.inside(node.right, _ATOM)), _AND)

    def state(self, left: State, right: String, sign: str) -> _Phrase:
        if right.value not in PHRASES[self.lang]:
            raise _UnsayableError
        said = self.words(right.value, self.reference(left.name))
        return _Phrase(said if sign == "=" else self.words("is_no", said))

    def chosen(self, left: Field, right: String, sign: str) -> _Phrase:
        """Say that a choice was made, or that a field of the sample says so, which is the office's word."""
        leaf = self.leaf(left.name)
        if leaf is None:
            return _Phrase(self.words("office" if sign == "=" else "not_office"))
        name = self.reference(left.name)
        if not leaf.choices:
            return _Phrase(f"{name} {_SIGNS[sign]} {self.words('text', right.value)}")
        return _Phrase(self.words("is" if sign == "=" else "is_not", name, self.label_of(leaf, right.value)))

    def call(self, node: Call) -> _Phrase:
        name, arguments = node.name, node.arguments
        if name == "not":
            return self.denied(_bare(arguments[0]))
        if name in _TRANSPARENT:
            return self.plain(node)
        if name == "sum" and len(arguments) > 1:
            return self.summed(arguments)
        said = _SAID.get(name)
        if said is None:
            raise _UnsayableError
        return said(self, arguments)

    def plain(self, node: Call) -> _Phrase:
        """Say a conversion as what it converts."""
        inner = _bare(node.arguments[0])
        return _Phrase(inner.value) if node.name == "date" and isinstance(inner, String) else self.say(inner)

    def denied(self, node: Node) -> _Phrase:
        if isinstance(node, Comparison):
            return self.comparison(replace(node, sign=_OPPOSITE[node.sign]))
        if isinstance(node, Call) and node.name == "not":
            return self.say(_bare(node.arguments[0]))
        if isinstance(node, Junction) and node.word == "or":
            return self.junction(Junction("and", tuple(Call("not", (part,)) for part in node.parts)))
        if isinstance(node, Junction):
            return _Phrase(self.words("never", self.say(node).words), _OR)
        return _Phrase(self.words("is_no", self.say(node).words), _OR)

    def summed(self, arguments: Sequence[Node]) -> _Phrase:
        """Say a sum; all the items of one question as such, and otherwise one after the other."""
        names = [node.name for node in map(_bare, arguments) if isinstance(node, Field)]
        first = self.leaf(names[0]) if len(names) == len(arguments) > MANY else None
        if first is not None and first.name == names[0] and self.whole(first, names):
            return _Phrase(self.words("sum_all", self.numbers[first.name].rpartition(".")[0]))
        return _Phrase(" + ".join(self.inside(argument, _SUM) for argument in arguments), _SUM)

    def listed(self, arguments: Sequence[Node]) -> str:
        return self.words("list").join(self.inside(argument, _SUM) for argument in arguments)


def _bare(node: Node) -> Node:
    """Return what a node says without its conversions; a whole column of a roster is named as its field."""
    while isinstance(node, Cast):
        node = node.operand
    return Field(node.name, node.at) if isinstance(node, Column) else node


def _turned(sign: ComparisonSign) -> ComparisonSign:
    return _TURNED.get(sign, sign)


def _coded(node: Node) -> tuple[str, str, str] | None:
    """Return field, code and sign of a comparison of a field with a code."""
    if not isinstance(node, Comparison) or node.sign not in ("=", "!="):
        return None
    left, right = _bare(node.left), _bare(node.right)
    return (left.name, right.value, node.sign) if isinstance(left, Field) and isinstance(right, String) else None


def _one(key: str) -> Callable[[_Speaker, Sequence[Node]], _Phrase]:
    return lambda speaker, arguments: _Phrase(speaker.words(key, speaker.inside(arguments[0], _ATOM)))


def _several(key: str) -> Callable[[_Speaker, Sequence[Node]], _Phrase]:
    """Make the phrase for a function of several fields, or of all rows of one."""
    return lambda speaker, arguments: _Phrase(speaker.words(key, speaker.listed(arguments)))


def _rows(speaker: _Speaker, arguments: Sequence[Node]) -> _Phrase:
    first = _bare(arguments[0])
    leaf = speaker.leaf(first.name) if isinstance(first, Field) else None
    if leaf is not None and leaf.roster and len(arguments) == 1:
        return _Phrase(speaker.words("rows", leaf.question))
    return _Phrase(speaker.words("given", speaker.listed(arguments)))


def _selected(speaker: _Speaker, arguments: Sequence[Node]) -> _Phrase:
    field, code = _bare(arguments[0]), _bare(arguments[1])
    leaf = speaker.leaf(field.name) if isinstance(field, Field) else None
    if leaf is None or not isinstance(field, Field) or not isinstance(code, String):
        raise _UnsayableError
    return _Phrase(speaker.words("includes", speaker.reference(field.name), speaker.label_of(leaf, code.value)))


def _coalesce(speaker: _Speaker, arguments: Sequence[Node]) -> _Phrase:
    first, other = _bare(arguments[0]), _bare(arguments[-1])
    if len(arguments) == 2 and isinstance(other, Call) and other.name in ("true", "false"):
        return speaker.say(first)
    if len(arguments) != 2 or not isinstance(other, Number | String):
        raise _UnsayableError
    return _Phrase(speaker.words("else", speaker.inside(first, _ATOM), speaker.say(other).words))


def _if(speaker: _Speaker, arguments: Sequence[Node]) -> _Phrase:
    return _Phrase(speaker.words("if", *(speaker.say(argument).words for argument in arguments)), _OR)


_SAID: Mapping[str, Callable[[_Speaker, Sequence[Node]], _Phrase]] = {
    "selected": _selected, "count-selected": _one("chosen"), "string-length": _one("length"), "regex": _one("format"),
    "count": _rows, "count-distinct": _one("kinds"), "min": _several("least"),
    "max": _several("most"), "sum": _one("total"), "coalesce": _coalesce, "if": _if, "abs": _one("size"),
    "floor": _one("down"), "ceiling": _one("up"),
    "today": lambda speaker, _arguments: _Phrase(speaker.words("today")),
}  # fmt: skip
