"""Read the contract's tables for printing; the value of a suppressed cell stops here and is never handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports.brief import Brief, BriefTables
from reports.numbers import is_number
from uptake.contract.errors import TableError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame

HEADLINE = "headline"
NATIONAL = ("all", "all")
FIXED = 1e-6  # a relative standard error below this is what summing in floating point leaves
OPEN = frozenset({"", "none", "ok", "open", "not_applicable"})  # values of `disclosure` that hide nothing


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of `estimates`; of a suppressed cell only its names, status and reason are kept."""

    row: int
    indicator: str
    definition: str
    definition_version: str
    domain_by: str
    domain_key: str
    status: str
    reason: str
    confidential: bool
    conf_level: float | None
    ci_method: str
    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    n: int | None
    n_eff: float | None
    deff: float | None

    @property
    def shown(self) -> bool:
        """True when the value may be printed and there is one."""
        return self.estimate is not None

    @property
    def fixed(self) -> bool:
        """True when the design or the calibration fixes the number, so that it has no sampling error but rounding's.

        An all-yes cell is not fixed: its standard error is 0, but its interval is not.
        """
        if self.se is None or self.estimate is None:
            return False
        width = 0.0 if self.ci_low is None or self.ci_high is None else self.ci_high - self.ci_low
        return max(self.se, width / 4) <= FIXED * abs(self.estimate)

    @property
    def has_interval(self) -> bool:
        """True when both ends of the interval may be printed, exist, and say something."""
        return self.ci_low is not None and self.ci_high is not None and not self.fixed


@dataclass(frozen=True, slots=True)
class Assessment:
    """One row of `assessments`: a target held against the headline indicator."""

    row: int
    target: str
    indicator: str
    verdict: str
    deciding_wave: str
    numbers: Mapping[str, float]
    names: Mapping[str, str]

    def number(self, column: str) -> float | None:
        """Return a number of the row, or None where the table has none."""
        return self.numbers.get(column)


@dataclass(frozen=True, slots=True)
class Labels:
    """Names by kind and key in both languages, and their order."""

    by_key: Mapping[tuple[str, str], tuple[str, str, int]]

    def name(self, kind: str, key: str, lang: str) -> str:
        """Return the name of a thing in one language, or its code where no label was given."""
        zh, en, _ = self.by_key.get((kind, key), (key, key, 0))
        return zh if lang == "zh" else en

    def order(self, kind: str, key: str) -> int:
        """Return the place of a thing among its kind; things without label come last."""
        return self.by_key[kind, key][2] if (kind, key) in self.by_key else 1_000_000


def is_suppressed(record: Mapping[str, Any]) -> bool:
    """Tell whether the numbers of an `estimates` row must not be released, whatever the reason."""
    return record.get("status") == "suppress" or is_confidential(record)


def is_confidential(record: Mapping[str, Any]) -> bool:
    """Tell whether an `estimates` row is withheld to protect the units in it."""
    return _text(record.get("disclosure")) not in OPEN


def reading_keys(indicator: str, definition: str) -> frozenset[str]:
    """Return the ways `assessments` may name a reading: `PEN-01/dk_out`, and the bare indicator for its headline."""
    keys = {f"{indicator}/{definition}"}
    return frozenset(keys | {indicator} if definition == HEADLINE else keys)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""  # an empty cell is None, NaN or NA by the table's origin


def _number(value: object) -> float | None:
    return float(value) if is_number(value) else None  # type: ignore[arg-type]


def _records(frame: DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in record.items()} for record in frame.to_dict("records")]


def read_cells(estimates: DataFrame) -> tuple[Cell, ...]:
    """Return the rows of `estimates` as cells, in table order."""
    return tuple(_cell(row, record) for row, record in enumerate(_records(estimates)))


def _cell(row: int, record: Mapping[str, Any]) -> Cell:
    hidden = is_suppressed(record)

    def value(column: str) -> float | None:
        return None if hidden else _number(record.get(column))

    n = None if is_confidential(record) else _number(record.get("n"))
    return Cell(
        row=row, indicator=_text(record["indicator"]), definition=_text(record["definition"]),
        definition_version=_text(record.get("definition_version")), domain_by=_text(record["domain_by"]),
        domain_key=_text(record["domain_key"]), status="suppress" if hidden else _text(record["status"]),
        reason=_text(record.get("reason")), confidential=is_confidential(record),
        conf_level=_number(record.get("conf_level")), ci_method=_text(record.get("ci_method")),
        estimate=value("estimate"), se=value("se"), ci_low=value("ci_low"), ci_high=value("ci_high"),
        n=None if n is None else int(n), n_eff=value("n_eff"), deff=value("deff"),
    )  # fmt: skip


