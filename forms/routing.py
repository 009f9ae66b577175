"""Which pages, questions and fields are asked of a unit, given what it has answered so far."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.computed import as_stored
from forms.leaves import BLANK, LAST, NOTHING_GIVEN, PREFILLED, Answer, Field, Given, cell_name
from forms.model import Questionnaire, Roster
from forms.plan import Computed, Condition, PagePlan, QuestionPlan, plan_of
from forms.rosters import is_told, rows_of

NOT_APPLICABLE = Answer(None, "not_applicable")
SETTLED = frozenset({"answered", "dont_know", "not_applicable", "refused", "imputed"})
RowValues = dict[str, object]


@dataclass(frozen=True, slots=True)
class Route:
    """The pages, questions and fields asked, in order; and the fields that the answers have routed away.

    A field in neither list is undecided: what decides about it has not been answered yet. A roster stands in the lists
    with the names of its columns, whatever rows it has.
    """

    pages: tuple[str, ...]
    questions: tuple[str, ...]
    fields: tuple[str, ...]
    away: tuple[str, ...]

    def after(self, page_id: str) -> str | None:
        """Return the page that follows, or None after the last one (and after a page that is not asked)."""
        if page_id not in self.pages:
            return None
        at = self.pages.index(page_id) + 1
        return self.pages[at] if at < len(self.pages) else None


@dataclass(frozen=True, slots=True)
class Walk:
    """A route and what expressions see along it.

    values: by name, as the expression language wants them. rows: for each roster that is asked, the values of each row
    that exists, which stand in for those in `values` where a row is at hand.
    """

    route: Route
    values: dict[str, object]
    rows: dict[str, dict[int, RowValues]]


def route(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> Route:
    """Return what is asked of a unit.

    A page or question is asked when its `relevant` is true; where that is unknown (the answer it looks at is missing or
    is "don't know") it is not asked. Answers to questions that are not asked are kept by the collector but count as
    missing here. Does not look at checks.
    answers: by field; given: what is known of the unit before it answers; today: the day that `today()` means,
    default the present one.
    """
    return walk(questionnaire, answers, given=given, today=today).route


def route_values(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> tuple[Route, dict[str, object]]:
    """Return the route, and the values and states along it as the expression language wants them."""
    made = walk(questionnaire, answers, given=given, today=today)
    return made.route, made.values


def walk(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> Walk:
    """Go through a questionnaire with a unit's answers: its route, its values, its rows, what is computed."""
    walker = _Walker(questionnaire, answers, given)
    walker.values["today()"] = today or datetime.date.today()
    for page in plan_of(questionnaire).pages:
        walker.page(page)
    return Walk(
        Route(tuple(walker.pages), tuple(walker.questions), tuple(walker.fields), tuple(walker.away)),
        walker.values,
        walker.rows,
    )


