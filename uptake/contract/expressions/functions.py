"""The closed list of functions: what each takes and gives, and why others of XLSForm are left out."""

from __future__ import annotations

from dataclasses import dataclass

from uptake.contract.expressions.tree import Kind


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: the kind of each argument, the kind of any further ones, and what it gives."""

    takes: tuple[Kind, ...]
    gives: Kind
    rest: Kind | None = None
    optional: int = 0

    def accepts(self, count: int) -> bool:
        return len(self.takes) - self.optional <= count and (self.rest is not None or count <= len(self.takes))

    def kind_at(self, index: int) -> Kind:
        return self.takes[index] if index < len(self.takes) else (self.rest or "any")


# `if` and `coalesce` give the kind of their branches; they are typed by their branches.
FUNCTIONS: dict[str, Signature] = {
    "selected": Signature(("text", "text"), "bool"),
    "count-selected": Signature(("text",), "number"),
    "coalesce": Signature(("any", "any"), "any", rest="any"),
    "if": Signature(("bool", "any", "any"), "any"),
    "round": Signature(("number", "number"), "number", optional=1),
    "int": Signature(("number",), "number"),
    "abs": Signature(("number",), "number"),
    "floor": Signature(("number",), "number"),
    "ceiling": Signature(("number",), "number"),
    "boolean": Signature(("bool",), "bool"),
    "number": Signature(("number",), "number"),
    "string": Signature(("text",), "text"),
    "string-length": Signature(("text",), "number"),
    "concat": Signature(("text", "text"), "text", rest="text"),
    "contains": Signature(("text", "text"), "bool"),
    "starts-with": Signature(("text", "text"), "bool"),
    "ends-with": Signature(("text", "text"), "bool"),
    "regex": Signature(("text", "text"), "bool"),
    "sum": Signature(("number",), "number", rest="number"),
    "count": Signature(("any",), "number", rest="any"),
    "count-distinct": Signature(("text",), "number", rest="text"),
    "min": Signature(("number",), "number", rest="number"),
    "max": Signature(("number",), "number", rest="number"),
    "not": Signature(("bool",), "bool"),
    "true": Signature((), "bool"),
    "false": Signature((), "bool"),
    "date": Signature(("date",), "date"),
    "today": Signature((), "date"),
    "state": Signature(("text",), "text"),
}
# The functions that take a whole column of a roster, so many values as there are rows.
AGGREGATES = frozenset({"sum", "count", "count-distinct", "min", "max"})
# What XLSForm knows and this language leaves out, with the reason; a rule must give the same result whenever and
# wherever it is asked, in a page and over a whole table.
ABSENT: dict[str, str] = {
    "random": "a rule must give the same result every time; let the questionnaire randomise",
    "now": "the time of day is not part of an answer; use today(), the day that the caller gives",
    "once": "a rule has no memory; prefill the field instead",
    "position": "a rule sees one unit and no place in a list",
    "last": "a rule sees one unit and no place in a list",
    "name": "there are no nodes here, only fields",
    "id": "there are no nodes here, only fields",
    "pulldata": "rules read answers only; put the value into the sample and prefill it",
    "instance": "rules read answers only; put the value into the sample and prefill it",
    "indexed-repeat": "rules read the fields of one unit",
    "translate": "texts are compared as they were typed",
    "normalize-space": "answers are trimmed when they are typed",
    "substring": "write the part as a pattern: regex()",
    "substr": "write the part as a pattern: regex()",
    "substring-before": "write the part as a pattern: regex()",
    "substring-after": "write the part as a pattern: regex()",
    "pow": "powers are not exact in decimals; write the product out",
    "sqrt": "roots are not exact in decimals; compare squares",
    "exp": "its values are not exact in decimals",
    "log": "its values are not exact in decimals",
    "selected-at": "the order in which choices were ticked is not kept; use selected()",
    "format-date": "days are compared as days: date('2026-12-31')",
    "date-time": "days are compared as days: date('2026-12-31')",
    "decimal-date-time": "days are compared as days: date('2026-12-31')",
    "string-join": "write concat()",
    "join": "write concat()",
    "uuid": "a rule must give the same result every time",
}
