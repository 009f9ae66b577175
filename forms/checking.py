"""The checks of a questionnaire from the file: what they name, where they are shown, and those of `total_of`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from forms import source
from forms.leaves import Field
from forms.maker import Maker
from forms.model import Check, Page
from forms.references import References, Use
from forms.words import SENTENCES
from uptake.contract.expressions import parse
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

NAME = re.compile(r"[a-z][a-z0-9_]{0,50}")
_SLOT = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one file on their way to the model."""

    written: source.Questionnaire
    pages: tuple[Page, ...]
    maker: Maker
    names: References

    def all(self) -> tuple[Check, ...]:
        """Return every check in the order of the file; those of totals stand after their question's own."""
        return tuple(check for check in self._all() if check is not None)

    def _all(self) -> Iterator[Check | None]:
        for page in self.written.pages:
            for question in page.questions:
                own = [name for name, leaf in self.names.fields.items() if leaf.question == question.id.value]
                for check in question.checks:
                    yield self._check(check, own[0] if len(own) == 1 else None)
                for name in own:
                    yield self._total(self.names.fields[name], question.place)
        for check in self.written.checks:
            yield self._check(check, None)

    def _check(self, written: source.Check, this: str | None) -> Check | None:
        fault = self.maker.fault
        rule = self.maker.expression(written.rule, this)
        if not NAME.fullmatch(written.id.value):
            fault(written.id.place, f'the check id "{written.id.value}" must be a-z, 0-9 and _, because it names a'
                  " column. Change it.")  # fmt: skip
        roster = None if rule is None else self.names.roster_at_hand(rule)
        self._refuse_slots(written, roster)
        if rule is None or roster is None:
            return None
        if not self.names.judge(Use(rule, "the rule", self._everywhere(), roster=roster)):
            return None
        looked_at = rule.fields
        asked = [name for name in self.names.fields if name in looked_at]
        if not asked:
            fault(written.rule.place, "the rule looks at no field, so it can never be judged. Name one, as ${e04}.")
            return None
        fields = tuple(name.value for name in written.fields)
        return Check(written.id.value, written.severity, rule, written.message, fields or tuple(asked),
                     self._last_page(asked), written.place, roster)  # fmt: skip

    def _everywhere(self) -> frozenset[str]:
        return frozenset(page.id for page in self.pages)

    def _last_page(self, asked: list[str]) -> str:
        order = [page.id for page in self.pages]
        return max((self.names.fields[name].page for name in asked), key=order.index)

    def _refuse_slots(self, written: source.Check, roster: str | None) -> None:
        """Report what message and `fields` name wrongly; of a rule that cannot be read, nobody knows the roster."""
        slots = {lang: set(_SLOT.findall(written.message[lang])) for lang in written.message}
        for lang in written.message:
            if self.names.all_known(slots[lang], written.place, f"the message ({lang})"):
                self._refuse_columns(slots[lang], written.place, f"the message ({lang})", roster)
        if len({frozenset(names) for names in slots.values()}) > 1:
            self.maker.fault(
                written.place, "the message shows other fields in one language than in the other. Use the same ${...}."
            )
        for name in written.fields:
            if self.names.all_known([name.value], name.place, '"fields"'):
                self._refuse_columns({name.value}, name.place, '"fields"', roster)
                if name.value not in self.names.fields:
                    self.maker.fault(name.place, f'"{name.value}" has no box to show a message beside. Name a field.')

    def _refuse_columns(self, names: set[str], place: Place, what: str, roster: str | None) -> None:
        for name in sorted(names):
            column = self.names.column_of(name)
            if column is not None and roster is not None and column.roster != roster:
                self.maker.fault(place, f'{what} names "{name}", of which there is one answer a row, but the rule looks'
                                 " at no single row. Remove it.")  # fmt: skip

    def _total(self, leaf: Field, place: Place) -> Check | None:
        """Return the check that a total is the sum of its parts; unknown while one of them is missing."""
        if not leaf.total_of or not all(NAME.fullmatch(name) for name in (leaf.name, *leaf.total_of)):
            return None  # a name that is none was reported where it was made
        rule = parse(f"${{{leaf.name}}} = {' + '.join(f'${{{name}}}' for name in leaf.total_of)}", place)
        message = Text(tuple((lang, said) for lang, said in SENTENCES["total"].by_lang if lang in leaf.label.as_dict()))
        return Check(
            f"total_{leaf.name}", "hard", rule, message, (leaf.name,), leaf.page, place, leaf.roster, leaf.name
        )
