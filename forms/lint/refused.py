"""The codes of what is refused before lint looks: unreadable files, wrong shapes, and what the loader cannot make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

SLOT = "…"  # what differs from fault to fault


@dataclass(frozen=True, slots=True)
class Refusal:
    """One class of faults: its stable code, what it looks for, and the sentence with … for what differs."""

    code: str
    looks_for: str
    says: str


FILES = (
    Refusal("file-missing", "a file that is not there", "the file is missing. A study needs it; …"),
    Refusal("file-closed", "a file that cannot be opened", "the file cannot be opened (…"),
    Refusal("file-large", "a file of more than 5 MB", "the file has … bytes; files of a study have at most …"),
    Refusal(
        "file-encoding",
        "GB18030, UTF-16 or anything else that is not UTF-8",
        "…, so the file cannot be read. Save it as UTF-8.",
    ),
    Refusal("file-empty", "an empty file", "the file is empty. …"),
    Refusal("yaml-tab", "a tab where YAML wants blanks", "a tab stands where YAML wants blanks, …"),
    Refusal("yaml-second-document", "a second document in the file", "a second document begins here (`---`), …"),
    Refusal("yaml-alias-unknown", "an alias of no anchor", "…: no anchor of that name stands before it. …"),
    Refusal(
        "yaml-alias-cycle",
        "an alias inside what it means",
        "an alias (`*name`) inside this value means the value itself, …",
    ),
    Refusal(
        "yaml-alias-bomb",
        "aliases that stand for half a million values",
        "the file stands for more than … values once its aliases …",
    ),
    Refusal("yaml-merge-key", "the merge key `<<`", "merge keys (`<<`) are not read, …"),
    Refusal("yaml-tag", "tags such as !!python/object", 'the tag "…" means nothing here, …'),
    Refusal("yaml-deep", "more than 40 levels", "the file is nested more than … levels deep, …"),
    Refusal("yaml-syntax", "what is not YAML", "not valid YAML (…"),
)
SHAPES = (
    Refusal("key-twice", "a key given twice", 'the key "…" was given on line … already; …'),
    Refusal("key-unknown", "a key that does not exist, or stands in the wrong place", 'a … has no key "…"…'),
    Refusal("key-missing", "a key that must be there", 'this … lacks "…". Add the key.'),
    Refusal("key-shape", "a key that is a list or mapping", "a key must be plain text."),
    Refusal("list-expected", "one value where a list belongs", "a list was expected here. …"),
    Refusal("mapping-expected", "a value where keys belong", "… was expected here: `key: value` lines, not …"),
    Refusal("value-expected", "a list or mapping where one value belongs", "one value was expected here, not …"),
    Refusal("value-unknown", "a word that is none of those a key takes", '"…" is not one of …'),
    Refusal(
        "text-language-missing",
        "a text without zh or en",
        "the text lacks …; every text is written in zh and en. Add it.",
    ),
    Refusal(
        "text-split",
        "an unquoted text that a half-width comma split",
        '"…" is no language. Where it belongs to the words before …',
    ),
    Refusal("text-empty", "an empty text", "the text is empty in …. Write it."),
)
LOADER = (
    Refusal("id-not-file-name", "an id that is not the name of the file", 'the id "…" differs from the file name, …'),
    Refusal(
        "id-twice",
        "two pages, questions, checks, boxes or columns with one id",
        'the … "…" stands on line … already, and one of the two …',
    ),
    Refusal("id-shape", "an id with other signs than a-z 0-9 _ -", 'the … id "…" must begin with a letter and have …'),
    Refusal("check-id-shape", "a check id that cannot name a column", 'the check id "…" must be a-z, 0-9 and _, …'),
    Refusal("field-name-shape", "ids that make no column name", 'the field name "…" must be a-z, 0-9 and _, begin …'),
    Refusal(
        "field-name-taken", "ids that make a column the program has", 'the field name "…" is kept for the program …'
    ),
    Refusal("field-twice", "two inputs with one field name", 'the field "…" is made twice …'),
    Refusal(
        "field-is-row-count",
        "a field named as the row count of a roster",
        'the field "…" has the name of the number of rows …',
    ),
    Refusal("sample-id", "a sample id that is taken or no name", 'the sample id "…" is taken or no name …'),
    Refusal(
        "date-shape",
        "a validity that is no date",
        '"…" is not a date, so nobody can tell whether the form has lapsed. …',
    ),
    Refusal("page-empty", "a page without questions", 'the page "…" has no questions. …'),
    Refusal(
        "question-without-type",
        "a question with neither or both of type and parts",
        'the question "…" must have either a "type" or "parts". …',
    ),
    Refusal("part-without-id", "a part without id or label", "a part needs an id and a label, …"),
    Refusal("definition-unknown", "a box that no definition is called", 'no definition is called "…", …'),
    Refusal("type-takes-no", "a key that the type does not take", 'the type "…" takes no "…", so it would be lost. …'),
    Refusal("identity-and-unknown", "don't know on an identity", "an identity question cannot offer don't know. …"),
    Refusal(
        "required-twice",
        "required: false beside required_if",
        '"required: false" and "required_if" contradict each other. …',
    ),
    Refusal(
        "prefill-shape",
        "a prefill with neither or both sources",
        'a prefill takes either a "column" of the sample or …',
    ),
    Refusal(
        "prefill-type",
        "a column of the sample for what has no single value",
        "one column of the sample cannot fill in …",
    ),
    Refusal("prefill-fixed-last", "a last answer that nobody can change", '"fixed" shows what nobody can change, …'),
    Refusal("money-unit", "money that does not say 万元 or 亿元", 'the type "money" does not say in what, …'),
    Refusal(
        "decimals-range",
        "more decimals than numbers are kept to",
        '"decimals" is …, but numbers are kept to 6 places. …',
    ),
    Refusal("decimals-given", "decimals of a computed field that is no decimal", '"decimals" is for "gives: dec", …'),
    Refusal("bounds-crossed", "min above max", '"min" (…) is above "max" (…), so nothing can be answered. …'),
    Refusal("bound-shape", "a bound that is no number or date", '"…" cannot bound the type "…". …'),
    Refusal(
        "matrix-shape",
        "a matrix without rows, or with neither columns nor choices",
        'a matrix needs "rows", and either …',
    ),
    Refusal(
        "matrix-choices",
        "text or exclusive on the choices of a matrix",
        'the choices of a matrix take neither "text" nor "exclusive". …',
    ),
    Refusal(
        "matrix-column",
        "a column of a matrix with keys of a roster's",
        "a column of a matrix has an id and a label, and … would be lost. …",
    ),
    Refusal("choices-missing", "a choice question without choices", 'the type "…" needs answers to choose from. …'),
    Refusal("choices-from-two", "choices from two sources", "… were both given, and one would be lost. Keep one."),
    Refusal("choice-list-unknown", "a choice list that does not exist", 'no choice list is called "…". …'),
    Refusal(
        "code-shape", "a code with other signs than a-z A-Z 0-9 _", 'the code "…" must be 1 to 40 of a-z A-Z 0-9 _. …'
    ),
    Refusal("code-twice", "a code twice in one list", 'the code "…" stands twice in one list. …'),
    Refusal(
        "exclusive-of-one",
        "exclusive where only one may be chosen",
        '"exclusive" means something only where several may be chosen …',
    ),
    Refusal("roster-place", "a roster as a part", "a roster is a question of its own, alone on its page. …"),
    Refusal(
        "roster-not-alone",
        "a roster beside other questions",
        'the roster … shares the page "…" with other questions, …',
    ),
    Refusal("roster-columns", "a roster without columns or row label", 'a roster needs "columns", and a "row_label" …'),
    Refusal("roster-max-rows", "a roster without an end", 'a roster needs "max_rows", from 1 to …'),
    Refusal("roster-min-rows", "min_rows above max_rows", '"min_rows" is …, which is not from 0 to "max_rows" …'),
    Refusal(
        "roster-nothing",
        "rows asked for, and a box to say there are none",
        'the roster asks for at least … rows ("min_rows") and offers "nothing", …',
    ),
    Refusal(
        "roster-rows-per-page", "too many or too few rows a page", '"rows_per_page" is …; a page holds 1 to … rows. …'
    ),
    Refusal(
        "roster-column-type", "a column of a type that rosters lack", 'the column "…" of a roster …. Write one of …'
    ),
    Refusal(
        "roster-prefill",
        "a roster filled from anything but the last wave",
        "the rows of a roster can only be those of the last wave, …",
    ),
    Refusal(
        "computed-shape",
        "a computed field without value or gives",
        'a computed field needs "value", an expression, and "gives": …',
    ),
    Refusal(
        "total-unknown",
        "a total of a part that does not exist",
        '"total_of" names "…", which no part of this question is called.…',
    ),
    Refusal("total-itself", "a total of itself", '"total_of" names "…" itself, …'),
    Refusal("total-of-words", "a total of what is no number", '"total_of" names "…", which is no number …'),
    Refusal("total-twice", "a part twice in a total", '"total_of" names "…" twice, …'),
    Refusal(
        "experiment-arms",
        "an experiment with fewer than two arms",
        'the experiment "…" has … arms, and nothing can be compared. …',
    ),
    Refusal("experiment-unknown", "a wording of an experiment that does not exist", 'no experiment is called "…". …'),
    Refusal("arm-unknown", "a wording of an arm that does not exist", 'the experiment "…" has no arm "…"; …'),
    Refusal("arm-twice", "an arm with words twice", 'the arm "…" of "…" has words twice. Keep one.'),
    Refusal("wording-empty", "a wording that changes nothing", "this wording changes nothing. …"),
    Refusal("field-unknown", "a name that no field is called", '… uses "…", which no field is called…'),
    Refusal(
        "route-forward",
        "a condition on an answer of the same or a later page",
        '… looks at "…", which stands on page "…" and not on an earlier one, …',
    ),
    Refusal(
        "computed-forward",
        "a computed field that reads a later one, or itself",
        '… looks at "…", which is computed after it, …',
    ),
    Refusal(
        "row-alone", "a column of a roster outside its roster", '… looks at "…", of which there is one answer a row, …'
    ),
    Refusal(
        "row-of-last-wave",
        "a row of the last wave that is no row of this one",
        '"…" is a row of the last wave, and the rows of … are not …',
    ),
    Refusal(
        "state-of-nothing",
        "the state of what is no answer",
        "… asks for state(${…}), but only an answer to this questionnaire has a state. …",
    ),
    Refusal(
        "rule-without-field",
        "a rule that looks at no field",
        "the rule looks at no field, so it can never be judged. …",
    ),
    Refusal(
        "message-slots-differ",
        "a message with other fields in one language",
        "the message shows other fields in one language than in the other. …",
    ),
    Refusal(
        "message-of-rows",
        "a message that shows one row where the rule has none",
        '… names "…", of which there is one answer a row, but the rule looks at no single row. …',
    ),
    Refusal("check-without-box", "a check shown where there is no box", '"…" has no box to show a message beside. …'),
)
EXPRESSIONS = (
    Refusal("expression-empty", "an empty expression", "…: the expression is empty. …"),
    Refusal(
        "expression-long",
        "an expression of more than 4,000 characters",
        "…: the expression has … characters; … is the limit. …",
    ),
    Refusal(
        "expression-deep", "an expression of more than 100 levels", "…: the expression nests deeper than … levels. …"
    ),
    Refusal("expression-sign", "an invisible sign in an expression", "…: the expression holds the sign U+…"),
    Refusal("expression-ends", "a missing bracket or operand", "…: the expression ends too early; …"),
    Refusal("expression-quote", "a quotation mark that is not closed", "…: a quotation mark is not closed, …"),
    Refusal("expression-operator", "operators of other languages: ==, &&, <>, /", '…: "…" is not an operator here. …'),
    Refusal("expression-no-operator", "two operands without an operator", "…: an operator is missing before …"),
    Refusal("expression-word", "a bare word", '…: "…" cannot stand here. A field is written …'),
    Refusal("expression-stray", "a sign that means nothing where it stands", '…: "…" cannot stand here.'),
    Refusal("expression-field", "a field not written ${name}", "…: a field is written ${name}, …"),
    Refusal(
        "expression-number",
        "a number with signs other than digits and a point",
        "…: a number is written in digits with at most one point, …",
    ),
    Refusal("expression-digits", "a number of more than 20 digits", "…: a number has at most 20 digits …"),
    Refusal(
        "expression-dot",
        "`.` where no question is at hand",
        "…: `.` stands for the answer of a question, and there is none here. …",
    ),
    Refusal(
        "expression-label", "functions that look at labels", "…() is not part of this language: rules see the codes …"
    ),
    Refusal(
        "function-absent", "functions of XLSForm that are left out", "…() is XLSForm's and not part of this language: …"
    ),
    Refusal("function-unknown", "a function that does not exist", '…: there is no function "…"…'),
    Refusal("function-arguments", "too few or too many arguments", "…() takes …, not …."),
    Refusal(
        "branches-differ", "branches of different kinds", "…() would give …; all its branches must be of one kind."
    ),
    Refusal("kind-text", "a word where a number or condition is needed", '…: "…" is a text, but … is needed here.'),
    Refusal("kind-wrong", "a value of the wrong kind", "…: this is …, but … is needed here."),
    Refusal("kinds-compared", "kinds that cannot be compared", "… cannot be compared with … by …."),
    Refusal(
        "compared-with-blank",
        "comparing with ''",
        "…: a missing answer is unknown, so comparing with '' never holds. …",
    ),
    Refusal("text-ordered", "< or > on words", "… orders numbers and dates, not the text '…'. …"),
    Refusal("state-argument", "state() of what is no field", "…: state() takes one field, …"),
    Refusal("round-places", "places of round() that are not 0 to 6", "…: the places of round() must be …"),
    Refusal(
        "pattern-not-written",
        "a pattern that is not written out",
        "…: the pattern of regex() must be a text, written out.",
    ),
    Refusal(
        "pattern-broken", "a pattern that is no regular expression", "…: the pattern is not a regular expression: …"
    ),
    Refusal("pattern-anchor", "^ or $ inside a pattern", "…: the pattern matches the whole text, so …"),
    Refusal(
        "pattern-unshared",
        "look-around, back-references, shorthands that engines do not share",
        "…the pattern… engines …",
    ),
    Refusal("pattern-size", "counts that multiply too far", "…the counts of the pattern multiply to more than …"),
    Refusal("pattern-count", "a count above 255, or a stray brace", "…a count in the pattern is …"),
    Refusal("pattern-deep", "a pattern of more than 20 groups in one another", "…the pattern nests deeper than …"),
    Refusal("day-not-there", "a day that does not exist", '…: "…" is not a day. Write it as 2026-12-31.'),
)
VALUES = (  # these sentences are looked at last, since others begin like them
    Refusal("value-shape", "a word where a number or true/false belongs", '"…" is not …. Write …'),
)
REFUSALS = FILES + SHAPES + LOADER + VALUES + EXPRESSIONS


def code_of(message: str) -> str:
    """Return the code of a fault's sentence; empty for one that is not refused here (a lint rule names its own code).

    >>> code_of('the code "a" stands twice in one list. Give each choice its own.')
    'code-twice'
    """
    own = re.search(r" \[([a-z-]+)\]$", message)
    if own:
        return own[1]
    wanted = EXPRESSIONS if message.startswith("in the expression `") else FILES + SHAPES + LOADER + VALUES
    return next((refusal.code for refusal in wanted if _shape(refusal.says).fullmatch(message)), "")


@lru_cache(maxsize=256)
def _shape(says: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in says.split(SLOT)), re.S)
