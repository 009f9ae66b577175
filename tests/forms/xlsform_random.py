"""Random questionnaires with everything the language has, as YAML trees: sound ones, with texts that are not tame."""

from __future__ import annotations

import random
from typing import Any

from forms.model import field_name

Tree = dict[str, Any]
SPICE = (
    "",
    " & <b>bold</b>",
    " \"quoted\" 'both'",
    "=SUM(A1)",
    "+1",
    "-1",
    "@x",
    "\nsecond line",
    " {{ 7*7 }}",
    "_x000D_",
    " 𠮷😀",
    " \u0301e",
    "《》“”…——",
    "\u3000wide",
    " # no comment",
    ": yes",
    "| bar",
    "\ttab",
    "%s %d",
    "\u00a0nbsp",
    "null",
    "'",
    "1e5",
    "<!-- -->",
    "]]>",
    "&amp;",
    "\\n",
    "~",
    "- item",
    "$x",
    "{x}",
    "2026-11-23",
    "１２",
    "ß",
    "İ",
    "\u2028line",
)
NUMBERS = ("int", "dec", "money", "pct")


def text(draw: random.Random, stem: str) -> Tree:
    first = draw.choice(("", "", "=", "+", "-", "@", "'", " ", "#", "&", "*", "!"))
    return {"zh": f"{stem}的说明{draw.choice(SPICE)}", "en": f"{first}{stem} words{draw.choice(SPICE)}"}


def choices(draw: random.Random, several: bool, plain: bool = False) -> list[Tree]:
    made = [
        {"code": draw.choice(("c", "", "X_")) + str(at), "label": text(draw, f"c{at}")}
        for at in range(draw.randint(1, 4))
    ]
    if not plain and draw.random() < 0.3:
        made.append({"code": "other", "label": text(draw, "other"), "text": True})
    if several and draw.random() < 0.3:
        made.append({"code": "none", "label": text(draw, "none"), "exclusive": True})
    if draw.random() < 0.1:
        made.append({"code": "dont_know", "label": text(draw, "unknown"), **({"exclusive": True} if several else {})})
    return made


def listed(draw: random.Random, several: bool = False, plain: bool = False) -> Tree:
    if not several and draw.random() < 0.3:
        return {"choice_list": "yes_no"}
    return {"choices": choices(draw, several, plain)}


def answered(draw: random.Random, kind: str, part: bool = False) -> Tree:
    """Return the keys that a type takes, some of them."""
    made: Tree = {"type": kind}
    if kind in ("sel1", "selN"):
        made |= listed(draw, kind == "selN")
    if kind == "code":
        made |= draw.choice(({"codes": "provinces"}, {"codes": "industry_sections"}, {"choice_list": "yes_no"}))
    if kind == "money":
        made["money_unit"] = draw.choice(("wan", "yi"))
    if kind in ("int", "dec") and draw.random() < 0.5:
        made["unit"] = text(draw, "unit")
    if kind in ("int", "dec", "pct") and draw.random() < 0.4:
        made |= {"min": "1", "max": str(draw.choice((7, 100)))}
    if kind == "dec" and draw.random() < 0.4:
        made["decimals"] = draw.randint(0, 4)
    if kind == "date" and draw.random() < 0.4:
        made |= {"min": "2020-01-01", "max": "2030-12-31"}
    if kind == "text" and draw.random() < 0.5:
        made |= {"max_length": draw.randint(5, 90), "lines": draw.randint(1, 4)}
    if kind == "selN" and draw.random() < 0.3:
        made["max_choices"] = draw.randint(1, 3)
    return made | extras(draw, kind)


def extras(draw: random.Random, kind: str) -> Tree:
    made: Tree = {}
    if kind in (*NUMBERS, "date", "sel1", "selN", "code") and draw.random() < 0.4:
        made["dont_know"] = True
    elif kind in ("text", "uscc") and draw.random() < 0.3:
        made["identity"] = True
    if draw.random() < 0.3:
        made["required"] = False
    elif kind != "tick" and draw.random() < 0.2:
        made["required_if"] = draw.choice(("${gate} = 'yes'", "state(${gate}) = 'dont_know' or ${size} > 3"))
    if kind in (*NUMBERS, "text", "date") and draw.random() < 0.3:
        made["prefill"] = draw.choice(
            (
                {"column": "col", "mode": "editable"},
                {"column": "col", "mode": "shown"},
                {"last_wave": True, "mode": "editable"},
                {"last_wave": True, "mode": "shown"},
                {"column": "col", "mode": "fixed"},
            )
        )
    return made


