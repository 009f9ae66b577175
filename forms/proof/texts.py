"""Free text for z3: which texts may be typed, and what patterns and lengths say of those that matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from forms.model import Field
from forms.proof.encoding import Encoding, expressions_of, leaf_before
from forms.proof.logic import Condition, as_z3, conj, disj, implies, neg
from forms.proof.samples import matching, missing
from forms.reading import Refused, read_field
from uptake.contract.codes import uscc_check_character
from uptake.contract.expressions.proof import Pair
from uptake.contract.expressions.proof_calls import field_of
from uptake.contract.expressions.tree import Call, Number, String, walk

_PLAIN = ("some text", "一段文字", "x", "12", "2025-06", "2026-12", "2025-06-30", "2029-12-31", "2025")
_MOST = 400  # texts tried for one field


def settle_texts(made: Encoding) -> Condition:
    """Tell z3 what can be told of free text, once every expression was printed.

    Adds to the encoding: texts no respondent can type, and the results of open functions (patterns, lengths, parts) for
    a list of texts that matter. Returns the condition that all fields such functions look into hold one of these texts:
    under it an answer set is exact, without it what is impossible stays impossible.
    """
    looked_into = {opened.field for opened in made.answers.opened.values()}
    looked_into |= {name for pair in made.answers.pairs.values() for name in pair.fields}
    free = sorted(name for name in looked_into if not made.answers.domains[name].codes)
    tried = {name: _candidates(made, name) for name in free}
    for texts in tried.values():
        for text in texts:
            made.answers.text(text)
    for name in made.answers.terms:
        _refuse_untypable(made, name)
    _tell_results(made, tried)
    paired = [_of_pair(made, pair, tried) for pair in made.answers.pairs.values()]
    return conj((*(_one_of(made, name, texts) for name, texts in tried.items()), *paired))


def typable(leaf: Field, text: str) -> bool:
    """Whether typing a text gives just this text as answer."""
    try:
        return read_field(leaf, [text], "en").value == text
    except Refused:
        return False


def any_text(leaf: Field, number: int) -> str:
    """Return a text for a field of which only the number is known: another number, another text."""
    if leaf.kind == "uscc":
        first = f"9111{number:013d}"
        return first + uscc_check_character(first)
    return f"text {number}" if leaf.max_length >= 12 else _short(number, leaf.max_length)


def _short(number: int, length: int) -> str:
    signs = ""
    while number or not signs:
        signs, number = signs + chr(0x4E00 + number % 20000), number // 20000
    return signs[:length]


def _is_free(leaf: Field) -> bool:
    return leaf.type == "text" and leaf.kind not in ("selN", "computed")


def _leaf(made: Encoding, name: str) -> Field | None:
    if name == "today()":
        return None
    return made.questionnaire.fields.get(name) or leaf_before(made.questionnaire, name)


def _refuse_untypable(made: Encoding, name: str) -> None:
    leaf = _leaf(made, name)
    if leaf is None or not _is_free(leaf):
        return
    value = made.answers.terms[name].value
    made.add("type", name, conj(value != number for text, number in made.answers.texts.items()
                                if not typable(leaf, text)))  # fmt: skip


def _one_of(made: Encoding, name: str, texts: tuple[str, ...]) -> Condition:
    term = made.answers.terms[name]
    return implies(term.known, disj(term.value == made.answers.text(text) for text in texts))


def _tell_results(made: Encoding, tried: Mapping[str, tuple[str, ...]]) -> None:
    """Tell z3 what follows from each text that is tried."""
    for opened in made.answers.opened.values():
        for text in tried[opened.field]:
            result, number = opened.run(text), made.answers.text(text)
            known = opened.known(number)
            told = neg(known) if result is None else conj((known, opened.value(number) == _constant(made, result)))
            made.add("type", opened.field, told)


def _of_pair(made: Encoding, pair: Pair, tried: Mapping[str, tuple[str, ...]]) -> Condition:
    """Return when a condition on two answers holds, where both are among the texts that are tried."""
    one, other = pair.fields
    left, right = made.answers.terms[one].value, made.answers.terms[other].value
    first, second = (tried.get(name) or made.answers.domains[name].codes for name in pair.fields)
    holding = ((a, b) for a in first for b in second if pair.run(a, b) is True)
    number = made.answers.text
    return as_z3(pair.value) == as_z3(disj(conj((left == number(a), right == number(b))) for a, b in holding))


def _constant(made: Encoding, result: object) -> object:
    """Return a result as the expression printer writes it: numbers in millionths, texts and days as their numbers."""
    if isinstance(result, bool):
        return result
    if isinstance(result, str):
        return made.answers.text(result)
    if hasattr(result, "toordinal"):
        return result.toordinal()
    assert isinstance(result, int | Decimal)
    return int(result * 10**6)


def _candidates(made: Encoding, name: str) -> tuple[str, ...]:
    leaf = _leaf(made, name)
    assert leaf is not None
    if leaf.kind == "uscc":
        return tuple(any_text(leaf, number) for number in range(1, 4))
    thought_of = dict.fromkeys((*_from_expressions(made, name), *_PLAIN))
    return tuple(text for text in thought_of if typable(leaf, text))[:_MOST]


def _from_expressions(made: Encoding, name: str) -> Iterator[str]:
    """Give texts that the expressions looking into a field could tell apart."""
    for expression in expressions_of(made.questionnaire):
        if name not in expression.fields:
            continue
        for node, _ in walk(expression.node):
            if isinstance(node, Call) and node.name == "regex" and isinstance(node.arguments[1], String):
                found = matching(node.arguments[1].value)
                yield from (*found, *missing(found[:2]))
            elif isinstance(node, Call) and len(node.arguments) == 2:
                yield from _with_codes(made, name, node)
            elif isinstance(node, String):
                yield from (node.value, f"{node.value}x", f"x{node.value}", f"x{node.value}x")
            elif isinstance(node, Number):
                yield from _around(int(node.value))


def _with_codes(made: Encoding, name: str, node: Call) -> Iterator[str]:
    """Give texts that begin and end with each code of the field that a text is held against."""
    for part in node.arguments:
        read = field_of(part)
        codes = made.answers.domains[read.name].codes if read is not None and read.name != name else ()
        for code in codes:
            longer = [text for text in _shapes(made, name) if len(text) > len(code)][:1]
            yield from (code, *(f"{code}{text[len(code) :]}" for text in longer))


def _shapes(made: Encoding, name: str) -> tuple[str, ...]:
    """Return texts that match the patterns a field is held against."""
    nodes = (node for root in made.written for node, _ in walk(root) if isinstance(node, Call) and node.name == "regex")
    asked = [node for node in nodes if (read := field_of(node.arguments[0])) is not None and read.name == name]
    return tuple(text for node in asked if isinstance(node.arguments[1], String)
                 for text in matching(node.arguments[1].value)[:1])  # fmt: skip


def _around(number: int) -> Iterator[str]:
    """Give numbers as text, and texts as long as the number: it is compared with one or the other."""
    for near in (number - 1, number, number + 1):
        yield str(near)
        if 0 < near <= 200:
            yield "x" * near
