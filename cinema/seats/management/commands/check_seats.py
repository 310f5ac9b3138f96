"""Proves over the whole database that shows, seats and live bookings agree."""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management import BaseCommand, CommandParser
from tqdm import tqdm

from cinema.seats.integrity import find_inconsistencies, plan_size, repair
from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show

# How many shows are looked at together; only what does not agree is brought into memory.
BATCH = 200


class Command(BaseCommand):
    help = (
        "Checks that every show has exactly its seats, and that a seat is taken if and only if there is "
        "a live booking of it. Prints what does not agree; exit status 1 if anything does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="Repair what is unambiguous, then check again.")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for plan in SeatingPlan.objects.all():
            if isinstance(size := plan_size(plan), str):
                self.stdout.write(f"seating plan of {plan.screen_name}: has {size}")
                faults += 1
        # The bar shows only where a terminal watches.
        with tqdm(total=Show.objects.count(), unit=" shows", disable=None, file=sys.stderr) as bar:
            for show_ids in _batches():
                if options["fix"]:
                    self._fix(show_ids)
                for fault in find_inconsistencies(show_ids):
                    self.stdout.write(str(fault))
                    faults += 1
                bar.update(len(show_ids))
        if faults:
            self.stderr.write(f"{faults} thing{'' if faults == 1 else 's'} do not agree.")
            sys.exit(1)
        self.stdout.write("Shows, seats and bookings agree.")

    def _fix(self, show_ids: list[int]) -> None:
        found = list(find_inconsistencies(show_ids))
        if found:
            repair(sorted({fault.show_id for fault in found}))
            left = set(find_inconsistencies(show_ids))
            for fault in found:
                if fault not in left:
                    self.stdout.write(f"fixed: {fault}")


def _batches() -> Iterator[list[int]]:
    last = 0
    while show_ids := list(
        Show.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        yield show_ids
        last = show_ids[-1]
