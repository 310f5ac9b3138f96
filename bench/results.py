"""Keeps a whole run's report, with pictures: `results.md`."""

from pathlib import Path

from bench import plot
from bench.machine import described
from bench.report import Figures, text
from bench.sizes import CLIENTS, ROUNDS, SHORT_ROUNDS
from bench.targets import ratio

HERE = Path(__file__).parent

PAGE = """# Results

{machine}

Written by `make bench`. What stands in one table was done in turn, round by round; told are the medians of
{rounds} rounds, of reads of {short_rounds}. Rates are of {clients} clients; their own CPU time is told, and
belongs to no request. The server's is that of all its processes, the database's that of all of
PostgreSQL's. Both databases are as durable as they are by default.

![Rates, of what is possible](rates.svg)

![How calls grow with the cinema](growth.svg)

{tables}
"""


def keep(figures: Figures) -> None:
    told = {"rounds": ROUNDS, "short_rounds": SHORT_ROUNDS, "clients": CLIENTS}
    page = PAGE.format(machine=described(), tables=text(figures), **told)
    (HERE / "results.md").write_text(page)
    (HERE / "rates.svg").write_text(rates_picture(figures))
    (HERE / "growth.svg").write_text(growth_picture(figures))


def rates_picture(figures: Figures) -> str:
    sales, reads = figures["sales"]["postgresql"], figures["reads"]["postgresql"]
    floor, limit = reads["constant view"], sales["the limit"]
    rows = [
        ("two", name, 100 * ratio(sales[name]["rate"], limit["rate"]))
        for name in ("book, many shows", "book, one hot show")
    ]
    rows += [
        ("one", name, 100 * ratio(figure["rate"], floor["rate"]))
        for name, figure in reads.items()
        if figure is not floor
    ]
    axis = "bookings: of the same sale in PostgreSQL alone; reads: of a view that does nothing"
    return plot.bars("Rates by HTTP, of what is possible (PostgreSQL)", axis, rows)


def growth_picture(figures: Figures) -> str:
    shades = {"postgresql": "one", "sqlite": "two"}
    rows: dict[str, list[tuple[str, float]]] = {}
    for kind, found in figures["growth"].items():
        for call, at_size in found.items():
            smallest, middle, largest = at_size.values()
            rows.setdefault(call, []).append((f"{shades[kind]} small", ratio(middle, smallest)))
            rows[call].append((shades[kind], ratio(largest, smallest)))
    least, between, most = next(iter(found.values()))
    axis = f"time of a call with {most} (pale: {between}), in that with {least}"
    return plot.dots("How calls grow", axis, 1.2, list(rows.items()), {"one": "PostgreSQL", "two": "SQLite"})
