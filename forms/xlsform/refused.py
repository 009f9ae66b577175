"""What of XLSForm is not imported, and why: one table, from which the sentences and docs/xlsform.md are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WEB = "a web form of a statistical survey collects answers, not recordings of the device"
_EXTERNAL = "a questionnaire is one file; answers are looked up nowhere else"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not imported, and what to write instead."""

    why: str
    instead: str


TYPES: Mapping[str, Refusal] = {
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "start-geopoint"),
                    Refusal(_WEB, "Ask for the region as a code or the address as text.")),
    **dict.fromkeys(("image", "photo", "audio", "video", "file", "background-audio", "background-geopoint"),
                    Refusal(_WEB, "Remove the row.")),
    "barcode": Refusal(_WEB, "Use the type text: a scanner types the number too."),
    "time": Refusal("the language has days and no times of day", "Ask for hours and minutes as two whole numbers."),
    "datetime": Refusal("the language has days and no times of day", "Use date."),
    "rank": Refusal("the order of choices is not kept", "Ask for the first and the second as two select_one."),
    **dict.fromkeys(("select_one_from_file", "select_multiple_from_file", "select_one_external", "csv-external",
                     "xml-external", "osm"),
                    Refusal(_EXTERNAL, "Write the choices into the sheet choices, or use a code list of the"
                                       " language.")),
    "hidden": Refusal("a hidden row asks nothing", "Write a column of the sample as bind::uptake:kind sample, or use"
                      " calculate."),
    "loop": Refusal("it is no part of the specification", "Use begin_group with table-list, or begin_repeat."),
    "printer": Refusal("a rule or label cannot start another program", "Remove the row."),
    "property": Refusal("it is no part of the specification", "Remove the row."),
}  # fmt: skip

LEFT_OUT: Mapping[str, str] = {  # rows without an answer of the respondent: left out, and said so
    "start": "the collector notes when a response was begun",
    "end": "the collector notes when a response was submitted",
    "today": "${today} becomes today()",
    "deviceid": "devices are not identified", "imei": "devices are not identified",
    "simserial": "devices are not identified", "subscriberid": "devices are not identified",
    "phonenumber": "devices are not identified", "username": "who answers is known by the access code",
    "email": "who answers is known by the access code", "audit": "the collector keeps its own log",
}  # fmt: skip

COLUMNS: Mapping[str, Refusal] = {
    "choice_filter": Refusal("choices do not depend on other answers here (cascading selects)",
                             "Write one question for each case, with relevant."),
    "trigger": Refusal("a value follows from the answers alone, never from the moment of typing", "Use calculation."),
    "media": Refusal(_WEB, "Remove the column."), "image": Refusal(_WEB, "Remove the column."),
    "big-image": Refusal(_WEB, "Remove the column."), "audio": Refusal(_WEB, "Remove the column."),
    "video": Refusal(_WEB, "Remove the column."),
    "save_to": Refusal("there are no entities", "Remove the column."),
    "default": Refusal("an answer that nobody gave must not look like one", "Leave it empty, or prefill from the sample"
                       " (bind::uptake:prefill)."),
    "calculation": Refusal("what is typed is never overwritten", "Use a row of type calculate."),
    "readonly": Refusal("what cannot be answered is no question", "Use note or calculate."),
    "guidance_hint": Refusal("one hint is shown, to everybody", "Write it into hint."),
    "instance": Refusal("attributes of the XForm have no meaning here", "Remove the column."),
    "bind": Refusal("attributes of the XForm have no meaning here", "Remove the column."),
    "body": Refusal("attributes of the XForm have no meaning here", "Remove the column."),
    "control": Refusal("attributes of the XForm have no meaning here", "Remove the column."),
}  # fmt: skip

STRUCTURES: Mapping[str, Refusal] = {
    "nested repeat": Refusal("a roster has rows and no rosters inside", "Ask for the inner list in a repeat of"
                                                                        " its own."),
    "group in a repeat": Refusal("the columns of a roster stand side by side", "Remove the inner group."),
    "relevant in a repeat": Refusal("every row of a roster has the same columns",
                                    "Write a constraint, or required as a condition."),
    "note in a repeat": Refusal("the columns of a roster stand side by side", "Write it as hint of the repeat."),
    "relevant of a note": Refusal("introductions are shown to all", "Remove relevant, or put the note into a group with"
                                  " the questions it introduces."),
    "reference in a text": Refusal("texts are printed and translated as they are, so answers are not shown inside them"
                                   " (${...})", "Name the thing in words. Messages of constraints may show answers."),
    "expression as repeat_count": Refusal("the number of rows is what is answered", "Write a number, or add a"
                                          " constraint that compares the number of rows."),
    "randomize": Refusal("the order of choices is the same for all, on paper too", "Remove it; wording experiments are"
                         " written as wordings."),
    "group without questions": Refusal("a page asks something", "Add a question, or write the texts as hints."),
}  # fmt: skip

APPEARANCES_USED = frozenset({"minimal", "autocomplete", "multiline", "field-list", "table-list"})
SETTINGS_LEFT_OUT: Mapping[str, str] = {
    "instance_name": "responses are named by unit and wave", "style": "pages are made the same way for all",
    "submission_url": "answers are sent to the collector", "public_key": "the store keeps its own keys",
    "auto_send": "answers are sent to the collector", "auto_delete": "answers are sent to the collector",
    "client_editable": "a response may be changed until it is submitted", "name": "the form has no root element",
    "allow_choice_duplicates": "every choice needs its own code", "clean_text_values": "texts are kept as written",
    "sms_keyword": "there is no collection by text message", "prefix": "there is no collection by text message",
    "omit_instanceid": "responses are named by unit and wave", "default_language": "", "namespaces": "",
    "form_title": "", "form_id": "", "version": "",
}  # fmt: skip


def column_refusal(header: str) -> Refusal | None:
    """Return why a column of the survey sheet is not imported; None for those that are."""
    base = re.split(r"::?", header)[0].strip()
    return COLUMNS.get(base)
