"""Texts that match a pattern of regex(), and texts that just miss it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from uptake.contract.expressions.patterns import normal

_MOST = 6  # texts kept at every step: enough to differ, few enough to try each against each
_ANY = "a1甲 -_A9z.+(#"


def matching(pattern: str) -> tuple[str, ...]:
    """Return a few texts that the pattern matches; none where it matches only what was not thought of.

    >>> matching("[0-9]{4}")[0], matching("yes|no")
    ('0000', ('yes', 'no'))
    """
    reader = _Reader(normal(pattern))
    return tuple(dict.fromkeys(reader.alternatives()))


def missing(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts that are one character longer, shorter or other than these."""
    made = [change for text in texts for change in (f"{text}x", text[:-1], f"#{text[1:]}", f"x{text}")]
    return tuple(text for text in dict.fromkeys(made) if text not in texts)


@dataclass(slots=True)
class _Reader:
    """Reads a pattern in its normal form (uptake.contract.expressions.patterns) from left to right."""

    pattern: str
    at: int = 0

    def alternatives(self) -> list[str]:
        made = self._branch()
        while self._next("|"):
            made += self._branch()
        return made[: 2 * _MOST]

    def _branch(self) -> list[str]:
        made = [""]
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            pieces = self._repeated(self._atom())
            made = _spread(made, pieces)
        return made

    def _atom(self) -> list[str]:
        if self.pattern.startswith("(?:", self.at):
            self.at += 3
            made = self.alternatives()
            self.at += 1
            return made
        if self._next("["):
            return self._class()
        return [self._sign()]

    def _sign(self) -> str:
        sign = self.pattern[self.at]
        self.at += 1
        if sign != "\\":
            return sign
        sign = self.pattern[self.at]
        self.at += 1
        return {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}.get(sign, sign)

    def _class(self) -> list[str]:
        turned = self._next("^")
        ranges: list[tuple[str, str]] = []
        while not self._next("]"):
            low = self._sign()
            high = self._sign() if self._next("-") else low
            ranges.append((low, high))
        if turned:
            return [sign for sign in _ANY if not any(low <= sign <= high for low, high in ranges)][:_MOST]
        return list(islice(dict.fromkeys(sign for low, high in ranges for sign in (low, high)), _MOST))

    def _repeated(self, pieces: list[str]) -> list[str]:
        least, most = self._count()
        made: list[str] = []
        for times in dict.fromkeys((least, min(least + 1, most), min(max(least, 1), most), min(most, least + 8))):
            made += [piece * times for piece in pieces]
            made += ["".join(mixed) for mixed in islice(product(pieces, repeat=times), 2)] if times < 4 else []
        return list(dict.fromkeys(made))

    def _count(self) -> tuple[int, int]:
        for sign, counts in (("?", (0, 1)), ("*", (0, 99)), ("+", (1, 99))):
            if self._next(sign):
                return counts
        if not self._next("{"):
            return 1, 1
        inside, _, rest = self.pattern[self.at :].partition("}")
        self.at = len(self.pattern) - len(rest)
        least, comma, most = inside.partition(",")
        return int(least), int(most) if most else int(least) + 99 if comma else int(least)

    def _next(self, sign: str) -> bool:
        found = self.pattern.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found


def _spread(heads: list[str], tails: list[str]) -> list[str]:
    """Join each text with one of the endings, all endings coming up: not every pair, which would grow beyond bounds."""
    longer = max(len(heads), len(tails))
    paired: Iterator[str] = (heads[i % len(heads)] + tails[i % len(tails)] for i in range(longer))
    return list(islice(dict.fromkeys(paired), 2 * _MOST)) if heads and tails else []
