"""Print HTML as a tagged PDF that is both PDF/UA-1 and PDF/A-3a; the only place that knows WeasyPrint."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reports.fonts import Face, font_css, require_characters
from uptake.contract.errors import SystemPartError

PACKAGE = Path(__file__).parent
BROKEN_END, FILLERS = b"\r\nendstream", 8
LIBRARIES = "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# WeasyPrint writes one conformance claim; the second one (PDF/UA) and the schema that PDF/A asks for it stand here.
_UA_CLAIM = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Part of ISO 14289</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""  # noqa: E501


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that travels inside the PDF: its name, what it is, and its bytes."""

    name: str
    about: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A document laid out on pages but not written yet, so that a layout that overflows can be tried again."""

    document: Any
    title: str

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.document.pages)

    def page_of(self, anchor: str) -> int | None:
        """Return the page, from 0, on which the element with this id begins."""
        return next((number for number, page in enumerate(self.document.pages) if anchor in page.anchors), None)

    def write(self, *, lang: str, created: str, identifier: str, attached: tuple[Attached, ...] = ()) -> bytes:
        """Return the PDF, tagged, with the files inside it."""
        metadata = self.document.metadata
        _describe(metadata, lang=lang, title=self.title, created=created)
        for filler in range(FILLERS):
            metadata.attachments = [_attachment(_weasyprint(), file, created) for file in attached]
            content = self._write(identifier, filler)
            if BROKEN_END not in content:
                break
        return content

    def _write(self, identifier: str, filler: int) -> bytes:
        with warnings.catch_warnings():
            # The printer leaves the file of the sRGB profile to the garbage collector.
            warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)
            finish = partial(_finish, filler=filler)
            written: bytes = self.document.write_pdf(
                finisher=finish, pdf_variant="pdf/a-3a", pdf_tags=True, pdf_identifier=identifier.encode()
            )
        return written


def print_pdf(html: str, *, lang: str, title: str, created: str, identifier: str) -> bytes:
    """Return HTML printed as a PDF; equal arguments and equal fonts give equal bytes.

    html: a whole document, whose only resources may be files of this package; lang: BCP 47 language of the document;
    created: its ISO date; identifier: what tells it from other documents, such as the release and its type.
    Raises SystemPartError when a library, a font or a character is missing.
    """
    return lay_out(html, title=title).write(lang=lang, created=created, identifier=identifier)


def lay_out(html: str, *, title: str) -> LaidOut:
    """Set HTML on pages, having checked that the fonts can draw every character of it."""
    weasyprint = _weasyprint()
    text = unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", html, flags=re.S))
    faces = require_characters(text + title, where=title)
    fetcher = _fetcher(weasyprint, faces)
    sheets = [weasyprint.CSS(string=font_css(faces), url_fetcher=fetcher)] if font_css(faces) else []
    # A base inside the package keeps relative addresses there too.
    source = weasyprint.HTML(string=html, base_url=PACKAGE.as_uri() + "/", url_fetcher=fetcher)
    return LaidOut(source.render(stylesheets=sheets), title)


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise SystemPartError(f"the library that sets text (Pango) cannot be loaded ({error}), so no PDF can be"
                              f" printed. Run: {LIBRARIES}") from error  # fmt: skip
    return weasyprint


def _fetcher(weasyprint: Any, faces: tuple[Face, ...]) -> Any:
    allowed = {face.path.resolve() for face in faces if face.bundled}

    class PackageFiles(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        """Fetches files of this package and the bundled fonts, and nothing else: rendering never opens the network."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            scheme, _, rest = url.partition("://")
            path = Path(unquote(rest)).resolve()
            if scheme != "file" or not (path in allowed or path.is_relative_to(PACKAGE)):
                raise ValueError(f"{url} lies outside the package; a printed page may use only the package's own files")
            return super().fetch(url, headers)

    return PackageFiles(allowed_protocols={"file"})


def _describe(metadata: Any, *, lang: str, title: str, created: str) -> None:
    metadata.lang, metadata.title = lang, title
    metadata.created = metadata.modified = created
    write = metadata.generate_rdf_metadata

    def both_claims(variant: str, version: int, conformance: str) -> bytes:
        rdf: bytes = write(variant, version, conformance)
        return rdf.replace(b"</rdf:RDF>", _UA_CLAIM + b"</rdf:RDF>")

    metadata.generate_rdf_metadata = both_claims


def _finish(document: Any, pdf: Any, *, filler: int) -> None:
    """Leave the metadata stream uncompressed, so that archives read it without a PDF program, and mend stream ends.

    A compressed stream that happens to end in a carriage return runs into the line end before `endstream`: readers
    take both for one line end, and the stated length is then wrong by one (PDF/A forbids it). Streams that exist by
    now are stored plain in that case; the two that are made later, the index and its objects, change with a filler.
    """
    import pydyf  # type: ignore[import-untyped,unused-ignore]

    pdf.objects[int(pdf.catalog["Metadata"].split()[0])].compress = False
    for stream in pdf.objects:
        if getattr(stream, "compress", False) and BROKEN_END in stream.data:
            stream.compress = False
    if filler:
        pdf.add_object(pydyf.Dictionary({"Filler": filler}))


def _attachment(weasyprint: Any, file: Attached, created: str) -> Any:
    from datetime import datetime

    moment = datetime.fromisoformat(f"{created[:10]}T00:00:00+00:00")
    return weasyprint.Attachment(string=file.content, name=file.name, description=file.about, created=moment,
                                 modified=moment, relationship="Data")  # fmt: skip
