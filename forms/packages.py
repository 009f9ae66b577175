"""The zip container of a workbook, opened with suspicion: sizes, names and kinds of its parts are judged first."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from forms.file_words import refuse_file

MEGABYTE = 1_000_000
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE2: .xls, and any workbook with a password
_DEEPEST, _MOST_ELEMENTS = 100, 2_000_000
# Parts that are refused by their name, wherever they stand.
_NAMED: tuple[tuple[str, str], ...] = (
    ("vbaproject", "macros"), ("macrosheets/", "macros"), ("dialogsheets/", "macros"), ("activex/", "embedded"),
    ("embeddings/", "embedded"), ("ctrlprops/", "embedded"), ("externallinks/", "external"),
    ("connections.xml", "external"), ("querytables/", "external"), ("webextensions/", "embedded"),
)  # fmt: skip
_OTHERS = {"content.xml": ".ods", "word/document.xml": ".docx",
           "ppt/presentation.xml": ".pptx", "xl/workbook.bin": ".xlsb"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read: bytes, bytes once unpacked, parts, filled cells, and how far one part may shrink."""

    size: int = 20 * MEGABYTE
    unpacked: int = 100 * MEGABYTE
    parts: int = 2_000
    cells: int = 100_000
    ratio: int = 250


@dataclass(frozen=True, slots=True)
class Package:
    """A container that was judged: its parts may be read."""

    archive: zipfile.ZipFile
    names: Mapping[str, str]  # by lower-case name: part names are not told apart by case

    def has(self, name: str) -> bool:
        """Say whether there is such a part."""
        return name.lower() in self.names

    def elements(self, name: str) -> Iterator[tuple[Element, int]]:
        """Give the elements of an XML part as they end, with their depth (root 1), DTDs and entities refused."""
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import iterparse

        depth = count = 0
        try:
            with self.archive.open(self.names[name.lower()]) as stream:
                for event, element in iterparse(stream, ("start", "end"), forbid_dtd=True):
                    if event == "end":
                        yield element, depth
                        depth -= 1
                        continue
                    depth, count = depth + 1, count + 1
                    if depth > _DEEPEST or count > _MOST_ELEMENTS:
                        raise refuse_file("broken", part=name)
        except DefusedXmlException:
            raise refuse_file("xml_trick", part=name) from None
        except (ParseError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError):
            raise refuse_file("broken", part=name) from None


def local(element: Element) -> str:
    """Return an element's name without its namespace: workbooks come with two namespaces and any prefix."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, name: str) -> str:
    """Return an attribute whatever namespace it stands in, or an empty text."""
    found: Any = element.get(name)
    if found is None:
        found = next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")
    return str(found)


def open_package(content: bytes, limits: Limits) -> Package:
    """Judge a container and return it; raises InputError where it is not a workbook, or one to be wary of."""
    if not content:
        raise refuse_file("empty")
    if len(content) > limits.size:
        raise refuse_file("too_big", size=-(-len(content) // MEGABYTE), most=limits.size // MEGABYTE)
    if content.startswith(_OLD):
        raise refuse_file("old_excel")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, LookupError, EOFError):
        raise refuse_file("not_workbook") from None
    _judge_sizes(archive, limits)
    return Package(archive, _judged_names(archive))


def _judge_sizes(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse a bomb by what the directory says; no part can give more than it says there."""
    parts = archive.infolist()
    if len(parts) > limits.parts:
        raise refuse_file("many_parts", count=len(parts), most=limits.parts)
    whole = sum(part.file_size for part in parts)
    if whole > limits.unpacked:
        raise refuse_file("bomb", part=max(parts, key=lambda p: p.file_size).filename, size=whole // MEGABYTE)
    for part in parts:
        if part.file_size > MEGABYTE and part.file_size > limits.ratio * max(part.compress_size, 1):
            raise refuse_file("bomb", part=part.filename, size=part.file_size // MEGABYTE)


def _judged_names(archive: zipfile.ZipFile) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in archive.infolist():
        name = part.filename
        lower = name.lower()
        if lower in names or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise refuse_file("bad_part", part=name)
        if part.flag_bits & 1:
            raise refuse_file("encrypted", part=name)
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse_file("broken", part=name)
        for word, key in _NAMED:
            if word in lower:
                raise refuse_file(key, part=name)
        names[lower] = name
    for name, kind in _OTHERS.items():
        if name in names:
            raise refuse_file("other_format", format=kind)
    if "[content_types].xml" not in names:
        raise refuse_file("not_workbook")
    return names
