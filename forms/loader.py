"""Read the questionnaires of a study folder: every fault with its file and line, then one frozen Questionnaire each."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forms import source
from forms.checking import NAME, Checks
from forms.digest import definition_digest
from forms.fields import make_part
from forms.leaves import LAST, PREFILLED, Field, field_name
from forms.maker import Maker
from forms.model import (
    Definition,
    Example,
    Experiment,
    Header,
    Page,
    Part,
    Question,
    Questionnaire,
    Roster,
    SampleColumn,
    Wording,
)
from forms.references import References, Use, computed_before
from forms.rosters import column_names, make_roster
from forms.totals import totals
from forms.vocabulary import learn_words, refuse_unwritten
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.expressions import Expression
from uptake.contract.yamlfile import Place, Scalar, read_yaml

_PAGE_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_QUESTION_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}")
# Names that columns of `responses` and inputs of the collector's own have already.
_TAKEN = frozenset({
    "wave", "unit_id", "disposition", "questionnaire", "definition_version", "definition_sha256", "language",
    "started_at", "submitted_at", "csrf_token", "base_seq", "client_key", "for", "lang", "page", "action", "reason",
    # attributes of every WTForms form
    "data", "errors", "form_errors", "meta", "populate_obj", "process", "validate",
})  # fmt: skip
_TAKEN_SHAPES = re.compile(rf".*__.*|confirmed_.*|arm_.*|.*_state|.*{PREFILLED}|.*{LAST}")


def load_questionnaires(study_dir: Path, *, faults: list[Fault]) -> dict[str, Questionnaire]:
    """Load every `questionnaires/*.yaml` of a study folder, and refuse what lint calls a fault.

    Learns the program's words in further languages first (`words/*.yaml`). Does not check what other files say of a
    questionnaire (indicators, design): `uptake check` does.
    study_dir: the study folder; faults: receives every fault as file, line and sentence.
    Returns the questionnaires by id; one that has a fault is left out.
    """
    from forms.lint import refusals

    languages = learn_words(study_dir, faults=faults)
    loaded: dict[str, Questionnaire] = {}
    for path in sorted((study_dir / "questionnaires").glob("*.yaml")):
        questionnaire, written = _read(path, study_dir, faults)
        if questionnaire is not None and written is not None:
            found = refusals(questionnaire, written)
            faults.extend(found)
            loaded |= {} if found else {questionnaire.id: questionnaire}
    faults.extend(refuse_unwritten(loaded, languages))
    return loaded


def load_questionnaire(path: Path, *, root: Path, faults: list[Fault]) -> Questionnaire | None:
    """Load one questionnaire file; None where it has faults, which are added to `faults`."""
    return _read(path, root, faults)[0]


def _read(path: Path, root: Path, faults: list[Fault]) -> tuple[Questionnaire | None, source.Questionnaire | None]:
    written = read_yaml(path, source.Questionnaire, root=root, faults=faults)
    if written is None:
        return None, None
    if written.id.value != path.stem:
        message = f'the id "{written.id.value}" differs from the file name, by which others find it. Write {path.stem}.'
        faults.append(Fault(str(written.id.place), message))
        make_questionnaire(written, faults=faults)
        return None, written
    return make_questionnaire(written, faults=faults), written


def make_questionnaire(written: source.Questionnaire, *, faults: list[Fault]) -> Questionnaire | None:
    """Make a questionnaire of what a file says; None where it has faults, which are added to `faults`.

    Does not look at the name of the file.
    """
    before = len(faults)
    columns = column_names(written)
    made = _Loading(written, Maker(written.choice_lists or {}, columns, faults)).questionnaire()
    return made if len(faults) == before else None


@dataclass(slots=True)
class _Loading:
    """One file on its way from what is written to a Questionnaire."""

    written: source.Questionnaire
    maker: Maker
    fields: dict[str, Field] = dataclasses.field(default_factory=dict)
    rosters: dict[str, Roster] = dataclasses.field(default_factory=dict)

    def questionnaire(self) -> Questionnaire:
        written = self.written
        self.refuse_ids()
        sample, experiments = self.sample(), self.experiments()
        pages = tuple(self.page(page) for page in written.pages)
        self.refuse_clashes(sample)
        names = References(self.fields, self.rosters, sample, self.maker.faults)
        checks = Checks(written, pages, self.maker, names).all()
        self.judge_routes(names, pages)
        self.judge_fields(names, pages)
        names.report_unknown()
        return Questionnaire(
            id=written.id.value,
            title=written.title,
            definition_version=written.definition_version.value,
            text_version=written.text_version.value,
            header=self.header(written.header),
            notices=written.notices,
            definitions=self.definitions(),
            pages=pages,
            checks=checks,
            fields=dict(self.fields),
            rosters=dict(self.rosters),
            sample=sample,
            experiments=experiments,
            kinds=names.kinds,
            sha256=definition_digest(written),
        )

    # Identifiers

    def refuse_ids(self) -> None:
        pages = self.written.pages
        asked = [question for page in pages for question in page.questions]
        self.refuse_twice("page", (page.id for page in pages))
        self.refuse_twice("question", (question.id for question in asked))
        checks = [check.id for question in asked for check in question.checks]
        self.refuse_twice("check", [*checks, *(check.id for check in self.written.checks)])
        self.refuse_shape(_PAGE_ID, "page", (page.id for page in pages))
        self.refuse_shape(_QUESTION_ID, "question", (question.id for question in asked))

    def refuse_twice(self, noun: str, ids: Iterable[Scalar]) -> None:
        first: dict[str, Scalar] = {}
        for scalar in ids:
            if scalar.value in first:
                line = first[scalar.value].place.line
                self.maker.fault(scalar.place, f'the {noun} "{scalar.value}" stands on line {line} already, and one of'
                                 " the two would be lost. Give each its own id.")  # fmt: skip
            first.setdefault(scalar.value, scalar)

    def refuse_shape(self, shape: re.Pattern[str], noun: str, ids: Iterable[Scalar]) -> None:
        for scalar in ids:
            if not shape.fullmatch(scalar.value):
                self.maker.fault(scalar.place, f'the {noun} id "{scalar.value}" must begin with a letter and have 1 to'
                                 f" 31 of a-z 0-9 _ -{' A-Z' if noun == 'question' else ''}. Change it.")  # fmt: skip

    def refuse_clashes(self, sample: dict[str, SampleColumn]) -> None:
        """Report names that two things have: a field and a sample column, a field and the count of a roster."""
        rows = {roster.rows_name for roster in self.rosters.values()}
        for written in self.written.sample:
            name = written.id.value
            if name in self.fields or name in rows or not NAME.fullmatch(name) or _TAKEN_SHAPES.fullmatch(name):
                self.maker.fault(written.id.place, f'the sample id "{name}" is taken or no name (a-z, 0-9 and _), and'
                                 " an expression could not tell what it means. Change it.")  # fmt: skip
        for question in (question for page in self.written.pages for question in page.questions):
            name = f"{field_name(question.id.value)}_rows"
            if name in rows and name in self.fields:
                self.maker.fault(question.place, f'the field "{name}" has the name of the number of rows of the roster'
                                 " beside it. Change an id.")  # fmt: skip

    # What stands before the pages

    def header(self, written: source.Header) -> Header:
        try:
            until = datetime.date.fromisoformat(written.valid_until.value)
        except ValueError:
            self.maker.fault(written.valid_until.place, f'"{written.valid_until.value}" is not a date, so nobody can'
                             " tell whether the form has lapsed. Write it as 2027-12-31.")  # fmt: skip
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

    def sample(self) -> dict[str, SampleColumn]:
        self.refuse_twice("sample column", (column.id for column in self.written.sample))
        return {
            column.id.value: SampleColumn(column.id.value, column.column, column.type) for column in self.written.sample
        }

    def experiments(self) -> dict[str, Experiment]:
        self.refuse_twice("experiment", (experiment.id for experiment in self.written.wordings))
        made = {}
        for experiment in self.written.wordings:
            self.refuse_twice("arm", experiment.arms)
            arms = tuple(arm.value for arm in experiment.arms)
            if len(arms) < 2:
                self.maker.fault(experiment.place, f'the experiment "{experiment.id.value}" has {len(arms)} arms, and'
                                 " nothing can be compared. Name at least two.")  # fmt: skip
            made[experiment.id.value] = Experiment(experiment.id.value, experiment.column, arms)
        return made

    # Pages

    def page(self, written: source.Page) -> Page:
        questions = tuple(self.question(written.id.value, question) for question in written.questions)
        if not questions:
            self.maker.fault(
                written.place, f'the page "{written.id.value}" has no questions. Add one, or remove the page.'
            )
        if len(questions) > 1 and (roster := next((q for q in written.questions if q.type == "roster"), None)):
            self.maker.fault(roster.place, f'the roster {roster.id.value} shares the page "{written.id.value}" with'
                             " other questions, but its rows fill pages of their own. Give it a page.")  # fmt: skip
        relevant = self.maker.expression(written.relevant)
        return Page(written.id.value, written.title, written.intro, relevant, questions)

    def question(self, page: str, written: source.Question) -> Question:
        boxes = {box.id for box in self.written.definitions}
        for name in written.definitions:
            if name.value not in boxes:
                self.maker.fault(name.place, f'no definition is called "{name.value}", so its box cannot be shown.'
                                 f" Add it to definitions.{did_you_mean(name.value, boxes)}")  # fmt: skip
        return Question(
            id=written.id.value,
            text=written.text,
            hint=written.hint,
            definitions=tuple(name.value for name in written.definitions),
            relevant=self.maker.expression(written.relevant),
            parts=self.parts(page, written),
            headline=written.headline,
            wordings=tuple(self.wordings(written)),
        )

    def wordings(self, written: source.Question) -> Iterator[Wording]:
        known = {experiment.id.value: experiment for experiment in self.written.wordings}
        seen: set[tuple[str, str]] = set()
        for wording in written.wordings:
            name, arm = wording.experiment.value, wording.arm.value
            if name not in known:
                near = did_you_mean(name, known)
                self.maker.fault(
                    wording.experiment.place, f'no experiment is called "{name}". Add it to wordings at the top.{near}'
                )
            elif arm not in (arms := [arm.value for arm in known[name].arms]):
                self.maker.fault(wording.arm.place, f'the experiment "{name}" has no arm "{arm}"; it has'
                                 f" {', '.join(arms)}.{did_you_mean(arm, arms)}")  # fmt: skip
            if (name, arm) in seen:
                self.maker.fault(wording.place, f'the arm "{arm}" of "{name}" has words twice. Keep one.')
            if wording.text is None and wording.hint is None:
                self.maker.fault(wording.place, 'this wording changes nothing. Write a "text", a "hint" or both.')
            seen.add((name, arm))
            yield Wording(name, arm, wording.text or written.text, wording.hint or written.hint)

    def parts(self, page: str, written: source.Question) -> tuple[Part, ...]:
        if bool(written.parts) == bool(written.type):
            self.maker.fault(
                written.place, f'the question "{written.id.value}" must have either a "type" or "parts". Write one.'
            )
            return ()
        if written.type == "roster":
            return (self.roster(page, written),)
        chosen: tuple[source.Part | source.Question, ...] = written.parts or (written,)
        for part in written.parts:
            if not part.id or part.label is None:
                self.maker.fault(part.place, "a part needs an id and a label, so that its field has a name. Add them.")
        made = tuple(make_part(self.maker, page, written, part) for part in chosen)
        made = totals(self.maker, made, chosen)
        for new, place in zip(made, (part.place for part in chosen), strict=True):
            self.register(new.fields, place)
        return made

    def roster(self, page: str, written: source.Question) -> Part:
        part, roster = make_roster(self.maker, page, written)
        self.rosters[roster.id] = roster
        self.register(part.fields, written.place)
        return part

    def register(self, leaves: tuple[Field, ...], place: Place) -> None:
        for leaf in leaves:
            if not NAME.fullmatch(leaf.name):
                self.maker.fault(place, f'the field name "{leaf.name}" must be a-z, 0-9 and _, begin with a letter and'
                                 " have at most 51 signs, because it names a column. Change the ids.")  # fmt: skip
            elif leaf.name in _TAKEN or _TAKEN_SHAPES.fullmatch(leaf.name):
                self.maker.fault(place, f'the field name "{leaf.name}" is kept for the program (docs/tables.md,'
                                 " responses). Change the ids.")  # fmt: skip
            if leaf.name in self.fields:
                first = self.fields[leaf.name].question
                self.maker.fault(place, f'the field "{leaf.name}" is made twice (first by question {first}), and one of'
                                 " the two would be lost. Change an id.")  # fmt: skip
            self.fields[leaf.name] = leaf

    # What expressions read

    def judge_routes(self, names: References, pages: tuple[Page, ...]) -> None:
        """Report routes that look at what is not known yet: a page is sent whole before its answers are known."""
        for at, page in enumerate(pages):
            earlier = frozenset(before.id for before in pages[:at])
            for expression in (page.relevant, *(question.relevant for question in page.questions)):
                if expression is not None:
                    names.judge(Use(expression, '"relevant"', earlier))

    def judge_fields(self, names: References, pages: tuple[Page, ...]) -> None:
        """Report what `required_if` and computed fields read too early: later pages, later computed fields."""
        for at, page in enumerate(pages):
            known = frozenset(before.id for before in pages[: at + 1])
            for leaf in page.fields:
                if leaf.required_if is not None:
                    names.judge(Use(leaf.required_if, '"required_if"', known, roster=leaf.roster))
                if leaf.value is not None:
                    self.judge_computed(names, leaf, leaf.value, known)

    def judge_computed(self, names: References, leaf: Field, value: Expression, known: frozenset[str]) -> None:
        before = computed_before(tuple(self.fields.values()), leaf.name)
        gives = names.kinds[leaf.name]
        names.judge(Use(value, '"value"', known, before, leaf.roster, gives))
