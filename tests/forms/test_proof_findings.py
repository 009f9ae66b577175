"""Proofs of small questionnaires: each thing that can be wrong is found with its line, and its neighbour is not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from forms import source
from forms.loader import load_questionnaire
from forms.proof import Proof, prove
from uptake.contract.yamlfile import read_yaml

pytest.importorskip("z3", reason="z3 is not installed (extra [proof])")

YES_NO = """\
choice_lists:
  yes_no: [{code: "yes", label: {zh: 是, en: "Yes"}}, {code: "no", label: {zh: 否, en: "No"}}]
"""
WORDS = "text: {zh: 问题, en: Question}"
SAYS = "message: {zh: 请改正。, en: Correct it.}"


def number(name: str, keys: str = "") -> str:
    return f"{{id: {name}, {WORDS}, type: int{', ' + keys if keys else ''}}}"


def page(name: str, *questions: str, relevant: str = "") -> str:
    head = f"  - id: {name}\n    title: {{zh: 页, en: Page}}\n"
    head += f'    relevant: "{relevant}"\n' if relevant else ""
    return head + "    questions:\n" + "".join(f"      - {question}\n" for question in questions)


def checks(*rules: str, severity: str = "hard") -> str:
    lines = (f'  - {{id: c{i}, severity: {severity}, rule: "{rule}", {SAYS}}}\n' for i, rule in enumerate(rules, 1))
    return "checks:\n" + "".join(lines)


def roster(keys: str, *columns: str) -> str:
    head = f"id: Q-2\n        {WORDS}\n        type: roster\n        max_rows: 5\n        {keys}\n"
    head += "        row_label: {zh: 行, en: Row}\n        columns:\n"
    return head + "".join(f"          - {column}\n" for column in columns)


def body(*parts: str) -> str:
    """Put pages and checks together."""
    pages = "".join(part for part in parts if not part.startswith(("checks:", "sample:")))
    rest = "".join(part for part in parts if part.startswith(("checks:", "sample:")))
    return YES_NO + "pages:\n" + pages + rest


@pytest.fixture
def proof_of(tmp_path: Path, head: str) -> Callable[[str], Proof]:
    """Load a questionnaire and prove it; the prover and the form must never disagree."""

    def proved(text: str) -> Proof:
        path, faults = tmp_path / "small.yaml", []
        path.write_text(head + textwrap.dedent(text), encoding="utf-8")
        made = load_questionnaire(path, root=tmp_path, faults=faults)
        written = read_yaml(path, source.Questionnaire, root=tmp_path, faults=faults)
        assert made is not None and written is not None, [str(fault) for fault in faults]
        proof = prove(made, written)
        assert proof.disagreements == ()
        return proof

    return proved


def told(proof: Proof) -> set[tuple[str, str, str]]:
    return {(found.weight, found.kind, found.subject) for found in proof.conclusions}


GATE = page("a", f"{{id: Q-1, {WORDS}, type: sel1, choice_list: yes_no, dont_know: true}}", number("Q-2", 'max: "10"'))
GATE_HARD = page("a", f"{{id: Q-1, {WORDS}, type: sel1, choice_list: yes_no}}", number("Q-2", 'max: "10"'))
SECOND = page("b", number("Q-3", 'max: "10"'), relevant="${q1} = 'yes'")
SOUND = {
    "a plain gate": body(GATE, SECOND),
    "checks that bind": body(GATE, SECOND, checks("${q2} + ${q3} <= 15", "${q3} != 4")),
    "gate with a soft rule": body(GATE, SECOND, checks("${q3} <= ${q2}", severity="soft")),
    "a forbidden pair of gates": body(
        page("a", *(f"{{id: Q-{i}, {WORDS}, type: sel1, choice_list: yes_no}}" for i in (1, 2))),
        page("b", number("Q-3"), relevant="${q1} = 'yes'"),
        page("c", number("Q-4"), relevant="${q2} = 'yes'"),
        checks("not(${q1} = 'yes' and ${q2} = 'yes')", "coalesce(${q3}, 5) + coalesce(${q4}, 5) <= 1000"),
    ),
    "a computed value that is not asked": body(
        GATE,
        page("b", f'{{id: Q-3, {WORDS}, type: computed, gives: int, value: "${{q2}} + 1"}}', relevant="${q1} = 'yes'"),
        page("c", number("Q-4"), relevant="coalesce(${q3}, 0) = 0"),
    ),
    "a pattern": body(page("a", f"{{id: Q-1, {WORDS}, type: text}}"), checks("regex(${q1}, '[0-9]{4}')")),
    "two patterns": body(
        page("a", f"{{id: Q-1, {WORDS}, type: text}}"),
        checks("regex(${q1}, '[a-z]{2,5}')", "string-length(${q1}) <= 4"),
    ),
    "a month": body(
        page("a", f"{{id: Q-1, {WORDS}, type: text, max_length: 7}}"), checks("date(concat(${q1}, '-01')) <= today()")
    ),
    "a class in its division": body(
        page("a", f"{{id: Q-1, {WORDS}, type: code, codes: provinces}}", f"{{id: Q-2, {WORDS}, type: text}}"),
        checks("starts-with(${q2}, ${q1})"),
    ),
    "a roster": body(
        page("a", number("Q-1", 'max: "100"')),
        page(
            "b",
            f"""id: Q-2
        {WORDS}
        type: roster
        max_rows: 5
        min_rows: 2
        row_label: {{zh: 行, en: Row}}
        columns:
          - {{id: n, type: int, max: "50", label: {{zh: 数, en: Number}}}}
          - {{id: t, type: text, label: {{zh: 名, en: Name}}, required_if: "${{q2_n}} > 3"}}
        checks:
          - {{id: small, severity: hard, rule: "${{q2_n}} <= ${{q1}}", {SAYS}}}
          - {{id: all, severity: hard, rule: "sum(${{q2_n}}) <= ${{q1}} + 60", {SAYS}}}
          - {{id: some, severity: soft, rule: "count(${{q2_t}}) >= 3", {SAYS}}}""",
        ),
    ),
    "computed, last and sample": "sample:\n  - {id: big, column: big, type: bool}\n"
    + body(
        page(
            "a",
            f"""id: Q-1
        {WORDS}
        parts:
          - {{id: a, type: int, max: "20", label: {{zh: 甲, en: A}}, prefill: {{last_wave: true, mode: shown}}}}
          - {{id: b, type: dec, decimals: 1, max: "20", label: {{zh: 乙, en: B}}}}
          - {{id: s, type: computed, gives: dec, decimals: 1, value: "${{q1_a}} + 2 * ${{q1_b}}",
             label: {{zh: 和, en: S}}}}""",
        ),
        page("b", number("Q-2"), relevant="${big} or ${q1_s} > 30"),
        checks("${q1_s} <= 50", "${q1_a} <= 2 * ${q1_a_last}", severity="soft"),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_said_of_a_sound_questionnaire(name: str, proof_of: Callable[[str], Proof]) -> None:
    proof = proof_of(SOUND[name])
    assert [str(found) for found in proof.conclusions] == []
    assert proof.reached and all(seen.hard == frozenset() for seen in proof.reached.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (body(GATE, page("b", number("Q-3"), relevant="${q2} > 10")), {("fault", "unreachable", "Q-3")}),
        (body(GATE, page("b", number("Q-3"), number("Q-4"), relevant="${q2} > 10")), {("fault", "unreachable", "b")}),
        (
            body(GATE, page("b", number("Q-3"), relevant="${q2} > 5"), checks("${q2} < 5")),
            {("fault", "unreachable", "Q-3"), ("advice", "idle bound", "q2")},
        ),
        (body(GATE, checks("${q2} > 5", "${q2} < 3")), {("fault", "contradiction", "")}),
        (
            body(GATE, SECOND, checks("${q3} > 5", "${q3} < 3")),
            {("fault", "unreachable", "Q-3"), ("fault", "dead choice", "q1")},
        ),
        (
            body(
                page("a", *(f"{{id: Q-{i}, {WORDS}, type: tick, required: false}}" for i in (1, 2))),
                page("b", number("Q-3", 'max: "4"'), relevant="${q1}"),
                page("c", number("Q-4", 'max: "4"'), relevant="${q2}"),
                checks("${q3} + ${q4} > 8"),
            ),
            {("fault", "contradiction", "b"), ("fault", "contradiction", "c1")},
        ),
        (body(GATE, checks("${q1} != 'no'")), {("fault", "dead choice", "q1")}),
        (body(GATE, checks("state(${q1}) != 'dont_know'")), {("fault", "dead choice", "q1")}),
        (body(GATE, checks("${q2} <= 10")), {("advice", "unbreakable", "c1")}),
        (body(GATE, checks("${q2} <= 8", "${q2} <= 9", severity="soft")), {("advice", "implied", "c2")}),
        (
            body(GATE, checks("${q2} <= 8 or ${q2} = 9", "${q2} != 10")),
            {("advice", "implied", "c2"), ("advice", "idle bound", "q2")},
        ),
        (body(GATE, checks("${q2} > 10", severity="soft")), {("advice", "always asks", "c1")}),
        (
            body(
                page("a", number("Q-1", 'max: "10"'), number("Q-2"), number("Q-3"), number("Q-4", 'min: "10"')),
                checks("${q1} <= ${q2}", "${q2} >= ${q3}", "${q3} >= ${q4}"),
            ),
            {("advice", "implied", "c1")},
        ),
        (
            body(
                page("a", roster("min_rows: 2", "{id: n, type: int, label: {zh: 数, en: N}}")),
                page("b", number("Q-3"), relevant="count(${q2_n}) < 2"),
            ),
            {("fault", "unreachable", "Q-3")},
        ),
        (
            body(
                page(
                    "a",
                    roster(
                        "min_rows: 1",
                        "{id: n, type: int, required: false, label: {zh: 数, en: N}}",
                        "{id: t, type: text, required: false, label: {zh: 名, en: T}}",
                    ),
                ),
                checks("state(${q2_n}) = 'answered' or state(${q2_t}) = 'answered'"),
            ),
            {("advice", "unbreakable", "c1")},
        ),
        (
            body(GATE, SECOND, page("c", number("Q-4"), relevant="${q1} = 'no'"), checks("${q3} <= ${q4}")),
            {("advice", "unbreakable", "c1")},
        ),
        (body(GATE, page("b", number("Q-3"), relevant="${q2} >= 0")), {("advice", "idle condition", "b")}),
        (body(GATE, page("b", number("Q-3", 'required_if: "${q2} > 10"'))), {("advice", "idle required_if", "q3")}),
        (body(GATE, page("b", number("Q-3", 'required_if: "${q2} >= 0"'))), {("advice", "idle required_if", "q3")}),
        (body(GATE, checks("${q2} < 10")), {("advice", "idle bound", "q2")}),
        (
            body(page("a", f"{{id: Q-1, {WORDS}, type: text}}", f"{{id: Q-2, {WORDS}, type: text}}"),
                 checks("string-length(concat(${q1}, ${q2})) < 3")),
            {("not proved", "not proved", "c1")},
        ),
        (
            body(page("a", f"{{id: Q-1, {WORDS}, type: selN, max_choices: 1, choice_list: yes_no}}"),
                 checks("count-selected(${q1}) <= 1")),
            {("advice", "unbreakable", "c1")},
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(
    text: str, expected: set[tuple[str, str, str]], proof_of: Callable[[str], Proof]
) -> None:
    proof = proof_of(text)
    assert told(proof) >= expected and {one for one in told(proof) if one[0] == "fault"} <= {
        *expected, *((weight, kind, subject) for weight, kind, subject in told(proof) if kind == "contradiction")
    }, [str(found) for found in proof.conclusions]  # fmt: skip


def test_of_two_checks_that_say_the_same_one_is_kept(proof_of: Callable[[str], Proof]) -> None:
    proof = proof_of(body(GATE, checks("${q2} <= 8", "not(${q2} > 8)", severity="soft")))
    assert told(proof) == {("advice", "implied", "c2")}


def test_the_sentence_names_the_reasons_with_their_lines_and_shows_answers(proof_of: Callable[[str], Proof]) -> None:
    proof = proof_of(body(GATE, page("b", number("Q-3"), relevant="${q2} > 5"), checks("${q2} < 5")))
    (found,) = proof.of("fault")
    assert found.where == "small.yaml:21"
    assert found.sentence == (
        'question Q-3 is asked in no answers that can be submitted: the condition of page "b" (small.yaml:21) and the'
        ' hard check "c1" (small.yaml:25) exclude it. Correct the condition, or what excludes it.'
    )
    assert found.example.startswith("Q-2 Question: ") and int(found.example.split()[-1]) > 5


def test_answers_that_reach_a_question_are_there_for_every_question(proof_of: Callable[[str], Proof]) -> None:
    from forms.proof import reaching

    proof = proof_of(body(GATE, SECOND))
    assert list(proof.reached) == ["Q-1", "Q-2", "Q-3"]
    assert proof.reached["Q-3"].witness.answers["q1"].value == "yes"
    assert reaching.__doc__
