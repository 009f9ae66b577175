"""Judge answers by the questionnaire's rules: what is missing, what cannot be, what should be explained."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from forms.leaves import BLANK, NOTHING_GIVEN, Answer, Field, Given, cell_name
from forms.messages import message_of, missing_rows_text, missing_text, nothing_said_text, of_row
from forms.model import Questionnaire, Roster, Severity
from forms.plan import CheckPlan, plan_of
from forms.rosters import is_told
from forms.routing import Walk, walk
from uptake.contract.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that the answers break, with a sentence in every language.

    severity: hard cannot be submitted, soft wants a reason. fields: where it is shown, cells by their names. page: the
    page to go to. fingerprint: of the rule and the values it looked at, so that a confirmation lapses when they change.
    row: the row of a roster that it is about, 0 for none.
    """

    check_id: str
    severity: Severity
    fields: tuple[str, ...]
    message: Text
    page: str
    fingerprint: str
    missing: bool = False
    row: int = 0

    @property
    def key(self) -> str:
        """The name under which its reason is posted (`reason__` before it): the check, and the row where it has one."""
        return f"{self.check_id}.{self.row}" if self.row else self.check_id


@dataclass(frozen=True, slots=True)
class _Judged:
    """One unit being judged: what is known of it, its way, and the page and rows asked about (None for all)."""

    questionnaire: Questionnaire
    answers: Mapping[str, Answer]
    given: Given
    way: Walk
    page: str | None
    rows: Collection[int] | None
    asked: frozenset[str]

    def rows_of(self, roster: str) -> Iterator[tuple[int, dict[str, object]]]:
        """Give every row asked about with what rules see in it; the mapping is one, and changes with the row."""
        scope = dict(self.way.values)
        for row, values in self.way.rows.get(roster, {}).items():
            if self.rows is None or row in self.rows:
                scope.update(values)
                yield row, scope


def run_checks(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    *,
    page: str | None = None,
    rows: Collection[int] | None = None,
    confirmed: Collection[str] = (),
    given: Given = NOTHING_GIVEN,
    today: datetime.date | None = None,
) -> tuple[Finding, ...]:
    """Return every finding, in the order of the questionnaire: what is missing first, then broken rules.

    A rule is broken only when it is false; where an answer it needs is missing it is unknown and says nothing. In a
    roster, required columns and rules about a row are judged in each row that exists.
    answers: by field or cell; page: only what concerns this page, default all; rows: of findings about one row only
    those of these rows; confirmed: ids or fingerprints of soft checks that the respondent has explained, which are left
    out; given: what is known of the unit before it answers; today: the day of `today()`.
    """
    way = walk(questionnaire, answers, given=given, today=today)
    silent = frozenset(confirmed)
    return tuple(
        finding
        for finding in findings_along(questionnaire, answers, way, given=given, page=page, rows=rows)
        if finding.severity == "hard" or not silent & {finding.check_id, finding.fingerprint}
    )


def findings_along(
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    way: Walk,
    *,
    given: Given = NOTHING_GIVEN,
    page: str | None = None,
    rows: Collection[int] | None = None,
) -> tuple[Finding, ...]:
    """Return every finding as `run_checks` does, where the way through the questionnaire is known already.

    way: what `forms.routing.walk` gave for the same answers; the rest as for `run_checks`.
    """
    judged = _Judged(questionnaire, answers, given, way, page, rows, frozenset(way.route.fields))
    return (*_missing(judged), *_broken(judged))


# What is missing


def _missing(judged: _Judged) -> Iterator[Finding]:
    for name in judged.way.route.fields:
        leaf = judged.questionnaire.fields[name]
        if judged.page is not None and leaf.page != judged.page:
            continue
        if leaf.roster:
            roster = judged.questionnaire.rosters[leaf.roster]
            if name == roster.columns[0].name:
                yield from _missing_in_rows(judged, roster)
        elif leaf.posted and _required(judged.questionnaire, leaf, judged.way.values):
            one_of = leaf.group or (name,)
            if name == one_of[0] and all(judged.answers.get(other, BLANK).state == "blank" for other in one_of):
                message = missing_text(judged.questionnaire, leaf, judged.given)
                yield Finding(f"required_{name}", "hard", (name,), message, leaf.page, f"required_{name}", True)


def _required(questionnaire: Questionnaire, leaf: Field, values: Mapping[str, object]) -> bool:
    """What the sample fixes but does not have is not required: the respondent cannot give it."""
    if leaf.required_if is None:
        return leaf.required
    return plan_of(questionnaire).required[leaf.name](values) is True


def _missing_in_rows(judged: _Judged, roster: Roster) -> Iterator[Finding]:
    found = judged.way.rows[roster.id]
    if len(found) < roster.min_rows:
        first = next(row for row in range(1, roster.max_rows + 1) if row not in found)
        name = cell_name(roster.columns[0].name, first)
        message = missing_rows_text(judged.questionnaire, roster, len(found))
        yield Finding(f"required_{roster.id}", "hard", (name,), message, roster.page, f"required_{roster.id}", True)
    if not is_told(roster, judged.answers, found):
        message = nothing_said_text(roster)
        name, key = roster.rows_name, f"required_{roster.id}"
        yield Finding(key, "hard", (name,), message, roster.page, key, True)
    wanted = [leaf for leaf in roster.columns if leaf.value is None and (leaf.required or leaf.required_if is not None)]
    for row, scope in judged.rows_of(roster.id):
        for leaf in wanted:
            if scope[f"{leaf.name}_state"] == "blank" and _required(judged.questionnaire, leaf, scope):
                name = cell_name(leaf.name, row)
                message = of_row(roster, row, missing_text(judged.questionnaire, leaf, judged.given))
                yield Finding(f"required_{name}", "hard", (name,), message, leaf.page, f"required_{name}", True, row)


# What is broken


def _broken(judged: _Judged) -> Iterator[Finding]:
    for plan in plan_of(judged.questionnaire).checks:
        if judged.page is not None and judged.page not in plan.pages:
            continue
        if plan.check.roster:
            for row, scope in judged.rows_of(plan.check.roster):
                if plan.holds(scope) is False:
                    yield _finding(judged, plan, scope, row)
        elif plan.holds(judged.way.values) is False:
            yield _finding(judged, plan, judged.way.values, 0)


def _finding(judged: _Judged, plan: CheckPlan, values: Mapping[str, object], row: int) -> Finding:
    check, questionnaire = plan.check, judged.questionnaire
    named = tuple(name for name in check.fields if name in judged.asked) or check.fields
    if row:  # what is wrong with a row is first of all shown in the row
        named = tuple(sorted(named, key=lambda name: not questionnaire.fields[name].roster))
    home = judged.page if judged.page is not None else questionnaire.fields[named[0]].page
    message = message_of(questionnaire, check, values, judged.given)
    if row:
        message = of_row(questionnaire.rosters[check.roster], row, message)
    fields = tuple(_shown_at(judged, name, row) for name in named)
    return Finding(check.id, check.severity, fields, message, home, _fingerprint(plan, values, row), row=row)


def _shown_at(judged: _Judged, name: str, row: int) -> str:
    """Return the answer beside which a finding about a field is shown: of a whole column, that of its first row."""
    roster = judged.questionnaire.fields[name].roster
    if not roster:
        return name
    return cell_name(name, row or next(iter(judged.way.rows.get(roster, {})), 1))


def _fingerprint(plan: CheckPlan, values: Mapping[str, object], row: int) -> str:
    looked_at = [f"{name}={values.get(name)}" for name in plan.names]
    parts = [plan.check.id, *([str(row)] if row else []), *looked_at]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
