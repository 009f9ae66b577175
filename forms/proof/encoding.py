"""A questionnaire as z3 conditions: what is asked, what is required, which checks are kept, each with its reason."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from forms.model import LAST, PREFILLED, Check, Field, Page, Question, Questionnaire
from forms.proof import slots
from forms.proof.logic import Condition, as_z3, conj, disj, implies, neg
from forms.proof.rows import declare_rosters, require_rows, settle_aggregates, tie_rosters
from forms.proof.slots import Slot
from uptake.contract.expressions import Expression
from uptake.contract.expressions.proof import Answers, Domain, Formula, Term, to_z3
from uptake.contract.expressions.tree import Node, State, walk

ReasonKind = Literal["type", "choices", "bounds", "route", "required", "hard", "soft"]
Asked = tuple[Literal["page", "question", "words"], str]
FIRST_DAY = datetime.date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a condition is there: its kind, and the field, check, page or question it is about."""

    kind: ReasonKind
    subject: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """One condition that every answer set keeps (or, of kinds required, hard and soft: every good one)."""

    reason: Reason
    formula: Condition


@dataclass(slots=True)
class Encoding:
    """The conditions of one questionnaire and the names they go by."""

    questionnaire: Questionnaire
    answers: Answers
    slots: dict[str, Slot] = field(default_factory=dict)
    before: dict[str, Slot] = field(default_factory=dict)  # what stood in the box, the last answer, the sample's row
    asked: dict[Asked, Condition] = field(default_factory=dict)
    routes: dict[Asked, tuple[Condition, Formula]] = field(default_factory=dict)  # asked before it, its condition
    wanted: dict[str, Formula] = field(default_factory=dict)  # required_if, by field
    checks: dict[str, Formula] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)
    decided: dict[Asked, Condition] = field(default_factory=dict)
    written: tuple[Node, ...] = ()  # every expression
    relevant: dict[Asked, Expression] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)  # how many rows each roster has
    told: dict[str, Condition] = field(default_factory=dict)  # whether that number is known: rows, or a word of none
    unproved: list[str] = field(default_factory=list)  # what z3 cannot look into in what is computed
    exact: Condition = True  # under it a roster is no more than one row, repeated: what z3 then finds can be shown
    held: set[str] = field(default_factory=set)  # the fields that some hard check looks at

    def add(self, kind: ReasonKind, subject: str, formula: Condition) -> None:
        """Note a condition; what is certain is left out."""
        if formula is not True:
            self.constraints.append(Constraint(Reason(kind, subject), formula))

    def formula(self, expression: Expression) -> Formula:
        """Print an expression."""
        return to_z3(expression, self.answers)

    def asked_of(self, leaf: Field) -> Condition:
        """Whether a field is asked; a column where a row is there."""
        return self.asked["words", leaf.name] if leaf.needs else _asked_beside(self, leaf)

    def decided_of(self, leaf: Field) -> Condition:
        """Whether it is settled that a field is asked or not."""
        alone = leaf.needs is not None and not leaf.roster
        return self.decided["words", leaf.name] if alone else self.decided["question", leaf.question]

    @property
    def all_open_parts(self) -> str:
        """What z3 cannot look into in any condition, in words."""
        formulas = (*self.checks.values(), *self.wanted.values(), *(formula for _, formula in self.routes.values()))
        parts = [part.reason for formula in formulas for part in formula.unproved]
        return "; ".join(dict.fromkeys((*parts, *self.unproved)))

    def open_parts(self, formula: Formula) -> str:
        """Return what z3 cannot look into in a condition, in words; empty where it sees all."""
        return "; ".join(dict.fromkeys(part.reason for part in formula.unproved))


def expressions_of(questionnaire: Questionnaire) -> Iterator[Expression]:
    """Give every expression of a questionnaire."""
    for page in questionnaire.pages:
        yield from (relevant for relevant in (page.relevant, *(q.relevant for q in page.questions)) if relevant)
    for leaf in questionnaire.fields.values():
        yield from (made for made in (leaf.required_if, leaf.value) if made is not None)
    yield from (check.rule for check in questionnaire.checks)


def encode(questionnaire: Questionnaire) -> Encoding:
    """Return the conditions of a questionnaire.

    Does not cover what a browser may post that the reader of a field refuses: such a text is no answer.
    """
    nodes = [expression.node for expression in expressions_of(questionnaire)]
    codes = slots.shortened(questionnaire, nodes)
    leaves = questionnaire.fields.values()
    domains = {leaf.name: slots.domain_of(leaf, codes.get(leaf.name, ())) for leaf in leaves}
    made = Encoding(questionnaire, Answers(domains | _domains_before(questionnaire, domains)))
    made.written = tuple(nodes)
    _name_routes(made)
    declare_rosters(made)
    _declare_before(made, codes)
    for leaf in leaves:
        if leaf.value is None:
            _declare(made, leaf, domains[leaf.name], codes.get(leaf.name, ()))
    for leaf in leaves:  # a computed answer may look at what is asked after it on its page, and at those before it
        if leaf.value is not None:
            _compute(made, leaf, domains[leaf.name])
    tie_rosters(made)
    _states(made, nodes)
    _today(made)
    for page in questionnaire.pages:
        _route_page(made, page)
    for leaf in leaves:
        _require(made, leaf)
    require_rows(made)
    for check in questionnaire.checks:
        _check(made, check)
    made.exact = settle_aggregates(made)
    made.add("type", "", conj(made.answers.constraints))
    return made


