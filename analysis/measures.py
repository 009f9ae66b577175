"""What is added up for a set of variables: row-level integers, their sums, and the products a variance needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from analysis.design import Expr, SurveyDesign
from analysis.engine import WIDE, Named, TotalsRequest
from analysis.fixedpoint import outcome_exponent
from analysis.source import Source

Kind = Literal["proportion", "mean", "total", "ratio", "joint"]


@dataclass(frozen=True, slots=True)
class Variable:
    """One quantity to estimate: a numerator, and for a ratio a denominator, as SQL over the columns.

    `kind` and `where` are its own where the question joins quantities of several kinds and domains.
    """

    name: str
    numerator: str
    denominator: str | None = None
    kind: Kind | None = None
    where: str | None = None

    @property
    def expressions(self) -> tuple[str, ...]:
        """The SQL expressions that must be known for a row to count."""
        return (self.numerator,) if self.denominator is None else (self.numerator, self.denominator)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be known for a row to count: the expressions, and a 1 in the rows of the variable's own domain."""
        own = () if self.where is None else (f"CASE WHEN ({self.where}) THEN 1 END",)
        return (*self.expressions, *own)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one SQL expression holds: its largest weighted value and square, and whether it is only 0 and 1.

    `whole`: no row is without it, so that rows need not be asked. `sure`: the values are known to be 0 and 1 already.
    """

    largest: float
    largest_square: float
    binary: bool
    whole: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """Where a variable's numbers stand in the totals: aliases of weighted integers, and their powers of two."""

    numerator: str
    denominator: str | None
    valid: str
    weight: str  # the weight of the rows of the base
    squares: tuple[str, ...]  # Sum w a a, Sum w a b, Sum w b b (a total: Sum w a a alone)
    rows: str = "up__n_in"  # the count of the rows of its domain
    base: str = "up__n_in"  # the count of the rows whose strata are estimated: those with an answer, together all


