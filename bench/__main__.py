"""`python -m bench [PART …]`, which is what `make bench` runs: how fast the service is.

Always beside something: what the database alone can do, a view that does nothing, the usual way.

PostgreSQL and SQLite are as durable as they are by default. What is compared is done in turn, in the same
minutes. Wrong answers fail it; figures never do.
"""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import database, report, results
from bench.apart import call_apart
from bench.sizes import QUICK

PARTS = {
    "inprocess": "single calls in one process: CPU time and statements",
    "sales": "bookings by HTTP, beside the same sale in PostgreSQL alone",
    "reads": "seat maps and lists by HTTP",
    "laying": "laying out seats, beside plain SQL",
    "growth": "the same calls with far more shows, bookings and movies",
}

# What a developer's `.env` may say else; it is the service's defaults, but for plain HTTP.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "HTTPS": "off",
    "DEBUG": "off",
    "ALLOWED_HOSTS": "127.0.0.1",
    "CORS_ALLOWED_ORIGINS": "",
    "NUM_PROXIES": "0",
    "REDIS_URL": "",
    "HOLD_SECONDS": "600",
    "HOLD_MAX_SECONDS": "1800",
    "HOLD_MAX_SEATS": "10",
    "ORPHAN_RULE": "off",
    "THROTTLE_BOOKING": "1200/min",
    "DRAIN_SECONDS": "0",
    "STATEMENT_TIMEOUT": "15",
    "LOCK_TIMEOUT": "10",
    "METRICS_TOKEN": "",
    "LOG_FORMAT": "text",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    parts, kinds = asked()
    if "postgresql" in kinds:
        database.have_postgresql()
    os.environ.update(SETTINGS)
    figures: dict[str, dict[str, Any]] = {part: {} for part in parts}
    with tempfile.TemporaryDirectory(prefix="cinema-bench-") as folder:
        templates = {kind: database.empty(kind, Path(folder)) for kind in kinds}
        for template in templates.values():
            call_apart("filling.furnish", DATABASE_URL=template)
        for part in parts:
            for kind, template in templates.items():
                print(f"=== {part} ({kind}): {PARTS[part]}", file=sys.stderr, flush=True)
                figures[part][kind] = measured(part, template)
    report.show(figures)
    if not QUICK and parts == list(PARTS) and kinds == list(database.KINDS):
        results.keep(figures)


def asked() -> tuple[list[str], list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="QUICK=1 in the environment: few rounds."
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; without any, all")
    parser.add_argument("--only", choices=database.KINDS, help="one database only")
    found = parser.parse_args()
    if unknown := set(found.parts) - set(PARTS):
        parser.error(f"There is no part {', '.join(sorted(unknown))}.")
    return found.parts or list(PARTS), [found.only] if found.only else list(database.KINDS)


def measured(part: str, template: str) -> Any:
    """One part's figures, on a fresh copy of the database."""
    url = database.copy_of(template)
    try:
        return call_apart(f"{part}.measure_requests", DATABASE_URL=url, BENCH_TEMPLATE=template)
    finally:
        database.drop(url)


if __name__ == "__main__":
    main()
