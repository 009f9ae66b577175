"""The words for a study's codes, gathered from its files into one table that the reports print from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from uptake.contract.tables import LABELS, check_table
from uptake.contract.text import Text

if TYPE_CHECKING:
    from pandas import DataFrame

    from uptake.study import Study

Row = tuple[str, str, Text]


def label_table(study: Study) -> DataFrame:
    """Return the `labels` table of a study: indicators, definitions, domains, their codes, fields and targets."""
    import pandas as pd

    rows = [
        {"kind": kind, "key": key, "zh": name["zh"], "en": name["en"], "order": order}
        for order, (kind, key, name) in enumerate(_rows(study))
    ]
    return check_table(pd.DataFrame(rows), LABELS)


def _rows(study: Study) -> Iterator[Row]:
    from analysis.indicators import definitions

    yield "study", study.settings.id, study.settings.name
    for indicator in study.indicators:
        yield "indicator", indicator.id, indicator.name
        yield "indicator_definition", indicator.id, indicator.definition
        for definition in definitions(indicator):
            yield "definition", f"{indicator.id}/{definition.id}", definition.name
    yield from _domain_rows(study)
    yield from _field_rows(study)
    for target in study.targets:
        yield "target", target.id, target.name
        yield "target_wording", target.id, target.wording
        yield "target_source", target.id, target.source


def _field_rows(study: Study) -> Iterator[Row]:
    for questionnaire in study.questionnaires.values():
        for name, field in questionnaire.fields.items():
            question = questionnaire.question(field.question)
            number = {lang: f"{question.id} {_short(field.label[lang])}" for lang in ("zh", "en")}
            yield "field", name, Text.of(**number)


def _short(label: str) -> str:
    """Return the clause of a question that says what is asked: the longest one, without what stands in brackets."""
    clauses = re.split(r"[，；,;]\s*", re.sub(r"\s*（[^）]*）|\s*\([^)]*\)", "", label).rstrip("？?。."))
    longest = max(clauses, key=len)
    return longest[:1].upper() + longest[1:]


def _domain_rows(study: Study) -> Iterator[Row]:
    for domain in study.settings.domains:
        yield "domain_by", domain.column, domain.name
        for code in domain.names():
            yield "domain_key", f"{domain.column}/{code.code}", code.name
