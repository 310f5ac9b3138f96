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
        return {"≥": value >= self.number, "≤": value <= self.number, "=": value == self.number}[self.sign]


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


def hot_share(part: Part) -> float:
    return 100 * part["hot updates"]["hot"] / part["hot updates"]["updates"]


def slowest_laying(part: Part) -> float:
    return max(ratio(size["service_ms"], size["sql_ms"]) for size in part.values())


def greatest_growth(part: Part) -> float:
    """Of any call, from the smallest cinema to the largest."""
    sizes = [list(at_size.values()) for at_size in part.values()]
    return max(ratio(times[-1], times[0]) for times in sizes)


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
        "rate of bookings by HTTP, of PostgreSQL's limit",
        "sales",
        percent("≥", 15),
        of("rate", "book, many shows", "the limit", scale=100),
        only="postgresql",
    ),
    Target(
        "rate of bookings of one hot show, of those over many shows",
        "sales",
        percent("≥", 90),
        of("rate", "book, one hot show", "book, many shows", scale=100),
    ),
    Target(
        "seats sold when 64 people sell out 300, all else refused",
        "sales",
        Bound("=", 300, "{:.0f}"),
        lambda part: median(part["64 sell out 300 seats"]["sold"]),
    ),
    Target(
        "99 of 100 answers to them within",
        "sales",
        Bound("≤", 250, "{:.0f} ms"),
        lambda part: median(part["64 sell out 300 seats"]["p99_ms"]),
    ),
    Target("updates of seats in place (HOT)", "sales", percent("≥", 95), hot_share, only="postgresql"),
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
    Target("time to lay out seats, in plain SQL's, at most", "laying", times("≤", 1.2), slowest_laying),
    Target("how any call grows with the cinema, at most", "growth", times("≤", 1.2), greatest_growth),
]


def judged(figures: dict[str, dict[str, Part]]) -> Iterator[tuple[Target, str, float]]:
    """Each target for which there are figures, on which database, and what was measured."""
    for target in TARGETS:
        for kind, part in figures.get(target.part, {}).items():
            if target.only in ("", kind):
                yield target, kind, target.value(part)
