"""What the service sets out to reach: ratios, for rates are the machine's own."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

# The figures of one part on one database, as it wrote them.
Part = Any


class Bound(NamedTuple):
    """`≥ 40 %`: how it is compared, with what, and how such a figure is shown."""

    sign: str
    number: float
    form: str

    def __str__(self) -> str:
        return f"{self.sign} {self.shown(self.number)}"

    def shown(self, value: float) -> str:
        return self.form.format(value)

    def holds(self, value: float) -> bool:
        return value >= self.number if self.sign == "≥" else value <= self.number


class Target(NamedTuple):
    what: str
    part: str
    bound: Bound
    value: Callable[[Part], float]
    only: str = ""


def times(sign: str, number: float) -> Bound:
    return Bound(sign, number, "{:.2f} ×")


def percent(sign: str, number: float) -> Bound:
    return Bound(sign, number, "{:.1f} %")


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Of what was done in the same round, and the median of that over the rounds."""
    return median(a / b for a, b in zip(above, below, strict=True))


def of(figure: str, above: str, below: str, scale: float = 1) -> Callable[[Part], float]:
    """How one thing's figure compares with that of another."""
    return lambda part: scale * ratio(part[above][figure], part[below][figure])


def statements(part: Part) -> int:
    return sum(statement not in {"BEGIN", "COMMIT"} for statement in part["book"]["statements"])


ONE, TWO = Bound("≤", 1, "{:.0f}"), Bound("≤", 2, "{:.0f}")

TARGETS = [
    Target(
        "CPU time of a booking, in process, in constant views",
        "inprocess",
        times("≤", 8),
        of("us", "book", "constant view"),
    ),
    Target("statements of a booking", "inprocess", ONE, statements, only="postgresql"),
    Target("statements of a booking, in one transaction", "inprocess", TWO, statements, only="sqlite"),
    Target(
        "rate of the seat map unchanged (304), of a constant view's",
        "reads",
        percent("≥", 40),
        of("rate", "seat map, 300, 304", "constant view", scale=100),
    ),
    Target(
        "rate of availability, in full seat maps (300 seats)",
        "reads",
        times("≥", 2.4),
        of("rate", "availability, 300", "seat map, 300"),
    ),
    Target(
        "rate of the full seat map, in arrays by values() (300 seats)",
        "reads",
        times("≥", 1.7),
        of("rate", "seat map, 300", "array by values(), 300"),
    ),
]


def judged(figures: dict[str, dict[str, Part]]) -> Iterator[tuple[Target, str, float]]:
    """Each target for which there are figures, on which database, and what was measured."""
    for target in TARGETS:
        for kind, part in figures.get(target.part, {}).items():
            if target.only in ("", kind):
                yield target, kind, target.value(part)
