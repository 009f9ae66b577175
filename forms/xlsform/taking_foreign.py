"""Rows that others wrote: one question a row, what the specification says in standard columns turned into our keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from forms.model import field_name
from forms.xlsform.blocks import Block
from forms.xlsform.custom import Tree
from forms.xlsform.lists import Lists
from forms.xlsform.refused import APPEARANCES_USED, TYPES, Refusal, column_refusal
from forms.xlsform.sheets import OURS, Row, language_of
from forms.xlsform.taking import Taking
from uptake.contract.errors import did_you_mean

TYPE_OF = {
    "text": "text", "string": "text", "integer": "int", "int": "int", "decimal": "dec", "date": "date",
    "acknowledge": "tick", "trigger": "tick", "calculate": "computed", "calculation": "computed", "range": "int",
}  # fmt: skip
SELECTS = {"select_one": "sel1", "select_multiple": "selN"}
_READ = frozenset({"type", "name", "label", "hint", "relevant", "required", "constraint", "constraint_message",
                   "appearance", "repeat_count", "parameters", "required_message", "choice_filter"})  # fmt: skip
_TOLD = frozenset({"required_message", "disabled", "intent"})
_MOST_ROWS, _PLACES = 2000, 6
_NOT_VALID = {"zh": "填写的内容不符合要求，请核对。", "en": "This answer does not meet the condition. Check it."}
_OTHER = {"zh": "其他", "en": "Other"}
_LOWEST = re.compile(r"\.\s*(?:>=?|<=?)\s*-\s*(\d+)")


def type_words(row: Row) -> list[str]:
    """Return the words of a type: `select_one LIST [or_other]`, older spellings by their new one."""
    text = " ".join(row["type"].split())
    for older, new in _OLDER.items():
        if text.lower().startswith(older):
            text = f"{new}{text[len(older) :]}"
    words = text.split()
    return [words[0].lower(), *words[1:]] if words else []


_OLDER = {"select one from ": "select_one ", "select one ": "select_one ", "select1 ": "select_one ",
          "select all that apply from ": "select_multiple ", "select all that apply ": "select_multiple ",
          "select multiple ": "select_multiple "}  # fmt: skip


@dataclass(slots=True)
class TakingForeign:
    """Reads rows that carry no `bind::uptake:kind`."""

    taking: Taking
    lists: Lists

    def question(self, block: Block) -> Tree:
        """Return the question that a row asks."""
        row = block.row
        name = row["name"].strip()
        made = self.taking.tree(row, id=name, text=self._label(row), hint=self.taking.text(row, "hint"))
        made |= self._answered(row, field_name(name))
        if row["relevant"]:
            made["relevant"] = self.taking.rule(row, "relevant", row["relevant"])
        if row["constraint"]:
            made["checks"] = [self._constraint(row, field_name(name), made)]
        self._bounds_told(row, made)
        return made

    def _label(self, row: Row) -> dict[str, str]:
        label = self.taking.text(row, "label")
        if label or type_words(row)[:1] not in (["calculate"], ["calculation"]):
            if not label:
                self.taking.fault(row, "the row asks something and has no label, so nobody would know what. Add label.",
                                  "label")  # fmt: skip
            return label or {"zh": "?", "en": "?"}
        self.taking.note(row, "a calculation is shown to the respondent here; it has no label, so its name"
                         " stands there. Write a label", "label")  # fmt: skip
        return {"zh": row["name"], "en": row["name"]}

    def _answered(self, row: Row, field: str) -> Tree:
        """Return the keys that say how a row is answered; what is not imported is a fault."""
        self._refuse_columns(row)
        words = type_words(row)
        word = words[0] if words else ""
        if word in SELECTS:
            return self._select(row, words) | self._required(row, field) | self._prefill(row)
        if word not in TYPE_OF:
            self._refuse_type(row, word)
            return Tree(type="text")
        made = Tree(type=TYPE_OF[word])
        if made["type"] == "computed":
            return made | self._computed(row)
        if word == "range":
            made = self._range(row)
        if row["appearance"] and "multiline" in row["appearance"]:
            made["lines"] = 5
        return made | self._required(row, field) | self._prefill(row)

    def _prefill(self, row: Row) -> Tree:
        return (
            Tree(prefill={"last_wave": True, "mode": "editable"}) if row["default"] and self._last_wave(row) else Tree()
        )

    def _select(self, row: Row, words: list[str]) -> Tree:
        made = Tree(type=SELECTS[words[0]])
        if made["type"] == "sel1" and {"minimal", "autocomplete"} & set(row["appearance"].split()):
            made["type"] = "code"
        made |= self.lists.keys(row, " ".join(words))
        if "or_other" in words[2:]:
            self._or_other(row, words[1], made)
        if "randomize" in row["parameters"].replace(" ", "").lower():
            self.taking.refuse(row, "randomize", "parameters")
        return made

    def _or_other(self, row: Row, name: str, made: Tree) -> None:
        listed = self.lists.choices.get(name, [])
        choices = [Tree(choice) for choice in listed if choice["code"] != "other"]
        choices.append(self.taking.tree(row, code="other", label=dict(_OTHER), text=True))
        made.pop("choice_list", None)
        made["choices"] = choices

    def _required(self, row: Row, field: str) -> Tree:
        said = row["required"].strip()
        if said.lower() in ("yes", "true", "true()"):
            return Tree()
        if said.lower() in ("", "no", "false", "false()"):
            return Tree(required=False)
        return Tree(required_if=self.taking.rule(row, "required", said, this=field, keep_dot=False))

    def _computed(self, row: Row) -> Tree:
        from forms.xlsform.expressions import gives

        if not row["calculation"]:
            self.taking.fault(
                row, "a calculate row has no calculation, so it would always be empty. Add it.", "calculation"
            )
            return Tree(value="''", gives="text")
        value = self.taking.rule(row, "calculation", row["calculation"])
        kind = {"bool": "bool", "number": "dec"}.get(gives(value) if value else "", "text")
        made = Tree(value=value or "''", gives=kind)
        return made | ({"decimals": _PLACES} if kind == "dec" else {})

    def _range(self, row: Row) -> Tree:
        said = dict(re.findall(r"(start|end|step)\s*=\s*(-?[0-9.]+)", row["parameters"]))
        try:
            low, high, step = (
                Decimal(said.get(key, usual)) for key, usual in (("start", "1"), ("end", "10"), ("step", "1"))
            )
        except InvalidOperation:
            self.taking.fault(row, "start, end and step must be numbers. Correct them.", "parameters")
            return Tree(type="int")
        whole = all(part == part.to_integral_value() for part in (low, high, step))
        if step != (1 if whole else step) or (not whole and low % step):
            self.taking.note(row, f"the step {step} of the range is left out; any number from {low} to {high} is taken",
                             "parameters")  # fmt: skip
        made = Tree(type="int" if whole else "dec", min=f"{low:f}", max=f"{high:f}")
        if not whole:
            made["decimals"] = max(0, -int(step.normalize().as_tuple().exponent))
        return made

    def _constraint(self, row: Row, field: str, made: Tree) -> Tree:
        listed: list[Tree] = made.get("choices") or self.lists.choices.get(made.get("choice_list", ""), [])
        several = any(choice.get("text") for choice in listed)
        rule = self.taking.rule(row, "constraint", row["constraint"], this=field, keep_dot=not several)
        message = self.taking.text(row, "constraint_message", message=True)
        if not message:
            self.taking.note(row, "the constraint has no message; a general one was written. Say in it what is"
                             " wrong and what to change", "constraint_message")  # fmt: skip
        return self.taking.tree(row, id=f"{field}_constraint", severity="hard", rule=rule or "true()",
                                message=message or dict(_NOT_VALID), fields=[field])  # fmt: skip

    def _bounds_told(self, row: Row, made: Tree) -> None:
        """Whole numbers are not below zero in our language unless `min` says so; XLSForm has no such habit."""
        if made.get("type") != "int" or "min" in made:
            return
        if below := _LOWEST.search(row["constraint"]):
            made["min"] = f"-{below[1]}"
        elif not row["constraint"]:
            self.taking.note(row, "whole numbers are not below 0 here unless min says so")

    def _refuse_type(self, row: Row, word: str) -> None:
        if not word:
            return  # told with the names
        if reason := TYPES.get(word):
            self.taking.fault(row, f"{word}: not imported, because {reason.why}. {reason.instead}", "type")
        else:
            known = (*TYPE_OF, *SELECTS, "note", "begin_group", "begin_repeat")
            self.taking.fault(
                row, f'"{row["type"][:40]}" is no type that is known here.{did_you_mean(word, known)}', "type"
            )

    def _refuse_columns(self, row: Row) -> None:
        computed = type_words(row)[:1] in (["calculate"], ["calculation"])
        for header in row.cells:
            base = named[0] if (named := language_of(header)) else header
            if base in _READ - {"choice_filter"} or (base == "calculation" and computed):
                continue
            if base == "default" and self._last_wave(row):
                continue
            reason = column_refusal(base)
            if header.startswith(OURS):
                self.taking.fault(row, "a custom column has a value and bind::uptake:kind has none, so its"
                                  " meaning is not known. Fill bind::uptake:kind or empty the"
                                  " cell.", header)  # fmt: skip
            elif reason is not None:
                self._refuse_column(row, header, reason)
            else:
                self.taking.note(row, "the column is left out", header)
        if extra := set(row["appearance"].split()) - APPEARANCES_USED:
            self.taking.note(row, f"the appearance {' '.join(sorted(extra))} is left out", "appearance")

    def _refuse_column(self, row: Row, header: str, reason: Refusal) -> None:
        self.taking.fault(row, f"{header}: not imported, because {reason.why}. {reason.instead}", header)

    def _last_wave(self, row: Row) -> bool:
        return row["default"].replace(" ", "") == f"${{last-saved#{row['name'].strip()}}}"

    def matrix(self, block: Block) -> Tree:
        """Return a table-list of selects with one list as a matrix."""
        row = block.row
        made = self.taking.tree(row, id=row["name"].strip(), text=self._label(row), hint=self.taking.text(row, "hint"),
                                type="matrix")  # fmt: skip
        made |= self.lists.keys(block.inside[0].row, " ".join(type_words(block.inside[0].row)))
        made["rows"] = [
            self.taking.tree(inner.row, id=inner.row["name"].strip(), label=self._label(inner.row))
            for inner in block.inside
        ]
        made |= self._required(block.inside[0].row, "")
        if row["relevant"]:
            made["relevant"] = self.taking.rule(row, "relevant", row["relevant"])
        for inner in block.inside:
            self._refuse_columns(inner.row)
        self.taking.note(
            row, f"the table became a matrix; its fields are {field_name(made['id'])}_ and the name of the row"
        )
        return made

    def roster(self, block: Block) -> Tree:
        """Return a repeat as a roster."""
        row = block.row
        columns = [inner for inner in block.inside if self._is_column(inner)]
        made = self.taking.tree(row, id=row["name"].strip(), text=self._label(row), hint=self.taking.text(row, "hint"),
                                type="roster", columns=[self._column(inner.row, row) for inner in columns])  # fmt: skip
        made |= self._rows(row) | {"row_label": dict(made["text"])}
        checks = [self._column_check(inner.row, row) for inner in columns if inner.row["constraint"]]
        made |= {"checks": checks} if checks else {}
        if row["relevant"]:
            made["relevant"] = self.taking.rule(row, "relevant", row["relevant"])
        return made

    def _is_column(self, block: Block) -> bool:
        inside = "nested repeat" if block.word == "repeat" else "group in a repeat" if block.word == "group" else ""
        if not inside and type_words(block.row)[:1] == ["note"]:
            inside = "note in a repeat"
        if inside:
            self.taking.refuse(block.row, inside, "type")
        elif block.row["relevant"]:
            self.taking.refuse(block.row, "relevant in a repeat", "relevant")
        return not inside

    def _column(self, row: Row, repeat: Row) -> Tree:
        field = field_name(repeat["name"], row["name"])
        made = self.taking.tree(row, id=row["name"].strip(), label=self._label(row), hint=self.taking.text(row, "hint"))
        made |= self._answered(row, field)
        self._bounds_told(row, made)
        return made

    def _column_check(self, row: Row, repeat: Row) -> Tree:
        return self._constraint(
            row, field_name(repeat["name"], row["name"]), Tree(type="selN", choices=[{"text": True}])
        )

    def _rows(self, row: Row) -> Tree:
        count = row["repeat_count"].strip()
        if count.isdigit() and 1 <= int(count) <= _MOST_ROWS:
            return Tree(min_rows=int(count), max_rows=int(count))
        if count:
            self.taking.refuse(row, "expression as repeat_count", "repeat_count")
        else:
            self.taking.note(row, f"a repeat has no end in XLSForm; max_rows is {_MOST_ROWS}, the most there can be")
        return Tree(max_rows=_MOST_ROWS)


def is_table(block: Block) -> bool:
    """Say whether a group is a table of selects from one list."""
    lists = {" ".join(type_words(inner.row)) for inner in block.inside}
    plain = all(
        inner.word == "row" and not inner.row["relevant"] and not inner.row["constraint"] for inner in block.inside
    )
    return (
        "table-list" in block.row["appearance"]
        and len(lists) == 1
        and plain
        and next(iter(lists)).startswith("select_one ")
    )
