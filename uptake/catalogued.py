"""What the catalogue says of the other files of a study: its sources, fields, codes and bases must be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from uptake.bases import base_faults
from uptake.catalogue import LAST
from uptake.contract.errors import Fault, did_you_mean

if TYPE_CHECKING:
    from analysis.catalogue import Entry, Measure
    from analysis.indicators import Indicator
    from forms.model import Questionnaire
    from forms.returns import Return
    from uptake.contract.yamlfile import Scalar
    from uptake.study import Study

_ROW = frozenset({"unit_id", "period", "metric", "dimension"})


def catalogue_faults(study: Study) -> Iterator[Fault]:
    """List what the catalogue of a study names and the study does not have, and bases that were routed away."""
    if study.catalogue is None:
        return
    known = {indicator.id for indicator in study.indicators}
    for name, entry, measure in study.catalogue.measures():
        if measure.indicator is not None and measure.indicator.value not in known:
            near = did_you_mean(measure.indicator.value, known)
            yield Fault(str(measure.indicator.place), f'"{name}" is the indicator "{measure.indicator.value}", which'
                        f" indicators.yaml does not have.{near}")  # fmt: skip
        if measure.kind == "formula":
            yield from _formula_faults(study, name, entry, measure)


def _formula_faults(study: Study, name: str, entry: Entry, measure: Measure) -> Iterator[Fault]:
    from analysis.catalogue import formulas

    assert measure.source is not None
    source = measure.source.value
    first = formulas(name, entry, measure)[0]
    if source in study.questionnaires:
        yield from _answer_faults(study, study.questionnaires[source], measure, first)
    elif source in study.returns:
        yield from _unknown(first, _ROW | set(study.returns[source].measures), f'the return "{source}"')
        yield from _metric_faults(study.returns[source], first)
    else:
        near = did_you_mean(source, [*study.questionnaires, *study.returns])
        yield Fault(str(measure.source.place), f'"{name}" is computed from "{source}", which is neither a questionnaire'
                    f" nor a return of the study.{near}")  # fmt: skip


def _answer_faults(
    study: Study, questionnaire: Questionnaire, measure: Measure, indicator: Indicator
) -> Iterator[Fault]:
    names = {name for name, leaf in questionnaire.fields.items() if not leaf.identity}
    if measure.roster is not None:
        if measure.roster.value not in questionnaire.rosters:
            near = did_you_mean(measure.roster.value, questionnaire.rosters)
            yield Fault(str(measure.roster.place), f'the questionnaire "{questionnaire.id}" has no roster'
                        f' "{measure.roster.value}".{near}')  # fmt: skip
            return
        rows = {leaf.name for leaf in questionnaire.rosters[measure.roster.value].columns}
        yield from _unknown(indicator, names & rows, f'a row of the roster "{measure.roster.value}"')
    else:
        names |= {f"{name}{LAST}" for name in names} | {f"confirmed_{check}" for check in questionnaire.soft_checks}
        names |= {f"arm_{experiment}" for experiment in questionnaire.experiments}
        names |= {item.column for item in questionnaire.sample.values()}
        names |= {domain.column for domain in study.settings.domains}
        names -= {leaf.name for roster in questionnaire.rosters.values() for leaf in roster.columns}
        yield from _unknown(indicator, names, f'the questionnaire "{questionnaire.id}"')
        yield from base_faults(questionnaire, indicator)
    yield from _code_faults(questionnaire, measure)


def _fields(scalar: Scalar) -> frozenset[str]:
    from uptake.contract.expressions import parse

    return parse(scalar.value, scalar.place).fields


def _unknown(indicator: Indicator, known: set[str] | frozenset[str], what: str) -> Iterator[Fault]:
    for scalar in indicator.expressions():
        for name in sorted(_fields(scalar) - known):
            near = did_you_mean(name, known)
            yield Fault(str(scalar.place), f'"{indicator.id}" counts "{name}", which {what} does not have.{near}')


def _metric_faults(definition: Return, indicator: Indicator) -> Iterator[Fault]:
    """A return's measure means one thing in each metric, so a formula over it must say which metric it counts."""
    from uptake.contract.expressions import parse
    from uptake.contract.expressions.tree import Comparison, String, walk

    scalar = indicator.where
    named = [] if scalar is None else [
        node.right.value for node, _ in walk(parse(scalar.value, scalar.place).node)
        if isinstance(node, Comparison) and node.sign == "=" and isinstance(node.right, String)
        and node.right.value.startswith("M-")
    ]  # fmt: skip
    if not named:
        yield Fault(str(indicator.place), f'"{indicator.id}" does not say which metric of the return "{definition.id}"'
                    " it counts. Add where: \"${metric} = 'M-01'\".")  # fmt: skip
    for name in named:
        if name not in definition.metrics:
            near = did_you_mean(name, definition.metrics)
            yield Fault(str(indicator.place), f'"{indicator.id}" counts the metric "{name}", which the return'
                        f' "{definition.id}" does not have.{near}')  # fmt: skip


def _code_faults(questionnaire: Questionnaire, measure: Measure) -> Iterator[Fault]:
    if not measure.codes or measure.numerator is None:
        return
    asked = [questionnaire.fields[name] for name in sorted(_fields(measure.numerator)) if name in questionnaire.fields]
    known = {choice.code for leaf in asked for choice in leaf.choices}
    for code in measure.codes:
        if code not in known:
            yield Fault(str(measure.place), f'"{measure.id}" counts the choice "{code}", which none of its questions'
                        f" offers.{did_you_mean(code, known)}")  # fmt: skip
