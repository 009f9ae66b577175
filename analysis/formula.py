"""Model formulas such as `y ~ size + C(wave) * log(staff)`: read by a grammar of our own, nothing is ever evaluated."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass
from itertools import combinations

from uptake.contract.errors import EstimationError

MOST_POWER = 4  # (a + b + c)^4 has every interaction of four


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as written: the response, the terms (each a tuple of factors), offsets, and whether it has a constant.

    Factors are texts of expressions (`size`, `C(wave)`, `log(staff)`); analysis.factors says what they mean.
    """

    response: str
    terms: tuple[tuple[str, ...], ...]
    intercept: bool = True
    offsets: tuple[str, ...] = ()


Term = tuple[str, ...]


def parse_formula(text: str) -> Formula:
    """Read `response ~ terms`.

    `+` adds terms, `-` takes them out (`- 1` the constant), `a:b` is an interaction, `a*b` is a + b + a:b, `(a + b)^2`
    all pairs; a factor is a column, a function of columns or a comparison in parentheses. Backticks or Q("...") quote
    a column whose name is no identifier.
    """
    tokens = _tokens(text)
    tildes = [i for i, token in enumerate(tokens) if token == "~"]
    if len(tildes) != 1:
        raise _fault(text, f"has {len(tildes)} signs ~", "write `answer ~ what explains it`")
    response = "".join(tokens[: tildes[0]])
    if not response:
        raise _fault(text, "names no answer before the ~", "write `answer ~ what explains it`")
    reader = _Reader(text, tokens[tildes[0] + 1 :])
    terms = reader.sum()
    if reader.here is not None:
        raise _fault(text, f'cannot be read from "{reader.here}" on', "check its signs and parentheses")
    offsets = tuple(t[0][len("offset(") : -1] for t in terms if len(t) == 1 and t[0].startswith("offset("))
    kept = tuple(t for t in terms if t and not (len(t) == 1 and t[0].startswith("offset(")))
    return Formula(response, kept, () in terms, offsets)


def _tokens(text: str) -> list[str]:
    """The tokens of a formula; `backticks` become Q("...")."""
    quoted = _backticks(text)
    try:
        found = list(tokenize.generate_tokens(io.StringIO(quoted).readline))
    except (tokenize.TokenError, SyntaxError, IndentationError) as fault:
        raise _fault(text, "cannot be read", "check its quotes and parentheses") from fault
    skipped = (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)
    words = [f" {t.string} " if t.string in ("and", "or", "not", "in") else t.string for t in found
             if t.type not in skipped]  # fmt: skip
    return [word for word in words if word]


def _backticks(text: str) -> str:
    parts = text.split("`")
    if len(parts) % 2 == 0:
        raise _fault(text, "has a backtick without its pair", "close it")
    return "".join(part if i % 2 == 0 else f"Q({part!r})" for i, part in enumerate(parts))


def _fault(text: str, wrong: str, change: str) -> EstimationError:
    return EstimationError(f'the formula "{text}" {wrong} - no model can be built from it; {change}.', code="FORMULA")


class _Reader:
    """Reads the right-hand side; the methods are the levels of the grammar, loosest first."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0

    @property
    def here(self) -> str | None:
        """The token that is read next."""
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> str:
        """Read one token."""
        if self.here is None:
            raise _fault(self.text, "ends too early", "finish it")
        self.place += 1
        return self.tokens[self.place - 1]

    def sum(self, *, constant: bool = True) -> list[Term]:
        """Terms joined by + and -; the constant () is there unless it is taken out."""
        terms: list[Term] = [()] if constant else []
        sign = self.take() if self.here in ("+", "-") else "+"
        while True:
            found = self.product()
            if found == [("0",)]:
                found, sign = [()], "-" if sign == "+" else "+"
            for term in found:
                if sign == "+" and term not in terms:
                    terms.append(term)
                elif sign == "-" and term in terms:
                    terms.remove(term)
            if self.here not in ("+", "-"):
                return terms
            sign = self.take()

    def product(self) -> list[Term]:
        """a*b is a + b + a:b."""
        terms = self.interaction()
        while self.here == "*":
            self.take()
            other = self.interaction()
            terms = _distinct([*terms, *other, *_crossed(terms, other)])
        return terms

    def interaction(self) -> list[Term]:
        """a:b"""
        terms = self.power()
        while self.here == ":":
            self.take()
            terms = _crossed(terms, self.power())
        return terms

    def power(self) -> list[Term]:
        """(a + b)^2 has all interactions of up to two different terms."""
        terms = self.atom()
        if self.here not in ("**", "^"):
            return terms
        self.take()
        number = self.take()
        if number not in [str(i) for i in range(1, MOST_POWER + 1)]:
            raise _fault(self.text, f'has the power "{number}"', f"give a whole number from 1 to {MOST_POWER}")
        sizes = range(1, int(number) + 1)
        return _distinct([_joined(group) for size in sizes for group in combinations(terms, size)])

    def atom(self) -> list[Term]:
        """A number, a column, a call, or parentheses."""
        token = self.take()
        if token == "1":
            return [()]
        if token == "0":
            return [("0",)]
        if token == "(":
            return self.group()
        if not (token[0].isalpha() or token[0] == "_"):
            raise _fault(self.text, f'has "{token}" where a column is expected', "check its signs and parentheses")
        factor = token
        while self.here is not None and self.here.startswith("."):  # np.log, and names such as api.stu and x.1
            factor += self.take() if self.here != "." else self.take() + self.take()
        if self.here == "(":
            factor += "".join(self.balanced())
        return [(factor,)]

    def group(self) -> list[Term]:
        """Parentheses around terms, or around a comparison that makes an indicator."""
        start = self.place - 1
        inside = self.peek_balanced(start)
        if any(token in ("==", "!=", "<", "<=", ">", ">=", " in ", " and ", " or ", " not ") for token in inside):
            self.place = start
            return [("I" + "".join(self.balanced()),)]
        terms = self.sum(constant=False)
        if self.take() != ")":
            raise _fault(self.text, "has a parenthesis that is not closed", "close it")
        return terms

    def balanced(self) -> list[str]:
        """Read tokens from ( to its )."""
        inside = self.peek_balanced(self.place)
        self.place += len(inside)
        return inside

    def peek_balanced(self, start: int) -> list[str]:
        """Return the tokens from the ( at a place to its )."""
        depth = 0
        for i in range(start, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[i], 0)
            if depth == 0:
                return self.tokens[start : i + 1]
        raise _fault(self.text, "has a parenthesis that is not closed", "close it")


def _joined(terms: tuple[Term, ...]) -> Term:
    return tuple(dict.fromkeys(factor for term in terms for factor in term))


def _crossed(one: list[Term], other: list[Term]) -> list[Term]:
    return [_joined((a, b)) for a in one for b in other]


def _distinct(terms: list[Term]) -> list[Term]:
    """Keep the first of terms that hold the same factors."""
    seen: dict[frozenset[str], Term] = {}
    for term in terms:
        seen.setdefault(frozenset(term), term)
    return list(seen.values())
