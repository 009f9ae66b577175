"""Proofs against brute force: every answer set of a small questionnaire is tried, and the proof must say the same."""

from __future__ import annotations

import itertools
import random
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from forms import source
from forms.answers import typed_texts
from forms.checks import findings_along
from forms.leaves import BLANK, Answer, Field
from forms.loader import load_questionnaire
from forms.model import Questionnaire
from forms.proof import Proof, prove
from forms.reading import Refused, read_field, unsure_name
from forms.routing import Walk, walk
from uptake.contract.expressions import compile_python
from uptake.contract.yamlfile import read_yaml

pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")
WORDS = "text: {zh: 问题, en: Question}"
SAYS = "message: {zh: 请改正。, en: Correct it.}"
CODES = (
    "choices: [{code: a, label: {zh: 甲, en: A}}, {code: b, label: {zh: 乙, en: B}}, {code: c, label: {zh: 丙, en: C}}]"
)


def random_question(r: random.Random, number: int) -> str:
    keys = ""
    kind = r.choice(["int", "int", "sel1", "sel1", "selN", "tick", "computed", "int_or_band"])
    if kind == "computed" and number == 1:
        kind = "int"
    if kind in ("int", "int_or_band"):
        keys += f', min: "{r.choice((-1, 0, 0))}", max: "{r.choice((1, 2))}"'
    if kind in ("sel1", "selN", "int_or_band"):
        keys += ", " + (CODES if kind == "selN" else CODES.replace(", {code: c, label: {zh: 丙, en: C}}", ""))
    if kind == "selN":
        keys = keys.replace("en: C}}", "en: C}, exclusive: true}") + r.choice(["", ", max_choices: 1"])
    if kind == "computed":
        keys += f', gives: int, value: "{random_number(r, number - 1)} + 1"'
    elif r.random() < 0.3:
        keys += (
            ", required: false" if r.random() < 0.5 or number == 1 else f', required_if: "{condition(r, number - 1)}"'
        )
    if kind in ("int", "sel1") and r.random() < 0.3:
        keys += ", dont_know: true"
    return f"{{id: Q-{number}, {WORDS}, type: {kind}{keys}}}"


def random_number(r: random.Random, last: int) -> str:
    return (
        f"coalesce(count-selected(${{q{r.randint(1, last)}}}), 0)"
        if r.random() < 0.2
        else f"${{q{r.randint(1, last)}}}"
    )


def condition(r: random.Random, last: int, depth: int = 1) -> str:
    """Write a condition on the questions up to one; what does not fit their kinds is refused at load and not used."""
    if depth and r.random() < 0.35:
        joined = f"{condition(r, last, depth - 1)} {r.choice(('and', 'or'))} {condition(r, last, depth - 1)}"
        return f"({joined})" if r.random() < 0.8 else f"not({joined})"
    one, other = (f"${{q{r.randint(1, last)}}}" for _ in range(2))
    return r.choice([
        f"{one} = '{r.choice('ab')}'", f"{one} > {r.randint(-1, 2)}", f"{one} <= {other}", f"{one} != {other}",
        f"selected({one}, '{r.choice('abc')}')", f"count({one}, {other}) {r.choice('<>')} 1",
        f"state({one}) = '{r.choice(('answered', 'blank', 'dont_know', 'not_applicable'))}'",
        f"{one} + {other} {r.choice(('=', '<', '>='))} {r.randint(0, 3)}", f"coalesce({one}, 1) > {r.randint(0, 1)}",
    ])  # fmt: skip


def random_questionnaire(r: random.Random) -> str:
    """Write two to four questions on their own pages, some routed, and up to three checks."""
    count, lines = r.randint(2, 4), ["pages:\n"]
    for number in range(1, count + 1):
        lines.append(f"  - id: p{number}\n    title: {{zh: 页, en: Page}}\n")
        if number > 1 and r.random() < 0.5:
            lines.append(f'    relevant: "{condition(r, number - 1)}"\n')
        lines.append(f"    questions:\n      - {random_question(r, number)}\n")
    made = [f'  - {{id: c{i}, severity: {r.choice(("hard", "hard", "soft"))}, rule: "{condition(r, count)}", {SAYS}}}\n'
            for i in range(r.randint(0, 3))]  # fmt: skip
    return "".join([*lines, *(["checks:\n", *made] if made else [])])


