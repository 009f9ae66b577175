"""`print_pdf` prints any HTML of the product: accessible, stable, and without reading a file or an address outside."""

from __future__ import annotations

import logging
import subprocess
import sys
import unicodedata
from io import BytesIO
from pathlib import Path

import page
import pikepdf
import pypdfium2
import pytest

from reports.fonts import HAN, LATIN, find_faces, font_css, missing_characters, require_characters
from reports.pdf import print_pdf
from uptake.contract.errors import SystemPartError

RECEIPT = """<!DOCTYPE html><html lang="{lang}"><head><title>x</title></head><body><h1>{title}</h1>
<p>{text}</p><table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>
<tbody><tr><th scope="row">1</th><td>2</td></tr></tbody></table>{more}</body></html>"""


def receipt(lang: str = "zh-CN", more: str = "") -> str:
    return RECEIPT.format(
        lang=lang, title="回执 Receipt", text="已收到贵单位的答复。We have “your” answers.", more=more
    )


def printed(html: str, lang: str = "zh-CN") -> bytes:
    return print_pdf(html, lang=lang, title="回执", created="2026-11-23", identifier="receipt-1")


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_receipt_is_accessible_and_says_what_it_is(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "receipt.pdf"
    path.write_bytes(printed(receipt(lang), lang))
    for profile in ("ua1", "3a"):
        assert [str(failure) for failure in page.validate_pdf(str(path), profile=profile).failures] == []
    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == lang
        assert str(pdf.docinfo["/Title"]) == "回执"
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261123"
    text = pypdfium2.PdfDocument(path)[0].get_textpage().get_text_bounded()
    assert "已收到贵单位的答复" in unicodedata.normalize("NFKC", text)


def test_equal_arguments_give_equal_bytes_in_another_process(tmp_path: Path) -> None:
    script = (
        "import sys; from reports.pdf import print_pdf; sys.stdout.buffer.write(print_pdf(open(sys.argv[1]).read(),"
        " lang='zh-CN', title='回执', created='2026-11-23', identifier='receipt-1'))"
    )
    (tmp_path / "receipt.html").write_text(receipt(), encoding="utf-8")
    other = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "receipt.html")], capture_output=True, check=True
    )
    assert other.stdout == printed(receipt())


def test_no_stream_ends_in_a_way_that_breaks_its_length() -> None:
    """Whatever the text, no compressed stream runs into the line end before `endstream` (1 in 128 would by chance)."""
    import reports.pdf

    for number in range(12):
        more = "".join(f"<p>{number * k} 第{k}行</p>" for k in range(number))
        assert reports.pdf.BROKEN_END not in printed(receipt(more=more))


def test_the_identifier_tells_documents_apart() -> None:
    again = print_pdf(receipt(), lang="zh-CN", title="回执", created="2026-11-23", identifier="receipt-2")
    assert again != printed(receipt())


def test_nothing_outside_the_package_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A picture on disk, one on the network and a style sheet by file address stay outside; the page is printed."""
    from PIL import Image

    Image.new("RGB", (8, 8), "red").save(tmp_path / "secret.png")
    asked = [f"{tmp_path.as_uri()}/secret.png", "http://127.0.0.1:9/x.png", "file:///etc/hostname", "../../secret.png"]
    more = "".join(f'<img src="{address}" alt="a picture">' for address in asked)
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        content = printed(receipt(more=more))
    with pikepdf.open(BytesIO(content)) as pdf:
        images = [item for item in pdf.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
    assert images == []
    assert sum("lies outside the package" in record.getMessage() for record in caplog.records) == len(asked)


def test_the_fonts_of_the_page_are_the_two_faces(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(printed(receipt(more='<p lang="en">x</p>')))) as pdf:
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/BaseFont" in item]
        names = {str(font.BaseFont) for font in fonts}
    assert names
    assert all("Noto" in name for name in names), names


def test_both_faces_are_found_and_cover_the_text_of_the_product() -> None:
    from reports.rules import DEFINITIONS, METHODS, RULES
    from uptake.contract.codes import INDUSTRY_GROUPS, PROVINCES, SIZE_CLASSES

    faces = find_faces()
    assert {face.family for face in faces} >= {HAN}
    texts = [text[lang] for table in (RULES, METHODS, DEFINITIONS) for text in table.values() for lang in ("zh", "en")]
    texts += [code.name[lang] for code in (*PROVINCES, *INDUSTRY_GROUPS, *SIZE_CLASSES) for lang in ("zh", "en")]
    assert missing_characters("".join(texts) + "▲▼◆◇–−·", faces) == ()
    assert all(len(face.digest()) == 64 for face in faces)


def test_a_machine_without_a_chinese_face_is_told_the_line_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    find_faces.cache_clear()
    monkeypatch.setattr("reports.fonts.shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    try:
        with pytest.raises(
            SystemPartError, match=r"no Chinese face .* Run: apt-get install -y fonts-noto-core fonts-noto-cjk"
        ):
            require_characters("中", where="x")
    finally:
        find_faces.cache_clear()


def test_only_faces_outside_the_system_need_a_rule() -> None:
    from dataclasses import replace

    face = find_faces()[-1]
    assert font_css([replace(face, bundled=False)]) == ""
    assert f"font-family: '{HAN}'" in font_css([replace(face, bundled=True)])
    assert LATIN != HAN


def test_importing_reports_loads_nothing_heavy() -> None:
    heavy = ("pandas", "weasyprint", "xlsxwriter", "scipy", "statsmodels", "flask")
    script = f"import sys, reports; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
