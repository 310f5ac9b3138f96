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


def cpu_target(what: str, maximum: float, call: str, baseline: str) -> Target:
    """A target for the CPU time of a call in process, as a multiple of its baseline's."""
    return Target(f"CPU time of {what}", "inprocess", times("≤", maximum), compare("us", call, baseline))


def rate_target(
    what: str, part: str, minimum_percent: float, call: str, baseline: str, only_on: str = ""
) -> Target:
    """A target for the rate of a call, in percent of its baseline's."""
    value = compare("rate", call, baseline, scale=100)
    return Target(f"rate of {what}", part, percent("≥", minimum_percent), value, only_on)


def beside_peer(call: str) -> Callable[[PartFigures], float]:
    """Returns a function that computes our rate of a call, relative to the peer's."""
    return lambda part: ratio(part[call]["ours"]["rate"], part[call]["peer"]["rate"])


def visit_cpu(part: PartFigures) -> float:
    """Returns the CPU time of a visit in server and database, relative to the peer's."""
    ours, peer = (
        [sum(us) for us in zip(side["server_us"], side["database_us"], strict=True)]
        for side in (part["a whole visit"]["ours"], part["a whole visit"]["peer"])
    )
    return ratio(ours, peer)


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
    cpu_target("a booking in process, relative to a constant view", 8, "book", "constant view"),
    cpu_target("holding two seats, relative to a booking", 2, "hold two seats", "book"),
    cpu_target("booking a hold of two seats, relative to a booking", 2, "book a hold of two seats", "book"),
    cpu_target("a cancel, relative to a booking", 1.3, "cancel", "book"),
    Target("SQL statements of a booking", "inprocess", AT_MOST_ONE, statements, only_on="postgresql"),
    Target(
        "SQL statements of a booking, in one transaction",
        "inprocess",
        AT_MOST_TWO,
        statements,
        only_on="sqlite",
    ),
    rate_target(
        "bookings over HTTP, relative to pgbench with the same SQL",
        "sales",
        40,
        "book, many shows",
        "pgbench",
        only_on="postgresql",
    ),
    rate_target(
        "bookings of one hot show, relative to many shows",
        "sales",
        95,
        "book, one hot show",
        "book, many shows",
    ),
    rate_target(
        "bookings over HTTP, relative to a constant view",
        "sales",
        30,
        "book, many shows",
        "constant view",
        only_on="sqlite",
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
        Bound("≤", 120, "{:.0f} ms"),
        lambda part: median(part["64 buyers, 300 seats"]["p99_ms"]),
    ),
    Target("share of seat updates that are HOT", "sales", percent("≥", 95), hot_share, only_on="postgresql"),
    rate_target(
        "an unchanged seat map (304), relative to a constant view",
        "reads",
        40,
        "seat map, 300, 304",
        "constant view",
    ),
    rate_target(
        "availability, relative to a constant view (300 seats)",
        "reads",
        100,
        "availability, 300",
        "constant view",
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
    Target(
        "CPU time of a booking with a price, relative to a sale without prices",
        "prices",
        times("≤", 1.05),
        compare("us", "show with a price list", "sale without prices"),
    ),
    *(
        Target(f"rate of {call}, relative to the peer", "peers", times("≥", number), beside_peer(name))
        for call, name, number in (
            ("bookings", "book", 1.5),
            ("unchanged seat maps (300 seats, 200)", "seat map, unchanged", 2.5),
            ("seat maps that changed each time", "seat map, changed each time", 1),
            ("movies", "movies", 1.5),
            ("the programme", "programme", 1.5),
            ("shows of a movie", "shows of a movie", 1.5),
            ("my bookings", "my bookings", 1.5),
        )
    ),
    Target("CPU time of a whole visit, relative to the peer", "peers", times("≤", 0.7), visit_cpu),
]


def evaluate(figures: dict[str, dict[str, PartFigures]]) -> Iterator[tuple[Target, str, float]]:
    """Yields each target that has figures, with the database and the measured value."""
    for target in TARGETS:
        for vendor, part in figures.get(target.part, {}).items():
            if target.only_on in ("", vendor):
                yield target, vendor, target.value(part)
