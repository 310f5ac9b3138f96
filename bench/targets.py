"""The performance targets. They are ratios, because absolute rates depend on the machine."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

# The figures of one part on one database, as the part's `measure` returns them.
PartFigures = Any


class Bound(NamedTuple):
    """A limit such as `≥ 40 %`: the comparison, the number, and the format of such figures."""

    operator: str
    number: float
    template: str

    def __str__(self) -> str:
        return f"{self.operator} {self.format(self.number)}"

    def format(self, value: float) -> str:
        return self.template.format(value)

    def is_met_by(self, value: float) -> bool:
        return {"≥": value >= self.number, "≤": value <= self.number, "=": value == self.number}[self.operator]


class Target(NamedTuple):
    description: str
    part: str
    bound: Bound
    value: Callable[[PartFigures], float]
    only_on: str = ""


def times(operator: str, number: float) -> Bound:
    return Bound(operator, number, "{:.2f} ×")


def percent(operator: str, number: float) -> Bound:
    return Bound(operator, number, "{:.1f} %")


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """Returns the median ratio of figures that were measured in the same round."""
    return median(a / b for a, b in zip(numerators, denominators, strict=True))


def compare(figure: str, call: str, baseline: str, scale: float = 1) -> Callable[[PartFigures], float]:
    """Returns a function that computes the ratio of one figure between a call and its baseline."""
    return lambda part: scale * ratio(part[call][figure], part[baseline][figure])


def statements(part: PartFigures) -> int:
    return sum(statement not in {"BEGIN", "COMMIT"} for statement in part["book"]["statements"])


def hot_share(part: PartFigures) -> float:
    return 100 * part["hot updates"]["hot"] / part["hot updates"]["updates"]


def slowest_layout(part: PartFigures) -> float:
    return max(ratio(size["seats_ms"], size["sql_ms"]) for size in part.values())


def greatest_growth(part: PartFigures) -> float:
    """Returns the ratio between the largest and the smallest size of the call that grows most."""
    sizes = [list(by_size.values()) for by_size in part.values()]
    return max(ratio(milliseconds[-1], milliseconds[0]) for milliseconds in sizes)


AT_MOST_ONE, AT_MOST_TWO = Bound("≤", 1, "{:.0f}"), Bound("≤", 2, "{:.0f}")

TARGETS = [
    Target(
        "CPU time of a booking in process, relative to a constant view",
        "inprocess",
        times("≤", 8),
        compare("us", "book", "constant view"),
    ),
    Target(
        "CPU time of holding two seats, relative to a booking",
        "inprocess",
        times("≤", 2),
        compare("us", "hold two seats", "book"),
    ),
    Target(
        "CPU time of booking a hold of two seats, relative to a booking",
        "inprocess",
        times("≤", 2),
        compare("us", "book a hold of two seats", "book"),
    ),
    Target(
        "CPU time of a cancel, relative to a booking",
        "inprocess",
        times("≤", 1.3),
        compare("us", "cancel", "book"),
    ),
    Target("SQL statements of a booking", "inprocess", AT_MOST_ONE, statements, only_on="postgresql"),
    Target(
        "SQL statements of a booking, in one transaction",
        "inprocess",
        AT_MOST_TWO,
        statements,
        only_on="sqlite",
    ),
    Target(
        "rate of bookings over HTTP, relative to pgbench with the same SQL",
        "sales",
        percent("≥", 15),
        compare("rate", "book, many shows", "pgbench", scale=100),
        only_on="postgresql",
    ),
    Target(
        "rate of bookings of one hot show, relative to many shows",
        "sales",
        percent("≥", 90),
        compare("rate", "book, one hot show", "book, many shows", scale=100),
    ),
    Target(
        "seats sold when 64 buyers compete for 300 (all other requests refused)",
        "sales",
        Bound("=", 300, "{:.0f}"),
        lambda part: median(part["64 buyers, 300 seats"]["sold"]),
    ),
    Target(
        "p99 response time when 64 buyers compete for 300 seats",
        "sales",
        Bound("≤", 250, "{:.0f} ms"),
        lambda part: median(part["64 buyers, 300 seats"]["p99_ms"]),
    ),
    Target("share of seat updates that are HOT", "sales", percent("≥", 95), hot_share, only_on="postgresql"),
    Target(
        "rate of an unchanged seat map (304), relative to a constant view",
        "reads",
        percent("≥", 40),
        compare("rate", "seat map, 300, 304", "constant view", scale=100),
    ),
    Target(
        "rate of availability, relative to the full seat map (300 seats)",
        "reads",
        times("≥", 2.4),
        compare("rate", "availability, 300", "seat map, 300"),
    ),
    Target(
        "rate of the full seat map, relative to a values() array (300 seats)",
        "reads",
        times("≥", 1.7),
        compare("rate", "seat map, 300", "values() array, 300"),
    ),
    Target(
        "time to create a show's seats, relative to plain SQL (worst size)",
        "layout",
        times("≤", 1.2),
        slowest_layout,
    ),
    Target(
        "response time with the most data, relative to the least (worst call)",
        "growth",
        times("≤", 1.2),
        greatest_growth,
    ),
]


def evaluate(figures: dict[str, dict[str, PartFigures]]) -> Iterator[tuple[Target, str, float]]:
    """Yields each target that has figures, with the database and the measured value."""
    for target in TARGETS:
        for vendor, part in figures.get(target.part, {}).items():
            if target.only_on in ("", vendor):
                yield target, vendor, target.value(part)
