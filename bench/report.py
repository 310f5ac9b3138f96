"""Tells what was measured: tables for a terminal, which are Markdown as well."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from bench import targets

NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

Figures = dict[str, dict[str, Any]]


def show(figures: Figures, *, whole: bool) -> None:
    print(text(figures))


def text(figures: Figures) -> str:
    parts = [target_table(figures)]
    for part, kinds in figures.items():
        parts += [f"## {part}, {NAMES[kind]}\n\n{TABLES[part](found)}" for kind, found in kinds.items()]
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
        cpu = [f"{middle[key]:.0f}" for key in ("server_us", "database_us", "client_us")]
        waits = [f"{middle[key]:.1f}" for key in ("p50_ms", "p99_ms")]
        rows.append([name, f"{middle['rate']:,.0f}", *cpu, *waits])
    head = ["call", "a second", "server CPU µs", "database CPU µs", "(client's)", "p50 ms", "p99 ms"]
    return table(head, rows)


TABLES = {"inprocess": calls_table, "reads": loads_table}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
