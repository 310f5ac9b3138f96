"""Tells what was measured: tables for a terminal, which are Markdown as well."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from bench import targets

NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

TITLES = {
    "inprocess": "Single calls in one process",
    "sales": "Bookings by HTTP",
    "reads": "Reads by HTTP",
    "laying": "Laying out seats",
    "growth": "Growth",
}

Figures = dict[str, dict[str, Any]]


def show(figures: Figures) -> None:
    print(text(figures))


def text(figures: Figures) -> str:
    parts = [target_table(figures)]
    for part, kinds in figures.items():
        parts += [f"## {TITLES[part]}, {NAMES[kind]}\n\n{TABLES[part](found)}" for kind, found in kinds.items()]
    return "\n\n".join(parts)


def target_table(figures: Figures) -> str:
    rows = [
        ["✔" if bound.holds(value) else "✘", what, NAMES[kind], bound.shown(value), str(bound)]
        for (what, _, bound, *_), kind, value in targets.judged(figures)
    ]
    return table(["", "what", "on", "measured", "target"], rows)


def calls_table(found: Any) -> str:
    """CPU time of calls in one process."""
    floor = found["constant view"]["us"]
    rows = [
        [
            name,
            f"{median(figure['us']):.0f}",
            f"{targets.ratio(figure['us'], floor):.1f}",
            " ".join(figure["statements"]),
        ]
        for name, figure in found.items()
    ]
    return table(["call", "CPU µs", "× constant", "statements"], rows)


def loads_table(found: Any) -> str:
    """Rates by HTTP, and what each request costs whom."""
    rows = []
    for name, figure in found.items():
        middle = {key: median(values) for key, values in figure.items()}
        cpu = [_shown(middle.get(key), "{:.0f}") for key in ("server_us", "database_us", "client_us")]
        waits = [_shown(middle.get(key), "{:.1f}") for key in ("p50_ms", "p99_ms")]
        rows.append([name, f"{middle['rate']:,.0f}", *cpu, *waits])
    head = ["call", "a second", "server CPU µs", "database CPU µs", "(client's)", "p50 ms", "p99 ms"]
    return table(head, rows)


def sales_table(found: Any) -> str:
    """As of reads; and what a booking makes PostgreSQL write."""
    loads = dict(found)
    updates = loads.pop("hot updates", None)
    told = loads_table(loads)
    if updates:
        share = 100 * updates["hot"] / updates["updates"]
        log = median(found["book, many shows"]["log_bytes"])
        told += f"\n\n{share:.1f} % of the updates of seats were in place (HOT). "
        told += f"A booking over many shows wrote {log:,.0f} bytes to the write-ahead log."
    return told


def laying_table(found: Any) -> str:
    rows = []
    for size, figure in found.items():
        service, sql = figure["service_ms"], figure["sql_ms"]
        rows.append(
            [size, *(f"{median(times):.1f}" for times in (service, sql)), f"{targets.ratio(service, sql):.2f}"]
        )
    return table(["a show of", "service ms", "plain SQL ms", "× plain"], rows)


def growth_table(found: Any) -> str:
    """How long each call takes, in ms, and how it grows."""
    sizes = list(next(iter(found.values())))
    rows = []
    for call, at_size in found.items():
        times = [f"{median(at_size[size]):.2f}" for size in sizes]
        rows.append([call, *times, f"{targets.ratio(at_size[sizes[-1]], at_size[sizes[0]]):.2f}"])
    return table(["call, ms", *sizes, "× smallest"], rows)


TABLES = {
    "inprocess": calls_table,
    "sales": sales_table,
    "reads": loads_table,
    "laying": laying_table,
    "growth": growth_table,
}


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