@dataclass(slots=True)
class Measures:
    """The request under construction: every distinct integer column is added up once."""

    exponent: int
    rows: int
    squares: bool  # element samples need sums of squares
    zeros: bool  # some weights are zero
    domain: bool  # a condition restricts the rows of interest
    strict: bool  # every value must be 0 or 1, checked in the pass itself
    outcomes: dict[str, Outcome]
    values: dict[str, str] = field(default_factory=dict)  # expression -> alias of its DOUBLE value
    wheres: dict[str, str] = field(default_factory=dict)  # condition of a variable's own domain -> alias
    valids: dict[str, str] = field(default_factory=dict)  # condition -> alias
    units: dict[str, tuple[str, int]] = field(default_factory=dict)  # SQL of a weighted integer -> alias, power
    linear: dict[str, tuple[str, int]] = field(default_factory=dict)  # the same, summed but never squared
    scored: list[Scored] = field(default_factory=list)

    def add(self, variable: Variable, kind: Kind, also: tuple[str, ...]) -> None:
        """Add the columns of one variable; `also` must be known too (listwise deletion)."""
        # Outcomes without a missing value share one base: six indicators then add up one weight, not six.
        known = sorted({self._value(e) for e in (*variable.expressions, *also) if not self.outcomes[e].whole})
        inside, rows = self._domain(variable.where)
        valid = self.valids.setdefault(
            " AND ".join([*inside, *(f"{v} IS NOT NULL" for v in known)]), f"up__v{len(self.valids)}"
        )
        numerator = self._unit(valid, variable.numerator)
        weight = self._weight(valid, squared=kind in ("mean", "proportion"))[0]
        square = self._square(valid, variable.numerator, None)
        counted = (rows, "up__n_in" if kind == "joint" else f"{valid}__n")
        if kind == "total":
            self.scored.append(Scored(numerator, None, valid, weight, (square,), *counted))
        elif variable.denominator is None:
            self.scored.append(Scored(numerator, weight, valid, weight, (square, numerator, weight), *counted))
        else:
            denominator = self._unit(valid, variable.denominator)
            mixed = self._square(valid, variable.numerator, variable.denominator)
            own = self._square(valid, variable.denominator, None)
            self.scored.append(Scored(numerator, denominator, valid, weight, (square, mixed, own), *counted))

    def add_constant(self) -> str:
        """Add the plain weight of every row, inside or outside the domains; return its alias."""
        return self.units.setdefault("up__k", (f"up__u{len(self.units)}", self.exponent))[0]

    def _domain(self, where: str | None) -> tuple[tuple[str, ...], str]:
        """Return the conditions of a variable's own domain and the alias of the count of its rows."""
        if where is None:
            return ("up__in",), "up__n_in"
        alias = self.wheres.setdefault(where, f"up__d{len(self.wheres)}")
        return ("up__in", alias), f"{alias}__n_in"

    def _within(self, valid: str, value: str, *also: str) -> str:
        """Return the SQL of a value that is 0 outside its base; a base of all rows asks no row."""
        conditions = [*((valid,) if valid != self.everyone else ()), *also]
        return f"CASE WHEN {' AND '.join(conditions)} THEN {value} ELSE 0 END" if conditions else value

    @property
    def everyone(self) -> str | None:
        """The alias of the base that is all rows, if there is one."""
        return None if self.domain else self.valids.get("up__in")

    def _value(self, expression: str) -> str:
        return self.values.setdefault(expression, f"up__x{len(self.values)}")

    def _unit(self, valid: str, expression: str) -> str:
        value, outcome = self._value(expression), self.outcomes[expression]
        if outcome.binary:
            known = outcome.whole and outcome.sure  # then a product is quicker than a question
            sql = self._within(valid, f"up__k * {value}") if known else self._within(valid, "up__k", f"{value} = 1")
            return self.units.setdefault(sql, (f"up__u{len(self.units)}", self.exponent))[0]
        power = outcome_exponent(outcome.largest, self.rows, squares=self.squares)
        sql = self._within(valid, f"CAST(ROUND(up__w * {value} * {2.0**power!r}) AS BIGINT)")
        return self.units.setdefault(sql, (f"up__u{len(self.units)}", power))[0]

    def _weight(self, valid: str, *, squared: bool = False) -> tuple[str, int]:
        sql = self._within(valid, "up__k")
        if squared or sql in self.units:
            return self.units.setdefault(sql, (f"up__u{len(self.units)}", self.exponent))
        return self.linear.setdefault(sql, (f"up__l{len(self.linear)}", self.exponent))

    def _square(self, valid: str, one: str, other: str | None) -> str:
        first = self.outcomes[one]
        if first.binary and (other is None or other == one):
            return self._unit(valid, one)
        second = first if other is None else self.outcomes[other]
        product = f"{self._value(one)} * {self._value(other or one)}"
        power = outcome_exponent(max(first.largest_square, second.largest_square), self.rows, squares=False)
        sql = self._within(valid, f"CAST(ROUND(up__w * {product} * {2.0**power!r}) AS BIGINT)")
        return self.linear.setdefault(sql, (f"up__l{len(self.linear)}", power))[0]

    @property
    def unsure(self) -> dict[str, str]:
        """The expressions whose values the pass itself must hold against 0 and 1, with their aliases."""
        return {e: alias for e, alias in self.values.items() if self.strict and not self.outcomes[e].sure}

    @property
    def powers(self) -> dict[str, int]:
        """The power of two of every integer column."""
        return dict([*self.units.values(), *self.linear.values()])

    @property
    def unit_aliases(self) -> tuple[str, ...]:
        """The integer columns whose squares a variance may need."""
        return tuple(alias for alias, _ in self.units.values())

    def layers(self, weight: Named, where: Expr | None) -> tuple[Named, ...]:
        """Return the derived columns: weights and domain, values, validity, weighted integers."""
        inside = _truth(where.sql) if where else "TRUE"
        own = tuple((alias, _truth(sql)) for sql, alias in self.wheres.items())
        values = tuple(
            (alias, f"CAST(({sql}) AS {'INTEGER' if self.outcomes[sql].sure else 'DOUBLE'})")
            for sql, alias in self.values.items()
        )
        units = tuple((alias, sql) for sql, (alias, _) in (*self.units.items(), *self.linear.items()))
        return (
            (*weight, ("up__in", inside), *own, *values),
            tuple((alias, f"({sql})") for sql, alias in self.valids.items()),
            units,
        )

    def products(self, *, every: bool, constant: str | None) -> Named:
        """Return the sums of products of weighted integers that an element sample's variance needs."""
        names = self.unit_aliases
        own = {(s.numerator, s.denominator) for s in self.scored}
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i:]]
        wanted = [(a, b) for a, b in pairs if every or constant in (a, b) or a == b or (a, b) in own or (b, a) in own]
        return tuple((product_alias(a, b), f"CAST({a} AS {WIDE}) * {b}") for a, b in wanted)

    def sums(self) -> Named:
        """Return the plain sums of every integer column."""
        return tuple((alias, alias) for alias, _ in (*self.units.values(), *self.linear.values()))

    def counts(self) -> Named:
        """Return the row counts: rows of each base, rows in the domain, all with a weight above zero."""
        weighty = " AND up__k <> 0" if self.zeros else ""
        known = tuple(
            (f"{alias}__n", f"{'TRUE' if alias == self.everyone else alias}{weighty}") for alias in self.valids.values()
        )
        odd = tuple((f"{alias}__odd", f"{alias} NOT IN (0, 1)") for alias in self.unsure.values())
        inside = "up__in" if self.domain else "TRUE"
        zero = (("up__zero_weight", "up__w = 0"),) if self.zeros else ()
        own = tuple((f"{alias}__n_in", f"up__in AND {alias}{weighty}") for alias in self.wheres.values())
        return (*known, *odd, *zero, *own, ("up__n_in", f"{inside}{weighty}"))


def _truth(condition: str) -> str:
    return f"CASE WHEN ({condition}) THEN TRUE ELSE FALSE END"


def product_alias(one: str, other: str) -> str:
    """Return the alias of the sum of products of two integer columns, whichever comes first."""
    low, high = sorted((one, other), key=lambda alias: int(alias.removeprefix("up__u")))
    return f"{low}_{high}"


def design_measures(design: SurveyDesign, source: Source) -> tuple[Named, Named, Named]:
    """Return (counts, minima, maxima) by which a cell tells whether the design holds: rows and FPC."""
    columns = [source.column(name) for name in design.stage_fpc]
    nulls = tuple((f"up__null_{i}", f"{c} IS NULL") for i, c in enumerate(columns))
    lows = tuple((f"up__low_{i}", c) for i, c in enumerate(columns))
    highs = tuple((f"up__high_{i}", c) for i, c in enumerate(columns))
    return (("up__rows", "TRUE"), *nulls), lows, highs


__all__ = ["Kind", "Measures", "Outcome", "Scored", "TotalsRequest", "Variable", "design_measures", "product_alias"]
