"""Imports a seating plan for a screen, from JSON or from the text form."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction

from cinema.seats.halls.plan_json import PlanError, places, read_json
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout_upcoming_shows
from cinema.seats.models import SeatingPlan


class Command(BaseCommand):
    help = "Imports a seating plan, JSON as pretix's editor writes it or the text form, for a screen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--screen", required=True, help="The screen_name of its shows.")
        parser.add_argument("--relay", action="store_true", help="Re-lay its shows that have not begun.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
            plan = read_json(text) if text.lstrip().startswith(("{", "[")) else read_text(text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        except PlanError as error:
            raise CommandError(f"Nothing was imported:\n{error}") from error
        try:
            kept = SeatingPlan(screen_name=options["screen"], plan=plan)
            kept.full_clean(validate_unique=False)
        except ValidationError as error:
            raise CommandError(f"Nothing was imported: {'; '.join(error.messages)}") from error
        kept.save()
        self.stdout.write(f"{options['screen']} has {len(places(plan))} seats by its plan.")
        if options["relay"]:
            for show, report in relayout_upcoming_shows(options["screen"], places(plan)):
                self.stdout.write(f"{show}: {report}")
