"""The codebook of a wave: one row for every column of the tables that hold answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

    from forms import Field, Questionnaire, Roster
    from forms.model import Experiment

ARM = "arm_"  # arm_w2026: the arm of the experiment w2026 whose words the unit sees


def make_codebook(questionnaire: Questionnaire, columns: Mapping[str, str]) -> DataFrame:
    """Make the codebook.

    columns: the columns of `responses` that hold answers, in their order, counts of rows among them.
    """
    import pandas as pd

    rows = []
    counts = {roster.rows_name: roster for roster in questionnaire.rosters.values()}
    for name in columns:
        rows.append(_count_row(counts[name]) if name in counts else _codebook_row(questionnaire.fields[name]))
        if name in counts:
            rows += [_codebook_row(leaf) for leaf in counts[name].columns if not leaf.identity]
    rows += [_arm_row(questionnaire, experiment) for experiment in questionnaire.experiments.values()]
    return pd.DataFrame(rows, columns=list(_CODEBOOK_COLUMNS))


_CODEBOOK_COLUMNS = ("field", "table", "question", "type", "label_zh", "label_en", "unit", "codes")


def _codebook_row(leaf: Field) -> dict[str, Any]:
    choices = [{"code": choice.code, "zh": choice.label["zh"], "en": choice.label["en"]} for choice in leaf.choices]
    return {
        "field": leaf.name,
        "table": f"responses_{leaf.roster}" if leaf.roster else "responses",
        "question": leaf.question,
        "type": leaf.type,
        "label_zh": leaf.label["zh"],
        "label_en": leaf.label["en"],
        "unit": leaf.unit["en"] if leaf.unit else None,
        "codes": json.dumps(choices, ensure_ascii=False) if choices else None,
    }


def _arm_row(questionnaire: Questionnaire, experiment: Experiment) -> dict[str, Any]:
    codes = [{"code": arm, "zh": arm, "en": arm} for arm in experiment.arms]
    asked = [question for page in questionnaire.pages for question in page.questions]
    worded = [one.id for one in asked if any(words.experiment == experiment.id for words in one.wordings)]
    return {
        "field": f"{ARM}{experiment.id}",
        "table": "responses",
        "question": ", ".join(worded),
        "type": "code",
        "label_zh": f"措辞试验“{experiment.id}”的组",
        "label_en": f"Arm of the wording experiment “{experiment.id}”",
        "unit": None,
        "codes": json.dumps(codes, ensure_ascii=False),
    }


def _count_row(roster: Roster) -> dict[str, Any]:
    said = {lang: "" if roster.nothing is None else roster.nothing.label[lang] for lang in ("zh", "en")}
    return {
        "field": roster.rows_name,
        "table": "responses",
        "question": roster.question,
        "type": "int",
        "label_zh": f"{roster.row_label['zh']}：行数" + (f"（0：{said['zh']}）" if said["zh"] else ""),
        "label_en": f"{roster.row_label['en']}: number of rows" + (f" (0: {said['en']})" if said["en"] else ""),
        "unit": None,
        "codes": None,
    }
