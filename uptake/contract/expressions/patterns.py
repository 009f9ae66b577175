"""The patterns of regex(): a subset that Python, DuckDB and PostgreSQL match alike, written out without doubt.

Shorthands become classes of ASCII characters, the dot becomes "no line break", and every sign is escaped; what only
some engines know (look-around, back-references, named classes, flags) is refused with the place in the pattern.
"""

from __future__ import annotations

import re
from functools import lru_cache

# PostgreSQL counts to 255; a count of counts would make the pattern larger than an engine takes.
MOST, LARGEST = 255, 1000
_SHORT = {"d": "0-9", "w": "A-Za-z0-9_", "s": r" \t\n\r\f\v"}
_LETTERS = {"n": r"\n", "t": r"\t", "r": r"\r", "f": r"\f", "v": r"\v"}
_COUNT = re.compile(r"\{(\d{1,5})(,(\d{0,5}))?\}", re.ASCII)
_CODE = re.compile(r"u([0-9A-Fa-f]{4})", re.ASCII)


class PatternError(ValueError):
    """A pattern cannot be used; the message says why."""


@lru_cache(maxsize=512)
def normal(pattern: str) -> str:
    """Return the pattern in the form that all engines match alike; raises PatternError.

    >>> normal("20[0-9]{2}.?")
    '20[0-9]{2}[^\\\\n]?'
    """
    reader = _Reader(pattern)
    made = reader.read()
    try:
        re.compile(made)
    except (re.error, OverflowError) as error:
        raise PatternError(f"the pattern is not a regular expression: {error}.") from None
    return made


class _Reader:
    """Reads a pattern once from left to right; a group's size is kept to hold counts of counts in bounds."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.sizes = [0]  # atoms so far in each open group
        self.opened: list[int] = []
        self.last = 0  # atoms in what a count would repeat; 0: nothing to repeat

    def read(self) -> str:
        made: list[str] = []
        while self.at < len(self.pattern):
            made.append(self._next(self.pattern[self.at]))
        if len(self.sizes) > 1:
            raise PatternError("the pattern is not a regular expression: missing ), unterminated subpattern at "
                               f"position {self.opened[-1]}.")  # fmt: skip
        return "".join(made)

    def _next(self, sign: str) -> str:
        if sign == "(":
            return self._open()
        if sign == ")":
            return self._close()
        if sign in "*+?{":
            return self._repeat(sign)
        self.at += 1
        if sign in "|^$":
            self.last = 0
            return sign if sign == "|" else self._anchor(sign)
        self.last = 1
        self.sizes[-1] += 1
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape(inside=False)
        return r"[^\n]" if sign == "." else _literal(sign)

    def _anchor(self, sign: str) -> str:
        """Leave out an anchor that says what holds anyway; elsewhere engines differ about a line break at the end."""
        before, after = self.pattern[: self.at - 1], self.pattern[self.at :]
        idle = before[-1:] in ("", "|") if sign == "^" else after[:1] in ("", "|")
        if not idle or len(self.sizes) > 1 or before.endswith("\\|"):
            end = "start" if sign == "^" else "end"
            raise PatternError(f"the pattern matches the whole text, so {sign} has a place only at its {end}; "
                               f"the sign itself is written \\{sign}.")  # fmt: skip
        return ""

    def _open(self) -> str:
        if self.pattern.startswith("(?", self.at) and not self.pattern.startswith("(?:", self.at):
            raise PatternError("the pattern uses look-around or back-references, which SQL engines do not know.")
        self.opened.append(self.at)
        self.at += 3 if self.pattern.startswith("(?:", self.at) else 1
        self.sizes.append(0)
        self.last = 0
        if len(self.sizes) > 20:
            raise PatternError("the pattern nests deeper than 20 groups.")
        return "(?:"

    def _close(self) -> str:
        if len(self.sizes) == 1:
            raise PatternError("the pattern is not a regular expression: a bracket was never opened.")
        self.at += 1
        self.opened.pop()
        self.last = max(self.sizes.pop(), 1)
        self.sizes[-1] += self.last
        return ")"

    def _repeat(self, sign: str) -> str:
        if not self.last:
            raise PatternError(f"the pattern is not a regular expression: nothing to repeat before {sign}.")
        text = sign
        if sign == "{":
            found = _COUNT.match(self.pattern, self.at)
            if found is None or int(found[3] or found[1]) > MOST or int(found[1]) > int(found[3] or MOST):
                raise PatternError(rf"a count in the pattern is {{n}}, {{n,}} or {{n,m}} up to {MOST}; "
                                   r"a brace itself is written \{.")  # fmt: skip
            text = found[0]
            self.sizes[-1] += self.last * max(int(found[3] or found[1]), 1)
            if self.sizes[-1] > LARGEST:
                raise PatternError(f"the counts of the pattern multiply to more than {LARGEST} characters.")
        self.at += len(text)
        self.last = 0  # so that a+? and a++, which engines read differently, are refused
        return text

    def _escape(self, *, inside: bool) -> str:
        """Read what stands behind a backslash."""
        sign = self.pattern[self.at : self.at + 1]
        code = _CODE.match(self.pattern, self.at)
        self.at += len(code[0]) if code else 1
        if code and not 0xD800 <= int(code[1], 16) < 0xE000 and int(code[1], 16):
            return _literal(chr(int(code[1], 16)))
        if sign in _SHORT:
            return _SHORT[sign] if inside else f"[{_SHORT[sign]}]"
        if sign.lower() in _SHORT and sign and not inside:
            return f"[^{_SHORT[sign.lower()]}]"
        if sign in _LETTERS:
            return _LETTERS[sign]
        if sign.isdigit():
            raise PatternError("the pattern uses look-around or back-references, which SQL engines do not know.")
        if not sign or sign.isalnum():
            raise PatternError(f"in the pattern, \\{sign} has no meaning that all engines share; write it out.")
        return _literal(sign)

    def _class(self) -> str:
        made = "["
        if self.pattern.startswith("^", self.at):
            made, self.at = "[^", self.at + 1
        opened, last = len(made), ""  # last: what a following - may make the start of a range
        while not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise PatternError("the pattern is not a regular expression: a [ is not closed.")
            sign = self.pattern[self.at]
            self.at += 1
            if sign == "-" and last not in ("", "-") and self.pattern[self.at : self.at + 1] not in ("]", ""):
                made, last = made + "-", "-"
                continue
            item = self._escape(inside=True) if sign == "\\" else _literal(sign)
            if last == "-" and (item in _SHORT.values() or r"\-" in (item, made[-3:-1])):
                raise PatternError("the pattern is not a regular expression: a range ends in a shorthand or a hyphen.")
            made, last = made + item, "" if last == "-" or item in _SHORT.values() else item
        if len(made) == opened:
            raise PatternError("the pattern is not a regular expression: a [] without characters.")
        self.at += 1
        return made + "]"


def _literal(sign: str) -> str:
    """Escape a sign so that no engine sees more in it; letters, digits and what is not ASCII stand for themselves."""
    if sign in "\n\t\r\f\v":
        return {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\f": r"\f", "\v": r"\v"}[sign]
    return sign if sign.isalnum() or ord(sign) > 127 or sign in " _" else f"\\{sign}"
