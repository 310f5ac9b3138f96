"""Adds the seats of shows that have none, for example after `bulk_create`, which sends no signals."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.template.defaultfilters import pluralize
from rest_framework.exceptions import ValidationError

from cinema.seats.integrity import block_seats_of_cancelled_shows
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.models import Seat
from cinema.shows.messages import problem_message
from cinema.shows.models import Show


class Command(BaseCommand):
    help = "Adds the seats of every show that has none. Archived shows stay without seats."

    def handle(self, *args: Any, **options: Any) -> None:
        # `IN`, because Citus runs no correlated subquery on a distributed table for rows of another table.
        seatless = (
            Show.objects.filter(archived=False)
            .exclude(pk__in=Seat.objects.values("show").distinct())
            .order_by("pk")
        )
        done = failed = 0
        for show_id in list(seatless.values_list("pk", flat=True)):
            try:
                materialize_seats_locked(show_id)
                block_seats_of_cancelled_shows([show_id])
                done += 1
            except ValidationError as error:
                failed += 1
                self.stderr.write(f"show {show_id}: {problem_message(error)}")
        self.stdout.write(f"Added the seats of {done} show{pluralize(done)}.")
        if failed:
            shows, their = f"show{pluralize(failed)}", pluralize(failed, "its,their")
            raise CommandError(f"{failed} {shows} could not be laid out. Correct {their} total_seats.")
