"""Lint of choices: lists that people cannot answer, or whose codes say something else than their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import Draft, Listed, with_type
from forms.model import DONT_KNOW
from uptake.contract.errors import shown
from uptake.contract.text import Text

MOST_RADIOS, FEWEST_IN_A_SELECT = 15, 7
_YES, _NO = (
    re.compile(r"(?:是|有|yes)(?:$|[^\w]|[，,（(])", re.I),
    re.compile(r"(?:否|不是|没有|无|no)(?:$|[^\w]|[，,（(])", re.I),
)
_OTHER = re.compile(r"其[他它]\S{0,4}$")
_NONE = re.compile(
    r"(?:以上)?(?:都没有|均没有|都不是|均不是|没有以上|无|没有)(?:$|[（(，])|none\b|nothing\b|no such\b", re.I
)
_DONT_KNOW = re.compile(r"不清楚|不知道|不了解|说不清|don[’']?t know|not sure|unknown\b", re.I)
_NOT_APPLICABLE = re.compile(r"不适用|not applicable|n/a\b", re.I)


def _says(label: Text, pattern: re.Pattern[str]) -> bool:
    return any(pattern.match(label[lang].strip()) for lang in ("zh", "en"))


def _own(draft: Draft) -> Iterator[Listed]:
    """Give each written list once: those of the questions, and shared lists where they are written."""
    for listed in draft.lists:
        if listed.part is None or listed.part.choices:
            yield listed


def _offered(draft: Draft) -> Iterator[tuple[Listed, source.Question | source.Part | source.Column]]:
    """Give each list as often as a question offers it."""
    for listed in draft.lists:
        if listed.part is not None:
            yield listed, listed.part


def _single(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        if len(listed.choices) == 1 and part.type in ("sel1", "selN", "code"):
            yield listed.place, (f"{listed.noun} offers one choice only, so the answer says nothing. Add the others, or"
                                 " write type: tick.")  # fmt: skip


def _labels(draft: Draft) -> Iterator[Hit]:
    for listed in _own(draft):
        for lang in ("zh", "en"):
            first: dict[str, str] = {}
            for choice in listed.choices:
                label = choice.label[lang].strip().casefold()
                if label in first:
                    yield choice.place, (f'{listed.noun}: the choices "{first[label]}" and "{choice.code}" have the'
                                         f' same label "{shown(choice.label[lang], 30)}" ({lang}). Change'
                                         ' one.')  # fmt: skip
                first.setdefault(label, choice.code)


def _case(draft: Draft) -> Iterator[Hit]:
    for listed in _own(draft):
        first: dict[str, str] = {}
        for choice in listed.choices:
            low = choice.code.lower()
            if first.setdefault(low, choice.code) != choice.code:
                yield choice.place, (f'{listed.noun}: the codes "{first[low]}" and "{choice.code}" differ only in'
                                     " capitals, and one will be typed for the other in rules. Change"
                                     " one.")  # fmt: skip


def _reversed(draft: Draft) -> Iterator[Hit]:
    for listed in _own(draft):
        for choice in listed.choices:
            wrong = {"yes": _NO, "no": _YES, "true": _NO, "false": _YES}.get(choice.code.lower())
            if wrong is not None and _says(choice.label, wrong):
                yield choice.place, (f'{listed.noun}: the code "{choice.code}" has the label'
                                     f' "{choice.label["zh"]} / {choice.label["en"]}", so every answer would count as'
                                     " its opposite. Exchange the codes.")  # fmt: skip


def _other(draft: Draft) -> Iterator[Hit]:
    """Classes that the sample fills in, and the rows of tables and rosters, have a rest that needs no words."""
    for listed, part in _offered(draft):
        if part.type not in ("sel1", "selN", "code") or isinstance(part, source.Column) or part.prefill is not None:
            continue
        for choice in listed.choices:
            if not choice.text and _OTHER.match(choice.label["zh"].strip()):
                yield choice.place, (f'{listed.noun}: the choice "{choice.code}" ({choice.label["zh"]}) does not ask'
                                     " for words, so nobody learns what it is. Add text: true.")  # fmt: skip


def _exclusive(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        if part.type == "selN":
            for choice in listed.choices:
                if not choice.exclusive and _says(choice.label, _NONE):
                    yield choice.place, (f'{listed.noun}: "{choice.label["zh"]}" may be chosen together with others,'
                                         " which contradicts it. Add exclusive: true.")  # fmt: skip
            if len(listed.choices) > 1 and all(choice.exclusive for choice in listed.choices):
                yield listed.place, (f"{listed.noun}: every choice is exclusive, so only one can be chosen. Write type:"
                                     " sel1.")  # fmt: skip


def _all_exclusive(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _exclusive(draft) if "every choice" in hit[1])


def _none_exclusive(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _exclusive(draft) if "every choice" not in hit[1])


def _by_hand(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        for choice in listed.choices:
            if choice.code != DONT_KNOW and not part.dont_know and _says(choice.label, _DONT_KNOW):
                yield choice.place, (f'{listed.noun}: the choice "{choice.code}" ({choice.label["zh"]}) would count as'
                                     " an answer. Remove it and write dont_know: true, which keeps it"
                                     " apart.")  # fmt: skip


def _twice_unknown(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        for choice in listed.choices:
            if part.dont_know and choice.code != DONT_KNOW and _says(choice.label, _DONT_KNOW):
                yield choice.place, (f'{listed.noun}: dont_know: true offers it already, and the choice "{choice.code}"'
                                     f' ({choice.label["zh"]}) offers it again. Remove the choice.')  # fmt: skip


def _not_applicable(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        for choice in listed.choices if part.type != "matrix" else ():  # a row of a table cannot be routed away
            if _says(choice.label, _NOT_APPLICABLE):
                yield choice.place, (f'{listed.noun}: the choice "{choice.code}" lets anybody skip, and counts as an'
                                     " answer. Ask only those it applies to, with `relevant`.")  # fmt: skip


def _many(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        if part.type in ("sel1", "selN") and len(listed.choices) > MOST_RADIOS:
            yield part.place, (f"{listed.noun} shows {len(listed.choices)} choices at once; beyond {MOST_RADIOS} people"
                               " take the first that fits. Write type: code, or group them.")  # fmt: skip


def _few(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        if part.type == "code" and len(listed.choices) < FEWEST_IN_A_SELECT:
            yield part.place, (f"{listed.noun} hides {len(listed.choices)} choices in a select box, which is harder to"
                               " use than buttons. Write type: sel1.")  # fmt: skip


def _unused(draft: Draft) -> Iterator[Hit]:
    used = {part.choice_list.value for question in draft.questions()
            for part in with_type(question) if part.choice_list is not None}  # fmt: skip
    for name, choices in (draft.written.choice_lists or {}).items():
        if name not in used:
            place = choices[0].place if choices else draft.written.place
            yield place, f'no question uses the choice list "{name}". Remove it, or name it where it was meant.'


def _copied(draft: Draft) -> Iterator[Hit]:
    first: dict[tuple[tuple[str, Text], ...], str] = {}
    for name, choices in (draft.written.choice_lists or {}).items():
        said = tuple((choice.code, choice.label) for choice in choices)
        if said and said in first:
            yield choices[0].place, (f'the choice lists "{first[said]}" and "{name}" say the same, and will drift'
                                     " apart. Keep one.")  # fmt: skip
        first.setdefault(said, name)


def _most(draft: Draft) -> Iterator[Hit]:
    for listed, part in _offered(draft):
        most, count = part.max_choices, len(listed.choices)
        if part.type != "selN" or most is None:
            continue
        if most == 1:
            yield part.place, f"{listed.noun}: max_choices: 1 makes boxes of what are buttons. Write type: sel1."
        elif most >= count:
            yield part.place, (f"{listed.noun}: max_choices: {most} limits nothing, since there are {count} choices."
                               " Lower it, or remove it.")  # fmt: skip


def _most_one(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _most(draft) if "makes boxes" in hit[1])


def _most_idle(draft: Draft) -> Iterator[Hit]:
    return (hit for hit in _most(draft) if "limits nothing" in hit[1])


RULES = (
    Rule("choice-single", "a list with one choice only", _single),
    Rule("choice-label-twice", "two choices of a list with the same label", _labels),
    Rule("choice-code-case", "codes that differ only in capitals", _case),
    Rule("choice-reversed", "yes labelled no, or no labelled yes", _reversed, "fault"),
    Rule("choice-other", "其他 / other that does not ask for words", _other),
    Rule("choice-none", "无 / none that may be chosen together with others", _none_exclusive),
    Rule("choice-all-exclusive", "several choices allowed, and each of them exclusive", _all_exclusive),
    Rule("choice-unknown-by-hand", "不清楚 / don't know written as a choice of its own", _by_hand),
    Rule("choice-unknown-twice", "不清楚 / don't know offered by dont_know and again by a choice", _twice_unknown),
    Rule("choice-not-applicable", "不适用 / not applicable offered as a choice", _not_applicable),
    Rule("choices-many", "more choices shown at once than people read", _many),
    Rule("choices-few", "a select box for a handful of choices", _few),
    Rule("choice-list-unused", "a choice list that no question uses", _unused),
    Rule("choice-list-twice", "two choice lists that say the same", _copied),
    Rule("max-choices-one", "several choices allowed, at most one", _most_one),
    Rule("max-choices-idle", "a limit of choices that limits nothing", _most_idle),
)
