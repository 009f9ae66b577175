"""How much faster the flat template of a page renders than plain WTForms renders the same fields: a ratio, in one run.

    python benchmarks/page_render.py [STUDY]

Plain WTForms: an ordinary form class with StringField, RadioField, SelectField and SelectMultipleField for the same
fields and choices, built once, bound to the same posted text, and rendered by the usual Jinja loop over label, field
and errors; of a list both render the same rows, every cell filled. Plain WTForms makes less HTML than ours (no
definition boxes, hints or units), so the ratio is on the careful side.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wtforms
from jinja2 import Environment
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

import forms
from forms.model import Field, Page, Questionnaire, cell_name
from uptake.contract.errors import Fault

LOOP = """{% for field in form %}<div class="question">{{ field.label }}
{% if field.errors %}<ul class="errors">{% for error in field.errors %}<li>{{ error }}</li>{% endfor %}</ul>{% endif %}
{{ field() }}</div>{% endfor %}"""


def plain_field(leaf: Field, lang: str) -> Any:
    """Return the ordinary WTForms field for a leaf."""
    choices = [SelectChoice(choice.code, choice.label[lang]) for choice in leaf.choices]
    if leaf.kind == "selN":
        many = {"widget": ListWidget(prefix_label=False), "option_widget": CheckboxInput()}
        return wtforms.SelectMultipleField(leaf.label[lang], choices=choices, **many)
    if leaf.kind == "code":
        return wtforms.SelectField(leaf.label[lang], choices=choices)
    if choices:
        return wtforms.RadioField(leaf.label[lang], choices=choices)
    return wtforms.BooleanField(leaf.label[lang]) if leaf.kind == "tick" else wtforms.StringField(leaf.label[lang])


def inputs(questionnaire: Questionnaire, page: Page) -> dict[str, Field]:
    """Return the fields of a page by the names of their inputs: of a list, the cells of its first sub-page."""
    roster = questionnaire.roster_of(page.id)
    if roster is None:
        return {leaf.name: leaf for leaf in page.fields}
    rows = range(1, roster.rows_per_page + 1)
    return {cell_name(leaf.name, row): leaf for row in rows for leaf in roster.columns}


def plain_renderer(named: dict[str, Field], lang: str, typed: dict[str, list[str]]) -> Callable[[], str]:
    """Return a function that binds and renders the plain form."""
    fields = {name: plain_field(leaf, lang) for name, leaf in named.items()}
    form_class, template = type("Plain", (wtforms.Form,), fields), Environment(autoescape=True).from_string(LOOP)
    posted = MultiDict([(name, text) for name, texts in typed.items() for text in texts])
    return lambda: template.render(form=form_class(posted))


def typed_text(named: dict[str, Field]) -> dict[str, list[str]]:
    """Return something typed in every field."""
    return {name: [leaf.choices[0].code] if leaf.choices else ["12"] for name, leaf in named.items()}


def seconds_each(render: Callable[[], object], rounds: int = 7, calls: int = 60) -> float:
    """Return the processor time of one call, the median over rounds; other work on the machine does not count."""
    render()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            render()
        times.append((time.process_time() - start) / calls)
    return statistics.median(times)


def compare(questionnaire: Questionnaire, page: Page, lang: str) -> tuple[float, float]:
    """Return the seconds of ours and of plain WTForms for one page."""
    named = inputs(questionnaire, page)
    typed = typed_text(named)
    ours = seconds_each(lambda: forms.render_page(questionnaire, page.id, lang, typed=typed))
    return ours, seconds_each(plain_renderer(named, lang, typed))


EXAMPLE = Path(__file__).parents[1] / "uptake" / "studies" / "aiplus"


def main(study: Path = EXAMPLE) -> None:
    """Print one line a page and the ratio over the whole questionnaire."""
    faults: list[Fault] = []
    for questionnaire in forms.load_questionnaires(study, faults=faults).values():
        total_ours = total_plain = 0.0
        for page in questionnaire.pages:
            ours, plain = compare(questionnaire, page, "zh")
            total_ours, total_plain = total_ours + ours, total_plain + plain
            fields = len(inputs(questionnaire, page))
            print(f"{questionnaire.id}/{page.id}: {fields} fields, ours {ours * 1e3:.3f} ms, plain WTForms"
                  f" {plain * 1e3:.3f} ms, ratio {plain / ours:.0f}")  # fmt: skip
        print(f"{questionnaire.id}: ratio {total_plain / total_ours:.0f} over all pages")
    for fault in faults:
        print(fault)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