def _domains_before(questionnaire: Questionnaire, domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """Return the domains of what is known of a unit before it answers, by the name an expression uses."""
    asked = {name for expression in expressions_of(questionnaire) for name in expression.fields}
    asked |= {f"{leaf.name}{PREFILLED}" for leaf in questionnaire.fields.values() if leaf.fixed}
    made = {}
    for name in sorted(asked - domains.keys()):
        leaf = leaf_before(questionnaire, name)
        made[name] = domains.get(leaf.name) or slots.domain_of(leaf, ())
    return made


def leaf_before(questionnaire: Questionnaire, name: str) -> Field:
    """Return the field that `${x_prefilled}`, `${x_last}` or a column of the sample is like."""
    for suffix in (PREFILLED, LAST):
        if name.endswith(suffix) and name.removesuffix(suffix) in questionnaire.fields:
            return questionnaire.fields[name.removesuffix(suffix)]
    return _leaf_of_sample(questionnaire, name)


def _leaf_of_sample(questionnaire: Questionnaire, name: str) -> Field:
    column = questionnaire.sample[name]
    kind = "text" if column.type == "code" else "computed" if column.type == "bool" else column.type
    stored = "text" if column.type == "code" else column.type
    return Field(name, "", "", kind, stored, questionnaire.title, decimals=6 if stored == "dec" else 0, max_length=200)


def _declare_before(made: Encoding, codes: Mapping[str, tuple[str, ...]]) -> None:
    for name, domain in made.answers.domains.items():
        if name in made.questionnaire.fields:
            continue
        leaf = leaf_before(made.questionnaire, name)
        slot = slots.declare(replace(leaf, dont_know=False), domain, name=name)
        made.before[name] = slot
        made.answers.terms[name] = replace(slot.term, known=as_z3(slot.answered))
        _types(made, slot, codes.get(leaf.name, ()))
        made.add("bounds", leaf.name, implies(slot.answered, slots.bounds_of(slot)))
    _tie_last(made)


def _tie_last(made: Encoding) -> None:
    """What is filled in from the last wave is the last answer."""
    for name, slot in made.before.items():
        last = made.before.get(f"{slot.leaf.name}{LAST}")
        from_last = slot.leaf.prefill is not None and slot.leaf.prefill.last_wave
        if name.endswith(PREFILLED) and from_last and last is not None:
            same = conj((slot.number == last.number, *_same_choices(slot, last)))
            made.add("type", name, conj((same, as_z3(slot.answered) == as_z3(last.answered))))


def _same_choices(one: Slot, other: Slot) -> Iterator[Condition]:
    for code, held in (one.term.choices or {}).items():
        yield held == (other.term.choices or {})[code]


def _types(made: Encoding, slot: Slot, codes: tuple[str, ...]) -> None:
    texts = {code: made.answers.text(code) for code in codes}
    made.add("type", slot.leaf.name, conj(slots.types_of(slot, codes, texts)))
    if slot.term.choices is not None:
        made.add("choices", slot.leaf.name, slots.choices_of(slot))


def _declare(made: Encoding, leaf: Field, domain: Domain, codes: tuple[str, ...]) -> None:
    slot = slots.declare(leaf, domain)
    if leaf.fixed:
        before = made.before[f"{leaf.name}{PREFILLED}"]
        slot = replace(slot, term=before.term, answered=before.answered, number=before.number)
    made.slots[leaf.name] = slot
    if leaf.needs is not None:
        made.asked["words", leaf.name] = conj((_asked_beside(made, leaf), _chosen(made, leaf)))
    known = conj((made.asked_of(leaf), slot.answered))
    made.answers.terms[leaf.name] = replace(slot.term, known=as_z3(known))
    if not leaf.fixed:
        _types(made, slot, codes)
        made.add("bounds", leaf.name, implies(slot.answered, slots.bounds_of(slot)))


def _compute(made: Encoding, leaf: Field, domain: Domain) -> None:
    """A computed answer is its expression, and is there when that is known."""
    assert leaf.value is not None
    term, unproved = made.answers.term(leaf.value.node, domain.kind)
    made.unproved += [part.reason for part in unproved]
    made.slots[leaf.name] = Slot(leaf, replace(term, known=True), term.known, False, term.value)
    made.answers.terms[leaf.name] = replace(term, known=as_z3(conj((made.asked_of(leaf), term.known))))


def _name_routes(made: Encoding) -> None:
    """Give a name to whether each page and question is asked, for others to refer to."""
    import z3

    for page in made.questionnaire.pages:
        on_page = True if page.relevant is None else z3.Bool(f"page {page.id}")
        made.asked["page", page.id] = on_page
        for question in page.questions:
            own = on_page if question.relevant is None else z3.Bool(f"question {question.id}")
            made.asked["question", question.id] = own


def _asked_beside(made: Encoding, leaf: Field) -> Condition:
    """Whether the question of a field is asked; of a column, whether a row is there too."""
    asked = made.asked["question", leaf.question]
    return conj((asked, made.rows[leaf.roster] >= 1)) if leaf.roster else asked


def _chosen(made: Encoding, leaf: Field) -> Condition:
    """Whether the choice was made that a field of words goes with."""
    assert leaf.needs is not None
    name, code = leaf.needs
    slot = made.slots[name]
    if slot.term.choices is not None:
        return conj((slot.answered, slot.term.choices[code]))
    return conj((slot.answered, slot.number == made.answers.text(code)))


def _states(made: Encoding, nodes: list[Node]) -> None:
    """Declare the states that expressions ask for; the state of an undecided field is unknown."""
    import z3

    number = made.answers.text
    asked_for = {part.name for node in nodes for part, _ in walk(node) if isinstance(part, State)}
    for name in sorted(asked_for):
        slot = made.slots.get(name)
        if slot is None:  # nobody keeps a state of what was known before
            made.answers.states[name] = Term(z3.IntVal(0), z3.BoolVal(False))
            continue
        told = z3.If(as_z3(slot.unsure), number("dont_know"), number("blank"))
        told = z3.If(as_z3(slot.answered), number("answered"), told)
        told = z3.If(as_z3(made.asked_of(slot.leaf)), told, number("not_applicable"))
        made.answers.states[name] = Term(told, z3.Bool(f"{name} decided"))


def _today(made: Encoding) -> None:
    """A form is filled in before it lapses."""
    import z3

    day = z3.Int("today()")
    made.answers.terms["today()"] = Term(day, z3.BoolVal(True))
    until = made.questionnaire.header.valid_until.toordinal()
    made.add("type", "today()", conj((day >= FIRST_DAY.toordinal(), day <= max(until, FIRST_DAY.toordinal()))))


def _route_page(made: Encoding, page: Page) -> None:
    _route(made, ("page", page.id), page.relevant, (True, True))
    parent = made.asked["page", page.id], made.decided["page", page.id]
    for question in page.questions:
        _route(made, ("question", question.id), question.relevant, parent)
        _route_words(made, question)


def _route(made: Encoding, key: Asked, relevant: Expression | None, parent: tuple[Condition, Condition]) -> None:
    asked, decided = parent
    if relevant is None:
        made.decided[key] = decided
        return
    made.relevant[key] = relevant
    formula = made.formula(relevant)
    made.routes[key] = (asked, formula)
    made.add("route", f"{key[0]} {key[1]}", as_z3(made.asked[key]) == as_z3(conj((asked, formula.holds))))
    settled = conj(_settled(made, name) for name in sorted(relevant.fields))
    made.decided[key] = conj((decided, implies(asked, disj((formula.known, settled)))))


def _settled(made: Encoding, name: str) -> Condition:
    leaf = made.questionnaire.fields.get(name)
    if leaf is None:
        return True
    given = made.slots[name].given
    if leaf.value is not None:  # what is computed is settled, known or not, when all it looks at is
        given = disj((given, conj(_settled(made, other) for other in sorted(leaf.value.fields))))
    return conj((made.decided_of(leaf), implies(made.asked_of(leaf), given)))


def _route_words(made: Encoding, question: Question) -> None:
    """Words that go with a choice are undecided while nothing was chosen."""
    for leaf in question.fields:
        if leaf.needs is not None and not leaf.roster:
            settled = implies(made.asked["question", question.id], made.slots[leaf.needs[0]].given)
            made.decided["words", leaf.name] = conj((made.decided["question", question.id], settled))
        state = made.answers.states.get(leaf.name)
        if state is not None:
            made.add("type", leaf.name, state.known == as_z3(made.decided_of(leaf)))


def _require(made: Encoding, leaf: Field) -> None:
    if leaf.fixed or leaf.value is not None or (leaf.group and leaf.name != leaf.group[0]):
        return
    asked = made.asked_of(leaf)
    if leaf.required_if is not None:
        made.wanted[leaf.name] = made.formula(leaf.required_if)
        asked = conj((asked, made.wanted[leaf.name].holds))
    elif not leaf.required:
        return
    answered = disj(made.slots[name].given for name in leaf.group or (leaf.name,))
    made.add("required", leaf.name, implies(asked, answered))


def _check(made: Encoding, check: Check) -> None:
    formula = made.formula(check.rule)
    if check.roster:  # judged in each row there is
        row = made.asked_of(made.questionnaire.rosters[check.roster].columns[0])
        formula = replace(formula, known=as_z3(conj((formula.known, row))))
    made.checks[check.id] = formula
    if check.severity == "hard":
        made.held |= check.rule.fields
    made.add(check.severity, check.id, neg(made.checks[check.id].fails))