_ASSESSED = ("target_value", "estimate", "one_sided_level", "lower_bound", "upper_bound",
             "definition_low", "definition_high", "units_lacking", "units_lacking_low", "units_lacking_high",
             "required_per_year")  # fmt: skip


def read_assessments(assessments: DataFrame, cells: Iterable[Cell]) -> tuple[Assessment, ...]:
    """Return the national rows of `assessments`; those of a suppressed estimate keep only target and verdict."""
    hidden = {cell.indicator for cell in cells if (cell.domain_by, cell.domain_key) == NATIONAL
              and cell.definition == HEADLINE and not cell.shown}  # fmt: skip
    rows = enumerate(_records(assessments))
    return tuple(_assessment(row, record, record["indicator"] in hidden) for row, record in rows
                 if (record["domain_by"], record["domain_key"]) == NATIONAL)  # fmt: skip


def _assessment(row: int, record: Mapping[str, Any], hidden: bool) -> Assessment:
    kept = ("target_value", "one_sided_level") if hidden else _ASSESSED
    found = {column: _number(record.get(column)) for column in kept}
    names = {column: _text(record.get(column)) for column in ("range_low_definition", "range_high_definition")}
    numbers = {column: value for column, value in found.items() if value is not None}
    target, indicator, verdict, wave = (
        _text(record[key]) for key in ("target", "indicator", "verdict", "deciding_wave")
    )
    return Assessment(row, target, indicator, verdict, wave, numbers, names)


def read_labels(labels: DataFrame) -> Labels:
    """Return the names of the study's indicators, domains and targets."""
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    for record in _records(labels):
        order = _number(record.get("order"))
        found[_text(record["kind"]), _text(record["key"])] = (
            _text(record["zh"]), _text(record["en"]), 1_000_000 if order is None else int(order))  # fmt: skip
    return Labels(found)


def pick(cells: Iterable[Cell], indicator: str, **where: str) -> tuple[Cell, ...]:
    """Return the cells of one indicator whose named columns hold the values asked for, in table order."""
    tests: list[Callable[[Cell], bool]] = [lambda c, k=k, v=v: getattr(c, k) == v for k, v in where.items()]  # type: ignore[misc]
    return tuple(cell for cell in cells if cell.indicator == indicator and all(test(cell) for test in tests))


def national(cells: Iterable[Cell], indicator: str, definition: str = HEADLINE) -> Cell | None:
    """Return the national cell of an indicator, or None where the table has none."""
    found = pick(cells, indicator, definition=definition, domain_by="all", domain_key="all")
    return found[0] if found else None


def by_domain(cells: Iterable[Cell], indicator: str, by: str, labels: Labels) -> tuple[Cell, ...]:
    """Return the headline cells of an indicator by one kind of domain, in the order of the labels (never by value)."""
    found = pick(cells, indicator, definition=HEADLINE, domain_by=by)
    return tuple(sorted(found, key=lambda c: (labels.order("domain_key", f"{by}/{c.domain_key}"), c.domain_key)))


def check_brief(tables: BriefTables, brief: Brief, cells: Iterable[Cell]) -> None:
    """Refuse a brief that names an indicator or a domain which the estimates do not hold."""
    cells = tuple(cells)
    waves = {str(wave) for wave in tables.estimates["wave"].unique()}
    if len(waves) > 1:
        raise TableError(f"estimates holds the waves {', '.join(sorted(waves))}; a brief is printed from one wave,"
                         " and rates of several must not stand in one figure. Hand over one wave.")  # fmt: skip
    known = {cell.indicator for cell in cells if (cell.domain_by, cell.domain_key) == NATIONAL}
    for name in brief.indicators():
        if name not in known:
            raise TableError(f'{brief.place}: the brief prints the indicator "{name}", for which estimates has no'
                             f" national row.{did_you_mean(name, known)} Known:"
                             f" {', '.join(sorted(known)) or 'none'}.")  # fmt: skip
    for figure in brief.domains:
        kinds = {cell.domain_by for cell in cells if cell.indicator == (figure.indicator or brief.headline)}
        if figure.by not in kinds:
            named = figure.indicator or brief.headline
            raise TableError(f'{figure.place}: the brief prints "{named}" by "{figure.by}",'
                             f" for which estimates has no row.{did_you_mean(figure.by, kinds)}"
                             f" Known: {', '.join(sorted(kinds - {'all'})) or 'none'}.")  # fmt: skip
