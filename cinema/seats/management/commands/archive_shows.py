"""Removes the seats of shows that ended long ago. Run it while the service sells seats of other shows."""

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from cinema.seats.layout.archive import Removed, archive
from cinema.seats.models import Booking, Seat
from cinema.seats.sql.dialect import NOW, utc
from cinema.seats.sql.fetch import fetch_one
from cinema.shows.models import Show

# Shows read by one query, so that memory use does not depend on the number of shows.
BATCH = 200
MAX_DAYS = 36_500
# Without a terminal there is no progress bar, but a line after this many shows.
SHOWS_PER_LINE = 1000


class Command(BaseCommand):
    help = (
        "Removes the seats of shows that ended long ago, which are most of a database. Bookings stay, with "
        "their labels. An archived show has no seat map and can't be changed. You can interrupt the command, "
        "and run it again to continue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=90, help="Only shows that ended more than this many days ago (90)."
        )
        parser.add_argument(
            "--delete", action="store_true", help="Delete these shows and their bookings, too. Movies stay."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only print how much there is to remove.")

    def handle(self, *args: Any, **options: Any) -> None:
        days, delete, dry_run = options["days"], options["delete"], options["dry_run"]
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days must be between 1 and {MAX_DAYS}, not {days}.")
        # The database's clock, because it decides for all nodes whether a show has started.
        now: Any = fetch_one(f"SELECT {NOW}", {})
        ended_before = utc(now[0]) - timedelta(days=days)
        shows = Show.objects.filter(date_time__lt=ended_before)
        if not delete:
            shows = shows.filter(archived=False)
        total = Removed(0, 0, 0)
        # `disable=None` shows the progress bar only on a terminal.
        with tqdm(total=shows.count(), unit=" shows", disable=None, file=sys.stderr) as bar:
            for removed in _count(shows, ended_before) if dry_run else _archive(shows, ended_before, delete):
                done = total.shows // SHOWS_PER_LINE
                total = Removed(*map(sum, zip(total, removed, strict=True)))
                bar.update(removed.shows)
                if bar.disable and total.shows // SHOWS_PER_LINE > done:
                    self.stdout.write(f"{total.shows} of {bar.total} shows")
        self.stdout.write(_summary(total, days, delete=delete, dry_run=dry_run))


def _archive(shows: QuerySet[Show], ended_before: datetime, delete: bool) -> Iterator[Removed]:
    for batch in _batches(shows, ended_before):
        for show_id in batch:
            started = time.monotonic()
            yield archive(show_id, ended_before=ended_before, delete=delete)
            # SQLite has one writer at a time, and those that wait ask again only now and then. Without a pause
            # they would meet the next transaction each time.
            time.sleep(time.monotonic() - started)


def _count(shows: QuerySet[Show], ended_before: datetime) -> Iterator[Removed]:
    for batch in _batches(shows, ended_before):
        seats, bookings = (model.objects.filter(show__in=batch).count() for model in (Seat, Booking))
        yield Removed(len(batch), seats, bookings)


def _batches(shows: QuerySet[Show], ended_before: datetime) -> Iterator[list[int]]:
    """Yields the ids of those shows that ended before this time, at most `BATCH` at once."""
    last = 0
    while batch := list(shows.filter(pk__gt=last).select_related("movie").order_by("pk")[:BATCH]):
        yield [show.pk for show in batch if show.ends_at < ended_before]
        last = batch[-1].pk


def _summary(total: Removed, days: int, *, delete: bool, dry_run: bool) -> str:
    shows, seats, bookings = (
        f"{count} {name}{pluralize(count)}"
        for name, count in zip(("show", "seat", "booking"), total, strict=True)
    )
    ended = f"that ended more than {days} day{pluralize(days)} ago"
    if delete:
        done = "Would delete" if dry_run else "Deleted"
        return f"{done} {shows} {ended}, with {seats} and {bookings}."
    done = "Would remove" if dry_run else "Removed"
    kept = f" {bookings} would stay." if dry_run else " Their bookings stay."
    return f"{done} {seats} of {shows} {ended}.{kept}"
