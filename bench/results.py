"""Writes the report of a complete run to `results.md`, with two charts."""

from pathlib import Path

from bench import plot
from bench.machine import describe
from bench.report import DATABASE_NAMES, Figures, markdown
from bench.sizes import CLIENTS, ROUNDS, SHORT_ROUNDS
from bench.targets import ratio

FOLDER = Path(__file__).parent

PAGE = """# Results

{machine}

`make bench` writes this page. The rows of a table were measured in turn, round by round. Figures are medians of
{rounds} rounds; for reads, of {short_rounds}. The load comes from {clients} concurrent clients. Server CPU time
covers all server processes, and database CPU time all PostgreSQL processes. The clients' own CPU time has a
column of its own and is in no other. Both databases run with their default durability.

![Rates relative to their baselines](rates.svg)

![Response times as the data grows](growth.svg)

{tables}
"""


def write(figures: Figures) -> None:
    page = PAGE.format(
        machine=describe(),
        tables=markdown(figures),
        rounds=ROUNDS,
        short_rounds=SHORT_ROUNDS,
        clients=CLIENTS,
    )
    (FOLDER / "results.md").write_text(page)
    draw_rates(figures)
    draw_growth(figures)


def draw_rates(figures: Figures) -> None:
    sales, reads = figures["sales"]["postgresql"], figures["reads"]["postgresql"]
    constant_view, pgbench = reads["constant view"], sales["pgbench"]
    rows = [
        ("second", call, 100 * ratio(sales[call]["rate"], pgbench["rate"]))
        for call in ("book, many shows", "book, one hot show")
    ]
    rows += [
        ("first", call, 100 * ratio(figure["rate"], constant_view["rate"]))
        for call, figure in reads.items()
        if figure is not constant_view
    ]
    axis = "bookings: relative to pgbench with the same SQL; reads: relative to a constant view"
    title = "Rates over HTTP, relative to their baselines (PostgreSQL)"
    plot.bar_chart(FOLDER / "rates.svg", title, axis, rows)


def draw_growth(figures: Figures) -> None:
    series = {"postgresql": "first", "sqlite": "second"}
    rows: dict[str, list[tuple[str, bool, float]]] = {}
    for vendor, calls in figures["growth"].items():
        for call, by_size in calls.items():
            smallest, middle, largest = by_size.values()
            rows.setdefault(call, []).append((series[vendor], True, ratio(middle, smallest)))
            rows[call].append((series[vendor], False, ratio(largest, smallest)))
    smallest_size, middle_size, largest_size = next(iter(calls.values()))
    axis = f"response time with {largest_size} (faint: {middle_size}), relative to {smallest_size}"
    legend = {series[vendor]: name for vendor, name in DATABASE_NAMES.items()}
    title = "Response times as the data grows"
    plot.dot_plot(FOLDER / "growth.svg", title, axis, 1.2, list(rows.items()), legend)
