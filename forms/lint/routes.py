"""Lint of routing: conditions that say the same twice, or lead people past questions without anybody meaning it."""

from __future__ import annotations

from collections.abc import Iterator

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Judged
from forms.lint.trees import conjuncts, negated, nodes, plain
from forms.model import LAST, Field
from uptake.contract.expressions.tree import Call, State

MOST_QUESTIONS = 15


def _routes(draft: Draft) -> Iterator[Judged]:
    return (judged for judged in draft.judged if judged.role == "relevant")


def _looked_at(draft: Draft, judged: Judged) -> Iterator[Field]:
    for name in sorted(judged.expression.fields):
        leaf = draft.field(name)
        if leaf is not None:
            yield leaf


def _on_identity(draft: Draft) -> Iterator[Hit]:
    for judged in _routes(draft):
        for leaf in _looked_at(draft, judged):
            if leaf.identity:
                yield judged.place, (f'{judged.noun} is routed by "{leaf.name}", which is never exported, so nobody'
                                     " can redo the route from the data. Route by another field.")  # fmt: skip


def _on_optional(draft: Draft) -> Iterator[Hit]:
    for judged in _routes(draft):
        for leaf in _looked_at(draft, judged):
            if not leaf.required and leaf.required_if is None and leaf.needs is None and leaf.value is None:
                yield judged.place, (f'{judged.noun} is routed by "{leaf.name}", which may be left blank; then nobody'
                                     " knows whether it is asked. Make that answer required.")  # fmt: skip


def _asks_state(judged: Judged, name: str) -> bool:
    return any(isinstance(node, State) and node.name == name for node in nodes(judged.expression))


def _negated_unknown(draft: Draft) -> Iterator[Hit]:
    for judged in _routes(draft):
        for name in sorted(set(negated(judged.expression))):
            leaf = draft.field(name)
            if leaf is not None and leaf.dont_know and not _asks_state(judged, name):
                yield judged.place, (f'{judged.noun} asks that "{name}" is not something, and "don\'t know" satisfies'
                                     f" no comparison: those units are not asked. Say so with state(${{{name}}}), or"
                                     " name"
                                     " the codes that are asked.")  # fmt: skip


def _negated_routed(draft: Draft) -> Iterator[Hit]:
    for judged in _routes(draft):
        own = {plain(part) for part in conjuncts(judged.expression.node)}
        for name in sorted(set(negated(judged.expression))):
            leaf = draft.field(name)
            above = {plain(part) for route in draft.routed.get(name, ()) for part in conjuncts(route.node)}
            if leaf is not None and above - own and not _asks_state(judged, name):
                yield judged.place, (f'{judged.noun} asks that "{name}" is not something, and "{name}" is itself asked'
                                     " of a part of the units only: the others are not asked here. Say so with"
                                     f" state(${{{name}}}), or repeat its condition.")  # fmt: skip


def _repeated(draft: Draft) -> Iterator[Hit]:
    for page in draft.asked.pages:
        routes = [question.relevant for question in page.questions]
        if page.relevant is None and len(routes) > 1 and all(route is not None for route in routes):
            first = routes[0]
            if first is not None and first.place is not None and len({route.text for route in routes if route}) == 1:
                yield first.place, (f'all {len(routes)} questions of the page "{page.id}" have the same condition.'
                                    " Write it once, at the page.")  # fmt: skip


def _twice(draft: Draft) -> Iterator[Hit]:
    for page in draft.asked.pages:
        above = {plain(part) for part in conjuncts(page.relevant.node)} if page.relevant is not None else set()
        for question in page.questions:
            route = question.relevant
            if (
                route is not None
                and route.place is not None
                and {plain(part) for part in conjuncts(route.node)} <= above
            ):
                yield route.place, (f'question {question.id} repeats the condition of its page "{page.id}". Remove it'
                                    " here.")  # fmt: skip


def _on_last(draft: Draft) -> Iterator[Hit]:
    for judged in _routes(draft):
        caught = any(isinstance(node, Call) and node.name == "coalesce" for node in nodes(judged.expression))
        for name in sorted(judged.expression.fields):
            if name.endswith(LAST) and draft.field(name) is not None and not caught:
                yield judged.place, (f'{judged.noun} is routed by "{name}", which a unit without a previous wave does'
                                     " not have: it is then not asked. Say what holds then, with"
                                     " coalesce().")  # fmt: skip


