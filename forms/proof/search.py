"""Ask z3: which of many things can happen, in as few answer sets as possible, and why one of them cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from forms.proof.encoding import Constraint, Encoding, Reason
from forms.proof.logic import Condition, as_z3, conj
from forms.proof.witness import Seen, judge, read_model

LIMIT = 4_000_000  # z3's own count of steps a question may take, about two seconds: the same on every machine
WISHES = 120  # goals asked for at once: enough to meet many, few enough to ask quickly
Key = tuple[str, ...]
Told = Literal["yes", "no", "open"]


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that should be possible: its z3 condition, and how the form itself shows that it happened.

    group: of goals that no single answer set meets together, such as the choices of one question. open_parts: what z3
    cannot look into in the condition.
    """

    key: Key
    condition: Condition
    happened: Callable[[Seen], bool]
    group: str = ""
    open_parts: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """What a goal is asked under: its z3 assumptions, and whether the form agrees that an answer set keeps them."""

    assumed: tuple[Any, ...]
    kept: Callable[[Seen], bool]


ANYTHING = Base((), lambda seen: True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a goal can happen: with the answer set where it does, with the reason where nobody knows."""

    told: Told
    seen: Seen | None = None
    why: str = ""


@dataclass(slots=True)
class _Clashes:
    """The sets of goals that were found not to go together, so that nobody asks for them again."""

    of: dict[Key, list[frozenset[Key]]] = field(default_factory=dict)

    def note(self, core: Iterable[Key]) -> None:
        """Remember one set."""
        clash = frozenset(core)
        for key in clash:
            self.of.setdefault(key, []).append(clash - {key})

    def chosen(self, goals: Iterable[Goal]) -> dict[Key, Goal]:
        """Return the goals from the first on that may go together: one a group, no set that is known to clash."""
        made: dict[Key, Goal] = {}
        groups: set[str] = set()
        for goal in goals:
            apart = goal.group in groups or any(clash <= made.keys() for clash in self.of.get(goal.key, ()))
            if not made or not apart:
                made[goal.key] = goal
                groups |= {goal.group} - {""}
        return made


@dataclass(slots=True)
class Search:
    """One z3 solver over a questionnaire, asked again and again under assumptions."""

    made: Encoding
    exact: Condition
    solver: Any
    telling: Any = None  # a second solver, in which every condition can be left out to see which ones matter
    literals: dict[object, Any] = field(default_factory=dict)
    models: int = 0
    disagreements: list[str] = field(default_factory=list)

    def literal(self, key: object, condition: Condition) -> Any:
        """Return a name that, assumed, makes a condition hold."""
        import z3

        if key not in self.literals:
            self.literals[key] = z3.Bool(f"assume {len(self.literals)}")
            self.solver.add(z3.Implies(self.literals[key], as_z3(condition)))
        return self.literals[key]

    def passing(self, *, but: Collection[str] = (), soft: bool = False) -> Base:
        """Return the base of complete answers that pass the hard checks (and the soft ones), but for some."""
        checks = self.made.questionnaire.checks
        kept = {check.id for check in checks if (soft or check.severity == "hard") and check.id not in but}
        broken = frozenset(but)
        return Base(
            (*self.complete().assumed, *self.keeping(kept)),
            lambda seen: seen.hard <= broken and not (soft and seen.soft - broken),
        )

    def complete(self) -> Base:
        """Return the base of answers in which everything required is there."""
        if "complete" not in self.literals:
            self.literal("complete", conj(c.formula for c in self.made.constraints if c.reason.kind == "required"))
        checks = frozenset(check.id for check in self.made.questionnaire.checks)
        return Base((self.literals["complete"],), lambda seen: seen.hard <= checks)

    def keeping(self, checks: Collection[str]) -> list[Any]:
        """Return the assumptions that these checks are not broken."""
        kept = [c for c in self.made.constraints if c.reason.kind in ("hard", "soft") and c.reason.subject in checks]
        return [self.literal(constraint.reason, constraint.formula) for constraint in kept]

    def check(self, assumptions: Sequence[Any]) -> str:
        """Ask whether the assumptions can hold together: sat, unsat or unknown."""
        self.solver.set("rlimit", LIMIT)
        return str(self.solver.check(*assumptions))

    def cover(self, goals: Iterable[Goal], base: Base) -> dict[Key, Outcome]:
        """Find for each goal whether it can happen where the base holds; one answer set meets as many as it can."""
        pending = {goal.key: goal for goal in goals}
        done: dict[Key, Outcome] = {}
        exact = [*base.assumed, self.literal("exact", self.exact)]
        clashes = _Clashes()
        while pending:
            lead = next(iter(pending.values()))
            told = self._wish(list(islice(pending.values(), WISHES)), exact, clashes)
            if told == "sat":
                self._collect(lead, pending, done, base)
            else:
                done[lead.key] = self._without_exact(lead, base, told)
                del pending[lead.key]
        return done

    def _wish(self, goals: list[Goal], base: Sequence[Any], clashes: _Clashes) -> str:
        """Ask for the first goal, and for as many of the others as go with it."""
        wished = clashes.chosen(goals)
        while True:
            names = {self._goal(goal).get_id(): key for key, goal in wished.items()}
            told = self.check([*base, *(self._goal(goal) for goal in wished.values())])
            if told == "sat" or len(wished) == 1:
                return told
            core = [names[part.get_id()] for part in self.solver.unsat_core() if part.get_id() in names]
            others = [key for key in core if key != goals[0].key]
            if told == "unsat" and not others:
                return told
            if told == "unsat":
                clashes.note(core)
            for key in others[-1:] if told == "unsat" else list(wished)[(len(wished) + 1) // 2 :]:
                del wished[key]

    def _goal(self, goal: Goal) -> Any:
        return self.literal(goal.key, goal.condition)

    def _collect(self, lead: Goal, pending: dict[Key, Goal], done: dict[Key, Outcome], base: Base) -> None:
        seen = self.seen()
        kept = base.kept(seen)
        for key, goal in list(pending.items()):
            if kept and goal.happened(seen):
                done[key] = Outcome("yes", seen)
                del pending[key]
        if lead.key in pending:
            done[lead.key] = Outcome("open", seen, self._disagreed(lead))
            del pending[lead.key]

    def _disagreed(self, goal: Goal) -> str:
        open_parts = goal.open_parts or self.made.all_open_parts
        if not open_parts:
            self.disagreements.append(" ".join(goal.key))
        return open_parts or "the prover and the form disagree about an example, which is a fault of the program"

    def seen(self) -> Seen:
        """Return what the form makes of the answer set that was just found."""
        self.models += 1
        return judge(self.made.questionnaire, read_model(self.made, self.solver.model()))

    def _without_exact(self, goal: Goal, base: Base, told: str) -> Outcome:
        if told == "unsat" and self.exact is not True:
            told = self.check([*base.assumed, self._goal(goal)])
            if told == "sat":
                return Outcome(
                    "open",
                    None,
                    goal.open_parts or "it depends on free text or on rows of a roster, and no example was found",
                )
        if told == "unsat":
            return Outcome("no")
        return Outcome("open", None, "z3 gave up within its limit of steps")

    def explain(self, goal: Condition, kinds: Iterable[str], *, but: Collection[str] = ()) -> tuple[Reason, ...]:
        """Return a smallest set of reasons that together exclude a condition; empty where z3 finds none.

        kinds: the kinds of condition to draw on; but: checks to leave out.
        """
        import z3

        if self.telling is None:
            self.telling = z3.Solver()
            for i, constraint in enumerate(self.made.constraints):
                self.telling.add(z3.Implies(z3.Bool(f"reason {i}"), as_z3(constraint.formula)))
        drawn = {f"reason {i}": c for i, c in enumerate(self.made.constraints) if c.reason.kind in kinds
                 and not (c.reason.kind in ("hard", "soft") and c.reason.subject in but)}  # fmt: skip
        core = _core(self.telling, drawn, goal) or {}
        for name in list(core):
            fewer = {other: constraint for other, constraint in core.items() if other != name}
            if _core(_small(fewer), fewer, goal) is not None:
                core = fewer
        return tuple(dict.fromkeys(constraint.reason for constraint in core.values()))


def _small(constraints: Mapping[str, Constraint]) -> Any:
    import z3

    solver = z3.Solver()
    for name, constraint in constraints.items():
        solver.add(z3.Implies(z3.Bool(name), as_z3(constraint.formula)))
    return solver


def _core(solver: Any, constraints: Mapping[str, Constraint], goal: Condition) -> dict[str, Constraint] | None:
    """Return the constraints that exclude a goal; None where they do not."""
    import z3

    solver.set("rlimit", LIMIT)
    solver.push()
    solver.add(as_z3(goal))
    told = solver.check(*(z3.Bool(name) for name in constraints))
    core = {str(part) for part in solver.unsat_core()} if told == z3.unsat else set()
    solver.pop()
    return {name: constraints[name] for name in constraints if name in core} if told == z3.unsat else None


def start(made: Encoding, exact: Condition) -> Search:
    """Return a search over an encoding whose texts are settled."""
    import z3

    solver = z3.Solver()
    always = ("type", "choices", "bounds", "route")
    for constraint in made.constraints:
        if constraint.reason.kind in always:
            solver.add(as_z3(constraint.formula))
    return Search(made, exact, solver)
