"""Every route can be finished: where pages are asked together, the hard checks on them can be kept together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forms.model import Check
from forms.proof.conclude import Concluding
from forms.proof.encoding import Asked, Encoding
from forms.proof.logic import Condition, conj, neg

MOST = 64  # routes tried for one group of checks


def contradicting_routes(telling: Concluding) -> None:
    """Tell of routes that somebody can be on and nobody can finish.

    A route is which of the conditions are true that the fields of a group of checks depend on; groups are checks with a
    field in common. Checks that look only at what decides the route are there to forbid routes: they make no
    contradiction. Where a group has more than 64 routes, each check is tried with those next to it instead.
    """
    made = telling.made
    deciding = _deciding(made)
    forbidding = {check.id for check in _hard(made) if check.rule.fields <= deciding}
    done: set[frozenset[Asked]] = set()
    for conditions in _groups(made, deciding, forbidding):
        if conditions and not any(conditions <= other for other in done):
            done.add(conditions)
            _try(telling, sorted(conditions), forbidding)


def _hard(made: Encoding) -> list[Check]:
    return [check for check in made.questionnaire.checks if check.severity == "hard"]


def _deciding(made: Encoding) -> frozenset[str]:
    """Return the fields that some condition looks at."""
    asked = made.questionnaire
    conditions = [page.relevant for page in asked.pages]
    conditions += [question.relevant for page in asked.pages for question in page.questions]
    return frozenset(name for condition in conditions if condition is not None for name in condition.fields)


def _groups(made: Encoding, deciding: frozenset[str], forbidding: set[str]) -> Iterator[frozenset[Asked]]:
    """Give the conditions of each group of checks, the largest groups first; too large ones check by check."""
    checks = [check for check in _hard(made) if check.id not in forbidding]
    near = [_joined([check], checks, deciding) for check in checks]
    whole = [_grown(group, checks, deciding) for group in near]
    chosen = [small if len(_conditions(made, large)) > 6 else large for small, large in zip(near, whole, strict=True)]
    yield from sorted({_conditions(made, group) for group in chosen}, key=lambda group: (-len(group), sorted(group)))


def _joined(group: list[Check], checks: list[Check], deciding: frozenset[str]) -> list[Check]:
    fields = frozenset(name for check in group for name in check.rule.fields) - deciding
    return [check for check in checks if check in group or check.rule.fields & fields]


def _grown(group: list[Check], checks: list[Check], deciding: frozenset[str]) -> list[Check]:
    while len(larger := _joined(group, checks, deciding)) > len(group):
        group = larger
    return group


def _conditions(made: Encoding, group: Sequence[Check]) -> frozenset[Asked]:
    found: set[Asked] = set()
    for name in {name for check in group for name in check.rule.fields}:
        leaf = made.questionnaire.fields.get(name)
        if leaf is not None:
            keys: tuple[Asked, ...] = (("page", leaf.page), ("question", leaf.question))
            found.update(key for key in keys if key in made.routes)
    return frozenset(found)


def _try(telling: Concluding, conditions: list[Asked], forbidding: set[str]) -> None:
    """Go through the routes that complete answers can be on, and ask of each whether it can be finished."""
    search, made = telling.search, telling.made
    finished = _finished(telling, conditions)
    if len(finished) == 2 ** len(conditions):
        return
    allowed = search.passing(but={check.id for check in _hard(made)} - forbidding)
    tried = f"routes tried of {' '.join(name for _, name in conditions)}"
    untried = [search.literal((tried, route), neg(condition_of(made, dict(zip(conditions, route, strict=True)))))
               for route in sorted(finished)]  # fmt: skip
    for _ in range(MOST):
        if search.check([*allowed.assumed, *untried]) != "sat":
            break
        model = search.solver.model()
        route = {key: bool(model.eval(made.asked[key], model_completion=True)) for key in conditions}
        if not _can_finish(telling, route):
            route = _shortest(telling, route)
            telling.stuck(route, condition_of(made, route), allowed)
        untried.append(search.literal((tried, tuple(route.items())), neg(condition_of(made, route))))


def condition_of(made: Encoding, route: Mapping[Asked, bool]) -> Condition:
    """Return the condition of being on a route."""
    return conj(made.asked[key] if asked else neg(made.asked[key]) for key, asked in route.items())


def _finished(telling: Concluding, conditions: list[Asked]) -> set[tuple[bool, ...]]:
    """Return the routes that answers known to pass are on; none where a page may be asked without any question."""
    if any(kind == "page" and not _always_shows(telling.made, name) for kind, name in conditions):
        return set()
    made = set()
    for seen in telling.slices.passing:
        asked = {("page", name) for name in seen.way.route.pages} | {
            ("question", name) for name in seen.way.route.questions
        }
        made.add(tuple(key in asked for key in conditions))
    return made


def _always_shows(made: Encoding, page: str) -> bool:
    return any(question.relevant is None for question in made.questionnaire.page(page).questions)


def _can_finish(telling: Concluding, route: Mapping[Asked, bool]) -> bool:
    made, search = telling.made, telling.search
    literals = [made.asked[key] if asked else neg(made.asked[key]) for key, asked in route.items()]
    return search.check([*search.passing().assumed, *literals]) != "unsat"


def _shortest(telling: Concluding, route: dict[Asked, bool]) -> dict[Asked, bool]:
    """Return the part of a route that is enough to be stuck on it, so that it is told once."""
    for key in list(route):
        fewer = {other: asked for other, asked in route.items() if other != key}
        if fewer and not _can_finish(telling, fewer):
            route = fewer
    return route
