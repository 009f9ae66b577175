"""What the files of a study say of one another: every reference leads somewhere, every base was asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from uptake.bases import base_faults
from uptake.catalogued import catalogue_faults
from uptake.contract.errors import Fault, did_you_mean

if TYPE_CHECKING:
    from analysis.indicators import Indicator
    from forms.model import Questionnaire
    from uptake.contract.yamlfile import Scalar
    from uptake.study import Study

ALL = "all"


def cross_faults(study: Study, known: Iterable[Fault] = ()) -> list[Fault]:
    """List every fault between the files of a study: unknown fields, domains, indicators, waves and routed bases.

    known: the faults inside single files. A file that has some is not compared, since it could not be read whole.
    """
    broken = {fault.where.split(":")[0].split("/")[0] for fault in known}
    checks = {
        _questionnaire_faults: {"study.yaml", "questionnaires"},
        _all_indicator_faults: {"indicators.yaml", "questionnaires"},
        _domain_faults: {"study.yaml", "design.yaml", "indicators.yaml"},
        _wording_faults: {"design.yaml", "questionnaires"},
        _target_faults: {"targets.yaml", "indicators.yaml"},
        _pooling_faults: {"targets.yaml", "indicators.yaml"},
        catalogue_faults: {"catalogue.yaml", "indicators.yaml", "questionnaires", "returns", "study.yaml"},
        _brief_indicator_faults: {"briefs", "indicators.yaml"},
        _brief_domain_faults: {"study.yaml"},
        _words_faults: {"words"},
    }
    return [fault for check, files in checks.items() if not files & broken for fault in check(study)]


def _words_faults(study: Study) -> Iterator[Fault]:
    """Say what the program's words in a further language lack on the pages of the collector."""
    from collector.words import words_faults

    yield from words_faults(study.folder)


def _all_indicator_faults(study: Study) -> Iterator[Fault]:
    for indicator in study.indicators:
        yield from _indicator_faults(study, indicator)


def _questionnaire_faults(study: Study) -> Iterator[Fault]:
    asked = [(study.settings.questionnaire, study.settings.place)]
    asked += [(wave.questionnaire, wave.place) for wave in study.settings.waves]
    for named, place in asked:
        if named is not None and named not in study.questionnaires:
            near = did_you_mean(named, study.questionnaires)
            yield Fault(str(place), f'questionnaire "{named}" is not in questionnaires/.{near}')


def _indicator_faults(study: Study, indicator: Indicator) -> Iterator[Fault]:
    if indicator.questionnaire is None:
        return
    questionnaire = study.questionnaires.get(indicator.questionnaire)
    if questionnaire is None:
        near = did_you_mean(indicator.questionnaire, study.questionnaires)
        yield Fault(str(indicator.place), f'indicator "{indicator.id}" counts answers to the questionnaire'
                    f' "{indicator.questionnaire}", which the study does not have.{near}')  # fmt: skip
        return
    for scalar in indicator.expressions():
        yield from _field_faults(study, questionnaire, indicator, scalar)
    yield from base_faults(questionnaire, indicator)


def _fields(scalar: Scalar) -> frozenset[str]:
    from uptake.contract.expressions import parse

    return parse(scalar.value, scalar.place).fields


def _known(study: Study, questionnaire: Questionnaire) -> set[str]:
    """Every name an indicator may use: fields that are exported, confirmations, columns of the frame with names."""
    names = {name for name, field in questionnaire.fields.items() if not field.identity}
    names |= {f"confirmed_{check}" for check in questionnaire.soft_checks}
    names |= {f"arm_{experiment}" for experiment in questionnaire.experiments}
    names |= {item.column for item in questionnaire.sample.values()}
    return names | {domain.column for domain in study.settings.domains}


def _field_faults(study: Study, questionnaire: Questionnaire, indicator: Indicator, scalar: Scalar) -> Iterator[Fault]:
    known = _known(study, questionnaire)
    for name in sorted(_fields(scalar) - known):
        why = _why_unknown(study, questionnaire, name)
        near = did_you_mean(name, known) if why.endswith("has") else ""
        yield Fault(str(scalar.place), f'indicator "{indicator.id}" counts answers to "{name}", {why}.{near}')