def check(draw: random.Random, name: str, number: int) -> Tree:
    rule = draw.choice(
        (
            f"${{{name}}} <= ${{size}}",
            f"not(${{{name}}} > 3 and ${{gate}} = 'yes')",
            f"${{{name}}} = 2 * ${{size_last}} or ${{annual}} > 1",
            f"state(${{{name}}}) = 'answered' or count(${{{name}}}, ${{size}}) >= 1",
            f"coalesce(${{{name}}}, ${{size}}, 1) != 9",
            f"if(${{gate}} = 'no', ${{{name}}}, 1) > 0",
            f"(${{{name}}} = 1) = (${{gate}} = 'yes')",
        )
    )
    slot = f"${{{name}}}" if draw.random() < 0.5 else ""
    made = {
        "id": f"check_{number}",
        "severity": draw.choice(("hard", "soft")),
        "rule": rule,
        "message": {"zh": f"请核对{slot}。", "en": f"Check {slot}{draw.choice(SPICE)}"},
    }
    return made | ({"fields": [name]} if draw.random() < 0.6 else {})


def question(draw: random.Random, at: int) -> Tree:
    number = draw.choice((f"Q-{at:02d}", f"q{at}", f"Zz_{at}"))
    made: Tree = {"id": number, "text": text(draw, number)}
    if draw.random() < 0.3:
        made["hint"] = text(draw, "hint")
    if draw.random() < 0.2:
        made["definitions"] = ["D 1"]
    if draw.random() < 0.15:
        made |= {"headline": True, "wordings": [{"experiment": "w", "arm": "b", "text": text(draw, "arm")}]}
    kind = draw.choice(
        (
            *NUMBERS,
            "text",
            "date",
            "sel1",
            "selN",
            "code",
            "uscc",
            "tick",
            "parts",
            "parts",
            "matrix",
            "cells",
            "int_or_band",
        )
    )
    if draw.random() < 0.3:
        made["relevant"] = draw.choice(
            ("${gate} = 'yes'", "${gate} != 'no' and ${size} >= 2", "selected(${many}, 'a')")
        )
    return made | (parts(draw, number, at) if kind == "parts" else single(draw, kind, number, at))


def single(draw: random.Random, kind: str, number: str, at: int) -> Tree:
    if kind == "matrix":
        return matrix(draw) | listed(draw, plain=True)
    if kind == "cells":
        columns = [{"id": word, "label": text(draw, word)} for word in ("all", "ai")]
        return matrix(draw) | {"columns": columns, "unit": text(draw, "unit"), "dont_know": draw.random() < 0.5}
    if kind == "int_or_band":
        return {"type": kind, "choices": choices(draw, False, plain=True)}
    made = answered(draw, kind)
    if kind in NUMBERS and draw.random() < 0.7:
        made["checks"] = [check(draw, field_name(number), 10 * at + each) for each in range(draw.randint(1, 3))]
    return made


def matrix(draw: random.Random) -> Tree:
    return {
        "type": "matrix",
        "rows": [{"id": f"r{each}", "label": text(draw, "row")} for each in range(draw.randint(1, 3))],
    }


def parts(draw: random.Random, number: str, at: int) -> Tree:
    made: list[Tree] = []
    for each in range(draw.randint(1, 4)):
        kind = draw.choice((*NUMBERS, "text", "sel1", "date", "tick", "matrix"))
        keys = matrix(draw) | listed(draw, plain=True) if kind == "matrix" else answered(draw, kind, part=True)
        made.append({"id": f"p{each}", "label": text(draw, f"p{each}"), **keys})
    if draw.random() < 0.3:
        made.append(
            {
                "id": "made",
                "label": text(draw, "made"),
                "type": "computed",
                "gives": "dec",
                "decimals": 1,
                "value": "100 * ${size} div 7",
                "unit": text(draw, "unit"),
            }
        )
    if draw.random() < 0.3:
        made += [
            {"id": "sum", "label": text(draw, "sum"), "type": "int", "total_of": ["one", "two"]},
            *({"id": word, "label": text(draw, word), "type": "int"} for word in ("one", "two")),
        ]
    rules = [check(draw, field_name(number, "sum"), 10 * at)] if made[-1]["id"] == "two" and draw.random() < 0.5 else []
    return {"parts": made} | ({"checks": rules} if rules else {})


