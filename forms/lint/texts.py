"""Lint of single texts: what a respondent would see wrong, whatever the language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from forms import source
from forms.lint.advice import Hit, Rule
from forms.lint.draft import HAN, SLOT, Draft, Said, with_type
from uptake.contract.errors import shown
from uptake.contract.text import Text
from uptake.contract.yamlfile import Place

_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|&(?:[a-z]{2,8}|#\d{1,6});")
_MARKDOWN = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__|!?\[[^\]\n]+\]\([^)\n]+\)|`[^`\n]+`|^#{1,6} ", re.M)
_PLACEHOLDER = re.compile(r"\b(?:TODO|FIXME|TBD|XXX+|xxx+|lorem ipsum)\b|待定|待补充|待填|[?？]{3,}|×{3,}|某某")
_HALF_WIDTH = re.compile(
    rf"(?<=[{HAN}”’）》】])[,:;?!](?!//)|[,;?!](?=[{HAN}“‘（《])|(?<=[{HAN}])[()\"]|[()\"](?=[{HAN}])"
    rf"|(?<=[{HAN}])\.(?=[{HAN}]|$)"
)
_FULL_WIDTH = re.compile("[，。；：？！（）、Ａ-Ｚａ-ｚ０-９]")
_WIDE_DIGITS = re.compile("[Ａ-Ｚａ-ｚ０-９]")
_DOUBLED = re.compile(r"\b([A-Za-z]+) \1\b|([的了是在和有及])\2", re.I)
_FINE_DOUBLED = {"that that", "had had"}
_PAIRS = (("（", "）"), ("(", ")"), ("【", "】"), ("“", "”"), ("《", "》"))
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u200e\u200f\u00ad")
# (characters in Chinese, words in another language): beyond these a label wraps over several lines of a phone.
_LABEL, _QUESTION, _BOX = (60, 30), (150, 80), (1200, 700)
_LABELS = frozenset({"label", "title", "unit", "row_label"})
_SAID_OF = re.compile(r"可多选|多选题|choose all|select all|tick all|several answers", re.I)
_SAID_ONE = re.compile(r"单选|只选一项|choose one\b|select one\b", re.I)
_WRITE_ZERO = re.compile(r"填[“\"]?0|写[“\"]?0|(?:type|write|enter) [“\"]?0\b", re.I)


def _each(draft: Draft) -> Iterator[tuple[Said, str, str]]:
    for said in draft.texts:
        for lang in said.text:
            yield said, lang, said.text[lang]


def _found(
    pattern: re.Pattern[str], sentence: Callable[[str, str], str], lang: str = ""
) -> Callable[[Draft], Iterator[Hit]]:
    """Make a rule that a pattern finds; `lang`: only in this language, `!zh`: in every other one."""

    def find(draft: Draft) -> Iterator[Hit]:
        for said, spoken, text in _each(draft):
            wanted = not lang or spoken == lang or (lang.startswith("!") and spoken != lang[1:])
            if wanted and (hit := pattern.search(SLOT.sub(" ", text))):
                yield said.at(spoken), sentence(f"{said.noun} ({spoken})", shown(hit[0], 30))

    return find


def _edges(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        if text != text.strip():
            yield said.at(lang), (f"{said.noun} ({lang}) begins or ends with a blank, which the page and the paper copy"
                                  " show differently. Remove it.")  # fmt: skip


def _signs(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        hidden = _TURNING if lang not in ("zh", "en") else _TURNING | _INVISIBLE
        for sign in text:
            if sign in hidden or (unicodedata.category(sign) in ("Cc", "Co", "Cn") and sign != "\n"):
                yield said.at(lang), (f"{said.noun} ({lang}) holds the invisible sign U+{ord(sign):04X}, so what is"
                                      " read may differ from what is written. Remove it.")  # fmt: skip
                break


def _slots(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        if said.key != "message" and (slot := SLOT.search(text)):
            yield said.at(lang), (f"{said.noun} ({lang}) holds {slot[0]}, but only messages of checks show answers: the"
                                  " respondent would read these signs. Write the words out.")  # fmt: skip


def _field_names(draft: Draft) -> Iterator[Hit]:
    names = [name for name in draft.asked.fields if "_" in name or any(sign.isdigit() for sign in name)]
    if not names:
        return
    pattern = re.compile(rf"(?<![A-Za-z0-9_{{])(?:{'|'.join(sorted(names, key=len, reverse=True))})(?![A-Za-z0-9_}}])")
    for said, lang, text in _each(draft):
        if hit := pattern.search(SLOT.sub(" ", text)):
            yield said.at(lang), (f'{said.noun} ({lang}) shows the field name "{hit[0]}", which no respondent knows.'
                                  f" Write ${{{hit[0]}}} in a message, or the question's words.")  # fmt: skip


def _doubled(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        for hit in _DOUBLED.finditer(text):
            if hit[0].lower() not in _FINE_DOUBLED:
                yield said.at(lang), f'{said.noun} ({lang}) says "{hit[0]}", a word twice. Remove one.'
                break


def _brackets(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        for left, right in _PAIRS:
            if text.count(left) != text.count(right) and not (left == "(" and re.search(r"(?:^|\s)\w{1,2}\)", text)):
                yield said.at(lang), (f"{said.noun} ({lang}) has {text.count(left)} of {left} and {text.count(right)}"
                                      f" of {right}. Close the bracket or quotation mark.")  # fmt: skip
                break


def _long(draft: Draft) -> Iterator[Hit]:
    for said, lang, text in _each(draft):
        most = _LABEL if said.key in _LABELS else _QUESTION if isinstance(said.of, source.Question) else _BOX
        size, unit = (len(text), "characters") if lang == "zh" else (len(text.split()), "words")
        if size > most[lang != "zh"]:
            yield said.at(lang), (f"{said.noun} ({lang}) has {size} {unit}; beyond {most[lang != 'zh']} people skip it."
                                  " Shorten it, or move part of it to a hint or a definition.")  # fmt: skip


def _same(key: str, what: str, which: Callable[[Said], bool]) -> Callable[[Draft], Iterator[Hit]]:
    """Make a rule for two texts of one kind that are the same, so that nobody can tell the things apart."""

    def find(draft: Draft) -> Iterator[Hit]:
        first: dict[str, Said] = {}
        for said in draft.texts:
            if said.key != key or not which(said):
                continue
            text = said.text["zh"].strip()
            if text in first:
                yield said.at("zh"), (f"{said.noun} is the same as {first[text].noun} (line"
                                      f" {first[text].at('zh').line}):"
                                      f' "{shown(text, 30)}". {what}')  # fmt: skip
            first.setdefault(text, said)

    return find


def _same_labels(draft: Draft) -> Iterator[Hit]:
    """Labels are compared within their question: parts, rows, columns."""
    for question in draft.questions():
        yield from _labels_of(question, question.parts)
        yield from _labels_of(question, question.rows)
        yield from _labels_of(question, question.columns)
        for part in question.parts:
            yield from _labels_of(question, part.rows)
            yield from _labels_of(question, part.columns)


def _labels_of(question: source.Question, items: Sequence[source.Part | source.Row | source.Column]) -> Iterator[Hit]:
    first: dict[str, str] = {}
    for item in items:
        if item.label is None:
            continue
        text = item.label["zh"].strip()
        word = type(item).__name__.lower()
        if text in first:
            yield item.place, (f'the {word}s "{first[text]}" and "{item.id}" of question {question.id.value} have the'
                               f' same label "{shown(text, 30)}", so nobody can tell them apart. Change'
                               ' one.')  # fmt: skip
        first.setdefault(text, item.id)


def _hints(draft: Draft) -> Iterator[Hit]:
    for question in draft.questions():
        yield from _idle_hint(question, question.text, question.hint, question.place)
        for part in with_type(question):
            if not isinstance(part, source.Question):
                yield from _idle_hint(question, part.label, part.hint, part.place)


def _idle_hint(question: source.Question, own: Text | None, hint: Text | None, place: Place) -> Iterator[Hit]:
    if own is None or hint is None:
        return
    if any(hint[lang].strip(" 。.") == own[lang].strip(" 。.？?") for lang in ("zh", "en")):
        yield (
            Place(place.path, hint.line("zh") or place.line),
            f"the hint of question {question.id.value} only repeats its words, so people learn to skip hints. Say what"
            " helps to answer, or remove it.",
        )


def _how_many(draft: Draft) -> Iterator[Hit]:
    for question, part in draft.inputs():
        said = " ".join(text[lang] for text in (question.text, question.hint, part.hint) if text for lang in text)
        if part.type == "sel1" and (hit := _SAID_OF.search(said)):
            yield part.place, (f'question {question.id.value} says "{hit[0]}", but the type sel1 takes one answer.'
                               " Write type: selN, or change the words.")  # fmt: skip
        if part.type == "selN" and (hit := _SAID_ONE.search(said)):
            yield part.place, (f'question {question.id.value} says "{hit[0]}", but the type selN takes several. Write'
                               " type: sel1, or change the words.")  # fmt: skip


def _zero(draft: Draft) -> Iterator[Hit]:
    for question, part in draft.inputs():
        said = " ".join(text[lang] for text in (question.text, question.hint, part.hint) if text for lang in text)
        least = part.min.value if part.min is not None and part.type != "date" else "0"
        if (hit := _WRITE_ZERO.search(said)) and not least.startswith(("-", "0")):
            yield part.place, (f'question {question.id.value} says "{hit[0]}", but nothing below {least} is accepted'
                               " here. Lower `min`, or change the words.")  # fmt: skip


RULES = (
    Rule("text-edge-blank", "blanks at the beginning or end of a text", _edges),
    Rule("text-invisible-sign", "control, zero-width and direction-turning signs in a text", _signs, "fault"),
    Rule("text-markup", "HTML in a text, which is shown as it stands",
         _found(_MARKUP, lambda noun, hit: f'{noun} holds "{hit}"; texts are plain, so the respondent would read these'
                " signs. Remove the markup.")),
    Rule("text-markdown", "Markdown in a text, which is shown as it stands",
         _found(_MARKDOWN, lambda noun, hit: f'{noun} holds "{hit}"; texts are plain and know no Markdown. Write it'
                " without these signs.")),
    Rule("text-placeholder", "words that stand in for a text still to be written: TODO, xxx or 待定",
         _found(_PLACEHOLDER, lambda noun, hit: f'{noun} holds "{hit}", which stands in for words still to be written.'
                " Write them.")),
    Rule("text-half-width", "half-width punctuation beside Chinese characters",
         _found(_HALF_WIDTH, lambda noun, hit: f'{noun} has the half-width "{hit}" beside Chinese characters. Write the'
                " full-width sign, as official documents do.", "zh")),
    Rule("text-wide-digits", "full-width digits and letters in Chinese text",
         _found(_WIDE_DIGITS, lambda noun, hit: f'{noun} has the full-width "{hit}". Digits and Latin letters are'
                " half-width in official Chinese; write it so.", "zh")),
    Rule("text-full-width", "Chinese punctuation in a text of another language",
         _found(_FULL_WIDTH, lambda noun, hit: f'{noun} has the full-width "{hit}", which belongs to Chinese. Write the'
                " sign of this language.", "!zh")),
    Rule("text-slot-ignored", "`${...}` in a text that shows no answers", _slots, "fault"),
    Rule("text-field-name", "a field name in words for respondents", _field_names),
    Rule("text-word-twice", "a word written twice in a row", _doubled),
    Rule("text-bracket-open", "brackets and quotation marks that are not closed", _brackets),
    Rule("text-too-long", "labels, questions and boxes longer than people read", _long),
    Rule("question-text-twice", "two questions with the same words",
         _same("text", "Say what distinguishes them, or ask once.", lambda said: isinstance(said.of, source.Question))),
    Rule("page-title-twice", "two pages with the same title",
         _same("title", "Give each page its own title.", lambda said: isinstance(said.of, source.Page))),
    Rule("definition-title-twice", "two definition boxes with the same title",
         _same("title", "Give each box its own title.", lambda said: isinstance(said.of, source.Definition))),
    Rule("message-twice", "two checks with the same message",
         _same("message", "A respondent could not tell which rule is broken: fit the words to the rule.",
               lambda said: True)),
    Rule("label-twice", "parts, rows or columns of a question with the same label", _same_labels),
    Rule("hint-repeats", "a hint that only repeats the question", _hints),
    Rule("says-how-many", "words such as 可多选 that contradict the type", _how_many),
    Rule("says-zero", "an instruction to write 0 where 0 is refused", _zero),
)  # fmt: skip
