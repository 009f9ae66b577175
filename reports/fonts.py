"""The two faces a page is set in: their files, the characters they have, and the line to run when one is absent."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from uptake.contract.errors import SystemPartError

LATIN, HAN = "Noto Sans", "Noto Sans CJK SC"
INSTALL = "apt-get install -y fonts-noto-core fonts-noto-cjk"
EXTRA = "pip install 'uptake[fonts]'"


@dataclass(frozen=True, slots=True)
class Face:
    """One face: the family the style sheet names, its file, and its place in a collection file."""

    family: str
    path: Path
    index: int = 0
    bundled: bool = False

    def digest(self) -> str:
        """Return the SHA-256 of the font file, for the manifest of a release."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


@cache
def find_faces() -> tuple[Face, ...]:
    """Return the faces of this machine: Latin and Chinese from the system, or the Chinese face of the extra.

    Raises SystemPartError when no Chinese face is there.
    """
    han = _system_face(HAN) or _extra_face()
    if han is None:
        raise SystemPartError(
            f'no Chinese face was found ("{HAN}"), so Chinese text would print as empty boxes. Run: {INSTALL}'
            f" (or, where nothing can be installed with apt: {EXTRA})"
        )
    latin = _system_face(LATIN)
    return (latin, han) if latin else (han,)


def _system_face(family: str) -> Face | None:
    program = shutil.which("fc-match")
    if program is None:
        return None
    found = subprocess.run(
        [program, "-f", "%{file}|%{index}|%{family}", family], capture_output=True, text=True, check=False
    )
    path, _, rest = found.stdout.partition("|")
    index, _, families = rest.partition("|")
    # fc-match always answers with something; only the family that was asked for counts.
    if family not in families.split(",") or not Path(path).is_file():
        return None
    return Face(family, Path(path), int(index) & 0xFFFF)


def _extra_face() -> Face | None:
    try:
        import pylopdf_fonts_zh_cn as extra  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        return None
    return Face(HAN, Path(str(extra.sans_path())), bundled=True)


@cache
def _characters(face: Face) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    number = face.index if face.path.suffix == ".ttc" else -1
    with TTFont(face.path, fontNumber=number, lazy=True) as font:
        return frozenset(font.getBestCmap())


def missing_characters(text: str, faces: Iterable[Face]) -> tuple[str, ...]:
    """Return the characters of a text that none of the faces can draw, in code order."""
    known = frozenset().union(*(_characters(face) for face in faces))
    wanted = {char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp")}
    return tuple(sorted(char for char in wanted if ord(char) not in known))


def require_characters(text: str, *, where: str) -> tuple[Face, ...]:
    """Return the faces, having made sure that they can draw the text; raise SystemPartError naming what is missing."""
    faces = find_faces()
    missing = missing_characters(text, faces)
    if missing:
        names = ", ".join(f"{char} (U+{ord(char):04X})" for char in missing[:20])
        files = ", ".join(face.path.name for face in faces)
        raise SystemPartError(
            f"{where}: {len(missing)} character(s) are in none of the fonts {files}: {names}. They would print as empty"
            f" boxes. Correct the text, or install more fonts: {INSTALL}"
        )
    return faces


def font_css(faces: Iterable[Face]) -> str:
    """Return the `@font-face` rules that faces outside the system need; system faces need none."""
    rules = [f"@font-face {{ font-family: '{face.family}'; src: url('{face.path.as_uri()}') }}"
             for face in faces if face.bundled]  # fmt: skip
    return "\n".join(rules)
