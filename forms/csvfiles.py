"""Read a CSV file that a stranger sent as one sheet: UTF-8 or GB18030, comma, semicolon or tab, bounded in size."""

from __future__ import annotations

import csv
import io

from forms.cells import Row, Sheet
from forms.file_words import refuse_file
from forms.packages import MEGABYTE, Limits

_DELIMITERS = ",;\t"


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
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return _tried(content, "gb18030"), "gb18030"


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