def _why_unknown(study: Study, questionnaire: Questionnaire, name: str) -> str:
    if name in questionnaire.fields:
        return "which identifies the unit and is never exported"
    for other in study.questionnaires.values():
        if name in other.fields:
            return (f'a field of the questionnaire "{other.id}", while it counts those of "{questionnaire.id}"; the'
                    " units of two questionnaires are never pooled")  # fmt: skip
    return "which no questionnaire has"


def _domain_faults(study: Study) -> Iterator[Fault]:
    known = {domain.column for domain in study.settings.domains}
    used = [(str(study.plan.place), domain) for domain in study.plan.domains]
    used += [(str(indicator.place), domain) for indicator in study.indicators for domain in indicator.domains or ()]
    for where, domain in dict.fromkeys(used):
        for column in domain.split("*"):
            if column not in known | {ALL}:
                yield Fault(where, f'the domain column "{column}" has no names in study.yaml (`domains`), so its rows'
                            f" could not be printed.{did_you_mean(column, known)}")  # fmt: skip


def _wording_faults(study: Study) -> Iterator[Fault]:
    """An experiment of the design deals the very arms for which a questionnaire has words."""
    tried = [(asked, one) for asked in study.questionnaires.values() for one in asked.experiments.values()]
    for dealt in study.plan.experiments:
        readers = [(asked, one) for asked, one in tried if one.column == dealt.column]
        if not readers:
            near = did_you_mean(dealt.column, {one.column for _, one in tried})
            yield Fault(str(dealt.place), f'the experiment "{dealt.id}" deals arms into the column "{dealt.column}",'
                        " which the wordings of no questionnaire read, so every unit sees the same words."
                        f"{near}")  # fmt: skip
        for asked, one in readers:
            if set(one.arms) != set(dealt.arms):
                yield Fault(str(dealt.place), f'the experiment "{dealt.id}" deals the arms {", ".join(dealt.arms)}, but'
                            f' the questionnaire "{asked.id}" knows {", ".join(one.arms)} in the column'
                            f' "{dealt.column}". Write the same arms in both.')  # fmt: skip


def _target_faults(study: Study) -> Iterator[Fault]:
    known = {indicator.id for indicator in study.indicators}
    for target in study.targets:
        for name in dict.fromkeys((target.indicator, *target.definition_range)):
            if name not in known:
                yield Fault(str(target.place), f'target "{target.id}" names the indicator "{name}", which'
                            f" indicators.yaml does not have.{did_you_mean(name, known)}")  # fmt: skip


def _pooling_faults(study: Study) -> Iterator[Fault]:
    """A target is read from one questionnaire: enterprises and agencies are never in one range of definitions."""
    by_id = {indicator.id: indicator.questionnaire for indicator in study.indicators}
    for target in study.targets:
        for name in target.definition_range:
            own, other = by_id.get(target.indicator), by_id.get(name)
            if name in by_id and own != other:
                yield Fault(str(target.place), f'target "{target.id}" is read from the questionnaire "{own}", but its'
                            f' range of definitions names "{name}" of "{other}"; the units of two questionnaires are'
                            " never pooled. Take it out, or give it a target of its own.")  # fmt: skip


def _brief_indicator_faults(study: Study) -> Iterator[Fault]:
    known = {indicator.id for indicator in study.indicators}
    for brief in study.briefs:
        for name in brief.indicators():
            if name not in known:
                yield Fault(str(brief.place), f'brief "{brief.id}" prints the indicator "{name}", which indicators.yaml'
                            f" does not have.{did_you_mean(name, known)}")  # fmt: skip


def _brief_domain_faults(study: Study) -> Iterator[Fault]:
    columns = {domain.column for domain in study.settings.domains}
    for brief in study.briefs:
        for figure in brief.domains:
            if figure.by not in columns:
                yield Fault(str(figure.place), f'brief "{brief.id}" prints a figure by "{figure.by}", which study.yaml'
                            f" does not list in `domains`.{did_you_mean(figure.by, columns)}")  # fmt: skip
