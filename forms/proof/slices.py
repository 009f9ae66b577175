"""The part of a questionnaire that one check depends on: a small question to z3, put into answers known to pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from forms.model import LAST, PREFILLED, Check, Given
from forms.proof.encoding import Asked, Constraint, Encoding
from forms.proof.logic import as_z3
from forms.proof.search import LIMIT, Base, Goal, Outcome, Search
from forms.proof.witness import Seen, Witness, judge, read_model
from uptake.contract.expressions import Expression

T = TypeVar("T")


@dataclass(slots=True)
class Slices:
    """The conditions of a questionnaire by what they are about, and answers that are known to pass."""

    search: Search
    passing: tuple[Seen, ...]
    fields: dict[str, list[Constraint]] = field(default_factory=dict)
    routes: dict[str, Constraint] = field(default_factory=dict)
    checks: dict[str, Constraint] = field(default_factory=dict)
    looked_at: dict[str, frozenset[str]] = field(default_factory=dict)
    readers: dict[str, list[Check]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for constraint in self.made.constraints:
            kind, subject = constraint.reason.kind, constraint.reason.subject
            if kind == "route":
                self.routes[subject] = constraint
            elif kind in ("hard", "soft"):
                self.checks[subject] = constraint
            else:
                self.fields.setdefault(subject, []).append(constraint)
        for check in self.made.questionnaire.checks:
            self.looked_at[check.id] = check.rule.fields
            for name in self.looked_at[check.id]:
                self.readers.setdefault(name, []).append(check)

    @property
    def made(self) -> Encoding:
        """The conditions of the whole questionnaire."""
        return self.search.made

    def ask(self, goal: Goal, check: Check, base: Base, but: Collection[str]) -> Outcome | None:
        """Find whether a goal about one check can happen, from the part that the check depends on.

        What is impossible there is impossible. What is possible there is put into answers that pass, and counts when
        the form agrees; where it does not, None is returned: the whole questionnaire has to be asked.
        but: the checks that need not be kept.
        """
        import z3

        if not self.passing:
            return None
        names, keys, checks = self._part(check, {*but, check.id})
        solver = z3.Solver()
        solver.set("rlimit", LIMIT)
        for constraint in self._constraints(names, keys, checks):
            solver.add(as_z3(constraint.formula))
        solver.add(as_z3(goal.condition))
        exact = z3.Bool("exact")
        solver.add(z3.Implies(exact, as_z3(self.search.exact)))
        if solver.check(exact) == z3.sat:
            seen = self._completed(solver.model(), names)
            return Outcome("yes", seen) if base.kept(seen) and goal.happened(seen) else None
        return Outcome("no") if solver.check() == z3.unsat else None

    def _part(self, check: Check, but: Collection[str]) -> tuple[set[str], set[Asked], set[str]]:
        """Return the fields, conditions and checks that a check depends on: its fields' and those of its neighbours."""
        soft = check.severity == "soft"
        near = {other for name in self.looked_at[check.id] for other in self.readers[name]}
        kept = {other.id for other in near if other.id not in but and (soft or other.severity == "hard")}
        names: set[str] = set()
        keys: set[Asked] = set()
        for name in (name for found in (check.id, *kept) for name in self.looked_at[found]):
            self._include(name, names, keys)
        return names, keys, kept

    def _include(self, name: str, names: set[str], keys: set[Asked]) -> None:
        """Add a field, with whatever decides whether it is asked and what it is computed from."""
        if name in names:
            return
        names.add(name)
        asked = self.made.questionnaire
        leaf = asked.fields.get(name) or asked.fields.get(name.removesuffix(PREFILLED).removesuffix(LAST))
        if leaf is None:
            return
        keys |= {("page", leaf.page), ("question", leaf.question)}
        for other in (leaf.name, *leaf.group, *(leaf.needs or ())[:1]):
            self._include(other, names, keys)
        if leaf.roster:
            names.add(leaf.roster)
            for column in asked.rosters[leaf.roster].columns:
                self._include(column.name, names, keys)
        for expression in self._expressions(leaf.page, leaf.question, leaf.value, leaf.required_if):
            for other in expression.fields:
                self._include(other, names, keys)

    def _expressions(self, page: str, question: str, *own: Expression | None) -> Iterator[Expression]:
        relevant = (self.made.relevant.get(("page", page)), self.made.relevant.get(("question", question)))
        yield from (expression for expression in (*relevant, *own) if expression is not None)

    def _constraints(self, names: Iterable[str], keys: Iterable[Asked], checks: Iterable[str]) -> Iterator[Constraint]:
        for name in (*names, "today()", ""):
            yield from self.fields.get(name, ())
        for kind, name in keys:
            if f"{kind} {name}" in self.routes:
                yield self.routes[f"{kind} {name}"]
        yield from (self.checks[check] for check in checks if check in self.checks)

    def _completed(self, model: Any, names: set[str]) -> Seen:
        """Put the answers of a part into answers that pass, and let the form judge the whole."""
        part = read_model(self.made, model, names)
        whole: dict[str, Any] = {}
        for seen in reversed(self.passing):
            whole |= seen.witness.answers
        kept = {name: answer for name, answer in whole.items() if name.partition(".")[0] not in names}
        given = self.passing[0].witness.given
        joined = Given(
            prefilled={**_without(given.prefilled, names, PREFILLED), **part.given.prefilled},
            last={
                **{name: last for name, last in given.last.items() if f"{name}{LAST}" not in names},
                **part.given.last,
            },
            sample={**_without(given.sample, names, ""), **part.given.sample},
        )
        self.search.models += 1
        return judge(self.made.questionnaire, Witness({**kept, **part.answers}, joined, part.today))


def _without(known: Mapping[str, T], names: set[str], suffix: str) -> dict[str, T]:
    """Leave out what the part says itself."""
    return {name: value for name, value in known.items() if f"{name}{suffix}" not in names}
