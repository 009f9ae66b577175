"""Bring answers, weights and design together: the rows an estimate is made from, and the domains it is made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from analysis.design import PostStrata, ReplicateType, ReplicateWeights, SurveyDesign
from analysis.matching import named, refuse_edited_weights, refuse_repeated
from analysis.plan import DEFAULT_UNIT_ID, FILE, DesignPlan
from uptake.contract.errors import DesignError, TableError, did_you_mean

if TYPE_CHECKING:
    from pandas import DataFrame, Series

DomainKeys: TypeAlias = Mapping[str, Sequence[str]]
RESPONDENT = "respondent"
JOINER = "+"
_STRATUM = "design_stratum"
_FRAME_UNITS = "stratum_frame_units"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows with their design; `base` is the SQL condition of the rows that may count; `keys` the domains by column."""

    data: DataFrame
    design: SurveyDesign
    base: str | None
    keys: dict[str, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def prepare(
    responses: DataFrame,
    weights: DataFrame | None,
    plan: DesignPlan,
    *,
    wave: str,
    domains: Sequence[str],
    domain_keys: DomainKeys,
) -> Prepared:
    """Join the tables of a drawn study, or take own data as they are.

    domains: columns, `+` between two of them crosses them; domain_keys: codes by column that get a row even when no
    unit has them. Raises TableError when the tables do not fit, DesignError when a column is unknown.
    """
    if plan.own_data:
        return _own_data(responses, weights, plan, domains, domain_keys)
    if weights is None:
        raise TableError("weights: the table is missing; a drawn study needs it. Run `uptake weigh` first.")
    return _drawn(responses, weights, plan, wave=wave, domains=domains, known=domain_keys)


def _drawn(
    responses: DataFrame, weights: DataFrame, plan: DesignPlan, *, wave: str, domains: Sequence[str], known: DomainKeys
) -> Prepared:
    answers = responses[responses["wave"] == wave]
    drawn = weights[weights["wave"] == wave]
    _refuse_pooling(answers)
    refuse_edited_weights(drawn, answers, wave=wave)
    weighted = drawn[drawn["weight"].notna()]
    _refuse_ambiguous_fields(answers, weights)
    extra = [name for name in answers.columns if name not in weights.columns]
    # SQL reads N_h and n_h as one name, so the count of the frame goes by another.
    weighted = weighted.drop(columns="n_h").rename(columns={"N_h": _FRAME_UNITS})
    data = weighted.merge(answers[["unit_id", *extra]], on="unit_id", how="left", validate="one_to_one")
    cells = PostStrata("calibration_cell", "response_weight") if data["calibration_cell"].notna().any() else None
    design = SurveyDesign(
        weights="weight",
        strata="stratum",
        fpc=_FRAME_UNITS,
        lonely_psu=plan.lonely_psu,
        poststrata=cells,
        weight_scale=_scale(data),
        unit_id="unit_id",
    )
    # The units that were drawn tell the domains, not those that answered: an empty domain must show as empty.
    keys = _domain_keys(drawn, domains, known, plan)
    notes = domain_notes(data[data[RESPONDENT].astype(bool)], domains, known)
    return Prepared(_with_crossings(_typed(data), domains), design, f'"{RESPONDENT}"', keys, notes)


def _refuse_pooling(answers: DataFrame) -> None:
    """Refuse the answers to two questionnaires in one table: their units are different populations."""
    asked = sorted(answers["questionnaire"].dropna().unique()) if "questionnaire" in answers.columns else []
    if len(asked) > 1:
        raise TableError(f'responses: the wave holds answers to "{asked[0]}" and to "{asked[1]}", and the units of two'
                         " questionnaires are never pooled. Give each questionnaire a wave of its own.")  # fmt: skip


def _refuse_ambiguous_fields(answers: DataFrame, weights: DataFrame) -> None:
    """Refuse a field with the name of a frame column: an indicator could not tell which of them it counts."""
    for name in weights.columns:
        if name in answers.columns and f"{name}_state" in answers.columns:
            raise DesignError(f'the field "{name}" of the questionnaire has the name of a column of the frame or of the'
                              f' weights, so an indicator could not tell them apart. Rename the field, for example to'
                              f' "q_{name}".', code="ambiguous_name")  # fmt: skip


def _refuse_names_that_differ_in_case(data: DataFrame) -> None:
    """Refuse what SQL would take for one column and Python for two."""
    seen: dict[str, str] = {}
    for name in (str(column) for column in data.columns):
        first = seen.setdefault(name.lower(), name)
        if first != name:
            raise DesignError(f'the columns "{first}" and "{name}" differ in capital letters only, so a query cannot'
                              " tell them apart. Rename one of them.", code="ambiguous_name")  # fmt: skip


def _scale(data: DataFrame) -> int | None:
    """Return the declared scale: weight = weight_units / scale holds exactly for every row."""
    first = data.iloc[0]
    scale = round(float(first["weight_units"]) / float(first["weight"]))
    return scale if scale >= 1 and scale & (scale - 1) == 0 else None


def _own_data(
    responses: DataFrame, weights: DataFrame | None, plan: DesignPlan, domains: Sequence[str], known: DomainKeys
) -> Prepared:  # fmt: skip
    data = responses if weights is None else _joined(responses, weights, plan)
    _refuse_unknown(data, plan.strata, "strata")
    if plan.unit_id != DEFAULT_UNIT_ID:
        _refuse_unknown(data, (plan.unit_id,), "unit_id")
    refuse_repeated(data, plan.unit_id, "responses")
    strata = plan.strata[0] if len(plan.strata) == 1 else None
    if len(plan.strata) > 1:
        strata = _STRATUM
        data = data.assign(**{_STRATUM: _joined_codes(data, plan.strata, "-")})
    design = SurveyDesign(
        weights=plan.weights,
        strata=strata,
        psu=plan.psu,
        nest=plan.nest,
        fpc=plan.fpc,
        lonely_psu=plan.lonely_psu,
        replicates=_replicates(plan),
    )
    keys = _domain_keys(data, domains, known, plan)
    return Prepared(_with_crossings(_typed(data), domains), design, None, keys, domain_notes(data, domains, known))


def _joined(responses: DataFrame, weights: DataFrame, plan: DesignPlan) -> DataFrame:
    for name, table in (("responses", responses), ("weights", weights)):
        _refuse_unknown(table, (plan.unit_id,), f"unit_id ({name})")
        refuse_repeated(table, plan.unit_id, name)
    both = [name for name in weights.columns if name in responses.columns and name != plan.unit_id]
    if both:
        raise TableError(f'the column "{both[0]}" stands in the file of answers and in that of weights, so two values'
                         " would meet in a unit. Take it out of one of them.")  # fmt: skip
    for one, other, says in ((responses, weights, "has answers but no weight"), (weights, responses, "has a weight but"
                             " no answers")):  # fmt: skip
        absent = one.loc[~one[plan.unit_id].isin(other[plan.unit_id]), plan.unit_id]
        if len(absent):
            raise TableError(f"weights and responses do not fit each other: {named(absent)} {says}. Give the two files"
                             " of one survey, or take the unit out of both.")  # fmt: skip
    return responses.merge(weights, on=plan.unit_id, how="left", validate="one_to_one")


def _replicates(plan: DesignPlan) -> ReplicateWeights | None:
    given = plan.replicate_weights
    if given is None:
        return None
    return ReplicateWeights(
        type=_REPLICATE_TYPES[given.type], prefix=given.prefix, scale=given.scale, rho=given.rho, mse=given.mse
    )


_REPLICATE_TYPES: Mapping[str, ReplicateType] = {"brr": "BRR", "fay": "Fay", "jk1": "JK1", "jkn": "JKn",
                                                 "bootstrap": "bootstrap", "sdr": "SDR", "other": "other"}  # fmt: skip


def _typed(data: DataFrame) -> DataFrame:
    """Make columns of mixed Python objects text: an engine must not guess what an empty column holds."""
    _refuse_names_that_differ_in_case(data)
    objects = [name for name in data.columns if data[name].dtype == object]
    return data.astype(dict.fromkeys(objects, "str")) if objects else data


def _with_crossings(data: DataFrame, domains: Sequence[str]) -> DataFrame:
    """Give every domain a text column of its own, named as the domain."""
    return data.assign(**{domain_column(by): _joined_codes(data, by.split(JOINER), JOINER) for by in domains})


def domain_column(domain_by: str) -> str:
    """Return the name of the column that holds the keys of a domain."""
    return f"domain {domain_by}"


def _joined_codes(data: DataFrame, columns: Sequence[str], joiner: str) -> Series:
    """Return the codes of the columns as one text a row; empty where one of them is empty."""
    joined = _codes(data[columns[0]])
    for column in columns[1:]:
        joined = joined + joiner + _codes(data[column])
    return joined


def _codes(values: Series) -> Series:
    """Return codes as text: 3.0, as a column with gaps holds it, is the code 3."""
    if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all():
        return values.astype("Int64").astype("str")
    return values.astype("str")


def _domain_keys(
    data: DataFrame, domains: Sequence[str], known: DomainKeys, plan: DesignPlan
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    made: dict[str, tuple[str, ...]] = {}
    for by in domains:
        _refuse_unknown(data, by.split(JOINER), "domains")
        found = sorted(_joined_codes(data, by.split(JOINER), JOINER).dropna().unique().tolist())
        declared = list(known.get(by, ()))
        made[by] = (*declared, *(key for key in found if key not in declared))
    return made


def domain_notes(data: DataFrame, domains: Sequence[str], known: DomainKeys) -> tuple[str, ...]:
    """Return a sentence for each column whose codes are missing in some rows, or have no name in the study."""
    notes = []
    for column in dict.fromkeys(part for by in domains for part in by.split(JOINER)):
        codes = _codes(data[column])
        lost = int(codes.isna().sum())
        if lost:
            rows = "1 row has" if lost == 1 else f"{lost:,} rows have"
            notes.append(f'DOMAIN_MISSING: column "{column}": {rows} no code, counted in the whole but in no domain.')
        strange = sorted(set(codes.dropna()) - set(known[column])) if column in known else []
        if strange:
            more = f" and {len(strange) - 1:,} more codes" if len(strange) > 1 else ""
            notes.append(f'DOMAIN_CODE_UNKNOWN: column "{column}" holds "{strange[0]}"{more}, which study.yaml does not'
                         " name; estimated all the same, but printed as a bare code.")  # fmt: skip
    return tuple(notes)


def _refuse_unknown(data: DataFrame, columns: Sequence[str], what: str) -> None:
    names = [str(name) for name in data.columns]
    for column in columns:
        if column not in names:
            raise DesignError(f'{FILE}: {what} names the column "{column}", which the data do not have.'
                              f"{did_you_mean(column, names)} Name one of their columns.",
                              code="unknown_column")  # fmt: skip
