"""Read the returns of a study folder: every fault with its file and line, then one frozen Return each."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from forms.digest import document_digest, plain
from forms.model import Header
from forms.returns import source
from forms.returns.model import Change, Code, Dimension, Measure, Metric, Return
from forms.returns.rows import COLUMNS
from uptake.contract.errors import Fault, did_you_mean
from uptake.contract.yamlfile import Place, Scalar, read_yaml

FOLDER = "returns"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_METRIC = re.compile(r"[A-Z][A-Za-z0-9_-]{0,20}")
_RATE_UNIT = re.compile(r"[%％‰]|百分|per cent|percent", re.IGNORECASE)
_RATE_LABEL = re.compile(
    r"[%％‰]|百分|占比|比率|平均|\b(rate|share|percent|percentage|mean|average|ratio)\b", re.IGNORECASE
)


def load_returns(study_dir: Path, *, faults: list[Fault]) -> dict[str, Return]:
    """Load every `returns/*.yaml` of a study folder.

    study_dir: the study folder; faults: receives every fault as file, line and sentence.
    Returns the returns by id; one that has a fault is left out.
    """
    loaded = {}
    for path in sorted((study_dir / FOLDER).glob("*.yaml")):
        made = load_return(path, root=study_dir, faults=faults)
        if made is not None:
            loaded[made.id] = made
    return loaded


def load_return(path: Path, *, root: Path, faults: list[Fault]) -> Return | None:
    """Load one return file; None where it has faults, which are added to `faults`."""
    before = len(faults)
    written = read_yaml(path, source.Return, root=root, faults=faults)
    if written is None:
        return None
    if written.id.value != path.stem:
        message = f'the id "{written.id.value}" differs from the file name, by which others find it. Write {path.stem}.'
        faults.append(Fault(str(written.id.place), message))
    made = _Loading(written, faults).made()
    return made if len(faults) == before else None


def return_document(written: source.Return) -> dict[str, Any]:
    """Return everything a return says as plain data, layout left out: what is published and what the digest is of."""
    return {"return": plain(written)}


def return_digest(written: source.Return) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of everything a return says."""
    return document_digest(return_document(written))


def written_return(study_dir: Path, return_id: str) -> source.Return:
    """Return a return as it is written, once it was loaded without a fault."""
    written = read_yaml(study_dir / FOLDER / f"{return_id}.yaml", source.Return, root=study_dir, faults=[])
    assert written is not None, "the return was loaded from this file a moment ago"
    return written


