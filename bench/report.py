"""Formats the figures as Markdown tables, which are also readable in a terminal."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from bench import targets

DATABASE_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

TITLES = {
    "inprocess": "Single requests in one process",
    "sales": "Bookings over HTTP",
    "reads": "Reads over HTTP",
    "layout": "Creating a show's seats",
    "growth": "Growth",
    "prices": "Prices of a booking",
    "peers": "Beside FastAPI, asyncpg and uvicorn",
    "archive": "Archiving a year of shows while clients book",
    "first_view": "The page on a slow line",
    "fast_path": "The fast path over HTTP",
}

# Part -> database -> the part's figures.
Figures = dict[str, dict[str, Any]]


def print_report(figures: Figures) -> None:
    print(markdown(figures))


def markdown(figures: Figures) -> str:
    sections = [targets_table(figures)]
    for part, by_vendor in figures.items():
        sections += [
            f"## {TITLES[part]}, {DATABASE_NAMES[vendor]}\n\n{TABLES[part](part_figures)}"
            for vendor, part_figures in by_vendor.items()
        ]
    return "\n\n".join(sections)


def targets_table(figures: Figures) -> str:
    rows = [
        [
            "✔" if target.bound.is_met_by(value) else "✘",
            target.description,
            DATABASE_NAMES[vendor],
            target.bound.format(value),
            str(target.bound),
        ]
        for target, vendor, value in targets.evaluate(figures)
    ]
    return table(["", "figure", "database", "measured", "target"], rows)


def inprocess_table(figures: Any) -> str:
    baseline = figures["constant view"]["us"]
    rows = [
        [
            call,
            f"{median(figure['us']):.0f}",
            f"{targets.ratio(figure['us'], baseline):.1f}",
            " ".join(figure["statements"]),
        ]
        for call, figure in figures.items()
    ]
    return table(["call", "CPU µs", "× constant", "statements"], rows)


def http_table(figures: Any) -> str:
    """Returns a table of rates, CPU time per request and response times."""
    rows = []
    for call, figure in figures.items():
        medians = {key: median(values) for key, values in figure.items()}
        cpu = [_cell(medians.get(key), "{:.0f}") for key in ("server_us", "database_us", "client_us")]
        response_times = [_cell(medians.get(key), "{:.1f}") for key in ("p50_ms", "p99_ms")]
        rows.append([call, f"{medians['rate']:,.0f}", *cpu, *response_times])
    head = ["call", "per second", "server CPU µs", "database CPU µs", "(client CPU µs)", "p50 ms", "p99 ms"]
    return table(head, rows)


def sales_table(figures: Any) -> str:
    """Returns the HTTP table, plus PostgreSQL's HOT updates and WAL volume."""
    loads = dict(figures)
    updates = loads.pop("hot updates", None)
    text = http_table(loads)
    if updates:
        share = 100 * updates["hot"] / updates["updates"]
        wal_bytes = median(figures["book, many shows"]["wal_bytes"])
        text += f"\n\n{share:.1f} % of the updates of seats were HOT. "
        text += f"A booking over many shows wrote {wal_bytes:,.0f} bytes to the write-ahead log."
    return text


def layout_table(figures: Any) -> str:
    rows = []
    for size, figure in figures.items():
        seats, save, sql = (figure[name] for name in ("seats_ms", "save_ms", "sql_ms"))
        medians = [f"{median(milliseconds):.1f}" for milliseconds in (seats, sql, save)]
        rows.append([size, *medians, f"{targets.ratio(seats, sql):.2f}"])
    columns = ["show with", "seats ms", "plain SQL ms", "whole save ms", "seats × plain SQL"]
    return table(columns, rows)


def growth_table(figures: Any) -> str:
    """Returns a table of milliseconds per call and size."""
    sizes = list(next(iter(figures.values())))
    rows = []
    for call, by_size in figures.items():
        medians = [f"{median(by_size[size]):.2f}" for size in sizes]
        rows.append([call, *medians, f"{targets.ratio(by_size[sizes[-1]], by_size[sizes[0]]):.2f}"])
    return table(["call, ms", *sizes, "× smallest"], rows)


def prices_table(figures: Any) -> str:
    baseline = figures["sale without prices"]["us"]
    rows = [
        [name, f"{median(figure['us']):.0f}", f"{targets.ratio(figure['us'], baseline):.3f}"]
        for name, figure in figures.items()
    ]
    return table(["booking", "CPU µs", "× without prices"], rows)


def peers_table(figures: Any) -> str:
    """Returns a table of rates and CPU time, ours and the peer's, and our share of each."""
    rows = []
    for call, sides in figures.items():
        row = [call]
        for key, template in (("rate", "{:,.0f}"), ("server_us", "{:.0f}"), ("database_us", "{:.0f}")):
            row += [template.format(median(sides[side][key])) for side in ("ours", "peer")]
            ours, peer = (sides[side][key] for side in ("ours", "peer"))
            # CPU time is counted in ticks, and a quick run may be shorter than one.
            row.append(f"{targets.ratio(ours, peer):.2f}" if all(peer) else "–")
        row += [f"{median(sides[side]['p50_ms']):.1f}" for side in ("ours", "peer")]
        rows.append(row)
    head = ["call"]
    for name in ("per second", "server CPU µs", "database CPU µs"):
        head += [name, "peer", "ratio"]
    return table([*head, "p50 ms", "peer"], rows)


def archive_table(figures: Any) -> str:
    megabytes = ("full_bytes", "archived_bytes", "next_year_bytes", "peak_bytes")
    rows = [
        [name.replace("_", " "), f"{value / 1e6:,.0f} MB" if name in megabytes else f"{value:,.1f}"]
        for name, value in figures.items()
    ]
    return table(["figure", "value"], rows)


def first_view_table(figures: Any) -> str:
    names = ("paint_ms", "content_ms", "requests", "kilobytes")
    rows = [[page, *(f"{by_name[name]:,.0f}" for name in names)] for page, by_name in figures.items()]
    return table(["page", "first paint, ms", "content, ms", "requests", "KB"], rows)


TABLES = {
    "inprocess": inprocess_table,
    "sales": sales_table,
    "reads": http_table,
    "layout": layout_table,
    "growth": growth_table,
    "prices": prices_table,
    "peers": peers_table,
    "archive": archive_table,
    "first_view": first_view_table,
    "fast_path": http_table,
}


def _cell(value: float | None, template: str) -> str:
    return "–" if value is None else template.format(value)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
