"""Read the questionnaires of a study folder: every fault with its file and line, then one frozen Questionnaire each."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forms import source
from forms.digest import definition_digest
from forms.fields import Maker, make_part
from forms.model import (
    PREFILLED,
    Check,
    Definition,
    Example,
    Field,
    Header,
    Page,
    Part,
    Question,
    Questionnaire,
)
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.expressions import Expression, ExpressionError, compile_python, parse
from uptake.contract.yamlfile import Place, Scalar, read_yaml

_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
_PAGE_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_QUESTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}")
# Names that columns of `responses` and inputs of the collector's own have already.
_TAKEN = frozenset({
    "wave", "unit_id", "disposition", "questionnaire", "definition_version", "definition_sha256", "language",
    "started_at", "submitted_at", "csrf_token", "base_seq", "client_key", "for", "lang", "page", "action", "reason",
    # attributes of every WTForms form
    "data", "errors", "form_errors", "meta", "populate_obj", "process", "validate",
})  # fmt: skip
_TAKEN_SHAPES = re.compile(r".*__.*|confirmed_.*|.*_state|.*" + PREFILLED)
_SLOT = re.compile(r"\$\{([^}]*)\}")


def load_questionnaires(study_dir: Path, *, faults: list[Fault]) -> dict[str, Questionnaire]:
    """Load every `questionnaires/*.yaml` of a study folder.

    Does not check what other files say of a questionnaire (indicators, design): `uptake check` does.
    study_dir: the study folder; faults: receives every fault as file, line and sentence.
    Returns the questionnaires by id; one that has a fault is left out.
    """
    loaded = {}
    for path in sorted((study_dir / "questionnaires").glob("*.yaml")):
        questionnaire = load_questionnaire(path, root=study_dir, faults=faults)
        if questionnaire is not None:
            loaded[questionnaire.id] = questionnaire
    return loaded


def load_questionnaire(path: Path, *, root: Path, faults: list[Fault]) -> Questionnaire | None:
    """Load one questionnaire file; None where it has faults, which are added to `faults`."""
    before = len(faults)
    written = read_yaml(path, source.Questionnaire, root=root, faults=faults)
    if written is None:
        return None
    if written.id.value != path.stem:
        message = f'the id "{written.id.value}" differs from the file name, by which others find it. Write {path.stem}.'
        faults.append(Fault(str(written.id.place), message))
    made = _Loading(written, faults).questionnaire()
    return made if len(faults) == before else None


@dataclass(slots=True)
class _Loading:
    """One file on its way from what is written to a Questionnaire."""

    written: source.Questionnaire
    faults: list[Fault]
    fields: dict[str, Field] = dataclasses.field(default_factory=dict)

    def fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(str(place), message))

    def questionnaire(self) -> Questionnaire:
        written = self.written
        self.refuse_twice("page", (page.id for page in written.pages))
        self.refuse_twice("question", (question.id for page in written.pages for question in page.questions))
        self.refuse_twice("check", (check.id for check, _ in self.all_checks()))
        self.refuse_shape(_PAGE_ID, "page", (page.id for page in written.pages))
        self.refuse_shape(
            _QUESTION_ID, "question", (question.id for page in written.pages for question in page.questions)
        )
        pages = tuple(self.page(page) for page in written.pages)
        made = self.assembled(pages)
        self.refuse_bad_routes(made)
        self.refuse_wrong_kinds(made)
        return made

    def assembled(self, pages: tuple[Page, ...]) -> Questionnaire:
        written = self.written
        return Questionnaire(
            id=written.id.value,
            title=written.title,
            definition_version=written.definition_version.value,
            text_version=written.text_version.value,
            header=self.header(written.header),
            notices=written.notices,
            definitions=self.definitions(),
            pages=pages,
            checks=tuple(made for check, this in self.all_checks() if (made := self.check(check, this)) is not None),
            fields=dict(self.fields),
            sha256=definition_digest(written),
        )

    def all_checks(self) -> Iterator[tuple[source.Check, str | None]]:
        """Give every check, and the field that `.` means in it: that of a question with a single field."""
        for page in self.written.pages:
            for question in page.questions:
                own = [name for name, leaf in self.fields.items() if leaf.question == question.id.value]
                for check in question.checks:
                    yield check, own[0] if len(own) == 1 else None
        for check in self.written.checks:
            yield check, None

    def refuse_twice(self, noun: str, ids: Iterable[Scalar]) -> None:
        first: dict[str, Scalar] = {}
        for scalar in ids:
            if scalar.value in first:
                line = first[scalar.value].place.line
                self.fault(scalar.place, f'the {noun} "{scalar.value}" stands on line {line} already, and one of the'
                           " two would be lost. Give each its own id.")  # fmt: skip
            first.setdefault(scalar.value, scalar)

    def refuse_shape(self, shape: re.Pattern[str], noun: str, ids: Iterable[Scalar]) -> None:
        for scalar in ids:
            if not shape.fullmatch(scalar.value):
                self.fault(scalar.place, f'the {noun} id "{scalar.value}" must begin with a letter and have 1 to 31 of'
                           f" a-z 0-9 _ -{' A-Z' if noun == 'question' else ''}. Change it.")  # fmt: skip

    def header(self, written: source.Header) -> Header:
        try:
            until = datetime.date.fromisoformat(written.valid_until.value)
        except ValueError:
            self.fault(written.valid_until.place, f'"{written.valid_until.value}" is not a date, so nobody can tell'
                       " whether the form has lapsed. Write it as 2027-12-31.")  # fmt: skip
            until = datetime.date.min
        return Header(
            table_number=written.table_number,
            authority=written.authority,
            approval_number=written.approval_number,
            approved_by=written.approved_by,
            valid_until=until,
            illustrative=written.illustrative,
        )

    def definitions(self) -> dict[str, Definition]:
        self.refuse_twice("definition", (Scalar(box.id, box.place) for box in self.written.definitions))
        made = {}
        for box in self.written.definitions:
            examples = tuple(Example(example.text, example.counts) for example in box.examples)
            made[box.id] = Definition(box.id, box.version, box.title, box.text, examples)
        return made

    def page(self, written: source.Page) -> Page:
        questions = tuple(self.question(written.id.value, question) for question in written.questions)
        if not questions:
            self.fault(written.place, f'the page "{written.id.value}" has no questions. Add one, or remove the page.')
        return Page(written.id.value, written.title, written.intro, self.route(written.relevant), questions)

    def question(self, page: str, written: source.Question) -> Question:
        boxes = {box.id for box in self.written.definitions}
        for name in written.definitions:
            if name.value not in boxes:
                self.fault(name.place, f'no definition is called "{name.value}", so its box cannot be shown.'
                           f" Add it to definitions.{did_you_mean(name.value, boxes)}")  # fmt: skip
        return Question(
            id=written.id.value,
            text=written.text,
            hint=written.hint,
            definitions=tuple(name.value for name in written.definitions),
            relevant=self.route(written.relevant),
            parts=self.parts(page, written),
        )

    def parts(self, page: str, written: source.Question) -> tuple[Part, ...]:
        maker = Maker(self.written.choice_lists or {}, self.faults)
        if bool(written.parts) == bool(written.type):
            self.fault(
                written.place, f'the question "{written.id.value}" must have either a "type" or "parts". Write one.'
            )
            return ()
        chosen: tuple[source.Part | source.Question, ...] = written.parts or (written,)
        for part in written.parts:
            if not part.id or part.label is None:
                self.fault(part.place, "a part needs an id and a label, so that its field has a name. Add them.")
        made = tuple(make_part(maker, page, written, part) for part in chosen)
        for new, place in zip(made, (part.place for part in chosen), strict=True):
            self.register(new, place)
        return made

    def register(self, part: Part, place: Place) -> None:
        for leaf in part.fields:
            if not _NAME.fullmatch(leaf.name):
                self.fault(place, f'the field name "{leaf.name}" must be a-z, 0-9 and _, begin with a letter and have'
                           " at most 51 signs, because it names a column. Change the ids.")  # fmt: skip
            elif leaf.name in _TAKEN or _TAKEN_SHAPES.fullmatch(leaf.name):
                self.fault(place, f'the field name "{leaf.name}" is kept for the program (docs/tables.md, responses).'
                           " Change the ids.")  # fmt: skip
            if leaf.name in self.fields:
                first = self.fields[leaf.name].question
                self.fault(place, f'the field "{leaf.name}" is made twice (first by question {first}), and one of the'
                           " two would be lost. Change an id.")  # fmt: skip
            self.fields[leaf.name] = leaf

    def route(self, written: Scalar | None) -> Expression | None:
        return None if written is None else self.expression(written)

    def expression(self, written: Scalar, this: str | None = None) -> Expression | None:
        try:
            return parse(written.value, written.place, this=this)
        except ExpressionError as error:
            self.faults.append(error.fault)
            return None

    def refuse_bad_routes(self, made: Questionnaire) -> None:
        """Report routes that look at what is not known yet: a page is sent whole before its answers are known."""
        order = [page.id for page in made.pages]
        for page in made.pages:
            earlier = set(order[: order.index(page.id)])
            for expression in (page.relevant, *(question.relevant for question in page.questions)):
                if expression is not None and expression.place is not None:
                    self.refuse_unknown(expression.place, "the expression", expression.fields)
                    self.refuse_forward(expression, expression.place, earlier)

    def refuse_forward(self, expression: Expression, place: Place, earlier: set[str]) -> None:
        for name in sorted(expression.fields):
            leaf = self.fields.get(name)
            if leaf is not None and leaf.page not in earlier:
                self.fault(place, f'"relevant" looks at "{name}", which stands on page "{leaf.page}" and not on an'
                           " earlier one, so it is not known yet. Move one of the two.")  # fmt: skip

    def refuse_wrong_kinds(self, made: Questionnaire) -> None:
        """Report expressions that read a field as what it is not, such as a number compared with a word."""
        routes = [page.relevant for page in made.pages]
        routes += [question.relevant for page in made.pages for question in page.questions]
        for expression in (*(route for route in routes if route is not None), *(check.rule for check in made.checks)):
            try:
                compile_python(expression, kinds=made.kinds, to="bool")
            except ExpressionError as error:
                self.faults.append(error.fault)

    def refuse_unknown(self, place: Place, who: str, names: Iterable[str]) -> None:
        known = set(self.fields) | {f"{name}{PREFILLED}" for name, leaf in self.fields.items() if leaf.prefill}
        for name in sorted(set(names) - known):
            self.fault(place, f'{who} uses "{name}", which no field is called.{did_you_mean(name, known)}')

    def check(self, written: source.Check, this: str | None) -> Check | None:
        rule = self.expression(written.rule, this)
        if not _NAME.fullmatch(written.id.value):
            self.fault(written.id.place, f'the check id "{written.id.value}" must be a-z, 0-9 and _, because it names a'
                       " column. Change it.")  # fmt: skip
        self.refuse_message_slots(written)
        for name in written.fields:
            self.refuse_unknown(name.place, '"fields"', [name.value])
        if rule is None:
            return None
        self.refuse_unknown(written.rule.place, "the rule", rule.fields)
        asked = [name for name in self.fields if name in rule.fields]
        if not asked:
            self.fault(
                written.rule.place, "the rule looks at no field, so it can never be judged. Name one, as ${e04}."
            )
            return None
        return Check(
            id=written.id.value,
            severity=written.severity,
            rule=rule,
            message=written.message,
            fields=tuple(name.value for name in written.fields) or tuple(asked),
            page=self.fields[asked[-1]].page,
            place=written.place,
        )

    def refuse_message_slots(self, written: source.Check) -> None:
        slots = {lang: set(_SLOT.findall(written.message[lang])) for lang in written.message}
        for lang in written.message:
            self.refuse_unknown(written.place, f"the message ({lang})", slots[lang])
        if len({frozenset(names) for names in slots.values()}) > 1:
            self.fault(
                written.place, "the message shows other fields in one language than in the other. Use the same ${...}."
            )
