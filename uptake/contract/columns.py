"""What every table between the stages holds: its columns, types, codes, and who writes and reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, type, whether it may be empty, what it says, and its codes if it has a closed list."""

    name: str
    type: str
    nullable: bool
    about: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableContract:
    """One table: its columns, and whether others may stand beside them (`open`)."""

    name: str
    about: str
    writer: str
    reader: str
    columns: tuple[Column, ...]
    open: bool = False


def _text(name: str, about: str, *codes: str, null: bool = False) -> Column:
    return Column(name, "text", null, about, codes)


def _int(name: str, about: str, null: bool = False) -> Column:
    return Column(name, "int", null, about)


def _float(name: str, about: str, null: bool = True) -> Column:
    return Column(name, "float", null, about)


def _bool(name: str, about: str, null: bool = False) -> Column:
    return Column(name, "bool", null, about)


def _time(name: str, about: str) -> Column:
    return Column(name, "timestamp", True, about)


WAVE = _text("wave", "the round, such as 2026Q4")
UNIT = _text("unit_id", "the unit's identifier on the frame")
DISPOSITIONS = ("complete", "partial", "refused", "not_contacted", "ineligible", "unknown")
STATUSES = ("publish", "caution", "suppress")
VERDICTS = ("above", "below", "cannot_tell", "depends_on_definition", "not_due")
ANSWER_STATES = ("answered", "dont_know", "not_applicable", "refused", "blank", "imputed")
_DOMAIN = (
    _text("domain_by", 'the frame columns that define the domain, joined by "+"; "all" for the whole population'),
    _text("domain_key", 'the domain\'s codes, joined by "+"; "all" for the whole population'),
)
_INDICATOR = (_text("indicator", "id of the indicator"), _text("definition_version", "version of its definition"))