@dataclass(slots=True)
class _Walker:
    """One unit on its way. settled: the names about which nothing more will be learned."""

    questionnaire: Questionnaire
    answers: Mapping[str, Answer]
    given: Given
    values: dict[str, object] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    rows: dict[str, dict[int, RowValues]] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        given, values = self.given, self.values
        values.update(given.sample)
        for suffix, answers in ((PREFILLED, given.prefilled), (LAST, given.last)):
            for name, answer in answers.items():
                if "." not in name:
                    values[f"{name}{suffix}"] = answer.value
        for roster in self.questionnaire.rosters.values():
            for suffix, answers in ((PREFILLED, given.prefilled), (LAST, given.last)):
                self.note_columns_before(roster, suffix, answers)

    def note_columns_before(self, roster: Roster, suffix: str, answers: Mapping[str, Answer]) -> None:
        """Note the rows of the last wave; a unit without a last wave has no column, not an empty one."""
        rows = rows_of(roster, answers)
        if answers and is_told(roster, answers, rows):
            for name in roster.names:
                cells = (answers.get(cell_name(name, row), BLANK).value for row in rows)
                self.values[f"{name}{suffix}[]"] = tuple(cells)

    def page(self, plan: PagePlan) -> None:
        """Go through one page: what is asked, then what is computed from it."""
        page_asked = self.asked(plan.relevant)
        before = len(self.questions)
        computed: list[tuple[QuestionPlan, bool | None]] = []
        for question in plan.questions:
            asked = page_asked if page_asked is not True else self.asked(question.relevant)
            if asked:
                self.questions.append(question.question.id)
            self.question(question, asked)
            if question.computed:
                computed.append((question, asked))
        for question, asked in computed:
            if question.roster is None:
                for each in question.computed:
                    self.compute(each, asked)
        if len(self.questions) > before:
            self.pages.append(plan.page.id)

    def asked(self, relevant: Condition | None) -> bool | None:
        """Return whether something is asked, or None where that cannot be said yet."""
        if relevant is None:
            return True
        holds = relevant.holds(self.values)
        if holds is None and any(self.open(name) for name in relevant.names):
            return None
        return holds is True

    def open(self, name: str) -> bool:
        """Return whether something may still be learned about a name; only fields of the questionnaire are answered."""
        return name in self.questionnaire.fields and name not in self.settled

    def question(self, plan: QuestionPlan, asked: bool | None) -> None:
        """Note the fields of a question, on the route or away from it, and their values."""
        for leaf in plan.question.fields:
            leaf_asked = asked if leaf.needs is None or leaf.roster else asked and self.chosen(leaf)
            if leaf_asked:
                self.fields.append(leaf.name)
            elif leaf_asked is False:
                self.away.append(leaf.name)
            if leaf.value is None and not leaf.roster:
                self.note(leaf, leaf_asked)
        if plan.roster is not None:
            self.roster(plan, plan.roster, asked)

    def note(self, leaf: Field, asked: bool | None) -> None:
        """Write value and state of a field into what expressions see; undecided fields stay out."""
        if asked is None:
            return
        answer = self.answers.get(leaf.name, BLANK) if asked else NOT_APPLICABLE
        self.values[leaf.name] = answer.value
        self.values[f"{leaf.name}_state"] = answer.state
        if answer.state in SETTLED:
            self.settled.add(leaf.name)

    def chosen(self, leaf: Field) -> bool | None:
        """The words that go with a choice are asked when it was chosen."""
        assert leaf.needs is not None
        name, code = leaf.needs
        value = self.values.get(name)
        if value is None and name not in self.settled:
            return None
        return code in str(value).split()

    def compute(self, computed: Computed, asked: bool | None) -> None:
        """Write a computed value; where it is unknown and nothing more will be learned, that is settled too."""
        leaf = computed.leaf
        if asked is None:
            return
        value = as_stored(leaf, computed.value(self.values)) if asked else None
        self.values[leaf.name] = value
        self.values[f"{leaf.name}_state"] = "not_applicable" if not asked else "blank" if value is None else "answered"
        if not asked or value is not None or not any(self.open(name) for name in computed.names):
            self.settled.add(leaf.name)

    # Rosters

    def roster(self, plan: QuestionPlan, roster: Roster, asked: bool | None) -> None:
        """Note every row of a roster, and its columns whole; away from the route there are no rows."""
        if asked is None:
            return
        if not asked:
            self.settled.update(roster.names)
            return
        found = {row: self.row(plan, roster, row) for row in rows_of(roster, self.answers)}
        self.rows[roster.id] = found
        if not is_told(roster, self.answers, found):
            return
        computed = {each.leaf.name for each in plan.computed}
        for name in roster.names:
            if name in computed:
                continue
            self.values[f"{name}[]"] = tuple(values[name] for values in found.values())
            told = bool(found) or roster.nothing is not None
            if told and all(values[f"{name}_state"] in SETTLED for values in found.values()):
                self.settled.add(name)
        self.compute_rows(plan, found)

    def row(self, plan: QuestionPlan, roster: Roster, row: int) -> RowValues:
        """Return the values of one row, those of last time beside them."""
        values: RowValues = {}
        for leaf, state in plan.fields:
            cell = f"{leaf.name}.{row}"
            answer = self.answers.get(cell, BLANK)
            if leaf.needs is not None and leaf.needs[1] not in str(values[leaf.needs[0]]).split():
                answer = NOT_APPLICABLE
            values[leaf.name], values[state] = answer.value, answer.state
            if roster.prefill is not None:
                values[f"{leaf.name}{LAST}"] = self.given.last.get(cell, BLANK).value
                values[f"{leaf.name}{PREFILLED}"] = self.given.prefilled.get(cell, BLANK).value
        for computed in plan.computed:
            values[computed.leaf.name], values[f"{computed.leaf.name}_state"] = None, "blank"
        return values

    def compute_rows(self, plan: QuestionPlan, found: dict[int, RowValues]) -> None:
        """Compute the columns that are computed, one whole column after the other, so that each may sum up the last."""
        for computed in plan.computed:
            name, scope = computed.leaf.name, dict(self.values)
            for values in found.values():
                scope.update(values)
                value = as_stored(computed.leaf, computed.value(scope))
                values[name], values[f"{name}_state"] = value, "blank" if value is None else "answered"
            self.values[f"{name}[]"] = tuple(values[name] for values in found.values())
            self.settled.add(name)
