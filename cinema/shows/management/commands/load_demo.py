"""Loads the demo movies and shows into a database without movies."""

from typing import Any

from django.core.management import BaseCommand, call_command

from cinema.shows.models import Movie


class Command(BaseCommand):
    help = "Loads fixtures/demo.json if the database has no movies. Otherwise does nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Movie.objects.exists():
            call_command("loaddata", "demo", verbosity=options["verbosity"], stdout=self.stdout)
