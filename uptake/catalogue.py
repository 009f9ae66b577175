"""Every indicator of the catalogue, computed from the tables of a wave: answers, rosters, returns, other sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from uptake.contract.errors import EstimationError
from uptake.contract.yamlfile import Scalar

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.catalogue import Catalogue, Entry, Measure
    from analysis.indicators import Indicator
    from analysis.plan import DesignPlan
    from forms.returns import Ledger, Return

LAST = "_last"


@dataclass(frozen=True, slots=True)
class WaveTables:
    """What a wave left: `responses` and `weights` by questionnaire, long tables by roster, rows by return.

    last: the responses of the previous wave, by questionnaire. quality: the table of stages 4 and 5. external: values
    of other sources by id. weights may be left out where the plan is one of own data, whose weights are in the answers.
    """

    wave: str
    responses: Mapping[str, DataFrame]
    weights: Mapping[str, DataFrame] = field(default_factory=dict)
    rosters: Mapping[str, DataFrame] = field(default_factory=dict)
    last: Mapping[str, DataFrame] = field(default_factory=dict)
    returns: Mapping[str, DataFrame] = field(default_factory=dict)
    quality: DataFrame | None = None
    external: Mapping[str, float] = field(default_factory=dict)


def return_rows(definition: Return, ledger: Ledger) -> DataFrame:
    """Return what stands in a ledger as a table: unit, period, metric, dimension, and a column for each measure."""
    import pandas as pd

    rows = [
        {"unit_id": row.unit, "period": row.period, "metric": row.metric, "dimension": row.dimension}
        | {
            measure.id: value
            for measure, value in zip(definition.metrics[row.metric].measures, row.values, strict=True)
        }
        for row in ledger.rows(definition)
    ]
    made = pd.DataFrame(rows, columns=["unit_id", "period", "metric", "dimension", *definition.measures])
    return made.astype(dict.fromkeys(definition.measures, "float64"))


def compute_catalogue(
    catalogue: Catalogue, indicators: tuple[Indicator, ...], tables: WaveTables, plan: DesignPlan
) -> dict[str, float]:
    """Compute every measure of a catalogue for which the tables are there.

    Formulas over answers go through `analysis.estimate` with the weights and the design of the plan; formulas over a
    return are added up, since a return is a census. Gives point values only; standard errors come with `estimate`.
    catalogue, indicators: of the study; tables: of the wave; plan: how the answers were drawn.
    Returns values by name, `PEN-06.agency`, with the code behind another dot where a measure has codes. A measure whose
    table is missing has no value.
    """
    work = _Work({item.id: item for item in indicators}, tables, plan, {}, {}, {}, {})
    for name, entry, measure in catalogue.measures():
        work.collect(name, entry, measure)
    work.estimate_all()
    for name, _, measure in catalogue.measures():
        work.derive(name, measure)
    return work.values


@dataclass(frozen=True, slots=True)
class _Work:
    """A catalogue under way: what is to be estimated from each questionnaire, and what is known so far."""

    indicators: Mapping[str, Indicator]
    tables: WaveTables
    plan: DesignPlan
    values: dict[str, float]
    made: dict[str, Indicator]
    data: dict[str, DataFrame]
    sums: dict[tuple[str, str], list[str]]

    def collect(self, name: str, entry: Entry, measure: Measure) -> None:
        """Note what is to be estimated; what a return or the rows of a roster give is added up at once."""
        from analysis.catalogue import formulas

        if measure.indicator is not None:
            self._note(replace(self.indicators[measure.indicator.value], id=name, variants=()))
        elif measure.kind == "formula":
            for indicator in formulas(name, entry, measure):
                source = str(indicator.questionnaire)
                if source in self.tables.returns:
                    self.values[indicator.id] = _census(indicator, self.tables.returns[source])
                elif measure.roster is not None:
                    self._note_sums(indicator, measure.roster.value)
                else:
                    self._note(indicator)

    def _note(self, indicator: Indicator) -> None:
        asked = str(indicator.questionnaire)
        if asked not in self.tables.responses:
            return
        if asked not in self.data:
            self.data[asked] = self._with_last(asked)
        if asked in self.tables.last or not any(LAST in scalar.value for scalar in indicator.expressions()):
            self.made[indicator.id] = indicator

    def _with_last(self, asked: str) -> DataFrame:
        """Return the answers, with those of the previous wave beside them where there was one."""
        data, last = self.tables.responses[asked], self.tables.last.get(asked)
        if last is None:
            return data
        fields = [str(name) for name in last.columns if f"{name}_state" in last.columns]
        before = last[["unit_id", *fields]].rename(columns={name: f"{name}{LAST}" for name in fields})
        return data.merge(before, on="unit_id", how="left", validate="one_to_one")

    def _note_sums(self, indicator: Indicator, roster: str) -> None:
        """Note a formula over the rows of a roster: a formula over what they add up to in each unit."""
        if roster not in self.tables.rosters or indicator.questionnaire not in self.tables.responses:
            return
        sums = self.sums.setdefault((str(indicator.questionnaire), roster), [])
        above, below = (f"{roster}_{part}_{len(sums)}" for part in ("above", "below"))
        sums.append(_sums(indicator, self.tables.rosters[roster], (above, below)))
        self._note(
            replace(
                indicator,
                numerator=Scalar(f"${{{above}}}", indicator.place),
                denominator=Scalar(f"${{{below}}}", indicator.place) if indicator.denominator else None,
                where=None,
            )
        )

    def estimate_all(self) -> None:
        """Estimate what was noted, all of a questionnaire together; a base that nobody belongs to has no value."""
        for (asked, roster), sums in self.sums.items():
            self.data[asked] = _with_sums(self.data[asked], self.tables.rosters[roster], sums)
        for asked in self.data:
            together = [item for item in self.made.values() if item.questionnaire == asked]
            try:
                self.values.update(self._estimated(together, ()))
            except EstimationError:
                for item in together:
                    self.values.update(self._alone(item))

    def _alone(self, indicator: Indicator) -> dict[str, float]:
        try:
            return self._estimated([indicator], ())
        except EstimationError as error:
            if error.code != "empty_base":
                raise
            return {}

    def _estimated(self, indicators: list[Indicator], domains: tuple[str, ...]) -> dict[str, float]:
        """Return the estimates by name; with a domain, the code stands behind another dot."""
        from analysis import estimate

        asked = str(indicators[0].questionnaire)
        wanted = [replace(item, domains=domains) for item in indicators]
        weights = self.tables.weights.get(asked)
        made = estimate(self.data[asked], weights, self.plan, wanted, wave=self.tables.wave).estimates
        made = made[made["domain_by"] == (domains[0] if domains else "all")]
        names = made["indicator"] + ("." + made["domain_key"] if domains else "")
        return dict(zip(names, made["estimate"].astype(float), strict=True))

    def derive(self, name: str, measure: Measure) -> None:
        """Compute what is made from other measures and from other tables."""
        if measure.of is not None and measure.by is not None:
            self.values.update(self._by(measure.of.value, measure.by, name))
        elif measure.difference:
            self._difference(name, measure)
        elif measure.external is not None and measure.external in self.tables.external:
            self.values[name] = self.tables.external[measure.external]
        elif measure.quality is not None and self.tables.quality is not None:
            self._quality(name, self.tables.quality, measure.quality)
        elif measure.index and all(part.measure.value in self.values for part in measure.index):
            shares = [(self.values[part.measure.value] - part.low) / (part.high - part.low) for part in measure.index]
            parts = zip(measure.index, shares, strict=True)
            self.values[name] = 100 * sum(part.weight * min(1.0, max(0.0, share)) for part, share in parts)

    def _by(self, of: str, column: str, name: str) -> dict[str, float]:
        if of not in self.made:
            return {}
        return self._estimated([replace(self.made[of], id=name)], (column,))

    def _difference(self, name: str, measure: Measure) -> None:
        one, other = (scalar.value for scalar in measure.difference)
        values = self.values
        if measure.by is not None:
            values = self._by(one, measure.by, "one") | self._by(other, measure.by, "other")
            one, other = f"one.{measure.keys[0]}", f"other.{measure.keys[1]}"
        if one in values and other in values:
            self.values[name] = values[one] - values[other]

    def _quality(self, name: str, table: DataFrame, item: str) -> None:
        found = table[(table["item"] == item) & (table["domain_by"] == "all")]["value"]
        if len(found):
            self.values[name] = float(found.iloc[0])


def _row_sql(indicator: Indicator, data: DataFrame) -> tuple[str, str | None, str]:
    """Return numerator, denominator and condition of one row as SQL."""
    from analysis.readings import column_kinds
    from uptake.contract.expressions import Kind, parse, to_duckdb

    kinds = column_kinds(data)

    def sql(scalar: Scalar, to: Kind) -> str:
        expression = parse(scalar.value, scalar.place)
        unknown = sorted(expression.fields - set(kinds))
        if unknown:
            raise EstimationError(
                f'{scalar.place}: "{indicator.id}" counts "{unknown[0]}", which its rows do not have.'
            )
        return f"({to_duckdb(expression, kinds=kinds, to=to)})"

    above = sql(indicator.numerator, "any")
    if parse(indicator.numerator.value).kind == "bool":
        above = f"(CASE WHEN {above} THEN 1 WHEN NOT {above} THEN 0 END)"
    below = sql(indicator.denominator, "number") if indicator.denominator else None
    return above, below, sql(indicator.where, "bool") if indicator.where else "TRUE"


def _sums(indicator: Indicator, rows: DataFrame, names: tuple[str, str]) -> str:
    """Return the SQL of two sums over rows, of the numerator and of the denominator, where both are known."""
    above, below, where = _row_sql(indicator, rows)
    counted = f"{where} AND ({above}) IS NOT NULL" + (f" AND ({below}) IS NOT NULL" if below else "")
    parts = ((above, names[0]), (below or "1", names[1]))
    return ", ".join(f"SUM(CASE WHEN {counted} THEN CAST({sql} AS DOUBLE) END) AS {name}" for sql, name in parts)


def _census(indicator: Indicator, rows: DataFrame) -> float:
    """Add up a formula over the rows of a return."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("rows", rows)
        found = connection.execute(f"SELECT {_sums(indicator, rows, ('above', 'below'))} FROM rows").fetchone()
    total, count = found or (None, None)
    if total is None or count is None:
        return float("nan")
    return float(total) if indicator.type == "total" else float(total) / float(count)


def _with_sums(responses: DataFrame, rows: DataFrame, sums: list[str]) -> DataFrame:
    """Return the responses with sums over each unit's rows; 0 for a unit without rows."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("rows", rows)
        added = connection.execute(f"SELECT unit_id, {', '.join(sums)} FROM rows GROUP BY unit_id").fetch_df()
    names = [str(name) for name in added.columns if name != "unit_id"]
    return responses.merge(added, on="unit_id", how="left").fillna(dict.fromkeys(names, 0.0))
