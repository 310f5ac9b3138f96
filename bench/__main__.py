"""`python -m bench [PART …]`, or `make bench`, measures how fast the service is.

Every figure has a baseline that is measured in the same minutes: the same SQL in pgbench, a constant view, or
the usual Django code. PostgreSQL and SQLite run with their default durability. A wrong response fails the run;
a slow one does not.
"""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import database, report, results
from bench.sizes import QUICK
from bench.subprocesses import call_in_subprocess

# Each part is a module of this package, with a function `measure`.
PARTS = {
    "inprocess": "CPU time and SQL statements of single requests in one process",
    "sales": "bookings over HTTP, compared with the same SQL in pgbench",
    "reads": "seat maps and lists over HTTP",
    "layout": "creating a show's seats, compared with plain SQL",
    "growth": "the same requests with more shows, bookings and movies",
    "prices": "what prices cost a booking",
    "peers": "the same calls to a service of FastAPI, asyncpg and uvicorn",
}
POSTGRESQL_ONLY = {"prices", "peers"}
# These take long and run only by name.
EXTRA_PARTS = {
    "archive": "archive_shows on a year of shows while clients book",
    "first_view": "when a visitor on a slow line sees the page",
    "fast_path": "bookings, seat maps and availabilities with and without the fast path",
}
ALL_PARTS = PARTS | EXTRA_PARTS

# The service's defaults, but over plain HTTP. Set explicitly, so that a developer's `.env` changes nothing.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "bench.settings",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "HTTPS": "off",
    "DEBUG": "off",
    "ALLOWED_HOSTS": "127.0.0.1",
    "CORS_ALLOWED_ORIGINS": "",
    "CINEMA_COLOR": "",
    "CINEMA_BAR_COLOR": "",
    "CINEMA_LOGO": "",
    "POSTER_ORIGINS": "",
    "NUM_PROXIES": "0",
    "REDIS_URL": "",
    "HOLD_SECONDS": "600",
    "HOLD_MAX_SECONDS": "1800",
    "HOLD_MAX_SEATS": "10",
    "BOOKING_MAX_SEATS": "0",
    "TIME_ZONE": "UTC",
    "ORPHAN_RULE": "off",
    "THROTTLE_BOOKING": "1200/min",
    "DRAIN_SECONDS": "0",
    "STATEMENT_TIMEOUT": "15",
    "LOCK_TIMEOUT": "10",
    "KEPT_ANSWERS_MB": "16",
    "METRICS_TOKEN": "",
    "FAST_PATH": "on",
    "SALES_PER_COMMIT": "32",
    "LOG_FORMAT": "text",
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    parts, vendors = parse_arguments()
    if "postgresql" in vendors:
        database.restart_inside_postgresql()
    os.environ.update(SETTINGS)
    figures: dict[str, dict[str, Any]] = {part: {} for part in parts}
    with tempfile.TemporaryDirectory(prefix="cinema-bench-") as folder:
        templates = {vendor: database.create_empty(vendor, Path(folder)) for vendor in vendors}
        for template in templates.values():
            call_in_subprocess("fixtures.prepare_template", DATABASE_URL=template)
        for part in parts:
            for vendor, template in templates.items():
                if part in POSTGRESQL_ONLY and vendor != "postgresql":
                    continue
                print(f"=== {part} ({vendor}): {ALL_PARTS[part]}", file=sys.stderr, flush=True)
                figures[part][vendor] = measure(part, template)
    report.print_report(figures)
    if not QUICK and parts == list(PARTS) and vendors == list(database.VENDORS):
        results.write(figures)


def parse_arguments() -> tuple[list[str], list[str]]:
    """Returns the parts to run and the databases to run them on."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure how fast the service is. "
        "With QUICK=1 in the environment, only check that everything works.",
    )
    names = ", ".join(ALL_PARTS)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"any of {names} (default: all but the last {len(EXTRA_PARTS)})",
    )
    parser.add_argument("--only", choices=database.VENDORS, help="run on this database only")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(ALL_PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))} (choose from {names})")
    return (
        arguments.parts or list(PARTS),
        [arguments.only] if arguments.only else list(database.VENDORS),
    )


def measure(part: str, template: str) -> Any:
    """Runs one part on a fresh copy of the template database and returns its figures."""
    url = database.create_copy(template)
    try:
        return call_in_subprocess(f"{part}.measure", DATABASE_URL=url, BENCH_TEMPLATE=template)
    finally:
        database.drop(url)


if __name__ == "__main__":
    main()