def _required(draft: Draft) -> Iterator[Hit]:
    for judged in draft.judged:
        if judged.role != "required_if" or judged.page is None:
            continue
        name = judged.noun.rpartition(" ")[2]
        own = {plain(part) for part in conjuncts(judged.expression.node)}
        above = {plain(part) for route in draft.routed.get(name, ()) for part in conjuncts(route.node)}
        if own <= above:
            yield judged.place, (f"{judged.noun} says again on which condition it is asked at all, so it is always"
                                 " required. Remove `required_if`.")  # fmt: skip


def _long(draft: Draft) -> Iterator[Hit]:
    for page in draft.written.pages:
        if len(page.questions) > MOST_QUESTIONS:
            yield page.place, (f'the page "{page.id.value}" has {len(page.questions)} questions; what is typed is lost'
                               f" when a long page fails. Split it: at most {MOST_QUESTIONS}, one topic a"
                               " page.")  # fmt: skip


def _definitions(draft: Draft) -> Iterator[Hit]:
    shown = {name.value for question in draft.questions() for name in question.definitions}
    for box in draft.written.definitions:
        if box.id not in shown:
            yield box.place, (f'no question shows the box "{box.id}", so nobody reads it. Name it in `definitions` of'
                              " the questions it is about, or remove it.")  # fmt: skip


def _shown_twice(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        names = [name.value for name in question.definitions]
        for at, name in enumerate(question.definitions):
            if name.value in names[:at]:
                yield name.place, f'question {question.id.value} shows the box "{name.value}" twice. Name it once.'


def _examples(draft: Draft) -> Iterator[Hit]:
    for box in draft.written.definitions:
        if len({example.counts for example in box.examples}) == 1:
            side = "count" if box.examples[0].counts else "do not count"
            yield box.place, (f'all examples of the box "{box.id}" {side}; a border shows only when both sides stand'
                              " beside each other. Add one of the other side.")  # fmt: skip


def _headlines(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        if question.headline and not question.definitions:
            yield question.place, (f"question {question.id.value} carries a headline figure and shows no definition,"
                                   " so nobody can say what the figure counts. Name its boxes in"
                                   " `definitions`.")  # fmt: skip


def _single_row(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        if (
            _is_roster(question)
            and question.columns
            and all(not _required_column(column) for column in question.columns)
        ):
            yield question.place, (f"no column of the roster {question.id.value} is required, so a row may say nothing"
                                   " but its number. Make the column that names the row required.")  # fmt: skip


def _required_column(column: source.Column) -> bool:
    return column.type != "computed" and (column.required and column.required_if is None)


def _is_roster(question: source.Question) -> bool:
    return question.type == "roster"


def _small_roster(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        if _is_roster(question) and question.max_rows is not None and question.max_rows < 3:
            yield question.place, (f"the roster {question.id.value} has at most {question.max_rows} rows; adding and"
                                   " removing rows costs more than it saves. Write parts.")  # fmt: skip


def _narrow_roster(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        asked = [column for column in question.columns if column.type != "computed"]
        if _is_roster(question) and len(asked) * question.rows_per_page > 200:
            yield question.place, (f"the roster {question.id.value} shows {len(asked) * question.rows_per_page} boxes"
                                   f" on a page ({len(asked)} columns, {question.rows_per_page} rows), which no screen"
                                   " reader"
                                   " gets through. Lower rows_per_page.")  # fmt: skip


RULES = (
    Rule("route-on-identity", "routing by an answer that is never exported", _on_identity),
    Rule("route-on-optional", "routing by an answer that may be left blank", _on_optional),
    Rule("route-negates-unknown", "`!=` or not() on an answer that may be don't know", _negated_unknown),
    Rule("route-negates-routed", "`!=` or not() on an answer that is itself routed", _negated_routed),
    Rule("route-repeated", "the same condition at every question of a page", _repeated),
    Rule("route-twice", "a question that repeats the condition of its page", _twice),
    Rule("route-on-last", "routing by the last wave without saying what holds in the first", _on_last),
    Rule("required-if-asked", "`required_if` that repeats the condition on which it is asked", _required),
    Rule("page-long", "pages with more questions than a page should have", _long),
    Rule("definition-unused", "a definition box that no question shows", _definitions),
    Rule("definition-shown-twice", "a question that names the same box twice", _shown_twice),
    Rule("definition-one-sided", "examples that all count, or all do not", _examples),
    Rule("headline-undefined", "a headline question without a definition", _headlines),
    Rule("roster-nothing-required", "a roster of which no column is required", _single_row),
    Rule("roster-small", "a roster of one or two rows", _small_roster),
    Rule("roster-crowded", "more boxes on a page of a roster than people get through", _narrow_roster),
)