@dataclass(slots=True)
class _Loading:
    """One file on its way from what is written to a Return."""

    written: source.Return
    faults: list[Fault]

    def fault(self, place: Place, message: str) -> None:
        self.faults.append(Fault(str(place), message))

    def made(self) -> Return:
        written = self.written
        self.refuse_bounds()
        dimensions = self.dimensions()
        self.refuse_twice("metric", (metric.id for metric in written.metrics))
        metrics = [self.metric(metric, dimensions) for metric in written.metrics]
        if not metrics:
            self.fault(written.place, "the return has no metrics, so nobody could send anything. List some.")
        return Return(
            id=written.id.value,
            title=written.title,
            definition_version=written.definition_version.value,
            text_version=written.text_version.value,
            header=self.header(),
            notices=written.notices,
            period=written.period,
            due_day=written.due_day,
            open_months=written.open_months,
            metrics={metric.id: metric for metric in metrics},
            sha256=return_digest(written),
        )

    def refuse_bounds(self) -> None:
        written = self.written
        if not 1 <= written.due_day <= 31:
            self.fault(written.place, f"due_day is {written.due_day}; it is a day of the month after the period. Write"
                       " 1 to 31.")  # fmt: skip
        if not 0 <= written.open_months <= 24:
            self.fault(written.place, f"open_months is {written.open_months}; so many months a row sent again replaces"
                       " the one before. Write 0 to 24.")  # fmt: skip

    def header(self) -> Header:
        written = self.written.header
        try:
            until = datetime.date.fromisoformat(written.valid_until.value)
        except ValueError:
            self.fault(written.valid_until.place, f'"{written.valid_until.value}" is not a date, so nobody can tell'
                       " whether the form has lapsed. Write it as 2027-12-31.")  # fmt: skip
            until = datetime.date.min
        names = [key.name for key in dataclasses.fields(Header) if key.name != "valid_until"]
        return Header(valid_until=until, **{name: getattr(written, name) for name in names})

    def refuse_twice(self, noun: str, ids: Iterable[Scalar]) -> None:
        first: dict[str, Place] = {}
        for scalar in ids:
            if scalar.value in first:
                self.fault(scalar.place, f'the {noun} "{scalar.value}" stands on line {first[scalar.value].line}'
                           " already, and one of the two would be lost. Give each its own id.")  # fmt: skip
            first.setdefault(scalar.value, scalar.place)

    def refuse_shape(self, noun: str, scalar: Scalar, shape: re.Pattern[str], words: str) -> None:
        if not shape.fullmatch(scalar.value):
            self.fault(scalar.place, f'the {noun} id "{scalar.value}" must {words}. Change it.')

    def dimensions(self) -> dict[str, Dimension]:
        self.refuse_twice("dimension", (item.id for item in self.written.dimensions))
        made = {}
        for item in self.written.dimensions:
            self.refuse_twice("code", (Scalar(code.code, code.place) for code in item.codes))
            if not item.codes:
                self.fault(item.place, f'the dimension "{item.id.value}" has no codes, so no row could be sent. List'
                           " some.")  # fmt: skip
            codes = tuple(Code(code.code, code.label) for code in item.codes)
            made[item.id.value] = Dimension(item.id.value, item.name, codes)
        return made

    def metric(self, written: source.Metric, dimensions: Mapping[str, Dimension]) -> Metric:
        self.refuse_shape("metric", written.id, _METRIC, "begin with a capital letter and have letters, digits, _ or -")
        self.refuse_twice("measure", (measure.id for measure in written.measures))
        if not written.measures:
            self.fault(
                written.place, f'the metric "{written.id.value}" has no measures, so it has no number. List one.'
            )
        known = {measure.id.value: measure for measure in written.measures}
        return Metric(
            id=written.id.value,
            name=written.name,
            kind=written.kind,
            definition=written.definition,
            measures=tuple(self.measure(measure, known) for measure in written.measures),
            dimension=self.dimension(written, dimensions),
            change=self.change(written.change or self.written.change),
            place=written.place,
        )

    def dimension(self, written: source.Metric, dimensions: Mapping[str, Dimension]) -> Dimension | None:
        named = written.dimension
        if named is None:
            return None
        if named.value not in dimensions:
            near = did_you_mean(named.value, dimensions)
            self.fault(named.place, f'no dimension is called "{named.value}". Add it to dimensions.{near}')
        return dimensions.get(named.value)

    def change(self, written: source.Change | None) -> Change | None:
        if written is None:
            return None
        least, most = self.number(written.least), self.number(written.most)
        if least is not None and most is not None and not 0 < least < 1 < most:
            self.fault(written.place, f"change is {least} to {most}; no change at all is 1, so the bounds lie on both"
                       " sides of it. Write such as {least: 0.2, most: 5}.")  # fmt: skip
        return None if least is None or most is None else Change(least, most)

    def number(self, written: Scalar) -> Decimal | None:
        try:
            made = Decimal(written.value)
        except InvalidOperation:
            made = Decimal("NaN")
        if made.is_finite():
            return made
        self.fault(written.place, f'"{written.value}" is not a number. Write digits such as 0.2.')
        return None

    def measure(self, written: source.Measure, known: Mapping[str, source.Measure]) -> Measure:
        name, place = written.id.value, written.place
        self.refuse_shape("measure", written.id, _NAME, "be a-z, 0-9 and _, because it names a column")
        if name in COLUMNS:
            self.fault(place, f'the measure id "{name}" is a column that every row has already. Change it.')
        self.refuse_rates(written)
        if (written.type == "int") != (written.decimals == 0) or not 0 <= written.decimals <= 6:
            self.fault(place, f'the measure "{name}" is of type {written.type} with {written.decimals} decimals. Write'
                       ' "type: int" without decimals, or "type: dec" with 1 to 6.')  # fmt: skip
        for key, other in (("part_of", written.part_of), ("counts", written.counts)):
            self.refuse_unknown(name, key, other, known)
        self.refuse_circles(written, known)
        return Measure(
            id=name,
            type=written.type,
            label=written.label,
            unit=written.unit,
            decimals=written.decimals,
            required=written.required,
            part_of=written.part_of.value if written.part_of else None,
            counts=written.counts.value if written.counts else None,
        )

    def refuse_rates(self, written: source.Measure) -> None:
        units = " ".join(written.unit.as_dict().values())
        labels = " ".join(written.label.as_dict().values())
        if _RATE_UNIT.search(units) or _RATE_LABEL.search(labels):
            self.fault(written.place, f'the measure "{written.id.value}" is a percentage or a mean, and neither can be'
                       " added up over units or months. Collect the part and the whole, or the sum and the"
                       " count.")  # fmt: skip

    def refuse_unknown(self, name: str, key: str, other: Scalar | None, known: Mapping[str, source.Measure]) -> None:
        if other is not None and (other.value not in known or other.value == name):
            near = did_you_mean(other.value, [measure for measure in known if measure != name])
            self.fault(other.place, f'"{key}" of the measure "{name}" names "{other.value}", which is no other measure'
                       f" of the metric.{near}")  # fmt: skip

    def refuse_circles(self, written: source.Measure, known: Mapping[str, source.Measure]) -> None:
        seen, at = {written.id.value}, written.part_of
        while at is not None and at.value in known and at.value != written.id.value:
            if at.value in seen:
                return  # a circle that others are in: reported by them
            seen.add(at.value)
            at = known[at.value].part_of
        if at is not None and at.value == written.id.value and written.part_of is not at:
            self.fault(written.place, f'the measure "{written.id.value}" is part of itself by way of others. Take out'
                       ' one "part_of".')  # fmt: skip
