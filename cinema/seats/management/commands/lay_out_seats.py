"""Seats every show that has none: after a `bulk_create`, say, which sends no signal."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from rest_framework.exceptions import ValidationError

from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import Seat
from cinema.shows.models import Show


class Command(BaseCommand):
    help = "Lays out the seats of every show that has none."

    def handle(self, *args: Any, **options: Any) -> None:
        # One list of the shows that have seats, for no database looks into a distributed table show by show.
        seatless = Show.objects.exclude(pk__in=Seat.objects.values("show").distinct()).order_by("pk")
        done = refused = 0
        for show_id in list(seatless.values_list("pk", flat=True)):
            try:
                materialize_seats_locked(show_id)
                done += 1
            except ValidationError as error:
                refused += 1
                self.stderr.write(f"show {show_id}: {error.detail}")
        self.stdout.write(f"Laid out the seats of {done} show{'' if done == 1 else 's'}.")
        if refused:
            raise CommandError(f"{refused} could not be laid out.")
