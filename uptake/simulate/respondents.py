"""Simulated respondents answer a wave: everything is typed as text into the collector's services, nothing else is used.

Who answers depends on size and province only, so that weighting by those can repair it; nothing here makes users of AI
answer more readily than others. What the units would say stands in `truth` (adoption.py).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from uptake.contract.codes import PROVINCES, SIZE_CLASSES
from uptake.contract.errors import UptakeError
from uptake.simulate.person import Person

if TYPE_CHECKING:
    from pandas import DataFrame

    from collector import Assignment, SavedPage, Store
    from forms import Questionnaire

Progress = Callable[[int], None]

# The part of the units that complete the form, by size class; provinces lie up to 0.15 above or below.
_COMPLETES = (0.90, 0.82, 0.73, 0.55)
_PROVINCE_STEP = 0.05
# What becomes of the others. A partial response stops before the last page; of the silent nothing is known.
_OTHERWISE = {"partial": 0.10, "refused": 0.24, "not_contacted": 0.42, "ineligible": 0.03, "silent": 0.21}
_LANGUAGES = ("zh", "en")
_ENGLISH = 0.08
MOST_ATTEMPTS = 6
# More than there are cores: a respondent mostly waits for a commit, and those who wait together share one.
THREADS = 6


@dataclass(frozen=True, slots=True)
class Visit:
    """A unit that will be visited: its assignment, what is true of it, and what it will do."""

    assignment: Assignment
    truth: Mapping[str, Any]
    fate: str


def answer_wave(
    store: Store,
    questionnaire: Questionnaire,
    sample: DataFrame,
    truth: DataFrame,
    *,
    wave: str,
    seed: int,
    threads: int = THREADS,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Let every unit of a started wave answer, refuse or stay silent.

    sample: the units asked; truth: their true answers (make_register); seed: the same seed gives the same answers,
    whatever the threads; progress: called with the number of units done since its last call.
    Returns counts: complete, partial, refused, not_contacted, ineligible, silent, and of what happened on the way:
    pages, refused_entries (hard checks and unreadable text), confirmed and corrected (soft checks explained, heeded).
    Raises UptakeError where the wave was not started for a unit of the sample.
    """
    visits = list(_visits(store, questionnaire, sample, truth, wave=wave, seed=seed))
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for found in pool.map(lambda visit: _make(store, visit, seed), visits):
            counts.update(found)
            if progress is not None:
                progress(1)
    return dict(counts)


def _visits(
    store: Store, questionnaire: Questionnaire, sample: DataFrame, truth: DataFrame, *, wave: str, seed: int
) -> Iterable[Visit]:
    from collector import find_assignments

    assignments = find_assignments(store, questionnaire, wave=wave)
    known = _true_answers(truth, sample["unit_id"])
    for unit_id, size, province in zip(sample["unit_id"], sample["size"], sample["province"], strict=True):
        if unit_id not in assignments:
            raise UptakeError(
                f'The unit "{unit_id}" of the sample has no assignment in the wave "{wave}", so nobody can answer.'
                " Start the wave with this sample first."
            )
        answers = known[unit_id]
        fate = _fate(answers["eager"], str(size), str(province), random.Random(f"{seed}|fate|{unit_id}"))
        yield Visit(assignments[unit_id], answers, fate)


def _true_answers(truth: DataFrame, unit_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    chosen = truth[truth["unit_id"].isin(set(unit_ids))]
    rows = chosen.astype(object).where(chosen.notna(), None).to_dict("records")
    return {str(row["unit_id"]): {str(key): value for key, value in row.items()} for row in rows}


def _fate(eager: float, size: str, province: str, chance: random.Random) -> str:
    """Decide what a unit does; `eager` is its place between 0 (answers at once) and 1 (never)."""
    sizes, provinces = [code.code for code in SIZE_CLASSES], [code.code for code in PROVINCES]
    completes = _COMPLETES[sizes.index(size)] + _PROVINCE_STEP * (provinces.index(province) % 7 - 3)
    if eager < completes:
        return "complete"
    return chance.choices(list(_OTHERWISE), list(_OTHERWISE.values()))[0]


def _make(store: Store, visit: Visit, seed: int) -> Counter[str]:
    from collector import record_disposition

    counts = Counter({visit.fate: 1})
    if visit.fate in ("complete", "partial"):
        chance = random.Random(f"{seed}|{visit.assignment.unit_id}")
        lang = _LANGUAGES[chance.random() < _ENGLISH]
        person = Person(visit.assignment, visit.truth, lang, chance)
        _fill_in(store, person, counts, submits=visit.fate == "complete")
    elif visit.fate != "silent":
        record_disposition(store, visit.assignment, visit.fate)
    return counts


def _fill_in(store: Store, person: Person, counts: Counter[str], *, submits: bool) -> None:
    """Go from page to page as the form leads; a partial response stops before the last one."""
    from collector import submit
    from forms import route

    questionnaire, assignment = person.questionnaire, person.assignment
    page: str | None = questionnaire.pages[0].id
    seq = 0
    while page is not None and (submits or page != questionnaire.pages[-1].id):
        saved = _fill_in_page(store, person, counts, page, seq)
        seq = saved.seq
        page = route(questionnaire, saved.answers, given=assignment.given).after(page)
    if submits:
        done = submit(store, assignment, person.lang, client_key=f"{assignment.unit_id}-submit", seen_seq=seq)
        if done.receipt is None:
            raise _stuck(person, "submit", done)


def _fill_in_page(store: Store, person: Person, counts: Counter[str], page: str, seq: int) -> SavedPage:
    """Type a page until the form has nothing more to say about it: correct what it refuses, explain what it doubts."""
    from collector import save_page

    typed = person.types(page, attempt=0)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        key = f"{person.assignment.unit_id}-{page}-{attempt}"
        saved = save_page(store, person.assignment, page, person.lang, typed, base_seq=seq, client_key=key)
        counts["pages"] += 1
        seq = saved.seq
        if saved.clean:
            return saved
        typed = _react(person, counts, page, saved)
    raise _stuck(person, page, saved)


def _react(person: Person, counts: Counter[str], page: str, saved: SavedPage) -> dict[str, list[str]]:
    """Return what is typed after the form objected: the page as it should be, and the reasons that were asked for."""
    typed = person.types(page, attempt=1)
    hard = [finding for finding in saved.findings if finding.severity == "hard"]
    counts["refused_entries"] += len(hard) + len(saved.errors)
    if hard or saved.errors:
        return typed
    for finding in saved.findings:
        reason = person.explains(finding.check_id)
        counts["confirmed" if reason else "corrected"] += 1
        if reason:
            typed[f"reason__{finding.check_id}"] = [reason]
    return typed


def _stuck(person: Person, where: str, outcome: Any) -> UptakeError:
    wanted = [finding.check_id for finding in outcome.findings] or getattr(outcome, "errors", outcome)
    return UptakeError(f"The simulated respondent of {person.assignment.unit_id} got stuck at {where}: the form still"
                       f" wants {wanted}. The answers in `truth` break a rule of the questionnaire.")  # fmt: skip
