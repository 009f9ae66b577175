"""A page compiled once a definition, page, language and wording arm to a flat template: static HTML with slots.

The macros of `templates/` run once. Where a respondent's text belongs they leave a slot; what they give is turned into
a Jinja template that is static HTML with those slots, so a page costs as much as its slots and not as its labels. The
card of a roster is compiled once too, inside a loop over the rows that are shown: in it the slots look into what
belongs to the row at hand, by names without the row, and the row's number is put into the finished card at one go.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from forms.given import wording_of
from forms.messages import label_of
from forms.model import Choice, Field, Given, Part, Questionnaire, Roster
from forms.reading import unsure_name
from forms.words import word
from uptake.contract.text import Text

Arms = tuple[tuple[str, str], ...]  # (experiment, arm), of the experiments a page has words for
OF_A_ROW = ("v", "on", "errors", "readings", "beside", "totals", "filled", "soft")  # what a card sees of its row only
_INPUT_MODES = {"int": "numeric", "dec": "decimal", "money": "decimal", "pct": "decimal"}
_SEVERAL_LINES = re.compile(r"\n\s*\n+")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(loader=folder, autoescape=True, trim_blocks=False, lstrip_blocks=True)
    made.filters["numbered"] = _numbered
    return made


def _numbered(card: Markup, mark: str, row: str) -> Markup:
    """Put the number of a row into its finished card; nobody who types can know the mark."""
    return Markup(str(card).replace(mark, row))


@lru_cache(maxsize=512)
def compile_page(questionnaire: Questionnaire, page_id: str, lang: str, arms: Arms = ()) -> Template:
    """Return the flat template of a page; the same object for the same definition, page, language and arms."""
    return _environment().from_string(flat_source(questionnaire, page_id, lang, arms))


def flat_source(questionnaire: Questionnaire, page_id: str, lang: str, arms: Arms = ()) -> str:
    """Return the source of the flat template: static HTML with slots.

    Nothing a questionnaire says can become a slot or code: every `{` of the static part is written as `&#123;`, and
    slots carry a mark drawn at random for this one compilation.
    """
    page, slots = questionnaire.page(page_id), _Slots()
    rosters = {roster.question: roster for roster in questionnaire.rosters.values() if roster.page == page_id}
    context = {
        **slots.functions(),
        **_texts(lang),
        **_shapes(questionnaire, slots, lang, arms),
        "lang": lang,
        "page": page,
    }
    template = _environment().get_template("page.html")
    html = template.render(context, definitions=questionnaire.definitions, rosters=rosters)
    parts = re.split(rf"\[{slots.mark}:([0-9]+)\]", html)
    static = (_SEVERAL_LINES.sub("\n", part).replace("{", "&#123;") for part in parts[::2])
    dynamic = (*(slots.codes[int(index)] for index in parts[1::2]), "")
    return "".join(text + code for text, code in zip(static, dynamic, strict=True))


@dataclass(frozen=True, slots=True)
class _Slots:
    """The slots of one compilation; `row` stands for the number of the row at hand in the names of cells."""

    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    codes: list[str] = field(default_factory=list)

    @property
    def row(self) -> str:
        """The row at hand, as it stands in a name or an id until the card is finished."""
        return f"[{self.mark}:row]"

    def slot(self, code: str) -> Markup:
        self.codes.append(code)
        return Markup(f"[{self.mark}:{len(self.codes) - 1}]")

    def key(self, name: str) -> str:
        """Return a name as Jinja code, that of a cell without its row; the loader has let no quotation mark in."""
        return f"'{name.replace(self.row, '')}'"

    def value(self, name: str) -> str:
        """Return what gives the text of an input: a variable, which is quicker than a look-up, except for cells."""
        return f"v[{self.key(name)}]" if self.row in name else f"v_{name}"

    @property
    def numbered(self) -> str:
        """The filter of a card, as Jinja code."""
        return f"numbered('{self.row}', n)"

    def functions(self) -> dict[str, Callable[..., Markup]]:
        """Return the functions by which macros leave slots."""
        return {**self._of_inputs(), **self._of_blocks()}

    def _of_inputs(self) -> dict[str, Callable[..., Markup]]:
        slot, key = self.slot, self.key
        return {
            "value": lambda name: slot(f"{{{{ {self.value(name)} }}}}"),
            "if_value": lambda name: slot(f"{{% if {self.value(name)} is defined %}}"),
            "checked": lambda name, code: slot(f"{{% if {key(f'{name}={code}')} in on %}} checked{{% endif %}}"),
            "selected": lambda name, code: slot(f"{{% if {key(f'{name}={code}')} in on %}} selected{{% endif %}}"),
            "if_error": lambda name: slot(f"{{% if {key(name)} in errors %}}"),
            "error_text": lambda name: slot(f"{{{{ errors[{key(name)}] }}}}"),
            "if_filled": lambda name: slot(f"{{% if {key(name)} in filled %}}"),
            "beside_text": lambda name: slot(f"{{{{ beside[{key(name)}] }}}}"),
            "if_total": lambda name: slot(f"{{% if {key(name)} in totals %}}"),
            "total_text": lambda name: slot(f"{{{{ totals[{key(name)}] }}}}"),
            "if_reading": lambda name: slot(f"{{% if {key(name)} in readings %}}"),
            "reading_text": lambda name: slot(f"{{{{ readings[{key(name)}] }}}}"),
            "describes": lambda name, known, filled: slot(self._describing(name, [*filter(None, known)], filled)),
            "described": lambda leaf, extra: slot(self._described(leaf, extra)),
        }

    def _of_blocks(self) -> dict[str, Callable[..., Markup]]:
        slot = self.slot
        return {
            "if_asked": lambda asked: slot(f"{{% if '{asked.id}' in asked %}}") if asked.relevant else Markup(),
            "each_soft": lambda place: slot(
                f"{{% for soft_id, soft_text, soft_reason in soft.get({self.key(place)}, ()) %}}"
            ),
            "soft_id": lambda: slot("{{ soft_id }}"),
            "soft_text": lambda: slot("{{ soft_text }}"),
            "soft_reason": lambda: slot("{{ soft_reason }}"),
            "if_summary": lambda: slot("{% if summary %}"),
            "summary_title": lambda: slot("{{ summary_title }}"),
            "each_summary": lambda: slot("{% for summary_target, summary_text in summary %}"),
            "summary_target": lambda: slot("{{ summary_target }}"),
            "summary_text": lambda: slot("{{ summary_text }}"),
            "each_row": lambda: slot(f"{{% for n, {', '.join(OF_A_ROW)} in cards %}}{{% filter {self.numbered} %}}"),
            "end_row": lambda: slot("{% endfilter %}{% endfor %}"),
            "rows_here": lambda: slot("{{ rows_here }}"),
            "if_nothing": lambda: slot("{% if nothing_here %}"),
            "if_removable": lambda: slot("{% if n in removable %}"),
            "otherwise": lambda: slot("{% else %}"),
            "end": lambda: slot("{% endif %}"),
            "end_each": lambda: slot("{% endfor %}"),
        }

    def _described(self, leaf: Field, extra: str) -> str:
        """Return the code of the attributes of an input: what describes it, and whether it is wrong."""
        unit, date = f"{leaf.name}-unit" if leaf.unit else "", f"{leaf.name}-format" if leaf.kind == "date" else ""
        ids = [*filter(None, (extra, unit, date))]
        invalid = f'{{% if {self.key(leaf.name)} in errors %}} aria-invalid="true"{{% endif %}}'
        return self._describing(leaf.name, ids, _has_note(leaf)) + invalid

    def _describing(self, name: str, known: list[str], noted: bool) -> str:
        """Return the code of an `aria-describedby`: ids always there, the note of a prefill, the error if any."""
        key = self.key(name)
        note = f"{{% if {key} in filled %}} {name}-note{{% endif %}}" if noted else ""
        error = f"{{% if {key} in errors %}} {name}-error{{% endif %}}" if name else ""
        attribute = f' aria-describedby="{" ".join(known)}{note}{error}"'
        if known:
            return attribute
        tests = [f"{key} in {where}" for where, wanted in (("filled", note), ("errors", error)) if wanted]
        return f"{{% if {' or '.join(tests)} %}}{attribute}{{% endif %}}" if tests else ""


def _has_note(leaf: Field) -> bool:
    """Return whether it is said above the box what stands in it or beside it; of a row the card says it once."""
    return not leaf.roster and leaf.prefill is not None and leaf.prefill.mode != "fixed"


def _texts(lang: str) -> dict[str, Callable[..., Any]]:
    def choice_words(leaf: Field, choice: Choice) -> str:
        return choice.label[lang] if leaf.kind != "code" else f"{choice.code} {choice.label[lang]}"

    def words(text: Text) -> str:
        return text[lang]

    return {
        "say": lambda key, **slots: word(key, lang, **slots),
        "words": words,
        "choice_words": choice_words,
        "input_mode": lambda leaf: _INPUT_MODES.get(leaf.kind, ""),
        "unsure_name": unsure_name,
        "has_note": _has_note,
        "paragraphs": lambda text: text[lang].split("\n\n"),
        "is_optional": lambda leaf: not (leaf.required or leaf.required_if or leaf.value or leaf.fixed),
    }


def _shapes(questionnaire: Questionnaire, slots: _Slots, lang: str, arms: Arms) -> dict[str, Callable[..., Any]]:
    """Return what macros ask of questions and rosters: the words of the unit's arm, the columns as cells of a row."""

    given = Given(arms=dict(arms))

    def cell(leaf: Field) -> Field:
        needs = None if leaf.needs is None else (f"{leaf.needs[0]}.{slots.row}", leaf.needs[1])
        return dataclasses.replace(leaf, name=f"{leaf.name}.{slots.row}", needs=needs)

    def cell_parts(roster: Roster) -> list[Part]:
        made = []
        for leaf in (leaf for leaf in roster.columns if leaf.needs is None):
            others = [other for other in roster.columns if other.needs is not None and other.needs[0] == leaf.name]
            cells = tuple(cell(one) for one in (leaf, *others))
            made.append(Part("", leaf.kind, leaf.label, roster.hints.get(leaf.name), cells))
        return made

    def note_text(leaf: Field) -> Markup | str:
        assert leaf.prefill is not None
        if leaf.prefill.mode == "shown":
            return slots.functions()["beside_text"](leaf.name)
        key = "fixed" if leaf.prefill.mode == "fixed" else "prefilled"
        return word(f"{key}_last" if leaf.prefill.last_wave else key, lang)

    return {
        "note_text": note_text,
        "wording": lambda question: wording_of(question, given),
        "label": lambda leaf: label_of(questionnaire, leaf, given)[lang],
        "cell_parts": cell_parts,
        "row_name": lambda roster: f"{roster.id}.{slots.row}",
        "row_title": lambda roster: f"{roster.row_label[lang]} {slots.row}",
    }
