"""Numbers the seats of a row in the text form: from the left or right, with letters, without some numbers."""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from cinema.seats.halls.geometry import row_name

NUMBERS = re.compile(r"[1-9][0-9]*", re.ASCII)
LETTERS = re.compile(r"[A-Z]+", re.ASCII)


class InvalidWord(ValueError):
    """A word of a `numbers:` line that has no meaning. `start` is its index in the line."""

    def __init__(self, word: re.Match[str], message: str) -> None:
        super().__init__(message)
        self.start = word.start()


class SeatNumbers(NamedTuple):
    from_right: bool = False
    letters: bool = False
    skipped: frozenset[str] = frozenset()

    def names(self, count: int) -> list[str]:
        """The numbers of a row of `count` seats, from left to right."""
        names = (name for name in self._all() if name not in self.skipped)
        first = list(itertools.islice(names, count))
        return first[::-1] if self.from_right else first

    def _all(self) -> Iterator[str]:
        return map(row_name if self.letters else _number, itertools.count())


def parse_numbers(line: str) -> SeatNumbers:
    """Parses a line such as `numbers: right, letters, skip I O`. Raises `InvalidWord`.

    A line without words returns to numbers from the left.
    """
    words = list(re.compile(r"[^\s,]+").finditer(line, len("numbers:")))
    options = {word[0] for word in words}
    letters, skipping = "letters" in options, False
    skipped = set()
    for word, following in itertools.zip_longest(words, words[1:]):
        if word[0] in ("left", "right", "letters"):
            skipping = False
            if {"left", "right"} <= options:
                raise InvalidWord(word, "choose either `left` or `right`")
        elif word[0] == "skip":
            skipping = True
            if following is None or following[0] in ("left", "right", "letters", "skip"):
                raise InvalidWord(word, "name what to skip, as in `skip 13`")
        elif not skipping:
            raise InvalidWord(word, f"{word[0]!r} is not one of `right`, `left`, `letters` and `skip`")
        elif not (LETTERS if letters else NUMBERS).fullmatch(name := word[0].upper()):
            kind = "letters" if letters else "numbers"
            raise InvalidWord(word, f"{word[0]!r} can't be skipped, because the seats have {kind}")
        else:
            skipped.add(name)
    return SeatNumbers("right" in options, letters, frozenset(skipped))


def _number(index: int) -> str:
    return str(index + 1)
