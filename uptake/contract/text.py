"""A text of the product in every language it is written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A text by language, in the order of the source; Chinese and English are always there.

    >>> Text.of(zh="单位", en="Unit")["en"]
    'Unit'
    """

    by_lang: tuple[tuple[str, str], ...]
    lines: tuple[int, ...] = field(default=(), compare=False, repr=False)  # where each language stands in its file

    @classmethod
    def of(cls, **by_lang: str) -> Text:
        """Make a text from keyword arguments named after the languages."""
        return cls(tuple(by_lang.items()))

    def __getitem__(self, lang: str) -> str:
        for key, value in self.by_lang:
            if key == lang:
                return value
        raise KeyError(f"the text {self.by_lang[0][1]!r} has no language {lang!r}")

    def line(self, lang: str) -> int:
        """Return the line of a language in the file it was read from; 0 where the text was not read from one."""
        return dict(zip(self, self.lines, strict=False)).get(lang, 0)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.by_lang)

    def as_dict(self) -> dict[str, str]:
        """Return the text as a plain mapping from language to words."""
        return dict(self.by_lang)