FRAME = TableContract(
    "frame",
    "The list the sample is drawn from: one row a unit, with the columns that strata and domains use.",
    "the study",
    "2 draw, 4 weigh",
    (UNIT, _text("name", "the unit's name")),
    open=True,
)
SAMPLE = TableContract(
    "sample",
    "The units that were drawn, with their base weights; the frame's columns travel along, and every experiment of"
    " design.yaml adds a column with the unit's arm.",
    "2 draw",
    "3 collect, 4 weigh",
    (
        WAVE,
        UNIT,
        _text("name", "the unit's name"),
        _text("stratum", 'the stratum\'s codes, joined by "-"'),
        _text("selection", "how the unit came in", "take_all", "sampled"),
        _float("base_weight", "1 / inclusion probability", null=False),
        _int("n_h", "units drawn in the stratum"),
        _int("N_h", "units of the frame in the stratum"),
    ),
    open=True,
)
RESPONSES = TableContract(
    "responses",
    "One row a unit and wave, nonrespondents too. Then `<field>` and `<field>_state` for every field of the"
    ' questionnaire, `<roster>_rows` and its state (the number of rows; 0 where "nothing to report" was said) for every'
    " roster, `confirmed_<check>` for every soft check, and `arm_<experiment>` (the arm whose words the unit sees) for"
    " every experiment with wording. Questions marked `identity` are left out.",
    "3 collect",
    "4 weigh, 5 estimate",
    (
        WAVE,
        UNIT,
        _text("disposition", "the outcome of asking the unit", *DISPOSITIONS),
        _text("questionnaire", "id of the questionnaire", null=True),
        _text("definition_version", "version of the questionnaire", null=True),
        _text("definition_sha256", "SHA-256 of the questionnaire's canonical JSON", null=True),
        _text("language", "language the unit submitted in", null=True),
        _time("started_at", "first answer stored"),
        _time("submitted_at", "submission confirmed"),
    ),
    open=True,
)
ROSTER_RESPONSES = TableContract(
    "responses_<roster>",
    "One row for every row of a roster that a unit filled in, in a table of its own for each roster, such as"
    " `responses_e24`. Then `<field>` and `<field>_state` for every column of the roster. Columns marked `identity` are"
    " left out; units without rows have none here and their number in `responses`.",
    "3 collect",
    "statisticians",
    (WAVE, UNIT, _int("row", "number of the row as the unit filled it in, from 1; removed rows leave gaps")),
    open=True,
)
FINDINGS = TableContract(
    "findings",
    "One row for every rule that a response breaks: values that could not have been given, missing answers, checks.",
    "3 collect (`uptake review`)",
    "statisticians",
    (
        WAVE,
        UNIT,
        _text("check_id", "id of the check, or `value_<field>`, `required_<field>`"),
        _text("kind", "what is broken", "value", "missing", "check"),
        _text("severity", "hard: cannot be submitted in the form; soft: wants a reason", "hard", "soft"),
        _text("fields", "the answers it is shown beside, with spaces between; `e24_users.3` is row 3 of a roster"),
        _int("row", "the row of the roster that it is about", null=True),
        _bool("confirmed", "soft checks: whether the respondent gave a reason", null=True),
    ),
)
CODEBOOK = TableContract(
    "codebook",
    "What each field of `responses` and of the tables of rosters means.",
    "3 collect",
    "statisticians",
    (
        _text("field", "column of the table"),
        _text("table", "`responses`, or the table of a roster"),
        _text("question", "id of the question"),
        _text("type", "type of the field", "int", "dec", "text", "date", "code", "bool"),
        _text("label_zh", "label in Chinese"),
        _text("label_en", "label in English"),
        _text("unit", "unit of measurement", null=True),
        _text("codes", "JSON list of {code, zh, en}", null=True),
    ),
)
WEIGHTS = TableContract(
    "weights",
    "One row a sampled unit: every factor of its weight, and the final weight as an exact fixed-point number."
    " Metadata: `weight_scale` (weight = weight_units / weight_scale) and the steps as JSON.",
    "4 weigh",
    "5 estimate",
    (
        WAVE,
        UNIT,
        _text("stratum", "stratum used by the variance (after collapsing)"),
        _bool("respondent", "answered the questionnaire"),
        _bool("eligible", "belongs to the population, as far as known"),
        _float("base_weight", "1 / inclusion probability", null=False),
        _text("nonresponse_class", "weighting class of the nonresponse adjustment"),
        _float("nonresponse_factor", "weighted units / weighted respondents of the class; empty for nonrespondents"),
        _float("response_weight", "base_weight x nonresponse_factor"),
        _text("calibration_cell", "post-stratum; empty where none is used", null=True),
        _float("calibration_factor", "frame count of the post-stratum / its weighted respondents"),
        _float("weight", "the final weight: response_weight x calibration_factor"),
        _int("weight_units", "the final weight as a whole number of 1 / weight_scale", null=True),
        _int("n_h", "respondents of the stratum"),
        _int("N_h", "units of the frame in the stratum"),
    ),
    open=True,
)
ESTIMATES = TableContract(
    "estimates",
    "One row an indicator, definition and domain; suppressed rows stay, with their reason."
    " Rates are fractions between 0 and 1.",
    "5 estimate",
    "6 report",
    (
        WAVE,
        _INDICATOR[0],
        _text("definition", '"headline", or the variant of the definition'),
        _INDICATOR[1],
        *_DOMAIN,
        _float("estimate", "the estimate"),
        _float("se", "its standard error"),
        _float("ci_low", "lower end of the interval"),
        _float("ci_high", "upper end of the interval"),
        _float("conf_level", "confidence level of the interval", null=False),
        _text("ci_method", "how the interval was made"),
        _float("df", "design degrees of freedom in the domain"),
        _int("n", "respondents the estimate rests on"),
        _float("n_eff", "effective sample size"),
        _float("deff", "design effect"),
        _float("cv", "se / estimate"),
        _float("n_population", "estimated units in the domain"),
        _text("status", "what may be done with it", *STATUSES),
        _text("reason", "why the status is not `publish`, or why there is no interval; may be empty", null=True),
        _text("disclosure", "confidentiality finding; may be empty", null=True),
    ),
)
ESTIMATES_VCOV = TableContract(
    "estimates_vcov",
    "Covariances of the estimates; rows and columns are numbered as the rows of `estimates`, from 0.",
    "5 estimate",
    "statisticians",
    (WAVE, _int("row", "row of `estimates`"), _int("column", "row of `estimates`"),
     _float("covariance", "their covariance", null=False)),
)  # fmt: skip
ASSESSMENTS = TableContract(
    "assessments",
    "One row a target and domain it is declared for: the one-sided test, the range of definitions and the verdict.",
    "5 estimate",
    "6 report",
    (
        WAVE,
        _text("target", "id of the target"),
        *_INDICATOR,
        _float("target_value", "the target", null=False),
        _text("deciding_wave", "the wave that decides"),
        *_DOMAIN,
        _float("estimate", "the headline estimate"),
        _float("one_sided_level", "level of each one-sided bound", null=False),
        _float("lower_bound", "one-sided lower bound"),
        _float("upper_bound", "one-sided upper bound"),
        _float("p_value", "one-sided p-value of the hypothesis that the rate is not above the target"),
        _float("definition_low", "lowest estimate over the definitions computed"),
        _float("definition_high", "highest estimate over the definitions computed"),
        _text("range_low_definition", "which definition gives the lowest", null=True),
        _text("range_high_definition", "which definition gives the highest", null=True),
        _text("verdict", "the one verdict", *VERDICTS),
        _float("units_lacking", "units still needed to reach the target (0 when reached)"),
        _float("units_lacking_low", "lower end of its interval"),
        _float("units_lacking_high", "upper end of its interval"),
        _float("required_per_year", "points a year needed from now to the deciding wave, as a fraction"),
    ),
)
QUALITY = TableContract(
    "quality",
    "Facts about the quality of the wave: response rates, counts, weights.",
    "4 weigh, 5 estimate",
    "6 report",
    (WAVE, _text("item", "what is counted or rated"), *_DOMAIN, _float("value", "its value")),
)
LABELS = TableContract(
    "labels",
    "Words for the codes of the other tables, in both languages and in printing order.",
    "5 estimate",
    "6 report",
    (
        _text(
            "kind",
            "what is named: study, indicator, indicator_definition, definition, domain_by, domain_key, field, target,"
            " target_wording, target_source",
        ),
        _text("key", 'its code; a domain key is "province/110000"'),
        _text("zh", "in Chinese"),
        _text("en", "in English"),
        _int("order", "printing order"),
    ),
)
TABLES = (
    FRAME,
    SAMPLE,
    RESPONSES,
    ROSTER_RESPONSES,
    FINDINGS,
    CODEBOOK,
    WEIGHTS,
    ESTIMATES,
    ESTIMATES_VCOV,
    ASSESSMENTS,
    QUALITY,
    LABELS,
)
