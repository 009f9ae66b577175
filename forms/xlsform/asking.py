"""Our pages, questions and parts as rows of the survey sheet: every key in a standard column or in a custom one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.model import Field, Page, Part, Question, field_name
from forms.words import WORDS
from forms.xlsform.custom import Tree, encode, without
from forms.xlsform.draft import Cells, Draft, same_rule, texts
from forms.xlsform.listing import list_of
from forms.xlsform.sheets import OURS

BASE_TYPES = {
    "int": "integer", "dec": "decimal", "money": "decimal", "pct": "decimal", "text": "text", "uscc": "text",
    "date": "date", "tick": "acknowledge", "computed": "calculate",
}  # fmt: skip
ASSUMED = {  # what a base type is read as when no custom column says more
    "integer": "int", "decimal": "dec", "text": "text", "date": "date", "acknowledge": "tick", "calculate": "computed",
}  # fmt: skip
_STANDARD = ("id", "type", "text", "label", "hint", "relevant", "required", "required_if", "choices", "choice_list",
             "checks", "parts", "rows", "columns", "value")  # fmt: skip
_LAST_WAVE = {"last_wave": True, "mode": "editable"}
DONT_KNOW_LIST = "uptake_dont_know"


@dataclass(slots=True)
class Asking:
    """Writes the rows of one questionnaire into a draft."""

    draft: Draft

    def page(self, tree: Tree, page: Page) -> None:
        """Write a page: a group on one screen."""
        name = self.draft.take(page.id)
        self.draft.row(
            "page",
            {"type": "begin_group", "name": name, "appearance": "field-list", **texts("label", tree["title"]),
             **self._relevant(tree, f"page {page.id}")},
            {**({"id": page.id} if name != page.id else {}), **self._kept(tree, "relevant"),
             **without(tree, ("id", "title", "intro", "relevant", "questions"))},
        )  # fmt: skip
        if "intro" in tree:
            self.draft.row("intro", {"type": "note", "name": self.draft.take(f"{name}_intro"),
                                     **texts("label", tree["intro"])})  # fmt: skip
        for question_tree, question in zip(tree["questions"], page.questions, strict=True):
            self.question(question_tree, question)
        self.draft.end("group")

    def question(self, tree: Tree, question: Question) -> None:
        """Write a question, its checks after it."""
        if "parts" in tree:
            name = self._open("question", tree, tree["text"], field_name(question.id), {"type": "parts"})
            for part_tree, part in zip(tree["parts"], question.parts, strict=True):
                self._part("part", part_tree, part, name)
            self.checks(tree, question.fields)
            self.draft.end("group")
        else:
            self._part("question", tree, question.parts[0], field_name(question.id))

    def checks(self, tree: Tree, fields: tuple[Field, ...], first: int = 0, bare: bool | None = None) -> None:
        """Write checks as notes that a standard tool shows while they are broken; a hard one cannot be passed."""
        this = fields[0].name if len(fields) == 1 else None
        for at, check in enumerate(tree.get("checks", ())):
            if at >= first and bare in (None, self._reads_row(check, this)):
                self.check(check, this, {"place": str(at)} if bare is not None else {})

    def _reads_row(self, check: Tree, this: str | None) -> bool:
        """Whether the rule looks at cells of the row at hand: then it is judged inside the repeat."""
        from forms.xlsform.expressions import bare_fields

        asked = self.draft.asked
        return any(name in asked and asked[name].roster for name in bare_fields(check["rule"], this))

    def check(self, check: Tree, this: str | None, place: Cells) -> None:
        """Write one check as a note."""
        self.draft.remember_slots(check["message"])
        hard = check["severity"] == "hard"
        self.draft.row(
            "check",
            {"type": "note", "name": self.draft.take(f"check_{check['id']}"), **texts("label", check["message"]),
             "relevant": self.draft.violated(check["rule"], this=this, where=f"check {check['id']}"),
             "required": "yes" if hard else ""},
            {"id": check["id"], check["severity"]: check["rule"], **place,
             **without(check, ("id", "severity", "rule", "message"))},
        )  # fmt: skip
        self.draft.parsed(check["rule"], this)

    def _open(self, kind: str, tree: Tree, label: Mapping[str, str], wanted: str, custom: Tree, **more: str) -> str:
        """Begin the group of a question or part that has several rows."""
        name = self.draft.take(wanted)
        word = "repeat" if custom["type"] == "roster" else "group"
        standard = {"type": f"begin_{word}", "name": name, **texts("label", label), **texts("hint", tree.get("hint")),
                    **self._relevant(tree, name), **more}  # fmt: skip
        kept = without(tree, (key for key in _STANDARD if key not in ("id", "required", "required_if")))
        self.draft.row(kind, standard, {**custom, **self._kept(tree, "relevant"), **kept})
        return name

    def _part(self, kind: str, tree: Tree, part: Part, name: str) -> None:
        writers: dict[str, Callable[[str, Tree, Part], None]] = {
            "matrix": self._matrix, "int_or_band": self._int_or_band, "roster": self._roster,
        }  # fmt: skip
        writers.get(tree["type"], self._plain)(kind, tree, part)

    def _plain(self, kind: str, tree: Tree, part: Part) -> None:
        """Write a part with one field as one row; words that go with a choice, and "don't know", as rows behind it."""
        leaf, *words = part.fields
        first = self._constraint_check(kind, tree, part)
        self.draft.names.add(leaf.name.lower())
        standard, custom = self._cells(tree, leaf), Tree(type=tree["type"])
        if ASSUMED.get(standard["type"]) == tree["type"] or standard["type"].startswith("select_"):
            custom = Tree()
        constraint, message = self._constraint(tree, leaf, first)
        named = {} if kind == "question" and tree["id"] == leaf.name else {"id": tree["id"]}
        self.draft.row(kind, standard | constraint, {**named, **custom, **message, **self._rest(tree, leaf)})
        for other in words:
            self._words(leaf, other)
        self._dont_know(leaf)
        if kind == "question":
            self.checks(tree, part.fields, first=1 if first else 0)

    def _cells(self, tree: Tree, leaf: Field) -> Cells:
        """Return the standard columns of a row."""
        standard = {"type": BASE_TYPES.get(tree["type"], ""), "name": leaf.name,
                    **texts("label", tree.get("text") or tree.get("label")), **texts("hint", tree.get("hint")),
                    **self._relevant(tree, leaf.name)}  # fmt: skip
        if tree["type"] in ("sel1", "selN", "code"):
            word = "select_multiple" if tree["type"] == "selN" else "select_one"
            standard["type"] = f"{word} {list_of(self.draft, tree, leaf)}"
        if tree["type"] == "code":
            standard["appearance"] = "minimal"
        if tree.get("lines", 1) != 1:
            standard["appearance"] = "multiline"
        if tree.get("prefill") == _LAST_WAVE and not self.draft.asked[leaf.name].roster:
            standard["default"] = f"${{last-saved#{leaf.name}}}"
        if tree["type"] == "computed":
            standard["calculation"] = self._value(tree)
        else:
            standard["required"] = self._required(leaf)
        return standard

    def _value(self, tree: Tree) -> str:
        from forms.xlsform.writing import UnwritableError
        from forms.xlsform.xpath import XPath

        node = self.draft.parsed(tree["value"], None)
        printer = XPath(self.draft.asked)
        try:
            if tree.get("gives") == "bool":
                return printer.condition(node, unknown=False)
            return printer.value(node)
        except UnwritableError as error:
            self.draft.notes.append(f"{tree['id']}: standard tools leave it empty, since XLSForm has no {error}.")
            return "''"

    def _required(self, leaf: Field, beside: str = "") -> str:
        """Return the condition under which a standard tool asks for an answer; `beside` is one more condition."""
        row = self.draft.asked[leaf.name].dont_know_row
        conditions = [f"not(selected(${{{row}}}, 'dont_know'))"] if row else []
        conditions += [beside] if beside else []
        if leaf.required_if is not None:
            when = self.draft.condition(leaf.required_if.text, unknown=False, where=leaf.name) or "false()"
            conditions.insert(0, f"({when})" if conditions else when)
        elif not leaf.required or leaf.fixed:
            return ""
        return " and ".join(conditions) or "yes"

    def _rest(self, tree: Tree, leaf: Field) -> Tree:
        """Return the keys of a part that its row's standard columns do not say exactly."""
        rest = without(tree, _STANDARD) | self._kept(tree, "relevant")
        if "required_if" in tree:
            rest["required_if"] = tree["required_if"]
        elif tree["type"] != "computed" and self._required(leaf) != ("yes" if tree.get("required", True) else ""):
            rest["required"] = tree.get("required", True)
        if tree["type"] == "computed":
            if not same_rule(self._value(tree), tree["value"], None):
                rest["value"] = tree["value"]
            rest |= {"required": tree["required"]} if "required" in tree else {}
        return rest

    def _relevant(self, tree: Tree, where: str) -> Cells:
        if "relevant" not in tree:
            return {}
        return {"relevant": self.draft.condition(tree["relevant"], unknown=False, where=where)}

    def _kept(self, tree: Tree, key: str) -> Tree:
        """Return the rule itself for a custom column, unless the standard column says the same letter by letter."""
        if key not in tree or same_rule(self._relevant(tree, "").get(key, ""), tree[key], None):
            return {}
        return {key: tree[key]}

    def _constraint_check(self, kind: str, tree: Tree, part: Part) -> Tree | None:
        """Return the first check where it can stand as the constraint of the row: hard, shown at its only field."""
        check = next(iter(tree.get("checks", ())), None)
        alone = kind == "question" and len(part.fields) == 1
        if alone and check and check["severity"] == "hard" and check.get("fields") == [part.fields[0].name]:
            return Tree(check)
        return None

    def _constraint(self, tree: Tree, leaf: Field, check: Tree | None) -> tuple[Cells, Tree]:
        bounds = _bounds(tree, leaf)
        if check is None:
            return {"constraint": " and ".join(bounds)}, Tree()
        self.draft.remember_slots(check["message"])
        this = leaf.name
        rule = self.draft.condition(check["rule"], this=this, unknown=True, where=f"check {check['id']}")
        bounds += [f"({rule})" if bounds and " or " in rule else rule] if rule else []
        standard = {"constraint": " and ".join(bounds), **texts("constraint_message", check["message"])}
        named = {} if check["id"] == f"{leaf.name}_constraint" else {"check": check["id"]}
        return standard, Tree(named, hard=check["rule"])

    def _words(self, leaf: Field, other: Field) -> None:
        assert other.needs is not None
        self.draft.names.add(other.name.lower())
        self.draft.row(
            "other",
            {"type": "text", "name": other.name, **texts("label", other.label.as_dict()), "required": "yes",
             "relevant": f"selected(${{{leaf.name}}}, '{other.needs[1]}')"},
        )  # fmt: skip

    def _dont_know(self, leaf: Field) -> None:
        """Write the box "don't know" that stands beside a number or date."""
        name = self.draft.asked[leaf.name].dont_know_row
        if name is None:
            return
        label = texts("label", {lang: WORDS["dont_know"][lang] for lang in leaf.label})
        if DONT_KNOW_LIST not in self.draft.lists:
            self.draft.lists.add(DONT_KNOW_LIST)
            self.draft.choices.append({"list_name": DONT_KNOW_LIST, "name": "dont_know", **label,
                                       "uptake_engine": "yes"})  # fmt: skip
        self.draft.row("dont_know", {"type": f"select_multiple {DONT_KNOW_LIST}", "name": name, **label})

    def _matrix(self, kind: str, tree: Tree, part: Part) -> None:
        label = tree.get("text") or tree["label"]
        choices = not tree.get("columns")
        more = {"appearance": "table-list"} if choices else {}
        name = self._open(kind, tree, label, _stem(part, tree), {"type": "matrix"}, **more)
        leaves = iter(part.fields)
        for row in tree["rows"]:
            if choices:
                self._matrix_row(tree, row, next(leaves))
            else:
                self._matrix_cells(tree, row, leaves, name)
        if kind == "question":
            self.checks(tree, part.fields)
        self.draft.end("group")

    def _matrix_row(self, tree: Tree, row: Tree, leaf: Field) -> None:
        self.draft.names.add(leaf.name.lower())
        listed = list_of(self.draft, tree, leaf)
        self.draft.row(
            "row",
            {"type": f"select_one {listed}", "name": leaf.name, **texts("label", row["label"]),
             "required": self._required(leaf)},
            {"id": row["id"], **without(row, ("id", "label"))},
        )  # fmt: skip

    def _matrix_cells(self, tree: Tree, row: Tree, leaves: Any, name: str) -> None:
        group = self.draft.take(f"{name}_{row['id']}".lower())
        self.draft.row("row", {"type": "begin_group", "name": group, **texts("label", row["label"])},
                       {"id": row["id"], **without(row, ("id", "label"))})  # fmt: skip
        for column in tree["columns"]:
            leaf = next(leaves)
            self.draft.names.add(leaf.name.lower())
            self.draft.row(
                "cell",
                {"type": "integer", "name": leaf.name, **texts("label", column["label"]),
                 "required": self._required(leaf), "constraint": " and ".join(_bounds(tree, leaf))},
                {"id": column["id"], **without(column, ("id", "label"))},
            )  # fmt: skip
            self._dont_know(leaf)
        self.draft.end("group")

    def _int_or_band(self, kind: str, tree: Tree, part: Part) -> None:
        number, band = part.fields
        self.draft.names |= {number.name.lower(), band.name.lower()}
        label = tree.get("text") or tree["label"]
        self._open(kind, tree, label, f"{number.name}_or_band", {"type": "int_or_band"})
        self.draft.row("number", {"type": "integer", "name": number.name, **texts("label", label),
                                  "constraint": " and ".join(_bounds(tree, number))})  # fmt: skip
        self.draft.row(
            "band",
            {"type": f"select_one {list_of(self.draft, tree, band)}", "name": band.name,
             **texts("label", band.label.as_dict()), "required": self._required(band, f"${{{number.name}}} = ''")},
        )  # fmt: skip
        if kind == "question":
            self.checks(tree, part.fields)
        self.draft.end("group")

    def _roster(self, kind: str, tree: Tree, part: Part) -> None:
        self._open(kind, tree, tree["text"], field_name(tree["id"]), {"type": "roster"})
        if "nothing" in tree:
            self.draft.notes.append(f"{tree['id']}: standard tools do not ask whether there is nothing to report, since"
                                    " a repeat has no such box; an empty list is blank there.")  # fmt: skip
        by_name = {leaf.name: leaf for leaf in part.fields}
        for column in tree["columns"]:
            leaf = by_name[field_name(tree["id"], column["id"])]
            words = tuple(other for other in part.fields if other.needs and other.needs[0] == leaf.name)
            self._plain("column", column, Part(column["id"], column["type"], None, None, (leaf, *words)))
        self.checks(tree, part.fields, bare=True)
        self.draft.end("repeat")
        self.checks(tree, part.fields, bare=False)


def _stem(part: Part, tree: Tree) -> str:
    """Return the name that the fields of a matrix begin with."""
    row = tree["rows"][0]
    tail = field_name(row["id"], tree["columns"][0]["id"]) if tree.get("columns") else field_name(row["id"])
    return part.fields[0].name.removesuffix(f"_{tail}")


def _bounds(tree: Tree, leaf: Field) -> list[str]:
    """Return the limits of a field as conditions on `.`."""
    made = []
    for sign, bound in ((">=", leaf.min), ("<=", leaf.max)):
        if isinstance(bound, Decimal):
            made.append(f". {sign} {bound:f}")
        elif bound is not None:
            made.append(f". {sign} date('{bound.isoformat()}')")
    if leaf.kind == "text":
        made.append(f"string-length(.) <= {leaf.max_length}")
    if leaf.max_choices is not None:
        made.append(f"count-selected(.) <= {leaf.max_choices}")
    made += [
        f"not(selected(., '{choice.code}') and count-selected(.) > 1)" for choice in leaf.choices if choice.exclusive
    ]
    return made


__all__ = ["ASSUMED", "BASE_TYPES", "OURS", "Asking", "encode"]
