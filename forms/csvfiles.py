"""Read a CSV file that a stranger sent as one sheet: UTF-8 or GB18030, comma, semicolon or tab, bounded in size."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata

from forms.cells import Row, Sheet
from forms.file_words import refuse_file
from forms.packages import MEGABYTE, Limits

_DELIMITERS = ",;\t"
_FOREIGN_IN_WORD = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")


def open_csv(content: bytes, limits: Limits, name: str = "CSV") -> tuple[Sheet, str]:
    """Return the sheet and the encoding that it was read in (utf-8, utf-16 or gb18030).

    content: the bytes; name: what the sheet is called in messages. Every value is the text as written; empty ones are
    None. Raises InputError: empty, too large, neither encoding, quotes that are not closed.
    """
    if not content.strip():
        raise refuse_file("empty")
    if len(content) > limits.size:
        raise refuse_file("too_big", size=-(-len(content) // MEGABYTE), most=limits.size // MEGABYTE)
    text, encoding = _decoded(content)
    return Sheet(name, _rows(text, limits)), encoding


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _tried(content, "utf-16"), "utf-16"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _tried(content, "gb18030"), "gb18030"
    if not content.startswith(codecs.BOM_UTF8) and looks_misread(text):
        other = content.decode("gb18030", "replace")
        if "\ufffd" not in other:
            return other, "gb18030"
    return text, "utf-8"


def looks_misread(text: str) -> bool:
    """Say whether a text without any Chinese has foreign letters, such as Ǩַ, that stand beside no others.

    A few Chinese words in GB18030, such as 迁址, are UTF-8 too by chance, and would be read as such letters.
    """
    signs = [sign for sign in text if not sign.isascii()]
    if not signs or any(sign >= "\u2000" or unicodedata.category(sign)[0] not in "LM" for sign in signs):
        return False
    return _FOREIGN_IN_WORD.search(text) is None


def _tried(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refuse_file("encoding", at=error.start + 1) from None


def _rows(text: str, limits: Limits) -> tuple[Row, ...]:
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows, filled = [], 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, values in enumerate(reader, start=1):
            cells = tuple(value if value.strip() else None for value in values)
            filled += sum(cell is not None for cell in cells)
            if filled > limits.cells:
                raise refuse_file("many_cells", most=f"{limits.cells:,}")
            if any(cells):
                rows.append(Row(number, cells))
    except csv.Error:
        raise refuse_file("bad_csv", line=reader.line_num) from None
    return tuple(rows)
