"""Lint of what stands around the questions: versions, legal header, sample columns, prefills, wordings, mentions."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Owner, noun_of_input
from forms.model import Field, field_name
from uptake.contract.errors import did_you_mean

_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
_TABLE_NUMBER = re.compile(r"[0-9A-Z㐀-鿿][0-9A-Z㐀-鿿+＋-]{0,18}表?")
_APPROVAL = re.compile(r"\S+〔20\d{2}〕\s?\d+\s?号")
_APPROVAL_YEAR = re.compile(r"〔(20\d{2})〕")
_DEFINITION_SAID = re.compile(r"定义\s*(\d+)|[Dd]efinition\s+(\d+)")
_QUESTION_SAID = re.compile(r"(?<![A-Za-z0-9/+-])([A-Z]{1,2}-?\d{1,3}[a-z]?)(?![A-Za-z0-9-])")


def _versions(draft: Draft) -> Iterator[Hit]:
    for key, version in (
        ("definition_version", draft.written.definition_version),
        ("text_version", draft.written.text_version),
    ):
        if not _VERSION.fullmatch(version.value):
            yield version.place, (f'{key} is "{version.value}"; versions are numbers such as 1 or 1.2, so that anybody'
                                  " sees which is later. Change it.")  # fmt: skip


def _table_number(draft: Draft) -> Iterator[Hit]:
    header = draft.written.header
    number = header.table_number
    if not _TABLE_NUMBER.fullmatch(number) or not any(sign.isdigit() for sign in number):
        yield header.place, (f'the table_number "{number}" has another shape than AI+E101 (capitals, digits,'
                             " + and -). Write it as approved.")  # fmt: skip


def _approval(draft: Draft) -> Iterator[Hit]:
    header = draft.written.header
    if not _APPROVAL.fullmatch(header.approval_number.strip()):
        yield header.place, (f'the approval_number "{header.approval_number}" has another shape than'
                             " 国统制〔2026〕12号 (the year stands in 〔〕). Write it as approved.")  # fmt: skip


def _validity(draft: Draft) -> Iterator[Hit]:
    header = draft.written.header
    year = _APPROVAL_YEAR.search(header.approval_number)
    until = draft.asked.header.valid_until
    if year is not None and until != datetime.date.min and until.year < int(year[1]):
        yield header.valid_until.place, (f"the form is valid until {until} and was approved in {year[1]}, so it lapsed"
                                         " before it was approved. Change one of the two.")  # fmt: skip


def _sample(draft: Draft) -> Iterator[Hit]:
    used = {name for judged in draft.judged for name in judged.expression.fields}
    columns: dict[str, str] = {}
    for item in draft.written.sample:
        if item.id.value not in used:
            yield item.place, (f'no expression reads "{item.id.value}" of the sample, so it need not be loaded. Remove'
                               f" it, or write ${{{item.id.value}}} where it was meant.")  # fmt: skip
        if item.column in columns:
            yield item.place, (f'"{columns[item.column]}" and "{item.id.value}" both read the column "{item.column}"'
                               " of the sample. Keep one.")  # fmt: skip
        columns.setdefault(item.column, item.id.value)


def _sample_unused(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _sample(draft) if "no expression" in hit[1])


def _sample_twice(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _sample(draft) if "both read" in hit[1])


def _prefills(draft: Draft) -> Iterator[Hit]:
    first: dict[str, str] = {}
    for question, part in draft.inputs():
        prefill = getattr(part, "prefill", None)
        if prefill is None or not prefill.column:
            continue
        noun = noun_of_input(question, part)
        if prefill.column in first:
            yield part.place, (f'{first[prefill.column]} and {noun} are filled from the same column'
                               f' "{prefill.column}", so one'
                               " of them shows the wrong thing. Name its own column.")  # fmt: skip
        first.setdefault(prefill.column, noun)


def _experiments(draft: Draft) -> Iterator[Hit]:
    used = {wording.experiment.value for question in draft.questions() for wording in question.wordings}
    for experiment in draft.written.wordings:
        if experiment.id.value not in used:
            yield experiment.place, (f'no question has a wording for the experiment "{experiment.id.value}", so all'
                                     " arms read the same. Add `wordings` to a question, or remove it.")  # fmt: skip


def _idle_wordings(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        for wording in question.wordings:
            if wording.text in (None, question.text) and wording.hint in (None, question.hint):
                yield wording.place, (f"the wording of arm {wording.arm.value} says the same as question"
                                      f" {question.id.value} itself, so the arm tests nothing. Change its words, or"
                                      " remove it.")  # fmt: skip


def _all_arms(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        for experiment in draft.written.wordings:
            own = {
                wording.arm.value for wording in question.wordings if wording.experiment.value == experiment.id.value
            }
            if len(experiment.arms) > 1 and own >= {arm.value for arm in experiment.arms}:
                yield question.place, (f'every arm of "{experiment.id.value}" has its own words for question'
                                       f" {question.id.value}, so its own text is read by nobody. Leave one arm"
                                       " out.")  # fmt: skip


def _boxes_said(draft: Draft) -> Iterator[Hit]:
    titles = {hit[1] or hit[2]: box.id for box in draft.written.definitions for lang in ("zh", "en")
              if (hit := _DEFINITION_SAID.match(box.title[lang]))}  # fmt: skip
    for question in draft.questions():
        shown = {name.value for name in question.definitions}
        said = (
            question.text,
            question.hint,
            *(part.label for part in question.parts),
            *(part.hint for part in question.parts),
        )
        for hit in _DEFINITION_SAID.finditer("\n".join(text[lang] for text in said if text for lang in ("zh", "en"))):
            box = titles.get(hit[1] or hit[2])
            if titles and box not in shown:
                yield question.place, (f'question {question.id.value} sends people to "{hit[0]}", which it does not'
                                       " show. Name the box in `definitions`.")  # fmt: skip
                break


def _questions_said(draft: Draft) -> Iterator[Hit]:
    known = {question.id.value for question in draft.questions()}
    stems = {re.sub(r"\d.*", "", name) for name in known if re.fullmatch(r"[A-Z]{1,2}-?\d{1,3}[a-z]?", name)}
    for said in draft.texts:
        for lang in said.text:
            for hit in _QUESTION_SAID.finditer(said.text[lang]):
                if re.sub(r"\d.*", "", hit[1]) in stems and hit[1] not in known:
                    yield said.at(lang), (f"{said.noun} ({lang}) mentions {hit[1]}, which no question is called."
                                          f"{did_you_mean(hit[1], known)}")  # fmt: skip


def _computed_identity(draft: Draft) -> Iterator[Hit]:
    for leaf in draft.asked.fields.values():
        if leaf.value is None or leaf.identity or leaf.value.place is None:
            continue
        for name in sorted(leaf.value.fields):
            read = draft.field(name)
            if read is not None and read.identity:
                yield leaf.value.place, (f'the computed field "{leaf.name}" is exported and made from "{name}", which'
                                         " is not to be. Add identity: true, or compute it from something"
                                         " else.")  # fmt: skip


def _total_units(draft: Draft) -> Iterator[Hit]:
    for leaf, part in _totals(draft):
        for name in leaf.total_of:
            other = draft.asked.fields[name]
            if (other.unit, other.money_unit) != (leaf.unit, leaf.money_unit):
                yield (
                    part.place,
                    f'"{leaf.name}" is the total of "{name}", which has another unit, so the sum means nothing.'
                    " Give both the same unit.",
                )


def _total_of_one(draft: Draft) -> Iterator[Hit]:
    for leaf, part in _totals(draft):
        if len(leaf.total_of) == 1:
            yield (
                part.place,
                f'"{leaf.name}" is the total of one part only, so one number is asked twice. Name the other parts, or'
                " remove one of the two.",
            )


def _totals(draft: Draft) -> Iterator[tuple[Field, Owner]]:
    for question, part in draft.inputs():
        name = field_name(question.id.value, "" if isinstance(part, source.Question) else part.id)
        leaf = draft.asked.fields.get(name)
        if leaf is not None and leaf.total_of:
            yield leaf, part


RULES = (
    Rule("version-shape", "versions that are no numbers", _versions, "fault"),
    Rule("table-number-shape", "a 表号 of an unusual shape", _table_number),
    Rule("approval-number-shape", "a 批准文号 of an unusual shape", _approval),
    Rule("valid-before-approved", "a form that lapsed before it was approved", _validity),
    Rule("sample-unused", "a column of the sample that no expression reads", _sample_unused),
    Rule("sample-column-twice", "one column of the sample under two ids", _sample_twice),
    Rule("prefill-column-twice", "two inputs filled from one column", _prefills),
    Rule("experiment-unused", "an experiment that no question takes part in", _experiments),
    Rule("wording-idle", "an arm with the words of the question itself", _idle_wordings),
    Rule("wording-every-arm", "an experiment that leaves nobody the question's own words", _all_arms),
    Rule("definition-not-shown", "a text that points to a definition the question does not show", _boxes_said),
    Rule("question-not-there", "a text that mentions a question that does not exist", _questions_said),
    Rule("computed-from-identity", "an exported computed field made from an identity", _computed_identity, "fault"),
    Rule("total-units", "a total and parts of different units", _total_units, "fault"),
    Rule("total-of-one", "a total of a single part", _total_of_one),
)
