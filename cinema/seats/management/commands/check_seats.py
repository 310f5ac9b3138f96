"""Checks that the shows, seats and bookings of the whole database agree."""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.template.defaultfilters import pluralize
from tqdm import tqdm

from cinema.seats.integrity import find_inconsistencies, plan_size, renew_versions, repair
from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show
from cinema.shows.programme import upcoming_clashes

# Shows checked by one set of queries. The queries return only inconsistencies, so memory use is small.
BATCH = 200


class Command(BaseCommand):
    help = (
        "Checks that every show has exactly its seats, and that a seat is taken if and only if it has a live "
        "booking. Prints each inconsistency. The exit status is 1 if there are any. Upcoming shows that "
        "overlap on a screen are warnings."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="Repair what has only one possible repair, then check again."
        )
        parser.add_argument(
            "--renew-versions",
            action="store_true",
            help="Raise the versions of all seat maps. Required after a restore: a backup has older ones.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for plan in SeatingPlan.objects.all():
            if isinstance(size := plan_size(plan), str):
                self.stdout.write(f"seating plan of {plan.screen_name}: has {size}")
                count += 1
        # `disable=None` shows the progress bar only on a terminal.
        with tqdm(total=Show.objects.count(), unit=" shows", disable=None, file=sys.stderr) as bar:
            for show_ids in _batches():
                if options["fix"]:
                    self._fix(show_ids)
                if options["renew_versions"]:
                    renew_versions(show_ids)
                for inconsistency in find_inconsistencies(show_ids):
                    self.stdout.write(str(inconsistency))
                    count += 1
                bar.update(len(show_ids))
        for clash in upcoming_clashes():
            self.stdout.write(f"warning: {clash.first.screen_name}: {clash}")
        if count:
            hint = "Repair by hand." if options["fix"] else "Run check_seats --fix to repair."
            self.stderr.write(f"Found {count} inconsistenc{pluralize(count, 'y,ies')}. {hint}")
            sys.exit(1)
        self.stdout.write("Shows, seats and bookings agree.")

    def _fix(self, show_ids: list[int]) -> None:
        before = list(find_inconsistencies(show_ids))
        if before:
            repair(sorted({inconsistency.show_id for inconsistency in before}))
            after = set(find_inconsistencies(show_ids))
            for inconsistency in before:
                if inconsistency not in after:
                    self.stdout.write(f"fixed: {inconsistency}")


def _batches() -> Iterator[list[int]]:
    """Yields the ids of all shows, `BATCH` at a time."""
    last = 0
    while show_ids := list(
        Show.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        yield show_ids
        last = show_ids[-1]