def answers_of(leaf: Field) -> list[Answer]:
    """Return every answer a page can read for a field, found by typing."""
    typed: list[list[str]] = [[]]
    if leaf.choices:
        codes = [choice.code for choice in leaf.choices]
        most = len(codes) if leaf.kind == "selN" else 1
        typed += [list(some) for k in range(1, most + 1) for some in itertools.combinations(codes, k)]
    elif leaf.kind == "tick":
        typed.append(["1"])
    else:
        typed += [[str(number)] for number in range(int(leaf.min or 0), int(leaf.max or 0) + 1)]
    made = {read for texts in typed if (read := _read(leaf, texts)) is not None}
    if leaf.dont_know and not leaf.choices:
        made.add(read_field(leaf, [], "en", unsure=True))
    return sorted(made, key=str)


def _read(leaf: Field, texts: list[str]) -> Answer | None:
    try:
        return read_field(leaf, texts, "en")
    except Refused:
        return None


class Tried:
    """What every answer set of a questionnaire together shows to be possible."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.reached: set[str] = set()
        self.chosen: set[tuple[str, str]] = set()
        self.broken: set[str] = set()
        self.kept: set[str] = set()
        self.alone: set[str] = set()
        self.skipped: set[str] = set()
        self.wanted: set[tuple[str, bool]] = set()
        self.passes = False
        kinds = questionnaire.kinds
        self.rules = {c.id: compile_python(c.rule, kinds=kinds, to="bool") for c in questionnaire.checks}
        self.routes = {
            p.id: compile_python(p.relevant, kinds=kinds, to="bool") for p in questionnaire.pages if p.relevant
        }
        self.ifs = {f.name: compile_python(f.required_if, kinds=kinds, to="bool")
                    for f in questionnaire.fields.values() if f.required_if}  # fmt: skip
        for answers in every_answer_set(questionnaire):
            self.look(answers)

    def look(self, answers: Mapping[str, Answer]) -> None:
        way = walk(self.questionnaire, answers)
        found = findings_along(self.questionnaire, answers, way)
        hard = {finding.check_id for finding in found if finding.severity == "hard"}
        soft = {finding.check_id for finding in found if finding.severity == "soft"}
        self.broken |= (hard | soft) & self.rules.keys()
        severity = {check.id: check.severity for check in self.questionnaire.checks}
        for check in self.rules:
            others = (hard | soft if severity[check] == "soft" else hard) - {check}
            if check in hard | soft and not others:
                self.alone.add(check)
        if not hard:
            self.passing(answers, way)

    def passing(self, answers: Mapping[str, Answer], way: Walk) -> None:
        self.passes = True
        self.reached |= set(way.route.questions)
        for name in way.route.fields:
            answer = answers.get(name, BLANK)
            self.chosen |= {(name, code) for code in str(answer.value or "").split()}
            self.chosen |= {(name, "dont_know")} if answer.state == "dont_know" else set()
        self.kept |= {check for check, rule in self.rules.items() if rule(way.values) is True}
        self.skipped |= {page for page, holds in self.routes.items() if holds(way.values) is not True}
        self.wanted |= {
            (name, holds(way.values) is True) for name, holds in self.ifs.items() if name in way.route.fields
        }


def every_answer_set(questionnaire: Questionnaire) -> Iterator[dict[str, Answer]]:
    posted = [leaf for leaf in questionnaire.fields.values() if leaf.posted]
    for answers in itertools.product(*(answers_of(leaf) for leaf in posted)):
        yield {leaf.name: answer for leaf, answer in zip(posted, answers, strict=True) if answer.state != "blank"}


def said(proof: Proof, *kinds: str) -> set[str]:
    return {found.subject for found in proof.conclusions if found.kind in kinds}


def agree(questionnaire: Questionnaire, proof: Proof, text: str) -> None:
    """Hold every claim of a proof against what was tried."""
    tried = Tried(questionnaire)
    shown = text, [str(found) for found in proof.conclusions]
    assert tried.passes == ("" not in said(proof, "contradiction")), shown
    if not tried.passes:
        return
    questions = {question.id: page.id for page in questionnaire.pages for question in page.questions}
    assert set(questions) - tried.reached == said(proof, "unreachable"), shown
    dead = {leaf.name for leaf in questionnaire.fields.values() if leaf.question not in tried.reached}
    for leaf in questionnaire.fields.values():
        if leaf.choices and leaf.name not in dead:
            codes = {choice.code for choice in leaf.choices}
            lacking = {code for code in codes if (leaf.name, code) not in tried.chosen}
            assert bool(lacking) == (leaf.name in said(proof, "dead choice")), (leaf.name, lacking, shown)
        if leaf.required_if is not None and leaf.name not in dead and leaf.name in (leaf.group or (leaf.name,))[:1]:
            idle = len({told for name, told in tried.wanted if name == leaf.name}) < 2
            assert idle == (leaf.name in said(proof, "idle required_if")), (leaf.name, shown)
    for page in questionnaire.pages:
        if page.relevant is not None and page.questions[0].id in tried.reached:
            assert (page.id not in tried.skipped) == (page.id in said(proof, "idle condition")), (page.id, shown)
    checks_agree(questionnaire, proof, tried, dead)


def checks_agree(questionnaire: Questionnaire, proof: Proof, tried: Tried, dead: set[str]) -> None:
    shown = [str(found) for found in proof.conclusions]
    for check in questionnaire.checks:
        if check.rule.fields & dead:
            continue
        assert (check.id not in tried.broken) == (check.id in said(proof, "unbreakable")), (check.id, shown)
        if check.id in tried.broken:
            never = check.id not in tried.kept
            assert never == (check.id in said(proof, "contradiction", "always asks", "unjudged")), (check.id, shown)
            if check.id in tried.alone and not never:
                assert check.id not in said(proof, "implied"), (check.id, shown)
            # Of checks that say the same, one is kept: a check that is never broken alone may be the one.
    idle = {check.id for check in questionnaire.checks} & said(proof, "implied")
    assert not idle or implied_together(questionnaire, idle, proof), shown


def implied_together(questionnaire: Questionnaire, idle: set[str], proof: Proof) -> bool:
    """Whether nothing is let through when all checks that were called implied are removed."""
    soft = {check.id for check in questionnaire.checks if check.severity == "soft"}
    for answers in every_answer_set(questionnaire):
        found = {f.check_id: f.severity for f in findings_along(questionnaire, answers, walk(questionnaire, answers))}
        lost = found.keys() & idle
        others = {name for name, severity in found.items() if name not in idle and (severity == "hard" or lost <= soft)}
        if lost and not others:
            return False
    return True


def load(folder: Path, text: str, head: str) -> tuple[Questionnaire, source.Questionnaire] | None:
    """Load a questionnaire; None where the random text is one that the loader refuses."""
    path = folder / "small.yaml"
    path.write_text(head + textwrap.dedent(text), encoding="utf-8")
    made = load_questionnaire(path, root=folder, faults=[])
    written = read_yaml(path, source.Questionnaire, root=folder, faults=[])
    return None if made is None or written is None else (made, written)


def compare(folder: Path, head: str, *, seed: int, count: int) -> int:
    """Compare so many random questionnaires; returns how many answer sets were tried."""
    r, done, sets, open_ = random.Random(seed), 0, 0, 0
    while done < count:
        text = random_questionnaire(r)
        loaded = load(folder, text, head)
        if loaded is None:
            continue
        made, written = loaded
        proof = prove(made, written)
        typable(made, proof)
        assert proof.disagreements == (), text
        if proof.of("not proved"):  # such as a number read as a text; what is open is told and claims nothing
            open_ += 1
            continue
        agree(made, proof, text)
        done, sets = done + 1, sets + sum(1 for _ in every_answer_set(made))
    assert open_ < count / 2
    return sets


def typable(questionnaire: Questionnaire, proof: Proof) -> None:
    """Every answer of a witness is one that a page would read from what is typed."""
    for seen in proof.reached.values():
        for name, answer in seen.witness.answers.items():
            leaf = questionnaire.leaf(name)
            unsure = answer.state == "dont_know" and not leaf.choices
            assert read_field(leaf, typed_texts(leaf, answer), "en", unsure=unsure) == answer, unsure_name(leaf)


def test_a_slice_of_random_questionnaires_is_proved_as_brute_force_finds(tmp_path: Path, head: str) -> None:
    assert compare(tmp_path, head, seed=1, count=60) > 2_000


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_random_questionnaires_are_proved_as_brute_force_finds(seed: int, tmp_path: Path, head: str) -> None:
    assert compare(tmp_path, head, seed=seed, count=200) > 10_000