def roster(draw: random.Random, at: int) -> Tree:
    name = f"r{at}"
    columns: list[Tree] = [{"id": "users", "label": text(draw, "users"), "type": "int"}]
    for each in range(draw.randint(1, 4)):
        kind = draw.choice((*NUMBERS, "text", "sel1", "selN", "code", "date", "tick"))
        keys = {key: value for key, value in answered(draw, kind).items() if key != "prefill"}
        columns.append({"id": f"c{each}", "label": text(draw, f"c{each}"), **keys})
    columns.append(
        {
            "id": "twice",
            "label": text(draw, "twice"),
            "type": "computed",
            "gives": "int",
            "value": f"2 * ${{{name}_users}}",
        }
    )
    own = {
        "id": f"row_{at}",
        "severity": draw.choice(("hard", "soft")),
        "rule": f"${{{name}_users}} <= ${{size}}",
        "message": {"zh": f"请核对${{{name}_users}}。", "en": f"Check ${{{name}_users}}."},
    }
    whole = {
        "id": f"all_{at}",
        "severity": "hard",
        "rule": f"sum(${{{name}_users}}) <= 100 or count-distinct(${{{name}_users}}) > 2",
        "message": {"zh": "请核对合计。", "en": "Check the sum."},
    }
    checks = [own, whole]
    draw.shuffle(checks)
    return {
        "id": name,
        "text": text(draw, name),
        "type": "roster",
        "columns": columns,
        "max_rows": draw.randint(2, 2000),
        "min_rows": draw.randint(0, 2),
        "row_label": text(draw, "row"),
        "checks": checks,
        **({"prefill": {"last_wave": True, "mode": "editable"}} if draw.random() < 0.5 else {}),
    }


def gate(draw: random.Random) -> Tree:
    """The first page: what later ones may look at."""
    return {
        "id": "start",
        "title": text(draw, "start"),
        "questions": [
            {
                "id": "gate",
                "text": text(draw, "gate"),
                "type": "sel1",
                "choice_list": "yes_no",
                "dont_know": draw.random() < 0.5,
            },
            {"id": "size", "text": text(draw, "size"), "type": "int", "dont_know": draw.random() < 0.5},
            {
                "id": "many",
                "text": text(draw, "many"),
                "type": "selN",
                "choices": [{"code": code, "label": text(draw, code)} for code in "ab"],
            },
        ],
    }


def questionnaire(draw: random.Random) -> Tree:
    pages, at = [gate(draw)], 0
    for number in range(draw.randint(1, 4)):
        page: Tree = {"id": draw.choice((f"page-{number}", f"q{number}", f"z{number}")), "title": text(draw, "title")}
        page["id"] = f"{page['id']}_{number}"
        page |= {"intro": text(draw, "intro")} if draw.random() < 0.4 else {}
        page |= {"relevant": "${gate} = 'yes' and ${annual} >= 1"} if draw.random() < 0.4 else {}
        if draw.random() < 0.25:
            page["questions"] = [roster(draw, at := at + 1)]
        else:
            page["questions"] = [question(draw, at := at + 1) for _ in range(draw.randint(1, 4))]
        pages.append(page)
    return {
        "id": "random",
        "title": text(draw, "title"),
        "definition_version": "1.0",
        "text_version": "1",
        "header": {
            "table_number": "T1",
            "authority": text(draw, "a"),
            "approval_number": "国统制〔2026〕1号",
            "approved_by": text(draw, "b"),
            "valid_until": "2030-12-31",
            "illustrative": draw.random() < 0.5,
        },
        "notices": [text(draw, "notice") for _ in range(draw.randint(0, 2))],
        "definitions": [
            {
                "id": "D 1",
                "version": "1",
                "title": text(draw, "d"),
                "text": text(draw, "d"),
                "examples": [{"text": text(draw, "e"), "counts": draw.random() < 0.5}],
            }
        ],
        "choice_lists": {
            "yes_no": [{"code": "yes", "label": text(draw, "y")}, {"code": "no", "label": text(draw, "n")}],
            "spare list!": [{"code": "x", "label": text(draw, "x")}],
        },
        "sample": [{"id": "annual", "column": "annual_col", "type": "int"}],
        "wordings": [{"id": "w", "column": "arm_col", "arms": ["a", "b"]}],
        "pages": pages,
        "checks": [check(draw, "size", 1)] if draw.random() < 0.5 else [],
    }
